"""What a scene's own words must be: phrases that netviz has, with nothing to be filled in that it does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netviz.scene.phrases import ENGLISH, blanks
from netviz.scene.words import did_you_mean, printable


def phrases_alone(phrases: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Every phrase that is none, or that could not be filled in."""
    for key, phrase in phrases.items():
        path = ("words", key)
        if key not in ENGLISH:
            yield path, f"netviz says nothing of that name{did_you_mean(key, ENGLISH)}; `netviz words` lists all"
            continue
        try:
            unknown = sorted(blanks(phrase) - blanks(ENGLISH[key]))
        except ValueError as error:
            yield path, str(error)
            continue
        if unknown:
            known = sorted(blanks(ENGLISH[key]))
            may = f"it can hold {', '.join(f'{{{name}}}' for name in known)}" if known else "it holds nothing in braces"
            yield path, f"{{{printable(unknown[0])}}} is nothing that can be filled in here; {may}"
