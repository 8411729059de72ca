"""A folder is there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from netviz import atomic_files
from netviz.atomic_files import OutputFailed, atomic_folder, atomic_write, folder_problems, part_of
from netviz.errors import InputError


def make(folder: Path, files: dict[str, str], *, overwrite: bool = True) -> None:
    with atomic_folder(folder, overwrite=overwrite) as making:
        for name, text in files.items():
            (making / name).write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_new_folder(tmp_path: Path) -> None:
    make(tmp_path / "new", {"a": "1", "b": "2"}, overwrite=False)
    assert contents(tmp_path / "new") == {"a": "1", "b": "2"}
    assert names(tmp_path) == ["new"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_folder(tmp_path / "new") as making:
        (making / "a").write_text("1")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_files_of_the_same_names_are_replaced_and_others_stay(tmp_path: Path) -> None:
    make(tmp_path / "x", {"a": "1", "mine": "kept"})
    make(tmp_path / "x", {"a": "2", "b": "new"})
    assert contents(tmp_path / "x") == {"a": "2", "b": "new", "mine": "kept"}
    assert names(tmp_path) == ["x"]


def test_a_failure_in_the_middle_brings_the_old_ones_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "x", {"a": "1", "b": "1", "c": "1"})
    replace, done = Path.replace, []

    def failing(path: Path, target: Path) -> Path:
        if target.name == "c" and target.parent.name == "x" and not done:
            done.append(target)
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OutputFailed, match="is full"):
        make(tmp_path / "x", {"a": "2", "b": "2", "c": "2", "d": "2"})
    assert done and contents(tmp_path / "x") == {"a": "1", "b": "1", "c": "1"}
    assert names(tmp_path) == ["x"]


def test_without_overwrite_nothing_is_put_into_a_folder_that_came_meanwhile(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="exists already"),
        atomic_folder(tmp_path / "x", overwrite=False) as making,
    ):
        (making / "a").write_text("1")
        (tmp_path / "x").mkdir()
    assert contents(tmp_path / "x") == {}


def test_two_at_once(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "x") as making:
        (making / "a").write_text("1")
        assert [str(problem) for problem in folder_problems(tmp_path / "x", ["a"], True)] == [
            f"{tmp_path / 'x'}: another netviz is writing this file; wait for it to end, or choose another name"
        ]
        with pytest.raises(InputError, match="another netviz"):
            make(tmp_path / "x", {"a": "2"})
    assert contents(tmp_path / "x") == {"a": "1"}


def test_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    left = part_of(tmp_path / "x").with_suffix(".making")
    left.mkdir()
    (left / "half").write_text("?")
    make(tmp_path / "x", {"a": "1"})
    assert contents(tmp_path / "x") == {"a": "1"} and names(tmp_path) == ["x"]


def test_problems(tmp_path: Path) -> None:
    there, file = tmp_path / "there", tmp_path / "file"
    make(there, {"a": "1"})
    file.write_text("x")
    (tmp_path / "link").symlink_to(there)
    (there / "b").mkdir()

    def told(folder: Path, *, overwrite: bool = False, inputs: tuple[Path, ...] = ()) -> list[str]:
        return [problem.message for problem in folder_problems(folder, ["a", "b"], overwrite, inputs)]

    assert told(tmp_path / "new") == []
    assert told(there) == [atomic_files.FOLDER_EXISTS]
    assert told(file, overwrite=True) == ["is a file; give the name of a folder, which need not exist yet"]
    assert told(tmp_path / "link", overwrite=True) == ["is a symbolic link; give the name of the folder itself"]
    assert told(tmp_path / "no" / "new") == [f"the folder {tmp_path / 'no'} does not exist"]
    assert told(there, overwrite=True) == ["is a folder; give the name of a file in it"]
    (there / "b").rmdir()
    assert told(there, overwrite=True) == []
    (message,) = told(there, overwrite=True, inputs=(there / "a",))
    assert message.startswith("is the file the film is made from")
    assert names(tmp_path) == ["file", "link", "there"]


def test_a_film_of_the_same_name_is_another_matter(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "x"), atomic_write(tmp_path / "x.mp4") as part:
        part.write_text("film")
    assert names(tmp_path) == ["x", "x.mp4"]


def test_own_files_that_are_not_made_again_go(tmp_path: Path) -> None:
    make(tmp_path / "new", {"a": "1", "b": "2", "c": "3"})
    with atomic_folder(tmp_path / "new", own=["a", "b", "x"]) as making:
        (making / "a").write_text("new")
    assert contents(tmp_path / "new") == {"a": "new", "c": "3"}
    with pytest.raises(KeyError), atomic_folder(tmp_path / "new", own=["a"]) as making:
        raise KeyError
    assert contents(tmp_path / "new") == {"a": "new", "c": "3"}
