"""How a fuzzer tries one example: its files written into a folder of their own, and used there by a bounded child."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.fuzz.bounded import Outcome, run_bounded


def check(work: Callable[[], Any], files: Mapping[str, bytes], **bounds: Any) -> Outcome:
    """Run `work` where these files lie, and fail the test with what it should not have done."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        folder = Path(made)
        (folder / "work").mkdir()
        for name, content in files.items():
            (folder / "work" / name).write_bytes(content)
        outcome = run_bounded(work, folder, **bounds)
    assert not outcome.findings, outcome
    return outcome
