"""Panels of a scene: the parts of the picture, and the places that a scene gives them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, FiniteFloat

from netviz.scene.model import Part
from netviz.scene.types import FilePath, PanelBox, Shorthand, Text

# Panels: the parts of the picture, and the places that a scene gives them.


class Places(Part):
    """Place of a panel for each shape of picture; for a shape without one, netviz chooses the place."""

    wide: PanelBox | None = None
    """Place in pictures wider than high."""
    square: PanelBox | None = None
    """Place in pictures about as wide as high."""
    tall: PanelBox | None = None
    """Place in pictures higher than wide."""


class PanelSpec(Part):
    """Keys that all panels have."""

    at: PanelBox | Places | None = None
    """Place of the panel: [left, top, width, height] as parts of the picture, from 0 to 1, or such a list for each
    shape of picture (wide, square, tall). Default: netviz chooses the place."""


class TitlePanelSpec(PanelSpec):
    """The scene's title."""

    panel: Literal["title"] = "title"


class CaptionPanelSpec(PanelSpec):
    """The line under the title that says what is going on."""

    panel: Literal["caption"] = "caption"


class NetworkPanelSpec(PanelSpec):
    """The network: neurons and synapses."""

    panel: Literal["network"] = "network"
    neurons: Literal["numbers", "maps"] | None = None
    """Content of the neurons. numbers: each neuron shows its activation; maps: each neuron shows a small picture of its
    output over the whole plane. Default: maps where the examples are shown together."""


class TablePanelSpec(PanelSpec):
    """Table of the training examples, one in each row."""

    panel: Literal["table"] = "table"


class AnswersPanelSpec(PanelSpec):
    """The network's present answers to all examples, as dots between the two targets."""

    panel: Literal["answers"] = "answers"


class NumbersPanelSpec(PanelSpec):
    """The current cycle and error, in large figures."""

    panel: Literal["numbers"] = "numbers"


class CurvePanelSpec(PanelSpec):
    """Learning curve: the error over the cycles."""

    panel: Literal["curve"] = "curve"
    future: bool = False
    """Show how the curve will go on as well, faintly. Default: it is drawn as far as it has come."""


class BoundaryPanelSpec(PanelSpec):
    """Decision boundary: the network's output over the input plane, with the examples as points."""

    panel: Literal["boundary"] = "boundary"
    test_points: bool = False
    """Show the examples set aside for testing as well."""
    discrete: bool = False
    """Show outputs in one of two colours, without shades."""


class EquationsPanelSpec(PanelSpec):
    """Equations of the forward pass, and in a worked example of the backward pass, with the numbers in them."""

    panel: Literal["equations"] = "equations"
    weight: Annotated[int, Field(ge=1)] | None = None
    """Number of the weight whose gradient is computed: 5 for w5. Weights are counted from the first layer on, neuron by
    neuron, for each from its first input to its last. Default: the first weight into the first output."""


class GradientsPanelSpec(PanelSpec):
    """Size of each layer's error signal, as a bar on a logarithmic scale, with what it has been before."""

    panel: Literal["gradients"] = "gradients"


Opacity = Annotated[FiniteFloat, Field(gt=0, le=1)]


class PicturePanelSpec(PanelSpec):
    """A picture from a file of the scene: a logo, a watermark, or what is behind everything."""

    panel: Literal["picture"] = "picture"
    file: FilePath
    """PNG or JPEG file in the scene's folder."""
    fit: Literal["contain", "cover"] = "contain"
    """Size of the picture in its place. contain: it is seen whole; cover: it fills the place and its edges are cut off,
    and without at the place is all of the film's picture."""
    opacity: Opacity = 1.0
    """Opacity of the picture, above 0 to 1: 0.2 for a watermark, or for a picture behind everything."""


class TextPanelSpec(PanelSpec):
    """Words of your own, anywhere."""

    panel: Literal["text"] = "text"
    text: Annotated[Text, Field(min_length=1)]
    """The words. They are broken into lines, and made smaller, as it takes to fit into their place."""
    size: Annotated[FiniteFloat, Field(ge=0.01, le=0.5)] | None = None
    """Size of their type as a part of the picture's shorter side. Default: that of other words in the picture."""
    align: Literal["left", "middle", "right"] = "left"
    """Side of their place where lines begin or end: left or right, or in the middle."""
    opacity: Opacity = 1.0
    """Opacity of the words, above 0 to 1."""


class AutoPanelSpec(Part):
    """All panels that suit the scene, but those that are listed beside it."""

    panel: Literal["auto"] = "auto"


AnyPanelSpec = (
    TitlePanelSpec
    | CaptionPanelSpec
    | NetworkPanelSpec
    | TablePanelSpec
    | AnswersPanelSpec
    | NumbersPanelSpec
    | CurvePanelSpec
    | BoundaryPanelSpec
    | EquationsPanelSpec
    | GradientsPanelSpec
    | PicturePanelSpec
    | TextPanelSpec
)
"""A panel that is drawn."""
OWN = ("picture", "text")
"""Panels with content of the maker's own, of which there may be several: they stand on every frame."""
IN_CLASSIC = ("auto", *OWN)
"""Panels that may be listed in the style classic, which has a picture of its own."""
_LISTED = AnyPanelSpec | AutoPanelSpec
_WORDS = tuple(
    each.model_fields["panel"].default
    for each in get_args(_LISTED)
    if not any(info.is_required() for info in each.model_fields.values())
)
ListedPanelSpec = Annotated[_LISTED, Field(discriminator="panel"), Shorthand("panel", (("enum", _WORDS),))]
"""An item of a scene's panels; its kind alone is the same as {panel: ...}."""
