"""Composes and synthesises the music that comes with netviz: "Slow Descent", 91 seconds.

    python assets/compose_track.py

writes track.mp3 next to this file (in about a minute; needs NumPy and imageio-ffmpeg). Run again, it writes
the same file: every random number comes from one seeded generator.

The piece is in D major. A bar is four seconds and a beat one, so that in the classic film, a second a step, every step
falls on a beat. It begins with bells over an open chord; plucked notes, bass and beat join while the network begins to
learn; a melody sings over the middle; it is at its fullest as the bass walks down G - F sharp - E, where the network of
the default film suddenly understands (65 to 70 s), and A leads home to D, where the last seven seconds ring out.

The music is dedicated to the public domain, see LICENSES/track-CC0.txt.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import synth
from synth import RATE, Sound

TARGET = Path(__file__).with_name("track.mp3")
LENGTH = 91.0
BAR = 4.0
SEED = 91
LOUDNESS = -16.0  # LUFS, as podcasts and calm films have it
CEILING = 10 ** (-2 / 20)  # 2 dB below full scale: MP3 overshoots a little when it is decoded
LAME_SCALE = 0.95  # LAME makes everything this much softer, unasked

# A bass note, and the tones of the chord above it.
CHORDS = {
    "D": ("D2", "D A E F#"),
    "D/F#": ("F#2", "D A E F#"),
    "Bm9": ("B1", "D A C# F#"),
    "Gmaj9": ("G1", "B D F# A"),
    "G high": ("G2", "B D F# A"),
    "A": ("A2", "C# E A B"),
    "F#m7": ("F#2", "C# E A F#"),
    "Em9": ("E2", "G B D F#"),
    "A7sus4": ("A1", "D E G B"),
    "A7": ("A1", "C# E G B"),
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """Some bars that sound alike. Levels are 0 to 1; distances and places in the bar are beats, which are seconds."""

    chords: tuple[str, ...]  # one a bar
    pad_level: float
    brightness: float  # cut-off frequency of the pads, hertz
    bass_level: float
    pluck_level: float = 0.0
    pluck_every: float | None = None  # None: no plucked notes
    beat_level: float = 0.0
    kicks: tuple[float, ...] = ()
    brushes: tuple[float, ...] = ()
    hat_every: float | None = None  # None: no hi-hat
    melody: str = ""  # note:beats, one after the other


SECTIONS = (
    Section(chords=("D", "Gmaj9", "D/F#", "A7sus4"), pad_level=0.6, brightness=900, bass_level=0.5),
    Section(
        chords=("Bm9", "Gmaj9", "D/F#", "A"), pad_level=0.75, brightness=1300, bass_level=0.65,
        pluck_level=0.75, pluck_every=0.5,
        beat_level=0.5, kicks=(0, 2), hat_every=1.0,
    ),
    Section(
        chords=("Bm9", "Gmaj9", "Em9", "A7sus4"), pad_level=0.85, brightness=1800, bass_level=0.9,
        pluck_level=0.75, pluck_every=0.25,
        beat_level=0.8, kicks=(0, 2), brushes=(1, 3), hat_every=0.5,
    ),
    Section(
        chords=("G high", "A", "F#m7", "Bm9"), pad_level=0.9, brightness=2200, bass_level=0.9,
        pluck_level=0.8, pluck_every=0.25,
        beat_level=0.9, kicks=(0, 1.75, 2, 3.75), brushes=(1, 3), hat_every=0.25,
        melody="B4:1.5 D5:0.5 F#5:2  E5:2 C#5:1 E5:1  A5:1.5 F#5:0.5 E5:2  D5:1 C#5:1 F#5:2",
    ),
    Section(
        chords=("G high", "F#m7", "Em9"), pad_level=1.1, brightness=2800, bass_level=1.1,
        pluck_level=1.0, pluck_every=0.25,
        beat_level=1.1, kicks=(0, 1.75, 2, 3.75), brushes=(1, 3), hat_every=0.25,
        melody="B5:2 A5:1 F#5:1  A5:2.5 E5:1.5  G5:2 F#5:1 D5:1",
    ),
    Section(
        chords=("A7sus4", "A7"), pad_level=0.85, brightness=1500, bass_level=0.8,
        pluck_level=0.6, pluck_every=0.5,
        beat_level=0.5, kicks=(0,), hat_every=1.0,
        melody="E5:2.5 D5:1.5  C#5:3.5",
    ),
)  # fmt: skip
BARS = tuple((section, chord) for section in SECTIONS for chord in section.chords)
CADENCE_END = len(BARS) * BAR  # where the last chord begins

# Bells: seconds and note. They open the piece, mark its sections and close it.
BELLS = (
    (0, "A5"), (2, "E5"), (4, "F#5"), (6, "D5"), (8, "A5"), (9, "B5"), (10, "E5"), (12, "D6"), (13, "B5"), (14, "E5"),
    (15, "G5"), (16, "F#5"), (32, "C#6"), (48, "B5"), (64, "D6"), (76, "E6"), (80, "C#6"), (84, "D6"), (85.5, "A5"),
    (87, "F#5"),
)  # fmt: skip

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
PLUCK_ORDER = (0, 2, 1, 3, 4, 2, 5, 3, 1, 4, 2, 6, 5, 3, 4, 2)  # into a chord's notes from low to high
PLUCK_ACCENTS = (1.0, 0.6, 0.75, 0.55, 0.9, 0.6, 0.7, 0.65)


def note_number(name: str) -> int:
    """The MIDI number of a name such as F#4."""
    return SEMITONES[name[0]] + name.count("#") + 12 * (int(name[-1]) + 1)


def voicings(tones: str) -> Iterator[tuple[int, ...]]:
    """Every way to lay out a chord's tones, low to high, between F#3 and B4 without two voices closer than a whole
    tone, except above middle C, where a half tone shimmers instead of growling."""
    places = [
        [note for note in range(54, 72) if note % 12 == SEMITONES[tone[0]] + tone.count("#")] for tone in tones.split()
    ]
    for notes in itertools.product(*places):
        ordered = tuple(sorted(notes))
        if all(high - low >= (2 if low < 60 else 1) for low, high in itertools.pairwise(ordered)):
            yield ordered


def voice_leading(chords: list[str]) -> list[tuple[int, ...]]:
    """Four voices for each chord, moving as little as they can from one to the next, drawn gently to the middle."""
    voices: tuple[int, ...] = tuple(note_number(name) for name in ("A3", "D4", "E4", "F#4"))
    led = []
    for chord in chords:
        target = np.array(voices)
        voices = min(
            voicings(CHORDS[chord][1]),
            key=lambda notes: (np.abs(np.array(notes) - target).sum() + 0.8 * abs(np.mean(notes) - 64), notes),
        )
        led.append(voices)
    return led


class Mix:
    """Named stereo tracks of the film's length on which sounds are placed."""

    def __init__(self) -> None:
        self.tracks: dict[str, Sound] = {}

    def add(self, track: str, start: float, sound: Sound, level: float, position: float = 0.0) -> None:
        """Lay mono or stereo `sound` on a track; what would sound after the end is cut (there the piece is silent)."""
        stereo = sound if sound.ndim == 2 else synth.panned(sound, position)
        bus = self.tracks.setdefault(track, np.zeros((2, round(LENGTH * RATE))))
        first = max(0, round(start * RATE))
        room = bus[:, first : first + stereo.shape[1]]
        room += level * stereo[:, : room.shape[1]]


def play_bar(
    mix: Mix, start: float, section: Section, chord: str, voices: tuple[int, ...], generator: np.random.Generator
) -> None:
    """Chord, bass, plucked notes and beat of one bar."""
    for note in voices:
        # A chord swells slowly, so it starts a little early: it is there when the bar begins.
        sound = synth.pad(note, BAR + 1.8, section.brightness, generator)
        mix.add("pad", start - 0.4 if start else 0, sound, 0.25 * section.pad_level)

    root = note_number(CHORDS[chord][0])
    for beat, duration in ((0.0, 1.7), (1.75, 0.9), (2.75, 1.2)) if section.kicks else ((0.0, 3.9),):
        mix.add("bass", start + beat, synth.bass(root, duration), 0.36 * section.bass_level * (1 if beat == 0 else 0.8))

    ladder = sorted([*voices, *(note + 12 for note in voices)])
    if section.pluck_every:
        for step in range(round(BAR / section.pluck_every)):
            velocity = PLUCK_ACCENTS[step % len(PLUCK_ACCENTS)] * generator.uniform(0.85, 1.0)
            moment = start + step * section.pluck_every + generator.uniform(0, 0.008)
            note = ladder[PLUCK_ORDER[step % len(PLUCK_ORDER)]] + 12
            level = 0.38 * section.pluck_level
            mix.add("pluck", moment, synth.pluck(note, velocity), level, 0.5 * np.sin(2.4 * step))

    for beat in section.kicks:
        mix.add("kick", start + beat, synth.kick(), section.beat_level * (0.85 if beat in (0, 2) else 0.45))
    for beat in section.brushes:
        mix.add("beat", start + beat, synth.brush(generator), 0.6 * section.beat_level, 0.1)
    if section.hat_every:
        for step in range(round(BAR / section.hat_every)):
            beat = step * section.hat_every
            accent = 0.5 if beat % 1 == 0 else 1.0 if beat % 1 == 0.5 else 0.35
            level = 0.3 * accent * section.beat_level * generator.uniform(0.8, 1.0)
            mix.add("beat", start + beat + generator.uniform(0, 0.006), synth.hat(generator), level, -0.25)


def play_melody(mix: Mix) -> None:
    start = 0.0
    for section in SECTIONS:
        moment = start
        for name, beats in (event.split(":") for event in section.melody.split()):
            mix.add("lead", moment, synth.lead(note_number(name), float(beats)), 0.22)
            moment += float(beats)
        start += len(section.chords) * BAR


def play_ending(mix: Mix, generator: np.random.Generator) -> None:
    """Home: the leading note of the cadence resolves, and a slow broken chord rings out."""
    ringing = LENGTH - CADENCE_END
    for note in ("D3", "A3", "D4", "F#4", "A4", "E5"):
        mix.add("pad", CADENCE_END - 0.15, synth.pad(note_number(note), ringing + 0.15, 900, generator), 0.2)
    mix.add("bass", CADENCE_END, synth.bass(note_number("D2"), ringing), 0.32)
    mix.add("kick", CADENCE_END, synth.kick(), 0.45)
    mix.add("lead", CADENCE_END, synth.lead(note_number("D5"), 4.0), 0.19)
    for step, note in enumerate(("D4", "A4", "D5", "E5", "F#5", "A5", "D6")):
        mix.add("pluck", CADENCE_END + 0.3 * step + 0.02 * step**2, synth.pluck(note_number(note), 0.8), 0.24)


def compose() -> Sound:
    """The finished piece at no particular loudness, shape (2, LENGTH * RATE)."""
    generator = np.random.default_rng(SEED)
    mix = Mix()
    voices = voice_leading([chord for _, chord in BARS])
    for number, (section, chord) in enumerate(BARS):
        play_bar(mix, number * BAR, section, chord, voices[number], generator)
    play_melody(mix)
    play_ending(mix, generator)
    for moment, note in BELLS:
        mix.add("bell", moment, synth.bell(note_number(note), 0.8), 0.2, 0.35 * np.sin(moment))

    # The chords give way a little to each kick, so that the whole breathes with the beat.
    push = synth.filtered(np.abs(mix.tracks["kick"][0]), synth.low_pass(3, order=1))
    breath = 1 - 0.35 * push / push.max()
    pads = synth.filtered(mix.tracks["pad"], synth.high_pass(170))  # the low end belongs to the bass
    tracks = mix.tracks | {"pad": pads * breath, "bass": mix.tracks["bass"] * breath}

    bells = tracks["pluck"] + tracks["bell"] + 0.6 * tracks["lead"]
    echoes = synth.ping_pong(bells, delay=0.375, feedback=0.55)
    room = 0.3 * tracks["pad"] + 0.5 * (bells + echoes) + 0.3 * tracks["lead"] + 0.3 * tracks["beat"]
    piece = sum(tracks.values()) + 0.8 * echoes + 0.42 * synth.reverb(room, 3.2, generator)
    # Rumble below the bass and hiss above the bells go; the fades begin and end the file at zero.
    piece = synth.filtered(synth.filtered(piece, synth.high_pass(32)), synth.low_pass(11_000, order=1))
    return piece * synth.swell(LENGTH, attack=0.02, release=4.5)


def ffmpeg(piece: Sound, *output: str) -> str:
    """What ffmpeg says on its way to making `output` of stereo sound."""
    given = ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "pipe:0"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-y", *given, *output]
    samples = piece.T.astype("<f4").tobytes()
    return subprocess.run(command, input=samples, capture_output=True, check=True).stderr.decode()


def loudness(piece: Sound) -> float:
    """The integrated loudness of stereo sound in LUFS (EBU R 128)."""
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", ffmpeg(piece, "-af", "ebur128", "-f", "null", "-"))[-1])


def mastered(piece: Sound) -> Sound:
    """`piece` at LOUDNESS and below CEILING."""
    gain = 1.0
    for _ in range(3):  # the limiter takes a little of the loudness, which the next pass gives back
        gain *= 10 ** ((LOUDNESS - loudness(synth.softly_limited(gain * piece, CEILING))) / 20)
    return synth.softly_limited(gain * piece, CEILING)


def encode(piece: Sound, target: Path) -> None:
    """Write an MP3 whose header tells players to drop the encoder's padding: it lasts exactly as long as the piece."""
    tags = ("title=Slow Descent", "artist=The netviz authors", "copyright=CC0 1.0, public domain")
    metadata = itertools.chain(*(("-metadata", tag) for tag in tags))
    # bitexact leaves out the encoder's version, so that another build of ffmpeg need not mean another file.
    options = ["-c:a", "libmp3lame", "-b:a", "160k", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    ffmpeg(piece / LAME_SCALE, *options, *metadata, str(target))


def main() -> None:
    encode(mastered(compose()), TARGET)


if __name__ == "__main__":
    main()
