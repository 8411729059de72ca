"""Option --debug."""

from __future__ import annotations

import click

# Looked for by `main`, which is where errors end.
debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Show where an error came from.")
