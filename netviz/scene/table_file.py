"""Table files: CSV as programs write it, with commas, semicolons or tabs between cells, read as a Table."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from netviz.errors import InputError, Problem
from netviz.scene.cells import number
from netviz.scene.files import read_text
from netviz.scene.messages import printable
from netviz.scene.table import MOST_COLUMNS, MOST_ROWS, Row, Table
from netviz.scene.types import LONGEST_TEXT

LARGEST_TABLE = 10_000_000
"""Largest size of a table's file, in bytes."""
DELIMITERS = (",", ";", "\t")
_BEHIND_QUOTE = re.compile(r'" +(?=[,;\t\r\n]|\Z)')
"""Spaces behind a quote that ends a cell; taken away where the text is no CSV with them."""
_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")
_SPREADSHEET = "is a spreadsheet or another packed file; save the table in it as CSV"


def read_table(path: Path, where: str) -> Table:
    """Read the table in a CSV file, whose first row names the columns.

    where: the file as the user knows it. Raises InputError if there is none in it, or a larger one than can be shown.
    """
    where = printable(where)
    if path.suffix.lower() in (".npz", ".npy"):
        raise InputError([Problem(where, f"holds arrays of NumPy; write arrays: {path.name} in place of csv")])
    if path.suffix.lower() in _SPREADSHEETS:
        raise InputError([Problem(where, _SPREADSHEET)])
    try:
        text = read_text(path, where, largest=LARGEST_TABLE, what="table")
    except InputError as error:
        raise (InputError([Problem(where, _SPREADSHEET)]) if _is_packed(path) else error) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError([Problem(f"{where}:{line}", "a NUL character, which no table of text has")])
    delimiter, rows, found = _rows(text, where)
    if not rows:
        raise InputError([Problem(where, "is empty; the first row must hold the names of the columns")])
    header, *body = rows
    columns = tuple(str(cell).strip() for cell in header.cells)
    problems = _header_problems(columns, f"{where}:{header.line}")
    if not body and not problems:
        problems.append(Problem(where, "has no rows below the names of its columns"))
    if found - 1 > MOST_ROWS:
        problems.append(Problem(where, f"has {found - 1:,} rows; {MOST_ROWS:,} are the most, so take a sample of them"))
    if problems:
        raise InputError(problems)
    groups = {name: (index,) for index, name in enumerate(columns)}
    return Table(where, columns, tuple(body), groups, may_have_commas=delimiter != ",")


def _is_packed(path: Path) -> bool:
    """Return whether a file begins as ZIP files do, which newer spreadsheets are."""
    try:
        if not path.is_file():  # opening a pipe would wait for a writer
            return False
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except (OSError, ValueError):
        return False


def _header_problems(columns: Sequence[str], where: str) -> list[Problem]:
    if len(columns) > MOST_COLUMNS:
        return [Problem(where, f"{len(columns):,} columns; {MOST_COLUMNS:,} are the most")]
    if long := [(index, len(name)) for index, name in enumerate(columns, 1) if len(name) > LONGEST_TEXT]:
        message = "a name of {:,} characters; {} are the most"
        return [Problem(f"{where}: column {index}", message.format(length, LONGEST_TEXT)) for index, length in long]
    if len(columns) == 1:
        message = f"one column alone, '{printable(columns[0])}'; commas, semicolons or tabs stand between columns"
        return [Problem(where, message)]
    if all(number(name, has_commas=False) is not None for name in columns):
        return [Problem(where, "the first row must hold the names of the columns; here are numbers")]
    twice = sorted(name for name, count in Counter(columns).items() if name and count > 1)
    if not twice:
        return []
    more = f"; so do {len(twice) - 1:,} more" if len(twice) > 1 else ""
    return [Problem(where, f"column '{printable(twice[0])}': stands there more than once{more}")]


def _delimiter(text: str) -> str:
    """The sign between the cells: the one that divides the header into most cells, and the row below into as many."""

    def fit(delimiter: str) -> tuple[bool, int]:
        widths = []
        try:
            for _, cells in islice(_cells(text, delimiter), 2):
                widths.append(len(cells))
        except _Broken:
            pass  # told when all of the table is read
        return len(widths) == 2 and widths[0] == widths[1] > 1, widths[0] if widths else 0

    return max(DELIMITERS, key=fit)


class _Broken(ValueError):
    """Error: a text is no CSV from a line on."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line in which each row of a CSV text begins, and its cells; empty lines are left out. Raises _Broken."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _Broken(line, str(error)) from None


def _rows(text: str, where: str) -> tuple[str, list[Row], int]:
    """Return the delimiter of a CSV text, its rows, as many as a table can have, and their number."""
    delimiter = _delimiter(text)
    found: list[Row] = []
    total = 0
    try:
        for line, cells in _cells(text, delimiter):
            total += 1
            if total <= 1 + MOST_ROWS:
                found.append(Row(line, tuple(cells)))
    except _Broken as error:
        if (trimmed := _BEHIND_QUOTE.sub('"', text)) != text:
            with suppress(InputError):
                return _rows(trimmed, where)
        message = f"cannot be read as CSV: {printable(str(error))}"
        raise InputError([Problem(f"{where}:{error.line}", message)]) from None
    return delimiter, found, total
