"""Lookups between small areas, districts, upper-tier authorities and regions.

Each edition's option ``table`` says what it is: ``lsoa_district``, ``district_upper``,
``district_region``, ``district_partnership`` or ``district_history``. `needs.tables.areas.build`
makes the table ``areas`` of them; `needs.tables.sums_of_parts` takes the partnerships.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import tabular


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read a lookup under our column names, England's rows only.

    Returns
    -------
    DataFrame
        ``lsoa_district``: lsoa_code, lsoa_name, district_code, district_name.
        ``district_upper``: district_code, district_name, upper_code, upper_name.
        ``district_region``: district_code, district_name, region_code, region_name.
        ``district_partnership``: district_code, district_name, and the code and name of its
        community safety partnership and of its police force.
        ``district_history``: code_<year> and name_<year> for each year.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    table, faults = tabular.read_headed(path, "ons_lookups", edition.edition)
    for column in [one for one in table.columns if "code" in one]:
        tabular.codes(table, column, r"[EWNS]\d{8}", faults)
    faults.raise_if_any()
    ours = [column for column in table.columns if column != "line"]
    inner = ("lsoa_code", "district_code")  # of which each row is, in whatever order they stand
    first = next((one for one in inner if one in ours), "") or next(
        one for one in ours if "code" in one
    )
    names = [column for column in ours if "name" in column]
    table[names] = table[names].apply(lambda column: column.str.strip())
    table = table[table[first].str.startswith("E")].drop_duplicates(ours)
    # a district has had several codes, and may have several partnerships
    if edition.options.get("table") not in ("district_history", "district_partnership"):
        twice = table[first].duplicated()
        tabular.note_cells(table, first, twice, "stands already, with another area", faults)
        faults.raise_if_any()
    return table[ours].reset_index(drop=True)
