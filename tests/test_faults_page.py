"""The pages about faults and strangers' files say what is so: their tests exist, their numbers are the code's."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from netviz import errors
from netviz.audio import music_file
from netviz.drawing import picture_file
from netviz.pipeline.validation import LARGEST_FONT
from netviz.recording import array_file, npz_directory
from netviz.scene import array_table, files, playground_link, scene, table, table_file, types, yaml
from netviz.video import metadata
from netviz.web.preview_server import MOST_CONNECTIONS

ROOT = Path(__file__).parents[1]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FAULTS = 54
"""Numbered faults that a film maker's machine can have; those of strangers, and found by attack, are lettered."""


def rows(page: Path) -> list[list[str]]:
    """The cells of all rows of a page's tables, below their heads."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [
        row for number, row in enumerate(cells) if not is_rule(row) and not is_rule(cells[(number + 1) % len(cells)])
    ]


def is_rule(row: list[str]) -> bool:
    return set("".join(row)) == {"-"}


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    """The names of the tests in a file, which is not run for that."""
    parsed = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(parsed) if isinstance(node, ast.FunctionDef))


def test_every_fault_has_its_row() -> None:
    names = [row[0] for row in rows(ROOT / "docs" / "faults.md")]
    numbers = sorted(int(name) for name in names if name.isdecimal())
    assert numbers == [*range(1, FAULTS + 1)]
    for letter, fewest in (("S", 6), ("A", 16)):
        found = [name for name in names if name.startswith(letter)]
        assert found == [f"{letter}{number}" for number in range(1, len(found) + 1)] and len(found) >= fewest
    assert all(name.isdecimal() or name[0] in "SA" for name in names)


@pytest.mark.parametrize("row", rows(ROOT / "docs" / "faults.md"), ids=lambda row: row[0])
def test_every_row_is_held_by_tests_that_are_there(row: list[str]) -> None:
    _, wrong, happens, held = row
    assert wrong and happens
    named = TEST.findall(held)
    assert named and TEST.sub("", held).strip(" ,") == "", held
    for file, name in named:
        assert name.startswith("test_") and name in names_of_tests(ROOT / file), f"{file} has no {name}"


def test_the_limits_are_those_of_the_code() -> None:
    def megabytes(size: int) -> str:
        return f"{size / 1e9:g} GB" if size >= 10**9 else f"{size / 1e6:g} MB"

    assert dict(rows(ROOT / "SECURITY.md")) == {
        "a scene, look or words file": (
            f"{megabytes(files._LARGEST_FILE)}, {yaml.MOST_VALUES:,} values, {yaml._DEEPEST} levels"
        ),
        "a text in it": f"{types.LONGEST_TEXT} characters",
        "a film": f"{scene.MOST_SHOTS} shots, {scene.MOST_PANELS} panels",
        "a link": f"{playground_link.LONGEST_LINK:,} characters",
        "a table": (f"{megabytes(table_file.LARGEST_TABLE)}, {table.MOST_ROWS:,} rows, {table.MOST_COLUMNS:,} columns"),
        "a table of arrays": (
            f"{megabytes(array_table.LARGEST_ARRAYS)}, {table.MOST_ROWS:,} rows, {array_table.MOST_NUMBERS:,} numbers"
        ),
        "a piece of music": f"{megabytes(music_file.LARGEST_FILE)}, {types.LONGEST_FILM // 3600} hours",
        "a picture": f"{megabytes(picture_file.LARGEST_FILE)}, {picture_file.MOST_PIXELS:,} pixels",
        "a typeface": megabytes(LARGEST_FONT),
        "a recording": (
            f"{megabytes(npz_directory.LARGEST_FILE)}, {megabytes(npz_directory.LARGEST_UNPACKED)} unpacked, "
            f"{npz_directory.MOST_MEMBERS:,} arrays, a header of {megabytes(array_file.LARGEST_HEADER)}"
        ),
        "what a film says of itself": f"{metadata.LARGEST:,} characters",
        "mistakes that are told": f"{errors.MOST_PROBLEMS}",
        "connections of the preview": f"{MOST_CONNECTIONS}",
    }
