"""Provenance: which scene, music and version a file was made of, written into it and read from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from netviz.audio.music_file import music_tags
from netviz.errors import InputError, Problem
from netviz.pipeline.looks import Filmed, filmed
from netviz.recording.recording import Recording
from netviz.resources import music
from netviz.scene.export import scene_file, scene_hash, written
from netviz.scene.messages import printable
from netviz.scene.scene import Scene
from netviz.scene.sound import Sound
from netviz.version import __version__
from netviz.video.metadata import Music, Provenance
from netviz.video.metadata_formats import Media, read_media, read_provenance

LONGEST_RUN = 300
"""Most letters of what a recording says of itself."""
OWN_MUSIC = "made by netviz from the run itself, CC0: nobody need be asked or named"


def provenance_of(source: Scene | Filmed, version: str = __version__) -> Provenance:
    """Provenance of a file made of a scene: the whole scene, and title, artist and licence of its music.

    Of a run that netviz did not train it is the look alone, and what the recording says of itself. version: of the
    netviz that makes the file.
    """
    scene = source if isinstance(source, Scene) else source.scene
    said = written(scene)
    return Provenance(
        title=scene.title,
        version=version,
        seed=scene.training.seed if isinstance(scene, Scene) else None,
        run=""
        if isinstance(source, Scene) or isinstance(scene, Scene)
        else "; ".join(map(run_text, source.recordings)),
        scene_hash=scene_hash(said.data),
        music=None if scene.audio is None else _music(scene.audio),
        files=said.files,
        scene=said.data,
    )


def embedded_provenance(source: Scene | Filmed) -> Provenance | None:
    """Provenance to be written into the files of a film; None where its scene says output.about: false."""
    scene = source if isinstance(source, Scene) else source.scene
    return provenance_of(source) if scene.output.about else None


def film_fingerprint(source: Scene | Filmed) -> str:
    """Fingerprint of all that the captions of a film depend on, in 16 hexadecimal digits: its scene, but of the output
    only shape and pace, and of a run that netviz did not train its steps and curves.

    "" where the scene says output.about: false; then its files have no word of netviz.
    """
    scene = source if isinstance(source, Scene) else source.scene
    if not scene.output.about:
        return ""
    data, output = dict(written(scene).data), scene.output
    data["output"] = [str(Fraction(*output.size)), str(output.fps), output.platform]
    if isinstance(source, Filmed) and not isinstance(scene, Scene):
        arrays = [array for each in source.recordings for array in (each.step, each.curve_step, *each.curves.values())]
        data["run"] = [hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() for array in arrays]
    return scene_hash(data)[:16]


def run_text(recording: Recording) -> str:
    """A run in one line: "784-128-10 neurons, 412 moments from step 0 to 9,380, by netviz.Recorder"."""
    first, last = int(recording.step[0]), int(recording.step[-1])
    recorder = str(recording.info.get("recorder", "netviz"))
    sizes = "-".join(map(str, recording.network.sizes))
    text = (
        f"{sizes} neurons, {len(recording.step):,} moments from {recording.unit} {first:,} to {last:,}, by {recorder}"
    )
    return printable(text)[:LONGEST_RUN]


def restored(about: Provenance, source: str) -> str:
    """The text of a scene file that is the scene a file was made of. source: the file's name.

    Of a run that netviz did not train it is the look alone, and so a look file.
    """
    what = "look" if about.run else "scene"
    heading = [
        f"The {what} of {source}, as {about.software} rendered it. What is not said here is as netviz has it by itself."
    ]
    if about.run:
        heading += [f"It is of a run with {about.run};", "with its recording: netviz render RUN.npz --look THIS.yaml"]
    return scene_file(about.scene, "\n".join(map(printable, heading)), about.files)


def _music(sound: Sound) -> Music:
    if sound.is_sonified:
        return Music(licence=sound.licence or OWN_MUSIC)
    tags = music_tags(music(sound.file))
    return Music(tags.title, tags.artist, sound.licence or tags.licence)


# Inspection of a film, a picture or a recording: which scene made it, and how to make it again.

RECORDING = b"PK\x03\x04"
"""First bytes of a recording, which is a zip archive."""


@dataclass(frozen=True)
class Inspection:
    """Findings of `inspect`. about: what the file says about itself. media: what it holds; None for a recording, which
    is itself in `recording`. size_in_bytes: of the file."""

    path: Path
    about: Provenance
    size_in_bytes: int
    media: Media | None = None
    recording: Recording | None = None

    @property
    def scene(self) -> str:
        """The text of a scene file that is the scene this was made of."""
        return restored(self.about, self.path.name)


def inspect(path: str | Path, *, allow_outside: bool = False) -> Inspection:
    """Read from a film, a picture or a recording of netviz what it was made of, whatever its name ends in.

    allow_outside: let a recording name files outside its own folder, such as music, which says itself what it is.
    Raises InputError for what is no such file, or carries no word of netviz.
    """
    path = Path(path)
    if _begins_like_recording(path):
        recording = Recording.load(path, allow_outside=allow_outside)
        versions = recording.info.get("versions")
        version = str((versions if isinstance(versions, dict) else {}).get("netviz", "of unknown version"))
        about = provenance_of(filmed(recording), version)
        return Inspection(path, about, path.stat().st_size, recording=recording)
    about, media = read_provenance(path), read_media(path)
    if not _is_whole(about):
        message = "is damaged: the scene in it is not the one that its hash is of"
        raise InputError([Problem(str(path), message)])
    return Inspection(path, about, media.size_in_bytes, media)


def _is_whole(about: Provenance) -> bool:
    try:
        return scene_hash(about.scene) == about.scene_hash
    except ValueError:  # a number that is not finite
        return False


def _begins_like_recording(path: Path) -> bool:
    try:
        if not path.is_file():
            if not path.exists():
                raise InputError([Problem(str(path), "no such file; give a film, a picture or a recording")])
            return False
        with path.open("rb") as file:
            return file.read(len(RECORDING)) == RECORDING
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(str(path), f"cannot be read: {reason.lower()}")]) from None
