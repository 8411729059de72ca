"""A picture's file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from netviz.pipeline.provenance import provenance_of
from netviz.video import images
from netviz.video.images import picture_file
from tests.conftest import short_scene


def test_a_jpeg_that_is_hard_to_encode_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8)
    sizes = []
    for bound in (10.0, 0.0):
        monkeypatch.setattr(images, "_BYTES_A_PIXEL", bound)
        data = picture_file(noise, ".jpg", provenance_of(short_scene()))
        with Image.open(io.BytesIO(data)) as picture:
            assert (picture.size, picture.info["progressive"]) == ((160, 90), 1)
        sizes.append(len(data))
    assert sizes[1] < 0.8 * sizes[0]
