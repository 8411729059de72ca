"""Every block of code in the README and the documentation runs as it stands there, in the order of its page.

A page is read in a folder of its own. Its blocks are told apart by their language:

* `bash`: each command is run, in a small size, and must succeed. `netviz preview` is stopped once its page is there.
* `console`: commands after `$`, and lines of what they print; one that prints errors must end as wrong use does.
* `python`: run from top to bottom, with small films; one that imports a framework which is not installed is left out.
* any block after "save this as `FILE`:": saved so; after "add this to `FILE`:": put at its end.
* `yaml` otherwise: keys of a scene, which are put into a scene (the page's last one) and checked.
* other languages are shown, and not run.

The README, the first page and tutorials begin in an empty folder. How-tos, explanations and the reference have what
their reader has: a scene `my.yaml`, `music.mp3`, `voice.wav`, `photo.jpg`, `logo.png`, `mark.png` and a table
`flowers.csv`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import wave
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image, ImageSequence

import netviz
from netviz.cli import main
from netviz.cli.console import SIGNALS
from netviz.pipeline import looks
from netviz.scene.look_file import LookKeys, LookSource, read_look
from netviz.scene.overrides import Override
from tests.web.notebooks import FakeNotebook

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PARTS = ("tutorial", "how-to", "explanation", "reference")
FIRST = ROOT / "README.md", DOCS / "index.md"
PAGES = [*FIRST, *sorted(page for part in PARTS for page in (DOCS / part).glob("*.md"))]
FLOWERS = "petal length,petal width,species\n" + "1.4,0.2,setosa\n4.7,1.4,versicolor\n6,2.5,virginica\n" * 2
VOICE = 98
"""Seconds of the voice that narrates."""
SMALL = {"NETVIZ_SIZE": "320x180", "NETVIZ_FPS": "1", "NETVIZ_QUALITY": "draft", "NETVIZ_JOBS": "1"}
TINY = {"output.size": "320x180", "output.fps": 1, "output.quality": "draft"}
"""The same in scenes and looks from Python."""
SHAPES = {"720p": "320x180", "4k": "320x180", "square": "180x180", "vertical": "180x320"}
FRAMEWORKS = {"torch", "sklearn", "lightning", "keras", "jax"}
NOT_RUN = ("pip install ", "dask ")
"""Beginnings of commands that need the network, or other machines."""


@dataclass(frozen=True)
class Block:
    """A fenced block of code: its language, its text, the line it begins on and the paragraph before it."""

    language: str
    text: str
    line: int
    before: str

    @property
    def file(self) -> tuple[str, str] | None:
        """The name under which the reader is told to save it, or to which to add it, and the mode to open that with."""
        found = re.search(r"\b(save this as|add this to) `([\w.-]+\.\w+)`[^`]*:$", self.before, flags=re.IGNORECASE)
        return (found[2], "w" if found[1].lower() == "save this as" else "a") if found else None


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in re.finditer(r"^```([\w-]*|\{[\w-]+\}[^\n]*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
        before = text[: match.start()].rstrip("\n").rpartition("\n\n")[2].replace("\n", " ")
        found.append(Block(match[1], match[2], text.count("\n", 0, match.start()) + 1, before))
    return found


def run_command(words: list[str], code: int = 0) -> None:
    """Run one command of netviz in this process, which must end with this exit code."""
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    try:
        with pytest.raises(SystemExit) as ended:
            main(words)
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    assert ended.value.code == code, shlex.join(["netviz", *words])


def run_preview(words: list[str]) -> None:
    """Start a preview, and end it as soon as it says where its page is."""
    command = [sys.executable, "-m", "netviz", *words, "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = next((line for line in process.stdout if "http://127.0.0.1:" in line), None)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert said, command


def run_line(line: str, code: int = 0) -> None:
    """Run a line of a shell: a command of netviz, perhaps with its output sent to a file."""
    if line.startswith(NOT_RUN):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        assert set(re.findall(r"\[(\w+)\]", line)) <= set(extras), line
        return
    words = shlex.split(line, comments=True)
    assert words[0] == "netviz", line
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], words[-1]
    if words[1] == "preview":
        run_preview(words[1:])
        return
    if "--cluster" in words:  # which other machines have to serve
        where = words.index("--cluster")
        words = [*words[:where], *words[where + 2 :], "--dry-run"]
    words = [words[0], *(SHAPES.get(now, now) if last == "--size" else now for last, now in pairwise(words))]
    if "--for" in words or any(word.startswith("output.platform=") for word in words):
        # What is typed goes before the environment's size, and platforms take no two frames a second.
        words += {"render": ["--dry-run"], "embed": ["--size", "320x180", "--fps", "2"]}.get(words[1], [])
    if target is None:
        run_command(words[1:], code)
        return
    with Path(target).open("wb") as file:
        ran = subprocess.run([sys.executable, "-m", *words], stdout=file, check=False)
    assert ran.returncode == 0, line


def check_keys(text: str, folder: Path) -> None:
    """Put keys of a scene into a whole one, and check it."""
    keys = yaml.safe_load(text)
    if "network" not in keys or "data" not in keys:
        keys = yaml.safe_load((folder / "whole.yaml").read_text(encoding="utf-8")) | keys
    if "captions" in keys or "compare" in keys:
        keys.pop("story", None)
    (folder / "keys.yaml").write_text(yaml.safe_dump(keys, allow_unicode=True), encoding="utf-8")
    run_command(["validate", "keys.yaml"])


def needs_missing(block: Block) -> bool:
    """True if a block imports a framework that is not installed here; `make test-frameworks` installs all."""
    imported = re.findall(r"^(?:import|from) (\w+)", block.text, flags=re.MULTILINE)
    return any(find_spec(name) is None for name in FRAMEWORKS.intersection(imported))


def run_block(block: Block, folder: Path, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Do with a block what its reader does."""
    if block.file:
        name, mode = block.file
        with (folder / name).open(mode, encoding="utf-8") as file:
            file.write(block.text)
        if block.language == "yaml":
            run_command(["validate", name])
            shutil.copy(name, "whole.yaml")
    elif block.language == "bash":
        for line in block.text.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                run_line(line.strip())
    elif block.language == "console":
        capsys.readouterr()
        for line in block.text.splitlines():
            if line.startswith("$ "):
                run_line(line.removeprefix("$ "), 2 if "\nerror: " in block.text else 0)
                written = capsys.readouterr()
                said = (written.out + written.err).splitlines()
            elif line != "...":
                assert line in said, f"{line!r} is not among {said}"
    elif block.language == "python" and not needs_missing(block):
        exec(compile(block.text, "page", "exec"), names)
    elif block.language == "yaml":
        check_keys(block.text, folder)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where recordings are kept, so that what many pages train is trained once."""
    return tmp_path_factory.mktemp("cache")


def start(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring a folder into the state in which a page is read."""
    if page not in FIRST and page.parent.name != "tutorial":
        (folder / "flowers.csv").write_text(FLOWERS, encoding="utf-8")
        shutil.copy(ROOT / "scenes" / "xor.yaml", folder / "my.yaml")
        shutil.copy(ROOT / "assets" / "track.mp3", folder / "music.mp3")
        for name, shade in (("photo.jpg", "navy"), ("logo.png", "gold"), ("mark.png", "white")):
            Image.new("RGB", (64, 64), shade).save(folder / name)
        with wave.open(str(folder / "voice.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((9000 * np.sin(0.3 * np.arange(VOICE * 8000))).astype("<i2").tobytes())
    if page not in FIRST:  # where a command is run that looks for a scene in its folder
        shutil.copy(ROOT / "scenes" / "xor.yaml", folder / "whole.yaml")
    monkeypatch.chdir(folder)
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    if page.stem == "notebook":
        FakeNotebook().install(monkeypatch)
        vars(sys.modules["IPython.display"])["HTML"] = str
    load = netviz.load_scene

    def load_small(source: str | Path, *, overrides: dict[str, Any] | None = None, **more: Any) -> netviz.Scene:
        return load(source, overrides=TINY | (overrides or {}), **more)

    monkeypatch.setattr(netviz, "load_scene", load_small)

    def read_small(look: LookSource | None, **more: Any) -> LookKeys:
        keys = read_look(look, **more)
        return replace(keys, overrides={**keys.overrides, **{key: Override(small, key) for key, small in TINY.items()}})

    monkeypatch.setattr(looks, "read_look", read_small)  # of a recorder: it has no scene that could be loaded small


@pytest.mark.documentation
@pytest.mark.filterwarnings("ignore::netviz.NetvizWarning", "ignore:Animation was deleted:UserWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_blocks_of_a_page_run(
    page: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not blocks(page):
        return
    start(page, tmp_path, monkeypatch)
    monkeypatch.setenv("NETVIZ_CACHE", str(cache))
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        try:
            run_block(block, tmp_path, names, capsys)
        except BaseException as error:
            said = capsys.readouterr()
            error.add_note(f"{page.relative_to(ROOT)}, line {block.line}\n{said.out}{said.err}")
            raise


def test_the_readme_is_short_and_its_film_is_light_and_never_dark() -> None:
    assert len(FIRST[0].read_text(encoding="utf-8").split()) <= 600
    path = DOCS / "pictures" / "film.webp"
    assert path.stat().st_size < 2_000_000
    with Image.open(path) as film:
        means = [
            float(np.asarray(picture.convert("RGB")).mean()) for picture in ImageSequence.Iterator(film)
        ][::10]  # fmt: skip
    assert min(means) > 0.6 * max(means), means
