"""The stage: one figure with its panels; a Frame goes in, a picture comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import matplotlib
import numpy as np

from netviz.film.frame import Frame
from netviz.film.nodes import node_counts
from netviz.film.timeline import Timeline
from netviz.learn.recording import Recording
from netviz.picture.canvas import Canvas, Pixels
from netviz.picture.glow import LightField
from netviz.picture.layout import Rect, arrange, names_of
from netviz.picture.palettes import theme_of
from netviz.picture.panels.boundary import BoundaryPanel
from netviz.picture.panels.classic import ClassicHeaderPanel, ClassicNetworkPanel
from netviz.picture.panels.curve import CurvePanel
from netviz.picture.panels.equations.panel import EquationsPanel
from netviz.picture.panels.header import CaptionPanel, TitlePanel, draw_card
from netviz.picture.panels.network import NetworkPanel
from netviz.picture.panels.numbers import NumbersPanel
from netviz.picture.panels.panel import Panel, Setting
from netviz.picture.panels.picture import PicturePanel
from netviz.picture.panels.table import TablePanel
from netviz.picture.responses import Responses, domain_of
from netviz.picture.theme import Theme
from netviz.picture.type import DRAWING, Typefaces
from netviz.scene.panels import AnyPanel

Factory = Callable[[Setting, AnyPanel, Rect], Panel]

PANELS: Mapping[str, Factory] = {
    "title": TitlePanel,
    "caption": CaptionPanel,
    "network": NetworkPanel,
    "table": TablePanel,
    "numbers": NumbersPanel,
    "curve": CurvePanel,
    "boundary": BoundaryPanel,
    "picture": PicturePanel,
    "equations": EquationsPanel,
}
"""Who makes which kind of panel, from the setting, what the scene says of it, and its room."""

CLASSIC: Mapping[str, Factory] = {"network": ClassicNetworkPanel, "caption": ClassicHeaderPanel}
"""The classic style has these two alone, which share the whole picture."""


LIT = {"glow": True, "classic": False, "playground": False}
"""For every style whether what shines has a halo."""


class Stage:
    """The figure of one film, in the style its scene names."""

    def __init__(self, timeline: Timeline) -> None:
        recording = timeline.recording
        scene = recording.scene
        theme = theme_of(scene)
        self.lit = LIT[scene.style]
        size = scene.output.size
        nodes = node_counts(scene)
        lamps = sum(nodes) + sum(a * b for a, b in pairwise(nodes)) if self.lit else 0
        with matplotlib.rc_context(DRAWING):
            self.canvas = Canvas(size)
            self.field = LightField(size, lamps, darkens=theme.is_light)
            faces = Typefaces.make(scene.font)
            setting = Setting(
                recording, arrange(scene), theme, faces, self.canvas, self.field, responses_of(recording), self.lit
            )
            self.panels = [*_panels(setting)]
            self.bare = _gradient(size, theme)
            self.canvas.pixels[:] = self.bare
            draw_card(setting)
            self.card = self.canvas.pixels.copy()
            self.canvas.pixels[:] = self.bare
            for panel in self.panels:
                panel.ground()
            self.ground = self.canvas.pixels.copy()
        self.glow_width = 9 * setting.layout.unit

    def draw(self, frame: Frame) -> Pixels:
        """The picture of a frame, (height, width, 4) red, green, blue, opacity; valid until the next call."""
        with matplotlib.rc_context(DRAWING):
            if frame.card > 0:
                self.canvas.pixels[:] = self.card
            else:
                self._compose(frame)
            level = max(frame.card, frame.presence)
            if level < 1:
                self._fade(level)
        return self.canvas.pixels

    def _compose(self, frame: Frame) -> None:
        if self.lit:
            brightness = np.zeros((self.field.lamps, 3))
            blobs = [blob for panel in self.panels for blob in panel.light(frame, brightness)]
            self.field.add_to(self.ground, self.canvas.pixels, brightness, blobs, self.glow_width)
        else:
            self.canvas.pixels[:] = self.ground
        for panel in self.panels:
            panel.draw(frame)

    def _fade(self, level: float) -> None:
        pixels = self.canvas.pixels
        weight = np.uint16(round(level * 256))
        pixels[:] = (pixels * weight + self.bare * (np.uint16(256) - weight)) >> np.uint16(8)


def responses_of(recording: Recording) -> Responses | None:
    """What every neuron answers all over the plane, for scenes that show it."""
    scene = recording.scene
    if not scene.is_planar:
        return None
    return Responses(recording, domain_of(recording))


def _panels(setting: Setting) -> Iterator[Panel]:
    """The panels of the scene from back to front."""
    scene, layout = setting.recording.scene, setting.layout
    shown = scene.shown_panels
    whole = Rect(0, 0, *layout.size)
    for name, spec in zip(names_of(shown), shown, strict=True):
        if scene.style != "classic":
            yield PANELS[spec.panel](setting, spec, layout.places[name])
        elif spec.panel in CLASSIC:
            yield CLASSIC[spec.panel](setting, spec, whole)


def _gradient(size: tuple[int, int], theme: Theme) -> Pixels:
    """The empty ground: lighter in the middle, with a trace of noise so that no bands are seen."""
    width, height = size
    x = np.linspace(-1, 1, width)[None, :]
    y = np.linspace(-1, 1, height)[:, None]
    away = np.clip(np.sqrt(0.6 * x**2 + 0.6 * y**2), 0, 1)[:, :, None]
    colours = 255 * ((1 - away) * theme.centre + away * theme.edge)
    noise = np.random.default_rng(7).random((height, width, 1))
    picture = np.empty((height, width, 4), np.uint8)
    picture[:, :, :3] = colours + noise
    picture[:, :, 3] = 255
    return picture
