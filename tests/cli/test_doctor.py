"""`netviz doctor`: a line for each thing, its mark, its exit code; with all in order, and with much of it broken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from netviz.cli import doctor
from netviz.pipeline.doctor import Finding, State
from tests.cli.conftest import Call
from tests.cli.support import run, surroundings


@pytest.mark.slow
def test_all_in_order(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("A_PASSWORD", "hunter2")
    result = call("doctor", "--json")
    found = json.loads(result.out)
    assert (result.code, result.err, found["works"]) == (0, "", True)
    told = {finding["subject"]: finding for finding in found["findings"]}
    assert {
        "netviz",
        "Python",
        "libraries",
        "ffmpeg",
        ".mp4",
        "fonts",
        "recordings",
        "cores",
        "memory",
        "temporary",
    } <= {*told}
    assert "Greek" in told["scripts"]["text"] and "Korean" in told["scripts"]["text"]
    assert told["NETVIZ_CACHE"]["state"] == "ok"
    assert re.match(r"1 s of 320x180 with sound, \d+\.\d kB, made and read back in", told["test film"]["text"])
    assert "hunter2" not in result.out
    assert not [*tmp_path.iterdir()], "nothing is left behind"


@pytest.mark.slow
def test_much_is_broken(tmp_path: Path) -> None:
    """matplotlib cannot be loaded, there is no home, no locale, no ffmpeg, and TMPDIR names no folder."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "matplotlib.py").write_text("raise ImportError('libfreetype.so.6 is missing')\n")
    environment = surroundings(LANG="C", LC_ALL="C", HOME="/proc/nowhere", TMPDIR=str(tmp_path / "nowhere"))
    environment |= {"PYTHONPATH": f"{broken}:{environment['PYTHONPATH']}", "IMAGEIO_FFMPEG_EXE": "/nowhere/ffmpeg"}
    result = run(tmp_path, "doctor", environment=environment)
    assert (result.code, result.err) == (1, "")
    lines = [line.split(maxsplit=2) for line in result.out.splitlines() if line]
    states = {subject: mark for mark, subject, _ in lines[:-1]}
    assert {subject for subject in states if states[subject] == "error"} >= {"matplotlib", "ffmpeg", "test"}
    assert states["fonts"] == "-" and states["temporary"] == "warning" and states["this"] == states["cores"] == "ok"
    assert result.out.splitlines()[-1].startswith("netviz will not work here as it should: 3 errors, ")


def checked_as(monkeypatch: pytest.MonkeyPatch, *states: State) -> None:
    checks = [(state, lambda state=state: [Finding(state, "a text " * 12, state, "do this")]) for state in states]
    monkeypatch.setattr(doctor, "CHECKS", (*checks, ("film", list)))


def test_a_line_for_each_with_its_mark(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    checked_as(monkeypatch, "ok", "warning", "skipped")
    result = call("doctor")
    first, second, third, *_ = result.out.splitlines()
    assert first.startswith("ok       ok  ") and second.startswith("warning  warning  ") and third.startswith("-  ")
    assert {line.index("a text") for line in (first, second, third)} == {31} and second.endswith("; do this")
    assert result.code == 0 and result.out.endswith("\n\nnetviz works here, with 1 warning\n")
    checked_as(monkeypatch, "error", "error", "warning")
    result = call("doctor")
    assert result.code == 1
    assert result.out.endswith("\n\nnetviz will not work here as it should: 2 errors, 1 warning\n")


def test_variables_of_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    checked_as(monkeypatch)
    for name in (*doctor.OF_OTHERS, "NETVIZ_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    for name, value in {
        "QUALITY": "bset",
        "QUALTY": "best",
        "SIZE": "square",
        "JOBS": "many",
        "NEED_SHELLS": "1",
    }.items():
        monkeypatch.setenv(f"NETVIZ_{name}", value)
    result = call("doctor", "--json")
    found = {each["subject"]: each for each in json.loads(result.out)["findings"]}
    assert {name: each["state"] for name, each in found.items()} == {
        "NETVIZ_JOBS": "error",
        "NETVIZ_QUALITY": "error",
        "NETVIZ_QUALTY": "warning",
        "NETVIZ_SIZE": "ok",
        "MPLBACKEND": "ok",
    }
    assert "did you mean 'best'" in found["NETVIZ_QUALITY"]["text"]
    assert "NETVIZ_QUALITY" in found["NETVIZ_QUALTY"]["advice"]
    assert found["MPLBACKEND"]["text"].startswith("nonsense")


def test_help_of_variables_does_not_depend_on_a_broken_library(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETVIZ_QUALITY", "bset")
    monkeypatch.setattr(doctor, "CHECKS", (("libraries", lambda: [Finding("numpy", "?", "error")]), ("film", list)))
    found = json.loads(call("doctor", "--json").out)["findings"]
    assert [(each["subject"], each["state"]) for each in found] == [("numpy", "error"), ("environment", "skipped")]


@pytest.mark.parametrize(("columns", "is_broken"), [(60, True), (500, False)])
def test_long_lines_on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, is_broken: bool) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    text = doctor._line(Finding("scripts", "letters for many of them " * 5))
    lines = text.splitlines()
    assert (len(lines) > 1) == is_broken and all(len(line) <= columns for line in lines)
    assert all(line.startswith(" " * 31) for line in lines[1:])
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert doctor._line(Finding("scripts", "fine")).startswith("\x1b[32mok\x1b[0m  ")


def test_without_anywhere_to_print_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert doctor._line(Finding("fonts", "fine")).startswith("ok  ")


def test_it_is_found_by_other_words(call: Call) -> None:
    assert "doctor" in call("diagnose").err
