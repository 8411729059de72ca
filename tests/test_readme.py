"""What the README shows of Python runs as it stands there, but for the size of the film."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.filterwarnings("ignore::netviz.NetvizWarning")
def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    smaller = code.replace('"duration": 30', '"duration": 30, "output.size": "320x180", "output.fps": 2')
    assert smaller != code
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(smaller, names)
    names["animation"]._draw_was_started = True  # it is never shown, which matplotlib would warn of
    assert (tmp_path / "run.npz").is_file() and (tmp_path / "xor.mp4").is_file()
    assert names["picture"].shape == (180, 320, 3)
    assert names["answer"].shape == (1,)
