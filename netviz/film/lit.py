"""The network with a signal in it: what a step of learning or a thought adds to the dark picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netviz.film import motion
from netviz.film.frame import Array, Frame
from netviz.film.motion import Beats
from netviz.film.nodes import State, between
from netviz.film.signals import Presented, blame_of, flow_of, pulses


def lit(dark: Frame, shown: Presented, beats: Beats, phase: float, before: State, after: State | None) -> Frame:
    """A frame at a phase of its beats.

    dark: the same moment without any signal. before, after: what the network had learned before and after the step;
    None where nothing is learned.
    """
    layers = len(before.weights)
    flow = flow_of(shown, before)
    blame, back = blame_of(shown, before)
    state, change = before, dark.change
    if after is not None:
        state = between(before, after, motion.updated(beats, phase))
        change = change_of(before, after, motion.swell((phase - beats.update[0]) / (beats.update[1] - beats.update[0])))
    return replace(
        presented(dark, shown),
        presented=motion.presented(beats, phase),
        weights=state.weights,
        biases=state.biases,
        arrived=tuple(
            np.full(len(layer), motion.arrived(beats, phase, number, layers))
            for number, layer in enumerate(shown.activations)
        ),
        carried=tuple(motion.carried(beats, phase, number, layers) * layer for number, layer in enumerate(flow)),
        blame=tuple(motion.blamed(beats, phase, number, layers) * layer for number, layer in enumerate(blame)),
        change=change,
        compared=motion.compared(beats, phase),
        pulses=(
            *pulses("forward", flow, [motion.leg(beats.forward, layer, layers) for layer in range(layers)], phase),
            *pulses(
                "backward", back, [motion.leg(beats.backward, layer, layers) for layer in range(layers)][::-1], phase
            ),
        ),
    )


def presented(dark: Frame, shown: Presented) -> Frame:
    """A dark frame that says what is presented, and what came of it."""
    return replace(
        dark,
        example=shown.example,
        inputs=shown.inputs,
        target=shown.target,
        point=shown.point,
        row=shown.row,
        row_after=shown.row_after,
        activations=shown.activations,
    )


def change_of(before: State, after: State, flash: float) -> tuple[Array, ...]:
    """Signed change of each weight (nodes_l, n_{l+1}), 1 = the largest of the step, times the level of a flash."""
    steps = [b - a for a, b in zip(before.weights, after.weights, strict=True)]
    most = max(float(np.abs(step).max()) for step in steps) or 1.0
    return tuple(step / most * max(0.0, flash) for step in steps)
