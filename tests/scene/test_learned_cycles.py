"""Learned cycles: which part of the training each learning shot shows, and what of it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netviz.errors import InputError
from netviz.scene.export import as_yaml, written
from netviz.scene.learned_cycles import (
    cycles_at_start,
    ending_shots,
    learned_cycles,
    learning_mistakes,
    shots_in_proportion,
    walked_cycle,
)
from netviz.scene.loader import load_scene
from netviz.scene.model import Schedule
from netviz.scene.schedule import recorded_examples, shown_cycles
from netviz.scene.shots import AnyShot, LearningShot, RestShot, TitleShot, WalkShot


def learning(start: int | None = None, stop: int | None = None, **keys: Any) -> LearningShot:
    return LearningShot.model_validate({"from": start, "to": stop, **keys})


WALK = WalkShot(backward=True)


@pytest.mark.parametrize(
    ("shots", "learned"),
    [
        ((learning(),), {0: (0, 100)}),
        ((TitleShot(), learning(), RestShot()), {1: (0, 100)}),
        ((learning(None, 40), WALK, learning()), {0: (0, 40), 2: (40, 100)}),
        ((learning(), WALK, learning(40)), {0: (0, 40), 2: (40, 100)}),
        ((learning(5, 40), learning(60, 80), learning(None, 90)), {0: (5, 40), 1: (60, 80), 2: (80, 90)}),
        ((RestShot(),), {}),
    ],
)
def test_a_shot_begins_where_the_one_before_ends(
    shots: tuple[AnyShot, ...], learned: dict[int, tuple[int, int]]
) -> None:
    assert learned_cycles(shots, 0, 100) == learned
    assert [*learning_mistakes(shots, 100)] == []


@pytest.mark.parametrize(
    ("shots", "at", "says"),
    [
        ((learning(), RestShot(), learning()), (2,), "where shot 1 stops learning and this one goes on is not said"),
        (
            (learning(None, 40), learning(30)),
            (1, "from"),
            "shot 1 learns up to cycle 40, and this one would begin with 30",
        ),
        (
            (learning(None, 40), learning(None, 40)),
            (1, "to"),
            "shot 1 learns up to cycle 40, and so this one cannot end",
        ),
        ((learning(50, 50),), (0, "to"), "begins after cycle 50, and so cannot end with 50"),
        ((learning(None, 101),), (0, "to"), "there is no cycle 101; they are counted from 1 to 100 (training.cycles)"),
        ((learning(100),), (0, "from"), "cycle 100 is the last (training.cycles)"),
        ((learning(None, 100), learning()), (1,), "shot 1 learns up to the last cycle, 100: nothing is left to learn"),
        (
            (learning(50), learning(20)),
            (1, "from"),
            "shot 1 begins after cycle 50 and ends where this one begins, with 20",
        ),
        (
            (learning(None, 40, examples=2), learning(examples="each")),
            (1, "examples"),
            "shot 1 has examples: 2, which hold for all learning shots",
        ),
    ],
)
def test_shots_that_do_not_follow_each_other_are_refused(
    shots: tuple[AnyShot, ...], at: tuple[Any, ...], says: str
) -> None:
    ((path, message),) = learning_mistakes(shots, 100)
    assert path == ("shots", *at)
    assert says in message


def scene_of(shots: list[dict[str, Any]], **changes: Any) -> Any:
    return load_scene("xor", overrides={"shots": shots, "training.cycles": 100, "schedule": {"frames": 4}, **changes})


LEARN_WALK_LEARN = [
    {"shot": "title"},
    {"shot": "learning", "to": 30},
    {"shot": "walk", "backward": True},
    {"shot": "rest"},
    {"shot": "learning"},
    {"shot": "rest"},
]


def test_bounds_are_shown_and_recorded_whatever_the_schedule_says() -> None:
    assert shown_cycles(scene_of([{"shot": "learning"}])) == (1, 5, 22, 100)
    scene = scene_of(LEARN_WALK_LEARN)
    assert shown_cycles(scene) == (1, 5, 22, 30, 100)
    assert recorded_examples(scene)[30] == tuple(range(7))
    again = scene.model_copy(update={"schedule": Schedule(frames=3)})
    assert shown_cycles(again) == (1, 10, 30, 100)
    late = scene_of([{"shot": "learning", "from": 60}], schedule={"cycles": [1, 10]})
    assert shown_cycles(late) == (1, 10, 60, 100), "the end too, where nothing else would be shown"


def test_a_scene_comes_back_from_its_export_with_its_bounds(tmp_path: Path) -> None:
    scene = scene_of(
        [{"shot": "learning", "from": 2, "to": 30, "seconds": "7/3", "hold": 0.5}, {"shot": "rest", "speed": 2}]
    )
    data = written(scene).data
    assert data["shots"][0] == {"shot": "learning", "seconds": "7/3", "hold": 0.5, "from": 2, "to": 30}
    path = tmp_path / "again.yaml"
    path.write_text(as_yaml(data, "again", {}), encoding="utf-8")
    assert load_scene(path).shots == scene.shots
    assert shown_cycles(load_scene(path)) == shown_cycles(scene)


def test_a_walk_between_learning_shots_is_of_the_cycle_where_learning_stopped() -> None:
    scene = scene_of(LEARN_WALK_LEARN)
    assert walked_cycle(scene.shots, 2, scene.outline) == 30
    assert cycles_at_start(scene.shots, scene.outline) == [0, 0, 30, 30, 30, 100]
    before = scene_of([{"shot": "walk", "backward": True}, *LEARN_WALK_LEARN, {"shot": "walk"}])
    assert walked_cycle(before.shots, 0, before.outline) == 1, (
        "the first shown cycle, as in a film of one learning shot"
    )
    assert walked_cycle(before.shots, 7, before.outline) == 1, "and after all of training"
    assert cycles_at_start(before.shots, before.outline) == [0, 1, 1, 30, 30, 30, 100, 100]
    back = scene_of(
        [{"shot": "learning", "to": 30}, {"shot": "walk", "cycle": 5, "backward": True}, {"shot": "learning"}]
    )
    assert cycles_at_start(back.shots, back.outline) == [0, 30, 30], "a look back leads nowhere"


def test_a_walk_may_name_a_bound() -> None:
    shots = [{"shot": "learning", "to": 30}, {"shot": "walk", "cycle": 30}]
    assert scene_of(shots).shots[1].cycle == 30
    with pytest.raises(InputError, match="cycle 31 is none of the shown cycles"):
        scene_of([shots[0], {"shot": "walk", "cycle": 31}])


def test_a_run_that_ends_earlier_rests_where_it_would_learn_on() -> None:
    shots = (learning(None, 30, seconds=4), WALK, learning(None, 60), learning(None, None, seconds=3, caption="On"))
    assert ending_shots(shots, 100, 80) == shots
    assert ending_shots(shots, 100, 60) == (*shots[:2], learning(), RestShot(seconds=3, caption="On"))
    ended = ending_shots(shots, 100, 20)
    assert [shot.shot for shot in ended] == ["learning", "walk", "rest", "rest"]
    assert ended[0] == learning(seconds=4)
    assert [each.to_cycle for each in shots_in_proportion(shots, 3) if isinstance(each, LearningShot)] == [1, 2, None]


def test_words_of_other_tools_lead_to_the_keys_of_a_shot() -> None:
    for word, key in (
        ("duration", "seconds"),
        ("freeze", "hold"),
        ("until", "to"),
        ("start", "from"),
        ("tempo", "speed"),
    ):
        with pytest.raises(InputError) as caught:
            load_scene("xor", overrides={"shots": [{"shot": "learning", word: 1}]})
        assert f"did you mean '{key}'?" in str(caught.value.problems[0])
