"""Plain data as the text of a scene file, with comments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
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
        if apart or isinstance(value, Mapping):
            lines.append("")
        apart = isinstance(value, Mapping)
        match value:
            case Mapping():
                lines.append(_commented(f"{key}:", comments.get(key)))
                lines += [
                    _commented(f"  {inner}: {_flow(value[inner])}", comments.get(f"{key}.{inner}")) for inner in value
                ]
            case list():
                lines.append(_commented(f"{key}:", comments.get(key)))
                lines += [f"  - {_flow(item)}" for item in value]
            case _:
                lines.append(_commented(f"{key}: {_flow(value)}", comments.get(key)))
    return "\n".join([*lines, ""])


def _commented(text: str, comment: str | None) -> str:
    return f"{text:{COLUMN}}  # {comment}" if comment else text


def _flow(value: Any) -> str:
    """A value in one line: JSON, which is YAML, with plain words and keys left without quotes."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
