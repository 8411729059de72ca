"""A dask cluster makes the same film, also when it loses a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netviz
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
