"""Preview server: page, status and pictures over HTTP, to this machine alone."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from netviz.drawing.theme import NIGHT, code_of
from netviz.errors import InputError, Problem
from netviz.resources import assets_folder
from netviz.web.preview import PreviewSession

_HOST = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost")
"""Names of this machine in a request. A page of the web that has its own name lead here (DNS rebinding) calls
it by that name, and is refused. Any port is right: a tunnel may have another."""
OWN_SITE = ("same-origin", "none")
"""Values of Sec-Fetch-Site, a browser's word on a request's origin, that are answered: our own page, or an address that
its user typed or opened. Another page could move the moment that is shown."""
MOST_CONNECTIONS = 64
"""Connections at a time; a browser holds up to six, with one for the news of each of its tabs."""
WAIT = 0.2
"""Seconds until a connection is taken up again that could not be, as there was no descriptor or memory for it."""
HEARTBEAT = 10.0
"""Seconds after which a word is sent in any case, so that those who have gone are noticed."""


_log = logging.getLogger(__name__)


class PreviewServer(ThreadingHTTPServer):
    """Serves a studio's pictures. The address is known once it is made; nothing is answered before `start`."""

    daemon_threads = True

    def __init__(self, session: PreviewSession, port: int = 0) -> None:
        self.session = session
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError([Problem("--port", f"{port} cannot be used: {reason}; give another, or none")]) from None

    @property
    def address(self) -> str:
        """The page's."""
        return f"http://{_HOST}:{self.server_address[1]}/"

    def start(self) -> None:
        """Answer from now on, in threads."""
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises OSError if there is none, or, after a while, nothing left to take it up with."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(WAIT)  # it still waits at the door: asking at once for ever would keep a core busy
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread; one too many is closed."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread has begun
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is no news."""


class _Refused(Exception):
    """The answer to a request that gets nothing."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class _Handler(BaseHTTPRequestHandler):
    server: PreviewServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "netviz", ""
    timeout = 60

    def do_GET(self) -> None:
        routes: Mapping[str, Callable[[dict[str, str]], None]] = {
            "/": self._page,
            "/news": self._news,
            "/picture": self._picture,
            "/film": self._film,
            "/font": self._font,
        }
        try:
            address = urlsplit(self.path)
            self._check_sender(address)
            if address.path not in routes:
                raise _Refused(HTTPStatus.NOT_FOUND, "there is nothing under this name")
            query = {key: values[-1] for key, values in parse_qs(address.query).items()}
            routes[address.path](query)
        except _Refused as refused:
            self.close_connection = True  # whoever is refused holds none
            self._answer(refused.why.encode(), "text/plain; charset=utf-8", refused.status)
        except ConnectionError:
            self.close_connection = True
        except Exception as failure:
            _log.info("%s cannot be answered: %r", self.path, failure)
            self._answer(b"this cannot be drawn", "text/plain; charset=utf-8", HTTPStatus.INTERNAL_SERVER_ERROR)

    def _check_sender(self, address: SplitResult) -> None:
        """Refuse what is not asked by this machine's name, or is asked by another page."""
        hosts = self.headers.get_all("Host", [])
        host = hosts[0].rpartition(":")[0] or hosts[0] if len(hosts) == 1 else ""
        if host.lower() not in NAMES or (address.scheme and address.hostname not in NAMES):
            raise _Refused(HTTPStatus.FORBIDDEN, f"this address is for {' and '.join(NAMES)} alone")
        if not {*self.headers.get_all("Sec-Fetch-Site", [])} <= {*OWN_SITE}:
            raise _Refused(HTTPStatus.FORBIDDEN, "another page asks for this; type the address yourself to open it")

    def _page(self, query: dict[str, str]) -> None:
        self._answer(page(), "text/html; charset=utf-8")

    def _font(self, query: dict[str, str]) -> None:
        file = assets_folder() / "fonts" / "Inter-Medium.otf"
        self._answer(file.read_bytes(), "font/otf", caching="max-age=86400")

    def _news(self, query: dict[str, str]) -> None:
        """Every status as it comes, for ever (server-sent events)."""
        self._begin(HTTPStatus.OK, {"Content-Type": "text/event-stream", "Connection": "close"})
        self.close_connection = True
        serial = 0
        while True:
            news, status = self.server.session.wait(serial, HEARTBEAT)
            self.wfile.write(f"data: {status.as_json()}\n\n".encode() if news != serial else b":\n\n")
            self.wfile.flush()
            serial = news
            if status.over:
                return

    def _picture(self, query: dict[str, str]) -> None:
        version, frame = self._number(query, "version"), self._number(query, "frame")
        try:
            self._found(self.server.session.picture(version, frame), "image/jpeg")
        except IndexError as wrong:
            raise _Refused(HTTPStatus.NOT_FOUND, str(wrong)) from None

    def _film(self, query: dict[str, str]) -> None:
        self._found(self.server.session.film(self._number(query, "version")), "video/mp4")

    def _number(self, query: dict[str, str], name: str) -> int:
        text = query.get(name, "")
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise _Refused(HTTPStatus.BAD_REQUEST, f"{name} must be a whole number")
        return int(text)

    def _found(self, content: bytes | None, kind: str) -> None:
        if content is None:
            raise _Refused(HTTPStatus.GONE, "there is another version by now")
        self._answer(content, kind)

    def _answer(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK, caching: str = "no-store") -> None:
        self._begin(status, {"Content-Type": kind, "Content-Length": str(len(content))}, caching)
        self.wfile.write(content)

    def _begin(self, status: HTTPStatus, headers: dict[str, str], caching: str = "no-store") -> None:
        self.send_response(status)
        always = {
            "Cache-Control": caching,
            "Content-Security-Policy": POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        for name, value in {**headers, **always}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the terminal is the user's."""


def start_server(session: PreviewSession, port: int) -> PreviewServer:
    """Begin to serve a studio. Raises InputError if the port cannot be had."""
    server = PreviewServer(session, port)
    server.start()
    return server


def close(server: PreviewServer) -> None:
    """Answer no more."""
    with suppress(OSError):
        server.shutdown()
        server.server_close()


# Text of the page, in the colours of our films; it needs nothing but this server.

_NONCE = secrets.token_urlsafe(16)
POLICY = (
    f"default-src 'none'; script-src 'nonce-{_NONCE}'; style-src 'nonce-{_NONCE}'; img-src blob: data:; "
    "media-src blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content security policy of the page: it runs its own script, and asks this server and no other."""


@cache
def page() -> bytes:
    """The whole page, UTF-8."""
    text = (Path(__file__).parent / "preview.html").read_text(encoding="utf-8")
    colours = {
        "ground": NIGHT.edge,
        "raised": NIGHT.neuron,
        "line": NIGHT.middle,
        "ink": NIGHT.ink,
        "quiet": NIGHT.quiet,
        "faint": NIGHT.faint,
        "signal": NIGHT.signal,
        "good": NIGHT.positive,
        "bad": NIGHT.negative,
    }
    variables = "; ".join(f"--{name}: {code_of(colour)}" for name, colour in colours.items())
    return text.replace("/* colours */", variables).replace("NONCE", _NONCE).encode()
