"""Table panel: training examples row by row with the present answers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from netviz.drawing.canvas import Cover
from netviz.drawing.layout import BOX, Rect
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.panels.panel import number as value_text
from netviz.drawing.table_columns import MOST_SITUATIONS, columns, table_rows
from netviz.drawing.text import short, width
from netviz.drawing.theme import Colour, mix
from netviz.recording.layers import Floats
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.phrases import counted, decimal, say
from netviz.timeline.answers import Verdict, target_range, unseen_situations, verdict
from netviz.timeline.captions import example_label
from netviz.timeline.frame import Answers, Frame

ARROW = "→"
MARKS = {"right": "✓", "unsure": "·", "wrong": "✗"}
"""Signs beside the present answers."""
_MOST_ROWS = 12
THOUGHT = 1.6
"""Height in rows of the first situation below the training set, with the gap above it."""
ROWS_COME = 0.8
"""Part of the opening in which all rows have come."""
NAME_LINE = 1.2
"""Distance of the lines of columns' names, in sizes of their type."""
PADDING = BOX
"""Padding of the box around a row, in sizes of its type."""
INSIDE = 0.16
"""Share of the highlight colour inside the box around the presented row."""


class TablePanel(NoGlow):
    """Table panel: examples as rows of inputs, targets and the network's present answers.

    Situations that are not among the examples stand below them, with a question mark for the target. A set too long for
    the panel is shown in pages, the presented example's page on top of the background; one too wide becomes a counter,
    and one with room for no answers shows none.
    """

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, slot
        layout, scene = context.layout, context.scene
        examples = context.recording.examples
        self.situations = unseen_situations(scene)[:MOST_SITUATIONS]
        self.numbers = {tuple(shot.inputs): number for number, shot in enumerate(self.situations)}
        self.known = {tuple(inputs): number for number, inputs in reversed([*enumerate(examples.given.tolist())])}
        self.targets = examples.targets
        borders = target_range(examples.targets)
        self.width = None if borders is None else borders[1] - borders[0]
        self.rows_of = table_rows(scene, examples.given.tolist(), examples.targets.tolist())
        found, self.fits = columns(self.rows_of, context.faces, layout.figure, layout.small, slot.width)
        self.size, self.cells, self.asked, self.names = found.size, found.cells, found.asked, found.names
        self.columns = [slot.x + edge for edge in found.edges]
        self.has_answers = found.choice.shown == "answers"
        self.has_marks = found.choice.shown != "nothing" and self.rows_of.is_judged
        self.values = len(self.cells[0][0]) + 1 + len(self.cells[0][1])
        self.head = slot.y + 0.6 * layout.small
        below = THOUGHT + len(self.asked) - 1 if self.asked else 0.0
        heading = (1.9 + NAME_LINE * max(map(len, self.names), default=0)) * layout.small
        fitting = int((slot.height - heading) / (1.22 * self.size) - below)
        self.rows = max(1, min(len(self.cells), fitting, _MOST_ROWS))
        self.step = min((slot.height - heading) / (self.rows + below), 1.75 * self.size)
        self.first = self.head + heading - 0.55 * layout.small + self.step / 2
        padding = PADDING * self.size
        right = self.columns[-1] if self.fits else slot.right
        self.highlight = FancyBboxPatch(
            (slot.x - padding, 0),
            right - slot.x + 2 * padding,
            0.92 * self.step,
            boxstyle=f"round,pad=0,rounding_size={0.22 * self.size}",
            linewidth=max(1.0, 1.2 * layout.unit),
        )
        context.canvas.axes.add_patch(self.highlight)
        self._box = lru_cache(maxsize=_MOST_ROWS + 1)(self._box_at)
        self._rows = lru_cache(maxsize=2)(self._rows_from)
        # Colours of marks and of situations' answers, in a row of the background (False) and in the box (True).
        theme = context.theme
        inside = mix(theme.centre, theme.highlight, INSIDE)
        colours = {
            "right": theme.positive, "unsure": theme.signal, "wrong": theme.error, "situation": theme.signal,
        }  # fmt: skip
        self._inks = {
            False: {name: theme.readable(colour) for name, colour in colours.items()},
            True: {name: theme.readable(colour, inside) for name, colour in colours.items()},
        }

    def ground(self) -> None:
        """Write the heading; a line parts the rows that are learned from and those that are not."""
        context = self.context
        layout, theme, faces = context.layout, context.theme, context.faces
        context.canvas.text(
            say(context.scene, "label-training-set"),
            self.slot.x,
            self.head,
            faces.strong,
            layout.small,
            theme.faint,
        )
        if not self.fits:
            return
        self._rows(0)
        edges = [*self.columns[: len(self.cells[0][0])], *self.columns[len(self.cells[0][0]) + 1 : self.values]]
        for edge, lines in zip(edges, self.names, strict=False):
            for number, name in enumerate(reversed(lines)):  # all end on one height, just above the numbers
                y = self.first - self.step / 2 - (0.55 + NAME_LINE * number) * layout.small
                context.canvas.text(name, edge, y, faces.words, layout.small, theme.quiet, "right")
        if self.asked:
            y = (self._height(self.rows - 1) + self._height_of_situation(0)) / 2
            line = Line2D(
                [self.slot.x, self.columns[-1]], [y, y], color=tuple(mix(theme.centre, theme.quiet, 0.38)),
                linewidth=max(1.0, 1.2 * layout.unit),
            )  # fmt: skip
            context.canvas.axes.add_line(line)
            context.canvas.draw(line)
            line.remove()

    def _height(self, place: float) -> float:
        """Height y of the middle of a row."""
        return self.first + place * self.step

    def _height_of_situation(self, number: int) -> float:
        return self._height(self.rows - 1 + THOUGHT + number)

    def draw(self, frame: Frame) -> None:
        """Draw all rows, which come one after the other in the opening, the presented one bright, and the answers."""
        if not self.fits:
            if frame.example is None and frame.kind != "think":
                self._counter(frame, 1.0)
            else:
                self._highlight(self.first, frame.presented)
                self._counter(frame, frame.presented)
            return
        theme = self.context.theme
        number, example = self._presented(frame)
        near = frame.near_example if example is None else example
        page = near // self.rows * self.rows if self.rows < len(self.cells) else 0
        shown = range(page, min(page + self.rows, len(self.cells)))
        for place, index in enumerate(shown):
            self._row(index, self._height(place), theme.faint, self._come(frame.drawn, place))
        completed = self._completed(frame, number)
        for place in range(len(self.asked)):
            open_part = 1 - completed if place == number else 1.0
            self._situation(place, theme.faint, self._come(frame.drawn, self.rows + place), open_part)
        level = frame.presented
        if number is not None:
            self._highlight(self._height_of_situation(number), level)
            self._situation(number, theme.ink, level, 1 - completed)
            self._complete(frame, number, completed)
        elif example is not None:
            self._highlight(self._height(example - page), level)
            self._row(example, self._height(example - page), theme.ink, level)
        if frame.answers is not None and (self.has_answers or self.has_marks):
            self._answers(frame.answers, shown, *((example, number) if level > 0.5 else (None, None)))

    def _come(self, drawn: float, place: int) -> float:
        """Level of a row in the opening, of which `drawn`, 0 to 1, is over: each row comes a little after the last."""
        parts = self.rows + len(self.asked) + 1
        return min(1.0, max(0.0, parts * drawn / ROWS_COME - place))

    def _presented(self, frame: Frame) -> tuple[int | None, int | None]:
        """The situation and the example that a frame presents, by their numbers; None where it presents none."""
        if frame.kind == "think" and frame.inputs is not None:
            given = tuple((frame.inputs if frame.point is None else np.array(frame.point)).tolist())
            return self.numbers.get(given), self.known.get(given)
        return None, frame.example

    def _highlight(self, y: float, level: float) -> None:
        theme = self.context.theme
        for cover, strength in zip(self._box(y), (INSIDE, 0.38), strict=True):
            self.context.canvas.fill(cover, mix(theme.centre, theme.highlight, strength), level)

    def _answers(self, answers: Answers, shown: range, presented: int | None, asked: int | None) -> None:
        """Write the present answers beside the rows shown, with a mark, and those to situations below.

        presented, asked: numbers of the example and of the situation whose row is in the box.
        """
        theme = self.context.theme
        for place, index in enumerate(shown):
            ink = theme.ink if index == presented else theme.quiet
            self._answer(answers.examples[index], self._height(place), ink, float(answers.seen[index]))
            if self.has_marks:
                of = self._verdict(answers.examples[index], self.targets[index])
                self._mark(of, self._height(place), index == presented, float(answers.seen[index]))
        for number in range(len(self.asked)):
            level = float(answers.asked[number])
            gold = self._inks[number == asked]["situation"]
            self._answer(answers.unseen[number], self._height_of_situation(number), gold, level)

    def _answer(self, values: Floats, y: float, ink: Colour, level: float) -> None:
        """Write an answer, of several outputs or the name of its class, where answers are shown."""
        canvas, font, classes = self.context.canvas, self.context.faces.figures, self.rows_of.classes
        if not self.has_answers:
            return
        texts = [classes[int(values.argmax())]] if classes else [self._number(value) for value in values.tolist()]
        for edge, text in zip(self.columns[self.values :], texts, strict=False):
            canvas.text(text, edge, y, font, self.size, ink, "right", level)

    def _number(self, value: float) -> str:
        return decimal(self.context.scene, value_text(value))

    def _verdict(self, values: Floats, target: Floats) -> Verdict:
        """Verdict on an answer: of classes, whether the output of the right one is the largest."""
        if self.rows_of.classes:
            return "right" if values.argmax() == target.argmax() else "wrong"
        assert self.width is not None
        return verdict(float(np.abs(values - target).max()), self.width)

    def _mark(self, of: Verdict, y: float, is_presented: bool, level: float) -> None:
        font, ink = self.context.faces.figures, self._inks[is_presented][of]
        self.context.canvas.text(MARKS[of], self.columns[-1], y, font, self.size, ink, "right", level)

    def _box_at(self, y: float) -> tuple[Cover, Cover]:
        """Covers of inside and edge of the box around the row at height y."""
        box, canvas = self.highlight, self.context.canvas
        box.set_y(y - 0.46 * self.step)
        around = Rect(box.get_x() - 2, y - 0.5 * self.step - 2, box.get_width() + 4, self.step + 4)
        box.set(facecolor="white", edgecolor="none")
        inside = canvas.cover(box, slot=around)
        box.set(facecolor="none", edgecolor="white")
        return inside, canvas.cover(box, slot=around)

    def _rows_from(self, page: int) -> Cover:
        """Cover of the rows of a page, from example `page` on."""
        font, size = self.context.faces.figures, self.size
        shown = range(page, min(page + self.rows, len(self.cells)))
        return self.context.canvas.cover_of_texts(
            (text, edge, self._height(place), font, size, "right")
            for place, index in enumerate(shown)
            for edge, text in zip(self.columns[: self.values], self._texts(*self.cells[index]), strict=True)
        )

    def _row(self, index: int, y: float, ink: Colour, level: float) -> None:
        self._write(*self.cells[index], y, ink, level)

    def _situation(self, number: int, ink: Colour, level: float, open_part: float) -> None:
        """Write a situation with question marks for its target. open_part: level of these, in parts of the row's."""
        targets = len(self.cells[0][1])
        y = self._height_of_situation(number)
        self._write(self.asked[number], [""] * targets, y, ink, level)
        canvas, font = self.context.canvas, self.context.faces.figures
        for edge in self.columns[self.values - targets : self.values]:
            canvas.text("?", edge, y, font, self.size, ink, "right", level * open_part)

    def _completed(self, frame: Frame, number: int | None) -> float:
        """Level at which the target of a thought, where it has one, takes the place of its question marks."""
        if number is None or frame.answers is None or frame.target is None:
            return 0.0
        return float(frame.answers.asked[number]) * frame.compared

    def _complete(self, frame: Frame, number: int, level: float) -> None:
        """Write the target of a situation, golden, and mark the answer."""
        target = None if frame.target is None else frame.target.tolist()
        if level <= 0 or target is None or frame.answers is None:
            return
        canvas, font, y = self.context.canvas, self.context.faces.figures, self._height_of_situation(number)
        gold = self._inks[True]["situation"]
        texts = [self.rows_of.classes[int(np.argmax(target))]] if self.rows_of.classes else [*map(short, target)]
        edges = self.columns[self.values - len(texts) : self.values]
        for edge, text in zip(edges, texts, strict=True):
            canvas.text(text, edge, y, font, self.size, gold, "right", level)
        if self.has_marks:
            self._mark(self._verdict(frame.answers.unseen[number], np.array(target)), y, True, level)

    def _write(self, inputs: list[str], targets: list[str], y: float, ink: Colour, level: float) -> None:
        canvas, font = self.context.canvas, self.context.faces.figures
        for edge, text in zip(self.columns[: self.values], self._texts(inputs, targets), strict=True):
            canvas.text(text, edge, y, font, self.size, ink, "right", level)

    @staticmethod
    def _texts(inputs: list[str], targets: list[str]) -> list[str]:
        return [*inputs, ARROW, *targets]

    def _counter(self, frame: Frame, level: float) -> None:
        """Write the example's number, and its values on lines of their own: for tables whose rows are too wide."""
        context, figures, theme = self.context, self.context.faces.figures, self.context.theme
        slot = self.slot
        total = len(self.cells)
        scene = context.scene
        if frame.kind == "think":
            text = say(scene, "label-situation")
        elif frame.example is None:
            text = counted(scene, total, "examples")
        else:
            text = example_label(scene, frame.example, total)
        context.canvas.text(text, slot.x, self.first, figures, self.size, theme.ink, "left", level)
        if frame.inputs is None:
            return
        values = [decimal(scene, short(value)) for value in frame.inputs]
        if frame.target is not None and frame.kind != "think":
            classes, numbers = self.rows_of.classes, (decimal(scene, short(value)) for value in frame.target)
            first, *others = [classes[int(frame.target.argmax())]] if classes else numbers
            values += [f"{ARROW} {first}", *others]
        lines = _filled(values, int((slot.width + 0.4 * self.size) / width("0", figures, self.size)))
        step = 1.4 * self.size
        fitting = int((slot.bottom - self.first - self.step) / step)
        for number, line in enumerate(lines[:fitting]):
            last = number == fitting - 1 and len(lines) > fitting
            y = self.first + self.step + (number + 0.3) * step
            context.canvas.text("…" if last else line, slot.x, y, figures, self.size, theme.quiet, "left", level)


def _filled(words: list[str], characters: int) -> list[str]:
    """Lines of at most so many characters, filled with words."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > characters and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
