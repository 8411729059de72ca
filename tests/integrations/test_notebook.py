"""Notebooks run by Jupyter's own kernel: what cells show meanwhile and in the end, and the film in a real browser."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from tests.browser.conftest import browser as browser
from tests.browser.support import Facts, Watch, check_film, stills_of, until
from tests.video.support import run_real

nbclient = pytest.importorskip("nbclient", reason="needs nbclient: make test-frameworks")
pytest.importorskip("ipykernel", reason="needs ipykernel: make test-frameworks")
nbformat = pytest.importorskip("nbformat", reason="needs nbformat, which comes with nbclient: make test-frameworks")

EXAMPLE = Path(__file__).parents[2] / "examples" / "notebook.ipynb"
OUTPUTS = ("display_data", "update_display_data", "execute_result", "clear_output", "stream", "error")
SECONDS, FPS, SIZE = 20, 20, (960, 540)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(zmq|jupyter_client|nbclient|tornado|asyncio).*")


@dataclass
class Executed:
    """A notebook after its run. folder: where its kernel ran. said: of each cell the messages on its outputs."""

    notebook: Any
    folder: Path
    said: dict[int, list[tuple[str, Any]]] = field(default_factory=dict)

    def lines(self, cell: int) -> list[str]:
        """The plain text of all that a cell has shown, in order."""
        return [content["data"]["text/plain"] for _, content in self.said[cell]]


def execute(notebook: Any, folder: Path) -> Executed:
    found = Executed(notebook, folder)

    class Client(nbclient.NotebookClient):  # type: ignore[misc, name-defined]
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] in OUTPUTS:
                found.said.setdefault(cell_index, []).append((msg["msg_type"], msg["content"]))
            return super().process_message(msg, cell, cell_index)

    Client(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return found


def notebook_of(*cells: str) -> Any:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """The example, with a cell more that keeps what it ended with."""
    notebook = nbformat.read(EXAMPLE, 4)
    end = 'recorder.save("run.npz"); np.savez("weights.npz", w1, b1, w2, b2)'
    notebook.cells.append(nbformat.v4.new_code_cell(end))
    return execute(notebook, tmp_path_factory.mktemp("notebook"))


LIVE, FILM = 3, 5
"""Numbers of the cells of the example with these calls."""


def test_the_example_is_kept_as_it_is_written() -> None:
    notebook = nbformat.read(EXAMPLE, 4)
    nbformat.validate(notebook)
    assert all(cell.get("outputs", []) == [] and cell.get("execution_count") is None for cell in notebook.cells)
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert source.count("netviz.") == 3 and source.count("recorder.") == 1


def test_a_cell_shows_the_run_while_it_trains(example: Executed) -> None:
    (output,) = example.notebook.cells[LIVE].outputs
    lines = example.lines(LIVE)
    assert lines[0] == "live: waiting for two steps that are kept"
    assert len(lines) >= 3 and lines[-2:] == ["live: step 20,000", "step 20,000"]
    assert [kind for kind, _ in example.said[LIVE]] == ["display_data", *["update_display_data"] * (len(lines) - 1)]
    assert output.output_type == "display_data" and output.data["text/plain"] == "step 20,000"
    assert output.data["text/html"].startswith("<figure") and "image/jpeg" in output.data


def test_training_is_the_same_with_a_view_of_it(example: Executed) -> None:
    names: dict[str, Any] = {"alone": nullcontext()}
    for cell in example.notebook.cells[: LIVE + 1]:
        if cell.cell_type == "code":
            exec(cell.source.replace("netviz.live(recorder)", "alone"), names)
    with np.load(example.folder / "weights.npz") as weights:
        found = [weights[name] for name in weights.files]
    assert all(np.array_equal(a, names[name]) for a, name in zip(found, ("w1", "b1", "w2", "b2"), strict=True))


def test_the_film_takes_the_place_of_its_poster(example: Executed) -> None:
    (output,) = example.notebook.cells[FILM].outputs
    lines = example.lines(FILM)
    assert lines[:2] == ["preparing the film", "drawing: 0 %"] and lines[-1] == "Two moons, 0:20"
    assert [kind for kind, _ in example.said[FILM]] == ["display_data", *["update_display_data"] * (len(lines) - 1)]
    assert len({content["transient"]["display_id"] for _, content in example.said[FILM]}) == 1
    assert {*output.data} == {"text/html", "image/png", "text/plain"} and "<video" in output.data["text/html"]


def test_a_real_browser_plays_the_film_of_the_cell(example: Executed, browser: Any) -> None:
    html = example.notebook.cells[FILM].outputs[0].data["text/html"]
    page_file = example.folder / "page.html"
    page_file.write_text(f'<!doctype html><meta charset="utf-8"><title>Cell</title>{html}', encoding="utf-8")
    recording = netviz.Recording.load(example.folder / "run.npz")
    film = netviz.Film(recording, look={"title": "Two moons", "duration": SECONDS})
    facts = Facts(SECONDS, FPS, SIZE, stills_of(film._prepared.source))
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    try:
        watch = Watch(page, (page_file.as_uri(),))
        page.goto(page_file.as_uri())
        check_film(page, facts)
        assert page.evaluate("document.querySelector('video').webkitAudioDecodedByteCount") > 10_000
        page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
        until(page, "document.querySelector('video').textTracks[0].cues?.length > 0")
        box = page.locator("video").bounding_box()
        assert (box["width"], box["height"]) == SIZE
        page.set_viewport_size({"width": 390, "height": 800})
        box = page.locator("video").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(SIZE[0] / SIZE[1], rel=0.01)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        watch.check()
    finally:
        page.close()


def test_the_film_of_the_cell_has_sound(example: Executed) -> None:
    html = example.notebook.cells[FILM].outputs[0].data["text/html"]
    (data,) = re.findall(r'src="data:video/webm;base64,([^"]+)"', html)
    file = example.folder / "cell.webm"
    file.write_bytes(base64.b64decode(data))
    heard = np.frombuffer(
        run_real("-i", file, "-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "f32le", "-"), np.float32
    )
    assert len(heard) / 48_000 == pytest.approx(SECONDS, abs=0.05)
    assert 0.01 < float(np.sqrt(np.mean(heard**2))) < 0.5
    raw = run_real("-i", file, "-vf", "scale=96:54", "-pix_fmt", "gray", "-f", "rawvideo", "-")
    assert len(raw) == SECONDS * FPS * 96 * 54


SMALL = """
import time
import numpy as np
import netviz, warnings
warnings.simplefilter("ignore", netviz.NetvizWarning)
random = np.random.default_rng(1)
x = random.normal(0, 1, (6, 2))
weights = [random.normal(0, 1, shape) for shape in ((2, 3), (3, 1))]
recorder = netviz.Recorder([2, 3, 1], ["tanh", "sigmoid"], x, [0, 1, 0, 1, 0, 1], loss="squared_error")
for step in range(5):
    recorder.snap(1 / (step + 1), weights=[each * (1 + step) for each in weights])
film = netviz.Film(recorder, look={"duration": 8, "output": {"size": "192x128", "fps": 5}}, jobs=1)
"""


def test_what_is_shown_again_is_made_once_and_goes_on_changing(tmp_path: Path) -> None:
    executed = execute(
        notebook_of(
            SMALL,
            "film",
            "film",
            "view = netviz.live(recorder)\nview",
            "for _ in range(300):\n    time.sleep(0.05)\n    if 'no picture' not in repr(view): break\nview",
            "recorder.snap(0.1, weights=weights, step=9, keep=True)\nview.stop()",
        ),
        tmp_path,
    )
    first, again = (executed.notebook.cells[number].outputs for number in (1, 2))
    assert [output.output_type for output in (*first, *again)] == ["display_data", "execute_result"]
    assert first[0].data == again[0].data and "<video" in again[0].data["text/html"]
    views = [executed.notebook.cells[number].outputs for number in (3, 4)]
    assert [len(outputs) for outputs in views] == [1, 1]
    assert [outputs[0].data["text/plain"] for outputs in views] == ["step 9", "step 9"]


def test_in_a_terminal_ipython_shows_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "IPython", "--no-banner", "--simple-prompt", "--colors=nocolor", "-c"]
    ran = subprocess.run(
        [*command, f"{SMALL}\nfrom IPython.display import display\ndisplay(film)\nnetviz.live(recorder)"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"IPYTHONDIR": str(tmp_path)},
    )
    assert ran.stdout.splitlines()[0] == "<netviz.Film 'film': 0:08, 192x128, not made yet>"
    assert "netviz.live: shows a run in a notebook's cell" in ran.stdout + ran.stderr


@pytest.fixture
def torch_run() -> Iterator[str]:
    pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
    yield """
import torch, netviz
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
X = torch.randn(16, 2); y = (X[:, :1] > 0).float()
criterion = torch.nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
watched = netviz.watch(model, X, y, loss=criterion)
with netviz.live(watched):
    for step in range(1, 201):
        optimizer.zero_grad()
        loss = criterion(model(X), y)
        loss.backward()
        optimizer.step()
        watched.snap(loss, keep=step == 200)
"""


def test_what_watch_returns_is_shown_too(torch_run: str, tmp_path: Path) -> None:
    executed = execute(notebook_of(torch_run), tmp_path)
    (output,) = executed.notebook.cells[0].outputs
    assert output.data["text/plain"] == "step 200" and "image/jpeg" in output.data
