"""The site in a real Chromium, opened from the disk: what plays, what is found, and that nobody is shut out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import browser
from tests.browser.support import Watch, until, violations

pytestmark = pytest.mark.documentation

__all__ = ["browser"]
DESK, PHONE = (1280, 800), (390, 780)
KINDS = ("index.html", "gallery.html", "how-to/index.html", "reference/errors.html", "reference/python.html")
"""A page of each kind: these are seen in both widths and both colours, all others in one of each."""


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of its own; a parameter gives what the reader asks for, such as less motion."""
    context = browser.new_context(**getattr(request, "param", {}))
    yield context.new_page()
    context.close()


def look_at(page: Page, site: Path, pages: list[Path], scheme: str, size: tuple[int, int]) -> None:
    """Open pages one by one: axe finds nothing, nothing sticks out, and nothing is asked of another host."""
    watch = Watch(page, (site.as_uri(),))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for each in pages:
        page.goto(each.as_uri())
        assert violations(page) == [], each
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{each}: something sticks out"
    assert [url for url in watch.asked if not url.startswith((site.as_uri(), "data:"))] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", [".", "tutorial", "how-to", "reference", "explanation"])
def test_no_page_shuts_anybody_out(page: Page, site: Path, part: str) -> None:
    found = sorted({*(site / part).glob("*.html")} - {site / "search.html"})
    assert found
    look_at(page, site, found, "dark", PHONE)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme,size", [("dark", DESK), ("light", PHONE), ("light", DESK)])
def test_no_width_and_no_colour_shuts_anybody_out(page: Page, site: Path, scheme: str, size: tuple[int, int]) -> None:
    look_at(page, site, [site / name for name in KINDS], scheme, size)


def test_the_first_page_moves(page: Page, site: Path) -> None:
    watch = Watch(page, (site.as_uri(),))
    page.goto((site / "index.html").as_uri())
    until(page, "document.querySelector('video').currentTime > 0.3")
    assert page.evaluate("document.fonts.check('16px Inter') && [...document.fonts].some(f => f.status == 'loaded')")
    assert page.evaluate("(film => film.muted && film.loop && film.controls)(document.querySelector('video'))")
    page.emulate_media(reduced_motion="reduce")
    until(page, "document.querySelector('video').paused")
    watch.check()


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}], indirect=True, ids=["reduce"])
def test_the_first_page_rests_for_whoever_asks_for_it(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    until(page, "document.querySelector('video').readyState >= 2")
    page.wait_for_timeout(300)
    assert page.evaluate("(film => film.paused && film.currentTime === 0)(document.querySelector('video'))")


def test_the_gallery_plays_with_captions_and_loads_no_film_before(page: Page, site: Path) -> None:
    watch = Watch(page, (site.as_uri(),))
    page.goto((site / "gallery.html").as_uri())
    page.wait_for_timeout(300)
    assert [url for url in watch.asked if url.endswith(".mp4")] == []
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    page.evaluate("document.querySelector('video').play()")
    until(page, "document.querySelector('video').currentTime > 0.2")
    until(page, "document.querySelector('video').textTracks[0].cues?.length > 0")
    assert page.evaluate("document.querySelector('video').textTracks[0].cues[0].text") == "It guesses."
    assert len([url for url in watch.asked if url.endswith(".mp4")]) >= 1
    page.locator("summary").first.click()
    assert "layers: [3, 4, 1]" in page.locator("details[open] pre").inner_text()
    watch.check()


def test_the_search_finds_a_key(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator(".sidebar-search").fill("training.learning_rate")
    page.locator(".sidebar-search").press("Enter")
    until(page, "document.querySelector('ul.search a') !== null")
    found = page.locator("ul.search a").first
    assert "training.learning_rate" in found.inner_text()
    assert violations(page) == []
    found.click()
    assert page.url.endswith("reference/scene-file.html#scenekey-training.learning_rate")
    until(page, "document.querySelector(':target') !== null")
