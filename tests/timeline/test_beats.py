"""The plan in time with a rhythm: whatever the beats, steps begin on them and never in a silence."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.errors import InputError
from netviz.pipeline.prepare import prepare
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.scene.model import Schedule
from netviz.scene.scene import Scene
from netviz.scene.schedule import shown_cycles
from netviz.timeline.beats import (
    SHORTEST_STEP,
    Accent,
    Rhythm,
    accents,
    even_beats,
    listed_beats,
    on_bars,
    placed_beats,
)
from netviz.timeline.plan import Plan, Span, make_plan, shown_on_beats
from netviz.timeline.shot_lengths import shared_lengths
from netviz.timeline.step_timing import BRIEF, BRIEF_FROM, FULL, FULL_FROM, beats_of, kick
from netviz.timeline.timeline import make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.recordings import own_scene

XOR = load_scene("xor")
XOR_EVEN = XOR.model_copy(
    update={"shots": tuple(s.model_copy(update={"pace": "even"}) if s.shot == "learning" else s for s in XOR.shots)}
)
SHOWN = XOR.schedule.cycles or ()
CLASSIC = load_scene("xor-classic")
LEARNED = ("step", "move", "sweep")
TOGETHER = load_scene("playground-quadrants", overrides={"training.cycles": 300, "schedule": {"frames": 60}})


def every(bpm: float, seconds: float, offset: float = 0, bar: int = 4) -> Rhythm:
    return even_beats(Fraction(str(bpm)), Fraction(str(offset)), bar, Fraction(str(seconds)))


def kinds(plan: Plan, *names: str) -> list[Span]:
    return [span for span in plan.spans if span.kind in names]


def on_frames(plan: Plan, times: tuple[Fraction, ...]) -> set[int]:
    return {int(time * plan.fps + Fraction(1, 2)) for time in times}


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    """Any beats: even, hurrying, irregular, with bars or without, with silences."""
    gaps = draw(st.lists(st.integers(20, 6000), min_size=0, max_size=20))
    times = tuple(accumulate((Fraction(gap, 1000) for gap in gaps * draw(st.integers(1, 12))), initial=Fraction(0)))[1:]
    edges = sorted(draw(st.sets(st.integers(0, 60_000), max_size=6)))
    silences = tuple((Fraction(a, 1000), Fraction(b, 1000)) for a, b in zip(edges[::2], edges[1::2], strict=False))
    return Rhythm(times, times[draw(st.integers(0, 3)) :: 4] if draw(st.booleans()) else (), silences)


def fitted(scene: Scene, seconds: Fraction, rhythm: Rhythm, fps: Fraction, *, follows: bool) -> Scene:
    """The scene in another frame rate; its number of shown cycles follows from the rhythm, if that is wished."""
    shown = min(scene.training.cycles, shown_on_beats(scene, seconds, rhythm))
    chosen = Schedule(frames=shown) if follows and shown else scene.schedule
    return scene.model_copy(update={"output": scene.output.model_copy(update={"fps": fps}), "schedule": chosen})


def learning_beats(scene: Scene, seconds: Fraction, rhythm: Rhythm) -> list[Accent]:
    """The beats of a film's learning shot."""
    lengths = on_bars(shared_lengths(scene, seconds).seconds, rhythm)
    place = next(number for number, shot in enumerate(scene.shots) if shot.shot == "learning")
    end = sum(lengths[: place + 1], Fraction(0))
    return accents(rhythm, end - lengths[place], end)


LENGTHS = st.fractions(min_value=1, max_value=200, max_denominator=48_000)
RATES = st.sampled_from([Fraction(25), Fraction(30), Fraction(30_000, 1001), Fraction(60)])


@settings(deadline=None, max_examples=120)
@given(
    rhythm=rhythms(),
    seconds=LENGTHS,
    scene=st.sampled_from([XOR_EVEN, CLASSIC, TOGETHER]),
    fps=RATES,
    follows=st.booleans(),
)
def test_any_beats_in_any_film(rhythm: Rhythm, seconds: Fraction, scene: Scene, fps: Fraction, follows: bool) -> None:
    plan = make_plan(fitted(scene, seconds, rhythm, fps, follows=follows), seconds, rhythm)
    assert (plan.spans[0].start, plan.spans[-1].stop) == (0, plan.frame_count)
    assert all(before.stop == after.start and before.stop > before.start for before, after in pairwise(plan.spans))
    if not plan.on_beats:
        return
    beats = on_frames(plan, rhythm.beats)
    for span in kinds(plan, *LEARNED):
        assert span.start in beats
        assert span.stop - span.start >= SHORTEST_STEP * fps - 1
        begin = min(time for time in rhythm.beats if int(time * fps + Fraction(1, 2)) == span.start)
        assert any(not rhythm.is_silent(t) for t in rhythm.beats if abs(t - begin) <= 1 / fps)
    for before, after in pairwise(plan.spans):
        assert not (before.kind == after.kind == "hold" and before.shot == after.shot)


@settings(deadline=None, max_examples=250)
@given(
    rhythm=rhythms(),
    seconds=LENGTHS,
    scene=st.sampled_from([XOR, load_scene("dog-or-cat"), load_scene("step-by-step")]),
    fps=RATES,
    follows=st.booleans(),
)
def test_any_beats_tell_a_story(rhythm: Rhythm, seconds: Fraction, scene: Scene, fps: Fraction, follows: bool) -> None:
    scene = fitted(scene, seconds, rhythm, fps, follows=follows)
    plan = make_plan(scene, seconds, rhythm)
    assert (plan.spans[0].start, plan.spans[-1].stop) == (0, plan.frame_count)
    assert all(before.stop == after.start and before.stop > before.start for before, after in pairwise(plan.spans))
    steps = kinds(plan, "step")
    asked = scene.presented_count or scene.data.train_count
    cycles = list(dict.fromkeys(span.cycle for span in steps))
    assert cycles == sorted(cycles)
    for cycle in cycles:
        shown = [span.example for span in steps if span.cycle == cycle]
        assert shown == sorted(set(shown)) and len(shown) == plan.examples_per_cycle
    if plan.examples_per_cycle < asked:
        assert any("examples" in note for note in plan.notes)
    if len(cycles) < len([cycle for cycle in shown_cycles(scene) if cycle > plan.spans[0].cycle]):
        assert any("shown cycles" in note for note in plan.notes) or any(span.kind == "walk" for span in plan.spans)
    if not plan.on_beats:
        return
    begins: dict[int, list[Span]] = {}
    beats = learning_beats(scene, seconds, rhythm)
    starts = [int(beat.start * fps + Fraction(1, 2)) for beat in beats]
    for span in kinds(plan, *LEARNED):
        begins.setdefault(bisect_right(starts, span.start) - 1, []).append(span)
    for number, spans in begins.items():
        beat = beats[number]
        assert spans[0].start == starts[number], "what is not a part of a beat begins on one"
        assert not rhythm.is_silent(beat.start)
        if len(spans) > 1:
            lengths = [span.stop - span.start for span in spans]
            assert {span.kind for span in spans} == {"step"} and len({span.cycle for span in spans}) == 1
            assert len(spans) <= 4 and max(lengths) - min(lengths) <= 1
            assert (beat.stop - beat.start) / len(spans) >= Fraction(1, 4) - Fraction(1, 40), (
                "found beats are a bit off"
            )
            assert abs(spans[-1].stop - beat.stop * fps) <= 1 and not beat.breaks
            is_slow = beat.stop - beat.start > 2 * BRIEF_FROM - 2 / fps  # its half is drawn as a brief step
            assert max(lengths) < (FULL_FROM if is_slow else BRIEF_FROM) * fps, "only rapid ones"
        else:
            crossed = [each for each in beats if spans[0].start < each.stop * fps - 1 < spans[0].stop - 2]
            assert not any(each.breaks for each in crossed), "nothing goes on over a pause"
    for before, after in pairwise(plan.spans):
        assert not (before.kind == after.kind == "hold" and before.shot == after.shot)


def drawn_as(plan: Plan, span: Span) -> str:
    beats = beats_of(float((span.stop - span.start) / plan.fps))
    return "full" if beats is FULL else "brief" if beats is BRIEF else "rapid"


@pytest.mark.parametrize("bpm", [60, 80, 96, 100, 120, 140])
def test_a_story_on_beats_has_full_brief_and_swept_steps(bpm: int) -> None:
    rhythm = every(bpm, 120)
    plan = make_plan(XOR, Fraction(120), rhythm)
    assert plan.on_beats and plan.notes == () and plan.examples_per_cycle == 7
    first, *later = [[drawn_as(plan, span) for span in kinds(plan, "step") if span.cycle == cycle] for cycle in SHOWN]
    assert first[:2] == ["full", "full"]
    for number, cycle in enumerate(later, start=1):
        assert cycle[number % 7] in ("full", "brief")
    drawn = [each for cycle in (first, *later) for each in cycle]
    assert drawn.count("rapid") > len(drawn) / 2
    opening, brisker = kinds(plan, "step")[:2]
    assert 4 < (opening.stop - opening.start) / plan.fps < 5.1
    assert (brisker.stop - brisker.start) / plan.fps < 4


@pytest.mark.parametrize(
    ("bpm", "part"), [(50, 0.3), (60, 0.25), (72, 60 / 72 / 3), (80, 0.25), (120, 0.25), (130, 60 / 130)]
)
def test_a_sweep_takes_as_many_parts_of_a_beat_as_last_a_quarter_second(bpm: int, part: float) -> None:
    plan = make_plan(XOR, Fraction(70), every(bpm, 70))
    shortest = min(span.stop - span.start for span in kinds(plan, "step"))
    assert shortest == pytest.approx(part * 30, abs=1)


def test_beats_that_are_a_little_off_are_divided_like_their_pulse() -> None:
    off = (0, 0.02, -0.015, 0.01, -0.02)
    jittered = listed_beats([Fraction(round(500 * n + 1000 * off[n % 5]), 1000) for n in range(182)], 4, Fraction(91))
    lengths = {round(float(after - before), 3) for before, after in pairwise(jittered.beats)}
    assert min(lengths) < 0.48
    exact, found = (make_plan(XOR, Fraction(91), rhythm) for rhythm in (every(120, 91), jittered))
    counts = [[sum(span.cycle == cycle for span in kinds(plan, "step")) for cycle in SHOWN] for plan in (exact, found)]
    assert counts[0] == counts[1] == [7] * 13
    for before, after in zip(kinds(exact, *LEARNED), kinds(found, *LEARNED), strict=True):
        assert abs(before.start - after.start) <= 2, "the same steps on the same beats"


def test_few_beats_keep_a_step_in_full_and_many_show_more_of_them() -> None:
    full = {}
    for seconds in (25, 45, 60, 91, 150, 240, 360):
        plan = make_plan(XOR, Fraction(seconds), every(120, seconds))
        steps = [(span.stop - span.start) / plan.fps for span in kinds(plan, "step")]
        full[seconds] = sum(length >= FULL_FROM for length in steps)
        assert max(steps) <= 5 and steps[0] == max(steps), "more steps in full, not longer ones"
        assert plan.examples_per_cycle == 7 if seconds >= 60 else plan.notes
    counts = [*full.values()]
    assert counts[0] == 1 and counts == sorted(counts) and counts[-1] > 30
    alike = make_plan(XOR, Fraction(600), every(120, 600))
    assert {drawn_as(alike, span) for span in kinds(alike, "step")} == {"full"}


def test_a_short_film_has_one_step_in_full_and_sweeps_in_fewer_cycles() -> None:
    plan = make_plan(XOR, Fraction(20), every(60, 20))
    steps = kinds(plan, "step")
    assert [drawn_as(plan, span) for span in steps] == ["full", *["rapid"] * (len(steps) - 1)]
    assert len(plan.shown_cycles) == 4 and plan.shown_cycles[-1] == 60_000 and plan.examples_per_cycle == 4
    assert len(plan.notes) == 2, "of cycles and of examples"


def test_a_step_that_a_pause_would_cut_short_waits_for_the_music() -> None:
    rhythm = Rhythm(every(100, 40).beats, silences=((Fraction(9), Fraction(12)),))
    plan = make_plan(XOR, Fraction(40), rhythm)
    first = kinds(plan, "step")[0]
    number = plan.spans.index(first)
    move, hold = plan.spans[number - 2 : number]
    assert (move.kind, hold.kind) == ("move", "hold")
    assert move.stop - move.start == 54, "the move goes on until the pause"
    assert first.start >= 360 and drawn_as(plan, first) == "full"


def test_with_an_even_pace_steps_begin_on_every_beat_and_moves_take_whole_beats() -> None:
    rhythm = every(120, 91)
    scene = XOR_EVEN.model_copy(update={"schedule": Schedule(frames=shown_on_beats(XOR_EVEN, Fraction(91), rhythm))})
    plan = make_plan(scene, Fraction(91), rhythm)
    assert plan.notes == ()
    assert plan.examples_per_cycle == 7
    assert len(plan.shown_cycles) == 17
    learned = kinds(plan, *LEARNED)
    assert {span.start % 15 for span in learned} == {0}
    assert {span.stop - span.start for span in learned if span.kind == "step" and span.cycle > 1} == {15}, "a beat"
    assert {span.stop - span.start for span in learned if span.kind == "step" and span.cycle == 1} == {30}, "slower"


@pytest.mark.parametrize(("bpm", "fewest", "most"), [(60, 9, 12), (100, 9, 14), (120, 12, 15), (140, 11, 15)])
def test_as_many_cycles_are_shown_as_can_be_told(bpm: int, fewest: int, most: int) -> None:
    rhythm = every(bpm, 91)
    shown = shown_on_beats(XOR, Fraction(91), rhythm)
    assert fewest <= shown <= most
    plan = make_plan(XOR.model_copy(update={"schedule": Schedule(frames=shown)}), Fraction(91), rhythm)
    assert plan.notes == () and plan.examples_per_cycle == 7
    for cycle in plan.shown_cycles:
        assert {drawn_as(plan, span) for span in kinds(plan, "step") if span.cycle == cycle} != {"rapid"}
    assert min(span.stop - span.start for span in kinds(plan, "move")) >= 0.8 * 30 - 1


@pytest.mark.parametrize(("bpm", "step"), [(60, 1), (300, 0.4), (190, 60 / 95), (560, 60 / 140), (620, 120 / 155)])
def test_beats_that_come_too_fast_are_taken_together(bpm: float, step: float) -> None:
    found = accents(every(bpm, 60), Fraction(0), Fraction(60))
    assert float(found[1].start - found[0].start) == pytest.approx(step)
    assert {float(after.start - before.start) for before, after in pairwise(found)} == {float(found[1].start)}


def test_shots_begin_on_bar_lines_or_beats() -> None:
    rhythm = every(60, 91)
    plan = make_plan(XOR, Fraction(91), rhythm)
    starts = [span.start for span in plan.spans if span.kind not in LEARNED][:4]
    learning = next(span for span in plan.spans if span.kind == "move")
    assert [start % 30 for start in starts] == [0, 0, 0, 0]
    assert learning.start % 120 == 0
    lengths = [Fraction(0), Fraction(3), Fraction("2.3"), Fraction(30), Fraction(6)]
    assert on_bars(lengths, rhythm) == [0, 3, 2, 31, Fraction("5.3")], "a bar line at 36, elsewhere only beats are near"


def test_nothing_begins_in_a_silence_and_the_network_is_at_rest_in_it() -> None:
    rhythm = Rhythm(every(100, 40).beats, silences=((Fraction(15), Fraction(22)),))
    plan = make_plan(XOR, Fraction(40), rhythm)
    (hold,) = kinds(plan, "hold")
    assert not [span for span in kinds(plan, *LEARNED) if 15 * 30 <= span.start < 22 * 30]
    assert hold.start == pytest.approx(15 * 30, abs=19)
    assert hold.stop in on_frames(plan, rhythm.beats)
    assert hold.stop >= 22 * 30


def test_a_hold_shows_the_weights_that_the_last_step_left(recording: Recording) -> None:
    rhythm = Rhythm(every(100, 30).beats, silences=((Fraction(9), Fraction(14)),))
    scene = own_scene(recording)
    plan = make_plan(scene, Fraction(30), rhythm)
    number = next(number for number, span in enumerate(plan.spans) if span.kind == "hold")
    before, hold, after = plan.spans[number - 1 : number + 2]
    assert before.kind == after.kind == "step" and before.cycle == after.cycle, "in the middle of a cycle"
    timeline = make_timeline(plan, recording, scene)
    last, first, held = (timeline.frame(index) for index in (before.stop - 1, after.start, hold.start + 3))
    for layer in range(2):
        assert np.array_equal(held.weights[layer], first.weights[layer])
        assert np.allclose(held.weights[layer], last.weights[layer], atol=5e-3), "which end a frame of the step later"
    assert not any(level.any() for level in (*held.arrived, *held.carried))
    assert len({timeline.key(index) for index in range(hold.start + 5, hold.stop)}) == 1, "once answers stand"


def test_sweeps_are_pushed_by_the_beats_and_stand_in_silences() -> None:
    scene = load_scene("playground-quadrants", overrides={"training.cycles": 40, "schedule": {"frames": 20}})
    rhythm = Rhythm(every(120, 20).beats, silences=((Fraction(8), Fraction(11)),))
    recording = train(scene)
    plan = make_plan(scene, Fraction(20), rhythm)
    sweeps = kinds(plan, "sweep")
    assert {span.start % 15 for span in sweeps} == {0}
    assert sweeps[-1].cycle == 40
    timeline = make_timeline(plan, recording, scene)
    cycles = [timeline.frame(index).curve_cycle for index in range(sweeps[-3].start - 1, sweeps[-1].stop)]
    speed = np.diff(cycles[: sweeps[-3].stop - sweeps[-3].start + 1])
    assert speed[0] > 2 * speed[-1] > 0
    (hold,) = kinds(plan, "hold")
    assert {timeline.frame(index).curve_cycle for index in range(hold.start, hold.stop)} == {float(hold.cycle)}
    assert (kick(0), kick(1)) == (0, pytest.approx(1))


def test_what_does_not_fit_on_the_beats_is_told() -> None:
    plan = make_plan(XOR, Fraction(15), every(60, 15))
    assert any("beats of learning are too few for all 7 examples" in note for note in plan.notes)
    assert any("for 13 shown cycles" in note for note in plan.notes)
    few = make_plan(XOR, Fraction(15), listed_beats([Fraction(7)], 4, Fraction(15)))
    assert not few.on_beats
    assert any("too few beats to keep time with" in note for note in few.notes)
    none = make_plan(XOR, Fraction(15), listed_beats([Fraction(50)], 4, Fraction(15)))
    assert any("there are no beats to keep time with" in note for note in none.notes)
    assert few.spans == make_plan(XOR, Fraction(15), Rhythm(())).spans == make_plan(XOR, Fraction(15)).spans


def test_an_hour_of_beats_is_planned_at_once() -> None:
    rhythm = every(140, 3600)
    shown = shown_on_beats(XOR, Fraction(3600), rhythm)
    plan = make_plan(XOR.model_copy(update={"schedule": Schedule(frames=shown)}), Fraction(3600), rhythm)
    assert 600 < shown < 700
    assert len(kinds(plan, "step")) == 7 * shown


def test_many_examples_leave_room_for_several_cycles() -> None:
    examples = [{"inputs": [0, 0, 1], "target": 0}] * 300
    scene = short_scene(data={"examples": examples}, schedule={"frames": 8})
    assert shown_on_beats(scene, Fraction(91), every(120, 91)) == 8


def test_beats_at_moments_of_the_film() -> None:
    at = (1.5, "3s", "50%", "50%+0.25s", "end-4s")
    assert placed_beats(at, Fraction(12)) == [Fraction(3, 2), 3, 6, Fraction(25, 4), 8]
    with pytest.raises(InputError) as wrong:
        placed_beats(("start", "90%+2s", "1s-2s", "start"), Fraction(12))
    assert [str(problem) for problem in wrong.value.problems] == [
        "sync.at[1]: 90%+2s is past the end of the film, which lasts 12.00 s",
        "sync.at[2]: 1s-2s is before the film begins, which lasts 12.00 s",
    ]
    with pytest.raises(InputError, match=r"sync.at\[1\]: 3s comes after end-4s \(3.00 s and 8.00 s\); beats must"):
        placed_beats(("end-4s", "3s"), Fraction(12))


def test_steps_keep_time_with_beats_at_moments() -> None:
    numbers = [float(beat) for beat in range(1, 30)]
    moments = [
        f"{beat}s" if beat % 3 else f"end-{30 - beat}s" if beat % 2 else f"start+{beat}s" for beat in range(1, 30)
    ]
    plans = [prepare(short_scene(sync={"at": at})).plan for at in (numbers, moments)]
    assert plans[0] is not None and plans[0].on_beats
    assert plans[0] == plans[1]
