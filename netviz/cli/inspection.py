"""Command `netviz inspect`: the provenance of a film, a picture or a recording, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any

import click

import netviz
from netviz.atomic_files import amount
from netviz.cli import console
from netviz.cli.completion import complete_path
from netviz.cli.debug_log import debug_option
from netviz.cli.help import command
from netviz.cli.options import allow_outside_option
from netviz.pipeline.provenance import Inspection
from netviz.recording.blocks import Block
from netviz.recording.network import BIASES, WEIGHTS, Layer, Network
from netviz.recording.recording import Recording
from netviz.scene.messages import printable
from netviz.scene.model import Training
from netviz.scene.validation_training import count
from netviz.video.metadata import Provenance


@command("inspect")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE", shell_complete=complete_path())
@click.option("--scene", "as_scene", is_flag=True, help="Print the scene it was made of, as a scene file.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON.")
@allow_outside_option
@debug_option
def inspect_command(path: Path, as_scene: bool, as_json: bool, allow_outside: bool) -> None:
    """Tell what a film, a picture or a recording of netviz's was made of.

    To make it again: netviz inspect FILE --scene > again.yaml, then netviz render again.yaml.
    """
    if as_scene and as_json:
        raise click.UsageError("--scene and --json: each is a way to print; give one of them (the JSON has the scene)")
    found = netviz.inspect(path, allow_outside=allow_outside)
    if as_scene:
        if found.about.version != netviz.__version__:
            message = f"made with {found.about.software}, and this is {netviz.__version__}: it may look otherwise again"
            console.note(f"{console.name(path)}: {printable(message)}")
        console.result(found.scene.rstrip("\n"))
    else:
        console.result(_inspection_json(found) if as_json else _inspection_text(found))


def _inspection_text(found: Inspection) -> str:
    about = found.about
    lines = [
        ("title", about.title),
        ("made with", about.software),
        ("scene", f"sha256 {about.scene_hash}"),
        ("seed", "" if about.seed is None else str(about.seed)),
        ("run", about.run),
        ("network", "" if about.run else _network_text(about)),
        ("music", "none" if about.music is None else str(about.music) or "its file does not say what it is"),
        ("files", ", ".join(about.files)),
        ("holds", _media_text(found)),
        *_recording_lines(found.recording),
    ]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:{width}}  {printable(text)}" for name, text in lines if text)


def _network_text(about: Provenance) -> str:
    """Layers and cycles, as far as the scene says them: it may be of another netviz, with other keys and defaults."""
    network, training = about.scene.get("network"), about.scene.get("training", {})
    usual = Training().cycles if about.version == netviz.__version__ else None
    layers = network.get("layers") if isinstance(network, dict) else None
    cycles = training.get("cycles", usual) if isinstance(training, dict) else None
    said = "-".join(map(str, layers)) if isinstance(layers, list) else ""
    return said + (f", {cycles:,} cycles" if type(cycles) is int else "")


def _media_text(found: Inspection) -> str:
    media, size = found.media, amount(found.size_in_bytes)
    if media is None:
        return f"a recording, {size}"
    parts = [media.kind, *media.codecs, *(["{}x{}".format(*media.size)] if media.size else [])]
    parts += [console.seconds(Fraction(media.seconds))] if media.seconds is not None else []
    parts += [f"{media.fps} frames a second"] if media.fps else []
    return ", ".join([*parts, size])


CURVES = {
    "loss": "training loss",
    "error": "average error",
    "test_loss": "test loss",
    "accuracy": "accuracy",
    "test_accuracy": "test accuracy",
}
"""Names in words of the curves that netviz records of its own runs."""


def _recording_lines(recording: Recording | None) -> list[tuple[str, str]]:
    """Lines about a recording: its layers, moments, examples and curves, and what recorded it."""
    if recording is None:
        return []
    facts = _recording_facts(recording)
    unit, steps, curve = recording.unit, len(recording.shown_steps), recording.curve_step
    unfinished = "" if recording.is_complete else f"; training broke off after {unit} {recording.step[-1]:,}"
    curves = f"{', '.join(facts['curves'])}: {len(curve):,} points up to {unit} {curve[-1]:,}"
    return [
        ("layers", f"{_layers_text(recording.network)}; {facts['parameters']:,} parameters"),
        *_block_lines(recording.network),
        (
            "moments",
            f"{facts['moments']:,}, in {facts['rows']:,} rows, from {count(steps, f'shown {unit}')}{unfinished}",
        ),
        ("examples", _examples_text(recording)),
        ("curves", curves if facts["curves"] else ""),
        ("recorded by", ", ".join(f"{name} {version}" for name, version in facts["versions"].items())),
    ]


def _layers_text(network: Network) -> str:
    """Activation functions of the layers after the inputs, and where layers are summarised as blocks."""
    after = network.layers[1:]
    return ", ".join(layer.activation if layer.is_dense else count(len(layer.blocks), "block") for layer in after)


def _block_lines(network: Network) -> list[tuple[str, str]]:
    """Table of the blocks of each layer that has some: name, what it is, its shape, and how many weights it has."""
    rows = [
        (f"layer {index}", (block.name, _label(block), "x".join(map(str, block.shape)), _weights_text(block.weights)))
        for index, layer in enumerate(network.layers)
        for block in layer.blocks
    ]
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    lines, last = [], ""
    for of, cells in rows:
        *texts, weights = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append(("" if of == last else of, "  ".join([*texts, weights.strip().rjust(widths[-1])]).rstrip()))
        last = of
    return lines


def _parameters_of(layer: Layer) -> int:
    """Number of a layer's weights and biases, and of the weights of its blocks."""
    own = sum(prod(shape) for role, shape in layer.parameters.items() if role in (WEIGHTS, BIASES))
    return own + sum(block.weights for block in layer.blocks)


def _label(block: Block) -> str:
    return f"{block.repeats} x {block.label or block.kind}" if block.repeats > 1 else block.label or block.kind


def _weights_text(weights: int) -> str:
    """Number of weights in three figures; "" of none."""
    if weights < 1_000:
        return count(weights, "weight") if weights else ""
    figures, power = f"{weights:.2e}".split("e")
    return f"{float(figures) * 10 ** (int(power) % 3):.3g} {'kMGTP'[int(power) // 3 - 1]} weights"


def _examples_text(recording: Recording) -> str:
    probes, examples = len(recording.probes.inputs), recording.examples
    more, tested = len(examples.inputs) - probes, len(examples.test_inputs)
    parts = [f"{probes:,} {'shown' if recording.training_setup is None else 'to learn from'}"]
    parts += [f"{more:,} more in the plane"] if more else []
    return ", ".join([*parts, *([f"{tested:,} to test"] if tested else [])])


def _recording_facts(recording: Recording) -> dict[str, Any]:
    """Facts of a recording for programs."""
    network = recording.network
    return {
        "layers": [*network.sizes],
        "activations": [*network.activations],
        "parameters": sum(
            prod(layer.parameters.get(role, (0,))) for layer in network.layers for role in (WEIGHTS, BIASES)
        )
        + sum(block.weights for layer in network.layers for block in layer.blocks),
        "blocks": [[vars(block) for block in layer.blocks] for layer in network.layers],
        "moments": len(recording.step),
        "rows": len(recording.probe),
        "probes": len(recording.probes.inputs),
        "unit": recording.unit,
        "curves": [text for name, text in CURVES.items() if name in recording.curves]
        + [name for name in recording.curves if name not in CURVES],
        "complete": recording.is_complete,
        "versions": dict(versions) if isinstance(versions := recording.info.get("versions"), Mapping) else {},
    }


def _inspection_json(found: Inspection) -> str:
    about, media = found.about, found.media
    data: dict[str, Any] = {
        "title": about.title,
        "netviz": about.version,
        "seed": about.seed,
        "run": about.run or None,
        "scene_sha256": about.scene_hash,
        "music": vars(about.music) if about.music is not None else None,
        "files": about.files,
        "size_in_bytes": found.size_in_bytes,
    }
    if media is None:
        assert found.recording is not None
        data["recording"] = _recording_facts(found.recording)
    else:
        size = None if media.size is None else "{}x{}".format(*media.size)
        data["media"] = {
            "kind": media.kind,
            "size": size,
            "seconds": media.seconds,
            "fps": media.fps,
            "codecs": media.codecs,
        }
    return json.dumps({**data, "scene": about.scene}, indent=1)
