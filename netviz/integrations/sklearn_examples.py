"""Examples as scikit-learn has them - features and labels - and what they are to a network's outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from netviz.errors import Problem
from netviz.recording.recording import AnyArray


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
