"""The preview as a command: where it is, what it refuses, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from netviz.cli import preview
from tests.cli.conftest import Call
from tests.cli.support import SCENE, SMALL, command, surroundings


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A preview in a process of its own, and its port; it is gone afterwards."""
    process = subprocess.Popen(
        command("preview", "--no-browser", *arguments),
        cwd=folder,
        env=surroundings(TMPDIR=str(folder)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        address = urlsplit(process.stdout.readline().strip())
        assert address.hostname == "127.0.0.1" and address.port, process.communicate()
        yield process, address.port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def told(port: int, word: str) -> dict[str, object]:
    """The next status that has a word in it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/news")
    lines = connection.getresponse()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        line = lines.readline().decode()
        if line.startswith("data: ") and word in line:
            status: dict[str, object] = json.loads(line[6:])
            return status
    raise AssertionError(f"nothing was told of {word}")


@pytest.mark.slow
@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_follows_saves_with_the_options_and_ends_cleanly(tmp_path: Path, signum: int, code: int) -> None:
    scene = tmp_path / "my.yaml"
    scene.write_text(SCENE)
    with running(tmp_path, "my.yaml", "--size", "128x160", "--film", "--set", "title=Ours") as (process, port):
        assert '"size": [128, 160]' in json.dumps(told(port, '"version": 1'))
        scene.write_text(SCENE.replace("cycles: 60", "cycels: 60"))
        assert "my.yaml:7:12: training.cycels" in json.dumps(told(port, "cycels"))
        scene.write_text(SCENE.replace("cycles: 60", "cycles: 90000000"))
        told(port, '"training", "done": 0.')
        since = time.monotonic()
        os.killpg(process.pid, signum)
        out, err = process.communicate(timeout=10)
        assert time.monotonic() - since < 3
    assert (process.returncode, out) == (code, "")
    assert "my: drawn in" in err and "error: my.yaml:7:12: training.cycels: unknown key" in err
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"my.yaml"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["nowhere.yaml"], "nowhere.yaml: no such file"),
        (["no-such-scene"], "neither a scene file nor one of netviz's own scenes"),
        (["--set", "training.cycels=3"], "--set training.cycels: unknown key"),
        (["--fps", "0"], "--fps"),
        (["--at", "noon"], "--at: 'noon' is no moment"),
        (["--at", "cycle:7000000"], "--at: the film does not come to cycle 7,000,000"),
        (["https://playground.tensorflow.org/#activation=nothing"], "link: activation"),
        (["run.npz"], "run.npz: cannot be read"),
    ],
    ids=str,
)
def test_what_no_saving_mends_is_refused(call: Call, arguments: list[str], error: str) -> None:
    result = call("preview", "--no-browser", *arguments)
    assert result.code == 2 and result.out == ""
    assert error in result.err


def test_a_wrong_port(call: Call) -> None:
    assert call("preview", "--port", "70000").code == 2


@pytest.mark.slow
def test_a_recording_is_shown_as_it_is(call: Call, tmp_path: Path) -> None:
    assert call("record", *SMALL, "--cycles", "60", "--frames", "3", "--duration", "12").code == 0
    with running(tmp_path, "xor.npz", "--theme", "paper") as (_, port):
        status = told(port, '"version": 1')
        assert '"trained": null' in json.dumps(status)


@pytest.mark.parametrize(
    ("environment", "screen"),
    [({}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({"BROWSER": "w3m"}, True)],
)
def test_a_browser_is_opened_where_there_is_a_screen(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], screen: bool
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert preview.has_screen() is screen
