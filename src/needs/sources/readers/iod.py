"""Indices of Deprivation, File 7: one row for each Lower-layer Super Output Area.

Gives rows of the table ``lsoa`` but for the upper tier and the centroid, which
`needs.tables.prepare` joins. Columns are found by heading, so a file with all 57 columns of 2019,
or fewer, or those of 2025 is read alike.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import csv_files, file_faults, heading_maps, tabular
from needs.sources.schemas import DOMAINS


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read ranks and deciles of every domain, and the score of the index.

    Parameters
    ----------
    path : Path
        CSV of File 7.
    source, edition
        The edition is named after its year; its option ``lsoa_vintage`` is 2011 or 2021.

    Returns
    -------
    DataFrame
        edition, lsoa_vintage, lsoa_code, lsoa_name, district_code, district_name, imd_score, and
        for each domain its rank and decile (1 is most deprived).

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    faults = file_faults.Faults(path)
    table = heading_maps.rename(
        csv_files.read_csv(path), heading_maps.layout("iod", edition.edition), faults
    )
    expected = edition.options.get("lsoas")
    # what is there is checked even if a column is missing: every fault in one run
    here = set(table.columns)
    for column, pattern in (("lsoa_code", r"E01\d{6}"), ("district_code", r"E0[6-9]\d{6}")):
        if column in here:
            tabular.codes(table, column, pattern, faults)
    if "imd_score" in here:
        table["imd_score"] = tabular.numbers(table, "imd_score", faults, missing=())
    for part, highest in (("rank", expected), ("decile", 10)):
        for column in (f"{domain}_{part}" for domain in DOMAINS if f"{domain}_{part}" in here):
            table[column] = tabular.numbers(table, column, faults, missing=(), whole=True)
            outside = table[column].notna() & ~table[column].between(1, highest or len(table))
            said = f"is not a {part} from 1 to {highest or len(table)}"
            tabular.note_cells(table, column, outside, said, faults)
    if "lsoa_code" in here:
        tabular.note_repeated(table, "lsoa_code", faults)
    if expected and len(table) != expected:
        faults.add(
            f"The index has {len(table):,} LSOAs, but its edition has {expected:,}.",
            remedy="Download the file again: it is cut off, or not of all England.",
        )
    faults.raise_if_any()
    return table.drop(columns="line").assign(
        edition=edition.edition,
        lsoa_vintage=int(tabular.option(source, edition, "lsoa_vintage")),
    )
