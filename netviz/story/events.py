"""Events of a training run: all finders together, and those that read the curve of the error."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from netviz.recording.event import Event
from netviz.recording.layers import Floats
from netviz.recording.probe_history import answers_of
from netviz.recording.recording import AT_REST, Integers, Recording
from netviz.scene.captions import EVENT_KINDS
from netviz.scene.scene import Look
from netviz.story.answer_events import MOST_TOLD_APART, answer_events, recorded_accuracy
from netviz.story.network_events import dying_and_saturating, sign_changes, withering
from netviz.story.replay import last_turn, moments_of, replay_of
from netviz.timeline.pace import Fall, steady_curve, sudden_fall


def find_events(recording: Recording, scene: Look) -> tuple[Event, ...]:
    """Find the events of a training run, in the order of time; none twice. scene: of its film.

    Of netviz's own runs parts of the training are repeated, to find the very step. Of others it is known between which
    two kept moments something happened.
    """
    moments = moments_of(recording)
    replay, threads = replay_of(recording, moments)
    with threadpool_limits(threads), np.errstate(all="ignore"):  # as in training, of which parts are repeated
        found = [*sign_changes(moments, replay), *withering(recording, moments), *recorded_accuracy(recording, scene)]
        if recording.followed is not None:
            found += error_events(recording, scene)
        found += answer_events(recording, scene, moments, replay)
        if recording.network.is_exact:
            found += dying_and_saturating(recording, scene, moments)
    return tuple(sorted(found, key=_by_time))


def _by_time(event: Event) -> tuple[object, ...]:
    """Sort key by time; an event known to the cycle only comes at the cycle's end."""
    known = event.example is not None
    return (
        event.cycle,
        not known,
        event.example or 0,
        EVENT_KINDS.index(event.kind),
        event.synapse or event.neuron or (),
    )


# Events in the curve of the average error: it halved, fell suddenly, learning slows down, a plateau, divergence.

_HALF, CLEARLY_HALVED = 0.5, 0.45
"""Parts of the error before training: it is halved for good when it stays below the half and gets a tenth below."""
MOST_OF_IT, _EARLY = 0.9, 0.2
"""Parts of all improvement and of the cycles: learning slows down where nine tenths of it come in a fifth of them."""
HARDLY = 0.1
"""Largest fall of the error on a plateau, as a part of itself."""
_LONG, LONG_BESIDE_THE_FALL = 1.5, 0.5
"""Least length of a plateau: the number of cycles grows by half meanwhile, and it takes at least half the cycles in
which the error halves after it. In a steady (exponential) fall, a tenth takes 0.15 of what a half takes; in one that
slows down, less."""
FEWEST_CYCLES = 5
"""Fewest cycles of a plateau."""
STUCK = 0.2
"""Level in parts of the error before training: a run that ends on a plateau above this has not learned its task. The
plateau must then be half of the training."""
MOST_PLATEAUS = 3
"""Largest number of plateaus reported: the longest by the factor by which the number of cycles grows, as a viewer sees
them."""
WORSE, NOTABLE = 1.2, 0.05
"""Training diverged that ends with so many times the error it began with, and so much more of the targets' range."""

RISEN, FALLEN = 1.1, 0.9
"""Parts of the two losses at the end of a run that overfits, by those where the test loss was smallest."""
_SEEN_RISE = 0.02
"""Least rise of the test loss that is seen in its curve, as a part of the loss before training."""

_POINTS = 400
_SMOOTHED_OVER = 1.05  # the factor in cycles, down and up, over which each point is a mean


def error_events(recording: Recording, scene: Look) -> Iterator[Event]:
    """All events in the curve of the average error, or the loss where the film follows that."""
    yield from _divergence(recording)
    yield from _halving(recording)
    yield from _insight(recording, scene)
    yield from _slowing(recording)
    yield from _plateaus(recording, scene)
    yield from _overfitting(recording)


def _halving(recording: Recording) -> Iterator[Event]:
    # The curve that the film shows: of the average error or, where there are examples for testing, of the loss.
    errors = recording.main_curve if recording.test_loss is None else recording.train_loss
    start = float(errors[0])
    if start <= 0:
        return
    turn = last_turn(errors / start, CLEARLY_HALVED, _HALF, _HALF)
    if turn is not None and not turn.rising:
        cycle, error = recording.curve_step[turn.crossed], errors[turn.crossed]
        numbers = {"before": start, "after": float(error)} | _since(recording, turn.crossed)
        yield Event("halved", int(cycle), numbers=numbers)


def _since(recording: Recording, point: int) -> dict[str, float]:
    """The number "since" of an event at a point of the curve, where the point before it is not of the cycle before."""
    before, cycle = recording.curve_step[point - 1 : point + 1].tolist()
    return {"since": float(before)} if before < cycle - 1 else {}


def _insight(recording: Recording, scene: Look) -> Iterator[Event]:
    if (fall := sudden_fall(recording, scene)) is not None:
        cycles = {"from": float(fall.first), "to": float(fall.last), "steepest": float(fall.steepest)}
        if len(recording.examples.given) <= MOST_TOLD_APART:
            cycles["example"] = float(_fallen_most(recording, fall))
        yield Event("insight", fall.first, numbers=cycles | {"before": fall.before, "after": fall.after})


def _fallen_most(recording: Recording, fall: Fall) -> int:
    """Number of the example whose error falls most between the kept moments around a sudden fall."""
    rows = np.flatnonzero(recording.probe == AT_REST)
    first = int(np.searchsorted(recording.row_step[rows], fall.first, side="right")) - 1
    last = min(int(np.searchsorted(recording.row_step[rows], fall.last)), len(rows) - 1)
    targets = recording.examples.targets
    before, after = (np.abs(answers_of(recording, int(rows[at])) - targets).max(axis=1) for at in (first, last))
    return int(np.argmax(before - after))


def _slowing(recording: Recording) -> Iterator[Event]:
    errors, cycles = recording.main_curve, recording.curve_step
    first, last = float(errors[0]), float(errors[-1])
    if first <= 0 or last > CLEARLY_HALVED * first:
        return
    reached = errors <= first - MOST_OF_IT * (first - last)
    at = int(np.flatnonzero(~reached)[-1]) + 1
    share = float((cycles[at] - cycles[0]) / (cycles[-1] - cycles[0]))
    if share <= _EARLY:
        numbers = {"share": MOST_OF_IT, "cycles": share, "before": first, "after": last} | _since(recording, at)
        yield Event("slows", int(cycles[at]), numbers=numbers)


def _divergence(recording: Recording) -> Iterator[Event]:
    errors, cycles = recording.main_curve, recording.curve_step
    numbers = {"before": float(errors[0]), "after": float(errors[-1])}
    if not recording.is_complete:
        yield Event("diverged", int(cycles[-1]), numbers={"complete": 0.0} | numbers)
        return
    worse = max(WORSE * errors[0], errors[0] + NOTABLE * float(np.ptp(recording.examples.targets)))
    turn = last_turn(errors, float(errors[0]), worse, float(errors[0]))
    if turn is not None and turn.rising and errors[-1] >= worse:
        yield Event("diverged", int(cycles[turn.crossed]), numbers={"complete": 1.0} | numbers)


def _overfitting(recording: Recording) -> Iterator[Event]:
    """Event that the test loss rises for good from a cycle on, while the training loss goes on falling."""
    if recording.test_loss is None:
        return
    test, train = recording.test_loss, recording.train_loss
    lowest = int(test.argmin())
    is_seen = test[-1] >= max(RISEN * test[lowest], test[lowest] + _SEEN_RISE * test[0])
    if lowest == 0 or not is_seen or train[-1] > FALLEN * train[lowest]:
        return
    numbers = {"before": float(test[lowest]), "after": float(test[-1])}
    yield Event("overfits", int(recording.curve_step[lowest]), numbers=numbers)


def _plateaus(recording: Recording, scene: Look) -> Iterator[Event]:
    if len(recording.curve_step) < 3 or recording.main_curve.min() < 0:  # of such a loss nothing is a share
        return
    start = float(recording.main_curve[0])
    cycles, errors = _smooth(recording, scene)
    if not np.isfinite(errors).all():  # sums of such losses leave the range of numbers
        return
    found = []
    best = np.minimum.accumulate(errors)  # of noise only what leads downwards counts
    for first in range(len(cycles)):
        last = int(np.flatnonzero(best >= (1 - HARDLY) * best[first])[-1])
        length = int(cycles[last] - cycles[first])
        if recording.diverged_at is not None and last == len(cycles) - 1:  # the loss is not stuck there, it grows
            continue
        if (
            length >= FEWEST_CYCLES
            and cycles[last] >= _LONG * cycles[first]
            and _is_plateau(cycles, best, last, length, start)
        ):
            found.append((cycles[last] / cycles[first], first, last))
    chosen: list[tuple[int, int]] = []
    for _, first, last in sorted(found, key=lambda each: (-each[0], each[1])):
        if len(chosen) < MOST_PLATEAUS and all(last <= other[0] or first >= other[1] for other in chosen):
            chosen.append((first, last))
            numbers = {
                "from": float(cycles[first]),
                "to": float(cycles[last]),
                "before": float(errors[first]),
                "after": float(errors[last]),
            }
            yield Event("plateau", int(cycles[first]), numbers=numbers)


def _is_plateau(cycles: Integers, best: Floats, last: int, length: int, start: float) -> bool:
    """True if a stretch of `length` cycles, which ends at point `last`, is long beside what comes after it."""
    halved = np.flatnonzero(best <= _HALF * best[last])
    if len(halved):
        return length >= LONG_BESIDE_THE_FALL * int(cycles[halved[0]] - cycles[last])
    return last == len(cycles) - 1 and float(best[last]) > STUCK * start and length >= int(cycles[-1]) / 2


def _smooth(recording: Recording, scene: Look) -> tuple[Integers, Floats]:
    """Some hundred geometrically spaced points of the curve, each a mean over the cycles near it."""
    cycles, errors = recording.curve_step[1:], steady_curve(recording, scene)[1:]
    points = np.unique(np.geomspace(1, float(cycles[-1]), _POINTS).round().astype(np.int64))
    at = np.unique(np.searchsorted(cycles, points))
    first = np.searchsorted(cycles, cycles[at] / _SMOOTHED_OVER, side="left")
    last = np.searchsorted(cycles, cycles[at] * _SMOOTHED_OVER, side="right")
    total = np.concatenate([[0.0], np.cumsum(errors)])
    return cycles[at], (total[last] - total[first]) / (last - first)
