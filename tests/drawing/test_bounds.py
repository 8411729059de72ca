"""Bounds of what is drawn: numbers of any size are drawn in bounded time, and none that can be seen is changed."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.lines import Line2D

from netviz.drawing.bounds import FARTHEST, bound
from netviz.drawing.panels.strokes import dashes

LINE = [(10.0, 10.0), (200.0, 100.0)]


def test_what_can_be_drawn_stays_as_it_is() -> None:
    pen = LineCollection([LINE, LINE], linewidth=[2.0, 40.0], linestyle=[(0, (3, 1)), (0, None)])
    before = [*pen.get_linestyle()], [*pen.get_linewidth()]
    bound(pen)
    assert ([*pen.get_linestyle()], [*pen.get_linewidth()]) == before


@pytest.mark.parametrize("width", [1e12, 1e300, np.nan])
def test_widths_are_bounded(width: float) -> None:
    pen = LineCollection([LINE, LINE], linewidth=[2.0, width])
    bound(pen)
    assert pen.get_linewidth()[0] == 2
    assert pen.get_linewidth()[1] == (0 if np.isnan(width) else FARTHEST)


def test_dashes_too_fine_to_be_told_apart_are_a_whole_line() -> None:
    pen = LineCollection(
        [LINE] * 3, linewidth=[2.0, 2.0, 1e-9], linestyle=[(0, (3, 1)), (0, (1e-9, 1e-9)), (0, (3, 1))]
    )
    bound(pen)
    assert [on_off and [*on_off] for _, on_off in pen.get_linestyle()] == [[6.0, 2.0], None, None]


@pytest.mark.parametrize("place", [1e9, -1e300, np.inf])
def test_places_are_bounded(place: float) -> None:
    pen, line = LineCollection([[(0, 0), (place, 5)]]), Line2D([0, place], [5, place])
    discs = EllipseCollection([abs(place)], [2.0], [0.0], units="xy", offsets=[(place, 1.0)])
    for artist in (pen, line, discs):
        bound(artist)
    assert pen.get_paths()[0].vertices.tolist() == [[0, 0], [np.sign(place) * FARTHEST, 5]]
    assert np.abs(line.get_xydata()).max() == FARTHEST
    assert (discs.get_widths().tolist(), discs.get_heights().tolist()) == ([FARTHEST], [2.0])
    assert discs.get_offsets().tolist() == [[np.sign(place) * FARTHEST, 1]]


def test_a_negative_synapse_too_thin_to_be_seen_has_no_dashes() -> None:
    """Weights of 1e35 beside others near 1: those are 1e-35 pixels wide, and their dashes were as short."""
    assert dashes(1e-35, 0.18, 1e-35) == (0, None)
    assert dashes(0.0, 0.18, 0.0) == (0, None)
    _, lengths = dashes(2.0, 1.0, 4.0)
    assert lengths == pytest.approx(((8 + 3.4) / 4, (6 + 2) / 4))
