"""How soon a saved change is seen: from the save to a picture that a client of `netviz preview` holds in its hands.

    python -m benchmarks.preview [--scene xor] [--runs 5]

A copy of the scene is changed again and again, each time in a way it has not had before, in 1920x1080 as the scene
asks for; each kind of change in turn, and the medians are printed. Everything a user waits for is in it: noticing the
save, reading, training where it must, drawing, and sending. Two cases are not saves: another moment of the same version
(the slider), and the first picture of a fresh process. The draft film is of the whole film, with its music.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from netviz.scene.copies import scene_text

THEMES = ("paper", "night", "playground")


class Preview:
    """`netviz preview` as a process, and its page's part."""

    def __init__(self, scene: Path, *options: str) -> None:
        self.started = time.perf_counter()
        command = [sys.executable, "-m", "netviz", "preview", str(scene), "--no-browser", *options]
        environment = {**os.environ, "NETVIZ_CACHE": "off"}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.port = urlsplit(self.process.stdout.readline()).port
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port)
        self._connection.request("GET", "/news")
        self._news = self._connection.getresponse()
        self.version = 0

    def until(self, fits: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The next status that fits."""
        while True:
            line = self._news.readline()
            if line.startswith(b"data: "):
                status: dict[str, Any] = json.loads(line[6:])
                assert not status["problems"], status["problems"]
                if fits(status):
                    return status

    def get(self, path: str) -> bytes:
        """What the server has under a path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 200, content
        return content

    def next_picture(self) -> bytes:
        """The picture of the next version."""
        status = self.until(lambda s: s["picture"] and s["picture"]["version"] > self.version)
        picture = status["picture"]
        self.version = picture["version"]
        return self.get(f"/picture?version={self.version}&frame={picture['frame']}")

    def next_film(self) -> bytes:
        """The draft film of the version that is shown."""
        self.until(lambda s: s["film"] and s["film"]["version"] == self.version and s["film"]["took"] is not None)
        return self.get(f"/film?version={self.version}")

    def close(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self._connection.close()


def save(scene: Path, data: dict[str, Any]) -> float:
    """Write the scene as an editor does, and say when."""
    beside = scene.with_suffix(".swap")
    beside.write_text(yaml.safe_dump(data), encoding="utf-8")
    saved = time.perf_counter()
    beside.replace(scene)
    return saved


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()

    data: dict[str, Any] = yaml.safe_load(scene_text(options.scene))
    rate, cycles = data["training"]["learning_rate"], data["training"]["cycles"]

    def colours(run: int) -> None:
        data["theme"] = THEMES[run % len(THEMES)]

    def text(run: int) -> None:
        data["title"] = f"Title {run}"

    def schedule(run: int) -> None:
        data["schedule"] = {"frames": 13 + run}

    def training(run: int) -> None:
        data["training"]["learning_rate"] = rate * (1 + (run + 1) / 100)

    changes = {"colours": colours, "text": text, "schedule": schedule, "training": training}
    times: dict[str, list[float]] = {name: [] for name in ("first picture", *changes, "another moment", "draft film")}
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder) / "scene.yaml"
        save(scene, data)
        preview = Preview(scene)
        preview.next_picture()
        times["first picture"].append(time.perf_counter() - preview.started)
        for run in range(options.runs):
            for name, change in changes.items():
                change(run)
                saved = save(scene, data)
                preview.next_picture()
                times[name].append(time.perf_counter() - saved)
            for step in range(10):
                asked = time.perf_counter()
                preview.get(f"/picture?version={preview.version}&frame={600 + 10 * step}")
                times["another moment"].append(time.perf_counter() - asked)
        preview.close()

        preview = Preview(scene, "--film")
        preview.next_picture()
        preview.next_film()
        for run in range(options.runs):
            colours(run + 1)
            saved = save(scene, data)
            preview.next_picture()
            film = preview.next_film()
            times["draft film"].append(time.perf_counter() - saved)
        preview.close()

    told = {
        "first picture": f"of a fresh process, {cycles:,} cycles of training included",
        "colours": "another theme",
        "text": "another title",
        "schedule": "other shown cycles: trained again",
        "training": "another learning rate: trained again",
        "another moment": "of the same version: the slider",
        "draft film": f"of the whole film with sound, after another theme: {len(film) / 1e6:.1f} MB",
    }
    print(f"{options.scene}: from the save to the picture, median of {options.runs} runs in turn")
    for name, selected in times.items():
        print(f"  {name:16} {statistics.median(selected):6.2f} s   {told[name]}")


if __name__ == "__main__":
    main()
