"""Networks with blocks: what a recorder takes and refuses, what a file keeps of them, and what is refused in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.errors import InputError, NetvizWarning
from netviz.recording.array_file import DamagedArrays
from netviz.recording.blocks import Block
from netviz.recording.checks import check_numbers
from netviz.recording.network import Layer, Network, network_from_json, network_in_json
from netviz.recording.probe_history import ProbeHistory, answers_of
from netviz.recording.recorder import Recorder
from netviz.recording.recording import Recording, finite_part, in_numbers
from tests.recording.block_runs import CHAINS, CONV, NORM, POOL, STAGE, moment, network, recorded, recorder
from tests.recording.recorders import check_law, in_precision, refused

CHAIN_NAMES = sorted(CHAINS)
PROBES = 5


# What a recorder takes.


@pytest.mark.parametrize("chain", CHAIN_NAMES)
def test_a_recording_holds_what_it_was_given(chain: str) -> None:
    of, run = network(chain), recorded(chain, steps=4)
    check_law(run)
    check_numbers(run)
    for index, layer in enumerate(of.layers[1:]):
        roles = run.parameters[index + 1]
        expected = moment(of, PROBES, 2, 3)
        for role in ("weights", "biases", "block_sizes", "block_updates"):
            assert (role in roles) == (expected[role][index] is not None), (chain, role)
            if role in roles:
                np.testing.assert_array_equal(roles[role][2], expected[role][index])
        if not layer.exact:
            rows = np.asarray(run.activations[index + 1]).reshape(4, PROBES + 1, -1)
            np.testing.assert_array_equal(rows[2, :-1], expected["activations"][index])
            assert not rows[:, -1].any(), "at rest nothing is known"
    outputs = replace(of.layers[-1], neurons=run.probes.classes)
    assert run.network == Network((*of.layers[:-1], outputs)), "as it was given, with the names of the classes"
    assert [layer.shape for layer in run.weights] == [
        (4, before, layer.size) if layer.is_dense else (4, 0, 0)
        for before, layer in zip(of.sizes, of.layers[1:], strict=False)
    ]


@pytest.mark.parametrize("chain", CHAIN_NAMES)
def test_a_file_gives_back_all_of_it(chain: str, tmp_path: Path) -> None:
    run = recorded(chain, steps=3)
    run.save(tmp_path / "run.npz")
    found = Recording.load(tmp_path / "run.npz")
    assert found.network == run.network
    for before, after in zip(run.parameters, found.parameters, strict=True):
        assert list(before) == list(after)
        for role, array in before.items():
            np.testing.assert_array_equal(array, after[role])


def test_a_network_keeps_its_loss_and_its_names() -> None:
    of = network()
    named = replace(of.layers[-1], neurons=("a", "b", "c", "d"))
    of = Network((*of.layers[:-1], named), "cross_entropy")
    run = recorder(of, classes=()).recording
    rec = recorder(of, classes=())
    rec.snap(1.0, **moment(of, PROBES))
    found = rec.recording().network
    assert (found.loss, found.layers[-1].neurons) == ("cross_entropy", ("a", "b", "c", "d"))
    assert refused(run) == ["recorder: has recorded nothing yet; call snap in the training loop"]
    (line,) = refused(recorder, of, loss="squared_error")
    assert line == "loss: expected None or 'cross_entropy', which the network has, got 'squared_error'"


def test_numbers_keep_their_precision() -> None:
    of = network()
    rec = recorder(of)
    given = {
        role: [None if each is None else in_precision(each, "bfloat16") for each in arrays]
        for role, arrays in moment(of, PROBES).items()
    }
    for step in range(3):
        rec.snap(1.0, step=step, **given)
    run = rec.recording()
    assert {role: array.dtype.name for role, array in run.parameters[1].items()} == {
        "block_sizes": "uint16",
        "block_updates": "uint16",
    }
    assert (run.activations[1].dtype, run.activations[2].dtype) == (np.uint16, np.float32)
    check_law(run)
    shown = finite_part(run)
    assert shown.activations[1].dtype == np.float32, "a film looks at numbers, not at bits"
    np.testing.assert_array_equal(in_numbers(np.asarray(run.activations[1][:])), shown.activations[1])


def test_moments_are_thinned_to_the_budget() -> None:
    of, budget = network("blocks alone"), 20_000
    rec = recorder(of, budget=budget)
    for step in range(200):
        rec.snap(1.0, step=step, keep=step == 199, **moment(of, PROBES, step, 199))
    run = rec.recording()
    arrays: list[Any] = [run.step, run.moment, run.probe, *run.activations[1:], *run.curves.values()]
    arrays += [array for roles in run.parameters for array in roles.values()]
    assert budget / 3 < sum(array.nbytes for array in arrays) <= budget
    assert rec.steps[0] == 0 and rec.steps[-1] == 199 and len(rec.steps) < 80
    for at, step in enumerate(rec.steps):
        expected = moment(of, PROBES, step, 199)["block_updates"][0]
        np.testing.assert_array_equal(run.parameters[1]["block_updates"][at], expected)


@pytest.mark.parametrize("role", ["block_sizes", "block_updates"])
def test_a_run_diverges_where_a_block_does(role: str) -> None:
    of = network("norms")
    rec = recorder(of)
    for step in range(3):
        rec.snap(1.0, step=step, **moment(of, PROBES, step, 9))
    wrong = moment(of, PROBES, 3, 9)
    wrong[role][1] = np.full_like(wrong[role][1], np.inf)
    with pytest.warns(NetvizWarning, match=rf"step 3: training diverged, {role}\[1\] is not finite any more"):
        rec.snap(1.0, step=3, **wrong)
    part = finite_part(rec.recording())
    assert (part.step.tolist(), part.diverged_at, len(part.parameters[1]["block_sizes"])) == ([0, 1, 2], 3, 3)


# What it refuses.


def _without(role: str, layer: int) -> Callable[[dict[str, Any]], None]:
    def change(given: dict[str, Any]) -> None:
        given[role][layer] = None

    return change


def _with(role: str, layer: int, array: Any) -> Callable[[dict[str, Any]], None]:
    def change(given: dict[str, Any]) -> None:
        given[role][layer] = array

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without("block_sizes", 0), "block_sizes[0]: missing: None is given; expected an array of (3,), (blocks,)"),
        (_without("weights", 1), "weights[1]: missing: None is given; expected an array of (6, 4), (fan_in, fan_out)"),
        (_with("block_sizes", 0, np.ones(2)), "block_sizes[0]: has the shape (2,); expected (3,), (blocks,)"),
        (_with("block_updates", 0, np.ones((3, 1))), "block_updates[0]: has the shape (3, 1); expected (3,), "),
        (_with("block_sizes", 1, np.ones(1)), "block_sizes[1]: the layer has no blocks; give None"),
        (_with("weights", 0, np.ones((48, 6))), "weights[0]: the layer has no weights, as its kind is block"),
        (_with("biases", 0, np.ones(6)), "biases[0]: the layer has no biases, as its kind is block; give None"),
        (
            _without("activations", 0),
            "activations[0]: missing: what blocks do cannot be worked out; give what the layer gives for "
            "Recorder.probes in every snap",
        ),
        (_with("activations", 0, np.ones((4, 6))), "activations[0]: has the shape (4, 6); expected (5, 6)"),
        (lambda given: given.update(activations=5), "activations: expected a list of 2, one for each layer after"),
        (lambda given: given.pop("block_updates"), "block_updates: expected a list of 2, one for each layer after"),
        (lambda given: given.pop("weights"), "weights: expected a list of 2, one for each layer after the inputs"),
        (lambda given: given.update(block_sizes=[None]), "block_sizes: expected a list of 2, one for each layer"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(change: Callable[[dict[str, Any]], Any], message: str) -> None:
    of = network()
    rec, wrong = recorder(of), moment(of, PROBES)
    change(wrong)
    lines = refused(rec.snap, 1.0, **wrong)
    assert len(lines) == 1 and lines[0].startswith(f"step 0: {message}"), lines
    rec.snap(1.0, **moment(of, PROBES))
    lines = refused(rec.snap, 1.0, **wrong)
    assert lines and lines[0].startswith(f"step 1: {message}") and rec.steps == (0,)


def test_blocks_are_given_in_every_snap_in_the_same_precision() -> None:
    of = network()
    rec = recorder(of)
    rec.snap(1.0, **moment(of, PROBES))
    other = moment(of, PROBES)
    other["block_sizes"][0] = other["block_sizes"][0].astype(np.float64)
    (line,) = refused(rec.snap, 1.0, **other)
    assert line == "step 1: block_sizes[0]: holds float64, and float32 at step 0; numbers keep their precision"


def test_a_network_without_weights_needs_no_list_of_them() -> None:
    of = network("blocks alone")
    rec, now = recorder(of), moment(of, PROBES)
    del now["weights"], now["biases"]
    rec.snap(1.0, **now)
    assert list(rec.recording().parameters[1]) == ["block_sizes", "block_updates"]


def test_a_dense_network_has_no_blocks_to_give() -> None:
    rec = Recorder([3, 2], "tanh", np.ones((4, 3)))
    (line,) = refused(rec.snap, weights=[np.ones((3, 2))], block_sizes=[np.ones(1)])
    assert line == "step 0: block_sizes[0]: the layer has no blocks; give None"


def test_what_a_network_cannot_be_asked_is_refused() -> None:
    of = network()
    (line,) = refused(recorder, of, points=np.ones((3, 48)))
    assert line.startswith("points: what the network gives for them is not recorded, and netviz cannot compute it")
    lines = refused(Recorder, of, "relu", np.ones((2, 48)))
    assert lines == ["activation: expected None, as the network has its own, got 'relu'"]


def strange(layer: int, **changes: Any) -> Network:
    of = network()
    layers = [*of.layers]
    layers[layer] = replace(layers[layer], **changes)
    return Network(tuple(layers))


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (Network(()), "network.layers: a network has inputs and one layer or more after them, this one has 0"),
        (Network((Layer("input", (3,)),)), "network.layers: a network has inputs and one layer or more after them"),
        (Network((1, 2)), "'int' object has no attribute 'name'"),  # type: ignore[arg-type]
        (replace(network(), loss="mine"), "network.loss: 'mine' is none of squared_error, cross_entropy"),
        (strange(1, kind="conv"), "network.layers[1]: kind is 'conv'; expected dense or block"),
        (strange(1, kind=None), "network.layers[1]: kind, name and activation: expected texts"),
        (strange(1, shape=(2, 3)), "network.layers[1]: shape is [2, 3]; expected one number, of its neurons"),
        (strange(1, shape=6), "'int' object is not iterable"),
        (strange(0, shape=(3, 0, 4)), "network.layers[0]: shape is [3, 0, 4]; expected one to three numbers"),
        (strange(0, shape=(1, 3, 4, 4)), "network.layers[0]: shape is [1, 3, 4, 4]; expected one to three numbers"),
        (strange(0, blocks=(CONV,)), "network.layers[0]: inputs have no parameters and no blocks"),
        (strange(1, inputs=(1,)), "network.layers[1]: inputs are [1]; each layer takes the one before it"),
        (strange(1, exact=True), "network.layers[1]: exact is true; what blocks make of activations cannot be"),
        (strange(1, blocks=()), "network.layers[1]: parameters.block_sizes has the shape [3]; expected none"),
        (strange(1, blocks=(CONV, POOL)), "network.layers[1]: parameters.block_sizes has the shape [3]; expected [2]"),
        (strange(1, blocks=(CONV, POOL, 3)), "'int' object has no attribute 'name'"),
        (strange(1, parameters={}), "network.layers[1]: parameters.block_sizes has the shape None; expected [3]"),
        (strange(2, parameters={}), "network.layers[2]: parameters.weights is missing"),
        (strange(2, blocks=(NORM,)), "network.layers[2]: parameters.block_sizes has the shape None; expected [1]"),
        (strange(1, blocks=(CONV, STAGE, replace(POOL, kind="magic"))), "network.layers[1]: blocks[2]: kind 'magic'"),
        (strange(1, blocks=(CONV, STAGE, replace(POOL, name="a\nb"))), "network.layers[1]: blocks[2]: name, label"),
        (strange(1, blocks=(CONV, STAGE, replace(POOL, joins=2))), "network.layers[1]: blocks[2]: joins is 2"),
        (strange(1, blocks=(CONV, STAGE, replace(POOL, repeats=0))), "network.layers[1]: blocks[2]: weights and repea"),
        (strange(1, blocks=(CONV, STAGE, replace(POOL, shape=(-1,)))), "network.layers[1]: blocks[2]: shape: expected"),
    ],
)  # fmt: skip
def test_a_network_that_no_file_could_hold_is_refused(of: Network, message: str) -> None:
    lines = refused(Recorder, of, None, np.ones((2, 48)))
    assert len(lines) == 1 and lines[0].startswith(f"layers: {message}"), lines


# What is refused in a file's header.

_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**70), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.lists(st.integers(-2, 9), max_size=4), st.dictionaries(st.text(max_size=3), st.integers(-2, 9), max_size=2),
)  # fmt: skip


def _places(data: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Places of all values within the JSON of a network."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [each for key, value in pairs for each in ((*place, key), *_places(value, (*place, key)))]


@settings(max_examples=300)
@given(st.sampled_from(CHAIN_NAMES), st.data())
def test_any_header_gives_a_network_that_holds_or_one_message(chain: str, data: st.DataObject) -> None:
    header = network_in_json(network(chain))
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from(_places(header)))
        place = header
        for key in way:
            place = place[key]
        place[last] = data.draw(_ANYTHING)
    try:
        found = network_from_json(header)
    except ValueError as error:
        assert str(error).startswith("network") and "\n" not in str(error)
        return
    assert network_from_json(network_in_json(found)) == found
    assert all(layer.blocks or layer.is_dense for layer in found.layers[1:])


@pytest.mark.parametrize(
    ("role", "value", "message"),
    [
        ("block_sizes", np.nan, r"parameters_1_block_sizes holds a number that is not finite in moment 1 \(step 1\)"),
        ("block_updates", np.inf, "parameters_1_block_updates holds a number that is not finite in moment 1"),
    ],
)
def test_numbers_of_blocks_are_finite_but_in_the_last_moment(role: str, value: float, message: str) -> None:
    run = recorded(steps=4)
    for at in (1, 3):
        arrays = {name: array.copy() for name, array in run.parameters[1].items()}
        arrays[role][at] = value
        wrong = replace(run, parameters=(run.parameters[0], arrays, *run.parameters[2:]))
        if at == 3:
            check_numbers(wrong)
            assert finite_part(wrong).diverged_at == 3
        else:
            with pytest.raises(DamagedArrays, match=message):
                check_numbers(wrong)


# What is known of its answers.


def test_answers_are_those_that_were_recorded() -> None:
    run = recorded("blocks alone", steps=5)
    history = ProbeHistory.of(run)
    outputs = np.asarray(run.activations[-1]).reshape(5, PROBES + 1, 4)[:, :-1]
    for step in range(5):
        np.testing.assert_array_equal(history.outputs(step), outputs[step])
        np.testing.assert_array_equal(history.layers(2, step)[-1], outputs[step, 2])
    np.testing.assert_allclose(history.outputs(2.25), 0.75 * outputs[2] + 0.25 * outputs[3], rtol=1e-6)
    np.testing.assert_array_equal(history.outputs(99.0), outputs[-1])
    np.testing.assert_array_equal(history.layers(2, 1.5)[0], run.probes.inputs[2])
    np.testing.assert_array_equal(answers_of(run, 6), outputs[1])
    with pytest.raises(ValueError, match="a layer that cannot be computed again, so it answers its probes only"):
        run.forward(np.ones(48))


def test_points_beside_the_probes_are_no_examples_of_a_network_that_cannot_be_asked() -> None:
    run = recorded("norms", shape=(2,))
    asked = replace(run, points=np.ones((9, 2)), point_targets=np.ones((9, 4)), split=np.arange(9) % 2)
    assert len(asked.examples.inputs) == PROBES and not len(asked.examples.test_inputs)


def test_a_block_is_described_by_its_own_numbers() -> None:
    assert Block("a", "add", "add") == Block("a", "add", "add", (), 0, 1, (), None)
    with pytest.raises(InputError):
        Recorder(strange(1, blocks=()), None, np.ones((2, 48)))
