"""A file of words: phrases in another language, or of another taste, each under netviz's name for it."""

from __future__ import annotations

from pathlib import Path

from netviz.errors import InputError, Problem
from netviz.scene.check_words import phrases_alone
from netviz.scene.source import read_text
from netviz.scene.values import LONGEST_TEXT
from netviz.scene.words import dotted, kind, printable, shown
from netviz.scene.yaml_tree import UnreadableYaml, read_tree


def read_words(path: Path, where: str) -> dict[str, str]:
    """The phrases in a file. where: the file as the user knows it. Raises InputError with every mistake in it."""
    where = printable(where)
    try:
        tree = read_tree(read_text(path))
    except UnreadableYaml as error:
        place = f"{where}:{error.position.line}:{error.position.column}"
        raise InputError([Problem(place, error.message)]) from None
    if not isinstance(tree.data, dict):
        found_instead = "nothing" if tree.data is None else f"a {kind(tree.data)}"
        raise InputError([Problem(where, f"expected phrases with their names, got {found_instead}")])
    found = [(slip.position, slip.path or (), slip.message) for slip in tree.slips]
    spoiled = {slip.path for slip in tree.slips if slip.spoils}
    texts: dict[str, str] = {}
    for key, value in tree.data.items():
        fault = _fault(value)
        if fault and (key,) not in spoiled:
            found.append((tree.position((key,)), (key,), fault))
        elif not fault:
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


def _fault(value: object) -> str:
    if not isinstance(value, str):
        return f"expected text, got {shown(value)}"
    if len(value) > LONGEST_TEXT:
        return f"expected text of at most {LONGEST_TEXT} characters, got {len(value)}"
    if not all(character.isprintable() for character in value):
        return "a character in it cannot be drawn"
    return ""
