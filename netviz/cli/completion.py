"""Shell completion for bash, zsh and fish: what may stand at a place of the command line, and the scripts that ask.

click finds the place; the scripts are netviz's own, for click's know neither words that go on (`training.`, `style=`, a
folder) nor bash's habit to cut words at `=` and `:`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)
from click.shell_completion import split_arg_string as words_of

VARIABLE = "_NETVIZ_COMPLETE"
"""Environment variable with which a shell's script asks for what may stand at the cursor."""
SONIFY_WORD, BUNDLED_PREFIX = "sonify", "bundled:"

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]
_LONGEST_HELP = 60


def _items(
    values: Iterable[str], incomplete: str, helps: Callable[[str], str] | None = None
) -> list[CompletionItem[str]]:
    """The values that begin as what was typed."""
    return [CompletionItem(value, help=helps and helps(value)) for value in values if value.startswith(incomplete)]


def _files(incomplete: str, suffixes: tuple[str, ...] | None) -> list[CompletionItem[str]]:
    """Files that begin as what was typed and end in one of the suffixes (None: all), and folders; no hidden ones."""
    typed, part = os.path.split(incomplete)
    folder = Path(typed or ".").expanduser()
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    found = []
    for entry in entries:
        if not entry.name.startswith(part) or (entry.name.startswith(".") and not part):
            continue
        name = os.path.join(typed, entry.name)  # noqa: PTH118 (as it was typed: ./ and ~ stay)
        if entry.is_dir():
            found.append(CompletionItem(f"{name}/"))
        elif suffixes is None or entry.suffix.lower() in suffixes:
            found.append(CompletionItem(name))
    return found


# Completions of arguments and options.


def complete_scene(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Scenes that come with netviz, scene files, and recordings."""
    from netviz.scene.files import SCENE_SUFFIXES, bundled_names

    return [*_files(incomplete, (*SCENE_SUFFIXES, ".npz")), *_items(bundled_names(), incomplete)]


def complete_path(*suffixes: str) -> Complete:
    """Files that end in one of the suffixes, or all if none are given; folders always ("/": folders alone)."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        return _files(incomplete, suffixes or None)

    return complete


def complete_words(*words: str) -> Complete:
    """Some fixed words."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        return _items(words, incomplete)

    return complete


def complete_key(key: str) -> Complete:
    """Values of one key of a scene."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        return _values(key, incomplete)

    return complete


def complete_setting(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Keys of a scene, and after `=` their values: of --set."""
    key, equals, value = incomplete.partition("=")
    if not equals:
        return _items((f"{key}=" for key in _keys()), incomplete, lambda text: _description(text.removesuffix("=")))
    return [CompletionItem(f"{key}={item.value}", help=item.help) for item in _values(key, value)]


def complete_sweep(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Keys of a scene, and after `=` the next of several values: of --sweep."""
    head, comma, last = incomplete.rpartition(",")
    if not comma:
        return complete_setting(ctx, param, incomplete)
    key, _, given = head.partition("=")
    left = [item for item in _values(key, last) if item.value not in given.split(",")]
    return [CompletionItem(f"{head},{item.value}") for item in left]


@cache
def _keys() -> tuple[str, ...]:
    """Keys that --set may give in one line: all but whole mappings with keys of their own, and but phrases."""
    from netviz.scene.json_schema import every_key

    every = [key for key in every_key() if not key.startswith("words.")]
    shorthands = {"audio", "sync", "story", "words"}
    return tuple(key for key in every if key in shorthands or not any(other.startswith(f"{key}.") for other in every))


def _alternatives(key: str) -> list[dict[str, object]]:
    from netviz.scene.json_schema import root, schema_inside
    from netviz.scene.overrides import key_path

    alternatives = root()
    for step in key_path(key):
        alternatives = schema_inside(alternatives, step, None)
    return [dict(schema) for schema in alternatives]


def _values(key: str, incomplete: str) -> list[CompletionItem[str]]:
    from netviz.scene.messages import choices

    alternatives = _alternatives(key)
    words = [word for word in choices(alternatives) if isinstance(word, str) and word != "default"]
    if any(schema.get("type") == "boolean" for schema in alternatives):
        words += ["true", "false"]
    files: dict[str, tuple[str, ...]] = {
        "audio": (".mp3", ".wav", ".flac", ".ogg", ".m4a", ".aac"),
        "words": (".yaml", ".yml"),
        "font": (".ttf", ".otf"),
        "figures_font": (".ttf", ".otf"),
        "data.csv": (".csv", ".tsv"),
        "data.arrays": (".npz", ".npy"),
    }
    suffixes = files.get(key.removesuffix(".file"))
    if suffixes is None:
        return _items(words, incomplete)
    if key in ("audio", "audio.file"):
        words.append(SONIFY_WORD)
    return [*_files(incomplete, suffixes), *_items([*words, *_bundled(suffixes)], incomplete)]


def _bundled(suffixes: tuple[str, ...]) -> list[str]:
    from netviz.resources import assets_folder

    there = sorted(path for path in assets_folder().glob("*.*") if path.suffix in suffixes)
    return [f"{BUNDLED_PREFIX}{path.name}" for path in there]


def _description(key: str) -> str:
    """The first sentence about a key in the JSON Schema, shortened."""
    from netviz.scene.json_schema import description

    text = " ".join(description(key).partition(". ")[0].rstrip(".").split())
    return text if len(text) <= _LONGEST_HELP else f"{text[: _LONGEST_HELP - 1]}…"


# Scripts of the shells. Each asks netviz with the line up to the cursor, and gets `value<TAB>help` for each item.

_BASH = """\
%(complete_func)s() {
    local item
    COMPREPLY=()
    while IFS= read -r item; do
        [[ -n $item ]] && COMPREPLY+=("$item")
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="${COMP_WORDS[COMP_CWORD]}" \
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    # What can go on is not followed by a space.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=:.,] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# bash before 4.4 sorts in any case.
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a whole open whole_shown open_shown
    local line value help
    (( ! $+commands[%(prog_name)s] )) && return 1
    # Values that can go on, and are not followed by a space, apart from those that are whole.
    for line in "${(@f)$(COMP_LINE="${(j: :)${(@)words[1,CURRENT-1]}} $PREFIX" \\
        %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}"; do
        [[ -z $line ]] && continue
        value="${line%%%%$'\\t'*}" help="${line#*$'\\t'}"
        if [[ $value == *[/=:.,] ]]; then
            open+=("$value") open_shown+=("$value${help:+  -- $help}")
        else
            whole+=("$value") whole_shown+=("$value${help:+  -- $help}")
        fi
    done
    (( $#open )) && compadd -V open -S '' -l -d open_shown -a open
    (( $#whole )) && compadd -V whole -l -d whole_shown -a whole
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    COMP_LINE=(commandline -cp | string collect) %(complete_var)s=fish_complete %(prog_name)s 2>/dev/null
end

complete --command %(prog_name)s --no-files --arguments "(%(complete_func)s)"
"""


@dataclass(frozen=True)
class _Place:
    """Line typed up to the cursor: whole words, and the one that is being typed; `--style=` of `--style=cl` apart."""

    words: list[str]
    option: str
    incomplete: str

    @classmethod
    def read(cls) -> _Place:
        """Read the line that the shell's script gives, the command's own name left out."""
        line = os.environ.get("COMP_LINE", "")
        words = words_of(line)[1:]
        if not words or line[-1:].isspace():
            return cls(words, "", "")
        option, equals, value = words[-1].partition("=")
        if equals and option.startswith("--"):
            return cls([*words[:-1], option], f"{option}=", value)
        return cls(words[:-1], "", words[-1])


class _Bash(BashComplete):
    source_template = _BASH

    def source(self) -> str:
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        place = _Place.read()
        return place.words, place.incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        # bash's word is a part of what was typed, where that has = or : in it; it replaces this part alone.
        place = _Place.read()
        typed, word = f"{place.option}{place.incomplete}", os.environ.get("COMP_WORD", "")
        before = len(typed) - len("" if word in ("=", ":") else word) if typed.endswith(word) else 0
        whole = f"{place.option}{item.value}"
        rest = whole[max(0, before) :]
        return rest if word[:1] in ("'", '"') else _quoted(rest)


def _quoted(text: str) -> str:
    """Escape what bash would take for its own in a name."""
    return "".join(f"\\{character}" if character in " \t'\"\\$&;|<>()[]{}*?!`#" else character for character in text)


class _WithHelp(ShellComplete):
    """Completion for shells that show what each proposal means beside it."""

    def get_completion_args(self) -> tuple[list[str], str]:
        place = _Place.read()
        return place.words, place.incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{_Place.read().option}{item.value}\t{item.help or ''}"


class _Zsh(_WithHelp, ZshComplete):
    source_template = _ZSH


class _Fish(_WithHelp, FishComplete):
    source_template = _FISH


SHELLS = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}
for _name, _class in SHELLS.items():
    add_completion_class(_class, _name)


def script(shell: str, cli: click.Command) -> str:
    """Return the script that switches completion on in a shell."""
    return SHELLS[shell](cli, {}, "netviz", VARIABLE).source()
