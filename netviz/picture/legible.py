"""Which captions can be read in a picture: known from a scene alone, before anything is drawn."""

from __future__ import annotations

from netviz.picture.layout import arrange
from netviz.picture.panels.classic import caption_room
from netviz.picture.panels.header import CaptionRoom
from netviz.picture.type import Typefaces, width
from netviz.scene.spec import Scene


def illegible_captions(scene: Scene) -> list[tuple[int, str]]:
    """Those of the scene's captions that are too long for their place in the picture, by number, and why."""
    layout = arrange(scene)
    if scene.style == "classic":
        room = caption_room(layout)
    elif "caption" in layout.places:
        room = CaptionRoom(layout.places["caption"], layout.body)
    else:  # no panel shows them
        return []
    font = Typefaces.make(scene.font).words
    found = []
    for index, caption in enumerate(scene.captions):
        lines, _ = room.filled(caption.text, font, layout.small)
        if " ".join(lines) != caption.text:
            letter = width(caption.text, font, layout.small) / len(caption.text)
            fits = f"{'two lines' if room.lines == 2 else 'one line'} of some {int(room.place.width / letter)}"
            size = "x".join(map(str, layout.size))
            message = f"{len(caption.text)} characters are too many; at {size} there is room for {fits}"
            found.append((index, message))
    return found
