"""The runs of a scene that compares some, each as a scene of its own."""

from __future__ import annotations

from pydantic import ValidationError

from netviz.errors import InputError, Problem
from netviz.scene.compare import refused
from netviz.scene.overrides import overlay
from netviz.scene.spec import Scene


def run_scenes(scene: Scene) -> tuple[Scene, ...]:
    """The scene of every run, which compares nothing itself; only the scene where there is nothing to be compared.

    Raises InputError for runs that no scene file could have: whoever reads one finds their mistakes with their places.
    """
    if scene.compare is None:
        return (scene,)
    data = scene.model_dump(mode="json", exclude={"compare"})
    scenes: list[Scene] = []
    problems: list[Problem] = []
    for index, run in enumerate(scene.compare):
        where = f"compare[{index}]"
        overlaid = overlay(data, run.set)
        reasons = {} if overlaid.problems else {key: refused(key) for key in run.set}
        found = [(problem.where, problem.message) for problem in overlaid.problems]
        found += [(key, reason) for key, reason in reasons.items() if reason is not None]
        problems += [Problem(f"{where}.set: {key}", message) for key, message in found]
        if found:
            continue
        try:
            scenes.append(Scene.model_validate(overlaid.data))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            problems.append(Problem(where, f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")))
    if problems:
        raise InputError(problems)
    return tuple(scenes)
