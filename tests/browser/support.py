"""What tests in a real Chromium need: the browser, somebody who serves a folder, and looks at how a film is played."""

from __future__ import annotations

import base64
import io
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from netviz.drawing.renderer import Renderer
from netviz.pipeline.looks import Recorded, filmed
from netviz.pipeline.prepare import finish, prepare

NEEDED = "NETVIZ_NEED_CHROMIUM"
"""Set to 1 where tests must not be left out because there is no Chromium."""
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
]
ALIKE = 6.0
"""Mean difference of a film's picture from the still of the same moment, of 255: what encoding leaves."""


def stills_of(recorded: Recorded) -> dict[float, NDArray[np.uint8]]:
    """Pictures of a film at a quarter, half and three quarters of its length, all drawn by one stage."""
    film = filmed(recorded)
    timeline = finish(prepare(film), film.recorded).timeline
    renderer = Renderer(timeline)
    return {part: renderer.draw(timeline.frame(int(part * timeline.frame_count))).copy() for part in (0.25, 0.5, 0.75)}


def chromium() -> str | None:
    """The Chromium of this machine, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def is_needed() -> bool:
    """Whether a machine without Chromium has failed these tests."""
    return os.environ.get(NEEDED) == "1"


@dataclass(frozen=True)
class Facts:
    """What a film file is. stills: pictures (height, width, 3) of the film by part (0 to 1) of its length."""

    seconds: float
    fps: float
    size: tuple[int, int]
    stills: Mapping[float, NDArray[np.uint8]]


@dataclass
class Watch:
    """What a page said and whom it asked, from now on. homes: what the addresses begin with that it may ask."""

    page: Page
    homes: tuple[str, ...]
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self.said.append(text)

    def check(self) -> None:
        """Nothing went wrong in the page, and it asked for nothing that lies elsewhere."""
        assert self.said == []
        assert [url for url in self.asked if not url.startswith((*self.homes, "data:", "blob:"))] == []


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, also parts of files, without which a film cannot be sought in."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        asked = self.headers.get("Range")
        if asked is None or not path.is_file():
            if path.name == "favicon.ico":
                self.send_response(204)
                self.end_headers()
                return
            super().do_GET()
            return
        data = path.read_bytes()
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last) + 1 if last else len(data), len(data))
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}")
        self.send_header("Content-Length", str(stop - start))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        try:
            self.wfile.write(data[start:stop])
        except ConnectionError:  # the browser has enough of it
            self.close_connection = True


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder to this machine; gives its address, which ends in /."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def until(page: Page, expression: str, seconds: float = 15) -> None:
    """Wait until an expression is true in the page. (Playwright's own way would be against the page's policy.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(20)


def check_film(page: Page, facts: Facts, *, sees: bool = True) -> None:
    """The page's film is what it should be, can be sought in, and plays to its end.

    sees: whether the page may look at the film's pixels, which one from the disk may not.
    """
    known = page.evaluate(
        """() => new Promise(done => {
          const film = document.querySelector("video");
          const tell = () => done([film.duration, film.videoWidth, film.videoHeight]);
          if (film.readyState > 0) tell(); else { film.addEventListener("loadedmetadata", tell); film.load(); }
        })"""
    )
    assert abs(known[0] - facts.seconds) <= 1 / facts.fps
    assert tuple(known[1:]) == facts.size
    for part, still in facts.stills.items():
        # The middle of the frame that the still is of: at its edge a player may show the one before.
        middle = (int(part * round(facts.seconds * facts.fps)) + 0.5) / facts.fps
        assert difference(seen_at(page, middle, sees=sees), still) < ALIKE, part
    assert plays_through(page) <= 1 / facts.fps


def plays_through(page: Page, speed: float = 8) -> float:
    """Play the page's film from its start until it says that it has ended; how far from its end it then is."""
    left: float = page.evaluate(
        """speed => new Promise((done, failed) => {
          const film = document.querySelector("video");
          film.addEventListener("ended", () => done(Math.abs(film.duration - film.currentTime)), { once: true });
          film.addEventListener("error", () => failed(film.error), { once: true });
          film.loop = false; film.muted = true; film.currentTime = 0; film.playbackRate = speed;
          film.play().catch(failed);
          setTimeout(() => failed("the film does not end"), 20000);
        })""",
        speed,
    )
    return left


def seen_at(page: Page, seconds: float, *, sees: bool = True) -> NDArray[np.uint8]:
    """The picture (height, width, 3) that the page's film shows at a moment."""
    taken = page.evaluate(
        """([seconds, sees]) => new Promise(done => {
          const film = document.querySelector("video");
          film.pause();
          film.addEventListener("seeked", () => requestAnimationFrame(() => requestAnimationFrame(() => {
            if (!sees) { done(null); return; }
            const canvas = document.createElement("canvas");
            canvas.width = film.videoWidth; canvas.height = film.videoHeight;
            canvas.getContext("2d").drawImage(film, 0, 0);
            done(canvas.toDataURL("image/png").split(",")[1]);
          })), { once: true });
          film.currentTime = seconds;
        })""",
        [seconds, sees],
    )
    data = base64.b64decode(taken) if sees else page.locator("video").screenshot()
    with Image.open(io.BytesIO(data)) as picture:
        return np.array(picture.convert("RGB"))


def difference(seen: NDArray[np.uint8], still: NDArray[np.uint8]) -> float:
    """The mean difference of two pictures, 0 to 255; one that is shown at another size is brought to the still's."""
    if seen.shape != still.shape:
        seen = np.array(Image.fromarray(seen).resize(still.shape[1::-1], Image.Resampling.BOX))
    return float(np.abs(seen.astype(float) - still.astype(float)).mean())


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page for people who cannot see, hear or move as others do."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [f"{each['id']}: {each['help']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]
