"""Recording cache: recordings on disk, found again by a key of all that training depends on.

The name of a file in the cache's folder is a digest of everything its numbers depend on: the scene's trained parts, the
code that trains, the libraries and the arithmetic of the machine. So a file is either the right one or is not found,
and none is ever updated. Files appear whole or not at all, and may be deleted at any time. A damaged file or folder
counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netviz.cache_folder import CacheFolder, cache_place
from netviz.errors import InputError, NetvizError
from netviz.recording.recording import Recording
from netviz.recording.storage import VERSION
from netviz.scene.scene import Scene
from netviz.scene.schedule import recorded_examples, trained
from netviz.training.setup import check_fits, setup_scene, with_look
from netviz.version import __version__

LARGEST_CACHE = 500_000_000
"""Largest size of all recordings together, in bytes; the least recently used are removed first."""

TRAINING_CODE = ("scene", "recording", "training")
"""Packages of netviz whose code the numbers of a recording depend on."""

SECONDS_TO_LOAD, SECONDS_A_BYTE = 0.05, 4e-9
"""Longest seconds to find and read a recording: for any, and for each byte. Measured: 0.01, and 2e-9 to 4e-9."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordingCache(CacheFolder):
    """Recordings in a folder, which is made when the first one is stored. largest: bytes of all of them together."""

    largest: int = LARGEST_CACHE

    names = re.compile(r"[0-9a-f]{64}\.npz")

    def find(self, scene: Scene) -> Recording | None:
        """The recording of the scene's training, for this very scene; None if there is none that is whole."""
        path = self._path(scene)
        if not path.is_file():
            return None
        try:
            recording = Recording.load(path)
            check_fits(recording, scene)
        except InputError as wrong:
            _log.info("%s is no recording of this scene, and is removed: %s", path, wrong)
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):  # the time of its last use
            os.utime(path)
        return with_look(recording, scene) if recording.is_complete else None

    def keep(self, recording: Recording) -> bool:
        """Store a recording, and remove the least recently used ones where there is too little room.

        Returns whether it could be stored; raises nothing if it could not.
        """
        if recording_size(recording) > self.largest or not recording.is_complete:
            return False
        try:
            self.make_folder()
            recording.save(self._path(setup_scene(recording, recording.look)))
            self.make_room()
        except (OSError, NetvizError) as error:
            _log.info("the recording is not kept: %s", error)
            return False
        return True

    def _path(self, scene: Scene) -> Path:
        return self.folder / f"{training_key(scene)}.npz"


def recording_cache() -> RecordingCache | None:
    """The user's cache, or the one NETVIZ_CACHE names; None if that is "off", or there is no place for one."""
    place = cache_place()
    return None if place is None else RecordingCache(place / "recordings")


def record_once(scene: Scene, train: Callable[[Scene], Recording], kept: RecordingCache | None) -> Recording:
    """The scene's recording from the cache, or from `train`; then stored if training took longer than loading will."""
    if kept is None:
        return train(scene)
    found = kept.find(scene)
    if found is not None:
        _log.info("the recording comes from %s", kept.folder)
        return found
    began = time.perf_counter()
    recording = train(scene)
    if time.perf_counter() - began > SECONDS_TO_LOAD + SECONDS_A_BYTE * recording_size(recording):
        kept.keep(recording)
    return recording


def recording_size(recording: Recording) -> int:
    """Bytes of its arrays, in memory or in a file, within a few kilobytes."""
    return sum(array.nbytes for array in _arrays(recording))


def _arrays(recording: Recording) -> Iterator[npt.NDArray[Any]]:
    for part in (recording, recording.probes):
        for value in (getattr(part, each.name) for each in fields(part)):
            several = value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else (value,)
            yield from (array for array in several if isinstance(array, np.ndarray))
    for roles in recording.parameters:
        yield from roles.values()


def training_key(scene: Scene) -> str:
    """64 hexadecimal digits, equal for scenes whose training leaves the same numbers, here and with these versions.

    Which examples are recorded is part of it where a scene says how many it presents.
    """
    parts = {name: part.model_dump(mode="json") for name, part in trained(scene).items()}
    presented = None if scene.presented_count is None else recorded_examples(scene)
    text = json.dumps([VERSION, _versions(), parts, presented], sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _versions() -> list[str]:
    """Code, libraries and machine that the numbers of a recording depend on, besides the scene."""
    return [
        np.__version__,
        platform.python_implementation(),
        platform.python_version(),
        platform.machine(),
        _code(),
        arithmetic(),
    ]


def _code(package: Path = Path(__file__).parents[1]) -> str:
    """A digest of netviz's version and the text of the code that training depends on.

    The version alone would not do: in a source tree code changes between versions.
    """
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(path for name in TRAINING_CODE for path in (package / name).rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def arithmetic() -> str:
    """A digest of this machine's results of some floating-point functions and matrix products.

    Another processor, C library or BLAS may round exp or a sum otherwise in the last bit, and training amplifies that.
    """
    values = np.random.default_rng(1).normal(0.0, 2.0, 3072)
    with np.errstate(all="ignore"):
        results = [np.exp(values), np.tanh(values), np.log1p(np.abs(values)), np.sqrt(np.abs(values)), np.sin(values)]
        results.append(np.expm1(values))
    results += [values.reshape(96, 32) @ values.reshape(32, 96), values[:32] @ values.reshape(32, 96)]
    for function in (math.exp, math.tanh, math.log1p, math.sin, math.expm1, math.erfc):
        results.append(np.array([function(abs(value)) for value in values[:512].tolist()]))
    return hashlib.sha256(b"".join(array.tobytes() for array in results)).hexdigest()
