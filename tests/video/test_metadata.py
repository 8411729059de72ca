"""What files of every kind say about themselves: written, read again, and refused where it is damaged."""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from netviz.errors import InputError
from netviz.video import metadata_formats, metadata_images
from netviz.video.metadata import PACKED, DamagedFile, Music, Provenance, ffmetadata, parse_provenance
from netviz.video.metadata_formats import NOT_OURS, find_in_tags, read_media, read_provenance, with_provenance
from tests.video.support import run_real

ABOUT = Provenance("Tïtle <&> \"']]>", "0.1.0", 1, "0" * 64, Music("Song", "Jäger", "CC BY"), ("a.mp3",), {"name": "x"})
LARGE = Provenance("Large", "0.1.0", "0.59704", "f" * 64, None, (), {"numbers": [n / 7 for n in range(30_000)]})
KINDS = {
    ".png": (metadata_images.find_in_png, metadata_images.look_at_png),
    ".apng": (metadata_images.find_in_png, metadata_images.look_at_png),
    ".gif": (metadata_images.find_in_gif, metadata_images.look_at_gif),
    ".webp": (metadata_images.find_in_webp, metadata_images.look_at_webp),
    ".jpg": (metadata_images.find_in_jpeg, metadata_images.look_at_jpeg),
}
PICTURES = [*KINDS, "lossless.webp", "moving.webp"]


@cache
def picture(kind: str) -> bytes:
    """A small picture, or an animation of three, each 0.1 s."""
    frames = [Image.new("RGB", (20, 11), (80 * n, 10, 90)) for n in range(3)]
    moves = kind in (".apng", ".gif", "moving.webp")
    more: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": 100, "loop": 0} if moves else {}
    more |= {"lossless": True} if kind == "lossless.webp" else {}
    file = io.BytesIO()
    frames[0].save(file, {".png": "PNG", ".apng": "PNG", ".gif": "GIF", ".jpg": "JPEG"}.get(kind, "WEBP"), **more)
    return file.getvalue()


def suffix(kind: str) -> str:
    return f".{kind.split('.')[-1]}"


def frames(data: bytes) -> Iterator[tuple[bytes, Any]]:
    with Image.open(io.BytesIO(data)) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            yield image.convert("RGB").tobytes(), image.info.get("duration")


@pytest.mark.parametrize("about", [ABOUT, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_says_it_and_looks_the_same(kind: str, about: Provenance, tmp_path: Path) -> None:
    data = with_provenance(suffix(kind), picture(kind), about)
    assert [*frames(data)] == [*frames(picture(kind))]
    path = tmp_path / "any.name"
    path.write_bytes(data)
    assert read_provenance(path) == about
    media = read_media(path)
    assert (media.size, media.size_in_bytes) == ((20, 11), len(data))
    moves = kind in (".apng", ".gif", "moving.webp")
    assert media.seconds == (pytest.approx(0.3) if moves else None)
    assert media.fps == ("10" if moves else None)


def test_what_other_programs_read() -> None:
    with Image.open(io.BytesIO(with_provenance(".png", picture(".png"), ABOUT))) as image:
        assert image.info["Title"] == ABOUT.title
        assert image.info["Software"] == "netviz 0.1.0"
        assert image.info["Copyright"] == "Music: Song by Jäger, CC BY"
    for kind in (".webp", ".jpg"):
        with Image.open(io.BytesIO(with_provenance(kind, picture(kind), ABOUT))) as image:
            xmp = ElementTree.fromstring(image.info["xmp"])
        dublin, said = "{http://purl.org/dc/elements/1.1/}", {each.tag: "".join(each.itertext()) for each in xmp.iter()}
        assert said[f"{dublin}title"] == ABOUT.title
        assert said[f"{dublin}rights"] == ABOUT.rights
        assert said["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == "netviz 0.1.0"
    with Image.open(io.BytesIO(with_provenance(".gif", picture(".gif"), ABOUT))) as image:
        assert b"Software: netviz 0.1.0" in image.info["comment"]


@pytest.mark.parametrize("kind", PICTURES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_spoiled_picture_is_damaged_or_says_what_it_said(kind: str, data: st.DataObject) -> None:
    find, look = KINDS[suffix(kind)]
    whole = with_provenance(suffix(kind), picture(kind), ABOUT)
    at = data.draw(st.integers(16, len(whole) - 1))
    if data.draw(st.booleans()):
        spoiled = whole[:at]
    else:
        spoiled = whole[:at] + data.draw(st.binary(min_size=1, max_size=4)) + whole[at + 1 :]
    try:
        look(spoiled)
        text = find(spoiled)
        if text is not None:
            parse_provenance(text)
    except DamagedFile:
        pass


@pytest.mark.parametrize("kind", KINDS)
@given(rest=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_noise_is_damaged(kind: str, rest: bytes) -> None:
    for use in (*KINDS[kind], lambda data: with_provenance(kind, data, ABOUT)):
        with suppress(DamagedFile):
            use(picture(kind)[:12] + rest)


def box(name: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return (8 + len(content)).to_bytes(4, "big") + name + content


@given(st.integers(0, 10_000), st.binary(max_size=5))
@settings(max_examples=150, deadline=None)
def test_a_spoiled_film_is_damaged_or_says_what_it_said(at: int, noise: bytes) -> None:
    film = (
        box(b"ftyp", b"isom")
        + box(b"moov", box(b"mvhd", bytes(20)), metadata_formats.mp4_box(ABOUT))
        + box(b"mdat", b"12345")
    )
    assert metadata_formats.find_in_mp4(film) == ABOUT.text
    at %= len(film)
    try:
        text = metadata_formats.find_in_mp4(film[:at] + noise + film[at + len(noise) :])
        if text is not None:
            parse_provenance(text)
    except DamagedFile:
        pass


@pytest.mark.parametrize("about", [ABOUT, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("kind", ["webm", "mov"])
def test_a_film_that_ffmpeg_writes(kind: str, about: Provenance, tmp_path: Path) -> None:
    (tmp_path / "tags.txt").write_text(ffmetadata(about), encoding="utf-8")
    path = tmp_path / f"a.{kind}"
    source = ("-f", "lavfi", "-i", "testsrc=s=64x48:d=0.5:r=10", "-i", tmp_path / "tags.txt")
    codec = {"webm": "libvpx", "mov": "mjpeg"}[kind]
    run_real(*source, "-map_metadata", "1", "-c:v", codec, "-movflags", "use_metadata_tags", path)
    assert read_provenance(path) == about
    media = read_media(path)
    assert (media.kind.lower(), media.size, media.fps) == (kind, (64, 48), "10")
    assert media.codecs == ({"webm": "vp8", "mov": "mjpeg"}[kind],)
    assert media.seconds == pytest.approx(0.5, abs=0.03)


def test_files_without_a_word_of_netviz(tmp_path: Path) -> None:
    for name, data in {
        "a.png": picture(".png"),
        "a.gif": picture(".gif"),
        "a.webp": picture("moving.webp"),
        "a.jpg": picture(".jpg"),
        "a.txt": b"a text",
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError) as wrong:
            read_provenance(tmp_path / name)
        assert [problem.message for problem in wrong.value.problems] == [NOT_OURS]


def test_what_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + b"nothing of a film" * 9)
    with pytest.raises(InputError, match=r"a\.mp4: is damaged: it breaks off"):
        read_provenance(tmp_path / "a.mp4")
    with pytest.raises(DamagedFile, match="ffmpeg cannot read it"):
        find_in_tags(tmp_path / "a.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(InputError, match="is empty"):
        read_provenance(tmp_path / "empty.mp4")
    with pytest.raises(InputError, match="is a folder; give"):
        read_provenance(tmp_path)


def packed(text: str) -> str:
    return PACKED + base64.b64encode(zlib.compress(text.encode())).decode()


def changed(**changes: Any) -> str:
    return json.dumps({**json.loads(ABOUT.text), **changes})


NESTED: Any = {}
for _ in range(30):
    NESTED = {"a": NESTED}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[1]", "no keys"),
        ("[" * 100_000, "no JSON"),
        ('{"seed": NaN}', "no JSON"),
        (f'{{"seed": {"9" * 5000}}}', "no JSON"),
        (changed(scene=[]), "its music or its scene"),
        (changed(music="x"), "its music or its scene"),
        (changed(music={}), "its title is no text"),
        (changed(title="x" * 2000), "its title is no text"),
        (changed(netviz=1), "its netviz is no text"),
        (changed(seed=True), "its seed is no text"),
        (changed(files={}), "its list of files"),
        (changed(files=[1]), "its files is no text"),
        (changed(scene=NESTED), "nested too deep"),
        (f"{PACKED}!", "cannot be unpacked"),
        (f"{PACKED}AAAA", "cannot be unpacked"),
        (LARGE.text[:-40], "breaks off"),
    ],
)
def test_texts_that_are_none_of_ours(text: str, message: str) -> None:
    with pytest.raises(DamagedFile, match=message):
        parse_provenance(text)


def test_little_that_unpacks_to_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netviz.video.metadata.LARGEST", 10_000)
    assert len(packed(" " * 10_001)) < 100
    with pytest.raises(DamagedFile, match=r"is longer than 0.01 MB"):
        parse_provenance(packed(" " * 10_001))


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@given(
    st.text(max_size=200),
    st.integers(0, 2**32) | st.text(max_size=100),
    st.dictionaries(st.text(), plain_values, max_size=4),
)
@settings(max_examples=50, deadline=None)
def test_any_scene_comes_back(title: str, seed: int | str, scene: dict[str, Any]) -> None:
    about = Provenance(title, "0.1.0", seed, "0" * 64, Music(title), (title,), scene)
    assert parse_provenance(about.text) == about
    assert about.text.isascii()


def test_a_large_scene_is_packed() -> None:
    assert LARGE.text.startswith(PACKED)
    assert len(LARGE.text) < 0.75 * len(json.dumps(LARGE.scene))
    assert ABOUT.text.startswith("{")
