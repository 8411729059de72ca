"""What pydantic found wrong with a part of a scene, in our own words: one message for one mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from netviz.scene.schema import every_key, inside, keys, root
from netviz.scene.words import Schema, advice, expected, found, nearest
from netviz.scene.yaml_tree import Path


@dataclass(frozen=True)
class Flaw:
    """One mistake in a scene's data. at_key: it is the key that is wrong, not the value under it."""

    path: Path
    message: str
    at_key: bool = False


def explain(error: ValidationError, name: str, value: Any, hints: Mapping[Path, str]) -> list[Flaw]:
    """The mistakes pydantic found in the value of a scene's key `name`.

    hints: advice for values that are probably not what their author meant.
    """
    by_path: dict[Path, Flaw] = {}
    errors = error.errors(include_url=False)
    lengths = any(details["type"].startswith("string_too") for details in errors)
    for details in errors:
        flaw = _flaw(details, name, value, hints, lengths)
        # Each branch of a union complains for itself, about the same value in the same words.
        by_path.setdefault(flaw.path, flaw)
    parents = {path[:length] for path in by_path for length in range(len(path))}
    return [flaw for path, flaw in by_path.items() if path not in parents]


def unknown_key(path: Path, alternatives: Sequence[Schema], parent: Any) -> Flaw:
    """A key that is not one of its parent's."""
    key, valid = str(path[-1]), keys(alternatives, parent)
    if len(path) == 1 and (further_in := [other for other in every_key() if other.endswith(f".{key}")]):
        suggestion = "did you mean " + " or ".join(f"'{other}'" for other in further_in) + "?"
    elif near := nearest(key, valid):
        suggestion = f"did you mean '{near}'?"
    else:
        suggestion = f"valid: {', '.join(valid)}"
    return Flaw(path, f"unknown key ({suggestion})", at_key=True)


def _flaw(details: ErrorDetails, name: str, value: Any, hints: Mapping[Path, str], lengths: bool) -> Flaw:
    kind, location, context = details["type"], details["loc"], details.get("ctx", {})
    # A list that is too short lacks an item: it is the list that is wrong.
    at_child = kind in ("missing", "extra_forbidden")
    if kind == "missing" and isinstance(location[-1], int):
        kind = "too_short"
    path, alternatives, value = _follow(location[:-1] if at_child else location, name, value)
    if kind == "extra_forbidden":
        return unknown_key((*path, str(location[-1])), alternatives, value)
    if kind == "missing":
        return _missing((*path, location[-1]), inside(alternatives, location[-1], value))
    if kind.startswith("union_tag"):
        key = str(context["discriminator"]).strip("'")
        path, alternatives = (*path, key), inside(alternatives, key, None)
        if key not in value:
            return _missing(path, alternatives)
        value = value[key]
    if kind == "value_error":
        message = str(context["error"])
        if not message.startswith("expected"):
            return Flaw(path, message)
    elif kind == "finite_number":
        message = "expected a finite number"
    else:
        message = f"expected {expected(alternatives, lengths=lengths)}"
    hint = f" ({hints[path]})" if value is None and path in hints else advice(value, alternatives)
    return Flaw(path, f"{message}, got {found(value, alternatives)}{hint}")


def _missing(path: Path, alternatives: Sequence[Schema]) -> Flaw:
    return Flaw(path, f"missing; expected {expected(alternatives)}")


def _follow(location: Sequence[str | int], name: str, value: Any) -> tuple[Path, list[Schema], Any]:
    """The path of a value, what may stand there, and the value.

    Pydantic's location also holds the names of the union branches it tried; they are no part of the file.
    """
    path: Path = (name,)
    alternatives = inside(root(), name, None)
    for step in location:
        below = inside(alternatives, step, value)
        is_there = isinstance(value, Mapping) if isinstance(step, str) else isinstance(value, list | tuple)
        if below and is_there:
            path, alternatives, value = (*path, step), below, value[step]
    return path, alternatives, value
