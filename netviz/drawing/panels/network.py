"""Network panel: neurons, synapses, comets and labels of the whole network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.collapsed_layout import place_collapsed, slots
from netviz.drawing.color_space import Bytes
from netviz.drawing.glow import Blobs
from netviz.drawing.layer_collapsing import CollapsedNetwork, collapse_network
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions, most_discs, place
from netviz.drawing.panels.activation_map import Tiles
from netviz.drawing.panels.blocks import LEGEND, Blocks, bars_note, has_blocks, has_tiles, rooms_of
from netviz.drawing.panels.class_bars import ClassBars, ClassRows, class_rows, with_rows
from netviz.drawing.panels.free_room import FreeRoom
from netviz.drawing.panels.growth import Front, fade_back, grown
from netviz.drawing.panels.hidden_names import HiddenNames, room_below
from netviz.drawing.panels.input_picture import InputPicture
from netviz.drawing.panels.labels import Names, margins_for_names
from netviz.drawing.panels.large_layers import LINE, Cells, EdgeBundles, Labels, labels_fit, note_lines
from netviz.drawing.panels.neurons import RING, BiasNodes, Discs, Marks
from netviz.drawing.panels.panel import HALO_GIVES_WAY, LevelScale, RenderContext, playground_width
from netviz.drawing.panels.strokes import Spotlit
from netviz.drawing.panels.synapses import Synapses, line_thickness
from netviz.drawing.panels.terms_in_network import TermsInNetwork
from netviz.drawing.panels.weight_inset import WeightInset
from netviz.drawing.panels.weight_picture import WeightPicture
from netviz.drawing.panels.written_weights import WrittenWeights
from netviz.drawing.synapse_curves import spread_ends
from netviz.recording.layers import Floats
from netviz.recording.recording import Recording
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.panels import NetworkPanelSpec as NetworkSpec
from netviz.scene.phrases import say, whole
from netviz.scene.scene import Look
from netviz.timeline.first_weights import can_be_seen
from netviz.timeline.frame import Frame, node_counts

SPILL = 24
"""Distance beyond its slot that the light of one of several networks reaches, in thousandths of the shorter side."""


ERROR_GLOW = 0.8
"""Brightness of the halo of the largest error."""
LEAST_BESIDE_ROWS = 0.28
"""Part of the slot's width that is left for neurons between the inputs' names and the outputs' rows: bars are shorter,
and then names smaller or cut, before it is less."""
STEPS_BACK = 0.7
"""Part of their strength that the synapses lose where ghosts are seen over them."""


class NetworkPanel:
    """Network panel: neurons with numbers or maps, synapses, and names."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, with_room_above(context, spec, slot)
        slot = self.slot
        # Runs side by side have small slots: there neurons are drawn smaller before a layer is collapsed.
        maps = has_maps(context, spec)
        self.collapsed, rows, self.places = arrange_network(context, slot, maps)
        self.class_bars = None if rows is None else ClassBars(context, self.places, rows)
        self.scale = LevelScale.of(context.recording, context.scene, context.runs)
        self.places = with_ends(context, self.places, self.scale, self.collapsed, maps)
        self.edge_bundles = EdgeBundles(context, self.places, self.collapsed)
        self.synapses = Synapses(context, self.places, self.scale, self.collapsed)
        self.lines = self.synapses.lines
        self.names = Names(context, self.places, slot, beside_each_other(self.collapsed))
        self.hidden_names = HiddenNames(context, self.places)
        self.nodes = [self.places.nodes(layer) for layer in range(len(self.places.centres))]
        taken = self.names.areas() + self.hidden_names.areas() + [box for box in self.places.boxes if box is not None]
        if self.class_bars is not None:
            taken += self.class_bars.areas()
        self.neuron_lights = [
            np.array(
                [
                    context.field.add_spot(x, y, radius)
                    for (x, y), radius in zip(centres[nodes], self.places.radii(layer)[nodes], strict=True)
                ],
                dtype=np.int64,  # also where it is empty, as in a layer that is all cells
            )
            for layer, (centres, nodes) in enumerate(zip(self.places.centres, self.nodes, strict=True))
            if context.glows
        ]
        self.neurons = (Tiles if maps else Discs)(context, self.places, self.scale)
        self.cells = Cells(context, self.places, self.scale)
        first = self.places.block(0)
        self.picture = None if first is None or first.pixels is None else InputPicture(context, self.places, first)
        note = collapse_notes(context, self.collapsed, has_labels=self.places.label > 0)
        right = slot.right
        if rows is not None and not rows.up:  # the verdict has the place below the rows
            right = float((self.places.centres[-1] - rows.half)[:, 0].min())
        self.labels = Labels(context, self.places, note, slot.x, right, slot.bottom)
        self.blocks = None
        if has_blocks(context.recording):
            lines = self.labels.lines * context.layout.small
            self.blocks = Blocks(context, self.places, slot, slot.bottom - lines - LEGEND * context.layout.small)
            taken += self.blocks.areas()
        self.bias_nodes = BiasNodes(context, self.places)
        self.marks = Marks(context, self.places, maps)
        room = FreeRoom.of(slot, self.places, taken, self.lines, context.layout.unit)
        self.spotlit = Spotlit(context, self.places, room)
        self.terms = self.synapses.terms = TermsInNetwork(context, self.places, room)
        self.written = WrittenWeights(context, self.places)
        shows_all = self.collapsed.drawn == sum(self.collapsed.synapses) and not context.compared
        taken += self.labels.areas()
        room = FreeRoom.of(slot, self.places, taken, self.lines, context.layout.unit)
        has_pictures = can_be_seen(context.scene) and context.recording.network.layers[1].is_dense
        self.weight_picture = (
            WeightPicture(context, self.places, room) if has_pictures and self.picture is None else None
        )
        is_written = bool(self.written.synapses)  # then each weight is seen all the time
        self.inset = WeightInset(context, self.places, room) if shows_all and not is_written else None
        spill = SPILL * context.layout.unit
        across, down = context.layout.size
        around = Rect(slot.x - spill, slot.y - spill, slot.width + 2 * spill, slot.height + 2 * spill)
        self.front = Front(context.canvas, self.places, around if context.compared else Rect(0, 0, across, down))

    def unlight(self, frame: Frame, ground: Bytes) -> None:
        """In the opening take back the light of synapses that have not grown yet. ground: the picture without light."""
        self.front.take_back(ground, grown(frame.drawn))

    def ground(self) -> None:
        """Save the background of the names; nothing of the network stands still."""
        self.names.ground()
        self.hidden_names.ground()
        self.labels.ground()
        if self.class_bars is not None:
            self.class_bars.ground()

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """Set the halos of neurons by their level, and those of cells, edge bundles and synapses."""
        theme, frame = self.context.theme, self.terms.lit(frame)
        for layer, light_sources in enumerate(self.neuron_lights):
            glow = 0.95 * theme.neuron_halo(self.scale.neurons(frame, layer, HALO_GIVES_WAY)[self.nodes[layer]])
            error_signal = frame.error_signal[layer][self.nodes[layer]][:, None]
            brightness[light_sources] = glow + ERROR_GLOW * error_signal * theme.halo(theme.error)
            if frame.highlighted is not None and frame.highlighted[0] == layer:
                highlighted = light_sources[self.nodes[layer] == frame.highlighted[1]]
                brightness[highlighted] += (0.25 if theme.is_light else 0.5) * theme.halo(theme.ink)
        self.cells.light(frame, brightness)
        self.edge_bundles.light(frame, brightness)
        lights = self.synapses.light(frame, brightness)
        if self.blocks is not None:
            lights += self.blocks.light(frame, brightness)
        return lights if self.class_bars is None else [*lights, *self.class_bars.lights(frame)]

    def draw(self, frame: Frame) -> None:
        """Draw shades of names, synapses, comets, nodes, marks, numbers and names, in this order."""
        self.names.draw(frame)
        frame = self.terms.lit(frame)
        if self.blocks is not None:
            self.blocks.draw_links(frame)
        self._draw_synapses(frame)
        if self.inset is not None:
            self.inset.draw_leader(frame)
        if self.weight_picture is not None:
            self.weight_picture.draw_leader(frame)
        if self.blocks is not None:
            self.blocks.draw(frame)
        self.cells.draw(frame)
        if self.picture is not None:
            self.picture.draw(frame)
        self.neurons.draw(frame)
        self.bias_nodes.draw(frame)
        self.marks.draw(frame)
        self.hidden_names.draw(frame)
        if self.class_bars is not None:
            self.class_bars.draw(frame)
        self.terms.draw(frame)
        self.written.draw(frame)
        self.spotlit.draw(frame)
        if self.inset is not None:
            self.inset.draw(frame)
        if self.weight_picture is not None:
            self.weight_picture.draw(frame)
        self.neurons.write(frame)
        self.bias_nodes.write(frame)
        self.names.write()
        if self.class_bars is not None:
            self.class_bars.write()
        self.labels.draw(frame)

    def _draw_ghosts(self, frame: Frame) -> None:
        """Draw the synapses, and as far as they have been wiped across the network their ghosts, over them dimmed."""
        canvas = self.context.canvas
        canvas.settle()
        under = canvas.memory.copy()
        self.synapses.draw(frame)
        canvas.settle()
        now = canvas.memory.copy()
        fade_back(canvas, under, self.front.area, 1 - STEPS_BACK * frame.ghost_level)
        self.synapses.draw_ghosts(frame)
        self.front.take_back(now, frame.wiped)

    def _draw_synapses(self, frame: Frame) -> None:
        """Draw the synapses, in the opening as far as they have grown, with a light at the end of each."""
        if frame.ghosts:
            self._draw_ghosts(frame)
            return
        if frame.drawn >= 1:
            self.synapses.draw(frame)
            return
        self.context.canvas.settle()
        part, under = grown(frame.drawn), self.context.canvas.memory.copy()
        if part > 0:
            self.synapses.draw(frame)
            self.front.take_back(under, part)
            self.synapses.draw_tips(
                frame, self.front.axis, self.front.sign * (self.front.at(part) + 0.5 * self.front.soft)
            )


def with_room_above(context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> Rect:
    """The slot of a network with tiles of blocks, which need height, up to what stands above it in a tall picture."""
    layout = context.layout
    if not has_tiles(context.recording) or not layout.is_centred or spec.at is not None or context.compared:
        return slot
    above = [place.bottom for place in layout.places.values() if place.y < slot.y and place.bottom <= slot.y]
    top = min(slot.y, max(above, default=slot.y) + layout.body)
    return Rect(slot.x, top, slot.width, slot.bottom - top)


def with_ends(
    context: RenderContext, places: NetworkPositions, scale: LevelScale, network: CollapsedNetwork, has_tiles: bool
) -> NetworkPositions:
    """The positions with the ends of the synapses, which have room there for the greatest width of each in the film."""
    own = context.scene.outline  # another run of a comparison may have other layers, and other synapses
    complete = [(each, scene.outline, scene) for each, scene in context.runs if each.is_complete]
    alike = [
        (each, scene)
        for each, of, scene in complete
        if (of.layers, of.blocks) == (own.layers, own.blocks) and scene.has_bias_nodes == context.scene.has_bias_nodes
    ]
    greatest = _greatest(alike or [(context.recording, context.scene)])
    thickness = line_thickness(context, places)
    is_playground = context.scene.style == "playground"
    widths = [thickness * (playground_width(each) if is_playground else scale.width(each)) for each in greatest]
    ends = spread_ends(places, widths, network.lines)
    return replace(places, ends=ends, has_tiles=has_tiles)


def _greatest(runs: Sequence[tuple[Recording, Look]]) -> list[Floats]:
    """The greatest |weight| of each synapse (nodes_l, n_{l+1}) in some runs of the same network."""
    found = []
    for layer in range(len(runs[0][0].weights)):
        largest = []
        for each, scene in runs:
            weights, biases = each.weights[layer], each.biases[layer]
            most = np.maximum(weights.max(axis=0), -weights.min(axis=0))
            if scene.has_bias_nodes:
                most = most if not most.size else np.vstack([most, np.maximum(biases.max(axis=0), -biases.min(axis=0))])
            largest.append(np.nan_to_num(most))
        found.append(np.asarray(np.max(largest, axis=0)))
    return found


def has_maps(context: RenderContext, spec: AnyPanelSpec) -> bool:
    """True if each neuron shows a map of its output over the input plane, instead of a number."""
    choice = spec.neurons if isinstance(spec, NetworkSpec) else None
    together = context.scene.presentation == "together"
    return context.responses is not None and (together if choice is None else choice == "maps")


def beside_each_other(network: CollapsedNetwork) -> int:
    """Largest number of discs that stand beside each other in a layer of a single row."""
    return max(slots(layer, False) for layer in network.layers) or 1


def collapse_notes(context: RenderContext, network: CollapsedNetwork, has_labels: bool = True) -> str:
    """Note on synapses that are not drawn one by one, on neurons without labels, and on bars; "" if there are none."""
    total, bars = sum(network.synapses), bars_note(context)
    if network.drawn == total:
        return bars
    cells = sum(layer.count for layer in network.layers if layer.is_collapsed and layer.grid is None)
    scene = context.scene
    key = "label-cells" if cells and not has_labels else "label-haze" if context.glows else "label-left-out"
    numbers = {"count": cells, "drawn": network.drawn, "total": total}
    note = say(scene, key, **{name: whole(scene, number) for name, number in numbers.items()})
    return f"{note}; {bars}" if bars else note


def arrange_network(
    context: RenderContext, slot: Rect, maps: bool
) -> tuple[CollapsedNetwork, ClassRows | None, NetworkPositions]:
    """The network as it is drawn in its slot, the rows of its outputs if it has any, and all positions."""
    most = most_discs(slot, context.layout.flow, context.layout.unit * (0.55 if context.compared else 1.0))
    rows = class_rows(context, slot, maps)
    collapsed = collapse_network(context.recording, context.scene, most, rows=0 if rows is None else len(rows.names))
    if rows is not None and not rows.up:
        left, *_ = margins_for_names(context, slot, beside_each_other(collapsed), has_rows=True)
        rows = rows.within((1 - LEAST_BESIDE_ROWS) * slot.width - left)
    return collapsed, rows, place_network(context, slot, collapsed, rows)


def place_network(
    context: RenderContext, slot: Rect, network: CollapsedNetwork, rows: ClassRows | None = None
) -> NetworkPositions:
    """Positions of the network in its slot, inside the margins of names and labels. rows: of its outputs, or None."""
    layout, scene = context.layout, context.scene
    left, right, above, below = margins_for_names(
        context, slot, beside_each_other(network), rows is not None, network.layers[-1].columns
    )
    if rows is not None and rows.up:
        above = rows.margin
    elif rows is not None:
        right = rows.margin
        left = min(left, max(0.0, (1 - LEAST_BESIDE_ROWS) * slot.width - right))
    if rows is None and (scene.told is not None or any(caption.moment.kind == "event" for caption in scene.captions)):
        # Captions point to neurons by rings around them, which must stay below the caption.
        above = max(above, min(RING * layout.unit, 0.1 * slot.height))
    if network.drawn < sum(network.synapses) or bars_note(context):
        lines, _ = note_lines(context, collapse_notes(context, network), slot.width - right)
        below += (1.6 + LINE * (len(lines) - 1)) * layout.small
    below += LEGEND * layout.small * has_tiles(context.recording) + room_below(scene, layout)
    inner = Rect(slot.x + left, slot.y + above, slot.width - left - right, slot.height - above - below)
    if rows is None and not any(layer.is_collapsed for layer in network.layers) and not has_blocks(context.recording):
        return place(node_counts(scene), inner, layout.flow, layout.radius, scene.has_bias_nodes)

    def placed(label: float) -> NetworkPositions:
        places = place_collapsed(
            network.layers, inner, layout.flow, layout.radius, scene.has_bias_nodes, label=label, unit=layout.unit,
            has_rows=rows is not None, rooms=rooms_of(context, inner),
        )  # fmt: skip
        return places if rows is None else with_rows(places, rows, inner)

    places = placed(1.7 * layout.small)
    return places if labels_fit(context, places) else placed(0)
