"""What a film, a picture or a recording says about itself: which scene made it, and how to make it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netviz.about import about_of, restored
from netviz.errors import InputError, Problem
from netviz.learn.recording import Recording
from netviz.scene.written import scene_hash
from netviz.video.about import About
from netviz.video.tags import Media, read_about, read_media

RECORDING = b"PK\x03\x04"
"""How a recording begins: it is a zip archive."""


@dataclass(frozen=True)
class Inspection:
    """What was found. about: what the file says about itself. media: what it holds; kept: of a recording, how many
    moments are in it instead, and size_in_bytes of its file."""

    path: Path
    about: About
    size_in_bytes: int
    media: Media | None = None
    kept: int | None = None

    @property
    def scene(self) -> str:
        """The text of a scene file that is the scene this was made of."""
        return restored(self.about, self.path.name)


def inspect(path: str | Path) -> Inspection:
    """What a film, a picture or a recording of netviz's says about itself, whatever its name ends in.

    Raises InputError for what is no such file, or carries no word of netviz.
    """
    path = Path(path)
    if _begins_like_recording(path):
        recording = Recording.load(path)
        version = str(recording.info["versions"].get("netviz", "of unknown version"))
        return Inspection(path, about_of(recording.scene, version), path.stat().st_size, kept=len(recording.cycle))
    about, media = read_about(path), read_media(path)
    if not _is_whole(about):
        message = "is damaged: the scene in it is not the one that its hash is of"
        raise InputError([Problem(str(path), message)])
    return Inspection(path, about, media.size_in_bytes, media)


def _is_whole(about: About) -> bool:
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
