"""From a scene and a length to spans of frames: what is shown when, before anything is trained.

A film is its shots; a learning shot is many spans, every other shot one. Every boundary is an exact time from the
start of the film, rounded to a frame once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate

from netviz.film.captioning import cues_of
from netviz.film.cues import Cue
from netviz.film.learning import Kind, Learning, Piece
from netviz.film.lengths import natural_lengths, shared_lengths
from netviz.film.rhythm import Rhythm, accents, on_bars
from netviz.film.stepping import cycles_for, stepped
from netviz.film.timing import frame_count
from netviz.learn.schedule import shown_cycles
from netviz.scene.shots import LearningShot, RestShot, TitleShot, WalkShot
from netviz.scene.spec import Scene

LEARNING: tuple[Kind, ...] = ("step", "move", "sweep")
"""The kinds of span of a learning shot."""
SHOWING: tuple[Kind, ...] = ("step", "sweep", "walk")
"""The kinds of span in which a cycle is shown."""
LONG = 600
"""Seconds from which a film that nobody gave a length is worth a word."""


@dataclass(frozen=True)
class Span:
    """A run of frames in which one thing happens.

    start, stop: frames, stop not included.
    cycle: the cycle shown; for a move or sweep the one it leads to, with `from_cycle` the one it comes from.
    example: index of the training example of a step or walk.
    """

    kind: Kind
    shot: int
    start: int
    stop: int
    cycle: int
    example: int | None = None
    from_cycle: int | None = None

    @property
    def shot_kind(self) -> str:
        """The kind of its shot, as a scene names it."""
        return "learning" if self.kind in LEARNING else self.kind


@dataclass(frozen=True)
class Plan:
    """The whole film as spans without gaps, and what had to be left out.

    fps: frames a second. frame_count: of the whole film. notes: for the user, where the film shows less than asked for.
    examples_per_cycle: how many of the training examples each shown cycle presents. cues: what is told in words, in
    order of time, none overlapping another; those that only a recording knows are added by `telling.told`.
    on_beats: whether the learning shot keeps time with a rhythm: its spans begin on beats, and must stay there.
    glow: for every frame how much brighter or darker the light is than it would be, 1 = not at all; () for all of them.
    """

    fps: Fraction
    frame_count: int
    spans: tuple[Span, ...]
    notes: tuple[str, ...]
    examples_per_cycle: int
    cues: tuple[Cue, ...] = ()
    on_beats: bool = False
    glow: tuple[float, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """The exact length of the film."""
        return self.frame_count / self.fps

    @property
    def shown_cycles(self) -> tuple[int, ...]:
        """The cycles the film shows, increasing: in steps, at the ends of sweeps, in walks."""
        return tuple(sorted({span.cycle for span in self.spans if span.kind in SHOWING}))


def shown_on_beats(scene: Scene, seconds: Fraction, rhythm: Rhythm) -> int:
    """How many cycles a film of `seconds` shows if that follows from a rhythm; 0 if it has too few beats for any."""
    lengths = on_bars(shared_lengths(scene, seconds), rhythm)
    ends = [*accumulate(lengths)]
    learning = next((index for index, shot in enumerate(scene.shots) if isinstance(shot, LearningShot)), None)
    if learning is None:
        return 0
    examples = scene.presented_count or scene.data.train_count
    return cycles_for(
        accents(rhythm, ends[learning] - lengths[learning], ends[learning]),
        None if scene.presentation == "together" else examples,
        scene.style == "classic",
    )


def make_plan(scene: Scene, seconds: Fraction | None, rhythm: Rhythm | None = None) -> Plan:
    """Lay out a film of exactly `seconds`, or of its natural length (one second a step) where that is None.

    rhythm: what its shots and steps keep time with; without one, or where it has too few beats, they are even.
    Raises InputError if captions lie outside it, overlap, or leave no time to be read.
    """
    shown = shown_cycles(scene)
    standings = _standings(scene, shown[0])
    learning = _learning(scene, standings, shown)
    natural = learning.natural_seconds()
    lengths = natural_lengths(scene, natural) if seconds is None else shared_lengths(scene, seconds)
    frames = frame_count(sum(lengths, Fraction(0)) if seconds is None else seconds, scene.output.fps)
    on_beats = None
    if rhythm is not None:
        lengths = on_bars(lengths, rhythm)
        on_beats = _on_beats(scene, learning, lengths, rhythm)

    pieces: list[tuple[int, Piece]] = []
    notes: list[str] = []
    per_cycle = scene.data.train_count
    for index, (shot, length, now) in enumerate(zip(scene.shots, lengths, standings, strict=True)):
        if isinstance(shot, LearningShot):
            learned, per_cycle, notes = on_beats or learning.pieces(length, uneven=seconds is not None)
            pieces += [(index, piece) for piece in learned]
        elif isinstance(shot, WalkShot):
            cycle = shown[0] if shot.cycle is None else shot.cycle
            pieces.append((index, Piece("walk", length, cycle, example=shot.example - 1)))
        else:
            kind: Kind = "title" if isinstance(shot, TitleShot) else "rest" if isinstance(shot, RestShot) else "think"
            pieces.append((index, Piece(kind, length, now)))
    spans = _spans(pieces, scene.output.fps, frames)
    if seconds is None and frames > LONG * scene.output.fps:
        minutes = round(float(frames / scene.output.fps) / 60)
        notes = [
            *notes,
            f"without a length of its own the film lasts {minutes} minutes; give a duration, or music",
        ]
    if on_beats is None:
        notes += _passed(spans, learning)
        if rhythm is not None and any(isinstance(shot, LearningShot) for shot in scene.shots):
            lacking = "too few beats" if rhythm.beats else "no beats"
            notes.append(f"there are {lacking} to keep time with: the steps are even")
    notes += _left_out(scene, lengths, spans)
    plan = Plan(scene.output.fps, frames, spans, tuple(notes), per_cycle, on_beats=on_beats is not None)
    return replace(plan, cues=cues_of(scene, plan))


def _on_beats(
    scene: Scene, learning: Learning, lengths: Sequence[Fraction], rhythm: Rhythm
) -> tuple[list[Piece], int, list[str]] | None:
    """The learning shot in time with a rhythm; None if the film has none, or the rhythm too few beats."""
    ends = [*accumulate(lengths)]
    for shot, length, end in zip(scene.shots, lengths, ends, strict=True):
        if isinstance(shot, LearningShot):
            return stepped(learning, accents(rhythm, end - length, end), end - length, end)
    return None


def _standings(scene: Scene, first_shown: int) -> list[int]:
    """The cycle after which each shot finds the network.

    A walk that goes back is a step of learning: what comes after it, up to the learning shot, goes on from its cycle.
    """
    shots = scene.shots
    learning = next((index for index, shot in enumerate(shots) if isinstance(shot, LearningShot)), -1)
    now = 0 if learning >= 0 else scene.training.cycles
    standings = []
    for index, shot in enumerate(shots):
        standings.append(now)
        if index == learning:
            now = scene.training.cycles
        elif isinstance(shot, WalkShot) and shot.backward and index < learning:
            now = first_shown if shot.cycle is None else shot.cycle
    return standings


def _learning(scene: Scene, standings: Sequence[int], shown: Sequence[int]) -> Learning:
    """The learning shot; for a film without one that of any other."""
    starts = (now for shot, now in zip(scene.shots, standings, strict=True) if isinstance(shot, LearningShot))
    return Learning.of(scene, next(starts, 0), shown)


def _passed(spans: Sequence[Span], learning: Learning) -> list[str]:
    """What the user should know of shown cycles that come too fast to be seen."""
    swept = {span.cycle for span in spans if span.kind == "sweep"}
    if not swept or len(swept.intersection(learning.cycles)) == len(learning.cycles):
        return []
    return [
        f"the film has too few frames for {len(learning.cycles):,} shown cycles: it passes through "
        f"{len(learning.cycles) - len(swept.intersection(learning.cycles)):,} of them between two frames"
    ]


def _left_out(scene: Scene, lengths: Sequence[Fraction], spans: Sequence[Span]) -> list[str]:
    """What the user should know of shots that are not as long as asked for."""
    notes = []
    shown = {span.shot for span in spans}
    for index, (shot, length) in enumerate(zip(scene.shots, lengths, strict=True)):
        if index not in shown and length > 0:
            notes.append(f"shot {index + 1} ({shot.shot}) is shorter than a frame and is left out")
    shares = [shot.share for shot in scene.shots]
    if scene.captions and not any(panel.panel == "caption" for panel in scene.shown_panels):
        notes.append("no panel shows the captions, which are only written beside the film; list {panel: caption} too")
    given = sum(share for share in shares if share is not None)
    if None not in shares and abs(given - 1) > 1e-9:
        notes.append(f"the shares of the shots add up to {given:g}; they are stretched to fill the film")
    return notes


def _spans(pieces: list[tuple[int, Piece]], fps: Fraction, frames: int) -> tuple[Span, ...]:
    """Pieces with their frames; those that are shorter than a frame may have none, and are left out."""
    ends = [min(frames, int(end * fps + Fraction(1, 2))) for end in accumulate(piece.length for _, piece in pieces)]
    ends[-1] = frames
    spans = []
    for (shot, piece), start, stop in zip(pieces, [0, *ends], ends, strict=False):
        if stop > start:
            spans.append(Span(piece.kind, shot, start, stop, piece.cycle, piece.example, piece.from_cycle))
    return _joined(spans, [piece for _, piece in pieces if piece.kind == "sweep"])


def _joined(spans: list[Span], sweeps: Sequence[Piece]) -> tuple[Span, ...]:
    """The spans, with each sweep beginning where the one before it ended, and the last ending where all were to end."""
    swept = [number for number, span in enumerate(spans) if span.kind == "sweep"]
    before = sweeps[0].from_cycle if sweeps else None
    for number in swept:
        cycle = sweeps[-1].cycle if number == swept[-1] else spans[number].cycle
        spans[number] = replace(spans[number], from_cycle=before, cycle=cycle)
        before = cycle
    return tuple(spans)
