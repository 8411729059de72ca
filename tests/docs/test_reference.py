"""The reference says what netviz is: every key of the schema, every command and option, every name, every array."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import click
import html5lib
import pytest

import netviz
from netviz.cli.main import cli
from netviz.errors import NetvizError
from netviz.scene.json_schema import scene_schema
from netviz.scene.loader import load_scene

pytestmark = pytest.mark.documentation

SCHEMA = scene_schema()
AT = {"Scene": "", "Example": "data.examples[]", "Sound": "audio", "Caption": "captions[]", "Run": "compare[]"}
AT |= {"Places": "panels[].at", "Animated": "output.animated", "Optimizer": "training.optimizer"}
"""Where definitions stand in a scene file, but for those that stand under their own name."""
SHARED = {"Shot": ("shots[]", ("share", "seconds", "speed", "hold", "caption")), "PanelSpec": ("panels[]", ("at",))}
"""Keys that all shots have, and all panels: they are explained once."""


@cache
def entries(page: Path) -> dict[str, str]:
    """What stands under each key of the page, in one line."""
    tree = html5lib.parse(page.read_text(encoding="utf-8"), namespaceHTMLElements=False)
    found = {}
    for each in tree.iter("dl"):
        if "scenekey" in each.get("class", ""):
            (term,), (meaning,) = each.findall("dt"), each.findall("dd")
            name = "".join(term.find("span").itertext())
            assert name not in found, f"{name} is explained twice"
            found[name] = " ".join("".join(meaning.itertext()).split())
    return found


def keys() -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every key of the schema: how it is written, its schema, whether it must be given."""
    for name, part in [("Scene", SCHEMA), *SCHEMA["definitions"].items()]:
        for key, node in part["properties"].items():
            if key in ("shot", "panel"):
                continue
            prefix = AT.get(name, name.lower())
            for kind, (place, shared) in SHARED.items():
                if name.endswith(kind) and kind != name:
                    own = name.removesuffix(kind).lower()
                    prefix = place if key in shared else f"{place}.{own}"
            yield f"{prefix}.{key}".lstrip("."), node, key in part.get("required", ())


def leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plain schemas of which one must hold for a value."""
    branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in node.get(key, ())]
    if "items" in node:
        branches.append(node["items"])
    yield node
    for branch in branches:
        if "$ref" not in branch:
            yield from leaves(branch)


def said(node: dict[str, Any]) -> Iterator[str]:
    """What a key's entry must say: its meaning, its words, its bounds and its default."""
    yield " ".join(node.get("description", "").replace("`", "").split())
    for leaf in leaves(node):
        yield from map(str, leaf.get("enum", ()))
        yield from (f"{leaf[key]:g}" if leaf[key] < 1e6 else str(leaf[key]) for key in BOUNDS if key in leaf)
    default = node.get("default")
    if (
        "Default:" not in node.get("description", "")
        and isinstance(default, str | bool | int | float)
        and default != ""
    ):
        yield f"default: {default if isinstance(default, str) else json.dumps(default).removesuffix('.0')}"


BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def test_every_key_of_the_schema_has_its_entry(site: Path) -> None:
    written = entries(site / "reference" / "scene-file.html")
    expected = {name: (node, required) for name, node, required in keys()}
    assert {*written} == {*expected}
    for name, (node, required) in expected.items():
        assert [text for text in said(node) if text not in written[name]] == [], (name, written[name])
        assert ("· required" in written[name]) == required, name


def test_what_all_shots_and_panels_share_means_the_same_in_each() -> None:
    by_name: dict[str, set[str]] = {}
    for name, node, _ in keys():
        by_name.setdefault(name, set()).add(json.dumps(node))
    assert [name for name, nodes in by_name.items() if len(nodes) > 1] == []


def text_of(page: Path) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))).split())


@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_every_command_has_its_options(site: Path, name: str) -> None:
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    ids = {*re.findall(r'id="([^"]+)"', page)}
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert f"netviz-{name}" in ids
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            for option in parameter.opts:
                assert f"cmdoption-netviz-{name}{'-' if not option.startswith('--') else ''}{option[1:]}" in ids, option
            meaning = " ".join((parameter.help or "").replace("`", "").split())
            assert meaning in text_of(site / "reference" / "commands.html"), option


def test_every_public_name_is_documented(site: Path) -> None:
    for name in netviz.__all__:
        value = getattr(netviz, name)
        is_error = inspect.isclass(value) and issubclass(value, NetvizError | Warning)
        page = site / "reference" / ("errors.html" if is_error else "python.html")
        assert f'id="netviz.{name}"' in page.read_text(encoding="utf-8"), name
    for page in ("python.html", "errors.html"):
        assert not re.search(
            r"~\w|Ref\(|Annotated|&lt;function", (site / "reference" / page).read_text(encoding="utf-8")
        )


def test_every_parameter_is_in_its_signature(site: Path) -> None:
    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in netviz.__all__:
        value = getattr(netviz, name)
        if inspect.isfunction(value):
            signature = text[text.index(f'id="netviz.{name}"') :].partition("</dt>")[0]
            named = re.findall(r'"sig-param"><span class="n"><span class="pre">(\w+)</span>', signature)
            assert named == list(inspect.signature(value).parameters), name


def test_every_array_of_a_recording_is_documented(site: Path, tmp_path: Path) -> None:
    small = {"training.cycles": 3, "data.samples": 20, "schedule": {"cycles": [1, 3]}}
    netviz.record(load_scene("playground-quadrants", overrides=small)).save(tmp_path / "run.npz")
    import numpy as np

    page = (site / "reference" / "recording-file.html").read_text(encoding="utf-8")
    with np.load(tmp_path / "run.npz") as file:
        names, header = {re.sub(r"_\d+", "_1", name) for name in file}, json.loads(file["header"].tobytes())
    table = {*re.findall(r'<span class="pre">(\w+)</span>', page)}
    assert names - table == set()
    assert {*header} - table == set()
    assert header["format"] == 2
