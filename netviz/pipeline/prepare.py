"""Preparation: the plan of a film from its scene and music, and what its recording and platform add."""

from __future__ import annotations

import warnings
from dataclasses import replace
from fractions import Fraction

from netviz.atomic_files import amount
from netviz.audio.beat_tracking import find_rhythm
from netviz.audio.envelope import COARSE_RATE, levels
from netviz.audio.music_file import SAMPLE_RATE
from netviz.audio.soundtrack import Soundtrack, duration_text, film_length, fitting_problems, soundtrack, warn_of_length
from netviz.errors import InputError, NetvizWarning, Problem
from netviz.scene.model import Schedule
from netviz.scene.output import Sound, platform_of
from netviz.scene.scene import Scene
from netviz.scene.validation import MOST_SHOWN
from netviz.story.story import add_story
from netviz.timeline.beats import Rhythm, breathing, even_beats, listed_beats
from netviz.timeline.captions import add_captions
from netviz.timeline.plan import Plan, make_plan, shown_on_beats
from netviz.training.comparison import Comparison
from netviz.training.recording import Recording
from netviz.training.training_recorder import is_too_large
from netviz.video.writer import Film


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
        whole = add_story(made, recording)
    else:
        from netviz.drawing.legibility import has_room

        whole = add_story(made, recording, has_room(recording.scene))
    if new := whole.notes[len(made.notes) :]:
        warnings.warn("; ".join(new), NetvizWarning, stacklevel=2)
    return whole


def resolve_schedule(scene: Scene) -> Scene:
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
    """The plan itself, without a word to the user. Raises InputError if its captions cannot be placed."""
    scene = resolve_schedule(scene)
    length = film_length(scene)
    seconds = make_plan(scene, None).seconds if scene.sync is not None and length is None else length
    made = make_plan(scene, length, None if seconds is None else _rhythm(scene, seconds))
    return add_captions(scene, made)


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
        from netviz.drawing.text import Typefaces, warn_of_missing_letters

        warn_of_missing_letters(texts, Typefaces.make(scene.font))


# What a film's platform says of the whole film: how long it may be, how large its file, and what it will be for.


def length_problems(scene: Scene, seconds: Fraction) -> list[Problem]:
    """Why the scene's platform does not take a film of so many seconds."""
    name, platform = scene.output.platform, platform_of(scene.output.platform)
    if platform is None or platform.longest is None or seconds <= platform.longest:
        return []
    most, sound = platform.longest, scene.audio
    is_led = sound is not None and not sound.is_sonified and sound.fit == "film"
    cut = " and --set audio.fit=track, which cuts the music" if is_led else ""
    message = (
        f"the film lasts {duration_text(seconds)}, and {name} takes {duration_text(Fraction(most))} at most: "
        f"give --duration {most}{cut}"
    )
    return [Problem("output.platform", message)]


def platform_notes(scene: Scene, film: Film) -> list[str]:
    """What somebody should know who brings this film to the scene's platform: that it does not take so large a file."""
    name, platform = scene.output.platform, platform_of(scene.output.platform)
    if platform is None or platform.largest_file is None:
        return []
    return [
        f"{path}: {amount(size)} are more than the {amount(platform.largest_file)} that {name} takes; a shorter film, "
        "a smaller --size or --quality draft makes a smaller file"
        for path, size in film.files.items()
        if size > platform.largest_file
    ]


def platform_told(scene: Scene) -> str:
    """What a dry run says of the platform: "; for shorts (at most 180.0 s and 256.0 GB, -14 LUFS)"; "" without one."""
    name, platform, sound = scene.output.platform, platform_of(scene.output.platform), scene.audio
    if platform is None:
        return ""
    most = [duration_text(Fraction(platform.longest))] if platform.longest is not None else []
    most += [amount(platform.largest_file)] if platform.largest_file is not None else []
    said = [f"at most {' and '.join(most)}"] if most else []
    if sound is not None and sound.loudness is None and (sound.is_sonified or not sound.gain):
        said.append(f"{platform.loudness:g} LUFS")
    details = f" ({', '.join(said)})" if said else ""
    return f"; for {name}{details}"
