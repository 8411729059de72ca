"""What the files made of a scene say about themselves."""

from __future__ import annotations

from netviz.version import __version__
from netviz.places import music
from netviz.scene.sound import Sound
from netviz.scene.spec import Scene
from netviz.scene.written import scene_file, scene_hash, written
from netviz.sound.tags import music_tags
from netviz.video.about import About, Music

OWN_MUSIC = "made by netviz from the run itself, CC0: nobody need be asked or named"


def about_of(scene: Scene, version: str = __version__) -> About:
    """What a file says that is made of a scene: the scene itself, whole, and whose its music is.

    version: of the netviz that makes it.
    """
    said = written(scene)
    return About(
        title=scene.title,
        version=version,
        seed=scene.training.seed,
        scene_hash=scene_hash(said.data),
        music=None if scene.audio is None else _music(scene.audio),
        files=said.files,
        scene=said.data,
    )


def said_of(scene: Scene) -> About | None:
    """What the scene's files are to say: None for nothing, where it does not want it known."""
    return about_of(scene) if scene.output.about else None


def restored(about: About, source: str) -> str:
    """The text of a scene file that is the scene a file was made of. source: the file's name."""
    heading = (
        f"The scene of {source}, as {about.software} rendered it. What is not said here is as netviz has it by itself."
    )
    return scene_file(about.scene, heading, about.files)


def _music(sound: Sound) -> Music:
    if sound.is_sonified:
        return Music(licence=sound.licence or OWN_MUSIC)
    tags = music_tags(music(sound.file))
    return Music(tags.title, tags.artist, sound.licence or tags.licence)
