"""Written weights: in a network without hidden layer the weights stand as figures on their synapses: its whole rule."""

from __future__ import annotations

from functools import lru_cache

from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.panel import RenderContext, number
from netviz.drawing.panels.terms_in_network import box_of
from netviz.drawing.synapse_curves import curve
from netviz.drawing.text import width
from netviz.drawing.theme import mix
from netviz.scene.phrases import decimal
from netviz.timeline.frame import Frame

MOST = 6
"""Largest number of synapses that have their weights written on them."""
AT = 0.46
"""Place of a weight on its line, 0 at its start to 1 at its end."""
COME = 0.8
"""Part of the opening from which the weights come."""


class WrittenWeights:
    """Weights of a network without hidden layer, each in its sign's colour on its synapse; else nothing."""

    def __init__(self, context: RenderContext, places: NetworkPositions) -> None:
        self.context = context
        scene, theme, layout = context.scene, context.theme, context.layout
        counts = [len(centres) for centres in places.centres]
        is_small = len(counts) == 2 and counts[0] * counts[1] <= MOST and scene.style == "glow"
        is_free = "equations" not in layout.places and not context.compared
        self.synapses = (
            [(0, start, end) for start in range(counts[0]) for end in range(counts[1])] if is_small and is_free else []
        )
        lines = [curve(places, synapse) for synapse in self.synapses]
        self.centres = [tuple(line[round(AT * (len(line) - 1))].tolist()) for line in lines]
        self.size = layout.figure
        self.inks = [theme.readable(mix(sign, theme.ink, 0.3)) for sign in (theme.negative, theme.positive)]
        self.across = width("−00.00", context.faces.strong_figures, self.size) + 0.4 * self.size
        self._box = lru_cache(maxsize=MOST)(lambda x, y: box_of(context, x, y, self.across, 1.3 * self.size))

    def draw(self, frame: Frame) -> None:
        """Write the weights, which come at the end of the opening."""
        level = min(1.0, max(0.0, (frame.drawn - COME) / (1 - COME)))
        if level <= 0:
            return
        canvas, font = self.context.canvas, self.context.faces.strong_figures
        for (layer, start, end), (x, y) in zip(self.synapses, self.centres, strict=True):
            weight = float(frame.weights[layer][start, end])
            canvas.put(self._box(x, y), level)
            text = decimal(self.context.scene, number(weight).replace("-", "−"))
            canvas.text(text, x, y, font, self.size, self.inks[weight > 0], "middle", level)
