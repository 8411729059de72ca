"""Text: strings drawn by matplotlib once as masks, measured, cached and copied."""

from __future__ import annotations

import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from numpy.typing import NDArray

from netviz.resources import assets_folder

# Cache of masks, limited in bytes: the longer a film is, the more texts it has.

_BYTES_A_PIXEL = 9
"""Bytes cached for a pixel of a mask: four of its coverage, and as many again for its place on a canvas, which is
stored for the quarter of the pixels that has any."""


class _Covering(Protocol):
    @property
    def alpha(self) -> NDArray[np.float32]: ...


Arguments = ParamSpec("Arguments")
Drawn = TypeVar("Drawn", bound=_Covering)


def kept(most: int) -> Callable[[Callable[Arguments, Drawn]], Callable[Arguments, Drawn]]:
    """Decorator that caches the masks a function draws, as long as all of them fit into `most` bytes.

    The least recently used goes first; the last one stays, whatever its size. Arguments must be hashable.
    """

    def decorate(function: Callable[Arguments, Drawn]) -> Callable[Arguments, Drawn]:
        masks: OrderedDict[Hashable, Drawn] = OrderedDict()
        size = 0

        @wraps(function)
        def drawn(*arguments: Arguments.args, **named: Arguments.kwargs) -> Drawn:
            nonlocal size
            key = (arguments, *sorted(named.items()))
            cached = masks.get(key)
            if cached is not None:
                masks.move_to_end(key)
                return cached
            result = function(*arguments, **named)
            masks[key] = result
            size += _bytes(result)
            while size > most and len(masks) > 1:
                size -= _bytes(masks.popitem(last=False)[1])
            return result

        return drawn

    return decorate


def _bytes(mask: _Covering) -> int:
    return _BYTES_A_PIXEL * mask.alpha.size


DRAWING: dict[Any, Any] = {
    "text.hinting": "no_autohint",
    "text.antialiased": True,
    "lines.antialiased": True,
    "patch.antialiased": True,
    "patch.force_edgecolor": False,
    "text.usetex": False,
    "path.simplify": False,
    "path.snap": False,
    "path.sketch": None,
    "path.effects": [],
    "agg.path.chunksize": 0,
}
"""Settings of matplotlib that change pixels: set while we draw, so that no matplotlibrc of the user's can."""

_OWN = assets_folder() / "fonts"
_FALLBACK = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@dataclass(frozen=True)
class Font:
    """A typeface in one weight. in_cells: whether digits and signs are set as wide as the widest digit; see below."""

    path: Path
    in_cells: bool = False


@dataclass(frozen=True)
class Typefaces:
    """The fonts of a film; `words` are for reading, `figures` have digits of one width."""

    words: Font
    medium: Font
    strong: Font
    figures: Font
    strong_figures: Font

    @classmethod
    def make(cls, own: str | None = None, own_figures: str | None = None) -> Typefaces:
        """Inter for words, unless `own` is the path of another font; JetBrains Mono with a plain zero for numbers,
        unless `own_figures` is."""
        words = (
            [Font(Path(own))] * 3 if own else [Font(_OWN / f"Inter-{w}.otf") for w in ("Regular", "Medium", "SemiBold")]
        )
        figures = (
            [Font(Path(own_figures), in_cells=True)] * 2
            if own_figures
            else [Font(_OWN / f"Figures-{w}.ttf") for w in ("Medium", "Bold")]
        )
        return cls(*words, *figures)


@dataclass(frozen=True, eq=False)
class Mask:
    """Coverage of a drawn string.

    alpha (h, w): coverage from 0 to 1, float32. left: pixels from the pen's start to the mask's first column.
    top: pixels from the first row down to the middle of the font's capitals. width: pixels that the pen moves.
    """

    alpha: NDArray[np.float32]
    left: int
    top: int
    width: float


@lru_cache(maxsize=16)
def _face(path: Path) -> FT2Font:
    return FT2Font(str(path))


@lru_cache(maxsize=65536)
def _has(path: Path, character: str) -> bool:
    """True if a font has a letter. Asked one by one: a small file may claim to have four thousand million."""
    return _face(path).get_char_index(ord(character)) != 0


def missing(text: str, font: Font) -> str:
    """Characters of a text that neither its font nor the fallback can draw."""
    return "".join(sorted({c for c in text if not any(_has(path, c) for path in (font.path, _FALLBACK))}))


def lacking(text: str, path: Path) -> str:
    """Characters of a text that a font does not have."""
    return "".join(c for c in text if not _has(path, c))


@lru_cache(maxsize=4096)
def _usable(text: str, font: Font) -> Path:
    return font.path if all(_has(font.path, c) for c in text) and _is_drawn(text, font.path) else _FALLBACK


_TRIED = 64.0
"""Size at which it is tried whether a font can draw a text."""
_LARGEST_LETTER = 10
"""Most ems that the letters of a text may be wide, on average, and high: more is a damaged font."""


@lru_cache(maxsize=4096)
def _is_drawn(text: str, path: Path) -> bool:
    """True if a font has what it takes to draw letters that it has: none is damaged, or larger than any picture."""
    if path.parent == _OWN or not text:
        return True
    try:
        across, down, _ = _extent(text, path, _TRIED)
    except RuntimeError:
        return False
    return max(across / len(text), down) <= _LARGEST_LETTER * _TRIED


def is_font(path: Path) -> bool:
    """True if a file is a font that can draw the plain letters that it has."""
    try:
        letters = "".join(c for c in map(chr, range(ord("!"), 127)) if _has(path, c))
        return _is_drawn(letters, path)
    except (OSError, RuntimeError, ValueError):
        return False


_are_ours: ContextVar[bool] = ContextVar("_are_ours", default=False)


@contextmanager
def settings() -> Iterator[None]:
    """Context in which we draw: with our settings of matplotlib, and without its warnings and NumPy's.

    `missing_letters_note` says in our words what letters are missing. Numbers of a run may be of any size, so sums of
    them may overflow; what is drawn of them is bounded (bounds.py).
    """
    if _are_ours.get():  # texts are measured and drawn while a whole frame is
        yield
        return
    # matplotlib's own rc_context copies some three hundred settings, which takes as long as drawing a curve.
    inside = _are_ours.set(True)
    saved = {key: matplotlib.rcParams[key] for key in DRAWING}
    try:
        matplotlib.rcParams.update(DRAWING)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            yield
    finally:
        matplotlib.rcParams.update(saved)
        _are_ours.reset(inside)


@lru_cache(maxsize=1)
def _measurer() -> RendererAgg:
    """Renderer that measures texts and draws none."""
    return RendererAgg(8, 8, 72)


@lru_cache(maxsize=4096)
def _extent(text: str, path: Path, size: float) -> tuple[float, float, float]:
    with settings():
        extent = _measurer().get_text_width_height_descent(
            text, FontProperties(fname=str(path), size=size), ismath=False
        )
        across, down, descent = map(float, extent)
        return across, down, descent


def width(text: str, font: Font, size: float) -> float:
    """Width of a text in pixels."""
    if font.in_cells:
        return sum(across for _, across, _ in _pieces(text, font, size))
    return _extent(text, _usable(text, font), size)[0] if text else 0.0


# Cells: numbers keep their places in a film, so that what changes is only the figure that changes. In a font of the
# maker's a 1 may be narrower than an 8, and a minus wider than both. Its digits and their signs stand in the middle of
# cells, all as wide as the widest digit; signs that have no room are made smaller. All other letters are as they are.

DIGITS = "0123456789"
_LARGEST_SIGNS = {**dict.fromkeys("+−-", 0.94), **dict.fromkeys("→✓✗", 1.3)}
"""Most of a cell that signs take: those of numbers within it, and those that stand alone in a column of a table."""
_PIECES = re.compile(f"[{DIGITS}+−→✓✗-]|[^{DIGITS}+−→✓✗-]+")


@lru_cache(maxsize=4096)
def _pieces(text: str, font: Font, size: float) -> tuple[tuple[str, float, float], ...]:
    """Digits, signs and what stands between them, each with the pixels it takes and its own size."""
    cell = _cell(font, size)
    found = []
    for piece in _PIECES.findall(text):
        across = _extent(piece, _usable(piece, font), size)[0]
        smaller = min(1.0, _LARGEST_SIGNS.get(piece, np.inf) * cell / max(1e-9, across))
        found.append((piece, cell if piece in DIGITS + "+−-" else smaller * across, smaller * size))
    return tuple(found)


@lru_cache(maxsize=256)
def _cell(font: Font, size: float) -> float:
    return max(_extent(digit, _usable(digit, font), size)[0] for digit in DIGITS)


def _set_in_cells(text: str, font: Font, size: float) -> Mask:
    parts, x = [], 0.0
    for piece, across, own_size in _pieces(text, font, size):
        drawn = mask(piece, Font(font.path), own_size)
        parts.append((drawn, x + (across - drawn.width) / 2, 0.0))
        x += across
    return joined(parts, x)


def joined(parts: list[tuple[Mask, float, float]], width: float) -> Mask:
    """Join masks into one; of each: the mask, where its pen starts, how far its middle is below the whole's middle."""
    boxes = [(part.alpha, round(x) + part.left, round(y) - part.top) for part, x, y in parts if part.alpha.size]
    if not boxes:
        return Mask(np.zeros((0, 0), np.float32), 0, 0, width)
    left, top = min(x for _, x, _ in boxes), min(y for _, _, y in boxes)
    right = max(x + alpha.shape[1] for alpha, x, _ in boxes)
    bottom = max(y + alpha.shape[0] for alpha, _, y in boxes)
    whole = np.zeros((bottom - top, right - left), np.float32)
    for alpha, x, y in boxes:
        under = whole[y - top : y - top + alpha.shape[0], x - left : x - left + alpha.shape[1]]
        np.maximum(under, alpha, out=under)
    return Mask(whole, left, -top, width)


@lru_cache(maxsize=64)
def _capital_height(path: Path, size: float) -> float:
    return _extent("H", path if _is_drawn("H", path) else _FALLBACK, size)[1]


def capital_height(font: Font, size: float) -> float:
    """Height of the capitals above the baseline, in pixels."""
    return _capital_height(font.path, size)


@kept(12_000_000)
def mask(text: str, font: Font, size: float) -> Mask:
    """Draw a text; masks are cached. Characters that no font has become boxes; `missing_letters_note` names them."""
    if font.in_cells and text:
        return _set_in_cells(text, font, size)
    path = _usable(text, font)
    try:
        return _drawn(text, path, size)
    except RuntimeError:  # of a damaged letter that could be measured
        return _drawn(text, _FALLBACK, size)


def _drawn(text: str, path: Path, size: float) -> Mask:
    advance, height, descent = _extent(text, path, size)
    pad = int(size * 0.4) + 2
    box_width, box_height = int(advance) + 2 * pad + 1, int(size * 1.3) + int(height) + 2 * pad
    baseline = box_height - int(descent) - pad
    with settings():
        renderer = RendererAgg(box_width, box_height, 72)
        gc = renderer.new_gc()
        gc.set_foreground("white")
        renderer.draw_text(gc, pad, baseline, text, FontProperties(fname=str(path), size=size), 0, ismath=False)
        alpha = np.asarray(renderer.buffer_rgba())[:, :, 3].astype(np.float32) / 255
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not len(rows):
        return Mask(np.zeros((0, 0), np.float32), 0, 0, advance)
    top, left = rows[0], columns[0]
    middle = baseline - _capital_height(path, size) / 2
    return Mask(
        np.ascontiguousarray(alpha[top : rows[-1] + 1, left : columns[-1] + 1]),
        int(left - pad),
        round(middle - top),
        advance,
    )


@lru_cache(maxsize=4096)
def fit(text: str, font: Font, size: float, slot: float, smallest: float) -> tuple[str, float]:
    """The text and the size, at most `size`, at which it fits into `slot` pixels; cut with … below `smallest`."""
    full_width = width(text, font, size)
    if full_width <= max(slot, 0.0) or not text:  # a text may be nothing but signs without a width
        return text, size
    size = max(smallest, size * slot / full_width)
    while width(text, font, size) > slot and size > smallest:
        size = max(smallest, 0.98 * size)  # letters do not shrink evenly, because they are hinted
    if width(text, font, size) <= slot:
        return text, size
    shortened = text
    while shortened and width(shortened + "…", font, size) > slot:
        shortened = shortened[:-1].rstrip()
    return shortened + "…", size


@lru_cache(maxsize=4096)
def wrap(
    text: str, font: Font, size: float, slot: float, smallest: float, lines: int = 2
) -> tuple[tuple[str, ...], float]:
    """Break a text evenly into as few lines as it needs at `size`, at most `lines`; smaller or cut where it must be."""
    words = text.split(" ")
    for count in range(1, min(lines, len(words)) + 1):
        parts = _even(words, count)
        if all(width(part, font, size) <= slot for part in parts):
            return tuple(part for part in parts if part), size
    fitted = [fit(part, font, size, slot, smallest) for part in _even(words, min(lines, len(words)))]
    size = min(part_size for _, part_size in fitted)
    return tuple(part for part, _ in fitted), size


LONGEST_WHOLE = 1e9
"""Number from which on people would count digits: it is written as a power of ten."""


def short(value: float, decimals: int = 3) -> str:
    """A target or an input as people write it: 1, 0.05, -2.5, 1200, 1e150; three decimals at most."""
    if abs(value) >= LONGEST_WHOLE:
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")
    return f"{value:.0f}" if abs(value) >= 1000 else f"{round(value, decimals) + 0.0:g}"


def two_lines(text: str) -> list[str]:
    """Break a text of several words into two lines, the longer as short as possible; a single word stays on one."""
    words = text.split(" ")
    return _even(words, min(2, len(words)))


def _even(words: list[str], count: int) -> list[str]:
    """Words on `count` lines, one or two, the longer as short as possible."""
    if count == 1:
        return [" ".join(words)]
    breaks = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return list(min(breaks, key=lambda pair: max(map(len, pair))))


_IN_NUMBERS = ".,−%"
"""Signs that numbers have everywhere."""


def missing_letters_note(texts: Iterable[str], faces: Typefaces) -> str | None:
    """Note for the user on characters that no available typeface can draw; None if there are none."""
    without = "".join(sorted({c for text in texts for c in missing(text, faces.words)}))
    if not without:
        return None
    return f"no letters for {without!r} in the built-in typeface: give a font that has them (font: my-font.ttf)"


def missing_signs_note(path: str) -> str | None:
    """Note for the user on signs of numbers that his font for them does not have; None if it has all."""
    without = lacking(_IN_NUMBERS, Path(path))
    return f"figures_font: {path} has no {without!r}, drawn in another typeface" if without else None
