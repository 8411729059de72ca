"""The plan of the house: which package may import which, without circles, and what each must not know."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

from netviz.recording.storage import READERS
from netviz.scene.model import Network, NetworkLook

PACKAGE = Path(__file__).parents[1] / "netviz"
GROUND = {
    *("errors", "version", "resources", "log", "interruption", "hidden_files", "atomic_files", "cache_folder"),
    *("foreign_media", "ffmpeg"),
}
"""Modules at the top that packages may import, each only those before it."""
MAY_IMPORT = {
    "scene": set[str](),
    "recording": set[str](),
    "integrations": {"recording"},
    "training": {"scene", "recording"},
    "timeline": {"scene", "recording"},
    "story": {"scene", "recording", "timeline", "training"},
    "drawing": {"scene", "recording", "timeline"},
    "audio": {"scene", "recording", "timeline"},
    "video": {"audio", "timeline"},
    "pipeline": {"scene", "recording", "training", "timeline", "story", "drawing", "audio", "video"},
    "web": {"scene", "recording", "training", "timeline", "story", "drawing", "audio", "video", "pipeline"},
    "cli": {
        *("scene", "recording", "training", "timeline", "story", "drawing", "audio", "video", "pipeline", "web"),
        "__init__",
    },
}
MUST_NOT_KNOW = {
    "scene": {"numpy", "matplotlib", "imageio_ffmpeg", "click", "subprocess"},
    "recording": {"matplotlib", "imageio_ffmpeg", "click", "subprocess", "yaml", "pydantic"},
    "integrations": {"matplotlib", "imageio_ffmpeg", "click", "subprocess", "yaml", "pydantic"},
    "training": {"matplotlib", "imageio_ffmpeg", "click", "subprocess", "yaml"},
    "timeline": {"matplotlib", "imageio_ffmpeg", "click", "subprocess", "yaml"},
    "story": {"matplotlib", "imageio_ffmpeg", "click", "subprocess", "yaml"},
    "drawing": {"yaml", "imageio_ffmpeg", "click", "subprocess"},
    "audio": {"matplotlib", "yaml", "imageio_ffmpeg", "click", "subprocess"},
    "video": {"matplotlib", "yaml", "imageio_ffmpeg", "click", "subprocess"},
    "pipeline": {"matplotlib", "yaml", "imageio_ffmpeg", "click"},
    "web": {"matplotlib", "yaml", "imageio_ffmpeg", "click", "subprocess"},
    "cli": {"numpy", "matplotlib", "imageio_ffmpeg", "subprocess"},
}
TYPES_ONLY = {("pipeline", "matplotlib")}
"""A package that names a library in the types of its functions alone, and never loads it."""


def name_of(path: Path) -> str:
    """The dotted name of a module's file."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules() -> dict[str, Path]:
    return {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports(path: Path) -> frozenset[str]:
    """The names of all modules that a file imports, at its top or in a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: relative imports hide where a name comes from"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in modules() else node.module for name in inside}
    return frozenset(names)


def own_imports(name: str) -> Iterator[str]:
    """The modules of netviz that one of them imports."""
    return (other for other in imports(modules()[name]) if other.split(".")[0] == "netviz" and other != name)


def place(name: str) -> str:
    """The package of a module, or its own name where it stands at the top."""
    return name.split(".")[1] if "." in name else "__init__"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_what_stands_below_them(package: str) -> None:
    own = [name for name in modules() if place(name) == package]
    assert len(own) > 1, f"{package} is empty"
    for name in own:
        for other in own_imports(name):
            assert place(other) in GROUND | MAY_IMPORT[package] | {package}, f"{name} imports {other}"


def test_no_package_is_left_out() -> None:
    found = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert found == MAY_IMPORT.keys()
    assert {path.stem for path in PACKAGE.glob("*.py")} == GROUND | {"__init__", "__main__"}


def test_what_reads_a_recording_file_is_found_by_its_name() -> None:
    """Names that are looked up while a program runs, so that a package need not import what stands above it."""
    for reader in READERS.values():
        module, name = reader.split(":")
        assert place(module) in {"recording", "training"} and callable(getattr(import_module(module), name))


def test_the_ground_stands_by_itself() -> None:
    for name in GROUND:
        assert {place(other) for other in own_imports(f"netviz.{name}")} <= GROUND


def test_there_are_no_circles() -> None:
    lazy = {"netviz"}  # which hands names on when it is asked for them
    graph = {name: {*own_imports(name)} - lazy for name in modules().keys() - lazy}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("package", MUST_NOT_KNOW)
def test_packages_do_not_know_what_is_not_theirs(package: str) -> None:
    allowed = {library for where, library in TYPES_ONLY if where == package}
    for path in (PACKAGE / package).rglob("*.py"):
        known = {name.split(".")[0] for name in imports(path)}
        assert not known & MUST_NOT_KNOW[package] - allowed, path


def test_the_library_for_beats_is_used_in_one_place() -> None:
    assert [path.name for path in PACKAGE.rglob("*.py") if "librosa" in imports(path)] == ["beat_tracking.py"]


FRAMEWORKS = {
    "torch": "pytorch",
    "sklearn": "sklearn",
    "lightning": "lightning",
    "pytorch_lightning": "lightning",
    "keras": "keras",
}
"""Libraries that train networks, and how the names of the files begin that know them."""


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frameworks_are_known_by_their_integrations_alone(framework: str) -> None:
    for path in PACKAGE.rglob("*.py"):
        if framework in {name.split(".")[0] for name in imports(path)}:
            assert path.parent == PACKAGE / "integrations" and path.name.startswith(FRAMEWORKS[framework]), path


def test_only_the_command_line_prints() -> None:
    for path in PACKAGE.rglob("*.py"):
        if "cli" in path.parts:
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"], path


def test_importing_netviz_loads_nothing_heavy() -> None:
    program = (
        "import netviz, sys; print(sorted({'numpy', 'matplotlib', 'pydantic', 'yaml', 'rich'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert run.stdout.strip() == "[]"


def test_nothing_uses_pyplot() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert "matplotlib.pyplot" not in imports(path), path


# What films are made of: a run's outline and its recording, never how a scene says that it is trained.

FILMS = ("timeline", "drawing", "audio", "story", "web")
TRAINS_AGAIN = "netviz.story.replay"
"""The module that repeats parts of a training, and so has to know it."""
PREPARES = {"netviz.web.preview", "netviz.web.preview_frames", "netviz.web.embed"}
"""Modules that hand whole scenes to pipeline, to be trained and filmed."""
OF_TRAINING = {"data", "training", "schedule"}
OF_LAYERS = (Network.model_fields.keys() | {"activations"}) - NetworkLook.model_fields.keys()
"""What a network has that is not its look."""
OF_RECORDINGS = {"look", "training_setup"}
"""What a recording says for those who prepare its film, and those who repeat its training."""
SCENES, RECORDINGS = {"Look", "Scene"}, {"Recording", "Comparison"}


def film_modules() -> list[str]:
    return [name for name in modules() if place(name) in FILMS and name != TRAINS_AGAIN]


def last_name(node: ast.expr) -> str:
    """The last name of a chain: scene of self.scene; empty for other expressions."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def named_as(tree: ast.AST, kinds: set[str]) -> Iterator[str]:
    """Names of arguments and fields whose types are some classes, or unions of them."""
    for node in ast.walk(tree):
        annotation = node.annotation if isinstance(node, ast.arg | ast.AnnAssign) else None
        if annotation is not None and {*ast.unparse(annotation).split(" | ")} <= kinds | {"None"}:
            yield node.arg if isinstance(node, ast.arg) else last_name(node.target)


def bound(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names, and the expressions that they are set to or go through."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.For | ast.comprehension):
            target, value = node.target, node.iter
        else:
            continue
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            yield from ((last_name(name), of) for name, of in zip(target.elts, value.elts, strict=True))
        else:
            yield last_name(target), value


def training_reads(source: str) -> list[str]:
    """Reads, in a module's source, of what a scene or a recording says of its training, and of a recording's look."""
    tree, found = ast.parse(source), set()
    scenes, recordings = {"scene", *named_as(tree, SCENES)}, {"recording", *named_as(tree, RECORDINGS)}
    for name, value in bound(tree):
        if last_name(value) in scenes:
            scenes.add(name)
        elif last_name(value) in recordings | {"recordings", "compared"}:
            recordings.add(name)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        networks = {name for name, value in bound(function) if is_network(value, scenes)}
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute):
                owner = last_name(node.value)
                of_network = owner in networks or is_network(node.value, scenes)
                if (
                    (node.attr in OF_TRAINING and owner in scenes)
                    or (node.attr in OF_LAYERS and of_network)
                    or (node.attr in OF_RECORDINGS and owner in recordings)
                ):
                    found.add(f"{node.lineno}: {ast.unparse(node)}")
    return sorted(found)


def is_network(node: ast.expr, scenes: set[str]) -> bool:
    """True if an expression is the network of a scene that has one of these names."""
    return isinstance(node, ast.Attribute) and node.attr == "network" and last_name(node.value) in scenes


@pytest.mark.parametrize("name", film_modules())
def test_films_do_not_read_how_a_run_is_trained(name: str) -> None:
    assert training_reads(modules()[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", film_modules())
def test_films_know_looks_and_not_whole_scenes(name: str) -> None:
    """So the type checker proves that none of them reads more than a look has."""
    tree = ast.parse(modules()[name].read_text(encoding="utf-8"))
    whole = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "netviz.scene.scene"
    ]
    assert all(alias.name != "Scene" for node in whole for alias in node.names) or name in PREPARES


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("return scene.data.examples", "scene.data"),
        ("return look.training.cycles", "look.training"),
        ("return self.scene.schedule", "self.scene.schedule"),
        ("shown = timeline.scene; return shown.data", "shown.data"),
        ("return scene.network.layers", "scene.network.layers"),
        ("network = scene.network; return network.bias", "network.bias"),
        ("return run.look", "run.look"),
        ("return self.recording.training_setup", "self.recording.training_setup"),
        ("return [each.look for each in timeline.recordings]", "each.look"),
        ("return scene.network.grid, scene.outline.layers, timeline.scene.title, event.data, network.layers", None),
    ],
)
def test_such_a_read_would_be_found(line: str, read: str | None) -> None:
    source = f"def film(self, scene, look: Look, run: Recording | Comparison, timeline, network, event):\n    {line}\n"
    assert training_reads(source) == ([] if read is None else [f"2: {read}"])
