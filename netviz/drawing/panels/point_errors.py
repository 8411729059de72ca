"""Point errors: the examples of a regression over the plane, each the larger the more its answer is off now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import CoverDrawing, PixelPositions
from netviz.drawing.layout import Rect
from netviz.drawing.panels.activation_map import DiscStyle, place_on, target_colours
from netviz.drawing.panels.panel import RenderContext
from netviz.recording.layers import Floats
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.timeline.answers import target_range
from netviz.timeline.frame import Frame
from netviz.timeline.sampled_answers import Domain

LARGEST = 0.0125
"""Radius of a point whose answer is off by half the range of the targets, as a part of the square's side."""
BEFORE = 0.55
"""Radius of all points before the network answers, as a part of the largest."""
RIM, THINNEST = 0.24, 1.0
"""Width of a point's rim, as a part of its radius; and its least width in pixels."""
GROWTH = 0.7
"""Power of the error that a radius grows with: between 1/2, by which area shows it, and 1, which hides small errors."""
LEAST = 0.03
"""Cover of a pixel below which nothing of a point would be seen."""


def is_regression(recording: Recording, scene: Look) -> bool:
    """True if the network answers points of the plane with one number, and the right numbers are more than two."""
    targets = recording.examples.targets
    return scene.is_planar and targets.shape[1] == 1 and target_range(targets) is None


class PointErrors:
    """Examples of a regression as discs in the colours of their targets, which grow with the answer's error.

    What is answered right is not seen. The answers come from a frame's weights, by a forward pass of the points
    themselves. Rims have the colours that errors of training and test examples have in the curve. Each pixel near
    points belongs to the nearest; so the discs are drawn without one over the other, by array operations on these
    pixels alone.
    square: that of the map, in the picture's pixels. kinds: styles of training points and of test points, if shown, at
    their largest. n points, those for testing last; m bytes of the picture are near.
    """

    def __init__(self, context: RenderContext, square: Rect, domain: Domain, with_tests: bool) -> None:
        assert context.responses is not None, "a planar scene's"
        self.canvas, self.responses, self.square = context.canvas, context.responses, square
        examples = context.recording.examples
        assert examples.points is not None and examples.test_points is not None, "a planar scene's"
        count, tests = len(examples.points), len(examples.test_points) if with_tests else 0
        points = np.concatenate([examples.points, examples.test_points[:tests]])
        self.targets: Floats = np.concatenate([examples.targets, examples.test_targets[:tests]])[:, 0]
        self.inputs = context.recording.inputs_of(points).astype(np.float32)
        self.full = float(np.ptp(examples.targets)) / 2
        self.largest = LARGEST * square.width
        self.rim = max(THINNEST, RIM * self.largest)
        self._near(place_on(square, domain, points))
        kinds = np.repeat([0, 1], [count, tests])
        colours = (context.theme.error, context.theme.test_error)[: 2 if tests else 1]
        self.kinds = [DiscStyle(self.largest, rim, self.rim) for rim in colours]
        rims = np.array(colours)[kinds]
        space = self.canvas.space
        self.fills = np.ascontiguousarray(space.bytes_of(target_colours(context, self.targets[:, None])).T).ravel()
        self.rims = np.ascontiguousarray(space.bytes_of(rims).T).ravel()

    def _near(self, centres: Floats) -> None:
        """Find the pixels near points, and which point is nearest to each. centres: (n, 2), in the picture's pixels."""
        channels, shapes = self.canvas.space.channels, self.canvas.space.shapes(self.canvas.size)
        by_step = {step: self._owners(centres, step) for step in {channel.step for channel in channels}}
        places, owners, distances, inks = [], [], [], []
        for number, (channel, (_, columns), start) in enumerate(
            zip(channels, shapes, self.canvas.starts, strict=False)
        ):
            row, column, owner, distance = by_step[channel.step]
            places.append(start + row * columns + column)
            owners.append(owner)
            distances.append(distance)
            inks.append(number * len(centres) + owner)
        distance, place = np.concatenate(distances), np.concatenate(places)
        # Nearest first: small discs need the first few alone.
        ring = distance.astype(int)
        order = np.lexsort((place, ring))
        self.places: PixelPositions = place[order]
        self.owners: PixelPositions = np.concatenate(owners)[order]
        self.distances: NDArray[np.float32] = distance[order]
        self.inks: PixelPositions = np.concatenate(inks)[order]
        self.until = np.searchsorted(ring[order], np.arange(int(self.largest) + 2), side="left")

    def _owners(
        self, centres: Floats, step: int
    ) -> tuple[PixelPositions, PixelPositions, PixelPositions, NDArray[np.float32]]:
        """Rows, columns, nearest points, and distances in pixels of the bytes near points in a plane of such a step."""
        reach, square = self.largest, self.square
        top, left = int(square.y) // step, int(square.x) // step
        rows, columns = int(square.height) // step, int(square.width) // step
        nearest = np.full((rows, columns), np.inf, np.float32)
        owner = np.zeros((rows, columns), np.intp)
        for number, (x, y) in enumerate(centres.tolist()):
            first, begin = max(0, int((y - reach) / step) - top), max(0, int((x - reach) / step) - left)
            down = np.arange(first, min(rows, int((y + reach) / step) + 1 - top))
            across = np.arange(begin, min(columns, int((x + reach) / step) + 1 - left))
            if not len(down) or not len(across):
                continue
            apart = np.hypot(
                (step * (down + top) + step / 2 - y)[:, None], step * (across + left) + step / 2 - x
            ).astype(np.float32)
            window = slice(first, first + len(down)), slice(begin, begin + len(across))
            closer = apart < nearest[window]
            owner[window][closer] = number
            nearest[window][closer] = apart[closer]
        row, column = np.nonzero(nearest < reach)
        return row + top, column + left, owner[row, column], nearest[row, column]

    def errors(self, frame: Frame) -> NDArray[np.float32]:
        """Errors (n,) of the answers with a frame's weights, 1 = half the range of the targets."""
        with np.errstate(all="ignore"):
            off = np.abs(self.responses.answers_to(frame, self.inputs)[:, 0] - self.targets) / self.full
        return np.nan_to_num(off, nan=np.inf).astype(np.float32)

    def radii(self, frame: Frame, answered: float = 1.0) -> NDArray[np.float32]:
        """Radii (n,) of the discs in pixels. answered: how far the network is drawn to answer, 0 to 1, in the
        opening.
        """
        parts = np.minimum(self.errors(frame), 1) ** GROWTH
        if answered < 1:
            parts = (1 - answered) * BEFORE + answered * parts
        return np.asarray(self.largest * parts, np.float32)

    def draw(self, frame: Frame, answered: float = 1.0) -> None:
        """Draw the discs over the map."""
        radii = self.radii(frame, answered)
        stop = self.until[min(int(radii.max()) + 1, len(self.until) - 1)]
        inside = radii.take(self.owners[:stop])
        inside -= self.distances[:stop]
        at = np.flatnonzero(inside > LEAST)
        inside, inks = inside[at], self.inks[at]
        over = self.fills.take(inks)
        edge = np.clip(self.rim + np.float32(0.5) - inside, 0, 1)
        if answered < 1:  # without an answer there is no error
            edge *= np.float32(answered)
        edge *= self.rims.take(inks) - over
        over += edge
        self.canvas.put(CoverDrawing(self.places[at], np.minimum(inside, 1), over))
