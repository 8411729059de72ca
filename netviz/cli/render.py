"""Commands `netviz render` and `netviz embed`: films, one or several, and folders for blog posts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import netviz
from netviz.atomic_files import amount
from netviz.cli import console
from netviz.cli.completion import complete_path, complete_sweep
from netviz.cli.help import command
from netviz.cli.options import (
    EVERY_OPTION,
    all_but,
    cache_option,
    jobs_of,
    jobs_option,
    overwrite_option,
    scene_options,
    scenes_options,
)
from netviz.cli.sources import CommandSource as Given
from netviz.cli.sources import located, read_source, read_sources
from netviz.errors import InputError, NetvizError
from netviz.pipeline.capacity import Work, estimates_of, in_words, refuse_estimates
from netviz.pipeline.jobs import Films, encode_settings, prepare_films
from netviz.pipeline.platforms import platform_text
from netviz.pipeline.render import request_problems
from netviz.pipeline.validation import tells
from netviz.video.formats import ANIMATED, EncodeSettings, OutputFile, is_picture, is_played, outputs_of
from netviz.video.webvtt import captions_beside
from netviz.video.writer import WrittenFilm
from netviz.web.embed import url_problems

OUTPUT_HELP = (
    "The film: .mp4, .webm, .mov (without a background, for editors), .gif, .webp or .apng, or its poster: .png or "
    ".jpg; several -o share one rendering. Without it the scene's name + .mp4 in the current folder. Of several "
    "films: a folder (ending in /), or a name with {name} in it."
)


@command("render")
@scenes_options(*EVERY_OPTION)
@overwrite_option
@click.option(
    *("-o", "--output", "outputs"),
    type=click.Path(),
    metavar="FILE",
    multiple=True,
    help=OUTPUT_HELP,
    shell_complete=complete_path(),
)
@click.option(
    "--sweep",
    "sweeps",
    metavar="KEY=VALUES",
    multiple=True,
    shell_complete=complete_sweep,
    help="A film for each value, such as training.seed=1..8 or training.learning_rate=0.1,0.5,1; several: for all "
    "combinations.",
)
@click.option("--compare", is_flag=True, help="Show several recordings (.npz) side by side, in one film.")
@jobs_option
@click.option(
    "--cluster",
    metavar="ADDRESS",
    envvar="NETVIZ_CLUSTER",
    help="Let the workers of a dask scheduler do the work, such as tcp://host:8786.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print what would be made, and the time, memory and disk that it takes; make nothing.",
)
@cache_option
@click.pass_context
def render_command(
    ctx: click.Context,
    /,
    overwrite: bool,
    jobs: str | None,
    cluster: str | None,
    dry_run: bool,
    cache: bool,
    strict: bool,
    **_: Any,
) -> None:
    """Make the film of a scene, a Playground link or a recording; or the films of several."""
    with console.warnings_shown(strict):
        jobs, cluster = _typed_before_surroundings(ctx, jobs, cluster)
        workers, problems = jobs_of(jobs)
        sources = read_sources(ctx, [*problems, *request_problems(workers, None, cluster or None)])
        if dry_run:
            _show(sources, overwrite, workers, cluster or None, cache)
        elif len(sources) == 1:
            (source,) = sources
            with located(source), console.progress_bar() as progress:
                film = netviz.render(
                    source.subject,
                    source.targets,
                    overwrite=overwrite,
                    jobs=workers,
                    cluster=cluster or None,
                    progress=progress,
                    cache=cache,
                )
            console.result(_film_lines(source.targets, film))
        else:
            _make_several(ctx, sources, overwrite=overwrite, jobs=workers, cluster=cluster or None, cache=cache)


def _show(sources: list[Given], overwrite: bool, jobs: int | None, cluster: str | None, cache: bool) -> None:
    """Print what would be made, and what it takes; refuse what cannot be made here."""
    problems, prepared = prepare_films({source.targets: source.subject for source in sources}, overwrite=overwrite)
    with located(*sources):
        if problems:
            raise InputError(problems)
    for source, film in zip(sources, prepared, strict=True):
        plan = film.checked()
        size = "{}x{}".format(*source.scene.output.size)
        length = f"{console.seconds(plan.seconds)}, {plan.frame_count} frames of {size}"
        length += f", {len(plan.shown_cycles)} shown cycles"
        settings = encode_settings(source.scene.output)
        for target in source.targets:
            (output,) = outputs_of([target], settings)
            what = length
            if is_picture(target):
                what = f"the poster, {size}"
            elif output.kind in ANIMATED:
                what += f", as {_small(output, settings)}"
            captions_text = _captions_text(target, source.targets, tells(source.scene), "; ")
            console.result(f"{console.name(target)}: {what}{captions_text}{platform_text(source.scene, target)}")
    films = [Work(film, source.targets) for source, film in zip(sources, prepared, strict=True)]
    estimates = estimates_of(films, jobs, cache=cache, spent=time.process_time(), here=cluster is None)
    console.result(f"takes {in_words(estimates, here=cluster is None)}")
    with located(*sources):
        refuse_estimates(films, estimates, here=cluster is None)


def _make_several(ctx: click.Context, sources: list[Given], **options: Any) -> None:
    """Make all films; those that fail are told of, and are the command's failure in the end."""
    films: Films = {source.targets: source.subject for source in sources}
    with located(*sources), console.progress_bar() as progress:
        targets = {source.target: source.targets for source in sources}

        def ended(target: Path, outcome: WrittenFilm | Exception) -> None:
            with progress.aside():
                if isinstance(outcome, WrittenFilm):
                    console.result(_film_lines(targets[target], outcome))
                else:
                    reason = (
                        str(outcome) if isinstance(outcome, NetvizError) else f"{type(outcome).__name__}: {outcome}"
                    )
                    console.error(f"{console.name(target)}: {reason}")

        outcomes = netviz.render_many(films, progress=progress, ended=ended, **options)
    made = sum(isinstance(outcome, WrittenFilm) for outcome in outcomes.values())
    if made < len(outcomes):
        console.message(f"{made} of {len(outcomes)} films were made")
        ctx.exit(1)


def _typed_before_surroundings(
    ctx: click.Context, jobs: str | None, cluster: str | None
) -> tuple[str | None, str | None]:
    """Both; but where one is typed, not what the environment says of the other, which was for commands without it."""
    typed = {name for name in ("jobs", "cluster") if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if len(typed) != 1:
        return jobs, cluster
    return (jobs, None) if typed == {"jobs"} else (None, cluster)


def _film_lines(targets: Sequence[Path], film: WrittenFilm) -> str:
    """A line for every file."""
    lines = []
    for target in targets:
        what = "the poster" if is_picture(target) else console.seconds(film.seconds)
        captions_text = _captions_text(target, targets, film.captions is not None, ", ")
        lines.append(f"{console.name(target)}: {what}, {amount(film.files[target.absolute()])}{captions_text}")
    return "\n".join(lines)


def _captions_text(target: Path, targets: Sequence[Path], tells: bool, before: str) -> str:
    """Of the file that has the captions beside it, where they are."""
    has_them = tells and next((path for path in targets if is_played(path)), None) == target
    return f"{before}captions in {console.name(Path(captions_beside(target).name))}" if has_them else ""


def _small(output: OutputFile, settings: EncodeSettings) -> str:
    """The size and rate of an animated picture."""
    rate = float(settings.fps / output.encoding.every)
    return "{}x{} with {:g} pictures a second".format(*output.encoding.size, rate)


# `netviz embed`: a folder for a blog post.

FOLDER_HELP = "The folder; without it the scene's name in the current folder."


@command("embed")
@scene_options(*all_but("--transparent"))
@overwrite_option
@click.option(
    *("-o", "--output"),
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help=FOLDER_HELP,
    shell_complete=complete_path("/"),
)
@click.option("--autoplay", is_flag=True, help="The film of the snippets plays by itself: silent, over and over again.")
@click.option(
    "--url",
    metavar="PREFIX",
    default="",
    help="What stands before the names of files in the snippets, such as https://example.org/films/.",
)
@jobs_option
@cache_option
@click.pass_context
def embed_command(
    ctx: click.Context,
    /,
    overwrite: bool,
    autoplay: bool,
    url: str,
    jobs: str | None,
    cache: bool,
    strict: bool,
    **_: Any,
) -> None:
    """Make a folder with all that a blog post needs: the film, a picture of it, captions, transcript, snippets to
    paste, and a page that plays it.
    """
    with console.warnings_shown(strict):
        workers, problems = jobs_of(jobs)
        source = read_source(ctx, [*problems, *url_problems(url)])
        with located(source), console.progress_bar() as progress:
            post = netviz.embed(
                source.subject,
                source.target,
                overwrite=overwrite,
                autoplay=autoplay,
                url=url,
                jobs=workers,
                progress=progress,
                cache=cache,
            )
    what = f"{console.seconds(post.films[0].seconds)}, {len(post.files)} files, {amount(post.size_in_bytes)}"
    console.result(f"{console.name(source.target / 'index.html')}: {what}")
