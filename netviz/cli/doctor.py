"""Command `netviz doctor`: what netviz needs of this machine, a line each, to be mended or put into a bug report."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, replace

import click

from netviz.cli import console
from netviz.cli.debug_log import debug_option
from netviz.cli.help import command
from netviz.pipeline.doctor import CHECKS, REQUIRED, Check, Finding, State, examine, without_home
from netviz.scene.messages import nearest, printable

MARKS: dict[State, tuple[str, str]] = {
    "ok": ("ok", "green"),
    "warning": ("warning", "yellow"),
    "error": ("error", "red"),
    "skipped": ("-", "white"),
}
"""The word for a state, and its colour on a terminal."""
WIDTH = max(len(word) for word, _ in MARKS.values())
SUBJECTS = 20
"""Letters for which there is room in the column of what was looked at."""
NARROWEST = 40
"""Columns of a terminal from which a long line is broken there, below its beginning."""

OF_OTHERS = (
    "IMAGEIO_FFMPEG_EXE",
    "MPLCONFIGDIR",
    "MATPLOTLIBRC",
    "XDG_CACHE_HOME",
    *("TMPDIR", "TEMP", "TMP"),
    *("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    *("LANG", "LC_ALL", "LC_CTYPE", "TERM", "NO_COLOR", "FORCE_COLOR"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONIOENCODING", "PYTHONUTF8"),
)
"""Environment variables besides netviz's own that may change what it does; of all others nothing is told."""
FOR_TESTS = "NETVIZ_NEED_"
"""Beginning of those that only netviz's tests read."""


@command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@debug_option
@click.pass_context
def doctor_command(ctx: click.Context, /, as_json: bool) -> None:
    """Look at all that netviz needs of this machine, make a film of a second, and tell what is wrong and what to do.

    For a bug report copy what it prints. It names no more of your folders than it must, and your home folder as ~.
    """
    _leave_folder_of_the_run(ctx.find_root().obj or {})
    findings: list[Finding] = []

    def environment() -> Iterator[Finding]:
        return _environment(ctx, any(finding.state == "error" and finding.subject in REQUIRED for finding in findings))

    checks: list[Check] = [*CHECKS[:-1], ("environment", environment), CHECKS[-1]]
    for found in examine(checks):
        finding = replace(found, text=_tidy(found.text), advice=_tidy(found.advice))
        findings.append(finding)
        if not as_json:
            console.result(_line(finding))
    errors, warnings = (sum(finding.state == state for finding in findings) for state in ("error", "warning"))
    if as_json:
        console.result(
            json.dumps({"works": not errors, "findings": [asdict(finding) for finding in findings]}, indent=1)
        )
    else:
        console.result(_conclusion(errors, warnings))
    ctx.exit(1 if errors else 0)


def _leave_folder_of_the_run(found: dict[str, str]) -> None:
    """Have temporary files lie where the user's environment says again, which is to be looked at."""
    os.environ.pop("TMPDIR", None)
    os.environ.update({name: value for name, value in found.items() if name == "TMPDIR"})
    tempfile.tempdir = None


def _tidy(text: str) -> str:
    """In one line, without the name of a home folder."""
    return printable(" ".join(without_home(text).split()))


def _line(finding: Finding) -> str:
    word, colour = MARKS[finding.state]
    head = f"{word:{WIDTH}}  {finding.subject:{SUBJECTS}}  "
    text = head + str(finding)
    if sys.stdout is None or not sys.stdout.isatty():  # None: it is closed
        return text
    columns = shutil.get_terminal_size().columns
    if columns >= NARROWEST:
        text = textwrap.fill(
            text, columns, subsequent_indent=" " * len(head), break_long_words=False, break_on_hyphens=False
        )
    return click.style(word, fg=colour) + text[len(word) :] if console.coloured() else text


def _conclusion(errors: int, warnings: int) -> str:
    if errors:
        return f"\nnetviz will not work here as it should: {_count(errors, 'error')}, {_count(warnings, 'warning')}"
    return "\nnetviz works here" + (f", with {_count(warnings, 'warning')}" if warnings else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# The environment: what is set of all that netviz reads, and what is wrong with it.


def _environment(ctx: click.Context, is_broken: bool) -> Iterator[Finding]:
    """is_broken: whether a library is, so that netviz's own variables cannot be tried."""
    if is_broken:
        yield Finding("environment", "not looked at, because of what cannot be loaded", "skipped")
        return
    from netviz.cache_folder import VARIABLE
    from netviz.cli.options import EVERY_OPTION, variable
    from netviz.scene.overrides import FROM_ENVIRONMENT

    known = {*map(variable, (*EVERY_OPTION, "--jobs", "--cluster")), VARIABLE}
    own = sorted(name for name in os.environ if name.startswith(FROM_ENVIRONMENT) and not name.startswith(FOR_TESTS))
    faults = _faults() if any(name in known for name in own) else {}
    for name in own:
        value = printable(os.environ[name]) or "(empty)"
        if name not in known:
            like = nearest(name, known)
            advice = f"it may be meant to be {like}" if like else "unset it"
            yield Finding(name, f"{value}, but netviz reads no variable of this name", "warning", advice)
        elif name in faults:
            yield Finding(name, faults[name], "error", "change or unset it, for commands stumble over it")
        else:
            yield Finding(name, value)
    others = {name: os.environ[name] for name in OF_OTHERS if name in os.environ}
    if backend := (ctx.find_root().obj or {}).get("MPLBACKEND"):
        others["MPLBACKEND"] = f"{backend} (which is of no account for netviz's commands)"
    yield from (Finding(name, value or "(empty)") for name, value in others.items())
    if not own and not others:
        yield Finding("environment", "no variable is set that netviz, or what it works with, reads")


def _faults() -> dict[str, str]:
    """Mistakes in netviz's own variables, by their names, as a command would tell of them."""
    from netviz.cli.options import jobs_of
    from netviz.cli.render import render_command
    from netviz.cli.sources import read_sources
    from netviz.errors import InputError
    from netviz.pipeline.render import request_problems

    with render_command.make_context("render", ["xor", "--dry-run"]) as context:
        workers, wrong_number = jobs_of(context.params["jobs"])
        problems = [*wrong_number, *request_problems(workers, None, context.params["cluster"] or None)]
        try:
            read_sources(context)
        except InputError as wrong:
            problems += wrong.problems
    options = {"--jobs": "NETVIZ_JOBS", "--cluster": "NETVIZ_CLUSTER", "--jobs and --cluster": "NETVIZ_JOBS"}
    faults: dict[str, str] = {}
    for problem in problems:
        where = options.get(problem.where, problem.where)
        faults.setdefault(where.split()[0].rstrip(":"), str(problem.message))
    return faults
