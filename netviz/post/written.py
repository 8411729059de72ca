"""All that is text in a post: what each of its files says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.post import snippets
from netviz.post.curve import clock_of, curve_of
from netviz.post.page import Played, player_page
from netviz.post.passages import passages, scene_of
from netviz.post.snippets import Embedded, Source
from netviz.post.summary import summary_of
from netviz.post.transcript import transcript_page, transcript_text

NAMES = ("alt.txt", "snippet.html", "snippet.md", "wordpress.html", "wordpress.txt", "hugo-shortcode.html", "hugo.md")
"""Of the files that are called the same in every post, besides the page."""
PAGE = "index.html"
TRANSCRIPTS = ("-transcript.txt", "-transcript.html")
"""What the names of the transcripts end in, after the scene's."""
POSTER, CAPTIONS = ".jpg", ".vtt"


def texts(
    timeline: Timeline | SideBySide,
    stills: Timeline | SideBySide,
    sources: Sequence[Source],
    *,
    captions: bool,
    autoplay: bool,
    url: str,
) -> Iterator[tuple[str, str]]:
    """Name and text of every file.

    timeline: the frames of the film; stills: of the one with less motion. sources: the files of both. captions:
    whether there is a file of captions. autoplay, url: of the snippets.
    """
    scene = scene_of(timeline)
    of = Embedded(
        scene,
        summary_of(timeline),
        scene.output.size,
        tuple(sources),
        poster=f"{scene.name}{POSTER}",
        transcript=f"{scene.name}{TRANSCRIPTS[1]}",
        captions=f"{scene.name}{CAPTIONS}" if captions else None,
        drawn=any(panel.panel == "caption" for panel in scene.shown_panels),
    )
    told, plan = passages(timeline), timeline.plan
    has_sound, downloads = scene.audio is not None, tuple(_downloads(of))
    curve, held = curve_of(timeline), clock_of(stills)
    played = Played(of, told, plan.cues, curve, held, plan.fps, plan.frame_count, has_sound, downloads)
    yield PAGE, player_page(played)
    for end, write in zip(TRANSCRIPTS, (transcript_text, transcript_page), strict=True):
        yield f"{scene.name}{end}", write(scene, of.summary, told, plan.fps)
    pasted = replace(of, url=url, autoplay=autoplay)
    pieces = (
        f"{of.summary.alt}\n",
        snippets.html(pasted),
        snippets.markdown(pasted),
        snippets.wordpress_block(pasted),
        snippets.wordpress_shortcode(pasted),
        snippets.hugo_shortcode(pasted),
        snippets.hugo_line(pasted),
    )
    yield from zip(NAMES, pieces, strict=True)


def _downloads(of: Embedded) -> Iterator[tuple[str, str]]:
    """What a reader of the page can take home: key of the phrase that names a file, and the file."""
    for source in of.sources:
        yield "page-download-stepped" if source.stepped else "page-download-film", source.name
    yield "page-download-poster", of.poster
    if of.captions is not None:
        yield "page-download-captions", of.captions
    yield "page-download-transcript", f"{of.scene.name}{TRANSCRIPTS[0]}"
