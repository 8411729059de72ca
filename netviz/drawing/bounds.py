"""Bounds of what matplotlib is given to draw: widths, sizes, dashes and places that it draws in bounded time.

Numbers of a run come into pictures by many ways, and a run may hold any number. Matplotlib takes each as it is: it sets
out on every dash of a line, however small the dashes or far the line, and does not listen to signals meanwhile. So all
that is drawn passes through here. Nothing that could be seen is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection, EllipseCollection
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from netviz.recording.layers import Floats

FARTHEST = 1e5
"""Pixels from the picture's corner, or across, of anything that is drawn: several times the largest picture."""
SHORTEST_DASHES = 0.5
"""Pixels of a dash and its gap together, below which they could not be told from a whole line."""


def bound(artist: Artist) -> None:
    """Bring an artist within what can be drawn in bounded time, before it is drawn.

    A width, size or place that is too large becomes the largest; of one that is not a number nothing is drawn.
    """
    if isinstance(artist, Collection):
        _bound_collection(artist)
    elif isinstance(artist, Line2D):
        _bound_line(artist)


def _bound_collection(collection: Collection) -> None:
    widths = np.array(collection.get_linewidth(), dtype=float, ndmin=1)
    if not _is_within(widths):
        collection.set_linewidth(_within(widths, 0.0).tolist())
    styles: Any = collection.get_linestyle()  # in pixels, of every line in turn, as its width is
    if any(_is_too_fine(dashes) for _, dashes in styles):
        every = zip(styles, np.resize(collection.get_linewidth(), len(styles)).tolist(), strict=True)
        collection.set_linestyle([_unless_too_fine(dashes, width) for (_, dashes), width in every])
    if not isinstance(collection, EllipseCollection):
        for path in collection.get_paths():
            if not _is_within(np.asarray(path.vertices)):
                path.vertices = _within(path.vertices, np.nan)
        return
    if not _is_within(sizes := np.stack([collection.get_widths(), collection.get_heights()])):
        across, down = _within(sizes, 0.0)
        collection.set(widths=across, heights=down)
    if not _is_within(offsets := np.asarray(collection.get_offsets())):
        collection.set_offsets(_within(offsets, np.nan))


def _bound_line(line: Line2D) -> None:
    if not _is_within(points := np.asarray(line.get_xydata())):
        line.set_data(*_within(points, np.nan).T)


def _is_within(numbers: NDArray[Any]) -> bool:
    return bool((np.abs(numbers) <= FARTHEST).all())


def _within(numbers: ArrayLike, instead: float) -> Floats:
    """Numbers from -FARTHEST to FARTHEST. instead: of those that are not numbers."""
    clipped: Floats = np.clip(np.asarray(numbers, dtype=float), -FARTHEST, FARTHEST)
    return np.nan_to_num(clipped, nan=instead)


def _is_too_fine(dashes: Sequence[float] | None) -> bool:
    return dashes is not None and not sum(dashes) >= SHORTEST_DASHES


def _unless_too_fine(dashes: Sequence[float] | None, width: float) -> Any:
    """Dashes as matplotlib is given them, in widths of their line; none where they are too fine to be told apart."""
    if dashes is None or _is_too_fine(dashes):
        return 0, None
    return 0, tuple(length / width for length in dashes)
