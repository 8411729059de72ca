"""Phrases: every word that netviz itself puts into a picture or beside a film; a scene's `words` replace them.

Names in braces are blanks to be filled in. A replacement may leave blanks out, and put them anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any, Protocol

ENGLISH: Mapping[str, str] = {
    # Numbers: the thousands separator, the decimal mark, a share in per cent, what stands between numbers in a list,
    # and counted things.
    "thousands": ",",
    "decimal": ".",
    "percent": "{number}%",
    "between-numbers": ", ",
    "cycles-one": "{count} cycle",
    "cycles-many": "{count} cycles",
    "examples-one": "{count} example",
    "examples-many": "{count} examples",
    "points-one": "{count} point",
    "points-many": "{count} points",
    # Default captions: the line under the title, where a scene gives none.
    "rest-before": "Before training: {weights}.",
    "rest-first": "Before training.",
    "rest-after": "After {cycles} of training, at rest.",
    "rest-diverged": "In cycle {cycle} learning diverged: the numbers ran out of range.",
    "rest-before-after": "Before and after {cycles} of training.",
    "weights-random": "every weight is random",
    "weights-zero": "every weight is zero",
    "weights-given": "the weights it is given",
    "learning": "Learning from {examples}",
    "learning-tested": "Learning from {examples}; {tests} are kept for testing",
    "learning-tested-one": "Learning from {examples}; 1 is kept for testing",
    "walk": "Working through example {example}: {values}",
    "walk-named": "Working through {name}: {values}",
    "think-new": "A new situation: {values}",
    "think-known": "A known situation: {values}",
    "think-again": "And now: {values}?",
    "think-again-point": "And now: {values}?",
    "think-new-picture": "A picture that it has never seen.",
    "think-known-picture": "A picture that it knows.",
    "think-again-picture": "And this picture again?",
    "think-first": "It has not learned anything yet. What does it say?",
    "think-last": "And now the same picture again.",
    "think-new-point": "A new point: {values}",
    "think-known-point": "A known point: {values}",
    # Title and subtitle of a film of pictures and their classes, of a run that netviz did not train.
    "title-classes": "Which of {count} classes is it?",
    "subtitle-pictures": "{rows} × {columns} pixels go in, {count} neurons answer.",
    # Default names of inputs, outputs and neurons; ordinals; names of colours.
    "input": "input {number}",
    "output": "output {number}",
    "output-only": "the output",
    "hidden-only": "hidden neuron {number}",
    "hidden": "neuron {number} of hidden layer {layer}",
    "named": "“{name}”",
    "ordinal-1": "first",
    "ordinal-2": "second",
    "ordinal-3": "third",
    "ordinal-4": "fourth",
    "ordinal-5": "fifth",
    "ordinal-6": "sixth",
    "ordinal-7": "seventh",
    "ordinal-8": "eighth",
    "green": "green",
    "red": "red",
    "blue": "blue",
    "orange": "orange",
    "yellow": "yellow",
    "turquoise": "turquoise",
    "purple": "purple",
    "pink": "pink",
    "brown": "brown",
    "grey": "grey",
    "white": "white",
    "black": "black",
    "positive": "positive",
    "negative": "negative",
    # Story: captions about events of the run.
    "story-step": "An example goes in. The error goes back and changes every weight.",
    "story-step-forward": "An example goes in, and the network answers.",
    "story-dated": "Cycle {cycle}: {what}",
    "story-sign": "the {ordinal} synapse into {neuron} turns from {from} to {to}.",
    "story-sign-numbered": "synapse {number} into {neuron} turns from {from} to {to}.",
    "story-withers": "it hardly listens to {input} any more.",
    "story-dead": "{neuron} has gone silent.",
    "story-saturated": "{neuron} answers the same to everything.",
    "story-saturated-both": "{neuron} knows only yes and no.",
    "story-plateau": "Since cycle {from_cycle} it has hardly learned anything.",
    "story-plateau-early": "So far it has hardly learned anything.",
    "story-halved": "the error is half of what it was.",
    "story-leans": "{right} of {count} lean the right way.",
    "story-leans-all": "all {examples} lean the right way.",
    "story-leans-classes": "for {right} of {examples}, the right class is ahead.",
    "story-leans-classes-all": "for all {examples}, the right class is ahead.",
    "story-holdout": "Only {example} resists.",
    "story-unseen-wrong": "Of what it has never seen it is sure – and wrong: {answer}.",
    "story-unseen-wrong-plain": "Of what it has never seen it is sure – and wrong.",
    "story-unseen-turns": "What it has never seen turns the right way.",
    "story-unseen-right": "What it has never seen comes out right.",
    "story-insight": "There! It suddenly understands.",
    "story-insight-short": "There!",
    "story-slows": "Learning slows down: {share} of the progress came in the first {part} of the time.",
    "story-solved": "now it has the rule.",
    "story-solved-rule": "now it has the rule – {input} alone decides.",
    "story-solved-many": "now all {examples} are answered right.",
    "story-accurate": "{share} of the {examples} are on the right side.",
    "story-accurate-test": "{share} of the {examples} kept for testing are on the right side.",
    "story-accuracy": "its accuracy has reached {share}.",
    "story-accuracy-test": "its test accuracy has reached {share}.",
    "story-overfits": "it begins to learn by heart: the test loss rises.",
    "story-diverged": "it learns no more, the error grows.",
    "story-answer": "Its answer: {answer}. Right would be {target}.",
    "story-answer-close": "Its answer: {answer}. Right is {target}: very close!",
    "story-answer-open": "Its answer: {answer}.",
    "story-says": "It says {answer}. It is {target}.",
    "story-says-right": "It says {answer}. That is right.",
    "story-says-open": "It says {answer}.",
    # Labels in the picture.
    "label-cycle": "cycle",
    "label-error": "average error",
    "label-training-loss": "training loss",
    "label-test-loss": "test loss",
    "label-training": "training",
    "label-test": "test",
    "label-size-error": "size: error",
    "label-training-set": "TRAINING SET",
    "label-answers": "ANSWERS",
    "label-should-be": "should be {target}",
    "label-share": "{share}% of the weights",
    "label-example": "{number} of {count}",
    "label-situation": "new situation",
    "label-wants": "wants {target}",
    "label-right": "right: {target}",
    "label-missed": "off by {missed}",
    "label-lowest": "lowest",
    "label-diverged": "diverged in cycle {cycle}",
    "label-says": "says {answer}",
    "label-says-wrong": "says {answer}, is {target}",
    "label-right-unseen": "right, never seen",
    "label-right-training": "right, training set",
    "label-gradients": "ERROR SIGNAL",
    "label-layer": "layer {number}",
    "label-layer-output": "output",
    "label-gradients-less": "{share} of it reaches layer 1",
    "label-gradients-more": "{times} times as much in layer 1",
    "label-more": "{count} neurons",
    "label-bias": "{what} + bias",
    "label-looks-for": "what it looks for",
    "label-pixels": "{rows} × {columns} inputs",
    "label-colours": "{rows} × {columns} in colour",
    "block-weights": "{count} weights",
    "block-thousand": "{count} k",
    "block-million": "{count} M",
    "block-billion": "{count} B",
    "block-folded": "{count} blocks",
    "block-and-more": "{what} and {count} more",
    "blocks-size": "weights",
    "blocks-change": "change",
    "blocks-note": "summarised, not drawn",
    "bars-note": "bars: summarised, not drawn",
    "label-cells": "{count} neurons as cells, {drawn} of {total} synapses drawn",
    "label-haze": "strongest {drawn} of {total} synapses drawn, the rest as haze",
    "label-left-out": "strongest {drawn} of {total} synapses drawn, the rest left out",
    "label-hidden-layer": "HIDDEN LAYER",
    "label-hidden-layers": "HIDDEN LAYER {number}",
    "label-output-layer": "OUTPUT LAYER",
    "label-forward-pass": "FORWARD PASS",
    "label-equation-error": "ERROR",
    "label-way-back": "THE WAY BACK",
    "label-new-weights": "NEW WEIGHTS",
    # Lines of text in the classic style.
    "classic-cycle": "Iteration #{cycle}",
    "classic-example": "Training example #{number}",
    "classic-target": "Desired output: {values}",
    "classic-inputs": "Inputs: {values}",
    "classic-error": "Average Error {error}",
    "classic-rest": "At rest",
    "classic-before": "Before training",
    "classic-situation": "A new situation",
    "classic-right": "Right answer: {values}",
    # The language of all these words: its code (BCP 47), and its own name.
    "language": "en",
    "language-name": "English",
    # Texts beside a film: alternative text and transcript.
    "and": "{first} and {last}",
    "film": "A film of a neural network learning",
    "film-compare": "A film of {count} neural networks learning side by side",
    "film-long": "{film}, {length} long.",
    "runs": "They are called {runs}.",
    "inputs-one": "{count} input",
    "inputs-many": "{count} inputs",
    "hidden-one": "{count} hidden neuron",
    "hidden-many": "{count} hidden neurons",
    "outputs-one": "{count} output",
    "outputs-many": "{count} outputs",
    "with-names": "{what} ({names})",
    "network-has": "The network has {layers}.",
    "network-blocks": "Of its parts {names} are summarised, not drawn.",
    "network-block": "Of its parts {names} is summarised, not drawn.",
    "learns": "It learns from {examples} in {cycles}.",
    "went": "Its {measure} goes from {before} to {after}.",
    "run-went": "{run}: the {measure} goes from {before} to {after}.",
    "right-in-the-end": "In the end it is right about {right} of {count}.",
    "transcript": "Transcript",
    "transcript-of": "Transcript: {title}",
    "heading-title": "Title",
    "heading-before": "Before training",
    "heading-after": "After training",
    "heading-learning": "Learning",
    "heading-cycle": "Cycle {cycle}",
    "heading-walk": "Example {example}, step by step",
    "heading-think": "Thinking",
    "shown-measure": "{measure} {value}",
    "shown-answers": "Answers (wanted): {answers}.",
    "shown-answer": "{inputs}: {answer} ({target})",
    "shown-answers-open": "Answers: {answers}.",
    "shown-answer-open": "{inputs}: {answer}",
    "shown-answer-example": "example {number}",
    "shown-right": "Right: {right} of {count}.",
    "shown-run": "{run}: {what}",
    # The player page, and the snippets.
    "page-film": "Film",
    "page-play": "Play",
    "page-pause": "Pause",
    "page-position": "Time",
    "page-at": "{at} of {length}",
    "page-cycle": "Shown cycle",
    "page-curve": "Learning curve",
    "page-captions": "Captions",
    "page-mute": "Mute",
    "page-full": "Full screen",
    "page-speed": "Speed",
    "page-less-motion": "Less motion",
    "page-help": "Keys",
    "page-close": "Close",
    "page-about": "About this film",
    "page-downloads": "Downloads",
    "page-download-film": "Film",
    "page-download-stepped": "Film with less motion",
    "page-download-poster": "Picture",
    "page-download-captions": "Captions",
    "page-download-transcript": "Transcript",
    "page-no-film": "The film cannot be shown here.",
    "page-see": "Watch the film",
    "key-play": "play, pause",
    "key-seconds": "a second back, on",
    "key-frames": "a frame back, on",
    "key-cycles": "the shown cycle before, after",
    "key-ends": "start, end",
    "key-captions": "captions",
    "key-full": "full screen",
    "key-mute": "sound",
    "key-help": "this list",
    "key-space": "Space",
    "key-shift": "Shift",
    "key-home": "Home",
    "key-end": "End",
}

DECIMAL_MARKS = (".", ",", "·")
"""Decimal marks that numbers can have, in equations too."""
ORDINALS = 8
"""Number of ordinals that have a word."""


class HasPhrases(Protocol):
    """Anything that has replacement phrases, such as a Scene."""

    @property
    def phrases(self) -> Mapping[str, str]:
        """Replacements of ENGLISH, by key."""


def say(scene: HasPhrases, key: str, **values: Any) -> str:
    """Return a phrase in the scene's words, with its blanks filled in."""
    return scene.phrases.get(key, ENGLISH[key]).format(**values)


def counted(scene: HasPhrases, count: int, things: str) -> str:
    """Format a number of things: "1 cycle", "60,000 cycles". things: cycles, examples or points."""
    return say(scene, f"{things}-{'one' if count == 1 else 'many'}", count=whole(scene, count))


def whole(scene: HasPhrases, number: int) -> str:
    """Format a whole number with the scene's thousands separator."""
    return f"{number:,}".replace(",", say(scene, "thousands"))


def decimal(scene: HasPhrases, text: str) -> str:
    """Return a formatted number with the scene's decimal mark."""
    return text.replace(".", scene.phrases.get("decimal", "."))


def per_cent(scene: HasPhrases, text: str) -> str:
    """Format a share in per cent. text: its number, formatted, without a sign for per cent."""
    return say(scene, "percent", number=decimal(scene, text))


def listed_numbers(scene: HasPhrases, texts: Iterable[str]) -> str:
    """Format numbers one after the other. texts: the numbers, formatted."""
    return say(scene, "between-numbers").join(decimal(scene, text) for text in texts)


def blanks(phrase: str) -> set[str]:
    """Return the blanks of a phrase: the names in its braces. Raises ValueError if they are not plain names."""
    wrong = ValueError("braces hold a plain name, such as {cycle}; write {{ and }} for the signs themselves")
    try:
        parsed = [*Formatter().parse(phrase)]
    except ValueError:  # a brace without its other half
        raise wrong from None
    found = set()
    for _, name, format_spec, conversion in parsed:
        if name is None:
            continue
        if not name.isidentifier() or format_spec or conversion:
            raise wrong
        found.add(name)
    return found
