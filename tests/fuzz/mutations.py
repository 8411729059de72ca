"""Strategies that damage what is whole: bytes, texts and trees of plain data, by a few edits at a time."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, reduce
from typing import Any

from hypothesis import strategies as st

from netviz.scene.json_schema import scene_schema

_WORDS = (0, 1, 2, 7, 8, 16, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0xFFFFFF, 0x7FFFFFFF, 0x80000000,
          0xFFFFFFF0, 0xFFFFFFFF)  # fmt: skip
_DOUBLE_WORDS = (1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 16, (1 << 64) - 1)
_EDGE = 400
"""Bytes at the beginning and end of a file, which are edited more often than those between."""


def damaged(data: bytes, marks: Sequence[int] = (), most: int = 6) -> st.SearchStrategy[bytes]:
    """A file's bytes after one to `most` edits. marks: offsets of what says how the rest is to be read."""
    return st.lists(_edits(len(data), marks), min_size=1, max_size=most).map(
        lambda edits: reduce(lambda now, edit: edit(now), edits, data)
    )


def marks_of(data: bytes, names: Sequence[bytes]) -> list[int]:
    """Offsets of names that stand in a file, as those of boxes and chunks do."""
    return [match.start() for match in re.finditer(b"|".join(map(re.escape, names)), data)]


def _places(length: int, marks: Sequence[int]) -> st.SearchStrategy[int]:
    anywhere = st.integers(0, max(length - 1, 0))
    edges = st.one_of(st.integers(0, min(_EDGE, length)), st.integers(max(0, length - _EDGE), length))
    if not marks:
        return st.one_of(edges, anywhere)
    return st.one_of(
        st.builds(lambda mark, by: max(0, mark + by), st.sampled_from(marks), st.integers(-8, 40)), edges, anywhere
    )


def _edits(length: int, marks: Sequence[int]) -> st.SearchStrategy[Callable[[bytes], bytes]]:
    place = _places(length, marks)
    few = st.integers(1, 16)
    run = st.one_of(few, st.integers(1, 4000))

    def put(at: int, new: bytes) -> Callable[[bytes], bytes]:
        return lambda data: data[:at] + new + data[at + len(new) :]

    def insert(at: int, new: bytes) -> Callable[[bytes], bytes]:
        return lambda data: data[:at] + new + data[at:]

    def remove(at: int, count: int) -> Callable[[bytes], bytes]:
        return lambda data: data[:at] + data[at + count :]

    def flip(at: int, bit: int) -> Callable[[bytes], bytes]:
        return lambda data: data[:at] + bytes(byte ^ (1 << bit) for byte in data[at : at + 1]) + data[at + 1 :]

    def repeat(at: int, count: int, to: int, times: int) -> Callable[[bytes], bytes]:
        return lambda data: data[:to] + data[at : at + count] * times + data[to:]

    words = st.one_of(
        st.builds(lambda n, order: n.to_bytes(4, order), st.sampled_from(_WORDS), st.sampled_from(["big", "little"])),
        st.builds(lambda n, order: n.to_bytes(8, order), st.sampled_from(_DOUBLE_WORDS),
            st.sampled_from(["big", "little"])),
        st.builds(lambda n, order: (n & 0xFFFF).to_bytes(2, order), st.sampled_from(_WORDS),
            st.sampled_from(["big", "little"])),
        st.binary(min_size=1, max_size=8),
    )  # fmt: skip
    return st.one_of(
        st.builds(put, place, words),
        st.builds(flip, place, st.integers(0, 7)),
        st.builds(insert, place, words),
        st.builds(remove, place, run),
        st.builds(repeat, place, run, place, st.sampled_from([1, 1, 2, 50])),
        st.builds(lambda at: lambda data: data[:at], place),
    )


# Texts: tokens and lines exchanged.

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_PIECES = (
    "", " ", "\n", "\n ", "\t", ":", ": ", "- ", "-", "#", " #", "'", '"', "|", ">", "|+9", "&a ", "*a", "&a [*a]",
    "!!python/object:os.system ", "!!binary ", "!x ", "!<!> ", "%YAML 1.1\n---\n", "%TAG ! tag:x,2000:\n", "---\n",
    "...\n", "? ", "<<: ", "{", "}", "[", "]", ",", "@", "`", "\\", "\\x00", '"\\ud800"', '"\\U0010ffff"', "~",
    "null", "true", "no", "0x1f", "0o17", "010", "1_000", "1e-3", "1e400", "-1e400", ".inf", ".nan", "-.inf", "16:9",
    "2020-01-01", "12:30:45", "9" * 101, "1" * 5000, "0." + "1" * 90, "a" * 301, "a" * 20_000, "\u202e", "\u2028",
    "\x85", "\ufeff", "\ud7ff", "\U0001f9e0", "\x1b[31m", "\x07", "\0", "日本語", "é", "$\\frac{1}{2}$", "$", "%d",
    "[gallery]", "[[policy]]", "{{< x >}}", "<script>", "&amp;", "../", "/etc/passwd", "~/x", "http://127.0.0.1:9/x",
    "file:///etc/passwd", "concat:a.mp3|b.mp3", "data:audio/mp3;base64,AAAA", "bundled:", "[" * 60, "{a: " * 60,
    "[[" * 2000, "- " * 2000, "&a [" * 30, "a: &a\n", "\r", "\r\n",
)  # fmt: skip
"""What stands in texts that somebody has not thought of, or has."""


def damaged_text(text: str, more: Sequence[str] = (), most: int = 5) -> st.SearchStrategy[str]:
    """A text after one to `most` edits of its tokens and lines. more: words that may stand in it."""
    tokens = tuple(_TOKEN.findall(text))
    place = st.integers(0, max(len(tokens) - 1, 0))
    piece = st.one_of(st.sampled_from([*_PIECES, *more]), st.sampled_from([*_PIECES, *more]), st.text(max_size=6))
    line = st.integers(0, text.count("\n"))

    def put(at: int, new: str) -> Callable[[list[str]], list[str]]:
        return lambda now: [*now[:at], new, *now[at + 1 :]]

    def insert(at: int, new: str) -> Callable[[list[str]], list[str]]:
        return lambda now: [*now[:at], new, *now[at:]]

    def swap(first: int, second: int) -> Callable[[list[str]], list[str]]:
        def edit(now: list[str]) -> list[str]:
            if max(first, second) < len(now):
                now[first], now[second] = now[second], now[first]
            return now

        return edit

    def lines(at: int, count: int, by: int, times: int) -> Callable[[list[str]], list[str]]:
        def edit(now: list[str]) -> list[str]:
            all_lines = "".join(now).split("\n")
            moved = [" " * by + each if by >= 0 else each[-by:] for each in all_lines[at : at + count]]
            return _TOKEN.findall("\n".join([*all_lines[:at], *moved * times, *all_lines[at + count :]]))

        return edit

    edit = st.one_of(
        st.builds(put, place, piece),
        st.builds(insert, place, piece),
        st.builds(swap, place, place),
        st.builds(lines, line, st.integers(1, 5), st.integers(-4, 4), st.sampled_from([0, 1, 1, 2, 30])),
    )
    return st.lists(edit, min_size=1, max_size=most).map(
        lambda edits: "".join(reduce(lambda now, each: each(now), edits, list(tokens)))
    )


# Trees of plain data: JSON of headers, keys of scenes.

Path = tuple[str | int, ...]
Fitting = Mapping[tuple[str, str], Sequence[Any]]
"""Values that a key may have, by the key that it stands under ("" for none) and its own name."""

_NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1,
    2,
    3,
    0.5,
    1e-9,
    5e-324,
    -0.0,
    1e6,
    1e15,
    1e150,
    -1e150,
    1.7e308,
    2**31,
    2**53,
    2**63,
    2**64,
    10**30,
    -(2**63),
    1e-320,
)
_TEXTS = (
    "", " ", "x", "..", ".", "-", "a/b", "a" * 300, "a" * 5000, "\x1b[31m", "\n", "\0", "\u202e", "\U0001f9e0",
    "日本語", "$\\frac$", "no", "1", "[gallery]", "[[policy]]", "</script><script>", "../x", "/etc/passwd",
    "http://127.0.0.1:9/", "nan", "50%", "start", "16:9", "#fff", "1920x1080",
)  # fmt: skip
_OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    {"": ""},
    [1, 2, 3],
    [0] * 50,
    ["a"] * 30,
)


@st.composite
def damaged_tree(
    draw: st.DrawFn,
    tree: Any,
    words: Sequence[str] = (),
    most: int = 4,
    *,
    finite: bool = True,
    deep: bool = True,
    fitting: Fitting | None = None,
) -> Any:
    """A tree of dicts, lists and values after one to `most` edits.

    words: keys and texts that have a meaning in it. fitting: values that keys may have, for edits that leave it whole.
    """
    kinds = ["put", "put", "put", "number", "remove", "double", "swap", "rename", "add", "wrap", "deep", "many"]
    kinds += ["fit", "give"] * 7 if fitting else []
    numbers = _NUMBERS if finite else (*_NUMBERS, float("nan"), float("inf"), -float("inf"))
    value = st.one_of(
        st.sampled_from(numbers),
        st.sampled_from([*_TEXTS, *words] if words else _TEXTS),
        st.sampled_from(words or _TEXTS),
        st.sampled_from(_OTHERS),
        st.integers(-100, 100),
        st.floats(-10, 10, allow_nan=False),
    ).map(copy.deepcopy)  # later edits change what earlier ones have put there
    key = st.sampled_from([*words, "", "a" * 3000, "x", "\x1b", "0"])

    now = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, most))):
        paths = list(_paths(now))
        if not paths:
            return now
        path = draw(st.sampled_from(paths))
        kind = draw(st.sampled_from(kinds))
        *above, last = path
        parent = _at(now, above)
        old = parent[last]
        if fitting and kind == "fit":
            known = [each for each in paths if (_owner(each), each[-1]) in fitting] or [path]
            *above, last = draw(st.sampled_from(known))
            values = fitting.get((_owner((*above, last)), last), [old])
            _at(now, above)[last] = copy.deepcopy(draw(st.sampled_from(values)))
        elif fitting and kind == "give":
            owner, name = draw(st.sampled_from(sorted(fitting)))
            for each in ((), *paths):
                if isinstance(place := _at(now, each), dict) and _owner((*each, name)) == owner:
                    place[name] = copy.deepcopy(draw(st.sampled_from(fitting[owner, name])))
                    break
        elif kind == "put":
            parent[last] = draw(value)
        elif kind == "number" and type(old) in (int, float):
            parent[last] = draw(
                st.sampled_from([-old, old + 1, old - 1, old * 1000, old * 2, old / 3, float(old), str(old), old % 2])
            )
        elif kind == "remove":
            del parent[last]
        elif kind == "double" and isinstance(parent, list):
            parent.insert(int(last), copy.deepcopy(old))
        elif kind == "swap":
            *others, other = draw(st.sampled_from(paths))
            if others[: len(path)] != [*path] and [*path][: len(others) + 1] != [*others, other]:
                place = _at(now, others)
                parent[last], place[other] = place[other], old
        elif kind == "rename" and isinstance(parent, dict):
            parent[draw(key)] = parent.pop(last)
        elif kind == "add" and isinstance(old, dict):
            old[draw(key)] = draw(value)
        elif kind == "add" and isinstance(old, list):
            old.append(draw(value))
        elif kind == "wrap":
            parent[last] = draw(st.sampled_from([[old], {"a": old}, [old, old]]))
        elif kind == "deep" and deep:
            for _ in range(draw(st.sampled_from([5, 40, 60, 70]))):
                parent[last] = [parent[last]]
            deep = False  # once: Python's own writers of YAML and JSON have limits too
        elif kind == "many" and isinstance(old, list):
            parent[last] = old * draw(st.sampled_from([2, 10, 100]))
    return now


@cache
def words_of_scenes() -> tuple[str, ...]:
    """Names of all keys of scenes, and all texts that one of them may be."""
    found: set[str] = set()

    def gather(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            if key == "properties":
                found.update(value)
            elif key in ("enum", "const"):
                found.update(each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))
            gather(value)

    gather(scene_schema())
    return tuple(sorted(found))


def fitting_values(trees: Iterable[Any]) -> Fitting:
    """The values that the keys of some trees have there."""
    found: dict[tuple[str, str], list[Any]] = {}
    for tree in trees:
        for path in _paths(tree):
            if isinstance(path[-1], str) and (value := _at(tree, path)) not in found.setdefault(
                (_owner(path), path[-1]), []
            ):
                found[_owner(path), path[-1]].append(value)
    return found


def _owner(path: Path) -> str:
    """The key that the last one of a path stands under; "" at the top."""
    return next((step for step in reversed(path[:-1]) if isinstance(step, str)), "")


def _paths(tree: Any, path: Path = ()) -> list[Path]:
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    if len(path) > 30:
        return []
    return [each for key, value in inside for each in ((*path, key), *_paths(value, (*path, key)))]


def _at(tree: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        tree = tree[step]
    return tree
