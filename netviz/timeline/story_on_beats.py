"""Story on beats: on which beats a learning shot shows its moves and its steps, some in full and the others swept.

Everything is counted in beats and in numbers of cycles and steps; `learning_on_beats.py` says which ones they are. No
passage goes on over a pause of the music.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import floor
from typing import NamedTuple

from netviz.timeline.beats import Accent
from netviz.timeline.learning_shot import BRIEF, BRISK, FULL, LONGEST_STRIDE, MOVING, RAPID, SHORTEST_FULL, STRIDE
from netviz.timeline.step_timing import BRIEF_FROM, FULL_FROM

SHORTEST_PART, MOST_PARTS = Fraction(1, 4), 4
"""Seconds of the shortest part of a beat in which a step is swept, and most parts of a beat."""
OFF = Fraction(1, 25)
"""Most seconds by which a beat, found in music, is taken to come early or late in an even pulse."""
_EVEN = Fraction(1, 200)
"""Seconds by which the mean of several such beats is off."""
_NEAR = 4
"""Beats before and after a beat whose mean is the length of the pulse there."""
LEAST_CYCLES = 8
"""Fewest shown cycles where their number follows from the beats, if need be with fewer examples in each."""
FEWEST = 3
"""Fewest shown cycles among which one step is shown in full; a shot with fewer beats than for these sweeps them all."""
LEAST_MOVE = Fraction(4, 5)
"""Least seconds of a move where there is time for all that every story shows."""
_MISSED = 12
"""Most steps that are not shown for longer because they do not fit, before others are not tried any more."""


class Length(NamedTuple):
    """Length of a step that takes whole beats: as many as come nearest to `seconds`, but `least` in any case."""

    seconds: Fraction
    least: Fraction


# A little above the limits, which whole frames then reach as well.
_LEAST_FULL, _LEAST_BRIEF = (Fraction(str(limit)) + Fraction(1, 20) for limit in (FULL_FROM, BRIEF_FROM))
IN_FULL, IN_FULL_FIRST = Length(FULL, _LEAST_FULL), Length(SHORTEST_FULL, _LEAST_FULL)
"""Lengths of the film's first step: where there is time, and where there is little."""
BRISKLY, BRIEFLY = Length(BRISK, _LEAST_FULL), Length(BRIEF, _LEAST_BRIEF)
"""Lengths of any other step in full, and of a brief one."""


class Rung(NamedTuple):
    """One step of one cycle that is shown for longer than a rapid one; both are counted from 0."""

    cycle: int
    step: int
    length: Length


Ladder = Sequence[Rung | None]
"""Steps that get more beats, the most important first. None: one beat more for the moves."""


@dataclass(frozen=True)
class Outline:
    """Numbers of a learning shot: its shown cycles, the examples in each, the moves after the last one.

    stride: least seconds of a move, which has a beat in any case.
    """

    cycles: int
    per_cycle: int
    ends: int = 0
    stride: Fraction = Fraction(0)


@dataclass(frozen=True)
class Passage:
    """Part of a learning shot that begins on a beat and ends on one: a move, a step, or several that are swept.

    steps: their number, 0 for a move. length: that of a step in full or brief; None: a move or a sweep, which takes the
    beats it needs and so many `more`. stride: least seconds of a move.
    """

    steps: int
    length: Length | None = None
    more: int = 0
    stride: Fraction = Fraction(0)


class Placed(NamedTuple):
    """Passage on its beats, from number `first` to `stop`, not included; a sweep over a pause is several."""

    steps: int
    first: int
    stop: int


class Told(NamedTuple):
    """Learning shot on its beats: the number of its cycles and of the examples in each, and its passages in order."""

    cycles: int
    per_cycle: int
    passages: list[Placed]


@dataclass(frozen=True)
class Grid:
    """Beats of a learning shot, in a form that is quick to look up."""

    beats: Sequence[Accent]

    @cached_property
    def stops(self) -> list[Fraction]:
        """The end of every beat."""
        return [beat.stop for beat in self.beats]

    @cached_property
    def lengths(self) -> list[Fraction]:
        """The length of every beat."""
        return [beat.stop - beat.start for beat in self.beats]

    @cached_property
    def pauses(self) -> list[int]:
        """For every beat the number of the first one after the next pause."""
        found, until = [0] * len(self.beats), len(self.beats)
        for number in reversed(range(len(self.beats))):
            until = number + 1 if self.beats[number].breaks else until
            found[number] = until
        return found

    @cached_property
    def rooms(self) -> list[int]:
        """The number of equal parts in which every beat can be swept.

        A beat that is a little early or late in an even pulse has as many as the pulse. The last one before a pause is
        not divided: no other beat says how long it is, and parts of it may be silent.
        """
        rooms = []
        for number, (beat, length) in enumerate(zip(self.beats, self.lengths, strict=True)):
            around = self.lengths[max(0, number - _NEAR) : number + _NEAR + 1]
            alike = [each for each in around if abs(each - length) <= 2 * OFF]
            pulse = sum(alike, Fraction(0)) / len(alike)
            usual = pulse + _EVEN if abs(pulse - length) <= OFF else length
            rooms.append(1 if beat.breaks else max(1, min(MOST_PARTS, floor(usual / SHORTEST_PART))))
        return rooms

    @property
    def usual_length(self) -> Fraction:
        """The median length of a beat."""
        return sorted(self.lengths)[len(self.beats) // 2]

    @property
    def usual_room(self) -> int:
        """The median number of parts in which a beat can be swept."""
        return sorted(self.rooms)[len(self.beats) // 2]

    def reached(self, first: int, length: Length) -> int | None:
        """The number of the beat after those that a step of some length takes; None if a pause comes before."""
        begin, until = self.beats[first].start, self.pauses[first]
        least = bisect_left(self.stops, begin + length.least, first, until)
        if least == until:
            return None
        aim = begin + length.seconds
        nearest = bisect_left(self.stops, aim, first, until)
        if nearest == until or (nearest > first and aim - self.stops[nearest - 1] < self.stops[nearest] - aim):
            nearest -= 1
        return max(least, nearest) + 1

    def fits(self, outline: Outline, ladder: Ladder, more: int = 0) -> bool:
        """True if the beats suffice for a shot in which what is on the ladder is shown for longer."""
        return _placed(_passages(outline, ladder, more), self) is not None

    def parts(self, placed: Placed) -> list[Fraction]:
        """The lengths of the steps of a passage: equal parts of each of its beats, or whole beats."""
        lengths = self.lengths[placed.first : placed.stop]
        count = len(lengths)
        if placed.steps <= count:
            borders = [count * number // placed.steps for number in range(placed.steps + 1)]
            return [sum(lengths[a:b], Fraction(0)) for a, b in pairwise(borders)]
        parts, rooms = [1] * count, self.rooms[placed.first : placed.stop]
        # The beat whose parts are the longest is divided further, of several alike the last: a sweep gathers speed.
        longest = [(Fraction(-room, 2), -number) for number, room in enumerate(rooms) if room > 1]
        heapq.heapify(longest)
        for _ in range(placed.steps - count):
            number = -heapq.heappop(longest)[1]
            parts[number] += 1
            if parts[number] < rooms[number]:
                heapq.heappush(longest, (Fraction(-rooms[number], parts[number] + 1), -number))
        return [length / each for length, each in zip(lengths, parts, strict=True) for _ in range(each)]


def told_on_beats(beats: Sequence[Accent], cycles: int, examples: int, ends: int) -> Told | None:
    """A learning shot of so many shown cycles on its beats, at least two; None if all its steps can be in full.

    examples: those of each cycle, of which fewer are shown where beats lack, and then fewer cycles. ends: the moves
    after the last shown cycle, 0 or 1.

    The first step is shown in full, then one step of each later cycle for a moment, then the second step in full too;
    the others are swept, on equal parts of beats. What beats are left go to the moves and to further steps in full.
    """
    grid = Grid(beats)
    ladder: Ladder = [Rung(0, 0, IN_FULL_FIRST)]
    outline = _fitting(grid, Outline(cycles, examples, ends), ladder, min(FEWEST, cycles))
    if outline is None:
        ladder = []
        outline = _fitting(grid, Outline(cycles, examples, ends), ladder, 1)
    else:
        for stride, least in ((LEAST_MOVE, [*_plot(outline)]), (STRIDE, ladder)):
            if grid.fits(unhurried := replace(outline, stride=stride), least):
                outline = unhurried
                break
        whole = _ladder(outline, grid.usual_length)
        ladder = _climbed(grid, outline, whole)
        if len(ladder) == len(whole):
            return None
    if outline is None:
        return None
    more = _beats_left(grid, outline, ladder)
    placed = _placed(_passages(outline, ladder, more), grid)
    assert placed is not None
    return Told(outline.cycles, outline.per_cycle, placed)


def _climbed(grid: Grid, outline: Outline, ladder: Ladder) -> Ladder:
    """The rungs of a ladder for which there are beats. One that does not fit, as before a pause, may be left out."""
    kept, rungs, missed = [*ladder], 1, 0
    while rungs < len(kept) and missed < _MISSED:
        found = _most(rungs + 1, len(kept), lambda count: grid.fits(outline, kept[:count]))
        rungs = found or rungs
        if rungs < len(kept):
            del kept[rungs]
            missed += 1
    return kept[:rungs]


def _beats_left(grid: Grid, outline: Outline, ladder: Ladder) -> int:
    """The most beats that moves can take beside those of the ladder."""
    more = _most(0, len(grid.beats), lambda more: grid.fits(outline, ladder, more)) or 0
    # They are spread over all, so that now and then more of them fit better around a pause.
    return next((some for some in range(more + _MISSED, more, -1) if grid.fits(outline, ladder, some)), more)


def _fitting(grid: Grid, outline: Outline, ladder: Ladder, least: int) -> Outline | None:
    """The outline with as many cycles and examples as there are beats for; None with fewer cycles than `least`.

    All cycles are shown if one example of each can be; otherwise as many as there is room for with one sweep each.
    """

    def most(per_cycle: int, fewest: int) -> int | None:
        some = replace(outline, per_cycle=per_cycle)
        return _most(fewest, outline.cycles, lambda count: grid.fits(replace(some, cycles=count), ladder))

    few = min(outline.per_cycle, grid.usual_room)
    cycles = most(1, outline.cycles) or most(few, least) or most(1, least)
    if cycles is None:
        return None
    some = replace(outline, cycles=cycles)
    examples = _most(1, outline.per_cycle, lambda count: grid.fits(replace(some, per_cycle=count), ladder))
    return replace(some, per_cycle=examples or 1)


def cycles_told(beats: Sequence[Accent], examples: int) -> int:
    """Number of shown cycles that so many beats leave room for; 0 if there are too few. examples: in each.

    Each has its brief step, its sweep and a move that is not hurried; where those would be few, as many as there is
    room for with fewer examples.
    """
    if len(beats) < 2:
        return 0
    grid = Grid(beats)

    def fits_well(count: int) -> bool:
        outline = Outline(count, examples, stride=LEAST_MOVE)
        return grid.fits(outline, [*_plot(outline)])

    count = _most(1, len(beats) // 2, fits_well) or 0
    if count >= LEAST_CYCLES:
        return count
    few, ladder = min(examples, grid.usual_room), [Rung(0, 0, IN_FULL_FIRST)]
    least = _most(FEWEST, LEAST_CYCLES, lambda count: grid.fits(Outline(count, few), ladder))
    return max(count, least or min(LEAST_CYCLES, len(beats) // 2))


def _most(low: int, high: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number from `low` to `high` that fits, if all smaller ones do; None if not even the smallest does."""
    if high < low or not fits(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _plot(outline: Outline) -> Iterator[Rung]:
    """The steps that every story shows for longer, as in a film without beats."""
    yield Rung(0, 0, IN_FULL_FIRST)
    for cycle in range(1, outline.cycles):
        yield Rung(cycle, cycle % outline.per_cycle, BRIEFLY)
    yield Rung(0, 0, IN_FULL)
    if outline.per_cycle > 1:
        yield Rung(0, 1, BRISKLY)


def _ladder(outline: Outline, beat: Fraction) -> list[Rung | None]:
    """All that is shown for longer where there are beats for it, in this order. beat: the usual seconds of one."""
    ladder: list[Rung | None] = [*_plot(outline)]
    left = (outline.cycles + outline.ends) * floor(max(Fraction(0), LONGEST_STRIDE - max(beat, outline.stride)) / beat)
    moving = presenting = Fraction(0)
    for rung, longer in _more_steps(outline.cycles, outline.per_cycle):
        while left and moving * (1 - MOVING) <= presenting * MOVING:
            ladder.append(None)
            left, moving = left - 1, moving + beat
        ladder.append(rung)
        presenting += longer
    return [*ladder, *[None] * left]


def _more_steps(cycles: int, per_cycle: int) -> Iterator[tuple[Rung, Fraction]]:
    """Steps beside those of the plot, and the seconds by which each is longer: one more of each cycle, then another."""
    for place in range(per_cycle):
        later = range(place < 2, cycles)  # the first two of the first cycle are in full already
        if place:
            for cycle in later:
                yield Rung(cycle, (cycle + place) % per_cycle, BRIEFLY), BRIEF - RAPID
        for cycle in later:
            yield Rung(cycle, (cycle + place) % per_cycle, BRISKLY), BRISK - BRIEF


def _passages(outline: Outline, ladder: Ladder, more: int = 0) -> list[Passage]:
    """The passages of a shot in which what is on the ladder is shown for longer, and all other steps are swept.

    more: beats left over for the moves, and for the sweeps as well where no step is shown for longer.
    """
    longer: dict[int, dict[int, Length]] = {}
    for rung in ladder:
        if rung is None:
            more += 1
        else:
            longer.setdefault(rung.cycle, {})[rung.step] = rung.length
    move = Passage(0, stride=outline.stride)
    passages = []
    for cycle in range(outline.cycles):
        passages.append(move)
        done = 0
        for step, length in sorted(longer.get(cycle, {}).items()):
            if step > done:
                passages.append(Passage(step - done))
            passages.append(Passage(1, length))
            done = step + 1
        if outline.per_cycle > done:
            passages.append(Passage(outline.per_cycle - done))
    passages += [move] * outline.ends
    sharing = [number for number, passage in enumerate(passages) if not (passage.steps and longer)]
    for place, number in enumerate(sharing):
        share = (place + 1) * more // len(sharing) - place * more // len(sharing)
        passages[number] = replace(passages[number], more=share)
    return passages


def _placed(passages: Sequence[Passage], grid: Grid) -> list[Placed] | None:
    """The passages one after the other on their beats; None if the beats do not suffice.

    A step that a pause would cut short begins after it, and what came before goes on until then.
    """
    placed: list[Placed] = []
    at, count = 0, len(grid.beats)
    for passage in passages:
        if passage.length is not None:
            stop = None
            while at < count and (stop := grid.reached(at, passage.length)) is None:
                until = grid.pauses[at]
                if at and not grid.beats[at - 1].breaks:
                    placed[-1] = placed[-1]._replace(stop=until)
                at = until
            if stop is None:
                return None
            placed.append(Placed(1, at, stop))
            at = stop
            continue
        left, begun = passage.steps, at
        while at == begun or left:
            if at >= count:
                return None
            until, stop, room = grid.pauses[at], at + 1, grid.rooms[at]
            while stop < until and (room < left or grid.stops[stop - 1] < grid.beats[at].start + passage.stride):
                stop, room = stop + 1, room + grid.rooms[stop]
            swept = min(room, left)
            left -= swept
            stop = stop if left else min(stop + passage.more, until)
            placed.append(Placed(swept, at, stop))
            at = stop
    return placed
