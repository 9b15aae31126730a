"""What authorities are compared by: age, deprivation and density, from open data alone.

`authority_features` makes the processed table when data are prepared; `needs.figures.neighbours`
finds the authorities most alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from needs.sources.columns import FILES
from needs.tables.areas import district_codes
from needs.tables.same_land import SAME_LAND
from needs.tables.stored import BRITISH_NATIONAL_GRID

if TYPE_CHECKING:
    import geopandas

#: Age groups of the table: first and last year of age (None: and over).
AGES: Mapping[str, tuple[int, int | None]] = {
    "aged_under_18": (0, 17),
    "aged_18_to_24": (18, 24),
    "aged_25_to_44": (25, 44),
    "aged_45_to_64": (45, 64),
    "aged_65_and_over": (65, None),
}

#: National deciles whose residents count as living in the most deprived fifth.
MOST_DEPRIVED = 2

#: Residents per square kilometre under which a small area is sparsely populated: the threshold
#: between rural and urban cells of the Degree of Urbanisation (Eurostat and others, 2021).
SPARSE = 300

#: Mid-years and edition that the features are of, the same in all rows of a reporting year.
BASIS = ("population_year", "index_edition", "residents_year")

#: What is read for each LSOA, from files of their own.
KINDS = ("index", "residents", "land")

#: Decimals that the table keeps, so that a package of it is small and gives the same neighbours.
DECIMALS = 3

SHARES = ("imd_score", "most_deprived_fifth", "sparsely_populated")


def land_areas(boundaries: geopandas.GeoDataFrame, lsoa_vintage: int) -> pd.DataFrame:
    """Measure the land of LSOAs on the British National Grid.

    Parameters
    ----------
    boundaries : GeoDataFrame
        code and geometry, clipped to the coastline.
    lsoa_vintage : int

    Returns
    -------
    DataFrame
        lsoa_vintage, lsoa_code, km2. Generalised boundaries misplace the land of a small area, but
        what one loses its neighbour gains.

    Examples
    --------
    >>> import geopandas, shapely
    >>> square = shapely.box(390_000, 250_000, 391_000, 252_000)
    >>> shape = geopandas.GeoDataFrame({"code": ["E01000001"]}, geometry=[square], crs=27700)
    >>> land_areas(shape.to_crs(4326), 2021)["km2"].round(3).tolist()
    [2.0]
    """
    km2 = boundaries.to_crs(BRITISH_NATIONAL_GRID).area / 1e6
    return pd.DataFrame({"lsoa_vintage": lsoa_vintage, "lsoa_code": boundaries["code"], "km2": km2})


def authority_features(
    areas: pd.DataFrame,
    populations: pd.DataFrame,
    lsoa: pd.DataFrame,
    lsoa_population: pd.DataFrame,
    land: pd.DataFrame,
    published: Mapping[str, int],
    files: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """Compute the features of every upper-tier authority, for each reporting year that differs.

    Authorities of another date have theirs too, from their land, where the year's areas make it up
    exactly: Cumberland in 2022. They are compared with others, never others with them.

    Parameters
    ----------
    areas, populations, lsoa, lsoa_population : DataFrame
        Processed tables of all of England, see `needs.sources.schemas`.
    land : DataFrame
        From `land_areas`, with the columns `needs.sources.columns.FILES` of its layer.
    published : mapping of str to int
        Year of publication of each edition of the index.
    files : mapping of str to mapping
        Where each edition of `populations` stands: its `needs.sources.columns.FILES`.

    Returns
    -------
    DataFrame
        The processed table ``authority_features``. Its `year` is the first reporting year for which
        a row is right: the newest up to a reporting year is that year's. An authority that lacks a
        feature has no row.
    """
    ages = _ages(populations)
    read = [_of_rows(stands, files) for stands in ages.pop("stands")]
    ages = ages.assign(files=pd.Series(read, ages.index, dtype="object"))
    districts = _districts(lsoa, lsoa_population, land, published)
    if ages.empty or not districts:
        return _table([])
    first = max(min(districts), int(ages["year"].min()))
    ground = _Ground(areas, districts[min(districts)].index)
    codes = sorted(areas.loc[areas["kind"] == "upper tier", "code"].unique())
    codes = [code for code in codes if ground.whole(code)]
    made: dict[tuple[int, int], dict[str, dict[str, object]]] = {}
    rows = []
    for year in sorted({first, *districts, *ages["year"], *_changes(areas)}):
        if year < first:
            continue
        served = max(one for one in districts if one <= year)
        newest = int(ages.loc[ages["year"] <= year, "year"].max())
        if (served, newest) not in made:  # of other years with the same files they are the same
            people = ages[ages["year"] == newest].set_index("area_code").to_dict("index")
            lying = [(ground.districts(str(code)), str(code)) for code in people]
            small = districts[served].to_dict("index")
            found = {code: _row(ground.codes(code), people, small, ground, lying) for code in codes}
            made[served, newest] = {code: row for code, row in found.items() if row is not None}
        of_year = made[served, newest].items()
        rows += [{"area_code": code, "year": year, **row} for code, row in of_year]
    return _table(rows)


def file_pairs(row: Mapping[Hashable, Any]) -> list[tuple[str, str]]:
    """Each file that a row of ``authority_features`` is worked out from, after its source's key.

    Examples
    --------
    >>> file_pairs({"source": "a;b", "source_row": "a.csv, edition 1; b.csv, edition 2"})
    [('a', 'a.csv, edition 1'), ('b', 'b.csv, edition 2')]
    """
    names = str(row["source_row"]).split("; ")
    return list(zip(str(row["source"]).split(";"), names, strict=True))


def columns_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The columns `FILES` of pairs of source and file, each pair once."""
    once = dict.fromkeys(pairs)
    return {"source": ";".join(key for key, _ in once), "source_row": "; ".join(n for _, n in once)}


def _of_rows(
    stands: Iterable[tuple[str, str]], files: Mapping[str, Mapping[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Rows of the mid-year estimates, each after the key of its edition's source.

    That the place has another code there is left out: the row is named.
    """
    return tuple(
        (files.get(edition, {}).get("source", "ons_population"), row)
        for edition, rows in stands
        for row in rows.split("; ")
        if not row.endswith(SAME_LAND)
    )


class _Ground:
    """Which codes lie on which land, told by the districts of the oldest index."""

    def __init__(self, areas: pd.DataFrame, districts: Iterable[str]) -> None:
        self._areas = areas
        self.all = frozenset(districts)
        self._known: dict[str, frozenset[str]] = {}
        #: What each code came from or became.
        self._linked: dict[str, set[str]] = {}
        for code, heirs in zip(areas["code"], areas["successor"].fillna(""), strict=True):
            for heir in str(heirs).split(";") if heirs else ():
                self._linked.setdefault(str(code), set()).add(heir)
                self._linked.setdefault(heir, set()).add(str(code))

    def codes(self, code: str) -> frozenset[str]:
        """All district and unitary codes, now and before, of an area's land."""
        if code not in self._known:
            self._known[code] = frozenset(district_codes(code, self._areas))
        return self._known[code]

    def whole(self, code: str) -> bool:
        """Whether the oldest index's districts make up the area's land, with nothing left over."""
        own = self.codes(code)
        return all(
            one in self.all or one.startswith("E10") or bool(self._linked.get(one, set()) & own)
            for one in own
        )

    def districts(self, code: str) -> frozenset[str]:
        """Districts of the oldest index that an area is made of."""
        return self.codes(code) & self.all


def _row(
    codes: frozenset[str],
    people: Mapping[Hashable, Mapping[Hashable, Any]],
    districts: Mapping[Hashable, Mapping[Hashable, Any]],
    ground: _Ground,
    lying: Sequence[tuple[frozenset[str], str]],
) -> dict[str, object] | None:
    """Features of one authority, whose land the codes name; None where one is missing."""
    inside = [one for code, one in districts.items() if code in codes]
    cover = [people[code] for code in _cover(codes & ground.all, lying)]
    names = ("residents", "score", "deprived", "sparse", "km2")
    if not cover or not inside or any(pd.isna(one[name]) for one in inside for name in names):
        return None
    ages = {name: float(sum(one[name] for one in cover)) for name in AGES}
    population = sum(ages.values())
    files = [pair for one in cover for pair in one["files"]]
    files += [pair for kind in KINDS for one in inside for pair in one[f"{kind}_files"]]
    sums = {name: float(sum(one[name] for one in inside)) for name in names}
    return {
        "population_year": int(cover[0]["year"]),
        "population": population,
        **{name: 100 * (ages[name] / population) for name in AGES},
        "index_edition": str(inside[0]["edition"]),
        "residents_year": int(inside[0]["residents_year"]),
        "residents": sums["residents"],
        "imd_score": sums["score"] / sums["residents"],
        "most_deprived_fifth": 100 * (sums["deprived"] / sums["residents"]),
        "km2": sums["km2"],
        "sparsely_populated": 100 * (sums["sparse"] / sums["residents"]),
        **columns_of(files),
    }


def _cover(land: frozenset[str], lying: Sequence[tuple[frozenset[str], str]]) -> list[str]:
    """The codes with residents that make up an authority's land exactly, largest first, or none.

    Estimates of a year stand under the codes of their publication: Cumbria's of mid-2022 are those
    of the two authorities that took over in 2023. What districts each code lies on is `lying`.
    """
    left = set(land)
    inside = [(own, code) for own, code in lying if own and own <= left]
    chosen = []
    for own, code in sorted(inside, key=lambda pair: (-len(pair[0]), pair[1])):
        if own <= left:
            chosen.append(code)
            left -= own
    return [] if left else chosen


def _ages(populations: pd.DataFrame) -> pd.DataFrame:
    """Persons by age group of every local area and year with single years of age."""
    local = populations["area_code"].str.match(r"E(?:0[6-9]|10)")
    total = populations["age_from"].eq(0) & populations["age_to"].isna()
    rows = populations[local & ~total & populations["sex"].eq("persons")]
    keys = ["area_code", "year"]
    parts = {}
    for name, (low, high) in AGES.items():
        top = rows["age_from"].le(high) if high is not None else True
        parts[name] = rows[rows["age_from"].ge(low) & top].groupby(keys)["population"].sum()
    read = rows[[*keys, "edition", "source_row"]].drop_duplicates()
    pairs = pd.Series(list(zip(read["edition"], read["source_row"], strict=True)), read.index)
    stands = pairs.groupby([read[key] for key in keys]).agg(list)
    return pd.DataFrame({**parts, "stands": stands}).dropna().reset_index()


def _districts(
    lsoa: pd.DataFrame,
    lsoa_population: pd.DataFrame,
    land: pd.DataFrame,
    published: Mapping[str, int],
) -> dict[int, pd.DataFrame]:
    """Sums over the LSOAs of each district, by the first year that their index and residents serve.

    Residents are the newest in or before the year on the index's own LSOAs; a missing part of a sum
    leaves it missing.
    """
    at_hand = {str(one) for one in lsoa["edition"]}
    issued = sorted((year, edition) for edition, year in published.items() if edition in at_hand)
    out = {}
    for place, (first, edition) in enumerate(issued, start=1):
        following = issued[place][0] if place < len(issued) else 9999
        rows = lsoa[lsoa["edition"] == edition]
        vintage = rows["lsoa_vintage"].iloc[0]
        rows = rows.rename(columns=_named("index"))
        ground = land.loc[land["lsoa_vintage"] == vintage, ["lsoa_code", "km2", *FILES]]
        ground = ground.rename(columns=_named("land"))
        people = lsoa_population[lsoa_population["lsoa_vintage"] == vintage]
        years = sorted({int(one) for one in people["year"]})
        before = [one for one in years if one <= first]
        after = [one for one in years if first < one < following]
        for year in [*before[-1:], *after]:
            residents = people.loc[people["year"] == year, ["lsoa_code", "population", *FILES]]
            residents = residents.rename(columns=_named("residents"))
            joined = rows.merge(residents, on="lsoa_code", how="left")
            joined = joined.merge(ground, on="lsoa_code", how="left")
            sums = _sums(joined).assign(edition=edition, residents_year=year)
            out[max(first, year)] = sums
    return out


def _sums(small: pd.DataFrame) -> pd.DataFrame:
    residents = small["population"]
    parts = pd.DataFrame(
        {
            "district_code": small["district_code"],
            "residents": residents,
            "score": small["imd_score"] * residents,
            "deprived": residents.where(small["imd_decile"] <= MOST_DEPRIVED, 0.0),
            "sparse": residents.where(residents < SPARSE * small["km2"], 0.0),
            "km2": small["km2"],
        }
    )
    sums = parts.groupby("district_code").sum(min_count=1, skipna=False)
    for kind in KINDS:
        own = small[["district_code", *_named(kind).values()]].dropna().drop_duplicates()
        pairs: dict[str, list[tuple[str, str]]] = {str(code): [] for code in sums.index}
        for code, key, name in own.itertuples(index=False, name=None):
            pairs[code].append((key, name))
        read = [tuple(pairs[str(code)]) for code in sums.index]
        sums[f"{kind}_files"] = pd.Series(read, sums.index, dtype="object")
    return sums


def _named(kind: str) -> dict[str, str]:
    return {name: f"{kind}_{name}" for name in FILES}


def _changes(areas: pd.DataFrame) -> set[int]:
    """Years in which an upper-tier authority began or ended."""
    upper = areas[areas["kind"] == "upper tier"]
    days = pd.concat([upper["valid_from"], upper["valid_to"]]).dropna()
    return {int(one) for one in days.dt.year}


def _table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    columns = ["area_code", "year", "population_year", "population", *AGES, "index_edition"]
    columns += ["residents_year", "residents", "imd_score", "most_deprived_fifth", "km2"]
    table = pd.DataFrame(list(rows), columns=[*columns, "sparsely_populated", *FILES])
    numbers = [*AGES, *SHARES, "km2"]
    return table.assign(**{name: table[name].astype("float64").round(DECIMALS) for name in numbers})
