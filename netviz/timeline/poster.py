"""Poster: the frame that looks best by itself, late in learning, with much light and nothing half faded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from netviz.recording.recording import Recording
from netviz.timeline.frame import Frame
from netviz.timeline.plan import LEARNING, Plan, Span
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline

_MOST_LOOKED_AT = 240
"""Most frames whose light is computed: enough to meet the middle of every pulse of a late cycle."""
_LATE = 0.6
"""Part of the learning shot after which it is late."""
NEURONS, COMETS = 3.0, 2.0
"""Weights of the light of neurons and of comets, against that of synapses: comets show that something moves."""
_WHOLE = 0.999
"""Level from which something counts as fully shown; 1 minus it, as gone."""


def poster_frame(timeline: Timeline | SideBySide) -> int:
    """The number of the frame that stands for the film before it is played.

    Chosen from the numbers of frames alone: those of the last part of learning (of a film that shows none, all of it)
    in which no card is seen, no caption fades and, where there are such, the line under the title is the film's own; of
    them the one with the most light - from active neurons, from synapses that carry a signal, and from comets half-way
    and not far from the answer. Among equals the last.
    """
    candidates = [*_candidates(timeline.plan)]
    brightest = [_brightest(recording) for recording in timeline.recordings]

    def rating(number: int) -> tuple[int, float, int]:
        frame = timeline.frame(number)  # looked at and let go: all of them would fill the memory
        fit = 2 if _is_clear(frame) else 1 if _is_whole(frame) else 0
        light = sum(_light(of, most) for of, most in zip((frame, *frame.beside), brightest, strict=True))
        return fit, light, number

    return max(rating(number) for number in candidates)[-1]


def _candidates(plan: Plan) -> Iterator[int]:
    """Frames to look at, in order, spread evenly over the spans that a poster may be of."""
    spans = [*_late(plan)] or [*plan.spans]
    numbers = [number for span in spans for number in range(span.start, span.stop)]
    step = max(1, -(-len(numbers) // _MOST_LOOKED_AT))
    yield from numbers[step // 2 :: step] or numbers


def _late(plan: Plan) -> Iterator[Span]:
    """The spans late in learning, of its last cycles; where nothing is learned, worked examples and thoughts."""
    learning = [span for span in plan.spans if span.kind in LEARNING]
    if not learning:
        yield from (span for span in plan.spans if span.kind in ("walk", "think"))
        return
    start, stop = learning[0].start, learning[-1].stop
    border = start + _LATE * (stop - start)
    yield from (span for span in learning if span.start >= border or span is learning[-1])


def _is_whole(frame: Frame) -> bool:
    """True if the network is shown, no card is, and no caption is half faded."""
    is_caption_whole = frame.caption_level >= _WHOLE or frame.caption_level <= 1 - _WHOLE
    return min(frame.presence, frame.drawn) >= _WHOLE and frame.card <= 1 - _WHOLE and is_caption_whole


def _is_clear(frame: Frame) -> bool:
    """True if `_is_whole`, the line under the title is the shot's own, and no spotlight singles anything out."""
    return _is_whole(frame) and not frame.is_cue and frame.spotlight is None and frame.caption_level >= _WHOLE


def _light(frame: Frame, brightest: Sequence[float]) -> float:
    """Amount of light in a frame: 0 (none) to some 6. brightest: of each layer, as `_brightest` gives it.

    Where targets are classes, the answer beside the truth counts instead of comets.
    """
    layers = len(frame.carried)
    neurons = [
        float((level * np.minimum(1.0, np.abs(value) / most)).mean())
        for level, value, most in zip(frame.arrived, frame.activations, brightest, strict=True)
    ]
    synapses = [float(np.sqrt(layer).mean()) if layer.size else 0.0 for layer in frame.carried]
    comets = [
        float(np.sqrt(pulse.strength).mean()) * 4 * pulse.position * (1 - pulse.position) * (pulse.layer + 1) / layers
        for pulse in frame.pulses
        if pulse.direction == "forward" and pulse.strength.size
    ]
    moves = frame.compared if frame.accuracy is not None else max(comets, default=0.0)
    return NEURONS * float(np.mean(neurons)) + float(np.mean(synapses)) + COMETS * moves


def _brightest(recording: Recording) -> list[float]:
    """The |activation| of full brightness, for each layer: the largest recorded, where that is more than 1."""
    return [max(1.0, float(layer.max()), -float(layer.min())) for layer in recording.activations]
