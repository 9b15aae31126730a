"""Population-weighted centroids of small areas, on the British National Grid."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import tabular


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read centroids of England's small areas.

    Returns
    -------
    DataFrame
        lsoa_vintage, lsoa_code, easting, northing (metres).

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    faults = tabular.Faults(path)
    table = tabular.rename(
        tabular.read_csv(path), tabular.layout("ons_centroids", edition.edition), faults
    )
    faults.raise_if_any()
    tabular.codes(table, "lsoa_code", r"[EW]01\d{6}", faults)
    for column in ("easting", "northing"):
        table[column] = tabular.numbers(table, column, faults, missing=())
    tabular.note_cells(
        table, "lsoa_code", table["lsoa_code"].duplicated(), "stands more than once", faults
    )
    faults.raise_if_any()
    table = table[table["lsoa_code"].str.startswith("E")]
    return table.assign(lsoa_vintage=int(tabular.option(source, edition, "lsoa_vintage")))[
        ["lsoa_vintage", "lsoa_code", "easting", "northing"]
    ].reset_index(drop=True)
