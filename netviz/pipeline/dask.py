"""Workers of a dask cluster as an executor; dask is imported only here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from netviz.errors import InputError, NetvizError, Problem
from netviz.pipeline.tasks import RenderTask

_PATIENCE = 10.0
"""Seconds a scheduler may take to answer, and its first worker to come."""


class ClusterUnreachable(NetvizError):
    """There is no scheduler at the address, or it has no workers."""


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

    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it tells of every attempt; we tell of the outcome
    try:
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
    finally:
        logger.setLevel(level)


def is_dask(executor: Executor) -> bool:
    """Return whether an executor is a dask client's."""
    return type(executor).__module__.partition(".")[0] == "distributed"


def scattered(executor: Any, film: RenderTask) -> Any:
    """The film on every dask worker, sent once, as something that can be handed to `submit` in its place."""
    return executor._client.scatter(film, broadcast=True, hash=False)
