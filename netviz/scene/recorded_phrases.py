"""Phrases of a run that netviz did not train: its own words, and no sentence that is only true of netviz's trainer.

What such a run learned from is not known, only the examples that its recording shows; nor is how its weights are
changed. A scene's `words` replace these phrases like all others, under the same names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from netviz.scene.phrases import ENGLISH

RECORDED: Mapping[str, str] = {
    "learning": "{examples} shown",
    "learning-tested": "{examples} shown",
    "learning-tested-one": "{examples} shown",
    "think-new": "Another situation: {values}",
    "think-known": "One of those shown: {values}",
    "think-new-picture": "Another picture.",
    "think-known-picture": "One of those shown.",
    "think-new-point": "Another point: {values}",
    "think-known-point": "One of those shown: {values}",
    "story-step": "An example goes in, and the error runs back.",
    "story-leans": "{right} of the {count} shown lean the right way.",
    "story-leans-all": "all {examples} shown lean the right way.",
    "story-leans-classes": "for {right} of the {examples} shown, the right class is ahead.",
    "story-leans-classes-all": "for all {examples} shown, the right class is ahead.",
    "story-dead": "{neuron} has gone silent for all {examples} shown.",
    "story-saturated": "{neuron} answers the same to all {examples} shown.",
    "story-saturated-both": "{neuron} says a plain yes or no to all {examples} shown.",
    "story-unseen-wrong": "Asked about another, it is sure – and wrong: {answer}.",
    "story-unseen-wrong-plain": "Asked about another, it is sure – and wrong.",
    "story-unseen-turns": "Asked about another, it turns the right way.",
    "story-unseen-right": "Asked about another, it answers right.",
    "story-solved": "now all that are shown are answered right.",
    "story-solved-many": "now all {examples} shown are answered right.",
    "story-accurate": "{share} of the {examples} shown are on the right side.",
    "label-training-set": "EXAMPLES",
    "label-right-training": "answered right",
    "label-situation": "another situation",
    "learns": "It is shown with {examples}, over {cycles}.",
    "classic-cycle": "Cycle #{cycle}",
    "classic-example": "Example #{number}",
}
"""Phrases that say less than ENGLISH does under the same names."""
NAMED_LOSS: Mapping[str, str] = {
    "label-error": "loss",
    "story-halved": "the loss is half of what it was.",
    "story-diverged": "it learns no more, the loss grows.",
    "classic-error": "Loss {error}",
}
"""The same where the film follows the loss that the run itself gave, and not the average error."""


def _ending(word: str) -> str:
    """The ending of an English word for several: batches, but epochs."""
    return "es" if word.endswith(("s", "x", "z", "ch", "sh")) and not word.endswith("och") else "s"


_CYCLE = re.compile(r"(?<![{_.\w])([Cc])ycle(s?)(?![\w}:])")
"""The word, but not as a blank or as a key: {cycle}, cycle:400, training.cycles."""


def in_unit(text: str, unit: str) -> str:
    """A text with a run's own word for its steps where it says cycle."""

    def named(found: re.Match[str]) -> str:
        word = unit if found[1] == "c" else unit[:1].upper() + unit[1:]
        return word + (_ending(word) if found[2] else "")

    return _CYCLE.sub(named, text)


@cache
def recorded_phrases(unit: str, *, follows_loss: bool) -> Mapping[str, str]:
    """The phrases of a run that netviz did not train, where they differ. unit: what its steps are called."""
    phrases = {**ENGLISH, **RECORDED, **(NAMED_LOSS if follows_loss else {})}
    said = {key: in_unit(phrase, unit) for key, phrase in phrases.items()}
    return {key: phrase for key, phrase in said.items() if phrase != ENGLISH[key]}
