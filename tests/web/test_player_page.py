"""The player page's parts: the curve, the types of films, what holds the page together."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from fractions import Fraction
from math import log1p
from pathlib import Path
from typing import Any

import html5lib
import numpy as np
import pytest

from netviz.errors import NetvizError
from netviz.timeline.timeline import Timeline
from netviz.video.writer import write_film
from netviz.web.mime_types import UnknownFilm, film_type
from netviz.web.player_page import _POINTS, HEIGHT, WIDTH, Played, curve_of, player_page
from netviz.web.snippets import Embedded, FilmSource
from netviz.web.transcript import passages, summary_of, transcript_page
from tests.video.support import moving_pictures
from tests.web.conftest import film

TYPE = 'video/mp4; codecs="avc1.640028, mp4a.40.2"'


def page_of(timeline: Any, **changes: Any) -> str:
    sources = (FilmSource("xor.mp4", TYPE),)
    of = Embedded(timeline.scene, summary_of(timeline), (320, 180), sources, "xor.jpg", "xor.html", "xor.vtt")
    plan = timeline.plan
    told, curve = passages(timeline), curve_of(timeline)
    played = Played(
        of, told, plan.cues, curve, curve.clock, plan.fps, plan.frame_count, True, (("page-download-film", "xor.mp4"),)
    )
    return player_page(replace(played, **changes))


def test_the_page_holds_together(timeline: Timeline) -> None:
    page = page_of(timeline)
    html5lib.HTMLParser(strict=True).parse(page)
    assert not re.search(r"\[\[(say )?[a-z-]+\]\]", page), "all is filled in"
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    script = page[page.index('"use strict"') :]
    assert set(re.findall(r'\$\("([a-z]+)"\)', script)) <= set(ids)
    assert set(re.findall(r"https?://[^\s'\"<)]+", page)) == {"http://www.w3.org/2000/svg"}, "it knows no other place"
    assert not re.findall(r"\s(?:on[a-z]+|style)=", page), "the policy would stop it"
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|import)\b\s*\(", script)


def hash_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_its_policy_lets_its_own_script_run_and_nothing_else(timeline: Timeline) -> None:
    page = page_of(timeline)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    (script,), (style,) = (re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("script", "style"))
    expected = f"default-src 'none'; script-src 'sha256-{hash_of(script)}'; style-src 'sha256-{hash_of(style)}'; "
    assert policy.startswith(expected)
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy


def test_its_data(timeline: Timeline) -> None:
    page = page_of(timeline)
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data, plan = json.loads(text), timeline.plan
    assert data["fps"] == [30, 1] and data["frames"] == plan.frame_count
    assert [cycle for _, cycle in data["stops"]] == [1, 4, 20, 60]
    for seconds, cycle in data["stops"]:
        assert timeline.frame(int(Fraction(str(seconds)) * plan.fps)).cycle == cycle
    assert [text for *_, text in data["cues"]] == [cue.text for cue in plan.cues]
    assert data["cues"][0][0] == pytest.approx(plan.cues[0].start / 30, abs=1e-3)
    assert page.count('data-at="') == len(passages(timeline)) + len(plan.cues)


def test_the_clock_says_what_cycle_is_shown(timeline: Timeline) -> None:
    curve, fps = curve_of(timeline), timeline.plan.fps
    times, cycles = np.array(curve.clock).T
    assert (np.diff(times) >= 0).all() and cycles[0] == 0 and cycles[-1] == curve.last == 60
    for frame in range(0, timeline.frame_count, 7):
        shown = timeline.frame(frame).curve_cycle
        assert np.interp(frame / fps, times, cycles) == pytest.approx(shown, abs=0.04 * 60)


def test_the_curve(timeline: Timeline) -> None:
    (line,) = curve_of(timeline).lines
    recording = timeline.recording
    points = [[float(number) for number in pair.split()] for pair in line.path[1:].split("L")]
    assert line.name == "" and line.colour == "error" and line.area.startswith(line.path) and line.area.endswith("Z")
    top = float(recording.main_curve.max())
    assert points[0] == [0.0, pytest.approx(HEIGHT * (1 - float(recording.main_curve[0]) / top), abs=0.1)]
    assert points[-1] == [WIDTH, pytest.approx(HEIGHT * (1 - float(recording.main_curve[-1]) / top), abs=0.1)]
    at = [point for point in points if point[0] == pytest.approx(WIDTH * log1p(4) / log1p(60), abs=0.1)]
    assert at[0][1] == pytest.approx(HEIGHT * (1 - float(recording.main_curve[4]) / top), abs=0.1)


def test_curves_of_many_cycles_have_no_more_points_than_can_be_seen() -> None:
    (line,) = curve_of(film(training__cycles=5000, schedule={"cycles": [1, 5000]}, story=None)).lines
    assert 200 < line.path.count("L") <= _POINTS + 2


def test_curves_of_tested_and_of_compared_runs() -> None:
    tested = film(data__train_share=0.6, story=None)
    assert [(line.name, line.colour) for line in curve_of(tested).lines] == [("test", "test"), ("training", "error")]
    compared = film(compare=[{"name": "one"}, {"name": "two", "set": {"training.seed": 2}}], story=None)
    lines = curve_of(compared).lines
    assert [line.name for line in lines] == ["one", "two"] and lines[0].colour != lines[1].colour
    assert lines[0].dash != lines[1].dash and '<span data-colour="ink" data-dash="solid">one</span>' in page_of(
        compared
    )


def made(path: Path) -> Path:
    write_film(path, moving_pictures(3), size=(64, 48), fps=Fraction(10), frame_count=3, audio=None, quality="draft")
    return path


def test_type_of_an_mp4(tmp_path: Path) -> None:
    path = made(tmp_path / "x.mp4")
    assert re.fullmatch(r'video/mp4; codecs="avc1\.6400[0-9a-f]{2}"', film_type(path))
    data = path.read_bytes()
    (tmp_path / "y.mp4").write_bytes(data.replace(b"avc1", b"xvc1"))
    (tmp_path / "z.mp4").write_bytes(data[:40])
    for name in "yz":
        with pytest.raises(UnknownFilm, match=rf"{name}\.mp4"):
            film_type(tmp_path / f"{name}.mp4")


def test_type_of_a_webm(tmp_path: Path) -> None:
    path = made(tmp_path / "x.webm")
    kind = film_type(path)
    assert re.fullmatch(r'video/webm; codecs="(av01\.0\.[0-9]{2}M\.08|vp9)"', kind)
    data = path.read_bytes()
    (tmp_path / "vp9.webm").write_bytes(data.replace(b"V_AV1", b"V_VP9"))
    assert film_type(tmp_path / "vp9.webm") == 'video/webm; codecs="vp9"'
    (tmp_path / "y.webm").write_bytes(data.replace(b"V_AV1", b"V_AV9").replace(b"V_VP9", b"V_AV9"))
    (tmp_path / "z.webm").write_bytes(data[:30])
    for name in "yz":
        with pytest.raises(UnknownFilm, match=rf"{name}\.webm"):
            film_type(tmp_path / f"{name}.webm")


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67\x01", b"\x18\x53\x80\x67\x81\xff" * 3]
)
def test_what_is_no_film(tmp_path: Path, data: bytes) -> None:
    for end in ("mp4", "webm"):
        (tmp_path / f"x.{end}").write_bytes(data)
        with pytest.raises(NetvizError):
            film_type(tmp_path / f"x.{end}")


@pytest.mark.parametrize("end", ["index.html", "-transcript.html"])
def test_no_word_of_a_scene_is_a_blank_of_a_page(end: str) -> None:
    words = dict.fromkeys(("language", "transcript-of", "page-film"), "[[policy]] [[say page-play]] <script>x</script>")
    hostile = film(words=words, title="[[policy]] <style>x</style>")
    scene, summary, told = hostile.scene, summary_of(hostile), passages(hostile)
    page = page_of(hostile) if end == "index.html" else transcript_page(scene, summary, told, hostile.plan.fps)
    root = html5lib.HTMLParser(namespaceHTMLElements=False).parse(page)
    assert root.attrib["lang"] == words["language"] and page.count("[[policy]]") >= 2
    (policy,) = (each.attrib["content"] for each in root.findall(".//meta[@http-equiv]"))
    (style,) = (each.text for each in root.findall(".//style"))
    assert policy.startswith("default-src 'none'; ") and f"style-src 'sha256-{hash_of(style)}'; " in policy
