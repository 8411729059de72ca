"""A film told in words, without being drawn."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netviz.pipeline.api import finished_film
from netviz.pipeline.prepare import prepare
from netviz.scene.loader import read_scene
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.web.preview import PreviewInput, PreviewSession
from netviz.web.preview_server import PreviewServer, close, start_server
from tests.conftest import short_scene


def film(**changes: Any) -> Timeline | SideBySide:
    """All frames of a short film of the xor scene."""
    scene = short_scene(**changes)
    prepared = prepare(scene)
    return finished_film(prepared).timeline


@pytest.fixture(scope="session")
def timeline() -> Timeline:
    """Those of the short film as it is, with its story."""
    found = film()
    assert isinstance(found, Timeline)
    return found


# A preview that runs, and somebody who looks at it over HTTP.

SCENE = """\
title: Small
network:
  layers: [2, 2, 1]
data:
  csv: table.csv
  inputs: [a, b]
  targets: [c]
training: {cycles: 60, seed: 1}
schedule: {frames: 3}
duration: 12
output: {size: 160x128, fps: 10}
"""
TABLE = "a,b,c\n0,1,1\n1,1,0\n"


class Viewer:
    """The page's part, in Python."""

    def __init__(self, server: PreviewServer) -> None:
        self.port = server.server_address[1]
        self._news = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self._news.request("GET", "/news")
        self._lines = self._news.getresponse()
        assert self._lines.getheader("Content-Type") == "text/event-stream"

    def until(self, fits: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The next status that fits."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            line = self._lines.readline()
            assert line, "the news ended"
            if line.startswith(b"data: "):
                status: dict[str, Any] = json.loads(line[6:])
                if fits(status):
                    return status
        raise AssertionError("nothing fitting was told")

    def picture(self, version: int) -> dict[str, Any]:
        """The status in which a version of at least this number is shown, and nothing is wrong."""
        return self.until(lambda s: s["picture"] and s["picture"]["version"] >= version and s["phase"] == "ready")

    def get(
        self, path: str, host: str | None = None, method: str = "GET", site: str | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Host": host, "Sec-Fetch-Site": site}
        connection.request(method, path, headers={name: text for name, text in headers.items() if text is not None})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, dict(answer.getheaders())

    def close(self) -> None:
        self._lines.close()
        self._news.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "table.csv").write_text(TABLE)
    path = tmp_path / "my.yaml"
    path.write_text(SCENE)
    return path


Start = Callable[..., Viewer]


@pytest.fixture
def start(file: Path, tmp_path: Path) -> Iterator[Start]:
    """Begin a preview of the scene file with options of the studio, and look at it."""
    running: list[tuple[PreviewSession, PreviewServer, Viewer]] = []
    folder = tmp_path / "films"
    folder.mkdir()

    def read() -> PreviewInput:
        draft = read_scene(file)
        return PreviewInput(draft.scene, tuple(map(str, draft.problems)), (file, *draft.files), draft.notes)

    def begin(**options: Any) -> Viewer:
        session = PreviewSession(read, folder, cache=False, **options)
        server = start_server(session, 0)
        viewer = Viewer(server)
        session.start()
        running.append((session, server, viewer))
        return viewer

    yield begin
    for session, server, viewer in running:
        session.close()
        close(server)
        viewer.close()
    assert [*folder.iterdir()] == []
