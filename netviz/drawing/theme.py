"""Themes and palettes: one colour for each meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.oklab import LEVELS, distance, from_oklch, linear, oklch, ramp
from netviz.scene.palette import Palette, PaletteName
from netviz.scene.scene import Look, ThemeName

Colour = NDArray[np.float64]
"""A colour (3,): red, green, blue from 0 to 1, as encoded for the screen (sRGB)."""


PURITY = 0.75
"""Part of the grey in a colour that its light does not have: light of a pale colour would soon be white where it adds
up, violet on gold above all."""
HALO_LEVEL = 0.32
"""Level of a neuron's ramp whose hue its halo has: gold itself, where it is faint, would be olive."""
READABLE = 4.5
"""The contrast that WCAG 2.2 asks of text (success criterion 1.4.3)."""


def colour(code: str) -> Colour:
    """A colour from its #rrggbb code."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def code_of(shown: Colour) -> str:
    """The #rrggbb code of a colour."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in shown)


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """Mixture of two colours: `first` at part = 0, `second` at part = 1."""
    return (1 - part) * first + part * second


WHITE, BLACK = colour("#ffffff"), colour("#000000")


def contrast(first: Colour, second: Colour) -> float:
    """Contrast of two colours, 1 to 21: the ratio of WCAG 2.2."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def contrasts(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same (n,) of each two colours of (n, 3)."""
    one, other = (linear(each) @ np.array([0.2126, 0.7152, 0.0722]) + 0.05 for each in (first, second))
    return np.asarray(np.maximum(one, other) / np.minimum(one, other))


def _luminance(shown: Colour) -> float:
    """Relative luminance (0 to 1) of an sRGB colour, as in WCAG 2.2."""
    return float(linear(shown) @ np.array([0.2126, 0.7152, 0.0722]))


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
        middle = [self.halo(fills[round(HALO_LEVEL * (LEVELS - 1))]) for fills in self._fills]
        positive, negative = (each / max(each.max(), 1e-9) for each in middle)
        return positive, negative

    def fill(self, light: NDArray[np.float64]) -> NDArray[np.float64]:
        """Colours (..., 3) of neurons with so much light (...), -1 to 1."""
        level = np.rint(np.abs(light) * (LEVELS - 1)).astype(int)
        positive, negative = self._fills
        return np.asarray(np.where(np.asarray(light)[..., None] >= 0, positive[level], negative[level]))

    @cached_property
    def _fills(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Colours (256, 3) of neurons with positive and negative light, at each of its levels."""
        if self.is_light:
            part = np.linspace(0, 1, LEVELS)[:, None]
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

    def legibility(self, ink: Colour) -> float:
        """Contrast of a text's colour where the background gives it least."""
        return min(contrast(ink, self.centre), contrast(ink, self.edge))

    def faded(self, ink: Colour, part: float) -> Colour:
        """A text's colour with at most `part` of the background in it, and so much less as it takes to be read."""
        parts = np.linspace(part, 0, 21)
        return next(
            (ink for ink in (mix(ink, self.centre, each) for each in parts) if self.legibility(ink) >= READABLE), ink
        )

    def rim_of(self, light: Colour) -> Colour:
        """Rim of a neuron without light that will have such light: dim light itself, on a light background grey."""
        if self.is_light:
            return mix(mix(self.centre, self.ink, 0.35), light, 0.2)
        return mix(self.centre, light, 0.52)

    def figure(self, light: float) -> Colour:
        """Ink of the figures on a neuron with so much light, -1 to 1."""
        return self._figures[0 if light >= 0 else 1][round(abs(light) * (LEVELS - 1))]

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
class PaletteColours:
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
DARK_PALETTES: Mapping[PaletteName, PaletteColours] = {
    "green-red": PaletteColours(colour("#2fd695"), colour("#f2536f")),
    "blue-orange": PaletteColours(colour("#4aa8ff"), colour("#ff8f3a"), signal=colour("#ffe6a8")),
    "colour-blind": PaletteColours(
        colour("#56b4e9"),
        colour("#e8712e"),
        signal=colour("#ffe8a3"),
        negative_signal=colour("#7cc4ff"),
        error=colour("#e29fc6"),
        test_error=colour("#35c9a4"),
        dashed=True,
    ),
}
LIGHT_PALETTES: Mapping[PaletteName, PaletteColours] = {
    "green-red": PaletteColours(colour("#0b8a5f"), colour("#cf2d4c")),
    "blue-orange": PaletteColours(colour("#0b6cb8"), colour("#e5720a")),
    "colour-blind": PaletteColours(
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
    palette = scene.palette or Palette()
    theme, base = THEMES[scene.shown_theme]
    if scene.style == "classic" and scene.theme is None and not theme.is_light:
        theme = CLASSIC_GROUND
    if palette.base is not None and palette.base != base:
        theme = _with_palette(theme, (LIGHT_PALETTES if theme.is_light else DARK_PALETTES)[palette.base])
    return _with_own(theme, palette, scene.shown_theme == "playground")


def _with_palette(theme: Theme, palette: PaletteColours) -> Theme:
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


# Colours of the maker's own: those given stand as they are, and those that go with them follow.

TOLD_APART = 20.0
"""Least `distance` of two colours that are told apart by colour alone: a little less than that of the signs in
the palettes blue-orange and colour-blind, which is 22 to 36 for every kind of colour vision."""
MUTED, FAINT, FAINTER = (0.36, 0.25), (0.5, 0.33), (0.27, 0.11)
"""Parts of the background in less important text, and in the least, of the text's own colour; and in the least of the
less important one's: on a dark background, on a light one. The built-in themes have about the same."""
DARK_BODY, DARK_CHROMA = 0.3, 0.09
"""Most lightness and chroma of neurons without light on a dark background of the maker's own."""


def _with_own(theme: Theme, palette: Palette, is_coloured: bool) -> Theme:
    """Replace a theme's colours by the maker's own. is_coloured: neurons have the weights' colours, if none of theirs.

    Where only the background is given, text is mended so that it can be read on it; colours given stand as they are.
    """
    own = {name: colour(code) for name, code in palette if name not in ("base", "background") and code is not None}
    if palette.background is not None:
        theme = _on_background(theme, *map(colour, palette.background))
    if palette.background is not None or own.keys() & {"text", "muted"}:
        theme = _with_text(theme, own.get("text"), own.get("muted"))
    if own.keys() & {"positive", "negative", "error", "test_error"}:
        theme = replace(
            theme,
            positive=own.get("positive", theme.positive),
            negative=own.get("negative", theme.negative),
            error=own.get("error", theme.error),
            test_error=own.get("test_error", theme.test_error),
        )
    if is_coloured and own.keys() & {"positive", "negative"}:
        theme = replace(theme, signal=theme.positive, negative_signal=theme.negative, highlight=theme.positive)
    return _with_light(theme, own["neuron"]) if "neuron" in own else theme


def _on_background(theme: Theme, centre: Colour, edge: Colour) -> Theme:
    """The theme on another background: neurons without light, and what lies between the signs, come from it."""
    if theme.is_light:
        neuron, middle = mix(centre, WHITE, 0.7), mix(centre, BLACK, 0.055)
    else:
        lightness, chroma, hue = oklch(centre)
        body = np.array([min(lightness + 0.012, DARK_BODY), min(chroma, DARK_CHROMA), hue])
        neuron, middle = from_oklch(body), mix(centre, WHITE, 0.037)
    on_it = replace(theme, centre=centre, edge=edge, neuron=neuron, middle=middle)
    ink = max((theme.ink, BLACK if theme.is_light else WHITE), key=on_it.legibility)
    on_it = replace(on_it, ink=theme.ink if on_it.legibility(theme.ink) >= READABLE else ink)
    error, test_error = on_it.readable(theme.error), on_it.readable(theme.test_error)
    return replace(on_it, rim=on_it.rim_of(theme.signal), error=error, test_error=test_error)


def _with_text(theme: Theme, ink: Colour | None, muted: Colour | None) -> Theme:
    """The theme with text of its own: less important one, if not given, has as much of the background as can be."""
    theme = replace(theme, ink=_first(ink, theme.ink))
    side = int(theme.is_light)
    quiet = theme.faded(theme.ink, MUTED[side]) if muted is None else muted
    faint = theme.faded(theme.ink, FAINT[side]) if muted is None else theme.faded(muted, FAINTER[side])
    return replace(theme, quiet=quiet, faint=faint)


def _with_light(theme: Theme, light: Colour) -> Theme:
    """The theme with another light of its neurons, to be told apart from that of values below zero."""
    others = theme.negative_signal, theme.signal
    negative = next((each for each in others if distance(each, light) >= TOLD_APART), others[0])
    ink = mix(BLACK, light, 0.09)
    return replace(
        theme,
        signal=light,
        negative_signal=negative,
        rim=theme.rim_of(light),
        highlight=light,
        ink_on_light=WHITE if contrast(light, ink) < READABLE else ink,
    )
