"""Comparison: recordings of several runs of one scene, and the cycles in which runs diverged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from netviz.errors import InputError, NetvizError, Problem
from netviz.recording.recording import Recording
from netviz.scene.overrides import run_scenes
from netviz.scene.scene import Scene
from netviz.training.data import examples_of
from netviz.training.divergence import TrainingDiverged
from netviz.training.training_recorder import LARGEST_RECORDING, refuse_too_large, size_of_recording


@dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of a scene that compares several.

    recordings: of every run in order, each with the run's own scene. diverged: for each run the cycle in which its
    training broke off, None where it came to its end; at least one run always comes to its end.
    """

    scene: Scene
    recordings: tuple[Recording, ...]
    diverged: tuple[int | None, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Labels of the runs, which stand above them."""
        return tuple(run.label for run in self.scene.compare or ())

    @property
    def whole(self) -> Recording:
        """The first run whose training came to its end."""
        return next(each for each, cycle in zip(self.recordings, self.diverged, strict=True) if cycle is None)

    def with_scene(self, scene: Scene) -> Comparison:
        """The same runs for a scene that differs only in how its film looks. Raises InputError as a recording does."""
        scenes = run_scenes(scene)
        if len(scenes) != len(self.recordings):
            raise InputError([Problem("compare", f"{len(self.recordings)} runs were trained, not {len(scenes)}")])
        recordings = tuple(each.with_scene(of) for each, of in zip(self.recordings, scenes, strict=True))
        return replace(self, scene=scene, recordings=recordings)


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
    return Comparison(scene, tuple(recordings), tuple(diverged))


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
            problems += [Problem(f"compare[{index}]: {each.where}", each.message) for each in wrong.problems]
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
