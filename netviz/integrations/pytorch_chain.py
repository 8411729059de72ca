"""Chain of a PyTorch model: its dense layers in the order of calls, found in one pass over some examples.

Every function that PyTorch calls in the pass is seen, whether a module calls it or the code of `forward`; those on the
way from the inputs to the outputs have to be a chain of Linear layers with activation functions. What the chain is
taken for is then computed again by netviz and held against what the model gave: a model that is anything else is
refused, by the name of the layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

from netviz.errors import InputError, Problem
from netviz.recording.network import Network
from netviz.recording.probe_passes import worst_layer
from netviz.recording.recording import AnyArray

ACTIVATIONS = {
    "relu": "relu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "gelu": "gelu",
    "silu": "swish",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
}
"""netviz's names of activation functions by PyTorch's; of log_softmax the softmax is shown."""
_KEEPS_NUMBERS = {
    *("flatten", "view", "reshape", "squeeze", "unsqueeze", "contiguous", "clone"),
    *("to", "type_as", "float", "double", "half", "bfloat16", "cpu", "cuda"),
}
"""Functions whose results are the same numbers in the same order."""
_DROPOUTS = {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}
_READS_NUMBERS = {"__bool__", "__int__", "__float__", "__index__", "item", "tolist", "numpy", "__array__"}
"""Functions that take numbers out of tensors, so that what is computed next may depend on them."""
ADVICE = (
    "netviz.watch shows chains of Linear layers with relu, tanh, sigmoid, leaky_relu (slope 0.01), elu (alpha 1), gelu "
    "(with erf) or silu between them, and netviz.Recorder records what you give it of any other"
)


@dataclass(frozen=True)
class DenseLayer:
    """A Linear layer of a chain, and the activation function after it."""

    weights: str
    """Name of the parameter (fan_out, fan_in) in the model."""
    biases: str | None
    """Name of the parameter (fan_out,); None for a layer without."""
    sizes: tuple[int, int]
    """Inputs and neurons."""
    activation: str = "linear"


@dataclass(frozen=True)
class Chain:
    """A model as dense layers, one after the other."""

    layers: tuple[DenseLayer, ...]
    dropouts: tuple[str, ...]
    """Dropout layers, which are off, for people."""
    unused: tuple[str, ...]
    """Names of parameters that take no part in the outputs."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, inputs first."""
        return (self.layers[0].sizes[0], *(layer.sizes[1] for layer in self.layers))


def refusal(where: str, message: str) -> InputError:
    """The error for a model, or examples, that cannot be watched."""
    return InputError([Problem(where, message)])


def plain_array(tensor: Tensor) -> AnyArray:
    """A tensor's numbers in the form in which they are kept, not copied: those of bfloat16 as their bits, in uint16."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    array: AnyArray = tensor.numpy()
    return array


# The pass: all calls that are seen in it.


@dataclass(eq=False)
class Call:
    """A function that was called in a pass, and gave a tensor or several."""

    function: str
    """Full name, such as torch.nn.functional.relu; x for the examples themselves."""
    place: str
    """The module that called it, for people: "fc1 (Linear)"."""
    inputs: tuple[Call, ...]
    """Origins of the tensors that it takes, as far as they were computed in the pass."""
    source: Call | None = None
    """Origin of its first argument."""
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None
    before: torch.Size | None = None
    """Shape of its first argument."""
    result: Tensor | None = None
    """A copy of its result, of functions that may belong to a chain."""
    of_examples: tuple[Call, ...] = ()
    """Those of its inputs that depend on the examples."""
    kept_type: bool = True
    """True if its result is of the type of its first argument."""

    @property
    def name(self) -> str:
        """The last part of the name, without the mark of those that change their argument in place."""
        last = self.function.rpartition(".")[2]
        return last if last.startswith("__") else last.rstrip("_")

    def argument(self, position: int, name: str, default: Any) -> Any:
        """One of its arguments, wherever it was given."""
        if len(self.arguments) > position:
            return self.arguments[position]
        return (self.named or {}).get(name, default)


class CallRecorder(TorchFunctionMode):
    """Records the calls of functions of PyTorch, and which results each takes."""

    def __init__(self, examples: Tensor) -> None:
        super().__init__()
        self.start = Call("x", "X", ())
        self.calls: list[Call] = []
        self.reads: Call | None = None  # the first that takes numbers out of what was computed from the examples
        self.failed: Call | None = None  # the call that raised first
        self.modules: list[str] = []  # those that are running, the innermost last
        self._origin: dict[int, tuple[Tensor, Call]] = {id(examples): (examples, self.start)}  # keeps them alive

    def origin(self, tensor: Tensor) -> Call | None:
        """The call that a tensor comes from; None if it was not computed in the pass, or not in a way that is seen."""
        found = self._origin.get(id(tensor))
        return None if found is None else found[1]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        given = [*_tensors((args, tuple(named.values())))]
        inputs = tuple(dict.fromkeys(origin for each in given if (origin := self.origin(each)) is not None))
        first = args[0] if args else named.get("input")
        first = first if isinstance(first, Tensor) else None
        place = self.modules[-1] if self.modules else "the model"
        before, kind = (None, None) if first is None else (first.shape, first.dtype)
        name = resolve_name(func) or getattr(func, "__qualname__", repr(func))
        source = None if first is None else self.origin(first)
        call = Call(name, place, inputs, source, tuple(args), named, before)
        call.of_examples = tuple(each for each in inputs if each is self.start or each.of_examples)
        try:
            result = func(*args, **named)
        except Exception:
            self.failed = self.failed or call
            raise
        if call.name in _READS_NUMBERS:
            self.reads = self.reads or (call if call.of_examples else None)
            return result
        results = [*_tensors((result,))]
        if call.name == "__setitem__" and first is not None:
            results = [first]
        if results:
            if call.name in ACTIVATIONS or call.name == "linear" or call.name in _KEEPS_NUMBERS:
                call.result = results[0].detach().clone()
                call.kept_type = results[0].dtype == kind
            self.calls.append(call)
            for tensor in results:
                self._origin[id(tensor)] = tensor, call
        return result


def _tensors(values: Sequence[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


@contextmanager
def _named_modules(model: nn.Module, calls: CallRecorder) -> Iterator[None]:
    """Let the recorder of calls know which module is running, by hooks that are removed afterwards."""

    def enter(place: str) -> Any:
        return lambda *_: calls.modules.append(place)

    def leave(*_: Any) -> None:
        calls.modules.pop()

    handles = []
    try:
        for name, module in model.named_modules():
            kind = type(module).__name__
            place = f"{name} ({kind})" if name else f"forward of {kind}"
            # Hooks of the user run within: ours come first on the way in, and last on the way out.
            handles.append(module.register_forward_pre_hook(enter(place), prepend=True))
            handles.append(module.register_forward_hook(leave, always_call=True))
        yield
    finally:
        for handle in handles:
            handle.remove()


def trace(model: nn.Module, examples: Tensor) -> Chain:
    """The chain that a model computes. The pass is to be guarded by the caller, who hands over a copy of the examples.

    Raises InputError, naming the layer, if it is none, and if the model cannot take the examples.
    """
    calls, given = CallRecorder(examples), tuple(examples.shape)
    flat = examples.reshape(len(examples), -1).clone()
    try:
        with _named_modules(model, calls), calls:
            output = model(examples)
    except Exception as error:  # what a model raises is its own
        failed, reason = calls.failed, " ".join(str(error).split()) or type(error).__name__
        if failed is not None and failed.of_examples and (problem := _foreign(failed)):
            raise refusal("model", f"{failed.place}: {problem}; {ADVICE}") from error
        at = "" if failed is None else f"{failed.place}: "
        message = f"the model cannot take {given[0]} examples of the shape {given[1:]}: {at}{reason}"
        raise refusal("X", message) from error
    if not isinstance(output, Tensor):
        for call in calls.calls:
            if call.of_examples and (problem := _foreign(call)):
                raise refusal("model", f"{call.place}: {problem}; {ADVICE}")
        raise refusal("model", f"gives a {type(output).__name__}, not one tensor of outputs; {ADVICE}")
    path = _path(calls, output)
    layers, dropouts = _layers(model, path, flat)
    used = {name for layer in layers for name in (layer.weights, layer.biases)}
    unused = tuple(name for name, _ in model.named_parameters() if name not in used)
    chain = Chain(layers, dropouts, unused)
    _compare(model, chain, path, flat, output)
    return chain


def _path(calls: CallRecorder, output: Tensor) -> list[Call]:
    """The calls from the inputs to the outputs, in order, which have to be one after the other."""
    if calls.reads is not None:
        message = f"{calls.reads.place} reads numbers that were computed ({calls.reads.function}) and may go by them"
        raise refusal("model", f"{message}; {ADVICE}")
    last = calls.origin(output)
    needed, waiting = set[Call](), [] if last is None else [last]
    while waiting:
        call = waiting.pop()
        if call not in needed:
            needed.add(call)
            waiting += call.of_examples
    path = [call for call in calls.calls if call in needed]
    for call in path:
        if problem := _foreign(call):
            raise refusal("model", f"{call.place}: {problem}; {ADVICE}")
        if call.source not in call.of_examples:
            while call.source is not None:
                call = call.source
            message = f"{call.place} takes numbers that come from X in no way that can be followed"
            raise refusal("model", f"{message}; {ADVICE}")
    if not path:
        message = "its outputs come from X in no way that can be followed, such as a function of its own or of NumPy"
        raise refusal("model", f"{message}; {ADVICE}")
    return path


def _foreign(call: Call) -> str:
    """Reason why a call is no part of a chain; nothing for one that is."""
    name = call.name
    if len(call.of_examples) > 1:
        return f"{call.function} takes the results of several layers: the network branches"
    if name in _DROPOUTS:
        is_on = call.argument(2, "training", call.argument(2, "train", not name.endswith("alpha_dropout")))
        if not is_on or call.argument(1, "p", 0.5) == 0:
            return ""
        return f"{call.function} is random in evaluation as well; give it training=self.training"
    if name in _KEEPS_NUMBERS:
        return "" if call.kept_type else f"{call.function} changes the type of the numbers within the network"
    if name == "leaky_relu" and (slope := call.argument(1, "negative_slope", 0.01)) != 0.01:
        return f"leaky_relu with a slope of {slope}"
    if name == "elu" and (alpha := call.argument(1, "alpha", 1.0)) != 1.0:
        return f"elu with an alpha of {alpha}"
    if name == "gelu" and (form := call.argument(1, "approximate", "none")) != "none":
        return f"gelu in its approximate form ({form})"
    if name.endswith("softmax") and name in ACTIVATIONS and (axis := call.argument(1, "dim", None)) not in (1, -1):
        return f"{name} along the axis {axis}; expected the last"
    if name in ACTIVATIONS or name == "linear":
        return ""
    return f"{call.function} cannot be drawn exactly yet"


def _layers(model: nn.Module, path: Sequence[Call], flat: Tensor) -> tuple[tuple[DenseLayer, ...], tuple[str, ...]]:
    """The dense layers of a path, and its dropouts."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    layers: list[DenseLayer] = []
    dropouts: list[str] = []
    previous: Call | None = None  # the function before, of those that change numbers
    for call in path:
        if call.name in _DROPOUTS:
            if (p := call.argument(1, "p", 0.5)) != 0:
                dropouts.append(f"{call.place}, p = {p:g}")
            continue
        if call.name in _KEEPS_NUMBERS:
            continue
        if call.name == "linear":
            layers.append(_dense(call, names, len(flat), layers))
        elif previous is None:
            raise refusal("model", f"{call.place}: {call.name} of the inputs, before any Linear layer; {ADVICE}")
        elif previous.name != "linear":
            message = f"{call.place}: {call.name} of a {previous.name}, with no Linear layer between them"
            raise refusal("model", f"{message}; {ADVICE}")
        else:
            layer = layers[-1]
            layers[-1] = DenseLayer(layer.weights, layer.biases, layer.sizes, ACTIVATIONS[call.name])
        if previous is not None and previous.name.endswith("softmax"):
            raise refusal("model", f"{previous.place}: {previous.name} before the last layer; {ADVICE}")
        previous = call
    if not layers:
        raise refusal("model", f"its outputs come from no Linear layer; {ADVICE}")
    return tuple(layers), tuple(dropouts)


def _dense(call: Call, names: Mapping[int, str], examples: int, before: Sequence[DenseLayer]) -> DenseLayer:
    """The layer of a call of `linear`."""
    weights, biases = call.argument(1, "weight", None), call.argument(2, "bias", None)
    for what, tensor in (("weights", weights), ("biases", biases)):
        if tensor is not None and id(tensor) not in names:
            message = f"{call.place}: its {what} are no parameter of the model but computed, or fixed"
            raise refusal("model", f"{message}; {ADVICE}")
    name = names[id(weights)]
    if any(layer.weights == name for layer in before):
        raise refusal("model", f"{call.place}: {name} is used a second time: layers that share weights; {ADVICE}")
    if call.before is None or len(call.before) != 2 or call.before[0] != examples:
        shape = None if call.before is None else tuple(call.before)
        message = f"{call.place} is given the shape {shape}, and not one row for each of the {examples} examples"
        raise refusal("model", f"{message}; {ADVICE}")
    fan_out, fan_in = weights.shape
    return DenseLayer(name, None if biases is None else names[id(biases)], (fan_in, fan_out))


def _compare(model: nn.Module, chain: Chain, path: Sequence[Call], flat: Tensor, output: Tensor) -> None:
    """Refuse a model that does not compute what its chain does, within the rounding of its precision."""
    rows, layer, last = len(flat), -1, len(chain.layers) - 1
    found: dict[int, AnyArray] = {}
    for call in path:
        layer += call.name == "linear"
        if call.result is not None and layer >= 0 and call.name not in _KEEPS_NUMBERS:
            found[layer] = plain_array(call.result)
    if output.numel() != rows * chain.sizes[-1]:
        message = f"gives outputs of the shape {tuple(output.shape)}; expected {(rows, chain.sizes[-1])}"
        raise refusal("model", f"{message}; {ADVICE}")
    outputs = output.exp() if chain.layers[-1].activation == "log_softmax" else output
    found[last] = plain_array(outputs.reshape(rows, -1))  # the model's own
    kinds = ["softmax" if layer.activation == "log_softmax" else layer.activation for layer in chain.layers]
    network = Network.of_dense(chain.sizes, kinds)
    weights = [plain_array(model.get_parameter(each.weights)).T for each in chain.layers]
    biases = [None if each.biases is None else plain_array(model.get_parameter(each.biases)) for each in chain.layers]
    worst = worst_layer(network, weights, biases, plain_array(flat), found)
    if worst is not None:
        name, kind = chain.layers[worst[0]].weights.removesuffix(".weight"), kinds[worst[0]]
        message = f"{name} with {kind} after it gives something else than its parameters say, up to {worst[1]:.2g} off"
        raise refusal("model", f"{message}; {ADVICE}")
