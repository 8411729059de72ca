"""Completion: what netviz answers a shell, and what real shells make of it on a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.support import SCENE, surroundings

Complete = Callable[[str], list[str]]
NEEDED = "NETVIZ_NEED_SHELLS"
SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"], "fish": ["fish", "--private"]}
SWITCH_ON = {
    "bash": 'eval "$(netviz completion bash)"',
    "zsh": 'eval "$(netviz completion zsh)"',
    "fish": "netviz completion fish | source",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scene, a track, and a folder in it."""
    (tmp_path / "my.yaml").write_text(SCENE)
    (tmp_path / "a b.yaml").write_text(SCENE)
    (tmp_path / "song.mp3").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "inner.yaml").write_text(SCENE)
    return tmp_path


@pytest.fixture
def complete(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """What may stand at the end of a line, as fish is told it: values, without their help."""

    def values(line: str) -> list[str]:
        monkeypatch.setenv("_NETVIZ_COMPLETE", "fish_complete")
        monkeypatch.setenv("COMP_LINE", line)
        result = call()
        assert result.code == 0, result.err
        return [each.split("\t")[0] for each in result.out.splitlines() if each]

    return values


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("netviz ren", ["render"]),
        ("netviz render my", ["my.yaml"]),
        ("netviz render a", ["a b.yaml"]),
        ("netviz render sub/", ["sub/inner.yaml"]),
        ("netviz render ./m", ["./my.yaml"]),
        ("netviz render --sty", ["--style"]),
        ("netviz render --style ", ["glow", "classic", "playground"]),
        ("netviz render --style=cl", ["--style=classic"]),
        ("netviz render --size p", ["portrait"]),
        ("netviz render --audio bun", ["bundled:track.mp3"]),
        ("netviz render --audio so", ["song.mp3", "sonify"]),
        ("netviz render --set training.cy", ["training.cycles="]),
        ("netviz render --set training.loss=", ["training.loss=squared_error", "training.loss=cross_entropy"]),
        ("netviz render --set network.bias=t", ["network.bias=true"]),
        ("netviz render --set=style=cl", ["--set=style=classic"]),
        ("netviz render --sweep style=glow,", ["style=glow,classic", "style=glow,playground"]),
        ("netviz still --seen-as g", ["grey"]),
        ("netviz still --at po", ["poster"]),
        ("netviz new x.yaml --from xor-", ["xor-classic"]),
        ("netviz completion z", ["zsh"]),
        ("netviz think --pal", []),
        ("netviz render --cycles ", []),
        ("netviz render 'my", ["my.yaml"]),
        ("netviz quatsch --st", []),
    ],
)
def test_what_may_stand_there(complete: Complete, line: str, expected: list[str]) -> None:
    assert complete(line) == expected


def test_scenes_files_and_folders(complete: Complete) -> None:
    found = complete("netviz render ")
    assert found[:3] == ["a b.yaml", "my.yaml", "sub/"]
    assert {"xor", "digits"} <= {*found} and "song.mp3" not in found


def test_keys_come_with_what_they_are(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_NETVIZ_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_LINE", "netviz render --set motio")
    assert call().out == "motion=\tAmount of motion\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_help_says_how_to_switch_it_on(call: Call, shell: str) -> None:
    assert f"netviz completion {shell}" in call("completion", "--help").out
    script = call("completion", shell)
    assert script.code == 0 and "_NETVIZ_COMPLETE" in script.out


class Terminal:
    """A real shell on a pseudo-terminal, with netviz's completion switched on."""

    def __init__(self, shell: str, folder: Path) -> None:
        programs = folder / "bin"
        programs.mkdir()
        (programs / "netviz").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netviz "$@"\n')
        (programs / "netviz").chmod(0o755)
        environment = surroundings(
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}", HOME=str(programs), PS1="> ", TERM="xterm"
        )
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(SHELLS[shell][0], SHELLS[shell], environment)
        self.wait_for_quiet(1.0)
        self.type(f"{SWITCH_ON[shell]}; echo swit''ched\r")
        self.read_until("switched")

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def read_until(self, text: str, seconds: float = 30) -> str:
        """What the terminal shows until the text has come, without its control sequences."""
        seen, end = "", time.monotonic() + seconds
        while text not in (plain := re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()=>][0B]?|\x07", "", seen)):
            assert time.monotonic() < end, f"{text!r} has not come: {plain!r}"
            if select.select([self.terminal], [], [], 0.2)[0]:
                seen += os.read(self.terminal, 65536).decode(errors="replace")
        return plain

    def wait_for_quiet(self, seconds: float) -> None:
        while select.select([self.terminal], [], [], seconds)[0]:
            os.read(self.terminal, 65536)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


BY_SHELL = (
    ("netviz rend", "netviz render"),
    ("netviz render a", "netviz render a\\ b.yaml"),
    ("netviz still --style=cl", "netviz still --style=classic"),
    ("netviz render --audio bundled:tr", "netviz render --audio bundled:track.mp3"),
    ("netviz render --set training.cy", "netviz render --set training.cycles="),
)
"""Lines and what they become, of which each shell has a way of its own: a blank, a sign that parts words, no blank."""
ALIKE = (
    ("netviz render my", "netviz render my.yaml"),
    ("netviz still --style cl", "netviz still --style classic"),
    ("netviz render --set style=cl", "netviz render --set style=classic"),
)
"""The same, of which no shell has; one of them is enough."""


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell(folder: Path, shell: str) -> None:
    """A line is typed, then TAB: the shell shows it whole."""
    if shutil.which(shell) is None:
        assert not os.environ.get(NEEDED), f"{shell} is missing, and must be there"
        pytest.skip(f"{shell} is not installed")
    terminal = Terminal(shell, folder)
    try:
        for typed, whole in (*BY_SHELL, *(ALIKE if shell == "bash" else ())):
            terminal.type(f"{typed}\t")
            terminal.read_until(whole)
            terminal.type("\x15")  # what comes of it is no line that is waited for next
    finally:
        terminal.close()
