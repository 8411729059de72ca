"""The parameters of a recording's rows, and recordings in which rows have others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netviz.pipeline.looks import filmed
from netviz.recording.comparison import Comparison
from netviz.recording.layers import Floats, Parameters
from netviz.recording.network import Network
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.training.training_recorder import parameters_by_role


def in_rows(recording: Recording) -> Parameters:
    """Weights (R, n_l, n_{l+1}) and biases (R, n_{l+1}) of every row: copies, which can be changed."""
    return Parameters(recording.weights, recording.biases).at(recording.moment)


def with_parameters(
    recording: Recording,
    weights: Sequence[Floats] | None = None,
    biases: Sequence[Floats] | None = None,
    **changes: Any,
) -> Recording:
    """The recording with other weights or biases (M, ...) of its moments, or other arrays."""
    stack = Parameters(tuple(weights or recording.weights), tuple(biases or recording.biases))
    return replace(recording, parameters=parameters_by_role([stack], recording.network), **changes)


def with_parameters_in_rows(
    recording: Recording,
    weights: Sequence[Floats] | None = None,
    biases: Sequence[Floats] | None = None,
    **changes: Any,
) -> Recording:
    """The recording with other weights or biases (R, ...), or other arrays: every row has a moment of its own."""
    kept = in_rows(recording)
    stack = Parameters(
        kept.weights if weights is None else tuple(weights), kept.biases if biases is None else tuple(biases)
    )
    network = Network.of_dense(recording.network.sizes, recording.network.activations, loss=recording.network.loss)
    return replace(
        recording,
        network=recording.network if recording.network.has_biases else network,
        step=recording.row_step,
        moment=np.arange(len(recording.moment)),
        parameters=parameters_by_role([stack], network),
        **changes,
    )


def own_scene(recorded: Recording | Comparison) -> Scene:
    """The scene that a recording of netviz's own is shown with, and was trained from."""
    scene = filmed(recorded).scene
    assert isinstance(scene, Scene)
    return scene
