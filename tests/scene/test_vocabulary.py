"""netviz's own words: in a file, in a mapping, in another language, and what is wrong with them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import netviz
from netviz.errors import InputError
from netviz.resources import assets_folder
from netviz.scene.files import read_words
from netviz.scene.phrases import ENGLISH, blanks, counted, say, whole
from netviz.scene.scene import Scene
from tests.recordings import own_scene


def scene_with(words: object) -> Scene:
    return netviz.load_scene("xor", overrides={"words": words})


def test_english_unless_reworded() -> None:
    scene = scene_with({"rest-after": "Done: {cycles}", "thousands": " "})
    assert say(scene, "rest-after", cycles=counted(scene, 60000, "cycles")) == "Done: 60 000 cycles"
    assert say(scene, "label-cycle") == "cycle"
    assert [counted(scene, 1, "examples"), whole(scene, 999)] == ["1 example", "999"]
    assert hash(scene) == hash(scene_with({"rest-after": "Done: {cycles}", "thousands": " "}))


def test_a_file_beside_the_scene(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text('label-cycle: Runde\nthousands: ""\n')
    (tmp_path / "my.yaml").write_text(
        (netviz.resources.scenes_folder() / "xor.yaml").read_text() + "\nwords: mine.yaml\n"
    )
    scene = netviz.load_scene(tmp_path / "my.yaml")
    assert scene.phrases == {"label-cycle": "Runde", "thousands": ""}
    recording = netviz.record(
        scene.model_copy(update={"training": scene.training.model_copy(update={"cycles": 60000})})
    )
    recording.save(tmp_path / "run.npz")
    assert own_scene(netviz.Recording.load(tmp_path / "run.npz")).phrases == scene.phrases


def test_german_is_whole() -> None:
    german = read_words(assets_folder() / "german.yaml", "german.yaml")
    assert german.keys() == ENGLISH.keys()
    assert all(blanks(german[key]) <= blanks(ENGLISH[key]) for key in german)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "label-cycel: Runde\n",
            "1:1: label-cycel: netviz says nothing of that name (did you mean 'label-cycle'?)",
        ),
        (
            "rest-after: 'nach {cycle}'\n",
            "1:1: rest-after: {cycle} is nothing that can be filled in here; it can hold {cycles}",
        ),
        ("rest-after: 'nach {cycles:>3}'\n", "braces hold a plain name"),
        ("rest-after: 'nach {cycles'\n", "mine.yaml:1:1: rest-after: braces hold a plain name"),
        ("rest-after: 'nach cycles}'\n", "mine.yaml:1:1: rest-after: braces hold a plain name"),
        ("", "mine.yaml: expected phrases with their names, got nothing"),
        ("label-cycle: '{count}'\n", "it holds nothing in braces"),
        ("label-cycle: 3\n", "mine.yaml:1:14: label-cycle: expected text, got 3"),
        ("label-cycle: a\nlabel-cycle: b\n", "mine.yaml:2:1"),
        ('label-cycle: "\\a"\n', "mine.yaml:1:14: label-cycle: control character '\\x07' cannot be drawn"),
        ("- a\n", "mine.yaml: expected phrases with their names, got a list"),
    ],
)
def test_mistakes_in_a_file(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError) as wrong:
        read_words(tmp_path / "mine.yaml", "mine.yaml")
    assert says in str(wrong.value)


def test_a_file_may_say_all_that_a_mapping_may(tmp_path: Path) -> None:
    odd = {"page-play": "Lire\N{NO-BREAK SPACE}!", "label-cycle": "\N{ZERO WIDTH NON-JOINER}چرخه", "film": "a\u2028b"}
    (tmp_path / "mine.yaml").write_text(json.dumps(odd))
    assert read_words(tmp_path / "mine.yaml", "mine.yaml") == odd == scene_with(odd).phrases


def test_mistakes_in_a_mapping_and_a_missing_file(tmp_path: Path) -> None:
    for words, says in (
        ({"label-cycle": 3}, "words: the phrase 'label-cycle' is no text"),
        ({"rest-after": "{x}"}, "words.rest-after: {x} is nothing that can be filled in here"),
        (str(tmp_path / "no.yaml"), "no such file"),
        (
            "bundled:german.yml",
            "no such bundled file: 'german.yml'; netviz brings german.yaml, track.mp3 (did you mean",
        ),
    ):
        with pytest.raises(InputError, match=r"words|no\.yaml") as wrong:
            scene_with(words)
        assert says in str(wrong.value)


def test_every_phrase_can_be_filled_in() -> None:
    for key, phrase in ENGLISH.items():
        assert phrase.format(**dict.fromkeys(blanks(phrase), "x")), key


def test_the_command_prints_a_file_that_can_be_used(tmp_path: Path) -> None:
    printed = subprocess.run([sys.executable, "-m", "netviz", "words"], check=True, capture_output=True).stdout
    (tmp_path / "mine.yaml").write_bytes(printed)
    assert read_words(tmp_path / "mine.yaml", "mine.yaml") == dict(ENGLISH)
