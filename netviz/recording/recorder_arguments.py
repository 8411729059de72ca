"""Arguments of a recorder: layers, probes, targets, names and budget, all checked at once."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from reprlib import repr as short
from typing import Any

import numpy as np

from netviz.errors import InputError, NetvizNote, Problem, warn_caller
from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.given_arrays import all_finite, read_array
from netviz.recording.layers import ACTIVATIONS
from netviz.recording.network import (
    BIASES,
    LONGEST_NAME,
    LOSSES,
    MOST_LAYERS,
    WEIGHTS,
    Network,
    is_name,
    network_from_json,
    network_in_json,
)
from netviz.recording.recording import AnyArray, Probes, in_numbers

OUTPUTS_OF, ERRORS_OF = "activations", "errors"
"""Roles of what a moment has of the probes."""
MOST_PROBES = 64
MOST_SEEN = 500
"""Most examples of a network of two inputs that are kept: the probes, and the others as points of the plane."""
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True, eq=False)
class RecorderArguments:
    """Checked arguments of a recorder, known before its first moment."""

    network: Network
    """Which of its layers have biases is known with the first moment, whatever it says."""
    probes: Probes
    points: AnyArray | None
    """(Q, n_0)."""
    point_targets: AnyArray | None
    """(Q, n_L)."""
    unit: str
    budget: int
    """Bytes."""
    notes: tuple[str, ...]
    """Note for the user: how many examples were left out."""

    @cached_property
    def shapes(self) -> dict[str, list[tuple[int, ...] | None]]:
        """Of what a moment has of each layer after the inputs, by role; None where a layer has no such thing."""
        sizes, layers = self.network.sizes, self.network.layers[1:]
        of_dense = [
            (fan_in, layer.size) if layer.is_dense else None for fan_in, layer in zip(sizes, layers, strict=False)
        ]
        of_blocks: list[tuple[int, ...] | None] = [(len(each.blocks),) if each.blocks else None for each in layers]
        examples: list[tuple[int, ...] | None] = [(len(self.probes.inputs), size) for size in sizes[1:]]
        return {
            WEIGHTS: [*of_dense],
            BIASES: [each and each[1:] for each in of_dense],
            BLOCK_SIZES: of_blocks,
            BLOCK_UPDATES: of_blocks,
            OUTPUTS_OF: examples,
            ERRORS_OF: examples,
        }


def check_arguments(
    layers: Sequence[int] | Network,
    activation: str | Sequence[str] | None,
    probes: Any,
    targets: Any,
    *,
    loss: str | None,
    unit: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    names: Sequence[str],
    classes: Sequence[str],
    points: Any,
    point_targets: Any,
    budget: str | float,
) -> RecorderArguments:
    """The arguments of a Recorder in the form in which they are kept. Raises InputError with all that is wrong."""
    problems: list[Problem] = []
    size = _budget(budget, problems)
    if not isinstance(unit, str) or not unit.isalpha() or len(unit) > 20:
        problems.append(Problem("unit", f"expected a word of 1 to 20 letters, such as epoch, got {unit!r}"))
    if isinstance(layers, Network):
        network = _checked(layers, activation, loss, problems)
        sizes = None if network is None else network.sizes
    else:
        sizes = _sizes(layers, problems)
        network = None if sizes is None else _network(sizes, activation, loss, problems)
    if sizes is None:  # nothing else can be held against it
        raise InputError(problems)

    examples = _examples("probes", probes, sizes[0], problems)
    right = _targets("targets", targets, examples, sizes[-1], problems)
    others = None if points is None else _examples("points", points, sizes[0], problems)
    if points is not None and network is not None and not network.is_exact:
        message = "what the network gives for them is not recorded, and netviz cannot compute it; leave them out"
        problems.append(Problem("points", message))
    if points is None and point_targets is not None:
        problems.append(Problem("point_targets", "there are no points; give those as well, or leave the targets out"))
    of_others = None if points is None else _targets("point_targets", point_targets, others, sizes[-1], problems)

    count = None if examples is None else len(examples)
    of_inputs = _names("inputs", inputs, sizes[0], "input", problems)
    of_outputs = _names("outputs", outputs, sizes[-1], "output", problems)
    of_probes = _names("names", names, count, "probe", problems)
    of_classes = _names("classes", classes, sizes[-1], "output", problems)
    if problems or network is None or examples is None:
        raise InputError(problems)

    named = list(network.layers)
    named[0] = replace(named[0], neurons=of_inputs or named[0].neurons)
    named[-1] = replace(named[-1], neurons=of_outputs or named[-1].neurons or of_classes)
    is_plane = sizes[0] == 2 and others is None and network.is_exact
    chosen, rest = _chosen(len(examples), MOST_SEEN - MOST_PROBES if is_plane else 0)
    if len(rest):
        others, of_others = examples[rest], None if right is None else right[rest]
    elif others is not None:
        others, of_others = _besides(others, of_others, examples[chosen], None if right is None else right[chosen])
    left_out = len(examples) - len(chosen) - len(rest)
    return RecorderArguments(
        replace(network, layers=tuple(named)),
        Probes(
            np.ascontiguousarray(examples[chosen]),
            None if right is None else np.ascontiguousarray(right[chosen]),
            names=tuple(of_probes[index] for index in chosen) if of_probes else (),
            classes=of_classes,
        ),
        others,
        of_others,
        unit,
        size,
        (_note(len(examples), len(chosen), len(rest)),) if left_out else (),
    )


def _budget(budget: str | float, problems: list[Problem]) -> int:
    number: float = math.nan
    if isinstance(budget, str):
        found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]*)?)\s*(B?|[KMG]B)\s*", budget.upper())
        if found:
            number = float(found[1]) * _UNITS[found[2]]
    elif isinstance(budget, int | float | np.number) and not isinstance(budget, bool):
        with suppress(OverflowError):  # a whole number that is larger than any float
            number = float(budget)
    if not (math.isfinite(number) and number >= 1):
        message = f'expected a size such as "256 MB" or "1 GB", or a number of bytes, got {short(budget)}'
        problems.append(Problem("budget", message))
        return 0
    return int(number)


USUAL_MOMENTS = 200
"""Kept moments that a film needs to look as good as it can."""


def too_small(budget: int, moment: int) -> Problem:
    """The problem of a budget that has no room for two moments. moment: bytes that one takes."""

    def shown(size: int, rounded: Callable[[float], int] = math.ceil) -> str:
        unit, factor = ("MB", 10**6) if size >= 10**5 else ("KB", 10**3)
        return f"{rounded(100 * size / factor) / 100:g} {unit}"

    message = (
        f"{shown(budget, math.floor)} is not enough: one moment of this network takes {shown(moment)}; give at least "
        f'"{shown(2 * moment)}" for two, and better "{shown(USUAL_MOMENTS * moment)}" for {USUAL_MOMENTS}'
    )
    return Problem("budget", message)


def _sizes(layers: Sequence[int], problems: list[Problem]) -> tuple[int, ...] | None:
    message = f"expected the sizes of two layers or more, inputs first, such as [2, 8, 1], got {layers!r}"
    try:
        given = tuple(layers)
        sizes = tuple(operator.index(size) for size in given if not isinstance(size, bool))
    except TypeError:
        given = sizes = ()
    if len(sizes) < 2 or len(sizes) != len(given) or not all(1 <= size < 2**31 for size in sizes):
        problems.append(Problem("layers", message))
        return None
    if len(sizes) > MOST_LAYERS:
        problems.append(Problem("layers", f"{len(sizes)} layers; a recording has at most {MOST_LAYERS}"))
        return None
    return sizes


def _checked(given: Network, activation: Any, loss: str | None, problems: list[Problem]) -> Network | None:
    """A network that was given as one, with the loss; None if it is none that could be read from a file again."""
    if activation is not None:
        problems.append(Problem("activation", f"expected None, as the network has its own, got {short(activation)}"))
    if loss is not None and given.loss not in (None, loss):
        problems.append(Problem("loss", f"expected None or {given.loss!r}, which the network has, got {short(loss)}"))
    try:
        network = replace(given, loss=given.loss if loss is None else loss)
        return network_from_json(network_in_json(network))
    except (AttributeError, TypeError, ValueError) as error:  # its parts may be anything
        problems.append(Problem("layers", str(error)))
        return None


def _network(
    sizes: tuple[int, ...], activation: str | Sequence[str] | None, loss: str | None, problems: list[Problem]
) -> Network | None:
    after = len(sizes) - 1
    try:
        functions = (activation,) * after if isinstance(activation, str) else tuple(activation or ())
    except TypeError:
        functions = ()
    if len(functions) != after or not all(name and is_name(name) for name in functions):
        message = f"expected one name, or one for each of the {after} layers after the inputs, got {activation!r}"
        problems.append(Problem("activation", message))
        return None
    if "softmax" in functions[:-1]:
        message = f"softmax is for the last layer only; give a name for each of the {after} layers after the inputs"
        problems.append(Problem("activation", message))
    if loss is not None and loss not in LOSSES:
        problems.append(Problem("loss", f"{loss!r} is none of {', '.join(LOSSES)}; give None for another"))
    elif loss == "cross_entropy" and functions[-1] not in ("sigmoid", "softmax"):
        message = f"cross_entropy is for sigmoid or softmax outputs, and these are {functions[-1]}; give None"
        problems.append(Problem("loss", message))
    if unknown := sorted({kind for kind in functions if kind not in ACTIVATIONS}):
        message = (
            f"netviz cannot compute {', '.join(unknown)}: give in every snap what such a layer gives for the probes "
            "(activations); the film shows these, and asks the network nothing else"
        )
        warn_caller(NetvizNote(message))
    return Network.of_dense(sizes, functions, biases=False, loss=loss)


def _examples(where: str, given: Any, inputs: int, problems: list[Problem]) -> AnyArray | None:
    array = read_array(where, given) if given is not None else Problem(where, "none given; a film shows what they do")
    if isinstance(array, Problem):
        problems.append(array)
        return None
    if array.ndim != 2 or array.shape[1] != inputs or not len(array):
        message = f"have the shape {array.shape}; expected a row of {inputs} inputs for each example, one or more"
        problems.append(Problem(where, message))
        return None
    if not all_finite(array):
        problems.append(Problem(where, "hold numbers that are infinite or not a number"))
        return None
    return in_numbers(array).copy()  # the numbers of bfloat16 are float32 as well


def _targets(
    where: str, given: Any, examples: AnyArray | None, outputs: int, problems: list[Problem]
) -> AnyArray | None:
    if given is None or examples is None:
        return None
    array = read_array(where, given)
    if isinstance(array, Problem):
        problems.append(array)
        return None
    count = len(examples)
    if array.shape == (count, outputs) or (array.shape == (count,) and outputs == 1):
        if not all_finite(array):
            problems.append(Problem(where, "hold numbers that are infinite or not a number"))
        return in_numbers(array).reshape(count, outputs).copy()
    if array.shape != (count,):
        classes = f" or ({count},) with the index of a class each" if outputs > 1 else ""
        message = f"have the shape {array.shape}; expected {(count, outputs)}{classes}"
        problems.append(Problem(where, message))
        return None
    numbers = in_numbers(array)
    if not _are_integers(given) or not ((numbers >= 0) & (numbers < outputs)).all():
        message = f"one for each example are indices of classes: expected whole numbers from 0 to {outputs - 1}"
        outside = [value for value in numbers.tolist() if not 0 <= value < outputs]
        message += f", got {outside[0]:g}" if outside else ", of an integer type"
        problems.append(Problem(where, message))
        return None
    return np.eye(outputs, dtype=examples.dtype)[numbers.astype(np.intp)]


def _are_integers(given: Any) -> bool:
    """True if numbers are whole by their type, not only by their value."""
    return bool(np.asarray(given.detach() if hasattr(given, "detach") else given).dtype.kind in "iu")


def _names(where: str, given: Sequence[str], count: int | None, what: str, problems: list[Problem]) -> tuple[str, ...]:
    names = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (None,)
    if not all(isinstance(name, str) for name in names):
        problems.append(Problem(where, f"expected a list of texts, one for each {what}, got {given!r}"))
        return ()
    for name in names:
        if not is_name(name):
            message = f"expected texts of up to {LONGEST_NAME} letters in one line, got {short(name)}"
            problems.append(Problem(where, message))
            return ()
    if names and count is not None and len(names) != count:
        problems.append(Problem(where, f"{len(names)} names, and there are {count} {what}s; give one for each or none"))
    return tuple(map(str, names))


def chosen_probes(count: int) -> list[int]:
    """Numbers of the examples that are probes: all, or evenly spaced ones of too many."""
    return _spread(range(count), MOST_PROBES)


def _chosen(count: int, most_points: int) -> tuple[list[int], list[int]]:
    """Numbers of the examples that are probes, all or evenly spaced ones, and of those that are points instead."""
    chosen = chosen_probes(count)
    others = sorted({*range(count)} - {*chosen}) if most_points else []
    return chosen, _spread(others, most_points)


def _spread(numbers: Sequence[int], most: int) -> list[int]:
    """So many of the numbers, evenly spaced from the first to the last, or all."""
    if len(numbers) <= most:
        return [*numbers]
    return [numbers[round(place)] for place in np.linspace(0, len(numbers) - 1, most)]


def _note(count: int, probes: int, points: int) -> str:
    """Note about examples that are left out."""
    kept, chosen = (f"{probes} and {points} points", "some") if points else (f"{probes}", "them")
    return (
        f"probes: {kept} of {count} are recorded, evenly spaced from number 0 to number {count - 1} "
        f"(Recorder.probes); give fewer to choose {chosen}"
    )


def _besides(
    points: AnyArray, targets: AnyArray | None, probes: AnyArray, right: AnyArray | None
) -> tuple[AnyArray | None, AnyArray | None]:
    """Points (Q, n_0), with their targets, that are none of the probes (P, n_0); None where none are left."""
    if targets is None or right is None:
        each, known = points.astype(probes.dtype), probes
    else:
        each, known = np.hstack([points.astype(probes.dtype), targets]), np.hstack([probes, right])
    names = {row.tobytes() for row in known.astype(np.float64)}
    is_other = np.array([row.tobytes() not in names for row in each.astype(np.float64)])
    if not is_other.any():
        return None, None
    return points[is_other], None if targets is None else targets[is_other]
