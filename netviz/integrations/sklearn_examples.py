"""Examples as scikit-learn has them - features and labels - and what they are to a network's outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from netviz.errors import Problem
from netviz.recording.network import BIASES, WEIGHTS
from netviz.recording.probe_passes import pass_probes
from netviz.recording.recording import AnyArray, Probes, Recording

_CHUNK = 4_000_000
"""Activations of held-out examples at all moments that are worked out at once: 32 MB."""


def numbers_of(X: Any) -> AnyArray:
    """A table of features as an array; what is none is left for the recorder to refuse."""
    array = np.asarray(X.toarray() if hasattr(X, "toarray") else X)
    if array.dtype.kind in "bO":
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError):
            return array
    return array


def labels_of(y: Any) -> AnyArray:
    """Labels (P,) or (P, n) as an array; a column of them is (P,)."""
    array = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def column_names(X: Any) -> tuple[str, ...]:
    """Names of a table's columns; none where they are not texts."""
    columns = tuple(getattr(X, "columns", ()))
    return columns if all(isinstance(name, str) for name in columns) else ()


def targets_of(estimator: Any, where: str, labels: AnyArray, problems: list[Problem]) -> AnyArray | None:
    """Labels or values as targets (P, n_outputs), by the classes that the estimator knows; or None, and a problem."""
    outputs, is_classifier = estimator.n_outputs_, hasattr(estimator, "classes_")
    by_class = is_classifier and (outputs == 1 or estimator.out_activation_ == "softmax")
    expected = (len(labels),) if by_class or outputs == 1 else (len(labels), outputs)
    if labels.shape != expected:
        what = "the label of each example" if by_class else "what each output ought to be"
        problems.append(Problem(where, f"has the shape {labels.shape}; expected {expected}, {what}"))
        return None
    if by_class:
        numbers = {label: number for number, label in enumerate(estimator.classes_.tolist())}
        given = labels.tolist()
        unknown = sorted({str(label) for label in given if label not in numbers})
        if unknown:
            known = ", ".join(map(str, numbers))
            message = f"has labels that fit does not know: {', '.join(unknown[:5])}; its classes are {known}"
            problems.append(Problem(where, message))
            return None
        found = np.array([numbers[label] for label in given])
        return found[:, None].astype(np.float64) if outputs == 1 else np.eye(outputs)[found]
    try:
        values = labels.astype(np.float64).reshape(len(labels), outputs)
    except (TypeError, ValueError):
        values = np.full((1, 1), np.nan)
    is_wrong = ~np.isfinite(values)
    if is_classifier:
        is_wrong |= (values != 0) & (values != 1)
    if is_wrong.any():
        right = "0 or 1 for each label" if is_classifier else "finite numbers"
        problems.append(Problem(where, f"holds something else than {right}"))
        return None
    return values


def held_out_curves(recording: Recording, test: Probes, of_classes: bool) -> dict[str, AnyArray]:
    """The mean loss of held-out examples, and the share of right answers, (K,): at all kept moments."""
    assert test.targets is not None
    network, moments, outputs = recording.network, len(recording.step), recording.network.sizes[-1]
    weights = [roles[WEIGHTS] for roles in recording.parameters[1:]]
    biases = [roles[BIASES] for roles in recording.parameters[1:]]
    losses, right = np.zeros(moments), np.zeros(moments)
    chunk = max(1, _CHUNK // (moments * sum(network.sizes)))
    for start in range(0, len(test.inputs), chunk):
        inputs, targets = (array[start : start + chunk] for array in (test.inputs, test.targets))
        passes = pass_probes(network, weights, biases, Probes(inputs, targets), {}, np.dtype(np.float64))
        assert passes.losses is not None
        kept, answers = len(passes.losses), passes.activations[-1][:, :-1]
        losses[:kept] += passes.losses.sum(axis=1)
        losses[kept:] = np.nan  # of a network that has diverged
        if network.activations[-1] == "softmax":
            is_right = answers.argmax(axis=-1) == targets.argmax(axis=-1)
        else:
            is_right = ((answers > 0.5) == (targets > 0.5)).all(axis=-1)
        right[:kept] += is_right.sum(axis=1)
    mean = losses / len(test.inputs) / (1 if of_classes else outputs)  # scikit-learn takes the mean of values' errors
    return {"test_loss": mean} | ({"test_accuracy": right / len(test.inputs)} if of_classes else {})
