"""Embed: a folder with all that a blog post needs of a film."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from netviz.atomic_files import atomic_folder, folder_problems, output_failures
from netviz.errors import Problem
from netviz.ffmpeg import executable
from netviz.pipeline.api import Progress, finished_film
from netviz.pipeline.jobs import render_job
from netviz.pipeline.kept_segments import KeptSegments
from netviz.pipeline.looks import Filmed, Source, resolved
from netviz.pipeline.prepare import Finished, Prepared, prepare
from netviz.pipeline.provenance import embedded_provenance
from netviz.pipeline.render import render_all, request_problems
from netviz.pipeline.validation import input_files
from netviz.scene.look_file import LookSource
from netviz.scene.scene import Look
from netviz.timeline.poster import poster_frame
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.video.formats import OPAQUE
from netviz.video.images import picture_file
from netviz.video.writer import WrittenFilm
from netviz.web import snippets
from netviz.web.mime_types import film_type
from netviz.web.player_page import Played, clock_of, curve_of, player_page
from netviz.web.snippets import Embedded, FilmSource
from netviz.web.transcript import passages, summary_of, transcript_page, transcript_text


@dataclass(frozen=True)
class Version:
    """A file of a post's film: its name after the scene's, and whether it shows less motion."""

    end: str
    stepped: bool = False


VERSIONS = (Version(".webm"), Version(".mp4"), Version("-stepped.mp4", stepped=True))
"""The files of a post's film, of each kind those first that a browser should take where it can."""


@dataclass(frozen=True)
class Post:
    """A finished folder. films: those in it. files: all that was written, by name. poster: the frame that stands for
    the film."""

    folder: Path
    films: tuple[WrittenFilm, ...]
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
    look: LookSource | None = None,
    frames: int | None = None,
    overwrite: bool = False,
    autoplay: bool = False,
    url: str = "",
    jobs: int | None = None,
    progress: Progress | None = None,
    cache: bool = False,
) -> Post:
    """Make a folder with all that a blog post needs of a film: the film itself, a picture of it, its captions and
    transcript, alternative text, snippets to paste, and a page that plays it (see docs/how-to/embedding.md).

    folder: without it the scene's name in the current folder. One that exists is refused unless `overwrite`; then files
    of the same names are replaced in it, and all others left. autoplay: whether the film of the snippets begins by
    itself, without sound, and over again, but for readers who want less motion. look, frames: as in `render`. url: what
    stands before the names of files in the snippets, such as https://example.org/films/. jobs, cache: as in `render`.
    Raises InputError before any work with all that is wrong with what is asked for, another NetvizError if something
    fails; then the folder is as it was before.
    """
    prepared = prepare(resolved(source, look, frames))
    scene = prepared.scene
    target = Path(scene.name if folder is None else folder)
    problems = [*request_problems(jobs, None, None), *url_problems(url)]
    problems += folder_problems(target, file_names(scene), overwrite, input_files(scene))
    if scene.output.transparent:
        message = f"a post has the film as MP4 too, and {OPAQUE['.mp4']}; leave it out"
        problems.append(Problem("output.transparent", message))
    prepared.refuse(problems)
    executable()  # without ffmpeg there is no need to train first
    kept = list[KeptSegments]()
    with atomic_folder(target, overwrite=overwrite, own=file_names(scene)) as making:
        finished = finished_film(prepared, progress=progress, cache=cache)
        reduced = replace(finished, film=with_reduced_motion(finished.film))
        films = _films(making, prepared, finished, reduced, jobs, progress, cache, kept)
        timeline = finished.timeline
        poster = poster_frame(timeline)
        from netviz.drawing.renderer import draw_picture  # only here, for matplotlib takes its time to load

        picture = picture_file(draw_picture(timeline, poster), _POSTER, embedded_provenance(prepared.source))
        name = f"{scene.name}{_POSTER}"
        with output_failures(target / name, len(picture)):
            (making / name).write_bytes(picture)
        _write_texts(making, timeline, reduced.timeline, autoplay, _prefix(url))
        names = sorted(path.name for path in making.iterdir())
    for segments in kept:
        segments.remove()
    return Post(
        target,
        tuple(_at(target, film) for film in films),
        tuple(target / name for name in names),
        poster,
    )


def post_versions(scene: Look) -> tuple[Version, ...]:
    """The files of the post's film of a scene; one in stills needs no other with less motion."""
    return tuple(each for each in VERSIONS if not each.stepped or scene.motion == "full")


def with_reduced_motion(film: Filmed) -> Filmed:
    """The same for the film with less motion, which has the same clock and says the same."""
    return replace(film, scene=film.scene.model_copy(update={"motion": "reduced"}))


def file_names(scene: Look) -> list[str]:
    """The names of all files that a post of the scene can have, however it is set."""
    ends = (_POSTER, CAPTIONS, *TRANSCRIPTS, *(each.end for each in VERSIONS))
    return [*(f"{scene.name}{end}" for end in ends), *NAMES, _PAGE]


def url_problems(url: str) -> list[Problem]:
    """Problem of an address that cannot stand before the names of files: it has signs that none has, or leads to no
    site.
    """
    scheme = re.match(r"([^/:?#]*):", url)
    is_elsewhere = scheme is not None and scheme[1].lower() not in ("http", "https")
    if is_elsewhere or re.search(r"[\s\"'<>\\`{}\[\]#]|[\x00-\x1f\x7f]", url):
        message = f"{url!r} is no address; give one such as https://example.org/films/"
        return [Problem("--url", message)]
    return []


def _prefix(url: str) -> str:
    """An address with the sign between a folder and a file, where it lacks one."""
    return f"{url}/" if url[-1:].isalnum() else url


def _at(folder: Path, film: WrittenFilm) -> WrittenFilm:
    """A film whose files have come to lie in a folder."""
    captions = None if film.captions is None else folder / film.captions.name
    return replace(film, files={folder / path.name: size for path, size in film.files.items()}, captions=captions)


def _films(
    folder: Path,
    prepared: Prepared,
    finished: Finished,
    reduced: Finished,
    jobs: int | None,
    progress: Progress | None,
    cache: bool,
    kept: list[KeptSegments],
) -> list[WrittenFilm]:
    """Make the film, and the one with less motion, in all their files, with one file of captions beside them.

    kept: where the kept segments of both are put, which are needed again if the folder does not come into its place.
    """
    scene, queue = prepared.scene, []
    for film, is_reduced in ((finished, False), (reduced, True)):
        files = tuple(folder / f"{scene.name}{each.end}" for each in post_versions(scene) if each.stepped == is_reduced)
        if files:
            of = replace(prepared, source=film.film, scene=film.film.scene)
            queue.append(render_job(of, files, overwrite=False, finished=film))
    finished_films = []
    for outcome in render_all(queue, workers=jobs, progress=progress, cache=cache, held=kept).values():
        if isinstance(outcome, Exception):
            raise outcome
        finished_films.append(outcome)
    return [_with_captions(film, folder / f"{scene.name}.vtt") for film in finished_films]


def _with_captions(film: WrittenFilm, captions: Path) -> WrittenFilm:
    """The film with the one file of captions; its own says the same, and goes."""
    if film.captions is None or film.captions == captions:
        return film
    film.captions.replace(captions)
    return replace(film, captions=captions)


def _write_texts(
    folder: Path, timeline: Timeline | SideBySide, stills: Timeline | SideBySide, autoplay: bool, url: str
) -> None:
    """Write all that is text. folder: where the films are. stills: the frames of the film with less motion."""

    scene = timeline.scene
    paths = {folder / f"{scene.name}{each.end}": each for each in post_versions(scene)}
    sources = [FilmSource(path.name, film_type(path), each.stepped) for path, each in paths.items()]
    captions = (folder / f"{scene.name}{CAPTIONS}").exists()
    for name, text in texts(timeline, stills, sources, captions=captions, autoplay=autoplay, url=url):
        content = text.encode()
        with output_failures(folder / name, len(content)):
            (folder / name).write_bytes(content)


# Text files of a post.

NAMES = ("alt.txt", "snippet.html", "snippet.md", "wordpress.html", "wordpress.txt", "hugo-shortcode.html", "hugo.md")
"""Of the files that are called the same in every post, besides the page."""
_PAGE = "index.html"
TRANSCRIPTS = ("-transcript.txt", "-transcript.html")
"""Ends of the transcripts' names, after the scene's."""
_POSTER, CAPTIONS = ".jpg", ".vtt"


def texts(
    timeline: Timeline | SideBySide,
    stills: Timeline | SideBySide,
    sources: Sequence[FilmSource],
    *,
    captions: bool,
    autoplay: bool,
    url: str,
) -> Iterator[tuple[str, str]]:
    """Name and text of every file.

    timeline: the frames of the film; stills: of the one with less motion. sources: the files of both. captions:
    whether there is a file of captions. autoplay, url: of the snippets.
    """
    scene = timeline.scene
    of = Embedded(
        scene,
        summary_of(timeline),
        scene.output.size,
        tuple(sources),
        poster=f"{scene.name}{_POSTER}",
        transcript=f"{scene.name}{TRANSCRIPTS[1]}",
        captions=f"{scene.name}{CAPTIONS}" if captions else None,
        drawn=any(panel.panel == "caption" for panel in scene.shown_panels),
    )
    sections, plan = passages(timeline), timeline.plan
    has_sound, downloads = scene.audio is not None, tuple(_downloads(of))
    curve, held = curve_of(timeline), clock_of(stills)
    played = Played(of, sections, plan.cues, curve, held, plan.fps, plan.frame_count, has_sound, downloads)
    yield _PAGE, player_page(played)
    for end, write in zip(TRANSCRIPTS, (transcript_text, transcript_page), strict=True):
        yield f"{scene.name}{end}", write(scene, of.summary, sections, plan.fps)
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
    """Downloads of the page: the key of the phrase that names a file, and the file."""
    for source in of.sources:
        yield "page-download-stepped" if source.stepped else "page-download-film", source.name
    yield "page-download-poster", of.poster
    if of.captions is not None:
        yield "page-download-captions", of.captions
    yield "page-download-transcript", f"{of.scene.name}{TRANSCRIPTS[0]}"
