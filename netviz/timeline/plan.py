"""Plan: the spans of frames of a film, from a scene and a length in exact seconds, before anything is trained.

A film is its shots; a learning shot is many spans, every other shot one. Every boundary is an exact time from the
start of the film, rounded to a frame once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from math import floor

from netviz.errors import InputError, Problem
from netviz.scene.captions import seconds_up
from netviz.scene.learned_cycles import cycles_at_start, learned_cycles, learning_shots, walked_cycle
from netviz.scene.scene import Look
from netviz.scene.shots import LearningShot, RestShot, TitleShot, WalkShot
from netviz.scene.types import LONGEST_FILM
from netviz.timeline.beats import Rhythm, accents, on_bars
from netviz.timeline.cues import Cue
from netviz.timeline.learning_on_beats import cycles_for, pieces_on_beats
from netviz.timeline.learning_shot import Learning, Piece, PieceKind, is_even
from netviz.timeline.shot_lengths import ShotLengths, natural_lengths, shared_lengths
from netviz.timeline.worked_example import natural_seconds

LEARNING: tuple[PieceKind, ...] = ("step", "move", "sweep")
"""The kinds of span in which learning goes on; on beats it also holds between them."""
SHOWING: tuple[PieceKind, ...] = ("step", "sweep", "walk")
"""The kinds of span in which a cycle is shown."""
_LONG = 600
"""Seconds from which a film without a given length gets a note."""


@dataclass(frozen=True)
class Span:
    """Run of frames in which one thing happens.

    start, stop: frames, stop not included.
    cycle: the cycle shown; for a move or sweep the one it leads to, with `from_cycle` the one it comes from.
    example: index of the training example of a step or a worked example. still: number of frames in which its last
    picture stands still; a title card, a thought and a worked example fade only afterwards, where they do.
    """

    kind: PieceKind
    shot: int
    start: int
    stop: int
    cycle: int
    example: int | None = None
    from_cycle: int | None = None
    still: int = 0

    @property
    def moving(self) -> int:
        """Frames in which it is on its way, without those in which it stands still."""
        return self.stop - self.start - self.still

    @property
    def shot_kind(self) -> str:
        """The kind of its shot, as a scene names it."""
        return "learning" if self.kind in (*LEARNING, "hold") else self.kind


@dataclass(frozen=True)
class Plan:
    """Whole film as spans without gaps, with notes on what had to be left out.

    fps: frames a second. frame_count: of the whole film. notes: for the user, where the film shows less than asked for.
    examples_per_cycle: how many of the training examples each shown cycle presents, at least. cues: the captions, in
    order of time, none overlapping another; those that only a recording knows are added by `story.add_story`.
    on_beats: whether learning shots keep time with a rhythm: their spans begin on beats, and must stay there.
    glow: for every frame the factor on the brightness of the light, 1 = unchanged; () if all of them are.
    dwells: cycles, increasing, at which moves between shown cycles dwell, because something is told of them.
    time_notes: those of the notes that say what of cycles and examples there is time for.
    """

    fps: Fraction
    frame_count: int
    spans: tuple[Span, ...]
    notes: tuple[str, ...]
    examples_per_cycle: int
    cues: tuple[Cue, ...] = ()
    on_beats: bool = False
    glow: tuple[float, ...] = ()
    dwells: tuple[int, ...] = ()
    time_notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """The exact length of the film."""
        return self.frame_count / self.fps

    @property
    def shown_cycles(self) -> tuple[int, ...]:
        """The cycles the film shows, increasing: in steps, at the ends of sweeps, in worked examples."""
        return tuple(sorted({span.cycle for span in self.spans if span.kind in SHOWING}))


def learning_spans(plan: Plan) -> list[list[int]]:
    """Numbers of the spans of each learning shot in which learning goes on."""
    numbers: dict[int, list[int]] = {}
    for number, span in enumerate(plan.spans):
        if span.kind in LEARNING:
            numbers.setdefault(span.shot, []).append(number)
    return [*numbers.values()]


def shown_on_beats(scene: Look, seconds: Fraction, rhythm: Rhythm) -> int:
    """Number of cycles a film of `seconds` shows if that follows from a rhythm; 0 if it has too few beats for any."""
    begins, ends = _learning_time(_on_bars(shared_lengths(scene, seconds), rhythm))
    examples = scene.presented_count or scene.outline.examples
    return sum(
        cycles_for(
            accents(rhythm, begins[index], ends[index]),
            None if scene.presentation == "together" else examples,
            scene.style == "classic",
            is_even(scene),
        )
        for index in learning_shots(scene.shots)
    )


def make_plan(scene: Look, seconds: Fraction | None, rhythm: Rhythm | None = None) -> Plan:
    """Lay out a film of exactly `seconds`, or of its natural length (one second a step, as a rule) where it is None.

    rhythm: the beats that its shots and steps keep time with; without one, or where it has too few, they are even.
    Raises InputError if a film without a given length would last longer than a day, or if its shots cannot have the
    lengths that they are given.
    """
    learning = _learning(scene)
    natural = {index: each.natural_seconds() for index, each in learning.items()}
    shots = natural_lengths(scene, natural) if seconds is None else shared_lengths(scene, seconds, natural)
    total = shots.total if seconds is None else seconds
    if total > LONGEST_FILM:
        raise InputError([_too_long(scene, total)])
    frames = frame_count(total, scene.output.fps)
    on_beats = None
    if rhythm is not None:
        shots = _on_bars(shots, rhythm)
        on_beats = _on_beats(learning, shots, rhythm)

    pieces: list[tuple[int, Piece]] = []
    notes: list[str] = []
    presented: list[int] = []
    starts = cycles_at_start(scene.shots, scene.outline)
    for index, (shot, moving, hold) in enumerate(zip(scene.shots, shots.moving, shots.holds, strict=True)):
        if isinstance(shot, LearningShot):
            uneven = seconds is not None
            learned, examples, found = on_beats[index] if on_beats else learning[index].pieces(moving, uneven=uneven)
            pieces += [(index, piece) for piece in _held(learned, hold, learning[index])]
            presented.append(examples)
            notes += found
        elif isinstance(shot, WalkShot):
            cycle = walked_cycle(scene.shots, index, scene.outline)
            pieces.append((index, Piece("walk", moving + hold, cycle, example=shot.example - 1, still=hold)))
        else:
            kind: PieceKind = (
                "title" if isinstance(shot, TitleShot) else "rest" if isinstance(shot, RestShot) else "think"
            )
            pieces.append((index, Piece(kind, moving + hold, starts[index], still=hold)))
    spans = _spans(pieces, scene.output.fps, frames)
    time_notes = tuple(dict.fromkeys(notes))
    notes = [*time_notes]
    if seconds is None and frames > _LONG * scene.output.fps:
        minutes = round(float(frames / scene.output.fps) / 60)
        notes.append(f"without a length of its own the film lasts {minutes} minutes; give a duration, or music")
    if on_beats is None:
        for index, each in learning.items():
            notes += _notes_on_passed([span for span in spans if span.shot == index], each)
        if rhythm is not None and learning:
            lacking = "too few beats" if rhythm.beats else "no beats"
            notes.append(f"there are {lacking} to keep time with: the steps are even")
    notes += [*shots.notes, *_notes_on_shots(scene, shots.moving, spans)]
    per_cycle = min(presented, default=scene.outline.examples)
    return Plan(
        scene.output.fps, frames, spans, tuple(notes), per_cycle, on_beats=on_beats is not None, time_notes=time_notes
    )


def _held(pieces: Sequence[Piece], hold: Fraction, learning: Learning) -> list[Piece]:
    """The pieces of a learning shot that stands still at its end: at rest, or with its last still drawing."""
    if learning.held:
        return [*pieces[:-1], replace(pieces[-1], length=pieces[-1].length + hold)]
    return [*pieces, Piece("hold", hold, learning.last_cycle)] if hold else [*pieces]


def _too_long(scene: Look, seconds: Fraction) -> Problem:
    """Problem of a film without a given length that would last longer than any may."""
    shots, cycles = len(scene.shots), len(scene.outline.steps)
    what = f"{shots:,} {'shot' if shots == 1 else 'shots'} and {cycles:,} shown {'cycle' if cycles == 1 else 'cycles'}"
    message = (
        f"{what} would last {float(seconds) / 3600:,.1f} h, and a film at most {LONGEST_FILM // 3600} h; give a "
        "duration, or show less"
    )
    return Problem("duration", message)


def _on_bars(shots: ShotLengths, rhythm: Rhythm) -> ShotLengths:
    return replace(shots, seconds=tuple(on_bars(shots.seconds, rhythm, shots.moving, shots.fixed)))


def _learning_time(shots: ShotLengths) -> tuple[list[Fraction], list[Fraction]]:
    """The beginning of each shot and the end of what moves in it, in seconds of the film."""
    ends = [*accumulate(shots.seconds)]
    begins = [end - length for end, length in zip(ends, shots.seconds, strict=True)]
    return begins, [end - hold for end, hold in zip(ends, shots.holds, strict=True)]


def _on_beats(
    learning: Mapping[int, Learning], shots: ShotLengths, rhythm: Rhythm
) -> dict[int, tuple[list[Piece], int, list[str]]] | None:
    """The learning shots in time with a rhythm, by index; None without any, or if it has too few beats in one."""
    begins, ends = _learning_time(shots)
    found = {}
    for index, each in learning.items():
        beats = accents(rhythm, begins[index], ends[index])
        if (pieces := pieces_on_beats(each, beats, begins[index], ends[index])) is None:
            return None
        found[index] = pieces
    return found or None


def _learning(scene: Look) -> dict[int, Learning]:
    """The learning shots, by their index."""
    outline = scene.outline
    starts = cycles_at_start(scene.shots, outline)
    learned = learned_cycles(scene.shots, outline.first_step, outline.last_step)
    return {
        index: Learning.of(scene, starts[index], outline.steps, stop, len(learned))
        for index, (_, stop) in learned.items()
    }


def _notes_on_passed(spans: Sequence[Span], learning: Learning) -> list[str]:
    """Notes for the user on shown cycles that come too fast to be seen."""
    swept = {span.cycle for span in spans if span.kind == "sweep"}
    if not swept or len(swept.intersection(learning.cycles)) == len(learning.cycles):
        return []
    return [
        f"the film has too few frames for {len(learning.cycles):,} shown cycles: it passes through "
        f"{len(learning.cycles) - len(swept.intersection(learning.cycles)):,} of them between two frames"
    ]


def _notes_on_shots(scene: Look, lengths: Sequence[Fraction], spans: Sequence[Span]) -> list[str]:
    """Notes for the user on shots that are not as long as asked for, and on captions that no panel shows.

    lengths: seconds of the shots, without those in which they stand still.
    """
    notes = []
    shown = {span.shot for span in spans}
    for index, (shot, length) in enumerate(zip(scene.shots, lengths, strict=True)):
        if index not in shown and length > 0:
            notes.append(f"shot {index + 1} ({shot.shot}) is shorter than a frame and is left out")
        if isinstance(shot, WalkShot) and index in shown:
            needed = natural_seconds(scene, shot)
            if length < needed - 1 / scene.output.fps:  # a frame less is no matter, as in captions
                notes.append(
                    f"shots[{index}]: it takes {seconds_up(needed)} s to read the equations, but the walk lasts "
                    f"{float(length):.2f} s; give the film or the shot more time"
                )
    shares = [shot.share for shot in scene.shots]
    if scene.captions and not any(panel.panel == "caption" for panel in scene.shown_panels):
        notes.append("no panel shows the captions, which are only written beside the film; list {panel: caption} too")
    given = sum(share for share in shares if share is not None)
    if None not in shares and abs(given - 1) > 1e-9:
        notes.append(f"the shares of the shots add up to {given:g}; they are stretched to fill the film")
    return notes


def _spans(pieces: list[tuple[int, Piece]], fps: Fraction, frames: int) -> tuple[Span, ...]:
    """Spans of the pieces; those that are shorter than a frame may have none, and are left out."""
    times = [*accumulate(piece.length for _, piece in pieces)]
    ends = [min(frames, int(end * fps + Fraction(1, 2))) for end in times]
    ends[-1] = frames
    spans = []
    for (shot, piece), time, start, stop in zip(pieces, times, [0, *ends], ends, strict=False):
        if stop > start:
            stands = stop - int((time - piece.still) * fps + Fraction(1, 2)) if piece.still else 0
            still = max(0, min(stands, stop - start - 1))
            spans.append(Span(piece.kind, shot, start, stop, piece.cycle, piece.example, piece.from_cycle, still))
    for shot in {shot for shot, piece in pieces if piece.kind == "sweep"}:
        spans = _joined(spans, shot, [piece for of, piece in pieces if of == shot and piece.kind == "sweep"])
    return tuple(spans)


def _joined(spans: list[Span], shot: int, sweeps: Sequence[Piece]) -> list[Span]:
    """The spans, each sweep of a shot beginning at the cycle where the one before it ended, the last at the last."""
    swept = [number for number, span in enumerate(spans) if span.kind == "sweep" and span.shot == shot]
    before = sweeps[0].from_cycle
    for number in swept:
        cycle = sweeps[-1].cycle if number == swept[-1] else spans[number].cycle
        spans[number] = replace(spans[number], from_cycle=before, cycle=cycle)
        before = cycle
    return spans


# Exact conversion of seconds and frames: the frame number is the truth, seconds are fractions from the film's start.


def frame_count(seconds: Fraction, fps: Fraction) -> int:
    """Frames of a film of so many seconds: the nearest whole number, a half rounded up, and at least one."""
    _check(fps)
    if seconds < 0:
        raise ValueError(f"a film cannot last {seconds} s")
    return max(1, floor(seconds * fps + Fraction(1, 2)))


def frame_time(frame: int, fps: Fraction) -> Fraction:
    """Seconds from the start of the film to the start of frame number `frame` (the first is 0)."""
    _check(fps)
    return frame / fps


def seconds_of(frames: int, fps: Fraction) -> Fraction:
    """Exact duration of so many frames, in seconds."""
    _check(fps)
    return frames / fps


def _check(fps: Fraction) -> None:
    if fps <= 0:
        raise ValueError(f"frames a second must be more than 0, got {fps}")
