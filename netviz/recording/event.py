"""Event: something that happened in a training run, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """Something that happened in a training run, and when.

    The kinds, and the numbers of each (cycles as in `cycle`; before and after: at the start and at the end of training
    unless it says otherwise):

    sign: a synapse changed its sign for good. before: its strongest weight of the old sign; after: its last;
    crossings: how often it crossed zero around that, step by step (where the step is known).
    withers: an input's share of all |w| that leave the inputs fell for good. before, after: the share.
    dead: a hidden neuron is inactive for every example, for good. before, after: its largest |activation|.
    saturated: a hidden neuron is close to a bound of its range for every example. before, after: its largest distance
    from a bound, as a share of the range (of elu, without a range: from -1); bounds: 1 where all examples are close to
    the same one for good, otherwise 2.
    plateau: the error hardly falls over a long stretch, which begins with `cycle`. from, to: its cycles; before, after:
    the error there.
    halved: the error fell for good to half of what it was before training. before: then; after: at this cycle.
    insight: the error fell suddenly, where it is steepest in the whole run, per ln(cycle); this begins with `cycle`.
    from, to: its cycles; steepest: the cycle where it fell fastest; before, after: the error; example: the number of
    the one whose error falls most, where they are few.
    slows: most of all improvement came before the end of this cycle, early on. share: of the improvement; cycles: the
    share of all cycles that this took; before, after: the error.
    leans: nearly all training examples are on the right side of the middle for good: all, but for one that resists.
    right: how many; examples: of how many there are.
    holdout: one example resists: it is clearly right only long after all others. example: its number, 0-based; from,
    to: the cycles from which the others are, and from which it is; the event's cycle is in the middle, as the curve
    draws cycles.
    unseen: the answer to a situation of a think shot that is not among the examples is most wrong, crosses the middle
    for good, or is clearly right for good. situation: its number among these; error: of the answer, in parts of the
    distance between two targets (0.5 and 0.25 at the two edges); of a single output answer and before, its first; to:
    where it is most wrong, the cycle up to which it stays nearly so.
    solved: every training example is clearly right for good: its error is below a quarter of the distance between two
    targets. examples: how many there are; before: how many were on the right side; example: the number of the last to
    be so, where they are few.
    accurate: of many examples, those for testing where there are any, such a share is on the right side for good.
    share: 0.9 or 0.99; reached: the share in this cycle; after: at the end; examples: how many there are, unless it is
    a curve that the run recorded which says so; test: 1 for those for testing.
    overfits: the test loss rises from this cycle on, while the training loss goes on falling. before: the test loss
    there; after: at the end.
    diverged: training broke off (complete: 0), or the error ended well above its start (complete: 1). before, after:
    the error.

    Where the cycle is known only as one of those between two kept moments, since is the cycle of the first of them: it
    happened after that, and at `cycle` at the latest.
    """

    kind: str
    """One of the kinds above."""
    cycle: int
    """1-based cycle; 0: it was so before training."""
    example: int | None = None
    """0-based example whose update did it (of a batch the last); None where it is known to the cycle only."""
    synapse: tuple[int, int, int] | None = None
    """(weight layer, neuron it comes from, neuron it goes to), all 0-based."""
    neuron: tuple[int, int] | None = None
    """(layer, neuron), 0-based; layer 0 is the inputs."""
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Numbers of the event by name, as listed above."""
