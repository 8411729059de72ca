"""Where several runs stand side by side: a cell for each in the room that a network alone would have.

Columns in wide pictures, rows in tall ones; four make a square of two by two where neither has room for them. What is
the same for all (title, caption, cycle, table, curve) keeps its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netviz.picture.layout import Flow, Layout, Rect, arrange
from netviz.picture.room_tables import Shape
from netviz.picture.rooms import shape_of
from netviz.scene.panels import AnyPanel, BoundaryPanel, NetworkPanel
from netviz.scene.spec import Scene

GRIDS: dict[Shape, dict[int, tuple[int, int]]] = {
    "wide": {2: (2, 1), 3: (3, 1), 4: (2, 2)},
    "square": {2: (2, 1), 3: (3, 1), 4: (2, 2)},
    "tall": {2: (1, 2), 3: (1, 3), 4: (2, 2)},
}
"""Columns and rows of so many runs."""
GAP = 0.022
"""Between two cells, as a part of the picture's width or height."""
LINE = 1.5
"""Height of a line of the heading, in sizes of its type."""
ONE_LINE = 21
"""Width of a cell from which its heading is one line, in sizes of type."""
HIGH = 11
"""Sizes of type that such a room is high, so that the answer's texts have theirs between two layers."""
LOWER = 0.42
"""Part of the table's height that three or four runs take from it in tall pictures."""
LOW = 1.8
"""Width of a cell, in heights, from which plane or network stand beside its heading, in what is left of a picture."""
BESIDE = 0.48
"""Part of such a cell's width that the heading has, beside a network alone."""
UPRIGHT = 0.62
"""Height of a network's room, in widths, from which its layers stand one above the other."""


def is_run_panel(panel: AnyPanel) -> bool:
    """Whether each run has such a panel of its own."""
    return isinstance(panel, NetworkPanel | BoundaryPanel)


def arrange_runs(scene: Scene, count: int) -> tuple[Layout, tuple[Layout, ...]]:
    """The places of what all runs share, and for each run those of its heading, network and boundary."""
    shared = [panel for panel in scene.shown_panels if not is_run_panel(panel)]
    whole = scene.model_copy(update={"panels": (NetworkPanel(), *shared)})
    layout = arrange(whole, counters=1)
    area = _level_with(layout.places.pop("network"), layout)
    if shape_of(layout.size) == "tall" and count > 2 and "table" in layout.places and not layout.is_little:
        layout, area = _lower(layout, area)
    kinds = [panel.panel for panel in scene.shown_panels if is_run_panel(panel)]
    return layout, tuple(_in_cell(layout, cell, kinds) for cell in cells(layout, area, count))


def _level_with(area: Rect, layout: Layout) -> Rect:
    """The area between the margins that the other panels keep: headings stand under the title."""
    margin = min((place.x for place in layout.places.values()), default=area.x)
    left, right = max(area.x, margin), min(area.right, layout.size[0] - margin)
    return Rect(left, area.y, right - left, area.height)


def _lower(layout: Layout, area: Rect) -> tuple[Layout, Rect]:
    """The table, and what stands beside it, made lower (a long one turns its pages) so that runs have more room."""
    table = layout.places["table"]
    down = LOWER * table.height
    places = {
        name: Rect(place.x, place.y + down, place.width, place.height - down) if place.y < table.bottom and
        place.bottom > table.y else place
        for name, place in layout.places.items()
    }  # fmt: skip
    return replace(layout, places=places), Rect(area.x, area.y, area.width, area.height + down)


def cells(layout: Layout, area: Rect, count: int) -> list[Rect]:
    """The area's parts, row by row."""
    columns, rows = GRIDS[shape_of(layout.size)][count]
    gap = GAP * layout.safe.width, GAP * layout.safe.height
    # Whole pixels, even ones: what is alike is drawn alike, wherever it stands.
    width, height = (
        2 * int((side - (lines - 1) * between) / lines / 2)
        for side, lines, between in ((area.width, columns, gap[0]), (area.height, rows, gap[1]))
    )
    left, top, across, down = (2 * round(length / 2) for length in (area.x, area.y, width + gap[0], height + gap[1]))
    return [
        Rect(left + number % columns * across, top + number // columns * down, width, height) for number in range(count)
    ]


def _in_cell(layout: Layout, cell: Rect, kinds: Sequence[str]) -> Layout:
    high = LINE * layout.body * (1 if cell.width >= ONE_LINE * layout.body else 2)
    top = cell.y + high + 0.8 * layout.body
    room = Rect(cell.x, top, cell.width, cell.bottom - top)
    places = {"heading": Rect(cell.x, cell.y, cell.width, high)}
    is_low = layout.is_little and cell.width > LOW * cell.height
    if is_low and kinds == ["network"]:
        left = BESIDE * cell.width
        places["heading"] = Rect(cell.x, cell.y, left, 2 * LINE * layout.body)
        room = places["network"] = Rect(cell.x + left, cell.y, cell.width - left, cell.height)
    elif is_low and len(kinds) == 2:
        # The plane takes all of so low a cell at the right; the heading stands above the network alone.
        left = cell.width - cell.height - 0.6 * layout.body
        places["heading"] = Rect(cell.x, cell.y, left, 2 * LINE * layout.body)
        top = places["heading"].bottom + 0.5 * layout.body
        room = places["network"] = Rect(cell.x, top, left, cell.bottom - top)
        places["boundary"] = Rect(cell.right - cell.height, cell.y, cell.height, cell.height)
    elif len(kinds) == 1:
        places[kinds[0]] = room
    elif room.width > 1.3 * room.height:
        square = min(0.5 * room.width, room.height)
        left = room.width - square - 0.6 * layout.body
        places["network"] = Rect(room.x, room.y, left, room.height)
        places["boundary"] = Rect(room.right - square, room.y, square, room.height)
    else:
        square = min(room.width, 0.55 * room.height)
        above = room.height - square - 0.8 * layout.body
        places["network"] = Rect(room.x, room.y, room.width, above)
        places["boundary"] = Rect(room.x, room.bottom - square, room.width, square)
    places = {name: _in_whole_pixels(place) for name, place in places.items()}
    return replace(layout, places=places, flow=_flow(places.get("network", room), layout.body))


def _in_whole_pixels(place: Rect) -> Rect:
    x, y, width, height = (2.0 * round(length / 2) for length in (place.x, place.y, place.width, place.height))
    return Rect(x, y, width, height)


def _flow(room: Rect, body: float) -> Flow:
    """The way signals go: upwards too where names beside the network would leave it little width."""
    return "up" if room.height > max(UPRIGHT * room.width, HIGH * body) else "right"
