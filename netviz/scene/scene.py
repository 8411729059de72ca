"""Scene: everything a film needs, as typed and frozen data.

Times are exact (`Fraction` seconds), sizes are pixels. Nothing here knows arrays, drawing or video.
What the parts must be to each other (layers that fit the examples, and so on) is `validation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from netviz.scene.model import (
    MOST_BOUNDARIES,
    SHOWN,
    SHOWN_TOGETHER,
    Data,
    Network,
    Part,
    Runs,
    Schedule,
    Training,
    is_planar,
)
from netviz.scene.output import Output, SoundOrFile, SyncOrWord
from netviz.scene.shots import (
    AnyPanelSpec,
    AnyShot,
    BoundaryPanelSpec,
    Caption,
    CaptionPanelSpec,
    CurvePanelSpec,
    EquationsPanelSpec,
    LearningShot,
    NetworkPanelSpec,
    NumbersPanelSpec,
    Presentation,
    RestShot,
    StoryOrAuto,
    TablePanelSpec,
    TitlePanelSpec,
    TitleShot,
    WalkShot,
)
from netviz.scene.types import FilePath, Name, Phrases, Seconds, Several, Text, Tuple
from netviz.scene.validation import mistakes

Style = Literal["glow", "classic", "playground"]
Motion = Literal["full", "reduced"]
ThemeName = Literal["night", "paper", "playground"]
PaletteName = Literal["green-red", "blue-orange", "colour-blind"]
MANY_EXAMPLES = 50
"""Points of the plane from which a learning shot shows all of them together unless told otherwise."""
MOST_IN_TABLE = 30
"""Inputs whose values a table can still show."""


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
    panels: Several[AnyPanelSpec] | None = None
    """What the picture is made of; without it what suits the scene."""
    words: Phrases | None = None
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
        return is_planar(self.network, self.data)

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
    def shown_panels(self) -> tuple[AnyPanelSpec, ...]:
        """The panels of the picture, from back to front."""
        if self.panels is not None:
            return self.panels
        walks = any(isinstance(shot, WalkShot) for shot in self.shots)
        is_plane_shown = self.presentation == "together" and self.is_planar
        drawable = self.network.layers[-1] <= MOST_BOUNDARIES
        is_listed = self.network.grid is None and self.network.layers[0] <= MOST_IN_TABLE
        data = (BoundaryPanelSpec(),) if is_plane_shown and drawable else (TablePanelSpec(),) if is_listed else ()
        equations = (EquationsPanelSpec(),) if walks else ()
        return (
            CurvePanelSpec(),
            NetworkPanelSpec(),
            *data,
            *equations,
            TitlePanelSpec(),
            CaptionPanelSpec(),
            NumbersPanelSpec(),
        )

    @model_validator(mode="after")
    def _parts_fit(self) -> Scene:
        found = mistakes({name: getattr(self, name) for name in type(self).model_fields})
        if self.data.csv is not None:
            found.append((("data", "csv"), "a table is read where a scene is loaded; here give its rows as examples"))
        if isinstance(self.words, str):
            found.append((("words",), "a file is read where a scene is loaded; here give its words as a mapping"))
        if found:
            raise ValueError("; ".join(f"{'.'.join(map(str, path))}: {message}" for path, message in found))
        return self
