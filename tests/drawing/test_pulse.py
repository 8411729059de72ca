"""Light that follows the music: brighter and darker halos, and nothing else, in any order of frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netviz.drawing.renderer import Renderer
from netviz.recording.recording import Recording
from netviz.timeline.timeline import Timeline
from tests.drawing.support import first, timeline_of
from tests.recordings import own_scene


def test_halos_follow_the_music_and_law_2_holds(recording: Recording) -> None:
    plain = timeline_of(own_scene(recording))
    glow = tuple(1 + 0.3 * (frame % 3 - 1) for frame in range(plain.frame_count))
    pulsing = Timeline(replace(plain.plan, glow=glow), recording, plain.scene, plain.span, plain.phase)
    index = first(pulsing, "step") // 3 * 3  # darker, as it is, brighter
    renderer = Renderer(pulsing)
    dark, same, bright = (renderer.draw(pulsing.frame(number)).copy() for number in range(index, index + 3))
    assert np.array_equal(same, Renderer(plain).draw(plain.frame(index + 1)))
    assert np.array_equal(renderer.draw(pulsing.frame(index)), dark)
    assert np.array_equal(Renderer(pulsing).draw(pulsing.frame(index + 2)), bright)
    for one, other in ((dark, same), (same, bright)):
        assert 0.05 < other.mean() - one.mean() < 6
