"""Kept steps: which moments of a run are kept, evenly dense on a logarithmic axis, without knowing when it ends.

A run changes fast at first and slowly later: what it learns in its first hundred steps takes thousands later on. So a
recorder keeps every early step, and from then on lets the distance between two grow in proportion to the steps gone by.
Steps are counted from the first one, so that a run that is resumed at step 10,000 is as dense at its beginning. Where
there is room for fewer, the growth doubles, and those kept are thinned as if it had been so from the start.
"""

from __future__ import annotations

from collections.abc import Sequence

EARLY_GROWTH = 1 / 40
"""Distance to the next kept step, as a share of the steps gone by, while there is room: 2.5 %."""
_LARGEST_GROWTH = 1.0


def next_due(first: int, latest: int, growth: float) -> int:
    """The step from which on a moment is kept, where `first` and `latest` are the first and the latest kept step."""
    return latest + max(1, int((latest - first + 1) * growth))


def thinned(steps: Sequence[int], room: int, growth: float) -> tuple[list[int], float]:
    """Indices of the kept steps that remain where there is room for `room` of them, 2 or more; and the growth.

    The first and the newest always remain, and about half of the others, but never more than two thirds of `room`:
    otherwise a few moments later all would be thinned again. What was kept closer than the growth asks for, because the
    user wanted it, goes first.
    """
    most = max(2, 2 * room // 3)
    remaining = _spaced(steps, growth)
    while len(remaining) > most and growth < _LARGEST_GROWTH:
        growth = min(2 * growth, _LARGEST_GROWTH)
        remaining = _spaced(steps, growth)
    while len(remaining) > most:  # hardly room for anything: a step each time their number doubles is too many
        remaining = [remaining[0], *remaining[2:-1:2], remaining[-1]]
    return remaining, growth


def _spaced(steps: Sequence[int], growth: float) -> list[int]:
    """Indices of the first step, of each that is due after the one before it, and of the newest."""
    remaining, due = [0], next_due(steps[0], steps[0], growth)
    for index in range(1, len(steps) - 1):
        if steps[index] >= due:
            remaining.append(index)
            due = next_due(steps[0], steps[index], growth)
    return [*remaining, len(steps) - 1]
