"""Legibility of captions and names: a check that each fits its place, known from a scene before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable

from netviz.drawing.layout import Layout, Rect, arrange, names_of
from netviz.drawing.network_layout import most_discs, place
from netviz.drawing.panels.classic import caption_slot
from netviz.drawing.panels.hidden_names import fitted
from netviz.drawing.panels.hidden_names import room_below as room_for_hidden
from netviz.drawing.panels.labels import (
    AWAY,
    GAP,
    LONGEST,
    MOST,
    TWO_LINES,
    presents_examples,
    radius_in_row,
    room_below,
)
from netviz.drawing.panels.neurons import RING
from netviz.drawing.panels.own import paragraph
from netviz.drawing.panels.titles import CaptionSlot
from netviz.drawing.run_layout import arrange_runs
from netviz.drawing.text import Font, Typefaces, two_lines, width, wrap
from netviz.scene.panels import TextPanelSpec
from netviz.scene.phrases import say
from netviz.scene.scene import Look
from netviz.timeline.frame import node_counts


def illegible_captions(scene: Look) -> list[tuple[int, str]]:
    """Captions of the scene that are too long for their place in the picture: number and message of each."""
    slot, layout = caption_place(scene), arrange(scene)
    if slot is None:
        return []
    font = Typefaces.make(scene.font).words
    found = []
    for index, caption in enumerate(scene.captions):
        if not _has_room(slot, caption.text, font, layout.small):
            letter = width(caption.text, font, layout.small) / len(caption.text)
            fits = f"{'two lines' if slot.lines == 2 else 'one line'} of some {int(slot.place.width / letter)}"
            size = "x".join(map(str, layout.size))
            message = f"{len(caption.text)} characters are too many; at {size} there is room for {fits}"
            found.append((index, message))
    return found


def cut_names(scene: Look) -> list[str]:
    """Notes on names of inputs and outputs that are too long to be read whole beside their neurons."""
    layout = arrange(scene)
    slot = layout.places.get("network")
    if slot is None or scene.style == "classic" or scene.runs or scene.network.grid is not None:
        return []
    faces, small = Typefaces.make(scene.font), layout.small
    font = faces.words
    names, lines_of_inputs = (scene.network.inputs, scene.network.outputs), 2
    if layout.flow == "right":
        most, counts = most_discs(slot, layout.flow, layout.unit), node_counts(scene)
        apart, longest = (slot.height / (min(most, count) + 0.6) for count in (counts[0], max(counts)))
        apart = min(apart, 1.25 * longest)  # about as in `network_layout.place`; halos take some of the height
        lines_of_inputs = 2 if apart >= TWO_LINES * small else 1
        inputs = [part for name in names[0] for part in (two_lines(name) if lines_of_inputs == 2 else [name])]
        widest = [max((width(line, font, layout.body) for line in lines), default=0.0) for lines in (inputs, names[1])]
        if presents_examples(scene) and (scene.outline.layers[-1] == 1 or not scene.outline.has_classes):
            widest[1] = max(widest[1], width(say(scene, "label-wants", target="0.00"), faces.medium, layout.body))
        rooms = [min(LONGEST * layout.size[0], wide) + GAP * small for wide in widest]
        part = min(1.0, MOST * slot.width / max(1e-9, sum(rooms)))
        rooms = [part * room - AWAY * small for room in rooms]
    else:
        most = max(node_counts(scene))
        rooms = [room_below(layout, slot, len(each), most) for each in names]
        if len(names[1]) == 1:
            rooms[1] = (
                slot.width / 2 - radius_in_row(layout, slot, most) - AWAY * small
            )  # beside the one neuron, in the middle
    found = []
    for kind, of_kind, room, most in zip(("inputs", "outputs"), names, rooms, (lines_of_inputs, 1), strict=True):
        for index, name in enumerate(of_kind):
            lines, _ = wrap(name, font, small, room, small, most)
            if " ".join(lines) != name:
                shown = "two lines of " if most == 2 and " " in name else ""
                letters = f"{shown}{_letters(room, font, small)} letters"
                found.append(f"network.{kind}[{index}]: {name!r} is cut; there is room for {letters}")
    return found


def cut_texts(scene: Look) -> list[str]:
    """Notes on words of text panels that are too many for their place."""
    layout, font, found = film_layout(scene), Typefaces.make(scene.font).words, []
    numbers = {id(panel): index for index, panel in enumerate(scene.panels or ())}
    for name, panel in zip(names_of(scene.shown_panels), scene.shown_panels, strict=True):
        if not isinstance(panel, TextPanelSpec):
            continue
        words = paragraph(panel, layout, layout.places[name], font)
        if not words.is_whole:
            shown = " ".join(words.lines)
            message = f"{len(panel.text)} characters are too many for their place, which shows {shown!r}"
            found.append(f"panels[{numbers[id(panel)]}].text: {message}; give a larger at, or fewer words")
    return found


def film_layout(scene: Look) -> Layout:
    """The layout of a film: of the panels that all runs share where it shows several."""
    return arrange_runs(scene, len(scene.runs))[0] if scene.runs else arrange(scene)


def left_out_names(scene: Look) -> list[str]:
    """Notes on hidden layers that stand too close for their names, which are left out."""
    layout, counts = arrange(scene), node_counts(scene)
    slot = layout.places.get("network")
    if slot is None or scene.style == "classic" or scene.runs or not any(map(any, scene.network.hidden)):
        return []
    font, ring = Typefaces.make(scene.font).words, RING * layout.unit
    aside, above, below = 2 * layout.small, ring, room_for_hidden(scene, layout) + ring
    if layout.flow == "right":
        aside = max((width(name, font, layout.body) for name in scene.network.inputs), default=0.0)
        aside = min(LONGEST * layout.size[0], aside) + GAP * layout.small
    else:
        above, below = (ring if counts[-1] == 1 else 3 * layout.body), 2 * layout.body
    inner = Rect(slot.x + aside, slot.y + above, slot.width - 2 * aside, slot.height - above - below)
    places = place(counts, inner, layout.flow, layout.radius, scene.has_bias_nodes)
    most, found = most_discs(slot, layout.flow, layout.unit), []
    for index, names in enumerate(scene.network.hidden):
        is_crowded = counts[index + 1] > most
        if any(names) and (is_crowded or fitted(names, places, index + 1, layout, font) is None):
            found.append(f"network.hidden[{index}]: the neurons stand too close for their names, which are left out")
    return found


def _letters(room: float, font: Font, size: float) -> int:
    return int(room / (width("abcdefghijklmnopqrstuvwxyz", font, size) / 26))


def has_room(scene: Look) -> Callable[[str], bool]:
    """Return a check whether a text fits whole into the captions' place; every text does where no panel shows them.

    What the film itself says is never smaller than values are; only a scene's own captions may be.
    """
    slot, body, font = caption_place(scene), arrange(scene).body, Typefaces.make(scene.font).words
    return lambda text: slot is None or _has_room(slot, text, font, body)


def caption_place(scene: Look) -> CaptionSlot | None:
    """The slot of the captions in a scene's film; None if it shows none."""
    layout = arrange(scene)
    if scene.style == "classic":
        return caption_slot(layout)
    place = layout.places.get("caption")
    return None if place is None else CaptionSlot(place, layout.caption, layout.body)


def _has_room(slot: CaptionSlot, text: str, font: Font, small: float) -> bool:
    lines, _ = slot.filled(text, font, small)
    return " ".join(lines) == text
