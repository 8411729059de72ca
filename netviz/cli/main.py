"""Command group and exit codes: 0, 1 for failure, 2 for wrong use, 130 for Ctrl-C, SIGTERM, a closed pipe."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

import click

from netviz.cli import console
from netviz.scene.messages import printable
from netviz.version import __version__

COMMANDS = {
    "render": "Make the film of a scene or a recording, or of several.",
    "still": "Make one picture of the film.",
    "preview": "Show a scene in the browser while you change it.",
    "embed": "Make a folder with all that a blog post needs of a film.",
    "sonify": "Make the sound of a run, without a film.",
    "record": "Train the network and keep the recording, without a film.",
    "think": "Train the network and let it think about a situation.",
    "events": "Print what happened while the network learned.",
    "flashes": "Tell whether a film flashes more often than is safe.",
    "plan": "Print what the film shows when.",
    "inspect": "Tell what a film, a picture or a recording was made of.",
    "validate": "Check a scene without making anything of it.",
    "scenes": "List the scenes that come with netviz.",
    "new": "Write a copy of a scene to tweak.",
    "words": "Print what netviz says in its pictures, to be translated.",
    "schema": "Print the JSON Schema of scene files, for editors.",
    "cache": "Tell of the recordings that are kept, or remove them.",
}
_MODULES = {
    "render": "render",
    "embed": "render",
    "preview": "preview",
    "events": "reports",
    "flashes": "reports",
    "inspect": "reports",
}
"""Modules of the commands that are not in commands.py."""


class _Commands(click.Group):
    """Loads a command's module only when it is run, so that help and errors come at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"netviz.cli.{_MODULES.get(cmd_name, 'commands')}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f" (did you mean '{near[0]}'?)" if near else f"; there are {', '.join(COMMANDS)}"
            raise click.UsageError(f"no command '{args[0]}'{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="netviz")
def cli() -> None:
    """Films of neural networks learning.

    A scene file goes in, an MP4 exactly as long as its music comes out:

        netviz render xor -o xor.mp4
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line, and exit: 0 done, 1 failed, 2 wrong use, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP."""
    arguments = sys.argv[1:] if args is None else args
    _settle_surroundings()
    _log("--debug" in arguments)
    try:
        _run(arguments)
    except console.Stopped:
        console.message("stopped")
        raise


def _run(arguments: list[str]) -> NoReturn:
    try:
        code = cli.main(args=arguments, prog_name="netviz", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except Exception as failure:
        console.check_output()
        if "--debug" in arguments:
            console.message(traceback.format_exc())
        sys.exit(console.report(failure))


def _settle_surroundings() -> None:
    """Keep what the user's environment says from getting in the way."""
    console.listen()
    # The command opens no window; a backend that is named there and that matplotlib lacks must not stop it. Nor does
    # it matter to its user where matplotlib keeps a cache, or what it thinks of a matplotlibrc.
    os.environ["MPLBACKEND"] = "agg"
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        console.message(f"{record.name}: {printable(record.getMessage())}")


def _log(debug: bool) -> None:
    """With --debug, tell what netviz does that changes no result, such as taking a recording from the cache."""
    log = logging.getLogger("netviz")
    log.handlers = [_Notes()] if debug else []
    log.setLevel(logging.INFO if debug else logging.NOTSET)
