"""Hidden files of dead processes go with the next output in their folder, those of living ones never."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netviz import hidden_files
from netviz.atomic_files import atomic_folder, atomic_write, part_of, scratch, temporary_folder
from netviz.hidden_files import LONGEST_UNTOUCHED, are_locks_seen, remove_dead_folders, remove_leftovers

pytestmark = pytest.mark.usefixtures("own_disk")


@pytest.fixture
def own_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the tests' files lie, no other machine writes there."""
    monkeypatch.setattr(hidden_files, "are_locks_seen", lambda folder: True)


def leave(folder: Path) -> set[str]:
    """What killed runs leave of a film and of a post."""
    film, post = part_of(folder / "dead.mp4"), part_of(folder / "dead post")
    for path in (film, post, *(film.with_suffix(f".{end}") for end in ("take", "palette", "about", "old"))):
        path.write_bytes(b"half a film")
    making = post.with_suffix(".making")
    (making / ".old").mkdir(parents=True)
    (making / "film.mp4").write_bytes(b"half a film")
    part_of(folder / "other post").with_suffix(".making").mkdir()  # the part went, and then the process
    return names(folder)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_dead_runs_left_goes_with_the_next_output_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(leave(tmp_path)) == 8
    (backup,) = tmp_path.glob(".netviz-*.old")
    with atomic_write(tmp_path / "film.mp4") as part:
        assert names(tmp_path) == {part.name, backup.name}
        part.write_bytes(b"whole")
    monkeypatch.setattr(hidden_files, "LONGEST_REPLACING", 0.0)
    with atomic_folder(tmp_path / "post") as making:
        (making / "film.mp4").write_bytes(b"whole")
    assert names(tmp_path) == {"film.mp4", "post"}


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    others = {".netviz-notes.part", ".netviz-0123456789abcdef.mp4", "film.part", ".netviz-0123456789abcdeF.part"}
    for name in others:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert names(tmp_path) == others


def test_living_runs_are_left_alone(tmp_path: Path) -> None:
    with (
        atomic_write(tmp_path / "a.mp4") as part,
        scratch(tmp_path / "a.mp4", "take") as take,
        atomic_folder(tmp_path / "b") as making,
        atomic_write(making / "b.mp4") as inner,
    ):
        part.write_bytes(b"a")
        inner.write_bytes(b"b")
        for _ in range(2):
            remove_leftovers(tmp_path)
            remove_leftovers(making)
        with atomic_write(tmp_path / "c.mp4") as other:
            other.write_bytes(b"c")
        assert take.exists()
    assert (tmp_path / "a.mp4").read_bytes() == b"a" and (tmp_path / "b" / "b.mp4").read_bytes() == b"b"
    assert names(tmp_path) == {"a.mp4", "b", "c.mp4"}


def test_a_process_that_lives_and_is_killed(tmp_path: Path) -> None:
    """Its number may be another's by the time: what counts is its lock, which goes with it."""
    program = (
        "import sys, time; from pathlib import Path; from netviz.atomic_files import atomic_write\n"
        "with atomic_write(Path(sys.argv[1])) as part: print(part.name, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "a.mp4")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        part = process.stdout.readline().strip()
        remove_leftovers(tmp_path)
        assert names(tmp_path) == {part}
        process.send_signal(signal.SIGKILL)
        process.wait()
        remove_leftovers(tmp_path)
        assert names(tmp_path) == set()


@pytest.mark.parametrize("why", ["shared", "no locks"])
def test_where_locks_say_little_only_what_nobody_touched_for_a_day_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "shared":
        monkeypatch.setattr(hidden_files, "are_locks_seen", lambda folder: False)
    else:
        monkeypatch.setattr(hidden_files, "_lock_now", lambda descriptor: None)
    monkeypatch.setattr(hidden_files, "LONGEST_REPLACING", LONGEST_UNTOUCHED)
    left = leave(tmp_path)
    before = time.time() - LONGEST_UNTOUCHED - 60
    for name in left:
        os.utime(tmp_path / name, (before, before))
    post = part_of(tmp_path / "dead post")
    fresh = {post.name, post.with_suffix(".making").name}  # a film in the folder is being written
    backup = {part_of(tmp_path / "dead.mp4").with_suffix(".old").name}
    empty = {part_of(tmp_path / "other post").with_suffix(end).name for end in (".making", ".part")}
    remove_leftovers(tmp_path)
    assert names(tmp_path) == fresh | backup | empty
    os.utime(post.with_suffix(".making") / "film.mp4", (before, before))
    os.utime(post.with_suffix(".making") / ".old", (before, before))
    os.utime(part_of(tmp_path / "other post"), (before, before))
    remove_leftovers(tmp_path)
    assert names(tmp_path) == backup


def test_temporary_folders_of_dead_processes_go_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    program = (
        "import os, tempfile; from netviz.atomic_files import temporary_folder\n"
        f"tempfile.tempdir = {str(tmp_path)!r}; folder = temporary_folder(); open(folder.name + '/sound.wav', 'w')\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    (tmp_path / "netviz-my_films").mkdir()  # somebody's, of such a name
    (tmp_path / "netviz-my_films" / "a.mp4").touch()
    (tmp_path / "netviz-link").symlink_to(left)
    with temporary_folder() as living:
        Path(living, "sound.wav").touch()
        remove_dead_folders()
        assert names(tmp_path) == {"netviz-my_films", "netviz-link", Path(living).name}
        assert names(Path(living)) == {".netviz-lock", "sound.wav"}
    assert names(tmp_path) == {"netviz-my_films", "netviz-link"}


def test_a_temporary_folder_leaves_no_descriptor_open() -> None:
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(3):
        folder = temporary_folder()
        assert len([*Path("/proc/self/fd").iterdir()]) == before + 1
        folder.cleanup()
        folder.cleanup()
        assert not Path(folder.name).exists()
    assert len([*Path("/proc/self/fd").iterdir()]) == before


@pytest.mark.skipif(sys.platform != "linux", reason="disks are told apart on Linux alone")
def test_which_disks_are_ours() -> None:
    assert not are_locks_seen(Path("/proc/self"))
    if Path("/dev/shm").is_dir():
        assert are_locks_seen(Path("/dev/shm"))


def test_a_lock_that_is_held_for_a_moment_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another run does that looks for dead files."""
    lock, refused = hidden_files._lock_now, [False, False]
    monkeypatch.setattr(hidden_files, "_lock_now", lambda descriptor: refused.pop() if refused else lock(descriptor))
    with atomic_write(tmp_path / "a.mp4") as part:
        part.write_bytes(b"a")
    assert refused == [] and names(tmp_path) == {"a.mp4"}


def test_a_file_of_a_folder_is_there_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A post that is made again may be killed between two of its files: each is the old one or the new."""
    for content in ("old", "new"):
        with atomic_folder(tmp_path / "post") as making:
            for name in "ab":
                (making / name).write_text(content)
            replace, seen = Path.replace, []

            def replaced(path: Path, target: Path, replace=replace, seen=seen) -> Path:  # type: ignore[no-untyped-def]
                seen.append(sorted(each.name for each in (tmp_path / "post").iterdir()))
                result: Path = replace(path, target)
                return result

            monkeypatch.setattr(Path, "replace", replaced)
        monkeypatch.setattr(Path, "replace", replace)
    assert seen == [["a", "b"], ["a", "b"]]
    assert {path.name: path.read_text() for path in (tmp_path / "post").iterdir()} == {"a": "new", "b": "new"}
