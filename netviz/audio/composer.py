"""Composer: the notes of a run's music, from the frames of its timeline."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Literal

import numpy as np

from netviz.audio.harmony import TONIC, Bar, Errors, bars_of, bass_of, ladder, raised
from netviz.scene.shots import ThinkShot
from netviz.timeline import step_timing
from netviz.timeline.plan import Span
from netviz.timeline.step_timing import FULL, LEARN
from netviz.timeline.timeline import Timeline
from netviz.timeline.worked_example import EquationLine

OVERLAP = 1.2
"""Seconds of the crossfade from one chord to the next."""
CADENCE = (0, 3, 4, 5, 6, 8, 10)
"""Arpeggio that rings out when the tonic is reached: indices of the chord's tones, counted from the lowest."""
BELL = 4.0
"""Length of a bell's note in seconds."""
LEAD_BELOW = 0.65
"""Highest tension, 0 to 1, at which there is a second melody: much of the error is gone."""


def score_of(timeline: Timeline) -> Score:
    """Score of a film: all its notes.

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
    notes += [*_cadence_arpeggio(bars, fps), *_closing_bells(bars, fps)]
    in_film = (note for note in notes if note.start < seconds)
    ordered = sorted(in_film, key=lambda note: (note.start, note.voice, note.pitch))
    home = next(bar.start for bar in bars if bar.is_home) / fps
    return Score(tuple(ordered), seconds, _echo(timeline), home)


def _echo(timeline: Timeline) -> float:
    """Seconds between echoes: three quarters of a step, where they fall between the notes."""
    steps = [span.stop - span.start for span in timeline.plan.spans if span.kind == "step"]
    step = float(median(steps) / timeline.plan.fps) if steps else 0.5
    return min(0.6, max(0.25, 0.75 * step))


def _chords(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """Notes of pads and bass: quiet at first, fuller as learning goes on, fullest where the tonic is reached."""
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
            for pitch in (TONIC, TONIC + 12):  # the tonic in two octaves under each final chord that stands on it
                yield Note(start - early, length + early + OVERLAP / 2, pitch, fullness, 0.0, "pad", 0.15)
        yield Note(start, length + 0.1, bass_of(bar.chord), fullness, 0.0, "bass", 0.4)


def _second_voice(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """Notes of the second melody, one a bar once the tension is at most LEAD_BELOW.

    Each is the tone of the chord that is nearest to the note before, and another than that.
    """
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


def _closing_bells(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """Bell notes on the tonic, in two octaves, where the last chord begins."""
    if bars[-1].start > 0:
        for octave, loudness in ((0, 0.45), (12, 0.35)):
            yield Note(bars[-1].start / fps, BELL, TONIC + 12 + octave, loudness, 0.0, "bell", 0.5)


def _cadence_arpeggio(bars: Sequence[Bar], fps: float) -> Iterator[Note]:
    """Bell notes of the arpeggio at the end of the cadence."""
    home = next(bar for bar in bars if bar.is_home)
    tones = ladder(home.chord.tones, bass_of(home.chord) + 12, max(CADENCE) + 1)
    seconds = (bars[-1].stop - home.start) / fps
    pace = min(0.3, 0.7 * seconds / len(CADENCE))
    for number, tone in enumerate(CADENCE):
        start = home.start / fps + pace * number
        yield Note(start, BELL, tones[tone], 0.5 - 0.02 * number, 0.6 * (-1) ** number * number / 7, "bell", 0.5)


# Melody: the notes of what is shown (training steps, weight changes, predictions, worked examples, title cards).
#
# An example is a plucked note. Where the network's output is right, the note is a tone of the chord; the larger the
# error, the more steps of the scale it stands above that tone. The tone itself, the target, sounds softly after it. As
# the network learns, the two become one.

LOWEST, RUNGS = 57, 7
"""MIDI number of the lowest note of a melody, A3, and the number of tones of the chord it uses."""
STEPS_UP = 12
"""Steps of the scale by which the note of the largest error stands above that of the target."""
_WIDEST = 0.8
"""Pan of the last neuron of a layer; that of the first is its negative."""
ORDER = (0, 2, 1, 3, 2, 4, 3, 5, 1, 4, 2, 6)
"""Tones of the chord for the examples of a film, in turn, counted from the lowest."""
TARGET = 0.5
"""Part of a step after which the note of its target sounds, unless it is shown in full: when the target is shown."""
SLOW = 1.8
"""Least seconds of a step that has other notes too."""
QUICKEST = 0.11
"""Least seconds between two notes of a run."""
SWEEP_PACE = 0.5
"""Seconds between two plucked notes of a sweep, about."""
Struck = Literal["pluck", "glass", "bell"]

_RING: dict[Struck, float] = {"pluck": 1.8, "glass": 1.6, "bell": 4.0}
"""Seconds that the notes of struck voices ring."""
ANSWERS = ((0.1, 12), (0.25, 7), (0.5, 14), (float("inf"), 13))
"""Intervals that rate a prediction: (error below which it is used, as a part of the range of all targets; semitones
above the chord's bass). Octave and fifth say yes, the ninth perhaps, from one half on the minor ninth says no."""
OPEN_ANSWER = 7
"""Semitones above the chord's bass of a prediction without a target."""


@dataclass(frozen=True, eq=False)
class Melody:
    """Notes of the spans of a film. bar: returns the bar that sounds in a frame."""

    timeline: Timeline
    errors: Errors
    bar: Callable[[int], Bar]

    def notes(self) -> Iterator[Note]:
        """All notes, span by span."""
        make = {
            "title": self._title, "rest": self._rest, "move": self._move, "sweep": self._sweep, "step": self._step,
            "hold": self._rest, "think": self._think, "walk": self._walk,
        }  # fmt: skip
        for number, span in enumerate(self.timeline.plan.spans):
            yield from make[span.kind](number, span)

    def _seconds(self, frame: float) -> float:
        return float(frame / self.timeline.plan.fps)

    def _struck(
        self, frame: float, voice: Struck, pitch: int, loudness: float, pan: float = 0.0, brightness: float = 0.5
    ) -> Note:
        start = self._seconds(frame)
        return Note(start, _RING[voice], pitch, loudness, pan, voice, brightness)

    def _rungs(self, frame: float) -> tuple[int, ...]:
        """MIDI numbers of the tones of the chord that sounds in a frame, from LOWEST upwards."""
        return ladder(self.bar(int(frame)).chord.tones, LOWEST, RUNGS)

    def _step(self, number: int, span: Span) -> Iterator[Note]:
        row = self.timeline.recording_index.step(span)
        assert span.example is not None
        height, pan = self.errors.height(row), self.place(row)
        mode = self.bar(span.start).mode
        right = self._rungs(span.start)[ORDER[span.example % len(ORDER)]]
        before = self.timeline.plan.spans[number - 1] if number else None
        is_first = before is None or before.kind != "step"
        loudness = 0.55 + 0.2 * height + (0.15 if is_first else 0.0)
        pitch = raised(right, round(STEPS_UP * height), mode.scale)
        yield self._struck(span.start, "pluck", pitch, loudness, pan, 0.25 + 0.6 * height)
        is_full = self.timeline.presentations.beats(span) is FULL
        compared = sum(FULL.compare) / 2 if is_full else TARGET
        yield self._struck(span.start + compared * (span.stop - span.start), "glass", right, 0.32, -0.4 * pan, 0.3)
        if is_first and span.start:
            yield self._struck(span.start, "bell", max(self.bar(span.start).voices) + 12, 0.3, 0.3)
        if self._seconds(span.stop - span.start) >= SLOW:
            # There is time for notes at the forward pass, the backward pass and the update.
            beats = FULL if is_full else LEARN
            heard = [(beats.forward[1] / 2, 3), (beats.backward[0] + 0.1, 4), (beats.update[0], 2)]
            if is_full:  # the weights stand there for a while
                heard.append((beats.update[1], 3))
            for phase, rung in heard:
                frame = span.start + phase * (span.stop - span.start)
                yield self._struck(frame, "glass", self._rungs(frame)[rung], 0.24, 0.4 - phase, 0.3)

    def _move(self, number: int, span: Span) -> Iterator[Note]:
        """A run of notes that follows the error from one shown cycle to the next."""
        length = self._seconds(span.stop - span.start)
        rungs = self._rungs(span.start)
        many = min(4, int(length / QUICKEST), span.stop - span.start)
        for part in range(many):
            frame = span.start + (span.stop - span.start) * part // many
            height = self.errors.tension(frame)
            scale = self.bar(span.start).mode.scale
            pitch = raised(rungs[2 + part % 2], round(0.6 * STEPS_UP * height), scale)
            yield self._struck(frame, "glass", pitch, 0.26 + 0.05 * part, 0.5 - part / 3, 0.4)

    def _sweep(self, number: int, span: Span) -> Iterator[Note]:
        """Plucked notes at an even pace while the weights change; each as high as the error at that moment."""
        plan = self.timeline.plan
        first = next(index for index, each in enumerate(plan.spans) if each.kind == "sweep" and each.shot == span.shot)
        begin, pan = plan.spans[first].start, self._most_changed(number, span)
        pace = max(1.0, SWEEP_PACE * float(plan.fps))
        for beat in count(int(np.ceil((span.start - begin) / pace))):
            frame = begin + beat * pace
            if frame >= span.stop:
                return
            bar, height = self.bar(int(frame)), self.errors.tension(int(frame))
            right = self._rungs(frame)[ORDER[beat % len(ORDER)]]
            pitch = raised(right, round(0.8 * STEPS_UP * height), bar.mode.scale)
            loudness = 0.5 + 0.15 * height + (0.15 if beat % 4 == 0 else 0.0)
            yield self._struck(frame, "pluck", pitch, loudness, pan, 0.2 + 0.6 * height)
            if beat % 8 == 0:
                yield self._struck(frame, "bell", max(bar.voices) + 12, 0.25, -pan)
            if beat % 4 == 2:
                yield self._struck(frame + pace / 2, "glass", right + 12, 0.22, -pan, 0.3)

    def _title(self, number: int, span: Span) -> Iterator[Note]:
        """Bell notes that open the film: fifth, tonic and second, as far as there is time for them."""
        yield from self._bells(span, ((0.0, 19), (0.9, 12), (1.8, 14)))

    def _rest(self, number: int, span: Span) -> Iterator[Note]:
        bar = self.bar(span.start)
        if not bar.is_home or span.cycle == self.timeline.scene.outline.first_step:
            pitch = raised(self._rungs(span.start)[3], round(0.6 * STEPS_UP * bar.tension), bar.mode.scale)
            yield self._struck(span.start, "bell", pitch, 0.45)
        length = self._seconds(span.stop - span.start)
        for beat in range(1, int(length / 1.2)):
            frame = span.start + beat * 1.2 * float(self.timeline.plan.fps)
            pitch = self._rungs(frame)[ORDER[(beat + 2) % len(ORDER)]]
            yield self._struck(frame, "glass", pitch, 0.28, 0.5 * (-1) ** beat, 0.3)

    def _bells(self, span: Span, calls: tuple[tuple[float, int], ...]) -> Iterator[Note]:
        """Bell notes, each given by its seconds from the span's start and its semitones above D4."""
        fps = float(self.timeline.plan.fps)
        for seconds, above in calls:
            frame = span.start + seconds * fps
            if frame < span.stop:
                yield self._struck(frame, "bell", 62 + above, 0.5, 0.3 - 0.3 * seconds)

    def _think(self, number: int, span: Span) -> Iterator[Note]:
        """Bell notes of a prediction: three before it, like a question, and one or two with it that rate the output."""
        shot = self.timeline.scene.shots[span.shot]
        assert isinstance(shot, ThinkShot)
        fps = float(self.timeline.plan.fps)
        thought, seconds = self.timeline.presentations.thought, span.moving / fps
        beats, length = thought.beats, seconds / thought.hurry(seconds)
        rungs = self._rungs(span.start)
        arrives = step_timing.settled_phase(beats, 1) - (beats.compare[1] - beats.compare[0])
        for beat in range(3):
            frame = span.start + beat * arrives / 3 * length * fps
            yield self._struck(frame, "bell", rungs[2 + beat], 0.4, -0.4 + 0.4 * beat)
        frame = span.start + arrives * length * fps
        if frame < self.timeline.plan.frame_count:
            bar = self.bar(int(frame))
            root = 62 + bar.chord.bass
            for pitch in self._answer(span, shot, root, bar):
                yield self._struck(frame, "bell", pitch, 0.6)

    def _answer(self, span: Span, shot: ThinkShot, root: int, bar: Bar) -> tuple[int, ...]:
        """Pitches that rate a prediction over a bass note: one; for a right one at the end also its major third."""
        if shot.target is None:
            return (root + OPEN_ANSWER,)
        recording = self.timeline.recording
        answer = recording.forward(np.array(shot.inputs), self.timeline.recording_index.rest[span.cycle])[-1]
        targets = recording.examples.targets
        spread = float(np.ptp(targets)) or 1.0
        wrong = float(np.abs(answer - np.array(shot.target)).mean()) / spread
        above = next((above for most, above in ANSWERS if wrong < most), ANSWERS[-1][1])
        return (root + above, root + above + 4) if above == 12 and bar.is_home else (root + above,)

    def _walk(self, number: int, span: Span) -> Iterator[Note]:
        """Notes of a worked example, one a line: the error's is as high as the error, the backward pass falls."""
        scene, fps, timing = self.timeline.scene, self.timeline.plan.fps, self.timeline.timings[span.shot]
        row = self.timeline.recording_index.step(span)
        up = 0
        for part, (begin, end) in zip(timing.parts, timing.windows, strict=True):
            frame = span.start + begin * float(fps)
            rungs, mode = self._rungs(min(frame, span.stop - 1)), self.bar(int(min(frame, span.stop - 1))).mode
            if isinstance(part, EquationLine) and part.kind in ("matrix", "sum", "activation"):
                up = 0 if part.kind == "matrix" else up + 1
                size = scene.outline.layers[part.layer + 1]
                pan = _pan_of(part.neuron, size) if part.kind != "matrix" else 0.0
                yield self._struck(frame, "pluck", rungs[up % RUNGS], 0.55, pan, 0.3)
            elif isinstance(part, EquationLine) and part.kind == "error":
                wrong = raised(rungs[1], round(STEPS_UP * self.errors.height(row)), mode.scale)
                yield self._struck(frame, "pluck", wrong, 0.75, self.place(row), 0.7)
                yield self._struck(frame + 0.9 * float(fps), "glass", rungs[1], 0.4, 0.0, 0.3)
            elif isinstance(part, EquationLine):
                up = max(0, up - 1)
                yield self._struck(frame, "pluck", rungs[up % RUNGS], 0.55, -0.3, 0.4)
            elif part.kind in ("travel", "back", "present"):
                yield from self._run(frame, end - begin, rungs, -1 if part.kind == "back" else 1)
            else:
                yield self._struck(frame, "bell", rungs[3], 0.4)

    def _run(self, frame: float, seconds: float, rungs: tuple[int, ...], direction: int) -> Iterator[Note]:
        """At most four soft notes, up or down, while a signal moves through the network."""
        many = min(4, int(seconds / QUICKEST))
        for part in range(many):
            rung = 1 + part if direction > 0 else many - part
            at = frame + seconds * part / many * float(self.timeline.plan.fps)
            yield self._struck(at, "glass", rungs[rung], 0.3, direction * (part / 2 - 0.75) / 2, 0.3)

    def place(self, row: int) -> float:
        """Pan of an example row: that of its most active hidden neuron in its layer; without hidden layers, of its most
        active input."""
        activations = self.timeline.recording.activations
        layers = activations[1:-1] or activations[:1]
        most = [np.abs(layer[row]) for layer in layers]
        layer = max(most, key=lambda values: float(values.max()))
        return _pan_of(int(layer.argmax()), len(layer))

    def _most_changed(self, number: int, span: Span) -> float:
        """Pan of the hidden neuron whose incoming weights changed most in a sweep."""
        recording, rest = self.timeline.recording, self.timeline.recording_index.rest
        assert span.from_cycle is not None
        before, after = (recording.parameters_at(rest[cycle]).weights for cycle in (span.from_cycle, span.cycle))
        incoming = [*zip(before, after, strict=True)]
        changes = [np.abs(new - old).sum(axis=0) for old, new in incoming[:-1] or incoming if new.size]
        if not changes:  # none of these layers has weights of its own
            return 0.0
        layer = max(changes, key=lambda values: float(values.max()))
        return _pan_of(int(layer.argmax()), len(layer))


def _pan_of(index: int, size: int) -> float:
    """Pan of neuron `index` of a layer of `size`, -_WIDEST to _WIDEST; a single one is in the middle."""
    return _WIDEST * (2 * (index + 0.5) / size - 1) * size / max(1, size - 1) if size > 1 else 0.0


# Score: notes as data, without samples.

VoiceName = Literal["pad", "bass", "pluck", "glass", "bell", "lead"]
"""Voices of the synthesizer. pad: chords. bass: their lowest note. pluck: an example. glass: its target, and runs.
bell: beginnings, predictions and the end. lead: a melody."""


@dataclass(frozen=True)
class Note:
    """One note of one voice.

    start, length: seconds from the start of the film; of struck voices (all but pad, bass and lead) the length is how
    long they are let ring. pitch: MIDI number (69 = A4 = 440 Hz). loudness: 0 to 1. pan: -1 (left) to 1 (right).
    brightness: 0 to 1, how many overtones it has.
    """

    start: float
    length: float
    pitch: int
    loudness: float
    pan: float
    voice: VoiceName
    brightness: float = 0.5


@dataclass(frozen=True)
class Score:
    """All notes of a film, in the order of their starts.

    seconds: of the film. echo: seconds from echo to echo. home: when the last chord of the cadence begins, in seconds.
    """

    notes: tuple[Note, ...]
    seconds: float
    echo: float
    home: float = 0.0
