"""Workers of a dask cluster as an executor; dask is imported only here."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from netviz.errors import InputError, NetvizError, Problem
from netviz.pipeline.tasks import RenderTask
from netviz.version import __version__

_PATIENCE = 10.0
"""Seconds a scheduler may take to answer, and its first worker to come."""


LOST = 30.0
"""Seconds without any worker, or without an answer from the scheduler, after which a film is given up."""
_BETWEEN = 2.0
"""Seconds between two questions to the scheduler, and at most for its answer."""


class ClusterUnreachable(NetvizError):
    """There is no scheduler at the address, or it has no workers, or they have other versions."""


def address_problems(address: str) -> list[Problem]:
    """Problems with a cluster's address, without asking it: dask is not installed, or it is no address."""
    try:
        import distributed.comm.addressing
        import distributed.comm.registry
    except ImportError:
        return [Problem("--cluster", "needs dask's distributed: pip install 'netviz-film[cluster]'")]
    try:
        scheme, location = distributed.comm.addressing.parse_address(address)
        distributed.comm.registry.get_backend(scheme)
        if scheme != "inproc" and not all(distributed.comm.addressing.parse_host_port(location)):
            raise ValueError("host or port is missing")
    except (ValueError, TypeError) as error:
        return [_no_address(address, error)]
    return []


def _no_address(address: str, error: Exception) -> Problem:
    return Problem("--cluster", f"{address!r} is no address ({error}); give one such as tcp://host:8786")


@contextmanager
def cluster_executor(address: str, patience: float = _PATIENCE) -> Iterator[Executor]:
    """The workers of the dask scheduler at an address such as tcp://host:8786.

    Raises InputError if dask is not installed or the address is none, ClusterUnreachable.
    """
    # A client that was given no address waits for itself for a long time when it is thrown away.
    if problems := address_problems(address):
        raise InputError(problems)
    from distributed import Client

    with _unlogged():  # it tells of every attempt; we tell of the outcome
        try:
            client = Client(address, timeout=patience, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise ClusterUnreachable(
                f"no dask scheduler answers at {address} within {patience:g} s; start one with `dask scheduler`"
            ) from error
        except (ValueError, TypeError) as error:
            raise InputError([_no_address(address, error)]) from None
        try:
            try:
                client.wait_for_workers(1, timeout=patience)
            except TimeoutError as error:
                raise ClusterUnreachable(
                    f"the dask scheduler at {address} has no workers; start some with `dask worker {address}`"
                ) from error
            yield client.get_executor(pure=False)
        finally:
            client.close(timeout=2)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Leave out what dask logs; each of its loggers has a level of its own."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    levels = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


class ClusterMonitor:
    """Monitor of a dask client's scheduler and workers, asked by whoever waits for segments.

    Both may be away for `LOST` seconds: workers may well be started anew.
    """

    def __init__(self, executor: Any) -> None:
        self._client = executor._client
        self._address = self._client.scheduler.address
        self._seen = self._asked = time.monotonic()

    def check_versions(self) -> None:
        """Raises ClusterUnreachable if a worker has another netviz, or draws with other libraries, than this process:
        its part of the film would look otherwise.
        """
        own = _versions()
        for worker, found in self._client.run(_versions, on_error="return").items():
            if isinstance(found, BaseException):
                message = f"has no netviz that works ({type(found).__name__}: {found}); install {own['netviz']} there"
                raise ClusterUnreachable(f"the dask worker {worker} {message}")
            for name, version in own.items():
                if found.get(name) != version:
                    message = f"has {name} {found.get(name)}, and this is {version}; install the same there"
                    raise ClusterUnreachable(f"the dask worker {worker} {message}")

    def check(self) -> None:
        """Raises ClusterUnreachable if the scheduler is lost, or has had no workers for too long."""
        again = f"start it again and make the film anew; its address was {self._address}"
        if self._client.status in ("closing", "closed"):
            raise ClusterUnreachable(f"the dask scheduler is lost: {again}")
        now = time.monotonic()
        if now - self._asked < _BETWEEN:
            return
        self._asked, answers = now, True
        try:
            if self._client.sync(self._client.scheduler.ncores, callback_timeout=_BETWEEN):
                self._seen = now
        except (OSError, TimeoutError):
            answers = False
        if now - self._seen < LOST:
            return
        if not answers:
            raise ClusterUnreachable(f"the dask scheduler has not answered for {LOST:g} s: {again}")
        raise ClusterUnreachable(
            f"the dask scheduler at {self._address} has lost all its workers, and none has come for "
            f"{LOST:g} s; start some with `dask worker {self._address}` and make the film anew"
        )


def _versions() -> dict[str, str]:
    """Versions of all that makes a picture, here or on a worker."""
    from importlib.metadata import version

    python = ".".join(platform.python_version_tuple()[:2])
    return {"netviz": __version__, "Python": python, **{name: version(name) for name in ("numpy", "matplotlib")}}


def is_dask(executor: Executor) -> bool:
    """Return whether an executor is a dask client's."""
    return type(executor).__module__.partition(".")[0] == "distributed"


def scattered(executor: Any, film: RenderTask) -> Any:
    """The film on every dask worker, sent once, as something that can be handed to `submit` in its place."""
    try:
        return executor._client.scatter(film, broadcast=True, hash=False)
    except (OSError, TimeoutError) as error:
        address = executor._client.scheduler.address
        raise ClusterUnreachable(f"the film cannot be sent to the dask workers at {address}: {error}") from error
