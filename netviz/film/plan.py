"""From a scene and a length to spans of frames: what is shown when, before anything is trained.

A film is its shots, a learning shot is steps (one training example each) and moves (from one shown cycle to the
next). Every boundary is an exact time from the start of the film, rounded to a frame once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Literal

from netviz.film.timing import frame_count
from netviz.learn.schedule import shown_cycles
from netviz.scene.shots import AnyShot, LearningShot, RestShot, ThinkShot, TitleShot
from netviz.scene.spec import Scene

Kind = Literal["title", "rest", "step", "move", "think"]

SHORTEST_STEP = Fraction(2, 5)
"""Seconds. Lights that come and go faster than 2.5 times a second are flicker, not something to follow."""
MOVE, QUICK_MOVE = Fraction(9, 10), Fraction(3, 5)
"""How long the move between two shown cycles takes, in steps; the quick one where a cycle has only a step or two."""
PACE = (Fraction(11, 5), Fraction(7, 5))
"""How much longer the steps of the first shown cycles take than later ones, so that a viewer learns to read them."""


@dataclass(frozen=True)
class Span:
    """A run of frames in which one thing happens.

    start, stop: frames, stop not included.
    cycle: the cycle shown; for a move the one it leads to, with `from_cycle` the one it comes from.
    example: index of the training example of a step.
    """

    kind: Kind
    shot: int
    start: int
    stop: int
    cycle: int
    example: int | None = None
    from_cycle: int | None = None


@dataclass(frozen=True)
class Plan:
    """The whole film as spans without gaps, and what had to be left out.

    fps: frames a second. frame_count: of the whole film. notes: for the user, where the film shows less than asked for.
    examples_per_cycle: how many of the training examples each shown cycle presents.
    """

    fps: Fraction
    frame_count: int
    spans: tuple[Span, ...]
    notes: tuple[str, ...]
    examples_per_cycle: int

    @property
    def seconds(self) -> Fraction:
        """The exact length of the film."""
        return self.frame_count / self.fps


@dataclass(frozen=True)
class _Piece:
    """A span before it has frames: its length is an exact share of time."""

    kind: Kind
    length: Fraction
    cycle: int
    example: int | None = None
    from_cycle: int | None = None


def make_plan(scene: Scene, seconds: Fraction | None) -> Plan:
    """Lay out a film of exactly `seconds`, or of one second a step where that is None."""
    cycles = shown_cycles(scene)
    examples = scene.data.train_count
    held = scene.style == "classic"
    if seconds is None:
        lengths = _natural_lengths(scene, _steps_in(len(cycles), examples, held))
    else:
        lengths = _shared_lengths(scene, seconds)
    frames = frame_count(sum(lengths, Fraction(0)), scene.output.fps)

    pieces: list[tuple[int, _Piece]] = []
    notes: list[str] = []
    per_cycle = examples
    now = 0 if any(isinstance(shot, LearningShot) for shot in scene.shots) else scene.training.cycles
    for index, (shot, length) in enumerate(zip(scene.shots, lengths, strict=True)):
        if isinstance(shot, LearningShot):
            shown, per_cycle = _what_fits(cycles, examples, length, held)
            notes += _notes(cycles, shown, examples, per_cycle, length)
            uneven = seconds is not None and not held
            learning = _learning_pieces(shown, examples, per_cycle, scene.training.cycles, held, uneven)
            pieces += [(index, piece) for piece in _fill(learning, length)]
            now = scene.training.cycles
        else:
            pieces.append((index, _Piece(_kind(shot), length, now)))
    spans = _spans(pieces, scene.output.fps, frames)
    notes += _left_out(scene, lengths, spans)
    return Plan(scene.output.fps, frames, spans, tuple(notes), per_cycle)


def _left_out(scene: Scene, lengths: Sequence[Fraction], spans: Sequence[Span]) -> list[str]:
    """What the user should know of shots that are not as long as asked for."""
    notes = []
    shown = {span.shot for span in spans}
    for index, (shot, length) in enumerate(zip(scene.shots, lengths, strict=True)):
        if index not in shown and length > 0:
            notes.append(f"shot {index + 1} ({shot.shot}) is shorter than a frame and is left out")
    shares = [shot.share for shot in scene.shots]
    given = sum(share for share in shares if share is not None)
    if None not in shares and abs(given - 1) > 1e-9:
        notes.append(f"the shares of the shots add up to {given:g}; they are stretched to fill the film")
    return notes


def _is_empty(scene: Scene, shot: AnyShot) -> bool:
    """A title card of a scene without words, to which nobody gave a share of the film."""
    return isinstance(shot, TitleShot) and not (scene.title or scene.subtitle) and shot.share is None


def _kind(shot: AnyShot) -> Kind:
    return "title" if isinstance(shot, TitleShot) else "rest" if isinstance(shot, RestShot) else "think"


def _move(per_cycle: int) -> Fraction:
    return MOVE if per_cycle > 2 else QUICK_MOVE


def _steps_in(cycles: int, per_cycle: int, held: bool) -> Fraction:
    return cycles * (per_cycle + (Fraction(0) if held else _move(per_cycle)))


def _natural_lengths(scene: Scene, steps: Fraction) -> list[Fraction]:
    """Seconds of each shot where nothing says how long the film is: one second a step."""
    natural = {"title": Fraction(3), "rest": Fraction(5, 2), "think": Fraction(5)}
    lengths = [
        Fraction(0) if _is_empty(scene, shot) else steps if isinstance(shot, LearningShot) else natural[_kind(shot)]
        for shot in scene.shots
    ]
    if any(shot.share is not None for shot in scene.shots):
        return _shared_lengths(scene, sum(lengths, Fraction(0)))
    return lengths


def _shared_lengths(scene: Scene, seconds: Fraction) -> list[Fraction]:
    """Seconds of each shot of a film of `seconds`: its share, or what suits a film of that length."""
    shots = scene.shots

    def wanted(shot: AnyShot) -> Fraction:
        if _is_empty(scene, shot):
            return Fraction(0)
        part, shortest, longest = {
            TitleShot: (Fraction(35, 1000), Fraction(3, 2), Fraction(4)),
            RestShot: (Fraction(30, 1000), Fraction(4, 5), Fraction(4)),
            ThinkShot: (Fraction(70, 1000), Fraction(5, 2), Fraction(8)),
        }[type(shot)]
        return min(longest, max(shortest, part * seconds))

    shares = [None if shot.share is None else Fraction(str(shot.share)) * seconds for shot in shots]
    left = seconds - sum((share for share in shares if share is not None), Fraction(0))
    free = [index for index, share in enumerate(shares) if share is None]
    if not free:
        total = sum((share for share in shares if share is not None), Fraction(0))
        return [share * seconds / total for share in shares if share is not None]
    lengths = [Fraction(0) if share is None else share for share in shares]
    learning = [index for index in free if isinstance(shots[index], LearningShot)]
    others = {index: wanted(shots[index]) for index in free if index not in learning}
    taken = sum(others.values(), Fraction(0))
    # In a short film learning keeps at least its half; without a learning shot the others take all there is.
    room = left * Fraction(9, 20) if learning else left
    scale = room / taken if taken and (taken > room or not learning) else Fraction(1)
    for index, length in others.items():
        lengths[index] = length * scale
    for index in learning:
        lengths[index] = left - taken * scale
    return lengths


def _what_fits(cycles: tuple[int, ...], examples: int, seconds: Fraction, held: bool) -> tuple[tuple[int, ...], int]:
    """The cycles and the number of examples in each that can be shown without flicker; at least one of both."""
    for per_cycle in range(examples, 0, -1):
        if seconds / _steps_in(len(cycles), per_cycle, held) >= SHORTEST_STEP:
            return cycles, per_cycle
    count = max(1, int(seconds / SHORTEST_STEP / _steps_in(1, 1, held)))
    if count == 1:
        return cycles[-1:], 1
    picked = [round(Fraction(index * (len(cycles) - 1), count - 1)) for index in range(min(count, len(cycles)))]
    return tuple(cycles[index] for index in picked), 1


def _notes(
    cycles: tuple[int, ...], shown: tuple[int, ...], examples: int, per_cycle: int, seconds: Fraction
) -> list[str]:
    notes = []
    if len(shown) < len(cycles):
        notes.append(
            f"{float(seconds):.1f} s of learning are too short for {len(cycles)} shown cycles: "
            f"{'1 is' if len(shown) == 1 else f'{len(shown)} are'} shown"
        )
    if per_cycle < examples:
        notes.append(
            f"{float(seconds):.1f} s of learning are too short for all {examples} examples: "
            f"each shown cycle presents {per_cycle}, in turn"
        )
    return notes


def _learning_pieces(
    shown: tuple[int, ...], examples: int, per_cycle: int, last_cycle: int, held: bool, uneven: bool
) -> list[_Piece]:
    """Moves and steps in order, their lengths in steps."""
    paces = [
        PACE[number] if uneven and len(shown) > 4 and number < len(PACE) else Fraction(1)
        for number in range(len(shown))
    ]
    pieces: list[_Piece] = []
    before = 0
    for number, (cycle, pace) in enumerate(zip(shown, paces, strict=True)):
        if not held:
            pieces.append(_Piece("move", _move(per_cycle), cycle, from_cycle=before))
        for example in sorted((number * per_cycle + step) % examples for step in range(per_cycle)):
            pieces.append(_Piece("step", pace, cycle, example=example))
        before = cycle
    if before < last_cycle and not held:
        pieces.append(_Piece("move", _move(per_cycle), last_cycle, from_cycle=before))
    return pieces


def _fill(pieces: list[_Piece], seconds: Fraction) -> list[_Piece]:
    """Scale the pieces' lengths so that together they last `seconds`, none of the steps too short to be seen.

    Where the slower pace of the first cycles would push the others under the limit, all steps get the same time.
    """
    total = sum((piece.length for piece in pieces), Fraction(0))
    if min((piece.length for piece in pieces if piece.kind == "step"), default=1) * seconds / total < SHORTEST_STEP:
        pieces = [_with_length(piece, min(piece.length, Fraction(1))) for piece in pieces]
        total = sum((piece.length for piece in pieces), Fraction(0))
    return [_with_length(piece, piece.length * seconds / total) for piece in pieces]


def _with_length(piece: _Piece, length: Fraction) -> _Piece:
    return _Piece(piece.kind, length, piece.cycle, piece.example, piece.from_cycle)


def _spans(pieces: list[tuple[int, _Piece]], fps: Fraction, frames: int) -> tuple[Span, ...]:
    ends = [min(frames, int(end * fps + Fraction(1, 2))) for end in accumulate(piece.length for _, piece in pieces)]
    ends[-1] = frames
    spans = []
    for (shot, piece), start, stop in zip(pieces, [0, *ends], ends, strict=False):
        if stop > start:
            spans.append(Span(piece.kind, shot, start, stop, piece.cycle, piece.example, piece.from_cycle))
    return tuple(spans)
