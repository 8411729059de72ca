"""Plain data as the text of a scene file, with comments."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NOT_TEXT = ("true", "false", "null")
COLUMN = 42
"""Where comments begin."""


def as_yaml(data: Mapping[str, Any], heading: str, comments: Mapping[str, str]) -> str:
    """A scene file that says what the data say.

    heading: its first lines. comments: dotted key -> what to say of it.
    """
    lines = [f"# {line}" for line in heading.splitlines()]
    apart = True
    for key, value in data.items():
        if apart or isinstance(value, Mapping | list):
            lines.append("")
        apart = isinstance(value, Mapping | list)
        if isinstance(value, Mapping):
            lines.append(_commented(f"{_key(key)}:", comments.get(key)))
            for inner in value:
                lines += _entry(inner, value[inner], "  ", comments.get(f"{key}.{inner}"))
        elif isinstance(value, list):
            lines += _entry(key, value, "", comments.get(key), block=True)
        else:
            lines += _entry(key, value, "", comments.get(key))
    return "\n".join([*lines, ""])


def plain(value: Any) -> Any:
    """Plain data with whole numbers written as such: 1, not 1.0."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    # What is a negative zero stays one: as a weight it is another number.
    return int(value) if is_whole and (value or math.copysign(1, value) > 0) else value


def _entry(key: str, value: Any, indent: str, comment: str | None, *, block: bool = False) -> list[str]:
    """A key and its value: in one line, or a line for each item of a list whose items hold others."""
    if isinstance(value, list) and (block or any(isinstance(item, list | Mapping) for item in value)):
        items = [f"{indent}  - {_flow(item)}" for item in value]
        return [_commented(f"{indent}{_key(key)}:{'' if items else ' []'}", comment), *items]
    return [_commented(f"{indent}{_key(key)}: {_flow(value)}", comment)]


def _commented(text: str, comment: str | None) -> str:
    return f"{text:{COLUMN}}  # {comment}" if comment else text


def _flow(value: Any) -> str:
    """A value in one line: JSON, which is YAML, with plain words and keys left without quotes."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)}: {_flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT else _quoted(value)
    return json.dumps(value)


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _NOT_TEXT else _quoted(key)


def _quoted(text: str) -> str:
    # Of what no terminal shows, some would end the line, and some may not stand in YAML at all.
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in json.dumps(text, ensure_ascii=False))
