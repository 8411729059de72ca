"""Graph of a Keras model: the layers and operations that it calls, in order, those of models within it too.

A graph can be run on some examples, one operation after the other as when the model is not training, which leaves
nothing behind on the model.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from netviz.integrations.fit_film import refusal
from netviz.recording.recording import AnyArray

ADVICE = "netviz.Recorder records what you give it of any model"


@dataclass(eq=False)
class Container:
    """A model that was called within another one."""

    model: Any


@dataclass(eq=False)
class Node:
    """A call of a layer or operation; or the activation function of a Dense layer, as what follows its sums."""

    operation: Any
    """Keras's layer or operation; None for the examples themselves."""
    within: tuple[Container, ...] = ()
    """Models that it is in, the outermost first."""
    inputs: tuple[Node, ...] = ()
    """The nodes that its inputs come from, each once."""
    is_function: bool = False
    """True for the activation function of a Dense layer, which is called with it."""
    takes: tuple[tuple[int, Node, int], ...] = ()
    """Its inputs: Keras's tensor by id, the node that gives it, and which of that node's results it is."""
    arguments: Any = None
    """Keras's own record of the arguments."""
    shape: tuple[int, ...] = field(default=(), compare=False)
    """Shape of what it gives for one example; known when the graph has been run."""

    @property
    def kind(self) -> str:
        """Name of its class."""
        return type(self.operation).__name__

    @property
    def name(self) -> str:
        """Name of the layer or operation."""
        return str(self.operation.name)

    @property
    def place(self) -> str:
        """The layer, for people: "norm (BatchNormalization)"."""
        return f"{self.name} ({self.kind})"

    @property
    def is_own(self) -> bool:
        """True for a layer or operation of Keras's."""
        return type(self.operation).__module__.startswith("keras.")


@dataclass(frozen=True, eq=False)
class Graph:
    """Calls of a model, as a graph."""

    model: Any
    start: Node
    """The examples."""
    nodes: tuple[Node, ...]
    """All others, in the order in which they can be called, and are."""
    output: tuple[Node, int]
    """The outputs: a node, and which of its results."""

    def run(self, X: Any, wanted: Sequence[Node]) -> list[AnyArray]:
        """Results of these nodes for examples (P, ...). A model that is training has to be `guarded`."""
        results: dict[Node, list[Any]] = {
            self.start: [keras.ops.convert_to_tensor(X, dtype=self.model.inputs[0].dtype)]
        }
        for node in self.nodes:
            if node.is_function:  # its Dense layer gave what comes after it
                results[node] = results[node.inputs[0]]
                continue
            given = {key: results[source][index] for key, source, index in node.takes}
            arguments, named = node.arguments.fill_in(given)
            results[node] = keras.tree.flatten(_called(node.operation)(*arguments, **named))
        return [_numbers(results[node][0 if node is not self.output[0] else self.output[1]]) for node in wanted]


def graph_of(model: Any) -> Graph:
    """The graph of a built model. Raises InputError where the order of its layers is not known."""
    start = Node(None)
    nodes: list[Node] = []
    output = _add(model, (), (start, 0), nodes)
    return Graph(model, start, tuple(nodes), output)


@contextmanager
def guarded() -> Iterator[None]:
    """A pass that leaves everything as it was.

    What variables are given, states of random numbers and running means among them, and losses that layers add are
    thrown away; no gradient is worked out; NumPy's, Python's and PyTorch's random numbers are restored.
    """
    torch = sys.modules.get("torch")
    of_numpy, of_python = np.random.get_state(), random.getstate()
    of_torch = None if torch is None else torch.random.get_rng_state()
    try:
        with nullcontext() if torch is None else torch.no_grad(), keras.StatelessScope():
            yield
    finally:
        np.random.set_state(of_numpy)
        random.setstate(of_python)
        if torch is not None:
            torch.random.set_rng_state(of_torch)


def _called(operation: Any) -> Callable[..., Any]:
    """The operation, which is told that the model is not training where it takes that."""
    names = getattr(operation, "_call_context_args", None)
    if names is None:
        names = ("training",) if getattr(operation, "_call_has_training_arg", False) else ()
    if "training" not in names:
        return operation
    return lambda *args, **named: operation(*args, **{**named, "training": False})


def _numbers(tensor: Any) -> AnyArray:
    """A tensor's numbers; those of half precision as float32."""
    array = np.asarray(keras.ops.convert_to_numpy(tensor))
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)


def is_opened(operation: Any) -> bool:
    """True for a model whose layers are known in their order: Sequential or functional, of one input and output."""
    known = isinstance(operation, keras.Sequential) or hasattr(operation, "operations")
    if not known or not operation.built or getattr(operation, "outputs", None) is None:
        return False
    return len(operation.inputs) == 1 and len(operation.outputs) == 1


def _add(model: Any, within: tuple[Container, ...], given: tuple[Node, int], nodes: list[Node]) -> tuple[Node, int]:
    """Add what a model calls, and return where its output comes from. given: where its input does."""
    if not is_opened(model):
        raise refusal("model", f"{_reason(model)}; {ADVICE}")
    where = {id(model.inputs[0]): given}
    for operation, call in _ordered(model):
        takes = tuple((id(each), *where[id(each)]) for each in call.input_tensors)
        results = keras.tree.flatten(call.output_tensors)
        if is_opened(operation):
            inner = (*within, Container(operation))
            where[id(results[0])] = _add(operation, inner, takes[0][1:], nodes)
            continue
        inputs = tuple(dict.fromkeys(source for _, source, _ in takes))
        node = Node(operation, within, inputs, False, takes, call.arguments)
        nodes.append(node)
        if _has_function(node):
            node = Node(operation, within, (node,), True)
            nodes.append(node)
        where |= {id(each): (node, index) for index, each in enumerate(results)}
    return where[id(model.outputs[0])]


def _has_function(node: Node) -> bool:
    function = getattr(node.operation, "activation", None)
    return node.is_own and node.kind == "Dense" and function not in (None, keras.activations.linear)


def _reason(model: Any) -> str:
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        kind = type(model).__name__
        return f"{kind} is neither Sequential nor functional, so the order of its layers is not known"
    if getattr(model, "outputs", None) is None:
        return f"{model.name} has layers whose shapes Keras cannot tell"
    return f"{model.name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs"


def _ordered(model: Any) -> list[tuple[Any, Any]]:
    """The calls of a model, as an operation and Keras's record of its call, each after those that it takes."""

    def call_of(tensor: Any) -> tuple[Any, Any]:
        history = tensor._keras_history
        return history.operation, history.operation._inbound_nodes[history.node_index]

    inputs = {id(each) for each in model.inputs}
    ordered: dict[int, tuple[Any, Any]] = {}
    waiting = [(model.outputs[0], False)]
    while waiting:
        tensor, is_ready = waiting.pop()
        if id(tensor) in inputs:
            continue
        operation, call = call_of(tensor)
        if id(call) in ordered:
            continue
        if is_ready:
            ordered[id(call)] = operation, call
        else:
            waiting.append((tensor, True))
            waiting += [(each, False) for each in reversed(call.input_tensors)]
    return [*ordered.values()]
