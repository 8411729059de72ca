"""Arguments of watching a PyTorch model: the model, examples as it takes them, and their targets, all checked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from netviz.integrations.pytorch_outputs import Inputs
from netviz.integrations.pytorch_trace import ADVICE, plain_array, refusal
from netviz.recording.recording import AnyArray


def unwrapped(model: nn.Module) -> nn.Module:
    """The model within torch.compile, DataParallel and DistributedDataParallel."""
    while True:
        if "_orig_mod" in model._modules:
            inner = model._modules["_orig_mod"]
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = model.module
        else:
            return model
        assert isinstance(inner, nn.Module)
        model = inner


def refuse_unreadable(model: nn.Module) -> None:
    """Refuse a model whose parameters are not all there to be read, or whose code is not Python's."""
    for name, module in model.named_modules():
        where, kinds = (name or "it"), {kind.__name__ for kind in type(module).__mro__}
        if isinstance(module, torch.jit.ScriptModule):
            message = "is compiled by TorchScript, whose layers cannot be seen; watch the model before it is compiled"
            raise refusal("model", f"{where} ({type(module).__name__}) {message}")
        if kinds & {"FullyShardedDataParallel", "FSDPModule"}:
            message = "is sharded (FSDP): no process has all of its parameters"
            raise refusal("model", f"{where} ({type(module).__name__}) {message}; {ADVICE}")
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise refusal("model", f"{name} has no shape yet; put one batch through the model before it is watched")
        if "DTensor" in {kind.__name__ for kind in type(parameter.data).__mro__}:
            raise refusal("model", f"{name} is sharded over processes, none of which has it all; {ADVICE}")
        if parameter.is_meta:
            raise refusal("model", f"{name} is on the meta device, and has no numbers; give it some before watching")
    if next(model.parameters(), None) is None:
        raise refusal("model", f"has no parameters, so it learns nothing; {ADVICE}")


def read_inputs(given: Any, model: nn.Module) -> Inputs:
    """X as tensors on the model's device: one (P, ...), or for a model that takes several a tuple or a dictionary.

    Whole numbers stay whole, and all else is of the model's precision.
    """
    if isinstance(given, Mapping):
        inputs = Inputs((), {str(name): read_examples(f"X[{name!r}]", each, model) for name, each in given.items()})
    elif isinstance(given, tuple) and len(given) > 1 and len(given) == _inputs_taken(model):
        inputs = Inputs(tuple(read_examples(f"X[{index}]", each, model) for index, each in enumerate(given)), {})
    else:
        inputs = Inputs((read_examples("X", given, model),), {})
    if not inputs.tensors:
        raise refusal("X", "is empty; expected one example or more, as the model takes them")
    counts = {len(each) for each in inputs.tensors}
    if len(counts) > 1:
        found = ", ".join(str(len(each)) for each in inputs.tensors)
        raise refusal("X", f"has several inputs, of {found} examples; expected as many of each")
    return inputs


def _inputs_taken(model: nn.Module) -> int:
    """Number of inputs that a model has to be given."""
    parameters = inspect.signature(model.forward).parameters.values()
    return sum(each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters)


def read_examples(where: str, given: Any, model: nn.Module) -> Tensor:
    """Examples (P, ...) as a tensor of the model's device and precision."""
    if isinstance(given, torch.utils.data.Dataset | torch.utils.data.DataLoader):
        of = f"{where}.dataset" if isinstance(given, torch.utils.data.DataLoader) else where
        message = f"is a {type(given).__name__}; give examples of it: X, y = zip(*({of}[i] for i in range(16)))"
        raise refusal(where, message)
    parameter = next((each for each in model.parameters() if each.is_floating_point()), next(model.parameters()))
    tensor = _tensor(where, given)
    if tensor.ndim == 0 or len(tensor) == 0:
        message = f"has the shape {tuple(tensor.shape)}; expected one example or more, as the model takes them"
        raise refusal(where, message)
    if not tensor.is_floating_point() and tensor.dtype != torch.bool:
        return tensor.to(parameter.device)
    tensor = tensor.to(parameter.device, parameter.dtype)
    if not torch.isfinite(tensor).all():
        raise refusal(where, f"holds numbers that are infinite or not a number, in {parameter.dtype}")
    return tensor


def in_precision(inputs: Inputs, model: nn.Module) -> Inputs:
    """Inputs with numbers for whole numbers, as most models take them."""
    parameter = next((each for each in model.parameters() if each.is_floating_point()), next(model.parameters()))
    return inputs.changed(lambda each: each.to(parameter.dtype))


def shape_of_inputs(shown: Tensor) -> tuple[int, ...]:
    """Shape of an example as a layer of a recording has it: channels, rows and columns of a picture, or its rows."""
    shape = tuple(shown.shape[1:])
    if len(shape) == 3 and shape[0] in (1, 3) and shown.is_floating_point():
        return shape
    if len(shape) == 2 and shape[1] > 1:
        return shape
    return (max(shown.numel() // len(shown), 1),)


def read_targets(where: str, given: Any) -> AnyArray | None:
    """Targets as an array: whole numbers stay whole."""
    if given is None:
        return None
    tensor = _tensor(where, given)
    if tensor.dtype == torch.bool:
        tensor = tensor.to(torch.uint8)
    return plain_array(tensor.float() if tensor.dtype == torch.bfloat16 else tensor)


def _tensor(where: str, given: Any) -> Tensor:
    """A tensor, array or list as a tensor without a gradient. Raises InputError for one that holds no numbers."""
    if given is None:
        raise refusal(where, "none given; a film shows what the model makes of some examples")
    try:
        if isinstance(given, list | tuple) and any(isinstance(each, Tensor) for each in given):
            given = torch.stack([torch.as_tensor(each) for each in given])
        tensor = given if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
    except Exception as error:  # whatever it is that was given
        reason = " ".join(str(error).split()) or type(error).__name__
        raise refusal(where, f"cannot be read as an array of numbers: {reason}") from None
    if tensor.is_complex() or tensor.is_quantized or tensor.is_sparse or tensor.is_meta:
        raise refusal(where, f"holds {tensor.dtype} on {tensor.device}; expected plain numbers")
    return tensor.detach()


def rank() -> int:
    """The rank of this process among those that train together; 0 for one alone."""
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_initialized():
        return 0
    return distributed.get_rank()
