"""Typesetting of equations: broken where too wide, aligned at equals signs, put on pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from netviz.drawing.formula import Formula, Matrix, formula_mask
from netviz.drawing.panels.equations.terms import Changes, Equation

Content = Equation | Changes

PART_GAP = 0.22
"""Gap between the parts of an equation; like all lengths here a part of the type's size."""
INDENT = 1.0
"""Indentation of a row that goes on with a broken step."""
ROW_GAP = 0.42
"""Gap between the rows of one equation."""
LINE_GAP = 0.62
"""Gap between equations."""
SECTION_GAP = 1.15
HEADING = 1.75
"""Distance from the middle of a heading to the top of the equation under it."""
LEAST_HEIGHT = 1.1
"""Smallest height of a row: that of rows without fractions and matrices."""
MUCH_WIDER = 1.2
"""Width in which an equation must find room by a rough estimate to be worth measuring, relative to its place's."""
SMALLEST_TYPE = 0.5
"""Size of type, in pixels, below which nothing is written."""
REFERENCE = 32.0
"""Size of type, in pixels, in which formulas are measured while a size is searched for."""
BLOCK_GAP = 1.6
"""Gap between the columns of a table of changes."""


@dataclass(frozen=True)
class Section:
    """Lines that belong together under a heading: number of each in the worked example, and its content."""

    heading: str
    lines: tuple[tuple[int, Content], ...]


@dataclass(frozen=True)
class EquationPart:
    """A formula of a given size in its place: its pen's start and its middle, from the slot's upper left, in pixels."""

    formula: Formula
    size: float
    x: float
    y: float


@dataclass(frozen=True)
class Block:
    """An equation in type, `height` high; its parts count from its own upper left corner."""

    parts: tuple[EquationPart, ...]
    height: float
    rows: int


@dataclass(frozen=True)
class Heading:
    """Name of a section; line: number of the worked example's line with which it appears."""

    text: str
    y: float
    line: int


@dataclass(frozen=True)
class Page:
    """A page, which is visible at once: headings, and for each line of the worked example its parts."""

    headings: tuple[Heading, ...]
    lines: tuple[tuple[int, tuple[EquationPart, ...]], ...]

    @property
    def first(self) -> int:
        """Number of the line with which the page appears."""
        return self.lines[0][0]


class Extent(NamedTuple):
    """Pixels that a formula takes: the way its pen moves, and the heights above and below its middle."""

    width: float
    above: float
    below: float


Measure = Callable[[Formula, float], Extent]


@lru_cache(maxsize=8192)
def exact(formula: Formula, size: float) -> Extent:
    """Measure a formula at its own size, in which it is then drawn; extents are cached longer than masks can be."""
    drawn = formula_mask(formula, size)
    return Extent(drawn.width, float(drawn.top), float(drawn.alpha.shape[0] - drawn.top))


def about(formula: Formula, size: float) -> Extent:
    """Estimate a formula's extent, a little too large, from one size for all: mathtext is too slow for many sizes."""
    width, above, below = exact(formula, REFERENCE)
    factor = 1.015 * size / REFERENCE
    return Extent(width * factor, above * factor, below * factor)


def typeset(equation: Equation, size: float, margin: float, width: float, measure: Measure = exact) -> Block | None:
    """Set an equation with its first equals sign at `margin`, in rows `width` wide; None if a part does not fit."""
    rows: list[list[tuple[Formula, float]]] = [[]]
    if equation.left:
        rows[0].append((equation.left, margin - measure(equation.left, size).width - PART_GAP * size))
    gap, x = PART_GAP * size, margin
    steps = [[measure(part, size).width for part in step] for step in equation.steps]
    totals = [sum(widths) + gap * (len(widths) - 1) for widths in steps]
    for position, (step, widths) in enumerate(zip(equation.steps, steps, strict=True)):
        together = totals[position]
        if position == len(steps) - 2 and margin + sum(totals[-2:]) + gap <= width:
            together += gap + totals[-1]  # a result does not stand alone if it fits behind the step before it
        if x > margin and x + together > width:
            rows.append([])
            x = margin
        for number, (part, part_width) in enumerate(zip(step, widths, strict=True)):
            if number and x + part_width > width:
                rows.append([])
                x = margin + INDENT * size
            if x + part_width > width + 0.5:
                return None
            rows[-1].append((part, x))
            x += part_width + gap
    return _stacked(rows, size, measure)


def _stacked(rows: list[list[tuple[Formula, float]]], size: float, measure: Measure) -> Block:
    """Stack rows of (formula, x) one under the other."""
    parts: list[EquationPart] = []
    y = 0.0
    for number, row in enumerate(rows):
        extents = [measure(formula, size) for formula, _ in row]
        above = max(LEAST_HEIGHT / 2 * size, *(extent.above for extent in extents))
        below = max(LEAST_HEIGHT / 2 * size, *(extent.below for extent in extents))
        y += (ROW_GAP * size if number else 0.0) + above
        parts += [EquationPart(formula, size, x, y) for formula, x in row]
        y += below
    return Block(tuple(parts), y, len(rows))


def tabulate(changes: Changes, size: float, width: float, measure: Measure = exact) -> Block:
    """Table of old and new values in as many columns as fit, read downwards."""
    entries = changes.entries
    best: Block | None = None
    for columns in range(1, len(entries) + 1):
        height = -(-len(entries) // columns)
        if columns > 1 and -(-len(entries) // height) < columns:
            continue
        stacks = [entries[start : start + height] for start in range(0, len(entries), height)]
        formulas: list[Formula] = [
            (Matrix(tuple((symbol, old, r"\rightarrow", new) for symbol, old, new in stack), bracketed=False),)
            for stack in stacks
        ]
        x, highest, parts = 0.0, 0.0, list[EquationPart]()
        for formula in formulas:
            # All columns begin at the top, a shorter last one too.
            extent = measure(formula, size)
            parts.append(EquationPart(formula, size, x, extent.above))
            highest = max(highest, extent.above + extent.below)
            x += extent.width + BLOCK_GAP * size
        if best is not None and x - BLOCK_GAP * size > width:
            break
        best = Block(tuple(parts), highest, height)
    assert best is not None, "a network has weights"
    return best


def set_line(
    content: Content, size: float, margin: float, width: float, height: float, measure: Measure = exact
) -> Block:
    """Set a line in type, as much smaller as it must be to fit; where not even dots fit, nothing is written."""
    if isinstance(content, Changes):
        block = tabulate(content, size, width, measure)
        while block.height > height and size > 4:
            size *= 0.96
            block = tabulate(content, size, width, measure)
        return block
    for _ in range(40):
        # Measuring takes its time: not where there is clearly no room.
        if typeset(content, size, margin, MUCH_WIDER * width, about) is not None:
            found = typeset(content, size, margin, width, measure)
            if found is not None:
                return found
        size *= 0.96
    while size > SMALLEST_TYPE:  # in a place that no equation was meant for, its equals sign moves to the left too
        found = typeset(content, size, margin, width, about)
        if found is not None:
            return found
        size, margin = 0.96 * size, 0.96 * margin
    return Block((), 0.0, 0)


def margin_of(sections: Sequence[Section], size: float, measure: Measure = exact) -> float:
    """Position of the equals signs: after the longest left side."""
    lefts = [line.left for section in sections for _, line in section.lines if isinstance(line, Equation)]
    return max((measure(left, size).width + PART_GAP * size for left in lefts if left), default=0.0)


def paginate(
    sections: Sequence[Section], size: float, heading: float, width: float, height: float, measure: Measure = exact
) -> tuple[tuple[Page, ...], int]:
    """Put sections on pages of width x height pixels; returns the pages and the number of rows.

    heading: size of the headings' type. A section stays together if it fits on a page, and is continued under the same
    heading on the next if it does not.
    """
    pages: list[Page] = []
    rows, y = 0, height + 1
    headings: list[Heading] = []
    lines: list[tuple[int, tuple[EquationPart, ...]]] = []

    def finish_page() -> None:
        nonlocal y, headings, lines
        if lines:
            pages.append(_spread(Page(tuple(headings), tuple(lines)), height - (y - LINE_GAP * size), size))
        y, headings, lines = 0.0, [], []

    for section in sections:
        margin = margin_of([section], size, measure)
        free = height - HEADING * heading
        blocks = [(number, set_line(line, size, margin, width, free, measure)) for number, line in section.lines]
        rows += sum(block.rows for _, block in blocks)
        taken = sum(block.height + LINE_GAP * size for _, block in blocks) - LINE_GAP * size
        start = (SECTION_GAP - LINE_GAP) * size if lines else 0.0
        if y + start + HEADING * heading + taken > height:
            finish_page()
            start = 0.0
        y += start
        for position, (number, block) in enumerate(blocks):
            if position and y + block.height > height:
                finish_page()
            if position == 0 or not lines:
                headings.append(Heading(section.heading, y + 0.6 * heading, number))
                y += HEADING * heading
            lines.append((number, tuple(replace(part, y=part.y + y) for part in block.parts)))
            y += block.height + LINE_GAP * size
    finish_page()
    return tuple(pages), rows


def _spread(page: Page, free: float, size: float) -> Page:
    """Spread a little of the free height between a page's lines and headings, so that it does not look empty."""
    more = min(0.45 * size, max(0.0, free) / (len(page.lines) + len(page.headings)))

    def shift(line: int, headings_above: int) -> float:
        return more * (sum(1 for number, _ in page.lines if number < line) + headings_above)

    headings = [
        replace(heading, y=heading.y + shift(heading.line, above)) for above, heading in enumerate(page.headings)
    ]
    lines = []
    for number, parts in page.lines:
        above = sum(1 for heading in page.headings if heading.line <= number) - 1
        lines.append((number, tuple(replace(part, y=part.y + shift(number, above)) for part in parts)))
    return Page(tuple(headings), tuple(lines))
