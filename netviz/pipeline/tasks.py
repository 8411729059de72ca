"""Render tasks: picklable runs of frames, checked for equal versions, encoded by any worker to the same bytes.

A RenderTask is what all segments of one film need. Within this process it goes from hand to hand; where it is pickled
it becomes a SerializedTask, which is bytes and whose versions are compared before anything in it is believed.
"""

from __future__ import annotations

import hashlib
import pickle
import secrets
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netviz.atomic_files import output_failures, temporary_folder
from netviz.errors import NetvizError
from netviz.pipeline.looks import Filmed
from netviz.pipeline.validation import film_timeline
from netviz.recording.array_file import digest_of
from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording, StoredAt, finite_part
from netviz.recording.storage import reopen
from netviz.scene.panels import PicturePanelSpec
from netviz.scene.scene import Look
from netviz.timeline.plan import Plan
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.training.cache import recording_size
from netviz.video.encoder import encode_segment
from netviz.video.formats import FrameStream

if TYPE_CHECKING:
    from netviz.drawing.renderer import AnyRenderer


class SegmentFailed(NetvizError):
    """A segment could not be made; the message says why. Unlike most exceptions it survives being pickled."""


class Cancelled(Exception):
    """Nobody wants this film any more."""


@dataclass(frozen=True)
class SerializedTask:
    """A RenderTask on its way: bytes that are opened by a worker of the same versions only."""

    token: str
    versions: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, eq=False)
class RenderTask:
    """One film as workers draw it. roll: the frames to be drawn and their encodings. token: its name among workers."""

    plan: Plan
    film: Filmed
    stream: FrameStream
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    @cached_property
    def timeline(self) -> Timeline | SideBySide:
        """The state of every frame."""
        return film_timeline(self.plan, self.film)

    @cached_property
    def packed(self) -> SerializedTask:
        """The film as bytes, with the files its pictures need: a worker may have no disk in common with us."""
        files = {path: Path(path).read_bytes() for path in files_of(self.film.scene)}
        return self._serialized(self.film.recorded, files)

    @cached_property
    def packed_here(self) -> SerializedTask:
        """The same for another process on this machine, which reads recordings and pictures from where they lie.

        A large recording that lies nowhere yet is written to a file, which is gone with this task.
        """
        return self._serialized(_places(self.film.recorded, lambda: Path(self._folder.name)), {})

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return temporary_folder()

    def _serialized(self, recorded: Any, files: Mapping[str, bytes]) -> SerializedTask:
        parts = (self.plan, recorded, self.film.scene, self.stream, files)
        return SerializedTask(
            self.token, dict(worker_versions()), pickle.dumps(parts, protocol=pickle.HIGHEST_PROTOCOL)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        packed = self.packed
        return SerializedTask, (packed.token, packed.versions, packed.content)


@dataclass(frozen=True)
class Segment:
    """A run of a film's frames that any worker can turn into video."""

    film: RenderTask | SerializedTask
    start: int
    stop: int

    def encoded(self) -> tuple[bytes, ...]:
        """Draw it, and encode it for every take of its roll. Raises SegmentFailed, or Cancelled."""
        try:
            film = deserialized(self.film)
            frames = range(self.start, self.stop)
            return encode_segment(_pictures(film, self.start, self.stop), frames, film.stream)
        except Cancelled:
            raise
        except NetvizError as failure:
            raise SegmentFailed(str(failure)) from failure
        except Exception as failure:
            raise SegmentFailed(f"{type(failure).__name__}: {failure}") from failure


def encode(film: RenderTask | SerializedTask, start: int, stop: int) -> tuple[bytes, ...]:
    """Encode a segment; this is the function that executors are given. See `Segment.encoded`."""
    return Segment(film, start, stop).encoded()


class ProgressTracker:
    """Progress of a film in this process: the frames drawn so far, and whether it has been cancelled."""

    def __init__(self, news: threading.Event | None = None, tell: Callable[[], None] = lambda: None) -> None:
        """news: set when more is drawn. tell: called by a worker that leaves nobody else the time to look."""
        self.cancelled = False
        self.tell = tell
        self.news = news or threading.Event()
        self._frames: dict[int, int] = {}
        self._lock = threading.Lock()

    @property
    def frames(self) -> int:
        """Frames drawn so far."""
        with self._lock:
            return sum(self._frames.values())

    def drawn(self, start: int, count: int) -> None:
        """So many frames of the segment that begins with frame `start` are drawn."""
        if self.cancelled:
            raise Cancelled
        with self._lock:
            self._frames[start] = max(count, self._frames.get(start, 0))
        self.news.set()

    def taken(self, cuts: Sequence[range], numbers: Collection[int]) -> None:
        """The frames of these segments were drawn before. cuts: frames of all segments."""
        for number in numbers:
            self.drawn(cuts[number].start, len(cuts[number]))


TRACKERS: dict[str, ProgressTracker] = {}
"""By its token whoever in this process follows a film's making; workers elsewhere have none."""


_opening = threading.Lock()
_drawing = threading.Lock()
_of_thread = threading.local()


def deserialized(film: RenderTask | SerializedTask) -> RenderTask:
    """The film itself. The one opened last is kept, for the segments of it that will follow."""
    if isinstance(film, RenderTask):
        return film
    with _opening:
        kept: RenderTask | None = _kept.get(film.token)
        if kept is None:
            check_versions(film.versions)
            plan, recorded, scene, stream, files = pickle.loads(film.content)
            _kept.clear()
            kept = RenderTask(plan, Filmed(_opened(recorded), _with_files(scene, files)), stream, film.token)
            _kept[film.token] = kept
        return kept


_kept: dict[str, RenderTask] = {}


def _pictures(film: RenderTask, start: int, stop: int) -> Iterator[Any]:
    """The segment's pictures, drawn one thread at a time: matplotlib's settings are the whole process's."""
    from netviz.drawing.renderer import draw_frames

    watch = TRACKERS.get(film.token)
    source: Iterator[Any] | None = None
    for count in range(stop - start):
        if watch is not None:
            watch.drawn(start, count)
        with _drawing, _one_thread()():
            if source is None:
                source = draw_frames(film.timeline, _renderer(film), range(start, stop))
            picture = next(source)
        yield picture
    if watch is not None:
        watch.drawn(start, stop - start)


def _renderer(film: RenderTask) -> AnyRenderer:
    """This thread's renderer of the film; only the last film's is kept."""
    from netviz.drawing.renderer import make_renderer

    if getattr(_of_thread, "token", None) != film.token:
        _of_thread.renderer = None  # before the next one takes its memory
        _of_thread.renderer, _of_thread.token = make_renderer(film.timeline, film.stream.is_transparent), film.token
    renderer: AnyRenderer = _of_thread.renderer
    return renderer


@lru_cache(maxsize=1)
def _one_thread() -> Callable[[], Any]:
    """Limits the threads of matrix products: they are small, and more would only wait for each other."""
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController()
    return lambda: controller.limit(limits=1)


LARGE = 20_000_000
"""Bytes of a recording from which a file that all processes map is cheaper than arrays that are sent to each."""


def _places(recorded: Recording | Comparison, folder: Callable[[], Path]) -> Any:
    """The recording, or where its file lies: arrays that are mapped need not be sent. folder: for those without one."""
    if isinstance(recorded, Comparison):
        return replace(recorded, recordings=tuple(_places(each, folder) for each in recorded.recordings))
    if recorded.stored_at is not None or recording_size(recorded) < LARGE:
        return recorded.stored_at or recorded
    path = folder() / f"{secrets.token_hex(4)}.npz"
    recorded.save(path)
    return StoredAt(path, digest_of(path))


def _opened(recorded: Any) -> Any:
    """The recording that `_places` was given."""
    if isinstance(recorded, Comparison):
        return replace(recorded, recordings=tuple(map(_opened, recorded.recordings)))
    return finite_part(reopen(recorded)) if isinstance(recorded, StoredAt) else recorded


def files_of(scene: Look) -> list[str]:
    """Files that the pictures of a scene's film need."""
    pictures = [panel.file for panel in scene.panels or () if isinstance(panel, PicturePanelSpec)]
    return [*pictures, *(font for font in (scene.font, scene.figures_font) if font is not None)]


def _with_files(scene: Look, files: Mapping[str, bytes]) -> Look:
    """The scene with its files, if any were sent: those at their places if they are the same, or else our copies."""
    if not files:
        return scene
    places = {path: path if _is(path, content) else _copy(path, content) for path, content in files.items()}
    panels = scene.panels and tuple(
        panel.model_copy(update={"file": places[panel.file]}) if isinstance(panel, PicturePanelSpec) else panel
        for panel in scene.panels
    )
    fonts = {"font": scene.font, "figures_font": scene.figures_font}
    changes = {"panels": panels, **{key: font and places[font] for key, font in fonts.items()}}
    return scene.model_copy(update=changes)


def _is(path: str, content: bytes) -> bool:
    try:
        return Path(path).read_bytes() == content
    except (OSError, ValueError):
        return False


def _copy(path: str, content: bytes) -> str:
    copy = Path(_folder().name) / f"{secrets.token_hex(4)}{Path(path).suffix}"
    with output_failures(copy, len(content)):
        copy.write_bytes(content)
    return str(copy)


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with this process."""
    return temporary_folder()


# Versions that all workers must have in common, so that their segments are the same to the last bit.


class WorkerDiffers(NetvizError):
    """A worker would draw or encode otherwise than this process."""


@lru_cache(maxsize=1)
def worker_versions() -> Mapping[str, str]:
    """Of netviz (a digest of its very code), the libraries that make pixels, and ffmpeg, in this process."""
    from importlib.metadata import version

    from netviz import ffmpeg
    from netviz.version import __version__

    package = Path(__file__).resolve().parents[1]
    code = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(str(path.relative_to(package).as_posix()).encode() + b"\0" + path.read_bytes())
    return {
        "netviz": f"{__version__} (code {code.hexdigest()[:12]})",
        **{name: version(name) for name in ("numpy", "matplotlib", "pillow")},
        "ffmpeg": ffmpeg.version(),
    }


def check_versions(expected: Mapping[str, str]) -> None:
    """Raise WorkerDiffers unless this process has the versions that the one asking has."""
    here = worker_versions()
    wrong = [
        f"{name} {here.get(name)} instead of {version}"
        for name, version in expected.items()
        if here.get(name) != version
    ]
    if wrong:
        import socket

        raise WorkerDiffers(
            f"the worker on {socket.gethostname()} has {', '.join(wrong)}; its part of the film would not be the same: "
            "install the same versions there"
        )
