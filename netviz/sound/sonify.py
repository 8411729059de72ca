"""The sound of a film, made from its run and written to a file, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netviz.errors import NetvizError
from netviz.film.timeline import Timeline
from netviz.scene.sound import Sound
from netviz.sound.mixing import LOUDNESS, Master, mastered, samples_in
from netviz.sound.score import score_of
from netviz.sound.wave_file import write_wave


def write_sonified(timeline: Timeline, path: Path) -> Iterator[tuple[int, int]]:
    """Write the sound of a film as WAV; yields how many samples of how many are written, so that others get their turn.

    It is as long as the film to the sample, and the same for the same timeline. The scene's gain, fades and loudness
    apply where its sound is to be made from the run; without a loudness it has its platform's, or LOUDNESS. Raises
    NetvizError if the disk does not take it.
    """
    score = score_of(timeline)
    scene = timeline.recording.scene
    blocks = mastered(score, master_of(scene.audio, scene.output.loudness))
    try:
        yield from write_wave(path, blocks, samples_in(score))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NetvizError(f"the sound made from the run cannot be written to {path.parent}: {reason}") from error


def master_of(sound: Sound | None, usual: float | None = None) -> Master:
    """What a scene says of its sound; of another sound than this it is not said. usual: LUFS where nothing is."""
    usual = LOUDNESS if usual is None else usual
    if sound is None or not sound.is_sonified:
        return Master(usual)
    return Master(
        usual if sound.loudness is None else sound.loudness,
        sound.gain,
        float(sound.fade_in) or None,
        None if sound.fade_out is None else float(sound.fade_out),
    )
