"""ffmpeg dies, hangs, floods; the disk is full; we are interrupted or killed: nothing is left, the message says why."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netviz import ffmpeg as ffmpeg_module
from netviz.atomic_files import output_problems
from netviz.audio.soundtrack import Soundtrack
from netviz.errors import InputError, NetvizError
from netviz.video.writer import write_film
from tests.video.support import children, moving_pictures, noise, processes_about, request, still_there

ROOT = Path(__file__).parents[2]
UseFalse = Callable[[str], Path]
LARGE = (640, 360)


def failure(folder: Path, pictures: object = None, **changes: object) -> str:
    """The message of a film that fails cleanly."""
    if pictures is None:
        pictures = noise(30, LARGE)
        changes = {"size": LARGE, "frame_count": 30} | changes
    with pytest.raises(NetvizError) as caught:
        write_film(folder / "film.mp4", pictures, **request(**changes))
    assert list(folder.iterdir()) == []
    assert children() == []
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


# 1, 2: ffmpeg dies


def test_ffmpeg_dies_in_the_middle(tmp_path: Path, use_false_ffmpeg: UseFalse) -> None:
    use_false_ffmpeg("sys.stdin.buffer.read(100_000); print('line one\\nout of luck', file=sys.stderr); sys.exit(3)")
    message = failure(tmp_path)
    assert "exit status 3" in message
    assert message.endswith("  line one\n  out of luck")


def test_ffmpeg_is_killed_in_the_middle(tmp_path: Path) -> None:
    def pictures() -> Iterator[bytes]:
        for index, picture in enumerate(noise(200, LARGE)):
            if index == 20:
                for child in children():
                    os.kill(child, signal.SIGKILL)
            yield picture

    assert "signal SIGKILL" in failure(tmp_path, pictures(), size=LARGE, frame_count=200)


@pytest.mark.parametrize("phase", ["segment", "sound"])
@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os.kill(os.getpid(), 9)", "signal SIGKILL"),
        ("print('cannot flush', file=sys.stderr); sys.exit(1)", "cannot flush"),
        ("sys.exit(0)", "the encoder wrote no"),
        ("os.write(1, b'half a box'); sys.exit(0)", "breaks off"),
    ],
)
def test_ffmpeg_dies_while_flushing(
    tmp_path: Path, use_false_ffmpeg: UseFalse, music: Path, phase: str, end: str, words: str
) -> None:
    use_false_ffmpeg(f"if not {phase}: real()\nsys.stdin.buffer.read(); {end}")
    message = failure(tmp_path, audio=Soundtrack(music))
    assert words in message or (phase, end) == ("segment", "sys.exit(0)"), message


def test_a_film_that_cannot_be_decoded_is_never_shown(tmp_path: Path, use_false_ffmpeg: UseFalse) -> None:
    use_false_ffmpeg("if encoding: real()\nsys.exit('what is this?')")
    message = failure(tmp_path)
    assert "cannot be decoded again" in message and "what is this?" in message


def test_a_film_with_too_few_frames_is_never_shown(tmp_path: Path, use_false_ffmpeg: UseFalse) -> None:
    use_false_ffmpeg("a = sys.argv[1:]; real(a[:-1] + ['-frames:v', '7', a[-1]] if encoding else a)")
    message = failure(tmp_path, moving_pictures(10))
    assert "7 frames instead of 10" in message


def test_a_film_with_too_little_sound_is_never_shown(tmp_path: Path, use_false_ffmpeg: UseFalse, music: Path) -> None:
    use_false_ffmpeg("real([a.replace('end_sample=48000', 'end_sample=24000') for a in sys.argv[1:]])")
    message = failure(tmp_path, moving_pictures(10), audio=Soundtrack(music))
    assert "sound lasts 0.5" in message and "instead of 1.000 s" in message


# 3, 4: the disk is full


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder on a disk of so many kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={request.param}k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(("small_disk", "frames"), [(200, 60), (60, 1)], indirect=["small_disk"])
def test_the_disk_is_full_while_writing_and_at_the_end(small_disk: Path, frames: int) -> None:
    message = failure(small_disk, noise(frames, LARGE), size=LARGE, frame_count=frames)
    assert f"the disk of {small_disk} is full" in message
    needed = re.search(r"needs about (\d+\.\d) ([kM])B", message)
    assert needed
    assert float(needed[1]) * {"k": 1e3, "M": 1e6}[needed[2]] > 50_000
    assert len(message.splitlines()) == 1


def driver(target: Path, frames: int, *limit: int, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.video.driver", target, str(frames), *map(str, limit)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command, cwd=ROOT, **streams)  # type: ignore[call-overload, no-any-return]


def test_a_file_may_not_grow_so_large(tmp_path: Path) -> None:
    with driver(tmp_path / "film.mp4", 60, 200_000) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "may not grow so large (`ulimit -f` allows 200.0 kB)" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


# 5, 6: Ctrl-C, SIGTERM, in each phase

PHASES = {
    "drawing": "real()",
    "waiting for ffmpeg to take a picture": "sys.stdin.buffer.read(1000); time.sleep(100)",
    "waiting for ffmpeg to end": "sys.stdin.buffer.read(); time.sleep(100)",
    "decoding again": "encoding and real(); time.sleep(100)",
}


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(
    tmp_path: Path, use_false_ffmpeg: UseFalse, phase: str, number: signal.Signals, status: int
) -> None:
    use_false_ffmpeg(PHASES[phase])
    frames = 1_000_000 if phase in ("drawing", "waiting for ffmpeg to take a picture") else 3
    with driver(tmp_path / "film.mp4", frames, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.4)
        at_work = children(process.pid)
        assert at_work, "ffmpeg is at work"
        started = time.monotonic()
        os.killpg(process.pid, number)  # as a terminal does
        _, said = process.communicate(timeout=10)
    assert time.monotonic() - started < 2
    assert process.returncode == status
    assert said == ""
    assert list(tmp_path.iterdir()) == []
    assert not still_there(at_work)
    assert processes_about(tmp_path) == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, RuntimeError, OSError, GeneratorExit])
def test_whatever_the_pictures_raise_comes_through(tmp_path: Path, kind: type[BaseException]) -> None:
    def pictures() -> Iterator[bytes]:
        yield from noise(5)
        raise kind("from the pictures")

    with pytest.raises(kind, match="from the pictures"):
        write_film(tmp_path / "film.mp4", pictures(), **request())
    assert list(tmp_path.iterdir()) == []
    assert children() == []


# 7, 11: killed without mercy; two renders of one film


@pytest.mark.slow
def test_kill_9_leaves_no_film_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    with driver(target, 1_000_000) as process:
        assert process.stdout is not None
        for _ in range(50):
            process.stdout.readline()
        (problem,) = output_problems(target, overwrite=False)
        assert "another netviz is writing this file" in problem.message
        started = time.monotonic()
        with pytest.raises(InputError, match="another netviz"):
            write_film(target, moving_pictures(10), **request())
        assert time.monotonic() - started < 1
        process.kill()
    assert not target.exists()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".netviz-")
    # On a busy machine the system may release the lock of a killed process a moment after its end.
    deadline = time.monotonic() + 10
    while output_problems(target, overwrite=False) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert output_problems(target, overwrite=False) == []
    film = write_film(target, moving_pictures(10), **request())
    assert film.frames == 10
    assert list(tmp_path.iterdir()) == [target]


# 15: ffmpeg reads the terminal


@pytest.mark.slow
def test_the_terminal_is_not_read(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    os.write(controller, b"q\nsecond line\n")  # q would end ffmpeg
    with driver(tmp_path / "film.mp4", 5, stdin=terminal, start_new_session=True) as process:
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")
    assert os.read(terminal, 100) == b"q\n"
    for descriptor in (controller, terminal):
        os.close(descriptor)


@pytest.mark.slow
def test_a_loop_over_names_goes_on_to_its_end(tmp_path: Path, use_false_ffmpeg: UseFalse) -> None:
    use_false_ffmpeg("if not encoding: sys.stdin.read()\nreal()")  # greedier than the real one
    loop = f"while read name; do {sys.executable} -m tests.video.driver {tmp_path}/$name.mp4 3 >/dev/null; done"
    subprocess.run(["sh", "-c", loop], input="one\ntwo\nthree\n", text=True, cwd=ROOT, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.mp4", "three.mp4", "two.mp4"]


# 16: floods


def test_a_flood_of_messages_neither_blocks_nor_fills_the_message(tmp_path: Path, use_false_ffmpeg: UseFalse) -> None:
    flood = "\nfor _ in range(100): os.write(2, b'so much to say ' * 7000 + b'\\n')\n"
    use_false_ffmpeg(flood + "real()")
    film = write_film(tmp_path / "film.mp4", moving_pictures(10), **request())
    assert film.frames == 10
    film.path.unlink()
    use_false_ffmpeg(flood + "sys.exit('last words')")
    message = failure(tmp_path)
    assert "last words" in message
    assert len(message) < 10_000


# 17: hangs


@pytest.mark.parametrize(
    "body",
    [
        "if not segment: real()\nsys.stdin.buffer.read(1000); time.sleep(100)",
        "if not segment: real()\nsys.stdin.buffer.read(); time.sleep(100)",
        "if not sound: real()\ntime.sleep(100)",
        "encoding and real(); time.sleep(100)",
    ],
    ids=["while feeding", "at the end", "sound", "decoding"],
)
def test_a_hanging_ffmpeg_is_asked_to_end_then_killed(
    tmp_path: Path, use_false_ffmpeg: UseFalse, monkeypatch: pytest.MonkeyPatch, music: Path, body: str
) -> None:
    monkeypatch.setattr(ffmpeg_module, "_PATIENCE", 0.5)
    use_false_ffmpeg("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + body)
    started = time.monotonic()
    message = failure(tmp_path, stall_limit=0.4, audio=Soundtrack(music))
    assert "no progress for 0.4 s" in message
    assert 0.9 < time.monotonic() - started < 4


def test_a_hanging_ffmpeg_that_listens_may_end_by_itself(tmp_path: Path, use_false_ffmpeg: UseFalse) -> None:
    use_false_ffmpeg(
        "def end(*_): print('asked to end', file=sys.stderr); sys.exit(9)\n"
        "signal.signal(signal.SIGTERM, end); time.sleep(100)"
    )
    message = failure(tmp_path, stall_limit=0.4)
    assert "no progress" in message and "asked to end" in message


def test_a_long_end_with_progress_is_no_stall(tmp_path: Path, use_false_ffmpeg: UseFalse) -> None:
    use_false_ffmpeg(
        "if not segment: real()\nsys.stdin.buffer.read()\nfor _ in range(8): time.sleep(0.2); os.write(1, b'x')\n"
    )
    assert "breaks off" in failure(tmp_path, stall_limit=0.8)


def test_slow_pictures_are_no_stall(tmp_path: Path) -> None:
    def pictures() -> Iterator[bytes]:
        for picture in noise(3):
            time.sleep(1.0)
            yield picture

    film = write_film(tmp_path / "film.mp4", pictures(), stall_limit=0.5, **request(frame_count=3))
    assert film.frames == 3
