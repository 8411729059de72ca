"""New looks: files that change nothing of a run's film until they are changed, and say what may be."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import netviz
from netviz.errors import InputError
from netviz.pipeline.looks import filmed
from netviz.pipeline.new_look import new_look
from netviz.scene.scene import Look

SMALL = {"output": {"size": "320x180", "fps": 10}}


def a_run(sizes: list[int], points: int = 0, **options: Any) -> netviz.Recording:
    """A run of twelve moments in which weights grow until the examples are told apart."""
    rng, examples = np.random.default_rng(2), 5
    X = rng.normal(size=(examples + points, sizes[0]))
    y = (X[:, 0] > 0).astype(int)
    if sizes[-1] == 1:
        y = y[:, None]
    more = {"points": X[examples:], "point_targets": y[examples:]} if points else {}
    last = "sigmoid" if sizes[-1] == 1 else "softmax"
    kinds = [*["tanh"] * (len(sizes) - 2), last]
    recorder = netviz.Recorder(sizes, kinds, X[:examples], y[:examples], loss="cross_entropy", **more, **options)
    weights = [rng.normal(size=shape) for shape in pairwise(sizes)]
    for step in range(12):
        recorder.snap(1 / (1 + step), weights=[step / 4 * each for each in weights], biases=[*map(np.zeros, sizes[1:])])
    return recorder.recording()


RUNS = {
    "table": a_run([3, 4, 2], classes=["no", "yes"]),
    "plane": a_run([2, 4, 1], points=60, unit="epoch"),
    "pixels": a_run([36, 8, 2]),
}
LOOKS: dict[str, dict[str, Any]] = {
    "none": {},
    "some": {
        "title": "It's: a “title” # 1",
        "style": "playground",
        "palette": "colour-blind",
        "duration": "37/3",
        "story": {"tell": ["halved"], "slow": False},
        "captions": [{"text": "Here: this", "at": "60%", "for": 2}],
        "shots": [{"shot": "learning", "examples": 1}, {"shot": "rest", "share": 0.2}],
        "panels": [{"panel": "network", "at": [0, 0.2, 1, 0.6]}, {"panel": "title"}, {"panel": "caption"}],
        "words": {"label-cycle": "Schritt"},
    },
    "classic": {"style": "classic", "title": "Old"},
    "sonified": {
        "audio": {"file": "sonify", "fade_out": 2},
        "story": None,
        "network": {"bias_nodes": False},
        "palette": {"base": "blue-orange", "positive": "#5ab0ff", "background": ["#101018", "#000000"]},
    },
}


@cache
def text_of(run: str) -> str:
    """The new look of a run that has none yet."""
    return new_look(filmed(RUNS[run]), "run.npz")


def named(recording: netviz.Recording, path: Path) -> Path:
    path.write_text(new_look(filmed(recording), "run.npz", path.name))
    return path


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("look", LOOKS)
def test_a_fresh_look_changes_nothing_of_the_film(run: str, look: str, tmp_path: Path) -> None:
    recording = replace(RUNS[run], look={**SMALL, **LOOKS[look]})
    fresh = named(recording, tmp_path / "fresh.yaml")
    assert netviz.plan(recording, look=fresh) == netviz.plan(recording)
    for at in ("40%", "end") if run == "table" or look == "none" else ():
        assert np.array_equal(netviz.still(recording, at, look=fresh), netviz.still(recording, at))


@pytest.mark.parametrize("look", ["some", "sonified"])
def test_it_stands_for_itself(look: str, tmp_path: Path) -> None:
    """What the recording's own look says is all in it, so that it can be given to another run as well."""
    recording = replace(RUNS["table"], look={**SMALL, **LOOKS[look]})
    fresh = named(recording, tmp_path / "fresh.yaml")
    bare = replace(recording, look=None)
    shown, expected = filmed(bare, fresh).scene, filmed(recording).scene
    for key in Look.model_fields.keys() - {"name", "panels"}:
        assert getattr(shown, key) == getattr(expected, key), key
    assert shown.shown_panels == expected.shown_panels


@pytest.mark.parametrize("run", RUNS)
def test_what_it_offers_in_comments_is_possible(run: str, tmp_path: Path) -> None:
    recording, text = RUNS[run], text_of(run)
    offered = re.findall(r"^  # - (.*?)(?:  # .*)?$", text, re.MULTILINE)
    assert len(offered) >= 2
    for number, line in enumerate(text.splitlines()):
        if not line.startswith("  # - ") or "picture" in line:
            continue
        lines = text.splitlines()
        lines[number] = line.replace("# - ", "- ", 1)
        (tmp_path / "look.yaml").write_text("\n".join(lines))
        changed = filmed(recording, tmp_path / "look.yaml").scene
        assert (changed.panels, changed.shots) != (filmed(recording).scene.shown_panels, filmed(recording).scene.shots)
        netviz.plan(recording, look=tmp_path / "look.yaml")


def test_what_it_offers_suits_the_run() -> None:
    def offered(run: str) -> set[str]:
        text = text_of(run)
        return set(re.findall(r"^  (?:# )?- {(?:panel|shot): ([a-z]+)", text, re.MULTILINE))

    always = {"curve", "network", "title", "caption", "numbers", "picture", "text", "rest", "learning", "answers"}
    always |= {"gradients"}
    assert offered("table") == always | {"table", "equations", "think", "walk"}
    assert offered("plane") == always | {"boundary", "table", "equations", "think", "walk"}
    assert offered("pixels") == always, "36 numbers are no row of a table"


def test_it_says_what_the_run_is() -> None:
    lines = new_look(filmed(RUNS["table"]), "my run.npz", "mine.yaml").splitlines()
    assert lines[0].startswith("# A look for the film of my run.npz: the keys that you are likely to change, as the")
    assert lines[2] == "#     netviz render 'my run.npz' --look mine.yaml"
    said = " ".join(line.removeprefix("# ") for line in lines[4:7])
    assert said.startswith(
        "The run: 3-4-2 neurons (tanh, softmax), loss cross_entropy; 12 kept steps from 0 to 11; 5 probes; "
        "curves loss, error. Of the 12 kept steps the film shows 11; the option --frames shows fewer."
    )
    assert "12 kept epochs from 0 to 11; 5 probes and 60 more points;" in text_of("plane")
    assert "event:halved (step 2)" in "\n".join(lines), "the events of the run"


def test_the_grid_of_pixels_is_asked_for_where_there_may_be_one() -> None:
    assert "  grid: null                                # [6, 6] if the" in text_of("pixels")
    assert yaml.safe_load(text_of("plane"))["network"].keys() == {"inputs", "hidden", "outputs", "bias_nodes"}
    gridded = replace(RUNS["pixels"], look={"network": {"grid": [4, 9]}})
    assert yaml.safe_load(new_look(filmed(gridded), "run.npz"))["network"]["grid"] == [4, 9]


def test_lines_are_short_and_keys_are_said_once() -> None:
    for text in map(text_of, RUNS):
        assert max(map(len, text.splitlines())) <= 120
        keys = re.findall(r"^[a-z]+(?=:)", text, re.MULTILINE)
        assert len(keys) == len({*keys}) == 15


def test_a_run_of_which_there_can_be_no_film_has_no_look() -> None:
    recorder = netviz.Recorder([2, 1], "sigmoid", [[0.0, 1.0]])
    recorder.snap(weights=[[[1.0], [2.0]]])
    with pytest.raises(InputError, match="a film of learning needs two or more kept steps"):
        new_look(filmed(recorder), "run.npz")
    small = replace(RUNS["table"], look={"captions": [{"text": "now", "at": "cycle:99"}]})
    with pytest.raises(InputError, match="there is no step 99"):
        new_look(filmed(small), "run.npz")
