"""What a film is, in a few sentences: its alternative text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from netviz.film.captions import caption, shows_points
from netviz.film.measure import error_text, is_share
from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.film.wording import answer_text, event_texts
from netviz.learn.events import Event, find_events
from netviz.learn.recording import Recording
from netviz.post.passages import last_at_rest, right_text, scene_of, sentence
from netviz.scene.phrases import counted, say, whole
from netviz.scene.shots import ThinkShot
from netviz.scene.spec import Scene

MOST_NAMED = 8
"""Neurons of a layer whose names are told."""
TELLING = ("halved", "slows", "solved", "diverged")
"""Kinds of events that are told of a film which does not tell them by itself."""
PASSED = 1 << 62
"""A cycle that every event has passed."""


@dataclass(frozen=True)
class Summary:
    """title: of the film. label: what it is, in one line. sentences: what is seen, for whoever does not see it."""

    title: str
    label: str
    sentences: tuple[str, ...]

    @property
    def alt(self) -> str:
        """The alternative text."""
        return " ".join(self.sentences)


def summary_of(timeline: Timeline | SideBySide) -> Summary:
    """Title and alternative text of a film, its numbers those of the recording."""
    scene = scene_of(timeline)
    title = scene.title.strip() or scene.name
    runs = len(timeline.recordings)
    film = say(scene, "film") if runs == 1 else say(scene, "film-compare", count=runs)
    length = say(scene, "film-long", film=film, length=clock_time(timeline.plan.seconds))
    sentences = sentence(title), length, *filter(None, _sentences(timeline))
    return Summary(title, f"{sentence(title)} {film}", sentences)


def clock_time(seconds: Fraction) -> str:
    """A moment or a length as a player shows it: 1:31, or 1:02:03."""
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}" if minutes >= 60 else f"{minutes}:{left:02}"


def listed(scene: Scene, things: Sequence[str]) -> str:
    """Things one after the other: a, b and c."""
    if len(things) < 2:
        return "".join(things)
    return say(scene, "and", first=", ".join(things[:-1]), last=things[-1])


def _sentences(timeline: Timeline | SideBySide) -> Iterator[str]:
    scene = scene_of(timeline)
    yield say(scene, "network-has", layers=listed(scene, [*_layers(scene)]))
    things = "points" if shows_points(scene) else "examples"
    cycles = counted(scene, scene.training.cycles, "cycles")
    yield say(scene, "learns", examples=counted(scene, scene.data.train_count, things), cycles=cycles)
    if isinstance(timeline, SideBySide):
        yield say(scene, "runs", runs=listed(scene, [*timeline.names]))
        for name, recording in zip(timeline.names, timeline.recordings, strict=True):
            yield from _went(recording, name)
        return
    recording = timeline.recording
    yield from _went(recording)
    yield from _events(timeline)
    yield right_text(recording, last_at_rest(recording), "right-in-the-end")
    yield from _thoughts(timeline)


def _layers(scene: Scene) -> Iterator[str]:
    network = scene.network
    last = len(network.layers) - 1
    for number, size in enumerate(network.layers):
        kind = "inputs" if number == 0 else "outputs" if number == last else "hidden"
        text = say(scene, f"{kind}-{'one' if size == 1 else 'many'}", count=whole(scene, size))
        names = {"inputs": network.inputs, "outputs": network.outputs}.get(kind, ())
        if any(names) and size <= MOST_NAMED:
            text = say(scene, "with-names", what=text, names=", ".join(names))
        yield text


def _went(recording: Recording, run: str = "") -> Iterator[str]:
    """From where to where each measure of being wrong went. run: the name of the run, where there are several, which
    are told by what they are compared by."""
    scene = recording.scene
    if recording.test_loss is None:
        curves = {"label-error": recording.train_error}
    else:
        curves = {"label-training-loss": recording.train_loss, "label-test-loss": recording.test_loss}
    share = recording.test_loss is None and is_share(recording)
    for key, values in [*curves.items()][-1 if run else 0 :]:
        before, after = float(values[0]), float(values[-1])
        if isfinite(before) and isfinite(after):
            told = {"before": error_text(before, share=share), "after": error_text(after, share=share)}
            measure = say(scene, key)
            if run:
                yield say(scene, "run-went", run=run, measure=measure, **told)
            else:
                yield sentence(say(scene, "went", measure=measure, **told))


def _events(timeline: Timeline) -> Iterator[str]:
    """What happened: the events that the film tells or, of a film that tells none, those that say most.

    Not those that are over by the end: the sentence is about now.
    """
    told: list[Event] = [
        cue.event for cue in timeline.plan.cues if cue.event is not None and cue.event.kind != "plateau"
    ]
    events = told or [event for event in find_events(timeline.recording) if event.kind in TELLING]
    scene = timeline.recording.scene
    for event in sorted(events, key=lambda event: event.cycle):
        if text := next(iter(event_texts(scene, event, PASSED)), ""):
            yield sentence(text)


def _thoughts(timeline: Timeline) -> Iterator[str]:
    """Every new situation, and the answer to it."""
    recording, scene = timeline.recording, timeline.recording.scene
    for span in timeline.plan.spans:
        shot = scene.shots[span.shot]
        if isinstance(shot, ThinkShot):
            answer = recording.forward(shot.inputs, timeline.rows.rest[span.cycle])[-1]
            yield sentence(caption(recording, span))
            yield answer_text(scene, answer, shot.target)
