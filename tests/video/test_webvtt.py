"""WebVTT: what is written passes a strict reading of the format, says what was told, and on the frame."""

from __future__ import annotations

import html
import re
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.atomic_files import EXISTS, OutputFailed, atomic_write_all
from netviz.errors import InputError
from netviz.timeline.cues import Cue
from netviz.video.webvtt import captions_beside, is_written_for, vtt

TIME = r"([0-9]{2,}):([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"


def strictly_read(text: str) -> list[tuple[Fraction, Fraction, str]]:
    """Cues as (start, stop, text), read by the grammar of https://www.w3.org/TR/webvtt1/#syntax, and nothing looser.

    No more is allowed than we write: no settings, styles, regions or identifiers, of notes the first alone, and in a
    cue's text no tags.
    """
    assert "\r" not in text and "\0" not in text and not text.startswith("\ufeff")
    head, *blocks = text.split("\n\n")
    assert head in ("WEBVTT", "WEBVTT\n")
    if blocks and blocks[0].startswith("NOTE"):
        assert re.fullmatch("NOTE captions by netviz: film [0-9a-f]{16}, text [0-9a-f]{16}\n?", blocks.pop(0))
    assert text.endswith("\n") and not text.endswith("\n\n")
    found: list[tuple[Fraction, Fraction, str]] = []
    for block in filter(None, blocks):
        timing, payload = block.removesuffix("\n").split("\n")
        match = re.fullmatch(f"{TIME} --> {TIME}", timing)
        assert match, timing
        hours, minutes, seconds, thousandths = (list(map(int, match.groups()[part::4])) for part in range(4))
        start, stop = (
            Fraction(3600 * h + 60 * m + s) + Fraction(t, 1000)
            for h, m, s, t in zip(hours, minutes, seconds, thousandths, strict=True)
        )
        assert start < stop, "a cue ends after it begins"
        assert not found or found[-1][1] <= start, "one at a time, in order"
        assert payload and "-->" not in payload and "<" not in payload and ">" not in payload
        assert re.fullmatch("(?:[^&]|&(?:amp|lt|gt);)+", payload)
        found.append((start, stop, html.unescape(payload)))
    return found


TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from('<>&-"'), min_size=1, max_size=60
).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(2, 90_000), TEXTS), max_size=6),
    st.sampled_from([Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(240), Fraction(1, 2)]),
)
def test_what_is_written_is_valid_and_on_the_frame(parts: list[tuple[int, int, str]], fps: Fraction) -> None:
    cues, frame = [], 0
    for gap, frames, text in parts:
        cues.append(Cue(frame + gap, frame + gap + frames, text))
        frame += gap + frames
    found = strictly_read(vtt(cues, fps))
    assert [text for _, _, text in found] == [cue.text.strip() for cue in cues]
    for cue, (start, stop, _) in zip(cues, found, strict=True):
        for edge, time in ((cue.start, start), (cue.stop, stop)):
            assert int(time * fps) == edge, "the frame that is shown at that time"
            assert time - edge / fps < Fraction(1, 1000)


def test_another_reader_reads_the_same() -> None:
    cues = [Cue(0, 90, "1 < 2 & 3 > 2"), Cue(90, 180, "-->"), Cue(107_892, 110_000, "An hour -- later")]
    read = webvtt.from_buffer(StringIO(vtt(cues, Fraction(30000, 1001))))
    assert [(each.start, each.end) for each in read] == [
        ("00:00:00.000", "00:00:03.003"),
        ("00:00:03.003", "00:00:06.006"),
        ("00:59:59.997", "01:01:10.334"),
    ]
    assert [html.unescape(each.raw_text) for each in read] == [cue.text for cue in cues]


def test_a_film_that_tells_nothing_in_the_end_has_an_empty_file() -> None:
    assert vtt([], Fraction(30)) == "WEBVTT\n"
    assert strictly_read("WEBVTT\n") == []


FILM, OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.mark.parametrize("cues", [[], [Cue(3, 60, "Half of it < is – gone")], [Cue(0, 30, "a"), Cue(30, 90, "b")]])
def test_captions_of_a_film_are_known_again_unless_somebody_changed_them(tmp_path: Path, cues: list[Cue]) -> None:
    path, text = tmp_path / "film.vtt", vtt(cues, Fraction(30), FILM)
    assert not is_written_for(path, FILM)
    path.write_bytes(text.encode())
    assert strictly_read(text) == strictly_read(vtt(cues, Fraction(30)))
    assert is_written_for(path, FILM)
    assert not is_written_for(path, OTHER) and not is_written_for(path, "")
    for changed in (text + "\n", text.replace("NOTE", "NOTES"), text.replace(FILM, OTHER), vtt(cues, Fraction(30)), ""):
        path.write_bytes(changed.encode())
        assert not is_written_for(path, FILM)
    path.write_bytes(text.encode() + b"\xff")
    assert not is_written_for(path, FILM)
    path.unlink()
    path.mkdir()
    assert not is_written_for(path, FILM)


def test_a_file_is_replaced_where_it_may_be_as_it_is_in_the_end(tmp_path: Path) -> None:
    film, captions = tmp_path / "a.webm", tmp_path / "a.vtt"
    captions.write_text("ours")

    def write(text: str) -> None:
        with atomic_write_all(
            [film, captions], overwrite=lambda path: path == captions and path.read_text() == "ours"
        ) as parts:
            for part in parts:
                part.write_text("new")
            captions.write_text(text)

    with pytest.raises(InputError, match=re.escape(EXISTS)):
        write("changed meanwhile")
    assert (film.exists(), captions.read_text()) == (False, "changed meanwhile")
    write("ours")
    assert (film.read_text(), captions.read_text()) == ("new", "new")


def make(film: Path, overwrite: bool = False, fault: Exception | None = None) -> None:
    with atomic_write_all([film, captions_beside(film)], overwrite=overwrite) as (part, words):
        part.write_text("film")
        words.write_text("words")
        if fault:
            raise fault


def test_film_and_captions_appear_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film, captions = tmp_path / "a.mp4", tmp_path / "a.vtt"
    with pytest.raises(KeyError):
        make(film, fault=KeyError())
    assert not [*tmp_path.iterdir()]
    captions.write_text("mine")
    with pytest.raises(Exception, match=re.escape(EXISTS)):
        make(film)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.vtt": "mine"}
    make(film, overwrite=True)
    assert (film.read_text(), captions.read_text()) == ("film", "words")
    film.unlink()
    captions.unlink()
    original = Path.unlink

    def refused(source: object, target: object, *rest: object, **more: object) -> None:
        if str(target).endswith(".mp4"):
            raise PermissionError(13, "no")
        original(source)  # type: ignore[arg-type]
        Path(str(target)).write_text("words")

    monkeypatch.setattr("netviz.atomic_files._rename", lambda part, target, overwrite: refused(part, target))
    with pytest.raises(OutputFailed):
        make(film)
    assert not [*tmp_path.iterdir()], "where the film does not get its name its captions go again"
