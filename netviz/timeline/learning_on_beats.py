"""Learning shot in time with a rhythm: its steps, moves and sweeps begin on beats.

Told as a story, a few steps take several beats, and the others are swept on equal parts of one (`story_on_beats.py`).
Where all steps are alike, all take the same number of beats, the first cycles one more where there is time for it; the
beats left over go to the moves. Where the music pauses nothing begins, and the network is at rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from netviz.timeline.beats import Accent
from netviz.timeline.learning_shot import MOVE, Learning, Piece
from netviz.timeline.story_on_beats import LEAST_CYCLES, Grid, Placed, cycles_told, told_on_beats

UNHURRIED = Fraction(4, 5)
"""Seconds between beats from which the first shown cycle can be read at one beat a step; below, its steps take two."""


@dataclass(frozen=True)
class Portion:
    """Piece without its length, and the number of its beats."""

    piece: Piece
    beats: int


def cycles_for(beats: Sequence[Accent], examples: int | None, held: bool, even: bool) -> int:
    """Number of shown cycles that fill so many beats; 0 if there are too few. examples: in each; None where a cycle is
    one sweep. held: whether there are no moves between the cycles. even: whether all steps are alike.
    """
    pause = 0 if held else 1
    if examples is None:
        return len(beats)
    if not even:
        return cycles_told(beats, examples)
    shown = examples
    if len(beats) // (shown + pause) < LEAST_CYCLES:
        shown = max(1, min(shown, len(beats) // LEAST_CYCLES - pause))
    count = len(beats) // (shown + pause)
    slower = (len(beats) - shown) // (shown + pause)
    return slower if slower >= LEAST_CYCLES and _is_hurried(beats) else count


def _is_hurried(beats: Sequence[Accent]) -> bool:
    lengths = sorted(beat.stop - beat.start for beat in beats)
    return bool(lengths) and lengths[len(lengths) // 2] < UNHURRIED


def pieces_on_beats(
    learning: Learning, beats: Sequence[Accent], begin: Fraction, end: Fraction
) -> tuple[list[Piece], int, list[str]] | None:
    """Pieces of a learning shot from `begin` to `end` on its beats; the number of examples in each cycle; and notes.

    None if there are too few beats to show anything on them.
    """
    if not learning.cycles or len(beats) < (1 if learning.together or learning.held else 2):
        return None
    if learning.together:
        portions, notes = _sweeps(learning, len(beats))
        return _laid(portions, beats, learning.start, begin, end), learning.examples, notes
    ends = _way_out(learning) if len(beats) > 2 else 0
    told = None if learning.even else told_on_beats(beats, len(learning.cycles), learning.most_in_cycle, ends)
    if told is None:
        shown, per_cycle = _fitting_beats(learning, len(beats))
        portions = _steps(learning, shown, per_cycle, len(beats))
        pieces = _laid(portions, beats, learning.start, begin, end)
    else:
        shown, per_cycle = _spread(learning.cycles, told.cycles), told.per_cycle
        pieces = _told(learning.steps(shown, per_cycle, uneven=False), told.passages, beats, learning.start, begin, end)
    return pieces, per_cycle, [*_notes_on_beats(learning, len(shown), per_cycle, len(beats))]


def _laid(
    portions: Sequence[Portion], beats: Sequence[Accent], start: int, begin: Fraction, end: Fraction
) -> list[Piece]:
    """The portions one after the other, each on its beats, with holds where the beats pause.

    No portion goes on over a pause; moves and sweeps after it take the beats that it loses so.
    """
    pieces: list[Piece] = []
    now, at, spare, cycle = begin, 0, 0, start
    for portion in portions:
        first = last = at
        count = portion.beats + (0 if portion.piece.kind == "step" else spare)
        while last - first + 1 < count and not beats[last].breaks and last + 1 < len(beats):
            last += 1
        spare += portion.beats - (last - first + 1)
        if beats[first].start > now:
            pieces.append(Piece("hold", beats[first].start - now, cycle))
        pieces.append(replace(portion.piece, length=beats[last].stop - beats[first].start))
        now, at, cycle = beats[last].stop, last + 1, portion.piece.cycle
    if end > now:
        pieces.append(Piece("hold", end - now, cycle))
    return pieces


def _told(
    pieces: Sequence[Piece],
    passages: Sequence[Placed],
    beats: Sequence[Accent],
    start: int,
    begin: Fraction,
    end: Fraction,
) -> list[Piece]:
    """The pieces of a story on the beats of their passages, with holds between them where there are none."""
    grid, left, found = Grid(beats), iter(pieces), list[Piece]()
    now, cycle = begin, start
    for placed in passages:
        if beats[placed.first].start > now:
            found.append(Piece("hold", beats[placed.first].start - now, cycle))
        # A move is one piece, as is a step that takes whole beats.
        for length in grid.parts(placed._replace(steps=max(1, placed.steps))):
            found.append(replace(next(left), length=length))
        now, cycle = beats[placed.stop - 1].stop, found[-1].cycle
    if end > now:
        found.append(Piece("hold", end - now, cycle))
    return found


def _fitting_beats(learning: Learning, beats: int) -> tuple[tuple[int, ...], int]:
    """The cycles and the number of examples in each for which there are beats; at least one of both."""
    cycles, pause = learning.cycles, 0 if learning.held else 1
    beats -= _way_out(learning)
    per_cycle = min(learning.most_in_cycle, beats // len(cycles) - pause)
    if per_cycle >= 1:
        return cycles, per_cycle
    return _spread(cycles, max(1, beats // (1 + pause))), 1


def _spread(cycles: tuple[int, ...], count: int) -> tuple[int, ...]:
    """So many of the cycles, from the first to the last."""
    if count == 1:
        return cycles[-1:]
    return tuple(cycles[round(Fraction(index * (len(cycles) - 1), count - 1))] for index in range(count))


def _way_out(learning: Learning) -> int:
    """Number of moves after the last shown cycle, 0 or 1."""
    return int(learning.cycles[-1] < learning.last_cycle and not learning.held)


def _steps(learning: Learning, shown: tuple[int, ...], per_cycle: int, beats: int) -> list[Portion]:
    """Moves and steps, which together take as many beats as there are."""
    ends = _way_out(learning) if beats > 2 else 0
    moves = 0 if learning.held else len(shown) + ends
    steps = len(shown) * per_cycle
    each = 1
    while steps * (each + 1) + moves * _move_beats(each + 1) <= beats:
        each += 1
    left = beats - steps * each - moves * _move_beats(each)
    longer, left = (left, 0) if learning.held else (left // per_cycle * per_cycle, left % per_cycle)
    more, few = divmod(left, moves) if moves else (0, 0)
    paused = 0

    def move(cycle: int, before: int) -> Portion:
        nonlocal paused
        paused += 1
        # Those that are one beat longer are spread over all.
        extra = paused * few // moves - (paused - 1) * few // moves
        return Portion(Piece("move", Fraction(0), cycle, from_cycle=before), _move_beats(each) + more + extra)

    portions: list[Portion] = []
    before, done = learning.start, 0
    for number, cycle in enumerate(shown):
        if not learning.held:
            portions.append(move(cycle, before))
        for example in learning.presented(number, cycle, per_cycle):
            beats_taken = each + longer // steps + (done < longer % steps)
            portions.append(Portion(Piece("step", Fraction(0), cycle, example=example), beats_taken))
            done += 1
        before = cycle
    if ends:
        portions.append(move(learning.last_cycle, before))
    return portions


def _move_beats(each: int) -> int:
    """Beats of a move between steps of `each` beats."""
    return max(1, int(each * MOVE))


def _sweeps(learning: Learning, beats: int) -> tuple[list[Portion], list[str]]:
    """Sweeps of one beat or several, and notes; with more shown cycles than beats, one sweep leads past several."""
    stops = learning.stops()
    count = min(len(stops), beats)
    ends = [stops[(number + 1) * len(stops) // count - 1] for number in range(count)]
    notes = []
    if (past := len(learning.cycles) - len({*ends} & {*learning.cycles})) > 0:
        notes.append(
            f"{beats} beats are too few for {len(learning.cycles):,} shown cycles: "
            f"the weights pass {past:,} of them on their way"
        )
    share, longer = divmod(beats, count)
    return [
        Portion(Piece("sweep", Fraction(0), cycle, from_cycle=before), share + (number < longer))
        for number, (before, cycle) in enumerate(pairwise((learning.start, *ends)))
    ], notes


def _notes_on_beats(learning: Learning, shown: int, per_cycle: int, beats: int) -> Iterator[str]:
    cycles, examples = len(learning.cycles), learning.most_in_cycle
    if shown < cycles:
        are = "1 is" if shown == 1 else f"{shown} are"
        yield f"{beats} beats of learning are too few for {cycles} shown cycles: {are} shown"
    if per_cycle < examples:
        yield (
            f"{beats} beats of learning are too few for all {examples} examples: "
            f"each shown cycle presents {per_cycle}, in turn"
        )
