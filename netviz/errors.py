"""Errors and warnings: a problem is a place and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake in what the user asked for.

    where: `file:line:column: key`, or the command-line option, or a path: what the user has to look at.
    message: what is wrong there and what would be right, without a full stop.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class NetvizError(Exception):
    """Something failed while working; `exit_code` is what the command ends with."""

    exit_code = 1


class InputError(NetvizError):
    """The request itself is wrong: every mistake found, before any work was begun."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class NetvizWarning(UserWarning):
    """The film can be made, but not quite as asked; `--strict` turns it into an error."""
