"""Every address in the built site leads somewhere, and none of them is asked for by itself from another host."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import html5lib
import pytest

from netviz.scene.loader import bundled_scenes, find_scene

pytestmark = pytest.mark.documentation


@cache
def addresses(page: Path) -> tuple[list[tuple[str, str, str]], set[str]]:
    """The addresses of a page (element, attribute, address), and the ids in it."""
    tree = html5lib.parse(page.read_text(encoding="utf-8"), namespaceHTMLElements=False)
    found: list[tuple[str, str, str]] = []
    ids: set[str] = set()
    for each in tree.iter():
        if isinstance(each.tag, str):
            found += [(each.tag, key, each.get(key)) for key in ("href", "src", "poster") if each.get(key)]
            ids |= {each.get("id"), each.get("name")} - {None}
    return found, ids


def test_every_link_leads_somewhere(site: Path) -> None:
    lost, pages = [], [page for page in sorted(site.rglob("*.html")) if "_static" not in page.parts]
    assert len(pages) > 12
    for page in pages:
        for element, key, address in addresses(page)[0]:
            parts = urlsplit(address)
            if parts.scheme in ("data", "mailto"):
                continue
            if parts.scheme or parts.netloc:
                assert (element, key) == ("a", "href"), f"{page}: {element} loads {address}"
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            has_places = bool(parts.fragment) and target.suffix == ".html"
            if not target.is_file() or (has_places and unquote(parts.fragment) not in addresses(target)[1]):
                lost.append(f"{page.relative_to(site)}: {address}")
    assert lost == [], "\n".join(lost)


def test_styles_and_scripts_name_no_other_host(site: Path) -> None:
    own = [*(site / "_static").glob("netviz*"), *(site / "_static").rglob("*.css")]
    for path in own:
        text = path.read_text(encoding="utf-8")
        assert "@import" not in text and "url(http" not in text and 'url("http' not in text, path


def test_the_gallery_has_every_scene_as_it_is(site: Path) -> None:
    tree = html5lib.parse((site / "gallery.html").read_text(encoding="utf-8"), namespaceHTMLElements=False)
    films = {Path(each.find("source").get("src")).stem: each for each in tree.iter("video")}
    names = {name for name, _ in bundled_scenes()}
    assert {*films} == names
    for film in films.values():
        assert {"controls", "muted", "playsinline", "poster", "aria-label"} <= {*film.attrib}
        assert film.get("preload") == "none" and film.get("autoplay") is None
        assert film.find("track").get("kind") == "captions"
    written = ["".join(each.itertext()) for each in tree.iter("pre")]
    for name in names:
        assert find_scene(name).read_text(encoding="utf-8").rstrip("\n") in {text.rstrip("\n") for text in written}, (
            name
        )
        assert f"netviz render {name}\n" in written
