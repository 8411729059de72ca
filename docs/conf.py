"""The documentation site: `make docs` builds it into build/docs, to be opened from the disk or put on any site."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(HERE / "_ext")]

from netviz.version import __version__  # noqa: E402

project = "netviz"
author = "The netviz authors"
copyright = author
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "scene_reference",
    "command_reference",
    "python_reference",
    "films",
    "clear_html",
]
exclude_patterns = ["_ext", "_templates", "pictures"]
smartquotes = False  # what is typed is typed with straight ones
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 4
copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
_ALIASES = "AnyArray", "Floats", "Integers", "LookSource", "Progress", "Recorded", "Source"
autodoc_type_aliases = {name: name for name in _ALIASES} | {"npt.ArrayLike": "ArrayLike"}
python_display_short_literal_types = True
maximum_signature_line_length = 70
default_role = "code"
"""What docstrings write between single backticks."""

html_theme = "furo"
html_title = "netviz"
FONTS = [f"../assets/fonts/Inter-{weight}.otf" for weight in ("Regular", "Medium", "SemiBold")]
html_static_path = ["_static", *FONTS, "../assets/LICENSES/Inter-OFL.txt"]
html_favicon = "_static/netviz.svg"
html_css_files = ["netviz.css"]
html_js_files = [("netviz.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
pygments_style = "github-light-high-contrast"
pygments_dark_style = "github-dark-high-contrast"

NIGHT = {
    "color-background-primary": "#070a12",
    "color-background-secondary": "#0c101b",
    "color-background-hover": "#161d2e",
    "color-background-border": "#232b3f",
    "color-foreground-primary": "#e9ebf3",
    "color-foreground-secondary": "#b2b8c9",
    "color-foreground-muted": "#a0a7ba",
    "color-foreground-border": "#5a647d",
    "color-brand-primary": "#ffcf70",
    "color-brand-content": "#7fe3bd",
    "color-brand-visited": "#bfa6ff",
    "color-api-name": "#ffcf70",
    "color-api-pre-name": "#b2b8c9",
    "color-inline-code-background": "#141a29",
    "color-highlight-on-target": "#1c2233",
}
PAPER = {
    "color-background-primary": "#fffdf8",
    "color-background-secondary": "#f6f2e8",
    "color-background-hover": "#ece6d7",
    "color-background-border": "#ddd5c2",
    "color-foreground-primary": "#1c2030",
    "color-foreground-secondary": "#4a5063",
    "color-foreground-muted": "#5a6074",
    "color-foreground-border": "#858b9c",
    "color-brand-primary": "#7a4f00",
    "color-brand-content": "#0a6648",
    "color-brand-visited": "#5b3fa8",
    "color-api-name": "#7a4f00",
    "color-api-pre-name": "#4a5063",
    "color-inline-code-background": "#f3eee1",
    "color-highlight-on-target": "#f6ecd0",
}
FACES = {
    "font-stack": 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    "font-stack--monospace": '"JetBrains Mono", ui-monospace, SFMono-Regular, Consolas, "DejaVu Sans Mono", monospace',
}
html_theme_options = {"light_css_variables": PAPER | FACES, "dark_css_variables": NIGHT | FACES}
