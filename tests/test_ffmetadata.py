"""ffmpeg's text for tags: written and read again, here and by ffmpeg."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from netviz.ffmpeg import parse, text_of
from tests.video.support import run_real

names = st.text("abcxyz=;#\\ ", min_size=1)
values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


@given(st.dictionaries(names, values))
def test_what_is_written_is_read_again(tags: dict[str, str]) -> None:
    assert parse(text_of(tags)) == tags


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    parse(text)


def test_tags_of_streams_are_none_of_the_file() -> None:
    assert parse(";FFMETADATA1\nTitle=a\n; note=1\n[STREAM]\ntitle=b\nlanguage=c\n;FFMETADATA1\nx=1") == {
        "title": "a",
        "x": "1",
    }


def test_ffmpeg_understands_it(tmp_path: Path) -> None:
    tags = {"title": "a=b; #c\\d\ne", "comment": "ä🙂"}
    (tmp_path / "in.txt").write_text(text_of(tags), encoding="utf-8")
    run_real("-i", tmp_path / "in.txt", "-map_metadata", "0", "-f", "ffmetadata", tmp_path / "out.txt")
    read = parse((tmp_path / "out.txt").read_text(encoding="utf-8"))
    assert {name: read[name] for name in tags} == tags
