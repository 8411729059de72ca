"""Wording of messages: the expected and the found value, in words."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netviz.scene.synonyms import value_meant

Schema = Mapping[str, Any]

LONGEST_SHOWN = 60


def printable(text: str) -> str:
    """Return the text in one line of characters that every terminal can show, with all others escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def nearest(name: str, options: Iterable[str]) -> str | None:
    """Return the option that the name means in other tools, or the one most similar to it; None if there is none."""
    options = [*options]
    if meant := value_meant(name, options):
        return meant
    by_lower = {option.lower(): option for option in options}
    found = difflib.get_close_matches(name.lower()[:LONGEST_SHOWN], by_lower, n=1)
    return by_lower[found[0]] if found else None


def did_you_mean(name: Any, options: Iterable[str]) -> str:
    """Return " (did you mean '...'?)", or an empty text if no option is similar to the name."""
    found = nearest(name, options) if isinstance(name, str) else None
    return f" (did you mean '{found}'?)" if found else ""


def dotted(path: Sequence[str | int]) -> str:
    """Return the path of a value as its author would write it: data.examples[2].target."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = part.isprintable() and 0 < len(part) <= LONGEST_SHOWN and not set(part) & set(" .:[]'\"")
            text += ("." if text else "") + (part if plain else _cut(repr(part)))
    return text


def expected(alternatives: Sequence[Schema], *, lengths: bool = False) -> str:
    """Describe the allowed values of a place: "a whole number from 1, or 'full'".

    alternatives: the schemas of which one must hold. lengths: give the allowed length of a text as well.
    """
    options = choices(alternatives)
    descriptions: list[str] = []
    for schema in alternatives:
        if "enum" in schema or "const" in schema:
            descriptions.append(_one_of(options))
        elif schema.get("type") == "array" and options and choices([schema["items"]]) == options:
            descriptions.append("a list of them")
        elif schema.get("type") != "null":
            descriptions.append(_expected(schema, lengths))
    return ", or ".join(dict.fromkeys(descriptions)) or "nothing"


def choices(alternatives: Iterable[Schema]) -> list[str]:
    """Return the words of which a value must be one, in order; an empty list if there are none."""
    found: list[str] = []
    for schema in alternatives:
        found += schema.get("enum", [schema["const"]] if "const" in schema else [])
    return found


def kinds(alternatives: Iterable[Schema]) -> set[str]:
    """Return the allowed kinds of a value, as `kind` names them."""
    names = {"integer": "whole number", "string": "text", "boolean": "true or false", "array": "list"}
    names |= {"number": "number", "object": "mapping", "null": "nothing"}
    found = {names[schema["type"]] if "type" in schema else "text" for schema in alternatives}
    return found | {"whole number"} if "number" in found else found


def kind(value: Any) -> str:
    """Return the kind of a value, in words for people who write YAML."""
    if value is None:
        return "nothing"
    for kinds_of, name in (
        (bool, "true or false"),
        (int, "whole number"),
        (float, "number"),
        (str, "text"),
        (list | tuple, "list"),
        (Mapping, "mapping"),
    ):
        if isinstance(value, kinds_of):
            return name
    return type(value).__name__


def found(value: Any, alternatives: Sequence[Schema]) -> str:
    """Describe the value found in a place, shortened; its kind is named if the kind is wrong."""
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else shown(value)
    is_kind_wrong = kind(value) not in kinds(alternatives)
    length = f" ({len(value)} characters)" if isinstance(value, str) and len(value) > LONGEST_SHOWN else ""
    return f"{kind(value) + ' ' if is_kind_wrong else ''}{shown(value)}{length}"


def advice(value: Any, alternatives: Sequence[Schema]) -> str:
    """Return what to write instead, if a value's kind shows what was meant; otherwise an empty text."""
    allowed = kinds(alternatives) - {"nothing"}
    if "true or false" in allowed and isinstance(value, str) and value.lower() in ("yes", "on", "no", "off"):
        return f" (write {'true' if value.lower() in ('yes', 'on') else 'false'})"
    if kind(value) in allowed:
        return did_you_mean(value, choices(alternatives))
    if "whole number" in allowed and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f" (write {int(value)})"
    if "text" in allowed and isinstance(value, bool | int | float) and not choices(alternatives):
        return " (in quotes it would be text)"
    if allowed & {"number", "whole number"} and isinstance(value, str) and _is_number(value):
        return " (without quotes it would be a number)"
    return did_you_mean(value, choices(alternatives))


def shown(value: Any) -> str:
    """Format a value as YAML would write it in one line, shortened."""
    return _cut(_shown(value))


def _shown(value: Any, depth: int = 0) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, int) and value.bit_length() > 1000:
        return "a number of hundreds of digits"
    if isinstance(value, str):
        return printable(repr(value[: LONGEST_SHOWN + 1]))
    if isinstance(value, list | tuple | Mapping) and depth > 2:
        return "..."
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(item, depth + 1) for item in value[:LONGEST_SHOWN])}]"
    if isinstance(value, Mapping):
        pairs = list(value.items())[:LONGEST_SHOWN]
        return f"{{{', '.join(f'{printable(str(key))}: {_shown(item, depth + 1)}' for key, item in pairs)}}}"
    return printable(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _one_of(options: Sequence[str]) -> str:
    return f"one of {', '.join(options)}" if len(options) > 1 else f"'{options[0]}'"


def _expected(schema: Schema, lengths: bool) -> str:
    match schema["type"]:
        case "integer" | "number":
            return f"a {'whole ' if schema['type'] == 'integer' else ''}number{_bounds(schema)}"
        case "boolean":
            return "true or false"
        case "array":
            return _expected_list(schema)
        case "object":
            keys = [*schema.get("required", ()), *schema.get("properties", ())]
            return f"a mapping such as {schema['examples'][0] if 'examples' in schema else f'{{{keys[0]}: ...}}'}"
        case _:
            return _expected_text(schema, lengths)


def _bounds(schema: Schema) -> str:
    text = ""
    for key, word in (
        ("minimum", "from"),
        ("exclusiveMinimum", "above"),
        ("maximum", "to" if "minimum" in schema else "up to"),
        ("exclusiveMaximum", "and below"),
    ):
        if key in schema:
            text += f" {word} {schema[key]}"
    return text


def _expected_list(schema: Schema) -> str:
    items = _plural(schema["items"])
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if least and least == most:
        return f"a list of {least} {items}"
    if least and most:
        return f"a list of {least} to {most} {items}"
    return f"a list of {f'at least {least} ' if least > 1 else 'one or more ' if least else ''}{items}"


def _plural(schema: Schema) -> str:
    """Name the kind of a list's items, in the plural."""
    options = choices([schema])
    if options:
        return f"names, each {_one_of(options)}"
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(map(_plural, schema["oneOf"])))
    if schema.get("type") == "array":
        inner = schema["items"]
        # Inner items that may be a number or a list of numbers are described as a list only.
        return f"lists of {_plural(inner['oneOf'][-1] if 'oneOf' in inner else inner)}"
    plurals = {"integer": f"whole numbers{_bounds(schema)}", "number": f"numbers{_bounds(schema)}", "string": "texts"}
    return plurals.get(schema.get("type", ""), "mappings")


def _expected_text(schema: Schema, lengths: bool) -> str:
    if "examples" in schema:
        return f"text such as {schema['examples'][0]}"
    if lengths and "maxLength" in schema:
        return f"text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return "text"
