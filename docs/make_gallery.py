"""A page with a film of every scene that comes with netviz: python docs/make_gallery.py [FOLDER] [SCENE ...]

Each film is a post as `netviz embed` makes it, in a folder of its own, and the page shows them all. Nothing in it asks
another host for anything: the folder can be opened from the disk, or put on any site. A post that is there already is
kept if its film is of the same scene, made by the same netviz.
"""

from __future__ import annotations

import argparse
from html import escape
from pathlib import Path

import netviz
from netviz.pipeline.provenance import provenance_of
from netviz.scene.loader import bundled_scenes
from netviz.video.flashes import flashes
from netviz.web.mime_types import film_type

HERE = Path(__file__).parent
OVERRIDES = {"output.platform": "blog"}
"""Films for a page: 1280x720."""


def is_made(folder: Path, scene: netviz.Scene) -> bool:
    """Whether the scene's post is there."""
    film = folder / f"{scene.name}.mp4"
    return film.is_file() and (folder / "index.html").is_file() and netviz.inspect(film).about == provenance_of(scene)


def card(folder: Path, scene: netviz.Scene) -> str:
    """The scene's place in the page: its film, what it is called, how it is made."""
    name, address = escape(scene.name), f"{folder.name}/{scene.name}"
    width, height = scene.output.size
    alternative = (folder / "alt.txt").read_text(encoding="utf-8").strip()
    films = [(f"{address}{end}", folder / f"{scene.name}{end}") for end in (".webm", ".mp4")]
    sources = "".join(f"<source src=\"{escape(url)}\" type='{film_type(path)}'>" for url, path in films)
    stepped = folder / f"{scene.name}-stepped.mp4"
    less = (
        f'<source src="{address}-stepped.mp4" type=\'{film_type(stepped)}\' media="(prefers-reduced-motion: reduce)">'
    )
    captions = f'<track kind="captions" src="{address}.vtt" srclang="en" label="English">'
    has_captions = (folder / f"{scene.name}.vtt").is_file()
    subtitle = f"      <p>{escape(scene.subtitle)}</p>" if scene.subtitle else ""
    return f"""\
    <article id="{name}">
      <video controls playsinline preload="none" width="{width}" height="{height}" poster="{address}.jpg"
        aria-label="{escape(alternative)}">{less}{sources}{captions if has_captions else ""}</video>
      <h2><a href="{escape(folder.name)}/index.html">{escape(scene.title)}</a></h2>
{subtitle}
      <code>netviz render {name}</code>
    </article>"""


def main() -> None:
    # The scene that everything began with comes first.
    names = sorted((name for name, _ in bundled_scenes()), key=lambda name: (not name.startswith("xor"), name))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/gallery"))
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"without any all: {', '.join(names)}")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    cards = []
    for name in options.scenes or names:
        scene = netviz.load_scene(name, overrides=OVERRIDES)
        folder = options.folder / scene.name
        if not is_made(folder, scene):
            netviz.embed(scene, folder, overwrite=True)
        for film in sorted(folder.glob("*.mp4")):
            assert flashes(film).passes, f"{film} flashes more often than is safe"
        cards.append(card(folder, scene))
        print(f"{folder}: {scene.title}", flush=True)
    template = (HERE / "gallery.html").read_text(encoding="utf-8")
    (options.folder / "index.html").write_text(template.replace("{cards}", "\n".join(cards)), encoding="utf-8")
    print(options.folder / "index.html")


if __name__ == "__main__":
    main()
