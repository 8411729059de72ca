"""What each command makes and says."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import imageio.v3
import jsonschema
import numpy as np
import pytest
import yaml

import netviz
from netviz.cli.main import COMMANDS, cli
from netviz.drawing.color_vision import picture_seen
from netviz.video.verify import decode
from tests.cli.conftest import Call
from tests.cli.support import BRIEF, DIVERGES, FILM, SCENE, SMALL, contents
from tests.recordings import own_scene


def test_render(call: Call, tmp_path: Path, music: Path) -> None:
    result = call("render", *SMALL, *BRIEF, "--audio", music.name)
    assert result.code == 0, result.err
    assert re.fullmatch(r"xor\.mp4: 2\.00 s, \d+\.\d kB\n", result.out)
    assert contents(tmp_path).keys() == {"xor.mp4", "music.wav"}
    film = decode(tmp_path / "xor.mp4", sound=True)
    assert film.frames == 20
    assert film.samples == pytest.approx(96_000, abs=1024)
    assert result.err.splitlines()[-2:] == ["training …", "drawing …"]


def test_a_recording_makes_the_very_film_of_its_scene(call: Call, tmp_path: Path) -> None:
    assert call("render", *FILM, "-o", "scene.mp4").code == 0
    recorded = call("record", *FILM, "-o", "run.npz")
    assert (recorded.code, recorded.err) == (0, "training …\n")
    assert re.fullmatch(r"run\.npz: \d+ moments of 60 cycles, \d+\.\d kB\n", recorded.out)
    result = call("render", "run.npz", "-o", "run.mp4")
    assert result.code == 0
    assert "training" not in result.err
    assert (tmp_path / "run.mp4").read_bytes() == (tmp_path / "scene.mp4").read_bytes()


def test_a_recording_may_be_drawn_otherwise_but_not_trained_otherwise(call: Call, tmp_path: Path) -> None:
    assert call("record", *FILM, "-o", "run.npz").code == 0
    assert call("still", "run.npz", "--style", "classic", "--size", "square", "-o", "square.png").code == 0
    assert imageio.v3.imread(tmp_path / "square.png").shape == (1080, 1080, 3)
    options = ["--seed", "2", "--set", "network.bias=true", "--cycles", "2", "--fps", "0", "-o", "none/x.mp4"]
    result = call("render", "run.npz", *options)
    assert result.code == 2
    reason = "the recording is trained already; render a scene to change this"
    assert result.errors[:3] == [f"--cycles: {reason}", f"--seed: {reason}", f"--set network.bias: {reason}"]
    assert [error.split(":")[0] for error in result.errors[3:]] == ["--fps", "none/x.mp4"]


def test_a_recording_is_not_recorded_again(call: Call) -> None:
    assert call("record", *FILM, "-o", "run.npz").code == 0
    result = call("record", "run.npz", "-o", "none/x.npz")
    assert result.code == 2
    assert result.errors == [
        "none/x.npz: the folder none does not exist",
        "run.npz: is a recording already; give a scene",
    ]


def test_an_existing_file_is_replaced_only_when_asked(call: Call, tmp_path: Path) -> None:
    for command, suffix in [("render", ".mp4"), ("still", ".png"), ("record", ".npz")]:
        path = tmp_path / f"it{suffix}"
        path.write_text("precious")
        assert call(command, *FILM, "-o", path.name).code == 2
        assert path.read_text() == "precious"
        assert call(command, *FILM, "-o", path.name, "-y").code == 0
        assert len(path.read_bytes()) > 1000
    assert contents(tmp_path).keys() == {"it.mp4", "it.png", "it.npz"}


@pytest.mark.parametrize(
    ("command", "name"), [("render", "xor-classic.mp4"), ("still", "xor-classic.png"), ("record", "xor-classic.npz")]
)
def test_without_o_the_scene_gives_the_name(call: Call, tmp_path: Path, command: str, name: str) -> None:
    result = call(command, "xor-classic", *FILM)
    assert result.out.startswith(f"{name}: ")
    assert contents(tmp_path).keys() == {name}


def test_still(call: Call, tmp_path: Path) -> None:
    seen = {}
    for at in ("start", "0%", "0s", "50%", "1s", "cycle:60", "cycle: 6_0", "end", "100%", "2s"):
        result = call("still", *FILM, "--at", at, "-o", "it.png", "-y")
        assert (result.code, result.out.split(",")[0]) == (0, "it.png: 160x128"), result.err
        seen[at] = imageio.v3.imread(tmp_path / "it.png")
        assert seen[at].shape == (128, 160, 3)
    for same in (("start", "0%", "0s"), ("50%", "1s"), ("cycle:60", "cycle: 6_0"), ("end", "100%", "2s")):
        assert all(np.array_equal(seen[one], seen[other]) for one, other in pairwise(same)), same
    assert len({seen[at].tobytes() for at in ("start", "50%", "cycle:60", "end")}) > 2


def test_a_still_is_a_picture_of_the_film(call: Call, tmp_path: Path) -> None:
    call("still", *FILM, "--at", "1s", "-o", "it.png")
    scene = netviz.load_scene("xor", overrides={"training.cycles": 60, "schedule.frames": 3} | _small())
    picture = netviz.still(scene, "1s")
    assert np.array_equal(imageio.v3.imread(tmp_path / "it.png"), picture)


def test_a_still_as_somebody_sees_it(call: Call, tmp_path: Path) -> None:
    assert call("still", *FILM, "--at", "1s", "-o", "it.png").code == 0
    assert call("still", *FILM, "--at", "1s", "-o", "grey.png", "--seen-as", "grey").code == 0
    picture, grey = (imageio.v3.imread(tmp_path / name) for name in ("it.png", "grey.png"))
    assert np.array_equal(grey, picture_seen(picture, "grey"))
    assert not np.array_equal(grey, picture)
    wrong = call("still", *FILM, "--at", "never", "-o", "no.png", "--seen-as", "protanop")
    assert wrong.code == 2
    assert [error.split(":")[0] for error in wrong.errors] == ["--seen-as", "--at"]
    assert "did you mean 'protanopia'?" in wrong.errors[0]


def _small() -> dict[str, Any]:
    return {"output.size": "160x128", "output.fps": 10, "duration": 2, "story": None}


def test_think(call: Call) -> None:
    result = call("think", "--inputs", "1,1,0")
    assert (result.code, result.out, result.err) == (0, "answer: 0.0133\n", "training …\n")


def test_think_for_programs(call: Call, tmp_path: Path) -> None:
    scene = tmp_path / "my.yaml"
    scene.write_text(SCENE.replace("[2, 2, 1]", "[2, 3, 2]").replace("target: 1", "target: [0, 1]"))
    scene.write_text(scene.read_text().replace("target: 0", "target: [1, 0]"))
    assert call("record", "my.yaml").code == 0
    for source in ("my.yaml", "my.npz"):
        result = call("think", source, "--inputs", " 1, .5", "--json")
        told = json.loads(result.out)
        recording = netviz.Recording.load(tmp_path / "my.npz")
        layers = recording.forward([1, 0.5])
        assert told["inputs"] == [1, 0.5]
        assert [[output["name"], output["value"]] for output in told["outputs"]] == [
            ["output 1", layers[-1][0]],
            ["output 2", layers[-1][1]],
        ]
        assert [len(layer) for layer in told["activations"]] == [2, 3, 2]
        assert ("training" in result.err) == (source == "my.yaml")
    assert re.fullmatch(r"output 1: 0\.\d{4}, output 2: 0\.\d{4}\n", call("think", "my.npz", "--inputs", "1,.5").out)


def test_plan(call: Call) -> None:
    told = json.loads(call("plan", "--json").out)
    assert (told["fps"], told["frames"], told["seconds"]) == ("30", 2730, 91.0)
    spans = told["spans"]
    assert spans[0]["first_frame"] == 0 and spans[0]["start"] == 0
    for before, after in pairwise(spans):
        assert before["first_frame"] + before["frames"] == after["first_frame"]
        assert before["end"] == after["start"]
    assert spans[-1]["first_frame"] + spans[-1]["frames"] == 2730
    assert spans[-1]["end"] == 91.0
    steps = [(span["cycle"], span["example"]) for span in spans if span["kind"] == "step"]
    assert len(steps) == 91 and steps[0] == (2, 1) and steps[-1] == (60_000, 7)
    assert [spans[0]["shot"], spans[-1]["shot"]] == ["title", "think"]

    lines = call("plan").out.splitlines()
    assert lines[0].split() == ["shot", "what", "cycle", "example", "start", "end", "frames"]
    assert len(lines) == len(spans) + 2
    assert lines[1].split() == ["title", "title", "0", "0.00s", "3.20s", "96"]
    assert lines[-1] == "1 min 31.00 s, 2730 frames at 30 frames a second"


def test_the_plan_of_a_recording_has_its_story(call: Call, tmp_path: Path) -> None:
    options = ["neuron", "--size", "320x180", "--set", "story=auto"]
    unknown = call("plan", *options, "--json")
    assert json.loads(unknown.out)["captions"] == []
    assert "what the story tells, and when, and how long each part is shown, by what changes in it," in unknown.err
    assert ", are known only after training" in unknown.err
    assert call("record", *options, "-o", tmp_path / "run.npz").code == 0
    assert call("render", tmp_path / "run.npz", "--fps", "2", "-o", tmp_path / "run.mp4").code == 0
    known = call("plan", tmp_path / "run.npz", "--fps", "2", "--json")
    captions = [caption["text"] for caption in json.loads(known.out)["captions"]]
    assert (known.err, captions[-1]) == ("", "Its answer: 1.00. Right is 1: very close!")
    assert captions == (tmp_path / "run.vtt").read_text(encoding="utf-8").splitlines()[5::3]
    at_event = "[{text: So it is., at: event:solved}]"
    assert "captions at events" in call("plan", "neuron", "--set", f"captions={at_event}").err


@pytest.mark.parametrize(("scene", "kind"), [("neuron", "move"), ("playground-line", "sweep")])
def test_the_plan_of_a_recording_has_its_lengths(call: Call, tmp_path: Path, scene: str, kind: str) -> None:
    """Before training all moves are alike; a recording's are as long as in its film, and shots begin where they did."""

    def lengths(*arguments: Any) -> tuple[list[int], list[int], str]:
        result = call("plan", *arguments, "--fps", "10", "--json")
        spans = json.loads(result.out)["spans"]
        others = [span["first_frame"] for span in spans if span["shot"] != "learning"]
        return [span["frames"] for span in spans if span["kind"] == kind], others, result.err

    before, shots, said = lengths(scene)
    assert "how long each part is shown, by what changes in it," in said
    assert call("record", scene, "-o", tmp_path / "run.npz").code == 0
    after, same, said = lengths(tmp_path / "run.npz")
    assert (said, same, len(after), sum(after) > 0) == ("", shots, len(before), True)
    assert max(after) / min(after) > 1.5 * max(before) / min(before)
    even, _, said = lengths(tmp_path / "run.npz", "--set", f"shots[{2 if scene == 'neuron' else 1}].pace=even")
    assert said == "" and max(even) / min(even) < 1.2 * max(before) / min(before)


def test_dry_run_makes_nothing(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netviz.pipeline.api.train", None)
    result = call("render", *SMALL, "--dry-run")
    assert (result.code, result.err) == (0, "")
    first, taken = result.out.splitlines()
    assert first == "xor.mp4: 1 min 31.00 s, 910 frames of 160x128, 13 shown cycles; captions in xor.vtt"
    assert re.fullmatch(r"takes about \d+ s \(a rough guess\), \d+ MB of memory, [\d.]+ MB of disk", taken)
    assert contents(tmp_path) == {}


def test_validate(call: Call, tmp_path: Path) -> None:
    assert call("validate").out == "xor: fine; 1 min 31.00 s, 13 shown cycles\n"
    assert contents(tmp_path) == {}


def test_scenes(call: Call) -> None:
    lines = call("scenes").out.splitlines()
    assert any(line.split()[0] == "xor" and "Can you see the rule?" in line for line in lines)
    assert json.loads(call("scenes", "--json").out)[0].keys() == {"name", "title"}


def test_every_bundled_scene_is_valid(call: Call) -> None:
    for scene in json.loads(call("scenes", "--json").out):
        result = call("validate", scene["name"], "--strict")
        assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("name", ["my.yaml", "with space.YML"])
def test_new(call: Call, tmp_path: Path, name: str) -> None:
    result = call("new", name, "--from", "xor-classic")
    quoted = f"'{name}'" if " " in name else name
    assert result.out == f"{name}: a copy of xor-classic; netviz render {quoted}\n"
    bundled = Path(__file__).parents[2] / "scenes" / "xor-classic.yaml"
    assert (tmp_path / name).read_bytes() == bundled.read_bytes()
    assert call("validate", name).code == 0
    assert call("new", name).errors == [f"{name}: exists already; --overwrite replaces it"]
    assert call("new", name, "--overwrite").code == 0
    assert "XOR" in (tmp_path / name).read_text()


def test_new_copies_the_table_that_the_scene_learns_from(call: Call, tmp_path: Path) -> None:
    table = Path(__file__).parents[2] / "scenes" / "digits.csv"
    result = call("new", "my.yaml", "--from", "digits")
    assert result.out == "my.yaml: a copy of digits, and digits.csv beside it; netviz render my.yaml\n"
    assert (tmp_path / "digits.csv").read_bytes() == table.read_bytes()
    assert call("validate", "my.yaml", "--strict").code == 0
    assert call("new", "second.yaml", "--from", "digits").code == 0, "the same table serves both"
    (tmp_path / "digits.csv").write_text("a,b\n1,2\n")
    result = call("new", "third.yaml", "--from", "digits")
    assert (result.code, result.errors) == (2, ["digits.csv: exists already; --overwrite replaces it"])
    assert not (tmp_path / "third.yaml").exists()


def test_new_writes_the_scene_of_a_recording(call: Call) -> None:
    assert call("record", "neuron", "--cycles", "20", "--frames", "3", "-o", "run.npz").code == 0
    assert call("new", "my.yaml", "--from", "run.npz").code == 0
    changed = netviz.load_scene("neuron", overrides={"training.cycles": 20, "schedule": {"frames": 3}})
    assert netviz.load_scene("my.yaml") == changed.model_copy(update={"name": "my"})


def test_schema(call: Call) -> None:
    schema = json.loads(call("schema").out)
    jsonschema.validators.validator_for(schema).check_schema(schema)
    jsonschema.validate(yaml.safe_load(SCENE), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(SCENE.replace("fps", "fsp")), schema)


@pytest.mark.parametrize(
    ("option", "value", "key", "expected"),
    [
        ("--cycles", "70", ("training", "cycles"), 70),
        ("--frames", "5", ("schedule", "frames"), 5),
        ("--seed", "9", ("training", "seed"), 9),
        ("--style", "classic", ("style",), "classic"),
        ("--theme", "paper", ("theme",), "paper"),
        ("--palette", "colour-blind", ("palette", "base"), "colour-blind"),
        ("--motion", "reduced", ("motion",), "reduced"),
        ("--size", "vertical", ("output", "size"), (1080, 1920)),
        ("--fps", "30000/1001", ("output", "fps"), Fraction(30000, 1001)),
        ("--quality", "draft", ("output", "quality"), "draft"),
        ("--duration", "2.5", ("duration",), 2.5),
        ("--audio", "music.wav", ("audio", "file"), "music.wav"),
    ],
)
def test_options_of_every_command_override_the_scene(
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: str,
    key: tuple[str, ...],
    expected: Any,
) -> None:
    seen: list[netviz.Scene] = []

    def stop(source: netviz.Scene, *_: object, **__: object) -> None:
        seen.append(source)
        raise netviz.NetvizError("far enough")

    for name in ("render", "still", "record"):
        monkeypatch.setattr(netviz, name, stop, raising=False)
    monkeypatch.setattr("netviz.cli.commands.prepare", stop)
    commands = [name for name in ("render", "still", "record", "plan", "think") if option in options_of(name)]
    thought = {"think": ["--inputs", "1,1,0"]}
    for command in commands:
        assert call(command, option, value, *thought.get(command, [])).code == 1
    monkeypatch.setenv(f"NETVIZ_{option.removeprefix('--').upper()}", value)
    for command in commands:
        assert call(command, *thought.get(command, [])).errors == ["far enough"]
    assert len(seen) == 2 * len(commands)
    if key[0] == "audio":
        expected = str(tmp_path / expected)
    for scene in seen:
        found: Any = scene
        for part in key:
            found = getattr(found, part)
        assert found == expected


def options_of(name: str) -> set[str]:
    """The options of a command."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return {name for param in command.params if isinstance(param, click.Option) for name in param.opts}


@pytest.mark.parametrize("seed", ["0.59704", "1e5", "no", "4294967296"])
def test_a_seed_may_be_text(call: Call, tmp_path: Path, seed: str) -> None:
    options = ["--set", "training.initial_weights=zero", *FILM, "-o", "run.npz"]
    assert call("record", *options, "--seed", seed).code == 0
    assert own_scene(netviz.Recording.load(tmp_path / "run.npz")).training.seed == seed


def test_the_command_line_wins_over_the_environment_and_that_over_the_scene(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my.yaml").write_text(SCENE)
    monkeypatch.setenv("NETVIZ_FPS", "20")
    assert json.loads(call("plan", "my.yaml", "--json").out)["fps"] == "20"
    assert json.loads(call("plan", "my.yaml", "--fps", "25", "--json").out)["fps"] == "25"
    assert json.loads(call("plan", "my.yaml", "--set", "output.fps=24", "--json").out)["fps"] == "24"
    monkeypatch.setenv("NETVIZ_FPS", "0")
    (error,) = call("plan", "my.yaml").errors
    assert error.startswith("NETVIZ_FPS: ")
    monkeypatch.setenv("NETVIZ_FPS", "")
    assert json.loads(call("plan", "my.yaml", "--json").out)["fps"] == "10"


def test_warnings_are_shown_once_and_are_errors_when_strict(call: Call, tmp_path: Path) -> None:
    options = [*FILM, "--set", "title=試"]
    result = call("still", *options)
    assert result.code == 0
    (letters,) = result.warnings
    assert "'試'" in letters and result.notes == [], "a picture is not shorter than asked for"
    (tmp_path / "xor.png").unlink()
    note = "1.0 s of learning have room for 1 of 3 shown cycles, and in each for 1 of 7 examples"
    for command in ("plan", "validate"):
        result = call(command, *options)
        assert (result.code, result.warnings, result.notes) == (0, [letters], [note])
    for command in ("render", "still", "plan", "validate"):
        strict = call(command, *options, "--strict")
        assert (strict.code, strict.out, strict.warnings) == (2, "", [])
        assert strict.errors == [f"{letters if command == 'still' else note} (--strict)"]
        assert "training" not in strict.err
    strict = call("render", *SMALL, *BRIEF, "--duration", "40", "--set", "title=試", "--strict")
    assert strict.code == 2 and "'試'" in strict.errors[0]
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    "title", ["$", "$$", "$x^2$", r"\frac{1}{2}", r"\alpha_2", "{}%s", "🙂" * 50, "שלום", "a" * 200]
)
def test_titles_are_drawn_as_they_are(call: Call, title: str) -> None:
    names = f"--set=network.inputs={json.dumps([title, 'b', 'c'])}"
    result = call("still", *FILM, "--set", f"title={json.dumps(title)}", names, "--at", "start")
    assert result.code == 0, result.err
    assert any("no letters for '🙂'" in warning for warning in result.warnings) == ("🙂" in title)


def test_training_that_diverges(call: Call, tmp_path: Path) -> None:
    words = (
        r"training diverged in cycle 4, at example 6: the loss left the range of numbers; lower training\.learning_rate"
    )
    result = call("think", "--cycles", "60", "--inputs", "1,1,0", *DIVERGES)
    assert (result.code, result.out) == (1, "")
    assert re.match(words, result.errors[0])
    for command in ("render", "still"):
        strict = call(command, *FILM, *DIVERGES, "--set", "shots=[{shot: learning}, {shot: rest}]", "--strict")
        assert (strict.code, strict.out) == (2, "")
        assert contents(tmp_path) == {}
        result = call(command, *FILM, *DIVERGES)
        assert result.code == 0
        (warning,) = (line for line in result.warnings if re.match(words, line))
        assert warning.endswith("; the film shows the run up to cycle 3")
        for made in contents(tmp_path):
            (tmp_path / made).unlink()
    result = call("record", *FILM, *DIVERGES)
    assert (result.code, result.out) == (1, "")
    assert result.warnings == ["the recording up to there is in xor.npz"]
    assert re.match(words, result.errors[0])
    recording = netviz.Recording.load(tmp_path / "xor.npz")
    assert (recording.is_complete, recording.row_step[-1], recording.diverged_at) == (False, 3, 4)
    result = call("still", "xor.npz", "--size", "160x128", "-o", "run.png")
    assert result.code == 0
    line = "training diverged in cycle 4: the loss left the range of numbers; the film shows the run up to cycle 3"
    assert line in result.warnings


def test_training_that_cannot_even_start_leaves_nothing(call: Call, tmp_path: Path) -> None:
    start = ["--set", "training.initial_weights=normal", "--set", "training.initial_scale=1e300"]
    result = call("record", *FILM, *DIVERGES, *start)
    assert (result.code, result.warnings) == (1, [])
    assert "before the first cycle" in result.errors[0]
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    "name",
    ["./-o.mp4", "a:b.mp4", "%d.mp4", "%05d a\tb.mp4", "a\nb.mp4", "film.MP4", "é試🙂.mp4", "\udcff.mp4", "'\"$;.mp4"],
)
def test_odd_names(call: Call, tmp_path: Path, name: str) -> None:
    result = call("render", *FILM, "-o", name)
    assert result.code == 0, result.err
    assert result.out.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [name.removeprefix("./")]


def test_numbered_pictures_are_refused(call: Call, tmp_path: Path) -> None:
    result = call("render", *FILM, "-o", "frame%05d.png")
    assert result.code == 2 and "numbered pictures are not made; editors take film.mov" in result.errors[0]
    assert contents(tmp_path) == {}


def test_a_text_that_yaml_cuts_off_is_warned_of(call: Call, tmp_path: Path) -> None:
    call("new", "my.yaml")
    text = (tmp_path / "my.yaml").read_text().splitlines()
    number = next(at for at, line in enumerate(text) if line.startswith("title: "))
    text[number] = "title: Lesson #3"
    (tmp_path / "my.yaml").write_text("\n".join(text))
    result = call("validate", "my.yaml")
    warned = f"my.yaml:{number + 1}:8: title: ends before '#3', which YAML takes for a comment"
    assert result.code == 0 and result.warnings and warned in result.warnings[0]
    assert call("validate", "my.yaml", "--strict").code == 2
    assert call("validate", "my.yaml", "--set", "title=Lesson #3").warnings == []


def test_a_name_with_a_leading_dash(call: Call, tmp_path: Path) -> None:
    assert call("new", "--", "-my.yaml").code == 0
    assert call("render", *FILM, "--output=-x.mp4", "--", "-my.yaml").code == 0
    assert contents(tmp_path).keys() == {"-my.yaml", "-x.mp4"}


def test_help_and_version(call: Call) -> None:
    assert call("--version").out.startswith("netviz, version ")
    for arguments in (["--help"], ["-h"], *([name, "-h"] for name in COMMANDS)):
        result = call(*arguments)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith("Usage: netviz")
    for name, text in COMMANDS.items():
        assert text in call("--help").out
        command = cli.get_command(click.Context(cli), name)
        assert command is not None and command.name == name


def test_debug_shows_where_and_ends_as_without(call: Call) -> None:
    result = call("render", "--fps", "0", "--debug")
    assert result.code == 2
    assert "Traceback" in result.err
    assert len(result.errors) == 1


def test_what_nobody_thought_of_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("netviz.cli.commands.read_source", fail)
    result = call("plan")
    assert (result.code, result.out) == (1, "")
    assert result.err == "error: ZeroDivisionError: oops (--debug shows where)\n"


def test_how_a_recorded_network_is_drawn_can_still_be_changed(call: Call, tmp_path: Path) -> None:
    recorded = call("record", "dog-or-cat", "--cycles", "10", "--frames", "2", "-o", tmp_path / "run.npz")
    assert recorded.code == 0
    still = ("still", tmp_path / "run.npz", "--size", "320x180", "-o", tmp_path / "a.png", "--set")
    assert call(*still, "network.bias=false").code == 2
    assert call(*still, "network.bias_nodes=false").code == 0
