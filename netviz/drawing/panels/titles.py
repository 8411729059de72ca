"""Title and caption panels, the title card, and the headings over runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.lines import Line2D

from netviz.drawing.canvas import Anchor
from netviz.drawing.layout import Layout, Rect
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.text import Font, Typefaces, fit, width, wrap
from netviz.drawing.theme import Colour, Theme
from netviz.recording.recording import Recording
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.phrases import decimal, say, whole
from netviz.scene.scene import Look
from netviz.timeline.captions import error_text, is_share
from netviz.timeline.frame import Frame
from netviz.timeline.step_timing import rise

LINE = 1.35
"""Distance from one line of the caption to the next, in sizes of its type."""
TWO_LINES = 2.45
"""Height of a slot for two lines, in sizes of their type."""
CARD_TYPE = 1.25
"""Size of the words under a card's title, in sizes of those beside a network."""
CARD_WIDTH = 0.88
"""Width for a caption on the title card, as a part of the picture's, no less than the caption's place beside it."""
TITLE_WIDTH = 0.86
"""Width for the title on its card, likewise."""


class TitlePanel(NoGlow):
    """Title panel: the scene's title."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context = context
        self.line = title_line(context.scene, context.layout, context.faces, slot)
        self.glides = bool(glides(context, self.line))

    def ground(self) -> None:
        """Draw nothing: the title is not there yet while a card shows it."""

    def draw(self, frame: Frame) -> None:
        """Write the title, as large as it fits; while it comes from its card that is done last (see `leave_card`)."""
        line, level = self.line, 1.0 if frame.card == 0 else 0.0 if self.glides else 1 - frame.card
        self.context.canvas.text(
            line.text, line.left, line.y, line.font, line.size, self.context.theme.ink, "left", level
        )


class CaptionPanel(NoGlow):
    """Caption panel: the text of the moment, on one line or, if they fit, two; cues are brighter than shots' lines."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, CaptionSlot(slot, context.layout.caption, context.layout.body)

    def ground(self) -> None:
        """Draw nothing: nothing stands still."""

    def draw(self, frame: Frame) -> None:
        """Write the caption."""
        theme = self.context.theme
        level = frame.caption_level * (1 - frame.card)
        anchor: Anchor = "middle" if self.context.layout.is_centred else "left"
        write(self.context, frame.caption, self.slot, theme.ink if frame.is_cue else theme.quiet, level, anchor)


@dataclass(frozen=True)
class CaptionSlot:
    """Slot of a caption, and the size of its type in pixels; a long one is smaller, as far as it can be read.

    size: of a caption on one line. size_of_two: the largest of one on two lines; None: the same.
    """

    place: Rect
    size: float
    size_of_two: float | None = None

    @property
    def lines(self) -> int:
        """Number of lines that fit."""
        return 2 if self.place.height >= 2.3 * (self.size_of_two or self.size) else 1

    def filled(self, text: str, font: Font, smallest: float) -> tuple[tuple[str, ...], float]:
        """Lines of a text and the size of their type; with … where it has to be cut."""
        if self.size_of_two is not None:
            lines, size = wrap(text, font, self.size, self.place.width, self.size_of_two, 1)
            if lines == (text,):
                return lines, size
        return wrap(text, font, self.size_of_two or self.size, self.place.width, smallest, self.lines)


def write(
    context: RenderContext, text: str, slot: CaptionSlot, ink: Colour, level: float, anchor: Anchor = "left"
) -> None:
    """Write a caption into its slot, from the top down."""
    font, place = context.faces.words, slot.place
    lines, size = slot.filled(text, font, context.layout.small)
    x = place.x if anchor == "left" else place.x + place.width / 2
    for number, line in enumerate(lines):
        y = place.y + 0.55 * size + LINE * number * size
        context.canvas.text(line, x, y, font, size, ink, anchor, level)


def write_on_card(context: RenderContext, frame: Frame, level: float = 1.0) -> None:
    """Write a cue on the title card, far below its words; the shot's own line is the card's subtitle already."""
    if frame.is_cue:
        size, card = CARD_TYPE * context.layout.body, card_place(context.layout, CARD_WIDTH)
        slot = CaptionSlot(Rect(card.x, card.y + 0.8 * card.height, card.width, TWO_LINES * size), size)
        write(context, frame.caption, slot, context.theme.ink, frame.caption_level * level, "middle")


def card_place(layout: Layout, part: float) -> Rect:
    """Rectangle of the title card's words: a part of the picture's width, as far as nothing is laid over it."""
    across, safe = layout.size[0], layout.safe
    left, right = max(safe.x, (1 - part) / 2 * across), min(safe.right, (1 + part) / 2 * across)
    # Rounded to thousandths of a pixel, or rounding errors would move the middle of a whole picture.
    return Rect(round(left, 3), safe.y, round(right - left, 3), safe.height)


class TitleLine(NamedTuple):
    """A line of a title, or a word of it: its left end and the middle of its capitals, in pixels."""

    text: str
    font: Font
    size: float
    left: float
    y: float


def title_line(scene: Look, layout: Layout, faces: Typefaces, slot: Rect) -> TitleLine:
    """The title in its panel's slot, as large as it fits."""
    font = faces.strong
    text, size = fit(scene.title, font, layout.title, slot.width, layout.small)
    left = slot.x + (slot.width - width(text, font, size)) / 2 if layout.is_centred else slot.x
    return TitleLine(text, font, size, left, slot.y + 0.55 * layout.title)


def draw_card(context: RenderContext) -> None:
    """Draw the title card: title and subtitle in the middle of the empty background, two lines each at most."""
    title, subtitle = card_lines(context.scene, context.layout, context.faces)
    for lines, ink in ((title, context.theme.ink), (subtitle, context.theme.quiet)):
        for line in lines:
            context.canvas.text(line.text, line.left, line.y, line.font, line.size, ink)


def card_lines(scene: Look, layout: Layout, faces: Typefaces) -> tuple[list[TitleLine], list[TitleLine]]:
    """Lines of the title and of the subtitle on the title card."""
    card = card_place(layout, TITLE_WIDTH)
    title, title_size = wrap(scene.title, faces.strong, layout.card, card.width, layout.small)
    subtitle, size = wrap(scene.subtitle, faces.words, CARD_TYPE * layout.body, card.width, 0.8 * layout.small)
    rows = [(line, faces.strong, title_size, 1.22 * title_size) for line in title]
    rows += [(line, faces.words, size, 1.4 * size) for line in subtitle]
    found = []
    gap = 0.9 * size if title and subtitle else 0.0
    y = card.y + (card.height - gap - sum(row[3] for row in rows)) / 2
    for number, (line, font, line_size, step) in enumerate(rows):
        y += gap if number == len(title) else 0.0
        left = round(card.x + card.width / 2, 3) - width(line, font, line_size) / 2
        found.append(TitleLine(line, font, line_size, left, y + step / 2))
        y += step
    return found[: len(title)], found[len(title) :]


def _words(lines: Sequence[TitleLine]) -> list[TitleLine]:
    """The words of lines, where they stand in them."""
    found = []
    for line in lines:
        start = 0
        for word in line.text.split():
            start = line.text.index(word, start)
            end = start + len(word)
            left = width(line.text[:end], line.font, line.size) - width(word, line.font, line.size)
            found.append(line._replace(text=word, left=line.left + left))
            start = end
    return found


def glides(context: RenderContext, line: TitleLine) -> list[tuple[TitleLine, TitleLine]]:
    """Words of the title on the card, each with its place in the panel's line; none where the panel has other words."""
    first, last = _words(card_lines(context.scene, context.layout, context.faces)[0]), _words([line])
    same = [word.text for word in first] == [word.text for word in last]
    return [*zip(first, last, strict=True)] if same else []


SUBTITLE_GOES = 0.55
"""Level of the card below which its subtitle is gone."""


def leave_card(context: RenderContext, panel: TitlePanel | None, frame: Frame) -> None:
    """Write what is left of the card over the picture: the title goes to its panel, the subtitle fades."""
    canvas, theme, level = context.canvas, context.theme, frame.card
    title, subtitle = card_lines(context.scene, context.layout, context.faces)
    fading = max(0.0, (level - SUBTITLE_GOES) / (1 - SUBTITLE_GOES))
    for line in subtitle:
        canvas.text(line.text, line.left, line.y, line.font, line.size, theme.quiet, "left", fading)
    write_on_card(context, frame, fading)
    words = [] if panel is None else glides(context, panel.line)
    for line in [] if words else title:
        canvas.text(line.text, line.left, line.y, line.font, line.size, theme.ink, "left", fading)
    for first, last in words:  # from one place, and size, to the other
        size, left, y = (level * a + (1 - level) * b for a, b in zip(first[2:], last[2:], strict=True))
        canvas.text(first.text, left, y, first.font, size, theme.ink)
        canvas.settle()  # words of two lines may cross


# Heading of each of the runs side by side: its name, its line in the curve, its error; or that it broke off.

SAMPLE = 1.8
"""Length of the line's sample, in sizes of type."""
ENDS = 0.995, 1.0
"""Part of the curve's axis along which the lowest run's label changes from what is measured to that it is lowest."""
DASHES: tuple[Any, ...] = ("solid", (0, (3.4, 1.7)), (0, (0.9, 1.5)), (0, (5.0, 1.6, 0.9, 1.6)))
"""Dashes of the runs' lines, in widths of the line."""


class TextLook(NamedTuple):
    """Look of a run's line: colour and dashes, since no run is distinguished by its colour alone."""

    colour: Colour
    dashes: Any


def caption_looks(theme: Theme) -> tuple[TextLook, ...]:
    """Looks of the runs, in order."""
    colours = theme.ink, theme.test_error, theme.error, theme.readable(theme.highlight)
    return tuple(TextLook(colour, dashes) for colour, dashes in zip(colours, DASHES, strict=True))


def compared_runs(recording: Recording) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Measure by which runs are compared: the loss on the examples kept for testing, else the average error."""
    return recording.main_curve if recording.test_loss is None else recording.test_loss


def lowest_of(recordings: Sequence[Recording]) -> int | None:
    """Number of the run that ends with the lowest measure of all; None where several do, or none was completed."""
    ends = [float(compared_runs(each)[-1]) if each.is_complete else np.inf for each in recordings]
    lowest = min(ends)
    return ends.index(lowest) if np.isfinite(lowest) and ends.count(lowest) == 1 else None


class HeadingPanel(NoGlow):
    """Heading of one run, on one line or two; that with the lowest error says so at the end. number: of the run."""

    def __init__(self, context: RenderContext, name: str, number: int, slot: Rect) -> None:
        self.context, self.slot = context, slot
        layout, faces, theme = context.layout, context.faces, context.theme
        self.scene, self.look = context.scene, caption_looks(theme)[number]
        self.is_tested = context.recording.test_loss is not None
        self.measure = "label-test-loss" if self.is_tested else "label-error"
        self.is_lowest = lowest_of(context.compared) == number
        self.last = int(context.recording.curve_step[-1])
        self.in_percent = not self.is_tested and all(is_share(*each) for each in context.runs)
        self.size, small = layout.body, layout.small
        has_two = slot.height > 2.2 * self.size
        preferred, most = 1.08 * self.size, slot.width if has_two else 0.5 * slot.width
        self.name = fit(name, faces.strong, preferred, most, 0.8 * small)
        step = slot.height / (2 if has_two else 1)
        self.y = slot.y + step / 2, slot.y + slot.height - step / 2
        fitted = [fit(each, faces.strong, preferred, most, 0.8 * small) for each in context.names]
        widest = max(width(text, faces.strong, size) for text, size in fitted)
        used = 0.0 if has_two else widest + self.size  # all samples begin at the same place
        self.sample = slot.x + used, slot.x + used + SAMPLE * self.size
        self.figure = self.sample[1] + 0.6 * self.size
        whole_runs = [each for each in context.compared if each.is_complete]
        longest = max((self._text(float(value)) for each in whole_runs for value in compared_runs(each)), key=len)
        after = self.figure + width(longest, faces.figures, self.size) + 0.6 * self.size, self.y[1]
        above = slot.x + widest + 0.6 * self.size, self.y[0]
        labels = [say(self.scene, key) for key in (self.measure, "label-lowest")]
        is_above = has_two and max(width(each, faces.strong, small) for each in labels) > slot.right - after[0]
        self.label = above if is_above else after  # of a narrow run the name's line has more room

    def _text(self, value: float) -> str:
        if self.in_percent:
            return error_text(self.scene, value, share=True)
        return decimal(self.scene, f"{value:z.4f}" if value < 1000 else f"{value:.1e}".replace("e+", "e"))

    def ground(self) -> None:
        """Write the name, and draw a sample of its line."""
        context, y = self.context, self.y[1]
        canvas, unit = context.canvas, context.layout.unit
        text, size = self.name
        canvas.text(text, self.slot.x, self.y[0], context.faces.strong, size, context.theme.ink)
        line = Line2D(
            self.sample, (y, y), color=tuple(self.look.colour), linewidth=3.6 * unit, linestyle=self.look.dashes,
            dash_capstyle="butt",
        )  # fmt: skip
        canvas.axes.add_line(line)
        canvas.draw(line)
        line.remove()

    def draw(self, frame: Frame) -> None:
        """Write the error now, or in which cycle training broke off."""
        context = self.context
        canvas, faces, small = context.canvas, context.faces, context.layout.small
        if frame.diverged is not None:
            message = say(self.scene, "label-diverged", cycle=whole(self.scene, frame.diverged))
            text, size = fit(message, faces.strong, self.size, self.slot.right - self.figure, 0.8 * small)
            canvas.text(text, self.figure, self.y[1], faces.strong, size, self.look.colour)
            return
        value = (frame.test_loss or 0.0) if self.is_tested else frame.error
        canvas.text(self._text(value), self.figure, self.y[1], faces.figures, self.size, self.look.colour)
        ends = rise(float(np.log1p(frame.curve_cycle) / np.log1p(self.last)), *ENDS) if self.is_lowest else 0.0
        theme = context.theme
        self._label(self.measure, faces.words, theme.quiet, 1 - 2 * ends)
        self._label("label-lowest", faces.strong, theme.readable(theme.signal), 2 * ends - 1)

    def _label(self, phrase: str, font: Font, colour: Colour, level: float) -> None:
        """Write a phrase after the error or the name, if there is room for it."""
        small, label, (x, y) = self.context.layout.small, say(self.scene, phrase), self.label
        shown, size = fit(label, font, small, self.slot.right - x + 0.5, 0.8 * small)
        if shown == label and level > 0:
            self.context.canvas.text(label, x, y, font, size, colour, level=level)
