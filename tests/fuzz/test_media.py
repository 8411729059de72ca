"""Music, films, pictures and fonts of strangers: whole ones made here, then damaged where they say what they hold."""

from __future__ import annotations

import io
import tempfile
import warnings
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from netviz.audio.music_file import audio_length, music_tags
from netviz.drawing.picture_file import read_picture
from netviz.errors import NetvizError, NetvizWarning
from netviz.pipeline.api import record, still
from netviz.pipeline.prepare import prepare
from netviz.pipeline.provenance import inspect, provenance_of
from netviz.pipeline.render import render
from netviz.resources import assets_folder
from netviz.scene.export import scene_hash
from netviz.scene.loader import load_scene
from netviz.video.flashes import flashes
from netviz.video.metadata import Provenance
from netviz.video.metadata_formats import with_provenance
from tests.conftest import short_scene
from tests.fuzz.checking import check
from tests.fuzz.mutations import damaged, damaged_tree, marks_of, words_of_scenes
from tests.video.support import run_real

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(0)]

_SCENE = """network: {layers: [2, 2, 1]}
data: {examples: [{inputs: [0, 1], target: 1}, {inputs: [1, 1], target: 0}]}
training: {cycles: 20}
output: {size: 320x180, fps: 10}
"""


# Music.


@cache
def _music() -> Mapping[str, bytes]:
    """A second of a tone in each kind of file, with tags, and with a cover where there may be one."""
    tone = ["-f", "lavfi", "-i", "sine=440:duration=1.2:sample_rate=8000"]
    tone += ["-metadata", "title=A tone", "-metadata", "artist=Me"]
    kinds = {
        "a.wav": [], "b.wav": ["-c:a", "pcm_f32le"], "c.wav": ["-c:a", "adpcm_ima_wav"], "a.mp3": ["-b:a", "32k"],
        "b.mp3": ["-write_xing", "0", "-q:a", "9"],
        "a.flac": [], "a.ogg": ["-c:a", "libvorbis"], "b.ogg": ["-c:a", "libopus", "-ar", "48000"], "a.m4a": [],
        "b.m4a": ["-movflags", "+faststart+frag_keyframe"], "a.aac": [],
        "a.aiff": [], "a.mka": ["-c:a", "libopus", "-ar", "48000"], "a.caf": ["-c:a", "pcm_s16be"], "a.au": [],
        "a.w64": [], "a.tta": [], "a.wv": [],
    }  # fmt: skip
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, options in kinds.items():
            run_real("-v", "error", *tone, *options, Path(folder) / name)
            found[name] = (Path(folder) / name).read_bytes()
    return found


_MUSIC_MARKS = (
    b"RIFF", b"fmt ", b"data", b"LIST", b"ID3", b"TIT2", b"Xing", b"Info", b"fLaC", b"OggS", b"\1vorbis",
    b"\3vorbis", b"OpusHead", b"moov", b"trak", b"mdhd", b"stts", b"stsz", b"stsc", b"stco", b"moof", b"trun",
    b"esds", b"mp4a", b"ilst", b"FORM", b"COMM", b"SSND", b"caff", b"desc", b"wvpk", b"TTA1", b"\x1a\x45\xdf\xa3",
    b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b",
)  # fmt: skip


@st.composite
def damaged_music(draw: st.DrawFn) -> tuple[str, bytes]:
    """Name and bytes of a file of music with a few mistakes."""
    name = draw(st.sampled_from(sorted(_music())))
    content = _music()[name]
    if draw(st.integers(0, 9)) == 0:  # two files in one
        content += _music()[draw(st.sampled_from(sorted(_music())))]
    return f"music.{draw(st.sampled_from([name[2:], 'mp3']))}", draw(damaged(content, marks_of(content, _MUSIC_MARKS)))


@given(damaged_music(), st.sampled_from([False] * 40 + [True]))
def test_damaged_music_is_refused_or_heard(music: tuple[str, bytes], listens: bool) -> None:
    name, content = music

    def use() -> None:
        music_tags(name)
        seconds = audio_length(name)
        assert 0 < seconds < 100_000
        scene = load_scene("scene.yaml")
        provenance_of(scene)
        if seconds < 60:
            prepare(scene).checked()

    sync = "sync: {to: beats}\n" if listens else ""
    scene = f"{_SCENE}audio: {name}\npulse: 1\n{sync}"
    check(use, {name: content, "scene.yaml": scene.encode()}, seconds=120 if listens else 20)


# Films.


@cache
def _films() -> Mapping[str, bytes]:
    """A short film of netviz's in each kind of file, and films that others made."""
    found = {}
    with tempfile.TemporaryDirectory() as made, warnings.catch_warnings():
        warnings.simplefilter("ignore", NetvizWarning)  # of how little there is room for in a few seconds
        folder = Path(made)
        scene = short_scene(
            training__cycles=20, schedule={"cycles": [1, 20]}, duration=3, output__fps=5, shots=[{"shot": "learning"}]
        )
        names = [folder / f"film.{kind}" for kind in ("mp4", "webm", "gif", "webp", "apng", "mov")]
        render(scene, names)
        still(scene, "50%", folder / "film.png")
        still(scene, "50%", folder / "film.jpg")
        render(record(scene), folder / "run.mp4")
        source = ["-v", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=10"]
        for name, options in {
            "other.mp4": ["-movflags", "frag_keyframe+empty_moov"],
            "other.mkv": [],
            "other.gif": [],
            "other.avi": [],
            "other.webp": [],
        }.items():
            run_real(*source, *options, folder / name)
        for path in folder.iterdir():
            if path.suffix != ".vtt":
                found[path.name] = path.read_bytes()
    return found


_FILM_MARKS = (
    b"ftyp", b"moov", b"mvhd", b"trak", b"tkhd", b"edts", b"elst", b"mdia", b"mdhd", b"hdlr", b"minf", b"stbl",
    b"stsd", b"avc1", b"avcC", b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco", b"udta", b"meta", b"ilst",
    b"----", b"netviz", b"mdat", b"moof", b"trun", b"IHDR", b"acTL", b"fcTL", b"fdAT", b"IDAT", b"iTXt", b"IEND",
    b"RIFF", b"VP8 ", b"VP8X", b"ANIM", b"ANMF", b"XMP ", b"GIF89a", b"NETSCAPE", b"\x21\xf9", b"\x21\xfe",
    b"\x2c\0\0", b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b",
    b"\x12\x54\xc3\x67", b"\x1f\x43\xb6\x75", b"\xff\xfe", b"\xff\xc0", b"\xff\xda", b"strh", b"strf", b"idx1",
)  # fmt: skip


@st.composite
def damaged_films(draw: st.DrawFn) -> tuple[str, bytes]:
    """Name and bytes of a film or picture with a few mistakes; those of a PNG may have checksums that fit them."""
    name = draw(st.sampled_from(sorted(_films())))
    content = _films()[name]
    content = draw(damaged(content, marks_of(content, _FILM_MARKS)))
    if name.endswith("png") and draw(st.booleans()):
        content = _with_checksums(content)
    return f"film.{draw(st.sampled_from([name.rpartition('.')[2], 'mp4']))}", content


def _with_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the checksums that fit them."""
    data, at = bytearray(content), 8
    while at + 12 <= len(data):
        stop = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if stop + 4 > len(data):
            break
        data[stop : stop + 4] = zlib.crc32(data[at + 4 : stop]).to_bytes(4, "big")
        at = stop + 4
    return bytes(data)


@given(damaged_films())
def test_damaged_films_are_refused_or_inspected(film: tuple[str, bytes]) -> None:
    def use() -> None:
        found = inspect(film[0])
        Path("again.yaml").write_text(found.scene, encoding="utf-8")
        load_scene("again.yaml")

    check(use, dict([film]))


@st.composite
def foreign_words(draw: st.DrawFn) -> Provenance:
    """What a picture says of itself, its scene damaged, and the hash that fits."""
    about = provenance_of(short_scene())
    scene = draw(damaged_tree(dict(about.scene), words_of_scenes(), most=6))
    parts = draw(damaged_tree({"title": about.title, "files": ["digits.csv"], "run": ""}, most=2, deep=False))
    text = {key: parts.get(key) if isinstance(parts.get(key), str) else "" for key in ("title", "run")}
    files = tuple(map(str, parts["files"])) if isinstance(parts.get("files"), list) else ()
    return replace(about, scene=scene, scene_hash=scene_hash(scene), files=files, **text)


@given(foreign_words(), st.sampled_from([".png", ".jpg", ".gif"]))
def test_foreign_words_in_pictures_are_refused_or_restored(about: Provenance, kind: str) -> None:
    name = {".png": "film.png", ".jpg": "film.jpg", ".gif": "other.gif"}[kind]

    def use() -> None:
        found = inspect("film")
        Path("again.yaml").write_text(found.scene, encoding="utf-8")
        with suppress(NetvizError):
            prepare(load_scene("again.yaml")).checked()
        from netviz.cli import main

        main(["inspect", "film"])

    check(use, {"film": with_provenance(kind, _bare(name), about)}, quiet=False)


@cache
def _bare(name: str) -> bytes:
    """A picture that says nothing of itself."""
    kind = name.rpartition(".")[2].replace("jpg", "jpeg")
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, kind)
    return made.getvalue()


@given(
    damaged_films(),
    st.sampled_from([["inspect"], ["inspect", "--json"], ["flashes"], ["flashes", "--json"], ["render"], ["embed"]]),
)
def test_commands_answer_damaged_films_in_lines(film: tuple[str, bytes], command: list[str]) -> None:
    def use() -> None:
        from netviz.cli import main

        main([command[0], film[0], *command[1:]])

    check(use, dict([film]), quiet=False)


@given(damaged_films())
def test_damaged_films_are_refused_or_searched_for_flashes(film: tuple[str, bytes]) -> None:
    check(lambda: flashes(film[0]), dict([film]))


# Pictures and fonts that scenes name.


@cache
def _pictures() -> Mapping[str, bytes]:
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        ("a.png", "RGBA", {}), ("b.png", "P", {"transparency": 3}), ("c.png", "L", {}), ("d.png", "1", {}),
        ("e.png", "I;16", {}), ("a.jpg", "RGB", {}), ("b.jpg", "RGB", {"progressive": True}), ("c.jpg", "CMYK", {}),
        ("d.jpg", "L", {"optimize": True}), ("a.gif", "P", {}), ("a.webp", "RGB", {}),
    ]  # fmt: skip
    found = {}
    noise = np.random.default_rng(1).integers(0, 256, (24, 32, 4), np.uint8)
    with tempfile.TemporaryDirectory() as made:
        for name, mode, options in kinds:
            picture = Image.fromarray(noise)
            picture = picture.convert("L").convert(mode) if mode == "I;16" else picture.convert("RGB").convert(mode)
            picture.save(Path(made) / name, **options)
            found[name] = (Path(made) / name).read_bytes()
    return found


@st.composite
def damaged_pictures(draw: st.DrawFn) -> tuple[str, bytes]:
    """Name and bytes of a picture with a few mistakes."""
    name = draw(st.sampled_from(sorted(_pictures())))
    content = _pictures()[name]
    content = draw(
        damaged(
            content,
            marks_of(
                content,
                [
                    b"IHDR",
                    b"PLTE",
                    b"tRNS",
                    b"IDAT",
                    b"IEND",
                    b"\xff\xc0",
                    b"\xff\xc2",
                    b"\xff\xc4",
                    b"\xff\xda",
                    b"\xff\xdb",
                    b"\xff\xe0",
                    b"RIFF",
                ],
            ),
        )
    )
    if name.endswith("png") and draw(st.integers(0, 3)):
        content = _with_checksums(content)
    return f"picture.{draw(st.sampled_from([name[2:], 'png']))}", content


@given(damaged_pictures(), st.integers(0, 5))
def test_damaged_pictures_are_refused_or_drawn(picture: tuple[str, bytes], draws: int) -> None:
    name, content = picture

    def use() -> None:
        scene = load_scene("scene.yaml")
        prepare(scene).checked()
        read_picture(Path(name))
        if draws == 0:
            still(scene, "50%")

    panels = f"[{{panel: network}}, {{panel: picture, file: {name}, at: [0.1, 0.1, 0.3, 0.3]}}]"
    scene = f"{_SCENE}duration: 12\npanels: {panels}\n"
    check(use, {name: content, "scene.yaml": scene.encode()})


@cache
def _fonts() -> Mapping[str, bytes]:
    fonts = assets_folder() / "fonts"
    return {
        "font.otf": (fonts / "Inter-Regular.otf").read_bytes(),
        "font.ttf": (fonts / "Figures-Bold.ttf").read_bytes(),
    }


@st.composite
def damaged_fonts(draw: st.DrawFn) -> tuple[str, bytes]:
    """Name and bytes of a font with a few mistakes, above all in its tables."""
    name = draw(st.sampled_from(sorted(_fonts())))
    content = _fonts()[name]
    names = [
        b"head",
        b"hhea",
        b"maxp",
        b"cmap",
        b"hmtx",
        b"loca",
        b"glyf",
        b"CFF ",
        b"GSUB",
        b"GPOS",
        b"name",
        b"OS/2",
        b"post",
    ]
    tables = [int.from_bytes(content[at + 8 : at + 12], "big") for at in marks_of(content[:400], names)]
    return name, draw(damaged(content, [*marks_of(content[:400], names), *tables]))


@given(damaged_fonts())
def test_damaged_fonts_are_refused_or_drawn(font: tuple[str, bytes]) -> None:
    def use() -> None:
        scene = load_scene("scene.yaml")
        prepare(scene).checked()
        still(scene, "10%")

    both = f"font: {font[0]}\nfigures_font: {font[0]}\n"
    check(
        use,
        {
            font[0]: font[1],
            "scene.yaml": f"{_SCENE}duration: 12\n{both}title: Äpfel, ﬁsh & 日本\n".encode(),
        },
    )
