"""The command as a process: how it ends, what it leaves, and what it shares with the processes around it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.support import BRIEF, FILM, command, contents, run, surroundings
from tests.video.support import children, processes_about, still_there

TRAINING = ["--cycles", "100000000", "--frames", "3", "--size", "160x128"]
DRAWING = ["--cycles", "60", "--frames", "3", "--size", "640x360", "--duration", "300", "--set", "story=null"]


@contextmanager
def started(folder: Path, phase: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """netviz in a session of its own, as far as the phase; it is gone afterwards."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        while (line := process.stderr.readline()).strip() != f"{phase} …":
            assert line, "it ended before"
        time.sleep(0.3)
        assert process.poll() is None
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_until_gone(text: str | Path, seconds: float = 2) -> None:
    end = time.monotonic() + seconds
    while processes_about(text) and time.monotonic() < end:
        time.sleep(0.02)
    assert processes_about(text) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phase", "options"),
    [("training", TRAINING), ("drawing", [*DRAWING, "--jobs", "1"]), ("drawing", [*DRAWING, "--jobs", "2"])],
)
@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped(tmp_path: Path, phase: str, options: list[str], signum: int, code: int) -> None:
    (tmp_path / "there.mp4").write_text("precious")
    with started(tmp_path, phase, "render", *options, "-o", "there.mp4", "--overwrite") as process:
        at_work = children(process.pid)
        assert at_work or phase == "training", "ffmpeg is at work"
        since = time.monotonic()
        os.killpg(process.pid, signum)
        out, err = process.communicate(timeout=10)
        assert time.monotonic() - since < 2
    assert (process.returncode, out, err) == (code, "", "stopped\n")
    assert contents(tmp_path) == {"there.mp4": b"precious"}
    assert not still_there(at_work)
    wait_until_gone(tmp_path)


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_stop_the_cleaning_up(tmp_path: Path) -> None:
    with started(tmp_path, "drawing", "render", *DRAWING, "-o", "film.mp4") as process:
        for _ in range(20):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.005)
        _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, "stopped\n")
    assert contents(tmp_path) == {}
    wait_until_gone(tmp_path)


@pytest.mark.slow
def test_killed_and_run_again(call: Call, tmp_path: Path) -> None:
    with started(tmp_path, "drawing", "render", *DRAWING, "-o", "film.mp4") as process:
        process.kill()
        process.wait()
    (left,) = contents(tmp_path)
    assert left != "film.mp4"
    assert call("render", *FILM, "-o", "film.mp4").code == 0
    assert contents(tmp_path).keys() == {"film.mp4"}
    wait_until_gone(tmp_path, seconds=20)  # its ffmpeg ends by itself, because nobody feeds it
    assert contents(tmp_path).keys() == {"film.mp4"}


@pytest.mark.slow
def test_killed_at_half_and_asked_for_again(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was finished is taken, but for a segment of which a byte has changed since."""
    monkeypatch.setenv("NETVIZ_CACHE", str(tmp_path / "cache"))
    segments = tmp_path / "cache" / "segments"
    long = [*BRIEF, "--size", "160x128", "--fps", "2", "--duration", "30", "--jobs", "1"]
    with started(tmp_path, "drawing", "render", *long, "-o", "film.mp4") as process:
        while len([*segments.glob("*.segment")]) < 2 and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.wait()
    kept = sorted(segments.glob("*.segment"))
    assert len(kept) >= 2 and not (tmp_path / "film.mp4").exists()
    content = bytearray(kept[0].read_bytes())
    content[len(content) // 2] ^= 1
    kept[0].write_bytes(content)
    again = call("render", *long, "-o", "film.mp4")
    assert f"going on where an earlier run stopped: {len(kept) - 1} of 5 segments are there" in again.err.splitlines()
    assert call("render", *long, "-o", "whole.mp4", "--no-cache").code == 0
    shutil.rmtree(tmp_path / "cache")
    left = contents(tmp_path)
    assert left.keys() == {"film.mp4", "whole.mp4"} and left["film.mp4"] == left["whole.mp4"]


@pytest.mark.slow
def test_two_at_once(call: Call, tmp_path: Path) -> None:
    with started(tmp_path, "drawing", "render", *DRAWING, "-o", "film.mp4") as process:
        result = call("render", *FILM, "-o", "film.mp4")
        assert result.code == 2
        assert result.errors == [
            "film.mp4: another netviz is writing this file; wait for it to end, or choose another name"
        ]
        assert "training" not in result.err
        assert process.poll() is None
        assert call("render", *FILM, "-o", "other.mp4").code == 0


@pytest.mark.slow
def test_a_loop_over_names_goes_on_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "names").write_text("one\ntwo\n")
    netviz = " ".join(f"'{word}'" for word in command("render", *FILM, "--duration", "0.5"))
    loop = f'while read name; do {netviz} -o "$name.mp4"; done < names'
    subprocess.run(["bash", "-c", loop], cwd=tmp_path, env=surroundings(), check=True, capture_output=True)
    assert contents(tmp_path).keys() == {"names", "one.mp4", "two.mp4"}


@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_that_goes_away(tmp_path: Path, reader: str) -> None:
    netviz = " ".join(f"'{word}'" for word in command("schema"))
    line = f'{netviz} | {reader}; echo "${{PIPESTATUS[0]}}" >&2'
    ended = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=surroundings(), capture_output=True, check=True)
    assert ended.stderr == b"0\n"
    assert ended.stdout == (b"{\n" if reader == "head -1" else b"")


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_no_stdout_or_no_stderr(tmp_path: Path, closed: str) -> None:
    netviz = " ".join(f"'{word}'" for word in command("record", *FILM, "-o", "run.npz"))
    line = ["bash", "-c", f"{netviz} {closed}"]
    ended = subprocess.run(line, cwd=tmp_path, env=surroundings(), capture_output=True, check=False)
    assert ended.returncode == 0
    assert ended.stdout == b"" if closed == ">&-" else ended.stdout.startswith(b"run.npz: ")
    assert ended.stderr == (b"" if closed == "2>&-" else "training …\n".encode())
    assert contents(tmp_path).keys() == {"run.npz"}


def test_a_full_disk_under_stdout_is_a_failure(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            command("scenes"), cwd=tmp_path, env=surroundings(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr == b"error: what is printed cannot be written: no space left on device\n"


@pytest.mark.slow
def test_the_result_is_all_that_goes_to_stdout(tmp_path: Path) -> None:
    result = run(tmp_path, "render", *FILM)
    assert result.code == 0
    assert result.out.startswith("xor.mp4: 2.00 s, ") and result.out.count("\n") == 1
    assert [line.split(":")[0] for line in result.err.splitlines()] == ["note", "training …", "drawing …"]
    assert contents(tmp_path).keys() == {"xor.mp4"}
