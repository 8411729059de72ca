"""The live view of a run in training: what it shows, how it ends, and that training does not notice."""

from __future__ import annotations

import gc
import io
import os
import signal
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netviz
from netviz.drawing.renderer import draw_picture
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.web import live
from tests.recording.recorders import refused
from tests.web.notebooks import FakeNotebook, Run


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNotebook]:
    found = FakeNotebook()
    found.install(monkeypatch)
    monkeypatch.setattr(live, "PERIOD", 0.02)
    yield found
    for view in [*live._VIEWS.values()]:
        view.stop()


def until(happens: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_running(view: Any) -> bool:
    return view._worker._process.poll() is None


def test_the_newest_moment_is_shown_and_the_last_one_stays(cell: FakeNotebook) -> None:
    run, alone = Run(), Run().train(60)
    of_film = {"duration": 5, "captions": [{"text": "Half-way", "at": "cycle:500"}]}
    with netviz.live(run.recorder, look={"style": "playground", **of_film, "output": {"size": "square"}}) as view:
        assert cell.lines == ["live: waiting for two steps that are kept"]
        run.train(20)
        until(lambda: cell.updates)
        assert repr(view) == "<netviz.live: step 19, live>"
        run.train(40)
    assert len(cell.displays) == 1
    assert cell.lines[1] == "live: step 19" and cell.lines[-2:] == ["live: step 59", "step 59"]
    assert repr(view) == "<netviz.live: step 59, ended>" and not is_running(view)
    assert all(np.array_equal(a, b) for a, b in zip(run.w, alone.w, strict=True))
    assert run.recorder.steps[-1] == 59
    for bundle in cell.updates:
        with Image.open(io.BytesIO(b64decode(bundle["image/jpeg"]))) as picture:
            assert picture.size == (480, 480)
        assert f'src="data:image/jpeg;base64,{bundle["image/jpeg"]}"' in bundle["text/html"]
        assert "<script" not in bundle["text/html"]
    first, last = (np.asarray(Image.open(io.BytesIO(b64decode(cell.updates[at]["image/jpeg"])))) for at in (0, -1))
    assert first.mean() > 150 and np.abs(first.astype(int) - last).mean() > 0.5  # a light picture, and another one


def test_the_picture_is_that_of_the_newest_moment() -> None:
    """It differs in nothing from that of a film of the whole run, when the last example of that step has been shown."""
    run = Run().train(30)
    drawn = live.drawn(run.recorder.newest(), {"output.size": "640x360"}, {})
    shown = filmed(run.recorder, {"story": None, "output": {"size": "640x360"}}, frames=1)
    timeline = finish(prepare(shown), shown.recorded).timeline
    steps = [span for span in timeline.plan.spans if span.kind == "step"]
    assert len(steps) == 4 and steps[-1].cycle == 29 and steps[-1].example == 3
    still, other = (draw_picture(timeline, (span.start + 3 * span.stop) // 4) for span in (steps[-1], steps[-2]))
    with Image.open(io.BytesIO(drawn.jpeg)) as picture:
        found = np.asarray(picture).astype(int)
    assert drawn.moment == "step 29" and drawn.size == (640, 360)
    assert np.abs(found - still).mean() < 3 < np.abs(found - other).mean()


@pytest.mark.parametrize("is_plane", [False, True], ids=["one by one", "together"])
def test_what_is_drawn_is_the_newest_step_and_nothing_on_the_way_there(is_plane: bool) -> None:
    """Points of a plane are seen together while all weights go on: only at its end is that the newest step."""
    random = np.random.default_rng(5)
    plane = {"points": random.normal(0, 1, (60, 2)), "point_targets": random.integers(0, 2, 60).astype(float)}
    run = Run(**plane if is_plane else {}).train(400)
    shown = filmed(live.with_all_curves(run.recorder.newest(), {}), {"story": None})
    timeline = finish(prepare(shown), shown.recorded).timeline
    number, step = live.newest_frame(timeline.plan)
    frame = timeline.frame(number)
    assert step == 399 == round(frame.curve_cycle)
    last = run.recorder.newest().recording()
    for layer, weights in enumerate(frame.weights):
        assert np.allclose(np.asarray(weights)[: len(last.weights[layer][-1])], last.weights[layer][-1], atol=1e-9)


def test_curves_have_all_moments_whichever_are_drawn() -> None:
    run = Run().train(30)
    recording = live.with_all_curves(run.recorder.newest(), {})
    assert recording.step.tolist() == [0, 29] and recording.curve_step.tolist() == [*run.recorder.steps]
    assert recording.curves["loss"].tolist() == run.recorder.recording().curves["loss"].tolist()


def test_without_a_loss_the_probes_error_is_known_of_moments_that_were_drawn() -> None:
    run, errors = Run(with_loss=False), dict[int, float]()
    for steps in (10, 10):
        recording = live.with_all_curves(run.train(steps).recorder.newest(), errors)
    whole = run.recorder.recording()
    known = {int(step): error for step, error in zip(whole.curve_step, whole.curves["error"], strict=True)}
    assert recording.curve_step.tolist() == [0, 9, 19] and list(recording.curves) == ["error"]
    assert recording.curves["error"] == pytest.approx([known[step] for step in (0, 9, 19)], rel=1e-12)


def test_training_goes_on_where_the_drawing_process_ends(cell: FakeNotebook) -> None:
    run = Run().train(5)
    view = netviz.live(run.recorder)
    until(lambda: cell.updates)
    os.kill(view._worker._process.pid, signal.SIGKILL)
    run.train(20)
    until(lambda: not view._thread.is_alive())
    why = "the picture is not drawn any more: a worker process ended with signal SIGKILL; training goes on"
    assert cell.last["text/plain"] == why and "<img" in cell.last["text/html"]
    view.stop()
    assert run.train(5).recorder.steps[-1] == 29 and cell.last["text/plain"] == why


def test_what_cannot_be_drawn_is_said_once(cell: FakeNotebook) -> None:
    run = Run().train(5)
    with netviz.live(run.recorder, look={"style": "oil"}) as view:
        until(lambda: not view._thread.is_alive())
        run.train(5)
    assert len(cell.updates) == 1 and "\n" not in cell.last["text/plain"]
    assert cell.last["text/plain"].startswith("the picture is not drawn any more: look: ")
    assert "oil" in cell.last["text/plain"] and "<img" not in cell.last["text/html"]


def test_a_run_of_one_step_has_no_picture(cell: FakeNotebook) -> None:
    with netviz.live(Run().train(1).recorder):
        pass
    assert cell.lines[1:] == ["fewer than two steps were kept"]


def test_it_ends_with_the_recorder(cell: FakeNotebook) -> None:
    run = Run().train(5)
    view = netviz.live(run.recorder)
    until(lambda: cell.updates)
    del run
    gc.collect()
    until(lambda: not view._thread.is_alive())
    assert cell.last["text/plain"] == "step 4" and not is_running(view)


def test_a_cell_that_runs_once_more_ends_its_earlier_view(cell: FakeNotebook) -> None:
    run = Run().train(5)
    views = [netviz.live(run.recorder) for _ in range(2)]
    until(lambda: not views[0]._thread.is_alive())
    assert views[1]._thread.is_alive() and is_running(views[1])


def test_another_cell_shows_the_same_picture(cell: FakeNotebook) -> None:
    view = netviz.live(Run().recorder)
    view._ipython_display_()
    assert len(cell.displays) == 1  # it is there already
    cell.shell.execution_count = 2
    view._ipython_display_()
    assert len(cell.displays) == 2


def test_of_a_run_that_diverged_the_last_finite_moment_is_drawn() -> None:
    run = Run().train(10)
    run.w[0][0, 0] = np.inf
    with pytest.warns(netviz.NetvizWarning, match="training diverged"), np.errstate(all="ignore"):
        run.train(1)
    assert live.drawn(run.recorder.newest(), {}, {}).jpeg
    film = live.with_all_curves(run.recorder.newest(), {})
    assert film.step.tolist() == [0, 9, 10]


def test_outside_a_notebook_it_is_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = refused(netviz.live, Run().recorder)
    assert line == (
        "netviz.live: shows a run in a notebook's cell (Jupyter, Colab, VS Code), and this is none; leave the call out"
    )
    FakeNotebook().install(monkeypatch)
    (line,) = refused(netviz.live, Run().train(3).recorder.recording())
    assert line == "recorder: expected a Recorder, what netviz.watch returns or a FilmCallback, got Recording"
    lines = refused(netviz.live, "recorder", look={"training": {"cycles": 3}})
    assert len(lines) == 2
