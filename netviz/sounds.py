"""The sound of a run by itself, without its film."""

from __future__ import annotations

from pathlib import Path

from netviz.api import Progress, record
from netviz.errors import InputError
from netviz.film.timeline import make_timeline
from netviz.learn.recording import Recording
from netviz.plans import plan, tell
from netviz.problems import input_files, scene_of, scene_problems, target_problems
from netviz.scene.spec import Scene


def sonify(
    source: Scene | Recording,
    output: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    cache: bool = False,
) -> Path:
    """Make the sound of a run, as long as its film, and write it as WAV (48 kHz, stereo, 16 bits). Returns the file.

    output: the file; an existing one is refused unless `overwrite`. cache: as in `record`. Raises InputError before any
    work with all that is wrong with what is asked for, another NetvizError if something fails; then the output is as it
    was before.
    """
    from netviz.sound.sonify import write_sonified
    from netviz.video.files import whole_or_not_at_all

    target, scene = Path(output), scene_of(source)
    problems = scene_problems(source) + target_problems(target, (".wav",), overwrite, input_files(scene))
    made = None
    try:
        made = plan(scene)
    except InputError as wrong:
        problems += [problem for problem in wrong.problems if problem not in problems]
    if problems or made is None:
        raise InputError(problems)
    recording = record(source, progress=progress, cache=cache) if isinstance(source, Scene) else source
    timeline = make_timeline(tell(made, recording), recording)
    with whole_or_not_at_all(target, overwrite=overwrite) as part:
        for done, total in write_sonified(timeline, part):
            if progress is not None:
                progress("composing", done, total)
    return target
