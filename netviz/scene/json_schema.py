"""JSON Schema of scene files, and pydantic's errors reworded in its terms.

The schema is draft 7, which the editors' YAML server supports (pydantic writes 2020-12).
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from netviz.errors import MOST_PROBLEMS
from netviz.scene.messages import Schema, advice, choices, expected, found, nearest
from netviz.scene.scene import Scene
from netviz.scene.synonyms import RUN_NAMES, absent, keys_meant, shot_keys_meant
from netviz.scene.yaml import YamlPath

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
VALUE_KINDS = ("shot", "panel")


def scene_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of a scene file, as plain data that may be changed."""
    return copy.deepcopy(_schema())


@cache
def _schema() -> dict[str, Any]:
    schema = _as_draft_7(Scene.model_json_schema())
    for definition in schema["definitions"].values():
        # The kind of a shot or panel has a default in Python only: a file must give it, to say which one is meant.
        for kind in VALUE_KINDS:
            if kind in definition["properties"]:
                definition["required"] = [kind, *definition.get("required", ())]
    return {"$schema": DRAFT_7, **schema}


def _as_draft_7(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    converted: dict[str, Any] = {}
    for key, value in node.items():
        if key == "$defs":
            converted["definitions"] = {name: _as_draft_7(definition) for name, definition in value.items()}
        elif key == "$ref":
            reference = {"$ref": value.replace("#/$defs/", "#/definitions/")}
            # Draft 7 reads nothing beside a $ref, not even a description.
            converted |= reference if len(node) == 1 else {"allOf": [reference]}
        elif key == "properties":
            converted[key] = {name: _as_draft_7(value[name]) for name in value}
        elif key == "default":
            converted[key] = value
        elif key not in ("discriminator", "title"):
            converted[key] = _as_draft_7(value)
    return converted


def root() -> list[Schema]:
    """Return the alternatives (here one) for a whole scene, from which a search by path starts."""
    return [_schema()]


def schema_inside(alternatives: Iterable[Schema], key: str | int, value: Any) -> list[Schema]:
    """Return the alternatives for the value at a key or index of a mapping or list; empty if no value is allowed there.

    value: the mapping itself, as far as it is known: a key such as `shot: think` in it chooses an alternative.
    """
    found: list[Schema] = []
    for schema in _chosen(alternatives, value):
        if isinstance(key, str) and key in schema.get("properties", {}):
            found += _alternatives(schema["properties"][key])
        if isinstance(key, int) and "items" in schema:
            found += _alternatives(schema["items"])
    return found


def known(path: Sequence[str | int]) -> bool:
    """Return whether a scene may have a value at the path."""
    alternatives = root()
    for step in path:
        alternatives = schema_inside(alternatives, step, None)
    return bool(alternatives)


def keys(alternatives: Iterable[Schema], value: Any) -> list[str]:
    """Return the valid keys of a mapping; value: as in `schema_inside`."""
    found = [key for schema in _chosen(alternatives, value) for key in schema.get("properties", {})]
    return list(dict.fromkeys(found))


@cache
def every_key() -> tuple[str, ...]:
    """Return all dotted keys of a scene that lead through mappings alone: training.cycles and the like."""
    found: list[str] = []
    for name in keys(root(), None):
        found.append(name)
        found += [f"{name}.{key}" for key in keys(schema_inside(root(), name, None), None)]
    return tuple(found)


def description(key: str) -> str:
    """Return what the schema says about a dotted key that leads through mappings alone; "" if nothing."""
    *above, name = key.split(".")
    alternatives = root()
    for step in above:
        alternatives = schema_inside(alternatives, step, None)
    nodes = [schema["properties"][name] for schema in alternatives if name in schema.get("properties", {})]
    return next((str(node["description"]) for node in nodes if "description" in node), "")


def _alternatives(node: Schema) -> list[Schema]:
    if "$ref" in node:
        return _alternatives(_schema()["definitions"][node["$ref"].removeprefix("#/definitions/")])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node:
            return [leaf for branch in node[key] for leaf in _alternatives(branch)]
    return [node]


def _chosen(alternatives: Iterable[Schema], value: Any) -> Sequence[Schema]:
    every = list(alternatives)
    if not isinstance(value, Mapping):
        return every
    chosen = [schema for schema in every if all(_agrees(schema, key, value[key]) for key in value)]
    return chosen or every


def _agrees(schema: Schema, key: str, value: Any) -> bool:
    property_schema = schema.get("properties", {}).get(key, {})
    return "const" not in property_schema or value in choices([property_schema])


# Rewording of pydantic's errors about a part of a scene: one message for one mistake.


@dataclass(frozen=True)
class Issue:
    """One mistake in a scene's data. at_key: true if the key is wrong, not the value under it."""

    path: YamlPath
    message: str
    at_key: bool = False


def explain(error: ValidationError, name: str, value: Any, hints: Mapping[YamlPath, str]) -> list[Issue]:
    """Return the mistakes that pydantic found in the value of a scene's key `name`.

    hints: advice for values that are probably not what their author meant.
    """
    by_path: dict[YamlPath, Issue] = {}
    unknown: Counter[Sequence[str | int]] = Counter()
    errors = error.errors(include_url=False)
    lengths = any(details["type"].startswith("string_too") for details in errors)
    for details in errors:
        parent = details["loc"][:-1]
        unknown[parent] += details["type"] == "extra_forbidden"
        issue = _issue(details, name, value, hints, lengths, suggest=unknown[parent] <= MOST_PROBLEMS)
        # Each branch of a union reports an error of its own, about the same value in the same words.
        by_path.setdefault(issue.path, issue)
    parents = {path[:length] for path in by_path for length in range(len(path))}
    return [issue for path, issue in by_path.items() if path not in parents]


def unknown_key(path: YamlPath, alternatives: Sequence[Schema], parent: Any, *, suggest: bool = True) -> Issue:
    """Return the issue of a key that is not one of its parent's.

    suggest: false for one that is only counted, because MOST_PROBLEMS others stand before it: what was meant takes a
    millisecond to find, and there may be 100,000 of them.
    """
    if not suggest:
        return Issue(path, "unknown key", at_key=True)
    key, valid = str(path[-1]), keys(alternatives, parent)
    if len(path) == 1 and (further_in := [other for other in every_key() if other.endswith(f".{key}")]):
        suggestion = "did you mean " + " or ".join(f"'{other}'" for other in further_in) + "?"
    elif path[0] == "shots" and (own := [name for name in shot_keys_meant(key) if name in valid]):
        suggestion = f"did you mean '{own[0]}'?"
    elif path[0] == "compare" and "name" in valid and key in RUN_NAMES:
        suggestion = "did you mean 'name'?"
    elif meant := [other for other in keys_meant(key) if path[0] != "panels" or other.startswith("panels.")]:
        # A key that stands beside the wrong one is named as its neighbours are.
        above = "".join(f"{step}." for step in path[:-1])
        suggestion = "did you mean " + " or ".join(f"'{other.removeprefix(above)}'" for other in meant) + "?"
    elif so := absent(key):
        suggestion = so
    elif near := nearest(key, valid):
        suggestion = f"did you mean '{near}'?"
    else:
        suggestion = f"valid: {', '.join(valid)}"
    return Issue(path, f"unknown key ({suggestion})", at_key=True)


def _issue(
    details: ErrorDetails, name: str, value: Any, hints: Mapping[YamlPath, str], lengths: bool, *, suggest: bool
) -> Issue:
    kind, location, context = details["type"], details["loc"], details.get("ctx", {})
    # A list that is too short lacks an item: it is the list that is wrong.
    at_child = kind in ("missing", "extra_forbidden")
    if kind == "missing" and isinstance(location[-1], int):
        kind = "too_short"
    path, alternatives, value = _follow(location[:-1] if at_child else location, name, value)
    if kind == "extra_forbidden":
        return unknown_key((*path, str(location[-1])), alternatives, value, suggest=suggest)
    if kind == "missing":
        return _missing((*path, location[-1]), schema_inside(alternatives, location[-1], value))
    if kind.startswith("union_tag"):
        key = str(context["discriminator"]).strip("'")
        alternatives = schema_inside(alternatives, key, None)
        if not isinstance(value, str):  # which would be a shorthand for the mapping
            path = (*path, key)
            if key not in value:
                return _missing(path, alternatives)
            value = value[key]
    if kind == "value_error":
        message = str(context["error"])
        if not message.startswith("expected"):
            return Issue(path, message)
    elif kind == "finite_number":
        message = "expected a finite number"
    else:
        message = f"expected {expected(alternatives, lengths=lengths)}"
    hint = f" ({hints[path]})" if value is None and path in hints else advice(value, alternatives)
    return Issue(path, f"{message}, got {found(value, alternatives)}{hint}")


def _missing(path: YamlPath, alternatives: Sequence[Schema]) -> Issue:
    return Issue(path, f"missing; expected {expected(alternatives)}")


def _follow(location: Sequence[str | int], name: str, value: Any) -> tuple[YamlPath, list[Schema], Any]:
    """Return the path of a value, the alternatives for it, and the value.

    Pydantic's location also holds the names of the union branches it tried; they are not in the file.
    """
    path: YamlPath = (name,)
    alternatives = schema_inside(root(), name, None)
    for before, step in zip((None, *location), location, strict=False):
        is_kind = isinstance(before, int) and isinstance(value, Mapping)
        if is_kind and any(value.get(kind) == step for kind in VALUE_KINDS):
            continue  # a branch of that name, which may be a key as well: {panel: text, text: ...}
        below = schema_inside(alternatives, step, value)
        is_there = isinstance(value, Mapping) if isinstance(step, str) else isinstance(value, list | tuple)
        if below and is_there:
            path, alternatives, value = (*path, step), below, value[step]
    return path, alternatives, value
