"""The documentation, built once for all tests as `make docs` builds it, with one film of two seconds in all places."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import short_scene

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs"))  # make_films is no part of the package


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished site; a warning of Sphinx fails it."""
    from make_films import make, names

    folder = tmp_path_factory.mktemp("docs")
    site = folder / "html"
    caption = {"text": "It guesses.", "at": "start", "for": 2}
    learning = {"shot": "learning", "examples": 1}
    scene = short_scene(output__fps=5, duration=8, captions=[caption], shots=[learning]).model_copy(
        update={"name": "xor"}
    )
    made = site / "films" / "xor"
    made.parent.mkdir(parents=True)
    make(scene, made, "a test")
    for name in {*names()} - {"xor"}:
        copy = shutil.copytree(made, made.parent / name)
        for path in [*copy.glob("xor*"), copy / "index.html"]:
            if path.suffix == ".html":
                path.write_text(re.sub(r"\bxor(?=[.-])", name, path.read_text(encoding="utf-8")), encoding="utf-8")
            path.rename(path.with_name(path.name.replace("xor", name)))
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    ran = subprocess.run(
        [*command, "-d", str(folder / "doctrees"), str(ROOT / "docs"), str(site)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == 0, ran.stderr
    return site
