"""Network of a Keras model: its Dense layers that can be drawn, and between them blocks of all else.

A Dense layer is drawn if all that goes from the examples to the outputs goes through it, as a row for each example;
what comes before the first, between two and after the last is summarised as blocks, unless it is only a function that
netviz computes, or changes nothing that is shown. What such a network is taken for is then computed by netviz and held
against what the model gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras
import numpy as np

from netviz.integrations.fit_film import refusal
from netviz.integrations.keras_blocks import KerasBlock, KerasBlocks, kind_of
from netviz.integrations.keras_graph import ADVICE, Graph, Node, graph_of, guarded
from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.network import BIASES, WEIGHTS, Layer, Network
from netviz.recording.probe_passes import worst_layer
from netviz.recording.recording import AnyArray

_FUNCTIONS = {
    "linear": "linear",
    "relu": "relu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "elu": "elu",
    "gelu": "gelu",
    "silu": "swish",
    "softmax": "softmax",
}
"""netviz's names of activation functions by Keras's, with the settings that Keras gives them unless told otherwise."""
_KEEPS_NUMBERS = ("Flatten", "Reshape", "Identity", "ActivityRegularization")
_OFF_WHILE_SHOWN = (
    *("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
)
_BEFORE_THE_NETWORK = ("Rescaling", "Normalization")
"""Layers that only prepare the inputs, with numbers that training does not change."""
_MOST_WEIGHTS = 1_000_000
"""Weights of the largest Dense layer that is drawn."""


@dataclass(frozen=True)
class WatchedLayer:
    """A layer of a network that is recorded, after the inputs."""

    end: Node
    """Gives its activations."""
    activation: str = "linear"
    dense: Any = None
    """The Dense layer; None for a layer of blocks."""
    blocks: tuple[KerasBlock, ...] = ()

    @property
    def size(self) -> int:
        """Number of its neurons."""
        return int(np.prod(self.end.shape))

    def weights(self) -> AnyArray | None:
        """The kernel (fan_in, fan_out) as it is now; it may be a view of the model's own."""
        return None if self.dense is None else keras.ops.convert_to_numpy(self.dense.kernel)

    def biases(self) -> AnyArray | None:
        """The biases (fan_out,) as they are now, or None for a layer without."""
        has_biases = self.dense is not None and self.dense.bias is not None
        return keras.ops.convert_to_numpy(self.dense.bias) if has_biases else None


@dataclass(frozen=True, eq=False)
class WatchedNetwork:
    """A model as layers, one after the other."""

    graph: Graph
    start: Node
    """Gives the inputs that are shown: the examples themselves, or what a layer that prepares them makes of them."""
    layers: tuple[WatchedLayer, ...]
    notes: tuple[str, ...]
    """Notes for its user."""

    @property
    def is_exact(self) -> bool:
        """True for a chain of dense layers, all of which netviz computes."""
        return all(not layer.blocks for layer in self.layers)

    @property
    def is_picture(self) -> bool:
        """True if an example is a picture of three colours, which is recorded with its colours first."""
        shape = self.start.shape
        return len(shape) == 3 and shape[2] == 3 and self.layers[0].dense is None

    def inputs(self, X: AnyArray) -> AnyArray:
        """Examples (P, ...), as the model takes them, as the inputs (P, n_0) that are recorded."""
        array = np.asarray(X)
        if self.start is not self.graph.start:
            with guarded():
                (array,) = self.graph.run(X, [self.start])
        if self.is_picture:
            array = np.moveaxis(array, -1, 1)
        dense = self.layers[0].weights()
        precision = np.dtype(np.float32) if dense is None else dense.dtype  # in which the model takes them
        return array.reshape(len(array), -1).astype(precision if precision.char in "efd" else np.float32)

    def as_recorded(self, activation: str, loss: str | None) -> Network:
        """The network that a Recorder takes. activation: how the outputs are shown. loss: as of a Network."""
        shape = self.start.shape
        if len(shape) == 3 and shape[2] in (1, 3) and (shape[2] == 1 or self.is_picture):
            shape = (shape[2], *shape[:2])
        elif len(shape) != 2 or shape[1] == 1:
            shape = (int(np.prod(shape)),)
        layers, last = [Layer("input", shape)], len(self.layers) - 1
        for index, each in enumerate(self.layers):
            shapes: dict[str, tuple[int, ...]] = {}
            if each.dense is not None:
                shapes[WEIGHTS] = (layers[-1].size, each.size)
                shapes |= {} if each.dense.bias is None else {BIASES: (each.size,)}
            if each.blocks:
                shapes |= {BLOCK_SIZES: (len(each.blocks),), BLOCK_UPDATES: (len(each.blocks),)}
            function = activation if index == last else each.activation
            kind, name = ("block", "") if each.dense is None else ("dense", str(each.dense.name))
            blocks = tuple(block.block for block in each.blocks)
            layers.append(Layer(kind, (each.size,), name, (index,), function, shapes, not blocks, (), blocks))
        return Network(tuple(layers), loss)


def network_of(model: Any, X: AnyArray) -> WatchedNetwork:
    """The network of a built model. X: (P, ...), examples as it takes them. Raises InputError, saying why, for none."""
    expected = tuple(getattr(model, "input_shape", None) or ())[1:]
    if expected and None not in expected and X.shape[1:] != expected:
        raise refusal("X", f"has the shape {X.shape}; the model takes examples of the shape {expected}")
    graph = graph_of(model)
    try:
        with guarded():
            found = graph.run(X, graph.nodes)
            output = keras.ops.convert_to_numpy(model(keras.ops.convert_to_tensor(X), training=False))
    except Exception as error:  # what a model raises is its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise refusal("X", f"the model cannot take {len(X)} examples of the shape {X.shape[1:]}: {reason}") from error
    graph.start.shape = X.shape[1:]
    given = dict(zip(graph.nodes, found, strict=True))
    for node, array in given.items():
        node.shape = array.shape[1:] if array.ndim and len(array) == len(X) else array.shape
    last = graph.output[0]
    if last not in given or output.ndim < 2 or len(output) != len(X):
        message = f"gives outputs of the shape {output.shape}; expected a row for each of the {len(X)} examples"
        raise refusal("model", f"{message}; {ADVICE}")
    if output.shape != given[last].shape or not np.allclose(output, given[last], rtol=1e-3, atol=1e-4, equal_nan=True):
        message = "gives something else than its layers, called one after the other as when it is not training"
        raise refusal("model", f"{message}; {ADVICE}")
    if not any(map(_has_weights, graph.nodes)):
        raise refusal("model", f"has no layer with weights, so nothing is learned; {ADVICE}")
    network = _network(graph, as_blocks=False)
    worst = _worst(network, X, given)
    if worst is not None:
        layer = network.layers[worst[0]]
        message = f"{layer.dense.name} with {layer.activation} after it gives something else than its weights say, "
        network = _network(graph, as_blocks=True, notes=(f"{message}up to {worst[1]:.2g} off, so all are blocks",))
    return network


def _has_weights(node: Node) -> bool:
    return not node.is_function and bool(getattr(node.operation, "weights", ()))


def _worst(network: WatchedNetwork, X: AnyArray, given: dict[Node, AnyArray]) -> tuple[int, float] | None:
    """The exact layer that does not give what its weights say, and by how much."""
    if not any(layer.dense is not None for layer in network.layers):
        return None
    recorded = network.as_recorded(network.layers[-1].activation, None)
    weights = [_in_bits(each.weights()) for each in network.layers]
    biases = [_in_bits(each.biases()) for each in network.layers]
    arrays = {
        index: _as_computed(given[each.end].reshape(len(X), -1), each) for index, each in enumerate(network.layers)
    }
    return worst_layer(recorded, weights, biases, network.inputs(X), arrays)


def _as_computed(array: AnyArray, layer: WatchedLayer) -> AnyArray:
    """Activations in the precision in which their layer computes them, by which they are held against its weights.

    Where layers are of float64, Keras computes in float32 all the same, depending on the backend.
    """
    computed = "" if layer.dense is None else str(layer.dense.compute_dtype)
    if computed == "bfloat16":
        bits: AnyArray = (array.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        return bits
    return array.astype(np.float16 if computed == "float16" else np.float32)


def _in_bits(array: AnyArray | None) -> AnyArray | None:
    """An array in the form in which numbers are kept: those of bfloat16 as their bits."""
    return array.view(np.uint16) if array is not None and array.dtype.name == "bfloat16" else array


def _network(graph: Graph, *, as_blocks: bool, notes: tuple[str, ...] = ()) -> WatchedNetwork:
    nodes = [*graph.nodes]
    cuts = _cuts(graph)
    start, prepared = graph.start, list[Node]()
    while nodes and nodes[0].is_own and nodes[0].kind in _BEFORE_THE_NETWORK and nodes[0] in cuts:
        start = nodes.pop(0)
        prepared.append(start)
    notes = (*(f"what the film shows as inputs is what {each.name} gives" for each in prepared), *notes)
    drawn = [] if as_blocks else [index for index, node in enumerate(nodes) if node in cuts and _is_drawn(node)]
    blocks = KerasBlocks(graph, cuts)
    layers: list[WatchedLayer] = []
    for first, stop in pairwise([-1, *drawn, len(nodes)]):
        between, is_last = nodes[first + 1 : stop], stop == len(nodes)
        if first >= 0:
            count = _own_functions(between, cuts)
            own, between = between[:count], between[count:]
            layers.append(_dense(nodes[first], own, blocks, is_last and not between))
        if all(map(_is_trivial, between)) and (layers or not is_last):
            continue
        activation = _function(between[-1]) if is_last else "linear"
        kept = activation if activation in ("softmax", "sigmoid") else "linear"
        layers.append(WatchedLayer(between[-1], kept, None, blocks.of(between)))
    if off := [node.place for node in graph.nodes if node.kind in _OFF_WHILE_SHOWN]:
        notes = (*notes, f"off in what the film shows, as whenever the model is not training: {', '.join(off)}")
    return WatchedNetwork(graph, start, tuple(layers), notes)


def _cuts(graph: Graph) -> set[Node]:
    """Nodes whose results are all that later ones take."""
    position = {graph.start: -1} | {node: index for index, node in enumerate(graph.nodes)}
    last_use: dict[Node, int] = {}
    for index, node in enumerate(graph.nodes):
        for each in node.inputs:
            last_use[each] = index
    cuts, latest = set(), last_use.get(graph.start, -1)
    for index, node in enumerate(graph.nodes):
        if latest <= index:
            cuts.add(node)
        latest = max(latest, last_use.get(node, position[node]))
    return cuts


def _is_drawn(node: Node) -> bool:
    """True for a Dense layer of a row for each example, whose weights are as they are used."""
    if node.is_function or not node.is_own or node.kind != "Dense" or len(node.inputs) != 1:
        return False
    layer = node.operation
    if layer.lora_enabled or layer.quantization_mode or len(node.shape) != 1:
        return False
    return int(np.prod(layer.kernel.shape)) <= _MOST_WEIGHTS


def _is_trivial(node: Node) -> bool:
    """True for a layer that gives the numbers it takes, when the model is not training."""
    return node.is_own and node.kind in (*_KEEPS_NUMBERS, *_OFF_WHILE_SHOWN)


def _own_functions(between: Sequence[Node], cuts: set[Node]) -> int:
    """Number of nodes after a Dense layer that belong to it: norms and its activation function.

    All of them, if they are all functions of its row; otherwise those up to its activation function.
    """
    own = 0
    for node in between:
        same = int(np.prod(node.shape)) == int(np.prod(node.inputs[0].shape)) if node.inputs else False
        is_of_sums = node.is_own and kind_of(node) in ("norm", "activation")
        if not (same and len(node.inputs) == 1 and node in cuts and (_is_trivial(node) or is_of_sums)):
            break
        own += 1
    if own == len(between):
        return own
    functions = [index for index, node in enumerate(between[:own]) if _function(node)]
    if functions:
        return functions[0] + 1
    norms = [index for index, node in enumerate(between[:own]) if not _is_trivial(node)]
    return norms[-1] + 1 if norms else 0


def _dense(node: Node, own: Sequence[Node], blocks: KerasBlocks, is_last: bool) -> WatchedLayer:
    """The layer of a Dense, with the functions that belong to it."""
    changing = [each for each in own if not _is_trivial(each)]
    activation, through = "linear", changing
    if changing and (function := _function(changing[-1])) and (is_last or function != "softmax"):
        activation, through = function, changing[:-1]
    end = changing[-1] if changing else node
    return WatchedLayer(end, activation, node.operation, blocks.of(through) if through else ())


def _function(node: Node) -> str:
    """netviz's name of an activation function of a row; nothing for one that it does not draw."""
    layer, kind = node.operation, node.kind
    if not node.is_own:
        return ""
    if node.is_function or kind == "Activation":
        name = str(getattr(layer.activation, "__name__", ""))
        known = layer.activation is getattr(keras.activations, name, None)
        return _FUNCTIONS.get(name, "") if known else ""
    if kind == "ReLU" and hasattr(layer, "max_value"):  # the layer, not the operation
        if layer.max_value is None and not layer.threshold:
            return {0.0: "relu", 0.01: "leaky_relu"}.get(float(layer.negative_slope), "")
        return ""
    if kind == "LeakyReLU":
        return "leaky_relu" if float(layer.negative_slope) == 0.01 else ""
    if kind == "ELU":
        return "elu" if float(layer.alpha) == 1 else ""
    return "softmax" if kind == "Softmax" and getattr(layer, "axis", None) == -1 else ""
