"""The stage: one figure with its panels; a Frame goes in, a picture comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from netviz.film.frame import Frame
from netviz.film.nodes import node_counts
from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.learn.recording import Recording
from netviz.picture.beside import arrange_runs, is_run_panel
from netviz.picture.canvas import Canvas
from netviz.picture.glow import LightField
from netviz.picture.layout import Rect, arrange, names_of
from netviz.picture.palettes import theme_of
from netviz.picture.panels.boundary import BoundaryPanel
from netviz.picture.panels.classic import ClassicHeaderPanel, ClassicNetworkPanel
from netviz.picture.panels.curve import CurvePanel
from netviz.picture.panels.equations.panel import EquationsPanel
from netviz.picture.panels.header import CaptionPanel, TitlePanel, draw_card, write_on_card
from netviz.picture.panels.heading import HeadingPanel
from netviz.picture.panels.network import NetworkPanel
from netviz.picture.panels.numbers import NumbersPanel
from netviz.picture.panels.panel import Panel, Setting
from netviz.picture.panels.picture import PicturePanel
from netviz.picture.panels.table import TablePanel
from netviz.picture.responses import Responses, domain_of
from netviz.picture.space import RGB, Bytes, Space
from netviz.picture.theme import Colour, Theme
from netviz.picture.type import Typefaces, settings
from netviz.scene.panels import AnyPanel
from netviz.scene.spec import Scene

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


MOST_LAMPS = 600
"""Halos of a network: of a large one many neurons and synapses share theirs."""


class Stage:
    """The figure of one film, in the style its scene names.

    space: what the pictures are made of, RGB for looking at them or YUV420 for a film. ground: one colour behind
    everything instead of the theme's ground; what is measured by it is drawn without a trace of noise.
    """

    def __init__(self, timeline: Timeline | SideBySide, space: Space = RGB, ground: Colour | None = None) -> None:
        recordings = timeline.recordings
        scene = recordings[0].scene
        theme = theme_of(scene)
        self.lit = LIT[scene.style]
        size = scene.output.size
        lamps = sum(min(_lights(each.scene), MOST_LAMPS) for each in recordings) if self.lit else 0
        with settings():
            self.canvas = Canvas(size, space)
            self.field = LightField(size, space, lamps, darkens=theme.is_light, dithers=ground is None)
            faces = Typefaces.make(scene.font)
            first, told = recordings[0], bool(timeline.plan.cues)
            responses = responses_of(first)
            setting = Setting(first, arrange(scene), theme, faces, self.canvas, self.field, responses, self.lit, told)
            self.setting = setting
            shown = [*(_panels(setting) if len(recordings) == 1 else _beside(setting, timeline))]
            self.panels, self._runs = [panel for panel, _ in shown], [run for _, run in shown]
            memory = self.canvas.memory
            self.bare = _gradient(self.canvas, theme) if ground is None else _plain(self.canvas, ground)
            memory[:] = self.bare
            draw_card(setting)
            self.canvas.settle()
            self.card = memory.copy()
            memory[:] = self.bare
            for panel in self.panels:
                panel.ground()
            self.canvas.settle()
            self.ground = memory.copy()
            self._lit = memory.copy()
            self.field.stand_on(*(self.canvas.groups_of(memory) for memory in (self.ground, self._lit)))
        self.glow_width = 9 * setting.layout.unit

    def draw(self, frame: Frame) -> Bytes:
        """The picture of a frame, as its space says.

        RGB: (height, width, 3), red, green, blue. YUV420: (height * 3 / 2, width), the three planes one after the
        other. Valid until the next call.
        """
        with settings():
            if frame.card > 0:
                self.canvas.memory[:] = self.card
                write_on_card(self.setting, frame)
                self.canvas.settle()
            else:
                self._compose(frame)
        level = max(frame.card, frame.presence)
        if level < 1:
            self._fade(level)
        return self.canvas.picture_of(self.canvas.memory)

    def _compose(self, frame: Frame) -> None:
        several = (frame, *frame.beside)
        shown = [(panel, several[run]) for panel, run in zip(self.panels, self._runs, strict=True)]
        if self.lit:
            brightness = np.zeros((self.field.lamps, 3))
            blobs = [blob for panel, of in shown for blob in panel.light(of, brightness)]
            if frame.glow != 1:
                brightness *= frame.glow
                blobs = [(x, y, height, colour * frame.glow) for x, y, height, colour in blobs]
            self.field.shine(brightness, blobs, self.glow_width)
        self.canvas.memory[:] = self._lit
        for panel, of in shown:
            panel.draw(of)
        self.canvas.settle()

    def _fade(self, level: float) -> None:
        memory = self.canvas.memory
        weight = np.uint16(round(level * 256))
        memory[:] = (memory * weight + self.bare * (np.uint16(256) - weight)) >> np.uint16(8)


def responses_of(recording: Recording) -> Responses | None:
    """What every neuron answers all over the plane, for scenes that show it."""
    scene = recording.scene
    if not scene.is_planar:
        return None
    return Responses(recording, domain_of(recording))


def _lights(scene: Scene) -> int:
    """What of a network can shine: its nodes and synapses."""
    nodes = node_counts(scene)
    return sum(nodes) + sum(a * b for a, b in pairwise(nodes))


def _panels(setting: Setting) -> Iterator[tuple[Panel, int]]:
    """The panels of the scene from back to front, each with the number of the run it shows: 0."""
    scene, layout = setting.recording.scene, setting.layout
    shown = scene.shown_panels
    whole = Rect(0, 0, *layout.size)
    for name, spec in zip(names_of(shown), shown, strict=True):
        if scene.style != "classic":
            yield PANELS[spec.panel](setting, spec, layout.places[name]), 0
        elif spec.panel in CLASSIC:
            yield CLASSIC[spec.panel](setting, spec, whole), 0


def _beside(setting: Setting, timeline: Timeline | SideBySide) -> Iterator[tuple[Panel, int]]:
    """The panels of a scene that compares runs: those of each run, and those that are the same for all."""
    recordings, scene = timeline.recordings, setting.recording.scene
    shared, own = arrange_runs(scene, len(recordings))
    setting = replace(setting, layout=shared, compared=recordings, names=timeline.names)
    runs = [
        replace(setting, recording=recording, layout=layout, responses=responses_of(recording))
        for recording, layout in zip(recordings, own, strict=True)
    ]
    for name, spec in zip(names_of(scene.shown_panels), scene.shown_panels, strict=True):
        if not is_run_panel(spec):
            yield PANELS[spec.panel](setting, spec, shared.places[name]), 0
            continue
        for number, run in enumerate(runs):
            yield PANELS[spec.panel](run, spec, run.layout.places[name]), number
    for number, (run, name) in enumerate(zip(runs, timeline.names, strict=True)):
        yield HeadingPanel(run, name, number, run.layout.places["heading"]), number


def _plain(canvas: Canvas, ground: Colour) -> Bytes:
    memory = np.empty_like(canvas.memory)
    for plane, byte in zip(canvas.planes_of(memory), canvas.space.bytes_of(ground), strict=True):
        plane[:] = np.rint(byte)
    return memory


def _gradient(canvas: Canvas, theme: Theme) -> Bytes:
    """The empty ground: lighter in the middle, with a trace of noise so that no bands are seen."""
    memory = np.empty_like(canvas.memory)
    for (step, channels), planes in zip(canvas.space.groups, canvas.groups_of(memory), strict=True):
        x, y = ((2 * np.arange(0, side, step, dtype=np.float32) + step - side) / side for side in canvas.size)
        away = np.sqrt(np.float32(0.6) * (x**2 + (y**2)[:, None]))
        np.minimum(away, 1, out=away)
        noise = np.random.default_rng(7).random(away.shape, dtype=np.float32)
        ends = (canvas.space.bytes_of(colour)[channels] for colour in (theme.centre, theme.edge))
        for plane, middle, edge in zip(planes, *ends, strict=True):
            plane[:] = away * (edge - middle) + middle + noise
    return memory
