"""A PyTorch model as it is recorded: its layers and outputs, seen in passes of some examples before training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from netviz.errors import InputError
from netviz.integrations.pytorch_given import in_precision, shape_of_inputs
from netviz.integrations.pytorch_guard import guarded, hooked_modules
from netviz.integrations.pytorch_losses import LossFunction, meaning
from netviz.integrations.pytorch_network import network_of
from netviz.integrations.pytorch_outputs import Inputs, output_form
from netviz.integrations.pytorch_pass import Outputs, PassResult, ProbePass
from netviz.integrations.pytorch_trace import ADVICE, Trace, plain_array, refusal, trace
from netviz.recording.probe_passes import worst_layer
from netviz.recording.recorder_arguments import chosen_probes
from netviz.recording.recording import AnyArray

_TRACED, _TRACED_NUMBERS = 64, 200_000
"""Most examples, and numbers in them, that are put through the model to find its layers."""
_MOST_SHARED = 4
"""Most notes on parameters that several blocks have."""


def as_numbers(tensor: Tensor) -> Tensor:
    return tensor if tensor.is_floating_point() else tensor.float()


def _some(inputs: Inputs) -> Inputs:
    """Copies of the first examples, as many as are needed to find the layers."""
    each = max(1, inputs.shown.numel() // len(inputs.shown))
    most = _TRACED_NUMBERS // each if inputs.shown.is_floating_point() else 4  # a text may have very many outputs
    return inputs.changed(lambda tensor: tensor[: max(2, min(_TRACED, most))].clone())


def traced(model: nn.Module, inputs: Inputs) -> tuple[Inputs, Trace]:
    """The examples in the form that the model takes, and what it calls for them."""
    forms = [inputs]
    if any(not each.is_floating_point() for each in inputs.tensors):
        numbers = in_precision(inputs, model)
        embeds = any(isinstance(each, nn.Embedding | nn.EmbeddingBag) for each in model.modules())
        forms = [inputs, numbers] if embeds else [numbers, inputs]
    errors = []
    for form in forms:
        try:
            with guarded(model):
                return form, trace(model, _some(form))
        except InputError as error:
            errors.append(error)
    raise errors[0]


class WatchedModel:
    """Structure of a model, read before it is recorded: its layers, and how its outputs are shown."""

    def __init__(
        self, model: nn.Module, inputs: Inputs, found: Trace, targets: AnyArray | None, of_loss: LossFunction
    ) -> None:
        self.model, self.inputs, self.notes = model, inputs, list[str]()
        self.network = network_of(found)
        if found.goes_by_inputs and self.network.is_exact:
            self.notes.append(f"{found.goes_by_inputs}: no layer is drawn, and all are blocks")
            self.network = network_of(found, as_blocks=True)
        some = _some(inputs)
        is_drawn = self.network.layers[-1].weights is not None
        form = output_form(some, found.output, targets, is_drawn=is_drawn)
        if form is None:
            message = f"gives outputs of the shape {tuple(found.output.shape)}; expected numbers"
            if inputs.shown.ndim == 1:  # most likely one example, as a row of its inputs
                of_one = f"X has the shape {tuple(inputs.shown.shape)}; of a single example give X[None]"
                raise refusal("model", f"{message}, a row for each example, and {of_one}")
            raise refusal("model", f"{message}, a row for each of the {found.examples} examples")
        if not found.uses_parameters:
            raise refusal("model", f"computes its outputs from none of its parameters, so nothing is learned; {ADVICE}")
        self.form, of_form = form
        self._verify(found, some)
        rows = self.form.rows(found.output)
        self._all = rows.shape[1]
        self.outputs = len(self.form.chosen) or self._all
        last = self.network.layers[-1]
        if found.output.ndim > 2 and not self.form.positions and of_loss.kind in ("cross_entropy", "nll_loss"):
            of_loss = replace(of_loss, kind=None)  # it is taken along an axis that a row does not have
        self.activation = last.activation
        targets = self._fitting(targets, found)
        self.shown, self.loss, of_meaning = meaning(last.activation, self._all, of_loss, targets)
        self.targets = self._chosen_targets(targets)
        self._all_targets = targets
        self._say(found, of_form, of_meaning)

    def _verify(self, found: Trace, some: Inputs) -> None:
        """Take the model for blocks, where its layers do not compute what it gives, or are not all that it computes."""
        network = self.network
        last = network.layers[-1]
        if last.weights is not None and self.form.rows(found.output).shape[1] != last.size:
            self.network = network_of(found, as_blocks=True)
            return
        if all(layer.weights is None for layer in network.layers):
            return
        shown = "softmax" if last.activation == "log_softmax" else last.activation
        outputs = Outputs(self.form, last.activation, shown)
        given, _ = ProbePass(self.model, some, network, outputs, every=True)()
        arrays = {index: plain_array(each) for index, each in enumerate(given) if each is not None}
        recorded = network.as_recorded(shape_of_inputs(some.shown), arrays[len(given) - 1].shape[1], shown)
        weights = [None if each.weights is None else self._parameter(each.weights).T for each in network.layers]
        biases = [None if each.biases is None else self._parameter(each.biases) for each in network.layers]
        flat = plain_array(as_numbers(some.shown).reshape(found.examples, -1))
        worst = worst_layer(recorded, weights, biases, flat, arrays)
        if worst is not None:
            layer = network.layers[worst[0]]
            message = f"{layer.name} with {layer.activation} after it gives something else than its parameters say, "
            self.notes.append(f"{message}up to {worst[1]:.2g} off, so no layer is drawn, and all are blocks")
            self.network = network_of(found, as_blocks=True)

    def _parameter(self, name: str) -> AnyArray:
        return plain_array(self.model.get_parameter(name))

    def _fitting(self, targets: AnyArray | None, found: Trace) -> AnyArray | None:
        """The targets of the outputs that are shown; those that have another form are left out, which is said."""
        count, output = len(self.inputs.shown), found.output
        if targets is None or (output.ndim <= 2 and not self.form.positions):
            return targets
        if self.form.positions:
            if targets.shape[:2] == (count, self.form.positions):
                return targets[:, -1]
            return targets
        if targets.shape == (count, *output.shape[1:]):
            return targets.reshape(count, -1)
        if targets.shape == (count, self._all):
            return targets
        message = f"y has the shape {targets.shape} and the outputs {(count, *output.shape[1:])}"
        self.notes.append(f"{message}: targets are not shown")
        return None

    def _chosen_targets(self, targets: AnyArray | None) -> AnyArray | None:
        """(P, m), those of the outputs that are chosen; as they are where all are shown."""
        if targets is None or not self.form.chosen:
            return targets
        if targets.ndim == 2 and targets.shape[1] == self._all:
            return targets[:, list(self.form.chosen)]
        if targets.ndim != 1 or targets.dtype.kind not in "iu" or not ((targets >= 0) & (targets < self._all)).all():
            right = f"whole numbers from 0 to {self._all - 1}, one for each example"
            raise refusal("y", f"expected {right}, got {targets.dtype.name} of the shape {targets.shape}")
        return (targets[:, None] == np.array(self.form.chosen)).astype(np.float32)

    def chosen_of(self, classes: Sequence[str]) -> Sequence[str]:
        """The names of the outputs that are chosen."""
        if self.form.chosen and not isinstance(classes, str) and len(classes) == self._all:
            return [classes[index] for index in self.form.chosen]
        return classes

    def _say(self, found: Trace, of_form: list[str], of_meaning: list[str]) -> None:
        notes, network = self.notes, self.network
        if found.unfollowed:
            notes.append(f"{found.unfollowed}: no layer is drawn, and all are blocks")
        if len(self.inputs.tensors) > 1:
            notes.append(f"of its {len(self.inputs.tensors)} inputs the first is shown")
        if found.gave:
            notes.append(found.gave)
        notes += [*of_form, *of_meaning, *network.shared[:_MOST_SHARED]]
        if network.dropouts:
            notes.append(f"dropout is off in what the film shows: {_listed(network.dropouts, '; ', 4)}")
        if network.unused:
            notes.append(f"the outputs do not come from {_listed(network.unused)}, so the film does not show them")
        if hooked := hooked_modules(self.model):
            notes.append(
                f"the hooks on {_listed(hooked)} are not called in what the film shows, "
                "so that they see your training only"
            )

    def probe_pass(self) -> tuple[ProbePass, PassResult] | None:
        """The pass that is made at each moment that is kept, and what it gives now.

        None for a network that netviz computes.
        """
        if self.network.is_exact:
            return None
        chosen = chosen_probes(len(self.inputs.shown))
        inputs = self.inputs.changed(lambda each: each[chosen].clone())
        plain = Outputs(self.form, self.activation, self.shown)
        if self.loss is None or self._all_targets is None:
            alone = ProbePass(self.model, inputs, self.network, plain)
            return alone, alone()
        targets = _target_rows(self._all_targets[chosen], self._all)
        rows = torch.as_tensor(targets).to(inputs.shown.device, _kind_of(self.model))
        with_errors = ProbePass(self.model, inputs, self.network, replace(plain, loss=self.loss, targets=rows))
        try:
            return with_errors, with_errors()
        except InputError:
            raise
        except Exception as error:  # a function of the user's that has no gradient, or a checkpoint that allows none
            reason = " ".join(str(error).split()) or type(error).__name__
            self.notes.append(f"the errors that run back are not shown: there are no gradients ({reason[:120]})")
            alone = ProbePass(self.model, inputs, self.network, plain)
            return alone, alone()


def _kind_of(model: nn.Module) -> torch.dtype:
    return next((each.dtype for each in model.parameters() if each.is_floating_point()), torch.float32)


def _target_rows(targets: AnyArray, outputs: int) -> AnyArray:
    """(P, n), a 1 for the right class of each where targets are classes."""
    if targets.ndim == 1 and outputs > 1:
        return np.eye(outputs, dtype=np.float32)[targets.astype(np.intp)]
    return targets.reshape(len(targets), outputs)


def _listed(names: Sequence[str], separator: str = ", ", most: int = 12) -> str:
    """Names for a note, not too many of them."""
    more = len(names) - most
    return separator.join(names[:most]) + (f"{separator}and {more} more" if more > 0 else "")
