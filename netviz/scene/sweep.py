"""Sweep: one scene with one key or more taking several values."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from netviz.errors import InputError, Problem
from netviz.scene.loader import load_scene
from netviz.scene.messages import printable
from netviz.scene.overrides import Override
from netviz.scene.scene import Scene
from netviz.scene.yaml import UnreadableYaml, read_tree

MOST_POINTS = 1000
"""Largest number of scenes in a sweep."""

_RANGE = re.compile(r"([+-]?\d{1,15})\.\.([+-]?\d{1,15})")
_LONGEST_PART = 40
_EXAMPLES = "training.seed=1..8 or training.learning_rate=0.1,0.5,1"


@dataclass(frozen=True)
class SweepPoint:
    """One scene of a sweep. part: the end of its name, after the scene's own: "-seed-1"; overrides: by key."""

    part: str
    overrides: Mapping[str, Override]


def sweep(
    source: str | os.PathLike[str],
    values: Mapping[str, Iterable[Any]],
    *,
    overrides: Mapping[str, Any] | None = None,
    allow_outside: bool = False,
) -> list[Scene]:
    """Load the scenes of all combinations of values, the last key's values changing fastest; each has its own name.

    values: dotted key -> its values: {"training.seed": range(1, 9)} gives xor-seed-1 to xor-seed-8. For the rest see
    `load_scene`. Raises InputError.
    """
    swept = {key: [Override(value, key) for value in each] for key, each in values.items()}
    scenes: list[Scene] = []
    problems: list[Problem] = []
    for point in points(swept):
        try:
            scene = load_scene(source, overrides={**(overrides or {}), **point.overrides}, allow_outside=allow_outside)
        except InputError as wrong:
            problems += wrong.problems
        else:
            scenes.append(named(scene, point))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return scenes


def named(scene: Scene, point: SweepPoint) -> Scene:
    """Return the scene under its own name in the sweep."""
    return scene.model_copy(update={"name": f"{scene.name}{point.part}"})


def parse_sweep(text: str) -> tuple[str, list[Override]]:
    """Parse `training.seed=1..8` into key and values. Values are YAML; a range of whole numbers is written a..b.

    Raises InputError if it is not key=values, or there are none, too many, or one twice.
    """
    key, equals, listed = text.partition("=")
    key = key.strip()
    if not equals or not key:
        raise InputError([Problem(f"--sweep {printable(text)}", f"expected key=values, such as {_EXAMPLES}")])
    origin = f"--sweep {printable(key)}"
    try:
        tree = read_tree(f"[{listed}]")
    except UnreadableYaml as error:
        raise InputError([Problem(origin, error.message)]) from None
    if tree.syntax_issues:
        raise InputError(Problem(origin, issue.message) for issue in tree.syntax_issues)
    values = [value for item in tree.data for value in _values(item, origin)]
    if not values:
        raise InputError([Problem(origin, f"expected values, such as {_EXAMPLES}")])
    for index, value in enumerate(values):
        if any(value == other and type(value) is type(other) for other in values[:index]):
            raise InputError([Problem(origin, f"has {printable(str(value))} twice")])
    return key, [Override(value, origin) for value in values]


def _values(item: Any, origin: str) -> Sequence[Any]:
    found = _RANGE.fullmatch(item) if isinstance(item, str) else None
    if found is None:
        return [item]
    first, last = int(found[1]), int(found[2])
    if not 0 <= last - first < MOST_POINTS:
        message = f"{item}: a range goes from a number up to a greater one, {MOST_POINTS:,} values at most"
        raise InputError([Problem(origin, message)])
    return range(first, last + 1)


def points(swept: Mapping[str, Sequence[Override]]) -> list[SweepPoint]:
    """Return all combinations, the last key's values changing fastest; without keys one, whose part is empty.

    Raises InputError if they are too many.
    """
    count = 1
    for values in swept.values():
        count *= len(values)
    if count > MOST_POINTS:
        where = " and ".join(dict.fromkeys(values[0].origin for values in swept.values() if values))
        raise InputError([Problem(where, f"{count:,} films are too many; {MOST_POINTS:,} is the most")])
    words = _words([*swept])
    found: list[SweepPoint] = []
    used: set[str] = set()
    for chosen in product(*swept.values()):
        part = "".join(f"-{word}-{_slug(each.value)}" for word, each in zip(words, chosen, strict=True))
        # Some file systems do not distinguish capitals from small letters.
        suffix = next(
            end for end in ("", *(f"-{n}" for n in range(2, count + 2))) if f"{part}{end}".lower() not in used
        )
        used.add(f"{part}{suffix}".lower())
        found.append(SweepPoint(part + suffix, dict(zip(swept, chosen, strict=True))))
    return found


def _words(keys: Sequence[str]) -> list[str]:
    """Return each key's word in file names: its last step, or all of it where another key ends the same."""
    steps = [re.split(r"[.\[\]]+", key.rstrip("]")) for key in keys]
    last = [each[-1] for each in steps]
    return [_slug("-".join(each) if last.count(each[-1]) > 1 else each[-1]) for each in steps]


def _slug(value: Any) -> str:
    """Format a value as a readable part of a file name."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, (list, tuple)):
        text = "-".join(map(_slug, value))
    elif isinstance(value, dict):
        text = "-".join(f"{_slug(key)}-{_slug(each)}" for key, each in value.items())
    else:
        text = str(value)
    text = re.sub(r"[^\w.+-]+|_", "-", text)[:_LONGEST_PART]
    return text.strip("-") if not isinstance(value, (int, float)) else text
