"""Themes and palettes: one colour for each meaning, and simulation of other kinds of colour vision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netviz.errors import Problem
from netviz.scene.messages import nearest
from netviz.scene.scene import Look, PaletteName, ThemeName

Colour = NDArray[np.float64]
"""A colour (3,): red, green, blue from 0 to 1, as encoded for the screen (sRGB)."""


_LEVELS = 256
"""Steps of a neuron's light for which the ink of its figures is computed."""
PURITY = 0.75
"""Part of the grey in a colour that its light does not have: light of a pale colour would soon be white where it adds
up, violet on gold above all."""
READABLE = 4.5
"""The contrast that WCAG 2.2 asks of text (success criterion 1.4.3)."""


def colour(code: str) -> Colour:
    """A colour from its #rrggbb code."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """Mixture of two colours: `first` at part = 0, `second` at part = 1."""
    return (1 - part) * first + part * second


WHITE, BLACK = colour("#ffffff"), colour("#000000")


def contrast(first: Colour, second: Colour) -> float:
    """Contrast of two colours, 1 to 21: the ratio of WCAG 2.2."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def linear(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light, 0 to 1, of values encoded for the screen: sRGB, IEC 61966-2-1."""
    light: NDArray[np.float64] = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return light


def _luminance(shown: Colour) -> float:
    """Relative luminance (0 to 1) of an sRGB colour, as in WCAG 2.2."""
    return float(linear(shown) @ np.array([0.2126, 0.7152, 0.0722]))


# Ramps: colours of a neuron from dark to full light, through one hue. A mixture of a dark colour and gold is mustard;
# here lightness rises while the chroma is held and the hue comes from orange: dark amber, amber, gold. Lightness,
# chroma and hue are those of Oklab (Björn Ottosson, "A perceptual color space for image processing", 2020).

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
HALO_LEVEL = 0.32
"""Level of a neuron's ramp whose hue its halo has: gold itself, where it is faint, would be olive."""
LEAST_CHROMA = 0.125
"""Least chroma of a ramp in its middle: that of amber."""
FULL_CHROMA = 0.3
"""Level from which a ramp has its full chroma."""
LIFT = 0.72
"""Exponent of a ramp's lightness: below 1 the middle is lighter than halfway, or amber would be brown."""
WARM, EMBER = (66.0, 112.0), 66.0
"""Hues in degrees that are gold or yellow; the hue in which a ramp begins that ends there."""


def oklch(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lightness (0 to 1), chroma, and hue in degrees (..., 3) of sRGB colours (..., 3)."""
    lightness, a, b = np.moveaxis(np.cbrt(linear(shown) @ _TO_CONES.T) @ _TO_OKLAB.T, -1, 0)
    return np.stack([lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360], axis=-1)


def from_oklch(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours (..., 3) in sRGB of lightness, chroma and hue in degrees (..., 3), clipped to what a screen shows."""
    lightness, chroma, hue = np.moveaxis(values, -1, 0)
    lab = np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=-1)
    return _encoded((lab @ np.linalg.inv(_TO_OKLAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T)


def ramp(dark: Colour, light: Colour) -> NDArray[np.float64]:
    """Colours (256, 3) of even levels from a dark colour to that of full light."""
    level = np.linspace(0, 1, _LEVELS)
    (start, _, _), (end, chroma, hue) = oklch(dark), oklch(light)
    middle = max(float(chroma), LEAST_CHROMA)
    turn = hue - EMBER if WARM[0] <= hue <= WARM[1] else 0.0
    found = np.stack(
        [
            start + (end - start) * level**LIFT,
            (middle + (chroma - middle) * level**3) * np.minimum(1, level / FULL_CHROMA) ** 0.8,
            hue - turn * (1 - level),
        ],
        axis=-1,
    )
    colours = from_oklch(found)
    colours[0], colours[-1] = dark, light
    return colours


@dataclass(frozen=True, eq=False)
class Theme:
    """Colours of a film, one for each meaning.

    is_light: whether the background is light, so that glow darkens and tints it instead of adding to it.
    centre, edge: of the background. ink, quiet, faint: text from most to least important.
    positive, negative: sign of a weight. dashed: whether negative weights are dashed too.
    signal, negative_signal: light of a neuron. error: everything about being wrong - the curve, its number, the
    backward pass. test_error: the same for examples kept for testing. neuron, rim: a neuron without light.
    ink_on_light: text on a bright neuron, where it is read better there than `ink`. bright: colour that shining things
    turn to as they shine more, and flare: how far. highlight: the box around what is presented. middle: 0 between the
    colours of -1 and 1.
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
    ink_on_light: Colour
    bright: Colour
    flare: float
    highlight: Colour
    middle: Colour

    @cached_property
    def scale(self) -> NDArray[np.uint8]:
        """Colours of the values from -1 to 1, as bytes (256, 3)."""
        values = np.linspace(-1, 1, 256)[:, None]
        ends = np.where(values < 0, self.negative, self.positive)
        return np.rint(255 * (self.middle + np.abs(values) * (ends - self.middle))).astype(np.uint8)

    def halo(self, colours: Colour | NDArray[np.float64]) -> NDArray[np.float64]:
        """Light that a colour (..., 3) adds to the background; on a light background, what it subtracts from it.

        The light is purer than the colour, and as strong in its strongest channel.
        """
        if self.is_light:
            return np.clip(self.centre - colours, 0, 1)
        grey, most = (PURITY * np.min(colours, axis=-1, keepdims=True)), np.max(colours, axis=-1, keepdims=True)
        return np.asarray((colours - grey) * most / np.maximum(most - grey, 1e-9))

    def neuron_halo(self, light: NDArray[np.float64]) -> NDArray[np.float64]:
        """Light (..., 3), as `halo` says, around neurons with so much light (...), -1 to 1: amber around gold."""
        size = np.abs(light)[..., None]
        if self.is_light:
            signal = np.where(np.asarray(light)[..., None] >= 0, self.signal, self.negative_signal)
            return np.asarray(size * self.halo(signal))
        positive, negative = self._halos
        return np.asarray(size * np.where(np.asarray(light)[..., None] >= 0, positive, negative))

    @cached_property
    def _halos(self) -> tuple[Colour, Colour]:
        """Full light around neurons with positive and negative light: that of their ramp before it turns pale."""
        middle = [self.halo(fills[round(HALO_LEVEL * (_LEVELS - 1))]) for fills in self._fills]
        return middle[0] / middle[0].max(), middle[1] / middle[1].max()

    def fill(self, light: NDArray[np.float64]) -> NDArray[np.float64]:
        """Colours (..., 3) of neurons with so much light (...), -1 to 1."""
        level = np.rint(np.abs(light) * (_LEVELS - 1)).astype(int)
        positive, negative = self._fills
        return np.asarray(np.where(np.asarray(light)[..., None] >= 0, positive[level], negative[level]))

    @cached_property
    def _fills(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Colours (256, 3) of neurons with positive and negative light, at each of its levels."""
        if self.is_light:
            part = np.linspace(0, 1, _LEVELS)[:, None]
            positive, negative = ((1 - part) * self.neuron + part * end for end in (self.signal, self.negative_signal))
            return positive, negative
        return ramp(self.neuron, self.signal), ramp(self.neuron, self.negative_signal)

    def shining(self, of: Colour, part: float) -> Colour:
        """A colour that shines: `part` of the way to this theme's brightest."""
        return mix(of, self.bright, part * self.flare)

    def readable(self, preferred: Colour, *on: Colour) -> Colour:
        """Colour for text on the background: the preferred one, with as much ink mixed in as it takes to be read.

        on: colours under the text, where it stands on something else.
        """
        for part in np.linspace(0, 1, 41):
            mixed = mix(preferred, self.ink, float(part))
            if min(contrast(mixed, under) for under in on or (self.centre, self.edge)) >= READABLE:
                return mixed
        return self.ink

    def figure(self, light: float) -> Colour:
        """Ink of the figures on a neuron with so much light, -1 to 1."""
        return self._figures[0 if light >= 0 else 1][round(abs(light) * (_LEVELS - 1))]

    @cached_property
    def _figures(self) -> tuple[tuple[Colour, ...], tuple[Colour, ...]]:
        """Inks of figures for positive and negative light, at each of its levels."""
        return self._figures_on(self._fills[0]), self._figures_on(self._fills[1])

    def _figures_on(self, fills: NDArray[np.float64]) -> tuple[Colour, ...]:
        """Ink at each level: the theme's or that for bright neurons; white or black where neither can be read."""

        def best(inks: tuple[Colour, ...], fill: Colour) -> Colour:
            return max(inks, key=lambda ink: contrast(ink, fill))

        figures = []
        for fill in fills:
            ink = best((self.ink, self.ink_on_light), fill)
            # A little more contrast than required, so that it is enough between the levels too.
            figures.append(ink if contrast(ink, fill) >= 1.01 * READABLE else best((WHITE, BLACK), fill))
        return tuple(figures)


# Themes (backgrounds, inks, lights) and palettes (positive and negative) that a scene chooses from, and its choice.


@dataclass(frozen=True, eq=False)
class Palette:
    """Colours of positive and negative weights, and others where the theme's own would be mistaken for them."""

    positive: Colour
    negative: Colour
    signal: Colour | None = None
    negative_signal: Colour | None = None
    error: Colour | None = None
    test_error: Colour | None = None
    dashed: bool = False


# The palette colour-blind is after Okabe and Ito (Color Universal Design, 2008). Their blues and vermilion differ in
# hue and in brightness for all kinds of colour vision; neurons light up in their yellow, errors are their purple.
DARK_PALETTES: Mapping[PaletteName, Palette] = {
    "green-red": Palette(colour("#2fd695"), colour("#f2536f")),
    "blue-orange": Palette(colour("#4aa8ff"), colour("#ff8f3a"), signal=colour("#ffe6a8")),
    "colour-blind": Palette(
        colour("#56b4e9"),
        colour("#e8712e"),
        signal=colour("#ffe8a3"),
        negative_signal=colour("#7cc4ff"),
        error=colour("#e29fc6"),
        test_error=colour("#35c9a4"),
        dashed=True,
    ),
}
LIGHT_PALETTES: Mapping[PaletteName, Palette] = {
    "green-red": Palette(colour("#0b8a5f"), colour("#cf2d4c")),
    "blue-orange": Palette(colour("#0b6cb8"), colour("#e5720a")),
    "colour-blind": Palette(
        colour("#0072b2"),
        colour("#d55e00"),
        signal=colour("#f0cf2a"),
        negative_signal=colour("#56b4e9"),
        error=colour("#a0407a"),
        test_error=colour("#00705a"),
        dashed=True,
    ),
}

NIGHT = Theme(
    is_light=False,
    centre=colour("#0d1019"),
    edge=colour("#050609"),
    ink=colour("#f4f5fa"),
    quiet=colour("#a3a9bd"),
    faint=colour("#7b8299"),
    positive=DARK_PALETTES["green-red"].positive,
    negative=DARK_PALETTES["green-red"].negative,
    dashed=False,
    signal=colour("#ffcf66"),
    negative_signal=colour("#7cc4ff"),
    error=colour("#b79bff"),
    test_error=colour("#5fd0d8"),
    neuron=colour("#10131d"),
    rim=colour("#8a6f38"),
    ink_on_light=colour("#17130a"),
    bright=WHITE,
    flare=1.0,
    highlight=colour("#7cc4ff"),
    middle=colour("#161a26"),
)

PAPER = Theme(
    is_light=True,
    centre=colour("#fcf9f3"),
    edge=colour("#f4efe4"),
    ink=colour("#1e2130"),
    quiet=colour("#545969"),
    faint=colour("#666b7a"),
    positive=LIGHT_PALETTES["green-red"].positive,
    negative=LIGHT_PALETTES["green-red"].negative,
    dashed=False,
    signal=colour("#f5a90f"),
    negative_signal=colour("#4a9be0"),
    error=colour("#6b46c1"),
    test_error=colour("#00727f"),
    neuron=colour("#fffefb"),
    rim=colour("#b9ab8f"),
    ink_on_light=colour("#2a1c00"),
    bright=colour("#14162a"),
    flare=0.45,
    highlight=colour("#4a9be0"),
    middle=colour("#efe9dc"),
)

PLAYGROUND = Theme(
    is_light=True,
    centre=colour("#fbfcfd"),
    edge=colour("#f0f2f5"),
    ink=colour("#1f2933"),
    quiet=colour("#52606d"),
    faint=colour("#626d7a"),
    positive=colour("#0877bd"),
    negative=colour("#f59322"),
    dashed=False,
    signal=colour("#0877bd"),
    negative_signal=colour("#f59322"),
    error=colour("#7048c6"),
    test_error=colour("#00727f"),
    neuron=colour("#ffffff"),
    rim=colour("#aab4c0"),
    ink_on_light=WHITE,
    bright=colour("#12233a"),
    flare=0.4,
    highlight=colour("#0877bd"),
    middle=colour("#e8eaeb"),
)

THEMES: Mapping[ThemeName, tuple[Theme, PaletteName]] = {
    "night": (NIGHT, "green-red"),
    "paper": (PAPER, "green-red"),
    "playground": (PLAYGROUND, "blue-orange"),
}
"""Themes by name, each with its own palette."""

CLASSIC_GROUND = replace(
    NIGHT,
    centre=BLACK,
    edge=BLACK,
    positive=np.array([0.0, 0.75, 0.0]),
    negative=np.array([0.9, 0.05, 0.05]),
    signal=np.array([1.0, 1.0, 0.0]),
    negative_signal=np.array([0.0, 0.6, 1.0]),
    neuron=np.full(3, 0.1),
    rim=np.full(3, 0.35),
)
"""Black theme of the film of 2015, whose neurons are (y, y, 0) bright."""


def theme_of(scene: Look) -> Theme:
    """Theme of a scene's film, from its style, its theme and its palette, each chosen by itself."""
    name = scene.theme or ("playground" if scene.style == "playground" else "night")
    theme, own = THEMES[name]
    if scene.style == "classic" and scene.theme is None:
        theme = CLASSIC_GROUND
    if scene.palette is not None and scene.palette != own:
        theme = _with_palette(theme, (LIGHT_PALETTES if theme.is_light else DARK_PALETTES)[scene.palette])
    return theme


def _with_palette(theme: Theme, palette: Palette) -> Theme:
    """Replace a theme's colours by a palette's; neurons take the weights' colours in the theme playground alone."""
    coloured = theme is PLAYGROUND
    return replace(
        theme,
        positive=palette.positive,
        negative=palette.negative,
        signal=palette.positive if coloured else _first(palette.signal, theme.signal),
        negative_signal=palette.negative if coloured else _first(palette.negative_signal, theme.negative_signal),
        error=_first(palette.error, theme.error),
        test_error=_first(palette.test_error, theme.test_error),
        dashed=palette.dashed,
    )


def _first(own: Colour | None, default: Colour) -> Colour:
    return default if own is None else own


# Simulation of other kinds of colour vision, and of a grey print.

MATRICES: Mapping[str, NDArray[np.float64]] = {
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
"""Matrices (3, 3) that turn linear red, green and blue into what is seen. Without the cones for green, for red, for
blue: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE
Transactions on Visualization and Computer Graphics 15 (6), 2009, at severity 1.0. In grey: the luminance of sRGB."""

_BYTES = linear(np.arange(256) / 255).astype(np.float32)


def vision_problems(name: str | None, where: str = "--seen-as") -> list[Problem]:
    """Problems with the name of a kind of colour vision: one if it is unknown, none otherwise or without a name."""
    if name is None or name in MATRICES:
        return []
    near = nearest(name, MATRICES)
    hint = f" (did you mean {near!r}?)" if near else ""
    return [Problem(where, f"expected one of {', '.join(MATRICES)}, got {name!r}{hint}")]


def seen(colours: Colour | NDArray[np.float64], vision: str) -> NDArray[np.float64]:
    """Colours (..., 3), 0 to 1 as encoded for the screen, as they look with a kind of colour vision."""
    return _encoded(linear(np.asarray(colours)) @ MATRICES[vision].T)


def picture_seen(picture: NDArray[np.uint8], vision: str) -> NDArray[np.uint8]:
    """Bytes of a picture (height, width, 3), as they look with a kind of colour vision."""
    encoded = _encoded(_BYTES[picture] @ MATRICES[vision].T.astype(np.float32))
    shown: NDArray[np.uint8] = np.rint(255 * encoded).astype(np.uint8)
    return shown


def _encoded(light: NDArray[Any]) -> NDArray[Any]:
    """Linear light as sRGB, 0 to 1; values that no screen shows are clipped, channel by channel."""
    shown = np.minimum(np.maximum(light, 0), 1)
    encoded: NDArray[Any] = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055)
    return encoded
