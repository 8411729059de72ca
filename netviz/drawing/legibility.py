"""Legibility of captions: a check that each fits its place, known from a scene before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable

from netviz.drawing.layout import arrange
from netviz.drawing.panels.classic import caption_slot
from netviz.drawing.panels.titles import CaptionSlot
from netviz.drawing.text import Font, Typefaces, width
from netviz.scene.scene import Scene


def illegible_captions(scene: Scene) -> list[tuple[int, str]]:
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


def has_room(scene: Scene) -> Callable[[str], bool]:
    """Return a check whether a text fits whole into the captions' place; every text does where no panel shows them.

    What the film itself says is never smaller than values are; only a scene's own captions may be.
    """
    slot, body, font = caption_place(scene), arrange(scene).body, Typefaces.make(scene.font).words
    return lambda text: slot is None or _has_room(slot, text, font, body)


def caption_place(scene: Scene) -> CaptionSlot | None:
    """The slot of the captions in a scene's film; None if it shows none."""
    layout = arrange(scene)
    if scene.style == "classic":
        return caption_slot(layout)
    place = layout.places.get("caption")
    return None if place is None else CaptionSlot(place, layout.caption, layout.body)


def _has_room(slot: CaptionSlot, text: str, font: Font, small: float) -> bool:
    lines, _ = slot.filled(text, font, small)
    return " ".join(lines) == text
