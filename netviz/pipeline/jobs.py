"""Render jobs: which source becomes which files, with which settings, or all that is wrong with that."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from netviz.audio.loudness import normalized
from netviz.errors import InputError, Problem
from netviz.ffmpeg import executable
from netviz.pipeline.looks import Filmed, Source
from netviz.pipeline.platforms import platform_file_problems
from netviz.pipeline.prepare import Finished, Prepared, prepare
from netviz.pipeline.provenance import embedded_provenance, film_fingerprint
from netviz.pipeline.validation import captions_of, film_target_problems, input_files, scene_of
from netviz.scene.output import Output
from netviz.scene.scene import Scene
from netviz.timeline.poster import poster_frame
from netviz.video.formats import FILE_KINDS, PICTURES, EncodeSettings, is_picture, outputs_of
from netviz.video.images import picture_file
from netviz.video.webvtt import vtt
from netviz.video.writer import OutputSpec

Target = str | Path
Targets = Target | Sequence[Target]
"""A file, or several that share one rendering."""
Films = Mapping[Target | tuple[Target, ...], Source]
"""Sources of films by the file, or the files, that each becomes."""
ResolvedFilms = Mapping[Target | tuple[Target, ...], Scene | Filmed]
"""The same, each with the scene of its film."""


@dataclass(frozen=True, eq=False)
class RenderJob:
    """A prepared film and its files. finished: the same film with its recording, where that is known already."""

    prepared: Prepared
    targets: tuple[Path, ...]
    spec: OutputSpec
    finished: Finished | None = None

    @property
    def target(self) -> Path:
        """Its file; the first of several."""
        return self.targets[0]

    @property
    def name(self) -> str:
        """The scene's name."""
        return self.prepared.scene.name


def targets_of(targets: Targets) -> tuple[Path, ...]:
    """The files of one film."""
    return (Path(targets),) if isinstance(targets, str | Path) else tuple(map(Path, targets))


def prepare_films(films: ResolvedFilms, *, overwrite: bool = False) -> tuple[list[Problem], list[Prepared]]:
    """Prepare films once each. Returns all problems with them and with their files, and what was prepared."""
    problems, prepared = _shared_files(films), []
    for target, source in films.items():
        film, scene, targets = prepare(source), scene_of(source), targets_of(target)
        found = [*film.problems, *file_problems(film, targets, overwrite)]
        problems += [_of(scene.name, problem) for problem in found] if len(films) > 1 else found
        prepared.append(film)
    return problems, prepared


def file_problems(film: Prepared, targets: Sequence[Path], overwrite: bool) -> list[Problem]:
    """Problems with the files that a film is to become: with writing them, and with what its platform takes."""
    scene = scene_of(film.source)
    found = film_target_problems(scene, targets, overwrite, input_files(scene), film_fingerprint(film.source))
    return found or platform_file_problems(scene, film.plan, targets, encode_settings(scene.output))


def _shared_files(films: ResolvedFilms) -> list[Problem]:
    """Files that would be written more than once, by one film or several, also under another spelling; and none."""
    problems, seen = [], dict[str, Path]()
    for target, source in films.items():
        targets = targets_of(target)
        if not targets:
            problems.append(Problem("output", f"{scene_of(source).name}: no file is named that the film could become"))
        captions = captions_of(scene_of(source), targets)
        for path in (*targets, *([] if captions is None else [captions])):
            # File systems may not tell capitals from small letters, and a folder may have several names.
            place = os.path.normcase(os.path.realpath(path.parent) + os.sep + path.name).lower()
            if place in seen:
                same = "" if seen[place] == path else f" ({seen[place]} is the same file)"
                problems.append(Problem(str(path), f"would be written twice; give each file a name of its own{same}"))
            seen[place] = path
    return problems


def _of(name: str, problem: Problem) -> Problem:
    """A problem of one of several films, with the film's name unless it is about a file that no key names."""
    is_path = "/" in problem.where or problem.where.lower().endswith((*FILE_KINDS, *PICTURES, ".vtt"))
    is_file = is_path and ": " not in problem.where
    return problem if is_file else replace(problem, where=f"{name}: {problem.where}")


def render_jobs(films: ResolvedFilms, overwrite: bool, problems: Iterable[Problem]) -> list[RenderJob]:
    """Jobs for all films. Raises InputError with everything that is wrong with any of them, and with `problems`."""
    found, prepared = prepare_films(films, overwrite=overwrite)
    if problems := [*problems, *found]:
        raise InputError(problems)
    executable()  # without ffmpeg there is no need to train first
    return [render_job(film, targets_of(target), overwrite) for film, target in zip(prepared, films, strict=True)]


def render_job(
    prepared: Prepared, targets: tuple[Path, ...], overwrite: bool, finished: Finished | None = None
) -> RenderJob:
    """The job of one film without problems; its music is measured, and brought to the loudness that is asked for."""
    plan, scene = prepared.checked(), prepared.scene
    settings = encode_settings(scene.output)
    music = None
    if prepared.soundtrack is not None:
        assert scene.audio is not None
        music = normalized(scene.audio, plan.seconds, scene.output.loudness)
    spec = OutputSpec(
        outputs_of([target for target in targets if not is_picture(target)], settings),
        settings,
        plan.frame_count,
        music,
        overwrite,
        captions=captions_of(scene, targets),
        captions_of=film_fingerprint(prepared.source),
        about=embedded_provenance(prepared.source),
    )
    return RenderJob(prepared, targets, spec, finished)


def encode_settings(output: Output) -> EncodeSettings:
    """Settings of the encoder that a scene's output asks for."""
    return EncodeSettings(
        output.size,
        output.fps,
        output.quality,
        output.webm,
        output.animated.side,
        output.animated.fps,
        is_transparent=output.transparent,
    )


def sidecars(job: RenderJob, film: Finished) -> dict[Path, bytes]:
    """Contents of files that are no film: its captions as WebVTT, and pictures of the poster's moment."""
    found, spec = {}, job.spec
    if spec.captions is not None:
        found[spec.captions] = vtt(film.plan.cues, film.plan.fps, spec.captions_of).encode()
    if pictures := [target for target in job.targets if is_picture(target)]:
        from netviz.drawing.renderer import draw_picture  # only here, for matplotlib takes its time to load

        timeline = film.timeline
        picture = draw_picture(timeline, poster_frame(timeline))
        found |= {target: picture_file(picture, target.suffix, spec.about) for target in pictures}
    return found
