"""Captions on the command line: on the film and beside it, and every mistake in its place before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from netviz.pipeline.validation import OTHER_CAPTIONS
from tests.cli.conftest import Call
from tests.cli.support import SCENE, contents
from tests.video.test_webvtt import strictly_read

CAPTIONS = """\
captions:
  - {text: Two inputs, at: start}
  - {text: "Half is < 1 & gone", at: event:halved}
"""


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "told.yaml"
    path.write_text(SCENE.replace("duration: 2", "duration: 8") + CAPTIONS)
    return path


def test_a_film_with_captions_has_them_beside_it(call: Call, tmp_path: Path, scene: Path) -> None:
    result = call("render", scene, "-o", "told.mp4", "--jobs", "1")
    assert result.code == 0, result.err
    assert result.out.startswith("told.mp4: 8.00 s, ") and result.out.endswith(", captions in told.vtt\n")
    first, *_ = found = strictly_read((tmp_path / "told.vtt").read_text())
    assert first == (0, 2, "Two inputs")
    assert [text for _, _, text in found[1:]] in (["Half is < 1 & gone"], [])
    assert len(found) == 2 or "captions[1] is left out: this run has no event halved" in result.err
    before = contents(tmp_path)
    result = call("render", scene, "-o", "told.mov", "--jobs", "1")
    assert result.code == 0, "captions of the same film are no obstacle"
    assert contents(tmp_path) == contents(tmp_path) | before
    (tmp_path / "told.mov").unlink()
    for changes in (["--set", "title=Other"], ["--fps", "12"], ["--set", "output.about=false"], ["edited"]):
        if changes == ["edited"]:
            (tmp_path / "told.vtt").write_text((tmp_path / "told.vtt").read_text().replace("inputs", "ins"))
            changes = []
        result = call("render", scene, "-o", "told.mov", *changes)
        assert result.code == 2
        assert result.errors == [f"told.vtt: {OTHER_CAPTIONS}"]
    assert set(contents(tmp_path)) == set(before)
    result = call("render", scene, "-o", "told.mp4", "--dry-run", "--overwrite")
    assert "shown cycles; captions in told.vtt\n" in result.out


def test_mistakes_that_only_the_film_shows_have_their_lines(call: Call, tmp_path: Path, scene: Path) -> None:
    lines = SCENE.count("\n") + 2
    late, long = "  - {text: Too late by far, at: 7s}", f"  - {{text: {'x' * 150}, at: 4s}}"
    scene.write_text("\n".join([scene.read_text().rstrip(), late, long, ""]))
    for command in ("validate", "render", "still"):
        errors = call(command, scene).errors
        assert [error.removeprefix(str(scene)).split(": ")[0] for error in errors] == [
            f":{lines + 3}:12", f":{lines + 2}:33", f":{lines + 3}:168"
        ], errors  # fmt: skip
        assert "captions[3].text: 150 characters are too many; at 160x128 there is room for two lines of" in errors[0]
        assert "captions[2].at: it takes 1.5 s to read, but the film ends 1.00 s after it begins" in errors[1]
    assert [*contents(tmp_path)] == ["told.yaml"]
    typed = call("validate", scene, "--set", "captions=[{text: Too late, at: 7s}]")
    at = "--set captions: captions[0].at"
    assert typed.errors == [f"{at}: it takes 1.5 s to read, but the film ends 1.00 s after it begins"]


def test_an_event_that_the_run_has_not_is_a_warning(call: Call, scene: Path) -> None:
    option = "captions=[{text: It breaks off, at: 'event:diverged'}]"
    result = call("still", scene, "--set", option)
    assert result.code == 0
    (warning,) = (line for line in result.warnings if "captions[0]" in line)
    assert "captions[0] is left out: this run has no event diverged; it has" in warning
    assert call("still", scene, "--set", option, "--overwrite", "--strict").code == 2


def test_captions_that_no_panel_shows_are_told(call: Call, scene: Path) -> None:
    result = call("validate", scene, "--set", "panels=[{panel: network}]")
    assert any("no panel shows the captions" in line for line in result.warnings)
