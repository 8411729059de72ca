"""Runs side by side: cells that touch nothing, texts that can be read, pictures that are alike where the runs are."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing.layout import Rect, smallest_type
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.titles import lowest_of
from netviz.drawing.renderer import Renderer
from netviz.drawing.run_layout import GRIDS, arrange_runs
from netviz.pipeline.looks import Filmed, filmed
from netviz.pipeline.prepare import plan
from netviz.pipeline.validation import film_timeline
from netviz.recording.comparison import Comparison
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from tests.comparing import RATES, comparing, film_of, linear
from tests.conftest import short_scene
from tests.drawing.support import Drawn, Written, first, written
from tests.recordings import own_scene

__all__ = ["written"]

SIZES = {"wide": (1920, 1080), "square": (1080, 1080), "tall": (1080, 1920)}
SEEDS = [{"set": {"training.seed": seed}} for seed in (1, 2, 3, 4)]


def overlap(one: Rect, other: Rect) -> bool:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > 0.5 and down > 0.5


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("is_planar", [False, True])
def test_cells_touch_nothing_and_are_equal(shape: str, is_planar: bool) -> None:
    quadrants = load_scene("playground-quadrants", overrides={"output.size": "640x480"})
    scene = quadrants if is_planar else short_scene()
    size = SIZES[shape]
    scene = scene.model_copy(update={"output": scene.output.model_copy(update={"size": size})})
    for count in GRIDS["wide"]:
        shared, own = arrange_runs(scene, count)
        assert {*own[0].places} == {"heading", "network"} | ({"boundary"} if is_planar else set())
        places = [*shared.places.values(), *(place for layout in own for place in layout.places.values())]
        assert all(
            place.x >= 0 and place.y >= 0 and place.right <= size[0] and place.bottom <= size[1] for place in places
        )
        drawn = [place for place in places if place.height > 1]
        assert not any(overlap(*pair) for pair in combinations(drawn, 2))
        for layout in own[1:]:
            for name, place in layout.places.items():
                model = own[0].places[name]
                assert (place.width, place.height) == (model.width, model.height)
                assert (place.x - model.x) % 2 == (place.y - model.y) % 2 == 0, "drawn in the same pixels"
        network = own[0].places["network"]
        assert min(network.width / size[0], network.height / size[1]) > 0.065


@pytest.fixture(scope="module")
def seeds() -> Comparison:
    """Four runs, of which a test takes some."""
    return film_of(comparing(SEEDS, training__initial_weights="glorot", style="playground", title="", subtitle=""))[0]


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("shape", SIZES)
def test_texts_are_large_and_clear_of_each_other(
    shape: str, count: int, seeds: Comparison, written: list[Written]
) -> None:
    width, height = SIZES[shape]
    size = width // 3, height // 3
    whole = own_scene(seeds)
    runs = (whole.compare or ())[:count]
    scene = whole.model_copy(update={"output": whole.output.model_copy(update={"size": size}), "compare": runs})
    some = Comparison(seeds.recordings[:count], seeds.names[:count], seeds.diverged[:count])
    film = film_timeline(plan(scene), Filmed(some, scene))
    renderer = Renderer(film)
    renderer.draw(film.frame(first(film.clock, "step", 0.5)))  # type: ignore[union-attr]
    for number in range(count):
        assert sum(text.text == f"seed {number + 1}" for text in written) == 1, "over the network, beside its line"
    texts = [text for text in written if not text.text.replace(".", "").isdigit()]
    assert not [(a, b) for a, b in combinations(texts, 2) if a.touches(b) and (a.text, a.left) != (b.text, b.left)]
    assert min(text.size for text in texts) >= 0.74 * smallest_type(size)
    assert all(text.left >= 0 and text.right <= size[0] and text.bottom <= size[1] for text in written)


def shown(scene: Scene, **wanted: Any) -> tuple[Renderer, Any]:
    _, film = film_of(scene)
    return Renderer(film), film


def cropped(picture: Any, place: Rect) -> Any:
    left, top = round(place.x), round(place.y)
    return picture[top : top + round(place.height), left : left + round(place.width)].astype(int)


def test_two_learning_rates_begin_as_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Drawn.watch(monkeypatch)
    scene = comparing(RATES, style="playground", output__size="640x360")
    renderer, film = shown(scene)
    start = next(span for span in film.plan.spans if span.kind == "rest")
    seen.clear()
    picture = np.array(renderer.draw(film.frame(start.stop - 1)))
    own = arrange_runs(scene, 2)[1]
    one, other = (cropped(picture, layout.places["network"]) for layout in own)
    ground = (
        cropped(np.reshape(renderer.bare, (3, 360, 640)).transpose(1, 2, 0), each.places["network"]) for each in own
    )
    one, other = (drawn - bare for drawn, bare in zip((one, other), ground, strict=True))
    assert np.abs(one).max() > 60, "something is drawn"
    assert np.abs(one - other).max() <= 12, "the same picture, but for the grounds that shine through"
    widths = [drawn.widths for drawn in seen.values()]
    assert len(widths) == 4 and all(np.array_equal(each, widths[0]) for each in widths)
    late = np.array(renderer.draw(film.frame(film.frame_count - 1)))
    one, other = (cropped(late, layout.places["network"]) for layout in own)
    assert np.abs(one - other).max() > 60, "what they have learned is not the same"


@pytest.mark.parametrize("has_biases", [True, False])
def test_a_run_without_biases_stands_beside_one_with_bias_nodes(has_biases: bool) -> None:
    runs = [{}, {"set": {"network.bias": not has_biases}}]
    renderer, film = shown(comparing(runs, network__bias=has_biases, output__size="128x128"))
    picture = renderer.draw(film.frame(film.frame_count - 1))
    assert np.ptp(picture) > 60, "something is drawn"


def test_a_run_that_broke_off_is_marked(written: list[Written]) -> None:
    runs, film = film_of(linear(style="playground"))
    renderer = Renderer(film)
    written.clear()
    renderer.draw(film.frame(film.frame_count - 1))
    assert [text.text for text in written if "diverged" in text.text] == [f"diverged in cycle {runs.diverged[0]}"]
    written.clear()
    renderer.draw(film.frame(first(film.clock, "rest", 0.9)))
    assert not [text.text for text in written if "diverged" in text.text]


def test_the_run_that_ends_lowest_says_so_at_the_end_and_not_before(seeds: Comparison, written: list[Written]) -> None:
    ends = [float(each.main_curve[-1]) for each in seeds.recordings]
    assert lowest_of(seeds.recordings) == ends.index(min(ends))
    assert lowest_of([seeds.recordings[0]] * 2) is None, "equal runs have no winner"
    film = film_timeline(plan(seeds), filmed(seeds))
    renderer = Renderer(film)
    for moment, times in (("step", 0), ("rest", 1)):
        written.clear()
        frames = [i for i in range(film.frame_count) if film.frame(i).kind == moment]
        renderer.draw(film.frame(frames[-1] if times else frames[0]))
        assert sum(text.text == "lowest" for text in written) == times


def test_frames_can_be_drawn_in_any_order() -> None:
    renderer, film = shown(linear(output__size="160x128"))
    indices = [first(film.clock, "step", 0.3), first(film.clock, "move", 0.7), first(film.clock, "think", 0.7)]
    once = {index: np.array(renderer.draw(film.frame(index))) for index in indices}
    for index in reversed(indices):
        assert np.array_equal(renderer.draw(film.frame(index)), once[index])
    assert np.array_equal(Renderer(film).draw(film.frame(indices[2])), once[indices[2]])


def test_runs_of_different_layers_stand_side_by_side_and_the_one_layer_never_parts_the_four() -> None:
    scene = load_scene("compare-layers", overrides={"output.size": "640x360"})
    comparison = netviz.compare(scene)
    deep, flat = comparison.recordings
    answers = [np.array([run.forward(given)[-1].item() for given in run.examples.inputs]) for run in (deep, flat)]
    targets = deep.examples.targets[:, 0]
    assert np.abs(answers[0] - targets).max() < 0.02
    assert np.abs(answers[1] - 0.5).max() < 1e-6
    film = film_timeline(plan(scene), Filmed(comparison, scene))
    panels = [panel for panel in Renderer(film).panels if isinstance(panel, NetworkPanel)]
    assert [len(panel.places.centres) for panel in panels] == [3, 2]
    assert np.ptp(Renderer(film).draw(film.frame(film.frame_count - 1))) > 100, "both are drawn"


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("count", [2, 3])
def test_names_of_classes_are_whole_and_apart_or_left_out(shape: str, count: int, written: list[Written]) -> None:
    names = ["Barbera", "a dormant account of old", "Grignolino"]
    examples = [{"inputs": [number, 1], "target": [int(each == number) for each in range(3)]} for number in range(3)]
    width, height = SIZES[shape]
    scene = Scene.model_validate(
        {
            "network": {"layers": [2, 9, 3], "activation": ["tanh", "softmax"], "outputs": names},
            "data": {"examples": examples},
            "training": {"cycles": 3},
            "schedule": {"cycles": [1, 3]},
            "compare": SEEDS[:count],
            "output": {"size": f"{width // 3}x{height // 3}"},
        }
    )
    renderer, film = shown(scene)
    written.clear()
    renderer.draw(film.frame(first(film.clock, "step", 0.5)))
    own = [text for text in written if text.text in names]
    assert len(own) in (0, 3 * count) and not [text for text in written if text.text.endswith("…")]
    assert not [(a, b) for a, b in combinations(own, 2) if a.touches(b)]
