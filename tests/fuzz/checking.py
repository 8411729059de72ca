"""How a fuzzer tries one example: its files written into a folder of their own, and used there by a bounded child."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import netviz
import netviz.cli.inspection
import netviz.cli.reports
import netviz.drawing.renderer
import netviz.pipeline.render
import netviz.training.version_1
from netviz.errors import NetvizWarning
from tests.fuzz.bounded import Outcome, run_bounded


def check(work: Callable[[], Any], files: Mapping[str, bytes], **bounds: Any) -> Outcome:
    """Run `work` where these files lie, and fail the test with what it should not have done."""
    warm_up()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        folder = Path(made)
        (folder / "work").mkdir()
        for name, content in files.items():
            (folder / "work" / name).write_bytes(content)
        outcome = run_bounded(work, folder, **bounds)
    assert not outcome.findings, outcome
    return outcome


@cache
def warm_up() -> None:
    """Do once what every child would do anew: load matplotlib, look for ffmpeg, decode the music of the scenes here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NetvizWarning)
        for name in ("xor", "digits"):
            netviz.still(netviz.load_scene(name, overrides={"training.cycles": 3, "schedule": {"frames": 2}}), "10%")
