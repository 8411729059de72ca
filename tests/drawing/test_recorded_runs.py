"""Films of runs that netviz did not train: the panels they have, how long they last, and that all of it fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise, product
from typing import Any

import numpy as np
import pytest

from netviz.drawing.panels.counters import NumbersPanel, counters
from netviz.drawing.panels.loss_curve import DASHED, EXPLODES, HEADROOM, CurvePanel
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.recording.recorder import Recorder
from netviz.scene.scene import Look, Scene
from netviz.timeline.recorded_curves import RecordedCurve, accuracies, may_have_accuracies, recorded_curves
from netviz.timeline.timeline import Timeline
from netviz.web.transcript import NO_BREAK, passages, summary_of, transcript_text
from tests.drawing.support import Written, first, written

__all__ = ["written"]

KINDS = ("setosa", "versicolor", "virginica")
SIZES = ["1280x720", "720x720", "720x1280"]


def recorder(
    sizes: Sequence[int],
    inputs: Any,
    targets: Any,
    *,
    steps: int = 60,
    losses: Any = None,
    curves: dict[str, Any] | None = None,
    **about: Any,
) -> Recorder:
    """A recorder of some steps in which all weights drift. losses, curves: of every step; else a falling loss."""
    random = np.random.default_rng(5)
    kinds = ["tanh"] * (len(sizes) - 2) + ["softmax" if sizes[-1] > 1 else "sigmoid"]
    kept = Recorder(list(sizes), kinds, np.asarray(inputs, float), targets, loss="cross_entropy", **about)
    weights = [random.normal(0, 1, pair) for pair in pairwise(sizes)]
    drift = [random.normal(0, 0.02, pair) for pair in pairwise(sizes)]
    losses = np.exp(-np.arange(steps + 1) / 20) if losses is None else losses
    for step in range(steps + 1):
        now = [weight + step * more for weight, more in zip(weights, drift, strict=True)]
        others = {name: float(values[step]) for name, values in (curves or {}).items()}
        kept.snap(float(losses[step]), step=step, weights=now, biases=[np.zeros(size) for size in sizes[1:]], **others)
    return kept


def flowers(**changes: Any) -> Recorder:
    """A run of ten examples with four numbers of two decimals and one of three classes."""
    inputs = np.random.default_rng(2).normal(0, 1.5, (10, 4)).round(2)
    return recorder([4, 6, 3], inputs, np.arange(10) % 3, classes=KINDS, **changes)


def bits(count: int = 3, **changes: Any) -> Recorder:
    """A run of all combinations of so many bits, with one output."""
    inputs = np.array([[number >> bit & 1 for bit in range(count)] for number in range(2**count)])
    return recorder([count, 4, 1], inputs, (inputs.sum(axis=1) % 2)[:, None], **changes)


def points(**changes: Any) -> Recorder:
    """A run of sixty points of the plane, in a ring and inside it."""
    inputs = np.random.default_rng(3).normal(0, 2, (60, 2))
    return recorder([2, 5, 1], inputs, (np.hypot(*inputs.T) > 2)[:, None].astype(float), **changes)


def film_of(made: Recorder, **look: Any) -> Timeline:
    shown = filmed(made, look)
    timeline = finish(prepare(shown), shown.recorded).timeline
    assert isinstance(timeline, Timeline)
    return timeline


def told_of(film: Timeline) -> str:
    """Its transcript."""
    return transcript_text(film.scene, summary_of(film), passages(film), film.plan.fps)


def panels_of(scene: Look) -> list[str]:
    return [panel.panel for panel in scene.shown_panels if panel.panel in ("network", "table", "answers", "boundary")]


@pytest.mark.parametrize("size", SIZES)
def test_what_class_bars_say_is_not_said_twice_and_what_fits_no_table_has_none(size: str) -> None:
    assert panels_of(film_of(flowers(), output={"size": size}).scene) == ["network"]
    # Few and short numbers make a table, classes or not.
    small = recorder([3, 4, 3], np.eye(3), np.arange(3), classes=KINDS)
    assert panels_of(film_of(small, output={"size": size}).scene) == ["network", "table"]
    wide = ["network", "table", "answers"] if size == "1280x720" else ["network", "answers"]
    assert panels_of(film_of(bits(), output={"size": size}).scene) == wide


def test_panels_that_are_asked_for_are_shown() -> None:
    asked = film_of(flowers(), panels=[{"panel": "network"}, {"panel": "answers"}, {"panel": "table"}])
    assert panels_of(asked.scene) == ["network", "answers", "table"]


@pytest.mark.parametrize(("made", "least", "most"), [(flowers, 30, 60), (bits, 30, 60), (lambda: bits(5), 30, 60)])
def test_a_film_without_a_length_lasts_a_minute_at_most_and_shows_every_step(made: Any, least: int, most: int) -> None:
    film = film_of(made())
    plan = film.plan
    assert least <= plan.seconds <= most
    assert {span.cycle for span in plan.spans if span.kind == "step"} == set(film.scene.outline.steps)
    steps = [span.stop - span.start for span in plan.spans if span.kind == "step"]
    moves = [span.stop - span.start for span in plan.spans if span.kind == "move"]
    assert min(steps) >= 0.29 * plan.fps
    assert np.mean(steps) >= 0.5 * plan.fps
    assert min(moves) >= 0.4 * plan.fps
    assert {span.example for span in plan.spans if span.kind == "step"} == set(range(film.scene.outline.examples))


def test_a_short_run_is_not_stretched() -> None:
    film = film_of(recorder([2, 2, 1], [[0, 1], [1, 0]], [[0], [1]], steps=2))
    assert film.plan.seconds < 20


STEPS = np.arange(61)
FALLS, RISES = np.exp(-STEPS / 20), 1 - 0.6 * np.exp(-STEPS / 20)
LONG = {
    "val_f1_macro_weighted": RISES,
    "learning_rate_schedule": 0.001 * np.cos(STEPS / 40),
    "gradient_norm_clipped": 12345.678 * FALLS,
}
USUAL = {"test_loss": 1.1 * FALLS, "accuracy": RISES, "test_accuracy": 0.9 * RISES}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("curves", [{"accuracy": RISES}, USUAL, LONG], ids=["one", "usual", "long"])
@pytest.mark.parametrize("made", [flowers, bits, points], ids=["classes", "answers", "boundary"])
def test_counters_and_legend_do_not_touch_and_leave_the_curve_its_room(
    made: Any, curves: dict[str, Any], size: str, written: list[Written]
) -> None:
    film = film_of(made(curves=curves), output={"size": size})
    renderer = Renderer(film)
    numbers = next(panel for panel in renderer.panels if isinstance(panel, NumbersPanel))
    curve = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    assert curve.slot.width >= 0.25 * film.scene.output.size[0]
    assert curve.slot.width >= 0.48 * renderer.context.layout.places["curve"].width
    named = {trace.name for trace in curve.traces if trace.name}
    names = {name.replace("_", " ") for name in curves} if len(curves) > 1 else set()
    assert named == names | ({"loss"} if curves is USUAL else set())
    top = min(numbers.slot.y, curve.slot.y - 2 * renderer.context.layout.small)
    labels = [text for text in written if text.top > top]
    del written[:]
    renderer.draw(film.frame(first(film, "sweep" if made is points else "step")))
    counts = [text for text in written if text.top > numbers.slot.y and text.bottom < numbers.slot.bottom + text.size]
    counts = [text for text in counts if any(text.left == pytest.approx(x, abs=6) for x, _ in numbers.spots)]
    assert len(counts) == len(numbers.counters)
    for one, other in combinations([*labels, *counts], 2):
        assert not one.touches(other), (one, other)
    for text in [*labels, *counts]:
        assert text.right <= film.scene.output.size[0]
    # No counter stands over the curve.
    for text in [*counts, *(each for each in labels if each.text in {c.name for c in numbers.counters})]:
        is_beside = text.right <= curve.slot.x or text.left >= curve.slot.right
        assert is_beside or text.bottom <= curve.slot.y + 1, text


def test_accuracies_have_the_counters_and_the_colours_of_both_sets() -> None:
    renderer = Renderer(film_of(flowers(curves=USUAL)))
    theme = renderer.context.theme
    found = [(each.name, tuple(each.colour)) for each in counters(renderer.context)]
    assert found[1:] == [("accuracy", tuple(theme.error)), ("test accuracy", tuple(theme.test_error))]
    curve = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    lines = {trace.name: (tuple(trace.colour), trace.dashes) for trace in curve.traces}
    for name, ink in (("loss", theme.error), ("test loss", theme.test_error)):
        assert lines[name] == (tuple(ink), "solid")
        assert lines[name.replace("loss", "accuracy")] == (tuple(ink), DASHED)
    rows = dict(zip((trace.name for trace in curve.traces), curve._rows(), strict=True))
    assert sorted(rows, key=rows.__getitem__) == ["loss", "test loss", "accuracy", "test accuracy"]


def test_accuracies_that_are_not_asked_for_leave_the_losses_their_counters() -> None:
    renderer = Renderer(film_of(flowers(curves=USUAL), accuracy=False))
    assert [each.name for each in counters(renderer.context)[1:]] == ["loss", "test loss"]
    curve = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    assert not any(trace.is_share for trace in curve.traces)


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (("accuracy", "test_accuracy"), True),
        (("acc", "val_acc"), True),
        (("train_accuracy", "validation_accuracy", "lr"), True),
        (("accuracy",), False),
        (("test_accuracy", "val_accuracy"), False),
        (("accuracy", "top5_accuracy", "test_accuracy"), False),
        (("latest_accuracy", "accuracy"), False),
    ],
)
def test_accuracies_in_training_and_testing_are_known_by_their_names(names: tuple[str, ...], pair: bool) -> None:
    run = flowers(curves=dict.fromkeys(names, RISES)).recording()
    found = accuracies(recorded_curves(run))
    assert (found is not None) == may_have_accuracies(tuple(run.curves)) == pair
    if found is not None:
        assert [each.name for each in found] == [name.replace("_", " ") for name in names[:2]]
        assert [each.is_of_test for each in found] == [False, True]


@pytest.mark.parametrize(
    ("highest", "texts"),
    [
        (1.0, ["1.0000", "0.5000", "0.0100"]),
        (0.001, ["0.001000", "0.000500", "0.000010"]),
        (2e-5, ["2.00e-05", "1.00e-05", "2.00e-07"]),
        (1234.5, ["1234.50", "617.25", "12.36"]),
        (2e6, ["2.00e+06", "1.00e+06", "20020.00"]),
        (0.0, ["0.0000"] * 3),
    ],
)
def test_values_of_a_curve_have_the_same_decimals_all_through(scene: Scene, highest: float, texts: list[str]) -> None:
    curve = RecordedCurve("rate", np.arange(3), highest * np.array([1, 0.5, 0.01001]), is_share=False)
    assert [curve.text(scene, float(value)) for value in curve.values] == texts


def diverging() -> Recorder:
    """A run with a linear output whose weights grow tenfold in every step from the thirtieth on."""
    inputs = np.array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1.0]])
    kept = Recorder([3, 4, 1], ["tanh", "linear"], inputs, [[0], [3], [3], [0]], loss="squared_error")
    random = np.random.default_rng(1)
    first, second = random.normal(0, 1, (3, 4)), random.normal(0, 1, (4, 1))
    for step in range(1000):
        grown = 10.0 ** max(0, step - 30)
        with np.errstate(over="ignore", invalid="ignore"):
            loss = float(np.square(np.tanh(inputs @ first) @ (grown * second) - [[0], [3], [3], [0]]).mean())
        biases = [np.zeros(4), np.zeros(1)]
        if not np.isfinite(loss):
            with pytest.warns(match="diverged"):
                kept.snap(loss, step=step, weights=[first, grown * second], biases=biases, keep=True)
            return kept
        kept.snap(loss, step=step, weights=[first, grown * second], biases=biases)
    raise AssertionError("it goes on")


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_run_whose_loss_alone_overflows_has_a_film_and_its_curve_leaves_at_the_top(written: list[Written]) -> None:
    made = diverging()
    recording = made.recording()
    assert np.isfinite(recording.weights[1]).all() and not np.isfinite(recording.curves["loss"][-1])
    film = film_of(made, duration=24, output={"size": "480x270"})
    assert film.scene.outline.diverged == recording.step[-1]
    renderer = Renderer(film)
    curve = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    loss = recording.curves["loss"]
    assert curve.top == pytest.approx(EXPLODES * HEADROOM * loss[0])
    assert curve.top < loss[-2]
    for index in range(0, film.frame_count, 6):
        renderer.draw(film.frame(index))
    last = film.frame(film.frame_count - 1).caption
    assert last == f"In step {recording.step[-1]} learning diverged: the numbers ran out of range."
    # Large numbers have few digits, wherever they stand.
    assert max(len(text.text) for text in written if re.fullmatch(r"(off by )?-?[\d.e+]+", text.text)) <= 13


@pytest.mark.parametrize("size", SIZES)
def test_labels_of_large_layers_do_not_touch(size: str, written: list[Written]) -> None:
    inputs = np.random.default_rng(8).normal(0, 1, (10, 100))
    film = film_of(recorder([100, 100, 5], inputs, np.arange(10) % 5, steps=8), output={"size": size})
    renderer = Renderer(film)
    del written[:]
    renderer.draw(film.frame(first(film, "step")))
    labels = [text for text in written if "bias" in text.text]
    assert sorted(text.text for text in labels) == ["100 inputs + bias", "100 neurons + bias"]
    one, other = sorted(labels, key=lambda text: text.left)
    assert one.right + 4 < other.left or abs(one.top - other.top) > one.size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("names", ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", ""])
def test_of_more_classes_than_have_bars_what_is_said_and_what_is_right_is_written(
    size: str, names: str, written: list[Written]
) -> None:
    inputs, targets = np.random.default_rng(8).normal(0, 1, (10, 64)), np.arange(10) * 2
    made = recorder([64, 40, 26], inputs, targets, classes=[*names], steps=8)
    film = film_of(made, output={"size": size}, network={"grid": [8, 8]}, story=None)
    renderer = Renderer(film)
    frames = (film.frame(index) for index in range(first(film, "step"), film.frame_count))
    frame = next(frame for frame in frames if frame.compared > 0.95 and frame.arrived[-1].max() > 0.95)
    del written[:]
    renderer.draw(frame)
    letters = [text for text in written if len(text.text) == 1 and text.text in names]
    assert sorted(text.text for text in letters) == sorted(names), "each is written once, and whole"
    answer, right = int(frame.activations[-1].argmax()), int(frame.target.argmax())
    assert answer != right
    called = names or [str(number) for number in range(26)]
    (said,) = (text for text in written if text.text == f"says {called[answer]}, is {called[right]}")
    assert said.left >= 0 and said.right <= film.scene.output.size[0] and said.top >= 0
    others = [text for text in written if text is not said and text.text.strip()]
    for one, other in [*combinations(letters, 2), *((said, other) for other in others)]:
        apart = max(one.left - other.right, other.left - one.right), max(one.top - other.bottom, other.top - one.bottom)
        assert max(apart) >= 0, (one, other)
    places = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel)).places
    radius = float(places.radii(2).max())
    for one, (x, y) in product([*letters, said], places.centres[-1].tolist()):
        assert np.hypot(x - np.clip(x, one.left, one.right), y - np.clip(y, one.top, one.bottom)) >= radius, one


def test_outputs_without_names_are_not_called_as_classes_are(written: list[Written]) -> None:
    """A bare 1 above the answers of the first output would be read as the class 1, which is the second."""
    inputs = np.random.default_rng(8).normal(0, 1, (8, 20))
    film = film_of(recorder([20, 4, 2], inputs, np.arange(8) % 2, steps=8))
    Renderer(film).draw(film.frame(film.frame_count - 1))
    assert {"output 1", "output 2"} <= {text.text for text in written}


def test_losses_in_thousands_keep_their_decimals_while_they_fall(written: list[Written]) -> None:
    losses = np.geomspace(13689.3, 12.5, 61)
    made = recorder([3, 4, 1], np.eye(3), np.eye(3)[:, :1], losses=losses, curves={"test_loss": losses})
    film = film_of(made)
    Renderer(film).draw(film.frame(film.frame_count - 1))
    assert [text.text for text in written].count("12.50") == 2


def test_names_of_many_classes_are_whole_beside_layers_of_many_neurons(written: list[Written]) -> None:
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    inputs, targets = np.random.default_rng(8).normal(0, 1, (10, 16)), np.arange(10) * 2
    film = film_of(recorder([16, 16, 26], inputs, targets, classes=[*names], steps=8))
    Renderer(film).draw(film.frame(film.frame_count - 1))
    assert sorted(text.text for text in written if text.text in [*names, "…"]) == [*names]


def test_examples_are_called_by_the_names_that_they_were_given(written: list[Written]) -> None:
    inputs, names = np.random.default_rng(8).normal(0, 1, (6, 36)), ["Ann", "Bob", "Cy", "Di", "Ed", "Flo"]
    made = recorder([36, 5, 2], inputs, np.arange(6) % 2, names=names, steps=8)
    film = film_of(made, network={"grid": [6, 6]})
    renderer = Renderer(film)
    frame = film.frame(first(film, "step", 9))
    del written[:]
    renderer.draw(frame)
    assert f"6 × 6 inputs + bias, {names[frame.example]}" in [text.text for text in written]
    assert "Ann: 0." in told_of(film).replace(NO_BREAK, " ")
    film = film_of(bits(2, names=["both", "left", "right", "none"]), shots=[{"shot": "learning"}, {"shot": "walk"}])
    assert film.frame(film.frame_count - 1).caption == "Working through “both”: 0 0"


def test_examples_that_are_only_drawn_are_counted_with_those_that_are_presented() -> None:
    random = np.random.default_rng(4)
    more = random.normal(0, 2, (60, 2))
    kinds = (np.hypot(*more.T) > 2).astype(float)
    made = points(points=more, point_targets=kinds[:, None], losses=FALLS)
    film = film_of(made, duration=20)
    assert film.scene.outline.examples == 60 and film.scene.outline.more == 60
    told = told_of(film)
    assert "120 points shown" in told
    counts = re.findall(r"[Rr]ight(?: about|:) (\d+) of (\d+) points", told)
    assert counts and all(int(right) <= 120 and of == "120" for right, of in counts)
    assert "60 points" not in told


@pytest.mark.parametrize(
    ("unit", "several"),
    [("epoch", "epochs"), ("batch", "batches"), ("step", "steps"), ("pass", "passes"), ("iteration", "iterations")],
)
def test_steps_are_called_as_the_run_calls_them(unit: str, several: str) -> None:
    told = told_of(film_of(bits(unit=unit, curves={"test_loss": FALLS}), duration=12))
    assert f"over 60 {several}." in told
    assert f"After 60 {several} of training" in told
    assert f"] {unit.capitalize()} 1\n" in told
    assert "cycle" not in told.lower()
    # The losses have the names that stand in the picture.
    assert "Its loss goes from" in told and "test loss" in told and "raining loss" not in told


def test_the_classic_style_calls_steps_and_loss_by_their_names(written: list[Written]) -> None:
    film = film_of(bits(unit="epoch"), style="classic", duration=20)
    frame = film.frame(first(film, "step", cycle=1))
    Renderer(film).draw(frame)
    said = {text.text for text in written}
    assert {"Epoch #1", f"Loss {frame.error:.4f}"} <= said
    assert not any("Average" in text or "Iteration" in text for text in said)


def test_a_curve_too_narrow_for_any_tick_is_drawn() -> None:
    film = film_of(
        bits(), duration=12, panels=[{"panel": "network"}, {"panel": "curve", "at": [0.1, 0.85, 0.015, 0.1]}]
    )
    renderer = Renderer(film)
    assert renderer.draw(film.frame(film.frame_count // 2)).any()


CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


@pytest.mark.parametrize(("classes", "flow"), [(CLOTHES, "right"), ((), "up")])
def test_names_of_classes_too_long_for_each_other_stand_below_each_other(
    classes: tuple[str, ...], flow: str, written: list[Written]
) -> None:
    inputs = np.random.default_rng(2).normal(0, 1, (10, 5))
    film = film_of(recorder([5, 6, 10], inputs, np.arange(10), classes=classes), output={"size": "720x1280"})
    renderer = Renderer(film)
    assert renderer.context.layout.flow == flow
    del written[:]
    renderer.draw(film.frame(first(film, "step", example=3)))
    texts = [text.text for text in written]
    assert all(name in texts for name in classes or [*"0123456789"])
