"""`netviz words`: what netviz says in its pictures, to be translated or reworded."""

from __future__ import annotations

import click

from netviz.cli import console
from netviz.cli.options import debug_option

HEADING = """\
What netviz says in its pictures and beside its films. Translate or reword what you like (what you leave out stays
English), and name this file in a scene that lies beside it:  words: {name}
In braces stands what is filled in; a phrase may leave some of it out, and put it anywhere.
"""


@click.command()
@debug_option
def words() -> None:
    """Print netviz's own words as a file for a scene's `words`, to be translated."""
    from netviz.scene.phrases import ENGLISH
    from netviz.scene.write import as_yaml

    console.result(as_yaml(ENGLISH, HEADING.replace("{name}", "my-words.yaml").rstrip(), {}))
