"""Schedule: shown and kept cycles of a scene, and the keys its training depends on."""

from __future__ import annotations

from netviz.scene.model import Part, Schedule
from netviz.scene.scene import Scene
from netviz.scene.shots import WalkShot
from netviz.scene.types import geometric_cycles, increasing

_JUST_AFTER_THE_START = 0.5  # training's start is cycle 0, from which nothing can be spaced geometrically


def shown_cycles(scene: Scene) -> tuple[int, ...]:
    """The cycles whose steps the film shows, strictly increasing.

    Raises ValueError if their number follows from beats and nobody has settled it yet (`netviz.settled`).
    """
    schedule, cycles = scene.schedule, scene.training.cycles
    if schedule.cycles is not None:
        return schedule.cycles
    if schedule.every is not None:
        return tuple(range(schedule.every, cycles + 1, schedule.every))
    return geometric_cycles(_frames(schedule), cycles)


def shown_count(scene: Scene) -> int:
    """How many cycles are shown, without listing them: a wrong schedule can ask for a hundred million."""
    schedule = scene.schedule
    if schedule.cycles is not None:
        return len(schedule.cycles)
    return scene.training.cycles // schedule.every if schedule.every is not None else _frames(schedule)


def _frames(schedule: Schedule) -> int:
    if schedule.frames == "beats":
        raise ValueError("how many cycles are shown follows from the beats: settle the scene first")
    return schedule.frames or 1


def cycles_between(first: int, last: int, most: int = 12) -> tuple[int, ...]:
    """Up to `most` geometrically spaced cycles strictly between 0 <= first < last: all, where there are no more."""
    count = min(most, last - first - 1)
    start = max(first, _JUST_AFTER_THE_START)
    ideal = [start * (last / start) ** (step / (count + 1)) for step in range(1, count + 1)]
    return increasing(first, ideal)


def turn(number: int, count: int, examples: int) -> tuple[int, ...]:
    """The examples, increasing, that the `number`-th shown cycle presents if each presents `count`, in turn."""
    return tuple(sorted((number * count + step) % examples for step in range(count)))


def recorded_examples(scene: Scene) -> dict[int, tuple[int, ...]]:
    """For every shown cycle the examples whose rows are kept, increasing: all, unless the scene says how many it shows.

    Then those, and those of walks; of a walk that goes back also the next one, whose weights are those from after it.
    """
    every, count = scene.data.train_count, scene.presented_count
    shown = shown_cycles(scene)
    if count is None:
        return dict.fromkeys(shown, tuple(range(every)))
    kept = {cycle: set(turn(number, count, every)) for number, cycle in enumerate(shown)}
    for shot in scene.shots:
        if isinstance(shot, WalkShot):
            example = shot.example - 1
            after = {example + 1} if shot.backward and example + 1 < every else set()
            kept[shown[0] if shot.cycle is None else shot.cycle] |= {example} | after
    return {cycle: tuple(sorted(examples)) for cycle, examples in kept.items()}


def recorded_count(scene: Scene) -> int:
    """How many rows of examples are kept at most, without listing them."""
    count = scene.presented_count
    return shown_count(scene) * (scene.data.train_count if count is None else count) + walked_count(scene)


def walked_count(scene: Scene) -> int:
    """How many of these are kept for walks alone, at most."""
    if scene.presented_count is None:
        return 0
    return sum(2 if shot.backward else 1 for shot in scene.shots if isinstance(shot, WalkShot))


# What of a scene its training depends on; all else only says how the film looks.

TRAINED = ("network", "data", "training", "schedule")
"""Parts of a scene that a recording was made from; they cannot be other afterwards."""

_LOOKS = ("network.bias_nodes", "network.grid", "network.inputs", "network.outputs")
"""Keys inside those parts that only say how the network is drawn."""


def is_trained(key: str) -> bool:
    """Whether a dotted key of a scene can change what training leaves behind."""
    return key.split(".")[0] in TRAINED and key not in _LOOKS


def trained(scene: Scene) -> dict[str, Part]:
    """The parts of a scene that its recording depends on, without what is only looks: equal for the same training.

    Whatever is added to these parts belongs to it until it is named in LOOKS.
    """
    parts: dict[str, Part] = {}
    for name in TRAINED:
        part: Part = getattr(scene, name)
        keys = [key.partition(".")[2] for key in _LOOKS if key.startswith(f"{name}.")]
        parts[name] = part.model_copy(update={key: type(part).model_fields[key].default for key in keys})
    # One activation for all layers is the same as a list of it.
    parts["network"] = parts["network"].model_copy(update={"activation": scene.network.activations})
    return parts
