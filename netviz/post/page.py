"""The player page: film, curve and transcript in one file that asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from math import ceil
from typing import Any

from netviz.film.cues import Cue
from netviz.film.timing import frame_time
from netviz.post.curve import HEIGHT, WIDTH, Curve, Line
from netviz.post.passages import Passage, stops_of
from netviz.post.snippets import LESS_MOTION, Embedded
from netviz.post.summary import clock_time
from netviz.post.template import filled, inline, looks
from netviz.scene.phrases import say, whole
from netviz.scene.spec import Scene


@dataclass(frozen=True)
class Played:
    """What the page plays.

    of: as it is embedded beside its files. held: what cycle the film with less motion shows when, as `clock_of` says.
    frames: of the whole film. sound: whether it has any. downloads: key of the phrase that names a file, and the file.
    """

    of: Embedded
    passages: tuple[Passage, ...]
    cues: tuple[Cue, ...]
    curve: Curve
    held: tuple[tuple[float, float], ...]
    fps: Fraction
    frames: int
    sound: bool
    downloads: tuple[tuple[str, str], ...]


def player_page(played: Played) -> str:
    """The whole page, UTF-8 to be."""
    of = played.of
    scene, told = of.scene, of.summary
    width, height = of.size
    return filled(
        "page.html",
        scene,
        language=escape(say(scene, "language")),
        title=escape(told.title),
        subtitle=f"<p>{escape(scene.subtitle)}</p>" if scene.subtitle.strip() else "",
        label=escape(told.label),
        about=escape(" ".join(told.sentences[1:])),
        looks=looks(),
        width=str(width),
        height=str(height),
        poster=of.at(of.poster),
        sources="\n".join(_sources(of)),
        tall="tall" if width < 1.3 * height else "wide",
        ratio=f"{width / height:.4f}",
        lines="\n".join(_lines(played.curve)),
        names="".join(_names(played.curve)),
        drawing=f"0 0 {WIDTH} {HEIGHT}",
        passages="\n".join(_passages(played.passages, played.fps)),
        downloads="\n".join(_downloads(of, played.downloads)),
        data=inline(_data(played)),
    )


def _sources(of: Embedded) -> Iterator[str]:
    for source in of.ordered:
        media = f' media="{LESS_MOTION}"' if source.stepped else ""
        yield f"<source src=\"{of.at(source.name)}\" type='{source.type}'{media}>"


def _lines(curve: Curve) -> Iterator[str]:
    """Every curve twice: faint as a whole, and bright as far as the film has come."""
    for line in curve.lines:
        yield f'<path class="whole" {_look(line)} d="{line.path}"/>'
    yield '<g clip-path="url(#past)">'
    for line in curve.lines:
        if line.area:
            yield f'<path class="area" data-colour="{line.colour}" d="{line.area}"/>'
        yield f'<path {_look(line)} d="{line.path}"/>'
    yield "</g>"


def _names(curve: Curve) -> Iterator[str]:
    for line in curve.lines:
        if line.name:
            yield f"<span {_look(line)}>{escape(line.name)}</span> "


def _look(line: Line) -> str:
    return f'data-colour="{line.colour}" data-dash="{line.dash}"'


def _passages(told: Sequence[Passage], fps: Fraction) -> Iterator[str]:
    for passage in told:
        yield f'<li data-at="{_moment(passage.start, fps)}">{_button(passage.start, fps, passage.heading)}'
        yield from (f"<p>{escape(line)}</p>" for line in passage.lines)
        if passage.said:
            yield "<ul>"
            for cue in passage.said:
                said = " ".join(cue.text.split())
                yield f'<li data-at="{_moment(cue.start, fps)}">{_button(cue.start, fps, said)}</li>'
            yield "</ul>"
        yield "</li>"


def _button(frame: int, fps: Fraction, text: str) -> str:
    shown = clock_time(frame_time(frame, fps))
    return f'<button type="button" class="go"><time>{shown}</time> <span>{escape(text)}</span></button>'


def _moment(frame: int, fps: Fraction) -> str:
    """The middle of a frame, in seconds: where a player sure shows that frame."""
    return f"{float((frame + Fraction(1, 2)) / fps):.4f}"


def _downloads(of: Embedded, files: Sequence[tuple[str, str]]) -> Iterator[str]:
    for key, name in files:
        kind = name.rpartition(".")[2].upper()
        text = escape(say(of.scene, key))
        yield f'<li><a href="{of.at(name)}" download>{text} <small>{kind}</small></a></li>'


def _data(played: Played) -> dict[str, Any]:
    """What the page's script works with."""
    of, fps = played.of, played.fps
    scene = of.scene
    return {
        "fps": [fps.numerator, fps.denominator],
        "frames": played.frames,
        "sound": played.sound,
        "films": [{"src": of.at(each.name), "type": each.type, "stepped": each.stepped} for each in of.ordered],
        "cues": [[_start(cue.start, fps), _start(cue.stop, fps), cue.text.strip()] for cue in played.cues],
        "drawn": of.drawn,
        "stops": [[float(_moment(each.start, fps)), each.cycle] for each in stops_of(played.passages)],
        "clock": played.curve.clock,
        "held": played.held,
        "last": played.curve.last,
        "ticks": [[tick, whole(scene, tick)] for tick in played.curve.ticks],
        "language": say(scene, "language"),
        "words": _words(scene),
    }


def _start(frame: int, fps: Fraction) -> float:
    """When a frame begins, in seconds: the first whole millisecond, as in the file of captions."""
    return ceil(1000 * frame_time(frame, fps)) / 1000


def _words(scene: Scene) -> dict[str, str]:
    """What the script says, with * where it puts something in."""
    return {
        "play": say(scene, "page-play"),
        "pause": say(scene, "page-pause"),
        "at": say(scene, "page-at", at="*", length="*"),
        "cycle": say(scene, "heading-cycle", cycle="*"),
        "captions": say(scene, "page-captions"),
        "thousands": say(scene, "thousands"),
    }
