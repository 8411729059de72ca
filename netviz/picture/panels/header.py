"""Title, and under it one line that says what is going on."""

from __future__ import annotations

from netviz.film.frame import Frame
from netviz.picture.panels.panel import Setting, Unlit
from netviz.picture.type import fit, wrap


class HeaderPanel(Unlit):
    """The top of the picture."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        layout, faces = setting.layout, setting.faces
        self.title = fit(setting.recording.scene.title, faces.strong, layout.title, layout.header.width, layout.small)
        self.title_y = layout.header.y + 0.55 * layout.title
        self.caption_y = self.title_y + (0.85 * layout.title + 0.75 * layout.body if self.title[0] else 0.0)

    def ground(self) -> None:
        """The title."""
        text, size = self.title
        setting = self.setting
        setting.canvas.text(text, setting.layout.header.x, self.title_y, setting.faces.strong, size, setting.theme.ink)

    def draw(self, frame: Frame) -> None:
        """The caption."""
        setting = self.setting
        layout, faces = setting.layout, setting.faces
        lines, size = wrap(
            frame.caption, faces.words, layout.body, layout.header.width, layout.small, layout.caption_lines
        )
        for number, line in enumerate(lines):
            y = self.caption_y + 1.35 * number * size
            setting.canvas.text(line, layout.header.x, y, faces.words, size, setting.theme.quiet)


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
