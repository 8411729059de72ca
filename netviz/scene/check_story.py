"""What is wrong with what is told in words, as far as it can be known without a film."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netviz.scene.mistake import Mistake, count
from netviz.scene.shots import AnyShot
from netviz.scene.story import READ, Caption, reading_seconds, seconds_up


def captions(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Captions that are too short to be read, or at moments that no film of this scene has."""
    shots, training = parts.get("shots"), parts.get("training")
    duration = parts.get("duration")
    given: Sequence[Caption] = parts.get("captions") or ()
    for index, caption in enumerate(given):
        needed = reading_seconds(caption.text)
        if caption.seconds is not None and caption.seconds < needed:
            yield (
                ("captions", index, "for"),
                f"{float(caption.seconds):g} s are too short for {count(len(caption.text), 'character')}; at {READ} a "
                f"second it takes {seconds_up(needed)} s to read them",
            )
        moment = caption.moment
        at = ("captions", index, "at")
        if moment.kind == "seconds" and duration is not None and moment.number >= duration:
            yield at, f"{caption.at} is past the end of the film, which lasts {float(duration):.2f} s"
        if moment.kind == "cycle" and training is not None and not 1 <= moment.number <= training.cycles:
            yield (
                at,
                f"there is no cycle {int(moment.number):,}; they are counted from 1 to {training.cycles:,} "
                "(training.cycles)",
            )
        if moment.kind == "shot" and shots is not None and (wrong := _no_shot(caption, shots)):
            yield at, wrong


def _no_shot(caption: Caption, shots: Sequence[AnyShot]) -> str | None:
    moment = caption.moment
    if not moment.name:
        return None if moment.number <= len(shots) else f"there is no shot {moment.number}; there are {len(shots)}"
    found = [number for number, shot in enumerate(shots, 1) if shot.shot == moment.name]
    if len(found) == 1:
        return None
    if not found:
        return f"there is no shot {moment.name} in this film"
    return f"there are {len(found)} shots {moment.name}; give {' or '.join(f'shot:{number}' for number in found)}"
