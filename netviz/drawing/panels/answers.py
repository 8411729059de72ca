"""Answers panel: the present answers to all examples as dots between two targets, those to unseen situations hollow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil, floor

import numpy as np
from matplotlib.lines import Line2D

from netviz.drawing.canvas import Anchor, Canvas, Cover, cover_of
from netviz.drawing.layout import Rect
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.text import fit, short, width
from netviz.drawing.theme import Colour, mix
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.phrases import decimal, say
from netviz.timeline.answers import target_range, unseen_situations, verdict
from netviz.timeline.frame import Frame

RADIUS = 0.0095
"""Radius of a dot, as a part of the picture's shorter side."""
TRACK = 2.2
"""Largest distance of the tracks on which dots move, in radii."""
HALO, HALO_LIGHT = 2.6, 0.30
"""Reach of a dot's halo in radii, and its light in the middle."""
FAINTEST_HALO = 0.01
"""Light of a halo from which it is drawn."""
RING = 0.32
"""Width of a hollow dot's ring, in radii."""
RINGS_AWAY = 0.25
"""Distance of hollow dots from the last track beyond that of other dots, in tracks."""
BEYOND = 0.06
"""Largest distance of a dot beyond the targets, as a part of theirs, where outputs have no bounds."""
LONGEST_NAME = 9
"""Largest number of characters in the name of a situation beside its dot."""
ACROSS = 0.9
"""Distance of a name from the axis on whose other side its dot is, in sizes of type."""
NAMES_APART = 1.3
"""Least distance of names of one side, in sizes of type."""
NAME_AWAY = 2.2
"""Distance of a name from the middle of its dot, in radii."""
ABOVE, BELOW = "↑", "↓"
"""Signs of the two sides of an axis that lies."""
LEAST_ROW = 3.2
"""Least height of the row of one of several outputs, in sizes of type."""
LEAST_COLUMN = 2.0
"""Width over height of the slot, for each of several outputs, from which their axes stand beside each other."""
NAME_TYPE = 0.9
"""Size of names beside dots, in sizes of values in the picture."""
LEAST_WITH_HEADING = 4.2
"""Height of a slot, in sizes of type, from which its axes have a heading."""
FINENESS = 4
"""Steps a pixel in which dots move."""
STEPS_BACK = 0.55
"""Level of the dots while nothing is said of them."""
CACHED_DOTS = 1024


@dataclass(frozen=True)
class Track:
    """The line on which one dot moves: example or situation `number`, at output `output`.

    start, stop: ends (x, y) in pixels, of answers at the lower and at the upper target. side: -1 or 1, of the axis.
    """

    number: int
    output: int
    start: tuple[float, float]
    stop: tuple[float, float]
    side: int


@dataclass(frozen=True)
class Axis:
    """Axis of one output, from the lower to the upper target: its ends (x, y) in pixels."""

    start: tuple[float, float]
    stop: tuple[float, float]


@dataclass(frozen=True)
class _Name:
    """Name beside a dot at x, y."""

    track: Track
    x: float
    y: float
    text: str
    ink: Colour
    level: float


class AnswersPanel(NoGlow):
    """Answers panel: one axis from the lower to the upper target for each output.

    Dots of examples that should be answered with the upper target move on one side of it, the others on the other. With
    several outputs each has a row of its own; where only one of them is right, a row has the examples of its class.
    """

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, slot
        scene, examples = context.scene, context.recording.examples
        self.situations = unseen_situations(scene)
        self.targets = examples.targets
        self.low, self.high = target_range(examples.targets) or (0.0, 1.0)
        self.radius = max(2.0, RADIUS * min(context.layout.size))
        outputs = self.targets.shape[1]
        self.is_upright = outputs == 1 and slot.height > 1.2 * slot.width
        self.is_class = outputs > 1 and bool((self.targets.sum(axis=1) == self.high + (outputs - 1) * self.low).all())
        self.size = NAME_TYPE * context.layout.body
        self.columns = outputs if outputs > 1 and slot.width >= outputs * LEAST_COLUMN * slot.height else 1
        self.has_room = self.is_upright or outputs == 1 or self._high >= LEAST_ROW * context.layout.small
        self.axes = [self._axis(output) for output in range(outputs)] if self.has_room else []
        self.tracks = [*self._tracks()] if self.has_room else []
        self.asked = [*self._asked()] if self.has_room else []
        self.dots = Dots(context.canvas, self.radius)

    # Geometry.

    def _axis(self, output: int) -> Axis:
        """The axis of an output, with room for the ends' numbers and for what stands beside it."""
        slot, small = self.slot, self.context.layout.small
        if self.is_upright:
            x = slot.x + 0.5 * slot.width
            return Axis((x, slot.bottom - 3.4 * small), (x, slot.y + 3.0 * small))
        ends = width("0", self.context.faces.figures, small) * 3
        names = 1.4 * small if self.targets.shape[1] > 1 else 0.0
        row, column = divmod(output, self.columns)
        y = slot.y + self._heading + (row + 0.5) * self._high + names / 2
        across = (slot.width - (self.columns - 1) * ends) / self.columns
        left = slot.x + column * (across + ends)
        return Axis((left + ends, y), (left + across - max(ends, self._longest_name()), y))

    def _longest_name(self) -> float:
        """Width in pixels of the longest name beside a dot, with its gap."""
        font, size = self.context.faces.figures, self.size
        widest: list[float] = [width(self._named(shot.inputs), font, size) for shot in self.situations]
        return max(widest, default=0.0) + NAME_AWAY * self.radius

    @property
    def _heading(self) -> float:
        """Height of the heading above axes that lie, where there is room for one."""
        small = self.context.layout.small
        return 1.9 * small if self.slot.height >= LEAST_WITH_HEADING * small else 0.0

    @property
    def _high(self) -> float:
        """Height of the row of one output, whose axis lies."""
        return (self.slot.height - self._heading) / ceil(len(self.targets[0]) / self.columns)

    def _tracks(self) -> Iterator[Track]:
        for output in range(self.targets.shape[1]):
            sides = {1: np.flatnonzero(self.targets[:, output] == self.high).tolist()}
            if not self.is_class:
                sides[-1] = np.flatnonzero(self.targets[:, output] != self.high).tolist()
            for side, numbers in sides.items():
                lanes = max(1, min(len(numbers), self._lanes(side)))
                for place, number in enumerate(numbers):
                    yield self._track(number, output, side, place % lanes)

    def _asked(self) -> Iterator[Track]:
        """Tracks of the situations: outside those of the examples, on the side of their target, if they have one."""
        for number, shot in enumerate(self.situations):
            for output in range(self.targets.shape[1]):
                side = self._side(shot.target, output)
                if self.is_class and side < 0:
                    continue
                used = len({track.start for track in self.tracks if track.output == output and track.side == side})
                yield self._track(number, output, side, min(used, self._lanes(side)) + number + RINGS_AWAY)

    def _lanes(self, side: int) -> int:
        """Number of tracks on a side of the axis for which there is room, one left for situations."""
        names = 1.4 * self.context.layout.small if self.targets.shape[1] > 1 else 0.0
        room = (self._high - names) / 2
        if self.is_upright:
            is_named = any(self._side(shot.target, 0) == side for shot in self.situations)
            room = self.slot.width / 2 - (self._longest_name() if is_named else 0.0)
        return max(1, min(5, floor((room / self.radius - 0.4) / TRACK) - 1))

    def _side(self, target: Sequence[float] | None, output: int) -> int:
        """Side of the axis on which answers to a target belong; without one it is that of the lower target."""
        return 1 if (target is None and self.is_class) or (target is not None and target[output] == self.high) else -1

    def _track(self, number: int, output: int, side: int, lane: float) -> Track:
        """A track beside its axis: on the side of the upper target to the left of it, or above it."""
        away = -side * (1.5 + TRACK * lane) * self.radius
        (x0, y0), (x1, y1) = self.axes[output].start, self.axes[output].stop
        if self.is_upright:
            return Track(number, output, (x0 + away, y0), (x1 + away, y1), side)
        return Track(number, output, (x0, y0 + away), (x1, y1 + away), side)

    def _place(self, track: Track, value: float) -> tuple[float, float]:
        """Position of an answer on its track."""
        part = (value - self.low) / (self.high - self.low)
        part = min(1 + BEYOND, max(-BEYOND, part if np.isfinite(part) else 0.0))
        (x0, y0), (x1, y1) = track.start, track.stop
        return x0 + part * (x1 - x0), y0 + part * (y1 - y0)

    # Drawing.

    def ground(self) -> None:
        """Draw the axes with their ends, and the words; nothing where the slot is too low for all outputs."""
        if not self.has_room:
            return
        context, slot = self.context, self.slot
        layout, theme, canvas, faces = context.layout, context.theme, context.canvas, context.faces
        scene, small = context.scene, context.layout.small
        line = mix(theme.centre, theme.quiet, 0.5)
        for axis in self.axes:
            middle = [(a + b) / 2 for a, b in zip(axis.start, axis.stop, strict=True)]
            tick = 1.1 * self.radius
            half = ([-tick, tick], [0.0, 0.0]) if self.is_upright else ([0.0, 0.0], [-tick, tick])
            artists = [
                Line2D(*zip(axis.start, axis.stop, strict=True), color=tuple(line), linewidth=1.6 * layout.unit),
                Line2D(
                    [middle[0] + x for x in half[0]], [middle[1] + y for y in half[1]], color=tuple(line),
                    linewidth=1.6 * layout.unit,
                ),
            ]  # fmt: skip
            for artist in artists:
                canvas.axes.add_line(artist)
                canvas.draw(artist)
                artist.remove()
            for (x, y), value, (across, down, anchor) in zip(
                (axis.start, axis.stop), (self.low, self.high), self._ends(), strict=True
            ):
                canvas.text(self._number(value), x + across, y + down, faces.figures, small, theme.quiet, anchor)
        heading = say(scene, "label-answers")
        if self.is_upright:
            x = self.axes[0].start[0]
            canvas.text(heading, x, slot.y + 0.6 * small, faces.strong, small, theme.faint, "middle")
            for value, side, anchor in ((self.high, -1, "right"), (self.low, 1, "left")):
                text, size = fit(
                    say(scene, "label-should-be", target=self._number(value)), faces.words, small, 0.46 * slot.width,
                    0.7 * small,
                )  # fmt: skip
                y = slot.bottom - 0.7 * small
                canvas.text(text, x + side * 0.9 * small, y, faces.words, size, theme.quiet, anchor)
        elif self._heading:
            canvas.text(heading, slot.x, slot.y + 0.6 * small, faces.strong, small, theme.faint)
            if not self.is_class:
                sides = ((ABOVE, self.high), (BELOW, self.low))
                legend = "   ".join(
                    f"{side} {say(scene, 'label-should-be', target=self._number(value))}" for side, value in sides
                )
                left = slot.x + width(heading, faces.strong, small) + 1.6 * small
                text, size = fit(legend, faces.words, small, slot.right - left, 0.8 * small)
                if text == legend:
                    canvas.text(text, left, slot.y + 0.6 * small, faces.words, size, theme.quiet)
        if len(self.axes) > 1:
            count = len(self.axes)
            names = scene.network.outputs or [say(scene, "output", number=number + 1) for number in range(count)]
            for axis, name in zip(self.axes, names, strict=True):
                text, size = fit(name, faces.words, small, axis.stop[0] - axis.start[0], 0.8 * small)
                y = axis.start[1] - (2.0 + TRACK * self._lanes(1)) * self.radius - 0.2 * small
                canvas.text(text, axis.start[0], y, faces.words, size, theme.quiet)

    def _ends(self) -> Sequence[tuple[float, float, Anchor]]:
        """Offsets of the numbers at the lower and at the upper end, and their anchors."""
        small = self.context.layout.small
        if self.is_upright:
            return ((0.0, 1.0 * small, "middle"), (0.0, -1.0 * small, "middle"))
        return ((-0.9 * small, 0.0, "right"), (0.9 * small, 0.0, "left"))

    def draw(self, frame: Frame) -> None:
        """Draw the dots: white where the answer is right, golden where it is unsure or wrong."""
        answers = frame.answers
        if answers is None or not self.has_room:
            return
        theme = self.context.theme
        focus = answers.focus
        strength = STEPS_BACK + (1 - STEPS_BACK) * focus
        gold = theme.readable(theme.signal)
        names: list[_Name] = []
        for track in self.tracks:
            value, target = float(answers.examples[track.number, track.output]), self.targets[track.number]
            of = verdict(abs(value - float(target[track.output])), self.high - self.low)
            level = float(answers.seen[track.number])
            is_presented = track.number == frame.example and frame.presented > 0.5
            full = 1.0 if is_presented else strength
            x, y = self._place(track, value)
            self.dots.fill(x, y, theme.ink if of == "right" else gold, level * full, is_presented)
            if track.number in answers.named:
                names.append(_Name(track, x, y, self._named(self._inputs_of(track.number)), theme.ink, level * focus))
        for track in self.asked:
            value, level = float(answers.unseen[track.number, track.output]), float(answers.asked[track.number])
            x, y = self._place(track, value)
            self.dots.ring(x, y, gold, level)
            names.append(_Name(track, x, y, self._named(self.situations[track.number].inputs), gold, level))
        self._write(names)

    def _inputs_of(self, number: int) -> Sequence[float]:
        inputs: list[float] = self.context.recording.examples.given[number].tolist()
        return inputs

    def _number(self, value: float) -> str:
        return decimal(self.context.scene, short(value, 2))

    def _named(self, inputs: Sequence[float]) -> str:
        """Name of an example or a situation beside its dot: its inputs, or nothing if they are too long."""
        text = " ".join(self._number(value) for value in inputs)
        return text if len(text) <= LONGEST_NAME else ""

    def _write(self, names: Sequence[_Name]) -> None:
        """Write names beside their dots: outside of all tracks where the axis stands, apart where dots are near.

        Where it lies, those of hollow dots stand at their right, and others on the other side of the axis.
        """
        font, size = self.context.faces.figures, self.size
        shown = [name for name in names if name.text and name.level > 0]
        for name, y in zip(shown, self._apart(shown), strict=True):
            x, side = name.x + NAME_AWAY * self.radius, name.track.side
            anchor: Anchor = "left"
            if self.is_upright:
                lanes = [each.start[0] for each in (*self.tracks, *self.asked) if each.side == side]
                outside = min(lanes) if side > 0 else max(lanes)
                x, anchor = outside - side * NAME_AWAY * self.radius, "right" if side > 0 else "left"
            elif name.track not in self.asked:
                x, anchor = name.x, "middle"
                y = self.axes[name.track.output].start[1] + side * ACROSS * size
            self.context.canvas.text(name.text, x, y, font, size, name.ink, anchor, name.level)

    def _apart(self, names: Sequence[_Name]) -> list[float]:
        """Heights of names: of their dots, or a little off where those of one side are too near each other."""
        heights, least = [name.y for name in names], NAMES_APART * self.size
        if not self.is_upright:
            return heights
        for side in (-1, 1):
            order = sorted((n for n, name in enumerate(names) if name.track.side == side), key=lambda n: names[n].y)
            for above, below in pairwise(order):
                if (missing := least - (heights[below] - heights[above])) > 0:
                    heights[above] -= missing / 2
                    heights[below] += missing / 2
        return heights


class Dots:
    """Dots with a soft halo, and rings, anywhere in the picture to a quarter of a pixel."""

    def __init__(self, canvas: Canvas, radius: float) -> None:
        self.canvas, self.radius = canvas, radius
        self._cover = lru_cache(maxsize=CACHED_DOTS)(self._cover_at)

    def fill(self, x: float, y: float, colour: Colour, level: float, shines: bool) -> None:
        """Draw a dot with its halo, which `shines` twice as bright."""
        if level > 0:
            shape = "bright" if shines else "disc"
            self.canvas.fill(self._cover(shape, round(FINENESS * x), round(FINENESS * y)), colour, level)

    def ring(self, x: float, y: float, colour: Colour, level: float) -> None:
        """Draw a hollow dot."""
        if level > 0:
            self.canvas.fill(self._cover("ring", round(FINENESS * x), round(FINENESS * y)), colour, level)

    def _cover_at(self, shape: str, x: int, y: int) -> Cover:
        """Cover of a disc, a brighter one or a ring around a place, in steps of a pixel's FINENESS-th part."""
        reach = ceil((1.4 if shape == "ring" else HALO) * self.radius) + 1
        left, top = floor(x / FINENESS) - reach, floor(y / FINENESS) - reach
        side = np.arange(2 * reach + 2, dtype=np.float32) + 0.5
        away = np.hypot(side[None, :] + left - x / FINENESS, side[:, None] + top - y / FINENESS)
        if shape == "ring":
            alpha = np.clip(RING * self.radius / 2 + 0.5 - np.abs(away - 1.2 * self.radius), 0, 1)
        else:
            light = HALO_LIGHT * (2 if shape == "bright" else 1)
            halo = light * np.exp(-((away / (HALO / 2 * self.radius)) ** 2)) * (away < reach)
            alpha = np.maximum(np.clip(self.radius + 0.5 - away, 0, 1), np.where(halo > FAINTEST_HALO, halo, 0))
        return cover_of(self.canvas, alpha.astype(np.float32), left, top)
