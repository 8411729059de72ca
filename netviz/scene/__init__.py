"""A scene file's text becomes a typed, frozen Scene, or a list of all its mistakes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netviz.scene.loader import Draft, bundled_scenes, load_scene, read_scene
    from netviz.scene.overrides import Override, parse_set
    from netviz.scene.scene import Scene

_HOMES = {
    "Draft": "netviz.scene.loader",
    "Override": "netviz.scene.overrides",
    "Scene": "netviz.scene.scene",
    "bundled_scenes": "netviz.scene.loader",
    "load_scene": "netviz.scene.loader",
    "parse_set": "netviz.scene.overrides",
    "read_scene": "netviz.scene.loader",
}

__all__ = ["Draft", "Override", "Scene", "bundled_scenes", "load_scene", "parse_set", "read_scene"]


def __getattr__(name: str) -> Any:
    # Loaded where first needed: whoever only wants the Scene's types need not load what reads files.
    if name not in _HOMES:
        raise AttributeError(f"module 'netviz.scene' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
