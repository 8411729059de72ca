"""PyTorch: a recorder for networks of dense layers in whatever loop, which changes nothing of the training."""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from netviz.errors import InputError, NetvizNote, Problem
from netviz.integrations.pytorch_chain import ADVICE, Chain, plain_array, refusal, trace
from netviz.integrations.pytorch_losses import loss_function, meaning
from netviz.integrations.watch import Watcher
from netviz.recording.recorder import Recorder
from netviz.recording.recording import AnyArray, Recording

_TRACED = 64
"""Most examples that are put through the model to find its layers."""
_UNITS_OF_MANY_STEPS = ("epoch", "cycle")
"""Units in which the first loss is of more than the first update."""
_ARGUMENTS = {"probes": "X", "targets": "y"}
"""Names here of the arguments of a Recorder."""


def watch(
    model: nn.Module,
    X: Any,
    y: Any,
    *,
    loss: Any,
    classes: Sequence[str],
    names: Sequence[str],
    unit: str,
    budget: str | float,
) -> Watcher:
    """A recorder of a model, see `netviz.watch`."""
    rank = _rank()
    if rank:
        return IdleWatcher(rank)
    model = _unwrapped(model)
    _refuse_unreadable(model)
    of_loss = loss_function(loss)
    probes, targets = _examples(X, model), _targets(y)
    with guarded(model):
        chain = trace(model, probes[:_TRACED].clone())
    activation, known_loss, notes = meaning(chain.layers[-1].activation, chain.sizes[-1], of_loss, targets)
    if chain.dropouts:
        notes.append(f"dropout is off in what the film shows: {'; '.join(chain.dropouts)}")
    if chain.unused:
        notes.append(f"the outputs do not come from {', '.join(chain.unused)}, so the film does not show them")

    def recorder() -> tuple[Recorder, list[str]]:
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                found = Recorder(
                    chain.sizes,
                    [*(layer.activation for layer in chain.layers[:-1]), activation],
                    plain_array_of(probes.reshape(len(probes), -1)),
                    targets,
                    loss=known_loss,
                    classes=classes,
                    names=names,
                    unit=unit,
                    budget=budget,
                )
            return found, [_in_own_words(str(each.message)) for each in caught]
        except InputError as wrong:
            problems = [Problem(_ARGUMENTS.get(each.where, each.where), each.message) for each in wrong.problems]
            raise InputError(problems) from None

    found, of_recorder = recorder()
    for note in (*(f"model: {note}" for note in notes), *of_recorder):
        warnings.warn(NetvizNote(note), stacklevel=3)
    return ModelWatcher(model, chain, unit, found, lambda: recorder()[0])


def _in_own_words(note: str) -> str:
    """A Recorder's problems, under the names that its arguments have here."""
    for name, own in _ARGUMENTS.items():
        note = note.replace(f"{name}: ", f"{own}: ").replace(f" (Recorder.{name})", "")
    return note


class ModelWatcher:
    """Recorder of a model's parameters, which it reads by itself, but only in moments that are kept."""

    __slots__ = ("_biases", "_make", "_recorder", "_start", "_step", "_unit", "_weights")

    def __init__(
        self, model: nn.Module, chain: Chain, unit: str, recorder: Recorder, make: Callable[[], Recorder]
    ) -> None:
        """A recorder of the model as it is now, which is step 0.

        unit: what a step is. recorder: of its network, which has kept nothing; make: gives another one.
        """
        self._weights = _Parameters(model, [layer.weights for layer in chain.layers], transposed=True)
        self._biases = _Parameters(model, [layer.biases for layer in chain.layers])
        self._unit = unit
        self._make = make
        self._recorder = recorder
        self._step = 0
        self._start: _Moment | None = _Moment(self._weights, self._biases)  # step 0, until it is known what is recorded

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
        if self._start is not None:
            self._begin(loss, step, curves)
        self._recorder.snap(loss, step=step, weights=self._weights, biases=self._biases, keep=keep, **curves)
        self._step = step

    def recording(self) -> Recording:
        """The recording of all that is kept so far; it stays as it is while training goes on."""
        recorder = self._recorder
        if self._start is not None:
            recorder = self._make()
            recorder.snap(step=0, weights=self._start.weights, biases=self._start.biases)
        found = recorder.recording()
        versions = {**found.info["versions"], "torch": str(torch.__version__)}
        return replace(found, info={**found.info, "recorder": "netviz.watch", "versions": versions})

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
            warnings.warn(NetvizNote(message), stacklevel=3)
        elif step != 0:
            self._recorder.snap(loss, step=0, weights=start.weights, biases=start.biases)
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
        message = f"the process of rank {self._rank} records nothing; ask the one of rank 0 for the recording"
        raise refusal("watch", message)

    def save(self, path: str | Path) -> None:
        """Raises InputError."""
        self.recording()


class _Moment:
    """Copies of a model's parameters."""

    def __init__(self, weights: _Parameters, biases: _Parameters) -> None:
        self.weights = [_copied(each) for each in weights]
        self.biases = [_copied(each) for each in biases]


class _Parameters(Sequence[Any]):
    """A model's parameters of each layer, read when they are asked for; None for a layer that has none."""

    __slots__ = ("_model", "_names", "_shapes", "_transposed")

    def __init__(self, model: nn.Module, names: Sequence[str | None], transposed: bool = False) -> None:
        self._model, self._names, self._transposed = model, names, transposed
        self._shapes = [None if name is None else model.get_parameter(name).shape for name in names]

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, layer: Any) -> Any:
        name = self._names[layer]
        if name is None:
            return None
        try:
            parameter = self._model.get_parameter(name)
        except AttributeError:
            message = "is a parameter of the model no more, as it was when netviz.watch saw it; watch the changed model"
            raise refusal(name, message) from None
        if parameter.shape != self._shapes[layer]:
            was, now = tuple(self._shapes[layer] or ()), tuple(parameter.shape)
            message = f"has the shape {now}, and had {was} when netviz.watch saw it; watch the changed model"
            raise refusal(name, message)
        if parameter.is_meta:
            raise refusal(name, "is on the meta device, and has no numbers")
        array = plain_array_of(parameter)
        return array.T if self._transposed else array


class _Bfloat16:
    """Array of bfloat16 numbers, as a Recorder reads one: NumPy has no such type."""

    dtype = SimpleNamespace(name="bfloat16")

    def __init__(self, bits: AnyArray) -> None:
        self.bits = bits

    @property
    def T(self) -> _Bfloat16:
        """Transposed."""
        return _Bfloat16(self.bits.T)

    def copy(self) -> _Bfloat16:
        """A copy."""
        return _Bfloat16(self.bits.copy())

    def view(self, _: Any) -> AnyArray:
        """The bits, in uint16."""
        return self.bits


def plain_array_of(tensor: Tensor) -> Any:
    """A tensor's numbers as a Recorder reads them, not copied where they are on the CPU."""
    array = plain_array(tensor)
    return _Bfloat16(array) if tensor.dtype == torch.bfloat16 else array


def _copied(array: Any) -> Any:
    return None if array is None else array.copy()


# What is given.


def _unwrapped(model: nn.Module) -> nn.Module:
    """The model within torch.compile, DataParallel and DistributedDataParallel."""
    while True:
        if "_orig_mod" in model._modules:
            inner = model._modules["_orig_mod"]
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = model.module
        else:
            return model
        assert isinstance(inner, nn.Module)
        model = inner


def _refuse_unreadable(model: nn.Module) -> None:
    """Refuse a model whose parameters are not all there to be read, or whose code is not Python's."""
    for name, module in model.named_modules():
        where, kinds = (name or "it"), {kind.__name__ for kind in type(module).__mro__}
        if isinstance(module, torch.jit.ScriptModule):
            message = "is compiled by TorchScript, whose layers cannot be seen; watch the model before it is compiled"
            raise refusal("model", f"{where} ({type(module).__name__}) {message}")
        if kinds & {"FullyShardedDataParallel", "FSDPModule"}:
            message = "is sharded (FSDP): no process has all of its parameters"
            raise refusal("model", f"{where} ({type(module).__name__}) {message}; {ADVICE}")
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise refusal("model", f"{name} has no shape yet; put one batch through the model before it is watched")
        if "DTensor" in {kind.__name__ for kind in type(parameter.data).__mro__}:
            raise refusal("model", f"{name} is sharded over processes, none of which has it all; {ADVICE}")
        if parameter.is_meta:
            raise refusal("model", f"{name} is on the meta device, and has no numbers; give it some before watching")
    if next(model.parameters(), None) is None:
        raise refusal("model", f"has no parameters, so it learns nothing; {ADVICE}")


def _examples(given: Any, model: nn.Module) -> Tensor:
    """X (P, ...) as a tensor of the model's device and precision."""
    if isinstance(given, torch.utils.data.Dataset | torch.utils.data.DataLoader):
        of = "X.dataset" if isinstance(given, torch.utils.data.DataLoader) else "X"
        message = f"is a {type(given).__name__}; give examples of it: X, y = zip(*({of}[i] for i in range(16)))"
        raise refusal("X", message)
    parameter = next((each for each in model.parameters() if each.is_floating_point()), next(model.parameters()))
    tensor = _tensor("X", given)
    if tensor.ndim == 0 or len(tensor) == 0:
        message = f"has the shape {tuple(tensor.shape)}; expected one example or more, as the model takes them"
        raise refusal("X", message)
    tensor = tensor.to(parameter.device, parameter.dtype)
    if not torch.isfinite(tensor).all():
        raise refusal("X", f"holds numbers that are infinite or not a number, in {parameter.dtype}")
    return tensor


def _targets(given: Any) -> AnyArray | None:
    """y as an array: whole numbers stay whole."""
    if given is None:
        return None
    tensor = _tensor("y", given)
    if tensor.dtype == torch.bool:
        tensor = tensor.to(torch.uint8)
    return plain_array(tensor.float() if tensor.dtype == torch.bfloat16 else tensor)


def _tensor(where: str, given: Any) -> Tensor:
    """A tensor, array or list as a tensor without a gradient. Raises InputError for one that holds no numbers."""
    if given is None:
        raise refusal(where, "none given; a film shows what the model makes of some examples")
    try:
        if isinstance(given, list | tuple) and any(isinstance(each, Tensor) for each in given):
            given = torch.stack([torch.as_tensor(each) for each in given])
        tensor = given if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
    except Exception as error:  # whatever it is that was given
        reason = " ".join(str(error).split()) or type(error).__name__
        raise refusal(where, f"cannot be read as an array of numbers: {reason}") from None
    if tensor.is_complex() or tensor.is_quantized or tensor.is_sparse or tensor.is_meta:
        raise refusal(where, f"holds {tensor.dtype} on {tensor.device}; expected plain numbers")
    return tensor.detach()


def _rank() -> int:
    """The rank of this process among those that train together; 0 for one alone."""
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_initialized():
        return 0
    return distributed.get_rank()


# The guard: a pass within it leaves nothing behind.


@contextmanager
def guarded(model: nn.Module) -> Iterator[None]:
    """A model in evaluation mode, for one pass without gradients that leaves everything as it was.

    Restored are what each module has for attributes, its training flag among them, the numbers in parameters and
    buffers, and the states of random numbers: PyTorch's, NumPy's and Python's. Autocast is off, what was compiled runs
    as it was written, and products are of full precision. No inference mode: tensors that a module keeps from it could
    not be trained with.
    """
    modules = [*model.modules()]
    parts = [part for each in modules for part in (vars(each), each._parameters, each._buffers, each._modules)]
    before = [dict(part) for part in parts]
    numbers = [(each, each.detach().clone()) for each in (*model.parameters(), *model.buffers())]
    device = next(model.parameters()).device
    of_numpy, of_python = np.random.get_state(), random.getstate()
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=_cuda_devices(model)))
        if device.type == "mps":
            stack.callback(torch.mps.set_rng_state, torch.mps.get_rng_state())
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.autocast(device.type, enabled=False, cache_enabled=False))
        if device.type != "cpu":
            stack.enter_context(torch.autocast("cpu", enabled=False, cache_enabled=False))
        stack.enter_context(_full_precision())
        if "torch._dynamo" in sys.modules:  # otherwise nothing was compiled, and it takes seconds to load
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            for module in modules:
                module.training = False
            yield
        finally:
            for part, was in zip(parts, before, strict=True):
                _restore(part, was)
            for tensor, numbers_before in numbers:
                # What is written to counts as changed when gradients are computed, even if it stays the same.
                if not torch.equal(tensor.nan_to_num(), numbers_before.nan_to_num()):
                    tensor.copy_(numbers_before)
            np.random.set_state(of_numpy)
            random.setstate(of_python)


def _restore(now: dict[str, Any], before: dict[str, Any]) -> None:
    """Give a dictionary of a module back what it had; what is as before is not written to."""
    for name in now.keys() - before.keys():
        del now[name]
    for name, value in before.items():
        if name not in now or now[name] is not value:
            now[name] = value


def _cuda_devices(model: nn.Module) -> list[int]:
    """The CUDA devices that a model is on."""
    return sorted({each.device.index or 0 for each in model.parameters() if each.device.type == "cuda"})


@contextmanager
def _full_precision() -> Iterator[None]:
    """Products of float32 numbers in float32, where the training lets them be rounded more."""
    before = torch.get_float32_matmul_precision()
    if before == "highest":
        yield
        return
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
