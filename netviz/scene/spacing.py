"""Whole numbers spaced geometrically: which cycles are shown where nobody lists them."""

from __future__ import annotations

from collections.abc import Sequence


def geometric_cycles(frames: int, cycles: int) -> tuple[int, ...]:
    """Exactly `frames` of the cycles 1 to `cycles`, dense early and sparse later; the first 1, the last `cycles`.

    frames: 1 to cycles; a single one is the last.
    """
    if frames == 1:
        return (cycles,)
    return increasing(0, [cycles ** (step / (frames - 1)) for step in range(frames)])


def increasing(after: int, ideal: Sequence[float]) -> tuple[int, ...]:
    """Whole numbers near ideal ones, strictly increasing and after a first one.

    A geometric row starts with too little room for whole numbers and ends with more than enough: pushed up where it is
    too dense, it never passes its end.
    """
    chosen: list[int] = []
    for number in ideal:
        after = max(round(number), after + 1)
        chosen.append(after)
    return tuple(chosen)
