"""From a file to a Scene: where scenes are found, what is read, and which files a scene may name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from netviz.resources import assets_folder, scenes_folder
from netviz.scene.loader import bundled_scenes, load_scene, read_stored
from netviz.scene.overrides import Override
from netviz.scene.panels import PicturePanelSpec
from netviz.scene.scene import Scene
from netviz.scene.shots import Shot
from tests.scene.smallest import BASE, Write, told

# --- what is read ----------------------------------------------------------------------------------------------------


def test_xor_is_the_film_of_2015() -> None:
    scene = load_scene()
    assert scene.name == "xor"
    assert scene.network.layers == (3, 4, 1)
    assert scene.network.activations == ("sigmoid", "sigmoid")
    assert not scene.network.bias
    assert [(example.inputs, example.target) for example in scene.data.examples] == [
        ((0, 0, 1), (0,)),
        ((0, 1, 1), (1,)),
        ((1, 0, 1), (1,)),
        ((0, 1, 0), (1,)),
        ((1, 0, 0), (1,)),
        ((1, 1, 1), (0,)),
        ((0, 0, 0), (0,)),
    ]
    assert (scene.training.cycles, scene.training.learning_rate, scene.training.batch) == (60000, 1, 1)
    assert (scene.training.seed, scene.training.initial_weights) == (1, "milo")
    assert scene.schedule.cycles == (2, 10, 20, 50, 100, 200, 300, 400, 500, 1000, 2500, 12500, 60000)
    assert scene.audio is not None and scene.audio.file == str(assets_folder() / "track.mp3")
    assert scene.output.size == (1920, 1080)


def test_the_classic_differs_in_looks_alone() -> None:
    assert load_scene("xor-classic").training == load_scene("xor").training
    assert load_scene("xor-classic").style == "classic"


def test_bundled_scenes_have_titles() -> None:
    scenes = bundled_scenes()
    assert [name for name, _ in scenes] == sorted(path.stem for path in scenes_folder().glob("*.yaml"))
    assert all(title for _, title in scenes)


@pytest.mark.parametrize("name", [name for name, _ in bundled_scenes()])
def test_a_scene_survives_being_written_and_read(name: str) -> None:
    scene = load_scene(name, overrides={"output.fps": "30000/1001"})
    assert scene.output.fps == Fraction(30000, 1001)
    assert Scene.model_validate(scene.model_dump(mode="json")) == scene
    assert Scene.model_validate_json(scene.model_dump_json()) == scene


def test_defaults_and_the_name(write: Write) -> None:
    scene = load_scene(write(BASE))
    assert scene.name == "my"
    assert (scene.schedule.frames, scene.training.cycles, scene.audio) == (13, 10_000, None)
    assert [shot.shot for shot in scene.shots if isinstance(shot, Shot)] == ["title", "rest", "learning", "rest"]


def test_a_short_training_shows_as_many_cycles_as_it_has(write: Write) -> None:
    assert load_scene(write(BASE + "training: {cycles: 5}")).schedule.frames == 5


def test_a_file_name_that_is_no_name_becomes_one(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\nb\\c\xff.yaml")
    path.write_text(BASE)
    assert load_scene(path).name == "a_b_c_"


@pytest.mark.parametrize("name", ["-x.yaml", "a:b.yaml", "%d.yaml", "a b.YAML", "a\nb.yml", os.fsdecode(b"\xff.yaml")])
def test_file_names_of_every_kind(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(BASE)
    assert load_scene(name).network.layers == (3, 4, 1)
    Path(name).write_text("foo: 1\n" + BASE)
    assert "foo: unknown key" in told(name)[0]


@pytest.mark.parametrize(
    ("written", "size"),
    [("853x480", None), ("1280x720", (1280, 720)), ("square", (1080, 1080)), ("[640, 360]", (640, 360))],
)
def test_sizes(written: str, size: tuple[int, int] | None, write: Write) -> None:
    path = write(BASE + f"output: {{size: {written}}}")
    if size:
        assert load_scene(path).output.size == size
    else:
        assert "the nearest is 854x480" in told(path)[0]


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("24", Fraction(24)),
        ("29.97", Fraction(2997, 100)),
        ("30000/1001", Fraction(30000, 1001)),
        ("'30'", Fraction(30)),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_frame_rates_are_exact(written: str, rate: Fraction, write: Write) -> None:
    assert load_scene(write(BASE + f"output: {{fps: {written}}}")).output.fps == rate


def test_numbers_alone_are_lists_of_one(write: Write) -> None:
    examples = load_scene(write(BASE)).data.examples
    assert examples[1].target == (1.0,)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + BASE.encode(),
        BASE.replace("\n", "\r\n").encode(),
        BASE.encode("utf-16"),
        b"\xfe\xff" + BASE.encode("utf-16-be"),
        ("title: Netz – 神経\n" + BASE).encode("utf-16"),
    ],
    ids=["byte order mark", "windows", "utf-16 little", "utf-16 big", "utf-16 words"],
)
def test_encodings(content: bytes, write: Write) -> None:
    assert load_scene(write(content)).network.layers == (3, 4, 1)


# --- files that are none ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "my.yaml:1:1: expected keys with values, network and data at least, got an empty file"),
        (b"# only this\n", "my.yaml:1:1: expected keys with values, network and data at least, got an empty file"),
        (b"- a\n- b\n", "my.yaml:1:1: expected keys with values, network and data at least, got a list"),
        (b"hello\n", "my.yaml:1:1: expected keys with values, network and data at least, got a text"),
        (b"a: 1\n---\nb: 1\n", "my.yaml:2:1: a second document begins here; a scene file holds one"),
        (b"a:\n\tb: 1\n", "my.yaml:2:1: a tab cannot indent a line; use spaces"),
        (b"a: \x00\n", "my.yaml:1:4: character '\\x00' cannot stand in a YAML file; is this a text file?"),
        (
            b"\x7fELF\x02\x01\x01\x00",
            "my.yaml:1:1: character '\\x7f' cannot stand in a YAML file; is this a text file?",
        ),
        (b"a: 1\nb: \xc3\xa9\xff\n", "my.yaml:2:5: byte 0xff is not UTF-8 text; save the file as UTF-8"),
        (b"\xff\xfea", "my.yaml: begins like UTF-16 text but is not"),
        (b"x" * 1_000_001, "my.yaml: 1.0 MB is too large for a scene file; 1 is the most"),
        (b"[" * 3000, "my.yaml:1:52: nested more than 50 deep"),
    ],
)
def test_what_is_no_scene_file_is_told_in_one_line(content: bytes, says: str, write: Write) -> None:
    assert told(write(content)) == [says]


def test_a_file_of_100_mb_is_refused_at_once(write: Write) -> None:
    path = write("")
    os.truncate(path, 100_000_000)
    began = time.perf_counter()
    assert told(path) == ["my.yaml: 100.0 MB is too large for a scene file; 1 is the most"]
    assert time.perf_counter() - began < 1


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert told(tmp_path / "pipe.yaml") == [f"{tmp_path}/pipe.yaml: is not a regular file"]
    assert told("/dev/zero") == ["/dev/zero: is not a regular file"]
    assert told(tmp_path) == [f"{tmp_path}: is a folder, not a scene file"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("nowhere.yaml", "nowhere.yaml: no such file"),
        ("xor.yaml", "xor.yaml: no such file (netviz's own scene 'xor' is called without .yaml)"),
        ("no/where", "no/where: no such file"),
        ("xro", "(did you mean 'xor'?)"),
        ("zzz", "zzz: neither a scene file nor one of netviz's own scenes: "),
        ("", "neither a scene file nor one of netviz's own scenes: "),
        ("a\0b", "a\\x00b: neither a scene file"),
        ("a\0b.yaml", "a\\x00b.yaml: cannot be read"),
        ("x" * 5000 + ".yaml", "file name too long"),
    ],
)
def test_scenes_that_do_not_exist(source: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = told(source)
    assert says in line


def test_a_file_here_goes_before_a_bundled_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("xor").mkdir()
    assert load_scene("xor").training.cycles == 60_000
    Path("xor").rmdir()
    Path("xor").write_text(BASE)
    assert load_scene("xor").training.cycles == 10_000


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    # Root may read everything, so the test gives root up in a child process.
    (tmp_path / "my.yaml").write_text(BASE)
    (tmp_path / "my.yaml").chmod(0)
    code = (
        "import os, sys\n"
        "from netviz.scene.loader import read_scene\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "print(*read_scene(sys.argv[1]).problems)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path / "my.yaml")], capture_output=True, text=True)
    assert "cannot be read: permission denied" in run.stdout, run.stderr


# --- music and font --------------------------------------------------------------------------------------------------


def file_of(scene: Scene, key: str) -> str:
    found = scene.audio.file if key == "audio" and scene.audio is not None else getattr(scene, key)
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("key", ["audio", "font", "figures_font"])
def test_files_are_sought_beside_the_scene(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "my.yaml").write_text(BASE + f"{key}: sub/../x.file\n")
    assert file_of(load_scene("scenes/my.yaml"), key) == str(tmp_path / "scenes" / "x.file")
    typed = load_scene("scenes/my.yaml", overrides={key: Override("x.file", f"--{key}")})
    assert file_of(typed, key) == str(tmp_path / "x.file")
    typed = load_scene("scenes/my.yaml", overrides={key: Path("/elsewhere/x.file")})
    assert file_of(typed, key) == "/elsewhere/x.file"


@pytest.mark.parametrize("key", ["audio", "font", "figures_font"])
@pytest.mark.parametrize("named", ["../x", "/etc/passwd", "a/../../x", "link/x", "linked.mp3"])
def test_a_scene_reaches_nothing_outside_its_folder(key: str, named: str, tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    folder.mkdir()
    (folder / "link").symlink_to("/etc")
    (folder / "linked.mp3").symlink_to(tmp_path / "outside.mp3")
    path = folder / "my.yaml"
    path.write_text(BASE + f"{key}: {named}\n")
    (line,) = told(path)
    assert f"{path}:7:{len(key) + 3}: {key}: '{named}' lies outside the scene's folder" in line
    assert file_of(load_scene(path, allow_outside=True), key) == str((folder / named).resolve())
    assert file_of(load_scene(path, overrides={key: named}), key) == str(Path.cwd() / named)


def test_the_pictures_of_panels_are_files_like_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    path = tmp_path / "scenes" / "my.yaml"
    path.write_text(BASE + "panels: [{panel: picture, file: sub/../logo.png}, {panel: network}]\n")

    def file(**more: Any) -> str:
        panel = load_scene(path, **more).panels[0]
        assert isinstance(panel, PicturePanelSpec)
        return panel.file

    assert file() == str(tmp_path / "scenes" / "logo.png")
    assert file(overrides={"panels.0.file": "x.png"}) == str(tmp_path / "x.png")
    assert file(overrides={"panels": [{"panel": "picture", "file": "x.png"}]}) == str(tmp_path / "x.png")
    scene = load_scene(path)
    assert read_stored(scene.model_dump(mode="json"), tmp_path / "runs" / "run.npz").scene == scene
    path.write_text(BASE + "panels: [{panel: network}, {panel: picture, file: ../logo.png}]\n")
    (line,) = told(path)
    assert line.startswith(f"{path}:7:51: panels[1].file: '../logo.png' lies outside the scene's folder")
    assert load_scene(path, allow_outside=True).panels is not None


def test_many_points_seen_together_show_more_cycles(write: Write) -> None:
    plane = "network: {layers: [2, 1], activation: tanh}\ndata: {dataset: xor}\n"
    assert load_scene(write(plane)).schedule.frames == 60
    assert load_scene(write(plane + "training: {cycles: 40}\n")).schedule.frames == 40
    assert load_scene(write(plane + "shots: [{shot: learning, examples: each}]\n")).schedule.frames == 13
    assert load_scene(write(BASE + "shots: [{shot: learning, examples: together}]\n")).schedule.frames == 60


def test_a_folder_reached_through_a_link_is_the_scenes_own(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "my.yaml").write_text(BASE + "audio: x.mp3\n")
    assert load_scene(tmp_path / "link" / "my.yaml").audio.file == str(tmp_path / "real" / "x.mp3")


@pytest.mark.parametrize("name", ["nope.mp3", "../scenes/xor.yaml", "fonts/x.ttf", "", "a\\b", "trak.mp3"])
def test_bundled_files_are_those_there_are(name: str, write: Write) -> None:
    (line,) = told(write(BASE + f"audio: 'bundled:{name}'\n"))
    assert line.startswith("my.yaml:7:8: audio: no such bundled file")
    assert "track.mp3" in line
    assert ("(did you mean 'track.mp3'?)" in line) == (name == "trak.mp3")


def test_a_bundled_file_may_be_typed_too() -> None:
    scene = load_scene(overrides={"audio": Override("bundled:track.mp3", "--audio")})
    assert scene.audio is not None and scene.audio.file == str(assets_folder() / "track.mp3")
    assert told("xor", {"audio": Override("bundled:x", "--audio")})[0].startswith("--audio: no such bundled file")


def test_music_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"/music/\xff.mp3")
    scene = load_scene(overrides={"audio": name})
    assert scene.audio is not None and scene.audio.file == name
    assert Scene.model_validate(scene.model_dump(mode="json")) == scene


def test_music_that_cannot_be_a_path(write: Write) -> None:
    (line,) = told(write(BASE + 'audio: "\\ud800.mp3"\n'))
    assert line == "my.yaml:7:8: audio: '\\ud800.mp3' cannot be a file's path"


# --- the package -----------------------------------------------------------------------------------------------------


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, netviz, netviz.scene\n"
        "print(sorted({'pydantic', 'yaml', 'numpy', 'matplotlib'} & set(sys.modules)))\n"
        "import netviz.scene.loader\n"
        "print(sorted({'numpy', 'matplotlib', 'imageio_ffmpeg', 'click'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["[]", "[]"]
