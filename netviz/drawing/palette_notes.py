"""Palette notes: colours of the maker's own that cannot be read, seen or told apart, each with its number."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from netviz.drawing.color_vision import seen
from netviz.drawing.oklab import distance
from netviz.drawing.theme import READABLE, THEMES, TOLD_APART, Colour, Theme, code_of, contrast, theme_of
from netviz.scene.palette import Palette
from netviz.scene.scene import Look

SEEN = 3.0
"""The contrast that WCAG 2.2 asks of what is no text (success criterion 1.4.11)."""
CONES = ("deuteranopia", "protanopia", "tritanopia")
"""Kinds of colour vision without one of the three kinds of cones: for green, for red, for blue."""
_LEAST = f"the least is {TOLD_APART:.0f}"
_TEXTS = {"text": "ink", "muted": "quiet", "error": "error", "test_error": "test_error"}
"""Keys of a palette whose colours text is written in, and their names in a theme."""


def palette_notes(scene: Look) -> Iterator[str]:
    """Notes on a scene's own colours: text below 4.5:1, signs below 3:1, signs and light that are hardly told apart."""
    palette = scene.palette
    if palette is None or palette == Palette(base=palette.base):
        return
    theme = theme_of(scene)
    for key, name in _TEXTS.items():
        follows = key == "muted" and palette.text  # the text it is made of has been told of
        if getattr(palette, key) or (palette.background and not follows):
            of = "text" if name in ("ink", "quiet") else "its figures"
            yield from _too_faint(key, getattr(theme, name), theme, READABLE, f"{of} need{'s' * (of == 'text')}")
    for key, sign in (("positive", theme.positive), ("negative", theme.negative)):
        if getattr(palette, key):
            yield from _too_faint(key, sign, theme, SEEN, "lines need")
        elif palette.background:  # a theme's own signs may have less on its own background
            own, _ = THEMES[scene.shown_theme]
            yield from _too_faint(key, sign, theme, min(SEEN, own.legibility(sign)), "lines need")
    if palette.neuron and (apart := distance(theme.signal, theme.neuron)) < TOLD_APART:
        dark = code_of(theme.neuron)
        yield f"palette.neuron {palette.neuron} and {dark}, neurons without light: difference {floor(apart)}; {_LEAST}"
    if palette.positive or palette.negative:
        yield from _alike(theme)


def _too_faint(key: str, ink: Colour, theme: Theme, least: float, what: str) -> Iterator[str]:
    under = min((theme.centre, theme.edge), key=lambda ground: contrast(ink, ground))
    found = contrast(ink, under)
    if found < least:
        pair = f"palette.{key} {code_of(ink)} on background {code_of(under)}"
        yield f"{pair}: contrast {_down(found)}:1, {what} {least:.2g}:1"


def _alike(theme: Theme) -> Iterator[str]:
    """A note on signs that are hardly told apart, by whom; where negative weights are dashed, by colour alone."""
    apart = {"": distance(theme.positive, theme.negative)}
    for vision in () if theme.dashed else CONES:
        apart[f" with {vision}"] = distance(seen(theme.positive, vision), seen(theme.negative, vision))
    near = [f"{floor(far)}{vision}" for vision, far in apart.items() if far < TOLD_APART]
    if near:
        pair = f"palette.positive {code_of(theme.positive)} and palette.negative {code_of(theme.negative)}"
        remedy = "" if theme.dashed else "; base: colour-blind dashes negative weights"
        yield f"{pair}: difference {', '.join(near)}; {_LEAST}{remedy}"


def _down(value: float) -> str:
    """A number with one decimal, rounded down: 4.49 is not the 4.5 that it must be."""
    return f"{floor(10 * value) / 10:.1f}"
