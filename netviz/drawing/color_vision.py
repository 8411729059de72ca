"""Simulation of other kinds of colour vision, and of a grey print."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.oklab import encoded, linear
from netviz.errors import Problem
from netviz.scene.messages import nearest

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


def seen(colours: NDArray[np.float64], vision: str) -> NDArray[np.float64]:
    """Colours (..., 3), 0 to 1 as encoded for the screen, as they look with a kind of colour vision."""
    return encoded(linear(np.asarray(colours)) @ MATRICES[vision].T)


def picture_seen(picture: NDArray[np.uint8], vision: str) -> NDArray[np.uint8]:
    """Bytes of a picture (height, width, 3), as they look with a kind of colour vision."""
    light = encoded(_BYTES[picture] @ MATRICES[vision].T.astype(np.float32))
    shown: NDArray[np.uint8] = np.rint(255 * light).astype(np.uint8)
    return shown
