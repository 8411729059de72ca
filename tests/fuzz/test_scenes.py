"""Whatever is accepted is drawn: made-up scenes, each taken through every step in a process of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.beside import lay_beside
from tests.fuzz.forked_jobs import Server, server
from tests.fuzz.scenes import Made, made_scenes

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(0)]

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
def drawing() -> Iterator[Server]:
    """The process that draws scenes."""
    with server("tests.fuzz.drawing") as serving:
        yield serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that made-up scenes lie in, with music, pictures and fonts."""
    made = tmp_path_factory.mktemp("made-up")
    lay_beside(made)
    return made


def fault_of(made: Made, job: dict[str, Any], drawing: Server, folder: Path, ends: Counter[str]) -> str:
    """What is wrong with how a scene is drawn; "" if nothing is. ends: how scenes ended so far."""
    outcome = drawing.run({**job, "file": str(made.write(folder)), "folder": str(folder)})
    answer = outcome.answer or {"how": "found"}
    ends[answer["how"]] += 1
    fault = outcome.fault or (answer["what"] if answer["how"] == "found" else "")
    if not fault and outcome.said:
        fault = "something is written to standard error"
    if not fault:
        return ""
    files = "".join(f"\n--- {name}\n{content!s}" for name, content in made.files.items())
    return (
        f"{fault}\nat: {answer.get('where', '?')}; {outcome.seconds:.1f} s, {outcome.memory / 1e6:.0f} MB; {job}\n"
        f"{outcome.said}\n--- made-up.yaml\n{made.text()}{files}"
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_accepted_scenes_are_drawn(part: int, drawing: Server, folder: Path, request: pytest.FixtureRequest) -> None:
    ends: Counter[str] = Counter()
    share = -(-int(request.config.getoption("--examples")) // PARTS)

    @settings(settings.get_profile("fuzz"), max_examples=share, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    @given(made_scenes(), jobs())
    def drawn(made: Made, job: dict[str, Any]) -> None:
        fault = fault_of(made, job, drawing, folder, ends)
        assert not fault, fault

    drawn()
    print(dict(ends))
    # Six of ten at least come to a film, so that something is tried: within three standard deviations of so many.
    assert ends["drawn"] + ends["diverged"] >= 0.6 * ends.total() - 3 * (0.24 * ends.total()) ** 0.5, ends
