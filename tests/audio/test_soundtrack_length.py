"""How long music makes a film, and music that cannot be heard as it is asked for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.audio import soundtrack
from netviz.audio.soundtrack import duration_text, film_length, fitting_problems, length_notes, sound_problems
from netviz.errors import InputError
from tests.audio.test_soundtrack import write
from tests.conftest import short_scene


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """4 s of music."""
    return write(tmp_path / "music.wav", np.full((4 * 48_000, 1), 0.1))


def scene_with(track: Path, duration: float | None = None, **audio: Any) -> netviz.Scene:
    return short_scene(audio={"file": str(track), **audio}, duration=duration)


def test_the_film_is_as_long_as_the_rest_of_the_track_or_as_it_is_told(track: Path) -> None:
    assert film_length(scene_with(track)) == 4
    assert film_length(scene_with(track, start="1/3")) == Fraction(11, 3)
    assert film_length(scene_with(track, fit="track", duration=9)) == 9
    assert film_length(scene_with(track, fit="track")) is None


def told(scene: netviz.Scene) -> list[str]:
    with pytest.raises(InputError) as caught:
        netviz.plan(scene)
    return [str(problem) for problem in caught.value.problems]


def test_what_cannot_be_heard(track: Path, tmp_path: Path) -> None:
    assert told(scene_with(track, start=4)) == ["audio.start: 4 s is past the end of the music, which lasts 4.0 s"]
    assert told(scene_with(tmp_path / "none.mp3", start=9)) == [
        f"audio.file: {tmp_path / 'none.mp3'}: no such file (bundled:track.mp3 comes with netviz)"
    ]
    assert told(scene_with(track, fade_in=2.5, fade_out=2.5)) == [
        "audio.fade_out: fade_in and fade_out together take 5 s, which is longer than the film, which lasts 4.0 s; "
        "give less"
    ]
    natural = scene_with(track, fit="track", fade_out=500)
    (line,) = told(natural)
    assert line.startswith("audio.fade_out: 500 s are longer than the film, which lasts ")
    assert told(scene_with(track, fit="track", start=3.5, duration=9)) == [
        "audio.start: only 0.50 s of music, too short to be repeated for a film of 9.0 s; at least 1.0 s is needed"
    ]
    assert not sound_problems(short_scene())
    fitted = scene_with(track, fit="track", duration=9).audio
    assert fitted is not None and not [*fitting_problems(fitted, Fraction(9))]


def test_a_very_long_film_is_worth_a_word_before_anything_is_made(track: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundtrack, "_LONG", 3)
    (note,) = length_notes(scene_with(track), Fraction(4))
    assert note.startswith("the music makes the film 4.0 s long, 120 frames; ")
    assert note.endswith("fit the music to it (audio.fit: track)")
    assert length_notes(scene_with(track, fit="track"), Fraction(4)) == []


@pytest.mark.parametrize(("seconds", "text"), [(59.96, "60.0 s"), (1800, "30 min"), (10_830, "3 h 0 min")])
def test_lengths_in_words(seconds: float, text: str) -> None:
    assert duration_text(Fraction(seconds)) == text
