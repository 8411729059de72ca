"""Checks of a recording that was read from a file: rows and curves in order, numbers finite, and the law of layers.

Shapes were compared with those in the header before any array was read. The numbers are looked at a part at a time,
so that a recording that is mapped from its file is never in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod, sqrt

import numpy as np

from netviz.recording import layers as dense
from netviz.recording.array_file import DamagedArrays
from netviz.recording.layers import Floats, Integers, network_inputs
from netviz.recording.network import BIASES, WEIGHTS, network_problems
from netviz.recording.recording import AT_REST, AnyArray, InputRows, Recording, in_numbers

TOLERANCE = 8
"""Largest distance of a layer's activations from what it would compute, in roundings of their precision."""
EPSILON_OF_BFLOAT16 = 2.0**-7
PLAIN = ("x1", "x2")
"""Features that are the point itself."""
_AT_ONCE = 1_000_000
"""Most numbers of one array that are held in memory while they are looked at."""


def check_numbers(recording: Recording) -> None:
    """Raise DamagedArrays, saying what is wrong, unless a recording can be shown."""
    for check in CHECKS:
        for problem in check(recording):
            raise DamagedArrays(f"damaged: {problem}")


def order_problems(recording: Recording) -> Iterator[str]:
    """Contradictions in the order of moments, rows and curves."""
    step, moment, probe = recording.step, recording.moment, recording.probe
    probes = len(recording.probes.inputs)
    if not probes:
        yield "probes_inputs is empty: a film needs an example to show"
        return
    if not len(moment) or not len(step):
        yield "it has no rows: a film needs a moment to show"
        return
    # Neighbours are compared, not subtracted: the difference of two int64 can be too large for one.
    falls = np.append(step[0] < 0, step[1:] < step[:-1])
    if falls.any():
        at = int(np.argmax(falls))
        yield f"step of moment {at} is {int(step[at])}; steps begin at 0 or later and never decrease"
        return
    is_next = (moment[1:] == moment[:-1]) | (moment[1:] == moment[:-1].astype(np.int64) + 1)
    if moment[0] != 0 or moment[-1] != len(step) - 1 or not is_next.all():
        yield f"moment does not go from 0 to {len(step) - 1} through every moment"
        return
    if ((probe < AT_REST) | (probe >= probes)).any():
        row = int(np.flatnonzero((probe < AT_REST) | (probe >= probes))[0])
        yield f"probe of row {row} is {int(probe[row])}; there are {probes}, from 0, and {AT_REST} is at rest"
        return
    yield from _row_problems(recording, step[moment], probes)
    curve = recording.curve_step
    if not len(curve) or curve[0] < 0 or (curve[1:] <= curve[:-1]).any():
        yield "curve_step does not begin at 0 or later, or does not increase"
    elif not (on_curve := np.isin(step, curve)).all():
        yield f"curve_step lacks step {int(step[np.argmin(on_curve)])}, of which there is a moment"


def _row_problems(recording: Recording, row_step: Integers, probes: int) -> Iterator[str]:
    """Rows of a step are those of its probes, in order, and then one at rest."""
    probe = recording.probe
    is_last = np.append(row_step[1:] > row_step[:-1], True)
    wrong = is_last != (probe == AT_REST)
    if wrong.any():
        step = int(row_step[np.argmax(wrong)])
        yield f"the rows of step {step} do not end with the only one of them at rest, where probe is {AT_REST}"
        return
    ends = np.flatnonzero(is_last)
    in_order = (probe[1:] > probe[:-1]) | is_last[1:]
    if not in_order.all():
        row = int(np.flatnonzero(~in_order)[0]) + 1
        yield f"probe of row {row} does not come after that of the row before it, in one step"
        return
    counts = np.diff(np.append(-1, ends)) - 1
    if recording.training_setup is not None:
        return  # which examples a shown cycle presents, its scene says
    if not counts.any():
        yield "no row has a probe: a film needs an example to show"
    elif not np.isin(counts, (0, probes)).all():
        at = int(np.flatnonzero(~np.isin(counts, (0, probes)))[0])
        yield f"step {int(row_step[ends[at]])} has rows of {int(counts[at])} probes; all {probes} are expected, or none"


def name_problems(recording: Recording) -> Iterator[str]:
    """Names that are not as many as what they name."""
    probes, outputs = recording.probes, recording.network.sizes[-1]
    for what, names, count in (
        ("names", probes.names, len(probes.inputs)),
        ("classes", probes.classes, outputs),
    ):
        if names and len(names) != count:
            yield f"{what} in its header has {len(names)} names, and there are {count}"
    if recording.points is None and recording.point_targets is not None:
        yield "point_targets has targets of points that are missing"
    if recording.points is None and recording.split is not None:
        yield "split divides points that are missing"
    if recording.split is not None and not np.isin(recording.split, (0, 1)).all():
        yield "split holds another number than 0 (for training) and 1 (for testing)"


def input_problems(recording: Recording) -> Iterator[str]:
    """Inputs that are not what they follow from: those of probes from their points, those of rows from the probes."""
    probes, features, normalization = recording.probes, recording.features, recording.normalization
    inputs = np.asarray(in_numbers(probes.inputs), dtype=np.float64)
    if normalization is not None and not in_numbers(normalization[1]).all():
        yield "normalization divides by 0"
        return
    if probes.points is not None:
        yield from _origin_problems(recording, inputs, np.asarray(in_numbers(probes.points), dtype=np.float64))
    elif normalization is not None:
        yield "probes_points is missing: the values that were normalised"
    elif features not in (None, PLAIN):
        yield f"probes_points is missing: what the features are features of, unless they are {' and '.join(PLAIN)}"
    given = recording.activations[0]
    if isinstance(given, InputRows):
        return
    follow, at_once = InputRows(inputs, recording.probe), max(1, _AT_ONCE // inputs.shape[1])
    for start in range(0, len(given), at_once):
        rows = slice(start, start + at_once)
        wrong = (in_numbers(given[rows]) != follow[rows]).any(axis=1)
        if wrong.any():
            at = start + int(np.argmax(wrong))
            yield f"activations_0 in row {at}{_of(recording, at)} are not its probe's inputs, or at rest not 0"
            return


def _origin_problems(recording: Recording, inputs: Floats, points: Floats) -> Iterator[str]:
    """Inputs (P, n_0) of probes that are not the features of their points, or the normalised values."""
    features, probes, normalization = recording.features, recording.probes, recording.normalization
    assert probes.points is not None, "what the inputs follow from"
    rounding = TOLERANCE * max(_epsilon(probes.inputs), _epsilon(probes.points))
    with np.errstate(all="ignore"):
        found = recording.inputs_of(points)
        # Features may differ in their last bits where they were computed on another machine.
        near = rounding * (1 + np.abs(found))
        if normalization is not None:
            shift, scale = np.abs(np.asarray(in_numbers(normalization), dtype=np.float64))
            near += rounding * (np.abs(network_inputs(features, points)) + shift) / scale
        far = ~(np.abs(inputs - found) <= near).all(axis=1)
    if far.any():
        of = (
            "its values in probes_points, normalised"
            if features is None
            else "the features of its point in probes_points"
        )
        also = "" if features is None or normalization is None else ", normalised"
        yield f"probes_inputs of probe {int(np.argmax(far))} are not {of}{also}"


def finite_problems(recording: Recording) -> Iterator[str]:
    """Numbers that are not finite, but for those of the last moment, in which a run may have broken off."""
    probes = recording.probes
    for name, array in (
        ("probes_inputs", probes.inputs),
        ("probes_targets", probes.targets),
        ("probes_points", probes.points),
        ("normalization", recording.normalization),
        ("points", recording.points),
        ("point_targets", recording.point_targets),
    ):
        if array is not None and (at := _not_finite(array)) is not None:
            yield f"{name} holds a number that is not finite, in place {at}"
    last_row = int(np.searchsorted(recording.moment, len(recording.step) - 1))
    last_point = int(np.searchsorted(recording.curve_step, recording.step[-1]))
    rows: list[tuple[str, AnyArray]] = [("loss", recording.loss)] if recording.loss is not None else []
    rows += [
        (f"activations_{layer}", array)
        for layer, array in enumerate(recording.activations)
        if not isinstance(array, InputRows)
    ]
    rows += [(f"errors_{layer}", array) for layer, array in enumerate(recording.errors or (), start=1)]
    for name, array in rows:
        if (at := _not_finite(array[:last_row])) is not None:
            yield f"{name} holds a number that is not finite in row {at}{_of(recording, at)}"
    for name, curve in recording.curves.items():
        if (at := _not_finite(curve[:last_point])) is not None:
            yield f"curves_{name} holds a number that is not finite at step {int(recording.curve_step[at])}"
    for layer, roles in enumerate(recording.parameters):
        for role, array in roles.items():
            if (at := _not_finite(array[:-1])) is not None:
                step = int(recording.step[at])
                yield f"parameters_{layer}_{role} holds a number that is not finite in moment {at} (step {step})"


def _not_finite(array: AnyArray) -> int | None:
    """The first place along the first axis with a number that is not finite; None if there is none."""
    at_once = max(1, _AT_ONCE // max(1, prod(array.shape[1:])))
    for start in range(0, len(array), at_once):
        part = in_numbers(array[start : start + at_once])
        if not np.isfinite(part).all():
            return start + int(np.flatnonzero(~np.isfinite(part).reshape(len(part), -1).all(axis=1))[0])
    return None


def _of(recording: Recording, row: int) -> str:
    step, probe = int(recording.step[recording.moment[row]]), int(recording.probe[row])
    return f" (step {step}, {'at rest' if probe == AT_REST else f'probe {probe}'})"


# The law: a layer that is marked exact computes its activations from those before it.


def law_problems(recording: Recording) -> Iterator[str]:
    """Activations that are not what their layer makes of the ones before, one message for each layer."""
    moments = np.flatnonzero(np.diff(recording.moment, prepend=-1))  # the first row of each
    for index, layer in enumerate(recording.network.layers[1:], start=1):
        if layer.exact:
            sizes = recording.parameters[index][WEIGHTS].shape[1:]
            for rows in _parts(moments, len(recording.moment), _AT_ONCE // prod(sizes), _AT_ONCE // max(sizes)):
                if (problem := _broken(recording, index, rows)) is not None:
                    yield problem
                    break


def _parts(begins: Integers, rows: int, most_moments: int, most_rows: int) -> Iterator[slice]:
    """All rows in slices of so many rows and moments at most, but of one at least."""
    start = 0
    while start < rows:
        after = int(np.searchsorted(begins, start, side="right")) - 1 + max(1, most_moments)
        stop = min(int(begins[after]) if after < len(begins) else rows, start + max(1, most_rows))
        yield slice(start, stop)
        start = stop


def _broken(recording: Recording, index: int, rows: slice) -> str | None:
    """Message about a layer's activations in some rows that break the law; None if none do."""
    layer, roles = recording.network.layers[index], recording.parameters[index]
    before = np.asarray(in_numbers(recording.activations[index - 1][rows]), dtype=np.float64)
    found = recording.activations[index]
    values = np.asarray(in_numbers(found[rows]), dtype=np.float64)
    first, last = int(recording.moment[rows.start]), int(recording.moment[rows.stop - 1]) + 1
    of = recording.moment[rows] - first
    weights = np.asarray(in_numbers(roles[WEIGHTS][first:last]), dtype=np.float64)
    biases = np.zeros((last - first, layer.size))
    if BIASES in roles:
        biases = np.asarray(in_numbers(roles[BIASES][first:last]), dtype=np.float64)
    rounding = TOLERANCE * _epsilon(found)
    with np.errstate(all="ignore"):
        expected = dense.activate(layer.activation, _sums(before, of, weights, biases))
        # Only the last moment has numbers that are not finite; there is nothing to compare them with.
        apart = np.where(np.isfinite(values), np.abs(values - expected), 0.0)
        suspects = np.flatnonzero((apart > rounding).any(axis=1))  # hardly any: most are within less than is allowed
        if not suspects.size:
            return None
        most = _sums(np.abs(before[suspects]), of[suspects], np.abs(weights), np.abs(biases)).max(axis=1)
        far = apart[suspects] > rounding * (sqrt(before.shape[1]) * most + 1)[:, None]
    if not far.any():
        return None
    suspect, neuron = map(int, np.argwhere(far)[0])
    row = int(suspects[suspect])
    at = rows.start + row
    return (
        f"activations_{index} in row {at}{_of(recording, at)} has {values[row, neuron]:.9g} for neuron {neuron}, and "
        f"{layer.activation} of activations_{index - 1} with parameters_{index}_{WEIGHTS} makes it "
        f"{expected[row, neuron]:.9g}; mark the layer as not exact if it computes something else"
    )


def _sums(before: Floats, of: Integers, weights: Floats, biases: Floats) -> Floats:
    """Weighted sums (R, n) of rows (R, fan_in), each with its moment's weights (M, fan_in, n) and biases (M, n).

    of: (R,), never decreasing. Moments of as many rows are computed together, so that no weights are copied for a row.
    """
    sums = np.empty((len(of), weights.shape[-1]))
    moments, begins, counts = np.unique(of, return_index=True, return_counts=True)
    for count in np.unique(counts).tolist():
        alike = counts == count
        these, rows = moments[alike], begins[alike][:, None] + np.arange(count)
        own = weights if len(these) == len(weights) else weights[these]
        sums[rows] = before[rows] @ own + biases[these][:, None]
    return sums


def _epsilon(array: AnyArray | InputRows) -> float:
    """The distance from 1 to the next number in an array's precision."""
    return EPSILON_OF_BFLOAT16 if array.dtype == np.uint16 else float(np.finfo(array.dtype).eps)


CHECKS: tuple[Callable[[Recording], Iterator[str]], ...] = (
    lambda recording: network_problems(recording.network),
    order_problems,
    name_problems,
    finite_problems,
    input_problems,
    law_problems,
)
"""All checks, in an order in which each may rely on those before it."""
