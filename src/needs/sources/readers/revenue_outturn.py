"""Local authority revenue outturn, form RO3: what was spent on drugs and alcohol.

Measures, of every upper-tier authority and of England, in pounds:

- the five lines of public health spending, ``drug_treatment``, ``alcohol_treatment``,
  ``drug_prevention`` and ``alcohol_prevention`` of adults, ``young_people``;
- two sums of a row's own lines: ``adult_treatment`` of the first two, ``adult_services`` of the
  first four. Authorities divide their contracts between these lines as they see fit.

Value = net current expenditure; the category `GROSS` has the spending before income. Districts
have no public health and are left out, and so are police, fire, parks and the publisher's sums of
classes. England's line is the publisher's own estimate where an authority has not answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from needs.catalogue import GROSS, Edition, Source
from needs.errors import Problem
from needs.sources.readers import file_faults, tabular
from needs.sources.readers.heading_maps import Layout, cell_text, layout, rename
from needs.sources.readers.workbooks import find_row, missing_row, read_sheets

#: The lines of adults, of which the first two are treatment, and that of young people.
ADULTS = ("drug_treatment", "alcohol_treatment", "drug_prevention", "alcohol_prevention")
YOUNG = "young_people"

#: The sums of a row's own lines.
SUMS = {"adult_treatment": ADULTS[:2], "adult_services": ADULTS}

#: Classes of authority that have public health, and England; and those that have not.
_KEPT = ("UA", "MD", "LB", "SC", "Eng")
_OTHERS = ("SD", "O", "GLA")

#: What the column of certification says: the chief finance officer has signed, or not yet.
_CERTIFIED = {"Y": "", "N": "p", "[x]": "", "[Y]": ""}

_KEYS = ("E-code", "ONS Code")
_LINES = "Substance misuse - "
_COLUMNS = ("Total Expenditure (C3", "Net Current Expenditure (C7")
_THOUSAND = 1000


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the lines on drugs and alcohol.

    Returns
    -------
    DataFrame
        Readings in pounds. "p" marks an authority whose return was not certified, "e" England's
        line where it holds estimates. Who has not answered ("[x]") has no value, and never 0.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    sheet = str(tabular.option(source, edition, "sheet"))
    faults = file_faults.Faults(path)
    table = _table(path, sheet, layout("revenue_outturn", edition.edition), faults)
    table = table.assign(period=edition.edition)
    table = tabular.with_periods(table, "period", faults, source)
    tabular.codes(table, "area_code", r"E\d{8}", faults)
    strange = ~table["certified"].isin(list(_CERTIFIED))
    tabular.note_cells(table, "certified", strange, "does not say whether it is certified", faults)
    parts = []
    for suffix, category in (("net", ""), ("gross", GROSS)):
        lines = {
            name: tabular.numbers(table, f"{name}_{suffix}", faults, missing=tabular.UNAVAILABLE)
            for name in (*ADULTS, YOUNG)
        }
        for name, of in SUMS.items():
            lines[name] = pd.concat([lines[one] for one in of], axis=1).sum(axis=1, skipna=False)
        for name, spent in lines.items():
            age = "under 18" if name == YOUNG else "18+"
            parts.append(table.assign(measure=name, category=category, age=age, value=spent))
    faults.raise_if_any()
    long = pd.concat(parts, ignore_index=True)
    long["value"] *= _THOUSAND
    england = long["class"] == "Eng"
    estimated = bool(long.loc[~england, "value"].isna().any())
    marks = long["certified"].map(_CERTIFIED).mask(england, "e" if estimated else "")
    return tabular.readings(
        long[["measure", "area_code", "area_name", "category", "age", "value"]].assign(
            **{name: long[name] for name in ("period", "period_start", "period_end", "row")}
        ),
        path.name,
        faults,
        sex="persons",
        marks=marks,
        # what adds up; not where more came in than was spent
        count=long["value"].where(long["value"] >= 0),
        source_row=f"{path.name}, {sheet}, row " + long["row"].astype(str),
    )


def _table(path: Path, sheet: str, known: Layout, faults: file_faults.Faults) -> pd.DataFrame:
    """England and the authorities with public health, under our names, as text."""
    sheets = read_sheets(path, [sheet])
    if sheet not in sheets:
        named = f"There is no sheet '{sheet}'."
        faults.problems.append(
            Problem(named, path.name, "Write its new name under the edition's options.")
        )
        faults.raise_if_any()
    rows = sheets[sheet]
    header = find_row(rows, _KEYS)
    if header is None:
        missing_row(rows, _KEYS, known, sheet, faults)
        faults.raise_if_any()
        raise AssertionError
    names = headings(rows[header - 1], rows[header])
    end = find_row(rows[header + 1 :], _KEYS)  # the sums of classes have their own headings
    body = rows[header + 1 : None if end is None else header + 1 + end]
    wanted = [
        column
        for column, name in enumerate(names)
        if known.name_of(name) or (name.startswith(_LINES) and any(c in name for c in _COLUMNS))
    ]
    table = pd.DataFrame(
        [[cell_text(row[column]) for column in wanted] for row in body],
        columns=[names[column] for column in wanted],
    )
    table["row"] = range(header + 2, header + 2 + len(table))
    table = rename(table, known, faults, f"sheet {sheet}, row {header + 1}")
    faults.raise_if_any()
    table.attrs["sheet"] = sheet
    strange = ~table["class"].isin([*_KEPT, *_OTHERS, ""])
    tabular.note_cells(table, "class", strange, "is not a class that we know", faults)
    table["area_name"] = tabular.without_kind(table["area_name"])
    return table[table["class"].isin(_KEPT)]


def headings(above: Sequence[Any], row: Sequence[Any]) -> list[str]:
    """Full headings: the line that stands above, as far as the next one, and the column's own.

    Where all stands in one row, it stays as it is. Numbers glued to a heading are left out.

    Examples
    --------
    >>> headings(["", "Drugs", ""], ["Class", "Total (C3)368", "Net (C7)372"])
    ['Class', 'Drugs - Total (C3)', 'Drugs - Net (C7)']
    """
    found, line = [], ""
    stacked = any(map(cell_text, above[1:]))  # else that is a line of text, in the first cell
    for over, cell in zip(above if stacked else [""] * len(row), row, strict=True):
        name = re.sub(r"\)\d+$", ")", cell_text(cell))
        line = cell_text(over) or line
        found.append(f"{line} - {name}" if line and "(C" in name else name)
    return found
