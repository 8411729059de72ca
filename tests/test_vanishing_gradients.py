"""The bundled scene vanishing-gradients: what its captions say, held against its recordings and its frames."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import netviz
from netviz.pipeline.looks import Filmed
from netviz.pipeline.validation import film_timeline
from netviz.recording.comparison import Comparison
from netviz.timeline.gradients import GradientSizes, gradient_sizes
from netviz.timeline.side_by_side import SideBySide


@cache
def runs() -> Comparison:
    return netviz.compare(netviz.load_scene("vanishing-gradients"))


def sizes_of_both() -> tuple[GradientSizes, GradientSizes]:
    sigmoid, tanh = (gradient_sizes(each) for each in runs().recordings)
    assert sigmoid is not None and tanh is not None
    return sigmoid, tanh


def test_no_sigmoid_layer_passes_on_more_than_a_quarter_and_one_part_in_8000_comes_to_the_first() -> None:
    sigmoid, tanh = sizes_of_both()
    assert (sigmoid.sizes[:, :-1] / sigmoid.sizes[:, 1:]).max() < 0.25
    shares = sigmoid.sizes[:, 0] / sigmoid.sizes[:, -1]
    assert (1 / shares).round(-3).tolist() == [8000] * len(shares)
    assert (tanh.sizes[:, 0] / tanh.sizes[:, -1]).min() > 1000 * shares.max() / 2, "tanh passes on more all the time"


def test_the_first_layer_hardly_moves_with_sigmoid_and_learns_with_tanh() -> None:
    moved = [float(np.abs(each.weights[0][-1] - each.weights[0][0]).max()) for each in runs().recordings]
    most = float(np.abs(runs().recordings[0].weights[0][0]).max())
    assert moved[0] < 0.001 * most and moved[1] > 0.3 * most


def test_after_twenty_cycles_tanh_has_all_test_points_right_and_sigmoid_goes_on_guessing() -> None:
    sigmoid, tanh = (each.curves["test_accuracy"] for each in runs().recordings)
    assert (tanh[20:] == 1).all() and tanh[18] < 1
    assert abs(sigmoid - 0.5).max() < 0.05 and f"{sigmoid[60]:.0%}" == "47%"


def test_captions_stand_where_what_they_say_is_seen() -> None:
    scene = netviz.load_scene("vanishing-gradients")
    film = film_timeline(netviz.plan(scene), Filmed(runs(), scene))
    assert isinstance(film, SideBySide)
    cues = {cue.text: film.frame(cue.start).curve_cycle for cue in film.plan.cues}
    assert [round(cycle) for cycle in cues.values()] == [1, 4, 10, 20]
    assert [*cues][-1].startswith("By cycle 20") and "60 cycles" in film.frame(film.frame_count - 1).caption
    _, tanh = sizes_of_both()
    at = tanh.at(10)
    assert at[0] / at[-1] > 0.3, "as the caption says that tanh passes on more"
    assert film.plan.seconds == pytest.approx(40)
