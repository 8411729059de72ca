"""What a theme says: one colour for each meaning. The themes themselves are in palettes.py."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float64]
"""(3,): red, green, blue from 0 to 1, as encoded for the screen (sRGB)."""


LEVELS = 256
"""Steps of a neuron's light for which the ink of its figures is worked out."""
READABLE = 4.5
"""The contrast that WCAG 2.2 asks of text (success criterion 1.4.3)."""


def colour(code: str) -> Colour:
    """A colour from its #rrggbb code."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """`first` at part = 0, `second` at part = 1."""
    return (1 - part) * first + part * second


WHITE, BLACK = colour("#ffffff"), colour("#000000")


def contrast(first: Colour, second: Colour) -> float:
    """How well one is read on the other, 1 to 21: the ratio of WCAG 2.2."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def linear(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """The light, 0 to 1, of values encoded for the screen: sRGB, IEC 61966-2-1."""
    light: NDArray[np.float64] = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return light


def _luminance(shown: Colour) -> float:
    """Relative luminance (0 to 1) of an sRGB colour, as in WCAG 2.2."""
    return float(linear(shown) @ np.array([0.2126, 0.7152, 0.0722]))


@dataclass(frozen=True, eq=False)
class Theme:
    """What each thing's colour is.

    is_light: whether the ground is light, so that what shines darkens and tints it instead of adding to it.
    centre, edge: of the ground behind everything. ink, quiet, faint: text from most to least important.
    positive, negative: sign of a weight. dashed: whether negative weights are dashed too.
    signal, negative_signal: light of a neuron. error: everything about being wrong - the curve, its number, the way
    back. test_error: the same for examples kept for testing. neuron, rim: a dark neuron. lit_ink: text on a lit
    neuron, where it is read better there than `ink`. bright: what shining things turn to as they shine more, and
    flare: how far. highlight: the box around what is presented. middle: 0 between the colours of -1 and 1.
    """

    is_light: bool
    centre: Colour
    edge: Colour
    ink: Colour
    quiet: Colour
    faint: Colour
    positive: Colour
    negative: Colour
    dashed: bool
    signal: Colour
    negative_signal: Colour
    error: Colour
    test_error: Colour
    neuron: Colour
    rim: Colour
    lit_ink: Colour
    bright: Colour
    flare: float
    highlight: Colour
    middle: Colour

    @cached_property
    def scale(self) -> NDArray[np.uint8]:
        """Bytes (256, 3), the colours of the values from -1 to 1."""
        values = np.linspace(-1, 1, 256)[:, None]
        ends = np.where(values < 0, self.negative, self.positive)
        return np.rint(255 * (self.middle + np.abs(values) * (ends - self.middle))).astype(np.uint8)

    def halo(self, colours: Colour | NDArray[np.float64]) -> NDArray[np.float64]:
        """What the light of a colour (..., 3) adds to the ground; on a light one, what it takes from it."""
        return np.clip(self.centre - colours, 0, 1) if self.is_light else np.asarray(colours)

    def shining(self, of: Colour, part: float) -> Colour:
        """A colour that shines: `part` of the way to what is bright on this ground."""
        return mix(of, self.bright, part * self.flare)

    def readable(self, wanted: Colour) -> Colour:
        """A colour for text on the ground: the wanted one, with as much of the ink in it as it takes to be read."""
        for part in np.linspace(0, 1, 41):
            found = mix(wanted, self.ink, float(part))
            if min(contrast(found, self.centre), contrast(found, self.edge)) >= READABLE:
                return found
        return self.ink

    def figure(self, light: float) -> Colour:
        """The ink of the figures on a neuron with so much light, -1 to 1."""
        return self._figures[0 if light >= 0 else 1][round(abs(light) * (LEVELS - 1))]

    @cached_property
    def _figures(self) -> tuple[tuple[Colour, ...], tuple[Colour, ...]]:
        """For positive and negative light, at each of its levels."""
        return self._figures_on(self.signal), self._figures_on(self.negative_signal)

    def _figures_on(self, light: Colour) -> tuple[Colour, ...]:
        """The theme's ink or that for lit neurons; between them, where neither can be read, white or black."""

        def best(inks: tuple[Colour, ...], fill: Colour) -> Colour:
            return max(inks, key=lambda ink: contrast(ink, fill))

        found = []
        for level in np.linspace(0, 1, LEVELS):
            fill = mix(self.neuron, light, float(level))
            own = best((self.ink, self.lit_ink), fill)
            # A little more than is asked for, so that it is enough between the levels too.
            found.append(own if contrast(own, fill) >= 1.01 * READABLE else best((WHITE, BLACK), fill))
        return tuple(found)
