"""The line under the title: the scene's own words, or ours where it has none."""

from __future__ import annotations

from collections.abc import Sequence

from netviz.film.plan import Span
from netviz.learn.recording import Recording
from netviz.scene.shots import ThinkShot
from netviz.scene.spec import Scene


def caption(recording: Recording, span: Span) -> str:
    """The line that stands under the title while a span runs."""
    scene = recording.scene
    shot = scene.shots[span.shot]
    if shot.caption is not None:
        return shot.caption
    if span.kind == "title":
        return scene.subtitle
    if span.kind == "rest":
        if span.cycle == 0:
            return f"Before training: {_first_weights(scene)}."
        return f"After {span.cycle:,} {_plural(span.cycle, 'cycle')} of training, at rest."
    if isinstance(shot, ThinkShot):
        known = any(example.inputs == shot.inputs for example in scene.data.examples or ())
        return f"A {'known' if known else 'new'} {_situation(scene)}: {_values(scene, shot.inputs)}"
    if span.kind == "walk":
        assert span.example is not None
        values = recording.examples.given[span.example].tolist()
        return f"Working through example {span.example + 1}: {_values(scene, values)}"
    return scene.subtitle or _learning(scene)


def _learning(scene: Scene) -> str:
    count, tests = scene.data.train_count, scene.data.total_count - scene.data.train_count
    what = f"Learning from {count:,} {_plural(count, 'point' if _shows_points(scene) else 'example')}"
    return f"{what}; {tests:,} {'is' if tests == 1 else 'are'} kept for testing" if tests else what


def _first_weights(scene: Scene) -> str:
    kind = scene.training.initial_weights
    if not isinstance(kind, str):
        return "the weights it is given"
    return "every weight is zero" if kind == "zero" else "every weight is random"


def _shows_points(scene: Scene) -> bool:
    """Whether examples are points of the plane to whoever watches, and not rows of a table with two columns."""
    return scene.is_planar and (scene.data.examples is None or scene.presentation == "together")


def _situation(scene: Scene) -> str:
    return "point" if _shows_points(scene) else "situation"


def _values(scene: Scene, values: Sequence[float]) -> str:
    texts = [f"{value:g}" for value in values]
    return f"({', '.join(texts)})" if _shows_points(scene) else " ".join(texts)


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
