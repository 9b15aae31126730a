"""Figures that a publisher has wrong, put right or withheld as the catalogue's corrections say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from needs.catalogue.corrections import WITHHELD, CorrectedFigure, Correction
from needs.errors import Problem
from needs.stats.status import Status
from needs.tables.coverage import Held

#: What the source row of a corrected figure says behind its place, to all who trace it.
CORRECTED = "correction: "

#: The mark of a corrected figure: see `needs.stats.status.SYMBOLS`.
MARK = "r"

_MEND = (
    "Look at the figure: if the publisher has mended it, take the correction out of "
    "catalogue/corrections.yaml; if not, write there what the file says now."
)


def apply_corrections(
    held: Sequence[Held], corrections: Sequence[Correction]
) -> tuple[list[Held], list[Problem]]:
    """Apply corrections to readings, each only while the file says what it expects.

    A corrected value keeps neither the limits nor the denominator of the wrong one.

    Parameters
    ----------
    held : sequence of Held
        Publishers' files as read; areas have their codes.
    corrections : sequence of Correction
        Of sources that are not at hand nothing is asked.

    Returns
    -------
    held : list of Held
    problems : list of Problem
        Figures that are not what a correction expects, not there, or there more than once.
    """
    held, problems = list(held), []
    for one in corrections:
        of = [
            place
            for place, file in enumerate(held)
            if file.source.key == one.source
            and "measure" in file.table
            and (file.table["measure"] == one.measure).any()
        ]
        for period, change in one.figures.items():
            chosen = {place: _rows(held[place].table, one, period) for place in of}
            there = {place: rows for place, rows in chosen.items() if len(rows)}
            if of and not there:
                problems.append(_lacking(held[of[-1]], one, period))
            for place, rows in there.items():
                fault = _unlike(held[place], rows, one, period, change)
                if fault is not None:
                    problems.append(fault)
                    continue
                changed = _changed(held[place].table, rows[0], one, change)
                held[place] = replace(held[place], table=changed)
    return held, problems


def unsaid(table: pd.DataFrame) -> pd.Series[bool]:
    """Rows without a value of which nothing says why: no status, and no correction."""
    withheld = table["source_row"].str.contains(CORRECTED, regex=False)
    return table["value"].isna() & (table["status"] == Status.UNAVAILABLE) & ~withheld


def correction_of(source_row: str) -> str:
    """What a source row says of a correction; nothing for most.

    Examples
    --------
    >>> correction_of("misuse.csv, line 12; correction: 4 in the file is withheld, because ...")
    '4 in the file is withheld, because ...'
    """
    if CORRECTED not in source_row:
        return ""
    parts = (one for one in source_row.split("; ") if one.startswith(CORRECTED))
    return next(parts, "").removeprefix(CORRECTED)


def _rows(table: pd.DataFrame, one: Correction, period: str) -> list[int]:
    """Where a correction's figure stands."""
    wanted = {"measure": one.measure, "area_code": one.area, "period": period, "sex": one.sex}
    wanted |= {"category": ""} | ({"age": one.age} if one.age else {})
    chosen = np.logical_and.reduce([table[name].eq(value) for name, value in wanted.items()])
    return np.flatnonzero(chosen).tolist()


def _lacking(file: Held, one: Correction, period: str) -> Problem:
    what = f"The file has no {one.measure} of {one.area}, {period}, which a correction expects."
    return Problem(what, file.file, _MEND)


def _unlike(
    file: Held, rows: Sequence[int], one: Correction, period: str, change: CorrectedFigure
) -> Problem | None:
    """What is wrong with the figure that a correction finds; nothing where it is as expected."""
    first = file.table.iloc[rows[0]]
    figure = f"{one.measure} of {first['area_name']} ({one.area}), {period}"
    if len(rows) > 1:
        ages = ", ".join(file.table.iloc[list(rows)]["age"].unique())
        said = f"A correction of {figure}, does not say which age is meant: {ages}."
        return Problem(said, file.file, "Add age: to it in catalogue/corrections.yaml.")
    value = first["value"]
    if value == change.before:
        return None
    now = "has no value" if pd.isna(value) else f"is {value:.10g}"
    said = f"{figure}, {now} in the file; its correction expects {change.before:.10g}."
    return Problem(said[0].upper() + said[1:], file.place(first.to_dict()), _MEND)


def _changed(
    table: pd.DataFrame, row: int, one: Correction, change: CorrectedFigure
) -> pd.DataFrame:
    """The table with one figure put right, or withheld."""
    at = table.index[row]
    was = table.loc[at]
    cells: dict[str, Any] = dict.fromkeys(("value", "lower", "upper", "count", "denominator"))
    if change.after == WITHHELD:
        cells |= {"status": str(Status.UNAVAILABLE), "marks": ""}
    else:
        counted = was["count"] == was["value"]
        cells |= {"value": change.after, "count": change.after if counted else None}
        cells |= {"status": str(Status.SHOWN), "marks": f"{was['marks']}{MARK}"}
    cells["source_row"] = f"{was['source_row']}; {_told(one, change)}"
    table = table.copy()
    for name, value in cells.items():
        table.loc[at, name] = value
    return table


def _told(one: Correction, change: CorrectedFigure) -> str:
    """What the source row of a corrected figure says: from what to what, and why.

    Examples
    --------
    >>> from needs.catalogue.corrections import Correction
    >>> one = Correction(source="a", measure="b", area="E10000012", why="it was doubled",
    ...                  figures={"2021": {"before": 480, "after": 240}}, told="nobody",
    ...                  date="2026-11-29")
    >>> _told(one, one.figures["2021"])
    'correction: 480 in the file stands as 240, because it was doubled'
    """
    after = f"is {WITHHELD}" if change.after == WITHHELD else f"stands as {change.after:.10g}"
    # source rows are joined by semicolons
    why = one.why.strip().rstrip(".").replace(";", ",")
    return f"{CORRECTED}{change.before:.10g} in the file {after}, because {why[0].lower()}{why[1:]}"
