"""What the server answers, and to whom."""

from __future__ import annotations

import contextlib
import errno
import http.client
import re
import socket
import socketserver
import time
from pathlib import Path

import pytest

from netviz.errors import InputError
from netviz.web import preview_server
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


@pytest.mark.parametrize("site", ["cross-site", "same-site", "SAME-ORIGIN", "none, cross-site"])
@pytest.mark.parametrize("path", ["/", "/picture?version=1&frame=0", "/film?version=1"])
def test_another_page_is_refused(viewer: Viewer, site: str, path: str) -> None:
    status, content, _ = viewer.get(path, site=site)
    assert status == 403 and b"another page" in content


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_page_and_the_user_are_answered(viewer: Viewer, site: str) -> None:
    assert viewer.get("/", site=site)[0] == 200


def test_another_page_does_not_move_the_moment(viewer: Viewer, file: Path) -> None:
    def shown_after(version: int, **of: str) -> int:
        viewer.get(f"/picture?version={version}&frame=7", **of)
        file.write_text(file.read_text() + "\n")
        return viewer.picture(version + 1)["picture"]["frame"]

    assert shown_after(1, site="cross-site") == 60, "the middle"
    assert shown_after(2, site="same-origin") == 7


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example",
        "GET / HTTP/1.1\r\nHost: evil.example\r\nHost: localhost",
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost",
        "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site",
        "GET / HTTP/1.0",
    ],
)
def test_requests_that_say_two_things(viewer: Viewer, head: str) -> None:
    with socket.create_connection(("127.0.0.1", viewer.port), timeout=20) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")


def test_without_descriptors_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def accept(server: PreviewServer) -> None:
        calls.append(time.monotonic())
        raise OSError(errno.EMFILE, "too many open files")

    session = nothing(tmp_path)
    server = PreviewServer(session)
    with monkeypatch.context() as patch, socket.create_connection(server.server_address[:2], timeout=20) as connection:
        patch.setattr(socketserver.TCPServer, "get_request", accept)
        server.start()
        time.sleep(0.5)
        assert 1 <= len(calls) <= 1 + 0.5 / preview_server.WAIT
        patch.undo()
        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 404 "), "it is taken up when there is room again"
    close(server)


def test_one_connection_too_many_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_server, "MOST_CONNECTIONS", 2)
    server = start_server(nothing(tmp_path), 0)
    viewer = Viewer(server)  # holds one
    with socket.create_connection(server.server_address[:2], timeout=20) as second:
        second.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert second.recv(4096).startswith(b"HTTP/1.1 200 ")
        with socket.create_connection(server.server_address[:2], timeout=20) as third:
            assert third.recv(4096) == b""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            assert viewer.get("/nothing")[0] == 404, "there is room for another one again"
            break
    else:
        pytest.fail("it never answers again")
    viewer.close()
    close(server)


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
