"""Overrides: values by dotted key that replace a scene's own before it is checked; also the scenes of compared runs."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from netviz.errors import InputError, Problem
from netviz.scene.json_schema import every_key, keys, root, schema_inside
from netviz.scene.messages import dotted, kind, nearest, printable
from netviz.scene.model import Training, refused
from netviz.scene.output import PLATFORMS
from netviz.scene.panels import IN_CLASSIC
from netviz.scene.scene import Scene
from netviz.scene.sound import SONIFY
from netviz.scene.synonyms import absent, keys_meant
from netviz.scene.types import FrameRate, Shorthand
from netviz.scene.yaml import UnreadableYaml, YamlPath, read_tree

FROM_ENVIRONMENT = "NETVIZ_"
"""Prefix of origins that are environment variables; overrides that the user typed take precedence over them."""
_TEXT_WITH_HASH = re.compile(r"\s*(?:[^\s'\"\[{&*!|>%@`#][^:]*\s)?#")
"""A plain text, no quoted one, list or mapping, in which YAML would take a # for the beginning of a comment."""
KINDS_OF_SCHEDULE = ("cycles", "every", "frames")


@dataclass(frozen=True)
class Override:
    """A value that replaces a scene's own. origin: the option that gave it ("--cycles"), for messages about it.

    place: of a value from a file, where a key of the scene stands in it; the second argument: its name, not its value.
    """

    value: Any
    origin: str
    place: Callable[[YamlPath, bool], str] | None = None


@dataclass
class Overlaid:
    """A scene's data with the overrides in it. origins: path -> the option that gave its value.

    places: path -> `Override.place`, of those from files. problems: of options; in_looks: of files.
    """

    data: dict[str, Any]
    origins: dict[YamlPath, str] = field(default_factory=dict)
    places: dict[YamlPath, Callable[[YamlPath, bool], str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    in_looks: list[Problem] = field(default_factory=list)

    def origin(self, path: YamlPath) -> tuple[YamlPath, str] | None:
        """Return the override that gave the value at the path, as its own path and origin; None if none did."""
        above = [given for given in self.origins if path[: len(given)] == given]
        return (longest := max(above, key=len), self.origins[longest]) if above else None

    def origins_inside(self, path: YamlPath) -> list[str]:
        """Return the origins of the overrides that gave values inside the one at the path."""
        return list(dict.fromkeys(origin for given, origin in self.origins.items() if given[: len(path)] == path))


def parse_set(text: str) -> tuple[str, Override]:
    """Parse `training.cycles=500` into key and value; the value is YAML (`audio=null`, `network.layers=[3, 8, 1]`).

    It has no comments: a # is part of a text. Raises InputError if it is not key=value.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not key:
        raise InputError([Problem(f"--set {printable(text)}", "expected key=value, such as training.cycles=500")])
    origin = f"--set {printable(key)}"
    if _TEXT_WITH_HASH.match(value):
        return key, Override(value.strip(), origin)
    try:
        tree = read_tree(value)
    except UnreadableYaml as error:
        raise InputError([Problem(origin, error.message)]) from None
    if tree.syntax_issues:
        raise InputError(Problem(origin, issue.message) for issue in tree.syntax_issues)
    return key, Override(tree.data, origin)


def overlay(
    data: Mapping[str, Any], *layers: Mapping[str, Any], under: Mapping[str, Override] | None = None
) -> Overlaid:
    """Apply overrides to a scene's data, each layer over those before it; the data given are not changed.

    layers: dotted key (list items by number: shots.4.inputs or shots[4].inputs) -> Override, or the plain value.
    Choices that exclude each other (audio and duration, the kinds of schedule) are resolved in favour of the override.
    Size, frame rate and loudness of a platform that an override gives take precedence over the scene's.
    under: keys of a look, over which the data win; what excludes each other is resolved in favour of the data.
    """
    result = Overlaid(_copied(dict(data)))
    _lay_under(result, under or {})
    for overrides in layers:
        _apply(result, overrides)
    return result


def _apply(result: Overlaid, overrides: Mapping[str, Any]) -> None:
    data = _copied(result.data)
    given = {key: value if isinstance(value, Override) else Override(value, key) for key, value in overrides.items()}
    _resolve_length(result, given)
    _resolve_style(result, given)
    _resolve_compare(result, given)
    _resolve_platform(result, given)
    for key, override in given.items():
        path = key_path(key)
        if len(path) > 1 and isinstance(path[0], str):
            _expand_shorthand(result.data, path[0])
        origin = override.origin if override.place is None else override.place(path, True)
        if problem := _unknown(result.data, path, origin):
            (result.problems if override.place is None else result.in_looks).append(problem)
        elif _put(result.data, path, override.value):
            _came_from(result, path, override)
    _resolve_schedule(result, data, given)


def _lay_under(result: Overlaid, look: Mapping[str, Override]) -> None:
    """Add the keys of a look that the data leave open. A mapping takes those it lacks; a list or a value none."""
    below, own = Overlaid({}), _own_choices(result.data)
    _apply(below, look)
    result.in_looks += [*below.problems, *below.in_looks]
    if not {"audio", "duration"} <= {key.partition(".")[0] for key in own}:  # both are a mistake of the data's own
        _resolve_length(below, own)
    for resolve in (_resolve_style, _resolve_compare, _resolve_platform):
        resolve(below, own)
    for name, value in below.data.items():
        mine = result.data.get(name)
        origins: dict[YamlPath, tuple[YamlPath, str] | None]
        if name in result.data and isinstance(mine, dict):
            _expand_shorthand(below.data, name)
            value = below.data[name]
            added = [key for key in value if key not in mine] if isinstance(value, dict) else []
            mine |= {key: value[key] for key in added}
            origins = {(name, key): below.origin((name, key)) for key in added}
        elif name not in result.data:
            result.data[name] = value
            origins = {path: below.origin(path) for path in below.origins if path[0] == name}
        else:
            continue
        for path, found in origins.items():
            assert found is not None, "all below is of the look"
            result.origins[path] = found[1]
            if found[0] in below.places:
                result.places[path] = below.places[found[0]]


def _own_choices(data: Mapping[str, Any]) -> dict[str, Override]:
    """The data's keys that exclude others, as overrides."""
    found: dict[str, Override] = {}
    for name in ("audio", "duration", "style", "panels", "compare", "story", "output"):
        value = data.get(name)
        inside = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {}
        found |= {key: Override(each, key) for key, each in (inside or ({name: value} if name in data else {})).items()}
    return found


def _copied(data: Any) -> Any:
    """A copy that can be changed. Tuples, such as the inputs of examples, of which there may be many, never are."""
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in data.items()}
    return [_copied(value) for value in data] if isinstance(data, list) else data


def _came_from(result: Overlaid, path: YamlPath, override: Override) -> None:
    """Note where the value at a path came from, instead of where those came from that it replaces."""
    for replaced in [each for each in result.origins if each[: len(path)] == path]:
        del result.origins[replaced]
        result.places.pop(replaced, None)
    result.origins[path] = override.origin
    if override.place is not None:
        result.places[path] = override.place


def key_path(key: str) -> YamlPath:
    """Return the path of a value from its written key: shots.4.inputs, or shots[4].inputs as messages write it."""
    parts = re.sub(r"\[([0-9]+)\]", r".\1", key).split(".")
    return tuple(int(part) if re.fullmatch("[0-9]{1,9}", part) else part for part in parts)


def _put(data: dict[str, Any], path: YamlPath, value: Any) -> bool:
    """Set the value at a path, creating mappings on the way.

    Returns False, without setting it, if a mistake in the file is in the way; that is reported as such.
    """
    place: Any = data
    for step, below in zip(path, (*path[1:], None), strict=True):
        if isinstance(step, str) and not isinstance(place, dict):
            return False
        if below is None:
            place[step] = os.fspath(value) if isinstance(value, os.PathLike) else copy.deepcopy(value)
        elif isinstance(step, str):
            place = place.setdefault(step, {})
        else:
            place = place[step]
    return True


def _unknown(data: Any, path: YamlPath, origin: str) -> Problem | None:
    alternatives = root()
    value: Any = data
    for depth, step in enumerate(path):
        parent = dotted(path[:depth]) or "a scene"
        below = schema_inside(alternatives, step, value)
        if not below:
            suggestion = _meant(path, depth) or (
                _sibling(step, path[:depth], keys(alternatives, value)) if depth else _anywhere(path)
            )
            return Problem(origin, f"unknown key ({suggestion})")
        alternatives = below
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        elif not isinstance(value, list):
            return Problem(origin, f"{parent} is {kind(value)} here, not a list")
        elif step >= len(value):
            numbers = f"its items are 0 to {len(value) - 1}" if value else "it is empty"
            return Problem(origin, f"{parent} has no item {step}; {numbers}")
        else:
            value = value[step]
    return None


def _meant(path: YamlPath, depth: int) -> str:
    """Text of what the last part of an unknown key, or its whole, means in other tools; "" for a word of none."""
    word = str(path[depth])
    if depth == 0 and len(path) == 1 and any(key.endswith(f".{word}") for key in every_key()):
        return ""
    meant = keys_meant(word)
    named = " or ".join(f"'{key}'" for key in meant)
    return f"did you mean {named}?" if meant else absent(word) or ""


def _sibling(step: str | int, parent: YamlPath, valid: list[str]) -> str:
    near = nearest(str(step), valid)
    return (
        f"did you mean '{dotted((*parent, near))}'?"
        if near
        else f"{dotted(parent)} has {', '.join(valid) or 'no keys'}"
    )


def _anywhere(path: YamlPath) -> str:
    key = ".".join(map(str, path))
    near = nearest(key, every_key())
    like_it = [other for other in every_key() if other.endswith(f".{key}")] or ([near] if near else [])
    named = " or ".join(f"'{other}'" for other in like_it)
    return f"did you mean {named}?" if named else f"a scene has {', '.join(keys(root(), None))}"


def _expand_shorthand(data: dict[str, Any], name: str) -> None:
    """Expand a shorthand (`audio: track.mp3`, or no audio) to its mapping, so that more keys can be set in it."""
    for shorthand in Scene.model_fields[name].metadata if name in data and name in Scene.model_fields else ():
        if isinstance(shorthand, Shorthand):
            data[name] = {} if data[name] is None else shorthand.in_full(data[name])


def _resolve_length(result: Overlaid, given: dict[str, Override]) -> None:
    """Resolve music and duration, which both set the film's length: keep the overridden one.

    Overriding both is a mistake, unless the music is fitted to the film: then both may stand.
    """
    if not _music_sets_length(result.data, given):
        return
    music = [key for key in given if key.split(".")[0] == "audio" and given[key].value is not None]
    duration = [key for key in ("duration",) if key in given and given[key].value is not None]
    if music and duration:
        both = " and ".join(given.pop(key).origin for key in (*music, *duration))
        message = "the film is as long as its music: give one of them, or --set audio.fit=track as well"
        result.problems.append(Problem(both, message))
    elif music or duration:
        result.data.pop("duration" if music else "audio", None)


def _music_sets_length(data: Mapping[str, Any], given: Mapping[str, Override]) -> bool:
    """Return whether the music sets the film's length, as far as the data say, and is not fitted to the film."""
    audio = given["audio"].value if "audio" in given else data.get("audio")
    sound = {**audio} if isinstance(audio, Mapping) else {"file": audio}
    sound |= {key.removeprefix("audio."): given[key].value for key in ("audio.file", "audio.fit") if key in given}
    return sound.get("fit") != "track" and sound.get("file") != SONIFY


def _resolve_style(result: Overlaid, given: dict[str, Override]) -> None:
    """Leave the scene its pictures and texts if an override sets the classic style, which has a picture of its own."""
    panels = result.data.get("panels")
    is_classic = "style" in given and given["style"].value == "classic"
    if not is_classic or not isinstance(panels, list) or any(key.startswith("panels") for key in given):
        return
    kinds = [panel.get("panel") if isinstance(panel, dict) else panel for panel in panels]
    others = [number for number, kind in enumerate(kinds) if kind not in IN_CLASSIC]
    own = [panel for panel, kind in zip(panels, kinds, strict=True) if kind in IN_CLASSIC]
    if not own:
        del result.data["panels"]
    elif others:
        result.data["panels"] = own if "auto" in kinds else [*own[: others[0]], "auto", *own[others[0] :]]


def _resolve_compare(result: Overlaid, given: dict[str, Override]) -> None:
    """Drop the scene's story if an override gives runs to compare: a story is about one run."""
    if "compare" in given and given["compare"].value is not None and "story" not in given:
        result.data.pop("story", None)


def _resolve_platform(result: Overlaid, given: dict[str, Override]) -> None:
    """Drop the scene's size, frame rate and loudness if an override gives a platform, as far as the platform sets
    them."""
    platform = given.get("output.platform")
    if platform is None or platform.value is None:
        return
    if not platform.origin.startswith(FROM_ENVIRONMENT):
        for key in ("output.size", "output.fps"):
            if key in given and given[key].origin.startswith(FROM_ENVIRONMENT):
                del given[key]
    output, audio = result.data.get("output"), result.data.get("audio")
    if isinstance(output, dict):
        output.pop("size", None)
        if _is_too_fast(platform.value, output.get("fps")):
            del output["fps"]
    if isinstance(audio, dict):
        audio.pop("loudness", None)
        if audio.get("file") != SONIFY:  # whose gain is added to the usual loudness
            audio.pop("gain", None)


def _is_too_fast(name: Any, fps: Any) -> bool:
    """Return whether the scene's frame rate is too high for the platform."""
    platform = PLATFORMS.get(name) if isinstance(name, str) else None
    if platform is None or platform.fastest is None or not isinstance(fps, int | float | str):
        return False
    try:
        return bool(TypeAdapter(FrameRate).validate_python(fps) > platform.fastest)
    except ValidationError:
        return False


def _resolve_schedule(result: Overlaid, file_data: Mapping[str, Any], given: Mapping[str, Override]) -> None:
    schedule, cycles = result.data.get("schedule"), _cycles(result.data)
    if not isinstance(schedule, dict):
        return
    file_schedule = file_data.get("schedule")
    listed = file_schedule.get("cycles") if isinstance(file_schedule, dict) else None
    listed = listed if isinstance(listed, list) and listed else None
    typed = [
        key for key in KINDS_OF_SCHEDULE if f"schedule.{key}" in given and given[f"schedule.{key}"].value is not None
    ]
    if typed == ["frames"] and listed and listed[-1] == cycles and schedule.get("frames") == len(listed):
        # The override asks for as many cycles as the scene lists up to the end of training: the listed ones are better.
        result.data["schedule"] = {"cycles": listed}
    elif typed:
        result.data["schedule"] = {key: value for key, value in schedule.items() if key not in KINDS_OF_SCHEDULE} | {
            key: schedule[key] for key in typed if key in schedule
        }
    elif listed and listed[-1] != cycles and cycles != _cycles(file_data):
        length_changed = result.origin(("training", "cycles"))
        if length_changed and not any(key.partition(".")[0] == "schedule" for key in given):
            result.data["schedule"] = {"frames": len(listed)}
            result.origins["schedule", "frames"] = length_changed[1]


def _cycles(data: Mapping[str, Any]) -> Any:
    """Return the number of training cycles in these data, valid or not."""
    training = data.get("training", {})
    return training.get("cycles", Training().cycles) if isinstance(training, dict) else None


# Compared runs, each as a scene of its own.


def run_scenes(scene: Scene) -> tuple[Scene, ...]:
    """Return the scene of every compared run, itself without a comparison; of a scene without runs only that scene.

    Raises InputError for runs that no scene file could have: in files, the loader finds such mistakes and their places.
    """
    if scene.compare is None:
        return (scene,)
    data = scene.model_dump(mode="json", exclude={"compare"}) | {"story": None}
    scenes: list[Scene] = []
    problems: list[Problem] = []
    for index, run in enumerate(scene.compare):
        where = f"compare[{index}]"
        overlaid = overlay(data, run.set)
        reasons = {} if overlaid.problems else {key: refused(key) for key in run.set}
        found = [(problem.where, problem.message) for problem in overlaid.problems]
        found += [(key, reason) for key, reason in reasons.items() if reason is not None]
        problems += [Problem(f"{where}.set: {key}", message) for key, message in found]
        if found:
            continue
        try:
            scenes.append(Scene.model_validate(overlaid.data))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            problems.append(Problem(where, f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")))
    if problems:
        raise InputError(problems)
    return tuple(scenes)
