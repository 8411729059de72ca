"""What is wrong with how a film keeps time."""

from __future__ import annotations

from collections.abc import Iterator

from netviz.scene.mistake import Mistake
from netviz.scene.sound import Sound
from netviz.scene.spec import Schedule
from netviz.scene.sync import Sync


def sync_alone(sync: Sync, audio: Sound | None) -> Iterator[Mistake]:
    """Beats that are given twice, that do not increase, or that are to be found where there is no music.

    audio: the scene's, None if it has none.
    """
    if sync.bpm is not None and sync.at is not None:
        yield ("sync",), "give bpm, or at with every beat, not both"
    if sync.offset is not None and sync.bpm is None:
        yield ("sync", "offset"), "when the first beat is belongs to bpm; give bpm, or leave offset out"
    if not sync.is_heard and sync.to != "beats":
        yield ("sync", "to"), "onsets are found in the music; give bpm or at, or to, not both"
    for index, (before, after) in enumerate(zip(sync.at or (), (sync.at or ())[1:], strict=False)):
        if after <= before:
            yield ("sync", "at", index + 1), f"{after:g} comes after {before:g}; beats must increase"
            break
    if sync.is_heard and audio is None:
        yield ("sync",), f"there is no music to find {sync.to} in; give audio, or bpm, or at"
    if sync.is_heard and audio is not None and audio.is_sonified:
        yield ("sync",), f"the sound is made from the run, so there are no {sync.to} to find in it; give bpm, or at"


def pulse_and_sound(pulse: float, audio: Sound | None) -> Iterator[Mistake]:
    """A glow that is to follow music which there is not."""
    if pulse > 0 and audio is None:
        yield ("pulse",), "there is no music for the glow to follow; give audio, or leave pulse out"
    elif pulse > 0 and audio is not None and audio.is_sonified:
        yield ("pulse",), "the glow follows music, not a sound made from the run; leave pulse out"


def schedule_and_sync(schedule: Schedule | None, sync: Sync | None) -> Iterator[Mistake]:
    """A schedule that follows beats which there are not."""
    if schedule is not None and schedule.frames == "beats" and sync is None:
        yield ("schedule", "frames"), "there are no beats to follow; give sync, or a number"
