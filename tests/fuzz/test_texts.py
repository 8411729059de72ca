"""Texts from strangers: scenes, looks, phrases, tables and Playground links, each damaged in a few places."""

from __future__ import annotations

import copy
import io
import re
import warnings
from functools import cache
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netviz.errors import NetvizError, NetvizWarning
from netviz.pipeline.api import still
from netviz.pipeline.prepare import prepare
from netviz.pipeline.provenance import provenance_of, restored
from netviz.resources import scenes_folder
from netviz.scene.copies import scene_text
from netviz.scene.loader import load_scene
from netviz.scene.look_file import read_look
from netviz.scene.overrides import run_scenes
from netviz.scene.phrases import ENGLISH
from netviz.scene.playground_link import KEYS
from netviz.scene.scene import Scene
from netviz.video.metadata import parse_provenance
from tests.fuzz.checking import check
from tests.fuzz.mutations import (
    Fitting,
    damaged,
    damaged_text,
    damaged_tree,
    fitting_values,
    marks_of,
    words_of_scenes,
)

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(0)]

_DOCS = Path(__file__).parents[2] / "docs"
_MOST_DRAWN = 3e8
"""Products of weights and examples up to which a scene is also trained, and drawn once."""


# Scenes.


@cache
def _scenes() -> tuple[str, ...]:
    """The scenes that come with netviz, and those of its documentation, some of which are only a part of one."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(scenes_folder().glob("*.yaml"))]
    smallest = (
        "network: {layers: [2, 3, 1]}\ndata: {examples: [{inputs: [0, 1], target: 1}, {inputs: [1, 0], target: 0}]}\n"
    )
    for page in sorted(_DOCS.rglob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            is_whole = "network:" in block and "data:" in block
            texts.append(block if is_whole else smallest + block)
    return tuple(texts)


@cache
def fitting() -> Fitting:
    """What the keys of these scenes have as values."""
    return fitting_values(filter(None, map(_data, _scenes())))


@cache
def _data(text: str) -> Any:
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None


@st.composite
def damaged_scenes(draw: st.DrawFn) -> bytes:
    """A scene file with a few mistakes in its data, its text or its bytes."""
    text = draw(st.sampled_from(_scenes()))
    kind = draw(st.sampled_from(["data", "data", "data", "text", "bytes"]))
    if kind == "bytes":
        encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "utf-32"]))
        return draw(damaged(text.encode(encoding, errors="replace"), most=4))
    if kind == "text":
        return draw(damaged_text(text, words_of_scenes())).encode(errors="surrogatepass")
    tree = copy.deepcopy(_data(text))
    if tree is None:
        return text.encode()
    if draw(st.booleans()) and isinstance(tree, dict):
        tree |= {"output": {"size": "320x180"}, "duration": 12}
        tree.pop("audio", None)
        tree.setdefault("training", {})["cycles"] = 60
        tree.pop("schedule", None)
    damaged_data = draw(damaged_tree(tree, words_of_scenes(), finite=False, fitting=fitting()))
    return yaml.safe_dump(damaged_data, allow_unicode=True).encode()


def _use_scene(name: str = "scene.yaml", *, drawn: bool = False) -> str:
    scene = load_scene(name)
    about = provenance_of(scene)
    parse_provenance(about.text)
    restored(about, "film.mp4")
    prepare(scene).checked()
    if drawn and _is_small(scene):
        try:
            still(scene, "40%")
        except NetvizError as error:
            if "diverge" not in str(error) and "ran away" not in str(error):
                raise AssertionError(f"refused after it was said to be fine: {error}") from None
        return "drawn"
    return "fine"


def _is_small(scene: Scene) -> bool:
    width, height = scene.output.size
    weights = sum(prod(pair) for run in run_scenes(scene) for pair in pairwise(run.network.layers))
    examples = len(scene.data.examples or ()) or 500
    return width * height <= 1_000_000 and scene.training.cycles * examples * (weights + 20) < _MOST_DRAWN


@given(damaged_scenes(), st.integers(0, 7))
def test_damaged_scenes_are_refused_or_drawn(content: bytes, draws: int) -> None:
    files = {"scene.yaml": content, "digits.csv": (scenes_folder() / "digits.csv").read_bytes()}
    check(lambda: _use_scene(drawn=draws == 0), files)


@given(damaged_scenes())
def test_damaged_looks_are_refused_or_used(content: bytes) -> None:
    def use() -> None:
        look = read_look("look.yaml")
        if look.problems:
            raise (
                AssertionError if not all(map(str, look.problems)) else NetvizError("\n".join(map(str, look.problems)))
            )
        load_scene("xor", overrides=look.overrides)

    check(use, {"look.yaml": content})


@given(damaged_scenes(), st.sampled_from(["validate", "plan", "new", "inspect", "words", "events", "render", "embed"]))
def test_commands_answer_damaged_scenes_in_lines(content: bytes, command: str) -> None:
    arguments = {"new": ["new", "again.yaml", "--from", "scene.yaml"], "render": ["render", "scene.yaml", "--dry-run"]}
    if command in ("events", "embed"):  # which train: only what is wrong is shown to them
        content += b"\nnot_a_key: 1\n"
    check(lambda: main(arguments.get(command, [command, "scene.yaml"])), {"scene.yaml": content}, quiet=False)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    from netviz.cli import main as run

    run(arguments)


# Phrases.


@st.composite
def damaged_phrases(draw: st.DrawFn) -> bytes:
    """A words file with a few mistakes."""
    phrases = dict(draw(st.lists(st.sampled_from(sorted(ENGLISH.items())), min_size=1, max_size=20)))
    words = [
        *ENGLISH,
        "{",
        "}",
        "{}",
        "{0}",
        "{a.__class__}",
        "{cycle!r:>9999}",
        "{cycle:99999999}",
        "{{cycle}}",
        "{cycle",
    ]
    if draw(st.booleans()):
        return yaml.safe_dump(draw(damaged_tree(phrases, words)), allow_unicode=True).encode()
    text = yaml.safe_dump(phrases, allow_unicode=True)
    return draw(
        st.one_of(damaged_text(text, words).map(lambda now: now.encode(errors="surrogatepass")), damaged(text.encode()))
    )


@given(damaged_phrases())
def test_damaged_phrases_are_refused_or_said(content: bytes) -> None:
    scene = b"""words: words.yaml
network: {layers: [2, 2, 1]}
data: {examples: [{inputs: [0, 1], target: 1}, {inputs: [1, 1], target: 0}]}
output: {size: 320x180}
duration: 20
"""
    check(_use_scene, {"scene.yaml": scene, "words.yaml": content})


# Tables.

_CELLS = (
    "", " ", "0", "1", "-1", "1e400", "1e-400", "nan", "inf", "-Infinity", "0x1", "1_0", "1,5", "1;2", "\t", '"',
    '""', '"a\nb"', "'", "a" * 400, "1" * 200_000, "9" * 101, "é", "\ufeff", "\0", "\x1b[31m", "=1+1", "１", "٣",
    "1e5000", ".5", "5.", "+.5e+05", "1e", "--1", "TRUE", "\u2028", "\x1c", "\x85", "NA", "?", "none", "-", "45 %",
    "1,234.5", "1.234,5", "1 234", "12 cm", "$3", "2021-01-03", "3.1.2021", "12:30", "\u22121", "cat", "dog", "cat ",
    "0,5",
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A table of examples with a few mistakes in its cells, its quotes, its lines or its bytes."""
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    rows = [
        ["a", "b", "t"],
        *([str(draw(st.integers(0, 9))) for _ in range(3)] for _ in range(draw(st.integers(0, 8)))),
    ]
    cell = st.sampled_from(_CELLS)
    for _ in range(draw(st.integers(0, 5))):
        row = draw(st.sampled_from(rows))
        kind = draw(st.sampled_from(["put", "put", "more", "less", "many", "wide"]))
        if kind == "put" and row:
            row[draw(st.integers(0, len(row) - 1))] = draw(cell)
        elif kind == "more":
            row.append(draw(cell))
        elif kind == "less" and row:
            row.pop()
        elif kind == "many":
            rows.extend([draw(st.sampled_from(rows))] * draw(st.sampled_from([2, 30, 25_000])))
        elif kind == "wide":
            row.extend([draw(cell)] * draw(st.sampled_from([2, 30, 11_000])))
    text = end.join(map(delimiter.join, rows))[:20_000_000]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1"]))
    content = text.encode(encoding, errors="replace")
    return draw(damaged(content, most=3)) if draw(st.integers(0, 3)) == 0 else content


@given(tables(), st.sampled_from(["1", "2", "3"]), st.sampled_from(["", "inputs: [a, b], "]), st.integers(0, 9))
def test_tables_are_refused_or_learned_from(content: bytes, outputs: str, inputs: str, draws: int) -> None:
    scene = f"""network: {{layers: [2, 2, {outputs}]}}
data: {{csv: table.csv, {inputs}targets: [t]}}
training: {{cycles: 30}}
output: {{size: 320x180}}
duration: 12
""".encode()
    check(lambda: _use_scene(drawn=draws == 0 and len(content) < 200), {"scene.yaml": scene, "table.csv": content})


@st.composite
def array_files(draw: st.DrawFn) -> bytes:
    """A file of arrays with a few mistakes in its bytes, its headers too."""
    file, rows = io.BytesIO(), draw(st.integers(1, 6))
    inputs = np.arange(2 * rows).astype(draw(st.sampled_from(["<f8", ">f4", "i1", "<i8", "?", "U3", "O"])))
    targets = np.array(draw(st.lists(st.sampled_from(["0", "1", "cat", ""]), min_size=rows, max_size=rows)))
    pack = draw(st.sampled_from([np.savez, np.savez_compressed]))
    pack(file, a=inputs[:rows], b=inputs[rows:], t=targets if draw(st.booleans()) else np.arange(rows) % 2)
    content = file.getvalue()
    if draw(st.integers(0, 3)) == 0:
        return content
    names = (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"\x93NUMPY", b"descr", b"shape")
    return draw(damaged(content, marks_of(content, names), most=4))


@given(array_files(), st.sampled_from(["1", "2"]), st.sampled_from(["", "inputs: [a, b], "]), st.integers(0, 9))
def test_arrays_are_refused_or_learned_from(content: bytes, outputs: str, inputs: str, draws: int) -> None:
    scene = f"""network: {{layers: [2, 2, {outputs}]}}
data: {{arrays: table.npz, {inputs}targets: t}}
training: {{cycles: 30}}
output: {{size: 320x180}}
duration: 12
""".encode()
    check(lambda: _use_scene(drawn=draws == 0), {"scene.yaml": scene, "table.npz": content})


# Playground links.


@st.composite
def links(draw: st.DrawFn) -> str:
    """A link to TensorFlow Playground with values of all kinds."""
    value = st.one_of(
        st.sampled_from(["", "0", "1", "true", "false", "tanh", "relu", "circle", "xor", "reg-plane", "regression",
            "classification", "L1", "L2", "none", "-1", "1e308", "1e-308",
                         "nan", "inf", "0.03", "10", "50", "80", "0.00000", "9" * 30, "9" * 5000, "4,2", "8,8,8,8,8,8",
                         "9,9,9,9,9,9,9,9", "64,64", "65", ",", "1,,2", "01", "+1",
                         "1_0", "٣", "%00", "%ff", "%u0041", "%1b[31m", "a" * 3000, "\u202e", "\x1b[31m", "é", "&",
                         "=", "#", "1e3", ".5", "0x10"]),
        st.integers(-1, 70).map(str),
        st.floats().map(repr),
        st.text(max_size=5),
    )  # fmt: skip
    fitting = {
        "activation": ["relu", "tanh", "sigmoid", "linear"], "regularization": ["none", "L1", "L2"],
        "problem": ["classification", "regression"],
        "dataset": ["circle", "xor", "gauss", "spiral"], "regDataset": ["reg-plane", "reg-gauss"],
        "networkShape": ["", "1", "4,2", "8,8,8,8,8,8"],
        "learningRate": ["0.00001", "0.03", "10"], "regularizationRate": ["0", "0.001", "10"],
        "noise": ["0", "35", "50"], "batchSize": ["1", "10", "30"],
        "percTrainData": ["10", "50", "90"], "seed": ["0.12345", "1", "x"],
    }  # fmt: skip
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=10))
    chosen = [(key, draw(st.sampled_from(fitting.get(key, ["true", "false"])))) for key in keys]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        key = draw(st.one_of(st.sampled_from(KEYS), st.sampled_from(KEYS), st.text(max_size=5)))
        chosen = [*(each for each in chosen if each[0] != key or draw(st.integers(0, 5)) == 0), (key, draw(value))]
    encoded = draw(st.booleans())
    parts = [f"{quote(key)}={quote(each)}" if encoded else f"{key}={each}" for key, each in chosen]
    start = draw(
        st.sampled_from(
            [*["http://playground.tensorflow.org/#"] * 20, "https://playground.tensorflow.org/#",
            "playground.tensorflow.org/#", "http://playground.tensorflow.org#",
             "http://playground.tensorflow.org/?", "http://x@playground.tensorflow.org:80/#",
             "HTTP://PLAYGROUND.TENSORFLOW.ORG/#", "http://playground.tensorflow.org.evil.org/#",
             "http://[playground.tensorflow.org/#", "http://playground.tensorflow.org:99999/#",
             "//playground.tensorflow.org/#"]
        )
    )  # fmt: skip
    return str(start + draw(st.sampled_from(["&", "&", "&&", ";"])).join(parts))


@given(links(), st.integers(0, 9))
def test_links_are_refused_or_drawn(link: str, draws: int) -> None:
    def use() -> None:
        _use_scene(link, drawn=draws == 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NetvizWarning)
            Path("again.yaml").write_text(scene_text(link), encoding="utf-8")
        _use_scene("again.yaml")

    check(use, {})
