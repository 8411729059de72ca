"""Recordings from strangers: files of both versions with damaged bytes, members, headers, arrays and directories."""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netviz.errors import NetvizError
from netviz.pipeline.api import still
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import prepare
from netviz.pipeline.provenance import inspect
from netviz.recording.array_file import digest_of
from netviz.recording.recording import Recording
from netviz.story.events import find_events
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.fuzz.checking import check
from tests.fuzz.mutations import damaged, damaged_tree, marks_of, words_of_scenes
from tests.recording.block_runs import recorded
from tests.recording.files import BFLOAT16, foreign, npy, put_together, taken_apart, with_everything
from tests.training.test_version_1 import save_version_1

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(0)]

_NUMBERS = (0, -1, 1, 2**31 - 1, -(2**31), 2**62, 1e-300, 1e150, -1.7e308, float("nan"), float("inf"), -float("inf"))
_TYPES = ("<f8", ">f8", "<f4", "<f2", "<i8", "<i4", "|i1", "|u1", "<u2", "|b1", "<c16", "<U3", "|S2", "|V4", "<M8[s]")


@cache
def _files() -> tuple[bytes, ...]:
    """Whole files: netviz's own run in both versions, runs of others in several precisions, and one of blocks."""
    own = train(short_scene(training__cycles=20, schedule={"cycles": [1, 5, 20]}, duration=12))
    runs = [
        own,
        foreign(),
        foreign(np.float32, biases=False, loss=None),
        foreign(BFLOAT16, sizes=(2, 40, 3), activations=("relu", "softmax"), loss="cross_entropy"),
    ]
    runs += [with_everything(), recorded("blocks first")]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{index}.npz" for index in range(len(runs) + 1)]
        for run, path in zip(runs, paths, strict=False):
            run.save(path)
        save_version_1(own, paths[-1])
        return tuple(path.read_bytes() for path in paths)


@cache
def _marks(index: int) -> list[int]:
    return marks_of(
        _files()[index], [b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\x93NUMPY", b"{'descr'", b"'shape'"]
    )


@st.composite
def damaged_recordings(draw: st.DrawFn) -> bytes:
    """A recording's file with a few mistakes in its bytes, its members' headers, its own header or its numbers."""
    index = draw(st.integers(0, len(_files()) - 1))
    content = _files()[index]
    kind = draw(st.sampled_from(["bytes", "bytes", "members", "header", "header", "header", "arrays", "arrays"]))
    if kind == "bytes":
        return draw(damaged(content, _marks(index)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        path.write_bytes(content)
        arrays, header = taken_apart(path)
    if kind == "header":
        words = [
            *arrays,
            *header,
            *(header.get("network") or {}),
            "dense",
            "conv",
            "block",
            "linear",
            "softmax",
            "mish",
            "cross_entropy",
            "squared_error",
            "accuracy",
            "epoch",
        ]
        part = draw(st.sampled_from(["", "look", "training_setup", "info", "scene", "network"]))
        if isinstance(header.get(part), dict) and header[part]:
            header[part] = draw(damaged_tree(header[part], words_of_scenes(), finite=False))
        else:
            header = draw(damaged_tree(header, words, finite=False))
    for name in draw(
        st.lists(
            st.sampled_from(sorted(arrays)),
            min_size=0 if kind == "header" else 1,
            max_size=2 if kind != "header" else 0,
            unique=True,
        )
    ):
        arrays[name] = (
            draw(_damaged_member(npy(arrays[name]))) if kind == "members" else draw(_damaged_array(arrays[name]))
        )
    if kind != "header" and draw(st.integers(0, 4)) == 0:
        names = st.sampled_from(
            [*sorted(arrays), "parameters_1_weights", "errors_1", "points", "split", "../x", "é", "", "a" * 300]
        )
        arrays[draw(names)] = arrays.pop(draw(st.sampled_from(sorted(arrays))))
    packed = draw(st.sampled_from([*[zipfile.ZIP_STORED] * 10, *[zipfile.ZIP_DEFLATED] * 5, zipfile.ZIP_BZIP2]))
    made = io.BytesIO()
    put_together(made, arrays, header, packed)  # type: ignore[arg-type]
    return made.getvalue()


def _damaged_member(member: bytes) -> st.SearchStrategy[bytes]:
    return st.one_of(damaged(member[:128], most=3).map(lambda head: head + member[128:]), damaged(member))


@st.composite
def _damaged_array(draw: st.DrawFn, array: Any) -> Any:
    kind = draw(
        st.sampled_from(["number", "number", "number", "all", "type", "shape", "cut", "grow", "none", "fortran"])
    )
    with np.errstate(all="ignore"):
        if kind == "number" and array.size:
            flat = array.copy().reshape(-1)
            for _ in range(draw(st.integers(1, 3))):
                flat[draw(st.integers(0, array.size - 1))] = _fitting(draw(st.sampled_from(_NUMBERS)), array.dtype)
            return flat.reshape(array.shape)
        if kind == "all":
            return np.full_like(array, _fitting(draw(st.sampled_from(_NUMBERS)), array.dtype))
        if kind == "type":
            try:
                return array.astype(draw(st.sampled_from(_TYPES)))
            except (TypeError, ValueError):
                return np.zeros(array.shape, "<f8")
        if kind == "shape":
            return array.reshape(draw(st.sampled_from([(-1,), (1, -1), (-1, 1), array.shape[::-1], (*array.shape, 1)])))
        if kind == "cut" and array.ndim:
            return array[: draw(st.integers(0, len(array)))]
        if kind == "grow" and array.ndim:
            return np.concatenate([array] * draw(st.sampled_from([2, 3, 100])))
        if kind == "none":
            return array[:0] if array.ndim else array
    return np.asfortranarray(array)


def _fitting(number: float, dtype: np.dtype[Any]) -> Any:
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        return min(max(int(number), int(bounds.min)), int(bounds.max)) if np.isfinite(number) else bounds.max
    return np.asarray(number).astype(dtype)


def _use(drawn: bool) -> str:
    path = Path("run.npz")
    digest_of(path)
    recording = Recording.load(path)
    found = inspect(path)
    assert found.scene
    film = filmed(recording)
    prepare(film).checked()
    find_events(recording, film.scene)
    if not drawn:
        return "fine"
    try:
        picture = still(recording, "60%", look={"output": {"size": "320x180"}})
    except NetvizError as error:
        return f"not drawn: {error}"
    assert picture.shape == (180, 320, 3)
    recording.save(Path("again.npz"))
    assert len(Recording.load(Path("again.npz")).step) == len(recording.step)
    return "drawn"


@given(damaged_recordings(), st.integers(0, 3))
def test_damaged_recordings_are_refused_or_drawn(content: bytes, draws: int) -> None:
    check(lambda: _use(drawn=draws == 0), {"run.npz": content})


@given(
    damaged_recordings(),
    st.sampled_from([["inspect"], ["inspect", "--json"], ["inspect", "--scene"], ["events"], ["plan"], ["validate"]]),
)
def test_commands_answer_damaged_recordings_in_lines(content: bytes, command: list[str]) -> None:
    def use() -> None:
        from netviz.cli import main

        main([command[0], "run.npz", *command[1:]])

    check(use, {"run.npz": content}, quiet=False)
