"""Blocks of a PyTorch model: what it calls folded into so few parts, in call order, that they can be read.

Modules are opened, the outer ones first, as long as a layer has about a dozen blocks; a module that is not opened is
one block, and so are several alike that follow each other. Functions that the code of an opened module calls are blocks
of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from netviz.integrations.pytorch_kinds import CONTAINERS, MASKS, MATTERS, NO_BLOCK, is_opened, kind_of, label_of
from netviz.integrations.pytorch_trace import Call, ModuleCall, Trace
from netviz.recording.blocks import LONGEST_LABEL, Block

MOST_PARTS = 12
"""Blocks of a layer up to which modules are opened."""
_MOST_FLAT = 24
"""Blocks of a layer whose parts are all functions, or modules that hold none."""
_ABSORBED = ("norm", "activation", "dropout", "reshape", "other")
"""Kinds of blocks that are put into the one before them, where there are too many."""


@dataclass(frozen=True)
class WatchedBlock:
    """A block, and the parameters that it is summed up from."""

    block: Block
    parameters: tuple[str, ...]
    """Names of its parameters in the model, but for those that a block before it has."""


class _Part:
    """A part that becomes a block: modules and functions that follow each other."""

    def __init__(self, items: Sequence[ModuleCall | Call], repeats: int = 1) -> None:
        self.items = [*items]
        self.repeats = repeats

    @property
    def main(self) -> ModuleCall | Call:
        """The call that matters most in it, of several alike the first."""
        return min(self.items, key=lambda each: MATTERS.index(kind_of(each)))

    @property
    def labels(self) -> list[str]:
        """Names of its items, each once."""
        return [*dict.fromkeys(map(label_of, self.items))]

    @property
    def calls(self) -> list[Call]:
        return [call for item in self.items for call in _calls(item)]

    @property
    def result(self) -> torch.Size | None:
        last = self.items[-1]
        return last.after if isinstance(last, Call) else last.result


def _calls(item: ModuleCall | Call) -> Iterable[Call]:
    return [item] if isinstance(item, Call) else item.calls()


class BlocksOf:
    """Folds the calls of a pass into blocks; what was taken into one is remembered, so that nothing counts twice."""

    def __init__(self, found: Trace) -> None:
        self._found = found
        self._path = set(found.path)
        self._names = {id(parameter): name for name, parameter in found.model.named_parameters()}
        self._modules = {name: module for name, module in found.model.named_modules() if name}
        self._named = {id(module): name for name, module in self._modules.items()}
        self._called = {self._name_of(each) for each in _module_calls(found.root)}
        self._home = self._homes()
        self._counted: dict[str, str] = {}  # name of a parameter: the block that has it
        self._placed: set[str] = set()  # names of modules that are found in a block
        self._shared: list[str] = []

    @property
    def shared(self) -> tuple[str, ...]:
        """Parameters that several blocks have, for people."""
        return tuple(dict.fromkeys(self._shared))

    def of(self, calls: Sequence[Call]) -> tuple[WatchedBlock, ...]:
        """The blocks of these calls that depend on the examples, and of what they take that does not."""
        those = set(calls)
        wanted = {call for call in self._found.path if self._home.get(call, call) in those}
        parts = self._folded(self._items(self._found.root, wanted), wanted)
        blocks, place = [], dict[Call, int]()
        within = {
            call for part in parts for item in part.items if isinstance(item, ModuleCall) for call in item.calls()
        }
        for index, part in enumerate(parts):
            place |= dict.fromkeys(part.calls, index)
            blocks.append(self._block(part, within, _joins(part, place, index)))
        return self._with_containers(blocks)

    def unused(self, drawn: set[str]) -> tuple[str, ...]:
        """Names of parameters, and of modules that hold nothing, that take no part in the outputs.

        drawn: names of the parameters of layers that are drawn. Where the pass could not be followed, of the modules
        that were called it is not known.
        """
        seen = {id(tensor) for call in self._found.path for tensor in call.tensors()}
        called = {self._name_of(each): each for each in _module_calls(self._found.root)}
        names = []
        for key, name in self._names.items():
            is_hidden = self._found.unfollowed and name.rpartition(".")[0] in ("", *called)
            if name not in drawn and key not in seen and not is_hidden:
                names.append(name)
        for name, module in self._modules.items():
            holds = next(module.parameters(), None) is not None or next(module.children(), None) is not None
            calls = [*called[name].calls()] if name in called else []
            is_used = name in called and (not calls or any(call in self._path for call in calls))
            if not holds and not is_used and name not in self._placed:
                names.append(f"{name} ({type(module).__name__})")
        return tuple(names)

    def _name_of(self, called: ModuleCall) -> str:
        return self._named.get(id(called.module), called.name)

    # The items of a layer, and their folding.

    def _homes(self) -> dict[Call, Call]:
        """Of calls that do not depend on the examples the first that does and takes their results."""
        homes: dict[Call, Call] = {}
        for call in self._found.path:
            if call.of_examples:
                waiting = [each for each in call.inputs if not each.of_examples]
                while waiting:
                    each = waiting.pop()
                    if each is not self._found.start and each not in homes:
                        homes[each] = call
                        waiting += each.inputs
        return homes

    def _items(self, module: ModuleCall, wanted: set[Call]) -> list[ModuleCall | Call]:
        """Calls of a module, as far as they are wanted: modules that are wanted in part are opened."""
        items: list[ModuleCall | Call] = []
        for child in module.children:
            if isinstance(child, Call):
                if child in wanted:
                    items.append(child)
                continue
            within = [call for call in child.calls() if call in self._path]
            if within and all(call in wanted for call in within):
                items.append(child)
            elif any(call in wanted for call in within):
                items += self._items(child, wanted)
        return items

    def _folded(self, items: list[ModuleCall | Call], wanted: set[Call]) -> list[_Part]:
        """The parts of a layer: as many modules opened as can be read."""
        while True:
            parts = _repeated(_without_trivial(items))
            alone = {id(part.items[0]) for part in parts if len(part.items) == 1}
            opened = [
                item for item in items if isinstance(item, ModuleCall) and id(item) in alone and is_opened(item.module)
            ]
            opened.sort(
                key=lambda each: (not isinstance(each.module, CONTAINERS), each.name.count("."), -_weight(each))
            )
            for each in opened:
                index = items.index(each)
                trial = [*items[:index], *self._items(each, wanted), *items[index + 1 :]]
                # What only holds others has nothing to say itself: it is opened even if that means groups.
                groups = len(parts) == 1 or isinstance(each.module, CONTAINERS)
                found = _readable(trial) if groups else _repeated(_without_trivial(trial))
                if len(found) <= (_MOST_FLAT if len(parts) == 1 else MOST_PARTS):
                    items = trial
                    break
            else:
                return _readable(items)

    # What a block says.

    def _modules_of(self, part: _Part) -> tuple[str, ...]:
        names: list[str] = []
        for item in part.items:
            if isinstance(item, ModuleCall):
                name = self._name_of(item)
                names += [name, *(each for each in self._modules if each.startswith(f"{name}."))]
        return tuple(dict.fromkeys(names))

    def _block(self, part: _Part, within: set[Call], joins: int | None) -> WatchedBlock:
        """A part as a block. within: the calls of modules that are folded."""
        main, modules = part.main, self._modules_of(part)
        name = main.name.replace("._orig_mod", "") if isinstance(main, ModuleCall) else label_of(main)
        if part.repeats > 1:
            name, modules = self._of_repeats(part, modules)
        taken = [own for item in part.items if isinstance(item, Call) for own in self._taken_by(item, within)]
        held = [*(own for each in modules for own in self._parameters_of(self._modules[each])), *taken]
        holders = [own.rpartition(".")[0] for own in taken]  # such as a ParameterList, which is never called
        modules = tuple(dict.fromkeys([*modules, *(each for each in holders if each and each not in self._called)]))
        parameters: list[str] = []
        for own in dict.fromkeys(held):
            if own in self._counted:
                if self._counted[own] != name:
                    self._shared.append(f"{name} has {own} as well, which counts in {self._counted[own]}")
            else:
                self._counted[own] = name
                parameters.append(own)
        self._placed |= {*modules}
        weights = sum(self._found.model.get_parameter(each).numel() for each in parameters)
        label = ", ".join([*part.labels[:3], *(["..."] if len(part.labels) > 3 else [])])[:LONGEST_LABEL]
        examples = self._found.examples if any(call.of_examples for call in part.calls) else 0
        shape = _for_one(part.result, examples)
        block = Block(name, kind_of(main), label, shape, weights, part.repeats, modules, joins)
        return WatchedBlock(block, tuple(parameters))

    def _of_repeats(self, part: _Part, modules: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """Name and modules of several alike: those of the module that holds them and nothing else."""
        names = [item.name for item in part.items if isinstance(item, ModuleCall) and label_of(item) == part.labels[0]]
        parent = names[0].rpartition(".")[0]
        siblings = {each for each in self._modules if each.rpartition(".")[0] == parent}
        if parent and siblings <= {*modules}:
            return parent, (parent, *(each for each in modules if each != parent))
        return names[0], modules

    def _parameters_of(self, module: nn.Module) -> Iterator[str]:
        for parameter in module.parameters(recurse=False):
            yield self._names[id(parameter)]

    def _taken_by(self, call: Call, within: set[Call]) -> Iterator[str]:
        """Parameters that a function takes itself, or by functions beside it that do not depend on the examples."""
        waiting, seen = [call], set[Call]()
        while waiting:
            each = waiting.pop()
            seen.add(each)
            yield from (self._names[id(tensor)] for tensor in each.tensors() if id(tensor) in self._names)
            waiting += [of for of in each.inputs if not (of.of_examples or of in within or of in seen)]

    def _with_containers(self, blocks: list[WatchedBlock]) -> tuple[WatchedBlock, ...]:
        """The blocks, with the modules that hold them and were opened in the first of theirs, and those within."""
        result = []
        for each in blocks:
            block, more = each.block, dict.fromkeys(each.block.modules)
            for name in block.modules:
                while name := name.rpartition(".")[0]:
                    if name not in self._placed:
                        more[name] = None
                        self._placed.add(name)
            for name in self._silent_beside(block):
                more[name] = None
                self._placed.add(name)
            modules = tuple(more)
            changed = Block(**{**vars(block), "modules": modules})
            result.append(WatchedBlock(changed, each.parameters))
        return tuple(result)

    def _silent_beside(self, block: Block) -> Iterator[str]:
        """Modules that were called next to a block's and did nothing, such as Identity."""
        parents = {name.rpartition(".")[0] for name in block.modules}
        for call in _module_calls(self._found.root):
            is_beside = call.name not in self._placed and call.name.rpartition(".")[0] in parents
            if is_beside and call.name and not any(True for _ in call.calls()):
                yield call.name


def _module_calls(root: ModuleCall) -> Iterator[ModuleCall]:
    """All modules that were called."""
    for child in root.children:
        if isinstance(child, ModuleCall):
            yield child
            yield from _module_calls(child)


def _weight(item: ModuleCall) -> int:
    return sum(each.numel() for each in item.module.parameters())


def _for_one(result: torch.Size | None, examples: int) -> tuple[int, ...]:
    """Shape of what is given for one example; examples: how many there are, 0 for what does not depend on them."""
    if not result:
        return ()
    if not examples or result[0] % examples:
        return tuple(result)
    rows = result[0] // examples
    return (*([rows] if rows > 1 else []), *result[1:]) or (1,)


def _without_trivial(items: Sequence[ModuleCall | Call]) -> list[_Part]:
    """A part for each item; but functions that are no block of their own are left out, and reshapes put together."""
    parts: list[_Part] = []
    for item in items:
        if isinstance(item, Call) and _says_nothing(item):
            continue
        before = parts[-1].items[-1] if parts else None
        if isinstance(item, Call) and isinstance(before, Call) and kind_of(item) == kind_of(before) == "reshape":
            parts[-1].items.append(item)
            continue
        parts.append(_Part([item]))
    return parts or [_Part([item]) for item in items if isinstance(item, Call) and item.of_examples]


def _says_nothing(call: Call) -> bool:
    """True for a function that gives what it takes, makes a mask, or has nothing to do with the examples."""
    if call.name in NO_BLOCK or call.name.strip("_") in MASKS:
        return True
    return not call.of_examples and kind_of(call) != "embedding"


def _repeated(parts: list[_Part]) -> list[_Part]:
    """The parts with modules alike, each of which takes what the one before it gives, as one.

    A module that is called several times is one as well, but it does not count as several.
    """
    result: list[_Part] = []
    for part in parts:
        before = result[-1] if result else None
        if before is not None and _is_same(before, part):
            result[-1] = _Part([*before.items, *part.items], before.repeats)
        elif before is not None and _is_alike(before, part):
            result[-1] = _Part([*before.items, *part.items], before.repeats + 1)
        else:
            result.append(part)
    return result


def _is_same(before: _Part, part: _Part) -> bool:
    one, two = before.items[0], part.items[0]
    return isinstance(one, ModuleCall) and isinstance(two, ModuleCall) and one.module is two.module


def _is_alike(before: _Part, part: _Part) -> bool:
    one, two = before.items[0], part.items[0]
    if not isinstance(one, ModuleCall) or not isinstance(two, ModuleCall):
        return False
    if before.labels != part.labels or before.result != part.result or type(one.module) is not type(two.module):
        return False
    if isinstance(one.module, CONTAINERS) and _shapes(one.module) != _shapes(two.module):
        return False  # they have nothing in common but that they hold others
    given = set(before.calls)
    return any(each in given for call in part.calls for each in call.inputs)


def _shapes(module: nn.Module) -> list[torch.Size]:
    return [each.shape for each in module.parameters()]


def _readable(items: Sequence[ModuleCall | Call]) -> list[_Part]:
    """The parts of these items; where they are too many, small ones are put into those before them."""
    parts = _repeated(_without_trivial(items))
    if len(parts) <= MOST_PARTS:
        return parts
    merged: list[_Part] = []
    for part in _without_trivial(items):
        if merged and kind_of(part.main) in _ABSORBED and not _is_joined(part):
            merged[-1].items += part.items
        else:
            merged.append(_Part(part.items))
    parts = _repeated(merged)
    while len(parts) > _MOST_FLAT:  # what can be told from each other no more: the smallest neighbours are one
        sizes = [len(one.calls) + len(two.calls) for one, two in pairwise(parts)]
        index = sizes.index(min(sizes))
        parts[index : index + 2] = [_Part([*parts[index].items, *parts[index + 1].items])]
    return parts


def _is_joined(part: _Part) -> bool:
    return any(isinstance(item, Call) and len(item.of_examples) > 1 for item in part.items)


def _joins(part: _Part, place: dict[Call, int], index: int) -> int | None:
    """Origin of the branch that a function adds: index of a block; -1: the input of the first."""
    calls = [*_calls(part.items[0])]
    if len(calls) != 1 or kind_of(calls[0]) not in ("add", "other"):
        return None
    # What does not depend on the examples is nowhere, unless it is a block such as an embedding of positions.
    inputs = [_shown(each, place) for each in calls[0].inputs]
    taken = [each for each in inputs if each in place or each.of_examples or each.module is None]
    origins = {place.get(each, -1) for each in taken}
    if len(origins) < 2:
        return None
    first = min(origins)
    return None if first in (index, index - 1) else first


def _shown(call: Call, place: dict[Call, int]) -> Call:
    """The call whose numbers a function gives that is no block of its own."""
    while call not in place and call.name in NO_BLOCK and call.inputs:
        call = call.inputs[0]
    return call
