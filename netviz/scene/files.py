"""Files of a scene: scene files, and the words, music and fonts they name; found, checked and read."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Sequence
from pathlib import Path, PureWindowsPath

from netviz.errors import InputError, Problem
from netviz.resources import BUNDLED, assets_folder, scenes_folder
from netviz.scene.messages import did_you_mean, dotted, kind, nearest, printable, shown
from netviz.scene.types import LONGEST_TEXT, drawable
from netviz.scene.validation_film import phrases_alone
from netviz.scene.yaml import Position, Tree, UnreadableYaml, read_tree


class Unreachable(ValueError):
    """Error: a file may not be used, or cannot exist; the message says why."""


def named_in_scene(text: str, folder: Path, *, allow_outside: bool, by: str = "scene") -> Path:
    """Return the absolute path of a file that a scene in `folder` names, which need not exist.

    A scene may come from a stranger: it cannot name a file outside its own folder, links followed, unless that is
    allowed. by: what names it, for messages; a recording may name netviz's own files by their paths. Raises
    Unreachable.
    """
    if text.startswith(BUNDLED):
        return _bundled(text)
    advice = "use --allow-outside if it is to be read" if by == RECORDING else "copy it there, or use --allow-outside"
    outside = Unreachable(f"'{printable(text)}' lies outside the {by}'s folder; {advice}")
    try:
        base = folder.resolve()
        # Windows asks another computer, and tells it who is asking, as soon as such a path is followed.
        if not allow_outside and PureWindowsPath(text).drive.startswith("\\") and not Path(text).is_relative_to(base):
            raise outside
        path = (base / text).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        if error is outside:
            raise
        raise Unreachable(f"'{printable(text)}' cannot be a file's path") from None
    is_own = by == RECORDING and path.parent == assets_folder().resolve()
    if not (allow_outside or is_own or path.is_relative_to(base)):
        raise outside
    return path


RECORDING = "recording"
"""Word for a recording that names files, where a scene is not what does."""


def named_by_user(text: str) -> Path:
    """Return the absolute path of a file that the user typed, relative to the current folder. Raises Unreachable."""
    return _bundled(text) if text.startswith(BUNDLED) else Path.cwd() / text


_NOT_FOR_SCENES = (".md", ".py")
"""Suffixes of files beside the bundled ones that document how those were made."""


def _bundled(text: str) -> Path:
    name = text.removeprefix(BUNDLED)
    folder = assets_folder()
    found = folder.glob("*.*") if folder.is_dir() else ()
    there = sorted(path.name for path in found if path.is_file() and path.suffix not in _NOT_FOR_SCENES)
    if name not in there:
        have = f"netviz brings {', '.join(there)}" if there else "netviz brings none"
        raise Unreachable(f"no such bundled file: '{printable(name)}'; {have}{did_you_mean(name, there)}")
    return folder / name


MUSIC = (".mp3", ".wav", ".flac", ".ogg", ".m4a", ".aac", ".aiff")
FONTS = (".ttf", ".otf")


def no_such_file(path: Path, kinds: Sequence[str], *, may_be_bundled: bool = True) -> str:
    """Return the message about a file that is not there: with a file beside it of nearly the same name, or one that
    comes with netviz.

    kinds: suffixes of files that could stand in its place. may_be_bundled: whether one of netviz's own files could.
    """
    try:
        beside = [each.name for each in path.parent.iterdir() if each.suffix.lower() in kinds]
        is_folder_there = True
    except OSError:
        beside, is_folder_there = [], path.parent.exists()
    if not is_folder_there:
        return f"no such file: there is no folder {printable(path_shown(path.parent))}"
    by_stem = {Path(name).stem: name for name in sorted(beside)}
    if near := nearest(path.stem, by_stem):
        return f"no such file (did you mean '{printable(by_stem[near])}'?)"
    if not may_be_bundled:
        return f"no such file ({_listed(sorted(beside))} there)" if beside else "no such file"
    bundled = [each.name for each in sorted(assets_folder().glob("*.*")) if each.suffix in kinds]
    like_it = path.name if path.name in bundled else bundled[0] if len(bundled) == 1 else None
    if like_it is not None:
        return f"no such file ({BUNDLED}{like_it} comes with netviz)"
    # A name such as Helvetica: of a font, say, that is on the computer, but no path.
    return "no such file" if path.suffix else f"no such file; write the path of a {' or '.join(kinds)} file"


def _listed(names: Sequence[str]) -> str:
    """The first names of some files, and whether they are one or several."""
    first = ", ".join(map(printable, names[:3])) + (", ..." if len(names) > 3 else "")
    return f"{first} {'lies' if len(names) == 1 else 'lie'}"


def path_shown(path: Path) -> str:
    """Return a path as its user would type it: relative if it lies in the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)


# Scene files: found by a bundled scene's name or by path, and read as text.

_LARGEST_FILE = 1_000_000
SCENE_SUFFIXES = (".yaml", ".yml")
MADE = (".mp4", ".mov", ".webm", ".gif", ".png", ".apng", ".webp", ".jpg", ".jpeg")
"""Suffixes of films and pictures, which hold the scene they were made from."""


def bundled_names() -> list[str]:
    """Return the names of the scenes that come with netviz, in alphabetical order."""
    return sorted(path.stem for path in scenes_folder().glob("*.yaml"))


def find_scene(source: str | os.PathLike[str]) -> Path:
    """Return the path of a scene file: a text without separators and suffix is a bundled name, unless a file has it.

    Raises InputError if there is no such bundled scene, or if the file is a film or a picture. A path that leads to no
    file is found when it is read.
    """
    path = Path(source)
    named = isinstance(source, str) and path.suffix.lower() not in SCENE_SUFFIXES and not _has_separator(source)
    if not named or _is_file(path):
        _refuse_film(path)
        return path
    names = bundled_names()
    if source in names:
        return scenes_folder() / f"{source}.yaml"
    where = printable(str(source))
    with_suffix = [f"{source}{suffix}" for suffix in SCENE_SUFFIXES if _is_file(Path(f"{source}{suffix}"))]
    if with_suffix:
        raise InputError([Problem(where, f"no such file (did you mean '{printable(with_suffix[0])}'?)")])
    if path.suffix.lower() in MADE:
        raise InputError([Problem(where, f"no such file, and no scene; a film's own file stands after -o: -o {where}")])
    if source and _is(path.is_dir):
        raise InputError([Problem(where, "is a folder, not a scene file")])
    message = f"neither a scene file nor one of netviz's own scenes: {', '.join(names)}"
    raise InputError([Problem(where, message + did_you_mean(source, names))])


_KINDS = {"scene file": SCENE_SUFFIXES, "table": (".csv", ".tsv"), "words file": SCENE_SUFFIXES}


def read_text(path: Path, where: str | None = None, *, largest: int = _LARGEST_FILE, what: str = "scene file") -> str:
    """Return the text of a file. where: its name in messages, by default its path; what: its expected kind.

    Raises InputError if it is no text of at most `largest` bytes.
    """
    where = printable(str(path)) if where is None else where
    try:
        status = path.stat()
        # Checked before it is opened: opening a pipe would wait for a writer, and a device never ends.
        if stat.S_ISDIR(status.st_mode):
            raise InputError([Problem(where, f"is a folder, not a {what}")])
        if not stat.S_ISREG(status.st_mode):
            raise InputError([Problem(where, "is not a regular file")])
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError:
        own = _bundled_like(path) if what == "scene file" else ""
        is_words = what == "words file"
        missing = f"no such file{own}" if own else no_such_file(path, _KINDS[what], may_be_bundled=is_words)
        raise InputError([Problem(where, missing)]) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError([Problem(where, f"cannot be read: {reason.lower()}")]) from None
    if len(content) > largest:
        size = max(status.st_size, len(content)) / 1e6
        raise InputError([Problem(where, f"{size:.1f} MB is too large for a {what}; {largest / 1e6:g} is the most")])
    return _decode(content, where)


def _decode(content: bytes, where: str) -> str:
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if is_utf_16:
            raise InputError([Problem(where, "begins like UTF-16 text but is not")]) from None
        line_start = content.rfind(b"\n", 0, error.start) + 1
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[line_start : error.start].decode("utf-8", errors="replace")) + 1
        message = f"byte {content[error.start]:#04x} is not UTF-8 text; save the file as UTF-8"
        raise InputError([Problem(f"{where}:{line}:{column}", message)]) from None


def _refuse_film(path: Path) -> None:
    if path.suffix.lower() in MADE and _is_file(path):
        quoted = shlex.quote(str(path))
        message = f"is a film or a picture, not a scene; `netviz inspect {quoted} --scene > my.yaml` restores its scene"
        raise InputError([Problem(printable(str(path)), message)])


def _has_separator(text: str) -> bool:
    return os.sep in text or (os.altsep is not None and os.altsep in text)


def _is_file(path: Path) -> bool:
    return _is(path.is_file)


def _is(test: Callable[[], bool]) -> bool:
    """Return what a test of a path says; False for a path that can be none, because it is too long or holds a NUL."""
    try:
        return test()
    except (OSError, ValueError):
        return False


def _bundled_like(path: Path) -> str:
    names = bundled_names()
    return (
        f" (netviz's own scene '{path.stem}' is called without {path.suffix})"
        if path.name in {f"{name}{suffix}" for name in names for suffix in SCENE_SUFFIXES}
        else ""
    )


def read_mapping(path: Path, expected_keys: str = "keys with values, network and data at least") -> Tree:
    where = printable(str(path))
    try:
        tree = read_tree(read_text(path))
    except UnreadableYaml as error:
        raise InputError([Problem(at(where, error.position), error.message)]) from None
    if not isinstance(tree.data, dict):
        found = f"a {kind(tree.data)}" if tree.data is not None else "an empty file"
        message = f"expected {expected_keys}, got {found}"
        raise InputError([Problem(at(where, tree.position(())), message)])
    return tree


def at(where: str, position: Position) -> str:
    """Format a place in a file: file:line:column."""
    return f"{where}:{position.line}:{position.column}"


# Words files: phrases in another language or wording, each under netviz's name for it.


def read_words(path: Path, where: str) -> dict[str, str]:
    """Read the phrases in a words file. where: the file as the user knows it. Raises InputError with every mistake in
    it."""
    where = printable(where)
    try:
        tree = read_tree(read_text(path, where, what="words file"))
    except UnreadableYaml as error:
        place = f"{where}:{error.position.line}:{error.position.column}"
        raise InputError([Problem(place, error.message)]) from None
    if not isinstance(tree.data, dict):
        found_instead = "nothing" if tree.data is None else f"a {kind(tree.data)}"
        raise InputError([Problem(where, f"expected phrases with their names, got {found_instead}")])
    found = [(issue.position, issue.path or (), issue.message) for issue in tree.syntax_issues]
    spoiled = {issue.path for issue in tree.syntax_issues if issue.spoils}
    texts: dict[str, str] = {}
    for key, value in tree.data.items():
        problem = _phrase_problem(value)
        if problem and (key,) not in spoiled:
            found.append((tree.position((key,)), (key,), problem))
        elif not problem:
            texts[key] = value
    for (_, key), message in phrases_alone(texts):
        found.append((tree.keys.get((str(key),)) or tree.position((key,)), (key,), message))
    if found:
        raise InputError(
            [
                Problem(f"{where}:{place.line}:{place.column}{f': {dotted(key)}' if key else ''}", message)
                for place, key, message in sorted(found, key=lambda each: each[0])
            ]
        )
    return texts


def _phrase_problem(value: object) -> str:
    if not isinstance(value, str):
        return f"expected text, got {shown(value)}"
    if len(value) > LONGEST_TEXT:
        return f"expected text of at most {LONGEST_TEXT} characters, got {len(value)}"
    try:
        drawable(value)
    except ValueError as error:
        return str(error)
    return ""
