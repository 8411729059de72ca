"""Which cycles are shown, and which are kept between them. Cycles are whole numbers, 1 being the first."""

from __future__ import annotations

from netviz.scene.spacing import geometric_cycles, increasing
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


def between(first: int, last: int, most: int = 12) -> tuple[int, ...]:
    """Up to `most` geometrically spaced cycles strictly between 0 <= first < last: all, where there are no more."""
    count = min(most, last - first - 1)
    start = max(first, _JUST_AFTER_THE_START)
    ideal = [start * (last / start) ** (step / (count + 1)) for step in range(1, count + 1)]
    return increasing(first, ideal)
