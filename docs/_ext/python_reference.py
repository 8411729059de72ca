"""Docstrings and signatures of the Python API for autodoc.

Docstrings are plain text. One says "jobs, cache: as in `render`. Raises InputError ..." in its sentences; in the
reference each parameter has a line of its own, and what is returned and raised stands in paragraphs after them.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args

from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef

from netviz.scene.captions import EventKind

KINDS = "|".join(get_args(EventKind))
"""Kinds of events, which the docstring of `Event` explains one by one, each from the beginning of a line."""


def as_restructured_text(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Write a docstring anew as reStructuredText."""
    text: list[str] = []
    fields: list[str] = []
    after: list[str] = []
    parameters = _parameters(obj)
    written = "\n".join([*lines, "", _of_constructor(obj)]).strip("\n")
    for paragraph in re.split(r"\n\s*\n", written):
        if paragraph.startswith("    "):
            text += ["::", "", *paragraph.splitlines(), ""]
        elif re.match(rf"(?:{KINDS}): ", paragraph):
            for kind in re.split(rf"^(?=(?:{KINDS}): )", paragraph, flags=re.MULTILINE)[1:]:
                text += ["- ``{}``: {}".format(*_plain(kind).split(": ", 1)), ""]
        else:
            for piece in _pieces(_plain(paragraph), parameters):
                found = re.match(r"([\w, ]+): ", piece)
                if found and {*found[1].split(", ")} <= {*parameters}:
                    fields += [f":param {each}: {piece[found.end() :].strip()}" for each in found[1].split(", ")]
                else:
                    (after if fields and piece.startswith(("Raises ", "Returns ")) else text).extend([piece, ""])
    lines[:] = [*text, *fields, "", *after]


def _of_constructor(obj: Any) -> str:
    """What a class says of how it is made; nothing where netviz makes it, and of all else."""
    made = vars(obj).get("__init__") if inspect.isclass(obj) else None
    return inspect.cleandoc(made.__doc__) if made is not None and made.__doc__ else ""


def _plain(paragraph: str) -> str:
    """A paragraph in one line, with what reStructuredText would take for marks escaped."""
    return re.sub(r"([*|])", r"\\\1", " ".join(paragraph.split()))


def _parameters(obj: Any) -> list[str]:
    """Names of the parameters of a function; of a class, of what makes it."""
    try:
        return list(inspect.signature(obj).parameters)
    except (TypeError, ValueError):
        return []


def _pieces(words: str, parameters: list[str]) -> list[str]:
    """A paragraph, cut before each sentence on parameters, on what is raised and on what is returned."""
    if not parameters:
        return [words]
    names = "|".join(map(re.escape, parameters))
    start = rf"(?:^|(?<=[.)] ))(?=(?:(?:{names})(?:, )?)+: |Raises [A-Z]|Returns )"
    return [piece.strip() for piece in re.split(start, words) if piece]


def readable_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None] | None:
    """Arrays by the names that the code has for them; no constructors of classes that netviz gives."""
    if what == "class" and not _of_constructor(obj):
        return "", None
    return _short(signature), _short(returned)


def _short(annotation: str | None) -> str | None:
    if annotation is None:
        return None
    array = r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[~?numpy\.(\w+)\]\]"
    return re.sub(array, r"NDArray[\1]", annotation)


def setup(app: Sphinx) -> dict[str, bool]:
    TypeAliasForwardRef.__repr__ = lambda self: self.name  # also of properties, whose types no event gives away
    app.connect("autodoc-process-docstring", as_restructured_text)
    app.connect("autodoc-process-signature", readable_signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
