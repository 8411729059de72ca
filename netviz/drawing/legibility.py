"""Legibility of captions: which fit their place, known from a scene before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable

from netviz.drawing.layout import arrange
from netviz.drawing.panels.classic import caption_room
from netviz.drawing.panels.titles import CaptionRoom
from netviz.drawing.text import Font, Typefaces, width
from netviz.scene.scene import Scene


def illegible_captions(scene: Scene) -> list[tuple[int, str]]:
    """Those of the scene's captions that are too long for their place in the picture, by number, and why."""
    room, layout = caption_place(scene), arrange(scene)
    if room is None:
        return []
    font = Typefaces.make(scene.font).words
    found = []
    for index, caption in enumerate(scene.captions):
        if not _has_room(room, caption.text, font, layout.small):
            letter = width(caption.text, font, layout.small) / len(caption.text)
            fits = f"{'two lines' if room.lines == 2 else 'one line'} of some {int(room.place.width / letter)}"
            size = "x".join(map(str, layout.size))
            message = f"{len(caption.text)} characters are too many; at {size} there is room for {fits}"
            found.append((index, message))
    return found


def has_room(scene: Scene) -> Callable[[str], bool]:
    """Whether a text can be read whole in the captions' place; anything can where no panel shows them."""
    room, small, font = caption_place(scene), arrange(scene).small, Typefaces.make(scene.font).words
    return lambda text: room is None or _has_room(room, text, font, small)


def caption_place(scene: Scene) -> CaptionRoom | None:
    """Where the captions of a scene's film stand; None if they do not."""
    layout = arrange(scene)
    if scene.style == "classic":
        return caption_room(layout)
    return CaptionRoom(layout.places["caption"], layout.body) if "caption" in layout.places else None


def _has_room(room: CaptionRoom, text: str, font: Font, small: float) -> bool:
    lines, _ = room.filled(text, font, small)
    return " ".join(lines) == text
