"""Residents of small areas by five-year age band on census day, as Nomis answers (TS007A).

The table of headings stands below lines that say what the file is. The oldest band is 85 and over.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import csv_files, file_faults, heading_maps, tabular


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the residents of every small area of England by age band.

    Returns
    -------
    DataFrame
        lsoa_vintage, lsoa_code, year (of the census), age_band ("0-4" to "85+"), population of
        both sexes, source_row.

    Raises
    ------
    MissingDataError, InvalidDataError
        Also when the ages of an area do not add up to its total.
    """
    faults = file_faults.Faults(path)
    known = heading_maps.layout("census_ages", edition.edition)
    lines, records = csv_files.rows_of_csv(path)
    codes = [one for one, ours in known.headings.items() if ours == "lsoa_code"]
    top = next((n for n, record in enumerate(records) if set(codes) & set(record)), None)
    if top is None:
        faults.add(f"No line has the heading '{codes[0]}'.", remedy="Check that this is the file.")
        faults.raise_if_any()
    assert top is not None
    table = pd.DataFrame(records[top + 1 :], columns=pd.Index(records[top]), dtype=str)
    place = f"line {lines[top]}"
    table = heading_maps.rename(table.assign(line=lines[top + 1 :]), known, faults, place)
    faults.raise_if_any()
    tabular.codes(table, "lsoa_code", r"[EW]01\d{6}", faults)
    tabular.note_repeated(table, "lsoa_code", faults)
    bands = [one for one in table.columns if one not in ("lsoa_code", "total", "line")]
    for column in ("total", *bands):
        table[column] = tabular.numbers(table, column, faults, missing=(), whole=True)
    faults.raise_if_any()
    # each number was changed a little to protect people, and so was the total
    off = (table[bands].sum(axis=1) - table["total"]).abs() > len(bands)
    tabular.note_cells(table, "total", off, "is not the sum of its ages", faults)
    faults.raise_if_any()
    table = table[table["lsoa_code"].str.startswith("E")]
    long = table.melt(["lsoa_code", "line"], bands, var_name="age_band", value_name="population")
    return long.drop(columns="line").assign(
        lsoa_vintage=int(tabular.option(source, edition, "lsoa_vintage")),
        year=int(tabular.option(source, edition, "year")),
        source_row=path.name,
    )
