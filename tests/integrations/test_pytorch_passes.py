"""What is recorded of PyTorch networks with blocks: activations, errors, sizes of blocks and of their updates."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError, NetvizWarning
from tests.integrations.block_models import GPT2, Autoencoder, cnn
from tests.integrations.models import Coded, checkpoint, examples, functional, nn, torch, watched

PICTURES = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(5))
CLASSES = torch.tensor([2, 0, 1, 1])


def normed() -> Any:
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(inplace=True), nn.Linear(6, 3), nn.LayerNorm(3))


def in_place() -> Any:
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 5), nn.RMSNorm(5), nn.Linear(5, 3))


def values(model: Any, X: Any, inputs: list[str], results: list[str]) -> tuple[Any, list[Any]]:
    """The outputs of a copy in evaluation mode, and what modules take, or give, with gradients through them."""
    model, found = copy.deepcopy(model).eval(), {}
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    for name in inputs:
        model.get_submodule(name).register_forward_pre_hook(
            lambda _, args, name=name: found.update({("in", name): args[0]})
        )
    for name in results:
        model.get_submodule(name).register_forward_hook(
            lambda _, __, out, name=name: found.update({("out", name): out})
        )
    output = model(X)
    return output, [*(found["in", name] for name in inputs), *(found["out", name] for name in results)]


@pytest.mark.parametrize(
    ("model", "X", "y", "loss", "inputs", "results", "factor"),
    [
        (normed(), examples(), CLASSES, functional.cross_entropy, [], ["0", "3"], 1),
        (in_place(), examples(), CLASSES, functional.cross_entropy, [], ["0", "2", "4"], 1),
        (cnn(), PICTURES, CLASSES, functional.cross_entropy, ["5"], ["5", "8"], 1),
        (cnn(), PICTURES, torch.eye(3)[CLASSES], nn.BCEWithLogitsLoss(reduction="sum"), ["5"], ["5", "8"], 1),
        (nn.Sequential(cnn(), nn.LogSoftmax(1)), PICTURES, CLASSES, nn.NLLLoss(), ["0.5"], ["0.5", "0.8"], 1),
        (nn.Sequential(cnn(), nn.Softmax(1)), PICTURES, torch.eye(3)[CLASSES], nn.MSELoss(reduction="sum"),
         ["0.5"], ["0.5", "0.8"], 2),
    ],
)  # fmt: skip
def test_errors_are_those_of_autograd(
    model: Any, X: Any, y: Any, loss: Any, inputs: list[str], results: list[str], factor: int
) -> None:
    watcher, notes = watched(model, X, y, loss=loss)
    assert not notes
    watcher.snap(1.0)
    output, tensors = values(model, X, inputs, results)
    value = sum(loss(output[index : index + 1], y[index : index + 1]) for index in range(4))
    expected = torch.autograd.grad(value, tensors)
    recording = watcher.recording()
    for row in range(4):
        for ours, theirs in zip(recording.deltas(row), expected, strict=True):
            np.testing.assert_allclose(factor * ours, theirs[row].flatten().numpy(), rtol=0, atol=1e-6)
    assert all(each.grad is None for each in model.parameters())


def test_errors_of_outputs_that_blocks_give() -> None:
    text, words = torch.arange(24).reshape(3, 8), torch.arange(3)
    model = GPT2()
    recording = watched(model, text, words, loss=nn.CrossEntropyLoss())[0].recording()
    logits = copy.deepcopy(model).eval()(text)[:, -1].detach().requires_grad_()
    functional.cross_entropy(logits, words, reduction="sum").backward()
    for row in range(3):
        np.testing.assert_allclose(recording.deltas(row)[-1], logits.grad[row], rtol=0, atol=1e-6)
    np.testing.assert_allclose(recording.activations[-1][:3], torch.softmax(logits, 1).detach(), rtol=0, atol=1e-6)

    coder = Autoencoder()
    recording = watched(coder, PICTURES, PICTURES, loss=nn.MSELoss())[0].recording()
    output, tensors = values(coder, PICTURES, ["encoder.3", "decoder.4"], ["encoder.3"])
    into, sigmoid, sums = torch.autograd.grad(0.5 * (output - PICTURES).square().sum(), [tensors[0], *tensors[1:]])
    np.testing.assert_allclose(recording.deltas(1)[0], into[1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(recording.deltas(1)[1], sums[1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(recording.deltas(1)[-1], (output - PICTURES)[1].detach().flatten(), rtol=0, atol=1e-6)
    assert sigmoid.shape == output.shape
    recording = watched(coder, PICTURES, PICTURES.round(), loss=nn.BCELoss())[0].recording()
    np.testing.assert_allclose(recording.deltas(2)[-1], (output - PICTURES.round())[2].detach().flatten(), atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_each_moment_is_that_of_its_step(dtype: Any) -> None:
    model, X = cnn().to(dtype), PICTURES.to(dtype)
    watcher, _ = watched(model, X, CLASSES, loss="cross_entropy")
    model[0].bias.requires_grad_(False)
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], 0.1, momentum=0.9)
    states, given = [copy.deepcopy(model.state_dict())], [values(model, X, ["5"], ["7"])[1]]
    for step in range(1, 21):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(X), CLASSES)
        loss.backward()
        optimizer.step()
        if step in (1, 2, 5, 9, 20):
            watcher.snap(loss, step=step)
        states.append(copy.deepcopy(model.state_dict()))
        given.append(values(model, X, ["5"], ["7"])[1])
    recording = watcher.recording()
    steps = recording.step.tolist()
    assert steps == [0, 1, 2, 5, 9, 20]

    def root_mean_square(arrays: list[Any]) -> float:
        numbers = np.concatenate([np.asarray(each.double()).ravel() for each in arrays])
        return float(np.sqrt(np.mean(numbers**2)))

    blocks = recording.network.layers[1].blocks
    assert [block.label for block in blocks] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten"]
    for moment, step in enumerate(steps):
        parameters, state = recording.parameters[1], states[step]
        before = steps[max(moment - 1, 0)]
        for index, name in enumerate(("0", "1")):
            now = [state[f"{name}.weight"], state[f"{name}.bias"]]
            change = [
                (state[f"{name}.{role}"].double() - states[before][f"{name}.{role}"].double()) / max(step - before, 1)
                for role in ("weight", "bias")
            ]
            assert parameters["block_sizes"][moment, index] == pytest.approx(root_mean_square(now), rel=1e-5)
            assert parameters["block_updates"][moment, index] == pytest.approx(root_mean_square(change), rel=1e-4)
        assert not parameters["block_sizes"][moment, 2:].any() and parameters["block_sizes"].dtype == np.float32
        rows = slice(moment * 5, moment * 5 + 4)
        tolerance = 0 if dtype == torch.float64 else 1e-6
        for layer, tensor in ((1, given[step][0]), (2, given[step][1])):
            expected = tensor.detach().double().reshape(4, -1)
            np.testing.assert_allclose(_wide(recording.activations[layer][rows]), expected, rtol=0, atol=tolerance)
    assert np.array_equal(_wide(recording.weights[2][-1]), model[8].weight.detach().double().T)
    assert not recording.parameters[1]["block_updates"][0].any()


def _wide(array: Any) -> Any:
    return (array.astype(np.uint32) << 16).view(np.float32) if array.dtype == np.uint16 else array


def test_a_block_that_is_frozen_does_not_change() -> None:
    model = cnn()
    model[0].requires_grad_(False)
    watcher, _ = watched(model, PICTURES, CLASSES, loss="cross_entropy")
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    functional.cross_entropy(model(PICTURES), CLASSES).backward()
    optimizer.step()
    watcher.snap(1.0)
    updates = watcher.recording().parameters[1]["block_updates"]
    assert updates[1, 0] == 0 < updates[1, 1]


def test_the_first_moment_has_no_update() -> None:
    model = cnn()
    watcher, _ = watched(model, PICTURES, CLASSES)
    with torch.no_grad():
        model[0].weight += 1
    with pytest.warns(match="step 0 is left out"):
        watcher.snap(1.0, step=5)
    with torch.no_grad():
        model[0].weight += 1
    watcher.snap(1.0, step=9)
    updates = watcher.recording().parameters[1]["block_updates"][:, 0]
    assert updates.tolist() == [0, pytest.approx((36 / 40) ** 0.5 / 4, rel=1e-5)]


def test_of_many_examples_those_that_are_recorded_are_passed() -> None:
    many = torch.rand(200, 1, 8, 8)
    model = cnn()
    watcher, _ = watched(model, many, torch.arange(200) % 3, loss="cross_entropy")
    recording = watcher.recording()
    chosen = [round(each) for each in np.linspace(0, 199, 64)]
    _, (given,) = values(model, many[chosen], ["5"], [])
    np.testing.assert_allclose(recording.activations[1][:64], given.detach(), rtol=0, atol=1e-6)
    assert len(recording.deltas(63)) == 3


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpoints_within_a_model(reentrant: bool) -> None:
    """Where one allows no gradients with respect to layers, no errors are shown, which is said."""
    model = Coded(lambda self, x: self.fc3(checkpoint(self.part, self.fc1(x), use_reentrant=reentrant)))
    model.part = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 4))
    watcher, notes = watched(model, None, CLASSES, loss="cross_entropy")
    watcher.snap(1.0)
    said = [note for note in notes if "the errors that run back are not shown: there are no gradients" in note]
    assert len(said) == reentrant and watcher.recording().has_errors != reentrant


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_errors_are_worked_out_where_gradients_are_off(mode: Any) -> None:
    model = cnn()
    watcher, _ = watched(model, PICTURES, CLASSES, loss="cross_entropy")
    with mode():
        watcher.snap(1.0)
        assert torch.is_inference_mode_enabled() == (mode is torch.inference_mode) and not torch.is_grad_enabled()
    recording = watcher.recording()
    assert np.array_equal(recording.errors[0][:5], recording.errors[0][5:])
    functional.cross_entropy(model(PICTURES), CLASSES).backward()


def test_a_frozen_model_has_errors_too() -> None:
    model = cnn().requires_grad_(False)
    watcher, _ = watched(model, PICTURES, CLASSES, loss="cross_entropy")
    assert watcher.recording().has_errors and np.any(watcher.recording().deltas(0)[0])
    assert not any(each.requires_grad for each in model.parameters())


def test_a_model_that_calls_other_functions_is_told() -> None:
    model = cnn()
    watcher, _ = watched(model, PICTURES, CLASSES)
    model.forward = lambda x: model[8](x.flatten(1)[:, :12])  # type: ignore[method-assign]
    with pytest.raises(InputError, match=r"model: calls other functions than when netviz\.watch saw it"):
        watcher.snap(1.0)
    del model.forward
    watcher.snap(1.0)
    assert watcher.steps == (0, 1)


def test_a_moment_costs_one_pass_if_it_is_kept_and_none_otherwise() -> None:
    passes: list[int] = []

    def code(self: Any, x: Any) -> Any:
        passes.append(len(x))
        return self.fc3(functional.layer_norm(self.fc1(x), (4,)))

    for model, of_each in ((Coded(code), 1), (Coded(lambda self, x: (passes.append(len(x)), self.fc3(x))[1]), 0)):
        watcher, _ = watched(model, None, CLASSES, loss="cross_entropy")
        passes.clear()
        for step in range(1, 200):
            watcher.snap(1.0, step=step)
        assert 40 < len(watcher.steps) < 150 and len(passes) == of_each * (len(watcher.steps) - 1)


def test_weights_of_a_block_that_are_no_numbers_end_the_recording() -> None:
    model = cnn()
    watcher, _ = watched(model, PICTURES, CLASSES, loss="cross_entropy")
    watcher.snap(1.0)
    with torch.no_grad():
        model[0].weight[0] = torch.nan
    with pytest.warns(NetvizWarning, match="step 2: training diverged"):
        watcher.snap(1.0)
    watcher.snap(1.0, keep=True)
    assert watcher.steps == (0, 1, 2) and not watcher.recording().is_complete


def test_a_block_that_changes_its_shape_is_told_by_the_name_of_its_parameter() -> None:
    model = cnn()
    watcher, _ = watched(model, PICTURES, CLASSES, loss="cross_entropy")
    before = model[0]
    model[0] = nn.Conv2d(1, 4, 5, padding=2)
    with pytest.raises(
        InputError, match=r"0\.weight: has the shape \(4, 1, 5, 5\), and had \(4, 1, 3, 3\) when netviz"
    ):
        watcher.snap(1.0)
    model[0] = nn.Identity()
    with pytest.raises(InputError, match=r"0 is Identity, and was Conv2d when netviz"):
        watcher.snap(1.0)
    model[0] = before
    watcher.snap(1.0)
    assert watcher.steps == (0, 1)


def test_a_step_that_is_no_number_is_refused() -> None:
    watcher, _ = watched(cnn(), PICTURES)
    with pytest.raises(InputError, match="step: expected a whole number, got 'two'"):
        watcher.snap(step="two", keep=True)  # type: ignore[arg-type]


def test_pictures_of_the_wrong_shape_are_told_by_the_layer() -> None:
    with pytest.raises(InputError) as wrong:
        watched(cnn(), PICTURES.expand(-1, 3, -1, -1))
    assert str(wrong.value).startswith("X: the model cannot take 4 examples of the shape (3, 8, 8): 0 (Conv2d): Given")
    with pytest.raises(InputError, match=r"y: have the shape \(3,\); expected \(4, 3\) or \(4,\)"):
        watched(cnn(), PICTURES, CLASSES[:3], loss="cross_entropy")
