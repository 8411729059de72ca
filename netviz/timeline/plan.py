"""Plan: the spans of frames of a film, from a scene and a length in exact seconds, before anything is trained.

A film is its shots; a learning shot is many spans, every other shot one. Every boundary is an exact time from the
start of the film, rounded to a frame once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from math import floor

from netviz.errors import InputError, Problem
from netviz.scene.scene import Look
from netviz.scene.shots import AnyShot, LearningShot, RestShot, ThinkShot, TitleShot, WalkShot
from netviz.scene.types import LONGEST_FILM
from netviz.timeline.beats import Rhythm, accents, on_bars
from netviz.timeline.cues import Cue
from netviz.timeline.learning_on_beats import cycles_for, pieces_on_beats
from netviz.timeline.learning_shot import Learning, Piece, PieceKind, is_even
from netviz.timeline.worked_example import natural_seconds

LEARNING: tuple[PieceKind, ...] = ("step", "move", "sweep")
"""The kinds of span in which learning goes on; on beats it also holds between them."""
SHOWING: tuple[PieceKind, ...] = ("step", "sweep", "walk")
"""The kinds of span in which a cycle is shown."""
_LONG = 600
"""Seconds from which a film without a given length gets a note."""


@dataclass(frozen=True)
class Span:
    """Run of frames in which one thing happens.

    start, stop: frames, stop not included.
    cycle: the cycle shown; for a move or sweep the one it leads to, with `from_cycle` the one it comes from.
    example: index of the training example of a step or a worked example.
    """

    kind: PieceKind
    shot: int
    start: int
    stop: int
    cycle: int
    example: int | None = None
    from_cycle: int | None = None

    @property
    def shot_kind(self) -> str:
        """The kind of its shot, as a scene names it."""
        return "learning" if self.kind in (*LEARNING, "hold") else self.kind


@dataclass(frozen=True)
class Plan:
    """Whole film as spans without gaps, with notes on what had to be left out.

    fps: frames a second. frame_count: of the whole film. notes: for the user, where the film shows less than asked for.
    examples_per_cycle: how many of the training examples each shown cycle presents. cues: the captions, in order of
    time, none overlapping another; those that only a recording knows are added by `story.add_story`.
    on_beats: whether the learning shot keeps time with a rhythm: its spans begin on beats, and must stay there.
    glow: for every frame the factor on the brightness of the light, 1 = unchanged; () if all of them are.
    dwells: cycles, increasing, at which moves between shown cycles dwell, because something is told of them.
    time_notes: those of the notes that say what of cycles and examples there is time for.
    """

    fps: Fraction
    frame_count: int
    spans: tuple[Span, ...]
    notes: tuple[str, ...]
    examples_per_cycle: int
    cues: tuple[Cue, ...] = ()
    on_beats: bool = False
    glow: tuple[float, ...] = ()
    dwells: tuple[int, ...] = ()
    time_notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """The exact length of the film."""
        return self.frame_count / self.fps

    @property
    def shown_cycles(self) -> tuple[int, ...]:
        """The cycles the film shows, increasing: in steps, at the ends of sweeps, in worked examples."""
        return tuple(sorted({span.cycle for span in self.spans if span.kind in SHOWING}))


def shown_on_beats(scene: Look, seconds: Fraction, rhythm: Rhythm) -> int:
    """Number of cycles a film of `seconds` shows if that follows from a rhythm; 0 if it has too few beats for any."""
    lengths = on_bars(shared_lengths(scene, seconds), rhythm)
    ends = [*accumulate(lengths)]
    learning = next((index for index, shot in enumerate(scene.shots) if isinstance(shot, LearningShot)), None)
    if learning is None:
        return 0
    examples = scene.presented_count or scene.outline.examples
    return cycles_for(
        accents(rhythm, ends[learning] - lengths[learning], ends[learning]),
        None if scene.presentation == "together" else examples,
        scene.style == "classic",
        is_even(scene),
    )


def make_plan(scene: Look, seconds: Fraction | None, rhythm: Rhythm | None = None) -> Plan:
    """Lay out a film of exactly `seconds`, or of its natural length (one second a step, as a rule) where it is None.

    rhythm: the beats that its shots and steps keep time with; without one, or where it has too few, they are even.
    Raises InputError if a film without a given length would last longer than a day.
    """
    shown = scene.outline.steps
    start_cycles = _start_cycles(scene, shown[0])
    learning = _learning(scene, start_cycles, shown)
    natural = learning.natural_seconds()
    lengths = natural_lengths(scene, natural) if seconds is None else shared_lengths(scene, seconds)
    total = sum(lengths, Fraction(0)) if seconds is None else seconds
    if total > LONGEST_FILM:
        raise InputError([_too_long(scene, total)])
    frames = frame_count(total, scene.output.fps)
    on_beats = None
    if rhythm is not None:
        lengths = on_bars(lengths, rhythm)
        on_beats = _on_beats(scene, learning, lengths, rhythm)

    pieces: list[tuple[int, Piece]] = []
    notes: list[str] = []
    per_cycle = scene.outline.examples
    for index, (shot, length, now) in enumerate(zip(scene.shots, lengths, start_cycles, strict=True)):
        if isinstance(shot, LearningShot):
            learned, per_cycle, notes = on_beats or learning.pieces(length, uneven=seconds is not None)
            pieces += [(index, piece) for piece in learned]
        elif isinstance(shot, WalkShot):
            cycle = shown[0] if shot.cycle is None else shot.cycle
            pieces.append((index, Piece("walk", length, cycle, example=shot.example - 1)))
        else:
            kind: PieceKind = (
                "title" if isinstance(shot, TitleShot) else "rest" if isinstance(shot, RestShot) else "think"
            )
            pieces.append((index, Piece(kind, length, now)))
    spans = _spans(pieces, scene.output.fps, frames)
    time_notes = tuple(notes)
    if seconds is None and frames > _LONG * scene.output.fps:
        minutes = round(float(frames / scene.output.fps) / 60)
        notes = [
            *notes,
            f"without a length of its own the film lasts {minutes} minutes; give a duration, or music",
        ]
    if on_beats is None:
        notes += _notes_on_passed(spans, learning)
        if rhythm is not None and any(isinstance(shot, LearningShot) for shot in scene.shots):
            lacking = "too few beats" if rhythm.beats else "no beats"
            notes.append(f"there are {lacking} to keep time with: the steps are even")
    notes += _notes_on_shots(scene, lengths, spans)
    return Plan(
        scene.output.fps, frames, spans, tuple(notes), per_cycle, on_beats=on_beats is not None, time_notes=time_notes
    )


def _too_long(scene: Look, seconds: Fraction) -> Problem:
    """Problem of a film without a given length that would last longer than any may."""
    shots, cycles = len(scene.shots), len(scene.outline.steps)
    what = f"{shots:,} {'shot' if shots == 1 else 'shots'} and {cycles:,} shown {'cycle' if cycles == 1 else 'cycles'}"
    message = (
        f"{what} would last {float(seconds) / 3600:,.1f} h, and a film at most {LONGEST_FILM // 3600} h; give a "
        "duration, or show less"
    )
    return Problem("duration", message)


def _on_beats(
    scene: Look, learning: Learning, lengths: Sequence[Fraction], rhythm: Rhythm
) -> tuple[list[Piece], int, list[str]] | None:
    """The learning shot in time with a rhythm; None if the film has none, or the rhythm too few beats."""
    ends = [*accumulate(lengths)]
    for shot, length, end in zip(scene.shots, lengths, ends, strict=True):
        if isinstance(shot, LearningShot):
            return pieces_on_beats(learning, accents(rhythm, end - length, end), end - length, end)
    return None


def _start_cycles(scene: Look, first_shown: int) -> list[int]:
    """The cycle that the network is in at the start of each shot.

    A worked example with a backward pass is a step of learning: shots after it, up to the learning shot, start from its
    cycle.
    """
    shots = scene.shots
    learning = next((index for index, shot in enumerate(shots) if isinstance(shot, LearningShot)), -1)
    now = scene.outline.first_step if learning >= 0 else scene.outline.last_step
    start_cycles = []
    for index, shot in enumerate(shots):
        start_cycles.append(now)
        if index == learning:
            now = scene.outline.last_step
        elif isinstance(shot, WalkShot) and shot.backward and index < learning:
            now = first_shown if shot.cycle is None else shot.cycle
    return start_cycles


def _learning(scene: Look, start_cycles: Sequence[int], shown: Sequence[int]) -> Learning:
    """The learning shot; for a film without one, a learning shot from the first step on."""
    starts = (now for shot, now in zip(scene.shots, start_cycles, strict=True) if isinstance(shot, LearningShot))
    return Learning.of(scene, next(starts, scene.outline.first_step), shown)


def _notes_on_passed(spans: Sequence[Span], learning: Learning) -> list[str]:
    """Notes for the user on shown cycles that come too fast to be seen."""
    swept = {span.cycle for span in spans if span.kind == "sweep"}
    if not swept or len(swept.intersection(learning.cycles)) == len(learning.cycles):
        return []
    return [
        f"the film has too few frames for {len(learning.cycles):,} shown cycles: it passes through "
        f"{len(learning.cycles) - len(swept.intersection(learning.cycles)):,} of them between two frames"
    ]


def _notes_on_shots(scene: Look, lengths: Sequence[Fraction], spans: Sequence[Span]) -> list[str]:
    """Notes for the user on shots that are not as long as asked for, and on captions that no panel shows."""
    notes = []
    shown = {span.shot for span in spans}
    for index, (shot, length) in enumerate(zip(scene.shots, lengths, strict=True)):
        if index not in shown and length > 0:
            notes.append(f"shot {index + 1} ({shot.shot}) is shorter than a frame and is left out")
        if (
            isinstance(shot, WalkShot)
            and index in shown
            and length < HURRIED * (needed := natural_seconds(scene, shot))
        ):
            notes.append(
                f"shot {index + 1} (walk) has {float(length):.1f} s for equations that take {float(needed):.0f} s to "
                "read; give the film more time, or the shot a larger share"
            )
    shares = [shot.share for shot in scene.shots]
    if scene.captions and not any(panel.panel == "caption" for panel in scene.shown_panels):
        notes.append("no panel shows the captions, which are only written beside the film; list {panel: caption} too")
    given = sum(share for share in shares if share is not None)
    if None not in shares and abs(given - 1) > 1e-9:
        notes.append(f"the shares of the shots add up to {given:g}; they are stretched to fill the film")
    return notes


def _spans(pieces: list[tuple[int, Piece]], fps: Fraction, frames: int) -> tuple[Span, ...]:
    """Spans of the pieces; those that are shorter than a frame may have none, and are left out."""
    ends = [min(frames, int(end * fps + Fraction(1, 2))) for end in accumulate(piece.length for _, piece in pieces)]
    ends[-1] = frames
    spans = []
    for (shot, piece), start, stop in zip(pieces, [0, *ends], ends, strict=False):
        if stop > start:
            spans.append(Span(piece.kind, shot, start, stop, piece.cycle, piece.example, piece.from_cycle))
    return _joined(spans, [piece for _, piece in pieces if piece.kind == "sweep"])


def _joined(spans: list[Span], sweeps: Sequence[Piece]) -> tuple[Span, ...]:
    """The spans, each sweep beginning at the cycle where the one before it ended, and the last ending at the last."""
    swept = [number for number, span in enumerate(spans) if span.kind == "sweep"]
    before = sweeps[0].from_cycle if sweeps else None
    for number in swept:
        cycle = sweeps[-1].cycle if number == swept[-1] else spans[number].cycle
        spans[number] = replace(spans[number], from_cycle=before, cycle=cycle)
        before = cycle
    return tuple(spans)


# Lengths of the shots of a film, in exact seconds.

HURRIED = Fraction(9, 10)
"""Part of the time that equations take to read, below which the user is told that they cannot be."""
MOST_WALKED = Fraction(65, 100)
"""Largest part of a film that worked examples take beside a learning shot, unless they are given more."""
LEAST_LEARNED = Fraction(11, 20)
"""Smallest part that learning takes, in a short film, of the time that worked examples and given shares leave."""


def natural_lengths(scene: Look, learning: Fraction) -> list[Fraction]:
    """Seconds of each shot of a film without a given length. learning: those of the learning shot."""
    natural = {TitleShot: Fraction(3), RestShot: Fraction(5, 2), ThinkShot: Fraction(5), LearningShot: learning}
    told = {"after": Fraction(9, 2), "think": Fraction(7)}
    lengths, even = [], is_even(scene)
    for index, shot in enumerate(scene.shots):
        if _is_empty(scene, shot):
            lengths.append(Fraction(0))
        elif isinstance(shot, WalkShot):
            lengths.append(natural_seconds(scene, shot))
        else:
            role = None if even else _role(scene, index)
            lengths.append(told.get(role or "", natural[type(shot)]))
    if any(shot.share is not None for shot in scene.shots):
        return shared_lengths(scene, sum(lengths, Fraction(0)))
    return lengths


def shared_lengths(scene: Look, seconds: Fraction) -> list[Fraction]:
    """Seconds of each shot of a film of `seconds`: its share, or a length that suits such a film."""
    shots = scene.shots
    shares = [None if shot.share is None else Fraction(str(shot.share)) * seconds for shot in shots]
    lengths = [Fraction(0) if share is None else share for share in shares]
    given, even = sum(lengths, Fraction(0)), is_even(scene)
    left = seconds - given
    free = [index for index, share in enumerate(shares) if share is None]
    if not free:
        return [length * seconds / given for length in lengths]
    learning = [index for index in free if isinstance(shots[index], LearningShot)]
    walks = {index: natural_seconds(scene, shot) for index in free if isinstance(shot := shots[index], WalkShot)}
    others = {
        index: _suitable_seconds(scene, index, seconds, even) for index in free if index not in (*learning, *walks)
    }
    if learning:
        given_to_walks = sum(length for length, shot in zip(lengths, shots, strict=True) if isinstance(shot, WalkShot))
        walks = _shortened(walks, min(max(Fraction(0), MOST_WALKED * seconds - given_to_walks), MOST_WALKED * left))
        rest = left - sum(walks.values())
        others = _shortened(others, rest * (1 - LEAST_LEARNED))
        lengths[learning[0]] = rest - sum(others.values())
    elif walks:
        others = _shortened(others, left * (1 - MOST_WALKED))
        walks = _stretched(walks, left - sum(others.values()))
    else:
        others = _stretched(others, left)
    for index, length in (*walks.items(), *others.items()):
        lengths[index] = length
    return lengths


def _suitable_seconds(scene: Look, index: int, seconds: Fraction, even: bool) -> Fraction:
    """Seconds that suit a shot in a film of `seconds`, without what other shots take. even: as `is_even` says."""
    shot = scene.shots[index]
    if _is_empty(scene, shot):
        return Fraction(0)
    part, shortest, longest = {
        TitleShot: (Fraction(35, 1000), Fraction(3, 2), Fraction(4)),
        RestShot: (Fraction(30, 1000), Fraction(4, 5), Fraction(4)),
        ThinkShot: (Fraction(70, 1000), Fraction(5, 2), Fraction(8)),
    }[type(shot)]
    role = None if even else _role(scene, index)
    if role is not None:
        # What is to be read and watched takes as long in a short film, but no more than so much of it.
        part, unhurried, most, longest = {
            "card": (Fraction(35, 1000), Fraction(5, 2), Fraction(80, 1000), Fraction(4)),
            "opening": (Fraction(40, 1000), Fraction(7, 2), Fraction(90, 1000), Fraction(9, 2)),
            "before": (Fraction(30, 1000), Fraction(5, 2), Fraction(60, 1000), Fraction(4)),
            "after": (Fraction(55, 1000), Fraction(4), Fraction(80, 1000), Fraction(5)),
            "think": (Fraction(90, 1000), Fraction(4), Fraction(120, 1000), Fraction(9)),
        }[role]
        shortest = max(shortest, min(unhurried, most * seconds))
    return min(longest, max(shortest, part * seconds))


def _role(scene: Look, index: int) -> str | None:
    """The part that a shot has in a film that is told; None for those that have none in particular.

    card: the title, while all else waits. opening: a title in which the network is drawn on as well, because no rest
    follows. before, after: the rests around the learning. think: a thought.
    """
    shots = scene.shots
    if isinstance(shots[index], TitleShot):
        return None if index else "card" if isinstance(shots[min(1, len(shots) - 1)], RestShot) else "opening"
    if isinstance(shots[index], ThinkShot):
        return "think"
    if not isinstance(shots[index], RestShot):
        return None
    if index and isinstance(shots[index - 1], LearningShot):
        return "after"
    return "before" if index == 0 or (index == 1 and isinstance(shots[0], TitleShot)) else None


def _is_empty(scene: Look, shot: AnyShot) -> bool:
    """True for a title card without words and without a given share of the film."""
    return isinstance(shot, TitleShot) and not (scene.title or scene.subtitle) and shot.share is None


def _shortened(lengths: dict[int, Fraction], most: Fraction) -> dict[int, Fraction]:
    """The lengths, shortened in proportion where together they are more than `most`."""
    return _stretched(lengths, most) if sum(lengths.values()) > most else lengths


def _stretched(lengths: dict[int, Fraction], seconds: Fraction) -> dict[int, Fraction]:
    """The lengths, stretched in proportion to fill `seconds`."""
    total = sum(lengths.values())
    return {index: length * seconds / total for index, length in lengths.items()} if total else lengths


# Exact conversion of seconds and frames: the frame number is the truth, seconds are fractions from the film's start.


def frame_count(seconds: Fraction, fps: Fraction) -> int:
    """Frames of a film of so many seconds: the nearest whole number, a half rounded up, and at least one."""
    _check(fps)
    if seconds < 0:
        raise ValueError(f"a film cannot last {seconds} s")
    return max(1, floor(seconds * fps + Fraction(1, 2)))


def frame_time(frame: int, fps: Fraction) -> Fraction:
    """Seconds from the start of the film to the start of frame number `frame` (the first is 0)."""
    _check(fps)
    return frame / fps


def seconds_of(frames: int, fps: Fraction) -> Fraction:
    """Exact duration of so many frames, in seconds."""
    _check(fps)
    return frames / fps


def _check(fps: Fraction) -> None:
    if fps <= 0:
        raise ValueError(f"frames a second must be more than 0, got {fps}")
