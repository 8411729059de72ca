"""The network with a signal in it: what a step of learning or a thought adds to the dark picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netviz.film import motion
from netviz.film.frame import Array, Frame
from netviz.film.motion import CHANGED, STILLS, Beats
from netviz.film.nodes import between
from netviz.film.signals import Presented, Travels, dimmed, pulses


def lit(dark: Frame, travels: Travels, beats: Beats, phase: float) -> Frame:
    """A frame at a phase of its beats. dark: the same moment without any signal."""
    shown, before, after = travels.shown, travels.before, travels.after
    layers = len(before.weights)
    state, change = before, dark.change
    if after is not None:
        state = between(before, after, motion.updated(beats, phase))
        change = flashing(travels.change, (phase - beats.update[0]) / (beats.update[1] - beats.update[0]))
    legs = motion.legs(beats.forward, layers), motion.legs(beats.backward, layers)[::-1]
    return replace(
        presented(dark, shown),
        presented=motion.presented(beats, phase),
        weights=state.weights,
        biases=state.biases,
        arrived=tuple(
            np.full(len(layer), motion.arrived(beats, phase, number, layers))
            for number, layer in enumerate(shown.activations)
        ),
        carried=tuple(
            dimmed(layer, motion.carried(beats, phase, number, layers)) for number, layer in enumerate(travels.flow)
        ),
        blame=tuple(
            dimmed(layer, motion.blamed(beats, phase, number, layers)) for number, layer in enumerate(travels.blame)
        ),
        change=change,
        compared=motion.compared(beats, phase),
        pulses=(
            *pulses("forward", travels.flow, legs[0], phase),
            *pulses("backward", travels.back, legs[1], phase),
        ),
    )


def still(dark: Frame, travels: Travels, phase: float) -> Frame:
    """The same at a moment of STILLS. When the weights have moved, it is seen which of them did, and how far."""
    frame = lit(dark, travels, STILLS, phase)
    return replace(frame, change=travels.change) if phase == CHANGED and travels.after is not None else frame


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


def flashing(change: tuple[Array, ...], part: float) -> tuple[Array, ...]:
    """How the change of the weights shows while they move, of which `part` (0 to 1) is over."""
    flash = max(0.0, motion.swell(part))
    return tuple(dimmed(layer, flash) for layer in change)
