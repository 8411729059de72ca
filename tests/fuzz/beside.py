"""Files that lie beside made-up scenes: music, pictures and fonts."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import numpy as np
from PIL import Image

from netviz.resources import assets_folder

MUSIC = ("tone.wav", "clicks.wav", "silence.wav", "blip.wav")
PICTURES = ("logo.png", "clear.png", "dot.png", "flat.jpg", "grey.png")
FONTS = ("font.otf", "figures.ttf")
_RATE = 22_050


def lay_beside(folder: Path) -> None:
    """Write all of them into a folder."""
    seconds = np.arange(3 * _RATE) / _RATE
    tone = 0.5 * np.sin(2 * np.pi * 440 * seconds[: 2 * _RATE])
    clicks = np.where((seconds % 0.5) < 0.01, np.sin(2 * np.pi * 1000 * seconds), 0.0)
    sounds = (tone, clicks, 0 * tone, tone[: _RATE // 50])
    for name, sound in zip(MUSIC, sounds, strict=True):
        with wave.open(str(folder / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE)
            file.writeframes((sound * 32_000).astype("<i2").tobytes())
    pictures = (
        Image.new("RGB", (40, 20), (200, 30, 30)),
        Image.new("RGBA", (30, 30), (0, 0, 255, 90)),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (300, 2), (255, 255, 255)),
        Image.new("L", (9, 90), 128),
    )
    for name, picture in zip(PICTURES, pictures, strict=True):
        picture.save(folder / name)
    for name, font in zip(FONTS, ("Inter-SemiBold.otf", "Figures-Bold.ttf"), strict=True):
        shutil.copyfile(assets_folder() / "fonts" / font, folder / name)
