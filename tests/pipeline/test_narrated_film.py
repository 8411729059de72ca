"""A film told to a recorded voice: in the file every shot begins with the frame, and the sound, of its seconds."""

from __future__ import annotations

import wave
from fractions import Fraction
from itertools import accumulate, pairwise
from math import floor
from pathlib import Path

import numpy as np
import pytest

import netviz
from tests.conftest import short_scene
from tests.video.support import decoded, run_real

pytestmark = pytest.mark.filterwarnings("ignore:.* of learning have room", "ignore:.* to read the equations")

FPS, SIZE, RATE = 12, (256, 144), 8000
SHOTS = [
    {"shot": "title", "seconds": 1.7},
    {"shot": "rest", "seconds": "4/3"},
    {"shot": "learning", "to": 11, "seconds": 2.45, "hold": 1},
    {"shot": "walk", "seconds": 5.6, "hold": 2.5},
    {"shot": "learning", "seconds": 2.2},
    {"shot": "rest", "seconds": 2.7, "hold": 2},
]
ENDS = [*accumulate(Fraction(str(shot["seconds"])) for shot in SHOTS)]
PAUSE = 0.3
"""Seconds for which the voice is silent before each shot."""


def spoken(path: Path) -> Path:
    """A voice that begins with every shot, and pauses before the next."""
    time = np.arange(round(ENDS[-1] * RATE)) / RATE
    speaks = np.zeros(len(time), dtype=bool)
    for start, stop in pairwise([Fraction(0), *ENDS]):
        speaks |= (time >= float(start)) & (time < float(stop) - PAUSE)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((9000 * np.sin(2 * np.pi * 440 * time) * speaks).astype("<i2").tobytes())
    return path


def test_shots_begin_with_the_frame_and_the_sound_of_their_seconds(tmp_path: Path) -> None:
    voice = spoken(tmp_path / "voice.wav")
    keys = {"output__fps": FPS, "output__size": f"{SIZE[0]}x{SIZE[1]}", "output__quality": "best"}
    scene = short_scene(shots=SHOTS, audio=str(voice), duration=None, motion="reduced", story=None, **keys)
    netviz.render(scene, tmp_path / "film.mp4")
    pictures = decoded(tmp_path / "film.mp4", "rgb24", SIZE).astype(np.int16)
    borders = [floor(end * FPS + Fraction(1, 2)) for end in ENDS]
    assert len(pictures) == borders[-1] == 192
    changes = np.abs(np.diff(pictures, axis=0)).reshape(len(pictures) - 1, -1).max(axis=1)
    changed = [number for number, change in enumerate(changes.tolist(), 1) if change > 100]
    assert {*borders[:-1]} <= {*changed}, "each shot begins with a picture of its own"
    for border, shot in zip(borders, SHOTS, strict=True):
        still = range(border - int(float(shot.get("hold", 0)) * FPS) + FPS, border)
        assert not {*still} & {*changed}, "up to there the last one stands, which may have come a little late"
    raw = run_real("-i", tmp_path / "film.mp4", "-map", "0:a", "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-")
    heard = np.abs(np.frombuffer(raw, np.int16).astype(np.float64))
    for end in ENDS[:-1]:
        at = round(float(end) * RATE)
        before, after = (heard[at + first : at + first + RATE // 20].mean() for first in (-RATE // 10, RATE // 50))
        assert after > 20 * before, "and the voice with it"
