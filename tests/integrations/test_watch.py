"""netviz.watch finds the integration of a model by its class, and loads no framework for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import netviz
from netviz.errors import InputError
from netviz.integrations import watch as watching

ROOT = Path(__file__).parents[2]
FRAMEWORKS = ("torch", "sklearn", "keras", "lightning", "jax")


class Model:
    """A model of no framework."""


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Model(), "model: is of the class tests.integrations.test_watch.Model; netviz.watch knows models of torch"),
        ([1, 2], "model: is of the class list; netviz.watch knows models of torch"),
        (Model, "model: is the class Model itself; give a model of it"),
        (None, "model: is of the class NoneType; netviz.watch knows"),
    ],
)
def test_a_model_of_no_known_framework_is_refused(model: Any, message: str) -> None:
    with pytest.raises(InputError) as wrong:
        netviz.watch(model, [[0.0]])
    assert str(wrong.value).startswith(message)
    assert str(wrong.value).endswith("and netviz.Recorder takes any training loop")


def test_the_first_known_package_among_a_models_classes_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    class Framework(Model):
        """A class of a framework, which a model of somebody's derives from."""

    class Own(Framework):
        """That model's class."""

    Framework.__module__, Own.__module__ = "sorcery.magic.models", "__main__"
    given: dict[str, Any] = {}

    def watch(model: Any, X: Any, y: Any, **options: Any) -> str:
        given.update(options, model=model, X=X, y=y)
        return "its watcher"

    monkeypatch.setitem(watching.INTEGRATIONS, "sorcery", "integration_of_sorcery")
    monkeypatch.setitem(sys.modules, "integration_of_sorcery", type(sys)("integration_of_sorcery"))
    monkeypatch.setattr(sys.modules["integration_of_sorcery"], "watch", watch, raising=False)
    model = Own()
    options: dict[str, Any] = {"loss": "a", "classes": "b", "names": "c", "unit": "d", "budget": 3}
    options |= {"points": 4, "point_targets": 5}
    assert netviz.watch(model, 1, 2, **options) == "its watcher"
    assert given == {"model": model, "X": 1, "y": 2, **options}


def test_netviz_loads_no_framework() -> None:
    program = (
        "import netviz, netviz.recording.recorder, netviz.pipeline.render, sys\n"
        "try: netviz.watch([1], [[0.0]])\n"
        "except netviz.InputError: pass\n"
        f"print(sorted({{*{FRAMEWORKS}}} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"
