"""Small commands: still, record, think, plan, validate, scenes, new, words, schema, completion, sonify, cache."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path
from typing import Any

import click

import netviz
from netviz.atomic_files import amount
from netviz.cache_folder import VARIABLE
from netviz.cli import console
from netviz.cli.completion import complete_path, complete_scene, complete_words
from netviz.cli.debug_log import debug_option
from netviz.cli.help import command
from netviz.cli.options import (
    EVERY_OPTION,
    all_but,
    allow_outside_option,
    at_option,
    cache_option,
    output_options,
    overwrite_option,
    scene_options,
)
from netviz.cli.sources import OUTPUT_SUFFIXES, located, read_source
from netviz.errors import InputError, Problem
from netviz.pipeline.looks import Filmed, filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.pipeline.validation import one_run_problems, target_problems
from netviz.recording.look_files import files_elsewhere
from netviz.recording.recording import Recording
from netviz.scene.messages import printable
from netviz.scene.scene import Look
from netviz.scene.validation_training import count
from netviz.timeline.pace import is_by_change
from netviz.timeline.plan import Plan
from netviz.training.cache import recording_cache


@command("still")
@scene_options(*all_but("--quality"))
@output_options("The picture; without it the scene's name + .png in the current folder.")
@at_option
@click.option(
    "--seen-as",
    metavar="VISION",
    shell_complete=complete_words("deuteranopia", "protanopia", "tritanopia", "grey"),
    help="How it is seen with deuteranopia, protanopia or tritanopia, or printed in grey.",
)
@cache_option
@click.pass_context
def still_command(
    ctx: click.Context, /, overwrite: bool, at: str, seen_as: str | None, cache: bool, strict: bool, **_: Any
) -> None:
    """Make one picture of the film, as PNG or JPEG."""
    with console.warnings_shown(strict):
        source = read_source(ctx)
        with located(source), console.progress_bar() as progress:
            target = source.target
            netviz.still(
                source.subject, at, target, overwrite=overwrite, seen_as=seen_as, progress=progress, cache=cache
            )
    console.result(f"{console.name(source.target)}: {_size(source.scene)}, {_bytes(source.target)}")


@command("record")
@scene_options(*EVERY_OPTION)
@output_options("The recording; without it the scene's name + .npz in the current folder.")
@click.pass_context
def record_command(ctx: click.Context, /, overwrite: bool, strict: bool, **_: Any) -> None:
    """Train the network and keep its recording, which `netviz render` films without training again.

    If the numbers run away, what was recorded up to there is kept.
    """
    from netviz.training.divergence import TrainingDiverged

    with console.warnings_shown(strict):
        source = read_source(ctx)
        target = source.target
        problems = target_problems(target, OUTPUT_SUFFIXES["record"], overwrite)
        if source.recording is not None:
            problems.append(Problem(str(source.path), "is a recording already; give a scene"))
        with located(source):
            _refuse([*problems, *one_run_problems(source.scene)])
        try:
            with located(source), console.progress_bar() as progress:
                recording = netviz.record(source.to_train, progress=progress)
        except TrainingDiverged as diverged:
            if diverged.recording is not None:
                diverged.recording.save(target)
                _tell_of_files_elsewhere(diverged.recording, target)
                console.note(f"the recording up to there is in {console.name(target)}")
            raise
        recording.save(target)
        _tell_of_files_elsewhere(recording, target)
    moments, cycles = len(recording.step), source.scene.outline.last_step
    console.result(f"{console.name(target)}: {moments:,} moments of {cycles:,} cycles, {_bytes(target)}")


def _tell_of_files_elsewhere(recording: Recording, target: Path) -> None:
    """Say which files a recording names that its films are refused, as a stranger's would be."""
    if files := [*files_elsewhere(recording.look or {}, target.parent)]:
        lie = "lies" if len(files) == 1 else "lie"
        listed = printable(", ".join(map(console.name, map(Path, files))))
        message = f"{listed} {lie} outside the folder of {console.name(target)}; to render it, use --allow-outside"
        console.note(message, mild=True)


@command("think")
@scene_options("--cycles", "--seed")
@click.option("--inputs", metavar="X,Y,...", required=True, help="What the network is to think about, such as 1,1,0.")
@click.option("--json", "as_json", is_flag=True, help="Print the activations of all layers as JSON.")
@cache_option
@click.pass_context
def think_command(ctx: click.Context, /, inputs: str, as_json: bool, cache: bool, strict: bool, **_: Any) -> None:
    """Train the network, then print its answer to a situation."""
    with console.warnings_shown(strict):
        values, problems = _numbers(inputs)
        source = read_source(ctx, problems)
        expected = source.scene.input_count
        if len(values) != expected:
            taken = f"{count(expected, 'input')}{': the coordinates of a point' if source.scene.is_planar else ''}"
            raise InputError([Problem("--inputs", f"{count(len(values), 'value')}, but the network has {taken}")])
        with located(source):
            _refuse(one_run_problems(source.scene))
        recording = source.recording
        if recording is None:
            with located(source), console.progress_bar() as progress:
                recording = netviz.record(source.to_train, progress=progress, cache=cache)
        if not recording.network.is_exact:
            message = "the network has a layer that netviz cannot compute, so it answers the recorded examples only"
            raise InputError([Problem("--inputs", message)])
        layers = [layer.tolist() for layer in recording.forward(values)]
    number = source.scene.outline.layers[-1]
    names = source.scene.network.outputs or [f"output {index + 1}" for index in range(number)]
    answers = list(zip(names, layers[-1], strict=True))
    if as_json:
        outputs = [{"name": name, "value": value} for name, value in answers]
        console.result(json.dumps({"inputs": values, "outputs": outputs, "activations": layers}))
    else:
        console.result(", ".join(f"{name}: {value:.4f}" for name, value in answers))


@command("plan")
@scene_options(*all_but("--seed", "--theme", "--palette", "--motion", "--quality", "--transparent"))
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.pass_context
def plan_command(ctx: click.Context, /, as_json: bool, strict: bool, **_: Any) -> None:
    """Print what the film shows when: shot, cycle, example, start and end of every span.

    Of a recording (RUN.npz) it is the plan as the film has it. Of a scene that is still to be trained it is the plan as
    far as it is known: where time follows what changes in the run, spans will be longer or shorter, in shots of the
    same length, and the story's captions come in.
    """
    with console.warnings_shown(strict):
        source = read_source(ctx)
        scene = source.scene
        with located(source):
            prepared = prepare(source.subject)
            plan = prepared.checked()
            if isinstance(source.subject, Filmed):
                plan = finish(prepared, source.subject.recorded).plan
    if not isinstance(source.subject, Filmed) and (unknown := _unknown_before_training(scene, plan)):
        console.message(
            f"{unknown} known only after training; to see it here, `netviz record` first, then `netviz plan RUN.npz`"
        )
    console.result(_plan_as_json(scene, plan) if as_json else _plan_as_text(scene, plan))


@command("validate")
@scene_options(*EVERY_OPTION)
@click.pass_context
def validate_command(ctx: click.Context, /, strict: bool, **_: Any) -> None:
    """Check a scene, its music included, without training or drawing."""
    with console.warnings_shown(strict):
        source = read_source(ctx)
        with located(source):
            plan = prepare(source.subject).checked()
    shown = f"{len(plan.shown_cycles)} shown {source.scene.outline.unit}s"
    console.result(f"{source.scene.name}: fine; {console.seconds(plan.seconds)}, {shown}")


@command("scenes")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@debug_option
def scenes_command(as_json: bool) -> None:
    """List the scenes that come with netviz."""
    from netviz.scene.loader import bundled_scenes

    found = bundled_scenes()
    if as_json:
        console.result(json.dumps([{"name": name, "title": title} for name, title in found]))
    else:
        widest = max(len(name) for name, _ in found)
        console.result("\n".join(f"{name:{widest}}  {title}" for name, title in found))


@command("new")
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE", shell_complete=complete_path(".yaml"))
@click.option(
    "--from",
    "source",
    default="xor",
    metavar="SCENE",
    show_default=True,
    shell_complete=complete_scene,
    help="Which scene to copy; or what to write as one: a Playground link, a film, a picture or a recording.",
)
@overwrite_option
@allow_outside_option
@debug_option
def new_command(target: Path, source: str, overwrite: bool, allow_outside: bool) -> None:
    """Write a copy of a scene to FILE, with its comments, to be tweaked.

    Its table, words, look and pictures are copied beside it.

    Of a run that netviz did not train (--from RUN.npz) it is a look: the keys that you are likely to change, each as
    the film has it now and with a comment, for `netviz render RUN.npz --look FILE`.
    """
    from netviz.atomic_files import atomic_write_all, output_failures
    from netviz.pipeline.new_look import new_look
    from netviz.scene.copies import files_beside, scene_text
    from netviz.scene.files import SCENE_SUFFIXES
    from netviz.scene.playground_link import is_link

    problems = target_problems(target, SCENE_SUFFIXES, overwrite)
    text, copies = "", dict[Path, bytes]()
    inspected = run = None
    try:
        with console.warnings_shown(strict=False):
            if _is_made(source):
                inspected = netviz.inspect(source, allow_outside=allow_outside)
            run = None if inspected is None else inspected.recording
            if run is not None and run.training_setup is None and not problems:
                text = new_look(filmed(run), Path(source).name, target.name)
            else:
                text = inspected.scene if inspected is not None else scene_text(source)
            beside_source = {} if inspected is not None else files_beside(source)
            copies = {target.parent / name: path.read_bytes() for name, path in beside_source.items()}
    except InputError as wrong:
        problems += wrong.problems
    # A file that is there already, and is the same, is as good as a copy.
    copies = {path: data for path, data in copies.items() if not (path.is_file() and path.read_bytes() == data)}
    problems += [problem for path in copies for problem in target_problems(path, (path.suffix.lower(),), overwrite)]
    _refuse(problems)
    files = {**copies, target: text.encode()}
    with atomic_write_all([*files], overwrite=overwrite) as parts:
        for part, (path, content) in zip(parts, files.items(), strict=True):
            with output_failures(path, len(content)):
                part.write_bytes(content)
    is_look = inspected is not None and bool(inspected.about.run)
    what = "a copy" if inspected is None else "the look" if is_look else "the scene"
    of = "the link's run" if is_link(source) else f"{what} of {printable(source)}"
    beside = "".join(f", and {printable(path.name)} beside it" for path in copies)
    if inspected is not None and inspected.about.files:
        beside += f"; beside it have to lie: {printable(', '.join(inspected.about.files))}"
    named = shlex.quote(str(target))
    if is_look:
        named = f"{'RUN.npz' if run is None else shlex.quote(source)} --look {named}"
    console.result(f"{console.name(target)}: {of}{beside}; netviz render {printable(named)}")


@command("schema")
@debug_option
def schema_command() -> None:
    """Print the JSON Schema of scene files, with which editors complete and check them."""
    from netviz.scene.json_schema import scene_schema

    console.result(json.dumps(scene_schema(), indent=1))


def _is_made(source: str) -> bool:
    """Return whether it is a file that netviz made of a scene."""
    from netviz.scene.files import MADE
    from netviz.scene.playground_link import is_link

    return not is_link(source) and Path(source).suffix.lower() in (*MADE, *OUTPUT_SUFFIXES["record"])


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InputError(problems)


def _numbers(text: str) -> tuple[list[float], list[Problem]]:
    values, problems = [], []
    for part in text.split(","):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            problems.append(Problem("--inputs", f"{part.strip()!r} is not a number; give numbers such as 1,1,0"))
        values.append(value)
    return values, problems


def _unknown_before_training(scene: Look, plan: Plan) -> str:
    """Text of what a plan without a recording does not know, with its verb; "" if it knows all."""
    unknown = []
    if scene.told is not None:
        unknown.append("what the story tells, and when,")
    elif any(caption.moment.kind == "event" for caption in scene.captions):
        unknown.append("when captions at events are told")
    if is_by_change(plan, scene):
        unknown.append("how long each part is shown, by what changes in it,")
    return f"{' and '.join(unknown)} {'are' if len(unknown) > 1 else 'is'}" if unknown else ""


def _plan_as_text(scene: Look, plan: Plan) -> str:
    lines = [f"{'shot':9} {'what':6} {scene.outline.unit:>10} {'example':>8} {'start':>9} {'end':>9} {'frames':>7}"]
    for span in plan.spans:
        example = "" if span.example is None else str(span.example + 1)
        start, end = float(span.start / plan.fps), float(span.stop / plan.fps)
        still = f", the last {span.still} of them still" if span.still else ""
        lines.append(
            f"{scene.shots[span.shot].shot:9} {span.kind:6} {span.cycle:>10,} {example:>8} "
            f"{start:>8.2f}s {end:>8.2f}s {span.stop - span.start:>7}{still}"
        )
    for cue in plan.cues:
        start, end = float(cue.start / plan.fps), float(cue.stop / plan.fps)
        lines.append(f"caption   {start:>34.2f}s {end:>8.2f}s {cue.stop - cue.start:>7}  {printable(cue.text)}")
    lines.append(f"{console.seconds(plan.seconds)}, {plan.frame_count} frames at {plan.fps} frames a second")
    return "\n".join(lines)


def _plan_as_json(scene: Look, plan: Plan) -> str:
    spans = [
        {
            "shot": scene.shots[span.shot].shot,
            "kind": span.kind,
            "cycle": span.cycle,
            "example": None if span.example is None else span.example + 1,
            "first_frame": span.start,
            "frames": span.stop - span.start,
            "still": span.still,
            "start": float(span.start / plan.fps),
            "end": float(span.stop / plan.fps),
        }
        for span in plan.spans
    ]
    captions = [
        {"text": cue.text, "start": float(cue.start / plan.fps), "end": float(cue.stop / plan.fps)} for cue in plan.cues
    ]
    table = {"fps": str(plan.fps), "frames": plan.frame_count, "seconds": float(plan.seconds), "spans": spans}
    return json.dumps({**table, "captions": captions}, indent=1)


def _size(scene: Look) -> str:
    return "{}x{}".format(*scene.output.size)


def _bytes(path: Path) -> str:
    return amount(path.stat().st_size)


# `netviz cache`: the recordings, and the segments of unfinished films, that other commands keep.


@command("cache")
@click.option("--clear", is_flag=True, help="Remove all of them.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@debug_option
def cache_command(clear: bool, as_json: bool) -> None:
    """Tell where recordings and segments of unfinished films are kept, how many and how large they are.

    All commands but record keep what they trained, so that a change to colours or text need not train again. Of a film
    that was ended early its finished segments are kept for a week, so that the same command goes on where it stopped.
    The environment variable NETVIZ_CACHE names another folder, or says off. The files may be deleted at any time.
    """
    from netviz.pipeline.kept_segments import segment_cache

    recordings, segments = recording_cache(), segment_cache()
    if recordings is None or segments is None:
        why = f"{VARIABLE} is off, or there is no home folder"
        console.result(json.dumps({"folder": None}) if as_json else f"nothing is kept: {why}")
        return
    found = {"recordings": recordings, "segments": segments}
    contents = {what: kept.clear() if clear else kept.contents() for what, kept in found.items()}
    if as_json:
        sizes = {
            what: {"files": contents[what].count, "bytes": contents[what].size_in_bytes, "most_bytes": kept.largest}
            for what, kept in found.items()
        }
        console.result(json.dumps({"folder": str(recordings.folder.parent), **sizes, "cleared": clear}))
        return
    for what, kept in found.items():
        number, size = count(contents[what].count, what.removesuffix("s")), amount(contents[what].size_in_bytes)
        of = "removed" if clear else f"of at most {amount(kept.largest)}"
        console.result(f"{printable(click.format_filename(kept.folder))}: {number}, {size} {of}")


# `netviz words`: netviz's phrases, to be translated or reworded.

_HEADING = """\
What netviz says in its pictures and beside its films. Translate or reword what you like (what you leave out stays
English), and name this file in a scene that lies beside it:  words: {name}
In braces stands what is filled in; a phrase may leave some of it out, and put it anywhere.
"""


@command("words")
@debug_option
def words_command() -> None:
    """Print netviz's own words as a file for a scene's `words`, to be translated."""
    from netviz.scene.export import as_yaml
    from netviz.scene.phrases import ENGLISH

    console.result(as_yaml(ENGLISH, _HEADING.replace("{name}", "my-words.yaml").rstrip(), {}))


# `netviz completion`: what a shell needs to complete commands.


@command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@debug_option
@click.pass_context
def completion_command(ctx: click.Context, /, shell: str) -> None:
    """Print what lets a shell complete commands, scenes, files, options, their values and the keys of --set with TAB.

    \b
    bash: add to ~/.bashrc     eval "$(netviz completion bash)"
    zsh:  add to ~/.zshrc      eval "$(netviz completion zsh)"
    fish: run once             netviz completion fish > ~/.config/fish/completions/netviz.fish

    It works in shells that are opened from then on.
    """
    from netviz.cli.completion import script

    console.result(script(shell, ctx.find_root().command).rstrip())


# `netviz sonify`: the sound of a run, without its film.


@command("sonify")
@scene_options(*all_but("--theme", "--palette", "--size", "--quality", "--transparent"))
@output_options("The sound, as WAV; without it the scene's name + .wav in the current folder.")
@cache_option
@click.pass_context
def sonify_command(ctx: click.Context, /, overwrite: bool, cache: bool, strict: bool, **_: Any) -> None:
    """Make the sound of a run, as long as its film: what a film with `audio: sonify` is heard with."""
    with console.warnings_shown(strict):
        source = read_source(ctx)
        with located(source), console.progress_bar() as progress:
            netviz.sonify(source.subject, source.target, overwrite=overwrite, progress=progress, cache=cache)
    console.result(f"{console.name(source.target)}: {amount(source.target.stat().st_size)}")
