"""What a command works on: a scene or a recording, with the user's options in it, or every mistake at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from netviz.cli.options import overrides
from netviz.errors import InputError, Problem
from netviz.learn.recording import Recording
from netviz.scene.file import read_scene, read_stored
from netviz.scene.spec import Scene

TRAINED = ("network", "data", "training", "schedule")
"""Parts of a scene that a recording was made from; they cannot be other afterwards."""


@dataclass(frozen=True)
class Source:
    """A scene, and the recording if it came with one. path: of the file, for the check that no output replaces it."""

    scene: Scene
    recording: Recording | None
    path: Path | None

    @property
    def subject(self) -> Scene | Recording:
        """What `netviz.render` and the others take."""
        return self.scene if self.recording is None else self.recording


def read_source(ctx: click.Context, more: Iterable[Problem] = ()) -> Source:
    """The command's scene or recording.

    more: problems the command found in its own options. Raises InputError with those, the options' and the scene's.
    """
    source = ctx.params["source"]
    typed, problems = overrides(ctx)
    problems += more
    if _is_recording(source):
        recording = Recording.load(source)
        draft = read_stored(recording.scene, Path(source), typed)
        changed = [
            Problem(override.origin, "the recording is trained already; render a scene to change this")
            for key, override in typed.items()
            if key.split(".")[0] in TRAINED
        ]
        problems += changed or draft.problems
        if problems or draft.scene is None:
            raise InputError(problems)
        return Source(draft.scene, recording.with_scene(draft.scene), Path(source))
    draft = read_scene(source, typed, allow_outside=ctx.params["allow_outside"])
    problems += draft.problems
    if problems or draft.scene is None:
        raise InputError([*problems, *_problems_beyond(ctx, draft.parts)])
    return Source(draft.scene, None, draft.path)


def _is_recording(source: str) -> bool:
    return source.lower().endswith(".npz")


def _problems_beyond(ctx: click.Context, parts: dict[str, object]) -> list[Problem]:
    """Mistakes outside the scene, looked for when the scene is wrong already: the user hears of all at once."""
    from netviz.film.audio import audio_problems
    from netviz.places import music
    from netviz.video.files import output_problems

    found: list[Problem] = []
    audio = parts.get("audio")
    if isinstance(audio, str):
        found += audio_problems(music(audio))
    output = ctx.params.get("output")
    if output is not None:
        found += output_problems(Path(output), ctx.params.get("overwrite", False))
    return found
