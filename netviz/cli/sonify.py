"""`netviz sonify`: the sound of a run, without its film."""

from __future__ import annotations

from typing import Any

import click

import netviz
from netviz.cli import console
from netviz.cli.options import cache_option, output_options, scene_options
from netviz.cli.sources import located, read_source
from netviz.video.files import amount


@click.command()
@scene_options
@output_options("The sound, as WAV; without it the scene's name + .wav in the current folder.")
@cache_option
@click.pass_context
def sonify(ctx: click.Context, /, overwrite: bool, cache: bool, strict: bool, **_: Any) -> None:
    """Make the sound of a run, as long as its film: what a film with `audio: sonify` is heard with."""
    with console.warnings_shown(strict):
        source = read_source(ctx)
        with located(source), console.progress() as progress:
            netviz.sonify(source.subject, source.target, overwrite=overwrite, progress=progress, cache=cache)
    console.result(f"{console.name(source.target)}: {amount(source.target.stat().st_size)}")
