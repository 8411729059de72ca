"""Lightning's FilmCallback: the run is the same to the bit, and what it recorded is what the module had."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizNote

pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
pytest.importorskip("lightning", reason="Lightning is not installed; make test-frameworks installs it")

import lightning.pytorch as L

from netviz.integrations.lightning import FilmCallback
from netviz.web.live import Live
from tests.integrations.models import final, functional, nn, same, torch

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*(num_workers|log_every_n_steps|LeafSpec|dataloader is not resumable).*"),
    pytest.mark.filterwarnings("ignore:.*(checkpoint directory|Checkpoint directory|will resume from).*"),
    pytest.mark.filterwarnings("ignore:.*(eval mode|in eval|no `val_dataloader`|sync_dist|isinstance.treespec).*"),
]

X = torch.randn(44, 4, generator=torch.Generator().manual_seed(3))
Y = torch.arange(44) % 3


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    names = ("lightning.pytorch", "lightning.fabric", "pytorch_lightning", "lightning_fabric")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


class Module(L.LightningModule):
    """A classifier with dropout, which logs what such modules log."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.2), nn.Linear(6, 3))
        self.states: dict[int, dict[str, Any]] = {}
        self.returned: list[float] = []

    def training_step(self, batch: Any, index: int) -> Any:
        x, y = batch
        loss = functional.cross_entropy(self.net(x), y)
        self.returned.append(loss.item())
        self.log("train_loss", loss)
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        self.states[self.trainer.global_step] = {name: each.clone() for name, each in self.state_dict().items()}

    def validation_step(self, batch: Any, index: int) -> None:
        self.log("val_loss", functional.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), lr=0.02)


def loader(shuffle: bool = True) -> Any:
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=8, shuffle=shuffle)


def trainer(callbacks: Any, of: Any = L, **options: Any) -> Any:
    plain = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "accelerator": "cpu"}
    return of.Trainer(**{**plain, "enable_model_summary": False, "max_epochs": 4, **options}, callbacks=callbacks)


def film(**options: Any) -> FilmCallback:
    return FilmCallback(X[:5], Y[:5], **{"loss": "cross_entropy", **options})


def fit(module: Any, *callbacks: Any, loaders: Any = None, ckpt_path: Any = None, **options: Any) -> Any:
    """A fit with these callbacks; notes of netviz are not said."""
    found = trainer([*callbacks], **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NetvizNote)
        found.fit(module, *(loaders or (loader(), loader(False))), ckpt_path=ckpt_path)
    return found


def recorded(module: Any = None, **options: Any) -> SimpleNamespace:
    """A run of 24 steps that was recorded."""
    torch.manual_seed(5)
    module, callback = module or Module(), film()
    start = {name: each.clone() for name, each in module.state_dict().items()}
    fit(module, callback, **options)
    return SimpleNamespace(module=module, film=callback, recording=callback.recording(), start=start)


def assert_is_state(recording: Any, moment: int, state: dict[str, Any]) -> None:
    for layer, name in enumerate(("net.0", "net.3")):
        assert np.array_equal(recording.weights[layer][moment], state[f"{name}.weight"].numpy().T)
        assert np.array_equal(recording.biases[layer][moment], state[f"{name}.bias"].numpy())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"accumulate_grad_batches": 4},
        {"max_steps": 9, "max_epochs": -1},
        {"gradient_clip_val": 0.1, "val_check_interval": 2},
        {"precision": "bf16-mixed"},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_training_is_the_same_to_the_bit(options: dict[str, Any]) -> None:
    def run(*callbacks: Any) -> Any:
        torch.manual_seed(11)
        module = Module()
        found = fit(module, *callbacks, **options)
        return [*final(module), found.optimizers[0].state_dict(), module.returned]

    callback = film()
    callback.test(X, Y)
    watching, plainly = run(callback), run()
    assert same(watching, plainly) and len(callback.steps) > 5
    drawing = L.callbacks.LambdaCallback(on_train_start=lambda *_: torch.rand(1))
    assert not same(plainly, run(drawing)), "the comparison sees a single random number"


def test_moments_are_the_states_of_their_steps() -> None:
    run = recorded()
    recording = run.recording
    assert recording.step.tolist() == [*range(25)] and recording.unit == "step"
    assert_is_state(recording, 0, run.start)
    for moment in range(1, 25):
        assert_is_state(recording, moment, run.module.states[moment])
    returned = run.module.returned
    assert recording.curves["loss"].tolist() == [returned[0], *returned]
    assert set(recording.curves) == {"loss", "error"} and recording.has_errors
    assert recording.network.activations == ("tanh", "softmax")
    assert recording.info["versions"]["lightning"] == L.__version__ and "FilmCallback" in recording.info["recorder"]


def test_batches_that_accumulate_are_one_step() -> None:
    run = recorded(accumulate_grad_batches=4)  # 6 batches an epoch: 4 and 2
    recording, returned = run.recording, np.array(run.module.returned).reshape(4, 6)
    assert recording.step.tolist() == [*range(9)]
    for moment in range(1, 9):
        assert_is_state(recording, moment, run.module.states[moment])
    losses = np.stack([returned[:, :4].mean(axis=1), returned[:, 4:].mean(axis=1)], axis=1).ravel()
    np.testing.assert_allclose(recording.curves["loss"], [losses[0], *losses], rtol=1e-6)


@pytest.mark.parametrize("options", [{"max_epochs": 30}, {"max_steps": 174, "max_epochs": -1}])
def test_the_last_step_is_kept_before_others_change_the_weights(options: dict[str, Any]) -> None:
    class Averaging(L.Callback):
        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            with torch.no_grad():
                pl_module.net[0].weight.zero_()

    torch.manual_seed(5)
    module, callback = Module(), film()
    fit(module, Averaging(), callback, **options)
    steps = 180 if "max_epochs" in options and options["max_epochs"] > 0 else 174
    recording = callback.recording()
    assert recording.step[-1] == steps and len(recording.step) < 130
    assert_is_state(recording, -1, module.states[steps])
    assert recording.curves["loss"][-1] == module.returned[-1]


def test_a_run_that_is_stopped_ends_with_its_last_step() -> None:
    class Stop(L.Callback):
        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            trainer.should_stop = trainer.global_step == 123

    torch.manual_seed(5)
    module, callback = Module(), film()
    fit(module, Stop(), callback, max_epochs=30)
    assert 123 not in film_steps(140) and callback.steps[-1] == 123
    assert_is_state(callback.recording(), -1, module.states[123])


def film_steps(count: int) -> tuple[int, ...]:
    """The steps that are due in a run of so many."""
    recorder = netviz.Recorder([1, 1], "linear", [[0.0]])
    for step in range(count):
        recorder.snap(step=step, weights=[[[1.0]]])
    return recorder.steps


def test_held_out_curves_are_what_the_module_gives(tmp_path: Path) -> None:
    torch.manual_seed(5)
    module, callback = Module(), film(path=tmp_path / "run.npz")
    callback.test(X, Y)
    start = {name: each.clone() for name, each in module.state_dict().items()}
    fit(module, callback)
    curves = netviz.Recording.load(tmp_path / "run.npz").curves
    module.eval()
    for moment, state in ((0, start), (7, module.states[7]), (24, module.states[24])):
        module.load_state_dict(state)
        with torch.no_grad():
            outputs = module.net(X)
        assert curves["test_loss"][moment] == pytest.approx(functional.cross_entropy(outputs, Y).item(), abs=1e-6)
        assert curves["test_accuracy"][moment] == (outputs.argmax(1) == Y).double().mean().item()
    later = recorded().film
    later.test(X, Y)
    assert np.array_equal(later.recording().curves["test_accuracy"], curves["test_accuracy"])


@pytest.mark.parametrize(
    ("criterion", "last", "targets"),
    [
        (nn.MSELoss(), nn.Identity(), torch.stack([Y * 0.3, -Y * 0.5], dim=1)),
        (nn.BCEWithLogitsLoss(), nn.Identity(), torch.stack([Y > 0, Y > 1], dim=1).float()),
        (nn.BCELoss(), nn.Sigmoid(), torch.stack([Y > 0, Y > 1], dim=1).float()),
    ],
)
def test_held_out_losses_are_of_the_scale_of_the_frameworks(criterion: Any, last: Any, targets: Any) -> None:
    class Other(Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2), last)

        def training_step(self, batch: Any, index: int) -> Any:
            return criterion(self.net(batch[0]), batch[1])

    module, callback = Other(), FilmCallback(X[:5], targets[:5], loss=criterion)
    callback.test(X, targets)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, targets), batch_size=44)
    fit(module, callback, loaders=(data, data), limit_val_batches=0)
    curves = callback.recording().curves
    # The whole data are one batch: its loss is that before the update.
    np.testing.assert_allclose(curves["test_loss"][:-1], curves["loss"][1:], rtol=1e-5)
    assert ("test_accuracy" in curves) == (not isinstance(criterion, nn.MSELoss))


def test_a_run_that_is_resumed_begins_with_its_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(5)
    first = Module()
    found = fit(first, max_epochs=2)
    found.save_checkpoint(tmp_path / "two.ckpt")
    module, callback = Module(), film()
    fit(module, callback, ckpt_path=tmp_path / "two.ckpt", max_epochs=4)
    recording = callback.recording()
    assert recording.step.tolist() == [*range(12, 25)]
    assert_is_state(recording, 0, first.state_dict())
    assert_is_state(recording, -1, module.states[24])
    assert recording.curves["loss"][:2].tolist() == [module.returned[0]] * 2


def test_a_fit_that_goes_on_goes_on_in_the_film() -> None:
    run = recorded()
    fit(run.module, run.film, max_epochs=1)
    assert run.film.steps == tuple(range(31))
    assert_is_state(run.film.recording(), -1, run.module.states[6])
    for other in (Module(), run.module):
        with torch.no_grad():
            run.module.net[0].weight += 1
        before = final(other)
        with pytest.raises(InputError, match=r"^FilmCallback: has recorded another run already, .* of its own$"):
            fit(other, run.film)
        assert same(before[0], final(other)[0])
    assert run.film.steps == tuple(range(31))


def test_what_fails_is_written_and_what_has_not_begun_begins_anew(tmp_path: Path) -> None:
    class Failing(Module):
        fails_at = 0

        def training_step(self, batch: Any, index: int) -> Any:
            if len(self.returned) == self.fails_at:
                raise RuntimeError("no more")
            return super().training_step(batch, index)

    module, callback = Failing(), film(path=tmp_path / "run.npz")
    with pytest.raises(RuntimeError, match="no more"):
        fit(module, callback)
    assert callback.steps == () and not [*tmp_path.iterdir()]
    module.fails_at = 9
    with pytest.raises(RuntimeError, match="no more"):
        fit(module, callback)
    assert netviz.Recording.load(tmp_path / "run.npz").step.tolist() == [*range(10)]


def test_a_run_that_diverges_goes_on_and_the_recording_ends() -> None:
    class Diverging(Module):
        def training_step(self, batch: Any, index: int) -> Any:
            loss = super().training_step(batch, index)
            return loss * torch.inf if len(self.returned) == 3 else loss

    module, callback = Diverging(), film()
    with pytest.raises(netviz.NetvizWarning, match=r"step 3: training diverged, .* the recording ends here"):
        fit(module, callback)  # raised when all is over, as warnings are errors here
    assert callback.steps == (0, 1, 2, 3) and len(module.returned) == 24


def test_trying_out_one_batch_records_nothing(tmp_path: Path) -> None:
    module, callback = Module(), film(path=tmp_path / "run.npz")
    fit(module, callback, fast_dev_run=True)
    assert callback.steps == () and not [*tmp_path.iterdir()]
    fit(module, callback)
    assert callback.steps == tuple(range(25))


def test_what_does_not_train_records_nothing() -> None:
    module, callback = Module(), film()
    found = trainer([callback])
    found.validate(module, loader(False), verbose=False)
    with pytest.raises(InputError, match=r"^FilmCallback: has recorded nothing yet; give it to a Trainer"):
        callback.recording()
    fit(module, callback, max_steps=0)
    assert callback.steps == ()


def test_only_rank_0_records(monkeypatch: pytest.MonkeyPatch) -> None:
    callback = film()
    monkeypatch.setattr(L.Trainer, "global_rank", 1)
    fit(Module(), callback)
    assert callback.steps == ()
    with pytest.raises(InputError, match="the process of rank 1 records nothing; ask the one of rank 0"):
        callback.recording()


def test_manual_optimization_has_the_steps_of_all_its_optimizers() -> None:
    class Manual(Module):
        returns_loss = True

        def __init__(self) -> None:
            super().__init__()
            self.automatic_optimization = False

        def training_step(self, batch: Any, index: int) -> Any:
            for optimizer in self.optimizers():
                optimizer.zero_grad()
                loss = functional.cross_entropy(self.net(batch[0]), batch[1])
                self.manual_backward(loss)
                optimizer.step()
            self.returned.append(loss.item())
            return loss if self.returns_loss else None

        def configure_optimizers(self) -> Any:
            return [torch.optim.SGD(self.net[0].parameters(), 0.1), torch.optim.SGD(self.net[3].parameters(), 0.1)]

    run = recorded(Manual())
    assert run.recording.step.tolist() == [*range(0, 49, 2)]
    assert_is_state(run.recording, 3, run.module.states[6])
    assert run.recording.curves["loss"][1:].tolist() == run.module.returned
    silent = Manual()
    silent.returns_loss = False
    assert set(recorded(silent).recording.curves) == {"error"}


def test_the_part_that_is_shown() -> None:
    class Two(Module):
        def __init__(self) -> None:
            super().__init__()
            self.other = nn.Linear(4, 2)

    with pytest.raises(InputError, match=r"^module: Two has no forward; name what the film shows: net, other$"):
        fit(Two(), film())
    with pytest.raises(InputError, match=r"^module: Two has no part 'nett'; it has net, other$"):
        fit(Two(), film(module="nett"))
    callback = film(module="net")
    fit(Two(), callback)
    assert callback.recording().network.sizes == (4, 6, 3)

    class Forward(Two):
        def forward(self, x: Any) -> Any:
            return self.other(x)

    callback = FilmCallback(X[:5], Y[:5] % 2)
    fit(Forward(), callback)
    assert callback.recording().network.sizes == (4, 2)


class Convolutional(Module):
    """A small network that reads pictures, with what changes in training: running means, and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            *(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
            *(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)),
        )


PICTURES = torch.rand(44, 1, 4, 4, generator=torch.Generator().manual_seed(4))


def pictures() -> Any:
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(PICTURES, Y), batch_size=11, shuffle=True)


def test_a_convolutional_network_is_recorded_with_blocks_and_trains_as_ever(tmp_path: Path) -> None:
    def run(*callbacks: Any, **options: Any) -> tuple[Any, Any]:
        torch.manual_seed(11)
        module = Convolutional()
        return fit(module, *callbacks, loaders=(pictures(),), **options), module

    def left(found: Any, module: Any) -> list[Any]:
        return [*final(module), found.optimizers[0].state_dict(), module.returned]

    callback = FilmCallback(PICTURES[:5], Y[:5], loss="cross_entropy")
    (found, module), plainly = run(callback), run()
    assert same(left(found, module), left(*plainly))
    recording = callback.recording()
    assert recording.step.tolist() == [*range(17)] and recording.has_errors
    inputs, first, hidden, last = recording.network.layers
    assert inputs.shape == (1, 4, 4)
    assert [block.label for block in first.blocks] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten"]
    assert [block.label for block in hidden.blocks] == ["BatchNorm1d"] and hidden.is_dense and last.exact
    module.eval()
    rows = recording.activations[-1][(recording.moment == 16) & (recording.probe >= 0)]
    assert np.allclose(rows, module.net(PICTURES[:5]).softmax(1).detach().numpy(), atol=1e-6)
    found.save_checkpoint(tmp_path / "four.ckpt")
    later, before = FilmCallback(PICTURES[:5], Y[:5], loss="cross_entropy"), final(module)[0]
    _, resumed = run(later, ckpt_path=tmp_path / "four.ckpt", max_epochs=5)
    assert later.recording().step.tolist() == [*range(16, 21)]
    change = np.concatenate(
        [(resumed.states[17][name] - before[name]).numpy().ravel() for name in ("net.0.weight", "net.0.bias")]
    )
    assert later.recording().parameters[1]["block_updates"][1, 0] == pytest.approx((change**2).mean() ** 0.5, rel=1e-5)


def test_held_out_curves_of_blocks_are_refused() -> None:
    callback = FilmCallback(PICTURES[:5], Y[:5], loss="cross_entropy")
    callback.test(PICTURES, Y)
    with pytest.raises(InputError, match=r"^test: netviz does not compute what 0 \(Conv2d\) does; leave the"):
        fit(Convolutional(), callback, loaders=(pictures(),))


def test_the_newest_moment_is_there_while_the_trainer_runs() -> None:
    class Looking(L.Callback):
        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            newest = callback.newest()
            seen.append((trainer.global_step, int(newest.curve_step[-1]), newest.recording().weights[0][-1]))

    callback, seen, module = film(), list[tuple[int, int, Any]](), Module()
    assert isinstance(callback, Live)
    with pytest.raises(InputError, match="has recorded nothing yet"):
        callback.newest()
    fit(module, callback, Looking())
    assert [step for step, _, _ in seen] == [step for _, step, _ in seen] == [*range(1, 25)]
    assert np.array_equal(seen[7][2], module.states[8]["net.0.weight"].numpy().T)


def test_what_is_wrong_is_said_at_once() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"X": None}, "X: none given; give some examples"),
        ({"X": X[:0]}, "X: has the shape (0, 4); expected one example or more"),
        ({"X": torch.full((2, 4), torch.nan), "y": None}, "X: hold numbers that are infinite or not a number"),
        ({"y": [0, 1]}, "y: 2 targets, and X has 5 examples; give one for each"),
        ({"names": ["a"]}, "names: 1 names, and there are 5 probes; give one for each or none"),
        ({"classes": "abc"}, "classes: expected a list of texts, one for each output, got 'abc'"),
        ({"budget": "much"}, 'budget: expected a size such as "256 MB" or "1 GB", or a number of bytes, got \'much\''),
        ({"path": "run.pt"}, "path: run.pt is no name of a recording; expected one that ends in .npz, as run.npz"),
        ({"path": "nowhere/run.npz"}, "path: there is no folder nowhere; make it first"),
        ({"loss": "crossentropi"}, "loss: 'crossentropi' is none of cross_entropy"),
    ]
    for options, message in wrong:
        with pytest.raises(InputError) as error:
            FilmCallback(**{"X": X[:5], "y": Y[:5], **options})
        assert str(error.value).startswith(message) and "\n" not in str(error.value)
    with pytest.raises(InputError, match=r"^test: y: 3 targets, and X has 44 examples; give one for each$"):
        film().test(X, Y[:3])


def test_what_does_not_fit_the_module_is_said_before_it_learns() -> None:
    def refusal(callback: FilmCallback, module: Any = None) -> str:
        module = module or Module()
        before = {name: each.clone() for name, each in module.state_dict().items()}
        with pytest.raises(InputError) as error:
            fit(module, callback, num_sanity_val_steps=0)
        assert same(before, module.state_dict()) and callback.steps == ()
        return str(error.value)

    assert re.match(r"X: the model cannot take 5 examples of the shape \(3,\)", refusal(FilmCallback(X[:5, :3])))
    assert refusal(film(classes=["a", "b"])) == "classes: 2 names, and there are 3 outputs; give one for each or none"
    short = film()
    short.test(X[:, :2], Y)
    assert refusal(short).startswith("test: X: have the shape (44, 2); expected a row of 4 inputs")
    unknown = FilmCallback(X[:5])
    unknown.test(X, torch.rand(44, 3))
    assert refusal(unknown).startswith("test: netviz works out neither the loss")
    other = Module()
    other.net = nn.Sequential(nn.Linear(4, 3), nn.Flatten(0))
    assert refusal(film(), other).startswith("model: gives outputs of the shape (15,); expected numbers, a row for")
    small = film(budget=100)
    assert refusal(small).startswith("budget: 0.1 KB is not enough: one moment of this network takes ")


def test_the_trainer_of_the_other_package_takes_it_as_well() -> None:
    other = pytest.importorskip("pytorch_lightning", reason="pytorch_lightning is not installed")

    class Own(other.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(4, 3)

        def training_step(self, batch: Any, index: int) -> Any:
            return functional.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    module, callback = Own(), film()
    trainer([callback], of=other).fit(module, loader())
    assert callback.recording().step.tolist() == [*range(25)]
    assert np.array_equal(callback.recording().weights[0][-1], module.net.weight.detach().numpy().T)


def test_a_module_is_watched_in_a_loop_of_ones_own_as_any_other() -> None:
    class Forward(Module):
        def forward(self, x: Any) -> Any:
            return self.net(x)

    with pytest.warns(NetvizNote, match="dropout is off"):
        watcher = netviz.watch(Forward(), X[:5], Y[:5], loss="cross_entropy")
    assert watcher.recording().network.sizes == (4, 6, 3)
