"""Neurons as discs with their values, and bias nodes as small rings."""

from __future__ import annotations

import numpy as np

from netviz.drawing.network_layout import BIAS_RADIUS, NetworkPositions
from netviz.drawing.panels.growth import node_levels
from netviz.drawing.panels.panel import LevelScale, RenderContext, Shapes, number
from netviz.drawing.text import width
from netviz.drawing.theme import mix
from netviz.recording.recording import Recording, in_numbers
from netviz.scene.phrases import decimal
from netviz.timeline.frame import Frame

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SMALLEST_FIGURE = 0.0135
"""Smallest size of figures, as a part of the picture's shorter side: smaller ones in neurons are left out."""

RING_AWAY, RING_WIDTH = 9.5, 3.4
"""Distance of the ring around a highlighted node, and its width, in thousandths of the shorter side."""
RING = RING_AWAY + RING_WIDTH
"""Space of the ring beyond the node, and a little more."""


class Discs:
    """Neurons as discs that fill with light, their values in figures."""

    def __init__(self, context: RenderContext, places: NetworkPositions, scale: LevelScale) -> None:
        self.context, self.places, self.scale = context, places, scale
        unit = context.layout.unit
        self.shown = [places.discs(layer) for layer in range(len(places.centres))]
        self.number_sizes = [
            _number_size(context, float(places.radii(layer)[0])) if len(discs) else None
            for layer, discs in enumerate(self.shown)
        ]
        centres = np.concatenate([places.centres[layer][discs] for layer, discs in enumerate(self.shown)])
        radii = np.concatenate([places.radii(layer)[discs] for layer, discs in enumerate(self.shown)])
        self.bodies = Shapes(context.canvas, centres, radii)
        self.thickness = np.maximum(1.0, 2.4 * unit * np.minimum(1.0, radii / (43 * unit))).tolist()
        self.of_inputs = token if are_tokens(context.recording) else number

    def draw(self, frame: Frame) -> None:
        """Draw the discs."""
        theme = self.context.theme
        levels = np.concatenate([self.scale.neurons(frame, layer)[discs] for layer, discs in enumerate(self.shown)])[
            :, None
        ]
        size = np.abs(levels)
        signal = np.where(levels >= 0, theme.signal, theme.negative_signal)
        inside = theme.fill(levels[:, 0])
        rim = (1 - size) * theme.rim + size * (signal + 0.4 * theme.flare * (theme.bright - signal))
        there = node_levels(frame.drawn, self.places)
        drawn = np.concatenate([there[layer][discs] for layer, discs in enumerate(self.shown)]).tolist()
        for index, (face, edge) in enumerate(zip(inside, np.clip(rim, 0, 1), strict=True)):
            self.bodies.fill(index, face, drawn[index])
            self.bodies.rim(index, self.thickness[index], edge, drawn[index])

    def write(self, frame: Frame) -> None:
        """Write the values."""
        theme, font = self.context.theme, self.context.faces.strong_figures
        for layer, (discs, size) in enumerate(zip(self.shown, self.number_sizes, strict=True)):
            if size is None:
                continue
            values, levels = frame.activations[layer], frame.arrived[layer]
            if frame.lingering and frame.lingering[layer] > levels.max():
                # The example before still shines, but its numbers are not left beside the row and target of another.
                left = frame.lingering[layer] * (1 - float(frame.arrived[0].max()))
                values, levels = frame.before[layer], np.full(len(values), left)
            for (x, y), value, level, light in zip(  # a bias node has a name instead
                self.places.centres[layer][discs],
                values[discs],
                levels[discs],
                self.scale.neurons(frame, layer)[discs],
                strict=True,
            ):
                text = decimal(self.context.scene, number(value) if layer else self.of_inputs(value))
                ink = theme.figure(float(light))  # a mixture of two inks would be readable on no colour between them
                self.context.canvas.text(text, x, y, font, size, ink, "middle", level)
        if frame.asked > 0 and self.number_sizes[-1] is not None:  # what it will say is not known yet
            for x, y in self.places.centres[-1][self.shown[-1]]:
                ink = theme.figure(0.0)
                self.context.canvas.text("?", x, y, font, self.number_sizes[-1], ink, "middle", frame.asked)


class BiasNodes:
    """Bias nodes: small rings at the ends of the layers, named b₁, b₂, ...; their value is always 1."""

    def __init__(self, context: RenderContext, places: NetworkPositions) -> None:
        self.context, self.places, self.centres = context, places, places.bias_nodes
        unit = context.layout.unit
        radii = [float(places.radii(layer)[-1]) for layer in places.bias_layers]
        radius = min(radii, default=BIAS_RADIUS * places.radius)
        self.names = [f"b{layer + 1}".translate(SUBSCRIPTS) for layer in places.bias_layers]
        font, preferred = context.faces.medium, context.layout.figure
        widest = max((width(name, font, preferred) for name in self.names), default=1.0)
        self.size = min(preferred, preferred * 1.5 * radius / widest)
        self.rings = Shapes(context.canvas, self.centres, radius)
        self.thickness = max(1.0, 2.8 * unit * min(1.0, radius / (BIAS_RADIUS * 43 * unit)))

    def draw(self, frame: Frame) -> None:
        """Draw the rings, as bright as their layer."""
        theme = self.context.theme
        at_rest = mix(theme.neuron, theme.quiet, 0.6)
        drawn = [float(layer[-1]) for layer in node_levels(frame.drawn, self.places)]
        for index, layer in enumerate(self.places.bias_layers):
            level = min(1.0, float(frame.arrived[layer][-1]) + (frame.lingering[layer] if frame.lingering else 0.0))
            self.rings.fill(index, mix(theme.neuron, theme.signal, 0.22 * level), drawn[layer])
            self.rings.rim(index, self.thickness, mix(at_rest, theme.signal, level), drawn[layer])

    def write(self, frame: Frame) -> None:
        """Write their names, where they can be read."""
        context = self.context
        if self.size < SMALLEST_FIGURE * min(context.layout.size):
            return
        drawn = node_levels(frame.drawn, self.places)
        for (x, y), name, layer in zip(self.centres, self.names, self.places.bias_layers, strict=True):
            ink = context.theme.ink
            context.canvas.text(name, x, y, context.faces.medium, self.size, ink, "middle", float(drawn[layer][-1]))


class Marks:
    """Rings around nodes: in the strength of their error signal, and around highlighted ones."""

    def __init__(self, context: RenderContext, places: NetworkPositions, are_tiles: bool) -> None:
        self.context, self.places = context, places
        unit = context.layout.unit
        self.shown = [places.nodes(layer) for layer in range(len(places.centres))]
        centres = np.concatenate([places.centres[layer][nodes] for layer, nodes in enumerate(self.shown)])
        radii = np.concatenate([places.radii(layer)[nodes] for layer, nodes in enumerate(self.shown)])
        self.error_signal = Shapes(context.canvas, centres, radii + 5.5 * unit, are_tiles)
        self.highlight = Shapes(context.canvas, centres, radii + RING_AWAY * unit, are_tiles)
        self.first = np.cumsum([0, *map(len, self.shown)])

    def draw(self, frame: Frame) -> None:
        """Draw the rings of a frame."""
        theme, unit = self.context.theme, self.context.layout.unit
        error_signal = np.concatenate([frame.error_signal[layer][nodes] for layer, nodes in enumerate(self.shown)])
        for index, level in enumerate(np.clip(error_signal, 0, 1).tolist()):
            self.error_signal.rim(index, 3 * unit, theme.error, level)
        for (layer, neuron), level in highlighted_nodes(frame):
            for place in np.flatnonzero(self.shown[layer] == neuron).tolist():  # a cell has no ring (large_layers.py)
                self.highlight.rim(int(self.first[layer]) + place, RING_WIDTH * unit, theme.ink, level)


def highlighted_nodes(frame: Frame) -> list[tuple[tuple[int, int], float]]:
    """Nodes (layer, index) that a worked example, a cue or a weight picture highlights, each with its level, 0 to 1."""
    found = [] if frame.highlighted is None else [(frame.highlighted, 1.0)]
    if frame.first_weights is not None:
        found.append(((1, frame.first_weights.neuron), frame.first_weights.level))
    if (spotlight := frame.spotlight) is not None:
        if spotlight.neuron is not None:
            found.append((spotlight.neuron, spotlight.level))
        if spotlight.synapse is not None:
            layer, start, end = spotlight.synapse
            found += [((layer, start), spotlight.level), ((layer + 1, end), spotlight.level)]
    return found


def are_tokens(recording: Recording) -> bool:
    """True if the inputs are numbers of tokens: whole, some beyond 1, and what takes them is summarised as blocks."""
    inputs = in_numbers(recording.probes.inputs)
    return not recording.network.layers[1].is_dense and bool((inputs % 1 == 0).all() and inputs.max() > 1)


def token(value: float) -> str:
    """The number of a token."""
    return f"{value:.0f}" if value < 99_999.5 else number(value)


def _number_size(context: RenderContext, radius: float) -> float | None:
    """Size of the numbers in the neurons in pixels, or None where they could not be read."""
    layout = context.layout
    preferred = layout.figure
    slot = 1.72 * radius
    longest = max(
        (
            number(float(value))
            for recording in [each for each in context.compared if each.is_complete] or [context.recording]
            for layer in recording.activations
            for value in (layer.min(), layer.max())
        ),
        key=len,
    )
    size = min(preferred, preferred * slot / width(longest, context.faces.strong_figures, preferred))
    return size if size >= SMALLEST_FIGURE * min(layout.size) else None
