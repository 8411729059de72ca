"""Everything that a blog post needs of a film, in one folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netviz.api import Progress, recorded
from netviz.errors import InputError, Problem
from netviz.executable import executable
from netviz.film.poster import poster_frame
from netviz.film.side_by_side import SideBySide, frames_of
from netviz.film.timeline import Timeline
from netviz.films import render_many, request_problems
from netviz.learn.comparison import Comparison
from netviz.learn.recording import Recording
from netviz.plans import plan, tell
from netviz.problems import Source, input_files, scene_of, scene_problems
from netviz.scene.spec import Scene
from netviz.video.film import Film
from netviz.video.folders import folder_problems, whole_folder

if TYPE_CHECKING:
    from netviz.post.page import Played
    from netviz.post.snippets import Embedded

POSTER_BYTES_A_PIXEL = 0.095
"""A poster is no larger, if that can be had: some 200 kB at 1920x1080."""
POSTER_QUALITIES = (93, 90, 86, 82, 78)
"""Of JPEG, tried in turn."""


@dataclass(frozen=True)
class Version:
    """A film file of a post: its name after the scene's, and whether it shows less motion."""

    end: str
    stepped: bool = False


VERSIONS = (Version(".mp4"),)
"""The film files of a post, those first that a browser should take where it can."""


@dataclass(frozen=True)
class Post:
    """A finished folder. films: those in it. files: all that was written, by name. poster: the frame that stands for
    the film."""

    folder: Path
    films: tuple[Film, ...]
    files: tuple[Path, ...]
    poster: int

    @property
    def size_in_bytes(self) -> int:
        """Of all its files."""
        return sum(path.stat().st_size for path in self.files)


def embed(
    source: Source,
    folder: str | Path | None = None,
    *,
    overwrite: bool = False,
    autoplay: bool = False,
    url: str = "",
    jobs: int | None = None,
    progress: Progress | None = None,
    cache: bool = False,
) -> Post:
    """Make a folder with all that a blog post needs of a film: the film itself, a picture of it, its captions and
    transcript, alternative text, snippets to paste, and a page that plays it (see docs/embedding.md).

    folder: without it the scene's name in the current folder. One that exists is refused unless `overwrite`; then
    files of the same names are replaced in it, and all others left. autoplay: whether the film of the snippets begins
    by itself, without sound, and over again, but for readers who want less motion. url: what stands before the names
    of files in the snippets, such as https://example.org/films/. jobs, cache: as in `render`.
    Raises InputError before any work with all that is wrong with what is asked for, another NetvizError if something
    fails; then the folder is as it was before.
    """
    scene = scene_of(source)
    target = Path(scene.name if folder is None else folder)
    problems = [*request_problems(jobs, None, None), *url_problems(url), *scene_problems(source)]
    problems += folder_problems(target, file_names(scene), overwrite, input_files(scene))
    try:
        plan(scene)
    except InputError as wrong:
        problems += [problem for problem in wrong.problems if problem not in problems]
    if problems:
        raise InputError(problems)
    executable()  # without ffmpeg there is no need to train first
    with whole_folder(target, overwrite=overwrite) as making:
        runs = recorded(source, progress=progress, cache=cache)
        films = _films(making, runs, jobs, progress)
        timeline = frames_of(tell(plan(scene), runs), runs)
        poster = poster_frame(timeline)
        _write_poster(making / f"{scene.name}.jpg", timeline, poster)
        _write_texts(making, scene, timeline, autoplay, _prefix(url))
        names = sorted(path.name for path in making.iterdir())
    return Post(
        target,
        tuple(replace(film, path=target / film.path.name, captions=_in(target, film.captions)) for film in films),
        tuple(target / name for name in names),
        poster,
    )


def file_names(scene: Scene) -> list[str]:
    """The names of all files that a post of the scene can have."""
    ends = (".jpg", ".vtt", "-transcript.txt", "-transcript.html", *(version.end for version in VERSIONS))
    return [*(f"{scene.name}{end}" for end in ends), "alt.txt", *_SNIPPETS, "index.html"]


_SNIPPETS = ("snippet.html", "snippet.md", "wordpress.html", "wordpress.txt", "hugo-shortcode.html", "hugo.md")


def url_problems(url: str) -> list[Problem]:
    """Why an address cannot stand before the names of files."""
    if re.search(r"[\s\"'<>\\`{}\[\]]|[\x00-\x1f\x7f]", url):
        message = f"{url!r} is no address; give one such as https://example.org/films/"
        return [Problem("--url", message)]
    return []


def _prefix(url: str) -> str:
    """An address with the sign between a folder and a file, where it lacks one."""
    return f"{url}/" if url[-1:].isalnum() else url


def _in(folder: Path, path: Path | None) -> Path | None:
    return None if path is None else folder / path.name


def _films(folder: Path, runs: Recording | Comparison, jobs: int | None, progress: Progress | None) -> list[Film]:
    """Make all film files, with one file of captions beside them."""
    name = runs.scene.name
    wanted: dict[str | Path, Source] = {
        folder / f"{name}{version.end}": _version(runs, version) for version in VERSIONS
    }
    made = []
    for outcome in render_many(wanted, jobs=jobs, progress=progress).values():
        if isinstance(outcome, Exception):
            raise outcome
        made.append(outcome)
    captions = folder / f"{name}.vtt"
    for film in made:
        if film.captions is not None and film.captions.name != captions.name:
            film.captions.unlink()  # it says the same
    return [replace(film, captions=captions if captions.exists() else None) for film in made]


def _version(runs: Recording | Comparison, version: Version) -> Recording | Comparison:
    return runs


def _write_poster(path: Path, timeline: Timeline | SideBySide, frame: int) -> None:
    """Draw a frame and write it as JPEG: progressive, and full colour at every pixel, which keeps thin lines sharp."""
    import io

    from PIL import Image

    from netviz.picture.stage import Stage

    pixels = Stage(timeline).draw(timeline.frame(frame))
    picture, largest = Image.fromarray(pixels), POSTER_BYTES_A_PIXEL * pixels.shape[0] * pixels.shape[1]
    data = b""
    for quality in POSTER_QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, subsampling=0, progressive=True, optimize=True)
        data = file.getvalue()
        if len(data) <= largest:
            break
    path.write_bytes(data)


def _write_texts(folder: Path, scene: Scene, timeline: Timeline | SideBySide, autoplay: bool, url: str) -> None:
    """Write all that is text."""
    for name, text in _texts(folder, scene, timeline, autoplay, url):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _texts(
    folder: Path, scene: Scene, timeline: Timeline | SideBySide, autoplay: bool, url: str
) -> Iterator[tuple[str, str]]:
    from netviz.post import snippets
    from netviz.post.page import player_page
    from netviz.post.transcript import transcript_page, transcript_text

    played = _played(folder, scene, timeline)
    of, told, fps = played.of, played.passages, timeline.plan.fps
    yield "index.html", player_page(played)
    yield f"{scene.name}-transcript.txt", transcript_text(scene, of.about, told, fps)
    yield f"{scene.name}-transcript.html", transcript_page(scene, of.about, told, fps)
    yield "alt.txt", f"{of.about.alt}\n"
    pasted = replace(of, url=url, autoplay=autoplay)
    yield "snippet.html", snippets.html(pasted)
    yield "snippet.md", snippets.markdown(pasted)
    yield "wordpress.html", snippets.wordpress_block(pasted)
    yield "wordpress.txt", snippets.wordpress_shortcode(pasted)
    yield "hugo-shortcode.html", snippets.hugo_shortcode(pasted)
    yield "hugo.md", snippets.hugo_line(pasted)


def _played(folder: Path, scene: Scene, timeline: Timeline | SideBySide) -> Played:
    from netviz.post.curve import curve_of
    from netviz.post.page import Played
    from netviz.post.passages import passages

    of = _embedded(folder, scene, timeline)
    name, plan_of = scene.name, timeline.plan
    downloads = [
        *(("page-download-stepped" if each.stepped else "page-download-film", each.name) for each in of.sources),
        ("page-download-poster", of.poster),
        *([("page-download-captions", of.captions)] if of.captions is not None else []),
        ("page-download-transcript", f"{name}-transcript.txt"),
    ]
    return Played(
        of,
        passages(timeline),
        plan_of.cues,
        curve_of(timeline),
        plan_of.fps,
        plan_of.frame_count,
        scene.audio is not None,
        tuple(downloads),
    )


def _embedded(folder: Path, scene: Scene, timeline: Timeline | SideBySide) -> Embedded:
    from netviz.post.about import about
    from netviz.post.filmtypes import film_type
    from netviz.post.snippets import Embedded
    from netviz.post.snippets import Source as FilmSource

    name = scene.name
    return Embedded(
        scene,
        about(timeline),
        scene.output.size,
        tuple(
            FilmSource(f"{name}{each.end}", film_type(folder / f"{name}{each.end}"), each.stepped) for each in VERSIONS
        ),
        poster=f"{name}.jpg",
        transcript=f"{name}-transcript.html",
        captions=f"{name}.vtt" if (folder / f"{name}.vtt").exists() else None,
        drawn=any(panel.panel == "caption" for panel in scene.shown_panels),
    )
