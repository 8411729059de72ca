"""Player page: film, loss curve and transcript in one HTML file that loads nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from html import escape
from math import ceil, log1p
from typing import Any

import numpy as np

from netviz.recording.layers import Floats
from netviz.recording.recording import Recording
from netviz.scene.phrases import say, whole
from netviz.scene.scene import Look
from netviz.timeline.cues import Cue
from netviz.timeline.plan import Span, frame_time
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.web.snippets import LESS_MOTION, Embedded
from netviz.web.templates import filled, inline, theme_colours
from netviz.web.transcript import Passage, clock_time, stops_of


@dataclass(frozen=True)
class Played:
    """Film, curve and texts that the page plays.

    of: as it is embedded beside its files. held: what cycle the film with less motion shows when, as `clock_of` says.
    frames: of the whole film. sound: whether it has any. downloads: key of the phrase that names a file, and the file.
    """

    of: Embedded
    passages: tuple[Passage, ...]
    cues: tuple[Cue, ...]
    curve: CurveDrawing
    held: tuple[tuple[float, float], ...]
    fps: Fraction
    frames: int
    sound: bool
    downloads: tuple[tuple[str, str], ...]


def player_page(played: Played) -> str:
    """The whole page, UTF-8 to be."""
    of = played.of
    scene, described = of.scene, of.summary
    width, height = of.size
    return filled(
        "player.html",
        scene,
        language=escape(say(scene, "language")),
        title=escape(described.title),
        subtitle=f"<p>{escape(scene.subtitle)}</p>" if scene.subtitle.strip() else "",
        label=escape(described.label),
        about=escape(" ".join(described.sentences[1:])),
        looks=theme_colours(),
        width=str(width),
        height=str(height),
        poster=of.at(of.poster),
        sources="\n".join(_sources(of)),
        tall="tall" if width < 1.3 * height else "wide",
        ratio=f"{width / height:.4f}",
        lines="\n".join(_lines(played.curve)),
        names="".join(_names(played.curve)),
        drawing=f"0 0 {WIDTH} {HEIGHT}",
        passages="\n".join(_passages(played.passages, played.fps)),
        downloads="\n".join(_downloads(of, played.downloads)),
        data=inline(_data(played)),
    )


def _sources(of: Embedded) -> Iterator[str]:
    for source in of.ordered:
        media = f' media="{LESS_MOTION}"' if source.stepped else ""
        yield f"<source src=\"{of.at(source.name)}\" type='{source.type}'{media}>"


def _lines(curve: CurveDrawing) -> Iterator[str]:
    """Every curve twice: faint as a whole, and bright as far as the film has come."""
    for line in curve.lines:
        yield f'<path class="whole" {_look(line)} d="{line.path}"/>'
    yield '<g clip-path="url(#past)">'
    for line in curve.lines:
        if line.area:
            yield f'<path class="area" data-colour="{line.colour}" d="{line.area}"/>'
        yield f'<path {_look(line)} d="{line.path}"/>'
    yield "</g>"


def _names(curve: CurveDrawing) -> Iterator[str]:
    for line in curve.lines:
        if line.name:
            yield f"<span {_look(line)}>{escape(line.name)}</span> "


def _look(line: CurveLine) -> str:
    return f'data-colour="{line.colour}" data-dash="{line.dash}"'


def _passages(described: Sequence[Passage], fps: Fraction) -> Iterator[str]:
    for passage in described:
        yield f'<li data-at="{_moment(passage.start, fps)}">{_button(passage.start, fps, passage.heading)}'
        yield from (f"<p>{escape(line)}</p>" for line in passage.lines)
        if passage.said:
            yield "<ul>"
            for cue in passage.said:
                said = " ".join(cue.text.split())
                yield f'<li data-at="{_moment(cue.start, fps)}">{_button(cue.start, fps, said)}</li>'
            yield "</ul>"
        yield "</li>"


def _button(frame: int, fps: Fraction, text: str) -> str:
    shown = clock_time(frame_time(frame, fps))
    return f'<button type="button" class="go"><time>{shown}</time> <span>{escape(text)}</span></button>'


def _moment(frame: int, fps: Fraction) -> str:
    """The middle of a frame, in seconds: where a player sure shows that frame."""
    return f"{float((frame + Fraction(1, 2)) / fps):.4f}"


def _downloads(of: Embedded, files: Sequence[tuple[str, str]]) -> Iterator[str]:
    for key, name in files:
        kind = name.rpartition(".")[2].upper()
        text = escape(say(of.scene, key))
        yield f'<li><a href="{of.at(name)}" download>{text} <small>{kind}</small></a></li>'


def _data(played: Played) -> dict[str, Any]:
    """Data for the page's script."""
    of, fps = played.of, played.fps
    scene = of.scene
    return {
        "fps": [fps.numerator, fps.denominator],
        "frames": played.frames,
        "sound": played.sound,
        "films": [{"src": of.at(each.name), "type": each.type, "stepped": each.stepped} for each in of.ordered],
        "cues": [[_start(cue.start, fps), _start(cue.stop, fps), cue.text.strip()] for cue in played.cues],
        "drawn": of.drawn,
        "stops": [[float(_moment(each.start, fps)), each.cycle] for each in stops_of(played.passages)],
        "clock": played.curve.clock,
        "held": played.held,
        "last": played.curve.last,
        "ticks": [[tick, whole(scene, tick)] for tick in played.curve.ticks],
        "language": say(scene, "language"),
        "words": _words(scene),
    }


def _start(frame: int, fps: Fraction) -> float:
    """Start of a frame in seconds: the first whole millisecond, as in the file of captions."""
    return ceil(1000 * frame_time(frame, fps)) / 1000


def _words(scene: Look) -> dict[str, str]:
    """Phrases of the script, with control characters, which no phrase has itself, where it puts something in."""
    return {
        "play": say(scene, "page-play"),
        "pause": say(scene, "page-pause"),
        "at": say(scene, "page-at", at="\1", length="\2"),
        "cycle": say(scene, "heading-cycle", cycle="\1"),
        "captions": say(scene, "page-captions"),
        "thousands": say(scene, "thousands"),
    }


# Learning curve of a film for a page: lines of an SVG, and the map from film time to cycle.

WIDTH, HEIGHT = 1000, 200
"""Of the drawing, in its own units."""
_POINTS = 400
"""Of a line, at most: more than a page has pixels for is of no use."""
SAMPLES_A_SECOND = 8
"""Points of the film-time to cycle map in a span in which the weights move."""
_LOOKS = (("ink", "solid"), ("test", "dashed"), ("error", "dotted"), ("other", "double"))
"""Colour and dashes of runs side by side, as their picture has them: none is told by its colour alone."""


@dataclass(frozen=True)
class CurveLine:
    """A curve. name: of what; "" where there is one alone. path: as SVG writes it. area: the same down to the axis."""

    name: str
    colour: str
    path: str
    area: str = ""
    dash: str = "solid"


@dataclass(frozen=True)
class CurveDrawing:
    """The curves of a film over log(1 + cycle).

    last: the last cycle. clock: seconds of the film and the cycle it shows then, in order. ticks: cycles on the axis.
    """

    lines: tuple[CurveLine, ...]
    last: int
    clock: tuple[tuple[float, float], ...]
    ticks: tuple[int, ...]


def curve_of(timeline: Timeline | SideBySide) -> CurveDrawing:
    """The same curves that the film's picture has: average error, or both losses, or one curve for each run."""
    scene = timeline.scene
    recordings = timeline.recordings
    last = max(int(recording.curve_step[-1]) for recording in recordings)
    every = [values[np.isfinite(values)] for each in recordings for _, values, _ in _values(each)]
    top = max((float(values.max()) for values in every), default=1.0)
    lines = []
    if len(recordings) > 1:
        for name, recording, (colour, dash) in zip(timeline.names, recordings, _LOOKS, strict=False):
            values = recording.main_curve if recording.test_loss is None else recording.test_loss
            lines.append(replace(_line(name, colour, recording, values, last, top), dash=dash))
    else:
        for key, values, colour in _values(recordings[0]):
            name = say(scene, key) if recordings[0].test_loss is not None else ""
            lines.append(_line(name, colour, recordings[0], values, last, top, filled=colour == "error"))
    ticks = tuple(10**power for power in range(9) if 10**power <= last)
    return CurveDrawing(tuple(lines), last, clock_of(timeline), ticks)


def _values(recording: Recording) -> list[tuple[str, Floats, str]]:
    """Every curve of one run: the key of its name, its values, its colour."""
    if recording.test_loss is None:
        return [] if recording.followed is None else [("label-error", recording.main_curve, "error")]
    found = [("label-test", recording.test_loss, "test")]
    return found if recording.followed is None else [*found, ("label-training", recording.train_loss, "error")]


def _line(
    name: str, colour: str, recording: Recording, values: Floats, last: int, top: float, *, filled: bool = False
) -> CurveLine:
    x = np.log1p(recording.curve_step) / (log1p(last) or 1.0) * WIDTH
    known = np.isfinite(values)
    points = [*_thinned(x[known], np.minimum(1.0, values[known] / (top or 1.0)))]
    path = "M" + "L".join(f"{across:.1f} {HEIGHT * (1 - up):.1f}" for across, up in points)
    area = f"{path}L{points[-1][0]:.1f} {HEIGHT}L{points[0][0]:.1f} {HEIGHT}Z" if filled else ""
    return CurveLine(name, colour, path, area)


def _thinned(x: Floats, y: Floats) -> Iterator[tuple[float, float]]:
    """Points of a line, of those that lie very close to each other only the last."""
    places = (x / WIDTH * _POINTS).astype(int)
    kept = np.flatnonzero(np.r_[places[1:] != places[:-1], True])
    yield float(x[0]), float(y[0])
    for index in kept.tolist():
        if index:
            yield float(x[index]), float(y[index])


def clock_of(timeline: Timeline | SideBySide) -> tuple[tuple[float, float], ...]:
    """Map from film time to cycle: at both ends of every span, and on the way where it moves on."""
    fps = timeline.plan.fps
    numbers = _sampled(timeline.plan.spans, max(1, int(fps / SAMPLES_A_SECOND)))
    return tuple(
        (round(float(frame_time(number, fps)), 3), round(timeline.frame(number).curve_cycle, 3)) for number in numbers
    )


def _sampled(spans: Sequence[Span], step: int) -> Iterator[int]:
    for span in spans:
        if span.kind in ("move", "sweep"):
            yield from range(span.start, span.stop - 1, step)
        else:
            yield span.start
        yield span.stop - 1
