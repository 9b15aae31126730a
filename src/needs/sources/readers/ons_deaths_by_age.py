"""Deaths related to drug misuse by broad age group and sex, England and Wales (ONS workbook).

Measure: ``drug_misuse_age_rate`` (deaths registered in a year per 100,000 people of the age, with
95% limits and the count of deaths; persons, male, female; ages "under 20", "20-29", … "70+").

The workbook prints rates per million; they are carried per 100,000, like all other rates of the
report. A block of columns begins under each age group in the label row; the sheet and the headings
of a block are in ``catalogue/maps/ons_deaths_by_age.csv``. A rate printed ":" was not calculated
(fewer than 10 deaths), and is never zero; the column without a heading flags unreliable rates.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.area_codes import ENGLAND_AND_WALES
from needs.sources.readers import file_faults, heading_maps, tabular, workbooks
from needs.stats.status import Status

#: What stands in place of a count or rate.
_MISSING = ("", ":", "[u]", *tabular.UNAVAILABLE, *tabular.CONFIDENTIAL)

#: From rates per million to rates per 100,000.
PER_MILLION = 10

SEXES = {"Persons": "persons", "Males": "male", "Females": "female"}


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the table of deaths by broad age group.

    ``options`` of the edition: ``sheet``, the name of the sheet.

    Returns
    -------
    DataFrame
        Readings; see the module for the measure.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    faults = file_faults.Faults(path)
    sheet = str(tabular.option(source, edition, "sheet"))
    sheets = workbooks.read_sheets(path, [sheet])
    if sheet not in sheets:
        faults.add(f"Sheet '{sheet}' is missing.", remedy="Check that this is the right file.")
        faults.raise_if_any()
    rows = sheets[sheet]
    top = workbooks.find_row(rows, ["Age groups"])
    if top is None:
        faults.add("No row has the label 'Age groups'.", f"sheet {sheet}")
        faults.raise_if_any()
    assert top is not None
    labels = [heading_maps.heading(cell) for cell in rows[top]]
    starts = [place for place, label in enumerate(labels) if place and label]
    body = _body(rows[top + 1 :], top + 2)
    parts = []
    for start, stop in zip(starts, [*starts[1:], len(labels)], strict=True):
        place = f"sheet {sheet}, {labels[start]}"
        block = _block(rows[top + 1], body, start, stop, edition, faults, place)
        if block is not None:
            parts.append(block.assign(age=_age(labels[start], faults, f"sheet {sheet}")))
    faults.raise_if_any()
    table = tabular.with_periods(pd.concat(parts, ignore_index=True), "year", faults)
    table["source_row"] = f"{path.name}, {sheet}, row " + table["row"].astype(str)
    return tabular.readings(
        table.drop(columns=["year", "row", "cells"]),
        path.name,
        faults,
        measure="drug_misuse_age_rate",
        area_code=ENGLAND_AND_WALES,
        area_name="England and Wales",
    )


def _body(rows: list[list[Any]], first: int) -> pd.DataFrame:
    """Rows of years: the sex whose heading stands above, the year, the row number and all cells."""
    found, sex = [], ""
    for number, row in enumerate(rows, first):
        cells = [heading_maps.cell_text(cell) for cell in row]
        sex = SEXES.get(heading_maps.heading(cells[0]), sex)
        year = tabular.period_text(cells[1])
        if sex and not cells[0] and re.fullmatch(r"\d{4}", year):
            found.append((sex, year, number, cells))
    return pd.DataFrame(found, columns=["sex", "year", "row", "cells"])


def _block(
    headings: list[Any],
    body: pd.DataFrame,
    start: int,
    stop: int,
    edition: Edition,
    faults: file_faults.Faults,
    place: str,
) -> pd.DataFrame | None:
    """One age group's rows: value, limits, count, status and marks."""
    workbooks.note_twice(
        [heading_maps.cell_text(one) for one in headings[start:stop]], place, faults
    )
    named = {heading_maps.cell_text(headings[i]): i for i in range(start, stop) if headings[i]}
    known = heading_maps.layout("ons_deaths_by_age", edition.edition)
    before = len(faults.problems)
    heading_maps.rename(pd.DataFrame(columns=list(named)), known, faults, place)
    if len(faults.problems) > before:
        return None
    at = {str(known.name_of(heading)): i for heading, i in named.items()}
    flag = next((i for i in range(at["rate"] + 1, at["lower"])), None)
    table = body.copy()
    for name, column in at.items():
        table[name] = [cells[column] for cells in body["cells"]]
        table[name] = tabular.numbers(table, name, faults, missing=_MISSING, whole=name == "count")
    shown = table["rate"].notna()
    table["flag"] = [cells[flag] if flag is not None else "" for cells in body["cells"]]
    faults.headings["flag"] = f"of flags, without a heading ({place})"
    flagged = shown & tabular.low_reliability(table, "flag", faults)
    for ours, theirs in (("value", "rate"), ("lower", "lower"), ("upper", "upper")):
        table[ours] = table[theirs].where(shown) / PER_MILLION
    return table.assign(
        status=pd.Series("", body.index).mask(~shown, str(Status.UNRELIABLE)),
        marks=pd.Series("", body.index).mask(flagged, "u"),
    ).drop(columns=["rate", "flag"])


def _age(label: str, faults: file_faults.Faults, place: str) -> str:
    """An age group as our tables write it."""
    text = label.replace("–", "-").lower()
    text = re.sub(r" and over$", "+", text)
    if not re.fullmatch(r"under \d+|\d+-\d+|\d+\+", text):
        faults.add(f"'{label}' is not an age group.", place)
    return text
