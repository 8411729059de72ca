"""Synapses: lines by sign and strength, the light of what they carry, comets, and very many drawn in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.collections import LineCollection

from netviz.drawing.canvas import FAINTEST, HALF, CoverDrawing
from netviz.drawing.glow import Blobs
from netviz.drawing.layer_collapsing import CollapsedNetwork
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.growth import tips
from netviz.drawing.panels.panel import LevelScale, RenderContext, playground_width
from netviz.drawing.panels.ribbons import TAIL, Ribbon, Ribbons, head_of, level_of
from netviz.drawing.panels.strokes import Strokes, dashes, shares, staged_colour, staged_width
from netviz.drawing.panels.terms_in_network import TermsInNetwork
from netviz.drawing.synapse_curves import curve
from netviz.drawing.synapse_curves import curves as curves_of
from netviz.drawing.theme import Colour, Theme, mix
from netviz.recording.layers import Floats, Integers
from netviz.recording.recording import AT_REST
from netviz.timeline.frame import Frame, Pulse, state_of

HALO_LIGHTS = 8
"""Lights of a comet's halo: halos are wide, so a few are enough."""
LEAST_WIDTH, LEAST_OPACITY, FAINT_OPACITY = 2.2, 0.5, 0.36
"""Width of the thinnest synapse in thousandths of the shorter side, where all are drawn, and its opacity there and
where only the strongest are."""
COMET_WIDTH = 3.4
"""Width of a comet on the thinnest synapse, in thousandths of the shorter side."""
COMET_CORE = 0.38
"""Part of the theme's brightest in the core of a comet, 0 to 1: it is still of its colour."""
FAINT_COMET = 0.08
"""Strength below which a comet is not drawn."""
MANY = 120
"""Number of lines of a weight layer above which they become thinner the more they are."""
MOST_STROKES = 200
"""Most lines that are drawn one by one; more are drawn together."""
MOST_TRIED = 8
"""Most examples of a cycle whose weights are tried as the next recorded ones."""
MOST_COMETS = 40
"""Most comets at once on the lines of a weight layer that has more synapses than lines."""
CORE = 0.42
"""Width of a shining synapse's core, as a part of the synapse's."""
GHOST_INK = 0.45
"""Share of ink in the pale colour of a ghost."""
SET_OFF = 0.6
"""Part of their strength that very many lines lose while a signal is there, which sets off those that carry it."""
PAPER_CORES = 0.5
"""Part of its flare that a light theme's synapses have."""
PALEST = 0.3
"""Part of its colour that the weakest synapse has in the style playground."""
STAGED_GLOW = 0.9
"""Least level of a highlighted synapse's halo."""


class Staged(NamedTuple):
    """A highlighted synapse (weight layer, from, to), the colour it has in the end, and the level, 0 to 1, of that."""

    synapse: tuple[int, int, int]
    weight: float
    colour: Colour
    level: float


def line_thickness(context: RenderContext, places: NetworkPositions) -> float:
    """Pixels of a line for each thousandth of the shorter side in its width.

    Where neurons are close together, lines are thinner and glow less: together they are still as bright.
    """
    unit = context.layout.unit
    crowd = min(1.0, places.radius / (43 * unit))
    return unit if context.scene.style == "playground" else unit * crowd**0.6


class Synapses:
    """The synapses of a network as strokes, and over them their bright cores; very many are drawn as a line batch.

    Of a weight layer with too many of them only the strongest are lines; their halos are part of its edge bundles
    (large_layers.py).
    """

    def __init__(
        self, context: RenderContext, places: NetworkPositions, scale: LevelScale, collapsed: CollapsedNetwork
    ) -> None:
        self.context, self.scale, self.drawn = context, scale, collapsed.lines
        self.terms: TermsInNetwork | None = None
        self.unit = context.layout.unit
        self.is_playground = context.scene.style == "playground"
        self.lines = curves_of(places, collapsed.lines)
        thickness = line_thickness(context, places)
        many = [np.full(len(lines), min(1.0, MANY / max(1, len(lines))) ** 0.4) for lines in self.lines]
        self.crowds = np.concatenate(many)
        self.shows_all = collapsed.drawn == sum(collapsed.synapses)
        are_all = self.shows_all
        self.least, self.faint = (LEAST_WIDTH * self.unit, LEAST_OPACITY) if are_all else (0.0, FAINT_OPACITY)
        self.thickness, self.thicknesses = thickness, thickness * self.crowds
        most = max(
            [len(lines) for lines, drawn in zip(self.lines, self.drawn, strict=True) if drawn is None], default=1
        )
        self.halo = min(1.0, (16 / most) ** 0.5)
        sigma = (self.unit * 4.5, self.unit * 16)
        self.light_sources = [
            np.array([context.field.add_line(line, ((0.6, sigma[0]), (0.4, sigma[1]))) for line in layer])
            if drawn is None
            else np.empty(0, int)
            for layer, drawn in zip(self.lines if context.glows else (), self.drawn, strict=False)
        ]
        everything = np.concatenate(self.lines)
        self._recorded = lru_cache(maxsize=MOST_TRIED + 4)(self._recorded_weights)
        self.line_batch = LineBatch(context, self.lines, CORE) if len(everything) > MOST_STROKES else None
        self.bodies = Strokes(context, everything, 1.0, "butt")
        self.ribbons = [Ribbons(context, layer) for layer in self.lines]
        self.ghosts = Strokes(context, everything, 1.0, "butt")
        self.cores = Strokes(context, everything, CORE, "butt" if context.theme.dashed else "round")
        self._strokes_of = lru_cache(maxsize=4)(
            lambda synapse: Strokes(context, curve(places, synapse)[None], 1.0, "butt")
        )

    def light(self, frame: Frame, brightness: Floats) -> list[Blobs]:
        """Set halos by strength and by the signal carried; return the comets' moving lights."""
        theme, dimming = self.context.theme, self._dimming(frame)
        for layer, light_sources in enumerate(self.light_sources):
            if not len(light_sources):
                continue
            strength = self.scale.strength(frame.weights[layer])
            level = 0.06 + 0.45 * strength + 0.75 * np.sqrt(frame.carried[layer]) + 0.8 * np.abs(frame.change[layer])
            level *= self.halo * np.minimum(1, 12 * strength)
            level = level if dimming is None else level * dimming[layer]
            colours = self._sign_colour(frame.weights[layer].ravel())
            if (staged := self._staged(frame)) is not None and staged.synapse[0] == layer:
                _, start, end = staged.synapse
                level[start, end] += staged.level * max(0.0, self.halo * STAGED_GLOW - level[start, end])
                line = start * level.shape[1] + end
                colours[line] = mix(colours[line], staged.colour, staged.level)
            brightness[light_sources] = level.reshape(-1, 1) * theme.halo(colours)
        return [blob for pulse in frame.pulses for blob in self._halos(pulse, frame)]

    def draw(self, frame: Frame) -> None:
        """Draw the synapses, their cores where they shine, and the comets."""
        weights, carried, change = self._all(frame.weights), np.sqrt(self._all(frame.carried)), self._all(frame.change)
        reasons = 0.62 * carried, 0.5 * np.abs(change)
        dimming = self._dimming(frame)
        share, staged = 1.0 if dimming is None else self._all(dimming), self._staged(frame)
        if self.line_batch is not None:
            states, part = self._states(frame, weights)
            looks_of = [self._looks(state, np.zeros(len(state))) for state in states]
            self.line_batch.draw(looks_of, part, reasons, 1 - SET_OFF * self._presence(frame))
        else:
            theme, shine = self.context.theme, np.clip(reasons[0] + reasons[1], 0, 1)
            looks = self._looks(weights, shine)
            widths, colours, opacity = looks.widths, looks.colours, looks.opacity * share
            inside = np.clip(shine * 1.05, 0, 0.95) * share
            for line in self._line_of(staged):
                assert staged is not None
                widths[line] += staged.level * (staged_width(widths[line], self.unit) - widths[line])
                colours[line] = mix(colours[line], staged.colour, staged.level)
                opacity[line] += staged.level * (1 - opacity[line])
                inside[line] *= 1 - staged.level  # a bright core would be mistaken for a weight near zero
            self.bodies.draw(weights, widths, colours, opacity)
            sign = self._sign_colour(weights)
            core = sign + (theme.bright - sign) * (0.35 + 0.4 * shine[:, None]) * core_flare(theme)
            self.cores.draw(weights, widths, core, inside)
        if staged is not None and not self._line_of(staged):
            self._stage_alone(staged)
        for pulse in frame.pulses:
            self._comets(pulse, frame)

    def draw_ghosts(self, frame: Frame) -> None:
        """Draw the synapses as they were before learning: in the width they had, pale in the colour of their sign."""
        weights = self._all(frame.ghosts)
        looks, theme = self._looks(weights, np.zeros(len(weights))), self.context.theme
        ink = theme.quiet if theme.is_light else theme.ink
        part = GHOST_INK * min(1.0, MANY / max(1, len(weights)))  # very many pale lines would be too bright together
        colours = part * ink + (1 - part) * self._sign_colour(weights)
        if self.line_batch is not None:
            self.line_batch.draw([looks._replace(colours=colours)], 0.0, (), frame.ghost_level)
        else:
            self.ghosts.draw(weights, looks.widths, colours, np.sqrt(looks.opacity) * frame.ghost_level)

    def draw_tips(self, frame: Frame, axis: int, place: float) -> None:
        """Draw a small light at the end of each synapse as it grows. axis, place: the front's, along the flow."""
        theme = self.context.theme
        for layer, lines in enumerate(self.lines):
            weights = self._of(layer, frame.weights[layer])
            strongest = np.argsort(-np.abs(weights), kind="stable")[:MOST_COMETS]
            points, weights = tips(lines[strongest], axis, place), weights[strongest]
            for sign in (weights > 0, weights <= 0):
                seen = sign & np.isfinite(points).all(axis=1)
                if seen.any():
                    strength = self.scale.strength(weights[seen])
                    colour = theme.shining(theme.positive if weights[seen][0] > 0 else theme.negative, 0.5)
                    sigma = self.unit * (2.2 + 3.0 * strength)
                    x, y = points[seen].T
                    self.context.canvas.shine(x, y, 0.35 + 0.5 * strength, sigma, colour)

    def _dimming(self, frame: Frame) -> list[Floats] | None:
        """Part of its light each synapse keeps while some are highlighted; None where all keep all."""
        spotlit = shares(frame.spotlight, [layer.shape for layer in frame.weights])
        used = None if self.terms is None else self.terms.shares(frame)
        if spotlit is None or used is None:
            return used if spotlit is None else spotlit
        return [one * other for one, other in zip(spotlit, used, strict=True)]

    def _presence(self, frame: Frame) -> float:
        """Level of the light that an example or situation gives a network of which not every synapse is a line."""
        if self.shows_all:
            return 0.0
        lingering = max(frame.lingering, default=0.0)
        return min(1.0, max(lingering, float(frame.arrived[0].max(initial=0.0))))

    def _staged(self, frame: Frame) -> Staged | None:
        """The synapse that is highlighted in a frame, None without one."""
        spotlight = frame.spotlight
        if spotlight is None or spotlight.synapse is None or spotlight.level <= 0:
            return None
        layer, start, end = spotlight.synapse
        weight = float(frame.weights[layer][start, end])
        colour = staged_colour(self.context.theme, weight, spotlight.near_zero)
        return Staged(spotlight.synapse, weight, colour, spotlight.level)

    def _line_of(self, staged: Staged | None) -> list[int]:
        """Number of a highlighted synapse's own line among all; none where it has none, or lines are drawn together."""
        if staged is None or self.line_batch is not None:
            return []
        layer, start, end = staged.synapse
        number, drawn = start * self.context.scene.outline.layers[layer + 1] + end, self.drawn[layer]
        before = sum(len(lines) for lines in self.lines[:layer])
        return [before + number] if drawn is None else (before + np.flatnonzero(drawn == number)).tolist()

    def _stage_alone(self, staged: Staged) -> None:
        """Draw a highlighted synapse over all others."""
        weight = np.array([staged.weight])
        width = staged_width(float(self.scale.width(weight)[0]) * self.thickness, self.unit)
        strokes = self._strokes_of(staged.synapse)
        strokes.draw(weight, np.array([width]), staged.colour[None], np.array([staged.level]))

    def _looks(self, weights: Floats, shine: Floats, lines: Integers | slice = slice(None)) -> Looks:
        """Looks of lines with weights (n,) that shine (n,) so far, 0 to 1. lines: their numbers, if not all."""
        theme, sign, shining = self.context.theme, self._sign_colour(weights), shine[:, None]
        if self.is_playground:
            depth = np.maximum(PALEST, np.minimum(1, np.abs(weights)))[:, None]
            body, opacity = (1 - depth) * theme.middle + depth * sign, np.full(len(weights), 0.95)
            return Looks(weights, playground_width(weights) * self.thicknesses[lines], opacity, body)
        body = (0.22 - 0.22 * shining) * theme.centre + (0.78 + 0.22 * shining) * sign
        opacity = np.clip(
            (LEAST_OPACITY if self.least else FAINT_OPACITY) + 2.4 * self.scale.strength(weights), 0, 0.94
        )
        least = self.least * self.crowds[lines]
        return Looks(weights, np.hypot(least, self.scale.width(weights) * self.thicknesses[lines]), opacity, body)

    def _states(self, frame: Frame, weights: Floats) -> tuple[list[Floats], float]:
        """Recorded weights before and after the frame's, and the part of the way between; else the frame's alone."""
        for row, row_after in self._rows_around(frame):
            before, after = self._recorded(row), self._recorded(row_after)
            way = after - before
            most = int(np.abs(way).argmax())
            part = float((weights[most] - before[most]) / way[most]) if way[most] else 0.0
            if -1e-9 < part < 1 + 1e-9 and np.allclose(before + part * way, weights, rtol=0, atol=1e-9):
                return [before, after], min(1.0, max(0.0, part))
        return [weights], 0.0

    def _rows_around(self, frame: Frame) -> Iterator[tuple[int, int]]:
        """Rows of the recording between which the weights of a frame may lie: while an example is presented its own.

        Otherwise the row at rest before the frame's cycle, with that after it or the first that are presented then.
        """
        if frame.row is not None:
            yield frame.row, frame.row if frame.row_after is None else frame.row_after
            return
        recording = self.context.recording
        rest = np.flatnonzero(recording.probe == AT_REST)
        at = int(np.searchsorted(recording.row_step[rest], frame.curve_cycle, side="right")) - 1
        following = int(rest[min(at + 1, len(rest) - 1)])
        yield int(rest[at]), following
        for row in range(int(rest[at]) + 1, min(following, int(rest[at]) + 1 + MOST_TRIED)):
            yield int(rest[at]), row

    def _recorded_weights(self, row: int) -> Floats:
        return self._all(state_of(self.context.recording, self.context.scene, row).weights)

    def _sign_colour(self, weights: Floats) -> Floats:
        theme = self.context.theme
        return np.where(weights[:, None] > 0, theme.positive, theme.negative)

    def _of(self, layer: int, values: Floats) -> Floats:
        """Values of a weight layer's lines, out of those of all its synapses (nodes_l, n_{l+1})."""
        drawn = self.drawn[layer]
        return values.ravel() if drawn is None else values.ravel()[drawn]

    def _all(self, values: Sequence[Floats]) -> Floats:
        """Values of all lines, layer after layer."""
        return np.concatenate([self._of(layer, each) for layer, each in enumerate(values)])

    def _running(self, pulse: Pulse, frame: Frame) -> tuple[Integers, Floats, Floats]:
        """Lines of a pulse's layer along which comets run; their weights, and the strengths of the comets, 0 to 1.

        Of very many only the strongest.
        """
        weights, strength = self._of(pulse.layer, frame.weights[pulse.layer]), self._of(pulse.layer, pulse.strength)
        lines = np.arange(len(strength))
        if len(lines) > MOST_COMETS and self.drawn[pulse.layer] is not None:
            lines = np.sort(np.argsort(-strength, kind="stable")[:MOST_COMETS])
        return lines, weights[lines], np.sqrt(strength[lines])

    def _tails(self, pulse: Pulse, lines: Integers) -> tuple[Floats, Floats]:
        """Positions of the lights of the comets' halos (synapses, lights, 2), and how bright they are (lights,)."""
        curves = self.lines[pulse.layer][lines]
        last = curves.shape[1] - 1
        behind = np.linspace(0, TAIL, HALO_LIGHTS)
        at = head_of(pulse) - behind
        fade = np.where((at >= 0) & (at <= 1), (1 - behind / TAIL) ** 1.3, 0.0) * level_of(pulse)
        at = np.clip(at if pulse.direction == "forward" else 1 - at, 0, 1) * last
        before = np.minimum(at.astype(int), last - 1)
        part = (at - before)[None, :, None]
        return (1 - part) * curves[:, before] + part * curves[:, before + 1], fade

    def _comet_colour(self, pulse: Pulse, weight: float) -> Colour:
        theme = self.context.theme
        if pulse.direction == "backward":
            return theme.error
        return theme.positive if weight > 0 else theme.negative

    def _halos(self, pulse: Pulse, frame: Frame) -> list[Blobs]:
        lines, weights, strength = self._running(pulse, frame)
        where, fade = self._tails(pulse, lines)
        groups: list[Blobs] = []
        for sign in (weights > 0, weights <= 0):
            if sign.any():
                heights = (0.5 * strength[sign][:, None] * fade).ravel()
                x, y = where[sign].reshape(-1, 2).T
                colour = self.context.theme.halo(self._comet_colour(pulse, float(weights[sign][0])))
                groups.append((x, y, heights, colour))
        return groups

    def _comets(self, pulse: Pulse, frame: Frame) -> None:
        """Draw the comets of a pulse as ribbons along its synapses; the error's run back, and have no sign."""
        theme, ribbons, back = self.context.theme, self.ribbons[pulse.layer], pulse.direction == "backward"
        lines, weights, strengths = self._running(pulse, frame)
        before = sum(len(layer) for layer in self.lines[: pulse.layer])
        widths = self._looks(weights, np.zeros(len(weights)), before + lines).widths
        broad = np.hypot(widths, COMET_WIDTH * self.thickness) * (0.55 + 0.6 * strengths)
        for line, weight, strength, width, own in zip(
            lines.tolist(), weights.tolist(), strengths.tolist(), broad.tolist(), widths.tolist(), strict=True
        ):
            if strength < FAINT_COMET:
                continue
            colour = self._comet_colour(pulse, weight)
            pure = colour if theme.is_light else theme.halo(colour)
            is_dashed = theme.dashed and weight < 0 and not back
            ribbons.draw(
                line,
                Ribbon(
                    head=head_of(pulse),
                    length=TAIL,
                    width=width,
                    colours=(pure, mix(colour, theme.bright, COMET_CORE * core_flare(theme))),
                    level=min(1.0, 0.35 + 0.75 * strength) * level_of(pulse),
                    dashed=own if is_dashed else None,
                ),
                is_backward=back,
            )


def core_flare(theme: Theme) -> float:
    """Part by which bright cores turn to the theme's brightest: on paper less than elsewhere, or ink is soot."""
    return PAPER_CORES * theme.flare if theme.is_light else theme.flare


# Line batches: very many strokes are drawn by matplotlib together, and the drawing is cached while it stays the same.

FINENESS, COARSENESS = 4, 1
"""Steps a pixel to which widths are rounded, of base strokes and of shining ones."""
SHADES = 32
"""Steps of a stroke's brightness relative to the brightest of its layer."""
LEAST_SHADE = 2
"""Step below which a stroke is not drawn as shining."""
CACHED_BASE, CACHED_SHINING = 3, 8
"""Number of drawings that are cached: of all strokes without light, and of a layer's that shine."""


class Looks(NamedTuple):
    """Looks of all strokes without light: weights, widths in pixels, opacity (n,), 0 to 1, colours (n, 3)."""

    weights: Floats
    widths: Floats
    opacity: Floats
    colours: Floats

    def cache_key(self, fine: int) -> bytes:
        """Bytes, equal for looks without a visible difference. fine: steps a pixel to which widths are rounded."""
        widths, opacity = _rounded(self.widths, fine), _rounded(self.opacity, 16 * fine)
        return np.column_stack([np.sign(self.weights), widths, opacity, self.colours]).tobytes()


class LineBatch:
    """Line batch: the lines of the synapses of some layers, (synapses, points, 2) each, drawn together.

    Every second of their points is enough. core: width of a shining stroke's core, as a part of the stroke's.

    The light of strokes changes from frame to frame, but mostly for all those of a layer together. So the strokes
    without light are one drawing, the shining ones of each layer another, which is laid over the first as far as the
    layer shines.
    """

    def __init__(self, context: RenderContext, layers: Sequence[Floats], core: float) -> None:
        self.context, self.canvas, self.core = context, context.canvas, core
        self.lines = [line for layer in layers for line in layer[:, np.r_[0 : layer.shape[1] - 1 : 2, -1]]]
        ends = np.cumsum([0, *(len(layer) for layer in layers)]).tolist()
        self.layers = [slice(start, stop) for start, stop in pairwise(ends)]
        every = np.concatenate(self.lines)
        (left, top), (right, bottom) = every.min(axis=0), every.max(axis=0)
        away = 12 * context.layout.unit
        self.slot = Rect(left - away, top - away, right - left + 2 * away, bottom - top + 2 * away)
        self._base = lru_cache(maxsize=CACHED_BASE)(self._draw_base)
        self._shining = lru_cache(maxsize=CACHED_SHINING)(self._draw_shining)

    def draw(self, states: Sequence[Looks], part: float, shining: Sequence[Floats], level: float = 1.0) -> None:
        """Draw all strokes.

        states: their looks without light, or those before and after a change of which `part` (0 to 1) is over. level:
        of these, from 0 to 1.
        shining: arrays (n,), one for each cause of light, 0 to 1. The light of one cause mostly has the same
        proportions for many frames.
        """
        if 0 < part < 1:
            first, second = (self._base(state.cache_key(FINENESS)) for state in states)
            self._put_between(first, second, part, level)
        else:
            self.canvas.put(self._base(states[-1 if part else 0].cache_key(FINENESS)), level)
        strokes = states[0].cache_key(COARSENESS)
        for shine in shining:
            for number, layer in enumerate(self.layers):
                most = float(shine[layer].max(initial=0.0))
                if most > FAINTEST:
                    shades = np.rint(SHADES * shine[layer] / most).astype(np.uint8)
                    self.canvas.put(self._shining(strokes, number, shades.tobytes()), min(1.0, most))

    def _put_between(self, first: CoverDrawing, second: CoverDrawing, part: float, level: float) -> None:
        """Blend two drawings into the picture at a level: the second by the share `part` of it, the first the rest."""
        memory = self.canvas.memory
        added = [
            drawing.cover * np.float32(level * share) * (drawing.ink - memory[drawing.places])
            for drawing, share in ((first, 1 - part), (second, part))
        ]
        for drawing, more in zip((first, second), added, strict=True):
            more += memory[drawing.places]
            more += HALF
            memory[drawing.places] = np.clip(more, 0, 255, out=more).astype(np.uint8)

    def _draw_base(self, strokes: bytes) -> CoverDrawing:
        every = np.frombuffer(strokes).reshape(-1, 6)
        weights, widths, opacity = every[:, :3].T
        return self._drawing([(np.arange(len(weights)), weights, widths, every[:, 3:], opacity, 1.0)])

    def _draw_shining(self, strokes: bytes, layer: int, shades: bytes) -> CoverDrawing:
        """Draw the strokes of a layer that shine, the brightest of them fully, and their cores."""
        shade = np.frombuffer(shades, np.uint8)
        which = np.flatnonzero(shade >= LEAST_SHADE)
        weights, widths, opacity = np.frombuffer(strokes).reshape(-1, 6)[self.layers[layer]][which, :3].T
        level, theme = shade[which] / SHADES, self.context.theme
        sign = np.where(weights[:, None] > 0, theme.positive, theme.negative)
        core = sign + (theme.bright - sign) * (0.35 + 0.4 * level[:, None]) * core_flare(theme)
        which = which + self.layers[layer].start
        return self._drawing(
            [
                (which, weights, widths, sign, opacity * level, 1.0),
                (which, weights, widths, core, np.minimum(0.95, 1.05 * level), self.core),
            ]
        )

    def _drawing(self, coats: Sequence[tuple[Integers, Floats, Floats, Floats, Floats, float]]) -> CoverDrawing:
        """Drawing of coats of strokes: numbers of lines, weights, widths, colours, opacity, part of the width drawn."""
        pens = []
        for which, weights, widths, colours, opacity, part in coats:
            own = part * widths
            pen = LineCollection([self.lines[number] for number in which], capstyle="butt")
            pen.set(color=np.column_stack([np.clip(colours, 0, 1), opacity]), linewidth=own)
            if self.context.theme.dashed:
                unit = self.context.layout.unit
                styles = [
                    dashes(width, unit, thin) if weight < 0 else (0, None)
                    for weight, width, thin in zip(weights.tolist(), widths.tolist(), own.tolist(), strict=True)
                ]
                pen.set(linestyle=styles)
            self.canvas.axes.add_collection(pen, autolim=False)
            pens.append(pen)
        drawing = self.canvas.drawing(*pens, slot=self.slot)
        for pen in pens:
            pen.remove()
        return drawing


def _rounded(values: Floats, steps: int) -> Floats:
    """Values rounded to steps of which so many make 1, at least one step."""
    return np.asarray(np.maximum(1, np.rint(steps * values)) / steps)
