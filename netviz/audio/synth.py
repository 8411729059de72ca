"""Synthesizer: voices that turn a note into samples, in plain NumPy.

Samples are float32 at RATE a second. Most voices sound the same in all notes of a pitch: that sound is computed once,
and notes are cut from it. Nothing is random but the phases of the pads, whose seed is the pitch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from netviz.audio.composer import Note, VoiceName
from netviz.audio.music_file import SAMPLE_RATE as RATE

AudioSamples = NDArray[np.float32]
Wave = NDArray[np.float64]

LOOP = 1 << 18
"""Length of a pad's loop in samples, some five seconds."""
SPREAD = 14.0
"""Detuning, in cents, of the many strings of a pad against each other."""
DARK, BRIGHT = 420.0, 1900.0
"""Cutoff frequencies in Hz above which a pad's overtones fade: of the darkest and the brightest."""
_LEVELS = 6
"""Steps of brightness that a voice has: values between them sound like the nearest."""
LONGEST = 7.5
"""Longest note of a held voice in seconds."""


def frequency(pitch: float) -> float:
    """Frequency in Hz of a MIDI number."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def time_axis(seconds: float) -> Wave:
    """Times in seconds of the samples of a sound of so many seconds, from 0, (n,)."""
    return np.arange(max(1, round(seconds * RATE))) / RATE


def shaped(sound: AudioSamples, attack: float, release: float) -> AudioSamples:
    """A copy of sound (..., n) that smoothly rises from 0 and falls to 0, in so many seconds each.

    Of two notes of which one falls while the other rises, in the same time, the envelopes add up to 1.
    """
    copy = sound.copy()
    count = sound.shape[-1]
    for seconds, side in ((attack, slice(None)), (release, slice(None, None, -1))):
        edge = min(count, max(1, round(seconds * RATE)))
        rise = np.sin(np.pi / 2 * (np.arange(edge) + 0.5) / edge) ** 2
        copy[..., side][..., :edge] *= rise.astype(np.float32)
    return copy


def sound_of(note: Note, overlap: float) -> tuple[AudioSamples, AudioSamples]:
    """Samples of a note at loudness 1: of the left channel and the right, each (n,).

    overlap: seconds of the crossfade between chords.
    """
    if note.voice == "pad":
        return _pad(note, overlap)
    sound = VOICES[note.voice](note.pitch, round(_LEVELS * min(1.0, max(0.0, note.brightness))))
    if note.voice in RELEASE:
        sound = sound[: max(1, round(note.length * RATE))]
        sound = shaped(sound, min(0.02, note.length / 4), min(RELEASE[note.voice], note.length / 2))
    return sound, sound


def _cached(size: int) -> Callable[[Callable[..., Wave]], Callable[..., AudioSamples]]:
    """Decorator: the voice's sounds as float32, the last `size` of them cached."""

    def decorate(voice: Callable[..., Wave]) -> Callable[..., AudioSamples]:
        return lru_cache(maxsize=size)(lambda *arguments: voice(*arguments).astype(np.float32))

    return decorate


@_cached(192)
def _pluck(pitch: int, level: int) -> Wave:
    """A struck, kalimba-like tone: frequency modulation that grows pure while it fades. High notes are shorter."""
    time = time_axis(1.8)
    cycle = 2 * np.pi * frequency(pitch) * time
    edge = 0.5 + 1.6 * level / _LEVELS
    soft = min(1.0, 2 ** ((74 - pitch) / 18))
    tone = np.sin(cycle + edge * soft * np.exp(-time / 0.07) * np.sin(2 * cycle))
    tone += 0.12 * soft * np.exp(-time / 0.15) * np.sin(3 * cycle)
    body = 0.3 * np.exp(-time / 0.03) * np.sin(cycle / 2)
    decay = 0.46 * min(1.25, max(0.6, 2 ** ((69 - pitch) / 30)))
    return _ended((tone + body) * np.exp(-time / decay), 0.006, 0.5)


@_cached(96)
def _glass(pitch: int, level: int) -> Wave:
    """A rubbed glass: almost a sine, with a soft beginning."""
    time = time_axis(1.6)
    cycle = 2 * np.pi * frequency(pitch) * time
    tone = np.sin(cycle) + 0.18 * np.exp(-time / 0.4) * np.sin(2 * cycle + 0.3) + 0.05 * np.sin(3 * cycle)
    return _ended(tone * np.exp(-time / 0.5), 0.035, 0.6)


@_cached(96)
def _bell(pitch: int, level: int) -> Wave:
    """A small glass bell: a few partials, the inharmonic ones short."""
    time = time_axis(4.0)
    cycle = 2 * np.pi * frequency(pitch) * time
    soft = min(1.0, 2 ** ((80 - pitch) / 14))
    tone = np.sin(cycle) * np.exp(-time / 1.3)
    for ratio, weight, decay in ((2.0, 0.3, 0.8), (2.76, 0.1, 0.3), (5.4, 0.03, 0.1)):
        tone += weight * soft * np.exp(-time / decay) * np.sin(ratio * cycle)
    return _ended(tone, 0.008, 1.2)


@_cached(16)
def _lead(pitch: int, level: int) -> Wave:
    """A singing, flute-like voice whose vibrato sets in late."""
    time = time_axis(LONGEST)
    vibrato = 0.0016 * np.clip((time - 0.5) / 0.8, 0, 1) * np.sin(2 * np.pi * 4.6 * time)
    cycle = 2 * np.pi * np.cumsum(frequency(pitch) * (1 + vibrato)) / RATE
    tone = np.sin(cycle) + 0.2 * np.sin(2 * cycle) + 0.07 * np.sin(3 * cycle)
    return _ended(tone * np.exp(-time / 5), 0.25, 0.8)


@_cached(16)
def _bass(pitch: int, level: int) -> Wave:
    """A round bass; its overtones keep it audible on small loudspeakers."""
    time = time_axis(LONGEST)
    cycle = 2 * np.pi * frequency(pitch) * time
    overtones = 0.5 * np.sin(2 * cycle) + 0.24 * np.sin(3 * cycle) + 0.08 * np.sin(4 * cycle)
    tone = np.tanh(1.2 * (np.sin(cycle) + (0.6 + 0.8 * level / _LEVELS) * overtones * np.exp(-time / 1.2)))
    return _ended(tone * np.exp(-time / 4.0), 0.05, 0.4)


def _ended(wave: Wave, attack: float, release: float) -> Wave:
    return shaped(wave.astype(np.float32), attack, release).astype(np.float64)


VOICES: dict[VoiceName, Callable[[int, int], AudioSamples]] = {
    "pluck": _pluck, "glass": _glass, "bell": _bell, "lead": _lead, "bass": _bass,
}  # fmt: skip
"""Voices whose notes are cut from one sound of each pitch and brightness."""
RELEASE: dict[VoiceName, float] = {"lead": 0.8, "bass": 0.4}
"""Release in seconds of the held voices; the others ring until they fade by themselves."""


def _pad(note: Note, overlap: float) -> tuple[AudioSamples, AudioSamples]:
    """Pad of many strings; the same pitch in two chords goes on without a seam, since all notes read one loop.

    The right channel reads it half a loop later: other strings of the same kind.
    """
    count = max(1, round(note.length * RATE))
    edge = min(overlap, note.length / 2)
    attack = edge if note.start > 0 else min(edge, 0.6)
    dark, bright = np.float32(1 - note.brightness), np.float32(note.brightness)
    sides = []
    for ahead in (0, LOOP // 2):
        start = (round(note.start * RATE) + ahead) % LOOP
        strings = [_read(loop, start, count) for loop in _strings(note.pitch)]
        sides.append(shaped(dark * strings[0] + bright * strings[1], attack, edge))
    return sides[0], sides[1]


def _read(loop: AudioSamples, start: int, count: int) -> AudioSamples:
    repeats = -(-(start + count) // LOOP)
    return np.concatenate([loop] * repeats)[start : start + count]


@lru_cache(maxsize=20)
def _strings(pitch: int) -> tuple[AudioSamples, AudioSamples]:
    """Two loops of strings (LOOP,), dark and bright, each of mean power 1/2.

    Paul Nasca's PADsynth: the strings of every overtone are a bell curve around it in the spectrum, their phases are
    random, and one inverse Fourier transform gives the sound of all of them.
    """
    generator = np.random.default_rng(pitch)
    bins = LOOP // 2 + 1
    hertz = np.arange(bins) * (RATE / LOOP)
    amplitude = np.zeros(bins)
    base = frequency(pitch)
    for harmonic in range(1, int(6000 / base) + 1):
        centre, width = harmonic * base, harmonic * base * (2 ** (SPREAD / 1200) - 1)
        near = slice(*(int((centre + side * 4 * width) * LOOP / RATE) for side in (-1, 1)))
        # A wider bell curve covers more of the spectrum, but has no more power.
        amplitude[near] += np.exp(-0.5 * ((hertz[near] - centre) / width) ** 2) / np.sqrt(width) / harmonic**1.1
    top = int(6500 * LOOP / RATE)
    spectrum = np.zeros(bins, complex)
    spectrum[:top] = amplitude[:top] * np.exp(2j * np.pi * generator.random(top))
    loops = []
    for cutoff in (DARK, BRIGHT):
        loop = np.fft.irfft(spectrum / np.sqrt(1 + (hertz / cutoff) ** 4), LOOP)
        loops.append((loop / np.sqrt(2 * np.mean(loop**2))).astype(np.float32))
    return loops[0], loops[1]
