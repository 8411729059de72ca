"""Tables: named columns of numbers and texts, and the examples, classes and names that a scene takes from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from netviz.errors import Problem
from netviz.scene.cells import (
    LIKE_NUMBERS,
    Cell,
    is_missing,
    kind_of,
    may_be_thousands,
    message_of,
    number,
    uses_decimal_commas,
)
from netviz.scene.messages import did_you_mean, printable, shown
from netviz.scene.model import Data, Example, Network
from netviz.scene.types import LONGEST_TEXT, drawable
from netviz.scene.validation_training import ON_THE_PLANE, Mistake, count, misfit

MOST_ROWS, MOST_COLUMNS = 20_000, 10_000
MOST_TABLE_CLASSES = 100
"""Largest number of different texts in a column of targets that are still classes."""
_MOST_NAMED = 20
"""Most columns and classes that a message lists."""
_MOST_LINES = 4
"""Most lines that a message lists."""
_LONGEST_SHOWN, _TEXTS_SHOWN = 20, 6
_LARGEST_WHOLE = 1e15


@dataclass(frozen=True)
class Row:
    """One row of a table. line: where it begins in a file of text, from 1; of arrays its index, from 0."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table as it is in its file. where: the file as the user knows it.

    groups: name -> indices of its columns; several where each example has several values in an array. unit, member:
    what messages call a row's number, and what has a name. are_named: false where the columns have numbers for names.
    may_have_commas: true if decimals may stand behind a comma, which then separates no cells.
    """

    where: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    groups: Mapping[str, tuple[int, ...]]
    unit: Literal["line", "row"] = "line"
    member: Literal["column", "array"] = "column"
    are_named: bool = True
    may_have_commas: bool = False

    def place(self, row: Row, column: int) -> str:
        """The place of a cell, for messages."""
        return f"{self.row(row)}: {self.name(column)}"

    def row(self, row: Row) -> str:
        """The place of a row, for messages."""
        return f"{self.where}:{row.line}" if self.unit == "line" else f"{self.where}: row {row.line}"

    def name(self, column: int) -> str:
        """A column in words: column 'petal width'."""
        return f"{self.member} '{printable(self.columns[column])}'"

    def lines(self, rows: Sequence[Row]) -> str:
        """The places of some rows in words: "lines 4, 17, 80, 81, ..."."""
        listed = ", ".join(str(row.line) for row in rows[:_MOST_LINES]) + (", ..." if len(rows) > _MOST_LINES else "")
        return f"{self.unit}{'' if len(rows) == 1 else 's'} {listed}"


@dataclass(frozen=True)
class Learned:
    """Rows and columns that a scene takes from a table, or all that is wrong with it.

    examples: of every row that lacks no value. places: where the row of each stands. inputs, targets: names of the
    neurons; none where they have none. classes: names of the classes that the targets are; none where they are numbers.
    problems: mistakes in the table. mistakes: in the scene. notes: facts that the user should know.
    """

    examples: tuple[Example, ...] = ()
    places: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Column:
    """A column that was looked at. values: of each row its number, None where there is none.

    filled: number of cells that lack nothing. faults: kind -> rows whose cell is of that kind, and no number.
    """

    values: list[float | None] = field(default_factory=list)
    filled: int = 0
    numbers: int = 0
    faults: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def is_numeric(self) -> bool:
        """True if at least half of its cells are numbers, or are to their author: 1,000 or 45 %."""
        alike = sum(len(self.faults.get(kind, ())) for kind in LIKE_NUMBERS)
        return self.filled > 0 and 2 * (self.numbers + alike) >= self.filled

    @property
    def is_text(self) -> bool:
        """True if fewer than half of its cells are numbers."""
        return 2 * self.numbers < self.filled


@dataclass(frozen=True)
class _Chosen:
    """The columns of a table that a scene learns from, by their indices, and the whole rows of it.

    class_column: the one target whose values are classes, None where targets are numbers.
    """

    table: Table
    rows: Sequence[Row]
    columns: Mapping[int, _Column]
    inputs: Sequence[int]
    targets: Sequence[int]
    class_column: int | None
    has_commas: bool

    @property
    def numbers(self) -> list[int]:
        """The columns whose values must be numbers."""
        return [index for index in (*self.inputs, *self.targets) if index != self.class_column]

    def values(self, rows: Sequence[int], columns: Sequence[int]) -> list[tuple[float, ...]]:
        """The numbers in some columns of some rows, none of which is missing."""
        of_column = [self.columns[index].values for index in columns]
        return [tuple(value for values in of_column if (value := values[row]) is not None) for row in rows]


def learn(table: Table, data: Data, network: Network | None) -> Learned:
    """Return the examples in a table, or what is wrong with it and with what the scene says of it.

    network: the scene's, None where that has mistakes of its own.
    """
    if missing := _missing_columns(table, data):
        return Learned(mistakes=tuple(missing))
    chosen = _choose(table, data, network)
    problems = [*_uneven(table), *_cell_problems(chosen)]
    for index in () if data.inputs else chosen.inputs:
        if wrong := _not_drawable(table.columns[index]):
            problems.append(Problem(f"{table.where}: {table.name(index)}", wrong))
            break
    mistakes = [*_input_mistakes(chosen, data, network)]
    complete, lacking = _complete(chosen)
    rows = [chosen.rows[position] for position in complete]
    names: tuple[str, ...] = ()
    if not problems and not rows:
        problems.append(Problem(table.where, f"no row has a value in every column that is used: {lacking}"))
    if chosen.class_column is None:
        mistakes += _target_mistakes(chosen, data, network)
    elif not problems:
        names = _in_order({_class_name(row.cells[chosen.class_column]) for row in rows}, network)
        problems += _class_problems(chosen, rows, names)
        mistakes += () if problems else _class_mistakes(chosen, names, network)
    if problems or mistakes:
        return Learned(problems=tuple(problems), mistakes=tuple(mistakes))
    return Learned(
        _examples(chosen, complete, names, len(names) if network is None else network.layers[-1]),
        tuple(table.row(row) for row in rows),
        _neuron_names(table, chosen.inputs),
        _output_names(chosen, names, network),
        names,
        notes=(*_left_out(chosen, rows, lacking), *_comma_notes(chosen), *_given_away(chosen)),
    )


def _missing_columns(table: Table, data: Data) -> list[Mistake]:
    """Mistakes for columns that the data name and the table lacks, and for targets that the data do not name."""
    found: list[Mistake] = []
    has = f"the {table.member}s of {table.where} are {_listed(name for name in table.groups if name)}"
    if not data.targets:
        found.append((("data", "targets"), f"missing; {has}"))
    for key, names in (("inputs", data.inputs), ("targets", data.targets)):
        for index, name in enumerate(names):
            if name not in table.groups:
                hint = did_you_mean(name, table.groups) if len(found) < _MOST_NAMED else ""  # the rest is not told
                found.append((("data", key, index), f"there is no {table.member} {shown(name)}{hint}; {has}"))
    return found


def _listed(names: Iterable[str]) -> str:
    quoted = [f"'{printable(name)}'" for name in names]
    return ", ".join([*quoted[:_MOST_NAMED], *(["..."] if len(quoted) > _MOST_NAMED else [])])


def _choose(table: Table, data: Data, network: Network | None) -> _Chosen:
    """Look at the columns that the data name; without inputs at all others, of which those of numbers are inputs."""
    rows = [row for row in table.rows if len(row.cells) == len(table.columns)]
    targets = [index for name in data.targets for index in table.groups[name]]
    inputs = [index for name in data.inputs for index in table.groups[name]]
    others = [group for name, group in table.groups.items() if name and name not in data.targets]
    searched = dict.fromkeys([*(inputs or (index for group in others for index in group)), *targets])
    has_commas = table.may_have_commas and uses_decimal_commas(row.cells[each] for each in searched for row in rows)
    columns = {index: _column(rows, index, has_commas) for index in searched}
    if not inputs:
        inputs = [index for group in others if all(columns[each].is_numeric for each in group) for index in group]
    class_column = targets[0] if len(targets) == 1 and _has_classes(columns[targets[0]], network) else None
    return _Chosen(table, rows, columns, inputs, targets, class_column, has_commas)


def _column(rows: Sequence[Row], index: int, has_commas: bool) -> _Column:
    column = _Column()
    for row in rows:
        cell = row.cells[index]
        value = number(cell, has_commas)
        column.values.append(value)
        if value is not None:
            column.numbers += 1
        elif not is_missing(cell):
            column.faults.setdefault(kind_of(cell), []).append(row)
    column.filled = column.numbers + sum(map(len, column.faults.values()))
    return column


def _has_classes(column: _Column, network: Network | None) -> bool:
    """True if the values of the only target are classes: texts, or whole numbers where there are several outputs."""
    if column.is_text:
        no_classes = {"date", *LIKE_NUMBERS} - {"unit"}  # 3a and 3b may be classes
        return 2 * sum(len(column.faults.get(kind, ())) for kind in no_classes) < column.filled
    several = network is not None and network.layers[-1] > 1
    return several and all(
        value is None or (abs(value) < _LARGEST_WHOLE and value.is_integer()) for value in column.values
    )


def _complete(chosen: _Chosen) -> tuple[list[int], str]:
    """The positions of rows with a value in every column, and in words which columns lack how many in the others."""
    lacking: dict[int, list[Row]] = {}
    left_out: set[int] = set()
    for index in (*chosen.inputs, *chosen.targets):
        column, is_class = chosen.columns[index], index == chosen.class_column
        for position, (row, value) in enumerate(zip(chosen.rows, column.values, strict=True)):
            if is_missing(row.cells[index], among_numbers=False) if is_class else value is None:
                lacking.setdefault(index, []).append(row)
                left_out.add(position)
    words = [
        f"{printable(chosen.table.columns[index])} in {len(rows):,} ({chosen.table.lines(rows)})"
        for index, rows in lacking.items()
    ]
    more = [f"and {len(words) - _MOST_LINES:,} more columns"] if len(words) > _MOST_LINES else []
    complete = [position for position in range(len(chosen.rows)) if position not in left_out]
    return complete, ", ".join([*words[:_MOST_LINES], *more])


def _left_out(chosen: _Chosen, rows: Sequence[Row], lacking: str) -> list[str]:
    left_out, total = len(chosen.rows) - len(rows), len(chosen.rows)
    if not left_out:
        return []
    return [
        f"{chosen.table.where}: {left_out:,} of {count(total, 'row')} are left out, for they lack a value: {lacking}"
    ]


def _comma_notes(chosen: _Chosen) -> list[str]:
    cells = (row.cells[index] for row in chosen.rows for index in chosen.numbers)
    found = may_be_thousands(cells) if chosen.has_commas else None
    if found is None:
        return []
    return [f"{chosen.table.where}: its commas are read as decimal commas: {found} is {found.replace(',', '.')}"]


def _given_away(chosen: _Chosen) -> list[str]:
    both = [chosen.table.name(index) for index in dict.fromkeys(chosen.inputs) if index in chosen.targets]
    if not both:
        return []
    return [f"{chosen.table.where}: {both[0]} is an input and a target, so the answer is given away"]


def _examples(chosen: _Chosen, complete: Sequence[int], names: Sequence[str], outputs: int) -> tuple[Example, ...]:
    """The complete rows as examples. names: of the classes, of which one output tells the second from the first."""
    index = chosen.class_column
    numbers = range(len(names))
    by_class = {
        name: (float(number),) if outputs == 1 else tuple(float(each == number) for each in numbers)
        for number, name in enumerate(names)
    }
    targets = (
        chosen.values(complete, chosen.targets)
        if index is None
        else [by_class[_class_name(chosen.rows[position].cells[index])] for position in complete]
    )
    return tuple(
        Example.model_construct(inputs=given, target=target)
        for given, target in zip(chosen.values(complete, chosen.inputs), targets, strict=True)
    )


def _output_names(chosen: _Chosen, classes: tuple[str, ...], network: Network | None) -> tuple[str, ...]:
    if not classes:
        return _neuron_names(chosen.table, chosen.targets)
    return classes[-1:] if network is not None and network.layers[-1] == 1 else classes


def _neuron_names(table: Table, columns: Sequence[int]) -> tuple[str, ...]:
    """The names of columns, for neurons; none where a column is one of several of an array."""
    names = tuple(table.columns[index] for index in columns)
    return names if table.are_named and all(len(table.groups[name]) == 1 for name in names) else ()


# Classes: the values of the one target, each with an output of its own.


def _class_name(cell: Cell) -> str:
    value = cell if isinstance(cell, float) else number(cell, has_commas=False)
    is_whole = value is not None and abs(value) < _LARGEST_WHOLE and value.is_integer()
    return f"{value:.0f}" if is_whole else str(cell).strip()


def _in_order(names: set[str], network: Network | None) -> tuple[str, ...]:
    """The classes in the order of the outputs that are named after them; otherwise in that of numbers or letters."""
    named = () if network is None else network.outputs
    if {*named} == names:
        return named
    if len(named) == 1 and len(names) == 2 and named[0] in names:
        return (*(names - {*named}), *named)
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))


def _class_problems(chosen: _Chosen, rows: Sequence[Row], names: Sequence[str]) -> list[Problem]:
    """Problems with the texts of classes: names that cannot be drawn, one class, or too many."""
    index, table = chosen.class_column, chosen.table
    assert index is not None
    where = f"{table.where}: {chosen.table.name(index)}"
    if len(names) > MOST_TABLE_CLASSES:
        message = f"{len(names):,} different values in {count(len(rows), 'row')} are no classes"
        return [Problem(where, f"{message}; {MOST_TABLE_CLASSES} are the most")]
    if len(names) == 1:
        return [Problem(where, f"holds {shown(names[0])} alone, so there is nothing to tell apart")]
    for row in rows:
        if wrong := _not_drawable(_class_name(row.cells[index])):
            return [Problem(table.place(row, index), wrong)]
    return []


def _not_drawable(name: str) -> str:
    """Reason why a name cannot be drawn beside a neuron; "" if it can."""
    if len(name) > LONGEST_TEXT:
        return f"a name of {len(name):,} characters; {LONGEST_TEXT} are the most"
    try:
        drawable(name)
    except ValueError as error:
        return str(error)
    return ""


def _class_mistakes(chosen: _Chosen, names: Sequence[str], network: Network | None) -> list[Mistake]:
    if network is None or len(names) == network.layers[-1] or (len(names) == 2 and network.layers[-1] == 1):
        return []
    assert chosen.class_column is not None
    listed = ", ".join(printable(name) for name in names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
    what = f"{chosen.table.name(chosen.class_column)} has {len(names)} classes ({listed})"
    fitting = [*network.layers[:-1], len(names)]
    return [(("data", "targets"), f"{misfit(what, network, -1)}; layers: {fitting} would fit")]


# Problems of the cells: one line for one kind of mistake, not one a row.


def _uneven(table: Table) -> list[Problem]:
    """The problem of rows that have more or fewer values than there are columns."""
    wrong = [row for row in table.rows if len(row.cells) != len(table.columns)]
    if not wrong:
        return []
    message = f"{len(wrong[0].cells)} values for {len(table.columns)} columns"
    if more := wrong[1:]:
        message += (
            f"; {count(len(more), 'more row')} {'does' if len(more) == 1 else 'do'} not fit ({table.lines(more)})"
        )
    return [Problem(f"{table.where}:{wrong[0].line}", message)]


def _cell_problems(chosen: _Chosen) -> list[Problem]:
    """Problems of the cells that should be numbers: columns of text and of nothing, then the others by their kind."""
    empty: list[int] = []
    texts: dict[bool, list[int]] = {}
    by_kind: dict[str, list[tuple[int, list[Row]]]] = {}
    for index in dict.fromkeys(chosen.numbers):
        column = chosen.columns[index]
        if not column.filled:
            empty.append(index)
        elif not column.numbers and "text" in column.faults and column.faults.keys() <= {"text", "unit"}:
            texts.setdefault(index in chosen.targets, []).append(index)
        else:
            for kind, rows in column.faults.items():
                by_kind.setdefault(kind, []).append((index, rows))
    return [
        *_column_problem(chosen, empty, "has no value in any row"),
        *_column_problem(
            chosen, texts.get(False), "{}; give each text a column of its own, 1 where it stands, 0 elsewhere"
        ),
        *_column_problem(chosen, texts.get(True), "{}; texts are classes where their column is the only target"),
        *(_kind_problem(chosen, kind, where) for kind, where in by_kind.items()),
    ]


def _column_problem(chosen: _Chosen, columns: Sequence[int] | None, message: str) -> list[Problem]:
    """The problem of columns of which all is wrong: none for none. message: about the first, {} for its texts."""
    if not columns:
        return []
    first, others = columns[0], _others(chosen.table, columns)
    rows = chosen.columns[first].faults.get("text", ())[:_MOST_NAMED]
    shown = [*dict.fromkeys(str(row.cells[first]).strip()[:_LONGEST_SHOWN] for row in rows)]
    texts = _listed(shown[:_TEXTS_SHOWN]) + (", ..." if len(shown) > _TEXTS_SHOWN else "")
    more = f"; likewise {_listed(others)}"
    is_text = message.replace("{}", f"holds text ({texts})")
    return [Problem(f"{chosen.table.where}: {chosen.table.name(first)}", is_text + (more if others else ""))]


def _others(table: Table, columns: Sequence[int]) -> list[str]:
    """The names of columns after the first, each once, and without the first one's."""
    return [*dict.fromkeys(table.columns[index] for index in columns)][1:]


def _kind_problem(chosen: _Chosen, kind: str, found: Sequence[tuple[int, Sequence[Row]]]) -> Problem:
    """The problem of all cells of one kind. found: columns, each with its rows that have such a cell."""
    table = chosen.table
    index, rows = found[0]
    message = message_of(kind, rows[0].cells[index], chosen.has_commas)
    if more := sum(len(each) for _, each in found) - 1:
        others = _others(table, [each for each, _ in found])
        where = f"also in {_listed(others)}" if others else table.lines([row for _, each in found for row in each][1:])
        message += f"; {count(more, 'more such cell')} ({where})"
    return Problem(table.place(rows[0], index), message)


# Layers that the columns do not fit.


def _input_mistakes(chosen: _Chosen, data: Data, network: Network | None) -> list[Mistake]:
    table = chosen.table
    if not chosen.inputs:
        return [(("data", "inputs"), f"missing: in {table.where} no {table.member} but the targets holds numbers")]
    expected = 2 if data.features else None if network is None else network.layers[0]
    is_checked_elsewhere = data.csv is not None and data.inputs
    if expected is None or len(chosen.inputs) == expected or is_checked_elsewhere:
        return []
    has = count(len(chosen.inputs), "column" if table.member == "column" else "value")
    if not data.inputs:
        has += f" of numbers ({_listed(dict.fromkeys(table.columns[index] for index in chosen.inputs))})"
    advice = "" if data.inputs else "; name those that are inputs"
    if data.features or network is None:
        return [(("data", "inputs"), f"{has}, but {ON_THE_PLANE}{advice}")]
    return [(("data", "inputs"), f"{misfit(has, network, 0)}{advice}")]


def _target_mistakes(chosen: _Chosen, data: Data, network: Network | None) -> list[Mistake]:
    """Mistakes of targets that are numbers."""
    targets = len(chosen.targets)
    are_numbers = not any(chosen.columns[index].is_text for index in chosen.targets)
    is_checked_elsewhere = data.csv is not None and len(data.targets) > 1
    if network is None or targets == network.layers[-1] or is_checked_elsewhere or not are_numbers:
        return []
    return [(("data", "targets"), misfit(f"{count(targets, 'column')} of numbers", network, -1))]
