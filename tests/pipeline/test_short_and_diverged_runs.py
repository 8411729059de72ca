"""Films of runs that are short, or end because numbers are not finite any more."""

from __future__ import annotations

import numpy as np
import pytest

import netviz
from netviz.drawing.panels.classic import ClassicHeaderPanel
from netviz.drawing.panels.panel import LevelScale
from netviz.drawing.renderer import draw_picture
from netviz.errors import NetvizWarning
from netviz.pipeline.api import finished_film
from netviz.pipeline.prepare import Finished, prepare
from netviz.recording.recording import Recording, finite_part
from netviz.scene.scene import Scene
from netviz.timeline.cues import frames_to_read
from netviz.training.divergence import TrainingDiverged

LOOK = {"output": {"size": "320x180", "fps": 5}, "duration": 8}


def recorder(losses: list[float]) -> netviz.Recorder:
    """A recorder of a run of four examples, whose weights stay finite whatever its loss does."""
    rec = netviz.Recorder([2, 3, 1], "sigmoid", [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], loss="squared_error")
    for step, loss in enumerate(losses):
        rec.snap(loss, weights=[np.full((2, 3), 1.0 + step), np.full((3, 1), 1.0 - step)], keep=True)
    return rec


def test_a_run_of_one_step_has_a_film() -> None:
    assert netviz.still(recorder([0.5, 0.4]), "end", look=LOOK).any()


@pytest.mark.parametrize("lost", [np.inf, np.nan])
def test_a_loss_out_of_range_ends_the_film_though_the_weights_are_finite(lost: float) -> None:
    """A loss overflows before the weights that it is of."""
    with pytest.warns(NetvizWarning, match="step 3: training diverged, loss is not finite"):
        rec = recorder([0.5, 0.4, 1e300, lost])
    part = finite_part(rec.recording())
    assert part.step.tolist() == part.curve_step.tolist() == [0, 1, 2] and part.diverged_at == 3
    assert np.isfinite(part.curves["loss"]).all()
    with pytest.warns(NetvizWarning, match="diverged in step 3: the loss left the range of numbers; .* up to step 2"):
        assert netviz.still(rec, "end", look=LOOK).any()


# Runs that netviz trains, and that diverge.

DIVERGING: dict[str, object] = {
    "network": {"layers": [3, 4, 1], "activation": ["tanh", "linear"]},
    "data": {
        "examples": [
            {"inputs": inputs, "target": target}
            for inputs, target in (([0, 0, 1], 0), ([0, 1, 1], 1), ([1, 0, 1], 1), ([1, 1, 1], 0))
        ]
    },
    "training": {"cycles": 2000, "learning_rate": 1.2, "seed": 2},
    "duration": 20,
    "output": {"size": "160x128", "fps": 5},
}
LAST, LOST = 68, 69
SAYS = rf"in cycle {LOST}, at example 3: the loss left the range .* is 1\.2; the film shows the run up to cycle {LAST}"


def diverging(**more: object) -> Scene:
    """The scene of a run that diverges, with more keys."""
    return Scene.model_validate({**DIVERGING, **more})


def finished(scene: Scene) -> Finished:
    """Its finished film; a warning says that it diverged, where, and which cycle is the last."""
    prepared = prepare(scene)
    prepared.refuse()
    with pytest.warns(NetvizWarning, match=SAYS):
        return finished_film(prepared)


@pytest.mark.parametrize("schedule", [{"frames": 7}, {"cycles": (5, 40, 1000)}, {"every": 1500}])
def test_a_run_that_diverges_is_shown_up_to_there(schedule: dict[str, object]) -> None:
    scene = diverging(schedule=schedule)
    film = finished(scene)
    recording, plan = film.recorded, film.plan
    assert isinstance(recording, Recording)
    assert (plan.frame_count, plan.seconds) == (100, 20), "as long as it was to be"
    assert int(recording.step[-1]) == LAST and recording.diverged_at == LOST and not recording.is_complete
    shown = {"frames": 7, "cycles": 2, "every": 1}[next(iter(schedule))]
    assert len(plan.shown_cycles) == shown and plan.shown_cycles[-1] <= LAST
    timeline = film.timeline
    frames = [timeline.frame(index) for index in range(0, 100, 3)]
    for frame in frames:
        assert all(np.isfinite(layer).all() for layer in (*frame.weights, *frame.carried, *frame.change))
    assert frames[-1].caption == f"In cycle {LOST} learning diverged: the numbers ran out of range."
    assert all("diverged" not in frame.caption for frame in frames if frame.curve_cycle < LAST)


def test_what_the_author_says_of_the_end_gives_way_to_what_is_true() -> None:
    shots = [{"shot": "learning"}, {"shot": "rest", "caption": "Now it knows!"}]
    timeline = finished(diverging(shots=shots)).timeline
    assert "diverged" in timeline.frame(timeline.frame_count - 1).caption


@pytest.mark.parametrize("style", ["glow", "classic"])
def test_a_film_without_a_rest_says_so_in_its_last_cycle(style: str) -> None:
    timeline = finished(diverging(shots=[{"shot": "rest"}, {"shot": "learning"}], style=style)).timeline
    (cue,) = (cue for cue in timeline.plan.cues if "diverged" in cue.text)
    assert cue.stop == timeline.frame_count and cue.stop - cue.start >= frames_to_read(cue.text, timeline.plan.fps)
    assert all(other.stop <= cue.start for other in timeline.plan.cues if other is not cue)
    assert timeline.frame(cue.stop - 5).caption == cue.text


def test_captions_at_cycles_that_do_not_come_are_left_out() -> None:
    captions = [{"at": "cycle:10", "text": "ten"}, {"at": "cycle:300", "text": "late"}, {"at": "end", "text": "end"}]
    with pytest.warns(NetvizWarning) as told:
        plan = finished(diverging(captions=captions)).plan
    assert [cue.text for cue in plan.cues] == ["ten"]
    lines = [str(each.message) for each in told]
    assert "captions at cycle 300 are left out: the run ends before" in lines
    assert "the caption 'end' is left out: there the film says that the run diverged" in lines


def test_strength_is_seen_before_the_weights_explode() -> None:
    """On the scale of weights of 1e150 no synapse before them would be seen."""
    film = finished(diverging()).film
    recording, scene = film.recordings[0], film.scene
    first, largest = (max(np.abs(layer[at]).max() for layer in recording.weights) for at in (0, -1))
    scale = LevelScale.of(recording, scene).weight
    assert largest > 1e50 and first <= scale <= 30 * first


def test_a_run_that_diverges_before_it_has_learned_is_no_film() -> None:
    scene = diverging(training={"cycles": 2000, "learning_rate": 1e200})
    with pytest.raises(TrainingDiverged, match="in cycle 1"):
        netviz.still(scene, "end")


def test_the_classic_style_says_so_in_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = finished(diverging(style="classic")).timeline
    written = []
    monkeypatch.setattr(ClassicHeaderPanel, "_write", lambda self, text, *rest: written.append(text))
    draw_picture(timeline, 99)
    assert written[:2] == [f"Iteration #{LAST}", f"Diverged in cycle {LOST}"]
