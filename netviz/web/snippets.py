"""Snippets to paste into a post: HTML, Markdown, WordPress, Hugo.

What a scene says stands in them as text, whatever reads them next: no tag, no shortcode and no template's blank.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from netviz.scene.phrases import say
from netviz.scene.scene import Look
from netviz.web.transcript import FilmSummary

LESS_MOTION = "(prefers-reduced-motion: reduce)"

PLAYER = """\
  <script>
    (function (video) {
      var less = matchMedia("(prefers-reduced-motion: reduce)");
      function settle() { if (less.matches) { video.pause(); } else { video.play().catch(function () {}); } }
      less.addEventListener("change", settle);
      settle();
    })(document.currentScript.previousElementSibling);
  </script>"""
"""Plays the film before it at once, but for whoever wants less motion: browsers do not ask for that by themselves."""


@dataclass(frozen=True)
class FilmSource:
    """A file of the film. name: of the file. type: as `filmtypes` reads it. stepped: whether it shows less motion."""

    name: str
    type: str
    stepped: bool = False


@dataclass(frozen=True)
class Embedded:
    """A film as a page shows it.

    sources: its files, those first that a browser should take where it can. captions: the file, None where the film
    tells nothing. drawn: whether its picture shows the captions itself. url: what stands before the names of files.
    autoplay: whether it begins by itself, without sound, and over again. edited: whether an editor may write the
    brackets of a text as themselves again, as WordPress's do; then a word joiner (U+2060), which nobody sees, keeps
    each from the name after it, so that none becomes a shortcode.
    """

    scene: Look
    summary: FilmSummary
    size: tuple[int, int]
    sources: tuple[FilmSource, ...]
    poster: str
    transcript: str
    captions: str | None = None
    drawn: bool = True
    url: str = ""
    autoplay: bool = False
    edited: bool = False

    @property
    def ordered(self) -> tuple[FilmSource, ...]:
        """The sources in a page's order: first what is for those alone who want less motion."""
        return tuple(sorted(self.sources, key=lambda source: not source.stepped))

    def at(self, name: str) -> str:
        """The address of a file, as it stands in an attribute."""
        return escape(self.url + quote(name))

    def worded(self, key: str) -> str:
        """A phrase in the scene's words."""
        return self._apart(say(self.scene, key))

    def says(self, key: str) -> str:
        """A phrase in the scene's words, as it stands in HTML."""
        return _text(self.worded(key))

    @property
    def title(self) -> str:
        """The film's title in one line, as it stands in HTML."""
        return _text(self._apart(" ".join(self.summary.title.split())))

    def _apart(self, text: str) -> str:
        return text.replace("[", "[\u2060") if self.edited else text


_LIVE = {ord(sign): f"&#{ord(sign)};" for sign in "[]{}"}


def _text(text: str) -> str:
    """A text as it stands in HTML. Neither WordPress's shortcodes ([gallery]) nor the templates of Hugo, Jekyll and
    others ({{ site }}, {% include %}) see their brackets in it.
    """
    return escape(text).translate(_LIVE)


def html(of: Embedded, *, shown_instead: str = "") -> str:
    """A figure with the film, that needs nothing else. shown_instead: HTML for whoever keeps what is in a video alone.

    No line of it is empty, so that it is one block in Markdown too.
    """
    return "\n".join([*_figure(of, shown_instead), ""])


def _figure(of: Embedded, shown_instead: str) -> Iterator[str]:
    width, height = of.size
    playing = " muted loop" if of.autoplay else ""
    yield "<figure>"
    yield (
        f'  <video controls playsinline{playing} preload="metadata" width="{width}" height="{height}" '
        f'poster="{of.at(of.poster)}" aria-label="{_text(of.summary.label)}" style="max-width:100%;height:auto">'
    )
    for source in of.ordered:
        media = f' media="{LESS_MOTION}"' if source.stepped else ""
        yield f"    <source src=\"{of.at(source.name)}\" type='{source.type}'{media}>"
    if of.captions is not None:
        yield f"    {track(of)}"
    yield f"    {shown_instead or _link(of)}"
    yield "  </video>"
    if of.autoplay:
        yield PLAYER
    yield f"  <figcaption>{figure_caption(of)}</figcaption>"
    yield "</figure>"


def track(of: Embedded) -> str:
    """The element of the captions; shown from the start where the picture does not show them itself."""
    default = "" if of.drawn else " default"
    address, language, name = of.at(of.captions or ""), of.says("language"), of.says("language-name")
    return f'<track kind="captions" src="{address}" srclang="{language}" label="{name}"{default}>'


def figure_caption(of: Embedded) -> str:
    """The line under the film: its title, and the way to its transcript."""
    link = f'<a href="{of.at(of.transcript)}">{of.says("transcript")}</a>'
    return f"{of.title} · {link}"


def _link(of: Embedded) -> str:
    film = f'<a href="{of.at(_fallback(of).name)}">{of.says("page-see")}</a>'
    return f"<p>{of.says('page-no-film')} {film}</p>"


def _fallback(of: Embedded) -> FilmSource:
    """The source that plays everywhere: the last that is not stepped."""
    return [source for source in of.sources if not source.stepped][-1]


def markdown(of: Embedded) -> str:
    """The same for Markdown; where only plain Markdown is kept, a picture stays that leads to the film."""
    width, height = of.size
    picture = (
        f'<a href="{of.at(_fallback(of).name)}"><img src="{of.at(of.poster)}" width="{width}" height="{height}" '
        f'alt="{_text(of.summary.label)}" style="max-width:100%;height:auto"></a>'
    )
    return html(of, shown_instead=picture)


def wordpress_block(of: Embedded) -> str:
    """WordPress's own video block, as its editor writes it.

    It keeps captions, and nothing is in it that WordPress does not let every author write. What the editor would not
    have written itself it takes for a mistake: so no size and no label.
    """
    of = replace(of, edited=True)
    playing = "autoplay controls loop muted" if of.autoplay else "controls"
    tracks = inner = ""
    if of.captions is not None:
        language, name = of.worded("language"), of.worded("language-name")
        attributes = {"src": of.url + quote(of.captions), "label": name, "srcLang": language, "kind": "captions"}
        tracks = f" {_in_comment({'tracks': [attributes]})}"
        named = f'label="{_text(name)}" srclang="{_text(language)}"'
        inner = f'<track src="{of.at(of.captions)}" {named} kind="captions"/>'
    film = of.at(_fallback(of).name)
    return (
        f'<!-- wp:video{tracks} -->\n<figure class="wp-block-video"><video {playing} '
        f'poster="{of.at(of.poster)}" src="{film}" playsinline>{inner}</video>'
        f'<figcaption class="wp-element-caption">{figure_caption(of)}</figcaption></figure>\n<!-- /wp:video -->\n'
    )


def _in_comment(data: object) -> str:
    """JSON as WordPress writes it into the comment that begins a block."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Backslashes first: the second of a pair is none that escapes a quotation mark.
    for sign, code in (("\\\\", "\\"), ('\\"', '"'), *((each, each) for each in ("--", "<", ">", "&"))):
        text = text.replace(sign, "".join(f"\\u{ord(character):04x}" for character in code))
    return text


def wordpress_shortcode(of: Embedded) -> str:
    """The shortcode of WordPress's classic editor, in one line: a line more would become a paragraph."""
    of = replace(of, edited=True)
    width, height = of.size
    plain = [source for source in of.sources if not source.stepped]
    files = " ".join(f'{source.name.rpartition(".")[2]}="{of.at(source.name)}"' for source in plain)
    playing = ' autoplay="on" loop="on" muted="true"' if of.autoplay else ""
    captions = "" if of.captions is None else track(of)
    size = f'width="{width}" height="{height}"'
    return f'[video {size} {files} poster="{of.at(of.poster)}" preload="metadata"{playing}]{captions}[/video]\n'


def hugo_shortcode(of: Embedded) -> str:
    """A template for Hugo's layouts/shortcodes, which is called with the folder the files are in: at="/films/"."""
    text = html(replace(of, url=_MARK)).replace(_MARK, "{{ $at }}")
    place = f"{{{{- /* layouts/shortcodes/{hugo_name(of)}.html */ -}}}}"
    return f'{place}\n{{{{- $at := .Get "at" | default {json.dumps(of.url)} -}}}}\n{text}'


_MARK = "{at}"
"""Stands for the folder of the files; nothing that a scene says has braces in HTML."""


def hugo_line(of: Embedded) -> str:
    """The line with which a page of Hugo shows the film."""
    return f'{{{{< {hugo_name(of)} at="{of.url or "/films/"}" >}}}}\n'


def hugo_name(of: Embedded) -> str:
    """Name of the film's shortcode."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", of.scene.name).strip("-") or "film"
