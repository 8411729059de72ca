"""Films of runs that diverge: up to the last cycle whose numbers are finite, and as long as they were to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netviz.errors import NetvizWarning, warn_caller
from netviz.pipeline.prepare import Finished, Prepared, finish, shortened
from netviz.recording.comparison import Comparison
from netviz.recording.recording import DIVERGED, DIVERGED_IN, Recording
from netviz.scene.scene import Scene
from netviz.scene.schedule import ending_with
from netviz.training.divergence import TrainingDiverged

MOST_ATTEMPTS = 3
"""Times that a run is trained again up to where it diverged: it is the same run, but for the last bits of numbers."""


def finished_by(prepared: Prepared, train: Callable[[Scene], Recording | Comparison]) -> Finished:
    """The finished film of a prepared scene. train: gives what training the scene leaves.

    If it diverges the film is of the cycles before that, trained again, so that it shows as many of them as it would of
    a whole run; NetvizWarning says so. Raises TrainingDiverged where nothing was learned before.
    """
    given, first = prepared.scene, None
    assert isinstance(given, Scene), "what is to be trained is a scene"
    scene = given
    for _ in range(MOST_ATTEMPTS):
        try:
            recorded = train(scene)
        except TrainingDiverged as diverged:
            if diverged.recording is None or diverged.cycle < 2:
                raise
            first = first or diverged
            scene = ending_with(given, diverged.cycle - 1, diverged.cycle)
            continue
        if first is None:
            return finish(prepared, recorded)
        assert isinstance(recorded, Recording), "of several runs those that diverge are shown beside the others"
        warn_caller(NetvizWarning(f"{first}; the film shows the run up to cycle {scene.training.cycles:,}"))
        info = {**recorded.info, "complete": False, DIVERGED: scene.outline.diverged, DIVERGED_IN: first.where}
        return finish(shortened(prepared, scene), replace(recorded, info=info))
    assert first is not None
    raise first
