"""Fingerprints of all that netviz makes, a line each: before and after a change that should change nothing.

    python -m benchmarks.fingerprint > before.txt
    python -m benchmarks.fingerprint > after.txt
    diff before.txt after.txt

Stills of every bundled scene at five moments, in three shapes and both pixel spaces; every array of their recordings;
plans and events; small films of six scenes, a folder for a blog post, sound made from a run; what the commands say of
themselves. Two runs agree on one machine with the same libraries and the same version of netviz, which is written into
every film.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import netviz
from netviz.drawing.color_space import RGB, YUV420
from netviz.drawing.renderer import Renderer
from netviz.pipeline.looks import Filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.loader import bundled_scenes
from netviz.scene.output import Output
from netviz.story.moments import moment_frame
from tests.recordings import in_rows, own_scene

SHAPES = ("960x540", "540x540", "540x960")
MOMENTS = ("start", "25%", "50%", "75%", "end")
FILMS = {
    "xor": (".mp4", ".webm", ".gif"),
    "xor-classic": (".mp4", ".png"),
    "digits": (".mp4", ".apng"),
    "step-by-step": (".mp4", ".webp"),
    "playground-quadrants": (".mp4", ".mov"),
    "compare-learning-rates": (".mp4", ".jpg"),
}
"""Scenes that become films, and their files; captions come beside them."""
SMALL = {"output.size": "320x180", "output.fps": 10, "output.quality": "draft"}
COMMANDS = ("", "render", "still", "record", "embed", "preview", "plan", "validate", "events", "think", "sonify")


def fingerprint(data: bytes) -> str:
    """The first digits of the SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()[:16]


def of_scene(name: str) -> list[str]:
    """The lines of one bundled scene: recording, plan, events, stills, and its film if it is one of FILMS."""
    warnings.simplefilter("ignore")
    os.environ["NETVIZ_CACHE"] = "off"
    scene = netviz.load_scene(name)
    runs = netviz.record(scene) if scene.compare is None else netviz.compare(scene)
    lines = [*recording_lines(name, runs), *still_lines(name, runs)]
    with tempfile.TemporaryDirectory() as folder:
        lines += film_lines(name, runs, Path(folder))
    return lines


def recording_lines(name: str, runs: netviz.Recording | netviz.Comparison) -> Iterator[str]:
    """Every array of every run, and what happened in it."""
    for number, run in enumerate(getattr(runs, "recordings", (runs,))):
        for key, arrays in arrays_of(run).items():
            data = b"".join(f"{array.dtype}{array.shape}".encode() + array.tobytes() for array in arrays)
            yield f"recording {name} {number} {key} {fingerprint(data)}"
        told = [repr(event) for event in netviz.events(run)]
        yield f"events {name} {number} {fingerprint(json.dumps(told).encode())}"


def arrays_of(run: netviz.Recording) -> dict[str, list[NDArray[Any]]]:
    """The arrays of a recording by name; what it keeps once for several rows is given to every row."""
    parameters, probes = in_rows(run), run.probes
    arrays: dict[str, list[NDArray[Any] | None]] = {
        "step": [run.row_step],
        "probe": [run.probe.astype(np.int64)],  # the same, however few bytes it is kept in
        "weights": [*parameters.weights],
        "biases": [*parameters.biases],
        "activations": [layer[:] for layer in run.activations],
        "targets": [run.targets],
        "loss": [run.loss],
        "curve_step": [run.curve_step],
        **{f"curve:{name}": [curve] for name, curve in run.curves.items()},
        "probes": [probes.inputs, probes.targets, probes.points],
        "points": [run.points, run.point_targets, run.split],
    }
    known = {name: [array for array in several if array is not None] for name, several in arrays.items()}
    return {name: several for name, several in known.items() if several}


def still_lines(name: str, runs: netviz.Recording | netviz.Comparison) -> Iterator[str]:
    """Pictures at five moments, in every shape, for looking at (RGB) and for a film (YUV420)."""
    for shape in SHAPES:
        output = netviz.load_scene(name, overrides={"output.size": shape}).output
        resized = with_output(runs, output)
        timeline = finish(prepare(resized), runs).timeline
        for space, kind in ((RGB, "rgb"), (YUV420, "yuv")):
            renderer = Renderer(timeline, space)
            for moment in MOMENTS:
                picture = renderer.draw(timeline.frame(moment_frame(timeline, moment)))
                yield f"still {name} {shape} {kind} {moment} {fingerprint(picture.tobytes())}"


def with_output(runs: netviz.Recording | netviz.Comparison, output: Output) -> Filmed:
    """The film of the runs in another size or format."""
    return Filmed(runs, own_scene(runs).model_copy(update={"output": output}))


def film_lines(name: str, runs: netviz.Recording | netviz.Comparison, folder: Path) -> Iterator[str]:
    """Small films with their captions; of xor a folder for a post and the sound of its run too."""
    small = netviz.load_scene(name, overrides=SMALL)
    filmed = with_output(runs, small.output)
    if name in FILMS:
        opaque = [folder / f"{name}{end}" for end in FILMS[name] if end != ".mov"]
        netviz.render(filmed, opaque, jobs=1)
    if ".mov" in FILMS.get(name, ()):
        clear = netviz.load_scene(name, overrides=SMALL | {"output.transparent": True}).output
        netviz.render(with_output(runs, clear), folder / f"{name}.mov", jobs=1, overwrite=True)  # captions are there
    if name == "xor":
        netviz.embed(filmed, folder / "post", jobs=1)
        netviz.sonify(filmed, folder / "xor.wav")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"file {name} {path.relative_to(folder)} {fingerprint(path.read_bytes())}"


def command_lines(names: list[str]) -> Iterator[str]:
    """What commands print: their help, the schema, words, and every scene's plan and events."""
    calls = [[command, "--help"] if command else ["--help"] for command in COMMANDS]
    calls += [["schema"], ["words"], ["scenes"]]
    calls += [["plan", "--json", name] for name in names]
    calls += [["events", "--json", name] for name in names if not name.startswith("compare-")]
    for call in calls:
        run = subprocess.run(
            [sys.executable, "-m", "netviz", *call],
            capture_output=True,
            check=False,
            env=os.environ | {"NETVIZ_CACHE": "off"},  # which says nothing of training where it has it
        )
        yield f"command {' '.join(call)} {run.returncode} {fingerprint(run.stdout)} {fingerprint(run.stderr)}"


def main() -> None:
    """Print all lines, those of a scene together."""
    names = [name for name, _ in bundled_scenes()]
    with ProcessPoolExecutor(2) as pool:
        for lines in pool.map(of_scene, names):
            print("\n".join(lines), flush=True)
    for line in command_lines(names):
        print(line, flush=True)


if __name__ == "__main__":
    main()
