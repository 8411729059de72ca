"""Classic style: the network and header of the film of 2015.

Geometry after Milo Spencer-Harper's drawing: synapses |w| points wide on a page 480 points high, over them a glow twice
as wide of opacity 0.4 x signal; neurons of radius 0.5 in a halo of radius 0.75. Colours are the theme's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from netviz.drawing.layout import Layout, Rect
from netviz.drawing.network_layout import place
from netviz.drawing.panels.panel import LevelScale, NoGlow, RenderContext, number
from netviz.drawing.panels.strokes import dashes
from netviz.drawing.panels.titles import TWO_LINES, CaptionSlot, write
from netviz.drawing.text import fit, short, width
from netviz.drawing.theme import contrast
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.phrases import decimal, per_cent, say, whole
from netviz.timeline.captions import error_text, is_share
from netviz.timeline.frame import Frame

HALO = 1.5
VALUE_DISTANCE = 1.9
"""Distance from a neuron's middle to its value, in radii."""
_TYPE, TYPE_OF_LITTLE = 1.35, 1.1
"""Size of the words, in the smallest size that can be read; and where little is left of a tall picture."""
RIM = 2.0
"""Width of a neuron's rim, where it has one, in the layout's units."""
LEAST_CONTRAST = 1.12
"""Contrast with the background from which a neuron without light is seen by its fill: a little less than 2015's."""
_STEP, LINES = 1.75, 3.6
"""Distance from one line of the header to the next, in sizes of its type; number of lines that are above the network,
which is beside them in wide pictures."""
LEFT, TOP, RIGHT, BOTTOM = 0.055, 0.05, 0.945, 0.927
"""Edges of the area that everything stands in, as parts of the picture."""
BAND = {True: 0.095, False: 0.11}
"""Height that everything moves down by for a film's cues, which stand above it, as a part of the picture's; in wide
pictures and in others."""
_PAGE = 480 / (100 / 72)
"""Height of the original page in points, the unit of its line widths."""


@dataclass(frozen=True)
class Page:
    """Edges of the picture, or of what a platform leaves of it, in pixels. type: size of the words in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    type: float

    @classmethod
    def of(cls, layout: Layout) -> Page:
        """Edges at the usual margins, or farther inside where something is laid over the picture."""
        (across, down), safe = layout.size, layout.safe
        return cls(
            max(LEFT * across, safe.x),
            max(TOP * down, safe.y),
            min(RIGHT * across, safe.right),
            min(BOTTOM * down, safe.bottom),
            (TYPE_OF_LITTLE if layout.is_little else _TYPE) * layout.small,
        )

    def x(self, part: float) -> float:
        """Pixels from the left, for a place given as a part of a whole picture's width."""
        return self.left + (part - LEFT) / (RIGHT - LEFT) * (self.right - self.left)

    def y(self, part: float) -> float:
        """Pixels from the top, for a place given as a part of a whole picture's height."""
        return self.top + (part - TOP) / (BOTTOM - TOP) * (self.bottom - self.top)


def network_slot(context: RenderContext) -> Rect:
    """Slot of the network in this style: beside the lines of text, or below them."""
    layout = context.layout
    across, down = layout.size
    wide, page = across >= 1.2 * down, Page.of(layout)
    left, top, bottom = (
        (page.x(0.30), page.y(0.09), page.y(0.78)) if wide else (page.x(0.05), page.y(0.27), page.y(0.80))
    )
    if not wide:
        top = max(top, page.y(0.065) + LINES * _STEP * page.type)
    if context.has_cues:
        top += BAND[wide] * down
    return Rect(left, top, min(page.x(0.965), layout.safe.right) - left, bottom - top)


class ClassicNetworkPanel(NoGlow):
    """Network of the classic style: inputs at the bottom, outputs on top, values at the right of the neurons."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context = context
        layout, scene = context.layout, context.scene
        across, down = layout.size
        radius = (0.030 if layout.is_little else 0.037) * min(down, across)
        # The values stand at the right of the neurons, beyond the halos.
        values = VALUE_DISTANCE * radius + width("0.00", context.faces.figures, layout.small) - radius
        whole = network_slot(context)
        slot = Rect(whole.x, whole.y, whole.width - values, whole.height)
        places = place(scene.outline.layers, slot, "up", radius)
        self.centres, self.radius = places.centres, places.radius
        everything = [
            (start, end)
            for here, there in zip(self.centres, self.centres[1:], strict=False)
            for start in here
            for end in there
        ]
        caps: Literal["butt", "round"] = "butt" if context.theme.dashed else "round"
        self.synapses, self.glow = (LineCollection(everything, capstyle=caps) for _ in range(2))
        nodes = np.concatenate(self.centres)
        self.halos, self.neurons = (_discs(context, nodes, part * self.radius) for part in (HALO, 1.0))
        for disc in (self.halos, self.neurons):
            disc.set(edgecolor="none")
        for artist in (self.synapses, self.glow, self.halos, self.neurons):
            context.canvas.axes.add_collection(artist, autolim=False)
        # A neuron without light is nearly as dark as some grounds; there a rim shows where it is.
        theme = context.theme
        self.is_rimmed = not theme.is_light and contrast(theme.neuron, theme.centre) < LEAST_CONTRAST
        self.point = down / _PAGE
        self.heaviest = heaviest = LevelScale.of(context.recording, context.scene).weight
        # The original's widths, unless the weights are so large that lines would hide the neurons.
        self.point *= min(1.0, 1.5 * self.radius / max(1e-9, heaviest * self.point))

    def ground(self) -> None:
        """Draw nothing: nothing stands still."""

    def draw(self, frame: Frame) -> None:
        """Draw synapses, their glow, halos, neurons and values."""
        weights = np.concatenate([layer.ravel() for layer in frame.weights])
        lights = [levels * values for levels, values in zip(frame.arrived, frame.activations, strict=True)]
        signal = np.concatenate(
            [np.repeat(values, layer.shape[1]) for values, layer in zip(lights, frame.weights, strict=False)]
        )
        theme = self.context.theme
        sign = np.where(weights[:, None] > 0, theme.positive, theme.negative)
        wide = np.minimum(np.abs(weights), self.heaviest) * self.point
        self.synapses.set(color=sign, linewidth=wide)
        opacity = 0.4 * np.clip(np.abs(signal), 0, 1)[:, None]
        if theme.dashed:
            for lines, part in ((self.synapses, 1.0), (self.glow, 2.0)):
                unit, widths = self.context.layout.unit, wide.tolist()
                lines.set(
                    linestyle=[
                        dashes(width, unit, part * width) if weight < 0 else (0, None)
                        for weight, width in zip(weights, widths, strict=True)
                    ]
                )
        self.glow.set(color=np.hstack([theme.shining(sign, 0.35), opacity]), linewidth=2 * wide)
        value = np.clip(np.concatenate(lights), -1, 1)[:, None]
        level = np.abs(value)
        signal_colour = np.where(value >= 0, theme.signal, theme.negative_signal)
        if theme.is_light:
            self.halos.set(facecolor=np.hstack([signal_colour, 0.5 * level]))
            self.neurons.set(facecolor=(1 - level) * theme.neuron + level * signal_colour, edgecolor=theme.rim)
        else:  # on black, neurons grow brighter: (y, y, 0) in the original
            light = level * signal_colour
            self.halos.set(facecolor=np.hstack([light, 0.5 * level]))
            self.neurons.set(facecolor=np.maximum(light, theme.neuron))
            if self.is_rimmed:
                self.neurons.set(edgecolor=(1 - level) * theme.rim + light, linewidth=RIM * self.context.layout.unit)
        self.context.canvas.draw(self.synapses, self.glow, self.halos, self.neurons)
        self._values(frame)

    def _values(self, frame: Frame) -> None:
        """Write the numbers of layers whose neurons stand far enough apart for them."""
        context = self.context
        font, size, ink = context.faces.figures, context.layout.small, context.theme.ink
        for levels, centres, values in zip(frame.arrived, self.centres, frame.activations, strict=True):
            texts = [decimal(context.scene, number(float(value))) for value in values]
            longest = max(width(text, font, size) for text in texts)
            apart = centres[1][0] - centres[0][0] if len(centres) > 1 else np.inf
            if apart < VALUE_DISTANCE * self.radius + longest + 1.1 * self.radius:
                continue
            for (x, y), text, level in zip(centres, texts, levels, strict=True):
                context.canvas.text(text, x + VALUE_DISTANCE * self.radius, y, font, size, ink, "left", level)


def _discs(context: RenderContext, centres: NDArray[np.float64], radius: float) -> EllipseCollection:
    across = np.full(len(centres), 2 * radius)
    turned = np.zeros(len(centres))
    return EllipseCollection(
        across, across, turned, units="xy", offsets=centres, offset_transform=context.canvas.axes.transData
    )


def caption_slot(layout: Layout) -> CaptionSlot:
    """Slot of cues in this style: above all else."""
    across, down = layout.size
    page = Page.of(layout)
    wide = 0.70 if across >= 1.2 * down else 0.89
    left, right = page.x(LEFT), page.x(LEFT + wide)
    return CaptionSlot(Rect(left, page.y(TOP), right - left, TWO_LINES * page.type), page.type)


class ClassicHeaderPanel(NoGlow):
    """Header of the classic style: iteration, training example, desired output, inputs; cues above; a bar below."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context = context
        across, down = context.layout.size
        page = Page.of(context.layout)
        self.size = page.type
        self.step = _STEP * self.size
        wide = across >= 1.2 * down
        self.x, self.y = page.x(LEFT), page.y(0.10 if wide else 0.065)
        self.cues = caption_slot(context.layout)
        if context.has_cues:
            self.y += BAND[wide] * down
        self.slot = page.x(LEFT + (0.27 if wide else 0.89)) - self.x
        self.bar = Rect(self.x, page.y(0.895), page.x(RIGHT) - self.x, page.y(BOTTOM) - page.y(0.895))
        # As in the original, it is red as negative weights are, unless the maker has a colour for the error.
        palette, theme = context.scene.palette, context.theme
        colour = theme.negative if palette is None or palette.error is None else theme.error
        self.filled = Rectangle((self.bar.x, self.bar.y), 0, self.bar.height, facecolor=tuple(colour), edgecolor="none")
        context.canvas.axes.add_patch(self.filled)
        edge = 2 * context.layout.unit
        self._around = Rect(self.bar.x - edge, self.bar.y - edge, self.bar.width + 2 * edge, self.bar.height + 2 * edge)
        self.share, self.scene = is_share(context.recording, context.scene), context.scene
        self.full = 1.0 if self.share else float(context.recording.main_curve.max()) or 1.0

    def ground(self) -> None:
        """Draw the empty bar."""
        bar, canvas = self.bar, self.context.canvas
        edge = Rectangle(
            (bar.x, bar.y),
            bar.width,
            bar.height,
            facecolor="none",
            edgecolor=tuple(self.context.theme.rim),
            linewidth=1.5 * self.context.layout.unit,
        )
        canvas.axes.add_patch(edge)
        canvas.draw(edge, slot=self._around)
        edge.remove()

    def draw(self, frame: Frame) -> None:
        """Draw the lines of text and the bar."""
        if frame.is_cue:
            write(self.context, frame.caption, self.cues, self.context.theme.ink, frame.caption_level)
        for index, text in enumerate(self._lines(frame)):
            self._write(text, self.y + index * self.step, self.slot)
        error = (
            per_cent(self.scene, f"{100 * frame.error:z.2f}")
            if self.share
            else error_text(self.scene, frame.error, share=False)
        )  # as in the original
        self._write(say(self.scene, "classic-error", error=error), self.bar.y - 1.1 * self.size, self.bar.width)
        self.filled.set_width(self.bar.width * min(1.0, frame.error / self.full))
        self.context.canvas.draw(self.filled, slot=self._around)

    def _lines(self, frame: Frame) -> list[str]:
        scene = self.scene
        cycle = say(scene, "classic-cycle", cycle=whole(scene, frame.cycle))
        inputs, target = (
            "" if values is None else decimal(scene, " ".join(short(value) for value in values))
            for values in (frame.inputs, frame.target)
        )
        if frame.kind == "think":
            return [
                say(scene, "classic-situation"),
                say(scene, "classic-inputs", values=inputs),
                *([say(scene, "classic-right", values=target)] if target else []),
            ]
        diverged = scene.outline.diverged
        if frame.example is None and diverged is not None and frame.cycle == scene.outline.last_step:
            text = say(scene, "label-diverged", cycle=whole(scene, diverged))
            return [cycle, text[:1].upper() + text[1:]]
        if frame.example is None:
            return [cycle, say(scene, "classic-rest" if frame.cycle > scene.outline.first_step else "classic-before")]
        return [
            cycle,
            say(scene, "classic-example", number=whole(scene, frame.example + 1)),
            say(scene, "classic-target", values=target),
            say(scene, "classic-inputs", values=inputs),
        ]

    def _write(self, text: str, y: float, slot: float) -> None:
        context = self.context
        smallest = 0.9 * context.layout.small
        shown, size = fit(text, context.faces.words, self.size, slot, smallest)
        assert width(shown, context.faces.words, size) <= slot + 1
        context.canvas.text(shown, self.x, y, context.faces.words, size, context.theme.ink)
