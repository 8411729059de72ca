"""Schedule: shown cycles and recorded examples of a scene, and the keys its training depends on."""

from __future__ import annotations

from netviz.scene.learned_cycles import ending_shots, walked_cycle
from netviz.scene.model import Part, Schedule
from netviz.scene.scene import Scene
from netviz.scene.shots import WalkShot
from netviz.scene.types import increasing


def shown_cycles(scene: Scene) -> tuple[int, ...]:
    """Return the cycles whose steps the film shows, strictly increasing.

    Raises ValueError if their number follows from beats and is not resolved yet (see `pipeline.prepare`).
    """
    return scene.outline.steps


def shown_count(scene: Scene) -> int:
    """Return the number of shown cycles, without listing them: a wrong schedule can ask for a hundred million."""
    schedule = scene.schedule
    if schedule.cycles is not None:
        return len(schedule.cycles)
    return scene.training.cycles // schedule.every if schedule.every is not None else _frames(schedule)


def _frames(schedule: Schedule) -> int:
    if schedule.frames == "beats":
        raise ValueError("how many cycles are shown follows from the beats: settle the scene first")
    return schedule.frames or 1


def cycles_between(first: int, last: int, most: int = 12) -> tuple[int, ...]:
    """Return up to `most` geometrically spaced cycles strictly between 0 <= first < last: all, if there are no more."""
    count = min(most, last - first - 1)
    start = max(first, 0.5)  # training starts at cycle 0, from which nothing can be spaced geometrically
    ideal = [start * (last / start) ** (step / (count + 1)) for step in range(1, count + 1)]
    return increasing(first, ideal)


def turn(number: int, count: int, examples: int) -> tuple[int, ...]:
    """Return the examples (indices, increasing) of shown cycle `number`, from 0, if each presents `count`, in turn."""
    return tuple(sorted((number * count + step) % examples for step in range(count)))


def recorded_examples(scene: Scene) -> dict[int, tuple[int, ...]]:
    """Return the recorded examples (indices, increasing) of every shown cycle.

    All of them, unless the scene gives the number of presented examples. Then those that are presented, and those of
    worked examples; of a worked example with a backward pass also the next one, whose weights are those after the step.
    """
    total, count = scene.data.train_count, scene.presented_count
    shown = shown_cycles(scene)
    if count is None:
        return dict.fromkeys(shown, tuple(range(total)))
    recorded = {cycle: set(turn(number, count, total)) for number, cycle in enumerate(shown)}
    for index, shot in enumerate(scene.shots):
        if isinstance(shot, WalkShot):
            example = shot.example - 1
            after = {example + 1} if shot.backward and example + 1 < total else set()
            recorded[walked_cycle(scene.shots, index, scene.outline)] |= {example} | after
    return {cycle: tuple(sorted(examples)) for cycle, examples in recorded.items()}


def recorded_count(scene: Scene) -> int:
    """Return the largest possible number of recorded (cycle, example) pairs, without listing them."""
    count = scene.presented_count
    return shown_count(scene) * (scene.data.train_count if count is None else count) + walked_count(scene)


def walked_count(scene: Scene) -> int:
    """Return the largest possible number of these pairs that are recorded for worked examples alone."""
    if scene.presented_count is None:
        return 0
    return sum(2 if shot.backward else 1 for shot in scene.shots if isinstance(shot, WalkShot))


def ending_with(scene: Scene, last: int, diverged: int, shown: tuple[int, ...] | None = None) -> Scene:
    """The scene of a film whose run ends with cycle `last`, as it diverges in a later one.

    shown: its shown cycles; None: as many of these as it would show, or those it names that come before.
    """
    schedule = scene.schedule
    if shown is not None or schedule.cycles is not None:
        named = shown_cycles(scene) if shown is None else shown
        schedule = Schedule(cycles=tuple(cycle for cycle in named if cycle <= last) or (last,))
    elif schedule.every is not None:
        schedule = schedule if schedule.every <= last else Schedule(cycles=(last,))
    elif isinstance(schedule.frames, int):
        schedule = Schedule(frames=min(schedule.frames, last))
    training = scene.training.model_copy(update={"cycles": last})
    shots = ending_shots(scene.shots, scene.training.cycles, last)
    ending = scene.model_copy(update={"training": training, "schedule": schedule, "shots": shots}).diverging(diverged)
    there = shown_cycles(ending)
    shots = tuple(
        shot.model_copy(update={"cycle": None})
        if isinstance(shot, WalkShot) and shot.cycle is not None and shot.cycle not in there
        else shot
        for shot in shots
    )
    return ending.model_copy(update={"shots": shots})


# Training keys: the parts of a scene that its training depends on; all others only affect how the film looks.

TRAINED = ("network", "data", "training", "schedule")
"""Parts of a scene that a recording depends on; they cannot be changed afterwards."""

LOOKS_OF_NETWORK = ("bias_nodes", "grid", "inputs", "hidden", "outputs")
"""Keys of `network` that only affect how it is drawn."""


def is_trained(key: str) -> bool:
    """Return whether a dotted key of a scene can change the recording of its training."""
    return key.split(".")[0] in TRAINED and key not in {f"network.{name}" for name in LOOKS_OF_NETWORK}


def trained(scene: Scene) -> dict[str, Part]:
    """Return the parts of a scene that its recording depends on, without keys of looks: equal for the same training.

    A new key of these parts counts as one that training depends on until it is listed there.
    """
    parts: dict[str, Part] = {}
    for name in TRAINED:
        part: Part = getattr(scene, name)
        keys = LOOKS_OF_NETWORK if name == "network" else ()
        parts[name] = part.model_copy(update={key: type(part).model_fields[key].default for key in keys})
    # One activation for all layers is the same as a list of it.
    parts["network"] = parts["network"].model_copy(update={"activation": scene.network.activations})
    return parts
