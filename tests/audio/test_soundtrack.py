"""What is made of a piece of music: sample by sample what the scene asks for."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from netviz.audio.loudness import measured, normalized
from netviz.audio.music_file import SAMPLE_RATE, is_mono
from netviz.audio.soundtrack import Soundtrack, mix_arguments, soundtrack
from netviz.errors import InputError, NetvizWarning
from netviz.pipeline.prepare import prepare
from netviz.scene.sound import Sound
from tests.conftest import short_scene
from tests.video.support import run_real

Samples = NDArray[np.float64]
S = SAMPLE_RATE
ROUNDED = 2e-4
"""What two roundings to 16 bits and a fade's own steps may make of a sample."""


def write(path: Path, samples: Samples) -> Path:
    """Samples (n, channels), -1 to 1, as 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[1], 2, S, 0, "NONE", ""))
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
    return path


def mixed(track: Soundtrack, seconds: Fraction) -> Samples:
    """What is heard, (n, 2)."""
    out = run_real(*mix_arguments(track, round(seconds * S)), "-f", "f32le", "pipe:1")
    return np.frombuffer(out, np.float32).reshape(-1, 2).astype(float)


@pytest.fixture(scope="module")
def tones() -> Samples:
    """3 s: 300 Hz on the left, 500 Hz on the right."""
    time = np.arange(3 * S) / S
    return 0.3 * np.sin(2 * np.pi * time[:, None] * [300, 500])


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory, tones: Samples) -> Path:
    return write(tmp_path_factory.mktemp("mix") / "tones.wav", tones)


def test_without_settings_it_is_as_it_is_and_silence_follows(track: Path, tones: Samples) -> None:
    found = mixed(Soundtrack(track), Fraction(4))
    assert found.shape == (4 * S, 2)
    assert np.abs(found[: 3 * S] - tones).max() < ROUNDED
    assert not found[3 * S :].any()


def test_one_channel_is_as_loud_in_both(tmp_path: Path, tones: Samples, track: Path) -> None:
    path = write(tmp_path / "mono.wav", tones[:, :1])
    assert (is_mono(path), is_mono(track)) == (True, False)
    found = mixed(soundtrack(Sound(file=str(path)), Fraction(3)), Fraction(3))
    assert np.abs(found - tones[:, :1]).max() < ROUNDED


def test_start_gain_and_fades(track: Path, tones: Samples) -> None:
    sound = Sound(file=str(track), start=Fraction(5, 4), gain=-6, fade_in=Fraction(1, 2), fade_out=Fraction(1, 4))
    made = soundtrack(sound, Fraction(7, 4))
    assert made == Soundtrack(track, start=60_000, gain=-6, fade_in=24_000, fade_out=12_000)
    found, plain = mixed(made, Fraction(7, 4)), tones[60_000:] * 10 ** (-6 / 20)
    assert len(found) == len(plain) == 84_000
    assert np.abs(found[24_000:-12_000] - plain[24_000:-12_000]).max() < ROUNDED
    for at, share in ((0, 0), (6_000, 1 / 4), (18_000, 3 / 4), (-3_000, 1 / 4), (-1, 0)):
        assert np.abs(found[at] - share * plain[at]).max() < 2 * ROUNDED, at


def test_a_track_longer_than_its_film_is_cut_and_goes_gently(track: Path) -> None:
    sound = Sound(file=str(track), fit="track")
    assert soundtrack(sound, Fraction(2)).fade_out == S / 2  # a quarter of so short a film
    assert soundtrack(Sound(file=str(track), fit="track", start=Fraction(1)), Fraction(2)).fade_out == 0
    assert soundtrack(Sound(file=str(track), fit="track", fade_out=Fraction(0)), Fraction(2)).fade_out == 0
    found = mixed(soundtrack(sound, Fraction(2)), Fraction(2))
    assert len(found) == 2 * S
    assert np.abs(found[-100:]).max() < 0.01


def test_a_track_shorter_than_its_film_is_repeated_with_a_seam_of_constant_power(track: Path, tones: Samples) -> None:
    sound = Sound(file=str(track), fit="track", start=Fraction(1, 2), fade_out=Fraction(0))
    made = soundtrack(sound, Fraction(8))
    assert made == Soundtrack(track, start=S // 2, stop=3 * S, overlap=S // 2)
    found, piece = mixed(made, Fraction(8)), tones[S // 2 :]
    seam, period = made.overlap, len(piece) - made.overlap
    assert len(found) == 8 * S
    coming = np.sin(np.linspace(0, np.pi / 2, seam))[:, None]
    overlapped = piece[period:] * np.sqrt(1 - coming**2) + piece[:seam] * coming
    for again in range(4):
        begin = again * period
        part = found[begin : begin + period]
        expected = np.concatenate([overlapped if again else piece[:seam], piece[seam:period]])[: len(part)]
        assert np.abs(part - expected).max() < 2 * ROUNDED, again


def test_the_same_every_time(track: Path) -> None:
    made = soundtrack(Sound(file=str(track), fit="track", gain=1.5, fade_in=Fraction(1)), Fraction(4))
    assert np.array_equal(mixed(made, Fraction(4)), mixed(made, Fraction(4)))


def sine(folder: Path, level: float, *, silent: float = 0.0) -> Path:
    """4 s of 997 Hz in both channels, its peaks at a level in dBFS: as many LUFS. silent: seconds before it."""
    time = np.arange(4 * S) / S
    samples = 10 ** (level / 20) * np.sin(2 * np.pi * 997 * time) * (time >= silent)
    return write(folder / f"sine{level:g}.wav", np.stack([samples, samples], 1))


def test_loudness_is_what_the_standard_says_and_is_reached_by_one_gain(tmp_path: Path) -> None:
    gated = measured(Soundtrack(sine(tmp_path, -20, silent=1.0)), 4 * S)
    assert abs(gated.integrated + 20) < 0.3  # silence does not count, which would make -21.2 of it
    path = sine(tmp_path, -20)
    found = measured(Soundtrack(path), 4 * S)
    assert abs(found.integrated + 20) < 0.15
    assert abs(found.true_peak + 20) < 0.15
    loud = normalized(Sound(file=str(path), loudness=-14, fade_in=Fraction(1, 2)), Fraction(4))
    assert 6 < loud.gain < 6.4  # the fade counts: it is what is heard in the film that is measured
    assert abs(measured(loud, 4 * S).integrated + 14) < 0.15


def test_peaks_keep_it_from_getting_too_loud(tmp_path: Path) -> None:
    time = np.arange(4 * S) / S
    clicks = 0.05 * np.sin(2 * np.pi * 997 * time) + 0.45 * (np.arange(4 * S) % S == 100)
    sound = Sound(file=str(write(tmp_path / "clicks.wav", np.stack([clicks, clicks], 1))), loudness=-6)
    with pytest.warns(NetvizWarning, match=r"to -\d+\.\d LUFS instead of -6: any louder, its peaks would pass -1"):
        made = normalized(sound, Fraction(4))
    assert -1.4 < measured(made, 4 * S).true_peak < -0.8


def test_silence_cannot_be_made_louder(tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros((S, 2)))
    with pytest.raises(InputError, match=r"^audio.loudness: what is heard of the music is silent"):
        normalized(Sound(file=str(silent), loudness=-14), Fraction(1))
    scene = short_scene(duration=None, audio={"file": str(silent), "loudness": -14})
    (told,) = prepare(scene).problems
    assert told.where == "audio.loudness", "before anything is trained"


def test_a_gain_that_cuts_peaks_off_is_worth_a_word(tmp_path: Path) -> None:
    path = str(sine(tmp_path, -20))
    assert normalized(Sound(file=path, gain=12), Fraction(4)).gain == 12
    with pytest.warns(NetvizWarning, match=r"24 dB lift the music's peaks 4\.0 dB above .*; 20\.0 dB are the most"):
        normalized(Sound(file=path, gain=24), Fraction(4))


def test_a_usual_loudness_is_for_music_of_which_nothing_is_said(tmp_path: Path) -> None:
    path = str(sine(tmp_path, -20))
    assert normalized(Sound(file=path), Fraction(4)).gain == 0
    assert normalized(Sound(file=path), Fraction(4), -14).gain == pytest.approx(6, abs=0.15)
    assert normalized(Sound(file=path, loudness=-23), Fraction(4), -14).gain == pytest.approx(-3, abs=0.15)
    assert normalized(Sound(file=path, gain=1.5), Fraction(4), -14).gain == 1.5
    silent = str(write(tmp_path / "silent.wav", np.zeros((S, 2))))
    assert normalized(Sound(file=silent), Fraction(1), -14).gain == 0, "what is silent is left alone"
    time = np.arange(4 * S) / S
    clicks = 0.05 * np.sin(2 * np.pi * 997 * time) + 0.45 * (np.arange(4 * S) % S == 100)
    loud = str(write(tmp_path / "clicks.wav", np.stack([clicks, clicks], 1)))
    with pytest.warns(NetvizWarning, match=r"^output\.platform: the music is brought to -\d+\.\d LUFS instead of -14"):
        normalized(Sound(file=loud), Fraction(4), -14)
