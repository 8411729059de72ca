"""Run layout: the cells of several runs side by side, in the area that a single network would have.

Cells are columns in wide pictures and rows in tall ones; four make a square of two by two where they fit neither way.
Panels that all runs share (title, caption, cycle, table, curve) keep their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netviz.drawing.layout import Flow, Layout, Rect, arrange, shape_of
from netviz.drawing.layout_tables import PictureShape
from netviz.scene.panels import (
    OWN,
    AnswersPanelSpec,
    AnyPanelSpec,
    BoundaryPanelSpec,
    GradientsPanelSpec,
    NetworkPanelSpec,
)
from netviz.scene.scene import Look

GRIDS: dict[PictureShape, dict[int, tuple[int, int]]] = {
    "wide": {2: (2, 1), 3: (3, 1), 4: (2, 2)},
    "square": {2: (2, 1), 3: (3, 1), 4: (2, 2)},
    "tall": {2: (1, 2), 3: (1, 3), 4: (2, 2)},
}
"""Columns and rows for each number of runs."""
GAP = 0.022
"""Gap between two cells, as a part of the safe area's width or height."""
LINE = 1.5
"""Height of a line of the heading, in sizes of its type."""
ONE_LINE = 16
"""Width of a cell from which its heading is one line, in sizes of type."""
HIGH = 11
"""Height of a run's network slot above which layers may stand one above the other, in sizes of type: then the outputs'
texts fit between two layers."""
LOWER = 0.42
"""Part of the table's height that three or four runs take from it in tall pictures."""
LOW = 1.8
"""Width of a cell, in heights, above which plane or network stands beside the heading, if little is left of a
picture."""
BROAD, BELOW_HEADING = 1.6, 0.45
"""Width of a cell, in heights, above which the plane stands beside the heading where much is left of a picture, and the
largest part of its height that the heading then takes."""
LEAST_HIGH = 3.1
"""Least height of a network above its plane, in sizes of type."""
PLANE = 0.84
"""Part of the height below a run's heading for its plane, under its network."""
COUNTER = 7.2
"""Width of the counter of cycles, the only one that runs share, in sizes of type."""
FOOT = 4.2
"""Height of counter and curve beside each other at the foot of a tall picture, in sizes of type."""
BETWEEN = 0.6
"""Gap between the head and the runs, and between a run's heading, network and plane, in sizes of type."""
BESIDE = 0.48
"""Part of such a cell's width for the heading, beside a network alone."""
GRADIENTS, LEAST_GRADIENTS = 0.33, 7.5
"""Height of the gradients at the foot of a run's cell, as a part of it, and at least, in sizes of small type."""
UPRIGHT = 0.62
"""Height of a network's slot, in widths, above which its layers stand one above the other."""


def panels_beside(scene: Look) -> tuple[AnyPanelSpec, ...]:
    """Panels of a scene whose runs stand side by side: there is no room for the answers of each."""
    return tuple(panel for panel in scene.shown_panels if not isinstance(panel, AnswersPanelSpec))


def is_run_panel(panel: AnyPanelSpec) -> bool:
    """True if each run has such a panel of its own."""
    return isinstance(panel, NetworkPanelSpec | BoundaryPanelSpec | GradientsPanelSpec)


def arrange_runs(scene: Look, count: int) -> tuple[Layout, tuple[Layout, ...]]:
    """Layout of the panels that all runs share, and for each run one of its heading, network and boundary."""
    panels = panels_beside(scene)
    shared = [panel for panel in panels if not is_run_panel(panel)]
    whole = scene.model_copy(update={"panels": (NetworkPanelSpec(), *shared)})
    layout = arrange(whole, counters=1)
    area = _level_with(layout.places.pop("network"), layout)
    if all(panel.at is None for panel in shared if panel.panel not in OWN):
        layout, area = _with_low_foot(*_with_low_head(layout, area))
    if shape_of(layout.size) == "tall" and count > 2 and "table" in layout.places and not layout.is_little:
        layout, area = _lower(layout, area)
    kinds = [panel.panel for panel in panels if is_run_panel(panel)]
    return layout, tuple(_in_cell(layout, cell, kinds) for cell in cells(layout, area, count))


def _level_with(area: Rect, layout: Layout) -> Rect:
    """The area, cut to the margins of the other panels, so that headings stand under the title."""
    margin = min((place.x for place in layout.places.values()), default=area.x)
    left, right = max(area.x, margin), min(area.right, layout.size[0] - margin)
    return Rect(left, area.y, right - left, area.height)


def _with_low_head(layout: Layout, area: Rect) -> tuple[Layout, Rect]:
    """Give the caption of a wide picture one line, as long as the picture is wide, and the runs the line below it."""
    caption = layout.places.get("caption")
    if shape_of(layout.size) != "wide" or caption is None or "table" in layout.places:
        return layout, area
    caption = Rect(caption.x, caption.y, max(caption.width, area.right - caption.x), LINE * layout.body)
    top = caption.bottom + BETWEEN * layout.body
    return _replaced(layout, caption=caption), Rect(area.x, top, area.width, area.bottom - top)


def _with_low_foot(layout: Layout, area: Rect) -> tuple[Layout, Rect]:
    """Give counter and curve the same height, side by side, and the runs what is left above them."""
    numbers, curve = layout.places.get("numbers"), layout.places.get("curve")
    if numbers is None or curve is None or "table" in layout.places or shape_of(layout.size) == "wide":
        return layout, area
    top = min(numbers.y, curve.y)
    if numbers.bottom <= curve.y:  # one above the other
        top = curve.bottom - FOOT * layout.body
    left, wide = min(numbers.x, curve.x), COUNTER * layout.body
    layout = _replaced(
        layout,
        numbers=Rect(left, top, wide, curve.bottom - top),
        curve=Rect(left + wide, top, curve.right - left - wide, curve.bottom - top),
    )
    return layout, Rect(area.x, area.y, area.width, max(area.bottom, top - 2 * BETWEEN * layout.body) - area.y)


def _replaced(layout: Layout, **places: Rect) -> Layout:
    return replace(layout, places=layout.places | places)


def _lower(layout: Layout, area: Rect) -> tuple[Layout, Rect]:
    """Make the table, and what stands beside it, lower (a long one turns its pages), to give runs more height."""
    table = layout.places["table"]
    down = LOWER * table.height
    places = {
        name: Rect(place.x, place.y + down, place.width, place.height - down) if place.y < table.bottom and
        place.bottom > table.y else place
        for name, place in layout.places.items()
    }  # fmt: skip
    return replace(layout, places=places), Rect(area.x, area.y, area.width, area.height + down)


def cells(layout: Layout, area: Rect, count: int) -> list[Rect]:
    """Parts of the area for `count` runs, row by row."""
    columns, rows = GRIDS[shape_of(layout.size)][count]
    gap = GAP * layout.safe.width, GAP * layout.safe.height
    # Whole, even pixels: equal cells are drawn equally, wherever they stand.
    width, height = (
        2 * int((side - (lines - 1) * between) / lines / 2)
        for side, lines, between in ((area.width, columns, gap[0]), (area.height, rows, gap[1]))
    )
    left, top, across, down = (2 * round(length / 2) for length in (area.x, area.y, width + gap[0], height + gap[1]))
    return [
        Rect(left + number % columns * across, top + number // columns * down, width, height) for number in range(count)
    ]


def _in_cell(layout: Layout, cell: Rect, kinds: Sequence[str]) -> Layout:
    """Layout of one run: its panels in its cell, the gradients below the others."""
    if "gradients" not in kinds:
        return _above_gradients(layout, cell, kinds)
    others = [kind for kind in kinds if kind != "gradients"]
    gap, heading = BETWEEN * layout.body, 2 * LINE * layout.body
    low = max(GRADIENTS * cell.height, LEAST_GRADIENTS * layout.small)
    top = max(cell.bottom - low, cell.y + heading + gap) if others else cell.y + heading
    found = _above_gradients(layout, Rect(cell.x, cell.y, cell.width, top - gap - cell.y), others)
    slot = _in_whole_pixels(Rect(cell.x, top, cell.width, cell.bottom - top))
    return replace(found, places=found.places | {"gradients": slot})


def _above_gradients(layout: Layout, cell: Rect, kinds: Sequence[str]) -> Layout:
    high = LINE * layout.body * (1 if cell.width >= ONE_LINE * layout.body else 2)
    top = cell.y + high + BETWEEN * layout.body
    slot = Rect(cell.x, top, cell.width, cell.bottom - top)
    places = {"heading": Rect(cell.x, cell.y, cell.width, high)}
    is_low = layout.is_little and cell.width > LOW * cell.height
    if is_low and kinds == ["network"]:
        left = BESIDE * cell.width
        places["heading"] = Rect(cell.x, cell.y, left, 2 * LINE * layout.body)
        slot = places["network"] = Rect(cell.x + left, cell.y, cell.width - left, cell.height)
    elif len(kinds) == 2 and (is_low or _is_broad(cell, layout.body)):
        # In a low cell the plane takes the whole height at the right; the heading stands above the network alone.
        left = cell.width - cell.height - 0.6 * layout.body
        places["heading"] = Rect(cell.x, cell.y, left, 2 * LINE * layout.body)
        top = places["heading"].bottom + 0.5 * layout.body
        slot = places["network"] = Rect(cell.x, top, left, cell.bottom - top)
        places["boundary"] = Rect(cell.right - cell.height, cell.y, cell.height, cell.height)
    elif len(kinds) == 1:
        places[kinds[0]] = slot
    elif slot.width > 1.3 * slot.height:
        square = min(0.5 * slot.width, slot.height)
        left = slot.width - square - 0.6 * layout.body
        places["network"] = Rect(slot.x, slot.y, left, slot.height)
        places["boundary"] = Rect(slot.right - square, slot.y, square, slot.height)
    else:
        square = min(slot.width, PLANE * slot.height, slot.height - (BETWEEN + LEAST_HIGH) * layout.body)
        above = slot.height - square - BETWEEN * layout.body
        places["network"] = Rect(slot.x, slot.y, slot.width, above)
        places["boundary"] = Rect(slot.x, slot.bottom - square, slot.width, square)
    places = {name: _in_whole_pixels(place) for name, place in places.items()}
    return replace(layout, places=places, flow=_flow_of_run(places.get("network", slot), layout.body))


def _is_broad(cell: Rect, body: float) -> bool:
    """True if a cell is so broad that its plane stands beside heading and network, which has room below the heading."""
    return cell.width > BROAD * cell.height and 2 * LINE * body < BELOW_HEADING * cell.height


def _in_whole_pixels(place: Rect) -> Rect:
    x, y, width, height = (2.0 * round(length / 2) for length in (place.x, place.y, place.width, place.height))
    return Rect(x, y, width, height)


def _flow_of_run(slot: Rect, body: float) -> Flow:
    """Direction of a run's signals: upwards too where names beside the network would leave it little width."""
    return "up" if slot.height > max(UPRIGHT * slot.width, HIGH * body) else "right"
