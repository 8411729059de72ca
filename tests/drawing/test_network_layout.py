"""What of a large network is drawn one by one, and where it all stands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from netviz.drawing.collapsed_layout import _filling, place_collapsed
from netviz.drawing.layer_collapsing import MOST_LINES, collapse_network, contributions
from netviz.drawing.layout import Flow, Rect
from netviz.drawing.network_layout import NetworkPositions, most_discs, place
from netviz.drawing.synapse_curves import curves
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.training.trainer import train
from tests.recordings import own_scene

ROOMS: list[tuple[Rect, Flow]] = [
    (Rect(96, 205, 1500, 620), "right"), (Rect(60, 200, 900, 440), "right"), (Rect(60, 600, 960, 800), "up"),
]  # fmt: skip
LAYERS = [(30, 60, 10), (64, 32, 10), (784, 128, 10), (1, 1000, 1), (1000, 1), (3, 25, 25, 25, 25, 25, 40)]


def large(layers: tuple[int, ...], bias: bool = True, grid: tuple[int, int] | None = None) -> Scene:
    """A network that has hardly learned anything: what is drawn does not depend on how well."""
    random = np.random.default_rng(3)
    examples = [
        {"inputs": random.random(layers[0]).tolist(), "target": random.random(layers[-1]).tolist()} for _ in range(4)
    ]
    return Scene.model_validate(
        {
            "network": {"layers": layers, "bias": bias, "grid": grid},
            "data": {"examples": examples},
            "training": {"cycles": 2, "batch": 2, "learning_rate": 0.1},
            "schedule": {"cycles": [1, 2]},
            "shots": [{"shot": "learning", "examples": 1}],
        }
    )


def placed(recording: Recording, slot: Rect, flow: Flow) -> NetworkPositions:
    scene = own_scene(recording)
    found = collapse_network(recording, scene, most_discs(slot, flow, 1.08))
    return place_collapsed(found.layers, slot, flow, 50, scene.has_bias_nodes, label=40, unit=1.08)


def test_small_networks_are_whole(recording: Recording) -> None:
    network = collapse_network(recording, own_scene(recording), 20)
    assert not any(len(layer.cells) for layer in network.layers) and set(network.lines) == {None}
    assert network.drawn == sum(network.synapses) == 16
    assert [fold.discs.tolist() for fold in network.layers] == [[0, 1, 2], [0, 1, 2, 3], [0]]


def test_a_layer_of_some_more_neurons_stands_in_staggered_columns() -> None:
    for size, columns in ((20, 1), (21, 2), (40, 2)):
        scene = large((3, size, 2), bias=False)
        (_, layer, _) = collapse_network(train(scene), scene, 20).layers
        assert (layer.columns, len(layer.discs), len(layer.cells)) == (columns, size, 0)
    scene = large((3, 41, 2), bias=False)
    (_, layer, _) = collapse_network(train(scene), scene, 20).layers
    assert (layer.columns, len(layer.discs), len(layer.cells)) == (1, 0, 41), "a block"


@pytest.mark.parametrize(("slot", "flow"), ROOMS, ids=["wide", "square", "tall"])
def test_staggered_columns_are_even_and_end_above_their_label(slot: Rect, flow: Flow) -> None:
    places = placed(train(large((64, 32, 10), grid=(8, 8))), slot, flow)
    along, across = (0, 1) if flow == "right" else (1, 0)
    centres, box, radius = places.neurons(1), places.box(1), float(places.radii(1)[0])
    assert box is not None
    np.testing.assert_allclose(np.diff(centres[:, across]), np.diff(centres[:, across])[0])
    assert len(np.unique(centres[:, along].round(3))) == -(-32 // most_discs(slot, flow, 1.08))
    assert np.diff(centres[:, across])[0] * len(np.unique(centres[:, along].round(3))) > 2 * radius, "apart"
    assert (box.y, box.right) == pytest.approx((centres[:, 1].min() - radius, centres[:, 0].max() + radius))
    assert box.bottom + places.label <= slot.bottom + 1e-6
    assert not places.draws_bias(0) and not places.draws_bias(1) and not len(places.bias_nodes)


def test_a_weight_counts_by_what_it_carries() -> None:
    scene = large((2, 3, 1), bias=False)
    examples = tuple(replace_inputs(scene, index, (0.0, 1.0)) for index in range(4))
    recording = train(scene.model_copy(update={"data": scene.data.model_copy(update={"examples": examples})}))
    carried = contributions(recording, own_scene(recording))[0]
    assert (carried[0] == 0).all() and (carried[1] > 0).all()
    rest = recording.probe == -1
    np.testing.assert_allclose(carried[1], np.abs(recording.weights[0][recording.moment[rest], 1]).max(axis=0))


def replace_inputs(scene: Scene, index: int, inputs: tuple[float, ...]) -> object:
    assert scene.data.examples is not None
    return scene.data.examples[index].model_copy(update={"inputs": inputs})


def test_the_strongest_synapses_between_what_is_seen_are_lines() -> None:
    scene = large((100, 30, 4), grid=(10, 10))
    recording = train(scene)
    network = collapse_network(recording, scene, 20)
    assert network.synapses == (101 * 30, 31 * 4)
    first, last = network.lines
    assert first is not None and last is not None, "a bias whose node is not drawn has no lines"
    assert len(first) + len(last) == network.drawn <= MOST_LINES
    assert len(last) == 30 * 4 and last.max() < 30 * 4, "all that there are but the bias's"
    assert first.max() < 100 * 30
    strength = contributions(recording, scene)[0].ravel()
    assert (np.diff(strength[first]) >= 0).all(), "the strongest last, on top"
    left_out = np.setdiff1d(np.arange(100 * 30), first)
    assert strength[left_out].max() <= strength[first].min()


def test_lines_are_shared_fairly() -> None:
    scene = large((20, 20, 20, 4), bias=False)
    network = collapse_network(train(scene), scene, 20, most_lines=200)
    assert [None if lines is None else len(lines) for lines in network.lines] == [67, 67, 66]


def test_what_carries_nothing_is_no_line() -> None:
    scene = large((100, 4), bias=False, grid=(10, 10))
    examples = tuple(replace_inputs(scene, index, (1.0,) * 30 + (0.0,) * 70) for index in range(4))
    recording = train(scene.model_copy(update={"data": scene.data.model_copy(update={"examples": examples})}))
    (lines,) = collapse_network(recording, own_scene(recording), 20, most_lines=300).lines
    assert lines is not None and sorted(lines.tolist()) == [*range(120)]


@pytest.mark.parametrize("layers", LAYERS, ids=str)
@pytest.mark.parametrize(("slot", "flow"), ROOMS, ids=["wide", "square", "tall"])
@pytest.mark.parametrize("bias", [False, True])
def test_nothing_overlaps_and_all_is_in_its_room(layers: tuple[int, ...], slot: Rect, flow: Flow, bias: bool) -> None:
    grid = {64: (8, 8), 784: (28, 28)}.get(layers[0])
    recording = train(large(layers, bias, grid))
    places = placed(recording, slot, flow)
    along = 0 if flow == "right" else 1
    ends = []
    for layer, centres in enumerate(places.centres):
        nodes, block = places.nodes(layer), places.block(layer)
        assert len(centres) == layers[layer] + (bias and layer < len(layers) - 1)
        assert np.isfinite(centres).all() and len(np.unique(centres.round(3), axis=0)) == len(centres)
        spots = centres[nodes]
        for (x, y), (across, down) in pairwise(spots):
            assert np.hypot(x - across, y - down) >= 2 * 0.6 * places.radius
        reach = float(places.radii(layer)[0]) if block is None else 0.0
        boxes = [(x - reach, y - reach, x + reach, y + reach) for x, y in spots]
        assert places.box(layer) is None or not places.draws_bias(layer)
        if block is not None:
            assert block.left % 2 == block.top % 2 == 0
            assert block.rows * block.columns >= len(block.cells) > (block.rows - 1) * block.columns
            box = (block.left, block.top, block.left + block.width, block.top + block.height + 35)  # and its label
            assert not any(
                left < box[2] and box[0] < right and top < box[3] and box[1] < bottom
                for left, top, right, bottom in boxes
            )
            boxes.append(box)
        for left, top, right, bottom in boxes:
            assert slot.x - 2 <= left and right <= slot.right + 2
            assert slot.y - 2 <= top and bottom <= slot.bottom + 2
        ends.append((min(box[along] for box in boxes), max(box[along + 2] for box in boxes)))
    if flow == "up":
        ends = ends[::-1]
    assert all(before[1] < after[0] for before, after in pairwise(ends)), "layers follow each other"


@pytest.mark.parametrize("flow", ["right", "up"])
def test_without_blocks_layers_stand_as_ever(flow: Flow) -> None:
    slot = Rect(10, 20, 900, 600)
    one = place((3, 4, 1), slot, flow, 50)
    assert one.blocks == () and one.discs(1).tolist() == [0, 1, 2, 3]
    everything = curves(one)
    some = curves(one, [np.array([7, 2]), np.array([], dtype=int)])
    np.testing.assert_array_equal(some[0], everything[0][[7, 2]])
    assert some[1].shape == (0, 40, 2)


def test_how_many_discs_stand_beside_each_other() -> None:
    counts = [most_discs(slot, flow, 1.08) for slot, flow in ROOMS]
    assert counts == [21, 15, 24]
    assert most_discs(Rect(0, 0, 10, 5), "right", 1.08) == 1


@pytest.mark.parametrize(
    ("count", "box", "cells"),
    [
        (128, (135, 367), (18, 16, 8)),  # eight columns are a little wider than the box
        (100, (139, 400), (20, 20, 5)),
        (97, (139, 400), (23, 17, 6)),  # which no block is without a gap
        (64, (600, 90), (24, 4, 16)),
    ],
)
def test_a_block_has_no_gap_where_cells_nearly_as_large_make_one(
    count: int, box: tuple[int, int], cells: tuple[int, int, int]
) -> None:
    assert _filling(count, *box, 24, (1.1, 1.0) if box[0] < box[1] else (1.0, 1.1)) == cells
