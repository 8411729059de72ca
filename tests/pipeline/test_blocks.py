"""Films of networks that netviz cannot compute: frames, events and words from what was recorded; what is refused."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.audio.composer import score_of
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import Finished, finish, prepare
from netviz.recording.recording import Recording
from netviz.timeline.frame import Frame
from netviz.timeline.poster import poster_frame
from netviz.timeline.timeline import Timeline
from netviz.web.transcript import passages, right_text, summary_of
from tests.recording.block_runs import CHAINS, recorded
from tests.recording.recorders import refused

CHAIN_NAMES = sorted({*CHAINS} - {"small"})
TINY = {"output": {"size": "320x180", "fps": 2}, "duration": 3}


def finished(run: Any, **look: Any) -> Finished:
    film = filmed(run, {"duration": 12, "output": {"size": "320x180", "fps": 10}} | look)
    return finish(prepare(film), film.recorded)


def timeline(run: Any, **look: Any) -> Timeline:
    return finished(run, **look).timeline_of_one_run


def frames(of: Timeline, *kinds: str) -> list[Frame]:
    """Some frames of each span of these kinds, the first and the last among them."""
    places = [
        index
        for span in of.plan.spans
        if span.kind in kinds
        for index in {span.start, (span.start + span.stop) // 2, span.stop - 1}
    ]
    return [of.frame(index) for index in places]


def outputs(run: Recording, probe: int, step: float) -> Any:
    """What a run gave for a probe, on the straight way between two steps; each step has a moment, of 6 rows."""
    rows = np.asarray(run.activations[-1], dtype=np.float64).reshape(len(run.step), -1, run.network.sizes[-1])
    before = min(int(step), len(rows) - 2)
    return (before + 1 - step) * rows[before, probe] + (step - before) * rows[before + 1, probe]


# Frames.


@pytest.mark.parametrize("chain", CHAIN_NAMES)
@pytest.mark.parametrize("more", [{}, {"targets": None, "classes": ()}, {"classes": (), "targets": np.eye(5, 4) / 2}])
def test_steps_show_the_activations_that_were_recorded(chain: str, more: dict[str, Any]) -> None:
    run = recorded(chain, **more)
    of = timeline(run)
    shown = frames(of, "step")
    assert shown
    for frame in shown:
        assert frame.row is not None
        for layer, nodes in zip(run.activations_at(frame.row), frame.activations, strict=True):
            np.testing.assert_array_equal(nodes[: len(layer)], layer)
        for layer, weights, carried in zip(run.network.layers[1:], frame.weights, frame.carried, strict=True):
            assert weights.shape == carried.shape
            assert (weights.size > 0) == layer.is_dense
        assert all(np.isfinite(each).all() for each in (*frame.carried, *frame.change, *frame.arrived))


@pytest.mark.parametrize("chain", CHAIN_NAMES)
def test_on_the_way_answers_are_between_those_recorded(chain: str) -> None:
    """A long move shows an example, whose answer goes the way from step to step that the weights go."""
    run = recorded(chain, steps=4)
    of = timeline(run, duration=60, shots=[{"shot": "learning", "examples": 1}])
    moving = [frame for frame in frames(of, "move") if frame.before]
    assert moving
    for frame in moving:
        near = [outputs(run, probe, frame.curve_cycle) for probe in range(5)]
        assert any(np.allclose(frame.before[-1], answer, atol=1e-6) for answer in near)


def test_all_answers_are_those_recorded() -> None:
    run = recorded("blocks between", shape=(3,))
    panels = [{"panel": kind} for kind in ("curve", "network", "table", "title", "caption", "numbers")]
    of = timeline(run, panels=panels, shots=[{"shot": "rest"}, {"shot": "learning"}, {"shot": "rest"}])
    for frame in frames(of, "rest", "move"):
        assert frame.answers is not None and len(frame.answers.examples) == 5
        for probe, answer in enumerate(frame.answers.examples):
            np.testing.assert_allclose(answer, outputs(run, probe, frame.curve_cycle), atol=1e-6)


def test_accuracy_counts_the_probes() -> None:
    run = recorded("blocks alone")
    shares = set()
    for frame in frames(timeline(run), "step", "move", "rest"):
        answers = [outputs(run, probe, frame.cycle).argmax() for probe in range(5)]
        assert frame.accuracy == (np.mean(np.array(answers) == np.arange(5) % 4), None)
        shares.add(frame.accuracy)
    assert len(shares) > 1 and (1.0, None) in shares


@pytest.mark.parametrize("chain", CHAIN_NAMES)
def test_examples_can_be_shown_together(chain: str) -> None:
    """What changes, by which the film's time is shared out, is measured on the recorded answers."""
    of = timeline(recorded(chain, steps=30), shots=[{"shot": "learning", "examples": "together"}])
    cycles = [of.frame(index).curve_cycle for index in range(of.frame_count)]
    assert {span.kind for span in of.plan.spans} == {"sweep"}
    assert all(before <= after for before, after in pairwise(cycles)) and cycles[-1] == 29


def test_errors_that_were_given_run_back() -> None:
    run = recorded("blocks between")
    random = np.random.default_rng(0)
    errors = tuple(random.normal(size=(len(run.moment), layer.size)) for layer in run.network.layers[1:])
    shown = frames(timeline(replace(run, errors=errors)), "step")
    back = [frame for frame in shown if any(level.any() for level in frame.error_signal)]
    assert back and all(np.isfinite(level).all() for frame in back for level in frame.error_signal)
    assert not any(pulse.direction == "backward" for frame in frames(timeline(run), "step") for pulse in frame.pulses)


def test_a_plane_is_not_asked_what_it_gives() -> None:
    """Two inputs are a point of a plane, but such a network can be asked about none but its examples."""
    film = filmed(recorded("norms", shape=(2,)))
    assert not film.scene.is_planar and "boundary" not in [panel.panel for panel in film.scene.shown_panels]


def test_a_picture_has_the_size_of_its_shape() -> None:
    for shape, grid in (((3, 4, 6), (4, 6)), ((1, 4, 6), (4, 6)), ((4, 6), (4, 6)), ((24,), None), ((2, 3, 4), None)):
        assert filmed(recorded(shape=shape)).scene.network.grid == grid
    assert filmed(recorded(), {"network": {"grid": [4, 4]}}).scene.network.grid == (4, 4)
    (line,) = refused(filmed, recorded(), {"network": {"grid": [4, 5]}})
    assert line.startswith("look: network.grid: 4 x 5 are 20 pixels")


def test_large_pictures_take_no_more_memory_than_a_few_of_them() -> None:
    """16 probes of 3 x 128 x 128 numbers are 6 MB in float64; a frame of the film has some arrays of one of them."""
    run = recorded(shape=(3, 128, 128), steps=6, probes=16)
    tracemalloc.start()
    try:
        of = timeline(run, output={"size": "320x180", "fps": 30}, duration=20)
        poster_frame(of)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert filmed(run).scene.outline.inputs is None and peak < 60e6, peak


# What is told of it.


def test_events_of_answers_are_those_of_the_recorded_ones() -> None:
    run = recorded("blocks alone", steps=40)
    answers = np.array([[outputs(run, probe, step) for probe in range(5)] for step in range(40)])
    others = answers.copy()
    others[:, np.arange(5), np.arange(5) % 4] = -np.inf
    margins = answers[:, np.arange(5), np.arange(5) % 4] - others.max(axis=-1)
    solved = next(event for event in netviz.events(run) if event.kind == "solved")
    since = int(np.flatnonzero((margins < 0.5).any(axis=1))[-1]) + 1
    assert (solved.cycle, solved.numbers["examples"]) == (since, 5) and 5 < since < 39


@pytest.mark.parametrize("chain", CHAIN_NAMES)
def test_nothing_is_told_that_was_not_recorded(chain: str) -> None:
    kinds = {event.kind for event in netviz.events(recorded(chain))}
    assert not kinds & {"dead", "saturated", "unseen"}


def test_a_transcript_counts_the_recorded_answers() -> None:
    run = recorded("blocks alone")
    film = filmed(run)
    first, last = (right_text(run, film.scene, row) for row in (5, len(run.probe) - 1))
    told = sum(outputs(run, probe, 0).argmax() == probe % 4 for probe in range(5))
    assert f"{told} of " in first or f"{['none', 'one', 'two', 'three', 'four'][told]} of " in first.lower(), first
    assert last != first
    of = timeline(run)
    assert passages(of)
    assert "Of its parts conv1, layer1 and pool are summarised, not drawn." in summary_of(of).sentences
    assert "Of its parts norm and norm are" in " ".join(summary_of(timeline(recorded("norms"))).sentences)
    assert "Of its parts layer1 is summarised, not drawn." in summary_of(timeline(recorded("blocks between"))).sentences


def test_a_run_whose_last_moment_is_no_number_is_shown_up_to_there() -> None:
    run = recorded("blocks first")
    sizes = {role: array.copy() for role, array in run.parameters[1].items()}
    sizes["block_sizes"][-1] = np.nan
    broken = replace(run, parameters=(run.parameters[0], sizes, *run.parameters[2:]))
    with pytest.warns(netviz.NetvizWarning, match="training diverged in step 11: the block_sizes of layer features"):
        assert max(span.cycle for span in netviz.plan(broken).spans) == 10
    assert [event.cycle for event in netviz.events(broken) if event.kind == "diverged"] == [10]


@pytest.mark.parametrize("chain", CHAIN_NAMES)
@pytest.mark.parametrize("examples", ["each", "together"])
def test_its_sound_can_be_composed(chain: str, examples: str) -> None:
    of = timeline(recorded(chain), shots=[{"shot": "learning", "examples": examples}], audio="sonify")
    assert score_of(of).notes


# Looks.


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"shots": [{"shot": "think", "inputs": [0] * 48}]}, "shots[0]: a think shot asks the network, and netviz"),
        ({"shots": [{"shot": "walk", "cycle": 3}]}, "shots[0]: equations can be read of at most"),
        ({"panels": [{"panel": "network"}, {"panel": "equations"}]}, "panels[1]: "),
        ({"network": {"bias_nodes": True}}, "network.bias_nodes: a layer of the network is summarised as blocks"),
    ],
)  # fmt: skip
def test_what_would_ask_more_than_was_recorded_is_refused(look: dict[str, Any], message: str) -> None:
    lines = refused(netviz.plan, recorded(), look=look)
    assert any(line.startswith((message, f"look: {message}", f"the recording: {message}")) for line in lines), lines


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ({"panel": "boundary"}, "panels[1]: a decision boundary asks the network about the whole plane, and netviz "),
        (
            {"panel": "network", "neurons": "maps"},
            "panels[1].neurons: maps show what neurons give all over the plane, ",
        ),
    ],
)
def test_nor_is_a_plane_drawn(panel: dict[str, Any], message: str) -> None:
    run = recorded("norms", shape=(2,))
    lines = refused(netviz.plan, run, look={"panels": [{"panel": "title"}, panel]})
    assert len(lines) == 1 and lines[0].startswith(message), lines
    assert lines[0].split("netviz cannot compute ")[1].startswith("layer 1, which has BatchNorm1d; leave ")


def test_nor_are_equations_of_a_network_small_enough_for_them() -> None:
    run = recorded("small", shape=(2,), targets=np.eye(5, 2), classes=(), loss="squared_error")
    reason = "netviz cannot compute layer 1, which has BatchNorm1d; leave"
    look = {"panels": [{"panel": "network"}, {"panel": "equations"}]}
    (line,) = refused(netviz.plan, run, look=look)
    assert line == f"panels[1]: equations say what the network computes, and {reason} them out"
    (line,) = refused(netviz.plan, run, look={"shots": [{"shot": "walk", "cycle": 3, "backward": False}]})
    assert line == f"shots[0]: a walk computes every sum, and {reason} it out"


def test_a_run_that_netviz_trained_has_no_such_layer(tmp_path: Path) -> None:
    from tests.conftest import short_scene

    run = netviz.record(short_scene())
    layers = [replace(layer, exact=False) if index else layer for index, layer in enumerate(run.network.layers)]
    (line,) = refused(netviz.plan, replace(run, network=replace(run.network, layers=tuple(layers))))
    assert line.startswith("the recording: netviz cannot compute layer 1, which is marked as not exact, and it is said")


# Pictures.


@pytest.mark.parametrize("chain", CHAIN_NAMES)
@pytest.mark.filterwarnings("ignore::netviz.errors.NetvizNote")
def test_a_film_is_made(chain: str, tmp_path: Path) -> None:
    run = recorded(chain)
    run.save(tmp_path / "run.npz")
    film = netviz.render(Recording.load(tmp_path / "run.npz"), tmp_path / "film.mp4", look=TINY)
    assert (tmp_path / "film.mp4").stat().st_size > 1_000 and film


@pytest.mark.parametrize(
    "look", [{"motion": "reduced"}, {"theme": "paper"}, {"output": {"size": "180x320"}}, {"style": "playground"}]
)
@pytest.mark.parametrize("chain", ["blocks first", "norms"])
def test_it_can_be_drawn_in_other_ways(chain: str, look: dict[str, Any]) -> None:
    for at in ("start", "50%", "end", "poster"):
        picture = netviz.still(recorded(chain), at, look=TINY | look)
        assert picture.shape[2] == 3 and picture.std() > 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("blocks first", "norms"), ("blocks first", "unknown function"), ("small", "blocks alone"), ("norms", "small")],
)
def test_two_runs_stand_side_by_side(one: str, other: str) -> None:
    """They may have other layers, blocks and outputs; only their examples are the same."""
    two = netviz.compare({"one": recorded(one, shape=(2, 3)), "other": recorded(other, shape=(6,))})
    assert netviz.plan(two).spans
    assert netviz.still(two, "50%", look=TINY).std() > 1
    for run, scene in zip(two.recordings, filmed(two).scenes, strict=True):
        assert scene.network.outputs == run.probes.classes and scene.network.grid == (2, 3)


def test_examples_are_needed_after_the_first_step() -> None:
    run = recorded()
    rows = (run.probe < 0) | (run.row_step == 0)
    layers = tuple(np.asarray(layer[rows]) for layer in run.activations)
    bare = replace(run, moment=run.moment[rows], probe=run.probe[rows], activations=layers)
    (line,) = refused(netviz.plan, bare)
    assert line == "the recording: a film of learning shows examples, and no kept step after the first has any"
