"""Soundtrack: the part of a music file that a film plays, the length it gives the film, and ffmpeg's filters for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from netviz.audio.music_file import (
    MISSING,
    SAMPLE_RATE,
    audio_problems,
    audio_samples,
    input_arguments,
    is_mono,
    shortfall_note,
)
from netviz.errors import InputError, Problem
from netviz.resources import music
from netviz.scene.files import MUSIC, no_such_file
from netviz.scene.messages import dotted
from netviz.scene.scene import Look
from netviz.scene.sound import Sound
from netviz.scene.validation_film import too_long_fades

FADE = Fraction(2)
"""Fade-out in seconds of a track that is cut or repeated, unless the scene gives one; at most a quarter of the film."""
OVERLAP = Fraction(1, 2)
"""Crossfade in seconds between the end of a repeated track and its new beginning; at most a quarter of the track."""
SHORTEST_REPEATED = Fraction(1)
"""Seconds of the shortest music that is repeated: what is repeated more often is a buzz."""
SAME_LENGTH = Fraction(1, 20)
"""Largest difference in seconds between a track and its film at which it simply ends, neither cut nor repeated."""
MONO_GAIN = 3.010299956639812
"""Gain in dB of mono music: ffmpeg gives each of two channels half its power; players give each all of it."""


@dataclass(frozen=True)
class Soundtrack:
    """A piece of music as a film plays it; by default unchanged, from its beginning, with silence after its end.

    path: its file. start, stop: samples of it at SAMPLE_RATE between which it is played; None: to its end.
    gain: in dB. fade_in, fade_out: samples at the beginning and the end of the film.
    overlap: samples of the crossfade between its end and its new beginning; 0: it is not repeated.
    """

    path: Path
    start: int = 0
    stop: int | None = None
    gain: float = 0.0
    fade_in: int = 0
    fade_out: int = 0
    overlap: int = 0


def rest_of(sound: Sound) -> Fraction:
    """Seconds of a scene's music from its start on, 0 if there are none. Raises InputError as `audio_length`."""
    path = music(sound.file)
    return Fraction(max(0, audio_samples(path) - _samples(sound.start)), SAMPLE_RATE)


def soundtrack(sound: Sound, seconds: Fraction) -> Soundtrack:
    """Soundtrack of a film of so many seconds from a scene's music; not yet brought to the scene's `loudness`."""
    path, rest = music(sound.file), rest_of(sound)
    start = _samples(sound.start)
    is_changed = sound.fit == "track" and abs(rest - seconds) > SAME_LENGTH
    fade_out = sound.fade_out if sound.fade_out is not None else min(FADE, seconds / 4) if is_changed else Fraction(0)
    is_repeated = is_changed and rest < seconds
    return Soundtrack(
        path,
        start,
        stop=start + _samples(rest) if is_repeated else None,
        gain=sound.gain + (MONO_GAIN if is_mono(path) else 0.0),
        fade_in=_samples(sound.fade_in),
        fade_out=_samples(fade_out),
        overlap=_samples(min(OVERLAP, rest / 4)) if is_repeated else 0,
    )


def _samples(seconds: Fraction) -> int:
    return round(seconds * SAMPLE_RATE)


# Length that a scene's music gives its film, and checks that it can be played as the scene asks for.

_LONG = 1800
"""Seconds of a film above which a warning says that the music makes it so long."""


def film_length(scene: Look) -> Fraction | None:
    """Length of a scene's film: seconds of its music, or the duration it asks for, or None: one second a step.

    Raises InputError if the music cannot be played.
    """
    if problems := sound_problems(scene):
        raise InputError(problems)
    sound = scene.audio
    return scene.duration if sound is None or sound.is_sonified or sound.fit == "track" else rest_of(sound)


def length_notes(scene: Look, seconds: Fraction) -> list[str]:
    """Notes on a music file that claims to be longer than it is, and on music that makes a very long film."""
    if scene.audio is None or scene.audio.is_sonified:
        return []
    notes = [] if (shortfall := shortfall_note(music(scene.audio.file))) is None else [shortfall]
    if scene.audio.fit == "film" and seconds > _LONG:
        frames = round(seconds * scene.output.fps)
        notes.append(
            f"the music makes the film {duration_text(seconds)} long, {frames:,} frames; to have a shorter one, give a "
            "duration and fit the music to it (audio.fit: track)"
        )
    return notes


def file_problems(sound: Sound) -> list[Problem]:
    """Problems of a sound's file as music; one that is not there comes with one to take instead."""
    path = music(sound.file)
    where = f"audio.file: {path}"
    faults = [problem.message for problem in audio_problems(path)]
    return [Problem(where, no_such_file(path, MUSIC) if fault == MISSING else fault) for fault in faults]


def sound_problems(scene: Look) -> list[Problem]:
    """Problems that keep a scene's music from being played. Decodes all of it, once for each state of the file."""
    sound = scene.audio
    if sound is None or sound.is_sonified:
        return []
    if found := file_problems(sound):
        return found
    if rest_of(sound) == 0:
        whole = rest_of(sound.model_copy(update={"start": Fraction(0)}))
        message = f"{float(sound.start):g} s is past the end of the music, which lasts {duration_text(whole)}"
        return [_problem(("audio", "start"), message)]
    return []


def fitting_problems(sound: Sound, seconds: Fraction) -> Iterator[Problem]:
    """Problems that keep the music from being fitted to a film of so many seconds."""
    for key, message in too_long_fades(sound, seconds):
        yield _problem(key, message)
    if sound.is_sonified:
        return
    rest = rest_of(sound)
    if sound.fit == "track" and rest < SHORTEST_REPEATED and rest + SAME_LENGTH < seconds:
        message = (
            f"only {float(rest):.2f} s of music, too short to be repeated for a film of {duration_text(seconds)}; "
            f"at least {duration_text(SHORTEST_REPEATED)} is needed"
        )
        yield _problem(("audio", "start" if sound.start else "file"), message)


def duration_text(seconds: Fraction) -> str:
    """A length as text: 91.3 s, 12 min, 3 h 5 min."""
    if seconds < 600:
        return f"{float(seconds):.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _problem(key: tuple[str | int, ...], message: str) -> Problem:
    return Problem(dotted(key), message)


# ffmpeg's filters for a soundtrack: a chain whose output is as long as the film, to the sample.

_ZERO_BASED = "asetpts=N/SR/TB"
"""Filter for timestamps that begin with 0: those of a trimmed part, and of a video file's sound, begin elsewhere."""


def mix_arguments(track: Soundtrack, samples: int, then: str = "") -> list[str]:
    """ffmpeg's arguments that open a track and turn it into the film's sound, `[a]`: see `mix_graph`."""
    graph = mix_graph(track, samples, then)
    return [*input_arguments(track.path), "-filter_complex", graph, "-map", "[a]"]


def mix_graph(track: Soundtrack, samples: int, then: str = "", number: int = 0) -> str:
    """Filters that turn a track into the film's sound, `[a]`: 48 kHz, stereo.

    samples: the length of the film's sound. It is padded with silence or cut to that; never with -shortest, which means
    something else in every version. then: filters for the whole at the end of the chain. number: which of ffmpeg's
    inputs the track is.
    """
    played = _repeated(track, number) if track.overlap else _once(track, number)
    return f"{played},{_levelled(track, samples)}{then and f',{then}'}[a]"


def _once(track: Soundtrack, number: int) -> str:
    begin = [f"atrim=start_sample={track.start}"] if track.start else []
    return ",".join([f"[{number}:a:0]aresample={SAMPLE_RATE}", *begin, _ZERO_BASED, "aformat=channel_layouts=stereo"])


def _repeated(track: Soundtrack, number: int) -> str:
    """Filters for a repeated track: each time its end fades out while its beginning fades in, at a constant power.

    The track first plays from its beginning up to the crossfade. After that a loop plays, held in memory as 16 bits:
    one crossfade, and what lies between two of them.
    """
    assert track.stop is not None, "what is repeated has an end"
    between = track.stop - track.start - track.overlap
    fade = f"start_sample=0:nb_samples={track.overlap}:curve=qsin"
    return ";".join(
        [
            f"[{number}:a:0]aresample={SAMPLE_RATE},atrim=start_sample={track.start}:end_sample={track.stop},{_ZERO_BASED},"
            "aformat=sample_fmts=s16:channel_layouts=stereo,asplit=3[first][second][last]",
            f"[first]atrim=end_sample={between}[begin]",
            f"[second]atrim=end_sample={between},afade=t=in:{fade}[coming]",
            f"[last]atrim=start_sample={between},{_ZERO_BASED},afade=t=out:{fade},apad,atrim=end_sample={between}[going]",
            # Not acrossfade and amix: ffmpeg 4 to 7 lose what is no longer than the fade, and share out the level.
            f"[coming][going]amerge,pan=stereo|c0=c0+c2|c1=c1+c3,aloop=loop=-1:size={between}[again]",
            f"[begin][again]concat=n=2:v=0:a=1,{_ZERO_BASED}",
        ]
    )


def _levelled(track: Soundtrack, samples: int) -> str:
    filters = [f"volume={track.gain:.6f}dB"] if track.gain else []
    filters += ["apad", f"atrim=end_sample={samples}"]
    if track.fade_in:
        filters.append(f"afade=t=in:start_sample=0:nb_samples={track.fade_in}")
    if track.fade_out:
        start = max(0, samples - track.fade_out)
        filters.append(f"afade=t=out:start_sample={start}:nb_samples={track.fade_out}")
    return ",".join(filters)
