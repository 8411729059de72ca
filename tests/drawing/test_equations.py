"""Equations: every number that is drawn is the recording's."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from netviz.drawing.canvas import Canvas
from netviz.drawing.color_space import RGB
from netviz.drawing.formula import formula_mask
from netviz.drawing.glow import GlowLayer
from netviz.drawing.layout import arrange
from netviz.drawing.panels.equations import panel as equations_panel
from netviz.drawing.panels.equations.panel import EquationsPanel
from netviz.drawing.panels.equations.terms import Equation, Symbols, equals, factor, numeral, numerals
from netviz.drawing.panels.equations.typesetting import about, paginate, typeset
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import Mask, Typefaces
from netviz.drawing.theme import theme_of
from netviz.recording.recording import Recording
from netviz.scene.panels import EquationsPanelSpec as Spec
from netviz.scene.scene import Scene
from netviz.scene.shots import WalkShot
from netviz.timeline.frame import Frame
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.timeline.worked_example import EquationLine, worked_example_steps, worked_weight
from netviz.training.trainer import train
from tests.drawing.support import first
from tests.recordings import in_rows, own_scene, with_parameters_in_rows

TWO = [([0.05, 0.1], [0.01, 0.99]), ([1, 0], [1, 0]), ([0.5, -2], [0.3, 0.7])]
ONE = [([0, 1], [1]), ([1, 0], [0]), ([0.5, -2], [0.25])]
THREE = [([0, 0, 1], [0]), ([1, 1, 0.5], [1])]

CASES: dict[str, dict[str, Any]] = {
    "sigmoid": {"examples": ONE, "layers": [2, 2, 1], "bias": True},
    "two outputs": {"examples": TWO, "layers": [2, 2, 2], "bias": "fixed"},
    "without biases": {"examples": THREE, "layers": [3, 4, 1], "bias": False},
    "a hidden weight": {"examples": TWO, "layers": [2, 2, 2], "bias": "fixed", "weight": 2},
    "tanh and relu": {"examples": ONE, "layers": [2, 3, 2, 1], "bias": True, "weight": 1,
                      "activation": ["tanh", "relu", "sigmoid"]},
    "relu before relu": {"examples": ONE, "layers": [2, 3, 2, 1], "bias": True, "weight": 9,
                         "activation": ["relu", "relu", "tanh"]},
    "linear": {"examples": TWO, "layers": [2, 3, 2], "bias": True, "weight": 5, "activation": "linear"},
    "relu outputs": {"examples": TWO, "layers": [2, 2, 2], "bias": True, "activation": "relu"},
    "leaky relu before elu": {"examples": ONE, "layers": [2, 3, 2, 1], "bias": True, "weight": 1,
                              "activation": ["leaky_relu", "elu", "tanh"]},
    "elu before leaky relu": {"examples": ONE, "layers": [2, 3, 2, 1], "bias": True, "weight": 3,
                              "activation": ["elu", "leaky_relu", "tanh"]},
    "elu of a negative sum": {"examples": ONE, "layers": [2, 3, 1], "bias": True, "weight": 2,
                              "activation": ["elu", "tanh"]},
    "gelu": {"examples": ONE, "layers": [2, 3, 1], "bias": True, "weight": 1, "activation": ["gelu", "tanh"]},
    "gelu outputs": {"examples": TWO, "layers": [2, 2, 2], "bias": True, "activation": "gelu"},
    "swish": {"examples": ONE, "layers": [2, 3, 1], "bias": True, "weight": 1, "activation": ["swish", "tanh"]},
    "swish outputs": {"examples": TWO, "layers": [2, 2, 2], "bias": False, "activation": "swish"},
    "leaky relu and elu outputs": {"examples": TWO, "layers": [2, 2, 2], "bias": True,
                                   "activation": ["elu", "leaky_relu"]},
    "tanh outputs": {"examples": ONE, "layers": [2, 2, 1], "bias": False, "activation": "tanh"},
    "softmax": {"examples": TWO, "layers": [2, 2, 2], "bias": True, "activation": ["tanh", "softmax"]},
    "cross entropy": {"examples": TWO, "layers": [2, 2, 2], "bias": True, "loss": "cross_entropy"},
    "cross entropy of softmax": {"examples": TWO, "layers": [2, 2, 2], "bias": True, "loss": "cross_entropy",
                                 "activation": ["tanh", "softmax"]},
    "no hidden layer": {"examples": THREE, "layers": [3, 1], "bias": False},
    "tiny numbers": {"examples": [([1e-6, 2e-5], [1]), ([1234.5, 3e6], [0])], "layers": [2, 2, 1], "bias": True,
                     "activation": "linear", "learning_rate": 1e-13},
}  # fmt: skip


@lru_cache(maxsize=32)
def recording_of(
    case: str, example: int = 1, size: str = "1280x720", title: str = "", at: tuple[float, ...] | None = None
) -> Recording:
    wanted = dict(CASES[case])
    training = {"cycles": 3, "initial_weights": "glorot", "learning_rate": 0.2} | {
        key: wanted.pop(key) for key in ("loss", "learning_rate") if key in wanted
    }
    examples = [{"inputs": inputs, "target": target} for inputs, target in wanted.pop("examples")]
    equations = {"panel": "equations", "weight": wanted.pop("weight", None), "at": at and [*at]}
    return train(
        Scene.model_validate(
            {
                "title": title,
                "network": wanted,
                "data": {"examples": examples},
                "training": training,
                "schedule": {"cycles": [1, 3]},
                "shots": [{"shot": "walk", "example": example, "cycle": 1, "backward": True}, {"shot": "learning"}],
                "panels": [{"panel": "network"}, equations],
                "output": {"size": size},
                "duration": 60,
            }
        )
    )


def panel_of(recording: Recording) -> EquationsPanel:
    scene = own_scene(recording)
    layout = arrange(scene)
    canvas = Canvas(scene.output.size)
    context = RenderContext(
        recording, scene, layout, theme_of(scene), Typefaces.make(), canvas, GlowLayer(scene.output.size, RGB, 0)
    )
    spec = next(panel for panel in scene.panels or () if isinstance(panel, Spec))
    return EquationsPanel(context, spec, layout.places["equations"])


@dataclass(frozen=True)
class Told:
    """A walk's lines one after the other, with what each of them has brought."""

    recording: Recording
    scene: Scene
    panel: EquationsPanel
    script: tuple[EquationLine, ...]
    base: Frame
    step: Frame
    row: int
    after: int

    @classmethod
    def of(cls, recording: Recording) -> Told:
        scene = own_scene(recording)
        walk = next(shot for shot in scene.shots if isinstance(shot, WalkShot))
        timeline = make_timeline(make_plan(scene, Fraction(90)), recording, scene)
        base = timeline.frame(first(timeline, "walk"))
        assert base.row is not None and base.row_after is not None
        assert (recording.row_step[base.row], recording.probe[base.row]) == (walk.cycle, walk.example - 1)
        step = timeline.frame(first(timeline, "step"))
        return cls(
            recording,
            scene,
            panel_of(recording),
            worked_example_steps(scene, walk),
            base,
            step,
            base.row,
            base.row_after,
        )

    def frame(self, last: int, level: float = 1.0) -> Frame:
        told = [1.0] * last + [level] + [0.0] * (len(self.script) - last - 1)
        return replace(self.base, visible=tuple(told))

    @cached_property
    def lines(self) -> list[tuple[EquationLine, str]]:
        """What each line of the script has added to the picture."""
        found, before = [], []
        for number, line in enumerate(self.script):
            now = self.panel.texts(self.frame(number))
            new = now[len(before) :] if now[: len(before)] == before else now
            found.append((line, " ".join(new)))
            before = now
        return found


NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(?:\\cdot10\^\{(-?\d+)\})?")


def numbers(text: str) -> list[tuple[float, float]]:
    """Every number of an equation that is no part of a symbol, with a unit of its last digit."""
    text = re.sub(r"_\{[^{}]*\}|\^\{\(\d\)\}|\)\^2|\\frac\{1\}\{2\}|\^\{\+\}", " ", text)
    found = []
    for match in NUMBER.finditer(text):
        digits, power = match[1], int(match[2] or 0)
        decimals = len(digits.partition(".")[2])
        found.append((float(f"{digits}e{power}"), 10.0 ** (power - decimals)))
    return found


def expected(told: Told, line: EquationLine) -> list[float]:
    """The numbers that a line has to say, computed from the recording by themselves, in their order."""
    recording, scene, row = told.recording, told.scene, told.row
    network, loss = scene.network, scene.training.loss
    weights, biases = recording.parameters_at(row)
    layers, target = [layer[row] for layer in recording.activations], recording.targets[row]
    with_biases = bool(network.bias)
    last = len(weights)
    deltas, outputs = recording.deltas(row), layers[-1]
    if line.kind in ("matrix", "sum", "activation"):
        given, weight, bias = layers[line.layer], weights[line.layer], biases[line.layer]
        sums = given @ weight + bias
        j = line.neuron
        if line.kind == "matrix":
            return [*given, *weight.ravel(), *(bias if with_biases else ()), *sums]
        if line.kind == "sum":
            terms = [number for pair in zip(given, weight[:, j], strict=True) for number in pair]
            return [*terms, *([bias[j]] if with_biases else []), sums[j]]
        shown = {
            "sigmoid": [1, 1, -sums[j]],
            "tanh": [sums[j]],
            "relu": [0, 0, sums[j]],
            "leaky_relu": [0.01, 0.01, sums[j], sums[j]],
            "elu": [] if sums[j] > 0 else [1, sums[j], 1],
            "gelu": [sums[j], sums[j]],
            "swish": [sums[j], 1, -sums[j]],
            "linear": [],
            "softmax": [sums[j], *sums],
        }[network.activations[line.layer]]
        return [*shown, layers[line.layer + 1][j]]
    layer, i, j = worked_weight(scene)
    gradient = deltas[layer][j] * layers[layer][i]
    after = recording.parameters_at(told.after)
    old, new = weights[layer][i, j], after.weights[layer][i, j]
    if line.kind == "error":
        if loss == "squared_error":
            return [number for t, o in zip(target, outputs, strict=True) for number in (t, o)] + [recording.loss[row]]
        return [*_cross_entropy(network.activations[-1], outputs, target), recording.loss[row]]
    if line.kind == "delta":
        return [*_delta(told, layer + 1, j, layers, weights, target), deltas[layer][j]]
    if line.kind == "gradient":
        return [deltas[layer][j], layers[layer][i], gradient]
    if line.kind == "update":
        return [old, scene.training.learning_rate, gradient, new]
    assert line.kind == "weights"
    rows = [each for k in range(last) for each in ((weights[k], biases[k]), (after.weights[k], after.biases[k]))]
    pairs = [
        (rows[2 * k][0][a, b], rows[2 * k + 1][0][a, b])
        for k in range(last)
        for b in range(network.layers[k + 1])
        for a in range(network.layers[k])
    ]
    learned = [
        (rows[2 * k][1][b], rows[2 * k + 1][1][b])
        for k in range(last)
        for b in range(network.layers[k + 1])
        if network.bias is True
    ]
    if len(pairs) + len(learned) > 16:
        before = sum(weight.size for weight in weights[:layer])
        pairs, learned = pairs[before : before + weights[layer].size], []
    return [number for pair in pairs + learned for number in pair]


def _cross_entropy(activation: str, outputs: np.ndarray, target: np.ndarray) -> list[float]:
    """Symbols have a 1 for each (1 - t) and (1 - o), and numbers come after them."""
    symbols: list[float] = []
    values: list[float] = []
    for t, o in zip(target, outputs, strict=True):
        if t != 0:
            values += [o] if t == 1 else [t, o]
        if activation == "sigmoid" and t != 1:
            symbols += [1] if t == 0 else [1, 1]
            values += [1, o] if t == 0 else [1 - t, 1, o]
    return symbols + values


def _delta(told: Told, layer: int, j: int, layers: Any, weights: Any, target: np.ndarray) -> list[float]:
    network, loss = told.scene.network, told.scene.training.loss
    activation, value = network.activations[layer - 1], float(layers[layer][j])
    slope = {"sigmoid": ([1.0], [value, 1, value]), "tanh": ([1.0], [1, value, value])}.get(activation, ([], []))
    total = float(
        (layers[layer - 1] @ weights[layer - 1] + told.recording.parameters_at(told.row).biases[layer - 1])[j]
    )
    above = total > 0
    if activation == "gelu":
        density = math.exp(-(total**2) / 2) / math.sqrt(2 * math.pi)
        slope = ([], [NormalDist().cdf(total), total, density])
    elif activation == "swish":
        gate = 1 / (1 + math.exp(-total))
        slope = ([1.0], [gate, value, 1, gate])
    elif activation == "elu":
        slope = ([], [1.0 if above else total])
    elif activation in ("relu", "leaky_relu"):
        slope = ([], [1.0 if above else 0.01 if activation == "leaky_relu" else 0.0])
    if layer < len(weights):
        deltas = told.recording.deltas(told.row)[layer]
        terms = [number for pair in zip(deltas, weights[layer][j], strict=True) for number in pair]
        return [*slope[0], *terms, *slope[1]]
    outputs = layers[-1]
    if loss == "cross_entropy":
        return [value, target[j]]
    if activation == "softmax":
        return [value, value, target[j], float((outputs * (outputs - target)).sum())]
    return [*slope[0], value, target[j], *slope[1]]


@lru_cache(maxsize=32)
def told_of(case: str) -> Told:
    """A case's lines, of which only what they say is of interest: mathtext is not asked how large each of them is."""

    def estimated(*given: Any) -> Any:
        return paginate(*given[:5], about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(equations_panel, "paginate", estimated)
        patch.setattr(equations_panel, "LiveForwardPass", lambda *_: None)
        told = Told.of(recording_of(case))
        assert told.lines
    return told


@pytest.mark.parametrize("case", CASES)
def test_every_number_is_the_recordings(case: str) -> None:
    told = told_of(case)
    lines = told.lines
    assert [line for line, _ in lines] == list(told.script)
    for line, text in lines:
        shown, wanted = numbers(text), expected(told, line)
        assert len(shown) == len(wanted), (line, text, wanted)
        for (number, unit), value in zip(shown, wanted, strict=True):
            assert abs(number - value) <= 0.5 * unit * (1 + 1e-9) + 1e-15, (line, text, number, value)
            if 0.001 <= abs(value) < 100 and line.kind != "matrix":
                assert abs(number - value) <= 0.5e-4 * (1 + 1e-9), (line, text, number, value)


@pytest.mark.parametrize("case", CASES)
def test_every_bracket_closes(case: str) -> None:
    for line, text in told_of(case).lines:
        for step in text.split(" = "):
            depths = np.cumsum([{"(": 1, ")": -1}.get(letter, 0) for letter in step])
            assert depths[-1] == 0 and depths.min() >= 0, (line, step)


def test_slopes_of_gated_functions_as_they_are_written() -> None:
    found = {case: dict(told_of(case).lines) for case in ("gelu", "swish")}
    (gelu,), (swish,) = ([text for line, text in lines.items() if line.kind == "delta"] for lines in found.values())
    symbolic = r"\delta_{o1}\,w_{7} \cdot\:(\Phi(z_{h1}) +\:z_{h1}\,\varphi(z_{h1}))"
    assert gelu.split(" = ")[1] == symbolic
    symbolic = r"\delta_{o1}\,w_{7} \cdot\:(\sigma(z_{h1}) +\:h_{1}\,(1 - \sigma(z_{h1})))"
    assert swish.split(" = ")[1] == symbolic


def test_the_printed_figures_of_mazurs_example() -> None:
    """His inputs, weights and biases; the sums he prints: 0.3775, 0.593269992, 1.105905967, 0.298371109."""
    recording = recording_of("two outputs")
    rows = in_rows(recording)
    for layer, weights in zip(rows.weights, ([[0.15, 0.25], [0.2, 0.3]], [[0.4, 0.5], [0.45, 0.55]]), strict=True):
        layer[:] = weights
    biases = tuple(np.full_like(layer, value) for layer, value in zip(rows.biases, (0.35, 0.6), strict=True))
    row = int(np.flatnonzero((recording.probe == 0) & (recording.row_step == 1))[0])
    given = with_parameters_in_rows(recording, rows.weights, biases)
    layers = given.forward(np.array([0.05, 0.1]), row)
    activations = tuple(np.array(layer) for layer in recording.activations)
    for kept, layer in zip(activations, layers, strict=True):
        kept[row] = layer
    loss = np.array(recording.loss)
    loss[row] = ((np.array([0.01, 0.99]) - layers[-1]) ** 2).sum() / 2
    changed = replace(given, activations=activations, loss=loss)
    texts = [text for _, text in Told.of(changed).lines]
    assert texts[1].endswith(r"= 0.05 \cdot 0.15 +\:0.10 \cdot 0.20 +\:0.35 = 0.3775")
    assert texts[2].endswith(r"= \dfrac{1}{1 + e^{-0.3775}} = 0.5933")
    assert texts[6].endswith("= 1.1059")
    assert texts[10].endswith("= 0.2984")
    assert texts[11].endswith(r"= (0.7514 - 0.01) \cdot\:0.7514 \cdot (1 - 0.7514) = 0.1385")
    assert texts[12].endswith(r"= 0.1385 \cdot 0.5933 = 0.0822")
    # Its weights stand still in this recording, so the last lines must not claim that they follow from the gradient.
    assert texts[13] == r"w_{5}^{+} = 0.4 \mathrm{\ \ as\ recorded}"


def test_lines_come_one_after_the_other_and_pages_give_way() -> None:
    told = Told.of(recording_of("two outputs", size="640x360"))
    pages = told.panel.pages(told.panel._shot(told.frame(0)), told.row, told.after)
    assert len(pages) > 1
    assert [line for page in pages for line, _ in page.lines] == list(range(len(told.script)))
    turn = pages[1].first
    before, half, after = (told.panel.texts(told.frame(turn, level)) for level in (0.0, 0.5, 1.0))
    assert before == told.panel.texts(told.frame(turn - 1))
    assert half == [], "nothing is written over anything"
    assert len(after) == len(pages[1].lines[0][1])
    levels = [each for each in told.panel._shown(told.frame(1))[1] if each.level == 1]
    assert levels[0].brightness == 0
    assert levels[-1].brightness == 1


def test_a_page_is_laid_out_from_the_start() -> None:
    told = Told.of(recording_of("two outputs", size="640x360"))
    pages = told.panel.pages(told.panel._shot(told.frame(0)), told.row, told.after)
    for page in pages:
        shown = told.panel._shown(told.frame(page.first))[1]
        ahead = [each for each in shown if each.is_ahead]
        later = [line for line, _ in page.lines[1:] if told.script[line].kind != "weights"]
        assert [each.part for each in ahead] == [parts[0] for line, parts in page.lines if line in later]
        assert all(0 < each.level <= 0.4 for each in ahead)
        whole = [each for each in shown if not each.is_ahead and each.level > 0]
        assert [each.part for each in whole] == list(page.lines[0][1])


def test_at_the_end_no_page_comes_back() -> None:
    told = Told.of(recording_of("two outputs", size="640x360"))
    ending = replace(told.base, visible=tuple(0.8 for _ in told.script))
    pages = told.panel.pages(told.panel._shot(ending), told.row, told.after)
    shown = [each.part for each in told.panel._shown(ending)[1] if each.level > 0]
    assert shown == [part for _, parts in pages[-1].lines for part in parts]


def test_a_place_in_which_no_equation_finds_room_breaks_nothing() -> None:
    told = Told.of(recording_of("no hidden layer", size="320x180", at=(0.5, 0, 0.001, 0.25)))
    pages = told.panel.pages(told.panel._shot(told.frame(0)), told.row, told.after)
    assert [line for page in pages for line, _ in page.lines] == list(range(len(told.script)))
    for number in (0, len(told.script) - 1):
        told.panel.draw(told.frame(number))


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
@pytest.mark.parametrize("case", ["two outputs", "without biases", "tanh and relu", "cross entropy", "gelu", "swish"])
def test_equations_stand_in_their_room_and_clear_of_each_other(
    case: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told.of(recording_of(case, size=size))
    stamped: list[tuple[float, float, float, float]] = []

    def stamp(self: Canvas, drawn: Mask, x: float, y: float, colour: Any, level: float = 1.0) -> None:
        left, top = round(x) + drawn.left, round(y) - drawn.top
        stamped.append((left, top, left + drawn.alpha.shape[1], top + drawn.alpha.shape[0]))

    monkeypatch.setattr(Canvas, "stamp", stamp)
    slot = told.panel.slot
    for frame in [told.frame(number) for number in range(len(told.script))]:
        del stamped[:]
        told.panel.draw(frame)
        assert stamped
        for left, top, right, bottom in stamped:
            assert left >= slot.x - 2
            assert right <= slot.right + 2
            assert top >= slot.y - 2
            assert bottom <= slot.bottom + 2
        for number, one in enumerate(stamped):
            for other in stamped[number + 1 :]:
                apart = one[0] >= other[2] - 1 or other[0] >= one[2] - 1 or one[1] >= other[3] or other[1] >= one[3]
                assert apart, (one, other)


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
@pytest.mark.parametrize(
    "case",
    [
        "two outputs",
        "without biases",
        "tanh and relu",
        "gelu",
        "leaky relu before elu",
        "cross entropy",
        "tiny numbers",
    ],
)
def test_the_live_pass_stands_in_its_room_and_its_numbers_clear_of_each_other(case: str, size: str) -> None:
    told = Told.of(recording_of(case, size=size))
    live, slot = told.panel.live, told.panel.slot
    boxes = []
    for each in live.placed:
        half = live._half(each.piece) * live.size
        boxes.append((each.x, each.y - half, each.x + live._width(each.piece, live.size), each.y + half))
    for number, one in enumerate(boxes):
        assert one[0] >= -2 and one[2] <= slot.width + 2, live.placed[number]
        assert one[1] >= 0 and one[3] <= slot.height + 2, live.placed[number]
        for other in boxes[number + 1 :]:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] - 1 or other[1] >= one[3] - 1
    if case != "tiny numbers":
        assert live.size >= 0.024 * 720, "it is read"


def test_what_is_presented_is_worked_out_with_the_weights_of_the_moment() -> None:
    recording = recording_of("two outputs")
    told = Told.of(recording)
    row = told.step.row
    assert row is not None
    glows = replace(
        told.step,
        arrived=tuple(np.ones_like(layer) for layer in told.step.arrived),
        compared=1.0,
    )
    texts = told.panel.texts(glows)
    layers = [layer[row] for layer in recording.activations]
    weights, biases = glows.weights, glows.biases
    shown = [number for text in texts for number, _ in numbers(text)]
    expected: list[float] = []
    for layer in range(2):
        expected += [*layers[layer], *weights[layer][:2].ravel(), *biases[layer], *layers[layer + 1]]
    assert len(shown) == len(expected) + 1, texts
    assert shown[:-1] == pytest.approx(expected, abs=0.5e-2)
    found = [value for text in [text for text in texts if text.startswith("[")][3::4] for value, _ in numbers(text)]
    assert found == pytest.approx([*layers[1], *layers[2]], abs=0.5e-3)
    assert shown[-1] == pytest.approx(recording.loss[row], abs=0.5e-4)
    thinking = replace(glows, kind="think", row_after=None, target=None, example=None)
    assert told.panel.texts(thinking) == texts[:-1], "without a target there is no error"


@pytest.mark.parametrize("case", ["two outputs", "cross entropy", "cross entropy of softmax"])
def test_the_live_error_is_that_of_the_row(case: str) -> None:
    """Cross entropy is computed from the weighted sums, so from the row's own weights and biases."""
    recording = recording_of(case)
    told = Told.of(recording)
    rows = np.flatnonzero(recording.probe >= 0)
    assert len(rows) == 6
    for row in rows:
        presented = replace(
            told.step, row=int(row), target=recording.targets[row],
            activations=tuple(layer[row] for layer in recording.activations),
        )  # fmt: skip
        assert told.panel.live._loss(presented) == pytest.approx(recording.loss[row], rel=1e-12)


def test_the_live_pass_has_numbers_of_weights_at_rest_and_no_others() -> None:
    told = Told.of(recording_of("two outputs"))
    resting = replace(
        told.step, row=None, row_after=None, presented=0.0, lingering=(), before=(),
        arrived=tuple(np.zeros_like(layer) for layer in told.step.arrived),
    )  # fmt: skip
    shown = [number for text in told.panel.texts(resting) for number, _ in numbers(text)]
    expected = [
        value
        for weights, biases in zip(resting.weights, resting.biases, strict=True)
        for value in [*weights[:2].ravel(), *biases]
    ]
    assert shown == pytest.approx(expected, abs=0.5e-2)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.69, 0.6457], ["0.6900", "0.6457"]), ([1, 0], ["1", "0"]), ([0.05, 0.1], ["0.05", "0.10"]),
        ([0.5, -0.25], ["0.50", "-0.25"]), ([123.45678, 0.5], ["123.457", "0.500"]), ([-1e-12, 1.5], None),
        ([0.333333333, 0.1], ["0.3333", "0.1000"]), ([], []),
        ([1.5, np.inf, -np.inf, np.nan, 2e9], ["1.5", r"\infty", r"-\infty", "?", r"2\cdot10^{9}"]),
    ],
)  # fmt: skip
def test_numbers_of_one_row_have_as_many_decimals(values: list[float], texts: list[str] | None) -> None:
    assert numerals(values) == ([r"-1\cdot10^{-12}", "1.5"] if texts is None else texts)


@pytest.mark.parametrize("case", CASES)
def test_every_matrix_has_one_number_of_decimals(case: str) -> None:
    told = told_of(case)
    for _, text in told.lines:
        for matrix in re.findall(r"\[([^]]*)\]", text):
            plain = [cell for cell in re.split(r"[; ]+", matrix) if cell and "^" not in cell]
            assert len({len(cell.partition(".")[2]) for cell in plain}) <= 1, matrix


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8, "0.8"), (1.0, "1"), (-0.0, "0"), (0.59327, "0.5933"), (-0.25, "-0.25"), (3.14e-5, r"3.1\cdot10^{-5}"),
        (-0.0005, r"-5\cdot10^{-4}"), (0.001, "0.001"), (0.99999, "1"), (123.45678, "123.457"), (12345.678, "12345.7"),
        (2.5e6, r"2.5\cdot10^{6}"), (100.0, "100"), (0.0, "0"),
    ],
)  # fmt: skip
def test_numbers_have_at_most_four_decimals(value: float, text: str) -> None:
    assert numeral(value) == text


def test_numbers_in_a_product_do_not_run_into_its_signs() -> None:
    assert factor(-0.2) == "(-0.2)"
    assert factor(3e-5) == r"(3\cdot10^{-5})"
    assert factor(0.2) == "0.2"
    assert numeral(0.0333, 2) == "0.03"
    assert numeral(0.003, 2) == r"3\cdot10^{-3}"


def test_weights_are_counted_neuron_by_neuron() -> None:
    symbols = Symbols((2, 2, 2))
    assert [symbols.number(0, 0, 0), symbols.number(0, 1, 0), symbols.number(0, 0, 1)] == [1, 2, 3]
    assert symbols.number(1, 0, 0) == 5
    assert symbols.number(1, 0, 1) == 7


@pytest.mark.parametrize("title", ["$x^2$", "$", r"\frac{1}{2", "a_b^{"])
def test_a_users_signs_of_mathematics_break_nothing(title: str) -> None:
    recording = recording_of("sigmoid", title=title)
    told = Told.of(recording)
    told.panel.draw(told.frame(3))
    told.panel.context.canvas.settle()
    assert told.panel.context.canvas.memory.any()


def test_every_symbol_has_a_letter() -> None:
    """None is drawn as mathtext's stand-in for a missing one."""
    for symbol in (r"\delta", r"\partial", r"\eta", r"\sigma", r"\sum", r"\cdot", r"\rightarrow"):
        assert formula_mask((symbol,), 40.0).alpha.any()
        assert not np.array_equal(formula_mask((symbol,), 40.0).alpha, formula_mask(("¤",), 40.0).alpha)


def test_a_result_stands_behind_what_it_is_of() -> None:
    """Where an equation takes two rows, symbols are on the first, and numbers with their result on the second."""
    equation = Equation(("x",), (equals("1 + 2 + 3 + 4 + 5"), equals("6 + 7"), equals("8")))
    parts = [("x",), *(step[0] for step in equation.steps)]
    sizes = [formula_mask(part, 20.0).width for part in parts]
    block = typeset(equation, 20.0, sizes[0] + 5, sizes[0] + 5 + sizes[1] + 1.3 * sizes[2])
    assert block is not None and block.rows == 2
    heights = [part.y for part in block.parts]
    assert heights[0] == heights[1] < heights[2] == heights[3]
