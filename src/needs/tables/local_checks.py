"""Whether a local extract can be right: its places, what it counts twice, and its residents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from needs.errors import Problem, first_of
from needs.sources.periods import parse
from needs.sources.readers.datapackage import Package
from needs.sources.readers.package_faults import NAMED
from needs.stats.rates import ESP2013
from needs.tables import coverage

#: Residents of many LSOAs may differ from the estimates at hand by this factor, as estimates are
#: revised; and of one, where a hall or an estate was built.
REVISED, FAR_OFF = 1.5, 4.0

#: Share of LSOAs that are many.
MANY_OFF = 0.25

#: What residents of a package are told apart by, and how a message names them.
NOBODY: Mapping[str, str] = {
    "lsoa_code": "LSOAs of the authority",
    "year": "years",
    "sex": "sexes",
    "age_band": "age bands",
}


@dataclass(frozen=True)
class PlaceTables:
    """Processed tables that say where an event happened, and among how many people."""

    areas: pd.DataFrame = field(repr=False)
    lsoa: pd.DataFrame = field(repr=False)
    lsoa_population: pd.DataFrame = field(repr=False)
    populations: pd.DataFrame = field(repr=False)
    #: Residents of LSOAs by age band on census day, for extracts that bring none of their own.
    census: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


def placed_counts(counts: pd.DataFrame, places: PlaceTables) -> tuple[pd.DataFrame, list[Problem]]:
    """Give each row its authority, district and, from its LSOA, its deprivation fifth."""
    table = counts.copy()
    index = places.lsoa.set_index("lsoa_code")
    by_lsoa = table["lsoa_code"].notna()
    known = table["lsoa_code"].isin(index.index)
    district = table["lsoa_code"].map(index["district_code"]).astype(object)
    table["district_code"] = district.where(by_lsoa, table["district_code"])
    upper = places.areas.drop_duplicates("code").set_index("code")["upper_code"]
    table["upper_code"] = (
        table["lsoa_code"]
        .map(index["upper_code"])
        .astype(object)
        .where(by_lsoa, table["district_code"].map(upper).astype(object))
    )
    decile = table["lsoa_code"].map(index["imd_decile"])
    table["quintile"] = ((decile.astype("Float64") + 1) // 2).astype("Int64")
    lost = by_lsoa & ~known
    nowhere = ~by_lsoa & table["upper_code"].isna()
    problems = row_problems(
        counts[lost],
        "lsoa_code",
        "There is no LSOA '{}' in the Indices of Deprivation at hand.",
        "Correct the code; all rows need codes of one year's LSOAs, of 2011 or of 2021.",
    )
    problems += row_problems(
        counts[nowhere],
        "district_code",
        "There is no district '{}'.",
        "Find its code with: needs areas NAME",
    )
    return table, problems


def edition_of(counts: pd.DataFrame, lsoa: pd.DataFrame) -> pd.DataFrame:
    """The index whose LSOAs the extract's are; the earlier one where both have them all."""
    codes = counts["lsoa_code"].dropna().unique()
    found = {
        str(edition): int(rows["lsoa_code"].isin(codes).sum())
        for edition, rows in lsoa.groupby("edition")
    }
    best = max(sorted(found), key=lambda one: found[one], default="")
    return lsoa[lsoa["edition"] == best]


def row_problems(rows: pd.DataFrame, column: str, what: str, remedy: str) -> list[Problem]:
    """A problem for each of the first rows, by cell and line; the rest are counted."""
    problems = [
        Problem(
            what.format(text),
            f"{str(where).replace(', line ', ', row ')}, column {column}",
            remedy,
        )
        for text, where in zip(
            rows[column].head(NAMED), rows["source_row"].head(NAMED), strict=True
        )
    ]
    if len(rows) > NAMED:
        problems.append(Problem(f"{len(rows) - NAMED:,} more rows of this kind.", column))
    return problems


def counted_twice(rows: pd.DataFrame) -> list[Problem]:
    """Rows of persons beside rows of males or females, and frequencies for some rows only."""
    by = rows.groupby("indicator")
    both = by["sex"].transform("nunique") > 1
    problems = row_problems(
        rows[both & (rows["sex"] == "persons") & rows["indicator"].map(_sexed(rows))],
        "sex",
        "A row of '{}' stands beside rows of males or females.",
        "Give males and females, or persons, but not both: events would be counted twice.",
    )
    some = by["frequency"].transform("count") > 0
    return problems + row_problems(
        rows[some & rows["frequency"].isna()],
        "indicator",
        "A row of '{}' has no frequency, and others have.",
        "Give how many events each person had in every row, or in none.",
    )


def _sexed(rows: pd.DataFrame) -> dict[str, bool]:
    return {
        str(key): bool(sexes.isin(["male", "female"]).any())
        for key, sexes in rows.groupby("indicator")["sex"]
    }


def overlapping(rows: pd.DataFrame) -> list[Problem]:
    """Periods of an indicator that share days."""
    problems = []
    for key, labels in rows.groupby("indicator")["period"]:
        periods = sorted(parse(str(text)) for text in labels.unique())
        for earlier, later in itertools.pairwise(periods):
            if earlier.overlaps(later):
                problems.append(
                    Problem(
                        f"Periods {earlier} and {later} of '{key}' overlap.",
                        "local_counts.csv, column period",
                        "Give single years, or periods that do not overlap: small counts could be "
                        "found by subtraction.",
                    )
                )
    return problems


def without_residents(
    package: Package, places: PlaceTables, placed: pd.DataFrame
) -> Iterator[Problem]:
    """LSOAs, sexes and ages of an authority of which the package gives no residents.

    An authority of whose LSOAs it gives none has no standardised rates by deprivation. A year of
    which it gives none takes the nearest year's residents.
    """
    own = package.tables.get("local_populations")
    if own is None or own.empty or placed["lsoa_code"].isna().all():
        return
    inside = places.lsoa[places.lsoa["upper_code"].isin(placed["upper_code"].unique())]
    upper = own["lsoa_code"].map(inside.set_index("lsoa_code")["upper_code"])
    persons = own["sex"] == "persons"
    cells = pd.MultiIndex.from_product(
        [
            sorted(inside.loc[inside["upper_code"].isin(upper.dropna()), "lsoa_code"]),
            sorted(own["year"].unique()),
            ["persons"] if persons.any() else ["male", "female"],
            list(ESP2013),
        ],
        names=list(NOBODY),
    ).to_frame(index=False)
    if cells.empty:
        yield _nobody(
            "No LSOA is one of the authorities of local_counts.csv in the Indices of Deprivation "
            f"{inside['edition'].max()}.",
            "lsoa_code",
        )
        return
    gone = coverage.lacking(cells, own[persons] if persons.any() else own, list(NOBODY))
    for column, what in NOBODY.items():
        sizes = gone.groupby(column, sort=False).size()
        names = [name for name, size in sizes.items() if size == (cells[column] == name).sum()]
        if names:
            number = f"{len(names):,} of {cells[column].nunique():,}"
            yield _nobody(f"There are no residents of {number} {what}: {first_of(names)}.", column)
            gone, cells = (one[~one[column].isin(names)] for one in (gone, cells))
    if len(gone):
        places_of = [", ".join(map(str, one)) for one in gone.to_numpy()]
        what = f"There are no residents in {len(gone):,} cells of LSOA, year, sex and age band: "
        yield _nobody(f"{what}{first_of(places_of, by='; ')}.", "population")


def more_than_residents(placed: pd.DataFrame, places: PlaceTables) -> list[Problem]:
    """Persons counted in a place, of which there are not so many in any year."""
    vintages = places.lsoa["lsoa_vintage"].unique()
    small = places.lsoa_population[places.lsoa_population["lsoa_vintage"].isin(vintages)]
    large = places.populations[
        places.populations["age_from"].eq(0)
        & places.populations["age_to"].isna()
        & places.populations["sex"].eq("persons")
    ]
    residents = pd.concat(
        [
            small.groupby("lsoa_code")["population"].max(),
            large.groupby("area_code")["population"].max(),
        ]
    )
    place = placed["lsoa_code"].fillna(placed["district_code"])
    years = placed["period"].map({one: len(parse(one).years) for one in placed["period"].unique()})
    keys = [placed["indicator"], place, placed["period"]]
    persons = placed["count"].groupby(keys).transform("sum")
    wrong = persons > place.map(residents) * years
    rows = placed[wrong].assign(persons=persons[wrong], place=place[wrong])
    first = rows.drop_duplicates(["indicator", "place", "period"])
    said = [
        f"{code}, {period}: {number:,.0f}"
        for code, period, number in zip(
            first["place"], first["period"], first["persons"], strict=True
        )
    ]
    return row_problems(
        first.assign(count=said),
        "count",
        "More persons are counted than live there, {}.",
        "Correct the count, or the code.",
    )


def other_residents(package: Package, places: PlaceTables) -> list[Problem]:
    """Residents of LSOAs that are far from the estimates at hand, of one or of many."""
    own = package.tables.get("local_populations")
    if own is None or own.empty:
        return []
    persons = own["sex"] == "persons"
    sums = own[persons if persons.any() else own["sex"].notna()]
    given = sums.groupby(["lsoa_code", "year"])["population"].sum().groupby("lsoa_code").mean()
    vintages = places.lsoa["lsoa_vintage"].unique()
    known = places.lsoa_population[places.lsoa_population["lsoa_vintage"].isin(vintages)]
    usual = known.groupby("lsoa_code")["population"].mean()
    factor = (given / usual).dropna()
    off = factor[~factor.between(1 / REVISED, REVISED)]
    far = factor[~factor.between(1 / FAR_OFF, FAR_OFF)]
    many = len(off) > MANY_OFF * len(factor)
    if far.empty and not many:
        return []
    wrong = off.index if many else far.index
    names = [f"{code}: {given[code]:,.0f}, not about {usual[code]:,.0f}" for code in wrong]
    return [
        Problem(
            f"Residents of {len(names):,} of {len(factor):,} LSOAs are far from the mid-year "
            f"estimates at hand ({first_of(names, by='; ')}).",
            "local_populations.csv, column population",
            "Correct the cells, or the codes; residents are of all ages, by sex and age band.",
        )
    ]


def _nobody(what: str, column: str) -> Problem:
    return Problem(
        what,
        f"local_populations.csv, column {column}",
        "Give residents of every LSOA of the authority by year, sex (males and females, or "
        "persons) and age band, 0 where there are none; or leave the table empty: rates by "
        "deprivation are then crude.",
    )
