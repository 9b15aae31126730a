"""Resident population as figures: totals, age structure and change over time."""

from __future__ import annotations

import pandas as pd

from needs.figures.assessment import Assessment, Place, of_everyone
from needs.figures.figure import Figure, Series
from needs.stats.status import Status
from needs.tables.naming import figure_id

METHOD = "Population"

SOURCE = "ons_population"

#: Age groups that needs assessments quote: first and last year of age (None: and over).
AGE_GROUPS: dict[str, tuple[int, int | None]] = {
    "under 20": (0, 19),
    "20 to 64": (20, 64),
    "65 and over": (65, None),
}


def latest_year(na: Assessment) -> int | None:
    """Newest mid-year estimate by single year of age in or before the reporting year."""
    return max(years_by_age(na, na.area), default=None)


def total(na: Assessment, place: Place, year: int | None = None) -> Figure:
    """All residents of a place at the middle of a year."""
    return na.once(_total, place, year or latest_year(na) or na.year)


def _total(na: Assessment, place: Place, year: int) -> Figure:
    rows = _totals(na, place)
    rows = rows[rows["year"] == year]
    value = float(rows["population"].iloc[0]) if len(rows) else None
    if value is None:
        rows = _by_age(na, place, year)
        value = float(rows["population"].sum()) if len(rows) else None
    return _population_figure(na, "population", place, year, value, "people", 0, rows).with_(
        label="Resident population", numerator=value, formula="mid-year estimate"
    )


def years_by_age(na: Assessment, place: Place) -> list[int]:
    """Mid-years whose residents are at hand by age, oldest first."""
    return list(na.once(_years_of_ages, place))


def _years_of_ages(na: Assessment, place: Place) -> list[int]:
    rows = _ages(na, place)
    return sorted({int(year) for year in rows.loc[rows["sex"] == "persons", "year"].unique()})


def edition(na: Assessment, place: Place, year: int) -> str:
    """Which edition of the estimates a place's total of a year is of; empty without one."""
    rows = _totals(na, place)
    rows = rows[rows["year"] == year]
    return "" if rows.empty else str(rows["edition"].iloc[0])


def by_edition(na: Assessment, place: Place, year: int) -> dict[str, float]:
    """A place's residents of a year in each edition of the estimates that is at hand."""
    rows = _of_place(na, place)
    rows = rows[(rows["year"] == year) & (rows["sex"] == "persons")]
    whole = rows[of_everyone(rows)].groupby("edition")["population"].max()
    added = rows[~of_everyone(rows)].groupby("edition")["population"].sum()
    return {str(key): float(value) for key, value in {**added, **whole}.items()}


def series(na: Assessment, place: Place) -> Series:
    """Totals by year, oldest first."""
    years = sorted({*_totals(na, place)["year"], *_ages(na, place)["year"]})
    return Series(place.name, "focus", tuple(total(na, place, int(year)) for year in years))


def share_of_area(na: Assessment, place: Place, year: int | None = None) -> Figure:
    """A district's share of all residents of the area, in per cent."""
    year = year or latest_year(na) or na.year
    part, whole = total(na, place, year), total(na, na.area, year)
    known = part.value is not None and whole.value
    value = 100 * (part.value or 0) / (whole.value or 1) if known else None
    return _population_figure(na, "share_of_area_population", place, year, value, "%", 1).with_(
        label=f"Share of the residents of {na.name}",
        source_rows=tuple(dict.fromkeys((*part.source_rows, *whole.source_rows))),
        numerator=part.value,
        denominator=whole.value,
        formula="residents of the district ÷ residents of the area × 100",
    )


def age_share(na: Assessment, place: Place, group: str, year: int | None = None) -> Figure:
    """Share of residents in one of `AGE_GROUPS`, in per cent."""
    first, last = AGE_GROUPS[group]
    year = year or latest_year(na) or na.year
    rows = _by_age(na, place, year)
    inside = rows["age_from"].ge(first) & rows["age_from"].le(last if last is not None else 200)
    everyone = float(rows["population"].sum())
    people = float(rows.loc[inside, "population"].sum())
    value = 100 * people / everyone if everyone else None
    key = "share_aged_" + group.replace(" ", "_")
    return _population_figure(na, key, place, year, value, "%", 1, rows).with_(
        label=f"Share of residents aged {group}",
        age=group,
        numerator=people if everyone else None,
        denominator=everyone or None,
        formula=f"residents aged {group} ÷ all residents × 100",
    )


def share_of_adults(
    na: Assessment, place: Place, what: str, first: int, last: int | None, sex: str = "persons"
) -> Figure:
    """Share of residents aged 18 and over who are of some ages, or of a sex, in per cent.

    Of the newest mid-year; not available where that year's residents are not given by sex.
    """
    year = latest_year(na) or na.year
    of = ("persons",) if sex == "persons" else ("male", "female")
    rows = _by_age(na, place, year, of)
    adults = rows[rows["age_from"] >= 18]
    inside = adults["age_from"].ge(first) & adults["age_from"].le(last if last is not None else 200)
    people = float(adults.loc[inside & adults["sex"].eq(sex), "population"].sum())
    everyone = float(adults["population"].sum()) if set(of) <= set(rows["sex"]) else 0.0
    value = 100 * people / everyone if everyone else None
    key = figure_id("share_of_adults", what)
    return _population_figure(na, key, place, year, value, "%", 1, rows).with_(
        label=f"Share of adult residents: {what}",
        age="18+",
        numerator=people if everyone else None,
        denominator=everyone or None,
        formula="residents of these ages and sex ÷ residents aged 18 and over × 100",
        note=what,
    )


def by_age_and_sex(na: Assessment, place: Place) -> pd.DataFrame:
    """Residents by five-year age band and sex in the newest year.

    Returns
    -------
    DataFrame
        Columns `age_from` (0, 5, … 90), `sex` ("male" and "female", or "persons" where the year's
        source does not tell them apart), `population`, `share` (per cent of all residents).
    """
    rows = _by_age(na, place, latest_year(na), sexes_given(na))
    band = (rows["age_from"] // 5 * 5).clip(upper=90).rename("age_from")
    out = rows.groupby([band, "sex"])["population"].sum().reset_index()
    return out.assign(share=100 * out["population"] / out["population"].sum())


def sexes_given(na: Assessment) -> tuple[str, ...]:
    """Sexes that the newest year's ages are given by, for the area and England alike."""
    year = latest_year(na)
    both = ("male", "female")
    apart = all(
        set(both) <= set(_by_age(na, place, year, both)["sex"]) for place in (na.area, na.england)
    )
    return both if apart else ("persons",)


def _totals(na: Assessment, place: Place) -> pd.DataFrame:
    return na.once(_of_all_ages, place)


def _of_all_ages(na: Assessment, place: Place) -> pd.DataFrame:
    table = _of_place(na, place)
    return table[of_everyone(table)]


def _by_age(
    na: Assessment, place: Place, year: int | None, of: tuple[str, ...] = ("persons",)
) -> pd.DataFrame:
    """Single years of age of a mid-year."""
    return na.once(_of_ages, place, year, of)


def _of_ages(na: Assessment, place: Place, year: int | None, of: tuple[str, ...]) -> pd.DataFrame:
    rows = _ages(na, place)
    return rows[rows["sex"].isin(of) & (rows["year"] == year)]


def _ages(na: Assessment, place: Place) -> pd.DataFrame:
    """Residents by age, of the years that are given from birth on."""
    return na.once(_from_birth, place)


def _from_birth(na: Assessment, place: Place) -> pd.DataFrame:
    table = _of_place(na, place)
    table = table[(table["age_from"] > 0) | table["age_to"].notna()]
    return table[table["year"].isin(table.loc[table["age_from"] == 0, "year"])]


def _of_place(na: Assessment, place: Place) -> pd.DataFrame:
    return na.once(_by_place).get(place.code, na.populations.iloc[:0])


def _by_place(na: Assessment) -> dict[str, pd.DataFrame]:
    return {str(code): rows for code, rows in na.populations.groupby("area_code", sort=False)}


def _source_rows(rows: pd.DataFrame | None) -> tuple[str, ...]:
    """Where estimates stand: file, sheet and row, each once."""
    if rows is None:
        return ()
    parts = (part for text in rows["source_row"].unique() for part in str(text).split("; "))
    return tuple(dict.fromkeys(parts))


def _population_figure(
    na: Assessment,
    key: str,
    place: Place,
    year: int,
    value: float | None,
    unit: str,
    decimals: int,
    rows: pd.DataFrame | None = None,
) -> Figure:
    return Figure(
        id=figure_id(key, place.code, f"mid-{year}"),
        indicator=key,
        label=key,
        area_code=place.code,
        area_name=place.name,
        period=f"mid-{year}",
        value=value,
        unit=unit,
        decimals=decimals,
        status=Status.SHOWN if value is not None else Status.UNAVAILABLE,
        method=METHOD,
        sources=(SOURCE,),
        source_rows=_source_rows(rows),
    )
