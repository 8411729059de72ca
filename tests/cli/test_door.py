"""Wrong beginnings of a newcomer, and the line that each is answered with."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import click
import pytest

from netviz.cli.help import long_name
from netviz.cli.main import COMMANDS, cli
from netviz.scene.synonyms import COMMANDS as COMMAND_WORDS
from netviz.scene.synonyms import OPTIONS, normal
from tests.cli.conftest import Call
from tests.cli.support import SCENE, run

pytestmark = pytest.mark.usefixtures("untrained")
PACKAGE = Path(__file__).parents[2] / "netviz"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["xor"], "no command 'xor'; to make the film of this scene: netviz render xor"),
        (["my.yaml"], "no command 'my.yaml'; to make the film of this scene: netviz render my.yaml"),
        (["with space.yaml"], "netviz render 'with space.yaml'"),
        (["run.npz"], "no command 'run.npz'; to make the film of this recording: netviz render run.npz"),
        (["film.mp4"], "no command 'film.mp4'; to read what it was made of: netviz inspect film.mp4"),
        (["train"], "no command 'train' (did you mean 'record'?)"),
        (["help"], "to read about all commands: netviz --help"),
        (["--size", "720p", "render"], "no option '--size' here; options stand after a command"),
        (["render", "--epochs", "5"], "no option '--epochs' (did you mean --cycles?)"),
        (["render", "--music", "a.mp3"], "no option '--music' (did you mean --audio?)"),
        (["render", "--out", "a.mp4"], "no option '--out' (did you mean --output?)"),
        (["render", "--lr", "1"], "no option '--lr' (did you mean --set training.learning_rate=...?)"),
        (["render", "--title", "x"], "no option '--title' (did you mean --set title=...?)"),
        (["render", "--optimizer", "x"], "no option '--optimizer' (did you mean --set training.optimizer=...?)"),
        (["render", "--input", "a.yaml"], "no option '--input'; a scene stands by itself: netviz render my.yaml"),
        (["render", "--gif"], "no option '--gif'; the end of a name says it, such as -o film.gif"),
        (["render", "--cylces", "3"], "--cycles"),
        (["render", "mine.yaml"], "mine.yaml: no such file (my.yaml lies there)"),
        (["render", "my.yml"], "my.yml: no such file (did you mean 'my.yaml'?)"),
        (["render", "my"], "my: no such file (did you mean 'my.yaml'?)"),
        (["render", "folder/my.yaml"], "folder/my.yaml: no such file: there is no folder folder"),
        (["render", "my.yaml", "out.mp4"], "out.mp4: no such file, and no scene; a film's own file stands after -o"),
        (["render", "my.yaml", "--audio", "track.mp3"], "--audio track.mp3: no such file (bundled:track.mp3 comes"),
        (["render", "my.yaml", "--audio", "some.mp3"], "--audio some.mp3: no such file (bundled:track.mp3 comes"),
        (["render", "my.yaml", "--set", "words=german.yaml"], "german.yaml: no such file (bundled:german.yaml comes"),
        (["render", "my.yaml", "--set", "font=a.ttf"], "--set font: a.ttf: no such file"),
        (
            ["render", "my.yaml", "--set", "font=Big"],
            "--set font: Big: no such file; write the path of a .ttf or .otf file",
        ),
        (["render"], "no scene given, and my.yaml lies here; type: netviz render my.yaml, or netviz render xor"),
        (["still"], "no scene given, and my.yaml lies here; type: netviz still my.yaml, or netviz still xor"),
    ],
)
def test_wrong_beginnings(call: Call, tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "my.yaml").write_text(SCENE)
    result = call(*arguments)
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert "Traceback" not in result.err


def test_a_missing_file_is_the_one_of_nearly_that_name_beside_it(call: Call, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(SCENE)
    (tmp_path / "holiday.mp3").touch()
    assert call("render", "my.yaml", "--audio", "holidy.mp3").errors == [
        "--audio holidy.mp3: no such file (did you mean 'holiday.mp3'?)"
    ]


def test_no_arguments_offer_the_scenes_that_lie_here(call: Call, tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("network: of friends\n")
    assert "lies here" not in call().err
    (tmp_path / "my.yaml").write_text(SCENE)
    result = call()
    assert result.code == 2
    assert result.err.endswith("my.yaml lies here:\n\n    netviz render my.yaml\n")
    (tmp_path / "other film.yaml").write_text(SCENE)
    assert call().err.endswith("2 scenes lie here:\n\n    netviz render my.yaml\n    netviz render 'other film.yaml'\n")
    assert "netviz render my.yaml (or other film.yaml)" in call("render").err


def test_without_scene_files_netvizs_own_is_filmed(call: Call, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    assert call("render", "--dry-run").out.startswith("xor.mp4: ")


def test_python_m_is_the_command(tmp_path: Path) -> None:
    assert "netviz render xor" in run(tmp_path, "xor").err


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py", "version.py"])
def test_an_older_python_can_read_as_far_as_the_message(name: str) -> None:
    ast.parse((PACKAGE / name).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_an_older_python_is_told_which_is_needed() -> None:
    program = "import sys; sys.version_info = (3, 9, 1, 'final', 0); import netviz"
    ended = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, check=False)
    assert ended.returncode == 1
    last = ended.stderr.decode().splitlines()[-1]
    assert last == "ImportError: netviz needs Python 3.11 or later, and this is 3.9"


def test_every_option_and_command_that_is_meant_exists() -> None:
    commands = [cli.get_command(click.Context(cli), name) for name in COMMANDS]
    options = {
        long_name(each) for command in commands if command for each in command.params if isinstance(each, click.Option)
    }
    assert {option for named in OPTIONS.values() for option in named} <= options
    assert {name for named in COMMAND_WORDS.values() for name in named} <= {*COMMANDS}
    assert not {*COMMAND_WORDS} & {*COMMANDS}
    # An option of that name would never be asked about.
    assert not {f"--{word}" for word in OPTIONS} & options
    assert all(normal(word) == word for word in (*OPTIONS, *COMMAND_WORDS))
