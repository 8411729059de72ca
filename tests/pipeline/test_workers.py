"""The same film, to the last byte, whoever makes it; and what is told when a worker cannot."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import imageio.v3
import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizError
from netviz.pipeline import processes, tasks
from netviz.pipeline.dask import ClusterUnreachable
from netviz.pipeline.jobs import encode_settings
from netviz.pipeline.looks import Filmed, filmed
from netviz.pipeline.tasks import (
    RenderTask,
    Segment,
    SegmentFailed,
    SerializedTask,
    WorkerDiffers,
    deserialized,
    encode,
    worker_versions,
)
from netviz.pipeline.workers import default_jobs, usable_cpus
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.video.formats import FrameStream, frame_streams, outputs_of
from tests.comparing import comparing
from tests.conftest import short_scene
from tests.video.support import children

pytestmark = pytest.mark.filterwarnings("ignore:.* of learning have room")

SMALL: dict[str, Any] = {
    "output__size": "160x128",
    "output__fps": 5,
    "output__quality": "draft",
    "duration": 14,
    "story": None,
}
"""Fourteen seconds are two segments of six, and one of two."""


@pytest.fixture(scope="module")
def run() -> Recording:
    """What a film of three segments is drawn from."""
    return netviz.record(short_scene(**SMALL))


@pytest.fixture(scope="module")
def film(run: Recording, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The film as this process makes it."""
    path = tmp_path_factory.mktemp("film") / "alone.mp4"
    made = netviz.render(run, path, jobs=1)
    assert (made.frames, made.seconds) == (70, 14)
    return path.read_bytes()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process, no watch, no thread of ours."""
    before = {*children()}
    yield
    assert {*children()} <= before
    assert tasks.TRACKERS == {}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("netviz")]


@pytest.mark.slow
def test_two_processes(run: Recording, film: bytes, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    netviz.render(run, tmp_path / "film.mp4", jobs=2, progress=lambda *what: told.append(what))
    assert (tmp_path / "film.mp4").read_bytes() == film
    assert {(phase, total) for phase, _, total in told} == {("drawing", 70)}
    done = [frames for _, frames, _ in told]
    assert done == sorted(done) and done[-1] == 70 and len({*done}) > 2


@pytest.mark.slow
def test_three_processes_with_sound_and_files(tmp_path: Path) -> None:
    imageio.v3.imwrite(tmp_path / "logo.png", np.full((20, 20, 3), 200, np.uint8))
    (tmp_path / "music.wav").write_bytes(_tone(13))
    scene = short_scene(
        **SMALL | {"duration": None, "audio": str(tmp_path / "music.wav")},
        panels=[{"panel": "network"}, {"panel": "picture", "file": str(tmp_path / "logo.png")}],
    )
    netviz.render_many({tmp_path / "one.mp4": scene}, jobs=1)
    netviz.render_many({tmp_path / "three.mp4": scene}, jobs=3)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "three.mp4").read_bytes()


def _tone(seconds: int) -> bytes:
    import io
    import wave

    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((9000 * np.sin(np.arange(8000 * seconds))).astype("<i2").tobytes())
    return written.getvalue()


def test_threads(run: Recording, film: bytes, tmp_path: Path) -> None:
    told: list[int] = []
    with ThreadPoolExecutor(2) as executor:
        netviz.render(run, tmp_path / "film.mp4", executor=executor, progress=lambda _, done, total: told.append(done))
    assert (tmp_path / "film.mp4").read_bytes() == film
    assert told[-1] == 70


@pytest.mark.slow
def test_a_process_pool(run: Recording, film: bytes, tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as executor:
        netviz.render(run, tmp_path / "film.mp4", executor=executor)
    assert (tmp_path / "film.mp4").read_bytes() == film


class Lossy(ThreadPoolExecutor):
    """An executor that loses the first tries of every segment, as one whose workers are killed."""

    def __init__(self, losses: int) -> None:
        super().__init__(1)
        self.losses = losses
        self.tried: dict[Any, int] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tried[args[1:]] = self.tried.get(args[1:], 0) + 1
        if self.tried[args[1:]] > self.losses:
            return super().submit(fn, *args, **kwargs)
        lost: Future[Any] = Future()
        lost.cancel()
        return lost


def test_a_lost_segment_is_made_again(run: Recording, film: bytes, tmp_path: Path) -> None:
    with Lossy(2) as executor:
        netviz.render(run, tmp_path / "film.mp4", executor=executor)
    assert (tmp_path / "film.mp4").read_bytes() == film
    with Lossy(3) as executor, pytest.raises(NetvizError, match="a worker failed: CancelledError"):
        netviz.render(run, tmp_path / "again.mp4", executor=executor)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.slow
def test_a_killed_process_is_replaced(
    run: Recording, film: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The film is the same, also with a log, in which all that the workers do stands as if this process did it."""
    killed: list[int] = []
    before = {*children()}

    def kill(phase: str, done: int, total: int) -> None:
        if not killed:
            killed.append(_workers(before)[0])
            os.kill(killed[0], signal.SIGKILL)

    with caplog.at_level(logging.DEBUG, "netviz"):
        netviz.render(run, tmp_path / "film.mp4", jobs=2, progress=kill)
    assert killed and (tmp_path / "film.mp4").read_bytes() == film
    assert "are lost (attempt 1): a worker process ended with signal SIGKILL" in caplog.text
    encoders = [record for record in caplog.records if "-c:v libx264" in record.getMessage()]
    assert encoders and os.getpid() not in {record.process for record in encoders}
    assert {each.name for each in caplog.records} >= {"netviz.video.encoder", "netviz.video.writer", "netviz.ffmpeg"}


def _workers(before: set[int]) -> list[int]:
    return [
        child
        for child in sorted({*children()} - before)
        if b"netviz.pipeline.processes" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_processes_that_die_again_and_again(run: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "START", "import sys; sys.exit('no such luck')")
    with pytest.raises(NetvizError, match=r"ended with exit status 1 \(no such luck\), and so did the one before"):
        netviz.render(run, tmp_path / "film.mp4", jobs=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_interrupted(run: Recording, tmp_path: Path, jobs: int) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        netviz.render(run, tmp_path / "film.mp4", jobs=jobs, progress=interrupt)
    assert time.monotonic() - since < 20
    assert list(tmp_path.iterdir()) == []


def test_threads_stop_when_nobody_wants_the_film(run: Recording, tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as executor:
        with pytest.raises(KeyboardInterrupt):
            netviz.render(run, tmp_path / "film.mp4", executor=executor, progress=interrupt)
        since = time.monotonic()
    assert time.monotonic() - since < 2
    assert list(tmp_path.iterdir()) == []


def roll_of(scene: Look) -> FrameStream:
    """What is drawn for the scene's film as MP4."""
    settings = encode_settings(scene.output)
    (stream,) = frame_streams(outputs_of([Path("film.mp4")], settings), settings)
    return stream


def packed(film: Filmed) -> SerializedTask:
    production = RenderTask(netviz.plan(film), film, roll_of(film.scene))
    made, arguments = production.__reduce__()[:2]
    result: SerializedTask = made(*arguments)
    return result


@pytest.mark.parametrize("library", ["netviz", "numpy", "matplotlib", "pillow", "ffmpeg"])
def test_a_worker_of_another_version_is_refused(run: Recording, library: str) -> None:
    there = packed(filmed(run))
    other = SerializedTask(there.token, {**there.versions, library: "0.0"}, b"never read")
    with pytest.raises(WorkerDiffers, match=rf"has {library} \S+.* instead of 0\.0; .*install the same versions"):
        deserialized(other)
    with pytest.raises(SegmentFailed, match=r"instead of 0\.0"):
        encode(other, 0, 10)


def test_versions_are_told() -> None:
    assert worker_versions()["numpy"] == np.__version__
    assert "code" in worker_versions()["netviz"] and worker_versions()["ffmpeg"]


def test_the_files_of_a_scene_travel_with_it(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    imageio.v3.imwrite(logo, np.full((20, 20, 3), 200, np.uint8))
    scene = short_scene(**SMALL, panels=[{"panel": "network"}, {"panel": "picture", "file": str(logo)}])
    film = Filmed(netviz.record(scene), scene)
    here = Segment(RenderTask(netviz.plan(scene), film, roll_of(scene)), 0, 5).encoded()
    there = packed(film)
    logo.unlink()
    assert Segment(there, 0, 5).encoded() == here
    copy = Path(deserialized(there).film.scene.panels[1].file)  # type: ignore[index,union-attr]
    assert copy != logo and copy.is_file()


def test_runs_side_by_side_travel_together() -> None:
    scene = comparing(output__size="160x128", output__fps=5, duration=4)
    film = RenderTask(netviz.plan(scene), Filmed(netviz.compare(scene), scene), roll_of(scene))
    made, arguments = film.__reduce__()[:2]
    assert Segment(made(*arguments), 9, 11).encoded() == Segment(film, 9, 11).encoded()


def test_what_fails_in_a_worker_is_one_error(run: Recording, tmp_path: Path) -> None:
    class Failing(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            return super().submit(lambda: 1 / 0)

    with Failing(1) as executor, pytest.raises(NetvizError, match="a worker failed: ZeroDivisionError"):
        netviz.render(run, tmp_path / "film.mp4", executor=executor)
    shut: Executor = ThreadPoolExecutor(1)
    shut.shutdown()
    with pytest.raises(NetvizError, match="takes no more work"):
        netviz.render(run, tmp_path / "film.mp4", executor=shut)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_several_films_share_the_workers(run: Recording, film: bytes, tmp_path: Path) -> None:
    diverging = short_scene(
        **SMALL, network__activation=["relu", "linear"], network__bias=True, training__learning_rate=1e6
    )
    films = {tmp_path / "a.mp4": run, tmp_path / "b.mp4": diverging, tmp_path / "c.mp4": run}
    seen: list[str] = []
    outcomes = netviz.render_many(films, jobs=2, ended=lambda path, outcome: seen.append(path.name))
    assert [*outcomes] == [*films] and sorted(seen) == ["a.mp4", "b.mp4", "c.mp4"]
    assert "diverged" in str(outcomes[tmp_path / "b.mp4"])
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "c.mp4"}
    for name in ("a.mp4", "c.mp4"):
        assert (tmp_path / name).read_bytes() == film


def test_mistakes_of_all_films_at_once(run: Recording, tmp_path: Path) -> None:
    (tmp_path / "there.mp4").touch()
    films = {tmp_path / "there.mp4": run, tmp_path / "none" / "x.mp4": run}
    with ThreadPoolExecutor(1) as executor, pytest.raises(InputError) as caught:
        netviz.render_many(films, jobs=0, executor=executor)
    wrong = [str(problem) for problem in caught.value.problems]
    assert len(wrong) == 4
    assert wrong[0].startswith("--jobs: expected a whole number from 1")
    assert "give one of them" in wrong[1] and "exists already" in wrong[2] and "does not exist" in wrong[3]


@pytest.mark.parametrize(
    ("cpus", "segments", "jobs"), [(1, 50, 1), (2, 50, 1), (8, 50, 4), (8, 4, 2), (64, 3, 1), (64, 1, 1)]
)
def test_how_many_jobs_help(cpus: int, segments: int, jobs: int) -> None:
    assert default_jobs(cpus, segments) == jobs


def test_cpus_are_those_we_may_use() -> None:
    assert 1 <= usable_cpus() <= (os.cpu_count() or 1)


def test_a_scheduler_that_is_not_there(run: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from netviz.pipeline import workers
    from netviz.pipeline.dask import cluster_executor

    monkeypatch.setattr(workers, "cluster_executor", lambda address: cluster_executor(address, 0.5))
    with pytest.raises(ClusterUnreachable, match=r"no dask scheduler answers at \S+ within 0\.5 s"):
        netviz.render(run, tmp_path / "film.mp4", cluster="tcp://127.0.0.1:9")
    for address in ("nonsense://x", "", "a b"):
        with pytest.raises((InputError, ClusterUnreachable)):
            netviz.render(run, tmp_path / "film.mp4", cluster=address)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["nowhere", "", "a b", "nonsense://x:1", "tcp://x", "tcp://x:y", "tcp://:8786"])
def test_what_is_no_address_is_asked_nothing(
    run: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.delattr(distributed, "Client")
    with pytest.raises(InputError, match=f"--cluster: '{address}' is no address") as caught:
        netviz.render(run, tmp_path / "none" / "film.mp4", cluster=address)
    assert [problem.where for problem in caught.value.problems] == ["--cluster", str(tmp_path / "none" / "film.mp4")]


def test_without_dask_it_is_said_what_to_install(
    run: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match=r"--cluster: needs dask's distributed: pip install 'netviz-film\[cluster\]'"):
        netviz.render(run, tmp_path / "film.mp4", cluster="tcp://127.0.0.1:9")
