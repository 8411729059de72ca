"""Keras 3: a callback that records a fit, on whichever backend.

It reads the model after each update that is due: weights of Dense layers, and of all else what it gives and how large
its weights are. It changes nothing of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import keras
import numpy as np

from netviz.errors import InputError, NetvizNote, Problem, warn_caller
from netviz.integrations.fit_film import FitFilm, on_cpu, other_run, refusal
from netviz.integrations.keras_losses import meaning, takes_classes
from netviz.integrations.keras_moment import Moment, Reader, same_weights
from netviz.integrations.keras_network import WatchedNetwork, network_of
from netviz.recording.given_arrays import read_array
from netviz.recording.recorder import NewestMoment, Recorder
from netviz.recording.recorder_arguments import chosen_probes
from netviz.recording.recording import AnyArray, Recording


def watch(model: Any, X: Any, y: Any, **options: Any) -> NoReturn:
    """Refuses a Keras model, which has a callback for its `fit`."""
    message = (
        f"is a Keras model ({type(model).__name__}), which its own fit trains; give that a callback, "
        "model.fit(..., callbacks=[film]) with film = netviz.integrations.keras.FilmCallback(X, y), and render film"
    )
    raise refusal("model", message)


class FilmCallback(FitFilm, keras.callbacks.Callback):
    """Callback that records `fit`, for a film of it.

        film = FilmCallback(x_test[:16], y_test[:16])
        model.fit(x_train, y_train, epochs=20, callbacks=[film])
        netviz.render(film, "run.mp4")

    Steps are updates of the weights, counted as the optimizer does: step 0, or the number that the optimizer of a
    loaded model begins with, is the model as training begins; a step is kept, if it is due, at the end of its batch.
    With steps_per_execution only the last of so many batches is seen.

    The model is Sequential or functional, of one input and one output. Its Dense layers that everything goes through
    are drawn, with relu, tanh, sigmoid, LeakyReLU(0.01), elu, gelu or silu after them, and softmax or sigmoid at the
    end; all else is shown as blocks, by the names of its layers. With blocks the probes are put through the model at
    each step that is kept, as when it is not training, and nothing of that is left behind: no random number, running
    mean, loss or gradient. Rescaling and Normalization at its beginning give the inputs that are shown; examples of the
    shape (h, w, 1) or (h, w, 3) are pictures.

    The curve `loss` is no running mean, as what `fit` prints: it is the mean loss of the batches since the kept step
    before, in the same epoch; of the first steps, which are all kept, that of one batch. It is taken from the metric
    that `fit` adds batches up in, with penalties of the weights; a train_step of one's own that has no such metric has
    no such curve. The loss of the first step stands for step 0 as well, since it is worked out before the first update.

    val_loss and val_accuracy are known once an epoch, and are no curves of the film: give `film.test(x_val, y_val)`
    what they are measured on, and both test_loss and test_accuracy are worked out for every step kept, afterwards. Of a
    model with blocks they cannot be, as its weights are not kept.

    The last step is always kept, with the weights that its update left. Those that are brought back or averaged
    afterwards, as by EarlyStopping(restore_best_weights=True), are no step of training. Another fit that goes on from
    the weights with which the one before ended goes on in the film; any other is refused.
    """

    def __init__(
        self,
        X: Any,
        y: Any = None,
        *,
        classes: Sequence[str] = (),
        names: Sequence[str] = (),
        budget: str | float = "256 MB",
        path: str | Path | None = None,
    ) -> None:
        """A callback that has recorded nothing yet.

        X: (P, ...), the examples that the film presents, as the model takes them; of more than 64 evenly spaced ones
        are recorded. y: their targets, as `fit` takes them. The loss is that of `compile`. classes: names of the
        classes, one for each output. names: of the probes. budget: the most that all kept steps may take, as "256 MB"
        or in bytes. path: file for the recording, ending in .npz, which is written when the fit ends.

        Raises InputError with all that is wrong; what depends on the model is said when the fit begins.
        """
        keras.callbacks.Callback.__init__(self)
        FitFilm.__init__(self, X, y, classes=classes, names=names, budget=budget, path=path)
        self._X, self._y = X, y
        self._network: WatchedNetwork | None = None
        self._reader: Reader | None = None
        self._recorder: Recorder | None = None
        self._watched: Any = None  # the model
        self._step = 0  # number of the newest step, kept or not
        self._before_epoch = 0  # that of the last one before this epoch
        self._offset = 0  # number of a step here beyond the optimizer's iterations
        self._start: Moment | None = None  # the first one, until the loss that belongs to it is known
        self._summed = (0.0, 0.0)  # sum of losses and number of examples in this epoch, at the kept step before
        self._loss: float | None = None  # of the step kept last
        self._logged: Any = None  # mean loss in this epoch, as fit says it
        self._newest: tuple[int, float | None, Moment] | None = None
        self._end: list[AnyArray] = []  # the model's weights when the last fit ended

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps kept so far, increasing."""
        return () if self._recorder is None else self._recorder.steps

    def on_train_begin(self, logs: Any = None) -> None:
        """Find the layers of the model, and remember it as it is, which is step 0."""
        model = self.model
        iterations = _iterations(model)
        if self._recorder is not None and self.steps:
            if model is not self._watched or not same_weights(self._end, _all_weights(model)):
                raise other_run()
        else:
            self._watched, self._step = model, iterations
            self._begin(model)
        self._offset = self._step - iterations
        self._before_epoch = self._step

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Count its batches from here on."""
        self._before_epoch = self._step
        self._summed = (0.0, 0.0)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keep the step, if there was one, and if it is due."""
        assert self._recorder is not None and self._watched is not None and self._reader is not None
        is_counted = getattr(self._watched.optimizer, "gradient_accumulation_steps", None)
        if is_counted or self._watched.steps_per_execution != 1:  # batches are not steps, or not all are seen
            step = _iterations(self.model) + self._offset
        else:
            step = self._before_epoch + batch + 1
        if step <= self._step:
            return
        self._logged = (logs or {}).get("loss")
        first, self._step = self._step, step
        if self._recorder.wants(step):
            model = self.model  # which brings JAX's weights up to date
            loss = self._loss_since(model)
            if self._start is not None:
                self._offer(self._recorder.snap, loss, step=first, **vars(self._start))
                self._start = None
            self._offer(self._recorder.snap, loss, step=step, **vars(self._reader.read(step)))
            self._reader.keep(step)

    def on_test_begin(self, logs: Any = None) -> None:
        """Remember the newest step before its epoch is validated."""
        self._remember()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Remember the newest step, which may be the last."""
        self._remember()

    def on_train_end(self, logs: Any = None) -> None:
        """Keep the last step, and write the file."""
        if self._recorder is not None and self._newest is not None and self._newest[0] > self.steps[-1]:
            step, loss, moment = self._newest
            self._offer(self._recorder.snap, loss, step=step, **vars(moment), keep=True)
            if self._reader is not None:
                self._reader.keep(step)
        self._newest = None
        self._end = [each.copy() for each in _all_weights(self.model)]
        if self._path is not None and self.steps:
            self.save(self._path)
        self._raise_warning()

    def _begin(self, model: Any) -> None:
        """Find the network, and make its recorder. Raises InputError."""
        probes = self._array(self._X)
        network = self._network = network_of(model, probes)
        activation, loss, notes = meaning(model.loss, network.layers[-1].activation)
        recorded = network.as_recorded(activation, loss)
        try:
            recorder = Recorder(
                recorded,
                None,
                network.inputs(probes),
                None if self._y is None else self._targets(self._y),
                loss=loss,
                classes=self._classes,
                names=self._names,
                budget=self._budget,
            )
        except InputError as error:
            here = {"probes": "X", "targets": "y", "layers": "model"}
            raise InputError(replace(each, where=here.get(each.where, each.where)) for each in error.problems) from None
        if self._held_out is not None:
            self._test = self._tested(recorded)
        for note in (*network.notes, *notes):
            warn_caller(NetvizNote(f"model: {note}"))
        self._reader = Reader(network, probes[chosen_probes(len(probes))], activation, self._step)
        self._start = self._reader.read(self._step).copy()
        self._recorder = recorder

    def _remember(self) -> None:
        """Copy the newest step, if it was not kept, as it is the last if no other comes."""
        if self._recorder is None or self._reader is None or not self.steps or self._step <= self.steps[-1]:
            return
        if self._newest is None or self._newest[0] < self._step:
            loss = self._loss_since(self.model)
            self._newest = self._step, loss, self._reader.read(self._step).copy()

    def _loss_since(self, model: Any) -> float | None:
        """The mean loss of the batches since the kept step before, in this epoch; None in a run that has none."""
        assert self._recorder is not None
        tracker = next((each for each in model.metrics if each.name == "loss" and hasattr(each, "total")), None)
        is_first = not self.steps
        if tracker is None or (self._loss is None and not is_first):
            return self._loss
        total, count = (float(keras.ops.convert_to_numpy(each)) for each in (tracker.total, tracker.count))
        # If somebody has used the metric for something else meanwhile, it is not what fit says any more.
        is_of_fit = self._logged is not None and count > self._summed[1]
        if is_of_fit and np.isclose(total / count, float(self._logged), rtol=1e-5, atol=0, equal_nan=True):
            self._loss = (total - self._summed[0]) / (count - self._summed[1])
            self._summed = total, count
        return self._loss

    def _array(self, X: Any) -> AnyArray:
        array = read_array("X", on_cpu(X))
        assert not isinstance(array, Problem)  # it was checked
        return array

    def _inputs(self, X: Any) -> AnyArray:
        assert self._network is not None
        return self._network.inputs(self._array(X))

    def _targets(self, y: Any) -> Any:
        array = np.asarray(on_cpu(y))
        if takes_classes(self._watched.loss):
            array = array.reshape(len(array), -1)[:, 0]
            return array.astype(np.int64) if np.array_equal(array, np.rint(array)) else array
        return array

    def newest(self) -> NewestMoment:
        """The moment kept last, as `netviz.live` draws it; another thread may ask for it."""
        return self._begun().newest()

    def _begun(self) -> Recorder:
        """The recorder, which has kept something. Raises InputError if there is none."""
        recorder = self._recorder
        if recorder is None or not recorder.steps:
            raise refusal("FilmCallback", "has recorded nothing yet; call model.fit(..., callbacks=[film])")
        return recorder

    def _recorded(self) -> Recording:
        recording = self._begun().recording()
        versions = recording.info["versions"] | {"keras": keras.__version__}
        info = {**recording.info, "recorder": "netviz.integrations.keras.FilmCallback", "versions": versions}
        return replace(recording, info=info)


def _iterations(model: Any) -> int:
    """The number of updates that the model's optimizer has made."""
    return 0 if model.optimizer is None else int(keras.ops.convert_to_numpy(model.optimizer.iterations))


def _all_weights(model: Any) -> list[AnyArray]:
    """The arrays of `get_weights`, as views where they can be."""
    return [keras.ops.convert_to_numpy(each) for each in model.weights]
