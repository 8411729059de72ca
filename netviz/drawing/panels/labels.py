"""Labels: names beside neurons, targets and errors beside outputs, on soft shades that keep them readable in light."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import Anchor
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import Font, fit, two_lines, width, wrap
from netviz.drawing.theme import Colour
from netviz.scene.model import Feature
from netviz.scene.phrases import say
from netviz.scene.scene import Scene
from netviz.scene.shots import ThinkShot, WalkShot
from netviz.timeline.frame import Frame
from netviz.training.layers import features_of

LEFT: Anchor = "left"
MIDDLE: Anchor = "middle"
_LONGEST = 0.21
"""Room for names on either side, as a part of the picture's width."""
HALO = 0.035
"""Room for the outermost neurons' halos in upright pictures, likewise."""
LONGEST_OF_RUN = 0.3
"""The same where runs stand side by side, as a part of a run's room."""
LEGIBLE = 0.75
"""Of the smallest type: in runs side by side names that would be smaller are left out."""
LINE = 1.1
"""From one line of a name to the next, in sizes of its type."""
_APART = 2.7
"""From one neuron to the next where names beside them may have two lines, likewise."""
BARELY = 0.85
"""Of the usual size: names beside the inputs that would be smaller on one line have two."""
IN_ONE_LINE = 1.5
"""Of that room, what an output's name and its wish beside it take at most."""
MOST = 0.6
"""The most that names take of the network's room, either way; in a narrow place they are smaller or cut."""


FEATURES: dict[Feature, str] = {
    "x1": "x₁",
    "x2": "x₂",
    "x1^2": "x₁²",
    "x2^2": "x₂²",
    "x1*x2": "x₁x₂",
    "sin(x1)": "sin x₁",
    "sin(x2)": "sin x₂",
}


def _texts(context: RenderContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the inputs, which points of the plane have by themselves and pixels never, and of the outputs."""
    scene = context.recording.scene
    inputs = scene.network.inputs or tuple(FEATURES[feature] for feature in features_of(scene) or ())
    return () if scene.network.grid is not None else inputs, scene.network.outputs or ("",) * scene.network.layers[-1]


def _is_asked(scene: Scene) -> bool:
    """Whether the film ever presents something, so that the outputs have answers to be compared."""
    return scene.presentation == "each" or any(isinstance(shot, ThinkShot | WalkShot) for shot in scene.shots)


def short(value: float, decimals: int = 3) -> str:
    """A target or an input as people write it: 1, 0.05, -2.5, 1200; three decimals at most."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{round(value, decimals) + 0.0:g}"


def _beside(context: RenderContext) -> bool:
    """Whether the outputs' texts stand to the right of their neurons, not above them."""
    return context.layout.flow == "right" or context.recording.scene.network.layers[-1] == 1


def _in_one_line(context: RenderContext, slot: Rect, most: int) -> bool:
    """Whether the outputs stand so close that each has one line for its name and its wish."""
    return context.recording.scene.network.layers[-1] > 1 and slot.height / most < 2.9 * context.layout.body


def room_for_names(context: RenderContext, slot: Rect, most: int) -> tuple[float, float, float, float]:
    """Pixels to keep free at the left, right, top and bottom of the network, which is left with a part of the room.

    most: neurons that stand beside each other.
    """
    left, right, above, below = _wanted(context, slot, most)
    across = min(1.0, MOST * slot.width / max(1e-9, left + right))
    down = min(1.0, MOST * slot.height / max(1e-9, above + below))
    return across * left, across * right, down * above, down * below


def _wanted(context: RenderContext, slot: Rect, most: int) -> tuple[float, float, float, float]:
    layout, faces = context.layout, context.faces
    inputs, outputs = _texts(context)
    gap = 1.2 * layout.small
    longest = _longest(context, slot)
    if not _have_room(context, slot, inputs):
        inputs = ()
    scene = context.recording.scene
    wish = width(say(scene, "label-wants", target="0.00"), faces.medium, layout.body)
    right = max(width(text, faces.words, layout.body) for text in outputs)
    if _in_one_line(context, slot, most) and layout.flow == "right":
        right += wish + 0.6 * layout.body
        longest *= IN_ONE_LINE
    asked = _is_asked(context.recording.scene)
    if asked:
        right = max(right, wish, width(say(scene, "label-missed", missed="0.00"), faces.medium, layout.body))
    right = min(longest, right) + gap if right else 0.0
    if layout.flow == "right":
        lines = [line for each in _beside_inputs(context, inputs, longest) for line in each]
        left = max((width(line, faces.words, layout.body) for line in lines), default=0.0)
        return (min(longest, left) + gap if inputs else 0.0), right, 0.0, 0.0
    below = (3.3 if context.compared else 2.0) * layout.body if inputs else 0.0
    above = 0.0 if _beside(context) else (4.2 if any(outputs) else 2.2) * layout.body
    # The outermost names stand in the middle below their neurons, and their halos want to end inside the picture.
    ends = inputs[:: max(1, len(inputs) - 1)]
    if context.compared:  # names may have two lines
        ends = tuple(word for text in ends for word in text.split())
    outermost = max((width(text, faces.words, layout.body) for text in ends), default=0.0)
    inset = max(HALO * layout.size[0], min(outermost, longest) / 2 - layout.radius)
    return inset, inset, above, below


def _longest(context: RenderContext, slot: Rect) -> float:
    """The most that a name beside the network takes of the picture's width, or of a run's room."""
    return LONGEST_OF_RUN * slot.width if context.compared else _LONGEST * context.layout.size[0]


def _beside_inputs(context: RenderContext, texts: tuple[str, ...], longest: float) -> list[list[str]]:
    """Names beside the inputs: on two lines, all alike, where one of them would be much smaller on one."""
    layout, font = context.layout, context.faces.words
    widest = max((width(text, font, layout.body) for text in texts), default=0.0)
    if context.compared or BARELY * widest <= longest:
        return [[text] for text in texts]
    return [two_lines(text) for text in texts]


def _have_room(context: RenderContext, slot: Rect, inputs: tuple[str, ...]) -> bool:
    """Whether the inputs' names can be read in the room of one of several runs; without room there are none."""
    if not context.compared or not inputs:
        return True
    size, font = LEGIBLE * context.layout.small, context.faces.words
    if context.layout.flow == "right":
        return max(width(text, font, size) for text in inputs) <= _longest(context, slot)
    words = (word for text in inputs for word in text.split() or [text])
    return max(width(word, font, size) for word in words) <= slot.width / (len(inputs) + 1)


def _right_edge(context: RenderContext, slot: Rect) -> float:
    """Where the outputs' texts end: close to the picture's edge, unless another panel may stand there."""
    across, safe = context.layout.size[0], context.layout.safe
    if context.compared or slot.right < safe.x + 0.93 * safe.width:  # all runs' texts have the same room
        return slot.right
    return min(0.985 * across, safe.right)


class Names:
    """Texts around the network; they stand in its glow, so they are shaded and written over every frame."""

    def __init__(self, context: RenderContext, places: NetworkPositions, slot: Rect, most: int) -> None:
        self.context, self.places, self.panel_slot = context, places, slot
        self.shaded = Shaded(context)
        self.scene = context.recording.scene
        layout = context.layout
        inputs, outputs = _texts(context)
        self.reach = places.radius + 0.9 * layout.small
        self.beside = _beside(context)
        self.one_line = _in_one_line(context, slot, most) and self.beside
        longest = min(_longest(context, slot), places.centres[0][0][0] - self.reach - slot.x)
        self.last = len(places.centres) - 1
        named, asked = (places.centres[layer][places.discs(layer)] for layer in (0, self.last))
        across = 0.94 * self._spacing(named)
        if layout.flow == "right":
            self.inputs = self._beside_inputs(inputs, longest, self._spacing(named))
            if context.compared and not self._readable(inputs, self._spacing(named)):
                self.inputs = []
        else:
            self.inputs = self._below(inputs, across)
        rest = _right_edge(context, slot) - (places.centres[-1][0][0] + self.reach)
        self.slot = rest if self.beside else 0.94 * self._spacing(asked)
        wish = width(say(self.scene, "label-wants", target="0"), context.faces.medium, layout.body) + 0.6 * layout.body
        self.outputs = self._same_size(outputs, self.slot - wish if self.one_line else self.slot)
        self.misses = len(outputs) == 1 or self._spacing(asked) >= 4.6 * layout.body
        if context.compared:
            missed = width(say(self.scene, "label-missed", missed="0.00"), context.faces.medium, LEGIBLE * layout.small)
            self.misses = self.misses and missed <= self.slot and slot.height >= 4.3 * layout.body

    def _same_size(self, texts: tuple[str, ...], slot: float) -> list[tuple[str, float]]:
        layout, font = self.context.layout, self.context.faces.words
        fitted = [fit(text, font, layout.body, slot, 0.6 * layout.small) for text in texts]
        smallest = min((size for _, size in fitted), default=layout.body)
        return [(text, smallest) for text, _ in fitted]

    def _beside_inputs(self, texts: tuple[str, ...], slot: float, apart: float) -> list[tuple[list[str], float]]:
        """Names at the left of their neurons, on two lines only where those stand far enough apart."""
        layout, font = self.context.layout, self.context.faces.words
        lines = _beside_inputs(self.context, texts, slot)
        if max(map(len, lines), default=1) == 1 or apart < _APART * layout.body:
            return [([text], size) for text, size in self._same_size(texts, slot)]
        fitted = [[fit(line, font, layout.body, slot, 0.6 * layout.small) for line in each] for each in lines]
        smallest = min(size for each in fitted for _, size in each)
        return [([text for text, _ in each], smallest) for each in fitted]

    def _readable(self, texts: tuple[str, ...], apart: float) -> bool:
        """Whether the names beside the inputs are whole, large enough, and not on each other."""
        return all(
            "".join(lines) == text and LEGIBLE * self.context.layout.small <= size <= 0.95 * apart
            for (lines, size), text in zip(self.inputs, texts, strict=True)
        )

    def _below(self, texts: tuple[str, ...], slot: float) -> list[tuple[list[str], float]]:
        """Names below their neurons; in the narrow rooms of runs side by side on two lines, or none if too small."""
        layout, font = self.context.layout, self.context.faces.words
        if not self.context.compared:
            return [([text], size) for text, size in self._same_size(texts, slot)]
        wrapped = [wrap(text, font, layout.body, slot, 0.6 * layout.small) for text in texts]
        smallest = min((size for _, size in wrapped), default=layout.body)
        return [(lines, smallest) for lines, _ in wrapped] if smallest >= LEGIBLE * layout.small else []

    def _spacing(self, centres: NDArray[np.float64]) -> float:
        if len(centres) < 2:
            return self.panel_slot.width
        axis = 1 if self.places.flow == "right" else 0
        return float(abs(centres[1][axis] - centres[0][axis]))

    def ground(self) -> None:
        """Nothing stands still; but what the names are shaded with is there now."""
        self.shaded.ground()

    def draw(self, frame: Frame) -> None:
        """Shade the places of the inputs' names and the outputs' names, wishes and misses."""
        context = self.context
        shaded, words, quiet = self.shaded, context.faces.words, context.theme.quiet
        for neuron in self.places.discs(0)[: len(self.inputs)]:
            (lines, size), (x, y) = self.inputs[neuron], self.places.centres[0][neuron]
            if context.layout.flow == "right":
                for number, line in enumerate(lines):
                    height = y + LINE * (number - (len(lines) - 1) / 2) * size
                    shaded.text(line, x - self.reach, height, words, size, quiet, "right")
                continue
            for number, line in enumerate(lines):
                shaded.text(line, x, y + self.reach + (0.35 + 1.25 * number) * size, words, size, quiet, "middle")
        for index in self.places.discs(self.last).tolist():
            self._output(frame, index, *self.places.centres[-1][index])
        self.shaded.shade()

    def write(self) -> None:
        """Write them, over everything."""
        self.shaded.write()

    def _output(self, frame: Frame, index: int, x: float, y: float) -> None:
        """The name, under it (or, in a crowd, beside it) the wish, and where there is room the miss."""
        context = self.context
        shaded, body = self.shaded, context.layout.body
        name, size = self.outputs[index]
        step = 1.42 * body
        left = x + self.reach if self.beside else x
        anchor = LEFT if self.beside else MIDDLE
        top = y - (step / 2 if name and not self.one_line else 0.0) if self.beside else y - self.reach - 0.5 * step
        if not self.beside and name:
            top -= step
        shaded.text(name, left, top, context.faces.words, size, context.theme.quiet, anchor)
        if frame.target is None:
            return
        if name and self.one_line:
            left += width(name, context.faces.words, size) + 0.6 * body
        elif name:
            top += step
        level = frame.compared if frame.kind == "think" else frame.presented
        wish, size = self._wish(frame, index, self.slot - (left - x - self.reach) if self.beside else self.slot)
        shaded.text(wish, left, top, context.faces.medium, size, context.theme.ink, anchor, level)
        if self.misses and self.beside:
            missed = abs(float(frame.target[index]) - float(frame.activations[-1][index]))
            text, size = fit(
                say(self.scene, "label-missed", missed=f"{missed:.2f}"),
                context.faces.medium,
                body,
                self.slot,
                0.6 * context.layout.small,
            )
            shaded.text(text, left, top + step, context.faces.medium, size, context.theme.error, anchor, frame.compared)

    def _wish(self, frame: Frame, index: int, slot: float) -> tuple[str, float]:
        """What the output should be, in words where there is room for them."""
        assert frame.target is not None
        target = short(float(frame.target[index]))
        font, body, small = self.context.faces.medium, self.context.layout.body, self.context.layout.small
        words = say(self.scene, "label-right" if frame.kind == "think" else "label-wants", target=target)
        text, size = fit(words, font, body, slot, 0.8 * small)
        return (text, size) if text == words else fit(target, font, body, slot, 0.6 * small)


# Texts that stand in the glow: each on a soft shade, in which the ground is seen again, so that it can be read.

STRENGTH = 0.68
"""How much of the glow a shade takes away: in every theme the texts around a network are read at 4.5 to 1 then."""
_FULL, GONE = 0.5, 2.0
"""How far from the middle of a line of text its shade is full, and where it ends, in sizes of type: it has no edge."""
_LEVELS = 32
"""Steps in which a shade comes and goes with its text."""

EVERY = (slice(None, None, 8), slice(None, None, 8))
"""The pixels that tell whether there is any glow to be shaded."""
_WHOLE, _HALF = np.uint16(256), np.uint16(128)
"""Shades are laid in whole numbers, 256 of them to 1: that is several times as fast."""


class LabelText(NamedTuple):
    """What is to be written, as `Canvas.text` takes it."""

    text: str
    x: float
    y: float
    font: Font
    size: float
    colour: Colour
    anchor: Anchor
    level: float


class Shade(NamedTuple):
    """A window of a plane, how much of the ground is seen there (of WHOLE), and the ground times that, and a half.

    sample: every few pixels of the ground itself.
    """

    window: tuple[slice, ...]
    alpha: NDArray[np.uint16]
    ground: NDArray[np.uint16]
    sample: NDArray[np.int16]

    def is_needed(self, plane: NDArray[np.uint8]) -> bool:
        """Whether there is any glow in the window."""
        return bool((np.abs(plane[self.window][EVERY] - self.sample) > 1).any())

    def lay_on(self, plane: NDArray[np.uint8]) -> None:
        """Bring the ground back."""
        under = plane[self.window]
        under[:] = (under * (_WHOLE - self.alpha) + self.ground) >> 8


class Spot(NamedTuple):
    """Where a text is shaded: from `left` on, `long` pixels, around height y. level: of LEVELS."""

    left: int
    y: int
    long: int
    size: float
    level: int

    @property
    def reach(self) -> int:
        """How far around it the shade goes, in pixels."""
        return ceil(GONE * self.size)

    def meets(self, other: Spot) -> bool:
        """Whether their shades overlap."""
        reach = self.reach + other.reach
        apart = max(self.left, other.left) - min(self.left + self.long, other.left + other.long)
        return apart < reach and abs(self.y - other.y) < reach


class Shaded:
    """Collects a frame's texts, shades their places and, when all else is drawn, writes them.

    Without glow they are only written.
    """

    def __init__(self, context: RenderContext) -> None:
        self.context = context
        self._texts: list[LabelText] = []
        self._ground: NDArray[np.uint8] | None = None
        self._shades = lru_cache(maxsize=64)(self._shade)

    def ground(self) -> None:
        """Keep the ground as it is now, without any glow."""
        if self.context.glows:
            self.context.canvas.settle()
            self._ground = self.context.canvas.memory.copy()

    def text(
        self,
        text: str,
        x: float,
        y: float,
        font: Font,
        size: float,
        colour: Colour,
        anchor: Anchor = "left",
        level: float = 1.0,
    ) -> None:
        """A text to be written, as `Canvas.text` would."""
        self._texts.append(LabelText(text, x, y, font, size, colour, anchor, level))

    def shade(self) -> None:
        """Take the glow away where texts were collected for; where several stand together, no more than for one."""
        if self._ground is None:
            return
        canvas = self.context.canvas
        canvas.settle()
        for group in _groups([_spot(each) for each in self._texts if each.text]):
            for plane, shade in zip(canvas.planes, self._shades(group), strict=True):
                if shade.is_needed(plane):
                    shade.lay_on(plane)

    def write(self) -> None:
        """Write what was collected."""
        texts, self._texts = self._texts, []
        for each in texts:
            self.context.canvas.text(*each)

    def _shade(self, spots: tuple[Spot, ...]) -> list[Shade]:
        """The ground around texts that stand together, for every plane."""
        assert self._ground is not None
        canvas = self.context.canvas
        across, down = canvas.size
        first = max(0, min(spot.left - spot.reach for spot in spots)) // 2 * 2
        last = min(across, max(spot.left + spot.long + spot.reach for spot in spots))
        top = max(0, min(spot.y - spot.reach for spot in spots)) // 2 * 2
        bottom = min(down, max(spot.y + spot.reach for spot in spots))
        x, y = np.arange(first, max(first, last)), np.arange(top, max(top, bottom))[:, None]
        shaded = np.zeros((y.size, x.size))
        for spot in spots:
            beside = np.maximum(np.maximum(spot.left - x, x - spot.left - spot.long), 0)
            part = np.clip((GONE - np.hypot(beside, y - spot.y) / spot.size) / (GONE - _FULL), 0, 1)
            np.maximum(shaded, spot.level / _LEVELS * part * part * (3 - 2 * part), out=shaded)
        alpha = np.rint(_WHOLE * STRENGTH * shaded).astype(np.uint16)
        found = []
        for channel, ground in zip(canvas.space.channels, canvas.planes_of(self._ground), strict=True):
            step = channel.step
            own = alpha[::step, ::step]
            window = tuple(
                slice(start // step, start // step + count)
                for start, count in zip((top, first), own.shape, strict=True)
            )
            found.append(Shade(window, own, ground[window] * own + _HALF, ground[window][EVERY].astype(np.int16)))
        return found


def _spot(text: LabelText) -> Spot:
    long = width(text.text, text.font, text.size)
    left = text.x - {"left": 0.0, "middle": long / 2, "right": long}[text.anchor]
    return Spot(round(left), round(text.y), round(long), text.size, round(_LEVELS * min(1.0, text.level)))


def _groups(spots: list[Spot]) -> list[tuple[Spot, ...]]:
    """Spots that are there, those that follow each other and reach into each other together."""
    groups: list[tuple[Spot, ...]] = []
    for spot in spots:
        if spot.level == 0:
            continue
        if groups and groups[-1][-1].meets(spot):
            groups[-1] += (spot,)
        else:
            groups.append((spot,))
    return groups
