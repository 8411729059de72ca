"""Help in groups, the same in every command; no option that does nothing where it stands."""

from __future__ import annotations

import re

import click
import pytest

from netviz.cli.help import GROUPS, long_name
from netviz.cli.main import COMMANDS, cli
from netviz.cli.options import EVERY_OPTION
from tests.cli.conftest import Call

WITHOUT_EFFECT = {
    "still": {"--quality"},
    "preview": {"--quality"},
    "embed": {"--transparent"},
    "think": set(EVERY_OPTION) - {"--cycles", "--seed"},
    "events": set(EVERY_OPTION) - {"--cycles", "--seed", "--frames", "--audio", "--duration"},
    "plan": {"--seed", "--theme", "--palette", "--motion", "--quality", "--transparent"},
    "sonify": {"--theme", "--palette", "--size", "--quality", "--transparent"},
}
"""Options that were tried, and changed nothing that the command makes or says."""


def options_of(name: str) -> list[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return [long_name(each) for each in command.get_params(click.Context(command)) if isinstance(each, click.Option)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_in_one_group(call: Call, name: str) -> None:
    told = call(name, "--help").out
    titles = [line.removesuffix(":") for line in told.splitlines() if line.removesuffix(":") in GROUPS]
    assert titles == [title for title in GROUPS if title in titles], "in one order, each once"
    assert "Options:" not in told
    listed = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", told, re.MULTILINE)
    assert sorted(listed) == sorted(options_of(name))


def test_no_group_names_an_option_that_no_command_has() -> None:
    grouped = [option for options in GROUPS.values() for option in options]
    assert len(grouped) == len({*grouped})
    assert {*grouped} == {option for name in COMMANDS for option in options_of(name)}


@pytest.mark.parametrize("name", ["render", "record", "validate", *WITHOUT_EFFECT])
def test_commands_have_the_options_that_change_something_there(name: str) -> None:
    assert {*EVERY_OPTION} - {*options_of(name)} == WITHOUT_EFFECT.get(name, set())


@pytest.mark.parametrize(("name", "option"), [("think", "--palette"), ("plan", "--seed"), ("events", "--fps")])
def test_an_option_of_other_commands_says_so(call: Call, name: str, option: str) -> None:
    result = call(name, option, "1")
    assert result.code == 2
    assert f"no option '{option}': netviz {name} has no use for it" in result.err


def test_the_columns_of_all_groups_stand_below_each_other(call: Call) -> None:
    told = call("render", "--help").out
    texts = ("Train for N cycles", "glow, classic", "Replace an existing", "Treat warnings")
    columns = {line.index(text) for line in told.splitlines() for text in texts if text in line}
    assert len(columns) == 1


def test_commands_for_people_come_before_tools(call: Call) -> None:
    told = call("--help").out
    order = [name for name in re.findall(r"^  ([a-z]+)  ", told, re.MULTILINE) if name in COMMANDS]
    assert order == list(COMMANDS)
    assert max(map(order.index, ("render", "new", "inspect"))) < min(map(order.index, ("plan", "words", "schema")))
