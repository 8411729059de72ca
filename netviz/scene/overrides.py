"""What the user typed besides the scene file: dotted keys and values, laid over its data before that is checked."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netviz.errors import InputError, Problem
from netviz.scene.schema import every_key, inside, keys, root
from netviz.scene.spec import Training
from netviz.scene.words import did_you_mean, dotted, kind, printable
from netviz.scene.yaml_tree import Path, UnreadableYaml, read_tree

KINDS_OF_SCHEDULE = ("cycles", "every", "frames")


@dataclass(frozen=True)
class Override:
    """A value that replaces a scene's own. origin: what the user typed it as ("--cycles"), for messages about it."""

    value: Any
    origin: str


@dataclass
class Overlaid:
    """A scene's data with the overrides in it; origins: which paths came from which option."""

    data: dict[str, Any]
    origins: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def origin(self, path: Path) -> tuple[Path, str] | None:
        """The override that gave the value at the path, or a value inside it: its path and its origin."""
        above = [given for given in self.origins if path[: len(given)] == given]
        if above:
            nearest_above = max(above, key=len)
            return nearest_above, self.origins[nearest_above]
        inside_it = [given for given in self.origins if given[: len(path)] == path]
        return (path, self.origins[inside_it[0]]) if inside_it and path else None


def parse_set(text: str) -> tuple[str, Override]:
    """`training.cycles=500` as key and value; the value is read as YAML (`audio=null`, `network.layers=[3, 8, 1]`).

    Raises InputError if it is not key=value.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not key:
        raise InputError([Problem(f"--set {printable(text)}", "expected key=value, such as training.cycles=500")])
    origin = f"--set {printable(key)}"
    try:
        tree = read_tree(value)
    except UnreadableYaml as error:
        raise InputError([Problem(origin, error.message)]) from None
    if tree.slips:
        raise InputError(Problem(origin, slip.message) for slip in tree.slips)
    return key, Override(tree.data, origin)


def overlay(data: Mapping[str, Any], overrides: Mapping[str, Any]) -> Overlaid:
    """The scene's data with the overrides laid over it; the data given stays as it is.

    overrides: dotted key (list items by number: shots.4.inputs) -> Override, or the plain value. Two choices that
    exclude each other (audio and duration, the three kinds of schedule) are settled in favour of what was typed.
    """
    result = Overlaid(copy.deepcopy(dict(data)))
    given = {key: value if isinstance(value, Override) else Override(value, key) for key, value in overrides.items()}
    _settle_length(result, given)
    for key, override in given.items():
        path = tuple(int(part) if part.isdecimal() else part for part in key.split("."))
        problem = _put(result.data, path, override)
        if problem is None:
            result.origins[path] = override.origin
        else:
            result.problems.append(problem)
    _settle_schedule(result, data, given)
    return result


def _put(data: dict[str, Any], path: Path, override: Override) -> Problem | None:
    """Puts the value in its place, making mappings on the way. A wrong file is left alone: it is reported as such."""
    if problem := _unknown(data, path, override.origin):
        return problem
    place: Any = data
    for step, below in zip(path, (*path[1:], None), strict=True):
        if isinstance(step, str) and not isinstance(place, dict):
            return None
        if below is None:
            place[step] = override.value
        elif isinstance(step, str):
            place = place.setdefault(step, {})
        else:
            place = place[step]
    return None


def _unknown(data: Any, path: Path, origin: str) -> Problem | None:
    alternatives = root()
    value: Any = data
    for depth, step in enumerate(path):
        parent = dotted(path[:depth]) or "a scene"
        below = inside(alternatives, step, value)
        if not below:
            valid = ", ".join(keys(alternatives, value))
            otherwise = f" ({parent} has {valid})" if valid else f" ({parent} has no keys)"
            return Problem(origin, f"unknown key{_like_it('.'.join(map(str, path))) or otherwise}")
        alternatives = below
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        elif not isinstance(value, list):
            return Problem(origin, f"{parent} is {kind(value)} here, not a list")
        elif step >= len(value):
            numbers = f"its items are 0 to {len(value) - 1}" if value else "it is empty"
            return Problem(origin, f"{parent} has no item {step}; {numbers}")
        else:
            value = value[step]
    return None


def _like_it(key: str) -> str:
    same_end = [other for other in every_key() if other.endswith(f".{key}")]
    if same_end:
        return " (did you mean " + " or ".join(f"'{other}'" for other in same_end) + "?)"
    return did_you_mean(key, every_key())


def _settle_length(result: Overlaid, given: dict[str, Override]) -> None:
    typed = [key for key in ("audio", "duration") if key in given and given[key].value is not None]
    if len(typed) == 2:
        both = " and ".join(given.pop(key).origin for key in typed)
        result.problems.append(Problem(both, "the film is as long as its music: give one of them, not both"))
    elif typed:
        result.data.pop("duration" if typed == ["audio"] else "audio", None)


def _settle_schedule(result: Overlaid, file_data: Mapping[str, Any], given: Mapping[str, Override]) -> None:
    schedule, cycles = result.data.get("schedule"), _cycles(result.data)
    if not isinstance(schedule, dict):
        return
    file_schedule = file_data.get("schedule")
    listed = file_schedule.get("cycles") if isinstance(file_schedule, dict) else None
    listed = listed if isinstance(listed, list) and listed else None
    typed = [key for key in KINDS_OF_SCHEDULE if f"schedule.{key}" in given and given[f"schedule.{key}"].value]
    if typed == ["frames"] and listed and listed[-1] == cycles and schedule.get("frames") == len(listed):
        # The very number of cycles the scene lists, up to the very end of training: its author chose better ones.
        result.data["schedule"] = {"cycles": listed}
    elif typed:
        result.data["schedule"] = {key: value for key, value in schedule.items() if key not in KINDS_OF_SCHEDULE} | {
            key: schedule[key] for key in typed
        }
    elif listed and listed[-1] != cycles and cycles != _cycles(file_data):
        length_changed = result.origin(("training", "cycles"))
        if length_changed and not any(key.partition(".")[0] == "schedule" for key in given):
            result.data["schedule"] = {"frames": len(listed)}
            result.origins["schedule", "frames"] = length_changed[1]


def _cycles(data: Mapping[str, Any]) -> Any:
    """How long training lasts in this data, right or wrong."""
    training = data.get("training", {})
    return training.get("cycles", Training().cycles) if isinstance(training, dict) else None
