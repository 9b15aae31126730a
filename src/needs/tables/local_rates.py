"""Local extracts of deaths and admissions: rates by district, deprivation and age, protected.

Counts of single events come in a data package (``local_counts``, see docs/local-data.md) and never
leave this module: disclosure control is applied first, and rates are computed from what it leaves.
Only `needs.sources.schemas.LOCAL_RATES` is written to ``data/processed/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from needs.errors import NeedsError, Problem
from needs.sources import schemas
from needs.sources.columns import CENSUS_RESIDENTS
from needs.sources.periods import Period, parse
from needs.sources.readers.datapackage import Package
from needs.sources.readers.package_rules import LocalIndicator, LocalRule
from needs.stats.rates import ESP2013, RELIABLE_EVENTS, crude_rate, directly_standardised_rate
from needs.stats.status import Status
from needs.tables import coverage
from needs.tables.derive import LEAST_DEATHS, join_marks
from needs.tables.disclosure import Line, is_small, protect, round_to_base
from needs.tables.local_checks import (
    PlaceTables,
    counted_twice,
    edition_of,
    more_than_residents,
    other_residents,
    overlapping,
    placed_counts,
    without_residents,
)

#: Age groups that are shown: bands of the standard population joined, so that fewer are small.
AGE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "0-19": tuple(ESP2013)[:4],
    "20-34": tuple(ESP2013)[4:7],
    "35-49": tuple(ESP2013)[7:10],
    "50-64": tuple(ESP2013)[10:13],
    "65-79": tuple(ESP2013)[13:16],
    "80+": tuple(ESP2013)[16:],
}

#: Fifths of national deprivation, as a table names them.
QUINTILES: Mapping[int, str] = {
    1: "quintile 1 (most deprived)",
    2: "quintile 2",
    3: "quintile 3",
    4: "quintile 4",
    5: "quintile 5 (least deprived)",
}

ALL_AGES = "all ages"

#: Decimals of the rates that depend on more than the count that is shown, as reports print them.
DECIMALS = 1

#: The census's oldest band, which stands for these; and the standard population by its bands.
OPEN, OLDEST = "85+", ("85-89", "90+")
CENSUS_STANDARD: Mapping[str, float] = {
    **{band: weight for band, weight in ESP2013.items() if band not in OLDEST},
    OPEN: sum(ESP2013[band] for band in OLDEST),
}

#: The statistic of rates by age.
STANDARDISED = "directly_standardised_rate"

#: Population of one place, sex and age band by year.
People = dict[tuple[str, str, str], dict[int, float]]


@dataclass(frozen=True)
class _Cell:
    """A part of an authority that a count is shown for."""

    kind: str
    code: str
    name: str
    sex: str = "persons"
    age: str = ALL_AGES

    @property
    def bands(self) -> tuple[str, ...]:
        return AGE_GROUPS.get(self.age, tuple(ESP2013))


def extract_rates(package: Package, places: PlaceTables) -> tuple[pd.DataFrame, list[Problem]]:
    """Compute the rates of a package's local extract, under its disclosure rule.

    Parameters
    ----------
    package : Package
        With ``local_counts``, and perhaps ``local_populations``.
    places : PlaceTables

    Returns
    -------
    rates : DataFrame
        See `needs.sources.schemas.LOCAL_RATES`: events per 100,000 person-years, crude and directly
        standardised where populations by age are at hand, for the whole authority, its districts,
        the national deprivation fifths of its LSOAs, and by age and sex. Years are pooled as the
        package says, in periods that do not overlap. Events that a person can have more than once
        take the interval of repeat events.
    problems : list of Problem
        Places that are not known, and rows that count an event twice, each with its row; LSOAs,
        sexes and ages of the authority that ``local_populations`` has no residents of.

    Notes
    -----
    Counts of fewer persons than the threshold are hidden; then further counts, until the total, the
    districts, the fifths, and the ages and sexes together give none away; then the rest is rounded.
    Rates come from the rounded counts: events by age are scaled to add up to them, so that neither
    a rate nor its interval gives back the exact count. Standardised rates, and intervals of repeat
    events, also depend on events by age or person. They are rounded as printed, because few sets of
    whole numbers fit all digits of one. A fifth without the residents of all its LSOAs has no rate,
    and its source row says so.
    """
    counts = package.tables.get("local_counts")
    if counts is None or counts.empty:
        return schemas.empty(schemas.LOCAL_RATES), []
    places = replace(places, lsoa=edition_of(counts, places.lsoa))
    placed, problems = placed_counts(counts, places)
    problems += counted_twice(placed) + overlapping(placed)
    problems += without_residents(package, places, placed)
    if not problems:
        problems += more_than_residents(placed, places) + other_residents(package, places)
    if problems or package.problems:
        return schemas.empty(schemas.LOCAL_RATES), problems
    people = _people(package, places, placed)
    census = _census_people(package, places, placed)
    people |= census
    counted_on = {code for code, _, _ in census}
    said = f"; {CENSUS_RESIDENTS} ({places.census['source_row'].iloc[0]})" if census else ""
    unknown = _unknown_people(places, placed)
    edition = str(places.lsoa["edition"].max()) if len(places.lsoa) else ""
    parts = []
    for (key, upper), rows in placed.groupby(["indicator", "upper_code"], sort=True):
        declared = package.indicators[str(key)]
        for period, years in _pooled(rows["period"].unique(), declared.years_pooled):
            inside = rows[rows["period"].isin([one.label for one in years])]
            cells = _cells(inside, str(upper), places)
            made = _cell_rates(inside, cells, period, people, declared, package.rule)
            parts.append(
                made.assign(
                    upper_code=str(upper),
                    package=package.title,
                    indicator=str(key),
                    name=declared.name,
                    counted=declared.counted,
                    chapter=declared.chapter,
                    edition=made["kind"].map({"quintile": edition}).fillna(""),
                    rule=package.rule.words,
                    source_row=[
                        "local_counts.csv"
                        + (unknown.get(part, "") if status == Status.UNAVAILABLE else "")
                        + (said if part in counted_on and how == STANDARDISED else "")
                        for part, status, how in zip(
                            made["part_code"], made["status"], made["statistic"], strict=True
                        )
                    ],
                )
            )
    table = schemas.conform(pd.concat(parts, ignore_index=True), schemas.LOCAL_RATES)
    return table, []


def comments(rows: pd.DataFrame, rule: LocalRule) -> pd.DataFrame:
    """Say of each comment how many people made it, as the rule leaves it.

    Parameters
    ----------
    rows : DataFrame
        See `needs.sources.schemas.CONSULTATION`.
    rule : LocalRule

    Returns
    -------
    DataFrame
        See `needs.sources.schemas.COMMENTS`.
    """
    base = 0 if rule.off_because else rule.rounding_base

    def people(number: Any) -> str:
        if pd.isna(number):
            return ""
        exact = np.array([float(str(number))])
        if exact[0] == 0:
            return "0 people"
        if not rule.off_because and is_small(exact, rule)[0]:
            return f"fewer than {rule.threshold} people"
        count = int(round_to_base(exact, base)[0])
        return "1 person" if count == 1 else f"{'about ' if base else ''}{count} people"

    said = [people(number) for number in rows["n"]]
    return schemas.conform(rows.assign(people=said), schemas.COMMENTS)


def _pooled(labels: Iterable[object], years: int) -> list[tuple[Period, list[Period]]]:
    """Join years into periods of so many, counted back from the last; a shorter rest is left out.

    An extract that is shorter than one such period makes one period.
    """
    periods = sorted(parse(str(text)) for text in labels)
    single = all(one.kind in ("calendar", "financial") for one in periods)
    first = [one.years[0] for one in periods]
    if years == 1 or not single or first != list(range(first[0], first[0] + len(first))):
        return [(one, [one]) for one in periods]
    years = min(years, len(periods))
    blocks = [periods[end - years : end] for end in range(len(periods), years - 1, -years)]
    joined = []
    for block in reversed(blocks):
        label = f"{block[0]} to {block[-1]}" if len(block) > 1 else block[0].label
        joined.append((parse(label), block))
    return joined


def _cells(rows: pd.DataFrame, upper: str, places: PlaceTables) -> list[_Cell]:
    names = places.areas.drop_duplicates("code").set_index("code")["name"]
    whole = str(names.get(upper, upper))
    cells = [_Cell("area", upper, whole)]
    inside = places.lsoa[places.lsoa["upper_code"] == upper]
    own = places.areas[
        (places.areas["upper_code"] == upper)
        & (places.areas["kind"] == "district")
        & places.areas["valid_to"].isna()
    ]
    by_lsoa = bool(rows["lsoa_code"].notna().all())
    known = inside["district_code"] if by_lsoa else own["code"]
    districts = sorted({*rows["district_code"], *known})
    if len(districts) > 1:
        cells += [_Cell("district", str(one), str(names.get(one, one))) for one in districts]
    if by_lsoa:
        fifths = sorted({(int(decile) + 1) // 2 for decile in inside["imd_decile"]})
        cells += [_Cell("quintile", f"{upper} quintile {n}", QUINTILES[n]) for n in fifths]
    sexes = ["persons"]
    if rows["sex"].isin(["male", "female"]).any():
        sexes += ["male", "female"]
        cells += [_Cell("age and sex", upper, whole, sex) for sex in sexes[1:]]
    cells += [_Cell("age and sex", upper, whole, sex, age) for sex in sexes for age in AGE_GROUPS]
    return cells


def _lines(cells: Sequence[_Cell]) -> list[Line]:
    """Every sum of cells that a reader can form: each way of dividing the authority adds up."""
    place = {(one.kind, one.code, one.sex, one.age): n for n, one in enumerate(cells)}
    total = 0
    upper = cells[total].code

    def at(sex: str, age: str) -> int | None:
        if sex == "persons" and age == ALL_AGES:
            return total
        return place.get(("age and sex", upper, sex, age))

    ways: list[tuple[list[int], int | None]] = [
        ([n for n, one in enumerate(cells) if one.kind == kind], total)
        for kind in ("district", "quintile")
    ]
    for age in (ALL_AGES, *AGE_GROUPS):
        sexes = [at(sex, age) for sex in ("male", "female")]
        ways.append(([n for n in sexes if n is not None], at("persons", age)))
    for sex in ("persons", "male", "female"):
        ages = [at(sex, age) for age in AGE_GROUPS]
        ways.append(([n for n in ages if n is not None], at(sex, ALL_AGES)))
    return [Line(tuple(parts), whole) for parts, whole in ways if parts and whole is not None]


def _inside(rows: pd.DataFrame, cell: _Cell) -> pd.DataFrame:
    if cell.kind == "district":
        return rows[rows["district_code"] == cell.code]
    if cell.kind == "quintile":
        return rows[rows["quintile"] == int(cell.code[-1])]
    chosen = rows["age_band"].isin(list(cell.bands))
    if cell.sex != "persons":
        chosen &= rows["sex"] == cell.sex
    return rows[chosen]


def _cell_rates(
    rows: pd.DataFrame,
    cells: Sequence[_Cell],
    period: Period,
    people: People,
    declared: LocalIndicator,
    rule: LocalRule,
) -> pd.DataFrame:
    times = rows["frequency"].fillna(1).astype(float)
    rows = rows.assign(times=times, events=rows["count"] * times)
    inside = [_inside(rows, cell) for cell in cells]
    persons = np.array([float(one["count"].sum()) for one in inside])
    events = np.array([float(one["events"].sum()) for one in inside])
    hidden = np.zeros(len(cells), dtype=bool)
    shown = events
    if not rule.off_because:
        hidden = protect(events, is_small(persons, rule), _lines(cells), rule.threshold)
        shown = round_to_base(events, rule.rounding_base)
    vanished = ~hidden & (events > 0) & (shown == 0)
    gone = hidden | vanished
    factors = np.divide(shown, events, out=np.ones(len(cells)), where=events > 0)
    repeat = bool(rows["frequency"].notna().any())
    made = []
    for number, cell in enumerate(cells):
        base = {
            "kind": cell.kind,
            "part_code": cell.code,
            "part": cell.name,
            "period": period.label,
            "period_start": pd.Timestamp(period.start),
            "period_end": pd.Timestamp(period.end),
            "sex": cell.sex,
            "age": cell.age,
            "count": np.nan if gone[number] else shown[number],
        }
        withheld = (
            Status.SUPPRESSED.value
            if hidden[number]
            else Status.ROUNDS_TO_ZERO.value
            if vanished[number]
            else ""
        )
        banded = _banded(inside[number], cell, people, period.years, factors[number], repeat)
        least = LEAST_DEATHS if declared.counted == "deaths" else 0
        size = _person_years(people, cell, (cell.age,), period.years)
        exact = bool(rule.off_because)
        entries = [_crude_entry(banded[0], shown[number], size, repeat, least, withheld, exact)]
        if cell.age == ALL_AGES and banded[1] is not None:
            estimated = banded[2]
            entries.append(
                _standard_entry(banded[1], shown[number], estimated, repeat, withheld, exact)
            )
        made += [base | entry for entry in entries]
    return pd.DataFrame(made)


def _crude_entry(
    counted: pd.DataFrame,
    events: float,
    size: tuple[float, bool],
    repeat: bool,
    least: float,
    withheld: str,
    exact: bool,
) -> dict[str, object]:
    """The crude rate of a cell; `size` is its person-years, and whether they are estimated."""
    person_years, estimated = size
    made = None if withheld else _crude(counted, events, person_years, repeat, least)
    if repeat and not exact:
        made = _as_printed(made)
    return _entry("crude_rate", made, withheld, person_years, estimated, events)


def _standard_entry(
    banded: pd.DataFrame, events: float, estimated: bool, repeat: bool, withheld: str, exact: bool
) -> dict[str, object]:
    """The standardised rate of a cell, among the person-years of all its bands."""
    made = None if withheld else _standardised(banded, repeat)
    person_years = float(banded.drop_duplicates("age_band")["people"].sum())
    shown = made if exact else _as_printed(made)
    return _entry(STANDARDISED, shown, withheld, person_years, estimated, events)


def _as_printed(made: pd.Series | None) -> pd.Series | None:
    """A rate to the decimals that are printed: all its digits would give events by age away."""
    if made is None:
        return None
    limits = ["value", "lower95_0", "upper95_0"]
    out = made.copy()
    out[limits] = [round(float(made[name]), DECIMALS) for name in limits]
    return out


def _entry(
    statistic: str,
    made: pd.Series | None,
    withheld: str,
    person_years: float,
    estimated: bool,
    events: float,
) -> dict[str, object]:
    status = withheld or (Status.UNAVAILABLE.value if made is None else str(made["status"]))
    open_ = made is not None and status == Status.SHOWN
    few = open_ and events < RELIABLE_EVENTS
    limits = {
        name: float(made[column]) if made is not None and open_ else np.nan
        for name, column in (("value", "value"), ("lower", "lower95_0"), ("upper", "upper95_0"))
    }
    return {
        "statistic": statistic,
        **limits,
        "denominator": person_years,
        "status": status,
        "marks": join_marks("u" if few else "", "e" if estimated and open_ else ""),
    }


def _banded(
    rows: pd.DataFrame,
    cell: _Cell,
    people: People,
    years: Sequence[int],
    factor: float,
    repeat: bool,
) -> tuple[pd.DataFrame, pd.DataFrame | None, bool]:
    """Persons by frequency, and by band and frequency with the band's person-years.

    The second is None where the person-years by age are not at hand. Counts are scaled to the
    protected total.
    """
    keys = ["age_band", "times"]
    counted = rows.groupby(keys, as_index=False)["count"].sum()
    none = pd.DataFrame({"age_band": list(cell.bands), "times": 1.0, "count": 0})
    counted = pd.concat([counted, none]).groupby(keys, as_index=False)["count"].sum()
    counted = counted.assign(count=counted["count"] * factor)
    bands = cell.bands
    if (cell.code, cell.sex, OPEN) in people and (cell.code, cell.sex, OLDEST[0]) not in people:
        bands = tuple(CENSUS_STANDARD)
        counted["age_band"] = counted["age_band"].replace(dict.fromkeys(OLDEST, OPEN))
        counted = counted.groupby(keys, as_index=False)["count"].sum()
    if not repeat:
        counted = counted.groupby("age_band", as_index=False)["count"].sum()
    of_band = {band: _person_years(people, cell, (band,), years) for band in bands}
    estimated = any(guess for _, guess in of_band.values())
    if not all(size > 0 for size, _ in of_band.values()):
        return counted, None, False
    sizes = counted["age_band"].map({band: size for band, (size, _) in of_band.items()})
    return counted, counted.assign(people=sizes), estimated


def _crude(
    counted: pd.DataFrame, events: float, person_years: float, repeat: bool, least: float
) -> pd.Series | None:
    if not person_years > 0:
        return None
    if repeat:  # one age band: the crude rate with the interval of repeat events
        joined = counted.groupby("times", as_index=False)["count"].sum()
        made = directly_standardised_rate(
            joined.assign(people=person_years, age=ALL_AGES),
            by=[],
            count="count",
            population="people",
            age_band="age",
            standard={ALL_AGES: 1},
            events="repeat",
            frequency="times",
        )
    else:
        made = crude_rate(
            pd.DataFrame({"events": [events], "people": [person_years]}),
            by=[],
            count="events",
            population="people",
            minimum_count=least,
        )
    return made.iloc[0]


def _standardised(banded: pd.DataFrame, repeat: bool) -> pd.Series:
    return directly_standardised_rate(
        banded,
        by=[],
        count="count",
        population="people",
        age_band="age_band",
        standard=CENSUS_STANDARD if banded["age_band"].eq(OPEN).any() else ESP2013,
        events="repeat" if repeat else "independent",
        frequency="times" if repeat else None,
    ).iloc[0]


def _person_years(
    people: People, cell: _Cell, bands: Sequence[str], years: Sequence[int]
) -> tuple[float, bool]:
    """Sum of a period's mid-year estimates, and whether a year took its neighbour's.

    Missing (NaN) where there is none at all.
    """
    total, estimated = 0.0, False
    for band in (part for one in bands for part in AGE_GROUPS.get(one, (one,))):
        known = people.get((cell.code, cell.sex, band), {})
        if not known:
            return float("nan"), False
        for year in years:
            nearest = min(known, key=lambda one, at=year: (abs(one - at), one))  # type: ignore[misc]
            estimated |= nearest != year
            total += known[nearest]
    return total, estimated


def _people(package: Package, places: PlaceTables, placed: pd.DataFrame) -> People:
    """Populations by place, sex, band and year: of authorities, districts and fifths."""
    people: People = {}
    wanted = [*placed["upper_code"].unique()]
    inside = places.lsoa[places.lsoa["upper_code"].isin(wanted)]
    children = places.areas.loc[places.areas["upper_code"].isin(wanted), "code"]
    codes = {*wanted, *inside["district_code"], *placed["district_code"], *children}
    table = places.populations[places.populations["area_code"].isin(sorted(codes))]
    whole = table["age_from"].eq(0) & table["age_to"].isna()
    _put(people, table[whole].assign(age_band=ALL_AGES), "area_code")
    top = table["age_to"].isna() & table["age_from"].eq(90)
    single = table[top | table["age_from"].eq(table["age_to"]).fillna(False)]
    labels = list(ESP2013)
    single = single.assign(age_band=[labels[min(age // 5, 18)] for age in single["age_from"]])
    every = single.groupby(["area_code", "year", "sex"])["age_from"].transform("count")
    _put(people, single[every == 91], "area_code")

    code = _fifths(inside)
    residents = _complete(_residents(places, inside), inside)
    _put(people, residents.assign(sex="persons", age_band=ALL_AGES), "part")
    own = package.tables.get("local_populations")
    if own is not None and len(own):
        own = own.assign(part=own["lsoa_code"].map(code)).dropna(subset=["part"])
        if not (own["sex"] == "persons").any():
            own = own.assign(sex="persons")
        _put(people, own, "part")
    return people


def _census_people(package: Package, places: PlaceTables, placed: pd.DataFrame) -> People:
    """Residents of deprivation fifths by age on census day, where the package brings none.

    None of a fifth of which the census lacks an LSOA: it is on boundaries of 2021 alone.
    """
    own = package.tables.get("local_populations")
    if places.census.empty or (own is not None and len(own)):
        return {}
    inside = places.lsoa[places.lsoa["upper_code"].isin(placed["upper_code"].unique())]
    table = places.census[places.census["lsoa_vintage"].isin(inside["lsoa_vintage"].unique())]
    table = table.assign(part=table["lsoa_code"].map(_fifths(inside))).dropna(subset=["part"])
    people: People = {}
    _put(people, _complete(table, inside).assign(sex="persons"), "part")
    return people


def _fifths(lsoa: pd.DataFrame) -> pd.Series[str]:
    """Code of the deprivation fifth of an authority that each LSOA is in."""
    index = lsoa.set_index("lsoa_code")
    fifth = (index["imd_decile"] + 1) // 2
    code: pd.Series[str] = index["upper_code"].astype(object) + " quintile " + fifth.astype(str)
    return code


def _residents(places: PlaceTables, inside: pd.DataFrame) -> pd.DataFrame:
    """Residents of LSOAs, on the index's own boundaries, with the fifth that each is in."""
    table = places.lsoa_population
    table = table[table["lsoa_vintage"].isin(inside["lsoa_vintage"].unique())]
    return table.assign(part=table["lsoa_code"].map(_fifths(inside))).dropna(subset=["part"])


def _complete(residents: pd.DataFrame, inside: pd.DataFrame) -> pd.DataFrame:
    """Years in which all LSOAs of a fifth have residents: fewer would make its rate too high."""
    there = residents.groupby(["part", "year"])["lsoa_code"].transform("nunique")
    return residents[there == residents["part"].map(_fifths(inside).value_counts())]


def _unknown_people(places: PlaceTables, placed: pd.DataFrame) -> dict[str, str]:
    """What is said of fifths that have the residents of all their LSOAs in no year."""
    inside = places.lsoa[places.lsoa["upper_code"].isin(placed["upper_code"].unique())]
    lsoas = _fifths(inside).rename("part").reset_index()
    residents = _residents(places, inside)
    known = _complete(residents, inside)["part"].unique()
    said = {}
    for part, rows in lsoas[~lsoas["part"].isin(known)].groupby("part"):
        gone = coverage.lacking(rows, residents, ["lsoa_code"])["lsoa_code"]
        what = f"no year has residents of all its {len(rows):,} LSOAs"
        if len(gone):
            what = (
                f"there are no residents of {len(gone):,} of its {len(rows):,} LSOAs: "
                f"{coverage.first_names(gone)}"
            )
        said[str(part)] = f"; no rate, because {what}"
    return said


def _put(people: People, rows: pd.DataFrame, place: str) -> None:
    keys = [place, "sex", "age_band", "year"]
    sums = rows.groupby(keys, as_index=False)["population"].sum()
    columns = (sums[name] for name in (*keys, "population"))
    for code, sex, band, year, number in zip(*columns, strict=True):
        people.setdefault((str(code), str(sex), str(band)), {})[int(year)] = float(number)


def checked(package: Package, places: PlaceTables) -> tuple[pd.DataFrame, list[Problem]]:
    """As `extract_rates`, with any fault of the arithmetic as a problem too."""
    try:
        return extract_rates(package, places)
    except NeedsError as error:
        return schemas.empty(schemas.LOCAL_RATES), list(error.problems or (error.problem,))
