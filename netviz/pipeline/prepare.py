"""Preparation of a film: scene, plan, music and every problem found once, before anything is trained or drawn.

Every command and every call of the Python API starts from one `prepare`. What only a recording knows - captions at
events, the story, the time that they get - `finish` adds in one second step.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from netviz.audio.beat_tracking import find_rhythm, library_problems
from netviz.audio.envelope import COARSE_RATE, levels
from netviz.audio.loudness import silence_problems
from netviz.audio.music_file import SAMPLE_RATE
from netviz.audio.soundtrack import (
    Soundtrack,
    film_length,
    fitting_problems,
    length_notes,
    sound_problems,
    soundtrack,
)
from netviz.errors import InputError, NetvizNote, NetvizWarning, Problem, warn_caller
from netviz.log import phase
from netviz.pipeline.looks import Filmed, Source, resolved
from netviz.pipeline.platforms import platform_length_problems
from netviz.pipeline.validation import (
    caption_fit_problems,
    drawing_problems,
    film_timeline,
    in_its_unit,
    recording_problems,
    scene_of,
    side_by_side_problems,
)
from netviz.recording.comparison import Comparison
from netviz.recording.recording import DIVERGED_IN, Recording
from netviz.scene.captions import Caption
from netviz.scene.export import as_yaml, written
from netviz.scene.look_file import LookSource
from netviz.scene.messages import printable
from netviz.scene.model import Schedule
from netviz.scene.panels import PicturePanelSpec, TextPanelSpec
from netviz.scene.phrases import say, whole
from netviz.scene.recorded_phrases import in_unit
from netviz.scene.scene import Look, Scene
from netviz.scene.validation import MOST_SHOWN
from netviz.story.story import add_story
from netviz.timeline.beats import Rhythm, breathing, even_beats, listed_beats, placed_beats
from netviz.timeline.captions import add_captions
from netviz.timeline.cues import Cue, frames_for, frames_to_read
from netviz.timeline.plan import Plan, make_plan, shown_on_beats
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.training.data_notes import data_notes
from netviz.training.training_recorder import is_too_large, refuse_too_large

_log = logging.getLogger(__name__)
_LONGEST_LOGGED = 50_000
"""Letters of a scene that are logged: it may hold a large table."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A film as far as it is known before training.

    source: the scene or recording it is of. scene: its scene, with a schedule that follows from beats resolved to a
    number of cycles. plan: None where problems keep it from being laid out. soundtrack: the music as the film plays it,
    not yet brought to a loudness; None without music, or where sound is composed from the run. problems: everything
    that keeps the film from being made, wherever it is written to. notes: what the user should know of it, besides the
    plan's notes on what it has time for.
    """

    source: Scene | Filmed
    scene: Look
    plan: Plan | None
    soundtrack: Soundtrack | None
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    def refuse(self, more: Iterable[Problem] = ()) -> None:
        """Raise InputError with all problems, if there are any. more: those of the request, such as its files."""
        if problems := [*self.problems, *more]:
            raise InputError(dict.fromkeys(problems))

    def checked(self, more: Iterable[Problem] = (), *, film: bool = True) -> Plan:
        """The plan of a film that can be made, after warning (NetvizWarning) of what the user should know.

        film: False for a picture or a sound alone, to which it does not matter what the film has time for. Raises
        InputError as `refuse` does.
        """
        self.refuse(more)
        assert self.plan is not None, "without problems there is a plan"
        if film and self.plan.time_notes:
            warn_caller(NetvizNote("; ".join(self.plan.time_notes)))
        self.warn()
        return self.plan

    def warn(self) -> None:
        """Warn (NetvizWarning) of what the user should know."""
        for note in self.notes:
            warn_caller(NetvizWarning(note))


@dataclass(frozen=True, eq=False)
class Finished:
    """A film of which everything is known: its plan, with all that only the recording adds, and its recording."""

    plan: Plan
    film: Filmed

    @property
    def recorded(self) -> Recording | Comparison:
        """Its recording, or those of several runs."""
        return self.film.recorded

    @property
    def timeline(self) -> Timeline | SideBySide:
        """The state of every frame; each call makes it anew."""
        return film_timeline(self.plan, self.film)

    @property
    def timeline_of_one_run(self) -> Timeline:
        """The same where sound is composed from the run, which is done of one run alone."""
        timeline = self.timeline
        assert isinstance(timeline, Timeline)
        return timeline


def prepare(source: Scene | Filmed, *, film: bool = True) -> Prepared:
    """Look at a scene or recording once: resolve its schedule, lay out its film, and find all that is wrong with it.

    Music is decoded, and its beats are found, where the film depends on them. film: False for what is only trained;
    then the schedule is resolved, and nothing else is looked at. Nothing is raised: see `Prepared`.
    """
    with phase(_log, f"preparing {scene_of(source).name}"):
        prepared = _prepared(source, film=film)
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug("%s", _described(prepared))
    scene = prepared.scene
    if scene.outline.is_own:
        return prepared
    problems, notes = in_its_unit(scene, prepared.problems), _notes_in_unit(scene, prepared.notes)
    plan = prepared.plan and replace(
        prepared.plan,
        notes=_notes_in_unit(scene, prepared.plan.notes),
        time_notes=_notes_in_unit(scene, prepared.plan.time_notes),
    )
    return replace(prepared, plan=plan, problems=problems, notes=notes)


def _described(prepared: Prepared) -> str:
    """The scene as it is after all overrides, its plan in a few words, and what is wrong, for the log."""
    text, plan = as_yaml(written(prepared.scene).data, f"the scene {prepared.scene.name}", {}), prepared.plan
    if len(text) > _LONGEST_LOGGED:
        text = f"{text[:_LONGEST_LOGGED]}\n... and {len(text) - _LONGEST_LOGGED:,} letters more"
    if plan is not None:
        text += f"\nplan: {plan.frame_count} frames at {plan.fps} a second, {float(plan.seconds):.3f} s; "
        text += f"{len(plan.shown_cycles)} shown steps, {len(plan.spans)} spans, {len(plan.cues)} captions"
        for shot in dict.fromkeys(span.shot for span in plan.spans):
            spans = [span for span in plan.spans if span.shot == shot]
            text += f"\n  {prepared.scene.shots[shot].shot}: frames {spans[0].start} to {spans[-1].stop - 1}"
    return "\n".join([text, *(f"problem: {problem}" for problem in prepared.problems)])


def _notes_in_unit(scene: Look, notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(in_unit(note, scene.outline.unit) for note in notes)


def _prepared(source: Scene | Filmed, *, film: bool) -> Prepared:
    given = scene_of(source)
    if not film and isinstance(given, Scene):
        return _prepared_for_training(source, given)
    silent = sound_problems(given)
    if given.sync is not None and given.sync.is_heard:
        silent += library_problems()
    problems = drawing_problems(given)
    layout = _Layout(given) if silent else _lay_out(given)
    if isinstance(source, Filmed):
        problems += recording_problems(source.recorded, given) if isinstance(source.recorded, Recording) else []
    elif not problems and not (silent and source.schedule.frames == "beats"):
        assert isinstance(layout.scene, Scene)
        problems += layout.schedule_problems or _size_problems(layout.scene)
    problems += [*caption_fit_problems(given), *layout.caption_problems, *silent, *layout.schedule_problems]
    plan = layout.plan
    if plan is not None:
        problems += platform_length_problems(given, plan.seconds)
        if given.audio is not None:
            problems += fitting_problems(given.audio, plan.seconds)
    if plan is None or problems:
        return Prepared(source, layout.scene, plan, None, tuple(dict.fromkeys(problems)), ())
    track = None
    if given.audio is not None and not given.audio.is_sonified:
        track = soundtrack(given.audio, plan.seconds)
        if silence := silence_problems(given.audio, plan.seconds):
            return Prepared(source, layout.scene, plan, None, tuple(silence), ())
    if given.pulse and track is not None and given.style == "glow":
        loudness = levels(track, round(plan.seconds * SAMPLE_RATE)).coarse
        plan = replace(plan, glow=breathing(loudness, COARSE_RATE, plan.fps, plan.frame_count, given.pulse))
    return Prepared(source, layout.scene, plan, track, (), tuple(_notes(source, given, plan)))


def _prepared_for_training(source: Scene | Filmed, given: Scene) -> Prepared:
    """A scene as it is trained; music is only decoded where the schedule follows from its beats."""
    notes = tuple(data_notes(given))
    if given.schedule.frames != "beats":
        return Prepared(source, given, None, None, (), notes)
    try:
        length = film_length(given)
        scene = _resolved_schedule(given, length, None if length is None else _rhythm(given, length))
    except InputError as wrong:
        return Prepared(source, given, None, None, tuple(wrong.problems), ())
    return Prepared(source, scene, None, None, (), notes)


def finish(prepared: Prepared, recorded: Recording | Comparison) -> Finished:
    """The film with all that only its recording knows. Warns (NetvizWarning) of what finds no place in it."""
    assert prepared.plan is not None, "a film with problems is not finished"
    film = Filmed(recorded, prepared.scene)
    recording = recorded.whole if isinstance(recorded, Comparison) else recorded
    scene = film.scenes[film.recordings.index(recording)]
    # Numbers of a run may be of any size, and sums of them may overflow.
    with phase(_log, "the story"), np.errstate(all="ignore"):
        plan = _saying_that_it_diverged(_with_story(prepared.plan, recording, scene), scene)
    if new := plan.notes[len(prepared.plan.notes) :]:
        warn_caller(NetvizWarning("; ".join(new)))
    return Finished(plan, film)


def _with_story(plan: Plan, recording: Recording, scene: Look) -> Plan:
    if scene.told is None:
        return add_story(plan, recording, scene)
    from netviz.drawing.legibility import has_room

    return add_story(plan, recording, scene, has_room(scene))


def _saying_that_it_diverged(plan: Plan, scene: Look) -> Plan:
    """The plan without captions while the film says that the run diverged: in rests after it, else in its last cycle.

    One that begins before ends there, or is left out where that leaves no time to read it.
    """
    if scene.outline.diverged is None:
        return plan
    ended = [span for span in plan.spans if span.cycle == scene.outline.last_step]
    said = [(span.start, span.stop) for span in ended if span.kind == "rest"]
    cues = []
    if not said and ended:
        text = say(scene, "rest-diverged", cycle=whole(scene, scene.outline.diverged))
        start = max(0, min(ended[-1].start, plan.frame_count - frames_for(text, plan.fps)))
        said = [(start, min(plan.frame_count, max(ended[-1].stop, start + frames_for(text, plan.fps))))]
        cues = [Cue(*said[0], text)]
    for cue in plan.cues:
        stop = min([cue.stop, *(start for start, end in said if cue.start < end and start < cue.stop)])
        if stop == cue.stop or stop - cue.start >= frames_to_read(cue.text, plan.fps):
            cues.append(replace(cue, stop=stop))
        elif any(cue.text == caption.text for caption in scene.captions):
            message = f"the caption {printable(cue.text)!r} is left out: there the film says that the run diverged"
            warn_caller(NetvizWarning(message))
    return replace(plan, cues=tuple(sorted(cues, key=lambda cue: cue.start)))


def shortened(prepared: Prepared, scene: Scene) -> Prepared:
    """The same film, to the same length, of a scene whose run ends earlier: see diverged_runs.py.

    Captions at cycles that the film does not come to any more are left out.
    """
    assert prepared.plan is not None, "without problems there is a plan"
    length = prepared.plan.seconds
    laid_out = make_plan(scene, length, _rhythm(scene, length))
    too_late = [caption for caption in scene.captions if _is_after(caption, scene.training.cycles)]
    try:
        laid_out = add_captions(_without(scene, too_late), laid_out)
    except InputError:  # those of cycles have other moments now, and need not find room there
        too_late = [caption for caption in scene.captions if caption.moment.kind == "cycle"]
        laid_out = add_captions(_without(scene, too_late), laid_out)
    if too_late:
        cycles = " and ".join(f"{int(caption.moment.number):,}" for caption in too_late)
        warn_caller(NetvizWarning(f"captions at cycle {cycles} are left out: the run ends before"))
    scene = _without(scene, too_late)
    return replace(prepared, scene=scene, plan=replace(laid_out, glow=prepared.plan.glow))


def _is_after(caption: Caption, cycle: int) -> bool:
    return caption.moment.kind == "cycle" and caption.moment.number > cycle


def _without(scene: Scene, captions: Collection[Caption]) -> Scene:
    return scene.model_copy(update={"captions": tuple(each for each in scene.captions if each not in captions)})


def plan(source: Source, *, look: LookSource | None = None, frames: int | None = None) -> Plan:
    """The plan of the film of a scene or recording: what it shows when, to the frame. look, frames: as in `render`.

    Raises InputError if its music cannot be read, its captions find no place, or its platform takes no film so long.
    """
    return prepare(resolved(source, look, frames)).checked()


@dataclass(frozen=True, eq=False)
class _Layout:
    """A scene's schedule and plan, as far as they could be worked out, and what kept them from it."""

    scene: Look
    plan: Plan | None = None
    schedule_problems: tuple[Problem, ...] = ()
    caption_problems: tuple[Problem, ...] = ()


def _lay_out(given: Look) -> _Layout:
    """The layout of a scene whose music can be heard: its rhythm is found once, for the schedule and for the plan."""
    try:
        length = film_length(given)
        rhythm = None if length is None else _rhythm(given, length)
        scene = _resolved_schedule(given, length, rhythm)
        if given.sync is not None and length is None:
            rhythm = _rhythm(given, make_plan(scene, None).seconds)
        plan = make_plan(scene, length, rhythm)
    except InputError as wrong:
        return _Layout(given, schedule_problems=tuple(wrong.problems))
    try:
        return _Layout(scene, add_captions(scene, plan))
    except InputError as wrong:
        return _Layout(scene, plan, caption_problems=tuple(wrong.problems))


def _resolved_schedule(given: Look, length: Fraction | None, rhythm: Rhythm | None) -> Look:
    """The scene, its schedule a number of cycles where that follows from beats; one that it gives itself stays."""
    if not isinstance(given, Scene) or given.schedule.frames != "beats":
        return given
    scene, shown = given, 0
    if length is not None and rhythm is not None:
        shown = min(shown_on_beats(scene, length, rhythm), scene.training.cycles, MOST_SHOWN)

    def with_shown(count: int) -> Scene:
        return scene.model_copy(update={"schedule": Schedule(frames=count)})

    while shown > scene.usual_shown and is_too_large(with_shown(shown)):
        shown = shown * 9 // 10
    return with_shown(shown or scene.usual_shown)


MOST_BEATS = 100_000
"""Most beats of a film: those of fourteen hours at the usual 120 a minute."""


def _rhythm(scene: Look, seconds: Fraction) -> Rhythm | None:
    """Rhythm that the steps of a film of so many seconds keep; None if they are to be even.

    Raises InputError if music is to be listened to, and cannot be fitted to the film, or if the beats are too many.
    """
    sync = scene.sync
    if sync is None:
        return None
    if sync.at is not None:
        return listed_beats(placed_beats(sync.at, seconds), sync.bar, seconds)
    if sync.bpm is not None:
        if (count := int(seconds * Fraction(str(sync.bpm)) / 60)) > MOST_BEATS:
            message = f"{count:,} beats are more than a film can follow; at most {MOST_BEATS:,}: give fewer a minute"
            raise InputError([Problem("sync.bpm", message)])
        return even_beats(Fraction(str(sync.bpm)), Fraction(str(sync.offset or 0)), sync.bar, seconds)
    assert scene.audio is not None, "beats are heard in music"
    if problems := [*fitting_problems(scene.audio, seconds)]:
        raise InputError(problems)
    return find_rhythm(soundtrack(scene.audio, seconds), round(seconds * SAMPLE_RATE), sync.to, sync.bar)


def _size_problems(scene: Scene) -> list[Problem]:
    """Problems of a recording that would be too large, or of runs that cannot be trained and drawn side by side."""
    if scene.compare is not None:
        return side_by_side_problems(scene)
    try:
        refuse_too_large(scene)
    except InputError as wrong:
        return [*wrong.problems]
    return []


SHORT_NAME = 8
"""Largest number of letters of a name for which there is always room: nothing to load matplotlib for."""


def _notes(source: Scene | Filmed, scene: Look, plan: Plan) -> Iterator[str]:
    """Notes for the user on a film that can be made."""
    if isinstance(source, Filmed) and isinstance(source.recorded, Recording) and scene.outline.diverged is not None:
        where = source.recorded.info.get(DIVERGED_IN, "a number")
        at, last = (f"{scene.outline.unit} {step:,}" for step in (scene.outline.diverged, scene.outline.last_step))
        yield f"training diverged in {at}: {where} left the range of numbers; the film shows the run up to {last}"
    if isinstance(source, Scene):
        yield from data_notes(source)
    yield from length_notes(scene, plan.seconds)
    if others := [note for note in plan.notes if note not in plan.time_notes]:
        yield "; ".join(others)
    if scene.palette is not None:
        from netviz.drawing.palette_notes import palette_notes

        yield from palette_notes(scene)
    texts = [
        *scene.runs,
        *(scene.title, scene.subtitle),
        *scene.network.inputs,
        *scene.network.outputs,
        *(name for layer in scene.network.hidden for name in layer),
        *(shot.caption or "" for shot in scene.shots),
        *(caption.text for caption in scene.captions),
        *scene.phrases.values(),
        *(panel.text for panel in scene.shown_panels if isinstance(panel, TextPanelSpec)),
    ]
    if not all(text.isascii() for text in texts):  # the fonts have those letters: nothing to load matplotlib for
        from netviz.drawing.text import Typefaces, missing_letters_note

        if (note := missing_letters_note(texts, Typefaces.make(scene.font))) is not None:
            yield note
    if scene.figures_font is not None:
        from netviz.drawing.text import missing_signs_note

        if (note := missing_signs_note(scene.figures_font)) is not None:
            yield note
    names = scene.network
    if any(map(any, names.hidden)) or any(len(name) > SHORT_NAME for name in (*names.inputs, *names.outputs)):
        from netviz.drawing.legibility import cut_names, left_out_names

        yield from cut_names(scene)
        yield from left_out_names(scene)
    if any(isinstance(panel, TextPanelSpec) for panel in scene.shown_panels):
        from netviz.drawing.legibility import cut_texts

        yield from cut_texts(scene)
    has_pictures = any(isinstance(panel, PicturePanelSpec) for panel in scene.shown_panels)
    if has_pictures and not scene.output.transparent:  # else what is behind them is not known
        from netviz.drawing.picture_notes import picture_notes

        yield from picture_notes(scene)
