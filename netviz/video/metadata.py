"""Metadata of films and pictures: provenance, credits and the scene, as data and as texts in a file.

One of the texts, under the name netviz, holds all of it as JSON in ASCII, with the whole scene; the others are for
people and their players. There is no time and no path in any of them: the same scene gives the same texts.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netviz.ffmpeg import text_of

NAME = "netviz"
"""Name of the text with all metadata in every kind of file."""
LONGEST_PLAIN = 4_000
"""Most characters of JSON that are written as they are; longer JSON is compressed."""
PACKED = "zlib:"
"""Prefix of compressed JSON; base64 of zlib's stream follows."""
LARGEST = 64_000_000
"""Most characters that are read, compressed or not."""
_DEEPEST = 20
_LONGEST = 1_000


class DamagedFile(ValueError):
    """Raised for a file that is not what it says it is, or whose metadata cannot be read; the message says why."""


@dataclass(frozen=True)
class Music:
    """Title, artist and licence of a film's music; empty texts where they are unknown."""

    title: str = ""
    artist: str = ""
    licence: str = ""

    def __str__(self) -> str:
        named = " by ".join(filter(None, (self.title, self.artist)))
        return ", ".join(filter(None, (named, self.licence)))


@dataclass(frozen=True)
class Provenance:
    """Provenance of a film or picture, which netviz writes into its file.

    version: of the netviz that wrote it. seed: of the training; None where that is not known. scene_hash: 64
    hexadecimal digits, SHA-256 of the scene's data as JSON in ASCII, keys sorted, without spaces. music: None for a
    silent film. files: those that have to lie beside the scene's file. scene: its data, only what differs from netviz's
    defaults. run: of a run that netviz did not train, what its recording says of itself; the scene is then how the film
    looks.
    """

    title: str
    version: str
    seed: int | str | None
    scene_hash: str
    music: Music | None = None
    files: tuple[str, ...] = ()
    scene: Mapping[str, Any] = field(default_factory=dict, hash=False)
    run: str = ""

    @property
    def software(self) -> str:
        """Program and version."""
        return f"netviz {self.version}"

    @property
    def comment(self) -> str:
        """A sentence for people who look at the file's tags."""
        made = f"seed {self.seed}, scene {self.scene_hash}" if not self.run else f"of a run with {self.run}"
        return f"Made with {self.software}, {made}. `netviz inspect` shows more."

    @property
    def rights(self) -> str:
        """Credit of the music; there is none for the pictures, which belong to whoever rendered them."""
        return f"Music: {self.music}" if self.music is not None and str(self.music) else ""

    @property
    def text(self) -> str:
        """All metadata as JSON in ASCII, compressed where it is long."""
        data: dict[str, Any] = {NAME: self.version, "title": self.title, "seed": self.seed}
        data["scene_sha256"] = self.scene_hash
        if self.run:
            data["run"] = self.run
        if self.music is not None:
            data["music"] = vars(self.music)
        text = json.dumps({**data, "files": self.files, "scene": self.scene}, separators=(",", ":"), allow_nan=False)
        if len(text) <= LONGEST_PLAIN:
            return text
        return PACKED + base64.b64encode(zlib.compress(text.encode("ascii"), 9)).decode("ascii")

    @property
    def tags(self) -> dict[str, str]:
        """Texts of a file by their plain names, without those that are empty."""
        texts = {"title": self.title, "software": self.software, "comment": self.comment, "copyright": self.rights}
        return {name: text for name, text in {**texts, NAME: self.text}.items() if text}


def ffmetadata(about: Provenance) -> str:
    """All texts in ffmpeg's format ffmetadata.

    Its file is one more input, chosen with -map_metadata; mp4 and mov need -movflags use_metadata_tags for them.
    """
    return text_of(about.tags)


def parse_provenance(text: str) -> Provenance:
    """Provenance from a file's text under the name netviz. Raises DamagedFile."""
    data = _json(_unpacked(text))
    music = data.get("music")
    if not (music is None or isinstance(music, dict)) or not isinstance(data.get("scene"), dict):
        raise DamagedFile("its music or its scene is not what it should be")
    files = data.get("files", [])
    if not isinstance(files, list):
        raise DamagedFile("its list of files is none")
    if _is_deeper(data, _DEEPEST):
        raise DamagedFile("it is nested too deep")
    seed = data.get("seed")
    return Provenance(
        title=_line(data, "title"),
        version=_line(data, NAME),
        seed=seed if type(seed) is int or (seed is None and "run" in data) else _line(data, "seed"),
        scene_hash=_line(data, "scene_sha256"),
        music=None if music is None else Music(*(_line(music, key) for key in ("title", "artist", "licence"))),
        files=tuple(_line({"files": name}, "files") for name in files),
        scene=data["scene"],
        run=_line(data, "run") if "run" in data else "",
    )


def _unpacked(text: str) -> str:
    if not text.startswith(PACKED):
        return text
    try:
        packed = base64.b64decode(text.removeprefix(PACKED), validate=True)
        stream = zlib.decompressobj()
        found = stream.decompress(packed, LARGEST)
    except (binascii.Error, ValueError, zlib.error):
        raise DamagedFile("what it says cannot be unpacked") from None
    if not stream.eof:
        raise DamagedFile(f"what it says breaks off, or is longer than {LARGEST / 1e6:g} MB")
    return found.decode("ascii", errors="replace")


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise DamagedFile("what it says is not whole: it is no JSON") from None
    if not isinstance(data, dict):
        raise DamagedFile("what it says is not whole: it has no keys")
    return data


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _line(data: Mapping[str, Any], key: str) -> str:
    """Text under a key. Raises DamagedFile if it is no text, or longer than 1,000 characters."""
    text = data.get(key)
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise DamagedFile(f"its {key} is no text, or a very long one")
    return text


def _is_deeper(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(depth == 0 or _is_deeper(each, depth - 1) for each in inner)
