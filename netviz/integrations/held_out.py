"""Held-out examples: how a recorded network does on them, worked out afterwards from the weights that were kept."""

from __future__ import annotations

import numpy as np

from netviz.recording.network import BIASES, WEIGHTS
from netviz.recording.probe_passes import pass_probes
from netviz.recording.recording import AnyArray, Probes, Recording

_CHUNK = 4_000_000
"""Activations of held-out examples at all moments that are worked out at once: 32 MB."""


def held_out_curves(recording: Recording, test: Probes, *, factor: float, has_classes: bool) -> dict[str, AnyArray]:
    """Curves (K,) of held-out examples at all kept moments: test_loss, their mean loss, and test_accuracy.

    factor: the framework's loss of an example by netviz's. has_classes: True if the outputs stand for classes; the
    accuracy is the share of examples whose class, or whose classes all, are the right ones. Of a network whose loss is
    not known there is no test_loss.
    """
    assert test.targets is not None
    network, moments = recording.network, len(recording.step)
    weights = [roles[WEIGHTS] for roles in recording.parameters[1:]]
    biases = [roles.get(BIASES) for roles in recording.parameters[1:]]
    losses, right = np.zeros(moments), np.zeros(moments)
    chunk = max(1, _CHUNK // (moments * sum(network.sizes)))
    for start in range(0, len(test.inputs), chunk):
        inputs, targets = (array[start : start + chunk] for array in (test.inputs, test.targets))
        passes = pass_probes(network, weights, biases, Probes(inputs, targets), {}, np.dtype(np.float64))
        answers = passes.activations[-1][:, :-1]
        kept = len(answers)
        if passes.losses is not None:
            losses[:kept] += passes.losses.sum(axis=1)
        losses[kept:] = np.nan  # of a network that has diverged
        if network.sizes[-1] > 1 and network.activations[-1] != "sigmoid":
            is_right = answers.argmax(axis=-1) == targets.argmax(axis=-1)
        else:
            is_right = ((answers > 0.5) == (targets > 0.5)).all(axis=-1)
        right[:kept] += is_right.sum(axis=1)
    count = len(test.inputs)
    curves = {"test_loss": losses / count * factor} if network.has_known_errors else {}
    return curves | ({"test_accuracy": right / count} if has_classes else {})
