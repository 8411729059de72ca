"""Films of every kind that browsers play, in a real one: length, size, seeking, pictures, to the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

import netviz
from netviz.pipeline.looks import Filmed
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from tests.browser.support import Facts, Watch, check_film, difference, seen_at, served, stills_of
from tests.conftest import SHORT

SECONDS, FPS = 2, 10
SMALL: dict[str, Any] = SHORT | {
    "audio": "bundled:track.mp3",
    "audio.fit": "track",
    "duration": SECONDS,
    "story": None,
    "shots": [{"shot": "learning", "examples": 2}],
    "output.fps": FPS,
}
FILMS: dict[str, dict[str, Any]] = {
    "good.mp4": {},
    "best.mp4": {"output.quality": "best", "output.platform": "shorts", "output.size": "270x480"},
    "draft.mp4": {"output.quality": "draft", "output.fps": "30000/1001", "motion": "reduced"},
    "av1.webm": {"output.webm": "av1"},
    "vp9.webm": {"output.webm": "vp9", "output.size": "256x256", "theme": "paper"},
}
GROUND = (30, 60, 120)


@dataclass(frozen=True)
class Site:
    """Films, what is known of them, and where they are served."""

    facts: dict[str, Facts]
    address: str


def looking(recording: Recording, **changes: Any) -> Filmed:
    """The recording, to be drawn and written otherwise."""
    return Filmed(recording, load_scene("xor", overrides=SMALL | changes))


@pytest.fixture(scope="module")
def trained() -> Recording:
    return netviz.record(load_scene("xor", overrides=SMALL))


@pytest.fixture(scope="module")
def site(browser: Browser, trained: Recording, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("films")
    films: dict[Any, Filmed] = {folder / name: looking(trained, **changes) for name, changes in FILMS.items()}
    facts = {}
    for path, film in netviz.render_many(films, jobs=1).items():
        assert not isinstance(film, Exception), film
        output = films[path].scene.output
        facts[path.name] = Facts(float(film.seconds), float(output.fps), output.size, stills_of(films[path]))
    _pages(folder)
    with served(folder) as address:
        yield Site(facts, address)


def _pages(folder: Path) -> None:
    for path in [*folder.iterdir()]:
        if path.suffix in (".mp4", ".webm"):
            page = f'<!doctype html><title>{path.name}</title><video src="{path.name}" controls></video>'
            (folder / f"{path.name}.html").write_text(page)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 800, "height": 700})
    yield page
    page.close()


@pytest.mark.filterwarnings("ignore::netviz.NetvizWarning")
@pytest.mark.parametrize("name", FILMS)
def test_it_plays(site: Site, page: Page, name: str) -> None:
    watch = Watch(page, (site.address,))
    page.goto(f"{site.address}{name}.html")
    check_film(page, site.facts[name])
    assert page.evaluate("document.querySelector('video').webkitAudioDecodedByteCount") > 0, "it is heard"
    watch.check()


@pytest.mark.filterwarnings("ignore::netviz.NetvizWarning")
def test_a_transparent_film_lets_the_page_through(
    browser: Browser, page: Page, trained: Recording, tmp_path: Path
) -> None:
    film = looking(trained, **{"output.transparent": True})
    netviz.render(film, tmp_path / "clear.webm", jobs=1)
    style = f"background: rgb{GROUND}; margin: 0"
    (tmp_path / "clear.webm.html").write_text(
        f'<!doctype html><title>clear</title><body style="{style}"><video src="clear.webm"></video>'
    )
    still = netviz.still(film, "50%")
    wanted = _over(still, GROUND)
    with served(tmp_path) as address:
        page.goto(f"{address}clear.webm.html")
        seen = seen_at(page, SECONDS / 2, sees=False)
    assert difference(seen, wanted) < 5
    assert difference(seen, still[..., :3]) > 30, "and the test would see if it did not"


def _over(picture: NDArray[np.uint8], ground: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A picture (height, width, 4) laid over a colour."""
    alpha = picture[..., 3:] / 255
    return np.rint(picture[..., :3] * alpha + np.array(ground) * (1 - alpha)).astype(np.uint8)
