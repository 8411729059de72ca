"""Lengths of shots: seconds are kept, shares and speeds share out the rest, and what cannot be is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from netviz.errors import InputError
from netviz.scene.scene import Scene
from netviz.timeline.beats import Rhythm, on_bars
from netviz.timeline.plan import Plan, make_plan
from netviz.timeline.shot_lengths import shared_lengths
from tests.conftest import short_scene


def scene_of(*shots: dict[str, Any], **changes: Any) -> Scene:
    return short_scene(shots=[*shots], **changes)


def lengths(scene: Scene, seconds: Fraction | int) -> list[Fraction]:
    return [*shared_lengths(scene, Fraction(seconds)).seconds]


def frames(plan: Plan) -> dict[int, tuple[int, int]]:
    """First frame of each shot, and the one after its last."""
    shots = dict.fromkeys(span.shot for span in plan.spans)
    of = {shot: [span for span in plan.spans if span.shot == shot] for shot in shots}
    return {shot: (spans[0].start, spans[-1].stop) for shot, spans in of.items()}


TITLE, REST, LEARNING = ({"shot": kind} for kind in ("title", "rest", "learning"))


def test_seconds_are_exact_and_the_others_take_the_rest() -> None:
    scene = scene_of(TITLE | {"seconds": "10/3"}, REST, LEARNING, REST | {"seconds": 4.1, "hold": 2})
    found = lengths(scene, 30)
    assert (found[0], found[3]) == (Fraction(10, 3), Fraction(41, 10))
    assert sum(found) == 30
    plan = make_plan(scene, Fraction(30))
    assert frames(plan) == {0: (0, 100), 1: (100, plan.spans[1].stop), 2: (plan.spans[1].stop, 777), 3: (777, 900)}
    assert plan.spans[-1].still == 60


def test_without_a_length_the_film_is_as_long_as_its_shots() -> None:
    scene = scene_of(TITLE | {"seconds": 2}, LEARNING | {"seconds": 7, "hold": 1}, REST | {"hold": 3}, duration=None)
    plan = make_plan(scene, None)
    assert plan.seconds == 2 + 7 + Fraction("4.5") + 3, "a rest after learning takes four and a half, and its hold"
    assert frames(plan) == {0: (0, 60), 1: (60, 270), 2: (270, 495)}
    assert [(span.kind, span.start, span.stop) for span in plan.spans if span.kind == "hold"] == [("hold", 240, 270)]
    with_share = make_plan(
        scene_of(TITLE | {"seconds": 2}, LEARNING | {"share": 0.75}, REST | {"seconds": 3}, duration=None), None
    )
    assert frames(with_share) == {0: (0, 60), 1: (60, 510), 2: (510, 600)}, "5 s are the other quarter"


def test_a_speed_is_a_factor_on_what_would_be() -> None:
    plain = lengths(scene_of(TITLE, REST, LEARNING, REST), 40)
    quick = lengths(scene_of(TITLE, REST | {"speed": 2}, LEARNING, REST), 40)
    assert quick[1] == plain[1] / 2
    assert quick[2] == plain[2] + plain[1] / 2, "learning takes what the rest gives"
    assert (quick[0], quick[3]) == (plain[0], plain[3])
    slow = lengths(scene_of(TITLE, REST | {"speed": 0.5, "hold": 1}, LEARNING, REST, duration=None), 40)
    assert slow[1] == 2 * plain[1] + 1, "a hold is no part of what is slower"
    alone = make_plan(scene_of(LEARNING, REST, duration=None), None).seconds
    assert make_plan(scene_of(LEARNING | {"speed": 4}, REST, duration=None), None).seconds == (
        alone - Fraction("4.5")
    ) / 4 + Fraction("4.5")
    assert lengths(scene_of(LEARNING | {"speed": 1}, REST), 40) == lengths(scene_of(LEARNING, REST), 40)


@pytest.mark.parametrize(
    ("shots", "where", "says"),
    [
        (
            [TITLE | {"seconds": 12}, LEARNING | {"seconds": 20}],
            "shots",
            "the seconds of the shots add up to 32 s, and the film lasts 30 s",
        ),
        (
            [TITLE | {"seconds": 22}, LEARNING, REST | {"hold": 8}],
            "shots",
            "22 s of shots with a length and 8 s of holds leave nothing of the film's 30 s for shots 2, 3",
        ),
        (
            [REST | {"share": 0.1, "hold": 3}, LEARNING],
            "shots[0].hold",
            "a hold of 3 s leaves no time for what is shown in 3 s",
        ),
        (
            [REST, LEARNING | {"speed": 0.5}],
            "shots[1].speed",
            "at this speed the shot would last 56.4 s, and there are 30 s",
        ),
    ],
)
def test_what_does_not_fit_the_film_is_refused_with_the_numbers(
    shots: list[dict[str, Any]], where: str, says: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_plan(scene_of(*shots), Fraction(30))
    (problem,) = caught.value.problems
    assert problem.where == where
    assert says in problem.message


def test_longer_music_holds_the_last_picture_and_says_so() -> None:
    scene = scene_of(TITLE | {"seconds": 2}, LEARNING | {"seconds": 10}, REST | {"seconds": 4, "hold": 1})
    plan = make_plan(scene, Fraction("18.5"))
    assert frames(plan) == {0: (0, 60), 1: (60, 360), 2: (360, 555)}
    assert plan.spans[-1].still == 30 + 75
    assert "the shots last 16 s and the film 18.5 s: the last picture stands still until its end" in plan.notes
    assert make_plan(scene, Fraction(16)).notes == make_plan(scene, Fraction("16.01")).notes, "less than a frame"
    ends = make_plan(scene_of(TITLE | {"seconds": 2}, LEARNING | {"seconds": 10}), Fraction(14)).spans[-1]
    assert (ends.kind, ends.start, ends.stop) == ("hold", 360, 420), "the learning shot too"


def test_shares_beside_seconds_fill_the_film_and_say_so() -> None:
    scene = scene_of(TITLE | {"seconds": 5}, LEARNING | {"share": 0.6}, REST | {"share": 0.2})
    plan = make_plan(scene, Fraction(45))
    assert frames(plan) == {0: (0, 150), 1: (150, 1050), 2: (1050, 1350)}
    assert any("stretched" in note for note in plan.notes)
    assert not any("stretched" in note for note in make_plan(scene, Fraction(25)).notes)


def test_on_beats_given_seconds_stay() -> None:
    rhythm = Rhythm(
        tuple(Fraction(number, 2) for number in range(60)), tuple(Fraction(2 * number) for number in range(15))
    )
    plain = [Fraction("2.3"), Fraction("3.3"), Fraction(10), Fraction("4.4")]
    assert on_bars(plain, rhythm) == [2, 4, 10, 4]
    assert on_bars(plain, rhythm, fixed={1}) == [2, Fraction("3.3"), Fraction("10.7"), 4]
    assert on_bars(plain, rhythm, fixed={0, 1, 2}) == plain, "nothing is left that could give"
    assert on_bars(plain, rhythm, fixed={2, 3}) == [2, Fraction("3.6"), 10, Fraction("4.4")]
    shots = [TITLE | {"seconds": 2.3}, LEARNING | {"seconds": 17.7, "hold": 2}, REST]
    plan = make_plan(scene_of(*shots, sync={"bpm": 120}), Fraction(24), rhythm)
    assert plan.on_beats
    assert frames(plan) == {0: (0, 69), 1: (69, 600), 2: (600, 720)}
    assert [(span.start, span.stop) for span in plan.spans if span.kind == "hold"][-1][1] == 600
    assert all(span.stop <= 540 for span in plan.spans if span.kind in ("step", "move"))


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ({"seconds": 20, "hold": 2}, "the walk lasts 18.00 s; give the film or the shot more time"),
        ({"speed": 4}, "give the film or the shot more time"),
        ({"share": 0.2}, "the walk lasts 8.00 s; give the film or the shot more time"),
    ],
)
def test_a_walk_pressed_too_much_is_told_of_without_the_time_it_stands(time: dict[str, Any], says: str) -> None:
    plan = make_plan(scene_of({"shot": "walk"} | time, LEARNING), Fraction(40))
    (note,) = [note for note in plan.notes if note.startswith("shots[0]: it takes")]
    assert note.endswith(says)
