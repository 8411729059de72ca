"""Who draws a film's pictures: with a ground, as films want them, or without one, to be laid over something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from netviz.film.frame import Frame
    from netviz.film.side_by_side import SideBySide
    from netviz.film.timeline import Timeline
    from netviz.picture.space import Bytes


class Drawing(Protocol):
    """Makes a picture of any frame."""

    def draw(self, frame: Frame) -> Bytes:
        """The picture, valid until the next call."""
        ...


def stage_of(timeline: Timeline | SideBySide, is_transparent: bool = False) -> Drawing:
    """A stage for a film, in the planes that encoders take; or for pictures without a ground."""
    from netviz.picture.space import YUV420
    from netviz.picture.stage import Stage
    from netviz.picture.transparent import TransparentStage

    return TransparentStage(timeline) if is_transparent else Stage(timeline, YUV420)
