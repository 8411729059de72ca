"""The themes (grounds, inks, lights) and palettes (positive and negative) that a scene chooses from, and its choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from netviz.picture.theme import BLACK, WHITE, Colour, Theme, colour
from netviz.scene.spec import PaletteName, Scene, ThemeName


@dataclass(frozen=True, eq=False)
class Palette:
    """Colours of positive and negative weights, and what goes with them if the theme's own would be mistaken."""

    positive: Colour
    negative: Colour
    signal: Colour | None = None
    negative_signal: Colour | None = None
    error: Colour | None = None
    test_error: Colour | None = None
    dashed: bool = False


# Colour-blind: after Okabe and Ito (Color Universal Design, 2008). Their blues and vermilion differ in hue and in
# brightness for all kinds of colour vision; light of neurons is their yellow there, errors are their purple.
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
        error=colour("#a8467f"),
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
    lit_ink=colour("#17130a"),
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
    lit_ink=colour("#2a1c00"),
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
    lit_ink=WHITE,
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
"""Each with the palette that is its own."""

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
"""The black of the film of 2015, whose neurons are (y, y, 0) bright."""


def theme_of(scene: Scene) -> Theme:
    """The colours of a scene's film: of its style, its theme and its palette, each chosen by itself."""
    name = scene.theme or ("playground" if scene.style == "playground" else "night")
    theme, own = THEMES[name]
    if scene.style == "classic" and scene.theme is None:
        theme = CLASSIC_GROUND
    if scene.palette is not None and scene.palette != own:
        theme = _with_palette(theme, (LIGHT_PALETTES if theme.is_light else DARK_PALETTES)[scene.palette])
    return theme


def _with_palette(theme: Theme, palette: Palette) -> Theme:
    """In the theme playground neurons light in the colours of the weights, in the others in their own."""
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


def _first(wanted: Colour | None, otherwise: Colour) -> Colour:
    return otherwise if wanted is None else wanted
