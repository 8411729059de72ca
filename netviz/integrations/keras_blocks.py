"""Blocks of a Keras model: its layers folded into so few parts, in call order, that they can be read.

Models within it are opened, the outer ones first, as long as a layer has about a dozen blocks. Where there are more all
the same, what matters less is put into the block before it, what lies beside a branch is one block, several alike that
follow each other are one, and at last the smallest neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from netviz.integrations.keras_graph import Container, Graph, Node
from netviz.recording.blocks import LONGEST_LABEL, Block

MOST_PARTS = 12
"""Blocks of a layer up to which models are opened."""
_ABSORBED = ("norm", "activation", "dropout", "reshape", "other")
"""Kinds that are put into the block before, where there are too many."""
_MATTERS = (
    *("attention", "conv", "recurrent", "embedding", "dense", "norm", "pool", "add", "activation"),
    *("dropout", "reshape", "other"),
)
"""Kinds, what matters most first."""
_PARTS_OF_NAMES = {
    "attention": ("attention",),
    "recurrent": ("lstm", "gru", "rnn", "bidirectional"),
    "conv": ("conv",),
    "embedding": ("embedding", "categoryencoding", "hashing"),
    "norm": ("normalization", "normalize"),
    "pool": ("pooling", "upsampling", "resizing"),
    "dense": ("dense", "matmul", "einsum"),
    "dropout": ("dropout", "gaussiannoise"),
    "activation": ("activation", "elu", "relu", "silu", "swish", "sigmoid", "tanh", "softmax", "softplus"),
    "reshape": (
        *("flatten", "reshape", "permute", "repeatvector", "cropping", "zeropadding", "transpose", "squeeze"),
        *("expanddims", "getitem", "pad"),
    ),
}
"""Kinds of blocks by what is in the names of Keras's classes, in lower case; the first that fits."""
_BY_NAME = {"Add": "add", "Subtract": "add", "Average": "add", "Sum": "add", "Mean": "pool", "Max": "pool"}
"""Kinds of blocks by names of Keras's classes."""
_NO_BLOCK = ("NotEqual",)
"""Operations that are no block of their own: what layers call to tell what is masked."""


@dataclass(frozen=True)
class KerasBlock:
    """A block, and the variables that it is summed up from."""

    block: Block
    variables: tuple[Any, ...] = ()
    """Its weights in the model, but for those that a block before it has."""


@dataclass(frozen=True, eq=False)
class _Part:
    """Nodes that become a block."""

    nodes: tuple[Node, ...]
    container: Container | None = None
    """The model that they are all of, if it is not opened."""
    repeats: int = 1

    @property
    def main(self) -> Node:
        """The layer that matters most in it, of several alike the first."""
        return min(self.nodes, key=lambda node: _MATTERS.index(kind_of(node)))

    @property
    def labels(self) -> tuple[str, ...]:
        """The layers in it, each once."""
        if self.container is not None:
            return (type(self.container.model).__name__,)
        return tuple(dict.fromkeys(label_of(node) for node in self.nodes if node.kind not in _NO_BLOCK))

    @property
    def looks(self) -> tuple[Any, ...]:
        """Key that parts have in common which are alike."""
        of_nodes = tuple((label_of(node), node.shape) for node in self.nodes)
        weights = sum(_size(each) for node in self.nodes for each in variables_of(node))
        return self.container is None, of_nodes, weights


def label_of(node: Node) -> str:
    """Kind of a layer in Keras: its class, or the function of a Dense layer."""
    if node.is_function:
        function = node.operation.activation
        return str(getattr(function, "__name__", type(function).__name__)).strip("<>")
    return node.kind


def kind_of(node: Node) -> str:
    """Kind of a block of one layer or operation."""
    if node.is_function:
        return "activation"
    if not node.is_own:
        return "other"
    if node.kind in _BY_NAME:
        return _BY_NAME[node.kind]
    name = node.kind.lower()
    if name in ("timedistributed", "spectralnormalization"):
        name = type(node.operation.layer).__name__.lower()
    return next((kind for kind, parts in _PARTS_OF_NAMES.items() if any(part in name for part in parts)), "other")


def variables_of(node: Node) -> list[Any]:
    """The weights of a layer that are trained, also of layers in it, frozen ones too; not running means."""
    if node.is_function or not hasattr(node.operation, "_flatten_layers"):
        return []
    found = {
        id(each): each
        for layer in node.operation._flatten_layers()
        for each in getattr(layer, "_trainable_variables", ())
    }
    return [*found.values()]


def _size(variable: Any) -> int:
    size = 1
    for number in variable.shape:
        size *= int(number)
    return size


class KerasBlocks:
    """Folds the nodes of a graph into blocks; what was taken into one is remembered, so that nothing counts twice."""

    def __init__(self, graph: Graph, cuts: set[Node]) -> None:
        """cuts: nodes whose results are all that later ones take."""
        self._graph, self._cuts = graph, cuts
        self._counted: set[int] = set()
        self._placed: set[Container] = set()

    def of(self, nodes: Sequence[Node]) -> tuple[KerasBlock, ...]:
        """The blocks of nodes that follow each other."""
        parts = self._folded([*nodes])
        place = {node: index for index, part in enumerate(parts) for node in part.nodes}
        return tuple(self._block(part, _joins(part, place, index)) for index, part in enumerate(parts))

    def _folded(self, nodes: list[Node]) -> list[_Part]:
        whole = set(nodes)
        opened = {each for node in self._graph.nodes if node not in whole for each in node.within}
        parts = _repeated(_parts(nodes, opened))
        while True:
            closed = [part.container for part in parts if part.container is not None and part.repeats == 1]
            for container in closed:
                trial = _repeated(_parts(nodes, opened | {container}))
                if len(trial) <= MOST_PARTS:
                    opened, parts = opened | {container}, trial
                    break
            else:
                break
        if len(parts) > MOST_PARTS:
            parts = _repeated(_absorbed(_parts(nodes, opened)))
        if len(parts) > MOST_PARTS:
            parts = _repeated(self._beside_branches(_absorbed(_parts(nodes, opened))))
        while len(parts) > MOST_PARTS:
            sizes = [len(one.nodes) + len(two.nodes) for one, two in pairwise(parts)]
            index = sizes.index(min(sizes))
            parts[index : index + 2] = [_Part((*parts[index].nodes, *parts[index + 1].nodes))]
        return parts

    def _beside_branches(self, parts: list[_Part]) -> list[_Part]:
        """The parts with all that lies between a branch and where it comes back as one."""
        result: list[_Part] = []
        is_open = False
        for part in parts:
            if is_open:
                result[-1] = _Part((*result[-1].nodes, *part.nodes))
            else:
                result.append(part)
            is_open = part.nodes[-1] not in self._cuts
        return result

    def _block(self, part: _Part, joins: int | None) -> KerasBlock:
        main, container = part.main, part.container
        modules = dict.fromkeys(each for node in part.nodes for each in _names(node))
        for node in part.nodes:
            for each in node.within:
                if each not in self._placed:
                    self._placed.add(each)
                    modules[str(each.model.name)] = None
        variables = []
        for node in part.nodes:
            for each in variables_of(node):
                if id(each) not in self._counted:
                    self._counted.add(id(each))
                    variables.append(each)
        name = str(container.model.name) if container is not None else main.name
        if main.is_function and container is None:
            name = label_of(main)
        label = ", ".join(part.labels)[:LONGEST_LABEL]
        weights = sum(map(_size, variables))
        shape = next((node.shape for node in reversed(part.nodes) if node.kind not in _NO_BLOCK), ())
        block = Block(name, kind_of(main), label, shape, weights, part.repeats, tuple(modules), joins)
        return KerasBlock(block, tuple(variables))


def _names(node: Node) -> list[str]:
    """Names of a layer, and of those in it."""
    layers = node.operation._flatten_layers() if hasattr(node.operation, "_flatten_layers") else [node.operation]
    return [str(each.name) for each in layers]


def _parts(nodes: Iterable[Node], opened: set[Container]) -> list[_Part]:
    """A part for each node, and for all of a model that is not opened."""
    parts: list[_Part] = []
    for node in nodes:
        container = next((each for each in node.within if each not in opened), None)
        is_of_before = node.is_function and parts and parts[-1].nodes[-1] in node.inputs  # of the same Dense layer
        is_inside = container is not None and parts and parts[-1].container is container
        if parts and (is_of_before or is_inside or (container is None and node.kind in _NO_BLOCK)):
            parts[-1] = replace(parts[-1], nodes=(*parts[-1].nodes, node))
        else:
            parts.append(_Part((node,), container))
    return parts


def _absorbed(parts: Sequence[_Part]) -> list[_Part]:
    """The parts with those that matter less in the one before."""
    result: list[_Part] = []
    for part in parts:
        is_small = kind_of(part.main) in _ABSORBED and all(len(node.inputs) < 2 for node in part.nodes)
        if result and is_small:
            result[-1] = _Part((*result[-1].nodes, *part.nodes))
        else:
            result.append(part)
    return result


def _repeated(parts: Sequence[_Part]) -> list[_Part]:
    """The parts with those alike, each of which takes what the one before it gives, as one."""
    result: list[_Part] = []
    looks: tuple[Any, ...] = ()
    for part in parts:
        last = result[-1] if result else None
        takes = last is not None and any(each in last.nodes for node in part.nodes for each in node.inputs)
        if last is not None and takes and part.looks == looks and any(map(variables_of, part.nodes)):
            result[-1] = replace(last, nodes=(*last.nodes, *part.nodes), repeats=last.repeats + 1)
        else:
            result.append(part)
            looks = part.looks
    return result


def _joins(part: _Part, place: dict[Node, int], index: int) -> int | None:
    """Origin of the branch that comes back here: index of a block; -1: the input of the first."""
    node = part.nodes[0]
    inputs = [each for each in node.inputs if each.kind not in _NO_BLOCK]
    if len(inputs) < 2 or part.container is not None:
        return None
    first = min(place.get(each, -1) for each in inputs)
    return None if first in (index, index - 1) else first
