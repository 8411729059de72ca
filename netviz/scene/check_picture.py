"""What is wrong with what is shown: shots, walks, panels, and a style that knows none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from netviz.scene.data import Data
from netviz.scene.mistake import ON_THE_PLANE, Mistake, Path, count, misfit
from netviz.scene.panels import BoundaryPanel, EquationsPanel, NetworkPanel, Panel
from netviz.scene.shots import LearningShot, Shot, ThinkShot, WalkShot
from netviz.scene.spacing import geometric_cycles
from netviz.scene.spec import MOST_BOUNDARIES, Network, Scene, Schedule, Training

MOST_IN_EQUATIONS = 4
"""Neurons of one layer whose equations can still be read in a picture."""
MOST_LAYERS_OF_EQUATIONS = 3
MOST_SUMS = 8
"""Neurons after the inputs, each of which is two lines of equations."""


def shots_alone(shots: Sequence[Shot]) -> Iterator[Mistake]:
    """Shots that exclude each other, and shares that do not add up."""
    learning = [index for index, shot in enumerate(shots) if isinstance(shot, LearningShot)]
    for index in learning[1:]:
        yield ("shots", index), f"a film has one learning shot; the first is shot {learning[0] + 1}"
    total = sum(shot.share or 0 for shot in shots)
    if total > 1 + 1e-9:
        yield ("shots",), f"the shares add up to {total:g}; together they can have at most 1"
    elif total > 1 - 1e-9 and any(shot.share is None for shot in shots):
        yield ("shots",), "the shares add up to 1 and leave no time for the shots without one"


def thoughts(shots: Sequence[Shot], network: Network, data: Data | None) -> Iterator[Mistake]:
    """Situations that do not fit the network, or the plane its inputs come from."""
    is_planar = data is not None and (data.dataset is not None or data.features is not None)
    for index, shot in enumerate(shots):
        if not isinstance(shot, ThinkShot):
            continue
        given = count(len(shot.inputs), "value")
        if is_planar and len(shot.inputs) != 2:
            yield ("shots", index, "inputs"), f"{given}, but {ON_THE_PLANE}"
        elif not is_planar and len(shot.inputs) != network.layers[0]:
            yield ("shots", index, "inputs"), misfit(given, network, 0)
        if shot.target is not None and len(shot.target) != network.layers[-1]:
            yield ("shots", index, "target"), misfit(count(len(shot.target), "value"), network, -1)


def walks(
    shots: Sequence[Shot], data: Data | None, training: Training | None, schedule: Schedule | None
) -> Iterator[Mistake]:
    """Walks through examples and cycles that there are not, or back through a step that is not one example's."""
    examples = data.train_count if data is not None else 0
    for index, shot in enumerate(shots):
        if not isinstance(shot, WalkShot):
            continue
        if examples and shot.example > examples:
            yield (
                ("shots", index, "example"),
                f"there is no training example {shot.example:,}; they are counted from 1 to {examples:,}",
            )
        if training is None:
            continue
        if schedule is not None and shot.cycle is not None and not _is_shown(shot.cycle, schedule, training.cycles):
            yield ("shots", index, "cycle"), _not_shown(shot.cycle, schedule)
        if shot.backward:
            alone = examples == 1 and (training.batch == "full" or training.last_batch == "short")
            if training.batch != 1 and not alone:
                yield (
                    ("shots", index, "backward"),
                    f"with training.batch: {training.batch} a step is not one example's, and cannot be walked back; "
                    "batch: 1 can",
                )
            if training.regularization != "none" and training.regularization_rate > 0:
                yield (
                    ("shots", index, "backward"),
                    "the equations of a step have no regularization in them; leave training.regularization out",
                )


def _is_shown(cycle: int, schedule: Schedule, cycles: int) -> bool:
    if schedule.cycles is not None:
        return cycle in schedule.cycles
    if schedule.every is not None:
        return cycle <= cycles and cycle % schedule.every == 0
    if schedule.frames == "beats":
        return False
    frames = schedule.frames or 1
    return frames > cycles or cycle in geometric_cycles(frames, cycles)


def _not_shown(cycle: int, schedule: Schedule) -> str:
    if schedule.frames == "beats":
        return "which cycles are shown follows from the beats; list schedule.cycles to choose them"
    return f"cycle {cycle:,} is none of the shown cycles{_listed(schedule)}"


def _listed(schedule: Schedule) -> str:
    if schedule.every is not None:
        return f" (schedule.every: {schedule.every})"
    if schedule.cycles is None:
        return "; list schedule.cycles to choose them"
    several = schedule.cycles[:12]
    return f": {', '.join(map(str, several))}{' ...' if len(schedule.cycles) > len(several) else ''}"


def panels_and_style(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Panels that cannot show this network, and what the style classic does not know."""
    if any(parts.get(name) is None for name in ("network", "shots", "style")):
        return
    network, shots, panels = parts["network"], parts["shots"], parts.get("panels")
    if parts["style"] == "classic":
        yield from _classic(network, shots, panels)
        return
    data = parts.get("data")
    seen: set[str] = set()
    for index, panel in enumerate(panels or ()):
        path: Path = ("panels", index)
        if panel.panel in seen:
            yield path, f"there is a panel {panel.panel} already; each kind but picture stands once"
        seen |= {panel.panel} - {"picture"}
        if isinstance(panel, EquationsPanel):
            if large := _too_large(network):
                yield path, large
            weights = sum(before * after for before, after in pairwise(network.layers))
            if panel.weight is not None and panel.weight > weights:
                yield (*path, "weight"), f"the network has {weights} weights; there is no w{panel.weight}"
        elif data is not None:
            yield from _on_the_plane(path, panel, Scene.model_construct(network=network, data=data))
    if panels is None and (large := _too_large(network)):
        for index, shot in enumerate(shots):
            if isinstance(shot, WalkShot):
                told = f"{large}; leave the walk out, or list panels without equations"
                yield ("shots", index), told


def _classic(network: Network, shots: Sequence[Shot], panels: Sequence[Panel] | None) -> Iterator[Mistake]:
    if panels is not None:
        yield ("panels",), "the style classic has its own picture; leave panels out, or choose another style"
    if network.bias_nodes:
        yield ("network", "bias_nodes"), "the style classic draws no bias nodes; choose another style"
    for index, shot in enumerate(shots):
        if isinstance(shot, WalkShot):
            yield ("shots", index), "the style classic has no walks; choose another style"
        if isinstance(shot, LearningShot) and shot.examples == "together":
            yield ("shots", index, "examples"), "the style classic presents each example; choose another style"


def _on_the_plane(path: Path, panel: Panel, scene: Scene) -> Iterator[Mistake]:
    if isinstance(panel, BoundaryPanel):
        if not scene.is_planar:
            yield path, f"a boundary is drawn on the plane, but the network has {_inputs(scene)}"
        elif scene.network.layers[-1] > MOST_BOUNDARIES:
            yield (
                path,
                f"a boundary shows at most {MOST_BOUNDARIES} outputs; the network has {scene.network.layers[-1]}",
            )
    if isinstance(panel, NetworkPanel) and panel.neurons == "maps" and not scene.is_planar:
        yield (*path, "neurons"), f"maps are drawn of the plane, but the network has {_inputs(scene)}; use numbers"


def _inputs(scene: Scene) -> str:
    return f"{count(scene.network.layers[0], 'input')} and not 2"


def _too_large(network: Network) -> str | None:
    """Why a network's equations could not be read."""
    layers, sums = network.layers, sum(network.layers[1:])
    if max(layers) <= MOST_IN_EQUATIONS and len(layers) - 1 <= MOST_LAYERS_OF_EQUATIONS and sums <= MOST_SUMS:
        return None
    return (
        f"equations can be read of at most {MOST_IN_EQUATIONS} neurons in each layer, {MOST_LAYERS_OF_EQUATIONS} "
        f"layers after the inputs and {MOST_SUMS} neurons in those; {list(layers)} has up to {max(layers)}, "
        f"{count(len(layers) - 1, 'layer')} and {count(sums, 'neuron')}"
    )
