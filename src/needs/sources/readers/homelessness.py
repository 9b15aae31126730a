"""Statutory homelessness, detailed local authority tables, sheet A3: support needs of households.

Measures, of one quarter, for every lower-tier and unitary authority, its region and England:

- ``drug_need`` and ``alcohol_need``: households owed a duty that had the need;
- ``drug_need_share`` and ``alcohol_need_share``: the same among the households with any need.

A household counts once for each of its needs, so that the two are never added.
`needs.tables.sums_of_parts` adds quarters into years and districts into counties. The publisher's
line of the rest of England beside London has no code and is left out.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import file_faults, tabular
from needs.sources.readers.heading_maps import cell_text, layout, rename
from needs.sources.readers.workbooks import check_title, find_row, missing_row, read_sheets
from needs.stats.status import Status

SHEET = "A3"

#: Fewer than 5 households with support needs, and no return.
_SUPPRESSED, _NO_RETURN = "-", ".."

_NEEDS = ("drug_need", "alcohol_need")

#: Headings that are looked for.
_KEYS = ("Drug dependency needs", "Alcohol dependency needs")

#: Areas whose figures hold estimates for authorities without a return, to the nearest 10.
_ESTIMATED = ("E92", "E12")


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read households with drug and with alcohol dependency needs.

    Returns
    -------
    DataFrame
        Readings of one quarter. England and the regions are marked "e". A count that the publisher
        withholds, and an authority without a return, have no value, and never 0.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    faults = file_faults.Faults(path)
    table = _table(path, edition, faults)
    table = tabular.with_periods(table.assign(period=edition.edition), "period", faults, source)
    tabular.codes(table, "area_code", r"E\d{8}", faults)
    words = (_SUPPRESSED, _NO_RETURN)
    everyone = tabular.numbers(table, "any_need", faults, missing=words, whole=True)
    estimated = table["area_code"].str[:3].isin(_ESTIMATED)
    parts = []
    for need in _NEEDS:
        count = tabular.numbers(table, need, faults, missing=words, whole=True)
        tabular.note_cells(table, need, count > everyone, "is more than all of them", faults)
        status = pd.Series(str(Status.SHOWN), table.index)
        status = status.mask(table[need] == _SUPPRESSED, str(Status.SUPPRESSED))
        status = status.mask(table[need] == _NO_RETURN, str(Status.UNAVAILABLE))
        rows = table.assign(status=status, count=count, marks=estimated.map({True: "e"}).fillna(""))
        parts.append(rows.assign(measure=need, value=count, denominator=float("nan")))
        share = 100 * count / everyone.where(everyone > 0)
        of_nobody = (everyone == 0) & (status == Status.SHOWN)
        parts.append(
            rows.assign(
                measure=f"{need}_share",
                value=share,
                denominator=everyone,
                status=status.mask(of_nobody, str(Status.NOT_APPLICABLE)),
            )
        )
    faults.raise_if_any()
    long = pd.concat(parts, ignore_index=True)
    return tabular.readings(
        long.drop(columns=["any_need", *_NEEDS]),
        path.name,
        faults,
        sex="persons",
        age="all ages",
        source_row=f"{path.name}, {SHEET}, row " + long["row"].astype(str),
    )


def _table(path: Path, edition: Edition, faults: file_faults.Faults) -> pd.DataFrame:
    """Rows of areas with a code, under our names, as text."""
    known = layout("homelessness")
    rows = read_sheets(path, [SHEET]).get(SHEET, [])
    header = find_row(rows, _KEYS)
    # the first of two such rows is hidden, and its columns are not those of the table
    while header is not None and not any(
        known.name_of(cell) == "any_need" for cell in rows[header]
    ):
        later = find_row(rows[header + 1 :], _KEYS)
        header = None if later is None else header + 1 + later
    if header is None:
        missing_row(rows, _KEYS, known, SHEET, faults)
        faults.raise_if_any()
        raise AssertionError
    quarter = r"\w+ to \w+ \d{4}"
    check_title(rows, header, {edition.edition: quarter}, SHEET, faults)
    names = [cell_text(cell) for cell in rows[header]]
    wanted = [number for number, name in enumerate(names) if known.name_of(name)]
    body = rows[header + 1 :]
    columns = ["(first column)", "(second column)", *(names[number] for number in wanted)]
    table = pd.DataFrame(
        [[cell_text(row[number]) for number in (0, 1, *wanted)] for row in body], columns=columns
    )
    table["row"] = range(header + 2, header + 2 + len(table))
    table = rename(table, known, faults, f"sheet {SHEET}, row {header + 1}")
    faults.raise_if_any()
    table.attrs["sheet"] = SHEET
    table["area_name"] = tabular.without_kind(table["area_name"])
    return table[table["area_code"].str.match(r"[A-Z]\d")]
