"""Renderer: one figure with its panels that draws any Frame, opaque or transparent, also as FuncAnimation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Any, Protocol

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage, FigureImage

from netviz.drawing.backdrop import gradient, plain
from netviz.drawing.canvas import Canvas
from netviz.drawing.color_space import RGB, YUV420, Bytes, Space
from netviz.drawing.glow import GlowLayer
from netviz.drawing.layout import Rect, arrange, names_of
from netviz.drawing.panels.answers import AnswersPanel
from netviz.drawing.panels.blocks import has_blocks
from netviz.drawing.panels.classic import ClassicHeaderPanel, ClassicNetworkPanel, network_slot
from netviz.drawing.panels.counters import NumbersPanel
from netviz.drawing.panels.decision_boundary import BoundaryPanel
from netviz.drawing.panels.equations.panel import EquationsPanel
from netviz.drawing.panels.gradients import GradientsPanel
from netviz.drawing.panels.loss_curve import CurvePanel
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.own import OwnPanel, PicturePanel, TextPanel, lay_all
from netviz.drawing.panels.panel import Panel, RenderContext
from netviz.drawing.panels.table import TablePanel
from netviz.drawing.panels.titles import CaptionPanel, HeadingPanel, TitlePanel, draw_card, leave_card, write_on_card
from netviz.drawing.responses import Responses
from netviz.drawing.run_layout import arrange_runs, is_run_panel, panels_beside
from netviz.drawing.text import Typefaces, settings
from netviz.drawing.theme import Colour, colour, theme_of
from netviz.recording.recording import Recording
from netviz.scene.panels import OWN, AnyPanelSpec
from netviz.scene.scene import Look
from netviz.timeline.frame import Frame, node_counts
from netviz.timeline.sampled_answers import domain_of
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline

Factory = Callable[[RenderContext, AnyPanelSpec, Rect], Panel]

PANELS: Mapping[str, Factory] = {
    "title": TitlePanel,
    "caption": CaptionPanel,
    "network": NetworkPanel,
    "table": TablePanel,
    "answers": AnswersPanel,
    "numbers": NumbersPanel,
    "curve": CurvePanel,
    "boundary": BoundaryPanel,
    "picture": PicturePanel,
    "text": TextPanel,
    "equations": EquationsPanel,
    "gradients": GradientsPanel,
}
"""Classes of panels by their kind; called with the render context, the scene's spec of the panel, and its slot."""


BESIDE_LINES = 0.05
"""Gap at the left of a network with blocks in the classic style, as a part of its slot."""


def classic_network(context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> Panel:
    """Network of the classic style; one with blocks as in other styles, for which the original has no picture."""
    if has_blocks(context.recording):
        slot = network_slot(context)
        aside = BESIDE_LINES * slot.width  # from the lines of text at the left
        return NetworkPanel(context, spec, Rect(slot.x + aside, slot.y, slot.width - aside, slot.height))
    return ClassicNetworkPanel(context, spec, slot)


CLASSIC: Mapping[str, Factory] = {"network": classic_network, "caption": ClassicHeaderPanel}
"""Panels of the classic style, these two alone, which share the whole picture; and pictures and texts over it."""


_GLOWS = {"glow": True, "classic": False, "playground": False}
"""True for each style in which shining things have a halo."""


MOST_LIGHT_SOURCES = 600
"""Most halos of a network: in a large one many neurons and synapses share theirs."""


class Renderer:
    """Renderer of one film's frames, with one figure, in the style its scene names.

    space: colour space of the pictures, RGB for looking at them or YUV420 for a film. background: one colour behind
    everything instead of the theme's background; alpha is computed from such pictures, so they are drawn without noise.
    """

    def __init__(self, timeline: Timeline | SideBySide, space: Space = RGB, background: Colour | None = None) -> None:
        recordings = timeline.recordings
        scene = timeline.scenes[0]
        theme = theme_of(scene)
        self.glows = _GLOWS[scene.style]
        size = scene.output.size
        light_sources = (
            sum(
                min(_light_source_count(of, each), MOST_LIGHT_SOURCES)
                for of, each in zip(recordings, timeline.scenes, strict=True)
            )
            if self.glows
            else 0
        )
        with settings():
            self.canvas = Canvas(size, space)
            self.field = GlowLayer(size, space, light_sources, darkens=theme.is_light, dithers=background is None)
            faces = Typefaces.make(scene.font, scene.figures_font)
            first, has_cues = recordings[0], bool(timeline.plan.cues)
            responses = responses_of(first, scene)
            context = RenderContext(
                first, scene, arrange(scene), theme, faces, self.canvas, self.field, responses, self.glows, has_cues
            )
            self.context = context
            shown = [*(_panels(context) if len(recordings) == 1 else _panels_of_runs(context, timeline))]
            behind = [panel for panel, _ in takewhile(lambda each: isinstance(each[0], OwnPanel), shown)]
            shown = shown[len(behind) :]
            self.panels, self._runs = [panel for panel, _ in shown], [run for _, run in shown]
            self.title = next((panel for panel in self.panels if isinstance(panel, TitlePanel)), None)
            memory = self.canvas.memory
            empty = gradient(self.canvas, theme) if background is None else plain(self.canvas, background)
            empty = lay_all(self.canvas, [panel for panel in behind if isinstance(panel, OwnPanel)], empty)
            # Own pictures and words stand on the card as well, and stay while everything else fades.
            self.bare = lay_all(self.canvas, [panel for panel in self.panels if isinstance(panel, OwnPanel)], empty)
            draw_card(context)
            self.canvas.settle()
            self.card = memory.copy()
            memory[:] = empty
            for panel in self.panels:
                panel.ground()
            self.canvas.settle()
            self.ground = memory.copy()
            self._illuminated = memory.copy()
            self.field.stand_on(*(self.canvas.groups_of(memory) for memory in (self.ground, self._illuminated)))
        self.glow_width = 9 * context.layout.unit

    def draw(self, frame: Frame) -> Bytes:
        """Draw a frame; the picture is in the renderer's colour space.

        RGB: (height, width, 3), red, green, blue. YUV420: (height * 3 / 2, width), the three planes one after the
        other. Valid until the next call.
        """
        with settings():
            leaves_card = 0 < frame.card < 1 and frame.drawn < 1
            if frame.card > 0 and not leaves_card:
                self.canvas.memory[:] = self.card
                write_on_card(self.context, frame)
                self.canvas.settle()
            else:
                self._compose(frame)
            level = frame.presence if leaves_card else max(frame.card, frame.presence)
            if level < 1:
                self._fade(level)
            if leaves_card:
                leave_card(self.context, self.title, frame)
                self.canvas.settle()
        return self.canvas.picture_of(self.canvas.memory)

    def _compose(self, frame: Frame) -> None:
        several = (frame, *frame.beside)
        shown = [(panel, several[run]) for panel, run in zip(self.panels, self._runs, strict=True)]
        if self.glows:
            brightness = np.zeros((self.field.light_sources, 3))
            blobs = [blob for panel, of in shown for blob in panel.light(of, brightness)]
            if frame.glow != 1:
                brightness *= frame.glow
                blobs = [(x, y, height, colour * frame.glow) for x, y, height, colour in blobs]
            self.field.shine(brightness, blobs, self.glow_width)
        self.canvas.memory[:] = self._illuminated
        for panel, of in shown:
            if of.drawn < 1 and isinstance(panel, NetworkPanel):
                panel.unlight(of, self.ground)
        for panel, of in shown:
            panel.draw(of)
        self.canvas.settle()

    def _fade(self, level: float) -> None:
        memory = self.canvas.memory
        weight = np.uint16(round(level * 256))
        memory[:] = (memory * weight + self.bare * (np.uint16(256) - weight)) >> np.uint16(8)


def responses_of(recording: Recording, scene: Look) -> Responses | None:
    """Responses of a recording's neurons over the input plane; None for scenes whose inputs are no points of one."""
    if not scene.is_planar or not recording.network.is_exact:
        return None
    return Responses(recording, domain_of(recording, scene))


def _light_source_count(recording: Recording, scene: Look) -> int:
    """Number of light sources of a network: its nodes, synapses and blocks."""
    nodes, layers = node_counts(scene), recording.network.layers
    synapses = (a * b for (a, b), layer in zip(pairwise(nodes), layers[1:], strict=True) if layer.is_dense)
    return sum(nodes) + sum(synapses) + sum(len(layer.blocks) for layer in layers)


def _panels(context: RenderContext) -> Iterator[tuple[Panel, int]]:
    """The panels of the scene from back to front, each with the number of the run it shows: 0."""
    scene, layout = context.scene, context.layout
    shown = scene.shown_panels
    whole = Rect(0, 0, *layout.size)
    for name, spec in zip(names_of(shown), shown, strict=True):
        if scene.style != "classic":
            yield PANELS[spec.panel](context, spec, layout.places[name]), 0
        elif spec.panel in CLASSIC:
            yield CLASSIC[spec.panel](context, spec, whole), 0
        elif spec.panel in OWN:
            yield PANELS[spec.panel](context, spec, layout.places[name]), 0


def _panels_of_runs(context: RenderContext, timeline: Timeline | SideBySide) -> Iterator[tuple[Panel, int]]:
    """Panels of a scene that compares runs: those of each run, with its number, and those that all share, with 0."""
    recordings, scenes, scene = timeline.recordings, timeline.scenes, context.scene
    shared, own = arrange_runs(scene, len(recordings))
    context = replace(context, layout=shared, compared=recordings, compared_scenes=scenes, names=timeline.names)
    runs = [
        replace(context, recording=recording, scene=of, layout=layout, responses=responses_of(recording, of))
        for recording, of, layout in zip(recordings, scenes, own, strict=True)
    ]
    panels = panels_beside(scene)
    for name, spec in zip(names_of(panels), panels, strict=True):
        if not is_run_panel(spec):
            yield PANELS[spec.panel](context, spec, shared.places[name]), 0
            continue
        for number, run in enumerate(runs):
            yield PANELS[spec.panel](run, spec, run.layout.places[name]), number
    for number, (run, name) in enumerate(zip(runs, timeline.names, strict=True)):
        yield HeadingPanel(run, name, number, run.layout.places["heading"]), number


# Transparent pictures, to be laid over something else: each is drawn on black and on white, which gives its alpha.
#
# What is drawn covers the background with a share a (alpha) in a colour c. That is a c on black and a c + (1 - a) on
# white: the difference is 1 - a. Light that is added, and ink that is subtracted, has no a of its own; it gets the one
# of the channel in which it changes the background most. (After A. R. Smith and J. F. Blinn, Blue Screen Matting,
# SIGGRAPH 1996.)

BLACK, WHITE = colour("#000000"), colour("#ffffff")
_FULL = np.uint8(255)
MATTE_ROWS = 32
"""Rows whose alpha is computed at once, few enough to stay in the processor's cache."""
CHECKS, CHECK_GREYS = 36, (96, 128)
"""Number of checks along the shorter side, and their two greys, 0 to 255."""


class TransparentRenderer:
    """Renderer of a film without a background, from one renderer on black and one on white."""

    def __init__(self, timeline: Timeline | SideBySide) -> None:
        self._on_black = Renderer(timeline, RGB, BLACK)
        self._on_white = Renderer(timeline, RGB, WHITE)
        self._is_light = self._on_black.context.theme.is_light
        width, height = self._on_black.canvas.size
        self._picture = np.empty((height, width, 4), np.uint8)

    def draw(self, frame: Frame) -> Bytes:
        """Draw a frame (height, width, 4): red, green, blue, not multiplied with alpha, and alpha."""
        on_black, on_white = self._on_black.draw(frame), self._on_white.draw(frame)
        matte(on_black, on_white, self._is_light, self._picture)
        return self._picture


def matte(on_black: Bytes, on_white: Bytes, is_ink: bool, into: Bytes) -> None:
    """Compute a picture with alpha (height, width, 4) from two without (height, width, 3), on black and on white.

    is_ink: whether glow is subtracted from the background instead of added; on black it cannot be seen. Only what is
    not wholly clear is worked out, a few rows at a time, plane by plane.
    """
    divided = _divided()
    for top in range(0, len(into), MATTE_ROWS):
        part = slice(top, top + MATTE_ROWS)
        black, white = ([np.ascontiguousarray(of[part, :, c]) for c in range(3)] for of in (on_black, on_white))
        alpha = _FULL - np.minimum.reduce([w - np.minimum(b, w) for b, w in zip(black, white, strict=True)])
        into[part] = 0
        seen = np.flatnonzero(alpha)
        alpha = alpha.ravel()[seen]
        places, pixels = alpha.astype(np.uint16) << np.uint16(8), alpha.astype(np.uint32) << np.uint32(24)
        for number, channel in enumerate(white if is_ink else black):
            shown = channel.ravel()[seen]
            if is_ink:
                shown -= np.minimum(shown, _FULL - alpha)
            pixels |= divided.take(places | shown).astype(np.uint32) << np.uint32(8 * number)
        into[part].view("<u4").reshape(-1)[seen] = pixels


def over_checks(picture: Bytes) -> Bytes:
    """Lay a picture (height, width, 4) over a checkerboard, which stands for transparency: (height, width, 3)."""
    height, width = picture.shape[:2]
    side = max(1, min(height, width) // CHECKS)
    y, x = np.arange(height)[:, None] // side, np.arange(width) // side
    checks = np.where((x + y) % 2, *CHECK_GREYS).astype(np.uint32)[..., None]
    alpha = picture[..., 3:].astype(np.uint32)
    laid: Bytes = ((picture[..., :3] * alpha + checks * (255 - alpha) + 127) // 255).astype(np.uint8)
    return laid


@lru_cache(maxsize=1)
def _divided() -> Bytes:
    """Table (65536,) of colours divided by alpha, at 256 alpha + colour times alpha. All in bytes."""
    alpha, product = np.divmod(np.arange(1 << 16), 256)
    divisor = np.maximum(alpha, 1)
    colours: Bytes = np.minimum((255 * product + divisor // 2) // divisor, 255).astype(np.uint8)
    return colours


# Choice of the renderer: with a background, for films, or transparent, to be laid over something else.


class AnyRenderer(Protocol):
    """Interface of renderers: opaque and transparent ones."""

    def draw(self, frame: Frame) -> Bytes:
        """Draw a frame; the picture is valid until the next call."""
        ...


def make_renderer(timeline: Timeline | SideBySide, is_transparent: bool = False) -> AnyRenderer:
    """Make a film's renderer: in the planes that encoders take, or transparent, without a background."""
    return TransparentRenderer(timeline) if is_transparent else Renderer(timeline, YUV420)


# The film as matplotlib's FuncAnimation, for windows, notebooks and custom writers.


def make_animation(timeline: Timeline | SideBySide, figure: Figure | None = None) -> FuncAnimation:
    """Animation of every frame of the timeline, drawn by the renderer that draws the film.

    figure: one of the user's, from pyplot for example, which the film then fills; without it a figure of exactly the
    film's size in pixels, for saving.
    """
    renderer = Renderer(timeline)
    width, height = timeline.scenes[0].output.size
    first = renderer.draw(timeline.frame(0))
    picture: FigureImage | AxesImage
    if figure is None:
        figure = Figure(figsize=(width / 100, height / 100), dpi=100)
        FigureCanvasAgg(figure)
        picture = figure.figimage(first, origin="upper")  # pixel by pixel, which is much faster than scaled
    else:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        picture = axes.imshow(first, interpolation="nearest", aspect="equal", resample=False)

    def show(index: int) -> list[Any]:
        picture.set_data(renderer.draw(timeline.frame(index)))
        return [picture]

    return FuncAnimation(
        figure,
        show,
        frames=timeline.frame_count,
        interval=float(1000 / timeline.plan.fps),
        blit=False,  # the whole picture changes, so there is no background to be saved
        repeat=False,
        cache_frame_data=False,
    )


def draw_frames(
    timeline: Timeline | SideBySide, renderer: AnyRenderer | None = None, frames: Iterable[int] | None = None
) -> Iterator[Bytes]:
    """Pictures of a film's frames, in the order given; a frame that looks like the one before is not drawn again.

    renderer: without one pictures are (height * 3 / 2, width), planes of luma and chroma, as `Renderer.draw` says. All
    are the renderer's own memory: use each before asking for the next. frames: all of the film's if not given.
    """
    renderer = make_renderer(timeline) if renderer is None else renderer
    last: Any = None
    picture: Bytes | None = None
    for index in range(timeline.frame_count) if frames is None else frames:
        key = timeline.key(index)
        if picture is None or key != last:
            picture, last = renderer.draw(timeline.frame(index)), key
        yield picture


def draw_picture(timeline: Timeline | SideBySide, frame: int) -> Bytes:
    """Draw one frame of a film: (height, width, 3), or with alpha (height, width, 4) if the film is transparent."""
    is_transparent = timeline.scenes[0].output.transparent
    renderer = TransparentRenderer(timeline) if is_transparent else Renderer(timeline)
    return renderer.draw(timeline.frame(frame)).copy()
