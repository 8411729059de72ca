"""Captions in a scene file: what may be written, and what is told of what may not."""

# ruff: noqa: E501 - a table, one mistake a line

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.scene.captions import LONGEST_MOMENT, SHOT_KINDS, Moment, moment_of
from netviz.scene.json_schema import scene_schema
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from tests.scene.smallest import BASE, Write, told

MORE = "duration: 20\nshots: [{shot: title}, {shot: rest}, {shot: learning}, {shot: rest}]\n"


@pytest.mark.parametrize(
    ("caption", "says"),
    [
        ("{text: '  ', at: 3s}", "9:19: captions[0].text: expected words to be read, got '  '"),
        ("{at: 3s}", "9:12: captions[0].text: missing; expected text"),
        ("{text: x}", "9:12: captions[0].at: missing; expected text such as 12.5s"),
        ("{text: x, at: 12.5}", "captions[0].at: expected text such as 12.5s, got number 12.5 (in quotes it would be text)"),
        ("{text: x, at: noon}", "9:26: captions[0].at: expected a moment such as 12.5s, 50%, cycle:200, shot:3, event:solved, start or end, or with an offset shot:3+2s, got 'noon'"),
        ("{text: x, at: start-1s}", "start-1s is before the film begins; give start+1s, or a moment in the film"),
        ("{text: x, at: end + 2 s}", "end + 2 s is past the end of the film; give end-2s, or a moment in the film"),
        ("{text: x, at: 'shot:lerning+1s'}", "there is no kind of shot 'lerning' (did you mean 'learning'?)"),
        ("{text: x, at: 'shot:2+1'}", "expected a moment such as 12.5s, "),
        ("{text: x, at: 120%}", "120% is past the end of the film; give 0% to 100%"),
        ("{text: x, at: 'event:solvd'}", "9:26: captions[0].at: there is no kind of event 'solvd' (did you mean 'solved'?)"),
        ("{text: x, at: 'event:zzz'}", "there is no kind of event 'zzz'; there are sign, withers, dead, saturated, plateau, halved, leans, holdout, unseen, insight, slows, solved, accurate, overfits, diverged"),
        ("{text: x, at: 'event:sign:0'}", "events of a kind are counted from 1"),
        ("{text: x, at: 'shot:lerning'}", "there is no kind of shot 'lerning' (did you mean 'learning'?)"),
        ("{text: x, at: 'shot:0'}", "shots are counted from 1"),
        ("{text: x, at: 'shot:5'}", "9:26: captions[0].at: there is no shot 5; there are 4"),
        ("{text: x, at: 'shot:rest'}", "there are 2 shots rest; give shot:2 or shot:4"),
        ("{text: x, at: 'shot:think'}", "there is no shot think in this film"),
        ("{text: x, at: 'cycle:0'}", "there is no cycle 0; they are counted from 1 to 10,000 (training.cycles)"),
        ("{text: x, at: 'cycle:10_001'}", "there is no cycle 10,001; they are counted from 1 to 10,000"),
        ("{text: x, at: 20s}", "9:26: captions[0].at: 20s is past the end of the film, which lasts 20.00 s"),
        ("{text: x, at: 3s, for: 1}", "9:35: captions[0].for: 1 s are too short for 1 character; at 17 a second it takes 1.5 s to read them"),
        ("{text: 'Forty characters take two seconds, more', at: 3s, for: 2.2}", "2.2 s are too short for 39 characters; at 17 a second it takes 2.3 s"),
        ("{text: x, at: 3s, for: 0}", "captions[0].for: expected a number above 0 up to 86400"),
        ("{text: x, at: 3s, fro: 2}", "captions[0].fro: unknown key (did you mean 'for'?)"),
        ("{text: x, at: 3s, seconds: 2}", "captions[0].seconds: unknown key"),
        ("{text: " + "x" * 201 + ", at: 3s}", "captions[0].text: expected text of 1 to 200 characters"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_caption(write: Write, caption: str, says: str) -> None:
    (line,) = told(write(BASE + MORE + f"captions: [{caption}]\n"))
    assert says in line


def test_all_mistakes_of_all_captions_at_once(write: Write) -> None:
    captions = "captions:\n- {text: x, at: 99s}\n- {text: x, at: 'shot:9'}\n- {text: x, at: 1s, for: 1}\n"
    lines = told(write(BASE + MORE + captions))
    assert [line.split(": ")[1] for line in lines] == ["captions[0].at", "captions[1].at", "captions[2].for"]
    assert all(f":{number}:" in line for number, line in enumerate(lines, 10))


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("story: {drop: solved}", "story.drop: expected a list of names, each one of sign, withers, dead, saturated, plateau, halved, leans, holdout, unseen, insight, slows, solved, accurate, overfits, diverged, step, answer, got text 'solved'"),
        ("story: {tell: []}", "story.tell: expected one of auto, default, or a list of one or more names, each one of sign, "),
        ("story: {tell: [sing]}", "(did you mean 'sign'?)"),
        ("sync: {at: [1, 'shot:2']}", "sync.at[1]: when shot:2 comes follows from the beats; give a time, such as 12.5s, 50%, start+2s or end-4s"),
        ("sync: {at: [a]}", "sync.at[0]: expected seconds, or a moment such as 50%, start+2s or end-4s, got 'a'"),
        ("sync: {at: [-1]}", "sync.at[0]: expected seconds from 0 to 86400, or a moment such as 50% or end-4s, got -1"),
        ("sync: {to: onsets, bpm: 90}", "sync.to: onsets are found in the music; give bpm or at, or to, not both"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_story_or_its_clock(write: Write, keys: str, says: str) -> None:
    (line,) = told(write(BASE + MORE + keys + "\n"))
    assert says in line and ":9:" in line


def test_a_scene_keeps_its_captions(write: Write) -> None:
    scene = load_scene(
        write(BASE + MORE + "captions: [{text: ' Two  words ', at: '50 %', for: 2.5}, {text: x, at: start}]\n")
    )
    assert [(each.text, each.at, each.seconds) for each in scene.captions] == [
        ("Two words", "50 %", 2.5),
        ("x", "start", None),
    ]
    stored = json.loads(json.dumps(scene.model_dump(mode="json")))
    assert stored["captions"][0] == {"text": "Two words", "at": "50 %", "for": "5/2"}
    again = load_scene(write(json.dumps({key: value for key, value in stored.items() if key != "schedule"})))
    assert again.captions == scene.captions
    assert Scene.model_validate(scene.model_dump(), strict=False).captions == scene.captions


def test_shots_are_called_in_moments_as_in_the_scene() -> None:
    shots = {
        name
        for part in scene_schema()["definitions"].values()
        for name in [part["properties"].get("shot", {}).get("const")]
    }
    assert set(SHOT_KINDS) == shots - {None}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (" 12.5 s", Moment("seconds", 12.5)),
        ("50%", Moment("part", 0.5)),
        ("cycle: 10,000", Moment("cycle", 10_000)),
        ("shot:3", Moment("shot", 3)),
        ("shot:learning", Moment("shot", name="learning")),
        ("event:solved", Moment("event", 1, "solved")),
        ("event:sign:2", Moment("event", 2, "sign")),
        ("shot:2 + 3.5s", Moment("shot", 2, offset=Fraction(7, 2))),
        ("event:sign:2-1s", Moment("event", 2, "sign", Fraction(-1))),
        ("event:insight+2s", Moment("event", 1, "insight", Fraction(2))),
        ("12.5s+0s", Moment("seconds", 12.5, offset=Fraction(0))),
        ("end-4s", Moment("end", offset=Fraction(-4))),
        ("start", Moment("start")),
        ("end", Moment("end")),
    ],
)
def test_moments_are_read(text: str, moment: Moment) -> None:
    assert moment_of(text) == moment


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet="0123.,_%s: cyletorhnvdp+-", max_size=LONGEST_MOMENT + 2)
    | st.tuples(
        st.sampled_from(["event:sign", "shot:rest", "start", "end", "cycle: 3", "1s", "100%", "event:sign:0"]),
        st.text(alphabet="+- 0.1s", max_size=6),
    ).map("".join)
)
def test_editors_and_the_loader_agree_about_moments(text: str) -> None:
    pattern = scene_schema()["definitions"]["Caption"]["properties"]["at"]
    try:
        moment_of(text)
        is_moment = True
    except ValueError:
        is_moment = False
    assert is_moment == (bool(re.search(pattern["pattern"], text)) and len(text) <= pattern["maxLength"])
