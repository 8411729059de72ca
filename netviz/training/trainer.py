"""Trainer: trains a scene's network with the fastest engine that fits, and returns its Recording."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import prod
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits

from netviz.recording.layers import Parameters
from netviz.recording.recording import DIVERGED, DIVERGED_IN, Recording
from netviz.scene.scene import Scene
from netviz.scene.schedule import shown_count
from netviz.training.compiled_engine import can_be_compiled, compile_steps, term_count
from netviz.training.divergence import TrainingDiverged
from netviz.training.initializers import initial_parameters
from netviz.training.numpy_engine import can_be_in_place, train_in_place
from netviz.training.playground_engine import can_be_compiled_in_order, compile_in_order
from netviz.training.problem import TrainingProblem, TrainingState, training_problem
from netviz.training.sgd import TrainResult, run_reference
from netviz.training.training_recorder import TrainingRecorder, refuse_too_large

TrainingProgress = Callable[[int, int], None]

__all__ = ["TrainingDiverged", "train"]

_SECONDS_BETWEEN_REPORTS = 0.05


def train(scene: Scene, *, progress: TrainingProgress | None = None) -> Recording:
    """Train the scene's network, and record the moments of its schedule.

    progress: called with (cycles done, cycles in all) some twenty times a second, and at the end.
    Raises InputError, before training, if the recording would be larger than 2 GB; TrainingDiverged, with the recording
    up to there, if a number is not finite any more.
    """
    refuse_too_large(scene)
    problem = training_problem(scene)
    recorder = TrainingRecorder(scene, problem)
    try:
        # Numbers that are not finite are found by checks, not by warnings.
        with np.errstate(all="ignore"), threadpool_limits(most_threads(problem)):
            _train(problem, recorder, initial_parameters(scene), _Reporter(progress, scene.training.cycles))
    except TrainingDiverged as diverged:
        if (recording := recorder.recording()) is not None:
            info = {**recording.info, DIVERGED: diverged.cycle, DIVERGED_IN: diverged.where}
            diverged.recording = replace(recording, info=info)
        raise
    recording = recorder.recording()
    assert recording is not None, "training ends with a kept moment"
    return recording


def _train(problem: TrainingProblem, recorder: TrainingRecorder, parameters: Parameters, reporter: _Reporter) -> None:
    """Train shown cycles step by step, in NumPy, and the cycles between them with the engine that suits them."""
    state, done = TrainingState(parameters), 0
    recorder.start(state)
    engine = engine_for(recorder.scene, problem)
    for cycle in recorder.kept[1:]:
        shown = cycle in recorder.shown
        last = cycle - 1 if shown else cycle
        while done < last:
            count = min(engine.cycles_at_once, last - done, recorder.curve.most_at_once(done))
            result = engine.run(state, count, done + 1)
            state = result.state
            recorder.curve.keep(done, result)
            done += count
            reporter.report(done, count / engine.cycles_at_once)
        if shown:
            result = run_reference(problem, state, 1, watched_from=cycle, keep=partial(recorder.keep_step, cycle))
            state = result.state
            recorder.curve.keep(done, result)
            done = cycle
            reporter.report(done, reference_seconds(problem) / _SECONDS_BETWEEN_REPORTS)
        recorder.keep_rest(cycle, state)


class _Reporter:
    """Passes progress on, but only when about a twentieth of a second of work has been done since."""

    def __init__(self, progress: TrainingProgress | None, cycles: int) -> None:
        self._progress, self._cycles = progress, cycles
        self._work = 0.0

    def report(self, done: int, work: float) -> None:
        """Add work, and pass progress on when there is enough of it.

        done: cycles so far. work: since the last call, in parts of the work between two reports.
        """
        self._work += work
        if self._progress is not None and (self._work >= 1.0 or done == self._cycles):
            self._progress(done, self._cycles)
            self._work = 0.0


# Choice of the engine, and of the number of cycles it trains at a time.

# Measured with benchmarks/growth.py. Written out, a weight takes Python about 0.085 microseconds a step, four times as
# long in Playground's order. In place, NumPy takes about 12 microseconds for a layer and 7 for a step whatever its
# size, until the arithmetic takes as long.
_SECONDS_A_WEIGHT = 8.5e-8
_SECONDS_A_LAYER = 1.2e-5
_SECONDS_A_STEP = 7e-6
_SECONDS_A_CHANGED_WEIGHT = 1.5e-9
_SECONDS_A_PRODUCT = 6e-11
_SECONDS_A_GELU = 1e-7  # an estimate: Python's erfc is called for each number
_TIMES_THE_REFERENCE = 2.5
_MOST_WEIGHTS_A_LAYER_IN_ORDER = 200
_SECONDS_TO_COMPILE_A_TERM = 2.5e-5
SECONDS_AT_ONCE = 0.05
_PRODUCTS_WORTH_THREADS = 50_000_000


@dataclass(frozen=True)
class Engine:
    """Training of one problem, by one of four ways to compute it."""

    name: Literal["generated", "generated in order", "in place", "reference"]
    run: Callable[[TrainingState, int, int], TrainResult]
    """(state, cycles, number of the first) -> TrainResult, all finite; raises TrainingDiverged where that cannot be."""
    cycles_at_once: int
    """Number of cycles that take about a twentieth of a second."""


def engine_for(scene: Scene, problem: TrainingProblem) -> Engine:
    """The engine that trains the scene's problem in the cycles that are not shown."""
    return choose_engine(problem, scene.training.cycles - shown_count(scene))


def choose_engine(problem: TrainingProblem, cycles: int) -> Engine:
    """The engine for so many cycles: generated Python for many small steps, NumPy for all else."""
    steps = len(problem.inputs) * cycles
    written_out = len(problem.inputs) * problem.weight_count * _SECONDS_A_WEIGHT
    small_in_order = problem.weight_count <= _MOST_WEIGHTS_A_LAYER_IN_ORDER * len(problem.activations)
    if can_be_compiled_in_order(problem) and small_in_order and steps >= 10 * problem.weight_count:
        return Engine("generated in order", _watched(problem, compile_in_order(problem)), _at_once(4 * written_out))
    saved = in_place_seconds(problem) - written_out
    if can_be_compiled(problem) and saved * cycles > term_count(problem) * _SECONDS_TO_COMPILE_A_TERM:
        return Engine("generated", _watched(problem, compile_steps(problem)), _at_once(written_out))
    if can_be_in_place(problem):
        return Engine("in place", _watched(problem, train_in_place(problem)), _at_once(in_place_seconds(problem)))
    return Engine("reference", _watched(problem, partial(run_reference, problem)), _at_once(reference_seconds(problem)))


def _at_once(seconds_a_cycle: float) -> int:
    return max(1, int(SECONDS_AT_ONCE / seconds_a_cycle))


def most_threads(problem: TrainingProblem) -> int | None:
    """Threads for a matrix product: one, or as many as there are (None) where each product takes them milliseconds.

    For less, threads mostly wait for each other, and on a busy machine they may wait ten times as long as they work.
    """
    return 1 if problem.batch * max(map(prod, pairwise(problem.layers))) < _PRODUCTS_WORTH_THREADS else None


def in_place_seconds(problem: TrainingProblem) -> float:
    """Estimated seconds of a cycle in NumPy, in place."""
    batches = -(-len(problem.inputs) // problem.batch)
    a_batch = len(problem.activations) * _SECONDS_A_LAYER + _SECONDS_A_STEP
    kinds = zip(problem.layers[1:], problem.activations, strict=True)
    gelus = len(problem.inputs) * sum(size for size, kind in kinds if kind == "gelu") * _SECONDS_A_GELU
    changes = batches * problem.weight_count * _SECONDS_A_CHANGED_WEIGHT
    return batches * a_batch + gelus + changes + 3 * len(problem.inputs) * problem.weight_count * _SECONDS_A_PRODUCT


def reference_seconds(problem: TrainingProblem) -> float:
    """Estimated seconds of a cycle in NumPy, as `sgd.py` has it."""
    return _TIMES_THE_REFERENCE * in_place_seconds(problem)


def _finite(result: TrainResult) -> bool:
    kept = result.state.optimizer.kept if result.state.optimizer else ()
    losses = np.isfinite(result.errors).all() and np.isfinite(result.losses).all()
    return bool(losses) and all(parameters.finite() for parameters in (result.parameters, *kept))


def _watched(
    problem: TrainingProblem, train: Callable[[TrainingState, int], TrainResult]
) -> Callable[[TrainingState, int, int], TrainResult]:
    """Training whose numbers are checked when it is done.

    Checking every step would cost as much as the step. So only cycles that leave a number that is not finite are
    trained once more, with every step checked.
    """

    def run(state: TrainingState, cycles: int, first: int) -> TrainResult:
        # math.exp raises it for a sigmoid far in its tail, where NumPy goes on.
        with contextlib.suppress(OverflowError):
            result = train(state, cycles)
            if _finite(result):
                return result
        return run_reference(problem, state, cycles, watched_from=first)

    return run
