"""Recorder: takes a network's parameters out of anybody's training loop, moment by moment, and gives a Recording."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from netviz.errors import InputError, NetvizNote, NetvizWarning, Problem, warn_caller
from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.given_arrays import MomentArrays, wide
from netviz.recording.given_moment import CURVE, ERROR_CURVE, STEP, GivenMoment
from netviz.recording.kept_steps import EARLY_GROWTH, next_due, thinned
from netviz.recording.layers import Floats
from netviz.recording.network import BIASES, WEIGHTS, Network
from netviz.recording.probe_passes import ProbePasses, pass_probes
from netviz.recording.recorder_arguments import ERRORS_OF, OUTPUTS_OF, RecorderArguments, check_arguments, too_small
from netviz.recording.recording import AT_REST, AnyArray, InputRows, Recording, versions

_FIRST_ROOM = 256
"""Moments for which there is room at first; it doubles. Room that nothing was written to takes no memory yet."""
_LARGEST_STEP = 2**62
_AT_ONCE = 1_000_000
"""Most answers whose distances from their targets are in memory at once."""


@runtime_checkable
class Records(Protocol):
    """Whatever records a training run: a Recorder, or what reads a framework's model by itself."""

    def recording(self) -> Recording:
        """The recording of all that is kept so far."""


class Recorder:
    """Recorder of a training run: give it the parameters as they change, and make a film of its recording.

        recorder = netviz.Recorder([2, 8, 1], ["tanh", "sigmoid"], probes=x[:16], targets=y[:16], loss="cross_entropy")
        for step in range(10_000):
            loss, (g1, h1, g2, h2) = loss_and_gradients(x, y, w1, b1, w2, b2)
            recorder.snap(loss, weights=[w1, w2], biases=[b1, b2])
            w1 -= rate * g1
            b1 -= rate * h1
            w2 -= rate * g2
            b2 -= rate * h2
        loss, _ = loss_and_gradients(x, y, w1, b1, w2, b2)
        recorder.snap(loss, weights=[w1, w2], biases=[b1, b2], keep=True)
        netviz.render(recorder, "film.mp4")

    It reads what it is given and copies it; it changes nothing, and draws no random numbers. Not every moment is kept:
    every early step, and from then on one after each 2.5 % of the steps gone by, fewer where the budget asks for it; so
    a run of any length is shown evenly on a logarithmic axis. Numbers keep their precision (float16, float32, float64,
    bfloat16), and all moments have that of the first. Keep the last moment by `keep=True`: what is skipped has not been
    read. Where it costs something to get the arrays out of a framework, ask `wants` first.

    Where numbers are no longer finite, the run has diverged: that moment is the last, which a warning says, and all
    later ones are skipped.
    """

    __slots__ = ("__weakref__", "_arguments", "_diverged", "_due", "_growth", "_last", "_moments", "_offered", "_room")

    def __init__(
        self,
        layers: Sequence[int] | Network,
        activation: str | Sequence[str] | None,
        probes: npt.ArrayLike,
        targets: npt.ArrayLike | None = None,
        *,
        loss: str | None = None,
        unit: str = "step",
        inputs: Sequence[str] = (),
        outputs: Sequence[str] = (),
        names: Sequence[str] = (),
        classes: Sequence[str] = (),
        points: npt.ArrayLike | None = None,
        point_targets: npt.ArrayLike | None = None,
        budget: str | float = "256 MB",
    ) -> None:
        """A recorder of a network of dense layers with so many neurons each, the inputs first.

        layers: their sizes; or a Network, whose layers have their functions already, and perhaps blocks (see
        `netviz.recording.network`): then activation is None, and the loss and the names of neurons may be its own.
        activation: a name, or one for each layer after the inputs. sigmoid, tanh, relu, leaky_relu (slope 0.01), elu
        (alpha 1), gelu (with erf), swish, linear and softmax (at the end only) are worked out from the parameters; of a
        layer with any other the activations have to be given in every `snap`.
        probes: (P, n_0), the examples that the film presents; of more than 64 evenly spaced ones are recorded, and of
        two inputs the others as points, up to 500 in all, unless points are given.
        targets: (P, n_L), or (P,) for one output, or (P,) whole numbers that are the classes of the examples.
        loss: what the network learns by, if it is one of these, so that errors that run back can be worked out.
        squared_error: half the squared distance, summed over the outputs: frameworks leave out the half, and take the
        mean, which makes no difference to the film, as it draws errors relative to each other. cross_entropy: of
        sigmoid or softmax outputs.
        unit: what a step is: step, epoch or another word. inputs, outputs: names of these neurons. names: of the
        probes. classes: names of the classes, one for each output, and of the outputs where these have none.
        points, point_targets: (Q, n_0) and as targets, examples for training which a decision boundary shows besides
        the probes; those that are probes as well count once. budget: the most that the arrays of all kept moments may
        take, as "256 MB" or in bytes; MB: 10^6.

        Raises InputError with all that is wrong.
        """
        self._arguments: RecorderArguments = check_arguments(
            layers,
            activation,
            probes,
            targets,
            loss=loss,
            unit=unit,
            inputs=inputs,
            outputs=outputs,
            names=names,
            classes=classes,
            points=points,
            point_targets=point_targets,
            budget=budget,
        )
        for note in self._arguments.notes:
            warn_caller(NetvizNote(note))
        self._moments: MomentArrays | None = None  # None before the first
        self._room = 0  # moments the budget has room for
        self._growth = EARLY_GROWTH
        self._offered = 0
        self._last = -1  # step that was offered last
        self._due: float = 0  # the step from which on the next moment is kept
        self._diverged = False

    @property
    def probes(self) -> AnyArray:
        """(P, n_0), the probes that are recorded: of more than 64 evenly spaced ones."""
        view = self._arguments.probes.inputs.view()
        view.flags.writeable = False
        return view

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps kept so far, increasing."""
        return () if self._moments is None else tuple(self._moments.as_now()[STEP].tolist())

    def wants(self, step: int) -> bool:
        """True if a snap of this step, which has to come after all before it, would be kept without `keep`."""
        return step >= self._due

    def skips(self, step: int) -> bool:
        """True if this step is not due: then it counts as offered and skipped, and `snap` need not be called."""
        if self._last < step < self._due:
            self._offered += 1
            self._last = step
            return True
        return False

    def snap(
        self,
        loss: Any = None,
        *,
        step: int | None = None,
        weights: Sequence[Any] | None = None,
        biases: Sequence[Any] | None = None,
        activations: Sequence[Any] | None = None,
        errors: Sequence[Any] | None = None,
        block_sizes: Sequence[Any] | None = None,
        block_updates: Sequence[Any] | None = None,
        keep: bool = False,
        **curves: Any,
    ) -> None:
        """Offer a moment of training; it is kept if it is due, and otherwise nothing of it is read.

        loss: its value. step: number of the moment, larger than the one before; the number of moments offered before,
        if not given. weights: L arrays (n_l, n_{l+1}): (fan_in, fan_out); None for a layer that is not dense. biases: L
        arrays (n_{l+1},), or None for a layer without; None: no layer has any. activations: L arrays (P, n_l) of the
        layers after the inputs, what they give for `probes` with these parameters; None for a layer whose activations
        follow from the parameters, which are worked out. errors: L arrays (P, n_l), dLoss/d(weighted sums) of each
        probe, of a layer that has no such sums dLoss/d(activations); worked out with a known loss. block_sizes,
        block_updates: of a network with blocks L arrays (B,), None for a layer without: the root mean square of each
        block's weights, and of their change since the moment kept before, for each step gone by.
        curves: further values of this moment by name, such as test_loss=0.3, accuracy=0.9. keep: keep this moment in
        any case, as the last of training ought to be; over the budget it is thinned like the others, but never while it
        is the newest.

        What is given of the first kept moment has to be given of each, in the same precision. Raises InputError, and
        keeps nothing of the moment, if something is wrong.
        """
        if step is None:
            step = self._offered
        try:
            is_skipped = self._last < step < self._due and not keep
        except (TypeError, ValueError):  # it is no number at all, which is refused below
            is_skipped = False
        if is_skipped:
            self._offered += 1
            self._last = step
            return
        self._take(step, loss, (weights, biases, activations, errors, block_sizes, block_updates), curves)
        self._offered += 1
        self._last = step

    def recording(self) -> Recording:
        """The recording of all that is kept so far; it stays as it is while training goes on.

        Each kept moment has a row for each probe, in order, and one at rest. Another thread may ask for it while the
        loop goes on. Raises InputError if nothing was kept.
        """
        return _recording(self._arguments, self._kept(), self._info)

    def newest(self) -> NewestMoment:
        """The moment kept last beside the first one: copied, for whoever draws it while the loop goes on.

        Of a run that has diverged the one before is there too. Another thread may ask for it. Raises InputError if
        nothing was kept.
        """
        moments = self._kept()
        last = len(moments) - 1
        shown = sorted({0, max(0, last - 1), last} if self._diverged else {0, last})
        given = {str(key[1]): moments[key].copy() for key in moments.keys if key[0] == CURVE}
        return NewestMoment(self._arguments, moments.copied(shown), moments[STEP].copy(), given, self._info)

    @property
    def _info(self) -> dict[str, Any]:
        return {
            "recorder": "netviz.Recorder",
            "versions": versions(),
            "complete": not self._diverged,
            "offered": self._offered,
        }

    def _kept(self) -> MomentArrays:
        """The kept moments as they are now, one or more."""
        moments = None if self._moments is None else self._moments.as_now()
        if not moments:
            raise InputError([Problem("recorder", "has recorded nothing yet; call snap in the training loop")])
        return moments

    def save(self, path: str | Path) -> None:
        """Write what has been kept so far, as `Recording.save` does."""
        self.recording().save(path)

    def _take(
        self,
        step: int,
        loss: Any,
        network: tuple[Any, Any, Any, Any, Any, Any],
        curves: dict[str, Any],
    ) -> None:
        """Keep a moment that is due, or wanted in any case, or refuse it.

        network: weights, biases, activations, errors, sizes of blocks and their updates.
        """
        step = self._checked(step)
        if self._diverged:
            return
        given = GivenMoment(self._arguments, step)
        given.read_network(*network)
        given.read_curves(loss, curves)
        if self._moments is not None and not given.problems:
            given.compare(self._moments)
        infinite = None if given.problems else given.infinite()
        if not given.problems and infinite is None:
            given.check_activations()
        if given.problems:
            raise InputError(given.problems)
        moments = self._with_room(given)
        moments.append(given.values)
        self._due = next_due(int(moments[STEP][0]), step, self._growth)
        if infinite is not None:
            self._diverged, self._due = True, math.inf
            message = f"step {step}: training diverged, {infinite} is not finite any more; the recording ends here"
            warn_caller(NetvizWarning(message))

    def _checked(self, step: Any) -> int:
        """The step as a number that comes after the one offered last."""
        try:
            number = operator.index(step)
        except TypeError:
            raise InputError([Problem("step", f"expected a whole number, got {step!r}")]) from None
        if not 0 <= number < _LARGEST_STEP:
            raise InputError([Problem("step", f"expected a whole number from 0 to {_LARGEST_STEP - 1}, got {number}")])
        if number <= self._last:
            message = f"{number} does not come after {self._last}, which was offered before; steps have to increase"
            raise InputError([Problem("step", message)])
        return number

    def _with_room(self, given: GivenMoment) -> MomentArrays:
        """The kept moments with room for one more: some of them are left out where the budget has none."""
        moments = self._moments
        if moments is None:
            size, budget = _bytes_of_moment(self._arguments, given), self._arguments.budget
            if budget < 2 * size:
                raise InputError([too_small(budget, size)])
            self._room = budget // size
            moments = self._moments = MomentArrays(min(_FIRST_ROOM, self._room), given.values)
        elif len(moments) == self._room:
            steps = [*moments[STEP].tolist(), int(given.values[STEP])]
            remaining, self._growth = thinned(steps, self._room, self._growth)
            moments.move(remaining[:-1], self._room)
        elif len(moments) == moments.room:
            moments.move(None, min(2 * moments.room, self._room))
        return moments


@dataclass(frozen=True, eq=False)
class NewestMoment:
    """The newest kept moment of a recorder beside the first one, and the curves of all of them: small, and picklable.

    Nothing is worked out yet: that is for the process which draws it.
    """

    arguments: RecorderArguments
    moments: MomentArrays
    curve_step: AnyArray
    """(K,), the steps of all kept moments."""
    curves: dict[str, Floats]
    """(K,) each, as they were given, the loss first."""
    info: dict[str, Any]

    def recording(self) -> Recording:
        """The recording of these moments: its curves, too, have values of no others."""
        return _recording(self.arguments, self.moments, self.info)


def _recording(arguments: RecorderArguments, moments: MomentArrays, info: dict[str, Any]) -> Recording:
    """The recording of these kept moments, with the rows of the probes worked out."""
    network, after = arguments.network, range(len(arguments.network.layers) - 1)
    passes = pass_probes(
        network,
        [moments[WEIGHTS, layer] if (WEIGHTS, layer) in moments.keys else None for layer in after],
        [moments[BIASES, layer] if (BIASES, layer) in moments.keys else None for layer in after],
        arguments.probes,
        {layer: moments[OUTPUTS_OF, layer] for layer in after if (OUTPUTS_OF, layer) in moments.keys},
        _precision(moments.dtypes),
    )
    kept, rows = len(passes.activations[0]), len(arguments.probes.inputs) + 1
    roles = [{role: moments[role, layer][:kept] for role in _roles(moments, layer)} for layer in after]
    shapes = [{role: array.shape[1:] for role, array in each.items()} for each in roles]
    layers = [replace(layer, parameters=shape) for layer, shape in zip(network.layers[1:], shapes, strict=True)]
    probe = np.tile(np.append(np.arange(rows - 1), AT_REST).astype(np.int32), kept)
    errors = [moments[ERRORS_OF, layer][:kept] for layer in after if (ERRORS_OF, layer) in moments.keys]
    curves = _curves(arguments, moments, passes)
    return Recording(
        network=Network((network.layers[0], *layers), network.loss),
        step=moments[STEP][:kept],
        parameters=({}, *roles),
        probes=arguments.probes,
        moment=np.repeat(np.arange(kept, dtype=np.int32), rows),
        probe=probe,
        activations=(InputRows(arguments.probes.inputs, probe), *map(_in_rows, passes.activations)),
        curve_step=moments[STEP][:kept],
        curves=curves,
        loss=_loss_of_rows(passes.losses, curves),
        errors=tuple(_in_rows(np.pad(each, ((0, 0), (0, 1), (0, 0)))) for each in errors) or None,
        unit=arguments.unit,
        points=arguments.points,
        point_targets=arguments.point_targets,
        info=info | {"complete": info["complete"] and passes.finite},
    )


def _roles(moments: MomentArrays, layer: int) -> list[str]:
    return [role for role in (WEIGHTS, BIASES, BLOCK_SIZES, BLOCK_UPDATES) if (role, layer) in moments.keys]


def _in_rows(array: AnyArray) -> AnyArray:
    """(M, P + 1, n) as rows (R, n)."""
    return array.reshape(-1, array.shape[-1])


def _curves(arguments: RecorderArguments, moments: MomentArrays, passes: ProbePasses) -> dict[str, Floats]:
    """The loss that was given, the probes' error, and other curves in the order in which they were given."""
    outputs = passes.activations[-1][:, :-1]
    kept, at_once = len(outputs), max(1, _AT_ONCE // outputs[0].size)
    curves = {str(key[1]): moments[key][:kept] for key in moments.keys if key[0] == CURVE}
    loss = {"loss": curves.pop("loss")} if "loss" in curves else {}
    if arguments.probes.targets is None:
        return loss | curves
    targets, errors = wide(arguments.probes.targets), np.empty(kept)
    with np.errstate(all="ignore"):  # a network may have diverged
        for start in range(0, kept, at_once):
            now = slice(start, start + at_once)
            errors[now] = np.abs(targets - wide(outputs[now])).mean(axis=(1, 2))
    return loss | {ERROR_CURVE: errors} | curves


def _loss_of_rows(losses: Floats | None, curves: dict[str, Floats]) -> Floats | None:
    """(R,), each probe's own loss, and at rest the curve's, or without one the probes' mean; None if not known."""
    if losses is None:
        return None
    at_rest = curves["loss"] if "loss" in curves else losses.mean(axis=1)
    return np.append(losses, at_rest[:, None], axis=1).ravel()


def _precision(dtypes: dict[Any, np.dtype[Any]]) -> np.dtype[Any]:
    """The precision of activations that are worked out: of the parameters, but at least float32."""
    of_parameters = [dtype for key, dtype in dtypes.items() if key[0] in (WEIGHTS, BIASES) and dtype != np.uint16]
    return np.result_type(np.float32, *of_parameters)


def _bytes_of_moment(arguments: RecorderArguments, given: GivenMoment) -> int:
    """Bytes that a moment takes in a recording: parameters, curves, and the rows of the probes and at rest."""
    network, rows = arguments.network, len(arguments.probes.inputs) + 1
    by_probe = [key for key in given.values if key[0] in (OUTPUTS_OF, ERRORS_OF)]
    size = sum(value.nbytes for key, value in given.values.items() if key not in by_probe)
    size += sum(given.values[key].nbytes // (rows - 1) * rows for key in by_probe)
    precision = _precision({key: value.dtype for key, value in given.values.items()})
    worked_out = [n for layer, n in enumerate(network.sizes[1:]) if (OUTPUTS_OF, layer) not in given.values]
    size += rows * (sum(worked_out) * precision.itemsize + 2 * np.dtype(np.int32).itemsize)
    if arguments.probes.targets is not None:
        size += 8 + (8 * rows if network.has_known_errors else 0)  # curve of the error, losses of the rows
    return size
