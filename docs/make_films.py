"""The films of the documentation: python docs/make_films.py [FOLDER] [NAME ...]

Each film gets a folder with its MP4, a picture of it, its captions, its transcript and a page that plays it, as
`netviz embed` makes them. A film that is there is kept while neither its scene nor the code that draws it has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import netviz
from netviz.atomic_files import atomic_folder
from netviz.pipeline.looks import Filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.pipeline.provenance import provenance_of
from netviz.resources import assets_folder
from netviz.scene.loader import bundled_scenes
from netviz.timeline.poster import poster_frame
from netviz.video.flashes import flashes
from netviz.web.embed import texts, with_reduced_motion
from netviz.web.mime_types import film_type
from netviz.web.snippets import FilmSource

PACKAGE = Path(netviz.__file__).parent
LOOKS: dict[str, Any] = {"output.size": "854x480"}
FRONT = "front"
"""The short film of the first page, which plays by itself: bright from its first picture to its last."""
LOOP: dict[str, Any] = LOOKS | {
    "name": FRONT,
    "audio": None,
    "duration": 24,
    "shots": [{"shot": "learning", "examples": 2}, {"shot": "rest", "share": 0.1}],
    "schedule": {"cycles": [2, 100, 300, 500, 2_500, 60_000]},
}


def names() -> list[str]:
    """All films: that of the first page, then those of the bundled scenes, the one that all began with first."""
    scenes = sorted((name for name, _ in bundled_scenes()), key=lambda name: (not name.startswith("xor"), name))
    return [FRONT, *scenes]


def scene_of(name: str) -> netviz.Scene:
    """The scene of a film, in the size it has on a page."""
    return netviz.load_scene("xor", overrides=LOOP) if name == FRONT else netviz.load_scene(name, overrides=LOOKS)


@cache
def code() -> str:
    """Hash of all that makes films: the package without its commands, its fonts and its music."""
    found = hashlib.sha256()
    parts = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".html") and path.parent.name != "cli"]
    for path in sorted([*parts, *assets_folder().glob("fonts/*"), *assets_folder().glob("*.mp3")]):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def made_of(scene: netviz.Scene) -> str:
    """What a film is made of, to be told from what another was made of."""
    about = json.dumps(provenance_of(scene).scene, sort_keys=True, default=str)
    return hashlib.sha256(f"{about}{code()}".encode()).hexdigest()


def make(scene: netviz.Scene, folder: Path, mark: str) -> None:
    """Make a film's folder, whole or not at all."""
    if folder.exists():
        shutil.rmtree(folder)
    runs = Filmed(netviz.record(scene) if scene.compare is None else netviz.compare(scene), scene)
    with atomic_folder(folder, overwrite=False, own=[]) as making:
        film = making / f"{scene.name}.mp4"
        netviz.render(runs, film)
        assert flashes(film).passes, f"{scene.name} flashes more often than is safe"
        timeline, less = (finish(prepare(each), each.recorded).timeline for each in (runs, with_reduced_motion(runs)))
        poster = f"{poster_frame(timeline) / float(timeline.plan.fps)}s"
        netviz.still(runs, poster, making / f"{scene.name}.jpg")
        captions = film.with_suffix(".vtt").is_file()
        sources = [FilmSource(film.name, film_type(film))]
        for name, text in texts(timeline, less, sources, captions=captions, autoplay=False, url=""):
            if not name.startswith(("snippet", "wordpress", "hugo")):
                (making / name).write_text(text, encoding="utf-8", newline="\n")
        (making / "made-of.txt").write_text(mark, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/docs/films"))
    parser.add_argument("films", nargs="*", metavar="NAME", help=f"without any all: {', '.join(names())}")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.films or names():
        scene, folder = scene_of(name), options.folder / name
        mark, made = made_of(scene), folder / "made-of.txt"
        if not made.is_file() or made.read_text(encoding="utf-8") != mark:
            make(scene, folder, mark)
            print(f"{folder}: {scene.title}", flush=True)
    for left in {path.name for path in options.folder.iterdir()} - {*names()}:
        shutil.rmtree(options.folder / left)


if __name__ == "__main__":
    main()
