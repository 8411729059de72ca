"""Captions: a scene's captions placed in the film, the line under the title, and the errors as text.

Captions at events are placed once there is a recording (see `story/story.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite

from netviz.errors import InputError, Problem
from netviz.recording.recording import Recording
from netviz.scene.captions import Caption, reading_seconds, seconds_up
from netviz.scene.phrases import HasPhrases, counted, decimal, listed_numbers, per_cent, say, whole
from netviz.scene.scene import Look
from netviz.scene.shots import ThinkShot
from netviz.timeline.before_after import before_after
from netviz.timeline.cues import SHORTEST_GAP, Cue, frames_for, frames_to_read
from netviz.timeline.frame import Frame
from netviz.timeline.moments import position_of
from netviz.timeline.plan import Plan, Span


@dataclass(frozen=True)
class _Placed:
    """Caption with the frame where it begins. index: its number among the scene's captions."""

    index: int
    caption: Caption
    start: int


def add_captions(scene: Look, plan: Plan) -> Plan:
    """The plan with the scene's own captions, but for those at events. Raises InputError as `cues_of` does."""
    return replace(plan, cues=cues_of(scene, plan))


def cues_of(scene: Look, plan: Plan, seen: Callable[[int], int | None] = lambda cycle: None) -> tuple[Cue, ...]:
    """The cues of all captions that are at no event, in order of time.

    seen: from a cycle to the frame with which the film comes to it, if a recording is there to give it; None where it
    is to be computed from the plan.

    Raises InputError with all captions that lie outside the film, overlap, or leave no time to be read.
    """
    problems: list[tuple[int, Problem]] = []
    placed = []
    for index, caption in enumerate(scene.captions):
        if caption.moment.kind == "event":
            continue
        try:
            placed.append(_Placed(index, caption, _start(plan, caption, seen)))
        except ValueError as wrong:
            problems.append((index, Problem(f"captions[{index}].at", str(wrong))))
    placed.sort(key=lambda each: each.start)
    cues = []
    for each, following in zip(placed, [*placed[1:], None], strict=False):
        stop, found = _stop(plan, each, following)
        cues.append(Cue(each.start, stop, each.caption.text))
        problems += [(each.index, problem) for problem in found]
    if problems:
        raise InputError(problem for _, problem in sorted(problems, key=lambda each: each[0]))
    return tuple(cues)


def _start(plan: Plan, caption: Caption, seen: Callable[[int], int | None]) -> int:
    """The frame with which a caption begins. Raises ValueError if the film has no such moment."""
    moment = caption.moment
    if moment.kind == "end" and moment.offset is None:
        given = caption.seconds
        frames = frames_for(caption.text, plan.fps) if given is None else round(given * plan.fps)
        return max(0, plan.frame_count - frames)
    place = position_of(plan, moment, caption.at, seen)
    return min(plan.frame_count - 1, int(place + Fraction(1, 2)))


def _stop(plan: Plan, each: _Placed, following: _Placed | None) -> tuple[int, list[Problem]]:
    """The frame with which a caption ends, and the problems of that."""
    fps, text, given = plan.fps, each.caption.text, each.caption.seconds
    limit = plan.frame_count if following is None else following.start
    room = limit - each.start
    frames = frames_to_read(text, fps) if given is None else max(frames_to_read(text, fps), round(given * fps))
    if frames <= room + 1:  # a frame less is no matter: moments are rounded to frames
        if given is None:
            frames = frames_for(text, fps)
            frames = room if room - frames < SHORTEST_GAP * fps else frames
        return each.start + min(frames, room), []
    seconds = float(Fraction(room) / fps)
    if following is None:
        there = f"the film ends {seconds:.2f} s after it begins"
    else:
        there = f"captions[{following.index}] begins {'with it' if room == 0 else f'{seconds:.2f} s after it'}"
    if given is None:
        message = f"it takes {seconds_up(reading_seconds(text))} s to read, but {there}"
        return limit, [Problem(f"captions[{each.index}].at", message)]
    return limit, [Problem(f"captions[{each.index}].for", f"it lasts {float(given):g} s, but {there}")]


# The line under the title: the scene's own words, or a phrase where it has none.


def caption_line(recording: Recording, scene: Look, span: Span, plan: Plan) -> str:
    """The line that stands under the title while a span of a plan runs."""
    shot = scene.shots[span.shot]
    if span.kind == "rest" and scene.outline.diverged is not None and span.cycle == scene.outline.last_step:
        # Whatever its author thought of saying there, of a run that would learn.
        return say(scene, "rest-diverged", cycle=whole(scene, scene.outline.diverged))
    if shot.caption is not None:
        return shot.caption
    if span.kind == "title":
        return scene.subtitle
    if span.kind == "rest":
        if span.cycle == scene.outline.first_step:
            return _before(scene)
        compared = before_after(scene, plan)
        key = "rest-after" if compared is None or plan.spans[compared.rest] != span else "rest-before-after"
        return say(scene, key, cycles=counted(scene, span.cycle, "cycles"))
    if isinstance(shot, ThinkShot):
        known = shot.inputs in (scene.outline.inputs or ())
        before = scene.shots[: span.shot]
        again = any(isinstance(each, ThinkShot) and each.inputs == shot.inputs for each in before)
        what = "known" if known else "again" if again else "new"
        of = "-point" if shows_points(scene) else "-picture" if scene.network.grid is not None else ""
        key = f"think-{what}{of}"
        return say(scene, key, values=situation(scene, shot.inputs))
    if span.kind == "walk":
        assert span.example is not None
        values = recording.examples.given[span.example].tolist()
        if scene.outline.names:
            name = say(scene, "named", name=scene.outline.names[span.example])
            return say(scene, "walk-named", name=name, values=situation(scene, values))
        return say(scene, "walk", example=span.example + 1, values=situation(scene, values))
    return scene.subtitle or _learning(scene)


def situation(scene: Look, values: Sequence[float]) -> str:
    """The presented inputs as text: 1 1 0, or (1, 1) for a point of the plane."""
    texts = [f"{value + 0.0:g}" for value in values]  # a negative zero is written as zero
    return f"({listed_numbers(scene, texts)})" if shows_points(scene) else decimal(scene, " ".join(texts))


def example_label(scene: Look, example: int, count: int) -> str:
    """An example's name in the picture: its own, or its number among so many."""
    if example < len(scene.outline.names):
        return scene.outline.names[example]
    return say(scene, "label-example", number=whole(scene, example + 1), count=whole(scene, count))


def shows_points(scene: Look) -> bool:
    """True if the film shows examples as points of the plane, and not as rows of a table with two columns."""
    return scene.is_planar and (not scene.outline.is_listed or scene.presentation == "together")


def _learning(scene: Look) -> str:
    count, tests = scene.outline.seen, scene.outline.tests
    what = counted(scene, count, "points" if shows_points(scene) else "examples")
    if not tests:
        return say(scene, "learning", examples=what)
    return say(
        scene, "learning-tested-one" if tests == 1 else "learning-tested", examples=what, tests=whole(scene, tests)
    )


def _before(scene: Look) -> str:
    weights, first = scene.outline.first_weights, scene.outline.first_step
    if weights is not None:
        return say(scene, "rest-before", weights=say(scene, f"weights-{weights}"))
    return say(scene, "heading-cycle", cycle=whole(scene, first)) if first else say(scene, "rest-first")


# Errors as text: the numbers that the film shows of them, their names and their form.


def is_share(recording: Recording, scene: Look) -> bool:
    """True if errors can be shown in per cent: every target and every possible output lies between 0 and 1.

    A loss that a run gave itself never is.
    """
    if scene.outline.follows_loss:
        return False
    bounded = scene.outline.activations[-1] in ("sigmoid", "softmax")
    targets = recording.examples.targets
    return bounded and bool(((targets >= 0) & (targets <= 1)).all())


LARGE = 1e6
"""Errors from which their size matters more than their digits."""
_THOUSANDS = 1e3
"""Errors from which two decimals are enough."""


def answer_number(scene: Look, value: float) -> str:
    """A number of an answer in a sentence, with two decimals; one whose digits nobody would read as a power of ten."""
    return decimal(scene, f"{value:z.2f}" if abs(value) < LARGE else f"{value:.2e}")


def error_text(scene: HasPhrases, value: float, *, share: bool, highest: float = 0.0) -> str:
    """An average error as text: in per cent, of three digits, where it is a share.

    highest: the largest of those that are written in the same place, which all have as many decimals.
    """
    if not share:
        decimals = 4 if max(abs(value), highest) < _THOUSANDS else 2
        return decimal(scene, f"{value:z.{decimals}f}" if abs(value) < LARGE else f"{value:.2e}")
    return per_cent(scene, f"{100 * value:z.2f}" if 100 * value < 9.995 else f"{100 * value:.1f}")


def measures(recording: Recording, scene: Look, frame: Frame) -> list[tuple[str, str]]:
    """Names and values of a frame's errors as text, as far as they are finite.

    The average error or, where there are examples for testing, the losses on training and test examples.
    """
    share = recording.test_loss is None and is_share(recording, scene)
    shown = []
    if recording.followed is not None:
        is_named = recording.test_loss is None or not scene.outline.is_own
        shown = [("label-error", frame.error) if is_named else ("label-training-loss", frame.train_loss)]
    if recording.test_loss is not None:
        shown.append(("label-test-loss", frame.test_loss or 0.0))
    found = [(name, value, error_text(scene, value, share=share)) for name, value in shown]
    return [(say(scene, name), text) for name, value, text in found if isfinite(value)]
