"""Changes of a run: how much of all that changes lies between the moments at which a film shows it."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from netviz.recording.layers import Floats
from netviz.recording.recording import AT_REST, Integers, Recording
from netviz.scene.scene import Look
from netviz.timeline.sampled_answers import answers_at, asked_inputs, distances


class Route(NamedTuple):
    """Recorded moments (m,) that the weights of a film pass through, on the straight way from one to the next.

    rows (m,): of the recording. cycles (m,): increasing, of a step within a cycle in parts.
    """

    rows: Integers
    cycles: Floats

    def places(self, cycles: Floats) -> Floats:
        """Places (n,) of some cycles (n,) among its moments, 0 to m - 1."""
        return np.interp(cycles, self.cycles, np.arange(len(self.rows)))


def kept_moments(recording: Recording) -> Route:
    """The route through all moments at rest."""
    rows = np.flatnonzero(recording.probe == AT_REST)
    return Route(rows, recording.row_step[rows].astype(np.float64))


def stepwise_changes(recording: Recording, kept: Route) -> Floats:
    """The part of all change (m,) up to each kept moment: half the path of the weights, half that of ln(error)."""
    path = distances(recording, kept.rows, np.arange(len(kept.rows) - 1.0), np.arange(1.0, len(kept.rows)))
    return _so_far((path, 0.5), (np.abs(np.diff(_levels(recording, kept.cycles))), 0.5))


def _levels(recording: Recording, cycles: Floats) -> Floats:
    """ln(error) (n,) at some cycles (n,)."""
    errors = np.interp(cycles, recording.curve_step, recording.main_curve)
    return np.log(np.clip(errors, np.finfo(np.float64).tiny, np.finfo(np.float64).max))


def _so_far(*kinds: tuple[Floats, float]) -> Floats:
    """The part of all change (n,), 0 to 1, up to each of n moments.

    kinds: of each kind of change how much there is between each two moments (n - 1,), in a unit of its own, and its
    share of the whole. One of which there is none has no share.
    """
    so_far = np.zeros(len(kinds[0][0]) + 1)
    for change, share in kinds:
        finite = np.nan_to_num([0.0, *change], nan=0.0, posinf=np.finfo(np.float64).max)
        # Brought near 1, by a power of two, so that the sum of the largest numbers is finite.
        finite = np.ldexp(finite, -np.frexp(finite.max())[1])
        if (total := float(finite.sum())) > 0:
            so_far += share * (np.cumsum(finite) / total)
    return np.asarray(so_far / max(1e-12, float(so_far[-1])))


# Changes in a continuous morph: in the answers most of all, at moments that the film shows at equal times.

MOMENTS = 480
"""Moments of a continuous morph at which its change is measured."""
_APART = 4
"""Moments on both sides of each over which it is."""
_PASSES = 3
"""Times that it is measured, each time at moments nearer to those which the film shows evenly."""
_ANSWERS, _WEIGHTS, _ERROR = 0.8, 0.1, 0.1
"""Shares of a continuous morph's change: in the answers, which its picture shows all over, in weights, in ln(error)."""
EVEN = 0.2
"""Part of a continuous morph's time that is shared out evenly among the shown cycles, however little changes: so it is
nowhere faster than five times the even pace."""
LEAST_APART, _MOST_APART = 1 / 150, 1 / 100
"""Parts of a continuous morph's time from one recorded moment of its route to the next, where there are so many.

Weights that are thrown to and fro from cycle to cycle would only make the picture flicker.
"""
_MOST_CANDIDATES = 600
"""Most kept moments from which these are chosen."""
_LONG, _STEP_APART = 1 / 30, 1 / 60
"""Parts of its time: that of a cycle from which the route goes through steps within it; and about that between two."""
_DETOUR = 1.15
"""Longest way through a step, in multiples of the straight one: beyond that, steps only tremble."""
_MOST_STEPS = 48
"""Most steps of a cycle from which these are chosen."""


def continuous_changes(recording: Recording, scene: Look, kept: Route, stops: Floats) -> tuple[Route, Floats, Floats]:
    """The route of a continuous morph, cycles (n,) on its way, and the part of all change (n,) up to each.

    stops (R,): how many shown cycles have passed at each kept moment. The cycles are chosen so that the film takes
    equal times from one to the next, and the weights at each are those that it shows then.
    """
    inputs = asked_inputs(recording, scene, MOMENTS * _PASSES + min(len(kept.rows), _MOST_CANDIDATES))
    evenly, even_times = stops / max(1.0, float(stops[-1])), np.linspace(0, 1, MOMENTS)
    route, cycles = kept, np.interp(even_times, evenly, kept.cycles)
    so_far = _changes_at(recording, scene, route, cycles, inputs)
    for number in range(1, _PASSES):
        time = (1 - EVEN) * so_far + EVEN * np.interp(cycles, kept.cycles, evenly)
        if number == 1:
            route = _route(recording, scene, kept, np.interp(kept.cycles, cycles, time), inputs)
        cycles = np.interp(even_times, time, cycles)
        so_far = _changes_at(recording, scene, route, cycles, inputs)
    return route, cycles, so_far


def _changes_at(recording: Recording, scene: Look, route: Route, cycles: Floats, inputs: Floats) -> Floats:
    """The part of all change (n,) up to each of n cycles on a route.

    Of answers, weights and error it is measured over a sixtieth of the moments, which smooths it.
    """
    each, places = np.arange(len(cycles)), route.places(cycles)
    before, after = np.maximum(each - _APART, 0), np.minimum(each + _APART, len(cycles) - 1)
    answers, levels = answers_at(recording, scene, route.rows, places, inputs), _levels(recording, cycles)
    kinds = (
        (_difference(answers[after], answers[before]), _ANSWERS),
        (distances(recording, route.rows, places[before], places[after]), _WEIGHTS),
        (np.abs(levels[after] - levels[before]), _ERROR),
    )
    speeds = [(change / (after - before), share) for change, share in kinds]
    return _so_far(*(((speed[1:] + speed[:-1]) / 2, share) for speed, share in speeds))


def _difference(answers: Floats, others: Floats) -> Floats:
    """Mean difference (...) of answers (..., B, n_L)."""
    return np.asarray(np.abs(answers - others).mean(axis=(-2, -1)))


def _route(recording: Recording, scene: Look, kept: Route, time: Floats, inputs: Floats) -> Route:
    """The route of a continuous morph. time (R,): the part of its time at which it comes to each kept moment.

    Of those kept moments that come about as late after one of them, the next is the one whose answers are the most like
    its own. Within a cycle that takes long it goes through steps, which are recorded in shown cycles.
    """
    chosen = _chosen(recording, scene, kept, time, inputs)
    rows, cycles = [kept.rows[:1]], [kept.cycles[:1]]
    for before, after in pairwise(chosen):
        if time[after] - time[before] >= _LONG and kept.cycles[after] - kept.cycles[before] == 1:
            count = int((time[after] - time[before]) / _STEP_APART)
            steps = _steps_on_the_way(recording, scene, int(kept.rows[before]), int(kept.rows[after]), count, inputs)
            rows.append(steps)
            cycles.append(kept.cycles[before] + recording.probe[steps] / scene.outline.examples)
        rows.append(kept.rows[[after]])
        cycles.append(kept.cycles[[after]])
    return Route(np.concatenate(rows), np.concatenate(cycles))


def _chosen(recording: Recording, scene: Look, kept: Route, time: Floats, inputs: Floats) -> list[int]:
    """Indices of the kept moments on the route."""
    count = len(kept.rows)
    latest = np.searchsorted(time, np.linspace(0, 1, min(count, _MOST_CANDIDATES)), side="right") - 1
    candidates = np.unique([0, *latest, count - 1])
    answers = answers_at(recording, scene, kept.rows, candidates.astype(np.float64), inputs)
    at, chosen = time[candidates], [0]
    while chosen[-1] < len(candidates) - 1:
        now = chosen[-1]
        if at[-1] - at[now] < LEAST_APART + _MOST_APART:
            chosen.append(len(candidates) - 1)
            continue
        first, last = np.searchsorted(at, [at[now] + LEAST_APART, at[now] + _MOST_APART])
        following = np.arange(max(first, now + 1), max(last, first + 1, now + 2))
        speeds = _difference(answers[following], answers[now]) / (at[following] - at[now])
        chosen.append(int(following[speeds.argmin()]))
    return [int(index) for index in candidates[chosen]]


def _steps_on_the_way(
    recording: Recording, scene: Look, before: int, after: int, count: int, inputs: Floats
) -> Integers:
    """Rows of steps between two rows at rest, of a cycle, that lie on the way from one to the other: about `count` - 1.

    None through which the way is much longer than the straight one: there the weights only tremble.
    """
    steps = np.arange(before + 1, after)
    if not len(steps):
        return steps
    last_layer = (recording.weights[-1], recording.biases[-1])
    now, before_it = recording.moment[steps], recording.moment[steps - 1]
    changes = [(layer[now] != layer[before_it]).reshape(len(steps), -1).any(axis=1) for layer in last_layer]
    steps = steps[np.logical_or(*changes)]
    steps = steps[np.unique(np.linspace(0, len(steps) - 1, min(len(steps), _MOST_STEPS)).astype(int))]
    rows = np.array([before, *steps, after])
    answers = answers_at(recording, scene, rows, np.arange(float(len(rows))), inputs)
    apart, last = float(_difference(answers[-1], answers[0])) / count, answers[-1]
    found, now = [], answers[0]
    for row, there in zip(steps.tolist(), answers[1:-1], strict=True):
        come, left = float(_difference(there, now)), float(_difference(last, there))
        if come >= apart and left >= apart / 2 and come + left <= _DETOUR * float(_difference(last, now)):
            found.append(row)
            now = there
    return np.array(found, dtype=np.int64)
