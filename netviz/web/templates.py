"""HTML templates: `[[name]]` stands for a value, `[[say key]]` for a phrase in the scene's words."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from netviz.drawing.theme import NIGHT, PAPER, Theme, code_of
from netviz.scene.phrases import say
from netviz.scene.scene import Look

_BLANK = re.compile(r"\[\[(say )?([a-z-]+)\]\]")


def filled(name: str, scene: Look, **values: str) -> str:
    """A template of this folder with all its blanks filled in, once: what is filled in is taken as it is.

    values: HTML, by name. Raises KeyError if one is missing. A page whose template has [[policy]] may run the script
    that stands there and look as the style there says, and asks nobody else for anything.
    """
    template = _template(name)

    def fill(text: str) -> str:
        return _BLANK.sub(lambda blank: escape(say(scene, blank[2])) if blank[1] else values[blank[2]], text)

    values["policy"] = policy(*([fill(text) for text in elements(template, kind)] for kind in ("script", "style")))
    return fill(template)


def elements(page: str, kind: str) -> list[str]:
    """Contents of each element of a kind, such as script, that has no attributes."""
    return re.findall(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)


@cache
def _template(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def policy(scripts: list[str], styles: list[str]) -> str:
    """Content security policy (level 2) of a page: it runs its own script and style, known by what they hash to.

    Films and pictures may come from where the page lies; `file:` because there a page is nobody's own.
    """
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; img-src 'self' file: data:; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: list[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"


def inline(data: Any) -> str:
    """Data as JSON that can stand in a script element of a page: no character in it can end that, or a line."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def theme_colours() -> str:
    """The colours of our films as CSS: the night's, and the paper's for whoever prefers light pages."""
    return (
        f":root {{ color-scheme: dark; {_variables(NIGHT)} }}\n"
        f"@media (prefers-color-scheme: light) {{ :root {{ color-scheme: light; {_variables(PAPER)} }} }}"
    )


def _variables(theme: Theme) -> str:
    colours = {
        "ground": theme.edge,
        "centre": theme.centre,
        "raised": theme.neuron,
        "line": theme.middle,
        "ink": theme.ink,
        "quiet": theme.quiet,
        "faint": theme.faint,
        "good": theme.positive,
        "bad": theme.negative,
        "signal": theme.signal,
        "error": theme.error,
        "test": theme.test_error,
        "other": theme.highlight,
    }
    return "; ".join(f"--{name}: {code_of(colour)}" for name, colour in colours.items())
