"""Errors that the user can mend, each with what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes
    ----------
    what : str
        What is wrong, in a sentence.
    where : str
        File, sheet, row, column or parameter.
    remedy : str
        How to mend it, as a command where there is one.

    Examples
    --------
    >>> print(Problem("Column 'Value' is missing.", "91380.csv", "Download the file again."))
    Column 'Value' is missing.
      Where:  91380.csv
      Remedy: Download the file again.
    """

    what: str
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  Where:  {self.where}")
        if self.remedy:
            lines.append(f"  Remedy: {self.remedy}")
        return "\n".join(lines)


class NeedsError(Exception):
    """Anything the user can mend: shown without a traceback, with an exit code of its family.

    Parameters
    ----------
    what, where, remedy : str
        See `Problem`.
    problems : sequence of Problem, optional
        All failures at once, when there is more than one; `what` is then the heading.

    Examples
    --------
    >>> error = ParameterError("Unknown area 'Worcs'.", "--area", "needs areas Worc")
    >>> error.exit_code
    2
    """

    exit_code = 1

    def __init__(
        self, what: str, where: str = "", remedy: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        self.problem = Problem(what, where, remedy)
        self.problems = tuple(problems)
        super().__init__(what)

    def __str__(self) -> str:
        return "\n".join([str(self.problem), *(str(problem) for problem in self.problems)])


class ParameterError(NeedsError):
    """A parameter is unknown, malformed or out of range (exit code 2)."""

    exit_code = 2


class MissingDataError(NeedsError):
    """A file or figure that was asked for is not there (exit code 3)."""

    exit_code = 3


class InvalidDataError(NeedsError):
    """A file is there but its content is wrong (exit code 4)."""

    exit_code = 4


class NotebookError(NeedsError):
    """A notebook failed (exit code 5)."""

    exit_code = 5


class RenderError(NeedsError):
    """The report could not be rendered (exit code 6)."""

    exit_code = 6


class CheckError(NeedsError):
    """A check of a finished report failed (exit code 7)."""

    exit_code = 7
