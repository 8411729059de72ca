"""A training run gone through once more between two kept moments, step by step.

A recording keeps some cycles only, but its moments at rest have exact weights: from one of them the engine that trained
comes to the next, bit for bit. It knows whole cycles; their steps are then taken in NumPy for all cycles of a stretch
at once, each from its own exact start, and are right to a few units in the last place. The steps of a shown cycle need
no replay where all of them were recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from netviz.learn import network as dense
from netviz.learn.divergence import TrainingDiverged
from netviz.learn.engine import SECONDS_AT_ONCE, Engine, engine_for, reference_seconds
from netviz.learn.events.moments import Moments
from netviz.learn.events.stacks import are_near, chosen, interleaved, joined, stacked
from netviz.learn.lesson import Gradients, Lesson, Parameters, State
from netviz.learn.network import Floats
from netviz.learn.recording import AT_REST, Integers, Recording
from netviz.learn.reference import run_reference, take_step, updated

MOST_SECONDS = 0.2
"""Of estimated work for one recording: what would take longer is not replayed."""
MOST_NUMBERS = 10_000_000
"""In the weights of all steps of a stretch together."""
NEAR = 1e-9
"""How far from a kept moment, in parts of its largest weight, a replay may arrive. It arrives exactly where the
arithmetic is that of the machine that trained; on another exp may round otherwise in the last place."""

_SECONDS_A_CYCLE = 8e-5  # to start and stop an engine
_SECONDS_A_STEP, _SECONDS_A_WEIGHT = 2e-4, 1.2e-7  # in NumPy, all cycles together


@dataclass(frozen=True, eq=False)
class Stretch:
    """Every step of the C cycles between two kept moments, T steps each."""

    cycle: Integers
    """(C * T,)."""
    example: Integers
    """(C * T,), 0-based: the last of the step's batch."""
    parameters: Parameters
    """After each step: weights (C * T, n_l, n_{l+1}), biases (C * T, n_{l+1})."""


class Replay:
    """The stretches of a recording, each gone through when it is first asked for."""

    def __init__(self, recording: Recording, moments: Moments, lesson: Lesson) -> None:
        self._recording, self._moments, self._lesson = recording, moments, lesson
        self._recorded = Parameters(recording.weights, recording.biases)
        self._shown = frozenset(recording.shown_cycles)
        self._starts = range(0, len(lesson.inputs), lesson.batch)  # the first examples of a cycle's batches
        self._stretches: dict[int, Stretch | None] = {}
        self._seconds_left = MOST_SECONDS

    def stretch(self, moment: int) -> Stretch | None:
        """From a moment to the next; None if that costs too much, or does not arrive where it should."""
        if moment not in self._stretches:
            cycles = range(int(self._moments.cycle[moment]) + 1, int(self._moments.cycle[moment + 1]) + 1)
            numbers = len(cycles) * len(self._starts) * self._lesson.weight_count
            rows = self._rows(cycles[-1])
            seconds = self._seconds(cycles if rows is None else cycles[:-1])
            if seconds > self._seconds_left or numbers > MOST_NUMBERS:
                return None
            self._seconds_left -= seconds
            with np.errstate(all="ignore"):
                self._stretches[moment] = self._replayed(moment, cycles, rows)
        return self._stretches[moment]

    def after(self, state: State, cycle: int) -> State:
        """The state after a cycle, from the engine that trained it."""
        if cycle in self._shown:
            return run_reference(self._lesson, state, 1).state
        return self._engine.run(state, 1, cycle).state

    def state_at(self, moment: int) -> State:
        """All that the moment's cycle left to the next.

        Examples whose gradients are carried over have the weights of the moment, and a weight that L1 has stopped is
        exactly zero.
        """
        lesson, parameters = self._lesson, chosen(self._moments.parameters, moment)
        state = State(parameters)
        if moment == 0:
            return state
        over = len(lesson.inputs) % lesson.batch
        if over and lesson.last_batch == "carry":
            state = take_step(lesson, state, len(lesson.inputs) - over).state
        if lesson.regularization == "L1":
            state = state._replace(dead=tuple(array == 0.0 for array in parameters.weights))
        return state

    @cached_property
    def _engine(self) -> Engine:
        return engine_for(self._recording.scene, self._lesson)

    def _seconds(self, cycles: range) -> float:
        """About how long it takes to replay some cycles."""
        if not cycles:
            return 0.0
        shown = len(self._shown.intersection(cycles[:-1])) * reference_seconds(self._lesson)
        others = (len(cycles) - 1) * (_SECONDS_A_CYCLE + SECONDS_AT_ONCE / self._engine.cycles_at_once)
        a_step = _SECONDS_A_STEP + _SECONDS_A_WEIGHT * len(cycles) * self._lesson.weight_count
        return shown + others + len(self._starts) * a_step

    def _rows(self, cycle: int) -> Integers | None:
        """The rows (E,) of a shown cycle's examples; None if they were not all recorded."""
        recording = self._recording
        first, last = np.searchsorted(recording.cycle, [cycle, cycle + 1])
        rows = np.arange(first, last)[recording.example[first:last] != AT_REST]
        return rows if len(rows) == len(self._lesson.inputs) else None

    def _replayed(self, moment: int, cycles: range, rows: Integers | None) -> Stretch | None:
        """The stretch from a moment to the next, of these cycles; None if it does not arrive there.

        rows: of all examples of the last cycle, where its steps were recorded.
        """
        end, parts, replayed = (
            chosen(self._moments.parameters, slice(moment + 1, moment + 2)),
            list[Parameters](),
            cycles,
        )
        if rows is not None:  # each step left what the next one began with
            parts = [chosen(self._recorded, rows[[*self._starts][1:]]), end]
            end, replayed = chosen(self._recorded, rows[:1]), cycles[:-1]
        if replayed:
            states = [self.state_at(moment)]
            for cycle in replayed[:-1]:
                try:
                    states.append(self.after(states[-1], cycle))
                except TrainingDiverged:
                    return None
            # Before the first cycle of all nothing was carried over: it is by itself.
            apart = 1 if moment == 0 else 0
            steps = joined([self._steps(group) for group in (states[:apart], states[apart:]) if group])
            arrivals = chosen(steps, slice(len(self._starts) - 1, None, len(self._starts)))
            ends = joined([*([stacked([state.parameters for state in states[1:]])] if states[1:] else []), end])
            if not are_near(arrivals, ends, NEAR):
                return None
            parts.insert(0, steps)
        elif not are_near(chosen(self._moments.parameters, slice(moment, moment + 1)), end, NEAR):
            return None
        last = np.minimum(np.array(self._starts) + self._lesson.batch, len(self._lesson.inputs)) - 1
        return Stretch(np.repeat(np.array(cycles), len(last)), np.tile(last, len(cycles)), joined(parts))

    def _steps(self, states: Sequence[State]) -> Parameters:
        """The parameters after each step of the cycles that begin with C states: (C * T, ...)."""
        lesson = self._lesson
        state = State(stacked([state.parameters for state in states]), _carried(states), _dead(states))
        after = []
        for start in self._starts:
            inputs = lesson.inputs[None, start : start + lesson.batch]
            targets = lesson.targets[None, start : start + lesson.batch]
            weights, biases = state.parameters
            layers = dense.forward(weights, [bias[:, None] for bias in biases], lesson.activations, inputs)
            deltas = dense.deltas(weights, lesson.activations, layers, targets, lesson.loss)
            found = _gradients(layers, deltas, state.carried)
            if inputs.shape[1] < lesson.batch and lesson.last_batch == "carry":
                state = state._replace(carried=found)
            else:
                state = updated(lesson, state, found)
            after.append(state.parameters)
        return interleaved(after)


def _carried(states: Sequence[State]) -> Gradients | None:
    """The gradients carried over in C networks: in all of them or in none."""
    carried = [state.carried for state in states if state.carried is not None]
    if not carried:
        return None
    return Gradients(*stacked([Parameters(each.weights, each.biases) for each in carried]), carried[0].examples)


def _dead(states: Sequence[State]) -> tuple[npt.NDArray[np.bool_], ...] | None:
    """The weights that L1 has stopped in C networks: known of all of them or of none."""
    dead = [state.dead for state in states if state.dead is not None]
    return tuple(map(np.stack, zip(*dead, strict=True))) if dead else None


def _gradients(layers: Sequence[Floats], deltas: Sequence[Floats], carried: Gradients | None) -> Gradients:
    """Those of a batch's examples in C networks, added to those carried over."""
    weights = tuple(np.swapaxes(layer, -1, -2) @ delta for layer, delta in zip(layers, deltas, strict=False))
    biases, examples = tuple(delta.sum(axis=-2) for delta in deltas), deltas[0].shape[1]
    if carried is None:
        return Gradients(weights, biases, examples)
    return Gradients(
        tuple(map(np.add, carried.weights, weights)),
        tuple(map(np.add, carried.biases, biases)),
        carried.examples + examples,
    )
