"""Films in stills: nothing moves, at most two changes a second, and otherwise they are the film that moves."""

from __future__ import annotations

import pickle
import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netviz
from netviz.pipeline import api
from netviz.pipeline.looks import Filmed
from netviz.pipeline.prepare import finish, plan, prepare
from netviz.pipeline.validation import film_timeline
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.timeline.cues import Cue, bridged
from netviz.timeline.frame import Frame, state_of
from netviz.timeline.plan import make_plan
from netviz.timeline.reduced_motion import _FULL_STEP, _STEP, HeldPicture, held, held_pictures, reduce_motion
from netviz.timeline.side_by_side import BrokenOff, SideBySide
from netviz.timeline.timeline import Timeline, make_timeline
from tests.comparing import linear
from tests.conftest import short_scene
from tests.recordings import own_scene

SMALL: dict[str, Any] = {"audio": None, "output.size": "320x180"}
CAPTIONS = [{"text": "Look here.", "at": "7.3s"}, {"text": "And here.", "at": "9.4s"}, {"text": "End.", "at": "end"}]
FILMS: dict[str, tuple[str, dict[str, Any]]] = {
    "xor": ("xor", {"training.cycles": 3000, "schedule": {"frames": 8}, "duration": 60}),
    "captions": ("xor", {"training.cycles": 60, "schedule": {"frames": 4}, "duration": 40, "captions": CAPTIONS}),
    "25 fps": ("xor", {"training.cycles": 60, "schedule": {"frames": 5}, "duration": 40, "output.fps": 25}),
    "ntsc": ("xor", {"training.cycles": 60, "schedule": {"frames": 4}, "output.fps": "30000/1001", "duration": 33}),
    "short steps": ("xor", {"training.cycles": 60, "schedule": {"frames": 12}, "duration": 40}),
    "on beats": ("xor", {"training.cycles": 60, "schedule": {"frames": 4}, "sync": {"bpm": 100}, "duration": 40}),
    "classic": ("xor", {"training.cycles": 60, "style": "classic", "schedule": {"frames": 9}, "duration": 20}),
    "quadrants": ("playground-quadrants", {"training.cycles": 40, "schedule": {"frames": 40}, "duration": 15}),
    "long sweeps": ("playground-quadrants", {"training.cycles": 40, "schedule": {"frames": 4}, "duration": 15}),
    "told quadrants": (
        "playground-quadrants",
        {"training.cycles": 120, "schedule": {"frames": 30}, "story": "auto", "duration": 20},
    ),
    "even-or-odd": ("even-or-odd", {"training.cycles": 400, "schedule": {"cycles": [1, 9, 400]}, "story": "auto"}),
    "backward": ("step-by-step", {"training.cycles": 60, "schedule": {"cycles": [1, 3, 60]}, "duration": 60}),
    "compare": ("compare-learning-rates", {"training.cycles": 40, "schedule": {"frames": 30}, "duration": 20}),
}
ONE_RUN = [name for name in FILMS if name != "compare"]


def scene_of(name: str, motion: str = "reduced") -> Scene:
    scene, changes = FILMS[name]
    return netviz.load_scene(scene, overrides=SMALL | {"motion": motion} | changes)


@cache
def recorded(name: str) -> Any:
    return api.recorded(prepare(scene_of(name)))


@cache
def film(name: str, motion: str = "reduced") -> Timeline | SideBySide:
    return finish(prepare(scene_of(name, motion)), recorded(name)).timeline


def one(name: str, motion: str = "reduced") -> Timeline:
    timeline = film(name, motion)
    assert isinstance(timeline, Timeline)
    return timeline


def changes(timeline: Timeline | SideBySide) -> list[int]:
    """The frames with which another picture comes."""
    keys = [timeline.key(index) for index in range(timeline.frame_count)]
    return [0, *(index + 1 for index, (before, now) in enumerate(pairwise(keys)) if before != now)]


def shown(timeline: Timeline | SideBySide) -> Iterator[tuple[int, Frame]]:
    """Every picture with its first frame; of runs side by side all of them."""
    for index in changes(timeline):
        frame = timeline.frame(index)
        yield from ((index, each) for each in (frame, *frame.beside))


def alike(one: Frame, other: Frame, but: tuple[str, ...] = ("key",)) -> bool:
    """Whether two frames look the same."""

    def same(a: Any, b: Any) -> bool:
        if isinstance(a, tuple) and isinstance(b, tuple):
            return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
        if isinstance(a, Frame):
            return alike(a, b, but)
        return bool(np.array_equal(a, b))

    return all(same(getattr(one, name), getattr(other, name)) for name in vars(one) if name not in but)


@pytest.mark.parametrize("name", FILMS)
def test_no_second_sees_more_than_two_changes(name: str) -> None:
    timeline = film(name)
    comes = changes(timeline)[1:]
    for change in comes:
        second = bisect_left(comes, change + timeline.plan.fps) - bisect_left(comes, change)
        assert second <= 2, f"{second} changes from frame {change} on"
    assert len(comes) > float(timeline.plan.seconds) / 3, "and it is a film all the same"


@pytest.mark.parametrize("name", FILMS)
def test_nothing_is_on_its_way_and_nothing_half_there(name: str) -> None:
    for _, frame in shown(film(name)):
        assert frame.pulses == () and frame.glow == 1
        levels = [frame.card, frame.presence, frame.caption_level, *frame.visible]
        levels += [0.0 if frame.spotlight is None else frame.spotlight.level]
        if name != "classic":
            levels += [*np.concatenate(frame.arrived), frame.presented, frame.compared]
        assert np.allclose(levels, np.round(levels), atol=1e-9)


@pytest.mark.parametrize("name", ONE_RUN)
def test_every_picture_shows_recorded_weights(name: str) -> None:
    timeline = one(name)
    run = timeline.recording
    states = [
        np.concatenate([layer.ravel() for layer in state_of(run, timeline.scene, row).weights])
        for row in range(len(run.moment))
    ]
    every = np.array(states)
    for index, frame in shown(timeline):
        now = np.concatenate([layer.ravel() for layer in frame.weights])
        assert np.isclose(every, now, rtol=0, atol=1e-10).all(axis=1).any(), index
        assert frame.cycle in timeline.recording_index.kept_cycles


@pytest.mark.parametrize("name", FILMS)
def test_both_films_have_the_same_plan(name: str) -> None:
    assert film(name).plan == film(name, "full").plan
    assert film(name).frame_count == film(name, "full").frame_count


@pytest.mark.parametrize("name", FILMS)
def test_keys_are_equal_where_pictures_are(name: str) -> None:
    timeline = film(name)
    comes = [*changes(timeline), timeline.frame_count]
    for start, stop in pairwise(comes):
        frames = [timeline.frame(index) for index in {start, (start + stop) // 2, stop - 1}]
        assert all(alike(frame, frames[0], but=()) for frame in frames), "nothing changes while a picture is held"
    kept: dict[Any, Frame] = {}
    for index in comes[:-1]:
        assert alike(timeline.frame(index), kept.setdefault(timeline.key(index), timeline.frame(index)))
    # Of neighbours with different keys only such look the same that are of two spans: a cycle's last weights at rest.
    for before, now in pairwise(comes[:-1]):
        is_same = alike(timeline.frame(before), timeline.frame(now))
        assert not is_same or timeline.frame(before).caption == timeline.frame(now).caption


@pytest.mark.parametrize("name", ["captions", "even-or-odd", "told quadrants"])
def test_captions_come_when_they_do_in_the_film_that_moves(name: str) -> None:
    timeline = one(name)
    cues = bridged(timeline.plan.cues, timeline.plan.fps)
    assert cues
    for cue in cues:
        texts = [timeline.frame(index).caption for index in range(cue.start, cue.stop)]
        assert set(texts) == {cue.text}
        assert cue.start == 0 or timeline.frame(cue.start - 1).caption != cue.text
        assert cue.stop == timeline.frame_count or timeline.frame(cue.stop).caption != cue.text


def test_a_caption_stays_where_the_next_comes_before_anything_could_be_read() -> None:
    cues = (Cue(0, 50, "one"), Cue(79, 130, "two"), Cue(160, 200, "three"))
    assert [(cue.start, cue.stop) for cue in bridged(cues, Fraction(30))] == [(0, 79), (79, 130), (160, 200)]
    assert bridged((), Fraction(30)) == ()


def test_captions_that_follow_each_other_closely_leave_no_other_line_between_them() -> None:
    moving, within = one("captions", "full"), 0
    for change in changes(reduce_motion(moving))[8:16]:
        first, second = Cue(change - 70, change - 5, "one"), Cue(change + 20, change + 80, "two")
        stills = reduce_motion(replace(moving, plan=replace(moving.plan, cues=(first, second))))
        texts = [stills.frame(index).caption for index in range(first.start, second.stop)]
        assert texts == ["one"] * 90 + ["two"] * 60
        within += any(first.stop <= index < second.start for index in changes(stills))
    assert within, "although the picture changes there"


def test_a_sign_has_turned_by_the_time_its_caption_goes() -> None:
    signs = [cue for cue in one("even-or-odd").plan.cues if cue.event is not None and cue.event.kind == "sign"]
    assert signs
    for cue in signs:
        assert cue.event is not None and cue.event.synapse is not None
        layer, start, end = cue.event.synapse
        before, after = (one("even-or-odd").frame(index).weights[layer][start, end] for index in (cue.start, cue.stop))
        assert before * after < 0


@pytest.mark.parametrize(("seconds", "pictures"), [("1/2", 1), (1, 2), ("3/2", 3), (2, 4), ("5/2", 5), (3, 6), (9, 6)])
def test_a_step_tells_as_much_as_it_has_time_for(recording: Recording, seconds: str, pictures: int) -> None:
    scene = own_scene(recording)
    moving = make_timeline(make_plan(scene, Fraction(60)), recording, scene)
    first = next(number for number, span in enumerate(moving.plan.spans) if span.kind == "step")
    start = moving.plan.spans[first].start
    span = replace(moving.plan.spans[first], start=0, stop=int(Fraction(seconds) * 30))
    alone = replace(moving.plan, spans=(span,), frame_count=span.stop)
    stills = held_pictures(make_timeline(alone, recording, scene))
    assert tuple(still.phase for still in stills) == (_STEP | _FULL_STEP)[pictures]
    lengths = np.diff([*(still.start for still in stills), span.stop])
    assert np.ptp(lengths) <= 1 and start > 0


def test_the_pictures_of_a_step_tell_it_in_order() -> None:
    timeline = one("even-or-odd")
    number = next(number for number, span in enumerate(timeline.plan.spans) if span.kind == "step")
    span = timeline.plan.spans[number]
    state = state_of(timeline.recording, timeline.scene, timeline.recording_index.step(span))
    comes = [index for index in changes(timeline) if span.start <= index < span.stop]
    pictures = [timeline.frame(index) for index in comes]
    assert len(pictures) >= 3
    assert [frame.compared for frame in pictures[-3:]] == [1, 1, 1]
    hidden = [float(frame.error_signal[1].max()) for frame in pictures[-3:]]
    assert hidden[0] == 0 < hidden[1] == hidden[2], "the error comes back"
    *before, after = (np.array_equal(frame.weights[0], state.weights[0]) for frame in pictures)
    assert all(before) and not after, "and the weights change last"
    assert [bool(frame.change[0].any()) for frame in pictures[-2:]] == [False, True], "which is seen"


def test_a_walk_is_told_line_by_line() -> None:
    timeline = one("backward")
    span = next(span for span in timeline.plan.spans if span.kind == "walk")
    comes = [index for index in changes(timeline) if span.start <= index < span.stop]
    told = [round(sum(timeline.frame(index).visible)) for index in comes]
    assert told == sorted(told) and set(told) == set(range(len(timeline.frame(comes[-1]).visible) + 1))
    assert {round(count) for count in np.diff(told)} == {0, 1}
    timing = timeline.timings[span.shot]
    for begins, _ in timing.lines:
        assert span.start + round(begins * 30) in comes, "each line comes when it does in the film that moves"


def test_a_sweep_stops_at_every_shown_cycle_there_is_time_for() -> None:
    timeline = one("told quadrants")
    sweeps = [span for span in timeline.plan.spans if span.kind == "sweep"]
    seen = [frame.cycle for _, frame in shown(timeline)]
    assert seen == sorted(seen) and seen[-1] == sweeps[-1].cycle
    assert len(set(seen)) > 1.5 * float((sweeps[-1].stop - sweeps[0].start) / timeline.plan.fps)


def test_the_light_does_not_breathe(recording: Recording) -> None:
    scene = own_scene(recording)
    plan = make_plan(scene, Fraction(30))
    breathing = replace(plan, glow=tuple(1 + 0.3 * np.sin(np.arange(plan.frame_count))))
    stills = reduce_motion(make_timeline(breathing, recording, scene))
    assert {stills.frame(index).glow for index in range(0, 900, 7)} == {1.0}
    assert changes(stills) == changes(reduce_motion(make_timeline(plan, recording, scene)))


@pytest.mark.parametrize("early", [-9, -3, 3, 12])
def test_a_run_that_breaks_off_changes_only_with_the_others(early: int) -> None:
    scene = linear(motion="reduced")
    runs = Filmed(netviz.compare(scene), scene)
    made = plan(scene)
    timeline = film_timeline(made, runs)
    assert isinstance(timeline, SideBySide)
    broken = next(run for run in timeline.runs if isinstance(run, BrokenOff))
    stop = broken.timeline.plan.spans[-1].stop
    # A caption comes shortly before or after the run breaks off: the pictures' changes and the plan's are others.
    cue = Cue(stop - early, stop - early + 60, "Now.")
    timeline = film_timeline(replace(made, cues=(cue,)), runs)
    assert isinstance(timeline, SideBySide)
    comes = changes(timeline)
    assert all(c - a >= 30 for a, c in zip(comes, comes[2:], strict=False))
    assert comes == changes(timeline.clock)
    for start, end in pairwise([*comes, timeline.frame_count]):
        assert alike(timeline.frame(start), timeline.frame(end - 1), but=())
    assert timeline.frame(timeline.frame_count - 1).diverged is not None


def test_a_timeline_sent_elsewhere_gives_the_same_frames() -> None:
    timeline = one("backward")
    sent = pickle.loads(pickle.dumps(timeline))
    for index in random.Random(1).sample(range(timeline.frame_count), 20):
        assert sent.key(index) == timeline.key(index) and alike(sent.frame(index), timeline.frame(index))


@pytest.mark.parametrize("style", ["glow", "playground"])
def test_frames_of_one_picture_have_the_same_pixels(style: str) -> None:
    from netviz.drawing.renderer import Renderer

    scene = short_scene(motion="reduced", style=style)
    timeline = film_timeline(plan(scene), Filmed(netviz.record(scene), scene))
    comes = changes(timeline)
    start = next(start for start, stop in pairwise(comes) if start > 300 and stop - start > 3)
    held_until = comes[comes.index(start) + 1] - 1
    renderer = Renderer(timeline)
    first = renderer.draw(timeline.frame(start)).copy()
    following = renderer.draw(timeline.frame(held_until + 1)).copy()
    assert np.array_equal(first, renderer.draw(timeline.frame(held_until))) and not np.array_equal(first, following)
    assert np.array_equal(first, Renderer(timeline).draw(timeline.frame(held_until))), "whatever was drawn before"


rates = st.sampled_from([Fraction(1), Fraction(15), Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(60)])
frames = st.lists(st.integers(0, 400), max_size=60)


@settings(deadline=None, max_examples=200)
@given(starts=frames, fixed=frames, fps=rates)
def test_held_pictures_leave_each_other_time(starts: list[int], fixed: list[int], fps: Fraction) -> None:
    wanted = [HeldPicture(start, number, 0.5) for number, start in enumerate(sorted({0, *starts}))]
    stills = held(wanted, [0, *fixed], 401, fps)
    comes = [still.start for still in stills]
    assert comes[0] == 0 and max(comes) <= 400
    assert all(b - a >= max(1, int(fps / 2)) for a, b in pairwise(comes))
    assert all(c - a >= ceil(fps) for a, c in zip(comes, comes[2:], strict=False))
    numbers = [still.span for still in stills]
    assert numbers == sorted(numbers), "never back"
    for still, stop in zip(stills, [*comes[1:], 401], strict=True):
        early = wanted[still.span].start - still.start
        assert early <= fps / 4, "hardly early"
        if still.span + 1 < len(wanted) and early < 0:
            assert still.start < wanted[still.span + 1].start or still.start in fixed, "nor when it is over"
        assert stop > still.start


def test_what_has_time_stays_as_it_is() -> None:
    wanted = [HeldPicture(start, number, 0.5) for number, start in enumerate([0, 15, 30, 60, 90])]
    assert held(wanted, [0], 120, Fraction(30)) == tuple(wanted)
    assert [still.start for still in held(wanted, [0, 20], 120, Fraction(30))] == [0, 20, 35, 60, 90]
    assert [still.start for still in held(wanted, [0, 70], 120, Fraction(30))] == [0, 15, 30, 70, 90]


@pytest.mark.parametrize("call", [Scene.model_dump, Scene.model_dump_json])
def test_the_scene_says_how_it_moves(call: Callable[[Scene], Any]) -> None:
    assert "reduced" in str(call(short_scene(motion="reduced"))) and short_scene().motion == "full"
