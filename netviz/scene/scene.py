"""Scene: everything a film needs, as typed and frozen data; and Look, which is all of it but the training.

Times are exact (`Fraction` seconds), sizes are pixels. Nothing here knows arrays, drawing or video.
`validation.py` checks that the parts fit each other (layers that fit the examples, and so on).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, PrivateAttr, model_validator

from netviz.scene.captions import Caption, Story, StoryOrAuto
from netviz.scene.learned_cycles import with_bounds
from netviz.scene.model import (
    MOST_BOUNDARIES,
    SHOWN,
    SHOWN_IN_TURN,
    SHOWN_TOGETHER,
    Data,
    Network,
    NetworkLook,
    Part,
    Runs,
    Schedule,
    Training,
    missing_combination,
)
from netviz.scene.outline import Outline, outline_of
from netviz.scene.output import Output
from netviz.scene.palette import PaletteOrName
from netviz.scene.panels import (
    AnswersPanelSpec,
    AnyPanelSpec,
    AutoPanelSpec,
    BoundaryPanelSpec,
    CaptionPanelSpec,
    CurvePanelSpec,
    EquationsPanelSpec,
    ListedPanelSpec,
    NetworkPanelSpec,
    NumbersPanelSpec,
    TablePanelSpec,
    TitlePanelSpec,
)
from netviz.scene.recorded_phrases import recorded_phrases
from netviz.scene.shots import AnyShot, LearningShot, Presentation, RestShot, ThinkShot, TitleShot, WalkShot
from netviz.scene.sound import SoundOrFile, SyncOrWord
from netviz.scene.types import AS_TUPLE, FilePath, Name, Phrases, Seconds, Text, Tuple
from netviz.scene.validation import mistakes

Style = Literal["glow", "classic", "playground"]
Motion = Literal["full", "reduced"]
ThemeName = Literal["night", "paper", "playground"]
MOST_SHOTS, MOST_PANELS = 500, 24
"""Most shots of a film and panels of a picture; a small scene could ask for days of work on thousands."""
Shots = Annotated[tuple[AnyShot, ...], Field(min_length=1, max_length=MOST_SHOTS), AS_TUPLE]
Panels = Annotated[tuple[ListedPanelSpec, ...], Field(min_length=1, max_length=MOST_PANELS), AS_TUPLE]
MANY_EXAMPLES = 50
"""Largest number of points of the plane that a learning shot presents one by one by default."""
MOST_DOTS, MOST_AXES, MOST_LYING_AXES = 60, 4, 2
"""Largest numbers of examples and of outputs, in a wide picture and in others, whose answers are dots by default."""
WIDE_FROM = 1.2
"""Width over height of a picture from which it is wide: there a table stands beside the network and its answers."""
MOST_IN_TABLE = 30
"""Largest number of inputs whose values a table can show."""
LONGEST_ROW, BETWEEN_COLUMNS, ARROW_SIGNS = 21.0, 0.7, 1
"""Signs of the longest row with which a table is shown by default of a run that netviz did not train, whose inputs are
seldom small whole numbers; the gap between two columns, and the arrow, in signs."""


# Keys come in the order of the bases, the last first: so all look keys and all others stand where a scene lists them.


class _Titles(Part):
    """Keys that come first in a scene."""

    name: Name = "film"
    """Name of the film's file without -o. Default: the scene file's own name."""
    title: Text = ""
    """Title, drawn at the top and on the title card. Default: none, but a question where a run that netviz did not
    train tells classes of pictures apart."""
    subtitle: Text = ""
    """Subtitle: one line under the title. Default: as for the title, what goes in and what comes out."""
    network: NetworkLook = NetworkLook()


class _Trained(_Titles):
    """Keys of a run that netviz trains."""

    data: Data
    training: Training = Training()
    schedule: Schedule = Schedule(frames=SHOWN)


class _Story(_Titles):
    """Keys of what a film shows, plays and tells."""

    shots: Shots = (TitleShot(), RestShot(), LearningShot(), RestShot())
    """Shots of the film, in order. Default: title, rest, learning and rest; and where the examples are all combinations
    of a few values but some, a thought about one that is missing. Of a run that netviz did not train, whose pictures
    are told apart: a thought about one of them before learning, and again at the end."""
    audio: SoundOrFile = None
    """Music: a file in the scene's folder, bundled:track.mp3, or sonify (sound generated from the run); or a mapping
    with more settings. The film is exactly as long as the music, unless the music is fitted to the film (fit:
    track)."""
    sync: SyncOrWord = None
    """Beats that the learning steps follow: beats or onsets of the music, or beats given here. Default: even steps."""
    pulse: Annotated[FiniteFloat, Field(ge=0, le=1)] = 0.0
    """Strength with which the glow follows the loudness of the music, 0 to 1. Even 1 is gentle: a third brighter or
    darker at most."""
    duration: Seconds | None = None
    """Length in seconds, a day at most, of a film without music or whose music is fitted to it. Default: one second a
    step, and where that is more than two minutes no more than all steps need, with more than 50 examples about two
    minutes; of a run that netviz did not train, about a minute."""
    story: StoryOrAuto = Story(tell="default")
    """Captions that netviz writes about the run. auto: all topics; null: none; or a mapping with more settings.
    Default: auto in a scene without captions of its own, and none in the style classic and for runs side by side."""
    captions: Tuple[Caption] = ()
    """Captions while the film runs, drawn under the title and written beside the film as WebVTT."""


class _Compared(_Story, _Trained):
    """Keys of several runs that netviz trains."""

    compare: Runs | None = None
    """Comparison: two to four runs shown side by side, each this scene with some keys replaced."""


class _OfFile(_Compared):
    """Keys of a scene file that say what else is to be read."""

    look: FilePath | None = None
    """Look that several films share: a YAML file in the scene's folder, with keys of a scene such as palette, font,
    panels and output. The scene's own keys win: its mappings are merged with those of the look, its lists replace
    them."""


class Look(_Story):
    """The look of a film: all that a scene says but for how the run in it is trained."""

    style: Style = "glow"
    """Drawing style. glow: light; classic: as in Milo Spencer-Harper's film of 2015;
    playground: as in TensorFlow Playground."""
    theme: ThemeName | None = None
    """Colour theme. night: dark; paper: light; playground: light, blue and orange. Default: the one that suits the
    style."""
    palette: PaletteOrName = None
    """Colours of positive and negative: green-red, blue-orange or colour-blind; or a mapping with colours of your own.
    Default: the theme's own."""
    motion: Motion = "full"
    """Amount of motion. full: signals travel and weights glide; reduced: still pictures, at most two changes a second,
    for people who prefer less motion. Both films have the same length, sound and captions."""
    panels: Panels | None = None
    """Panels of the picture, from back to front, each a mapping or its kind alone: title, caption, network, table,
    answers, numbers, curve, gradients, boundary, equations; and auto, which stands for all that suit the scene but
    those that are listed. Default: auto."""
    accuracy: bool | None = None
    """Share of right answers, in the numbers and in the curve, where targets are classes. Default: shown of three
    classes or more, and of a run that netviz did not train where that recorded it."""
    words: Phrases | None = None
    """Replacements for netviz's own phrases, in another language or reworded: a YAML file in the scene's folder, or a
    mapping from their names to texts. `netviz words` lists them all."""
    font: FilePath | None = None
    """Font of words: of titles, names and captions: a .ttf or .otf file. Default: the built-in Inter."""
    figures_font: FilePath | None = None
    """Font of numbers: a .ttf or .otf file. Its digits are set as wide as the widest, so that numbers keep their
    places. Default: the built-in JetBrains Mono, and in worked equations Inter."""
    output: Output = Output()

    _outline: Outline | None = PrivateAttr(default=None)
    _runs: tuple[str, ...] = PrivateAttr(default=())

    @property
    def outline(self) -> Outline:
        """The run that the film is of, as far as it is known beforehand."""
        if self._outline is None:
            raise RuntimeError("this look is of no run yet: give it one with of_run")
        return self._outline

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs that the film shows side by side; none where it is of one run."""
        return self._runs

    def of_run(self, outline: Outline, runs: tuple[str, ...] = ()) -> Look:
        """This look for a film of another run, or of several with these names; of a scene only its look."""
        keys = {name: getattr(self, name) for name in Look.model_fields}
        names = {name: getattr(self.network, name) for name in NetworkLook.model_fields}
        look = Look.model_construct(**keys | {"network": NetworkLook.model_construct(**names)})
        look._outline, look._runs = outline, runs
        return look

    @property
    def shown_theme(self) -> ThemeName:
        """Colour theme of the film: the one that is given, or that suits its background and its style."""
        is_light = None if self.palette is None else self.palette.is_light
        if self.theme is not None:
            return self.theme
        if self.style == "playground" and is_light is not False:
            return "playground"
        return "paper" if is_light else "night"

    @property
    def phrases(self) -> Mapping[str, str]:
        """Replacements for netviz's own phrases, by name (phrases.py); of a run that it did not train, other ones."""
        own = {} if self.words is None or isinstance(self.words, str) else dict(self.words)
        outline = self._outline
        if outline is None or outline.is_own:
            return own
        return {**recorded_phrases(outline.unit, follows_loss=outline.follows_loss), **own}

    @property
    def is_planar(self) -> bool:
        """True if the network's inputs come from the two coordinates of a point of the plane."""
        return self.outline.is_planar

    @property
    def input_count(self) -> int:
        """Number of values in a situation: two coordinates for a point of the plane, otherwise one for each input."""
        return 2 if self.is_planar else self.outline.layers[0]

    @property
    def presentation(self) -> Presentation:
        """Presentation of the examples in the learning shot: each by itself, or all together."""
        chosen = self._learning_examples
        many = self.is_planar and self.outline.total > MANY_EXAMPLES and self.style != "classic"
        return "each" if isinstance(chosen, int) else chosen or ("together" if many else "each")

    @property
    def presented_count(self) -> int | None:
        """Number of examples that each shown cycle presents, in turn; None where the scene does not say."""
        chosen = self._learning_examples
        return min(chosen, self.outline.examples) if isinstance(chosen, int) else None

    @property
    def _learning_examples(self) -> Presentation | int | None:
        chosen = (shot.examples for shot in self.shots if isinstance(shot, LearningShot))
        return next((each for each in chosen if each is not None), None)

    @property
    def usual_shown(self) -> int:
        """Default number of shown cycles, for a scene without a schedule and without beats."""
        in_turn = not self.outline.is_own and self.network.grid is not None and self.presented_count is not None
        usual = SHOWN_TOGETHER if self.presentation == "together" else SHOWN_IN_TURN if in_turn else SHOWN
        return min(self.outline.last_step, usual)

    @property
    def told(self) -> Story | None:
        """The story that the film tells; None where it tells none."""
        is_without = self.captions or self.style == "classic" or self.runs
        return None if self.story is not None and self.story.tell == "default" and is_without else self.story

    @property
    def shows_accuracy(self) -> bool:
        """True if numbers show the share of right answers, which a run of somebody else's may have recorded itself."""
        outline = self.outline
        classes = outline.has_classes or (outline.is_own and outline.has_classes_of_points)
        is_shown = classes if self.accuracy is None else self.accuracy
        return is_shown and self.style != "classic" and not self.runs

    @property
    def has_bias_nodes(self) -> bool:
        """True if the picture has a node for the biases of each layer, all of which have weights."""
        requested = self.network.bias_nodes
        return (
            self.outline.has_biases
            and self.outline.is_dense
            and (self.style == "glow" if requested is None else requested)
        )

    @property
    def shown_panels(self) -> tuple[AnyPanelSpec, ...]:
        """The panels of the picture, from back to front."""
        listed = (AutoPanelSpec(),) if self.panels is None else self.panels
        there, found = {each.panel for each in listed}, list[AnyPanelSpec]()
        for each in listed:
            if isinstance(each, AutoPanelSpec):
                found += [panel for panel in self._usual_panels if panel.panel not in there]
            else:
                found.append(each)
        return tuple(found)

    @property
    def _usual_panels(self) -> tuple[AnyPanelSpec, ...]:
        """The panels that suit the scene."""
        has_worked_example = any(isinstance(shot, WalkShot) for shot in self.shots)
        is_plane_shown = self.presentation == "together" and self.is_planar
        drawable = self.outline.layers[-1] <= MOST_BOUNDARIES
        is_listed = self.network.grid is None and self.outline.layers[0] <= MOST_IN_TABLE
        data = (BoundaryPanelSpec(),) if is_plane_shown and drawable else (TablePanelSpec(),) if is_listed else ()
        if not self.outline.has_targets:
            data = ()
        equations = (EquationsPanelSpec(),) if has_worked_example else ()
        is_answered = data == (TablePanelSpec(),) and not equations and self._has_few_answers
        if not self.outline.is_own and data == (TablePanelSpec(),) and not self._suits_table:
            data = ()
        answers = (AnswersPanelSpec(),) if is_answered else ()
        width, height = self.output.size
        is_table = data == (TablePanelSpec(),)
        if (
            answers or (equations and is_table)
        ) and width < WIDE_FROM * height:  # one companion of the network: there is no room for a second column
            data = ()
        return (
            *((CurvePanelSpec(),) if self.outline.curves else ()),
            NetworkPanelSpec(),
            *data,
            *(() if self.runs else answers),  # runs side by side leave no room for the answers of each
            *equations,
            TitlePanelSpec(),
            CaptionPanelSpec(),
            NumbersPanelSpec(),
        )

    @property
    def _has_few_answers(self) -> bool:
        """True if the answers to the examples lie between two targets, and are few enough to be told apart."""
        is_drawn = self.presentation == "each" and self.style != "classic"
        width, height = self.output.size
        axes = MOST_AXES if width >= WIDE_FROM * height else MOST_LYING_AXES
        few = self.outline.examples <= MOST_DOTS and self.outline.layers[-1] <= axes
        are_bars = not self.outline.is_own and self.outline.has_classes  # at the network's end, with every value
        return is_drawn and few and self.outline.has_two_targets and not are_bars

    @property
    def _suits_table(self) -> bool:
        """True if rows of the examples are short enough for a table beside or below a network."""

        def signs(rows: Iterable[Iterable[float]]) -> list[int]:
            return [max(len(f"{round(value, 2):g}") for value in column) for column in zip(*rows, strict=True)]

        given = signs(self.outline.inputs or ())
        wanted = signs(self.outline.targets or ())
        if self.outline.has_classes:
            wanted = [max(map(len, self.network.outputs), default=1)]
        row = [*given, ARROW_SIGNS, *wanted]
        return sum(row) + BETWEEN_COLUMNS * (len(row) - 1) <= LONGEST_ROW


class Scene(Look, _OfFile):
    """A scene: everything a film needs."""

    network: Network
    _diverged: int | None = PrivateAttr(default=None)

    @cached_property
    def outline(self) -> Outline:
        """The run that the film is of, worked out from network, data, training and schedule."""
        outline = outline_of(self.network, self.data, self.training, self.schedule)
        return outline if self._diverged is None else replace(outline, diverged=self._diverged)

    def diverging(self, cycle: int) -> Scene:
        """The scene of a run that is known to leave the range of numbers in this cycle, after its own last one."""
        copied = self.model_copy()
        copied._diverged = cycle
        return copied

    @property
    def runs(self) -> tuple[str, ...]:
        """Labels of the compared runs."""
        return tuple(run.label for run in self.compare or ())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy in which some keys have other values; its outline is its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("outline", None)
        copied._show_bounds()
        return copied

    def _show_bounds(self) -> None:
        """Add the cycles at which learning shots begin and end to those shown, as the scene is made."""
        self.__dict__["schedule"] = with_bounds(self.schedule, self.shots, self.training.cycles)

    @model_validator(mode="after")
    def _parts_fit(self) -> Scene:
        found = mistakes({name: getattr(self, name) for name in type(self).model_fields})
        if self.data.table is not None:
            message = "a table is read where a scene is loaded; here give its rows as examples"
            found.append((("data", self.data.table[0]), message))
        if isinstance(self.words, str):
            found.append((("words",), "a file is read where a scene is loaded; here give its words as a mapping"))
        is_asked = "shots" not in self.model_fields_set and self.style != "classic" and self.compare is None
        missing = missing_combination(self.data) if is_asked and not found else None
        if missing is not None:  # the scene is frozen only from here on
            self.__dict__["shots"] = (*self.shots, ThinkShot(inputs=missing))
        if found:
            raise ValueError("; ".join(f"{'.'.join(map(str, path))}: {message}" for path, message in found))
        self._show_bounds()
        return self
