"""What can be said of a sound without ears: level, peaks, silences, and the keys it begins and ends in.

    python -m benchmarks.listen FILE...          (a film, or any file of music)

Key: the chroma of the first and the last seconds against the profiles of Krumhansl and Kessler (1982).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netviz.audio.loudness import Meter
from netviz.audio.music_file import SAMPLE_RATE as RATE
from netviz.ffmpeg import Ffmpeg

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
SILENT = -50.0
"""dB below full scale."""
WINDOW = RATE // 10
KEY_SECONDS = 2.5
OVERSAMPLED = 4


@dataclass(frozen=True)
class Heard:
    """What was heard of a file.

    loudness: LUFS. peak, true_peak: dB below full scale. silence: seconds of the longest. begins_in, ends_in: keys.
    """

    seconds: float
    loudness: float
    peak: float
    true_peak: float
    silence: float
    begins_in: str
    ends_in: str


def samples_of(path: Path) -> NDArray[np.float32]:
    """The sound of a film or of a file of music, (2, n) at 48 kHz."""
    arguments = ["-v", "error", "-i", f"file:{path}", "-map", "0:a:0", "-ac", "2", "-ar", str(RATE)]
    with Ffmpeg([*arguments, "-f", "f32le", "pipe:1"], collect=True) as ffmpeg:
        results = []
        while result := ffmpeg.read():
            results.append(result)
        ffmpeg.finish()
    return np.frombuffer(b"".join(results), "<f4").reshape(-1, 2).T


def normalized(sound: NDArray[np.float32]) -> Heard:
    """All that is said of sound (2, n)."""
    meter = Meter()
    meter.hear(sound)
    part = min(sound.shape[1] // 2, round(KEY_SECONDS * RATE))
    mono = sound.mean(axis=0)
    return Heard(
        seconds=sound.shape[1] / RATE,
        loudness=meter.lufs(),
        peak=_decibels(float(np.abs(sound).max())),
        true_peak=_decibels(_true_peak(sound)),
        silence=longest_silence(mono),
        begins_in=key_of(mono[:part]),
        ends_in=key_of(mono[-part:]),
    )


def longest_silence(mono: NDArray[np.float32]) -> float:
    """Seconds of the longest run of tenths of a second below SILENT."""
    whole = mono[: len(mono) // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.float64)
    quiet = np.sqrt((whole**2).mean(axis=1)) < 10 ** (SILENT / 20)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet, [0]))))
    return float((edges[1::2] - edges[::2]).max(initial=0)) * WINDOW / RATE


def key_of(mono: NDArray[np.float32]) -> str:
    """The key whose profile is most like the sound's chroma, such as "D major"."""
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)))) ** 2
    hertz = np.fft.rfftfreq(len(mono), 1 / RATE)
    inside = (hertz > 60) & (hertz < 2000)
    pitch = np.rint(69 + 12 * np.log2(hertz[inside] / 440)).astype(int) % 12
    chroma = np.sqrt(np.bincount(pitch, weights=spectrum[inside], minlength=12))
    likeness = {
        f"{NAMES[tonic]} {kind}": float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1])
        for tonic in range(12)
        for kind, profile in (("major", MAJOR), ("minor", MINOR))
    }
    return max(likeness, key=lambda name: likeness[name])


def _true_peak(sound: NDArray[np.float32]) -> float:
    """The largest sample after oversampling, a second at a time, each with a little of the next."""
    most = 0.0
    for start in range(0, sound.shape[1], RATE):
        piece = sound[:, start : start + RATE + RATE // 20]
        window = np.ones(piece.shape[1])
        edge = min(RATE // 40, piece.shape[1] // 4)
        window[:edge], window[-edge:] = np.linspace(0, 1, edge), np.linspace(1, 0, edge)
        count = OVERSAMPLED * piece.shape[1]
        finer = OVERSAMPLED * np.fft.irfft(np.fft.rfft(piece * window), count)
        most = max(most, float(np.abs(finer).max()))
    return max(most, float(np.abs(sound).max()))


def _decibels(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-9)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    for path in parser.parse_args().files:
        found = normalized(samples_of(path))
        print(
            f"{path.name}: {found.seconds:.2f} s, {found.loudness:.1f} LUFS, peak {found.peak:.1f} dB "
            f"({found.true_peak:.1f} dBTP), longest silence {found.silence:.1f} s, "
            f"from {found.begins_in} to {found.ends_in}"
        )


if __name__ == "__main__":
    main()
