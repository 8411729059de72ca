"""--for: what a dry run says of the platform, lengths that are not taken, and files that became too large."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from netviz.audio.loudness import measured
from netviz.audio.music_file import SAMPLE_RATE
from netviz.audio.soundtrack import Soundtrack
from netviz.pipeline.jobs import encode_settings
from netviz.pipeline.platforms import (
    platform_file_problems,
    platform_length_problems,
    platform_notes,
    platform_text,
)
from netviz.pipeline.prepare import prepare
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


def test_gifs_for_x_are_held_against_what_it_takes_of_gifs() -> None:
    def told(target: str, seconds: int, **more: object) -> list[str]:
        scene = short_scene(output__platform="x", duration=seconds, **more)
        plan = prepare(scene).plan
        problems = platform_file_problems(scene, plan, [Path(target)], encode_settings(scene.output))
        assert all(problem.where == target for problem in problems)
        return [problem.message for problem in problems]

    size = {"output__size": "640x360"}
    assert told("a.mp4", 40, **size) == told("a.gif", 23, **size) == []
    assert told("a.gif", 24, **size) == [
        "x takes GIFs of 350 pictures at most, and this one would have 360: give --duration 23, or a film (.mp4)"
    ]
    assert told("a.gif", 24, **size, output__animated={"fps": 10}) == []
    large = size | {"output__size": "1280x960", "output__animated": {"side": 1280, "fps": 30}}
    assert told("a.gif", 10, **large) == [
        "x takes GIFs of 300,000,000 pixels in all at most, and this one would have 368,640,000: give --duration 8, or "
        "a film (.mp4)"
    ]
    tall = size | {"output__size": "720x1280", "output__animated": {"side": 1280}}
    assert told("a.gif", 5, **tall) == [
        "x takes GIFs of 1280x1080 at most, and this one would be 720x1280: give --set output.animated.side=1080"
    ]
    scene = short_scene(output__platform="x", output__size="320x180")
    assert platform_text(scene, Path("a.gif")) == "; for x (GIFs of at most 350 pictures and 15.0 MB)"
    film = WrittenFilm({Path("a.gif"): 15_000_001, Path("a.mp4"): 15_000_001}, 300, Fraction(10))
    (note,) = platform_notes(scene, film)
    assert note.startswith("a.gif: 15.0 MB are more than the 15.0 MB that x takes of a GIF; a shorter film,")


def test_kinds_that_a_platform_does_not_take_need_one_that_it_takes(call: Call, untrained: None) -> None:
    result = call("render", "xor", "--for", "shorts", "-o", "xor.gif")
    assert (result.code, result.errors) == (
        2, ["xor.gif: shorts takes no .gif; give .mp4, .webm or .mov, or leave the platform out"]
    )  # fmt: skip
    assert call("render", "xor", "--for", "instagram", "-o", "xor.mov", "--dry-run").code == 2
    assert call("render", "xor", "--for", "shorts", "-o", "a.webp", "-o", "a.mp4", "--dry-run").code == 0
    assert call("render", "xor", "--for", "blog", "-o", "a.webp", "--dry-run").code == 0
    found = call("render", "xor", "--for", "x", "-o", "a.gif")
    assert found.code == 2 and "x takes GIFs of 350 pictures at most" in found.err


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
