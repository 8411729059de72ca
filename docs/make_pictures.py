"""The pictures in the README and the gallery page, made by netviz: python docs/make_pictures.py"""

from __future__ import annotations

import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import imageio.v3

import netviz
from netviz.executable import executable
from netviz.film.plan import make_plan
from netviz.film.telling import told
from netviz.film.timeline import make_timeline
from netviz.picture.stage import Stage
from netviz.scene.file import bundled_scenes

HERE = Path(__file__).parent / "pictures"
LOOP_SECONDS = 9
LOOP_FPS = 12


def stills() -> None:
    """Moments of the xor film, in the three shapes and in the classic style."""
    wanted = [
        ("learning", "xor", "1280x720", "cycle:200"),
        ("after", "xor", "1280x720", "end"),
        ("story", "xor", "1280x720", "75s"),
        ("square", "xor", "720x720", "cycle:400"),
        ("vertical", "xor", "720x1280", "cycle:100"),
        ("classic", "xor-classic", "960x720", "cycle:500"),
    ]
    for name, source, size, moment in wanted:
        scene = netviz.load_scene(source, overrides={"output.size": size})
        netviz.still(scene, moment, HERE / f"{name}.png", overwrite=True)
    photographs = [
        ("equations", "step-by-step", "1280x720", "53%", {}),
        ("playground", "playground-quadrants", "1280x720", "70%", {}),
        ("paper", "dog-or-cat", "960x540", "cycle:150", {"theme": "paper"}),
        ("colour-blind", "dog-or-cat", "960x540", "cycle:150", {"palette": "colour-blind"}),
    ]
    for name, source, size, moment, looks in photographs:
        scene = netviz.load_scene(source, overrides={"output.size": size, **looks})
        imageio.v3.imwrite(HERE / f"{name}.jpg", netviz.still(scene, moment), quality=92)


# The moment at which a scene says most.
GALLERY = {
    "xor": "cycle:200",
    "xor-classic": "cycle:500",
    "neuron": "cycle:100",
    "tiny-one-layer": "cycle:100",
    "tiny-two-layers": "cycle:700",
    "dog-or-cat": "cycle:400",
    "even-or-odd": "30%",
    "step-by-step": "44%",
    "digits": "cycle:8",
    "compare-learning-rates": "end",
    "playground-quadrants": "end",
    "playground-line": "50%",
    "playground-circle": "end",
    "playground-spiral": "end",
    "playground-plane": "40%",
    "playground-gauss-regression": "end",
}


def gallery() -> None:
    """A still of every bundled scene, and the page that shows them."""
    titles = dict(bundled_scenes())
    assert titles.keys() == GALLERY.keys(), "every bundled scene has its still"
    lines = ["# Gallery", "", "The scenes that come with netviz; `make pictures` made these stills from them."]
    for name, moment in GALLERY.items():
        scene = netviz.load_scene(name)
        width, height = scene.output.size
        smaller = {"output.size": f"{2 * (width * 270 // height)}x540"}
        picture = netviz.still(netviz.load_scene(name, overrides=smaller), moment)
        imageio.v3.imwrite(HERE / "scenes" / f"{name}.jpg", picture, quality=90)
        lines += ["", f"## {titles[name]}", "", f"    netviz render {name}", ""]
        lines += [scene.subtitle, ""] if scene.subtitle else []
        lines += [f"![{titles[name]}](pictures/scenes/{name}.jpg)"]
    (HERE.parent / "gallery.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def loop() -> None:
    """A few seconds of learning as a small GIF."""
    overrides = {"output.size": "960x540", "output.fps": LOOP_FPS, "audio": None, "duration": 91}
    scene = netviz.load_scene("xor", overrides=overrides)
    recording = netviz.record(scene)
    timeline = make_timeline(told(make_plan(scene, Fraction(91)), recording), recording)
    stage = Stage(timeline)
    first = next(span.start for span in timeline.plan.spans if span.kind == "step" and span.cycle == 200)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(LOOP_SECONDS * LOOP_FPS):
            picture = stage.draw(timeline.frame(first + number))[:, :, :3]
            imageio.v3.imwrite(Path(folder) / f"{number:04}.png", picture)
        palette = (
            "scale=640:-1:flags=lanczos,split[a][b];[a]palettegen=stats_mode=full[p];"
            "[b][p]paletteuse=dither=sierra2_4a:diff_mode=rectangle"
        )
        arguments = ["-v", "error", "-y", "-framerate", str(LOOP_FPS), "-i", f"{folder}/%04d.png", "-vf", palette]
        subprocess.run([str(executable()), *arguments, str(HERE / "learning.gif")], check=True)


if __name__ == "__main__":
    (HERE / "scenes").mkdir(parents=True, exist_ok=True)
    stills()
    gallery()
    loop()
