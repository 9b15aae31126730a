"""Indices of Deprivation, File 7: one row for each Lower-layer Super Output Area.

Gives rows of the table ``lsoa`` but for the upper tier and the centroid, which `needs.prepare`
joins. Columns are found by heading, so a file with all 57 columns of 2019, or fewer, or those of
2025 is read alike.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.readers import tabular
from needs.schemas import DOMAINS


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
    faults = tabular.Faults(path)
    table = tabular.rename(tabular.read_csv(path), tabular.layout("iod", edition.edition), faults)
    faults.raise_if_any()
    tabular.codes(table, "lsoa_code", r"E01\d{6}", faults)
    tabular.codes(table, "district_code", r"E0[6-9]\d{6}", faults)
    table["imd_score"] = tabular.numbers(table, "imd_score", faults, missing=())
    for column in [f"{domain}_{part}" for domain in DOMAINS for part in ("rank", "decile")]:
        table[column] = tabular.numbers(table, column, faults, missing=(), whole=True)
    for column in [f"{domain}_decile" for domain in DOMAINS]:
        outside = table[column].notna() & ~table[column].between(1, 10)
        tabular.note_cells(table, column, outside, "is not a decile from 1 to 10", faults)
    tabular.note_cells(
        table, "lsoa_code", table["lsoa_code"].duplicated(), "stands more than once", faults
    )
    faults.raise_if_any()
    return table.drop(columns="line").assign(
        edition=edition.edition,
        lsoa_vintage=int(tabular.option(source, edition, "lsoa_vintage")),
    )
