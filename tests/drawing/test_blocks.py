"""Blocks in the picture: tiles, bars and lines, where they stand, what they say, and when they light up."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from netviz.drawing.layout import Rect
from netviz.drawing.panels.block_lines import together
from netviz.drawing.panels.block_texts import LabelledText
from netviz.drawing.panels.block_tiles import BlockTiles
from netviz.drawing.panels.blocks import Blocks
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.neurons import SMALLEST_FIGURE, are_tokens, token
from netviz.drawing.renderer import Renderer
from netviz.drawing.synapse_curves import curves
from netviz.drawing.text import mask
from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.recording import in_numbers
from netviz.timeline.timeline import Timeline
from tests.drawing import block_runs as runs
from tests.drawing.support import Written, first, written
from tests.drawing.test_block_layout import meet
from tests.drawing.test_recorded_runs import film_of

__all__ = ["written"]

MADE: dict[str, Any] = {
    "resnet": runs.resnet,
    "gpt": runs.gpt,
    "short text": lambda: runs.gpt(length=4),
    "normed": runs.normed,
    "four norms": lambda: runs.normed(4),
    "between": runs.dense_block_dense,
    "one": lambda: runs.of_blocks(1),
    "sixty": lambda: runs.of_blocks(60),
    "long names": lambda: runs.of_blocks(9, name="transformer.encoder.layers.0.self_attention.output_projection"),
    "bare": runs.of_bare_blocks,
    "many outputs": lambda: runs.of_blocks(4, 1_000),
}
SIZES = ["640x360", "480x480", "360x640"]
EVERYWHERE = [("resnet", size) for size in SIZES] + [
    ("gpt", "480x480"), ("gpt", "360x640"), ("normed", "640x360"), ("four norms", "480x480"), ("four norms", "360x640"),
    ("between", "640x360"), ("between", "360x640"), ("one", "640x360"), ("sixty", "640x360"), ("sixty", "360x640"),
    ("long names", "480x480"), ("bare", "640x360"), ("bare", "360x640"), ("many outputs", "640x360"),
]  # fmt: skip


@cache
def film(made: str, size: str = "640x360", style: str = "glow") -> tuple[Timeline, Renderer]:
    of = film_of(MADE[made](), output={"size": size}, style=style)
    return of, Renderer(of)


def network_of(renderer: Renderer) -> NetworkPanel:
    return next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))


def blocks_of(renderer: Renderer) -> Blocks:
    found = network_of(renderer).blocks
    assert found is not None
    return found


def extent(text: LabelledText) -> Rect:
    """The pixels that a text covers."""
    words, x, y, font, size, anchor = text
    drawn = mask(words, font, size)
    start = {"left": 0.0, "middle": drawn.width / 2, "right": drawn.width}[anchor]
    height, width = drawn.alpha.shape
    return Rect(round(x - start) + drawn.left, round(y) - drawn.top, width, height)


def inside(one: Rect, other: Rect, by: float = 0.0) -> bool:
    return (
        other.x - by <= one.x
        and one.right <= other.right + by
        and other.y - by <= one.y
        and one.bottom <= other.bottom + by
    )


@pytest.mark.parametrize(("made", "size"), EVERYWHERE)
def test_tiles_and_bars_touch_nothing_else(made: str, size: str) -> None:
    _, renderer = film(made, size)
    panel, blocks = network_of(renderer), blocks_of(renderer)
    places, slot, layout = panel.places, panel.slot, renderer.context.layout
    assert not any(meet(slot, place) for name, place in layout.places.items() if name != "network")
    shown = [tile.rect for layer in blocks.tiles for tile in layer.tiles]
    shown += [bar.rect for layer in blocks.bars for bar in layer.bars]
    assert not any(meet(one, other) for one, other in combinations(shown, 2))
    others = panel.labels.areas() + [box for box in places.boxes if box is not None]
    if panel.class_bars is not None:
        others += panel.class_bars.areas()
    if blocks.legend is not None:
        others.append(blocks.legend.area)
    for layer in range(len(places.centres)):
        discs = places.discs(layer)
        for (x, y), radius in zip(places.centres[layer][discs], places.radii(layer)[discs], strict=True):
            others.append(Rect(x - radius, y - radius, 2 * radius, 2 * radius))
    for rect in shown:
        assert inside(rect, slot, 1.0)
        for other in others:
            less = Rect(other.x + 0.6, other.y + 0.6, other.width - 1.2, other.height - 1.2)
            assert not meet(rect, less), (rect, other)


@pytest.mark.parametrize(("made", "size"), EVERYWHERE)
def test_every_block_is_named_and_texts_stay_inside_their_tiles_and_off_each_other(made: str, size: str) -> None:
    of, renderer = film(made, size)
    least = SMALLEST_FIGURE * min(renderer.context.layout.size)
    for layer in blocks_of(renderer).tiles:
        told = of.recording.network.layers[layer.layer].blocks
        for tile, texts in zip(layer.tiles, layer.texts, strict=True):
            written = [*texts.names, *texts.details]
            words = " ".join(text for text, *_ in written)
            name, *_ = texts.names[0]
            if len(tile.blocks) == 1:
                block = told[tile.blocks[0]]
                whole = name in (block.name, block.label) or block.name.endswith(name.strip("…"))
                assert whole or block.name.split(".")[-1].startswith(name.strip("…")), (name, block)
                assert block.repeats == 1 or f"× {block.repeats}" in words
            else:
                assert name.startswith(told[tile.blocks[0]].name[:4])
                assert str(len(tile.blocks)) in words
            areas = [extent(text) for text in written]
            assert all(inside(area, tile.rect) for area in areas), words
            assert not any(meet(one, other) for one, other in combinations(areas, 2)), words
            if texts.lines is not None:
                assert inside(texts.lines, tile.rect)
                assert not any(meet(texts.lines, area) for area in areas), words
            assert all(height >= least for _, _, _, _, height, _ in written)
    for bars in blocks_of(renderer).bars:
        told = of.recording.network.layers[bars.layer].blocks
        assert [number for bar in bars.bars for number in bar.blocks] == [*range(len(told))]
        assert all(bar.label and bar.label.strip("…") in told[bar.blocks[0]].label for bar in bars.bars)


def test_numbers_of_tokens_are_whole(written: list[Written]) -> None:
    of, renderer = film("short text")
    assert are_tokens(of.recording) and not are_tokens(film("resnet")[0].recording)
    frame = next(frame for index in range(of.frame_count) if (frame := of.frame(index)).arrived[0].min() > 0.9)
    renderer.draw(frame)
    tokens = {f"{number:.0f}" for number in frame.activations[0]}
    left = network_of(renderer).slot.x  # beyond the table, which has them too
    assert max(map(float, tokens)) > 1 and tokens <= {each.text for each in written if each.left > left}
    assert token(123_456.0) == "1e5"


def test_tiles_say_shape_and_weights() -> None:
    _, renderer = film("gpt", "480x480")
    (layer,) = blocks_of(renderer).tiles
    words = [" ".join(text for text, *_ in (*each.names, *each.details)) for each in layer.texts]
    assert all(part in words[3] for part in ("h", "× 12", "Block", "16", "64", "600 k"))
    assert "4.1 k" in words[0] and "Embedding" in words[0]
    assert "Dropout, off" in words[2]


def tiles(made: str, size: str = "640x360") -> BlockTiles:
    return blocks_of(film(made, size)[1]).tiles[0]


def test_lines_have_the_recorded_numbers_at_a_moment() -> None:
    of, _ = film("resnet")
    layer = tiles("resnet")
    roles = of.recording.parameters[1]
    for index in (first(of, "rest", 0.0), first(of, "step"), of.frame_count - 1):
        frame = of.frame(index)
        numbers = frame.blocks[0]
        assert numbers is not None
        if frame.kind == "rest":
            moment = of.recording.moment[of.recording_index.rest[frame.cycle]]
            for role, held in zip((BLOCK_SIZES, BLOCK_UPDATES), numbers, strict=True):
                np.testing.assert_allclose(held, in_numbers(roles[role])[moment])
        size, update = layer.lines.now(numbers, 0)
        assert size == pytest.approx(numbers.sizes[list(layer.tiles[0].blocks)].max())
        assert update <= size


def test_a_shared_tile_has_the_root_mean_square_of_all_its_weights() -> None:
    several = [
        runs.block("a", "conv", "A", (), 100),
        runs.block("b", "conv", "B", (), 300),
        runs.block("c", "norm", "C"),
    ]
    numbers = np.array([[1.0, 3.0, 9.0], [2.0, 2.0, 9.0]])
    np.testing.assert_allclose(together(numbers, several, (0, 1, 2)), [np.sqrt((100 + 300 * 9) / 400), 2.0])
    np.testing.assert_allclose(together(numbers, several, (2,)), [9.0, 9.0])


def test_lines_are_even_in_logarithms_and_grow_with_the_run() -> None:
    lines = tiles("resnet").lines
    heights = [float(lines.height(10.0**power)) for power in (-2.0, -1.5, -1.0)]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])
    assert np.isnan(lines.height(0.0))
    shown = [int(np.searchsorted(lines.parts, lines.at(step), side="right")) for step in (0, 1, 10, 40)]
    assert shown[0] < shown[1] < shown[2] < shown[3] == len(lines.parts)


def picture(made: str, index: int, **more: Any) -> Any:
    of, renderer = film(made, **more)
    return renderer.draw(of.frame(index)).astype(int)


def centre(rect: Rect) -> tuple[slice, slice]:
    """The upper rim of a tile's middle, where there is no text."""
    x, y = int(rect.x + rect.width / 2), int(rect.y)
    return slice(y, y + 2), slice(x - 12, x + 12)


def test_a_tile_lights_up_when_the_signal_has_passed_and_none_before() -> None:
    of, _ = film("gpt")
    layer = tiles("gpt")
    start = first(of, "step", 0.0)
    span = of.plan.spans[int(of.span[start])]
    seconds = [index for index in range(span.start, span.stop) if 0.4 < of.frame(index).passed[0].mean() < 0.6]
    frame = of.frame(seconds[0])
    levels = layer.passed(frame)
    assert levels[0] == 1 and levels[-1] == 0 and levels == sorted(levels, reverse=True)
    dark, lit = picture("gpt", span.start), picture("gpt", seconds[0])
    change = [float((lit - dark)[centre(tile.rect)].mean()) for tile in layer.tiles]
    assert change[0] > 40
    assert abs(change[-1]) < 12


def test_a_frame_with_blocks_is_drawn_alone() -> None:
    of, renderer = film("between")
    index = first(of, "step", 0.3)
    before = renderer.draw(of.frame(index)).copy()
    for other in (0, of.frame_count - 1, index + 9):
        renderer.draw(of.frame(other))
    assert np.array_equal(renderer.draw(of.frame(index)), before)
    assert np.array_equal(Renderer(of).draw(of.frame(index)), before)


def test_synapses_end_at_the_bars_and_bars_stand_before_the_neurons() -> None:
    for size, axis, sign in (("640x360", 0, 1), ("360x640", 1, -1)):
        _, renderer = film("normed", size)
        panel = network_of(renderer)
        ends = curves(panel.places, panel.collapsed.lines)[0][:, -1, axis]
        rect = blocks_of(renderer).bars[0].bars[0].rect
        near = rect.x if axis == 0 else rect.bottom
        assert np.ptp(ends) == 0
        assert abs(ends[0] - near) <= 1.5
        last = blocks_of(renderer).bars[0].bars[-1].rect
        discs = panel.places.centres[1][:12, axis] - sign * panel.places.radii(1)[:12]
        assert (sign * (discs - (last.right if axis == 0 else last.y)) > 0).all()


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_in_colours_is_the_picture_itself(size: str) -> None:
    of, renderer = film("resnet", size)
    panel = network_of(renderer).picture
    assert panel is not None
    frame = of.frame(first(of, "step", 0.3))
    assert frame.example is not None
    shown = renderer.draw(frame).astype(int)
    given = in_numbers(of.recording.probes.inputs)[frame.example].reshape(3, 32, 32).astype(float)
    low, high = panel.low[:, None, None], panel.high[:, None, None]
    expected = 255 * (given - low) / (high - low)
    rect = panel.rect
    for row, column in ((3, 28), (28, 16), (12, 20)):  # sky, hill, sky
        y, x = (int(start + (place + 0.5) * side / 32) for start, place, side in (
            (rect.y, row, rect.height), (rect.x, column, rect.width)
        ))  # fmt: skip
        assert np.abs(shown[y, x] - expected[:, row, column]).max() < 14
    assert rect.width >= 0.09 * min(renderer.context.layout.size)


def test_pictures_of_any_size_fit_and_are_as_large_as_small_ones() -> None:
    large = Renderer(film_of(runs.resnet(224), output={"size": "640x360"}))
    rects = [network.picture.rect for network in map(network_of, (large, film("resnet")[1])) if network.picture]
    assert rects[0].width == pytest.approx(rects[1].width, abs=10)
    assert all(rect.width % 2 == 0 and rect.height % 2 == 0 for rect in rects)


@pytest.mark.parametrize("style", ["playground", "classic"])
def test_blocks_are_drawn_in_every_style(style: str) -> None:
    of, renderer = film("between", "640x360", style)
    tile = blocks_of(renderer).tiles[0].tiles[0]
    drawn = renderer.draw(of.frame(first(of, "step", 0.4))).astype(int)
    part = drawn[int(tile.rect.y) : int(tile.rect.bottom), int(tile.rect.x) : int(tile.rect.right)]
    assert np.ptp(part.sum(axis=-1)) > 150  # texts on glass


def test_it_is_said_once_that_blocks_are_summarised() -> None:
    legend = blocks_of(film("between")[1]).legend
    assert legend is not None
    assert [text for text, *_ in legend.texts] == ["weights", "change", "summarised, not drawn"]
    _, renderer = film("normed")
    assert blocks_of(renderer).legend is None
    assert "bars: summarised, not drawn" in " ".join(network_of(renderer).labels.note)
