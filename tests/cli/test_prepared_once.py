"""Every command prepares its scene once: nothing of it is resolved, listened to, checked or planned twice."""

from __future__ import annotations

from typing import Any

import pytest

from netviz.pipeline import api, jobs, prepare
from netviz.pipeline.prepare import Prepared
from netviz.web import embed
from tests.cli.conftest import Call


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("render", "-o", "film.mp4"),
        ("render", "--dry-run"),
        ("still",),
        ("embed",),
        ("sonify",),
        ("plan",),
        ("validate",),
        ("events",),
        ("think", "--inputs", "1,1,0"),
        ("record",),
    ],
)
def test_one_preparation_a_command(call: Call, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    counted: dict[str, int] = {}

    def count(module: Any, name: str) -> None:
        original = getattr(module, name)

        def counting(*given: Any, **more: Any) -> Any:
            counted[name] = counted.get(name, 0) + 1
            return original(*given, **more)

        monkeypatch.setattr(module, name, counting)

    original = prepare.prepare
    counting: list[Prepared] = []

    def prepared(*given: Any, **more: Any) -> Prepared:
        counting.append(original(*given, **more))
        return counting[-1]

    for module in (api, jobs, prepare, embed):
        monkeypatch.setattr(module, "prepare", prepared)
    monkeypatch.setattr("netviz.cli.commands.prepare", prepared)
    for name in ("make_plan", "sound_problems", "drawing_problems", "add_story"):
        count(prepare, name)
    name, *options = command
    # As settings, which every command takes.
    short = ("output.size=160x128", "output.fps=10", "audio=bundled:track.mp3", "audio.fit=track", "duration=8")
    result = call(name, *options, *(word for setting in short for word in ("--set", setting)))
    assert result.code == 0, result.err
    assert len(counting) == 1
    assert all(times == 1 for times in counted.values()), counted
    is_film = name not in ("events", "think", "record")
    assert (counted.get("make_plan", 0) == 1) == is_film, counted
