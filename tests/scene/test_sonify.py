"""The word `sonify` in the place of a file of music."""

from __future__ import annotations

from pathlib import Path

import pytest

import netviz
from netviz.scene.loader import load_scene
from netviz.scene.overrides import Override
from netviz.scene.sound import Sound
from tests.scene.smallest import BASE, Write, told


def test_sonify_is_a_word_and_not_a_file(write: Write) -> None:
    (write(BASE).parent / "sonify").write_bytes(b"")
    word, file = (load_scene(write(BASE + f"audio: {text}\nduration: 9\n".replace(without, "")))
                  for text, without in (("sonify", "-"), ("./sonify", "duration: 9\n")))  # fmt: skip
    assert word.audio == Sound(file="sonify") and word.duration == 9
    assert file.audio is not None and Path(file.audio.file).is_absolute() and not file.audio.is_sonified


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{file: sonify, start: 2}", "audio.start: sound made from the run begins with the film; leave start out"),
        ("{file: sonify, fit: track}", "audio.fit: sound made from the run is as long as the film in any case; leave"),
        ("{file: sonify, fade_in: 9}\nduration: 5", "audio.fade_in: 9 s are longer than the film"),
    ],
)
def test_what_makes_no_sense_is_told(write: Write, text: str, says: str) -> None:
    (line,) = told(write(BASE + f"audio: {text}\n"))
    assert says in line


def test_length_and_sound_do_not_exclude_each_other() -> None:
    typed = {"audio": Override("sonify", "--audio"), "duration": Override("20", "--duration")}
    scene = load_scene("xor", overrides=typed)
    assert scene.duration == 20 and scene.audio == Sound(file="sonify")
    assert load_scene("xor", overrides={"audio": "sonify", "audio.gain": -3}).audio == Sound(file="sonify", gain=-3)
    assert netviz.plan(load_scene("xor", overrides={"audio": "sonify"})).seconds > 100  # its natural length
