"""What a worker must have like everybody else, so that its segment is the same to the last bit."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from netviz.errors import NetvizError


class WorkerDiffers(NetvizError):
    """A worker would draw or encode otherwise than this process."""


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str]:
    """Of netviz (a digest of its very code), the libraries that make pixels, and ffmpeg, in this process."""
    from importlib.metadata import version

    from netviz.version import __version__
    from netviz.executable import executable

    package = Path(__file__).resolve().parents[1]
    code = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(str(path.relative_to(package).as_posix()).encode() + b"\0" + path.read_bytes())
    said = subprocess.run([executable(), "-version"], stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
    return {
        "netviz": f"{__version__} (code {code.hexdigest()[:12]})",
        **{name: version(name) for name in ("numpy", "matplotlib", "pillow")},
        "ffmpeg": " ".join(said.decode(errors="replace").split()[2:3]),
    }


def refuse_others(wanted: Mapping[str, str]) -> None:
    """Raise WorkerDiffers unless this process has the versions that the one asking has."""
    here = versions()
    wrong = [
        f"{name} {here.get(name)} instead of {version}" for name, version in wanted.items() if here.get(name) != version
    ]
    if wrong:
        import socket

        raise WorkerDiffers(
            f"the worker on {socket.gethostname()} has {', '.join(wrong)}; its part of the film would not be the same: "
            "install the same versions there"
        )
