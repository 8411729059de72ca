"""Option --debug: the file it leaves, and that nothing else is another with it."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netviz.audio import music_file
from netviz.cli import debug_log
from netviz.cli.console import Stopped
from netviz.cli.debug_log import LOG, debugging
from tests.cli.conftest import Call
from tests.cli.support import BRIEF, SMALL, contents, surroundings

TOLD = f"the log of this command is in {LOG}\n"


@pytest.fixture(autouse=True)
def restored() -> None:
    """The logger is as before, whatever a command did."""
    log = logging.getLogger("netviz")
    assert (log.handlers, log.level) == ([], logging.NOTSET)


def test_what_a_log_holds(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_PASSWORD", "hunter2")
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    (tmp_path / LOG).write_text("of an earlier command")
    options = [*SMALL, *BRIEF, "--set", "title=Grün 試", "--at", "start"]
    music_file._decoded.cache_clear()  # which other tests in this process may have filled
    result = call("still", *options, "--debug", "-o", "a.png")
    assert result.code == 0 and result.err.endswith(TOLD)
    assert {*contents(tmp_path)} == {"a.png", str(LOG)}
    text = (tmp_path / LOG).read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[1].startswith("command: netviz still --size 160x128") and lines[2] == f"folder: ~/{tmp_path.name}"
    for subject in ("netviz: ", "Python: ", "libraries: numpy ", "ffmpeg: "):
        assert any(line.startswith(subject) for line in lines), subject
    assert "size: 160x128" in text and "recording of xor: done in" in text and "drawing of a picture: done in" in text
    assert re.search(r"plan: \d+ frames", text) and re.search(r"ffmpeg \d+ begins: .* -i file:", text)
    assert "Grün 試" in text and "warning: no letters for" in text, "what was told on the terminal"
    assert lines[-1].endswith("netviz.cli.debug_log: ended with exit code 0")
    assert "hunter2" not in text and str(tmp_path.parent) not in text and "\x1b" not in text and "earlier" not in text
    assert call("still", *options, "-o", "b.png").err.count(str(LOG)) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_no_log_without_the_option(call: Call, tmp_path: Path) -> None:
    assert call("plan", *BRIEF).code == 0
    assert not contents(tmp_path)


def test_a_traceback(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("netviz.cli.commands.read_source", fail)
    result = call("plan", "--debug")
    assert result.code == 1 and "Traceback" in result.err and result.err.endswith(TOLD)
    text = (tmp_path / LOG).read_text()
    assert "\n    ZeroDivisionError: oops\n" in text and "    Traceback (most recent call last):" in text
    assert text.endswith("ended with exit code 1\n")


def test_wrong_use_is_logged_too(call: Call, tmp_path: Path) -> None:
    assert call("render", "--nonsense", "--debug").code == 2
    assert "exit code 2" in (tmp_path / LOG).read_text()


def test_a_log_that_cannot_be_written_is_one_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / LOG).mkdir()
    result = call("plan", *BRIEF, "--debug")
    assert result.code == 0 and "frames" in result.out
    assert result.warnings == [f"no log is written to {LOG}: is a folder; give the name of a file in it"]
    assert TOLD not in result.err and {*tmp_path.iterdir()} == {tmp_path / LOG}


@pytest.mark.skipif(sys.platform != "linux", reason="only there a folder goes while one is in it")
def test_in_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with debugging([]):
        pass
    assert capsys.readouterr().err == f"warning: no log is written to {LOG}: no such file or directory\n"


def test_a_full_disk_ends_the_log_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    records = debug_log._Records(os.open("/dev/full", os.O_WRONLY), Path("/dev/full"))
    monkeypatch.setattr(debug_log, "_begun", lambda arguments: records)
    with debugging([]):
        logging.getLogger("netviz.x").debug("more than there is room for")
        logging.getLogger("netviz.x").debug("once more")
    assert capsys.readouterr().err == f"warning: the log in {LOG} breaks off: no space left on device\n"


def test_another_command_has_begun_a_log_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with debugging(["first"]), debugging(["second"]):
        pass
    assert capsys.readouterr().err.startswith(f"{TOLD}warning: the log of this command is gone")
    assert "command: netviz second" in LOG.read_text() and {*contents(tmp_path)} == {str(LOG)}


def test_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Stopped), debugging(["render"]):
        raise Stopped(143)
    text = LOG.read_text()
    assert "ended with exit code 143\n    Traceback" in text and "test_where_it_was_stopped" in text


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_code_that_does_not_come_back_is_found_by_a_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written while it is at work, not when Python is asked again: so here the handler has not run when we look."""
    monkeypatch.chdir(tmp_path)
    seen = []
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append(LOG.read_text()))
    try:
        with debugging(["render"]):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "test_code_that_does_not_come_back" in seen[0] and "most recent call first" in seen[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV])
def test_of_a_command_that_dies_all_is_there_up_to_then(tmp_path: Path, end: signal.Signals) -> None:
    program = (
        "import logging, os, netviz.cli.debug_log as log\n"
        "with log.debugging(['render']):\n"
        "    logging.getLogger('netviz.x').debug('half-way')\n"
        f"    os.kill(os.getpid(), {end})\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=surroundings(), check=False)
    assert ended.returncode == -end
    assert {*contents(tmp_path)} == {str(LOG)}
    text = (tmp_path / LOG).read_text()
    assert text.startswith("began: ") and "netviz.x: half-way\n" in text
    assert ("Fatal Python error: Segmentation fault" in text) == (end == signal.SIGSEGV)
