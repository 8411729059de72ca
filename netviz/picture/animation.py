"""The film as matplotlib's FuncAnimation, for windows, notebooks and writers of one's own."""

from __future__ import annotations

from typing import Any

from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage, FigureImage

from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.picture.stage import Stage


def make_animation(timeline: Timeline | SideBySide, figure: Figure | None = None) -> FuncAnimation:
    """An animation of every frame of the timeline, drawn by the stage that draws the film.

    figure: one of the user's, from pyplot for example, which the film then fills; without it a figure of exactly the
    film's size in pixels, for saving.
    """
    stage = Stage(timeline)
    width, height = timeline.recordings[0].scene.output.size
    first = stage.draw(timeline.frame(0))
    picture: FigureImage | AxesImage
    if figure is None:
        figure = Figure(figsize=(width / 100, height / 100), dpi=100)
        FigureCanvasAgg(figure)
        picture = figure.figimage(first, origin="upper")  # pixel by pixel, which is much faster than scaled
    else:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        picture = axes.imshow(first, interpolation="nearest", aspect="equal", resample=False)

    def show(index: int) -> list[Any]:
        picture.set_data(stage.draw(timeline.frame(index)))
        return [picture]

    return FuncAnimation(
        figure,
        show,
        frames=timeline.frame_count,
        interval=float(1000 / timeline.plan.fps),
        blit=False,  # the whole picture changes, so there is no background to be kept
        repeat=False,
        cache_frame_data=False,
    )
