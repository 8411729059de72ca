"""Reference of scene files, generated from their JSON Schema: `scene-keys` lists the keys of one part of a scene.

    ```{scene-keys} Training
    :prefix: training
    ```

The argument is the name of a definition of the schema, or `Scene` for the whole file. Each key gets its kind of value
and range, its default and its meaning, in the words of the schema and of netviz's messages, and an address of its own:
{key}`training.batch` leads there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from netviz.scene.json_schema import scene_schema
from netviz.scene.messages import expected

Schema = dict[str, Any]
SCHEMA = scene_schema()
KINDS = ("shot", "panel")
"""Keys that say which shot or panel is meant: they are the headings of the reference, not keys in its lists."""


def definition(name: str) -> Schema:
    """The part of the schema that describes a mapping."""
    found: Schema = SCHEMA if name == "Scene" else SCHEMA["definitions"][name]
    return found


def alternatives(node: Schema) -> Iterator[Schema]:
    """The schemas of which a value has to fit one."""
    if "$ref" in node:
        yield from alternatives(definition(node["$ref"].rpartition("/")[2]))
        return
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node:
            for branch in node[key]:
                yield from alternatives(branch)
            return
    yield node


def value_of(node: Schema) -> str:
    """What may be written as a value, with its range: "a whole number from 1, or 'full'"."""
    return expected(list(alternatives(node)))


def default_of(node: Schema, required: bool) -> str:
    """What holds without the key; empty where the meaning says it, or where nothing does."""
    if required:
        return "required"
    default, meaning = node.get("default"), node.get("description", "")
    if "Default:" in meaning:
        return ""
    if default is None or default in ("", []):
        return "default: none"
    if isinstance(default, dict) or (isinstance(default, list) and isinstance(default[0], dict)):
        return ""  # those of its own keys, which have their places below
    text = default if isinstance(default, str) else f"{default:g}" if type(default) is float else json.dumps(default)
    return f"default: `{text}`"


def meaning_of(node: Schema) -> str:
    """What a key means; of one that holds a mapping alone, what that is."""
    return str(node.get("description") or next(alternatives(node)).get("description", ""))


def own_keys(node: Schema) -> list[str]:
    """Keys of a mapping that is described in place, without a definition of its own."""
    return [key for each in alternatives(node) if "definitions" not in each for key in _inline(each)]


def _inline(node: Schema) -> list[str]:
    is_defined = any(node is each for each in SCHEMA["definitions"].values())
    return [] if is_defined else list(node.get("properties", {}))


def plain(text: str) -> str:
    """Text of the schema as Markdown that shows it letter by letter."""
    return re.sub(r"([\\*<\[\]{}|])", r"\\\1", " ".join(text.split()))


class SceneKeys(SphinxDirective):
    """Keys of one mapping of a scene file."""

    required_arguments = 1
    option_spec: ClassVar = {"prefix": directives.unchanged, "only": directives.unchanged, "skip": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        part = definition(self.arguments[0])
        skipped = {*KINDS, *self.options.get("skip", "").split()}
        names = self.options.get("only", "").split() or [name for name in part["properties"] if name not in skipped]
        prefix = self.options.get("prefix", "")
        lines: list[str] = []
        for name in names:
            node = part["properties"][name]
            facts = [plain(value_of(node)), default_of(node, name in part.get("required", ()))]
            lines += [f"````{{scenekey}} {prefix}.{name}" if prefix else f"````{{scenekey}} {name}"]
            lines += ["{.facts}", " · ".join(filter(None, facts)), "", plain(meaning_of(node)), ""]
            if inline := own_keys(node):
                lines += [f"Keys of the mapping: {', '.join(f'`{key}`' for key in inline)}.", ""]
            lines += ["````", ""]
        container = nodes.container(classes=["scene-keys"])
        self.state.nested_parse(StringList(lines, source=self.get_source_info()[0]), self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_object_type("scenekey", "key", objname="scene key", indextemplate="pair: %s; scene key")
    app.add_directive("scene-keys", SceneKeys)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
