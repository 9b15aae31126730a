"""Residents by ethnic group, from a custom table of Census 2021.

Measure: ``residents_ethnicity``, a category for each of the five groups of `GROUPS`, to which the
20 categories of the table are added up. Value = share of residents in per cent, with both counts.
England is the sum of its authorities; rows of Wales are left out.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.area_codes import ENGLAND
from needs.sources.readers import tabular

#: How a category of the census begins, and our name of its group.
GROUPS = {
    "White": "White",
    "Mixed or Multiple ethnic groups": "Mixed",
    "Asian, Asian British or Asian Welsh": "Asian",
    "Black, Black British, Black Welsh, Caribbean or African": "Black",
    "Other ethnic group": "Other group",
}

#: Nobody: a row that the table has for each area all the same.
_NOBODY = "Does not apply"


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the residents of every authority and of England by ethnic group.

    Returns
    -------
    DataFrame
        Readings, persons of all ages, in the year of the census.

    Raises
    ------
    MissingDataError, InvalidDataError
        Also when an area lacks a category, or has one that is not known.
    """
    table, faults = tabular.read_headed(path, "census_groups", edition.edition)
    table = table[table["group"].str.strip() != _NOBODY]
    tabular.codes(table, "area_code", r"[EW]\d{8}", faults)
    group = table["group"].str.partition(": ")[0].str.strip().map(GROUPS)
    tabular.note_cells(table, "group", group.isna(), "is not an ethnic group that we know", faults)
    people = tabular.numbers(table, "people", faults, missing=(), whole=True)
    twice = table.duplicated(["area_code", "group"])
    tabular.note_cells(table, "group", twice, "stands more than once for its area", faults)
    table = table.assign(category=group, count=people)
    each = table.groupby("area_code")["group"].transform("nunique")
    lacks = (each < table["group"].nunique()) & ~table.duplicated("area_code")
    tabular.note_cells(table, "area_code", lacks, "lacks an ethnic group", faults)
    faults.raise_if_any()
    table = table[table["area_code"].str.startswith("E")]
    everyone = table.assign(area_code=ENGLAND, area_name="England")
    both = pd.concat([table, everyone]).groupby(
        ["area_code", "area_name", "category"], as_index=False
    ).agg(count=("count", "sum"), first=("line", "min"), last=("line", "max"))  # fmt: skip
    lines = both["first"].astype(str) + " to " + both["last"].astype(str)
    both["source_row"] = f"{path.name}, lines " + lines
    whole = both.groupby("area_code")["count"].transform("sum")
    year = str(tabular.option(source, edition, "year"))
    both = tabular.with_periods(both.assign(period_text=year), "period_text", faults)
    return tabular.readings(
        both.drop(columns=["first", "last", "period_text"]),
        path.name,
        faults,
        measure="residents_ethnicity",
        sex="persons",
        age="all ages",
        value=100 * both["count"] / whole,
        denominator=whole,
    )
