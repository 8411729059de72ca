"""Make the typeface of numbers from JetBrains Mono: its zero without the bar inside, which at 12 pixels makes it an 8.

python assets/make_figures_font.py folder-of-JetBrainsMono assets/fonts
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates
from fontTools.ttLib.tables.ttProgram import Program

FAMILY = "netviz Figures"
NAMES = {1: FAMILY, 3: "{family} {style}", 4: "{family} {style}", 6: "{family}-{style}", 16: FAMILY}
"""Records of the name table that name the typeface: a changed font has a name of its own."""


def without_bar(font: TTFont) -> None:
    """Remove the third contour of the zero, the bar inside, and the hints that refer to its points."""
    zero = font["glyf"]["zero"]
    outside, inside, bar = zero.endPtsOfContours
    assert bar == len(zero.coordinates) - 1 and outside < inside
    zero.endPtsOfContours = [outside, inside]
    zero.coordinates = GlyphCoordinates(zero.coordinates[: inside + 1])
    zero.flags = zero.flags[: inside + 1]
    zero.numberOfContours = 2
    zero.program = Program()
    zero.program.fromBytecode(b"")
    zero.recalcBounds(font["glyf"])


def main(source: Path, target: Path) -> None:
    for style in ("Medium", "Bold"):
        font = TTFont(source / f"JetBrainsMono-{style}.ttf")
        without_bar(font)
        for record in font["name"].names:
            if record.nameID in NAMES:
                text = NAMES[record.nameID].format(family=FAMILY, style=style)
                record.string = text.replace(" ", "") if record.nameID == 6 else text
        del font["DSIG"]  # the signature of the font as it was
        font.save(target / f"Figures-{style}.ttf")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
