"""PyTorch models that cannot be watched, and what is wrong with what is given: one clear error each."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError
from tests.integrations.models import (
    Coded,
    examples,
    functional,
    mlp,
    nn,
    refusal,
    torch,
    watched,
)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (nn.ReLU(), "has no parameters, so it learns nothing"),
        (Coded(lambda self, x: x), "computes its outputs from none of its parameters, so nothing is learned"),
        (Coded(lambda self, x: x.view(4, 4)), "computes its outputs from none of its parameters"),
        (Coded(lambda self, x: self.fc3(x).T), "gives outputs of the shape (3, 4); expected numbers, a row for each"),
        (Coded(lambda self, x: self.fc3(x).sum()), "gives outputs of the shape (); expected numbers, a row"),
        (Coded(lambda self, x: self.fc3(x).argmax(1)), "gives outputs of the shape (4,); expected numbers"),
        (Coded(lambda self, x: "three"), "gives a str, in which there is no tensor of outputs; netviz.Recorder"),
        (nn.LazyLinear(3), "weight has no shape yet; put one batch through the model"),
        (nn.Linear(4, 3, device="meta"), "weight is on the meta device, and has no numbers"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_the_reason(model: Any, reason: str) -> None:
    message = refusal(model)
    assert reason in message and message.startswith("model: ")


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
        (
            torch.rand(4),
            None,
            {},
            "a row for each example, and X has the shape (4,); of a single example give X[None]",
        ),
        (torch.rand(0, 4), None, {}, "X: has the shape (0, 4); expected one example or more"),
        (torch.tensor(1.0), None, {}, "X: has the shape (); expected one example or more"),
        ([["a", "b", "c", "d"]], None, {}, "X: cannot be read as an array of numbers"),
        ([[0, 1, 2, 3], [0, 1]], None, {}, "X: cannot be read as an array of numbers"),
        (torch.zeros(2, 4, dtype=torch.complex64), None, {}, "X: holds torch.complex64 on cpu; expected plain numbers"),
        (torch.zeros(2, 4, device="meta"), None, {}, "X: holds torch.float32 on meta; expected plain numbers"),
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
        (examples(), None, {"points": torch.rand(9, 3)}, "points: have the shape (9, 3); expected a row of 4 inputs"),
        (examples(), None, {"points": torch.rand(0, 4)}, "points: has the shape (0, 4); expected one example or more"),
        (examples(), None, {"point_targets": [1]}, "point_targets: there are no points; give those as well"),
        (
            examples(),
            None,
            {"points": torch.rand(9, 4), "point_targets": [1, 2]},
            "point_targets: have the shape (2,); expected (9, 3) or (9,)",
        ),
        (examples(), None, {"loss": "huber"}, "loss: 'huber' is none of cross_entropy, binary_cross_entropy_with_logi"),
        (
            examples(),
            None,
            {"loss": torch.tensor(0.7)},
            "loss: is a Tensor; give the function itself, such as torch.nn.Cr",
        ),
        (examples(), None, {"names": ["a"]}, "names: 1 names, and there are 4 probes"),
        (examples(), None, {"classes": ["a"]}, "classes: 1 names, and there are 3 outputs"),
        (
            examples(),
            None,
            {"budget": 100},
            "budget: 0.1 KB is not enough: one moment of this network takes 0.17 KB; g",
        ),
        (examples(), None, {"unit": "two words"}, "unit: expected a word"),
    ],
)
def test_what_is_given_with_a_model_is_checked(X: Any, y: Any, options: Any, message: str) -> None:
    with pytest.raises(InputError) as wrong:
        netviz.watch(nn.Sequential(nn.Linear(4, 3)), X, y, **options)
    assert message in str(wrong.value)


def test_several_inputs_are_as_many_examples_of_each() -> None:
    model = Coded(lambda self, x, mask: self.fc3(x * mask))
    assert "X: the model cannot take 4 examples of the shape (4,): " in (message := refusal(model))
    assert "'mask'; where it takes several inputs, give them by name: X={'x': ..., ...}" in message
    message = refusal(model, {"x": torch.rand(3, 4), "mask": torch.rand(2, 4)})
    assert message == "X: has several inputs, of 3, 2 examples; expected as many of each"
    assert "X: is empty" in refusal(model, {})


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
    model[0] = nn.Linear(4, 6)
    model[0].register_parameter("weight", None)
    with pytest.raises(InputError, match=r"0\.weight: is a parameter of the model no more"):
        watcher.snap(0.5)
    model[0] = nn.Linear(4, 6)
    watcher.snap(0.5)
    assert watcher.steps == (0, 1, 2)
    assert np.array_equal(watcher.recording().weights[0][-1], model[0].weight.detach().T)
    model[0] = nn.Linear(4, 6, device="meta")
    with pytest.raises(InputError, match=r"0\.weight: is on the meta device"):
        watcher.snap(0.5)


def test_a_model_that_gets_other_modules_is_told_by_their_names() -> None:
    """They would leave all parameters where they were, and the film would show what the model is no more."""
    model = mlp()
    watcher, _ = watched(model)
    watcher.snap(0.5)
    before = list(model)
    for change, message in (
        (lambda: model.__setitem__(1, nn.Sigmoid()), "model: 1 is Sigmoid, and was ReLU when netviz.watch saw it"),
        (lambda: model.__setitem__(0, nn.ReLU()), "model: 0 is ReLU, and was Linear when netviz.watch saw it"),
        (lambda: model.append(nn.Tanh()), "model: it is Sequential of 6, and was Sequential of 5 when netviz.watch"),
        (lambda: model.__delitem__(4), "model: it is Sequential of 4, and was Sequential of 5 when netviz.watch"),
    ):
        change()
        with pytest.raises(InputError) as wrong:
            watcher.snap(0.5)
        assert str(wrong.value).startswith(message)
        model._modules.clear()
        model.extend(before)
    watcher.snap(0.5)
    coded = Coded(lambda self, x: self.fc3(torch.relu(self.fc1(x))))
    watcher, _ = watched(coded)
    coded.fc2, coded.average = nn.ReLU(), nn.Linear(9, 9)  # which the network is without
    watcher.snap(0.5)
    del coded.fc3
    with pytest.raises(InputError, match="model: fc3 is there no more, and was Linear"):
        watcher.snap(0.5)


def test_steps_do_not_go_back() -> None:
    watcher, _ = watched(mlp())
    watcher.snap(step=5)
    with pytest.raises(InputError, match="step: 5 does not come after 5"):
        watcher.snap(step=5)
    with pytest.raises(InputError, match="step: 3 does not come after 5"):
        watcher.snap(step=3)
    watcher.snap()
    assert watcher.steps == (0, 5, 6)
