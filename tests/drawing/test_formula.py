"""Formulas: mathtext and matrices on one line."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from netviz.drawing.formula import ROW_STEP, Matrix, formula_mask, source

SIZE = 40.0


def ink(*pieces: str | Matrix) -> np.ndarray:
    return formula_mask(pieces, SIZE).alpha > 0.5


def test_pieces_stand_on_one_line_whatever_their_height() -> None:
    """A 1 alone, in mathtext, beside a fraction and beside a matrix begins and ends at the same height."""
    found = []
    for formula in (("1",), (r"1 + x_{1}",), (r"1 \cdot \dfrac{7}{2}",), ("1", Matrix((("1",), ("2",))))):
        drawn = formula_mask(formula, SIZE)
        rows = np.flatnonzero((drawn.alpha[:, : int(0.3 * SIZE)] > 0.5).any(axis=1)) - drawn.top
        found.append((rows[0], rows[-1]))
    assert np.ptp(found, axis=0).max() <= 1, found
    assert abs(np.mean(found[0])) <= 1, "around the middle of the capitals"
    for text in ("=", "+", r"\rightarrow"):
        drawn = formula_mask((text,), SIZE)
        assert abs(drawn.alpha.shape[0] / 2 - drawn.top) < 0.12 * SIZE, text


def test_a_matrix_is_as_high_as_its_rows_and_stands_in_brackets() -> None:
    one, three = (ink(Matrix((("1", "2"),) * rows)) for rows in (1, 3))
    assert three.shape[0] - one.shape[0] == pytest.approx(2 * ROW_STEP * SIZE, abs=2)
    assert three[:, :2].all(), "the opening bracket"
    assert three[:, -2:].all(), "the closing bracket"
    bare = ink(Matrix((("1", "2"),), bracketed=False))
    assert bare.shape[0] < one.shape[0]
    assert not bare[:, :2].all()


def test_numbers_of_a_column_have_their_points_under_each_other() -> None:
    """The lowest ink of 0.5 and of -33.8 above the base line's last pixels is the point's, in the same column."""
    mixed = formula_mask((Matrix((("0.5",), ("-33.8",)), bracketed=False),), SIZE).alpha > 0.5
    half = mixed.shape[0] // 2
    points = []
    for rows in (mixed[:half], mixed[half:]):
        rows = rows[: np.flatnonzero(rows.any(axis=1))[-1] + 1]
        low = rows[-6:].any(axis=0) & ~rows[: -int(0.2 * SIZE)].any(axis=0)
        points.append(np.flatnonzero(low).mean())
    assert points[0] == pytest.approx(points[1], abs=1.5)


def test_a_formula_can_be_read_as_text() -> None:
    formula = ("=", Matrix((("1", "0"),)), Matrix((("0.5",), ("0.2",))), r"+ \mathbf{b}")
    assert source(formula) == r"= [1 0] [0.5; 0.2] + \mathbf{b}"


def test_drawing_a_formula_leaves_matplotlib_as_it_was() -> None:
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"mathtext.fontset": "cm"}):
        strange = formula_mask((r"\sigma(z_{h17})",), SIZE).alpha
    assert dict(matplotlib.rcParams) == before
    again = formula_mask.__wrapped__((r"\sigma(z_{h17})",), SIZE).alpha  # type: ignore[attr-defined]
    assert np.array_equal(strange, again)


def test_roots_in_small_type_are_drawn_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    for size in (1.0, 2.0, 3.0, 4.0, 5.0, 6.5, 8.0):
        formula_mask((r"\dfrac{\hat{m}}{\sqrt{\hat{s}} + \epsilon}",), size)
        formula_mask((r"\dfrac{0.25}{\sqrt{0.0012} + 10^{-8}}",), size)
    assert not caplog.records


def test_an_empty_cell_takes_no_room() -> None:
    assert formula_mask((Matrix((("", "1"), ("2", "3")), bracketed=False),), SIZE).alpha.any()
