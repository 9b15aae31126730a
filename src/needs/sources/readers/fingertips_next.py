"""Fingertips figures as the department's next-generation service gives them: many indicators.

Measure: the indicator's number as text. The edition's option ``indicators`` lists those that are
kept, with the ``period`` of each: how many years, ``calendar`` or ``financial``, begin with the
printed year. The file has codes but no area names; `needs.tables.prepare` adds them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources import periods
from needs.sources.readers import fingertips, tabular


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the indicators that the edition names, for England, regions and authorities.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    table, faults = tabular.read_headed(path, "fingertips_next", edition.edition, repeats=True)
    wanted = tabular.option(source, edition, "indicators")
    here = set(table["indicator_id"])
    for one in sorted(set(wanted) - here):
        faults.add(f"Indicator {one} is not in the file.", "column IndicatorId")
    kept = table["indicator_id"].isin(list(wanted))
    table = table[kept & table["area_code"].str.fullmatch(fingertips.AREAS)]
    for column in ("value", "lower", "upper", "count", "denominator"):
        table = table.assign(**{column: tabular.numbers(table, column, faults)})
    year = tabular.numbers(table, "year", faults, missing=(), whole=True)
    faults.raise_if_any()
    spans = [
        _period(int(first), **wanted[one])
        for one, first in zip(table["indicator_id"], year, strict=True)
    ]
    table = table.assign(
        measure=table["indicator_id"],
        period=[one.label for one in spans],
        period_start=pd.to_datetime([one.start for one in spans]),
        period_end=pd.to_datetime([one.end for one in spans]),
        sex=fingertips.our_sexes(table, faults),
        age=fingertips.our_ages(table["age"]),
        category=fingertips.categories(table["category_type"], table["category"]),
        area_name="",
    ).drop(columns=["indicator_id", "category_type", "year"])
    return tabular.readings(table, path.name, faults)


def _period(first: int, *, years: int, kind: str) -> periods.Period:
    financial = kind == "financial"
    if years > 1:
        return periods.pooled_years(first, first + years - 1, financial=financial)
    return periods.financial_year(first) if financial else periods.calendar_year(first)
