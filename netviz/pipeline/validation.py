"""Problems of films and their files: checks of sources, targets, fonts and platforms that `prepare` gathers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import prod
from pathlib import Path

from netviz.atomic_files import EXISTS, amount, output_problems
from netviz.errors import Problem
from netviz.ffmpeg import FfmpegMissing, has_encoder
from netviz.pipeline.looks import Filmed
from netviz.recording.network import MOST_NEURONS, MOST_WEIGHTS
from netviz.recording.recording import Recording
from netviz.resources import music
from netviz.scene.files import FONTS, no_such_file
from netviz.scene.overrides import run_scenes
from netviz.scene.panels import PicturePanelSpec
from netviz.scene.recorded_phrases import in_unit
from netviz.scene.scene import Look, Scene
from netviz.timeline.plan import Plan, make_plan
from netviz.timeline.side_by_side import SideBySide, timeline_of
from netviz.timeline.timeline import Timeline
from netviz.training.comparison import comparison_problems
from netviz.video.formats import FILE_KINDS, OPAQUE, PICTURES, SVT_AV1, is_picture, is_played
from netviz.video.webvtt import captions_beside, is_written_for

LARGEST_CLASSIC, MOST_IN_CLASSIC = 2_000, 64
"""Most synapses, and neurons in a layer, for the style classic, which draws every one of them by itself."""

LARGEST_FONT = 100_000_000
"""Bytes of the largest font; a tenth holds every sign of Chinese. What is none is searched to its end."""


def recording_problems(recording: Recording, scene: Look) -> list[Problem]:
    """Problem that keeps a whole film from a recording of netviz's own: training broke off."""
    last, cycles = int(recording.step[-1]), scene.outline.last_step
    if recording.training_setup is None or last == cycles:
        return []
    message = f"training broke off after cycle {last:,} of {cycles:,}, so there is no whole film in it"
    return [Problem("the recording", message)]


def one_run_problems(scene: Look) -> list[Problem]:
    """Problem of a scene that compares several runs where one run is needed."""
    if not scene.runs:
        return []
    if not isinstance(scene, Scene) or scene.compare is None:
        return [Problem("", f"this is made of one run, and {len(scene.runs)} are given; give one of them")]
    first = next((f" --set {key}={value}" for run in scene.compare for key, value in run.set.items()), "")
    message = f"a recording is of one run, and the scene compares {len(scene.compare)}; choose one of them"
    return [Problem("compare", f"{message}: --set compare=null{first}")]


def side_by_side_problems(scene: Scene) -> list[Problem]:
    """Problems that keep the runs of a scene from being trained and drawn side by side."""
    found = comparison_problems(scene)
    if found:
        return found
    spans = make_plan(scene, None).spans
    for index, run in enumerate(run_scenes(scene)):
        problems = [problem for problem in drawing_problems(run) if problem.where == "network.layers"]
        found += [replace(each, where=f"compare[{index}]: {each.where}") for each in problems]
        if not problems and make_plan(run, None).spans != spans:
            message = "this run's film would show other things at other times; side by side they share one clock"
            found.append(Problem(f"compare[{index}]", message))
    return found


def target_problems(
    target: Path, suffixes: tuple[str, ...], overwrite: bool, inputs: Iterable[Path] = ()
) -> list[Problem]:
    """Problems with writing a file that ends in one of `suffixes` to `target`. inputs: files it must not replace."""
    problems = output_problems(target, overwrite, [*inputs])
    if not problems and target.suffix.lower() not in suffixes:
        *others, last = suffixes
        ends = f"{', '.join(others)} or {last}" if others else last
        problems.append(Problem(str(target), f"give a name that ends in {ends}"))
    return problems


def picture_problems(scene: Look, target: Path, overwrite: bool, inputs: Iterable[Path] = ()) -> list[Problem]:
    """Problems with writing a picture of the scene to `target`."""
    return target_problems(target, PICTURES, overwrite, inputs) or _transparency_problems(scene, target)


def _transparency_problems(scene: Look, target: Path) -> list[Problem]:
    suffix = target.suffix.lower()
    if not scene.output.transparent or suffix not in OPAQUE:
        return []
    return [Problem(str(target), f"cannot be transparent: {OPAQUE[suffix]}")]


_NUMBERED = re.compile(r"%0?\d*d")
"""Placeholder of the number in the names of ffmpeg's numbered pictures."""


OTHER_CAPTIONS = "exists already, and is not what netviz wrote for this film; --overwrite replaces it"


def film_target_problems(
    scene: Look, targets: Sequence[Path], overwrite: bool, inputs: Iterable[Path] = (), fingerprint: str = ""
) -> list[Problem]:
    """Problems with writing the scene's film to `targets`, or its captions beside the first of them.

    fingerprint: of the film; captions of the same film, as netviz wrote them for another of its files, are replaced.
    Single pictures among them are the moment of a poster.
    """
    inputs, problems = [*inputs], []
    for target in targets:
        problems += target_problems(target, (*FILE_KINDS, *PICTURES), overwrite, inputs)
        problems += _transparency_problems(scene, target)
        if _NUMBERED.search(target.name) and is_picture(target):
            message = "numbered pictures are not made; editors take film.mov, and `netviz still --at` makes single ones"
            problems.append(Problem(str(target), message))
    if scene.output.webm == "av1" and any(target.suffix.lower() == ".webm" for target in targets):
        problems += _problems_of_av1()
    captions = captions_of(scene, targets)
    if captions is not None and not any(problem.message != EXISTS for problem in problems):
        found = target_problems(captions, (".vtt",), overwrite or is_written_for(captions, fingerprint), inputs)
        problems += [replace(each, message=OTHER_CAPTIONS) if each.message == EXISTS else each for each in found]
    return problems


def _problems_of_av1() -> list[Problem]:
    with suppress(FfmpegMissing):  # which is told by itself
        if not has_encoder(SVT_AV1):
            message = "the ffmpeg here cannot encode AV1 (it lacks SVT-AV1); give vp9, or leave it out"
            return [Problem("output.webm", message)]
    return []


def captions_of(scene: Look, targets: Sequence[Path]) -> Path | None:
    """The file of the film's captions, beside the first that a player plays; None if there is none, or no captions."""
    played = [target for target in targets if is_played(target)]
    return captions_beside(played[0]) if played and tells(scene) else None


def tells(scene: Look) -> bool:
    """Return whether the film has captions, so that there will be a file of them."""
    return bool(scene.captions) or scene.told is not None


def input_files(scene: Look) -> list[Path]:
    """The files a film is made from, which it must not replace."""
    pictures = [Path(panel.file) for panel in scene.panels or () if isinstance(panel, PicturePanelSpec)]
    sound = scene.audio
    return pictures if sound is None or sound.is_sonified else [music(sound.file), *pictures]


def scene_of(source: Scene | Filmed) -> Look:
    """The scene itself, or the one that a recorded run is shown with."""
    return source if isinstance(source, Scene) else source.scene


def in_its_unit(scene: Look, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems of a film, in the run's own word for its steps."""
    outline = scene.outline
    return (
        tuple(problems)
        if outline.is_own
        else tuple(replace(problem, message=in_unit(problem.message, outline.unit)) for problem in problems)
    )


def film_timeline(plan: Plan, film: Filmed) -> Timeline | SideBySide:
    """The state of every frame of the film of a recording, or of several side by side."""
    return timeline_of(plan, film.recorded, film.scene, film.scenes)


def drawing_problems(scene: Look) -> list[Problem]:
    """A network with more in it than a picture can show; a font or a picture that is none."""
    problems = []
    outline, classic = scene.outline, scene.style == "classic"
    layers, synapses = outline.layers, outline.synapses
    most, most_in_layer = (LARGEST_CLASSIC, MOST_IN_CLASSIC) if classic else (MOST_WEIGHTS, MOST_NEURONS)
    drawn = [*layers]
    if (
        scene.network.grid is not None and not classic
    ):  # a pixel is one cell; a picture has room where no synapse leaves it
        drawn[0] = 0 if 1 in outline.blocks else prod(scene.network.grid)
    if synapses > most or max(drawn) > most_in_layer:
        others = "other styles show larger ones" if classic else "`netviz record` trains larger ones"
        message = (
            f"{list(layers)} has {synapses:,} synapses and up to {max(layers):,} neurons in a layer; "
            f"{'the style classic' if classic else 'a film'} can show {most:,} synapses and {most_in_layer:,} neurons "
            f"in a layer ({others})"
        )
        problems.append(Problem("network.layers", message))
    if scene.font is not None and (fault := _font_fault(Path(scene.font))):
        problems.append(Problem(f"font: {scene.font}", fault))
    if scene.figures_font is not None and (fault := _figures_fault(Path(scene.figures_font))):
        problems.append(Problem(f"figures_font: {scene.figures_font}", fault))
    for index, panel in enumerate(scene.panels or ()):
        if not isinstance(panel, PicturePanelSpec):
            continue
        from netviz.drawing.picture_file import picture_fault

        if (fault := picture_fault(Path(panel.file))) is not None:
            problems.append(Problem(f"panels[{index}].file: {panel.file}", fault))
    return problems


def caption_fit_problems(scene: Look) -> list[Problem]:
    """Captions that are too long for their place in the picture."""
    from netviz.drawing.legibility import illegible_captions

    if not scene.captions or (scene.font is not None and _font_fault(Path(scene.font)) is not None):
        return []
    return [Problem(f"captions[{index}].text", fault) for index, fault in illegible_captions(scene)]


def _font_fault(path: Path) -> str | None:
    from netviz.drawing.text import is_font

    try:
        if not path.is_file():  # a pipe or a device would be waited for
            return no_such_file(path, FONTS)
        if (size := path.stat().st_size) > LARGEST_FONT:
            return f"a file of {amount(size)} is too large for a font; {LARGEST_FONT / 1e6:g} MB are the most"
    except OSError:
        return no_such_file(path, FONTS)
    return None if is_font(path) else "cannot be read as a font; .ttf or .otf is expected"


def _figures_fault(path: Path) -> str | None:
    from netviz.drawing.text import DIGITS, lacking

    if fault := _font_fault(path):
        return fault
    digits = lacking(DIGITS, path)
    return f"has no {', '.join(digits)}; figures need a font with all ten digits" if digits else None
