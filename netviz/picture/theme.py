"""Colours of the picture, as the eye reads them: one colour for each meaning."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float64]
"""(3,): red, green, blue from 0 to 1, as encoded for the screen (sRGB)."""


def colour(code: str) -> Colour:
    """A colour from its #rrggbb code."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """`first` at part = 0, `second` at part = 1."""
    return (1 - part) * first + part * second


@dataclass(frozen=True, eq=False)
class Theme:
    """What each thing's colour is.

    centre, edge: of the ground behind everything. ink, quiet, faint: text from most to least important.
    positive, negative: sign of a weight. signal, negative_signal: light of a neuron. error: everything about being
    wrong - the curve, its number, the way back. neuron, rim: a dark neuron. dark_ink: text on a lit neuron.
    """

    centre: Colour
    edge: Colour
    ink: Colour
    quiet: Colour
    faint: Colour
    positive: Colour
    negative: Colour
    signal: Colour
    negative_signal: Colour
    error: Colour
    neuron: Colour
    rim: Colour
    dark_ink: Colour


NIGHT = Theme(
    centre=colour("#0d1019"),
    edge=colour("#050609"),
    ink=colour("#f4f5fa"),
    quiet=colour("#a3a9bd"),
    faint=colour("#7b8299"),
    positive=colour("#2fd695"),
    negative=colour("#f2536f"),
    signal=colour("#ffcf66"),
    negative_signal=colour("#7cc4ff"),
    error=colour("#b79bff"),
    neuron=colour("#10131d"),
    rim=colour("#8a6f38"),
    dark_ink=colour("#17130a"),
)

BLACK = replace(NIGHT, centre=colour("#000000"), edge=colour("#000000"))
"""The ground of the classic style."""
