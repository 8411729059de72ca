"""The rooms of the house: who may import whom, and what each must not know (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "netviz"
SERVANTS = {"errors", "places"}
MAY_IMPORT = {
    "scene": SERVANTS,
    "learn": SERVANTS | {"scene", "__init__"},
    "film": SERVANTS | {"scene", "learn"},
    "sound": SERVANTS | {"scene", "learn", "film", "ffmpeg", "ffmetadata", "executable"},
    "picture": SERVANTS | {"scene", "learn", "film"},
    "video": SERVANTS | {"film", "sound", "ffmpeg", "ffmetadata", "executable"},
    "post": SERVANTS | {"scene", "learn", "film", "picture", "video"},
    "workers": SERVANTS
    | {"__init__", "scene", "learn", "film", "sound", "picture", "video", "ffmpeg", "executable", "api", "problems"},
    "preview": SERVANTS | {"scene", "learn", "film", "picture", "api", "plans", "problems", "films"},
}
MUST_NOT_KNOW = {
    "scene": {"numpy", "matplotlib", "imageio_ffmpeg", "click"},
    "learn": {"matplotlib", "imageio_ffmpeg", "click", "subprocess"},
    "film": {"matplotlib", "imageio_ffmpeg", "click", "subprocess"},
    "sound": {"matplotlib", "yaml", "click", "subprocess"},
    "picture": {"yaml", "imageio_ffmpeg", "click", "subprocess"},
    "video": {"matplotlib", "yaml", "click"},
    "post": {"matplotlib", "yaml", "imageio_ffmpeg", "click", "subprocess"},
    "workers": {"yaml", "click"},
    "preview": {"matplotlib", "yaml", "imageio_ffmpeg", "click", "subprocess"},
    "cli": {"numpy", "matplotlib", "imageio_ffmpeg"},
}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def modules(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room: str) -> None:
    for path in modules(room):
        for name in imports(path):
            if name == "netviz":
                rooms = {"__init__"}
            elif name.startswith("netviz."):
                rooms = {name.split(".")[1]}
            else:
                continue
            assert rooms <= MAY_IMPORT[room] | {room}, f"{path} imports {name}"


@pytest.mark.parametrize("room", MUST_NOT_KNOW)
def test_rooms_do_not_know_what_is_not_theirs(room: str) -> None:
    for path in modules(room):
        known = {name.split(".")[0] for name in imports(path)}
        assert not known & MUST_NOT_KNOW[room], path


def test_the_library_for_beats_is_used_in_one_place() -> None:
    assert [path.name for path in PACKAGE.rglob("*.py") if "librosa" in imports(path)] == ["beats.py"]


def test_only_the_command_line_prints() -> None:
    for path in PACKAGE.rglob("*.py"):
        if "cli" in path.parts:
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"], path


def test_importing_netviz_loads_nothing_heavy() -> None:
    program = (
        "import netviz, sys; print(sorted({'numpy', 'matplotlib', 'pydantic', 'yaml', 'rich'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert run.stdout.strip() == "[]"


def test_nothing_uses_pyplot() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert "matplotlib.pyplot" not in imports(path), path
