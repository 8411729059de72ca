"""The way of the data in a few calls: scene, recording, pictures. Films of them are made by `films`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netviz.errors import InputError, NetvizWarning, Problem
from netviz.film.breathing import breathing
from netviz.film.moments import frame_at
from netviz.film.plan import Plan, make_plan, shown_on_beats
from netviz.film.rhythm import Rhythm, even_beats, listed_beats
from netviz.film.side_by_side import SideBySide, frames_of
from netviz.film.telling import told
from netviz.film.timeline import Timeline
from netviz.learn.cache import record_once, recording_cache
from netviz.learn.comparison import Comparison, comparison_problems
from netviz.learn.comparison import compare as compare_runs
from netviz.learn.recorder import is_too_large, refuse_too_large
from netviz.learn.recording import Recording
from netviz.learn.training import record as train
from netviz.places import music
from netviz.scene.check import MOST_SHOWN
from netviz.scene.panels import PicturePanel
from netviz.scene.runs import run_scenes
from netviz.scene.sound import Sound
from netviz.scene.spec import Scene, Schedule
from netviz.sound.audio import SAMPLE_RATE
from netviz.sound.beats import find_rhythm, library_problems
from netviz.sound.hearing import COARSE_RATE, levels
from netviz.sound.length import film_length, fitting_problems, sound_problems, warn_of_length
from netviz.sound.track import Soundtrack, soundtrack
from netviz.video.files import EXISTS, output_problems
from netviz.video.vtt import vtt_beside

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

    from netviz.picture.stage import Stage

Source = Scene | Recording | Comparison
"""What films and stills are made of: something to be trained, or what training has left."""

Progress = Callable[[str, int, int], None]
"""Called with the phase ("training", "drawing", ...), what is done of it and how much it is in all."""

LARGEST_DRAWN, MOST_IN_LAYER = 250_000, 1_024
"""Synapses, and neurons in one layer, of which a picture can still say something: most of them together."""
LARGEST_CLASSIC, MOST_IN_CLASSIC = 2_000, 64
"""The same for the style classic, which draws every one of them by itself."""


def record(scene: Scene, *, progress: Progress | None = None, cache: bool = False) -> Recording:
    """Train the scene's network and keep the moments its film needs. Of a scene that compares runs use `compare`.

    cache: whether the recording may come from the user's cache of recordings instead, and is put there if training took
    longer than reading it will (see `netviz.learn.cache`); it is the same to the last bit.
    Raises InputError if the recording would be too large or the scene compares runs, TrainingDiverged (with the
    recording up to there) if the numbers run away.
    """
    if problems := one_run_problems(scene):
        raise InputError(problems)

    def trained(scene: Scene) -> Recording:
        if progress is None:
            return train(scene)
        return train(scene, progress=lambda done, total: progress("training", done, total))

    return record_once(settled(scene), trained, recording_cache() if cache else None)


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


def compare(scene: Scene, *, progress: Progress | None = None, cache: bool = False) -> Comparison:
    """Train all runs of a scene that compares some. progress, cache: as in `record`, for each run by itself.

    Raises InputError as `render` does, NetvizError if all runs diverge: one that does is kept up to there.
    """
    scene = settled(scene)
    problems = compare_problems(scene) if scene.compare is not None else [Problem("compare", "names no runs")]
    if problems:
        raise InputError(problems)

    def run(of: Scene, name: str) -> Recording:
        told = progress and (lambda phase, done, total: progress(f"{phase} {name}", done, total))
        return record(of, progress=told, cache=cache)

    return compare_runs(scene, run)


def recorded(source: Source, *, progress: Progress | None = None, cache: bool = False) -> Recording | Comparison:
    """The source itself where it is recorded, or what its training leaves: of the scene's one run, or of all."""
    if not isinstance(source, Scene):
        return source
    return (record if source.compare is None else compare)(source, progress=progress, cache=cache)


def plan(scene: Scene) -> Plan:
    """What the scene's film shows when, to the frame. Raises InputError if its music cannot be read."""
    made = _laid_out(scene)
    if scene.audio is not None and (problems := [*fitting_problems(scene.audio, made.seconds)]):
        raise InputError(problems)
    warn_of_length(scene, made.seconds)
    made = replace(made, glow=_glow(scene, made))
    if made.notes:
        warnings.warn("; ".join(made.notes), NetvizWarning, stacklevel=2)
    _warn_of_letters(scene)
    return made


def _laid_out(scene: Scene) -> Plan:
    """The plan itself, without a word to the user."""
    scene = settled(scene)
    length = film_length(scene)
    seconds = make_plan(scene, None).seconds if scene.sync is not None and length is None else length
    return make_plan(scene, length, None if seconds is None else _rhythm(scene, seconds))


def tell(made: Plan, source: Recording | Comparison) -> Plan:
    """The plan with all that only the recording knows. Warns of what it lacks. To be called once, before a timeline."""
    whole = told(made, source.whole if isinstance(source, Comparison) else source)
    if new := whole.notes[len(made.notes) :]:
        warnings.warn("; ".join(new), NetvizWarning, stacklevel=2)
    return whole


def one_run_problems(scene: Scene) -> list[Problem]:
    """Why a scene that compares several runs cannot be recorded, or asked, as one."""
    if scene.compare is None:
        return []
    first = next((f" --set {key}={value}" for run in scene.compare for key, value in run.set.items()), "")
    message = f"a recording is of one run, and the scene compares {len(scene.compare)}; choose one of them"
    return [Problem("compare", f"{message}: --set compare=null{first}")]


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


def compare_problems(scene: Scene) -> list[Problem]:
    """What keeps the runs of a scene from being trained and drawn side by side."""
    found = comparison_problems(scene)
    if found:
        return found
    spans = make_plan(scene, None).spans
    for index, run in enumerate(run_scenes(scene)):
        problems = [problem for problem in _drawing_problems(run) if problem.where == "network.layers"]
        found += [Problem(f"compare[{index}]: {each.where}", each.message) for each in problems]
        if not problems and make_plan(run, None).spans != spans:
            message = "this run's film would show other things at other times; side by side they share one clock"
            found.append(Problem(f"compare[{index}]", message))
    return found


def scene_problems(source: Source) -> list[Problem]:
    """Everything that keeps the film of this scene or recording from being made, wherever it is written to."""
    scene = scene_of(source)
    problems, unheard = _drawing_problems(scene), sound_problems(scene)
    if scene.sync is not None and scene.sync.is_heard:
        unheard += library_problems()
    if isinstance(source, Recording):
        problems += _breaking_off(source)
        if scene.compare is not None:
            problems.append(Problem("compare", "a recording is of one run; render the scene to compare several"))
    elif not problems and not (unheard and scene.schedule.frames == "beats"):
        try:
            if scene.compare is None:
                refuse_too_large(settled(scene))
            else:
                problems += compare_problems(settled(scene))
        except InputError as wrong:
            problems += wrong.problems
    if scene.captions:
        problems += _caption_problems(scene, is_length_known=not unheard)
    return problems + unheard


def target_problems(
    target: Path, suffixes: tuple[str, ...], overwrite: bool, inputs: Iterable[Path] = ()
) -> list[Problem]:
    """Why what ends in one of `suffixes` cannot be written to `target`. inputs: files it must not replace."""
    problems = output_problems(target, overwrite, [*inputs])
    if not problems and not target.name.lower().endswith(suffixes):
        problems.append(Problem(str(target), f"give a name that ends in {' or '.join(suffixes)}"))
    return problems


def film_target_problems(scene: Scene, target: Path, overwrite: bool, inputs: Iterable[Path] = ()) -> list[Problem]:
    """Why the scene's film cannot be written to `target`, or its captions beside it."""
    inputs = [*inputs]
    problems = target_problems(target, (".mp4",), overwrite, inputs)
    if tells(scene) and not any(problem.message != EXISTS for problem in problems):
        problems += target_problems(vtt_beside(target), (".vtt",), overwrite, inputs)
    return problems


def tells(scene: Scene) -> bool:
    """Whether the film tells something in words, so that there will be a file of its captions."""
    return bool(scene.captions) or scene.story is not None


def input_files(scene: Scene) -> list[Path]:
    """The files a film is made from, which it must not replace."""
    pictures = [Path(panel.file) for panel in scene.panels or () if isinstance(panel, PicturePanel)]
    sound = scene.audio
    return pictures if sound is None or sound.is_sonified else [music(sound.file), *pictures]


def scene_of(source: Source) -> Scene:
    """The scene itself, or the one that was recorded."""
    return source if isinstance(source, Scene) else source.scene


def _drawing_problems(scene: Scene) -> list[Problem]:
    """A network with more in it than a picture can show; a font or a picture that is none."""
    problems = []
    layers = scene.network.layers
    synapses = sum(a * b for a, b in pairwise(layers))
    classic = scene.style == "classic"
    most, most_in_layer = (LARGEST_CLASSIC, MOST_IN_CLASSIC) if classic else (LARGEST_DRAWN, MOST_IN_LAYER)
    if synapses > most or max(layers) > most_in_layer:
        others = "other styles show larger ones" if classic else "`netviz record` trains larger ones"
        message = (
            f"{list(layers)} has {synapses:,} synapses and up to {max(layers):,} neurons in a layer; "
            f"{'the style classic' if classic else 'a film'} can show {most:,} synapses and {most_in_layer:,} neurons "
            f"in a layer ({others})"
        )
        problems.append(Problem("network.layers", message))
    if scene.font is not None and (fault := _font_fault(Path(scene.font))):
        problems.append(Problem(f"font: {scene.font}", fault))
    for index, panel in enumerate(scene.panels or ()):
        if isinstance(panel, PicturePanel) and (fault := _picture_fault(Path(panel.file))):
            problems.append(Problem(f"panels[{index}].file: {panel.file}", fault))
    return problems


def _caption_problems(scene: Scene, is_length_known: bool) -> list[Problem]:
    """Captions that are too long for their place, or find no time in a film whose length is known."""
    from netviz.picture.legible import illegible_captions

    problems = []
    if scene.font is None or _font_fault(Path(scene.font)) is None:
        problems += [Problem(f"captions[{index}].text", fault) for index, fault in illegible_captions(scene)]
    try:
        if is_length_known:
            _laid_out(scene)
    except InputError as wrong:
        problems += [problem for problem in wrong.problems if problem.where.startswith("captions")]
    return problems


def _font_fault(path: Path) -> str | None:
    from netviz.picture.type import Font, width

    try:
        if not path.is_file():  # a pipe or a device would be waited for
            return "no such file"
        width("a", Font(path), 10)
    except (OSError, RuntimeError, ValueError):
        return "cannot be read as a font; .ttf or .otf is expected"
    return None


def _picture_fault(path: Path) -> str | None:
    from PIL import Image

    try:
        if not path.is_file():
            return "no such file"
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            picture.load()  # only here a file that breaks off is found out
    except Exception:  # a broken picture makes Pillow raise almost anything
        return "cannot be read as a picture; a PNG or JPEG file is expected"
    return None


def _breaking_off(recording: Recording) -> list[Problem]:
    last, wanted = int(recording.cycle[-1]), recording.scene.training.cycles
    if last == wanted:
        return []
    message = f"training broke off after cycle {last:,} of {wanted:,}, so there is no whole film in it"
    return [Problem("the recording", message)]


def pictures(
    timeline: Timeline | SideBySide, stage: Stage | None = None, frames: range | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Every frame's picture for a film, in order; one that looks like the last is not drawn again.

    Each is (height * 3 / 2, width): planes of luma and chroma, as `Stage.draw` says. All are the stage's own memory:
    use each before asking for the next. frames: all of the film's if not given.
    """
    if stage is None:
        from netviz.picture.space import YUV420
        from netviz.picture.stage import Stage

        stage = Stage(timeline, YUV420)
    last: Any = None
    picture: NDArray[np.uint8] | None = None
    for index in range(timeline.frame_count) if frames is None else frames:
        key = timeline.key(index)
        if picture is None or key != last:
            picture, last = stage.draw(timeline.frame(index)), key
        yield picture


def still(
    source: Source,
    at: str = "50%",
    output: str | Path | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    cache: bool = False,
) -> NDArray[np.uint8]:
    """One picture of the film, (height, width, 3) red, green, blue, also written as PNG where `output` is given.

    at: 50%, 12.5s, cycle:200, shot:3, start or end. cache: as in `record`. Raises InputError as `render` does.
    """
    scene = scene_of(source)
    problems = scene_problems(source)
    if output is not None:
        problems += target_problems(Path(output), (".png",), overwrite, input_files(scene))
    made = None
    try:
        made = plan(scene)
        frame_at(made, at)
    except InputError as wrong:
        problems += [problem for problem in wrong.problems if problem not in problems]
    if problems or made is None:
        raise InputError(problems)
    runs = recorded(source, progress=progress, cache=cache)
    timeline = frames_of(tell(made, runs), runs)
    from netviz.picture.stage import Stage

    picture = Stage(timeline).draw(timeline.frame(frame_at(timeline.plan, at)))
    if output is not None:
        _write_png(Path(output), picture, overwrite)
    return picture


def _write_png(target: Path, picture: NDArray[np.uint8], overwrite: bool) -> None:
    import imageio.v3

    from netviz.video.files import whole_or_not_at_all

    with whole_or_not_at_all(target, overwrite=overwrite) as temporary:
        imageio.v3.imwrite(os.fspath(temporary), picture, extension=".png")


def animate(recording: Recording | Comparison, figure: Figure | None = None) -> FuncAnimation:
    """The film of a recording, or of several side by side, as a matplotlib animation.

    Keep a reference to it, as with any animation.

    figure: one to draw into, from pyplot for example; without it one of the film's size in pixels is made.
    """
    from netviz.picture.animation import make_animation

    problems = scene_problems(recording)
    if problems:
        raise InputError(problems)
    return make_animation(frames_of(tell(plan(recording.scene), recording), recording), figure)
