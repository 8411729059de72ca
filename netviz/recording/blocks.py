"""Blocks: parts of a network that a recording names and sums up, but whose neurons and weights it does not hold.

A convolution, an attention layer or a table of embeddings has too many numbers to be drawn one by one. Of such a part a
recording has its name, its kind and its shape, and for each moment how large its weights are and how much they changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any

BLOCK_SIZES, BLOCK_UPDATES = "block_sizes", "block_updates"
"""Roles of a layer's parameters (B,), a number for each of its blocks: the root mean square of the block's weights; and
that of their change since the moment kept before, for each step gone by. Both are 0 for a block without weights, and
the change is 0 at the first moment."""
BLOCK_KINDS = (
    "conv",
    "dense",
    "norm",
    "pool",
    "dropout",
    "embedding",
    "attention",
    "recurrent",
    "activation",
    "add",
    "reshape",
    "other",
)
MOST_BLOCKS, MOST_MODULES, LONGEST_LABEL = 1_000, 10_000, 200
"""Most blocks of a layer, most modules that one stands for, and most letters of their names, that are read."""
_LARGEST = 2**53


@dataclass(frozen=True)
class Block:
    """Part of a network that is summarised: a module of a framework, several alike folded into one, or a function."""

    name: str
    """Name that its makers gave it, such as "layer1.0", or the name of the function, such as "add"."""
    kind: str
    """One of BLOCK_KINDS; of a module that holds others the kind of what matters most in it, or "other"."""
    label: str
    """Kind, as its framework calls it, such as "Conv2d"."""
    shape: tuple[int, ...] = ()
    """Shape of what it gives for one example."""
    weights: int = 0
    """Number of its weights, of all repeats together."""
    repeats: int = 1
    """Number of modules alike, one after the other, that it stands for."""
    modules: tuple[str, ...] = ()
    """Names of all modules that it stands for, those within others too."""
    joins: int | None = None
    """End of a branch around blocks: index among the layer's blocks of the one whose result is added here,
    -1 for what the first of them takes; None where there is no such branch."""


def block_in_json(block: Block) -> dict[str, Any]:
    """The block as JSON."""
    return {
        "name": block.name,
        "kind": block.kind,
        "label": block.label,
        "shape": list(block.shape),
        "weights": block.weights,
        "repeats": block.repeats,
        "modules": list(block.modules),
        "joins": block.joins,
    }


def blocks_from_json(data: Any) -> tuple[Block, ...]:
    """The blocks of a layer in a header. Raises ValueError, TypeError or KeyError where they are none."""
    if not isinstance(data, list):
        raise TypeError("blocks: expected a list")
    if len(data) > MOST_BLOCKS:
        raise ValueError(f"blocks: {len(data)} blocks; at most {MOST_BLOCKS} are read")
    return tuple(_block_from_json(index, entry) for index, entry in enumerate(data))


def _block_from_json(index: int, data: Any) -> Block:
    where = f"blocks[{index}]"
    if not isinstance(data, Mapping):
        raise TypeError(f"{where}: expected an object")
    modules, joins = data.get("modules", []), data.get("joins")
    names = [data.get(key, "") for key in ("name", "label")]
    if not isinstance(modules, list) or len(modules) > MOST_MODULES:
        raise TypeError(f"{where}: modules: expected a list of up to {MOST_MODULES} texts")
    if not all(isinstance(text, str) and len(text) <= LONGEST_LABEL and text.isprintable() for text in names + modules):
        raise TypeError(f"{where}: name, label, modules: expected texts of up to {LONGEST_LABEL} letters in one line")
    if data.get("kind") not in BLOCK_KINDS:
        raise ValueError(f"{where}: kind {short(data.get('kind'))} is none of {', '.join(BLOCK_KINDS)}")
    if joins is not None and not (type(joins) is int and -1 <= joins < index):
        raise ValueError(f"{where}: joins is {short(joins)}; expected the index of a block before it, -1 or null")
    shape = data.get("shape", [])
    if not isinstance(shape, list) or len(shape) > 16 or not all(map(_is_count, shape)):
        raise TypeError(f"{where}: shape: expected a list of whole numbers")
    counts = data.get("weights", 0), data.get("repeats", 1)
    if not all(map(_is_count, counts)) or counts[1] < 1:
        raise TypeError(f"{where}: weights and repeats: expected whole numbers")
    return Block(names[0], data["kind"], names[1], tuple(shape), *counts, tuple(modules), joins)


def _is_count(data: Any) -> bool:
    return type(data) is int and 0 <= data < _LARGEST


def block_problems(where: str, blocks: tuple[Block, ...], parameters: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Problems of a layer's blocks, as messages: sizes and updates are there if, and only if, there are blocks."""
    for role in (BLOCK_SIZES, BLOCK_UPDATES):
        expected = (len(blocks),) if blocks else None
        if parameters.get(role) != expected:
            right = f"[{len(blocks)}], a number for each block" if blocks else "none, as it has no blocks"
            found = parameters.get(role)
            yield f"{where}: parameters.{role} has the shape {short(found and [*found])}; expected {right}"
