"""Whether films are as long as their music, and the music is heard when it should be: a table over kinds of files.

    python -m benchmarks.alignment                  # 15, 91 and 300 s, all kinds: some minutes
    python -m benchmarks.alignment --seconds 15     # a minute

Each track has a click on the left after 1 s and one on the right after 2 s. It is decoded by a plain ffmpeg call, a
small film is made with it, and the film is decoded again: as players do, and as one does that ignores edit lists.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netviz.audio.music_file import SAMPLE_RATE, audio_length
from netviz.audio.soundtrack import soundtrack
from netviz.ffmpeg import executable
from netviz.scene.sound import Sound
from netviz.timeline.plan import frame_count
from netviz.video.verify import decode
from netviz.video.writer import write_film

KINDS = {
    "mp3 CBR": ("cbr.mp3", "-c:a", "libmp3lame", "-b:a", "128k"),
    "mp3 VBR, no header": ("vbr.mp3", "-c:a", "libmp3lame", "-write_xing", "0", "-q:a", "9"),
    "wav": ("a.wav", "-c:a", "pcm_s16le"),
    "flac": ("a.flac", "-c:a", "flac"),
    "ogg vorbis": ("a.ogg", "-c:a", "libvorbis"),
    "ogg opus": ("a.opus", "-c:a", "libopus"),
    "m4a": ("a.m4a", "-c:a", "aac", "-b:a", "128k"),
}
RATES = (22_050, 44_100, 48_000)
CLICKS = (1.0, 2.0)
"""Seconds; the first on the left, the second on the right of a stereo track."""
SIZE, FPS = (160, 128), Fraction(30)

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """What came of one track.

    track, picture, sound: seconds, as decoded. moved: milliseconds by which the film's first click is later than the
    track's. late: by which the track's is later than it was before the track was encoded. without: `moved` of a player
    that ignores edit lists. apart: dB between the sides at the left click.
    """

    track: float
    picture: float
    sound: float
    moved: float
    late: float
    without: float
    apart: float


def main() -> None:
    """Print the table; the exit code says whether all is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs="+", default=[15, 91, 300])
    options = parser.parse_args()
    print(f"{'kind':20}{'rate':>7}{'ch':>3}{'track s':>12}{'picture s':>12}{'sound s':>12}", end="")
    print(f"{'moved ms':>10}{'late ms':>9}{'no edits':>10}{'L/R dB':>8}")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for seconds in options.seconds:
            for kind, (name, *encoder) in KINDS.items():
                for rate in RATES:
                    for channels in (1, 2):
                        source, track = Path(folder) / "clicks.wav", Path(folder) / name
                        write_clicks(source, seconds, rate, channels)
                        if not encoded(source, track, encoder):
                            print(f"{kind:20}{rate:7}{channels:3}  this ffmpeg cannot encode it")
                            continue
                        found = examined(track, Path(folder) / "film.mp4")
                        wrong += not fine(found, channels)
                        print(line(kind, rate, channels, found), flush=True)
    print("all as it should be" if not wrong else f"{wrong} are not as they should be")
    sys.exit(bool(wrong))


def fine(found: Found, channels: int) -> bool:
    """Picture and sound as long as the track within a frame, the click within 10 ms, and left where it was left."""
    frame = float(1 / FPS)
    lengths = abs(found.picture - found.track) <= frame and abs(found.sound - found.track) <= frame
    return lengths and abs(found.moved) < 10 and (channels == 1 or found.apart > 20)


def line(kind: str, rate: int, channels: int, found: Found) -> str:
    """A line of the table."""
    lengths = f"{found.track:12.4f}{found.picture:12.4f}{found.sound:12.4f}"
    return (
        f"{kind:20}{rate:7}{channels:3}{lengths}{found.moved:10.2f}{found.late:9.2f}{found.without:10.2f}"
        f"{found.apart:8.1f}"
    )


def write_clicks(path: Path, seconds: int, rate: int, channels: int) -> None:
    """A track with soft noise and two clicks of 1 ms, so that no encoder takes it for silence."""
    noise = np.random.default_rng(1).normal(0, 0.001, (seconds * rate, channels))
    for number, at in enumerate(CLICKS):
        length = rate // 1000
        begin = round(at * rate) - length // 2
        noise[begin : begin + length, number % channels] += 0.7 * np.hanning(length)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.round(noise * 32767).astype("<i2").tobytes())


def encoded(source: Path, track: Path, encoder: list[str]) -> bool:
    """Whether ffmpeg could encode the track."""
    command = [executable(), "-v", "error", "-nostdin", "-y", "-i", source, *encoder, track]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def examined(track: Path, film: Path) -> Found:
    """Make a film of a track, and look at both."""
    length = audio_length(track)
    frames = frame_count(length, FPS)
    picture = bytes(SIZE[0] * SIZE[1]) + b"\x80" * (SIZE[0] * SIZE[1] // 2)
    write_film(
        film,
        (picture for _ in range(frames)),
        size=SIZE,
        fps=FPS,
        frame_count=frames,
        audio=soundtrack(Sound(file=str(track)), frames / FPS),
        quality="draft",
        overwrite=True,
    )
    before, after, ignoring = normalized(track), normalized(film), normalized(film, "-ignore_editlist", "1")
    at = first_click(before)
    return Found(
        track=len(before) / SAMPLE_RATE,
        picture=float(decode(film, sound=False).frames / FPS),
        sound=len(after) / SAMPLE_RATE,
        moved=1000 * (first_click(after) - at),
        late=1000 * (at - CLICKS[0]),
        without=1000 * (first_click(ignoring) - at),
        apart=apart(after, first_click(after)),
    )


def normalized(path: Path, *options: str) -> Samples:
    """What a plain ffmpeg decodes, (n, 2) at SAMPLE_RATE."""
    command = [executable(), "-v", "error", "-nostdin", *options, "-i", str(path), "-map", "0:a:0"]
    command += ["-ar", str(SAMPLE_RATE), "-ac", "2", "-f", "f32le", "-"]
    out = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(out, np.float32).reshape(-1, 2)


def first_click(samples: Samples) -> float:
    """Seconds at which the first click is loudest: of the first second and a half, smoothed over a millisecond."""
    power = np.convolve((samples[: 3 * SAMPLE_RATE // 2] ** 2).sum(1), np.hanning(49), "same")
    return float(power.argmax()) / SAMPLE_RATE


def apart(samples: Samples, at: float) -> float:
    """dB by which the left is louder than the right around a moment."""
    around = samples[int((at - 0.002) * SAMPLE_RATE) : int((at + 0.002) * SAMPLE_RATE)]
    left, right = (around.astype(float) ** 2).mean(0)
    return float(10 * np.log10(left / (right + 1e-12)))


if __name__ == "__main__":
    main()
