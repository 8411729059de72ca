"""The same film as one would write it in plain matplotlib: artists updated in place, glow by stacked transparency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure

from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.panel import number
from netviz.drawing.renderer import Renderer
from netviz.timeline.timeline import Timeline

GLOWS = ((1.0, 0.9), (3.0, 0.25), (6.0, 0.12), (10.0, 0.06))
HALOS = ((1.0, 1.0), (1.5, 0.25), (2.2, 0.12), (3.0, 0.06))


def plain_animation(timeline: Timeline, shown: Sequence[int]) -> FuncAnimation:
    """A FuncAnimation of these frames: network, values, table, numbers and curve."""
    panel = next(panel for panel in Renderer(timeline).panels if isinstance(panel, NetworkPanel))
    recording, theme = timeline.recording, panel.context.theme
    width, height = timeline.scene.output.size
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor=tuple(theme.edge))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))
    lines = [line for layer in panel.lines for line in layer]
    centres = np.concatenate(panel.places.centres)
    synapses = [axes.add_collection(LineCollection(lines), autolim=False) for _ in GLOWS]
    size = np.full(len(centres), 2 * panel.places.radius)
    neurons = [
        axes.add_collection(
            EllipseCollection(
                size * s, size * s, 0 * size, units="xy", offsets=centres, offset_transform=axes.transData
            ),
            autolim=False,
        )
        for s, _ in reversed(HALOS)
    ]
    style: dict[str, Any] = {"color": "white", "fontsize": 15, "ha": "center", "va": "center"}
    values = [axes.text(x, y, "", **style) for x, y in centres]
    header = [axes.text(300, y, "", **style) for y in (100, 900, 960)]
    run = timeline.scene.outline
    for row, (inputs, target) in enumerate(zip(run.inputs or (), run.targets or (), strict=True)):
        axes.text(160, 330 + 42 * row, f"{inputs} {target}", **style)
    axes.plot(600 + 70 * np.log1p(recording.curve_step[::50]), 990 - 190 * recording.main_curve[::50], "w-", alpha=0.3)
    (curve,) = axes.plot([], [], "-", color=tuple(theme.error), lw=2)

    def show(index: int) -> list[Any]:
        frame = timeline.frame(shown[index])
        weights = np.concatenate([layer.ravel() for layer in frame.weights])
        colours = np.where(weights[:, None] > 0, theme.positive, theme.negative)
        for artist, (wider, alpha) in zip(synapses, GLOWS, strict=True):
            artist.set(
                color=np.column_stack([colours, np.full(len(weights), alpha)]), linewidth=0.7 * wider * np.abs(weights)
            )
        levels = np.concatenate([a * v for a, v in zip(frame.arrived, frame.activations, strict=True)]).clip(0, 1)
        for artist, (_, alpha) in zip(neurons, reversed(HALOS), strict=True):
            artist.set(facecolor=np.column_stack([levels[:, None] * theme.signal, np.full(len(levels), alpha)]))
        for text, value in zip(values, np.concatenate(frame.activations), strict=True):
            text.set_text(number(float(value)))
        for text, line in zip(header, (frame.caption, f"{frame.cycle:,}", f"{100 * frame.error:.2f}%"), strict=True):
            text.set_text(line)
        until = np.searchsorted(recording.curve_step, frame.curve_cycle)
        x, y = recording.curve_step[:until:50], recording.main_curve[:until:50]
        curve.set_data(600 + 70 * np.log1p(x), 990 - 190 * y)
        return []

    return FuncAnimation(figure, show, frames=len(shown), cache_frame_data=False)
