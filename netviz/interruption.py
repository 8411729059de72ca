"""Interruption: steps that Ctrl-C does not tear apart, so that whatever they begin can be ended again."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")

LONGEST = 10.0
"""Seconds to wait for the end of a step that was interrupted."""
_MOMENT = 0.05
"""Seconds in which another thread begins; after these there is none."""


def uninterrupted(do: Callable[[], _T], undo: Callable[[_T], object]) -> _T:
    """Return what `do` returns. If a signal raises something meanwhile, as Ctrl-C does, that is undone before.

    Signals interrupt the main thread alone, but between any two of its steps: a file may be open, or a process run,
    that nobody knows of yet. So another thread does it.
    """
    if threading.current_thread() is not threading.main_thread():
        return do()
    outcome: list[Any] = []
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        try:
            outcome.extend([do(), None])
        except BaseException as error:
            outcome.extend([None, error])
        finally:
            over.set()

    try:
        try:
            # Not a Thread, whose start is a number of steps; after this one there is something to be waited for.
            _thread.start_new_thread(work, ())
        except RuntimeError:  # the system has no thread to give
            work()
        over.wait()
        if outcome[1] is None:
            done: _T = outcome[0]
            return done
    except BaseException:
        if begun.wait(_MOMENT) and over.wait(LONGEST) and outcome[1] is None:
            undo(outcome[0])
        raise
    try:
        raise outcome.pop()
    finally:
        outcome.clear()  # an error would refer to itself through it
