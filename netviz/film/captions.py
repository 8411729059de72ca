"""The line under the title: the scene's own words, or ours where it has none."""

from __future__ import annotations

from collections.abc import Sequence

from netviz.film.plan import Span
from netviz.learn.recording import Recording
from netviz.scene.phrases import counted, say, whole
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
            return say(scene, "rest-before", weights=say(scene, f"weights-{_first_weights(scene)}"))
        return say(scene, "rest-after", cycles=counted(scene, span.cycle, "cycles"))
    if isinstance(shot, ThinkShot):
        known = any(example.inputs == shot.inputs for example in scene.data.examples or ())
        key = f"think-{'known' if known else 'new'}{'-point' if shows_points(scene) else ''}"
        return say(scene, key, values=situation(scene, shot.inputs))
    if span.kind == "walk":
        assert span.example is not None
        values = recording.examples.given[span.example].tolist()
        return say(scene, "walk", example=span.example + 1, values=situation(scene, values))
    return scene.subtitle or _learning(scene)


def situation(scene: Scene, values: Sequence[float]) -> str:
    """What is presented, as text: 1 1 0, or (1, 1) for a point of the plane."""
    texts = [f"{value:g}" for value in values]
    return f"({', '.join(texts)})" if shows_points(scene) else " ".join(texts)


def shows_points(scene: Scene) -> bool:
    """Whether examples are points of the plane to whoever watches, and not rows of a table with two columns."""
    return scene.is_planar and (scene.data.examples is None or scene.presentation == "together")


def _learning(scene: Scene) -> str:
    count, tests = scene.data.train_count, scene.data.total_count - scene.data.train_count
    what = counted(scene, count, "points" if shows_points(scene) else "examples")
    if not tests:
        return say(scene, "learning", examples=what)
    return say(
        scene, "learning-tested-one" if tests == 1 else "learning-tested", examples=what, tests=whole(scene, tests)
    )


def _first_weights(scene: Scene) -> str:
    kind = scene.training.initial_weights
    return "given" if not isinstance(kind, str) else "zero" if kind == "zero" else "random"
