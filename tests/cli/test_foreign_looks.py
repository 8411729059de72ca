"""A recording may come from a stranger: what it says of its film names no file outside its folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import netviz
from netviz.errors import InputError
from netviz.recording.recording import Recording
from netviz.resources import assets_folder
from netviz.scene.files import Unreachable, named_in_scene
from tests.cli.conftest import Call
from tests.cli.support import SCENE

_watched: list[str] = []
"""Part of the paths whose opening is watched, while it is."""
_opened: list[str] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event in ("open", "subprocess.Popen", "os.listdir") and _watched[0] in repr(arguments):
        _opened.append(f"{event}: {arguments!r}")


sys.addaudithook(_hook)


@contextmanager
def nothing_opened(part: str) -> Iterator[None]:
    """No file whose path has this part may be opened, or given to another program."""
    _watched.append(part)
    _opened.clear()
    try:
        yield
    finally:
        _watched.clear()
    assert not _opened


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the reader's, outside the folder with the recording."""
    path = tmp_path / "secret.file"
    path.write_text("a,b\n1,2\n")
    return path


Stranger = Callable[..., Path]


@pytest.fixture
def stranger(tmp_path: Path, recording: Recording) -> Stranger:
    """Save a recording, with keys in its look or its training setup, in a folder of its own."""
    folder = tmp_path / "stranger"
    folder.mkdir()

    def save(look: dict[str, Any], setup: dict[str, Any]) -> Path:
        path = folder / "run.npz"
        changed = replace(
            recording,
            look={**(recording.look or {}), **look},
            training_setup={**(recording.training_setup or {}), **setup},
        )
        changed.save(path)
        return path

    return save


LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "music": ("audio.file", {"audio": {"file": "FILE"}, "duration": None}),
    "music in short": ("audio", {"audio": "FILE", "duration": None}),
    "font": ("font", {"font": "FILE"}),
    "font of numbers": ("figures_font", {"figures_font": "FILE"}),
    "words": ("words", {"words": "FILE"}),
    "picture": ("panels[1].file", {"panels": [{"panel": "network"}, {"panel": "picture", "file": "FILE"}]}),
}
SETUPS: dict[str, tuple[str, dict[str, Any]]] = {
    "table": ("data.csv", {"data": {"csv": "FILE", "inputs": ["a"], "targets": ["b"]}}),
    "music in the setup": ("audio", {"audio": "FILE", "duration": None}),
}


def with_file(keys: dict[str, Any], file: Path) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(keys).replace("FILE", str(file)))
    return changed


@pytest.mark.parametrize("what", [*LOOKS, *SETUPS])
def test_no_file_outside_its_folder_is_opened(call: Call, stranger: Stranger, secret: Path, what: str) -> None:
    key, keys = (LOOKS | SETUPS)[what]
    keys = with_file(keys, secret)
    path = stranger(keys if what in LOOKS else {}, keys if what in SETUPS else {})
    reason = f"'{secret}' lies outside the recording's folder; use --allow-outside if it is to be read"
    with nothing_opened(secret.name):
        for command in (("validate",), ("render", "-o", "x.mp4"), ("inspect",), ("new", "x.yaml", "--from")):
            result = call(*command, "stranger/run.npz")
            assert (result.code, result.errors[0]) == (2, f"stranger/run.npz: {key}: {reason}"), command
        for use in (netviz.plan, netviz.still):
            with pytest.raises(InputError) as refused:
                use(Recording.load(path))
            assert str(refused.value).splitlines()[0] == f"stranger/run.npz: {key}: {reason}"
        with pytest.raises(InputError) if what in LOOKS else nullcontext():  # of several runs only the look is shared
            netviz.compare({"one": Recording.load(path), "two": Recording.load(path)})
    with pytest.raises(AssertionError), nothing_opened(secret.name):  # which shows that it would be seen
        call("validate", "stranger/run.npz", "--allow-outside")


def test_links_lead_nowhere_else(stranger: Stranger, secret: Path) -> None:
    path = stranger({"font": str(secret.parent / "stranger" / "own.ttf")}, {})
    (path.parent / "own.ttf").symlink_to(secret)
    with nothing_opened(secret.name), pytest.raises(InputError, match="lies outside the recording's folder"):
        netviz.plan(Recording.load(path))


def test_no_other_computer_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows would send it the user's name and a proof of the password."""
    monkeypatch.setattr(Path, "resolve", lambda path: path)
    followed: list[str] = []
    monkeypatch.setattr(Path, "__truediv__", lambda path, name: followed.append(str(name)))
    for text in (r"\\server\share\music.mp3", "//server/share/music.mp3", r"\\?\UNC\server\share\music.mp3"):
        with pytest.raises(Unreachable, match="lies outside the scene's folder"):
            named_in_scene(text, tmp_path, allow_outside=False)
    assert not followed


def test_own_files_are_found_wherever_the_folder_is_moved(
    call: Call,
    music: Path,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "scene"
    folder.mkdir()
    music.rename(folder / music.name)
    (folder / "my.yaml").write_text(SCENE.replace("duration: 2\n", "") + f"audio: {music.name}\n")
    result = call("record", "scene/my.yaml", "-o", "scene/run.npz")
    assert (result.code, result.notes) == (0, []), result.err
    folder.rename(tmp_path / "elsewhere")
    assert call("validate", "elsewhere/run.npz").code == 0
    assert call("plan", "elsewhere/run.npz").code == 0
    (tmp_path / "elsewhere").rename(folder)
    # In another folder than its music it needs a word of the user, and says so at once.
    (tmp_path / "runs").mkdir()
    result = call("record", "scene/my.yaml", "-o", "runs/run.npz")
    said = f"{folder / music.name} lies outside the folder of runs/run.npz; to render it, use --allow-outside"
    assert (result.code, result.notes) == (0, [said])
    result = call("validate", "runs/run.npz")
    assert result.code == 2 and result.errors[0].endswith("use --allow-outside if it is to be read")
    for options in (["--allow-outside"], ["--audio", f"scene/{music.name}"], ["--duration", "3"]):
        assert call("validate", "runs/run.npz", *options).code == 0, options
    assert call("inspect", "runs/run.npz", "--allow-outside").code == 0


def test_files_that_come_with_netviz_are_nobodys_secret(stranger: Stranger, recording: Recording) -> None:
    words = next(assets_folder().glob("*.yaml"))
    path = stranger({"words": str(words)}, {})
    assert (Recording.load(path).look or {})["words"] == f"bundled:{words.name}"
    netviz.plan(Recording.load(path))
    # Recordings of before have its path.
    before = replace(recording, look={**(recording.look or {}), "words": str(words)}, look_from=path)
    netviz.plan(before)


def test_a_look_of_ones_own_names_what_it_likes(recording: Recording, secret: Path) -> None:
    for own in (replace(recording, look={**(recording.look or {}), "font": str(secret)}), recording):
        with pytest.raises(InputError, match="cannot be read as a font"):
            netviz.plan(own, look={"font": str(secret)})
