"""The Scene: everything a film needs, as typed and frozen data.

Times are exact (`Fraction` seconds), sizes are pixels. Nothing here knows arrays, drawing or video.
What the parts must be to each other (layers that fit the examples, and so on) is `check.py`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from netviz.scene.values import FilePath, FrameRate, Layers, Name, Seconds, Several, Size, Text, Tuple, Vector

Activation = Literal["sigmoid", "tanh", "relu", "linear", "softmax"]
Loss = Literal["squared_error", "cross_entropy"]
Quality = Literal["draft", "good", "best"]
Style = Literal["glow", "classic"]
InitialWeights = Literal["milo", "trask", "glorot", "he", "uniform", "normal"]


class Part(BaseModel):
    """A part of a scene: unknown keys are mistakes, and nothing changes after it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Network(Part):
    """Dense layers, one after the other."""

    layers: Layers
    """Neurons in each layer, inputs first, outputs last: [3, 4, 1]."""
    activation: Activation | Tuple[Activation] = "sigmoid"
    """One for all layers after the inputs, or a list with one for each. softmax: last layer only."""
    bias: bool = False
    """Whether each neuron after the inputs has a bias that is learned too."""
    inputs: Tuple[Text] = ()
    """Names of the input neurons, drawn beside them."""
    outputs: Tuple[Text] = ()
    """Names of the output neurons, drawn beside them."""

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of every weight layer, one for each layer after the inputs."""
        if isinstance(self.activation, tuple):
            return self.activation
        return (self.activation,) * (len(self.layers) - 1)


class Example(Part):
    """One training example: what goes in, and what should come out."""

    inputs: Vector
    """A list with one number for each input neuron; a number alone is a list of one."""
    target: Vector
    """What the outputs should be: a list with one number for each output neuron, or a number alone."""


class Data(Part):
    """What the network learns from."""

    examples: Several[Example]
    """The training examples; every cycle goes through all of them in this order."""


class Training(Part):
    """How the network learns: plain gradient descent."""

    cycles: Annotated[int, Field(ge=1, le=100_000_000)] = 10_000
    """How many times the whole training set is gone through (epochs)."""
    learning_rate: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    """How far the weights move along the gradient in one step."""
    batch: Annotated[int, Field(ge=1)] | Literal["full"] = 1
    """Examples in one step: 1 = after each example ("online"), n, or full = the whole set."""
    reduction: Literal["mean", "sum"] = "mean"
    """Whether a batch's gradients are averaged or added up."""
    loss: Loss = "squared_error"
    """squared_error: half the squared distance to the target; cross_entropy: for sigmoid or softmax outputs."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    """Where the random numbers start; the same seed gives the same film."""
    initial_weights: InitialWeights = "glorot"
    """How the first weights are drawn: glorot, he, uniform, normal; or milo or trask, those two authors' draws."""
    initial_scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """uniform: weights from -scale to scale (default 1); normal: standard deviation (default 1)."""


class Schedule(Part):
    """Which cycles the film shows: exactly one of the three."""

    cycles: Several[Annotated[int, Field(ge=1)]] | None = None
    """An explicit list of cycles, strictly increasing."""
    every: Annotated[int, Field(ge=1)] | None = None
    """Every n-th cycle."""
    frames: Annotated[int, Field(ge=1)] | None = None
    """So many cycles, dense early and sparse later (geometric), the first 1, the last the end of training."""


class Shot(Part):
    """What all shots have."""

    share: Annotated[FiniteFloat, Field(gt=0, le=1)] | None = None
    """Part of the film's length, 0 to 1; without it a length is chosen that suits the film."""
    caption: Text | None = None
    """The line under the title while this shot runs; without it a fitting one is written."""


class TitleShot(Shot):
    """A card with title and subtitle."""

    shot: Literal["title"] = "title"


class RestShot(Shot):
    """The network at rest: before training if it stands before the learning shot, after it otherwise."""

    shot: Literal["rest"] = "rest"


class LearningShot(Shot):
    """The shown cycles, one after the other, example by example."""

    shot: Literal["learning"] = "learning"


class ThinkShot(Shot):
    """The network thinks about a situation, with the weights it has when the shot begins."""

    shot: Literal["think"] = "think"
    inputs: Vector
    """The new situation: a list with one number for each input neuron; a number alone is a list of one."""
    target: Vector | None = None
    """The right answer, if there is one to be shown."""


AnyShot = Annotated[TitleShot | RestShot | LearningShot | ThinkShot, Field(discriminator="shot")]


class Output(Part):
    """The picture and the file."""

    size: Size = (1920, 1080)
    """WIDTHxHEIGHT in pixels, both even, or 1080p, 720p, 4k, square, vertical."""
    fps: FrameRate = Fraction(30)
    """Frames a second; a fraction such as 30000/1001 is exact."""
    quality: Quality = "good"
    """draft encodes fast, good is for publishing, best is for archives."""


class Scene(Part):
    """Everything a film needs."""

    name: Name = "film"
    """What the film's file is called without -o; a scene file's own name unless given."""
    title: Text = ""
    """Drawn at the top, and on the title card."""
    subtitle: Text = ""
    """One line under the title."""
    network: Network
    data: Data
    training: Training = Training()
    schedule: Schedule = Schedule(frames=13)
    shots: Several[AnyShot] = (TitleShot(), RestShot(), LearningShot(), RestShot())
    """What is shown, in order."""
    audio: FilePath | None = None
    """The music: a file in the scene's folder, or bundled:track.mp3. The film is exactly as long as it."""
    duration: Seconds | None = None
    """Length of a film without music, in seconds, a day at most; without both, one second a step."""
    style: Style = "glow"
    """glow: light on a dark ground; classic: as in the film of 2015."""
    font: FilePath | None = None
    """A .ttf or .otf file for names and titles, if the built-in typeface lacks your letters."""
    output: Output = Output()

    @model_validator(mode="after")
    def _parts_fit(self) -> Scene:
        from netviz.scene.check import mistakes

        found = mistakes({name: getattr(self, name) for name in type(self).model_fields})
        if found:
            raise ValueError("; ".join(f"{'.'.join(map(str, path))}: {message}" for path, message in found))
        return self
