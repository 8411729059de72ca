"""A moment of a PyTorch model's training: its parameters as a Recorder takes them, and the sizes of blocks."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from netviz.integrations.pytorch_network import WatchedLayer, WatchedNetwork
from netviz.integrations.pytorch_pass import PassResult, ProbePass
from netviz.integrations.pytorch_trace import changed_module, plain_array, refusal
from netviz.recording.recording import AnyArray


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


def copied(arrays: Sequence[Any]) -> list[Any]:
    """Copies of arrays, None for None."""
    return [None if each is None else each.copy() for each in arrays]


class Parameters(Sequence[Any]):
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
        array = plain_array_of(_read(self._model, name, self._shapes[layer]))
        return array.T if self._transposed else array


def _read(model: nn.Module, name: str, shape: torch.Size | None) -> Tensor:
    """A parameter as it is now. Raises InputError if it is no more what it was."""
    try:
        parameter = _parameter(model, name)
    except AttributeError:
        message = "is a parameter of the model no more, as it was when netviz.watch saw it; watch the changed model"
        raise refusal(name, message) from None
    if parameter.shape != shape:
        was, now = tuple(shape or ()), tuple(parameter.shape)
        message = f"has the shape {now}, and had {was} when netviz.watch saw it; watch the changed model"
        raise refusal(name, message)
    if parameter.is_meta:
        raise refusal(name, "is on the meta device, and has no numbers")
    return parameter.detach()


def _parameter(model: nn.Module, name: str) -> Tensor:
    """The parameter of `get_parameter`, which asks each module on the way for each of its attributes several times."""
    path, _, own = name.rpartition(".")
    module: Any = model
    try:
        for part in path.split(".") if path else ():
            module = vars(module)["_modules"][part]
        found = vars(module)["_parameters"][own]
    except KeyError:
        found = None
    return found if isinstance(found, nn.Parameter) else model.get_parameter(name)


class BlockSizes:
    """Sizes of the parameters of blocks, and of their change since the moment that was kept before."""

    def __init__(self, model: nn.Module, layers: Sequence[WatchedLayer]) -> None:
        """The sizes of a model as it is now, which is step 0."""
        self._model = model
        self._names = [[block.parameters for block in layer.blocks] for layer in layers]
        names = [name for layer in self._names for block in layer for name in block]
        self._shapes = {name: model.get_parameter(name).shape for name in names}
        self._step = 0
        self._before = {name: model.get_parameter(name).detach().clone() for name in names}
        self._now: dict[str, Tensor] = {}  # those that were measured, until it is known whether they are kept

    def measured(self, step: int) -> tuple[list[Any], list[Any]]:
        """Sizes and updates (B,) of each layer with blocks, None for the others: root mean squares, in float32."""
        try:
            steps = max(operator.index(step) - self._step, 1)
        except TypeError:  # it is no number, which a Recorder refuses
            steps = 1
        now = self._now = {name: _read(self._model, name, shape) for name, shape in self._shapes.items()}
        norms = [_norm(each) for each in now.values()]
        changes = [_norm(_wide(each) - _wide(self._before[name])) for name, each in now.items()]
        if not norms:
            found: list[list[float]] = [[], []]
        else:  # one transfer from the model's device
            found = torch.stack([torch.stack(_together(norms)), torch.stack(_together(changes))]).double().tolist()
        of = {name: (size, change / steps) for name, size, change in zip(now, *found, strict=True)}
        return self._by_block(of, 0), self._by_block(of, 1)

    def starts_at(self, step: int) -> None:
        """Call what the model was when it was seen first this step."""
        self._step = step

    def keep(self, step: int) -> None:
        """Keep the parameters measured last: from them the next updates are measured."""
        self._step = step
        for name, now in self._now.items():
            before = self._before[name]
            if before.dtype == now.dtype and before.device == now.device:
                before.copy_(now)
            else:
                self._before[name] = now.clone()
        self._now = {}

    def _by_block(self, of: dict[str, tuple[float, float]], which: int) -> list[Any]:
        result: list[Any] = []
        for blocks in self._names:
            means = [0.0] * len(blocks)
            for index, names in enumerate(blocks):
                count = sum(self._shapes[name].numel() for name in names)
                squares = sum(of[name][which] ** 2 for name in names)
                means[index] = (squares / count) ** 0.5 if count else 0.0
            result.append(torch.tensor(means, dtype=torch.float32).numpy() if blocks else None)
        return result


def _norm(tensor: Tensor) -> Tensor:
    """The root of the sum of squares, in float32 at least."""
    kind = torch.float64 if tensor.dtype == torch.float64 else torch.float32
    return torch.linalg.vector_norm(_wide(tensor), dtype=kind)


def _wide(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()


def _together(numbers: Sequence[Tensor]) -> list[Tensor]:
    """Numbers on one device, in one precision, as a model may lie on several."""
    first = numbers[0].device
    if all(each.device == first and each.dtype == numbers[0].dtype for each in numbers):
        return [*numbers]
    return [each.to(first, torch.float64 if first.type != "mps" else torch.float32) for each in numbers]


def _parameters_of(model: nn.Module, network: WatchedNetwork) -> tuple[Parameters, Parameters]:
    """Weights and biases of each layer."""
    return (
        Parameters(model, [layer.weights for layer in network.layers], transposed=True),
        Parameters(model, [layer.biases for layer in network.layers]),
    )


@dataclass(frozen=True)
class Moment:
    """Arguments of a Recorder's `snap` at one moment, besides losses."""

    weights: Sequence[Any]
    biases: Sequence[Any]
    activations: Sequence[Any] | None = None
    errors: Sequence[Any] | None = None
    block_sizes: Sequence[Any] | None = None
    block_updates: Sequence[Any] | None = None

    def copy(self) -> Moment:
        """The same, which stays as it is while training goes on."""
        return replace(self, weights=copied(self.weights), biases=copied(self.biases))

    def without_updates(self) -> Moment:
        """The same as the first moment that is kept."""
        if self.block_updates is None:
            return self
        return replace(self, block_updates=[None if each is None else 0 * each for each in self.block_updates])


class Reader:
    """Reads from a model what a Recorder takes."""

    def __init__(
        self,
        model: nn.Module,
        network: WatchedNetwork,
        modules: Mapping[str, str],
        first: tuple[ProbePass, PassResult] | None,
    ) -> None:
        """modules: kinds of the modules that are called, by name. first: the pass to be made at each moment, if there
        is one, and what it gives now, at step 0.
        """
        self._model, self._modules = model, modules
        self._weights, self._biases = _parameters_of(model, network)
        self._pass: ProbePass | None = None if first is None else first[0]
        self._first: PassResult | None = None if first is None else first[1]
        self._sizes = None if first is None else BlockSizes(model, network.layers)

    def read(self, step: int) -> Moment:
        """The model as it is now."""
        if self._pass is None or self._sizes is None:
            return Moment(self._weights, self._biases)
        sizes, updates = self._sizes.measured(step)
        return self._moment(self._pass(), sizes, updates)

    def refuse_changed(self) -> None:
        """Raise InputError if a module is another than it was when the model was seen first."""
        if changed := changed_module(self._model, self._modules):
            raise refusal("model", f"{changed} when netviz.watch saw it; watch the changed model")

    def start(self) -> Moment:
        """The model as it was when it was seen first, and as it still is; to be called once."""
        if self._first is None or self._sizes is None:
            return self.read(0).copy()
        found, self._first = self._first, None
        return self._moment(found, *self._sizes.measured(0)).copy()

    def _moment(self, found: PassResult, sizes: list[Any], updates: list[Any]) -> Moment:
        activations, errors = found
        return Moment(
            self._weights,
            self._biases,
            [None if each is None else plain_array_of(each) for each in activations],
            None if errors is None else [plain_array_of(each) for each in errors],
            sizes,
            updates,
        )

    def starts_at(self, step: int) -> None:
        """The model was this far when it was seen first: it was step 0 until now."""
        if self._sizes is not None:
            self._sizes.starts_at(step)

    def keep(self, step: int) -> None:
        """The moment that was read is kept: the next is compared with it."""
        if self._sizes is not None:
            self._sizes.keep(step)
