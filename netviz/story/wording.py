"""Wording: an event or an answer as a sentence in the scene's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from netviz.recording.event import Event
from netviz.recording.margins import HALF
from netviz.scene.palette import Palette, called
from netviz.scene.phrases import ORDINALS, counted, listed_numbers, per_cent, say, whole
from netviz.scene.scene import Look
from netviz.timeline.captions import answer_number, shows_points, situation
from netviz.timeline.recorded_curves import whole_per_cent

CLOSE = 0.05
"""Largest error of an answer that is called very close, as a part of the range of the network's outputs."""

FEW = 12
"""Largest number of examples that make a rule rather than a crowd."""
LONGEST_SITUATION = 11
"""Largest number of characters of an example's inputs in a sentence."""
DATED = ("sign", "withers", "dead", "saturated", "halved", "leans", "solved", "accurate", "overfits", "diverged")
"""Kinds of events whose sentence names their cycle where no picture shows it."""


def event_texts(scene: Look, event: Event, shown: int | None = None) -> tuple[str, ...]:
    """Sentences about an event, the full one first, then shorter ones.

    shown: the cycle whose picture stands beside them, which says when it happened; None where there is no picture: then
    the first sentence of an event names its cycle.
    """
    sentences: dict[str, Callable[[Look, Event], str]] = {
        "sign": _sign,
        "withers": lambda scene, event: say(scene, "story-withers", input=neuron_name(scene, *_neuron(event))),
        "plateau": _plateau,
        "slows": _slows,
        "saturated": _saturated,
        "leans": _leans,
        "holdout": _holdout,
        "unseen": _unseen,
        "solved": _solved,
        "accurate": _accurate,
    }
    nameless = scene.network.model_copy(update={"inputs": (), "outputs": ()})
    texts = []
    for named in (scene, scene.model_copy(update={"network": nameless})):  # a name may be long, a place never is
        text = sentences.get(event.kind, _plain)(named, event)
        if event.kind in DATED and shown is None and text:
            texts.append(say(scene, "story-dated", cycle=whole(scene, event.cycle), what=text))
        texts.append(text)
        if event.kind == "insight":
            texts.append(say(scene, "story-insight-short"))
        if event.kind == "unseen" and event.numbers["error"] > HALF:
            texts.append(say(scene, "story-unseen-wrong-plain"))
    return tuple(dict.fromkeys(text[:1].upper() + text[1:] for text in texts))


def answer_text(scene: Look, answer: NDArray[np.float64], target: Sequence[float] | None) -> str:
    """Sentence about the network's answer to a situation."""
    if scene.outline.has_classes:
        return _class_text(scene, answer, target)
    numbers = say(scene, "between-numbers").join(answer_number(scene, value) for value in answer.tolist())
    if target is None:
        return say(scene, "story-answer-open", answer=numbers)
    right = np.asarray(target, dtype=np.float64)
    bounds = {"sigmoid": 1.0, "softmax": 1.0, "tanh": 2.0}
    span = bounds.get(scene.outline.activations[-1], max(1.0, float(np.abs(right).max())))
    is_close = float(np.abs(answer - right).max()) <= CLOSE * span
    key = "story-answer-close" if is_close else "story-answer"
    return say(
        scene, key, answer=numbers, target=listed_numbers(scene, (f"{value + 0.0:g}" for value in right.tolist()))
    )


def _class_text(scene: Look, answer: NDArray[np.float64], target: Sequence[float] | None) -> str:
    """Sentence about the class that an answer names."""
    names = scene.network.outputs or [str(index + 1) for index in range(len(answer))]
    said = names[int(answer.argmax())]
    if target is None:
        return say(scene, "story-says-open", answer=said)
    right = int(np.argmax(target))
    if right == int(answer.argmax()):
        return say(scene, "story-says-right", answer=said)
    return say(scene, "story-says", answer=said, target=names[right])


def neuron_name(scene: Look, layer: int, index: int) -> str:
    """Name of a neuron in sentences: its own, or one made from its place."""
    network, last = scene.network, len(scene.outline.layers) - 1
    names = network.names_of(layer, last)
    if names and names[index]:
        return say(scene, "named", name=names[index])
    if layer == 0:
        return say(scene, "input", number=index + 1)
    if layer == last:
        return say(scene, "output-only" if scene.outline.layers[-1] == 1 else "output", number=index + 1)
    return say(scene, "hidden-only" if last == 2 else "hidden", number=index + 1, layer=layer)


def _neuron(event: Event) -> tuple[int, int]:
    assert event.neuron is not None, "an event of a neuron"
    return event.neuron


def _plain(scene: Look, event: Event, key: str = "") -> str:
    """Sentence about an event that needs no other words than its kind's phrase, or another one's."""
    return say(
        scene,
        key or f"story-{event.kind}",
        neuron="" if event.neuron is None else neuron_name(scene, *event.neuron),
        examples=counted(scene, scene.outline.seen, _things(scene)),
    )


def _plateau(scene: Look, event: Event) -> str:
    start = round(event.numbers["from"])
    return say(scene, "story-plateau" if start > 1 else "story-plateau-early", from_cycle=whole(scene, start))


def _sign(scene: Look, event: Event) -> str:
    assert event.synapse is not None, "an event of a synapse"
    layer, start, end = event.synapse
    negative, positive = (say(scene, name) for name in _sign_colours(scene))
    rises = event.numbers["after"] > event.numbers["before"]
    has_word = start < ORDINALS
    values = {
        "number": start + 1,
        "neuron": neuron_name(scene, layer + 1, end),
        "from": negative if rises else positive,
        "to": positive if rises else negative,
    }
    if has_word:
        return say(scene, "story-sign", ordinal=say(scene, f"ordinal-{start + 1}"), **values)
    return say(scene, "story-sign-numbered", **values)


def _sign_colours(scene: Look) -> tuple[str, str]:
    """The names of the colours of negative and positive weights; of two that have one name, the words for the signs."""
    own = scene.palette or Palette()
    base = own.base
    if base is None:
        base = "blue-orange" if scene.shown_theme == "playground" else "green-red"
    named = ("red", "green") if base == "green-red" else ("orange", "blue")
    given = (own.negative, own.positive)
    negative, positive = (called(code) if code else name for code, name in zip(given, named, strict=True))
    return (negative, positive) if negative != positive else ("negative", "positive")


def _saturated(scene: Look, event: Event) -> str:
    return _plain(scene, event, "story-saturated" if event.numbers["bounds"] == 1 else "story-saturated-both")


def _leans(scene: Look, event: Event) -> str:
    right, count = (round(event.numbers[name]) for name in ("right", "examples"))
    if scene.outline.has_classes:
        key = "story-leans-classes-all" if right == count else "story-leans-classes"
        things = counted(scene, count, _things(scene))
        return say(scene, key, right=whole(scene, right), examples=things)
    if right == count:
        return say(scene, "story-leans-all", examples=counted(scene, count, _things(scene)))
    return say(scene, "story-leans", right=whole(scene, right), count=whole(scene, count))


def _holdout(scene: Look, event: Event) -> str:
    number = round(event.numbers["example"])
    if scene.outline.names:
        return say(scene, "story-holdout", example=say(scene, "named", name=scene.outline.names[number]))
    inputs = (scene.outline.inputs or ())[number : number + 1]
    text = situation(scene, inputs[0]) if inputs else ""
    if not text or len(text) > LONGEST_SITUATION:
        text = say(scene, "shown-answer-example", number=number + 1)
    return say(scene, "story-holdout", example=text)


def _unseen(scene: Look, event: Event) -> str:
    error = event.numbers["error"]
    if error > HALF:
        if scene.outline.layers[-1] > 1:
            return say(scene, "story-unseen-wrong-plain")
        return say(scene, "story-unseen-wrong", answer=answer_number(scene, event.numbers["answer"]))
    return say(scene, "story-unseen-turns" if error == HALF else "story-unseen-right")


def _solved(scene: Look, event: Event) -> str:
    count = scene.outline.seen
    if "input" in event.numbers:
        return say(scene, "story-solved-rule", input=neuron_name(scene, 0, round(event.numbers["input"])))
    many = count > FEW
    return say(scene, "story-solved-many" if many else "story-solved", examples=counted(scene, count, _things(scene)))


def _accurate(scene: Look, event: Event) -> str:
    if "examples" not in event.numbers:  # a curve that the run recorded says so
        key = "story-accuracy-test" if event.numbers["test"] else "story-accuracy"
        return say(scene, key, share=_per_cent(scene, event.numbers["share"]))
    key = "story-accurate-test" if event.numbers["test"] else "story-accurate"
    count = counted(scene, round(event.numbers["examples"]), _things(scene))
    share = whole_per_cent(scene, event.numbers["reached"])  # as counters write it
    return say(scene, key, share=share, examples=count)


def _things(scene: Look) -> str:
    return "points" if shows_points(scene) else "examples"


def _slows(scene: Look, event: Event) -> str:
    return say(
        scene,
        "story-slows",
        share=_per_cent(scene, event.numbers["share"]),
        part=_per_cent(scene, event.numbers["cycles"]),
    )


def _per_cent(scene: Look, share: float) -> str:
    return per_cent(scene, f"{100 * share:.0f}" if share >= 0.01 else f"{100 * share:.1g}")
