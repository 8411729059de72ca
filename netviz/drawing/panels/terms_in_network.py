"""Terms in the network: nodes and synapses that a line of a worked example uses are lit, their weights on the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from netviz.drawing.canvas import CoverDrawing
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.equations.terms import Symbols
from netviz.drawing.panels.free_room import FreeRoom
from netviz.drawing.panels.neurons import SUBSCRIPTS
from netviz.drawing.panels.panel import RenderContext, number
from netviz.drawing.synapse_curves import curve
from netviz.drawing.text import width
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.scene.learned_cycles import walked_cycle
from netviz.scene.phrases import decimal
from netviz.scene.shots import WalkShot
from netviz.timeline.frame import Frame, node_counts
from netviz.timeline.worked_example import backward_lines, terms_of, worked_example_steps, worked_weight

NODES_STEP_BACK, SYNAPSES_STEP_BACK = 0.62, 0.78
"""Parts of their light that nodes and synapses lose that the present line does not use."""
LEAST_SIZE = 0.024
"""Least size of a weight's figures, as a part of the picture's shorter side."""
PLACES = np.linspace(0.16, 0.84, 18)
"""Places of a weight on its line that are tried, 0 at its start to 1 at its end."""
BEST_PLACE = 0.4
OVERLAP, COVER, CROSS, AWAY = 1000.0, 400.0, 12.0, 6.0
"""Costs of a place: for each other weight it touches, for something to be read that it covers, for each other line
under it, and for the distance from the best place along the line, from 0 to 1."""
MOST_WRITTEN = 100
"""Most weights of a line for which places are looked for: no picture has room for more."""
MOST_TRIED = 64
"""Rows of the recording whose values the worked weight's label is wide enough for."""
ROUNDS = 6
"""Times that every weight looks for a better place."""

Synapse = tuple[int, int, int]


class TermsInNetwork:
    """Light of the terms that a line of a worked example uses, and their weights as figures on the lines drawn."""

    def __init__(self, context: RenderContext, places: NetworkPositions, room: FreeRoom) -> None:
        self.context, self.places, self.room = context, places, room
        scene, layout, theme = context.scene, context.layout, context.theme
        walks = [worked_example_steps(scene, shot) for shot in scene.shots if isinstance(shot, WalkShot)]
        lines = max(walks, key=len, default=())  # all others are the beginning of the longest
        self.terms = [terms_of(scene, line) for line in lines]
        self.counts = node_counts(scene)
        self.inks = [theme.readable(mix(sign, theme.ink, 0.3)) for sign in (theme.negative, theme.positive)]
        goes_back = any(line.kind == "delta" for line in lines)
        self.worked = WorkedWeight(context, places, room) if goes_back else None
        # Of the backward pass the worked weight has a label of its own, and all weights stand in a table.
        self.labelled = [
            used.synapses if line.kind in ("matrix", "sum", "delta") else ()
            for line, used in zip(lines, self.terms, strict=True)
        ]
        self._tried: dict[tuple[tuple[Synapse, ...], float], list[tuple[float, float]] | None] = {}
        least = LEAST_SIZE * min(layout.size)
        for size in sorted({least, *(max(size, least) for size in (layout.small, layout.body))}, reverse=True):
            self.size, self.across = size, self._widest(size) + 0.4 * size
            self.centres = [self._centres(synapses) for synapses in self.labelled]
            if all(len(found) == len(needed) for found, needed in zip(self.centres, self.labelled, strict=True)):
                break
        self._box = lru_cache(maxsize=128)(self._make_box)

    def lit(self, frame: Frame) -> Frame:
        """The frame with the light of those nodes dimmed that the present line does not use."""
        if not any(frame.terms):
            return frame
        shares = self._shares(
            frame, NODES_STEP_BACK, [(count,) for count in self.counts], [used.nodes for used in self.terms]
        )
        return replace(
            frame,
            arrived=tuple(share * level for share, level in zip(shares, frame.arrived, strict=True)),
            error_signal=tuple(share * level for share, level in zip(shares, frame.error_signal, strict=True)),
        )

    def shares(self, frame: Frame) -> list[Floats] | None:
        """Part of its light each synapse keeps, 0 to 1: layers (nodes_l, n_{l+1}); None where all keep all."""
        if not any(frame.terms):
            return None
        shapes = [*zip(self.counts, self.context.scene.outline.layers[1:], strict=False)]
        return self._shares(frame, SYNAPSES_STEP_BACK, shapes, [used.synapses for used in self.terms])

    def draw(self, frame: Frame) -> None:
        """Write the weights that the present line uses on their lines."""
        if self.worked is not None:
            self.worked.draw(frame)
        canvas, faces, theme = self.context.canvas, self.context.faces, self.context.theme
        for ((layer, start, end), (x, y)), level in self.labels(frame).items():
            weight = float(frame.weights[layer][start, end])
            text = decimal(self.context.scene, number(weight).replace("-", "−"))
            ink = self.inks[weight > 0] if float(number(weight)) else theme.ink
            canvas.put(self._box(x, y), level)
            canvas.text(text, x, y, faces.strong_figures, self.size, ink, "middle", level)

    def labels(self, frame: Frame) -> dict[tuple[Synapse, tuple[float, float]], float]:
        """Synapses whose weights are written, each with its label's middle, and the level of that."""
        found: dict[tuple[Synapse, tuple[float, float]], float] = {}
        for level, synapses, centres in zip(frame.terms, self.labelled, self.centres, strict=False):
            for label in zip(synapses, centres, strict=False) if level > 0 else ():
                found[label] = found.get(label, 0.0) + level  # two lines with the same weight hand it on
        return found

    @staticmethod
    def _shares(
        frame: Frame, lost: float, shapes: Sequence[tuple[int, ...]], terms: Sequence[Sequence[tuple[int, ...]]]
    ) -> list[Floats]:
        """Part of its light that each node or synapse keeps, in layers of some shapes; lost: by those not used.

        terms[k]: those that line k uses, each its layer and its place in that.
        """
        every = sum(frame.terms)
        layers = [np.full(shape, 1 - lost * every) for shape in shapes]
        for level, used in zip(frame.terms, terms, strict=False):
            if level > 0 and used:
                of, *places = np.array(used).T
                for layer in np.unique(of).tolist():
                    layers[layer][tuple(place[of == layer] for place in places)] += lost * level
        return layers

    def _widest(self, size: float) -> float:
        """Width of the widest weight that is written in a worked example."""
        recording, font = self.context.recording, self.context.faces.strong_figures
        scene = self.context.scene
        walked = [
            (walked_cycle(scene.shots, index, scene.outline), shot.example - 1)
            for index, shot in enumerate(scene.shots)
            if isinstance(shot, WalkShot)
        ]
        rows = [row for row, at in enumerate(zip(recording.row_step, recording.probe, strict=True)) if at in walked]
        weights = [layer for row in rows for layers in recording.parameters_at(row) for layer in layers]
        texts = {number(float(weight)) for layer in weights for weight in layer.ravel()}
        return max((width(text, font, size) for text in texts), default=0.0)

    def _centres(self, synapses: Sequence[Synapse]) -> list[tuple[float, float]]:
        """Places of the weights of these synapses on their lines; none where they do not all have one."""
        if not synapses or len(synapses) > MOST_WRITTEN:
            return []
        layer = synapses[0][0]
        starts, ends = self.counts[layer], self.context.scene.outline.layers[layer + 1]
        tried = [tuple(synapses)]
        if starts * ends <= MOST_WRITTEN:
            tried.insert(0, tuple((layer, start, end) for start in range(starts) for end in range(ends)))
        for together in tried:  # where there is room each weight always has the same place
            if (together, self.size) not in self._tried:
                self._tried[together, self.size] = self._placed(together)
            found = self._tried[together, self.size]
            if found is not None:
                return [found[together.index(synapse)] for synapse in synapses]
        return []

    def _placed(self, synapses: Sequence[Synapse]) -> list[tuple[float, float]] | None:
        lines = np.stack([curve(self.places, synapse) for synapse in synapses])  # (synapses, points, 2)
        points = lines[:, np.rint(PLACES * (lines.shape[1] - 1)).astype(int)]  # (synapses, places, 2)
        half = np.array([self.across, 1.3 * self.size]) / 2
        fixed = AWAY * np.broadcast_to(np.abs(PLACES - BEST_PLACE), points.shape[:2]).copy()
        first, last = points[:, :, None] - half, points[:, :, None] + half
        taken = self.room.taken
        inside = (first < taken[:, 2:]) & (last > taken[:, :2])
        covers: NDArray[np.bool_] = np.asarray(inside.all(axis=-1).any(axis=-1))
        fixed += COVER * covers
        for number_, line in enumerate(lines):
            crossed = (np.abs(line - points[:, :, None]) < half).all(axis=-1).any(axis=-1)
            crossed[number_] = False
            fixed += CROSS * crossed
        chosen = np.full(len(lines), int(np.abs(PLACES - BEST_PLACE).argmin()))
        each = np.arange(len(lines))
        for _ in range(ROUNDS):
            for one in each:
                others = points[each != one, chosen[each != one]]
                touching = (np.abs(points[one][:, None] - others) < 2 * half).all(axis=-1).sum(axis=-1)
                chosen[one] = int(np.argmin(fixed[one] + OVERLAP * touching))
        centres = points[each, chosen]
        apart = (np.abs(centres[:, None] - centres) >= 2 * half).any(axis=-1) | np.eye(len(lines), dtype=bool)
        if not apart.all() or bool(np.any(covers[each, chosen])):
            return None
        return [(float(x), float(y)) for x, y in centres]

    def _make_box(self, x: float, y: float) -> CoverDrawing:
        """Background of a weight, which interrupts its line."""
        return box_of(self.context, x, y, self.across, 1.3 * self.size)


def box_of(context: RenderContext, x: float, y: float, across: float, high: float, edge: bool = False) -> CoverDrawing:
    """Drawing of a rounded label around a middle. edge: whether it has one, in the colour of errors."""
    theme, unit = context.theme, context.layout.unit
    face, line = (mix(theme.centre, theme.error, 0.12), theme.error) if edge else (theme.centre, theme.centre)
    box = FancyBboxPatch(
        (x - across / 2, y - high / 2), across, high, boxstyle=f"round,pad=0,rounding_size={min(0.3 * high, 8 * unit)}",
        facecolor=(*face, 1.0 if edge else 0.94), edgecolor=tuple(line), linewidth=max(1.0, 1.6 * unit) if edge else 0,
    )  # fmt: skip
    context.canvas.axes.add_patch(box)
    drawn = context.canvas.drawing(box, slot=Rect(x - across, y - high, 2 * across, 2 * high))
    box.remove()
    return drawn


class WorkedWeight:
    """Label with the name and under it the value of the worked weight, from the first line of the way back on."""

    def __init__(self, context: RenderContext, places: NetworkPositions, room: FreeRoom) -> None:
        self.context = context
        scene, layout, faces = context.scene, context.layout, context.faces
        self.synapse = layer, start, end = worked_weight(scene)
        self.name = f"w{Symbols(scene.outline.layers).number(layer, start, end)}".translate(SUBSCRIPTS)
        walks = [worked_example_steps(scene, shot) for shot in scene.shots if isinstance(shot, WalkShot)]
        self.first = max(map(len, walks)) - len(backward_lines(scene))
        self.size = max(layout.small, LEAST_SIZE * min(layout.size))
        moments = context.recording.moment[:MOST_TRIED]
        figures = {_figures(float(weight)) for weight in context.recording.weights[layer][moments, start, end]}
        widest = max(width(each, faces.strong_figures, self.size) for each in figures)
        across, high = widest + 0.7 * self.size, 2.6 * self.size
        line = curve(places, self.synapse)
        points = line[len(line) // 6 : -len(line) // 6]
        along = np.gradient(points, axis=0)
        beside = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
        away = (np.abs(beside) @ [across, high])[:, None] / 2
        near_x, near_y = line[len(line) // 2].tolist()
        # On its line, or where that covers something, beside it and touching it.
        tried = np.concatenate([points, points + away * beside, points - away * beside])
        self.x, self.y, _ = room.best((across, high), (near_x, near_y), tried)
        self.drawn = box_of(context, self.x, self.y, across, high, edge=True)

    def draw(self, frame: Frame) -> None:
        """Draw the label, at the level of that line."""
        if len(frame.visible) <= self.first or not frame.visible[self.first]:
            return
        context, level = self.context, frame.visible[self.first]
        canvas, faces, ink, step = context.canvas, context.faces, context.theme.ink, 0.58 * self.size
        layer, start, end = self.synapse
        canvas.put(self.drawn, level)
        canvas.text(self.name, self.x, self.y - step, faces.medium, self.size, ink, "middle", level)
        figures = decimal(context.scene, _figures(float(frame.weights[layer][start, end])))
        canvas.text(figures, self.x, self.y + step, faces.strong_figures, self.size, ink, "middle", level)


def _figures(weight: float) -> str:
    """A weight with the decimals of its update's equation."""
    return f"{weight:.4f}".replace("-", "−") if abs(weight) < 100 else number(weight)
