"""Counters panel: cycle, loss and error as large digits, each number beginning at its own place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

import numpy as np

from netviz.drawing.layout import Rect
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.text import fit, width
from netviz.drawing.theme import Colour
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.phrases import per_cent, say, whole
from netviz.scene.scene import Look
from netviz.timeline.accuracy import Accuracy
from netviz.timeline.captions import error_text, is_share
from netviz.timeline.frame import Frame
from netviz.timeline.recorded_curves import RecordedCurve, accuracies, recorded_curves, whole_per_cent

ROWS = {1: ((1,),), 2: ((2,), (1, 1)), 3: ((3,), (1, 2), (1, 1, 1)), 4: ((4,), (2, 2), (1, 1, 1, 1))}
"""Ways to arrange so many counters: the number of counters in each row."""

MOST_NAME = 7.0
"""Largest width of the name of a curve that a run recorded, in sizes of its type, unless its number is wider."""

WIDEST_GAP = 2.4
"""Largest gap between two counters of a run that netviz did not train, in sizes of small type; at least it is 1.1."""


@dataclass(frozen=True)
class Counter:
    """A number with its name. longest: its widest text. of: its text in a frame."""

    name: str
    longest: str
    colour: Colour
    of: Callable[[Frame], str]


def counters(context: RenderContext) -> list[Counter]:
    """Counters of the cycle, and of the average error or, if there are examples for testing, the losses on both halves.

    Where the share of right answers is shown, it stands beside the error; those of both halves take the place of their
    losses, which stand in the curve's legend. Runs side by side share only the counter of the cycle.
    """
    recording, scene, theme = context.recording, context.scene, context.theme
    found = [
        Counter(
            say(scene, "label-cycle"),
            whole(scene, scene.outline.last_step),
            theme.ink,
            lambda frame: whole(scene, frame.cycle),
        )
    ]
    if context.compared:
        return found
    if not scene.outline.is_own:
        return [*found, *_recorded(context)][: max(ROWS)]
    accuracy = Accuracy.of(recording, scene)
    if accuracy is not None and accuracy.has_tests:
        return [*found, *_shares(context, has_tests=True)]
    if recording.test_loss is None:
        most = float(recording.main_curve.max())
        error = partial(error_text, scene, share=is_share(recording, scene), highest=most)
        found.append(Counter(say(scene, "label-error"), error(most), theme.error, lambda frame: error(frame.error)))
        if accuracy is not None:
            found += [replace(each, colour=theme.ink) for each in _shares(context, has_tests=False)]
        return found
    most_train, most_test = float(recording.train_loss.max()), float(recording.test_loss.max())
    train, test = (partial(error_text, scene, share=False, highest=most) for most in (most_train, most_test))
    return [
        *found,
        Counter(
            say(scene, "label-training-loss"), train(most_train), theme.error, lambda frame: train(frame.train_loss)
        ),
        Counter(
            say(scene, "label-test-loss"), test(most_test), theme.test_error, lambda frame: test(frame.test_loss or 0)
        ),
    ]


def _recorded(context: RenderContext) -> list[Counter]:
    """Counters of the curves that a run of somebody else's recorded, and the share of right answers, if that says it
    of none of them.

    Where the shares of right answers in training and in testing are among them, these alone have counters, in the
    colours of both; the losses stand in the curve's legend.
    """
    recording, scene, theme = context.recording, context.scene, context.theme
    curves, found = recorded_curves(recording, with_shares=scene.accuracy is not False), []
    if (pair := accuracies(curves)) is not None:
        return [_of_curve(scene, curve, ink) for curve, ink in zip(pair, (theme.error, theme.test_error), strict=True)]
    if recording.followed is not None:
        highest = float(np.nanmax(recording.main_curve))
        error = partial(error_text, scene, share=is_share(recording, scene), highest=highest)
        found.append(Counter(say(scene, "label-error"), error(highest), theme.error, lambda frame: error(frame.error)))
    if recording.test_loss is not None:
        most = float(np.nanmax(recording.test_loss))
        loss = partial(error_text, scene, share=False, highest=most)
        name = say(scene, "label-test-loss")
        found.append(Counter(name, loss(most), theme.test_error, lambda frame: loss(frame.test_loss or 0)))
    found += [_of_curve(scene, curve, theme.ink) for curve in curves]
    is_said = any(curve.is_share for curve in curves)
    if not is_said and Accuracy.of(recording, scene) is not None:
        found += [replace(each, colour=theme.ink) for each in _shares(context, has_tests=False)]
    return found


def _of_curve(scene: Look, curve: RecordedCurve, ink: Colour) -> Counter:
    longest = max((curve.text(scene, float(value)) for value in curve.values), key=len)
    return Counter(curve.name, longest, ink, partial(_value, scene, curve))


def _value(scene: Look, curve: RecordedCurve, frame: Frame) -> str:
    return curve.text(scene, curve.at(frame.cycle))


def _shares(context: RenderContext, has_tests: bool) -> list[Counter]:
    """Counters of the shares of right answers: to what the network has never seen, and to its training set."""
    scene, theme = context.scene, context.theme

    def share(frame: Frame, which: int) -> str:
        value = None if frame.accuracy is None else frame.accuracy[which]
        return "" if value is None else whole_per_cent(scene, value)

    train = Counter(say(scene, "label-right-training"), per_cent(scene, "100"), theme.error, partial(share, which=0))
    test = Counter(say(scene, "label-right-unseen"), per_cent(scene, "100"), theme.test_error, partial(share, which=1))
    return [test, train] if has_tests else [train]


NAMES = (1.0, 0.9, 0.8)
"""Sizes of names, in small type: in a wide font there is no room for the full one everywhere."""


class NumbersPanel(NoGlow):
    """Counters with their names, in the rows that let them be largest."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, slot
        self.counters = counters(context)
        layout = context.layout
        self.gap = 1.1 * layout.small
        stacked = slot.height > 0.8 * slot.width
        preferred = (1.05 if stacked else 0.92) * layout.title
        choices = ROWS[len(self.counters)]
        for self.names in NAMES:
            sizes = {rows: self._largest(rows, preferred) for rows in (reversed(choices) if stacked else choices)}
            if any(self._fits(rows, size) for rows, size in sizes.items()):
                break
        rows = max(sizes, key=lambda rows: sizes[rows])
        self.size = sizes[rows]
        if not context.scene.outline.is_own:
            self.gap = self._widest_gap(rows)
        self.label_drop = 0.62 * self.size + 0.85 * layout.small
        self.spots = self._spots(rows)

    def _wide(self, counter: Counter, size: float) -> float:
        faces, small = self.context.faces, self.context.layout.small
        name = width(counter.name, faces.words, self.names * small)
        if not self.context.scene.outline.is_own:  # names of somebody else's curves may be of any length
            name = min(name, MOST_NAME * small)
        return max(width(counter.longest, faces.figures, size), name)

    def _fits(self, rows: tuple[int, ...], size: float) -> bool:
        small = self.context.layout.small
        high = len(rows) * (1.22 * size + 0.85 * small) + (len(rows) - 1) * 1.5 * small
        ends = list(accumulate(rows))
        wide = max(
            sum(self._wide(counter, size) for counter in self.counters[end - count : end]) + self.gap * (count - 1)
            for count, end in zip(rows, ends, strict=True)
        )
        return wide <= self.slot.width and (len(rows) == 1 or high <= self.slot.height)

    def _largest(self, rows: tuple[int, ...], size: float) -> float:
        """The largest size at which counters in such rows fit, but not too small to be read."""
        while size > self.context.layout.small and not self._fits(rows, size):
            size *= 0.96
        return size

    def _widest_gap(self, rows: tuple[int, ...]) -> float:
        """The gap between counters that fills the slot, between the least and the largest one."""
        ends, free = accumulate(rows), []
        for count, end in zip(rows, ends, strict=True):
            taken = sum(self._wide(counter, self.size) for counter in self.counters[end - count : end])
            free += [(self.slot.width - taken) / (count - 1)] if count > 1 else []
        small = self.context.layout.small
        return min(WIDEST_GAP * small, max(self.gap, min(free, default=self.gap)))

    def _spots(self, rows: tuple[int, ...]) -> list[tuple[float, float]]:
        """Left end x and middle y of every number, in pixels."""
        spots = []
        following = iter(self.counters)
        y = self.slot.y + 0.6 * self.size
        for count in rows:
            x = self.slot.x
            for _ in range(count):
                spots.append((x, y))
                x += self._wide(next(following), self.size) + self.gap
            y += self.label_drop + 1.5 * self.context.layout.small + 0.6 * self.size
        return spots

    def ground(self) -> None:
        """Write the names of the numbers."""
        context = self.context
        small, font = context.layout.small, context.faces.words
        for (x, y), counter in zip(self.spots, self.counters, strict=True):
            room = self.slot.right - x
            if not context.scene.outline.is_own or self.names < 1:
                room = min(room, self._wide(counter, self.size))
            text, size = fit(counter.name, font, small, room, NAMES[-1] * small)
            context.canvas.text(text, x, y + self.label_drop, font, size, context.theme.quiet)

    def draw(self, frame: Frame) -> None:
        """Write the numbers above the left ends of their names, which they never leave."""
        canvas, figures = self.context.canvas, self.context.faces.figures
        for (x, y), counter in zip(self.spots, self.counters, strict=True):
            canvas.text(counter.of(frame), x, y, figures, self.size, counter.colour)
