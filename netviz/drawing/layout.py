"""Layout: rectangles of all panels and sizes of type, for every shape of picture, also for runs side by side.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from netviz.drawing.layout_tables import (
    LEFT,
    LEFT_HEAD,
    LEFT_LONG,
    LEFT_TO_RUNS,
    SQUARE,
    SQUARE_HEAD,
    SQUARE_LONG,
    TALL,
    TALL_HEAD,
    WIDE,
    WIDE_FOOT,
    WIDE_LEFT,
    WIDE_LONG_FOOT,
    WIDE_TO_RUNS,
    PictureShape,
    Slot,
    Slots,
    with_gradients,
)
from netviz.drawing.table_columns import preferred_width, table_rows
from netviz.drawing.text import Typefaces, width
from netviz.scene.output import safe_part
from netviz.scene.panels import OWN, AnyPanelSpec, PicturePanelSpec, Places
from netviz.scene.scene import WIDE_FROM, Look
from netviz.timeline.recorded_curves import LOSSES, is_accuracy, may_have_accuracies

Flow = Literal["right", "up"]


@dataclass(frozen=True)
class Rect:
    """A rectangle in pixels: left, top, width, height."""

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
    """The places of all panels, and the sizes of type.

    places: of every shown panel by its name (see `names_of`). flow: direction of signals through the network.
    radius: of the largest neurons, in pixels. small ... card: sizes of type in pixels; caption: of one that is short.
    safe: the part of the picture that no app lays anything over; text that must be read is inside it.
    """

    size: tuple[int, int]
    places: dict[str, Rect]
    flow: Flow
    radius: float
    small: float
    body: float
    caption: float
    figure: float
    title: float
    card: float
    safe: Rect

    @property
    def is_little(self) -> bool:
        """True if so few lines of type are left of a tall picture that its panels have slots of their own."""
        top, bottom = self.safe.y / self.size[1], self.safe.bottom / self.size[1]
        return is_little(shape_of(self.size), (0.0, top, 1.0, bottom))

    @property
    def is_centred(self) -> bool:
        """True if title and captions stand in the middle, as in tall pictures."""
        return shape_of(self.size) == "tall"

    @property
    def unit(self) -> float:
        """Unit of lines and gaps: a thousandth of the shorter side, in pixels."""
        return min(self.size) / 1000


SMALL = {"wide": 0.024, "square": 0.024, "tall": 0.034}
"""Size of the smallest text that must be read, as a part of the picture's shorter side, for each shape."""
BODY = {"wide": 0.031, "square": 0.031, "tall": 0.0395}
"""Size of values, names and captions on two lines, likewise: 12 pixels of a wide film shown 680 pixels wide."""
CAPTION = {"wide": 0.034, "square": 0.034, "tall": 0.0435}
"""Size of a caption that fits on one line, likewise."""
BOX = 0.5
"""Distance by which the box around a table's row stands out of its slot, in sizes of type."""
WIDE_ENOUGH = 1.5
"""Width over height of a picture from which two counters fit into their corner."""
_CLEAR = 0.6
"""Least gap between a caption of two lines and what is below it, in sizes of type."""
MORE_AXES = 0.04
"""Part of a wide picture's width by which the answers of several outputs are wider than those of one."""
MORE_NAMES = 0.05
"""Part of a wide picture's width by which a table is wider at most, for names of its columns or long rows."""
CLASS_ACROSS, CLASS_DOWN, SMALLEST_CLASS = 0.82, 0.2, 0.9
"""Largest width of a class's name: of those beside each other, as a part of the distance of two, of those below each
other, as a part of the network's slot; and the smallest size of its type, in sizes of small type."""
BIG = {"boundary", "equations"}
"""Panels beside a network that leave it no room to give."""
MOST_COUNTERS = 4
"""Largest number of counters."""
BELOW = 1.75
"""Height of the cycle numbers below a curve, in sizes of type."""


def names_of(panels: tuple[AnyPanelSpec, ...]) -> tuple[str, ...]:
    """A name for every panel: its kind, and for pictures and texts "picture 1", "picture 2", "text 1", ..."""
    kinds = [panel.panel for panel in panels]
    return tuple(
        f"{kind} {kinds[: number + 1].count(kind)}" if kind in OWN else kind for number, kind in enumerate(kinds)
    )


def smallest_type(size: tuple[int, int]) -> float:
    """Size in pixels of the smallest text that must be read in a picture of (width, height)."""
    return SMALL[shape_of(size)] * min(size)


def arrange(scene: Look, counters: int | None = None) -> Layout:
    """Layout of the scene's panels in its shape of picture: at its own places where it gives some, else automatic.

    counters: their number, if not that of a single run.
    """
    size = scene.output.size
    width, height = size
    shape = shape_of(size)
    small, body, caption = (sizes[shape] * min(size) for sizes in (SMALL, BODY, CAPTION))
    radius, title, card = {
        "wide": (0.068 * height, 0.043 * height, 0.075 * height),
        "square": (0.062 * height, 0.043 * height, 0.058 * height),
        "tall": (0.07 * width, 0.031 * height, 0.042 * height),
    }[shape]
    panels = scene.shown_panels
    names = names_of(panels)
    given = [_given(panel, shape) for panel in panels]
    free_pictures = [
        name for name, panel, at in zip(names, panels, given, strict=True) if panel.panel in OWN and at is None
    ]
    kinds = {"head" if panel.panel in ("title", "caption") else panel.panel for panel in panels} - {*OWN}
    counters = counters or _counters(scene)
    if shape == "wide" and width < WIDE_ENOUGH * height and counters == 2:
        counters = 3  # two counters need as large a part of the width as three in a wider picture
    safe = safe_part(scene.output.platform, size)
    automatic_slots = slots(shape, kinds, len(free_pictures), counters=counters, within=safe)
    automatic = {name: _in_pixels(slot, size) for name, slot in automatic_slots.items()}
    if "head" in automatic:
        automatic |= _split(automatic["head"], title if "title" in names and scene.title else 0.0, title, body)
    if "caption" in automatic:
        automatic |= _below(automatic["caption"], automatic, _CLEAR * body)
    if shape == "wide" and {"answers", "network"} <= automatic.keys() and scene.outline.layers[-1] > 1:
        automatic |= _wider_answers(automatic["network"], automatic["answers"], MORE_AXES * width)
    if shape == "wide" and {"table", "network"} <= automatic.keys() and scene.outline.inputs and kinds.isdisjoint(BIG):
        table = _from(automatic["table"], safe[0] * width + BOX * body)
        more = _table_width(scene, small, body, table.width, table.width + MORE_NAMES * width) - table.width
        automatic |= _wider_table(automatic["table"], automatic["network"], more)
    if "table" in automatic:
        automatic["table"] = _from(automatic["table"], safe[0] * width + BOX * body)
    if "curve" in automatic:
        automatic["curve"] = _above(automatic["curve"], safe[3] * height - BELOW * small)
    corner = iter(automatic[f"picture {number + 1}"] for number in range(len(free_pictures)))
    places = {}
    for name, at in zip(names, given, strict=True):
        if at is not None:
            places[name] = Rect(at[0] * width, at[1] * height, at[2] * width, at[3] * height)
        else:
            places[name] = next(corner) if name in free_pictures else automatic[name]
    flow = _flow(shape, places.get("network"), little=is_little(shape, safe))
    if flow == "up" and _has_long_classes(scene, places["network"].width, small):
        flow = "right"
    return Layout(
        size, places, flow, radius,
        small=small, body=body, caption=caption, figure=body, title=title, card=card,
        safe=_in_pixels(safe, size),
    )  # fmt: skip


def _counters(scene: Look) -> int:
    """Number of the counters of a single run: of its step and its error, or of two losses or shares, or more curves.

    Where all curves stand in a legend (see `loss_curve.py`), it takes the place of a counter more.
    """
    outline = scene.outline
    if outline.is_own:
        return MOST_COUNTERS if scene.shows_accuracy else 3 if outline.has_test_loss else 2
    has_shares = scene.accuracy is not False
    if has_shares and may_have_accuracies(outline.curves):
        return MOST_COUNTERS
    others = [name for name in outline.curves if name not in LOSSES and (has_shares or not is_accuracy(name))]
    # Of right answers, where the run has no accuracy of its own.
    share = has_shares and (not others or (bool(scene.accuracy) and not any(map(is_accuracy, others))))
    return min(MOST_COUNTERS, 1 + bool(outline.curves) + outline.has_test_loss + len(others) + share)


def _given(panel: AnyPanelSpec, shape: str) -> tuple[float, float, float, float] | None:
    """Place that the scene gives a panel in this shape of picture: left, top, width, height; None if it gives none."""
    at = panel.at
    if isinstance(at, Places):
        at = {"wide": at.wide, "square": at.square, "tall": at.tall}[shape]
    is_whole = at is None and isinstance(panel, PicturePanelSpec) and panel.fit == "cover"
    return (0.0, 0.0, 1.0, 1.0) if is_whole else at


def _below(caption: Rect, places: Mapping[str, Rect], gap: float) -> dict[str, Rect]:
    """The slots that begin beside or too near below the caption, which is two lines high: they begin below it."""
    top = caption.bottom + gap
    return {
        name: Rect(slot.x, top, slot.width, slot.bottom - top)
        for name, slot in places.items()
        if name not in ("title", "caption", "head") and caption.y < slot.y < top
        and slot.x < caption.right and caption.x < slot.right
    }  # fmt: skip


def _table_width(scene: Look, small: float, body: float, least: float, most: float) -> float:
    """Width in pixels, between two, that the scene's table should have."""
    rows = table_rows(scene, scene.outline.inputs or (), scene.outline.targets or ())
    return preferred_width(rows, Typefaces.make(scene.font, scene.figures_font), body, small, least, most)


def _wider_table(table: Rect, network: Rect, more: float) -> dict[str, Rect]:
    """Slots of the table and of the network beside it, of which the table takes `more` for the names of its columns."""
    return {
        "table": Rect(table.x, table.y, table.width + more, table.height),
        "network": Rect(network.x + more, network.y, network.width - more, network.height),
    }


def _wider_answers(network: Rect, answers: Rect, more: float) -> dict[str, Rect]:
    """Slots of the network and of the answers beside it, which take `more` of its width for axes that lie."""
    return {
        "network": Rect(network.x, network.y, network.width - more, network.height),
        "answers": Rect(answers.x - more, answers.y, answers.width + more, answers.height),
    }


def _from(slot: Rect, left: float) -> Rect:
    """The part of a slot to the right of `left`."""
    x = max(slot.x, left)
    return Rect(x, slot.y, slot.right - x, slot.height)


def _above(slot: Rect, bottom: float) -> Rect:
    """The part of a slot above `bottom`."""
    return Rect(slot.x, slot.y, slot.width, min(slot.bottom, bottom) - slot.y)


def _in_pixels(slot: Slot, size: tuple[int, int]) -> Rect:
    left, top, right, bottom = slot
    width, height = size
    return Rect(left * width, top * height, (right - left) * width, (bottom - top) * height)


def _split(head: Rect, title: float, line: float, body: float) -> dict[str, Rect]:
    """Slots of the title, one line, and of the caption below it, two lines. title: its size of type, 0 without one."""
    below = head.y + (1.4 * title + 0.2 * body if title else 0.55 * (line - body))
    return {
        "title": Rect(head.x, head.y, head.width, 1.1 * title),
        "caption": Rect(head.x, below, head.width, 2.45 * body),
    }


def _has_long_classes(scene: Look, across: float, small: float) -> bool:
    """True if names of classes would be cut beside each other, and have more room below each other."""
    outline, names = scene.outline, scene.network.outputs
    if not names or not outline.has_classes or scene.runs:
        return False
    strong = Typefaces.make(scene.font).strong
    longest = max(width(name, strong, SMALLEST_CLASS * small) for name in names)
    return longest > CLASS_ACROSS * across / len(names) < CLASS_DOWN * across


def _flow(shape: PictureShape, slot: Rect | None, *, little: bool) -> Flow:
    """Direction of signals: to the right, in tall pictures upwards; the other one in a slot of quite another shape.

    little: whether little is left of a tall picture, where names above and below the network would take too much.
    """
    if slot is None:
        return "right"
    if shape == "tall":
        return "right" if slot.width > (1.1 if little else 1.6) * slot.height else "up"
    return "up" if slot.height > 1.6 * slot.width else "right"


# Automatic layout for each shape of picture: a slot for every panel that is shown, none touching another.
#
# For each shape there is a table (layout_tables.py) of the slots of all panels; those that are not shown leave their
# slots to neighbours. Where an app lays something over the picture, all slots move into the area that is left free.

HEIRS = ("network", "boundary", "equations", "gradients", "curve", "numbers", "table", "answers")
"""Panels that take the slots of those not shown, the first before the others."""

_WHOLE: Slot = (0.0, 0.0, 1.0, 1.0)
_USED: dict[PictureShape, Slot] = {
    "wide": (0.05, 0.05, 0.965, 0.96), "square": (0.06, 0.055, 0.94, 0.955), "tall": (0.05, 0.041, 0.95, 0.98),
}  # fmt: skip
"""Area that the tables' slots take of the picture, with the type below the curve: beyond it are the margins."""
_HEADS: dict[PictureShape, Slot] = {"wide": WIDE_LEFT["head"], "square": SQUARE_HEAD["head"], "tall": TALL_HEAD["head"]}
MUCH = 0.8
"""Part of a tall picture's height; where less is left to panels, they have the slots of `LEFT`."""


def shape_of(size: tuple[int, int]) -> PictureShape:
    """Shape of a picture of (width, height), which decides its layout table."""
    width, height = size
    return "wide" if width >= WIDE_FROM * height else "square" if width >= 0.8 * height else "tall"


def slots(
    shape: PictureShape, kinds: Collection[str], pictures: int = 0, *, counters: int = 2, within: Slot = _WHOLE
) -> Slots:
    """A slot for each of `kinds`, in which title and caption are the one kind "head".

    pictures: number of those in the corner; theirs are "picture 1", "picture 2", ... counters: their number. within:
    the part of the picture in which all slots lie, at least as far from its edges as otherwise.
    """
    main = " ".join(kind for kind in ("answers", "boundary", "equations", "table") if kind in kinds)
    used, left = _USED[shape], _left(shape, within)
    little = is_little(shape, within)
    table = _table(shape, main, counters, little)
    found = _placed(with_gradients(table, kinds) if "gradients" in kinds else table, kinds, pictures)
    if within == _WHOLE:
        return found
    taken, head = (_WHOLE, 0.0) if little else (used, _HEADS[shape][3] - used[1])
    return {kind: _moved(slot, taken, left, head) for kind, slot in found.items()}


def is_little(shape: PictureShape, within: Slot) -> bool:
    """True if a part of a picture has so few lines of type that its slots are those of `LEFT`."""
    left = _left(shape, within)
    return shape == "tall" and left[3] - left[1] < MUCH


def _left(shape: PictureShape, within: Slot) -> Slot:
    """Area left to panels in a part of the picture, as far from the picture's edges as otherwise."""
    used = _USED[shape]
    return max(used[0], within[0]), max(used[1], within[1]), min(used[2], within[2]), min(used[3], within[3])


def _table(shape: PictureShape, main: str, counters: int, little: bool) -> Slots:
    """Slots of all panels, if everything is shown. little: whether only a part of a tall picture is left."""
    if main.startswith("answers") and main not in (LEFT if little else WIDE):
        return _with_answers(_table(shape, main.removeprefix("answers").strip(), counters, little))
    if little:
        others = {1: LEFT_TO_RUNS, 3: LEFT_LONG, MOST_COUNTERS: LEFT_LONG}.get(counters, {})
        return {**LEFT_HEAD, **others.get(main, LEFT[main])}
    wide_foot = WIDE_FOOT if counters <= 2 else WIDE_LONG_FOOT
    wide = WIDE_TO_RUNS if counters == 1 and main == "table" else WIDE[main]
    everything: Mapping[PictureShape, Slots] = {
        "wide": {**WIDE_LEFT, **wide_foot, **wide},
        "square": {**SQUARE_HEAD, **(SQUARE_LONG if counters == MOST_COUNTERS else {}).get(main, SQUARE[main])},
        "tall": {**TALL_HEAD, **TALL[main]},
    }
    return dict(everything[shape])


ANSWERS, BETWEEN = 0.24, 0.015
"""Height of the answers' slot below the network, as a part of the network's; and the gap between them."""


def _with_answers(table: Slots) -> Slots:
    """The slots with one for the answers, which the network gives of its own."""
    left, top, right, bottom = table["network"]
    parts = bottom - ANSWERS * (bottom - top)
    return table | {"network": (left, top, right, parts - BETWEEN), "answers": (left, parts, right, bottom)}


def _moved(slot: Slot, taken: Slot, left: Slot, head: float) -> Slot:
    """Map a slot from the area `taken` by the table to the area `left`.

    head: height at the top that keeps its size, for the lines of type in it; only what is below it is scaled.
    """
    across = (left[2] - left[0]) / (taken[2] - taken[0])
    down = (left[3] - left[1] - head) / (taken[3] - taken[1] - head)

    def x(part: float) -> float:
        return left[0] + (part - taken[0]) * across

    def y(part: float) -> float:
        below = part - taken[1]
        return left[1] + min(below, head) + max(0.0, below - head) * down

    return x(slot[0]), y(slot[1]), x(slot[2]), y(slot[3])


def _placed(table: Slots, kinds: Collection[str], pictures: int) -> Slots:
    """Slots of the panels that are shown, grown into those of panels that are not."""
    if pictures:
        corner = _corner(table)
    else:
        table.pop("pictures", None)
    found = {kind: table[kind] for kind in table if kind in kinds}
    left_over = [slot for kind, slot in table.items() if kind not in kinds and kind != "pictures"]
    blocked = [corner] if pictures else []
    for kind in HEIRS:
        if kind in found:
            others = [slot for other, slot in found.items() if other != kind] + blocked
            found[kind] = _grown(found[kind], left_over, others)
    if pictures:
        found |= _side_by_side(corner, pictures)
    return found


def _corner(table: Slots) -> Slot:
    """Slot of the pictures at the top right; slots of the table that touch it are made smaller."""
    head = table["head"]
    corner = table.get("pictures", (0.72, head[1], head[2], head[3]))
    for kind, (left, top, right, bottom) in table.items():
        if kind == "head":
            table[kind] = (left, top, min(right, corner[0] - 0.03), bottom)
        elif kind != "pictures" and touch((left, top, right, bottom), corner):
            table[kind] = (left, corner[3] + 0.025, right, bottom)
    return corner


def _side_by_side(slot: Slot, count: int) -> Slots:
    left, top, right, bottom = slot
    gap = 0.01
    width = (right - left - gap * (count - 1)) / count
    return {
        f"picture {number + 1}": (
            left + number * (width + gap), top, left + number * (width + gap) + width, bottom,
        )
        for number in range(count)
    }  # fmt: skip


def touch(one: Slot, other: Slot) -> bool:
    """True if two slots have more than an edge in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _grown(slot: Slot, left_over: Sequence[Slot], others: Sequence[Slot]) -> Slot:
    """The slot with what is left over beside it, as long as it touches no other."""
    changed = True
    while changed:
        changed = False
        for free in left_over:
            for larger in _towards(slot, free):
                if not any(touch(larger, other) for other in others):
                    slot, changed = larger, True
    return slot


def _towards(slot: Slot, free: Slot) -> list[Slot]:
    """Larger slots: extended to the far edge of a free one that lies straight beside, above or below."""
    left, top, right, bottom = slot
    found: list[Slot] = []
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
