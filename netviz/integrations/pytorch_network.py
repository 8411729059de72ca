"""Network of a PyTorch model: its Linear layers that can be drawn, and between them blocks of all else.

A Linear layer is drawn if all that goes from the examples to the outputs goes through it, as a row for each example;
what comes before the first, between two and after the last is summarised as blocks, unless it is only a function that
netviz computes. What such a network is taken for is then computed again and held against what the model gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from netviz.integrations.pytorch_blocks import BlocksOf, WatchedBlock
from netviz.integrations.pytorch_kinds import NORMS
from netviz.integrations.pytorch_trace import KEEPS_NUMBERS, Call, Trace
from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.network import BIASES, MOST_NEURONS, MOST_WEIGHTS, WEIGHTS, Layer, Network

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
LARGEST_LINEAR = 1_000_000
"""Weights of the largest Linear layer that is drawn."""
_OTHER_ACTIVATIONS = {
    *("softplus", "hardtanh", "relu6", "hardswish", "hardsigmoid", "hardshrink", "softshrink", "tanhshrink", "mish"),
    *("selu", "celu", "prelu", "rrelu", "threshold", "logsigmoid", "softsign", "softmin"),
}
DROPOUTS = {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}


@dataclass(frozen=True)
class WatchedLayer:
    """A layer of a network that is watched, after the inputs."""

    size: int
    """Number of its neurons; 0 for blocks that give the outputs, until it is known how many are shown."""
    activation: str = "linear"
    """Its function in netviz's words, or log_softmax."""
    name: str = ""
    weights: str | None = None
    """Name of the parameter (fan_out, fan_in) in the model; None for a layer of blocks."""
    biases: str | None = None
    """Name of the parameter (fan_out,)."""
    linear: int = 0
    """Occurrence of the call of its Linear among those of all."""
    fan_in: int = 0
    blocks: tuple[WatchedBlock, ...] = ()
    end: tuple[str, int] | None = None
    """The call whose result are its activations, as function and occurrence."""

    @property
    def is_exact(self) -> bool:
        """True if its activations follow from those before it."""
        return not self.blocks


@dataclass(frozen=True)
class WatchedNetwork:
    """A model as layers, one after the other."""

    layers: tuple[WatchedLayer, ...]
    dropouts: tuple[str, ...] = ()
    """Dropout layers, which are off, for people."""
    unused: tuple[str, ...] = ()
    """Names of parameters, and of modules, that take no part in the outputs."""
    shared: tuple[str, ...] = ()
    """Parameters that several parts have, for people."""

    @property
    def is_exact(self) -> bool:
        """True for a chain of dense layers, all of which netviz computes."""
        return all(layer.is_exact for layer in self.layers)

    def as_recorded(self, inputs: tuple[int, ...], outputs: int, activation: str) -> Network:
        """The network that a Recorder takes.

        inputs: shape of an example. outputs: how many are shown. activation: how the outputs are shown.
        """
        layers, last = [Layer("input", inputs)], len(self.layers) - 1
        for index, each in enumerate(self.layers):
            size, function = (outputs, activation) if index == last else (each.size, each.activation)
            shapes: dict[str, tuple[int, ...]] = {} if each.weights is None else {WEIGHTS: (each.fan_in, size)}
            if each.blocks:
                shapes |= {BLOCK_SIZES: (len(each.blocks),), BLOCK_UPDATES: (len(each.blocks),)}
            if each.biases is not None:
                shapes[BIASES] = (size,)
            kind = "block" if each.weights is None else "dense"
            blocks = tuple(block.block for block in each.blocks)
            layers.append(Layer(kind, (size,), each.name, (index,), function, shapes, each.is_exact, (), blocks))
        return Network(tuple(layers))


def network_of(found: Trace, *, as_blocks: bool = False) -> WatchedNetwork:
    """The network that a model is; as_blocks: all of it as blocks, no layer drawn."""
    names = {id(parameter): name for name, parameter in found.model.named_parameters()}
    of_examples = [call for call in found.path if call.of_examples]
    drawn: list[int] = []
    if not as_blocks and not found.unfollowed:
        cuts = _cuts(found, of_examples)
        drawn = [
            index for index, call in enumerate(of_examples) if index in cuts and _is_drawn(call, names, found.examples)
        ]
        sizes = {index: _weights(of_examples[index]).numel() for index in drawn}  # type: ignore[attr-defined]
        while sum(sizes[index] for index in drawn) > MOST_WEIGHTS:
            drawn.remove(max(drawn, key=lambda index: sizes[index]))  # the largest is summarised
    blocks = BlocksOf(found)
    layers: list[WatchedLayer] = []
    for first, stop in pairwise([-1, *drawn, len(of_examples)]):
        between, last = of_examples[first + 1 : stop], stop == len(of_examples)
        if first >= 0:
            count = _own_functions(between, cuts, first)
            layers.append(_dense(of_examples[first], between[:count], names, blocks, last and count == len(between)))
            between = between[count:]
        if all(map(_is_trivial, between)) and (layers or not last):
            continue
        size = 0 if last else int((of_examples[stop].before or (0,))[-1])
        activation = _last_function(between) if last else "linear"
        layers.append(WatchedLayer(size, activation, blocks=blocks.of(between)))
    drawn_names = {name for layer in layers for name in (layer.weights, layer.biases) if name is not None}
    return WatchedNetwork(tuple(layers), _dropouts(of_examples), blocks.unused(drawn_names), blocks.shared)


def _cuts(found: Trace, calls: Sequence[Call]) -> set[int]:
    """Indices of the calls whose results are all that the later ones take."""
    position = {found.start: -1} | {call: index for index, call in enumerate(calls)}
    last_use: dict[Call, int] = {}
    for index, call in enumerate(calls):
        for each in call.of_examples:
            if each in position:
                last_use[each] = index
    cuts, latest = set(), last_use.get(found.start, -1)
    for index, call in enumerate(calls):
        if latest <= index:
            cuts.add(index)
        latest = max(latest, last_use.get(call, index))
    return cuts


def _weights(call: Call) -> object:
    return call.argument(1, "weight", None)


def _is_drawn(call: Call, names: Mapping[int, str], examples: int) -> bool:
    """True for a Linear layer of a row for each example, whose weights are a parameter of the model."""
    weights, biases = _weights(call), call.argument(2, "bias", None)
    return (
        call.function == "torch.nn.functional.linear"
        and len(call.arguments) > 0
        and call.source in call.of_examples
        and len(call.of_examples) == 1
        and id(weights) in names
        and (biases is None or id(biases) in names)
        and call.kept_type
        and call.before is not None
        and len(call.before) == 2
        and call.before[0] == examples
        and weights.numel() <= LARGEST_LINEAR  # type: ignore[attr-defined]
        and max(weights.shape) <= MOST_NEURONS  # type: ignore[attr-defined]
    )


def _is_off(call: Call) -> bool:
    """True for a dropout that does nothing in evaluation."""
    name = call.name
    is_on = call.argument(2, "training", call.argument(2, "train", not name.endswith("alpha_dropout")))
    return name in DROPOUTS and (not is_on or call.argument(1, "p", 0.5) == 0)


def _is_trivial(call: Call) -> bool:
    """True for a function that gives the numbers it takes."""
    return (call.name in KEEPS_NUMBERS and call.kept_type) or _is_off(call)


def _is_known(call: Call) -> bool:
    """True for an activation function of a row that netviz computes."""
    name = call.name
    if name not in ACTIVATIONS or len(call.of_examples) != 1 or not call.kept_type:
        return False
    if name.endswith("softmax"):
        return call.argument(1, "dim", None) in (-1, len(call.before or ()) - 1)
    wrong = (
        (name == "leaky_relu" and call.argument(1, "negative_slope", 0.01) != 0.01)
        or (name == "elu" and call.argument(1, "alpha", 1.0) != 1.0)
        or (name == "gelu" and call.argument(1, "approximate", "none") != "none")
    )
    return not wrong


def _is_of_sums(call: Call) -> bool:
    """True for what weighted sums may go through before their function: a norm, or a function of another kind."""
    name = call.name
    return (name in NORMS or name in ACTIVATIONS or name in _OTHER_ACTIVATIONS) and len(call.of_examples) == 1


def _own_functions(between: Sequence[Call], cuts: set[int], first: int) -> int:
    """Number of calls after the Linear layer with this index that belong to it: norms and its activation function.

    All of them, if they are all functions of its row; otherwise those up to its activation function.
    """
    own = 0
    for index, call in enumerate(between, first + 1):
        same = call.after is not None and call.before is not None and call.after.numel() == call.before.numel()
        if not (same and index in cuts and (_is_trivial(call) or _is_of_sums(call))):
            break
        own += 1
    if own == len(between):
        return own
    kinds = [None if _is_trivial(call) else _is_known(call) for call in between[:own]]
    if True in kinds:
        return kinds.index(True) + 1
    norms = [index for index, call in enumerate(between[:own]) if call.name in NORMS]
    return norms[-1] + 1 if norms else 0


def _dense(linear: Call, own: Sequence[Call], names: Mapping[int, str], blocks: BlocksOf, last: bool) -> WatchedLayer:
    """The layer of a Linear, with the functions that belong to it."""
    biases = linear.argument(2, "bias", None)
    changing = [call for call in own if not _is_trivial(call)]
    activation, through = "linear", changing
    if changing and _is_known(changing[-1]) and (last or not changing[-1].name.endswith("softmax")):
        activation, through = ACTIVATIONS[changing[-1].name], changing[:-1]
    weights = names[id(_weights(linear))]
    end = changing[-1] if changing else linear
    assert linear.before is not None and linear.after is not None
    return WatchedLayer(
        int(linear.after[-1]),
        activation,
        weights.rpartition(".")[0],
        weights,
        None if biases is None else names[id(biases)],
        linear.occurrence,
        int(linear.before[-1]),
        blocks.of(through) if through else (),
        (end.function, end.occurrence),
    )


def _last_function(calls: Sequence[Call]) -> str:
    """The function by which blocks end, if it says how the outputs are meant."""
    changing = [call for call in calls if not _is_trivial(call)]
    if changing and changing[-1].name in ("softmax", "log_softmax", "sigmoid") and _is_known(changing[-1]):
        return ACTIVATIONS[changing[-1].name]
    return "linear"


def _dropouts(calls: Sequence[Call]) -> tuple[str, ...]:
    return tuple(
        f"{call.place}, p = {p:g}" for call in calls if _is_off(call) and (p := call.argument(1, "p", 0.5)) != 0
    )
