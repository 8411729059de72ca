"""An output appears whole under its name, or not at all; and what cannot be written is known before."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from netviz import atomic_files
from netviz.atomic_files import OutputFailed, amount, atomic_write, atomic_write_all, output_problems
from netviz.errors import InputError
from netviz.video.writer import write_film
from tests.video.support import moving_pictures, request


def problem_of(path: str | Path, overwrite: bool = False, inputs: list[Path] | None = None) -> str:
    (problem,) = output_problems(path, overwrite, inputs or [])
    assert problem.where == str(path)
    return problem.message


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Without the rights of root, which mode bits do not stop."""
    for parent in (folder.parent, folder.parent.parent):
        parent.chmod(0o755)
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_free_name_is_no_problem_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert output_problems(tmp_path / "film.mp4", overwrite=False) == []
    monkeypatch.chdir(tmp_path)
    assert output_problems("film.mp4", overwrite=False) == []
    assert list(tmp_path.iterdir()) == []


def test_the_folder(tmp_path: Path) -> None:
    assert "does not exist" in problem_of(tmp_path / "none" / "film.mp4")
    (tmp_path / "file").touch()
    assert "is not a folder" in problem_of(tmp_path / "file" / "film.mp4")
    assert "nothing can be written" in problem_of("/proc/film.mp4")
    read_only = tmp_path / "read-only"
    read_only.mkdir()
    read_only.chmod(0o555)
    with as_nobody(tmp_path):
        assert "nothing can be written" in problem_of(read_only / "film.mp4")
        assert "permission denied" in problem_of(read_only / "film.mp4")


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"precious")
    assert problem_of(path) == "exists already; --overwrite replaces it"
    assert output_problems(path, overwrite=True) == []
    with pytest.raises(InputError, match="exists already"):
        write_film(path, iter(()), **request())
    assert path.read_bytes() == b"precious"
    write_film(path, moving_pictures(10), overwrite=True, **request())
    assert path.read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_plain_file_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "link.mp4").symlink_to("elsewhere.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "is a folder" in problem_of(tmp_path / "folder.mp4", overwrite)
    assert "is a folder" in problem_of(tmp_path, overwrite)
    assert "is a symbolic link" in problem_of(tmp_path / "link.mp4", overwrite)
    assert "not a plain file" in problem_of(tmp_path / "pipe.mp4", overwrite)
    assert output_problems("/dev/null", overwrite) != []
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        server.bind("socket.mp4")
        assert "not a plain file" in problem_of(tmp_path / "socket.mp4", overwrite)


def test_an_input_is_never_replaced(tmp_path: Path) -> None:
    audio = tmp_path / "track.mp3"
    audio.write_bytes(b"music")
    (tmp_path / "same.mp3").hardlink_to(audio)
    (tmp_path / "other").symlink_to(tmp_path)
    for name in ("track.mp3", "same.mp3", "other/track.mp3"):
        assert "the film is made from" in problem_of(tmp_path / name, True, [tmp_path / "none", audio])


def test_names_that_cannot_be(tmp_path: Path) -> None:
    assert "cannot be written" in problem_of(tmp_path / ("x" * 300))
    assert "embedded null" in problem_of(tmp_path / "a\0b.mp4")


NAMES = [
    "-film.mp4",
    "a:b.mp4",
    "frame%03d.mp4",
    "two words .mp4",
    "new\nline.mp4",
    os.fsdecode(b"caf\xe9.mp4"),
    "no suffix",
    "film.webm",
    "x" * 251 + ".mp4",
]


@pytest.mark.parametrize("name", NAMES, ids=map(repr, NAMES))
def test_every_name_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = tmp_path / os.fsdecode(b"-odd: %d \xff")
    folder.mkdir()
    monkeypatch.chdir(folder)
    film = write_film(Path(name), moving_pictures(3), **request(frame_count=3))
    assert film.path == folder / name
    assert [path.name for path in folder.iterdir()] == [name]


def test_the_file_has_the_usual_rights(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_film(tmp_path / "film.mp4", moving_pictures(3), **request(frame_count=3))
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "film.mp4").stat().st_mode) == 0o640


def test_a_second_writer_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    with atomic_write(target) as part:
        assert part.parent == tmp_path
        part.write_bytes(b"first")
        assert "another netviz" in problem_of(target)
        with pytest.raises(InputError, match="another netviz"), atomic_write(target):
            raise AssertionError("the second began")
        with atomic_write(tmp_path / "another.mp4") as another:
            another.write_bytes(b"beside")
    assert target.read_bytes() == b"first"
    assert {path.name for path in tmp_path.iterdir()} == {"film.mp4", "another.mp4"}


def test_what_a_killed_run_left_goes_even_while_its_ffmpeg_still_writes(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    with atomic_write(target) as part:
        part.write_bytes(b"")
    target.unlink()
    with part.open("wb") as orphan:
        orphan.write(b"half a film")
        orphan.flush()
        with atomic_write(target) as again:
            assert again == part
            again.write_bytes(b"whole")
            orphan.write(b"and more of it")
            orphan.flush()
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_target_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    with pytest.raises(InputError, match="exists already"), atomic_write(target, overwrite=False) as part:
        part.write_bytes(b"ours")
        target.write_bytes(b"theirs")
    assert target.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_without_hard_links_the_target_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    target = tmp_path / "film.mp4"
    with atomic_write(target, overwrite=False) as part:
        part.write_bytes(b"ours")
    assert target.read_bytes() == b"ours"
    with pytest.raises(InputError, match="exists already"), atomic_write(target, overwrite=False) as part:
        part.write_bytes(b"again")
    assert target.read_bytes() == b"ours"


def test_a_link_in_the_place_of_the_hidden_file_is_not_followed(tmp_path: Path) -> None:
    target, victim = tmp_path / "film.mp4", tmp_path / "victim"
    victim.write_bytes(b"precious")
    with atomic_write(target) as part:
        pass
    target.unlink()
    part.symlink_to(victim)
    assert "stands in the way" in problem_of(target)
    with pytest.raises(OutputFailed, match="symbolic links"), atomic_write(target):
        raise AssertionError("it began")
    assert victim.read_bytes() == b"precious"


def test_a_folder_that_goes_meanwhile_is_a_clear_failure(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OutputFailed, match="cannot be written"), atomic_write(folder / "film.mp4") as part:
        part.unlink()
        folder.rmdir()


@pytest.mark.parametrize(
    ("size", "words"), [(12, "12 bytes"), (1500, "1.5 kB"), (4_200_000, "4.2 MB"), (10**10, "10.0 GB")]
)
def test_amounts(size: int, words: str) -> None:
    assert amount(size) == words


def test_what_several_files_replace_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one of them cannot have its name, also those that had theirs are again what they were."""
    targets = [tmp_path / name for name in ("a", "b", "c", "d")]
    for target in targets[:3]:
        target.write_text(f"old {target.name}")

    def make() -> None:
        with atomic_write_all(targets) as parts:
            for part in parts:
                part.write_text("new")

    rename = atomic_files._rename
    for refused in targets:
        for error in (PermissionError(13, "no"), KeyboardInterrupt()):

            def failing(
                part: Path, target: Path, overwrite: bool, refused: Path = refused, error: BaseException = error
            ) -> None:
                if target == refused:
                    raise error
                rename(part, target, overwrite)

            monkeypatch.setattr(atomic_files, "_rename", failing)
            with pytest.raises((OutputFailed, KeyboardInterrupt)):
                make()
            found = {path.name: path.read_text() for path in tmp_path.iterdir()}
            assert found == {"a": "old a", "b": "old b", "c": "old c"}
    monkeypatch.setattr(atomic_files, "_rename", rename)
    make()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys("abcd", "new")


def test_what_the_next_run_has_begun_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as a file has its name, another run may write the next one for it."""
    place = atomic_files._place

    def placed_and_begun(parts: Sequence[Path], targets: Sequence[Path], overwrite: bool) -> None:
        place(parts, targets, overwrite)
        parts[0].write_text("of the next run")

    monkeypatch.setattr(atomic_files, "_place", placed_and_begun)
    with atomic_write(tmp_path / "a") as part:
        part.write_text("new")
    assert (tmp_path / "a").read_text() == "new"
    assert part.read_text() == "of the next run"
