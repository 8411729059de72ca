"""`netviz flashes`: what it says of a film, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Call
from tests.cli.support import FILM
from tests.video.support import run_real


def blinking(target: Path, colour: str, frames: int) -> None:
    """A film of two seconds whose lower left quarter blinks."""
    box = f"drawbox=x=0:y=60:w=80:h=60:c={colour}:t=fill:enable='lt(mod(n,{2 * frames}),{frames})'"
    run_real("-f", "lavfi", "-i", f"color=black:s=160x120:r=30:d=2,{box}", "-pix_fmt", "yuv420p", target)


def test_a_film_of_netviz_does_not_flash(call: Call) -> None:
    assert call("render", *FILM).code == 0
    result = call("flashes", "xor.mp4")
    assert (result.code, result.err) == (0, "")
    assert result.out == "xor.mp4: at most 0 flashes in a second; three are allowed (WCAG 2.3.1)\n"


def test_a_film_that_flashes_ends_with_1_and_tells_when_and_where(call: Call, tmp_path: Path) -> None:
    blinking(tmp_path / "white.mp4", "white", 3)
    result = call("flashes", "white.mp4")
    assert (result.code, result.err) == (1, "")
    rule = "in a second, where three are allowed (WCAG 2.3.1)"
    assert result.out == f"white.mp4: 5 flashes {rule}: 0.10 s to 1.90 s, most at the bottom left\n"
    blinking(tmp_path / "red.mp4", "0xd00000", 3)
    lines = call("flashes", "red.mp4").out.splitlines()
    assert [line.split(" in ")[0] for line in lines] == ["red.mp4: 5 flashes", "red.mp4: 5 red flashes"]
    blinking(tmp_path / "slow.mp4", "white", 5)
    slow = call("flashes", "slow.mp4")
    assert (slow.code, slow.out) == (0, "slow.mp4: at most 3 flashes in a second; three are allowed (WCAG 2.3.1)\n")


def test_flashes_for_programs(call: Call, tmp_path: Path) -> None:
    blinking(tmp_path / "white.mp4", "white", 3)
    result = call("flashes", "white.mp4", "--json")
    assert result.code == 1
    told = json.loads(result.out)
    assert (told["film"], told["fps"], told["frames"], told["passes"]) == ("white.mp4", "30", 60, False)
    general, red = told["general"], told["red"]
    assert (general["flashes"], general["start"], general["end"]) == (5, 0.1, 0.9)
    assert general["too_many"] == [{"start": 0.1, "end": 1.9}]
    place = general["place"]
    assert 0 <= place["left"] < 0.2 and 0.6 < place["bottom"] <= 1
    assert general["share"] == 1
    assert red == {"flashes": 0, "start": None, "end": None, "place": None, "share": 0, "too_many": []}


def test_what_is_no_film_is_wrong_use(call: Call, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    for name, complaint in (
        ("none.mp4", "no such file"),
        ("text.mp4", "no film in it that can be decoded (mp4, webm, mov, gif or apng is expected)"),
    ):
        result = call("flashes", name)
        assert (result.code, result.out) == (2, "")
        assert result.errors == [f"{name}: {complaint}"]
    assert call("flashes").code == 2
