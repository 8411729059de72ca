"""Panel base: the interface of all panels, and the shapes and scales they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from matplotlib.collections import Collection, EllipseCollection, PolyCollection
from numpy.typing import NDArray

from netviz.drawing.canvas import Canvas, Cover
from netviz.drawing.glow import Blobs, GlowLayer
from netviz.drawing.layout import Layout, Rect
from netviz.drawing.responses import Responses
from netviz.drawing.text import Typefaces
from netviz.drawing.theme import Colour, Theme
from netviz.recording.layers import Floats
from netviz.recording.recording import InputRows, Recording
from netviz.scene.scene import Look
from netviz.timeline.frame import Frame


@dataclass(frozen=True, eq=False)
class RenderContext:
    """Data and tools that all panels of a picture share.

    scene: the look of the run's film, and what that shows. responses: None where the inputs are no points of the plane.
    glows: whether halos are added to the background. has_cues: whether the film's captions have cues.
    compared: the recordings of all runs of a film that shows some side by side, this one's among them; their pictures
    have one scale. compared_scenes: theirs. names: of the runs.
    """

    recording: Recording
    scene: Look
    layout: Layout
    theme: Theme
    faces: Typefaces
    canvas: Canvas
    field: GlowLayer
    responses: Responses | None = None
    glows: bool = True
    has_cues: bool = False
    compared: tuple[Recording, ...] = ()
    compared_scenes: tuple[Look, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[tuple[Recording, Look], ...]:
        """The runs of a film that shows some side by side, each with its scene."""
        return tuple(zip(self.compared, self.compared_scenes, strict=True))


class Panel(Protocol):
    """Interface of panels: each draws a part of the picture."""

    def ground(self) -> None:
        """Draw what never changes, once, on the empty background."""

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """Set the brightness (light_sources, 3) of this panel's own light sources, and return its moving lights."""

    def draw(self, frame: Frame) -> None:
        """Draw what changes, over background and light."""


class NoGlow:
    """Base class of panels that add no light."""

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """Return no moving lights, and leave the brightness as it is."""
        return []


# Shapes: discs and tiles that stand still; matplotlib draws the inside and the rim of each once.

CORNER = 0.24
"""Radius of a tile's corners, as a part of half its side."""
FINENESS = 10
"""Steps a pixel to which widths of rims are rounded."""
CACHED_OF_EACH = 4
"""Rims and insides that are cached of each shape."""


class Shapes:
    """Shapes of one kind around centres (n, 2), radii (n,) from the middle to the edge, in the picture's pixels."""

    def __init__(self, canvas: Canvas, centres: Floats, radii: float | Floats, are_tiles: bool = False) -> None:
        self.canvas, self.centres = canvas, centres
        self.radii = np.broadcast_to(np.asarray(radii, dtype=float), len(centres))
        self.outline = tile if are_tiles else disc
        self._cover = lru_cache(maxsize=max(64, CACHED_OF_EACH * len(centres)))(self._drawn)

    def fill(self, index: int, colour: Colour, level: float = 1.0) -> None:
        """Colour the inside of one shape."""
        self.canvas.fill(self._cover(index, 0), colour, level)

    def rim(self, index: int, width: float, colour: Colour, level: float = 1.0) -> None:
        """Draw the edge of one shape, `width` pixels wide."""
        if level > 0:
            self.canvas.fill(self._cover(index, max(1, round(FINENESS * width))), colour, level)

    def _drawn(self, index: int, steps: int) -> Cover:
        """Cover of one shape's inside (0 steps), or of a rim of so many steps of width."""
        (x, y), radius, width = self.centres[index], float(self.radii[index]), steps / FINENESS
        shape = self.outline(self.canvas, x, y, radius)
        inside, edge = ("none", "white") if steps else ("white", "none")
        shape.set(facecolor=inside, edgecolor=edge, linewidth=width)
        self.canvas.axes.add_collection(shape, autolim=False)
        reach = radius + width / 2 + 1
        found = self.canvas.cover(shape, slot=Rect(x - reach, y - reach, 2 * reach, 2 * reach))
        shape.remove()
        return found


def disc(canvas: Canvas, x: float, y: float, radius: float) -> Collection:
    """Artist of a circle."""
    across = [2 * radius]
    return EllipseCollection(
        across, across, [0.0], units="xy", offsets=[(x, y)], offset_transform=canvas.axes.transData
    )


def tile(canvas: Canvas, x: float, y: float, half: float) -> Collection:
    """Artist of a square with round corners, `half` a side from middle to edge."""
    return PolyCollection([np.array([x, y]) + half * _rounded_square(CORNER)])


def _rounded_square(corner: float, points: int = 12) -> Floats:
    """The outline (4 * points, 2) of the square from -1 to 1 with corners of that radius."""
    turns = np.linspace(0, np.pi / 2, points)
    outline = []
    for quarter in range(4):
        middle = (1 - corner) * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]][quarter])
        angles = turns + quarter * np.pi / 2
        outline.append(middle + corner * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.concatenate(outline)


# Scales: light and width from recorded values, the same for the whole film.

WIDEST_FROM = 5.0
"""|weight| from which TensorFlow Playground draws its widest line."""


class GivesWay(NamedTuple):
    """Yielding of light to an error: the part that is lost to the largest, and how much sooner than the error comes.

    haste: exponent of what is left; the larger, the less gold light is left beside a small error.
    """

    most: float
    haste: float


GIVES_WAY, HALO_GIVES_WAY = GivesWay(0.5, 2.0), GivesWay(0.96, 4.0)
"""Of the light in neurons, which still shows their values, and of their halos."""
NARROWEST, _WIDEST = 1 / 1.08, 10 / 1.08
"""Widths of Playground's lines, which are 1 to 10 pixels; here on a picture 1080 pixels high, in thousandths of the
shorter side."""


class LevelScale:
    """Scale from recorded values to light, strength and width of what is drawn.

    weight: the largest |weight| of the recording. activations: for each layer, the value that shines fully (1 or more).
    darkest: the lowest value of the pixels of a picture, below 0 where they are standardised: that is its black, and
    no light of the other sign.
    """

    def __init__(self, weight: float, activations: tuple[float, ...], darkest: float = 0.0) -> None:
        self.weight = weight
        self.activations = activations
        self.darkest = darkest

    @classmethod
    def of(cls, recording: Recording, scene: Look, compared: Sequence[tuple[Recording, Look]] = ()) -> LevelScale:
        """Scale of a recording. Biases count as weights where they are drawn as synapses.

        compared: all runs side by side, with their scenes: then they have one scale, in which equal values look the
        same. Runs that broke off are left out of it: their numbers had diverged.
        """
        several = [each for each in compared if each[0].is_complete] or [(recording, scene)]
        if len(several) == 1 and several[0][1].outline.diverged is not None:
            return _scale_of_diverged(*several[0])
        drawn = [layer for each, of in several for layer in _drawn_weights(each, of)]
        return cls(
            max(map(_largest, drawn), default=0.0) or 1.0,
            tuple(
                max(1.0, *(_largest(each.activations[layer]) for each, _ in several if layer < len(each.activations)))
                for layer in range(len(recording.activations))
            ),
            min(float(each.activations[0].min()) for each, _ in several) if scene.network.grid is not None else 0.0,
        )

    def neurons(self, frame: Frame, layer: int, gives_way: GivesWay = GIVES_WAY) -> Floats:
        """Signed light of a layer's nodes (nodes_l,), -1 to 1, with what lingers of the example before.

        Where an error comes it gives way, and sooner than the error is there: violet light on gold would be white.
        """
        light = frame.arrived[layer] * self._light(frame.activations[layer], layer)
        if frame.lingering:
            before = frame.lingering[layer] * self._light(frame.before[layer], layer)
            light = np.clip(light + before, -1, 1)
        rest = (1 - np.clip(frame.error_signal[layer], 0, 1)) ** gives_way.haste
        return np.asarray(light * (1 - gives_way.most * (1 - rest)))

    def _light(self, values: Floats, layer: int) -> Floats:
        """Light of values of a layer's nodes, -1 to 1; of pixels 0 to 1, from the darkest on."""
        darkest = min(0.0, self.darkest) if layer == 0 else 0.0
        return np.asarray(np.clip((values - darkest) / (self.activations[layer] - darkest), -1, 1))

    def strength(self, weights: Floats) -> Floats:
        """Strength of synapses, 0 to 1."""
        return np.minimum(1, np.abs(weights) / self.weight)

    def width(self, weights: Floats) -> Floats:
        """Width of synapses in thousandths of the picture's shorter side; grows a little slower than |weight|."""
        result: Floats = 1.2 + 17 * self.strength(weights) ** 0.8
        return result


EXPLODES = 30.0
"""Weights explode that are so many times as large as the largest before training, in a run that diverges."""


def _scale_of_diverged(recording: Recording, scene: Look) -> LevelScale:
    """The scale of a run that diverged: of its moments before the weights exploded, beside which all others are none.

    What comes after is as wide and as bright as can be.
    """
    drawn = [layer for layer in _drawn_weights(recording, scene) if layer.size]
    largest = np.max([np.abs(layer).reshape(len(layer), -1).max(axis=1) for layer in drawn], axis=0, initial=0.0)
    exploded = np.flatnonzero(largest > EXPLODES * largest[0]) if largest.any() else np.empty(0, int)
    moments = max(1, int(exploded[0])) if len(exploded) and largest[0] > 0 else len(recording.step)
    rows = slice(int(np.searchsorted(recording.moment, moments)))
    activations = [layer[rows] for layer in recording.activations]
    return LevelScale(
        float(largest[:moments].max(initial=0.0)) or 1.0,
        tuple(max(1.0, _largest(layer)) if layer.size else 1.0 for layer in activations),
        float(activations[0].min()) if scene.network.grid is not None else 0.0,
    )


def _drawn_weights(recording: Recording, scene: Look) -> list[Floats]:
    """Weights, and biases where they are drawn, of the layers that have synapses."""
    dense = [layer.is_dense for layer in recording.network.layers[1:]]
    several = (recording.weights, recording.biases) if scene.has_bias_nodes else (recording.weights,)
    return [layer for arrays in several for layer, synapses in zip(arrays, dense, strict=True) if synapses]


def _largest(values: Floats | InputRows) -> float:
    """The largest absolute value, without a copy of what may be most of the recording."""
    return max(float(values.max()), -float(values.min()))


def playground_width(weights: Floats) -> Floats:
    """Width of synapses as in TensorFlow Playground, in thousandths of the picture's shorter side."""
    result: Floats = NARROWEST + (_WIDEST - NARROWEST) * np.minimum(1, np.abs(weights) / WIDEST_FROM)
    return result


def number(value: float) -> str:
    """A neuron's value in at most five characters: two decimals, fewer when it is large, a power of ten when huge.

    Nothing that is written as zero has a sign.
    """
    if abs(value) >= 99_999.5:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:z.2f}" if abs(value) < 9.995 else f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"


def signed_number(value: float, decimals: int = 2) -> str:
    """A weight with its sign and its decimals, "+0.12" or "−0.16"; without a sign where it is written as zero."""
    text = f"{value:+z.{decimals}f}".replace("-", "−")
    return text[1:] if float(text[1:]) == 0 else text
