"""The forward pass in short: what each layer does, in symbols, and the numbers of what is presented."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from netviz.film.frame import Array, Frame
from netviz.learn.network import losses
from netviz.learn.recording import Recording
from netviz.picture.formula import Formula
from netviz.picture.layout import Rect
from netviz.picture.panels.equations.layout import (
    HEADING,
    ROW_GAP,
    Measure,
    Part,
    Section,
    about,
    exact,
    margin_of,
    set_line,
)
from netviz.picture.panels.equations.lines import Equation, brackets_of, equals, row_of
from netviz.picture.panels.equations.symbols import Symbols, numeral

DECIMALS = 3
LARGEST = 1.5
LEAST_GAP, MOST_GAP = 0.8, 1.8
"""Between the layers, as parts of the type's size."""
ROW = 1.45
"""From one row of a layer's numbers to the next, likewise."""
WIDEST = -0.888
"""Stands for every number while the size of type is looked for."""
QUIET = 0.25
"""Brightness of the symbols, beside that of the numbers."""

Level = tuple[Part, float, float]
"""A part, its level, its brightness."""


class Summary:
    """Symbols that always stand, and under each line its numbers while something is presented."""

    def __init__(self, recording: Recording, small: float, heading: float, room: Rect) -> None:
        scene = recording.scene
        self.recording, self.network, self.loss = recording, scene.network, scene.training.loss
        self.symbols, self.heading, self.room = Symbols(scene.network.layers), heading, room
        self.names = [self._symbolic(layer) for layer in range(len(scene.network.layers) - 1)]
        error = r"= \frac{1}{2}\,\sum_k\,(t_k - o_k)^2"
        if self.loss == "cross_entropy":
            both = scene.network.activations[-1] == "sigmoid"
            error = r"= -\sum_k t_k \ln o_k" + (r" + (1 - t_k) \ln (1 - o_k)" if both else "")
        self.names.append(Equation(("E",), (((error,),),)))
        self.gap, self.rows = LEAST_GAP, 1
        self.size = self._size(LARGEST * small)
        if self.size < small:  # too much for one row in a readable size: what a layer makes of it gets its own
            self.rows, on_one = 2, self.size
            self.size = self._size(LARGEST * small)
            if self.size <= on_one:  # in a low room rows cost more than they give
                self.rows, self.size = 1, on_one
        free = room.height - self._places(self.size)
        self.gap += min(MOST_GAP - LEAST_GAP, free / (len(self.names) * self.size))
        self._places(self.size)

    def _symbolic(self, layer: int) -> Equation:
        inside = rf"{self.symbols.vector(layer)}\,{self.symbols.weights(layer)}"
        if self.network.bias:
            inside += f" + {self.symbols.biases(layer)}"
        opening, closing = brackets_of(self.network.activations[layer])
        return Equation((self.symbols.vector(layer + 1),), (equals(f"{opening}{inside}{closing}"),))

    def _numbers(self, layer: int, values: Array, answers: Array) -> tuple[Formula, Formula]:
        """A layer's function of its numbers, and what it makes of them."""
        opening, closing = brackets_of(self.network.activations[layer])
        rest = self.symbols.weights(layer)
        if self.network.bias:
            rest += f" + {self.symbols.biases(layer)}"
        return ("=", opening, row_of(values, DECIMALS), rest + closing), ("=", row_of(answers, DECIMALS))

    def _size(self, size: float) -> float:
        """The largest size at which everything fits, with the widest numbers."""
        while size > 4:
            bottom = self._places(size, about)
            sizes = self.network.layers
            pairs = [
                self._pair(size, self._numbers(layer, np.full(a, WIDEST), np.full(b, WIDEST)), about)
                for layer, (a, b) in enumerate(pairwise(sizes))
            ]
            fits = all(part.size == size for pair in pairs for part in pair)
            if fits and bottom <= self.room.height and self._widest <= self.room.width:
                break
            size *= 0.97
        return size

    def _places(self, size: float, measure: Measure = exact) -> float:
        """Put the symbols in their places; returns where they end."""
        section = Section("", tuple(enumerate(self.names)))
        self.margin = margin_of([section], size, measure)
        y, self.fixed, self.below = HEADING * self.heading, list[Part](), list[float]()
        for number, line in enumerate(self.names):
            block = set_line(line, size, self.margin, 1e9, measure)
            self.fixed += [replace(part, y=part.y + y) for part in block.parts]
            y += block.height + ROW_GAP * size
            self.below.append(y + 0.6 * size)
            rows = self.rows if number < len(self.names) - 1 else 1
            y += (1.2 + ROW * (rows - 1) + self.gap) * size
        self._widest = max(part.x + measure(part.formula, size).width for part in self.fixed)
        return y - self.gap * size

    def _pair(self, size: float, formulas: tuple[Formula, Formula], measure: Measure = exact) -> tuple[Part, Part]:
        """What a layer is given and what it makes of it, side by side or one below the other."""
        if self.rows == 1:
            given, found = self._row(size, formulas, measure)
            return given, found
        (given,), (found,) = (self._row(size, (formula,), measure) for formula in formulas)
        return given, replace(found, y=found.y + ROW * size)

    def _row(self, size: float, formulas: tuple[Formula, ...], measure: Measure = exact) -> tuple[Part, ...]:
        """Numbers on one row, lined up with the symbols above them, smaller if they must be."""
        block = set_line(Equation((), (formulas,)), size, self.margin, 1e9, measure)
        wide = max(part.x + measure(part.formula, size).width for part in block.parts)
        if wide > self.room.width:
            smaller = size * (self.room.width - self.margin) / (wide - self.margin) * 0.995
            block = set_line(Equation((), (formulas,)), smaller, self.margin, 1e9)
        middle = block.parts[0].y
        return tuple(replace(part, y=part.y - middle) for part in block.parts)

    def at(self, frame: Frame) -> tuple[list[tuple[str, float, float]], list[Level]]:
        """The heading, and the parts at a frame."""
        shown: list[Level] = [(part, 1.0, QUIET) for part in self.fixed]
        if frame.row is None or not frame.presented:
            return [("FORWARD PASS", 0.6 * self.heading, 1.0)], shown
        sizes = self.network.layers
        values = [layer[:count] for layer, count in zip(frame.activations, sizes, strict=True)]
        for layer, y in enumerate(self.below[:-1]):
            given, found = self._pair(self.size, self._numbers(layer, values[layer], values[layer + 1]))
            for part, lit in ((given, frame.arrived[layer]), (found, frame.arrived[layer + 1])):
                shown.append((replace(part, y=part.y + y), float(np.max(lit)), 1.0))
        if frame.target is not None:
            loss = self._loss(frame.row, values, frame.target)
            (part,) = self._row(self.size, ((f"= {numeral(loss)}",),))
            shown.append((replace(part, y=part.y + self.below[-1]), frame.compared, 1.0))
        return [("FORWARD PASS", 0.6 * self.heading, 1.0)], shown

    def _loss(self, row: int, values: list[Array], target: Array) -> float:
        weights, biases = (
            [layer[row] for layer in layers] for layers in (self.recording.weights, self.recording.biases)
        )
        return float(losses(weights, biases, self.network.activations, values, target, self.loss))
