"""Every mistake in a scene file is told at once, in its place, in words that help."""
# The tables hold messages as they are printed, one a line.
# ruff: noqa: E501

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.errors import MOST_PROBLEMS, InputError, Problem
from netviz.scene.loader import load_scene, read_scene
from netviz.scene.overrides import Override
from tests.scene.smallest import BASE, Write, told


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("training: {learning_rat: 1}", "7:12: training.learning_rat: unknown key (did you mean 'learning_rate'?)"),
        ("titel: x", "7:1: titel: unknown key (did you mean 'title'?)"),
        ("cycles: 5", "7:1: cycles: unknown key (did you mean 'training.cycles' or 'schedule.cycles'?)"),
        ("output: {zzz: 1}", "7:10: output.zzz: unknown key (valid: platform, size, fps, quality, transparent, "
            "webm, about, animated)",
        ),
        ("'a b': 1", "7:1: 'a b': unknown key"),
        ('"\\ud800\\n": 1', "7:1: '\\ud800\\n': unknown key"),
        ("style: Glow", "7:8: style: expected one of glow, classic, playground, got 'Glow' (did you mean 'glow'?)"),
        ("style: 5", "7:8: style: expected one of glow, classic, playground, got whole number 5"),
        ("compare: [{label: fast, set: {}}]", "7:12: compare[0].label: unknown key (did you mean 'name'?)"),
        ("shots: [{shot: lerning}]", "7:16: shots[0].shot: expected one of title, rest, learning, think, walk, got 'lerning' (did you mean 'learning'?)"),
        ("shots: [{caption: x}]", "7:9: shots[0].shot: missing; expected one of title, rest, learning, think, walk"),
        ("shots: [{shot: [x]}]", "7:16: shots[0].shot: expected one of title, rest, learning, think, walk, got list ['x']"),
        ("shots: [title]", "7:9: shots[0]: expected a mapping such as {shot: ...}, got text 'title'"),
        ("shots: [{shot: rest, share: 2}]", "7:29: shots[0].share: expected a number above 0 up to 1, got 2"),
        ("shots: [{shot: rest, inputs: 2}]", "7:22: shots[0].inputs: unknown key (valid: share, seconds, speed, hold, caption, shot)"),
        ("shots: []", "7:8: shots: expected a list of 1 to 500 mappings, got []"),
        (f"shots: [{'rest, ' * 501}]".replace("rest", "{shot: rest}"), "7:8: shots: expected a list of 1 to 500 mappings"),
        (f"panels: [{'{panel: table}, ' * 25}]", "7:9: panels: expected a list of 1 to 24 mappings, got [{panel: 'table'"),
        ("training: {batch: ful}", "7:19: training.batch: expected a whole number from 1, or 'full', got 'ful' (did you mean 'full'?)"),
        ("training: {batch: 0}", "7:19: training.batch: expected a whole number from 1, or 'full', got 0"),
        ("training: {batch: true}", "7:19: training.batch: expected a whole number from 1, or 'full', got true"),
        ("training: {cycles: 6e4}", "7:20: training.cycles: expected a whole number from 1 to 100000000, got number 60000.0 (write 60000)"),
        ("training: {cycles: true}", "7:20: training.cycles: expected a whole number from 1 to 100000000, got true"),
        ("training: {seed: -1}", "7:18: training.seed: expected a whole number from 0 to 4294967295, or text, got -1"),
        ("training: {seed: 0.59704}", "7:18: training.seed: expected a whole number from 0 to 4294967295, or text, got number 0.59704 (in quotes it would be text)"),
        ("training: {initial_weights: glorto}", "7:29: training.initial_weights: expected one of milo, trask, glorot, he, uniform, normal, playground, zero, or a list of one or more lists of lists of numbers, got 'glorto' (did you mean 'glorot'?)"),
        ("training: {initial_weights: [[[1, x]]]}", "7:35: training.initial_weights[0][0][1]: expected a number, got text 'x'"),
        ("training: {initial_weights: [[]]}", "7:30: training.initial_weights[0]: expected a list of one or more numbers or lists of numbers, got []"),
        ("training: {initial_biases: {a: 1}}", "7:28: training.initial_biases: expected a list of one or more numbers or lists of numbers, got mapping {a: 1}"),
        ("training: {regularization: l1}", "7:28: training.regularization: expected one of none, L1, L2, got 'l1' (did you mean 'L1'?)"),
        ("panels: [{panel: cruve}]", "7:18: panels[0].panel: expected one of title, caption, network, table, answers, numbers, curve, boundary, equations, gradients, picture, text, auto, got 'cruve' (did you mean 'curve'?)"),
        ("panels: [{panel: text, text: mine, siz: 1}]", "7:36: panels[0].siz: unknown key (did you mean 'size'?)"),
        ("panels: [{panel: text}]", "7:10: panels[0].text: missing; expected text"),
        ("panels: [{panel: text, text: 3}]", "7:30: panels[0].text: expected text, got whole number 3 (in quotes it would be text)"),
        ("panels: [{panel: picture, file: a.png, opacity: 2}]", "7:49: panels[0].opacity: expected a number above 0 up to 1, got 2"),
        ("panels: [picture]", "7:10: panels[0].file: missing; expected text"),
        ("panels: [auto, cruve]", "7:16: panels[1]: expected one of title, caption, network, table, answers, numbers, curve, boundary, equations, gradients, picture, text, auto, got 'cruve' (did you mean 'curve'?)"),
        ("panels: [{at: [0, 0, 1, 1]}]", "7:10: panels[0].panel: missing; expected one of title, caption, network, table"),
        ("panels: [{panel: curve, wide: [0, 0, 1, 1]}]", "7:25: panels[0].wide: unknown key (valid: at, panel, future)"),
        ("panels: [{panel: curve, at: [0, 0, 1]}]", "7:29: panels[0].at: expected a list of 4 numbers, or a mapping such as {wide: ...}, got [0, 0, 1]"),
        ("panels: [{panel: curve, at: [0, 0, 1, x]}]", "7:39: panels[0].at[3]: expected a number, got text 'x'"),
        ("panels: [{panel: curve, at: [0.5, 0, 0.6, 1]}]", "7:29: panels[0].at: a place is [left, top, width, height] as parts of the picture, which goes from 0 to 1 both ways; [0.5, 0.0, 0.6, 1.0] is not inside it"),
        ("panels: [{panel: curve, at: {wide: [0, 0]}}]", "7:36: panels[0].at.wide: expected a list of 4 numbers, got [0, 0]"),
        ("panels: [{panel: curve, at: {wdie: [0, 0, 1, 1]}}]", "7:30: panels[0].at.wdie: unknown key (did you mean 'wide'?)"),
        ("panels: [{panel: picture}]", "7:10: panels[0].file: missing; expected text"),
        ("panels: [{panel: text, text: ''}]", "7:30: panels[0].text: expected text, got ''"),
        ("panels: [{panel: text, text: x, align: centre}]", "7:40: panels[0].align: expected one of left, middle, right, got 'centre'"),
        ("panels: [{panel: text, text: x, at: {wide: [1, 0, 1, 1]}}]", "7:44: panels[0].at.wide: a place is [left, top, width, height]"),
        ("panels: [{panel: text, text: x, colour: red}]", "7:33: panels[0].colour: unknown key (valid: at, panel, text, size, align, opacity)"),
        ("output: {size: [640]}", "7:16: output.size: expected text such as 1920x1080, or one of 4k, 1080p, 720p, square, portrait, vertical, or a list of 2 whole numbers, got [640]"),
        ("training: {learning_rate: .nan}", "7:27: training.learning_rate: expected a finite number, got .nan"),
        ("training: {learning_rate: 1e999}", "7:27: training.learning_rate: expected a finite number, got .inf"),
        ("training: {learning_rate: 0}", "7:27: training.learning_rate: expected a number above 0, got 0"),
        ("training: {learning_rate: '1'}", "expected a number above 0, got text '1' (without quotes it would be a number)"),
        ("training: 5", "7:11: training: expected a mapping such as {cycles: ...}, got whole number 5"),
        ("training:", "7:10: training: expected a mapping such as {cycles: ...}, got nothing"),
        ("schedule: {cycles: []}", "7:20: schedule.cycles: expected a list of one or more whole numbers from 1, got []"),
        ("schedule: {cycles: [1, x]}", "7:24: schedule.cycles[1]: expected a whole number from 1, got text 'x'"),
        ("title: 2024", "7:8: title: expected text, got whole number 2024 (in quotes it would be text)"),
        ("title: #fff", "7:7: title: expected text, got nothing (a value that begins with # must be quoted)"),
        ("title: [a, {b: null}]", "7:8: title: expected text, got list ['a', {b: null}]"),
        ("title: " + "x" * 5000, "expected text of 0 to 200 characters, got 'xxx"),
        ('title: "a\\0b"', "7:8: title: control character '\\x00' cannot be drawn"),
        ('title: "a\\ud800"', "7:8: title: lone surrogate '\\ud800' is not a character"),
        ("title: |\n  two\n  lines", "7:8: title: control character '\\n' cannot be drawn"),
        ("name: ../../x", "7:7: name: a name becomes a file's name and cannot hold / or \\"),
        ("name: '..'", "7:7: name: a name becomes a file's or a folder's name, and '..' is another folder's; give a word"),
        ("name: .", "7:7: name: a name becomes a file's or a folder's name, and '.' is another folder's; give a word"),
        ("output: {fps: 0}", "7:15: output.fps: expected a number above 0 up to 240, or text such as 30000/1001, got 0"),
        ("output: {fps: -5}", "7:15: output.fps: expected a number above 0 up to 240, or text such as 30000/1001, got -5"),
        ("output: {fps: 30/0}", "7:15: output.fps: expected a number, or a fraction such as 30000/1001, got '30/0'"),
        ("output: {fps: '1e999999999'}", "expected a number, or a fraction such as 30000/1001, got '1e999999999'"),
        ("output: {fps: '30." + "0" * 60 + "'}", "7:15: output.fps: expected a number, or a fraction such as 30000/1001"),
        ("output: {fps: .nan}", "7:15: output.fps: expected a number, or a fraction such as 30000/1001, got .nan"),
        ("output: {fps: 29.970029970}", "the nearest usual rate is 30000/1001"),
        ("output: {size: 853x480}", "7:16: output.size: 853x480 has an odd side, which most players cannot show; the nearest is 854x480"),
        ("output: {size: 1080}", "7:16: output.size: expected text such as 1920x1080, or one of 4k, 1080p, 720p, square, portrait, vertical"),
        ("output: {size: 1080P}", "got '1080P' (did you mean '1080p'?)"),
        ("output: {size: 64x64}", "7:16: output.size: 64x64: both sides must be from 128 to 8192 pixels"),
        ("duration: 1e300", "7:11: duration: expected a number above 0 up to 86400, or text such as 30000/1001, got 1e+300"),
        ("audio: ''", "7:8: audio: expected the path of a file, got ''"),
        ('audio: "a\\0b"', "7:8: audio: a NUL character cannot stand in a path"),
        ("audio: a.mp3\nduration: 5", "8:11: duration: the film is as long as its music: give audio or duration, not both, or fit the music to the film "
            "(audio: {file: ..., fit: track})"),
        ("training: {cycles: 10}\nschedule: {frames: 11}", "8:20: schedule.frames: 11 shown cycles are more than the 10 of training"),
        ("training: {loss: cross_entropy, batch: full}\nstyle: glow\nshots: [{shot: think, inputs: [1]}]", "9:31: shots[0].inputs: 1 value, but the first layer has 3 neurons"),
        ("title: !!str x", "7:8: the tag !!str is not allowed; a scene is plain data"),
        ("title: a\ntitle: b", "8:1: title: duplicate key; it stands already in line 7"),
        ("<<: {title: a}", "7:1: <<: merge keys are not supported; write the keys out"),
        ("training: {cycles: " + "9" * 200 + "}", "7:20: training.cycles: a number of 200 characters; 100 are the most"),
    ],
)  # fmt: skip
def test_one_mistake_is_told_once_in_its_place(more: str, says: str, write: Write) -> None:
    (line,) = told(write(BASE + more))
    assert line.startswith("my.yaml:7:" if not says[0].isdigit() else f"my.yaml:{says}"), line
    assert says in line


def test_a_value_that_cannot_be_read_hides_no_other_mistake(write: Write) -> None:
    number, style = told(write(BASE + "pulse: " + "9" * 200 + "\nstyle: nope\n"))
    assert number == "my.yaml:7:8: pulse: a number of 200 characters; 100 are the most"
    assert style.startswith("my.yaml:8:8: style: expected one of glow, classic, playground")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[3, 4, 1]", "[3]", "my.yaml:2:11: network.layers: expected a list of at least 2 whole numbers from 1, got [3]"),
        ("[3, 4, 1]", "[3, 0, 1]", "my.yaml:2:15: network.layers[1]: expected a whole number from 1, got 0"),
        ("[3, 4, 1]", "3", "my.yaml:2:11: network.layers: expected a list of at least 2 whole numbers from 1, got whole number 3"),
        ("[3, 4, 1]", "[3, 4, 1]\n  bias: no", "my.yaml:3:9: network.bias: expected true or false, or 'fixed', got 'no' (write false)"),
        ("[3, 4, 1]", "[3, 4, 1]\n  activation: sigmod", "my.yaml:3:15: network.activation: expected one of sigmoid, tanh, relu, leaky_relu, elu, gelu, swish, linear, softmax, or a list of them, got 'sigmod' (did you mean 'sigmoid'?)"),
        ("[3, 4, 1]", "[3, 4, 1]\n  activation: [tanh, sigmod]", "my.yaml:3:22: network.activation[1]: expected one of sigmoid, tanh, relu, leaky_relu, elu, gelu, swish, linear, softmax, got 'sigmod' (did you mean 'sigmoid'?)"),
        ("[3, 4, 1]", "[3, 4, 1]\n  activation: [gelu, silu]", "my.yaml:3:22: network.activation[1]: expected one of sigmoid, tanh, relu, leaky_relu, elu, gelu, swish, linear, softmax, got 'silu' (did you mean 'swish'?)"),
        ("[3, 4, 1]", "[3, 4, 1]\n  activation: gelu\ntraining: {loss: cross_entropy}", "my.yaml:4:18: training.loss: cross_entropy needs sigmoid or softmax outputs, not gelu"),
        ("[3, 4, 1]", "[3, 4, 1]\n  activation: [tanh]", "my.yaml:3:15: network.activation: 1 activations for 2 layers after the inputs; give one name, or 2"),
        ("[3, 4, 1]", "[3, 4, 1]\n  activation: softmax", "my.yaml:3:15: network.activation: softmax is only possible in the last layer"),
        ("[3, 4, 1]", "[3, 4, 1]\n  activation: [tanh, softmax]", "my.yaml:3:15: network.activation: softmax of one output is always 1; use sigmoid, or an output for each class"),
        ("[3, 4, 1]", "[3, 4, 1]\n  inputs: [a, b]", "my.yaml:3:11: network.inputs: 2 names for 3 input neurons; give 3, or none"),
        ("[0, 1, 1]", "[0, 1]", "my.yaml:6:16: data.examples[1].inputs: 2 values, but the first layer has 3 neurons (network.layers: [3, 4, 1])"),
        ("target: 1", "target: [1, 0]", "my.yaml:6:35: data.examples[1].target: 2 values, but the last layer has 1 neuron (network.layers: [3, 4, 1])"),
        ("[0, 1, 1]", "[0, .inf, 1]", "my.yaml:6:20: data.examples[1].inputs[1]: expected a finite number, got .inf"),
        ("target: 1", "target: .nan", "my.yaml:6:35: data.examples[1].target: expected a finite number, got .nan"),
        ("target: 1", "target: no", "my.yaml:6:35: data.examples[1].target: expected a number, or a list of one or more numbers, got text 'no'"),
        (", target: 1", "", "my.yaml:6:7: data.examples[1].target: missing; expected a number, or a list of one or more numbers"),
        ("layers: [3, 4, 1]", "bias: true", "my.yaml:2:3: network.layers: missing; expected a list of at least 2 whole numbers from 1"),
    ],
)  # fmt: skip
def test_a_mistake_in_network_or_data(old: str, new: str, says: str, write: Write) -> None:
    (line,) = told(write(BASE.replace(old, new, 1)))
    assert line.startswith(says)


def test_missing_parts_point_at_the_scene(write: Write) -> None:
    assert told(write("# nothing yet\ntitle: x\n")) == [
        "my.yaml:2:1: network: missing; expected a mapping such as {layers: ...}",
        "my.yaml:2:1: data: missing; expected a mapping such as {examples: ...}",
    ]


def test_all_mistakes_at_once_in_the_order_of_the_file(write: Write) -> None:
    path = write(
        "style: Glow\n"
        + BASE.replace("[0, 1, 1]", "[0, 1]")
        + "training: {learning_rat: 1, batch: ful}\n"
        + "output:\n  fps: 0\n  size: 853x480\n"
        + "audio: /etc/passwd\ntitle: !x y\nstyle: glow\n"
    )
    lines = told(path, {"training.cycles": Override("abc", "--cycles"), "shots": Override([], "--set shots")})
    assert [line.split(": ")[:2] for line in lines] == [
        ["my.yaml:1:8", "style"],
        ["my.yaml:7:16", "data.examples[1].inputs"],
        ["my.yaml:8:12", "training.learning_rat"],
        ["my.yaml:8:36", "training.batch"],
        ["my.yaml:10:8", "output.fps"],
        ["my.yaml:11:9", "output.size"],
        ["my.yaml:12:8", "audio"],
        ["my.yaml:13:8", "the tag !x is not allowed; a scene is plain data"],
        ["my.yaml:14:1", "style"],
        ["--cycles", "expected a whole number from 1 to 100000000, got text 'abc'"],
        ["--set shots", "expected a list of 1 to 500 mappings, got []"],
    ]


def test_a_flood_of_mistakes_is_cut(write: Write) -> None:
    path = write(BASE + "".join(f"k{number}: 1\n" for number in range(30)))
    lines = told(path)
    assert len(lines) == MOST_PROBLEMS + 1
    assert lines[-1] == "and 10 more"
    assert "k0" in lines[0]


@pytest.mark.parametrize(
    "more",
    [
        "".join(f"trainin{number}: 1\n" for number in range(2000)),
        "output: {" + ", ".join(f"siz{number}: 1" for number in range(2000)) + "}\n",
        "words: {" + ", ".join(f"cycl{number}: x" for number in range(2000)) + "}\n",
        "words: words.yaml\n",
    ],
)
def test_what_was_meant_is_only_looked_for_where_it_is_told(
    write: Write, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """For one key it takes a millisecond, and a scene may hold 100,000 of them."""
    Path("words.yaml").write_text("".join(f"cycl{number}: x\n" for number in range(2000)))
    asked: list[str] = []

    def look(word: str, *_: object, **__: object) -> list[str]:
        asked.append(word)
        return []

    monkeypatch.setattr("difflib.get_close_matches", look)
    lines = told(write(BASE + more))
    assert lines[-1] == "and 1980 more"
    assert len(asked) == MOST_PROBLEMS


def test_a_run_replaces_only_so_much(write: Write) -> None:
    keys = ", ".join(f"training.initial_biases.{number}: 1" for number in range(101))
    (line,) = told(write(BASE + f"compare:\n- set: {{{keys}}}\n- set: {{training.seed: 2}}\n"))
    assert line.endswith("compare[0].set: replaces 101 keys; 100 are the most")


def test_an_error_tells_the_first_mistakes_and_the_number_of_the_rest() -> None:
    many = InputError(Problem(f"captions[{number}].at", "is too early") for number in range(10_000))
    assert len(many.problems) == MOST_PROBLEMS + 1
    assert str(many).splitlines()[-1] == "and 9980 more"
    further = InputError([*many.problems, Problem("font", "no such file"), *many.problems])
    assert str(further).splitlines()[-1] == "and 19981 more", "the rests of both, and those that have no place now"
    assert len(further.problems) == MOST_PROBLEMS + 1
    assert len(InputError(many.problems[:MOST_PROBLEMS]).problems) == MOST_PROBLEMS


def test_load_scene_raises_all_of_them(write: Write) -> None:
    with pytest.raises(InputError) as caught:
        load_scene(write("foo: 1\nbar: 2\n" + BASE))
    assert [problem.where for problem in caught.value.problems] == ["my.yaml:1:1: foo", "my.yaml:2:1: bar"]
    assert caught.value.exit_code == 2


def test_a_draft_keeps_the_parts_that_are_right(write: Write) -> None:
    result = read_scene(write(BASE + "style: x\ntitle: Fine\n"))
    assert result.parts["title"] == "Fine"
    assert "style" not in result.parts
    assert result.path == Path("my.yaml")


# Values that are wrong, whatever the key: a Scene never holds them, and what is said of them is one line.
_WRONG = st.one_of(
    st.floats(max_value=0),
    st.just(math.nan),
    st.just(math.inf),
    st.integers(max_value=0),
    st.booleans(),
    st.none(),
    st.lists(st.none(), max_size=2),
    st.text(alphabet="xyz\0\n", max_size=3).map(lambda text: "?" + text),
)


@pytest.mark.parametrize(
    "key",
    [
        "training.cycles",
        "training.learning_rate",
        "training.batch",
        "schedule.frames",
        "output.fps",
        "output.size",
        "network.layers.1",
        "data.examples.0.inputs",
        "shots.2.share",
    ],
)
@settings(max_examples=40, deadline=None)
@given(value=_WRONG)
def test_wrong_numbers_never_get_through(key: str, value: Any) -> None:
    lines = told("xor", {key: Override(value, "--set key")})
    if value is None and key in ("schedule.frames", "shots.2.share"):
        assert not lines
    else:
        assert lines
        assert all(line.startswith("--set key: ") for line in lines)
