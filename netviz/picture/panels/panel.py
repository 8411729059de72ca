"""What a panel is: a part of the picture that makes its artists once and updates them for each frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.learn.recording import Recording
from netviz.picture.canvas import Canvas
from netviz.picture.glow import Blobs, LightField
from netviz.picture.layout import Layout
from netviz.picture.responses import Responses
from netviz.picture.theme import Theme
from netviz.picture.type import Typefaces


@dataclass(frozen=True, eq=False)
class Setting:
    """What all panels of a picture share.

    responses: None where the inputs are no points of the plane. lit: whether halos are added to the ground. has_cues:
    whether something is told in the film's captions.
    compared: the recordings of all runs of a film that shows some side by side, this one's among them; their pictures
    have one scale. names: of the runs.
    """

    recording: Recording
    layout: Layout
    theme: Theme
    faces: Typefaces
    canvas: Canvas
    field: LightField
    responses: Responses | None = None
    lit: bool = True
    has_cues: bool = False
    compared: tuple[Recording, ...] = ()
    names: tuple[str, ...] = ()


class Panel(Protocol):
    """A part of the picture."""

    def ground(self) -> None:
        """Draw what never changes, once, on the empty ground."""

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """Set the brightness (lamps, 3) of this panel's own lamps, and return its moving lights."""

    def draw(self, frame: Frame) -> None:
        """Draw what changes, over ground and light."""


class Unlit:
    """A panel that adds no light."""

    def light(self, frame: Frame, brightness: NDArray[np.float64]) -> list[Blobs]:
        """Nothing glows."""
        return []
