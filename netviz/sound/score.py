"""The music of a run: from a timeline to notes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from statistics import median

from netviz.film.timeline import Timeline
from netviz.sound.bars import Bar, bars_of
from netviz.sound.harmony import TONIC, bass_of, ladder
from netviz.sound.melody import Melody
from netviz.sound.notes import Note, Score
from netviz.sound.tension import Errors

OVERLAP = 1.2
"""Seconds in which one chord gives way to the next."""
CADENCE = (0, 3, 4, 5, 6, 8, 10)
"""The broken chord that rings out when the tonic is reached: which tones of the chord, from the lowest."""
BELL = 4.0
"""Seconds that bells ring."""
LEAD_BELOW = 0.65
"""The tension from which on there is a second melody: much of the error is gone."""


def score_of(timeline: Timeline) -> Score:
    """All notes of a film.

    The notes of a step begin when it does, to the sample. The same timeline gives the same notes.
    """
    errors = Errors(timeline)
    bars = bars_of(timeline, errors)
    starts = [bar.start for bar in bars]

    def bar_at(frame: int) -> Bar:
        return bars[bisect_right(starts, frame) - 1]

    fps = float(timeline.plan.fps)
    seconds = float(timeline.plan.seconds)
    notes = [*_chords(bars, fps), *Melody(timeline, errors, bar_at).notes(), *_second_voice(bars, fps)]
    notes += [*_arrival(bars, fps), *_last_word(bars, fps)]
    heard = (note for note in notes if note.start < seconds)
    ordered = sorted(heard, key=lambda note: (note.start, note.voice, note.pitch))
    home = next(bar.start for bar in bars if bar.is_home) / fps
    return Score(tuple(ordered), seconds, _echo(timeline), home)


def _echo(timeline: Timeline) -> float:
    """Seconds between echoes: three quarters of a step, where they fall between the notes."""
    steps = [span.stop - span.start for span in timeline.plan.spans if span.kind == "step"]
    step = float(median(steps) / timeline.plan.fps) if steps else 0.5
    return min(0.6, max(0.25, 0.75 * step))


def _chords(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """Pads and bass: quiet at first, fuller as learning goes on, fullest where it has come home."""
    home = next(bar.start for bar in bars if bar.is_home)
    for bar in bars:
        start, length = bar.start / fps, (bar.stop - bar.start) / fps
        fullness = 0.9 if bar.start == home else 0.7 if bar.is_home else 0.5 + 0.3 * bar.start / max(1, home)
        # A chord swells: it begins a little early, to be there when the bar begins.
        early = min(start, OVERLAP / 2)
        for number, pitch in enumerate(bar.voices):
            pan = 0.5 * (number / max(1, len(bar.voices) - 1) - 0.5)
            sounding = length + early + OVERLAP / 2
            yield Note(start - early, sounding, pitch, fullness, pan, "pad", 0.15 + 0.75 * bar.tension)
        if bar.is_home and bar.chord.bass == 0:
            for pitch in (TONIC, TONIC + 12):  # home is where the tonic is
                yield Note(start - early, length + early + OVERLAP / 2, pitch, fullness, 0.0, "pad", 0.15)
        yield Note(start, length + 0.1, bass_of(bar.chord), fullness, 0.0, "bass", 0.4)


def _second_voice(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """A singing note in every bar once the error has fallen so far: the chord's tone nearest to the one before."""
    before = 74
    for number, bar in enumerate(bars):
        if bar.tension > LEAD_BELOW or bar.start == 0:
            continue
        choices = ladder(bar.chord.tones, 69, 4)
        pitch = min((note for note in choices if note != before), key=lambda note: (abs(note - before), note))
        before = pitch
        length = (bar.stop - bar.start) / fps
        wait = min(0.5, length / 4)
        yield Note(bar.start / fps + wait, length - wait, pitch, 0.5, 0.15 * (-1) ** number, "lead", 0.4)


def _last_word(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """The tonic, once more, where the last chord begins."""
    if bars[-1].start > 0:
        for octave, loudness in ((0, 0.45), (12, 0.35)):
            yield Note(bars[-1].start / fps, BELL, TONIC + 12 + octave, loudness, 0.0, "bell", 0.5)


def _arrival(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """The broken chord at the end of the cadence."""
    home = next(bar for bar in bars if bar.is_home)
    tones = ladder(home.chord.tones, bass_of(home.chord) + 12, max(CADENCE) + 1)
    room = (bars[-1].stop - home.start) / fps
    pace = min(0.3, 0.7 * room / len(CADENCE))
    for number, tone in enumerate(CADENCE):
        start = home.start / fps + pace * number
        yield Note(start, BELL, tones[tone], 0.5 - 0.02 * number, 0.6 * (-1) ** number * number / 7, "bell", 0.5)
