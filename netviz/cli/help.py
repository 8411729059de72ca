"""Help of commands: their options in groups, which are the same in every command, common ones first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from netviz.cli.suggestions import explain_option

GROUPS = {
    "What goes in": ("--inputs", "--from", "--cycles", "--seed", "--set", "--sweep", "--compare", "--allow-outside"),
    "How it looks": ("--look", "--style", "--theme", "--palette", "--motion", "--seen-as"),
    "Time and sound": ("--audio", "--duration", "--at", "--frames", "--fps"),
    "Output": (
        *("--output", "--overwrite", "--size", "--for", "--quality", "--transparent", "--film", "--url", "--autoplay"),
        *("--browser", "--scene", "--json", "--clear", "--dry-run"),
    ),
    "Work": ("--jobs", "--cluster", "--port", "--no-cache", "--strict", "--debug", "--help"),
}
"""Options by what they are about, each group in the order of its use."""


class Command(click.Command):
    """A command whose help shows its options in groups, and that knows what an unknown option was meant to be."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as wrong:
            if explained := explain_option(self, wrong.option_name):
                raise click.UsageError(explained, ctx) from None
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = {long_name(each): each for each in self.get_params(ctx) if isinstance(each, click.Option)}
        records = {name: record for name, each in options.items() if (record := each.get_help_record(ctx))}
        width = max(len(usage) for usage, _ in records.values())
        for title, names in GROUPS.items():
            # Padded to one width, so that the columns of all groups stand below each other.
            rows = [(f"{usage:{width}}", text) for usage, text in (records[name] for name in names if name in records)]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def command(name: str) -> Callable[[Callable[..., Any]], Command]:
    """Decorator of a function that is a command of netviz."""
    return click.command(name, cls=Command)


def long_name(option: click.Option) -> str:
    """An option's name as the groups have it: the first that is not a letter."""
    return next(name for name in option.opts if name.startswith("--"))


def write_commands(formatter: click.HelpFormatter, groups: Sequence[tuple[str, dict[str, str]]]) -> None:
    """Write a list of commands in groups, one below the other."""
    width = max(len(name) for _, commands in groups for name in commands)
    for title, commands in groups:
        with formatter.section(title):
            formatter.write_dl([(f"{name:{width}}", text) for name, text in commands.items()])
