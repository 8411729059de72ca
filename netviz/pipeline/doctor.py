"""Doctor: what netviz needs of a machine, looked at one by one; what is wrong there, and what to do about it.

Nothing is imported here that could be missing or broken: each check imports what it needs, and fails by itself. What
could end the whole process (a library made for another processor) or hang is looked at in a child process.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Literal

from netviz.atomic_files import amount, problem_of_folder
from netviz.version import __version__

State = Literal["ok", "warning", "error", "skipped"]
"""Fine; to be known; will not work; not looked at, because what it needs is missing."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what was found, how that is, and what to do where it is not fine."""

    subject: str
    text: str
    state: State = "ok"
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.text}; {self.advice}" if self.advice else self.text


MEND = "mend what stands above, then look again"
"""Advice where something else is at fault."""

Check = tuple[str, Callable[[], Iterable[Finding]]]
"""Name of a check, and the function that makes it."""

REQUIRED = {
    "numpy": ("numpy", "2.0"),
    "click": ("click", "8.2"),
    "imageio": ("imageio", "2.34"),
    "imageio-ffmpeg": ("imageio_ffmpeg", "0.5.1"),
    "matplotlib": ("matplotlib", "3.11"),
    "pillow": ("PIL", "10.1"),
    "platformdirs": ("platformdirs", "4"),
    "pydantic": ("pydantic", "2.11"),
    "pyyaml": ("yaml", "6.0.1"),
    "rich": ("rich", "15"),
    "threadpoolctl": ("threadpoolctl", "3.1"),
}
"""Libraries that netviz needs, NumPy first, for others need it too: the name as a module, and the oldest version."""
OPTIONAL = (
    "dask",
    "distributed",
    "librosa",
    "torch",
    "lightning",
    "keras",
    "tensorflow",
    "jax",
    "scikit-learn",
    "ipython",
)
"""Libraries that netviz works with where they are; they are never loaded here."""

LITTLE_MEMORY, LITTLE_DISK = 500_000_000, 200_000_000
"""Bytes below which a film may not be made: what a process takes at 1920x1080, and a long film with what it needs."""

SCRIPTS = {
    "Latin": "aäčñøßſ",
    "Greek": "αβγω",
    "Cyrillic": "бжяї",
    "Hebrew": "אבג",
    "Arabic": "ابج",
    "Devanagari": "कखग",
    "Thai": "กขค",
    "Chinese": "学习网",
    "Japanese": "ひカ",
    "Korean": "학습",
}
"""Some letters of scripts in which people may write a title."""


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Look at everything; nothing that fails keeps the rest from being looked at."""
    is_fine = True
    for subject, check in checks:
        try:
            for finding in check():
                if finding.advice == MEND and is_fine:
                    finding = replace(finding, advice="report what `netviz render --debug` prints, and its log")
                is_fine = is_fine and finding.state != "error"
                yield finding
        except ImportError as missing:
            yield Finding(subject, f"not looked at, because of what cannot be loaded ({missing})", "skipped")
        except Exception as failure:
            advice = "please report this, with all of what is printed here"
            yield Finding(subject, f"cannot be looked at ({_in_words(failure)})", "error", advice)


def _in_words(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}"


def without_home(text: str) -> str:
    """The text with the user's home folder as ~: neither a name nor more of a path than is needed is given away."""
    homes = {os.path.expanduser("~")}  # noqa: PTH111 - which raises nothing where there is none
    with suppress(ImportError, KeyError):
        import pwd

        homes.add(pwd.getpwuid(os.getuid()).pw_dir)
    for home in sorted((home.rstrip("/\\") for home in homes), key=len, reverse=True):
        if len(home) > 1 and home != "~":
            text = re.sub(rf"(?<![\w.-]){re.escape(home)}(?![\w.-])", "~", text)
    return text


# Versions: of netviz, Python, the system and libraries. They are also at the head of a log.


def _own_version() -> Iterator[Finding]:
    package = Path(__file__).resolve().parents[1]
    is_checkout = (package.parent / "pyproject.toml").is_file()
    yield Finding("netviz", f"{__version__}, {'a checkout' if is_checkout else 'installed'} in {package.parent}")


def _python() -> Iterator[Finding]:
    yield Finding("Python", f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}")
    encodings = f"{sys.getfilesystemencoding()} names, {getattr(sys.stdout, 'encoding', None)} output"
    yield Finding("system", f"{platform.platform()}, {encodings}")


def _library_versions() -> Iterator[Finding]:
    found, faults = [], []
    for name, (_, oldest) in REQUIRED.items():
        version = _version_of(name)
        if version is None:
            faults.append(Finding(name, "is not installed", "error", f"pip install '{name}>={oldest}'"))
            continue
        found.append(f"{name} {version}")
        if _numbers(version) < _numbers(oldest):
            advice = f"pip install --upgrade '{name}>={oldest}'"
            faults.append(Finding(name, f"is {version}, and netviz needs {oldest} or newer", "error", advice))
    yield Finding("libraries", ", ".join(found))
    yield from faults
    there = [f"{name} {version}" for name in OPTIONAL if (version := _version_of(name)) is not None]
    yield Finding("optional", ", ".join(there) or "none of those that netviz can work with besides")


def _version_of(name: str) -> str | None:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    return None


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, to be compared: 3.11 of 3.11.0rc1."""
    return tuple(map(int, re.findall(r"\d+", version.partition("+")[0])[:3]))


def _ffmpeg() -> Iterator[Finding]:
    from netviz import ffmpeg

    try:
        path = ffmpeg.executable()
    except ffmpeg.FfmpegMissing as missing:
        yield Finding("ffmpeg", str(missing), "error")
        return
    yield Finding("ffmpeg", f"{ffmpeg.version()}, {path}")


VERSIONS: tuple[Check, ...] = (
    ("netviz", _own_version),
    ("Python", _python),
    ("libraries", _library_versions),
    ("ffmpeg", _ffmpeg),
)


def version_lines() -> list[str]:
    """A line for each version, for the head of a log."""
    return [without_home(f"{finding.subject}: {finding}") for finding in examine(VERSIONS)]


# What there has to be, and has to work.


def _libraries_load() -> Iterator[Finding]:
    """Load every library that is installed, in a child: one made for another processor ends a process."""
    rest, told = [name for name in REQUIRED if _version_of(name) is not None], set[str]()
    while rest:
        loaded, end = _in_child("libraries", [REQUIRED[name][0] for name in rest])
        faults = [(name, found.text) for name, found in zip(rest, loaded, strict=False) if found.state == "error"]
        if end:
            faults.append((rest[min(len(loaded), len(rest) - 1)], end))
        for name, why in faults:
            advice = f"pip install --force-reinstall {name}" if why not in told else MEND
            yield Finding(name, f"cannot be loaded ({why})", "error", advice)
            told.add(why)
        rest = rest[len(loaded) + 1 :] if end else []


def _load(modules: Sequence[str]) -> Iterator[Finding]:
    for name in modules:
        try:
            import_module(name)
        except Exception as failure:
            yield Finding(name, _in_words(failure), "error")
        else:
            yield Finding(name, "loaded")


def _encoders() -> Iterator[Finding]:
    from netviz.ffmpeg import FfmpegMissing, has_encoder
    from netviz.video.formats import ENCODERS, SVT_AV1

    with suppress(FfmpegMissing):  # which is told already
        for kind, needed in ENCODERS.items():
            names = [SVT_AV1, *needed] if kind == "webm" and has_encoder(SVT_AV1) else needed
            lacking = [name for name in needed if not has_encoder(name)]
            if not lacking:
                yield Finding(f".{kind}", f"encoded by {', '.join(names)}")
                continue
            advice = "give files another ending, or name an ffmpeg that has them in IMAGEIO_FFMPEG_EXE"
            if os.environ.get("IMAGEIO_FFMPEG_EXE"):
                advice = "unset IMAGEIO_FFMPEG_EXE to use netviz's own ffmpeg, which has them"
            yield Finding(f".{kind}", f"ffmpeg lacks {', '.join(lacking)}, which it needs", "error", advice)


def _inside() -> Iterator[Finding]:
    """Look, in a child, at what only netviz's own modules know."""
    findings, end = _in_child("inside")
    yield from findings
    if end:
        yield Finding("fonts", f"cannot be looked at ({end})", "error", MEND)


def _fonts() -> Iterator[Finding]:
    from netviz.drawing.text import Typefaces, missing

    faces = Typefaces.make()
    paths = {font.path for font in vars(faces).values()}
    for path in sorted(paths):
        try:
            path.read_bytes()
        except OSError as error:
            advice = "install netviz again: pip install --force-reinstall netviz-film"
            yield Finding("fonts", f"{path} cannot be read ({error.strerror})", "error", advice)
            return
    lacking = {name: bool(missing(letters, faces.words)) for name, letters in SCRIPTS.items()}
    there, not_there = (", ".join(name for name in SCRIPTS if lacking[name] == is_so) for is_so in (False, True))
    yield Finding("fonts", f"{len(paths)} files, all readable")
    yield Finding("scripts", f"letters for {there}; for {not_there} name a font in the scene (font: my-font.ttf)")
    if _cache_is_temporary():
        text = "has no folder that it can write to, so that it takes longer to start each time"
        yield Finding("matplotlib", text, "warning", "name a folder for it in the environment variable MPLCONFIGDIR")


def _cache_is_temporary() -> bool:
    """Return whether matplotlib found no folder for its cache; it then makes one that goes with the process."""
    folder = Path(import_module("matplotlib").get_cachedir())
    return folder.name.startswith("matplotlib-") and folder.parent.samefile(tempfile.gettempdir())


def _limits() -> Iterator[Finding]:
    """Limits of the system on what a process may take, where they are less than a film needs."""
    if sys.platform == "win32":
        return
    import resource

    for option, number, least, what in (
        ("-n", resource.RLIMIT_NOFILE, 256, "files at once"),
        ("-f", resource.RLIMIT_FSIZE, LITTLE_DISK, "bytes in a file"),
        ("-v", resource.RLIMIT_AS, 4 * LITTLE_MEMORY, "bytes of addresses"),
    ):
        limit = resource.getrlimit(number)[0]
        if limit != resource.RLIM_INFINITY and limit < least:
            text = f"`ulimit {option}` allows only {limit:,} {what}"
            yield Finding("limits", text, "warning", f"raise it where a film fails; {least:,} are enough for most")


def _caches() -> Iterator[Finding]:
    from netviz.cache_folder import VARIABLE, cache_place
    from netviz.pipeline.kept_segments import segment_cache
    from netviz.scene.validation_training import count
    from netviz.training.cache import recording_cache

    if cache_place() is None:
        why = f"{VARIABLE} is off" if os.environ.get(VARIABLE, "").strip() == "off" else "there is no home folder"
        yield Finding("cache", f"nothing is kept, because {why}")
        return
    for what, kept, lost in (
        ("recording", recording_cache(), "networks are trained again each time"),
        ("segment", segment_cache(), "a film that is ended early begins anew"),
    ):
        assert kept is not None, "there is a place for it"
        contents = kept.contents()
        size = f"{amount(contents.size_in_bytes)} of at most {amount(kept.largest)}"
        folder = next((each for each in (kept.folder, *kept.folder.parents) if each.exists()), kept.folder)
        if problem_of_folder(folder):
            text = f"cannot be kept in {kept.folder}, so that {lost}"
            yield Finding(f"{what}s", text, "warning", f"name a folder in {VARIABLE}, or say {VARIABLE}=off")
        else:
            yield Finding(f"{what}s", f"{kept.folder}: {count(contents.count, what)}, {size}")


def _memory() -> Iterator[Finding]:
    from netviz.pipeline.capacity import available_memory

    free = available_memory()
    if free is None:
        yield Finding("memory", "this system does not say how much is free")
    elif free < LITTLE_MEMORY:
        advice = "end other programs, or make smaller films (--size 720p --jobs 1)"
        yield Finding("memory", f"only {amount(free)} free", "warning", advice)
    else:
        yield Finding("memory", f"{amount(free)} free")


def _cores() -> Iterator[Finding]:
    from netviz.pipeline.workers import default_jobs, usable_cpus

    cpus = usable_cpus()
    jobs = default_jobs(cpus, 1000)
    yield Finding(
        "cores", f"{cpus}, of which a long film is given {'one process' if jobs == 1 else f'{jobs} processes'}"
    )


def _folders() -> Iterator[Finding]:
    try:
        here = Path.cwd()
    except OSError as error:
        yield Finding("this folder", f"is gone ({error.strerror})", "error", "go to another one")
    else:
        yield _folder("this folder", here, "", "go to another one, or name one with --output")
    try:
        folder = Path(tempfile.gettempdir())
    except OSError:
        text = "there is none that can be written to"
        yield Finding("temporary", text, "error", "name one in the environment variable TMPDIR")
        return
    finding = _folder("temporary", folder, f"{folder}: ", "name another one in the environment variable TMPDIR")
    named = os.environ.get("TMPDIR")
    if finding.state == "ok" and named and not (Path(named).exists() and folder.samefile(named)):
        text = f"TMPDIR names {named}, which cannot be used; {finding}"
        finding = Finding("temporary", text, "warning", "name a folder there that can be written to, or unset it")
    yield finding


def _folder(subject: str, folder: Path, name: str, advice: str) -> Finding:
    """Finding about writing to a folder. name: how it is called in front of that."""
    if problem := problem_of_folder(folder):
        reason = problem.rpartition(": ")[2]
        return Finding(subject, f"{name}nothing can be written there ({reason})", "error", advice)
    free = shutil.disk_usage(folder).free
    if free < LITTLE_DISK:
        return Finding(subject, f"{name}only {amount(free)} free", "warning", f"make room, or {advice}")
    return Finding(subject, f"{name}{amount(free)} free")


def _test_film() -> Iterator[Finding]:
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="netviz-", ignore_cleanup_errors=True) as folder:
            findings, end = _in_child("film", [str(Path(folder) / "film.mp4")])
    except OSError as error:
        yield Finding("test film", f"cannot be made ({_in_words(error)})", "error", MEND)
        return
    for finding in findings:
        took = f", made and read back in {time.monotonic() - began:.1f} s"
        yield Finding(finding.subject, finding.text + took) if finding.state == "ok" else finding
    if end:
        yield Finding("test film", f"cannot be made ({end})", "error", MEND)


def _film(target: Sequence[str]) -> Iterator[Finding]:
    """Make a film of one second, with music, and read it back."""
    from netviz.errors import NetvizError
    from netviz.pipeline.render import render
    from netviz.scene.loader import load_scene
    from netviz.video.verify import decode, faults

    changes: dict[str, Any] = {
        "training.cycles": 20,
        "schedule.frames": 1,
        "story": None,
        "shots": [{"shot": "learning"}],
    }
    changes |= {"duration": 1, "audio.fit": "track", "output.size": "320x180", "output.fps": 10}
    try:
        scene = load_scene("xor", overrides={**changes, "output.quality": "draft"})
        film = render(scene, target[0], jobs=1)
        found = decode(film.path, sound=True)
        wrong = faults(found, frames=film.frames, seconds=film.seconds)
    except NetvizError as failure:
        wrong = [str(failure)]
    except Exception as failure:
        wrong = [_in_words(failure)]
    if wrong:
        yield Finding("test film", f"cannot be made ({'; '.join(wrong)})", "error", MEND)
    else:
        yield Finding("test film", f"{film.seconds} s of 320x180 with sound, {amount(film.size_in_bytes)}")


CHECKS: tuple[Check, ...] = (
    *VERSIONS,
    ("libraries", _libraries_load),
    ("encoders", _encoders),
    ("fonts", _inside),
    ("folders", _folders),
    ("limits", _limits),
    ("test film", _test_film),
)


# Child processes: what may end a process, or hang, is looked at in one that can be spared.

_IN_CHILD: Mapping[str, Callable[[Sequence[str]], Iterator[Finding]]] = {
    "libraries": _load,
    "inside": lambda _: examine((("fonts", _fonts), ("caches", _caches), ("cores", _cores), ("memory", _memory))),
    "film": _film,
}
_PROGRAM = (
    "import json, sys; path, name, given = json.loads(sys.argv[1]); sys.path[:] = path; "
    "from netviz.pipeline.doctor import answer; answer(name, given)"
)
LONGEST = 120.0
"""Seconds after which a child is given up."""


def _in_child(name: str, given: Sequence[str] = ()) -> tuple[list[Finding], str]:
    """Findings of a child, as far as it came, and how it ended: "" if well."""
    command = [sys.executable, "-c", _PROGRAM, json.dumps([sys.path, name, [*given]])]
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST, check=False)
        out, err, end = ended.stdout, ended.stderr, _end_in_words(ended.returncode)
    except subprocess.TimeoutExpired as late:
        out, err, end = late.stdout or b"", late.stderr or b"", f"it did not end within {LONGEST:g} s"
    findings = []
    for line in out.decode(errors="replace").splitlines():
        with suppress(ValueError, TypeError):  # what a library prints
            findings.append(Finding(**json.loads(line)))
    last = next((line.strip() for line in reversed(err.decode(errors="replace").splitlines()) if line.strip()), "")
    return findings, f"{end}; {last}" if end and last else end


def _end_in_words(status: int) -> str:
    """End of a process in words; "" if it was well."""
    if status < 0:
        with suppress(ValueError):
            return f"it was ended by {signal.Signals(-status).name}"
    return f"it ended with exit status {status}" if status else ""


def answer(name: str, given: Sequence[str]) -> None:
    """In the child: print what is found, a line each, at once."""
    with os.fdopen(os.dup(1), "w", encoding="ascii") as out:
        os.dup2(2, 1)
        for finding in _IN_CHILD[name](given):
            out.write(json.dumps(asdict(finding)) + "\n")
            out.flush()
