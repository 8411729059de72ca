"""The command in this process, which is quick, and music."""

from __future__ import annotations

import logging
import signal
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netviz.cli import main
from netviz.cli.console import SIGNALS
from netviz.pipeline.estimate import Estimate, rough_estimate
from tests.cli.support import Result

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Run netviz in this process, in tmp_path; what it changes of the process is put back afterwards.

    A dry run takes no sample of its film, for which it would train and draw: it reckons roughly.
    """
    monkeypatch.setattr("netviz.pipeline.capacity.measured_estimate", reckoned)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    level = logging.getLogger("matplotlib").level

    def run(*arguments: str | Path) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Result(code, written.out, written.err)

    yield run
    logging.getLogger("matplotlib").setLevel(level)
    for each, handler in handlers.items():
        signal.signal(each, handler)


def reckoned(*given: Any, cache: bool = False, **more: Any) -> Estimate:
    """A rough estimate in place of one from a sample."""
    return rough_estimate(*given, **more)


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be trained in this test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was trained")

    monkeypatch.setattr("netviz.pipeline.api.train", refuse)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two seconds of music."""
    path = tmp_path / "music.wav"
    tone = np.sin(np.arange(16_000) * 2 * np.pi * 440 / 8000)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, len(tone), "NONE", ""))
        file.writeframes((12_000 * tone).astype("<i2").tobytes())
    return path
