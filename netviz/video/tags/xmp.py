"""Texts as XMP, which pictures of several kinds can hold (https://www.iso.org/standard/75163.html, ISO 16684-1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from xml.sax.saxutils import escape

from netviz.video.about import NAME

_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    f'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:{NAME}="urn:x-{NAME}:">'
)
_TAIL = '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
_SPOKEN = '<dc:{0}><rdf:Alt><rdf:li xml:lang="x-default">{1}</rdf:li></rdf:Alt></dc:{0}>'
_ELEMENTS = {
    "title": _SPOKEN.replace("{0}", "title"),
    "software": "<xmp:CreatorTool>{1}</xmp:CreatorTool>",
    "comment": _SPOKEN.replace("{0}", "description"),
    "copyright": _SPOKEN.replace("{0}", "rights"),
    NAME: f"<{NAME}:about>{{1}}</{NAME}:about>",
}
_OURS = re.compile(rf"<{NAME}:about>([^<]*)</{NAME}:about>".encode())


def packet(texts: Mapping[str, str]) -> bytes:
    """The texts as a packet of XMP, in UTF-8."""
    body = "".join(_ELEMENTS[name].replace("{1}", _escaped(text)) for name, text in texts.items() if name in _ELEMENTS)
    return f"{_HEAD}{body}{_TAIL}".encode(errors="replace")


def find(xmp: bytes) -> str | None:
    """The text under netviz's name. It is looked for, not parsed: XML of strangers can be built to fill the memory."""
    match = _OURS.search(xmp)
    return unescape(match[1].decode("ascii", errors="replace")) if match else None


def _escaped(text: str) -> str:
    # Of control characters XML can hold none but these, not even escaped.
    return escape("".join(c for c in text if ord(c) >= 32 or c in "\t\n"))
