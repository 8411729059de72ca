"""Network x data x schedule -> Recording."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from netviz.learn.divergence import TrainingDiverged
from netviz.learn.engine import engine_for, most_threads, reference_seconds
from netviz.learn.initial import initial_parameters
from netviz.learn.lesson import Lesson, Parameters, State, lesson_of
from netviz.learn.recorder import Recorder, refuse_too_large
from netviz.learn.recording import Recording
from netviz.learn.reference import run_reference
from netviz.scene.spec import Scene

Progress = Callable[[int, int], None]

__all__ = ["TrainingDiverged", "record"]

_SECONDS_BETWEEN_REPORTS = 0.05


def record(scene: Scene, *, progress: Progress | None = None) -> Recording:
    """Train the scene's network, and keep the moments its schedule wants.

    progress: called with (cycles done, cycles in all) some twenty times a second, and at the end.
    Raises InputError, before training, if the recording would be larger than 2 GB; TrainingDiverged, with the recording
    up to there, if the numbers run away.
    """
    refuse_too_large(scene)
    lesson = lesson_of(scene)
    recorder = Recorder(scene, lesson)
    try:
        # Numbers that run away are found by looking for them.
        with np.errstate(all="ignore"), threadpool_limits(most_threads(lesson)):
            _train(lesson, recorder, initial_parameters(scene), _Reporter(progress, scene.training.cycles))
    except TrainingDiverged as diverged:
        diverged.recording = recorder.recording()
        raise
    recording = recorder.recording()
    assert recording is not None, "training ends with a kept moment"
    return recording


def _train(lesson: Lesson, recorder: Recorder, parameters: Parameters, reporter: _Reporter) -> None:
    """Shown cycles step by step, in NumPy; the cycles between them by the engine that suits them."""
    recorder.start(parameters)
    engine = engine_for(recorder.scene, lesson)
    state, done = State(parameters), 0
    for kept in recorder.kept[1:]:
        shown = kept in recorder.shown
        last = kept - 1 if shown else kept
        while done < last:
            count = min(engine.cycles_at_once, last - done, recorder.curve.most_at_once(done))
            chunk = engine.run(state, count, done + 1)
            state = chunk.state
            recorder.curve.keep(done, chunk)
            done += count
            reporter.report(done, count / engine.cycles_at_once)
        if shown:
            chunk = run_reference(lesson, state, 1, watched_from=kept, keep=partial(recorder.keep_step, kept))
            state = chunk.state
            recorder.curve.keep(done, chunk)
            done = kept
            reporter.report(done, reference_seconds(lesson) / _SECONDS_BETWEEN_REPORTS)
        recorder.keep_rest(kept, state.parameters)


class _Reporter:
    """Passes progress on, but only when about a twentieth of a second of work has been done since."""

    def __init__(self, progress: Progress | None, cycles: int) -> None:
        self._progress, self._cycles = progress, cycles
        self._work = 0.0

    def report(self, done: int, work: float) -> None:
        """done: cycles; work: since the last report, in parts of what lies between two that are passed on."""
        self._work += work
        if self._progress is not None and (self._work >= 1.0 or done == self._cycles):
            self._progress(done, self._cycles)
            self._work = 0.0
