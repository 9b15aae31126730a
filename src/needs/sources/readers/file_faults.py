"""Faults of one file: collected while it is read, and raised at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needs.errors import InvalidDataError, Problem

if TYPE_CHECKING:
    import pandas as pd

#: Faulty cells named for one column; the rest are counted.
SHOWN_CELLS = 10


@dataclass
class Faults:
    """Everything found wrong with one file, raised together at the end.

    Attributes
    ----------
    path : Path
    problems : list of Problem
    headings : dict of str to str
        The publisher's heading of each of our columns, as `rename` found it.
    written : DataFrame, optional
        The cells as they are written, under our names.
    """

    path: Path
    problems: list[Problem] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    written: pd.DataFrame | None = None

    @property
    def file(self) -> str:
        """Folder and file name, without the part that differs between machines."""
        return f"{self.path.parent.name}/{self.path.name}"

    def add(self, what: str, place: str = "", remedy: str = "", value: str = "") -> None:
        """Note one fault at a place inside the file, and what is written there."""
        where = f"{self.file}, {place}" if place else self.file
        self.problems.append(
            Problem(what, where, remedy or "Download the file again: needs fetch.", value)
        )

    def cell(self, index: Any, row: Any, column: str, value: Any) -> str:
        """A cell as it is written, where reading it has changed it."""
        table = self.written
        if table is None or column not in table or index not in table.index:
            return str(value)
        unit = "line" if "line" in table else "row"
        there = table.loc[index]
        return str(there[column]) if there[unit] == row else str(value)

    def raise_if_any(self) -> None:
        """Stop when anything was found.

        Raises
        ------
        InvalidDataError
        """
        if self.problems:
            raise InvalidDataError(
                f"{self.path.name} cannot be read as its source declares.",
                self.file,
                problems=self.problems,
            )
