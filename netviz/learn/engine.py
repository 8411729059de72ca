"""Which engine trains, and how much of it at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import prod
from typing import Literal

import numpy as np

from netviz.learn.in_place import can_be_in_place, train_in_place
from netviz.learn.lesson import Lesson, State
from netviz.learn.reference import Chunk, run_reference
from netviz.learn.schedule import shown_count
from netviz.learn.steps import can_be_compiled, compile_steps, term_count
from netviz.learn.steps_in_order import can_be_compiled_in_order, compile_in_order
from netviz.scene.spec import Scene

# Measured with benchmarks/growth.py. Written out, a weight takes Python about 0.085 microseconds a step, four times as
# long in Playground's order. In place, NumPy takes about 12 for a layer and 7 for a step whatever its size, until the
# arithmetic takes as long.
_SECONDS_A_WEIGHT = 8.5e-8
_SECONDS_A_LAYER = 1.2e-5
_SECONDS_A_STEP = 7e-6
_SECONDS_A_CHANGED_WEIGHT = 1.5e-9
_SECONDS_A_PRODUCT = 6e-11
_TIMES_THE_REFERENCE = 2.5
_MOST_WEIGHTS_A_LAYER_IN_ORDER = 200
_SECONDS_TO_COMPILE_A_TERM = 2.5e-5
SECONDS_AT_ONCE = 0.05
_PRODUCTS_WORTH_THREADS = 50_000_000


@dataclass(frozen=True)
class Engine:
    """A way to train a lesson."""

    name: Literal["generated", "generated in order", "in place", "reference"]
    run: Callable[[State, int, int], Chunk]
    """(state, cycles, number of the first of them) -> Chunk, all finite; TrainingDiverged where that cannot be."""
    cycles_at_once: int
    """So many cycles take about a twentieth of a second."""


def engine_for(scene: Scene, lesson: Lesson) -> Engine:
    """The engine that trains the scene's lesson in the cycles that are not shown."""
    return choose_engine(lesson, scene.training.cycles - shown_count(scene))


def choose_engine(lesson: Lesson, cycles: int) -> Engine:
    """The engine for so many cycles: written-out Python for many small steps, NumPy for all else."""
    steps = len(lesson.inputs) * cycles
    written_out = len(lesson.inputs) * lesson.weight_count * _SECONDS_A_WEIGHT
    small_in_order = lesson.weight_count <= _MOST_WEIGHTS_A_LAYER_IN_ORDER * len(lesson.activations)
    if can_be_compiled_in_order(lesson) and small_in_order and steps >= 10 * lesson.weight_count:
        return Engine("generated in order", _watched(lesson, compile_in_order(lesson)), _at_once(4 * written_out))
    saved = in_place_seconds(lesson) - written_out
    if can_be_compiled(lesson) and saved * cycles > term_count(lesson) * _SECONDS_TO_COMPILE_A_TERM:
        return Engine("generated", _watched(lesson, compile_steps(lesson)), _at_once(written_out))
    if can_be_in_place(lesson):
        return Engine("in place", _watched(lesson, train_in_place(lesson)), _at_once(in_place_seconds(lesson)))
    return Engine("reference", _watched(lesson, partial(run_reference, lesson)), _at_once(reference_seconds(lesson)))


def _at_once(seconds_a_cycle: float) -> int:
    return max(1, int(SECONDS_AT_ONCE / seconds_a_cycle))


def most_threads(lesson: Lesson) -> int | None:
    """Threads for a matrix product: one, or as many as there are (None) where each product takes them milliseconds.

    For less, threads mostly wait for each other, and on a busy machine they may wait ten times as long as they work.
    """
    return 1 if lesson.batch * max(map(prod, pairwise(lesson.layers))) < _PRODUCTS_WORTH_THREADS else None


def in_place_seconds(lesson: Lesson) -> float:
    """About how long a cycle takes in NumPy, in place."""
    batches = -(-len(lesson.inputs) // lesson.batch)
    a_batch = len(lesson.activations) * _SECONDS_A_LAYER + _SECONDS_A_STEP
    changes = batches * lesson.weight_count * _SECONDS_A_CHANGED_WEIGHT
    return batches * a_batch + changes + 3 * len(lesson.inputs) * lesson.weight_count * _SECONDS_A_PRODUCT


def reference_seconds(lesson: Lesson) -> float:
    """About how long a cycle takes in NumPy, as `reference.py` has it."""
    return _TIMES_THE_REFERENCE * in_place_seconds(lesson)


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
