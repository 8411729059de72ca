"""What files of music say of themselves, whatever their kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from netviz.audio.music_file import _LONGEST, MusicTags, music_tags
from netviz.resources import assets_folder
from tests.video.support import run_real


def test_the_bundled_music_is_in_the_public_domain() -> None:
    wanted = MusicTags("Slow Descent", "The netviz authors", "CC0 1.0, public domain")
    assert music_tags(assets_folder() / "track.mp3") == wanted


@pytest.mark.parametrize(("suffix", "key"), [("mp3", "copyright"), ("ogg", "license"), ("flac", "license")])
def test_title_artist_and_licence(suffix: str, key: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    tags = ("-metadata", "title=A = b;", "-metadata", "artist=Jäger", "-metadata", f"{key}=CC BY 4.0")
    run_real("-f", "lavfi", "-i", "sine=d=0.1", *tags, path)
    assert music_tags(path) == MusicTags("A = b;", "Jäger", "CC BY 4.0")


def test_what_is_long_or_cannot_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    tags = ("-metadata", "title=a\nb\x1b[2J", "-metadata", f"artist={'x' * 5000}")
    run_real("-f", "lavfi", "-i", "sine=d=0.1", *tags, path)
    assert music_tags(path) == MusicTags("a b [2J", "x" * _LONGEST, "")


def test_what_is_no_music_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"no music" * 100)
    assert music_tags(tmp_path / "a.mp3") == music_tags(tmp_path / "nothing.mp3") == MusicTags()
