"""Instruments and effects for the music of netviz, in plain NumPy.

Sound is float64 at RATE samples a second: mono `(n,)` from an instrument, stereo `(2, n)` on the way to the mix. Notes
are MIDI numbers (69 = A4 = 440 Hz), times seconds, frequencies hertz. Randomness comes only from a passed generator.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE = 48_000
TABLE_LENGTH = 4096


def clock(duration: float) -> Sound:
    """The times of `duration` seconds of samples, from 0, shape (n,)."""
    return np.arange(round(duration * RATE)) / RATE


def frequency(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def swell(duration: float, attack: float, release: float) -> Sound:
    """An envelope (n,) that rises from 0 in `attack` and falls to 0 in `release` seconds, without a corner."""
    time = clock(duration)
    level = np.minimum(np.clip(time / attack, 0, 1), np.clip((duration - time) / release, 0, 1))
    return np.sin(np.pi / 2 * level) ** 2


def filtered(sound: Sound, response: Callable[[Sound], Sound]) -> Sound:
    """`sound` with each frequency weighted by `response(hertz)`; zero phase, along the last axis.

    Padded with one second of silence so that the end does not ring into the beginning."""
    length = sound.shape[-1]
    padded = length + RATE
    spectrum = np.fft.rfft(sound, padded)
    return np.fft.irfft(spectrum * response(np.arange(padded // 2 + 1) * (RATE / padded)), padded)[..., :length]


def low_pass(cutoff: float, order: int = 2) -> Callable[[Sound], Sound]:
    """The magnitude of a Butterworth low-pass."""
    return lambda hertz: 1 / np.sqrt(1 + (hertz / cutoff) ** (2 * order))


def high_pass(cutoff: float, order: int = 2) -> Callable[[Sound], Sound]:
    return lambda hertz: 1 / np.sqrt(1 + (cutoff / np.maximum(hertz, 1e-3)) ** (2 * order))


def panned(sound: Sound, position: float) -> Sound:
    """Mono (n,) to stereo (2, n) at equal power; position -1 is left, 1 is right."""
    angle = (position + 1) * np.pi / 4
    return np.stack([np.cos(angle) * sound, np.sin(angle) * sound])


# ---------------------------------------------------------------------------------------------------------- instruments


def saw_table(note: float, cutoff: float) -> Sound:
    """One period of a low-passed saw, shape (TABLE_LENGTH + 1,): the last repeats the first, for interpolation."""
    harmonic = np.arange(1.0, TABLE_LENGTH // 2)
    hertz = harmonic * frequency(note)
    amplitude = np.where(hertz < RATE / 2.5, low_pass(cutoff)(hertz) / harmonic, 0)
    spectrum = np.zeros(TABLE_LENGTH // 2 + 1, complex)
    spectrum[1:-1] = -0.5j * amplitude * TABLE_LENGTH
    period = np.fft.irfft(spectrum, TABLE_LENGTH)
    return np.append(period, period[0])


def looked_up(table: Sound, phase: Sound) -> Sound:
    """`table` read at `phase` (in periods) with linear interpolation."""
    position = (phase % 1) * TABLE_LENGTH
    index = np.minimum(position.astype(np.int64), TABLE_LENGTH - 1)
    value: Sound = table[index] + (position - index) * (table[index + 1] - table[index])
    return value


def pad(note: float, duration: float, cutoff: float, generator: np.random.Generator) -> Sound:
    """A soft chord voice, stereo: four detuned saws behind a filter that slowly opens and closes again."""
    time = clock(duration)
    dark, bright = saw_table(note, cutoff * 0.5), saw_table(note, cutoff * 1.5)
    openness = 0.15 + 0.6 * np.sin(np.pi * time / duration) ** 2
    voice = np.zeros((2, time.size))
    for cents, position in ((-8, -0.9), (-3, 0.4), (4, -0.4), (9, 0.9)):
        drift = 0.002 * np.sin(2 * np.pi * (generator.uniform(0.1, 0.25) * time + generator.random()))
        phase = frequency(note + cents / 100) * time + drift * frequency(note) / 8 + generator.random()
        saw = (1 - openness) * looked_up(dark, phase) + openness * looked_up(bright, phase)
        voice += panned(saw, position)
    return voice * swell(duration, attack=1.3, release=1.8) / 4


def pluck(note: float, velocity: float) -> Sound:
    """A struck, kalimba-like tone: two-operator frequency modulation that grows pure while it fades."""
    time = clock(1.8)
    cycle = 2 * np.pi * frequency(note) * time
    modulation = 1.9 * velocity * np.exp(-time / 0.09) * np.sin(2 * cycle)
    overtone = 0.16 * np.exp(-time / 0.16) * np.sin(2 * cycle)
    tone = np.sin(cycle + modulation) + overtone
    return velocity * tone * np.exp(-time / 0.42) * swell(1.8, attack=0.006, release=0.4)


def bell(note: float, velocity: float) -> Sound:
    """A small glass bell: a few partials, the inharmonic ones short."""
    time = clock(4.5)
    cycle = 2 * np.pi * frequency(note) * time
    partials = ((1, 1.0, 1.5), (2.0, 0.35, 0.9), (2.76, 0.16, 0.35), (5.4, 0.05, 0.12))
    tone = np.zeros(time.size)
    for ratio, weight, decay in partials:
        tone += weight * np.exp(-time / decay) * np.sin(ratio * cycle)
    return velocity * tone * swell(4.5, attack=0.008, release=1.0)


def lead(note: float, duration: float) -> Sound:
    """A singing, flute-like voice whose vibrato sets in late."""
    time = clock(duration + 0.5)
    vibrato = 0.02 * np.clip((time - 0.35) / 0.6, 0, 1) * np.sin(2 * np.pi * 4.8 * time)
    cycle = 2 * np.pi * np.cumsum(frequency(note) * 2 ** (vibrato * 5 / 12)) / RATE
    tone = np.sin(cycle) + 0.22 * np.sin(2 * cycle) + 0.09 * np.sin(3 * cycle)
    return tone * np.exp(-time / 6) * swell(duration + 0.5, attack=0.14, release=0.6)


def bass(note: float, duration: float) -> Sound:
    """A round bass; its overtones keep it audible on small loudspeakers."""
    time = clock(duration)
    cycle = 2 * np.pi * frequency(note) * time
    overtones = 0.5 * np.sin(2 * cycle) + 0.22 * np.sin(3 * cycle) + 0.06 * np.sin(4 * cycle)
    tone = np.tanh(1.2 * (np.sin(cycle) + overtones * np.exp(-time / 0.9)))
    return tone * np.exp(-time / 3.5) * swell(duration, attack=0.03, release=min(0.25, duration / 2))


def kick() -> Sound:
    """A soft drum whose pitch falls from 125 to 47 Hz."""
    time = clock(0.5)
    cycle = 2 * np.pi * np.cumsum(47 + 78 * np.exp(-time / 0.035)) / RATE
    return np.sin(cycle) * np.exp(-time / 0.14) * swell(0.5, attack=0.003, release=0.15)


def brush(generator: np.random.Generator) -> Sound:
    """A snare played with brushes: a breath of noise over a quiet drum skin."""
    time = clock(0.4)
    noise = filtered(filtered(generator.standard_normal(time.size), high_pass(900)), low_pass(4500))
    skin = np.sin(2 * np.pi * 185 * time) * np.exp(-time / 0.06)
    return (0.5 * noise * np.exp(-time / 0.085) + 0.35 * skin) * swell(0.4, attack=0.004, release=0.15)


def hat(generator: np.random.Generator) -> Sound:
    """A closed hi-hat, more a tick of sand than metal."""
    time = clock(0.12)
    noise = filtered(filtered(generator.standard_normal(time.size), high_pass(5500, order=3)), low_pass(9000))
    return noise * np.exp(-time / 0.022) * swell(0.12, attack=0.002, release=0.05)


# -------------------------------------------------------------------------------------------------------------- effects


def ping_pong(sound: Sound, delay: float, feedback: float, repeats: int = 6) -> Sound:
    """Only the echoes of stereo `sound`: each one later, softer, darker and on the other side."""
    wet = np.zeros_like(sound)
    echo = sound
    shift = round(delay * RATE)
    for repeat in range(1, repeats + 1):
        echo = feedback * filtered(echo[::-1], low_pass(3200, order=1))
        wet[:, repeat * shift :] += echo[:, : wet.shape[1] - repeat * shift]
    return wet


def reverb(sound: Sound, decay: float, generator: np.random.Generator) -> Sound:
    """Only the room of stereo `sound`: convolution with coloured noise that falls by 60 dB in `decay` seconds.

    Each side has noise of its own, which makes the room wide; its high end dies three times as fast as its low end."""
    time = clock(decay * 1.2)
    noise = generator.standard_normal((2, time.size))
    dark = filtered(noise, low_pass(1400)) * np.exp(-6.9 * time / decay)
    airy = (filtered(noise, low_pass(6000)) - filtered(noise, low_pass(1400))) * np.exp(-3 * 6.9 * time / decay)
    # 25 ms of nothing and a soft start keep what is played in front of the room.
    impulse = filtered((dark + airy) * np.clip((time - 0.025) / 0.03, 0, 1), high_pass(160))
    impulse /= np.sqrt(np.sum(impulse**2, axis=1, keepdims=True))
    length = sound.shape[1] + impulse.shape[1]
    return np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(impulse, length), length)[:, : sound.shape[1]]


def softly_limited(sound: Sound, ceiling: float) -> Sound:
    """`sound`, unchanged below 70 % of `ceiling` and bent smoothly so as never to reach it above."""
    knee = 0.7 * ceiling
    excess = np.maximum(np.abs(sound) - knee, 0)
    bent = knee + (ceiling - knee) * np.tanh(excess / (ceiling - knee))
    return np.where(excess > 0, np.sign(sound) * bent, sound)
