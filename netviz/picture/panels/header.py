"""Title, and under it one line that says what is going on."""

from __future__ import annotations

from dataclasses import dataclass

from netviz.film.frame import Frame
from netviz.picture.canvas import Anchor
from netviz.picture.layout import Layout, Rect
from netviz.picture.panels.panel import Setting, Unlit
from netviz.picture.theme import Colour
from netviz.picture.type import Font, fit, wrap
from netviz.scene.panels import AnyPanel

LINE = 1.35
"""From one line of the caption to the next, in sizes of its type."""
TWO_LINES = 2.45
"""Height of a room for two lines, in sizes of their type."""
CARD_TYPE = 1.25
"""Size of the words under a card's title, in sizes of those beside a network."""
CARD_WIDTH = 0.88
"""Of the picture: what a caption may take on the title card, no less than the caption's place beside it."""
TITLE_WIDTH = 0.86
"""Likewise of the title."""


class TitlePanel(Unlit):
    """The scene's title."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        self.setting, self.room = setting, room

    def ground(self) -> None:
        """The title, as large as it fits."""
        setting, room, layout = self.setting, self.room, self.setting.layout
        font = setting.faces.strong
        text, size = fit(setting.recording.scene.title, font, layout.title, room.width, layout.small)
        setting.canvas.text(text, room.x, room.y + 0.55 * layout.title, font, size, setting.theme.ink)

    def draw(self, frame: Frame) -> None:
        """Nothing changes."""


class CaptionPanel(Unlit):
    """What is going on, on as many lines as there is room for, two at most; cues are brighter than the shots' lines."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        self.setting, self.room = setting, CaptionRoom(room, setting.layout.body)

    def ground(self) -> None:
        """Nothing stands still."""

    def draw(self, frame: Frame) -> None:
        """The caption."""
        theme = self.setting.theme
        write(self.setting, frame.caption, self.room, theme.ink if frame.is_cue else theme.quiet, frame.caption_level)


@dataclass(frozen=True)
class CaptionRoom:
    """Where a caption stands, and the size of its type in pixels; a long one is smaller, as far as can be read."""

    place: Rect
    size: float

    @property
    def lines(self) -> int:
        """How many lines there is room for."""
        return 2 if self.place.height >= 2.3 * self.size else 1

    def filled(self, text: str, font: Font, smallest: float) -> tuple[list[str], float]:
        """The text's lines and the size of their type; with … where it has to be cut."""
        return wrap(text, font, self.size, self.place.width, smallest, self.lines)


def write(setting: Setting, text: str, room: CaptionRoom, ink: Colour, level: float, anchor: Anchor = "left") -> None:
    """Write a caption into its room, from the top down."""
    font, place = setting.faces.words, room.place
    lines, size = room.filled(text, font, setting.layout.small)
    x = place.x if anchor == "left" else place.x + place.width / 2
    for number, line in enumerate(lines):
        y = place.y + 0.55 * room.size + LINE * number * size
        setting.canvas.text(line, x, y, font, size, ink, anchor, level)


def write_on_card(setting: Setting, frame: Frame) -> None:
    """A cue on the title card, far below its words; the shot's own line is the card's subtitle already."""
    if frame.is_cue:
        size, card = CARD_TYPE * setting.layout.body, card_place(setting.layout, CARD_WIDTH)
        room = CaptionRoom(Rect(card.x, card.y + 0.8 * card.height, card.width, TWO_LINES * size), size)
        write(setting, frame.caption, room, setting.theme.ink, frame.caption_level, "middle")


def card_place(layout: Layout, part: float) -> Rect:
    """What the title card's words have: a part of the picture's width, as far as nothing is laid over it."""
    across, safe = layout.size[0], layout.safe
    left, right = max(safe.x, (1 - part) / 2 * across), min(safe.right, (1 + part) / 2 * across)
    # In thousandths of a pixel, or the middle of a whole picture would be a trace beside it.
    return Rect(round(left, 3), safe.y, round(right - left, 3), safe.height)


def draw_card(setting: Setting) -> None:
    """The title card: title and subtitle in the middle of the empty ground, two lines each at most."""
    layout, theme, faces, canvas = setting.layout, setting.theme, setting.faces, setting.canvas
    scene, card = setting.recording.scene, card_place(layout, TITLE_WIDTH)
    title, title_size = wrap(scene.title, faces.strong, layout.card, card.width, layout.small)
    subtitle, size = wrap(scene.subtitle, faces.words, CARD_TYPE * layout.body, card.width, 0.8 * layout.small)
    rows = [(line, faces.strong, title_size, 1.22 * title_size, theme.ink) for line in title]
    rows += [(line, faces.words, size, 1.4 * size, theme.quiet) for line in subtitle]
    gap = 0.9 * size if title and subtitle else 0.0
    y = card.y + (card.height - gap - sum(row[3] for row in rows)) / 2
    for number, (line, font, line_size, step, ink) in enumerate(rows):
        y += gap if number == len(title) else 0.0
        canvas.text(line, round(card.x + card.width / 2, 3), y + step / 2, font, line_size, ink, "middle")
        y += step
