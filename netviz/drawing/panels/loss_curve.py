"""Loss curve panel: error over the cycles, with a marker at the present."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.lines import Line2D

from netviz.drawing.canvas import CoverDrawing, Strips, strips
from netviz.drawing.layout import Rect
from netviz.drawing.panels.curve_details import CurveDetails
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.panels.titles import caption_looks, compared_runs
from netviz.drawing.text import fit, width
from netviz.drawing.theme import Colour, mix
from netviz.recording.layers import Floats, Integers
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.panels import CurvePanelSpec as CurveSpec
from netviz.scene.phrases import say, whole
from netviz.scene.scene import Look
from netviz.timeline.accuracy import Accuracy
from netviz.timeline.frame import Frame
from netviz.timeline.recorded_curves import accuracies, recorded_curves, whole_per_cent
from netviz.timeline.step_timing import rise

_POINTS = 500
NAMED = 0.3
"""Largest width of a curve's name, as a part of the panel's."""
EXPLODES = 3.0
"""Highest loss that is shown of a run that diverged, in first losses."""
HIGHEST = 1e300
"""Highest value of the panel's top: one that can still be multiplied by the panel's height."""
SAMPLE, BETWEEN, ROW, CLOSE_ROW = 1.6, 0.5, 1.3, 1.1
"""Of the legend: length of a line's sample, gap to its name, and distance from row to row, of three rows and more the
closer one, in sizes of type."""
NARROWEST, NARROWEST_IN_SLOT = 0.25, 0.48
"""Least width of curves that leave room for the labels of the shares' axis, as a part of the picture's and of the
panel's."""
LOW = 1.7
"""Height of the shares' axis above which both its ends are named, in sizes of type."""
GLOW = np.array([0.55])
"""Strength of the current point's glow."""


HEADROOM = 1.04
"""The panel's top in parts of the highest value."""
DASHED = (0, (3.0, 1.6))
"""Dashes of the shares of right answers beside losses of the same colour."""
OTHERS = ((0.75, "solid"), (0.75, DASHED), (0.75, (0, (1.0, 1.6))), (0.5, "solid"), (0.5, DASHED))
"""Light and dashes of curves that are no losses; as many are drawn."""

APPEARS = 0.85
"""Part of the drawing of the network after which the curve's first point appears."""


class Trace:
    """One curve of the panel: its recorded values, and the artists of its past part.

    scale: the value at the panel's top, for a curve that is no loss; None for those that share the losses' scale.
    is_share: whether its values are parts of a whole, which have an axis of their own from 0 to 100%.
    """

    def __init__(
        self,
        context: RenderContext,
        name: str,
        cycles: Integers,
        values: Floats,
        colour: Colour,
        filled: bool,
        dashes: Any = "solid",
        scale: float | None = None,
        is_share: bool = False,
    ) -> None:
        self.scale, self.is_share = scale, is_share
        self.name, self.cycles, self.recorded, self.colour, self.dashes = name, cycles, values, colour, dashes
        unit, theme, axes = context.layout.unit, context.theme, context.canvas.axes
        self.area = PolyCollection([], facecolor=(*colour, 0.13), edgecolor="none") if filled else None
        self.past = Line2D(
            [], [], color=tuple(colour), linewidth=3.2 * unit, solid_capstyle="round", solid_joinstyle="round",
            linestyle=dashes,
        )  # fmt: skip
        self.point = EllipseCollection(
            [11.5 * unit], [11.5 * unit], [0.0], units="xy", offsets=[(0.0, 0.0)], offset_transform=axes.transData,
            facecolor=tuple(mix(colour, theme.ink, 0.55)), edgecolor="none",
        )  # fmt: skip
        if self.area is not None:
            axes.add_collection(self.area, autolim=False)
        axes.add_line(self.past)
        axes.add_collection(self.point, autolim=False)


def traces_of(context: RenderContext, slot: Rect, *, shows_future: bool = False) -> list[Trace]:
    """Curves of a run; of several side by side one of each."""
    recording, scene, theme = context.recording, context.scene, context.theme
    cycles = recording.curve_step
    if context.compared:
        # The headings show every run's line beside its name: names are repeated only at the ends of whole curves.
        names = _short_names(context, NAMED * slot.width) if shows_future else [""] * len(context.compared)
        several = zip(names, context.compared, caption_looks(theme), strict=False)
        return [
            Trace(
                context, name, each.curve_step, compared_runs(each), look.colour, filled=False, dashes=look.dashes,
            )
            for name, each, look in several
        ]  # fmt: skip
    if not scene.outline.is_own:
        return _recorded(context)
    shares = _shares(context)
    if recording.test_loss is None:
        name = say(scene, "label-error") if shares and not _has_counters(scene) else ""
        return [*shares, Trace(context, name, cycles, recording.main_curve, theme.error, filled=True)]
    keys = ("label-test-loss", "label-training-loss") if shares else ("label-test", "label-training")
    test, training = (say(scene, key) for key in keys)
    return [
        *shares,
        Trace(context, test, cycles, recording.test_loss, theme.test_error, filled=False),
        Trace(context, training, cycles, recording.train_loss, theme.error, filled=True),
    ]


def _shares(context: RenderContext) -> list[Trace]:
    """Dashed curves of the shares of right answers, where a film shows them that the run has not recorded by itself.

    Those of training and of testing have the colours of the losses there. One alone is grey, and has a name unless a
    counter names it.
    """
    scene, theme = context.scene, context.theme
    accuracy = Accuracy.of(context.recording, scene)
    if accuracy is None:
        return []
    cycles, train, test = accuracy.curves()
    several = [
        ("label-right-training", train, theme.error if accuracy.has_tests else mix(theme.centre, theme.ink, 0.75))
    ]
    if test is not None:
        several.insert(0, ("label-right-unseen", test, theme.test_error))
    are_named = accuracy.has_tests or not _has_counters(scene)
    return [
        Trace(
            context, say(scene, name) if are_named else "", cycles, shares, colour, filled=False, dashes=DASHED,
            scale=1.0, is_share=True,
        )
        for name, shares, colour in several
    ]  # fmt: skip


def _has_counters(scene: Look) -> bool:
    """True if the picture has counters, which name curves in their colours."""
    return scene.style != "classic" and any(panel.panel == "numbers" for panel in scene.shown_panels)


def _recorded(context: RenderContext) -> list[Trace]:
    """Curves of a run that netviz did not train.

    Only those are named that no counter names in their own colour: others than the losses, if there are several. Shares
    of right answers in training and in testing have the colours of the losses there, and dashes; then all are named.
    """
    recording, scene, theme = context.recording, context.scene, context.theme
    cycles = recording.curve_step
    found = recorded_curves(recording, with_shares=scene.accuracy is not False)[: len(OTHERS)]
    has_counters = _has_counters(scene)
    pair = accuracies(found)
    are_named = len(found) > 1 or not has_counters
    is_asked_for = scene.accuracy and not any(curve.is_share for curve in found)
    traces = _shares(context) if is_asked_for else []
    for curve, (level, dashes) in zip(found, OTHERS, strict=False):
        colour, scale = mix(theme.centre, theme.ink, level), 1.0 if curve.is_share else _highest(curve.values)
        if pair is not None and curve in pair:
            colour, dashes = (theme.test_error if curve is pair[1] else theme.error), DASHED
        name = curve.name if are_named else ""
        traces.append(
            Trace(
                context, name, cycles, curve.values, colour, filled=False, dashes=dashes, scale=scale,
                is_share=curve.is_share,
            )
        )  # fmt: skip
    is_alone = not traces and recording.test_loss is None
    has_names = pair is not None or not (has_counters or is_alone)
    names = [say(scene, key) if has_names else "" for key in ("label-test-loss", "label-error")]
    if recording.test_loss is not None:
        traces.append(Trace(context, names[0], cycles, recording.test_loss, theme.test_error, filled=False))
    if recording.followed is not None:
        traces.append(Trace(context, names[1], cycles, recording.main_curve, theme.error, filled=True))
    return traces


def _highest(values: Floats) -> float:
    return float(np.nanmax(np.abs(values))) or 1.0


def _short_names(context: RenderContext, slot: float) -> list[str]:
    """Names of runs for their curves; too long ones lose the words they all begin with, or are left out."""

    def fits(names: Sequence[str]) -> bool:
        return all(width(name, context.faces.words, context.layout.small) <= slot for name in names)

    if fits(context.names):
        return [*context.names]
    words = [name.split() for name in context.names]
    same = 0
    while all(len(each) > same + 1 and each[same] == words[0][same] for each in words):
        same += 1
    shorter = [" ".join(each[same:]) for each in words]
    return shorter if fits(shorter) else [""] * len(words)


class CurvePanel(NoGlow):
    """Loss curve: average error against the cycle, or the losses of training and of testing where there are both.

    The axis is one of log(1 + cycle), which has a place for cycle 0. The curve is drawn as far as it has come; where
    the scene asks for its future, that is drawn faintly, and the names stand at the ends instead of in a legend.
    """

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context = context
        self.scene = context.scene
        self._points = lru_cache(maxsize=4)(self._points_at)
        layout = context.layout
        self.shows_future = isinstance(spec, CurveSpec) and spec.future
        self.traces = traces_of(context, slot, shows_future=self.shows_future)
        self._leave_out_names(slot)
        room = NAMED * slot.width if not context.compared and not context.scene.outline.is_own else slot.width
        self.names = [
            fit(trace.name, context.faces.words, layout.small, room, 0.8 * layout.small) for trace in self.traces
        ]
        names = max(width(name, context.faces.words, size) for name, size in self.names)
        self.sample = 0.0 if self.shows_future else SAMPLE * layout.small
        beside = names + self.sample + (0.9 + BETWEEN * (not self.shows_future)) * layout.small if names else 0.0
        axis = self.axis = self._axis_of_shares(slot, beside)
        self.slot = Rect(slot.x + axis, slot.y, slot.width - beside - axis, slot.height)
        self.last = max(1, *(int(trace.cycles[-1]) for trace in self.traces))
        # Curves that break off have diverged before: the scale comes from those that go on to the end.
        whole = [trace for trace in self.traces if trace.cycles[-1] == self.last]
        losses = [float(np.nanmax(trace.recorded)) for trace in whole if trace.scale is None]
        highest = max(losses, default=1.0)
        if not context.compared:
            highest = min(highest, self._most(highest))
        self.top = min(highest * HEADROOM, HIGHEST) or 1.0
        spaced = np.expm1(np.linspace(0, np.log1p(self.last), _POINTS))
        self.cycles = np.unique(np.concatenate([spaced, np.arange(0, min(self.last, 60) + 1)]))
        self.values = [self._seen(trace) for trace in self.traces]
        self.details = CurveDetails(context, self.slot, self.last)

    def _leave_out_names(self, slot: Rect) -> None:
        """Take the names from shares whose counters say the same in netviz's words, which are long, where the legend
        would reach a panel above it, or leave the curves little."""
        layout, named = self.context.layout, [trace for trace in self.traces if trace.name]
        shares = [trace for trace in named if trace.is_share]
        if self.shows_future or not shares or not (self.scene.outline.is_own and _has_counters(self.scene)):
            return
        above = [
            place.bottom for place in layout.places.values()
            if place.bottom <= slot.y and place.right > slot.right - NAMED * slot.width and place.x < slot.right
        ]  # fmt: skip
        top = slot.bottom - ((len(named) - 1) * CLOSE_ROW + 1) * layout.small
        longest = max(width(trace.name, self.context.faces.words, layout.small) for trace in shares)
        left = slot.width - longest - (SAMPLE + BETWEEN + 0.9) * layout.small
        if top < max(above, default=0.0) or left < NARROWEST * layout.size[0]:
            for trace in shares:
                trace.name = ""

    def _axis_of_shares(self, slot: Rect, beside: float) -> float:
        """Width of the labels of the shares' axis at the panel's left; 0 where there are no shares, or no room.

        beside: width of the legend.
        """
        layout, figures = self.context.layout, self.context.faces.figures
        if not any(trace.is_share for trace in self.traces):
            return 0.0
        axis = width(whole_per_cent(self.context.scene, 1.0), figures, layout.small) + BETWEEN * layout.small
        left = slot.width - beside - axis
        return axis if left >= max(NARROWEST_IN_SLOT * slot.width, NARROWEST * layout.size[0]) else 0.0

    def _write_axis_of_shares(self) -> None:
        """Write 100% and, if it fits under that, 0% at the left ends of their heights, and draw the line of all."""
        context, slot = self.context, self.slot
        layout, theme, canvas = context.layout, context.theme, context.canvas
        trace = next((trace for trace in self.traces if trace.is_share), None)
        if trace is None or not self.axis:
            return
        top = float(self._y(1.0, trace))
        line = Line2D(
            [slot.x, slot.right], [top, top], color=tuple(mix(theme.centre, theme.quiet, 0.25)),
            linewidth=max(1.0, layout.unit),
        )  # fmt: skip
        canvas.axes.add_line(line)
        canvas.draw(line)
        line.remove()
        heights = [(1.0, top), (0.0, slot.bottom)] if slot.bottom - top > LOW * layout.small else [(1.0, top)]
        for share, y in heights:
            x = slot.x - BETWEEN * layout.small
            text = whole_per_cent(context.scene, share)
            canvas.text(text, x, y, context.faces.figures, layout.small, theme.faint, "right")

    def _seen(self, trace: Trace) -> Floats:
        """A curve's values at the panel's cycles, none past its end; what is too high runs along the panel's top."""
        values = np.minimum(self._top(trace), np.interp(self.cycles, trace.cycles, trace.recorded))
        return np.asarray(np.where(self.cycles < trace.cycles[-1] + 0.5, values, np.nan))

    def _x(self, cycle: Floats | float) -> Floats:
        slot = self.slot
        return np.asarray(slot.x + slot.width * np.log1p(cycle) / np.log1p(self.last))

    def _top(self, trace: Trace) -> float:
        """The value at the panel's top."""
        return self.top if trace.scale is None else trace.scale * HEADROOM

    def _y(self, value: Floats | float, trace: Trace) -> Floats:
        slot = self.slot
        return np.asarray(slot.bottom - slot.height * np.asarray(value) / self._top(trace))

    def _now(self, cycle: float, trace: Trace) -> float:
        """A curve's value at a cycle, on the straight line between two recorded ones."""
        return min(self._top(trace), float(np.interp(cycle, trace.cycles, trace.recorded)))

    def _ticks(self) -> list[int]:
        ticks = [10**power for power in range(12) if 10**power <= self.last]
        slot = self.slot
        widest = 2.4 * self.context.layout.small
        chosen: list[int] = []
        for tick in ticks:
            x = float(self._x(float(tick)))
            if x < slot.right - 0.6 * widest and (
                not chosen
                or x - float(self._x(float(chosen[-1]))) > widest * (0.5 + 0.2 * len(whole(self.scene, tick)))
            ):
                chosen.append(tick)
        return chosen

    def ground(self) -> None:
        """Draw the axis with its cycles, the curves' names and, where they are asked for, the whole curves, faint."""
        context, slot = self.context, self.slot
        layout, theme, canvas = context.layout, context.theme, context.canvas
        line = mix(theme.centre, theme.quiet, 0.38)
        artists = [
            Line2D([slot.x, slot.right], [slot.bottom] * 2, color=tuple(line), linewidth=max(1.0, 1.3 * layout.unit))
        ]
        for trace, values in zip(self.traces, self.values if self.shows_future else (), strict=False):
            faint = tuple(mix(theme.centre, trace.colour, 0.30))
            points = self._x(self.cycles), self._y(values, trace)
            artists.append(Line2D(*points, color=faint, linewidth=2.0 * layout.unit, linestyle=trace.dashes))
        for artist in artists:
            canvas.axes.add_line(artist)
            canvas.draw(artist)
            artist.remove()
        self._write_axis_of_shares()
        words, small = context.faces.words, layout.small
        below = slot.bottom + 1.15 * small
        self.ticks = canvas.cover_of_texts(
            (whole(self.scene, tick), float(self._x(float(tick))), below, context.faces.figures, small, "middle")
            for tick in self._ticks()
        )
        self.past = self._whole()
        x = slot.right + 0.9 * small
        heights = self._name_heights() if self.shows_future else self._rows()
        for trace, (name, size), y in zip(self.traces, self.names, heights, strict=True):
            if self.sample and trace.name:
                sample = Line2D(
                    [x, x + self.sample], [y, y], color=tuple(trace.colour), linewidth=3.2 * layout.unit,
                    linestyle=trace.dashes, dash_capstyle="butt",
                )  # fmt: skip
                canvas.axes.add_line(sample)
                canvas.draw(sample)
                sample.remove()
            canvas.text(name, x + self.sample + BETWEEN * small * (self.sample > 0), y, words, size, trace.colour)

    def _most(self, highest: float) -> float:
        """The value up to which losses are shown, of which the highest is given.

        One that grew without bounds leaves the panel, which would show nothing else.
        """
        outline, losses = self.scene.outline, [trace.recorded[0] for trace in self.traces if trace.scale is None]
        if outline.diverged is None or not losses:
            return highest
        return EXPLODES * float(np.nanmax(losses)) or highest

    def _rows(self) -> list[float]:
        """Heights of the legend's rows, which do not tell where a curve will end: from the panel's top on.

        Those of a panel too low for all of them end with its axis. Losses come before other curves; those without a
        name have no row.
        """
        small, slot = self.context.layout.small, self.slot
        named = [index for index, trace in enumerate(self.traces) if trace.name]
        if any(trace.scale is not None for trace in self.traces):
            # That of training is drawn over that of testing, and named before it.
            losses = [index for index in reversed(named) if self.traces[index].scale is None]
            named = losses + [index for index in named if self.traces[index].scale is not None]
        step = (ROW if len(named) <= 2 else CLOSE_ROW) * small
        first = min(slot.y + 0.5 * step, slot.bottom - 0.4 * small - (len(named) - 1) * step)
        return [first + named.index(index) * step if index in named else 0.0 for index in range(len(self.traces))]

    def _name_heights(self) -> list[float]:
        """Heights of the curves' names: at their ends, but not on each other."""
        small, slot = self.context.layout.small, self.slot
        ends = [float(self._y(self._now(self.last, trace), trace)) for trace in self.traces]
        order = sorted(range(len(ends)), key=lambda index: ends[index])
        highest = slot.bottom - 0.4 * small
        for index in reversed(order):
            ends[index] = min(ends[index], highest)
            highest = ends[index] - 1.3 * small
        return ends

    def _whole(self) -> Strips:
        """Drawing of the curves and the area under the filled one, from the first cycle to the last."""
        x, bottom = self._x(self.cycles), self.slot.bottom
        artists: list[Artist] = []
        for trace, values in zip(self.traces, self.values, strict=True):
            y = self._y(values, trace)
            if trace.area is not None:
                trace.area.set_verts([np.column_stack([np.r_[x, x[-1], x[0]], np.r_[y, bottom, bottom]])])
                artists.append(trace.area)
            trace.past.set_data(x, y)
            artists.append(trace.past)
        canvas, edge = self.context.canvas, 8 * self.context.layout.unit
        slot = Rect(self.slot.x - edge, self.slot.y - edge, self.slot.width + 2 * edge, self.slot.height + 2 * edge)
        return strips(canvas, canvas.drawing(*artists, slot=slot))

    def draw(self, frame: Frame) -> None:
        """Draw curves and area up to now, and the current points, which glow and hide where the curves are cut.

        The points appear as the last of the opening: until then the panel is empty.
        """
        context, canvas = self.context, self.context.canvas
        detail = 0.0 if frame.detail is None or not self.details.has(frame.detail) else frame.detail.level
        ticks = max(0.0, 1 - 2 * detail) if frame.detail is not None and frame.detail.input is None else 1.0
        canvas.fill(self.ticks, context.theme.faint, ticks)
        if frame.detail is not None and detail > 0:
            self.details.draw(frame.detail, frame, detail)
        level = rise(frame.drawn, APPEARS, 1.0) * (1 - detail)
        if level <= 0:
            return
        points = self._points(frame.curve_cycle)
        if context.glows:
            for trace, (x, y, _) in zip(self.traces, points, strict=True):
                canvas.shine(
                    np.array([x]), np.array([y]), level * GLOW, np.array([9 * context.layout.unit]), trace.colour
                )
        for part in self.past.until(float(self._x(frame.curve_cycle))):
            canvas.put(part, level)
        for *_, point in points:
            canvas.put(point, level)

    def _points_at(self, cycle: float) -> list[tuple[float, float, CoverDrawing]]:
        """Positions x, y of the current points in pixels, and their drawings."""
        found, reach = [], 8 * self.context.layout.unit
        for trace in self.traces:
            x = float(self._x(min(cycle, float(trace.cycles[-1]))))
            y = float(self._y(self._now(cycle, trace), trace))
            trace.point.set_offsets([(x, y)])
            slot = Rect(x - reach, y - reach, 2 * reach, 2 * reach)
            found.append((x, y, self.context.canvas.drawing(trace.point, slot=slot)))
        return found
