"""Validation of a scene: every mistake in and between its parts, all at once.

Data and training are checked in `validation_training.py`, shots, panels, captions, sound and words in
`validation_film.py`; the network itself, the schedule, the output and runs to compare here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netviz.scene.learned_cycles import learning_mistakes
from netviz.scene.model import Network, Run, Schedule, Training
from netviz.scene.output import Output, misfit_of_rate, misfit_of_size
from netviz.scene.panels import (
    AnswersPanelSpec,
    AutoPanelSpec,
    BoundaryPanelSpec,
    EquationsPanelSpec,
    GradientsPanelSpec,
    NetworkPanelSpec,
)
from netviz.scene.shots import WalkShot
from netviz.scene.validation_film import (
    accuracy_shown,
    background_and_theme,
    captions,
    panels_and_style,
    phrases_alone,
    pulse_and_sound,
    schedule_and_sync,
    shots_alone,
    sound_and_length,
    sync_alone,
    thoughts,
    walks,
)
from netviz.scene.validation_training import (
    Mistake,
    count,
    data_alone,
    data_and_loss,
    data_and_network,
    misfit,
    training_alone,
    training_and_network,
)

MOST_SHOWN = 10_000
"""Largest number of shown cycles of a film; with the shortest steps that is an hour of learning."""
# ffmpeg rounds a frame rate whose numerator or denominator is larger (av_parse_video_rate).
FINEST_RATE = 1_001_000


def mistakes(parts: Mapping[str, Any]) -> list[Mistake]:
    """Return every mistake in and between a scene's valid parts.

    parts: the top-level values of a scene that are valid by themselves; those that are missing are not checked. Data
    may still name a table (csv) that was not read: then only what is known without it is checked.
    """
    found: list[Mistake] = []
    network, data, training, shots = (parts.get(name) for name in ("network", "data", "training", "shots"))
    if network is not None:
        found += _network(network)
    if data is not None:
        found += data_alone(data)
        if network is not None:
            found += data_and_network(data, network)
        if training is not None:
            found += data_and_loss(data, training, network)
    if training is not None:
        found += training_alone(training)
        if network is not None:
            found += training_and_network(training, network)
    if parts.get("schedule") is not None:
        found += _schedule(parts["schedule"], training)
    if shots is not None:
        found += shots_alone(shots)
        found += learning_mistakes(shots, None if training is None else training.cycles)
        if network is not None:
            found += thoughts(shots, network, data)
        found += walks(shots, data, training, parts.get("schedule"))
    found += panels_and_style(parts)
    found += background_and_theme(parts.get("palette"), parts.get("theme"))
    found += accuracy_shown(parts)
    if isinstance(parts.get("words"), tuple):
        found += phrases_alone(dict(parts["words"]))
    found += sound_and_length(parts.get("audio"), parts.get("duration"))
    found += captions(parts)
    if parts.get("sync") is not None:
        found += sync_alone(parts["sync"], parts.get("audio"))
    found += pulse_and_sound(parts.get("pulse") or 0.0, parts.get("audio"))
    found += schedule_and_sync(parts.get("schedule"), parts.get("sync"))
    found += comparison(parts)
    if parts.get("look") is not None:
        message = (
            "a look lies under the keys of a scene file; over a recording or a scene in Python lay one: look=, --look"
        )
        found.append((("look",), message))
    if parts.get("output") is not None:
        found += _output(parts["output"])
    return found


def _network(network: Network) -> Iterator[Mistake]:
    needed = len(network.layers) - 1
    if isinstance(network.activation, tuple) and len(network.activation) != needed:
        yield (
            ("network", "activation"),
            f"{len(network.activation)} activations for {needed} layers after the inputs; give one name, or {needed}",
        )
    if "softmax" in network.activations[:-1]:
        yield (
            ("network", "activation"),
            "softmax is only possible in the last layer; give a list with one name for each layer",
        )
    elif network.activations[-1:] == ("softmax",) and network.layers[-1] == 1:
        yield ("network", "activation"), "softmax of one output is always 1; use sigmoid, or an output for each class"
    if network.bias_nodes and not network.bias:
        yield ("network", "bias_nodes"), "there are no biases to draw nodes for; set bias to true or fixed"
    if network.grid is not None:
        rows, columns = network.grid
        if rows * columns != network.layers[0]:
            yield ("network", "grid"), misfit(f"{rows} x {columns} are {count(rows * columns, 'pixel')}", network, 0)
    for key, names, size in (
        ("inputs", network.inputs, network.layers[0]),
        ("outputs", network.outputs, network.layers[-1]),
    ):
        if names and len(names) != size:
            yield ("network", key), f"{len(names)} names for {size} {key[:-1]} neurons; give {size}, or none"
    if network.hidden and len(network.hidden) != needed - 1:
        given, there = count(len(network.hidden), "list"), count(needed - 1, "hidden layer")
        yield ("network", "hidden"), f"{given} of names for {there}; give one for each, or none"
        return
    for index, (names, size) in enumerate(zip(network.hidden, network.layers[1:-1], strict=False)):
        if names and len(names) != size:
            there = f"{size} neurons of hidden layer {index + 1}"
            yield ("network", "hidden", index), f"{len(names)} names for the {there}; give {size}, or none"


def _schedule(schedule: Schedule, training: Training | None) -> Iterator[Mistake]:
    given = [key for key in ("cycles", "every", "frames") if getattr(schedule, key) is not None]
    if len(given) != 1:
        yield ("schedule",), f"give exactly one of cycles, every, frames; got {' and '.join(given) or 'none'}"
        return
    if schedule.cycles is not None:
        for index, (before, after) in enumerate(zip(schedule.cycles, schedule.cycles[1:], strict=False)):
            if after <= before:
                yield ("schedule", "cycles", index + 1), f"{after} comes after {before}; cycles must increase"
    if training is None:
        return
    cycles = training.cycles
    if schedule.cycles is not None and max(schedule.cycles) > cycles:
        yield ("schedule", "cycles"), f"{max(schedule.cycles)} is past the end of training (training.cycles: {cycles})"
    if schedule.every is not None and schedule.every > cycles:
        yield ("schedule", "every"), f"every {schedule.every} shows nothing of {cycles} cycles; give {cycles} or less"
    frames = schedule.frames if isinstance(schedule.frames, int) else 0
    for key, shown in (("every", cycles // (schedule.every or cycles + 1)), ("frames", frames)):
        if MOST_SHOWN < shown <= cycles:
            yield (
                ("schedule", key),
                f"{shown:,} shown cycles are more than a film can hold; show at most {MOST_SHOWN:,}",
            )
    if frames > cycles:
        yield (
            ("schedule", "frames"),
            f"{frames} shown cycles are more than the {cycles} of training (training.cycles); show fewer",
        )


def _output(output: Output) -> Iterator[Mistake]:
    if max(output.fps.numerator, output.fps.denominator) > FINEST_RATE:
        nearest = str(output.fps.limit_denominator(1001))
        yield (
            ("output", "fps"),
            f"{output.fps} is finer than a video file can keep exactly; the nearest usual rate is {nearest}",
        )
    if output.platform is not None:
        if wrong := misfit_of_size(output.platform, output.size):
            yield ("output", "size"), wrong
        if wrong := misfit_of_rate(output.platform, output.fps):
            yield ("output", "fps"), wrong


# Comparison: mistakes in scenes that show runs side by side.


def comparison(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find runs that cannot be told apart, and parts of the scene that cannot be shown for runs side by side."""
    runs = parts.get("compare")
    if runs is None:
        return
    yield from _alike(runs)
    if parts.get("style") == "classic":
        yield ("compare",), "the style classic draws one network alone; choose glow or playground"
    for index, shot in enumerate(parts.get("shots") or ()):
        if isinstance(shot, WalkShot):
            yield ("shots", index), "side by side there is no room for the equations of a walk; leave it out"
    yield from _of_one_run(parts)
    panels = parts.get("panels")
    for index, panel in enumerate(panels or ()):
        if isinstance(panel, EquationsPanelSpec):
            yield ("panels", index), "side by side there is no room for equations; leave the panel out"
        if isinstance(panel, AnswersPanelSpec):
            yield ("panels", index), "side by side there is no room for the answers of each run; leave the panel out"
        if isinstance(panel, NetworkPanelSpec | BoundaryPanelSpec | GradientsPanelSpec) and panel.at is not None:
            message = f"the panel {panel.panel} stands once for each run, so netviz places it; leave at out"
            yield ("panels", index, "at"), message
    of_runs = NetworkPanelSpec | BoundaryPanelSpec | AutoPanelSpec
    if panels is not None and not any(isinstance(panel, of_runs) for panel in panels):
        yield ("panels",), "nothing of the runs would be seen; add the panel network, or boundary"


def _of_one_run(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find a story, event captions and sound that belong to one run, in a scene that compares several."""
    story = parts.get("story")
    if story is not None and story.tell != "default":
        yield ("story",), "a story is of one run; leave it out, and say in captions what is to be seen side by side"
    for index, caption in enumerate(parts.get("captions") or ()):
        if caption.moment.kind == "event":
            yield ("captions", index, "at"), "each run has its own events; give a cycle, a shot or a time"
    audio = parts.get("audio")
    if audio is not None and audio.is_sonified:
        yield ("audio",), "sonify makes its sound from one run; give a file, or leave it out"


def _alike(runs: Sequence[Run]) -> Iterator[Mistake]:
    for index, run in enumerate(runs):
        for before, other in enumerate(runs[:index]):
            if run.set == other.set:
                yield ("compare", index), f"replaces the same as run {before + 1}; each run must be another"
                break
            if run.label == other.label:
                yield ("compare", index), f"run {before + 1} is called '{run.label}' too; give each a name of its own"
                break
