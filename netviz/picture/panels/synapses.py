"""The synapses: lines by sign and strength that shine with what they carry, and the comets that run along them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame, Pulse
from netviz.film.nodes import state_of
from netviz.learn.recording import AT_REST
from netviz.picture.fold import Folded
from netviz.picture.glow import Blobs
from netviz.picture.panels.panel import Setting
from netviz.picture.panels.scale import LevelScale, playground_width
from netviz.picture.panels.sheaf import Looks, Sheaf
from netviz.picture.panels.spotlight import shares
from netviz.picture.panels.strokes import Strokes
from netviz.picture.theme import Colour
from netviz.picture.wiring import Places
from netviz.picture.wiring import curves as curves_of

Floats = NDArray[np.float64]

TAIL = 0.2
"""Length of a comet's tail, as a part of its synapse."""
TAIL_LIGHTS = 24
HALO_LIGHTS = slice(None, None, 4)
"""The halo of a comet is wide: a few of its lights make it."""
MANY = 120
"""Lines of a weight layer from which on they are the thinner the more they are."""
MOST_STROKES = 200
"""Lines that are drawn one by one; more are drawn together."""
MOST_TRIED = 8
"""Examples of a cycle whose weights are tried as what leads to it."""
MOST_COMETS = 40
"""Comets at once on the lines of a weight layer that has more synapses than lines."""
CORE = 0.42
"""Width of a shining synapse's core, as a part of the synapse's."""
PALEST = 0.3
"""In the style playground: how much of its colour the weakest synapse has."""


class Synapses:
    """The synapses of a network as strokes, and over them their bright cores; very many are drawn together (sheaf.py).

    Of a weight layer with too many of them the strongest are lines; their halos are part of its haze (haze.py).
    """

    def __init__(self, setting: Setting, places: Places, scale: LevelScale, folded: Folded) -> None:
        self.setting, self.scale, self.drawn = setting, scale, folded.lines
        self.unit = setting.layout.unit
        self.is_playground = setting.recording.scene.style == "playground"
        self.lines = curves_of(places, folded.lines)
        # Where neurons stand close, lines are thinner and glow less: together they are still as bright.
        crowd = min(1.0, places.radius / (43 * self.unit))
        thickness = self.unit if self.is_playground else self.unit * crowd**0.6
        many = [np.full(len(lines), min(1.0, MANY / max(1, len(lines))) ** 0.4) for lines in self.lines]
        self.thickness, self.thicknesses = thickness, thickness * np.concatenate(many)
        most = max(
            [len(lines) for lines, drawn in zip(self.lines, self.drawn, strict=True) if drawn is None], default=1
        )
        self.halo = min(1.0, (16 / most) ** 0.5)
        sigma = (self.unit * 4.5, self.unit * 16)
        self.lamps = [
            np.array([setting.field.add_line(line, ((0.6, sigma[0]), (0.4, sigma[1]))) for line in layer])
            if drawn is None
            else np.empty(0, int)
            for layer, drawn in zip(self.lines if setting.lit else (), self.drawn, strict=False)
        ]
        everything = np.concatenate(self.lines)
        self._recorded = lru_cache(maxsize=MOST_TRIED + 4)(self._recorded_weights)
        self.sheaf = Sheaf(setting, self.lines, CORE) if len(everything) > MOST_STROKES else None
        self.bodies = Strokes(setting, everything, 1.0, "butt")
        self.cores = Strokes(setting, everything, CORE, "butt" if setting.theme.dashed else "round")

    def light(self, frame: Frame, brightness: Floats) -> list[Blobs]:
        """Halos by strength and by what is carried; comets glow."""
        theme, kept = self.setting.theme, self._kept(frame)
        for layer, lamps in enumerate(self.lamps):
            if not len(lamps):
                continue
            strength = self.scale.strength(frame.weights[layer])
            level = 0.06 + 0.45 * strength + 0.75 * np.sqrt(frame.carried[layer]) + 0.8 * np.abs(frame.change[layer])
            level *= self.halo * np.minimum(1, 12 * strength)
            level = level if kept is None else level * kept[layer]
            brightness[lamps] = level.reshape(-1, 1) * theme.halo(self._sign_colour(frame.weights[layer].ravel()))
        return [blob for pulse in frame.pulses for blob in self._halos(pulse, frame)]

    def draw(self, frame: Frame) -> None:
        """Synapses, their cores where they shine, comets."""
        weights, carried, change = self._all(frame.weights), np.sqrt(self._all(frame.carried)), self._all(frame.change)
        reasons = 0.62 * carried, 0.5 * np.abs(change)
        kept = self._kept(frame)
        share = 1.0 if kept is None else self._all(kept)
        if self.sheaf is not None:
            states, part = self._states(frame, weights)
            self.sheaf.draw([self._looks(state, np.zeros(len(state))) for state in states], part, reasons)
        else:
            theme, shine = self.setting.theme, np.clip(reasons[0] + reasons[1], 0, 1)
            looks = self._looks(weights, shine)
            self.bodies.draw(weights, looks.widths, looks.colours, looks.opacity * share)
            sign = self._sign_colour(weights)
            core = sign + (theme.bright - sign) * (0.35 + 0.4 * shine[:, None]) * theme.flare
            self.cores.draw(weights, looks.widths, core, np.clip(shine * 1.05, 0, 0.95) * share)
        for pulse in frame.pulses:
            self._comets(pulse, frame)

    def _kept(self, frame: Frame) -> list[Floats] | None:
        """How much of its light each synapse keeps while one of them, or a neuron, is spoken of."""
        return shares(frame.spotlight, [layer.shape for layer in frame.weights])

    def _looks(self, weights: Floats, shine: Floats) -> Looks:
        """How lines look, of weights (n,), that shine (n,) so far."""
        theme, sign, shining = self.setting.theme, self._sign_colour(weights), shine[:, None]
        if self.is_playground:
            depth = np.maximum(PALEST, np.minimum(1, np.abs(weights)))[:, None]
            body, opacity = (1 - depth) * theme.middle + depth * sign, np.full(len(weights), 0.95)
            return Looks(weights, playground_width(weights) * self.thicknesses, opacity, body)
        body = (0.22 - 0.22 * shining) * theme.centre + (0.78 + 0.22 * shining) * sign
        opacity = np.clip(0.36 + 2.4 * self.scale.strength(weights), 0, 0.94)
        return Looks(weights, self.scale.width(weights) * self.thicknesses, opacity, body)

    def _states(self, frame: Frame, weights: Floats) -> tuple[list[Floats], float]:
        """The recorded weights that those now lie between, and how far they have come; else the weights now."""
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
        recording = self.setting.recording
        rest = np.flatnonzero(recording.example == AT_REST)
        at = int(np.searchsorted(recording.cycle[rest], frame.curve_cycle, side="right")) - 1
        following = int(rest[min(at + 1, len(rest) - 1)])
        yield int(rest[at]), following
        for row in range(int(rest[at]) + 1, min(following, int(rest[at]) + 1 + MOST_TRIED)):
            yield int(rest[at]), row

    def _recorded_weights(self, row: int) -> Floats:
        return self._all(state_of(self.setting.recording, row).weights)

    def _sign_colour(self, weights: Floats) -> Floats:
        theme = self.setting.theme
        return np.where(weights[:, None] > 0, theme.positive, theme.negative)

    def _of(self, layer: int, values: Floats) -> Floats:
        """What the lines of a weight layer have of values (nodes_l, n_{l+1})."""
        drawn = self.drawn[layer]
        return values.ravel() if drawn is None else values.ravel()[drawn]

    def _all(self, values: Sequence[Floats]) -> Floats:
        """What all lines have, layer after layer."""
        return np.concatenate([self._of(layer, each) for layer, each in enumerate(values)])

    def _running(self, pulse: Pulse, frame: Frame) -> tuple[NDArray[np.int64], Floats, Floats]:
        """The lines of its layer along which comets run; their weights, and the strengths of the comets, 0 to 1.

        If they are very many only the strongest.
        """
        weights, strength = self._of(pulse.layer, frame.weights[pulse.layer]), self._of(pulse.layer, pulse.strength)
        lines = np.arange(len(strength))
        if len(lines) > MOST_COMETS and self.drawn[pulse.layer] is not None:
            lines = np.sort(np.argsort(-strength, kind="stable")[:MOST_COMETS])
        return lines, weights[lines], np.sqrt(strength[lines])

    def _tails(self, pulse: Pulse, lines: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Where the comets' lights are, (synapses, lights, 2), and how they fade from head to tail (lights,)."""
        curves = self.lines[pulse.layer][lines]
        last = curves.shape[1] - 1
        behind = np.linspace(0, TAIL, TAIL_LIGHTS)
        at = pulse.position * (1 + TAIL * 0.5) - behind
        fade = np.where((at >= 0) & (at <= 1), (1 - behind / TAIL) ** 1.6, 0.0)
        at = np.clip(at if pulse.direction == "forward" else 1 - at, 0, 1) * last
        before = np.minimum(at.astype(int), last - 1)
        part = (at - before)[None, :, None]
        return (1 - part) * curves[:, before] + part * curves[:, before + 1], fade

    def _comet_colour(self, pulse: Pulse, weight: float) -> Colour:
        theme = self.setting.theme
        if pulse.direction == "backward":
            return theme.error
        return theme.positive if weight > 0 else theme.negative

    def _halos(self, pulse: Pulse, frame: Frame) -> list[Blobs]:
        lines, weights, strength = self._running(pulse, frame)
        where, fade = self._tails(pulse, lines)
        where, fade = where[:, HALO_LIGHTS], fade[HALO_LIGHTS]
        groups: list[Blobs] = []
        for sign in (weights > 0, weights <= 0):
            if sign.any():
                heights = (0.62 * strength[sign][:, None] * fade).ravel()
                x, y = where[sign].reshape(-1, 2).T
                colour = self.setting.theme.halo(self._comet_colour(pulse, float(weights[sign][0])))
                groups.append((x, y, heights, colour))
        return groups

    def _comets(self, pulse: Pulse, frame: Frame) -> None:
        theme = self.setting.theme
        lines, weights, strengths = self._running(pulse, frame)
        where, fade = self._tails(pulse, lines)
        if not fade.any():
            return
        seen = fade > 0
        for line, weight, strength in zip(where, weights, strengths, strict=True):
            if strength < 0.08:
                continue
            x, y = line[seen].T
            sigma = (0.4 * self.unit + 0.6 * self.thickness) * (1.3 + 3.4 * strength) * (0.35 + 0.65 * fade[seen])
            colour = theme.shining(self._comet_colour(pulse, weight), 0.72)
            height = (0.12 + 0.5 * strength) * fade[seen]
            self.setting.canvas.shine(x, y, height, sigma, colour)
