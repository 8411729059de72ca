"""Picture and sound of a film begin and end with the track, whatever kind of file it comes in.

All kinds, lengths and rates: benchmarks/alignment.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.alignment import KINDS, encoded, examined, fine, write_clicks


@pytest.mark.parametrize(
    ("kind", "rate", "channels"),
    [
        ("mp3 VBR, no header", 22_050, 1),
        ("ogg opus", 48_000, 2),
        ("m4a", 44_100, 2),
    ],
)
def test_a_film_is_aligned_with_its_track(tmp_path: Path, kind: str, rate: int, channels: int) -> None:
    name, *encoder = KINDS[kind]
    write_clicks(tmp_path / "clicks.wav", 4, rate, channels)
    assert encoded(tmp_path / "clicks.wav", tmp_path / name, encoder)
    found = examined(tmp_path / name, tmp_path / "film.mp4")
    assert fine(found, channels), found
    assert abs(found.moved) < 0.1
    assert abs(found.late) < (0.1 if "no header" not in kind else 60)
