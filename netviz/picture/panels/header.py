"""Title, and under it one line that says what is going on."""

from __future__ import annotations

from netviz.film.frame import Frame
from netviz.picture.layout import Rect
from netviz.picture.panels.panel import Setting, Unlit
from netviz.picture.type import fit, wrap
from netviz.scene.panels import AnyPanel

LINE = 1.35
"""From one line of the caption to the next, in sizes of its type."""


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
    """What is going on, on as many lines as there is room for, two at most."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        self.setting, self.room = setting, room
        self.lines = 2 if room.height >= 2.3 * setting.layout.body else 1

    def ground(self) -> None:
        """Nothing stands still."""

    def draw(self, frame: Frame) -> None:
        """The caption."""
        setting, room = self.setting, self.room
        layout, font = setting.layout, setting.faces.words
        ink = setting.theme.ink if frame.is_cue else setting.theme.quiet
        lines, size = wrap(frame.caption, font, layout.body, room.width, layout.small, self.lines)
        for number, line in enumerate(lines):
            y = room.y + 0.55 * layout.body + LINE * number * size
            setting.canvas.text(line, room.x, y, font, size, ink, level=frame.caption_level)


def draw_card(setting: Setting) -> None:
    """The title card: title and subtitle in the middle of the empty ground, two lines each at most."""
    layout, theme, faces, canvas = setting.layout, setting.theme, setting.faces, setting.canvas
    across, down = layout.size
    scene = setting.recording.scene
    room = 0.86 * across
    title, title_size = wrap(scene.title, faces.strong, layout.card, room, layout.small)
    subtitle, size = wrap(scene.subtitle, faces.words, 1.25 * layout.body, room, 0.8 * layout.small)
    rows = [(line, faces.strong, title_size, 1.22 * title_size, theme.ink) for line in title]
    rows += [(line, faces.words, size, 1.4 * size, theme.quiet) for line in subtitle]
    gap = 0.9 * size if title and subtitle else 0.0
    y = (down - gap - sum(row[3] for row in rows)) / 2
    for number, (line, font, line_size, step, ink) in enumerate(rows):
        y += gap if number == len(title) else 0.0
        canvas.text(line, across / 2, y + step / 2, font, line_size, ink, "middle")
        y += step
