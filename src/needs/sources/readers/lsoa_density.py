"""Small-area population totals of 2021 LSOAs.

A column for each mid-year (ONS population density table), or one mid-year as Nomis answers.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import nomis, tabular


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the population of every small area of England for every mid-year in the file.

    Returns
    -------
    DataFrame
        lsoa_vintage, lsoa_code, year (mid-year), population.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    if edition.interface == "nomis":
        return nomis.read(path, source, edition)
    table, faults = tabular.read_headed(path, "lsoa_density", edition.edition)
    tabular.codes(table, "lsoa_code", r"[EW]01\d{6}", faults)
    years = [column for column in table.columns if column.isdigit()]
    for year in years:
        table[year] = tabular.numbers(table, year, faults, missing=(), whole=True)
    tabular.note_repeated(table, "lsoa_code", faults)
    faults.raise_if_any()
    table = table[table["lsoa_code"].str.startswith("E")]
    long = table.melt(["lsoa_code"], years, var_name="year", value_name="population")
    return long.assign(
        year=long["year"].astype("int64"),
        lsoa_vintage=int(tabular.option(source, edition, "lsoa_vintage")),
    )[["lsoa_vintage", "lsoa_code", "year", "population"]]
