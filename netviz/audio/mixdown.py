"""Mixdown: composed notes to a stereo WAV file, block by block, in constant memory."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from netviz.atomic_files import OutputFailed, amount, failed_write
from netviz.audio.composer import OVERLAP, Note, Score, VoiceName, score_of
from netviz.audio.loudness import TENTH, Meter
from netviz.audio.music_file import SAMPLE_RATE as RATE
from netviz.audio.synth import LONGEST, AudioSamples, sound_of
from netviz.scene.sound import Sound
from netviz.timeline.timeline import Timeline

BLOCK = 27 * TENTH
"""Samples that are mixed at a time; with the room's impulse response they fill a fast Fourier transform."""
TRANSFORM = 1 << 18
LOUDNESS = -16.0
"""Loudness in LUFS where nobody chooses one, as podcasts and calm films have it."""
CEILING = 10 ** (-2 / 20)
"""Highest sample, -2 dB: a decibel is left for peaks between two samples, and for what encoders add."""
KEPT_SECONDS = 120.0
"""Seconds of the longest sound that is held in memory until its loudness is measured: 46 MB."""
SAMPLES = 12
"""Excerpts of a longer sound whose loudness stands for all of it, KEPT_SECONDS long together."""
ECHOES, FEEDBACK = 3, 0.38
"""Number of echoes, and the gain from one to the next."""
FADE_IN, FADE_OUT, FADE_SHARE, FADE_OF_HOME = 0.02, 3.0, 0.3, 0.75
"""Fade-in and fade-out of the film's sound in seconds, the latter at most these parts of it and of its last chord."""
LEAST_FADE = 0.005
"""Shortest fade in seconds: a shorter one is a click."""
ROOM, ROOM_FROM = 2.7, 0.02
"""Reverberation of the room: seconds in which it falls by 60 dB, and seconds after which it begins."""


BusName = Literal["chords", "struck", "low"]

ROOM_OF: dict[BusName, float] = {"chords": 0.35, "struck": 0.6, "low": 0.0}
"""Part of each bus that goes to the room's reverberation. Only struck voices have echoes."""


@dataclass(frozen=True)
class MixPlace:
    """Place of a voice in the mix: its level, and its bus."""

    level: float
    bus: BusName


PLACES: dict[VoiceName, MixPlace] = {
    "pad": MixPlace(0.075, "chords"),
    "bass": MixPlace(0.24, "low"),
    "pluck": MixPlace(0.2, "struck"),
    "glass": MixPlace(0.17, "struck"),
    "bell": MixPlace(0.14, "struck"),
    "lead": MixPlace(0.16, "chords"),
}


@dataclass(frozen=True)
class Master:
    """Settings of the finished sound.

    loudness: LUFS. gain: dB on top of it. fade_in, fade_out: seconds; None: what suits the film.
    """

    loudness: float = LOUDNESS
    gain: float = 0.0
    fade_in: float | None = None
    fade_out: float | None = None


def mastered(score: Score, master: Master) -> Iterator[AudioSamples]:
    """Finished sound of a film in blocks (2, n): at the loudness of `master`, never above CEILING, faded in and out."""
    blocks: Iterable[AudioSamples] = _faded(score, master)
    if score.seconds <= KEPT_SECONDS:
        blocks = [*blocks]
        measured = _loudness(blocks)
    else:
        measured = _loudness(mixed(sampled(score)))
    gain = 10 ** ((master.loudness - measured + master.gain) / 20) if np.isfinite(measured) else 1.0
    return (limited(np.float32(gain) * block, CEILING) for block in blocks)


def _loudness(blocks: Iterable[AudioSamples]) -> float:
    meter = Meter()
    for block in blocks:
        meter.hear(block)
    return meter.lufs()


def sampled(score: Score) -> Score:
    """Score of SAMPLES excerpts of a score, evenly spaced, one after the other: about as loud as all of it."""
    length = KEPT_SECONDS / SAMPLES
    notes = []
    for number in range(SAMPLES):
        begin = (score.seconds - length) * number / (SAMPLES - 1)
        part = (note for note in score.notes if begin <= note.start < begin + length)
        notes += [replace(note, start=note.start - begin + number * length) for note in part]
    return Score(tuple(notes), KEPT_SECONDS, score.echo)


def _faded(score: Score, master: Master) -> Iterator[AudioSamples]:
    """Mix of a score in blocks (2, n), faded in and out."""
    last = samples_in(score) - 1
    usual = min(FADE_OUT, FADE_SHARE * score.seconds, FADE_OF_HOME * (score.seconds - score.home))
    rise = max(LEAST_FADE, FADE_IN if master.fade_in is None else master.fade_in) * RATE
    fall = max(LEAST_FADE, usual if master.fade_out is None else master.fade_out) * RATE
    first = 0
    for block in mixed(score):
        if first < rise or first + block.shape[1] > last - fall:
            place = first + np.arange(block.shape[1])
            level = np.minimum(np.minimum(place / rise, (last - place) / fall), 1.0)
            block = block * (np.sin(np.pi / 2 * level) ** 2).astype(np.float32)
        yield block
        first += block.shape[1]


def samples_in(score: Score) -> int:
    """Samples of the whole film, each side, at 48 kHz."""
    return max(1, round(score.seconds * RATE))


def mixed(score: Score) -> Iterator[AudioSamples]:
    """Mix of a score before its loudness is set, in blocks (2, n) of BLOCK samples, the last shorter."""
    total = samples_in(score)
    delay = round(score.echo * RATE)
    # The longest that notes can sound beyond the end of a block.
    tail = round((max((note.length for note in score.notes), default=0.0) + LONGEST) * RATE)
    buses = {bus: np.zeros((2, BLOCK + tail), np.float32) for bus in ROOM_OF}
    echoes = np.zeros((2, BLOCK + ECHOES * delay), np.float32)
    reverb = np.zeros((2, TRANSFORM), np.float32)
    number = 0
    for first in range(0, total, BLOCK):
        while number < len(score.notes) and (start := round(score.notes[number].start * RATE)) < first + BLOCK:
            note = score.notes[number]
            _play(note, start - first, buses[PLACES[note.voice].bus])
            number += 1
        struck = buses["struck"][:, :BLOCK]
        for repeat in range(1, ECHOES + 1):
            # Echoes change sides.
            sides = struck[::-1] if repeat % 2 else struck
            echoes[:, repeat * delay : repeat * delay + BLOCK] += np.float32(FEEDBACK**repeat) * sides
        send = sum(np.float32(room / 2) * buses[bus][:, :BLOCK].sum(axis=0) for bus, room in ROOM_OF.items())
        send += np.float32(ROOM_OF["struck"] / 2) * echoes[:, :BLOCK].sum(axis=0)
        reverb += np.fft.irfft(np.fft.rfft(send, TRANSFORM) * _room(), TRANSFORM)
        block = sum(bus[:, :BLOCK] for bus in buses.values()) + echoes[:, :BLOCK] + reverb[:, :BLOCK]
        yield block[:, : total - first]
        for buffer in (*buses.values(), echoes, reverb):
            buffer[:, :-BLOCK] = buffer[:, BLOCK:].copy()
            buffer[:, -BLOCK:] = 0


def _play(note: Note, start: int, bus: AudioSamples) -> None:
    """Add a note to a bus, panned at equal power. start: the bus's sample at which the note begins."""
    level = PLACES[note.voice].level * note.loudness
    angle = (note.pan + 1) * np.pi / 4
    for side, sound, gain in zip(bus, sound_of(note, OVERLAP), (np.cos(angle), np.sin(angle)), strict=True):
        side[start : start + len(sound)] += np.float32(level * gain) * sound


def limited(sound: NDArray[np.float32], ceiling: float) -> NDArray[np.float32]:
    """Sound limited softly: unchanged below 70 % of a ceiling, and bent smoothly above that so as never to reach it."""
    knee = 0.7 * ceiling
    excess = np.maximum(np.abs(sound) - knee, 0)
    if not excess.any():
        return sound
    bent = knee + (ceiling - knee) * np.tanh(excess / (ceiling - knee))
    return np.where(excess > 0, np.sign(sound) * bent, sound)


@lru_cache(maxsize=1)
def _room() -> NDArray[np.complex64]:
    """Spectrum of the room's impulse response: noise of each side's own that falls by 60 dB in ROOM seconds, its high
    end much faster.

    Shape (2, TRANSFORM / 2 + 1); with a block it fills the transform, so that nothing wraps around to the beginning.
    """
    generator = np.random.default_rng(91)
    count = TRANSFORM - BLOCK
    time = np.arange(count) / RATE
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum = np.fft.rfft(generator.standard_normal((2, count)))
    lows = 1 / np.sqrt(1 + (hertz / 1200) ** 4)
    highs = 1 / np.sqrt(1 + (hertz / 5000) ** 4) - lows
    body = 1 / np.sqrt(1 + (180 / np.maximum(hertz, 1)) ** 4)
    impulse = np.fft.irfft(spectrum * lows * body, count) * np.exp(-6.9 * time / ROOM)
    impulse += np.fft.irfft(spectrum * highs * body, count) * np.exp(-3 * 6.9 * time / ROOM)
    impulse *= np.clip((time - ROOM_FROM) / 0.03, 0, 1) * np.clip((time[-1] - time) / 0.3, 0, 1)
    impulse /= np.sqrt((impulse**2).sum(axis=1, keepdims=True))
    return np.fft.rfft(impulse, TRANSFORM).astype(np.complex64)


# WAV file: 48 kHz, stereo, 16 bits, of any length, written a block at a time.

CHANNELS, _BYTES = 2, 2
MOST_BYTES = 0xFFFFFFFF - 1024
"""Most bytes of samples in a plain WAV file; with more it is an RF64 file (EBU Tech 3306), with sizes of 64 bits."""
_FULL = 32767


def header(samples: int) -> bytes:
    """Header of a WAV file of so many samples a side; of an RF64 file where they are too many."""
    size = samples * CHANNELS * _BYTES
    rate = struct.pack("<HHIIHH", 1, CHANNELS, RATE, RATE * CHANNELS * _BYTES, CHANNELS * _BYTES, 8 * _BYTES)
    form = b"fmt " + struct.pack("<I", len(rate)) + rate
    if size <= MOST_BYTES:
        return (
            b"RIFF" + struct.pack("<I", 4 + len(form) + 8 + size) + b"WAVE" + form + b"data" + struct.pack("<I", size)
        )
    sizes = struct.pack("<QQQI", 4 + 36 + len(form) + 8 + size, size, samples, 0)
    unknown = struct.pack("<I", 0xFFFFFFFF)
    long = b"ds64" + struct.pack("<I", len(sizes)) + sizes
    return b"RF64" + unknown + b"WAVE" + long + form + b"data" + unknown


def write_wave(path: Path, blocks: Iterable[NDArray[np.float32]], samples: int) -> Iterator[tuple[int, int]]:
    """Write blocks (2, n) of so many samples a side in all to a file. Values from -1 to 1; those beyond are clipped.

    Yields after each block how many samples are written, and how many there will be.
    The last bit is dithered (two random numbers added, as is usual), by the same numbers every time.
    """
    generator = np.random.default_rng(16)
    done = 0
    with path.open("wb") as file:
        file.write(header(samples))
        for block in blocks:
            noise = generator.random(block.shape, np.float32) - generator.random(block.shape, np.float32)
            # Silence stays silence.
            whole = np.rint(block * _FULL + np.where(block == 0, 0, noise))
            file.write(np.clip(whole, -_FULL - 1, _FULL).astype("<i2").T.tobytes())
            done += block.shape[1]
            yield done, samples


# Sonification: the sound of a film, composed from its run and written to a file, a block at a time.


def write_sonified(timeline: Timeline, path: Path) -> Iterator[tuple[int, int]]:
    """Write the composed sound of a film as WAV; yields (samples written, samples in all), so that others can work.

    It is as long as the film to the sample, and the same for the same timeline. The scene's gain, fades and loudness
    apply where its sound is to be composed from the run; without a loudness it has its platform's, or LOUDNESS. Raises
    OutputFailed if it cannot be written.
    """
    score = score_of(timeline)
    scene = timeline.scene
    blocks = mastered(score, master_of(scene.audio, scene.output.loudness))
    try:
        yield from write_wave(path, blocks, samples_in(score))
    except OSError as error:
        size = amount(samples_in(score) * CHANNELS * _BYTES)
        words = failed_write(error, path.absolute().parent, f"the sound needs {size}", "the sound made from the run")
        raise OutputFailed(words) from error


def master_of(sound: Sound | None, usual: float | None = None) -> Master:
    """Settings of a scene for composed sound; the usual ones if its sound is music or none.

    usual: LUFS where the scene gives no loudness; None for LOUDNESS.
    """
    usual = LOUDNESS if usual is None else usual
    if sound is None or not sound.is_sonified:
        return Master(usual)
    return Master(
        usual if sound.loudness is None else sound.loudness,
        sound.gain,
        float(sound.fade_in) or None,
        None if sound.fade_out is None else float(sound.fade_out),
    )
