"""`netviz embed`: everything that a blog post needs of a film."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import netviz
from netviz.cli import console
from netviz.cli.options import cache_option, jobs_of, jobs_option, overwrite_option, scene_options
from netviz.cli.sources import located, read_source
from netviz.posts import url_problems
from netviz.video.files import amount

OUTPUT_HELP = "The folder; without it the scene's name in the current folder."


@click.command()
@scene_options
@overwrite_option
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER", help=OUTPUT_HELP)
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
def embed(
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
        with located(source), console.progress() as progress:
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
