"""The automatic places of panels in each shape of picture: a room for all that is shown, none touching another.

For each shape there is a table (room_tables.py) of what stands where if everything is shown; panels that are not shown
leave their room to neighbours. Where something is laid over the picture, all move into what is left of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from netviz.picture.room_tables import (
    LEFT,
    LEFT_HEAD,
    LEFT_LONG,
    LEFT_TO_RUNS,
    SQUARE,
    SQUARE_HEAD,
    TALL,
    TALL_HEAD,
    WIDE,
    WIDE_FOOT,
    WIDE_LEFT,
    WIDE_LONG_FOOT,
    Room,
    Rooms,
    Shape,
)

HEIRS = ("network", "boundary", "equations", "curve", "numbers", "table")
"""Who takes the room of a panel that is not shown, the first before the others."""

WHOLE: Room = (0.0, 0.0, 1.0, 1.0)
_USED: dict[Shape, Room] = {
    "wide": (0.05, 0.05, 0.965, 0.96), "square": (0.06, 0.055, 0.94, 0.955), "tall": (0.05, 0.041, 0.95, 0.98),
}  # fmt: skip
"""What the tables' rooms take of the picture, with the type below the curve: beyond it are the margins."""
_HEADS: dict[Shape, Room] = {"wide": WIDE_LEFT["head"], "square": SQUARE_HEAD["head"], "tall": TALL_HEAD["head"]}
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
    used, left = _USED[shape], _left(shape, within)
    little = is_little(shape, within)
    found = _placed(_table(shape, main, counters, little), kinds, pictures)
    if within == WHOLE:
        return found
    taken, head = (WHOLE, 0.0) if little else (used, _HEADS[shape][3] - used[1])
    return {kind: _moved(room, taken, left, head) for kind, room in found.items()}


def is_little(shape: Shape, within: Room) -> bool:
    """Whether a part of a picture has so few lines of type that its rooms are those of `LEFT`."""
    left = _left(shape, within)
    return shape == "tall" and left[3] - left[1] < MUCH


def _left(shape: Shape, within: Room) -> Room:
    """What panels have of a part of the picture, as far from the picture's edges as otherwise."""
    used = _USED[shape]
    return max(used[0], within[0]), max(used[1], within[1]), min(used[2], within[2]), min(used[3], within[3])


def _table(shape: Shape, main: str, counters: int, little: bool) -> Rooms:
    """What stands where if everything is shown. little: whether only a part of a tall picture is left."""
    if little:
        others = {1: LEFT_TO_RUNS, 3: LEFT_LONG}.get(counters, {})
        return {**LEFT_HEAD, **others.get(main, LEFT[main])}
    wide_foot = WIDE_FOOT if counters <= 2 else WIDE_LONG_FOOT
    everything: Mapping[Shape, Rooms] = {
        "wide": {**WIDE_LEFT, **wide_foot, **WIDE[main]},
        "square": {**SQUARE_HEAD, **SQUARE[main]},
        "tall": {**TALL_HEAD, **TALL[main]},
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
