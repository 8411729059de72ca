from __future__ import annotations

import dataclasses
import json
import math
import re
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netviz.errors import InputError
from netviz.recording.array_file import LARGEST_HEADER
from netviz.recording.layers import ACTIVATIONS, FEATURES
from netviz.recording.network import KINDS, LOSSES
from netviz.recording.recording import Recording, in_numbers
from netviz.recording.storage import _PARTS_OF_SETUP, reopen
from netviz.resources import scenes_folder
from netviz.scene.scene import Scene
from netviz.training.trainer import train
from tests.recording.files import (
    BFLOAT16,
    Change,
    added,
    array,
    assert_same,
    both,
    changed,
    foreign,
    in_header,
    npy,
    put_together,
    refused,
    taken_apart,
    with_everything,
    without,
)
from tests.training.scenes import playground, scene

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "recording-file.md"
PRECISIONS = [np.float64, np.float32, np.float16, BFLOAT16]
CLASSES = [([0, 0, 1], [1, 0]), ([0, 1, 1], [0, 1]), ([1, 0, 1], [0, 1])]
OWN: dict[str, Scene] = {
    "no biases": scene(),
    "biases": scene(network={"bias": True}, batch=3),
    "fixed biases": scene(network={"bias": "fixed"}, batch=3, last_batch="carry"),
    "classes": scene(CLASSES, network={"layers": [3, 4, 2], "activation": ["gelu", "softmax"]}, loss="cross_entropy"),
    "a data set with tests": playground(data={"samples": 30}, cycles=20, schedule=[1, 10, 20]),
    "features": playground(
        data={"samples": 30, "features": ["x1", "x2^2", "sin(x2)"]},
        network={"layers": [3, 4, 1]},
        cycles=20,
        schedule=[1, 20],
    ),
    "normalised": scene(data={"normalize": "standard", "train_share": 0.6}),
    "normalised points": playground(data={"samples": 30, "normalize": "standard"}, cycles=20, schedule=[1, 20]),
    "normalised features": playground(
        data={"samples": 30, "features": ["x1^2", "x2"], "normalize": "minmax"},
        network={"layers": [2, 4, 1]},
        cycles=20,
        schedule=[1, 20],
    ),
}
FOREIGN: dict[str, dict[str, Any]] = {
    "no biases": {"biases": False},
    "no targets": {"targets": False},
    "another loss": {"loss": None},
    "one layer": {"sizes": (3, 2), "activations": ("linear",)},
    "one moment": {"steps": (4,), "shown": (4,)},
    "an unknown function": {"activations": ("mish", "sigmoid")},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.npz"


def there_and_back(recording: Recording, path: Path) -> Recording:
    """The recording from its file, which is the same in every bit, and makes the same file again."""
    recording.save(path)
    again = Recording.load(path)
    assert_same(recording, again)
    again.save(path.with_name("again.npz"))
    assert path.with_name("again.npz").read_bytes() == path.read_bytes()
    return again


@pytest.mark.parametrize("name", OWN)
def test_own_runs_come_back_bit_by_bit(name: str, path: Path) -> None:
    recording = train(OWN[name])
    again = there_and_back(recording, path)
    assert again.training_setup is not None and again.look is not None
    assert (len(again.step) < len(again.moment)) == (recording.training_setup["training"]["batch"] != 1)
    if "data set" in name:
        assert again.split is not None and again.test_loss is not None and len(again.split) == 15
    if name == "features":
        assert again.probes.points is not None and again.features == ("x1", "x2^2", "sin(x2)")


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_runs_come_back_bit_by_bit(name: str, dtype: Any, path: Path) -> None:
    again = there_and_back(foreign(dtype, **FOREIGN[name]), path)
    assert again.training_setup is None and again.look is None
    assert again.activations[1].dtype == dtype
    assert (again.probes.targets is None) == (name == "no targets")


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_all_that_a_recording_may_have_comes_back(dtype: Any, path: Path) -> None:
    recording = with_everything(dtype)
    again = there_and_back(recording, path)
    assert again.errors is not None and again.errors[1].dtype == dtype
    assert [*again.curves] == ["test loss", "accuracy"], "in their order"
    assert again.network.layers[1].activation == "mish" and not again.network.layers[1].exact
    header = taken_apart(path)[1]
    bits = {"probes_inputs", "probes_targets", "points", "point_targets", "errors_1", "errors_2", "activations_1"}
    bits |= {"activations_2", *(f"parameters_{layer}_{role}" for layer in (1, 2) for role in ("weights", "biases"))}
    assert {*header["dtypes"]} == (bits if dtype is BFLOAT16 else set())


def test_numbers_are_those_that_another_program_wrote(path: Path) -> None:
    """Deflated, big-endian, in Fortran order, indices of any size, and nothing in the header that need not be."""
    recording = foreign()
    recording.save(path)
    arrays, header = taken_apart(path)
    for name, dtype in (("step", ">u2"), ("moment", "<i8"), ("probe", "i1"), ("curve_step", "<u4")):
        arrays[name] = arrays[name].astype(dtype)
    arrays["parameters_1_weights"] = np.asfortranarray(arrays["parameters_1_weights"]).astype(">f8")
    arrays["activations_0"] = recording.activations[0][:]
    few = {key: header[key] for key in ("format", "network", "curves")}
    for layer in few["network"]["layers"]:
        del layer["name"], layer["exact"]
    put_together(path, arrays, few, zipfile.ZIP_DEFLATED)
    assert_same(recording, dataclasses.replace(Recording.load(path), activations=recording.activations))


def test_it_knows_where_it_is_stored_as_long_as_it_is_that(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = foreign()
    recording.save(path)
    monkeypatch.chdir(path.parent)
    again = Recording.load(path.name)
    assert recording.stored_at is None and again.stored_at is not None
    assert again.stored_at.path == path
    assert dataclasses.replace(again, unit="epoch").stored_at is None
    assert_same(recording, reopen(again.stored_at))
    assert reopen(again.stored_at).stored_at == again.stored_at


def test_another_file_is_not_reopened(path: Path) -> None:
    recording = foreign()
    recording.save(path)
    stored = Recording.load(path).stored_at
    assert stored is not None
    loss = {"loss": recording.curves["loss"] + 1e-9}
    for other in (dataclasses.replace(recording, unit="epoch"), dataclasses.replace(recording, curves=loss)):
        other.save(path)
        with pytest.raises(InputError, match="is not the file that it was"):
            reopen(stored)
    recording.save(path)
    assert_same(recording, reopen(stored))
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        reopen(stored)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_a_mapped_recording_answers_as_the_one_in_memory(dtype: Any, path: Path) -> None:
    recording = foreign(dtype)
    recording.save(path)
    again = Recording.load(path)
    path.unlink()
    assert again.parameters[1]["weights"].base is not None, "a part of the file"
    for row in range(len(recording.moment)):
        assert_same(tuple(recording.parameters_at(row)), tuple(again.parameters_at(row)))
        assert_same(recording.activations_at(row), again.activations_at(row))
        assert_same(recording.forward([0.5, -1], row), again.forward([0.5, -1], row))
        if recording.probe[row] >= 0:
            assert_same(recording.deltas(row), again.deltas(row))


def test_nothing_that_was_read_can_be_changed(path: Path) -> None:
    with_everything().save(path)
    again = Recording.load(path)
    assert again.points is not None and again.errors is not None and again.probes.targets is not None
    arrays = [again.step, again.probe, again.points, again.errors[0], again.probes.inputs, again.probes.targets]
    for each in (*arrays, again.curves["accuracy"], again.activations[1], again.parameters[2]["biases"]):
        with pytest.raises(ValueError, match="read-only"):
            each[0] = 1


# What is in the file, and what is not


def test_a_file_has_no_members_for_what_follows_from_others(path: Path) -> None:
    recording = foreign(np.float32)
    recording.save(path)
    members = {*taken_apart(path)[0]}
    assert members == {
        *("step", "moment", "probe", "probes_inputs", "probes_targets", "curve_step", "curves_loss"),
        *("activations_1", "activations_2", "parameters_1_weights", "parameters_1_biases"),
        *("parameters_2_weights", "parameters_2_biases"),
    }
    assert Recording.load(path).has_errors


def test_a_file_is_not_larger_than_its_numbers(path: Path) -> None:
    spiral = Scene.model_validate(yaml.safe_load((scenes_folder() / "playground-spiral.yaml").read_text()))
    recording = train(spiral)
    recording.save(path)
    layers, examples = spiral.network.layers, spiral.data.total_count
    parameters = sum(a * b + b for a, b in pairwise(layers))
    numbers = len(recording.step) * (1 + parameters)
    numbers += len(recording.moment) * (1 + sum(layers[1:]) + 1)  # moment and probe are one, and there is the loss
    numbers += len(recording.curve_step) * (1 + len(recording.curves))
    numbers += examples * (2 + layers[0] + layers[-1])
    size = path.stat().st_size
    assert len(recording.moment) == 20_478 and len(recording.step) == 2_478
    assert 0.999 * 8 * numbers < size < 8 * numbers + 12_000, "header and names"
    assert size <= 6_000_000


def test_it_is_an_ordinary_npz(path: Path) -> None:
    recording = foreign(np.float32)
    recording.save(path)
    with np.load(path, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["parameters_2_weights"], recording.weights[1])
        assert file["moment"].dtype == np.int32 and file["step"].dtype == np.int64
        assert json.loads(file["header"].tobytes())["format"] == 2
    with zipfile.ZipFile(path) as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


# Refusals


@pytest.fixture
def saved(path: Path) -> Path:
    with_everything().save(path)
    return path


OBJECTS = npy(np.array([{}], dtype=object), allow_pickle=True)
LAYER = ("network", "layers", 1)
REFUSED: list[tuple[Change, str]] = [
    (added("loss", OBJECTS), "loss holds objects, where only numbers"),
    (added("step", npy(np.array(["a"]))), "step holds '<U1', where only numbers"),
    (array("points", lambda points: points.astype(complex)), "points holds '<c16', where only numbers"),
    (array("points", lambda points: points > 0), "points holds bool, not float64"),
    (array("step", lambda step: step.astype(float)), "step holds float64, not int64"),
    (array("step", lambda step: step.astype(np.uint64)), "step holds uint64, not int64"),
    (array("activations_1", lambda layer: layer.view(np.uint64)), "activations_1 holds uint64"),
    (array("activations_1", lambda layer: layer.astype(np.uint16)), "activations_1 holds uint16, not float64"),
    (array("moment", lambda moment: moment.astype(np.int64) + 2**32), "moment holds a number of more than 32 bits"),
    (without("step"), "not a whole recording: step missing"),
    (without("curves_accuracy", "probes_inputs"), "curves_accuracy, probes_inputs missing"),
    (without("errors_2"), "errors_2 missing"),
    (without("errors_1"), "unexpected errors_2"),
    (without("parameters_2_biases"), "parameters_2_biases missing"),
    (added("weights_0", np.zeros(3)), "unexpected weights_0"),
    (added("probes_points", np.zeros((4, 2))), "unexpected probes_points"),
    (added("parameters_0_weights", np.zeros(3)), "unexpected parameters_0_weights"),
    (added("../../evil", np.zeros(3)), "unexpected '../../evil'"),
    (array("activations_2", lambda layer: layer[:, :2]), "activations_2 has the shape [17, 2], not [17, 3]"),
    (array("activations_2", lambda layer: layer[1:]), "activations_2 has the shape [16, 3], not [17, 3]"),
    (array("parameters_1_weights", lambda layer: layer[1:]), "parameters_1_weights has the shape [4, 2, 5], not [5"),
    (array("parameters_1_weights", lambda layer: layer.swapaxes(1, 2)), "not [5, 2, 5]"),
    (array("probes_inputs", lambda inputs: inputs[:, 0]), "probes_inputs has the shape [4], not [P, 2]"),
    (array("probes_targets", lambda targets: targets[:3]), "probes_targets has the shape [3, 3], not [4, 3]"),
    (array("split", lambda split: split[:3]), "split has the shape [3], not [6]"),
    (array("point_targets", lambda targets: targets[:, :1]), "point_targets has the shape [6, 1], not [6, 3]"),
    (array("curves_accuracy", lambda curve: curve[1:]), "curves_accuracy has the shape [10], not [11]"),
    (array("loss", lambda loss: loss[0]), "loss has the shape [], not [17]"),
    *((in_header("format", to=it), "and this netviz reads 1 and 2") for it in (0, 3, "2", True, None, 2.0, [2], {})),
    (in_header("format", to="x" * 10_000), "its format is 'xxxxx"),
    (in_header("network", to=None), "network: expected an object with layers"),
    (in_header(*LAYER, "kind", to="conv"), "network.layers[1]: kind is 'conv'"),
    (in_header(*LAYER, "shape", to=[6]), "parameters.weights has the shape [2, 5]; expected [2, 6]"),
    (both(in_header("unit", to=""), added("x", np.zeros(1))), "unexpected x"),
    *((in_header("unit", to=it), "unit in its header is no word") for it in ("", "x" * 21, "a\nb", 3, ["step"])),
    *((in_header("names", to=it), "names in its header: expected a list") for it in ("abcd", 0, {}, [1], ["a\nb"])),
    *((in_header("classes", to=it), "classes in its header: expected a list") for it in (False, ["x" * 201])),
    *((in_header("curves", to=it), "curves in its header") for it in ("loss", ["a", "a"], [""], [["a"]])),
    (in_header("curves", to=["accuracy"]), "unexpected 'curves_test loss'"),
    (in_header("curves", to=[f"c{index}" for index in range(50_000)]), "curves_c1000 and 49995 more missing"),
    *((in_header("features", to=it), "features in its header") for it in (["x1", "x3"], ["x1"], [], "x1", 1)),
    *((in_header("dtypes", to=it), "dtypes in its header") for it in ([], {"loss": "bfloat17"}, {"loss": 0})),
    *((in_header("dtypes", to={it: "bfloat16"}), "cannot hold bfloat16") for it in ("moment", "weights", "a\nb")),
    (both(array("loss", lambda loss: loss.view(np.uint16)[:17]), in_header("dtypes", to={"loss": "bfloat16"})), "loss"),
    (in_header("dtypes", to={"points": "bfloat16"}), "points holds float64, not uint16"),
    *(
        (in_header("plane_domain", to=it), "plane_domain in its header is not four numbers")
        for it in (
            [0, 1, 0],
            [0, 1, 0, "1"],
            [1, 0, 0, 1],
            [0, 1, 1, 1],
            [0, 10**400, 0, 1],
            [0, 1, 0, 1, ""],
            {},
            "0101",
        )
    ),
    *((in_header(key, to=[]), f"{key} in its header is no object") for key in ("look", "info", "training_setup")),
    *(
        (in_header("training_setup", to=it), "training_setup in its header has to have network, data")
        for it in ({"network": {}}, {"network": [], "data": {}, "training": {}, "schedule": {}})
    ),
    (in_header("info", "lr", to=math.nan), "its header holds NaN, an infinite number"),
    (in_header("look", "title", to="\ud800"), "or half a character"),
    (in_header("look", "n", to=json.loads("[" * 80 + "]" * 80)), "more than 64 objects and lists within one another"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_a_file_with_other_contents_is_refused(saved: Path, change: Change, message: str) -> None:
    changed(saved, change)
    assert message in refused(saved)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "its header is not JSON"),
        (b"{", "its header is not JSON"),
        (b"\xff", "its header is not JSON"),
        (b"[" * 1_000_000, "its header is not JSON"),
        (b'{"format": ' + b"9" * 5000 + b"}", "its header is not JSON"),
        (b"[1, 2]", "its header names no format"),
        (b'{"format": 2, "look": {"x": 1e999}}', "its header holds NaN, an infinite number"),
        (b" " * (LARGEST_HEADER + 1), "its header is larger than 16 MB"),
        (b'{"format": 2, "network": {"layers": [' + b"0, " * 2_000_000 + b"0]}}", "2000001 layers; at most 1000"),
        (
            b'{"format": 2, "network": {"layers": [{"kind": "input", "shape": [' + b"1," * 2_000_000 + b"1]}, 0]}}",
            "lay",
        ),
    ],
)
def test_a_header_that_is_none_is_refused(saved: Path, text: bytes, message: str) -> None:
    put_together(saved, taken_apart(saved)[0], text)
    assert message in refused(saved)


def test_a_file_that_ends_anywhere_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    with zipfile.ZipFile(saved) as archive:
        begins = [member.header_offset for member in archive.infolist()]
        begins.append(archive.start_dir)
    assert len(begins) == len(taken_apart(saved)[0]) + 2
    for begin in begins:
        for length in (begin - 1, begin, begin + 1, begin + 200):
            saved.write_bytes(whole[: max(length, 0)])
            assert "not a recording" in refused(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (array("split", lambda split: split[:3]), "split has the shape [3], not [6]"),
        (array("split", lambda split: split.astype(float)), "split holds float64, not int64"),
        (added("x", np.zeros(3)), "unexpected x"),
        (without("split", "step"), "step missing"),
    ],
)
def test_headers_are_compared_before_anything_is_read(saved: Path, change: Change, message: str) -> None:
    changed(saved, change)
    read: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netviz.recording.array_file.ArrayFile.array", lambda self, name, *_: read.append(name))
        assert message in refused(saved)
    assert not read


def test_a_small_file_that_holds_very_much_is_not_unpacked(saved: Path) -> None:
    arrays, header = taken_apart(saved)
    arrays["loss"] = np.zeros(20_000_000, dtype=np.float32)
    put_together(saved, arrays, header, zipfile.ZIP_DEFLATED)
    assert saved.stat().st_size < 200_000
    assert "loss has the shape [20000000], not [17]" in refused(saved)


def test_damage_is_told_from_numbers_that_are_wrong(saved: Path) -> None:
    weights = taken_apart(saved)[0]["parameters_2_weights"].tobytes()
    data = saved.read_bytes()
    assert data.count(weights) == 1
    saved.write_bytes(data.replace(weights, weights[:-9] + bytes([weights[-9] ^ 64]) + weights[-8:]))
    assert "parameters_2_weights cannot be read: its checksum is another" in refused(saved)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], bytes]:
    path = tmp_path_factory.mktemp("flipped") / "run.npz"
    with_everything().save(path)
    arrays, header = taken_apart(path)
    return path, arrays, json.dumps(header, ensure_ascii=False).encode()


@given(at=st.integers(0, 10**6), to=st.binary(min_size=1, max_size=3), removed=st.integers(0, 3))
def test_a_damaged_header_is_refused_or_harmless(
    file: tuple[Path, dict[str, Any], bytes], at: int, to: bytes, removed: int
) -> None:
    """Checksums are right: only the text of the header is another."""
    path, arrays, text = file
    at %= len(text)
    put_together(path, arrays, text[:at] + to + text[at + removed :])
    try:
        again = Recording.load(path)
    except InputError as error:
        assert str(error).isprintable() and len(str(error)) < 1000
    else:
        assert again.network.sizes == (2, 5, 3)
        again.save(path)
        assert_same(again, Recording.load(path))


WRONG: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["x" * 10**6]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def places(data: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values in JSON."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [here] * bool(here) + [place for key, value in entries for place in places(value, (*here, key))]


@given(data=st.data())
def test_any_value_of_another_type_is_refused_or_harmless(file: tuple[Path, dict[str, Any], bytes], data: Any) -> None:
    path, arrays, text = file
    header = json.loads(text)
    place = data.draw(st.sampled_from(places(header)))
    in_header(*place, to=data.draw(WRONG))(arrays, header)
    put_together(path, arrays, json.dumps(header).encode())
    try:
        again = Recording.load(path)
    except InputError as error:
        assert str(error).isprintable() and len(str(error)) < 1000
    else:
        again.save(path)
        assert_same(again, Recording.load(path))


def test_bits_are_read_as_the_numbers_they_are() -> None:
    exact, bits = with_everything(), with_everything(BFLOAT16)
    assert bits.probes.inputs.dtype == np.uint16
    near: Any = {"rtol": 2.0**-8, "atol": 0}
    np.testing.assert_allclose(in_numbers(bits.probes.inputs), exact.probes.inputs, **near)
    for name in ("inputs", "targets", "test_inputs", "test_targets", "points"):
        np.testing.assert_allclose(getattr(bits.examples, name), getattr(exact.examples, name), **near)
    assert bits.activations[0].max() == max(in_numbers(bits.probes.inputs).max(), 0)
    assert bits.activations[0].min() == min(in_numbers(bits.probes.inputs).min(), 0)
    for row in range(len(exact.moment)):
        for mine, theirs in zip(bits.parameters_at(row), exact.parameters_at(row), strict=True):
            for one, other in zip(mine, theirs, strict=True):
                np.testing.assert_allclose(one, other, **near)
    np.testing.assert_allclose(bits.deltas(2)[1], exact.deltas(2)[1], **near)


# The page that describes the file


def test_the_page_names_all_that_is_in_a_file(saved: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    arrays, header = taken_apart(saved)
    names = {name.replace("2", "1") for name in arrays if not name.startswith("curves")} | {"probes_points"}
    names |= {*header, *header["network"], *header["network"]["layers"][1]}
    assert {name for name in names if f"`{name}`" not in text} == set()
    for known in (*ACTIVATIONS, *LOSSES, *KINDS, *FEATURES, *_PARTS_OF_SETUP):
        assert f"`{known}`" in text, known


def test_the_writer_of_the_page_needs_numpy_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)[0]
    assert len(writer.splitlines()) <= 30 and "netviz" not in writer
    monkeypatch.chdir(path.parent)
    names: dict[str, Any] = {}
    exec(compile(writer, "page", "exec"), names)
    recording = Recording.load("mine.npz")
    assert recording.network == dataclasses.replace(foreign().network, loss="squared_error")
    assert recording.step.tolist() == [*range(21)] and len(recording.moment) == 105
    for moment in (0, 13, 20):
        rows = np.flatnonzero(recording.moment == moment)
        for row, probe in zip(rows.tolist(), (0, 1, 2, 3, None), strict=True):
            given = [0.0, 0.0] if probe is None else names["inputs"][probe]
            np.testing.assert_allclose(recording.activations_at(row)[2], recording.forward(given, row)[2], rtol=1e-5)
        answers = np.array([recording.forward(given, rows[0])[2] for given in names["inputs"]])
        error = np.abs(answers - names["targets"])
        assert recording.curves["error"][moment] == pytest.approx(error.mean(), rel=1e-5)
        assert recording.curves["loss"][moment] == pytest.approx((error**2).mean() / 2, rel=1e-5)
