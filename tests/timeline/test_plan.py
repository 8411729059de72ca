"""The plan: exact lengths, no gaps, nothing too short to be seen."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.errors import InputError
from netviz.pipeline.prepare import prepare
from netviz.scene.loader import load_scene
from netviz.scene.model import Data, Example
from netviz.scene.scene import Scene
from netviz.scene.shots import LearningShot, RestShot, ThinkShot, TitleShot, WalkShot
from netviz.timeline.beats import SHORTEST_STEP
from netviz.timeline.learning_shot import MOVE, RAPID
from netviz.timeline.plan import Plan, frame_count, make_plan
from netviz.timeline.step_timing import RAPID as RAPID_BEATS
from netviz.timeline.step_timing import beats_of
from netviz.timeline.worked_example import natural_seconds
from tests.conftest import short_scene

XOR = load_scene("xor")
EVEN = load_scene("xor", overrides={"shots": [{"shot": "title"}, {"shot": "learning", "pace": "even"}]})
CLASSIC = load_scene("xor-classic")


def steps(plan: Plan) -> list[tuple[int, int | None]]:
    return [(span.cycle, span.example) for span in plan.spans if span.kind == "step"]


@settings(deadline=None)
@given(
    seconds=st.fractions(min_value=Fraction(1, 100), max_value=400, max_denominator=48_000),
    fps=st.sampled_from([Fraction(24), Fraction(25), Fraction(30), Fraction(30_000, 1001), Fraction(60)]),
    classic=st.booleans(),
)
def test_spans_fill_every_film_without_gaps(seconds: Fraction, fps: Fraction, classic: bool) -> None:
    scene = CLASSIC if classic else XOR
    scene = scene.model_copy(update={"output": scene.output.model_copy(update={"fps": fps})})
    plan = make_plan(scene, seconds)
    assert plan.frame_count == frame_count(seconds, fps) >= 1
    assert plan.spans[0].start == 0
    assert plan.spans[-1].stop == plan.frame_count
    for before, after in zip(plan.spans, plan.spans[1:], strict=False):
        assert before.stop == after.start
        assert before.stop > before.start
    assert abs(plan.seconds - seconds) <= 1 / fps / 2 or plan.frame_count == 1


@pytest.mark.parametrize("scene", [XOR, EVEN])
@pytest.mark.parametrize("seconds", [18, 30, 91, 300])
def test_no_step_is_too_short_to_be_seen(seconds: int, scene: Scene) -> None:
    plan = make_plan(scene, Fraction(seconds))
    shortest = min(span.stop - span.start for span in plan.spans if span.kind == "step")
    assert shortest >= (SHORTEST_STEP if scene is EVEN else RAPID) * plan.fps - 1
    assert {cycle for cycle, _ in steps(plan)} == set(XOR.schedule.cycles or ())
    learning = sum(span.stop - span.start for span in plan.spans if span.kind in ("step", "move"))
    assert learning > plan.frame_count / 2


def test_long_music_shows_every_example_of_every_cycle() -> None:
    plan = make_plan(XOR, Fraction(91))
    assert steps(plan) == [(cycle, example) for cycle in XOR.schedule.cycles or () for example in range(7)]
    assert plan.notes == ()


def test_short_music_shows_fewer_examples_and_says_so() -> None:
    plan = make_plan(XOR, Fraction(15))
    assert plan.examples_per_cycle < 7
    assert any("examples" in note for note in plan.notes)
    assert {example for _, example in steps(plan)} == set(range(7)), "every example has its turn in some cycle"


def test_a_second_of_music_still_makes_a_film() -> None:
    plan = make_plan(XOR, Fraction(1))
    assert plan.frame_count == 30
    assert any("shown cycles" in note for note in plan.notes)
    assert steps(plan)[-1][0] == 60_000


def test_without_music_a_step_lasts_one_second() -> None:
    plan = make_plan(EVEN, None)
    lengths = {span.stop - span.start for span in plan.spans if span.kind == "step"}
    assert lengths == {30}
    assert len(steps(plan)) == 91
    moves = [span for span in plan.spans if span.kind == "move"]
    assert all((span.stop - span.start) / plan.fps == MOVE for span in moves)
    told = make_plan(EVEN.model_copy(update={"shots": (TitleShot(), LearningShot())}), None)
    assert told.frame_count == plan.frame_count, "told as a story it takes as long"


@pytest.mark.parametrize("seconds", [45, 91, 180, 250])
def test_a_story_has_full_brief_and_rapid_steps(seconds: int) -> None:
    plan = make_plan(XOR, Fraction(seconds))
    by_cycle: dict[int, list[float]] = {}
    for span in plan.spans:
        if span.kind == "step":
            by_cycle.setdefault(span.cycle, []).append(float((span.stop - span.start) / plan.fps))
    first, *later = by_cycle.values()
    assert first[0] >= 3 and first[0] == max(max(lengths) for lengths in by_cycle.values())
    assert all(beats_of(max(lengths)) is not RAPID_BEATS for lengths in later[: 12 if seconds > 45 else 0])
    moves = [(span.stop - span.start) / plan.fps for span in plan.spans if span.kind == "move"]
    assert min(moves) > 0.5 and max(moves) < 4.1


def test_steps_are_alike_where_none_or_all_can_be_shown_in_full() -> None:
    for seconds in (8, 450):
        plan = make_plan(XOR, Fraction(seconds))
        lengths = [span.stop - span.start for span in plan.spans if span.kind == "step" and span.cycle > 10]
        assert max(lengths) - min(lengths) <= 1, "but for the first two cycles"


def test_classic_holds_91_drawings_for_a_second_each() -> None:
    plan = make_plan(CLASSIC, None)
    assert [span.stop - span.start for span in plan.spans if span.kind == "step"] == [30] * 91
    assert not any(span.kind == "move" for span in plan.spans)


@pytest.mark.parametrize("sync", [None, {"at": [1.0, 2.0]}])
def test_learning_goes_on_where_a_worked_example_took_the_last_shown_cycle(sync: object) -> None:
    shots = [{"shot": "walk", "backward": True}, {"shot": "learning", "examples": 3}]
    scene = short_scene(schedule={"frames": 1}, training__cycles=1, shots=shots, sync=sync)
    found = prepare(scene).plan
    assert found is not None
    spans = found.spans
    assert {span.kind for span in spans if span.shot == 1} <= {"move", "hold"}
    assert spans[-1].stop == 900


def test_more_beats_than_a_film_can_follow_are_refused() -> None:
    (told,) = prepare(short_scene(duration=86400, sync={"bpm": 600}, schedule={"frames": 1})).problems
    assert str(told).startswith("sync.bpm: 864,000 beats are more than a film can follow; at most 100,000")


def test_shares_are_exact() -> None:
    shots = [{"shot": "rest", "share": 0.25}, {"shot": "learning"}, {"shot": "rest", "share": 0.5}]
    plan = make_plan(short_scene(shots=shots), Fraction(40))
    first, last = plan.spans[0], plan.spans[-1]
    assert (first.stop - first.start, last.stop - last.start) == (300, 600)


def test_shares_of_all_shots_fill_the_film() -> None:
    shots = [{"shot": "rest", "share": 0.1}, {"shot": "learning", "share": 0.3}]
    plan = make_plan(short_scene(shots=shots), Fraction(40))
    assert plan.spans[0].stop == 300
    assert plan.frame_count == 1200


def test_rest_knows_whether_training_lies_ahead() -> None:
    rests = [span.cycle for span in make_plan(XOR, Fraction(91)).spans if span.kind in ("rest", "think")]
    assert rests == [0, 0, 60_000, 60_000]


@settings(deadline=None)
@given(frames=st.integers(1, 40), examples=st.integers(1, 30), seconds=st.integers(1, 120))
def test_any_schedule_fits_any_length(frames: int, examples: int, seconds: int) -> None:
    data = {
        "network": {"layers": [1, 1]},
        "data": {"examples": [{"inputs": 0, "target": 1}] * examples},
        "training": {"cycles": 50},
        "schedule": {"frames": frames},
    }
    plan = make_plan(Scene.model_validate(data), Fraction(seconds))
    assert plan.frame_count == 30 * seconds
    if seconds >= 3:
        lengths = [span.stop - span.start for span in plan.spans if span.kind == "step"]
        assert min(lengths) >= RAPID * plan.fps - 1


def test_a_shot_shorter_than_a_frame_is_told() -> None:
    shots = [{"shot": "title", "share": 0.0001}, {"shot": "learning"}]
    plan = make_plan(short_scene(shots=shots), Fraction(40))
    assert any("shot 1 (title) is shorter than a frame" in note for note in plan.notes)


def test_shares_that_do_not_fill_the_film_are_told() -> None:
    plan = make_plan(short_scene(shots=[{"shot": "learning", "share": 0.2}]), Fraction(40))
    assert any("add up to 0.2" in note for note in plan.notes)


def test_a_film_without_words_has_no_empty_card() -> None:
    plan = make_plan(short_scene(title="", subtitle=""), Fraction(40))
    assert [span.kind for span in plan.spans][:2] == ["rest", "move"]
    assert plan.notes == ()


def test_a_long_film_that_nobody_asked_for_is_told() -> None:
    examples = [{"inputs": [0, 0, 1], "target": 0}] * 40
    scene = short_scene(**{"data": {"examples": examples}, "training.cycles": 45, "schedule": {"frames": 45}})
    assert any("13 minutes; give a duration" in note for note in make_plan(scene, None).notes)
    assert not any("minutes" in note for note in make_plan(scene, Fraction(900)).notes)


@pytest.mark.parametrize(("examples", "longest"), [(7, 121), (12, 140), (40, 240), (50, 295), (51, 140)])
def test_a_long_table_is_learned_faster_unless_the_film_has_a_length(examples: int, longest: int) -> None:
    data = Data(examples=tuple(Example(inputs=(number, 0), target=(number % 2,)) for number in range(examples)))
    scene = short_scene(schedule={"frames": 13}).model_copy(update={"data": data})
    plan = make_plan(scene, None)
    assert 0.95 * longest < plan.seconds < longest
    assert any("room for" in note for note in plan.notes) == (examples > 50)
    assert make_plan(scene, Fraction(900)).seconds == 900


def test_equations_that_cannot_be_read_are_told_of() -> None:
    scene = load_scene("step-by-step")
    hurried, unhurried = make_plan(scene, Fraction(45)), make_plan(scene, Fraction(120))
    (note,) = [note for note in hurried.notes if "equations" in note]
    assert note.startswith("shots[1]: it takes 48.7 s to read the equations, but the walk lasts 29.25 s; give the film")
    assert not any("equations" in note for note in unhurried.notes)


@pytest.mark.parametrize(("frames", "is_told"), [(0, False), (1, False), (2, True), (60, True)])
def test_equations_may_lack_one_frame(frames: int, is_told: bool) -> None:
    scene = load_scene("step-by-step", overrides={"output.fps": 25})
    (walk,) = (shot for shot in scene.shots if isinstance(shot, WalkShot))
    share = float((natural_seconds(scene, walk) - Fraction(frames, 25)) / 100)
    shots = (walk.model_copy(update={"share": share}), RestShot())
    plan = make_plan(scene.model_copy(update={"shots": shots}), Fraction(100))
    assert any("equations" in note for note in plan.notes) == is_told


def test_a_film_that_would_last_more_than_a_day_is_refused_at_once() -> None:
    shots = (LearningShot(), *[ThinkShot(inputs=(1, 1, 0))] * 14_000)  # more than a scene file may have
    scene = short_scene(duration=None).model_copy(update={"shots": shots})
    start = time.thread_time()
    with pytest.raises(InputError) as refused:
        make_plan(scene, None)
    assert time.thread_time() - start < 2, "each shot was compared with all others"
    assert str(refused.value).startswith("duration: 14,001 shots and 4 shown cycles would last ")
    assert str(refused.value).endswith(" h, and a film at most 24 h; give a duration, or show less")
