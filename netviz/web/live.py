"""Live view of a run in training: its newest moment in a notebook's cell, drawn by a process of its own.

A thread looks at the recorder twice a second, copies the newest kept moment if there is one, and waits for its picture
while training goes on. The loop itself does nothing for it, and never waits.
"""

from __future__ import annotations

import os
import threading
import warnings
import weakref
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import IO, Any, Protocol, Self, runtime_checkable

import numpy as np

from netviz.errors import InputError, NetvizError, NetvizWarning, Problem
from netviz.pipeline.looks import read_filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.pipeline.processes import WorkerProcess, receive, send, serve
from netviz.recording.given_moment import ERROR_CURVE, STEP
from netviz.recording.recorder import NewestMoment
from netviz.recording.recording import Recording
from netviz.scene.look_file import LookKeys, LookSource, read_look
from netviz.scene.output import Output, size_within
from netviz.scene.overrides import Override
from netviz.timeline.plan import SHOWING, Plan
from netviz.web.notebook import Bundle, CellOutput, data_uri, is_in_notebook, picture_html, status_bundle

PERIOD = 0.5
"""Least seconds from one picture to the next."""
PIXELS = 640 * 360
LONGEST_END = 20.0
"""Most seconds that `stop` waits for the last picture."""
LOOKS = (
    *("title", "subtitle", "network", "style", "theme", "palette", "panels", "words", "font", "figures_font", "output"),
)
"""Keys of a look that a single picture has a use for."""
ANSWERED = 0.75
"""Part of the last example's presentation at which its answer stands beside the target, and those of all others too."""
NICENESS = 10
"""Niceness of the drawing process: it stands back behind training where both want the same processor."""


@runtime_checkable
class Live(Protocol):
    """Source of a live picture: a Recorder, what `netviz.watch` returns, or the callback of a trainer."""

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps kept so far, increasing."""

    def newest(self) -> NewestMoment:
        """The moment kept last; another thread may ask for it."""


def live(recorder: Live, *, look: LookSource | None = None) -> LiveView:
    """Show the newest moment of a run in a notebook's cell, while it is trained.

        with netviz.live(recorder):
            for step in range(1, 3001):
                ...  # training, with recorder.snap(loss) as ever

    Or `view = netviz.live(recorder)` before the loop, and `view.stop()` after it. At most twice a second the moment
    that was kept last is drawn, in a process of its own, and takes the place of the picture before; training goes on
    meanwhile, and ends with the same weights to the last bit. The view ends by itself with the recorder or the kernel.

    recorder: a Recorder, what `netviz.watch` returns, or a FilmCallback of Lightning or Keras. look: as in `render`;
    what it says of time, sound and words is for films. The picture has the shape that it says, and no more pixels than
    640x360. Raises InputError if this is no notebook, or something is wrong with what is given.
    """
    keys = read_look(look)
    problems = [*keys.problems]
    if not isinstance(recorder, Live):
        message = f"expected a Recorder, what netviz.watch returns or a FilmCallback, got {type(recorder).__name__}"
        problems.append(Problem("recorder", message))
    if not is_in_notebook():
        message = "shows a run in a notebook's cell (Jupyter, Colab, VS Code), and this is none; leave the call out"
        problems.append(Problem("netviz.live", message))
    if problems:
        raise InputError(problems)
    for note in keys.notes:
        warnings.warn(note, NetvizWarning, stacklevel=2)
    earlier = _VIEWS.pop(recorder, None)
    if earlier is not None:  # of the same cell, run once more
        earlier.end()
    shown = {key: each.value for key, each in keys.overrides.items() if key.partition(".")[0] in LOOKS}
    view = _VIEWS[recorder] = LiveView(recorder, shown)
    return view


class LiveView:
    """The picture of a run in training. It is shown from the start, and ends with `stop`, or its `with` block."""

    def __init__(self, recorder: Live, look: Mapping[str, Any]) -> None:
        """Begin. look: values by dotted key."""
        self._recorder = weakref.ref(recorder)
        self._look = look
        self._over = threading.Event()
        self._step = -1
        self._picture: LivePicture | None = None
        self._bundle = status_bundle("live: waiting for two steps that are kept")
        self._output = CellOutput(self._bundle)
        self._cell = _cell()
        self._worker = WorkerProcess(START)
        self._thread = threading.Thread(target=self._run, name="netviz live", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Draw what was kept last, and end. A few seconds may pass until that picture is there."""
        self.end()
        self._thread.join(LONGEST_END)
        self._worker.ask_to_go()  # of one that took too long

    def end(self) -> None:
        """The same without waiting."""
        self._over.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "live" if self._thread.is_alive() else "ended"
        return f"<netviz.live: {'no picture yet' if self._picture is None else self._picture.moment}, {state}>"

    def _ipython_display_(self) -> None:
        """Show the picture in another cell too; in its own it is there already."""
        if _cell() != self._cell:
            self._output.show_again(self._bundle)

    def _run(self) -> None:
        why = ""
        try:
            self._worker.send(self._look)
            while True:
                is_last = self._over.is_set()  # asked first, so that the last look sees all that was kept
                recorder = self._recorder()
                if recorder is None:
                    break
                moment = self._newer(recorder)
                del recorder  # it may go at any time
                if moment is not None:
                    self._draw(moment)
                if is_last:
                    break
                self._over.wait(PERIOD)
        except NetvizError as failure:
            why = f"the picture is not drawn any more: {failure}; training goes on"
        except Exception as failure:  # whatever it is, training must go on
            why = f"the picture is not drawn any more: {type(failure).__name__}: {failure}; training goes on"
        finally:
            self._worker.ask_to_go()
            self._worker.end()
        self._show(why or ("fewer than two steps were kept" if self._picture is None else self._picture.moment))

    def _newer(self, recorder: Live) -> NewestMoment | None:
        """The newest moment, if it is another than the one that is shown."""
        steps = recorder.steps
        if len(steps) < 2 or steps[-1] == self._step:
            return None
        moment = recorder.newest()
        self._step = int(moment.curve_step[-1])
        return moment

    def _draw(self, moment: NewestMoment) -> None:
        self._worker.send(moment)
        kind, what = self._worker.receive()
        if kind == "failed":
            raise NetvizError(what)
        self._picture = what
        self._show(f"live: {self._picture.moment}")

    def _show(self, line: str) -> None:
        self._bundle = status_bundle(line) if self._picture is None else self._picture.bundle(line)
        self._output.show(self._bundle)


_VIEWS: weakref.WeakKeyDictionary[Live, LiveView] = weakref.WeakKeyDictionary()
"""The latest view of each recorder."""


def _cell() -> Any:
    """The number of the cell that is running."""
    from IPython import get_ipython

    return getattr(get_ipython(), "execution_count", None)


@dataclass(frozen=True)
class LivePicture:
    """A drawn moment. jpeg: the file. moment: its step, in words."""

    jpeg: bytes
    size: tuple[int, int]
    moment: str

    def bundle(self, line: str) -> Bundle:
        """The picture with a line under it."""
        alt = f"The network in training: {self.moment}"
        return {
            "text/html": picture_html(data_uri("image/jpeg", self.jpeg), self.size, alt, line),
            "image/jpeg": b64encode(self.jpeg).decode(),
            "text/plain": line,
        }


# Program of the drawing process: first it is told the look, then moments, and answers each with ("drawn", LivePicture)
# or ("failed", words).

START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from netviz.web.live import serve_pictures; serve_pictures()"
)


def serve_pictures() -> None:
    """Draw moments until standard input ends, or we are told to go."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    warnings.simplefilter("ignore", NetvizWarning)
    serve(_serve)


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    from threadpoolctl import threadpool_limits

    import_module("netviz.drawing.renderer")  # takes its time to load: now, while there is nothing to be drawn
    look, errors = receive(requests), dict[int, float]()
    with threadpool_limits(1):  # training needs the cores
        while True:
            moment = receive(requests)
            try:
                send(answers, ("drawn", drawn(moment, look, errors)))
            except NetvizError as failure:
                send(answers, ("failed", " ".join(str(failure).split())))


def drawn(newest: NewestMoment, look: Mapping[str, Any], errors: dict[int, float]) -> LivePicture:
    """The picture of a moment: the last probe's way through the network, or all points of a plane.

    look: values by dotted key. errors: the probes' error in each moment drawn before, to which this one's is added.
    """
    from netviz.drawing.renderer import draw_picture
    from netviz.web.preview_frames import jpeg

    overrides = {key: Override(value, "look") for key, value in look.items()}
    recording = with_all_curves(newest, errors)
    film, result = read_filmed(recording, LookKeys({**overrides, "story": Override(None, "look")}))
    if film is None:
        raise InputError(result.problems)
    output = Output(size=size_within(film.scene.output.size, PIXELS))
    film = replace(film, scene=film.scene.model_copy(update={"output": output}))
    prepared = prepare(film)
    prepared.refuse()
    timeline = finish(prepared, film.recorded).timeline
    frame, step = newest_frame(timeline.plan)
    picture = draw_picture(timeline, frame)
    return LivePicture(jpeg(np.ascontiguousarray(picture)), output.size, f"{recording.unit} {step:,}")


def newest_frame(plan: Plan) -> tuple[int, int]:
    """The frame that shows the newest step whole: of several examples the last with its answer; and that step."""
    last = [span for span in plan.spans if span.kind in SHOWING][-1]
    if last.kind == "sweep":  # on its way there until it ends
        return last.stop - 1, last.cycle
    return last.start + int(ANSWERED * (last.stop - last.start)), last.cycle


def with_all_curves(newest: NewestMoment, errors: dict[int, float]) -> Recording:
    """The recording of the first and the newest moment, with curves of all moments that were kept.

    Where no loss is given, the film follows the error of the probes, which is worked out from the weights: that is
    known of the moments that were drawn. errors: those known so far; the ones of these two moments are added.
    """
    recording = newest.recording()
    steps, curves = newest.curve_step, newest.curves
    if ERROR_CURVE in recording.curves and "loss" not in curves:
        errors.update(zip(newest.moments[STEP].tolist(), recording.curves[ERROR_CURVE].tolist(), strict=True))
        known = np.isin(steps, [*errors])
        steps = steps[known]
        curves = {ERROR_CURVE: np.array([errors[step] for step in steps.tolist()])} | {
            name: values[known] for name, values in curves.items()
        }
    return replace(recording, curve_step=steps, curves=curves)
