"""Equations panel: a worked example line by line, or a summary of the forward pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from netviz.drawing.formula import formula_mask, source
from netviz.drawing.layout import Rect
from netviz.drawing.panels.equations.live import LiveForwardPass
from netviz.drawing.panels.equations.passes import (
    activation_line,
    delta_line,
    error_line,
    gradient_line,
    matrix_line,
    mean_line,
    mean_square_line,
    sum_line,
    update_line,
    velocity_line,
    weights_line,
)
from netviz.drawing.panels.equations.terms import Changes, Equation, WorkedExample, localized
from netviz.drawing.panels.equations.typesetting import EquationPart, Page, Section, about, paginate
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.theme import mix
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.phrases import say
from netviz.scene.scene import Look
from netviz.scene.shots import WalkShot
from netviz.timeline.frame import Frame
from netviz.timeline.worked_example import EquationLine, LineKind, worked_example_steps

_LARGEST, _SMALLEST = 1.4, 0.8
"""Largest and smallest size of type that are tried, as parts of the picture's type for values."""
LEAST = 0.031
"""Least size of the equations' type, as a part of the picture's shorter side; only one too wide for it is smaller."""
_TRIES = 15
AHEAD = 0.4
"""Level of the left sides of the lines that are still to be worked out on a page: it is laid out from the start."""
FAINTEST = 0.02
"""Level below which nothing is drawn."""


@dataclass(frozen=True)
class ShownEquations:
    """Part of an equation on the picture. level: 0 absent to 1 there; brightness: 0 quiet to 1 for the current line.

    is_ahead: whether it is the left side of a line that is still to be worked out.
    """

    part: EquationPart
    level: float
    brightness: float
    is_ahead: bool = False


class EquationsPanel(NoGlow):
    """Equations panel: pages of equations, one visible at a time, replaced when the first line of the next appears."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, slot
        self.scene = context.scene
        layout = context.layout
        self.body, self.heading = layout.small if layout.is_little else layout.body, layout.small
        self.live = LiveForwardPass(context, self.body, self.heading, slot)
        self.pages = lru_cache(maxsize=4)(self._pages)

    def ground(self) -> None:
        """Draw nothing: nothing stands still."""

    def draw(self, frame: Frame) -> None:
        """Draw the lines that have appeared, the current one the brightest."""
        if not self._is_worked(frame):
            self.live.draw(frame)
            return
        context, slot = self.context, self.slot
        theme, canvas = context.theme, context.canvas
        headings, shown = self._shown(frame)
        for text, y, level in headings:
            canvas.text(text, slot.x, slot.y + y, context.faces.strong, self.heading, theme.faint, "left", level)
        for each in shown:
            if each.level > FAINTEST:
                part, ink = each.part, mix(theme.quiet, theme.ink, each.brightness)
                drawn = formula_mask(part.formula, part.size)
                canvas.stamp(drawn, slot.x + part.x, slot.y + part.y, ink, each.level)

    def texts(self, frame: Frame) -> list[str]:
        """Texts visible at a frame, in mathtext's language, each equation from left to right, one after the other."""
        if not self._is_worked(frame):
            return self.live.texts(frame)
        shown = self._shown(frame)[1]
        return [source(each.part.formula) for each in shown if each.level > FAINTEST and not each.is_ahead]

    @staticmethod
    def _is_worked(frame: Frame) -> bool:
        """True in a worked example; in all other frames the forward pass is live."""
        return bool(frame.visible) and frame.row is not None

    def _shown(self, frame: Frame) -> tuple[list[tuple[str, float, float]], list[ShownEquations]]:
        """Headings (text, y, level) and parts visible at a frame."""
        assert frame.row is not None
        return self._visible_lines(frame, self.pages(self._shot(frame), frame.row, frame.row_after))

    def _visible_lines(
        self, frame: Frame, pages: tuple[Page, ...]
    ) -> tuple[list[tuple[str, float, float]], list[ShownEquations]]:
        levels = (*frame.visible, 0.0)
        lines = worked_example_steps(self.scene, self._shot(frame))
        headings: list[tuple[str, float, float]] = []
        shown: list[ShownEquations] = []
        for number, page in enumerate(pages):
            # The old page is gone before the new one comes, so that nothing is ever written over anything.
            leaving = levels[pages[number + 1].first] if number + 1 < len(pages) else 0.0
            if 0 < leaving <= levels[0] < 1:  # at the end all lines go, and no page comes back
                leaving = 1.0
            staying = max(0.0, 1 - 2 * leaving)
            begun = max(levels[0], frame.presented) if number == 0 else self._line_level(levels[page.first], True)
            ahead = AHEAD * staying * begun
            for heading in page.headings:
                level = self._line_level(levels[heading.line], number > 0 and heading.line == page.first)
                headings.append((heading.text, heading.y, max(ahead, level * staying)))
            for line, of_line in page.lines:
                parts = list(of_line)
                level = self._line_level(levels[line], number > 0 and line == page.first) * staying
                brightness = 1 - levels[line + 1]
                if parts and level < ahead and lines[line].kind != "weights":  # that line is a table
                    shown.append(ShownEquations(parts.pop(0), ahead, brightness * level / ahead, is_ahead=True))
                shown += [ShownEquations(part, level, brightness) for part in parts]
        return [heading for heading in headings if heading[2] > FAINTEST], shown

    @staticmethod
    def _line_level(level: float, turns: bool) -> float:
        """Level of a line; the first line of a page waits until the page before has gone."""
        return max(0.0, 2 * level - 1) if turns else level

    def _shot(self, frame: Frame) -> WalkShot:
        """The worked example's shot that a frame belongs to: several of one kind on one example have the same lines."""
        shots = [shot for shot in self.scene.shots if isinstance(shot, WalkShot)]
        fitting = [shot for shot in shots if len(worked_example_steps(self.scene, shot)) == len(frame.visible)]
        assert fitting, "a walk is told by its own script"
        return fitting[0]

    def _pages(self, shot: WalkShot, row: int, row_after: int | None) -> tuple[Page, ...]:
        """Pages of a worked example: as few as can be, and of those with the fewest broken lines the largest type."""
        recording = self.context.recording
        example = WorkedExample.of(recording, self.scene, row, row_after)
        sections = _sections(self.scene, worked_example_steps(self.scene, shot), example)
        least = min(self.body, max(_SMALLEST * self.body, LEAST * min(self.context.layout.size)))
        sizes = np.linspace(_LARGEST * self.body, least, _TRIES).tolist()
        width, height = self.slot.width, self.slot.height
        best = min(
            sizes, key=lambda size: self._cost(size, *paginate(sections, size, self.heading, width, height, about))
        )
        return paginate(sections, best, self.heading, width, height)[0]

    def _cost(self, size: float, pages: tuple[Page, ...], rows: int) -> float:
        """Cost of a layout: pages and rows cost, small type costs, and type smaller than values more."""
        relative = size / self.body
        return len(pages) + 0.12 * rows + 2 * max(0.0, 1 - relative) - 0.5 * relative


def _sections(scene: Look, steps: tuple[EquationLine, ...], example: WorkedExample) -> list[Section]:
    """Lines of a worked example under their headings."""
    grouped: dict[str, list[tuple[int, Equation | Changes]]] = {}
    mark = say(scene, "decimal")
    for number, line in enumerate(steps):
        grouped.setdefault(_heading(scene, line, example), []).append(
            (number, localized(_equation(line, example), mark))
        )
    return [Section(heading, tuple(lines)) for heading, lines in grouped.items()]


def _heading(scene: Look, line: EquationLine, example: WorkedExample) -> str:
    """Heading that a line belongs to."""
    if line.kind in ("matrix", "sum", "activation"):
        if line.layer == example.last - 1:
            return say(scene, "label-output-layer")
        return say(scene, "label-hidden-layers" if example.last > 2 else "label-hidden-layer", number=line.layer + 1)
    return say(
        scene, {"error": "label-equation-error", "weights": "label-new-weights"}.get(line.kind, "label-way-back")
    )


def _equation(line: EquationLine, example: WorkedExample) -> Equation | Changes:
    """Content of a line: an equation, or a table of changes."""
    if line.kind == "matrix":
        return matrix_line(example, line.layer)
    if line.kind == "sum":
        return sum_line(example, line.layer, line.neuron)
    if line.kind == "activation":
        return activation_line(example, line.layer, line.neuron)
    equations: dict[LineKind, Callable[[WorkedExample], Equation | Changes]] = {
        "error": error_line,
        "delta": delta_line,
        "gradient": gradient_line,
        "velocity": velocity_line,
        "mean": mean_line,
        "mean_square": mean_square_line,
        "update": update_line,
        "weights": weights_line,
    }
    return equations[line.kind](example)
