"""Panels of a scene: the parts of the picture, and the places that a scene gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netviz.scene.model import Part
from netviz.scene.types import FilePath, PanelBox

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


class PicturePanelSpec(PanelSpec):
    """A picture from a file of the scene, such as a logo."""

    panel: Literal["picture"] = "picture"
    file: FilePath
    """PNG or JPEG file in the scene's folder."""


AnyPanelSpec = Annotated[
    TitlePanelSpec
    | CaptionPanelSpec
    | NetworkPanelSpec
    | TablePanelSpec
    | AnswersPanelSpec
    | NumbersPanelSpec
    | CurvePanelSpec
    | BoundaryPanelSpec
    | EquationsPanelSpec
    | PicturePanelSpec,
    Field(discriminator="panel"),
]
