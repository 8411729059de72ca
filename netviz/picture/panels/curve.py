"""The error over the cycles: what was, what is, and faintly what will be."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.picture.glow import Blobs
from netviz.picture.layout import Rect
from netviz.picture.panels.panel import Setting
from netviz.picture.theme import mix
from netviz.scene.panels import AnyPanel

POINTS = 500


class CurvePanel:
    """Average error against the cycle, on an axis of log(1 + cycle), which has a place for cycle 0."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        self.setting, self.room = setting, room
        recording, theme, unit = setting.recording, setting.theme, setting.layout.unit
        self.last = max(1, int(recording.curve_cycle[-1]))
        self.top = float(recording.train_error.max()) * 1.04 or 1.0
        spaced = np.expm1(np.linspace(0, np.log1p(self.last), POINTS))
        self.cycles = np.unique(np.concatenate([spaced, np.arange(0, min(self.last, 60) + 1)]))
        self.errors = np.interp(self.cycles, recording.curve_cycle, recording.train_error)
        self.area = PolyCollection([], facecolor=(*theme.error, 0.13), edgecolor="none")
        self.past = Line2D(
            [], [], color=tuple(theme.error), linewidth=3.2 * unit, solid_capstyle="round", solid_joinstyle="round"
        )
        self.point = EllipseCollection(
            [11.5 * unit], [11.5 * unit], [0.0], units="xy", offsets=[(0.0, 0.0)],
            offset_transform=setting.canvas.axes.transData,
            facecolor=tuple(mix(theme.error, theme.ink, 0.55)), edgecolor="none",
        )  # fmt: skip
        axes = setting.canvas.axes
        axes.add_collection(self.area, autolim=False)
        axes.add_line(self.past)
        axes.add_collection(self.point, autolim=False)

    def _x(self, cycle: NDArray[np.float64] | float) -> NDArray[np.float64]:
        room = self.room
        return np.asarray(room.x + room.width * np.log1p(cycle) / np.log1p(self.last))

    def _y(self, error: NDArray[np.float64] | float) -> NDArray[np.float64]:
        room = self.room
        return np.asarray(room.bottom - room.height * np.asarray(error) / self.top)

    def _now(self, frame: Frame) -> float:
        """The error at the current point, on the straight line between two recorded cycles."""
        recording = self.setting.recording
        return float(np.interp(frame.curve_cycle, recording.curve_cycle, recording.train_error))

    def _ticks(self) -> list[int]:
        ticks = [10**power for power in range(12) if 10**power <= self.last]
        room = self.room
        widest = 2.4 * self.setting.layout.small
        kept: list[int] = []
        for tick in ticks:
            x = float(self._x(float(tick)))
            if x < room.right - 0.6 * widest and (
                not kept or x - float(self._x(float(kept[-1]))) > widest * (0.5 + 0.2 * len(f"{tick:,}"))
            ):
                kept.append(tick)
        return kept

    def ground(self) -> None:
        """The axis with its cycles, and the whole curve, faint."""
        setting = self.setting
        layout, theme, canvas, room = setting.layout, setting.theme, setting.canvas, self.room
        line = mix(theme.centre, theme.quiet, 0.38)
        axis = Line2D([room.x, room.right], [room.bottom] * 2, color=tuple(line), linewidth=max(1.0, 1.3 * layout.unit))
        future = Line2D(
            self._x(self.cycles),
            self._y(self.errors),
            color=tuple(mix(theme.centre, theme.error, 0.30)),
            linewidth=2.0 * layout.unit,
        )
        for artist in (axis, future):
            canvas.axes.add_line(artist)
            canvas.draw(artist)
            artist.remove()
        for tick in self._ticks():
            x = float(self._x(float(tick)))
            canvas.text(
                f"{tick:,}",
                x,
                room.bottom + 1.15 * layout.small,
                setting.faces.words,
                layout.small,
                theme.faint,
                "middle",
            )

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """The current point glows."""
        x, y = self._x(frame.curve_cycle), self._y(self._now(frame))
        return [(np.array([float(x)]), np.array([float(y)]), np.array([0.55]), self.setting.theme.error)]

    def draw(self, frame: Frame) -> None:
        """The curve up to now, the area under it, the current point."""
        until = int(np.searchsorted(self.cycles, frame.curve_cycle, side="right"))
        x = np.append(self._x(self.cycles[:until]), self._x(frame.curve_cycle))
        y = np.append(self._y(self.errors[:until]), self._y(self._now(frame)))
        bottom = self.room.bottom
        self.area.set_verts([np.column_stack([np.r_[x, x[-1], x[0]], np.r_[y, bottom, bottom]])])
        self.past.set_data(x, y)
        self.point.set_offsets([(x[-1], y[-1])])
        self.setting.canvas.draw(self.area, self.past, self.point)
