"""Trace of a PyTorch model: the functions that one pass of some examples calls, in order, and which modules call them.

Every function of PyTorch is seen, whether a module calls it or the code of `forward`; what one of them calls within
itself is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

from netviz.errors import InputError, Problem
from netviz.integrations.pytorch_outputs import Inputs, outputs_of, which_outputs
from netviz.recording.recording import AnyArray

ADVICE = "netviz.Recorder records what you give it of any model"
KEEPS_NUMBERS = {
    *("flatten", "unflatten", "view", "view_as", "reshape", "reshape_as", "ravel", "squeeze", "unsqueeze"),
    *("contiguous", "clone"),
    *("to", "type_as", "float", "double", "half", "bfloat16", "cpu", "cuda"),
}
"""Functions whose results are the same numbers in the same order."""
_READS_NUMBERS = {"__bool__", "__int__", "__float__", "__index__", "item", "tolist", "numpy", "__array__"}
"""Functions that take numbers out of tensors, so that what is computed next may depend on them."""


def refusal(where: str, message: str) -> InputError:
    """The error for a model, or examples, that cannot be watched."""
    return InputError([Problem(where, message)])


def plain_array(tensor: Tensor) -> AnyArray:
    """A tensor's numbers in the form in which they are kept, not copied: those of bfloat16 as their bits, in uint16."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view(np.uint16)
    array: AnyArray = tensor.numpy()
    return array


def name_of(function: Any) -> str:
    """Full name of a function of PyTorch, such as torch.nn.functional.relu."""
    return str(resolve_name(function) or getattr(function, "__qualname__", repr(function)))


def short_name(function: str) -> str:
    """The last part of a full name, without the mark of functions that change their argument in place."""
    last = function.removesuffix(".__get__").rpartition(".")[2]
    return last if last.startswith("__") else last.rstrip("_")


@dataclass(eq=False)
class ModuleCall:
    """A module that was called in a pass."""

    name: str
    """Its name in the model; nothing for the model itself."""
    module: nn.Module
    children: list[ModuleCall | Call] = field(default_factory=list)
    """Its calls, in order."""
    result: torch.Size | None = None
    """Shape of the first tensor that it gave."""

    @property
    def place(self) -> str:
        """The module, for people: "fc1 (Linear)"."""
        kind = type(self.module).__name__
        return f"{self.name} ({kind})" if self.name else f"forward of {kind}"

    def calls(self) -> Iterator[Call]:
        """All functions that were called in it."""
        for child in self.children:
            if isinstance(child, Call):
                yield child
            else:
                yield from child.calls()


@dataclass(eq=False)
class Call:
    """A function that was called in a pass, and gave a tensor or several."""

    function: str
    """Full name, such as torch.nn.functional.relu; x for the examples themselves."""
    module: ModuleCall | None
    """The innermost module that called it; None for the examples."""
    inputs: tuple[Call, ...]
    """Origins of the tensors that it takes, as far as they were computed in the pass."""
    source: Call | None = None
    """Origin of its first argument."""
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None
    before: torch.Size | None = None
    """Shape of its first argument."""
    after: torch.Size | None = None
    """Shape of its result, the first of several."""
    occurrence: int = 0
    """Number of calls of the same function before it."""
    of_examples: tuple[Call, ...] = ()
    """Those of its inputs that depend on the examples."""
    of_parameters: bool = False
    """True if it depends on parameters of the model."""
    kept_type: bool = True
    """True if its result is of the type of its first argument."""

    @property
    def name(self) -> str:
        """Name of the function, without the mark of those that change their argument in place."""
        return short_name(self.function)

    @property
    def place(self) -> str:
        """The module that called it, for people."""
        return "X" if self.module is None else self.module.place

    def argument(self, position: int, name: str, default: Any) -> Any:
        """One of its arguments, wherever it was given."""
        if len(self.arguments) > position:
            return self.arguments[position]
        return (self.named or {}).get(name, default)

    def tensors(self) -> Iterator[Tensor]:
        """All tensors among its arguments."""
        return tensors_in((self.arguments, tuple((self.named or {}).values())))


def tensors_in(values: Sequence[Any]) -> Iterator[Tensor]:
    """The tensors in arguments or results, also those in lists."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)
        elif isinstance(value, dict):
            yield from tensors_in([*value.values()])


class CallRecorder(TorchFunctionMode):
    """Records the calls of functions of PyTorch, and which results each takes."""

    def __init__(self, model: nn.Module, examples: Sequence[Tensor]) -> None:
        super().__init__()
        self.start = Call("x", None, ())
        self.root = ModuleCall("", model)
        self.calls: list[Call] = []
        self.reads: Call | None = None  # the first that takes numbers out of what was computed from the examples
        self.reads_inputs: Call | None = None  # the same where no parameter took part: they are the same at any time
        self.failed: Call | None = None  # the call that raised first
        self.running = [self.root]  # modules, the innermost last
        self._own = {id(parameter) for parameter in model.parameters()}
        self._counts: dict[str, int] = {}
        # It keeps the tensors alive, so that no other one gets the same id.
        self._origin: dict[int, tuple[Tensor, Call]] = {id(each): (each, self.start) for each in examples}

    def origin(self, tensor: Tensor) -> Call | None:
        """The call that a tensor comes from; None if it was not computed in the pass, or not in a way that is seen."""
        found = self._origin.get(id(tensor))
        return None if found is None else found[1]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        given = [*tensors_in((args, tuple(named.values())))]
        inputs = tuple(dict.fromkeys(origin for each in given if (origin := self.origin(each)) is not None))
        first = args[0] if args else named.get("input")
        first = first if isinstance(first, Tensor) else None
        before, kind = (None, None) if first is None else (first.shape, first.dtype)
        source = None if first is None else self.origin(first)
        call = Call(name_of(func), self.running[-1], inputs, source, tuple(args), named, before)
        call.of_examples = tuple(each for each in inputs if each is self.start or each.of_examples)
        call.of_parameters = any(id(each) in self._own for each in given) or any(each.of_parameters for each in inputs)
        try:
            result = func(*args, **named)
        except Exception:
            self.failed = self.failed or call
            raise
        if call.name in _READS_NUMBERS:
            if call.of_examples and call.of_parameters:
                self.reads = self.reads or call
            elif call.of_examples:
                self.reads_inputs = self.reads_inputs or call
            return result
        results = [*tensors_in((result,))]
        if call.name == "__setitem__" and first is not None:
            results = [first]
        if results:
            call.after, call.kept_type = results[0].shape, results[0].dtype == kind
            call.occurrence = self._counts.get(call.function, 0)
            self._counts[call.function] = call.occurrence + 1
            self.calls.append(call)
            self.running[-1].children.append(call)
            for tensor in results:
                self._origin[id(tensor)] = tensor, call
        return result


@contextmanager
def _module_calls(model: nn.Module, calls: CallRecorder) -> Iterator[None]:
    """Let the recorder of calls know which module is running, by hooks that are removed afterwards."""

    def enter(name: str) -> Any:
        def hook(module: nn.Module, *_: Any) -> None:
            if module is model and calls.running == [calls.root]:
                calls.running.append(calls.root)
                return
            entered = ModuleCall(name, module)
            calls.running[-1].children.append(entered)
            calls.running.append(entered)

        return hook

    def leave(_: nn.Module, __: Any, result: Any) -> None:
        left = calls.running.pop()
        first = next(tensors_in((result,)), None)
        left.result = None if first is None else first.shape

    handles = []
    try:
        for name, module in model.named_modules():
            handles.append(module.register_forward_pre_hook(enter(name), prepend=True))
            handles.append(module.register_forward_hook(leave, always_call=True))
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclass(frozen=True, eq=False)
class Trace:
    """Calls of a model in a pass of some examples."""

    model: nn.Module
    root: ModuleCall
    start: Call
    """The examples."""
    path: tuple[Call, ...]
    """The calls that the outputs are computed by, in order; all of the pass where they cannot be followed."""
    unfollowed: str
    """Why the path from the examples to the outputs cannot be followed, or may be another one at another time."""
    goes_by_inputs: str
    """Why it may be another one for other examples."""
    output: Tensor
    """The tensor of outputs."""
    gave: str
    """Which of all that the model gives it is, for people; nothing for the tensor alone."""
    examples: int
    """Number of the examples."""
    modules: Mapping[str, str]
    """Kinds of the modules that were called, and how many are in those that are sequences, by the modules' names."""

    @property
    def uses_parameters(self) -> bool:
        """False if the outputs depend on no parameter of the model, as far as the path shows."""
        own = {id(parameter) for parameter in self.model.parameters()}
        return any(id(tensor) in own for call in self.path for tensor in call.tensors())


def trace(model: nn.Module, inputs: Inputs) -> Trace:
    """The calls of a pass, which is to be guarded by the caller, who hands over copies of the examples.

    Raises InputError, naming the layer, if the model cannot take the examples, or gives no outputs for them.
    """
    calls, given = CallRecorder(model, inputs.tensors), tuple(inputs.shown.shape)
    try:
        with _module_calls(model, calls), calls:
            result = inputs.put_through(model)
    except Exception as error:  # what a model raises is its own
        at = "" if calls.failed is None else f"{calls.failed.place}: "
        reason = " ".join(str(error).split()) or type(error).__name__
        message = f"the model cannot take {given[0]} examples of the shape {given[1:]}: {at}{reason}"
        if "required positional argument" in reason:
            message = f"{message}; where it takes several inputs, give them by name: X={{'x': ..., ...}}"
        raise refusal("X", message) from error
    output = outputs_of(result)
    if output is None:
        raise refusal("model", f"gives a {type(result).__name__}, in which there is no tensor of outputs; {ADVICE}")
    last = calls.origin(output)
    unfollowed, goes_by_inputs = "", ""
    needed, waiting = set[Call](), [] if last is None else [last]
    while waiting:
        call = waiting.pop()
        if call not in needed:
            needed.add(call)
            waiting += call.inputs
    if calls.reads_inputs is not None:
        call = calls.reads_inputs
        goes_by_inputs = f"{call.place} reads numbers of the examples ({call.function}) and may go by them"
    if calls.reads is not None:
        unfollowed = f"{calls.reads.place} reads numbers that were computed ({calls.reads.function}) and may go by them"
    elif calls.start not in needed:
        unfollowed = "its outputs come from X in no way that can be followed"
        for call in calls.calls:  # any of them may depend on the examples
            call.of_examples = call.of_examples or call.inputs or (calls.start,)
    gave = "" if isinstance(result, Tensor) else f"of the {type(result).__name__} that it gives {which_outputs(result)}"
    path = tuple(call for call in calls.calls if call in needed or calls.start not in needed)
    output, kinds = output.detach().clone(), _kinds(calls.root)
    return Trace(model, calls.root, calls.start, path, unfollowed, goes_by_inputs, output, gave, given[0], kinds)


def _kinds(called: ModuleCall) -> dict[str, str]:
    """Kinds of a module that was called, and of all that it called, by name."""
    kinds = {called.name: _kind(called.module)}
    for child in called.children:
        if isinstance(child, ModuleCall):
            kinds |= _kinds(child)
    return kinds


def _kind(module: nn.Module) -> str:
    """The name of a module's class, and of a sequence how many modules are in it."""
    return type(module).__name__ + (f" of {len(module)}" if isinstance(module, nn.Sequential) else "")


def changed_module(model: nn.Module, kinds: Mapping[str, str]) -> str:
    """Sentence about the first module that is another than it was in the pass; nothing where all are the same."""
    for name, kind in kinds.items():
        try:
            now = _kind(model.get_submodule(name))
        except AttributeError:
            now = "there no more"
        if now != kind:
            return f"{name or 'it'} is {now}, and was {kind}"
    return ""
