"""Blocks in frames: their numbers on the way between moments, and the light of signal and error as they pass."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.recording import in_numbers
from netviz.timeline import step_timing
from netviz.timeline.frame import BlockNumbers, NetworkState, interpolate, state_of
from netviz.timeline.signals import OF_DENSE, passed_blocks, returned_blocks
from netviz.timeline.timeline import Timeline
from tests.drawing.block_runs import dense_block_dense, normed
from tests.drawing.support import first
from tests.drawing.test_recorded_runs import film_of

NONE = np.zeros((0, 0))


def state(counts: tuple[int | None, ...], dense: tuple[bool, ...]) -> NetworkState:
    weights = tuple(np.ones((2, 3)) if each else NONE for each in dense)
    blocks = tuple(None if count is None else BlockNumbers(*np.zeros((2, count))) for count in counts)
    return NetworkState(weights, tuple(np.zeros(3) for _ in dense), blocks)


def test_the_signal_passes_the_blocks_of_a_layer_one_after_the_other() -> None:
    shown = state((None, 4), (True, False))
    windows = [(0.0, 1.0), (1.0, 2.0)]
    for phase in np.linspace(-0.5, 2.5, 61).tolist():
        none, levels = passed_blocks(shown, windows, phase)
        assert len(none) == 0
        part = step_timing.gone_through(windows[1], phase)
        for number, level in enumerate(levels.tolist()):
            assert (level == 0) == (part * 4 <= number), phase
            assert (level == 1) == (part * 4 >= number + 1), phase
    assert passed_blocks(shown, windows, 0.99)[1].max() == 0
    assert passed_blocks(shown, windows, 2.0)[1].min() == 1


def test_a_dense_layer_s_blocks_light_up_once_the_signal_has_gone_through_its_synapses() -> None:
    shown = state((2,), (True,))
    assert passed_blocks(shown, [(0.0, 1.0)], 1 - OF_DENSE)[0].max() == 0
    early, late = passed_blocks(shown, [(0.0, 1.0)], 0.999)[0]
    assert early == 1 and 0.9 < late <= 1


def test_the_error_comes_back_from_the_last_block_and_is_as_bright_as_where_it_comes_from() -> None:
    shown, errors = state((3,), (False,)), [np.zeros(2), np.array([0.2, 0.5, 0.1])]
    (half,) = returned_blocks(shown, [(0.0, 1.0)], 0.5, errors)
    assert half[2] == 0.5 and 0 < half[1] < 0.5 and half[0] == 0
    (gone,) = returned_blocks(shown, [(0.0, 1.0)], 1.0, errors)
    assert gone.tolist() == [0.5] * 3
    assert [each.tolist() for each in returned_blocks(shown, [], 1.0, errors)] == [[0.0] * 3]


def film() -> Timeline:
    return film_of(dense_block_dense(), output={"size": "320x180"})


def test_frames_hold_the_recorded_numbers_and_go_straight_between_them() -> None:
    of = film()
    recording, index = of.recording, of.recording_index
    roles = recording.parameters[2]
    recorded = [in_numbers(roles[role]).astype(float) for role in (BLOCK_SIZES, BLOCK_UPDATES)]
    for step, row in [*index.rest.items()][:4]:
        numbers = state_of(recording, of.scene, row).blocks[1]
        assert numbers is not None
        for held, each in zip(numbers, recorded, strict=True):
            np.testing.assert_array_equal(held, each[recording.moment[row]], err_msg=str(step))
    before, after = (state_of(recording, of.scene, index.rest[step]) for step in (0, 40))
    a, b, between = before.blocks[1], after.blocks[1], interpolate(before, after, 0.25).blocks[1]
    assert a is not None and b is not None and between is not None
    np.testing.assert_allclose(between.sizes, 0.75 * a.sizes + 0.25 * b.sizes)
    assert of.frame(0).blocks[0] is None and of.frame(0).blocks[1] is not None


def test_a_step_lights_the_blocks_between_the_layers_around_them_and_a_rest_does_not() -> None:
    of = film()
    step = first(of, "step", 0.0)
    span = of.plan.spans[int(of.span[step])]
    seen: list[list[float]] = []
    for index in range(span.start, span.stop):
        frame = of.frame(index)
        before, after = float(frame.arrived[1].max()), float(frame.arrived[2].max())
        passed = frame.passed[1]
        if before == 0:
            assert not passed.any()
        if after > 0.9 and not frame.lingering:
            assert passed.min() > 0.4
        seen.append(passed.tolist())
        assert (np.diff(passed) <= 1e-12).all()  # never a later block before an earlier one
    assert max(map(max, seen)) == 1.0
    assert not of.frame(first(of, "rest", 0.0)).passed[1].any()


def test_the_light_of_an_example_stays_in_the_blocks_until_the_next() -> None:
    of = film_of(normed(2), output={"size": "320x180"})
    spans = [span for span in of.plan.spans if span.kind == "step"]
    later = next(span for before, span in pairwise(spans) if before.stop == span.start)
    assert of.frame(later.start).passed[0].min() > 0.2
    assert len(of.frame(later.start).passed[2]) == 0  # the last layer has none
