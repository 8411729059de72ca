"""Check of what is to be released: `python release/check_dist.py dist` looks into wheel and sdist, then uses both.

Each must hold what it should and nothing else, measured against the files that git knows; the wheel made of the sdist
must be the wheel made of the checkout, byte for byte; and each is installed in an environment of its own, without
anything else in it, and used in an empty folder: a film is rendered and decoded again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
NAME = "netviz_film"

SDIST_FOLDERS = {"netviz", "scenes", "assets", "tests", "docs"}
SDIST_FILES = {"README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "SECURITY.md", "pyproject.toml"}
SDIST_ADDED = {"PKG-INFO", ".gitignore"}  # by hatchling
NOT_IN_SDIST = re.compile(r"docs/pictures/|docs/.*\.(png|jpe?g|gif|webp|mp4|webm)$")
SCRIPTS_OF_ASSETS = re.compile(r"assets/[^/]+\.py$")
LIMITS = {"wheel": 4_000_000, "sdist": 4_500_000}
"""Bytes: what they have today, with room for growth, not for a film that slipped in."""

USED_SCENE = "xor"
USED_SECONDS, USED_FPS = 8, 10


def version() -> str:
    """Return the version that stands in netviz/version.py, the one place for it."""
    found = re.search(r'^__version__ = "(.+)"$', (ROOT / "netviz" / "version.py").read_text(encoding="utf-8"), re.M)
    assert found, "netviz/version.py names no version"
    return found[1]


def tracked_files() -> set[str]:
    """Return the paths of all files of the checkout that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def wanted_in_wheel(tracked: set[str]) -> set[str]:
    """Return the files that a wheel must hold: the package, its data where `netviz.resources` looks, the licences."""
    info = f"{NAME}-{version()}.dist-info"
    wanted = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")}
    for name in tracked:
        if name.startswith("netviz/"):
            wanted.add(name)
        elif name.startswith(("scenes/", "assets/")) and not SCRIPTS_OF_ASSETS.match(name):
            wanted.add(f"netviz/_data/{name}")
        if name.startswith("assets/LICENSES/"):
            wanted.add(f"{info}/licenses/{name}")
    return wanted


def wanted_in_sdist(tracked: set[str]) -> set[str]:
    """Return the files that an sdist must hold: what a wheel is made of, the tests, and the text of the documents."""
    wanted = {name for name in tracked if name in SDIST_FILES or name.split("/")[0] in SDIST_FOLDERS}
    return {name for name in wanted if not NOT_IN_SDIST.match(name)} | SDIST_FILES | SDIST_ADDED


def differences(what: str, found: set[str], wanted: set[str]) -> list[str]:
    """Return a sentence for every file that is missing, or that should not be there."""
    return [f"{what} lacks {name}" for name in sorted(wanted - found)] + [
        f"{what} holds {name}, which it should not" for name in sorted(found - wanted)
    ]


def contents(path: Path) -> dict[str, int]:
    """Return the files of a wheel or sdist, without the folder that an sdist puts them in, and their sizes in bytes."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {entry.filename: entry.file_size for entry in wheel.infolist() if not entry.is_dir()}
    with tarfile.open(path) as sdist:
        files = {entry.name: entry.size for entry in sdist.getmembers() if entry.isfile()}
    folder = f"{NAME}-{version()}/"
    return {name.removeprefix(folder): size for name, size in files.items()}


def print_contents(path: Path, files: dict[str, int]) -> None:
    """Print size and contents: each folder, two levels deep, with its number of files, and the largest files."""
    print(f"\n{path.name}: {path.stat().st_size:,} bytes, {len(files)} files")
    folders = Counter[str]()
    sizes = Counter[str]()
    for name, size in files.items():
        folder = "/".join(PurePosixPath(name).parts[:-1][:3])
        folders[folder] += 1
        sizes[folder] += size
    for folder in sorted(folders):
        print(f"  {folder or '.':32} {folders[folder]:4} files {sizes[folder]:11,} bytes")
    for name, size in sorted(files.items(), key=lambda item: -item[1])[:6]:
        print(f"    large: {name} {size:,}")


def rebuilt_wheel(folder: Path) -> bytes:
    """Return a wheel built from the checkout itself, not by way of an sdist."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel.read_bytes()


def install_and_use(distribution: Path, folder: Path) -> None:
    """Install a wheel or sdist in a new environment and use it in an empty folder. Raises if anything fails."""
    environment = folder / "environment"
    empty = folder / "empty"
    empty.mkdir(parents=True)
    bin_folder = environment / ("Scripts" if os.name == "nt" else "bin")
    python = str(bin_folder / "python")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "NETVIZ", "VIRTUAL_ENV"))}

    def run(*command: str, env: dict[str, str] = clean) -> str:
        print("  $", *command)
        done = subprocess.run(command, cwd=empty, env=env, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    run(sys.executable, "-m", "venv", str(environment))
    run(python, "-m", "pip", "install", "--quiet", str(distribution))
    # Nothing of the home folder either: no cache of recordings, no settings of matplotlib.
    alone = clean | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "XDG_CONFIG_HOME": str(folder)}

    def use(command: str, *arguments: str) -> str:
        return run(str(bin_folder / command), *arguments, env=alone)

    run(python, "-m", "pip", "check")
    for command in ("netviz", "netviz-film"):
        assert use(command, "--version").split()[-1] == version()
    where = use("python", "-W", "error", "-c", "import netviz; print(netviz.__version__, netviz.__file__)").split(
        " ", 1
    )
    assert where[0] == version() and Path(where[1].strip()).is_relative_to(environment), where
    scenes = {path.stem for path in (ROOT / "scenes").glob("*.yaml")}
    listed = use("netviz", "scenes")
    assert {line.split()[0] for line in listed.splitlines()} == scenes, listed
    use("netviz", "render", "--dry-run", *sorted(scenes))
    use("netviz", "validate", USED_SCENE, "--set", "words=bundled:german.yaml")
    use("netviz", "still", "playground-line", "--at", "start", "--size", "320x180", "-o", "still.png")
    length = ("--duration", str(USED_SECONDS), "--set", "audio.fit=track")
    use("netviz", "render", USED_SCENE, *length, "--size", "320x180", "--fps", str(USED_FPS), "-o", "film.mp4")
    decode(use("python", "-c", "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())").strip(), empty)


def decode(ffmpeg: str, folder: Path) -> None:
    """Decode film.mp4 whole. Raises unless it has all its pictures and its music, and both change as they go on."""

    def rows(stream: str) -> list[list[str]]:
        # Of each decoded frame its stream, two times, duration, bytes and hash.
        command = [ffmpeg, "-v", "error", "-i", "film.mp4", "-map", f"0:{stream}:0", "-f", "framemd5", "-"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, f"film.mp4, stream {stream}: {done.stderr}"
        return [line.split(",") for line in done.stdout.splitlines() if not line.startswith("#")]

    pictures, sound = rows("v"), rows("a")
    assert len(pictures) == USED_SECONDS * USED_FPS, f"{len(pictures)} pictures"
    assert len({row[-1] for row in pictures}) > len(pictures) // 2, "most pictures are the same"
    samples = sum(int(row[3]) for row in sound)
    assert abs(samples - USED_SECONDS * 48_000) < 4_800, f"{samples} samples of sound"
    assert len({row[-1] for row in sound}) > len(sound) // 2, "most of the sound is the same"
    print(f"  film.mp4 decoded: {len(pictures)} pictures, {samples / 48_000:.2f} s of sound")


def main(folder: Path) -> int:
    """Check the wheel and the sdist in a folder; print what they hold and what is wrong. Returns the exit code."""
    wheel, sdist = folder / f"{NAME}-{version()}-py3-none-any.whl", folder / f"{NAME}-{version()}.tar.gz"
    tracked = tracked_files()
    expected = differences("the folder", {path.name for path in folder.iterdir()}, {wheel.name, sdist.name})
    if expected:
        print(*expected, sep="\n", file=sys.stderr)
        return 1
    problems = []
    for what, path, wanted in (
        ("wheel", wheel, wanted_in_wheel(tracked)),
        ("sdist", sdist, wanted_in_sdist(tracked)),
    ):
        files = contents(path)
        print_contents(path, files)
        problems += differences(f"the {what}", set(files), wanted)
        if path.stat().st_size > LIMITS[what]:
            problems.append(f"the {what} has {path.stat().st_size:,} bytes, more than {LIMITS[what]:,}")
    if f"\n## {version()}" not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        problems.append(f"CHANGELOG.md says nothing of {version()}")
    with tempfile.TemporaryDirectory() as temporary:
        if rebuilt_wheel(Path(temporary)) != wheel.read_bytes():
            problems.append("the wheel made of the sdist is another than the one made of the checkout")
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    for path in (wheel, sdist):
        print(f"\n{path.name}, alone with Python {sys.version.split()[0]}:")
        with tempfile.TemporaryDirectory() as temporary:
            install_and_use(path.resolve(), Path(temporary).resolve())
    print("\nwheel and sdist are whole, and work")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
