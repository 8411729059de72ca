"""What the server answers, and to whom."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from netviz.errors import InputError
from netviz.web.preview import PreviewInput, PreviewSession
from netviz.web.preview_server import PreviewServer, close, start_server
from tests.web.conftest import Start, Viewer


@pytest.fixture
def viewer(start: Start) -> Viewer:
    viewer = start()
    viewer.picture(1)
    return viewer


def test_the_page_asks_nobody_else(viewer: Viewer) -> None:
    status, content, headers = viewer.get("/")
    page = content.decode()
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert set(re.findall(r"https?://[^\s'\"<)]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "/* colours */" not in page and "--ink: #f4f5fa" in page
    policy = headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', page))
    assert f"script-src 'nonce-{nonce}'" in policy and policy.startswith("default-src 'none'")
    assert not re.findall(r"\son[a-z]+=", page), "the policy would stop it"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_pictures_and_font(viewer: Viewer) -> None:
    status, content, headers = viewer.get("/picture?version=1&frame=0")
    assert (status, headers["Content-Type"], content[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert headers["Cache-Control"] == "no-store"
    assert viewer.get("/font")[1][:4] == b"OTTO"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/picture", 400),
        ("/picture?version=1", 400),
        ("/picture?version=1&frame=-1", 400),
        ("/picture?version=1&frame=1e9", 400),
        ("/picture?version=1&frame=٣", 400),
        ("/picture?version=1&frame=99999999999999999999", 400),
        ("/picture?version=1&frame=120", 404),
        ("/picture?version=7&frame=0", 410),
        ("/film?version=1", 410),
        ("/nothing", 404),
        ("/../../etc/passwd", 404),
        ("/font/../../../etc/passwd", 404),
        ("/%2e%2e/%2e%2e/etc/passwd", 404),
        ("//etc/passwd", 404),
    ],
)
def test_what_is_not_there(viewer: Viewer, path: str, status: int) -> None:
    from urllib.parse import quote

    answer, content, _ = viewer.get(quote(path, safe="/?&=%."))
    assert answer == status
    assert b"root:" not in content


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1]", "0.0.0.0"])
@pytest.mark.parametrize("path", ["/", "/picture?version=1&frame=0", "/news", "/film?version=1", "/nothing"])
def test_a_name_that_is_not_ours_is_refused(viewer: Viewer, host: str, path: str) -> None:
    status, content, _ = viewer.get(path, host=host)
    assert status == 403 and b"alone" in content


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9000", "LOCALHOST"])
def test_our_names_on_any_port(viewer: Viewer, host: str) -> None:
    assert viewer.get("/", host=host)[0] == 200


def test_nothing_can_be_changed(viewer: Viewer) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert viewer.get("/", method=method)[0] == 501


def test_only_this_machine_is_answered(viewer: Viewer) -> None:
    with socket.socket() as other, pytest.raises(OSError):
        other.settimeout(2)
        other.connect(("127.0.0.2", viewer.port))


def nothing(folder: Path) -> PreviewSession:
    return PreviewSession(lambda: PreviewInput(None, ("nothing",)), folder)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"--port: {port} cannot be used: address already in use"):
            PreviewServer(nothing(tmp_path), port)


def test_the_end_is_told(tmp_path: Path) -> None:
    session = nothing(tmp_path)
    server = start_server(session, 0)
    viewer = Viewer(server)
    session.start()
    viewer.until(lambda status: status["problems"] == ["nothing"])
    session.close()
    assert viewer.until(lambda status: status["over"])
    close(server)
    viewer.close()
    with pytest.raises(OSError):
        Viewer(server)
