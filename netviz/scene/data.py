"""What a network learns from: examples, points of the plane, or a table."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from netviz.scene.part import Part
from netviz.scene.values import FilePath, Several, Text, Tuple, Vector

Dataset = Literal["circle", "xor", "gauss", "spiral", "plane", "gauss-regression"]
Feature = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]

COORDINATES: tuple[Feature, ...] = ("x1", "x2")
"""What the network is given of a point of the plane unless the scene says more."""
REGRESSIONS: tuple[Dataset, ...] = ("plane", "gauss-regression")


class Example(Part):
    """One training example: what goes in, and what should come out."""

    inputs: Vector
    """A list with one number for each input neuron; a number alone is a list of one."""
    target: Vector
    """What the outputs should be: a list with one number for each output neuron, or a number alone."""


class Data(Part):
    """What the network learns from: exactly one of examples, dataset and csv."""

    examples: Several[Example] | None = None
    """The examples; every cycle goes through all of them in this order."""
    dataset: Dataset | None = None
    """Points of the plane drawn at random as TensorFlow Playground draws them."""
    csv: FilePath | None = None
    """A table in a file of the scene's folder, its first row the names of its columns, all else numbers."""
    inputs: Tuple[Text] = ()
    """With csv: the columns that go into the network."""
    targets: Tuple[Text] = ()
    """With csv: the columns that should come out of it."""
    samples: Annotated[int, Field(ge=2, le=20_000)] | None = None
    """With dataset: how many points; 500, and 1,200 for plane and gauss-regression, as in Playground."""
    noise: Annotated[FiniteFloat, Field(ge=0, le=80)] = 0.0
    """With dataset: noise in per cent; Playground's slider goes from 0 to 50."""
    train_share: Annotated[FiniteFloat, Field(gt=0, le=1)] | None = None
    """Part of the data that is learned from, after shuffling; the rest is for testing. Without it all, with dataset
    half."""
    features: Several[Feature] | None = None
    """What the network is given of a point (x1, x2) of the plane; x1 and x2 unless given."""

    @property
    def total_count(self) -> int:
        """Examples in all, those for testing included."""
        if self.dataset is not None:
            return self.samples or (1200 if self.dataset in REGRESSIONS else 500)
        return len(self.examples or ())

    @property
    def train_count(self) -> int:
        """Examples that are learned from: the share of the whole, rounded down."""
        share = self.train_share or (0.5 if self.dataset is not None else 1.0)
        return int(self.total_count * Fraction(str(share)))
