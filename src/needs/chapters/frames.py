"""Figures as tidy frames, for tables and charts of an author's own.

A frame holds what a report may show and nothing else: a value that is withheld is missing there,
and its ``status`` says why. Its columns are `COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pandas as pd

from needs.figures.assessment import Assessment, Place, as_records
from needs.figures.figure import Figure
from needs.sources.periods import parse

#: The columns of a frame of figures, with what each holds.
COLUMNS = {
    "indicator": "key of the indicator in the catalogue",
    "name": "its name",
    "area_code": "code of the area",
    "area": "name of the area",
    "period": "period, as the report prints it",
    "period_start": "first day of the period",
    "period_end": "last day of the period",
    "sex": "persons, male or female",
    "age": "age range",
    "category": "part of a breakdown; empty for the whole",
    "value": "the figure; missing where it is not shown",
    "lower": "lower limit of the 95% confidence interval",
    "upper": "upper limit of the 95% confidence interval",
    "unit": "unit of the value and its limits",
    "status": "shown, or why it is not",
    "numerator": "events or people counted; missing where withheld",
    "denominator": "what they are divided by",
    "figure": "id of the figure: its entry in the report's register",
}


def figures_frame(figures: Iterable[Figure]) -> pd.DataFrame:
    """Put figures into a frame, a row each.

    Examples
    --------
    >>> one = Figure("d", "deaths", "Deaths", "E1", "Anyshire", "2018 to 2020", 4.2, "deaths")
    >>> frame = figures_frame([one])
    >>> frame[["area", "period", "value", "status"]].values.tolist()
    [['Anyshire', '2018 to 2020', 4.2, 'shown']]
    >>> list(frame.columns) == list(COLUMNS)
    True
    """
    rows = [
        {
            "indicator": one.indicator,
            "name": one.label,
            "area_code": one.area_code,
            "area": one.area_name,
            "period": one.period,
            "period_start": pd.Timestamp(parse(one.period).start),
            "period_end": pd.Timestamp(parse(one.period).end),
            "sex": one.sex,
            "age": one.age,
            "category": one.note,
            "value": one.value,
            "lower": one.lower,
            "upper": one.upper,
            "unit": one.unit,
            "status": one.status.value,
            "numerator": one.numerator,
            "denominator": one.denominator,
            "figure": one.id,
        }
        for one in figures
    ]
    numbers = ("value", "lower", "upper", "numerator", "denominator")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(numbers, float))


def published(
    na: Assessment, key: str, *, everywhere: bool = False, of: Collection[str] | None = None
) -> Iterator[Figure]:
    """The figures of an indicator up to the reporting year, in order of time and area.

    Of the area, its parts, its region and England; `everywhere`, of every upper-tier authority as
    it was in each period too, no land twice. Where codes are given with `of`, of these alone.
    """
    near = {one.code: one for one in (*na.places, *na.districts)}
    rows = na.of_indicator(key)
    if of is not None:
        rows = rows[rows["area_code"].isin(of)]
    compared: dict[str, dict[str, Place]] = {}
    for row in as_records(rows):
        code, period = str(row["area_code"]), str(row["period"])
        if everywhere and period not in compared:
            compared[period] = {one.code: one for one in na.compared(key, period)}
        place = near.get(code) or compared.get(period, {}).get(code)
        if place is not None:
            yield na.to_figure(row, place)
