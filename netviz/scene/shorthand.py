"""A part of a scene that may be written as the value that matters most: `audio: a.mp3` for `{file: a.mp3}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Shorthand:
    """Says of a scene's key that a text stands for a mapping with one key.

    key: of the mapping. schema: the JSON Schema of the text, as (keyword, value) pairs.
    """

    key: str
    schema: tuple[tuple[str, Any], ...] = (("type", "string"),)

    def in_full(self, value: Any) -> Any:
        """The mapping that a text stands for; anything else as it is."""
        return {self.key: value} if isinstance(value, str) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.in_full, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [dict(self.schema), handler(core)]}
