"""What the user's machine may be like: environment, terminal, locale; and how soon the command answers."""

from __future__ import annotations

import errno
import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

import netviz
from netviz.cli import console
from netviz.errors import NetvizWarning
from tests.cli.conftest import Call
from tests.cli.support import BRIEF, FILM, SCENE, SMALL, command, contents, run, surroundings

LIBRARIES = ("numpy", "matplotlib", "pydantic", "rich", "yaml", "imageio_ffmpeg")


@pytest.mark.parametrize("program", ["import netviz", "import netviz.cli; netviz.cli.main(['--help'])"])
def test_no_library_is_loaded_before_it_is_needed(tmp_path: Path, program: str) -> None:
    listing = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
    ended = subprocess.run(
        [sys.executable, "-c", listing + program], cwd=tmp_path, env=surroundings(), capture_output=True, check=True
    )
    loaded = {name.split(".")[0] for name in ended.stderr.decode().split()}
    assert "netviz" in loaded
    assert not loaded & set(LIBRARIES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere", "XDG_CONFIG_HOME": "/proc/nowhere"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "MPLBACKEND": "nonsense"},
        {"PYTHONIOENCODING": "latin-1", "MATPLOTLIBRC": "hostile", "DISPLAY": ""},
    ],
    ids=["no home", "C and no backend", "latin-1 and a matplotlibrc"],
)
def test_the_same_picture_everywhere(call: Call, tmp_path: Path, changes: dict[str, str]) -> None:
    (tmp_path / "hostile").write_text("font.size: 40\ntext.antialiased: False\nno.such.key: 1\n")
    options = [*FILM, "--set", "title=Grün 試", "--at", "start", "-o"]
    result = run(tmp_path, "still", *options, "試.png", environment=surroundings(**changes))
    assert result.code == 0, result.err
    assert len(result.warnings) == 1 and len(result.err.splitlines()) == 2, "nothing but ours"
    assert ".png: 160x128, " in result.out
    assert call("still", *options, "here.png").code == 0
    assert (tmp_path / "試.png").read_bytes() == (tmp_path / "here.png").read_bytes()


def faketime() -> str:
    """The library that shows a program another clock; without it the test is left out, but not where it is needed."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        assert not os.environ.get("NETVIZ_NEED_FAKETIME"), "libfaketime is missing, and must be there"
        pytest.skip("the clock is moved by libfaketime, which is not there (Debian: apt-get install faketime)")
    return str(found[0])


@pytest.mark.slow
def test_the_clock_jumps_while_a_film_is_made(call: Call, tmp_path: Path) -> None:
    """Back by years and ahead by more, as when a laptop wakes up: the film is the same, and none of it is lost."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    moved = {"LD_PRELOAD": faketime(), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    moved |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}
    # Where libfaketime leaves the other clock alone, as machines do, it fails at what time.sleep asks of it.
    started = "import select, sys, time; time.sleep = lambda seconds: select.select([], [], [], max(seconds, 0)); "
    started += "from netviz.cli import main; main(sys.argv[1:])"
    seen = [subprocess.check_output(["date", "+%Y"], env=surroundings(**moved))]
    process = subprocess.Popen(
        [sys.executable, "-c", started, "render", *FILM, "-o", "moved.mp4"],
        cwd=tmp_path,
        env=surroundings(**moved),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    jumps = {"training": "-7300d", "drawing": "+14600d"}
    while jumps:
        line = process.stderr.readline()
        assert line, "it ended before"
        if jump := jumps.pop(line.strip().removesuffix(" …"), None):
            clock.write_text(jump)
            seen.append(subprocess.check_output(["date", "+%Y"], env=surroundings(**moved)))
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0 and "error" not in err, err
    assert out.startswith("moved.mp4: ")
    years = [int(year) for year in seen]
    assert years[1] < years[0] - 19 and years[2] > years[0] + 39, "the clock has jumped"
    assert call("render", *FILM, "-o", "still.mp4").code == 0
    assert (tmp_path / "moved.mp4").read_bytes() == (tmp_path / "still.mp4").read_bytes()
    assert contents(tmp_path).keys() == {"clock", "moved.mp4", "still.mp4"}


def on_terminal(folder: Path, *arguments: str, **changes: str) -> tuple[int, str, str]:
    """Run netviz with a terminal as stdin and stderr: exit code, stdout, what the terminal was sent."""
    ours, theirs = pty.openpty()
    environment = surroundings(**{"TERM": "xterm-256color", **changes})
    process = subprocess.Popen(
        command(*arguments), cwd=folder, env=environment, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    end = time.monotonic() + 60
    while time.monotonic() < end and select.select([ours], [], [], 60)[0]:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # what Linux says at the end of a terminal
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    assert process.stdout is not None
    out = process.stdout.read().decode()
    process.stdout.close()
    return process.wait(timeout=10), out, seen.decode()


@pytest.mark.slow
def test_bars_on_a_terminal(tmp_path: Path) -> None:
    options = [*SMALL, *BRIEF, "--duration", "6", "--set", "title=試"]
    code, out, seen = on_terminal(tmp_path, "render", *options)
    assert code == 0, seen
    assert re.fullmatch(r"xor\.mp4: 6\.00 s, \d+\.\d kB\n", out)
    assert "drawing" in seen and "━" in seen and "fps" in seen
    assert "…" not in seen
    assert "\x1b[33m" in seen and "no letters for '試'" in seen
    assert seen.rfind("\x1b[?25h") > seen.rfind("\x1b[?25l"), "the cursor is shown again"
    assert contents(tmp_path).keys() == {"xor.mp4"}


def test_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    code, _, seen = on_terminal(tmp_path, "record", *FILM, TERM="dumb")
    assert (code, seen) == (0, "training …\r\n")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours(call: Call, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], coloured: bool) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = call("render", "--fps", "0")
    assert result.err.startswith("\x1b[31m\x1b[1merror\x1b[0m: --fps" if coloured else "error: --fps")


def test_colours_on_a_terminal(tmp_path: Path) -> None:
    code, out, seen = on_terminal(tmp_path, "render", "--fps", "0")
    assert (code, out) == (2, "")
    assert "\x1b[31m" in seen and "--fps" in seen
    assert "\x1b" not in on_terminal(tmp_path, "render", "--fps", "0", NO_COLOR="1")[2]


def test_a_line_every_ten_seconds_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr(console.time, "monotonic", lambda: now)
    with console.ProgressLines() as progress:
        for now in range(0, 41, 4):
            progress("drawing", 10 * int(now), 400)
    assert capsys.readouterr().err.splitlines() == [
        "drawing …",
        "drawing: 30 %, 28 s left",
        "drawing: 60 %, 16 s left",
        "drawing: 90 %, 4 s left",
    ]


def test_no_time_is_told_while_nothing_gets_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter((0.0, 11.0))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(times))
    with console.ProgressLines() as progress:
        progress("drawing", 38, 100)
        progress("drawing", 38, 100)
    assert capsys.readouterr().err.splitlines() == ["drawing …", "drawing: 38 %"]


def test_a_warning_is_told_once_and_others_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.warns(UserWarning, match="another's") as others, console.warnings_shown(strict=False):
        for text in ("one", "two", "one", "two"):
            warnings.warn(text, NetvizWarning, stacklevel=1)
        warnings.warn("another's", UserWarning, stacklevel=1)
    assert len(others) == 1
    assert capsys.readouterr().err == "warning: one\nwarning: two\n"


def test_ctrl_c_turned_into_another_error_on_its_way(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def swallowing(*_: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except SystemExit:
            raise ValueError("Invalid affine transformation matrix") from None

    monkeypatch.setattr("netviz.drawing.renderer.Renderer.draw", swallowing)
    result = call("still", *FILM, "-o", "still.png")
    assert (result.code, result.err.splitlines()[-1]) == (130, "stopped")
    assert "affine" not in result.err


@pytest.mark.usefixtures("call")  # it puts the handlers back
def test_ctrl_c_lost_on_its_way(capsys: pytest.CaptureFixture[str]) -> None:
    console.listen()
    with suppress(console.Stopped):
        signal.raise_signal(signal.SIGINT)
    with console.ProgressLines() as progress, pytest.raises(console.Stopped) as stopped:
        progress("drawing", 1, 2)
    assert stopped.value.code == 130
    console.listen()
    with console.ProgressLines() as progress:
        progress("drawing", 1, 2)
    assert capsys.readouterr().err == "drawing …\n"


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", ">&- 2>&- <&-"])
def test_a_film_ends_well_without_anybody_to_tell(tmp_path: Path, closed: str) -> None:
    line = ["sh", "-c", f'exec "$@" {closed}', "sh", *command("render", "xor", *FILM, "-o", "a.mp4", "--jobs", "1")]
    ended = subprocess.run(line, cwd=tmp_path, env=surroundings(), stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert ended.returncode == 0
    assert netviz.inspect(tmp_path / "a.mp4").media.seconds == 2
    assert contents(tmp_path).keys() == {"a.mp4"}


def test_a_film_ends_well_when_its_reader_leaves(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as gone:
        line = command("render", "xor", *FILM, "-o", "a.mp4", "--jobs", "1")
        ended = subprocess.run(line, cwd=tmp_path, env=surroundings(), stderr=gone, timeout=60, check=False)
    assert ended.returncode == 0 and contents(tmp_path).keys() == {"a.mp4"}


def test_bars_go_on_when_the_terminal_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.EIO, "input/output error")

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", console.LastingStream(Gone()))
    monkeypatch.setenv("TERM", "xterm")
    with console.progress_bar() as bars:
        assert isinstance(bars, console.ProgressBars)
        bars("drawing", 0, 2)
        console.note("a note")
        bars("drawing", 2, 2)


def test_a_result_that_nobody_can_read_is_a_failure(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        line = [*command("words")]
        ended = subprocess.run(line, cwd=tmp_path, env=surroundings(), stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 1
    assert ended.stderr.decode() == "error: what is printed cannot be written: no space left on device\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "{}"),
        ("preview", "{}"),
        ("render", "{}.yaml"),
        ("render", "{}/a.yaml"),
        ("render", "xor", "-o", "{}.mp4"),
        ("render", "xor", "--look", "{}"),
        ("render", "xor", "--set", "audio={}"),
        ("render", "xor", "--set", "words={}"),
        ("embed", "xor", "-o", "{}"),
        ("inspect", "{}"),
        ("words", "{}"),
        ("{}",),
    ],
)
def test_names_without_end(call: Call, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = call(*(each.format(100_000 * "a") for each in arguments))
    assert result.code == 2
    assert len([line for line in result.err.splitlines() if "aaaa" in line]) in (1, 2)
    assert len(result.err) < 3 * console.LONGEST_LINE and contents(tmp_path) == {}


@pytest.mark.parametrize("name", ["...yaml", "..yaml"])
def test_a_file_of_dots_names_no_other_folder(call: Call, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SCENE)
    result = call("validate", name)
    assert result.code == 0 and set(result.out.partition(":")[0]) == {"_"}
