"""Film in a notebook: its poster at once with a line that says how far it is, and then the film, in the same place."""

from __future__ import annotations

import hashlib
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from netviz.atomic_files import temporary_folder, write_whole
from netviz.errors import InputError, NetvizError, Problem
from netviz.ffmpeg import executable
from netviz.pipeline.api import Progress, finished_film
from netviz.pipeline.jobs import render_job
from netviz.pipeline.looks import Filmed, Source, resolved
from netviz.pipeline.prepare import prepare
from netviz.pipeline.render import render_all, request_problems
from netviz.scene.look_file import LookSource, read_look
from netviz.scene.output import Output, size_within
from netviz.scene.phrases import say
from netviz.scene.scene import Look
from netviz.timeline.poster import poster_frame
from netviz.video.webvtt import vtt
from netviz.web.mime_types import film_type
from netviz.web.transcript import FilmSummary, clock_time, summary_of

PIXELS, FPS = 960 * 540, Fraction(20)
"""Most pixels and frames a second of a film in a cell, unless its look says otherwise."""
LARGEST_EMBEDDED = 8_000_000
"""Most characters of a film's data URI; larger ones disconnect Colab, and make a notebook slow to open anywhere."""
BETWEEN_LINES = 0.5
"""Seconds between two lines of progress: each is sent with the poster, which it stands under."""
_END = ".webm"
"""VS Code's notebooks play no AAC, so no MP4 with sound; Opus in WebM plays everywhere."""

AnyLook = TypeVar("AnyLook", bound=Look)
Bundle = dict[str, Any]
"""Content of an output by its MIME type, as Jupyter shows it: the richest that whoever shows it knows."""


class Film:
    """A film that a notebook (Jupyter, Colab, VS Code) shows in the cell whose last line it is.

        netviz.Film(recorder)

    Its poster is shown at once, with a line that says how far the film is, and then the film takes its place. Where no
    film can be played, as on GitHub, the poster stays. The film is made when it is first shown, and kept: showing it
    again takes no time.
    """

    def __init__(
        self,
        source: Source,
        *,
        look: LookSource | None = None,
        frames: int | None = None,
        jobs: int | None = None,
        cache: bool = False,
    ) -> None:
        """The film of a scene, or of a recording or recorder as far as it is now.

        In a cell a film is smaller than a file, so that it is there in seconds: of its own shape, but with no more
        pixels than 960x540, at most 20 frames a second, in draft quality, as WebM (VP9 and Opus). What a look says of
        its output is done instead.

        look, frames, jobs, cache: as in `render`. Raises InputError with all that is wrong.
        """
        film = resolved(source, look, frames)
        given = read_look(look).overrides
        if isinstance(film, Filmed):
            self._prepared = prepare(replace(film, scene=for_a_cell(film.scene, given)))
        else:
            self._prepared = prepare(for_a_cell(film, given))
        self._prepared.refuse(request_problems(jobs, None, None))
        executable()  # without ffmpeg there is no need to begin
        self._jobs, self._cache = jobs, cache
        self._made: CellFilm | None = None

    def __repr__(self) -> str:
        scene = self._prepared.scene
        assert self._prepared.plan is not None, "without problems there is a plan"
        width, height = scene.output.size
        length = clock_time(self._prepared.plan.seconds)
        made = "not made yet" if self._made is None else f"{len(self._made.film) / 1e6:.1f} MB"
        return f"<netviz.Film {scene.title.strip() or scene.name!r}: {length}, {width}x{height}, {made}>"

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the film as it is shown in the cell, as .webm; `netviz.render` makes other files, and larger ones.

        An existing file is refused unless `overwrite`.
        """
        target = Path(path)
        if target.suffix.lower() != _END:
            message = "the film of a cell is WebM: expected a name that ends in .webm; netviz.render makes other files"
            raise InputError([Problem(str(target), message)])
        write_whole(target, self._film().film, overwrite=overwrite)

    def _ipython_display_(self) -> None:
        """Show the poster, how far the film is, and then the film; called by IPython in place of what follows."""
        if self._made is not None or not is_in_notebook():
            raise NotImplementedError  # IPython then asks for the bundle, or for the line of text
        output = CellOutput(status_bundle("preparing the film"))
        posters: list[Poster] = []
        told = time.monotonic()

        def show(line: str) -> None:
            output.show(posters[-1].bundle(line) if posters else status_bundle(line))

        def poster_drawn(poster: Poster) -> None:
            posters.append(poster)
            show("drawing: 0 %")

        def progress(phase: str, done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told >= BETWEEN_LINES:
                told = time.monotonic()
                show(f"{phase}: {100 * done // max(1, total)} %")

        try:
            output.show(self._film(progress, poster_drawn).bundle())
        except NetvizError as failure:
            show(f"The film was not made: {failure}")
        except BaseException:
            show("The film was not made: it was interrupted")
            raise

    def _repr_mimebundle_(self, include: Container[str] | None = None, exclude: Container[str] | None = None) -> Bundle:
        """The film for whoever shows it."""
        return self._film().bundle() if is_in_notebook() else {"text/plain": repr(self)}

    def _film(
        self, progress: Progress | None = None, poster_drawn: Callable[[Poster], None] = lambda poster: None
    ) -> CellFilm:
        if self._made is None:
            self._made = self._make(progress, poster_drawn)
        return self._made

    def _make(self, progress: Progress | None, poster_drawn: Callable[[Poster], None]) -> CellFilm:
        from netviz.drawing.renderer import draw_picture  # only here, for matplotlib takes its time to load
        from netviz.video.images import picture_file

        finished = finished_film(self._prepared, progress=progress, cache=self._cache)
        timeline, scene = finished.timeline, self._prepared.scene
        picture = draw_picture(timeline, poster_frame(timeline))
        small = ".png" if scene.output.transparent else ".jpg"
        poster = Poster(
            picture_file(picture, ".png", None),
            data_uri(f"image/{'png' if small == '.png' else 'jpeg'}", picture_file(picture, small, None)),
            scene.output.size,
            summary_of(timeline),
        )
        poster_drawn(poster)
        with temporary_folder() as folder:
            file = Path(folder) / f"film{_END}"
            job = render_job(self._prepared, (file,), overwrite=False, finished=finished)
            (outcome,) = render_all([job], workers=self._jobs, progress=progress, cache=self._cache).values()
            if isinstance(outcome, Exception):
                raise outcome
            cues = finished.plan.cues
            return CellFilm(
                file.read_bytes(),
                film_type(file),
                poster,
                scene,
                vtt(cues, finished.plan.fps) if cues else None,
                clock_time(finished.plan.seconds),
            )


def for_a_cell(scene: AnyLook, given: Container[str]) -> AnyLook:
    """The scene as a film that is shown in a cell. given: the keys that its user gives for this film."""
    output = scene.output
    usual = {
        "output.size": ("size", size_within(output.size, PIXELS)),
        "output.fps": ("fps", min(FPS, output.fps)),
        "output.quality": ("quality", "draft"),
        "output.webm": ("webm", "vp9"),  # plays in every browser, and in draft quality it is the faster one
    }
    if "output.platform" in given:  # which sets the size
        del usual["output.size"]
    changes = dict(change for key, change in usual.items() if key not in given)
    return scene.model_copy(update={"output": Output.model_construct(**dict(output) | changes)})


# What an output of a cell holds: HTML without any script, everything in it escaped, and what stays where HTML does not.

_FIGURE = "margin:0;padding:0"
_MEDIUM = "display:block;width:auto;height:auto;max-width:100%;max-height:720px"  # not in vh: Colab's frames grow
_LINE = "margin:4px 0 0;font:12px/1.5 system-ui,sans-serif;opacity:.75"


@dataclass(frozen=True)
class Poster:
    """The picture that stands for a film. uri: of a smaller file of the same picture."""

    png: bytes
    uri: str
    size: tuple[int, int]
    summary: FilmSummary

    def bundle(self, line: str) -> Bundle:
        """The picture with a line under it."""
        return {"text/html": picture_html(self.uri, self.size, self.summary.alt, line), "text/plain": line}


@dataclass(frozen=True)
class CellFilm:
    """A finished film, WebM. type: with its codecs. captions: WebVTT; None where the film tells nothing."""

    film: bytes
    type: str
    poster: Poster
    scene: Look
    captions: str | None
    length: str

    def bundle(self) -> Bundle:
        """The player, and the poster for whoever shows no HTML, or none with a film in it."""
        line = f"{' '.join(self.poster.summary.title.split())}, {self.length}"
        uri = data_uri("video/webm", self.film)
        source = uri
        if len(uri) > LARGEST_EMBEDDED:
            path = self._beside_the_notebook()
            source = quote(path.name)
            line = f"{line}. The film is too large to be kept in the notebook; it lies in {path}"
        return {
            "text/html": self._player(source, line),
            "image/png": b64encode(self.poster.png).decode(),
            "text/plain": line,
        }

    def _player(self, source: str, line: str) -> str:
        """The video. In it the poster once more, which is left where somebody takes the video itself out."""
        (width, height), poster, summary = self.poster.size, self.poster.uri, self.poster.summary
        size = f'width="{width}" height="{height}"'
        return (
            f'<figure style="{_FIGURE}"><video controls playsinline preload="metadata" {size} poster="{poster}" '
            f'aria-label="{escape(summary.label)}" style="{_MEDIUM}">'
            f"<source src=\"{escape(source)}\" type='{self.type}'>{self._track()}"
            f'<img src="{poster}" {size} alt="{escape(summary.alt)}" style="{_MEDIUM}"></video>'
            f'<figcaption style="{_LINE}">{escape(line)}</figcaption></figure>'
        )

    def _track(self) -> str:
        """The captions; shown from the start where the picture does not show them itself."""
        if self.captions is None:
            return ""
        language, name = (escape(say(self.scene, key)) for key in ("language", "language-name"))
        default = "" if any(panel.panel == "caption" for panel in self.scene.shown_panels) else " default"
        uri = data_uri("text/vtt", self.captions.encode())
        return f'<track kind="captions" src="{uri}" srclang="{language}" label="{name}"{default}>'

    def _beside_the_notebook(self) -> Path:
        """The film's file in the current folder, where a notebook's kernel runs.

        It is called by its content, so that it is no other film's, and the same one is there only once.
        """
        name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in self.scene.name)
        path = Path.cwd() / f"{name}-{hashlib.sha256(self.film).hexdigest()[:8]}{_END}"
        if not path.exists():
            write_whole(path, self.film, overwrite=False)
        return path


def picture_html(uri: str, size: tuple[int, int], alt: str, line: str) -> str:
    """A picture with a line under it, of the same size and in the same place as the player."""
    width, height = size
    return (
        f'<figure style="{_FIGURE}"><img src="{uri}" width="{width}" height="{height}" alt="{escape(alt)}" '
        f'style="{_MEDIUM}"><figcaption style="{_LINE}">{escape(line)}</figcaption></figure>'
    )


def status_bundle(line: str) -> Bundle:
    """A line alone."""
    return {"text/html": f'<p style="{_LINE}">{escape(line)}</p>', "text/plain": line}


def data_uri(kind: str, data: bytes) -> str:
    """Data as an address that holds it. kind: its MIME type."""
    return f"data:{kind};base64,{b64encode(data).decode()}"


# The notebook: IPython is asked only where it is running already.


def is_in_notebook() -> bool:
    """True in a kernel, whose outputs a notebook shows; not in a plain program, nor in IPython in a terminal."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


class CellOutput:
    """One output of a cell, which is replaced as a whole: nothing is cleared, so nothing flickers or is lost."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        from IPython.display import display

        self._handle = display(dict(bundle), raw=True, display_id=True)

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show something else in its place."""
        self._handle.update(dict(bundle), raw=True)

    def show_again(self, bundle: Mapping[str, Any]) -> None:
        """Show it in the cell that is running as well; from now on both change together."""
        self._handle.display(dict(bundle), raw=True)
