"""The automatic places of panels in each shape of picture: a room for all that is shown, none touching another.

All numbers are parts of the picture from 0 to 1: left, top, right, bottom. For each shape there is a table of what
stands where if everything is shown; panels that are not shown leave their room to neighbours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

Shape = Literal["wide", "square", "tall"]
Room = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Rooms = dict[str, Room]

HEIRS = ("network", "boundary", "equations", "curve", "numbers", "table")
"""Who takes the room of a panel that is not shown, the first before the others."""

# Title and caption share the room "head"; "pictures" is the corner of all pictures without a place of their own.
_WIDE_FOOT: Rooms = {"numbers": (0.05, 0.825, 0.235, 0.93), "curve": (0.275, 0.825, 0.95, 0.92)}
_WIDE_LONG_FOOT: Rooms = {"numbers": (0.05, 0.825, 0.37, 0.93), "curve": (0.41, 0.825, 0.95, 0.92)}
_WIDE_LEFT: Rooms = {"head": (0.05, 0.062, 0.56, 0.165), "pictures": (0.77, 0.05, 0.95, 0.165)}

_WIDE: dict[str, Rooms] = {
    "": {"network": (0.05, 0.19, 0.95, 0.80)},
    "table": {"network": (0.205, 0.19, 0.965, 0.80), "table": (0.05, 0.255, 0.185, 0.70)},
    "boundary": {"network": (0.05, 0.19, 0.55, 0.80), "boundary": (0.575, 0.08, 0.95, 0.80)},
    "boundary table": {
        "table": (0.05, 0.255, 0.185, 0.70), "network": (0.205, 0.19, 0.555, 0.80),
        "boundary": (0.58, 0.08, 0.95, 0.80),
    },
    "equations": {"network": (0.05, 0.19, 0.55, 0.80), "equations": (0.575, 0.08, 0.955, 0.80)},
    "equations table": {
        "table": (0.05, 0.255, 0.185, 0.70), "network": (0.195, 0.19, 0.565, 0.80),
        "equations": (0.59, 0.08, 0.955, 0.80),
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

_SQUARE_HEAD: Rooms = {"head": (0.06, 0.055, 0.94, 0.15)}
_SQUARE_SIDE: Rooms = {"numbers": (0.67, 0.54, 0.94, 0.75), "curve": (0.67, 0.79, 0.94, 0.905)}
_SQUARE: dict[str, Rooms] = {
    "": {
        "network": (0.06, 0.185, 0.94, 0.64), "numbers": (0.06, 0.675, 0.94, 0.765), "curve": (0.06, 0.80, 0.94, 0.905),
    },
    "table": {
        "network": (0.06, 0.185, 0.94, 0.63), "table": (0.06, 0.67, 0.33, 0.95),
        "numbers": (0.44, 0.675, 0.94, 0.765), "curve": (0.44, 0.80, 0.94, 0.905),
    },
    "boundary": {
        "network": (0.06, 0.185, 0.94, 0.535), "boundary": (0.06, 0.565, 0.45, 0.955),
        "numbers": (0.50, 0.57, 0.94, 0.765), "curve": (0.50, 0.80, 0.94, 0.905),
    },
    "boundary table": {
        "network": (0.06, 0.185, 0.66, 0.535), "table": (0.70, 0.185, 0.94, 0.535),
        "boundary": (0.06, 0.565, 0.45, 0.955),
        "numbers": (0.50, 0.57, 0.94, 0.765), "curve": (0.50, 0.80, 0.94, 0.905),
    },
    "equations": {
        "network": (0.06, 0.185, 0.94, 0.505), "equations": (0.06, 0.535, 0.63, 0.955), **_SQUARE_SIDE,
    },
    "equations table": {
        "network": (0.06, 0.185, 0.66, 0.505), "table": (0.70, 0.185, 0.94, 0.505),
        "equations": (0.06, 0.535, 0.63, 0.955), **_SQUARE_SIDE,
    },
    "boundary equations": {
        "network": (0.06, 0.185, 0.57, 0.51), "boundary": (0.61, 0.185, 0.94, 0.51),
        "equations": (0.06, 0.535, 0.63, 0.955), **_SQUARE_SIDE,
    },
    "boundary equations table": {
        "network": (0.06, 0.185, 0.57, 0.51), "boundary": (0.61, 0.185, 0.94, 0.51),
        "equations": (0.06, 0.535, 0.63, 0.955), "table": (0.67, 0.545, 0.94, 0.71),
        "numbers": (0.67, 0.73, 0.94, 0.82), "curve": (0.67, 0.845, 0.94, 0.905),
    },
}  # fmt: skip

_TALL_HEAD: Rooms = {"head": (0.065, 0.041, 0.935, 0.145)}
_TALL_CURVE: Rooms = {"curve": (0.065, 0.885, 0.935, 0.94)}
_TALL_LOW_CURVE: Rooms = {"curve": (0.065, 0.895, 0.935, 0.94)}
_TALL: dict[str, Rooms] = {
    "": {"network": (0.05, 0.168, 0.95, 0.745), "numbers": (0.065, 0.775, 0.935, 0.855), **_TALL_CURVE},
    "table": {
        "network": (0.05, 0.168, 0.95, 0.565), "table": (0.065, 0.586, 0.50, 0.864),
        "numbers": (0.58, 0.588, 0.935, 0.82), **_TALL_CURVE,
    },
    "boundary": {
        "network": (0.05, 0.168, 0.95, 0.505), "boundary": (0.065, 0.53, 0.635, 0.855),
        "numbers": (0.68, 0.53, 0.935, 0.855), **_TALL_CURVE,
    },
    "boundary table": {
        "network": (0.05, 0.168, 0.95, 0.44), "boundary": (0.065, 0.465, 0.55, 0.74),
        "table": (0.60, 0.465, 0.935, 0.74), "numbers": (0.065, 0.77, 0.935, 0.845), **_TALL_CURVE,
    },
    "equations": {
        "network": (0.05, 0.168, 0.95, 0.46), "equations": (0.065, 0.48, 0.935, 0.78),
        "numbers": (0.065, 0.80, 0.935, 0.87), **_TALL_LOW_CURVE,
    },
    "equations table": {
        "network": (0.05, 0.168, 0.95, 0.405), "equations": (0.065, 0.42, 0.935, 0.66),
        "table": (0.065, 0.675, 0.50, 0.875), "numbers": (0.58, 0.675, 0.935, 0.875), **_TALL_LOW_CURVE,
    },
    "boundary equations": {
        "network": (0.05, 0.168, 0.95, 0.415), "equations": (0.065, 0.435, 0.935, 0.68),
        "boundary": (0.065, 0.70, 0.40, 0.87), "numbers": (0.46, 0.70, 0.935, 0.87), **_TALL_LOW_CURVE,
    },
    "boundary equations table": {
        "network": (0.05, 0.168, 0.95, 0.415), "equations": (0.065, 0.435, 0.935, 0.68),
        "boundary": (0.065, 0.70, 0.365, 0.87), "table": (0.40, 0.70, 0.65, 0.87), "numbers": (0.69, 0.70, 0.935, 0.87),
        **_TALL_LOW_CURVE,
    },
}  # fmt: skip

# What an app leaves of a tall picture has lines of type as long as in the whole, and much fewer of them: tables of its
# own, whose numbers are parts of what is left.
_LEFT_HEAD: Rooms = {"head": (0.0, 0.0, 1.0, 0.152)}
_LEFT: dict[str, Rooms] = {
    "": {"network": (0.0, 0.185, 0.985, 0.71), "numbers": (0.0, 0.735, 1.0, 0.835), "curve": (0.0, 0.865, 0.985, 0.94)},
    "table": {
        "network": (0.0, 0.18, 0.985, 0.53), "table": (0.028, 0.552, 0.50, 1.0),
        "numbers": (0.56, 0.552, 1.0, 0.81), "curve": (0.56, 0.845, 0.985, 0.94),
    },
    "boundary": {
        "network": (0.0, 0.18, 0.985, 0.51), "boundary": (0.0, 0.54, 0.50, 0.855),
        "numbers": (0.56, 0.54, 1.0, 0.87), "curve": (0.0, 0.885, 0.985, 0.94),
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
_LONG_FOOT: Rooms = {"numbers": (0.0, 0.785, 1.0, 0.88), "curve": (0.0, 0.895, 0.985, 0.94)}
_LEFT_LONG: dict[str, Rooms] = {
    "table": {
        "network": (0.0, 0.175, 0.985, 0.53), "table": (0.028, 0.555, 0.50, 1.0),
        "numbers": (0.56, 0.555, 1.0, 0.87), "curve": (0.56, 0.885, 0.985, 0.94),
    },
    "equations": {"network": (0.0, 0.175, 0.985, 0.43), "equations": (0.0, 0.445, 1.0, 0.765), **_LONG_FOOT},
    "equations table": {
        "network": (0.0, 0.175, 0.985, 0.395), "equations": (0.0, 0.41, 1.0, 0.66), "numbers": (0.0, 0.68, 1.0, 0.775),
        "table": (0.028, 0.795, 0.50, 1.0), "curve": (0.56, 0.80, 0.985, 0.94),
    },
}  # fmt: skip
"""The same where there are three numbers, as far as those ask for other rooms."""
_LEFT_TO_RUNS: dict[str, Rooms] = {
    "": {"network": (0.0, 0.18, 0.985, 0.825), "numbers": (0.0, 0.85, 0.30, 0.95), "curve": (0.36, 0.855, 0.985, 0.94)},
    "table": {
        "network": (0.0, 0.18, 0.985, 0.70), "table": (0.028, 0.725, 0.48, 1.0), "numbers": (0.54, 0.725, 1.0, 0.82),
        "curve": (0.54, 0.85, 0.985, 0.94),
    },
}  # fmt: skip
"""The same for several runs, which have one number in common, in the place of the network."""

WHOLE: Room = (0.0, 0.0, 1.0, 1.0)
_USED: dict[Shape, Room] = {
    "wide": (0.05, 0.05, 0.965, 0.96), "square": (0.06, 0.055, 0.94, 0.955), "tall": (0.05, 0.041, 0.95, 0.98),
}  # fmt: skip
"""What the tables' rooms take of the picture, with the type below the curve: beyond it are the margins."""
_HEADS: dict[Shape, Room] = {"wide": _WIDE_LEFT["head"], "square": _SQUARE_HEAD["head"], "tall": _TALL_HEAD["head"]}
MUCH = 0.8
"""Of a tall picture's height: where less is left to panels, they have the rooms that are meant for it."""


def shape_of(size: tuple[int, int]) -> Shape:
    """Which of the three tables a picture of (width, height) goes by."""
    width, height = size
    return "wide" if width >= 1.2 * height else "square" if width >= 0.8 * height else "tall"


def rooms(shape: Shape, kinds: Collection[str], pictures: int = 0, *, counters: int = 2, within: Room = WHOLE) -> Rooms:
    """A room for each of `kinds`, in which title and caption are the one kind "head".

    pictures: how many stand in the corner; theirs are "picture 1", "picture 2", ... counters: how many numbers there
    are. within: the part of the picture in which all of them stand, at least as far from its edges as otherwise.
    """
    main = " ".join(kind for kind in ("boundary", "equations", "table") if kind in kinds)
    used = _USED[shape]
    left = max(used[0], within[0]), max(used[1], within[1]), min(used[2], within[2]), min(used[3], within[3])
    little = is_little(shape, left)
    found = _placed(_table(shape, main, counters, little), kinds, pictures)
    if within == WHOLE:
        return found
    taken, head = (WHOLE, 0.0) if little else (used, _HEADS[shape][3] - used[1])
    return {kind: _moved(room, taken, left, head) for kind, room in found.items()}


def is_little(shape: Shape, within: Room) -> bool:
    """Whether a part of the picture has so few lines of type that its rooms are those of `_LEFT`."""
    return shape == "tall" and within[3] - within[1] < MUCH


def _table(shape: Shape, main: str, counters: int, little: bool) -> Rooms:
    """What stands where if everything is shown. little: whether only a part of a tall picture is left."""
    if little:
        others = {1: _LEFT_TO_RUNS, 3: _LEFT_LONG}.get(counters, {})
        return {**_LEFT_HEAD, **others.get(main, _LEFT[main])}
    wide_foot = _WIDE_FOOT if counters <= 2 else _WIDE_LONG_FOOT
    everything: Mapping[Shape, Rooms] = {
        "wide": {**_WIDE_LEFT, **wide_foot, **_WIDE[main]},
        "square": {**_SQUARE_HEAD, **_SQUARE[main]},
        "tall": {**_TALL_HEAD, **_TALL[main]},
    }
    return dict(everything[shape])


def _moved(room: Room, taken: Room, left: Room, head: float) -> Room:
    """A room in what is left, where it stood in what is taken of the picture.

    head: height at the top that stays as it is, for the lines of type in it; what is below gives way.
    """
    across = (left[2] - left[0]) / (taken[2] - taken[0])
    down = (left[3] - left[1] - head) / (taken[3] - taken[1] - head)

    def x(part: float) -> float:
        return left[0] + (part - taken[0]) * across

    def y(part: float) -> float:
        below = part - taken[1]
        return left[1] + min(below, head) + max(0.0, below - head) * down

    return x(room[0]), y(room[1]), x(room[2]), y(room[3])


def _placed(table: Rooms, kinds: Collection[str], pictures: int) -> Rooms:
    """The rooms of what is shown, with those of what is not."""
    if pictures:
        corner = _corner(table)
    else:
        table.pop("pictures", None)
    found = {kind: table[kind] for kind in table if kind in kinds}
    left_over = [room for kind, room in table.items() if kind not in kinds and kind != "pictures"]
    blocked = [corner] if pictures else []
    for kind in HEIRS:
        if kind in found:
            others = [room for other, room in found.items() if other != kind] + blocked
            found[kind] = _grown(found[kind], left_over, others)
    if pictures:
        found |= _side_by_side(corner, pictures)
    return found


def _corner(table: Rooms) -> Room:
    """The room of the pictures at the top right; what stands there gives way."""
    head = table["head"]
    corner = table.get("pictures", (0.72, head[1], head[2], head[3]))
    for kind, (left, top, right, bottom) in table.items():
        if kind == "head":
            table[kind] = (left, top, min(right, corner[0] - 0.03), bottom)
        elif kind != "pictures" and touch((left, top, right, bottom), corner):
            table[kind] = (left, corner[3] + 0.025, right, bottom)
    return corner


def _side_by_side(room: Room, count: int) -> Rooms:
    left, top, right, bottom = room
    gap = 0.01
    width = (right - left - gap * (count - 1)) / count
    return {
        f"picture {number + 1}": (
            left + number * (width + gap), top, left + number * (width + gap) + width, bottom,
        )
        for number in range(count)
    }  # fmt: skip


def touch(one: Room, other: Room) -> bool:
    """Whether two rooms have more than an edge in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _grown(room: Room, left_over: Sequence[Room], others: Sequence[Room]) -> Room:
    """The room with what is left over beside it, as long as it touches no other."""
    changed = True
    while changed:
        changed = False
        for free in left_over:
            for larger in _towards(room, free):
                if not any(touch(larger, other) for other in others):
                    room, changed = larger, True
    return room


def _towards(room: Room, free: Room) -> list[Room]:
    """The room, grown as far as the far edge of a free one that lies straight beside, above or below it."""
    left, top, right, bottom = room
    found: list[Room] = []
    if free[1] < bottom and top < free[3]:
        if free[2] <= left:
            found.append((free[0], top, right, bottom))
        if free[0] >= right:
            found.append((left, top, free[2], bottom))
    if free[0] < right and left < free[2]:
        if free[3] <= top:
            found.append((left, free[1], right, bottom))
        if free[1] >= bottom:
            found.append((left, top, right, free[3]))
    return found
