"""What a scene's parts must be to each other: found here, all at once, wherever the parts came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from netviz.scene.shots import LearningShot, Shot, ThinkShot
from netviz.scene.spec import Data, Network, Output, Schedule, Training

Path = tuple[str | int, ...]
Mistake = tuple[Path, str]

MOST_SHOWN = 10_000
"""Shown cycles of a film; with the shortest steps that is an hour of learning."""
# ffmpeg rounds a frame rate whose numerator or denominator is larger (av_parse_video_rate).
FINEST_RATE = 1_001_000


def mistakes(parts: Mapping[str, Any]) -> list[Mistake]:
    """Every mistake in and between a scene's valid parts.

    parts: the top-level values of a scene that are valid by themselves; those that are missing are not checked.
    Returns (path of the value, what is wrong with it and what would be right).
    """
    found: list[Mistake] = []
    network, data, training = parts.get("network"), parts.get("data"), parts.get("training")
    if network is not None:
        found += _network(network)
        if training is not None:
            found += _loss(network, training)
        if data is not None:
            found += _examples(network, data, training)
    if parts.get("schedule") is not None:
        found += _schedule(parts["schedule"], training)
    if parts.get("shots") is not None:
        found += _shots(parts["shots"], network)
    if parts.get("audio") is not None and parts.get("duration") is not None:
        found.append((("duration",), "the film is as long as its music: give audio or duration, not both"))
    if parts.get("output") is not None:
        found += _output(parts["output"])
    if training is not None:
        found += _initial_scale(training)
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
    for key, names, size in (
        ("inputs", network.inputs, network.layers[0]),
        ("outputs", network.outputs, network.layers[-1]),
    ):
        if names and len(names) != size:
            yield ("network", key), f"{len(names)} names for {size} {key[:-1]} neurons; give {size}, or none"


def _loss(network: Network, training: Training) -> Iterator[Mistake]:
    if training.loss == "cross_entropy" and network.activations[-1] not in ("sigmoid", "softmax"):
        yield (
            ("training", "loss"),
            f"cross_entropy needs sigmoid or softmax outputs, not {network.activations[-1]}",
        )


def _initial_scale(training: Training) -> Iterator[Mistake]:
    if training.initial_scale is not None and training.initial_weights not in ("uniform", "normal"):
        yield (
            ("training", "initial_scale"),
            f"{training.initial_weights} weights have no scale to choose; uniform and normal have",
        )


def _examples(network: Network, data: Data, training: Training | None) -> Iterator[Mistake]:
    for index, example in enumerate(data.examples or ()):
        if len(example.inputs) != network.layers[0]:
            yield ("data", "examples", index, "inputs"), _misfit(example.inputs, network, 0)
        if len(example.target) != network.layers[-1]:
            yield ("data", "examples", index, "target"), _misfit(example.target, network, -1)
        if training is not None and training.loss == "cross_entropy" and not all(0 <= t <= 1 for t in example.target):
            yield ("data", "examples", index, "target"), "cross_entropy needs targets between 0 and 1"


def _misfit(values: tuple[float, ...], network: Network, layer: Literal[0, -1]) -> str:
    size = network.layers[layer]
    return (
        f"{len(values)} {'value' if len(values) == 1 else 'values'}, but the {'last' if layer else 'first'} layer "
        f"has {size} {'neuron' if size == 1 else 'neurons'} (network.layers: {list(network.layers)})"
    )


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
    for key, shown in (("every", cycles // (schedule.every or cycles + 1)), ("frames", schedule.frames or 0)):
        if MOST_SHOWN < shown <= cycles:
            yield (
                ("schedule", key),
                f"{shown:,} shown cycles are more than a film can hold; show at most {MOST_SHOWN:,}",
            )
    if schedule.frames is not None and schedule.frames > cycles:
        yield (
            ("schedule", "frames"),
            f"{schedule.frames} shown cycles are more than the {cycles} of training (training.cycles); show fewer",
        )


def _shots(shots: tuple[Shot, ...], network: Network | None) -> Iterator[Mistake]:
    learning = [index for index, shot in enumerate(shots) if isinstance(shot, LearningShot)]
    for index in learning[1:]:
        yield ("shots", index), f"a film has one learning shot; the first is shot {learning[0] + 1}"
    total = sum(shot.share or 0 for shot in shots)
    if total > 1 + 1e-9:
        yield ("shots",), f"the shares add up to {total:g}; together they can have at most 1"
    elif total > 1 - 1e-9 and any(shot.share is None for shot in shots):
        yield ("shots",), "the shares add up to 1 and leave no time for the shots without one"
    for index, shot in enumerate(shots):
        if network is None or not isinstance(shot, ThinkShot):
            continue
        if len(shot.inputs) != network.layers[0]:
            yield ("shots", index, "inputs"), _misfit(shot.inputs, network, 0)
        if shot.target is not None and len(shot.target) != network.layers[-1]:
            yield ("shots", index, "target"), _misfit(shot.target, network, -1)


def _output(output: Output) -> Iterator[Mistake]:
    if max(output.fps.numerator, output.fps.denominator) > FINEST_RATE:
        nearest = str(output.fps.limit_denominator(1001))
        yield (
            ("output", "fps"),
            f"{output.fps} is finer than a video file can keep exactly; the nearest usual rate is {nearest}",
        )
