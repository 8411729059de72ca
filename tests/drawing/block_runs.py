"""Recorded runs of networks with blocks, made by hand: how they are drawn matters, not what their layers do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES, Block
from netviz.recording.network import BIASES, WEIGHTS, Layer, Network
from netviz.recording.recorder import Recorder

ROLES = (BLOCK_SIZES, BLOCK_UPDATES)


def block(name: str, kind: str, label: str, shape: Sequence[int] = (), weights: int = 0, **more: Any) -> Block:
    return Block(name, kind, label, tuple(shape), weights, modules=(name,), **more)


def blocks_after(before: int, outputs: int, blocks: Sequence[Block]) -> Layer:
    """A layer of blocks after layer number `before`."""
    roles = dict.fromkeys(ROLES, (len(blocks),))
    return Layer("block", (outputs,), "", (before,), "linear", roles, exact=False, blocks=tuple(blocks))


def dense_after(
    before: int, sizes: tuple[int, int], activation: str = "relu", blocks: Sequence[Block] = (), name: str = ""
) -> Layer:
    """A dense layer after layer number `before`, with blocks between its sums and its function."""
    roles: dict[str, tuple[int, ...]] = {WEIGHTS: sizes, BIASES: sizes[1:]}
    roles |= dict.fromkeys(ROLES, (len(blocks),)) if blocks else {}
    return Layer("dense", sizes[1:], name, (before,), activation, roles, exact=not blocks, blocks=tuple(blocks))


def recorder(layers: Sequence[Layer], probes: Any, targets: Any, *, steps: int = 40, **about: Any) -> Recorder:
    """A recorder of some steps of a network in which all weights drift; updates become smaller, step by step."""
    random = np.random.default_rng(11)
    kept = Recorder(Network(tuple(layers)), None, probes, targets, **about)
    dense = [
        random.normal(0, 1, pair) / pair[0] ** 0.5 if layer.is_dense else None
        for layer, pair in zip(layers[1:], pairwise(layer.size for layer in layers), strict=True)
    ]
    sizes = [random.uniform(0.01, 0.3, len(layer.blocks)) for layer in layers[1:]]
    learned = [np.array([block.weights > 0 for block in layer.blocks], float) for layer in layers[1:]]
    for step in range(steps + 1):
        part = step / steps
        outputs = [
            None if layer.exact else _answers(random, layer, len(probes), targets, part if layer is layers[-1] else 0)
            for layer in layers[1:]
        ]
        given: dict[str, Any] = {
            BLOCK_SIZES: [
                has * size * (1 + part) if len(has) else None for has, size in zip(learned, sizes, strict=True)
            ],
            BLOCK_UPDATES: [
                has * size * (0.02 * 0.03**part) * (step > 0) if len(has) else None
                for has, size in zip(learned, sizes, strict=True)
            ],
        }
        kept.snap(
            2.3 * 0.1**part,
            step=step,
            weights=[None if each is None else each * (1 + part) for each in dense],
            biases=[None if each is None else np.zeros(each.shape[1]) for each in dense],
            activations=outputs,
            **given,
        )
    return kept


def _answers(random: Any, layer: Layer, probes: int, targets: Any, part: float) -> Any:
    """Activations (P, n) of a layer that cannot be computed; of the last they come to be right."""
    values = np.maximum(0.01, random.normal(0.3, 0.5, (probes, layer.size)))
    if part and np.ndim(targets) == 1:
        values = (1 - part) * values / values.sum(axis=1, keepdims=True) + part * np.eye(layer.size)[targets]
    return values


def resnet(side: int = 32, probes: int = 8, **about: Any) -> Recorder:
    """Pictures in colour, twelve blocks, and a dense layer over what they find."""
    parts = [
        block("conv1", "conv", "Conv2d", (64, 16, 16), 9_408),
        block("bn1", "norm", "BatchNorm2d", (64, 16, 16), 128),
        block("relu", "activation", "ReLU", (64, 16, 16)),
        block("maxpool", "pool", "MaxPool2d", (64, 8, 8)),
        block("layer1.0", "conv", "BasicBlock", (64, 8, 8), 73_984),
        block("layer1.1", "conv", "BasicBlock", (64, 8, 8), 73_984),
        block("layer2.0", "conv", "BasicBlock", (128, 4, 4), 230_144),
        block("layer2.1", "conv", "BasicBlock", (128, 4, 4), 295_424),
        block("layer3", "conv", "BasicBlock", (256, 2, 2), 2_099_712, repeats=2),
        block("layer4", "conv", "BasicBlock", (512, 1, 1), 8_393_728, repeats=2),
        block("avgpool", "pool", "AdaptiveAvgPool2d", (512, 1, 1)),
        block("flatten", "reshape", "flatten", (512,)),
    ]
    layers = [
        Layer("input", (3, side, side)),
        blocks_after(0, 512, parts),
        dense_after(1, (512, 10), "softmax", name="fc"),
    ]
    return recorder(
        layers, scenes_in_colour(side, probes), np.arange(probes) % 10, loss="cross_entropy",
        classes=("airplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"), **about,
    )  # fmt: skip


def scenes_in_colour(side: int, count: int) -> Any:
    """Pictures (count, 3 * side * side): a hill before a sky with a sun, normalised channel by channel."""
    y, x = np.mgrid[0:side, 0:side] / side
    found = []
    for number in range(count):
        sky = np.stack([0.35 + 0.3 * y, 0.55 + 0.25 * y, 0.95 - 0.15 * y])
        hill = y > 0.62 + 0.14 * np.sin(6 * x + number)
        sky[:, hill] = np.array([[0.16], [0.45], [0.2]]) * (1.3 - y[hill])
        sun = np.hypot(x - 0.15 - 0.1 * number, y - 0.25) < 0.12
        sky[:, sun] = np.array([[1.0], [0.82], [0.25]])
        found.append((sky - 0.45) / 0.25)
    return np.reshape(found, (count, -1)).astype(np.float32)


def gpt(probes: int = 8, length: int = 16, **about: Any) -> Recorder:
    """Sixteen tokens, six blocks, and a score for each of 64 tokens."""
    parts = [
        block("wte", "embedding", "Embedding", (16, 64), 4_096),
        block("wpe", "embedding", "Embedding", (16, 64), 1_024),
        block("drop", "dropout", "Dropout, off", (16, 64)),
        block("h", "attention", "Block", (16, 64), 599_808, repeats=12),
        block("ln_f", "norm", "LayerNorm", (16, 64), 128),
        block("lm_head", "dense", "Linear", (16, 64), 4_096),
    ]
    tokens = np.random.default_rng(1).integers(0, 64, (probes, length)).astype(np.float32)
    layers = [Layer("input", (length,)), blocks_after(0, 64, parts)]
    return recorder(layers, tokens, np.arange(probes) % 64, **about)


def normed(dense: int = 2, **about: Any) -> Recorder:
    """Dense layers on digits, each but the last with a norm before its function and dropout, switched off."""
    sizes = [16, *[12] * dense, 4]
    layers = [Layer("input", (4, 4))]
    for number, pair in enumerate(pairwise(sizes)):
        parts = [
            block(f"bn{number + 1}", "norm", "BatchNorm1d", (pair[1],), 2 * pair[1]),
            block("drop", "dropout", "Dropout, off", (pair[1],)),
        ][: 2 if number == 0 else 1]
        last = number == dense
        layers.append(dense_after(number, pair, "softmax" if last else "relu", () if last else parts))
    pictures = np.random.default_rng(4).random((8, 16)).astype(np.float32)
    return recorder(layers, pictures, np.arange(8) % 4, loss="cross_entropy", classes=("a", "b", "c", "d"), **about)


def dense_block_dense(**about: Any) -> Recorder:
    """Four inputs, a dense layer, an attention layer, a dense layer."""
    parts = [
        block("attention", "attention", "MultiheadAttention", (6,), 168),
        block("add", "add", "add", (6,), joins=-1),
        block("norm", "norm", "LayerNorm", (6,), 12),
    ]
    layers = [
        Layer("input", (4,)),
        dense_after(0, (4, 6), "tanh"),
        blocks_after(1, 6, parts),
        dense_after(2, (6, 3), "softmax"),
    ]
    inputs = np.random.default_rng(2).normal(0, 1.5, (8, 4)).round(2)
    return recorder(layers, inputs, np.arange(8) % 3, loss="cross_entropy", classes=("red", "green", "blue"), **about)


def of_blocks(
    count: int, outputs: int = 5, inputs: tuple[int, ...] = (6,), name: str = "part", **about: Any
) -> Recorder:
    """A network of so many blocks alone, every third of which has weights."""
    kinds = ("conv", "norm", "activation", "recurrent", "pool", "other")
    parts = [
        block(f"{name}.{number}", kinds[number % 6], f"Kind{number % 6}", (8, 8), 0 if number % 3 else 1_000 + number)
        for number in range(count)
    ]
    probes = np.random.default_rng(3).random((6, prod(inputs))).astype(np.float32)
    return recorder([Layer("input", inputs), blocks_after(0, outputs, parts)], probes, np.arange(6) % outputs, **about)


def of_bare_blocks(**about: Any) -> Recorder:
    """A network of two blocks of which nothing is known but their names."""
    parts = [block("relu", "activation", ""), block("core", "other", "")]
    probes = np.random.default_rng(3).random((6, 4)).astype(np.float32)
    return recorder([Layer("input", (4,)), blocks_after(0, 3, parts)], probes, np.arange(6) % 3, **about)
