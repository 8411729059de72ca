"""The network: neurons that light when the signal has come, synapses that carry it, comets on their way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.film.nodes import node_counts
from netviz.picture.blocks import most_discs, slots
from netviz.picture.fold import Folded, folded
from netviz.picture.glow import Blobs
from netviz.picture.layout import Rect
from netviz.picture.panels.cells import LINE, Cells, Labels, labels_fit, told_lines
from netviz.picture.panels.haze import Haze
from netviz.picture.panels.names import Names, room_for_names
from netviz.picture.panels.neurons import RING, BiasNodes, Discs, Marks
from netviz.picture.panels.panel import Setting
from netviz.picture.panels.scale import LevelScale
from netviz.picture.panels.spotlight import Spotlit
from netviz.picture.panels.synapses import Synapses
from netviz.picture.panels.tiles import Tiles
from netviz.picture.panels.worked import WorkedWeight
from netviz.picture.wiring import Places, place, place_folded
from netviz.scene.panels import AnyPanel
from netviz.scene.panels import NetworkPanel as NetworkSpec
from netviz.scene.phrases import say, whole


class NetworkPanel:
    """Neurons, synapses, numbers or maps, and names."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        self.setting = setting
        # Runs side by side have small rooms: there neurons are smaller before a layer folds.
        most = most_discs(room, setting.layout.flow, setting.layout.unit * (0.55 if setting.compared else 1.0))
        self.folded = folded(setting.recording, most)
        self.places = place_network(setting, room, self.folded)
        self.scale = LevelScale.of(setting.recording, setting.compared)
        self.haze = Haze(setting, self.places, self.folded)
        self.synapses = Synapses(setting, self.places, self.scale, self.folded)
        self.lines = self.synapses.lines
        self.names = Names(setting, self.places, room, beside_each_other(self.folded))
        self.nodes = [self.places.nodes(layer) for layer in range(len(self.places.centres))]
        self.neuron_lamps = [
            np.array(
                [
                    setting.field.add_spot(x, y, radius)
                    for (x, y), radius in zip(centres[nodes], self.places.radii(layer)[nodes], strict=True)
                ],
                dtype=np.int64,  # of a layer that is all cells too
            )
            for layer, (centres, nodes) in enumerate(zip(self.places.centres, self.nodes, strict=True))
            if setting.lit
        ]
        maps = has_maps(setting, spec)
        self.neurons = (Tiles if maps else Discs)(setting, self.places, self.scale)
        self.cells = Cells(setting, self.places, self.scale)
        words = told(setting, self.folded, has_labels=self.places.label > 0)
        self.labels = Labels(setting, self.places, words, room.x, room.right, room.bottom)
        self.bias_nodes = BiasNodes(setting, self.places)
        self.marks = Marks(setting, self.places, maps)
        self.worked = WorkedWeight(setting, self.places)
        self.spotlit = Spotlit(setting, self.places)

    def ground(self) -> None:
        """Nothing of the network stands still."""
        self.names.ground()

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """Halos of neurons by their level, and what the synapses give."""
        theme = self.setting.theme
        for layer, lamps in enumerate(self.neuron_lamps):
            levels = self.scale.neurons(frame, layer)[self.nodes[layer]][:, None]
            signal = np.where(levels >= 0, theme.signal, theme.negative_signal)
            glow = 0.95 * np.abs(levels) * theme.halo(signal)
            blame = frame.blame[layer][self.nodes[layer]][:, None]
            if theme.is_light:  # inks that run into each other turn brown: the error's takes the other's place
                glow *= 1 - 0.8 * blame
            brightness[lamps] = glow + 0.7 * blame * theme.halo(theme.error)
            if frame.focus is not None and frame.focus[0] == layer:
                spoken_of = lamps[self.nodes[layer] == frame.focus[1]]
                brightness[spoken_of] += (0.25 if theme.is_light else 0.5) * theme.halo(theme.ink)
        self.cells.light(frame, brightness)
        self.haze.light(frame, brightness)
        return self.synapses.light(frame, brightness)

    def draw(self, frame: Frame) -> None:
        """Shades of names, synapses, comets, nodes, marks, numbers, names, in this order."""
        self.names.draw(frame)
        self.synapses.draw(frame)
        self.cells.draw(frame)
        self.neurons.draw(frame)
        self.bias_nodes.draw(frame)
        self.marks.draw(frame)
        self.worked.draw(frame)
        self.spotlit.draw(frame)
        self.neurons.write(frame)
        self.bias_nodes.write(frame)
        self.names.write()
        self.labels.draw(frame)


def has_maps(setting: Setting, spec: AnyPanel) -> bool:
    """Whether each neuron shows what it answers all over the plane, instead of a number."""
    wanted = spec.neurons if isinstance(spec, NetworkSpec) else None
    together = setting.recording.scene.presentation == "together"
    return setting.responses is not None and (together if wanted is None else wanted == "maps")


def beside_each_other(network: Folded) -> int:
    """Neurons of a layer that stand beside each other, a block counted as some."""
    return max(slots(fold, False) for fold in network.layers) or 1


def told(setting: Setting, network: Folded, has_labels: bool = True) -> str:
    """What is said of the synapses that are not drawn one by one; and of the neurons, if no labels say it."""
    total = sum(network.synapses)
    if network.drawn == total:
        return ""
    cells = sum(len(fold.cells) for fold in network.layers if fold.grid is None)
    scene = setting.recording.scene
    key = "label-cells" if cells and not has_labels else "label-haze" if setting.lit else "label-left-out"
    numbers = {"count": cells, "drawn": network.drawn, "total": total}
    return say(scene, key, **{name: whole(scene, number) for name, number in numbers.items()})


def place_network(setting: Setting, room: Rect, network: Folded) -> Places:
    """Places in the room that names and labels leave."""
    layout, scene = setting.layout, setting.recording.scene
    left, right, above, below = room_for_names(setting, room, beside_each_other(network))
    if scene.story is not None or any(caption.moment.kind == "event" for caption in scene.captions):
        # What is spoken of is ringed, below the words that speak of it.
        above = max(above, min(RING * layout.unit, 0.1 * room.height))
    if network.drawn < sum(network.synapses):
        lines, _ = told_lines(setting, told(setting, network), room.width)
        below += (1.6 + LINE * (len(lines) - 1)) * layout.small
    inner = Rect(room.x + left, room.y + above, room.width - left - right, room.height - above - below)
    if not any(len(fold.cells) for fold in network.layers):
        return place(node_counts(scene), inner, layout.flow, layout.radius, scene.has_bias_nodes)

    def placed(label: float) -> Places:
        return place_folded(
            network.layers, inner, layout.flow, layout.radius, scene.has_bias_nodes, label=label, unit=layout.unit
        )

    places = placed(1.7 * layout.small)
    return places if labels_fit(setting, places) else placed(0)
