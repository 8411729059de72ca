"""Films of runs that are short, or end because numbers are not finite any more."""

from __future__ import annotations

import numpy as np
import pytest

import netviz
from netviz.errors import NetvizWarning
from netviz.recording.recording import finite_part

LOOK = {"output": {"size": "320x180", "fps": 5}, "duration": 8}


def recorder(losses: list[float]) -> netviz.Recorder:
    """A recorder of a run of four examples, whose weights stay finite whatever its loss does."""
    rec = netviz.Recorder([2, 3, 1], "sigmoid", [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], loss="squared_error")
    for step, loss in enumerate(losses):
        rec.snap(loss, weights=[np.full((2, 3), 1.0 + step), np.full((3, 1), 1.0 - step)], keep=True)
    return rec


def test_a_run_of_one_step_has_a_film() -> None:
    assert netviz.still(recorder([0.5, 0.4]), "end", look=LOOK).any()


@pytest.mark.parametrize("lost", [np.inf, np.nan])
def test_a_loss_out_of_range_ends_the_film_though_the_weights_are_finite(lost: float) -> None:
    """A loss overflows before the weights that it is of."""
    with pytest.warns(NetvizWarning, match="step 3: training diverged, loss is not finite"):
        rec = recorder([0.5, 0.4, 1e300, lost])
    part = finite_part(rec.recording())
    assert part.step.tolist() == part.curve_step.tolist() == [0, 1, 2] and part.diverged_at == 3
    assert np.isfinite(part.curves["loss"]).all()
    assert netviz.still(rec, "end", look=LOOK).any()
