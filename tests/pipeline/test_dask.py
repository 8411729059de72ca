"""A dask cluster makes the same film, also when it loses a worker."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import netviz
from netviz.pipeline import dask
from netviz.pipeline.dask import ClusterUnreachable
from netviz.recording.recording import Recording
from tests.conftest import short_scene

distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # dask warns of much

SMALL = {"output__size": "160x128", "output__fps": 5, "output__quality": "draft", "duration": 32, "story": None}


@pytest.fixture(scope="module")
def run() -> Recording:
    """What a film of five segments is drawn from."""
    return netviz.record(short_scene(**SMALL))


@pytest.fixture(scope="module")
def film(run: Recording, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The film as this process makes it."""
    path = tmp_path_factory.mktemp("film") / "alone.mp4"
    netviz.render(run, path, jobs=1)
    return path.read_bytes()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes on this machine."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


def test_a_client_s_executor(cluster: Any, run: Recording, film: bytes, tmp_path: Path) -> None:
    with distributed.Client(cluster, set_as_default=False) as client:
        netviz.render(run, tmp_path / "film.mp4", executor=client.get_executor())
    assert (tmp_path / "film.mp4").read_bytes() == film


def test_a_worker_is_killed_midway(cluster: Any, run: Recording, film: bytes, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill(phase: str, done: int, total: int) -> None:
        if not killed:
            with distributed.Client(cluster, set_as_default=False) as client:
                killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    netviz.render(run, tmp_path / "film.mp4", cluster=cluster.scheduler_address, progress=kill)
    assert killed
    assert (tmp_path / "film.mp4").read_bytes() == film


def test_all_workers_are_lost(run: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "LOST", 1.0)
    monkeypatch.setattr(dask, "_BETWEEN", 0.2)
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(**options) as cluster:
        began: list[float] = []

        def retire(phase: str, done: int, total: int) -> None:
            if phase == "drawing" and not began:
                cluster.scale(0)
                began.append(time.monotonic())

        address = cluster.scheduler_address
        with pytest.raises(ClusterUnreachable, match=f"{address} has lost all its workers, and none has come for 1 s"):
            netviz.render(run, tmp_path / "film.mp4", cluster=address, progress=retire)
        assert time.monotonic() - began[0] < 20
    assert [*tmp_path.iterdir()] == []


def test_a_scheduler_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise TimeoutError

    scheduler = SimpleNamespace(address="tcp://host:8786", ncores=None)
    client = SimpleNamespace(status="running", scheduler=scheduler, sync=silent)
    monitor = dask.ClusterMonitor(SimpleNamespace(_client=client))
    monkeypatch.setattr(dask, "_BETWEEN", 0.0)
    monitor.check()  # it may come again
    monkeypatch.setattr(dask, "LOST", 0.0)
    with pytest.raises(ClusterUnreachable, match=r"has not answered for 0 s: start it again .* tcp://host:8786"):
        monitor.check()
    client.status = "closed"
    with pytest.raises(ClusterUnreachable, match=r"the dask scheduler is lost: start it again .* tcp://host:8786"):
        monitor.check()


@pytest.mark.parametrize("name", ["netviz", "numpy"])
def test_workers_of_another_version(
    cluster: Any, run: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    own = dask._versions()
    client_run = distributed.Client.run

    def run_there(client: Any, function: Any, **options: Any) -> Any:
        found = client_run(client, function, **options)
        return {worker: {**each, name: "0.0.1"} for worker, each in found.items()}

    monkeypatch.setattr(distributed.Client, "run", run_there)
    with pytest.raises(ClusterUnreachable, match=f"has {name} 0.0.1, and this is {own[name]}; install the same there"):
        netviz.render(run, tmp_path / "film.mp4", cluster=cluster.scheduler_address)
    assert [*tmp_path.iterdir()] == []


def test_dask_s_loggers_are_silent_meanwhile() -> None:
    logger = logging.getLogger("distributed.client")
    level = logger.level
    with dask._unlogged():
        assert not logger.isEnabledFor(logging.ERROR)
    assert logger.level == level
