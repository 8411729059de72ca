"""Music of every sort, as a user meets it: what cannot be is told with its line or option before anything is made."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.support import SCENE
from tests.cli.test_mistakes import refused
from tests.video.support import run_real


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A track of 2 s, a text that says it is one, a picture in its place, and nothing at all."""
    folder = tmp_path_factory.mktemp("files")
    run_real("-f", "lavfi", "-i", "sine=440:d=2:sample_rate=44100", "-ac", "2", folder / "a.mp3")
    (folder / "words.mp3").write_text("not a song\n" * 100)
    (folder / "empty.mp3").touch()
    run_real("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", "-f", "mp4", folder / "cover.m4a")
    return folder


@pytest.fixture(autouse=True)
def music(tmp_path: Path, files: Path) -> None:
    """All of them beside the scene."""
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)


def scene(folder: Path, audio: str, duration: str = "") -> Path:
    path = folder / "my.yaml"
    path.write_text(SCENE.replace("duration: 2", f"audio: {audio}{duration}"))
    return path


@pytest.mark.parametrize(
    ("audio", "says"),
    [
        ("words.mp3", "my.yaml:9:8: audio: words.mp3: no decodable audio in it (mp3, wav, flac"),
        ("{file: empty.mp3}", "my.yaml:9:15: audio.file: empty.mp3: no decodable audio in it: the file is empty"),
        ("cover.m4a", "my.yaml:9:8: audio: cover.m4a: no audio in it, only a picture"),
        ("none.mp3", "my.yaml:9:8: audio: none.mp3: no such file (bundled:track.mp3 comes with netviz)"),
        ("{file: a.mp3, start: 60}", "my.yaml:9:29: audio.start: 60 s is past the end of the music, which lasts 2.0 s"),
        ("{file: a.mp3, fade_in: 3}", "my.yaml:9:31: audio.fade_in: 3 s are longer than the film, which lasts 2.0 s"),
        ("{file: a.mp3, gain: 1e6}", "my.yaml:9:28: audio.gain: expected a number from -60 to 24, got 1000000.0"),
        ("{file: a.mp3, gain: .nan}", "my.yaml:9:28: audio.gain: expected a "),
        (
            "{file: a.mp3, fit: track, start: 1.5}\nduration: 3",
            "my.yaml:9:41: audio.start: only 0.50 s of music, too short to be repeated for a film of 3.0 s",
        ),
    ],
)
def test_what_is_wrong_in_a_scene_is_told_with_its_line(call: Call, tmp_path: Path, audio: str, says: str) -> None:
    scene(tmp_path, audio)
    (error,) = refused(call, tmp_path, "render", "my.yaml")
    assert error.startswith(says), error


def test_music_that_breaks_off_is_told_of_and_refused_where_that_is_asked(call: Call, tmp_path: Path) -> None:
    run_real("-f", "lavfi", "-i", "sine=440:d=4:sample_rate=44100", "-ac", "2", tmp_path / "whole.mp3")
    whole = (tmp_path / "whole.mp3").read_bytes()
    (tmp_path / "cut.mp3").write_bytes(whole[: len(whole) // 2])
    scene(tmp_path, "cut.mp3")
    assert call("validate", "my.yaml").out.startswith(("my: fine; 1.9", "my: fine; 2.0")), (
        "as long as what can be heard"
    )
    scene(tmp_path, "{file: cut.mp3, fit: track}\nduration: 20")
    told = call("validate", "my.yaml")
    (warning,) = told.warnings
    assert (told.code, told.notes) == (0, [])
    assert re.search(r"cut\.mp3: claims to last 4\.\d s, but only [12]\.\d s can be decoded", warning), warning
    strict = call("validate", "my.yaml", "--strict")
    assert (strict.code, strict.errors) == (2, [f"{warning} (--strict)"])


def test_what_is_wrong_in_an_option_is_told_with_it(call: Call, tmp_path: Path) -> None:
    scene(tmp_path, "a.mp3")
    for option, says in (
        (("--audio", "words.mp3"), "--audio words.mp3: no decodable audio"),
        (("--set", "audio.start=9"), "--set audio.start: 9 s is past the end of the music"),
        (("--set", "audio.fade_out=9"), "--set audio.fade_out: 9 s are longer than the film"),
        (("--set", "audio.file=empty.mp3"), "--set audio.file: empty.mp3: no decodable audio"),
        (("--set", "audio.loudness=14"), "--set audio.loudness: expected a number from -40 to -6, got 14"),
        (("--set", "audio.gain=-3", "--duration", "5"), "--set audio.gain and --duration: the film is as long as"),
    ):
        (error,) = refused(call, tmp_path, "validate", "my.yaml", *option)
        assert error.startswith(says), error


@pytest.mark.parametrize("kind", ["mp4", "mkv", "webm"])
def test_the_sound_of_a_video_is_music(call: Call, tmp_path: Path, kind: str) -> None:
    codecs = ("-c:v", "libvpx", "-c:a", "libopus") if kind == "webm" else ("-c:v", "libx264", "-c:a", "aac")
    picture = ("-f", "lavfi", "-i", "color=red:s=64x64:d=3:r=10")
    run_real(*picture, "-i", tmp_path / "a.mp3", *codecs, tmp_path / f"video.{kind}")
    scene(tmp_path, f"video.{kind}")
    result = call("validate", "my.yaml")
    assert (result.code, result.out) == (0, "my: fine; 2.00 s, 1 shown cycles\n"), result.err


def test_a_film_with_all_that_can_be_said(call: Call, tmp_path: Path) -> None:
    scene(tmp_path, "{file: a.mp3, start: 0.5, fade_in: 0.1, fit: track, loudness: -20}\nduration: 4")
    result = call("render", "my.yaml", "-o", "a.mp4", "--jobs", "1")
    assert result.code == 0, result.err
    assert call("render", "my.yaml", "-o", "b.mp4", "--jobs", "1").code == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    said = run_real("-i", tmp_path / "a.mp4", "-map", "0:a", "-ac", "1", "-f", "s16le", "-")
    assert abs(len(said) / 2 - 4 * 48_000) <= 1024


@pytest.mark.parametrize("command", ["validate", "render", "still", "embed", "events"])
@pytest.mark.parametrize("named", ["../outside.mp3", "../none.mp3", "linked.mp3", "{parent}/words.mp3"])
def test_music_that_may_not_be_used_is_not_opened(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, named: str
) -> None:
    """Whether there is such a file, and what is in it, is none of the scene's business: the refusal is all."""
    folder = tmp_path / "scene"
    folder.mkdir()
    (tmp_path / "a.mp3").rename(tmp_path / "outside.mp3")
    (folder / "linked.mp3").symlink_to("../words.mp3")
    named = named.format(parent=tmp_path)
    scene(folder, named)
    monkeypatch.chdir(folder)
    opened: list[object] = []
    monkeypatch.setattr("netviz.audio.music_file._examined", opened.append)
    answer = call(command, "my.yaml")
    assert answer.code == 2
    assert answer.err == (
        f"error: my.yaml:9:8: audio: '{named}' lies outside the scene's folder; copy it there, or use --allow-outside\n"
    )
    assert not opened


def test_a_copied_scene_takes_along_only_what_is_its_own(call: Call, tmp_path: Path) -> None:
    folder, copies = tmp_path / "scene", tmp_path / "copies"
    folder.mkdir()
    copies.mkdir()
    (tmp_path / "secret.txt").write_text("a,b\n1,2\n")
    (folder / "linked.csv").symlink_to("../secret.txt")
    text = SCENE.replace("network:", "words: big.yaml\nnetwork:")
    (folder / "my.yaml").write_text("data: {csv: linked.csv, inputs: [a], targets: [b]}\nnetwork: {layers: [1, 1]}\n")
    assert call("new", copies / "my.yaml", "--from", folder / "my.yaml").code == 0
    assert [path.name for path in copies.iterdir()] == ["my.yaml"]
    (folder / "my.yaml").write_text(text)
    (folder / "big.yaml").touch()
    os.truncate(folder / "big.yaml", 10_000_001)
    answer = call("new", copies / "other.yaml", "--from", folder / "my.yaml")
    assert (answer.code, answer.err) == (
        2,
        f"error: {folder / 'big.yaml'}: 10.0 MB is too large to be copied; 10 is the most\n",
    )
