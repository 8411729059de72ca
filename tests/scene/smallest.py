"""The smallest scene there is, and the mistakes of a scene as they are printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from netviz.scene.loader import read_scene

Write = Callable[[str | bytes], Path]

BASE = """\
network:
  layers: [3, 4, 1]
data:
  examples:
    - {inputs: [0, 0, 1], target: 0}
    - {inputs: [0, 1, 1], target: 1}
"""


def told(source: str | Path, overrides: Mapping[str, Any] | None = None) -> list[str]:
    """The mistakes as they are printed; each must be one line that any terminal can show."""
    result = read_scene(source, overrides)
    assert (result.scene is None) == bool(result.problems)
    lines = [str(problem) for problem in result.problems]
    assert all(line.isprintable() for line in lines)
    return lines
