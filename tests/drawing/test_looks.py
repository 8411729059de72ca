"""A film needs only a look and an outline of the run: the same pictures come of them as of the whole scene."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from netviz import load_scene
from netviz.drawing.renderer import Renderer
from netviz.scene.scene import Look, Scene
from netviz.story.story import add_story
from netviz.timeline.captions import add_captions
from netviz.timeline.plan import make_plan
from netviz.timeline.side_by_side import side_by_side, timeline_of
from netviz.training.trainer import train
from netviz.web.transcript import passages, summary_of
from tests.comparing import comparing, film_of
from tests.conftest import short_scene
from tests.recordings import own_scene

SMALL = {"output.size": "320x180", "output.fps": 5}
SHORT = SMALL | {"training.cycles": 20, "schedule": {"frames": 5}}
FILMS = {
    "glow": lambda: short_scene(story="auto", output__fps=10),
    "classic": lambda: short_scene(style="classic", output__fps=10),
    "reduced": lambda: short_scene(motion="reduced", network__bias=True, output__fps=10),
    "plane": lambda: load_scene(
        "playground-circle", overrides=SMALL | {"training.cycles": 20, "schedule": {"frames": 5}}
    ),
    "regression": lambda: load_scene(
        "playground-plane", overrides=SMALL | {"training.cycles": 20, "schedule": {"frames": 5}}
    ),
    "digits": lambda: load_scene("digits", overrides=SMALL | {"training.cycles": 6, "schedule": {"cycles": [1, 6]}}),
    "equations": lambda: load_scene("step-by-step", overrides=SMALL),
}


@pytest.mark.parametrize("name", FILMS)
def test_a_look_films_as_its_scene_does(name: str) -> None:
    scene: Scene = FILMS[name]()
    recording, look = train(scene), scene.of_run(scene.outline)
    assert type(look) is Look
    films = []
    for of in (scene, look):
        plan = add_story(add_captions(of, make_plan(of, Fraction(20))), recording, of)
        films.append(timeline_of(plan, recording, of))
    expected, film = films
    assert film.plan == expected.plan
    assert film.scene is look
    assert summary_of(film) == summary_of(expected)
    assert passages(film) == passages(expected)
    before, now = Renderer(expected), Renderer(film)
    for index in range(0, film.frame_count, 7):
        assert film.key(index) == expected.key(index)
        assert np.array_equal(now.draw(film.frame(index)), before.draw(expected.frame(index)))


def test_looks_side_by_side_film_as_their_scenes_do() -> None:
    given = comparing(training__cycles=200, schedule={"frames": 4})
    comparison, expected = film_of(given)
    scenes = [own_scene(each) for each in comparison.recordings]
    scene = own_scene(comparison)
    assert scene == given, "all that it says, also what its runs have not, such as a story"
    look, looks = scene.of_run(scene.outline, scene.runs), [each.of_run(each.outline) for each in scenes]
    film = side_by_side(expected.plan, comparison, look, looks)
    assert look.runs == film.names
    assert make_plan(look, expected.plan.seconds).spans == make_plan(scene, expected.plan.seconds).spans
    assert summary_of(film) == summary_of(expected)
    before, now = Renderer(expected), Renderer(film)
    for index in range(0, film.frame_count, 29):
        assert np.array_equal(now.draw(film.frame(index)), before.draw(expected.frame(index)))
