"""PyTorch: a recorder for any module in whatever loop, which changes nothing of the training."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netviz.errors import InputError, NetvizNote, warn_caller
from netviz.integrations.pytorch_given import (
    rank,
    read_examples,
    read_inputs,
    read_targets,
    refuse_unreadable,
    shape_of_inputs,
    unwrapped,
)
from netviz.integrations.pytorch_losses import loss_function
from netviz.integrations.pytorch_model import WatchedModel, as_numbers, traced
from netviz.integrations.pytorch_moment import Moment, Reader, plain_array_of
from netviz.integrations.pytorch_trace import refusal
from netviz.integrations.watch import Watcher
from netviz.recording.recorder import NewestMoment, Recorder
from netviz.recording.recording import AnyArray, Recording

_UNITS_OF_MANY_STEPS = ("epoch", "cycle")
"""Units in which the first loss is of more than the first update."""
_ARGUMENTS = {"probes": "X", "targets": "y", "layers": "model"}
"""Names here of the arguments of a Recorder."""


def watch(
    model: nn.Module,
    X: Any,
    y: Any,
    *,
    loss: Any,
    classes: Sequence[str],
    names: Sequence[str],
    points: Any,
    point_targets: Any,
    unit: str,
    budget: str | float,
) -> Watcher:
    """A recorder of a model, see `netviz.watch`."""
    if number := rank():
        return IdleWatcher(number)
    model = unwrapped(model)
    refuse_unreadable(model)
    of_loss = loss_function(loss)
    inputs, found = traced(model, read_inputs(X, model))
    seen = WatchedModel(model, inputs, found, read_targets("y", y), of_loss)
    shown = plain_array_of(as_numbers(inputs.shown).reshape(len(inputs.shown), -1))
    others = None if points is None else plain_array_of(as_numbers(read_examples("points", points, model)).flatten(1))
    of_others = read_targets("point_targets", point_targets)

    def recorder() -> tuple[Recorder, list[str]]:
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                made = Recorder(
                    seen.network.as_recorded(shape_of_inputs(inputs.shown), seen.outputs, seen.shown),
                    None,
                    shown,
                    seen.targets,
                    loss=seen.loss,
                    classes=seen.chosen_of(classes),
                    names=names,
                    points=others,
                    point_targets=of_others,
                    unit=unit,
                    budget=budget,
                )
            return made, [_in_own_words(str(each.message)) for each in caught]
        except InputError as wrong:
            problems = [replace(each, where=_ARGUMENTS.get(each.where, each.where)) for each in wrong.problems]
            raise InputError(problems) from None

    made, of_recorder = recorder()
    reader = Reader(model, seen.network, found.modules, seen.probe_pass())
    watcher = ModelWatcher(reader, unit, made, lambda: recorder()[0])
    for note in (*(f"model: {note}" for note in seen.notes), *of_recorder):
        warn_caller(NetvizNote(note))
    return watcher


def _in_own_words(note: str) -> str:
    """A Recorder's problems, under the names that its arguments have here."""
    for name, own in _ARGUMENTS.items():
        note = note.replace(f"{name}: ", f"{own}: ").replace(f" (Recorder.{name})", "")
    return note


class ModelWatcher:
    """Recorder of a model's parameters, which it reads by itself, but only in moments that are kept."""

    __slots__ = ("__weakref__", "_make", "_reader", "_recorder", "_start", "_step", "_unit")

    def __init__(self, reader: Reader, unit: str, recorder: Recorder, make: Callable[[], Recorder]) -> None:
        """A recorder of the model as it is now, which is step 0.

        unit: what a step is. recorder: of its network, which has kept nothing; make: gives another one. Raises
        InputError if such a moment cannot be kept: the budget may have no room for it.
        """
        self._reader = reader
        self._unit = unit
        self._make = make
        self._recorder = recorder
        self._step = 0
        self._start: Moment | None = reader.start()  # step 0, until it is known what is recorded
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what there is to say of step 0 is said when it is kept
            self._make().snap(step=0, **vars(self._start))

    @property
    def probes(self) -> AnyArray:
        """(P, n_0), the probes that are recorded: of more than 64 evenly spaced ones."""
        return self._recorder.probes

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps kept so far, increasing."""
        return self._recorder.steps if self._start is None else (0,)

    def wants(self, step: int) -> bool:
        """True if a snap of this step, which has to come after all before it, would be kept without `keep`."""
        return self._recorder.wants(step)

    def snap(self, loss: Any = None, *, step: int | None = None, keep: bool = False, **curves: Any) -> None:
        """Offer the model as it is now; it is kept if it is due, and otherwise nothing of it is read.

        loss: its value, a number or a tensor. step: number of the moment; one more than that of the snap before, if not
        given, from 1 on. keep: keep this moment in any case, as the last of training ought to be. curves: further
        values by name, such as test_loss=0.3, accuracy=0.9; what the first snap has, each has to have. Raises
        InputError, and keeps nothing of the moment, if something is wrong.
        """
        if step is None:
            step = self._step + 1
        if not keep and self._recorder.skips(step):
            self._step = step
            return
        self._reader.refuse_changed()
        if self._start is not None:
            self._begin(loss, step, curves)
        moment = self._reader.read(step)
        if not self._recorder.steps:
            moment = moment.without_updates()
        self._recorder.snap(loss, step=step, **vars(moment), keep=keep, **curves)
        self._reader.keep(step)
        self._step = step

    def begin(self, loss: Any, step: int) -> None:
        """Keep the model as it was when it was first seen, as this step, with this loss; no snap may come before."""
        assert self._start is not None
        self._recorder.snap(loss, step=step, **vars(self._start))
        self._reader.starts_at(step)
        self._start, self._step = None, step

    def recording(self) -> Recording:
        """The recording of all that is kept so far; it stays as it is while training goes on."""
        recorder = self._recorder
        if self._start is not None:
            recorder = self._make()
            recorder.snap(step=0, **vars(self._start))
        found = recorder.recording()
        versions = {**found.info["versions"], "torch": str(torch.__version__)}
        return replace(found, info={**found.info, "recorder": "netviz.watch", "versions": versions})

    def newest(self) -> NewestMoment:
        """The moment kept last, as `Recorder.newest` gives it; step 0 counts from the first snap on."""
        return self._recorder.newest()

    def save(self, path: str | Path) -> None:
        """Write what has been kept so far, as `Recording.save` does."""
        self.recording().save(path)

    def _begin(self, loss: Any, step: int, curves: dict[str, Any]) -> None:
        """Keep step 0, now that it is known which curves there are, unless this moment is it."""
        start = self._start
        assert start is not None
        # A loop works out the loss of its first step before the first update: it is that of step 0 as well.
        is_of_start = step == 1 and self._unit not in _UNITS_OF_MANY_STEPS
        unknown = [*([] if loss is None or is_of_start else ["loss"]), *curves]
        if step != 0 and unknown:
            given = ", ".join((*([] if loss is None else ["loss"]), "step=0", *(f"{name}=..." for name in curves)))
            message = (
                f"step 0 is left out, as it has no value of {', '.join(unknown)}; "
                f"call snap({given}) before training, and the film begins there"
            )
            warn_caller(NetvizNote(message))
        elif step != 0:
            self._recorder.snap(loss, step=0, **vars(start))
        self._start = None


class IdleWatcher:
    """Recorder of a process that is not the first of those that train a model together: it records nothing."""

    steps: tuple[int, ...] = ()

    def __init__(self, rank: int) -> None:
        self._rank = rank

    def wants(self, step: int) -> bool:
        """False: the first process records."""
        return False

    def snap(self, loss: Any = None, *, step: int | None = None, keep: bool = False, **curves: Any) -> None:
        """Nothing: the first process records."""

    def recording(self) -> Recording:
        """Raises InputError."""
        raise self._nothing()

    def newest(self) -> NewestMoment:
        """Raises InputError."""
        raise self._nothing()

    def save(self, path: str | Path) -> None:
        """Raises InputError."""
        raise self._nothing()

    def _nothing(self) -> InputError:
        message = f"the process of rank {self._rank} records nothing; ask the one of rank 0 for the recording"
        return refusal("watch", message)
