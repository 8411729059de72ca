"""Chain of a Keras model: its dense layers in order, and what its loss makes of their outputs.

The layers of a Sequential or functional model are read in their order; what has no parameters of its own stands where
it changes nothing that is shown, or is an activation function. What the chain is taken for is then computed by netviz
and held against what the model gives: a model that is anything else is refused, by the name of the layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from netviz.integrations.fit_film import refusal
from netviz.recording.network import Network
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
_KEEPS_NUMBERS = ("InputLayer", "Flatten", "Reshape", "Identity", "ActivityRegularization")
_OFF_WHILE_SHOWN = ("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise")
_BEFORE_THE_NETWORK = ("Rescaling", "Normalization")
"""Layers that only prepare the inputs, with numbers that training does not change."""
ADVICE = (
    "FilmCallback shows chains of Dense layers with relu, tanh, sigmoid, LeakyReLU(0.01), elu, gelu or silu between "
    "them, and netviz.Recorder records what you give it of any other"
)
_LOSSES = {
    "sparsecategoricalcrossentropy": "categorical",
    "categoricalcrossentropy": "categorical",
    "binarycrossentropy": "binary",
    "meansquarederror": "squared",
}
"""Kinds of loss functions by the names of Keras's functions and classes, without underscores."""


@dataclass(frozen=True)
class DenseLayer:
    """A Dense layer of a chain, and the activation function after it."""

    layer: Any
    sizes: tuple[int, int]
    """Inputs and neurons."""
    activation: str

    def weights(self) -> AnyArray:
        """The kernel (fan_in, fan_out) as it is now; it may be a view of the model's own."""
        return keras.ops.convert_to_numpy(self.layer.kernel)

    def biases(self) -> AnyArray | None:
        """The biases (fan_out,) as they are now, or None for a layer without."""
        return None if self.layer.bias is None else keras.ops.convert_to_numpy(self.layer.bias)


@dataclass(frozen=True)
class Chain:
    """A model as dense layers, one after the other."""

    layers: tuple[DenseLayer, ...]
    preparation: tuple[Any, ...]
    """Layers before the network, which give the inputs that are shown."""
    notes: tuple[str, ...]
    """What has to be said of it."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, inputs first."""
        return (self.layers[0].sizes[0], *(layer.sizes[1] for layer in self.layers))

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation function of each layer after the inputs."""
        return tuple(layer.activation for layer in self.layers)

    def inputs(self, X: AnyArray) -> AnyArray:
        """Examples (P, ...), as the model takes them, as the inputs (P, n_0) of the first Dense layer."""
        found: Any = X
        for layer in self.preparation:
            found = layer(found)
        array = np.asarray(keras.ops.convert_to_numpy(found) if self.preparation else X)
        precision = self.layers[0].weights().dtype  # in which the model takes them
        return array.reshape(len(array), -1).astype(precision if precision.char in "efd" else np.float32)


def read_chain(model: Any) -> Chain:
    """The chain of a built model. Raises InputError, naming the layer, if it is none."""
    layers: list[DenseLayer] = []
    preparation, off = [], []
    previous = ""  # the function before, of those that change numbers
    for layer in _leaves(model):
        kind = type(layer).__name__
        if problem := foreign(layer, is_first=not layers):
            raise refusal("model", f"{layer.name} ({kind}): {problem}; {ADVICE}")
        if kind in _KEEPS_NUMBERS:
            continue
        if kind in _OFF_WHILE_SHOWN:
            off.append(f"{layer.name} ({kind})")
        elif kind in _BEFORE_THE_NETWORK:
            preparation.append(layer)
        elif kind == "Dense":
            fan_in, fan_out = layer.kernel.shape
            if layers and layers[-1].sizes[1] != fan_in:
                message = f"takes {fan_in} numbers of the {layers[-1].sizes[1]} before it: not one row for each example"
                raise refusal("model", f"{layer.name} (Dense): {message}; {ADVICE}")
            if previous == "softmax":
                raise refusal("model", f"{layers[-1].layer.name}: softmax before the last layer; {ADVICE}")
            previous = _function(layer)
            layers.append(DenseLayer(layer, (fan_in, fan_out), previous))
        elif not layers or previous != "linear":
            of = f"a {previous}, with no Dense layer between them" if layers else "the inputs, before any Dense layer"
            raise refusal("model", f"{layer.name} ({kind}): an activation function of {of}; {ADVICE}")
        else:
            previous = _function(layer)
            layers[-1] = replace(layers[-1], activation=previous)
    if not layers:
        raise refusal("model", f"has no Dense layer; {ADVICE}")
    notes = [f"what the film shows as inputs is what {each.name} gives" for each in preparation]
    if off:
        notes.append(f"off in what the film shows, as whenever the model is not training: {', '.join(off)}")
    return Chain(tuple(layers), tuple(preparation), tuple(notes))


def foreign(layer: Any, is_first: bool) -> str:
    """Reason why a layer is no part of a chain; nothing for one that is. is_first: no Dense layer came before it."""
    kind = type(layer).__name__
    if not type(layer).__module__.startswith("keras."):
        return "a class of its own cannot be drawn exactly yet"
    if kind == "Dense":
        if layer.lora_enabled or layer.quantization_mode:
            return "its weights are computed (LoRA), or quantized"
        return "" if _function(layer) else f"{_name_of_function(layer)} cannot be drawn exactly yet"
    if kind in ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"):
        return "" if _function(layer) else f"{_name_of_function(layer)} cannot be drawn exactly yet"
    if kind in _BEFORE_THE_NETWORK:
        return "" if is_first else "between Dense layers it cannot be drawn exactly yet"
    return "" if kind in (*_KEEPS_NUMBERS, *_OFF_WHILE_SHOWN) else "cannot be drawn exactly yet"


def _leaves(model: Any) -> Iterator[Any]:
    """The layers of a model in order, and those of models within it."""
    for layer in _operations(model):
        if isinstance(layer, keras.Sequential) or hasattr(layer, "operations"):
            yield from _leaves(layer)
        else:
            yield layer


def _operations(model: Any) -> Sequence[Any]:
    if isinstance(model, keras.Sequential):
        return list(model.layers)
    if not hasattr(model, "operations"):
        message = (
            f"{type(model).__name__} is neither Sequential nor functional, so the order of its layers is not known"
        )
        raise refusal("model", f"{message}; {ADVICE}")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        message = f"{model.name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs"
        raise refusal("model", f"{message}; {ADVICE}")
    return list(model.operations)


def _function(layer: Any) -> str:
    """netviz's name of the activation function of a layer; nothing for one that it does not draw."""
    kind = type(layer).__name__
    if kind in ("Dense", "Activation"):
        function = layer.activation
        known = function is None or function is getattr(keras.activations, _name_of_function(layer), None)
        return _FUNCTIONS.get(_name_of_function(layer), "") if known else ""
    if kind == "ReLU":
        if layer.max_value is None and not layer.threshold:
            return {0.0: "relu", 0.01: "leaky_relu"}.get(float(layer.negative_slope), "")
        return ""
    if kind == "LeakyReLU":
        return "leaky_relu" if float(layer.negative_slope) == 0.01 else ""
    if kind == "ELU":
        return "elu" if float(layer.alpha) == 1 else ""
    return "softmax" if kind == "Softmax" and layer.axis == -1 else ""


def _name_of_function(layer: Any) -> str:
    """The name of a layer's activation function, for people, with what is unusual about it."""
    kind = type(layer).__name__
    if kind not in ("Dense", "Activation"):
        settings = {"ReLU": ("negative_slope", "max_value", "threshold"), "LeakyReLU": ("negative_slope",)}
        names = settings.get(kind, ("alpha",) if kind == "ELU" else ("axis",))
        return f"{kind}({', '.join(f'{name}={getattr(layer, name)}' for name in names)})"
    function = layer.activation
    name = "linear" if function is None else str(getattr(function, "__name__", type(function).__name__))
    return "leaky_relu (its slope is 0.2 here)" if name == "leaky_relu" else name


# The loss.


def meaning(loss: Any, activation: str) -> tuple[str, str | None, list[str]]:
    """Activation that the outputs are shown with, the loss if netviz knows it, and what has to be said about both.

    loss: as `compile` was given it. activation: the last function of the model.
    """
    name, settings = _loss_function(loss)
    kind = _LOSSES.get(name.replace("_", "").lower())
    logits = bool(settings.get("from_logits"))
    shown, known = activation, None
    output = {"categorical": "softmax", "binary": "sigmoid"}.get(kind or "")
    if output is not None and (activation, logits) in ((output, False), ("linear", True)):
        shown, known = output, "cross_entropy"
    elif kind == "squared":
        known = "squared_error"
    if known is not None and settings.get("label_smoothing"):
        return shown, None, [f"the errors that run back are not shown: {name} has a label_smoothing"]
    if known is None and name:
        given = "" if kind is None else f" of {activation} outputs with from_logits={logits}"
        return shown, None, [f"the errors that run back are not shown: netviz does not work out {name}{given}"]
    return shown, known, []


def takes_classes(loss: Any) -> bool:
    """True if the targets of a loss are whole numbers that are classes."""
    return _loss_function(loss)[0].replace("_", "").lower().startswith("sparse")


def _loss_function(loss: Any) -> tuple[str, dict[str, Any]]:
    """The name of a loss function, and its settings; none for several losses."""
    if isinstance(loss, list | tuple) and len(loss) == 1:
        loss = loss[0]
    if loss is None or isinstance(loss, list | tuple | dict):
        return "" if loss is None else "several losses", {}
    function = keras.losses.get(loss)
    settings = function.get_config() if isinstance(function, keras.losses.Loss) else {}
    name = type(function).__name__ if isinstance(function, keras.losses.Loss) else getattr(function, "__name__", "")
    return str(name), settings


def compare(model: Any, chain: Chain, X: AnyArray) -> None:
    """Refuse a model that does not compute what its chain does, within the rounding of its precision.

    X: (P, ...), examples as the model takes them. The model is called as when it is not training.
    """
    expected = tuple(getattr(model, "input_shape", None) or ())[1:]
    if expected and None not in expected and X.shape[1:] != expected:
        raise refusal("X", f"has the shape {X.shape}; the model takes examples of the shape {expected}")
    inputs = chain.inputs(X)
    if inputs.shape[1] != chain.sizes[0]:
        message = f"has {inputs.shape[1]} numbers for each example, and {chain.layers[0].layer.name} takes"
        raise refusal("X", f"{message} {chain.sizes[0]} at a time; a Flatten before it makes one row of each example")
    try:
        output, found = keras.ops.convert_to_numpy(model(X, training=False)), _outputs(model, X)
    except Exception as error:  # what a model raises is its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise refusal("X", f"the model cannot take {len(X)} examples of the shape {X.shape[1:]}: {reason}") from error
    if output.shape != (len(X), chain.sizes[-1]):
        message = f"gives outputs of the shape {output.shape}; expected {(len(X), chain.sizes[-1])}"
        raise refusal("model", f"{message}; {ADVICE}")
    network = Network.of_dense(chain.sizes, chain.activations)
    weights = [_in_bits(each.weights()) for each in chain.layers]
    biases = [None if (numbers := each.biases()) is None else _in_bits(numbers) for each in chain.layers]
    given = {**found, len(chain.layers) - 1: output}
    # Where layers are of float64, Keras computes in float32 all the same, depending on the backend.
    given = {at: each.astype(np.float32) if each.dtype == np.float64 else _in_bits(each) for at, each in given.items()}
    worst = worst_layer(network, weights, biases, inputs, given)
    if worst is not None:
        name = chain.layers[worst[0]].layer.name
        message = f"{name}: what comes out here is not what its weights say, up to {worst[1]:.2g} off"
        raise refusal("model", f"{message}; {ADVICE}")


def _in_bits(array: AnyArray) -> AnyArray:
    """An array in the form in which numbers are kept: those of bfloat16 as their bits."""
    return array.view(np.uint16) if array.dtype.name == "bfloat16" else array


def _outputs(model: Any, X: AnyArray) -> dict[int, AnyArray]:
    """What each Dense layer gives, with its activation function, one layer called after the other."""
    found: dict[int, AnyArray] = {}
    numbers: Any = X
    for layer in _leaves(model):
        kind = type(layer).__name__
        if kind == "InputLayer" or kind in _OFF_WHILE_SHOWN:
            continue
        numbers = layer(numbers)
        if kind == "Dense":
            found[len(found)] = keras.ops.convert_to_numpy(numbers)
        elif found and kind not in _KEEPS_NUMBERS:
            found[len(found) - 1] = keras.ops.convert_to_numpy(numbers)
    return found
