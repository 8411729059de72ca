"""The Scene: everything a film needs, as typed and frozen data.

Times are exact (`Fraction` seconds), sizes are pixels. Nothing here knows arrays, drawing or video.
What the parts must be to each other (layers that fit the examples, and so on) is `check.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from netviz.scene.compare import Runs
from netviz.scene.data import Data
from netviz.scene.output import Output
from netviz.scene.panels import (
    AnyPanel,
    BoundaryPanel,
    CaptionPanel,
    CurvePanel,
    EquationsPanel,
    NetworkPanel,
    NumbersPanel,
    TablePanel,
    TitlePanel,
)
from netviz.scene.part import Part
from netviz.scene.shots import AnyShot, LearningShot, Presentation, RestShot, TitleShot, WalkShot
from netviz.scene.sound import SoundOrFile
from netviz.scene.story import Caption, StoryOrAuto
from netviz.scene.sync import SyncOrWord
from netviz.scene.values import (
    FilePath,
    Grid,
    Layers,
    Name,
    Seconds,
    Seed,
    Several,
    Text,
    Tuple,
    Vector,
    Words,
)

Activation = Literal["sigmoid", "tanh", "relu", "linear", "softmax"]
Loss = Literal["squared_error", "cross_entropy"]
Regularization = Literal["none", "L1", "L2"]
Style = Literal["glow", "classic", "playground"]
Motion = Literal["full", "reduced"]
ThemeName = Literal["night", "paper", "playground"]
PaletteName = Literal["green-red", "blue-orange", "colour-blind"]
InitialWeights = Literal["milo", "trask", "glorot", "he", "uniform", "normal", "playground", "zero"]

SHOWN, SHOWN_TOGETHER = 13, 60
"""Shown cycles of a film where nobody says how many; and where its examples are seen all together."""
MANY_EXAMPLES = 50
"""Points of the plane from which a learning shot shows all of them together unless told otherwise."""
MOST_IN_TABLE = 30
"""Inputs whose values a table can still show."""
MOST_BOUNDARIES = 8
"""Outputs whose answers a boundary panel can tell apart."""


class Network(Part):
    """Dense layers, one after the other."""

    layers: Layers
    """Neurons in each layer, inputs first, outputs last: [3, 4, 1]."""
    activation: Activation | Tuple[Activation] = "sigmoid"
    """One for all layers after the inputs, or a list with one for each. softmax: last layer only."""
    bias: bool | Literal["fixed"] = False
    """Whether each neuron after the inputs has a bias: true (learned), false, or fixed (there, but not learned)."""
    bias_nodes: bool | None = None
    """Whether biases are drawn as nodes of their own; without it they are, in the style glow alone."""
    grid: Grid | None = None
    """Where the inputs are the pixels of a picture: its rows and columns, [28, 28]. They are drawn as that picture."""
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
    last_batch: Literal["short", "carry"] = "short"
    """What becomes of a cycle's last examples where they are no whole batch. short: a smaller step is made with them;
    carry: their gradients are added to the first batch of the next cycle, as in TensorFlow Playground."""
    regularization: Regularization = "none"
    """L1: weights shrink by a fixed amount in each step, and one that crosses zero stays there; L2: in proportion."""
    regularization_rate: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    """How strongly."""
    loss: Loss = "squared_error"
    """squared_error: half the squared distance to the target; cross_entropy: for sigmoid or softmax outputs."""
    seed: Seed = 1
    """Where the random numbers start, a whole number or a Playground seed such as "0.59704"; the same gives the same
    film."""
    initial_weights: InitialWeights | Several[Several[Vector]] = "glorot"
    """How the first weights are drawn: glorot, he, uniform, normal, zero; milo, trask, playground: the draws of those
    authors; or the weights themselves: for each layer after the inputs a list of rows, one row for each neuron before
    it, one number in it for each neuron of the layer."""
    initial_biases: Several[Vector] | None = None
    """The first biases: for each layer after the inputs one number, or a list with one for each neuron. Without it 0,
    and 0.1 with the weights of playground."""
    initial_scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """uniform: weights from -scale to scale (default 1); normal: standard deviation (default 1)."""
    initial_skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Random numbers thrown away before the first weight: what an earlier network of the author's had taken."""


class Schedule(Part):
    """Which cycles the film shows: exactly one of the three."""

    cycles: Several[Annotated[int, Field(ge=1)]] | None = None
    """An explicit list of cycles, strictly increasing."""
    every: Annotated[int, Field(ge=1)] | None = None
    """Every n-th cycle."""
    frames: Annotated[int, Field(ge=1)] | Literal["beats"] | None = None
    """So many cycles, dense early and sparse later (geometric), the first 1, the last the end of training. beats: as
    many as the beats leave room for, which is the rule with sync."""


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
    schedule: Schedule = Schedule(frames=SHOWN)
    shots: Several[AnyShot] = (TitleShot(), RestShot(), LearningShot(), RestShot())
    """What is shown, in order."""
    audio: SoundOrFile = None
    """The music: a file in the scene's folder, or bundled:track.mp3; or a mapping that says more of it. The film is
    exactly as long as it, unless it is fitted to the film (fit: track)."""
    sync: SyncOrWord = None
    """What the steps keep time with: beats or onsets of the music, or beats given here. Without it they are even."""
    pulse: Annotated[FiniteFloat, Field(ge=0, le=1)] = 0.0
    """How much the glow follows the loudness of the music, 0 to 1: gently, a third brighter or darker at most."""
    duration: Seconds | None = None
    """Length of a film without music, or whose music is fitted to it, in seconds, a day at most; without both, one
    second a step."""
    story: StoryOrAuto = None
    """auto: the film tells by itself what happens in its run, in captions; or a mapping that says more of how."""
    captions: Tuple[Caption] = ()
    """What is told in words while the film runs, drawn under the title and written beside the film as WebVTT."""
    compare: Runs | None = None
    """Two to four runs shown side by side, each this scene with some keys replaced."""
    style: Style = "glow"
    """glow: light; classic: as in the film of 2015; playground: as in TensorFlow Playground."""
    theme: ThemeName | None = None
    """night: dark; paper: light; playground: light, blue and orange. Without it what suits the style."""
    palette: PaletteName | None = None
    """Colours of positive and negative: green-red, blue-orange or colour-blind. Without it the theme's own."""
    motion: Motion = "full"
    """full: signals travel and weights glide; reduced: pictures that are held, at most two changes a second, for people
    who prefer less motion. Both films have the same length, sound and captions."""
    panels: Several[AnyPanel] | None = None
    """What the picture is made of; without it what suits the scene."""
    words: Words | None = None
    """netviz's own words in another language, or reworded: a YAML file in the scene's folder, or a mapping from their
    names to texts. `netviz words` lists them all."""
    font: FilePath | None = None
    """A .ttf or .otf file for names and titles, if the built-in typeface lacks your letters."""
    output: Output = Output()

    @property
    def phrases(self) -> Mapping[str, str]:
        """What is said in other words than netviz's own, by name (phrases.py)."""
        return {} if self.words is None or isinstance(self.words, str) else dict(self.words)

    @property
    def is_planar(self) -> bool:
        """Whether the network's inputs come from the two coordinates of a point."""
        return self.data.dataset is not None or self.data.features is not None or self.network.layers[0] == 2

    @property
    def input_count(self) -> int:
        """How many numbers are a situation: the two coordinates of a point of the plane, or one for each input."""
        return 2 if self.is_planar else self.network.layers[0]

    @property
    def presentation(self) -> Presentation:
        """Whether the learning shot presents each example by itself, or all together."""
        chosen = self._learning_examples
        many = self.is_planar and self.data.total_count > MANY_EXAMPLES and self.style != "classic"
        return "each" if isinstance(chosen, int) else chosen or ("together" if many else "each")

    @property
    def presented_count(self) -> int | None:
        """How many examples each shown cycle presents, in turn; None where the scene does not say."""
        chosen = self._learning_examples
        return min(chosen, self.data.train_count) if isinstance(chosen, int) else None

    @property
    def _learning_examples(self) -> Presentation | int | None:
        return next((shot.examples for shot in self.shots if isinstance(shot, LearningShot)), None)

    @property
    def usual_shown(self) -> int:
        """How many cycles are shown where nobody says it, and no beats do."""
        return min(self.training.cycles, SHOWN_TOGETHER if self.presentation == "together" else SHOWN)

    @property
    def has_bias_nodes(self) -> bool:
        """Whether the picture has a node for the biases of each layer."""
        wanted = self.network.bias_nodes
        return bool(self.network.bias) and (self.style == "glow" if wanted is None else wanted)

    @property
    def shown_panels(self) -> tuple[AnyPanel, ...]:
        """The panels of the picture, from back to front."""
        if self.panels is not None:
            return self.panels
        walks = any(isinstance(shot, WalkShot) for shot in self.shots)
        is_plane_shown = self.presentation == "together" and self.is_planar
        drawable = self.network.layers[-1] <= MOST_BOUNDARIES
        is_listed = self.network.grid is None and self.network.layers[0] <= MOST_IN_TABLE
        data = (BoundaryPanel(),) if is_plane_shown and drawable else (TablePanel(),) if is_listed else ()
        equations = (EquationsPanel(),) if walks else ()
        return (CurvePanel(), NetworkPanel(), *data, *equations, TitlePanel(), CaptionPanel(), NumbersPanel())

    @model_validator(mode="after")
    def _parts_fit(self) -> Scene:
        from netviz.scene.check import mistakes

        found = mistakes({name: getattr(self, name) for name in type(self).model_fields})
        if self.data.csv is not None:
            found.append((("data", "csv"), "a table is read where a scene is loaded; here give its rows as examples"))
        if isinstance(self.words, str):
            found.append((("words",), "a file is read where a scene is loaded; here give its words as a mapping"))
        if found:
            raise ValueError("; ".join(f"{'.'.join(map(str, path))}: {message}" for path, message in found))
        return self
