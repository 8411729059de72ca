"""`netviz flashes`: whether a film flashes more often than is safe, in plain words or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

import netviz
from netviz.cli import console
from netviz.cli.options import debug_option
from netviz.video.flashes import ALLOWED, Flashes, Most, Place


@click.command()
@click.argument("film", type=click.Path(path_type=Path), metavar="FILM")
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
@debug_option
@click.pass_context
def flashes(ctx: click.Context, /, film: Path, as_json: bool) -> None:
    """Decode FILM (mp4, webm, mov, gif, ...), made by netviz or not, and count how often it flashes.

    Much light or saturated red that comes and goes more than three times in a second can cause seizures. Ends with 0 if
    the film keeps within WCAG 2.2, success criterion 2.3.1, and with 1 if not.
    """
    found = netviz.flashes(film)
    console.result(_as_json(film, found) if as_json else _as_text(film, found))
    if not found.passes:
        ctx.exit(1)


def _as_text(film: Path, found: Flashes) -> str:
    name = console.name(film)
    if found.passes:
        most = max(found.general.flashes, found.red.flashes)
        return f"{name}: at most {_count(most, 'flash')} in a second; three are allowed (WCAG 2.3.1)"
    kinds = [("flash", found.general), ("red flash", found.red)]
    return "\n".join(f"{name}: {_told(most, kind)}" for kind, most in kinds if most.flashes > ALLOWED)


def _told(most: Most, kind: str) -> str:
    assert most.place is not None
    spans = ", ".join(f"{_second(start)} to {_second(end)}" for start, end in most.too_many)
    where = _place(most.place)
    return f"{_count(most.flashes, kind)} in a second, where three are allowed (WCAG 2.3.1): {spans}, most {where}"


def _place(place: Place) -> str:
    """In which part of the picture the middle of a place is."""
    across, down = (place.left + place.right) / 2, (place.top + place.bottom) / 2
    row = "top" if down < 0.4 else "bottom" if down > 0.6 else ""
    column = "left" if across < 0.4 else "right" if across > 0.6 else ""
    corner = " ".join(part for part in (row, column) if part)
    return f"at the {corner}" if corner else "in the middle"


def _count(number: int, kind: str) -> str:
    return f"{number} {kind}" if number == 1 else f"{number} {kind}es"


def _second(exact: Fraction) -> str:
    return f"{float(exact):.2f} s"


def _as_json(film: Path, found: Flashes) -> str:
    told: dict[str, Any] = {"film": str(film), "fps": str(found.fps), "frames": found.frames, "passes": found.passes}
    for kind, most in (("general", found.general), ("red", found.red)):
        told[kind] = {
            "flashes": most.flashes,
            "start": None if most.start is None else float(most.start),
            "end": None if most.end is None else float(most.end),
            "place": None if most.place is None else asdict(most.place),
            "share": most.share,
            "too_many": [{"start": float(start), "end": float(end)} for start, end in most.too_many],
        }
    return json.dumps(told, indent=1)
