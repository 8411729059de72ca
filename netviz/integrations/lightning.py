"""Lightning: a callback that records a fit, for the trainers of `lightning` and of `pytorch_lightning`.

It wraps the recorder of PyTorch models, and reads the module after each optimizer step: it changes nothing of the run.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netviz.integrations import pytorch
from netviz.integrations.fit_film import FitFilm, other_run, refusal
from netviz.integrations.pytorch_losses import loss_function
from netviz.recording.recorder import NewestMoment
from netviz.recording.recording import Recording

if "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules:
    import pytorch_lightning as framework
else:
    try:
        import lightning.pytorch as framework
    except ModuleNotFoundError:
        import pytorch_lightning as framework


class FilmCallback(FitFilm, framework.Callback):
    """Callback that records `fit`, for a film of it.

        film = FilmCallback(X[:16], y[:16], loss="cross_entropy")
        trainer = L.Trainer(max_epochs=20, callbacks=[film])
        trainer.fit(model, train_loader, val_loader)
        netviz.render(film, "run.mp4")

    Steps are the trainer's `global_step`: step 0 is the module as training begins, after the sanity check; a step is
    kept, if it is due, at the end of the batch whose update it is. Batches that only accumulate gradients are no steps.
    The curve `loss` is what training_step returned for the batch, or batches, that the step learned from, of rank 0;
    that of the first stands for step 0 as well, since it is worked out before the first update. Where the module does
    its own optimization, training_step has to return the loss, or there is no such curve.

    What is logged once an epoch, such as val_loss, has no value at most steps, and is no curve of the film: give
    `film.test(X_val, y_val)` what it is measured on, and both test_loss and test_accuracy are worked out for every step
    kept, afterwards; of a module with blocks they cannot be, as its weights are not kept.

    The last step is kept where training ends. Weights that other callbacks average or bring back then are no step of
    training: a film of a run that stops early shows its last step only if this callback stands before those. A run
    resumed by ckpt_path begins with the step of the checkpoint. Another fit that goes on from the weights with which
    the one before ended goes on in the film; any other is refused. Ranks other than 0 record nothing; where the
    trainer starts the processes itself (ddp_spawn, ddp_fork), the recording is in one of them: give `path`.
    """

    def __init__(
        self,
        X: Any,
        y: Any = None,
        *,
        loss: Any = None,
        classes: Sequence[str] = (),
        names: Sequence[str] = (),
        budget: str | float = "256 MB",
        module: str | None = None,
        path: str | Path | None = None,
    ) -> None:
        """A callback that has recorded nothing yet.

        X, y, loss, classes, names, budget: as in netviz.watch, which says how modules are shown; X is what the module
        takes in `forward`. module: name of the part that is shown, such as "net"; the whole, if not given, or its only
        part that has parameters where it has no forward of its own. path: file for the recording, ending in .npz,
        which is written where the fit ends or fails, but not by fast_dev_run.

        Raises InputError with all that is wrong; what depends on the model is said when the fit begins.
        """
        super().__init__(X, y, classes=classes, names=names, budget=budget, path=path)
        loss_function(loss)  # an unknown name is refused at once
        self._X, self._y, self._loss, self._module_name = X, y, loss, module
        self._rank = 0
        self._forget()

    def _forget(self) -> None:
        """Be as new: nothing is recorded."""
        self._has_begun = False  # True from the first step on; set first, as another thread may look
        self._watcher: Any = None
        self._shown: Any = None  # the module that is watched
        self._has_loss = False  # True if the first step had one: then each has
        self._step = 0  # number of the newest step, kept or not
        self._offered = -1  # that of the newest that was offered
        self._offset = 0  # number of a step here beyond global_step
        self._losses: list[Any] = []  # of the batches since the newest step
        self._of_step: list[Any] = []  # of those that the newest step learned from
        self._end: dict[str, Any] = {}  # parameters with which the last fit ended

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps kept so far, increasing."""
        return self._watcher.steps if self._has_begun else ()

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Find the layers of the module, and remember it as it is, which is step 0."""
        self._rank = trainer.global_rank
        if self._rank:
            return
        shown = self._part(pl_module)
        if self._has_begun:
            if shown is not self._shown or not _are_same(shown, self._end):
                raise other_run()
            self._offset = self._step - trainer.global_step
        else:
            self._forget()
            self._watcher = pytorch.watch(
                shown,
                self._X,
                self._y,
                loss=self._loss,
                classes=self._classes,
                names=self._names,
                points=None,
                point_targets=None,
                unit="step",
                budget=self._budget,
            )
            self._shown, self._step = shown, trainer.global_step
            if self._held_out is not None:
                self._test = self._tested(self._watcher.recording().network)
        self._losses = []

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Keep the step, if there was one, and if it is due."""
        if self._rank:
            return
        of_batch = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        if of_batch is not None:
            # Lightning divides what training_step returned by the number of batches that are to be accumulated.
            self._losses.append((of_batch, trainer.accumulate_grad_batches))
        step = trainer.global_step + self._offset
        if step <= self._step:
            return
        if self._losses:
            self._of_step, self._losses = self._losses, []
        if not self._has_begun:
            self._has_loss = bool(self._of_step)
            loss = _mean(self._of_step) if self._has_loss else None
            self._offer(self._watcher.begin, loss, step=self._step)
            self._has_begun = True
        self._step = step
        ends = trainer.is_last_batch and trainer.current_epoch + 1 == trainer.max_epochs
        self._snap(keep=ends or trainer.global_step == trainer.max_steps)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Keep the last step, and write the file."""
        if self._rank or not self._has_begun:
            return
        if trainer.fast_dev_run:
            self._forget()
            return
        self._snap(keep=True)
        self._end = {name: each.detach().cpu().clone() for name, each in self._shown.named_parameters()}
        self._write()
        self._raise_warning()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Write the file with what has been kept."""
        if self._has_begun and not trainer.fast_dev_run:
            self._write()

    def _snap(self, keep: bool) -> None:
        # Asked, not offered: a step that is skipped now may turn out to be the last, and be kept then.
        if (keep or self._watcher.wants(self._step)) and self._step > self._offered:
            self._offered = self._step
            loss = _mean(self._of_step) if self._has_loss else None
            self._offer(self._watcher.snap, loss, step=self._step, keep=keep)

    def _write(self) -> None:
        if self._path is not None:
            self.save(self._path)

    def newest(self) -> NewestMoment:
        """The moment kept last, as `netviz.live` draws it; another thread may ask for it."""
        self._refuse_nothing()
        newest: NewestMoment = self._watcher.newest()
        return newest

    def _refuse_nothing(self) -> None:
        if self._rank:
            message = f"the process of rank {self._rank} records nothing; ask the one of rank 0 for the recording"
            raise refusal("FilmCallback", message)
        if not self._has_begun:
            message = "has recorded nothing yet; give it to a Trainer (callbacks=[film]) and call fit"
            raise refusal("FilmCallback", message)

    def _recorded(self) -> Recording:
        self._refuse_nothing()
        recording = self._watcher.recording()
        versions = recording.info["versions"] | {framework.__name__.partition(".")[0]: framework.__version__}
        info = {**recording.info, "recorder": "netviz.integrations.lightning.FilmCallback", "versions": versions}
        return replace(recording, info=info)

    def _part(self, pl_module: Any) -> Any:
        """The part of a LightningModule that is shown."""
        parts = {name: each for name, each in pl_module.named_children() if next(each.parameters(), None) is not None}
        if self._module_name is not None:
            try:
                return pl_module.get_submodule(self._module_name)
            except AttributeError:
                message = f"{type(pl_module).__name__} has no part {self._module_name!r}; it has {', '.join(parts)}"
                raise refusal("module", message) from None
        has_forward = type(pl_module).forward.__qualname__ != "LightningModule.forward"
        if has_forward or not parts:
            return pl_module
        if len(parts) > 1:
            message = f"{type(pl_module).__name__} has no forward; name what the film shows: {', '.join(parts)}"
            raise refusal("module", message)
        return next(iter(parts.values()))


def _mean(losses: Sequence[tuple[Any, int]]) -> float:
    """The mean of the losses that training_step returned."""
    return sum(float(loss) * divided for loss, divided in losses) / len(losses)


def _are_same(module: Any, before: Mapping[str, Any]) -> bool:
    """True if a module's parameters are those of before, to the bit."""
    now = {name: each.detach().cpu() for name, each in module.named_parameters()}
    return now.keys() == before.keys() and all(each.equal(before[name]) for name, each in now.items())
