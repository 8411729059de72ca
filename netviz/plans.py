"""What a film shows when: laid out from its scene and its music, and told by its recording."""

from __future__ import annotations

import warnings
from dataclasses import replace
from fractions import Fraction

from netviz.errors import InputError, NetvizWarning
from netviz.film.breathing import breathing
from netviz.film.plan import Plan, make_plan, shown_on_beats
from netviz.film.rhythm import Rhythm, even_beats, listed_beats
from netviz.film.telling import told
from netviz.learn.comparison import Comparison
from netviz.learn.recorder import is_too_large
from netviz.learn.recording import Recording
from netviz.platforms import length_problems
from netviz.scene.check import MOST_SHOWN
from netviz.scene.sound import Sound
from netviz.scene.spec import Scene, Schedule
from netviz.sound.audio import SAMPLE_RATE
from netviz.sound.beats import find_rhythm
from netviz.sound.hearing import COARSE_RATE, levels
from netviz.sound.length import film_length, fitting_problems, warn_of_length
from netviz.sound.track import Soundtrack, soundtrack


def plan(scene: Scene) -> Plan:
    """What the scene's film shows when, to the frame. Raises InputError if its music cannot be read.

    And if it is longer than its platform takes.
    """
    made = laid_out(scene)
    problems = length_problems(scene, made.seconds)
    if scene.audio is not None:
        problems += fitting_problems(scene.audio, made.seconds)
    if problems:
        raise InputError(problems)
    warn_of_length(scene, made.seconds)
    made = replace(made, glow=_glow(scene, made))
    if made.notes:
        warnings.warn("; ".join(made.notes), NetvizWarning, stacklevel=2)
    _warn_of_letters(scene)
    return made


def tell(made: Plan, source: Recording | Comparison) -> Plan:
    """The plan with all that only the recording knows. Warns of what it lacks. To be called once, before a timeline."""
    recording = source.whole if isinstance(source, Comparison) else source
    if recording.scene.story is None:
        whole = told(made, recording)
    else:
        from netviz.picture.legible import has_room

        whole = told(made, recording, has_room(recording.scene))
    if new := whole.notes[len(made.notes) :]:
        warnings.warn("; ".join(new), NetvizWarning, stacklevel=2)
    return whole


def settled(scene: Scene) -> Scene:
    """The scene, its schedule a number of cycles where that follows from the beats: what is trained and filmed.

    A schedule that the scene gives itself stays. Raises InputError if the beats cannot be found.
    """
    if scene.schedule.frames != "beats":
        return scene
    length, shown = film_length(scene), 0
    if length is not None and (rhythm := _rhythm(scene, length)) is not None:
        shown = min(shown_on_beats(scene, length, rhythm), scene.training.cycles, MOST_SHOWN)

    def with_shown(count: int) -> Scene:
        return scene.model_copy(update={"schedule": Schedule(frames=count)})

    while shown > scene.usual_shown and is_too_large(with_shown(shown)):
        shown = shown * 9 // 10
    return with_shown(shown or scene.usual_shown)


def laid_out(scene: Scene) -> Plan:
    """The plan itself, without a word to the user."""
    scene = settled(scene)
    length = film_length(scene)
    seconds = make_plan(scene, None).seconds if scene.sync is not None and length is None else length
    return make_plan(scene, length, None if seconds is None else _rhythm(scene, seconds))


def _rhythm(scene: Scene, seconds: Fraction) -> Rhythm | None:
    """What the steps of a film of so many seconds keep time with; None if they are to be even."""
    sync = scene.sync
    if sync is None:
        return None
    if sync.at is not None:
        return listed_beats([Fraction(str(time)) for time in sync.at], sync.bar, seconds)
    if sync.bpm is not None:
        return even_beats(Fraction(str(sync.bpm)), Fraction(str(sync.offset or 0)), sync.bar, seconds)
    assert scene.audio is not None, "beats are heard in music"
    return find_rhythm(*_heard(scene.audio, seconds), sync.to, sync.bar)


def _heard(sound: Sound, seconds: Fraction) -> tuple[Soundtrack, int]:
    """What is heard of a scene's music in a film of so many seconds, and how many samples that is.

    Raises InputError if the music cannot be fitted to it.
    """
    if problems := [*fitting_problems(sound, seconds)]:
        raise InputError(problems)
    return soundtrack(sound, seconds), round(seconds * SAMPLE_RATE)


def _glow(scene: Scene, made: Plan) -> tuple[float, ...]:
    """How the light of a film follows its music; () if it does not."""
    if not scene.pulse or scene.audio is None or scene.style != "glow":
        return ()
    return breathing(
        levels(*_heard(scene.audio, made.seconds)).coarse, COARSE_RATE, made.fps, made.frame_count, scene.pulse
    )


def _warn_of_letters(scene: Scene) -> None:
    """Warn of characters that would be drawn as empty boxes."""
    captions = [*(shot.caption or "" for shot in scene.shots), *(caption.text for caption in scene.captions)]
    captions += scene.phrases.values()
    texts = [
        *(run.label for run in scene.compare or ()),
        scene.title,
        scene.subtitle,
        *scene.network.inputs,
        *scene.network.outputs,
        *captions,
    ]
    if not all(text.isascii() for text in texts):  # the fonts have those letters: nothing to load matplotlib for
        from netviz.picture.type import Typefaces, check

        check(texts, Typefaces.make(scene.font))
