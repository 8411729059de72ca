"""The sound of a run as samples: how loud, without clicks or silences, the same every time, in little memory."""

from __future__ import annotations

import re
import tempfile
import tracemalloc
import wave
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from benchmarks.listen import key_of, longest_silence, normalized, samples_of
from netviz.audio.composer import Note, Score
from netviz.audio.loudness import Meter
from netviz.audio.mixdown import BLOCK, CEILING, Master, header, limited, master_of, mastered, mixed, write_wave
from netviz.errors import InputError, NetvizError
from netviz.recording.recording import Recording
from netviz.scene.sound import Sound
from netviz.training.trainer import train
from tests.conftest import short_scene

RATE = 48_000
SMALL = {"training__cycles": 4000, "schedule": {"cycles": [1, 100, 4000]}, "output__size": "128x128", "output__fps": 5}
SHOTS = [{"shot": "title"}, {"shot": "learning", "examples": 5}, {"shot": "rest", "share": 0.3}]


@pytest.fixture(scope="module")
def learned() -> Recording:
    """A network that has learned, whose film of 15 seconds is heard."""
    scene = short_scene(**SMALL, duration=15, shots=SHOTS, audio="sonify")
    assert scene.audio is not None and scene.audio.is_sonified
    return train(scene)


@pytest.fixture(scope="module")
def sound(learned: Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return netviz.sonify(learned, tmp_path_factory.mktemp("sound") / "run.wav")


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).T
    return (data / 32768).astype(np.float32)


def silent(seconds: float) -> np.ndarray:
    return np.zeros((2, round(seconds * RATE)), np.float32)


def tone(hertz: float, level: float, seconds: float = 3.0) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def test_the_meter_agrees_with_the_recommendation() -> None:
    meter = Meter()
    both = np.stack([tone(997, 0.1)] * 2)
    for start in range(0, both.shape[1], BLOCK):
        meter.hear(both[:, start : start + BLOCK])
    assert meter.lufs() == pytest.approx(-20.0, abs=0.05)  # one channel at 0 dB is -3.01 LUFS
    meter.hear(silent(10))  # does not count
    assert meter.lufs() == pytest.approx(-20.0, abs=0.3)
    assert Meter().lufs() == -np.inf


def test_the_examiner_finds_what_it_looks_for() -> None:
    chord = sum(tone(440 * 2 ** ((note - 69) / 12), 0.1) for note in (50, 57, 62, 66))
    assert key_of(chord) == "D major"
    gap = np.concatenate([chord, np.zeros(round(2.5 * RATE), np.float32), chord])
    assert longest_silence(gap) == pytest.approx(2.5, abs=0.11)
    assert normalized(np.stack([2 * tone(997, 0.6)] * 2)).peak > 1


def test_the_limiter_leaves_alone_what_is_quiet_and_no_peak_passes() -> None:
    loud = np.linspace(-5, 5, 1001, dtype=np.float32)[None]
    out = limited(loud, CEILING)
    assert np.abs(out).max() <= CEILING and np.all(np.diff(out) >= 0)
    quiet = np.abs(loud) < 0.7 * CEILING
    assert np.array_equal(out[quiet], loud[quiet])


def test_the_sound_is_as_long_as_the_film_and_as_loud_as_it_should_be(sound: Path) -> None:
    found = normalized(samples(sound))
    assert found.seconds == 15
    assert found.loudness == pytest.approx(-16, abs=0.5)
    assert found.true_peak < -1
    assert found.silence <= 0.5
    assert found.ends_in == "D major" and found.begins_in.startswith("D ")


def test_it_begins_and_ends_without_a_click(sound: Path) -> None:
    found = samples(sound)
    assert np.abs(found[:, :48]).max() < 0.01 and np.abs(found[:, -480:]).max() < 0.001
    assert np.abs(np.diff(found, axis=1)).max() < 0.2


def test_the_same_run_sounds_the_same(learned: Recording, sound: Path, tmp_path: Path) -> None:
    assert netviz.sonify(learned, tmp_path / "again.wav").read_bytes() == sound.read_bytes()


def test_the_film_is_heard_with_it(
    learned: Recording, sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    film = netviz.render(learned, tmp_path / "film.mp4", jobs=1)
    assert film.seconds == 15
    assert not list((tmp_path / "temporary").iterdir())
    played, made = samples_of(film.path), samples(sound)
    # AAC: nearly the same, and neither early nor late.
    assert played.shape[1] == pytest.approx(made.shape[1], abs=2048)
    count = min(played.shape[1], made.shape[1])
    likeness = [float(np.vdot(played[:, 99 : count - 99], np.roll(made, lag, axis=1)[:, 99 : count - 99]))
                for lag in (-24, 0, 24)]  # fmt: skip
    assert max(likeness) == likeness[1]
    found = normalized(played)
    assert found.peak < 0 and found.true_peak < -1 and found.silence <= 2 and found.ends_in == "D major"


@pytest.mark.parametrize("failure", [KeyboardInterrupt, NetvizError])
def test_nothing_is_left_of_a_film_that_fails(
    learned: Recording, failure: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(phase: str, done: int, total: int) -> None:
        if phase == "composing":
            assert [path.name for path in tmp_path.rglob("*.wav")] == ["sound.wav"]
            raise failure("enough")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(failure):
        netviz.render(learned, tmp_path / "film.mp4", jobs=1, progress=stopping)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_of(learned: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("netviz.audio.mixdown.write_wave", full)
    with pytest.raises(NetvizError, match=r"the disk of .* is full, .* free: the sound needs \d"):
        netviz.sonify(learned, tmp_path / "run.wav")
    assert not list(tmp_path.iterdir())


def test_sound_alone_is_whole_or_absent(learned: Recording, sound: Path, tmp_path: Path) -> None:
    before = sound.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        netviz.sonify(learned, sound)
    with pytest.raises(InputError, match=re.escape("a name that ends in .wav")):
        netviz.sonify(learned, tmp_path / "run.mp3")

    def stopping(phase: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        netviz.sonify(learned, sound, overwrite=True, progress=stopping)
    assert sound.read_bytes() == before and len(list(sound.parent.iterdir())) == 1


SHORT = Score(
    tuple(sorted((Note(0.0, 3.0, pitch, 0.6, 0.0, "pad") for pitch in (62, 66, 69)), key=lambda note: note.pitch)),
    3.0,
    0.4,
)


def test_gain_loudness_and_fades_are_the_users() -> None:
    def loudness(master: Master) -> float:
        meter = Meter()
        for block in mastered(SHORT, master):
            meter.hear(block)
        return meter.lufs()

    usual = loudness(Master())
    assert usual == pytest.approx(-16, abs=0.5)
    assert loudness(Master(gain=-6)) == pytest.approx(usual - 6, abs=0.2)
    assert loudness(Master(loudness=-23)) == pytest.approx(-23, abs=0.3)
    (block, *_) = mastered(SHORT, Master(fade_in=1.0, fade_out=0.0))
    levels = np.sqrt((block[:, : 2 * RATE].reshape(2, -1, RATE // 4) ** 2).mean(axis=(0, 2)))
    assert levels[0] < 0.3 * levels[3] < 0.3 * 1.5 * levels[4]


def test_a_platform_says_how_loud_sound_made_from_the_run_is() -> None:
    assert master_of(Sound(file="sonify"), -14) == Master(-14)
    assert master_of(Sound(file="sonify", gain=-3), -14) == Master(-14, -3)
    assert master_of(Sound(file="sonify", loudness=-20), -14) == Master(-20)
    assert master_of(None, -14) == Master(-14)
    assert master_of(Sound(file="sonify")) == Master(-16)


def test_an_hour_takes_no_more_memory_than_a_minute() -> None:
    notes = tuple(Note(0.5 * number, 1.8, 60 + number % 12, 0.5, 0.0, "pluck") for number in range(7200))
    score = Score(notes, 3600.0, 0.4)
    list(islice(mixed(score), 2))
    tracemalloc.start()
    blocks = 0
    for block in islice(mixed(score), 6):
        assert block.shape == (2, BLOCK)
        blocks += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert blocks == 6 and peak < 40e6


def test_wave_files_of_more_than_four_gigabytes_say_their_length_elsewhere(tmp_path: Path) -> None:
    day = 86_400 * RATE
    long = header(day)
    assert long[:4] == b"RF64" and long[8:16] == b"WAVEds64"
    size, data, count = np.frombuffer(long[20:44], "<u8").tolist()
    assert (data, count, size) == (4 * day, day, len(long) + 4 * day - 8)
    assert long.endswith(b"data\xff\xff\xff\xff")
    assert header(RATE)[:4] == b"RIFF"


def test_what_is_too_loud_is_cut_and_silence_stays_silence(tmp_path: Path) -> None:
    block = np.array([[2.0, -2.0, 0.0], [0.0, 0.5, 0.0]], np.float32)
    assert [*write_wave(tmp_path / "a.wav", [block], 3)] == [(3, 3)]
    found = samples(tmp_path / "a.wav")
    assert found[0].tolist() == [32767 / 32768, -1.0, 0.0] and found[1, [0, 2]].tolist() == [0, 0]
    assert found[1, 1] == pytest.approx(0.5, abs=1e-4)
