"""Training of a PyTorch model that is watched: as it would be without, to the bit, and nothing is left behind."""

from __future__ import annotations

import copy
import io
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError
from tests.integrations.models import (
    Coded,
    checkpoint,
    examples,
    final,
    functional,
    hooks_of,
    mlp,
    nn,
    refusal,
    same,
    through,
    torch,
    train,
    watched,
)


class Tied(nn.Module):
    """Weights that are used twice, and a parameter without a module."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.scale, self.out = nn.Linear(4, 4), nn.Parameter(torch.ones(4)), nn.Linear(4, 3)

    def forward(self, x: Any) -> Any:
        x = torch.tanh(self.fc(x)) * self.scale
        return self.out(functional.linear(functional.dropout(x, 0.2, self.training), self.fc.weight.t()))


class Checkpointed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(inplace=True), nn.Dropout(0.2))
        self.out = nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        return self.out(checkpoint(self.part, x, use_reentrant=False))


class Busy(nn.Module):
    """It counts its calls, remembers what it gave, keeps a mean in a plain tensor, and draws random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.norm, self.out = nn.Linear(4, 5), nn.LayerNorm(5), nn.Linear(5, 3)
        self.calls, self.lengths, self.seen, self.mean = 0, [0], {"last": [0.0]}, torch.zeros(5)
        self.generators = torch.Generator(), np.random.default_rng(1), random.Random(1)
        self.hidden = [nn.BatchNorm1d(5)]  # no part of the state

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.lengths.append(len(x))
        hidden = self.norm(self.fc(x)) + 0.01 * np.random.rand() + 0.01 * random.random() + 0.01 * self.calls
        self.mean.mul_(0.9).add_(0.1 * hidden.detach().mean(0))
        hidden = hidden + torch.rand(5) + self.mean + len(self.lengths) / 100 + self.seen["last"][0]
        self.seen["last"][0] += 0.01
        hidden = hidden + torch.rand(5, generator=self.generators[0]) + self.generators[1].random()
        return self.out(self.hidden[0](hidden) + self.generators[2].random())


def frozen_norm() -> Any:
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    model[1].eval()
    model[1].running_mean.fill_(0.3)
    return model


def lazy() -> Any:
    model = nn.Sequential(nn.LazyLinear(6), nn.LazyBatchNorm1d(), nn.ReLU(), nn.LazyLinear(3))
    model(examples(4, 8))
    return model


def of_pictures() -> Any:
    parts = nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 4, 2, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
    return nn.Sequential(*parts, nn.MaxPool2d(2), nn.Dropout2d(0.2), nn.Flatten(), nn.Linear(4, 3))


def attending() -> Any:
    encoder = nn.TransformerEncoderLayer(2, 1, 8, dropout=0.2, batch_first=True)
    return nn.Sequential(nn.Unflatten(1, (2, 2)), encoder, nn.Flatten(), nn.Linear(4, 3))


def reading() -> Any:
    class Read(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.out = nn.LSTM(2, 5, 2, dropout=0.2, batch_first=True), nn.Linear(5, 3)

        def forward(self, x: Any) -> Any:
            return self.out(self.lstm(x.reshape(-1, 2, 2))[0][:, -1])

    return Read()


def normalized(parametrization: Any) -> Callable[[], Any]:
    return lambda: nn.Sequential(parametrization(nn.Linear(4, 6)), nn.Tanh(), nn.Linear(6, 3))


MODELS: dict[str, Callable[[], Any]] = {
    "chain": mlp,
    "dropout": lambda: mlp(0.3),
    "live norm": lambda: nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.2), nn.Linear(6, 3)),
    "frozen norm": frozen_norm,
    "convolution": of_pictures,
    "attention": attending,
    "recurrent": reading,
    "tied weights": Tied,
    "weight_norm": normalized(nn.utils.parametrizations.weight_norm),
    "spectral_norm": normalized(nn.utils.parametrizations.spectral_norm),
    "spectral_norm by hooks": normalized(nn.utils.spectral_norm),
    "lazy": lazy,
    "checkpoint": Checkpointed,
    "busy": Busy,
}


def plain(model: Any, snap: Callable[[Any], None]) -> None:
    train(model, lambda step, loss: snap(loss), 12)


def autocast(model: Any, snap: Callable[[Any], None]) -> None:
    X, y = examples(4, 32), torch.arange(32) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(12):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = functional.cross_entropy(model(X), y)
            snap(loss)  # within: its casts are remembered until the end of the block
        loss.backward()
        optimizer.step()


def accumulated(model: Any, snap: Callable[[Any], None]) -> None:
    X, y = examples(4, 32), torch.arange(32) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(12):
        loss = functional.cross_entropy(model(X[step % 4 :: 4]), y[step % 4 :: 4])
        snap(loss)  # between forward and backward pass
        loss.backward()
        snap(loss)
        if step % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()


def checkpointed(model: Any, snap: Callable[[Any], None]) -> None:
    X, y = examples(4, 32), torch.arange(32) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(12):
        optimizer.zero_grad()
        loss = functional.cross_entropy(checkpoint(model, X, use_reentrant=False), y)
        snap(loss)  # before what is computed a second time
        loss.backward()
        optimizer.step()
        snap(loss)


@pytest.mark.parametrize("training", [plain, autocast, accumulated, checkpointed])
@pytest.mark.parametrize("name", MODELS)
def test_training_is_the_same_to_the_bit(training: Any, name: str) -> None:
    if name == "busy" and training is checkpointed:
        pytest.skip("a model that changes at each call cannot be checkpointed: it is not the same when called again")

    def run(watching: bool) -> list[Any]:
        torch.manual_seed(11)
        np.random.seed(12)
        random.seed(13)
        model = MODELS[name]()
        attributes: list[Any] = []
        if watching:
            watcher, _ = watched(model, None, [0, 1, 2, 0], loss="cross_entropy")

            def snap(loss: Any) -> None:
                watcher.snap(loss, keep=True)
                if len(watcher.steps) == 4:
                    watched(model)  # a second one, in the middle
                    watcher.recording()

            training(model, snap)
            assert len(watcher.steps) > 12
        else:
            training(model, lambda loss: None)
        if isinstance(model, Busy):
            attributes = [model.calls, model.lengths, model.seen["last"], model.mean, model.hidden[0].state_dict()]
        return [*final(model), hooks_of(model), attributes]

    assert same(run(True), run(False))


def test_the_table_can_tell_a_difference() -> None:
    """A pass that is not guarded changes each of these."""
    for name in ("dropout", "live norm", "convolution", "attention", "recurrent", "spectral_norm", "busy", "lazy"):

        def run(passing: bool, name: str = name) -> list[Any]:
            torch.manual_seed(11)
            np.random.seed(12)
            random.seed(13)
            model = MODELS[name]()
            train(model, lambda step, loss: model(examples()) if passing else None, 3)
            return final(model)

        assert not same(run(True), run(False)), name


@pytest.mark.parametrize("name", ["dropout", "live norm", "convolution"])
def test_a_compiled_model_is_not_compiled_again(name: str) -> None:
    def run(watching: bool) -> tuple[list[Any], int]:
        torch._dynamo.reset()
        graphs = []

        def backend(graph: Any, inputs: Any) -> Any:
            graphs.append(graph)
            return graph.forward

        torch.manual_seed(11)
        model = MODELS[name]()
        compiled = torch.compile(model, backend=backend)
        watcher = watched(compiled, None, [0, 1, 2, 0], loss="cross_entropy")[0] if watching else None

        def snap(step: int, loss: Any) -> None:
            if watcher is not None:
                watcher.snap(loss)
                if step == 5:
                    watched(compiled)

        train(compiled, snap, 12)
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


class Filling(nn.Module):
    """A model that remembers what it sees where there was nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.seen, self.by_size, self.sizes = nn.Linear(4, 3), [], {}, set()

    def forward(self, x: Any) -> Any:
        self.seen.append(x)
        self.by_size[len(x)] = x
        self.sizes.add(len(x))
        return self.fc(x)


def test_what_was_empty_is_empty_again() -> None:
    model = Filling()
    held = model.seen, model.by_size, model.sizes
    watched(model)[0].snap(keep=True)
    assert [*held] == [[], {}, set()]
    assert model.seen is held[0] and model.by_size is held[1] and model.sizes is held[2]
    model(examples())
    assert all(held)


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
    assert {*seen} == {(torch.float32, "highest", False)}


def test_a_model_that_writes_to_its_inputs_writes_to_a_copy() -> None:
    given, before = examples(), examples()
    for model in (Coded(lambda self, x: self.fc3(x.mul_(2))), Coded(lambda self, x: self.fc3(x.relu_()))):
        watched(model, given)[0].snap()
    watched(nn.Sequential(nn.Dropout(0.5, inplace=True), nn.Linear(4, 3)), given)
    assert torch.equal(given, before)


def test_hooks_of_the_user_see_the_training_only() -> None:
    seen: list[str] = []
    model = MODELS["live norm"]()
    model[0].register_forward_hook(lambda *_: seen.append("forward"))
    model[2].register_forward_pre_hook(lambda *_: seen.append("before"), with_kwargs=False)
    model[4].register_full_backward_hook(lambda *_: seen.append("backward"))
    model[4].weight.register_hook(lambda gradient: seen.append("gradient"))
    everywhere = nn.modules.module.register_module_forward_hook(lambda *_: seen.append("everywhere"))
    hooks = [[*vars(module)["_forward_hooks"].items()] for module in model.modules()]
    try:
        watcher, notes = watched(model, None, [0, 1, 2, 0], loss="cross_entropy")
        watcher.snap(1.0)
        assert watcher.recording().has_errors and seen == []
        model(examples()).sum().backward()
    finally:
        everywhere.remove()
    assert {*seen} == {"forward", "before", "backward", "gradient", "everywhere"}
    assert [[*vars(module)["_forward_hooks"].items()] for module in model.modules()] == hooks
    said = "the hooks on 0, 2, 4 are not called in what the film shows, so that they see your training only"
    assert f"model: {said}" in notes


@pytest.mark.parametrize("name", ["chain", "convolution", "busy", "tied weights"])
def test_a_watched_model_is_copied_and_saved_as_ever(name: str) -> None:
    model = MODELS[name]()
    watcher, _ = watched(model)
    train(model, lambda step, loss: watcher.snap(loss), 3)
    copied = copy.deepcopy(model)
    assert same(copied.state_dict(), model.state_dict())
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    assert same(torch.load(file, weights_only=False).state_dict(), model.state_dict())


def test_a_refused_model_is_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2), nn.Flatten(0))
    model[1].eval()
    before = final(model)
    assert "gives outputs of the shape (8,)" in refusal(model)
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
    with pytest.raises(InputError, match="the process of rank 1 records nothing; ask the one of rank 0"):
        watcher.newest()
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    assert watched(mlp())[0].steps == (0,)
