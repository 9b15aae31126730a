"""Our figure for what a document prints: of the claim's own area, period, sex and edition."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from needs.catalogue import Catalogue, Indicator
from needs.errors import NeedsError
from needs.figures import deprivation, population
from needs.figures.assessment import Assessment, Place, as_lists
from needs.figures.figure import Figure, format_number, with_unit
from needs.figures.grants import grants_total
from needs.sources.periods import parse
from needs.stats.status import Status


@dataclass(frozen=True)
class Asked:
    """What a document's figure says that it is: measures by key (the first known one counts)."""

    keys: tuple[str, ...]
    area_code: str
    area_name: str
    period: str
    sex: str = "persons"
    category: str = ""
    age: str = ""


@dataclass(frozen=True)
class Own:
    """Our figure for what a document prints.

    Attributes
    ----------
    copied : bool
        It was carried by hand from a document: no measure of what a document prints.
    added : str
        What it was worked out from, where that was carried by hand: a check of sums only.
    """

    value: float
    period: str
    unit: str
    decimals: int
    source: str = ""
    source_row: str = ""
    note: str = ""
    copied: bool = False
    added: str = ""
    indicator: str = ""
    formula: str = ""
    method: str = ""
    lower: float | None = None
    upper: float | None = None

    @property
    def official(self) -> bool:
        """Whether it comes from publishers' files alone."""
        return not self.copied and not self.added

    @property
    def text(self) -> str:
        """Value and unit as a sentence prints them."""
        return with_unit(format_number(self.value, self.decimals), self.unit)


def asked_of(claim: dict[str, object]) -> Asked:
    """What a row of `needs.sources.columns.CLAIM_COLUMNS` says that its figure is."""
    text = {name: str(claim.get(name, "") or "") for name in ("sex", "category", "age")}
    return Asked(
        tuple(str(claim["indicator"]).split(";")),
        str(claim["area_code"]),
        str(claim.get("area_name", "") or ""),
        str(claim["period"]),
        text["sex"] or "persons",
        text["category"],
        text["age"],
    )


def own_figure(asked: Asked, na: Assessment) -> Own | None:
    """Our figure, from the first of the measures that has one; those carried by hand last."""
    found: Own | None = None
    for key in asked.keys:
        own = MEASURES[key](asked, na) if key in MEASURES else _observed(asked, key, na)
        if own is not None and (found is None or (not found.official and own.official)):
            found = replace(own, indicator=key)
    return found


def declared(asked: Asked, catalogue: Catalogue) -> Indicator | None:
    """The first of the measures that is an indicator of the catalogue."""
    known = (catalogue.indicators[key] for key in asked.keys if key in catalogue.indicators)
    return next(known, None)


def periods_of(asked: Asked, na: Assessment) -> list[str]:
    """Periods, or editions of the index, that an area may have a figure for, oldest first."""
    key = asked.keys[0]
    if _is_of_index(key):
        editions = (na.index_edition, *(one[0] for one in na.other_indices))
        return sorted(f"IoD{one}" for one in editions if one)
    if key in MEASURES:
        rows = na.populations[na.populations["area_code"] == asked.area_code]
        return [str(int(year)) for year in sorted(rows["year"].unique())]
    labels = [*_rows(asked, key, na)]
    years = _years(asked.period)
    if len(years) > 1:  # of yearly counts, every run of as many years
        single = [int(one) for one in labels if re.fullmatch(r"\d{4}", one)]
        labels += [f"{one} to {one + len(years) - 1}" for one in single]
    return sorted(dict.fromkeys(labels), key=parse)


def areas_of(asked: Asked, na: Assessment) -> dict[str, str]:
    """Codes and names of all areas that have the measure in the period."""
    areas = na.once(_shown_rows).get((asked.keys[0], asked.sex, asked.category), {})
    return {
        code: str(na.once(_columns)["area_name"][periods[asked.period][0]])
        for code, periods in areas.items()
        if asked.period in periods
    }


def sexes_of(asked: Asked, na: Assessment) -> list[str]:
    """Sexes that a measure is at hand for."""
    return sorted({sex for key, sex, _ in na.once(_shown_rows) if key == asked.keys[0]})


def kept_back(asked: Asked, na: Assessment) -> bool:
    """Whether the publisher or disclosure control keeps back the very figure that is asked for."""
    rows = (
        row
        for key in asked.keys
        for row in rows_of(na, key, asked.area_code, asked.period, asked.sex)
        if row["category"] == asked.category
    )
    return any(row["status"] in (Status.SUPPRESSED, Status.UNRELIABLE) for row in rows)


def highest(indicator: Indicator, na: Assessment) -> tuple[float, str] | None:
    """The highest published value of a chapter's measures in one unit, and what it is of."""
    alike = [one for one in na.catalogue.chapter(indicator.chapter) if one.unit == indicator.unit]
    rows = na.once(_every_observation)
    rows = rows[
        rows["indicator"].isin([one.key for one in alike]) & (rows["status"] == Status.SHOWN)
    ]
    published = [one for one in rows["source"].unique() if carried(one, na.catalogue) == "no"]
    rows = rows[rows["source"].isin(published)]
    if rows.empty:
        return None
    row = rows.iloc[int(rows["value"].to_numpy().argmax())]
    name = na.catalogue.indicators[str(row["indicator"])].name
    return float(row["value"]), f"{name}, {row['area_name']}, {row['period']}"


def carried(sources: str, catalogue: Catalogue) -> str:
    """Whether figures of some sources were carried by hand from documents: no, partly or wholly."""
    readers = [
        source is not None and source.reader == "datapackage"
        for source in map(catalogue.sources.get, sources.split(";"))
    ]
    return "wholly" if all(readers) else "partly" if any(readers) else "no"


def _every_observation(na: Assessment) -> pd.DataFrame:
    return na.all_observations


def _columns(na: Assessment) -> dict[str, Sequence[Any]]:
    return as_lists(na.once(_every_observation))


def rows_of(
    na: Assessment, key: str, code: str, period: str, sex: str = "persons"
) -> list[dict[str, Any]]:
    """Observations of a measure, an area, a period and a sex, later ones and withheld ones too."""
    columns = na.once(_columns)
    places = na.once(_places).get((key, code, period, sex), ())
    return [{name: column[place] for name, column in columns.items()} for place in places]


def _places(na: Assessment) -> dict[tuple[str, str, str, str], list[int]]:
    """Positions of all observations by measure, area, period and sex."""
    columns = na.once(_columns)
    found: dict[tuple[str, str, str, str], list[int]] = {}
    names = ("indicator", "area_code", "period", "sex")
    for place, key in enumerate(zip(*(columns[name] for name in names), strict=True)):
        found.setdefault(key, []).append(place)
    return found


def _shown_rows(na: Assessment) -> dict[tuple[str, str, str], dict[str, dict[str, list[int]]]]:
    """Positions of shown observations by measure, sex and category, then area, then period."""
    found: dict[tuple[str, str, str], dict[str, dict[str, list[int]]]] = {}
    columns = na.once(_columns)
    names = ("indicator", "sex", "category", "area_code", "period", "status")
    rows = zip(*(columns[name] for name in names), strict=True)
    for place, (indicator, sex, category, area, period, status) in enumerate(rows):
        if status == Status.SHOWN:
            areas = found.setdefault((indicator, sex, category), {})
            areas.setdefault(area, {}).setdefault(period, []).append(place)
    return found


def _rows(asked: Asked, key: str, na: Assessment) -> dict[str, list[int]]:
    areas = na.once(_shown_rows).get((key, asked.sex, asked.category), {})
    return areas.get(asked.area_code, {})


def _observed(asked: Asked, key: str, na: Assessment) -> Own | None:
    indicator = na.catalogue.indicators.get(key)
    if indicator is None:
        return None
    periods = _rows(asked, key, na)
    rows = periods.get(asked.period, [])
    if len(rows) > 1:  # several ages
        rows = [row for row in rows if na.once(_columns)["age"][row] == asked.age]
    return _own(rows[0], indicator, na) if rows else _summed(asked, periods, indicator, na)


def _own(place: int, indicator: Indicator, na: Assessment) -> Own:
    row = {name: column[place] for name, column in na.once(_columns).items()}
    by_hand = carried(str(row["source"]), na.catalogue)
    lower, upper = (None if pd.isna(row[one]) else float(row[one]) for one in ("lower", "upper"))
    return Own(
        float(row["value"]),
        str(row["period"]),
        indicator.unit,
        indicator.decimals,
        str(row["source"]),
        str(row["source_row"]),
        copied=by_hand == "wholly",
        added="a number that the document prints" if by_hand == "partly" else "",
        formula=indicator.formula,
        method=indicator.method,
        lower=lower,
        upper=upper,
    )


def _years(period: str) -> tuple[int, ...]:
    try:
        return parse(period).years
    except NeedsError:
        return ()


def _summed(
    asked: Asked, periods: dict[str, list[int]], indicator: Indicator, na: Assessment
) -> Own | None:
    """A count of several years as the sum of its years."""
    years = _years(asked.period)
    rows = [row for year in years for row in periods.get(str(year), [])]
    if indicator.statistic != "count" or len(years) < 2 or len(rows) != len(years):
        return None
    parts = [_own(row, indicator, na) for row in rows]
    return replace(
        parts[0],
        value=sum(one.value for one in parts),
        period=asked.period,
        source=";".join(dict.fromkeys(one.source for one in parts)),
        source_row="; ".join(dict.fromkeys(one.source_row for one in parts)),
        note="Sum of the years.",
        copied=all(one.copied for one in parts),
        added=next((one.added for one in parts if one.added), ""),
        formula="sum of the years",
        lower=None,
        upper=None,
    )


# Figures that are no indicator, or that are added up: the report's own, as its chapters show them.


def _of_report(figure: Figure, na: Assessment, period: str = "", note: str = "") -> Own | None:
    """A figure of the report as ours; nothing where it is not shown."""
    if figure.value is None:
        return None
    sources = ";".join(figure.sources)
    return Own(
        figure.value,
        period or figure.period,
        figure.unit,
        figure.decimals,
        sources,
        "; ".join(figure.source_rows),
        note=note,
        copied=carried(sources, na.catalogue) == "wholly",
        formula=figure.formula,
        method=figure.method,
    )


def _place(asked: Asked, na: Assessment) -> Place:
    """The place that is asked for, in or outside the report's area."""
    known = (one for one in (*na.places, *na.districts, *na.members) if one.code == asked.area_code)
    return next(known, Place(asked.area_code, asked.area_name, ""))


def index_edition_of(period: str) -> str:
    """The edition of the index that a period names: "2019" of "IoD2019"; else empty."""
    found = re.fullmatch(r"(?:IoD|IMD) ?(\d{4})", period)
    return found[1] if found else ""


def _is_of_index(key: str) -> bool:
    return "_most_deprived_" in key


def _deprived(
    measure: Callable[[Assessment, int, Place], Figure], decile: int
) -> Callable[[Asked, Assessment], Own | None]:
    def own(asked: Asked, na: Assessment) -> Own | None:
        edition, place = index_edition_of(asked.period), _place(asked, na)
        on_index = na.on_index(edition) if edition else None
        if on_index is None or not deprivation.source_rows(on_index, place):
            return None
        return _of_report(measure(on_index, decile, place), on_index, f"IoD{edition}")

    return own


def _year_of(asked: Asked) -> int | None:
    """The one calendar year that is asked for; estimates are of the middle of a year."""
    try:
        when = parse(asked.period)
    except NeedsError:
        return None
    middle = when.kind == "calendar" or when.label.startswith("mid-")
    return when.years[0] if middle and len(when.years) == 1 else None


def _population(asked: Asked, na: Assessment) -> Own | None:
    place, year = _place(asked, na), _year_of(asked)
    if not year:
        return None
    edition = population.edition(na, place, year)
    of = f" of the edition {edition}" if edition else ""
    note = f"Mid-year estimate{of}; estimates are revised from time to time"
    return _of_report(population.total(na, place, year), na, note=note)


def _share_of_county(asked: Asked, na: Assessment) -> Own | None:
    place, year = _place(asked, na), _year_of(asked)
    if place not in na.districts or not year:
        return None
    note = f"Ours is of mid-year estimates, edition {population.edition(na, place, year)}"
    return _of_report(population.share_of_area(na, place, year), na, note=note)


def _age_share(group: str) -> Callable[[Asked, Assessment], Own | None]:
    def own(asked: Asked, na: Assessment) -> Own | None:
        place, year = _place(asked, na), _year_of(asked)
        if year not in population.years_by_age(na, place):
            return None
        return _of_report(population.age_share(na, place, group, year), na)

    return own


def _shown(asked: Asked, key: str, na: Assessment) -> list[Figure]:
    """Figures of an indicator for the area and period that are asked for, of every category."""
    rows = rows_of(na, key, asked.area_code, asked.period, asked.sex)
    place = _place(asked, na)
    return [na.to_figure(row, place) for row in rows if row["status"] == Status.SHOWN]


def _not_in_treatment(asked: Asked, na: Assessment) -> Own | None:
    for figure in _shown(asked, "alcohol_unmet_need", na):
        people = figure.with_(value=figure.numerator, unit="people", decimals=0)
        formula = "estimated prevalence − people in treatment"
        return _of_report(people.with_(formula=formula, method="Unmet need"), na)
    return None


def _sum_of_grants(asked: Asked, na: Assessment) -> Own | None:
    grants = [one for one in _shown(asked, "grant_amount", na) if one.note]
    own = _of_report(grants_total(grants), na) if grants else None
    return own and replace(own, copied=False, added=f"the {len(grants)} grants printed beside it")


#: Figures that are no indicator of the catalogue, or are checked by adding up.
MEASURES: dict[str, Callable[[Asked, Assessment], Own | None]] = {
    "lsoas_most_deprived_10": _deprived(deprivation.lsoa_count, 1),
    "lsoas_most_deprived_30": _deprived(deprivation.lsoa_count, 3),
    "residents_most_deprived_10": _deprived(deprivation.decile_residents, 1),
    "residents_most_deprived_30": _deprived(deprivation.decile_residents, 3),
    "share_most_deprived_10": _deprived(deprivation.share, 1),
    "share_most_deprived_30": _deprived(deprivation.share, 3),
    "population": _population,
    "share_of_county": _share_of_county,
    "share_under_20": _age_share("under 20"),
    "share_65_and_over": _age_share("65 and over"),
    "alcohol_not_in_treatment": _not_in_treatment,
    "commissioning_expenditure": _sum_of_grants,
}

#: Units of those measures, for a claim that has no figure of ours beside it.
UNITS = {
    **dict.fromkeys(("lsoas_most_deprived_10", "lsoas_most_deprived_30"), "LSOAs"),
    **dict.fromkeys(("residents_most_deprived_10", "residents_most_deprived_30"), "people"),
    **dict.fromkeys(("population", "alcohol_not_in_treatment"), "people"),
    "commissioning_expenditure": "£",
}


def unit_of(asked: Asked, catalogue: Catalogue) -> str:
    """The unit of the first measure that is known; "%" for shares."""
    key = asked.keys[0]
    if key in catalogue.indicators:
        return catalogue.indicators[key].unit
    return UNITS.get(key, "%" if key in MEASURES else "")
