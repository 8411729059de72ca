"""Signals: activations forward and error backward through the network in a step, a thought or a worked example."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from netviz.recording.layers import forward, network_inputs
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.scene.shots import ThinkShot
from netviz.timeline import step_timing
from netviz.timeline.frame import (
    Array,
    Direction,
    Frame,
    MovedWeight,
    NetworkState,
    Pulse,
    interpolate,
    with_bias_nodes,
)
from netviz.timeline.step_timing import CHANGED, REDUCED, Beats, Window, rise
from netviz.timeline.worked_example import EquationLine, WorkedExampleTiming


class Presented(NamedTuple):
    """Example or situation that a step or a thought presents to the network, with its activations and deltas.

    activations[l] (nodes_l,), the bias nodes included; inputs (n_0,), and given (n_0,) before they were normalised;
    target (n_L,), deltas[l] (n_{l+1},).
    """

    inputs: Array
    given: Array
    activations: tuple[Array, ...]
    target: Array | None
    example: int | None
    point: tuple[float, float] | None
    deltas: tuple[Array, ...] | None
    row: int
    row_after: int | None


HUGE = 1e100
"""Errors from which only their proportions are reckoned with, because their products would have no bounds."""


def presented_example(recording: Recording, scene: Look, row: int, row_after: int | None, deltas: bool) -> Presented:
    """The training example of a row. deltas: whether its error is propagated back."""
    example, layers = int(recording.probe[row]), recording.activations_at(row)
    points = recording.examples.points
    return Presented(
        inputs=layers[0],
        given=network_inputs(recording.features, recording.examples.given[example]),
        activations=with_bias_nodes(scene, layers, 1.0),
        target=recording.target_at(row) if scene.outline.has_targets else None,
        example=example,
        point=None if points is None else (float(points[example][0]), float(points[example][1])),
        deltas=recording.deltas(row) if deltas and recording.has_errors else None,
        row=row,
        row_after=row_after,
    )


def presented_situation(recording: Recording, scene: Look, shot: ThinkShot, row: int) -> Presented:
    """The situation of a thought, with the weights of a row at rest."""
    layers = recording.forward(np.array(shot.inputs), row)
    return Presented(
        inputs=layers[0],
        given=network_inputs(recording.features, np.array(shot.inputs, dtype=np.float64)),
        activations=with_bias_nodes(scene, layers, 1.0),
        target=None if shot.target is None else np.array(shot.target),
        example=None,
        point=(shot.inputs[0], shot.inputs[1]) if scene.is_planar else None,
        deltas=None,
        row=row,
        row_after=None,
    )


def forward_signals(shown: Presented, state: NetworkState) -> tuple[Array, ...]:
    """Size of the signal on every synapse (nodes_l, n_{l+1}): |activation * weight|, 1 = the largest of all layers.

    A layer without synapses has (0, 0), here and wherever a number for each is given.
    """
    forward = [np.abs(a[:, None] * w) if w.size else w for a, w in zip(shown.activations, state.weights, strict=False)]
    largest = largest_of(forward) or 1.0
    return tuple(layer / largest for layer in forward)


def largest_of(layers: Iterable[Array]) -> float:
    """The largest of all numbers, none of which is below 0; 0 where there are none."""
    return max(float(layer.max(initial=0.0)) for layer in layers)


def error_signals(shown: Presented, state: NetworkState) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Size of the error at every node (inputs and bias nodes have none) and on every synapse, 0 to 1.

    deltas[l] (n_{l+1},): dLoss / d(pre-activation) of layer l + 1. The error on synapse (i, j) of layer l is
    |w_ij * delta_j|, what backpropagation adds up at neuron i. Both are shown as square roots, relative to the largest
    of the step and scaled by the answer's largest error (at most 1): otherwise the first layers would show nothing, and
    the last cycles as much as the first.
    """
    none = [np.zeros(len(layer)) for layer in shown.activations]
    if shown.deltas is None or shown.target is None:
        return tuple(none), ()
    wrong = min(1.0, float(np.abs(shown.target - shown.activations[-1]).max()))
    deltas, largest = shown.deltas, max(float(np.abs(d).max()) for d in shown.deltas)
    if largest > HUGE:
        deltas = tuple(d / largest for d in deltas)
    back = [np.abs(w * d[None, :]) if w.size else w for w, d in zip(state.weights, deltas, strict=True)]
    most_back = largest_of(back) or 1.0
    most_at = max(float(np.abs(d).max()) for d in deltas) or 1.0
    for at, delta in zip(none[1:], deltas, strict=True):
        at[: len(delta)] = np.sqrt(wrong * np.abs(delta) / most_at)
    return tuple(none), tuple(np.sqrt(wrong * layer / most_back) for layer in back)


class SignalPass(NamedTuple):
    """Signals of an example or a situation, which stay the same in all frames that present it.

    before, after: the network before and after the step; after is None where nothing is learned.
    forward, error_signal, back: as `forward_signals` and `error_signals` give them.
    change[l] (nodes_l, n_{l+1}): signed change of each weight, 1 = the largest of the step; () if nothing is learned.
    most_changed: the synapse (weight layer, from, to) whose weight changes most; None if none does.
    """

    shown: Presented
    before: NetworkState
    after: NetworkState | None
    forward: tuple[Array, ...]
    error_signal: tuple[Array, ...]
    back: tuple[Array, ...]
    change: tuple[Array, ...]
    most_changed: tuple[int, int, int] | None


def signal_pass(shown: Presented, before: NetworkState, after: NetworkState | None) -> SignalPass:
    """The signals through a network to which an example or a situation is presented."""
    error_signal, back = error_signals(shown, before)
    change = () if after is None else change_of(before, after)
    forward = forward_signals(shown, before)
    return SignalPass(shown, before, after, forward, error_signal, back, change, most_changed(change))


def most_changed(change: Sequence[Array]) -> tuple[int, int, int] | None:
    """The synapse (weight layer, from, to) with the largest |change|; None if nothing changes."""
    largest = [float(np.abs(layer).max(initial=0.0)) for layer in change]
    if not largest or max(largest) == 0:
        return None
    layer = int(np.argmax(largest))
    start, end = divmod(int(np.abs(change[layer]).argmax()), change[layer].shape[1])
    return layer, start, end


def moved_weight(signals: SignalPass, part: float, level: float) -> MovedWeight | None:
    """The weight that moves most in a step, `part` of its way, as an inset shows it at a level; None at level 0."""
    if signals.most_changed is None or signals.after is None or level <= 0:
        return None
    layer, start, end = signals.most_changed
    before, after = (float(state.weights[layer][start, end]) for state in (signals.before, signals.after))
    return MovedWeight(signals.most_changed, before, after, part, level)


def change_of(before: NetworkState, after: NetworkState) -> tuple[Array, ...]:
    """Signed change of each weight (nodes_l, n_{l+1}), 1 = the largest of the step."""
    steps = [b - a for a, b in zip(before.weights, after.weights, strict=True)]
    most = largest_of(map(np.abs, steps)) or 1.0
    return tuple(step / most for step in steps)


def dimmed(values: Array, level: float) -> Array:
    """Values at a level from 0 to 1; those of a large network are not multiplied where that would change nothing."""
    return values if level == 1 else np.zeros_like(values) if level == 0 else level * values


def pulses(direction: Direction, strengths: Sequence[Array], windows: Sequence[Window], phase: float) -> list[Pulse]:
    """Signals under way at a phase, if they go through each weight layer in its window.

    strengths[l] (nodes_l, n_{l+1}): as `forward_signals` or `error_signals` gives them.
    """
    found = []
    for layer, (strength, window) in enumerate(zip(strengths, windows, strict=False)):
        position = step_timing.travel(window, phase)
        if position is not None:
            found.append(Pulse(layer, direction, position, strength))
    return found


# Blocks: the signal passes them one after the other, and the error comes back through them. Nothing is known of it
# there but that; so their light is the same for every signal, and for every error as bright as where it comes from.

OF_DENSE = 0.3
"""Last part of the way through a dense layer in which the signal passes the blocks behind its weighted sums."""


def no_light(state: NetworkState) -> tuple[Array, ...]:
    """Levels (B,) of 0 for the blocks of every layer; () in a network without any."""
    return tuple(np.zeros(0 if layer is None else len(layer.sizes)) for layer in state.blocks)


def passed_blocks(state: NetworkState, windows: Sequence[Window], phase: float) -> tuple[Array, ...]:
    """Level (B,) of each block of every layer at a phase, if the signal goes through the layers in these windows."""
    return tuple(
        np.array(step_timing.block_levels(_part(state, layer, window, phase), len(dark)))
        for layer, (dark, window) in enumerate(zip(no_light(state), windows, strict=False))
    )


def returned_blocks(
    state: NetworkState, windows: Sequence[Window], phase: float, errors: Sequence[Array]
) -> tuple[Array, ...]:
    """The same for the error on its way back, the last block of a layer first. errors[l] (nodes_l,): its levels."""
    found = []
    for layer, (dark, window) in enumerate(zip(no_light(state), windows, strict=False)):
        start, stop = window
        early = window if not len(state.weights[layer]) else (start, start + OF_DENSE * (stop - start))
        levels = step_timing.block_levels(step_timing.gone_through(early, phase), len(dark))
        found.append(np.array(levels[::-1]) * float(errors[layer + 1].max(initial=0.0)))
    return tuple(found) or no_light(state)


def _part(state: NetworkState, layer: int, window: Window, phase: float) -> float:
    """Part of the way through a layer's blocks that the signal has gone at a phase."""
    start, stop = window
    late = window if not len(state.weights[layer]) else (stop - OF_DENSE * (stop - start), stop)
    return step_timing.gone_through(late, phase)


# Signal frames: the levels that a step of learning or a thought adds to the base frame.


class Lingering(NamedTuple):
    """Light of the example presented before, as its step left it. level: 0 to 1, of that light."""

    signals: SignalPass
    beats: Beats
    level: float


def signal_frame(
    base: Frame,
    signals: SignalPass,
    beats: Beats,
    phase: float,
    *,
    lingering: Lingering | None = None,
    lasts: bool = False,
    inset: bool = False,
) -> Frame:
    """Frame of a step or a thought at a phase of its beats. base: the same moment without any signal.

    lingering: the light of the step just before, which goes layer by layer as the new signal arrives. lasts: whether
    the light stays at the end, because another step follows; error and target go all the same. inset: whether the
    weight that moves most is shown large.
    """
    shown, before, after = signals.shown, signals.before, signals.after
    layers = len(before.weights)
    ends = 1.0
    if lasts:
        ends, beats = 1 - step_timing.rise(phase, *beats.fade), step_timing.lasting(beats)
    if lingering is not None:
        base = lingering_frame(base, lingering, beats, phase)
    state, change = before, base.change
    if after is not None:
        state = interpolate(before, after, step_timing.update_level(beats, phase))
        change = flashing(signals.change, (phase - beats.update[0]) / (beats.update[1] - beats.update[0]))
    legs = step_timing.legs(beats.forward, layers, beats.pause), step_timing.legs(beats.backward, layers)[::-1]
    return replace(
        presenting(base, shown),
        presented=1.0 if lingering is not None and lasts else step_timing.presentation_level(beats, phase),
        weights=state.weights,
        biases=state.biases,
        blocks=state.blocks,
        passed=tuple(
            np.maximum(old, dimmed(levels, step_timing.stays_carried(beats, phase)))
            for old, levels in zip(base.passed, passed_blocks(before, legs[0], phase), strict=True)
        ),
        returned=tuple(
            dimmed(levels, ends * (1 - step_timing.rise(phase, *beats.fade)))
            for levels in returned_blocks(before, legs[1], phase, signals.error_signal)
        ),
        arrived=tuple(
            np.full(len(layer), step_timing.arrived(beats, phase, number, layers))
            for number, layer in enumerate(shown.activations)
        ),
        carried=tuple(
            np.maximum(old, dimmed(layer, step_timing.carried(beats, phase, number, layers)))
            for number, (old, layer) in enumerate(zip(base.carried, signals.forward, strict=True))
        ),
        error_signal=tuple(
            dimmed(layer, ends * step_timing.error_level(beats, phase, number, layers))
            for number, layer in enumerate(signals.error_signal)
        ),
        change=change,
        moved=moved_weight(
            signals, step_timing.update_level(beats, phase), inset * step_timing.inset_level(beats, phase)
        ),
        compared=ends * step_timing.comparison_level(beats, phase),
        pulses=(
            *pulses("forward", signals.forward, legs[0], phase),
            *pulses("backward", signals.back, legs[1], phase),
        ),
    )


def lingering_frame(base: Frame, lingering: Lingering, beats: Beats | None = None, phase: float = 0.0) -> Frame:
    """A base frame in the light of the example presented before.

    beats, phase: of the step that follows, whose signal takes the light's place; None: nothing has followed yet.
    """
    signals, level = lingering.signals, lingering.level
    layers = len(signals.before.weights)
    stays = [1.0] * (layers + 1)
    if beats is not None:
        stays = [1 - step_timing.arrived(beats, phase, number, layers) for number in range(layers + 1)]
    last = step_timing.lasting(lingering.beats)
    return replace(
        base,
        before=signals.shown.activations,
        lingering=tuple(level * each for each in stays),
        # A synapse's light goes with that of the neuron it comes from.
        carried=tuple(
            dimmed(layer, level * stays[number] * step_timing.carried(last, 1.0, number, layers))
            for number, layer in enumerate(signals.forward)
        ),
        passed=tuple(
            np.full(len(each), level * stays[number] * step_timing.stays_carried(last, 1.0))
            for number, each in enumerate(base.passed)
        ),
    )


def accompanied(base: Frame, signals: SignalPass, answer: tuple[Array, ...], light: float, presented: float) -> Frame:
    """Frame of a move through which an example shines, with its answer to the weights on the way.

    answer[l] (nodes_l,): its activations. light: level of its light. presented: that of its row and of its target.
    """
    shown = signals.shown
    return replace(
        base,
        example=shown.example,
        inputs=shown.given,
        target=shown.target,
        point=shown.point,
        activations=answer,
        presented=presented,
        compared=presented,
        arrived=tuple(np.full(len(layer), light) for layer in answer),
        carried=tuple(
            np.maximum(old, dimmed(layer, light)) for old, layer in zip(base.carried, signals.forward, strict=True)
        ),
        passed=tuple(np.maximum(old, light) for old in base.passed),
    )


def answer_of(scene: Look, state: NetworkState, inputs: Array) -> tuple[Array, ...]:
    """The activations (nodes_l,) that a network's weights give to inputs (n_0,), the bias nodes included."""
    outline = scene.outline
    weights = [layer[:count] for layer, count in zip(state.weights, outline.layers, strict=False)]
    with np.errstate(all="ignore"):
        layers = forward(weights, list(state.biases), outline.activations, inputs)
    return with_bias_nodes(scene, layers, 1.0)


def reduced_signal_frame(base: Frame, signals: SignalPass, phase: float, *, inset: bool = False) -> Frame:
    """Frame of a step or a thought at a phase of REDUCED. At CHANGED the change of each weight is shown in full.

    inset: whether the weight that moved most is then shown large.
    """
    frame = signal_frame(base, signals, REDUCED, phase)
    if phase != CHANGED or signals.after is None:
        return frame
    return replace(frame, change=signals.change, moved=moved_weight(signals, 1.0, float(inset)))


def presenting(base: Frame, shown: Presented) -> Frame:
    """Base frame with the presented example or situation and its activations, but no light."""
    return replace(
        base,
        example=shown.example,
        inputs=shown.given,
        target=shown.target,
        point=shown.point,
        row=shown.row,
        row_after=shown.row_after,
        activations=shown.activations,
    )


def flashing(change: tuple[Array, ...], part: float) -> tuple[Array, ...]:
    """Change of the weights as it is shown while they move, up and down again; part: of the move, 0 to 1."""
    flash = max(0.0, step_timing.swell(part))
    return tuple(dimmed(layer, flash) for layer in change)


# Frames of a worked example: each neuron lights up as its equation appears.

DIMMED = 0.45
"""Level of the light in the synapses once the error goes back through them."""


def worked_example_frame(
    base: Frame, signals: SignalPass, timing: WorkedExampleTiming, time: float, *, stands: bool = False
) -> Frame:
    """Frame of a worked example, `time` seconds from its start. base: the same moment without any signal.

    stands: whether the picture is held, and shows the change of the weights throughout their update.
    """
    shown, before, after = signals.shown, signals.before, signals.after
    out = 1 - rise(time, *timing.lights_out)
    compared = rise(time, *timing.compare)
    dim = 1 - (1 - DIMMED) * rise(time, *timing.backward_windows[-1]) if timing.backward_windows else 1.0
    lines_out = 1 - rise(time, *timing.lines_out)
    state, change = before, base.change
    if after is not None and timing.update is not None:
        start, stop = timing.update
        state = interpolate(before, after, rise(time, start, stop))
        change = flashing(signals.change, 0.5 if stands and start <= time < stop else (time - start) / (stop - start))
    return replace(
        presenting(base, shown),
        presented=rise(time, *timing.present) * out,
        arrived=tuple(out * level for level in _arrived(shown, timing, time)),
        carried=tuple(
            rise(time, *window) * dim * out * layer
            for window, layer in zip(timing.forward_windows, signals.forward, strict=True)
        ),
        error_signal=tuple(
            level * out * layer
            for level, layer in zip(_error_levels(timing, compared, time), signals.error_signal, strict=True)
        ),
        weights=state.weights,
        biases=state.biases,
        blocks=state.blocks,
        passed=tuple(dim * out * levels for levels in passed_blocks(before, timing.forward_windows, time)),
        returned=tuple(
            out * levels for levels in returned_blocks(before, timing.backward_windows, time, signals.error_signal)
        ),
        change=change,
        compared=compared * out,
        pulses=(
            *pulses("forward", signals.forward, timing.forward_windows, time),
            *pulses("backward", signals.back, timing.backward_windows, time),
            *_errors_of_lines(signals, timing, time),
        ),
        visible=tuple(rise(time, *window) * lines_out for window in timing.lines),
        terms=timing.terms_levels(time),
        highlighted=_highlighted(timing, time),
    )


def _errors_of_lines(signals: SignalPass, timing: WorkedExampleTiming, time: float) -> list[Pulse]:
    """Errors under way along the synapses of a line of the backward pass, as strong as in the whole of it."""
    found = []
    for synapses, window in timing.error_windows:
        position = step_timing.travel(window, time)
        if position is None:
            continue
        layer = synapses[0][0]  # a line's errors all go through one layer
        strength = np.zeros_like(signals.back[layer])
        for _, start, end in synapses:
            strength[start, end] = signals.back[layer][start, end]
        found.append(Pulse(layer, "backward", position, strength))
    return found


def _arrived(shown: Presented, timing: WorkedExampleTiming, time: float) -> list[Array]:
    """Level of light of every node: the inputs at once, then neuron by neuron; a bias node with its layer's first."""
    levels = [np.full(len(shown.activations[0]), rise(time, *timing.present))]
    for nodes, windows in zip(shown.activations[1:], timing.neuron_windows, strict=True):
        neurons = [rise(time, *window) for window in windows]
        levels.append(np.array((neurons + neurons[:1])[: len(nodes)]))
    return levels


def _error_levels(timing: WorkedExampleTiming, compared: float, time: float) -> list[float]:
    """Level of the error in each layer: in the outputs from the comparison on, then layer by layer on its way back."""
    if not timing.backward_windows:
        return [0.0] * len(timing.forward_windows) + [compared]
    return [*(rise(time, *_end(window)) for window in timing.backward_windows), compared]


def _end(window: Window) -> Window:
    """The last part of a window, in which a signal arrives."""
    start, stop = window
    return stop - 0.2 * (stop - start), stop


def _highlighted(timing: WorkedExampleTiming, time: float) -> tuple[int, int] | None:
    """The neuron that the current line is about; None where it is about none in particular."""
    part = timing.part_at(time)
    if isinstance(part, EquationLine) and part.kind in ("sum", "activation", "delta", "gradient"):
        return part.layer + 1, part.neuron
    return None
