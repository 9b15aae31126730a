"""Errors that the user can mend, each with what is wrong, where, and how to mend it."""

from __future__ import annotations

import difflib
import re
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: The parts of a place: "folder/file.csv, sheet Table 1, row 5, column Area Code".
_PARTS = {
    "file": re.compile(r"([^\s,:;][^,:;]*\.(?:csv|xlsx?|ods|json|geojson|zip|parquet|ya?ml))\b"),
    "sheet": re.compile(r"\bsheet ([^,]+)"),
    "row": re.compile(r"\b(?:row|line) (\d+)"),
    "column": re.compile(r"\bcolumn (.+)$"),
}


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
    value : str
        The cell as it is written, where the fault is in one.

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
    value: str = ""

    def fields(self) -> dict[str, str | int | None]:
        """The fault with each part of its place by itself, for machines.

        Examples
        --------
        >>> fault = Problem("'x' is not a number.", "ons/a.xlsx, sheet MYE2, row 9, column Name",
        ...                 value="x").fields()
        >>> [fault[key] for key in ("file", "sheet", "row", "column", "value")]
        ['ons/a.xlsx', 'MYE2', 9, 'Name', 'x']
        """
        found = {name: pattern.search(self.where) for name, pattern in _PARTS.items()}
        quoted = re.match("'([^']*)' is ", self.what) if found["column"] else None
        parts = {name: one[1].strip() if one else "" for name, one in found.items()}
        return {
            **{"what": self.what, "where": self.where, "remedy": self.remedy},
            **{"file": parts["file"], "sheet": parts["sheet"]},
            "row": int(parts["row"]) if parts["row"] else None,
            **{"column": parts["column"], "value": self.value or (quoted[1] if quoted else "")},
        }

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  Where:  {self.where}")
        if self.remedy:
            lines.append(f"  Remedy: {self.remedy}")
        return "\n".join(lines)


def unforeseen(error: Exception, where: str, what: str = "The file could not be read") -> Problem:
    """Tell a failure that no reader foresees; its traceback goes to a file that is named.

    Examples
    --------
    >>> unforeseen(IndexError("out of range"), "ons/a.csv").what
    'The file could not be read: IndexError: out of range'
    """
    trace = Path(tempfile.mkdtemp(prefix="needs-read-")) / "traceback.txt"
    said = "".join(traceback.format_exception(error))
    trace.write_text(said, encoding="utf-8", errors="backslashreplace", newline="\n")
    cause = next(iter(str(error).splitlines()), "")
    return Problem(
        f"{what}: {type(error).__name__}: {cause}",
        where,
        "Open it and compare it with the publisher's file as it was issued. If it is whole, this "
        f"is a fault of needs: please report it with {trace}.",
    )


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "", quote: str = "") -> str:
    """What a message says of a word that is not known: the nearest that is, or something else.

    Examples
    --------
    >>> did_you_mean("Distrct", ["District", "Region"])
    'Did you mean District?'
    >>> did_you_mean("Ward", ["District", "Region"], "Name a region or a district.")
    'Name a region or a district.'
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {quote}{near[0]}{quote}?" if near else otherwise


def first_of(names: Sequence[object], most: int = 5, by: str = ", ") -> str:
    """Names as they are ordered, the first of them only; the rest are counted.

    Examples
    --------
    >>> first_of(["Kent, 2023", "Bury, 2023"], by="; ")
    'Kent, 2023; Bury, 2023'
    >>> first_of(["Kent", "Bury", "Hull", "Leeds"], most=2)
    'Kent, Bury and 2 more'
    """
    rest = len(names) - most
    return by.join(map(str, names[:most])) + (f" and {rest:,} more" if rest > 0 else "")


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
