"""What is pasted into a post."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import html5lib
import pytest

from netviz.web import snippets
from netviz.web.snippets import Embedded, FilmSource
from netviz.web.transcript import FilmSummary
from tests.conftest import short_scene

MP4, WEBM = 'video/mp4; codecs="avc1.640028, mp4a.40.2"', 'video/webm; codecs="vp09.00.40.08, opus"'
FILMS = (FilmSource("a b.webm", WEBM), FilmSource("a b.mp4", MP4), FilmSource("a b-stepped.mp4", MP4, stepped=True))


def embedded(**changes: object) -> Embedded:
    summary = FilmSummary('Say "<b>" & {{go}}', 'Say "<b>". A film', ("One.", "Two."))
    of = Embedded(short_scene(name="a b"), summary, (1920, 1080), FILMS, "a b.jpg", "a b-transcript.html", "a b.vtt")
    return replace(of, **changes)


def parsed(text: str) -> html5lib.treebuilders.base.Node:
    document = f'<!doctype html><html lang="en"><head><title>t</title></head><body>{text}</body></html>'
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(document)


def test_html() -> None:
    figure = parsed(snippets.html(embedded())).find("body/figure")
    video = figure.find("video")
    assert dict(video.attrib) == {
        "controls": "",
        "playsinline": "",
        "preload": "metadata",
        "width": "1920",
        "height": "1080",
        "poster": "a%20b.jpg",
        "aria-label": 'Say "<b>". A film',
        "style": "max-width:100%;height:auto",
    }
    sources = [dict(each.attrib) for each in video.findall("source")]
    assert sources == [
        {"src": "a%20b-stepped.mp4", "type": MP4, "media": "(prefers-reduced-motion: reduce)"},
        {"src": "a%20b.webm", "type": WEBM},
        {"src": "a%20b.mp4", "type": MP4},
    ]
    track = video.find("track")
    assert dict(track.attrib) == {"kind": "captions", "src": "a%20b.vtt", "srclang": "en", "label": "English"}
    assert video.find("p/a").attrib["href"] == "a%20b.mp4"
    caption = figure.find("figcaption")
    assert "".join(caption.itertext()) == 'Say "<b>" & {{go}} · Transcript'
    assert caption.find("a").attrib["href"] == "a%20b-transcript.html"


def test_html_of_other_films() -> None:
    silent = parsed(snippets.html(embedded(captions=None)))
    assert silent.find(".//track") is None
    undrawn = parsed(snippets.html(embedded(drawn=False)))
    assert "default" in undrawn.find(".//track").attrib, "nobody would see the captions otherwise"
    german = embedded(scene=short_scene(name="a b", words="bundled:german.yaml"))
    assert 'srclang="de" label="Deutsch"' in snippets.html(german)
    abroad = snippets.html(embedded(url="https://example.org/f/?a=1&b="))
    assert 'poster="https://example.org/f/?a=1&amp;b=a%20b.jpg"' in abroad


def test_autoplay() -> None:
    assert "<script" not in snippets.html(embedded())
    text = snippets.html(embedded(autoplay=True))
    video = parsed(text).find(".//video").attrib
    assert {"muted", "loop", "playsinline", "controls"} <= video.keys() and "autoplay" not in video
    assert "prefers-reduced-motion: reduce" in text[text.index("<script>") :]


def test_markdown() -> None:
    text = snippets.markdown(embedded())
    assert text.startswith("<figure>\n") and "\n\n" not in text, "one block of HTML"
    link = parsed(text).find(".//video/a")
    assert link.attrib["href"] == "a%20b.mp4" and link.find("img").attrib["alt"] == 'Say "<b>". A film'


def test_wordpress_block() -> None:
    text = snippets.wordpress_block(embedded(url="https://example.org/a--b/", autoplay=True))
    head, body, tail = text.splitlines()
    match = re.fullmatch(r"<!-- wp:video (\{.*\}) -->", head)
    assert match and "--" not in match[1] and tail == "<!-- /wp:video -->"
    track = {"label": "English", "srcLang": "en", "kind": "captions", "src": "https://example.org/a--b/a%20b.vtt"}
    assert json.loads(match[1]) == {"tracks": [track]}
    figure = parsed(body).find("body/figure")
    assert figure.attrib["class"] == "wp-block-video" and figure.find("video/source") is None
    video = figure.find("video").attrib
    assert video.keys() == {"autoplay", "controls", "loop", "muted", "playsinline", "poster", "src"}
    assert video["src"].endswith("/a%20b.mp4"), "what plays everywhere"
    assert snippets.wordpress_block(embedded(captions=None)).startswith("<!-- wp:video -->\n")


def test_wordpress_shortcode() -> None:
    text = snippets.wordpress_shortcode(embedded())
    assert text.count("\n") == 1 and text.startswith(
        '[video width="1920" height="1080" webm="a%20b.webm" mp4="a%20b.mp4" '
    )
    assert (
        text.endswith('><track kind="captions" src="a%20b.vtt" srclang="en" label="English">[/video]\n')
        or "][" not in text
    )
    assert "autoplay" not in text and 'autoplay="on"' in snippets.wordpress_shortcode(embedded(autoplay=True))


def test_hugo(tmp_path: Path) -> None:
    of = embedded(url="/films/", autoplay=True)
    assert snippets.hugo_name(of) == "a-b" and snippets.hugo_line(of) == '{{< a-b at="/films/" >}}\n'
    template = snippets.hugo_shortcode(of)
    assert template.count("{{ $at }}") == 7 and template.count("{{") == 9
    hugo = shutil.which("hugo")
    if hugo is None:
        return
    files = {
        "hugo.toml": "baseURL = 'https://example.org/'\ntitle = 'A site'\n",
        "layouts/shortcodes/a-b.html": template,
        "layouts/_default/single.html": "{{ .Content }}",
        "content/post.md": f"---\ntitle: A post\n---\nWords.\n\n{snippets.hugo_line(replace(of, url='/other/'))}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "config.toml").write_text(files["hugo.toml"])
    subprocess.run([hugo, "--quiet", "--source", str(tmp_path)], check=True, timeout=60)
    made = (tmp_path / "public" / "post" / "index.html").read_text(encoding="utf-8")
    wanted = parsed(snippets.html(replace(of, url="/other/"))).find("body/figure")
    found = parsed(made).find("body/figure")
    assert [(each.tag, dict(each.attrib), each.text) for each in found.iter()] == [
        (each.tag, dict(each.attrib), each.text) for each in wanted.iter()
    ]


HOSTILE = "[gallery] [[gallery]] [/video]<!-- wp:html --> {{ site }} {% include a %} {{< youtube x >}} {at} \\"


def hostile() -> Embedded:
    keys = ("language", "language-name", "transcript", "page-no-film")
    words = dict.fromkeys(keys, HOSTILE.replace("{", "{{").replace("}", "}}"))
    summary = FilmSummary(HOSTILE, HOSTILE, (HOSTILE,))
    return embedded(scene=short_scene(name="a b", words=words), summary=summary, autoplay=True)


def shortcodes(text: str) -> list[str]:
    """The shortcodes of WordPress in a text, as its do_shortcode finds them."""
    return re.findall(r"\[/?([^<>&/\[\]\x00-\x20=\u2060]+)", text)


@pytest.mark.parametrize("write", [snippets.html, snippets.markdown, snippets.wordpress_block])
def test_no_word_of_a_scene_is_a_shortcode_or_a_blank(write: Callable[[Embedded], str]) -> None:
    text = write(hostile()).removesuffix("<!-- /wp:video -->\n")
    if write is snippets.wordpress_block:
        text = text.partition(" -->")[2]  # the data in the comment never reach a reader
    parsed(text)
    assert "{{" not in text and "{%" not in text and not shortcodes(text)
    assert "gallery" in text and "<!--" not in text


@pytest.mark.parametrize("write", [snippets.wordpress_block, snippets.wordpress_shortcode])
def test_wordpress_s_editors_make_no_shortcode_of_a_word(write: Callable[[Embedded], str]) -> None:
    rewritten = unescape(write(hostile()))
    assert not {"gallery", "embed"} & set(shortcodes(rewritten))
    if write is snippets.wordpress_shortcode:
        assert shortcodes(rewritten) == ["video", "video"] and rewritten.count("[/video]") == 1
    else:
        (track,) = json.loads(re.fullmatch(r"<!-- wp:video (.*) -->", write(hostile()).splitlines()[0])[1])["tracks"]
        element = parsed(write(hostile()).splitlines()[1]).find(".//track").attrib
        assert (track["label"], track["srcLang"]) == (element["label"], element["srclang"])
        assert track["label"].replace("\u2060", "") == HOSTILE


def test_braces_of_a_scene_are_no_blank_of_hugo_s() -> None:
    template = snippets.hugo_shortcode(replace(hostile(), url="/films/"))
    figure = template[template.index("<figure>") :]
    assert not re.findall(r"\{\{(?! \$at \}\})", figure) and figure.count("{{ $at }}") == 7


@pytest.mark.parametrize("text", ["</script><script>", "<!--", "\u2028", "&lt;"])
def test_nothing_ends_the_data_of_a_page(text: str) -> None:
    from netviz.web.templates import inline

    written = inline({"text": text})
    assert json.loads(written) == {"text": text}
    assert not set(written) & set("<>&\u2028\u2029")
