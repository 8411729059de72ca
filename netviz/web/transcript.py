"""Transcript and alternative text: a film told in passages, in words and recorded numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import pairwise
from math import isfinite

import numpy as np

from netviz.recording.event import Event
from netviz.recording.layers import Floats
from netviz.recording.margins import margins_for
from netviz.recording.network import Network
from netviz.recording.probe_history import answers_of
from netviz.recording.recording import AT_REST, Recording
from netviz.scene.learned_cycles import learned_cycles
from netviz.scene.panels import TextPanelSpec
from netviz.scene.phrases import counted, listed_numbers, say, whole
from netviz.scene.scene import Look
from netviz.scene.shots import ThinkShot
from netviz.story.events import find_events
from netviz.story.wording import answer_text, event_texts, neuron_name
from netviz.timeline.captions import LARGE, caption_line, error_text, is_share, measures, shows_points, situation
from netviz.timeline.cues import Cue
from netviz.timeline.frame import Frame
from netviz.timeline.plan import Plan, Span, frame_time
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.web.templates import filled, theme_colours

_APART = 3
"""Seconds at least between two cycles that are told of while the film runs through all of them."""
MOST_ANSWERS, MOST_NUMBERS = 8, 8
"""Answers that are told one by one, and numbers of a situation or an answer that are."""
MOST_NAMED = 6
"""Most blocks that are named."""

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Passage:
    """Passage of a film from frame `start` to `stop`, which is not included.

    cycle: the shown cycle of learning, or None. lines: what is seen. said: the cues that begin in it.
    """

    start: int
    stop: int
    heading: str
    cycle: int | None
    lines: tuple[str, ...]
    said: tuple[Cue, ...]


@dataclass(frozen=True)
class _Stop:
    """Beginning of a passage. cycle: whether it is of a shown cycle."""

    start: int
    span: Span
    is_cycle: bool


def passages(timeline: Timeline | SideBySide) -> tuple[Passage, ...]:
    """All of a film, one passage after the other, without gaps."""
    plan = timeline.plan
    stops = [*_stops(plan)]
    ends = [*(stop.start for stop in stops[1:]), plan.frame_count]
    found = []
    for number, (stop, end) in enumerate(zip(stops, ends, strict=True)):
        cues = tuple(cue for cue in plan.cues if stop.start <= cue.start < end)
        is_first = number == 0 or stops[number - 1].span.shot != stop.span.shot
        told = {"", *(cue.text for cue in cues)}
        lines = tuple(line for line in dict.fromkeys(_lines(timeline, stop, is_first)) if line not in told)
        cycle = stop.span.cycle if stop.is_cycle else None
        found.append(Passage(stop.start, end, _heading(timeline.scene, stop), cycle, lines, cues))
    return tuple(found)


def _stops(plan: Plan) -> Iterator[_Stop]:
    """Beginnings of passages: every shot, and in the learning shot every shown cycle.

    The way to a cycle belongs to what is shown before it.
    """
    spans = plan.spans
    yield _Stop(0, spans[0], spans[0].kind == "step")
    last = 0
    for before, span in pairwise(spans):
        is_new_shot = before.shot != span.shot
        if span.kind == "step" and (is_new_shot or not _same_cycle(plan, span)):
            yield _Stop(span.start, span, is_cycle=True)
        elif is_new_shot and not (span.kind == "move" and _shows_steps(plan, span.shot)):
            yield _Stop(span.start, span, is_cycle=False)
            last = span.start
        if span.kind == "sweep" and _is_worth_a_stop(plan, span, last):
            last = span.stop - 1
            yield _Stop(last, span, is_cycle=True)


def _shows_steps(plan: Plan, shot: int) -> bool:
    return any(span.kind == "step" for span in plan.spans if span.shot == shot)


def _same_cycle(plan: Plan, span: Span) -> bool:
    """Return whether an earlier step of the same shot showed this cycle."""
    of = span.shot, span.cycle
    return next(each for each in plan.spans if each.kind == "step" and (each.shot, each.cycle) == of) is not span


def _is_worth_a_stop(plan: Plan, span: Span, last: int) -> bool:
    """Return whether a morph's cycle comes long enough after the passage before it, and before its shot's end."""
    end = max(each.stop for each in plan.spans if each.shot == span.shot)
    return span.stop - 1 - last >= _APART * plan.fps and end - span.stop >= Fraction(1, 2) * plan.fps


def _heading(scene: Look, stop: _Stop) -> str:
    span = stop.span
    if stop.is_cycle:
        return say(scene, "heading-cycle", cycle=whole(scene, span.cycle))
    if span.kind == "walk":
        return say(scene, "heading-walk", example=(span.example or 0) + 1)
    if span.kind == "rest":
        return say(scene, "heading-after" if span.cycle > scene.outline.first_step else "heading-before")
    return say(scene, f"heading-{span.shot_kind}")


def _lines(timeline: Timeline | SideBySide, stop: _Stop, is_first: bool) -> Iterator[str]:
    """Lines about what is seen in a passage. is_first: whether it is the first of its shot."""
    span = stop.span
    clock = timeline.clock if isinstance(timeline, SideBySide) else timeline
    scene = timeline.scene
    if span.kind == "title":
        yield scene.title
    if (is_first or not stop.is_cycle) and (line := caption_line(clock.recording, clock.scene, span, clock.plan)):
        yield sentence(line)
    if stop.start == 0:  # they stay on every frame
        yield from (panel.text for panel in scene.shown_panels if isinstance(panel, TextPanelSpec))
    if span.kind == "title":
        return
    frame = timeline.frame(stop.start)
    if isinstance(timeline, SideBySide):
        states = (frame, *frame.beside)
        for name, recording, own, of in zip(timeline.names, timeline.recordings, timeline.scenes, states, strict=True):
            yield f"{say(scene, 'shown-run', run=name, what=_state(recording, own, of, compared=True))}."
        return
    shot = scene.shots[span.shot]
    if isinstance(shot, ThinkShot):
        answer = clock.recording.forward(shot.inputs, clock.recording_index.rest[span.cycle])[-1]
        yield answer_text(scene, answer, shot.target)
        return
    yield sentence(_state(clock.recording, scene, frame))
    if span.kind == "walk":
        row = clock.recording_index.step(span)
        yield say(scene, _answers_key(scene), answers=_answer(clock.recording, scene, span.example or 0, row))
    if stop.is_cycle or span.kind == "rest":
        yield answers(clock, span)


def _state(recording: Recording, scene: Look, frame: Frame, *, compared: bool = False) -> str:
    """Text of the error in a frame, as the picture says it. compared: by what it is compared with others."""
    if frame.diverged is not None:
        return say(scene, "label-diverged", cycle=whole(scene, frame.diverged))
    told = [say(scene, "shown-measure", measure=name, value=value) for name, value in measures(recording, scene, frame)]
    return ", ".join(told[-1:] if compared else told)


def sentence(text: str) -> str:
    """A text with a capital at its start and a full stop at its end; nothing stays nothing."""
    if not text:
        return ""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def answers(timeline: Timeline, span: Span) -> str:
    """Text of the network's answers to its examples: one by one where they are few, otherwise how many are right."""
    recording, scene, rows = timeline.recording, timeline.scene, timeline.recording_index
    shown = [(cycle, example, row) for (cycle, example), row in rows.of_example.items() if cycle == span.cycle]
    if span.kind != "step" or len(shown) > MOST_ANSWERS:
        return right_text(recording, scene, rows.rest[span.cycle])
    told = [_answer(recording, scene, example, row) for _, example, row in sorted(shown, key=lambda each: each[1])]
    return say(scene, _answers_key(scene), answers="; ".join(told))


def _answers_key(scene: Look) -> str:
    """Phrase of answers, with what was wanted where that is known."""
    return "shown-answers" if scene.outline.has_targets else "shown-answers-open"


def _answer(recording: Recording, scene: Look, example: int, row: int) -> str:
    """An answer in short; its parts stay on one line."""
    given, names = recording.examples.given[example], scene.outline.names
    if example < len(names):
        asked = names[example]
    elif len(given) <= MOST_NUMBERS:
        asked = situation(scene, given.tolist())
    else:
        asked = say(scene, "shown-answer-example", number=example + 1)
    outputs, target = recording.activations[-1][row], recording.target_at(row)
    if not scene.outline.has_targets:
        answer = listed_numbers(scene, _numbers(outputs, ".2f"))
        return say(scene, "shown-answer-open", inputs=asked, answer=answer).replace(" ", NO_BREAK)
    if is_one_of_many(target):
        last = len(scene.outline.layers) - 1
        answer, expected = (neuron_name(scene, last, int(np.argmax(values))) for values in (outputs, target))
    else:
        answer, expected = (listed_numbers(scene, each) for each in (_numbers(outputs, ".2f"), _numbers(target, "g")))
    return say(scene, "shown-answer", inputs=asked, answer=answer, target=expected).replace(" ", NO_BREAK)


def _numbers(values: Floats, form: str) -> list[str]:
    texts = [f"{value:{form if abs(value) < LARGE else '.2e'}}" for value in values.tolist()]
    return texts if len(texts) <= MOST_NUMBERS else [*texts[:MOST_NUMBERS], "…"]


def is_one_of_many(target: Floats) -> bool:
    """Return whether a target (n_L,) says which of several outputs should be the largest."""
    return len(target) > 2 and int((target == target.max()).sum()) == 1 and len(np.unique(target)) == 2


def right_text(recording: Recording, scene: Look, row: int, key: str = "shown-right") -> str:
    """Text of how many training examples are on the right side with a row's weights; "" where that cannot be said."""
    found = right(recording, row)
    if found is None:
        return ""
    things = "points" if shows_points(scene) else "examples"
    return say(scene, key, right=whole(scene, found), count=counted(scene, scene.outline.seen, things))


def right(recording: Recording, row: int) -> int | None:
    """Number of training examples on the right side with a row's weights; None where answers are no classes."""
    examples = recording.examples
    margins = margins_for(examples.targets)
    if margins is None:
        return None
    return int((margins(answers_of(recording, row)) > 0).sum())


def last_at_rest(recording: Recording) -> int:
    """The row of the network as training leaves it."""
    return int(np.flatnonzero(recording.probe == AT_REST)[-1])


def stops_of(told: Sequence[Passage]) -> list[Passage]:
    """The passages of shown cycles, which a viewer can go to by their number."""
    return [passage for passage in told if passage.cycle is not None]


# Transcript of a film, as plain text and as a page by itself.


def transcript_text(scene: Look, of: FilmSummary, told: Sequence[Passage], fps: Fraction) -> str:
    """Plain text, UTF-8: what the film is, then each passage with its time."""
    lines = [say(scene, "transcript-of", title=of.title), "", of.alt]
    for passage in told:
        lines += ["", f"[{_clock(passage.start, fps)}] {passage.heading}"]
        lines += [f"  {line}" for line in passage.lines]
        lines += [f"  [{_clock(cue.start, fps)}] {_plain(cue)}" for cue in passage.said]
    return "\n".join([*lines, ""])


def transcript_page(scene: Look, of: FilmSummary, told: Sequence[Passage], fps: Fraction) -> str:
    """A page of its own, in HTML."""
    return filled(
        "transcript.html",
        scene,
        language=escape(say(scene, "language")),
        title=escape(of.title),
        heading=escape(say(scene, "transcript-of", title=of.title)),
        about=escape(of.alt),
        passages="\n".join(_sections(told, fps)),
        looks=theme_colours(),
    )


def _sections(told: Sequence[Passage], fps: Fraction) -> Iterator[str]:
    for passage in told:
        yield f"<h2><span>{_clock(passage.start, fps)}</span> {escape(passage.heading)}</h2>"
        yield from (f"<p>{escape(line)}</p>" for line in passage.lines)
        for cue in passage.said:
            yield f"<blockquote><span>{_clock(cue.start, fps)}</span> <p>{escape(_plain(cue))}</p></blockquote>"


def _clock(frame: int, fps: Fraction) -> str:
    return clock_time(frame_time(frame, fps))


def _plain(cue: Cue) -> str:
    return " ".join(cue.text.split())


# Alternative text: the film in a few sentences.

MOST_NAMED = 8
"""Neurons of a layer whose names are told."""
TELLING = ("halved", "insight", "slows", "solved", "diverged")
"""Kinds of events that are told of a film which does not tell them by itself."""
PASSED = 1 << 62
"""A cycle that every event has passed."""


@dataclass(frozen=True)
class FilmSummary:
    """title: of the film. label: what it is, in one line. sentences: what is seen, for whoever does not see it."""

    title: str
    label: str
    sentences: tuple[str, ...]

    @property
    def alt(self) -> str:
        """The alternative text."""
        return " ".join(self.sentences)


def summary_of(timeline: Timeline | SideBySide) -> FilmSummary:
    """Title and alternative text of a film, its numbers those of the recording."""
    scene = timeline.scene
    title = scene.title.strip() or scene.name
    runs = len(timeline.recordings)
    film = say(scene, "film") if runs == 1 else say(scene, "film-compare", count=runs)
    length = say(scene, "film-long", film=film, length=clock_time(timeline.plan.seconds))
    sentences = sentence(title), length, *filter(None, _sentences(timeline))
    return FilmSummary(title, f"{sentence(title)} {film}", sentences)


def clock_time(seconds: Fraction) -> str:
    """A moment or a length as a player shows it: 1:31, or 1:02:03."""
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}" if minutes >= 60 else f"{minutes}:{left:02}"


def listed(scene: Look, things: Sequence[str]) -> str:
    """Things one after the other: a, b and c."""
    if len(things) < 2:
        return "".join(things)
    return say(scene, "and", first=", ".join(things[:-1]), last=things[-1])


def _blocks(scene: Look, network: Network) -> str:
    """Text of the parts of a network that the film summarises; "" where there are none."""
    names = [block.name or block.label for layer in network.layers for block in layer.blocks]
    if len(names) > MOST_NAMED:
        what, more = ", ".join(names[:MOST_NAMED]), whole(scene, len(names) - MOST_NAMED)
        return say(scene, "network-blocks", names=say(scene, "block-and-more", what=what, count=more))
    key = "network-block" if len(names) == 1 else "network-blocks"
    return say(scene, key, names=listed(scene, names)) if names else ""


def _sentences(timeline: Timeline | SideBySide) -> Iterator[str]:
    scene = timeline.scene
    yield say(scene, "network-has", layers=listed(scene, [*_layers(scene)]))
    yield _blocks(scene, timeline.recordings[0].network)
    things = "points" if shows_points(scene) else "examples"
    cycles = counted(scene, _learned(scene)[1], "cycles")
    yield say(scene, "learns", examples=counted(scene, scene.outline.seen, things), cycles=cycles)
    if isinstance(timeline, SideBySide):
        yield say(scene, "runs", runs=listed(scene, [*timeline.names]))
        for name, recording, own in zip(timeline.names, timeline.recordings, timeline.scenes, strict=True):
            yield from _went(recording, own, name)
        return
    recording = timeline.recording
    yield from _went(recording, scene)
    yield from _events(timeline)
    row = last_at_rest(recording)
    if (last := _learned(scene)[1]) < scene.outline.last_step:
        row = timeline.recording_index.rest[last]
    yield right_text(recording, scene, row, "right-in-the-end")
    yield from _thoughts(timeline)


def _learned(scene: Look) -> tuple[int, int]:
    """The cycles with which what the film shows of learning begins and ends; all of the run where it shows none."""
    outline = scene.outline
    learned = [*learned_cycles(scene.shots, outline.first_step, outline.last_step).values()]
    return (learned[0][0], learned[-1][1]) if learned else (outline.first_step, outline.last_step)


def _layers(scene: Look) -> Iterator[str]:
    layers, network = scene.outline.layers, scene.network
    last = len(layers) - 1
    for number, size in enumerate(layers):
        kind = "inputs" if number == 0 else "outputs" if number == last else "hidden"
        text = say(scene, f"{kind}-{'one' if size == 1 else 'many'}", count=whole(scene, size))
        names = network.names_of(number, last)
        if any(names) and size <= MOST_NAMED:
            text = say(scene, "with-names", what=text, names=", ".join(names))
        yield text


def _went(recording: Recording, scene: Look, run: str = "") -> Iterator[str]:
    """From where to where each measure of being wrong went. run: the name of the run, where there are several, which
    are told by what they are compared by."""
    curves = {}
    if recording.followed is not None:
        is_named = recording.test_loss is None or not scene.outline.is_own
        curves = {"label-error": recording.main_curve} if is_named else {"label-training-loss": recording.train_loss}
    if recording.test_loss is not None:
        curves["label-test-loss"] = recording.test_loss
    share = recording.test_loss is None and is_share(recording, scene)
    for key, values in [*curves.items()][-1 if run else 0 :]:
        before, after = (float(values[at]) for at in _ends(recording, scene))
        if isfinite(before) and isfinite(after):
            told = {
                "before": error_text(scene, before, share=share),
                "after": error_text(scene, after, share=share),
            }
            measure = say(scene, key)
            if run:
                yield say(scene, "run-went", run=run, measure=measure, **told)
            else:
                yield sentence(say(scene, "went", measure=measure, **told))


def _ends(recording: Recording, scene: Look) -> tuple[int, int]:
    """Indices of the curve's points with which what the film shows of learning begins and ends."""
    (first, last), outline = _learned(scene), scene.outline
    points = np.searchsorted(recording.curve_step, [first, last], side="right") - 1
    return 0 if first == outline.first_step else max(0, int(points[0])), -1 if last == outline.last_step else int(
        points[1]
    )


def _events(timeline: Timeline) -> Iterator[str]:
    """Texts of events: those that the film tells or, of a film that tells none, those that say most.

    Not those that are over by the end: the sentence is about now.
    """
    told: list[Event] = [
        cue.event for cue in timeline.plan.cues if cue.event is not None and cue.event.kind != "plateau"
    ]
    scene = timeline.scene
    found = () if told else find_events(timeline.recording, scene)
    events = told or [event for event in found if event.kind in TELLING and event.cycle <= _learned(scene)[1]]
    for event in sorted(events, key=lambda event: event.cycle):
        if text := next(iter(event_texts(scene, event)), ""):
            yield sentence(text)


def _thoughts(timeline: Timeline) -> Iterator[str]:
    """Every new situation, and the answer to it."""
    recording, scene = timeline.recording, timeline.scene
    for span in timeline.plan.spans:
        shot = scene.shots[span.shot]
        if isinstance(shot, ThinkShot):
            answer = recording.forward(shot.inputs, timeline.recording_index.rest[span.cycle])[-1]
            yield sentence(caption_line(recording, scene, span, timeline.plan))
            yield answer_text(scene, answer, shot.target)
