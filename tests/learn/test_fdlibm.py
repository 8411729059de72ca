from __future__ import annotations

import math
import struct

import pytest

from netviz.learn import fdlibm
from netviz.learn.seedrandom import SeedRandom


@pytest.mark.parametrize(
    ("name", "checksum"),
    [("tanh", 1259332645493153861), ("exp", 293791341415379903), ("log", 689872826324801131)],
)
def test_twenty_thousand_values_to_the_last_bit(name: str, checksum: int) -> None:
    """The checksums are those of Node 20's Math.tanh, Math.exp and Math.log at the same arguments."""
    stream, found = SeedRandom("0.59704"), 0
    for index in range(20_000):
        x = (stream.random() - 0.5) * (1, 8, 50, 0.01)[index % 4]
        value = getattr(fdlibm, name)(abs(x) if name == "log" else x)
        (bits,) = struct.unpack(">Q", struct.pack(">d", value))
        found = (found * 31 + bits) % 2**61
    assert found == checksum


@pytest.mark.parametrize("x", [0.0, -0.0, 1e-9, -1e-300, 0.3465736, 0.6931472, 1.0, -1.0, 21.9, 22.0, -30.0, 1e308])
def test_the_ends_of_every_piece(x: float) -> None:
    assert fdlibm.tanh(x) == pytest.approx(math.tanh(x), rel=4e-16, abs=0)
    assert math.copysign(1.0, fdlibm.tanh(x)) == math.copysign(1.0, x)
    assert fdlibm.exp(x) == (pytest.approx(math.exp(x), rel=4e-16) if x < 700 else math.inf)
    assert fdlibm.log(1.0 + abs(x)) == pytest.approx(math.log(1.0 + abs(x)), rel=4e-16, abs=0)


def test_beyond_the_range_of_numbers() -> None:
    assert fdlibm.exp(-746.0) == fdlibm.exp(-math.inf) == 0.0
    assert fdlibm.exp(-745.1) == 5e-324
    assert fdlibm.exp(709.8) == fdlibm.exp(math.inf) == math.inf
    assert (fdlibm.tanh(math.inf), fdlibm.tanh(-math.inf)) == (1.0, -1.0)
    assert math.isnan(fdlibm.tanh(math.nan))
    assert math.isnan(fdlibm.exp(math.nan))
