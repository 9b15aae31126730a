"""What all readers share: cells read as numbers, codes and periods, and readings made of them.

Every fault found in a file is collected, so that the analyst mends the file once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from needs.catalogue import Edition, Source
from needs.errors import InvalidDataError, Problem
from needs.sources import periods
from needs.sources.readers.csv_files import read_csv
from needs.sources.readers.file_faults import SHOWN_CELLS, Faults
from needs.sources.readers.heading_maps import cell_text, heading, layout, rename
from needs.sources.schemas import READING_COLUMNS
from needs.sources.written_numbers import WRITE_NUMBERS, ungrouped
from needs.stats.status import Status

#: Shorthand in place of a number that the publisher does not have, or does not give.
UNAVAILABLE = ("[x]", "[z]")

CONFIDENTIAL = ("[c]",)


def period_text(cell: object) -> str:
    """Text of a period without notes: in brackets, or a raised digit that became a plain one.

    Examples
    --------
    >>> period_text("2018 [note 3]"), period_text("2021–23 5"), period_text("2018 - 20")
    ('2018', '2021–23', '2018 - 20')
    """
    text = heading(cell)
    raised = re.fullmatch(r"(.*\d)(?: \d|[⁰¹²³⁴-⁹]+)", text)
    return raised[1] if raised else text


def read_headed(
    path: Path, shape: str, edition: str = "", *, repeats: bool = False
) -> tuple[pd.DataFrame, Faults]:
    """Read a CSV under our column names; every fault of its headings is raised at once.

    Parameters
    ----------
    path : Path
    shape, edition : str
        See `layout`.
    repeats : bool
        See `read_csv`.

    Returns
    -------
    table : DataFrame
    faults : Faults
        For what is wrong with its cells.
    """
    faults = Faults(path)
    table = rename(read_csv(path, repeats=repeats), layout(shape, edition), faults)
    faults.raise_if_any()
    return table, faults


def note_repeated(table: pd.DataFrame, column: str, faults: Faults) -> None:
    """Note each row whose value of a column another row has too."""
    note_cells(table, column, table[column].duplicated(), "stands more than once", faults)


def numbers(
    table: pd.DataFrame,
    column: str,
    faults: Faults,
    *,
    missing: Sequence[str] = ("",),
    whole: bool = False,
) -> pd.Series[float]:
    """Read a text column as numbers; note every cell that is neither a number nor missing.

    A comma is taken away only between groups of three digits: "10,1" is not a number.

    Parameters
    ----------
    table : DataFrame
        With the column, and ``line`` or ``row`` for the messages.
    missing : sequence of str
        Texts that mean there is no number.
    whole : bool
        Whether a fraction is a fault.

    Returns
    -------
    Series of float
        Missing where there is no number.
    """
    text = table[column].astype(str).str.strip()
    value = pd.to_numeric(text, errors="coerce").astype("float64")
    if np.isfinite(value).all() and not (whole and (value % 1 != 0).any()):
        return value
    commas = text.str.contains(",", regex=False)
    if commas.any():
        grouped = pd.to_numeric(text[commas].map(ungrouped), errors="coerce")
        value = value.mask(commas, grouped.astype("float64"))
    bad = (value.isna() & ~text.isin(list(missing))) | (value.abs() == float("inf"))
    if whole:
        bad |= value.notna() & (value % 1 != 0)
    remedy = f"{WRITE_NUMBERS} Or download the file again: needs fetch."
    why = "is not a whole number" if whole else "is not a number"
    note_cells(table, column, bad, why, faults, remedy)
    return value.mask(bad)


def note_cells(
    table: pd.DataFrame,
    column: str,
    bad: pd.Series[bool],
    why: str,
    faults: Faults,
    remedy: str = "",
) -> None:
    """Note the cells of a column that are wrong, with their rows."""
    if not bad.any():
        return
    unit = "line" if "line" in table.columns else "row"
    rows = table.loc[bad, [column, unit]]
    named = f"column {faults.headings.get(column, column)}"
    sheet = f"sheet {table.attrs['sheet']}, " if "sheet" in table.attrs else ""
    for index, read, line in rows.head(SHOWN_CELLS).itertuples():
        value = faults.cell(index, line, column, read)
        faults.add(f"'{value}' {why}.", f"{sheet}{unit} {line}, {named}", remedy, value)
    if len(rows) > SHOWN_CELLS:
        faults.add(f"{len(rows) - SHOWN_CELLS} more cells: {why}.", f"{sheet}{named}", remedy)


def codes(table: pd.DataFrame, column: str, pattern: str, faults: Faults) -> pd.Series[str]:
    """Read a column of codes; note every cell that does not match."""
    text = table[column].astype(str).str.strip()
    note_cells(table, column, ~text.str.fullmatch(pattern), "is not a code of this kind", faults)
    return text


def without_kind(names: pd.Series[str]) -> pd.Series[str]:
    """Names of authorities without the kind that some publishers write behind them.

    Examples
    --------
    >>> without_kind(pd.Series(["Rutland UA", "Kent CC", "Somerset Council (UA)"])).tolist()
    ['Rutland', 'Kent', 'Somerset']
    """
    return names.str.replace(r" (?:UA|CC|MBC|Council(?: \(UA\))?)$", "", regex=True)


def with_periods(
    table: pd.DataFrame, column: str, faults: Faults, source: Source | None = None
) -> pd.DataFrame:
    """Replace a column of periods as published by ``period``, ``period_start``, ``period_end``.

    Where a spelling leaves it open, the source says of which kind its periods are.
    """
    kind = periods.kind_of(source.period_type) if source else None
    parsed: dict[str, periods.Period] = {}
    unread: list[str] = []
    for text in table[column].unique():
        try:
            parsed[text] = periods.parse(period_text(text), kind)
        except InvalidDataError:
            unread.append(text)
    note_cells(table, column, table[column].isin(unread), "is not a period", faults)
    written = table[column]
    return table.assign(
        period=written.map({text: one.label for text, one in parsed.items()}),
        period_start=pd.to_datetime(written.map({text: one.start for text, one in parsed.items()})),
        period_end=pd.to_datetime(written.map({text: one.end for text, one in parsed.items()})),
    )


def readings(table: pd.DataFrame, file: str, faults: Faults, **constants: Any) -> pd.DataFrame:
    """Complete a frame of readings: constants, absent columns, status, source rows, order.

    A row without a value is ``unavailable`` unless its status says otherwise. A figure that stands
    there more than once is kept once where its rows agree, and is a fault where they do not.

    Parameters
    ----------
    table : DataFrame
        Any of the columns of a reading, and ``line`` or ``source_row``.
    file : str
        Name of the file, for ``source_row``.
    faults : Faults
        Raised here if it holds anything, before the repeats are looked for and after.
    **constants
        Columns that are the same in every row.
    """
    faults.raise_if_any()
    table = table.assign(**constants)
    for column in ("value", "lower", "upper", "count", "denominator"):
        if column not in table.columns:
            table[column] = float("nan")
    for column in ("category", "marks", "verdict", "status"):
        if column not in table.columns:
            table[column] = ""
    if "source_row" not in table.columns:
        table["source_row"] = f"{file}, line " + table["line"].astype(str)
    status = table["status"].where(table["status"] != "", str(Status.SHOWN))
    unsaid = (status == Status.SHOWN) & table["value"].isna()
    table["status"] = status.mask(unsaid, str(Status.UNAVAILABLE))
    table, twice = one_row_each(table, faults.file)
    faults.problems.extend(twice)
    faults.raise_if_any()
    extra = [
        one for one in table.columns if one not in READING_COLUMNS and one not in ("line", "row")
    ]
    return table[[*READING_COLUMNS, *extra]].reset_index(drop=True)


def one_row_each(table: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Keep one row of each figure; tell of two that give one figure and differ.

    A file may repeat a figure, for instance under each parent of an area: that is harmless. Which
    of two different ones is meant is not ours to guess, least of all by the order of rows.

    Parameters
    ----------
    table : DataFrame
        Readings. An area that has no code yet is told by its name.
    where : str
        File, for the messages.

    Returns
    -------
    rows : DataFrame
        The first row of each figure.
    problems : list of Problem
        Each names both rows; those beyond `SHOWN_CELLS` are counted.
    """
    place = table["area_code"].where(table["area_code"] != "", table["area_name"])
    keyed = table.assign(area_code=place)
    if not keyed.duplicated(list(_FIGURE)).any():
        return table, []
    said = keyed.drop_duplicates([*_FIGURE, *_SAID])
    differ = said[said.duplicated(list(_FIGURE), keep=False)]
    pairs = [
        (rows.iloc[0], rows.iloc[other])
        for _, rows in differ.groupby(list(_FIGURE), sort=False)
        for other in range(1, len(rows))
    ]
    problems = [_two_for_one(one, two, where) for one, two in pairs[:SHOWN_CELLS]]
    if len(pairs) > SHOWN_CELLS:
        more = f"{len(pairs) - SHOWN_CELLS} more figures stand twice and differ."
        problems.append(Problem(more, where, _TWICE))
    return table[~keyed.duplicated(list(_FIGURE))], problems


#: What makes a reading one figure, and what its rows have to agree on.
_FIGURE = ("measure", "area_code", "period", "sex", "age", "category")

_SAID = ("value", "lower", "upper", "count", "denominator", "status", "marks")

_TWICE = (
    "Download the file again, for one type of area. If it still gives both, ask the publisher "
    "which one stands, and leave the file out until then."
)


def _two_for_one(one: pd.Series[Any], two: pd.Series[Any], where: str) -> Problem:
    """Two rows of one figure, with the first thing that they do not agree on."""
    differ = next(name for name in _SAID if not _same(one[name], two[name]))
    cells = (one[differ], two[differ])
    shown = [f"{cell:.10g}" if isinstance(cell, float) else f"'{cell}'" for cell in cells]
    parts = (one["area_name"] or one["area_code"], one["period"], one["sex"], one["age"])
    figure = ", ".join(str(part) for part in (*parts, one["category"]) if part)
    # the place inside the file: its name stands before it
    places = [str(row["source_row"]).partition(", ")[2] for row in (one, two)]
    return Problem(
        f"Two rows give one figure, {figure}, and differ: {differ} {shown[0]} and {shown[1]}.",
        f"{where}, {places[0]} and {places[1]}",
        _TWICE,
    )


def _same(one: Any, two: Any) -> bool:
    return bool(one == two or (pd.isna(one) and pd.isna(two)))


def low_reliability(table: pd.DataFrame, column: str, faults: Faults) -> pd.Series[bool]:
    """Whether a column of flags says that a rate is of low reliability; note any other text.

    Publishers write "u" or "U", in brackets or not.
    """
    text = table[column].map(cell_text).str.lower()
    flagged = text.isin(["u", "[u]"])
    unknown = ~flagged & (text != "")
    note_cells(table, column, unknown, "is not a flag that we know: [u], low reliability", faults)
    return flagged


def option(source: Source, edition: Edition, name: str) -> Any:
    """Return an option that the reader needs of an edition.

    Raises
    ------
    InvalidDataError
        When the source's YAML does not give it.
    """
    if name not in edition.options:
        raise InvalidDataError(
            f"Edition '{edition.edition}' does not give the option '{name}'.",
            f"catalogue/sources/{source.key}.yaml",
            f"Add '{name}' under the edition's options; see docs/adding-a-source.md.",
        )
    return edition.options[name]
