"""Bundled scenes, music and fonts: their folders in the source tree or the installed package."""

from __future__ import annotations

from pathlib import Path

BUNDLED = "bundled:"
"""Prefix, in scenes, of the name of a file that comes with netviz."""

_PACKAGE = Path(__file__).resolve().parent


def _data(folder: str) -> Path:
    # An editable install may leave an old copy in _data: the source tree, if there is one, takes precedence.
    tree = _PACKAGE.parent
    if (tree / "pyproject.toml").is_file() and (tree / folder).is_dir():
        return tree / folder
    return _PACKAGE / "_data" / folder


def scenes_folder() -> Path:
    """Return the folder of the bundled scene files."""
    return _data("scenes")


def assets_folder() -> Path:
    """Return the folder of the bundled music and fonts."""
    return _data("assets")


def music(audio: str) -> Path:
    """Return the path of a scene's `audio`, which is bundled:NAME or a path."""
    if audio.startswith(BUNDLED):
        return assets_folder() / audio.removeprefix(BUNDLED)
    return Path(audio)
