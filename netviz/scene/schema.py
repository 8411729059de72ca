"""The scene file's JSON Schema: what an editor checks while a scene is written, and what our messages are told from.

Draft 7, which the editors' YAML server speaks (pydantic writes 2020-12).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from netviz.scene.spec import Scene
from netviz.scene.words import Schema, choices

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
KINDS = ("shot", "panel")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 7) of a scene file, as plain data that may be changed."""
    return copy.deepcopy(_schema())


@cache
def _schema() -> dict[str, Any]:
    written = _as_draft_7(Scene.model_json_schema())
    for definition in written["definitions"].values():
        # The kind of a shot or panel has a default in Python only: in a file it says which of them is meant.
        for kind in KINDS:
            if kind in definition["properties"]:
                definition["required"] = [kind, *definition.get("required", ())]
    return {"$schema": DRAFT_7, **written}


def _as_draft_7(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    written: dict[str, Any] = {}
    for key, value in node.items():
        if key == "$defs":
            written["definitions"] = {name: _as_draft_7(definition) for name, definition in value.items()}
        elif key == "$ref":
            reference = {"$ref": value.replace("#/$defs/", "#/definitions/")}
            # Draft 7 reads nothing beside a $ref, not even a description.
            written |= reference if len(node) == 1 else {"allOf": [reference]}
        elif key == "properties":
            written[key] = {name: _as_draft_7(value[name]) for name in value}
        elif key == "default":
            written[key] = value
        elif key not in ("discriminator", "title"):
            written[key] = _as_draft_7(value)
    return written


def root() -> list[Schema]:
    """The alternatives (here one) for a whole scene: where a walk begins."""
    return [_schema()]


def inside(alternatives: Iterable[Schema], key: str | int, value: Any) -> list[Schema]:
    """The alternatives for the value at a key or index of a mapping or list; empty if nothing may stand there.

    value: the mapping itself, as far as it is known: what it says of itself (`shot: think`) chooses an alternative.
    """
    found: list[Schema] = []
    for schema in _chosen(alternatives, value):
        if isinstance(key, str) and key in schema.get("properties", {}):
            found += _alternatives(schema["properties"][key])
        if isinstance(key, int) and "items" in schema:
            found += _alternatives(schema["items"])
    return found


def known(path: Sequence[str | int]) -> bool:
    """Whether a scene may have a value at the path."""
    alternatives = root()
    for step in path:
        alternatives = inside(alternatives, step, None)
    return bool(alternatives)


def keys(alternatives: Iterable[Schema], value: Any) -> list[str]:
    """The valid keys of a mapping; value: as in `inside`."""
    found = [key for schema in _chosen(alternatives, value) for key in schema.get("properties", {})]
    return list(dict.fromkeys(found))


@cache
def every_key() -> tuple[str, ...]:
    """All dotted keys of a scene that lead through mappings alone: training.cycles and the like."""
    found: list[str] = []
    for name in keys(root(), None):
        found.append(name)
        found += [f"{name}.{key}" for key in keys(inside(root(), name, None), None)]
    return tuple(found)


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
