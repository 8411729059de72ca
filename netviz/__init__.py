"""netviz makes films of neural networks learning.

    import netviz

    scene = netviz.load_scene("xor")          # a bundled scene, or the path of a scene file
    recording = netviz.record(scene)          # trains the network
    netviz.render(recording, "xor.mp4")       # draws and encodes the film

Importing netviz loads none of the libraries it works with; each is loaded where it is first needed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from netviz.version import __version__ as __version__

if sys.version_info < (3, 11):  # noqa: UP036 (from a clone; before anything is loaded that such a one cannot read)
    raise ImportError("netviz needs Python 3.11 or later, and this is {}.{}".format(*sys.version_info[:2]))

if TYPE_CHECKING:
    from netviz.errors import InputError, NetvizError, NetvizWarning
    from netviz.integrations.watch import watch
    from netviz.pipeline.api import animate, compare, events, record, sonify, still
    from netviz.pipeline.estimate import Estimate, estimate
    from netviz.pipeline.prepare import plan
    from netviz.pipeline.provenance import inspect
    from netviz.pipeline.render import render, render_many
    from netviz.recording.comparison import Comparison
    from netviz.recording.event import Event
    from netviz.recording.recorder import Recorder
    from netviz.recording.recording import Recording
    from netviz.scene.loader import load_scene
    from netviz.scene.scene import Scene
    from netviz.scene.sweep import sweep
    from netviz.video.flashes import Flashes, flashes
    from netviz.web.embed import Post, embed
    from netviz.web.live import live
    from netviz.web.notebook import Film

_MODULES = {
    "animate": "netviz.pipeline.api",
    "compare": "netviz.pipeline.api",
    "embed": "netviz.web.embed",
    "inspect": "netviz.pipeline.provenance",
    "plan": "netviz.pipeline.prepare",
    "record": "netviz.pipeline.api",
    "render": "netviz.pipeline.render",
    "render_many": "netviz.pipeline.render",
    "still": "netviz.pipeline.api",
    "InputError": "netviz.errors",
    "NetvizError": "netviz.errors",
    "NetvizWarning": "netviz.errors",
    "Event": "netviz.recording.event",
    "Film": "netviz.web.notebook",
    "Comparison": "netviz.recording.comparison",
    "Recorder": "netviz.recording.recorder",
    "Recording": "netviz.recording.recording",
    "events": "netviz.pipeline.api",
    "Estimate": "netviz.pipeline.estimate",
    "estimate": "netviz.pipeline.estimate",
    "Flashes": "netviz.video.flashes",
    "flashes": "netviz.video.flashes",
    "live": "netviz.web.live",
    "load_scene": "netviz.scene.loader",
    "Post": "netviz.web.embed",
    "sonify": "netviz.pipeline.api",
    "sweep": "netviz.scene.sweep",
    "watch": "netviz.integrations.watch",
    "Scene": "netviz.scene.scene",
}

__all__ = [
    "Comparison",
    "Estimate",
    "Event",
    "Film",
    "Flashes",
    "InputError",
    "NetvizError",
    "NetvizWarning",
    "Post",
    "Recorder",
    "Recording",
    "Scene",
    "animate",
    "compare",
    "embed",
    "estimate",
    "events",
    "flashes",
    "inspect",
    "live",
    "load_scene",
    "plan",
    "record",
    "render",
    "render_many",
    "sonify",
    "still",
    "sweep",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'netviz' has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
