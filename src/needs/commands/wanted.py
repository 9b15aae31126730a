"""One report of a batch: what is asked for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from needs.report.parameters import RunParameters

if TYPE_CHECKING:
    from needs.report.index import IndexLine


@dataclass(frozen=True)
class Wanted:
    """One report of a batch.

    Attributes
    ----------
    parameters : RunParameters
    codes : tuple of str
        What the areas among the parameters stand for.
    area : str
        The area's name in the report.
    folder : str
        Below the folder of reports: "rutland/2022".
    """

    parameters: RunParameters
    codes: tuple[str, ...]
    area: str
    folder: str


@dataclass(frozen=True)
class BatchOutcome:
    """What became of a report.

    Attributes
    ----------
    state : str
        "made", "unchanged", "failed", or "waiting": not reached.
    exit_code : int
        Of the fault's family; 0 for a report that is there.
    what, where, remedy : str
        See `needs.errors.Problem`.
    line : IndexLine, optional
        What the list of reports says of one that was made.
    """

    report: Wanted
    state: str
    exit_code: int = 0
    what: str = ""
    where: str = ""
    remedy: str = ""
    line: IndexLine | None = None
