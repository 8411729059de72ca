"""The transcript of a film, as plain text and as a page by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape

from netviz.film.cues import Cue
from netviz.film.timing import frame_time
from netviz.post.passages import Passage
from netviz.post.summary import Summary, clock_time
from netviz.post.template import filled, looks
from netviz.scene.phrases import say
from netviz.scene.spec import Scene


def transcript_text(scene: Scene, of: Summary, told: Sequence[Passage], fps: Fraction) -> str:
    """Plain text, UTF-8: what the film is, then each passage with its time."""
    lines = [say(scene, "transcript-of", title=of.title), "", of.alt]
    for passage in told:
        lines += ["", f"[{_clock(passage.start, fps)}] {passage.heading}"]
        lines += [f"  {line}" for line in passage.lines]
        lines += [f"  [{_clock(cue.start, fps)}] {_plain(cue)}" for cue in passage.said]
    return "\n".join([*lines, ""])


def transcript_page(scene: Scene, of: Summary, told: Sequence[Passage], fps: Fraction) -> str:
    """A page of its own, in HTML."""
    return filled(
        "transcript.html",
        scene,
        language=escape(say(scene, "language")),
        title=escape(of.title),
        heading=escape(say(scene, "transcript-of", title=of.title)),
        about=escape(of.alt),
        passages="\n".join(_sections(told, fps)),
        looks=looks(),
    )


def _sections(told: Sequence[Passage], fps: Fraction) -> Iterator[str]:
    for passage in told:
        yield f"<h2><span>{_clock(passage.start, fps)}</span> {escape(passage.heading)}</h2>"
        yield from (f"<p>{escape(line)}</p>" for line in passage.lines)
        for cue in passage.said:
            yield f"<blockquote><span>{_clock(cue.start, fps)}</span> <p>{escape(_plain(cue))}</p></blockquote>"


def _clock(frame: int, fps: Fraction) -> str:
    return clock_time(frame_time(frame, fps))


def _plain(cue: Cue) -> str:
    return " ".join(cue.text.split())
