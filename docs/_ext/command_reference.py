"""Reference of the commands, generated from click: `command-list` names them, `commands` has a section for each.

Groups of options, their order and their words are those that `netviz COMMAND --help` prints, for they are read from
what each command writes into click's formatter of help.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from netviz.cli.main import cli


class Listing(click.HelpFormatter):
    """Keeps the sections of a help and their lists of two columns, as far as they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, list[tuple[str, str]]]] = []
        self._name = ""

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        before, self._name = self._name, name
        yield
        self._name = before

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        self.sections.append((self._name, [(click.unstyle(name), click.unstyle(text)) for name, text in rows]))


def option_sections(command: click.Command, context: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of a command's options: the name of each, and its options with what they do."""
    listing = Listing()
    command.format_options(context, listing)
    return listing.sections


def overview(context: click.Context) -> Iterator[str]:
    """The list of commands that `netviz --help` prints, as Markdown with links."""
    listing = Listing()
    cli.format_commands(context, listing)
    for title, rows in listing.sections:
        yield from (f"**{title}**", "") if len(listing.sections) > 1 else ()
        yield from (f"- [`{name.strip()}`](#netviz-{name.strip()}): {plain(text)}" for name, text in rows)
        yield ""


def help_lines(text: str) -> list[str]:
    """A command's help as Markdown: what click must not wrap, and what is indented, as blocks of code."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text.replace("\f", ""))):
        is_code = paragraph.startswith(("\b", "  "))
        body = inspect.cleandoc("\n" + paragraph.removeprefix("\b").lstrip("\n"))
        lines += ["```text", *body.splitlines(), "```", ""] if is_code else [plain(body), ""]
    return lines


def plain(text: str) -> str:
    """Text of a help as Markdown that shows it letter by letter."""
    return re.sub(r"([\\*<\[\]{}|_#~])", r"\\\1", " ".join(text.split()))


def command_lines(name: str, command: click.Command) -> Iterator[str]:
    """A section about a command, as Markdown."""
    context = click.Context(command, info_name=f"netviz {name}")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from (f"({'netviz-' + name})=", f"## {name}", "", "```text", usage, "```", "")
    yield from help_lines(command.help or "")
    yield from ("```{program} netviz " + name, "```", "")
    for title, rows in option_sections(command, context):
        yield from (f"**{title}**", "")
        for option, text in rows:
            # A comma in what stands after an option would be taken for the beginning of another spelling of it.
            yield from ("````{option} " + option, plain(text), "````", "")
    if command.epilog:
        yield from help_lines(command.epilog)


class CommandList(SphinxDirective):
    """The list of commands, each with a link to its section."""

    def run(self) -> list[nodes.Node]:
        lines = [*overview(click.Context(cli, info_name="netviz"))]
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source="commands"), self.content_offset, container)
        return container.children


class Commands(SphinxDirective):
    """All commands of netviz, each in a section of its own."""

    def run(self) -> list[nodes.Node]:
        context = click.Context(cli, info_name="netviz")
        lines: list[str] = []
        for name in cli.list_commands(context):
            command = cli.get_command(context, name)
            if command is not None and not command.hidden:
                lines += command_lines(name, command)
        container = nodes.section()
        container.document = self.state.document
        self.state.nested_parse(StringList(lines, source="commands"), self.content_offset, container, match_titles=True)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("command-list", CommandList)
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
