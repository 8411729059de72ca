"""Snippets to paste into a post: HTML, Markdown, WordPress, Hugo."""

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
    autoplay: whether it begins by itself, without sound, and over again.
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

    @property
    def ordered(self) -> tuple[FilmSource, ...]:
        """The sources in a page's order: first what is for those alone who want less motion."""
        return tuple(sorted(self.sources, key=lambda source: not source.stepped))

    def at(self, name: str) -> str:
        """The address of a file, as it stands in an attribute."""
        return escape(self.url + quote(name))


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
        f'poster="{of.at(of.poster)}" aria-label="{escape(of.summary.label)}" style="max-width:100%;height:auto">'
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
    language, name = escape(say(of.scene, "language")), escape(say(of.scene, "language-name"))
    default = "" if of.drawn else " default"
    address = of.at(of.captions or "")
    return f'<track kind="captions" src="{address}" srclang="{language}" label="{name}"{default}>'


def figure_caption(of: Embedded) -> str:
    """The line under the film: its title, and the way to its transcript."""
    link = f'<a href="{of.at(of.transcript)}">{escape(say(of.scene, "transcript"))}</a>'
    return f"{escape(_one_line(of.summary.title))} · {link}"


def _link(of: Embedded) -> str:
    no_film, film = (escape(say(of.scene, key)) for key in ("page-no-film", "page-see"))
    return f'<p>{no_film} <a href="{of.at(_fallback(of).name)}">{film}</a></p>'


def _fallback(of: Embedded) -> FilmSource:
    """The source that plays everywhere: the last that is not stepped."""
    return [source for source in of.sources if not source.stepped][-1]


def markdown(of: Embedded) -> str:
    """The same for Markdown; where only plain Markdown is kept, a picture stays that leads to the film."""
    width, height = of.size
    picture = (
        f'<a href="{of.at(_fallback(of).name)}"><img src="{of.at(of.poster)}" width="{width}" height="{height}" '
        f'alt="{escape(of.summary.label)}" style="max-width:100%;height:auto"></a>'
    )
    return html(of, shown_instead=picture)


def wordpress_block(of: Embedded) -> str:
    """WordPress's own video block, as its editor writes it.

    It keeps captions, and nothing is in it that WordPress does not let every author write. What the editor would not
    have written itself it takes for a mistake: so no size and no label.
    """
    playing = "autoplay controls loop muted" if of.autoplay else "controls"
    tracks = inner = ""
    if of.captions is not None:
        language, name = say(of.scene, "language"), say(of.scene, "language-name")
        attributes = {"src": of.url + quote(of.captions), "label": name, "srcLang": language, "kind": "captions"}
        tracks = f" {_in_comment({'tracks': [attributes]})}"
        named = f'label="{escape(name)}" srclang="{escape(language)}"'
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
    for sign in ("--", "<", ">", "&", '\\"'):
        code = '"' if sign == '\\"' else sign
        text = text.replace(sign, "".join(f"\\u{ord(character):04x}" for character in code))
    return text


def wordpress_shortcode(of: Embedded) -> str:
    """The shortcode of WordPress's classic editor, in one line: a line more would become a paragraph."""
    width, height = of.size
    plain = [source for source in of.sources if not source.stepped]
    files = " ".join(f'{source.name.rpartition(".")[2]}="{of.at(source.name)}"' for source in plain)
    playing = ' autoplay="on" loop="on" muted="true"' if of.autoplay else ""
    captions = "" if of.captions is None else track(of)
    size = f'width="{width}" height="{height}"'
    return f'[video {size} {files} poster="{of.at(of.poster)}" preload="metadata"{playing}]{captions}[/video]\n'


def hugo_shortcode(of: Embedded) -> str:
    """A template for Hugo's layouts/shortcodes, which is called with the folder the files are in: at="/films/"."""
    text = html(replace(of, url=_MARK)).replace("{{", '{{ "{{" }}').replace(_MARK, "{{ $at }}")
    place = f"{{{{- /* layouts/shortcodes/{hugo_name(of)}.html */ -}}}}"
    return f'{place}\n{{{{- $at := .Get "at" | default {json.dumps(of.url)} -}}}}\n{text}'


_MARK = "netviz-at-"
"""Stands for the folder of the files until all else is escaped."""


def hugo_line(of: Embedded) -> str:
    """The line with which a page of Hugo shows the film."""
    return f'{{{{< {hugo_name(of)} at="{of.url or "/films/"}" >}}}}\n'


def hugo_name(of: Embedded) -> str:
    """Name of the film's shortcode."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", of.scene.name).strip("-") or "film"


def _one_line(text: str) -> str:
    return " ".join(text.split())
