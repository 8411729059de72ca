"""Divergence: the error raised when training leaves the range of numbers, with what was recorded before."""

from __future__ import annotations

from netviz.errors import NetvizError
from netviz.recording.recording import Recording
from netviz.training.problem import TrainingProblem


class TrainingDiverged(NetvizError):
    """A weight, an activation or the loss is not a finite number any more.

    cycle: 1-based, 0 before training. example: 0-based, -1 at rest and in testing. layer: 0-based, the inputs being 0.
    where: what left the range, such as "the loss".
    recording: everything recorded before that, with info["complete"] False; None when the start itself is not finite.
    """

    recording: Recording | None = None

    def __init__(self, problem: TrainingProblem, cycle: int, example: int, layer: int, what: str) -> None:
        self.cycle, self.example, self.layer = cycle, example, layer
        when = f"in cycle {cycle}" if cycle else "before the first cycle"
        at = f"at example {example + 1}" if example >= 0 else "in testing" if what == "test loss" else "at rest"
        where = what if what in ("loss", "test loss") else f"{what} of {_name(layer, len(problem.layers) - 1)}"
        self.where = f"the {where}"
        advice = (
            f"lower training.learning_rate, which is {problem.learning_rate:g}"
            if cycle
            else "give smaller initial weights, inputs or targets"
        )
        super().__init__(f"training diverged {when}, {at}: the {where} left the range of numbers; {advice}")


def _name(layer: int, last: int) -> str:
    return "the output layer" if layer == last else f"hidden layer {layer}" if layer else "the inputs"
