"""Value types of scene files, with their written forms and their conversion to the form in a Scene.

A scene's author may write more forms than a Scene holds (a number for a list of one, 1080p for a size): validators
convert them, and the JSON Schema of each type gives the written forms. Messages that begin with "expected" say only
what would be right: the code that reports them adds what was found.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FiniteFloat,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from netviz.scene.phrases import ENGLISH

_T = TypeVar("_T")

SMALLEST_SIDE, LARGEST_SIDE = 128, 8192
SIZES = {
    "4k": (3840, 2160),
    "1080p": (1920, 1080),
    "720p": (1280, 720),
    "square": (1080, 1080),
    "portrait": (1080, 1350),
    "vertical": (1080, 1920),
}

LONGEST_TEXT = 200
LARGEST_SEED = 2**32 - 1
LONGEST_FILM = 86_400
_FASTEST = 240
LONGEST_FRACTION = 40
FRACTION = r"[0-9]+(\.[0-9]+)?|[0-9]+/[0-9]+"
WIDTH_X_HEIGHT = r"([0-9]{1,6}) *[x×] *([0-9]{1,6})"


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _as_vector(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (value,) if is_number else _as_tuple(value)


def _as_names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _as_tuple(value)


def _as_fraction(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    # A float means the decimal number it is written as: 0.1 is a tenth. Only short and plain texts are parsed:
    # Fraction("1e999999999") would fill the memory.
    is_plain = isinstance(value, str) and len(value) <= LONGEST_FRACTION and re.fullmatch(FRACTION, value)
    if is_plain or (isinstance(value, float) and math.isfinite(value)):
        with contextlib.suppress(ZeroDivisionError):
            return Fraction(str(value))
    raise ValueError("expected a number, or a fraction such as 30000/1001")


def _as_size(value: Any) -> Any:
    if isinstance(value, str):
        if value in SIZES:
            return SIZES[value]
        match = re.fullmatch(WIDTH_X_HEIGHT, value)
        if match:
            return int(match[1]), int(match[2])
        raise ValueError(f"expected WIDTHxHEIGHT such as 1920x1080, or one of {', '.join(SIZES)}")
    return _as_tuple(value)


def _fit_for_film(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    if width % 2 or height % 2:
        nearest = f"{width + width % 2}x{height + height % 2}"
        raise ValueError(f"{width}x{height} has an odd side, which most players cannot show; the nearest is {nearest}")
    if min(size) < SMALLEST_SIDE or max(size) > LARGEST_SIDE:
        raise ValueError(f"{width}x{height}: both sides must be from {SMALLEST_SIDE} to {LARGEST_SIDE} pixels")
    return size


def drawable(value: Any) -> Any:
    """Return a text unchanged. Raises ValueError if a character in it is none that could be drawn."""
    if isinstance(value, str):
        for character in value:
            if ord(character) < 32 or 0x7F <= ord(character) < 0xA0:
                raise ValueError(f"control character {character!r} cannot be drawn")
            if 0xD800 <= ord(character) <= 0xDFFF:
                raise ValueError(f"lone surrogate {character!r} is not a character")
    return value


def _as_seed(value: Any) -> Any:
    # Text from a command-line option is a number if it looks like a whole seed; Playground's own seeds never do.
    if isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,9}", value) and int(value) <= LARGEST_SEED:
        return int(value)
    return drawable(value)


def _as_phrases(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for name, text in value.items():
        if not isinstance(text, str):
            raise ValueError(f"the phrase '{name}' is no text; put it in quotes")
    return tuple(value.items())


def _inside_picture(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, width, height = box
    if not (left >= 0 and top >= 0 and width > 0 and height > 0 and left + width <= 1.0001 and top + height <= 1.0001):
        raise ValueError(
            "a place is [left, top, width, height] as parts of the picture, which goes from 0 to 1 both ways; "
            f"{list(box)} is not inside it"
        )
    return box


def _file_name(value: Any) -> Any:
    if isinstance(value, str) and ("/" in value or "\\" in value):
        raise ValueError("a name becomes a file's name and cannot hold / or \\")
    if value in (".", ".."):
        raise ValueError(f"a name becomes a file's or a folder's name, and '{value}' is another folder's; give a word")
    return value


def _file_path(value: Any) -> Any:
    if value == "":
        raise ValueError("expected the path of a file")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a NUL character cannot stand in a path")
    return value


_FRACTION_SCHEMA = {
    "type": "string",
    "pattern": f"^({FRACTION})$",
    "maxLength": LONGEST_FRACTION,
    "examples": ["30000/1001"],
}

AS_TUPLE = BeforeValidator(_as_tuple)
Tuple = Annotated[tuple[_T, ...], AS_TUPLE]
Several = Annotated[tuple[_T, ...], Field(min_length=1), AS_TUPLE]
LayerSizes = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=2), BeforeValidator(_as_tuple)]
Grid = Annotated[
    tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]],
    BeforeValidator(_as_tuple),
    WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2}),
]
Vector = Annotated[
    tuple[FiniteFloat, ...],
    Field(min_length=1),
    BeforeValidator(_as_vector),
    WithJsonSchema({"oneOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}, "minItems": 1}]}),
]
FrameRate = Annotated[
    Fraction,
    Field(gt=0, le=_FASTEST),
    BeforeValidator(_as_fraction),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"oneOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": _FASTEST}, _FRACTION_SCHEMA]}),
]
Seconds = Annotated[
    Fraction,
    Field(gt=0, le=LONGEST_FILM),
    BeforeValidator(_as_fraction),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"oneOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST_FILM}, _FRACTION_SCHEMA]}),
]
Offset = Annotated[
    Fraction,
    Field(ge=0, le=LONGEST_FILM),
    BeforeValidator(_as_fraction),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"oneOf": [{"type": "number", "minimum": 0, "maximum": LONGEST_FILM}, _FRACTION_SCHEMA]}),
]
Size = Annotated[
    tuple[int, int],
    BeforeValidator(_as_size),
    AfterValidator(_fit_for_film),
    PlainSerializer(lambda size: f"{size[0]}x{size[1]}", when_used="json"),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string", "pattern": f"^{WIDTH_X_HEIGHT}$", "examples": ["1920x1080"]},
                {"enum": list(SIZES)},
                {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            ]
        }
    ),
]
Seed = Annotated[
    Annotated[int, Field(ge=0, le=LARGEST_SEED)] | Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)],
    BeforeValidator(_as_seed),
]
PanelBox = Annotated[
    tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat],
    BeforeValidator(_as_tuple),
    AfterValidator(_inside_picture),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}),
]
Text = Annotated[str, Field(max_length=LONGEST_TEXT), BeforeValidator(drawable)]
Names = Annotated[
    tuple[Text, ...],
    BeforeValidator(_as_names),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string", "maxLength": LONGEST_TEXT},
                {"type": "array", "items": {"type": "string", "maxLength": LONGEST_TEXT}},
            ]
        }
    ),
]
Name = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"^([^/\\]*[^/\\.][^/\\]*|\.{3,})$"),
    BeforeValidator(_file_name),
    BeforeValidator(drawable),
]
NAMES_A_FILE = BeforeValidator(_file_path)
"""Validator of file paths; in the metadata of a key it also marks that its text is the path of a file."""
# Without pydantic's own limits on a str: those refuse the file names that are not UTF-8.
FilePath = Annotated[str, NAMES_A_FILE, WithJsonSchema({"type": "string", "minLength": 1})]
Phrases = Annotated[
    tuple[tuple[str, Text], ...] | FilePath,
    BeforeValidator(_as_phrases),
    PlainSerializer(lambda words: words if isinstance(words, str) else dict(words), when_used="json"),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in ENGLISH},
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


# Shorthand: a mapping that may be written as the value of its main key: `audio: a.mp3` for `{file: a.mp3}`.


@dataclass(frozen=True)
class Shorthand:
    """Annotation of a scene's key: a text stands for a mapping with one key.

    key: the key of that mapping. schema: the JSON Schema of the text, as (keyword, value) pairs.
    """

    key: str
    schema: tuple[tuple[str, Any], ...] = (("type", "string"),)

    def in_full(self, value: Any) -> Any:
        """Return the mapping that a text stands for; anything else unchanged."""
        return {self.key: value} if isinstance(value, str) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.in_full, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = {keyword: [*value] if isinstance(value, tuple) else value for keyword, value in self.schema}
        return {"anyOf": [schema, handler(core)]}


# Geometric spacing of whole numbers: the choice of shown cycles where a scene does not list them.


def geometric_cycles(frames: int, cycles: int) -> tuple[int, ...]:
    """Return exactly `frames` of the cycles 1 to `cycles`, dense early and sparse later; the first 1, the last
    `cycles`.

    frames: 1 to cycles; a single one is the last.
    """
    if frames == 1:
        return (cycles,)
    return increasing(0, [cycles ** (step / (frames - 1)) for step in range(frames)])


def increasing(after: int, ideal: Sequence[float]) -> tuple[int, ...]:
    """Return whole numbers near ideal ones, strictly increasing and greater than `after`.

    A geometric sequence is too dense for whole numbers at its start and sparse enough at its end: numbers are moved up
    where it is too dense, and never pass its end.
    """
    chosen: list[int] = []
    for number in ideal:
        after = max(round(number), after + 1)
        chosen.append(after)
    return tuple(chosen)
