"""Where captions stand in a film: in it, one at a time, and long enough to be read."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netviz.errors import InputError
from netviz.recording.event import Event
from netviz.recording.recording import Recording
from netviz.scene.captions import Caption
from netviz.scene.loader import load_scene
from netviz.scene.output import Output
from netviz.scene.scene import Scene
from netviz.scene.shots import LearningShot
from netviz.story.chapters import LATEST
from netviz.story.story import CaptionRequest, add_story, place_requests
from netviz.timeline.captions import add_captions, caption_line, cues_of
from netviz.timeline.cues import Cue, frames_to_read
from netviz.timeline.moments import reached
from netviz.timeline.plan import Plan, make_plan
from netviz.training.trainer import train

SHOTS = [{"shot": "title"}, {"shot": "rest"}, {"shot": "learning"}, {"shot": "think", "inputs": [1, 1, 0]}]
OTHERS = {
    "story": None,
    "training.cycles": 60,
    "schedule": {"cycles": [1, 4, 20, 60]},
    "audio": None,
    "duration": 40,
    "shots": SHOTS,
    "output.fps": 25,
}
LATE = int(LATEST * 25)
XOR = load_scene("xor", overrides=OTHERS)
PLAN = make_plan(XOR, Fraction(40))


def captioned(*captions: dict[str, Any], **others: Any) -> Scene:
    return XOR.model_copy(update={"captions": tuple(Caption(**each) for each in captions), **others})


def planned(scene: Scene, seconds: int = 40) -> Plan:
    return add_captions(scene, make_plan(scene, Fraction(seconds)))


def cues(*captions: dict[str, Any], **others: Any) -> tuple[Cue, ...]:
    return planned(captioned(*captions, **others)).cues


def refused(*captions: dict[str, Any], seconds: int = 40) -> list[str]:
    with pytest.raises(InputError) as wrong:
        planned(captioned(*captions), seconds)
    return [str(problem) for problem in wrong.value.problems]


@pytest.mark.parametrize(
    ("at", "start"),
    [
        *[("start", 0), ("10s", 250), ("0.03s", 1), ("25%", 250), ("shot:2", None), ("end", 950)],
        *[("start+2s", 50), ("10s-2.5s", 188), ("25% + 1 s", 275), ("end-4s", 900), ("start+0.02s", 1)],
    ],
)
def test_a_caption_begins_at_its_moment(at: str, start: int | None) -> None:
    (cue,) = cues({"text": "Hello", "at": at})
    shot = next(span.start for span in PLAN.spans if span.shot == 1)
    assert cue == Cue(shot if start is None else start, (shot if start is None else start) + 50, "Hello")


@pytest.mark.parametrize("shot", ["shot:2", "shot:learning"])
@pytest.mark.parametrize("seconds", [Fraction("-0.5"), Fraction(0), Fraction("1.34")])
def test_an_offset_counts_from_the_beginning(shot: str, seconds: Fraction) -> None:
    (cue,) = cues({"text": "Hello", "at": f"{shot}{float(seconds):+}s"})
    begin = next(span.start for span in PLAN.spans if shot in (f"shot:{span.shot + 1}", f"shot:{span.shot_kind}"))
    assert cue.start == begin + floor(seconds * 25 + Fraction(1, 2))


def test_an_offset_counts_from_a_cycle_shown_or_passed() -> None:
    for cycle in (2, 3, 60):
        (cue,) = cues({"text": "Hello", "at": f"cycle:{cycle}-1s"})
        assert cue.start == reached(PLAN, cycle) - 25


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        ("10s-11s", "10s-11s is before the film begins: the film lasts 40.00 s"),
        ("shot:1-1s", "shot:1-1s is before the film begins: the film lasts 40.00 s, shot:1 at 0.00 s"),
        ("50%+20s", "50%+20s is past the end of the film: the film lasts 40.00 s, 50% at 20.00 s"),
        ("start+40s", "start+40s is past the end of the film: the film lasts 40.00 s"),
    ],
)
def test_an_offset_that_leaves_the_film(at: str, problem: str) -> None:
    assert refused({"text": "Hello", "at": at}) == [f"captions[0].at: {problem}"]


def test_a_caption_at_a_cycle_comes_with_it() -> None:
    plan = PLAN
    for cycle in plan.shown_cycles:
        (cue,) = cues({"text": "Look", "at": f"cycle:{cycle}"})
        assert cue.start == next(span.start for span in plan.spans if span.kind == "step" and span.cycle == cycle)
    before, after = next(pair for pair in pairwise(plan.shown_cycles) if pair[1] - pair[0] > 1)
    (cue,) = cues({"text": "Look", "at": f"cycle:{before + 1}"})
    (way,) = (span for span in plan.spans if span.kind == "move" and span.cycle == after)
    assert way.start < cue.start < way.stop


@pytest.mark.parametrize("style", ["classic", "glow"])
@pytest.mark.parametrize("examples", ["each", "together"])
def test_every_cycle_is_come_to(style: str, examples: Any) -> None:
    learning = LearningShot(examples=examples)
    shots = tuple(learning if shot.shot == "learning" else shot for shot in XOR.shots)
    plan = make_plan(captioned(style=style, shots=shots), Fraction(40))
    starts = [reached(plan, cycle) for cycle in range(1, 61)]
    assert starts == sorted(starts)
    assert starts[0] < starts[-1]


def test_a_caption_stands_until_the_next_where_there_is_no_room() -> None:
    text = "Thirty-four characters to be read."  # two seconds
    assert [(cue.start, cue.stop) for cue in cues({"text": text, "at": "4s"}, {"text": "Next", "at": "6s"})] == [
        (100, 150),
        (150, 200),
    ]
    (first, _) = cues({"text": text, "at": "4s"}, {"text": "Next", "at": "7.2s"})
    assert first.stop == 180, "what is left before the next is too short for anything else"
    (first, _) = cues({"text": text, "at": "4s"}, {"text": "Next", "at": "9s"})
    assert first.stop == 100 + 63
    (first, _) = cues({"text": text, "at": "4s", "for": Fraction(3)}, {"text": "Next", "at": "7.2s"})
    assert first.stop == 175


def test_captions_that_do_not_fit_are_all_told() -> None:
    found = refused(
        {"text": "Hello", "at": "41s"},
        {"text": "Hello there, and a little more", "at": "5s"},
        {"text": "Hello", "at": "6s", "for": Fraction(4)},
        {"text": "Hello", "at": "8s"},
        {"text": "Hello", "at": "32s"},
        {"text": "Hello", "at": "80%"},
        {"text": "Hello", "at": "39s"},
    )
    assert found == [
        "captions[0].at: 41s is past the end of the film, which lasts 40.00 s",
        "captions[1].at: it takes 1.8 s to read, but captions[2] begins 1.00 s after it",
        "captions[2].for: it lasts 4 s, but captions[3] begins 2.00 s after it",
        "captions[4].at: it takes 1.5 s to read, but captions[5] begins with it",
        "captions[6].at: it takes 1.5 s to read, but the film ends 1.00 s after it begins",
    ]
    (error,) = refused({"text": "x", "at": "shot:4"}, seconds=1)
    assert "captions[0].at" in error


RATES = (Fraction(8), Fraction(25), Fraction(30000, 1001), Fraction(60))
PLANS = {fps: make_plan(captioned(output=Output(fps=fps)), Fraction(40)) for fps in RATES}
WORDS = st.text(alphabet="abcdefghij klmnop", min_size=1, max_size=120).filter(str.strip)
AT = st.one_of(
    st.integers(0, 400).map(lambda tenths: f"{tenths / 10}s"), st.integers(0, 100).map(lambda part: f"{part}%"),
    st.integers(1, 60).map(lambda cycle: f"cycle:{cycle}"), st.integers(1, 4).map(lambda shot: f"shot:{shot}"),
    st.sampled_from(["start", "end"]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(WORDS, AT, st.none() | st.integers(2, 9)), min_size=1, max_size=5),
    st.sampled_from(sorted(PLANS)),
)
def test_every_caption_can_be_read(captions: list[tuple[str, str, int | None]], fps: Fraction) -> None:
    given_ = [{"text": text, "at": at, **({"for": seconds} if seconds else {})} for text, at, seconds in captions]
    plan = PLANS[fps]
    try:
        found = cues_of(captioned(*given_), plan)
    except InputError:
        assume(False)
    assert_readable(plan, found)


def assert_readable(plan: Plan, cues: tuple[Cue, ...]) -> None:
    borders = [border for cue in cues for border in (cue.start, cue.stop)]
    assert borders == sorted(borders) and borders[0] >= 0 and borders[-1] <= plan.frame_count
    for cue in cues:
        seconds = (cue.stop - cue.start + 1) / plan.fps  # moments are rounded to frames
        assert len(cue.text) / 17 <= seconds and seconds >= Fraction(3, 2), cue


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 999), WORDS, st.none() | st.integers(1, 200)), max_size=12),
    st.lists(st.integers(0, 8), unique=True, max_size=4),
)
def test_what_is_told_too_finds_its_room(wanted: list[tuple[int, str, int | None]], given_: list[int]) -> None:
    fixed = tuple(Cue(100 * place, 100 * place + 60, "given") for place in sorted(given_))
    plan = replace(PLAN, cues=fixed)
    asked = [CaptionRequest(*each) for each in wanted]
    found, left_out = place_requests(plan, asked)
    assert len(found) - len(fixed) + len(left_out) == len(asked)
    assert set(fixed) <= set(found)
    if found:
        assert_readable(plan, found)
    for cue in found:
        if cue not in fixed:
            begins = [each.start for each in asked if each.text == cue.text]
            assert any(start <= cue.start <= start + LATE for start in begins) or cue.stop == plan.frame_count
    taken = np.zeros(plan.frame_count, bool)
    for cue in found:
        taken[cue.start : cue.stop] = True
    for each in left_out:  # there really is no room for it
        needed = frames_to_read(each.text, plan.fps)
        near = "".join("x" if frame else " " for frame in taken[each.start : each.start + LATE + needed])
        assert max(map(len, near.split("x"))) < needed


@pytest.fixture(scope="module")
def recording() -> Recording:
    return train(XOR)


def test_a_caption_at_an_event_comes_with_it(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    event = Event("sign", 20, example=1)
    monkeypatch.setattr("netviz.story.moments.find_events", lambda recording, scene: (event,))
    scene = captioned({"text": "It turns", "at": "event:sign"}, {"text": "Hello", "at": "start"})
    plan = planned(scene)
    assert [cue.text for cue in plan.cues] == ["Hello"], "it waits for the recording"
    whole = add_story(plan, recording, scene)
    assert [cue.text for cue in whole.cues] == ["Hello", "It turns"]
    cue = whole.cues[1]
    assert cue.event == event
    steps = [span for span in whole.spans if span.kind == "step" and span.cycle == 20]
    span = next((span for span in steps if span.example == 1), steps[-1])
    assert span.start + (span.stop - span.start) // 2 < cue.start < span.stop, "where the weights move"
    assert whole == replace(plan, cues=whole.cues, spans=whole.spans)
    for seconds in (-1, 2):
        later = captioned({"text": "It turns", "at": f"event:sign{seconds:+}s"}, {"text": "Hello", "at": "start"})
        (moved,) = (cue for cue in add_story(planned(later), recording, later).cues if cue.event == event)
        assert moved.start == cue.start + 25 * seconds
    scene = captioned({"text": "It turns", "at": "event:sign+90s"})
    assert (
        "captions[0] is left out: event:sign+90s is past the end of the film: the film lasts 40.00 s, event:sign "
        in (add_story(planned(scene), recording, scene).notes[-1])
    )


def test_a_caption_at_an_event_of_a_walked_cycle_is_not_lost(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netviz.story.moments.find_events", lambda recording, scene: (Event("halved", 4),))
    shots = [{"shot": "walk", "example": 1, "cycle": 4}, {"shot": "rest"}]
    scene = load_scene("xor", overrides=OTHERS | {"shots": shots, "captions": [{"text": "a", "at": "event:halved"}]})
    (cue,) = add_story(make_plan(scene, Fraction(40)), recording, scene).cues
    assert cue.text == "a"


def test_an_event_that_did_not_happen_is_told(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    some = (Event("halved", 4), Event("sign", 9), Event("sign", 12))
    monkeypatch.setattr("netviz.story.moments.find_events", lambda recording, scene: some)
    scene = captioned(
        {"text": "a", "at": "event:solved"}, {"text": "b", "at": "event:sign:3"}, {"text": "c", "at": "event:sign:2"}
    )
    whole = add_story(make_plan(scene, Fraction(40)), recording, scene)
    assert [cue.text for cue in whole.cues] == ["c"]
    assert whole.notes[len(PLAN.notes) :] == (
        "captions[0] is left out: this run has no event solved; it has halved, sign",
        "captions[1] is left out: this run has 2 events of the kind sign",
    )


def test_a_given_caption_leaves_no_room_at_an_event(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netviz.story.moments.find_events", lambda recording, scene: (Event("halved", 4),))
    scene = captioned({"text": "Half is gone", "at": "event:halved"}, {"text": "a", "at": "start", "for": Fraction(36)})
    whole = add_story(make_plan(scene, Fraction(40)), recording, scene)
    assert whole.notes[-1:] == ("captions[0] is left out: other captions leave it no time at its event",)


# The line under the title, of a run that has not begun at cycle 0, or of which it is not known how it began.


@pytest.mark.parametrize(
    ("first_step", "first_weights", "line"),
    [
        (0, "random", "Before training: every weight is random."),
        (2, "zero", "Before training: every weight is zero."),
        (2, None, "Cycle 2"),
        (0, None, "Before training."),
    ],
)
def test_a_film_begins_with_the_first_step_of_its_run(
    recording: Recording, first_step: int, first_weights: Any, line: str
) -> None:
    outline = replace(XOR.outline, first_step=first_step, first_weights=first_weights)
    look = XOR.of_run(outline)
    plan = make_plan(look, Fraction(40))
    before = plan.spans[1]
    assert (before.kind, before.cycle) == ("rest", first_step)
    assert caption_line(recording, look, before, plan).rstrip(".") == line.rstrip(".")
