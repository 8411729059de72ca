"""`netviz embed`: a folder for a post."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.support import FILM
from tests.cli.test_process import DRAWING, started, wait_until_gone


def test_a_folder_for_a_post(call: Call, tmp_path: Path) -> None:
    made = call("embed", "xor", *FILM, "--autoplay", "--jobs", "1", "-o", "post")
    assert made.code == 0, made.err
    assert re.fullmatch(r"post/index\.html: 2\.00 s, \d+ files, [\d.]+ kB\n", made.out)
    assert not (tmp_path / "post" / "xor.vtt").exists(), "it tells nothing"
    assert "<script>" in (tmp_path / "post" / "snippet.html").read_text()
    assert "<track" not in (tmp_path / "post" / "snippet.html").read_text()


def test_all_mistakes_at_once(call: Call, tmp_path: Path) -> None:
    (tmp_path / "xor").mkdir()
    wrong = call("embed", "xor", "--url", "my films", "--jobs", "many", "--size", "3x3", "--set", "style: expected")
    assert wrong.code == 2 and wrong.out == ""
    for part in (
        "--url: 'my films' is no address",
        "--jobs: expected a whole number",
        "--size: ",
        "style: expected",
        "error: xor: exists already",
    ):
        assert part in wrong.err
    assert list((tmp_path / "xor").iterdir()) == []


@pytest.mark.slow
def test_stopped_in_the_middle_nothing_is_left(tmp_path: Path) -> None:
    with started(tmp_path, "drawing", "embed", *DRAWING, "--jobs", "1", "-o", "post") as process:
        assert [path.suffix for path in tmp_path.iterdir() if path.is_dir()] == [".making"]
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "stopped\n")
    assert [*tmp_path.iterdir()] == []
    wait_until_gone(tmp_path)


def test_help(call: Call) -> None:
    told = call("embed", "--help")
    assert told.code == 0
    for option in ("--autoplay", "--url PREFIX", "--overwrite", "--jobs", "--no-cache", "--strict", "--set"):
        assert option in told.out


@pytest.mark.parametrize("name", ["embed", "Post"])
def test_in_python(name: str) -> None:
    import netviz

    assert name in netviz.__all__ and getattr(netviz, name).__module__ == "netviz.web.embed"
