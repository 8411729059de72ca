"""Fonts of strangers: damaged letters, letters larger than any picture, and more letters than there are."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font

from netviz.drawing.text import Font, is_font, mask, missing, width
from netviz.resources import assets_folder

_WHOLE = assets_folder() / "fonts" / "Figures-Bold.ttf"
_INSTEAD = Font(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


def _tables(path: Path) -> dict[bytes, bytes]:
    """The tables of a font by name."""
    data = path.read_bytes()
    entries = struct.iter_unpack(">4sLLL", data[12 : 12 + 16 * int.from_bytes(data[4:6], "big")])
    return {name: data[start : start + length] for name, _, start, length in entries}


@pytest.fixture
def tables() -> dict[bytes, bytes]:
    return _tables(_WHOLE)


def _written(path: Path, tables: dict[bytes, bytes]) -> Font:
    head, body = b"\0\1\0\0" + struct.pack(">HHHH", len(tables), 0, 0, 0), b""
    start = len(head) + 16 * len(tables)
    for name, table in sorted(tables.items()):
        head += struct.pack(">4sLLL", name, 0, start + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    path.write_bytes(head + body)
    return Font(path)


def test_a_whole_font_draws_its_letters(tables: dict[bytes, bytes], tmp_path: Path) -> None:
    font = _written(tmp_path / "whole.ttf", tables)
    assert is_font(font.path)
    assert np.array_equal(mask("Q7", font, 30).alpha, mask("Q7", Font(_WHOLE), 30).alpha)


@pytest.mark.parametrize(("letter", "is_refused"), [("Q", True), ("é", False)])
def test_a_damaged_letter_is_drawn_in_the_other_typeface(
    letter: str, is_refused: bool, tables: dict[bytes, bytes], tmp_path: Path
) -> None:
    index = FT2Font(str(_WHOLE)).get_char_index(ord(letter))
    is_long = tables[b"head"][51]
    at, after = struct.unpack_from(">LL" if is_long else ">HH", tables[b"loca"], index * (4 if is_long else 2))
    at, after = (at, after) if is_long else (2 * at, 2 * after)
    glyphs = tables[b"glyf"]  # minus one outline: made of others, of which there are not so many
    font = _written(tmp_path / "damaged.ttf", tables | {b"glyf": glyphs[:at] + b"\xff" * (after - at) + glyphs[after:]})
    assert is_font(font.path) != is_refused
    assert width(letter, font, 30) == width(letter, _INSTEAD, 30)
    assert np.array_equal(mask(f"a{letter}", font, 30).alpha, mask(f"a{letter}", _INSTEAD, 30).alpha)
    assert np.array_equal(mask("a", font, 30).alpha, mask("a", Font(_WHOLE), 30).alpha)


def test_letters_larger_than_any_picture_are_refused(tables: dict[bytes, bytes], tmp_path: Path) -> None:
    head = tables[b"head"]
    font = _written(tmp_path / "large.ttf", tables | {b"head": head[:18] + struct.pack(">H", 16) + head[20:]})
    assert not is_font(font.path)
    assert mask("Q", font, 30).alpha.shape == mask("Q", _INSTEAD, 30).alpha.shape


def test_a_font_that_claims_all_letters_costs_no_memory(tables: dict[bytes, bytes], tmp_path: Path) -> None:
    # One glyph for each of two million codes, in 28 bytes.
    all_codes = struct.pack(">HHLLLLLL", 13, 0, 28, 0, 1, 0, 2_000_000, 5)
    font = _written(tmp_path / "all.ttf", tables | {b"cmap": struct.pack(">HHHHL", 0, 1, 3, 10, 12) + all_codes})
    tracemalloc.start()
    assert missing("日a", font) == ""
    assert is_font(font.path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
