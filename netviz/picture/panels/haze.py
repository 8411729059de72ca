"""The haze: all synapses of a layer that has too many for lines, as soft bands between groups of neurons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.film.motion import swell
from netviz.film.nodes import state_of
from netviz.learn.recording import AT_REST
from netviz.picture.fold import Folded
from netviz.picture.panels.panel import Setting
from netviz.picture.theme import mix
from netviz.picture.wiring import Places, bezier

Floats = NDArray[np.float64]

MOST_GROUPS = 10
"""Groups of a layer's discs."""
BANDS = 6
"""Groups of the cells of a block."""
AT_REST_LEVEL, CARRIED_LEVEL, CHANGE_LEVEL, BLAME_LEVEL = 0.55, 1.3, 1.2, 1.2
"""Light of all bands of a layer together: by weights, by what they carry, as they change, as the error comes back."""
TINT = 2.0
"""How much a surplus of one sign colours a band."""


class Groups(NamedTuple):
    """Groups of one layer's nodes. members (g, nodes_l): 1 where a node belongs to a group.

    leaves, reaches (g, 2): where bands begin and end. breadth (g,): half of what each group takes across the flow.
    """

    members: Floats
    leaves: Floats
    reaches: Floats
    breadth: Floats


class Bands(NamedTuple):
    """The bands of one weight layer, from each group before it to each after. most: the largest sum of |weight|."""

    layer: int
    before: Floats
    after: Floats
    lamps: NDArray[np.int64]
    most: float

    def sums(self, values: Floats) -> Floats:
        """What the synapses of each band have together (bands,)."""
        return np.asarray((self.before @ values @ self.after).ravel())


class Haze:
    """The bands of all weight layers of which not every synapse is a line."""

    def __init__(self, setting: Setting, places: Places, folded: Folded) -> None:
        self.setting = setting
        self.neutral = mix(setting.theme.quiet, setting.theme.centre, 0.25)
        self.bands = [
            self._bands(places, layer) for layer, lines in enumerate(folded.lines) if lines is not None and setting.lit
        ]

    def _bands(self, places: Places, layer: int) -> Bands:
        field, recording = self.setting.field, self.setting.recording
        before, after = groups(places, layer), groups(places, layer + 1)
        first, last = (grid.ravel() for grid in np.indices((len(before.members), len(after.members))))
        neurons = len(places.neurons(layer + 1))
        curves = bezier(before.leaves[first], after.reaches[last], places.flow)
        least = 7 * self.setting.layout.unit
        sigmas = np.maximum(least, 0.32 * (before.breadth[first] + after.breadth[last]))
        lamps = [field.add_line(curve, ((1.0, float(sigma)),)) for curve, sigma in zip(curves, sigmas, strict=True)]
        found = Bands(layer, before.members, after.members[:, :neurons].T, np.array(lamps), 1.0)
        rest = np.flatnonzero(recording.example == AT_REST)
        moments = (state_of(recording, int(rest[at])).weights[layer] for at in (0, len(rest) // 2, -1))
        return found._replace(most=max(float(found.sums(np.abs(moment)).max()) for moment in moments) or 1.0)

    def light(self, frame: Frame, brightness: Floats) -> None:
        """Bright where the weights are large, where much is carried, where they change; coloured where signs differ."""
        theme = self.setting.theme
        for bands in self.bands:
            weights = frame.weights[bands.layer]
            size, net = bands.sums(np.abs(weights)), bands.sums(weights)
            surplus = np.clip(TINT * np.abs(net) / np.maximum(size, 1e-12), 0, 1)[:, None]
            sign = np.where(net[:, None] > 0, theme.positive, theme.negative)
            level = AT_REST_LEVEL * size / bands.most
            level += CARRIED_LEVEL * _shares(bands, frame.carried[bands.layer])
            level += CHANGE_LEVEL * _shares(bands, np.abs(frame.change[bands.layer]))
            light = level[:, None] * theme.halo((1 - surplus) * self.neutral + surplus * sign)
            for pulse in frame.pulses:
                if pulse.layer == bands.layer and pulse.direction == "backward":
                    back = BLAME_LEVEL * swell(pulse.position) * _shares(bands, pulse.strength)
                    light += back[:, None] * theme.halo(theme.error)
            brightness[bands.lamps] = light / np.sqrt(len(bands.lamps))


def _shares(bands: Bands, values: Floats) -> Floats:
    """What each band has of something, 1 = the one with most, times the root of the strongest synapse's level."""
    most = float(values.max())
    if most <= 0:
        return np.zeros(len(bands.lamps))
    sums = bands.sums(values)
    return np.asarray(np.sqrt(most) * sums / sums.max())


def groups(places: Places, layer: int) -> Groups:
    """The groups of a layer's nodes: neighbouring discs, and bands of a block's cells across the flow."""
    centres, radii, block = places.centres[layer], places.radii(layer), places.block(layer)
    across = 1 if places.flow == "right" else 0
    nodes = places.nodes(layer)
    found = np.array_split(nodes, min(len(nodes), MOST_GROUPS)) if len(nodes) else []
    if block is not None:
        line = (block.centres[:, across] - block.centres[0, across]) / block.pitch
        band = (np.rint(line) * BANDS / (np.rint(line).max() + 1)).astype(int)
        found += [block.cells[band == number] for number in np.unique(band)]
    members = np.zeros((len(found), len(centres)))
    leaves, reaches, breadth = np.empty((len(found), 2)), np.empty((len(found), 2)), np.empty(len(found))
    for number, part in enumerate(found):
        members[number, part] = 1.0
        spots, away = centres[part], radii[part] if block is None or part[0] not in block.cells else block.pitch / 2
        low, high = (spots - np.reshape(away, (-1, 1))).min(axis=0), (spots + np.reshape(away, (-1, 1))).max(axis=0)
        middle = (low + high) / 2
        breadth[number] = (high - low)[across] / 2
        leaves[number] = reaches[number] = middle
        if places.flow == "right":
            leaves[number, 0], reaches[number, 0] = high[0], low[0]
        else:
            leaves[number, 1], reaches[number, 1] = low[1], high[1]
    return Groups(members, leaves, reaches, breadth)
