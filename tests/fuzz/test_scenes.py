"""Whatever is accepted is drawn: made-up scenes, each taken through every step in a process of its own."""

from __future__ import annotations

from collections import Counter
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import netviz
from netviz.pipeline.prepare import prepare
from tests.fuzz.beside import lay_beside
from tests.fuzz.bounded import run_bounded
from tests.fuzz.checking import warm_up
from tests.fuzz.drawing import run
from tests.fuzz.scenes import Made, made_scenes

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(0)]

PATIENCE = 15.0
"""Times so long as it may work that a scene may take: several children draw at once."""
PARTS = 6
"""Tests that share the examples, so that several workers can."""
MOMENTS = ("0%", "100%", "start", "end", "3%", "13%", "27%", "38%", "50%", "61%", "74%", "88%", "97%", "poster")
FILMS = (".mp4", ".webm", ".mov", ".gif", ".webp", ".apng", ".png", ".jpg")


def jobs() -> st.SearchStrategy[dict[str, Any]]:
    """What is done with a scene besides loading, validating and recording it: four stills, and now and then more."""
    return st.integers(0, 2**64 - 1).map(lambda seed: _job(Random(seed)))


def _job(rng: Random) -> dict[str, Any]:
    chosen = rng.choice(("frames", "frames", "stored", "still", "films", "films", "post"))
    besides = [chosen]
    if chosen == "films":
        besides = rng.sample(FILMS, 2)
    return {"moments": [rng.choice(MOMENTS) for _ in range(4)], "besides": besides}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of bounded children; in `work` lie the made-up scenes, with music, pictures and fonts."""
    warm_up()
    made = tmp_path_factory.mktemp("made-up")
    (made / "work").mkdir()
    lay_beside(made / "work")
    return made


LISTENING = """\
network: {layers: [2, 1]}
data: {examples: [{inputs: [0, 1], target: 1}, {inputs: [1, 1], target: 0}]}
audio: clicks.wav
sync: {to: onsets}
"""


@cache
def listen(folder: Path) -> None:
    """Let a child listen to music, however long that takes: what librosa compiles lies in the folder afterwards."""
    path = folder / "work" / "listening.yaml"
    path.write_text(LISTENING, encoding="utf-8")
    outcome = run_bounded(lambda: prepare(netviz.load_scene(path)).refuse(), folder, seconds=300, patience=PATIENCE)
    assert not outcome.findings and not outcome.error, outcome


def fault_of(made: Made, job: dict[str, Any], folder: Path, ends: Counter[str]) -> str:
    """What is wrong with how a scene is drawn; "" if nothing is. ends: how scenes ended so far."""
    work = folder / "work"
    if "sync:" in made.text():
        listen(folder)
    job = {**job, "file": str(made.write(work)), "folder": str(work)}
    outcome = run_bounded(partial(run, job), folder, patience=PATIENCE)
    answer = outcome.value or {"how": "found"}
    ends[answer["how"]] += 1
    faults = [*outcome.findings, *([answer["what"]] if "what" in answer and answer["how"] == "found" else [])]
    if not faults:
        return ""
    files = "".join(f"\n--- {name}\n{content!s}" for name, content in made.files.items())
    return (
        "\n".join(faults)
        + f"\nat: {answer.get('where', '?')}; {outcome.seconds:.1f} s, {outcome.memory / 1e6:.0f} MB; "
        f"{job}\n{outcome.printed[-4000:]}\n--- made-up.yaml\n{made.text()}{files}"
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_accepted_scenes_are_drawn(part: int, folder: Path, request: pytest.FixtureRequest) -> None:
    ends: Counter[str] = Counter()
    share = -(-int(request.config.getoption("--examples")) // PARTS)

    @settings(settings.get_profile("fuzz"), max_examples=share, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    @given(made_scenes(), jobs())
    def drawn(made: Made, job: dict[str, Any]) -> None:
        fault = fault_of(made, job, folder, ends)
        assert not fault, fault

    drawn()
    print(dict(ends))
    # Six of ten at least come to a film, so that something is tried: within three standard deviations of so many.
    assert ends["drawn"] + ends["diverged"] >= 0.6 * ends.total() - 3 * (0.24 * ends.total()) ** 0.5, ends
