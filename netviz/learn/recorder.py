"""Keeping moments of a training run as it goes by."""

from __future__ import annotations

import platform
from itertools import pairwise
from typing import Any

import numpy as np

from netviz.errors import InputError, Problem
from netviz.learn.divergence import TrainingDiverged
from netviz.learn.lesson import Lesson, Parameters
from netviz.learn.network import Floats, forward, losses
from netviz.learn.recording import AT_REST, FORMAT_VERSION, Recording
from netviz.learn.reference import Chunk, Step, check_pass
from netviz.learn.schedule import between, shown_count, shown_cycles
from netviz.scene.spec import Scene

LARGEST_RECORDING = 2_000_000_000
LONGEST_WHOLE_CURVE = 100_000
CURVE_POINTS = 20_000
MOST_BETWEEN = 12


def refuse_too_large(scene: Scene) -> None:
    """Raise InputError if the scene's recording would be larger than 2 GB, before any of it is made."""
    moments = most_moments(scene)
    size = 8 * (moments * numbers_in_moment(scene) + 3 * min(scene.training.cycles + 1, LONGEST_WHOLE_CURVE))
    if size > LARGEST_RECORDING:
        shown, examples = shown_count(scene), scene.data.train_count
        message = (
            f"{shown:,} shown {'cycle' if shown == 1 else 'cycles'} of {examples:,} "
            f"{'example' if examples == 1 else 'examples'} make a recording of up to {moments:,} moments with "
            f"{numbers_in_moment(scene):,} numbers each: {size / 1e9:,.1f} GB, and {LARGEST_RECORDING / 1e9:g} GB is "
            "the limit; show fewer cycles (schedule), or have a smaller network (network.layers) or fewer examples"
        )
        raise InputError([Problem("schedule", message)])


def numbers_in_moment(scene: Scene) -> int:
    """Numbers of 8 bytes in one row of a recording."""
    layers = scene.network.layers
    return sum(a * b for a, b in pairwise(layers)) + sum(layers[1:]) + sum(layers) + layers[-1] + 3


def most_moments(scene: Scene) -> int:
    """Rows of the scene's recording: at most so many."""
    shown, cycles = shown_count(scene), scene.training.cycles
    at_rest = min(2 + shown * (1 + MOST_BETWEEN), cycles + 1)
    return shown * scene.data.train_count + at_rest


def kept_cycles(scene: Scene) -> tuple[int, ...]:
    """The cycles after which a moment at rest is kept: the start, the shown cycles, some between them, and the end."""
    kept = {0, scene.training.cycles}
    for before, after in pairwise((0, *shown_cycles(scene))):
        kept |= {after, *between(before, after, MOST_BETWEEN)}
    return tuple(sorted(kept))


def curve_cycles(kept: tuple[int, ...], cycles: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The cycles on the curve: all, or in a long run the kept ones and some thousands geometrically spaced."""
    if cycles <= LONGEST_WHOLE_CURVE:
        return np.arange(cycles + 1, dtype=np.int64)
    return np.unique(np.array([*kept, *between(0, cycles, CURVE_POINTS)], dtype=np.int64))


class Recorder:
    """The rows and the curve of a recording, filled in as training goes on."""

    def __init__(self, scene: Scene, lesson: Lesson) -> None:
        self.scene, self.lesson = scene, lesson
        self.kept = kept_cycles(scene)
        self.shown = frozenset(shown_cycles(scene))
        rows, layers = len(self.kept) + len(self.shown) * len(lesson.inputs), lesson.layers
        self._cycle = np.zeros(rows, dtype=np.int64)
        self._example = np.full(rows, AT_REST, dtype=np.int64)
        self._weights = tuple(np.empty((rows, a, b)) for a, b in pairwise(layers))
        self._biases = tuple(np.empty((rows, size)) for size in layers[1:])
        self._activations = tuple(np.empty((rows, size)) for size in layers)
        self._targets = np.full((rows, layers[-1]), np.nan)
        self._loss = np.empty(rows)
        self._curve_cycle = curve_cycles(self.kept, scene.training.cycles)
        self._train_loss = np.empty(len(self._curve_cycle))
        self._train_error = np.empty(len(self._curve_cycle))
        self._row = self._complete_rows = 0

    def start(self, parameters: Parameters) -> None:
        """Keep the moment before training, and the curve's first point. Raises TrainingDiverged if not finite."""
        lesson = self.lesson
        layers = forward(*parameters, lesson.activations, lesson.inputs)
        loss = losses(*parameters, lesson.activations, layers, lesson.targets, lesson.loss)
        errors = np.abs(lesson.targets - layers[-1]).sum(axis=-1)
        check_pass(lesson, 0, 0, layers, loss)
        self.keep_curve(-1, Chunk(parameters, errors.sum(keepdims=True), loss.sum(keepdims=True)))
        self.keep_rest(0, parameters)

    def keep_curve(self, done: int, chunk: Chunk) -> None:
        """Keep what the curve wants of the cycles after cycle `done`."""
        first, last = np.searchsorted(self._curve_cycle, [done + 1, done + 1 + len(chunk.errors)])
        wanted = self._curve_cycle[first:last] - (done + 1)
        examples, outputs = self.lesson.targets.shape
        self._train_error[first:last] = chunk.errors[wanted] / (examples * outputs)
        self._train_loss[first:last] = chunk.losses[wanted] / examples

    def keep_step(self, cycle: int, before: Parameters, step: Step) -> None:
        """Keep the forward pass of each example of a step, with the weights from before it."""
        rows = slice(self._row, self._row + len(step.losses))
        examples = slice(step.start, step.start + len(step.losses))
        self._cycle[rows] = cycle
        self._example[rows] = range(examples.start, examples.stop)
        self._fill(rows, before, step.layers)
        self._targets[rows] = self.lesson.targets[examples]
        self._loss[rows] = step.losses
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
        self._loss[row] = self._train_loss[np.searchsorted(self._curve_cycle, cycle)]
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
        curve = slice(int(np.searchsorted(self._curve_cycle, last)) + 1)
        return Recording(
            scene=self.scene,
            cycle=self._cycle[rows],
            example=self._example[rows],
            weights=tuple(array[rows] for array in self._weights),
            biases=tuple(array[rows] for array in self._biases),
            activations=tuple(array[rows] for array in self._activations),
            targets=self._targets[rows],
            loss=self._loss[rows],
            curve_cycle=self._curve_cycle[curve],
            train_loss=self._train_loss[curve],
            train_error=self._train_error[curve],
            test_loss=None,
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
