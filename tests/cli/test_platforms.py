"""--for: what a dry run says of the platform, lengths that are not taken, and files that became too large."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from netviz.audio.loudness import measured
from netviz.audio.music_file import SAMPLE_RATE
from netviz.audio.soundtrack import Soundtrack
from netviz.pipeline.validation import platform_length_problems, platform_notes, platform_text
from netviz.scene.output import PLATFORMS
from netviz.video.writer import WrittenFilm
from tests.cli.conftest import Call
from tests.cli.support import BRIEF, SMALL
from tests.conftest import short_scene


def test_a_dry_run_says_what_it_will_be_for(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    said, taken = call("render", "xor", "--for", "shorts", "--dry-run").out.splitlines()
    assert "2730 frames of 1080x1920" in said and taken.startswith("takes about ")
    assert said.endswith("; for shorts (at most 180.0 s and 256.0 GB, -14 LUFS)")
    monkeypatch.setenv("NETVIZ_FOR", "blog")
    said = call("render", "xor", "--dry-run").out.splitlines()[0]
    assert said.endswith("frames of 1280x720, 13 shown cycles; captions in xor.vtt; for blog (-16 LUFS)")
    assert "1280x720" in call("render", "xor", "--for", "x", "--dry-run").out


def test_what_is_said_of_the_sound_is_what_is_done_with_it() -> None:
    def told(**more: object) -> str:
        return platform_text(short_scene(output__platform="slides", output__size="320x180", **more))

    assert told() == "; for slides"
    assert told(audio="sonify") == "; for slides (-16 LUFS)"
    assert told(audio={"file": "sonify", "loudness": -20}) == "; for slides"
    assert told(audio={"file": "bundled:track.mp3", "fit": "track", "gain": 2}) == "; for slides"


def test_each_platform_of_a_sweep_has_its_film(call: Call, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    lines = call("render", "xor", "--sweep", "output.platform=youtube,shorts", "-o", "films/", "--dry-run").out.split(
        "\n"
    )
    assert ["frames of 1920x1080" in lines[0], "frames of 1080x1920" in lines[1]] == [True, True]


def test_a_film_that_is_too_long_is_found_before_anything_is_trained(call: Call, untrained: None, music: Path) -> None:
    result = call("render", "xor", "--for", "x", "--duration", "200")
    assert result.code == 2
    assert result.errors == [
        "--for: the film lasts 200.0 s, and x takes 140.0 s at most: give --duration 140"
    ]  # fmt: skip
    assert call("render", "xor", "--for", "x", "--duration", "140", "--dry-run").code == 0


def test_music_that_makes_a_film_too_long_can_be_cut() -> None:
    scene = short_scene(output__platform="x", output__size="320x180", audio="bundled:track.mp3", duration=None)
    (problem,) = platform_length_problems(scene, Fraction(141))
    assert problem.message.endswith("give --duration 140 and --set audio.fit=track, which cuts the music")
    assert platform_length_problems(scene, Fraction(140)) == []
    blog = short_scene(output__platform="blog", output__size="320x180")
    assert platform_length_problems(blog, Fraction(90_000)) == []
    assert platform_length_problems(short_scene(), Fraction(90_000)) == []


def test_a_file_that_is_too_large_is_worth_a_word() -> None:
    scene = short_scene(output__platform="x", output__size="320x180")
    film = WrittenFilm({Path("xor.webm"): 512_000_000, Path("xor.mp4"): 512_000_001}, 300, Fraction(10))
    (note,) = platform_notes(scene, film)
    assert note.startswith("xor.mp4: 512.0 MB are more than the 512.0 MB that x takes; a shorter film,")
    assert platform_notes(scene, replace(film, files={film.path: 512_000_000})) == []
    assert platform_notes(short_scene(), film) == []


def test_the_film_is_as_loud_as_the_platform_and_told_to_be_too_large(
    call: Call, tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PLATFORMS, "x", replace(PLATFORMS["x"], largest_file=1000))  # type: ignore[arg-type]
    result = call("render", "xor", *SMALL, *BRIEF, "--audio", music, "--for", "x", "-o", "xor.mp4")
    assert result.code == 0
    assert "are more than the 1.0 kB that x takes" in result.err
    # A sine of 440 Hz at 0.37 of full scale: -9 LUFS as it is.
    film = measured(Soundtrack(tmp_path / "xor.mp4"), 2 * SAMPLE_RATE)
    assert film.integrated == pytest.approx(-14, abs=0.5)
