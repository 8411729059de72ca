"""Sphinx's HTML put right for those who have it read to them.

Lines of a long signature are a list of definitions without terms there, empty cells over a column its headers, and
titles of lists of pages headings of no level.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

SIGNATURE = re.compile(r'<dl>\n(<dd><em class="sig-param">.*?)</dl>', re.DOTALL)
EMPTY_HEADER = re.compile(r"<th([^>]*)><p></p></th>")


def clear(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Change a page's body before it is written."""
    body = SIGNATURE.sub(_lines, context.get("body", ""))
    body = EMPTY_HEADER.sub(r"<td\1></td>", body)
    body = body.replace("</strong> -- ", "</strong>: ")  # of a parameter
    context["body"] = body.replace('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"')


def _lines(found: re.Match[str]) -> str:
    return re.sub(r"<(/?)dd>", r"<\1div>", f'<div class="sig-lines">{found[1]}</div>')


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", clear)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
