"""The parameters of a recording's rows, and recordings in which rows have others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netviz.recording.layers import Floats
from netviz.recording.recording import Recording
from netviz.training.problem import Parameters


def in_rows(recording: Recording) -> Parameters:
    """Weights (S, n_l, n_{l+1}) and biases (S, n_{l+1}) of every row: copies, which can be changed."""
    return Parameters(recording.weights, recording.biases).at(recording.moment)


def with_parameters_in_rows(
    recording: Recording,
    weights: Sequence[Floats] | None = None,
    biases: Sequence[Floats] | None = None,
    **changes: Any,
) -> Recording:
    """The recording with other weights or biases (S, ...), or other arrays: every row has a moment of its own."""
    kept = in_rows(recording)
    return replace(
        recording,
        moment=np.arange(len(recording.moment)),
        weights=kept.weights if weights is None else tuple(weights),
        biases=kept.biases if biases is None else tuple(biases),
        **changes,
    )
