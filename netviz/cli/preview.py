"""Command `netviz preview`: a scene in the browser while it is being changed."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from netviz.atomic_files import temporary_folder
from netviz.cli import console
from netviz.cli.help import command
from netviz.cli.options import all_but, at_option, cache_option, overrides, scene_options
from netviz.cli.sources import parse_source
from netviz.errors import InputError
from netviz.pipeline.looks import Filmed
from netviz.pipeline.prepare import prepare
from netviz.scene.loader import ParseResult
from netviz.scene.messages import printable
from netviz.timeline.moments import check_moment
from netviz.web.preview import PreviewInput, PreviewSession
from netviz.web.preview_frames import Status
from netviz.web.preview_server import close, start_server

CTRL_C = 130


@command("preview")
@scene_options(*all_but("--quality"))
@at_option
@click.option("--film", is_flag=True, help="Make a draft film of every version as well.")
@cache_option
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT", default=0, help="Where; without it a free one.")
@click.option("--browser/--no-browser", default=True, help="Whether to open the page, where there is a screen.")
@click.pass_context
def preview_command(
    ctx: click.Context, /, at: str, film: bool, cache: bool, port: int, browser: bool, strict: bool, **_: Any
) -> int:
    """Show a scene in the browser, anew whenever it or a file it uses is saved; Ctrl-C ends it.

    The page is served to this machine alone, under the address that is printed. Network, data, training and schedule
    are trained anew when they change; for all else the recording is used again.
    """
    typed, problems = overrides(ctx)
    if problems:
        raise InputError(problems)

    first = [_first_input(*parse_source(ctx, typed), at)]

    def read() -> PreviewInput:
        return first.pop() if first else _input(*parse_source(ctx, typed))

    with temporary_folder() as folder:
        session = PreviewSession(read, Path(folder), at=at, film=film, cache=cache, strict=strict, tell=_reporter())
        server = start_server(session, port)
        try:
            session.start()
            console.result(server.address)
            console.message("Ctrl-C ends the preview")
            if browser and has_screen():
                threading.Thread(target=_open, args=(server.address,), daemon=True).start()
            threading.Event().wait()
        except SystemExit as stopped:  # it has no other end, so this one is as it should be
            if stopped.code != CTRL_C:
                raise
        finally:
            session.close()
            close(server)
    return 0


def _input(filmed: Filmed | None, draft: ParseResult) -> PreviewInput:
    files = (*draft.files, *([draft.path] if draft.path is not None else []))
    problems = tuple(printable(str(problem)) for problem in draft.problems)
    subject = filmed or draft.scene
    return PreviewInput(subject, problems, files, draft.notes, draft.located)


def _first_input(filmed: Filmed | None, draft: ParseResult, at: str) -> PreviewInput:
    """The first version, prepared. Raises InputError for what no saving mends: mistakes of the command line."""
    if draft.in_options or (draft.problems and (draft.path is None or not draft.path.is_file())):
        raise InputError(draft.in_options or draft.problems)
    first = _input(filmed, draft)
    if first.subject is None:
        return first
    prepared = prepare(first.subject)
    if prepared.plan is not None:
        try:
            check_moment(prepared.plan, at)
        except InputError as wrong:
            if any(problem.where == "--at" for problem in wrong.problems):
                raise
    return replace(first, prepared=prepared)


def _reporter() -> Callable[[Status], None]:
    """Says on the terminal what came of each change."""

    def report(status: Status) -> None:
        for problem in status.problems:
            console.error(problem)
        if status.picture is not None and not status.problems:
            trained = status.picture.trained
            training = "" if trained is None else f", {trained:.2f} s of it training"
            console.message(f"{printable(status.picture.name)}: drawn in {status.picture.took:.2f} s{training}")

    return report


def has_screen() -> bool:
    """Return whether a browser can open a window here, as far as can be known."""
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in os.environ
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
