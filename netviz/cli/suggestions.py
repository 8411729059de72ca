"""Suggestions for options and commands that netviz does not have: by what they mean elsewhere, then by spelling."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from netviz.scene.messages import printable
from netviz.scene.synonyms import COMMANDS, OPTIONS, absent, keys_meant, normal

_FORMAT = ("--format", "--codec", "--container", "--gif", "--mp4", "--webm", "--type")
"""Options elsewhere for what netviz reads from a file's name."""


def explain_option(command: click.Command, name: str) -> str | None:
    """Return the message about an option that a command does not have; None if nothing is known of its meaning."""
    from netviz.cli.options import EVERY_OPTION, SCENE_OPTIONS

    if not name.startswith("--"):
        return None
    own = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    unknown = f"no option '{printable(name)}'"
    has_scene = "--set" in own
    if name in EVERY_OPTION and has_scene:
        return f"{unknown}: netviz {command.name} has no use for it"
    if name in _FORMAT and "--output" in own:
        return f"{unknown}; the end of a name says it, such as -o film{'.gif' if name == '--gif' else '.webm'}"
    if name in ("--scene", "--config", "--file", "--source", "--input") and has_scene and "--inputs" not in own:
        return f"{unknown}; a scene stands by itself: netviz {command.name} my.yaml"
    word = normal(name)
    if meant := [option for option in OPTIONS.get(word, ()) if option in own]:
        return f"{unknown} (did you mean {meant[0]}?)"
    if not has_scene or _is_near(name, own):
        return None
    by_key = {key: option for option, key, _, _, _ in SCENE_OPTIONS if option in own}
    keys = keys_meant(word) or _keys_that_end_in(word)
    if keys:
        meant = [by_key.get(key, f"--set {key}=...") for key in keys]
        return f"{unknown} (did you mean {' or '.join(meant)}?)"
    so = absent(word)
    return f"{unknown}: {so}" if so else None


def _is_near(name: str, own: set[str]) -> bool:
    """True if the option is another one with a slip in it, which click finds by itself."""
    return bool(get_close_matches(name, [option for option in own if option.startswith("--")], 1, 0.85))


def _keys_that_end_in(word: str) -> list[str]:
    """The keys of a scene of that name, those of phrases left out."""
    from netviz.scene.json_schema import every_key

    return [key for key in every_key() if key.rpartition(".")[2] == word and not key.startswith("words.")]


def explain_command(word: str, commands: Mapping[str, str]) -> str:
    """Return the message about a command that there is not: what to type for a scene, a film or a familiar word."""
    unknown = f"no command '{printable(word)}'"
    if line := _line_for_file(word):
        return f"{unknown}; {line}"
    if word == "help":
        return f"{unknown}; to read about all commands: netviz --help"
    if word == "version":
        return f"{unknown}; to see it: netviz --version"
    near = COMMANDS.get(normal(word), ()) or get_close_matches(word, commands, 1)
    if near:
        named = " or ".join(f"'{name}'" for name in near)
        return f"{unknown} (did you mean {named}?)"
    return f"{unknown}; there are {', '.join(commands)}"


def _line_for_file(word: str) -> str:
    """The line to type where the name of a scene or a film stands in the place of a command; "" if it is none."""
    from netviz.scene.files import MADE, SCENE_SUFFIXES, bundled_names
    from netviz.scene.playground_link import is_link

    suffix = Path(word).suffix.lower()
    quoted = printable(shlex.quote(word))
    if word in bundled_names() or is_link(word) or suffix in (*SCENE_SUFFIXES, ".npz"):
        what = "recording" if suffix == ".npz" else "Playground link" if is_link(word) else "scene"
        return f"to make the film of this {what}: netviz render {quoted}"
    if suffix in MADE:
        return f"to read what it was made of: netviz inspect {quoted}"
    return ""


def scenes_here(folder: Path) -> list[str]:
    """Return the names of the scene files in a folder, in alphabetical order."""
    from netviz.scene.files import SCENE_SUFFIXES

    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SCENE_SUFFIXES)
        return [path.name for path in files if path.is_file() and _looks_like_scene(path)]
    except OSError:
        return []


def _looks_like_scene(path: Path) -> bool:
    """True if the file begins with the two keys that every scene has, at the start of their lines."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(100_000).splitlines()
    except OSError:
        return False
    return all(any(line.startswith(f"{key}:") for line in lines) for key in ("network", "data"))


def render_lines(names: Sequence[str]) -> str:
    """Return the lines to type to make the films of some scene files, the first three of them."""
    lines = [f"netviz render {printable(shlex.quote(name))}" for name in names[:3]]
    return "\n".join(f"    {line}" for line in lines)
