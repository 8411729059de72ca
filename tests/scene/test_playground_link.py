"""TensorFlow Playground links: the run a link shows becomes a scene, and what is no such run is refused."""

# ruff: noqa: E501 - a table, one mistake a line

from __future__ import annotations

import socket
import warnings
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.errors import InputError, NetvizWarning
from netviz.scene.copies import scene_text
from netviz.scene.loader import load_scene, read_scene
from netviz.scene.overrides import Override
from netviz.scene.panels import BoundaryPanelSpec
from netviz.scene.playground_link import CYCLES, KEYS, is_link
from netviz.scene.scene import Scene
from netviz.scene.sound import Sound

PAGE = "https://playground.tensorflow.org/"
WHOLE = (
    f"{PAGE}#activation=tanh&batchSize=10&dataset=circle&regDataset=reg-plane&learningRate=0.03&regularizationRate=0"
    "&noise=0&networkShape=4,2&seed=0.59704&showTestData=false&discretize=false&percTrainData=50&x=true&y=true"
    "&xTimesY=false&xSquared=false&ySquared=false&cosX=false&sinX=false&cosY=false&sinY=false&collectStats=false"
    "&problem=classification&initZero=false&hideText=false"
)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be opened: a link is read."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was wanted")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def linked(state: str, **overrides: Any) -> Scene:
    return load_scene(f"{PAGE}#seed=0.5&{state}", overrides={k.replace("__", "."): v for k, v in overrides.items()})


def told(link: str, overrides: dict[str, Any] | None = None) -> list[str]:
    result = read_scene(link, overrides)
    assert (result.scene is None) == bool(result.problems)
    lines = [str(problem) for problem in result.problems]
    assert all(line.isprintable() for line in lines)
    return lines


def test_the_run_playground_begins_with() -> None:
    scene = load_scene(WHOLE)
    assert (scene.name, scene.title, scene.style) == (
        "playground-circle",
        "TensorFlow Playground: circle",
        "playground",
    )
    assert scene.network.layers == (2, 4, 2, 1)
    assert scene.network.activations == ("tanh", "tanh", "tanh")
    assert scene.network.bias is True
    data = scene.data
    assert (data.dataset, data.noise, data.features) == ("circle", 0, ("x1", "x2"))
    assert (data.total_count, data.train_count) == (500, 250)
    training = scene.training
    assert (training.cycles, training.learning_rate, training.batch) == (CYCLES, 0.03, 10)
    assert (training.reduction, training.last_batch, training.loss) == ("mean", "carry", "squared_error")
    assert (training.regularization, training.regularization_rate) == ("none", 0)
    assert (training.seed, training.initial_weights, training.initial_biases) == ("0.59704", "playground", None)
    assert scene.schedule.frames == 60
    assert scene.presentation == "together"
    assert scene.panels is None


def test_what_a_link_leaves_out_is_playgrounds_default() -> None:
    whole = load_scene(WHOLE)
    assert linked("") == linked("networkShape=4,2&dataset=&x=&problem=&batchSize=&learningRate=&activation=&noise=")
    assert load_scene(f"{PAGE}#seed=0.59704") == whole
    for start in (
        "http://playground.tensorflow.org/",
        "playground.tensorflow.org/",
        "playground.tensorflow.org",
        "",
        " ",
    ):
        assert load_scene(f"{start}#seed=0.59704") == whole


@pytest.mark.parametrize(
    ("state", "key", "value"),
    [
        ("networkShape=", "network.layers", (2, 1)),
        ("networkShape=8", "network.layers", (2, 8, 1)),
        ("networkShape=1,64,3,3,3,3", "network.layers", (2, 1, 64, 3, 3, 3, 3, 1)),
        ("networkShape=4%2C2", "network.layers", (2, 4, 2, 1)),
        ("activation=relu", "network.activation", ("relu", "relu", "tanh")),
        ("activation=sigmoid&problem=regression", "network.activation", ("sigmoid", "sigmoid", "linear")),
        ("activation=linear&networkShape=", "network.activation", ("tanh",)),
        ("problem=regression", "data.dataset", "plane"),
        ("problem=regression&regDataset=reg-gauss&dataset=xor", "data.dataset", "gauss-regression"),
        ("problem=regression&regDataset=reg-gauss", "name", "playground-gauss-regression"),
        ("dataset=spiral&regDataset=reg-gauss", "data.dataset", "spiral"),
        ("noise=35", "data.noise", 35),
        ("percTrainData=70", "data.train_count", 350),
        ("percTrainData=70&problem=regression", "data.train_count", 840),
        ("batchSize=30", "training.batch", 30),
        ("learningRate=0.00001", "training.learning_rate", 0.00001),
        ("learningRate=1e-5", "training.learning_rate", 0.00001),
        ("regularization=L1&regularizationRate=0.003", "training.regularization", "L1"),
        ("regularization=L2&regularizationRate=0.003", "training.regularization_rate", 0.003),
        ("regularization=L2", "training.regularization_rate", 0),
        ("regularizationRate=0.003", "training.regularization_rate", 0),
        ("initZero=true", "training.initial_weights", "zero"),
        ("xTimesY=true&sinY=1&sinX=yes&ySquared=true&xSquared=true&y=false", "data.features", ("x1", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")),
        ("xTimesY=true", "data.features", ("x1", "x2", "x1*x2")),
        ("xTimesY=true", "network.layers", (3, 4, 2, 1)),
        ("tutorial=dont_fool_yourself&collectStats=true&hideText=true&learningRate_hide=true&_hide=x", "panels", None),
    ],
)  # fmt: skip
def test_what_a_key_means(state: str, key: str, value: Any) -> None:
    found: Any = linked(state)
    for name in key.split("."):
        found = getattr(found, name)
    assert found == value


@pytest.mark.parametrize("seed", ["0.59704", "1", "9999999999", "01", "a b%20c", "1e-3", "é"])
def test_the_seed_stays_as_it_is_written(seed: str) -> None:
    assert str(load_scene(f"#seed={seed}").training.seed) == seed.replace("%20", " ")


def test_every_share_keeps_as_many_points_as_playground_does() -> None:
    for percent in range(1, 100):
        assert linked(f"percTrainData={percent}").data.train_count == 500 * percent // 100
    assert linked("percTrainData=33.3").data.train_count == floor(500 * Fraction("33.3") / 100)


def test_what_playground_can_draw_otherwise() -> None:
    default = linked("").shown_panels
    for state, panel in [
        ("showTestData=true", BoundaryPanelSpec(test_points=True)),
        ("discretize=true&showTestData=true", BoundaryPanelSpec(test_points=True, discrete=True)),
    ]:
        assert linked(state).panels == tuple(panel if each.panel == "boundary" else each for each in default)


def test_overrides_lie_over_a_link_as_over_a_file() -> None:
    scene = linked("", training__cycles=20, style="classic", duration="12.5", data__noise=5)
    assert (scene.training.cycles, scene.style, scene.duration, scene.data.noise) == (20, "classic", Fraction(25, 2), 5)
    assert scene.schedule.frames == 13
    assert linked("", training__cycles=20).schedule.frames == 20
    assert linked("", schedule__frames=7).schedule.frames == 7
    assert linked("", audio="x.mp3").audio == Sound(file=str(Path.cwd() / "x.mp3"))


# --- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("actvation=relu", "link: actvation: unknown key (did you mean 'activation'?)"),
        ("zzz=1", "link: zzz: unknown key (Playground has no such key)"),
        ("z\n=1", "link: z: unknown key"),
        ("%1b[31m=1", "link: \\x1b[31m: unknown key"),
        ("activation", "link: activation: expected key=value"),
        ("activation=swish", "link: activation: expected one of relu, tanh, sigmoid, linear, got 'swish'"),
        ("activation=Relu", "link: activation: expected one of relu, tanh, sigmoid, linear, got 'Relu' (did you mean 'relu'?)"),
        ("dataset=cirle", "link: dataset: expected one of circle, xor, gauss, spiral, got 'cirle' (did you mean 'circle'?)"),
        ("dataset=plane", "link: dataset: expected one of circle, xor, gauss, spiral, got 'plane'"),
        ("regDataset=plane", "link: regDataset: expected one of reg-plane, reg-gauss, got 'plane' (did you mean 'reg-plane'?)"),
        ("problem=clasification", "link: problem: expected one of classification, regression, got 'clasification' (did you mean 'classification'?)"),
        ("regularization=L3", "link: regularization: expected one of none, L1, L2, got 'L3'"),
        ("batchSize=0", "link: batchSize: expected a whole number from 1, got '0'"),
        ("batchSize=2.5", "link: batchSize: expected a whole number from 1, got '2.5'"),
        ("batchSize=ten", "link: batchSize: expected a whole number from 1, got 'ten'"),
        ("learningRate=0", "link: learningRate: expected a number above 0, got '0'"),
        ("learningRate=fast", "link: learningRate: expected a number above 0, got 'fast'"),
        ("learningRate=1e999", "link: learningRate: expected a number above 0, got '1e999'"),
        ("learningRate=NaN", "link: learningRate: expected a number above 0, got 'NaN'"),
        ("regularizationRate=-1", "link: regularizationRate: expected a number from 0, got '-1'"),
        ("noise=81", "link: noise: expected a number from 0 to 80, got '81'"),
        ("noise=-1", "link: noise: expected a number from 0 to 80, got '-1'"),
        ("percTrainData=0", "link: percTrainData: expected a number from 1 to 99, got '0'"),
        ("percTrainData=100", "link: percTrainData: expected a number from 1 to 99, got '100'"),
        ("networkShape=4,0", "link: networkShape: expected whole numbers from 1 to 64 such as 4,2, got '0' in '4,0'"),
        ("networkShape=65", "link: networkShape: expected whole numbers from 1 to 64 such as 4,2, got '65' in '65'"),
        ("networkShape=4,,2", "link: networkShape: expected whole numbers from 1 to 64 such as 4,2, got '' in '4,,2'"),
        ("networkShape=4;2", "link: networkShape: expected whole numbers from 1 to 64"),
        ("noise=5&noise=5", "link: noise: stands in the link twice"),
        ("x=false&y=false", "link: the network has no input; at least one of x, y, xSquared, ySquared, xTimesY, sinX, sinY"),
    ],
)  # fmt: skip
def test_one_mistake_is_told_once(state: str, says: str) -> None:
    (line,) = told(f"{PAGE}#seed=1&{state}")
    assert line.startswith(says)


def test_all_mistakes_at_once_those_of_options_last() -> None:
    link = f"{PAGE}#foo=1&dataset=cirle&noise=90&networkShape=0&x=false&y=false&seed="
    overrides = {"training.cycles": Override(0, "--cycles"), "network.bias": Override("x", "--set network.bias")}
    assert [line.split(": ")[:2] for line in told(link, overrides)] == [
        ["link", "foo"],
        ["link", "dataset"],
        ["link", "networkShape"],
        ["link", "the network has no input; at least one of x, y, xSquared, ySquared, xTimesY, sinX, sinY"],
        ["link", "noise"],
        ["--set network.bias", "expected true or false, or 'fixed', got 'x'"],
        ["--cycles", "expected a whole number from 1 to 100000000, got 0"],
    ]


def test_mistakes_with_overrides_say_where() -> None:
    (line,) = told(f"{PAGE}#seed=1", {"data.features": Override(["x1"], "--set data.features")})
    assert line.startswith("link: network.layers[0]: 2 inputs, but the network is given 1 feature of a point")
    assert told(f"{PAGE}#seed={'x' * 300}") == [
        f"link: training.seed: expected a whole number from 0 to 4294967295, or text of 1 to 200 characters, got '{'x' * 56}... (300 characters)"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "https://example.com/#seed=1",
        "http://playground.tensorflow.org.example.com/#seed=1",
        "https://user@example.com:1/playground.tensorflow.org/#seed=1",
        "https://127.0.0.1:9/scene.yaml",
        "HTTPS://example.com/scene.npz",
        "playground.tensorflow.organic/#seed=1",
    ],
)
def test_no_other_address_is_opened(source: str) -> None:
    (line,) = told(source)
    assert line.startswith(source)
    assert "netviz opens no addresses; of links it understands those of playground.tensorflow.org" in line


def test_links_that_are_none() -> None:
    assert told("http://[::1") == ["http://[::1: is no address"]
    (line,) = told(f"{PAGE}#seed={'1' * 10_000}")
    assert line.endswith("a link of 10,040 characters; 10,000 are the most")


def test_what_is_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert all(map(is_link, [PAGE, "#", "#seed=1", "playground.tensorflow.org", " HTTP://x", "https://x/y.yaml"]))
    assert not any(map(is_link, ["xor", "a#b.yaml", "./#x.yaml", "", "ftp://x", "http.yaml", "x\0"]))
    Path("#my.yaml").touch()
    assert not is_link("#my.yaml")


# --- warnings --------------------------------------------------------------------------------------------------------


def test_a_link_without_a_seed_is_another_run() -> None:
    with pytest.warns(NetvizWarning, match=r"the link has no seed.* the seed is 1 here \(--seed chooses another\)"):
        scene = load_scene(f"{PAGE}#dataset=xor")
    assert scene.training.seed == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_scene(PAGE, overrides={"training.seed": "0.5"}).training.seed == "0.5"
    assert read_scene(PAGE + "#seed=").notes and not read_scene(WHOLE).notes


def test_a_cosine_is_no_input() -> None:
    with pytest.warns(NetvizWarning, match="the link has cosX, which Playground gives no input for"):
        scene = linked("cosX=true")
    assert scene.network.layers[0] == 2


# --- a link as a file ------------------------------------------------------------------------------------------------


def test_a_link_can_be_written_as_a_scene_file(tmp_path: Path) -> None:
    for state in (
        "",
        "seed=1e-3",
        "seed=true",
        "dataset=spiral&seed=a:%20b&sinX=true&xTimesY=true&discretize=true&noise=12.5&regularization=L1&regularizationRate=1e-5&learningRate=1e20",
    ):
        link = f"{PAGE}#seed=0.5&{state}" if "seed" not in state else f"{PAGE}#{state}"
        path = tmp_path / "my.yaml"
        path.write_text(scene_text(link), encoding="utf-8")
        assert load_scene(path) == load_scene(link)
        assert f"# {link}" in path.read_text(encoding="utf-8").splitlines()
    with pytest.raises(InputError, match="link: dataset"):
        scene_text(f"{PAGE}#dataset=x")


# --- any link --------------------------------------------------------------------------------------------------------

_FLAG = st.sampled_from(["true", "false", ""])
_VALUES = {
    "activation": st.sampled_from(["relu", "tanh", "sigmoid", "linear", ""]),
    "regularization": st.sampled_from(["none", "L1", "L2"]),
    "batchSize": st.integers(1, 30).map(str),
    "dataset": st.sampled_from(["circle", "xor", "gauss", "spiral"]),
    "regDataset": st.sampled_from(["reg-plane", "reg-gauss"]),
    "learningRate": st.sampled_from(["0.00001", "0.03", "10", "1e-4", ".5"]),
    "regularizationRate": st.sampled_from(["0", "0.001", "10"]),
    "noise": st.integers(0, 80).map(str),
    "networkShape": st.lists(st.integers(1, 64), max_size=6).map(lambda sizes: ",".join(map(str, sizes))),
    "seed": st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20),
    "percTrainData": st.integers(1, 99).map(str),
    "problem": st.sampled_from(["classification", "regression"]),
}
_STATES = st.fixed_dictionaries(
    {}, optional={key: _VALUES.get(key, _FLAG) for key in KEYS if key not in ("x", "cosX", "cosY")}
)


@settings(max_examples=200, deadline=None)
@given(state=_STATES, encoded=st.booleans())
def test_every_state_of_playground_is_a_scene(state: dict[str, str], encoded: bool) -> None:
    written = {key: quote(value, safe="" if encoded or key == "seed" else ",") for key, value in state.items()}
    result = read_scene(PAGE + "#" + "&".join(f"{key}={value}" for key, value in written.items()))
    assert result.problems == ()
    scene = result.scene
    assert scene is not None
    assert bool(result.notes) == ("seed" not in state)
    assert str(scene.training.seed) == state.get("seed", "1")
    shape = [int(part) for part in state.get("networkShape", "4,2").split(",") if part]
    assert list(scene.network.layers[1:]) == [*shape, 1]
    extra = sum(state.get(key) == "true" for key in ("xSquared", "ySquared", "xTimesY", "sinX", "sinY"))
    assert scene.network.layers[0] == 1 + (state.get("y") != "false") + extra
    regression = state.get("problem") == "regression"
    assert scene.network.activations[-1] == ("linear" if regression else "tanh")
    assert scene.data.total_count == (1200 if regression else 500)
    assert scene.data.train_count == scene.data.total_count * int(state.get("percTrainData", "50")) // 100
    assert Scene.model_validate_json(scene.model_dump_json()) == scene


@settings(max_examples=200, deadline=None)
@given(
    fragment=st.one_of(
        st.text(max_size=40),
        st.lists(
            st.tuples(st.sampled_from([*KEYS, "zzz", "%"]), st.text(max_size=6)).map(
                lambda pair: f"{pair[0]}={pair[1]}"
            ),
            max_size=5,
        ).map("&".join),
    )
)
def test_whatever_stands_in_a_link_it_is_a_scene_or_told(fragment: str) -> None:
    told(f"{PAGE}#{fragment}")
