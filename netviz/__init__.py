"""netviz makes films of neural networks learning.

    import netviz

    scene = netviz.load_scene("xor")          # a bundled scene, or the path of a scene file
    recording = netviz.record(scene)          # trains the network
    netviz.render(recording, "xor.mp4")       # draws and encodes the film

Importing netviz loads none of the libraries it works with; each is loaded where it is first needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from netviz.version import __version__ as __version__

if TYPE_CHECKING:
    from netviz.api import animate, compare, record, still
    from netviz.errors import InputError, NetvizError, NetvizWarning
    from netviz.films import render, render_many
    from netviz.inspection import inspect
    from netviz.learn.comparison import Comparison
    from netviz.learn.events import Event
    from netviz.learn.events import find_events as events
    from netviz.learn.recording import Recording
    from netviz.plans import plan
    from netviz.posts import Post, embed
    from netviz.scene.file import load_scene
    from netviz.scene.spec import Scene
    from netviz.scene.sweep import sweep
    from netviz.sounds import sonify
    from netviz.video.flashes import Flashes, flashes

_HOMES = {
    "animate": "netviz.api",
    "compare": "netviz.api",
    "embed": "netviz.posts",
    "inspect": "netviz.inspection",
    "plan": "netviz.plans",
    "record": "netviz.api",
    "render": "netviz.films",
    "render_many": "netviz.films",
    "still": "netviz.api",
    "InputError": "netviz.errors",
    "NetvizError": "netviz.errors",
    "NetvizWarning": "netviz.errors",
    "Event": "netviz.learn.events",
    "Comparison": "netviz.learn.comparison",
    "Recording": "netviz.learn.recording",
    "events": "netviz.learn.events",
    "Flashes": "netviz.video.flashes",
    "flashes": "netviz.video.flashes",
    "load_scene": "netviz.scene.file",
    "Post": "netviz.posts",
    "sonify": "netviz.sounds",
    "sweep": "netviz.scene.sweep",
    "Scene": "netviz.scene.spec",
}

_NAMES = {"events": "find_events"}
"""What is called otherwise where it lives."""

__all__ = [
    "Comparison",
    "Event",
    "Flashes",
    "InputError",
    "NetvizError",
    "NetvizWarning",
    "Post",
    "Recording",
    "Scene",
    "animate",
    "compare",
    "embed",
    "events",
    "flashes",
    "inspect",
    "load_scene",
    "plan",
    "record",
    "render",
    "render_many",
    "sonify",
    "still",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netviz' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), _NAMES.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
