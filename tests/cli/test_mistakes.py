"""Whatever is wrong is said before any work, all of it at once: exit code 2, nothing on stdout, nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import imageio.v3
import numpy as np
import pytest

from tests.cli.conftest import Call
from tests.cli.support import BRIEF, DIVERGES, FILM, SCENE, Result, contents, run

pytestmark = pytest.mark.usefixtures("untrained")


def refused(call: Call, folder: Path, *arguments: str | Path) -> list[str]:
    """The errors of a command that must be refused."""
    before = contents(folder)
    result = call(*arguments)
    assert_refused(result)
    assert contents(folder) == before
    return result.errors


def assert_refused(result: Result) -> None:
    assert result.code == 2, result.err
    assert result.out == ""
    assert result.errors
    assert "Traceback" not in result.err
    assert "…" not in result.err, "no phase has begun"


def scene_file(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "my.yaml"
    assert old in SCENE
    path.write_text(SCENE.replace(old, new) if old else SCENE)
    return path


@pytest.mark.parametrize("command", ["render", "still", "record", "validate", "plan"])
@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("training: {cycles", "trainnig: {cycles", "my.yaml:7:1: trainnig", "did you mean 'training'?"),
        ("{cycles: 60}", "{cycels: 60}", "my.yaml:7:12: training.cycels", "did you mean 'cycles'?"),
        ("cycles: 60", "cycles: many", "my.yaml:7:20: training.cycles", "expected a whole number from 1"),
        ("layers: [2, 2, 1]", "layers: [3, 2, 1]", "my.yaml:5:16: data.examples[0].inputs", "2 values, but the first"),
        ("160x128", "853x480", "my.yaml:10:16: output.size", "the nearest is 854x480"),
        ("fps: 10", "fps: 0", "my.yaml:10:30: output.fps", "above 0"),
        ("frames: 3", "frames: 61", "my.yaml:8:20: schedule.frames", "61 shown cycles are more than the 60"),
    ],
)
def test_a_mistake_in_the_scene(
    call: Call, tmp_path: Path, command: str, old: str, new: str, where: str, what: str
) -> None:
    errors = refused(call, tmp_path, command, scene_file(tmp_path, old, new).name)
    assert any(error.startswith(f"{where}: ") and what in error for error in errors), errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cycles", "abc"], "--cycles: expected a whole number from 1"),
        (["--frames", "0"], "--frames: expected a whole number from 1"),
        (["--cycles", "10", "--frames", "13"], "--frames: 13 shown cycles are more than the 10 of training"),
        (["--fps", "0"], "--fps: "),
        (["--fps", "nan"], "--fps: "),
        (["--size", "853x480"], "--size: 853x480 has an odd side"),
        (["--size", "100000x100000"], "--size: 100000x100000: both sides must be"),
        (["--duration", "-1"], "--duration: "),
        (["--style", "glwo"], "--style: "),
        (["--quality", "superb"], "--quality: "),
        (["--seed", "1.5"], "--seed: milo weights need a whole number as seed"),
        (["--seed", "-1"], "--seed: milo weights need a whole number as seed"),
        (["--seed", "4294967296"], "--seed: milo weights need a whole number as seed"),
        (
            ["--theme", "nihgt"],
            "--theme: expected one of night, paper, playground, got 'nihgt' (did you mean 'night'?)",
        ),
        (
            ["--palette", "color-blind"],
            "--palette: expected one of green-red, blue-orange, colour-blind, or a mapping such as {base: ...}, "
            "got 'color-blind' (did you mean 'colour-blind'?)",
        ),
        (["--set", "training.learning_rat=1"], "--set training.learning_rat: unknown key (did you mean"),
        (["--set", "nothing"], "--set nothing: expected key=value"),
        (["--set", "network.bias=[1"], "--set network.bias: "),
        (["--audio", "music.mp3", "--duration", "3"], "--audio and --duration: "),
        (["--set", 'title="a\\tb"'], "--set title: control character"),
        (["--set", "title=\udcff"], "--set title: "),
        (["--set", f"title={'x' * 5000}"], "--set title: expected text of 0 to 200 characters"),
        (
            ["--set", "network.layers=[3, 100000000, 1]"],
            "--set network.layers: [3, 100000000, 1] has 400,000,000 synapses",
        ),
        (["--set", "network.layers=[3, 4097, 1]"], "--set network.layers: "),
        (["--set", "font=none.ttf"], "--set font: "),
        (["--cycles", "1000000000000"], "--cycles: "),
    ],
)
def test_a_mistake_in_an_option(call: Call, tmp_path: Path, options: list[str], message: str) -> None:
    assert any(error.startswith(message) for error in refused(call, tmp_path, "render", *options))


def test_a_network_too_large_to_be_recorded(call: Call, tmp_path: Path) -> None:
    (error,) = refused_when_recording(call, tmp_path, "--set", "network.layers=[3, 100000000, 1]")
    assert "xor.yaml:" in error and ": schedule: " in error and "GB" in error


def refused_when_recording(call: Call, folder: Path, *options: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        from netviz.training.trainer import train

        patch.setattr("netviz.pipeline.api.train", train)  # it is training itself that looks at the size, first of all
        return refused(call, folder, "record", *options)


@pytest.mark.parametrize("command", ["render", "still", "plan", "validate"])
def test_music_that_is_missing_or_none(call: Call, tmp_path: Path, command: str) -> None:
    (tmp_path / "words.mp3").write_text("not a song\n" * 100)
    (tmp_path / "empty.mp3").touch()
    for name, reason in [
        ("none.mp3", "no such file"),
        ("words.mp3", "no decodable audio"),
        ("empty.mp3", "no decodable audio"),
        (".", "is a folder"),
        ("http://127.0.0.1:9/a.mp3", "no such file"),
        ("concat:words.mp3|words.mp3", "no such file"),
    ]:
        (error,) = refused(call, tmp_path, command, "--audio", name)
        assert reason in error, (name, error)


@pytest.mark.parametrize(("command", "suffix"), [("render", ".mp4"), ("still", ".png"), ("record", ".npz")])
def test_outputs_that_cannot_be(call: Call, tmp_path: Path, command: str, suffix: str) -> None:
    (tmp_path / f"there{suffix}").write_text("precious")
    (tmp_path / f"link{suffix}").symlink_to(f"there{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    os.mkfifo(tmp_path / f"pipe{suffix}")
    for name, overwrite, reason in [
        (f"there{suffix}", False, "exists already; --overwrite replaces it"),
        (f"link{suffix}", True, "symbolic link"),
        (f"folder{suffix}", True, "is a folder"),
        (f"pipe{suffix}", True, "device, pipe or socket"),
        (f"none/x{suffix}", False, "the folder none does not exist"),
        (f"there{suffix}/x{suffix}", False, "is not a folder"),
        (f"/proc/x{suffix}", False, "nothing can be written to the folder /proc"),
        ("x.txt", False, f"give a name that ends in {suffix}"),
        ("x", False, f"give a name that ends in {suffix}"),
        ("", False, ""),
        (f"{'x' * 300}{suffix}", False, "name too long"),
    ]:
        options = ["--overwrite"] if overwrite else []
        (error,) = refused(call, tmp_path, command, *FILM, "-o", name, *options)
        assert reason in error, (name, error)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_is_read_only(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o555)
    (error,) = refused(call, tmp_path, "render", *FILM, "-o", "folder/x.mp4")
    assert "permission denied" in error


def test_the_name_that_is_used_without_o_may_be_taken(call: Call, tmp_path: Path) -> None:
    (tmp_path / "xor.mp4").write_text("precious")
    assert refused(call, tmp_path, "render", *FILM) == ["xor.mp4: exists already; --overwrite replaces it"]
    errors = refused(call, tmp_path, "render", *FILM, "--fps", "0")
    assert len(errors) == 2 and errors[1] == "xor.mp4: exists already; --overwrite replaces it"


def test_the_input_is_never_the_output(call: Call, tmp_path: Path, music: Path) -> None:
    music = music.rename(tmp_path / "music.mp4")
    options = [*FILM[:-2], "--audio", music.name, "-o", music.name, "--overwrite"]
    (error,) = refused(call, tmp_path, "render", *options)
    assert error.startswith("music.mp4: is the file the film is made from")
    assert refused(call, tmp_path, "render", *options, "--dry-run") == [error]
    scene = scene_file(tmp_path)
    (error,) = refused(call, tmp_path, "render", scene.name, "-o", scene.name, "--overwrite")
    assert error.startswith("my.yaml: is the file the film is made from")


@pytest.mark.parametrize("command", ["render", "still"])
def test_music_and_output_and_network_at_once(call: Call, tmp_path: Path, command: str) -> None:
    wanted = ["--audio", "none.mp3", "-o", "none/x.mp4", "--set", "network.layers=[3, 4097, 1]", "--set", "font=n.ttf"]
    errors = refused(call, tmp_path, command, *wanted)
    assert [error.split(": ")[0] for error in errors] == [
        "--set network.layers",
        "--set font",
        "--audio none.mp3",
        "none/x.mp4",
    ]
    if command == "render":
        assert refused(call, tmp_path, command, *wanted, "--dry-run") == errors


def test_output_and_moment_at_once(call: Call, tmp_path: Path) -> None:
    errors = refused(call, tmp_path, "still", *FILM, "--at", "120%", "-o", "none/x.png")
    assert [error.split(": ")[0] for error in errors] == ["none/x.png", "--at"]


def test_pictures_that_are_none(call: Call, tmp_path: Path) -> None:
    picture = tmp_path / "logo.png"
    imageio.v3.imwrite(picture, np.zeros((64, 64, 3), np.uint8))
    panels = ["--set", "panels=[{panel: network}, {panel: picture, file: it.png}]"]
    whole = picture.read_bytes()
    for content, reason in [
        (None, "no such file"),
        (b"", "cannot be read as a picture; a PNG or JPEG file is expected"),
        (b"words", "cannot be read as a picture"),
        (whole[: len(whole) // 2], "cannot be read as a picture"),
        (b"GIF89a" + b"\0" * 100, "is a GIF; save it as PNG or JPEG"),
    ]:
        if content is not None:
            (tmp_path / "it.png").write_bytes(content)
        for command in ("render", "still", "validate"):
            (error,) = refused(call, tmp_path, command, *FILM, *panels)
            assert error.startswith(f"--set panels: panels[1].file: it.png: {reason}")
    (tmp_path / "it.png").unlink()
    os.mkfifo(tmp_path / "it.png")
    assert "no such file" in refused(call, tmp_path, "render", *FILM, *panels)[0]


def test_fonts_that_are_none(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netviz.pipeline.validation.LARGEST_FONT", 2_000_000)
    font = tmp_path / "it.ttf"
    for content, size, reason in [
        (b"", 0, "cannot be read as a font; .ttf or .otf is expected"),
        (b"words", 5, "cannot be read as a font"),
        (b"\0\1\0\0\0\xff", 1000, "cannot be read as a font"),
        (b"", 20_000_000, "a file of 20.0 MB is too large for a font; 2 MB are the most"),
    ]:
        font.write_bytes(content)
        os.truncate(font, size)
        (error,) = refused(call, tmp_path, "validate", *FILM, "--set", "font=it.ttf")
        assert error.startswith(f"--set font: it.ttf: {reason}")


def test_a_picture_of_the_scene_is_never_the_output(call: Call, tmp_path: Path) -> None:
    imageio.v3.imwrite(tmp_path / "it.png", np.zeros((64, 64, 3), np.uint8))
    panels = ["--set", "panels=[{panel: network}, {panel: picture, file: it.png}]"]
    (error,) = refused(call, tmp_path, "still", *FILM, *panels, "-o", "it.png", "--overwrite")
    assert error.startswith("it.png: is the file the film is made from")


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (
            "noon",
            "'noon' is no moment; give poster, or 12.5s, 50%, cycle:200, shot:3, event:solved, start or end",
        ),
        ("", "'' is no moment"),
        ("101%", "101% is past the end"),
        ("3s", "3s is past the end of the film, which lasts 2.00 s"),
        ("cycle:61", "the film does not come to cycle 61; it goes from 0 to "),
        ("shot:2+3s", "shot:2+3s is past the end of the film: the film lasts 2.00 s, shot:2 at "),
        ("event:solvd", "there is no kind of event 'solvd' (did you mean 'solved'?)"),
        ("-1s", "'-1s' is no moment"),
        ("1e9s", "'1e9s' is no moment"),
    ],
)
def test_moments_that_are_none(call: Call, tmp_path: Path, at: str, message: str) -> None:
    (error,) = refused(call, tmp_path, "still", *FILM, f"--at={at}")
    assert error.startswith(f"--at: {message}")


@pytest.mark.parametrize(
    ("inputs", "messages"),
    [
        ("1,1", ["--inputs: 2 values, but the network has 3 inputs"]),
        ("1,x,", ["--inputs: 'x' is not a number", "--inputs: '' is not a number"]),
        ("1,nan,inf", ["--inputs: 'nan' is not a number", "--inputs: 'inf' is not a number"]),
    ],
)
def test_inputs_that_cannot_be_thought_about(call: Call, tmp_path: Path, inputs: str, messages: list[str]) -> None:
    errors = refused(call, tmp_path, "think", f"--inputs={inputs}")
    assert len(errors) == len(messages)
    assert all(error.startswith(message) for error, message in zip(errors, messages, strict=True)), errors


@pytest.mark.parametrize("target", ["there.yaml", "none/x.yaml", "x.txt"])
def test_copies_that_cannot_be(call: Call, tmp_path: Path, target: str) -> None:
    (tmp_path / "there.yaml").write_text("precious")
    errors = refused(call, tmp_path, "new", target, "--from", "xro")
    assert len(errors) == 2
    assert errors[0].startswith(target) and "did you mean 'xor'?" in errors[1]
    (error,) = refused(call, tmp_path, "new", "x.yaml", "--from", "/dev/zero")
    assert "not a regular file" in error


def test_a_source_that_is_none(call: Call, tmp_path: Path) -> None:
    (tmp_path / "words.npz").write_text("not a recording")
    for source, reason in [
        ("xro", "did you mean 'xor'?"),
        ("none.yaml", "no such file"),
        ("./", "folder"),
        ("words.npz", "not a recording"),
        ("none.npz", "no such file"),
    ]:
        errors = refused(call, tmp_path, "render", source, "-o", "none/x.mp4")
        assert reason in errors[0].lower(), errors
        assert errors[-1] == "none/x.mp4: the folder none does not exist"


def test_everything_at_once_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(SCENE.replace("training:", "trainnig:").replace("duration: 2", "audio: none.mp3"))
    (tmp_path / "film.mp4").write_text("precious")
    before = contents(tmp_path)
    result = run(tmp_path, "render", "my.yaml", "--fps", "0", "--frames", "x", "-o", "film.mp4")
    assert_refused(result)
    assert [error.split(": ")[0] for error in result.errors] == [
        "my.yaml:7:1",
        "--frames",
        "--fps",
        "my.yaml:9:8",
        "film.mp4",
    ]
    assert contents(tmp_path) == before


def test_no_such_option_or_command(call: Call, tmp_path: Path) -> None:
    for arguments, hint in [
        (["rendr"], "did you mean 'render'?"),
        (["quatsch"], "there are render, still,"),
        (["render", "--cycels", "3"], "--cycles"),
        (["still", "a", "b"], "unexpected extra argument"),
        (["think"], "--inputs"),
        ([], "Usage: netviz"),
    ]:
        result = call(*arguments)
        assert (result.code, result.out) == (2, "")
        assert hint.lower() in result.err.lower()
    assert contents(tmp_path) == {}


def test_names_in_messages_stay_on_their_line(call: Call, tmp_path: Path) -> None:
    result = call("render", *BRIEF, "--duration", "2", "-o", "none/a\nb\x1b[31m.mp4")
    assert result.err == "error: none/a\\nb\\x1b[31m.mp4: the folder none does not exist\n"


def test_a_recording_of_a_training_that_broke_off_makes_a_film_up_to_there(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netviz.training.trainer import train

    monkeypatch.setattr("netviz.pipeline.api.train", train)
    assert call("record", *FILM, *DIVERGES, "-o", "run.npz").code == 1
    for command in ("render", "still", "validate"):
        result = call(command, "run.npz")
        assert result.code == 0 and "training diverged in cycle 4: the loss left the range of numbers" in result.err
    assert {"xor.mp4", "xor.png"} <= contents(tmp_path).keys()


@pytest.mark.parametrize("command", ["record", "events", "sonify", "think --inputs=0,1"])
def test_commands_for_one_run_say_where_a_scene_compares_several(call: Call, tmp_path: Path, command: str) -> None:
    text = SCENE + "compare: [{}, {set: {training.seed: 2}}]\n"
    (tmp_path / "both.yaml").write_text(text)
    name, *options = command.split()
    result = call(name, "both.yaml", *options)
    (error,) = result.errors
    assert (result.code, error.split(" compare: ")[0]) == (2, f"both.yaml:{text.count(chr(10))}:10:")
    assert "choose one of them: --set compare=null" in error
