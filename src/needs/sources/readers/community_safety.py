"""Recorded crime by community safety partnership: drug offences of a year, table C2.

Measure ``drug_offences``, under the codes of community safety partnerships (E22) and of whole
police forces (E23), of England. A force's row holds what it assigns to no partnership as well. What
areas they are is told by the lookups: see `needs.tables.sums_of_parts`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import file_faults, tabular
from needs.sources.readers.csv_files import rows_of_csv
from needs.sources.readers.heading_maps import cell_text, layout, rename
from needs.sources.readers.workbooks import check_title, find_row, missing_row

_KEYS = ("Community Safety Partnership code", "Drug offences")

#: A police force's code, as each row of the table has it.
_OF_A_FORCE = re.compile(r"E23\d{6}|W15\d{6}")

#: Words of rows that a force assigns to no partnership.
_NOWHERE = r"(?i)^unassigned |^Manchester Airport$"


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read drug offences of partnerships and of police forces.

    Returns
    -------
    DataFrame
        Readings, value = count.

    Raises
    ------
    MissingDataError, InvalidDataError
        Also where partnerships, with what is assigned to none, do not add up to their force.
    """
    faults = file_faults.Faults(path)
    table = _table(path, edition, faults)
    table = tabular.with_periods(table.assign(period=edition.edition), "period", faults, source)
    missing = ("", *tabular.UNAVAILABLE)
    table["count"] = tabular.numbers(table, "offences", faults, missing=missing, whole=True)
    table = table[table["force_code"].str.startswith("E")]
    whole = (table["area_code"] == "") & (table["area_name"] == "")
    nowhere = table["area_name"].str.contains(_NOWHERE, regex=True) & (table["area_code"] == "")
    named = table["area_code"] != ""
    strange = ~(whole | nowhere | named)
    tabular.note_cells(table, "area_name", strange, "has no code", faults)
    tabular.codes(table[named], "area_code", r"E22\d{6}", faults)
    sums = table[~whole].groupby("force_code")["count"].sum()
    apart = whole & (table["count"] != table["force_code"].map(sums))
    tabular.note_cells(table, "offences", apart, "is not the sum of its partnerships", faults)
    faults.raise_if_any()
    # a force of one partnership has one row for both
    alone = ~table["force_code"].isin(table.loc[whole, "force_code"])
    forces = table[whole | alone].assign(
        area_code=table["force_code"], area_name=table["force_name"]
    )
    both = pd.concat([table[named], forces], ignore_index=True)
    columns = ["area_code", "area_name", "period", "period_start", "period_end", "count", "line"]
    return tabular.readings(
        both[columns],
        path.name,
        faults,
        measure="drug_offences",
        sex="persons",
        age="all ages",
        value=both["count"],
    )


def _table(path: Path, edition: Edition, faults: file_faults.Faults) -> pd.DataFrame:
    """The table below the publisher's notes, under our names, as text."""
    known = layout("community_safety")
    lines, rows = rows_of_csv(path)
    header = find_row(rows, _KEYS)
    if header is None:
        missing_row(rows, _KEYS, known, "C2", faults)
        faults.raise_if_any()
        raise AssertionError
    check_title(rows, header, {edition.edition: r"year ending \w+ \d{4}"}, "C2", faults)
    for line, row in zip(lines[:header], rows[:header], strict=True):
        if any(_OF_A_FORCE.fullmatch(cell_text(cell)) for cell in row):
            faults.add("A row of a police force stands above the headings.", f"line {line}")
    names = [cell_text(cell) for cell in rows[header]]
    wanted = [number for number, name in enumerate(names) if known.name_of(name)]
    table = pd.DataFrame(
        [[cell_text(row[number]) for number in wanted] for row in rows[header + 1 :]],
        columns=[names[number] for number in wanted],
    )
    table["line"] = lines[header + 1 :]
    table = rename(table, known, faults, f"line {lines[header]}")
    faults.raise_if_any()
    return table
