"""What the command keeps of training, and what it says of it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from netviz.cli.console import ProgressBars, ProgressLines
from netviz.training import cache
from tests.cli.conftest import Call
from tests.cli.support import BRIEF, SMALL, contents

STILL = ["still", *SMALL, *BRIEF, "--duration", "60", "-y"]
THINK = ["think", "--cycles", "60", "--set", "schedule.frames=3", "--inputs", "1,1,0"]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache that keeps everything."""
    monkeypatch.setenv("NETVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "SECONDS_TO_LOAD", 0.0)
    monkeypatch.setattr(cache, "SECONDS_A_BYTE", 0.0)
    return tmp_path / "cache" / "recordings"


def test_a_change_of_looks_trains_nothing(call: Call, kept: Path) -> None:
    assert call(*STILL).err == "training …\n"
    assert len(contents(kept)) == 1
    for changes in (["--theme", "paper"], ["--style", "classic"], ["--set", "title=Other"], ["--size", "128x160"]):
        assert call(*STILL, *changes).err == ""
    assert call(*THINK).err == ""
    assert call(*THINK, "--seed", "2").err == "training …\n"
    assert len(contents(kept)) == 2


def test_the_picture_is_the_same_from_the_cache(call: Call, kept: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        assert call(*STILL, "-o", name).code == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_film_takes_its_recording_from_the_cache(call: Call, kept: Path) -> None:
    call(*STILL)
    result = call("render", *SMALL, *BRIEF, "--duration", "2")
    assert result.code == 0 and "training" not in result.err


def test_no_cache(call: Call, kept: Path) -> None:
    for _ in range(2):
        assert call(*STILL, "--no-cache").err == "training …\n"
    assert not kept.exists()
    call(*STILL)
    assert call(*STILL, "--no-cache").err == "training …\n"


def test_record_always_trains(call: Call, kept: Path) -> None:
    for _ in range(2):
        assert call("record", *BRIEF, "-y").err == "training …\n"
    assert not kept.exists()


def test_debug_says_where_a_recording_comes_from(call: Call, kept: Path) -> None:
    call(*THINK)
    assert "cache" not in call(*THINK).err
    assert f"the recording comes from {kept}" in call(*THINK, "--debug").err
    (broken,) = kept.iterdir()
    broken.write_bytes(b"broken")
    result = call(*THINK, "--debug")
    assert "is removed" in result.err and "training …" in result.err and result.code == 0


def test_a_cache_that_cannot_be_written_to_is_noted_under_debug_alone(
    call: Call, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETVIZ_CACHE", "/proc/nowhere")
    assert call(*THINK).err == "training …\n"
    assert "is not kept" in call(*THINK, "--debug").err


def test_the_command_tells_and_clears(call: Call, kept: Path) -> None:
    segments = kept.parent / "segments"
    nothing = {"files": 0, "bytes": 0, "most_bytes": 500_000_000}
    assert call("cache").out.splitlines() == [
        f"{kept}: 0 recordings, 0 bytes of at most 500.0 MB",
        f"{segments}: 0 segments, 0 bytes of at most 500.0 MB",
    ]
    call(*THINK)
    call(*THINK, "--seed", "2")
    segments.mkdir()
    (segments / f"{'0' * 64}.segment").write_bytes(b"of a film")
    size = sum(map(len, contents(kept).values()))
    assert json.loads(call("cache", "--json").out) == {
        "folder": str(kept.parent),
        "recordings": {"files": 2, "bytes": size, "most_bytes": 500_000_000},
        "segments": {"files": 1, "bytes": 9, "most_bytes": 500_000_000},
        "cleared": False,
    }
    told = call("cache", "--clear").out
    assert f"{kept}: 2 recordings, " in told and f"{segments}: 1 segment, 9 bytes removed" in told
    assert contents(kept) == contents(segments) == {}
    assert json.loads(call("cache", "--json").out) == {
        "folder": str(kept.parent),
        "recordings": nothing,
        "segments": nothing,
        "cleared": False,
    }


def test_a_film_that_was_ended_early_is_gone_on_with(
    call: Call, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = ["render", "--size", "160x128", "--fps", "2", *BRIEF, "--duration", "14", "-o", "film.mp4"]
    with monkeypatch.context() as patched:
        patched.setattr("netviz.video.muxer.Joining.complete", lambda self: os.kill(os.getpid(), signal.SIGTERM))
        assert call(*render).code == 143
    assert "3 segments" in call("cache").out and not (tmp_path / "film.mp4").exists()
    again = call(*render)
    assert again.code == 0
    assert "going on where an earlier run stopped: 3 of 3 segments are there" in again.err.splitlines()
    assert ": 0 segments" in call("cache").out
    film = (tmp_path / "film.mp4").read_bytes()
    assert "going on" not in call(*render, "-y", "--no-cache").err
    assert (tmp_path / "film.mp4").read_bytes() == film


@pytest.mark.parametrize("shown", [ProgressLines, ProgressBars])
def test_what_is_taken_counts_as_done_but_not_as_work(
    shown: type[ProgressLines | ProgressBars], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("netviz.cli.console.time.monotonic", lambda: now[0])
    with shown() as progress:
        progress("resuming xor", 7, 10)
        progress("drawing xor", 70, 100)
        now[0] = 20.0
        progress("drawing xor", 80, 100)
        if isinstance(progress, ProgressBars):
            progress("drawing", 70, 100)
            now[0] = 25.0
            progress("drawing", 80, 100)
            assert progress._progress.tasks[1].fields["speed"] == "2 fps"
    told = capsys.readouterr().err
    assert "xor: going on where an earlier run stopped: 7 of 10 segments are there\n" in told
    if shown is ProgressLines:
        assert told.splitlines()[1:] == ["drawing xor …", "drawing xor: 80 %, 40 s left"]


def test_off(call: Call, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETVIZ_CACHE", "off")
    assert "nothing is kept" in call("cache").out
    assert json.loads(call("cache", "--json").out) == {"folder": None}
    for _ in range(2):
        assert call(*THINK).err == "training …\n"
    assert not kept.exists()
