"""Tests that a machine reads back what is written, from the small pictures in which films are watched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import netviz
from netviz.drawing.layout import BODY
from netviz.drawing.renderer import Renderer
from netviz.pipeline.api import recorded
from netviz.pipeline.prepare import finish, prepare
from netviz.story.moments import moment_frame
from tests.drawing.support import Written, written

__all__ = ["written"]

WATCHED = 680
"""Width in pixels of a film in a post."""
GAP = 2
"""Pixels of the picture around what is read."""
TRIALS = ((4, 1.0), (4, 2.5), (3, 1.0), (6, 2.5), (5, 1.5))
"""Times that a piece of the picture is enlarged, and its contrast raised, for reading, as a reader leans forward."""
SIGNS = re.compile(r"^[→✓✗·?↑↓]$|[₀-₉]")
"""Texts that are no letters, and names of bias nodes, which stand in a ring."""


@pytest.fixture(scope="module")
def tesseract() -> str:
    """The program that reads, which only those who test need."""
    found = shutil.which("tesseract")
    if found is None:
        assert not os.environ.get("NETVIZ_NEED_TESSERACT"), "tesseract is missing, and must be there"
        pytest.skip("no tesseract to read with (Debian: tesseract-ocr)")
    return found


@pytest.mark.parametrize("name", ["xor", "dog-or-cat", "neuron"])
def test_values_and_captions_are_read_in_a_small_picture(
    name: str, tesseract: str, written: list[Written], tmp_path: Path
) -> None:
    prepared = prepare(netviz.load_scene(name, overrides={"output.size": "1920x1080"}))
    timeline = finish(prepared, recorded(prepared)).timeline
    renderer = Renderer(timeline)
    least = 0.98 * BODY["wide"] * 1080
    scene = timeline.scene
    still = [text for text in written if text.text not in scene.title + scene.subtitle]  # a card's words are gone
    captions = 0
    for moment in ("35%", "60%"):
        del written[:]
        drawn = renderer.draw(timeline.frame(moment_frame(timeline, moment)))
        small = Image.fromarray(np.asarray(drawn)).resize((WATCHED, round(WATCHED * 9 / 16)), Image.Resampling.LANCZOS)
        shown = {(text.text, text.left, text.top): text for text in [*still, *written] if text.size >= least}
        captions += any(len(text.text) > 20 for text in shown.values())
        assert len(shown) > 20
        unread = lines([text for text in shown.values() if not SIGNS.search(text.text)])
        for trial in TRIALS:
            seen = read(tesseract, tmp_path, [page(small, line, *trial) for line in unread], [*map(words, unread)])
            unread = [line for line, text in zip(unread, seen, strict=True) if plain(text) != plain(words(line))]
        assert not unread, (moment, [*map(words, unread)])
    assert captions, "a caption was read"


def lines(texts: list[Written]) -> list[list[Written]]:
    """Texts of one size that follow each other at one height, as in the rows of a table."""
    found: list[list[Written]] = []
    for text in sorted(texts, key=lambda each: each.left):
        for line in found:
            last = line[-1]
            near = -2 <= text.left - last.right < 1.1 * text.size and abs(last.size - text.size) < 0.1
            if near and abs(text.top + text.bottom - last.top - last.bottom) < 0.6 * text.size:
                line.append(text)
                break
        else:
            found.append([text])
    return found


def words(line: list[Written]) -> str:
    """The text of a line."""
    return " ".join(text.text for text in line)


def page(small: Image.Image, line: list[Written], larger: int, contrast: float) -> Image.Image:
    """The piece of the small picture where a line is written, dark on white."""
    scale = WATCHED / 1920
    piece = small.convert("L")
    left, top = (int(scale * min(getattr(text, side) for text in line)) - GAP for side in ("left", "top"))
    right, bottom = (int(scale * max(getattr(text, side) for text in line)) + GAP + 1 for side in ("right", "bottom"))
    piece = piece.crop((left, top, right, bottom))
    piece = piece.resize((larger * piece.width, larger * piece.height), Image.Resampling.LANCZOS)
    low, middle, high = np.percentile(np.asarray(piece), (1, 50, 99))
    if high - middle > middle - low:  # letters are lighter than what they stand on
        piece = ImageOps.invert(piece)
    piece = ImageOps.autocontrast(piece)
    paper = float(np.median(np.asarray(piece)))
    dark = np.clip(255 - contrast * (paper - np.asarray(piece, dtype=float)), 0, 255)
    return ImageOps.expand(Image.fromarray(dark.astype(np.uint8)), 20, fill=255)


def read(tesseract: str, folder: Path, pages: list[Image.Image], wanted: list[str]) -> list[str]:
    """The text that is read on each page: numbers where a number is wanted. One process reads all pages of a kind."""
    digits = "0123456789.,%-"
    texts = [""] * len(pages)
    for is_number in (False, True):
        numbers = [index for index, text in enumerate(wanted) if (set(text) <= set(digits + " ")) == is_number]
        if not numbers:
            continue
        for index in numbers:
            pages[index].save(folder / f"{index}.png")
        (folder / "pages.txt").write_text("".join(f"{folder / f'{index}.png'}\n" for index in numbers))
        only = ["-c", f"tessedit_char_whitelist={digits}"] if is_number else []
        command = [tesseract, str(folder / "pages.txt"), "-", "--psm", "7", *only]
        done = subprocess.run(command, capture_output=True, check=True)
        for index, text in zip(numbers, done.stdout.decode().split("\f"), strict=True):
            texts[index] = text
    return texts


def plain(text: str) -> str:
    """The letters and digits of a text, those alike that look alike."""
    return re.sub(r"[^0-9a-z.%]", "", text.lower().replace("o", "0").replace("l", "1"))
