"""Films that keep time with their music, from the file to the frame."""

from __future__ import annotations

import importlib.util
import sys
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import netviz
from netviz.audio import beat_tracking
from netviz.errors import InputError, NetvizError
from netviz.pipeline.prepare import prepare
from netviz.scene.scene import Scene
from netviz.timeline.plan import Plan, Span
from tests.conftest import short_scene
from tests.recordings import own_scene

RATE = 48_000
CLICKS = [*np.arange(0.5, 12, 60 / 100), *np.arange(16.3, 30, 60 / 140)]
SILENCE = (11.95, 16.25)


@pytest.fixture(scope="module")
def click_track(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 beats a minute, four seconds of silence, 140 beats a minute."""
    time = np.arange(RATE // 20) / RATE
    click = 0.8 * np.sin(2 * np.pi * 1500 * time) * np.exp(-60 * time)
    sound = np.zeros(31 * RATE)
    for beat in CLICKS:
        sound[round(beat * RATE) :][: len(click)] += click
    path = tmp_path_factory.mktemp("music") / "clicks.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def scene_of(track: Path, **changes: object) -> Scene:
    shots = [{"shot": "rest"}, {"shot": "learning", "examples": 3}, {"shot": "rest"}]
    given = {"audio": str(track), "duration": None, "sync": "beats", "schedule": {"frames": "beats"}, "shots": shots}
    return short_scene(**(given | changes))


def whole_beats(plan: Plan) -> list[Span]:
    """The spans of learning that begin on a beat: moves, steps of a beat or more, and the first of a beat's parts."""
    found, stop = [], None
    for span in plan.spans:
        if span.kind in ("step", "move"):
            is_part = span.kind == "step" and span.stop - span.start < 0.4 * plan.fps - 1
            if not is_part or span.start != stop:
                found.append(span)
            stop = span.stop if is_part and span.start != stop else None
    return found


@pytest.mark.slow
def test_steps_are_on_the_clicks_and_none_in_the_silence(click_track: Path) -> None:
    pytest.importorskip("librosa")
    scene = scene_of(click_track)
    plan = netviz.plan(scene)
    learned = [span for span in plan.spans if span.kind in ("step", "move")]
    starts = [span.start / plan.fps for span in whole_beats(plan)]
    assert len(starts) > 20 and len(learned) > 30
    assert learned[0] in whole_beats(plan)
    assert max(min(abs(float(start) - click) for click in CLICKS) for start in starts) <= 1 / plan.fps
    assert not [start for start in starts if SILENCE[0] <= start < SILENCE[1]]
    (hold,) = [span for span in plan.spans if span.kind == "hold"]
    assert hold.stop / plan.fps == pytest.approx(16.3, abs=1 / 30)
    swept = [span for span in learned if span not in whole_beats(plan)]
    assert {span.kind for span in swept} == {"step"} and max(span.stop for span in swept) < SILENCE[0] * plan.fps
    assert {span.stop - span.start for span in swept} == {9}, "half a beat; those of the faster part are not divided"

    # The run, its recording and every way to its film agree.
    resolved = prepare(scene, film=False).scene
    assert isinstance(resolved, Scene) and resolved.schedule.frames == len(plan.shown_cycles)
    recording = netviz.record(scene)
    assert own_scene(recording) == resolved
    assert netviz.plan(recording) == plan == netviz.plan(scene)
    late = netviz.plan(scene_of(click_track, audio={"file": str(click_track), "start": 2}))
    starts = [span.start / plan.fps + 2 for span in whole_beats(late)]
    assert max(min(abs(float(start) - click) for click in CLICKS) for start in starts) <= 1 / plan.fps
    onsets = netviz.plan(scene_of(click_track, sync="onsets"))
    assert onsets.on_beats and len(onsets.spans) > 25


def test_without_the_library_it_says_what_to_install(click_track: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(beat_tracking, "find_spec", lambda name: None if name == "librosa" else find_spec(name))
    for do in (netviz.plan, netviz.record, netviz.still):
        with pytest.raises(InputError, match=r"sync: .*librosa: pip install 'netviz-film\[beats\]'.*bpm"):
            do(scene_of(click_track))
    told = netviz.plan(scene_of(click_track, sync={"bpm": 120, "offset": 0.25}))
    assert {span.start % 15 for span in told.spans if span.kind == "move"} == {8}


def test_a_library_that_does_not_work_is_told(click_track: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beat_tracking, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(NetvizError, match=r"librosa.* does not work here \(ModuleNotFoundError.*bpm"):
        netviz.plan(scene_of(click_track, sync={"bar": 5}))


def test_the_light_follows_the_music(click_track: Path) -> None:
    scene = scene_of(click_track, pulse=1, sync={"bpm": 100})
    plan = netviz.plan(scene)
    assert len(plan.glow) == plan.frame_count
    assert plan.glow[round(14.5 * 30)] < 0.7 < 1.1 < max(plan.glow)
    assert netviz.plan(scene_of(click_track, sync={"bpm": 100})).glow == ()
    assert netviz.plan(scene_of(click_track, sync={"bpm": 100}, pulse=1, style="classic")).glow == ()


def test_a_film_of_no_given_length_keeps_time_too() -> None:
    scene = short_scene(duration=None, sync={"at": [float(Fraction(n, 2)) for n in range(400)]}, schedule={"frames": 4})
    plan = netviz.plan(scene)
    assert plan.on_beats
    assert {span.start % 15 for span in plan.spans if span.kind == "move"} == {0}
    assert {span.start % 15 for span in plan.spans if span.kind == "step"} <= {0, 7, 8}, "on a beat or half-way"
