"""Music, and a false ffmpeg in place of the real one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.video.support import false_ffmpeg, run_real


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2.5 s of music."""
    path = tmp_path_factory.mktemp("music") / "music.mp3"
    run_real("-f", "lavfi", "-i", "sine=440:d=2.5:sample_rate=44100", "-b:a", "128k", path)
    return path


@pytest.fixture
def use_false_ffmpeg(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Put a program with the given body in ffmpeg's place, for this test."""

    def use(body: str) -> Path:
        path = false_ffmpeg(tmp_path_factory.mktemp("false"), body)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))
        return path

    return use
