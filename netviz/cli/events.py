"""`netviz events`: what happened in a training run, in plain words or as JSON."""

from __future__ import annotations

import json
from typing import Any

import click

import netviz
from netviz.cli import console
from netviz.cli.options import cache_option, scene_options
from netviz.cli.sources import Source, located, read_source
from netviz.learn.events import Event
from netviz.learn.features import features_of
from netviz.learn.recording import Recording
from netviz.scene.mistake import count
from netviz.scene.spec import Scene
from netviz.scene.words import printable


@click.command()
@scene_options
@click.option("--json", "as_json", is_flag=True, help="Print the events as JSON.")
@cache_option
@click.pass_context
def events(ctx: click.Context, /, as_json: bool, cache: bool, strict: bool, **_: Any) -> None:
    """Print what happened while the network learned: synapses that changed sign, inputs that withered, when the error
    halved, when all was solved, and so on, each with its cycle.
    """
    with console.warnings_shown(strict):
        source = read_source(ctx)
        recording = source.recording or _trained(source, cache)
        found = netviz.events(recording)
    console.result(_as_json(recording, found) if as_json else _as_text(recording, found))


def _trained(source: Source, cache: bool) -> Recording:
    """The scene's recording, up to where training broke off if it did: that is an event too."""
    from netviz.learn.training import TrainingDiverged

    try:
        with located(source), console.progress() as progress:
            return netviz.record(source.scene, progress=progress, cache=cache)
    except TrainingDiverged as diverged:
        if diverged.recording is None:
            raise
        console.note(str(diverged))
        return diverged.recording


def _as_text(recording: Recording, found: tuple[Event, ...]) -> str:
    scene, cycles = recording.scene, int(recording.cycle[-1])
    if not found:
        return f"{scene.name}: nothing of note happened in {count(cycles, 'cycle')}"
    lines = [f"{'cycle':>10} {'example':>8}  what"]
    for event in found:
        example = "" if event.example is None else str(event.example + 1)
        lines.append(f"{event.cycle:>10,} {example:>8}  {told(scene, event)}")
    lines.append(f"{scene.name}: {count(len(found), 'event')} in {count(cycles, 'cycle')}")
    return "\n".join(map(printable, lines))


def _as_json(recording: Recording, found: tuple[Event, ...]) -> str:
    scene = recording.scene
    result = {
        "scene": scene.name,
        "cycles": int(recording.cycle[-1]),
        "complete": bool(recording.info["complete"]),
        "events": [_event_as_json(scene, event) for event in found],
    }
    return json.dumps(result, indent=1)


def _event_as_json(scene: Scene, event: Event) -> dict[str, Any]:
    synapse = neuron = None
    if event.synapse is not None:
        layer, before, after = event.synapse
        names = {"from_name": _name(scene, layer, before), "to_name": _name(scene, layer + 1, after)}
        synapse = {"layer": layer, "from": before, "to": after, **names}
    if event.neuron is not None:
        layer, index = event.neuron
        neuron = {"layer": layer, "index": index, "name": _name(scene, layer, index)}
    return {
        "kind": event.kind,
        "cycle": event.cycle,
        "example": None if event.example is None else event.example + 1,
        "synapse": synapse,
        "neuron": neuron,
        "numbers": dict(event.numbers),
        "text": told(scene, event),
    }


def told(scene: Scene, event: Event) -> str:
    """An event in plain words, with its numbers."""
    numbers = event.numbers
    between = ""
    if "since" in numbers and numbers["since"] < event.cycle - 1:
        between = f" (after cycle {numbers['since']:,.0f})"
    return f"{_TOLD[event.kind](scene, event)}{between}"


def _sign(scene: Scene, event: Event) -> str:
    assert event.synapse is not None
    layer, before, after = event.synapse
    ends = f"from {_name(scene, layer, before)} to {_name(scene, layer + 1, after)}"
    sign = "positive" if event.numbers["after"] > 0 else "negative"
    crossings = event.numbers.get("crossings", 1)
    times = f"; it crossed zero {crossings:.0f} times" if crossings > 1 else ""
    return f"the synapse {ends} turns {sign} for good: {_from_to(event)}{times}"


def _withers(scene: Scene, event: Event) -> str:
    before, after = (f"{event.numbers[name]:.1%}" for name in ("before", "after"))
    return f"the input {_neuron(scene, event)} withers: from {before} of all weights that leave the inputs to {after}"


def _dead(scene: Scene, event: Event) -> str:
    if event.cycle == 0:
        return f"{_neuron(scene, event)} is dead from the start: it says nothing to any example"
    return f"{_neuron(scene, event)} dies: it says nothing to any example any more"


def _saturated(scene: Scene, event: Event) -> str:
    close = "close to a bound for every example"
    if event.cycle == 0:
        return f"{_neuron(scene, event)} is saturated from the start: {close}"
    return f"{_neuron(scene, event)} saturates: it is {close} from now on"


def _plateau(_: Scene, event: Event) -> str:
    return f"a plateau: up to cycle {event.numbers['to']:,.0f} the error hardly falls: {_from_to(event)}"


def _halved(_: Scene, event: Event) -> str:
    return f"the error has halved for good: {_from_to(event)}"


def _slows(_: Scene, event: Event) -> str:
    share, cycles = event.numbers["share"], event.numbers["cycles"]
    return f"learning slows down: {share:.0%} of all improvement came in the first {cycles:.1%} of the cycles"


def _solved(_: Scene, event: Event) -> str:
    return f"solved: all {event.numbers['examples']:,.0f} examples are on the right side for good"


def _diverged(scene: Scene, event: Event) -> str:
    if not event.numbers["complete"]:
        return f"training diverges, and breaks off; {count(scene.training.cycles, 'cycle')} were asked for"
    return f"training diverges: the error stays above what it began with: {_from_to(event)}"


_TOLD = {
    "sign": _sign,
    "withers": _withers,
    "dead": _dead,
    "saturated": _saturated,
    "plateau": _plateau,
    "halved": _halved,
    "slows": _slows,
    "solved": _solved,
    "diverged": _diverged,
}


def _from_to(event: Event) -> str:
    return f"{event.numbers['before']:.3g} to {event.numbers['after']:.3g}"


def _neuron(scene: Scene, event: Event) -> str:
    assert event.neuron is not None
    return _name(scene, *event.neuron)


def _name(scene: Scene, layer: int, index: int) -> str:
    """The name the scene gives a neuron, or its number, counted from 1."""
    network = scene.network
    last = len(network.layers) - 1
    names = network.inputs or features_of(scene) or () if layer == 0 else network.outputs if layer == last else ()
    if names:
        return names[index]
    if layer in (0, last):
        return f"{'output' if layer else 'input'} {index + 1}"
    return f"hidden neuron {index + 1}{f' of layer {layer}' if last > 2 else ''}"
