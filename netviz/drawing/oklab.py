"""Oklab: lightness, chroma and hue of colours, how far two are apart for the eye, and ramps of even levels.

After Björn Ottosson, "A perceptual color space for image processing", 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = 256
"""Steps of a neuron's light."""

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


def linear(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light, 0 to 1, of values encoded for the screen: sRGB, IEC 61966-2-1."""
    light: NDArray[np.float64] = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return light


def encoded(light: NDArray[Any]) -> NDArray[Any]:
    """Linear light as sRGB, 0 to 1; values that no screen shows are clipped, channel by channel."""
    shown = np.minimum(np.maximum(light, 0), 1)
    encoded: NDArray[Any] = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055)
    return encoded


def oklch(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lightness (0 to 1), chroma, and hue in degrees (..., 3) of sRGB colours (..., 3)."""
    lightness, a, b = np.moveaxis(np.cbrt(linear(shown) @ _TO_CONES.T) @ _TO_OKLAB.T, -1, 0)
    return np.stack([lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360], axis=-1)


def from_oklch(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours (..., 3) in sRGB of lightness, chroma and hue in degrees (..., 3), clipped to what a screen shows."""
    lightness, chroma, hue = np.moveaxis(values, -1, 0)
    lab = np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=-1)
    return encoded((lab @ np.linalg.inv(_TO_OKLAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T)


def distance(first: Floats, second: Floats) -> float:
    """Difference of two colours (3,) to the eye: 100 times their distance in Oklab, 0 to 100 from black to white.

    About 2 is a difference that can just be seen side by side.
    """
    lightness, chroma, hue = np.moveaxis(oklch(np.stack([first, second])), -1, 0)
    lab = np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=-1)
    return float(100 * np.linalg.norm(lab[0] - lab[1]))


# Ramps: colours of a neuron from dark to full light, through one hue. A mixture of a dark colour and gold is mustard;
# here lightness rises while the chroma is held and the hue comes from orange: dark amber, amber, gold.

LEAST_CHROMA = 0.125
"""Least chroma of a ramp in its middle: that of amber."""
GREY = 0.04
"""Chroma below which a light is nearly grey, and its ramp too."""
FULL_CHROMA = 0.3
"""Level from which a ramp has its full chroma."""
LIFT = 0.72
"""Exponent of a ramp's lightness: below 1 the middle is lighter than halfway, or amber would be brown."""
WARM, EMBER = (66.0, 112.0), 66.0
"""Hues in degrees that are gold or yellow; the hue in which a ramp begins that ends there."""


def ramp(dark: Floats, light: Floats) -> Floats:
    """Colours (256, 3) of even levels from a dark colour to that of full light."""
    level = np.linspace(0, 1, LEVELS)
    (start, body, body_hue), (end, chroma, hue) = oklch(dark), oklch(light)
    # White and grey lights stay so: a hue that they hardly have is chance.
    middle = max(float(chroma), LEAST_CHROMA * min(1.0, float(chroma) / GREY))
    turn = hue - EMBER if WARM[0] <= hue <= WARM[1] else 0.0
    found = np.stack(
        [
            start + (end - start) * level**LIFT,
            (middle + (chroma - middle) * level**3) * np.minimum(1, level / FULL_CHROMA) ** 0.8,
            hue - turn * (1 - level),
        ],
        axis=-1,
    )
    if body >= GREY:  # the dark colour has a hue: it goes as the light comes
        goes = 1 - level if chroma < GREY else np.maximum(0, 1 - level / FULL_CHROMA)
        found = _added(found, np.stack([0 * level, body * goes, 0 * level + body_hue], axis=-1))
    colours = from_oklch(found)
    colours[0], colours[-1] = dark, light
    return colours


def _added(first: Floats, second: Floats) -> Floats:
    """Lightness, chroma and hue (..., 3) of two such colours added up in Oklab."""
    ab = sum(
        each[..., 1] * np.exp(1j * np.radians(each[..., 2]))  # a + b i
        for each in (first, second)
    )
    return np.stack([first[..., 0] + second[..., 0], np.abs(ab), np.degrees(np.angle(ab)) % 360], axis=-1)
