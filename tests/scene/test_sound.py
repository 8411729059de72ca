"""What a scene says of its sound: as a text or a mapping, in the file or typed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene, read_stored
from netviz.scene.overrides import Override, parse_set
from netviz.scene.scene import Scene
from netviz.scene.sound import Sound
from netviz.training.setup import with_look
from tests.recordings import own_scene
from tests.scene.smallest import BASE, Write, told


def sound_of(scene: Scene) -> Sound:
    assert scene.audio is not None
    return scene.audio


def settings(*texts: str, audio: str | None = None) -> dict[str, Override]:
    typed = {} if audio is None else {"audio": Override(audio, "--audio")}
    return typed | dict(map(parse_set, texts))


def test_a_text_is_a_file_and_nothing_else(write: Write) -> None:
    short, long = (load_scene(write(BASE + text)) for text in ("audio: a.mp3\n", "audio: {file: a.mp3}\n"))
    assert short.audio == long.audio == Sound(file=str(Path.cwd() / "a.mp3"))
    assert Scene.model_validate({**short.model_dump(), "audio": "a.mp3"}).audio == Sound(file="a.mp3")


def test_all_that_can_be_said(write: Write) -> None:
    text = "{file: a.mp3, start: 20/3, gain: -3, fade_in: 1.5, fade_out: 0, fit: track, loudness: null}"
    assert sound_of(load_scene(write(BASE + f"audio: {text}\n"))).model_copy(update={"file": "a"}) == Sound(
        file="a", start=Fraction(20, 3), gain=-3, fade_in=Fraction(3, 2), fade_out=Fraction(0), fit="track"
    )


def test_another_file_does_not_inherit_what_was_said_of_the_old_one(write: Write) -> None:
    scene = write(BASE + "audio: {file: a.mp3, start: 20, gain: -3, fit: track}\nduration: 60\n")
    assert load_scene(scene, overrides=settings(audio="b.mp3")).audio == Sound(file=str(Path.cwd() / "b.mp3"))
    assert load_scene(scene, overrides=settings(audio="b.mp3")).duration is None
    kept = load_scene(scene, overrides=settings("audio.file=b.mp3"))
    assert (sound_of(kept).file, sound_of(kept).gain, kept.duration) == (str(Path.cwd() / "b.mp3"), -3, 60)


@pytest.mark.parametrize("audio", ["a.mp3", "{file: a.mp3}"])
def test_settings_are_put_beside_the_file_however_it_is_written(write: Write, audio: str) -> None:
    sound = sound_of(load_scene(write(BASE + f"audio: {audio}\n"), overrides=settings("audio.gain=-3")))
    assert (Path(sound.file).name, sound.gain) == ("a.mp3", -3)
    sound = sound_of(load_scene("xor", overrides=settings("audio.start=5", audio="b.mp3")))
    assert (Path(sound.file).name, sound.start) == ("b.mp3", 5)


def test_music_fitted_to_the_film_leaves_it_its_length(write: Write) -> None:
    fitted = settings("audio.fit=track", "duration=20")
    scene = load_scene("xor", overrides=fitted)
    assert (sound_of(scene).fit, scene.duration) == ("track", 20)
    assert load_scene("xor", overrides=settings("audio.fit=track", "duration=20", audio="b.mp3")).duration == 20
    mapping = write(BASE + "audio: {file: a.mp3, fit: track}\n")
    assert sound_of(load_scene(mapping, overrides=settings("duration=20"))).fit == "track"
    assert load_scene(write(BASE + "audio: a.mp3\n"), overrides=settings("duration=20")).audio is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("audio: {file: ''}", "7:15: audio.file: expected the path of a file, got ''"),
        ("audio: {file: a, fiel: a.mp3}", "7:18: audio.fiel: unknown key (did you mean 'file'?)"),
        ("audio: {gain: 3}", "7:8: audio.file: missing; expected text"),
        ("audio: 5", "7:8: audio: expected text, or a mapping such as {file: ...}, got whole number 5"),
        ("audio: {file: a, gain: 60}", "7:24: audio.gain: expected a number from -60 to 24, got 60"),
        ("audio: {file: a, gain: loud}", "7:24: audio.gain: expected a number from -60 to 24, got text 'loud'"),
        ("audio: {file: a, start: -1}", "7:25: audio.start: expected a number from 0 to 86400"),
        ("audio: {file: a, fit: trakc}", "7:23: audio.fit: expected one of film, track, got 'trakc'"),
        ("audio: {file: a, loudness: 14}", "7:28: audio.loudness: expected a number from -40 to -6, got 14"),
        ("audio: {file: a, loudness: -14, gain: 3}", "7:39: audio.gain: loudness says by itself how loud"),
        ("audio: {file: a, fit: track, fade_out: 9}\nduration: 8", "7:40: audio.fade_out: 9 s are longer"),
        ("audio: {file: a, fit: track, fade_in: 4, fade_out: 5}\nduration: 8", "7:52: audio.fade_out: fade_in and"),
        ("audio: {file: a}\nduration: 8", "8:11: duration: the film is as long as its music"),
        ("audio: {file: ../a.mp3}", "7:15: audio.file: '../a.mp3' lies outside the scene's folder"),
        ("audio: {file: 'bundled:trak.mp3'}", "7:15: audio.file: no such bundled file: 'trak.mp3'"),
    ],
)  # fmt: skip
def test_mistakes_have_their_place(write: Write, text: str, says: str) -> None:
    lines = told(write(BASE + text + "\n"))
    assert len(lines) == 1
    assert lines[0].startswith(f"my.yaml:{says}"), lines[0]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (settings("audio.gain=60"), "--set audio.gain: expected a number from -60 to 24, got 60"),
        (settings("audio.fil=x"), "--set audio.fil: unknown key (did you mean 'audio.file'?)"),
        (settings("audio.gain=-3", "duration=5"), "--set audio.gain and --set duration: the film is as long as its"),
        (settings("audio={file: 'bundled:x'}"), "--set audio: audio.file: no such bundled file"),
    ],
)
def test_typed_mistakes_name_the_option(typed: dict[str, Any], says: str) -> None:
    (line,) = told("xor", typed)
    assert line.startswith(says)


def test_recordings_keep_it_and_those_of_before_are_read(recording: Recording, tmp_path: Path) -> None:
    sound = Sound(file="/music/a.mp3", start=Fraction(1, 3), gain=-2.5, fade_out=Fraction(2))
    scene = own_scene(recording).model_copy(update={"audio": sound, "duration": None})
    with_look(recording, scene).save(tmp_path / "run.npz")
    again = own_scene(Recording.load(tmp_path / "run.npz", allow_outside=True))
    assert again == scene
    stored = again.model_dump(mode="json")
    assert read_stored(stored, tmp_path / "run.npz", settings("audio.gain=1")).scene == scene.model_copy(
        update={"audio": sound.model_copy(update={"gain": 1.0})}
    )
    before = {**stored, "audio": "/music/a.mp3"}
    assert Scene.model_validate(before).audio == Sound(file="/music/a.mp3")
