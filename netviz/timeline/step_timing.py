"""Timing of a step: when layers light up, signals travel forward, the error goes back and weights change.

All functions are pure: a phase goes in, levels from 0 to 1 come out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import NamedTuple

Window = tuple[float, float]
"""Start and end of something, as phases."""
NEVER: Window = (2.0, 3.0)
"""Window of a part that a step does not have."""


def ease(x: float) -> float:
    """Smooth step from 0 (x <= 0) to 1 (x >= 1), with no speed at both ends: 3x^2 - 2x^3."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


def rise(phase: float, start: float, stop: float) -> float:
    """Curve that is 0 before start, 1 after stop, and eased between them."""
    return ease((phase - start) / (stop - start))


@dataclass(frozen=True)
class Beats:
    """Start and end of the parts of a step, as phases. In `fade` all light goes out again.

    softness: factor on the time in which neurons light up. inset: while the weight that moves most is shown large.
    pause: part of `forward` for which all stands still before the signal goes on to the outputs.
    """

    present: float
    forward: Window
    compare: Window
    backward: Window
    update: Window
    fade: Window
    softness: float = 1.0
    inset: Window = NEVER
    pause: float = 0.0


LEARN = Beats(
    present=0.09,
    forward=(0.08, 0.47),
    compare=(0.47, 0.57),
    backward=(0.58, 0.82),
    update=(0.80, 0.945),
    fade=(0.86, 0.985),
)
"""Beats of a step of learning: forward, compare, back, update; without light at the end, where the next one begins."""

FULL = Beats(
    present=0.08,
    forward=(0.06, 0.36),
    compare=(0.36, 0.43),
    backward=(0.44, 0.62),
    update=(0.65, 0.82),
    fade=(0.93, 0.995),
    inset=(0.56, 1.0),
)
"""Beats of a step that is presented in full: the same, with more time for a look at the weights."""

BRIEF = Beats(
    present=0.06,
    forward=(0.04, 0.46),
    compare=(0.46, 0.54),
    backward=NEVER,
    update=(0.84, 0.97),
    fade=(0.88, 0.99),
)
"""Beats of a brief step: forward, then the answer is held beside the target, and the weights change."""

RAPID = Beats(
    present=0.12,
    forward=(0.0, 0.5),
    compare=(0.5, 0.62),
    backward=NEVER,
    update=(0.82, 0.98),
    fade=(0.75, 0.93),
    softness=2.8,
)
"""Beats of a rapid step, one of many: forward, and the answer."""

FULL_FROM, BRIEF_FROM = 2.4, 1.1
"""Seconds from which a step is presented in full, and from which briefly; a shorter one is rapid."""


def beats_of(seconds: float) -> Beats:
    """Beats of a step of so many seconds: it shows what it has the time for."""
    return FULL if seconds >= FULL_FROM else BRIEF if seconds >= BRIEF_FROM else RAPID


class Thought(NamedTuple):
    """Timing of a thought about a new situation: forward only, and the light stays.

    longest: most seconds that the signal takes, however long the thought is shown. rest: seconds for which its answer
    stands, in a shorter thought too, if that leaves `soonest`, a part of the time, before the answer.
    """

    beats: Beats
    longest: float
    rest: float = 0.0
    soonest: float = 1.0

    def hurry(self, seconds: float) -> float:
        """Factor by which the signal of a thought shown for so many seconds is ahead of the shot."""
        answered = max(self.soonest * seconds, seconds - self.rest)
        return max(1.0, seconds / self.longest, self.beats.compare[1] * seconds / answered)


THOUGHT = Thought(
    Beats(
        present=0.08,
        forward=(0.07, 0.76),
        compare=(0.80, 0.87),
        backward=NEVER,
        update=NEVER,
        fade=NEVER,
        pause=1.5 / 6.5,
    ),
    longest=6.5,
    rest=2.6,
    soonest=0.42,
)
"""A thought whose question stands for a second and a half before the answer arrives."""

EVEN_THOUGHT = Thought(
    Beats(present=0.10, forward=(0.08, 0.62), compare=(0.64, 0.72), backward=NEVER, update=NEVER, fade=NEVER), longest=5
)
"""A thought in a film whose steps are all alike."""

REDUCED = Beats(
    present=0.05,
    forward=(0.1, 0.4),
    compare=(0.5, 0.55),
    backward=(0.6, 0.8),
    update=(0.85, 0.95),
    fade=NEVER,
)
"""Beats of a step or a thought in reduced motion, which shows only moments of it: nothing fades before its end.

The moments, PRESENTED to CHANGED, lie where each part is over.
"""
PRESENTED, ARRIVED, COMPARED, RETURNED, CHANGED = 0.05, 0.48, 0.55, 0.84, 1.0
"""Phases of REDUCED: the inputs are presented; the signal has arrived everywhere; the target stands beside the answer;
the error has come back; the weights have moved."""


def presentation_level(beats: Beats, phase: float) -> float:
    """Level of the inputs and of the table's row."""
    return rise(phase, 0.0, beats.present) * (1 - rise(phase, *beats.fade))


def lasting(beats: Beats) -> Beats:
    """The same beats for a step after which another follows: its light stays, and passes on to the next."""
    return replace(beats, fade=NEVER)


def leg(window: Window, layer: int, layers: int, pause: float = 0.0) -> Window:
    """The part of a window in which signals travel through the layer-th of `layers` weight layers.

    pause: part of the window before the last leg in which none travel.
    """
    length = (window[1] - window[0] - pause) / layers
    start = window[0] + layer * length + (pause if layer == layers - 1 else 0.0)
    return start, start + length


def legs(window: Window, layers: int, pause: float = 0.0) -> list[Window]:
    """All legs of a window, the first the earliest."""
    return [leg(window, layer, layers, pause) for layer in range(layers)]


def travel(window: Window, phase: float) -> float | None:
    """Position (0 to 1) of signals on a leg that takes a window; None while none are under way."""
    start, stop = window
    if not start <= phase < stop:
        return None
    x = (phase - start) / (stop - start)
    return 0.5 * x + 0.5 * ease(x)


def gone_through(window: Window, phase: float) -> float:
    """Part of its way (0 to 1) that a signal has gone on a leg: as `travel`, 0 before its window and 1 after it."""
    position = travel(window, phase)
    return float(phase >= window[1]) if position is None else position


def block_levels(part: float, blocks: int) -> list[float]:
    """Levels of light in blocks one after the other, of which a signal has gone through so large a part, 0 to 1."""
    return [rise(part * blocks, number, number + 1) for number in range(blocks)]


def arrived(beats: Beats, phase: float, layer: int, layers: int) -> float:
    """Level of light in neuron layer `layer` (0 = inputs) of a network with `layers` weight layers."""
    if layer == 0:
        return presentation_level(beats, phase)
    start, stop = leg(beats.forward, layer - 1, layers, beats.pause)
    length = beats.softness * (stop - start)
    return rise(phase, stop - 0.12 * length, stop + 0.25 * length) * (1 - rise(phase, *beats.fade))


def carried(beats: Beats, phase: float, layer: int, layers: int) -> float:
    """Level of light in the synapses of weight layer `layer`: it comes with the signal and stays until the fade."""
    return rise(phase, *leg(beats.forward, layer, layers, beats.pause)) * stays_carried(beats, phase)


def stays_carried(beats: Beats, phase: float) -> float:
    """Part of the signal's light in synapses and blocks that is left: less while the error goes back, none at last."""
    dimmed = 1 - 0.55 * rise(phase, beats.backward[0] - 0.04, beats.backward[0] + 0.06)
    return dimmed * (1 - rise(phase, *beats.fade))


def error_level(beats: Beats, phase: float, layer: int, layers: int) -> float:
    """Level of the error in neuron layer `layer` on its way back; the output layer has it from the comparison on."""
    if layer == layers:
        start = beats.compare[0]
        return rise(phase, start, beats.compare[1]) * (1 - rise(phase, *beats.fade))
    start, stop = leg(beats.backward, layers - 1 - layer, layers)
    length = stop - start
    return rise(phase, stop - 0.12 * length, stop + 0.3 * length) * (1 - rise(phase, *beats.fade))


def settled_phase(beats: Beats, layers: int) -> float:
    """The phase from which nothing changes any more until the fade."""
    start, stop = leg(beats.forward, layers - 1, layers, beats.pause)
    return max(beats.compare[1], stop + 0.25 * (stop - start))


def comparison_level(beats: Beats, phase: float) -> float:
    """Level of the target beside the answer."""
    return rise(phase, *beats.compare) * (1 - rise(phase, *beats.fade))


def update_level(beats: Beats, phase: float) -> float:
    """Part of the way, 0 to 1, that the weights have moved from before to after the step."""
    return rise(phase, *beats.update)


INSET_FADES = 0.06
"""Part of a step in which the inset comes, and goes."""


def inset_level(beats: Beats, phase: float) -> float:
    """Level of the inset with the weight that moves most."""
    start, stop = beats.inset
    return rise(phase, start, start + INSET_FADES) * (1 - rise(phase, stop - INSET_FADES, stop))


def swell(x: float) -> float:
    """Curve that is 0 at both ends of 0 to 1, and 1 in the middle."""
    return ease(2 * x) if x < 0.5 else ease(2 - 2 * x)


def kick(x: float) -> float:
    """Curve from 0 (x <= 0) to 1 (x >= 1), fastest at the start, where a beat is, so that it is seen with the beat.

    0.2 x + 0.8 (1 - (1 - x)^3): four fifths of the way by the middle.
    """
    x = min(1.0, max(0.0, x))
    return 0.2 * x + 0.8 * (1 - (1 - x) ** 3)


GATHER = 0.8
"""Seconds in which a continuous morph gathers its speed, and loses it at the end."""
MOST_RAMP = 0.2
"""Largest part of a continuous morph in which it gathers speed."""


def ramp_in(seconds: float) -> float:
    """Part of a continuous morph of so many seconds in which it gathers speed."""
    return min(MOST_RAMP, GATHER / seconds)


def cruise(x: float, ramp: float) -> float:
    """Curve from 0 to 1 at an even pace, but for a ramp (0 < ramp <= 1/2) at both ends, in which speed grows evenly."""
    if x > 0.5:
        return 1 - cruise(1 - x, ramp)
    speed = 1 / (1 - ramp)
    x = max(0.0, x)
    return speed * x * x / (2 * ramp) if x < ramp else speed * (x - ramp / 2)


def uncruise(y: float, ramp: float) -> float:
    """The x at which `cruise` is y, 0 <= y <= 1."""
    if y > 0.5:
        return 1 - uncruise(1 - y, ramp)
    speed = 1 / (1 - ramp)
    return sqrt(2 * ramp * y / speed) if y < speed * ramp / 2 else y / speed + ramp / 2
