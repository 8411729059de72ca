"""What a film tells of its run by itself: true, readable, in its place, and not in the way of the scene's own words."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

import netviz
from netviz.pipeline.api import events as find_events
from netviz.recording.event import Event
from netviz.recording.recording import Recording
from netviz.scene.captions import EVENT_KINDS, EventKind
from netviz.story.event_frames import frame_of
from netviz.story.story import add_story
from netviz.story.wording import event_texts
from netviz.timeline.cues import frames_to_read
from netviz.timeline.plan import Plan, make_plan
from netviz.timeline.timeline import make_timeline
from tests.recordings import own_scene


@pytest.fixture(scope="module")
def xor() -> Recording:
    return netviz.record(netviz.load_scene("xor", overrides={"story": "auto"}))


def story_of(xor: Recording, seconds: int = 91, **changes: object) -> Plan:
    scene = netviz.load_scene("xor", overrides={"story": "auto", "audio": None, "duration": seconds, **changes})
    return add_story(make_plan(scene, Fraction(seconds)), xor, scene)


def test_the_film_finds_by_itself_what_its_first_author_told_his_readers(xor: Recording) -> None:
    texts = [cue.text for cue in story_of(xor).cues]
    assert "The first synapse into “answer” turns from red to green." in texts
    assert "It hardly listens to “third column” any more." in texts
    assert "Of what it has never seen it is sure – and wrong: 0.80." in texts
    assert "Only 1 1 1 resists." in texts
    assert texts.index("There! It suddenly understands.") == texts.index("Now it has the rule.") - 1
    assert texts[-1] == "Its answer: 0.01. Right is 0: very close!"
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("seconds", [20, 45, 91, 180])
def test_the_insight_is_told_as_it_is_seen(xor: Recording, seconds: int) -> None:
    plan = story_of(xor, seconds)
    (cue,) = (cue for cue in plan.cues if cue.event is not None and cue.event.kind == "insight")
    assert cue.text == "There! It suddenly understands."
    timeline = make_timeline(plan, xor, netviz.load_scene("xor", overrides={"story": "auto"}))
    first, later = timeline.frame(cue.start), timeline.frame(cue.start + 2 * int(plan.fps))
    assert first.curve_cycle == pytest.approx(2641, rel=0.02)
    assert later.error is not None and first.error is not None and later.error < 0.85 * first.error
    starts = [each.start for each in plan.cues if each.event is not None and each.event.cycle < 2641]
    assert all(start < cue.start for start in starts), "no earlier event after it"


def test_a_sentence_left_empty_is_not_told(xor: Recording) -> None:
    before = [cue.text for cue in story_of(xor, 300).cues]
    texts = [cue.text for cue in story_of(xor, 300, words={"story-halved": "", "story-step": " "}).cues]
    assert all(text.strip() for text in texts)
    assert set(before) - set(texts) == {
        "An example goes in. The error goes back and changes every weight.",
        "The error is half of what it was.",
    }


def test_it_is_told_when_it_is_seen(xor: Recording) -> None:
    plan = story_of(xor)
    timeline = make_timeline(plan, xor, own_scene(xor))
    cue = next(cue for cue in plan.cues if cue.event is not None and cue.event.kind == "sign")
    assert cue.event is not None
    weights = [float(timeline.frame(index).weights[1][0, 0]) for index in range(cue.start, cue.stop)]
    moment = frame_of(timeline, cue.event)
    assert moment is not None and cue.start + 12 < moment < cue.stop
    assert weights[moment - cue.start - 1] < 0 < min(weights[moment - cue.start :])  # until then it wavers
    rest = [float(timeline.frame(index).weights[1][0, 0]) for index in range(cue.stop, plan.frame_count, 10)]
    assert min(rest) > 0
    middle = timeline.frame((cue.start + cue.stop) // 2)
    assert middle.caption == cue.text and middle.spotlight is not None
    assert (middle.spotlight.synapse, middle.spotlight.level) == ((1, 0, 0), 1.0)


@pytest.mark.parametrize("seconds", [6, 20, 91, 300])
@pytest.mark.parametrize("style", ["glow", "classic"])
def test_it_can_be_read_and_the_film_keeps_its_length(xor: Recording, seconds: int, style: str) -> None:
    plan = story_of(xor, seconds, style=style)
    assert plan.spans[-1].stop == plan.frame_count == 30 * seconds
    for cue in plan.cues:
        assert cue.stop - cue.start >= frames_to_read(cue.text, plan.fps)
    assert all(before.stop <= after.start for before, after in pairwise(plan.cues))
    assert plan.cues or seconds == 6


def test_the_film_is_slower_around_what_happens(xor: Recording) -> None:
    quick, slow = (
        sum(span.stop - span.start for span in story_of(xor, story=story).spans if span.cycle == 20)
        for story in ({"slow": False}, "auto")
    )
    assert slow > 1.15 * quick


def test_a_scene_can_choose_reword_and_add(xor: Recording) -> None:
    chosen = story_of(xor, story={"tell": ["solved", "withers", "answer"], "drop": ["answer"]})
    assert {cue.event.kind for cue in chosen.cues if cue.event} == {"solved", "withers"}
    reworded = story_of(xor, words={"story-withers": "{input}: not needed."})
    assert "“third column”: not needed." in [cue.text for cue in reworded.cues]
    own = {"text": "Nobody told it this.", "at": "cycle:50"}
    added = story_of(xor, captions=[own])
    (cue,) = (cue for cue in added.cues if cue.text == own["text"])
    at = next(span.start for span in added.spans if span.kind == "step" and span.cycle == 50)
    assert cue.start == at
    german = [cue.text for cue in story_of(xor, words="bundled:german.yaml").cues]
    assert "Die erste Synapse in „answer“: erst rot, jetzt grün." in german


def test_without_spotlight_nothing_steps_back(xor: Recording) -> None:
    scene = netviz.load_scene("xor", overrides={"story": {"spotlight": False}})
    plan = add_story(make_plan(scene, Fraction(91)), xor, scene)
    timeline = make_timeline(plan, xor, scene)
    assert plan.cues and all(timeline.frame(cue.start + 20).spotlight is None for cue in plan.cues)


def test_every_kind_of_event_has_its_sentence(xor: Recording) -> None:
    numbers = {
        "before": 1.0,
        "after": -1.0,
        "from": 10.0,
        "to": 90.0,
        "share": 0.9,
        "reached": 0.9,
        "cycles": 0.0052,
        "test": 1.0,
    }
    numbers |= {"right": 6.0, "examples": 7.0, "example": 5.0, "error": 0.8, "answer": 0.8, "situation": 0.0}
    numbers |= {"bounds": 1.0}

    scene = own_scene(xor)

    def of(kind: EventKind, shown: int | None = None) -> str:
        return event_texts(scene, Event(kind, 1234, neuron=(1, 2), synapse=(0, 1, 2), numbers=numbers), shown)[0]

    told_of = {kind: of(kind) for kind in EVENT_KINDS}
    assert told_of["sign"] == "Cycle 1,234: the second synapse into hidden neuron 3 turns from green to red."
    assert told_of["dead"] == "Cycle 1,234: hidden neuron 3 has gone silent."
    assert of("dead", 1234) == "Hidden neuron 3 has gone silent.", "the picture says when"
    assert of("saturated", 1234) == "Hidden neuron 3 answers the same to everything."
    numbers["bounds"] = 2.0
    assert of("saturated", 1234) == "Hidden neuron 3 knows only yes and no."
    assert told_of["withers"] == "Cycle 1,234: it hardly listens to hidden neuron 3 any more."
    assert told_of["leans"] == "Cycle 1,234: 6 of 7 lean the right way."
    assert told_of["holdout"] == "Only 1 1 1 resists."
    assert told_of["unseen"] == "Of what it has never seen it is sure – and wrong: 0.80."
    assert told_of["accurate"] == "Cycle 1,234: 90% of the 7 examples kept for testing are on the right side."
    assert told_of["plateau"] == "Since cycle 10 it has hardly learned anything."
    assert told_of["slows"] == "Learning slows down: 90% of the progress came in the first 0.5% of the time."
    assert told_of["solved"] == "Cycle 1,234: now it has the rule."
    assert all("{" not in text for text in told_of.values())


def test_a_caption_at_a_cycle_comes_when_the_counter_does(xor: Recording) -> None:
    for cycle in (7000, 30000):
        scene = netviz.load_scene(
            "xor", overrides={"captions": [{"text": "Now", "at": f"cycle:{cycle}"}], "story": None}
        )
        plan = add_story(make_plan(scene, Fraction(91)), xor, scene)
        timeline = make_timeline(plan, xor, scene)
        (cue,) = plan.cues
        assert timeline.frame(cue.start - 1).curve_cycle < cycle <= timeline.frame(cue.start).curve_cycle


def test_what_has_no_room_calls_neurons_by_their_places_or_is_left_out(xor: Recording) -> None:
    scene = own_scene(xor)
    short = add_story(make_plan(scene, Fraction(91)), xor, scene, lambda text: "“" not in text)
    assert "It hardly listens to input 3 any more." in [cue.text for cue in short.cues]
    none = add_story(make_plan(scene, Fraction(91)), xor, scene, lambda text: "listens" not in text)
    assert not [cue for cue in none.cues if "listens" in cue.text]
    assert none.notes[-1].startswith("the story leaves out 'It hardly listens to “third column”")


def test_all_is_solved_when_it_is_seen(xor: Recording) -> None:
    plan = story_of(xor, story={"tell": ["solved"]})
    (cue,) = (cue for cue in plan.cues if cue.event is not None and cue.event.kind == "solved")
    assert cue.text == "Now it has the rule."
    timeline = make_timeline(plan, xor, own_scene(xor))
    steps = [span for span in plan.spans if span.kind == "step" and span.start > cue.start]
    answers = [timeline.frame(span.start + (span.stop - span.start) // 2) for span in steps]
    assert all(
        abs(float(frame.activations[-1][0] - frame.target[0])) < 0.25 for frame in answers if frame.target is not None
    )


def test_classic_tells_at_the_first_drawing_after_it(xor: Recording) -> None:
    scene = netviz.load_scene("xor", overrides={"style": "classic", "story": "auto"})
    timeline = make_timeline(make_plan(scene, Fraction(91)), xor, scene)
    sign = next(event for event in find_events(xor) if event.kind == "sign")
    moment = frame_of(timeline, sign)
    assert moment is not None and timeline.plan.spans[timeline.span[moment]].cycle == 20
    halved = next(event for event in find_events(xor) if event.kind == "halved")
    first = next(span for span in timeline.plan.spans if span.cycle == 300)
    assert frame_of(timeline, halved) == first.start


def test_a_film_of_so_few_pictures_that_none_is_of_its_training_tells_of_no_sign(xor: Recording) -> None:
    shots = [{"shot": "rest"}, {"shot": "learning", "share": 0.01}, {"shot": "rest"}]
    scene = netviz.load_scene(
        "xor", overrides={"shots": shots, "audio": None, "duration": 4, "output.fps": 0.5, "story": "auto"}
    )
    timeline = make_timeline(make_plan(scene, Fraction(4)), xor, scene)
    assert [span.kind for span in timeline.plan.spans] == ["rest", "rest"]
    sign = next(event for event in find_events(xor) if event.kind == "sign")
    assert frame_of(timeline, sign) is None
