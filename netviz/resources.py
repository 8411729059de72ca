"""Bundled scenes, music and fonts: where they lie in the source tree or the installed package."""

from __future__ import annotations

from pathlib import Path

_BUNDLED = "bundled:"
"""What a scene writes before the name of a file that comes with netviz."""

_PACKAGE = Path(__file__).resolve().parent


def _data(folder: str) -> Path:
    # An editable install may leave an old copy in _data: the source tree, where there is one, is the truth.
    tree = _PACKAGE.parent
    if (tree / "pyproject.toml").is_file() and (tree / folder).is_dir():
        return tree / folder
    return _PACKAGE / "_data" / folder


def scenes_folder() -> Path:
    """The folder of the bundled scene files."""
    return _data("scenes")


def assets_folder() -> Path:
    """The folder of the bundled music and fonts."""
    return _data("assets")


def music(audio: str) -> Path:
    """The file that a scene's `audio` means: bundled:NAME, or a path."""
    if audio.startswith(_BUNDLED):
        return assets_folder() / audio.removeprefix(_BUNDLED)
    return Path(audio)
