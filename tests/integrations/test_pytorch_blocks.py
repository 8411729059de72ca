"""Blocks of PyTorch models: no part is left out, and what is folded is folded so that it can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from netviz.recording.network import Layer, Network
from tests.integrations.block_models import GPT2, Autoencoder, Reader, ResNet18, ViT, cnn, vgg
from tests.integrations.models import Coded, examples, functional, nn, through, torch, watched

PICTURES, TEXT = torch.rand(3, 3, 8, 8), torch.arange(24).reshape(3, 8)


def network_of(model: Any, X: Any = None, y: Any = None, **options: Any) -> tuple[Network, list[str]]:
    watcher, notes = watched(model, X, y, **options)
    return watcher.recording().network, notes


def read(layer: Layer) -> str:
    """A layer's blocks, in one line."""
    return " > ".join(
        (f"{block.repeats} x " if block.repeats > 1 else "")
        + f"{block.label} {block.kind}"
        + ("" if block.joins is None else f" from {block.joins}")
        for block in layer.blocks
    )


def summary(network: Network) -> list[str]:
    """Layers after the inputs, each in one line."""
    return [
        f"{layer.kind} {layer.size} {layer.activation}" + (f": {read(layer)}" if layer.blocks else "")
        for layer in network.layers[1:]
    ]


def modules_of(network: Network) -> set[str]:
    """Names of all modules that are found in it: drawn, or in a block."""
    drawn = {layer.name for layer in network.layers if layer.is_dense}
    return drawn | {name for layer in network.layers for block in layer.blocks for name in block.modules}


@pytest.mark.parametrize(
    ("model", "X"),
    [(ResNet18(8), torch.rand(2, 3, 32, 32)), (GPT2(), TEXT), (ViT(), PICTURES), (Reader(), TEXT)],
    ids=["ResNet-18", "GPT-2", "ViT", "LSTM"],
)
def test_every_module_is_drawn_or_folded_or_named(model: Any, X: Any) -> None:
    network, _ = network_of(model, X)
    assert {name for name, _ in model.named_modules() if name} == modules_of(network)
    drawn = {f"{layer.name}.{role}" for layer in network.layers if layer.is_dense for role in ("weight", "bias")}
    numbers = sum(each.numel() for name, each in model.named_parameters() if name not in drawn)
    assert sum(block.weights for layer in network.layers for block in layer.blocks) == numbers


def test_resnet_18() -> None:
    network, notes = network_of(ResNet18(8), torch.rand(2, 3, 32, 32))
    stages = " > ".join(["2 x BasicBlock conv"] * 4)
    first = "Conv2d conv > BatchNorm2d norm > ReLU activation > MaxPool2d pool"
    assert summary(network) == [
        f"block 64 linear: {first} > {stages} > AdaptiveAvgPool2d pool > flatten reshape",
        "dense 1000 linear",
    ]
    assert network.layers[0].shape == (3, 32, 32) and notes == []
    assert network.layers[2].name == "fc" and network.layers[2].exact
    blocks = network.layers[1].blocks
    assert [block.name for block in blocks[4:8]] == ["layer1", "layer2", "layer3", "layer4"]
    assert [block.shape for block in blocks[3:]] == [
        *[(8, 8, 8), (8, 8, 8), (16, 4, 4), (32, 2, 2), (64, 1, 1), (64, 1, 1), (64,)]
    ]
    assert blocks[0].weights == 3 * 8 * 7 * 7 and "layer2.0.downsample.1" in blocks[5].modules


def test_gpt_2() -> None:
    network, notes = network_of(GPT2(), TEXT)
    assert summary(network) == [
        "block 97 linear: Embedding embedding > Embedding embedding > add add from 0 > Dropout dropout > "
        "12 x GPTBlock attention > LayerNorm norm > Linear dense"
    ]
    assert [block.name for block in network.layers[1].blocks][4:] == ["transformer.h", "transformer.ln_f", "lm_head"]
    assert [block.shape for block in network.layers[1].blocks][:3] == [(8, 24), (8, 24), (8, 24)]
    assert network.layers[0].shape == (8,)
    assert notes[:2] == [
        "model: of the outputs at each position of the text the last are shown",
        "model: lm_head has transformer.wte.weight as well, which counts in transformer.wte",
    ]
    assert notes[2].startswith("model: dropout is off in what the film shows: transformer.drop (Dropout), p = 0.1; ")
    assert notes[2].endswith("; and 9 more") and len(notes) == 3
    assert network.layers[1].blocks[-1].weights == 0


def test_patches_of_pictures() -> None:
    network, _ = network_of(ViT(), PICTURES)
    assert summary(network) == [
        "block 16 linear: Conv2d conv > flatten, transpose reshape > cat other > add add > "
        "3 x TransformerEncoderLayer attention > LayerNorm norm > select reshape",
        "dense 10 linear",
    ]
    weights = {block.name: block.weights for block in network.layers[1].blocks}
    assert weights["cat"] == 16 and weights["add"] == 80, "parameters without a module count where they are used"


def test_a_text_that_is_read() -> None:
    network, _ = network_of(Reader(), TEXT)
    assert summary(network) == [
        "block 12 linear: Embedding embedding > LSTM recurrent > select reshape",
        "dense 2 linear",
    ]


class Deeper(nn.Module):
    """A module that holds one that holds more than can be read."""

    def __init__(self, parts: int) -> None:
        super().__init__()
        self.net = Coded(lambda self, x: self.parts(x))
        self.net.parts = nn.Sequential(*(part for _ in range(parts) for part in (nn.Conv1d(1, 1, 1), nn.Tanh())))

    def forward(self, x: Any) -> Any:
        return self.net(x)


def test_a_layer_is_not_one_block_if_there_is_more_to_see() -> None:
    for parts, expected in ((3, "Conv1d conv > Tanh activation > " * 3), (9, "9 x Conv1d, Tanh conv > ")):
        network, _ = network_of(Deeper(parts), torch.rand(2, 1, 4))
        assert summary(network) == [f"block 4 linear: {expected}".removesuffix(" > ")]


def test_layers_are_drawn_before_after_and_between_blocks() -> None:
    network, notes = network_of(Autoencoder(), PICTURES[:, :1])
    assert summary(network) == [
        "block 64 linear: Conv2d conv > ReLU activation > Flatten reshape",
        "dense 8 linear",
        "dense 64 relu",
        "block 64 sigmoid: Unflatten reshape > ConvTranspose2d conv > Sigmoid activation",
    ]
    assert [layer.exact for layer in network.layers[1:]] == [False, True, True, False]
    assert notes == ["model: its 64 outputs (1 x 8 x 8) are shown in a row"]


def test_a_long_chain_is_read_in_groups() -> None:
    network, _ = network_of(vgg(), torch.rand(2, 3, 16, 16))
    group = "Conv2d, BatchNorm2d, ReLU conv > MaxPool2d pool"
    assert summary(network) == [
        f"block 128 linear: 2 x {group} > 2 x {group} > 3 x {group.replace('MaxPool2d', 'MaxPool2d, Flatten')}",
        "dense 64 relu",
        "dense 10 linear",
    ]
    deep = nn.Sequential(*(layer for _ in range(40) for layer in (nn.Conv1d(1, 1, 1), nn.AvgPool1d(1))), nn.Flatten())
    blocks = network_of(deep, torch.rand(2, 1, 4))[0].layers[1].blocks
    assert len(blocks) <= 24 and {name for block in blocks for name in block.modules} == set(map(str, range(81)))


def norms(self: Any, x: Any) -> Any:
    return self.fc3(torch.tanh(functional.layer_norm(self.fc1(x), (4,))))


def adds(self: Any, x: Any) -> Any:
    hidden = torch.relu(self.fc1(x))
    return self.fc3(hidden + self.fc2(hidden))


def branches(self: Any, x: Any) -> Any:
    return self.fc3(torch.cat([self.fc1(x)[:, :2], self.fc2(x)[:, :2]], dim=1))


def gated(self: Any, x: Any) -> Any:
    hidden = self.fc1(x)
    return self.fc3(hidden * torch.sigmoid(hidden))


def in_place(self: Any, x: Any) -> Any:
    hidden = self.fc1(x)
    hidden[:, 0] = 0
    return self.fc3(hidden)


class Squared(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Any) -> Any:
        return x.pow(2)


SEQUENTIAL = nn.Sequential
PARTS: list[tuple[Any, list[str]]] = [
    (
        SEQUENTIAL(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Dropout(0.1), nn.Linear(3, 2)),
        ["dense 3 relu: BatchNorm1d norm", "dense 2 linear"],
    ),
    (
        SEQUENTIAL(nn.Linear(4, 3), nn.ReLU(), nn.LayerNorm(3), nn.Linear(3, 2)),
        ["dense 3 linear: ReLU activation > LayerNorm norm", "dense 2 linear"],
    ),
    (SEQUENTIAL(nn.Linear(4, 3), nn.LayerNorm(3)), ["dense 3 linear: LayerNorm norm"]),
    (
        SEQUENTIAL(nn.Linear(4, 3), nn.Softplus(), nn.Linear(3, 2)),
        ["dense 3 linear: Softplus activation", "dense 2 linear"],
    ),
    (SEQUENTIAL(nn.Linear(4, 3), nn.LeakyReLU(0.2)), ["dense 3 linear: LeakyReLU activation"]),
    (SEQUENTIAL(nn.Linear(4, 3), nn.ELU(0.5)), ["dense 3 linear: ELU activation"]),
    (SEQUENTIAL(nn.Linear(4, 3), nn.GELU("tanh")), ["dense 3 linear: GELU activation"]),
    (SEQUENTIAL(nn.Linear(4, 3), nn.Softmax(0)), ["dense 3 linear: Softmax activation"]),
    (
        SEQUENTIAL(nn.Linear(4, 3), nn.Softmax(1), nn.Linear(3, 2)),
        ["dense 3 linear: Softmax activation", "dense 2 linear"],
    ),
    (SEQUENTIAL(nn.Linear(4, 3), nn.ReLU(), nn.Softmax(1)), ["dense 3 softmax: ReLU activation"]),
    (SEQUENTIAL(nn.ReLU(), nn.Linear(4, 3)), ["block 4 linear: ReLU activation", "dense 3 linear"]),
    (Coded(norms), ["dense 4 tanh: layer_norm norm", "dense 3 linear"]),
    (
        Coded(adds),
        ["dense 4 relu", "block 4 linear: Linear dense > add add from -1", "dense 3 linear"],
    ),
    (
        Coded(branches),
        [
            "block 4 linear: Linear dense > select reshape > Linear dense > select reshape > cat other from 1",
            "dense 3 linear",
        ],
    ),
    (
        Coded(lambda self, x: self.fc3(torch.tanh(y := self.fc1(x) * 2) + y.clone())),
        ["dense 4 linear", "block 4 linear: mul other > tanh activation > add add from 0", "dense 3 linear"],
    ),
    (Coded(gated), ["dense 4 linear", "block 4 linear: sigmoid activation > mul other from -1", "dense 3 linear"]),
    (Coded(in_place), ["dense 4 linear", "block 4 linear: setitem other", "dense 3 linear"]),
    (
        Coded(lambda self, x: self.fc3(self.fc1(x).T.T)),
        ["dense 4 linear", "block 4 linear: T reshape", "dense 3 linear"],
    ),
    (
        Coded(lambda self, x: self.fc3(self.fc1(x) / 2)),
        ["dense 4 linear", "block 4 linear: div other", "dense 3 linear"],
    ),
    (
        Coded(lambda self, x: self.fc3(self.fc1(x) * self.scale)),
        ["dense 4 linear", "block 4 linear: mul other", "dense 3 linear"],
    ),
    (Coded(lambda self, x: self.fc1(torch.relu(self.fc1(x)))), ["dense 4 relu", "dense 4 linear"]),
    (
        Coded(lambda self, x: self.fc3(Squared.apply(self.fc1(x)))),
        ["dense 4 linear", "block 4 linear: pow other", "dense 3 linear"],
    ),
    (
        Coded(lambda self, x: self.fc3(functional.dropout(self.fc1(x), 0.5))),
        ["dense 4 linear", "block 4 linear: dropout dropout", "dense 3 linear"],
    ),
    (
        Coded(lambda self, x: self.fc3(self.fc1(x).half().float())),
        ["dense 4 linear", "block 4 linear: half other > float other", "dense 3 linear"],
    ),
    (Coded(lambda self, x: functional.linear(x, self.fc3.weight * 2)), ["block 3 linear: linear dense"]),
    (
        Coded(lambda self, x: functional.linear(torch.ones(4, 4), self.fc1(x))),
        ["dense 4 linear", "block 4 linear: linear dense"],
    ),
    (Coded(lambda self, x: (self.fc1(x), self.fc2(x))), ["dense 4 linear"]),
    (Coded(lambda self, x: {"hidden": self.fc1(x), "logits": self.fc3(x)}), ["dense 3 linear"]),
    (SEQUENTIAL(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))), ["block 3 linear: Linear dense"]),
]


@pytest.mark.parametrize(("model", "layers"), PARTS, ids=lambda each: "; ".join(each) if isinstance(each, list) else "")
def test_what_is_drawn_and_what_is_a_block(model: Any, layers: list[str]) -> None:
    watcher, _ = watched(model)
    watcher.snap()
    recording = watcher.recording()
    assert summary(recording.network) == layers
    outputs = model.eval()(examples())
    outputs = outputs["logits"] if isinstance(outputs, dict) else outputs[0] if isinstance(outputs, tuple) else outputs
    if "dropout dropout" not in "".join(layers):
        np.testing.assert_allclose(recording.activations[-1][:4], outputs.detach(), rtol=0, atol=1e-5)


def test_too_many_weights_to_draw_are_a_block() -> None:
    model = nn.Sequential(nn.Linear(1200, 900), nn.ReLU(), nn.Linear(900, 3))
    network, _ = network_of(model, torch.rand(2, 1200))
    assert summary(network) == ["block 900 linear: Linear dense > ReLU activation", "dense 3 linear"]
    assert network.layers[1].blocks[0].weights == 1_080_900


def test_a_layer_of_each_position_is_a_block() -> None:
    network, _ = network_of(nn.Sequential(nn.Linear(2, 3), nn.Flatten(), nn.Linear(15, 2)), torch.rand(4, 5, 2))
    assert summary(network) == ["block 15 linear: Linear dense > Flatten reshape", "dense 2 linear"]
    assert network.layers[0].shape == (5, 2) and network.layers[1].blocks[0].shape == (5, 3)


def reads(self: Any, x: Any) -> Any:
    hidden = self.fc1(x)
    return self.fc3(hidden if hidden.sum() > 0 else -hidden)


def unseen(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(numbers: Any) -> Any:
        with torch._C.DisableTorchFunction():
            return function(numbers)

    return call


def by_numpy(numbers: Any) -> Any:
    np.from_dlpack(numbers.detach())[:] += 1
    return numbers


ALL = "no layer is drawn, and all are blocks"
READS = f"forward of Coded reads numbers that were computed (torch.Tensor.__bool__) and may go by them: {ALL}"
UNSEEN = f"its outputs come from X in no way that can be followed: {ALL}"
DIFFERS = "fc2 with linear after it gives something else than its parameters say, up to "
LAST = "fc3 with linear after it gives something else than its parameters say, up to "


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Coded(reads), READS),
        (through(by_numpy, torch.clone), DIFFERS),
        (through(unseen(lambda x: x.add_(1)), torch.clone), DIFFERS),
        (through(unseen(lambda x: x + 1), torch.clone), UNSEEN),
        (Coded(lambda self, x: unseen(lambda x: x.mul_(2))(self.fc3(x))), LAST),
        (Coded(lambda self, x: unseen(lambda x: x * 2)(self.fc3(x))), UNSEEN),
    ],
)
def test_what_cannot_be_followed_is_no_layer_that_is_drawn(model: Any, said: str) -> None:
    """Whatever it is that changes numbers without being seen; what the film shows is what the model gives."""
    watcher, notes = watched(model)
    recording = watcher.recording()
    assert [layer.kind for layer in recording.network.layers] == ["input", "block"]
    assert {"fc3"} <= modules_of(recording.network)
    assert notes[0].startswith(f"model: {said}")
    np.testing.assert_array_equal(recording.activations[-1][:4], model(examples()).detach())


def test_a_model_that_reads_its_examples_only_does_the_same_at_any_time() -> None:
    def code(self: Any, x: Any) -> Any:
        assert torch.isfinite(x).all()
        return self.fc3(self.scale * torch.relu(self.fc1(x)))

    network, notes = network_of(Coded(code))
    assert [layer.kind for layer in network.layers] == ["input", "dense", "block", "dense"] and len(notes) == 1

    def chain(self: Any, x: Any) -> Any:
        return self.fc3(x if x.max() > 0 else -x)

    network, notes = network_of(Coded(chain))
    said = "forward of Coded reads numbers of the examples (torch.Tensor.__bool__) and may go by them"
    assert summary(network) == ["block 3 linear: Linear dense"] and notes[0] == f"model: {said}: {ALL}"


def test_a_module_that_is_called_many_times_is_one_block() -> None:
    class Steps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.cell, self.out = nn.Embedding(30, 6), nn.LSTMCell(6, 8), nn.Linear(8, 2)

        def forward(self, x: Any) -> Any:
            state = torch.zeros(len(x), 8), torch.zeros(len(x), 8)
            for word in self.words(x).unbind(1):
                state = self.cell(torch.tanh(word), state)
            return self.out(state[0])

    network, _ = network_of(Steps(), torch.arange(60).reshape(3, 20) % 30)
    assert read(network.layers[1]) == "Embedding, unbind, tanh embedding > LSTMCell, tanh recurrent"
    assert [block.weights for block in network.layers[1].blocks] == [180, 512]


def test_what_takes_no_part_is_named() -> None:
    model = nn.Sequential(nn.Conv1d(1, 2, 2), nn.Flatten(), nn.Linear(6, 2))
    model.register_module("dead", nn.Linear(2, 2))
    model.register_module("silent", nn.Tanh())
    model.forward = lambda x: model[2](model[1](model[0](x)))  # type: ignore[method-assign]
    network, notes = network_of(model, torch.rand(3, 1, 4))
    assert summary(network) == ["block 6 linear: Conv1d conv > Flatten reshape", "dense 2 linear"]
    said = "the outputs do not come from dead.weight, dead.bias, silent (Tanh), so the film does not show them"
    assert notes == [f"model: {said}"]


def test_modules_that_only_hold_parameters_are_found() -> None:
    model = Coded(lambda self, x: self.fc3(functional.linear(x, self.rows[0] * 2) + self.rows[1]))
    model.rows = nn.ParameterList([torch.rand(4, 4), torch.rand(4)])
    network, notes = network_of(model)
    assert summary(network) == ["block 4 linear: linear dense > add add", "dense 3 linear"]
    first, second = network.layers[1].blocks
    assert (first.weights, first.modules, second.weights, second.modules) == (16, ("rows",), 4, ("rows",))
    assert "rows" not in "".join(notes)


def test_an_embedding_that_a_drawn_layer_shares() -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.out = nn.Embedding(30, 6), nn.Linear(6, 30, bias=False)
            self.out.weight = self.words.weight

        def forward(self, x: Any) -> Any:
            return self.out(self.words(x).mean(1))

    model = Words()
    watcher, _ = watched(model, TEXT)
    recording = watcher.recording()
    assert summary(recording.network) == ["block 6 linear: Embedding embedding > mean pool", "dense 30 linear"]
    assert recording.network.layers[1].blocks[0].weights == 180
    assert np.array_equal(recording.weights[1][0], model.out.weight.detach().T)


def test_several_inputs_are_given_by_name_or_in_a_tuple() -> None:
    X, mask = examples(), torch.tensor([[1.0, 0, 0, 1]] * 4)

    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x: Any, mask: Any) -> Any:
            return self.fc(x * mask)

    model = Masked()
    for given in ({"x": X, "mask": mask}, (X, mask)):
        watcher, notes = watched(model, given)
        recording = watcher.recording()
        assert summary(recording.network) == ["block 4 linear: mul other", "dense 3 linear"]
        assert notes == ["model: of its 2 inputs the first is shown"]
        assert np.array_equal(recording.probes.inputs, X)
        np.testing.assert_array_equal(recording.activations[1][:4], X * mask)


def test_what_makes_a_mask_is_no_block() -> None:
    class Padded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.out = nn.Embedding(24, 6), nn.Linear(6, 3)

        def forward(self, x: Any, mask: Any) -> Any:
            return self.out(self.embedding(x).masked_fill((mask == 0)[..., None], 0).mean(1))

    network, _ = network_of(Padded(), (TEXT, torch.ones_like(TEXT)))
    names = [block.name for block in network.layers[1].blocks]
    assert names == ["embedding", "select", "masked_fill", "mean"]


def test_which_of_several_outputs_is_shown_is_said() -> None:
    @dataclass
    class Answer:
        hidden: Any
        logits: Any

    last = "the outputs do not come from "
    for answer, said in (
        (lambda self, x: (self.fc1(x), self.fc2(x)), "of the tuple that it gives the first tensor is shown"),
        (lambda self, x: {"h": self.fc1(x), "logits": self.fc2(x)}, "of the dict that it gives the logits are shown"),
        (lambda self, x: Answer(self.fc1(x), self.fc2(x)), "of the Answer that it gives the logits are shown"),
    ):
        notes = watched(Coded(answer))[1]
        assert notes[0] == f"model: {said}" and notes[1].startswith(f"model: {last}") and len(notes) == 2


def test_tokens_stay_whole_numbers_and_other_whole_numbers_do_not() -> None:
    recording = watched(Reader(), TEXT)[0].recording()
    assert np.array_equal(recording.probes.inputs, TEXT.float())
    one_hot = Coded(lambda self, x: self.fc3(functional.one_hot(x, 4).float()))
    assert summary(network_of(one_hot, torch.tensor([0, 3, 1]))[0]) == [
        "block 4 linear: one_hot embedding",
        "dense 3 linear",
    ]
    network, _ = network_of(cnn(), (PICTURES[:, :1] * 255).byte())
    assert network.layers[0].shape == (1, 8, 8)


def test_layers_that_are_too_large_for_a_film_are_blocks() -> None:
    wide = nn.Sequential(nn.Linear(4097, 3), nn.ReLU(), nn.Linear(3, 2))
    assert summary(network_of(wide, torch.rand(3, 4097))[0]) == [
        "block 3 linear: Linear dense > ReLU activation",
        "dense 2 linear",
    ]
    many = nn.Sequential(nn.Linear(8, 900), nn.Tanh(), nn.Linear(900, 901), nn.Tanh(), nn.Linear(901, 900), nn.Tanh())
    many.extend([nn.Linear(900, 900), nn.Tanh(), nn.Linear(900, 2)])
    found = [layer.kind for layer in network_of(many, torch.rand(3, 8))[0].layers]
    assert found == ["input", "dense", "block", "dense", "dense", "dense"]


def test_of_very_many_outputs_some_are_shown() -> None:
    model = nn.Sequential(nn.Conv2d(3, 100, 1), nn.Tanh())
    watcher, notes = watched(model, PICTURES, torch.rand(3, 100, 8, 8), loss=nn.MSELoss())
    recording = watcher.recording()
    assert notes == ["model: 4,096 of its 6,400 outputs are shown, evenly spaced"]
    chosen = [round(each) for each in np.linspace(0, 6399, 4096)]
    np.testing.assert_array_equal(recording.activations[-1][:3], model(PICTURES).detach().reshape(3, -1)[:, chosen])
    assert recording.probes.targets.shape == (3, 4096) and recording.deltas(0)[-1].shape == (4096,)


def test_all_outputs_of_a_layer_that_is_drawn_are_shown() -> None:
    network, notes = network_of(nn.Sequential(nn.Linear(4, 3888), nn.Unflatten(1, (3, 36, 36))))
    assert summary(network) == ["dense 3888 linear"]
    assert notes == ["model: its 3,888 outputs (3 x 36 x 36) are shown in a row"]


def test_a_word_that_is_right_is_always_shown() -> None:
    words = nn.Sequential(nn.Embedding(10_000, 2), nn.Linear(2, 10_000))
    X, y = torch.tensor([[1, 2], [3, 4]]), torch.tensor([[2, 3], [4, 5]])
    recording = watched(words, X, y, loss=nn.CrossEntropyLoss())[0].recording()
    assert recording.probes.targets.sum(axis=1).tolist() == [1, 1]
    chances = torch.softmax(words(X)[:, -1], -1).detach()
    right = recording.activations[-1][:2][recording.probes.targets == 1]
    np.testing.assert_allclose(right, [chances[0, 3], chances[1, 5]], rtol=1e-5)


def test_targets_of_another_form_are_left_out() -> None:
    model = nn.Sequential(nn.Conv2d(3, 5, 1), nn.ReLU())
    classes = torch.zeros(3, 8, 8, dtype=torch.long)
    watcher, notes = watched(model, PICTURES, classes, loss=nn.CrossEntropyLoss())
    assert notes[0] == "model: y has the shape (3, 8, 8) and the outputs (3, 5, 8, 8): targets are not shown"
    assert watcher.recording().probes.targets is None
