"""YAML text to data: YAML 1.2's rules, the place of every value, and nothing a hostile file can do."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netviz.scene.yaml import _DEEPEST, Position, UnreadableYaml, read_tree


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1e-3", 0.001),
        ("16:9", "16:9"),
        ("1:30:00", "1:30:00"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("010", 10),
        ("+12", 12),
        ("-0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5E+2", -150.0),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("~", None),
        ("null", None),
        ("", None),
        ("#fff", None),
        ("'#fff'", "#fff"),
        ("'5'", "5"),
        ("2001-01-01", "2001-01-01"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("e5", "e5"),
        (".", "."),
        ("[1, two, {three: 3}]", [1, "two", {"three": 3}]),
    ],
)
def test_values_mean_what_yaml_1_2_says(written: str, meant: Any) -> None:
    value = read_tree(f"key: {written}\n").data["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_nan_is_not_a_number() -> None:
    assert math.isnan(read_tree("key: .NaN").data["key"])


def test_keys_are_text() -> None:
    assert read_tree("on: 1\n2: 3\nnull: 4\ntrue: 5\n").data == {"on": 1, "2": 3, "null": 4, "true": 5}


def test_every_value_and_key_knows_its_place() -> None:
    tree = read_tree("# comment\nnetwork:\n  layers: [3, 4]\n  names:\n    - a\n    - {x: 1}\n")
    assert tree.keys["network", "layers"] == Position(3, 3)
    assert tree.values["network", "layers"] == Position(3, 11)
    assert tree.values["network", "layers", 1] == Position(3, 15)
    assert tree.values["network", "names", 1, "x"] == Position(6, 11)
    assert tree.values["network",] == Position(3, 3)
    assert tree.position(("network", "bias")) == Position(3, 3)


@pytest.mark.parametrize("text", ["\ufeffa: 1\nb: 2\n", "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r"])
def test_marks_and_line_ends_of_other_systems(text: str) -> None:
    tree = read_tree(text)
    assert tree.data == {"a": 1, "b": 2}
    assert tree.keys["b",] == Position(2, 1)


def test_only_a_value_lost_to_a_comment_gets_the_hint_about_quotes() -> None:
    assert list(read_tree("a: #fff\nb:\nc: null # none\n").hints) == [("a",)]


def test_only_a_text_that_a_word_with_a_hash_follows_gets_a_note() -> None:
    tree = read_tree("a: Lesson #3\nb: one # two\nc: one  #two\nd: 'one' #two\ne: 1 #two\nf: [x #y\n]\n")
    assert [(place.line, place.column, path) for place, path, _ in tree.notes] == [(1, 4, ("a",)), (6, 5, ("f", 0))]
    assert [path for _, path, _ in read_tree("a: one\x85b: two #three\u2028c: 1").notes] == [("b",)]
    assert tree.notes[0][2] == "ends before '#3', which YAML takes for a comment; quote the text to keep it"


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a:\n\tb: 1\n", 2, 1, "tab"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("a: [1, 2\n", 2, 1, "flow sequence that begins in line 1"),
        ("title: this: that\n", 1, 12, "must be quoted"),
        ("title: @me\n", 1, 8, "must be quoted"),
        ("title: {is: What is it?}\n", 1, 23, "a text that holds ? must be quoted in brackets or braces"),
        ("title: *me\n", 1, 8, "must be quoted"),
        (" a: 1\nb: 2\n", 2, 1, "indentation"),
        ("a: 'x\n", 2, 1, "quoted scalar"),
        ("a: x\0y\n", 1, 5, "is this a text file"),
        ("a: 1\nb: \x07\n", 2, 4, "is this a text file"),
        ("a: &a [*a]\n", 1, 4, "alias"),
        ("a: &a {b: {c: *a}}\n", 1, 4, "alias"),
        ("%YAML 2.0\n---\na: 1\n", 1, 1, "version"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(UnreadableYaml) as caught:
        read_tree(text)
    assert caught.value.position == Position(line, column)
    assert says in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!foo", "!!binary", "!!int", "!", "!<tag:x>"])
def test_tags_are_not_allowed(tag: str) -> None:
    (issue,) = read_tree(f"a: 1\nb: {tag} 'x'\n").syntax_issues
    assert issue.position == Position(2, 4)
    assert "not allowed" in issue.message


def test_both_lines_of_a_duplicate_key_are_named() -> None:
    tree = read_tree("a: 1\nb:\n  c: 1\n  d: 2\n  'c': 3\n")
    (issue,) = tree.syntax_issues
    assert (issue.position, issue.path) == (Position(5, 3), ("b", "c"))
    assert "line 3" in issue.message
    assert tree.data["b"]["c"] == 1


@pytest.mark.parametrize("text", ["a: &a {x: 1}\nb: {<<: *a}\n", "? [1, 2]\n: 3\n", "? {a: 1}\n: 3\n"])
def test_merge_keys_and_keys_that_are_no_text_are_refused(text: str) -> None:
    assert len(read_tree(text).syntax_issues) == 1


def test_a_quoted_merge_sign_is_a_key_like_any() -> None:
    assert read_tree("'<<': 1").data == {"<<": 1}


def test_aliases_are_written_out() -> None:
    tree = read_tree("a: &zero [0, 0]\nb: *zero\nc: [*zero, *zero]\n")
    assert tree.data == {"a": [0, 0], "b": [0, 0], "c": [[0, 0], [0, 0]]}
    assert tree.values["c", 1, 0] == Position(1, 11)


def _alias_bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_alias_bomb(), "100,000 values"),
        ("[" * 3000, "deep"),
        ("[" * 3000 + "]" * 3000, "deep"),
        ("{a: " * 3000 + "}" * 3000, "deep"),
        ("- " * 3000 + "x", "deep"),
        ("\n".join(" " * depth + "a:" for depth in range(3000)), "deep"),
        (
            "a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\nb: " + "[" * 40 + "*a" + "]" * 40,
            "deep",
        ),
    ],
    ids=["alias bomb", "open brackets", "brackets", "braces", "dashes", "indentation", "depth through an alias"],
)
def test_bombs_are_refused_in_no_time(text: str, says: str) -> None:
    began = time.perf_counter()
    with pytest.raises(UnreadableYaml, match=says):
        read_tree(text)
    assert time.perf_counter() - began < 20


def test_as_deep_as_allowed_is_read() -> None:
    assert read_tree("[" * _DEEPEST + "1" + "]" * _DEEPEST).data
    with pytest.raises(UnreadableYaml, match="deep"):
        read_tree("[" * (_DEEPEST + 1) + "1" + "]" * (_DEEPEST + 1))


def test_a_number_no_one_can_mean_is_refused() -> None:
    (issue,) = read_tree("a: " + "9" * 5000).syntax_issues
    assert issue.path == ("a",)
    assert "5000 characters" in issue.message


def test_escapes_reach_the_data_for_the_schema_to_judge() -> None:
    assert read_tree(r'a: "\0\ud800"').data == {"a": "\0\ud800"}


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=9), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(min_size=1, max_size=9), _plain, max_size=4))
def test_what_was_written_in_quotes_is_read_back(data: dict[str, Any]) -> None:
    # JSON is YAML 1.2: a writer and a reader that share no code with ours must agree with it.
    tree = read_tree(json.dumps(data))
    assert tree.data == data
    assert not tree.syntax_issues


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60) | st.text("ab:-[]{}#&*!|>'\"%@ \n\t,?", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_tree(text)
    except UnreadableYaml as refused:
        assert refused.message
        assert "\n" not in refused.message
    except yaml.YAMLError as error:
        raise AssertionError("an error of PyYAML's got through") from error
