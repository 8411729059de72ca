"""The group of commands, and how a command ends: its exit codes, Ctrl-C, SIGTERM, a closed pipe."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

import click

from netviz import __version__
from netviz.cli import console
from netviz.errors import NetvizError

COMMANDS = {
    "render": "Make the film of a scene or a recording.",
    "still": "Make one picture of the film.",
    "record": "Train the network and keep the recording, without a film.",
    "think": "Train the network and let it think about a situation.",
    "plan": "Print what the film shows when.",
    "validate": "Check a scene without making anything of it.",
    "scenes": "List the scenes that come with netviz.",
    "new": "Write a copy of a scene to tweak.",
    "schema": "Print the JSON Schema of scene files, for editors.",
}


class _Commands(click.Group):
    """Loads a command's module only when it is run, so that help and errors come at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from netviz.cli import commands

        return commands.REGISTRY[cmd_name]

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


class _Terminated(SystemExit):
    """SIGTERM: everything under way is cleaned up as it passes."""


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated(128 + signum)


def main(args: list[str] | None = None, environment: Mapping[str, Any] | None = None) -> NoReturn:
    """Run the command line, and exit: 0 done, 1 failed, 2 wrong use, 130 Ctrl-C, 143 SIGTERM."""
    arguments = sys.argv[1:] if args is None else args
    debug = "--debug" in arguments or bool((environment or os.environ).get("NETVIZ_DEBUG"))
    # The command opens no window; a backend that the user's environment names and matplotlib lacks must not stop it.
    os.environ["MPLBACKEND"] = "agg"
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, _terminate)
    try:
        code = cli.main(args=arguments, prog_name="netviz", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as wanted:
        sys.exit(wanted.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        sys.exit(130)
    except NetvizError as failure:
        if debug:
            raise
        sys.exit(console.report(failure))
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does: nothing more to say, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as failure:
        if debug:
            raise
        console.error(NetvizError(f"{type(failure).__name__}: {failure} (--debug shows where)"))
        sys.exit(1)
