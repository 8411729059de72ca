"""Before and after: at the end of learning the first weights are shown over the last, as ghosts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from netviz.scene.scene import Look
from netviz.timeline.learning_shot import is_even
from netviz.timeline.plan import LEARNING, Plan
from netviz.timeline.step_timing import cruise, rise

SHORTEST = 3
"""Seconds of rest below which nothing is compared: it could not be followed."""
MOST_COMPARED = 60
"""Largest number of synapses that are compared: of more, old and new lines cannot be told apart."""
BEGINS, ENDS = 0.9, 0.4
"""Seconds after the start of the rest, when the last light is gone, and before its end: ghosts are seen between."""
WIPE, FADE = 1.6, 0.7
"""Most seconds in which the ghosts are wiped across the network, and seconds in which they fade."""


@dataclass(frozen=True)
class BeforeAfter:
    """The rest in which the weights before and after learning are compared.

    rest: number of its span. first: number of the first span of learning, whose first weights are the ghosts. start,
    stop: frames of the rest. still: those of them in which it stands still, in any case.
    """

    rest: int
    first: int
    start: int
    stop: int
    still: int = 0

    def at(self, index: int, fps: float) -> tuple[float, float]:
        """Part of the network across which the ghosts have been wiped in frame `index`, and their level, 0 to 1."""
        passed, left = (index - self.start) / fps, (self.stop - 1 - index) / fps
        seconds = (self.stop - self.start - self.still) / fps - BEGINS - ENDS
        wiped = cruise(min(1.0, max(0.0, (passed - BEGINS) / min(WIPE, 0.45 * seconds))), 0.25)
        return wiped, rise(left, ENDS, ENDS + FADE) if wiped > 0 else 0.0


def before_after(scene: Look, plan: Plan) -> BeforeAfter | None:
    """The rest that follows the last learning shot, if it is long enough.

    None in films whose steps are all alike, and of networks with too many synapses.
    """
    spans = plan.spans
    layers = scene.outline.layers
    if sum(before * after for before, after in pairwise(layers)) > MOST_COMPARED:
        return None
    last = max((number for number, span in enumerate(spans) if span.kind in LEARNING), default=None)
    if last is None or is_even(scene):
        return None
    number = last + 1
    if not plan.on_beats and number < len(spans) and spans[number].kind == "hold":
        number += 1
    if number == len(spans) or spans[number].kind != "rest" or spans[number].moving < SHORTEST * plan.fps:
        return None
    first = next(number for number, span in enumerate(spans) if span.shot_kind == "learning")
    rest = spans[number]
    return BeforeAfter(number, first, rest.start, rest.stop, rest.still)
