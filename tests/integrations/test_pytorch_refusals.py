"""PyTorch models that cannot be watched, and what is wrong with what is given: one clear error each."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
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
    through,
    torch,
    watched,
)


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
