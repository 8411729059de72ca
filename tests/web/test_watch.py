"""Whether a save is noticed, once, and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from netviz.web.watch import MISSING, SETTLED, FileWatcher


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def answers(watch: FileWatcher, clock: Clock, seconds: float, looks: int = 20) -> list[float]:
    """The moments at which it says that something changed, looking so often for so long."""
    began, found = clock.now, []
    for number in range(1, looks + 1):
        clock.now = began + seconds * number / looks
        if watch.changed():
            found.append(clock.now - began)
    return found


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    beside = path.with_suffix(".swap")
    beside.write_text(text)
    beside.replace(path)


def after_removal(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


@pytest.mark.parametrize("save", [in_place, by_rename, after_removal])
def test_every_way_to_save_is_noticed_once(tmp_path: Path, clock: Clock, save: Callable[[Path, str], None]) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text("one")
    watch = FileWatcher([file], clock)
    assert answers(watch, clock, 1) == []
    save(file, "another")
    (noticed,) = answers(watch, clock, 1)
    assert SETTLED <= noticed <= 3 * SETTLED
    assert answers(watch, clock, 1) == []


def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text("one")
    watch = FileWatcher([file], clock)
    for length in range(1, 20):
        file.write_text("x" * (3 + length))
        assert answers(watch, clock, SETTLED / 2, 2) == []
    assert len(answers(watch, clock, 1)) == 1


def test_cut_and_written_later_is_one_change(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text("one")
    watch = FileWatcher([file], clock)
    file.write_text("")
    assert answers(watch, clock, 2 * SETTLED) == []
    file.write_text("another")
    assert len(answers(watch, clock, 1)) == 1


def test_a_file_that_stays_away_is_a_change(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text("one")
    watch = FileWatcher([file], clock)
    file.unlink()
    (noticed,) = answers(watch, clock, 1)
    assert noticed >= MISSING
    file.write_text("one")
    assert len(answers(watch, clock, 1)) == 1


def test_what_is_followed_later(tmp_path: Path, clock: Clock) -> None:
    scene, table = tmp_path / "scene.yaml", tmp_path / "table.csv"
    scene.write_text("one")
    watch = FileWatcher([scene], clock)
    scene.write_text("while it was read")
    watch.follow([scene, table])
    assert len(answers(watch, clock, 1)) == 1, "what happened since is not forgotten"
    table.write_text("there now")
    assert len(answers(watch, clock, 1)) == 1
    watch.follow([scene])
    table.write_text("no longer looked at")
    assert answers(watch, clock, 1) == []
