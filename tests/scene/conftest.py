"""What the tests of scene files share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], Path]:
    """Writes my.yaml into an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def _write(content: str | bytes) -> Path:
        Path("my.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
        return Path("my.yaml")

    return _write
