"""Looks of recordings: the scene that a film of a recorded run is made with.

How a film looks is said by the options, a look file or mapping, the recording itself, and defaults, in this order.
Mappings are merged, lists are replaced.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from netviz.errors import InputError, NetvizWarning, Problem, warn_caller
from netviz.pipeline.default_looks import with_own_names, with_question
from netviz.recording.comparison import Comparison
from netviz.recording.layers import ACTIVATIONS
from netviz.recording.network import Network
from netviz.recording.pictures import picture_of_shape
from netviz.recording.recorder import Records
from netviz.recording.recording import Recording, finite_part, in_numbers
from netviz.scene.files import path_shown
from netviz.scene.learned_cycles import unshown_bounds
from netviz.scene.loader import ParseResult, read_stored
from netviz.scene.look_file import LookKeys, LookSource, foreign_keys, read_look
from netviz.scene.messages import dotted, printable
from netviz.scene.model import FEWEST_RUNS, MOST_RUNS, Training
from netviz.scene.outline import Outline
from netviz.scene.overrides import Override, run_scenes
from netviz.scene.panels import NetworkPanelSpec
from netviz.scene.recorded_phrases import in_unit
from netviz.scene.scene import Look, Scene
from netviz.scene.schedule import ending_with, shown_cycles
from netviz.scene.shots import ThinkShot, WalkShot
from netviz.scene.validation import MOST_SHOWN
from netviz.scene.yaml import MOST_VALUES
from netviz.timeline.outline import evenly_spread, outline_of_recording
from netviz.timeline.recorded_curves import recorded_curves
from netviz.training.setup import presents


@dataclass(frozen=True, eq=False)
class Filmed:
    """A recorded run, or several, and the scene that their film is made with."""

    recorded: Recording | Comparison
    scene: Look

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """The recordings: one, or those of all runs."""
        return self.recorded.recordings if isinstance(self.recorded, Comparison) else (self.recorded,)

    @property
    def comparison(self) -> Comparison:
        """The recordings of several runs, where it is of several."""
        assert isinstance(self.recorded, Comparison), "it is of one run"
        return self.recorded

    @property
    def scenes(self) -> tuple[Look, ...]:
        """The scene of each run; they differ in what is known of the runs."""
        if not isinstance(self.recorded, Comparison):
            return (self.scene,)
        if isinstance(self.scene, Scene):
            return tuple(run_scenes(self.scene))
        return tuple(
            _fitting(self.scene, each.network).of_run(
                replace(outline_of_recording(each, self.scene), **_clock(self.scene.outline)),
                self.recorded.names,
            )
            for each in self.recordings
        )


Recorded = Recording | Comparison | Records | Filmed
"""Recordings of one run, or of several that are shown side by side; or a recorder, as far as it is."""
Source = Scene | Recorded
"""Source of films and stills: a scene to be trained, or what training has left."""


def resolved(source: Source, look: LookSource | None = None, frames: int | None = None) -> Scene | Filmed:
    """The scene of a film, or a recorded run with the scene of its film.

    look: keys to be put over those of the scene or recording, see `LookSource`. frames: number of steps to be shown.
    Raises InputError, with all that is wrong with them, and for what is no source of a film.
    """
    if not isinstance(source, Source):
        message = f"expected a scene, a recording or a recorder, got {type(source).__name__}"
        advice = "; read a file with Recording.load or load_scene" if isinstance(source, str | os.PathLike) else ""
        raise InputError([Problem("source", f"{message}{advice}")])
    if look is None and frames is None and isinstance(source, Scene | Filmed):
        return source
    if isinstance(source, Filmed):
        message = "the run is given with the scene of its film already; give the recording itself to change it"
        raise InputError([Problem("frames" if look is None else "look", message)])
    keys = read_look(look)
    if isinstance(source, Scene):
        shown = {} if frames is None else {"schedule.frames": Override(frames, "frames")}
        result = read_stored(source.model_dump(mode="json"), None, shown, look=keys.overrides, where="the scene")
        found: Scene | Filmed | None = None if keys.problems else result.scene
        problems = (*keys.problems, *result.problems)
    else:
        recorded = source.recording() if isinstance(source, Records) else source
        found, result = read_filmed(recorded, keys, frames=None if frames is None else Override(frames, "frames"))
        problems = result.problems
    if found is None:
        raise InputError(problems)
    for note in (*keys.notes, *result.notes) if isinstance(source, Scene) else result.notes:
        warn_caller(NetvizWarning(note))
    return found


def filmed(recorded: Recorded, look: LookSource | None = None, frames: int | None = None) -> Filmed:
    """A recorded run with the scene of its film, see `resolved`."""
    found = resolved(recorded, look, frames)
    if not isinstance(found, Filmed):
        raise InputError([Problem("source", "expected a recording or a recorder, got a scene; train it with record")])
    return found


def read_filmed(
    recorded: Recording | Comparison,
    look: LookKeys,
    overrides: Mapping[str, Override] | None = None,
    *,
    frames: Override | None = None,
    path: Path | None = None,
) -> tuple[Filmed | None, ParseResult]:
    """The same, with overrides of the scene's keys and all mistakes at their places. path: the recording's, for names.

    frames: with where it was given. The first is None where there are mistakes.
    """
    try:
        recorded = _shown(recorded)
    except ValueError as wrong:
        return None, ParseResult((*look.problems, Problem("the recording", str(wrong))), path=path)
    problems = [*_comparison_problems(recorded), *look.problems]
    shown, stored, first = None, _stored_look(recorded, problems), first_of(recorded)
    if frames is not None:
        shown = _count(frames, problems)
    try:
        setup = _setup_of(recorded, first, shown, [*_walked(stored), *_walked_in(look.overrides)])
    except ValueError as wrong:
        problems.append(Problem("the recording" if frames is None else frames.origin, str(wrong)))
        return None, ParseResult(tuple(problems), path=path)
    if problems:
        return None, ParseResult(tuple(problems), path=path)
    picture = picture_of_shape(first.network.layers[0].shape) if recorded.training_setup is None else None
    drawn = _without_grid({f"network.{key}": value for key, value in (stored.get("network") or {}).items()}, picture)
    network = {**{key.removeprefix("network."): value for key, value in drawn.items()}, **setup["network"]}
    overrides, own = (_without_grid(each or {}, picture) for each in (overrides, look.overrides))
    if recorded.training_setup is None and any(curve.is_share for curve in recorded_curves(first)):
        stored, overrides, own = map(_without_accuracy, (stored, overrides, own))
    data = {**stored, **setup, "network": network}
    stored_in = recorded.look_from
    where = "the recording" if stored_in is None else path_shown(stored_in)
    result = read_stored(data, path, overrides, look=own, where=where, stored_in=stored_in)
    result = replace(result, notes=(*look.notes, *result.notes))
    if recorded.training_setup is not None and (reason := _not_computed(first.network)) is not None:
        message = f"{reason}, and it is said to be trained by netviz, which trains no such layer"
        return None, replace(result, problems=(Problem("the recording", message),), scene=None)
    if recorded.training_setup is None:
        worded = (
            replace(each, message=in_unit(each.message.replace(" (training.cycles)", ""), first.unit))
            for each in result.problems
        )
        result = replace(result, problems=tuple(worded))
    if result.scene is None:
        return None, result
    if recorded.training_setup is None:
        given = {re.split(r"[.\[]", key)[0] for key in (*stored, *look.overrides, *(overrides or ()))}
        look_of_run = _of_foreign_run(recorded, first, result.scene, given, shown)
        problems += _unknown_parts(recorded, look_of_run)
        if problems:
            return None, replace(result, problems=tuple(problems), scene=None)
        return Filmed(recorded, look_of_run), result
    if unshown := [*_unshown(recorded, result.scene)]:
        return None, replace(result, problems=tuple(map(result.located, unshown)), scene=None)
    film = Filmed(recorded, _ended(recorded, result.scene))
    runs = zip(film.recordings, film.scenes, strict=True)
    if all(presents(run, scene) for run, scene in runs if isinstance(scene, Scene)):
        return film, result
    message = "the film presents examples that were not recorded (the learning shot's examples, or a walk)"
    problem = result.located(Problem("shots", message))
    if frames is not None and result.scene.presented_count is not None:
        message = "the learning shot presents some examples in turn, and with fewer cycles others than were recorded"
        problem = Problem(frames.origin, f"{message}; leave it out")
    return None, replace(result, problems=(problem,), scene=None)


def _ended(recorded: Recording | Comparison, scene: Scene) -> Scene:
    """The scene of a run of netviz's own, as far as it was recorded where it diverged; else itself."""
    if isinstance(recorded, Comparison) or recorded.diverged_at is None:
        return scene
    there = set(recorded.shown_steps)
    shown = tuple(cycle for cycle in shown_cycles(scene) if cycle in there)
    return ending_with(scene, int(recorded.step[-1]), recorded.diverged_at, shown) if shown else scene


def _stored_look(recorded: Recording | Comparison, problems: list[Problem]) -> Mapping[str, Any]:
    """The look that is stored with it. Of a run beside others nothing is told, as a story is of one run."""
    where, stored = "the look in the recording", {} if recorded.look is None else recorded.look
    if not isinstance(stored, Mapping) or not isinstance(stored.get("network") or {}, Mapping):
        key = where if not isinstance(stored, Mapping) else f"{where}: network"
        problems.append(Problem(key, "expected a mapping of keys to values"))
        return {}
    if sum(1 for _ in _values(stored)) > MOST_VALUES:
        problems.append(Problem(where, f"more than {MOST_VALUES:,} values, the most that a scene file can have"))
        return {}
    problems += foreign_keys(stored, where)
    if isinstance(recorded, Comparison) and recorded.training_setup is None:
        return {key: value for key, value in stored.items() if key != "story"}
    return stored


def _values(data: Any) -> Iterator[Any]:
    """All values in JSON, with those of its lists and objects."""
    for value in data.values() if isinstance(data, Mapping) else data if isinstance(data, list | tuple) else ():
        yield value
        yield from _values(value)


def _count(frames: Override, problems: list[Problem]) -> int | None:
    """The number of steps to be shown; None, and a problem more, where it is none."""
    try:
        count = None if isinstance(frames.value, bool) else operator.index(frames.value)
    except TypeError:
        count = None
    if count is None or count < 1:
        given = printable(str(frames.value))
        message = f"expected a whole number from 1: how many of the kept steps to show; got {given}"
        problems.append(Problem(frames.origin, message))
        return None
    return count


def _shown(recorded: Recording | Comparison) -> Recording | Comparison:
    """The part of it that can be shown: all moments whose numbers are finite."""
    if isinstance(recorded, Comparison):
        parts = tuple(map(finite_part, recorded.recordings))
        known = zip(recorded.diverged, parts, strict=True)  # a file need not say that its last moment is not finite
        diverged = tuple(part.diverged_at if step is None else step for step, part in known)
        return replace(recorded, recordings=parts, diverged=diverged)
    return finite_part(recorded)


def _comparison_problems(recorded: Recording | Comparison) -> Iterator[Problem]:
    """Problems that keep recordings, each made by itself, from one clock and one table of examples."""
    if isinstance(recorded, Recording) or recorded.training_setup is not None:
        return
    first = recorded.recordings[0]
    if not FEWEST_RUNS <= len(recorded.recordings) <= MOST_RUNS:
        message = (
            f"{len(recorded.recordings)} recordings are given; {FEWEST_RUNS} to {MOST_RUNS} can stand side by side"
        )
        yield Problem("the recordings", message)
    for name, each in zip(recorded.names, recorded.recordings, strict=True):
        if each.followed is None and each.test_loss is None:
            yield Problem(name, "has no loss by which it could be compared; give one in every snap")
    if None not in recorded.diverged:
        yield Problem("the recordings", "all of them broke off, so there is nothing to compare")
    for name, each in zip(recorded.names[1:], recorded.recordings[1:], strict=True):
        if each.unit != first.unit:
            message = f"counts in {each.unit}s, and {recorded.names[0]} in {first.unit}s; one clock is for both"
            yield Problem(name, message)
        same = each.probes.inputs.shape == first.probes.inputs.shape
        if not same or not np.array_equal(in_numbers(each.probes.inputs), in_numbers(first.probes.inputs)):
            yield Problem(name, f"shows other examples than {recorded.names[0]}; record them with the same ones")


def first_of(recorded: Recording | Comparison) -> Recording:
    """The recording, or the first of several."""
    return recorded.recordings[0] if isinstance(recorded, Comparison) else recorded


def others_of(recorded: Recording | Comparison) -> tuple[Recording, ...]:
    """The recordings beside the first; none of one alone."""
    return recorded.recordings[1:] if isinstance(recorded, Comparison) else ()


def _unshown(recorded: Recording | Comparison, look: Look) -> Iterator[Problem]:
    """Problems of learning shots that begin or end with steps that the recording does not have."""
    shown = set.intersection(*(set(each.shown_steps) for each in (first_of(recorded), *others_of(recorded))))
    for path, message in unshown_bounds(look.shots, look.outline.first_step, look.outline.last_step, shown):
        yield Problem(dotted(path), message)


def _unknown_parts(recorded: Recording | Comparison, look: Look) -> Iterator[Problem]:
    """Parts of a look that need what recordings do not say: how weights are changed, targets, some layer's function."""
    outline = look.outline
    yield from (
        replace(problem, message=in_unit(problem.message, outline.unit)) for problem in _unshown(recorded, look)
    )
    for each in (first_of(recorded), *others_of(recorded)):
        if (reason := _not_computed(each.network)) is not None:
            yield from _asking_more(look, reason)
            break
    if look.network.bias_nodes and not all(scene.outline.is_dense for scene in Filmed(recorded, look).scenes):
        message = "a layer of the network is summarised as blocks, and has no biases to draw; leave bias_nodes out"
        yield Problem("network.bias_nodes", message)
    for index, shot in enumerate(look.shots):
        if isinstance(shot, WalkShot) and (outline.loss is None or not outline.has_targets):
            message = "a walk computes the error, and the recording has no loss or no targets to do so; leave it out"
            yield Problem(f"shots[{index}]", message)
        elif isinstance(shot, WalkShot) and shot.backward:
            message = "the run was not trained by netviz, so how its weights are changed is not known; leave it out"
            yield Problem(f"shots[{index}].backward", message)
    for index, panel in enumerate(look.panels or ()):
        if panel.panel == "curve" and not outline.curves:
            yield Problem(f"panels[{index}]", "the panel curve shows what was recorded, and that is no curve")
        if panel.panel == "gradients":
            silent = [name for name, each in _named(recorded) if not each.has_errors]
            if silent:
                unknown = f"none are known of {' and '.join(silent)}; leave it out"
                message = f"the panel gradients shows errors that run back, and {unknown}"
                yield Problem(f"panels[{index}]", message)
        if panel.panel in ("table", "answers", "boundary") and not outline.has_targets:
            yield Problem(f"panels[{index}]", f"the panel {panel.panel} shows targets, and the recording has none")


def _named(recorded: Recording | Comparison) -> list[tuple[str, Recording]]:
    """The recordings, each with what it is called in a problem."""
    if isinstance(recorded, Recording):
        return [("the recording", recorded)]
    return [*zip(map(printable, recorded.names), recorded.recordings, strict=True)]


def _not_computed(network: Network) -> str | None:
    """Which layer of a network keeps netviz from computing what it gives, and why; None if none does."""
    for index, layer in enumerate(network.layers):
        if not layer.exact:
            name = f"layer {index}" + (f" ({printable(layer.name)})" if layer.name else "")
            if layer.blocks:
                labels = ", ".join(printable(block.label or block.name) for block in layer.blocks[:3])
                return f"netviz cannot compute {name}, which has {labels}{' ...' if len(layer.blocks) > 3 else ''}"
            if layer.activation in ACTIVATIONS:
                return f"netviz cannot compute {name}, which is marked as not exact"
            return f"netviz cannot compute {name}, which has the activation {printable(layer.activation)!r}"
    return None


def _asking_more(look: Look, reason: str) -> Iterator[Problem]:
    """Parts of a look that ask the network more than what was recorded. reason: why it cannot be asked."""
    for index, shot in enumerate(look.shots):
        if isinstance(shot, WalkShot | ThinkShot):
            what = "a walk computes every sum" if isinstance(shot, WalkShot) else "a think shot asks the network"
            yield Problem(f"shots[{index}]", f"{what}, and {reason}; leave it out")
    for index, panel in enumerate(look.panels or ()):
        if panel.panel == "equations":
            yield Problem(f"panels[{index}]", f"equations say what the network computes, and {reason}; leave them out")
        if panel.panel == "boundary":
            message = f"a decision boundary asks the network about the whole plane, and {reason}; leave it out"
            yield Problem(f"panels[{index}]", message)
        if isinstance(panel, NetworkPanelSpec) and panel.neurons == "maps":
            message = f"maps show what neurons give all over the plane, and {reason}; leave neurons out"
            yield Problem(f"panels[{index}].neurons", message)


def _walked(data: Mapping[str, Any]) -> Iterator[int]:
    """Steps that worked examples are of, and with which learning shots begin and end, in the data of a look."""
    shots = data.get("shots")
    for shot in shots if isinstance(shots, list) else ():
        if isinstance(shot, Mapping):
            keys = {"walk": ("cycle",), "learning": ("from", "to")}.get(str(shot.get("shot")), ())
            yield from (shot[key] for key in keys if type(shot.get(key)) is int)


def _walked_in(overrides: Mapping[str, Override]) -> Iterator[int]:
    return _walked({key: override.value for key, override in overrides.items()})


# The parts of a scene that its run decides: as it was trained or, for a run of somebody else's, such that the look is
# checked against its network and its probes.


def _setup_of(
    recorded: Recording | Comparison, first: Recording, frames: int | None, walked: Sequence[int]
) -> dict[str, Any]:
    """Those parts as JSON. walked: steps that are shown in any case. Raises ValueError if too many are to be shown."""
    if recorded.training_setup is not None:
        setup = dict(recorded.training_setup)
        if frames is not None:
            steps = [step for step in first.shown_steps if step > 0]
            if frames > len(steps):
                raise ValueError(f"the recording has {len(steps)} cycles to be shown; show {len(steps)} or fewer")
            shown = {*evenly_spread(steps, frames), *(step for step in walked if step in steps)}
            setup["schedule"] = {"cycles": sorted(shown)}
        return setup
    others = others_of(recorded)
    outline = outline_of_recording(first, Look(), frames, others)
    steps = [step for step in first.shown_steps if step > outline.first_step]
    steps = [step for step in steps if all(step in each.shown_steps for each in others)]
    kinds = [kind if kind in ACTIVATIONS else "linear" for kind in outline.activations]
    zeros, none = (0.0,) * outline.layers[0], (0.0,) * outline.layers[-1]
    inputs = outline.inputs or (zeros,) * outline.examples
    targets = outline.targets or (none,) * outline.examples
    return {
        "network": {"layers": list(outline.layers), "activation": kinds, "bias": bool(outline.bias)},
        "data": {
            "examples": [{"inputs": each, "target": target} for each, target in zip(inputs, targets, strict=True)]
        },
        "training": Training.model_construct(cycles=outline.last_step),  # which may be more than netviz would train
        "schedule": {"cycles": steps if len(steps) <= MOST_SHOWN else [*outline.steps]},
        **_compared(recorded),
    }


def _compared(recorded: Recording | Comparison) -> dict[str, Any]:
    """The runs of a comparison, which differ in something that no look depends on."""
    if isinstance(recorded, Recording):
        return {}
    return {"compare": [{"name": name, "set": {"training.seed": at}} for at, name in enumerate(recorded.names)]}


def _clock(outline: Outline) -> dict[str, Any]:
    """The facts that runs side by side share: the steps of their film."""
    return {name: getattr(outline, name) for name in ("first_step", "last_step", "shown_steps")}


def _fitting(look: Look, network: Network) -> Look:
    """A comparison's look for one of its runs: names and picture of the first, where this network has as many."""
    names, (first, last) = look.network, (network.layers[0], network.layers[-1])
    update: dict[str, Any] = {}
    if len(names.outputs) not in (0, last.size):
        update["outputs"] = last.neurons
    sizes = [layer.size for layer in network.layers[1:-1]]
    if any(len(each) not in (0, size) for each, size in zip(names.hidden, sizes, strict=False)):
        update["hidden"] = ()
    if names.grid is not None and prod(names.grid) != first.size:
        update["grid"] = picture_of_shape(first.shape)
    return look.model_copy(update={"network": names.model_copy(update=update)}) if update else look


def _without_grid(keys: Mapping[str, Any], picture: tuple[int, int] | None) -> dict[str, Any]:
    """Keys of a look without the grid, where it is the picture that the inputs are, which they are drawn as anyway.

    A picture in colours has three inputs for each pixel, and a scene's grid one.
    """

    def is_picture(value: Any) -> bool:
        value = value.value if isinstance(value, Override) else value
        return isinstance(value, list | tuple) and tuple(value) == picture

    return {key: value for key, value in keys.items() if not (key == "network.grid" and is_picture(value))}


def _without_accuracy(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a look without the wish for an accuracy, where the run recorded one, which is shown anyway."""

    def is_wish(key: str, value: Any) -> bool:
        return key == "accuracy" and (value.value if isinstance(value, Override) else value) is True

    return {key: value for key, value in keys.items() if not is_wish(key, value)}


def _of_foreign_run(
    recorded: Recording | Comparison, first: Recording, scene: Scene, given: Collection[str], frames: int | None
) -> Look:
    """The look that was read, of the run as it is recorded; what it leaves open is said by the recording.

    given: the keys that it does not leave open.
    """
    others = others_of(recorded)
    outline = outline_of_recording(first, scene, frames, others)
    look = with_own_names(scene.of_run(outline), first, outline)
    if isinstance(recorded, Comparison):
        return look.of_run(outline, recorded.names)
    asked = with_question(look, first, given)
    return asked.of_run(outline_of_recording(first, asked, frames))  # of which fewer steps may be shown
