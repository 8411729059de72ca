"""A moment of a walk: one example worked through, each neuron lighting as its equation is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netviz.film.course import Course
from netviz.film.frame import Array, Frame
from netviz.film.lit import flashing, presented
from netviz.film.motion import Window, rise
from netviz.film.nodes import between
from netviz.film.script import Line
from netviz.film.signals import Presented, Travels, pulses

DIMMED = 0.45
"""What is left of the light in the synapses once the error goes back through them."""


def walk(dark: Frame, travels: Travels, course: Course, time: float, *, stands: bool = False) -> Frame:
    """A frame of a walk, `time` seconds from its start. dark: the same moment without any signal.

    stands: whether it is a still, in which the change of the weights is seen as long as their update is told.
    """
    shown, before, after = travels.shown, travels.before, travels.after
    out = 1 - rise(time, *course.lights_out)
    compared = rise(time, *course.compare)
    dim = 1 - (1 - DIMMED) * rise(time, *course.returns[-1]) if course.returns else 1.0
    lines_out = 1 - rise(time, *course.lines_out)
    state, change = before, dark.change
    if after is not None and course.update is not None:
        start, stop = course.update
        state = between(before, after, rise(time, start, stop))
        change = flashing(travels.change, 0.5 if stands and start <= time < stop else (time - start) / (stop - start))
    return replace(
        presented(dark, shown),
        presented=rise(time, *course.present) * out,
        arrived=tuple(out * level for level in _arrived(shown, course, time)),
        carried=tuple(
            rise(time, *window) * dim * out * layer for window, layer in zip(course.travels, travels.flow, strict=True)
        ),
        blame=tuple(
            level * out * layer for level, layer in zip(_blamed(course, compared, time), travels.blame, strict=True)
        ),
        weights=state.weights,
        biases=state.biases,
        change=change,
        compared=compared * out,
        pulses=(
            *pulses("forward", travels.flow, course.travels, time),
            *pulses("backward", travels.back, course.returns, time),
        ),
        told=tuple(rise(time, *window) * lines_out for window in course.lines),
        focus=_focus(course, time),
    )


def _arrived(shown: Presented, course: Course, time: float) -> list[Array]:
    """Level of light of every node: the inputs at once, then neuron by neuron; a bias node with its layer's first."""
    levels = [np.full(len(shown.activations[0]), rise(time, *course.present))]
    for nodes, windows in zip(shown.activations[1:], course.lightings, strict=True):
        neurons = [rise(time, *window) for window in windows]
        levels.append(np.array((neurons + neurons[:1])[: len(nodes)]))
    return levels


def _blamed(course: Course, compared: float, time: float) -> list[float]:
    """Level of the error in each layer: in the outputs from the comparison on, then layer by layer on its way back."""
    if not course.returns:
        return [0.0] * len(course.travels) + [compared]
    return [*(rise(time, *_end(window)) for window in course.returns), compared]


def _end(window: Window) -> Window:
    """The last part of a window, in which what travels arrives."""
    start, stop = window
    return stop - 0.2 * (stop - start), stop


def _focus(course: Course, time: float) -> tuple[int, int] | None:
    """The neuron that is spoken of."""
    part = course.part_at(time)
    if isinstance(part, Line) and part.kind in ("sum", "activation", "delta", "gradient"):
        return part.layer + 1, part.neuron
    return None
