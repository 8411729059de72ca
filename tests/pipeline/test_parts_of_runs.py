"""Learning in several shots of runs that are there already, that diverge, or that are only tried for an estimate."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizWarning
from netviz.pipeline.api import finished_film
from netviz.pipeline.estimate import _shortened
from netviz.pipeline.prepare import prepare
from netviz.recording.recording import Recording
from netviz.scene.learned_cycles import learned_cycles
from netviz.scene.schedule import shown_cycles
from netviz.timeline.plan import Plan, make_plan
from tests.conftest import short_scene
from tests.pipeline.test_short_and_diverged_runs import DIVERGING


def parts(to: int, **second: Any) -> dict[str, Any]:
    shots = [{"shot": "learning", "to": to, "hold": 1}, {"shot": "rest"}, {"shot": "learning", **second}]
    return {"shots": shots, "output": {"size": "320x180", "fps": 5}}


def learned(plan: Plan) -> list[tuple[int, int]]:
    """Cycles between which each learning shot goes."""
    shots = dict.fromkeys(span.shot for span in plan.spans if span.kind in ("move", "sweep"))
    spans = [[span for span in plan.spans if span.shot == shot and span.kind in ("move", "sweep")] for shot in shots]
    return [(each[0].from_cycle or 0, each[-1].cycle) for each in spans]


def refusal(source: Any, look: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        netviz.plan(source, look=look)
    (problem,) = caught.value.problems
    return str(problem)


def test_a_recording_is_shown_in_parts_that_it_can_show(recording: Recording) -> None:
    assert learned(netviz.plan(recording, look=parts(20))) == [(0, 20), (20, 60)]
    assert learned(netviz.plan(recording, look=parts(4, **{"from": 20}), frames=2)) == [(0, 4), (20, 60)]
    says = refusal(recording, parts(30))
    assert says == "look: shots[0].to: the recording can show no cycle 30; near are 20 and 60"


def test_a_run_of_somebody_else_is_shown_in_parts_of_its_own_steps() -> None:
    rec = netviz.Recorder([2, 3, 1], "sigmoid", [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], loss="squared_error")
    for step in range(100, 1100, 100):
        rec.snap(1 / step, weights=[np.full((2, 3), step / 100), np.full((3, 1), 1.0)], step=step, keep=True)
    plan = netviz.plan(rec, look=parts(500), frames=3)
    assert learned(plan) == [(100, 500), (500, 1000)]
    assert {500} < {*plan.shown_cycles}, "beside those that are chosen"
    assert "the recording can show no step 450; near are 400 and 500" in refusal(rec, parts(450))
    assert "there is no step 2,000; they are counted from 1 to 1,000" in refusal(rec, parts(2000))
    early = parts(500)
    early["shots"][0]["from"] = 50
    assert "the recording begins with step 100, and 50 is before it" in refusal(rec, early)
    assert learned(netviz.plan(rec, look=parts(500, examples="together"))) == [(100, 500), (500, 1000)]


def test_what_a_run_that_diverges_does_not_come_to_is_a_rest() -> None:
    shots = [
        {"shot": "learning", "to": 3, "seconds": 3},
        {"shot": "learning", "to": 1500, "seconds": 5},
        {"shot": "learning", "from": 1700, "to": 1900, "seconds": 6},
        {"shot": "learning", "seconds": 2},
    ]
    scene = netviz.load_scene("xor", overrides={**DIVERGING, "duration": None, "audio": None, "shots": shots})
    with pytest.warns(NetvizWarning, match="diverged"):
        film = finished_film(prepare(scene))
    assert isinstance(film.recorded, Recording)
    last = int(film.recorded.step[-1])
    assert 3 < last < 1500
    assert learned(film.plan) == [(0, 3), (3, last)]
    kinds = [(span.shot, span.kind, span.cycle) for span in film.plan.spans if span.shot > 1]
    assert kinds == [(2, "rest", last), (3, "rest", last)]
    ends = [max(span.stop for span in film.plan.spans if span.shot == shot) for shot in range(4)]
    assert ends == [15, 40, 70, 80], "each as long as it was to be"


def test_a_trial_for_an_estimate_learns_in_as_many_shots() -> None:
    scene = short_scene(shots=[*parts(20)["shots"], {"shot": "learning", "from": 59}], training__cycles=60)
    scene = scene.model_copy(
        update={"shots": (*scene.shots[:2], scene.shots[2].model_copy(update={"to_cycle": 40}), scene.shots[3])}
    )
    tried = _shortened(scene, 1000.0)
    bounds = [*learned_cycles(tried.shots, 0, tried.training.cycles).values()]
    assert len(bounds) == 3 and tried.training.cycles == 3
    assert all(before[1] == after[0] < after[1] for before, after in pairwise(bounds))
    assert {stop for _, stop in bounds} <= {*shown_cycles(tried)}
    assert len({span.shot for span in make_plan(tried, None).spans}) == 4
