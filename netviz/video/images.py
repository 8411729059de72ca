"""Images: a picture as a PNG or JPEG file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netviz.atomic_files import write_whole
from netviz.video.metadata import Provenance
from netviz.video.metadata_formats import with_provenance

_BYTES_A_PIXEL = 0.095
"""Most bytes a pixel of a JPEG, if some quality allows it: some 200 kB at 1920x1080."""
QUALITIES = (93, 90, 86, 82, 78)
"""Qualities of a JPEG, tried in turn."""


def picture_file(picture: NDArray[np.uint8], suffix: str, about: Provenance | None) -> bytes:
    """Content of a picture's file, of the kind that a suffix says: .png, .jpg or .jpeg.

    picture: (height, width, 3), or for PNG also (height, width, 4), the last alpha. about: None for a file without
    metadata. JPEG is progressive, with full colour at every pixel, which keeps thin lines sharp.
    """
    image, largest = Image.fromarray(picture), _BYTES_A_PIXEL * picture.shape[0] * picture.shape[1]
    if suffix.lower() == ".png":
        data = _saved(image, "PNG")
    else:
        for quality in QUALITIES:
            data = _saved(image, "JPEG", quality=quality, subsampling=0, progressive=True, optimize=True)
            if len(data) <= largest:
                break
    return data if about is None else with_provenance(suffix, data, about)


def write_picture(target: Path, picture: NDArray[np.uint8], about: Provenance | None, *, overwrite: bool) -> None:
    """Write a picture, whole or not at all; see `picture_file`."""
    write_whole(target, picture_file(picture, target.suffix, about), overwrite=overwrite)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
