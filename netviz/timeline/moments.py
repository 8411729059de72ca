"""Moments by name: 50%, 12.5s, cycle:200, shot:3, start, end, and the poster frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np

from netviz.errors import InputError, Problem
from netviz.recording.recording import Recording
from netviz.scene.captions import Moment, moment_of
from netviz.timeline.frame import Frame
from netviz.timeline.plan import LEARNING, SHOWING, Plan, Span
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline

FORMS = "50%, 12.5s, cycle:200, shot:3, start, end or poster"
_POSTER = "poster"
"""Name of the moment that stands for the film: its frame is known only with the recording."""
COMPARED_PHASE = 0.55
"""Phase of a step at which its answer stands beside the target: the moment that shows most."""


def check_moment(plan: Plan, text: str, origin: str = "--at") -> None:
    """Raise InputError, naming `origin`, if the text is no moment of this film. Needs no recording."""
    if text.strip() != _POSTER:
        frame_at(plan, text, origin)


def moment_frame(timeline: Timeline | SideBySide, text: str, origin: str = "--at") -> int:
    """The frame of a moment, the poster's among them. Raises InputError as `check_moment`."""
    return poster_frame(timeline) if text.strip() == _POSTER else frame_at(timeline.plan, text, origin)


def frame_at(plan: Plan, text: str, origin: str = "--at") -> int:
    """The frame of a moment that the plan alone knows.

    Raises InputError, naming `origin`, if the text is no moment of this film.
    """
    last = plan.frame_count - 1
    try:
        moment = moment_of(text)
    except ValueError as wrong:
        is_none = str(wrong).startswith("expected")
        raise _wrong(origin, f"{text!r} is no moment; give {FORMS}" if is_none else str(wrong)) from None
    match moment.kind:
        case "start" | "end":
            return 0 if moment.kind == "start" else last
        case "part":
            return min(last, int(moment.number * plan.frame_count))
        case "seconds":
            frame = int(moment.number * plan.fps)
            if frame <= last:
                return frame
            if moment.number == plan.seconds:
                return last
            raise _wrong(origin, f"{text} is past the end of the film, which lasts {float(plan.seconds):.2f} s")
        case "cycle":
            return _in_cycle(plan, int(moment.number), origin)
        case "shot":
            return _in_shot(plan, moment, origin)
        case "event":
            raise _wrong(origin, f"events are known only after training; give {FORMS}")


def _in_cycle(plan: Plan, cycle: int, origin: str) -> int:
    here = [span for span in plan.spans if span.kind in SHOWING and span.cycle == cycle]
    if here:  # a worked example of the cycle is taken only where no other span shows it
        return _inside(plan, min(here, key=lambda span: SHOWING.index(span.kind)))
    shown = plan.shown_cycles
    if not shown:
        raise _wrong(origin, "this film shows no cycles of training")
    listed = ", ".join(f"{number:,}" for number in shown[:20]) + (", …" if len(shown) > 20 else "")
    raise _wrong(origin, f"cycle {cycle} is not shown; shown are {listed}")


def _in_shot(plan: Plan, moment: Moment, origin: str) -> int:
    """The middle of a shot."""
    here = [span for span in plan.spans if moment.names_shot(span.shot, span.shot_kind)]
    numbers = sorted({span.shot + 1 for span in here})
    if len(numbers) != 1:
        several = f"there are {len(numbers)}; give {' or '.join(f'shot:{number}' for number in numbers)}"
        raise _wrong(origin, several if numbers else "there is no such shot in this film")
    return (here[0].start + here[-1].stop) // 2


def _inside(plan: Plan, span: Span) -> int:
    """The frame of a span that shows most: a sweep's last; one in a worked example's last second, with all lines."""
    if span.kind == "sweep":
        return span.stop - 1
    if span.kind == "walk":
        return max(span.start, span.stop - 1 - ceil(plan.fps))
    return min(span.stop - 1, span.start + int(COMPARED_PHASE * (span.stop - span.start)))


def _wrong(origin: str, message: str) -> InputError:
    return InputError([Problem(origin, message)])


# The poster frame, which looks best by itself: late in learning, with much light, and nothing half faded.

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
