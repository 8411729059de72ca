"""The page that says recording changes nothing: every test it names is there, and all that it has to speak of."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = (FOLDER.parents[1] / "docs" / "explanation" / "recording.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(?P<file>test_\w+\.py)` `(?P<test>test_\w+)(?P<case>\[[^`]*\])?`(?P<others>(?:, `\[[^`]*\]`)*)")
"""Tests as the page names them: file and function, and cases of it."""


@cache
def parsed(file: str) -> tuple[set[str], set[str]]:
    """Test functions of a file, and all names and texts in it, of which pytest makes the names of cases."""
    tree = ast.parse((FOLDER / file).read_text(encoding="utf-8"))
    nodes = [*ast.walk(tree)]
    functions = {each.name for each in nodes if isinstance(each, ast.FunctionDef)}
    texts = {each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {each for each in functions if each.startswith("test_")}, functions | texts


def named_tests() -> list[tuple[str, str, list[str]]]:
    """File, function and cases of the tests that the page names."""
    found = []
    for each in NAMED.finditer(PAGE):
        cases = re.findall(r"\[([^`]*)\]", (each["case"] or "") + each["others"].replace("`", ""))
        found.append((each["file"], each["test"], [case for all_of in cases for case in all_of.split("], [")]))
    return found


def test_every_test_that_the_page_names_is_there() -> None:
    named = named_tests()
    assert len(named) > 20
    for file, test, cases in named:
        tests, known = parsed(file)
        assert test in tests, f"{file}: {test}"
        for case in cases:
            assert {*case.split("-")} <= known, f"{file}: {test}[{case}]"


def test_no_row_is_without_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what ")]
    assert len(rows) > 20
    for row in rows:
        assert len(NAMED.findall(row)) == 1, row
    named = "".join(each[0] for each in NAMED.finditer(PAGE))
    assert {*re.findall(r"test_\w+", PAGE)} == {*re.findall(r"test_\w+", named)}


def test_the_page_speaks_of_all_that_has_to_be_the_same() -> None:
    table = PAGE.partition("|---")[2].partition("(1) Everything")[0]
    kinds = "dropout, live BatchNorm, frozen BatchNorm, autocast, accumulated, torch.compile, number of graphs"
    more = "checkpointing, tied weights, two processes with DDP, Lightning, Keras, scikit-learn"
    for kind in [*kinds.split(", "), *more.split(", ")]:
        assert kind in table, kind
