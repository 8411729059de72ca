"""Platforms: their values, what they give a scene, what they refuse, and who goes before whom."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest

from netviz.scene.loader import load_scene, read_scene, read_stored
from netviz.scene.output import EVERY_KIND, PLATFORMS, Output, PlatformName, misfit_of_rate, misfit_of_size, safe_part
from netviz.scene.overrides import Override
from netviz.scene.sound import LOUDEST_TARGET, QUIETEST_TARGET
from netviz.video.formats import FILE_KINDS

DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "platforms.md"


def typed(**values: str) -> dict[str, Override]:
    """What --for, --size, --fps, or environment variables (NETVIZ_...) make of a scene."""
    keys = {"for": "output.platform", "size": "output.size", "fps": "output.fps"}
    found = {}
    for name, value in values.items():
        short = name.removeprefix("NETVIZ_").lower()
        found[keys[short]] = Override(value, name if name.startswith("NETVIZ_") else f"--{name}")
    return found


def told(overrides: dict[str, Any], source: str | Path = "xor") -> list[str]:
    return [str(problem) for problem in read_scene(source, overrides).problems]


def written(folder: Path, more: str) -> Path:
    path = folder / "my.yaml"
    path.write_text(
        "network: {layers: [2, 1]}\ndata: {examples: [{inputs: [0, 1], target: 1}]}\ntraining: {cycles: 5}\n"
        f"shots: [{{shot: learning}}]\nduration: 20\n{more}\n"
    )
    return path


@pytest.mark.parametrize("name", get_args(PlatformName))
def test_every_platform_takes_what_it_gives(name: PlatformName) -> None:
    platform = PLATFORMS[name]
    assert misfit_of_size(name, platform.size) is None
    assert misfit_of_rate(name, Fraction(30)) is None
    assert QUIETEST_TARGET <= platform.loudness <= LOUDEST_TARGET
    left, top, right, bottom = safe_part(name, platform.size)
    assert right - left > 0.7
    assert bottom - top > 0.6
    scene = load_scene("xor", overrides={"output.platform": name})
    assert scene.output.size == platform.size
    assert scene.output.loudness == platform.loudness


def test_the_names_are_those_of_the_table() -> None:
    assert tuple(PLATFORMS) == get_args(PlatformName)


def test_kinds_of_files_are_those_that_there_are() -> None:
    assert tuple(FILE_KINDS.values()) == EVERY_KIND
    assert all({*platform.kinds} <= {*EVERY_KIND} and "mp4" in platform.kinds for platform in PLATFORMS.values())
    assert all(platform.gif is None or "gif" in platform.kinds for platform in PLATFORMS.values())


def test_the_documentation_says_every_value() -> None:
    text = DOCS.read_text()
    for name, platform in PLATFORMS.items():
        part = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        said = [f"{platform.size[0]}x{platform.size[1]}", f"{platform.loudness:g} LUFS"]
        said += [f"{platform.longest:,} s"] if platform.longest else []
        said += [f"{platform.fastest} a second"] if platform.fastest else []
        if platform.largest_file:
            whole = platform.largest_file // 10**6
            said.append(f"{whole // 1000} GB" if whole >= 1000 else f"{whole} MB")
        if platform.gif:
            limits = platform.gif
            said += [f"a GIF: at most {limits.largest_file // 10**6} MB", f"a GIF: {limits.pictures:,} pictures"]
            said += [f"a GIF: {limits.largest[0]}x{limits.largest[1]}", f"a GIF: {limits.pixels:,} pixels"]
        if platform.kinds != EVERY_KIND:
            *others, last = (f".{kind}" for kind in platform.kinds)
            said.append(f"| {', '.join(others)}{' or ' if others else ''}{last} |")
        covered = platform.covered
        said += [
            f"{side} {100 * share:g} %"
            for side, share in vars(covered).items()
            if share
        ]  # fmt: skip
        for value in said:
            assert value in part, (name, value)


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("shorts", (1920, 1080), "1920x1080 is wider than tall, and so no Short; give 1080x1920 (vertical), or square"),
        ("youtube", (1080, 1920), "as a Short; give --for shorts, or 1920x1080"),
        ("youtube", (1080, 1080), "no wider than tall"),
        ("instagram", (1920, 720), "too wide for instagram; pictures from 9:16 to 1.91:1 are shown whole"),
        ("instagram", (500, 1080), "too narrow for instagram"),
        ("x", (3840, 2160), "larger than the 1920x1200 that x takes, either way round; give 1280x720"),
        ("x", (1920, 600), "too wide for x; pictures from 1:2.39 to 2.39:1"),
    ],
)
def test_sizes_that_a_platform_does_not_take(name: PlatformName, size: tuple[int, int], says: str) -> None:
    assert says in (misfit_of_size(name, size) or "")


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("shorts", (1080, 1080)), ("shorts", (2160, 3840)), ("youtube", (854, 480)), ("instagram", (1080, 1350)),
        ("instagram", (480, 854)), ("x", (1200, 1900)), ("blog", (4000, 200)), ("slides", (1024, 768)),
    ],
)  # fmt: skip
def test_sizes_that_it_takes(name: PlatformName, size: tuple[int, int]) -> None:
    assert misfit_of_size(name, size) is None


def test_what_is_typed_goes_before_the_platform_and_the_platform_before_the_scene(tmp_path: Path) -> None:
    own = written(tmp_path, "output: {size: 720p, fps: 120}")
    assert load_scene(own).output.size == (1280, 720)
    typed_alone = load_scene(own, overrides=typed(**{"for": "shorts"})).output
    assert (typed_alone.size, typed_alone.fps) == ((1080, 1920), 30)
    assert load_scene(own, overrides=typed(**{"for": "shorts", "size": "square"})).output.size == (1080, 1080)
    assert load_scene(own, overrides=typed(**{"for": "blog"})).output.fps == 120, "a blog shows what it is given"
    both = written(tmp_path, "output: {platform: shorts, size: square, fps: 50}")
    assert load_scene(both).output.size == (1080, 1080), "what the scene says of both is its author's will"
    assert load_scene(both, overrides=typed(**{"for": "youtube"})).output.size == (1920, 1080)
    assert load_scene(both, overrides=typed(**{"for": "youtube"})).output.fps == 50, "no reason to change it"
    assert load_scene(both, overrides={"output.platform": None}).output.size == (1080, 1080)


def test_what_is_typed_goes_before_the_environment() -> None:
    scene = load_scene("xor", overrides=typed(**{"for": "shorts", "NETVIZ_SIZE": "720p", "NETVIZ_FPS": "120"}))
    assert (scene.output.size, scene.output.fps) == ((1080, 1920), 30)
    assert load_scene("xor", overrides=typed(NETVIZ_FOR="x", size="square")).output.size == (1080, 1080)
    assert told(typed(NETVIZ_FOR="shorts", NETVIZ_SIZE="720p"))[0].startswith(
        "NETVIZ_SIZE: 1280x720 is wider than tall"
    )


def test_mistakes_have_their_place_and_are_told_together(tmp_path: Path) -> None:
    size, rate = told(typed(**{"for": "shorts", "size": "1080p", "fps": "120"}))
    assert size.startswith("--size: 1920x1080 is wider than tall")
    assert rate == "--fps: shorts takes at most 60 frames a second; give 60 or less"
    (wrong,) = told({}, written(tmp_path, "output:\n  platform: shorts\n  size: 1080p"))
    assert wrong.endswith("my.yaml:8:9: output.size: 1920x1080 is wider than tall, and so no Short; give 1080x1920 (vertical), or square")  # fmt: skip  # noqa: E501
    assert told(typed(**{"for": "short"})) == [
        "--for: expected one of youtube, shorts, instagram, x, blog, slides, got 'short' (did you mean 'shorts'?)"
    ]
    (wrong,) = told({}, written(tmp_path, "output: {platform: vimeo}"))
    assert "output.platform: expected one of youtube" in wrong


def test_runs_side_by_side_are_for_the_typed_platform_too() -> None:
    overrides = {"output.platform": "shorts"}
    assert load_scene("compare-learning-rates", overrides=overrides).output.size == (1080, 1920)


def test_a_stored_scene_goes_to_another_platform() -> None:
    scene = load_scene("xor", overrides={"output.platform": "shorts", "audio.loudness": -20})
    stored = scene.model_dump(mode="json")
    assert read_stored(stored, Path("run.npz")).scene == scene
    moved = read_stored(stored, Path("run.npz"), typed(**{"for": "x"})).scene
    assert moved is not None
    assert moved.output.size == (1280, 720)
    assert moved.audio is not None
    assert moved.audio.loudness is None, "the typed platform says how loud it is"


def test_the_scenes_own_loudness_and_gain(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    path = written(tmp_path, "audio: {file: a.wav, fit: track, gain: -3}\noutput: {platform: shorts}")

    def sound(overrides: dict[str, Any]) -> tuple[float, float | None]:
        audio = load_scene(path, overrides=overrides).audio
        assert audio is not None
        return audio.gain, audio.loudness

    assert sound({}) == (-3, None), "who writes both knows both"
    assert sound(typed(**{"for": "x"})) == (0, None)
    assert sound(typed(**{"for": "x"}) | {"audio.gain": -6}) == (-6, None)
    assert sound(typed(**{"for": "x"}) | {"audio.gain": 0, "audio.loudness": -20}) == (0, -20)


def test_in_python_a_platform_gives_the_size_too() -> None:
    assert Output(platform="shorts").size == (1080, 1920)
    assert Output(platform="shorts", size=(720, 720)).size == (720, 720)
    assert Output().size == (1920, 1080)
    assert Output().loudness is None
