"""Tables of examples: CSV files of the user, whose first row names the columns; all other cells are numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netviz.errors import MOST_PROBLEMS, InputError, Problem, rest
from netviz.scene.files import read_text
from netviz.scene.messages import did_you_mean, printable, shown
from netviz.scene.model import Data, Example
from netviz.scene.types import LONGEST_TEXT
from netviz.scene.validation_training import Mistake
from netviz.scene.yaml import LONGEST_NUMBER

LARGEST_TABLE = 10_000_000
"""Largest size of a table's file, in bytes."""
_MOST_ROWS, _MOST_COLUMNS = 20_000, 10_000
_MOST_NAMED = 20
"""Most columns that a message lists."""
DELIMITERS = (",", ";", "\t")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NO_NUMBERS = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One row of a table: its cells, and the line of the file in which it begins, from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table as it is in its file, with cells of text. where: the file as the user knows it."""

    where: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def examples(self, inputs: Sequence[str], targets: Sequence[str]) -> tuple[Example, ...]:
        """Return every row as an example, in the order of the file; the columns named must exist.

        Raises InputError with the rows that are too short or too long and the cells that are no numbers.
        """
        problems: list[Problem] = []
        more = 0  # of which only their number is told: a table may be wrong in millions of cells
        found: list[Example] = []
        index = {name: number for number, name in enumerate(self.columns)}
        selected = [(name, index[name]) for name in (*inputs, *targets)]
        for row in self.rows:
            values, wrong = self._values(row, selected)
            more += len(wrong[MOST_PROBLEMS - len(problems) :])
            problems += wrong[: MOST_PROBLEMS - len(problems)]
            if not wrong:
                target = tuple(values[len(inputs) :])
                found.append(Example.model_construct(inputs=tuple(values[: len(inputs)]), target=target))
        if problems:
            raise InputError([*problems, *rest(more)])
        return tuple(found)

    def _values(self, row: Row, selected: Sequence[tuple[str, int]]) -> tuple[list[float], list[Problem]]:
        """The numbers in the selected columns (name, index) of a row, and what is wrong with it."""
        where = f"{self.where}:{row.line}"
        if len(row.cells) != len(self.columns):
            return [], [Problem(where, f"{len(row.cells)} values for {len(self.columns)} columns")]
        values, problems = [], []
        for name, column in selected:
            value = _number(row.cells[column])
            if isinstance(value, str):
                problems.append(Problem(f"{where}: column '{printable(name)}'", value))
            else:
                values.append(value)
        return values, problems


def read_table(path: Path, where: str) -> Table:
    """Read the table in a CSV file: comma, semicolon or tab between the cells.

    where: the file as the user knows it. Raises InputError if there is none in it, or a larger one than can be shown.
    """
    where = printable(where)
    text = read_text(path, where, largest=LARGEST_TABLE, what="table")
    rows, count = _rows(text, where)
    if not rows:
        raise InputError([Problem(where, "is empty; the first row must hold the names of the columns")])
    header, *body = rows
    columns = tuple(cell.strip() for cell in header.cells)
    problems = _header_problems(columns, f"{where}:{header.line}")
    if not body and not problems:
        problems.append(Problem(where, "has no rows below the names of its columns"))
    if count - 1 > _MOST_ROWS:
        problems.append(Problem(where, f"has {count - 1:,} rows; {_MOST_ROWS:,} are the most"))
    if problems:
        raise InputError(problems)
    return Table(where, columns, tuple(body))


def missing_columns(table: Table, data: Data) -> list[Mistake]:
    """Return mistakes for columns that the data name and the table lacks, and for columns that the data do not name."""
    found: list[Mistake] = []
    named = [f"'{name}'" for name in table.columns if name]
    listed = ", ".join([*named[:_MOST_NAMED], *(["..."] if len(named) > _MOST_NAMED else [])])
    has = f"the columns of {table.where} are {printable(listed)}"
    there = {*table.columns}
    for key, names in (("inputs", data.inputs), ("targets", data.targets)):
        if not names:
            found.append((("data", key), f"missing; {has}"))
        for index, name in enumerate(names):
            if name not in there:
                hint = did_you_mean(name, table.columns) if len(found) < MOST_PROBLEMS else ""  # the rest is not told
                found.append((("data", key, index), f"there is no column {shown(name)}{hint}; {has}"))
    return found


def _header_problems(columns: Sequence[str], where: str) -> list[Problem]:
    if len(columns) > _MOST_COLUMNS:
        return [Problem(where, f"{len(columns):,} columns; {_MOST_COLUMNS:,} are the most")]
    if long := [(number, len(name)) for number, name in enumerate(columns, 1) if len(name) > LONGEST_TEXT]:
        message = "a name of {:,} characters; {} are the most"
        return [Problem(f"{where}: column {number}", message.format(length, LONGEST_TEXT)) for number, length in long]
    if all(_NUMBER.fullmatch(name) for name in columns):
        return [Problem(where, "the first row must hold the names of the columns; here are numbers")]
    twice = {name for name, count in Counter(columns).items() if name and count > 1}
    return [Problem(where, f"column '{printable(name)}': stands there more than once") for name in sorted(twice)]


def _rows(text: str, where: str) -> tuple[list[Row], int]:
    """Return the rows of a CSV text, as many as a table can have, and their number; empty lines are left out."""
    found: list[Row] = []
    line, count = 1, 0
    try:
        first = next((line for line in text.splitlines() if line.strip()), "")
        delimiter = max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each), ())))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                count += 1
                if count <= 1 + _MOST_ROWS:
                    found.append(Row(line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError([Problem(f"{where}:{line}", f"cannot be read as CSV: {printable(str(error))}")]) from None
    return found, count


def _number(text: str) -> float | str:
    """Return the number in a cell, or a message that says what is wrong with the cell."""
    text = text.strip()
    if not text:
        return "is empty; expected a number"
    if len(text) > LONGEST_NUMBER:
        return f"expected a number, got {len(text):,} characters; {LONGEST_NUMBER} are the most"
    if _NUMBER.fullmatch(text) and math.isfinite(value := float(text)):
        return value
    if _NUMBER.fullmatch(text) or _NO_NUMBERS.fullmatch(text):
        return f"expected a finite number, got {printable(text)[:40]}"
    with_point = text.replace(",", ".")
    hint = f" (write {with_point})" if _NUMBER.fullmatch(with_point) else ""
    return f"expected a number, got text {shown(text)}{hint}"
