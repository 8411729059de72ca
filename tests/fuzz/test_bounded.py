"""The harness of the fuzzers finds what it is there for: each misbehaviour, and nothing where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netviz.errors import InputError, NetvizError, NetvizWarning, Problem
from tests.fuzz.bounded import run_bounded

pytestmark = pytest.mark.fuzz


def test_good_work_has_no_findings() -> None:
    def good() -> int:
        warnings.warn(NetvizWarning("short"), stacklevel=1)
        Path("here").write_text("a file", encoding="utf-8")
        with tempfile.TemporaryFile() as file:
            file.write(b"gone when closed")
        return 7

    outcome = run_bounded(good)

    assert (outcome.findings, outcome.value, outcome.error) == ((), 7, "")


def test_waiting_for_a_busy_machine_is_no_finding() -> None:
    assert run_bounded(lambda: time.sleep(1.5), seconds=1).findings == ()


def test_error_of_netviz_is_no_finding() -> None:
    def wrong() -> None:
        raise InputError([Problem("scene.yaml:1:1", "unknown key")])

    outcome = run_bounded(wrong)

    assert outcome.findings == ()
    assert outcome.error == "InputError: scene.yaml:1:1: unknown key"


def _fail(error: BaseException) -> Callable[[], Any]:
    def work() -> None:
        raise error

    return work


def _hold() -> None:
    held = bytearray(400_000_000)
    time.sleep(0.2)
    del held


def _hold_in_a_child() -> None:
    subprocess.run([sys.executable, "-c", "import time; held = b'x' * 400_000_000; time.sleep(9)"], check=True)


@pytest.mark.parametrize(
    ("work", "finding"),
    [
        (_fail(ZeroDivisionError("nothing")), "ZeroDivisionError: nothing"),
        (_fail(NetvizError("x" * 20_000)), "a message of 20000 characters"),
        (_fail(NetvizError("red \x1b[31m")), "a control character in a message"),
        (lambda: warnings.warn("old", DeprecationWarning, stacklevel=1), "foreign DeprecationWarning"),
        (lambda: print("hello"), "printed: hello"),
        (lambda: time.sleep(9), "took more than 2 s"),
        (_hold, "held "),
        (_hold_in_a_child, "held "),
        (lambda: Path("../outside").write_text("a file", encoding="utf-8"), "opened for writing"),
        (lambda: Path("../outside").mkdir(), "os.mkdir"),
        (lambda: tempfile.mkstemp(), "temporary files left"),
        (lambda: os.posix_spawn("/bin/sleep", ["sleep", "9"], os.environ), "process left: sleep 9"),
        (lambda: os.kill(os.getpid(), 11), "died of SIGSEGV"),
    ],
)
def test_misbehaviour_is_found(work: Callable[[], Any], finding: str) -> None:
    outcome = run_bounded(work, seconds=9 if "held" in finding else 2, memory=300_000_000)

    assert any(each.startswith(finding) for each in outcome.findings), outcome
