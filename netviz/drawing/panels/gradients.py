"""Gradients panel: size of each layer's error signal, as bars on a logarithmic scale, and what it has been before."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, log10

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.lines import Line2D

from netviz.drawing.canvas import Cover, CoverDrawing, Strips, cover_of, strips
from netviz.drawing.layout import Rect
from netviz.drawing.panels.class_bars import box_alpha
from netviz.drawing.panels.network import arrange_network, has_maps
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.text import fit, width
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.phrases import decimal, per_cent, say
from netviz.timeline.frame import Frame
from netviz.timeline.gradients import SMALLEST, GradientSizes, gradient_sizes
from netviz.timeline.step_timing import rise

BAR_FROM, LINE, FOOT, BESIDE = 1.6, 1.35, 1.55, 0.5
"""Height of the bars' room below the slot's top with one line of words above it, distance of two such lines, height of
the line below the bars, and gap beside the axis, in sizes of type."""
HIGH, LOW, LEAST = 7.0, 4.8, 3.2
"""Heights of the slot from which there may be two lines of words above the bars, one, and one below them, likewise."""
ROOM = 0.8
"""Part of the slot's width that one line of words above the bars may take."""
GAP, WIDEST = 0.24, 9.0
"""Gap between two bars, in parts of a bar's width, and the largest width of one, in sizes of type."""
CLOSEST_BARS, NARROWEST = 2.2, 0.3
"""Least distance of bars below the layers of a network, in sizes of type, and least width of one, in parts of that."""
MOST_DECADES, LEAST_DECADES, ABOVE, BELOW = 12, 2, 0.1, 0.3
"""Powers of ten between the ends of the scale at most and at least, and parts of one above the largest size and, at
least, below the smallest, which is to be seen as a bar too."""
CLOSEST = 1.35
"""Least distance of two labels of the scale, in sizes of type."""
FILLED, TRACED = 0.22, 0.62
"""Level of a bar's inside, and of the line of its past."""
FINENESS = 4
"""Steps a pixel to which heights are rounded."""
LEAST_IN_PERCENT = 0.095
"""Share from which it is written in per cent, and below which as 1/20."""
GLOW = np.array([0.5])
"""Strength of the light of a bar's upper end."""
APPEARS = 0.85
"""Part of the drawing of the network after which bars appear."""


def scale_of(sizes: list[GradientSizes]) -> tuple[float, float]:
    """Logarithms, to the base of 10, of the ends of the scale on which all these sizes are shown: of the lower one a
    whole one."""
    every = np.concatenate([each.sizes.ravel() for each in sizes])
    seen = every[(every > SMALLEST) & np.isfinite(every)]
    if not len(seen):
        return -LEAST_DECADES, 0.0
    highest = log10(float(seen.max())) + ABOVE
    lowest = floor(max(log10(float(seen.min())) - BELOW, highest - MOST_DECADES) + 1e-9)
    return min(float(lowest), floor(highest - LEAST_DECADES)), highest


def power_text(power: int) -> str:
    """A power of ten as the scale writes it: 100, 0.001, 1e-5."""
    return f"{10.0**power:g}" if -3 <= power <= 3 else f"1e{power}"


def ratio_text(ratio: float) -> str:
    """A ratio from 1 on with two digits, which stand still long enough to be read: 3.4, 120, 5,600, 1e9."""
    if not ratio < 999_500:
        return f"{ratio:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{ratio:.1f}" if ratio < 9.95 else f"{float(f'{ratio:.1e}'):,.0f}"


class GradientsPanel(NoGlow):
    """One bar for each layer after the inputs, as high as its error signal is large: dLoss/d(weighted sum).

    Within the width of its bar runs what it has been before, over log(1 + cycle), up to the bar's upper end now. Runs
    side by side have one scale. Above the bars stands how much of the last layer's signal reaches the first.
    """

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, slot
        recordings = context.compared or (context.recording,)
        several = [found for each in recordings if (found := gradient_sizes(each)) is not None]
        own = gradient_sizes(context.recording)
        assert own is not None, "a look without known errors is refused"
        self.sizes, self.scale = own, scale_of(several)
        self.last = max(1, *(int(each.steps[-1]) for each in several))
        small, count = context.layout.small, own.sizes.shape[1]
        self.title, self.longest = say(context.scene, "label-gradients"), self._longest_share(several)
        self.lines = self._lines_above()
        self.top = slot.y + (BAR_FROM + LINE * (self.lines - 1)) * small * (self.lines > 0)
        self.bottom = slot.bottom - FOOT * small * (slot.height > LEAST * small)
        self.powers = self._labelled(self.bottom - self.top)
        labels = [width(self._in_words(power_text(power)), context.faces.figures, small) for power in self.powers]
        axis = max(labels, default=0.0) + BESIDE * small
        self.middles, self.across = self._below_layers(axis, count) or self._even(axis, count)
        self.step = self.middles[1] - self.middles[0] if count > 1 else self.across
        self._bar = lru_cache(maxsize=16 * count)(self._bar_cover)
        unit = context.layout.unit
        self.point = EllipseCollection(
            [11.5 * unit], [11.5 * unit], [0.0], units="xy", offsets=[(0.0, 0.0)],
            offset_transform=context.canvas.axes.transData,
            facecolor=tuple(mix(context.theme.error, context.theme.ink, 0.55)), edgecolor="none",
        )  # fmt: skip
        context.canvas.axes.add_collection(self.point, autolim=False)
        self._point = lru_cache(maxsize=4 * count)(self._point_drawing)

    @property
    def lefts(self) -> list[float]:
        """Left ends of the bars."""
        return [middle - self.across / 2 for middle in self.middles]

    @property
    def right(self) -> float:
        """Right end of the last bar."""
        return self.middles[-1] + self.across / 2

    def _below_layers(self, axis: float, count: int) -> tuple[list[float], float] | None:
        """Middles of bars below the layers of the network above, and their width; None where they have no room there.

        axis: width of the labels at the left of the first one.
        """
        context, slot = self.context, self.slot
        above = context.layout.places.get("network")
        spec = next((each for each in context.scene.shown_panels if each.panel == "network"), None)
        if above is None or spec is None or context.layout.flow != "right" or above.bottom > slot.y:
            return None
        *_, places = arrange_network(context, above, has_maps(context, spec))
        middles = [float((layer[:, 0].min() + layer[:, 0].max()) / 2) for layer in places.centres[1:] if len(layer)]
        if len(middles) != count or count < 2:
            return None
        step = float(np.diff(middles).min())
        half = min(step / (1 + GAP) / 2, middles[0] - axis - slot.x, slot.right - middles[-1])
        across = min(2 * half, WIDEST * context.layout.small)
        is_broad = step >= CLOSEST_BARS * context.layout.small and across >= NARROWEST * step
        return (middles, across) if is_broad else None

    def _even(self, axis: float, count: int) -> tuple[list[float], float]:
        """Middles of bars at even distances, in the middle of the slot, and their width."""
        room = self.slot.width - axis
        across = min(room / (count + (count - 1) * GAP), WIDEST * self.context.layout.small)
        step = across * (1 + GAP)
        left = self.slot.x + axis + max(0.0, room - across - (count - 1) * step) / 2
        return [left + across / 2 + number * step for number in range(count)], across

    def _lines_above(self) -> int:
        """Lines of words above the bars: one, or two where name and share need one each; 0 where there is no room."""
        faces, small, slot = self.context.faces, self.context.layout.small, self.slot
        if slot.height < LOW * small:
            return 0
        needed = width(self.title, faces.strong, small) + small + width(self.longest, faces.words, small)
        return 1 if needed <= ROOM * slot.width or slot.height < HIGH * small else 2

    def _longest_share(self, several: list[GradientSizes]) -> str:
        """The longest of what can stand above the bars about the first layer."""
        texts = [
            self._share(sizes)
            for each in several
            for sizes in (each.sizes[0], *each.sizes[:: len(each.sizes) // 8 + 1])
        ]
        return max(texts, key=len)

    def _labelled(self, room: float) -> list[int]:
        """Powers of ten that are written at the scale, as many as fit, from the highest down."""
        low, high = self.scale
        every = ceil(CLOSEST * self.context.layout.small / max(room / (high - low), 1e-3))
        return list(range(floor(high), ceil(low) - 1, -max(1, every)))

    def _y(self, size: Floats | float) -> Floats:
        """Height in the picture of sizes; those below the scale are at its bottom."""
        low, high = self.scale
        part = (np.log10(np.maximum(size, SMALLEST)) - low) / (high - low)
        return np.asarray(self.bottom - (self.bottom - self.top) * np.clip(part, 0, 1))

    def _x(self, number: int, step: float | Floats) -> Floats:
        """Place of a step within a bar's width."""
        return np.asarray(self.lefts[number] + self.across * np.log1p(step) / np.log1p(self.last))

    def ground(self) -> None:
        """Draw the scale's lines, and write its labels, the panel's name and those of the layers."""
        context = self.context
        canvas, theme, layout, faces = context.canvas, context.theme, context.layout, context.faces
        small, left = layout.small, self.lefts[0]
        for y, level in [(float(self._y(10.0**power)), 0.17) for power in self.powers] + [(self.bottom, 0.38)]:
            line = Line2D(
                [left, self.right], [y, y], color=tuple(mix(theme.centre, theme.quiet, level)),
                linewidth=max(1.0, 1.3 * layout.unit),
            )  # fmt: skip
            canvas.axes.add_line(line)
            canvas.draw(line)
            line.remove()
        for power in self.powers:
            y = float(self._y(10.0**power))
            canvas.text(
                self._in_words(power_text(power)), left - BESIDE * small, y, faces.figures, small, theme.faint, "right"
            )
        if self.lines:
            title, size = fit(self.title, faces.strong, small, self.slot.right - left, 0.8 * small)
            canvas.text(title, left, self._line(0), faces.strong, size, theme.quiet)
        for middle, name in zip(self.middles, self._names(), strict=True):
            canvas.text(name, middle, self.bottom + 0.95 * small, faces.words, small, theme.quiet, "middle")
        self.past = [self._past(number) for number in range(len(self.middles))]

    def _line(self, number: int) -> float:
        """Height of a line of words above the bars."""
        return self.slot.y + (0.55 + LINE * number) * self.context.layout.small

    def _names(self) -> list[str]:
        """Names of the layers below their bars: in full where all fit, else their numbers, or nothing if it is low."""
        scene, count, small = self.context.scene, len(self.middles), self.context.layout.small
        if self.bottom > self.slot.bottom - small:
            return [""] * count
        hidden = [say(scene, "label-layer", number=number + 1) for number in range(count - 1)]
        full = [*hidden, say(scene, "label-layer-output")]
        fits = all(width(name, self.context.faces.words, small) <= self.step - 0.4 * small for name in full)
        return full if fits else [str(number + 1) for number in range(count)]

    def _past(self, number: int) -> Strips:
        """Drawing of a layer's sizes over the whole run, which is shown as far as it has come."""
        canvas, theme, unit = self.context.canvas, self.context.theme, self.context.layout.unit
        points = self._x(number, self.sizes.steps.astype(np.float64)), self._y(self.sizes.sizes[:, number])
        colour = mix(theme.centre, theme.error, TRACED)
        line = Line2D(*points, color=tuple(colour), linewidth=2.2 * unit, solid_capstyle="round")
        canvas.axes.add_line(line)
        edge = 4 * unit
        slot = Rect(
            self.lefts[number] - edge, self.top - edge, self.across + 2 * edge, self.bottom - self.top + 2 * edge
        )
        drawn = strips(canvas, canvas.drawing(line, slot=slot))
        line.remove()
        return drawn

    def _bar_cover(self, number: int, steps: int, is_end: bool) -> Cover:
        """Cover of a bar that is so many steps high, or of its upper end alone."""
        high, thick = steps / FINENESS, max(2.0, 3.6 * self.context.layout.unit)
        y = self.bottom - high
        if is_end:
            left, top, alpha = box_alpha(self.lefts[number], y - thick / 2, self.across, thick, thick / 2)
        else:
            left, top, alpha = box_alpha(self.lefts[number], y, self.across, max(high, 0.5), 0.0)
        return cover_of(self.context.canvas, alpha, left, top)

    def _point_drawing(self, x: float, y: float) -> CoverDrawing:
        reach = 8 * self.context.layout.unit
        self.point.set_offsets([(x, y)])
        return self.context.canvas.drawing(self.point, slot=Rect(x - reach, y - reach, 2 * reach, 2 * reach))

    def draw(self, frame: Frame) -> None:
        """Draw the bars as high as they are now, the lines of their past, and how much comes to the first layer."""
        context, level = self.context, rise(frame.drawn, APPEARS, 1.0)
        canvas, theme, unit = context.canvas, context.theme, context.layout.unit
        if level <= 0:
            return
        step = min(frame.curve_cycle, float(self.sizes.steps[-1]))
        sizes = self.sizes.at(step)
        for number, size in enumerate(sizes.tolist()):
            x, y = float(self._x(number, step)), float(self._y(size))
            steps = round(FINENESS * (self.bottom - y))
            canvas.fill(self._bar(number, steps, False), theme.error, FILLED * level)
            for part in self.past[number].until(x):
                canvas.put(part, level)
            canvas.fill(self._bar(number, steps, True), theme.error, level)
            if context.glows:
                canvas.shine(np.array([x]), np.array([y]), level * GLOW, np.array([9 * unit]), theme.error)
            canvas.put(self._point(x, y), level)
        self._write_share(sizes, level)

    def _write_share(self, sizes: Floats, level: float) -> None:
        """Write how much of the last layer's signal comes to the first, beside or below the panel's name."""
        text = self._share(sizes)
        faces, small, theme = self.context.faces, self.context.layout.small, self.context.theme
        ink = theme.readable(theme.error)
        if self.lines == 2:
            text, size = fit(text, faces.words, small, self.slot.right - self.lefts[0], 0.8 * small)
            self.context.canvas.text(text, self.lefts[0], self._line(1), faces.words, size, ink, level=level)
            return
        used = width(self.title, faces.strong, small) + small
        right = max(self.right, self.lefts[0] + used + width(self.longest, faces.words, small))
        if self.lines and right <= self.slot.right + 1:
            self.context.canvas.text(text, right, self._line(0), faces.words, small, ink, "right", level)

    def _share(self, sizes: Floats) -> str:
        """Share of the last layer's signal that comes to the first, in words; "" where either has none."""
        if len(sizes) < 2 or not sizes[0] > SMALLEST or not sizes[-1] > SMALLEST:
            return ""
        scene, part = self.context.scene, float(sizes[0] / sizes[-1])
        if part > 1:
            return say(scene, "label-gradients-more", times=self._in_words(ratio_text(part)))
        in_percent = part >= LEAST_IN_PERCENT
        share = per_cent(scene, f"{100 * part:.0f}") if in_percent else f"1/{self._in_words(ratio_text(1 / part))}"
        return say(scene, "label-gradients-less", share=share)

    def _in_words(self, number: str) -> str:
        """A number with the scene's decimal mark, or its thousands separator; none has both."""
        if "," in number:
            return number.replace(",", say(self.context.scene, "thousands"))
        return decimal(self.context.scene, number)
