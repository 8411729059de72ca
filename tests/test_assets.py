"""What travels with netviz: music as long, loud and clean as it is said to be, fonts that load, and the licences."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from numpy.typing import NDArray

import netviz
from netviz.story.story import add_story
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline

ASSETS = Path(__file__).parent.parent / "assets"
TRACK = ASSETS / "track.mp3"
FONTS = sorted((ASSETS / "fonts").iterdir())
RATE = 48_000

# Every asset that is not netviz's own source, and the licence it is under.
LICENCES = {
    "track.mp3": "track-CC0.txt",
    "fonts/Inter-Regular.otf": "Inter-OFL.txt",
    "fonts/Inter-Medium.otf": "Inter-OFL.txt",
    "fonts/Inter-SemiBold.otf": "Inter-OFL.txt",
    "fonts/Figures-Medium.ttf": "JetBrainsMono-OFL.txt",
    "fonts/Figures-Bold.ttf": "JetBrainsMono-OFL.txt",
}


@pytest.fixture(scope="module")
def music() -> NDArray[np.float64]:
    """The decoded track at its own rate and with its own channels, shape (samples, 2)."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    facts = subprocess.run([ffmpeg, "-hide_banner", "-i", str(TRACK)], capture_output=True).stderr.decode()
    assert re.search(rf"Audio: mp3.*, {RATE} Hz, stereo,", facts), facts
    decoded = subprocess.run(
        [ffmpeg, "-v", "error", "-i", str(TRACK), "-f", "f32le", "-"], capture_output=True, check=True
    )
    assert decoded.stderr == b""
    return np.frombuffer(decoded.stdout, "<f4").reshape(-1, 2).astype(np.float64)


def test_track_lasts_91_seconds(music: NDArray[np.float64]) -> None:
    assert abs(len(music) / RATE - 91) <= 0.001


def test_track_never_clips(music: NDArray[np.float64]) -> None:
    assert 0.4 < np.abs(music).max() <= 10 ** (-1 / 20)


def test_track_begins_and_ends_at_zero(music: NDArray[np.float64]) -> None:
    assert np.abs(music[:10]).max() < 1e-3
    assert np.abs(music[-RATE // 10 :]).max() < 1e-3


def test_track_is_stereo_and_free_of_offset(music: NDArray[np.float64]) -> None:
    assert 0.1 < np.corrcoef(music.T)[0, 1] < 0.95
    assert np.abs(music.mean(axis=0)).max() < 1e-4


def test_track_is_never_silent_for_two_seconds(music: NDArray[np.float64]) -> None:
    windows = music[: len(music) // RATE * RATE].reshape(-1, RATE // 10, 2)
    heard = np.flatnonzero(np.sqrt((windows**2).mean(axis=(1, 2))) > 10 ** (-50 / 20))
    edges = np.concatenate([[-1], heard, [len(windows)]])
    assert (np.diff(edges).max() - 1) * 0.1 <= 2


def test_track_grows_in_the_middle_and_calms_at_the_end(music: NDArray[np.float64]) -> None:
    def level(start: float, stop: float) -> float:
        return float(10 * np.log10((music[round(start * RATE) : round(stop * RATE)] ** 2).mean()))

    assert level(48, 76) > level(32, 48) > level(16, 32) > level(0, 16)
    assert level(48, 76) - level(0, 16) > 5
    assert level(86, 90) < level(48, 76) - 3


def test_track_is_loudest_where_the_default_film_shows_the_insight(music: NDArray[np.float64]) -> None:
    bars = music[: len(music) // (4 * 48_000) * 4 * 48_000].reshape(-1, 4 * 48_000, 2)
    loudest = 4 * int((bars**2).mean(axis=(1, 2)).argmax())
    scene = netviz.load_scene("xor")
    recording = netviz.record(scene)
    plan = add_story(make_plan(scene, Fraction(91)), recording, scene)
    timeline = make_timeline(plan, recording, scene)
    cycles = np.array([timeline.frame(index).curve_cycle for index in range(plan.frame_count)])
    fall = np.flatnonzero((cycles >= 2641) & (cycles <= 2708)) / float(plan.fps)
    assert len(fall) / float(plan.fps) >= 4
    assert abs(fall[0] - loudest) < 3


def test_track_is_dark_rather_than_harsh(music: NDArray[np.float64]) -> None:
    power = (np.abs(np.fft.rfft(music, axis=0)) ** 2).sum(axis=1)
    hertz = np.fft.rfftfreq(len(music), 1 / RATE)
    assert power[hertz > 8000].sum() < 0.005 * power.sum()
    assert 0.1 < power[hertz < 150].sum() / power.sum() < 0.5


def test_track_is_as_loud_as_its_script_says() -> None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        "-nostats",
        "-i",
        str(TRACK),
        "-af",
        "ebur128=peak=true",
    ]
    report = subprocess.run([*command, "-f", "null", "-"], capture_output=True, check=True).stderr.decode()
    summary = report[report.rindex("Summary:") :]
    integrated, peak = (float(re.search(rf"{name}:\s+(-?[\d.]+) ", summary)[1]) for name in ("I", "Peak"))  # type: ignore[index]
    assert abs(integrated - -16) <= 0.5
    assert peak <= -1


def test_every_asset_has_its_licence() -> None:
    own = {"README.md", "german.yaml", "compose_track.py", "make_digits.py", "make_figures_font.py", "synth.py"}
    found = {
        path.relative_to(ASSETS).as_posix()
        for path in ASSETS.rglob("*")
        if path.is_file() and path.parent.name not in ("LICENSES", "__pycache__")
    }
    assert found - own == set(LICENCES)
    assert {path.name for path in (ASSETS / "LICENSES").iterdir()} == set(LICENCES.values())
    table = (ASSETS / "README.md").read_text(encoding="utf-8")
    assert all(f"LICENSES/{licence}" in table for licence in LICENCES.values())


def test_track_licence_is_the_public_domain() -> None:
    text = (ASSETS / "LICENSES" / "track-CC0.txt").read_text(encoding="utf-8")
    assert "https://creativecommons.org/publicdomain/zero/1.0/" in text
    assert "compose_track.py" in text


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.name)
def test_font_licence_is_whole_and_names_the_authors(path: Path) -> None:
    text = (ASSETS / "LICENSES" / LICENCES[f"fonts/{path.name}"]).read_text(encoding="utf-8")
    copyright_notice = get_font(path).get_sfnt()[(3, 1, 0x409, 0)].decode("utf-16-be")
    assert text.startswith(copyright_notice)
    for part in (
        "SIL OPEN FONT LICENSE Version 1.1",
        "PREAMBLE",
        "DEFINITIONS",
        "PERMISSION & CONDITIONS",
        "TERMINATION",
    ):
        assert part in text
    assert text.rstrip().endswith("OTHER DEALINGS IN THE FONT SOFTWARE.")


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.name)
def test_font_draws_what_films_say(path: Path) -> None:
    figure = Figure(figsize=(6, 1), dpi=80)
    canvas = FigureCanvasAgg(figure)
    figure.text(
        0.02, 0.3, "Learning XOR 0123456789 → 0.99% −1.5 · η Σ δ σ ∂ ² ≈ ×", fontproperties=FontProperties(fname=path)
    )
    canvas.draw()  # a missing glyph is a warning, and a warning is an error here
    ink = np.asarray(canvas.buffer_rgba())[..., 0] < 128
    assert ink.any(axis=0).sum() > 150


def test_digits_of_the_mono_font_are_of_one_width() -> None:
    font = get_font(ASSETS / "fonts" / "Figures-Medium.ttf")
    assert len({font.load_char(ord(digit)).linearHoriAdvance for digit in "0123456789.−"}) == 1
