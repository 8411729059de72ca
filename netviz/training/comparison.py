"""Comparison of runs: all runs of one scene trained, and what keeps them from being shown side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from netviz.errors import InputError, NetvizError, Problem
from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording
from netviz.scene.overrides import run_scenes
from netviz.scene.scene import Scene
from netviz.training.data import examples_of
from netviz.training.divergence import TrainingDiverged
from netviz.training.setup import look_of, setup_of
from netviz.training.training_recorder import LARGEST_RECORDING, refuse_too_large, size_of_recording


def compare_runs(scene: Scene, train: Callable[[Scene, str], Recording]) -> Comparison:
    """Train all runs of a scene. train: called with each run's scene and name.

    A run that diverges is recorded up to there. Raises NetvizError, naming the runs, if all of them diverge, or if one
    has nothing to be shown.
    """
    recordings: list[Recording] = []
    diverged: list[int | None] = []
    failures: list[str] = []
    for run, of in zip(scene.compare or (), run_scenes(scene), strict=True):
        try:
            recordings.append(train(of, run.label))
            diverged.append(None)
        except TrainingDiverged as failure:
            failures.append(f"{run.label}: {failure}")
            if failure.recording is None:
                raise NetvizError(failures[-1]) from None
            recordings.append(failure.recording)
            diverged.append(failure.cycle)
    if None not in diverged:
        raise NetvizError("; ".join(["all runs diverged, so there is nothing to compare", *failures]))
    runs = scene.compare or ()
    setup = setup_of(scene) | {"compare": [run.model_dump(mode="json") for run in runs]}
    return Comparison(tuple(recordings), tuple(run.label for run in runs), tuple(diverged), setup, look_of(scene))


def comparison_problems(scene: Scene) -> list[Problem]:
    """Problems that keep the runs from being recorded together, or from being shown with one table of examples."""
    try:
        scenes = run_scenes(scene)
    except InputError as wrong:
        return list(wrong.problems)
    problems = []
    for index, of in enumerate(scenes):
        try:
            refuse_too_large(of)
        except InputError as wrong:
            problems += [replace(each, where=f"compare[{index}]: {each.where}") for each in wrong.problems]
    size = sum(map(size_of_recording, scenes))
    if not problems and size > LARGEST_RECORDING:
        message = (
            f"the recordings of {len(scenes)} runs have up to {size / 1e9:,.1f} GB together, and "
            f"{LARGEST_RECORDING / 1e9:g} GB is the limit; compare fewer runs, or show fewer cycles (schedule)"
        )
        problems.append(Problem("compare", message))
    if not problems and any(panel.panel == "table" for panel in scene.shown_panels):
        first, *others = (examples_of(of) for of in scenes)
        for index, other in enumerate(others, start=1):
            same = all(np.array_equal(getattr(first, name), getattr(other, name)) for name in ("given", "targets"))
            if not same:
                message = (
                    "this run learns from other examples than the first (the seed also chooses which are kept for "
                    "testing), so one table cannot show them; list panels without table, or give the same seed"
                )
                problems.append(Problem(f"compare[{index}]", message))
    return problems
