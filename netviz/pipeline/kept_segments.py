"""Kept segments: what was encoded of a film that is not finished, on disk, so that a render that ended early goes on.

A film is encoded in segments (see `video.encoder`), each the same to the last byte whoever makes it and whatever was
made before. So one that is finished is written to the user's cache, under a digest of all that its bytes depend on: the
film and its plan, the numbers of its recording, the code, the libraries, ffmpeg, the arithmetic of this machine, the
encoding, and its frames. Whoever makes the same film again finds it; a film that differs in anything does not. When
a film is finished its segments are removed, and what nobody came back for goes after a week.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from netviz.atomic_files import atomic_write
from netviz.cache_folder import CacheFolder, cache_place
from netviz.errors import NetvizError
from netviz.ffmpeg import executable
from netviz.pipeline.tasks import RenderTask, files_of, worker_versions
from netviz.recording.recording import InputRows
from netviz.resources import assets_folder
from netviz.training.cache import arithmetic

LARGEST_SEGMENTS = 500_000_000
"""Largest size of all kept segments together, in bytes."""
A_WEEK = 7 * 86_400.0
FEWEST = 2
"""Fewest segments of a film that are kept: of a film of one there is nothing to go on with before it is done."""
ROOM = 2
"""Free room asked of the cache's disk, in sizes of the whole film: that may be written there too, and comes first."""

_HEAD = b"netviz segment 1\n"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SegmentCache(CacheFolder):
    """Segments in a folder, each with a digest of its bytes; one that is damaged counts as absent."""

    largest: int = LARGEST_SEGMENTS

    names = re.compile(r"[0-9a-f]{64}\.segment")
    longest = A_WEEK

    def find(self, key: str) -> bytes | None:
        """The bytes stored under a key; None if there are none, or they are not what was stored."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        head, data = content[: len(_HEAD) + 32], content[len(_HEAD) + 32 :]
        if head == _HEAD + _digest(key, data):
            return data
        _log.info("%s is damaged, and is removed", path)
        with suppress(OSError):
            path.unlink()
        return None

    def keep(self, key: str, data: bytes, needed: int) -> bool:
        """Store bytes under a key if the disk has more room than is needed; returns whether, and raises nothing."""
        try:
            self.make_folder()
            if shutil.disk_usage(self.folder).free < needed:
                return False
            # Not forced onto the disk: what a power cut makes of it is found out by its digest.
            with atomic_write(self._path(key), durable=False) as part:
                part.write_bytes(_HEAD + _digest(key, data) + data)
            self.make_room()
        except (OSError, NetvizError) as error:
            _log.info("a segment is not kept: %s", error)
            return False
        return True

    def remove(self, key: str) -> None:
        """Remove what is stored under a key, if anything is; raises nothing."""
        with suppress(OSError):
            self._path(key).unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.segment"


def segment_cache() -> SegmentCache | None:
    """The segments in the user's cache; None where there is no cache."""
    place = cache_place()
    return None if place is None else SegmentCache(place / "segments")


def _digest(key: str, data: bytes) -> bytes:
    return hashlib.sha256(key.encode() + data).digest()


class KeptSegments:
    """Kept segments of one stream of a film: found when it begins, added to while it is made. Numbers count segments.

    taken: numbers of those that an earlier render left, all whole.
    """

    def __init__(self, cache: SegmentCache | None, film: RenderTask, cuts: Sequence[range]) -> None:
        """cache: None keeps nothing. cuts: frames of each segment."""
        self._cache = cache if len(cuts) >= FEWEST else None
        self._keys: list[tuple[str, ...]] = []
        if self._cache is not None:
            with suppress(OSError):
                self._cache.make_room()
            self._keys = segment_keys(film, cuts)
        self._stored = {number for number in range(len(self._keys)) if self._found(number) is not None}
        self.taken = frozenset(self._stored)
        if self._keys:
            _log.debug("segments that an earlier render left, of %d: %s", len(cuts), sorted(self.taken) or "none")

    def take(self, number: int) -> tuple[bytes, ...] | None:
        """A segment in every encoding, if an earlier render left it and it is still there."""
        return self._found(number) if number in self.taken else None

    def keep(self, number: int, segment: tuple[bytes, ...]) -> None:
        """Store a segment that was made."""
        if self._cache is None or number in self._stored:
            return
        self._stored.add(number)
        needed = ROOM * len(self._keys) * sum(map(len, segment))
        for key, data in zip(self._keys[number], segment, strict=True):
            self._cache.keep(key, data, needed)

    def remove(self) -> None:
        """Remove all segments: the film is finished, or they are of no use."""
        if self._cache is not None:
            for key in (key for keys in self._keys for key in keys):
                self._cache.remove(key)

    def _found(self, number: int) -> tuple[bytes, ...] | None:
        if self._cache is None:
            return None
        found = []
        for key in self._keys[number]:
            data = self._cache.find(key)
            if data is None:
                return None
            found.append(data)
        return tuple(found)


# Keys: digests of all that a segment's bytes depend on.


def segment_keys(film: RenderTask, cuts: Sequence[range]) -> list[tuple[str, ...]]:
    """For each segment a key of 64 hexadecimal digits for each encoding: equal only where the bytes are equal."""
    stream = film.stream
    shown = hashlib.sha256()
    files = {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files_of(film.film.scene)}
    for part in _parts((_made_with(), film.plan, film.film, files, stream.size, stream.fps, stream.is_transparent)):
        shown.update(part)
    return [
        tuple(
            hashlib.sha256(f"{shown.hexdigest()} {encoding!r} {cut!r}".encode()).hexdigest()
            for encoding in stream.encodings
        )
        for cut in cuts
    ]


@lru_cache(maxsize=1)
def _made_with() -> tuple[str, ...]:
    """Code, libraries, fonts, ffmpeg and machine that pictures and their encodings depend on, besides the film."""
    ffmpeg = Path(shutil.which(executable()) or executable()).resolve()
    found = ffmpeg.stat()
    fonts = (assets_folder() / "fonts").glob("*.[ot]tf")
    return (
        json.dumps([*worker_versions().items()]),
        *(f"{font.name} {hashlib.sha256(font.read_bytes()).hexdigest()}" for font in sorted(fonts)),
        f"{ffmpeg} {found.st_size} {found.st_mtime_ns}",
        f"{platform.python_implementation()} {platform.python_version()} {platform.machine()}",
        arithmetic(),
    )


_NOT_SHOWN = {"stored_at", "look", "look_from", "scene_look"}
"""Fields of recordings that say where they lie, and the look that the film's scene was made of."""


def _parts(value: Any) -> Iterator[bytes | memoryview]:
    """A value as bytes, piece by piece: other bytes for any other value. Raises TypeError for an unknown kind."""
    match value:
        case np.ndarray():
            yield f"array {value.dtype.str} {value.shape} ".encode()
            yield np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        case InputRows():
            yield from _parts(("inputs", value.inputs, value.probe))
        case BaseModel():
            yield from _parts((type(value).__name__, {name: getattr(value, name) for name in type(value).model_fields}))
        case _ if is_dataclass(value):
            names = [each.name for each in fields(value) if each.name not in _NOT_SHOWN]
            yield from _parts((type(value).__name__, {name: getattr(value, name) for name in names}))
        case Mapping():
            yield f"mapping {len(value)} ".encode()
            for name, each in value.items():
                yield from _parts(name)
                yield from _parts(each)
        case tuple() | list():
            yield f"sequence {len(value)} ".encode()
            for each in value:
                yield from _parts(each)
        case set() | frozenset():
            yield from _parts(("set", sorted(value)))
        case np.generic():
            yield from _parts(np.asarray(value))
        case str() | bytes() | bool() | int() | float() | None:
            text = repr(value).encode()
            yield f"{type(value).__name__} {len(text)} ".encode() + text
        case _ if type(value).__module__ in ("fractions", "pathlib", "datetime", "enum"):
            yield from _parts((type(value).__name__, str(value)))
        case _:
            raise TypeError(f"a film's {type(value).__name__} has no digest")
