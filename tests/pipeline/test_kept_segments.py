"""A render that ended early is gone on with: what was finished is taken, and the film is the same to the last byte."""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing import renderer
from netviz.pipeline import kept_segments
from netviz.pipeline.kept_segments import A_WEEK, KeptSegments, SegmentCache, segment_cache, segment_keys
from netviz.pipeline.looks import Filmed, filmed
from netviz.pipeline.tasks import RenderTask
from netviz.recording.recording import Recording
from netviz.scene.loader import bundled_scenes, load_scene
from netviz.scene.palette import Palette
from netviz.timeline.plan import Plan
from netviz.video.encoder import EncodedWrongly, segments_of
from netviz.video.formats import Encoding, FrameStream
from netviz.web import embed as post_module
from tests.comparing import comparing
from tests.conftest import short_scene

pytestmark = pytest.mark.filterwarnings("ignore:.* of learning have room")

SMALL: dict[str, Any] = {
    "output__size": "160x128",
    "output__fps": 2,
    "output__quality": "draft",
    "duration": 14,
    "story": None,
}
"""28 frames: two segments of twelve, and one of four."""
LATE = 25
"""A frame of the third segment: the first is finished, and the second has only just been drawn."""


class Ended(BaseException):
    """As a signal ends a render."""


class Told:
    """Progress: all that is told, and an end as soon as so many frames are drawn."""

    def __init__(self, end_at: int | None = None, resuming: Callable[[], None] = lambda: None) -> None:
        self.calls: list[tuple[str, int, int]] = []
        self._end_at, self._resuming = end_at, resuming

    def __call__(self, phase: str, done: int, total: int) -> None:
        self.calls.append((phase, done, total))
        if phase == "resuming":
            self._resuming()
        if phase == "drawing" and self._end_at is not None and done >= self._end_at:
            raise Ended

    def of(self, phase: str) -> list[int]:
        return [done for name, done, _ in self.calls if name == phase]


@pytest.fixture(scope="module")
def run() -> Recording:
    return netviz.record(short_scene(**SMALL))


def plain_pictures(timeline: Any, renderer: Any, frames: Iterable[int]) -> Iterator[bytes]:
    """Pictures that take no time to draw, each of one colour."""
    for frame in frames:
        yield bytes([frame * 9]) * (160 * 128 * 3 // 2)


@pytest.fixture(scope="module")
def plain() -> Iterator[None]:
    """Films of plain pictures."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(renderer, "draw_frames", plain_pictures)
        patched.setattr(renderer, "make_renderer", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def film(plain: None, run: Recording, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The film as it is made in one go, without a cache."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    assert netviz.render(run, path, jobs=1).frames == 28
    return path.read_bytes()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SegmentCache:
    monkeypatch.setenv("NETVIZ_CACHE", str(tmp_path / "cache"))
    cache = segment_cache()
    assert cache is not None and cache.folder == tmp_path / "cache" / "segments"
    return cache


def ended(run: Recording, path: Path, at: int = LATE) -> None:
    """A render that is ended early."""
    with pytest.raises(Ended):
        netviz.render(run, path, jobs=1, progress=Told(at), cache=True)
    assert not path.exists()


def files(cache: SegmentCache) -> list[Path]:
    return [path for path, _ in cache.files()]


def test_what_is_finished_is_taken_and_the_rest_made(
    run: Recording, kept: SegmentCache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    film = netviz.render(run, tmp_path / "whole.mp4", jobs=1).path.read_bytes()
    path = tmp_path / "a.mp4"
    ended(run, path)
    assert len(files(kept)) == 1
    told = Told()
    with caplog.at_level(logging.DEBUG, "netviz"):
        made = netviz.render(run, path, jobs=1, progress=told, cache=True)
    assert path.read_bytes() == film and made.taken_segments == 1
    assert "segments that an earlier render left, of 3: [0]" in caplog.text
    assert told.calls[0] == ("resuming", 1, 3)
    assert told.of("drawing")[0] >= 12 and told.of("drawing")[-1] == 28
    assert files(kept) == [], "the film is there"


class Uneven(Executor):
    """An executor whose worker never comes to an end with the first segment."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        if args[1] > 0:
            future.set_result(fn(*args))
        return future


def test_what_one_process_made_workers_take_and_the_other_way_round(
    run: Recording, film: bytes, kept: SegmentCache, tmp_path: Path
) -> None:
    ended(run, tmp_path / "a.mp4")
    with ThreadPoolExecutor(2) as executor:
        made = netviz.render(run, tmp_path / "a.mp4", executor=executor, cache=True)
    assert made.taken_segments == 1 and made.path.read_bytes() == film and files(kept) == []
    with pytest.raises(Ended):
        netviz.render(run, tmp_path / "b.mp4", executor=Uneven(), cache=True, progress=Told(1))
    told = Told()
    made = netviz.render(run, tmp_path / "b.mp4", jobs=1, cache=True, progress=told)
    assert made.taken_segments == 2 and made.path.read_bytes() == film and files(kept) == []
    assert told.of("drawing")[0] >= 16, "the second and the third are there, the first is drawn"


def test_a_damaged_segment_is_made_anew(run: Recording, film: bytes, kept: SegmentCache, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    ended(run, path)
    (segment,) = files(kept)
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    told = Told()
    made = netviz.render(run, path, jobs=1, progress=told, cache=True)
    assert path.read_bytes() == film and made.taken_segments == 0 and told.of("resuming") == []
    assert files(kept) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_segments_that_go_meanwhile_are_made_anew(
    run: Recording, film: bytes, kept: SegmentCache, tmp_path: Path, workers: int
) -> None:
    """Another render of the same film may have finished, or somebody cleared the cache."""
    path = tmp_path / "a.mp4"
    ended(run, path)
    told = Told(resuming=lambda: kept.clear() and None)
    if workers == 1:
        netviz.render(run, path, jobs=1, progress=told, cache=True)
    else:
        with ThreadPoolExecutor(workers) as executor:
            netviz.render(run, path, executor=executor, progress=told, cache=True)
    assert told.of("resuming") == [1] and path.read_bytes() == film


def test_several_files_of_one_rendering(run: Recording, film: bytes, kept: SegmentCache, tmp_path: Path) -> None:
    """Every encoding is kept by itself; what ffmpeg makes of them in the end is made anew."""
    gif = netviz.render(run, tmp_path / "whole.gif", jobs=1).path.read_bytes()
    paths = [tmp_path / "a.mp4", tmp_path / "a.gif"]
    with pytest.raises(Ended):
        netviz.render(run, paths, jobs=1, progress=Told(LATE), cache=True)
    assert len(files(kept)) == 2
    assert netviz.render(run, paths[1], jobs=1, cache=True).taken_segments == 1
    assert len(files(kept)) == 1
    assert netviz.render(run, paths[0], jobs=1, cache=True).taken_segments == 1
    assert [path.read_bytes() for path in paths] == [film, gif] and files(kept) == []


def test_a_post_that_ends_before_its_folder_is_in_place(
    film: bytes, run: Recording, kept: SegmentCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its films are finished then, and lost with the folder; they are not drawn again."""
    with monkeypatch.context() as patched:
        patched.setattr(post_module, "_write_texts", lambda *_: (_ for _ in ()).throw(Ended))
        with pytest.raises(Ended):
            netviz.embed(run, tmp_path / "post", jobs=1, cache=True)
    number = len(files(kept))
    assert number > 3 and {path.name for path in tmp_path.iterdir()} == {"cache"}
    told = Told()
    post = netviz.embed(run, tmp_path / "post", jobs=1, cache=True, progress=told)
    assert {done for done, _ in {(done, total) for name, done, total in told.calls if name.startswith("resuming")}} == {
        3
    }
    assert all(film.taken_segments == 3 for film in post.films) and files(kept) == []


# What is kept, and what is not.


def test_without_a_cache_nothing_is_kept_or_taken(
    film: bytes, run: Recording, kept: SegmentCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mp4"
    with pytest.raises(Ended):
        netviz.render(run, path, jobs=1, progress=Told(LATE))
    assert not kept.folder.exists()
    ended(run, path)
    monkeypatch.setenv("NETVIZ_CACHE", "off")
    told = Told(LATE)
    with pytest.raises(Ended):
        netviz.render(run, path, jobs=1, progress=told, cache=True)
    assert told.of("resuming") == []
    assert len(files(kept)) == 1


@pytest.mark.parametrize("damage", ["flipped", "half", "empty", "no digest", "another's"])
def test_what_is_damaged_is_not_taken_and_goes(kept: SegmentCache, damage: str) -> None:
    one, other = "0" * 64, "1" * 64
    assert kept.keep(one, b"of one film", 0) and kept.keep(other, b"of another", 0)
    assert kept.find(one) == b"of one film"
    path, foreign = (kept.folder / f"{key}.segment" for key in (one, other))
    content = path.read_bytes()
    flipped = content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]
    half, no_digest = content[: len(content) // 2], content[:17] + content[-11:]
    others = {"flipped": flipped, "half": half, "empty": b"", "no digest": no_digest}
    path.write_bytes(others.get(damage, foreign.read_bytes()))
    assert kept.find(one) is None and files(kept) == [foreign]


def test_after_a_week_they_are_gone(task: RenderTask, kept: SegmentCache) -> None:
    KeptSegments(kept, task, CUTS).keep(1, (b"of this film",))
    assert KeptSegments(kept, task, CUTS).taken == {1}
    assert KeptSegments(kept, task, CUTS).take(1) == (b"of this film",)
    before = time.time() - A_WEEK - 60
    os.utime(files(kept)[0], (before, before))
    assert KeptSegments(kept, task, CUTS).taken == set() and files(kept) == []


def test_there_is_an_upper_bound(tmp_path: Path) -> None:
    kept = SegmentCache(tmp_path, largest=2_500)
    for number in range(4):
        assert kept.keep(f"{number}" * 64, bytes(1_000), 0)
        for path in files(kept)[-1:]:
            os.utime(path, (time.time() - 100 + number,) * 2)
    assert sorted(path.name[0] for path in files(kept)) == ["2", "3"]


def test_a_full_disk_is_left_to_the_film(task: RenderTask, kept: SegmentCache, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    for free, number in ((5_999, 0), (6_000, 1)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        KeptSegments(kept, task, CUTS).keep(0, (bytes(1_000),))
        assert len(files(kept)) == number


def test_a_film_of_one_segment_and_a_cache_that_cannot_be_written_to(task: RenderTask, kept: SegmentCache) -> None:
    for segments in (KeptSegments(kept, task, CUTS[:1]), KeptSegments(SegmentCache(Path("/proc/no")), task, CUTS)):
        segments.keep(0, (b"of this film",))
        assert segments.take(0) is None and files(kept) == []
        segments.remove()


def test_segments_that_cannot_be_joined_do_not_stand_in_the_way(
    run: Recording, film: bytes, kept: SegmentCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are whole, but are not of this film: whatever made them so, the next render does without."""
    path = tmp_path / "a.mp4"
    ended(run, path)
    whole = kept.find(files(kept)[0].stem)
    assert whole is not None
    kept.keep(files(kept)[0].stem, whole + whole, 0)
    with pytest.raises(EncodedWrongly, match=r"24 frames instead of 12"):
        netviz.render(run, path, jobs=1, cache=True)
    assert files(kept) == [] and not path.exists()
    assert netviz.render(run, path, jobs=1, cache=True).path.read_bytes() == film


# Keys: the same for the same film alone.

ENCODING = Encoding("h264", "draft", (160, 128))
STREAM = FrameStream((160, 128), Fraction(2), (ENCODING,))
CUTS = segments_of(28, Fraction(2))


@pytest.fixture(scope="module")
def task(run: Recording) -> RenderTask:
    prepared = netviz.pipeline.prepare.prepare(filmed(run))
    finished = netviz.pipeline.prepare.finish(prepared, run)
    return RenderTask(finished.plan, finished.film, STREAM)


def key(task: RenderTask) -> str:
    keys = segment_keys(task, CUTS)
    assert all(re.fullmatch("[0-9a-f]{64}", each) for (each,) in keys)
    assert len({*keys}) == len(CUTS)
    return keys[0][0]


def test_the_same_film_has_the_same_keys(run: Recording, task: RenderTask, tmp_path: Path) -> None:
    """Whether its run was trained again, or is read from a file; and in another process."""
    again = netviz.record(short_scene(**SMALL))
    again.save(tmp_path / "run.npz")
    for recording in (again, Recording.load(tmp_path / "run.npz")):
        same = Filmed(recording, task.film.scene)
        assert key(RenderTask(task.plan, same, STREAM)) == key(task)
    assert segment_keys(task, CUTS) == segment_keys(RenderTask(task.plan, task.film, STREAM), CUTS)


def test_whatever_changes_has_another_key(
    run: Recording, task: RenderTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, film, scene = task.plan, task.film, task.film.scene
    font = tmp_path / "font.ttf"
    parameters = [{role: np.array(values) for role, values in roles.items()} for roles in run.parameters]
    next(iter(parameters[1].values())).flat[-1] = np.nextafter(next(iter(parameters[1].values())).flat[-1], 9)
    changed = replace(run, parameters=tuple(parameters))
    plans: list[Plan] = [
        replace(plan, glow=(1.0,) * 28),
        replace(plan, spans=(replace(plan.spans[0], stop=plan.spans[0].stop + 1), *plan.spans[1:])),
    ]
    looks = [{"theme": "paper"}, {"title": "Other"}, {"palette": Palette(positive="#008080")}, {"motion": "reduced"}]
    streams = [
        replace(STREAM, fps=Fraction(3)),
        replace(STREAM, size=(128, 160)),
        replace(STREAM, is_transparent=True),
        *(replace(STREAM, encodings=(replace(ENCODING, **change),)) for change in ENCODINGS),
    ]
    found = [key(task)]
    found += [key(RenderTask(each, film, STREAM)) for each in plans]
    found += [key(RenderTask(plan, Filmed(run, scene.model_copy(update=each)), STREAM)) for each in looks]
    found += [key(RenderTask(plan, film, each)) for each in streams]
    found += [key(RenderTask(plan, Filmed(changed, scene), STREAM))]
    for content in (b"one font", b"another"):
        font.write_bytes(content)
        for name in ("font", "figures_font"):
            found.append(key(RenderTask(plan, Filmed(run, scene.model_copy(update={name: str(font)})), STREAM)))
    for name, other in OTHERS.items():
        with monkeypatch.context() as patched:
            patched.setattr(kept_segments, name, other)
            kept_segments._made_with.cache_clear()
            found.append(key(task))
    kept_segments._made_with.cache_clear()
    assert key(task) == found[0]
    assert len({*found}) == len(found)


ENCODINGS: list[dict[str, Any]] = [{"codec": "vp9"}, {"quality": "best"}, {"size": (80, 64)}, {"every": 2}]
OTHERS: dict[str, Callable[[], Any]] = {
    "worker_versions": lambda: {"netviz": "0.1.0 (code of another day)"},
    "arithmetic": lambda: "of another processor",
    "executable": lambda: "/bin/sh",
}


@pytest.mark.parametrize("name", [name for name, _ in bundled_scenes()])
def test_every_scene_has_a_digest(name: str) -> None:
    scene = load_scene(name)
    found = b"".join(map(bytes, kept_segments._parts(scene)))
    assert found == b"".join(map(bytes, kept_segments._parts(load_scene(name))))
    assert scene.title.encode() in found


def test_runs_side_by_side_have_a_digest() -> None:
    compared = netviz.compare(comparing(duration=4))
    assert any(bytes(part) for part in kept_segments._parts(compared))


def test_a_kind_that_is_not_known_is_an_error() -> None:
    """Nothing that pictures may depend on is passed over in silence."""
    with pytest.raises(TypeError, match="object has no digest"):
        b"".join(map(bytes, kept_segments._parts({"a": object()})))
