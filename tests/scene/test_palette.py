"""Palettes: how colours are written, what is wrong with them, and what they are called in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import netviz
from netviz.errors import InputError
from netviz.resources import scenes_folder
from netviz.scene.export import written
from netviz.scene.loader import load_scene, read_scene
from netviz.scene.overrides import Override, parse_set
from netviz.scene.palette import NAMED, WORDS, called

XOR = (scenes_folder() / "xor.yaml").read_text(encoding="utf-8")
OWN = {
    "base": "blue-orange",
    "positive": "#2FD695",
    "negative": "coral",
    "neuron": "#fd6",
    "background": ["#14213d", "#0b132b"],
    "text": "white",
}


def problems(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a scene that ends in this text, without the file's name."""
    path = tmp_path / "my.yaml"
    path.write_text(f"{XOR}\n{text}", encoding="utf-8")
    lines = XOR.count("\n") + 1
    found = []
    for problem in read_scene(path).problems:
        line, column, *rest = str(problem).removeprefix(f"{path}:").split(":", 2)
        found.append(f"{int(line) - lines}:{column}:{''.join(rest)}")
    return found


def set_to(*pairs: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_scene("xor", overrides=dict(map(parse_set, pairs)))
    return [str(problem) for problem in caught.value.problems]


def test_colours_are_codes_and_names() -> None:
    palette = load_scene("xor", overrides={"palette": OWN}).palette
    assert palette is not None
    assert (palette.positive, palette.negative, palette.neuron) == ("#2fd695", "#ff7f50", "#ffdd66")
    assert palette.background == ("#14213d", "#0b132b")
    assert (palette.muted, palette.error) == (None, None)
    one = load_scene("xor", overrides={"palette": {"background": "tab:blue"}}).palette
    assert one is not None
    assert one.background == ("#1f77b4", "#1f77b4")


def test_a_name_is_the_mapping_with_a_base() -> None:
    named = load_scene("xor", overrides={"palette": "colour-blind"})
    assert named.palette == load_scene("xor", overrides={"palette": {"base": "colour-blind"}}).palette
    assert written(named).data["palette"] == "colour-blind"
    more = load_scene("xor", overrides={"palette": "colour-blind", **dict([parse_set("palette.positive=teal")])})
    assert written(more).data["palette"] == {"base": "colour-blind", "positive": "#008080"}
    assert load_scene("xor", overrides={"palette": {**OWN}, "palette.text": None}).palette.text is None


def test_what_is_written_is_read_again() -> None:
    scene = load_scene("xor", overrides={"palette": OWN})
    data = written(scene).data["palette"]
    assert data == {**OWN, "positive": "#2fd695", "negative": "#ff7f50", "neuron": "#ffdd66", "text": "#ffffff"}
    assert load_scene("xor", overrides={"palette": data}).palette == scene.palette
    one = load_scene("xor", overrides={"palette": {"background": "#fff"}})
    assert written(one).data["palette"] == {"background": "#ffffff"}


def test_a_look_file_is_merged_with_the_scene(tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text('palette:\n  positive: "#2fd695"\n  text: "#eee"\n')
    from netviz.scene.look_file import read_look

    look = read_look(tmp_path / "brand.yaml").overrides
    result = read_scene("xor", {"palette.text": Override("white", "--set palette.text")}, look=look)
    assert result.scene is not None and result.scene.palette is not None
    assert (result.scene.palette.positive, result.scene.palette.text) == ("#2fd695", "#ffffff")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "palette:\n  positive: #2fd695\n",
            '2:12: palette.positive: no colour: in YAML a # begins a comment; write "#2fd695" in quotes',
        ),
        ("palette: #2fd\n", '1:9: palette: no colour: in YAML a # begins a comment; write "#2fd" in quotes'),
        (
            "palette: {positive: #2fd695, negative: red}\nstyle: glow\n",
            '1:21: no colour: in YAML a # begins a comment; write "#2fd695" in quotes',
        ),
        (
            "palette:\n  background: [#111, #222]\n",
            '2:16: no colour: in YAML a # begins a comment; write "#111" in quotes',
        ),
        (
            "palette:\n  background:\n    - '#111'\n    - #222222\n",
            '4:6: palette.background[1]: no colour: in YAML a # begins a comment; write "#222222" in quotes',
        ),
        ("palette: {text: 112233}\n", "1:17: palette.text: 112233 is no colour (did you mean \"#112233\"?)"),
        ("palette: {text: 2fd695}\n", "1:17: palette.text: '2fd695' is no colour (did you mean \"#2fd695\"?)"),
        ("palette: {text: gren}\n", "1:17: palette.text: 'gren' is no colour (did you mean 'green'?)"),
        (
            'palette: {text: "#2fd69580"}\n',
            "1:17: palette.text: '#2fd69580' is no colour (colours have six digits or three: none is transparent)",
        ),
        ("palette: {text: [red]}\n", "1:17: palette.text: ['red'] is no colour: write"),
        (
            "palette: {background: [red, blue, teal]}\n",
            "1:23: palette.background: expected one colour, or two: [centre, edge], got 3",
        ),
        ("palette: {background: [red, gren]}\n", "1:23: palette.background: 'gren' is no colour"),
        ("palette: {postive: red}\n", "1:11: palette.postive: unknown key (did you mean 'positive'?)"),
        ("palette: gren\n", "1:10: palette: expected one of green-red, blue-orange, colour-blind"),
        (
            "theme: night\npalette: {background: white}\n",
            "2:23: palette.background: #ffffff is light, and the theme night dark; leave theme out, or set it to paper",
        ),
        (
            "theme: paper\npalette: {background: [black, white]}\n",
            "2:23: palette.background: #000000 is dark, and the theme paper light; leave theme out, or set it to night",
        ),
    ],
)  # fmt: skip
def test_every_mistake_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(says), found


def test_a_comment_that_is_no_colour_stays_one(tmp_path: Path) -> None:
    assert problems(tmp_path, "palette:\n  positive:  # none yet\n  text: white\n") == []


def test_options_say_the_same() -> None:
    assert set_to("palette.positive=gren") == [
        "--set palette.positive: 'gren' is no colour (did you mean 'green'?): "
        'write "#2fd695" in quotes, or a name such as teal'
    ]
    assert set_to("palette.mutd=red") == ["--set palette.mutd: unknown key (did you mean 'palette.muted'?)"]
    with pytest.raises(InputError, match='write "#111" in quotes'):
        parse_set("palette.background=[#111, #222]")
    with pytest.raises(InputError, match='write "#2fd695" in quotes'):
        parse_set("palette={positive: #2fd695}")
    assert parse_set("palette.positive=#2fd695")[1].value == "#2fd695"


@pytest.mark.parametrize(
    ("part", "may_be"),
    [
        ("red", {"red", "pink"}),
        ("green", {"green", "turquoise"}),
        ("blue", {"blue", "turquoise", "purple", "white"}),
        ("turquoise", {"turquoise"}),
        ("orange", {"orange", "red"}),
        ("purple", {"purple"}),
        ("pink", {"pink"}),
        ("brown", {"brown", "red", "orange"}),
        ("grey", {"grey", "turquoise"}),
    ],
)
def test_colours_are_called_about_what_css_calls_them(part: str, may_be: set[str]) -> None:
    other = {"darkred", "mediumvioletred", "palevioletred"} if part == "red" else set()
    names = [name for name in NAMED if part in name and name not in other]
    found = {name: called(NAMED[name]) for name in names}
    assert {*found.values()} <= may_be, found
    assert found.get(part, part) == part or part == "brown"


def test_every_word_is_one_that_is_said() -> None:
    assert {called(code) for code in NAMED.values()} == {*WORDS}
    assert set(WORDS) <= {*netviz.scene.phrases.ENGLISH}


@pytest.mark.parametrize(
    ("palette", "style", "words"),
    [
        ({"positive": "#ffe600", "negative": "#7a3cff"}, "glow", ("purple", "yellow")),
        ({"positive": "white"}, "glow", ("red", "white")),
        ({"positive": "#ff3333"}, "glow", ("negative", "positive")),
        ({"base": "blue-orange", "negative": "#ff6b6b"}, "glow", ("red", "blue")),
        ({"background": "#0b132b"}, "playground", ("red", "green")),
        ({"background": "#fffaf0"}, "playground", ("orange", "blue")),
    ],
)
def test_sentences_name_the_colours_that_are_seen(
    palette: Mapping[str, Any], style: str, words: tuple[str, str]
) -> None:
    from netviz.story.wording import event_texts
    from tests.story.test_colour_names import turns

    scene = load_scene("xor", overrides={"palette": palette, "style": style, "story": "default"})
    assert event_texts(scene, turns(-1.0, 1.0), 3)[0].endswith(f"from {words[0]} to {words[1]}.")
