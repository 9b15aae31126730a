"""Estimates of alcohol dependent adults, by upper-tier authority.

Measure: ``alcohol_dependent_adults`` (people aged 18+, with 95% limits from 2015/16).

The years before 2015/16 are printed as "2010" and so on, but are financial years: each figure is
that of 2010/11 and so on in the Sustainable Development Goal file, in all authorities.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import tabular


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read estimates of England and its authorities.

    Returns
    -------
    DataFrame
        Readings. A code that is none of the Office for National Statistics' becomes empty, and is
        filled from the area's name by `needs.tables.prepare`.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    table, faults = tabular.read_headed(path, "dependence", edition.edition)
    missing = ("", "NA")
    table = table.assign(
        value=tabular.numbers(table, "value", faults, missing=missing),
        lower=tabular.numbers(table, "lower", faults, missing=missing),
        upper=tabular.numbers(table, "upper", faults, missing=missing),
        area_code=table["area_code"].where(table["area_code"].str.fullmatch(r"E\d{8}"), ""),
        year=financial(table["year"]),
    )
    table = tabular.with_periods(table, "year", faults, source).drop(columns="year")
    return tabular.readings(
        table,
        path.name,
        faults,
        measure="alcohol_dependent_adults",
        sex="persons",
        age="18+",
        count=table["value"],
    )


def financial(year: pd.Series[str]) -> pd.Series[str]:
    """Write "2010" as the financial year that it stands for.

    Examples
    --------
    >>> financial(pd.Series(["2010", "2017/18"])).tolist()
    ['2010/11', '2017/18']
    """
    single = year.str.fullmatch(r"\d{4}")
    following = (pd.to_numeric(year.where(single, "0")) + 1).astype(str).str[-2:]
    return year.mask(single, year + "/" + following)
