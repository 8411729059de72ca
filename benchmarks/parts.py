"""Where the time of drawing a frame goes: the stage's own methods, with a watch put around each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer, draw_frames
from netviz.timeline.timeline import Timeline


class Watch:
    """Adds up what named methods take; a method called within another counts for itself alone."""

    def __init__(self) -> None:
        self.selected: dict[str, float] = {}
        self._running: list[tuple[str, float]] = []

    def around(self, owner: Any, method: str, name: str) -> None:
        """Measure a method of one object from now on."""
        original: Callable[..., Any] = getattr(owner, method)
        self.selected.setdefault(name, 0.0)

        def timed(*arguments: Any, **named: Any) -> Any:
            self._change(name)
            try:
                return original(*arguments, **named)
            finally:
                self._change(None)

        setattr(owner, method, timed)

    def _change(self, begun: str | None) -> None:
        now = time.perf_counter()
        if self._running:
            name, since = self._running[-1]
            self.selected[name] += now - since
        if begun is None:
            self._running.pop()
            if self._running:
                self._running[-1] = (self._running[-1][0], now)
        else:
            self._running.append((begun, now))


def measured_parts(timeline: Timeline, renderer: Renderer, shown: range) -> dict[str, float]:
    """Milliseconds a frame by part, the longest first. The stage cannot be used for other measurements afterwards."""
    watch = Watch()
    watch.around(renderer, "draw", "the rest")
    watch.around(renderer.field, "shine", "light")
    watch.around(renderer.canvas, "settle", "texts, put on together")
    for panel in renderer.panels:
        kind = type(panel).__name__.removesuffix("Panel").lower()
        watch.around(panel, "draw", kind)
        if isinstance(panel, NetworkPanel):
            watch.around(panel.synapses, "draw", "synapses")
            watch.around(panel.synapses, "_comets", "comets")
            watch.around(panel.neurons, "draw", "neurons")
            watch.around(panel.names, "draw", "names")
    for _ in draw_frames(timeline, renderer, shown):
        pass
    each = {name: 1000 * selected / len(shown) for name, selected in watch.selected.items()}
    return dict(sorted(each.items(), key=lambda item: -item[1]))
