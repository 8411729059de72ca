"""Films in the pages: `film` shows one, `gallery` those of all bundled scenes, each with its scene file.

The films are made before, by docs/make_films.py, into films/ of the finished site. Captions are written into the page
itself: browsers do not read a file of captions that lies on the disk.
"""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from make_films import FRONT, names
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import netviz
from netviz.scene.loader import find_scene

log = logging.getLogger(__name__)


def video(folder: Path, address: str, *, moving: bool = False) -> str:
    """The element of a film. folder: where its files are. address: that of the folder, seen from the page.

    moving: whether it plays by itself, without sound and over again, but for readers who want less motion.
    """
    name = folder.name
    words = escape((folder / "alt.txt").read_text(encoding="utf-8").strip())
    captions = folder / f"{name}.vtt"
    track = ""
    if captions.is_file() and not moving:
        data = base64.b64encode(captions.read_bytes()).decode()
        track = f'<track kind="captions" srclang="en" label="English" src="data:text/vtt;base64,{data}">'
    playing = 'loop data-moving preload="auto"' if moving else 'preload="none" loading="lazy"'
    return (
        f'<video controls muted playsinline {playing} width="854" height="480" poster="{address}/{name}.jpg" '
        f'aria-label="{words}"><source src="{address}/{name}.mp4" type="video/mp4">{track}'
        f'<a href="{address}/{name}.mp4">{escape(name)}.mp4</a></video>'
    )


class Film(SphinxDirective):
    """A film by its name, with what stands under it as its content."""

    required_arguments = 1
    option_spec: ClassVar = {"moving": directives.flag}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        folder = Path(self.config.netviz_films) / name
        if not (folder / "alt.txt").is_file():
            log.warning("no film %s in %s: run docs/make_films.py", name, folder.parent, location=self.get_location())
            return []
        self.env.note_dependency(str(folder / "made-of.txt"))
        address = "../" * self.env.docname.count("/") + f"films/{name}"
        moving = "moving" in self.options
        figure = nodes.container(classes=["film"])
        figure += nodes.raw("", video(folder, address, moving=moving), format="html")
        if not moving:
            links = (
                f'<a href="{address}/index.html">Player</a> · <a href="{address}/{name}-transcript.html">Transcript</a>'
            )
            figure += nodes.raw("", f'<p class="film-links">{links}</p>', format="html")
        return [figure]


class Gallery(SphinxDirective):
    """All bundled scenes: each with its film, the command that makes it, and its scene file."""

    def run(self) -> list[nodes.Node]:
        lines: list[str] = []
        for name in names():
            if name == FRONT:
                continue
            scene, path = netviz.load_scene(name), find_scene(name)
            self.env.note_dependency(str(path))
            text = path.read_text(encoding="utf-8").splitlines()
            lines += [f"(scene-{name})=", f"## {scene.title}", "", scene.subtitle, ""]
            lines += [f"```{{film}} {name}", "```", "", "```bash", f"netviz render {name}", "```", ""]
            lines += ["```{raw} html", f"<details><summary>{escape(name)}.yaml</summary>", "```", ""]
            lines += ["```yaml", *text, "```", "", "```{raw} html", "</details>", "```", ""]
        section = nodes.section()
        section.document = self.state.document
        self.state.nested_parse(StringList(lines, source="gallery"), self.content_offset, section, match_titles=True)
        return section.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("netviz_films", str(Path(app.outdir) / "films"), "env", str)
    app.add_directive("film", Film)
    app.add_directive("gallery", Gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
