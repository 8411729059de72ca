"""Export: a Scene as the data and text of a scene file again.

`load_scene` turns it into the same Scene again, except for its name, once the files it names lie beside it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from netviz.resources import BUNDLED, assets_folder
from netviz.scene.json_schema import VALUE_KINDS
from netviz.scene.messages import printable
from netviz.scene.model import Part
from netviz.scene.scene import Look
from netviz.scene.sound import SONIFY
from netviz.scene.types import NAMES_A_FILE, Shorthand

ALWAYS = ("schedule",)
"""Keys of a scene that are always exported, because their defaults depend on its other keys."""
_NEVER = ("name",)
"""Keys that are never exported, because they do not affect the film: under any name, its file is the same."""
_VECTORS = ("inputs", "target")
"""Keys under which a list of one number may be written as the number."""
_AS_THEY_ARE = ("compare",)
"""Keys whose numbers are exported as they were written: the default names of runs contain them."""


@dataclass(frozen=True)
class Written:
    """Exported data of a scene, and the names of the files that have to lie beside it, bundled ones left out."""

    data: dict[str, Any]
    files: tuple[str, ...]


def written(scene: Look, always: Collection[str] = ALWAYS) -> Written:
    """Export a scene as the data of a scene file, in the order of netviz's keys, without the scene's name.

    always: keys that are exported even where they have their default. Of a file's path only the file name is left
    (bundled files are bundled:NAME again), and two files of one name get different ones.
    """
    names: dict[str, str] = {}
    data = _explicit_values(scene, names, always)
    data = {key: value if key in _AS_THEY_ARE else plain(value) for key, value in data.items()}
    return Written(data, tuple(dict.fromkeys(name for name in names.values() if not name.startswith(BUNDLED))))


def scene_hash(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a scene's data in 64 hexadecimal digits: of JSON in ASCII, keys sorted, without spaces."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def scene_file(data: Mapping[str, Any], heading: str, files: tuple[str, ...] = ()) -> str:
    """Return the text of a scene file. heading: its first lines; the files that must lie beside it are added to
    them."""
    beside = f"\nBeside this file have to lie: {', '.join(map(printable, files))}" if files else ""
    return as_yaml(data, heading + beside, {})


def _explicit_values(part: Part, names: dict[str, str], always: Collection[str] = ()) -> dict[str, Any]:
    """Return the values of a part that differ from its defaults, or have to be exported in any case."""
    in_json = part.model_dump(mode="json")
    values: dict[str, Any] = {}
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        is_root = isinstance(part, Look)
        if is_root and name in _NEVER:
            continue
        if name in VALUE_KINDS or name in always or value != info.get_default(call_default_factory=True):
            key = info.alias or name
            values[key] = _value(name, value, info, in_json[key], names)
    return values


def _value(name: str, value: Any, info: FieldInfo, in_json: Any, names: dict[str, str]) -> Any:
    match value:
        case Part():
            return _short(_explicit_values(value, names), value, info)
        case tuple() if value and all(isinstance(item, Part) for item in value):
            return [_explicit_values(item, names) for item in value]
        case (float() as number,) if name in _VECTORS:
            return number
        case Fraction():
            return exact(value)
        case str() if value != SONIFY and _is_file(info):
            return _file_name(value, names)
        case _:
            return in_json


def exact(value: Fraction) -> float | int | str:
    """A fraction as it would be typed: as a number where that is exact."""
    if Fraction(str(float(value))) != value:
        return str(value)
    return int(value) if value.denominator == 1 else float(value)


def _short(values: dict[str, Any], part: Part, info: FieldInfo) -> Any:
    """Return a single text in place of a mapping that holds no more, where the key has a shorthand."""
    for shorthand in info.metadata:
        if isinstance(shorthand, Shorthand) and values.keys() <= {shorthand.key}:
            text = values.get(shorthand.key, getattr(part, shorthand.key))
            return text if isinstance(text, str) else values
    return values


def _is_file(info: FieldInfo) -> bool:
    return any(NAMES_A_FILE in found for found in (info.metadata, *_metadata(info.annotation)))


def _metadata(annotation: Any) -> Iterator[tuple[Any, ...]]:
    yield getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _metadata(inner)


def _file_name(path: str, names: dict[str, str]) -> str:
    if path not in names:
        names[path] = _bundled_name(path) or _free_name(path, set(names.values()))
    return names[path]


def _bundled_name(path: str) -> str | None:
    if path.startswith(BUNDLED):
        return path
    return f"{BUNDLED}{Path(path).name}" if Path(path).parent == assets_folder() else None


def _free_name(path: str, used: set[str]) -> str:
    """Return an unused file name for a path of any operating system, in a form that a scene can hold."""
    name = re.split(r"[/\\]", path)[-1].encode(errors="replace").decode() or "file"
    if name == SONIFY or name.startswith(BUNDLED):
        name = f"./{name}"
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 1
    while name in used:
        number += 1
        name = f"{stem}-{number}{suffix}"
    return name


# YAML: plain data as the text of a scene file, with comments.

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[1-9][0-9]*x[1-9][0-9]*")
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NOT_TEXT = ("true", "false", "null")
COLUMN = 42
"""Column at which comments begin."""


def as_yaml(data: Mapping[str, Any], heading: str, comments: Mapping[str, str]) -> str:
    """Format data as the text of a scene file.

    heading: its first lines. comments: dotted key -> comment beside it.
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
    """Return plain data with whole numbers as integers: 1, not 1.0."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    # A negative zero stays a float: as a weight it is another number.
    return int(value) if is_whole and (value or math.copysign(1, value) > 0) else value


def _entry(key: str, value: Any, indent: str, comment: str | None, *, block: bool = False) -> list[str]:
    """Format a key and its value: in one line, or in one line for each item of a list of lists or mappings."""
    if isinstance(value, list) and (block or any(isinstance(item, list | Mapping) for item in value)):
        items = [f"{indent}  - {flow(item)}" for item in value]
        return [_commented(f"{indent}{_key(key)}:{'' if items else ' []'}", comment), *items]
    return [_commented(f"{indent}{_key(key)}: {flow(value)}", comment)]


def _commented(text: str, comment: str | None) -> str:
    return f"{text:{COLUMN}}  # {comment}" if comment else text


def flow(value: Any) -> str:
    """Format a value in one line: JSON, which is YAML, with plain words and keys left without quotes."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)}: {flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT else _quoted(value)
    return json.dumps(value)


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _NOT_TEXT else _quoted(key)


def _quoted(text: str) -> str:
    # Characters that no terminal shows are escaped: some would end the line, and YAML does not allow some.
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in json.dumps(text, ensure_ascii=False))
