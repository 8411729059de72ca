"""Estimates against films, what a machine says it has, and films that it has too little for."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import pytest

import netviz
from netviz.errors import InputError, NetvizForecast
from netviz.pipeline import capacity
from netviz.pipeline.capacity import Work, available_memory, check_capacity, in_words
from netviz.pipeline.estimate import Estimate, estimate, measured_estimate, rough_estimate
from netviz.pipeline.prepare import Prepared, prepare
from netviz.video.metadata_images import picture_sizes
from tests.conftest import short_scene

MB = 1_000_000
pytestmark = pytest.mark.filterwarnings("ignore::netviz.errors.NetvizNote")  # of films too short for all they show


def prepared(**changes: Any) -> Prepared:
    return prepare(short_scene(**changes))


def memory(size: str, jobs: int, target: str = "film.mp4", **changes: Any) -> float:
    """Estimated MB of a film of some segments."""
    film = prepared(output__size=size, duration=30, **changes)
    return rough_estimate(film, (Path(target),), jobs).memory / MB


def test_memory_is_what_was_measured() -> None:
    assert memory("1920x1080", 1) == pytest.approx(490, rel=0.3)
    assert memory("3840x2160", 1) == pytest.approx(1740, rel=0.3)
    assert memory("1920x1080", 2) == pytest.approx(945, rel=0.3)
    assert memory("1920x1080", 1, output__quality="best") == pytest.approx(1010, rel=0.3)
    assert memory("1920x1080", 1, style="classic") == pytest.approx(515, rel=0.3)
    assert memory("640x360", 1) < memory("640x360", 2) < memory("1280x720", 2)


def test_a_film_is_as_large_as_estimated(tmp_path: Path) -> None:
    scene = short_scene(output__size="320x180", duration=4)
    targets = [tmp_path / "film.mp4", tmp_path / "film.gif", tmp_path / "film.png"]
    expected = estimate(scene, targets)
    assert not [*tmp_path.iterdir()], "nothing is made"
    film = netviz.render(scene, targets)
    assert expected.is_measured and expected.frames == film.frames
    for path, size in film.files.items():
        assert expected.files[path] == pytest.approx(size, rel=0.25), path
    assert expected.disk > sum(expected.files.values()), "a GIF is made from pictures without loss"
    assert 0 < expected.seconds < 60


def test_where_every_picture_stands_by_itself_all_are_as_large(tmp_path: Path) -> None:
    scene = short_scene(output__size="160x128", duration=1)
    expected = estimate(scene, tmp_path / "film.mov", jobs=1)
    film = netviz.render(scene, tmp_path / "film.mov", jobs=1)
    assert expected.files[film.path] == pytest.approx(film.size_in_bytes, rel=0.2)


def test_a_recording_is_not_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = netviz.record(short_scene(output__size="160x128", duration=2))
    monkeypatch.setattr("netviz.pipeline.api.train", None)
    expected = estimate(recording, jobs=1)
    assert expected.is_measured and [*expected.files] == [Path("xor.mp4")]


def test_of_a_long_training_only_a_part_is_done() -> None:
    film = prepared(output__size="160x128", duration=2, training__cycles=20_000_000)
    start = time.thread_time()
    expected = measured_estimate(film, (Path("film.mp4"),), 1)
    assert time.thread_time() - start < 10
    assert expected.is_measured and expected.seconds > 30


def test_larger_and_longer_films_take_more(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large, long = (
        rough_estimate(prepared(output__size=size, duration=seconds), (Path("film.mp4"),), 1)
        for size, seconds in (("320x180", 10), ("640x360", 10), ("320x180", 100))
    )
    assert small.seconds < large.seconds and small.disk < large.disk and small.memory < large.memory
    assert long.frames == 10 * small.frames and long.disk > 8 * small.disk
    assert long.memory == pytest.approx(small.memory, rel=0.02), "a longer film takes no more memory"


GIGANTIC = {"output__size": "8192x8192", "duration": 3600, "output__fps": 240}


def refusal(film: Prepared, target: Path, jobs: int | None = None) -> str:
    with pytest.raises(InputError) as refused:
        check_capacity([Work(film, (target,))], jobs)
    (problem,) = refused.value.problems
    return str(problem)


def test_too_little_memory_is_told_with_the_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(capacity, "available_memory", lambda: 500 * MB)
    monkeypatch.setattr("netviz.pipeline.api.train", None)
    monkeypatch.setattr(capacity, "free_disk", lambda folder: None)
    said = refusal(prepared(output__size="8192x8192", duration=30), tmp_path / "film.mp4", 2)
    assert said.startswith("output.size: ") and "8192x8192 takes about 2" in said
    assert (
        " GB of memory, and 500.0 MB are available here; give a smaller size (--size), or fewer --jobs than 2" in said
    )
    with pytest.raises(InputError, match="available here; give a smaller size"):
        netviz.render(short_scene(output__size="8192x8192", duration=30), tmp_path / "film.mp4", jobs=1)
    assert not [*tmp_path.iterdir()]


def test_limits_of_addresses_hold_for_each_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    film = prepared(output__size="1920x1080", duration=30)
    monkeypatch.setattr(capacity, "free_addresses", lambda: 400 * MB)
    check_capacity([Work(film, (tmp_path / "film.mp4",))], 8)
    monkeypatch.setattr(capacity, "free_addresses", lambda: 150 * MB)
    assert "150.0 MB are what `ulimit -v` leaves to a process" in refusal(film, tmp_path / "film.mp4")


def test_too_little_disk_is_told_with_the_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(capacity, "free_disk", lambda folder: 5_000)
    monkeypatch.setattr(capacity, "measured_estimate", lambda *given, cache: rough_estimate(*given))
    film = prepared(output__size="160x128", duration=4)
    said = refusal(film, tmp_path / "film.mp4")
    assert said.startswith(f"the disk of {tmp_path} has 5.0 kB free, and the film needs about ")
    assert said.endswith("; make room there, or write to another disk")
    with pytest.raises(InputError, match="making 2 films needs about"):
        check_capacity([Work(film, (tmp_path / f"{name}.mp4",)) for name in "ab"], None)


def test_where_the_platform_does_not_say_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("available_memory", "free_addresses"):
        monkeypatch.setattr(capacity, name, lambda: None)
    monkeypatch.setattr(capacity, "free_disk", lambda folder: None)
    monkeypatch.setattr(capacity, "measured_estimate", lambda *given, cache: rough_estimate(*given))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NetvizForecast)
        check_capacity([Work(prepared(**GIGANTIC), (tmp_path / "film.mp4",))], 1)


def test_workers_elsewhere_have_memory_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(capacity, "available_memory", lambda: 1)
    work = Work(prepared(output__size="160x128", duration=2), (tmp_path / "film.mp4",))
    check_capacity([work], None, here=False)
    with pytest.raises(InputError, match="available here"):
        check_capacity([work], None)


def test_long_renders_are_told_of_before_they_begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    work = [Work(prepared(output__size="160x128", duration=2), (tmp_path / "film.mp4",))]
    with warnings.catch_warnings():
        warnings.simplefilter("error", NetvizForecast)
        check_capacity(work, 1)
    monkeypatch.setattr(capacity, "LONG", 0.01)
    with pytest.warns(NetvizForecast, match=r"this will take about \d+ s, \d+ MB of memory, \d+ kB of disk"):
        check_capacity(work, 1)


def test_estimates_in_words() -> None:
    each = Estimate(10, 7300, 630 * MB, {Path("a.mp4"): 3_200_000}, {Path(): 6_300_000}, 2)
    assert in_words([each]) == "about 2 h with 2 jobs, 630 MB of memory, 9.5 MB of disk"
    assert in_words([each, each]) == "about 4 h with 2 jobs, 630 MB of memory, 19 MB of disk"
    assert in_words([each], here=False) == "about 9.5 MB of disk (a rough guess)"


def test_memory_of_system_and_control_groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    meminfo, groups, own = tmp_path / "meminfo", tmp_path / "cgroup", tmp_path / "own"
    monkeypatch.setattr(capacity, "_MEMINFO", meminfo)
    monkeypatch.setattr(capacity, "_GROUPS", groups)
    monkeypatch.setattr(capacity, "_OWN_GROUPS", own)
    assert available_memory() is None
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:    8000 kB\n")
    assert available_memory() == 8_192_000
    second = groups / "user" / "job"
    second.mkdir(parents=True)
    own.write_text("0::/user/job\n")
    (second / "memory.max").write_text("max\n")
    assert available_memory() == 8_192_000
    (groups / "user" / "memory.max").write_text("5000000\n")
    (groups / "user" / "memory.current").write_text("3000000\n")
    (groups / "user" / "memory.stat").write_text("anon 1\ninactive_file 1000000\n")
    assert available_memory() == 3_000_000, "the limit of the group that ours lies in, less what it holds"
    first = groups / "memory" / "docker"
    first.mkdir(parents=True)
    own.write_text("9:cpu,memory:/docker\n3:pids:/elsewhere\n")
    (first / "memory.limit_in_bytes").write_text(f"{(1 << 63) - 4096}\n")
    assert available_memory() == 8_192_000
    (first / "memory.limit_in_bytes").write_text("2000000\n")
    (first / "memory.usage_in_bytes").write_text("1500000\n")
    assert available_memory() == 500_000


def test_sizes_of_the_pictures_of_a_gif(tmp_path: Path) -> None:
    film = netviz.render(short_scene(output__size="160x128", duration=1), tmp_path / "film.gif")
    data = film.path.read_bytes()
    sizes = picture_sizes(data)
    assert len(sizes) == film.frames // 2 and 0.5 < sum(sizes) / len(data) < 1
