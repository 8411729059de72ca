"""FuncAnimation and film show the same pixels."""

from __future__ import annotations

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

import netviz
from netviz.drawing.renderer import Renderer
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.recording.recording import Recording


def test_the_animation_shows_the_films_pixels(recording: Recording) -> None:
    animation = netviz.animate(recording)
    assert isinstance(animation, FuncAnimation)
    timeline = finish(prepare(filmed(recording)), recording).timeline_of_one_run
    renderer = Renderer(timeline)
    figure = animation._fig
    for index in (0, 100, 200, timeline.frame_count - 1):
        animation._func(index)
        figure.canvas.draw()
        shown = np.asarray(figure.canvas.buffer_rgba())
        np.testing.assert_array_equal(shown[:, :, :3], renderer.draw(timeline.frame(index))[:, :, :3])
    animation._draw_was_started = True


def test_it_fills_a_figure_of_the_users(recording: Recording) -> None:
    figure = Figure(figsize=(4, 3))
    animation = netviz.animate(recording, figure)
    assert animation._fig is figure
    assert len(figure.axes) == 1
    animation._draw_was_started = True
