"""The command about the recordings that other commands keep."""

from __future__ import annotations

import json

import click

from netviz.cli import console
from netviz.cli.options import debug_option
from netviz.learn.cache import VARIABLE, recording_cache
from netviz.scene.mistake import count
from netviz.scene.words import printable
from netviz.video.files import amount


@click.command()
@click.option("--clear", is_flag=True, help="Remove all of them.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@debug_option
def cache(clear: bool, as_json: bool) -> None:
    """Tell where recordings are kept, how many and how large they are.

    render, still, think and preview keep what they trained, so that a change to colours or text need not train again.
    The environment variable NETVIZ_CACHE names another folder, or says off. The files may be deleted at any time.
    """
    kept = recording_cache()
    if kept is None:
        why = f"{VARIABLE} is off, or there is no home folder"
        console.result(json.dumps({"folder": None}) if as_json else f"no recordings are kept: {why}")
        return
    contents = kept.clear() if clear else kept.contents()
    if as_json:
        sizes = {"recordings": contents.recordings, "bytes": contents.size_in_bytes, "most_bytes": kept.largest}
        console.result(json.dumps({"folder": str(kept.folder), **sizes, "cleared": clear}))
    else:
        number, size = count(contents.recordings, "recording"), amount(contents.size_in_bytes)
        of = "removed" if clear else f"of at most {amount(kept.largest)}"
        console.result(f"{printable(click.format_filename(kept.folder))}: {number}, {size} {of}")
