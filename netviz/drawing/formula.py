"""Formulas: mathtext and matrices side by side on one line, as masks.

Only what netviz itself writes is set here; a user's text, which may hold any sign, is drawn by `text.mask`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import matplotlib
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from numpy.typing import NDArray

from netviz.drawing.text import Mask, Typefaces, capital_height, joined, kept, mask, settings, width

Alpha = NDArray[np.float32]

_SLANTED = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Oblique.ttf"
"""Font of variables, slanted as everywhere in mathematics; Inter, whose slanted cut is not bundled, sets the rest."""
_PARSER = MathTextParser("agg")
_NUMBER = re.compile(r"-?[0-9]+((\.|\{[^0-9{}]\})[0-9]+)?")
"""A number, its decimal mark, if it is no point, in braces: mathtext leaves no space after it there."""
_POINT = re.compile(r"(?<=[0-9])\.(?=[0-9])")
_SIGNS = {"=": "=", "+": "+", r"\rightarrow": "→"}
SIGN_SPACE = 0.2
"""Space on either side of a sign, as a part of the type's size, as mathtext has it."""

GAP = 0.16
"""Space between the pieces of a formula, as a part of the type's size."""
CELL_GAP = 0.75
ROW_STEP = 1.42
"""Distance from one row of a matrix to the next, as a part of the type's size."""


@dataclass(frozen=True)
class Matrix:
    """Rows of cells, each in mathtext's language without its dollar signs; in square brackets if `bracketed`."""

    rows: tuple[tuple[str, ...], ...]
    bracketed: bool = True


FormulaPiece = str | Matrix
_Piece = TypeVar("_Piece", str, Matrix, FormulaPiece)
Formula = tuple[FormulaPiece, ...]
"""Pieces from left to right: mathtext without its dollar signs, and matrices, which mathtext does not have."""


def with_decimal_mark(piece: _Piece, mark: str) -> _Piece:
    """A piece, all of its numbers with a decimal mark; beside commas in numbers, arguments stand between semicolons."""
    if mark == ".":
        return piece
    if isinstance(piece, Matrix):
        return replace(piece, rows=tuple(tuple(with_decimal_mark(cell, mark) for cell in row) for row in piece.rows))
    text = _POINT.sub(f"{{{mark}}}", piece)
    return text.replace(r",\ ", r";\ ") if mark == "," else text


def source(formula: Formula) -> str:
    """A formula as one text, with matrices as [a b; c d]."""
    return " ".join(piece if isinstance(piece, str) else _matrix_source(piece) for piece in formula if piece)


def _matrix_source(matrix: Matrix) -> str:
    rows = "; ".join(" ".join(row) for row in matrix.rows)
    return f"[{rows}]" if matrix.bracketed else rows


@kept(32_000_000)
def formula_mask(formula: Formula, size: float) -> Mask:
    """Draw a formula; its top counts to the middle of the capitals, at which pieces are aligned. Masks are cached."""
    drawn = [_mathtext(piece, size) if isinstance(piece, str) else _matrix(piece, size) for piece in formula if piece]
    starts = np.cumsum([0.0, *(part.width + GAP * size for part in drawn)])
    return joined(
        [(part, start, 0.0) for part, start in zip(drawn, starts, strict=False)], float(starts[-1] - GAP * size)
    )


@kept(16_000_000)
def _mathtext(text: str, size: float) -> Mask:
    if not text:
        return Mask(np.zeros((0, 0), np.float32), 0, 0, 0.0)
    faces = Typefaces.make()
    if _NUMBER.fullmatch(text):  # looks the same as in mathtext, and is many times faster
        return mask(_plain(text).replace("-", "−"), faces.medium, size)
    if text in _SIGNS:
        sign, space = mask(_SIGNS[text], faces.medium, size), SIGN_SPACE * size
        return Mask(sign.alpha, sign.left + round(space), sign.top, sign.width + 2 * space)
    upright, bold, slanted = (
        FontProperties(fname=str(path)).get_fontconfig_pattern()
        for path in (faces.medium.path, faces.strong.path, _SLANTED)
    )
    choice: dict[Any, Any] = {
        **dict.fromkeys(("mathtext.rm", "mathtext.sf", "mathtext.tt", "mathtext.cal"), upright),
        **dict.fromkeys(("mathtext.bf", "mathtext.bfit"), bold),
        "mathtext.it": slanted,
        "mathtext.fontset": "custom",
        "mathtext.fallback": "stix",
        "mathtext.default": "normal",
    }
    with settings(), matplotlib.rc_context(choice), _unheard():
        properties = FontProperties(fname=str(faces.medium.path), size=size, math_fontfamily="custom")
        parsed = _PARSER.parse(f"${text}$", 72, properties)
    alpha = np.asarray(parsed.image).astype(np.float32) / np.float32(255)
    baseline = parsed.height - parsed.depth - 1  # the parser leaves a pixel free on every side
    return _cropped(alpha, 1.0, baseline - capital_height(faces.medium, size) / 2, parsed.width - 2)


@contextmanager
def _unheard() -> Iterator[None]:
    """Context in which mathtext does not log what it finds of small type: that a root has too little room, or more."""
    log = logging.getLogger("matplotlib.mathtext")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _matrix(matrix: Matrix, size: float) -> Mask:
    cells = [[_mathtext(cell, size) for cell in row] for row in matrix.rows]
    columns = list(zip(*cells, strict=True))
    # Numbers in a column are aligned at their decimal points.
    before = [[_before_point(cell, size) for cell in column] for column in zip(*matrix.rows, strict=True)]
    left = [max(widths) for widths in before]
    right = [
        max(cell.width - width for cell, width in zip(column, widths, strict=True))
        for column, widths in zip(columns, before, strict=True)
    ]
    edge = 0.34 * size if matrix.bracketed else 0.0
    starts = edge + np.cumsum([0.0, *(a + b + CELL_GAP * size for a, b in zip(left, right, strict=True))])
    across = float(starts[-1] - CELL_GAP * size + edge)
    step = ROW_STEP * size
    middle = (len(cells) - 1) / 2
    placed = [
        (cell, float(starts[column] + left[column] - before[column][row]), (row - middle) * step)
        for row, line in enumerate(cells)
        for column, cell in enumerate(line)
    ]
    if matrix.bracketed:
        height = (len(cells) - 1) * step + 1.3 * size
        placed += [(bracket(size, height, left), 0.0 if left else across - 0.28 * size, 0.0) for left in (True, False)]
    return joined(placed, across)


def _before_point(cell: str, size: float) -> float:
    """Pixels of a cell to the left of its decimal point, or of where the point would be."""
    if not _NUMBER.fullmatch(cell):
        return 0.0
    # The width of the whole without the rest, not of the digits before the point alone: a 7 pulls its point closer.
    rest, font = _plain(cell.lstrip("-0123456789")), Typefaces.make().medium
    return _mathtext(cell, size).width - width(rest, font, size)


def _plain(number: str) -> str:
    """A number without the braces around its decimal mark."""
    return number.replace("{", "").replace("}", "")


def bracket(size: float, height: float, opening: bool) -> Mask:
    """One square bracket, which is that high."""
    thickness = max(1, round(0.07 * size))
    width = max(2 * thickness, round(0.24 * size))
    alpha = np.zeros((round(height), width), np.float32)
    alpha[:thickness] = alpha[-thickness:] = 1
    alpha[:, slice(0, thickness) if opening else slice(width - thickness, None)] = 1
    return Mask(alpha, 0, round(height / 2), width)


def _cropped(alpha: Alpha, pen: float, middle: float, width: float) -> Mask:
    """Crop a drawing to the part that is not empty. pen, middle: column and row of its pen and its middle."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not len(rows):
        return Mask(np.zeros((0, 0), np.float32), 0, 0, width)
    top, left = rows[0], columns[0]
    return Mask(
        np.ascontiguousarray(alpha[top : rows[-1] + 1, left : columns[-1] + 1]),
        int(left - round(pen)),
        round(middle - float(top)),
        width,
    )
