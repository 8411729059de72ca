"""Training recorder: fills in the moments and curves of a recording during training."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from netviz.errors import InputError, Problem
from netviz.recording.layers import Floats, Parameters, forward, losses
from netviz.recording.margins import margins_for, right_share
from netviz.recording.network import BIASES, OPTIMIZER_ROLES, WEIGHTS, Network, kept_role
from netviz.recording.recording import AT_REST, InputRows, Recording, versions
from netviz.scene.scene import Scene
from netviz.scene.schedule import (
    cycles_between,
    recorded_count,
    recorded_examples,
    shown_count,
    shown_cycles,
    walked_count,
)
from netviz.training.data import examples_of
from netviz.training.divergence import TrainingDiverged
from netviz.training.optimizers import first_state
from netviz.training.problem import TrainingProblem, TrainingState
from netviz.training.setup import described
from netviz.training.sgd import TrainingStep, TrainResult, check_pass

LARGEST_RECORDING = 2_000_000_000  # bytes
NUMBERS_IN_POINT = 6
"""Numbers of a point of the curve: cycle, train_loss, train_error, test_loss, and both shares of right answers."""
FEWEST_BETWEEN, MOST_BETWEEN = 12, 96
"""Moments at rest between two shown cycles: of a large network, and of a small one, about one for every frame."""
SMALL = 2_000_000
"""Bytes of all those moments up to which they are as many."""


def refuse_too_large(scene: Scene) -> None:
    """Raise InputError if the scene's recording would be larger than 2 GB, before anything is trained."""
    if is_too_large(scene):
        shown, each, moments = shown_count(scene), _presented(scene), most_moments(scene)
        message = (
            f"{shown:,} shown {'cycle' if shown == 1 else 'cycles'} of {each:,} "
            f"{'example' if each == 1 else 'examples'} make a recording of up to {moments:,} "
            f"{'moment' if moments == 1 else 'moments'} with {numbers_in_moment(scene):,} weights and biases each, and "
            f"{most_rows(scene):,} rows with {numbers_in_row(scene):,} numbers each: "
            f"{size_of_recording(scene) / 1e9:,.1f} GB, and {LARGEST_RECORDING / 1e9:g} GB is the limit; "
            f"{_what_helps(scene)}"
        )
        raise InputError([Problem("schedule", message)])


def is_too_large(scene: Scene) -> bool:
    """True if the scene's recording would be larger than 2 GB."""
    return size_of_recording(scene) > LARGEST_RECORDING


def size_of_recording(scene: Scene) -> int:
    """Largest possible size of the scene's recording, in bytes."""
    return _size_with(scene, _presented(scene))


def _size_with(scene: Scene, presented: int) -> int:
    """The same, if each shown cycle presented so many examples."""
    rest, others = _most_at_rest(scene), shown_count(scene) * presented + walked_count(scene)
    steps = shown_count(scene) * min(presented, _steps_in_cycle(scene)) + walked_count(scene)
    numbers = (rest + steps) * numbers_in_moment(scene) + (rest + others) * numbers_in_row(scene)
    examples = scene.data.total_count * (scene.network.layers[0] + scene.network.layers[-1])
    return 8 * (numbers + examples + NUMBERS_IN_POINT * most_points(rest, scene.training.cycles))


def _presented(scene: Scene) -> int:
    return scene.data.train_count if scene.presented_count is None else scene.presented_count


def _steps_in_cycle(scene: Scene) -> int:
    """Largest possible number of steps in a cycle: one more than batches where gradients are carried over."""
    examples, batch = scene.data.train_count, scene.training.batch
    return 1 if batch == "full" else -(-examples // batch) + (scene.training.last_batch == "carry")


def _what_helps(scene: Scene) -> str:
    """Advice for a smaller recording: so many examples in each cycle, where that is enough, or something else."""
    presented = range(1, _presented(scene))
    fitting = bisect_right(presented, LARGEST_RECORDING, key=lambda each: _size_with(scene, each))
    fewer = "show fewer cycles (schedule), or have a smaller network (network.layers)"
    if scene.presentation == "each" and fitting:
        return f"present {fitting:,} or fewer in each cycle (examples: {fitting} in the learning shot), or {fewer}"
    return f"{fewer} or fewer examples"


def numbers_in_moment(scene: Scene) -> int:
    """Weights and biases of the scene's network, with what the optimizer keeps of each."""
    layers, kept = scene.network.layers, OPTIMIZER_ROLES[scene.training.optimizer.name]
    return (1 + len(kept)) * (sum(a * b for a, b in pairwise(layers)) + sum(layers[1:]))


def numbers_in_row(scene: Scene) -> int:
    """Numbers of up to 8 bytes in one row of a recording: activations, loss, and which moment and example it is."""
    return sum(scene.network.layers[1:]) + 2


def most_rows(scene: Scene) -> int:
    """Largest possible number of rows of the scene's recording."""
    return recorded_count(scene) + _most_at_rest(scene)


def most_moments(scene: Scene) -> int:
    """Largest possible number of moments of the scene's recording."""
    in_cycles = min(recorded_count(scene), shown_count(scene) * _steps_in_cycle(scene) + walked_count(scene))
    return _most_at_rest(scene) + in_cycles


def _most_at_rest(scene: Scene) -> int:
    return min(2 + shown_count(scene) * (1 + _most_between(scene)), scene.training.cycles + 1)


def _most_between(scene: Scene) -> int:
    """Moments at rest between two shown cycles, if there are as many cycles."""
    layers = scene.network.layers
    numbers = numbers_in_moment(scene) + sum(layers) + layers[-1] + 3  # of a moment with a row, and its target
    fitting = SMALL // (8 * numbers * shown_count(scene))
    return max(FEWEST_BETWEEN, min(MOST_BETWEEN, fitting))


def kept_cycles(scene: Scene) -> tuple[int, ...]:
    """The cycles after which a moment at rest is kept: the start, the shown cycles, some between them, and the end."""
    kept = {0, scene.training.cycles}
    for before, after in pairwise((0, *shown_cycles(scene))):
        kept |= {after, *cycles_between(before, after, _most_between(scene))}
    return tuple(sorted(kept))


class TrainingRecorder:
    """Recorder of the built-in trainer: fills in the moments, rows and curves of a recording as training goes on."""

    def __init__(self, scene: Scene, problem: TrainingProblem) -> None:
        self.scene, self.problem = scene, problem
        self.kept = kept_cycles(scene)
        self.examples = {cycle: np.array(each) for cycle, each in recorded_examples(scene).items()}
        self.shown = frozenset(self.examples)
        rows, layers = len(self.kept) + sum(map(len, self.examples.values())), problem.layers
        moments = most_moments(scene)
        self._step = np.zeros(moments, dtype=np.int64)
        self._stacks = tuple(
            Parameters(
                tuple(np.empty((moments, a, b)) for a, b in pairwise(layers)),
                tuple(np.empty((moments, size)) for size in layers[1:]),
            )
            for _ in range(1 + len(OPTIMIZER_ROLES[problem.optimizer.name]))
        )
        self._moment = np.zeros(rows, dtype=np.int32)
        self._example = np.full(rows, AT_REST, dtype=np.int32)
        self._activations = tuple(np.empty((rows, size)) for size in layers[1:])
        self._loss = np.empty(rows)
        self.curve = CurveRecorder(scene, problem, self.kept)
        self._row = self._complete_rows = self._moments = 0

    def start(self, state: TrainingState) -> None:
        """Record the moment before training, and the curve's first point. Raises TrainingDiverged if not finite."""
        self.curve.start(state.parameters)
        self.keep_rest(0, state)

    def keep_step(self, cycle: int, before: TrainingState, step: TrainingStep) -> None:
        """Record the forward pass of those examples of a step that the film presents, with the state before it."""
        examples = self.examples[cycle]
        examples = examples[(examples >= step.start) & (examples < step.start + len(step.losses))]
        if not len(examples):
            return
        rows, within = slice(self._row, self._row + len(examples)), examples - step.start
        self._example[rows] = examples
        self._fill(rows, cycle, before, tuple(layer[within] for layer in step.layers))
        self._loss[rows] = step.losses[within]
        self._row = rows.stop

    def keep_rest(self, cycle: int, state: TrainingState) -> None:
        """Record the network as it is after a cycle that is on the curve; all rows before it are now complete."""
        layers = forward(*state.parameters, self.problem.activations, np.zeros(self.problem.layers[0]))
        for layer, activations in enumerate(layers):
            if not np.isfinite(activations).all():
                raise TrainingDiverged(self.problem, cycle, AT_REST, layer, "activations")
        row = slice(self._row, self._row + 1)
        self._fill(row, cycle, state, layers)
        self._loss[row] = self.curve.loss_at(cycle)
        self._row = self._complete_rows = row.stop

    def _fill(self, rows: slice, cycle: int, state: TrainingState, layers: tuple[Floats, ...]) -> None:
        self._moment[rows] = self._moment_of(cycle, state)
        for array, values in zip(self._activations, layers[1:], strict=True):
            array[rows] = values

    def _moment_of(self, cycle: int, state: TrainingState) -> int:
        """The moment of a cycle with this state: the last, or a new one."""
        kept = (state.optimizer or first_state(self.problem, state.parameters)).kept
        pairs = zip(self._stacks, (state.parameters, *kept), strict=True)
        stored = [
            pair
            for stack, now in pairs
            for arrays in zip(stack, now, strict=True)
            for pair in zip(*arrays, strict=True)
        ]
        last = self._moments - 1
        is_new = last < 0 or self._step[last] != cycle
        if is_new or any(array[last].tobytes() != np.asarray(values).tobytes() for array, values in stored):
            last = self._moments
            self._step[last] = cycle
            for array, values in stored:
                array[last] = values
            self._moments += 1
        return last

    def recording(self) -> Recording | None:
        """The recording up to the last complete moment; None before there is one."""
        rows = slice(self._complete_rows)
        if not self._complete_rows:
            return None
        moments = slice(int(self._moment[self._complete_rows - 1]) + 1)
        last, probe = int(self._step[moments][-1]), self._example[rows]
        parts = described(self.scene)
        return Recording(
            **parts,
            step=self._step[moments],
            parameters=parameters_by_role(
                [stack.at(moments) for stack in self._stacks],
                parts["network"],
                OPTIMIZER_ROLES[self.problem.optimizer.name],
            ),
            moment=self._moment[rows],
            probe=probe,
            activations=(
                InputRows(parts["probes"].inputs, probe),
                *(array[rows] for array in self._activations),
            ),
            loss=self._loss[rows],
            info={
                "seed": self.scene.training.seed,
                "versions": versions(),
                "complete": bool(last == self.scene.training.cycles),
            },
            **self.curve.until(last),
        )


def parameters_by_role(
    stacks: Sequence[Parameters], network: Network, kept: Sequence[str] = ()
) -> tuple[dict[str, Floats], ...]:
    """Arrays (M, ...) of moments as a recording has them: for each layer by role, none for the inputs.

    stacks: weights and biases, then what the optimizer keeps of them. kept: its roles.
    """
    found: list[dict[str, Floats]] = [{}]
    for index, layer in enumerate(network.layers[1:]):
        arrays = {
            name: stack[number][index]
            for number, of in enumerate((WEIGHTS, BIASES))
            for name, stack in zip((of, *(kept_role(of, each) for each in kept)), stacks, strict=True)
        }
        found.append({role: arrays[role] for role in layer.parameters})
    return tuple(found)


# The curve: loss and error over the cycles of a run, recorded during training.

LONGEST_WHOLE_CURVE = 100_000  # cycles
CURVE_POINTS = 20_000  # of a longer run, besides the kept cycles

_NUMBERS_AT_ONCE = 4_000_000  # activations of one layer that are held in memory while measuring


def curve_cycles(kept: tuple[int, ...], cycles: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The cycles on the curve: all, or in a long run the kept ones and some thousands geometrically spaced."""
    if cycles <= LONGEST_WHOLE_CURVE:
        return np.arange(cycles + 1, dtype=np.int64)
    return np.unique(np.array([*kept, *cycles_between(0, cycles, CURVE_POINTS)], dtype=np.int64))


def most_points(most_kept: int, cycles: int) -> int:
    """Largest possible number of the curve's points, of a run that keeps up to `most_kept` cycles."""
    return cycles + 1 if cycles <= LONGEST_WHOLE_CURVE else min(cycles + 1, most_kept + CURVE_POINTS)


class CurveRecorder:
    """Recorder of the curve: the cycles of its K points, and its losses and errors.

    Of a scene with a data set or test examples each point is measured over the whole sets, with the weights from after
    the cycle; so are the shares of right answers, if the targets are classes. Otherwise it is taken from training
    itself: each example's loss from just before its batch's update. There no answers are counted, which would take a
    small network longer than its training: a film counts them at the kept moments.
    """

    def __init__(self, scene: Scene, problem: TrainingProblem, kept: tuple[int, ...]) -> None:
        examples = examples_of(scene)
        has_tests = len(examples.test_inputs) > 0
        self.cycles = curve_cycles(kept, scene.training.cycles)
        self.train_loss = np.empty(len(self.cycles))
        self.train_error = np.empty(len(self.cycles))
        self.test_loss = np.empty(len(self.cycles)) if has_tests else None
        self._is_measured = has_tests or scene.data.dataset is not None
        self._problem, self._examples = problem, examples
        every = np.concatenate([problem.targets, examples.test_targets])
        margins = margins_for(problem.targets, every) if self._is_measured else None
        self._margins = {}
        if margins is not None:
            self._margins["accuracy"] = margins
        if margins is not None and has_tests:
            of_test = margins_for(examples.test_targets, every)
            assert of_test is not None, "the classes are those of all examples"
            self._margins["test_accuracy"] = of_test
        self.shares = {name: np.empty(len(self.cycles)) for name in self._margins}

    def start(self, parameters: Parameters) -> None:
        """Record the point before training. Raises TrainingDiverged if it is not finite."""
        self._measure(0, parameters)

    def most_at_once(self, done: int) -> int:
        """Number of cycles after cycle `done` that may be trained before the curve needs the weights."""
        if not self._is_measured:
            return int(self.cycles[-1]) - done
        return int(self.cycles[np.searchsorted(self.cycles, done, side="right")]) - done

    def keep(self, done: int, result: TrainResult) -> None:
        """Record the curve's points in the cycles after cycle `done`. Raises TrainingDiverged if one is not finite."""
        last = done + len(result.errors)
        if not self._is_measured:
            points = slice(*np.searchsorted(self.cycles, [done + 1, last + 1]))
            offsets = self.cycles[points] - (done + 1)
            self.train_error[points] = result.errors[offsets] / self._problem.targets.size
            self.train_loss[points] = result.losses[offsets] / len(self._problem.targets)
        elif self.cycles[np.searchsorted(self.cycles, last)] == last:
            self._measure(last, result.parameters)

    def loss_at(self, cycle: int) -> float:
        """The loss of training at a cycle on the curve."""
        return float(self.train_loss[np.searchsorted(self.cycles, cycle)])

    def until(self, cycle: int) -> dict[str, Any]:
        """The curves up to a cycle, as fields of a Recording."""
        points = slice(int(np.searchsorted(self.cycles, cycle)) + 1)
        curves = {"error": self.train_error[points], "loss": self.train_loss[points]}
        if self.test_loss is not None:
            curves["test_loss"] = self.test_loss[points]
        curves |= {name: shares[points] for name, shares in self.shares.items()}
        return {"curve_step": self.cycles[points], "curves": curves}

    def _measure(self, cycle: int, parameters: Parameters) -> None:
        point = int(np.searchsorted(self.cycles, cycle))
        problem, examples = self._problem, self._examples
        self.train_loss[point], self.train_error[point], answers = self._over(
            parameters, cycle, problem.inputs, problem.targets, tested=False
        )
        of_sets = {"accuracy": answers}
        if self.test_loss is not None:
            self.test_loss[point], _, of_sets["test_accuracy"] = self._over(
                parameters, cycle, examples.test_inputs, examples.test_targets, tested=True
            )
        for name, margins in self._margins.items():
            self.shares[name][point] = right_share(margins(of_sets[name]))

    def _over(
        self, parameters: Parameters, cycle: int, inputs: Floats, targets: Floats, *, tested: bool
    ) -> tuple[float, float, Floats]:
        """Mean loss and mean |target - output| over examples (B, n_0), (B, n_L), and the outputs (B, n_L)."""
        problem, loss, error = self._problem, 0.0, 0.0
        answers = []
        at_once = max(1, _NUMBERS_AT_ONCE // max(problem.layers))
        for start in range(0, len(inputs), at_once):
            part = targets[start : start + at_once]
            layers = forward(*parameters, problem.activations, inputs[start : start + at_once])
            each = losses(*parameters, problem.activations, layers, part, problem.loss)
            if not tested:
                check_pass(problem, cycle, start, layers, each)
            answers.append(layers[-1])
            loss += float(each.sum()) / len(targets)
            error += float(np.abs(part - layers[-1]).sum()) / targets.size
        if not (np.isfinite(loss) and np.isfinite(error)):
            example = AT_REST if tested else len(targets) - 1
            raise TrainingDiverged(problem, cycle, example, len(problem.activations), "test loss" if tested else "loss")
        return loss, error, answers[0] if len(answers) == 1 else np.concatenate(answers)
