"""What a scene's parts must be to each other: found here, all at once, wherever the parts came from.

The parts are looked at room by room: what is learned from (`check_data.py`), how (`check_training.py`), what is shown
of it (`check_picture.py`), what is told (`check_story.py`), what is heard (`check_sound.py`); the network itself,
the schedule and the output here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netviz.scene.check_compare import comparison
from netviz.scene.check_data import data_alone, data_and_loss, data_and_network
from netviz.scene.check_film import pulse_and_sound, schedule_and_sync, sync_alone
from netviz.scene.check_picture import panels_and_style, shots_alone, thoughts, walks
from netviz.scene.check_sound import sound_and_length
from netviz.scene.check_story import captions
from netviz.scene.check_training import training_alone, training_and_network
from netviz.scene.check_words import phrases_alone
from netviz.scene.mistake import Mistake, count, misfit
from netviz.scene.output import Output
from netviz.scene.platforms import misfit_of_rate, misfit_of_size
from netviz.scene.spec import Network, Schedule, Training

MOST_SHOWN = 10_000
"""Shown cycles of a film; with the shortest steps that is an hour of learning."""
# ffmpeg rounds a frame rate whose numerator or denominator is larger (av_parse_video_rate).
FINEST_RATE = 1_001_000


def mistakes(parts: Mapping[str, Any]) -> list[Mistake]:
    """Every mistake in and between a scene's valid parts.

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
            found += data_and_loss(data, training)
    if training is not None:
        found += training_alone(training)
        if network is not None:
            found += training_and_network(training, network)
    if parts.get("schedule") is not None:
        found += _schedule(parts["schedule"], training)
    if shots is not None:
        found += shots_alone(shots)
        if network is not None:
            found += thoughts(shots, network, data)
        found += walks(shots, data, training, parts.get("schedule"))
    found += panels_and_style(parts)
    if isinstance(parts.get("words"), tuple):
        found += phrases_alone(dict(parts["words"]))
    found += sound_and_length(parts.get("audio"), parts.get("duration"))
    found += captions(parts)
    if parts.get("sync") is not None:
        found += sync_alone(parts["sync"], parts.get("audio"))
    found += pulse_and_sound(parts.get("pulse") or 0.0, parts.get("audio"))
    found += schedule_and_sync(parts.get("schedule"), parts.get("sync"))
    found += comparison(parts)
    if parts.get("output") is not None:
        found += _output(parts["output"])
    return found


def _network(network: Network) -> Iterator[Mistake]:
    wanted = len(network.layers) - 1
    if isinstance(network.activation, tuple) and len(network.activation) != wanted:
        yield (
            ("network", "activation"),
            f"{len(network.activation)} activations for {wanted} layers after the inputs; give one name, or {wanted}",
        )
    if "softmax" in network.activations[:-1]:
        yield (
            ("network", "activation"),
            "softmax is only possible in the last layer; give a list with one name for each layer",
        )
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
