"""`netviz inspect`: what a film, a picture or a recording says about itself."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

import netviz
from netviz.cli import console
from netviz.cli.options import debug_option
from netviz.inspection import Inspection
from netviz.scene.spec import Training
from netviz.scene.words import printable
from netviz.video.about import About
from netviz.video.files import amount


@click.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--scene", "as_scene", is_flag=True, help="Print the scene it was made of, as a scene file.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON.")
@debug_option
def inspect(path: Path, as_scene: bool, as_json: bool) -> None:
    """Tell what a film, a picture or a recording of netviz's was made of.

    To make it again: netviz inspect FILE --scene > again.yaml, then netviz render again.yaml.
    """
    if as_scene and as_json:
        raise click.UsageError("--scene and --json: each is a way to print; give one of them (the JSON has the scene)")
    found = netviz.inspect(path)
    if as_scene:
        if found.about.version != netviz.__version__:
            message = f"made with {found.about.software}, and this is {netviz.__version__}: it may look otherwise again"
            console.note(f"{console.name(path)}: {message}")
        console.result(found.scene.rstrip("\n"))
    else:
        console.result(_as_json(found) if as_json else _as_text(found))


def _as_text(found: Inspection) -> str:
    about = found.about
    lines = [
        ("title", about.title),
        ("made with", about.software),
        ("scene", f"sha256 {about.scene_hash}"),
        ("seed", str(about.seed)),
        ("network", _network(about)),
        ("music", "none" if about.music is None else str(about.music) or "its file does not say what it is"),
        ("files", ", ".join(about.files)),
        ("holds", _held(found)),
    ]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:{width}}  {printable(text)}" for name, text in lines if text)


def _network(about: About) -> str:
    """Layers and cycles, as far as the scene says them: it may be of another netviz, with other keys and defaults."""
    network, training = about.scene.get("network"), about.scene.get("training", {})
    usual = Training().cycles if about.version == netviz.__version__ else None
    layers = network.get("layers") if isinstance(network, dict) else None
    cycles = training.get("cycles", usual) if isinstance(training, dict) else None
    said = "-".join(map(str, layers)) if isinstance(layers, list) else ""
    return said + (f", {cycles:,} cycles" if type(cycles) is int else "")


def _held(found: Inspection) -> str:
    media, size = found.media, amount(found.size_in_bytes)
    if media is None:
        return f"a recording of {found.kept:,} moments, {size}"
    parts = [media.kind, *media.codecs, *(["{}x{}".format(*media.size)] if media.size else [])]
    parts += [console.seconds(Fraction(media.seconds))] if media.seconds is not None else []
    parts += [f"{media.fps} frames a second"] if media.fps else []
    return ", ".join([*parts, size])


def _as_json(found: Inspection) -> str:
    about, media = found.about, found.media
    told: dict[str, Any] = {
        "title": about.title,
        "netviz": about.version,
        "seed": about.seed,
        "scene_sha256": about.scene_hash,
        "music": vars(about.music) if about.music is not None else None,
        "files": about.files,
        "size_in_bytes": found.size_in_bytes,
    }
    if media is None:
        told["recording"] = {"moments": found.kept}
    else:
        size = None if media.size is None else "{}x{}".format(*media.size)
        told["media"] = {
            "kind": media.kind,
            "size": size,
            "seconds": media.seconds,
            "fps": media.fps,
            "codecs": media.codecs,
        }
    return json.dumps({**told, "scene": about.scene}, indent=1)
