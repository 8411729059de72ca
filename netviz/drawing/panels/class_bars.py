"""Class bars: the outputs of a classification as rows of name, bar and value, the winner in gold, the target ringed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import Anchor, Cover, cover_of
from netviz.drawing.glow import Blobs
from netviz.drawing.layout import CLASS_ACROSS, CLASS_DOWN, SMALLEST_CLASS, Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.growth import node_levels
from netviz.drawing.panels.panel import RenderContext, number
from netviz.drawing.panels.shades import Shaded
from netviz.drawing.text import fit, width
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.scene.phrases import decimal, say
from netviz.timeline.answers import has_classes, target_range
from netviz.timeline.frame import Frame

LEAST, ROOMY = 1.3, 3.4
"""Least and largest distance of two rows, in sizes of small type; with less there are no bars."""
THICK, BAR_AT_MOST = 0.56, 1.5
"""Thickness of a bar as a part of the distance of two rows; at most so many sizes of the names' type."""
LENGTH, LENGTH_UP = 0.21, 0.13
"""Length of a full bar, as a part of the network's slot across, or down where bars stand upright."""
LENGTHS_BESIDE_BLOCKS = 0.09, 0.06
"""The same where blocks stand in the network, which need the room."""
SHORTEST = 0.5
"""Part of its length to which a full bar is shortened where names on both sides leave the network little room."""
LARGE, LARGE_BESIDE_BLOCKS = 1.25, 1.05
"""Largest size of names, in sizes of the body's type; and where blocks stand in the network."""
SHORT = 0.012
"""Least length of a bar, as a part of a full one, that a value near zero is seen by."""
SURELY = 0.05
"""Difference to the largest other value, of the range of targets, at which the winner is all gold."""
UPRIGHT_VALUE = 0.76
"""Largest width of a value over an upright bar, as a part of the distance of two bars."""
ASKED = 4.0
"""Size of the question mark in the place of bars that are not known yet, in sizes of type."""
LEAST_VALUE = 0.018
"""Smallest size of a value there, as a part of the picture's shorter side."""
LIGHTS = 5
"""Number of lights along the winner's bar."""
FINENESS = 2
"""Steps a pixel in which bars grow."""
TICK = "✓"


@dataclass(frozen=True)
class ClassRows:
    """Geometry of the rows, before they have a place. All in pixels.

    names: as they fit, with the size of their type. half: half the width and height of the place of each name, which
    its ring surrounds. step: from one row to the next. length: of a full bar. thick: of a bar. gap: between name, bar
    and value. value: width of the widest value. verdict: height of the line with the verdict.
    """

    names: tuple[str, ...]
    size: float
    half: Floats
    step: float
    length: float
    thick: float
    gap: float
    value: float
    verdict: float
    up: bool

    @property
    def margin(self) -> float:
        """Pixels that the rows take along the flow."""
        if self.up:
            return float(2 * self.half[:, 1].max()) + 2 * self.gap + self.length + 1.2 * self.size + self.verdict
        return float(2 * self.half[:, 0].max()) + 2 * self.gap + self.length + self.value

    def within(self, room: float) -> ClassRows:
        """The rows with bars so much shorter that they take no more room along the flow, as far as bars may be."""
        return replace(self, length=max(SHORTEST * self.length, self.length - max(0.0, self.margin - room)))


def class_rows(context: RenderContext, slot: Rect, has_maps: bool) -> ClassRows | None:
    """Rows of a network whose outputs are classes; None where they are none, or too many to be read."""
    if has_maps or context.compared or not has_classes(context.recording.examples.targets):
        return None
    layout, faces, scene = context.layout, context.faces, context.scene
    count, up = scene.outline.layers[-1], layout.flow == "up"
    names = scene.network.outputs or tuple(str(index + 1) for index in range(count))
    has_blocks = any(layer.blocks for layer in context.recording.network.layers)
    verdict, large = (1.8 if up else 2.1) * layout.body, LARGE_BESIDE_BLOCKS if has_blocks else LARGE
    value = max(width(text, faces.figures, layout.body) for text in ("0.00", "1.00"))
    if up:
        step = min(slot.width / count, 6 * layout.body)
        value_size = min(1.0, UPRIGHT_VALUE * step / value) * layout.body
        longest, preferred = CLASS_ACROSS * step, min(large * layout.body, 0.5 * step)
        if value_size < LEAST_VALUE * min(layout.size):
            return None
    else:
        step = min((slot.height - verdict) / count, ROOMY * layout.small)
        longest, preferred = CLASS_DOWN * slot.width, min(large * layout.body, 0.62 * step)
        if step < LEAST * layout.small:
            return None
    fitted = [fit(name, faces.strong, preferred, longest, SMALLEST_CLASS * layout.small) for name in names]
    size = min(size for _, size in fitted)
    texts = tuple(text for text, _ in fitted)
    high = min(0.74 * size, 0.47 * step)
    half = np.array([(max(high, width(text, faces.strong, size) / 2 + 0.42 * size), high) for text in texts])
    thick = min(0.5 * step, 2.2 * size) if up else min(THICK * step, BAR_AT_MOST * size)
    parts = LENGTHS_BESIDE_BLOCKS if has_blocks else (LENGTH, LENGTH_UP)
    length = parts[1] * slot.height if up else parts[0] * slot.width
    return ClassRows(texts, size, half, step, length, thick, 0.55 * size, value, verdict, up)


def with_rows(places: NetworkPositions, rows: ClassRows, area: Rect) -> NetworkPositions:
    """Positions with the outputs in the places of their names. area: the network's, at whose end the rows begin."""
    count = len(rows.names)
    across = (np.arange(count) - (count - 1) / 2) * rows.step
    if rows.up:
        high = float(rows.half[0, 1])
        centres = np.column_stack([area.x + area.width / 2 + across, np.full(count, area.y - high)])
    else:
        # Names end where the bars begin, and synapses where the names do.
        right = area.right + 2 * float(rows.half[:, 0].max())
        middle = area.y + (area.height - rows.verdict) / 2
        centres = np.column_stack([right - rows.half[:, 0], middle + across])
    return replace(places, centres=(*places.centres[:-1], centres), classes=rows.half)


def shown_outputs(frame: Frame) -> Floats:
    """The outputs (n_L,) as far as their signal has come; those of the example before go as the next is presented.

    Otherwise they would stand beside the picture and the target of another.
    """
    shown = frame.arrived[-1] * frame.activations[-1]
    if frame.lingering:
        shown = shown + _left(frame) * frame.before[-1]
    return np.asarray(shown)


def _left(frame: Frame) -> float:
    """Level at which the outputs of the example before are still shown, 0 to 1."""
    return frame.lingering[-1] * (1 - float(frame.arrived[0].max())) if frame.lingering else 0.0


class ClassBars:
    """The rows of a network's outputs. Their light is that of neurons; their bars are the outputs themselves.

    The target's name is ringed while it is presented, in a thought once the answer has come. The verdict stands below
    the rows, or above upright bars.
    """

    def __init__(self, context: RenderContext, places: NetworkPositions, rows: ClassRows) -> None:
        self.context, self.rows, self.places = context, rows, places
        self.centres = places.centres[-1]
        self.low, self.high = target_range(context.recording.examples.targets) or (0.0, 1.0)
        self.shaded = Shaded(context)
        theme = context.theme
        self.muted = mix(theme.centre, theme.quiet, 0.62)
        self.right = theme.readable(mix(theme.positive, theme.ink, 0.25))
        self.gold = theme.readable(theme.signal)
        unit = context.layout.unit
        self.ring_width = max(1.5, 2.6 * unit)
        self._bar = lru_cache(maxsize=64 + 4 * len(rows.names))(self._bar_cover)
        self._ring = lru_cache(maxsize=4 * len(rows.names))(self._ring_cover)

    # Geometry.

    def _start(self, index: int) -> tuple[float, float]:
        """Point at which the bar of an output begins, in the middle of its thickness."""
        x, y = self.centres[index].tolist()
        half_wide, half_high = self.rows.half[index].tolist()
        return (x, y - half_high - self.rows.gap) if self.rows.up else (x + half_wide + self.rows.gap, y)

    def _length(self, value: float) -> float:
        """Length in pixels of the bar of a value."""
        part = (value - self.low) / (self.high - self.low)
        return self.rows.length * min(1.0, max(SHORT, part if np.isfinite(part) else 0.0))

    def areas(self) -> list[Rect]:
        """Rectangles of the rows, each as large as it ever is."""
        rows, found = self.rows, []
        for (x, y), (wide, high) in zip(self.centres.tolist(), rows.half.tolist(), strict=True):
            if rows.up:
                found.append(Rect(x - rows.step / 2, y + high - rows.margin, rows.step, rows.margin))
            else:
                long = 2 * wide + 2 * rows.gap + rows.length + rows.value
                found.append(Rect(x - wide, y - rows.step / 2, long, rows.step))
        return found

    # Drawing.

    def ground(self) -> None:
        """Save the background that the texts are shaded with."""
        self.shaded.ground()

    def lights(self, frame: Frame) -> list[Blobs]:
        """Lights along the bars of those that win, as bright as their bars are gold."""
        theme, values = self.context.theme, shown_outputs(frame)
        golden = self._golden(values) * self._level(frame)
        found: list[Blobs] = []
        for index in np.flatnonzero(golden > 0.05).tolist():
            x, y = self._start(index)
            along = np.linspace(0.0, self._length(float(values[index])), LIGHTS)
            away = np.zeros(LIGHTS)
            heights = np.full(LIGHTS, 0.34 * float(golden[index]))
            found.append(
                (x + (away if self.rows.up else along), y - (along if self.rows.up else away), heights,
                 theme.halo(theme.signal))
            )  # fmt: skip
        return found

    def draw(self, frame: Frame) -> None:
        """Shade the places of names and values, and draw bars and rings."""
        canvas, theme = self.context.canvas, self.context.theme
        values, level = shown_outputs(frame), self._level(frame)
        golden = self._golden(values) * level
        drawn = node_levels(frame.drawn, self.places)[-1]
        ringed = self._ringed(frame)
        for index, (name, (x, y)) in enumerate(zip(self.rows.names, self.centres.tolist(), strict=True)):
            known = max(float(golden[index]), float(ringed[index]))
            ink = theme.readable(mix(theme.quiet, theme.ink, known))
            faces = self.context.faces
            self.shaded.text(name, x, y, faces.strong, self.rows.size, ink, "middle", float(drawn[index]))
            self._add_value(frame, index, float(values[index]), known)
        self._add_verdict(frame)
        self.shaded.shade()
        for index in range(len(self.rows.names)):
            bar = self._bar(index, round(FINENESS * self._length(float(values[index]))))
            canvas.fill(bar, mix(self.muted, theme.signal, float(golden[index])), float(drawn[index]))
            canvas.fill(self._ring(index, 2), theme.error, float(np.clip(frame.error_signal[-1][index], 0, 1)))
            canvas.fill(self._ring(index, 0), theme.ink, float(ringed[index]))
            if frame.highlighted == (len(self.places.centres) - 1, index):
                canvas.fill(self._ring(index, 4), theme.ink, 1.0)

    def write(self) -> None:
        """Write the texts, over everything."""
        self.shaded.write()

    def _add_value(self, frame: Frame, index: int, value: float, known: float) -> None:
        """Add the value of an output at the end of its bar; before it has come none, or what was there before."""
        layout, theme, faces = self.context.layout, self.context.theme, self.context.faces
        exact, level = float(frame.activations[-1][index]), float(frame.arrived[-1][index])
        if _left(frame) > level:
            exact, level = float(frame.before[-1][index]), _left(frame)
        x, y = self._start(index)
        away = self._length(value) + self.rows.gap
        ink = theme.readable(mix(theme.quiet, theme.ink, known))
        text, size = number(exact), layout.body
        if self.rows.up:
            if float(text) == 0:  # there is no room for many numbers, and no bar says the same
                return
            text, size = fit(
                decimal(self.context.scene, text),
                faces.figures,
                layout.body,
                UPRIGHT_VALUE * self.rows.step,
                LEAST_VALUE * min(layout.size),
            )
            self.shaded.text(text, x, y - away - 0.2 * size, faces.figures, size, ink, "middle", level)
        else:
            text = decimal(self.context.scene, text)
            self.shaded.text(text, x + away, y, faces.figures, size, ink, "left", level)

    def _add_verdict(self, frame: Frame) -> None:
        """Add what the network says and what is right; a question mark until a thought is answered."""
        layout, theme, faces, rows = self.context.layout, self.context.theme, self.context.faces, self.rows
        size = 1.15 * layout.body
        across, place = layout.size[0], layout.places["network"]
        anchor: Anchor = "middle" if rows.up else "left"
        if rows.up:
            x, room, end = place.x + place.width / 2, 0.9 * place.width, place.right
            y = float(self.centres[0, 1] + rows.half[0, 1]) - rows.margin + 0.5 * size
        else:
            x = float(self._start(0)[0])
            y = float(self.centres[-1, 1]) + rows.step / 2 + 0.62 * rows.verdict
            end = min(0.975 * across, place.right if place.right < 0.93 * across else across)  # a panel may stand there
            room = end - float((self.centres - rows.half)[:, 0].min())
        if frame.asked > 0:
            left, top = self._start(len(rows.names) // 2)
            middle = float(self.centres[:, 1].mean())
            at = (
                (x, top - max(rows.length / 2, 0.55 * ASKED * layout.body))
                if rows.up
                else (left + rows.length / 2, middle)
            )
            self.shaded.text("?", *at, faces.strong, ASKED * layout.body, self.gold, "middle", frame.asked)
        level = frame.compared * float(frame.arrived[-1].max())
        if level <= 0:
            return
        text, is_right = verdict_text(self.context, frame.activations[-1], frame.target)
        ink = self.right if is_right else self.gold if is_right is False else theme.ink
        text, size = fit(text, faces.medium, size, room, 0.8 * layout.small)
        if not rows.up:  # a long one begins below the names
            x = min(x, end - width(text, faces.medium, size))
        self.shaded.text(text, x, y, faces.medium, size, ink, anchor, level)

    def _level(self, frame: Frame) -> float:
        """Level of the light in the outputs."""
        return min(1.0, float(frame.arrived[-1].max()) + _left(frame))

    def _golden(self, values: Floats) -> Floats:
        """Share of gold in the bar of each output (n_L,): 1 for a clear winner, a half each for two that are equal."""
        order = np.sort(values)
        others = np.where(values == order[-1], order[-2], order[-1])
        return np.asarray(np.clip(0.5 + 0.5 * (values - others) / (SURELY * (self.high - self.low)), 0, 1))

    def _ringed(self, frame: Frame) -> Floats:
        """Level (n_L,) of the rings around the target's name."""
        if frame.target is None:
            return np.zeros(len(self.centres))
        level = frame.compared if frame.kind == "think" else frame.presented
        return np.asarray(level * (frame.target == frame.target.max()))

    def _bar_cover(self, index: int, steps: int) -> Cover:
        """Cover of a bar so many steps long, with round ends."""
        x, y = self._start(index)
        long, thick = max(2.0, steps / FINENESS), self.rows.thick
        radius = min(0.22 * thick, long / 2)
        if self.rows.up:
            left, top, alpha = box_alpha(x - thick / 2, y - long, thick, long, radius)
        else:
            left, top, alpha = box_alpha(x, y - thick / 2, long, thick, radius)
        return cover_of(self.context.canvas, alpha, left, top)

    def _ring_cover(self, index: int, away: int) -> Cover:
        """Cover of a ring around a name, so many ring's widths outside its place."""
        (x, y), (wide, high) = self.centres[index].tolist(), self.rows.half[index].tolist()
        wide, high = wide + away * self.ring_width / 2, high + away * self.ring_width / 2
        across = self.ring_width / 2
        outer = box_alpha(x - wide - across, y - high - across, 2 * (wide + across), 2 * (high + across), high + across)
        inner = box_alpha(x - wide + across, y - high + across, 2 * (wide - across), 2 * (high - across), high - across)
        left, top, alpha = outer
        rows, columns = inner[2].shape
        window = slice(inner[1] - top, inner[1] - top + rows), slice(inner[0] - left, inner[0] - left + columns)
        alpha[window] -= inner[2]
        return cover_of(self.context.canvas, np.clip(alpha, 0, 1), left, top)


def verdict_text(context: RenderContext, outputs: Floats, target: Floats | None) -> tuple[str, bool | None]:
    """Verdict of a network on an example, in words; and whether it is right, None if nobody knows."""
    scene = context.scene
    names: Sequence[str] = scene.network.outputs or [str(index + 1) for index in range(len(outputs))]
    answer = names[int(outputs.argmax())]
    if target is None:
        return say(scene, "label-says", answer=answer), None
    if outputs.argmax() == target.argmax():
        return f"{say(scene, 'label-says', answer=answer)} {TICK}", True
    return say(scene, "label-says-wrong", answer=answer, target=names[int(target.argmax())]), False


def box_alpha(x: float, y: float, wide: float, high: float, radius: float) -> tuple[int, int, NDArray[np.float32]]:
    """Left, top and cover (rows, columns), 0 to 1, of a rectangle with round corners, its left top at (x, y)."""
    left, top = int(np.floor(x)) - 1, int(np.floor(y)) - 1
    columns = np.arange(int(np.ceil(wide)) + 4, dtype=np.float32) + (left + 0.5)
    lines = np.arange(int(np.ceil(high)) + 4, dtype=np.float32) + (top + 0.5)
    across = (np.abs(columns - (x + wide / 2)) - (wide / 2 - radius))[None, :]
    down = (np.abs(lines - (y + high / 2)) - (high / 2 - radius))[:, None]
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0)) + np.minimum(np.maximum(across, down), 0)
    return left, top, np.clip(radius + 0.5 - outside, 0, 1).astype(np.float32)
