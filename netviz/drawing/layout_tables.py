"""Layout tables: the slot of each panel when everything is shown, by shape of picture.

All numbers are parts of the picture from 0 to 1: left, top, right, bottom.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

PictureShape = Literal["wide", "square", "tall"]
Slot = tuple[float, float, float, float]
"""A rectangle: left, top, right, bottom, as parts of the picture."""
Slots = dict[str, Slot]

# Title and caption share the slot "head"; "pictures" is the corner of all pictures without a place of their own.
WIDE_FOOT: Slots = {"numbers": (0.05, 0.83, 0.262, 0.935), "curve": (0.295, 0.825, 0.95, 0.92)}
WIDE_LONG_FOOT: Slots = {"numbers": (0.05, 0.83, 0.37, 0.935), "curve": (0.41, 0.825, 0.95, 0.92)}
WIDE_LEFT: Slots = {"head": (0.05, 0.055, 0.56, 0.19), "pictures": (0.77, 0.05, 0.95, 0.165)}
WIDE_HEAD: Slots = {"head": (0.05, 0.055, 0.74, 0.19)}
"""The head where nothing high stands at the right."""

WIDE: dict[str, Slots] = {
    "": {"network": (0.05, 0.20, 0.95, 0.805), **WIDE_HEAD},
    "table": {"network": (0.275, 0.20, 0.965, 0.805), "table": (0.05, 0.22, 0.255, 0.80), **WIDE_HEAD},
    "answers": {"network": (0.05, 0.20, 0.79, 0.805), "answers": (0.80, 0.09, 0.965, 0.80), **WIDE_HEAD},
    "answers table": {
        "network": (0.275, 0.20, 0.79, 0.805), "table": (0.05, 0.22, 0.255, 0.80), "answers": (0.80, 0.09, 0.965, 0.80),
        **WIDE_HEAD,
    },
    "boundary": {"network": (0.05, 0.19, 0.55, 0.80), "boundary": (0.575, 0.08, 0.95, 0.80)},
    "boundary table": {
        "table": (0.05, 0.255, 0.185, 0.70), "network": (0.205, 0.19, 0.555, 0.80),
        "boundary": (0.58, 0.08, 0.95, 0.80),
    },
    "equations": {"network": (0.05, 0.19, 0.575, 0.80), "equations": (0.595, 0.075, 0.96, 0.80)},
    "equations table": {
        "network": (0.05, 0.185, 0.575, 0.67), "equations": (0.595, 0.075, 0.96, 0.80),
        "table": (0.05, 0.695, 0.245, 0.945), "numbers": (0.285, 0.70, 0.575, 0.80), "curve": (0.285, 0.83, 0.95, 0.92),
    },
    "boundary equations": {
        "boundary": (0.05, 0.19, 0.25, 0.80), "network": (0.275, 0.19, 0.56, 0.80),
        "equations": (0.58, 0.08, 0.955, 0.80),
    },
    "boundary equations table": {
        "boundary": (0.05, 0.19, 0.235, 0.52), "table": (0.05, 0.55, 0.235, 0.80), "network": (0.26, 0.19, 0.56, 0.80),
        "equations": (0.58, 0.08, 0.955, 0.80),
    },
}  # fmt: skip

WIDE_TO_RUNS: Slots = {"network": (0.205, 0.19, 0.965, 0.80), "table": (0.05, 0.255, 0.185, 0.70)}
"""The slots of a table without answers, and of several runs beside it."""

SQUARE_HEAD: Slots = {"head": (0.06, 0.055, 0.94, 0.15)}
SQUARE_SIDE: Slots = {"numbers": (0.67, 0.54, 0.94, 0.75), "curve": (0.67, 0.79, 0.94, 0.905)}
SQUARE: dict[str, Slots] = {
    "": {
        "network": (0.06, 0.19, 0.94, 0.765), "numbers": (0.06, 0.815, 0.60, 0.915), "curve": (0.65, 0.81, 0.94, 0.905),
    },
    "table": {
        "network": (0.06, 0.185, 0.94, 0.61), "table": (0.06, 0.65, 0.44, 0.955),
        "numbers": (0.50, 0.655, 0.94, 0.755), "curve": (0.50, 0.79, 0.94, 0.905),
    },
    "answers": {
        "network": (0.06, 0.19, 0.94, 0.63), "answers": (0.06, 0.645, 0.94, 0.80),
        "numbers": (0.06, 0.835, 0.44, 0.935), "curve": (0.50, 0.825, 0.94, 0.905),
    },
    "answers table": {
        "network": (0.06, 0.19, 0.94, 0.605), "table": (0.06, 0.635, 0.46, 0.955),
        "answers": (0.50, 0.635, 0.94, 0.76), "numbers": (0.50, 0.775, 0.94, 0.86), "curve": (0.50, 0.875, 0.94, 0.915),
    },
    "boundary": {
        "network": (0.06, 0.205, 0.385, 0.795), "boundary": (0.40, 0.205, 0.94, 0.805),
        "numbers": (0.06, 0.83, 0.60, 0.93), "curve": (0.645, 0.82, 0.94, 0.905),
    },
    "boundary table": {
        "network": (0.06, 0.185, 0.66, 0.535), "table": (0.70, 0.185, 0.94, 0.535),
        "boundary": (0.06, 0.565, 0.45, 0.955),
        "numbers": (0.50, 0.57, 0.94, 0.765), "curve": (0.50, 0.80, 0.94, 0.905),
    },
    "equations": {
        "network": (0.06, 0.175, 0.94, 0.545), "equations": (0.06, 0.56, 0.635, 0.955),
        "numbers": (0.67, 0.56, 0.94, 0.755), "curve": (0.67, 0.79, 0.94, 0.905),
    },
    "equations table": {
        "network": (0.06, 0.175, 0.94, 0.545), "equations": (0.06, 0.56, 0.635, 0.955),
        "table": (0.67, 0.56, 0.94, 0.74), "numbers": (0.67, 0.755, 0.94, 0.835), "curve": (0.67, 0.86, 0.94, 0.905),
    },
    "boundary equations": {
        "network": (0.06, 0.185, 0.57, 0.51), "boundary": (0.61, 0.185, 0.94, 0.51),
        "equations": (0.06, 0.535, 0.63, 0.955), **SQUARE_SIDE,
    },
    "boundary equations table": {
        "network": (0.06, 0.185, 0.57, 0.51), "boundary": (0.61, 0.185, 0.94, 0.51),
        "equations": (0.06, 0.535, 0.63, 0.955), "table": (0.67, 0.545, 0.94, 0.71),
        "numbers": (0.67, 0.73, 0.94, 0.82), "curve": (0.67, 0.845, 0.94, 0.905),
    },
}  # fmt: skip

SQUARE_LONG: dict[str, Slots] = {
    "": {
        "network": (0.06, 0.19, 0.94, 0.69), "numbers": (0.06, 0.715, 0.94, 0.79), "curve": (0.06, 0.83, 0.94, 0.905),
    },
    "answers": {
        "network": (0.06, 0.19, 0.94, 0.55), "answers": (0.06, 0.565, 0.94, 0.71),
        "numbers": (0.06, 0.735, 0.94, 0.81), "curve": (0.06, 0.845, 0.94, 0.91),
    },
    "boundary": {
        "network": (0.06, 0.205, 0.385, 0.68), "boundary": (0.40, 0.205, 0.94, 0.69),
        "numbers": (0.06, 0.72, 0.94, 0.795), "curve": (0.06, 0.835, 0.94, 0.905),
    },
}  # fmt: skip
"""The same for four counters, where they need other slots."""

TALL_HEAD: Slots = {"head": (0.065, 0.041, 0.935, 0.145)}
TALL_CURVE: Slots = {"curve": (0.065, 0.885, 0.935, 0.94)}
TALL_LOW_CURVE: Slots = {"curve": (0.065, 0.895, 0.935, 0.94)}
TALL: dict[str, Slots] = {
    "": {"network": (0.05, 0.168, 0.95, 0.745), "numbers": (0.065, 0.775, 0.935, 0.855), **TALL_CURVE},
    "table": {
        "network": (0.05, 0.168, 0.95, 0.565), "table": (0.065, 0.586, 0.52, 0.864),
        "numbers": (0.58, 0.588, 0.935, 0.82), **TALL_CURVE,
    },
    "answers": {
        "network": (0.05, 0.168, 0.95, 0.69), "answers": (0.065, 0.70, 0.935, 0.805),
        "numbers": (0.065, 0.815, 0.935, 0.88), "curve": (0.065, 0.892, 0.935, 0.94),
    },
    "answers table": {
        "network": (0.05, 0.168, 0.95, 0.523), "answers": (0.065, 0.53, 0.935, 0.582),
        "table": (0.065, 0.594, 0.52, 0.874), "numbers": (0.58, 0.596, 0.935, 0.83), **TALL_CURVE,
    },
    "boundary": {
        "network": (0.05, 0.155, 0.95, 0.37), "boundary": (0.065, 0.385, 0.935, 0.79),
        "numbers": (0.065, 0.805, 0.935, 0.87), "curve": (0.065, 0.89, 0.935, 0.94),
    },
    "boundary table": {
        "network": (0.05, 0.168, 0.95, 0.44), "boundary": (0.065, 0.465, 0.55, 0.74),
        "table": (0.60, 0.465, 0.935, 0.74), "numbers": (0.065, 0.77, 0.935, 0.845), **TALL_CURVE,
    },
    "equations": {
        "network": (0.05, 0.163, 0.95, 0.455), "equations": (0.065, 0.47, 0.935, 0.79),
        "numbers": (0.065, 0.80, 0.935, 0.87), **TALL_LOW_CURVE,
    },
    "equations table": {
        "network": (0.05, 0.163, 0.95, 0.435), "equations": (0.065, 0.445, 0.935, 0.70),
        "table": (0.065, 0.712, 0.50, 0.875), "numbers": (0.58, 0.715, 0.935, 0.875), **TALL_LOW_CURVE,
    },
    "boundary equations": {
        "network": (0.05, 0.168, 0.95, 0.415), "equations": (0.065, 0.435, 0.935, 0.68),
        "boundary": (0.065, 0.70, 0.40, 0.87), "numbers": (0.46, 0.70, 0.935, 0.87), **TALL_LOW_CURVE,
    },
    "boundary equations table": {
        "network": (0.05, 0.168, 0.95, 0.415), "equations": (0.065, 0.435, 0.935, 0.68),
        "boundary": (0.065, 0.70, 0.365, 0.87), "table": (0.40, 0.70, 0.65, 0.87), "numbers": (0.69, 0.70, 0.935, 0.87),
        **TALL_LOW_CURVE,
    },
}  # fmt: skip

# Tables for the part of a tall picture that an app leaves free. Its lines of type are as long as in the whole picture,
# but there are much fewer of them. Numbers are parts of this free area.
LEFT_HEAD: Slots = {"head": (0.0, 0.0, 1.0, 0.152)}
LEFT: dict[str, Slots] = {
    "": {"network": (0.0, 0.185, 0.985, 0.71), "numbers": (0.0, 0.735, 1.0, 0.835), "curve": (0.0, 0.865, 0.985, 0.94)},
    "answers": {
        "network": (0.0, 0.17, 0.985, 0.625), "answers": (0.0, 0.64, 0.985, 0.80),
        "numbers": (0.0, 0.835, 0.51, 0.945), "curve": (0.57, 0.83, 0.985, 0.93),
    },
    "table": {
        "network": (0.0, 0.18, 0.985, 0.53), "table": (0.028, 0.552, 0.50, 1.0),
        "numbers": (0.56, 0.552, 1.0, 0.81), "curve": (0.56, 0.845, 0.985, 0.94),
    },
    "boundary": {
        "network": (0.0, 0.165, 0.985, 0.375), "boundary": (0.0, 0.39, 0.985, 0.785),
        "numbers": (0.0, 0.80, 1.0, 0.885), "curve": (0.0, 0.90, 0.985, 0.94),
    },
    "boundary table": {
        "network": (0.0, 0.175, 0.985, 0.455), "boundary": (0.0, 0.48, 0.47, 0.765), "table": (0.56, 0.48, 1.0, 0.765),
        "numbers": (0.0, 0.785, 1.0, 0.88), "curve": (0.0, 0.895, 0.985, 0.94),
    },
    "equations": {
        "network": (0.0, 0.175, 0.985, 0.435), "equations": (0.0, 0.455, 1.0, 0.83),
        "numbers": (0.0, 0.85, 0.52, 0.95), "curve": (0.58, 0.855, 0.985, 0.94),
    },
    "equations table": {
        "network": (0.0, 0.175, 0.985, 0.40), "equations": (0.0, 0.415, 1.0, 0.715), "table": (0.028, 0.735, 0.46, 1.0),
        "numbers": (0.50, 0.735, 1.0, 0.84), "curve": (0.50, 0.87, 0.985, 0.94),
    },
    "boundary equations": {
        "network": (0.0, 0.175, 0.985, 0.40), "equations": (0.0, 0.415, 1.0, 0.68),
        "boundary": (0.0, 0.695, 0.37, 0.93), "numbers": (0.42, 0.695, 1.0, 0.88), "curve": (0.42, 0.895, 0.985, 0.94),
    },
    "boundary equations table": {
        "network": (0.0, 0.175, 0.985, 0.395), "equations": (0.0, 0.41, 1.0, 0.665),
        "boundary": (0.0, 0.68, 0.32, 0.88), "table": (0.38, 0.68, 0.65, 0.88), "numbers": (0.69, 0.68, 1.0, 0.88),
        "curve": (0.0, 0.895, 0.985, 0.94),
    },
}  # fmt: skip
LONG_FOOT: Slots = {"numbers": (0.0, 0.785, 1.0, 0.88), "curve": (0.0, 0.895, 0.985, 0.94)}
LEFT_LONG: dict[str, Slots] = {
    "table": {
        "network": (0.0, 0.175, 0.985, 0.53), "table": (0.028, 0.555, 0.50, 1.0),
        "numbers": (0.56, 0.555, 1.0, 0.87), "curve": (0.56, 0.885, 0.985, 0.94),
    },
    "equations": {"network": (0.0, 0.175, 0.985, 0.43), "equations": (0.0, 0.445, 1.0, 0.765), **LONG_FOOT},
    "equations table": {
        "network": (0.0, 0.175, 0.985, 0.395), "equations": (0.0, 0.41, 1.0, 0.66), "numbers": (0.0, 0.68, 1.0, 0.775),
        "table": (0.028, 0.795, 0.50, 1.0), "curve": (0.56, 0.80, 0.985, 0.94),
    },
}  # fmt: skip
"""The same for three counters, where they need other slots."""
LEFT_TO_RUNS: dict[str, Slots] = {
    "": {"network": (0.0, 0.18, 0.985, 0.825), "numbers": (0.0, 0.85, 0.30, 0.95), "curve": (0.36, 0.855, 0.985, 0.94)},
    "table": {
        "network": (0.0, 0.18, 0.985, 0.70), "table": (0.028, 0.725, 0.48, 1.0), "numbers": (0.54, 0.725, 1.0, 0.82),
        "curve": (0.54, 0.85, 0.985, 0.94),
    },
}  # fmt: skip
"""The same for several runs, which take the place of the network and have one counter in common."""

GRADIENTS, LEAST_GRADIENTS, ABOVE_GRADIENTS = 0.3, 0.1, 0.02
"""Height of the gradients' slot below the network, as a part of the network's, and at least as one of the picture's;
and the gap between them."""


def with_gradients(table: Slots, kinds: Collection[str]) -> Slots:
    """The slots with one for the gradients, which the larger one of network and plane gives of its own, if shown."""
    shown = [kind for kind in ("network", "boundary") if kind in table and kind in kinds] or ["network"]
    giver = max(shown, key=lambda kind: (table[kind][2] - table[kind][0]) * (table[kind][3] - table[kind][1]))
    left, top, right, bottom = table[giver]
    below = bottom - min(max(GRADIENTS * (bottom - top), LEAST_GRADIENTS), (bottom - top) / 2)
    return table | {
        giver: (left, top, right, below - ABOVE_GRADIENTS),
        "gradients": (left, below, right, bottom),
    }
