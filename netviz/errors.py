"""Errors and warnings of netviz, and the problems in them: each a place and a message."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake in what the user asked for.

    where: place to look at: `file:line:column: key`, or the command-line option, or a path.
    message: what is wrong there and what would be right, without a full stop.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


MOST_PROBLEMS = 20
"""Largest number of mistakes told at once; of the rest only their number is."""


@dataclass(frozen=True)
class Rest(Problem):
    """Mistakes of which only their number is told: "and 12 more"."""

    count: int = 0

    def __str__(self) -> str:
        return self.message


def rest(count: int) -> list[Problem]:
    """The problem that stands for so many that are not told one by one; an empty list if there are none."""
    return [Rest("", f"and {count} more", count)] if count else []


def first_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The first MOST_PROBLEMS of some problems, and the number of the rest as the last of them."""
    found = [*problems]
    told = [problem for problem in found if not isinstance(problem, Rest)]
    more = sum(problem.count for problem in found if isinstance(problem, Rest)) + len(told[MOST_PROBLEMS:])
    return (*told[:MOST_PROBLEMS], *rest(more))


class NetvizError(Exception):
    """Base class of netviz's errors: something failed while working. `exit_code`: exit status of the command."""

    exit_code = 1


class InputError(NetvizError):
    """Error: the request itself is wrong. It holds the mistakes found, before any work was begun: see
    `first_problems`."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = first_problems(problems)
        super().__init__("\n".join(map(str, self.problems)))


class NetvizWarning(UserWarning):
    """Warning: the film can be made, but not quite as requested; `--strict` turns it into an error."""


class NetvizNote(NetvizWarning):
    """Warning of the mildest kind: what a film of its length has time for, and what not."""


class NetvizForecast(NetvizNote):
    """Note of what is to come, such as a render of hours: nothing is wrong with that, also not for `--strict`."""


_BETWEEN = {"netviz", "sklearn", "torch", "lightning", "pytorch_lightning", "lightning_fabric", "keras", "tensorflow"}
"""Packages whose code may stand between a user's line and a recorder."""


def warn_caller(warning: NetvizWarning) -> None:
    """Give a warning at the user's line: the nearest one that is neither netviz's own nor a framework's."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(warning, stacklevel=level)
