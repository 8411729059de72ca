"""The pictures in the README and the documentation, made by netviz: python docs/make_pictures.py"""

from __future__ import annotations

import io
import os
import re
import runpy
import shutil
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import netviz
from netviz.scene.loader import bundled_scenes
from netviz.scene.yaml import read_tree

HERE = Path(__file__).parent / "pictures"
QUALITY = 90
"""Of WebP: below it, the dark around halos falls into blocks when looked at closely; above it, only bytes are added."""


def save(name: str, picture: NDArray[np.uint8]) -> None:
    """Write a picture (height, width, 3) as WebP; without loss where that costs little, as flat areas do.

    It has a tenth of a PNG's bytes and half of a JPEG's with as small an error, and whoever clones netviz fetches it.
    """
    variants = []
    for settings in ({"quality": QUALITY}, {"lossless": True, "quality": 100}):
        variants.append(io.BytesIO())
        Image.fromarray(picture).save(variants[-1], "WEBP", method=6, **settings)
    lossy, lossless = (variant.getvalue() for variant in variants)
    (HERE / f"{name}.webp").write_bytes(lossless if len(lossless) < 1.5 * len(lossy) else lossy)


def stills() -> None:
    """Moments of the xor film, in the three shapes and in the classic style."""
    wanted = [
        ("learning", "xor", "1280x720", "cycle:200", {}),
        ("after", "xor", "1280x720", "end", {}),
        ("story", "xor", "1280x720", "67.9s", {}),
        ("square", "xor", "720x720", "cycle:400", {}),
        ("vertical", "xor", "720x1280", "cycle:100", {}),
        ("classic", "xor-classic", "960x720", "cycle:500", {}),
        ("equations", "step-by-step", "1280x720", "53%", {}),
        ("playground", "playground-quadrants", "1280x720", "cycle:58", {}),
        ("paper", "dog-or-cat", "960x540", "cycle:150", {"theme": "paper"}),
        ("colour-blind", "dog-or-cat", "960x540", "cycle:150", {"palette": "colour-blind"}),
    ]
    for name, source, size, moment, looks in wanted:
        scene = netviz.load_scene(source, overrides={"output.size": size, **looks})
        save(name, netviz.still(scene, moment))


def own_colours() -> None:
    """A picture in the colours that stand on the page about colours of one's own."""
    page = (HERE.parent / "how-to" / "colours.md").read_text(encoding="utf-8")
    look = read_tree(re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)[0]).data
    scene = netviz.load_scene("xor", overrides={"output.size": "960x540", **look})
    save("colours", netviz.still(scene, "cycle:200"))


# The moment at which a scene says most.
SCENES = {
    "xor": "cycle:200",
    "xor-classic": "cycle:500",
    "neuron": "cycle:100",
    "tiny-one-layer": "cycle:100",
    "tiny-two-layers": "cycle:700",
    "dog-or-cat": "cycle:400",
    "even-or-odd": "30%",
    "step-by-step": "44%",
    "digits": "cycle:8",
    "iris": "cycle:8",
    "compare-learning-rates": "end",
    "compare-layers": "97%",
    "momentum": "cycle:30",
    "overfitting": "cycle:237",
    "vanishing-gradients": "cycle:14",
    "playground-quadrants": "end",
    "playground-line": "cycle:19",
    "playground-circle": "end",
    "playground-spiral": "end",
    "playground-plane": "cycle:15",
    "playground-gauss-regression": "end",
}


def scenes() -> None:
    """A still of every bundled scene."""
    assert dict(bundled_scenes()).keys() == SCENES.keys(), "every bundled scene has its still"
    for name, moment in SCENES.items():
        scene = netviz.load_scene(name)
        width, height = scene.output.size
        smaller = {"output.size": f"{2 * (width * 270 // height)}x540"}
        save(f"scenes/{name}", netviz.still(netviz.load_scene(name, overrides=smaller), moment))


def lesson() -> None:
    """The film of the lesson about one's own data, of the table and the scene that stand on its page."""
    page = (HERE.parent / "tutorial" / "your-own-data.md").read_text(encoding="utf-8")
    saved = re.findall(r"as `([\w.]+)`:\n\n```\w+\n(.*?)```", page, flags=re.DOTALL)
    added = re.findall(r"to `exam.yaml`:\n\n```yaml\n(.*?)```", page, flags=re.DOTALL)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in saved:
            (Path(folder) / name).write_text(text, encoding="utf-8")
        path = Path(folder) / "exam.yaml"
        small = {"output.size": "960x540"}
        picture = netviz.still(netviz.load_scene(path, overrides=small), "cycle:790")
        save("own-data", picture)
        path.write_text(path.read_text(encoding="utf-8") + "".join(added), encoding="utf-8")
        picture = netviz.still(netviz.load_scene(path, overrides=small), "end")
        save("own-plane", picture)


LOOP = {
    "output.size": "800x450",
    "output.fps": 16,
    "audio": None,
    "duration": 17,
    "story": "auto",
    "captions": [{"at": "cycle:100", "for": 3, "text": "Of what it has never seen, it is sure – and wrong."}],
    "shots": [
        {"shot": "think", "inputs": [1, 1, 0], "share": 0.16, "caption": "Before it has learned anything: 1 1 0?"},
        {"shot": "learning"},
        {"shot": "think", "inputs": [1, 1, 0], "target": 0, "share": 0.2},
    ],
}
"""A film of a few seconds that shows all of it, and is bright from its first picture on: it has no opening."""


def own_run() -> None:
    """A picture of a run that netviz did not train: the example's."""
    recorder = runpy.run_path(str(HERE.parents[1] / "examples" / "plain_numpy.py"))["recorder"]
    look = {"title": "Three arms of a spiral", "duration": 40, "output": {"size": "960x540"}}
    save("own-run", netviz.still(recorder, "60%", look=look))


# Where in its film an example says most.
EXAMPLES = {
    "pytorch_moons": "80%",
    "pytorch_digits": "99%",
    "pytorch_cnn": "70%",
    "lightning_moons": "80%",
    "keras_digits": "70%",
    "sklearn_iris": "70%",
    "jax_xor": "75%",
}


def frameworks() -> None:
    """A still of the film of every example whose framework is installed; of the others the picture stays as it is."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    films: list[tuple[Any, dict[str, Any]]] = []
    for name, moment in EXAMPLES.items():
        with patch.object(netviz, "render", lambda source, path, look=None, **_: films.append((source, look or {}))):
            try:
                runpy.run_path(str(HERE.parents[1] / "examples" / f"{name}.py"), run_name="__main__")
            except ImportError as error:
                print(f"{error}: frameworks/{name}.webp is not made again")
                continue
        recorder, look = films.pop()
        small = {**look, "output": {**look.get("output", {}), "size": "960x540"}}
        save(f"frameworks/{name}", netviz.still(recorder, moment, look=small))


def loop() -> None:
    """The moving picture of the README."""
    netviz.render(netviz.load_scene("xor", overrides=LOOP), HERE / "film.webp", overwrite=True)


def player() -> None:
    """The player page of a post, as a browser shows it; where there is none, the picture stays as it is."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        print("no Chromium here: player.webp is not made again")
        return
    from playwright.sync_api import sync_playwright

    scene = netviz.load_scene("xor", overrides={"output.size": "1280x720"})
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        netviz.embed(scene, Path(folder) / "xor")
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        with playwright.chromium.launch(executable_path=browser, args=arguments) as opened:
            page = opened.new_page(viewport={"width": 1280, "height": 860}, color_scheme="dark")
            page.goto((Path(folder) / "xor" / "index.html").as_uri())
            page.wait_for_timeout(1500)
            page.evaluate("document.querySelector('video').currentTime = 51.3")
            page.wait_for_timeout(1500)
            screenshot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            save("player", np.asarray(screenshot))


if __name__ == "__main__":
    (HERE / "scenes").mkdir(parents=True, exist_ok=True)
    stills()
    own_colours()
    scenes()
    lesson()
    own_run()
    (HERE / "frameworks").mkdir(exist_ok=True)
    frameworks()
    loop()
    player()
