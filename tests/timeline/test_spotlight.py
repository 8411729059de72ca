"""What is spoken of, and how all else steps back."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from netviz.drawing.panels.strokes import STEP_ASIDE, STEPS_BACK, shares
from netviz.recording.event import Event
from netviz.timeline.cues import NEAR_ZERO, Cue, Spotlight, spotlight_at

SYNAPSE = Event("sign", 22, synapse=(1, 0, 0))
CUES = (
    Cue(10, 20, "nothing in particular"),
    Cue(30, 90, "a synapse", SYNAPSE),
    Cue(100, 160, "all", Event("solved", 3)),
)


def test_only_a_synapse_or_a_neuron_is_lit_and_it_comes_and_goes_softly() -> None:
    lit = [spotlight_at(CUES, index, Fraction(30)) for index in range(200)]
    assert {index for index, found in enumerate(lit) if found} == {*range(30, 90)}
    levels = [found.level for found in lit if found]
    assert levels[0] < 0.02 and levels[-1] < 0.02 and max(levels) == 1.0
    assert max(abs(a - b) for a, b in itertools.pairwise(levels)) < 0.12
    assert lit[50] == Spotlight(1.0, (1, 0, 0))
    held = spotlight_at(CUES, 30, Fraction(30), fades=False)
    assert held is not None and held.level == 1.0


def test_near_zero_is_a_small_part_of_the_shorter_side_of_the_way() -> None:
    turned = Event("sign", 22, synapse=(1, 0, 0), numbers={"before": -0.6, "after": 5.99, "crossings": 19})
    found = spotlight_at([Cue(30, 90, "a synapse", turned)], 60, Fraction(30))
    assert found is not None and np.isclose(found.near_zero, 0.6 * NEAR_ZERO)


def test_all_other_synapses_step_back() -> None:
    shapes = [(3, 4), (4, 1)]
    kept = shares(Spotlight(1.0, synapse=(1, 0, 0)), shapes)
    assert kept is not None
    assert kept[1][0, 0] == 1 and np.isclose(np.delete(kept[1].ravel(), 0), 1 - STEPS_BACK).all()
    assert np.isclose(kept[0], 1 - STEPS_BACK).all()
    kept = shares(Spotlight(0.5, neuron=(1, 2)), shapes)
    assert kept is not None
    assert (kept[0][:, 2] == 1).all() and (kept[1][2] == 1).all()
    assert np.isclose(kept[0][:, 1], 1 - STEP_ASIDE / 2).all()
    assert shares(None, shapes) is None and shares(Spotlight(0.0, neuron=(0, 0)), shapes) is None
