"""New look: a look file to begin with, whose values are those of a recorded run's film as it is now, with comments."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path
from typing import Any, get_args

from netviz.pipeline.looks import Filmed, read_filmed
from netviz.pipeline.prepare import prepare
from netviz.recording.recording import Recording
from netviz.scene.export import COLUMN, exact, flow, written
from netviz.scene.look_file import LookKeys
from netviz.scene.messages import printable
from netviz.scene.output import PLATFORMS, Quality
from netviz.scene.overrides import Override
from netviz.scene.palette import PaletteName
from netviz.scene.panels import OWN
from netviz.scene.scene import MOST_AXES, MOST_IN_TABLE, Look, ThemeName
from netviz.scene.types import SIZES
from netviz.story.events import find_events
from netviz.timeline.plan import Plan

_WIDTH = 118
"""Letters in a line of a comment, without its sign."""
_FEWEST_PIXELS = 9
"""Fewest inputs that may be the pixels of a picture."""
_MOST_KINDS = 8
"""Most kinds of events that are named as moments of captions."""
_LISTED = (
    *("title", "subtitle", "output", "duration", "style", "theme", "palette", "motion", "network"),
    *("panels", "shots", "story", "captions", "audio"),
)
"""Keys of a new look."""


@dataclass(frozen=True)
class _Key:
    """A key of a look with what is said above it."""

    name: str
    value: Any
    comment: str
    beside: Mapping[str, str] = field(default_factory=dict)
    """Comments beside what is in a mapping or list: by the inner key, or the kind of panel or shot."""
    others: Sequence[Mapping[str, Any]] = ()
    """Items that a list may have as well, which stand in comments."""


def new_look(film: Filmed, run: str, look: str = "THIS.yaml") -> str:
    """The text of a look file for a recorded run: the film is the same with it as without it.

    run, look: names of the files of the recording and of the look, for people. Raises InputError if there can be no
    film of it.
    """
    recording, scene = film.recorded, film.scene
    assert isinstance(recording, Recording), "a look is written for one run"
    prepared = prepare(film)
    prepared.refuse()
    assert prepared.plan is not None, "without problems there is a plan"
    panels = scene.panels if scene.style == "classic" else scene.shown_panels
    said = written(scene.model_copy(update={"panels": panels}), always=_LISTED)
    keys = [
        *_titles(said.data),
        *_form(scene, prepared.plan, said.data),
        *_colours(film, said.data),
        _network(scene, said.data),
        _panels(film, said.data),
        _shots(film, said.data),
        *_told(film, prepared.plan, said.data),
        _audio(said.data),
    ]
    lines = [f"# {line}".rstrip() for line in _heading(film, recording, prepared.plan, (run, look), said.files)]
    for key in keys:
        lines += ["", *_lines(key)]
    return "\n".join([*lines, ""])


def _heading(
    film: Filmed, recording: Recording, plan: Plan, names: tuple[str, str], files: Sequence[str]
) -> Iterator[str]:
    """The first lines: what the file is, and the facts of the run. names: of its file, and of the look's."""
    run, look = names
    yield f"A look for the film of {printable(run)}: the keys that you are likely to change, as the film has them now."
    yield ""
    yield f"    {printable(f'netviz render {shlex.quote(run)} --look {shlex.quote(look)}')}"
    yield ""
    yield from textwrap.wrap(f"The run: {_facts(recording)}.", _WIDTH)
    shown, kept = len(plan.shown_cycles), len(recording.step)
    unit = film.scene.outline.unit
    option = f"--frames {2 * shown} shows {2 * shown:,} of them" if 2 * shown < kept else "--frames shows fewer"
    shows = f"Of the {kept:,} kept {unit}s the film shows {shown:,}; the option {option}."
    yield from textwrap.wrap(
        f"{shows} A key that you take out is as the recording has it, or netviz by itself.", _WIDTH
    )
    if files:
        yield f"Beside this file have to lie: {printable(', '.join(files))}"


def _facts(recording: Recording) -> str:
    """The run in numbers: "784-128-10 neurons (relu, softmax), loss cross_entropy; 212 kept steps from 0 to 20,000"."""
    network, probes = recording.network, recording.probes
    sizes, kinds = "-".join(map(str, network.sizes)), ", ".join(network.activations)
    loss = f", loss {network.loss}" if network.loss else ""
    first, last = int(recording.step[0]), int(recording.step[-1])
    seen = f"{len(probes.inputs):,} {'probe' if len(probes.inputs) == 1 else 'probes'}"
    if probes.targets is None:
        seen += " without targets"
    if recording.points is not None:
        seen += f" and {len(recording.points):,} more points"
    curves = f"curves {', '.join(recording.curves)}" if recording.curves else "no curves"
    kept = f"{len(recording.step):,} kept {recording.unit}s from {first:,} to {last:,}"
    return printable(f"{sizes} neurons ({kinds}){loss}; {kept}; {seen}; {curves}")


# The keys, and what is said of them.


def _titles(data: Mapping[str, Any]) -> Iterator[_Key]:
    yield _Key("title", data["title"], 'Title, drawn at the top and on a card before the film; "" for none.')
    yield _Key("subtitle", data["subtitle"], 'One line under the title on the card; "" for none.')


def _form(scene: Look, plan: Plan, data: Mapping[str, Any]) -> Iterator[_Key]:
    """Shape and length of the film."""
    output = scene.output
    form = {"size": "{}x{}".format(*output.size), "fps": exact(output.fps), "quality": output.quality}
    beside = {
        "size": f"or {', '.join(SIZES)}, or another WIDTHxHEIGHT",
        "fps": "frames a second",
        "quality": ", ".join(get_args(Quality)),
    }
    comment = f"The picture and its file. platform: {', '.join(PLATFORMS)} sets size and loudness for that place."
    yield _Key("output", form | data["output"], comment, beside)
    seconds, sound = f"{float(plan.seconds):.4g}", scene.audio
    comment = f"Length of the film in seconds. null: as what it shows takes, {seconds} s; with music its length."
    if scene.duration is None and sound is not None and not sound.is_sonified and sound.fit == "film":
        comment = f"Length of the film in seconds. null: that of its music, {seconds} s."
    yield _Key("duration", data["duration"], comment)


def _colours(film: Filmed, data: Mapping[str, Any]) -> Iterator[_Key]:
    """Lines on how the film is drawn."""
    comment = "How it is drawn. glow: light; playground: as in TensorFlow Playground"
    if _is_possible(film, "style", "classic", {"panels": None}):
        comment += "; classic: as in Milo Spencer-Harper's film of 2015, which has panels of its own (take panels out)"
    yield _Key("style", data["style"], f"{comment}.")
    themes, palettes = ", ".join(get_args(ThemeName)), ", ".join(get_args(PaletteName))
    comment = f"Colours: {themes}. null: those that suit the style, night for glow."
    yield _Key("theme", data["theme"], comment)
    comment = (
        f"Colours of positive and negative: {palettes}; or a mapping with colours of yours. null: the theme's own."
    )
    yield _Key("palette", data["palette"], comment)
    comment = "full: signals travel and weights glide; reduced: still pictures, for people who prefer less motion."
    yield _Key("motion", data["motion"], comment)


def _network(scene: Look, data: Mapping[str, Any]) -> _Key:
    """Labels of the network."""
    outline, given = scene.outline, data["network"]
    first, last = outline.layers[0], outline.layers[-1]
    values = {"inputs": given.get("inputs", []), "outputs": given.get("outputs", [])}
    beside = {
        "inputs": f"{_names_of(first, 'input')}; [] for none",
        "outputs": f"{_names_of(last, 'output')}; [] for none",
    }
    if outline.is_dense and len(outline.layers) > 2:
        values["hidden"] = given.get("hidden", [])
        beside["hidden"] = "for each hidden layer a list of names; [] for none"
    if not outline.is_planar and first >= _FEWEST_PIXELS:
        side = isqrt(first)
        grid = f"[{side}, {side}]" if side**2 == first else "[rows, columns]"
        values["grid"] = given.get("grid")
        beside["grid"] = f"{grid} if the inputs are the pixels of such a picture; null: they are not"
    if outline.has_biases:
        values["bias_nodes"] = given.get("bias_nodes")
        beside["bias_nodes"] = "true or false: biases as nodes of their own; null: in the style glow"
    return _Key("network", values, "Labels of the network, and how its inputs are drawn.", beside)


_PANELS = {
    "curve": "the curves; future: true shows faintly how they go on",
    "network": "neurons and synapses",
    "table": "the examples, one in each row",
    "answers": "the present answers to all examples, as dots between the two targets",
    "boundary": "its answers everywhere in the plane, and the examples in it",
    "equations": "the equations of the forward pass, with the numbers in them",
    "gradients": "how large the error signal of each layer is, on a logarithmic scale",
    "picture": "a picture of yours, such as a logo",
    "text": "words of yours, on every frame",
    "title": "",
    "caption": "the line under the title that says what is going on",
    "numbers": "the present step and loss, in large figures",
}
"""Comment on each panel: what it shows."""


def _panels(film: Filmed, data: Mapping[str, Any]) -> _Key:
    """Panels of the picture, and others that suit the run."""
    if film.scene.style == "classic":
        message = "The style classic has a picture of its own, to which panels add pictures and texts. null: none."
        return _Key("panels", data["panels"], message)
    there, (first, *_, last) = {panel["panel"] for panel in data["panels"]}, film.scene.outline.layers
    unsuited = {*OWN, *(["table"] if first > MOST_IN_TABLE else []), *(["answers"] if last > MOST_AXES else [])}
    others: list[Mapping[str, Any]] = [
        {"panel": kind}
        for kind in _PANELS
        if kind not in there | unsuited and _is_possible(film, "panels", [*data["panels"], {"panel": kind}])
    ]
    others.append({"panel": "picture", "file": "logo.png", "at": [0.88, 0.03, 0.09, 0.09]})
    others.append({"panel": "text", "text": "words of yours", "at": [0.05, 0.97, 0.9, 0.025]})
    unit = film.scene.outline.unit
    follows = "loss" if film.scene.outline.follows_loss else "error"
    beside = _PANELS | {"numbers": f"the present {unit} and {follows}, in large figures"}
    if film.scene.is_planar:
        beside["network"] += "; neurons: maps (of the plane) or numbers in them"
    comment = (
        "Panels of the picture, from back to front; at: [left, top, width, height], from 0 to 1, puts one elsewhere. "
        "Take the # away before others that you want. Without this key netviz chooses by itself, for each shape of "
        "picture."
    )
    return _Key("panels", data["panels"], comment, beside, others)


_SHOTS = {
    "title": "a card with title and subtitle, where there are any",
    "rest": "the network at rest",
    "learning": "the run; examples: each, together, or so many in each shown step",
    "think": "its answer to whatever inputs you give",
    "walk": "one example, computed at reading speed, in the panel equations",
}
"""Comment on each shot: what it shows."""


def _shots(film: Filmed, data: Mapping[str, Any]) -> _Key:
    """Shots of the film, and others that suit the run."""
    outline, there = film.scene.outline, {shot["shot"] for shot in data["shots"]}
    inputs = (outline.inputs or ((0.0,) * outline.layers[0],))[0]
    others: list[Mapping[str, Any]] = [{"shot": "walk", "example": 1}]
    if len(inputs) <= _FEWEST_PIXELS:
        others.append({"shot": "think", "inputs": [float(f"{value:.3g}") for value in inputs]})
    others = [
        shot
        for shot in others
        if shot["shot"] not in there and _is_possible(film, "shots", [*data["shots"], shot], {"panels": None})
    ]
    comment = (
        "What the film shows, in this order. share: a part of its length, such as 0.1; caption: the line that stands "
        "under the title meanwhile."
    )
    beside = _SHOTS | {"learning": _SHOTS["learning"].replace("step", outline.unit)}
    return _Key("shots", data["shots"], comment, beside, others)


def _is_possible(film: Filmed, key: str, value: Any, more: Mapping[str, Any] | None = None) -> bool:
    """True if the film could be made with this value of a key. more: values of others."""
    changed = {name: Override(each, name) for name, each in {**(more or {}), key: value}.items()}
    assert isinstance(film.recorded, Recording)
    found, _ = read_filmed(film.recorded, LookKeys(), changed, path=Path("run.npz"))
    return found is not None and not prepare(found).problems


def _told(film: Filmed, plan: Plan, data: Mapping[str, Any]) -> Iterator[_Key]:
    """Lines on the film's words."""
    comment = (
        "What netviz tells of the run. auto: all that is worth it, beside captions of yours too; default: nothing "
        "where there are any; null: nothing; or a list of kinds of events, such as [halved, accurate]."
    )
    yield _Key("story", data["story"], comment)
    outline, moments = film.scene.outline, list[str]()
    assert isinstance(film.recorded, Recording)
    for event in find_events(film.recorded, film.scene):
        if not any(f"event:{event.kind} " in each for each in moments) and len(moments) < _MOST_KINDS:
            moments.append(f"event:{event.kind} ({outline.unit} {event.cycle:,})")
    at = moments[0].partition(" ")[0] if moments else f"cycle:{plan.shown_cycles[-1]}"
    example = {"text": "Watch closely.", "at": at, "for": 3}
    comment = (
        f"Captions of yours, such as [{flow(example)}]. Moments are 12.5s, 50%, cycle:{plan.shown_cycles[-1]} (that "
        f"{outline.unit}), shot:learning, start, end"
    )
    events = f"; and events of this run: {', '.join(moments)}." if moments else "."
    yield _Key("captions", data["captions"], comment + events)
    comment = (
        "Names and titles are as you write them; what netviz says by itself is English. words: bundled:german.yaml "
        "says it in German, and a file of yours (netviz words > mine.yaml) in any language."
    )
    yield _Key("words", data.get("words"), comment)


def _audio(data: Mapping[str, Any]) -> _Key:
    comment = (
        "Sound. null: none; sonify: made from the run itself; or music, a file beside this one such as music.mp3, "
        "which then says how long the film is."
    )
    return _Key("audio", data["audio"], comment)


def _names_of(count: int, thing: str) -> str:
    return f"the name of the {thing}, such as [it]" if count == 1 else f"names of the {count:,} {thing}s, one for each"


# The text of a key.


def _lines(key: _Key) -> Iterator[str]:
    """The lines of a key: what is said of it, and its value."""
    for line in textwrap.wrap(key.comment, _WIDTH, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"
    if isinstance(key.value, Mapping):
        yield f"{key.name}:"
        for inner, value in key.value.items():
            yield _beside(f"  {inner}: {flow(value)}", key.beside.get(inner, ""))
    elif isinstance(key.value, list) and key.value and isinstance(key.value[0], Mapping):
        yield f"{key.name}:"
        for mark, items in (("", key.value), ("# ", key.others)):
            for item in items:
                kind = str(item.get("panel") or item.get("shot") or "")
                yield _beside(f"  {mark}- {flow(item)}", key.beside.get(kind, ""))
    else:
        yield f"{key.name}: {flow(key.value)}"


def _beside(text: str, comment: str) -> str:
    return f"{text:{COLUMN}}  # {comment}" if comment else text
