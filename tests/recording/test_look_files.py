"""Files that the look of a recording names: how they are stored, so that they are found again, and by whom."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netviz.recording.array_file import read_arrays
from netviz.recording.look_files import FILE_KEYS, NO_FILE, files_elsewhere, look_from_here, stored_look
from netviz.recording.recording import Recording
from netviz.resources import assets_folder
from netviz.scene.export import _is_file
from netviz.scene.look_file import _FILES
from netviz.scene.panels import PicturePanelSpec
from netviz.scene.scene import Look
from netviz.scene.sound import SONIFY, Sound


def stored(path: Path) -> Any:
    """The look in a recording's file."""
    return read_arrays(path, lambda file: json.loads(json.dumps(file.header()["look"])))


def test_they_are_all_the_files_of_a_look() -> None:
    """A key whose text is a file, and is not known here, would be read from a stranger's recording without a word."""
    found = {name for name, info in Look.model_fields.items() if _is_file(info)}
    found |= {f"audio.{name}" for name, info in Sound.model_fields.items() if _is_file(info)}
    found |= {f"panels.{name}" for name, info in PicturePanelSpec.model_fields.items() if _is_file(info)}
    assert found | {"words", "audio"} == {*FILE_KEYS}, "and two keys whose shorthand is a file"
    assert {*_FILES} == {*FILE_KEYS} - {"panels.file"}, "of a look file the same"
    assert NO_FILE == SONIFY


def test_files_beside_a_recording_move_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder, bundled = tmp_path / "runs", assets_folder() / "track.mp3"
    look = {
        "title": str(folder / "music.mp3"),
        "font": str(bundled),
        "words": "runs/words.yaml",
        "audio": {"file": str(folder / "a" / ".." / "music.mp3"), "gain": -3},
        "panels": [{"panel": "network"}, {"panel": "picture", "file": "logo.png"}],
    }
    assert stored_look(look, Path("runs")) == {
        "title": str(folder / "music.mp3"),
        "font": f"bundled:{bundled.name}",
        "words": "words.yaml",
        "audio": {"file": "music.mp3", "gain": -3},
        "panels": [{"panel": "network"}, {"panel": "picture", "file": str(tmp_path / "logo.png")}],
    }
    assert [*files_elsewhere(look, folder)] == [str(tmp_path / "logo.png")]
    assert [*files_elsewhere(look, tmp_path)] == []
    # Of texts that would mean something else by themselves it is clear that they are files.
    for name in ("sonify", "bundled:it"):
        assert stored_look({"audio": str(folder / name)}, folder) == {"audio": f"./{name}"}
    for text in ("sonify", "bundled:track.mp3"):
        assert stored_look({"audio": text}, folder) == look_from_here({"audio": text}, folder / "x") == {"audio": text}


def test_a_recording_saved_elsewhere_names_the_same_files(recording: Recording, tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.mkdir()
    replace(recording, look={"font": str(mine / "own.ttf"), "audio": None}).save(mine / "run.npz")
    assert stored(mine / "run.npz") == {"font": "own.ttf", "audio": None}
    loaded = Recording.load(mine / "run.npz")
    assert loaded.look_from == mine / "run.npz"
    assert replace(loaded, info={}).look_from == mine / "run.npz", "a changed one is as little to be trusted"
    loaded.save(other / "run.npz")
    loaded.save(mine / "again.npz")
    assert stored(other / "run.npz") == {"font": str(mine / "own.ttf"), "audio": None}
    assert stored(mine / "again.npz") == {"font": "own.ttf", "audio": None}
    trusted = Recording.load(mine / "run.npz", allow_outside=True)
    assert (trusted.look_from, trusted.look) == (None, {"font": str(mine / "own.ttf"), "audio": None})
