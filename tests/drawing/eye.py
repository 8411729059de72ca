"""How far colours are apart to the eye: CIE Lab, and the colour difference of CIE 2000."""

from __future__ import annotations

from typing import Any

import numpy as np

from netviz.drawing.oklab import linear
from netviz.drawing.theme import Colour

XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)


def lab(shown: Colour) -> Any:
    """L*, a*, b* (3,) of an sRGB colour, under D65."""
    ratio = XYZ @ linear(np.asarray(shown, float)) / WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def difference(first: Colour, second: Colour) -> float:
    """Delta E 2000 of two sRGB colours: 1 can hardly be seen, 10 at a glance."""
    return lab_difference(lab(first), lab(second))


def lab_difference(first: Any, second: Any) -> float:
    """Delta E 2000 of two colours in Lab: Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula", 2005."""
    lightness, a, b = np.transpose([first, second])
    chroma = np.hypot(a, b).mean()
    a = a * (1 + 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7))))
    chromas = np.hypot(a, b)
    hues = np.degrees(np.arctan2(b, a)) % 360
    turn = (hues[1] - hues[0] + 180) % 360 - 180 if chromas.prod() else 0.0
    hue_step = 2 * np.sqrt(chromas.prod()) * np.sin(np.radians(turn) / 2)
    hue = (hues[0] + turn / 2) % 360 if chromas.prod() else hues.sum()
    light, chroma = lightness.mean(), chromas.mean()
    weight = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    of_light = np.diff(lightness)[0] / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    of_chroma = np.diff(chromas)[0] / (1 + 0.045 * chroma)
    of_hue = hue_step / (1 + 0.015 * chroma * weight)
    rotation = (
        -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    )
    return float(np.sqrt(of_light**2 + of_chroma**2 + of_hue**2 + rotation * of_chroma * of_hue))
