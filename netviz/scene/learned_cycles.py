"""Learned cycles: the part of training that each learning shot shows, and where the network stands in all others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from netviz.scene.model import Schedule
from netviz.scene.outline import Outline, scheduled_steps
from netviz.scene.shots import AnyShot, LearningShot, RestShot, Shot, WalkShot
from netviz.scene.validation_training import Mistake


def learning_shots(shots: Sequence[Shot]) -> list[int]:
    """Return the indices of the learning shots."""
    return [index for index, shot in enumerate(shots) if isinstance(shot, LearningShot)]


def learned_cycles(shots: Sequence[Shot], first: int, last: int) -> dict[int, tuple[int, int]]:
    """Return the cycle after which each learning shot begins and the one with which it ends, by the shot's index.

    first, last: of the run. A shot begins where the one before ends, and ends where the next begins, unless it says
    otherwise.
    """
    found: dict[int, tuple[int, int]] = {}
    numbers, now = learning_shots(shots), first
    for index, following in zip(numbers, [*numbers[1:], None], strict=False):
        shot, after = shots[index], None if following is None else shots[following]
        assert isinstance(shot, LearningShot)
        start = now if shot.from_cycle is None else max(first, shot.from_cycle)
        begins = after.from_cycle if isinstance(after, LearningShot) else None
        now = next(cycle for cycle in (shot.to_cycle, begins, last) if cycle is not None)
        found[index] = start, now
    return found


def walked_cycle(shots: Sequence[Shot], index: int, outline: Outline) -> int:
    """Return the cycle in which the worked example with this index is computed: see WalkShot.cycle.

    Raises ValueError while the shown cycles follow from beats that are not found yet.
    """
    shot = shots[index]
    assert isinstance(shot, WalkShot)
    if shot.cycle is not None:
        return shot.cycle
    learned = learned_cycles(shots, outline.first_step, outline.last_step)
    stopped = [stop for number, (_, stop) in learned.items() if number < index]
    return stopped[-1] if stopped and stopped[-1] < outline.last_step else outline.steps[0]


def cycles_at_start(shots: Sequence[Shot], outline: Outline) -> list[int]:
    """Return the cycle that the network is in as each shot begins.

    A worked example with a backward pass is a step of learning: shots after it, up to the end of the next learning
    shot, start from its cycle, unless learning has come farther or begins elsewhere.
    """
    learned = learned_cycles(shots, outline.first_step, outline.last_step)
    floor = now = outline.first_step if learned else outline.last_step
    starts = []
    for index, shot in enumerate(shots):
        if isinstance(shot, LearningShot):
            starts.append(now if shot.from_cycle is None else learned[index][0])
            floor = now = learned[index][1]
            continue
        starts.append(now)
        ahead = next((stop for number, (_, stop) in learned.items() if number > index), None)
        if isinstance(shot, WalkShot) and shot.backward and ahead is not None:
            cycle = walked_cycle(shots, index, outline)
            now = cycle if floor < cycle <= ahead else now
    return starts


# Bounds: the cycles at which learning shots begin and end are shown too, whatever the schedule says.


def bounds(shots: Sequence[Shot], first: int, last: int, shown: Sequence[int]) -> set[int]:
    """Return the cycles that have to be shown because a learning shot begins or ends with them.

    The last cycle is among them where the last learning shot would show none.
    """
    learned = learned_cycles(shots, first, last)
    found = {cycle for ends in learned.values() for cycle in ends if first < cycle < last}
    if found and not any(cycle > [*learned.values()][-1][0] for cycle in (*shown, *found)):
        found.add(last)
    return found


def unshown_bounds(shots: Sequence[Shot], first: int, last: int, shown: Collection[int]) -> Iterator[Mistake]:
    """Find learning shots that begin or end with cycles that a recording does not show.

    first, last: of its run. shown: cycles that it can show.
    """
    for index, ends in learned_cycles(shots, first, last).items():
        shot = shots[index]
        assert isinstance(shot, LearningShot)
        for key, given, cycle in zip(("from", "to"), (shot.from_cycle, shot.to_cycle), ends, strict=True):
            if given is not None and given < first:
                yield ("shots", index, key), f"the recording begins with cycle {first:,}, and {given:,} is before it"
            elif given is not None and first < cycle < last and cycle not in shown:
                sides = ([other for other in shown if other < cycle], [other for other in shown if other > cycle])
                near = [f"{choose(side):,}" for choose, side in zip((max, min), sides, strict=True) if side]
                nearest = f"; near are {' and '.join(near)}" if near else ""
                yield ("shots", index, key), f"the recording can show no cycle {cycle:,}{nearest}"


def with_bounds(schedule: Schedule, shots: Sequence[Shot], last: int) -> Schedule:
    """Return the schedule with the cycles at which learning shots begin and end among those shown.

    last: the last cycle of training. A schedule that has them, or that follows from beats not found yet, is returned as
    it is.
    """
    shown = scheduled_steps(schedule, last)
    if shown is None or not (missing := bounds(shots, 0, last, shown) - {*shown}):
        return schedule
    return Schedule(cycles=tuple(sorted({*shown, *missing})))


def learning_mistakes(shots: Sequence[Shot], cycles: int | None) -> Iterator[Mistake]:
    """Find learning shots that do not follow each other, or differ in what is alike in all.

    cycles: of training; None where they are not known.
    """
    before: int | None = None
    given: tuple[int, LearningShot] | None = None
    for index, shot in enumerate(shots):
        if not isinstance(shot, LearningShot):
            continue
        yield from _bounds_of_one(index, shot, cycles)
        if before is not None:
            yield from _after_another(shots, index, shot, before, cycles)
        if shot.examples is not None:
            if given is not None and given[1].examples != shot.examples:
                message = f"shot {given[0] + 1} has examples: {given[1].examples}, which hold for all learning shots"
                yield ("shots", index, "examples"), f"{message}; leave this out"
            given = given or (index, shot)
        before = index


def _bounds_of_one(index: int, shot: LearningShot, cycles: int | None) -> Iterator[Mistake]:
    start, stop = shot.from_cycle, shot.to_cycle
    if cycles is not None:
        for key, cycle in (("from", start), ("to", stop)):
            if cycle is not None and cycle > cycles:
                counted = f"they are counted from 1 to {cycles:,} (training.cycles)"
                yield ("shots", index, key), f"there is no cycle {cycle:,}; {counted}"
        if start == cycles:
            yield (
                ("shots", index, "from"),
                f"cycle {cycles:,} is the last (training.cycles): nothing is learned after it",
            )
    if start is not None and stop is not None and start >= stop:
        yield ("shots", index, "to"), f"the shot begins after cycle {start:,}, and so cannot end with {stop:,}"


def _after_another(
    shots: Sequence[Shot], index: int, shot: LearningShot, before: int, cycles: int | None
) -> Iterator[Mistake]:
    other = shots[before]
    assert isinstance(other, LearningShot)
    if other.to_cycle is None and shot.from_cycle is None:
        message = f"where shot {before + 1} stops learning and this one goes on is not said"
        yield ("shots", index), f"{message}; give shot {before + 1} to, or this one from"
        return
    end = other.to_cycle if other.to_cycle is not None else shot.from_cycle
    assert end is not None
    if shot.from_cycle is not None and shot.from_cycle < end:
        message = (
            f"shot {before + 1} learns up to cycle {end:,}, and this one would begin with {shot.from_cycle:,} again"
        )
        yield ("shots", index, "from"), message
    start = end if shot.from_cycle is None else shot.from_cycle
    if shot.from_cycle is None and shot.to_cycle is not None and shot.to_cycle <= start:
        message = f"shot {before + 1} learns up to cycle {end:,}, and so this one cannot end with {shot.to_cycle:,}"
        yield ("shots", index, "to"), message
    if shot.from_cycle is None and start == cycles:
        yield ("shots", index), f"shot {before + 1} learns up to the last cycle, {start:,}: nothing is left to learn"
    if other.to_cycle is None and other.from_cycle is not None and end <= other.from_cycle:
        message = (
            f"shot {before + 1} begins after cycle {other.from_cycle:,} and ends where this one begins, with {end:,}"
        )
        yield ("shots", index, "from"), message


# Runs that end earlier, because they diverge or are only tried.


def ending_shots(shots: Sequence[AnyShot], before: int, last: int) -> tuple[AnyShot, ...]:
    """Return the shots of a film whose training ends with cycle `last`, not with `before` as it was to.

    In the place of a learning shot that would only begin later the network rests.
    """
    learned, ending = learned_cycles(shots, 0, before), list[AnyShot]()
    for index, shot in enumerate(shots):
        if not isinstance(shot, LearningShot):
            ending.append(shot)
        elif learned[index][0] >= last:
            kept = {name: getattr(shot, name) for name in Shot.model_fields}
            ending.append(RestShot(**kept))
        elif learned[index][1] >= last:
            ending.append(shot.model_copy(update={"to_cycle": None}))
        else:
            ending.append(shot)
    return tuple(ending)


def shots_in_proportion(shots: Sequence[AnyShot], last: int) -> tuple[AnyShot, ...]:
    """Return the shots of a trial film of `last` cycles: each learning shot has the same part of them.

    last: at least the number of learning shots.
    """
    numbers = learning_shots(shots)
    ends = {index: last * (place + 1) // len(numbers) for place, index in enumerate(numbers[:-1])}
    return tuple(
        shot.model_copy(update={"from_cycle": None, "to_cycle": ends.get(index)})
        if isinstance(shot, LearningShot)
        else shot
        for index, shot in enumerate(shots)
    )
