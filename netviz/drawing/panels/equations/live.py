"""Live forward pass: each layer's equation with the weights of the moment, and the numbers of what is presented."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from netviz.drawing.formula import Formula, bracket, formula_mask, source, with_decimal_mark
from netviz.drawing.layout import Rect
from netviz.drawing.panels.equations.terms import Symbols, brackets_of, numeral
from netviz.drawing.panels.equations.typesetting import HEADING
from netviz.drawing.panels.panel import RenderContext, number
from netviz.drawing.text import Mask, joined, mask, width
from netviz.drawing.theme import Colour, mix
from netviz.recording.layers import losses
from netviz.recording.recording import InputRows
from netviz.scene.phrases import say
from netviz.timeline.frame import Array, Frame

ACTIVATION_DECIMALS, WEIGHT_DECIMALS = 3, 2
ROW = 1.42
"""Distance from one row of numbers to the next; like all lengths here a part of the type's size."""
LEAST_GAP, MOST_GAP = 0.55, 1.5
"""Smallest and largest gap between the layers' equations."""
CELL_GAP, EDGE, BETWEEN = 0.6, 0.38, 0.28
"""Gaps between the columns of a matrix, between them and its brackets, and between the pieces of an equation."""
INDENT = 1.3
LONGEST = 8
"""Most figures of a number; longer ones are written shorter."""
TRIES = 24
FAINTEST = 0.02
"""Level below which nothing is drawn."""


@dataclass(frozen=True)
class Numbers:
    """A matrix of numbers that change, in brackets.

    kind: "given" (a layer's inputs), "weights", "biases" or "found" (its outputs). across: figures of the widest.
    """

    kind: str
    layer: int
    rows: int
    columns: int
    across: int
    decimals: int


@dataclass(frozen=True)
class Symbol:
    """A text that stands still. with_: the layer's numbers with which it comes; "" for one that is always there."""

    text: str
    with_: str = ""


Piece = Numbers | Symbol


@dataclass(frozen=True)
class Placed:
    """A piece with the left end and the middle of its place, in pixels from the slot's upper left."""

    piece: Piece
    layer: int
    x: float
    y: float


class LiveForwardPass:
    """Forward pass with live numbers: what changes in learning are the weights, so they are always there.

    What is presented stands in the place of its symbol while it is, and the outputs follow when they are reached.
    """

    def __init__(self, context: RenderContext, size: float, heading: float, slot: Rect) -> None:
        self.context, self.slot, self.heading = context, slot, heading
        scene = context.scene
        self.outline, self.mark = scene.outline, say(scene, "decimal")
        self.symbols, self.font = Symbols(scene.outline.layers), context.faces.figures
        self.digit = width("0", self.font, 100.0) / 100
        theme = context.theme
        self.signs = [theme.readable(mix(sign, theme.ink, 0.3)) for sign in (theme.negative, theme.positive)]
        self.found = theme.readable(mix(theme.signal, theme.ink, 0.15))
        self.equations = lru_cache(maxsize=None)(self._equations)
        self.size, self.symbolic, self.has_weights = self._best(size)
        self.placed, _, _ = self._place(self.size, self.symbolic, self.has_weights)
        self.still, self.quiet = self._still(False), self._still(True)
        self._figure = lru_cache(maxsize=None)(lambda figure: mask(figure, self.font, self.size))
        self.around = [self._around(number) for number in range(len(self.placed))]

    # Where everything stands.

    def _best(self, size: float) -> tuple[float, bool, bool]:
        """Size of type, and whether there are lines in symbols alone and weights: the first choice in a good size."""
        found: list[tuple[float, bool, bool]] = []
        for symbolic, has_weights in ((True, True), (False, True), (False, False)):
            found.append((self._fitting(size, symbolic, has_weights), symbolic, has_weights))
            if found[-1][0] >= size:
                return found[-1]
        return max(found)

    def _fitting(self, size: float, symbolic: bool, has_weights: bool) -> float:
        """The largest of the sizes that are tried at which everything fits, or the smallest of them."""

        def fits(tried: float) -> bool:
            _, right, bottom = self._place(tried, symbolic, has_weights, LEAST_GAP)
            return right <= self.slot.width and bottom <= self.slot.height

        # What fits, fits smaller too; and mathtext is too slow for trying every size.
        sizes = np.linspace(1.3, 0.4, TRIES) * size
        return float(sizes[min(bisect_left(sizes, True, key=fits), TRIES - 1)])

    def _place(
        self, size: float, symbolic: bool, has_weights: bool, gap: float | None = None
    ) -> tuple[list[Placed], float, float]:
        """Places of all pieces, and how far they reach to the right and down. gap: between layers; None to fill."""
        if gap is None:
            _, _, least = self._place(size, symbolic, has_weights, LEAST_GAP)
            more = (self.slot.height - least) / (len(self.outline.layers) - 1) / size
            gap = LEAST_GAP + min(MOST_GAP - LEAST_GAP, max(0.0, more))
        equations = self.equations(symbolic, has_weights)
        lefts = [formula_mask((left,), size).width for left, _, _ in equations]
        margin = max(lefts) + BETWEEN * size
        placed: list[Placed] = []
        y, right = HEADING * self.heading, 0.0
        for number_, (left, layer, steps) in enumerate(equations):
            rows = [row for step in steps for row in self._rows(step, size, self.slot.width - margin)]
            for position, row in enumerate(rows):
                half = max(0.62, *(self._half(piece) for _, piece in row)) * size
                y += half
                if position == 0:
                    x = margin - BETWEEN * size - lefts[number_]
                    placed.append(Placed(Symbol(left), layer, x, y))
                for x, piece in row:
                    placed.append(Placed(piece, layer, margin + x, y))
                    right = max(right, margin + x + self._width(piece, size))
                y += half + (0.12 * size if position < len(rows) - 1 else 0.0)
            y += gap * size
        return placed, right, y - gap * size

    def _rows(self, pieces: list[Piece], size: float, across: float) -> list[list[tuple[float, Piece]]]:
        """Rows of pieces with their places: broken before a plus or an equals sign where one would be too long."""
        groups: list[list[Piece]] = []
        for piece in pieces:
            if not groups or (isinstance(piece, Symbol) and piece.text[0] in "+="):
                groups.append([])
            groups[-1].append(piece)
        rows: list[list[tuple[float, Piece]]] = [[]]
        x = 0.0
        for group in groups:
            widths = [self._width(piece, size) + BETWEEN * size for piece in group]
            if rows[-1] and x + sum(widths) - BETWEEN * size > across:
                rows.append([])
                is_result = isinstance(group[0], Symbol) and group[0].text == "="
                x = 0.0 if is_result else INDENT * size
            for piece, wide in zip(group, widths, strict=True):
                rows[-1].append((x, piece))
                x += wide
        return rows

    def _equations(self, symbolic: bool, has_weights: bool) -> list[tuple[str, int, list[list[Piece]]]]:
        """Left side, layer and steps of each equation."""
        found: list[tuple[str, int, list[list[Piece]]]] = []
        recording, symbols = self.context.recording, self.symbols
        for layer, (start, end) in enumerate(pairwise(self.outline.layers)):
            opening, closing = brackets_of(self.outline.activations[layer])
            opening = with_decimal_mark(opening, self.mark)
            weights, biases = symbols.weights(layer), symbols.biases(layer)
            inside = rf"{symbols.vector(layer)}\,{weights}" + (f" + {biases}" if self.outline.has_biases else "")
            given, outputs = (
                Numbers(kind, layer, 1, count, self._across(recording.activations[at], decimals), decimals)
                for kind, at, count in (("given", layer, start), ("found", layer + 1, end))
                for decimals in [self._decimals(at)]
            )
            step: list[Piece] = [Symbol(f"={opening}" if opening else "="), given]
            if has_weights:
                across = self._across(recording.weights[layer], WEIGHT_DECIMALS)
                step.append(Numbers("weights", layer, start, end, across, WEIGHT_DECIMALS))
                if self.outline.has_biases:
                    across = self._across(recording.biases[layer], WEIGHT_DECIMALS)
                    step += [Symbol("+"), Numbers("biases", layer, 1, end, across, WEIGHT_DECIMALS)]
                step += [Symbol(closing)] if closing else []
            else:
                step.append(Symbol(weights + (f" + {biases}" if self.outline.has_biases else "") + closing))
            step += [Symbol("=", "found"), outputs]
            steps: list[list[Piece]] = [step]
            if symbolic:
                steps.insert(0, [Symbol(f"= {opening}{inside}{closing}")])
            found.append((symbols.vector(layer + 1), layer, steps))
        if self.outline.loss is None:
            return found
        error: list[list[Piece]] = [[Symbol(self._loss_symbol()), Symbol("=", "loss")]]
        return [*found, ("E", len(found), error)]

    def _loss_symbol(self) -> str:
        if self.outline.loss != "cross_entropy":
            return r"= \frac{1}{2}\,\sum_k\,(t_k - o_k)^2"
        both = self.outline.activations[-1] == "sigmoid"
        return r"= -\sum_k t_k \ln o_k" + (r" + (1 - t_k) \ln (1 - o_k)" if both else "")

    def _decimals(self, layer: int) -> int:
        """Decimals of a layer's activations: of the inputs no more than they have."""
        if layer:
            return ACTIVATION_DECIMALS
        inputs = self.context.recording.probes.inputs
        rounded = (decimals for decimals in range(WEIGHT_DECIMALS) if np.allclose(inputs, inputs.round(decimals)))
        return next(rounded, WEIGHT_DECIMALS)

    def _across(self, values: Array | InputRows, decimals: int) -> int:
        """Figures of the widest of the recorded values."""
        return max(len(_figures(float(value), decimals)) for value in (values.min(), values.max(), 0.0))

    def _width(self, piece: Piece, size: float) -> float:
        if isinstance(piece, Symbol):
            found = formula_mask(_formula(piece.text), size).width
            return found + (6 * self.digit * size if piece.with_ == "loss" else 0.0)
        columns = piece.columns * (piece.across * self.digit + CELL_GAP) - CELL_GAP
        return (columns + 2 * EDGE) * size

    @staticmethod
    def _half(piece: Piece) -> float:
        """Half of a piece's height, in sizes of type."""
        if isinstance(piece, Numbers):
            return 0.5 * (ROW * (piece.rows - 1) + 1.36)
        return 1.15 if "sum" in piece.text else 0.62

    # What is drawn.

    def _still(self, quiet: bool) -> Mask:
        """Mask of what is always there: of the symbols, or of the signs and brackets between the numbers."""
        parts: list[tuple[Mask, float, float]] = []
        for each in self.placed:
            piece = each.piece
            if isinstance(piece, Symbol) and not piece.with_ and quiet == self._is_quiet(piece):
                parts.append((formula_mask(_formula(piece.text), self.size), each.x, each.y))
            if isinstance(piece, Numbers) and piece.kind in ("weights", "biases") and not quiet:
                parts += self._brackets(each)
        return joined(parts, 0.0)

    @staticmethod
    def _is_quiet(symbol: Symbol) -> bool:
        return len(symbol.text) > 1 and symbol.text not in ("+", "=", ")")

    def _brackets(self, placed: Placed) -> list[tuple[Mask, float, float]]:
        piece, size = placed.piece, self.size
        assert isinstance(piece, Numbers)
        height = (ROW * (piece.rows - 1) + 1.3) * size
        right = placed.x + self._width(piece, size) - 0.28 * size
        return [(bracket(size, height, True), placed.x, placed.y), (bracket(size, height, False), right, placed.y)]

    def _around(self, number_: int) -> Mask:
        """Mask of what comes with a matrix of numbers: its brackets, and before outputs their equals sign."""
        each = self.placed[number_]
        if not isinstance(each.piece, Numbers) or each.piece.kind not in ("given", "found"):
            return joined([], 0.0)
        parts = self._brackets(each)
        if each.piece.kind == "found":
            sign = self.placed[number_ - 1]
            parts.append((formula_mask(("=",), self.size), sign.x, sign.y))
        return joined(parts, 0.0)

    def draw(self, frame: Frame) -> None:
        """Draw the equations with the numbers of a frame."""
        context, slot = self.context, self.slot
        canvas, theme = context.canvas, context.theme
        heading = say(context.scene, "label-forward-pass")
        canvas.text(heading, slot.x, slot.y + 0.6 * self.heading, context.faces.strong, self.heading, theme.faint)
        canvas.stamp(self.quiet, slot.x, slot.y, theme.quiet)
        canvas.stamp(self.still, slot.x, slot.y, theme.ink)
        for each, around in zip(self.placed, self.around, strict=True):
            piece = each.piece
            if isinstance(piece, Numbers):
                values, arrived = self._values(piece, frame)
                level = max(0.0, 2 * arrived - 1) if piece.kind == "given" else arrived
                if piece.kind == "given" and arrived < 0.5:  # the symbol has gone before the numbers come
                    symbol = formula_mask((self.symbols.vector(piece.layer),), self.size)
                    middle = each.x + (self._width(piece, self.size) - symbol.width) / 2
                    canvas.stamp(symbol, slot.x + middle, slot.y + each.y, theme.ink, 1 - 2 * arrived)
                if level > FAINTEST:
                    if around.alpha.size:
                        canvas.stamp(around, slot.x, slot.y, theme.ink, level)
                    self._write(each, values, level)
            elif piece.with_ == "loss" and (loss := self._loss(frame)) is not None and frame.compared > FAINTEST:
                drawn = formula_mask((with_decimal_mark(f"= {numeral(loss)}", self.mark),), self.size)
                canvas.stamp(drawn, slot.x + each.x, slot.y + each.y, theme.ink, frame.compared)

    def _write(self, placed: Placed, values: Array, level: float) -> None:
        """Write the numbers of a matrix (rows, columns), each with its last figure in its place."""
        piece, size, slot, canvas = placed.piece, self.size, self.slot, self.context.canvas
        assert isinstance(piece, Numbers)
        step, pitch = (piece.across * self.digit + CELL_GAP) * size, self.digit * size
        first = slot.x + placed.x + (EDGE + piece.across * self.digit) * size
        for row, line in enumerate(values.reshape(piece.rows, piece.columns).tolist()):
            y = slot.y + placed.y + (row - (piece.rows - 1) / 2) * ROW * size
            for column, value in enumerate(line):
                # Figure by figure: the film has more numbers than could each be drawn, but few figures in each place.
                text, ink = _figures(value, piece.decimals).replace(".", self.mark), self._ink(piece, value)
                if self.font.in_cells:  # of the maker's own: a point is no cell wide
                    places = [*accumulate((width(figure, self.font, size) for figure in text), initial=0.0)]
                else:
                    places = [place * pitch for place in range(len(text) + 1)]
                left = first + column * step - places[-1]
                for place, figure in zip(places, text, strict=False):
                    canvas.stamp(self._figure(figure), left + place, y, ink, level)

    def _ink(self, piece: Numbers, value: float) -> Colour:
        if piece.kind in ("weights", "biases"):
            return self.signs[value > 0]
        return self.found if piece.kind == "found" else self.context.theme.ink

    def _values(self, piece: Numbers, frame: Frame) -> tuple[Array, float]:
        """The numbers of a piece in a frame, and their level."""
        if piece.kind == "weights":
            return frame.weights[piece.layer][: piece.rows], 1.0
        if piece.kind == "biases":
            return frame.biases[piece.layer], 1.0
        layer = piece.layer + (piece.kind == "found")
        count = self.outline.layers[layer]
        values, level = frame.activations[layer][:count], float(np.max(frame.arrived[layer][:count]))
        if frame.lingering and frame.lingering[layer] > level:  # of the example before, as in the neurons
            left = frame.lingering[layer] * (1 - float(frame.arrived[0].max()))
            return frame.before[layer][:count], left
        return values, level

    def _loss(self, frame: Frame) -> float | None:
        if frame.target is None or frame.row is None or self.outline.loss is None:
            return None
        recording, sizes = self.context.recording, self.outline.layers
        values = [layer[:count] for layer, count in zip(frame.activations, sizes, strict=True)]
        parameters = recording.parameters_at(frame.row)
        return float(losses(*parameters, self.outline.activations, values, frame.target, self.outline.loss))

    def texts(self, frame: Frame) -> list[str]:
        """Texts visible at a frame, in mathtext's language, matrices as [a b; c d]."""
        found = []
        for each in self.placed:
            piece = each.piece
            if isinstance(piece, Numbers):
                values, level = self._values(piece, frame)
                rows = [
                    [_figures(value, piece.decimals).replace(".", self.mark) for value in row]
                    for row in np.atleast_2d(values).tolist()
                ]
                if level > FAINTEST:
                    found.append("[" + "; ".join(" ".join(row) for row in rows).replace("−", "-") + "]")
            elif not piece.with_:
                found.append(source(_formula(piece.text)))
            elif piece.with_ == "loss" and (loss := self._loss(frame)) is not None and frame.compared > FAINTEST:
                found.append(with_decimal_mark(f"= {numeral(loss)}", self.mark))
        return found


def _figures(value: float, decimals: int) -> str:
    """A number with so many decimals, and with a true minus sign."""
    text = f"{value:z.{decimals}f}"
    return (text if len(text) <= LONGEST else number(value)).replace("-", "−")


def _formula(text: str) -> Formula:
    """A symbol as a formula; an equals sign before an opening bracket stands apart from it."""
    if text.startswith("=") and len(text) > 1 and not text.startswith("= "):
        return (f"= {text[1:]}",)
    return (text,)
