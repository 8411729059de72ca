"""Events in the answers: examples that lean right, resist or are solved, unseen situations, and how many are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from netviz.recording.event import Event
from netviz.recording.layers import Floats, Parameters
from netviz.recording.margins import HALF, Margins, errors_of, margins_for
from netviz.recording.probe_history import ProbeHistory
from netviz.recording.recording import Integers, Recording
from netviz.scene.scene import Look
from netviz.story.network_events import MOST_WORK, passes, work_of
from netviz.story.replay import AnyReplay, CycleEnds, Moments, Turn, last_crossing, last_turn
from netviz.timeline.answers import CLEARLY, WRONG, unseen_situations
from netviz.timeline.recorded_curves import recorded_curves

_SURELY = 0.05
"""Least distance of an error from the edge after a turn, in parts of the distance between two targets."""
NEARLY = 0.1
"""Largest fall of an error below clearly wrong while the answer is said to be sure and wrong, in the same parts."""
MOST_DECIDING = 6
"""Largest number of inputs of which one alone may decide: all situations that are possible are asked for."""
MOST_TOLD_APART = 12
"""Largest number of examples of which one is spoken of, and that are counted: so many a viewer can tell apart."""
LONG_AFTER = 3.0
"""An example resists if it is clearly right only after so many times the cycles that all others take."""
FEWEST_MOMENTS_TO_SOLVE = 8
"""Fewest moments in which these events are looked for: fewer would say too little about their time."""
LEVELS = (0.9, 0.99)
"""Shares of right answers that are reported where there are more examples than can be told apart."""


def answer_events(recording: Recording, scene: Look, moments: Moments, replay: AnyReplay) -> Iterator[Event]:
    """All events in the answers, where targets are classes; exact to the step where that is cheap."""
    margins = margins_for(recording.examples.targets)
    if margins is None:
        return
    inputs = recording.examples.inputs
    history = _history(recording, scene, moments, inputs, margins)
    if history is not None and len(inputs) <= MOST_TOLD_APART:
        yield from _of_examples(history, replay)
    if history is not None:
        yield from _solved(history, replay)
    yield from _accuracy(recording, scene, moments, margins)
    if not recording.network.is_exact:
        return
    if moments.at_most(MOST_WORK // work_of(moments.parameters.at(slice(1)), 1)) is moments:
        yield from _of_situations(recording, scene, moments, replay)


# Errors of the answers to some questions at the moments of a run.


@dataclass(frozen=True, eq=False)
class _History:
    """Errors (R, E) of the answers to E questions at R moments, and their measure at any parameters."""

    recording: Recording
    scene: Look
    moments: Moments
    inputs: Floats
    margins: Margins
    errors: Floats
    is_thinned: bool

    def worst(self, which: Sequence[int]) -> Floats:
        """The largest error (R,) among some of the answers."""
        return np.asarray(self.errors[:, list(which)].max(axis=1))

    def falls(self, replay: AnyReplay, which: Sequence[int], edge: float) -> tuple[Event | None, Turn | None]:
        """Fall of the largest error among some answers below an edge for good: as a bare event, and as a turn."""
        values = edge - self.worst(which)
        turn = last_turn(values, 0.0, min(_SURELY, edge / 2))
        if turn is None or not turn.rising:
            return None, None

        def measure(parameters: Parameters) -> Floats | None:
            if work_of(parameters, len(self.inputs)) > MOST_WORK:
                return None
            errors = _errors(self.scene, parameters, self.inputs, self.margins)
            return np.asarray(edge - errors[:, list(which)].max(axis=1))

        found = None if self.is_thinned else last_crossing(CycleEnds(replay), values, turn, measure)
        if found is not None:
            return Event("solved", found.cycle), turn
        numbers = {"since": float(self.moments.cycle[turn.crossed - 1])}
        return Event("solved", int(self.moments.cycle[turn.crossed]), numbers=numbers), turn


def _history(recording: Recording, scene: Look, moments: Moments, inputs: Floats, margins: Margins) -> _History | None:
    """Errors of the answers at all moments, or as many as can be computed in time; None if those are too few.

    Of a network that cannot be computed, inputs are its probes, and the moments those in which they are recorded.
    """
    if not recording.network.is_exact:
        history = ProbeHistory.of(recording)
        recorded = moments.at(np.isin(moments.cycle, history.steps))
        found = np.array([margins(history.outputs(float(step))) for step in recorded.cycle])
        return _History(recording, scene, recorded, inputs, margins, errors_of(found), True)
    thinned = moments.at_most(MOST_WORK // work_of(moments.parameters.at(slice(1)), len(inputs)))
    if len(thinned.cycle) < min(FEWEST_MOMENTS_TO_SOLVE, len(moments.cycle)):
        return None
    errors = _errors(scene, thinned.parameters, inputs, margins)
    return _History(recording, scene, thinned, inputs, margins, errors, thinned is not moments)


def _errors(scene: Look, parameters: Parameters, inputs: Floats, margins: Margins) -> Floats:
    """Errors (C, E) of the answers to inputs (E, n_0) with each of the parameters (C, ...)."""
    activations = scene.outline.activations
    return errors_of(np.concatenate([margins(layers[-1]) for layers in passes(parameters, activations, inputs)]))


# Events of single examples: nearly all lean the right way, one resists; and all are clearly right.


def _of_examples(history: _History, replay: AnyReplay) -> Iterator[Event]:
    examples = range(history.errors.shape[1])
    clear = [_since(history.worst([number]), CLEARLY) for number in examples]
    order = sorted(examples, key=lambda number: clear[number])
    holdout: int | None = None
    if len(order) > 2:
        last, others = order[-1], order[:-1]
        started, _ = history.falls(replay, others, CLEARLY)
        ended, _ = history.falls(replay, [last], CLEARLY)
        cycles = history.moments.cycle
        end = int(cycles[-1]) if ended is None else ended.cycle
        is_clear = clear[others[-1]] < len(cycles)
        if is_clear and started is not None and end >= LONG_AFTER * started.cycle:
            holdout = last
            numbers = {"example": float(last), "from": float(started.cycle), "to": float(end)}
            middle = round(float(np.sqrt(float(started.cycle) * end)))
            yield Event("holdout", middle, numbers=numbers)
    leaning = [number for number in examples if number != holdout]
    found, turn = history.falls(replay, leaning, HALF)
    if found is not None and turn is not None and turn.crossed > 0:
        numbers = {**found.numbers, "right": float(len(leaning)), "examples": float(len(examples))}
        yield Event("leans", found.cycle, numbers=numbers)


def _since(errors: Floats, edge: float) -> int:
    """Index of the first moment from which an error (R,) is below an edge for good; R if it never is."""
    above = np.flatnonzero(errors >= edge)
    return int(above[-1]) + 1 if len(above) else 0


def _solved(history: _History, replay: AnyReplay) -> Iterator[Event]:
    """Event that all training examples are clearly right for good."""
    found, turn = history.falls(replay, range(history.errors.shape[1]), CLEARLY)
    if found is not None and turn is not None:
        right = float((history.errors[0] < HALF).sum())
        numbers = {**found.numbers, "examples": float(history.errors.shape[1]), "before": right}
        if history.errors.shape[1] <= MOST_TOLD_APART:
            numbers["example"] = float(history.errors[turn.crossed - 1].argmax())
        decides = _deciding_input(history, turn.crossed)
        if decides is not None:
            numbers["input"] = float(decides)
        yield Event("solved", found.cycle, numbers=numbers)


def _deciding_input(history: _History, since: int) -> int | None:
    """Number of the one input that all targets follow, or contradict, if the network has found that; else None.

    It has found it if from moment `since` on all situations that are possible, also those it never learns from, are
    answered on the side that this input says. Inputs are 0 or 1 and few; there is one output.
    """
    outline, inputs, targets = history.scene.outline, history.inputs, history.recording.examples.targets
    count = inputs.shape[1]
    if (
        not history.recording.network.is_exact
        or targets.shape[1] != 1
        or count > MOST_DECIDING
        or not np.isin(inputs, (0.0, 1.0)).all()
    ):
        return None
    middle = (targets.min() + targets.max()) / 2
    follows = (inputs == 1) == (targets > middle)  # (E, n_0)
    found = np.flatnonzero(follows.all(axis=0) | (~follows).all(axis=0))
    if len(found) != 1:
        return None
    decides, possible = int(found[0]), np.array([*product((0.0, 1.0), repeat=count)])
    if not outline.has_biases:
        possible = possible[1:]  # without biases nothing comes of nothing, whatever has been learned
    moments = history.moments.parameters.at(slice(since, None))
    answers = np.concatenate([layers[-1] for layers in passes(moments, outline.activations, possible)])
    is_high = (possible[:, decides] == 1) == bool(follows[0, decides])
    return decides if ((answers[..., 0] > middle) == is_high).all() else None


# Event of accuracy: so many of the examples are on the right side for good, those for testing where there are any.


def _accuracy(recording: Recording, scene: Look, moments: Moments, margins: Margins) -> Iterator[Event]:
    examples, is_test = recording.examples, bool(len(recording.examples.test_inputs))
    inputs, targets = (examples.test_inputs, examples.test_targets) if is_test else (examples.inputs, examples.targets)
    if len(inputs) <= MOST_TOLD_APART:
        return
    of_test = margins_for(targets) if is_test else margins
    history = None if of_test is None else _history(recording, scene, moments, inputs, of_test)
    if history is None:
        return
    numbers = {"examples": float(len(inputs)), "test": float(is_test)}
    yield from _reached((history.errors < HALF).mean(axis=1), history.moments.cycle, numbers)


def recorded_accuracy(recording: Recording, scene: Look) -> Iterator[Event]:
    """The same of a curve that somebody else's run recorded: in testing, if there is one, or else in training.

    None where the recording has examples for testing, which tell it themselves.
    """
    shares = [curve for curve in recorded_curves(recording) if curve.is_share and np.isfinite(curve.values).all()]
    if scene.outline.is_own or not shares or len(recording.examples.test_inputs):
        return
    curve = next((each for each in shares if each.is_of_test), shares[0])
    yield from _reached(curve.values, curve.steps, {"test": float(curve.is_of_test)})


def _reached(accuracy: Floats, cycles: Integers, numbers: Mapping[str, float]) -> Iterator[Event]:
    """The highest of the levels that an accuracy (R,) reaches for good after cycles (R,), with further numbers."""
    for level in reversed(LEVELS):
        turn = last_turn(accuracy, level - _SURELY, level, level - _SURELY / 2)
        if turn is not None and turn.rising:
            reached = turn.crossed + int(np.flatnonzero(accuracy[turn.crossed :] >= level)[0])
            found = {"share": level, "reached": float(accuracy[reached]), "after": float(accuracy[-1])} | dict(numbers)
            yield Event("accurate", int(cycles[reached]), numbers=found | {"since": float(cycles[reached - 1])})
            return


# Events of situations that the network never learns from: where it is most wrong, and where it turns.


def _of_situations(recording: Recording, scene: Look, moments: Moments, replay: AnyReplay) -> Iterator[Event]:
    targets = recording.examples.targets
    low, high = float(targets.min()), float(targets.max())
    for number, shot in enumerate(unseen_situations(scene)):
        if shot.target is None or not {*shot.target} <= {low, high}:
            continue
        inputs = recording.inputs_of(np.array([shot.inputs], dtype=np.float64))
        right = np.array([shot.target], dtype=np.float64)

        def margins(outputs: Floats, right: Floats = right) -> Floats:
            return np.asarray(1 - 2 * np.abs(outputs - right).max(axis=-1) / (high - low))

        history = _History(
            recording, scene, moments, inputs, margins, _errors(scene, moments.parameters, inputs, margins), False
        )
        named = {"situation": float(number)}
        if right.size == 1:
            named["before"] = float(_outputs(scene, moments.parameters, inputs)[0, 0])
        if (worst := _most_wrong(history, replay)) is not None:
            cycle, error = worst
            numbers = named | {"error": error} | _answer(right, error, low, high)
            yield Event("unseen", cycle, numbers=numbers | {"to": _wrong_until(history, cycle)})
        for edge in (HALF, CLEARLY):
            found, _ = history.falls(replay, [0], edge)
            if found is not None:
                numbers = named | {"error": edge, **_answer(right, edge, low, high), **found.numbers}
                yield Event("unseen", found.cycle, numbers=numbers)


def _outputs(scene: Look, parameters: Parameters, inputs: Floats) -> Floats:
    activations = scene.outline.activations
    return np.concatenate([layers[-1][:, 0] for layers in passes(parameters, activations, inputs)])


def _answer(right: Floats, error: float, low: float, high: float) -> dict[str, float]:
    """The answer of a single output that has such an error, by name; nothing of several outputs."""
    if right.size > 1:
        return {}
    target = float(right[0, 0])
    return {"answer": target + error * (high - low) * (1 if target == low else -1)}


def _wrong_until(history: _History, cycle: int) -> float:
    """The last kept cycle up to which an answer that was most wrong after `cycle` stays nearly so."""
    after = history.moments.cycle >= cycle
    errors, cycles = history.errors[after, 0], history.moments.cycle[after]
    better = np.flatnonzero(errors < WRONG - NEARLY)
    return float(cycle if len(better) and better[0] == 0 else cycles[better[0] - 1] if len(better) else cycles[-1])


def _most_wrong(history: _History, replay: AnyReplay) -> tuple[int, float] | None:
    """The cycle after which an answer is most wrong, and its error then; None if it never is clearly wrong.

    An answer that is most wrong before training has not become so.
    """
    errors = history.errors[:, 0]
    worst = int(errors.argmax())
    if worst == 0 or errors[worst] < WRONG or errors[worst] < errors[0] + _SURELY:
        return None
    cycle, error = int(history.moments.cycle[worst]), float(errors[worst])
    ends = CycleEnds(replay)
    for moment in (worst - 1, worst):
        stretch = ends.stretch(moment) if moment < len(errors) - 1 else None
        if stretch is None:
            continue
        at_ends = _errors(history.scene, stretch.parameters, history.inputs, history.margins)[:, 0]
        best = int(at_ends.argmax())
        if at_ends[best] > error:
            cycle, error = int(stretch.cycle[best]), float(at_ends[best])
    return cycle, error
