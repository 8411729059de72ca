"""netviz.watch of PyTorch models: which layers and losses are found, and what is recorded, to the bit."""

from __future__ import annotations

import copy
import math
import re
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import NetvizNote, NetvizWarning
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from tests.integrations.models import (
    Coded,
    as_bits,
    examples,
    functional,
    mlp,
    nn,
    through,
    torch,
    train,
    watched,
)

# Which layers are found.

MODULES = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "swish": nn.SiLU,
    "linear": nn.Identity,
}
FUNCTIONS = {
    "relu": [functional.relu, torch.relu, torch.Tensor.relu, torch.relu_, lambda x: functional.relu(x, inplace=True)],
    "tanh": [torch.tanh, functional.tanh, torch.Tensor.tanh_],
    "sigmoid": [torch.sigmoid, functional.sigmoid, torch.Tensor.sigmoid],
    "leaky_relu": [functional.leaky_relu, lambda x: functional.leaky_relu(x, negative_slope=0.01)],
    "elu": [functional.elu, lambda x: functional.elu(x, 1.0, True)],
    "gelu": [functional.gelu, lambda x: functional.gelu(input=x)],
    "swish": [functional.silu],
    "linear": [lambda x: x.contiguous(), lambda x: x.float(), lambda x: x.reshape(2, -1).view(4, 4), torch.clone],
}
ALL_FUNCTIONS = [(name, function) for name, functions in FUNCTIONS.items() for function in functions]


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_modules_of_activations_are_found(name: str, dtype: Any) -> None:
    model = nn.Sequential(nn.Linear(4, 6), MODULES[name](), nn.Linear(6, 3)).to(dtype)
    recording = watched(model)[0].recording()
    assert recording.network.activations == (name, "linear")
    outputs = model(examples().to(dtype)).detach()
    tolerance = 4 * torch.finfo(dtype).eps * 4
    found = np.stack([recording.forward(recording.probes.inputs[probe], 0)[-1] for probe in range(4)])
    np.testing.assert_allclose(found, outputs.double(), rtol=0, atol=tolerance)


@pytest.mark.parametrize(("name", "function"), ALL_FUNCTIONS)
def test_functions_in_the_code_of_forward_are_found(name: str, function: Any) -> None:
    model = through(function, torch.tanh)
    assert watched(model)[0].recording().network.activations == (name, "tanh", "linear")


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        (nn.Softmax(dim=1), "softmax"),
        (nn.Softmax(dim=-1), "softmax"),
        (nn.LogSoftmax(dim=1), "softmax"),
        (nn.Sigmoid(), "sigmoid"),
        (nn.Tanh(), "tanh"),
    ],
)
def test_the_last_function_is_found(last: Any, shown: str) -> None:
    recording = watched(nn.Sequential(nn.Linear(4, 3), last))[0].recording()
    assert recording.network.activations == (shown,)
    if shown == "softmax":
        assert recording.activations[-1][:4].sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_all_examples_of_a_plane_are_shown_in_it(dtype: Any) -> None:
    plane, classes = examples(2, 200), torch.arange(200) % 3
    model = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 3)).to(dtype)
    watcher, notes = watched(model, plane, classes, loss=functional.cross_entropy)
    recording = watcher.recording()
    assert not notes and (len(recording.probes.inputs), len(recording.points)) == (64, 136)
    kept = plane.to(dtype).float().numpy()
    assert {*map(tuple, recording.points)} | {*map(tuple, recording.probes.inputs)} == {*map(tuple, kept)}
    others = {"points": plane.double().unflatten(1, (2, 1)), "point_targets": classes}
    recording = watched(model, plane[:5], classes[:5], **others)[0].recording()
    assert np.array_equal(recording.points, kept[5:])
    assert np.array_equal(recording.point_targets, np.eye(3)[classes[5:]])


def test_pictures_are_flattened_in_their_order() -> None:
    pictures = torch.rand(3, 1, 2, 2)
    for model in (
        nn.Sequential(nn.Flatten(), nn.Linear(4, 3)),
        Coded(lambda self, x: self.fc3(x.view(x.size(0), -1))),
        Coded(lambda self, x: self.fc3(torch.flatten(x, 1))),
        Coded(lambda self, x: self.fc3(x.squeeze(1).reshape(len(x), 4)).unsqueeze(1).squeeze()),
    ):
        recording = watched(model, pictures)[0].recording()
        assert np.array_equal(recording.probes.inputs, pictures.reshape(3, 4))


def test_layers_are_in_the_order_of_calls_wherever_they_are_held() -> None:
    def code(self: Any, x: Any) -> Any:
        for index in (2, 0, 1):
            x = torch.relu(self.hidden[index](x))
        return functional.linear(x, self.fc3.weight)

    model = Coded(code)
    watcher, notes = watched(model)
    recording = watcher.recording()
    for layer, index in enumerate((2, 0, 1)):
        assert np.array_equal(recording.weights[layer][0], model.hidden[index].weight.detach().T)
    assert np.array_equal(recording.weights[3][0], model.fc3.weight.detach().T)
    assert "biases" not in recording.network.layers[4].parameters
    assert len(notes) == 1 and "fc1.weight, fc1.bias, fc2.weight" in notes[0] and "scale" in notes[0]


def test_dropout_is_off_and_that_is_said() -> None:
    model = nn.Sequential(nn.Dropout(0.1), nn.Linear(4, 4), nn.Dropout(0.25), nn.Dropout(0), nn.AlphaDropout(0.5))
    _, notes = watched(model)
    assert notes == [
        "model: dropout is off in what the film shows: 0 (Dropout), p = 0.1; 2 (Dropout), p = 0.25; "
        "4 (AlphaDropout), p = 0.5"
    ]
    _, notes = watched(through(lambda x: functional.dropout(x, 0.5, False), lambda x: functional.dropout(x, 0.0)))
    assert notes[0] == "model: dropout is off in what the film shows: forward of Coded, p = 0.5"


@pytest.mark.parametrize(
    "wrap",
    [
        nn.DataParallel,
        lambda model: torch.compile(model, backend="eager"),
        lambda model: nn.DataParallel(torch.compile(model, backend="eager")),
    ],
)
def test_wrappers_are_looked_through(wrap: Any) -> None:
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    watcher, _ = watched(wrap(model))
    with torch.no_grad():
        model[0].weight += 1
    watcher.snap()
    assert np.array_equal(watcher.recording().weights[0][-1], model[0].weight.detach().T)


# Losses.


@pytest.mark.parametrize(
    ("last", "loss", "shown", "known", "said"),
    [
        (nn.Identity(), nn.CrossEntropyLoss(), "softmax", "cross_entropy", ""),
        (nn.Identity(), functional.cross_entropy, "softmax", "cross_entropy", ""),
        (nn.Identity(), "cross_entropy", "softmax", "cross_entropy", ""),
        (nn.Identity(), "CrossEntropyLoss", "softmax", "cross_entropy", ""),
        (nn.LogSoftmax(1), nn.CrossEntropyLoss(), "softmax", "cross_entropy", ""),
        (nn.LogSoftmax(1), nn.NLLLoss(), "softmax", "cross_entropy", ""),
        (nn.LogSoftmax(1), functional.nll_loss, "softmax", "cross_entropy", ""),
        (nn.Softmax(1), "cross_entropy", "softmax", "cross_entropy", ""),
        (nn.Sigmoid(), "cross_entropy", "sigmoid", "cross_entropy", ""),
        (nn.Identity(), nn.BCEWithLogitsLoss(), "sigmoid", "cross_entropy", ""),
        (nn.Identity(), functional.binary_cross_entropy_with_logits, "sigmoid", "cross_entropy", ""),
        (nn.Sigmoid(), nn.BCELoss(), "sigmoid", "cross_entropy", ""),
        (nn.Sigmoid(), functional.binary_cross_entropy, "sigmoid", "cross_entropy", ""),
        (nn.Identity(), nn.MSELoss(), "linear", "squared_error", ""),
        (nn.Softmax(1), functional.mse_loss, "softmax", "squared_error", ""),
        (nn.Tanh(), "squared_error", "tanh", "squared_error", ""),
        (nn.Identity(), None, "linear", None, ""),
        (nn.Identity(), nn.HuberLoss(), "linear", None, "netviz does not work out HuberLoss"),
        (nn.Identity(), nn.NLLLoss(), "linear", None, "NLLLoss of linear outputs"),
        (nn.LogSoftmax(1), nn.MSELoss(), "softmax", None, "MSELoss of log_softmax outputs"),
        (nn.Softmax(1), nn.CrossEntropyLoss(), "softmax", None, "through a softmax already"),
        (nn.Sigmoid(), nn.BCEWithLogitsLoss(), "sigmoid", None, "through a sigmoid already"),
        (nn.Identity(), nn.CrossEntropyLoss(label_smoothing=0.1), "softmax", None, "has a label_smoothing"),
        (nn.Identity(), nn.CrossEntropyLoss(weight=torch.ones(3)), "softmax", None, "has a weight"),
        (nn.Identity(), nn.BCEWithLogitsLoss(pos_weight=torch.ones(3)), "sigmoid", None, "has a pos_weight"),
    ],
)
def test_the_loss_says_what_outputs_stand_for(last: Any, loss: Any, shown: str, known: str | None, said: str) -> None:
    targets = torch.eye(3)[[0, 1, 2, 0]]
    watcher, notes = watched(nn.Sequential(nn.Linear(4, 3), last), None, targets, loss=loss)
    network = watcher.recording().network
    assert (network.activations, network.loss) == ((shown,), known)
    assert len(notes) == bool(said) and said in "".join(notes)


def test_a_partial_loss_is_the_function_with_its_options() -> None:
    from functools import partial

    model = nn.Linear(4, 3)
    network = watched(model, loss=partial(functional.cross_entropy, reduction="sum"))[0].recording().network
    assert (network.activations, network.loss) == (("softmax",), "cross_entropy")
    watcher, notes = watched(model, loss=partial(functional.cross_entropy, label_smoothing=0.2))
    assert watcher.recording().network.loss is None and "label_smoothing" in notes[0]


def test_classes_without_a_loss_are_asked_for_one() -> None:
    _, notes = watched(nn.Linear(4, 3), None, [0, 1, 2, 0])
    assert notes == ["model: outputs are drawn as they are; give loss=torch.nn.CrossEntropyLoss() to see probabilities"]


LOSSES = {
    "cross_entropy": (nn.Identity(), functional.cross_entropy, torch.tensor([2, 0, 1, 1]), 1.0),
    "nll_loss": (nn.LogSoftmax(1), functional.nll_loss, torch.tensor([2, 0, 1, 1]), 1.0),
    "bce_with_logits": (
        nn.Identity(),
        nn.BCEWithLogitsLoss(reduction="sum"),
        torch.tensor([[1.0, 0, 1], [0, 0, 1], [0, 1, 0], [1, 1, 1]]),
        1.0,
    ),
    "bce": (
        nn.Sigmoid(),
        nn.BCELoss(reduction="sum"),
        torch.tensor([[1.0, 0, 1], [0, 0, 1], [0, 1, 0], [1, 1, 1]]),
        1.0,
    ),
    "mse": (nn.Softmax(1), nn.MSELoss(reduction="sum"), torch.eye(3)[[2, 0, 1, 1]], 2.0),  # netviz halves it
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("hidden", [nn.Tanh, nn.ReLU, nn.GELU, nn.SiLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid])
def test_errors_that_run_back_are_those_of_autograd(name: str, hidden: Any) -> None:
    last, loss, targets, factor = LOSSES[name]
    model = nn.Sequential(nn.Linear(4, 6), hidden(), nn.Linear(6, 5), hidden(), nn.Linear(5, 3), last)
    watcher, _ = watched(model, None, targets, loss=loss)
    recording = watcher.recording()
    for probe in range(4):
        value, sums = examples()[probe : probe + 1], []
        for module in model:
            value = module(value)
            sums += [value] if isinstance(module, nn.Linear) else []
        expected = torch.autograd.grad(loss(value, targets[probe : probe + 1]), sums)
        for ours, theirs in zip(recording.deltas(probe), expected, strict=True):
            np.testing.assert_allclose(factor * ours, theirs[0].numpy(), rtol=0, atol=1e-6)


# What is recorded.


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_recorded_arrays_are_the_state_dict_of_their_step(dtype: Any) -> None:
    model = mlp().to(dtype)
    watcher, _ = watched(model, examples(4, 32), torch.arange(32) % 3, loss="cross_entropy")
    states, losses = [copy.deepcopy(model.state_dict())], []

    def snap(step: int, loss: Any) -> None:
        watcher.snap(loss, keep=step == 120)
        states.append(copy.deepcopy(model.state_dict()))
        losses.append(loss.item())

    train(model, snap, 120, dtype)
    recording = watcher.recording()
    assert recording.info["offered"] == 121
    assert recording.step[0] == 0 and recording.step[-1] == 120 and watcher.steps == tuple(recording.step)
    assert 80 < len(recording.step) < 121, "early steps are all kept, later ones are not"
    newest = watcher.newest().recording()
    assert newest.step.tolist() == [0, 120]
    for layer in (1, 2, 3):
        for role, array in newest.parameters[layer].items():
            assert np.array_equal(array, recording.parameters[layer][role][[0, -1]])
    for moment, step in enumerate(recording.step):
        for layer, name in enumerate(("0", "2", "4")):
            roles, state = recording.parameters[layer + 1], states[step]
            assert np.array_equal(roles["weights"][moment], as_bits(state[f"{name}.weight"]).T)
            assert ("biases" in roles) == (f"{name}.bias" in state)
            if "biases" in roles:
                assert np.array_equal(roles["biases"][moment], as_bits(state[f"{name}.bias"]))
    assert np.array_equal(recording.curves["loss"], [losses[max(step - 1, 0)] for step in recording.step])


def test_a_recording_is_saved_and_stays_as_it_is(tmp_path: Any) -> None:
    model = mlp()
    watcher, _ = watched(
        model, None, [0, 1, 2, 0], loss="cross_entropy", names=[*"abcd"], classes=[*"xyz"], unit="batch"
    )
    before = watcher.recording()
    train(model, lambda step, loss: watcher.snap(loss))
    watcher.save(tmp_path / "run.npz")
    loaded = netviz.Recording.load(tmp_path / "run.npz")
    assert np.array_equal(loaded.weights[0], watcher.recording().weights[0]) and len(loaded.step) == 41
    assert loaded.info["recorder"] == "netviz.watch" and loaded.info["versions"]["torch"] == torch.__version__
    assert len(before.step) == 1 and loaded.unit == "batch" and loaded.info["offered"] == 41
    assert loaded.probes.names == tuple("abcd") and loaded.probes.classes == tuple("xyz")
    assert np.array_equal(before.weights[0][0], loaded.weights[0][0])


def test_of_many_examples_evenly_spaced_ones_are_recorded() -> None:
    many = examples(4, 500)
    watcher, notes = watched(mlp(), many)
    (note,) = notes
    assert note == ("X: 64 of 500 are recorded, evenly spaced from number 0 to number 499; give fewer to choose them")
    assert np.array_equal(watcher.probes[[0, -1]], many[[0, -1]])
    assert len(watcher.recording().probes.inputs) == 64


def test_examples_may_be_given_in_any_form() -> None:
    model, X = nn.Sequential(nn.Linear(2, 3)).double(), [[0, 1], [1, 1], [0.5, 0]]
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor([0, 2, 1]))
    of_data, classes = zip(*(data[i] for i in range(3)), strict=True)
    for given in (X, np.array(X), np.array(X, np.float32), torch.tensor(X), torch.tensor(X).half(), of_data):
        recording = watched(model, given, classes, loss="cross_entropy")[0].recording()
        assert recording.probes.inputs.dtype == np.float64 and np.array_equal(recording.probes.inputs, X)
        assert np.array_equal(recording.probes.targets, np.eye(3)[[0, 2, 1]])
    right = [True, False, True]
    one = watched(nn.Linear(2, 1), X, right, loss=nn.BCEWithLogitsLoss())[0].recording()
    assert one.probes.targets.tolist() == [[1], [0], [1]]


def test_the_loss_of_step_1_stands_for_step_0() -> None:
    watcher, _ = watched(mlp())
    assert watcher.steps == (0,) and watcher.wants(1)
    watcher.snap(0.75)
    watcher.snap(torch.tensor(0.5, dtype=torch.bfloat16))
    assert watcher.steps == (0, 1, 2)
    assert watcher.recording().curves["loss"].tolist() == [0.75, 0.75, 0.5]


def test_other_curves_of_step_0_are_given_before_training() -> None:
    watcher, _ = watched(mlp())
    watcher.snap(0.75, step=0, accuracy=torch.tensor(0.1))
    watcher.snap(0.5, accuracy=0.2)
    watcher.snap(0.4, step=7, accuracy=0.3)
    watcher.snap(0.3, accuracy=0.4)
    assert watcher.steps == (0, 1, 7, 8)
    assert watcher.recording().curves["accuracy"] == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_step_0_is_left_out_where_its_curves_are_not_known() -> None:
    for unit, step, loss, curves, said in (
        ("step", 1, 0.75, {"accuracy": 0.5}, "accuracy; call snap(loss, step=0, accuracy=...) before training"),
        ("step", 1, None, {"accuracy": 0.5}, "accuracy; call snap(step=0, accuracy=...) before training"),
        ("epoch", 1, 0.75, {"test_loss": 1}, "loss, test_loss; call snap(loss, step=0, test_loss=...) before training"),
        ("epoch", 1, 0.75, {}, "loss; call snap(loss, step=0) before training"),
        ("step", 5, 0.75, {}, "loss; call snap(loss, step=0) before training"),
    ):
        watcher, _ = watched(mlp(), unit=unit)
        with pytest.warns(NetvizNote, match=re.escape(f"step 0 is left out, as it has no value of {said}")) as notes:
            watcher.snap(loss, step=step, **curves)
        assert notes[0].filename == __file__
        watcher.snap(loss, **curves)
        assert watcher.steps == (step, step + 1)
    watcher, _ = watched(mlp(), unit="epoch")
    watcher.snap()  # without curves
    assert watcher.steps == (0, 1)


def test_weights_that_are_no_numbers_end_the_recording() -> None:
    model = mlp()
    watcher, _ = watched(model)
    watcher.snap(1.0)
    with torch.no_grad():
        model[2].weight[0, 0] = math.nan
    with pytest.warns(NetvizWarning, match="step 2: training diverged") as caught:
        watcher.snap(1.0)
    assert caught[0].filename == __file__
    watcher.snap(1.0)
    assert watcher.steps == (0, 1, 2) and not watcher.recording().is_complete
    shown = filmed(watcher)
    timeline = finish(prepare(shown), shown.recorded).timeline
    said = timeline.frame(timeline.frame_count - 1).caption
    assert said == "In step 2 learning diverged: the numbers ran out of range."


def test_a_model_can_be_watched_by_several() -> None:
    model = mlp()
    first, second = watched(model)[0], watched(model, examples(4, 2))[0]
    train(model, lambda step, loss: (first.snap(loss), second.snap(loss)))
    assert np.array_equal(first.recording().weights[0], second.recording().weights[0])
    assert len(first.recording().probes.inputs) == 4 and len(second.recording().probes.inputs) == 2


def test_watchers_are_taken_where_recorders_are() -> None:
    targets = [0, 1, 2, 0]
    watchers = {}
    for name in ("one", "two"):
        model = mlp()
        watchers[name], _ = watched(model, None, targets, loss="cross_entropy")
        train(model, lambda step, loss, into=watchers[name]: into.snap(loss))
    assert netviz.compare(watchers).names == ("one", "two")
    assert netviz.events(watchers["one"])
