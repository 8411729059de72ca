"""Palette of a scene: a named one, or colours of the maker's own; and how colours are written and called."""

from __future__ import annotations

import re
from math import atan2, cbrt, degrees, hypot
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from netviz.scene.messages import did_you_mean, shown
from netviz.scene.model import Part
from netviz.scene.types import Shorthand

PaletteName = Literal["green-red", "blue-orange", "colour-blind"]

# Colours as they are written: #rrggbb, #rgb, the names of CSS (Color Module Level 4), and matplotlib's ten.

_NAMED = """
aliceblue f0f8ff, antiquewhite faebd7, aqua 00ffff, aquamarine 7fffd4, azure f0ffff, beige f5f5dc, bisque ffe4c4,
black 000000, blanchedalmond ffebcd, blue 0000ff, blueviolet 8a2be2, brown a52a2a, burlywood deb887, cadetblue 5f9ea0,
chartreuse 7fff00, chocolate d2691e, coral ff7f50, cornflowerblue 6495ed, cornsilk fff8dc, crimson dc143c, cyan
00ffff, darkblue 00008b, darkcyan 008b8b, darkgoldenrod b8860b, darkgray a9a9a9, darkgreen 006400, darkgrey a9a9a9,
darkkhaki bdb76b, darkmagenta 8b008b, darkolivegreen 556b2f, darkorange ff8c00, darkorchid 9932cc, darkred 8b0000,
darksalmon e9967a, darkseagreen 8fbc8f, darkslateblue 483d8b, darkslategray 2f4f4f, darkslategrey 2f4f4f,
darkturquoise 00ced1, darkviolet 9400d3, deeppink ff1493, deepskyblue 00bfff, dimgray 696969, dimgrey 696969,
dodgerblue 1e90ff, firebrick b22222, floralwhite fffaf0, forestgreen 228b22, fuchsia ff00ff, gainsboro dcdcdc,
ghostwhite f8f8ff, gold ffd700, goldenrod daa520, gray 808080, green 008000, greenyellow adff2f, grey 808080, honeydew
f0fff0, hotpink ff69b4, indianred cd5c5c, indigo 4b0082, ivory fffff0, khaki f0e68c, lavender e6e6fa, lavenderblush
fff0f5, lawngreen 7cfc00, lemonchiffon fffacd, lightblue add8e6, lightcoral f08080, lightcyan e0ffff,
lightgoldenrodyellow fafad2, lightgray d3d3d3, lightgreen 90ee90, lightgrey d3d3d3, lightpink ffb6c1, lightsalmon
ffa07a, lightseagreen 20b2aa, lightskyblue 87cefa, lightslategray 778899, lightslategrey 778899, lightsteelblue
b0c4de, lightyellow ffffe0, lime 00ff00, limegreen 32cd32, linen faf0e6, magenta ff00ff, maroon 800000,
mediumaquamarine 66cdaa, mediumblue 0000cd, mediumorchid ba55d3, mediumpurple 9370db, mediumseagreen 3cb371,
mediumslateblue 7b68ee, mediumspringgreen 00fa9a, mediumturquoise 48d1cc, mediumvioletred c71585, midnightblue 191970,
mintcream f5fffa, mistyrose ffe4e1, moccasin ffe4b5, navajowhite ffdead, navy 000080, oldlace fdf5e6, olive 808000,
olivedrab 6b8e23, orange ffa500, orangered ff4500, orchid da70d6, palegoldenrod eee8aa, palegreen 98fb98,
paleturquoise afeeee, palevioletred db7093, papayawhip ffefd5, peachpuff ffdab9, peru cd853f, pink ffc0cb, plum
dda0dd, powderblue b0e0e6, purple 800080, rebeccapurple 663399, red ff0000, rosybrown bc8f8f, royalblue 4169e1,
saddlebrown 8b4513, salmon fa8072, sandybrown f4a460, seagreen 2e8b57, seashell fff5ee, sienna a0522d, silver c0c0c0,
skyblue 87ceeb, slateblue 6a5acd, slategray 708090, slategrey 708090, snow fffafa, springgreen 00ff7f, steelblue
4682b4, tan d2b48c, teal 008080, thistle d8bfd8, tomato ff6347, turquoise 40e0d0, violet ee82ee, wheat f5deb3, white
ffffff, whitesmoke f5f5f5, yellow ffff00, yellowgreen 9acd32, tab:blue 1f77b4, tab:orange ff7f0e, tab:green 2ca02c,
tab:red d62728, tab:purple 9467bd, tab:brown 8c564b, tab:pink e377c2, tab:gray 7f7f7f, tab:olive bcbd22, tab:cyan
17becf
"""
NAMED = {name: f"#{code}" for name, code in (each.split() for each in _NAMED.replace("\n", " ").split(","))}
"""Name -> #rrggbb."""
MIDDLE_GREY = 0.179
"""Luminance on which black and white have the same contrast: what is lighter is light."""
_CODE = "#(?:[0-9a-fA-F]{3}){1,2}"
_WRITE = 'write "#2fd695" in quotes, or a name such as teal'


def _as_code(value: Any) -> Any:
    """Return a colour as #rrggbb, in small letters. Raises ValueError for what is no colour."""
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(_CODE, value):
        digits = value[1:].lower()
        return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))
    if isinstance(value, str) and value in NAMED:
        return NAMED[value]
    raise ValueError(f"{shown(value)} is no colour{_meant(value)}: {_WRITE}")


def _meant(value: Any) -> str:
    """The colour that was probably meant, in brackets; an empty text if none is near."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    text = f"{value:06d}" if is_number and 0 <= value < 10**6 else value if isinstance(value, str) else ""
    if re.fullmatch("#?([0-9a-fA-F]{4}|[0-9a-fA-F]{8})", text) and text not in NAMED:
        return " (colours have six digits or three: none is transparent)"
    if re.fullmatch(_CODE, f"#{text}"):
        return f' (did you mean "#{text}"?)'
    return did_you_mean(text, NAMED) if text and not text.startswith("#") else ""


def _as_pair(value: Any) -> Any:
    """Return a background as its two colours; one alone is both."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(f"expected one colour, or two: [centre, edge], got {len(value)}")
        return tuple(map(_as_code, value))
    return value if value is None else (_as_code(value),) * 2


_COLOUR_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": f"^({_CODE}|{'|'.join(NAMED)})$",
    "examples": ["#2fd695"],
}
ColourCode = Annotated[str, BeforeValidator(_as_code), WithJsonSchema(_COLOUR_SCHEMA)]
Background = Annotated[
    tuple[str, str],
    BeforeValidator(_as_pair),
    PlainSerializer(lambda pair: pair[0] if pair[0] == pair[1] else [*pair], when_used="json"),
    WithJsonSchema(
        {"oneOf": [_COLOUR_SCHEMA, {"type": "array", "items": _COLOUR_SCHEMA, "minItems": 2, "maxItems": 2}]}
    ),
]


class Palette(Part):
    """Colours of the film. One name is the same as {base: ...}."""

    base: PaletteName | None = None
    """Named palette that gives the colours of positive and negative, and others that go with them, where none of your
    own stand here. Default: the theme's own."""
    positive: ColourCode | None = None
    """Colour of positive weights: "#2fd695" in quotes, or a name of CSS such as teal. Default: the base's."""
    negative: ColourCode | None = None
    """Colour of negative weights. Default: the base's."""
    neuron: ColourCode | None = None
    """Light of neurons; their rims, and the box around what is presented, follow. Default: the base's."""
    error: ColourCode | None = None
    """Colour of the error: its curve, its number, the way back. Default: the base's."""
    test_error: ColourCode | None = None
    """Colour of the error of examples kept for testing. Default: the base's."""
    background: Background | None = None
    """Background: one colour, or [centre, edge]. Without a theme it decides whether the rest is dark or light.
    Default: the theme's."""
    text: ColourCode | None = None
    """Colour of text. Default: the theme's, or black or white where your background asks for it."""
    muted: ColourCode | None = None
    """Colour of less important text. Default: the theme's, or between your text and your background."""

    @property
    def is_light(self) -> bool | None:
        """True if the background is light, judged by its centre; None where none is given."""
        return None if self.background is None else luminance(self.background[0]) > MIDDLE_GREY


PaletteOrName = Annotated[Palette | None, Shorthand("base", (("enum", [*get_args(PaletteName)]),))]


# Names: what a colour is called in a sentence.

WORDS = (
    *("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "brown"),
    *("grey", "white", "black"),
)
_GREY, _WHITE, _BLACK = 0.035, 0.93, 0.25
"""Chroma below which a colour is called grey; lightness from which it is white then, and below which black."""
_DARK = 0.6
"""Lightness below which orange and yellow are brown."""
_PALE = 0.1
"""Chroma below which a light red is pink, and a dark one brown."""
_HUES = (
    *((5.0, "pink"), (39.0, "red"), (82.0, "orange"), (115.0, "yellow"), (172.0, "green"), (215.0, "turquoise")),
    *((282.0, "blue"), (330.0, "purple"), (360.0, "pink")),
)
"""Ends of the ranges of hue in Oklab, in degrees, that are called so."""


def called(code: str) -> str:
    """Return the one of WORDS that names a colour, given as #rrggbb."""
    lightness, chroma, hue = _oklch(code)
    if chroma < _GREY:
        return "white" if lightness >= _WHITE else "black" if lightness < _BLACK else "grey"
    name = next(name for end, name in _HUES if hue <= end)
    if name == "red" and chroma < _PALE:
        return "pink" if lightness > 0.7 else "brown"
    return "brown" if lightness < _DARK and name in ("orange", "yellow") else name


def luminance(code: str) -> float:
    """Return the relative luminance, 0 to 1, of a colour given as #rrggbb, as in WCAG 2.2."""
    red, green, blue = _linear(code)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(code: str) -> tuple[float, ...]:
    encoded = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in encoded)


def _oklch(code: str) -> tuple[float, float, float]:
    """Lightness, chroma, and hue in degrees: see drawing/oklab.py, which does the same to arrays."""
    red, green, blue = _linear(code)
    long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    return lightness, hypot(a, b), degrees(atan2(b, a)) % 360
