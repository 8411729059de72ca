"""The network: neurons that light when the signal has come, synapses that carry it, comets on their way."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import EllipseCollection, LineCollection
from numpy.typing import NDArray

from netviz.film.frame import Frame, Pulse
from netviz.film.nodes import node_counts
from netviz.picture.glow import Blobs
from netviz.picture.layout import Rect
from netviz.picture.panels.names import Names, room_for_names
from netviz.picture.panels.panel import Setting
from netviz.picture.theme import Colour, mix
from netviz.picture.type import width
from netviz.picture.wiring import Places, curves, place
from netviz.scene.panels import AnyPanel

WHITE = np.ones(3)
DARK_INK_FROM = 0.51
"""Level of light at which dark figures are read better than light ones: the contrast is 4 to 1 there on both sides."""
TAIL = 0.2
"""Length of a comet's tail, as a part of its synapse."""
TAIL_LIGHTS = 30
HALO_LIGHTS = slice(None, None, 5)
"""The halo of a comet is wide: a few of its lights make it."""


class NetworkPanel:
    """Neurons, synapses, numbers and names in the middle of the picture."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        self.setting = setting
        scene = setting.recording.scene
        self.unit = setting.layout.unit
        self.places = place_network(setting, room)
        self.lines = curves(self.places)
        self.scale = LevelScale.of(setting)
        # Where neurons stand close, lines are thinner and glow less: together they are still as bright.
        crowd = min(1.0, self.places.radius / (43 * self.unit))
        self.thickness = self.unit * crowd**0.6
        most = max(layer.shape[0] for layer in self.lines)
        self.halo = min(1.0, (16 / most) ** 0.5)
        self.names = Names(setting, self.places, room)
        self.number_size = _number_size(setting, self.places.radius)

        sigma = (self.unit * 4.5, self.unit * 16)
        add_line, add_spot = setting.field.add_line, setting.field.add_spot
        self.synapse_lamps = [
            np.array([add_line(line, ((0.6, sigma[0]), (0.4, sigma[1]))) for line in layer]) for layer in self.lines
        ]
        self.neuron_lamps = [
            np.array([add_spot(x, y, self.places.radius) for x, y in centres]) for centres in self.places.centres
        ]
        axes = setting.canvas.axes
        everything = [line for layer in self.lines for line in layer]
        self.synapses = LineCollection(everything, capstyle="butt")
        self.cores = LineCollection(everything, capstyle="round")
        self.neurons = _discs(setting, np.concatenate(self.places.centres), self.places.radius)
        self.rings = _discs(setting, np.concatenate(self.places.centres), self.places.radius + 5.5 * self.unit)
        self.rings.set(facecolor="none", linewidth=3 * self.unit)
        for artist in (self.synapses, self.cores, self.neurons, self.rings):
            axes.add_collection(artist, autolim=False)
        self.neurons.set_linewidth(max(1.0, 2.4 * self.unit * crowd))
        self.layers = len(scene.network.layers)

    def ground(self) -> None:
        """Nothing of the network stands still."""

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """Halos of neurons by their level, of synapses by strength and by what they carry; comets glow."""
        theme = self.setting.theme
        for layer, lamps in enumerate(self.neuron_lamps):
            levels = self.scale.neurons(frame, layer)
            glow = 0.95 * np.abs(levels)[:, None] * self._signal_colour(levels)
            brightness[lamps] = glow + 0.7 * frame.blame[layer][:, None] * theme.error
        for layer, lamps in enumerate(self.synapse_lamps):
            strength = self.scale.weights(frame.weights[layer])
            level = 0.06 + 0.45 * strength + 0.75 * np.sqrt(frame.carried[layer]) + 0.8 * np.abs(frame.change[layer])
            level *= self.halo * np.minimum(1, 12 * strength)
            colours = self._sign_colour(frame.weights[layer].ravel())
            brightness[lamps] = level.reshape(-1, 1) * colours
        return [blob for pulse in frame.pulses for blob in self._halos(pulse, frame)]

    def draw(self, frame: Frame) -> None:
        """Synapses, comets, neurons, numbers, names, in this order."""
        canvas = self.setting.canvas
        shining = self._update_synapses(frame)
        canvas.draw(self.synapses, *((self.cores,) if shining else ()))
        for pulse in frame.pulses:
            self._comets(pulse, frame)
        self._update_neurons(frame)
        canvas.draw(self.neurons, *((self.rings,) if any(layer.any() for layer in frame.blame) else ()))
        self._numbers(frame)
        self.names.draw(frame)

    def _sign_colour(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        theme = self.setting.theme
        return np.where(weights[:, None] > 0, theme.positive, theme.negative)

    def _signal_colour(self, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        theme = self.setting.theme
        return np.where(levels[:, None] >= 0, theme.signal, theme.negative_signal)

    def _update_synapses(self, frame: Frame) -> bool:
        """Set colours and widths; whether any synapse shines."""
        weights = np.concatenate([layer.ravel() for layer in frame.weights])
        carried = np.sqrt(np.concatenate([layer.ravel() for layer in frame.carried]))[:, None]
        change = np.abs(np.concatenate([layer.ravel() for layer in frame.change]))[:, None]
        strength = self.scale.weights(weights)[:, None]
        sign = self._sign_colour(weights)
        ground = self.setting.theme.centre
        shine = np.clip(0.62 * carried + 0.5 * change, 0, 1)
        body = (0.22 - 0.22 * shine) * ground + (0.78 + 0.22 * shine) * sign
        opacity = np.clip(0.36 + 2.4 * strength, 0, 0.94)
        widths = self.scale.width(weights) * self.thickness
        self.synapses.set(color=np.hstack([body, opacity]), linewidth=widths)
        core = sign + (1 - sign) * (0.35 + 0.4 * shine)
        self.cores.set(color=np.hstack([core, np.clip(shine * 1.05, 0, 0.95)]), linewidth=widths * 0.42)
        return bool(shine.any())

    def _update_neurons(self, frame: Frame) -> None:
        theme = self.setting.theme
        levels = np.concatenate([self.scale.neurons(frame, layer) for layer in range(self.layers)])
        blame = np.concatenate(frame.blame)[:, None]
        size = np.abs(levels)[:, None]
        signal = self._signal_colour(levels)
        self.neurons.set_facecolor((1 - size) * theme.neuron + size * signal)
        rim = (1 - size) * theme.rim + size * (signal + 0.4 * (1 - signal))
        self.neurons.set_edgecolor(np.clip(rim, 0, 1))
        self.rings.set(edgecolor=np.hstack([np.broadcast_to(theme.error, (len(blame), 3)), np.clip(blame, 0, 1)]))

    def _numbers(self, frame: Frame) -> None:
        if self.number_size is None:
            return
        theme, faces = self.setting.theme, self.setting.faces
        for layer, centres in enumerate(self.places.centres):
            lit = np.abs(self.scale.neurons(frame, layer))
            for (x, y), value, level, light in zip(
                centres, frame.activations[layer], frame.arrived[layer], lit, strict=True
            ):
                ink = mix(theme.ink, theme.dark_ink, float(np.clip((light - DARK_INK_FROM) / 0.02, 0, 1)))
                self.setting.canvas.text(
                    number(value), x, y, faces.strong_figures, self.number_size, ink, "middle", level
                )

    def _tails(self, pulse: Pulse) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the comets' lights are, (synapses, lights, 2), and how they fade from head to tail (lights,)."""
        lines = self.lines[pulse.layer]
        last = lines.shape[1] - 1
        behind = np.linspace(0, TAIL, TAIL_LIGHTS)
        at = pulse.position * (1 + TAIL * 0.5) - behind
        fade = np.where((at >= 0) & (at <= 1), (1 - behind / TAIL) ** 1.6, 0.0)
        at = np.clip(at if pulse.direction == "forward" else 1 - at, 0, 1) * last
        before = np.minimum(at.astype(int), last - 1)
        part = (at - before)[None, :, None]
        return (1 - part) * lines[:, before] + part * lines[:, before + 1], fade

    def _comet_colour(self, pulse: Pulse, weight: float) -> Colour:
        theme = self.setting.theme
        if pulse.direction == "backward":
            return theme.error
        return theme.positive if weight > 0 else theme.negative

    def _halos(self, pulse: Pulse, frame: Frame) -> list[Blobs]:
        where, fade = self._tails(pulse)
        where, fade = where[:, HALO_LIGHTS], fade[HALO_LIGHTS]
        weights, strength = frame.weights[pulse.layer].ravel(), np.sqrt(pulse.strength.ravel())
        groups: list[Blobs] = []
        for sign in (weights > 0, weights <= 0):
            if sign.any():
                heights = (0.62 * strength[sign][:, None] * fade).ravel()
                x, y = where[sign].reshape(-1, 2).T
                groups.append((x, y, heights, self._comet_colour(pulse, float(weights[sign][0]))))
        return groups

    def _comets(self, pulse: Pulse, frame: Frame) -> None:
        where, fade = self._tails(pulse)
        for line, weight, strength in zip(
            where, frame.weights[pulse.layer].ravel(), np.sqrt(pulse.strength.ravel()), strict=True
        ):
            if strength < 0.08 or not fade.any():
                continue
            seen = fade > 0
            x, y = line[seen].T
            sigma = (0.4 * self.unit + 0.6 * self.thickness) * (1.3 + 3.4 * strength) * (0.35 + 0.65 * fade[seen])
            colour = mix(self._comet_colour(pulse, weight), WHITE, 0.72)
            self.setting.canvas.shine(x, y, (0.12 + 0.5 * strength) * fade[seen], sigma, colour)


class LevelScale:
    """How recorded values become light and width: one scale for the whole film.

    weight: the largest |weight| of the recording. activations: for each layer, what shines fully (1 or more).
    """

    def __init__(self, weight: float, activations: tuple[float, ...]) -> None:
        self.weight = weight
        self.activations = activations

    @classmethod
    def of(cls, setting: Setting) -> LevelScale:
        """The scale of a recording."""
        recording = setting.recording
        return cls(
            max(float(np.abs(layer).max()) for layer in recording.weights) or 1.0,
            tuple(max(1.0, float(np.abs(layer).max())) for layer in recording.activations),
        )

    def neurons(self, frame: Frame, layer: int) -> NDArray[np.float64]:
        """Signed light of a layer's nodes (nodes_l,), -1 to 1."""
        return frame.arrived[layer] * np.clip(frame.activations[layer] / self.activations[layer], -1, 1)

    def weights(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Strength of synapses, 0 to 1."""
        return np.minimum(1, np.abs(weights) / self.weight)

    def width(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Thickness in thousandths of the picture's shorter side; grows a little slower than |weight|."""
        result: NDArray[np.float64] = 1.2 + 17 * self.weights(weights) ** 0.8
        return result


def number(value: float) -> str:
    """A neuron's value in at most five characters: two decimals, fewer when it is large."""
    text = f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"
    return text[1:] if text in ("-0.00", "-0.0", "-0") else text


def place_network(setting: Setting, room: Rect) -> Places:
    """Places in the room that the names leave."""
    layout, scene = setting.layout, setting.recording.scene
    left, right, above, below = room_for_names(setting, room)
    inner = Rect(room.x + left, room.y + above, room.width - left - right, room.height - above - below)
    return place(node_counts(scene), inner, layout.flow, layout.radius)


def _number_size(setting: Setting, radius: float) -> float | None:
    """Size of the numbers in the neurons, or None where they could not be read."""
    layout = setting.layout
    wanted = layout.figure
    room = 1.72 * radius
    longest = max(
        (number(float(value)) for layer in setting.recording.activations for value in (layer.min(), layer.max())),
        key=len,
    )
    size = min(wanted, wanted * room / width(longest, setting.faces.strong_figures, wanted))
    return size if size >= 0.0135 * min(layout.size) else None


def _discs(setting: Setting, centres: NDArray[np.float64], radius: float) -> EllipseCollection:
    across = np.full(len(centres), 2 * radius)
    return EllipseCollection(
        across,
        across,
        np.zeros(len(centres)),
        units="xy",
        offsets=centres,
        offset_transform=setting.canvas.axes.transData,
    )
