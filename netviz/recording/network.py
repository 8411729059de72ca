"""Network: the layers of a recorded network, their shapes, and what can be computed again from what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from reprlib import repr as short
from typing import Any

from netviz.recording.blocks import (
    BLOCK_SIZES,
    BLOCK_UPDATES,
    Block,
    block_in_json,
    block_problems,
    blocks_from_json,
)
from netviz.recording.layers import ACTIVATIONS

WEIGHTS, BIASES = "weights", "biases"
"""Roles of a dense layer's parameters: (fan_in, fan_out) and (fan_out,)."""
SGD, MOMENTUM, ADAM = "sgd", "momentum", "adam"
"""Optimizers of netviz's own runs."""
OPTIMIZER_ROLES: dict[str, tuple[str, ...]] = {SGD: (), MOMENTUM: ("velocity",), ADAM: ("mean", "mean_square")}
"""Running means that each optimizer keeps of a parameter, in arrays of its shape: roles such as weights_velocity."""


def kept_role(of: str, kept: str) -> str:
    """Role of the array that an optimizer keeps of WEIGHTS or BIASES, such as weights_velocity."""
    return f"{of}_{kept}"


LOSSES = ("squared_error", "cross_entropy")
"""Loss functions whose gradients netviz knows; a network may have been trained with any other, which is None here."""
KINDS = ("input", "dense", "block")
"""Kinds of layers. input: takes the examples; dense: weighted sums of all activations before it, and a function; block:
what blocks make of the activations before it, which netviz cannot compute."""
MOST_NEURONS, MOST_WEIGHTS = 4_096, 2_000_000
"""Most neurons in a layer, and weights in all of them, of which a film can still say something."""
MOST_LAYERS, LONGEST_NAME = 1_000, 200
"""Most layers of a network, and most letters of a name, that are read from a file."""


@dataclass(frozen=True)
class Layer:
    """One layer of a network, in the order in which they are computed."""

    kind: str
    """One of KINDS."""
    shape: tuple[int, ...]
    """Shape of its activations for one example."""
    name: str = ""
    """Name that its makers gave it, such as "fc1"; may be empty."""
    inputs: tuple[int, ...] = ()
    """Indices of the layers whose activations it takes; none for the inputs."""
    activation: str = "linear"
    """Activation function: one of ACTIVATIONS where the layer is exact, otherwise any name."""
    parameters: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Shapes of its parameters by role."""
    exact: bool = True
    """True if its activations follow from those of its inputs and its parameters, as netviz computes them."""
    neurons: tuple[str, ...] = ()
    """Names of its neurons, or none."""
    blocks: tuple[Block, ...] = ()
    """Parts that are summarised, in call order: those that its weighted sums go through before its activation function,
    such as a norm; of a layer of the kind block, those between the layer before it and its activations."""

    @property
    def size(self) -> int:
        """Number of its neurons."""
        return prod(self.shape)

    @property
    def is_dense(self) -> bool:
        """True if its weights are recorded: those of a dense layer."""
        return self.kind == "dense"


@dataclass(frozen=True)
class Network:
    """A network of layers, one after the other, the inputs first; and what it was trained to make small."""

    layers: tuple[Layer, ...]
    loss: str | None = None
    """One of LOSSES, if the network learned by it, from which the errors that run back follow; None: by another."""

    @classmethod
    def of_dense(
        cls,
        sizes: Sequence[int],
        activations: Sequence[str],
        *,
        biases: bool = True,
        loss: str | None = None,
        optimizer: str = SGD,
    ) -> Network:
        """The network of dense layers with so many neurons, inputs first, and a function for each after the inputs.

        optimizer: one of OPTIMIZER_ROLES, if what it keeps of each parameter is recorded.
        """
        layers = [Layer("input", (sizes[0],))]
        for index, ((fan_in, fan_out), activation) in enumerate(zip(pairwise(sizes), activations, strict=True)):
            shapes = {WEIGHTS: (fan_in, fan_out)} | ({BIASES: (fan_out,)} if biases else {})
            shapes |= {kept_role(of, kept): shapes[of] for of in tuple(shapes) for kept in OPTIMIZER_ROLES[optimizer]}
            exact = activation in ACTIVATIONS
            layers.append(Layer("dense", (fan_out,), "", (index,), activation, shapes, exact))
        return cls(tuple(layers), loss)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, inputs first."""
        return tuple(layer.size for layer in self.layers)

    @property
    def activations(self) -> tuple[str, ...]:
        """Activation function of each layer after the inputs."""
        return tuple(layer.activation for layer in self.layers[1:])

    @property
    def has_biases(self) -> bool:
        """True if a layer has biases."""
        return any(BIASES in layer.parameters for layer in self.layers)

    @property
    def is_exact(self) -> bool:
        """True if every layer's activations can be computed again."""
        return all(layer.exact for layer in self.layers)

    @property
    def has_known_errors(self) -> bool:
        """True if the errors that run back through it can be computed again."""
        return self.is_exact and self.loss is not None


# A network in the JSON header of a file.


def network_in_json(network: Network) -> dict[str, Any]:
    """The network as JSON."""
    layers = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "shape": list(layer.shape),
            "inputs": list(layer.inputs),
            "activation": layer.activation,
            "parameters": {role: list(shape) for role, shape in layer.parameters.items()},
            "exact": layer.exact,
            "neurons": list(layer.neurons),
            "blocks": [block_in_json(block) for block in layer.blocks],
        }
        for layer in network.layers
    ]
    return {"layers": layers, "loss": network.loss}


def network_from_json(data: Any) -> Network:
    """The network in a header. Raises ValueError, naming the layer and what would be right, where it is none."""
    if not isinstance(data, Mapping) or not isinstance(data.get("layers"), list):
        raise ValueError("network: expected an object with layers, a list")
    if len(data["layers"]) > MOST_LAYERS:
        raise ValueError(f"network.layers: {len(data['layers'])} layers; at most {MOST_LAYERS} are read")
    loss = data.get("loss")
    if loss is not None and loss not in LOSSES:
        raise ValueError(f"network.loss: {short(loss)} is none of {', '.join(LOSSES)}; give null for another")
    layers = []
    for index, entry in enumerate(data["layers"]):
        try:
            layers.append(_layer_from_json(entry))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"network.layers[{index}]: {reason}") from None
    network = Network(tuple(layers), loss)
    for problem in network_problems(network):
        raise ValueError(problem)
    return network


def _layer_from_json(data: Any) -> Layer:
    if not isinstance(data, Mapping):
        raise TypeError("expected an object")
    texts = {key: data.get(key, default) for key, default in (("name", ""), ("activation", "linear"))}
    if not all(map(is_name, (data["kind"], *texts.values()))):
        raise TypeError(f"kind, name and activation: expected texts of up to {LONGEST_NAME} letters in one line")
    roles = data.get("parameters", {})
    if not isinstance(roles, Mapping):
        raise TypeError("parameters: expected an object of shapes by role")
    exact = data.get("exact", True)
    if not isinstance(exact, bool):
        raise TypeError("exact: expected true or false")
    neurons = data.get("neurons", [])
    if not isinstance(neurons, list) or not all(isinstance(name, str) for name in neurons):
        raise TypeError("neurons: expected a list of texts")
    return Layer(
        data["kind"],
        _whole_numbers(data["shape"], "shape"),
        texts["name"],
        _whole_numbers(data.get("inputs", []), "inputs"),
        texts["activation"],
        {role: _whole_numbers(shape, f"parameters, {short(role)}") for role, shape in roles.items()},
        exact,
        tuple(neurons),
        blocks_from_json(data.get("blocks", [])),
    )


def is_name(data: Any) -> bool:
    """True for a text that can be shown as a name: not too long, in one line. It may be empty."""
    return isinstance(data, str) and len(data) <= LONGEST_NAME and data.isprintable()


def _whole_numbers(data: Any, name: str) -> tuple[int, ...]:
    if not isinstance(data, list) or not all(type(number) is int and 0 <= number < 2**31 for number in data):
        raise TypeError(f"{name}: expected a list of whole numbers")
    return tuple(data)


def network_problems(network: Network) -> Iterator[str]:
    """Problems that keep layers from being a network that netviz can show, as messages that name the layer."""
    layers = network.layers
    if len(layers) < 2:
        yield f"network.layers: a network has inputs and one layer or more after them, this one has {len(layers)}"
        return
    for index, layer in enumerate(layers):
        where = f"network.layers[{index}]"
        expected = ("input",) if index == 0 else ("dense", "block")
        if layer.kind not in expected:
            yield f"{where}: kind is {short(layer.kind)}; expected {' or '.join(expected)}"
            return
        if not 1 <= len(layer.shape) <= (3 if index == 0 else 1) or layer.size < 1:
            right = "one to three numbers, of its inputs" if index == 0 else "one number, of its neurons"
            yield f"{where}: shape is {short([*layer.shape])}; expected {right}"
            return
        if layer.inputs != ((index - 1,) if index else ()):
            yield f"{where}: inputs are {short([*layer.inputs])}; each layer takes the one before it, the first none"
            return
        if len(layer.neurons) not in (0, layer.size):
            yield f"{where}: {len(layer.neurons)} names for {layer.size} neurons; expected one for each, or none"
        yield from _parameter_problems(where, layers, index)
        if layer.exact and layer.activation not in ACTIVATIONS:
            names = ", ".join(ACTIVATIONS)
            yield f"{where}: activation {short(layer.activation)} is not exact; those that can be are {names}"
    softmax = [index for index, layer in enumerate(layers[:-1]) if layer.activation == "softmax" and layer.exact]
    if softmax:
        yield f"network.layers[{softmax[0]}]: softmax is for the last layer only"
    if network.loss == "cross_entropy" and layers[-1].activation not in ("sigmoid", "softmax"):
        yield (
            f"network.loss: cross_entropy is for sigmoid or softmax outputs, not {short(layers[-1].activation)}; "
            "give null, and the errors with the activations, where it was trained otherwise"
        )


def _parameter_problems(where: str, layers: Sequence[Layer], index: int) -> Iterator[str]:
    layer = layers[index]
    if index == 0:
        if layer.parameters or layer.blocks:
            yield f"{where}: inputs have no parameters and no blocks"
        return
    yield from block_problems(where, layer.blocks, layer.parameters)
    if layer.kind == "block":
        if not layer.blocks:
            yield f"{where}: blocks is empty; a layer of this kind consists of them"
        if layer.exact:
            yield f"{where}: exact is true; what blocks make of activations cannot be computed again"
    expected = {WEIGHTS: (layers[index - 1].size, layer.size), BIASES: (layer.size,)} if layer.kind == "dense" else {}
    kept = {kept_role(of, role): of for of in expected for roles in OPTIMIZER_ROLES.values() for role in roles}
    expected |= {role: expected[of] for role, of in kept.items() if of in layer.parameters}
    for role, shape in layer.parameters.items():
        if role in (BLOCK_SIZES, BLOCK_UPDATES):
            continue
        if role not in expected:
            has = f"{WEIGHTS} and perhaps {BIASES}" if expected else "none but those of its blocks"
            yield f"{where}: parameters have the role {short(role)}; a {layer.kind} layer has {has}"
        elif shape != expected[role]:
            yield f"{where}: parameters.{role} has the shape {short([*shape])}; expected {list(expected[role])}"
    if expected and WEIGHTS not in layer.parameters:
        yield f"{where}: parameters.{WEIGHTS} is missing"
    if layer.exact and layer.blocks:
        yield f"{where}: exact is true, and its sums go through blocks, which cannot be computed again"
