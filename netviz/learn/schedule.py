"""Which cycles are shown, and which are kept between them. Cycles are whole numbers, 1 being the first."""

from __future__ import annotations

from collections.abc import Sequence

from netviz.scene.spec import Scene

_JUST_AFTER_THE_START = 0.5  # training's start is cycle 0, from which nothing can be spaced geometrically


def shown_cycles(scene: Scene) -> tuple[int, ...]:
    """The cycles whose steps the film shows, strictly increasing."""
    schedule, cycles = scene.schedule, scene.training.cycles
    if schedule.cycles is not None:
        return schedule.cycles
    if schedule.every is not None:
        return tuple(range(schedule.every, cycles + 1, schedule.every))
    return geometric_cycles(schedule.frames or 1, cycles)


def shown_count(scene: Scene) -> int:
    """How many cycles are shown, without listing them: a wrong schedule can ask for a hundred million."""
    schedule = scene.schedule
    if schedule.cycles is not None:
        return len(schedule.cycles)
    return scene.training.cycles // schedule.every if schedule.every is not None else schedule.frames or 1


def geometric_cycles(frames: int, cycles: int) -> tuple[int, ...]:
    """Exactly `frames` of the cycles 1 to `cycles`, dense early and sparse later; the first 1, the last `cycles`.

    frames: 1 to cycles; a single one is the last.
    """
    if frames == 1:
        return (cycles,)
    return _increasing(0, [cycles ** (step / (frames - 1)) for step in range(frames)])


def between(first: int, last: int, most: int = 12) -> tuple[int, ...]:
    """Up to `most` geometrically spaced cycles strictly between 0 <= first < last: all, where there are no more."""
    count = min(most, last - first - 1)
    start = max(first, _JUST_AFTER_THE_START)
    ideal = [start * (last / start) ** (step / (count + 1)) for step in range(1, count + 1)]
    return _increasing(first, ideal)


def _increasing(after: int, ideal: Sequence[float]) -> tuple[int, ...]:
    """Whole numbers near ideal ones, strictly increasing and after a first one.

    A geometric row starts with too little room for whole numbers and ends with more than enough: pushed up where it is
    too dense, it never passes its end.
    """
    chosen: list[int] = []
    for number in ideal:
        after = max(round(number), after + 1)
        chosen.append(after)
    return tuple(chosen)
