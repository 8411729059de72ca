"""The line under the title: the scene's own words, or ours where it has none."""

from __future__ import annotations

from netviz.film.plan import Span
from netviz.scene.shots import ThinkShot
from netviz.scene.spec import Scene


def caption(scene: Scene, span: Span) -> str:
    """The line that stands under the title while a span runs."""
    shot = scene.shots[span.shot]
    if shot.caption is not None:
        return shot.caption
    if span.kind == "title":
        return scene.subtitle
    if span.kind == "rest":
        if span.cycle == 0:
            return "Before training: every weight is random."
        cycles = "cycle" if span.cycle == 1 else "cycles"
        return f"After {span.cycle:,} {cycles} of training, at rest."
    if isinstance(shot, ThinkShot):
        known = any(example.inputs == shot.inputs for example in scene.data.examples or ())
        return ("A known" if known else "A new") + " situation: " + " ".join(f"{value:g}" for value in shot.inputs)
    if scene.subtitle:
        return scene.subtitle
    count = scene.data.train_count
    return f"Learning from {count} {'example' if count == 1 else 'examples'}"
