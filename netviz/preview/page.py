"""The page, which needs nothing but this server: its text, in the colours of our films."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path

from netviz.picture.palettes import NIGHT
from netviz.picture.theme import Colour

_NONCE = secrets.token_urlsafe(16)
POLICY = (
    f"default-src 'none'; script-src 'nonce-{_NONCE}'; style-src 'nonce-{_NONCE}'; img-src blob: data:; "
    "media-src blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may do: run its own script, and ask this server; never another."""


@cache
def page() -> bytes:
    """The whole page, UTF-8."""
    text = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    colours = {
        "ground": NIGHT.edge,
        "raised": NIGHT.neuron,
        "line": NIGHT.middle,
        "ink": NIGHT.ink,
        "quiet": NIGHT.quiet,
        "faint": NIGHT.faint,
        "signal": NIGHT.signal,
        "good": NIGHT.positive,
        "bad": NIGHT.negative,
    }
    variables = "; ".join(f"--{name}: {_code(colour)}" for name, colour in colours.items())
    return text.replace("/* colours */", variables).replace("NONCE", _NONCE).encode()


def _code(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
