"""Keeping moments of a training run as it goes by."""

from __future__ import annotations

import platform
from itertools import pairwise

import numpy as np

from netviz.errors import InputError, Problem
from netviz.learn.curve import Curve, most_points
from netviz.learn.divergence import TrainingDiverged
from netviz.learn.lesson import Lesson, Parameters
from netviz.learn.network import Floats, forward
from netviz.learn.recording import AT_REST, FORMAT_VERSION, Recording
from netviz.learn.reference import Step
from netviz.learn.schedule import between, recorded_count, recorded_examples, shown_count, shown_cycles, walked_count
from netviz.scene.spec import Scene

LARGEST_RECORDING = 2_000_000_000
NUMBERS_IN_POINT = 4
"""Of the curve: cycle, train_loss, train_error, test_loss."""
MOST_BETWEEN = 12


def refuse_too_large(scene: Scene) -> None:
    """Raise InputError if the scene's recording would be larger than 2 GB, before any of it is made."""
    if is_too_large(scene):
        moments, size = most_moments(scene), size_of_recording(scene)
        shown, examples = shown_count(scene), scene.data.train_count
        each = examples if scene.presented_count is None else scene.presented_count
        message = (
            f"{shown:,} shown {'cycle' if shown == 1 else 'cycles'} of {each:,} "
            f"{'example' if each == 1 else 'examples'} make a recording of up to {moments:,} moments with "
            f"{numbers_in_moment(scene):,} numbers each: {size / 1e9:,.1f} GB, and {LARGEST_RECORDING / 1e9:g} GB is "
            f"the limit; {_what_helps(scene)}"
        )
        raise InputError([Problem("schedule", message)])


def is_too_large(scene: Scene) -> bool:
    """Whether the scene's recording would be larger than 2 GB."""
    return size_of_recording(scene) > LARGEST_RECORDING


def size_of_recording(scene: Scene) -> int:
    """Bytes of the scene's recording: at most so many."""
    points = most_points(_most_at_rest(scene), scene.training.cycles)
    return 8 * (most_moments(scene) * numbers_in_moment(scene) + NUMBERS_IN_POINT * points)


def _what_helps(scene: Scene) -> str:
    """How many examples a cycle may present so that the recording is small enough, or what else to do."""
    moments = LARGEST_RECORDING // (8 * numbers_in_moment(scene)) - _most_at_rest(scene) - walked_count(scene)
    fitting = moments // shown_count(scene)
    fewer = "show fewer cycles (schedule), or have a smaller network (network.layers)"
    if scene.presentation == "each" and 1 <= fitting < (scene.presented_count or scene.data.train_count):
        return f"present {fitting:,} or fewer in each cycle (examples: {fitting} in the learning shot), or {fewer}"
    return f"{fewer} or fewer examples"


def numbers_in_moment(scene: Scene) -> int:
    """Numbers of 8 bytes in one row of a recording."""
    layers = scene.network.layers
    return sum(a * b for a, b in pairwise(layers)) + sum(layers[1:]) + sum(layers) + layers[-1] + 3


def most_moments(scene: Scene) -> int:
    """Rows of the scene's recording: at most so many."""
    return recorded_count(scene) + _most_at_rest(scene)


def _most_at_rest(scene: Scene) -> int:
    return min(2 + shown_count(scene) * (1 + MOST_BETWEEN), scene.training.cycles + 1)


def kept_cycles(scene: Scene) -> tuple[int, ...]:
    """The cycles after which a moment at rest is kept: the start, the shown cycles, some between them, and the end."""
    kept = {0, scene.training.cycles}
    for before, after in pairwise((0, *shown_cycles(scene))):
        kept |= {after, *between(before, after, MOST_BETWEEN)}
    return tuple(sorted(kept))


class Recorder:
    """The rows and the curve of a recording, filled in as training goes on."""

    def __init__(self, scene: Scene, lesson: Lesson) -> None:
        self.scene, self.lesson = scene, lesson
        self.kept = kept_cycles(scene)
        self.examples = {cycle: np.array(each) for cycle, each in recorded_examples(scene).items()}
        self.shown = frozenset(self.examples)
        rows, layers = len(self.kept) + sum(map(len, self.examples.values())), lesson.layers
        self._cycle = np.zeros(rows, dtype=np.int64)
        self._example = np.full(rows, AT_REST, dtype=np.int64)
        self._weights = tuple(np.empty((rows, a, b)) for a, b in pairwise(layers))
        self._biases = tuple(np.empty((rows, size)) for size in layers[1:])
        self._activations = tuple(np.empty((rows, size)) for size in layers)
        self._targets = np.full((rows, layers[-1]), np.nan)
        self._loss = np.empty(rows)
        self.curve = Curve(scene, lesson, self.kept)
        self._row = self._complete_rows = 0

    def start(self, parameters: Parameters) -> None:
        """Keep the moment before training, and the curve's first point. Raises TrainingDiverged if not finite."""
        self.curve.start(parameters)
        self.keep_rest(0, parameters)

    def keep_step(self, cycle: int, before: Parameters, step: Step) -> None:
        """Keep the forward pass of those examples of a step that are recorded, with the weights from before it."""
        examples = self.examples[cycle]
        examples = examples[(examples >= step.start) & (examples < step.start + len(step.losses))]
        rows, within = slice(self._row, self._row + len(examples)), examples - step.start
        self._cycle[rows] = cycle
        self._example[rows] = examples
        self._fill(rows, before, tuple(layer[within] for layer in step.layers))
        self._targets[rows] = self.lesson.targets[examples]
        self._loss[rows] = step.losses[within]
        self._row = rows.stop

    def keep_rest(self, cycle: int, parameters: Parameters) -> None:
        """Keep the network as it is after a cycle that is on the curve; all rows before it are now complete."""
        layers = forward(*parameters, self.lesson.activations, np.zeros(self.lesson.layers[0]))
        for layer, activations in enumerate(layers):
            if not np.isfinite(activations).all():
                raise TrainingDiverged(self.lesson, cycle, AT_REST, layer, "activations")
        row = slice(self._row, self._row + 1)
        self._cycle[row] = cycle
        self._fill(row, parameters, layers)
        self._loss[row] = self.curve.loss_at(cycle)
        self._row = self._complete_rows = row.stop

    def _fill(self, rows: slice, parameters: Parameters, layers: tuple[Floats, ...]) -> None:
        for kept, now in (
            *zip(self._weights, parameters.weights, strict=True),
            *zip(self._biases, parameters.biases, strict=True),
            *zip(self._activations, layers, strict=True),
        ):
            kept[rows] = now

    def recording(self) -> Recording | None:
        """The recording up to the last complete moment; None before there is one."""
        rows = slice(self._complete_rows)
        if not self._complete_rows:
            return None
        last = self._cycle[self._complete_rows - 1]
        curve = self.curve
        points = slice(int(np.searchsorted(curve.cycles, last)) + 1)
        return Recording(
            scene=self.scene,
            cycle=self._cycle[rows],
            example=self._example[rows],
            weights=tuple(array[rows] for array in self._weights),
            biases=tuple(array[rows] for array in self._biases),
            activations=tuple(array[rows] for array in self._activations),
            targets=self._targets[rows],
            loss=self._loss[rows],
            curve_cycle=curve.cycles[points],
            train_loss=curve.train_loss[points],
            train_error=curve.train_error[points],
            test_loss=None if curve.test_loss is None else curve.test_loss[points],
            info={
                "format": FORMAT_VERSION,
                "seed": self.scene.training.seed,
                "versions": {"netviz": _version(), "numpy": np.__version__, "python": platform.python_version()},
                "complete": bool(last == self.scene.training.cycles),
            },
        )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("netviz-film")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
