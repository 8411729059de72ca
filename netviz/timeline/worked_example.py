"""Worked example: the equation lines about one example, and the timing of each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from netviz.scene.model import OptimizerName
from netviz.scene.panels import EquationsPanelSpec
from netviz.scene.scene import Look
from netviz.scene.shots import WalkShot
from netviz.timeline.step_timing import Window, legs, rise

LineKind = Literal[
    "matrix",
    "sum",
    "activation",
    "error",
    "delta",
    "gradient",
    "velocity",
    "mean",
    "mean_square",
    "update",
    "weights",
]
PauseKind = Literal["present", "travel", "back", "hold"]

SECONDS: dict[LineKind | PauseKind, Fraction] = {
    "present": Fraction("1.2"),
    "travel": Fraction("1.2"),
    "matrix": Fraction("2.5"),
    "sum": Fraction("2.2"),
    "activation": Fraction("2.2"),
    "error": Fraction("3.5"),
    "back": Fraction("2"),
    "delta": Fraction("3.5"),
    "gradient": Fraction("3"),
    "velocity": Fraction("3"),
    "mean": Fraction("3"),
    "mean_square": Fraction("3"),
    "update": Fraction("3.5"),
    "weights": Fraction("4"),
    "hold": Fraction("3"),
}
"""Seconds to read a line, or to follow the part between two."""

KEPT: dict[OptimizerName, tuple[LineKind, ...]] = {
    "sgd": (),
    "momentum": ("velocity",),
    "adam": ("mean", "mean_square"),
}
"""Kinds of lines about what an optimizer keeps, from which the update follows."""


def backward_lines(scene: Look) -> tuple[LineKind, ...]:
    """Kinds of lines of the backward pass and the update."""
    optimizer = scene.outline.optimizer
    return ("delta", "gradient", *(KEPT[optimizer.name] if optimizer else ()), "update", "weights")


@dataclass(frozen=True)
class EquationLine:
    """One line of equations in a worked example.

    layer: weight layer; of the error the last, of delta, gradient, update and weights that of the weight whose
    gradient is computed. neuron: of the layer it leads into; 0 where a line is about all of them.
    """

    kind: LineKind
    layer: int
    neuron: int = 0


@dataclass(frozen=True)
class Pause:
    """Part between two lines: "travel" is the signal through weight layer `layer`, "back" the error through all."""

    kind: PauseKind
    layer: int = 0


StepPart = EquationLine | Pause


def worked_example_steps(scene: Look, shot: WalkShot) -> tuple[EquationLine, ...]:
    """The lines of a worked example, in order.

    A matrix and each neuron's sum and activation, layer by layer; the error; and with a backward pass the error at one
    neuron, the gradient of one of its weights, what the optimizer keeps of it, its update, all new weights.
    """
    return tuple(part for part in parts_of(scene, shot) if isinstance(part, EquationLine))


def natural_seconds(scene: Look, shot: WalkShot) -> Fraction:
    """Seconds of a worked example at reading speed."""
    return sum((SECONDS[part.kind] for part in parts_of(scene, shot)), Fraction(0))


def worked_weight(scene: Look) -> tuple[int, int, int]:
    """The weight whose gradient is computed: its layer, and the neurons it leads from and to.

    It is the one that the scene's equations panel names, otherwise the first into the first output.
    """
    layers = scene.outline.layers
    named = next((panel.weight for panel in scene.shown_panels if isinstance(panel, EquationsPanelSpec)), None)
    if named is None:
        return len(layers) - 2, 0, 0
    left = named - 1
    for layer, (before, after) in enumerate(pairwise(layers)):
        if left < before * after:
            return layer, left % before, left // before
        left -= before * after
    raise ValueError(f"the network has no weight w{named}")


def parts_of(scene: Look, shot: WalkShot) -> tuple[StepPart, ...]:
    """All parts of a worked example, in order."""
    parts: list[StepPart] = [Pause("present")]
    sizes = scene.outline.layers[1:]
    for layer, size in enumerate(sizes):
        parts += [Pause("travel", layer), EquationLine("matrix", layer)]
        for neuron in range(size):
            parts += [EquationLine("sum", layer, neuron), EquationLine("activation", layer, neuron)]
    parts.append(EquationLine("error", len(sizes) - 1))
    if shot.backward:
        layer, _, neuron = worked_weight(scene)
        parts.append(Pause("back"))
        parts += [EquationLine(kind, layer, neuron) for kind in backward_lines(scene)]
    return (*parts, Pause("hold"))


# Terms of a line: the nodes and synapses whose numbers stand in it.


class Terms(NamedTuple):
    """Nodes (layer, index) and synapses (weight layer, from, to) whose numbers stand in a line.

    A layer's bias node has the index after its last neuron. error: of these synapses, those along which the error goes
    back while the line is worked out.
    """

    nodes: tuple[tuple[int, int], ...]
    synapses: tuple[tuple[int, int, int], ...] = ()
    error: tuple[tuple[int, int, int], ...] = ()


def terms_of(scene: Look, line: EquationLine) -> Terms:
    """The terms of a line of a worked example."""
    sizes = scene.outline.layers
    last = len(sizes) - 1
    layer, neuron = line.layer, line.neuron
    if line.kind in ("matrix", "sum"):
        starts = range(sizes[layer] + scene.has_bias_nodes)
        ends = range(sizes[layer + 1]) if line.kind == "matrix" else (neuron,)
        nodes = (*((layer, start) for start in starts), *((layer + 1, end) for end in ends))
        return Terms(nodes, tuple((layer, start, end) for start in starts for end in ends))
    if line.kind == "activation":
        is_softmax = scene.outline.activations[layer] == "softmax"  # which is of all sums of the layer
        return Terms(tuple((layer + 1, end) for end in (range(sizes[layer + 1]) if is_softmax else (neuron,))))
    if line.kind == "error":
        return Terms(tuple((last, output) for output in range(sizes[-1])))
    worked = worked_weight(scene)
    if line.kind == "delta" and layer + 1 < last:
        after = range(sizes[layer + 2])
        back = tuple((layer + 1, neuron, end) for end in after)
        return Terms(((layer + 1, neuron), *((layer + 2, end) for end in after)), back, back)
    if line.kind == "delta":
        return Terms(((layer + 1, neuron),))
    if line.kind == "weights":
        every = tuple(
            (before, start, end)
            for before, (a, b) in enumerate(pairwise(sizes))
            for start in range(a + (scene.has_bias_nodes and scene.outline.bias is True))
            for end in range(b)
        )
        return Terms((), every)
    at_both_ends = ((layer, worked[1]), (layer + 1, worked[2]))
    return Terms(at_both_ends, (worked,), (worked,) if line.kind == "gradient" else ())


# Timing of a worked example in a film that gives it so many seconds. Times are seconds from its start.

APPEAR, LIGHTS_OUT, LINES_OUT = 0.35, 0.8, 0.4
"""Seconds in which a line fades in, and in which at the end the lights fade out, and the lines."""
GOES_BACK = 1.2
"""Seconds in which the error goes back along the synapses of a line."""


@dataclass(frozen=True)
class WorkedExampleTiming:
    """Parts of a worked example with the start and end of each, and the terms of its lines.

    windows: of each part, in seconds. hurry: factor on the length of fades, below 1 where the example has less time
    than reading takes. ends: whether lights and lines fade out at its end, because another shot follows.
    """

    parts: tuple[StepPart, ...]
    windows: tuple[Window, ...]
    hurry: float
    ends: bool
    terms: Mapping[EquationLine, Terms]

    def part_at(self, time: float) -> StepPart:
        """The part that runs at a time."""
        starts = [start for start, _ in self.windows]
        return self.parts[max(0, bisect_right(starts, time) - 1)]

    def when(self, kind: LineKind | PauseKind) -> Window | None:
        """The window of the first part of a kind; None if there is none."""
        return next((window for part, window in self._pairs if part.kind == kind), None)

    @cached_property
    def present(self) -> Window:
        """Window in which the inputs light up."""
        start, stop = self.windows[0]
        return start, 0.75 * stop

    @cached_property
    def forward_windows(self) -> tuple[Window, ...]:
        """Windows in which the signal goes through each weight layer."""
        return tuple(window for part, window in self._pairs if part.kind == "travel")

    @cached_property
    def neuron_windows(self) -> tuple[tuple[Window, ...], ...]:
        """Windows in which each neuron lights up, for each layer after the inputs."""
        return tuple(
            tuple(
                self._beginning(window)
                for part, window in self._pairs
                if part.kind == "activation" and part.layer == layer
            )
            for layer in range(len(self.forward_windows))
        )

    @cached_property
    def lines(self) -> tuple[Window, ...]:
        """Windows in which each line fades in."""
        return tuple(self._beginning(window) for part, window in self._pairs if isinstance(part, EquationLine))

    @cached_property
    def compare(self) -> Window:
        """Window in which the target comes beside the answer."""
        window = self.when("error")
        assert window is not None
        return self._beginning(window)

    @cached_property
    def backward_windows(self) -> tuple[Window, ...]:
        """Windows in which the error goes back through each weight layer; empty where it does not."""
        window = self.when("back")
        return () if window is None else tuple(reversed(legs(window, len(self.forward_windows))))

    @cached_property
    def terms_windows(self) -> tuple[tuple[Window, Window], ...]:
        """For each line the windows in which its terms light up, and in which they give way to the next part."""
        return tuple(
            (self._beginning(window), self._beginning((window[1], window[1])))
            for part, window in self._pairs
            if isinstance(part, EquationLine)
        )

    def terms_levels(self, time: float) -> tuple[float, ...]:
        """Level, 0 to 1, at which the terms of each line are lit: while it is worked out."""
        return tuple(rise(time, *come) * (1 - rise(time, *go)) for come, go in self.terms_windows)

    @cached_property
    def error_windows(self) -> tuple[tuple[tuple[tuple[int, int, int], ...], Window], ...]:
        """Synapses of each line along which the error goes back, and the window in which it does."""
        appear, goes = APPEAR * self.hurry, GOES_BACK * self.hurry
        return tuple(
            (self.terms[part].error, (window[0] + appear, window[0] + appear + goes))
            for part, window in self._pairs
            if isinstance(part, EquationLine) and self.terms[part].error
        )

    @cached_property
    def update(self) -> Window | None:
        """Window in which the weights move, that of the line with their update; None if there is none."""
        return self.when("update")

    @cached_property
    def lights_out(self) -> Window:
        """Window in which the lights fade out; past the end if they stay."""
        return self._last(LIGHTS_OUT)

    @cached_property
    def lines_out(self) -> Window:
        """Window in which the lines fade out; past the end if they stay."""
        return self._last(LINES_OUT)

    def moved(self, seconds: float, still: float) -> float:
        """Time at which an example is that runs for so many seconds, and stands still for `still` before its end."""
        stands = self.lights_out[0]
        return seconds if seconds < stands else max(stands, seconds - still)

    def stillness(self, time: float) -> int | None:
        """Number that is the same for all moments between which nothing changes; None while something does."""
        begun = sum(start < time for start, _ in self.changes)
        ended = sum(stop <= time for _, stop in self.changes)
        return begun if begun == ended else None

    @cached_property
    def changes(self) -> tuple[Window, ...]:
        """Windows in which the picture changes."""
        hold = self.when("hold")
        moving = [self.when("back"), self.update, hold and self._beginning(hold), self.lights_out]
        back = (window for _, window in self.error_windows)
        return (
            self.present, *self.forward_windows, *self.lines, *back,
            *(window for window in moving if window is not None),
        )  # fmt: skip

    @cached_property
    def _pairs(self) -> tuple[tuple[StepPart, Window], ...]:
        return tuple(zip(self.parts, self.windows, strict=True))

    def _beginning(self, window: Window) -> Window:
        """The first moments of a part, in which its line or its light fades in."""
        return window[0], window[0] + APPEAR * self.hurry

    def _last(self, seconds: float) -> Window:
        end = self.windows[-1][1]
        return (end - seconds * self.hurry, end) if self.ends else (end, end + 1)


def worked_example_timing(scene: Look, shot: WalkShot, seconds: Fraction, ends: bool) -> WorkedExampleTiming:
    """Timing of a worked example that takes so many seconds, every part its share of them."""
    parts = parts_of(scene, shot)
    pace = seconds / natural_seconds(scene, shot)
    stops = [float(now * pace) for now in accumulate(SECONDS[part.kind] for part in parts)]
    windows = tuple(zip([0.0, *stops], stops, strict=False))
    terms = {part: terms_of(scene, part) for part in parts if isinstance(part, EquationLine)}
    return WorkedExampleTiming(parts, windows, min(1.0, float(pace)), ends, terms)
