"""Cells of tables: the number in a cell, or what stands there instead, and what would be right."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from netviz.scene.messages import printable, shown
from netviz.scene.yaml import LONGEST_NUMBER

Cell = str | float
"""A cell: text as it stands in a file, or a number of an array."""

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "-nan", "null", "?"))
"""Texts that programs write where a value is missing, in small letters."""
_NO_NUMBER = MISSING | {"none", "nil", ".", "-", "--"}
"""The same in a column of numbers; elsewhere `none` may be a word."""

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_WITH_COMMA = re.compile(r"[-+]?([0-9]+,[0-9]*|,[0-9]+)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?inf(inity)?", re.IGNORECASE)
_GROUPS = r"[-+]?[0-9]{{1,3}}({0}[0-9]{{3}})+"
_THOUSANDS = tuple(
    (re.compile(_GROUPS.format(f"[{signs}]") + end), signs)
    for signs, end in (
        (",", r"\.[0-9]+"),
        (".", ",[0-9]+"),
        (",", "(?<=[0-9]{3},[0-9]{3})"),
        (".", r"(?<=[0-9]{3}\.[0-9]{3})"),
        (" '’\xa0\u202f", r"([.,][0-9]+)?"),
    )
)
"""Patterns of numbers with a sign between thousands, and that sign."""
_AMBIGUOUS = re.compile(r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}")
"""Numbers whose point or comma may stand before decimals, or between thousands."""
_DATE = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}([ T].*)?|[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?")
_UNIT = re.compile(r"([€$£¥] ?)?([-+]?[0-9]+([.,][0-9]+)?)( ?([€$£¥]|[^\W0-9_]{1,5}[²³]?|°[CF]?))?")
_TRUTH = {"true": 1, "yes": 1, "false": 0, "no": 0}


def number(cell: Cell, has_commas: bool) -> float | None:
    """Return the number in a cell; None if there is none. has_commas: whether decimals stand behind a comma."""
    if not isinstance(cell, str):
        return float(cell) if math.isfinite(cell) else None
    text = _plain(cell)
    if len(text) > LONGEST_NUMBER:
        return None
    if has_commas:
        text = text.replace(",", ".") if _WITH_COMMA.fullmatch(text) else "" if "." in text else text
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _plain(cell: str) -> str:
    return cell.strip().replace("\u2212", "-")  # a minus sign as typesetters have it


def is_missing(cell: Cell, *, among_numbers: bool = True) -> bool:
    """Return whether a cell says that its value is missing. among_numbers: false in a column of words."""
    if not isinstance(cell, str):
        return math.isnan(cell)
    return cell.strip().lower() in (_NO_NUMBER if among_numbers else MISSING)


def uses_decimal_commas(cells: Iterable[Cell]) -> bool:
    """Return whether of the cells that are numbers with decimals most have a decimal comma, and not a point."""
    commas = points = 0
    for cell in cells:
        if isinstance(cell, str) and ("," in cell or "." in cell):
            text = _plain(cell)
            commas += bool(_WITH_COMMA.fullmatch(text))
            points += bool(_NUMBER.fullmatch(text))
    return commas > points


def may_be_thousands(cells: Iterable[Cell]) -> str | None:
    """Return the first number with a comma, if in all of them that comma may as well stand between thousands."""
    with_comma = [text for cell in cells if isinstance(cell, str) and _WITH_COMMA.fullmatch(text := _plain(cell))]
    return with_comma[0] if with_comma and all(map(_AMBIGUOUS.fullmatch, with_comma)) else None


LIKE_NUMBERS = ("infinite", "long", "percent", "thousands", "comma", "point", "unit")
"""Kinds of cells that are numbers for their authors."""


def kind_of(cell: Cell) -> str:
    """Return the kind of what stands in a cell in place of a number: one of LIKE_NUMBERS, date, truth or text."""
    if not isinstance(cell, str):
        return "infinite"
    text = _plain(cell)
    if len(text) > LONGEST_NUMBER:
        return "long" if text[:1].isdigit() else "text"
    if _INFINITE.fullmatch(text) or _NUMBER.fullmatch(text):
        return "point" if "." in text and math.isfinite(float(text)) else "infinite"
    if _WITH_COMMA.fullmatch(text):
        return "comma"
    if text.endswith("%") and _is_number(text[:-1].rstrip()):
        return "percent"
    if any(pattern.fullmatch(text) for pattern, _ in _THOUSANDS):
        return "thousands"
    if _DATE.fullmatch(text):
        return "date"
    if _UNIT.fullmatch(text):
        return "unit"
    return "truth" if text.lower() in _TRUTH else "text"


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _WITH_COMMA.fullmatch(text))


def message_of(kind: str, cell: Cell, has_commas: bool) -> str:
    """Return the message about a cell of a kind, and what would be right in its place."""
    if not isinstance(cell, str) or kind == "infinite":
        return f"expected a finite number, got {printable(str(cell).strip())[:40]}"
    text = _plain(cell)
    if kind == "long" or len(text) > LONGEST_NUMBER:
        return f"expected a number, got {len(text):,} characters; {LONGEST_NUMBER} are the most"
    mark = "," if has_commas else "."
    hint = ""
    match kind:
        case "comma" | "point":
            right = text.replace("." if has_commas else ",", mark)
            if _AMBIGUOUS.fullmatch(text):
                right = f"{re.sub('[.,]', '', text)} or {right}"
            hint = f"write {right}" + (", as other numbers here have decimal commas" if has_commas else "")
        case "percent":
            hint = f"write {re.sub('[.,]', mark, text[:-1].rstrip())}, without the sign"
        case "thousands":
            signs = next(signs for pattern, signs in _THOUSANDS if pattern.fullmatch(text))
            right = re.sub(f"[{signs}]", "", text)
            hint = f"write {re.sub('[.,]', mark, right)}, with no sign between thousands"
        case "date":
            hint = "a date or a time; give a number, such as days since the first one"
        case "unit":
            bare = _UNIT.sub(r"\2", text)
            hint = f"write {re.sub('[.,]', mark, bare)}, without the unit"
        case "truth":
            hint = f"write {_TRUTH[text.lower()]}"
    return f"expected a number, got text {shown(cell.strip())}" + (f" ({hint})" if hint else "")
