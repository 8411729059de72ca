"""Options that commands share, and how they become overrides of a scene's keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from netviz.cli.completion import complete_key, complete_path, complete_scene, complete_setting, complete_words
from netviz.cli.debug_log import debug_option
from netviz.errors import InputError, Problem
from netviz.scene.messages import printable
from netviz.scene.overrides import FROM_ENVIRONMENT, Override, parse_set
from netviz.timeline.moments import FORMS

Command = TypeVar("Command", bound=Callable[..., Any])

SCENE_HELP = """
    SCENE is a scene file, the name of one that comes with netviz (see `netviz scenes`), a TensorFlow Playground link
    (in quotes), or a recording (.npz). Without it: xor, in a folder without scene files.
"""
# option, scene key, whether its text is read as YAML (numbers) or as it is, help
SCENE_OPTIONS = (
    ("--cycles", "training.cycles", True, "N", "Train for N cycles through all examples."),
    ("--frames", "schedule.frames", True, "N", "Show N of the cycles, dense early and sparse later."),
    (
        *("--audio", "audio", False, "FILE"),
        "Music, which the film is as long as, such as bundled:track.mp3; or sonify: made from the run.",
    ),
    ("--duration", "duration", False, "SECONDS", "Of a film without music, with audio.fit=track or --audio sonify."),
    ("--seed", "training.seed", False, "SEED", "Where the random numbers start: a whole number, or Playground's text."),
    ("--style", "style", False, "NAME", "glow, classic or playground."),
    ("--theme", "theme", False, "NAME", "night, paper or playground."),
    ("--palette", "palette", False, "NAME", "green-red, blue-orange or colour-blind."),
    ("--motion", "motion", False, "NAME", "full, or reduced: held pictures, at most two changes a second."),
    ("--for", "output.platform", False, "NAME", "Where it goes: youtube, shorts, instagram, x, blog or slides."),
    ("--size", "output.size", False, "SIZE", "WIDTHxHEIGHT, 1080p, 720p, 4k, square, portrait or vertical."),
    ("--fps", "output.fps", False, "NUMBER", "Frames a second, such as 30 or 30000/1001."),
    ("--quality", "output.quality", False, "NAME", "draft, good or best."),
)


def parameter(option: str) -> str:
    """The name of an option's parameter: no word of Python's own."""
    name = option.removeprefix("--")
    return f"{name}_" if iskeyword(name) else name


def variable(option: str) -> str:
    """The environment variable that stands for an option."""
    return f"{FROM_ENVIRONMENT}{option.removeprefix('--').upper()}"


TRANSPARENT = "--transparent"
EVERY_OPTION = (*(option for option, *_ in SCENE_OPTIONS), TRANSPARENT)
"""Options that override a scene's keys; each command has those that change what it makes."""


def all_but(*options: str) -> tuple[str, ...]:
    """The options that override a scene's keys, without some."""
    return tuple(option for option in EVERY_OPTION if option not in options)


def scene_options(*options: str) -> Callable[[Command], Command]:
    """The scene argument, and those of EVERY_OPTION that change what the command makes."""

    def add(command: Command) -> Command:
        argument = click.argument("source", metavar="[SCENE]", required=False, shell_complete=complete_scene)
        return argument(_settings(command, options))

    return add


def scenes_options(*options: str) -> Callable[[Command], Command]:
    """The same of a command that takes several scenes."""

    def add(command: Command) -> Command:
        argument = click.argument("sources", metavar="[SCENE]...", nargs=-1, shell_complete=complete_scene)
        return argument(_settings(command, options))

    return add


def _settings(command: Command, options: Sequence[str]) -> Command:
    # Every command with a scene says what may stand for one.
    command.__doc__ = f"{command.__doc__}\n\n{SCENE_HELP}"
    for option, key, _, metavar, text in SCENE_OPTIONS:
        if option in options:
            command = click.option(
                option,
                parameter(option),
                metavar=metavar,
                help=f"{text}  [{key}]",
                envvar=variable(option),
                type=str,
                shell_complete=complete_key(key),
            )(command)
    if TRANSPARENT in options:
        command = click.option(
            TRANSPARENT,
            is_flag=True,
            default=None,
            envvar=variable(TRANSPARENT),
            help="Leave out the background, to lay the picture over another.  [output.transparent]",
        )(command)
    command = click.option(
        "--set",
        "settings",
        metavar="KEY=VALUE",
        multiple=True,
        help="Any key of the scene, such as training.learning_rate=0.5; several --set for several keys.",
        shell_complete=complete_setting,
    )(command)
    command = click.option(
        "--look",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="How it looks, as keys of a scene in a YAML file: put over what the scene or recording says.",
        shell_complete=complete_path(".yaml"),
    )(command)
    command = allow_outside_option(command)
    command = click.option("--strict", is_flag=True, help="Treat warnings as errors.")(command)
    return debug_option(command)


allow_outside_option = click.option(
    "--allow-outside", is_flag=True, help="Let a scene, a look or a recording use files from outside its own folder."
)


def output_options(what: str) -> Callable[[Command], Command]:
    """-o and --overwrite of a command that writes a file."""

    def add(command: Command) -> Command:
        command = overwrite_option(command)
        output = click.option(
            *("-o", "--output"),
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=what,
            shell_complete=complete_path(),
        )
        return output(command)

    return add


at_option = click.option(
    "--at",
    default="50%",
    metavar="MOMENT",
    help=f"{FORMS}.",
    show_default=True,
    shell_complete=complete_words("start", "end", "poster", "cycle:", "shot:", "event:"),
)

cache_option = click.option(
    "--no-cache",
    "cache",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Train in any case, take nothing that an earlier run left, and keep nothing (see `netviz cache`).",
)

jobs_option = click.option(
    "--jobs", metavar="N", envvar="NETVIZ_JOBS", help="Processes that share the work; without it what helps here."
)


def jobs_of(text: str | None) -> tuple[int | None, list[Problem]]:
    """Number of processes that --jobs asks for, None without it; and what is wrong with it as a number."""
    if not text:
        return None, []
    try:
        return int(text), []
    except ValueError:
        return None, [Problem("--jobs", f"expected a whole number from 1, got '{printable(text)}'")]


overwrite_option = click.option("--overwrite", "-y", is_flag=True, help="Replace an existing file.")


def overrides(ctx: click.Context) -> tuple[dict[str, Override], list[Problem]]:
    """Overrides that the user typed, by scene key, and the mistakes in them that are seen without the scene."""
    typed: dict[str, Override] = {}
    problems: list[Problem] = []
    for option, key, as_yaml, _, _ in SCENE_OPTIONS:
        name = parameter(option)
        value = ctx.params.get(name)
        if value is None:
            continue
        origin = variable(option) if ctx.get_parameter_source(name) is ParameterSource.ENVIRONMENT else option
        try:
            typed[key] = Override(parse_set(f"{key}={value}")[1].value if as_yaml else value, origin)
        except InputError as wrong:
            problems += [Problem(origin, problem.message) for problem in wrong.problems]
    if ctx.params.get("transparent") is not None:
        is_typed = ctx.get_parameter_source("transparent") is ParameterSource.COMMANDLINE
        origin = "--transparent" if is_typed else variable("--transparent")
        typed["output.transparent"] = Override(ctx.params["transparent"], origin)
    for text in ctx.params.get("settings", ()):
        try:
            key, override = parse_set(text)
        except InputError as wrong:
            problems += wrong.problems
        else:
            typed[key] = override
    return typed, problems
