"""Every sentence of every bundled film: told as it is seen, true while it stands, and in order."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

import netviz
from netviz.drawing.panels.curve_details import input_shares
from netviz.recording.event import Event
from netviz.recording.layers import network_inputs
from netviz.recording.margins import HALF, errors_of, margins_for
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.story.answer_events import NEARLY
from netviz.story.story import add_story
from netviz.timeline.answers import CLEARLY, WRONG, unseen_situations
from netviz.timeline.cues import Cue, frames_to_read
from netviz.timeline.frame import Array, Frame, NetworkState
from netviz.timeline.plan import make_plan
from netviz.timeline.signals import answer_of
from netviz.timeline.timeline import Timeline, make_timeline

SCENES = (
    "digits", "dog-or-cat", "even-or-odd", "neuron", "playground-circle", "playground-gauss-regression",
    "playground-line", "playground-plane", "playground-quadrants", "playground-spiral", "step-by-step",
    "tiny-one-layer", "tiny-two-layers", "xor",
)  # fmt: skip
STANDS = ("leans", "withers", "accurate", "holdout", "plateau", "dead", "saturated", "slows", "halved", "diverged")
"""Kinds of events whose sentences are about what stays as it is."""


@cache
def recorded(name: str) -> Recording:
    return netviz.record(netviz.load_scene(name))


def film_of(name: str, seconds: int) -> Timeline:
    scene = netviz.load_scene(name, overrides={"audio": None, "duration": seconds, "story": "auto"})
    recording = recorded(name)
    return make_timeline(add_story(make_plan(scene, Fraction(seconds)), recording, scene), recording, scene)


def outputs(scene: Look, frame: Frame, inputs: Array) -> Array:
    """The answers (n, n_L) of a frame's network to inputs (n, n_0)."""
    state = NetworkState(frame.weights, frame.biases)
    return np.array([answer_of(scene, state, each)[-1] for each in inputs])


def spoken_of(timeline: Timeline, event: Event, frame: Frame) -> Array:
    """The numbers that a sentence about an event is about, in a frame."""
    scene, examples = timeline.scene, timeline.recording.examples
    if event.synapse is not None:
        layer, start, end = event.synapse
        return np.array([frame.weights[layer][start, end]])
    if event.kind == "withers":
        assert event.neuron is not None
        return input_shares(frame.weights[0], scene.outline.layers[0])[event.neuron[1]]
    if event.kind == "unseen":
        shot = unseen_situations(scene)[int(event.numbers["situation"])]
        given = network_inputs(scene.outline.features, np.array([shot.inputs], dtype=np.float64))
        return np.abs(outputs(scene, frame, given) - np.array(shot.target)).max(axis=1)
    if event.kind == "overfits":
        return np.array([frame.test_loss])
    answers = outputs(scene, frame, examples.inputs)
    margins = margins_for(examples.targets)
    return np.abs(answers - examples.targets) if margins is None else errors_of(margins(answers))


def is_near(timeline: Timeline, cycle: float, event: Event) -> bool:
    """Whether the counter is within 2 % of an event's cycle, or between the same two kept moments."""
    if abs(cycle - event.cycle) <= 0.02 * event.cycle:
        return True
    kept = timeline.recording_index.kept_cycles
    return any(before <= cycle <= after and before <= event.cycle <= after for before, after in pairwise(kept))


@pytest.mark.parametrize("seconds", [20, 45, 91])
@pytest.mark.parametrize("name", SCENES)
def test_every_sentence_is_told_as_it_is_seen(name: str, seconds: int) -> None:
    timeline = film_of(name, seconds)
    plan, fps = timeline.plan, int(timeline.plan.fps)
    assert all(before.stop <= after.start for before, after in pairwise(plan.cues))
    told = [cue for cue in plan.cues if cue.event is not None]
    order = [cue.event.cycle for cue in told if cue.event is not None and cue.event.kind != "slows"]
    assert order == sorted(order), [cue.text for cue in told]
    for cue in plan.cues:
        assert cue.stop - cue.start >= frames_to_read(cue.text, plan.fps), cue.text
    for cue in told:
        _is_true(timeline, cue, fps)


def _is_true(timeline: Timeline, cue: Cue, fps: int) -> None:
    event = cue.event
    assert event is not None
    first, later = timeline.frame(cue.start), timeline.frame(min(cue.start + fps, timeline.frame_count - 1))
    last = timeline.frame(cue.stop - 1)
    before, after = spoken_of(timeline, event, first), spoken_of(timeline, event, later)
    if event.kind in ("holdout", "plateau"):
        assert event.numbers["from"] <= first.curve_cycle and last.curve_cycle <= event.numbers["to"], cue
    elif event.kind in ("slows", "diverged"):
        assert first.curve_cycle >= event.cycle, cue
    elif event.kind == "sign":  # its sentence comes a moment before, so that the synapse is found
        assert before[0] * after[0] <= 0 or np.sign(before[0]) != np.sign(last_value(timeline, event, cue)), cue
        assert event.numbers["after"] * spoken_of(timeline, event, last)[0] > 0, cue
    else:
        assert is_near(timeline, first.curve_cycle, event) or event.cycle == 0, (cue, first.curve_cycle)
    comes_right = event.kind == "unseen" and event.numbers["error"] < HALF
    if event.kind not in STANDS and not comes_right:
        assert np.abs(after - before).max() > 0.002, cue
    if event.kind == "holdout":
        example = int(event.numbers["example"])
        assert (
            before[example] > CLEARLY > np.delete(before, example).max()
            and spoken_of(timeline, event, last)[example] > CLEARLY
        )
    if event.kind == "solved":
        assert spoken_of(timeline, event, last).max() < CLEARLY, "now it has the rule, and keeps it"
    if event.kind == "unseen" and event.numbers["error"] > WRONG:
        assert spoken_of(timeline, event, last)[0] > WRONG - NEARLY - 0.02, "still sure, and wrong"


def last_value(timeline: Timeline, event: Event, cue: Cue) -> float:
    return float(spoken_of(timeline, event, timeline.frame(cue.stop - 1))[0])
