"""How a picture is seen with another colour vision, or in a grey print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netviz.errors import Problem
from netviz.picture.theme import Colour, linear
from netviz.scene.words import nearest

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
"""(3, 3): what linear red, green and blue become. Without the cones for green, for red, for blue: Machado, Oliveira and
Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE Transactions on Visualization
and Computer Graphics 15 (6), 2009, at severity 1.0. In grey: the luminance of sRGB."""

BYTES = linear(np.arange(256) / 255).astype(np.float32)


def vision_problems(name: str | None, where: str = "--seen-as") -> list[Problem]:
    """Why there is no such vision; an empty list if there is, or none is asked for."""
    if name is None or name in MATRICES:
        return []
    near = nearest(name, MATRICES)
    hint = f" (did you mean {near!r}?)" if near else ""
    return [Problem(where, f"expected one of {', '.join(MATRICES)}, got {name!r}{hint}")]


def seen(colours: Colour | NDArray[np.float64], vision: str) -> NDArray[np.float64]:
    """What colours (..., 3), 0 to 1 as encoded for the screen, look like to whoever sees them so."""
    return _encoded(linear(np.asarray(colours)) @ MATRICES[vision].T)


def picture_seen(picture: NDArray[np.uint8], vision: str) -> NDArray[np.uint8]:
    """The same for the bytes of a picture (height, width, 3)."""
    encoded = _encoded(BYTES[picture] @ MATRICES[vision].T.astype(np.float32))
    shown: NDArray[np.uint8] = np.rint(255 * encoded).astype(np.uint8)
    return shown


def _encoded(light: NDArray[Any]) -> NDArray[Any]:
    """sRGB, 0 to 1, of linear light; what no screen shows becomes the nearest that one does, channel by channel."""
    shown = np.minimum(np.maximum(light, 0), 1)
    encoded: NDArray[Any] = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055)
    return encoded
