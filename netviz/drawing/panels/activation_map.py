"""Activation maps: a neuron's output over the input plane as colours, and neurons drawn as tiles of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from matplotlib.collections import EllipseCollection
from numpy.typing import NDArray

from netviz.drawing.canvas import left_free
from netviz.drawing.color_space import Bytes
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.growth import Front, fade_back, grown, node_levels
from netviz.drawing.panels.panel import CORNER, LevelScale, RenderContext, Shapes
from netviz.drawing.theme import Colour, colour, mix
from netviz.recording.layers import Floats
from netviz.timeline.frame import Frame
from netviz.timeline.sampled_answers import Domain, signed

BEHIND = 0.26
"""Part of the way that outputs' colours are moved to the middle of the scale, so that points of full colour stand
out."""
SEVERAL = tuple(map(colour, ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#8a8f99")))
"""Colours of several outputs, after Okabe & Ito, "Color Universal Design", 2008."""
POINT = 0.0088
"""Radius of a point, as a part of the square's side."""


class Answers:
    """Outputs of the network's last layer as the pixels of a square.

    One output goes through the theme's scale; of several the strongest gives its colour, paler the closer the next one
    is.
    """

    def __init__(self, context: RenderContext, side: int, discrete: bool) -> None:
        assert context.responses is not None
        self.responses, self.discrete = context.responses, discrete
        scene, theme = context.scene, context.theme
        self.activation, outputs = scene.outline.activations[-1], scene.outline.layers[-1]
        self.scale = np.rint((1 - BEHIND) * theme.scale + BEHIND * 255 * theme.middle).astype(np.uint8)
        self.middle = np.rint(255 * theme.middle)
        self.classes: tuple[Colour, ...] | None = SEVERAL[:outputs] if outputs > 1 else None
        bounded = self.activation in ("sigmoid", "softmax")
        self.ends = ("0", "1") if bounded else ("-1", "1")
        if discrete:
            self.scale = np.repeat(self.scale[[0, -1]], 128, axis=0)
        self.enlarge = _between_cells(self.responses.resolution, side)
        self.palette = context.canvas.space.palette(self._shades() if self.classes else self.scale)

    def _shades(self) -> Bytes:
        """Colours (256 n, 3): for each output 256 from the middle of the scale to its own."""
        assert self.classes is not None
        strength = (1 - BEHIND) * np.linspace(0, 1, 256)[:, None]
        shades = [self.middle + strength * (255 * own - self.middle) for own in self.classes]
        return np.rint(np.concatenate(shades)).astype(np.uint8)

    def colours(self, values: NDArray[np.float32]) -> Bytes:
        """Colours (..., 3) of outputs from -1 to 1."""
        return self.scale[_places(values).astype(np.uint8)]

    def of(self, frame: Frame) -> NDArray[np.uint8 | np.uint16]:
        """Numbers (side, side) of a frame's colours in the palette."""
        outputs = self.responses.of(frame)[-1]
        if self.classes is None:
            values = np.asarray(signed(outputs[0], self.activation), np.float32)
            # Places in the scale are computed before enlarging, when there are few: linear enlarging allows it.
            large = self.enlarge @ _places(values) @ self.enlarge.T
            return large.astype(np.uint8)
        strongest, sure = _strongest(self.enlarge @ output @ self.enlarge.T for output in outputs)
        shade = np.full_like(sure, 255) if self.discrete else 255 * np.minimum(sure, 1)
        return strongest + shade.astype(np.uint16)


def _strongest(outputs: Iterable[NDArray[np.float32]]) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Number of the strongest output times 256, and how much stronger it is than the next: each (side, side).

    outputs: for each output (side, side), of which there are two or more.
    """
    following = iter(outputs)
    best = next(following)
    second = np.full_like(best, -np.inf)
    number = np.zeros(best.shape, np.uint16)
    for index, output in enumerate(following, start=1):
        number[output > best] = 256 * index
        np.maximum(second, np.minimum(best, output), out=second)
        best = np.maximum(best, output)
    return number, best - second


def _places(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Places of outputs from -1 to 1 among the 256 colours of a scale, 0 at the first of the upper half.

    The ends are half a colour inside, so that nothing leaves the scale when it is enlarged and rounded.
    """
    return values * np.float32(127.4) + np.float32(128)


class DiscStyle(NamedTuple):
    """Style of the points of one kind: radius and width of the rim in pixels, and the rim's colour."""

    radius: float
    rim: Colour
    line: float


class Points:
    """The examples as small discs, drawn once by matplotlib and laid over the outputs from then on.

    square: that of the outputs, in the picture's pixels. kinds: styles of training points and of test points, if shown.
    """

    def __init__(self, context: RenderContext, square: Rect, domain: Domain, with_tests: bool) -> None:
        self.square, self.domain = square, domain
        examples, theme = context.recording.examples, context.theme
        assert examples.points is not None and examples.test_points is not None, "a planar scene's"
        rim = theme.centre if theme.is_light else mix(theme.ink, theme.centre, 0.12)
        radius, smaller = self._radius(len(examples.points)), 0.75 * self._radius(len(examples.test_points))
        self.kinds = [DiscStyle(radius, rim, 0.3 * radius)]
        every = [self._discs(context, examples.points, examples.targets, self.kinds[0])]
        if with_tests:
            self.kinds.append(DiscStyle(smaller, theme.ink, 0.55 * smaller))
            every = [self._discs(context, examples.test_points, examples.test_targets, self.kinds[1]), *every]
        self.drawn = context.canvas.drawing(*every, slot=square)
        for discs in every:
            discs.remove()

    def place(self, points: Floats) -> Floats:
        """Map points (n, 2) of the plane to the picture's pixels."""
        return place_on(self.square, self.domain, points)

    def _radius(self, count: int) -> float:
        return max(1.6, POINT * self.square.width * (1.0 if count <= 600 else 0.75))

    def _discs(self, context: RenderContext, points: Floats, targets: Floats, style: DiscStyle) -> EllipseCollection:
        axes = context.canvas.axes
        across = np.full(len(points), 2 * style.radius)
        discs = EllipseCollection(
            across, across, np.zeros(len(points)), units="xy", offsets=self.place(points),
            offset_transform=axes.transData, facecolor=target_colours(context, targets), edgecolor=tuple(style.rim),
            linewidth=style.line,
        )  # fmt: skip
        axes.add_collection(discs, autolim=False)
        return discs


def place_on(square: Rect, domain: Domain, points: Floats) -> Floats:
    """Map points (n, 2) of the plane to pixels of the picture, in which a square shows a domain."""
    (left, right), (bottom, top) = domain
    ways = (points[:, 0] - left) / (right - left), (top - points[:, 1]) / (top - bottom)
    return np.asarray(square.width * np.column_stack(ways) + (square.x, square.y))


def target_colours(context: RenderContext, targets: Floats) -> Floats:
    """Colours (n, 3), 0 to 1, of targets (n, n_L): of their value, or of the output that should be strongest."""
    if targets.shape[1] > 1:
        several: Floats = np.array(SEVERAL)[targets.argmax(axis=1)]
        return several
    activation = context.scene.outline.activations[-1]
    values: Floats = np.asarray(signed(targets[:, 0], activation), np.float64)
    colours: Floats = context.theme.scale[((values + 1) * 127.5).astype(np.uint8)] / 255
    return colours


def _between_cells(cells: int, side: int) -> NDArray[np.float32]:
    """Matrix (side, cells) that interpolates values at `cells` points from edge to edge linearly to `side` pixels."""
    at = np.clip((np.arange(side) + 0.5) / side * (cells - 1), 0, cells - 1)
    before = np.minimum(at.astype(int), cells - 2)
    matrix = np.zeros((side, cells), np.float32)
    matrix[np.arange(side), before] = 1 - (at - before)
    matrix[np.arange(side), before + 1] = at - before
    return matrix


# Tiles: neurons drawn as small pictures of their outputs over the input plane.


class Tiles:
    """Neurons as tiles: response maps with round corners; a tile's rim lights up with its neuron."""

    def __init__(self, context: RenderContext, places: NetworkPositions, scale: LevelScale) -> None:
        self.context, self.places, self.scale = context, places, scale
        self.layers = range(len(places.centres))
        self.front = Front(context.canvas, places, Rect(0, 0, 0, 0))
        scene, unit = context.scene, context.layout.unit
        # The inputs are shown as they are, cut off at -1 and 1 as in TensorFlow Playground.
        self.activations: tuple[str, ...] = ("linear", *scene.outline.activations)
        self.shown = [places.discs(layer) for layer in self.layers]
        centres = np.concatenate([places.centres[layer][discs] for layer, discs in enumerate(self.shown)])
        self.side = max(2, 2 * round(places.radius))
        self.colours = context.canvas.space.palette(context.theme.scale)
        self.corners = 2 * np.rint((centres - self.side / 2) / 2).astype(int)
        self.beyond = left_free(context.canvas, rounded(self.side, CORNER), self.corners.tolist())
        self.rims = Shapes(context.canvas, self.corners + self.side / 2, self.side / 2, are_tiles=True)
        self.thin = max(1.0, 1.6 * unit)

    def draw(self, frame: Frame) -> None:
        """Draw the maps and their rims."""
        theme, canvas = self.context.theme, self.context.canvas
        drawn = self._empty_tiles(frame) if frame.drawn < 1 else [1.0] * len(self.corners)
        under = canvas.memory.copy() if frame.drawn < 1 else None
        with canvas.partly(*self.beyond):
            for (left, top), numbers in zip(self.corners.tolist(), self._maps(frame), strict=True):
                canvas.lay(numbers, self.colours, left, top)
        if under is not None:
            for (left, top), level in zip(self.corners.tolist(), self._answering(frame), strict=True):
                fade_back(canvas, under, Rect(left, top, self.side, self.side), level)
        levels = [self.scale.neurons(frame, layer)[discs] for layer, discs in enumerate(self.shown)]
        for index, level in enumerate(np.concatenate(levels).tolist()):
            signal = theme.signal if level >= 0 else theme.negative_signal
            self.rims.rim(index, self.thin * (1 + 1.6 * abs(level)), mix(theme.rim, signal, abs(level)), drawn[index])

    def _empty_tiles(self, frame: Frame) -> list[float]:
        """In the opening draw the tiles without their maps, and return the level of each."""
        there = node_levels(frame.drawn, self.places)
        drawn: list[float] = np.concatenate([there[layer][discs] for layer, discs in enumerate(self.shown)]).tolist()
        for index, level in enumerate(drawn):
            self.rims.fill(index, self.context.theme.neuron, level)
        self.context.canvas.settle()
        return drawn

    def _answering(self, frame: Frame) -> list[float]:
        """Level of every map in the opening: an input has one from the start, others when their synapses are there."""
        levels = node_levels(frame.drawn, self.places)
        part, front = grown(frame.drawn), self.front
        for layer, centres in enumerate(self.places.centres[1:], start=1):
            along = front.sign * float(centres[:, front.axis].mean())
            levels[layer] = np.full(len(centres), front.reached(along, part) if part < 1 else 1.0)
        found: list[float] = np.concatenate([levels[layer][discs] for layer, discs in enumerate(self.shown)]).tolist()
        return found

    def write(self, frame: Frame) -> None:
        """Write nothing: maps have no figures."""

    def _maps(self, frame: Frame) -> NDArray[np.uint8]:
        """Numbers (neurons, side, side) of the colours in all maps."""
        assert self.context.responses is not None, "maps are made for planar scenes"
        maps = self.context.responses.of(frame)
        shown = [
            signed(layer[discs], activation)
            for layer, activation, discs in zip(maps, self.activations, self.shown, strict=True)
        ]
        values = np.concatenate(shown).astype(np.float32)
        index = ((values + np.float32(1)) * np.float32(127.5)).astype(np.uint8)
        resolution = index.shape[-1]
        at = (np.arange(self.side) * resolution + resolution // 2) // self.side
        enlarged: NDArray[np.uint8] = index.take(at, axis=1).take(at, axis=2)
        return enlarged


def rounded(side: int, corner: float, samples: int = 4) -> NDArray[np.float32]:
    """Cover (side, side), 0 to 1, of a square with round corners. corner: their radius, as a part of half the side."""
    size = corner * side / 2
    at = (np.arange(int(np.ceil(size)) * samples) + 0.5) / samples
    inside = np.hypot(*np.meshgrid(*[np.maximum(0, size - at)] * 2)) <= size
    count = len(at) // samples
    cover = inside.reshape(count, samples, count, samples).mean(axis=(1, 3)).astype(np.float32)
    square = np.ones((side, side), np.float32)
    for turned in range(4):
        np.rot90(square, turned)[:count, :count] = cover
    return square
