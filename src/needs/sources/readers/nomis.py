"""Small-area populations as the Nomis service answers: one row per area, sex and age."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import tabular

#: The most rows that the service gives to a caller without a key; it cuts off without a word.
GUEST_LIMIT = 25_000

_ANOTHER = "The file is of another year: give it the name of its own edition."


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the population of every small area, all ages, both sexes.

    Returns
    -------
    DataFrame
        lsoa_vintage, lsoa_code, year (mid-year), population.

    Raises
    ------
    MissingDataError, InvalidDataError
        Also when the answer has exactly the rows at which the service cuts off.
    """
    table, faults = tabular.read_headed(path, "nomis")
    if len(table) == GUEST_LIMIT:
        faults.add(
            f"The file has exactly {GUEST_LIMIT:,} rows, where the service cuts off.",
            remedy="Page through the service with RecordOffset: needs fetch.",
        )
    table = table[(table["sex"] == "Total") & (table["age"].str.lower() == "all ages")]
    if table.empty:
        faults.add("No row is of all ages and both sexes (GENDER_NAME Total, C_AGE_NAME All Ages).")
    tabular.codes(table, "lsoa_code", r"[EW]01\d{6}", faults)
    population = tabular.numbers(table, "population", faults, missing=(), whole=True)
    year = tabular.numbers(table, "date", faults, missing=(), whole=True)
    if (of := edition.options.get("year")) is not None:
        other = year.notna() & (year != int(of))
        said = f"is not mid-{of}, of which this edition is"
        tabular.note_cells(table, "date", other, said, faults, _ANOTHER)
    twice = table.duplicated(["date", "lsoa_code"])
    tabular.note_cells(table, "lsoa_code", twice, "stands more than once", faults)
    faults.raise_if_any()
    table = table.assign(
        lsoa_vintage=int(tabular.option(source, edition, "lsoa_vintage")),
        year=year.astype("int64"),
        population=population,
    )
    england = table["lsoa_code"].str.startswith("E")
    columns = ["lsoa_vintage", "lsoa_code", "year", "population"]
    return table.loc[england, columns].reset_index(drop=True)
