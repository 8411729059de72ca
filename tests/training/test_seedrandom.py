from __future__ import annotations

import pytest

from netviz.training.seedrandom import SeedRandom


@pytest.mark.parametrize(
    ("seed", "first"),
    [
        ("0.59704", [0.3720885891366738, 0.5777042295963245, 0.512260760220704]),  # TensorFlow Playground's own seed
        ("hello.", [0.9282578795792454, 0.3752569768646784]),  # stands in seedrandom's own description
        ("", [0.23144008215179881, 0.27404636548159655]),
        ("é😀" * 70, [0.19457911887010193, 0.5848546374356844]),  # units of UTF-16, not characters
        ("x" * 300, [0.952495823023581, 0.9378530102966817]),  # longer than the cipher's key
    ],
)
def test_the_numbers_of_seedrandom_2_4_4(seed: str, first: list[float]) -> None:
    stream = SeedRandom(seed)
    assert [stream.random() for _ in first] == first


def test_a_copy_goes_on_by_itself() -> None:
    stream = SeedRandom("1")
    stream.random()
    copy = stream.copy()
    assert [copy.random() for _ in range(500)] == [stream.random() for _ in range(500)]


def test_numbers_fill_the_range_from_0_to_1() -> None:
    stream = SeedRandom("range")
    numbers = [stream.random() for _ in range(20_000)]
    assert 0 <= min(numbers) < 0.001
    assert 0.999 < max(numbers) < 1
    assert sum(numbers) / len(numbers) == pytest.approx(0.5, abs=0.01)
