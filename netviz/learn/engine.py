"""Which engine trains, and how much of it at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from netviz.learn.lesson import Lesson, Parameters
from netviz.learn.reference import Chunk, run_reference
from netviz.learn.steps import compile_steps, term_count

# Measured with benchmarks/training.py: written out, a weight takes Python about 0.1 microseconds a step; NumPy takes
# about 30 microseconds a layer, whatever its size.
_SECONDS_A_WEIGHT = 1e-7
_SECONDS_A_LAYER = 3e-5
_MOST_WEIGHTS_A_LAYER = 200
_SECONDS_AT_ONCE = 0.05


@dataclass(frozen=True)
class Engine:
    """A way to train a lesson."""

    name: Literal["generated", "reference"]
    run: Callable[[Parameters, int, int], Chunk]
    """(parameters, cycles, number of the first of them) -> Chunk, all finite; TrainingDiverged where that cannot be."""
    cycles_at_once: int
    """So many cycles take about a twentieth of a second."""


def choose_engine(lesson: Lesson, cycles: int) -> Engine:
    """The engine for so many cycles: written-out Python for many small online steps, NumPy for all else."""
    steps = len(lesson.inputs) * cycles
    small = lesson.weight_count <= _MOST_WEIGHTS_A_LAYER * len(lesson.activations)
    # Compiling a term takes 15 to 30 microseconds, and a written-out step saves at least as much.
    pays = steps >= 2 * term_count(lesson)
    if lesson.batch == 1 and small and pays:
        seconds = len(lesson.inputs) * lesson.weight_count * _SECONDS_A_WEIGHT
        return Engine("generated", _generated(lesson), max(1, int(_SECONDS_AT_ONCE / seconds)))
    return Engine("reference", _reference(lesson), max(1, int(_SECONDS_AT_ONCE / reference_seconds(lesson))))


def reference_seconds(lesson: Lesson) -> float:
    """About how long a cycle takes in NumPy."""
    batches = -(-len(lesson.inputs) // lesson.batch)
    products = 3 * len(lesson.inputs) * lesson.weight_count
    return batches * len(lesson.activations) * _SECONDS_A_LAYER + products * 1e-9


def _finite(chunk: Chunk) -> bool:
    return bool(np.isfinite(chunk.errors).all() and np.isfinite(chunk.losses).all()) and chunk.parameters.finite()


def _reference(lesson: Lesson) -> Callable[[Parameters, int, int], Chunk]:
    def run(parameters: Parameters, cycles: int, first: int) -> Chunk:
        chunk = run_reference(lesson, parameters, cycles)
        # Looking at every step would cost as much as the step: only where something went wrong, once more and watched.
        return chunk if _finite(chunk) else run_reference(lesson, parameters, cycles, watched_from=first)

    return run


def _generated(lesson: Lesson) -> Callable[[Parameters, int, int], Chunk]:
    train = compile_steps(lesson)

    def run(parameters: Parameters, cycles: int, first: int) -> Chunk:
        try:
            chunk = train(parameters, cycles)
        except OverflowError:  # of math.exp: may be a sigmoid far in its tail, which NumPy takes in its stride
            return run_reference(lesson, parameters, cycles, watched_from=first)
        return chunk if _finite(chunk) else run_reference(lesson, parameters, cycles, watched_from=first)

    return run
