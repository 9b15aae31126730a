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
    table, faults = tabular.read_headed(path, "ons_centroids", edition.edition)
    tabular.codes(table, "lsoa_code", r"[EW]01\d{6}", faults)
    for column in ("easting", "northing"):
        table[column] = tabular.numbers(table, column, faults, missing=())
    tabular.note_repeated(table, "lsoa_code", faults)
    faults.raise_if_any()
    table = table[table["lsoa_code"].str.startswith("E")]
    return table.assign(lsoa_vintage=int(tabular.option(source, edition, "lsoa_vintage")))[
        ["lsoa_vintage", "lsoa_code", "easting", "northing"]
    ].reset_index(drop=True)
