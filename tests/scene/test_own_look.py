"""A look that a scene names: it lies under the scene's own keys, and everything else lies over both."""

from __future__ import annotations

from pathlib import Path

import pytest

from netviz.scene.copies import files_beside
from netviz.scene.export import as_yaml, written
from netviz.scene.loader import load_scene, read_scene
from netviz.scene.look_file import read_look
from netviz.scene.scene import Scene
from netviz.training.cache import training_key
from tests.scene.smallest import BASE, Write, told


@pytest.fixture
def brand(write: Write) -> Path:
    """A look, in the current folder with my.yaml, which names it."""
    write(f"look: brand.yaml\n{BASE}")
    return Path("brand.yaml")


def scene(look: str, own: str, write: Write) -> Scene:
    Path("brand.yaml").write_text(look)
    return load_scene(write(f"look: brand.yaml\n{own}{BASE}"))


def test_what_the_scene_leaves_open_is_of_its_look(write: Write) -> None:
    write(BASE)
    found = scene("theme: paper\ntitle: Theirs\noutput: {size: square, fps: 12}\nnetwork: {outputs: [out]}\n",
                  "title: Mine\noutput: {size: 640x360}\n", write)  # fmt: skip
    assert (found.title, found.theme, found.look) == ("Mine", "paper", None)
    assert (found.output.size, found.output.fps, found.network.outputs) == ((640, 360), 12, ("out",))


def test_lists_replace_and_a_word_replaces_a_mapping(write: Write) -> None:
    write(BASE)
    look = "panels: [{panel: title}, {panel: network}]\naudio: {file: bundled:track.mp3, fade_out: 2}\n"
    found = scene(look, "panels: [{panel: network}]\naudio: bundled:track.mp3\n", write)
    assert [panel.panel for panel in found.panels or ()] == ["network"]
    assert found.audio is not None and found.audio.fade_out != 2
    shorthand = scene("audio: bundled:track.mp3\n", "audio: {fade_out: 2}\n", write).audio
    assert shorthand is not None and shorthand.fade_out == 2 and shorthand.file.endswith("track.mp3")
    assert scene("audio: bundled:track.mp3\n", "audio: null\n", write).audio is None


@pytest.mark.parametrize(
    ("look", "own"),
    [
        ("audio: bundled:track.mp3", "duration: 10"),
        ("duration: 10", "audio: bundled:track.mp3"),
        ("panels: [{panel: network}, {panel: curve}]", "style: classic"),
        ("story: {tell: auto}", "compare: [{set: {training.seed: 1}}, {set: {training.seed: 2}}]"),
        ("output: {size: 1920x1080}", "output: {platform: shorts}"),
    ],
)
def test_what_excludes_the_scenes_own_choice_is_left_out(write: Write, look: str, own: str) -> None:
    write(BASE)
    found = scene(f"{look}\ntheme: paper\n", f"{own}\n", write)
    alone = load_scene(write(f"theme: paper\n{own}\n{BASE}"))
    assert found == alone


def test_options_and_a_look_put_over_it_win(brand: Path, tmp_path: Path) -> None:
    brand.write_text("theme: paper\npalette: blue-orange\ntitle: Theirs\n")
    Path("over.yaml").write_text("palette: colour-blind\ntitle: Over\n")
    found = read_scene("my.yaml", {"title": "Typed"}, look=read_look("over.yaml").overrides).scene
    assert found is not None
    assert found.palette is not None
    assert (found.theme, found.palette.base, found.title) == ("paper", "colour-blind", "Typed")


def test_an_override_names_another_look_or_none(brand: Path) -> None:
    brand.write_text("theme: paper\n")
    Path("other.yaml").write_text("theme: playground\n")
    assert load_scene("my.yaml", overrides={"look": "other.yaml"}).theme == "playground"
    assert load_scene("my.yaml", overrides={"look": Path("other.yaml")}).theme == "playground"
    assert load_scene("my.yaml", overrides={"look": None}).theme is None
    assert load_scene("xor", overrides={"look": "other.yaml"}).theme == "playground"


def test_files_of_a_look_lie_beside_it(write: Write) -> None:
    write(f"look: house/brand.yaml\n{BASE}")
    Path("house").mkdir()
    Path("house/brand.yaml").write_text("words: de.yaml\npanels: [{panel: picture, file: logo.png}]\n")
    Path("house/de.yaml").write_text("title-classes: '{count} Klassen'\n")
    result = read_scene("my.yaml")
    assert result.scene is not None, result.problems
    assert result.scene.phrases == {"title-classes": "{count} Klassen"}
    assert {path.name for path in result.files} == {"brand.yaml", "de.yaml", "logo.png"}
    assert Path("house/logo.png").absolute() in result.files


def test_every_mistake_is_at_its_place(brand: Path) -> None:
    brand.write_text("look: x.yaml\npalette: red\nthme: paper\noutput:\n  sise: 3\n")
    assert told("my.yaml") == [
        "brand.yaml:1:7: look: a look names no other look; write the keys of that one here",
        "brand.yaml:3:1: thme: unknown key (did you mean 'theme'?)",
        "brand.yaml:5:3: output.sise: unknown key (did you mean 'output.size'?)",
        "brand.yaml:2:10: palette: expected one of green-red, blue-orange, colour-blind, "
        "or a mapping such as {base: ...}, got 'red'",
    ]
    assert read_scene("my.yaml").in_options == ()  # saving the file mends them: a preview waits for that


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("brnd.yaml", "my.yaml:1:7: look: brnd.yaml: no such file (did you mean 'brand.yaml'?)"),
        (
            "../brand.yaml",
            "my.yaml:1:7: look: '../brand.yaml' lies outside the scene's folder; copy it there, or use --allow-outside",
        ),
        ("3", "my.yaml:1:7: look: expected text, got whole number 3 (in quotes it would be text)"),
        ("[a, b]", "my.yaml:1:7: look: expected text, got list ['a', 'b']"),
    ],
)
def test_a_look_that_cannot_be_read(write: Write, name: str, message: str) -> None:
    Path(write(f"look: {name}\n{BASE}")).with_name("brand.yaml").write_text("theme: paper\n")
    assert [line for line in told("my.yaml") if "look" in line] == [message]


def test_a_look_may_not_lead_outside(brand: Path) -> None:
    brand.write_text("font: /etc/passwd\n")
    (line,) = told("my.yaml")
    assert line.startswith("brand.yaml:1:7: font: '/etc/passwd' lies outside the look's folder")


def test_it_trains_nothing_anew_and_is_exported_resolved(brand: Path) -> None:
    brand.write_text("theme: paper\nnetwork: {outputs: [out]}\n")
    found = load_scene("my.yaml")
    assert training_key(found) == training_key(load_scene("my.yaml", overrides={"look": None}))
    data = written(found).data
    assert "look" not in data and data["theme"] == "paper"
    Path("again.yaml").write_text(as_yaml(data, "again", {}))
    assert load_scene("again.yaml", overrides={"name": "my"}) == found


def test_a_scene_in_python_takes_none(brand: Path) -> None:
    brand.write_text("theme: paper\n")
    data = load_scene("my.yaml").model_dump(mode="json") | {"look": "brand.yaml"}
    with pytest.raises(ValueError, match="a look lies under the keys of a scene file"):
        Scene.model_validate(data)
    (problem,) = read_look({"look": "brand.yaml"}).problems
    assert str(problem) == "look: look: a look names no other look; write the keys of that one here"


def test_a_copy_of_the_scene_needs_the_look_and_its_pictures(brand: Path) -> None:
    pictures = "[auto, {panel: picture, file: logo.png}, {panel: picture, file: a/b.png}]"
    brand.write_text(f"words: de.yaml\npanels: {pictures}\n")
    for name in ("de.yaml", "logo.png"):
        Path(name).touch()
    assert {*files_beside("my.yaml")} == {"brand.yaml", "de.yaml", "logo.png"}
    brand.write_text("- no mapping\n")
    assert {*files_beside("my.yaml")} == {"brand.yaml"}
