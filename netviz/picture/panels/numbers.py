"""The cycle and the average error, large, in places that do not move as digits change."""

from __future__ import annotations

from netviz.film.frame import Frame
from netviz.picture.layout import Rect
from netviz.picture.panels.panel import Setting, Unlit
from netviz.picture.theme import Colour, mix
from netviz.picture.type import width
from netviz.scene.panels import AnyPanel


def is_share(setting: Setting) -> bool:
    """Whether errors can be told in per cent: every target and every possible output lies between 0 and 1."""
    bounded = setting.recording.scene.network.activations[-1] in ("sigmoid", "softmax")
    targets = setting.recording.examples.targets
    return bounded and bool(((targets >= 0) & (targets <= 1)).all())


class NumbersPanel(Unlit):
    """Two counters with their names."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        self.setting = setting
        layout, recording = setting.layout, setting.recording
        self.share = is_share(setting)
        samples = (f"{recording.scene.training.cycles:,}", self._error(float(recording.train_error.max())))
        labels = ("cycle", "average error")
        gap = 1.1 * layout.small
        stacked = room.height > 0.8 * room.width
        size = 1.05 * layout.title if stacked else 0.92 * layout.title

        def wide(at: float) -> list[float]:
            return [
                max(width(sample, setting.faces.figures, at), width(label, setting.faces.words, layout.small))
                for sample, label in zip(samples, labels, strict=True)
            ]

        while size > layout.small and not stacked and sum(wide(size)) + gap > room.width:
            size *= 0.96
        widths = wide(size)
        self.size = size
        top = room.y + 0.6 * size
        below = 0.62 * size + 0.85 * layout.small
        if stacked:
            second = top + below + 1.5 * layout.small + 0.6 * size
            self.spots = [(room.x, top), (room.x, second)]
        else:
            self.spots = [(room.x, top), (room.x + widths[0] + gap, top)]
        self.digit = width("0", setting.faces.figures, size)
        self.samples = samples
        self.label_drop = below
        self.labels = labels

    def _error(self, error: float) -> str:
        return f"{100 * error:.2f}%" if self.share else f"{error:.4f}"

    def ground(self) -> None:
        """What the numbers are."""
        setting = self.setting
        for (x, y), label in zip(self.spots, self.labels, strict=True):
            setting.canvas.text(
                label, x, y + self.label_drop, setting.faces.words, setting.layout.small, setting.theme.quiet
            )

    def draw(self, frame: Frame) -> None:
        """The numbers, filled with faint zeros where they could have more digits."""
        setting = self.setting
        theme, canvas, figures = setting.theme, setting.canvas, setting.faces.figures
        texts: tuple[tuple[str, Colour], ...] = (
            (f"{frame.cycle:,}", theme.ink),
            (self._error(frame.error), theme.error),
        )
        for (x, y), (text, ink), sample in zip(self.spots, texts, self.samples, strict=True):
            missing = len(sample) - len(text)
            if missing > 0:
                zeros = "".join("," if character == "," else "0" for character in sample[:missing])
                canvas.text(zeros, x, y, figures, self.size, mix(theme.centre, ink, 0.28))
            canvas.text(text, x + missing * self.digit, y, figures, self.size, ink)
