"""The panels of a picture: what it is made of, and where a scene wants it to stand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netviz.scene.part import Part
from netviz.scene.values import Box, FilePath


class Places(Part):
    """A place for each shape of picture; a shape without one has the place netviz chooses."""

    wide: Box | None = None
    """In pictures wider than high."""
    square: Box | None = None
    """In pictures about as wide as high."""
    tall: Box | None = None
    """In pictures higher than wide."""


class Panel(Part):
    """What all panels have."""

    at: Box | Places | None = None
    """Where it stands: [left, top, width, height] as parts of the picture, from 0 to 1, or such a list for each shape
    of picture (wide, square, tall). Without it netviz chooses."""


class TitlePanel(Panel):
    """The scene's title."""

    panel: Literal["title"] = "title"


class CaptionPanel(Panel):
    """The line that says what is going on."""

    panel: Literal["caption"] = "caption"


class NetworkPanel(Panel):
    """Neurons and synapses."""

    panel: Literal["network"] = "network"
    neurons: Literal["numbers", "maps"] | None = None
    """numbers: each neuron shows its activation; maps: a small picture of what it answers all over the plane. Without
    it maps where the examples are shown together."""


class TablePanel(Panel):
    """The training examples, row by row."""

    panel: Literal["table"] = "table"


class NumbersPanel(Panel):
    """The cycle and the error, large."""

    panel: Literal["numbers"] = "numbers"


class CurvePanel(Panel):
    """The error over the cycles."""

    panel: Literal["curve"] = "curve"


class BoundaryPanel(Panel):
    """The plane: what the network answers everywhere, and the examples as points."""

    panel: Literal["boundary"] = "boundary"
    test_points: bool = False
    """Whether the examples kept for testing are shown too."""
    discrete: bool = False
    """Whether answers are shown as one of two colours, without shades."""


class EquationsPanel(Panel):
    """The forward pass, and in a walk the way back, as equations with the numbers in them."""

    panel: Literal["equations"] = "equations"
    weight: Annotated[int, Field(ge=1)] | None = None
    """The weight whose gradient is worked out: w5 is 5. Weights are counted from the first layer on, neuron by neuron,
    for each from its first input to its last. Without it the first weight into the first output."""


class PicturePanel(Panel):
    """A picture of the scene's own."""

    panel: Literal["picture"] = "picture"
    file: FilePath
    """A PNG or JPEG file in the scene's folder."""


AnyPanel = Annotated[
    TitlePanel
    | CaptionPanel
    | NetworkPanel
    | TablePanel
    | NumbersPanel
    | CurvePanel
    | BoundaryPanel
    | EquationsPanel
    | PicturePanel,
    Field(discriminator="panel"),
]
