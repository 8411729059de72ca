"""What is logged by Python's own means: phases, ffmpeg's command lines and words, and what worker processes say."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import netviz
from netviz import ffmpeg, log
from netviz.ffmpeg import Ffmpeg, FfmpegFailed
from netviz.pipeline.processes import WorkerLost, WorkerProcess
from tests.video.support import false_ffmpeg

WORKER = """
import json, logging, sys
sys.path[:] = json.loads(sys.argv[1])
from netviz.pipeline.processes import receive, send, serve

def answer(requests, answers):
    logging.getLogger("netviz.a.module").debug("asked for %s", receive(requests))
    print("a word of a library")
    send(answers, "the answer")
    receive(requests)

serve(answer)
"""


@pytest.fixture(autouse=True)
def quiet() -> None:
    assert log.lowest_level() == logging.WARNING, "netviz sets no level by itself"


def test_no_handler_is_installed() -> None:
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == log.NAME]
    assert "netviz.ffmpeg" in names
    assert not any(logging.getLogger(name).handlers for name in names)


def test_a_plan_logs_its_scene_and_phases(caplog: pytest.LogCaptureFixture) -> None:
    scene = netviz.load_scene("neuron", overrides={"title": "A title of its own", "training.cycles": 20})
    netviz.plan(scene)
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, log.NAME):
        netviz.plan(scene)
    assert "A title of its own" in caplog.text and "cycles: 20" in caplog.text
    assert re.search(r"plan: \d+ frames at 30 a second, 60\.000 s; \d+ shown steps", caplog.text)
    assert re.search(r"preparing neuron: done in \d+\.\d{3} s", caplog.text)


def test_a_phase_that_breaks_off(caplog: pytest.LogCaptureFixture) -> None:
    own = logging.getLogger("netviz.x")
    with caplog.at_level(logging.DEBUG, log.NAME), pytest.raises(KeyError), log.phase(own, "training"):
        raise KeyError
    assert re.fullmatch(r"training: broken off after \d\.\d{3} s by KeyError", caplog.messages[-1])


def test_all_that_an_ffmpeg_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    body = "for i in range(99): print('line', i, file=sys.stderr)\nsys.stderr.write('no end'); sys.exit(3)"
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(false_ffmpeg(tmp_path, body)))
    with pytest.raises(FfmpegFailed), Ffmpeg(["-i", "a b"]) as process:
        process.finish()
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, "netviz.ffmpeg"), pytest.raises(FfmpegFailed), Ffmpeg(["-i", "a b"]) as process:
        process.finish()
    first, *lines, last = caplog.messages
    assert first.endswith("-hide_banner -nostdin -i 'a b'")
    assert [line.partition(": ")[2] for line in lines] == [*(f"line {number}" for number in range(99)), "no end"]
    assert re.fullmatch(r"ffmpeg \d+ ended with exit status 3 after \d+\.\d{3} s", last)


def test_an_ffmpeg_without_end_does_not_fill_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ffmpeg, "_MOST_LOGGED", 10)
    with caplog.at_level(logging.DEBUG, log.NAME):
        lines = ffmpeg._LoggedLines(7)
        for chunk in (b"fir", b"st\r\nsecond\nth", b"ird\n", b"fourth\n", b""):
            lines.add(chunk)
    assert caplog.messages == [
        *("ffmpeg 7: first", "ffmpeg 7: second"),
        "ffmpeg 7: (the rest of what it says is left out)",
    ]


def test_records_of_a_worker_come_to_us(caplog: pytest.LogCaptureFixture) -> None:
    """Between its answers, which stay what they are."""
    with caplog.at_level(logging.DEBUG, log.NAME):
        worker = WorkerProcess(WORKER)
        try:
            worker.send({"a": 1})
            assert worker.receive() == "the answer"
            worker.send("end")
            with pytest.raises(WorkerLost):
                worker.receive()
        finally:
            worker.end()
    record = next(record for record in caplog.records if record.name == "netviz.a.module")
    assert record.getMessage() == "asked for {'a': 1}" and record.process == worker._process.pid
    assert re.fullmatch(r"worker \d+ begins", caplog.messages[0])
    assert caplog.messages[-1].endswith("said:\na word of a library")


def test_a_worker_sends_nothing_that_nobody_wants() -> None:
    def fail(_: object) -> None:
        raise AssertionError

    log.send_records(log.lowest_level(), fail)
    logging.getLogger("netviz.x").error("nobody is asked")
    assert not logging.getLogger(log.NAME).handlers
