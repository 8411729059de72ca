from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netviz.drawing.text import _BYTES_A_PIXEL, kept


def counting(most: int) -> tuple[Any, list[int]]:
    drawn: list[int] = []

    @kept(most)
    def draw(side: int) -> Any:
        drawn.append(side)
        return SimpleNamespace(alpha=np.zeros((side, side), np.float32))

    return draw, drawn


@given(st.lists(st.integers(1, 6), max_size=40), st.integers(0, 60))
def test_what_fits_is_kept_and_what_was_used_longest_ago_goes(asked: list[int], pixels: int) -> None:
    """Against a list that is searched for what should still be there."""
    draw, drawn = counting(_BYTES_A_PIXEL * pixels)
    recent: list[int] = []
    expected = []
    for side in asked:
        assert draw(side).alpha.shape == (side, side)
        if side not in recent:
            expected.append(side)
        recent = [*(other for other in recent if other != side), side]
        while sum(side * side for side in recent) > pixels and len(recent) > 1:
            recent.pop(0)
    assert drawn == expected


def test_the_same_object_comes_again() -> None:
    draw, drawn = counting(1000)
    assert draw(3) is draw(3)
    assert drawn == [3]
