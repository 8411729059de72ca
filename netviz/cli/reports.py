"""Commands `netviz events` and `flashes`: what is found in a run or a film, as text or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

import netviz
from netviz.cli import console
from netviz.cli.completion import complete_path
from netviz.cli.debug_log import debug_option
from netviz.cli.help import command
from netviz.cli.options import cache_option, scene_options
from netviz.cli.sources import CommandSource, located, read_source
from netviz.recording.event import Event
from netviz.recording.margins import HALF
from netviz.recording.recording import Recording
from netviz.scene.messages import printable
from netviz.scene.scene import Look
from netviz.scene.validation_training import count
from netviz.story.events import find_events
from netviz.timeline.answers import unseen_situations
from netviz.timeline.captions import situation
from netviz.video.flashes import ALLOWED, Flashes, FlashPlace, Most


@command("events")
@scene_options("--cycles", "--frames", "--audio", "--duration", "--seed")
@click.option("--json", "as_json", is_flag=True, help="Print the events as JSON.")
@cache_option
@click.pass_context
def events_command(ctx: click.Context, /, as_json: bool, cache: bool, strict: bool, **_: Any) -> None:
    """Print what happened while the network learned: synapses that changed sign, inputs that withered, when the error
    halved, when all was solved, and so on, each with its cycle.
    """
    with console.warnings_shown(strict):
        source = read_source(ctx)
        recording = source.recording or _trained(source, cache)
        scene = source.scene
        found = find_events(recording, scene)
    console.result(_events_json(recording, scene, found) if as_json else _events_text(recording, scene, found))


def _trained(source: CommandSource, cache: bool) -> Recording:
    """The scene's recording, up to where training broke off if it did: that is an event too."""
    from netviz.training.divergence import TrainingDiverged

    try:
        with located(source), console.progress_bar() as progress:
            return netviz.record(source.to_train, progress=progress, cache=cache)
    except TrainingDiverged as diverged:
        if diverged.recording is None:
            raise
        console.note(str(diverged))
        return diverged.recording


def _events_text(recording: Recording, scene: Look, found: tuple[Event, ...]) -> str:
    cycles = int(recording.step[-1])
    if not found:
        return f"{scene.name}: nothing of note happened in {count(cycles, scene.outline.unit)}"
    lines = [f"{scene.outline.unit:>10} {'example':>8}  what"]
    for event in found:
        example = "" if event.example is None else str(event.example + 1)
        lines.append(f"{event.cycle:>10,} {example:>8}  {event_text(scene, event)}")
    lines.append(f"{scene.name}: {count(len(found), 'event')} in {count(cycles, scene.outline.unit)}")
    return "\n".join(map(printable, lines))


def _events_json(recording: Recording, scene: Look, found: tuple[Event, ...]) -> str:
    result = {
        "scene": scene.name,
        "cycles": int(recording.step[-1]),
        "complete": bool(recording.is_complete),
        "events": [_event_as_json(scene, event) for event in found],
    }
    return json.dumps(result, indent=1)


def _event_as_json(scene: Look, event: Event) -> dict[str, Any]:
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
        "text": event_text(scene, event),
    }


def event_text(scene: Look, event: Event) -> str:
    """An event in plain words, with its numbers."""
    numbers = event.numbers
    between = ""
    if "since" in numbers and numbers["since"] < event.cycle - 1:
        between = f" (between {scene.outline.unit} {numbers['since']:,.0f} and {event.cycle:,})"
    return f"{_EVENT_TEXTS[event.kind](scene, event)}{between}"


def _sign(scene: Look, event: Event) -> str:
    assert event.synapse is not None
    layer, before, after = event.synapse
    ends = f"from {_name(scene, layer, before)} to {_name(scene, layer + 1, after)}"
    sign = "positive" if event.numbers["after"] > 0 else "negative"
    crossings = event.numbers.get("crossings", 1)
    times = f"; it crossed zero {crossings:.0f} times" if crossings > 1 else ""
    return f"the synapse {ends} turns {sign} for good: {_from_to(event)}{times}"


def _withers(scene: Look, event: Event) -> str:
    before, after = (f"{event.numbers[name]:.1%}" for name in ("before", "after"))
    input_name = _neuron(scene, event)
    if scene.network.inputs or scene.outline.features:
        input_name = f"the input {input_name}"
    return f"{input_name} withers: from {before} of all weights that leave the inputs to {after}"


def _shown(scene: Look) -> str:
    """Note after examples whose others are not known: those of a run that netviz did not train."""
    return "" if scene.outline.is_own else " shown"


def _dead(scene: Look, event: Event) -> str:
    if event.cycle == 0:
        return f"{_neuron(scene, event)} is dead from the start: it says nothing to any example{_shown(scene)}"
    any_more = "any more" if scene.outline.is_own else f"of the {scene.outline.seen:,} shown any more"
    return f"{_neuron(scene, event)} dies: it says nothing to any example {any_more}"


def _saturated(scene: Look, event: Event) -> str:
    bound = "one bound" if event.numbers["bounds"] == 1 else "one bound or the other"
    every = "every example" if scene.outline.is_own else f"all {scene.outline.seen:,} examples shown"
    close = f"close to {bound} for {every}"
    if event.cycle == 0:
        return f"{_neuron(scene, event)} is saturated from the start: {close}"
    return f"{_neuron(scene, event)} saturates: it is {close} from now on"


def _curve(scene: Look) -> str:
    """Name of the curve in which these events lie: loss or error."""
    return "loss" if scene.outline.follows_loss else "error"


def _plateau(scene: Look, event: Event) -> str:
    up_to = f"{scene.outline.unit} {event.numbers['to']:,.0f}"
    return f"a plateau: up to {up_to} the {_curve(scene)} hardly falls: {_from_to(event)}"


def _halved(scene: Look, event: Event) -> str:
    return f"the {_curve(scene)} has halved for good: {_from_to(event)}"


def _insight(scene: Look, event: Event) -> str:
    numbers, unit = event.numbers, scene.outline.unit
    fastest = f"fastest near {unit} {numbers['steepest']:,.0f}"
    return (
        f"insight: up to {unit} {numbers['to']:,.0f} the {_curve(scene)} falls suddenly: {_from_to(event)}, {fastest}"
    )


def _slows(scene: Look, event: Event) -> str:
    share, part = f"{event.numbers['share']:.0%}", f"{event.numbers['cycles']:.1%}"
    units = count(0, scene.outline.unit).removeprefix("0 ")
    return f"learning slows down: {share} of all improvement came in the first {part} of the {units}"


def _leans(scene: Look, event: Event) -> str:
    numbers = event.numbers
    return (
        f"{numbers['right']:,.0f} of {numbers['examples']:,.0f} examples{_shown(scene)} are on the right side for good"
    )


def _holdout(scene: Look, event: Event) -> str:
    numbers, unit = event.numbers, scene.outline.unit
    when = f"only from {unit} {numbers['to']:,.0f} on, all others from {unit} {numbers['from']:,.0f} on"
    number, names = round(numbers["example"]), scene.outline.names
    example = f"example {number + 1}{f' ({names[number]})' if names else ''}"
    return f"{example} resists: it is clearly right {when}"


def _unseen(scene: Look, event: Event) -> str:
    numbers = event.numbers
    shot = unseen_situations(scene)[round(numbers["situation"])]
    answer = "" if scene.outline.layers[-1] > 1 else f" ({numbers['answer']:.3g})"
    error = numbers["error"]
    what = "most wrong" if error > HALF else "on the right side for good" if error == HALF else "clearly right for good"
    return f"the answer to {situation(scene, shot.inputs)}, which is not among the examples, is {what}{answer}"


def _solved(scene: Look, event: Event) -> str:
    return f"solved: all {event.numbers['examples']:,.0f} examples{_shown(scene)} are clearly right for good"


def _accurate(scene: Look, event: Event) -> str:
    numbers = event.numbers
    of = "kept for testing" if numbers["test"] else "learned from" if scene.outline.is_own else "shown"
    return f"{numbers['share']:.0%} of the {numbers['examples']:,.0f} examples {of} are on the right side for good"


def _overfits(_: Look, event: Event) -> str:
    return f"overfitting: from here on the test loss rises: {_from_to(event)}, while the training loss falls"


def _diverged(scene: Look, event: Event) -> str:
    if not event.numbers["complete"] and not scene.outline.is_own:
        at, unit = scene.outline.diverged, scene.outline.unit
        return "training breaks off" if at is None else f"training diverges: in {unit} {at:,} numbers are not finite"
    if not event.numbers["complete"]:
        return f"training diverges, and breaks off; {count(scene.outline.last_step, scene.outline.unit)} were asked for"
    return f"training diverges: the {_curve(scene)} stays above what it began with: {_from_to(event)}"


_EVENT_TEXTS = {
    "sign": _sign,
    "withers": _withers,
    "dead": _dead,
    "saturated": _saturated,
    "plateau": _plateau,
    "halved": _halved,
    "insight": _insight,
    "slows": _slows,
    "leans": _leans,
    "holdout": _holdout,
    "unseen": _unseen,
    "solved": _solved,
    "accurate": _accurate,
    "overfits": _overfits,
    "diverged": _diverged,
}


def _from_to(event: Event) -> str:
    return f"{event.numbers['before']:.3g} to {event.numbers['after']:.3g}"


def _neuron(scene: Look, event: Event) -> str:
    assert event.neuron is not None
    return _name(scene, *event.neuron)


def _name(scene: Look, layer: int, index: int) -> str:
    """The name the scene gives a neuron, or its number, counted from 1."""
    network = scene.network
    last = len(scene.outline.layers) - 1
    names = network.names_of(layer, last) or (scene.outline.features if layer == 0 else None) or ()
    if names and names[index]:
        return names[index]
    if layer in (0, last):
        return f"{'output' if layer else 'input'} {index + 1}"
    return f"hidden neuron {index + 1}{f' of layer {layer}' if last > 2 else ''}"


# `netviz flashes`: flashes of a film against the limit that is safe, as text or JSON.


@command("flashes")
@click.argument("film", type=click.Path(path_type=Path), metavar="FILM", shell_complete=complete_path())
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
@debug_option
@click.pass_context
def flashes_command(ctx: click.Context, /, film: Path, as_json: bool) -> None:
    """Decode FILM (mp4, webm, mov, gif, ...), made by netviz or not, and count how often it flashes.

    Much light or saturated red that comes and goes more than three times in a second can cause seizures. Ends with 0 if
    the film keeps within WCAG 2.2, success criterion 2.3.1, and with 1 if not.
    """
    found = netviz.flashes(film)
    console.result(_flashes_json(film, found) if as_json else _flashes_text(film, found))
    if not found.passes:
        ctx.exit(1)


def _flashes_text(film: Path, found: Flashes) -> str:
    name = console.name(film)
    if found.passes:
        most = max(found.general.flashes, found.red.flashes)
        return f"{name}: at most {_flash_count(most, 'flash')} in a second; three are allowed (WCAG 2.3.1)"
    kinds = [("flash", found.general), ("red flash", found.red)]
    return "\n".join(f"{name}: {_excess_text(most, kind)}" for kind, most in kinds if most.flashes > ALLOWED)


def _excess_text(most: Most, kind: str) -> str:
    assert most.place is not None
    spans = ", ".join(f"{_second(start)} to {_second(end)}" for start, end in most.too_many)
    where = _place(most.place)
    return (
        f"{_flash_count(most.flashes, kind)} in a second, where three are allowed (WCAG 2.3.1): {spans}, most {where}"
    )


def _place(place: FlashPlace) -> str:
    """In which part of the picture the middle of a place is."""
    across, down = (place.left + place.right) / 2, (place.top + place.bottom) / 2
    row = "top" if down < 0.4 else "bottom" if down > 0.6 else ""
    column = "left" if across < 0.4 else "right" if across > 0.6 else ""
    corner = " ".join(part for part in (row, column) if part)
    return f"at the {corner}" if corner else "in the middle"


def _flash_count(number: int, kind: str) -> str:
    return f"{number} {kind}" if number == 1 else f"{number} {kind}es"


def _second(exact: Fraction) -> str:
    return f"{float(exact):.2f} s"


def _flashes_json(film: Path, found: Flashes) -> str:
    data: dict[str, Any] = {"film": str(film), "fps": str(found.fps), "frames": found.frames, "passes": found.passes}
    for kind, most in (("general", found.general), ("red", found.red)):
        data[kind] = {
            "flashes": most.flashes,
            "start": None if most.start is None else float(most.start),
            "end": None if most.end is None else float(most.end),
            "place": None if most.place is None else asdict(most.place),
            "share": most.share,
            "too_many": [{"start": float(start), "end": float(end)} for start, end in most.too_many],
        }
    return json.dumps(data, indent=1)
