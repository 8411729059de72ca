"""Options that commands share, and how they become overrides of a scene's keys."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from netviz.errors import InputError, Problem
from netviz.scene.messages import printable
from netviz.scene.overrides import FROM_ENVIRONMENT, Override, parse_set

Command = TypeVar("Command", bound=Callable[..., Any])

SCENE_HELP = """
    SCENE is a scene file, the name of one that comes with netviz (see `netviz scenes`), a TensorFlow Playground link
    (in quotes), or a recording (.npz); xor without it.
"""
# option, scene key, whether its text is read as YAML (numbers) or as it is, help
SCENE_OPTIONS = (
    ("--cycles", "training.cycles", True, "N", "Train for N cycles through all examples."),
    ("--frames", "schedule.frames", True, "N", "Show N of the cycles, dense early and sparse later."),
    ("--audio", "audio", False, "FILE", "Music, which the film is as long as; or sonify: made from the run."),
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


def scene_options(command: Command) -> Command:
    """The scene argument, and the options that override its keys."""
    return click.argument("source", metavar="[SCENE]", default="xor")(_settings(command))


def scenes_options(command: Command) -> Command:
    """The same of a command that takes several scenes."""
    return click.argument("sources", metavar="[SCENE]...", nargs=-1)(_settings(command))


def _settings(command: Command) -> Command:
    # Every command with a scene says what may stand for one.
    command.__doc__ = f"{command.__doc__}\n\n{SCENE_HELP}"
    for option, key, _, metavar, text in reversed(SCENE_OPTIONS):
        command = click.option(
            option, parameter(option), metavar=metavar, help=f"{text}  [{key}]", envvar=variable(option), type=str
        )(command)
    command = click.option(
        "--transparent",
        is_flag=True,
        default=None,
        envvar="NETVIZ_TRANSPARENT",
        help="Leave out the ground, for those who lay the picture over another (.webm, .mov, .webp, .apng, .png).  "
        "[output.transparent]",
    )(command)
    command = click.option(
        "--set",
        "settings",
        metavar="KEY=VALUE",
        multiple=True,
        help="Any other key, such as training.learning_rate=0.5.",
    )(command)
    command = click.option(
        "--allow-outside", is_flag=True, help="Let a scene file use files from outside its own folder."
    )(command)
    command = click.option("--strict", is_flag=True, help="Treat warnings as errors.")(command)
    return debug_option(command)


# Looked for by `main`, which is where errors end.
debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Show where an error came from.")


def output_options(what: str) -> Callable[[Command], Command]:
    """-o and --overwrite of a command that writes a file."""

    def add(command: Command) -> Command:
        command = overwrite_option(command)
        return click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=what)(command)

    return add


cache_option = click.option(
    "--no-cache",
    "cache",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Train in any case, and keep nothing of it (see `netviz cache`).",
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
