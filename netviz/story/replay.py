"""Replay: a training run computed again between two kept moments, to find the very step of a change.

A recording has only some cycles, but its moments at rest have exact weights: from one of them the engine that trained
reaches the next, bit for bit. It computes whole cycles; their steps are then taken in NumPy for all cycles of a stretch
at once, each from its own exact start, and are right to a few units in the last place. The steps of a shown cycle need
no replay where all of them were recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from netviz.recording import layers as dense
from netviz.recording.layers import Floats, Parameters
from netviz.recording.network import SGD
from netviz.recording.recording import AT_REST, Integers, Recording
from netviz.scene.scene import Scene
from netviz.training.divergence import TrainingDiverged
from netviz.training.optimizers import recorded_state
from netviz.training.problem import Gradients, OptimizerState, TrainingProblem, TrainingState, training_problem
from netviz.training.setup import setup_scene
from netviz.training.sgd import run_reference, take_step, updated_state
from netviz.training.trainer import SECONDS_AT_ONCE, Engine, engine_for, most_threads, reference_seconds

MOST_SECONDS = 0.2
"""Most seconds of estimated work for one recording: a replay that would take longer is left out."""
MOST_REPLAYED_NUMBERS = 10_000_000
"""Most numbers in the weights of all steps of a stretch together."""
_NEAR = 1e-9
"""Largest distance of a replay's result from the kept moment, in parts of that moment's largest weight. There is none
where the arithmetic is that of the machine that trained; on another exp may round otherwise in the last place."""

_SECONDS_A_CYCLE = 8e-5  # to start and stop an engine
_SECONDS_A_STEP, _SECONDS_A_WEIGHT = 2e-4, 1.2e-7  # in NumPy, all cycles together


@dataclass(frozen=True, eq=False)
class Stretch:
    """Every step of the C cycles between two kept moments, T steps each."""

    cycle: Integers
    """(C * T,), the cycle of each step."""
    example: Integers
    """(C * T,), 0-based: the last of the step's batch."""
    parameters: Parameters
    """Parameters after each step: weights (C * T, n_l, n_{l+1}), biases (C * T, n_{l+1})."""


class Replay:
    """Replay of a recording's stretches, each computed when it is first asked for."""

    def __init__(self, recording: Recording, moments: Moments, scene: Scene, problem: TrainingProblem) -> None:
        self._recording, self._moments, self._scene, self._problem = recording, moments, scene, problem
        self._recorded = Parameters(recording.weights, recording.biases)
        self._shown = frozenset(recording.shown_steps)
        self._starts = range(0, len(problem.inputs), problem.batch)  # the first examples of a cycle's batches
        self._stretches: dict[int, Stretch | None] = {}
        self._seconds_left = MOST_SECONDS

    def stretch(self, moment: int) -> Stretch | None:
        """Stretch from a moment to the next; None if that costs too much, or does not end with the next's weights."""
        if moment not in self._stretches:
            cycles = range(int(self._moments.cycle[moment]) + 1, int(self._moments.cycle[moment + 1]) + 1)
            numbers = len(cycles) * len(self._starts) * self._problem.weight_count
            rows = self._rows(cycles[-1])
            seconds = self._seconds(cycles if rows is None else cycles[:-1])
            if seconds > self._seconds_left or numbers > MOST_REPLAYED_NUMBERS:
                return None
            self._seconds_left -= seconds
            with np.errstate(all="ignore"):
                self._stretches[moment] = self._replayed(moment, cycles, rows)
        return self._stretches[moment]

    def after(self, state: TrainingState, cycle: int) -> TrainingState:
        """The state after a cycle, from the engine that trained it."""
        if cycle in self._shown:
            return run_reference(self._problem, state, 1).state
        return self._engine.run(state, 1, cycle).state

    def state_at(self, moment: int) -> TrainingState:
        """State of training at a moment, with which the next cycle begins.

        Examples whose gradients are carried over have the weights of the moment, and a weight that L1 has stopped is
        exactly zero.
        """
        problem, parameters = self._problem, self._moments.parameters.at(moment)
        state = TrainingState(parameters)
        if moment == 0:
            return state
        if problem.optimizer.name != SGD:
            state = state._replace(
                optimizer=recorded_state(problem, self._recording, int(self._moments.number[moment]))
            )
        remainder = len(problem.inputs) % problem.batch
        if remainder and problem.last_batch == "carry":
            state = take_step(problem, state, len(problem.inputs) - remainder).state
        if problem.regularization == "L1":
            state = state._replace(dead=tuple(array == 0.0 for array in parameters.weights))
        return state

    @cached_property
    def _engine(self) -> Engine:
        return engine_for(self._scene, self._problem)

    def _seconds(self, cycles: range) -> float:
        """Estimated seconds to replay some cycles."""
        if not cycles:
            return 0.0
        shown = len(self._shown.intersection(cycles[:-1])) * reference_seconds(self._problem)
        others = (len(cycles) - 1) * (_SECONDS_A_CYCLE + SECONDS_AT_ONCE / self._engine.cycles_at_once)
        a_step = _SECONDS_A_STEP + _SECONDS_A_WEIGHT * len(cycles) * self._problem.weight_count
        return shown + others + len(self._starts) * a_step

    def _rows(self, cycle: int) -> Integers | None:
        """The rows (E,) of a shown cycle's examples; None if they were not all recorded."""
        recording = self._recording
        first, last = np.searchsorted(recording.row_step, [cycle, cycle + 1])
        rows = np.arange(first, last)[recording.probe[first:last] != AT_REST]
        return rows if len(rows) == len(self._problem.inputs) else None

    def _replayed(self, moment: int, cycles: range, rows: Integers | None) -> Stretch | None:
        """The stretch from a moment to the next, of these cycles; None if it does not end with the next one's weights.

        rows: of all examples of the last cycle, where its steps were recorded.
        """
        end, parts, replayed = (
            self._moments.parameters.at(slice(moment + 1, moment + 2)),
            list[Parameters](),
            cycles,
        )
        if rows is not None:  # each step left what the next one began with
            moments = self._recording.moment[rows]
            parts = [self._recorded.at(moments[[*self._starts][1:]]), end]
            end, replayed = self._recorded.at(moments[:1]), cycles[:-1]
        if replayed:
            states = [self.state_at(moment)]
            for cycle in replayed[:-1]:
                try:
                    states.append(self.after(states[-1], cycle))
                except TrainingDiverged:
                    return None
            # Before the first cycle of all nothing was carried over: it is in a group of its own.
            apart = 1 if moment == 0 else 0
            steps = concatenated([self._steps(group) for group in (states[:apart], states[apart:]) if group])
            arrivals = steps.at(slice(len(self._starts) - 1, None, len(self._starts)))
            ends = concatenated([*([stacked([state.parameters for state in states[1:]])] if states[1:] else []), end])
            if not are_near(arrivals, ends, _NEAR):
                return None
            parts.insert(0, steps)
        elif not are_near(self._moments.parameters.at(slice(moment, moment + 1)), end, _NEAR):
            return None
        last = np.minimum(np.array(self._starts) + self._problem.batch, len(self._problem.inputs)) - 1
        return Stretch(np.repeat(np.array(cycles), len(last)), np.tile(last, len(cycles)), concatenated(parts))

    def _steps(self, states: Sequence[TrainingState]) -> Parameters:
        """The parameters after each step of the cycles that begin with C states: (C * T, ...)."""
        problem = self._problem
        state = TrainingState(
            stacked([state.parameters for state in states]), _carried(states), _dead(states), _kept(states)
        )
        after = []
        for start in self._starts:
            inputs = problem.inputs[None, start : start + problem.batch]
            targets = problem.targets[None, start : start + problem.batch]
            weights, biases = state.parameters
            across = [bias[:, None] for bias in biases]
            layers = dense.forward(weights, across, problem.activations, inputs)
            deltas = dense.deltas(weights, across, problem.activations, layers, targets, problem.loss)
            found = _gradients(layers, deltas, state.carried)
            if inputs.shape[1] < problem.batch and problem.last_batch == "carry":
                state = state._replace(carried=found)
            else:
                state = updated_state(problem, state, found)
            after.append(state.parameters)
        return interleaved(after)


class NoReplay:
    """Replay of a run that netviz did not train: none of its stretches can be computed again."""

    def stretch(self, moment: int) -> Stretch | None:
        """None, whatever the moment."""
        return None


AnyReplay = Replay | NoReplay


def replay_of(recording: Recording, moments: Moments) -> tuple[AnyReplay, int | None]:
    """The replay of a recording from its training setup, and the threads it is to take; none without a setup."""
    if recording.training_setup is None:
        return NoReplay(), 1
    scene = setup_scene(recording)
    problem = training_problem(scene)
    return Replay(recording, moments, scene, problem), most_threads(problem)


class CycleEnds:
    """The stretches of a replay at the ends of their cycles only, where all examples have had their step."""

    def __init__(self, replay: AnyReplay) -> None:
        self._replay = replay

    def stretch(self, moment: int) -> Stretch | None:
        """Stretch from a moment to the next with the last step of each cycle, as `Replay.stretch` gives it."""
        whole = self._replay.stretch(moment)
        if whole is None:
            return None
        ends = np.flatnonzero(np.diff(whole.cycle, append=whole.cycle[-1] + 1) > 0)
        return Stretch(whole.cycle[ends], whole.example[ends], whole.parameters.at(ends))


def _carried(states: Sequence[TrainingState]) -> Gradients | None:
    """The gradients carried over in C networks: in all of them or in none."""
    carried = [state.carried for state in states if state.carried is not None]
    if not carried:
        return None
    return Gradients(*stacked([Parameters(each.weights, each.biases) for each in carried]), carried[0].examples)


def _dead(states: Sequence[TrainingState]) -> tuple[npt.NDArray[np.bool_], ...] | None:
    """Masks of the weights that L1 has stopped in C networks: known of all of them or of none."""
    dead = [state.dead for state in states if state.dead is not None]
    return tuple(map(np.stack, zip(*dead, strict=True))) if dead else None


def _kept(states: Sequence[TrainingState]) -> OptimizerState | None:
    """State of the optimizer in C networks: there is one in all of them, or none yet."""
    kept = [state.optimizer for state in states if state.optimizer is not None]
    if not kept:
        return None
    stacks = tuple(stacked(parameters) for parameters in zip(*(each.kept for each in kept), strict=True))
    return OptimizerState(np.array([each.steps for each in kept]), stacks)


def _gradients(layers: Sequence[Floats], deltas: Sequence[Floats], carried: Gradients | None) -> Gradients:
    """Gradients of a batch's examples in C networks, added to those carried over."""
    weights = tuple(np.swapaxes(layer, -1, -2) @ delta for layer, delta in zip(layers, deltas, strict=False))
    biases, examples = tuple(delta.sum(axis=-2) for delta in deltas), deltas[0].shape[1]
    if carried is None:
        return Gradients(weights, biases, examples)
    return Gradients(
        tuple(map(np.add, carried.weights, weights)),
        tuple(map(np.add, carried.biases, biases)),
        carried.examples + examples,
    )


# Crossings: the very step at which a number goes over to its new side for good.

FAR = 2.0
"""Distance from the edge at which a number is followed no further, in multiples of its swing within a cycle."""


@dataclass(frozen=True)
class Crossing:
    """The step after which a number stays on its new side."""

    cycle: int
    example: int
    count: int | None
    """Number of times the edge was crossed near it, this time included; None where it was not followed back."""


def last_crossing(
    replay: AnyReplay | CycleEnds, values: Floats, turn: Turn, measure: Callable[[Parameters], Floats | None]
) -> Crossing | None:
    """The step at which a number crossed 0 for good, found by replaying; None where that costs too much or fails.

    replay: of all steps, or of the ends of cycles. values: (R,), the number at every kept moment. measure: the same
    for parameters (C, ...), (C,), or None.
    From the last kept moment on the old side it is followed forwards until every later moment is far from the edge,
    then backwards likewise.
    """
    new = 1.0 if turn.rising else -1.0
    values = values * new

    def followed(moment: int) -> _Followed | None:
        stretch = replay.stretch(moment)
        steps = None if stretch is None else measure(stretch.parameters)
        if stretch is None or steps is None:
            return None
        return _Followed(stretch.cycle, stretch.example, steps * new, float(values[moment]))

    found, swing, count = None, 0.0, 0
    for moment in range(turn.crossed - 1, len(values) - 1):
        here = followed(moment)
        if here is None:
            return None
        swing, count = max(swing, here.swing), count + here.crossings
        if here.crossings:
            step = here.last_crossing
            found = int(here.cycle[step]), int(here.example[step])
        if values[moment + 1 :].min() > FAR * swing:
            break
    assert found is not None, "from the old side to the new one"
    for moment in range(turn.crossed - 2, -1, -1):
        if values[moment + 1] < -FAR * swing:
            return Crossing(*found, count)
        here = followed(moment)
        if here is None:
            return Crossing(*found, None)
        swing, count = max(swing, here.swing), count + here.crossings
    return Crossing(*found, count)


@dataclass(frozen=True, eq=False)
class _Followed:
    """A number after each step of a stretch, (C * T,), positive on the new side; start: the number before them."""

    cycle: Integers
    example: Integers
    values: Floats
    start: float

    @property
    def _changes(self) -> npt.NDArray[np.intp]:
        is_new = np.concatenate([[self.start], self.values]) > 0
        return np.flatnonzero(is_new[1:] != is_new[:-1])

    @property
    def crossings(self) -> int:
        return len(self._changes)

    @property
    def last_crossing(self) -> int:
        return int(self._changes[-1])

    @property
    def swing(self) -> float:
        """Largest excursion of the number within a cycle, beyond its values at the cycle's start and end."""
        cycles = int(self.cycle[-1] - self.cycle[0]) + 1
        steps = self.values.reshape(cycles, -1)
        ends = np.concatenate([[self.start], steps[:, -1]])
        low, high = np.minimum(ends[1:], ends[:-1]), np.maximum(ends[1:], ends[:-1])
        return float(np.maximum(low - steps.min(axis=1), steps.max(axis=1) - high).max())


# Stacks: the parameters of several networks of one shape, weights (C, n_l, n_{l+1}) and biases (C, n_{l+1}).


def stacked(networks: Sequence[Parameters]) -> Parameters:
    """The parameters of C single networks as one stack."""
    return _together(np.stack, networks)


def concatenated(stacks: Sequence[Parameters]) -> Parameters:
    """Stacks one after the other as one stack."""
    return _together(np.concatenate, stacks)


def interleaved(stacks: Sequence[Parameters]) -> Parameters:
    """T stacks of C as one of C * T: the first of each, then the second of each, and so on."""
    return _together(lambda arrays: np.stack(arrays, axis=1).reshape(-1, *arrays[0].shape[1:]), stacks)


def are_near(one: Parameters, other: Parameters, part: float) -> bool:
    """True if two stacks differ by no more than this part of the other's largest weight."""
    most = part * max(float(np.abs(array).max(initial=0.0)) for array in other.weights)
    pairs = [*zip(one.weights, other.weights, strict=True), *zip(one.biases, other.biases, strict=True)]
    return all(bool((np.abs(a - b) <= most).all()) for a, b in pairs)


def _together(how: Callable[[Sequence[Floats]], Floats], parts: Sequence[Parameters]) -> Parameters:
    weights = tuple(how(arrays) for arrays in zip(*(part.weights for part in parts), strict=True))
    return Parameters(weights, tuple(how(arrays) for arrays in zip(*(part.biases for part in parts), strict=True)))


# Moments in which events are looked for: those at rest, which have the weights after a cycle.

FEWEST_MOMENTS = 16
MOST_NUMBERS_OF_MOMENTS = 3_000_000
"""Most weights of all these moments together, unless they are the fewest: of a large network every second or third kept
moment will do, as no single weight of it is reported."""


@dataclass(frozen=True, eq=False)
class Moments:
    """R kept moments at rest, the first from before training."""

    cycle: Integers
    """(R,), strictly increasing from 0."""
    number: Integers
    """(R,), their numbers among the recording's moments."""
    parameters: Parameters
    """Weights (R, n_l, n_{l+1}), biases (R, n_{l+1})."""

    def at_most(self, count: int) -> Moments:
        """Up to `count` of the moments, evenly chosen, with the first and the last; itself if there are no more."""
        if len(self.cycle) <= count:
            return self
        return self.at(_evenly(np.arange(len(self.cycle)), count))

    def at(self, which: npt.NDArray[Any]) -> Moments:
        """Some of the moments, by their indices or by whether they are among them."""
        return Moments(self.cycle[which], self.number[which], self.parameters.at(which))


def moments_of(recording: Recording) -> Moments:
    """The recording's moments at rest; of a large network some of them."""
    numbers = sum(array[0].size for array in recording.weights)
    rows: Integers = np.flatnonzero(recording.probe == AT_REST)
    rows = _evenly(rows, max(FEWEST_MOMENTS, MOST_NUMBERS_OF_MOMENTS // max(1, numbers)))
    number = recording.moment[rows]
    return Moments(recording.row_step[rows], number, Parameters(recording.weights, recording.biases).at(number))


def _evenly(indices: Integers, count: int) -> Integers:
    """Up to `count` of the indices, evenly chosen, the first and the last in any case; all if there are no more."""
    places = np.linspace(0, len(indices) - 1, min(max(count, 2), len(indices)))
    return indices[np.unique(places.round().astype(np.int64))]


# Turns: the moment at which a number that goes up and down goes over to the other side for good.


@dataclass(frozen=True)
class Turn:
    """The last change of sides of S numbers, as indices of them."""

    crossed: int
    """Index of the first number from which on all are on the new side."""
    rising: bool
    """True if the new side is the higher one."""


def last_turn(values: Floats, low: Floats | float, high: Floats | float, at: float = 0.0) -> Turn | None:
    """The last change of sides of numbers in the order of time; None where there was none for good.

    values: (S,). low <= at <= high: each one number or (S,). A number is clearly on the lower side from `low` down, and
    clearly on the higher from `high` up; between them it is on neither, so that a number that stays in that band never
    turns. A turn leads from clearly one side to clearly the other, and never back to or over `at` at the end: there is
    one at most, and changes to and fro before it are not counted.
    """
    sides = np.where(values >= high, 1, 0) - np.where(values <= low, 1, 0)
    clear = np.flatnonzero(sides)
    if not np.diff(sides[clear]).any():
        return None
    new = sides[clear[-1]]
    crossed = int(np.flatnonzero((values - at) * new <= 0)[-1]) + 1
    return Turn(crossed, rising=bool(new > 0)) if crossed < len(values) else None
