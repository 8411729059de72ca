"""A post as its readers have it: the player page from a disk, the snippet and the transcript from a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

import netviz
from netviz.pipeline.looks import filmed
from netviz.scene.loader import load_scene
from netviz.web import embed, snippets
from netviz.web.embed import Post
from netviz.web.mime_types import film_type
from netviz.web.snippets import Embedded, FilmSource
from netviz.web.transcript import FilmSummary
from tests.browser.support import Facts, Watch, check_film, difference, seen_at, served, stills_of, until, violations

SIZE, FPS, SECONDS = (320, 180), 10, 6
CAPTIONS = [{"text": "So it begins", "at": "1s", "for": 2}, {"text": "It <knows> & rests", "at": "4s"}]
SMALL: dict[str, Any] = {
    "title": "Learning </script> “XOR”",
    "training.cycles": 60,
    "schedule": {"cycles": [1, 4, 20, 60]},
    "shots": [{"shot": "rest", "share": 0.1}, {"shot": "learning", "examples": 1}, {"shot": "rest", "share": 0.1}],
    "audio": "sonify",
    "duration": SECONDS,
    "story": None,
    "captions": CAPTIONS,
    "output.size": "{}x{}".format(*SIZE),
    "output.fps": FPS,
}
PHONE, DESK = (390, 844), (1280, 900)


@dataclass(frozen=True)
class Made:
    """A post, the film in it, and where it is served."""

    post: Post
    facts: Facts
    stepped: Facts
    site: str

    @property
    def page(self) -> str:
        """The player page on the disk."""
        return (self.post.folder / "index.html").absolute().as_uri()

    @property
    def home(self) -> str:
        return self.post.folder.absolute().as_uri() + "/"


@pytest.fixture(scope="module")
def made(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("post") / "xor"
    recording = netviz.record(load_scene("xor", overrides=SMALL))
    post = netviz.embed(recording, folder, jobs=1)
    film = filmed(recording)
    facts, stepped = (Facts(SECONDS, FPS, SIZE, stills_of(of)) for of in (film, embed.with_reduced_motion(film)))
    snippet = (folder / "snippet.html").read_text(encoding="utf-8")
    (folder / "plain.html").write_text(_around(snippet), encoding="utf-8")
    with served(folder) as site:
        yield Made(post, facts, stepped, site)


def _around(snippet: str) -> str:
    """The least that a page has around a snippet."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A post</title>'
    return f"{head}<main><h1>A post</h1>\n{snippet}</main></html>"


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of Chromium; a test's parameters are those of its context."""
    options = {"viewport": {"width": DESK[0], "height": DESK[1]}, **getattr(request, "param", {})}
    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def player(page: Page, made: Made) -> Iterator[Page]:
    """The player page, from the disk; at the end it must have been content, and have asked for nothing elsewhere."""
    watch = Watch(page, (made.home,))
    page.goto(made.page)
    until(page, "document.querySelector('video').readyState >= 2")
    yield page
    watch.check()
    assert {url.removeprefix(made.home) for url in watch.asked} >= {"index.html", "xor.jpg", "xor.webm"}


def now(page: Page) -> float:
    until(page, "!document.querySelector('video').seeking")
    return float(page.evaluate("document.querySelector('video').currentTime"))


def frame(page: Page) -> int:
    return int(now(page) * FPS + 1e-3)


def test_the_page_plays_the_film_from_the_disk(player: Page, made: Made) -> None:
    check_film(player, made.facts, sees=False)
    assert player.locator("#play").get_attribute("aria-label") == "Play"
    assert player.locator("#time").get_attribute("aria-valuetext") == "0:06 of 0:06"
    assert player.title() == SMALL["title"]


def test_a_wrong_picture_would_be_seen(player: Page, made: Made) -> None:
    assert difference(seen_at(player, 0.25 * SECONDS, sees=False), made.facts.stills[0.75]) > 6


def test_the_snippet_plays_the_film_from_a_site(page: Page, made: Made) -> None:
    watch = Watch(page, (made.site,))
    page.goto(f"{made.site}plain.html")
    check_film(page, made.facts)
    assert source(page) == "xor.webm"
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    until(page, "document.querySelector('video').textTracks[0].cues?.length === 2")
    assert violations(page) == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watch.check()


@pytest.mark.parametrize("end", [".webm", ".mp4", "-stepped.mp4"])
def test_every_file_of_the_film_plays(page: Page, made: Made, end: str) -> None:
    page.goto(f"{made.site}xor-transcript.html")
    page.set_content(f'<video src="{made.site}xor{end}" muted></video>')
    check_film(page, made.stepped if "stepped" in end else made.facts)


def test_captions(player: Page) -> None:
    cues = "[...(film.textTracks[0].activeCues ?? [])].map(cue => cue.getCueAsHTML().textContent)"
    button = player.locator("#captions")
    assert button.get_attribute("aria-pressed") == "false", "the picture says them itself"
    dark = seen_at(player, 1.5, sees=False)
    button.click()
    shown = seen_at(player, 1.5, sees=False)
    assert player.evaluate(cues) == ["So it begins"] and button.get_attribute("aria-pressed") == "true"
    lower = slice(int(0.75 * len(shown)), None)
    changed = np.abs(shown[lower].astype(int) - dark[lower]).max(axis=2) > 100
    # Of twelve letters, whichever typeface the browser has: some hundred bright pixels, all in one line of text.
    assert changed.sum() > 300, "seen under the film"
    assert np.ptp(np.flatnonzero(changed.any(axis=1))) < 0.12 * len(shown), "one line"
    for seconds, said in ((0.5, []), (3.5, []), (5.2, [CAPTIONS[1]["text"]])):
        seen_at(player, seconds, sees=False)
        assert player.evaluate(cues) == said
    player.keyboard.press("c")
    assert button.get_attribute("aria-pressed") == "false"


def test_the_keyboard(player: Page) -> None:
    press = player.keyboard.press
    press("Home")
    assert frame(player) == 0
    for key, there in (("ArrowRight", 10), ("Shift+ArrowRight", 11), ("Shift+ArrowLeft", 10), ("End", 59)):
        press(key)
        assert frame(player) == there, key
    press("ArrowLeft")
    assert frame(player) == 49
    press("Home")
    stops = []
    for _ in range(5):
        press("ArrowDown")
        stops.append((frame(player), player.locator("#now").inner_text()))
    cycles = [text for _, text in stops[:4]]
    assert cycles == ["Cycle 1", "Cycle 4", "Cycle 20", "Cycle 60"] and stops[4][0] == 59
    press("ArrowUp")
    assert (frame(player), player.locator("#now").inner_text()) == stops[3]
    press("m")
    until(player, "film.muted && document.getElementById('mute').ariaPressed === 'true'")
    press("Home")
    for key in (" ", "k"):
        press(key)
        until(player, "!film.paused")
        press(key)
        until(player, "film.paused")
    press("?")
    assert player.locator("dialog").is_visible() and "Space" in player.locator("dialog").inner_text()
    at = now(player)
    press("ArrowRight")
    assert now(player) == at, "the list of keys is read, and nothing else happens"
    press("Escape")
    assert player.locator("dialog").is_hidden()


def test_the_cycles_under_the_curve(player: Page) -> None:
    cycles = player.locator("#cycle")
    cycles.focus()
    told = []
    for key in ("Home", "ArrowRight", "PageUp", "End", "ArrowLeft"):
        player.keyboard.press(key)
        now(player)
        told.append(cycles.get_attribute("aria-valuetext"))
    assert told == ["Cycle 1", "Cycle 4", "Cycle 20", "Cycle 60", "Cycle 20"]
    cycles.evaluate("range => { range.value = 300; range.dispatchEvent(new Event('input')); }")
    now(player)
    assert cycles.get_attribute("aria-valuetext") == "Cycle 4", "the nearest shown cycle: log(5) / log(61) is 0.39"
    assert abs(int(cycles.input_value()) - 391) <= 1, "and there the thumb stands"


def test_the_curve(player: Page) -> None:
    plot = player.locator("#plot")
    box = plot.bounding_box()
    assert box is not None
    player.mouse.click(box["x"] + box["width"] - 1, box["y"] + 20)
    now(player)
    assert plot.get_attribute("aria-valuetext") == "Cycle 60"
    player.mouse.click(box["x"] + 0.74 * box["width"], box["y"] + 20)  # log(21) / log(61)
    now(player)
    assert plot.get_attribute("aria-valuetext") in ("Cycle 20", "Cycle 21")
    head = player.locator("#head").bounding_box()
    assert head is not None and abs(head["x"] - box["x"] - 0.74 * box["width"]) < 0.03 * box["width"]
    plot.focus()
    player.keyboard.press("Home")
    assert frame(player) <= 1
    player.keyboard.press("ArrowRight")
    assert now(player) > 0.1


def test_time_speed_and_buttons(player: Page) -> None:
    player.locator("#time").evaluate("range => { range.value = 30; range.dispatchEvent(new Event('input')); }")
    assert frame(player) == 30
    player.locator("#speed").select_option("2")
    assert player.evaluate("film.playbackRate") == 2
    player.locator("#play").click()
    until(player, "film.currentTime > 3.4")
    assert player.locator("#play").get_attribute("aria-label") == "Pause"
    player.locator("video").click()
    until(player, "film.paused")
    player.locator("#full").click()
    until(player, "document.fullscreenElement?.id === 'stage'")
    player.keyboard.press("f")
    until(player, "document.fullscreenElement === null")
    player.locator("#help").click()
    player.locator("#close").click()
    assert player.locator("dialog").is_hidden()


def test_the_transcript_goes_along(player: Page) -> None:
    player.locator("#lines > li").nth(2).locator(".go").first.click()
    now(player)
    assert player.locator("#now").inner_text() == "Cycle 4"
    current = player.locator("#lines > li[aria-current=true]")
    assert current.count() == 1 and "Cycle 4" in current.inner_text()
    seen_at(player, 4.3, sees=False)
    until(player, "document.querySelector('#lines ul li[aria-current]') !== null")
    assert "It <knows> & rests" in player.locator("#lines ul li[aria-current=true]").inner_text()
    seen_at(player, 5.9, sees=False)
    until(
        player,
        """(() => {
          const last = list.lastElementChild, bottom = list.getBoundingClientRect().bottom;
          return last.ariaCurrent === "true" && last.getBoundingClientRect().top < bottom;
        })()""",
    )


GROUNDS = {"dark": "rgb(5, 6, 9)", "light": "rgb(244, 239, 228)"}


@pytest.mark.parametrize("name", ["index.html", "xor-transcript.html"])
def test_nobody_is_shut_out(page: Page, made: Made, name: str) -> None:
    watch = Watch(page, (made.home,))
    page.goto(made.home + name)
    for scheme, ground in GROUNDS.items():
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        for width, height in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            assert violations(page) == [], (scheme, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    watch.check()


def test_the_list_of_keys_shuts_nobody_out(player: Page) -> None:
    player.keyboard.press("?")
    assert violations(player) == []


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}, {}], indirect=True, ids=["reduce", "motion"])
def test_a_film_that_plays_by_itself_asks_whether_it_may(
    page: Page, made: Made, request: pytest.FixtureRequest
) -> None:
    folder = made.post.folder
    embedded = Embedded(
        load_scene("xor"),
        FilmSummary("XOR", "A film", ()),
        SIZE,
        (FilmSource("xor.mp4", film_type(folder / "xor.mp4")),),
        poster="xor.jpg",
        transcript="xor-transcript.html",
        autoplay=True,
    )
    (folder / "auto.html").write_text(_around(snippets.html(embedded)), encoding="utf-8")
    page.goto(f"{made.site}auto.html")
    until(page, "document.querySelector('video').readyState >= 2")
    film = page.locator("video")
    assert film.evaluate("film => film.muted && film.loop && film.playsInline && film.controls")
    if "reduce" in request.node.callspec.id:
        page.wait_for_timeout(300)
        assert film.evaluate("film => film.paused && film.currentTime === 0")
        page.emulate_media(reduced_motion="no-preference")
    until(page, "!document.querySelector('video').paused")
    page.emulate_media(reduced_motion="reduce")
    until(page, "document.querySelector('video').paused")


def source(page: Page) -> str:
    return str(page.evaluate("document.querySelector('video').currentSrc")).rpartition("/")[2]


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}], indirect=True, ids=["reduce"])
def test_less_motion_is_what_the_reader_asks_for(page: Page, made: Made) -> None:
    page.goto(f"{made.site}plain.html")
    check_film(page, made.stepped)
    assert source(page) == "xor-stepped.mp4"
    page.goto(made.page)
    until(page, "film.readyState >= 2")
    assert source(page) == "xor-stepped.mp4" and page.locator("#less").get_attribute("aria-pressed") == "true"
    check_film(page, made.stepped, sees=False)
    assert page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration") == "0s"


def test_the_switch_to_less_motion_keeps_the_moment(player: Page, made: Made) -> None:
    button = player.locator("#less")
    player.evaluate("seek(3)")
    now(player)
    for pressed, name, facts in (("true", "xor-stepped.mp4", made.stepped), ("false", "xor.webm", made.facts)):
        button.click()
        until(player, "film.readyState >= 2 && !film.seeking && wanted === null")
        assert (source(player), button.get_attribute("aria-pressed")) == (name, pressed)
        assert abs(now(player) - 3) < 1 / FPS
        assert difference(seen_at(player, 3, sees=False), facts.stills[0.5]) < 6
    player.locator("#play").click()
    until(player, "film.currentTime > 3.2")
    button.click()
    until(player, "film.currentTime > 3.6 && !film.paused")
    player.emulate_media(reduced_motion="reduce")
    player.wait_for_timeout(200)  # a page is told of a change only when it is drawn
    assert source(player) == "xor-stepped.mp4"
    player.emulate_media(reduced_motion="no-preference")
    until(player, "film.currentSrc.endsWith('xor.webm')")
