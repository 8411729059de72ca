"""What is to be released: what a wheel and an sdist must hold, and the files that speak of the release."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import netviz

# An sdist has the tests, not what checks it.
check_dist = pytest.importorskip("release.check_dist")

ROOT = Path(__file__).parents[1]
INFO = f"netviz_film-{netviz.__version__}.dist-info"
CHECKOUT = {
    "netviz/__init__.py",
    "netviz/py.typed",
    "netviz/web/player.html",
    "scenes/xor.yaml",
    "scenes/digits.csv",
    "assets/track.mp3",
    "assets/make_digits.py",
    "assets/fonts/Inter-Regular.otf",
    "assets/LICENSES/Inter-OFL.txt",
    "tests/test_scenes.py",
    "docs/story.md",
    "docs/pictures/xor.webp",
    "docs/logo.png",
    "benchmarks/film.py",
    "release/check_dist.py",
    ".ci/run",
    "Makefile",
}


def test_a_wheel_holds_the_package_its_data_and_all_licences() -> None:
    ours = {name for name in check_dist.wanted_in_wheel(CHECKOUT) if not name.startswith(INFO)}
    assert ours == {
        "netviz/__init__.py",
        "netviz/py.typed",
        "netviz/web/player.html",
        "netviz/_data/scenes/xor.yaml",
        "netviz/_data/scenes/digits.csv",
        "netviz/_data/assets/track.mp3",
        "netviz/_data/assets/fonts/Inter-Regular.otf",
        "netviz/_data/assets/LICENSES/Inter-OFL.txt",
    }
    assert {f"{INFO}/licenses/LICENSE", f"{INFO}/licenses/assets/LICENSES/Inter-OFL.txt"} < check_dist.wanted_in_wheel(
        CHECKOUT
    )


def test_an_sdist_leaves_out_what_only_a_checkout_needs() -> None:
    left_out = CHECKOUT - check_dist.wanted_in_sdist(CHECKOUT)
    assert left_out == {
        "docs/pictures/xor.webp",
        "docs/logo.png",
        "benchmarks/film.py",
        "release/check_dist.py",
        ".ci/run",
        "Makefile",
    }
    assert "assets/make_digits.py" in check_dist.wanted_in_sdist(CHECKOUT)


def test_each_file_too_few_or_too_many_is_named() -> None:
    wanted = check_dist.wanted_in_wheel(CHECKOUT)
    assert check_dist.differences("the wheel", wanted, wanted) == []
    found = wanted - {"netviz/_data/assets/track.mp3"} | {"tests/test_scenes.py"}
    assert check_dist.differences("the wheel", found, wanted) == [
        "the wheel lacks netviz/_data/assets/track.mp3",
        "the wheel holds tests/test_scenes.py, which it should not",
    ]


def test_the_version_stands_in_one_place() -> None:
    assert check_dist.version() == netviz.__version__
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert not re.search(r"^version\s*=", project, re.M) and f'"{netviz.__version__}"' not in project


def test_the_citation_names_netviz_and_its_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"  # a text, not a number
    assert citation["type"] == "software" and citation["title"] == "netviz" and citation["license"] == "MIT"
    assert citation["message"] and citation["authors"] == [{"name": "The netviz authors"}]
    # A version that nobody raises would be wrong; a date, before the first release, invented.
    assert not {"version", "date-released", "url", "doi"} & citation.keys()
