"""netviz.watch of PyTorch models: what is recorded, to the bit, and that training is as without it, to the bit."""

from __future__ import annotations

import copy
import io
import math
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizNote, NetvizWarning

torch = pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
nn, functional = torch.nn, torch.nn.functional

ROW = 5
"""Rows of four probes and one at rest, for each moment."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(7)


def examples(inputs: int = 4, count: int = 4) -> Any:
    return torch.randn(count, inputs, generator=torch.Generator().manual_seed(3))


def watched(model: Any, X: Any = None, y: Any = None, **options: Any) -> tuple[Any, list[str]]:
    """A watcher, and the notes that were given with it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watcher = netviz.watch(model, examples() if X is None else X, y, **options)
    assert all(issubclass(each.category, NetvizNote) for each in caught)
    assert all(each.filename == __file__ for each in caught), "a note points at the line that called"
    return watcher, [str(each.message) for each in caught]


def refusal(model: Any, X: Any = None, y: Any = None, **options: Any) -> str:
    with pytest.raises(InputError) as wrong:
        netviz.watch(model, examples() if X is None else X, y, **options)
    assert "\n" not in str(wrong.value)
    return str(wrong.value)


class Coded(nn.Module):
    """Three layers whose forward pass is a function of the test's."""

    def __init__(self, code: Callable[..., Any]) -> None:
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.hidden = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.scale = nn.Parameter(torch.ones(4))
        self.code = code

    def forward(self, x: Any) -> Any:
        return self.code(self, x)


def through(*functions: Callable[[Any], Any]) -> Coded:
    """fc1, a function, fc2, another, fc3."""

    def code(self: Any, x: Any) -> Any:
        layers = self.fc1, self.fc2, self.fc3
        for layer, function in zip(layers, (*functions, torch.clone), strict=True):
            x = function(layer(x))
        return x

    return Coded(code)


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


def train(
    model: Any, snap: Callable[[int, Any], None], steps: int = 40, dtype: Any = torch.float32, loss: Any = None
) -> None:
    X, y = examples(4, 32).to(dtype), torch.arange(32) % 3
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        value = (loss or functional.cross_entropy)(model(X), y)
        value.backward()
        optimizer.step()
        snap(step, value)


def mlp(dropout: float = 0.0) -> Any:
    hidden = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), *hidden, nn.Linear(6, 5, bias=False), nn.Tanh(), nn.Linear(5, 3))


def as_bits(array: Any) -> Any:
    return array.view(torch.int16).numpy().view(np.uint16) if array.dtype == torch.bfloat16 else array.numpy()


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
    with pytest.warns(NetvizWarning, match="step 2: training diverged"):
        watcher.snap(1.0)
    watcher.snap(1.0)
    assert watcher.steps == (0, 1, 2) and not watcher.recording().is_complete


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


# Training is as it would be without.


def final(model: Any) -> list[Any]:
    """All that training leaves: parameters, buffers and gradients, flags, and the states of random numbers."""
    gradients = [None if each.grad is None else each.grad.clone() for each in model.parameters()]
    flags = [module.training for module in model.modules()]
    return [
        copy.deepcopy(model.state_dict()),
        gradients,
        flags,
        torch.get_rng_state(),
        np.random.get_state()[1:3],
        random.getstate(),
    ]


def same(one: Any, two: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, torch.Tensor):
        return one.dtype == two.dtype and torch.equal(one, two)
    return np.array_equal(one, two) if isinstance(one, np.ndarray) else one == two


def plain(model: Any, snap: Callable[[Any], None]) -> None:
    train(model, lambda step, loss: snap(loss))


def autocast(model: Any, snap: Callable[[Any], None]) -> None:
    X, y = examples(4, 32), torch.arange(32) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(40):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = functional.cross_entropy(model(X), y)
            snap(loss)  # within: its casts are remembered until the end of the block
        loss.backward()
        optimizer.step()


def accumulated(model: Any, snap: Callable[[Any], None]) -> None:
    X, y = examples(4, 32), torch.arange(32) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(40):
        loss = functional.cross_entropy(model(X[step % 4 :: 4]), y[step % 4 :: 4])
        loss.backward()
        snap(loss)
        if step % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()


def checkpointed(model: Any, snap: Callable[[Any], None]) -> None:
    from torch.utils.checkpoint import checkpoint

    X, y = examples(4, 32), torch.arange(32) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(40):
        optimizer.zero_grad()
        loss = functional.cross_entropy(checkpoint(model, X, use_reentrant=False), y)
        loss.backward()
        optimizer.step()
        snap(loss)


@pytest.mark.parametrize("training", [plain, autocast, accumulated, checkpointed])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_training_is_the_same_to_the_bit(training: Any, dropout: float) -> None:
    def run(watching: bool) -> list[Any]:
        torch.manual_seed(11)
        np.random.seed(12)
        model = mlp(dropout)
        if watching:
            watchers = [watched(model, None, [0, 1, 2, 0], loss="cross_entropy")[0]]

            def snap(loss: Any) -> None:
                watchers[0].snap(loss)
                watched(model)  # at any time, also between forward and backward pass
                watchers[0].recording()

            training(model, snap)
            assert len(watchers[0].steps) > 30
        else:
            training(model, lambda loss: None)
        return final(model)

    assert same(run(True), run(False))
    assert not same(run(False), run(False)[:4])


def test_a_compiled_model_is_not_compiled_again() -> None:
    def run(watching: bool) -> tuple[list[Any], int]:
        torch._dynamo.reset()
        graphs = []

        def backend(graph: Any, inputs: Any) -> Any:
            graphs.append(graph)
            return graph.forward

        torch.manual_seed(11)
        model = mlp(0.3)
        compiled = torch.compile(model, backend=backend)
        watcher = watched(compiled, None, [0, 1, 2, 0], loss="cross_entropy")[0] if watching else None

        def snap(step: int, loss: Any) -> None:
            if watcher is not None:
                watcher.snap(loss)
                if step in (5, 20):
                    watched(compiled)

        train(compiled, snap)
        compiled.eval()
        compiled(examples())
        compiled.train()
        return final(model), len(graphs)

    watching, plainly = run(True), run(False)
    assert same(watching, plainly) and plainly[1] == 2


def test_a_model_that_is_compiled_in_place_is_not_compiled_by_the_pass() -> None:
    torch._dynamo.reset()
    graphs = []

    def backend(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    model = through(torch.relu, torch.tanh)
    model.compile(backend=backend)
    assert watched(model)[0].recording().network.activations == ("relu", "tanh", "linear")
    assert not graphs
    model(examples())
    assert len(graphs) == 1


class Restless(nn.Module):
    """A model that changes itself whenever it is used, and draws random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.calls, self.last = 0, None
        self.register_buffer("seen", torch.zeros(3))
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.fc.weight.data.clamp_(-0.1, 0.1)
        self.last = self.fc(x)
        self.noise = torch.rand(3), np.random.rand(3), random.random()
        self.seen += 1
        self.mean = self.last.mean(0)
        self.fc = self.fc if self.fc.bias is None else copy.copy(self.fc)
        return self.last


def hooks_of(model: Any) -> list[int]:
    """The number of each module's hooks."""
    return [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]


def test_a_pass_leaves_nothing_behind() -> None:
    model = nn.Sequential(Restless(), nn.Sequential(nn.ReLU(), nn.Dropout(0.5)), nn.Linear(3, 2))
    model[1].eval()  # one part is frozen
    model[2].weight.requires_grad_(False)
    model(examples()).sum().backward()
    with torch.no_grad():
        model[0].fc.weight += 1
    gradients = [each.grad for each in model.parameters()]
    before, attributes = final(model), [dict(vars(module)) for module in model.modules()]
    mean, hooks = model[0].mean, hooks_of(model)
    versions = [each._version for each in (model[2].weight, model[2].bias, model[0].mean)]
    layer = model[0].fc
    torch.set_float32_matmul_precision("high")
    try:
        watcher, _ = watched(model)
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")
    watcher.snap()
    assert same(before, final(model))
    assert all(now is was for now, was in zip((each.grad for each in model.parameters()), gradients, strict=True))
    assert model[0].mean is mean and model[0].fc is layer and model[0].calls == 1
    assert [each._version for each in (model[2].weight, model[2].bias, model[0].mean)] == versions
    for module, own in zip(model.modules(), attributes, strict=True):
        assert vars(module).keys() == own.keys()
        assert all(vars(module)[name] is value for name, value in own.items())
    assert hooks_of(model) == hooks == [0] * 7
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_a_pass_is_of_the_models_own_precision_whatever_the_loop_has_chosen() -> None:
    seen = []

    def code(self: Any, x: Any) -> Any:
        hidden = self.fc1(x)
        seen.append((hidden.dtype, torch.get_float32_matmul_precision(), torch.is_inference_mode_enabled()))
        return self.fc3(hidden)

    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            watched(Coded(code))
    finally:
        torch.set_float32_matmul_precision("highest")
    assert seen == [(torch.float32, "highest", False)]


def test_a_model_that_writes_to_its_inputs_writes_to_a_copy() -> None:
    given, before = examples(), examples()
    for model in (Coded(lambda self, x: self.fc3(x.mul_(2))), Coded(lambda self, x: self.fc3(x.relu_()))):
        refusal(model, given)
    watched(nn.Sequential(nn.Dropout(0.5, inplace=True), nn.Linear(4, 3)), given)
    assert torch.equal(given, before)


def test_a_layer_is_named_also_after_an_error_that_the_model_caught() -> None:
    def code(self: Any, x: Any) -> Any:
        try:
            x = self.fc1(x[:, :2])
        except RuntimeError:
            return functional.softplus(self.fc3(x))

    assert "model: forward of Coded: torch.nn.functional.softplus cannot be drawn" in refusal(Coded(code))


def test_a_watched_model_is_copied_and_saved_as_ever() -> None:
    model = mlp()
    watcher, _ = watched(model)
    train(model, lambda step, loss: watcher.snap(loss), 3)
    copied = copy.deepcopy(model)
    assert same(copied.state_dict(), model.state_dict())
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    assert same(torch.load(file, weights_only=False).state_dict(), model.state_dict())


def test_a_refused_model_is_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2))
    model[1].eval()
    before = final(model)
    assert "1 (BatchNorm1d): torch.nn.functional.batch_norm cannot be drawn exactly yet" in refusal(model)
    assert same(before, final(model))
    assert not any(hooks_of(model))
    broken = nn.Sequential(nn.Linear(5, 3), nn.Dropout(0.5))
    before = final(broken)
    refusal(broken)
    assert same(before, final(broken)) and broken.training
    assert not any(hooks_of(broken))


def test_only_the_first_of_several_processes_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    watcher, _ = watched(mlp())
    watcher.snap(0.5, accuracy=1)
    assert watcher.steps == () and not watcher.wants(0)
    with pytest.raises(InputError, match="the process of rank 1 records nothing; ask the one of rank 0"):
        watcher.recording()
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    assert watched(mlp())[0].steps == (0,)


# What is refused.


class Squared(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Any) -> Any:
        return x.pow(2)


def adds(self: Any, x: Any) -> Any:
    hidden = torch.relu(self.fc1(x))
    return self.fc3(hidden + self.fc2(hidden))


def branches(self: Any, x: Any) -> Any:
    return self.fc3(torch.cat([self.fc1(x)[:, :2], self.fc2(x)[:, :2]], dim=1))


def gated(self: Any, x: Any) -> Any:
    hidden = self.fc1(x)
    return self.fc3(hidden * torch.sigmoid(hidden))


def reads(self: Any, x: Any) -> Any:
    hidden = self.fc1(x)
    return self.fc3(hidden if hidden.sum() > 0 else -hidden)


def in_place(self: Any, x: Any) -> Any:
    hidden = self.fc1(x)
    hidden[:, 0] = 0
    return self.fc3(hidden)


SEQUENTIAL = nn.Sequential
UNKNOWN = [
    (SEQUENTIAL(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 2, 2), nn.Flatten()), "0 (Unflatten): torch.Tensor.unflatten"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.LayerNorm(3)), "1 (LayerNorm): torch.nn.functional.layer_norm"),
    (SEQUENTIAL(nn.Embedding(4, 3), nn.Linear(3, 3)), "0 (Embedding): torch.nn.functional.embedding"),
    (nn.LSTM(4, 3), "forward of LSTM: torch.lstm"),
    (nn.TransformerEncoderLayer(4, 1), "self_attn (MultiheadAttention): torch.nn.functional.multi_head_attention"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.LeakyReLU(0.2)), "1 (LeakyReLU): leaky_relu with a slope of 0.2"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.ELU(0.5)), "1 (ELU): elu with an alpha of 0.5"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.GELU("tanh")), "1 (GELU): gelu in its approximate form (tanh)"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.Softplus()), "1 (Softplus): torch.nn.functional.softplus"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.ReLU6()), "1 (ReLU6): torch.nn.functional.hardtanh"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.Softmax(0)), "1 (Softmax): softmax along the axis 0"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.Softmax(1), nn.Linear(3, 2)), "1 (Softmax): softmax before the last layer"),
    (SEQUENTIAL(nn.Linear(4, 3), nn.ReLU(), nn.Softmax(1)), "2 (Softmax): softmax of a relu"),
    (SEQUENTIAL(nn.ReLU(), nn.Linear(4, 3)), "0 (ReLU): relu of the inputs"),
    (nn.ReLU(), "has no parameters, so it learns nothing"),
    (Coded(lambda self, x: x.view(4, 4)), "its outputs come from no Linear layer"),
    (Coded(lambda self, x: x), "its outputs come from X in no way that can be followed"),
    (Coded(lambda self, x: self.fc3(x.T)), "torch.Tensor.T.__get__ cannot be drawn exactly yet"),
    (Coded(lambda self, x: self.fc2(self.fc1(x).detach())), "torch.Tensor.detach cannot be drawn exactly yet"),
    (Coded(lambda self, x: self.fc3(self.fc1(x) / 2)), "forward of Coded: torch.Tensor.div"),
    (Coded(lambda self, x: self.fc3(self.fc1(x) * self.scale)), "forward of Coded: torch.Tensor.mul"),
    (Coded(lambda self, x: self.fc3(torch.ones(4) + self.fc1(x))), "forward of Coded: torch.Tensor.add"),
    (Coded(lambda self, x: self.fc1(torch.relu(self.fc1(x)))), "fc1 (Linear): fc1.weight is used a second time"),
    (Coded(adds), "torch.Tensor.add takes the results of several layers: the network branches"),
    (Coded(branches), "torch.Tensor.__getitem__ cannot be drawn exactly yet"),
    (Coded(gated), "torch.Tensor.mul takes the results of several layers"),
    (Coded(reads), "forward of Coded reads numbers that were computed (torch.Tensor.__bool__)"),
    (Coded(in_place), "torch.Tensor.__setitem__ cannot be drawn exactly yet"),
    (Coded(lambda self, x: self.fc3(Squared.apply(self.fc1(x)))), "torch.Tensor.pow cannot be drawn exactly yet"),
    (Coded(lambda self, x: self.fc3(functional.dropout(self.fc1(x)))), "dropout is random in evaluation as well"),
    (Coded(lambda self, x: self.fc3(self.fc1(x).double().float())), "double changes the type of the numbers"),
    (
        Coded(lambda self, x: functional.linear(torch.ones(4, 4), self.fc1(x))),
        "forward of Coded takes numbers that come",
    ),
    (Coded(lambda self, x: functional.linear(x, self.fc3.weight * 2)), "its weights are no parameter of the model"),
    (Coded(lambda self, x: (self.fc1(x), self.fc2(x))), "gives a tuple, not one tensor of outputs"),
    (
        SEQUENTIAL(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))),
        "0 (ParametrizedLinear): its weights are no parameter of the model but computed",
    ),
    (nn.LazyLinear(3), "weight has no shape yet; put one batch through the model"),
    (nn.Linear(4, 3, device="meta"), "weight is on the meta device, and has no numbers"),
]


@pytest.mark.parametrize(("model", "reason"), UNKNOWN, ids=lambda each: each if isinstance(each, str) else "")
def test_what_is_no_chain_is_refused_by_the_name_of_its_layer(model: Any, reason: str) -> None:
    message = refusal(model)
    assert reason in message and message.startswith("model: ")


def test_what_is_refused_says_what_can_be_watched() -> None:
    message = refusal(nn.Sequential(nn.Linear(4, 3), nn.Softplus()))
    assert message.endswith(
        "; netviz.watch shows chains of Linear layers with relu, tanh, sigmoid, leaky_relu (slope 0.01), elu (alpha 1)"
        ", gelu (with erf) or silu between them, and netviz.Recorder records what you give it of any other"
    )


def test_a_layer_that_is_applied_to_parts_of_examples_is_refused() -> None:
    message = refusal(nn.Linear(2, 3), torch.rand(4, 5, 2))
    assert "forward of Linear is given the shape (4, 5, 2), and not one row for each of the 4 examples" in message


def test_what_the_chain_gives_is_held_against_what_the_model_gives() -> None:
    """Whatever it is that changes numbers without being seen."""

    def by_numpy(numbers: Any) -> Any:
        np.from_dlpack(numbers.detach())[:] += 1
        return numbers

    def unseen(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def call(numbers: Any) -> Any:
            with torch._C.DisableTorchFunction():
                return function(numbers)

        return call

    differs = "fc2 with linear after it gives something else than its parameters say, up to "
    for change, said in (
        (by_numpy, differs),
        (unseen(lambda x: x.add_(1)), differs),
        (unseen(lambda x: x + 1), "fc2 (Linear) takes numbers that come from X in no way that can be followed"),
    ):
        assert said in refusal(through(change, torch.clone))
    last = Coded(lambda self, x: unseen(lambda x: x.mul_(2))(self.fc3(x)))
    assert "fc3 with linear after it gives something else" in refusal(last)
    last = Coded(lambda self, x: unseen(lambda x: x * 2)(self.fc3(x)))
    assert "its outputs come from X in no way that can be followed" in refusal(last)


def test_scripted_and_sharded_models_are_refused_with_the_reason() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        scripted = torch.jit.script(nn.Linear(4, 3))
        traced = nn.Sequential(torch.jit.trace(nn.Linear(4, 3), torch.rand(1, 4)))
    assert "compiled by TorchScript, whose layers cannot be seen" in refusal(scripted)
    assert "0 (TopLevelTracedModule) is compiled by TorchScript" in refusal(traced)
    sharded = type("FSDPLinear", (type("FSDPModule", (), {}), nn.Linear), {})(4, 3)
    assert "it (FSDPLinear) is sharded (FSDP): no process has all of its parameters" in refusal(sharded)


@pytest.mark.parametrize(
    ("X", "y", "options", "message"),
    [
        (
            torch.rand(4, 3),
            None,
            {},
            "X: the model cannot take 4 examples of the shape (3,): 0 (Linear): mat1 and mat2",
        ),
        (torch.rand(0, 4), None, {}, "X: has the shape (0, 4); expected one example or more"),
        (torch.tensor(1.0), None, {}, "X: has the shape (); expected one example or more"),
        ([["a", "b", "c", "d"]], None, {}, "X: cannot be read as an array of numbers"),
        ([[0, 1, 2, 3], [0, 1]], None, {}, "X: cannot be read as an array of numbers"),
        (torch.zeros(2, 4, dtype=torch.complex64), None, {}, "X: holds torch.complex64 on cpu; expected plain numbers"),
        (torch.full((2, 4), math.inf), None, {}, "X: holds numbers that are infinite or not a number"),
        (torch.full((2, 4), 1e300, dtype=torch.float64), None, {}, "not a number, in torch.float32"),
        (examples(), [0, 1, 2], {}, "y: have the shape (3,); expected (4, 3) or (4,) with the index of a class each"),
        (examples(), [0, 1, 2, 3], {}, "y: one for each example are indices of classes: expected whole numbers from 0"),
        (
            examples(),
            [0.0, 1, 2, 1],
            {},
            "y: one for each example are indices of classes: expected whole numbers from 0",
        ),
        (examples(), "abcd", {}, "y: cannot be read as an array of numbers"),
        (examples(), None, {"loss": "huber"}, "loss: 'huber' is none of cross_entropy, binary_cross_entropy_with_logi"),
        (examples(), None, {"names": ["a"]}, "names: 1 names, and there are 4 probes"),
        (examples(), None, {"classes": ["a"]}, "classes: 1 names, and there are 3 outputs"),
        (examples(), None, {"budget": 100}, "budget: 100 bytes are less than the"),
        (examples(), None, {"unit": "two words"}, "unit: expected a word"),
    ],
)
def test_what_is_given_with_a_model_is_checked(X: Any, y: Any, options: Any, message: str) -> None:
    with pytest.raises(InputError) as wrong:
        netviz.watch(nn.Sequential(nn.Linear(4, 3)), X, y, **options).snap(1.0)
    assert message in str(wrong.value)


def test_nothing_is_no_example() -> None:
    with pytest.raises(InputError, match="X: none given"):
        netviz.watch(mlp(), None)


def test_sets_of_data_are_not_drawn_from() -> None:
    data = torch.utils.data.TensorDataset(examples())
    assert "X: is a TensorDataset; give examples of it: X, y = zip(*(X[i] for i in range(16)))" in refusal(mlp(), data)
    loader = torch.utils.data.DataLoader(data)
    assert "X: is a DataLoader; give examples of it: X, y = zip(*(X.dataset[i] for i in" in refusal(mlp(), loader)


def test_a_single_logit_has_no_cross_entropy() -> None:
    assert "give torch.nn.BCEWithLogitsLoss()" in refusal(nn.Linear(4, 1), loss=functional.cross_entropy)


def test_a_model_that_changes_its_layers_is_told_by_their_names() -> None:
    model = mlp()
    watcher, _ = watched(model)
    watcher.snap(0.5)
    model[0] = nn.Linear(4, 7)
    with pytest.raises(InputError, match=r"0\.weight: has the shape \(7, 4\), and had \(6, 4\) when netviz\.watch saw"):
        watcher.snap(0.5)
    model[0] = nn.Linear(4, 6).double()
    with pytest.raises(InputError, match=r"step 2: weights\[0\]: holds float64, and float32 at step 0"):
        watcher.snap(0.5)
    model[0] = nn.ReLU()
    with pytest.raises(InputError, match=r"0\.weight: is a parameter of the model no more"):
        watcher.snap(0.5)
    model[0] = nn.Linear(4, 6)
    watcher.snap(0.5)
    assert watcher.steps == (0, 1, 2)
    assert np.array_equal(watcher.recording().weights[0][-1], model[0].weight.detach().T)
    model[0] = nn.Linear(4, 6, device="meta")
    with pytest.raises(InputError, match=r"0\.weight: is on the meta device"):
        watcher.snap(0.5)


def test_steps_do_not_go_back() -> None:
    watcher, _ = watched(mlp())
    watcher.snap(step=5)
    with pytest.raises(InputError, match="step: 5 does not come after 5"):
        watcher.snap(step=5)
    watcher.snap()
    assert watcher.steps == (0, 5, 6)
