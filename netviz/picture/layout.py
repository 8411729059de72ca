"""Where things stand: rectangles for the panels in each shape of picture, and the sizes of type.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netviz.picture.room_tables import Room, Shape
from netviz.picture.rooms import is_little, rooms, shape_of
from netviz.scene.panels import AnyPanel, Places
from netviz.scene.platforms import safe_part
from netviz.scene.spec import Scene

Flow = Literal["right", "up"]


@dataclass(frozen=True)
class Rect:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True)
class Layout:
    """The places of all panels.

    places: of every shown panel by its name (see `names_of`). flow: the way signals run through the network.
    radius: of the largest neurons. small ... card: sizes of type in pixels.
    safe: nothing is laid over this part of the picture; what must be read is inside it.
    """

    size: tuple[int, int]
    places: dict[str, Rect]
    flow: Flow
    radius: float
    small: float
    body: float
    figure: float
    title: float
    card: float
    safe: Rect

    @property
    def is_little(self) -> bool:
        """Whether so few lines of type are left of a tall picture that panels have rooms of their own for it."""
        top, bottom = self.safe.y / self.size[1], self.safe.bottom / self.size[1]
        return is_little(shape_of(self.size), (0.0, top, 1.0, bottom))

    @property
    def unit(self) -> float:
        """A thousandth of the shorter side: the measure of lines and gaps."""
        return min(self.size) / 1000


SMALLEST = 0.0222
"""Of the picture's height: no text that must be read is smaller."""
BOX = 0.5
"""Sizes of type that the box around a table's row stands out of its room."""
WIDE_ENOUGH = 1.5
"""Width over height from which two numbers have room in the corner that is theirs."""
CLEAR = 0.6
"""Sizes of type between a caption of two lines and what is below it in upright pictures, where most have two."""
BELOW = 1.75
"""Sizes of type that the cycles below a curve take."""


def names_of(panels: tuple[AnyPanel, ...]) -> tuple[str, ...]:
    """A name for every panel: its kind, and for pictures "picture 1", "picture 2", ..."""
    names = []
    pictures = 0
    for panel in panels:
        pictures += panel.panel == "picture"
        names.append(f"picture {pictures}" if panel.panel == "picture" else panel.panel)
    return tuple(names)


def arrange(scene: Scene, counters: int | None = None) -> Layout:
    """Places for the scene's panels in its shape of picture: its own where it gives some, otherwise what suits.

    counters: how many numbers there are, if not those of a single run.
    """
    size = scene.output.size
    width, height = size
    shape = shape_of(size)
    small = SMALLEST * height
    body, radius, title, card = {
        "wide": (1.06 * small, 0.046 * height, 0.042 * height, 0.075 * height),
        "square": (1.06 * small, 0.044 * height, 0.042 * height, 0.058 * height),
        "tall": (1.0 * small, 0.054 * width, 0.031 * height, 0.042 * height),
    }[shape]
    panels = scene.shown_panels
    names = names_of(panels)
    wanted = [_given(panel, shape) for panel in panels]
    free_pictures = [name for name, at in zip(names, wanted, strict=True) if name.startswith("picture") and at is None]
    kinds = {"head" if name in ("title", "caption") else name for name in names if name not in free_pictures}
    has_test = scene.data.train_count < scene.data.total_count
    counters = counters or (3 if has_test else 2)
    if shape == "wide" and width < WIDE_ENOUGH * height and counters == 2:
        counters = 3  # two numbers need as much of it as three of a wider picture
    safe = safe_part(scene.output.platform, size)
    found = rooms(shape, kinds, len(free_pictures), counters=counters, within=safe)
    automatic = {name: _in_pixels(room, size) for name, room in found.items()}
    if "head" in automatic:
        automatic |= _split(automatic["head"], title if "title" in names and scene.title else 0.0, title, body)
    if "caption" in automatic and shape == "square" and width < height:
        top = automatic["caption"].bottom + CLEAR * body
        automatic |= {
            name: Rect(room.x, top, room.width, room.bottom - top)
            for name, room in automatic.items()
            if name not in ("title", "caption") and automatic["caption"].y < room.y < top
        }
    if "table" in automatic:
        automatic["table"] = _from(automatic["table"], safe[0] * width + BOX * small)
    if "curve" in automatic:
        automatic["curve"] = _above(automatic["curve"], safe[3] * height - BELOW * small)
    corner = iter(automatic[f"picture {number + 1}"] for number in range(len(free_pictures)))
    places = {}
    for name, at in zip(names, wanted, strict=True):
        if at is not None:
            places[name] = Rect(at[0] * width, at[1] * height, at[2] * width, at[3] * height)
        else:
            places[name] = next(corner) if name in free_pictures else automatic[name]
    return Layout(
        size, places, _flow(shape, places.get("network"), little=is_little(shape, safe)), radius,
        small=small, body=body, figure=1.0 * small, title=title, card=card,
        safe=_in_pixels(safe, size),
    )  # fmt: skip


def _given(panel: AnyPanel, shape: str) -> tuple[float, float, float, float] | None:
    """The place that the scene gives a panel in this shape of picture: left, top, width, height."""
    at = panel.at
    if isinstance(at, Places):
        return {"wide": at.wide, "square": at.square, "tall": at.tall}[shape]
    return at


def _from(room: Rect, left: float) -> Rect:
    """What of a room is to the right of `left`."""
    x = max(room.x, left)
    return Rect(x, room.y, room.right - x, room.height)


def _above(room: Rect, bottom: float) -> Rect:
    """What of a room is above `bottom`."""
    return Rect(room.x, room.y, room.width, min(room.bottom, bottom) - room.y)


def _in_pixels(room: Room, size: tuple[int, int]) -> Rect:
    left, top, right, bottom = room
    width, height = size
    return Rect(left * width, top * height, (right - left) * width, (bottom - top) * height)


def _split(head: Rect, title: float, line: float, body: float) -> dict[str, Rect]:
    """Rooms for the title, one line, and below it the caption, two. title: its size, 0 where there is none."""
    below = head.y + (1.4 * title + 0.2 * body if title else 0.55 * (line - body))
    return {
        "title": Rect(head.x, head.y, head.width, 1.1 * title),
        "caption": Rect(head.x, below, head.width, 2.45 * body),
    }


def _flow(shape: Shape, room: Rect | None, *, little: bool) -> Flow:
    """From left to right, and upwards in tall pictures; across that in a network's room of quite another shape.

    little: whether little is left of a tall picture, where names above and below the network would take too much.
    """
    if room is None:
        return "right"
    if shape == "tall":
        return "right" if room.width > (1.1 if little else 1.6) * room.height else "up"
    return "up" if room.height > 1.6 * room.width else "right"
