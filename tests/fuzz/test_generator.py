"""The generator of scenes knows the whole schema: every key, every kind of value under it, every name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from netviz.scene.json_schema import VALUE_KINDS, root, schema_inside
from netviz.scene.loader import read_scene
from netviz.scene.messages import Schema
from tests.fuzz.beside import lay_beside
from tests.fuzz.scenes import make_up

MOST_MADE = 3000
Fact = tuple[str, Any]
"""A place in scenes, and a value that can stand there: a name, or the kind of a value, such as <array>."""
TYPES = {bool: ("boolean",), int: ("integer", "number"), float: ("number",), str: ("string",), type(None): ("null",)}
ANY_KEYS = "compare[].set"
"""Place of a mapping whose keys are those of the scene itself."""


def in_schema(alternatives: Iterable[Schema], place: str) -> Iterator[Fact]:
    for node in alternatives:
        if "properties" in node:
            inner = place + "".join(
                f"<{node['properties'][kind]['const']}>" for kind in VALUE_KINDS if kind in node["properties"]
            )
            yield inner, "<object>"
            for key in node["properties"]:
                yield from in_schema(schema_inside([node], key, None), f"{inner}.{key}".removeprefix("."))
        elif "items" in node:
            yield place, "<array>"
            yield from in_schema(schema_inside([node], 0, None), f"{place}[]")
        else:
            names = [node["const"]] if "const" in node else node.get("enum", ())
            yield from ((place, name) for name in names)
            if not names:
                yield place, f"<{node['type']}>"


def in_scene(value: Any, place: str) -> Iterator[Fact]:
    if isinstance(value, Mapping):
        inner = place + "".join(f"<{value[kind]}>" for kind in VALUE_KINDS if kind in value)
        yield inner, "<object>"
        if place != ANY_KEYS:
            for key, each in value.items():
                yield from in_scene(each, f"{inner}.{key}".removeprefix("."))
    elif isinstance(value, list):
        yield place, "<array>"
        for each in value:
            yield from in_scene(each, f"{place}[]")
    else:
        yield place, value
        yield from ((place, f"<{name}>") for name in TYPES[type(value)])


def test_every_key_and_every_name_of_the_schema_is_made_up_some_time() -> None:
    missing = {*in_schema(root(), "")}
    assert ("style", "classic") in missing
    assert ("shots[]<think>.target", "<null>") in missing
    for seed in range(MOST_MADE):
        missing -= {*in_scene(make_up(Random(seed)).scene, "")}
        if not missing:
            break
    assert not missing, f"tests/fuzz does not make up {sorted(map(str, missing))}"


def test_nearly_all_that_is_made_up_is_accepted(tmp_path: Path) -> None:
    lay_beside(tmp_path)
    made = [make_up(Random(seed)) for seed in range(100)]
    refused = Counter(str(read_scene(each.write(tmp_path)).problems[:1]) for each in made)
    assert refused["()"] >= 90, refused
