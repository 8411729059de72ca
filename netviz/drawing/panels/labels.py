"""Labels: names beside neurons, targets and errors beside outputs, on soft shades that keep them readable in glow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import Anchor
from netviz.drawing.layout import Layout, Rect
from netviz.drawing.network_layout import BESIDE, NetworkPositions
from netviz.drawing.network_layout import GAP as NEURONS_APART
from netviz.drawing.panels.class_bars import verdict_text
from netviz.drawing.panels.growth import node_levels
from netviz.drawing.panels.panel import RenderContext, number
from netviz.drawing.panels.shades import Shaded
from netviz.drawing.text import fit, short, two_lines, width, wrap
from netviz.drawing.theme import mix
from netviz.scene.phrases import decimal, say
from netviz.scene.scene import Look
from netviz.scene.shots import ThinkShot, WalkShot
from netviz.timeline.answers import has_classes
from netviz.timeline.frame import Frame

LEFT: Anchor = "left"
MIDDLE: Anchor = "middle"
LONGEST = 0.21
"""Largest width of names on either side, as a part of the picture's width."""
HALO = 0.055
"""Room for the outermost neurons' halos in upright pictures, likewise."""
LONGEST_OF_RUN = 0.3
"""The same as `LONGEST` where runs stand side by side, as a part of the width of a run's slot."""
LONGEST_OF_MANY = 0.06
"""The same for outputs that stand in several columns, with names beyond all of them."""
LEGIBLE = 0.75
"""Part of the smallest type; in runs side by side names that would be smaller are left out."""
LINE = 1.1
"""Distance from one line of a name to the next, in sizes of its type."""
_APART = 2.7
"""Distance between neurons from which names beside them may have two lines, in sizes of type."""
TWO_LINES = 2.3
"""The least such distance: names on two lines, one above the other, leave a gap to the next."""
BARELY = 0.85
"""Part of the usual size; names below the inputs that would be smaller on one line have two."""
LONG_NAME = 5.0
"""Width of a name beside an input, in sizes of type, from which it is broken into two lines where there is room."""
IN_ONE_LINE = 1.5
"""Factor to that width where an output's name and its target share one line."""
GAP, AWAY = 1.2, 0.9
"""Room beside neurons more than names need, and the distance of names from neurons, in sizes of the smallest type."""
MOST = 0.6
"""Largest part of the network's slot for names, either way; in a narrow place they are smaller or cut."""


HUGE = 1e5
"""Error from which its size matters more than its digits."""
TICK = "✓"
"""Stands for an error that would be written as 0.00."""

FEATURES: dict[str, str] = {
    "x1": "x₁",
    "x2": "x₂",
    "x1^2": "x₁²",
    "x2^2": "x₂²",
    "x1*x2": "x₁x₂",
    "sin(x1)": "sin x₁",
    "sin(x2)": "sin x₂",
}


def _texts(context: RenderContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the inputs and of the outputs; points of the plane are named by their features, pixels have no names."""
    scene = context.scene
    inputs = scene.network.inputs or tuple(FEATURES[feature] for feature in scene.outline.features or ())
    return () if scene.network.grid is not None else inputs, scene.network.outputs or ("",) * scene.outline.layers[-1]


def presents_examples(scene: Look) -> bool:
    """True if the film ever presents something, so that outputs are compared with targets."""
    return scene.presentation == "each" or any(isinstance(shot, ThinkShot | WalkShot) for shot in scene.shots)


def _beside(context: RenderContext) -> bool:
    """True if the outputs' texts stand to the right of their neurons, not above them."""
    return context.layout.flow == "right" or context.scene.outline.layers[-1] == 1


def _in_one_line(context: RenderContext, slot: Rect, most: int) -> bool:
    """True if the outputs stand so close that name and target of each share one line."""
    return context.scene.outline.layers[-1] > 1 and slot.height / most < 2.9 * context.layout.body


def margins_for_names(
    context: RenderContext, slot: Rect, most: int, has_rows: bool = False, columns: int = 1
) -> tuple[float, float, float, float]:
    """Pixels to leave free at the left, right, top and bottom of the network, which always gets a part of the slot.

    most: neurons that stand beside each other. has_rows: whether the outputs have rows of their own (class_bars.py), so
    that only the inputs have names here. columns: in which the outputs stand.
    """
    left, right, above, below = _preferred_margins(context, slot, most, columns)
    if has_rows:
        right, above = (0.0, above) if context.layout.flow == "right" else (right, 0.0)
    across = min(1.0, MOST * slot.width / max(1e-9, left + right))
    down = min(1.0, MOST * slot.height / max(1e-9, above + below))
    return across * left, across * right, down * above, down * below


def _preferred_margins(
    context: RenderContext, slot: Rect, most: int, columns: int
) -> tuple[float, float, float, float]:
    layout, faces = context.layout, context.faces
    inputs, outputs = _texts(context)
    gap = GAP * layout.small
    longest = _longest(context, slot)
    if not _names_fit(context, slot, inputs):
        inputs = ()
    scene = context.scene
    target_width = width(say(scene, "label-wants", target="0.00"), faces.medium, layout.body)
    right = max(width(text, faces.words, layout.body) for text in outputs)
    if _in_one_line(context, slot, most) and layout.flow == "right" and presents_examples(scene):
        right += target_width + 0.6 * layout.body
        longest *= IN_ONE_LINE
    if presents_examples(scene):
        right = max(right, target_width, width(say(scene, "label-missed", missed="0.00"), faces.medium, layout.body))
    right = min(longest, right) + gap if right else 0.0
    if columns > 1 and has_classes(context.recording.examples.targets):
        right = _beside_many_classes(context, outputs, columns)
    if layout.flow == "right":
        lines = [line for each in _beside_inputs(context, inputs, longest, slot.height / most) for line in each]
        left = max((width(line, faces.words, layout.body) for line in lines), default=0.0)
        bare = HALO * layout.size[0] if context.compared and context.glows else 0.0  # a cell may begin near the edge
        return (min(longest, left) + gap if inputs else bare), right, 0.0, 0.0
    is_wrapped = context.compared or any(
        width(text, faces.words, BARELY * layout.body) > room_below(layout, slot, len(inputs), most) for text in inputs
    )
    below = (3.3 if is_wrapped else 2.0) * layout.body if inputs else 0.0
    above = 0.0 if _beside(context) else (4.2 if any(outputs) else 2.2) * layout.body
    # The outermost names are centred below their neurons, whose halos have to end inside the picture.
    ends = inputs[:: max(1, len(inputs) - 1)]
    if is_wrapped:
        ends = tuple(word for text in ends for word in text.split())
    outermost = max((width(text, faces.words, layout.body) for text in ends), default=0.0)
    inset = max(HALO * layout.size[0], min(outermost, longest) / 2 - layout.radius)
    return inset, inset, above, below


def _beside_many_classes(context: RenderContext, names: tuple[str, ...], columns: int) -> float:
    """Width in pixels of the names of classes in several columns, and of what is said of an example beside them."""
    layout, faces = context.layout, context.faces
    longest = LONGEST_OF_MANY * layout.size[0]
    widest = min(longest, max(width(name, faces.words, layout.body) for name in names))
    named = columns * (widest + 0.5 * layout.body) if widest else 0.0
    if not presents_examples(context.scene):  # nothing is said of any
        return named
    said = say(context.scene, "label-says-wrong", answer="M", target="M")
    return named + width(said, faces.medium, layout.body) + widest


def room_below(layout: Layout, slot: Rect, count: int, most: int) -> float:
    """Width in pixels for a name below each of `count` neurons of a row, where the longest row has `most`.

    That of the positions in `network_layout.place`, as far as names leave neurons their size.
    """
    across, radius = slot.width - 2 * HALO * layout.size[0], radius_in_row(layout, slot, most)
    spacing = min((across - 2 * radius) / max(1, most - 1), 5.6 * radius)
    return 0.94 * min(1.25 * spacing, (across - BESIDE * radius) / max(1, count - 1))


def radius_in_row(layout: Layout, slot: Rect, most: int) -> float:
    """Radius in pixels of neurons that stand in rows, of which the longest has `most`."""
    across = slot.width - 2 * HALO * layout.size[0]
    return min(layout.radius, across / (2 * most + NEURONS_APART * max(0, most - 1)))


def _longest(context: RenderContext, slot: Rect) -> float:
    """Largest width of a name beside the network: a part of the picture's, or of a run's slot, in pixels."""
    return LONGEST_OF_RUN * slot.width if context.compared else LONGEST * context.layout.size[0]


def _beside_inputs(context: RenderContext, texts: tuple[str, ...], longest: float, apart: float) -> list[list[str]]:
    """Lines of the names beside the inputs: all on two where one of them is long and neurons stand far enough apart.

    The network is as much larger as names are narrower. longest: their largest width. apart: from neuron to neuron.
    """
    layout, font = context.layout, context.faces.words
    widest = max((width(text, font, layout.body) for text in texts), default=0.0)
    if context.compared or apart < _APART * layout.body or widest <= min(longest, LONG_NAME * layout.body):
        return [[text] for text in texts]
    return [two_lines(text) for text in texts]


def _names_fit(context: RenderContext, slot: Rect, inputs: tuple[str, ...]) -> bool:
    """True if the inputs' names can be read in the slot of one of several runs; if not there are none."""
    if not context.compared or not inputs:
        return True
    size, font = LEGIBLE * context.layout.small, context.faces.words
    if context.layout.flow == "right":
        return max(width(text, font, size) for text in inputs) <= _longest(context, slot)
    words = (word for text in inputs for word in text.split() or [text])
    return max(width(word, font, size) for word in words) <= slot.width / (len(inputs) + 1)


def _right_edge(context: RenderContext, slot: Rect) -> float:
    """Right end of the outputs' texts: close to the picture's edge, unless another panel may stand there."""
    across, safe = context.layout.size[0], context.layout.safe
    if context.compared or slot.right < safe.x + 0.93 * safe.width:  # all runs' texts have the same width
        return slot.right
    return min(0.985 * across, safe.right)


def _level_of_target(frame: Frame) -> float:
    """Level at which what is right is seen: from the beginning of an example, in a thought once it is answered."""
    return frame.compared if frame.kind == "think" else frame.presented


class Names:
    """Texts around the network; they stand in its glow, so they are shaded and written over every frame."""

    def __init__(self, context: RenderContext, places: NetworkPositions, slot: Rect, most: int) -> None:
        self.context, self.places, self.panel_slot = context, places, slot
        self.shaded = Shaded(context)
        self.scene = context.scene
        layout, theme = context.layout, context.theme
        self.right = theme.readable(mix(theme.positive, theme.ink, 0.25))
        self.least = (0.6 if context.compared else 1.0) * layout.small
        inputs, outputs = _texts(context)
        if places.box(0) is not None:  # they stand closer than their names
            inputs = ()
        if not len(places.discs(len(places.centres) - 1)):
            outputs = ("",) * len(outputs)
        self.last = len(places.centres) - 1
        reaches = [
            (float(places.radii(layer).max()) if len(places.discs(layer)) else places.radius) + AWAY * layout.small
            for layer in (0, self.last)
        ]
        self.reach, self.reach_out = reaches
        # Of classes nothing is said output by output (class_bars.py), nor of those that stand in several columns.
        are_classes = has_classes(context.recording.examples.targets)
        self.says_targets = places.box(self.last) is None and not are_classes
        self.are_many_classes = are_classes and places.box(self.last) is not None and len(places.discs(self.last)) > 0
        self.beside = _beside(context)
        self.one_line = _in_one_line(context, slot, most) and self.beside
        longest = min(_longest(context, slot), places.centres[0][0][0] - self.reach - slot.x)
        input_centres, output_centres = (places.centres[layer][places.discs(layer)] for layer in (0, self.last))
        across = 0.94 * self._spacing(input_centres)
        if layout.flow == "right":
            self.inputs = self._beside_inputs(inputs, longest, self._spacing(input_centres))
            if context.compared and not self._readable(inputs, self._spacing(input_centres)):
                self.inputs = []
        else:
            self.inputs = self._below(inputs, across)
        rest = _right_edge(context, slot) - (places.centres[-1][0][0] + self.reach_out)
        if self.are_many_classes:
            rest = LONGEST_OF_MANY * layout.size[0]
        self.slot = rest if self.beside else 0.94 * self._spacing(output_centres)
        target_width = (
            width(say(self.scene, "label-wants", target="0"), context.faces.medium, layout.body) + 0.6 * layout.body
        )
        size = layout.body
        if (self.are_many_classes or context.compared) and self.beside:  # letters above each other do not touch
            size = max(self.least, min(size, self._spacing(output_centres)))
        # Of many classes the verdict says which is right, and of points that are learned together nothing does.
        has_target = self.one_line and not self.are_many_classes and presents_examples(self.scene)
        self.outputs = self._same_size(outputs, self.slot - target_width if has_target else self.slot, size)
        if (
            self.are_many_classes
            and not self.beside
            and any(text != name for (text, _), name in zip(self.outputs, outputs, strict=True))
        ):
            self.outputs = [("", size)] * len(outputs)  # the verdict has whole names
        if context.compared and not self._outputs_readable(outputs, self._spacing(output_centres)):
            self.outputs = [("", size)] * len(outputs)
        self.columns = self._columns_of_names(output_centres) if self.are_many_classes and self.beside else None
        self.misses = len(outputs) == 1 or self._spacing(output_centres) >= 4.6 * layout.body
        if context.compared:
            missed = width(say(self.scene, "label-missed", missed="0.00"), context.faces.medium, LEGIBLE * layout.small)
            self.misses = self.misses and missed <= self.slot and slot.height >= 4.3 * layout.body

    def _same_size(
        self, texts: tuple[str, ...], slot: float, preferred: float | None = None
    ) -> list[tuple[str, float]]:
        layout, font = self.context.layout, self.context.faces.words
        fitted = [fit(text, font, preferred or layout.body, slot, self.least) for text in texts]
        smallest = min((size for _, size in fitted), default=layout.body)
        return [(text, smallest) for text, _ in fitted]

    def _beside_inputs(self, texts: tuple[str, ...], slot: float, apart: float) -> list[tuple[list[str], float]]:
        """Names at the left of their neurons, on two lines only where those stand far enough apart.

        Two smaller lines are better than one that is cut: names may differ in their second word.
        """
        layout, font = self.context.layout, self.context.faces.words
        lines = _beside_inputs(self.context, texts, slot, apart)
        size = layout.body
        if max(map(len, lines), default=1) == 1:
            fitted_whole = self._same_size(texts, slot)
            size = min(size, apart / TWO_LINES)
            is_whole = all(text == name for (text, _), name in zip(fitted_whole, texts, strict=True))
            if self.context.compared or is_whole or size < self.least:
                return [([text], size) for text, size in fitted_whole]
            lines = [[text] if width(text, font, size) <= slot else two_lines(text) for text in texts]
        fitted = [[fit(line, font, size, slot, self.least) for line in each] for each in lines]
        smallest = min(size for each in fitted for _, size in each)
        return [([text for text, _ in each], smallest) for each in fitted]

    def _readable(self, texts: tuple[str, ...], apart: float) -> bool:
        """True if the names beside the inputs are whole, large enough, and not on each other."""
        return all(
            "".join(lines) == text and LEGIBLE * self.context.layout.small <= size <= 0.95 * apart
            for (lines, size), text in zip(self.inputs, texts, strict=True)
        )

    def _outputs_readable(self, texts: tuple[str, ...], apart: float) -> bool:
        """True if the names of several outputs are whole, large enough, and not on each other."""
        return len(texts) == 1 or all(
            name == text and LEGIBLE * self.context.layout.small <= size and (not self.beside or size <= apart)
            for (name, size), text in zip(self.outputs, texts, strict=True)
        )

    def _below(self, texts: tuple[str, ...], slot: float) -> list[tuple[list[str], float]]:
        """Names below their neurons, long ones on two lines; of runs side by side none where they are too small."""
        layout, font = self.context.layout, self.context.faces.words
        if not self.context.compared and all(width(text, font, BARELY * layout.body) <= slot for text in texts):
            return [([text], size) for text, size in self._same_size(texts, slot)]
        wrapped = [wrap(text, font, layout.body, slot, self.least) for text in texts]
        smallest = min((size for _, size in wrapped), default=layout.body)
        # Features are seen in the maps of their neurons, too: they are named where all names are whole.
        is_cut = any(lines != (text,) for (lines, _), text in zip(wrapped, texts, strict=True))
        is_left_out = (self.context.compared and smallest < LEGIBLE * layout.small) or (
            is_cut and not self.scene.network.inputs
        )
        return [] if is_left_out else [(list(lines), smallest) for lines, _ in wrapped]

    def _spacing(self, centres: NDArray[np.float64]) -> float:
        if len(centres) < 2:
            return self.panel_slot.width
        axis = 1 if self.places.flow == "right" else 0
        # Those that stand in several columns are staggered: names have the room up to the next in the same one.
        same = centres[np.isclose(centres[:, 1 - axis], centres[0, 1 - axis])]
        first, second = same[:2, axis] if len(same) > 1 else centres[:2, axis]
        return float(abs(second - first))

    def _columns_of_names(self, centres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Left ends (n_L,) of the names of outputs in several columns: beyond all of them, in as many columns."""
        _, column = np.unique(centres[:, 0].round(), return_inverse=True)
        result: NDArray[np.float64] = centres[:, 0].max() + self.reach_out + column * self._column_of_names()
        return result

    def _column_of_names(self) -> float:
        """Width of a column of names, with the gap to the next."""
        words = self.context.faces.words
        return max(width(name, words, size) for name, size in self.outputs) + 0.5 * self.context.layout.body

    def _verdict_place(self) -> tuple[float, float, float]:
        """Place of what is said of many classes, and the room for it: beside the names or above them."""
        body, centres = self.context.layout.body, self.places.centres[-1]
        if self.columns is not None:
            left = float(self.columns.max()) + self._column_of_names() + 0.4 * body
            return left, float(centres[:, 1].mean()), _right_edge(self.context, self.panel_slot) - left
        middle = float(centres[:, 0].min() + centres[:, 0].max()) / 2
        above = float(centres[:, 1].min()) - self.reach_out - 3.7 * body
        return middle, above, 0.9 * self.panel_slot.width

    def areas(self) -> list[Rect]:
        """Rectangles of all texts around the network, each as large as it ever is."""
        context, found = self.context, []
        words, medium, body = context.faces.words, context.faces.medium, context.layout.body
        for neuron in self.places.discs(0)[: len(self.inputs)]:
            (lines, size), (x, y) = self.inputs[neuron], self.places.centres[0][neuron]
            wide, high = max((width(line, words, size) for line in lines), default=0.0), 1.25 * size * len(lines)
            left, top = (x - self.reach - wide, y - high / 2) if context.layout.flow == "right" else (
                x - wide / 2, y + self.reach - 0.25 * size
            )  # fmt: skip
            found.append(Rect(left, top, wide, high))
        missed = say(self.scene, "label-missed", missed="0.00") if self.misses and self.says_targets else ""
        wanted = (
            say(self.scene, "label-wants", target="0.00") if presents_examples(self.scene) and self.says_targets else ""
        )
        for index in self.places.discs(self.last).tolist():
            (name, size), (x, y) = self.outputs[index], self.places.centres[-1][index]
            widths = [width(name, words, size), *(width(each, medium, body) for each in (wanted, missed))]
            step = 1.42 * body
            if not self.beside:
                wide, high = min(self.slot, max(widths)), step * (bool(name) + bool(wanted))
                found.append(Rect(x - wide / 2, y - self.reach_out - high, wide, high))
                continue
            if self.columns is not None:
                found.append(Rect(float(self.columns[index]), y - step / 2, widths[0], step))
                continue
            wide = min(self.slot, sum(widths[:2]) + 0.6 * body if self.one_line else max(widths))
            first = y - (step if name and not self.one_line else step / 2)
            lines_below = bool(name and not self.one_line) + bool(wanted) + bool(missed)
            found.append(Rect(x + self.reach_out, first, wide, step * max(1, lines_below)))
        if self.are_many_classes:
            x, y, room = self._verdict_place()
            found.append(Rect(x if self.beside else x - room / 2, y - body, room, 2 * body))
        return found

    def ground(self) -> None:
        """Save the background that names are shaded with; nothing stands still."""
        self.shaded.ground()

    def draw(self, frame: Frame) -> None:
        """Shade the places of the inputs' names, and of the outputs' names, targets and errors."""
        context = self.context
        shaded, words, quiet = self.shaded, context.faces.words, context.theme.quiet
        drawn = node_levels(frame.drawn, self.places)
        for neuron in self.places.discs(0)[: len(self.inputs)]:
            (lines, size), (x, y) = self.inputs[neuron], self.places.centres[0][neuron]
            level = float(drawn[0][neuron])
            if context.layout.flow == "right":
                for number, line in enumerate(lines):
                    height = y + LINE * (number - (len(lines) - 1) / 2) * size
                    shaded.text(line, x - self.reach, height, words, size, quiet, "right", level)
                continue
            for number, line in enumerate(lines):
                below = y + self.reach + (0.35 + 1.25 * number) * size
                shaded.text(line, x, below, words, size, quiet, "middle", level)
        for index in self.places.discs(self.last).tolist():
            x, y = self.places.centres[-1][index]
            self._output(frame, index, x, y, float(drawn[-1][index]))
        if self.are_many_classes:
            self._add_verdict(frame)
        self.shaded.shade()

    def write(self) -> None:
        """Write the texts, over everything."""
        self.shaded.write()

    def _output(self, frame: Frame, index: int, x: float, y: float, drawn: float) -> None:
        """Add the output's name, under it (or, in a crowd, beside it) the target, and where it fits the error.

        drawn: level of the output itself.
        """
        context = self.context
        shaded, body = self.shaded, context.layout.body
        name, size = self.outputs[index]
        step = 1.42 * body
        left = x + self.reach_out if self.beside else x
        if self.columns is not None:
            left = float(self.columns[index])
        anchor = LEFT if self.beside else MIDDLE
        is_alone = self.one_line or self.columns is not None  # with nothing below it
        top = y - (step / 2 if name and not is_alone else 0.0) if self.beside else y - self.reach_out - 0.5 * step
        if not self.beside and name:
            top -= step
        theme, known = context.theme, 0.0
        if self.are_many_classes and frame.target is not None:
            known = _level_of_target(frame) * float(frame.target[index] == frame.target.max())
        ink = theme.readable(mix(theme.quiet, theme.ink, known))
        shaded.text(name, left, top, context.faces.words, size, ink, anchor, drawn)
        if frame.target is None or not self.says_targets:
            return
        if name and self.one_line:
            left += width(name, context.faces.words, size) + 0.6 * body
        elif name:
            top += step
        level = _level_of_target(frame)
        target_text, size = self._target_text(
            frame, index, self.slot - (left - x - self.reach_out) if self.beside else self.slot
        )
        shaded.text(target_text, left, top, context.faces.medium, size, context.theme.ink, anchor, level)
        if self.misses and self.beside:
            by = abs(float(frame.target[index]) - float(frame.activations[-1][index]))
            missed = f"{by:.2f}" if by < HUGE else number(by)
            font, ink = context.faces.medium, context.theme.error
            text, size = fit(
                say(self.scene, "label-missed", missed=decimal(self.scene, missed)), font, body, self.slot,
                0.6 * context.layout.small,
            )  # fmt: skip
            if float(missed) == 0:
                text, size, ink = TICK, body, self.right
            shaded.text(text, left, top + step, font, size, ink, anchor, frame.compared)

    def _add_verdict(self, frame: Frame) -> None:
        """Add what the network says, and what is right, where there are too many classes for bars of their own."""
        level = frame.compared * float(frame.arrived[-1].max())
        if level <= 0:
            return
        layout, theme = self.context.layout, self.context.theme
        x, y, room = self._verdict_place()
        text, is_right = verdict_text(self.context, frame.activations[-1], frame.target)
        ink = self.right if is_right else theme.readable(theme.signal) if is_right is False else theme.ink
        text, size = fit(text, self.context.faces.medium, 1.15 * layout.body, room, 0.8 * layout.small)
        self.shaded.text(text, x, y, self.context.faces.medium, size, ink, LEFT if self.beside else MIDDLE, level)

    def _target_text(self, frame: Frame, index: int, slot: float) -> tuple[str, float]:
        """Text of an output's target, in words where they fit."""
        assert frame.target is not None
        target = decimal(self.scene, short(float(frame.target[index])))
        font, body, small = self.context.faces.medium, self.context.layout.body, self.context.layout.small
        words = say(self.scene, "label-right" if frame.kind == "think" else "label-wants", target=target)
        text, size = fit(words, font, body, slot, 0.8 * small)
        return (text, size) if text == words else fit(target, font, body, slot, 0.6 * small)
