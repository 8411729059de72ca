"""`netviz render`: a film, or several at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import netviz
from netviz.cli import console
from netviz.cli.options import cache_option, overwrite_option, scenes_options
from netviz.cli.sources import Source, located, read_sources
from netviz.errors import InputError, NetvizError, Problem
from netviz.films import film_problems, request_problems
from netviz.learn.recording import Recording
from netviz.platforms import platform_told
from netviz.problems import tells
from netviz.scene.spec import Scene
from netviz.scene.words import printable
from netviz.video.files import amount
from netviz.video.film import Film
from netviz.video.vtt import vtt_beside

OUTPUT_HELP = (
    "The film; without it the scene's name + .mp4 in the current folder. Of several: a folder (ending in /), or a name "
    "with {name} in it."
)


@click.command()
@scenes_options
@overwrite_option
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help=OUTPUT_HELP)
@click.option(
    "--sweep",
    "sweeps",
    metavar="KEY=VALUES",
    multiple=True,
    help="A film for each value, such as training.seed=1..8 or training.learning_rate=0.1,0.5,1; several: for all "
    "combinations.",
)
@click.option(
    "--jobs", metavar="N", envvar="NETVIZ_JOBS", help="Processes that share the work; without it what helps here."
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    envvar="NETVIZ_CLUSTER",
    help="Let the workers of a dask scheduler do the work, such as tcp://host:8786.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be made, and make nothing.")
@cache_option
@click.pass_context
def render(
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
        workers, problems = _jobs(jobs)
        sources = read_sources(ctx, [*problems, *request_problems(workers, None, cluster or None)])
        if dry_run:
            _show(sources, overwrite)
        elif len(sources) == 1:
            (source,) = sources
            with located(source), console.progress() as progress:
                film = netviz.render(
                    source.subject,
                    source.target,
                    overwrite=overwrite,
                    jobs=workers,
                    cluster=cluster or None,
                    progress=progress,
                    cache=cache,
                )
            console.result(_told(source.target, film))
        else:
            _make_several(ctx, sources, overwrite=overwrite, jobs=workers, cluster=cluster or None, cache=cache)


def _show(sources: list[Source], overwrite: bool) -> None:
    problems, plans = film_problems({source.target: source.subject for source in sources}, overwrite=overwrite)
    with located(*sources):
        if problems:
            raise InputError(problems)
    for source, made in zip(sources, plans, strict=True):
        size = "{}x{}".format(*source.scene.output.size)
        length = f"{console.seconds(made.seconds)}, {made.frame_count} frames of {size}, {len(made.spans)} spans"
        told = f"; captions in {console.name(Path(vtt_beside(source.target).name))}" if tells(source.scene) else ""
        console.result(f"{console.name(source.target)}: {length}{told}{platform_told(source.scene)}")


def _make_several(ctx: click.Context, sources: list[Source], **options: Any) -> None:
    """Make all films; those that fail are told of, and are the command's failure in the end."""
    films: dict[str | Path, Scene | Recording] = {source.target: source.subject for source in sources}
    with located(*sources), console.progress() as progress:

        def ended(target: Path, outcome: Film | Exception) -> None:
            with progress.aside():
                if isinstance(outcome, Film):
                    console.result(_told(target, outcome))
                else:
                    reason = (
                        str(outcome) if isinstance(outcome, NetvizError) else f"{type(outcome).__name__}: {outcome}"
                    )
                    console.error(f"{console.name(target)}: {reason}")

        outcomes = netviz.render_many(films, progress=progress, ended=ended, **options)
    made = sum(isinstance(outcome, Film) for outcome in outcomes.values())
    if made < len(outcomes):
        console.say(f"{made} of {len(outcomes)} films were made")
        ctx.exit(1)


def _typed_before_surroundings(
    ctx: click.Context, jobs: str | None, cluster: str | None
) -> tuple[str | None, str | None]:
    """Both; but where one is typed, not what the environment says of the other, which was for commands without it."""
    typed = {name for name in ("jobs", "cluster") if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if len(typed) != 1:
        return jobs, cluster
    return (jobs, None) if typed == {"jobs"} else (None, cluster)


def _jobs(text: str | None) -> tuple[int | None, list[Problem]]:
    if not text:
        return None, []
    try:
        return int(text), []
    except ValueError:
        return None, [Problem("--jobs", f"expected a whole number from 1, got '{printable(text)}'")]


def _told(target: Path, film: Film) -> str:
    told = "" if film.captions is None else f", captions in {console.name(Path(film.captions.name))}"
    return f"{console.name(target)}: {console.seconds(film.seconds)}, {amount(film.size_in_bytes)}{told}"
