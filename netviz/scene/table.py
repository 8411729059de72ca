"""A table of examples: a CSV file of the user's, its first row the names of its columns, all else numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netviz.errors import InputError, Problem
from netviz.scene.data import Data, Example
from netviz.scene.mistake import Mistake
from netviz.scene.source import read_text
from netviz.scene.words import did_you_mean, printable, shown

LARGEST_TABLE = 10_000_000
"""Bytes."""
MOST_ROWS = 20_000
DELIMITERS = (",", ";", "\t")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NO_NUMBERS = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """The cells of a row, and the line of the file in which it begins."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table as it stands in its file. where: the file as the user knows it."""

    where: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def examples(self, inputs: Sequence[str], targets: Sequence[str]) -> tuple[Example, ...]:
        """Every row as an example, in the order of the file; the columns named must be there.

        Raises InputError with every row that is too short or too long and every cell that is no number.
        """
        problems: list[Problem] = []
        found: list[Example] = []
        wanted = [(name, self.columns.index(name)) for name in (*inputs, *targets)]
        for row in self.rows:
            where = f"{self.where}:{row.line}"
            if len(row.cells) != len(self.columns):
                problems.append(Problem(where, f"{len(row.cells)} values for {len(self.columns)} columns"))
                continue
            values: list[float] = []
            for name, column in wanted:
                value = _number(row.cells[column])
                if isinstance(value, str):
                    problems.append(Problem(f"{where}: column '{printable(name)}'", value))
                else:
                    values.append(value)
            if len(values) == len(wanted):
                target = tuple(values[len(inputs) :])
                found.append(Example.model_construct(inputs=tuple(values[: len(inputs)]), target=target))
        if problems:
            raise InputError(problems)
        return tuple(found)


def read_table(path: Path, where: str) -> Table:
    """The table in a CSV file: comma, semicolon or tab between the cells.

    where: the file as the user knows it. Raises InputError if there is none in it, or a larger one than can be shown.
    """
    where = printable(where)
    text = read_text(path, where, largest=LARGEST_TABLE, what="table")
    rows = _rows(text, where)
    if not rows:
        raise InputError([Problem(where, "is empty; the first row must hold the names of the columns")])
    header, *body = rows
    columns = tuple(cell.strip() for cell in header.cells)
    problems = _header_problems(columns, f"{where}:{header.line}")
    if not body and not problems:
        problems.append(Problem(where, "has no rows below the names of its columns"))
    if len(body) > MOST_ROWS:
        problems.append(Problem(where, f"has {len(body):,} rows; {MOST_ROWS:,} are the most"))
    if problems:
        raise InputError(problems)
    return Table(where, columns, tuple(body))


def missing_columns(table: Table, data: Data) -> list[Mistake]:
    """Columns that the data name and the table lacks, or that are not named at all."""
    found: list[Mistake] = []
    there = ", ".join(f"'{name}'" for name in table.columns if name)
    has = f"the columns of {table.where} are {printable(there)}"
    for key, names in (("inputs", data.inputs), ("targets", data.targets)):
        if not names:
            found.append((("data", key), f"missing; {has}"))
        for index, name in enumerate(names):
            if name not in table.columns:
                hint = did_you_mean(name, table.columns)
                found.append((("data", key, index), f"there is no column {shown(name)}{hint}; {has}"))
    return found


def _header_problems(columns: Sequence[str], where: str) -> list[Problem]:
    if all(_NUMBER.fullmatch(name) for name in columns):
        return [Problem(where, "the first row must hold the names of the columns; here are numbers")]
    twice = {name for number, name in enumerate(columns) if name and name in columns[:number]}
    return [Problem(where, f"column '{printable(name)}': stands there more than once") for name in sorted(twice)]


def _rows(text: str, where: str) -> list[Row]:
    """The rows of a CSV text, empty lines left out."""
    found: list[Row] = []
    line = 1
    try:
        first = next((line for line in text.splitlines() if line.strip()), "")
        delimiter = max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each), ())))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Row(line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError([Problem(f"{where}:{line}", f"cannot be read as CSV: {printable(str(error))}")]) from None
    return found


def _number(text: str) -> float | str:
    """The number a cell holds, or what is wrong with it."""
    text = text.strip()
    if not text:
        return "is empty; expected a number"
    if _NUMBER.fullmatch(text) and math.isfinite(value := float(text)):
        return value
    if _NUMBER.fullmatch(text) or _NO_NUMBERS.fullmatch(text):
        return f"expected a finite number, got {printable(text)[:40]}"
    with_point = text.replace(",", ".")
    hint = f" (write {with_point})" if _NUMBER.fullmatch(with_point) else ""
    return f"expected a number, got text {shown(text)}{hint}"
