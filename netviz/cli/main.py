"""Command group and exit codes: 0, 1 for failure, 2 for wrong use, 130 for Ctrl-C, SIGTERM, a closed pipe."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from netviz.cli import completion, console
from netviz.cli.guard import start_guard
from netviz.scene.messages import printable
from netviz.version import __version__

_log = logging.getLogger(__name__)

GROUPS: list[tuple[str, dict[str, str]]] = [
    (
        "Make a film, or what else comes of a scene",
        {
            "render": "Make the film of a scene or a recording, or of several.",
            "still": "Make one picture of the film.",
            "preview": "Show a scene in the browser while you change it.",
            "embed": "Make a folder with all that a blog post needs of a film.",
            "sonify": "Make the sound of a run, without a film.",
        },
    ),
    (
        "Begin a scene of your own",
        {
            "scenes": "List the scenes that come with netviz.",
            "new": "Write a copy of a scene to tweak, or a look of your run.",
            "validate": "Check a scene without making anything of it.",
        },
    ),
    (
        "Look into a run or a film",
        {
            "record": "Train the network and keep the recording, without a film.",
            "think": "Train the network and let it think about a situation.",
            "events": "Print what happened while the network learned.",
            "inspect": "Tell what a film, a picture or a recording was made of.",
            "flashes": "Tell whether a film flashes more often than is safe.",
        },
    ),
    (
        "Tools for editors, shells and programs",
        {
            "plan": "Print what the film shows when.",
            "words": "Print what netviz says in its pictures, to be translated.",
            "schema": "Print the JSON Schema of scene files, for editors.",
            "completion": "Print what lets a shell complete netviz's commands.",
            "cache": "Tell of kept recordings and unfinished films, or remove them.",
            "doctor": "Look whether netviz works here, and what to do where not.",
        },
    ),
]
COMMANDS = {name: text for _, commands in GROUPS for name, text in commands.items()}
_MODULES = {
    "render": "render",
    "embed": "render",
    "preview": "preview",
    "events": "reports",
    "flashes": "reports",
    "inspect": "inspection",
    "doctor": "doctor",
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
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from netviz.cli.suggestions import explain_command

            raise click.UsageError(explain_command(args[0], COMMANDS), ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as wrong:
            message = (
                f"no option '{printable(wrong.option_name)}' here; options stand after a command: netviz render xor"
            )
            raise click.UsageError(message, ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        names = [name for name in COMMANDS if name.startswith(incomplete)]
        options = super().shell_complete(ctx, incomplete) if incomplete.startswith("-") else []
        return [*(CompletionItem(name, help=COMMANDS[name]) for name in names), *options]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from netviz.cli.help import write_commands

        write_commands(formatter, GROUPS)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="netviz")
def cli() -> None:
    """Films of neural networks learning.

    A scene file goes in, an MP4 exactly as long as its music comes out. To begin:

    \b
        netviz render xor          the film of a scene that comes with netviz
        netviz new my.yaml         a copy of it, to be made your own
        netviz render my.yaml      its film

    `netviz COMMAND --help` tells of each command.
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line, and exit: 0 done, 1 failed, 2 wrong use, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP."""
    arguments = sys.argv[1:] if args is None else args
    found = _settle_surroundings()
    if args is None:  # the process is ours, and nobody else's who calls this
        start_guard(console.SIGNALS)
    try:
        if "--debug" in arguments:
            from netviz.cli.debug_log import debugging

            with debugging(arguments):
                _run(arguments, found)
        _run(arguments, found)
    except console.Stopped:
        console.message("stopped")
        raise


def _run(arguments: list[str], found: dict[str, str]) -> NoReturn:
    """found: the environment as it was, as far as it was changed; commands find it in their root's `obj`."""
    try:
        code = cli.main(
            args=arguments, prog_name="netviz", complete_var=completion.VARIABLE, standalone_mode=False, obj=found
        )
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as wrong:
        wrong.message = console.cleaned(wrong.message)  # type: ignore[misc]  # final for its subclasses
        wrong.show()
        if not arguments:
            _offer_scenes()
        sys.exit(wrong.exit_code)
    except Exception as failure:
        console.check_output()
        _log.debug("it failed", exc_info=failure)
        if "--debug" in arguments:
            console.message(traceback.format_exc())
        sys.exit(console.report(failure))


def _offer_scenes() -> None:
    """After the help that stands for a missing command: what to type for the scenes that lie here."""
    from netviz.cli.suggestions import render_lines, scenes_here

    if names := scenes_here(Path.cwd()):
        here = f"{printable(names[0])} lies here" if len(names) == 1 else f"{len(names)} scenes lie here"
        console.message(f"\n{here}:\n\n{render_lines(names)}")


def _settle_surroundings() -> dict[str, str]:
    """Keep what the user's environment says from getting in the way; returns what is changed of it, here or by the
    guard, as it was."""
    console.listen()
    # The command opens no window; a backend that is named there and that matplotlib lacks must not stop it. Nor does
    # it matter to its user where matplotlib keeps a cache, or what it thinks of a matplotlibrc.
    found = {name: os.environ[name] for name in ("MPLBACKEND", "TMPDIR") if name in os.environ}
    os.environ["MPLBACKEND"] = "agg"
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    console.settle_streams()
    return found
