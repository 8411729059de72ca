from __future__ import annotations

import json
from typing import Any

import pytest

from netviz.recording.network import Layer, Network, network_from_json, network_in_json, network_problems
from tests.recording.files import in_header

NETWORK = Network.of_dense((2, 3, 1), ("tanh", "sigmoid"), loss="cross_entropy")
NETWORKS = {
    "dense": NETWORK,
    "no biases": Network.of_dense((2, 3, 1), ("tanh", "linear"), biases=False),
    "an unknown function": Network.of_dense((2, 3, 1), ("mish", "softmax"), loss="squared_error"),
    "one without biases, names": Network(
        (
            Layer("input", (2,), "pixels"),
            Layer("dense", (3,), "fc1", (0,), "relu", {"weights": (2, 3)}),
            Layer("dense", (2,), "fc2", (1,), "softmax", {"weights": (3, 2), "biases": (2,)}, False),
        ),
        "cross_entropy",
    ),
}


def test_a_dense_network_is_described_layer_by_layer() -> None:
    inputs, hidden, outputs = NETWORK.layers
    assert inputs == Layer("input", (2,))
    assert hidden == Layer("dense", (3,), "", (0,), "tanh", {"weights": (2, 3), "biases": (3,)}, True)
    assert outputs == Layer("dense", (1,), "", (1,), "sigmoid", {"weights": (3, 1), "biases": (1,)}, True)
    assert NETWORK.sizes == (2, 3, 1) and NETWORK.activations == ("tanh", "sigmoid")


@pytest.mark.parametrize(
    ("name", "has_biases", "is_exact", "has_known_errors"),
    [
        ("dense", True, True, True),
        ("no biases", False, True, False),
        ("an unknown function", True, False, False),
        ("one without biases, names", True, False, False),
    ],
)
def test_what_can_be_computed_again(name: str, has_biases: bool, is_exact: bool, has_known_errors: bool) -> None:
    network = NETWORKS[name]
    assert (network.has_biases, network.is_exact, network.has_known_errors) == (has_biases, is_exact, has_known_errors)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back_from_a_header(name: str) -> None:
    text = json.dumps(network_in_json(NETWORKS[name]))
    assert network_from_json(json.loads(text)) == NETWORKS[name]
    assert [*network_problems(NETWORKS[name])] == []


def test_what_need_not_be_said() -> None:
    dense = {"kind": "dense", "shape": [1], "inputs": [0], "parameters": {"weights": [2, 1]}}
    found = network_from_json({"layers": [{"kind": "input", "shape": [2]}, dense]})
    assert found == Network.of_dense((2, 1), ("linear",), biases=False)


FIRST, HIDDEN, LAST = (("layers", index) for index in range(3))


@pytest.mark.parametrize(
    ("place", "to", "message"),
    [
        (("layers",), {}, "network: expected an object with layers, a list"),
        (("layers",), [], "network.layers: a network has inputs and one layer or more after them, this one has 0"),
        (("layers",), [0] * 1001, "network.layers: 1001 layers; at most 1000 are read"),
        (("loss",), "mse", "network.loss: 'mse' is none of squared_error, cross_entropy; give null for another"),
        (("loss",), ["squared_error"], "network.loss: ['squared_error'] is none of"),
        (("loss",), False, "network.loss: False is none of"),
        (HIDDEN, None, "network.layers[1]: expected an object"),
        (HIDDEN, {}, "network.layers[1]: 'kind' is missing"),
        (HIDDEN, {"kind": "dense"}, "network.layers[1]: 'shape' is missing"),
        ((*HIDDEN, "kind"), 3, "network.layers[1]: kind, name and activation: expected texts"),
        ((*HIDDEN, "name"), "a\nb", "network.layers[1]: kind, name and activation: expected texts"),
        ((*HIDDEN, "activation"), "x" * 201, "network.layers[1]: kind, name and activation: expected texts"),
        ((*HIDDEN, "kind"), "conv", "network.layers[1]: kind is 'conv'; expected dense or block"),
        ((*FIRST, "kind"), "dense", "network.layers[0]: kind is 'dense'"),
        ((*HIDDEN, "shape"), 3, "network.layers[1]: shape: expected a list of whole numbers"),
        ((*HIDDEN, "shape"), [3.0], "network.layers[1]: shape: expected a list of whole numbers"),
        ((*HIDDEN, "shape"), [True], "network.layers[1]: shape: expected a list of whole numbers"),
        ((*HIDDEN, "shape"), [-3], "network.layers[1]: shape: expected a list of whole numbers"),
        ((*HIDDEN, "shape"), [2**31], "network.layers[1]: shape: expected a list of whole numbers"),
        ((*HIDDEN, "shape"), [0], "network.layers[1]: shape is [0]; expected one number, of its neurons"),
        ((*HIDDEN, "shape"), [], "network.layers[1]: shape is []; expected one number"),
        ((*HIDDEN, "shape"), [3, 1], "network.layers[1]: shape is [3, 1]; expected one number"),
        ((*HIDDEN, "shape"), [1] * 10**6, "network.layers[1]: shape is [1, 1, 1, 1, 1, 1, ...]; expected one number"),
        ((*HIDDEN, "shape"), [4], "parameters.weights has the shape [2, 3]; expected [2, 4]"),
        ((*FIRST, "shape"), [3], "network.layers[1]: parameters.weights has the shape [2, 3]; expected [3, 3]"),
        ((*HIDDEN, "inputs"), [], "network.layers[1]: inputs are []; each layer takes the one before it"),
        ((*LAST, "inputs"), [0], "network.layers[2]: inputs are [0]; each layer takes the one before it"),
        ((*LAST, "inputs"), [1, 0], "network.layers[2]: inputs are [1, 0]"),
        ((*FIRST, "inputs"), [0], "network.layers[0]: inputs are [0]"),
        ((*FIRST, "parameters"), {"weights": [2]}, "network.layers[0]: inputs have no parameters"),
        ((*HIDDEN, "parameters"), [], "network.layers[1]: parameters: expected an object of shapes by role"),
        ((*HIDDEN, "parameters"), {"biases": [3]}, "network.layers[1]: parameters.weights is missing"),
        ((*HIDDEN, "parameters", "scale"), [3], "network.layers[1]: parameters have the role 'scale'"),
        ((*HIDDEN, "parameters", "a\nb"), [3], r"network.layers[1]: parameters have the role 'a\nb'"),
        ((*HIDDEN, "parameters", "biases"), [1, 3], "parameters.biases has the shape [1, 3]; expected [3]"),
        ((*HIDDEN, "parameters", "biases"), "3", "network.layers[1]: parameters, 'biases': expected a list of whole"),
        ((*HIDDEN, "exact"), 1, "network.layers[1]: exact: expected true or false"),
        ((*HIDDEN, "activation"), "mish", "network.layers[1]: activation 'mish' is not exact; those that can be are"),
        ((*HIDDEN, "activation"), "softmax", "network.layers[1]: softmax is for the last layer only"),
        (
            (*LAST, "activation"),
            "linear",
            "network.loss: cross_entropy is for sigmoid or softmax outputs, not 'linear'",
        ),
    ],
)
def test_what_is_no_network_is_refused(place: tuple[Any, ...], to: Any, message: str) -> None:
    data = json.loads(json.dumps(network_in_json(NETWORK)))
    in_header(*place, to=to)({}, data)
    with pytest.raises(ValueError) as caught:
        network_from_json(data)
    assert message in str(caught.value)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


@pytest.mark.parametrize("data", [None, [], "x", 3, {}])
def test_what_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="network: expected an object with layers, a list"):
        network_from_json(data)


def test_a_hidden_softmax_that_is_not_exact_is_shown() -> None:
    data = json.loads(json.dumps(network_in_json(NETWORK)))
    data["layers"][1] |= {"activation": "softmax", "exact": False}
    assert not network_from_json(data).is_exact
