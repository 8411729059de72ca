"""Default looks of runs that netviz did not train: what their recordings say of themselves, where no look says it.

Names of inputs and outputs, and the pictures that the inputs are. A film of pictures and their classes has a title, and
asks about one of them before training and after it: so it begins with a question, and ends with its answer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from netviz.recording.pictures import picture_grid, picture_of_shape
from netviz.recording.recording import AT_REST, Recording
from netviz.scene.outline import Outline
from netviz.scene.phrases import say, whole
from netviz.scene.scene import Look
from netviz.scene.shots import LearningShot, RestShot, ThinkShot, TitleShot

PICTURES = 64
"""Most examples by which pictures are recognised."""
PRESENTED = 3
"""Pictures that each shown step presents, in turn."""
RESTS, ANSWERS = 0.045, 0.12
"""Parts of the film for the rest before the last question, and for that question."""


def with_own_names(look: Look, recording: Recording, outline: Outline) -> Look:
    """The look with the grid of the pictures that are the inputs, and with the recording's names of both ends."""
    names, layers = look.network, recording.network.layers
    inputs, is_planar = recording.examples.inputs[:PICTURES], outline.is_planar
    numbers = tuple(map(str, range(layers[-1].size))) if outline.has_classes else ()  # as code counts classes
    named = names.model_copy(
        update={
            "grid": names.grid or picture_of_shape(layers[0].shape) or (None if is_planar else picture_grid(inputs)),
            "inputs": names.inputs or layers[0].neurons,
            "outputs": names.outputs or layers[-1].neurons or recording.probes.classes or numbers,
        }
    )
    return look.model_copy(update={"network": named}).of_run(outline)


def with_question(look: Look, recording: Recording, given: Collection[str]) -> Look:
    """The look of a run whose pictures are classified, with title, subtitle and shots but those that are given.

    Any other look is as it was.
    """
    outline, grid = look.outline, look.network.grid
    if grid is None or not outline.has_classes or look.style == "classic":
        return look
    count = whole(look, outline.layers[-1])
    keys: dict[str, Any] = {
        "title": say(look, "title-classes", count=count),
        "subtitle": say(look, "subtitle-pictures", rows=grid[0], columns=grid[1], count=count),
    }
    if not recording.network.is_exact:  # it answers the presented examples only
        keys["shots"] = (TitleShot(), RestShot(), _learning(outline), RestShot())
    elif (asked := telling_probe(recording)) is not None:
        keys["shots"] = _shots(look, asked)
    keys = {key: value for key, value in keys.items() if key not in given}
    return look.model_copy(update=keys).of_run(outline)


def _shots(look: Look, asked: int) -> tuple[TitleShot | RestShot | ThinkShot | LearningShot, ...]:
    outline = look.outline
    assert outline.inputs is not None and outline.targets is not None
    inputs, target = outline.inputs[asked], outline.targets[asked]
    return (
        TitleShot(),
        RestShot(),
        ThinkShot(caption=say(look, "think-first"), inputs=inputs, target=target),
        _learning(outline),
        RestShot(share=RESTS),
        ThinkShot(share=ANSWERS, caption=say(look, "think-last"), inputs=inputs, target=target),
    )


def _learning(outline: Outline) -> LearningShot:
    return LearningShot(examples=min(PRESENTED, outline.examples))


def telling_probe(recording: Recording) -> int | None:
    """The probe that shows best what was learned: its right class gains most from the first kept moment to the last.

    Those that are not right in the end come last, and before them those that were right before. None for a run without
    targets, or of one kept moment.
    """
    targets = recording.probes.targets
    if targets is None or len(recording.step) < 2:
        return None
    inputs, right = recording.probes.inputs, np.asarray(targets).argmax(axis=1)
    rest = np.flatnonzero(recording.probe == AT_REST)
    before, after = (recording.forward(inputs, int(row))[-1] for row in (rest[0], rest[-1]))
    each = np.arange(len(right))
    gains = after[each, right] - before[each, right]
    rank = np.where(after.argmax(axis=1) != right, 0, np.where(before.argmax(axis=1) == right, 1, 2))
    return int(np.lexsort((gains, rank))[-1])
