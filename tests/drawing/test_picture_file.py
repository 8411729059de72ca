"""Picture files of a scene: what they are read as, and what is refused before it costs anything."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from netviz.drawing.picture_file import MOST_PIXELS, MOST_SCANS, picture_fault, read_picture

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"]


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))


def png(width: int, height: int, texts: bytes = b"") -> bytes:
    """A black picture, of which the pixels are written only as far as they are few."""
    lines = (b"\0" + bytes(3 * width)) * height if width * height < 10_000 else b""
    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    end = chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + texts + end


def noise(mode: str) -> Image.Image:
    pixels = np.random.default_rng(1).integers(0, 256, (23, 37, 4), dtype=np.uint8)
    if mode == "I;16":
        return Image.fromarray(pixels.view(np.uint32)[:, :, 0].astype(np.uint16))
    return Image.fromarray(pixels).convert(mode)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def peak_of(path: Path) -> tuple[str | None, float]:
    """What is wrong with a picture, and how many MB of Python's memory it took to find out."""
    tracemalloc.start()
    fault = picture_fault(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return fault, peak / 1e6


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_read_as_pillow_reads_it(kind: str, mode: str, tmp_path: Path) -> None:
    if mode in {"PNG": ("CMYK",), "JPEG": ("1", "LA", "P", "RGBA", "I;16")}[kind]:
        pytest.skip(f"{kind} has no {mode}")
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "of no concern", zip=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    extra = {"pnginfo": info} if kind == "PNG" else {"comment": b"of no concern", "progressive": True}
    (tmp_path / "a").write_bytes(saved(noise(mode), kind, exif=exif, **extra))
    with Image.open(tmp_path / "a") as opened:
        expected = np.asarray(opened.convert("RGBA"))
    read = read_picture(tmp_path / "a")
    assert read.mode == "RGBA"
    assert np.array_equal(np.asarray(read), expected)


def test_transparency_of_a_palette_stays(tmp_path: Path) -> None:
    picture = noise("RGB").quantize(16)
    (tmp_path / "a.png").write_bytes(saved(picture, "PNG", transparency=bytes(range(0, 256, 16))))
    opacities = np.unique(np.asarray(read_picture(tmp_path / "a.png"))[:, :, 3])
    assert len(opacities) == 16
    assert opacities.max() == 240


@pytest.mark.parametrize(("width", "height"), [(13_300, 13_300), (MOST_PIXELS + 1, 1), (2**31 - 1, 2**31 - 1)])
def test_a_huge_picture_is_refused_from_its_header(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "a.png").write_bytes(png(width, height))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fault, megabytes = peak_of(tmp_path / "a.png")
    assert fault == (
        f"{width:,} x {height:,} pixels are too many for a picture in a film; 50,000,000 are the most: make it smaller"
    )
    assert megabytes < 1


def test_a_huge_jpeg_is_refused_from_its_header(tmp_path: Path) -> None:
    small = saved(noise("RGB"), "JPEG")
    at = small.index(b"\xff\xc0") + 5
    (tmp_path / "a.jpg").write_bytes(small[:at] + struct.pack(">2H", 65_000, 64_000) + small[at + 4 :])
    assert (picture_fault(tmp_path / "a.jpg") or "").startswith("64,000 x 65,000 pixels are too many")


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"iCCP"])
def test_packed_texts_are_not_unpacked(tmp_path: Path, name: bytes) -> None:
    head = b"k%d\0\1\0\0\0" if name == b"iTXt" else b"k%d\0\0"
    packed = zlib.compress(b"a" * 990_000 + "\N{GRINNING FACE}".encode(), 9)
    texts = b"".join(chunk(name, head % number + packed) for number in range(60))
    (tmp_path / "a.png").write_bytes(png(10, 10, texts))
    fault, megabytes = peak_of(tmp_path / "a.png")
    assert fault is None
    assert megabytes < 1, "of 60 MB of text"


def test_a_jpeg_of_too_many_passes_is_refused(tmp_path: Path) -> None:
    whole = saved(noise("RGB"), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    (tmp_path / "a.jpg").write_bytes(whole[:-2] + MOST_SCANS * whole[last:-2] + whole[-2:])
    assert (picture_fault(tmp_path / "a.jpg") or "").startswith(f"comes in more than {MOST_SCANS} passes")


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(10, 10))
    os.truncate(tmp_path / "a.png", 64 << 30)
    fault, megabytes = peak_of(tmp_path / "a.png")
    assert fault == "a file of 68,719 MB is too large for a picture; 100 MB are the most"
    assert megabytes < 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_broken_off_or_changed_anywhere_it_is_refused_or_read(kind: str, tmp_path: Path) -> None:
    whole, path = saved(noise("RGB"), kind), tmp_path / "a"
    random = np.random.default_rng(2)
    for stop in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:stop])
        assert picture_fault(path) == "cannot be read as a picture; a PNG or JPEG file is expected"
    for _ in range(300):
        changed = bytearray(whole)
        for at in random.integers(0, min(len(whole), 700), 3):
            changed[at] = random.integers(256)
        path.write_bytes(changed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture_fault(path)


def test_other_kinds_of_pictures_are_named(tmp_path: Path) -> None:
    several = [noise("RGB"), noise("RGB").rotate(90)]
    contents = {
        "a GIF": saved(several[0], "GIF"),
        "a BMP picture": saved(several[0], "BMP"),
        "a TIFF picture": saved(several[0], "TIFF"),
        "a WebP picture": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
        "an SVG drawing": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    }
    for kind, content in contents.items():
        (tmp_path / "it.png").write_bytes(content)
        assert picture_fault(tmp_path / "it.png") == f"is {kind}; save it as PNG or JPEG"
    several[0].save(tmp_path / "it.png", "PNG", save_all=True, append_images=several[1:])
    assert picture_fault(tmp_path / "it.png") == (
        "is an animated PNG, and a picture of a film stands still; save one picture of it"
    )
