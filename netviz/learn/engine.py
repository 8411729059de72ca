"""Which engine trains, and how much of it at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from netviz.learn.lesson import Lesson, State
from netviz.learn.reference import Chunk, run_reference
from netviz.learn.steps import can_be_compiled, compile_steps, term_count
from netviz.learn.steps_in_order import can_be_compiled_in_order, compile_in_order

# Measured with benchmarks/training.py: written out, a weight takes Python about 0.1 microseconds a step; NumPy takes
# about 30 microseconds a layer, whatever its size.
_SECONDS_A_WEIGHT = 1e-7
_SECONDS_A_LAYER = 3e-5
_MOST_WEIGHTS_A_LAYER = 200
_SECONDS_AT_ONCE = 0.05


@dataclass(frozen=True)
class Engine:
    """A way to train a lesson."""

    name: Literal["generated", "generated in order", "reference"]
    run: Callable[[State, int, int], Chunk]
    """(state, cycles, number of the first of them) -> Chunk, all finite; TrainingDiverged where that cannot be."""
    cycles_at_once: int
    """So many cycles take about a twentieth of a second."""


def choose_engine(lesson: Lesson, cycles: int) -> Engine:
    """The engine for so many cycles: written-out Python for many small steps, NumPy for all else."""
    steps = len(lesson.inputs) * cycles
    small = lesson.weight_count <= _MOST_WEIGHTS_A_LAYER * len(lesson.activations)
    seconds = len(lesson.inputs) * lesson.weight_count * _SECONDS_A_WEIGHT
    # Compiling a term takes 15 to 30 microseconds, and a written-out step saves at least as much.
    if can_be_compiled_in_order(lesson) and small and steps >= 10 * lesson.weight_count:
        return Engine("generated in order", _watched(lesson, compile_in_order(lesson)), _at_once(4 * seconds))
    if can_be_compiled(lesson) and small and steps >= 2 * term_count(lesson):
        return Engine("generated", _watched(lesson, compile_steps(lesson)), _at_once(seconds))
    return Engine("reference", _watched(lesson, partial(run_reference, lesson)), _at_once(reference_seconds(lesson)))


def _at_once(seconds_a_cycle: float) -> int:
    return max(1, int(_SECONDS_AT_ONCE / seconds_a_cycle))


def reference_seconds(lesson: Lesson) -> float:
    """About how long a cycle takes in NumPy."""
    batches = -(-len(lesson.inputs) // lesson.batch)
    products = 3 * len(lesson.inputs) * lesson.weight_count
    return batches * len(lesson.activations) * _SECONDS_A_LAYER + products * 1e-9


def _finite(chunk: Chunk) -> bool:
    return bool(np.isfinite(chunk.errors).all() and np.isfinite(chunk.losses).all()) and chunk.parameters.finite()


def _watched(lesson: Lesson, train: Callable[[State, int], Chunk]) -> Callable[[State, int, int], Chunk]:
    """Training whose numbers are looked at when it is done.

    Looking at every step would cost as much as the step: only where something went wrong, once more and watched.
    """

    def run(state: State, cycles: int, first: int) -> Chunk:
        # math.exp raises it for a sigmoid far in its tail, which NumPy takes in its stride.
        with contextlib.suppress(OverflowError):
            chunk = train(state, cycles)
            if _finite(chunk):
                return chunk
        return run_reference(lesson, state, cycles, watched_from=first)

    return run
