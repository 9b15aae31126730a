"""Deaths related to drug poisoning and drug misuse, by local authority (ONS workbook).

Measures: ``drug_poisoning_deaths`` and ``drug_misuse_deaths`` (deaths registered in a year,
persons, value = count), ``drug_poisoning_rate`` and ``drug_misuse_rate`` (three years,
age-standardised per 100,000 with 95% limits and the count of deaths; persons, male, female).

Which table holds which measure, and the headings of a block, are in ``catalogue/maps/``
(ons_deaths_sheets.csv, ons_deaths.csv). A block of a table of rates begins under each period in the
label row and has 4 or 5 columns: the column that flags unreliable rates, with "u" or "[u]", has no
heading and is not in every block. A rate printed ":" was not calculated (fewer than 10 deaths); a
count printed ":" or "[c]" is confidential, and "[x]" not available. None is ever zero.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from needs.catalogue import Edition, Source, in_use
from needs.errors import InvalidDataError
from needs.sources import periods
from needs.sources.readers import file_faults, heading_maps, tabular, workbooks
from needs.stats.status import Status

#: What stands in place of a count or rate.
_MISSING = ("", ":", "[u]", *tabular.UNAVAILABLE, *tabular.CONFIDENTIAL)

#: Fewest deaths for which the publisher calculates a rate.
RATE_MINIMUM = 10

#: What the title of a table calls the deaths, and whose they are.
_CAUSES = {"drug_poisoning": "drug poisoning", "drug_misuse": "drug misuse"}
_SEXES = {"persons": "persons", "male": "males", "female": "females"}


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read all tables of the workbook: England, its regions, counties and districts.

    Returns
    -------
    DataFrame
        Readings; see the module for measures. A block without count and rate is ``unavailable``.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    faults = file_faults.Faults(path)
    tables = sheets_of(edition)
    sheets = workbooks.read_sheets(path, tables["sheet"].tolist())
    parts = []
    for measure, sex, sheet in tables.itertuples(index=False):
        if sheet not in sheets:
            faults.add(f"Sheet '{sheet}' is missing.", remedy="Check that this is the right file.")
            continue
        words = {_CAUSES[measure.rpartition("_")[0]]: "|".join(_CAUSES.values())}
        words |= {_SEXES[sex]: "|".join(_SEXES.values())}
        part = _read_table(sheets[sheet], sheet, edition, faults, words)
        if part is not None:
            parts.append(part.assign(measure=measure, sex=sex, sheet=sheet))
    faults.raise_if_any()
    table = tabular.with_periods(pd.concat(parts, ignore_index=True), "label", faults)
    # a row has a block of columns for each period
    row = f"{path.name}, " + table["sheet"] + ", row " + table["row"].astype(str)
    table["source_row"] = row + ", columns of " + table["period"]
    table = table.drop(columns=["label", "row", "sheet"])
    return tabular.readings(table, path.name, faults, age="all ages")


def sheets_of(edition: Edition) -> pd.DataFrame:
    """Return measure, sex and sheet name of each table in an edition of the workbook.

    Examples
    --------
    >>> sheets_of(Edition(edition="2021", file=""))["sheet"].tolist()[:3]
    ['Table 1', 'Table 2', 'Table 3']
    """
    table = pd.DataFrame(in_use("maps/ons_deaths_sheets.csv").rows(), dtype="str")
    if edition.edition not in table.columns:
        raise InvalidDataError(
            f"The map of sheets has no edition '{edition.edition}'.",
            "catalogue/maps/ons_deaths_sheets.csv",
            "Add a column with the names of that edition's sheets; see docs/new-year.md.",
        )
    table = table.loc[table[edition.edition] != "", ["measure", "sex", edition.edition]]
    return table.rename(columns={edition.edition: "sheet"})


def _read_table(
    rows: list[list[Any]],
    sheet: str,
    edition: Edition,
    faults: file_faults.Faults,
    words: dict[str, str],
) -> pd.DataFrame | None:
    known = heading_maps.layout("ons_deaths", edition.edition)
    of_areas = [
        heading for heading, name in known.headings.items() if name in ("area_code", "area_name")
    ]
    top = workbooks.find_row(rows, of_areas)
    if top is None:
        workbooks.missing_row(rows, of_areas, known, sheet, faults)
        return None
    workbooks.check_title(rows, top, words, sheet, faults)
    labels = [heading_maps.heading(cell, of_areas) for cell in rows[top]]
    labels = [one if one in of_areas else tabular.period_text(one) for one in labels]
    code = next(i for i, label in enumerate(labels) if known.name_of(label) == "area_code")
    before = len(faults.problems)
    blocks = _blocks(labels, of_areas, sheet, top, faults)
    if len(faults.problems) > before:
        return None
    body = _body(rows, top, code, blocks[0][1])
    counts_only = all(re.fullmatch(r"\d{4}", label) for label, _, _ in blocks)
    parts = []
    for label, start, stop in blocks:
        place = f"sheet {sheet}, {label}"
        if counts_only:
            columns: dict[str, int] | None = {"count": start}
        else:
            columns = _columns(rows[top + 1], start, stop, edition, place, faults)
        if columns is not None:
            parts.append(_block(body, columns, place, faults).assign(label=label))
    return pd.concat(parts, ignore_index=True) if parts else None


def _blocks(
    labels: Sequence[str], of_areas: Sequence[str], sheet: str, top: int, faults: file_faults.Faults
) -> list[tuple[str, int, int]]:
    """Period, first and last-but-one column of each block under the label row."""
    whose = {label.casefold() for label in of_areas}
    starts = [i for i, label in enumerate(labels) if label and label.casefold() not in whose]
    for start in starts:
        try:
            periods.parse(labels[start])
        except InvalidDataError as error:
            told = error.problem
            faults.add(told.what, f"sheet {sheet}, row {top + 1}", told.remedy)
    for label in sorted({labels[start] for start in starts if labels.count(labels[start]) > 1}):
        faults.add(f"Two columns are '{label}', but for notes.", f"sheet {sheet}, row {top + 1}")
    if not starts:
        faults.add("There are no periods beside the area names.", f"sheet {sheet}, row {top + 1}")
    stops = [*starts[1:], len(labels)]
    return [(labels[a], a, b) for a, b in zip(starts, stops, strict=True)]


def _columns(
    headings: Sequence[Any],
    start: int,
    stop: int,
    edition: Edition,
    place: str,
    faults: file_faults.Faults,
) -> dict[str, int] | None:
    """Find where in a block each of our columns stands; ``flag`` where there is one."""
    known = heading_maps.layout("ons_deaths", edition.edition)
    written = [heading_maps.heading(headings[i], known.headings) for i in range(start, stop)]
    workbooks.note_twice(written, place, faults)
    found = {label: i for i, label in enumerate(written, start)}
    flags = [i for i in range(start, stop) if not heading_maps.cell_text(headings[i])]
    before = len(faults.problems)
    named = pd.DataFrame(
        columns=[one for one in map(heading_maps.cell_text, headings[start:stop]) if one]
    )
    block = heading_maps.Layout(
        known.headings, known.required - {"area_code", "area_name"}, known.map
    )
    heading_maps.rename(named, block, faults, place)
    if len(faults.problems) > before:
        return None
    columns = {str(known.name_of(heading)): i for heading, i in found.items() if heading}
    # the flag stands between the rate and its limits; the other nameless column parts the blocks
    between = [i for i in flags if columns["rate"] < i < columns["lower"]]
    return {**columns, **({"flag": between[0]} if between else {})}


def _body(rows: list[list[Any]], top: int, column: int, first: int) -> pd.DataFrame:
    """Rows of England's areas: code, name (left of column `first`), row number and all cells."""
    found = []
    for index, row in enumerate(rows[top + 1 :], top + 2):
        code = heading_maps.cell_text(row[column])
        if re.fullmatch(r"E\d{8}", code):
            cells = [heading_maps.cell_text(cell) for cell in row]
            # names are indented by kind of area: one cell of several holds the name
            name = " ".join(filter(None, cells[1:first]))
            found.append((code, name.title() if name.isupper() else name, index, cells))
    return pd.DataFrame(found, columns=["area_code", "area_name", "row", "cells"])


def _block(
    body: pd.DataFrame, columns: dict[str, int], place: str, faults: file_faults.Faults
) -> pd.DataFrame:
    table = body[["area_code", "area_name", "row"]].copy()
    for name, column in columns.items():
        table[name] = [cells[column] for cells in body["cells"]]
    hidden = table["count"].isin((":", *tabular.CONFIDENTIAL))
    # tables of counts have a column for each year, and no headings below it
    named = faults.headings if "rate" in columns else {"count": place.rsplit(", ", 1)[1]}
    placed = _Placed(faults, place, {**named, "flag": "of flags, without a heading"})
    for name in ("count", "rate", "lower", "upper"):
        if name in columns:
            table[name] = tabular.numbers(
                table, name, placed, missing=_MISSING, whole=name == "count"
            )
    value = table["rate"] if "rate" in columns else table["count"]
    few = (table["count"] < RATE_MINIMUM) | (value.isna() & table["count"].notna())
    status = pd.Series("", index=table.index)
    if "rate" in columns:
        status = status.mask(few, str(Status.UNRELIABLE))
    status = status.mask(hidden, str(Status.SUPPRESSED))
    shown = status == ""
    flagged = pd.Series(False, body.index)
    if "flag" in columns:
        flagged = tabular.low_reliability(table, "flag", placed)
    return table.assign(
        value=value.where(shown),
        lower=table["lower"].where(shown) if "lower" in columns else float("nan"),
        upper=table["upper"].where(shown) if "upper" in columns else float("nan"),
        status=status,
        marks=pd.Series("", index=table.index).mask(flagged & shown & value.notna(), "u"),
    )[
        [
            *("area_code", "area_name", "row", "count"),
            *("value", "lower", "upper", "status", "marks"),
        ]
    ]


class _Placed(file_faults.Faults):
    """Faults of one block: the sheet and period stand before the row."""

    def __init__(self, faults: file_faults.Faults, place: str, headings: dict[str, str]) -> None:
        super().__init__(faults.path, faults.problems, headings)
        self._place = place

    def add(self, what: str, place: str = "", remedy: str = "", value: str = "") -> None:
        super().add(what, f"{self._place}, {place}" if place else self._place, remedy, value)
