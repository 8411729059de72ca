"""What the doctor looks at, one by one, and that nothing broken keeps the rest from being looked at."""

from __future__ import annotations

import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from netviz.audio.soundtrack import Soundtrack
from netviz.pipeline import doctor
from netviz.pipeline.doctor import Finding, examine, without_home
from netviz.resources import music
from netviz.video import formats
from netviz.video.encoder import encoding_arguments
from netviz.video.formats import ENCODERS, FILE_KINDS, OPAQUE, EncodeSettings, FileKind, frame_streams, outputs_of
from netviz.video.muxer import sound_arguments
from netviz.video.transcode import finish_arguments, palette_arguments

ROOT = Path(__file__).parents[2]


def test_the_libraries_are_those_that_are_installed_with_netviz() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert sorted(f"{name}>={oldest}" for name, (_, oldest) in doctor.REQUIRED.items()) == sorted(declared)


def encoders_of(arguments: Sequence[str]) -> set[str]:
    used = {
        arguments[at + 1]
        for at, name in enumerate(arguments)
        if name in ("-c:v", "-c:a") and arguments[at + 1] != "copy"
    }
    made = arguments[-2]  # whose encoder ffmpeg finds by itself
    return used | ({"gif"} if made == "gif" else set())


@pytest.mark.parametrize("kind", ENCODERS)
def test_the_encoders_are_those_that_are_used(kind: FileKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of every argument list that makes such a file, in both ways: with its ground and without."""
    monkeypatch.setattr(formats, "has_encoder", lambda name: False)
    track, used = Soundtrack(music("bundled:track.mp3")), set[str]()
    for is_transparent in {False, f".{kind}" not in OPAQUE}:
        settings = EncodeSettings((64, 64), Fraction(10), "good", is_transparent=is_transparent)
        outputs = outputs_of([Path(f"film.{kind}")], settings)
        (output,) = outputs
        for stream in frame_streams(outputs, settings):
            used |= encoders_of(encoding_arguments(output.encoding, stream))
        if kind == "mp4":
            used |= encoders_of(sound_arguments(track, Fraction(1)))
        else:
            lists = [finish_arguments(output, Path("a"), Path("b"), fps=Fraction(10), frame_count=10, audio=track)]
            lists += [palette_arguments(Path("a"), Path("b"))] if kind == "gif" else []
            used |= {name for arguments in lists for name in encoders_of(arguments)}
    assert used == {*ENCODERS[kind]}


def test_every_kind_of_file_is_looked_at() -> None:
    assert {*ENCODERS} == {*FILE_KINDS.values()}


def test_a_lacking_encoder_is_told_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netviz.ffmpeg.has_encoder", lambda name: name not in ("libwebp_anim", "libsvtav1"))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/usr/bin/ffmpeg")
    found = {finding.subject: finding for finding in doctor._encoders()}
    assert (found[".webm"].state, found[".webm"].text) == ("ok", "encoded by libvpx-vp9, libopus, qtrle")
    assert found[".webp"].state == "error" and "libwebp_anim" in found[".webp"].text
    assert "unset IMAGEIO_FFMPEG_EXE" in found[".webp"].advice


def test_nothing_that_fails_keeps_the_rest_from_being_looked_at() -> None:
    def lacks() -> Iterator[Finding]:
        yield Finding("half", "fine")
        raise ModuleNotFoundError("No module named 'numpy'")

    def breaks() -> list[Finding]:
        raise ZeroDivisionError("oops")

    found = [*examine([("half", lacks), ("broken", breaks), ("last", lambda: [Finding("last", "fine")])])]
    assert [(each.subject, each.state) for each in found] == [
        *(("half", "ok"), ("half", "skipped")),
        *(("broken", "error"), ("last", "ok")),
    ]
    assert "ZeroDivisionError: oops" in found[2].text and "report" in found[2].advice


@pytest.mark.parametrize(("before", "advice"), [("ok", "--debug"), ("warning", "--debug"), ("error", doctor.MEND)])
def test_what_else_to_mend_is_only_said_where_there_is_something(before: doctor.State, advice: str) -> None:
    def film() -> list[Finding]:
        return [Finding("test film", "cannot be made", "error", doctor.MEND)]

    *_, last = examine([("first", lambda: [Finding("first", "?", before)]), ("film", film)])
    assert advice in last.advice


def test_low_limits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limits = {resource.RLIMIT_NOFILE: 20, resource.RLIMIT_FSIZE: 10_000}
    monkeypatch.setattr(resource, "getrlimit", lambda number: (limits.get(number, resource.RLIM_INFINITY), 0))
    files, size = doctor._limits()
    assert "`ulimit -n` allows only 20 files" in files.text and "`ulimit -f` allows only 10,000 bytes" in size.text
    assert {files.state, size.state} == {"warning"}


def test_a_library_that_ends_the_process_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does that was made for another processor; those after it are looked at all the same."""
    (tmp_path / "killer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    (tmp_path / "broken.py").write_text("raise ImportError('libfreetype.so.6 is missing')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(doctor, "_version_of", lambda name: "1")
    required = {name: (module, "1") for name, module in (("a", "json"), ("b", "killer"), ("c", "broken"))}
    monkeypatch.setattr(doctor, "REQUIRED", required)
    found = [*doctor._libraries_load()]
    assert [each.subject for each in found] == ["b", "c"]
    assert "it was ended by SIGILL" in found[0].text and "pip install --force-reinstall b" in found[0].advice
    assert "libfreetype.so.6 is missing" in found[1].text


def test_a_library_that_is_missing_or_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {name: oldest for name, (_, oldest) in doctor.REQUIRED.items()} | {
        "numpy": "1.26.4",
        "matplotlib": "3.12rc1",
    }
    del versions["pillow"]
    monkeypatch.setattr(doctor, "_version_of", versions.get)
    wrong = {each.subject: each for each in doctor._library_versions() if each.state == "error"}
    assert {*wrong} == {"numpy", "pillow"}
    assert wrong["numpy"].text == "is 1.26.4, and netviz needs 2.0 or newer"
    assert wrong["pillow"].advice == "pip install 'pillow>=10.1'"


def test_a_child_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LONGEST", 0.2)
    monkeypatch.setattr(doctor, "_PROGRAM", 'import time; print("not JSON", flush=True); time.sleep(60)')
    assert doctor._in_child("film") == ([], "it did not end within 0.2 s")


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    here, temporary = doctor._folders()
    assert here.state == "ok" and str(tmp_path) not in here.text, "a path that nobody needs"
    assert temporary.state == "warning" and "TMPDIR names" in temporary.text
    monkeypatch.setattr(doctor, "LITTLE_DISK", 1 << 80)
    assert next(iter(doctor._folders())).state == "warning"
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    assert [*doctor._folders()][1].state == "error"


@pytest.mark.parametrize(
    ("free", "state", "text"),
    [
        (8_000_000_000, "ok", "8.0 GB free"),
        (400_000_000, "warning", "only 400.0 MB free"),
        (None, "ok", "this system does not say how much is free"),
    ],
)
def test_memory(free: int | None, state: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netviz.pipeline.capacity.available_memory", lambda: free)
    (found,) = doctor._memory()
    assert (found.state, found.text) == (state, text)


@pytest.mark.skipif(sys.platform != "linux", reason="only there a folder goes while one is in it")
def test_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    found = next(iter(doctor._folders()))
    assert (found.state, found.advice) == ("error", "go to another one")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ada/films, /home/ada", "~/films, ~"),
        ("names /home/ada: it", "names ~: it"),
        ("/home/adam/films, /mnt/home/ada/x, /home/ada-lovelace", None),
    ],
)
def test_a_home_folder_is_not_named(text: str, shown: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert without_home(text) == (text if shown is None else shown)


@pytest.mark.parametrize("home", ["/", "", "/nowhere"])
def test_a_home_folder_that_is_none(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    assert without_home("/usr/bin/ffmpeg") == "/usr/bin/ffmpeg"


def test_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETVIZ_CACHE", str(tmp_path / "cache"))
    found = [*doctor._caches()]
    assert [(each.subject, each.state) for each in found] == [("recordings", "ok"), ("segments", "ok")]
    assert "0 recordings, 0 bytes of at most 500.0 MB" in found[0].text and "0 segments" in found[1].text
    assert not [*tmp_path.iterdir()], "nothing is left there"
    monkeypatch.setenv("NETVIZ_CACHE", "off")
    assert [each.text for each in doctor._caches()] == ["nothing is kept, because NETVIZ_CACHE is off"]
    monkeypatch.setenv("NETVIZ_CACHE", f"{os.devnull}/cache")
    for each in doctor._caches():
        assert each.state == "warning" and "NETVIZ_CACHE=off" in each.advice
