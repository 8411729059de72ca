"""Loss and error over the cycles of a training run, filled in as it goes by."""

from __future__ import annotations

from typing import Any

import numpy as np

from netviz.learn.divergence import TrainingDiverged
from netviz.learn.examples import examples_of
from netviz.learn.lesson import Lesson, Parameters
from netviz.learn.network import Floats, forward, losses
from netviz.learn.recording import AT_REST
from netviz.learn.reference import Chunk, check_pass
from netviz.learn.schedule import between
from netviz.scene.spec import Scene

LONGEST_WHOLE_CURVE = 100_000
CURVE_POINTS = 20_000

_NUMBERS_AT_ONCE = 4_000_000  # activations of one layer that are held in memory while measuring


def curve_cycles(kept: tuple[int, ...], cycles: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The cycles on the curve: all, or in a long run the kept ones and some thousands geometrically spaced."""
    if cycles <= LONGEST_WHOLE_CURVE:
        return np.arange(cycles + 1, dtype=np.int64)
    return np.unique(np.array([*kept, *between(0, cycles, CURVE_POINTS)], dtype=np.int64))


def most_points(most_kept: int, cycles: int) -> int:
    """Points of the curve of a run that keeps up to so many cycles: at most so many."""
    return cycles + 1 if cycles <= LONGEST_WHOLE_CURVE else min(cycles + 1, most_kept + CURVE_POINTS)


class Curve:
    """The curve of K points, and which cycles they are.

    Of a scene with a data set or test examples each point is measured over the whole sets, with the weights from after
    the cycle. Otherwise it is what training met on its way: each example's loss from just before its batch's update.
    """

    def __init__(self, scene: Scene, lesson: Lesson, kept: tuple[int, ...]) -> None:
        examples = examples_of(scene)
        has_tests = len(examples.test_inputs) > 0
        self.cycles = curve_cycles(kept, scene.training.cycles)
        self.train_loss = np.empty(len(self.cycles))
        self.train_error = np.empty(len(self.cycles))
        self.test_loss = np.empty(len(self.cycles)) if has_tests else None
        self._is_measured = has_tests or scene.data.dataset is not None
        self._lesson, self._examples = lesson, examples

    def start(self, parameters: Parameters) -> None:
        """Keep the point before training. Raises TrainingDiverged if it is not finite."""
        self._measure(0, parameters)

    def most_at_once(self, done: int) -> int:
        """So many cycles after cycle `done` may be trained before the curve wants to see the weights."""
        if not self._is_measured:
            return int(self.cycles[-1]) - done
        return int(self.cycles[np.searchsorted(self.cycles, done, side="right")]) - done

    def keep(self, done: int, chunk: Chunk) -> None:
        """Keep what the curve wants of the cycles after cycle `done`. Raises TrainingDiverged if it is not finite."""
        last = done + len(chunk.errors)
        if not self._is_measured:
            points = slice(*np.searchsorted(self.cycles, [done + 1, last + 1]))
            wanted = self.cycles[points] - (done + 1)
            self.train_error[points] = chunk.errors[wanted] / self._lesson.targets.size
            self.train_loss[points] = chunk.losses[wanted] / len(self._lesson.targets)
        elif self.cycles[np.searchsorted(self.cycles, last)] == last:
            self._measure(last, chunk.parameters)

    def loss_at(self, cycle: int) -> float:
        """The loss of training at a cycle on the curve."""
        return float(self.train_loss[np.searchsorted(self.cycles, cycle)])

    def _measure(self, cycle: int, parameters: Parameters) -> None:
        point = int(np.searchsorted(self.cycles, cycle))
        lesson, examples = self._lesson, self._examples
        self.train_loss[point], self.train_error[point] = self._over(
            parameters, cycle, lesson.inputs, lesson.targets, tested=False
        )
        if self.test_loss is not None:
            self.test_loss[point], _ = self._over(
                parameters, cycle, examples.test_inputs, examples.test_targets, tested=True
            )

    def _over(
        self, parameters: Parameters, cycle: int, inputs: Floats, targets: Floats, *, tested: bool
    ) -> tuple[float, float]:
        """Mean loss and mean |target - output| over examples (B, n_0), (B, n_L)."""
        lesson, loss, error = self._lesson, 0.0, 0.0
        at_once = max(1, _NUMBERS_AT_ONCE // max(lesson.layers))
        for start in range(0, len(inputs), at_once):
            part = targets[start : start + at_once]
            layers = forward(*parameters, lesson.activations, inputs[start : start + at_once])
            each = losses(*parameters, lesson.activations, layers, part, lesson.loss)
            if not tested:
                check_pass(lesson, cycle, start, layers, each)
            loss += float(each.sum()) / len(targets)
            error += float(np.abs(part - layers[-1]).sum()) / targets.size
        if not (np.isfinite(loss) and np.isfinite(error)):
            example = AT_REST if tested else len(targets) - 1
            raise TrainingDiverged(lesson, cycle, example, len(lesson.activations), "test loss" if tested else "loss")
        return loss, error
