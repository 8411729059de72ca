"""Whether a WebM (Matroska, RFC 9559) is as long as it says."""

from __future__ import annotations

from netviz.video.about import Damaged
from netviz.video.tags.look import Data

_SEGMENT = b"\x18\x53\x80\x67"


def check_end(data: Data) -> None:
    """Raise Damaged if the film breaks off. One that was written without its length is not looked at."""
    header, at = _number(data, 4)
    at += header or 0
    if data[at : at + 4] != _SEGMENT:
        raise Damaged("it has no film in it")
    length, at = _number(data, at + 4)
    if length is not None and at + length > len(data):
        raise Damaged("it breaks off")


def _number(data: Data, at: int) -> tuple[int | None, int]:
    """A number of variable length (RFC 8794, section 4), None if it is not known; and where it ends."""
    first = data[at : at + 1]
    if not first or first[0] == 0:
        raise Damaged("it breaks off")
    width = 9 - first[0].bit_length()
    value = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), at + width
