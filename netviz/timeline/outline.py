"""Outline of a recording: what a film is planned with, taken from a run that is over."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np

from netviz.recording.recording import Recording
from netviz.scene.learned_cycles import bounds
from netviz.scene.model import COORDINATES
from netviz.scene.outline import Outline
from netviz.scene.scene import MOST_IN_TABLE, Look
from netviz.scene.shots import WalkShot


def outline_of_recording(
    recording: Recording, look: Look, shown: int | None = None, others: Sequence[Recording] = ()
) -> Outline:
    """The outline of a recorded run for a film that looks so. shown: how many of its kept steps; None: as many as suit.

    others: runs beside it; then the film has only steps that all of them kept. Raises ValueError if there are not as
    many steps to be shown, or none from which something was learned.
    """
    network, examples = recording.network, recording.examples
    rest = _common([np.unique(each.step).tolist() for each in (recording, *others)])
    kept = [
        step for step in _common([each.shown_steps for each in (recording, *others)]) if step > min(rest, default=0)
    ]
    if not kept:
        among = " that all recordings have" if others else ""
        if len(rest) > 1:
            raise ValueError(f"a film of learning shows examples, and no kept step{among} after the first has any")
        raise ValueError(f"a film of learning needs two or more kept steps{among}, and there are {len(rest)}")
    probes = len(recording.probes.inputs)
    targets = examples.targets[:probes]
    is_planar = network.is_exact and (recording.features is not None or network.sizes[0] == 2)
    is_listed = network.is_exact or network.sizes[0] <= MOST_IN_TABLE
    is_known = not np.isnan(targets).any()
    outline = Outline(
        layers=network.sizes,
        activations=network.activations,
        bias=network.has_biases,
        loss=network.loss,
        examples=probes,
        tests=len(examples.test_inputs),
        inputs=tuple(map(tuple, examples.given[:probes].tolist())) if is_listed else None,
        targets=tuple(map(tuple, targets.tolist())) if is_known else None,
        has_two_targets=is_known and len(np.unique(targets)) == 2,
        is_planar=is_planar,
        features=recording.features or (COORDINATES if is_planar else None),
        first_step=rest[0],
        last_step=rest[-1],
        shown_steps=(),
        unit=recording.unit,
        more=len(examples.inputs) - probes,
        names=recording.probes.names,
        curves=tuple(recording.curves),
        is_own=False,
        diverged=recording.diverged_at,
        has_targets=is_known,
        has_errors=recording.has_errors,
        is_exact=network.is_exact,
        blocks=tuple(index for index, layer in enumerate(network.layers) if index and not layer.is_dense),
    )
    seen = look.of_run(outline)
    usual = min(len(kept), seen.usual_shown)
    if shown is not None and shown > len(kept):
        raise ValueError(f"the recording has {len(kept)} steps to be shown; show {len(kept)} or fewer")
    asked = {shot.cycle for shot in look.shots if isinstance(shot, WalkShot) and shot.cycle is not None}
    if shown is None and not others and seen.presentation == "each" and recording.followed is not None:
        spread = spread_by_progress(kept, usual, recording)
    else:
        spread = evenly_spread(kept, usual if shown is None else shown)
    asked |= bounds(look.shots, rest[0], rest[-1], spread)
    return replace(outline, shown_steps=tuple(sorted({*spread, *asked.intersection(kept)})))


def _common(steps: Sequence[Sequence[int]]) -> list[int]:
    """Steps that all have, increasing."""
    return sorted(set(steps[0]).intersection(*steps[1:]))


def evenly_spread(steps: Sequence[int], count: int) -> tuple[int, ...]:
    """So many of the steps (increasing), as near as can be to a geometric row from the first to the last.

    Of one it is the last.
    """
    return _nearest(steps, [log(max(step, 1)) for step in steps], count)


def spread_by_progress(steps: Sequence[int], count: int, recording: Recording) -> tuple[int, ...]:
    """So many of the steps (increasing), more of them where more was learned.

    They are as near as can be to even distances, of which one half is that of a geometric row, and the other the fall
    of the curve that the film follows. Of one it is the last.
    """
    places = np.log(np.maximum(steps, 1))
    values = recording.main_curve[np.searchsorted(recording.curve_step, steps)]
    fallen = -np.minimum.accumulate(values)
    shares = [
        (each - each[0]) / (each[-1] - each[0])
        for each in (places, fallen)
        if np.isfinite(each[-1] - each[0]) and each[-1] > each[0]
    ]
    return _nearest(steps, np.sum(shares, axis=0).tolist() if shares else places.tolist(), count)


def _nearest(steps: Sequence[int], places: Sequence[float], count: int) -> tuple[int, ...]:
    """So many of the steps whose places (not decreasing) are nearest to even distances from the first to the last."""
    if count == 1 or len(steps) == 1:
        return (steps[-1],)
    chosen: list[int] = []
    for number in range(count):
        ideal = places[0] + (places[-1] - places[0]) * number / (count - 1)
        lowest, highest = (chosen[-1] + 1 if chosen else 0), len(steps) - count + number
        after = min(max(bisect_left(places, ideal), lowest), highest)
        before = max(after - 1, lowest)
        chosen.append(before if abs(places[before] - ideal) <= abs(places[after] - ideal) else after)
    return tuple(steps[index] for index in chosen)
