"""What stands over each of the runs side by side: its name, its line in the curve, its error; whether it broke off."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.lines import Line2D

from netviz.film.frame import Frame
from netviz.film.measure import is_share
from netviz.learn.recording import Recording
from netviz.picture.layout import Rect
from netviz.picture.panels.panel import Setting, Unlit
from netviz.picture.theme import Colour, Theme
from netviz.picture.type import fit, width
from netviz.scene.phrases import say, whole

SAMPLE = 2.0
"""Length of the line's sample, in sizes of type."""
DASHES: tuple[Any, ...] = ("solid", (0, (3.4, 1.7)), (0, (0.9, 1.5)), (0, (5.0, 1.6, 0.9, 1.6)))
"""The lines of the runs, in widths of the line."""


class Look(NamedTuple):
    """How a run's line looks, besides its name: no run is told by its colour alone."""

    colour: Colour
    dashes: Any


def looks(theme: Theme) -> tuple[Look, ...]:
    """Of the runs, in order."""
    colours = theme.ink, theme.test_error, theme.error, theme.readable(theme.highlight)
    return tuple(Look(colour, dashes) for colour, dashes in zip(colours, DASHES, strict=True))


def compared(recording: Recording) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What runs are compared by: the loss on the examples kept for testing, or the average error where none are."""
    return recording.train_error if recording.test_loss is None else recording.test_loss


class HeadingPanel(Unlit):
    """The heading of one run, on one line or two. number: of the run, from 0."""

    def __init__(self, setting: Setting, name: str, number: int, room: Rect) -> None:
        self.setting, self.room = setting, room
        layout, faces, theme = setting.layout, setting.faces, setting.theme
        self.scene, self.look = setting.recording.scene, looks(theme)[number]
        self.is_tested = setting.recording.test_loss is not None
        self.in_percent = not self.is_tested and all(is_share(each) for each in setting.compared)
        self.size, small = layout.body, layout.small
        has_two = room.height > 2.2 * self.size
        wanted, most = 1.08 * self.size, room.width if has_two else 0.5 * room.width
        self.name = fit(name, faces.strong, wanted, most, 0.8 * small)
        step = room.height / (2 if has_two else 1)
        self.y = room.y + step / 2, room.y + room.height - step / 2
        fitted = [fit(each, faces.strong, wanted, most, 0.8 * small) for each in setting.names]
        widest = max(width(text, faces.strong, size) for text, size in fitted)
        used = 0.0 if has_two else widest + 1.3 * self.size  # all samples begin at the same place
        self.sample = room.x + used, room.x + used + SAMPLE * self.size
        self.figure = self.sample[1] + 0.7 * self.size
        whole_runs = [each for each in setting.compared if each.info["complete"]]
        longest = max((self._text(float(value)) for each in whole_runs for value in compared(each)), key=len)
        self.label = self.figure + width(longest, faces.figures, self.size) + 0.6 * self.size

    def _named(self) -> tuple[str, Any, float]:
        text, size = self.name
        return text, self.setting.faces.strong, size

    def _text(self, value: float) -> str:
        if self.in_percent:
            return f"{100 * value:.2f}%"
        return f"{value:.4f}" if value < 1000 else f"{value:.1e}".replace("e+", "e")

    def ground(self) -> None:
        """The name, and the sample of its line."""
        setting, y = self.setting, self.y[1]
        canvas, unit = setting.canvas, setting.layout.unit
        text, font, size = self._named()
        canvas.text(text, self.room.x, self.y[0], font, size, setting.theme.ink)
        line = Line2D(
            self.sample, (y, y), color=tuple(self.look.colour), linewidth=3.6 * unit, linestyle=self.look.dashes,
            dash_capstyle="butt",
        )  # fmt: skip
        canvas.axes.add_line(line)
        canvas.draw(line)
        line.remove()

    def draw(self, frame: Frame) -> None:
        """The error now; or in which cycle training broke off."""
        setting = self.setting
        canvas, faces, small = setting.canvas, setting.faces, setting.layout.small
        if frame.diverged is not None:
            told = say(self.scene, "label-diverged", cycle=whole(self.scene, frame.diverged))
            text, size = fit(told, faces.strong, self.size, self.room.right - self.figure, 0.8 * small)
            canvas.text(text, self.figure, self.y[1], faces.strong, size, self.look.colour)
            return
        value = (frame.test_loss or 0.0) if self.is_tested else frame.error
        canvas.text(self._text(value), self.figure, self.y[1], faces.figures, self.size, self.look.colour)
        label = say(self.scene, "label-test-loss" if self.is_tested else "label-error")
        shown, size = fit(label, faces.words, small, self.room.width - self.label + self.room.x + 0.5, 0.8 * small)
        if shown == label:
            canvas.text(label, self.label, self.y[1], faces.words, size, setting.theme.quiet)
