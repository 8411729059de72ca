"""Odd texts and numbers: the values that made-up scenes are filled with, and shares by which they are drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import yaml

TEXTS = (
    "xor", "a", " ", "-", "0", "$", "$x^2$", "$$", r"\frac{1}{2}", "$\\alpha$ and $", "a_b^c", "%s %d", "{braces}",
    "<b>bold</b>", "[gallery]", "&amp;", "a\u00a0b", "…", "漢字が学ぶ", "한국어", "עברית בעולם",
    "العربية", "🙂", "👩‍👩‍👧‍👦", "é" * 9, "Z̷͑a̷l̸g̵o̶", "\u200b", "a\u2028b", "\u202eright to left", "ﬁ ﬂ",
    "𝔘𝔫𝔦", "\ufeff", "\U0001f1e9\U0001f1ea", "Straße", "W" * 40,
    "many words that go on and on until no line can hold them any more", "x" * 200, "i" * 199 + "W",
    "語" * 120, "\\n", "'\"",
)  # fmt: skip
_LETTERS = [
    letter for letter in map(chr, (*range(0x20, 0x24F), *range(0x300, 0x30000, 61), *range(0xE0000, 0xE0080)))
    if unicodedata.category(letter) not in ("Cc", "Cs")
]  # fmt: skip
PLAIN = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 0.1, 0.25, 7.0, 0, 1, -0.0, 3, 100, 1 / 3, -2.5)
WILD = (
    1e9, -1e9, 1e16, 1e150, -1e150, 1e307, -1e308, 1.7e308, 1e-9, 1e-150, 1e-300, 5e-324, -5e-324, 123456.789,
    0.1 + 0.2, 65536.5, 1e5, -1e5, 1e3,
)  # fmt: skip


def chance(rng: Random, percent: int) -> bool:
    """Return true in so many of a hundred cases."""
    return rng.randrange(100) < percent


def text(rng: Random, longest: int = 200) -> str:
    """Return a text that a picture may be asked to show: no control characters, no half of a pair."""
    if chance(rng, 85):
        made = rng.choice(TEXTS)
    else:
        made = "".join(rng.choices(_LETTERS, k=rng.randint(0, 12))) * rng.choice((1, 1, 1, 5, 16))
    return str(made[:longest])


def words(rng: Random, longest: int = 200) -> str:
    """Return a text in which there is something to be read."""
    made = text(rng, longest)
    return made if made.strip() else "?"


def numbers(rng: Random, count: int, *, wild: bool = False, within: tuple[float, float] | None = None) -> list[float]:
    """Return so many numbers: small ones, or `wild` among them, or all within two."""
    pool: Sequence[float] = rng.choice((PLAIN[:2], PLAIN[:4], PLAIN, PLAIN))
    if wild:
        pool = (*pool, *rng.sample(WILD, rng.choice((1, 2, len(WILD)))))
    if within is not None:
        low, high = within
        pool = (low, high, *(value for value in pool if low <= value <= high))
    whole = within is None and not wild and rng.random() < 0.2
    return [round(rng.gauss(0, 2), 6) if whole else rng.choice(pool) for _ in range(count)]


@dataclass
class Plot:
    """What the parts of a scene must agree on while they are made up.

    layers: of the network. situation: numbers in a situation; width: numbers in an answer. learned: number of the
    training examples. planar: whether the inputs are points of the plane. two_targets: whether every target is one of
    two numbers; told_apart: whether not all examples have the same. wild: parts with extreme numbers. cycles: of
    training. files: what is in those beside the scene.
    """

    layers: list[int]
    situation: int
    width: int
    learned: int
    planar: bool
    two_targets: bool
    wild: frozenset[str]
    told_apart: bool = False
    cycles: int = 1
    files: dict[str, str | bytes] = field(default_factory=dict)


def as_yaml(mapping: Mapping[str, Any]) -> str:
    """Return a mapping as YAML. Texts are quoted: what looks like a number stays a text."""
    return yaml.dump(dict(mapping), Dumper=_Quoting, allow_unicode=True, sort_keys=False, width=110)


class _Quoting(yaml.SafeDumper):
    """YAML with quoted texts, and without names for what stands twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Quoting.add_representer(str, lambda dumper, data: dumper.represent_scalar("tag:yaml.org,2002:str", data, style='"'))
