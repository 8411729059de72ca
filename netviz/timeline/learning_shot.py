"""Learning shot: its steps, moves and continuous morphs (on beats: see `learning_on_beats.py`).

A step is one training example; a move leads to the next shown cycle. A sweep (a span of a continuous morph) leads there
too, but without stopping. In a hold nothing moves: the music, with which steps can keep time, is silent.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from netviz.scene.scene import Look
from netviz.scene.schedule import turn
from netviz.scene.shots import LearningShot
from netviz.timeline import step_timing
from netviz.timeline.beats import SHORTEST_STEP

PieceKind = Literal["title", "rest", "step", "move", "sweep", "hold", "think", "walk"]

MOVE, QUICK_MOVE = Fraction(9, 10), Fraction(3, 5)
"""Length of the move between two shown cycles, in steps; the quick one where a cycle has only a step or two."""
PACE = (Fraction(11, 5), Fraction(7, 5))
"""Length of the steps of the first shown cycles, in later steps: a viewer has time to learn to read them."""
SWEEP, SHORTEST_SWEEPS = Fraction(1, 2), Fraction(10)
"""Seconds of a sweep to the next shown cycle, and fewest of all sweeps of all learning shots together, in a film
without a given length."""
UNHURRIED_LEARNING, LONG_TABLE = Fraction(120), 50
"""Seconds of all learning shots in a film without a given length, from which on steps are shorter than a second; and
largest number of examples of which each shown cycle presents every one, however long that takes: who wants to watch
hundreds will say so."""
MOST_RECORDED, UNHURRIED = Fraction(50), Fraction(3, 4)
"""Most seconds of all learning shots of a run that netviz did not train, in a film without a given length; and of its
steps, which are on average no shorter: so it presents some of many examples in each cycle, in turn."""
LONE_MOVE = Fraction(3)
"""Seconds of a learning shot that has no shown cycle left, and only leads to the end of training."""


@dataclass(frozen=True)
class Piece:
    """Span before it has frames: its length is an exact share of time, of which `still` at its end stands still."""

    kind: PieceKind
    length: Fraction
    cycle: int
    example: int | None = None
    from_cycle: int | None = None
    still: Fraction = Fraction(0)


def is_even(scene: Look) -> bool:
    """True if all steps of the scene's film are alike, and moves are too."""
    learning = [shot for shot in scene.shots if isinstance(shot, LearningShot)]
    return scene.style == "classic" or any(shot.pace == "even" for shot in learning)


@dataclass(frozen=True)
class Learning:
    """Learning shot of a film, the only one or one of several.

    start: the cycle after which it begins. cycles: those it is to show, increasing and after the start.
    examples: number of training examples. recorded: for each of `cycles` the examples that may be presented, where the
    scene says how many are; otherwise None: all. last_cycle: with which it ends. held: every step is one still drawing
    (the classic style). together: whether it is a continuous morph. even: whether all steps are alike; otherwise see
    `_story_lengths`. is_own: whether netviz trained the run, for a scene that says what it shows. shots: number of the
    film's learning shots.
    """

    start: int
    cycles: tuple[int, ...]
    examples: int
    recorded: tuple[tuple[int, ...], ...] | None
    last_cycle: int
    held: bool
    together: bool
    even: bool = True
    is_own: bool = True
    shots: int = 1

    @classmethod
    def of(cls, scene: Look, start: int, shown: Sequence[int], stop: int, shots: int = 1) -> Learning:
        """A learning shot of a scene, one of so many: of the shown cycles it has those after `start`, up to `stop`."""
        count, examples = scene.presented_count, scene.outline.examples
        turns = None if count is None else [turn(number, count, examples) for number in range(len(shown))]
        left = [number for number, cycle in enumerate(shown) if start < cycle <= stop]
        return cls(
            start,
            cycles=tuple(shown[number] for number in left),
            examples=examples,
            recorded=None if turns is None else tuple(turns[number] for number in left),
            last_cycle=stop,
            held=scene.style == "classic",
            together=scene.presentation == "together",
            even=is_even(scene),
            is_own=scene.outline.is_own,
            shots=shots,
        )

    def natural_seconds(self) -> Fraction:
        """Its length in seconds in a film without a given length: one second a step.

        Of more than `UNHURRIED_LEARNING` no more than all steps need, and with more than `LONG_TABLE` examples no more
        at all; of a run that netviz did not train, which may have any number of examples, no more than `MOST_RECORDED`:
        then each shown cycle presents some of them.
        """
        if self.together:
            return max(SHORTEST_SWEEPS / self.shots, SWEEP * len(self.stops()))
        if not self.cycles:
            return LONE_MOVE
        natural = _steps_in(len(self.cycles), self.most_in_cycle, self.held)
        if not self.is_own:
            return min(natural, MOST_RECORDED / self.shots)
        unhurried = UNHURRIED_LEARNING / self.shots
        needed = natural * SHORTEST_STEP if self.most_in_cycle <= LONG_TABLE else unhurried
        return min(natural, max(unhurried, needed))

    def pieces(self, seconds: Fraction, uneven: bool) -> tuple[list[Piece], int, list[str]]:
        """Its pieces in so many seconds; the number of examples in each cycle; notes for the user on what is left out.

        uneven: whether the first cycles are shown slower than later ones, as in a film with a given length.
        """
        if self.together:
            return self._sweeps(seconds), self.examples, []
        most = self.most_in_cycle
        if not self.cycles:
            return [Piece("move", seconds, self.last_cycle, from_cycle=self.start)], most, []
        shortest = SHORTEST_STEP if self.is_own or uneven else UNHURRIED
        shown, per_cycle = _what_fits(self.cycles, most, seconds, self.held, shortest)
        told = None if self.even else _story_lengths(len(shown), per_cycle, seconds)
        if told is None:
            pieces = _fill(self.steps(shown, per_cycle, uneven and not self.held), seconds)
        else:
            pieces = _with_lengths(self.steps(shown, per_cycle, False), *told, seconds)
        return pieces, per_cycle, _notes(self.cycles, shown, most, per_cycle, seconds)

    @property
    def most_in_cycle(self) -> int:
        """Examples that a shown cycle presents where there is time for all of them, and where any cycle is shown."""
        return len(self.recorded[0]) if self.recorded else self.examples

    def presented(self, number: int, cycle: int, per_cycle: int) -> tuple[int, ...]:
        """The examples of one cycle, the `number`-th of those that are left: in turn, of those that were recorded."""
        if self.recorded is None:
            return turn(number, per_cycle, self.examples)
        return self.recorded[self.cycles.index(cycle)][:per_cycle]

    def stops(self) -> tuple[int, ...]:
        """The cycles to which sweeps lead, the end of training the last."""
        rest = (self.last_cycle,) if not self.cycles or self.cycles[-1] < self.last_cycle else ()
        return (*self.cycles, *rest)

    def _sweeps(self, seconds: Fraction) -> list[Piece]:
        """Sweeps from stop to stop at an even pace, gathering speed at the start and losing it at the end."""
        stops = self.stops()
        ramp = step_timing.ramp_in(float(seconds))
        borders = [Fraction(step_timing.uncruise(number / len(stops), ramp)) for number in range(len(stops) + 1)]
        return [
            Piece("sweep", (end - begin) * seconds, cycle, from_cycle=before)
            for (begin, end), (before, cycle) in zip(pairwise(borders), pairwise((self.start, *stops)), strict=True)
        ]

    def steps(self, shown: tuple[int, ...], per_cycle: int, uneven: bool) -> list[Piece]:
        """Moves and steps in order, their lengths in steps."""
        paces = [
            PACE[number] if uneven and len(shown) > 4 and number < len(PACE) else Fraction(1)
            for number in range(len(shown))
        ]
        pieces: list[Piece] = []
        before = self.start
        for number, (cycle, pace) in enumerate(zip(shown, paces, strict=True)):
            if not self.held:
                pieces.append(Piece("move", _move(per_cycle), cycle, from_cycle=before))
            for example in self.presented(number, cycle, per_cycle):
                pieces.append(Piece("step", pace, cycle, example=example))
            before = cycle
        if before < self.last_cycle and not self.held:
            pieces.append(Piece("move", _move(per_cycle), self.last_cycle, from_cycle=before))
        return pieces


FULL, BRISK, BRIEF, RAPID = Fraction(9, 2), Fraction(16, 5), Fraction(8, 5), Fraction(3, 10)
"""Seconds of the first step and of the second, which are shown in full, of a brief step and of a rapid one."""
SHORTEST_FULL = Fraction(3)
"""Seconds from which the error's way back can be followed."""
STRIDE, LONGEST_STRIDE = Fraction(3, 5), Fraction(4)
"""Least and most seconds of the move from one shown cycle to the next."""
MOVING = Fraction(3, 5)
"""Part of the time left over that goes to the moves, in which the weights change, as far as they can use it."""


def _story_lengths(cycles: int, per_cycle: int, seconds: Fraction) -> tuple[list[list[Fraction]], Fraction] | None:
    """Seconds of the steps of every shown cycle, and of each move, in a learning shot of so many seconds.

    The first step is shown in full, then one step of each later cycle for a moment, then the second step in full too;
    all others follow each other rapidly. What time is left goes to the moves and to the shortest steps. None where
    there is no time for even one full step, or for all of them: then all steps are alike.
    """
    left = seconds - cycles * (per_cycle * RAPID + STRIDE)
    if left < SHORTEST_FULL - RAPID or left >= cycles * (per_cycle * SHORTEST_FULL + LONGEST_STRIDE):
        return None
    steps = [[RAPID] * per_cycle for _ in range(cycles)]

    def lengthen(cycle: int, step: int, to: Fraction) -> None:
        nonlocal left
        more = to - steps[cycle][step]
        if 0 < more <= left:
            steps[cycle][step], left = to, left - more

    lengthen(0, 0, SHORTEST_FULL)
    for cycle in range(1, cycles):
        lengthen(cycle, cycle % per_cycle, BRIEF)
    lengthen(0, 0, FULL)
    if per_cycle > 1:
        lengthen(0, 1, BRISK)
    stride = min(LONGEST_STRIDE, STRIDE + left * MOVING / cycles)
    left -= (stride - STRIDE) * cycles
    level = _level([step for own in steps for step in own], left)
    return [[max(step, level) for step in own] for own in steps], stride


def _level(lengths: Sequence[Fraction], more: Fraction) -> Fraction:
    """The length to which the shortest of some lengths are raised, so that together they grow by `more`."""
    ordered = sorted(lengths)
    for number, length in enumerate(ordered[1:], start=1):
        if (length - ordered[number - 1]) * number >= more:
            return ordered[number - 1] + more / number
        more -= (length - ordered[number - 1]) * number
    return ordered[-1] + more / len(ordered)


def _with_lengths(pieces: list[Piece], steps: list[list[Fraction]], move: Fraction, seconds: Fraction) -> list[Piece]:
    """Steps and moves with their lengths, which together last exactly `seconds`."""
    lengths = itertools.chain.from_iterable(steps)
    pieces = [replace(piece, length=move if piece.kind == "move" else next(lengths)) for piece in pieces]
    total = sum((piece.length for piece in pieces), Fraction(0))
    return [replace(piece, length=piece.length * seconds / total) for piece in pieces]


def _move(per_cycle: int) -> Fraction:
    return MOVE if per_cycle > 2 else QUICK_MOVE


def _steps_in(cycles: int, per_cycle: int, held: bool) -> Fraction:
    return cycles * (per_cycle + (Fraction(0) if held else _move(per_cycle)))


def _what_fits(
    cycles: tuple[int, ...], examples: int, seconds: Fraction, held: bool, shortest: Fraction
) -> tuple[tuple[int, ...], int]:
    """The cycles, and the number of examples in each, that can be shown in steps as long as the shortest, which on
    average all are; at least one of both."""
    for per_cycle in range(examples, 0, -1):
        if seconds / _steps_in(len(cycles), per_cycle, held) >= shortest:
            return cycles, per_cycle
    count = max(1, int(seconds / shortest / _steps_in(1, 1, held)))
    if count == 1:
        return cycles[-1:], 1
    picked = [round(Fraction(index * (len(cycles) - 1), count - 1)) for index in range(min(count, len(cycles)))]
    return tuple(cycles[index] for index in picked), 1


def _notes(
    cycles: tuple[int, ...], shown: tuple[int, ...], examples: int, per_cycle: int, seconds: Fraction
) -> list[str]:
    """A note on what the time does not suffice for: cycles, and examples in each of them."""
    parts = []
    if len(shown) < len(cycles):
        parts.append(f"for {len(shown)} of {len(cycles)} shown cycles")
    if per_cycle < examples:
        some = f"for {per_cycle} of {examples} examples"
        parts.append(f"in each {some}" if parts else f"{some} in each shown cycle")
    return [f"{float(seconds):.1f} s of learning have room {', and '.join(parts)}"] if parts else []


def _fill(pieces: list[Piece], seconds: Fraction) -> list[Piece]:
    """Scale the pieces' lengths so that together they last `seconds`, none of the steps too short to be seen.

    Where the slower pace of the first cycles would push the others under the limit, all steps get the same time.
    """
    total = sum((piece.length for piece in pieces), Fraction(0))
    if min((piece.length for piece in pieces if piece.kind == "step"), default=1) * seconds / total < SHORTEST_STEP:
        pieces = [replace(piece, length=min(piece.length, Fraction(1))) for piece in pieces]
        total = sum((piece.length for piece in pieces), Fraction(0))
    return [replace(piece, length=piece.length * seconds / total) for piece in pieces]
