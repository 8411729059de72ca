"""What the files made of a scene say: seed, hash, music, the scene; the same for everybody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import netviz
from netviz.pipeline.provenance import OWN_MUSIC, provenance_of, restored
from netviz.resources import assets_folder
from netviz.scene.export import scene_hash
from netviz.video.metadata import Music, parse_provenance


def test_of_a_bundled_scene() -> None:
    about = provenance_of(netviz.load_scene("xor"))
    assert (about.title, about.software, about.seed) == ("Can you see the rule?", "netviz 0.1.0", 1)
    assert about.music == Music("Slow Descent", "The netviz authors", "CC0 1.0, public domain")
    assert about.scene_hash == scene_hash(about.scene)
    assert about.comment.startswith(f"Made with netviz 0.1.0, seed 1, scene {about.scene_hash}.")
    assert about.rights == "Music: Slow Descent by The netviz authors, CC0 1.0, public domain"
    assert parse_provenance(about.text) == about


def test_of_music_made_from_the_run_and_of_none() -> None:
    assert provenance_of(netviz.load_scene("neuron", overrides={"audio": "sonify"})).music == Music(licence=OWN_MUSIC)
    silent = provenance_of(netviz.load_scene("xor", overrides={"duration": 20}))
    assert silent.music is None
    assert "copyright" not in silent.tags


def test_what_the_scene_says_of_its_music_counts() -> None:
    music = provenance_of(netviz.load_scene("xor", overrides={"audio.licence": "mine"})).music
    assert music == Music("Slow Descent", "The netviz authors", "mine")


@pytest.mark.parametrize("folder", ["secret-1", "secret-2/deeper"])
def test_where_files_lie_is_said_nowhere(folder: str, tmp_path: Path) -> None:
    place = tmp_path / folder
    place.mkdir(parents=True)
    shutil.copy(assets_folder() / "track.mp3", place / "my.mp3")
    (place / "s.yaml").write_text(
        "network: {layers: [1, 1]}\ndata: {examples: [{inputs: 0, target: 1}]}\naudio: my.mp3\n"
    )
    about = provenance_of(netviz.load_scene(place / "s.yaml"))
    said = json.dumps(about.tags)
    assert not [part for part in ("secret", "deeper", str(tmp_path), tmp_path.name) if part in said]
    assert about.files == ("my.mp3",)
    assert about.scene_hash == "877d2fda3d5e38df327f0d8942c5d98465a5fd137ca2cbe47d749e643ccec133", (
        "the same wherever it is"
    )
    assert "\n# Beside this file have to lie: my.mp3\n" in restored(about, "a.mp4")


def test_digits_are_not_much() -> None:
    about = provenance_of(netviz.load_scene("digits"))
    assert len(json.dumps(about.scene)) > 70_000
    assert len(about.text) < 25_000
    assert parse_provenance(about.text) == about
