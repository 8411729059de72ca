"""What is wrong with runs that are to be shown side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netviz.scene.compare import Run
from netviz.scene.mistake import Mistake
from netviz.scene.panels import BoundaryPanel, EquationsPanel, NetworkPanel
from netviz.scene.shots import WalkShot


def comparison(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Runs that cannot be told apart, and what there is no room for where several networks stand side by side."""
    runs = parts.get("compare")
    if runs is None:
        return
    yield from _alike(runs)
    if parts.get("style") == "classic":
        yield ("compare",), "the style classic draws one network alone; choose glow or playground"
    for index, shot in enumerate(parts.get("shots") or ()):
        if isinstance(shot, WalkShot):
            yield ("shots", index), "side by side there is no room for the equations of a walk; leave it out"
    yield from _of_one_run(parts)
    panels = parts.get("panels")
    for index, panel in enumerate(panels or ()):
        if isinstance(panel, EquationsPanel):
            yield ("panels", index), "side by side there is no room for equations; leave the panel out"
        if isinstance(panel, NetworkPanel | BoundaryPanel) and panel.at is not None:
            message = f"the panel {panel.panel} stands once for each run, so netviz places it; leave at out"
            yield ("panels", index, "at"), message
    if panels is not None and not any(isinstance(panel, NetworkPanel | BoundaryPanel) for panel in panels):
        yield ("panels",), "nothing of the runs would be seen; add the panel network, or boundary"


def _of_one_run(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """What is told or heard of a run, where there are several and each has its own."""
    if parts.get("story") is not None:
        yield ("story",), "a story is of one run; leave it out, and say in captions what is to be seen side by side"
    for index, caption in enumerate(parts.get("captions") or ()):
        if caption.moment.kind == "event":
            yield ("captions", index, "at"), "each run has its own events; give a cycle, a shot or a time"
    audio = parts.get("audio")
    if audio is not None and audio.is_sonified:
        yield ("audio",), "sonify makes its sound from one run; give a file, or leave it out"


def _alike(runs: Sequence[Run]) -> Iterator[Mistake]:
    for index, run in enumerate(runs):
        for before, other in enumerate(runs[:index]):
            if run.set == other.set:
                yield ("compare", index), f"replaces the same as run {before + 1}; each run must be another"
                break
            if run.label == other.label:
                yield ("compare", index), f"run {before + 1} is called '{run.label}' too; give each a name of its own"
                break
