"""The commands. Each reads its source, calls the public functions, and prints one result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import netviz
from netviz.cli import console
from netviz.cli.options import scene_options
from netviz.cli.sources import Source, read_source
from netviz.errors import InputError, Problem

OUTPUT = click.Path(path_type=Path)


def _output_options(what: str) -> Any:
    def decorate(command: Any) -> Any:
        command = click.option("--overwrite", "-y", is_flag=True, help="Replace an existing file.")(command)
        return click.option("-o", "--output", type=OUTPUT, metavar="FILE", help=what)(command)

    return decorate


@click.command()
@scene_options
@_output_options("The film; without it the scene's name + .mp4 in the current folder.")
@click.option("--dry-run", is_flag=True, help="Print what would be made, and make nothing.")
@click.pass_context
def render(ctx: click.Context, output: Path | None, overwrite: bool, dry_run: bool, strict: bool, **_: Any) -> None:
    """Make the film of a scene or of a recording (.npz).

    SCENE is a scene file, the name of one that comes with netviz (see `netviz scenes`), or a recording; xor without it.
    """
    with console.warnings_shown(strict):
        source = read_source(ctx)
        target = output if output is not None else Path(f"{source.scene.name}.mp4")
        if dry_run:
            made = netviz.plan(source.scene)
            width, height = source.scene.output.size
            console.result(
                f"{click.format_filename(target)}: {_length(float(made.seconds))}, {made.frame_count} frames of "
                f"{width}x{height}, {len(made.spans)} spans"
            )
            return
        _not_its_own_source(source, target)
        with console.progress() as progress:
            film = netviz.render(source.subject, target, overwrite=overwrite, progress=progress)
    console.result(f"{click.format_filename(film.path)}: {_length(float(film.seconds))}, {_size(film.size_in_bytes)}")


@click.command()
@scene_options
@_output_options("The picture; without it the scene's name + .png in the current folder.")
@click.option("--at", default="50%", metavar="MOMENT", help="50%, 12.5s, cycle:200, start or end.", show_default=True)
@click.pass_context
def still(ctx: click.Context, output: Path | None, overwrite: bool, at: str, strict: bool, **_: Any) -> None:
    """Make one picture of the film, as PNG."""
    with console.warnings_shown(strict):
        source = read_source(ctx)
        target = output if output is not None else Path(f"{source.scene.name}.png")
        _not_its_own_source(source, target)
        with console.progress() as progress:
            netviz.still(source.subject, at, target, overwrite=overwrite, progress=progress)
    width, height = source.scene.output.size
    console.result(f"{click.format_filename(target)}: {width}x{height}, {_size(target.stat().st_size)}")


@click.command()
@scene_options
@_output_options("The recording; without it the scene's name + .npz in the current folder.")
@click.pass_context
def record(ctx: click.Context, output: Path | None, overwrite: bool, strict: bool, **_: Any) -> None:
    """Train the network and keep its recording, which `netviz render` films without training again."""
    from netviz.learn.training import TrainingDiverged
    from netviz.video.files import output_problems

    with console.warnings_shown(strict):
        source = read_source(ctx)
        target = output if output is not None else Path(f"{source.scene.name}.npz")
        _not_its_own_source(source, target)
        problems = output_problems(target, overwrite)
        if problems:
            raise InputError(problems)
        if source.recording is not None:
            raise InputError([Problem(str(source.path), "is a recording already; give a scene")])
        try:
            with console.progress() as progress:
                recording = netviz.record(source.scene, progress=progress)
        except TrainingDiverged as diverged:
            if diverged.recording is not None:
                diverged.recording.save(target)
                console.note(f"the recording up to there is in {click.format_filename(target)}")
            raise
        recording.save(target)
    moments, cycles = len(recording.cycle), source.scene.training.cycles
    console.result(
        f"{click.format_filename(target)}: {moments:,} moments of {cycles:,} cycles, {_size(target.stat().st_size)}"
    )


@click.command()
@scene_options
@click.option("--inputs", metavar="X,Y,...", required=True, help="What the network is to think about, such as 1,1,0.")
@click.option("--json", "as_json", is_flag=True, help="Print the activations of all layers as JSON.")
@click.pass_context
def think(ctx: click.Context, inputs: str, as_json: bool, strict: bool, **_: Any) -> None:
    """Train the network, then print its answer to a situation."""
    with console.warnings_shown(strict):
        values, problems = _numbers(inputs)
        source = read_source(ctx, problems)
        expected = source.scene.network.layers[0]
        if len(values) != expected:
            raise InputError([Problem("--inputs", f"{len(values)} values, but the network has {expected} inputs")])
        recording = source.recording
        if recording is None:
            with console.progress() as progress:
                recording = netviz.record(source.scene, progress=progress)
        activations = recording.forward(values)
    names = source.scene.network.outputs or tuple(f"output {n + 1}" for n in range(len(activations[-1])))
    if as_json:
        told = {
            "inputs": values,
            "outputs": dict(zip(names, activations[-1].tolist(), strict=True)) if len({*names}) == len(names) else None,
            "activations": [layer.tolist() for layer in activations],
        }
        console.result(json.dumps(told))
        return
    console.result(", ".join(f"{name}: {value:.4f}" for name, value in zip(names, activations[-1], strict=True)))


@click.command()
@scene_options
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.pass_context
def plan(ctx: click.Context, as_json: bool, strict: bool, **_: Any) -> None:
    """Print what the film shows when: shot, cycle, example, start and end of every span."""
    with console.warnings_shown(strict):
        source = read_source(ctx)
        made = netviz.plan(source.scene)
    if as_json:
        spans = [
            {
                "shot": source.scene.shots[span.shot].shot,
                "kind": span.kind,
                "cycle": span.cycle,
                "example": None if span.example is None else span.example + 1,
                "first_frame": span.start,
                "frames": span.stop - span.start,
                "start": float(span.start / made.fps),
                "end": float(span.stop / made.fps),
            }
            for span in made.spans
        ]
        told = {"fps": str(made.fps), "frames": made.frame_count, "seconds": float(made.seconds), "spans": spans}
        console.result(json.dumps(told, indent=1))
        return
    lines = [f"{'shot':9} {'what':6} {'cycle':>10} {'example':>8} {'start':>9} {'end':>9} {'frames':>7}"]
    for span in made.spans:
        example = "" if span.example is None else str(span.example + 1)
        lines.append(
            f"{source.scene.shots[span.shot].shot:9} {span.kind:6} {span.cycle:>10,} {example:>8} "
            f"{float(span.start / made.fps):>8.2f}s {float(span.stop / made.fps):>8.2f}s {span.stop - span.start:>7}"
        )
    lines.append(f"{_length(float(made.seconds))}, {made.frame_count} frames at {made.fps} frames a second")
    console.result("\n".join(lines))


@click.command()
@scene_options
@click.pass_context
def validate(ctx: click.Context, strict: bool, **_: Any) -> None:
    """Check a scene, its music included, without training or drawing."""
    with console.warnings_shown(strict):
        source = read_source(ctx)
        made = netviz.plan(source.scene)
    cycles = len({span.cycle for span in made.spans if span.kind == "step"})
    console.result(f"{source.scene.name}: fine; {_length(float(made.seconds))}, {cycles} shown cycles")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def scenes(as_json: bool, debug: bool) -> None:
    """List the scenes that come with netviz."""
    from netviz.scene.file import bundled_scenes

    found = bundled_scenes()
    if as_json:
        console.result(json.dumps([{"name": name, "title": title} for name, title in found]))
        return
    widest = max(len(name) for name, _ in found)
    console.result("\n".join(f"{name:{widest}}  {title}" for name, title in found))


@click.command()
@click.argument("target", type=OUTPUT, metavar="FILE")
@click.option("--from", "source", default="xor", metavar="SCENE", show_default=True, help="Which scene to copy.")
@click.option("--overwrite", "-y", is_flag=True, help="Replace an existing file.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def new(target: Path, source: str, overwrite: bool, debug: bool) -> None:
    """Write a copy of a scene to FILE, with its comments, to be tweaked."""
    from netviz.scene.source import find_scene
    from netviz.video.files import output_problems, whole_or_not_at_all

    problems = output_problems(target, overwrite)
    if target.suffix.lower() not in (".yaml", ".yml"):
        problems.append(Problem(str(target), "a scene file's name ends in .yaml"))
    path = None
    try:
        path = find_scene(source)
        text = path.read_bytes()
    except InputError as wrong:
        problems += wrong.problems
    except OSError as wrong:
        problems.append(Problem(source, f"cannot be read: {wrong.strerror}"))
    if problems:
        raise InputError(problems)
    with whole_or_not_at_all(target, overwrite=overwrite) as temporary:
        temporary.write_bytes(text)
    console.result(
        f"{click.format_filename(target)}: a copy of {source}; netviz render {click.format_filename(target)}"
    )


@click.command()
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def schema(debug: bool) -> None:
    """Print the JSON Schema of scene files, with which editors complete and check them."""
    from netviz.scene.schema import schema as scene_schema

    console.result(json.dumps(scene_schema(), indent=1))


def _not_its_own_source(source: Source, target: Path) -> None:
    """Nobody means to replace the scene or the recording by what is made of it."""
    if source.path is not None and target.exists() and source.path.exists() and target.samefile(source.path):
        raise InputError([Problem("-o", f"{click.format_filename(target)} is what the command reads")])


def _numbers(text: str) -> tuple[list[float], list[Problem]]:
    values, problems = [], []
    for part in text.split(","):
        try:
            values.append(float(part))
        except ValueError:
            problems.append(Problem("--inputs", f"{part.strip()!r} is not a number; give numbers such as 1,1,0"))
    return values, problems


def _length(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:05.2f} s"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


REGISTRY: dict[str, click.Command] = {
    command.name or "": command for command in (render, still, record, think, plan, validate, scenes, new, schema)
}
