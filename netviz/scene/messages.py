"""Messages: what was expected and what was found, in words."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

LONGEST_SHOWN = 60


def printable(text: str) -> str:
    """The text in one line of characters every terminal can show; whatever else is in it is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def nearest(name: str, options: Iterable[str]) -> str | None:
    """The option most like the name, whatever its capitals, or None if none is like it."""
    by_lower = {option.lower(): option for option in options}
    found = difflib.get_close_matches(name.lower()[:LONGEST_SHOWN], by_lower, n=1)
    return by_lower[found[0]] if found else None


def did_you_mean(name: Any, options: Iterable[str]) -> str:
    """ " (did you mean '...'?)", or nothing if the name is like none of the options."""
    found = nearest(name, options) if isinstance(name, str) else None
    return f" (did you mean '{found}'?)" if found else ""


def dotted(path: Sequence[str | int]) -> str:
    """The path of a value as its author would write it: data.examples[2].target."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = part.isprintable() and 0 < len(part) <= LONGEST_SHOWN and not set(part) & set(" .:[]'\"")
            text += ("." if text else "") + (part if plain else _cut(repr(part)))
    return text


def expected(alternatives: Sequence[Schema], *, lengths: bool = False) -> str:
    """What may stand in a place: "a whole number from 1, or 'full'".

    alternatives: the schemas of which one must hold. lengths: whether to say how long a text may be.
    """
    options = choices(alternatives)
    said: list[str] = []
    for schema in alternatives:
        if "enum" in schema or "const" in schema:
            said.append(_one_of(options))
        elif schema.get("type") == "array" and options and choices([schema["items"]]) == options:
            said.append("a list of them")
        elif schema.get("type") != "null":
            said.append(_expected(schema, lengths))
    return ", or ".join(dict.fromkeys(said)) or "nothing"


def choices(alternatives: Iterable[Schema]) -> list[str]:
    """The words of which one may stand in a place, in order, if there are any."""
    found: list[str] = []
    for schema in alternatives:
        found += schema.get("enum", [schema["const"]] if "const" in schema else [])
    return found


def kinds(alternatives: Iterable[Schema]) -> set[str]:
    """The kinds of values that may stand in a place, as `kind` names them."""
    names = {"integer": "whole number", "string": "text", "boolean": "true or false", "array": "list"}
    names |= {"number": "number", "object": "mapping", "null": "nothing"}
    found = {names[schema["type"]] if "type" in schema else "text" for schema in alternatives}
    return found | {"whole number"} if "number" in found else found


def kind(value: Any) -> str:
    """The kind of a value in the words of somebody who writes YAML."""
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
    """What stands in a place, shortened; its kind is named where that is what is wrong."""
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else shown(value)
    named = kind(value) not in kinds(alternatives)
    length = f" ({len(value)} characters)" if isinstance(value, str) and len(value) > LONGEST_SHOWN else ""
    return f"{kind(value) + ' ' if named else ''}{shown(value)}{length}"


def advice(value: Any, alternatives: Sequence[Schema]) -> str:
    """What to write instead, where a value's kind shows what was meant; otherwise nothing."""
    wanted = kinds(alternatives) - {"nothing"}
    if "true or false" in wanted and isinstance(value, str) and value.lower() in ("yes", "on", "no", "off"):
        return f" (write {'true' if value.lower() in ('yes', 'on') else 'false'})"
    if kind(value) in wanted:
        return did_you_mean(value, choices(alternatives))
    if "whole number" in wanted and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f" (write {int(value)})"
    if "text" in wanted and isinstance(value, bool | int | float) and not choices(alternatives):
        return " (in quotes it would be text)"
    if wanted & {"number", "whole number"} and isinstance(value, str) and _is_number(value):
        return " (without quotes it would be a number)"
    return did_you_mean(value, choices(alternatives))


def shown(value: Any) -> str:
    """A value as YAML would write it in one line, shortened."""
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
    """What the items of a list are."""
    options = choices([schema])
    if options:
        return f"names, each {_one_of(options)}"
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(map(_plural, schema["oneOf"])))
    if schema.get("type") == "array":
        inner = schema["items"]
        # Of what may be a number or a list of them, deep inside only the list is said.
        return f"lists of {_plural(inner['oneOf'][-1] if 'oneOf' in inner else inner)}"
    plurals = {"integer": f"whole numbers{_bounds(schema)}", "number": f"numbers{_bounds(schema)}", "string": "texts"}
    return plurals.get(schema.get("type", ""), "mappings")


def _expected_text(schema: Schema, lengths: bool) -> str:
    if "examples" in schema:
        return f"text such as {schema['examples'][0]}"
    if lengths and "maxLength" in schema:
        return f"text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return "text"
