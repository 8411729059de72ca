"""Seconds and frames, exactly: the frame number is the truth, seconds are fractions measured from the film's start."""

from __future__ import annotations

from fractions import Fraction
from math import floor


def frame_count(seconds: Fraction, fps: Fraction) -> int:
    """Frames of a film of so many seconds: the nearest whole number, a half rounded up, and at least one."""
    _check(fps)
    if seconds < 0:
        raise ValueError(f"a film cannot last {seconds} s")
    return max(1, floor(seconds * fps + Fraction(1, 2)))


def frame_time(frame: int, fps: Fraction) -> Fraction:
    """When frame number `frame` (the first is 0) begins, in seconds from the start of the film."""
    _check(fps)
    return frame / fps


def seconds_of(frames: int, fps: Fraction) -> Fraction:
    """How long so many frames last."""
    _check(fps)
    return frames / fps


def _check(fps: Fraction) -> None:
    if fps <= 0:
        raise ValueError(f"frames a second must be more than 0, got {fps}")
