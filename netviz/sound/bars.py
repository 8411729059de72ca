"""When chords change, and to which: they follow what is shown, and the error at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from netviz.film.plan import Plan
from netviz.film.timeline import Timeline
from netviz.sound.harmony import DOMINANT, OPEN, SUBDOMINANT, Chord, Mode, mode_of, voiced
from netviz.sound.tension import Errors

SHORT, MEDIUM, LONG = 2.4, 3.6, 6.0
"""Seconds a chord stands at least, at least unless another shot or cycle begins, and at most, about."""
ENDING, ENDING_SHARE = 4.0, 0.3
"""Seconds of the last chord of a film that ends with learning, and the most of it that this may be."""
LEAST_ENDING = 1.5
"""Seconds after learning in which a cadence can still end."""
RESTFUL = 0.65
"""The tension below which learning has come to something, and a cadence says so."""


@dataclass(frozen=True)
class Bar:
    """The frames from start to stop, which is not included, in which one chord sounds.

    voices: its notes, low to high (MIDI numbers). tension: 0 to 1, at its beginning. is_home: after the cadence.
    """

    start: int
    stop: int
    chord: Chord
    mode: Mode
    voices: tuple[int, ...]
    tension: float
    is_home: bool


def bars_of(timeline: Timeline, errors: Errors) -> tuple[Bar, ...]:
    """The film in bars, without gaps. The first and the last stand on the tonic; before the end of training a cadence
    leads there, if the network has learned."""
    plan = timeline.plan
    home, last = home_frame(plan), errors.tension(plan.frame_count - 1)
    bars: list[Bar] = []
    since_home = 0
    edges = _edges(plan, home)
    for number, (start, stop) in enumerate(pairwise(edges)):
        tension, is_home = errors.tension(start), start >= home
        mode = mode_of(last if is_home else tension)
        if is_home:
            is_away = since_home % 2 == 1 and stop < plan.frame_count
            chord = SUBDOMINANT if is_away and last < RESTFUL else mode.chords[0]
            since_home += 1
        elif start == 0:
            chord = OPEN if plan.spans[0].kind == "title" else mode.chords[0]
        else:
            # The tonic is to be heard for a while before it is left.
            chord = mode.chords[(number if edges[1] >= MEDIUM * plan.fps else number - 1) % len(mode.chords)]
        voices = voiced(chord, bars[-1].voices if bars else (), _centre(tension))
        bars.append(Bar(start, stop, chord, mode, voices, tension, is_home))
    return tuple(bars) if last >= RESTFUL else _with_dominant(bars, plan)


def _centre(tension: float) -> float:
    """Around which note a chord is laid out: more error stands higher."""
    return 61 + 7 * tension


def home_frame(plan: Plan) -> int:
    """The frame in which the tonic is reached for good: where learning ends, or else shortly before the film does."""
    learned = [span.stop for span in plan.spans if span.kind in ("step", "move", "sweep")]
    frames = plan.frame_count
    seconds = float(plan.fps)
    least = round(min(LEAST_ENDING * seconds, ENDING_SHARE * frames))
    if learned and frames - learned[-1] >= max(1, least):
        return learned[-1]
    return frames - max(1, round(min(ENDING * seconds, ENDING_SHARE * frames)))


def _edges(plan: Plan, home: int) -> list[int]:
    """The frames in which chords change, from 0 to the number of frames."""
    fps, frames = float(plan.fps), plan.frame_count
    edges = [0]
    for mark, is_strong in sorted({**_marks(plan), home: True, frames: True}.items()):
        gap = (mark - edges[-1]) / fps
        if mark in (home, frames):
            # These stay where they are; the chord before them goes on where the last would be too short.
            while len(edges) > 1 and gap < SHORT and edges[-1] != home:
                edges.pop()
                gap = (mark - edges[-1]) / fps
            edges += _divided(edges[-1], mark, fps) if mark > edges[-1] else []
        elif gap >= (SHORT if is_strong else MEDIUM):
            edges += _divided(edges[-1], mark, fps)
    return edges


def _marks(plan: Plan) -> dict[int, bool]:
    """The beginnings of spans; whether another shot, or the way to another cycle begins there."""
    return {
        span.start: span.shot != before.shot or (span.cycle != before.cycle and span.kind != "sweep")
        for before, span in pairwise(plan.spans)
    }


def _divided(start: int, stop: int, fps: float) -> list[int]:
    """The ends of as few equal parts as there must be if none is to be longer than LONG; the last is `stop`."""
    parts = max(1, -(-(stop - start) // round(LONG * fps)))
    return [start + (stop - start) * part // parts for part in range(1, parts + 1)]


def _with_dominant(bars: list[Bar], plan: Plan) -> tuple[Bar, ...]:
    """The bars with a cadence in the one before home, in two halves if it is long enough; alone it stays as it is."""
    number = next(number for number, bar in enumerate(bars) if bar.is_home)
    if number < 2:
        return tuple(bars)
    bar, fps = bars[number - 1], float(plan.fps)
    middle = (bar.start + bar.stop) // 2
    held = voiced(DOMINANT[0], bars[number - 2].voices, _centre(bar.tension))
    leading = voiced(DOMINANT[1], held, _centre(bar.tension))
    mode = mode_of(0.0)
    if bar.stop - bar.start < SHORT * fps:
        halves = [Bar(bar.start, bar.stop, DOMINANT[1], mode, leading, bar.tension, False)]
    else:
        halves = [
            Bar(bar.start, middle, DOMINANT[0], mode, held, bar.tension, False),
            Bar(middle, bar.stop, DOMINANT[1], mode, leading, bar.tension, False),
        ]
    return (*bars[: number - 1], *halves, *bars[number:])
