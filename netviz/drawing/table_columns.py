"""Table columns: how the rows of the training set are written, and where each of their parts stands.

A row has the inputs, an arrow, the targets and, where there is room, the present answers and a mark. In a
classification with one right output in each example, the target is its class's name instead of a row of 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from netviz.drawing.text import Typefaces, short, two_lines, width
from netviz.scene.phrases import say
from netviz.scene.scene import Look
from netviz.timeline.answers import has_classes, unseen_situations

MOST_SITUATIONS = 3
"""Largest number of situations with rows of their own below the training set."""
MARK = 1.8
"""Width of an answer's mark with the gap before it, in digits."""
ANSWER = 4
"""Width of an answer in digits: 0.99."""
LONG_ANSWER = 6
"""The same of a run that diverged: -1e146."""
LONGEST_CLASS = 12
"""Largest number of characters of a class's name in a row."""
BETWEEN_NAMES = 0.7
"""Gap between the names of two columns, in sizes of their type."""

Shown = Literal["answers", "marks", "nothing"]


class Choice(NamedTuple):
    """A way to write rows: decimals of their numbers, gap between columns in digits, size of type, what follows."""

    decimals: int
    gap: float
    size: float
    shown: Shown
    has_names: bool = False


CHOICES = (
    Choice(3, 1.0, 1.0, "answers", True),
    Choice(3, 1.6, 1.0, "answers"), Choice(3, 1.0, 1.0, "answers"),
    Choice(3, 1.0, 1.0, "marks", True),
    Choice(3, 1.6, 1.0, "marks"), Choice(3, 1.0, 1.0, "marks"),
    Choice(3, 1.0, 1.0, "nothing", True),
    Choice(3, 1.6, 1.0, "nothing"), Choice(3, 1.0, 1.0, "nothing"), Choice(3, 0.7, 0.88, "nothing"),
    Choice(2, 1.0, 1.0, "nothing"), Choice(2, 0.7, 0.88, "nothing"), Choice(3, 1.6, 1.0, "nothing"),
)  # fmt: skip
"""Ways to write rows: the first with which they fit is taken, else the last."""


@dataclass(frozen=True)
class Rows:
    """Contents of a table. names: of the columns of inputs and targets, "" for none; classes have one column.

    given, targets: numbers of every example. asked: inputs of situations below them. classes: names of the outputs if
    targets are classes, else (). is_judged: whether an answer can be right or wrong. has_answers: whether they are
    shown at all. answer: width of one in digits. mark: decimal mark of the numbers.
    """

    given: Sequence[Sequence[float]]
    targets: Sequence[Sequence[float]]
    asked: Sequence[Sequence[float]]
    names: Sequence[str]
    classes: Sequence[str] = ()
    is_judged: bool = True
    has_answers: bool = True
    answer: int = ANSWER
    mark: str = "."


@dataclass(frozen=True)
class Columns:
    """Columns of a table, from its left edge on: right edges in pixels of inputs, arrow, targets, answers and mark.

    size: of the type. cells: texts of inputs and targets of every example. asked: texts of the situations' inputs.
    names: lines of each column's name, none if they are not written.
    """

    size: float
    choice: Choice
    cells: Sequence[tuple[list[str], list[str]]]
    asked: Sequence[list[str]]
    edges: Sequence[float]
    names: Sequence[list[str]]

    @property
    def width(self) -> float:
        """Width of a whole row, in pixels."""
        return self.edges[-1]


def table_rows(scene: Look, given: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]) -> Rows:
    """Contents of the table of a scene's examples. given, targets: numbers of every example."""
    network = scene.network
    inputs = network.inputs if len(network.inputs) == len(given[0]) else ("",) * len(given[0])
    outputs = network.outputs or ("",) * len(targets[0])
    classes = class_names(targets, outputs)
    return Rows(
        given, targets, [shot.inputs for shot in unseen_situations(scene)[:MOST_SITUATIONS]],
        (*inputs, *(("",) if classes else outputs)), classes,
        is_judged=bool(classes) or len({value for row in targets for value in row}) == 2,
        has_answers=not scene.runs,
        answer=LONG_ANSWER if scene.outline.diverged is not None else ANSWER,
        mark=say(scene, "decimal"),
    )  # fmt: skip


def class_names(targets: Sequence[Sequence[float]], names: Sequence[str]) -> tuple[str, ...]:
    """Names of the classes, short enough for a row, if targets (P, n_L) are classes; else (). names: of the outputs."""
    count = len(targets[0])
    if not has_classes(np.asarray(targets)):
        return ()
    found = tuple(name or str(number) for number, name in enumerate(names or [""] * count))
    return found if max(map(len, found)) <= LONGEST_CLASS else tuple(str(number) for number in range(count))


def columns(rows: Rows, faces: Typefaces, figure: float, small: float, most: float) -> tuple[Columns, bool]:
    """Columns in the first way in which rows are no wider than `most` pixels; and whether there is one.

    figure, small: sizes of values and of names.
    """
    found = [_columns(rows, faces, choice, figure, small) for choice in CHOICES if _is_possible(rows, choice)]
    return next(((each, True) for each in found if each.width <= most), (found[-1], False))


def preferred_width(rows: Rows, faces: Typefaces, figure: float, small: float, least: float, most: float) -> float:
    """Width in pixels that a table should have: `least`, or more, for names of its columns or if nothing fits into it.

    most: the largest width it may have.
    """
    _, fits = columns(rows, faces, figure, small, least)
    wider, fits_wider = columns(rows, faces, figure, small, most)
    is_better = fits_wider and (not fits or wider.choice.has_names)
    return max(least, wider.width) if is_better else least


def _is_possible(rows: Rows, choice: Choice) -> bool:
    if choice.has_names and not any(rows.names):
        return False
    return choice.shown == "nothing" or (rows.has_answers and (choice.shown == "answers" or rows.is_judged))


def _columns(rows: Rows, faces: Typefaces, choice: Choice, figure: float, small: float) -> Columns:
    size = choice.size * figure
    digit = width("0", faces.figures, size)
    gap = choice.gap * digit
    inputs_of_all = _lined_up([*rows.given, *rows.asked], choice.decimals, rows.mark)
    targets_of_all = (
        [[rows.classes[list(target).index(max(target))]] for target in rows.targets]
        if rows.classes
        else _lined_up(rows.targets, choice.decimals, rows.mark)
    )
    cells = [*zip(inputs_of_all, targets_of_all, strict=False)]
    asked = inputs_of_all[len(rows.given) :]
    names = [two_lines(name) if name else [] for name in rows.names] if choice.has_names else []
    inputs, targets = len(cells[0][0]), len(cells[0][1])
    between = BETWEEN_NAMES * small if names else 0.0

    def widest(texts: Sequence[str]) -> float:
        # In a font of the maker's own, letters may be wider than digits.
        letters = max(width(text, faces.figures, size) for text in texts) if faces.figures.in_cells else 0.0
        return max(digit * max(map(len, texts)), letters)

    def column(index: int, texts: Sequence[str]) -> float:
        name = max((width(line, faces.words, small) for line in names[index]), default=0.0) if names else 0.0
        return max(widest(texts), name)

    edges, x = [], 0.0
    for index in range(inputs):
        x += column(index, [row[index] for row in [*(cell[0] for cell in cells), *asked]])
        edges.append(x)
        x += max(gap, between)
    x += max(gap, digit)  # the arrow stands to the left of its edge
    edges.append(x)
    for index in range(targets):
        x += max(gap, between) + column(inputs + index, [cell[1][index] for cell in cells])
        edges.append(x)
    if choice.shown == "answers":
        x += max(gap, digit)
        for _ in range(targets):
            x += min(gap, digit) + (widest(rows.classes) if rows.classes else digit * rows.answer)
            edges.append(x)
    if choice.shown != "nothing" and rows.is_judged:
        edges.append(x + MARK * digit)
    return Columns(size, choice, cells, asked, edges, names)


def _lined_up(rows: Sequence[Sequence[float]], decimals: int, mark: str) -> list[list[str]]:
    """Texts of rows of numbers; in each column all have as many decimals as one of them needs, `decimals` at most."""
    columns = []
    for values in zip(*rows, strict=True):
        needed = max(len(short(value, decimals).partition(".")[2]) for value in values)
        columns.append([f"{round(value, needed) + 0.0:.{needed}f}".replace(".", mark) for value in values])
    return [list(row) for row in zip(*columns, strict=True)]
