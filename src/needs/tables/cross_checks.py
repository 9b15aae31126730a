"""Whether files agree with each other: names of codes, LSOAs of districts, residents, places.

Every file says something that another says too. Where one contradicts the others it is refused,
and the message names it; which of two is wrong is decided by the majority of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from needs.catalogue import VINTAGE
from needs.errors import Problem
from needs.sources.area_codes import ENGLAND, LOCAL
from needs.tables.areas import aliases, mismatch, plain_name
from needs.tables.corrected import unsaid
from needs.tables.coverage import NAMED, Held, first_names, first_told

if TYPE_CHECKING:
    import geopandas

#: Option of an edition: how much is recorded differs between areas far more than what happens.
UNEVEN = "uneven"

#: Residents of a district as its LSOAs have them and as the authority's estimates do may differ by
#: this factor: estimates are revised after a census.
REVISED = 1.5

#: Counts and people for each resident lie within this factor of the usual; and England's rate of
#: its areas' mean.
EVENTS, AT_RISK, OFF = 12.0, 1.6, 1.2

#: A count below is small; a place below is an exception; from so many areas on there is a usual;
#: and so many are all of England.
FEW, SMALLEST, MANY, WHOLE = 30, 20_000, 30, 100

#: Share of LSOAs whose residents may change by `REVISED` from year to year.
SHIFTED = 0.05

#: Metres by which a centroid may lie outside the box around its boundary, which is generalised.
NEAR = 2_000

#: Columns of codes, each with that of the names beside it.
_PAIRS = (
    ("area_code", "area_name"),
    ("district_code", "district_name"),
    ("upper_code", "upper_name"),
    ("region_code", "region_name"),
    ("code", "name"),
)

_AREA = r"E(?:0[6-9]|10|12|92)\d{6}"

#: What publishers add to the name of a region or county.
_SUFFIX = r" (?:region\b.*|UA)$| \((?:Cty|UA|Cty & UA|Met County)\)$"


def problems(held: Sequence[Held], areas: pd.DataFrame) -> list[Problem]:
    """Faults of files that contradict others.

    Parameters
    ----------
    held : sequence of Held
        Publishers' files as read.
    areas : DataFrame
        Processed table, see `needs.sources.schemas`.
    """
    return [
        *_of_names(held, areas),
        *_of_districts(held),
        *_of_residents(held),
        *_of_years(held),
        *_of_shapes(held),
        *_of_events(held),
        *_of_editions(held),
    ]


# names


def _of_names(held: Sequence[Held], areas: pd.DataFrame) -> Iterator[Problem]:
    """A code has the name beside it that it has in the other files."""
    said = pd.concat([_names(one) for one in held], ignore_index=True) if held else pd.DataFrame()
    if said.empty or areas.empty:
        return
    spelt = {(code, plain_name(name)) for name, code in aliases().items()}
    said = said[[pair not in spelt for pair in zip(said["code"], said["plain"], strict=True)]]
    files = said.groupby(["code", "plain"])["file"].transform("nunique")
    strange = files < files.groupby(said["code"]).transform("max")
    unknown = ~said["code"].isin(areas["code"])
    for file, rows in said[unknown | strange].groupby("file", sort=False):
        for code, name in rows[["code", "name"]].head(NAMED).itertuples(index=False):
            what, remedy = mismatch(code, name, areas) or (
                f"{code} is not '{name}' in the other files.",
                "Two codes were mixed up. Download the file again.",
            )
            yield Problem(what, str(file), remedy)
        if len(rows) > NAMED:
            yield Problem(f"{len(rows) - NAMED:,} more codes of this kind.", str(file))


def _names(one: Held) -> pd.DataFrame:
    """Codes of a file with the names beside them, each pair once."""
    table = one.table
    pairs = [pair for pair in _PAIRS if set(pair) <= set(table.columns)]
    if one.layer.startswith("lsoa"):
        pairs = []
    years = [name.removeprefix("code_") for name in table.columns if name.startswith("code_")]
    pairs += [(f"code_{year}", f"name_{year}") for year in years]
    parts = [
        pd.DataFrame(table[[code, name]].drop_duplicates()).set_axis(["code", "name"], axis=1)
        for code, name in pairs
    ]
    if not parts:
        return pd.DataFrame(columns=["code", "name", "plain", "file"])
    found = pd.concat(parts).drop_duplicates()
    named = found["code"].str.fullmatch(_AREA) & (found["name"].fillna("") != "")
    found = found[named]
    short = found["name"].str.replace(_SUFFIX, "", regex=True)
    return found.assign(name=short, plain=short.map(plain_name), file=one.file)


# small areas


def _of_districts(held: Sequence[Held]) -> Iterator[Problem]:
    """An index has its LSOAs in the districts in which the lookups have them."""
    lookups = [
        one
        for one in held
        if one.source.gives == "lookup" and one.edition.options.get("table") == "lsoa_district"
    ]
    for one in (each for each in held if each.source.gives == "index"):
        for lookup in lookups:
            if lookup.edition.options[VINTAGE] != one.edition.options.get(VINTAGE):
                continue
            both = one.table.merge(lookup.table, on="lsoa_code", suffixes=("", "_there"))
            apart = both[
                both["district_name"].map(plain_name) != both["district_name_there"].map(plain_name)
            ]
            if len(apart):
                row = apart.iloc[0]
                yield Problem(
                    f"LSOA {row['lsoa_code']} is in {row['district_name']} here and in "
                    f"{row['district_name_there']} in {lookup.name}; {len(apart):,} LSOAs in all.",
                    one.file,
                    "One of the two files was changed. Download both again.",
                )


def _of_residents(held: Sequence[Held]) -> Iterator[Problem]:
    """A district has about as many residents in its LSOAs as in the authorities' estimates."""
    lookups = {
        int(one.edition.options[VINTAGE]): one.table.set_index("lsoa_code")["district_code"]
        for one in held
        if one.source.gives == "lookup" and one.edition.options.get("table") == "lsoa_district"
    }
    people = _residents(held)
    if people.empty:
        return
    for one in held:
        vintage = one.edition.options.get(VINTAGE)
        if not {"lsoa_code", "population"} <= set(one.table) or vintage not in lookups:
            continue
        district = one.table["lsoa_code"].map(lookups[int(vintage)])
        sums = one.table.groupby([district.rename("area_code"), "year"])["population"].sum()
        both = people.merge(sums.rename("small").reset_index(), on=["area_code", "year"])
        ratio = both["small"] / both["population"]
        yield from first_told(
            one,
            both[~ratio.between(1 / REVISED, REVISED)],
            lambda row: (
                f"The LSOAs of {row['area_code']} have {row['small']:,.0f} residents, "
                f"mid-{row['year']}, the authority {row['population']:,.0f} in {row['file']}"
            ),
            "One of the two files was changed, or is of another year. Download both again.",
        )


def _of_years(held: Sequence[Held]) -> Iterator[Problem]:
    """LSOAs have about as many residents as in the year before."""
    years: dict[tuple[int, int], tuple[Held, pd.Series[float]]] = {}
    for one in held:
        if {"lsoa_code", "population", "year"} <= set(one.table):
            vintage = int(one.edition.options[VINTAGE])
            for year, rows in one.table.groupby("year"):
                people = rows.drop_duplicates("lsoa_code").set_index("lsoa_code")["population"]
                years[vintage, int(str(year))] = one, people
    ordered = sorted(years)
    for before, after in pairwise(ordered):
        if before[0] != after[0]:
            continue
        (one, people), (other, later) = years[before], years[after]
        ratio = (later / people).dropna()
        far = ~ratio.between(1 / REVISED, REVISED)
        if far.mean() > SHIFTED:
            where = one.file if one.file == other.file else f"{one.file} or {other.file}"
            yield Problem(
                f"Of {far.sum():,} of {len(ratio):,} LSOAs the residents of mid-{before[1]} and "
                f"mid-{after[1]} are not alike.",
                where,
                "A column was sorted or shifted by itself. Download the file again.",
            )


def _residents(held: Sequence[Held]) -> pd.DataFrame:
    """All residents by area_code and year, and the file; of several editions the last."""
    parts = [pd.DataFrame(columns=["area_code", "year", "population", "file"])]
    for one in held:
        if "age_from" in one.table and "population" in one.table:
            table = one.table
            whole = table["age_to"].isna() & table["age_from"].eq(0) & table["sex"].eq("persons")
            parts.append(
                table.loc[whole, ["area_code", "year", "population"]].assign(file=one.name)
            )
    found = pd.concat([one for one in parts if len(one)] or parts, ignore_index=True)
    return found.drop_duplicates(["area_code", "year"], keep="last")


# events


def _of_events(held: Sequence[Held]) -> Iterator[Problem]:
    """Events and people of readings are of the size of their area, and England is its mean."""
    people = _residents(held)
    if people.empty:
        return
    known = people.set_index(["area_code", "year"])["population"]
    first, last = int(people["year"].min()), int(people["year"].max())
    for one in held:
        if "measure" not in one.table:
            continue
        table = one.table[one.table["category"] == ""]
        local = table[table["area_code"].str[:3].isin(LOCAL)]
        year = local["period_end"].dt.year.clip(first, last)
        keys = pd.MultiIndex.from_arrays([local["area_code"], year])
        local = local.assign(residents=known.reindex(keys).to_numpy())
        local = local[local["residents"].notna()]
        yield from _empty_areas(one, local)
        if not one.edition.options.get(UNEVEN):
            yield from _of_size(one, local, "count", EVENTS)
        yield from _of_size(one, local, "denominator", AT_RISK)
        yield from _of_england(one, local, table[table["area_code"] == ENGLAND])


def _empty_areas(one: Held, local: pd.DataFrame) -> Iterator[Problem]:
    """An area of which nothing has a value, and nothing says why."""
    own = local.assign(unsaid=unsaid(local), shown=local["value"].notna()).groupby(
        ["measure", "area_code"]
    )
    empty = own.agg({"unsaid": "all", "residents": "last", "area_name": "last", "shown": "size"})
    empty = empty[empty["unsaid"] & (empty["residents"] > SMALLEST) & (empty["shown"] > 1)]
    yield from first_told(
        one,
        empty.reset_index(),
        lambda row: (
            f"{row['area_name'] or row['area_code']} has no value of {row['measure']} in any "
            "period, and nothing says why"
        ),
        one.remedy,
    )


def _of_size(one: Held, local: pd.DataFrame, column: str, factor: float) -> Iterator[Problem]:
    """Counts, and people at risk, for each resident are much the same everywhere."""
    rows = local[local[column] >= FEW]
    each = rows[column] / rows["residents"]
    by = [rows[name] for name in ("measure", "sex", "age")]
    usual, size = (each.groupby(by).transform(what) for what in ("median", "size"))
    wrong = rows[(size >= MANY) & ~(each / usual).between(1 / factor, factor)]
    if column == "denominator" and len(wrong) > len(rows) / 10:
        return  # people at risk are not residents: those in need, for instance
    yield from first_told(
        one,
        wrong,
        lambda row: (
            f"The {column} {row[column]:,.10g} of {row['area_name'] or row['area_code']}, "
            f"{row['period']}, is out of all proportion to {row['residents']:,.0f} residents"
        ),
        one.remedy,
    )


def _of_england(one: Held, local: pd.DataFrame, england: pd.DataFrame) -> Iterator[Problem]:
    """England's rate is about the mean of its areas', weighted by their residents."""
    keys = ["measure", "sex", "age", "period"]
    rates = local["count"].isna() | (local["count"] != local["value"])
    kinds = local["area_code"].str[:3]
    parts = local[rates & (kinds != ("E10" if (kinds == "E07").any() else "E07"))]
    share = parts["value"].notna().groupby([parts[key] for key in keys]).agg(["mean", "size"])
    shown = parts[parts["value"].notna()]
    by = [shown[key] for key in keys]
    weighted = (shown["value"] * shown["residents"]).groupby(by).sum()
    mean = (weighted / shown["residents"].groupby(by).sum()).rename("mean_of_areas")
    whole = share.index[(share["mean"] > 0.95) & (share["size"] >= WHOLE)]
    own = england.drop_duplicates(keys).set_index(keys)
    both = own.join(mean.reindex(whole), how="inner").dropna(subset=["value", "mean_of_areas"])
    apart = both[~(both["mean_of_areas"] / both["value"]).between(1 / OFF, OFF)]
    yield from first_told(
        one,
        apart.reset_index(),
        lambda row: (
            f"England's {row['value']:.6g} of {row['measure']}, {row['period']}, {row['sex']}, is "
            f"not about the mean of its areas, {row['mean_of_areas']:.6g}"
        ),
        one.remedy,
    )


def _of_editions(held: Sequence[Held]) -> Iterator[Problem]:
    """Files of one source give the same figure about alike."""
    by_source: dict[str, list[Held]] = {}
    for one in held:
        if "measure" in one.table:
            by_source.setdefault(one.source.key, []).append(one)
    for files in by_source.values():
        for number, one in enumerate(files):
            for other in files[number + 1 :]:
                yield from _said_by_two(one, other)


def _said_by_two(one: Held, other: Held) -> Iterator[Problem]:
    keys = ["measure", "area_code", "period", "sex", "age", "category"]
    both = one.table.merge(other.table, on=keys, suffixes=("", "_there"))
    both = both[(both["value"] >= FEW) & both["value_there"].notna()]
    yield from first_told(
        one,
        both[~(both["value_there"] / both["value"]).between(1 / REVISED, REVISED)],
        lambda row: (
            f"{row['value']:,.10g} of {row['measure']}, {row['area_name'] or row['area_code']}, "
            f"{row['period']}, {row['sex']}, {row['age']}, is {row['value_there']:,.10g} in "
            f"{other.name}"
        ),
        "One of the two files was changed. Download both again.",
    )


def _of_shapes(held: Sequence[Held]) -> Iterator[Problem]:
    """Where people of an area live lies within its boundary."""
    points = {int(one.edition.options[VINTAGE]): one for one in held if "easting" in one.table}
    lookups = {
        int(one.edition.options[VINTAGE]): one.table.set_index("lsoa_code")
        for one in held
        if one.source.gives == "lookup" and one.edition.options.get("table") == "lsoa_district"
    }
    uppers = pd.concat(
        [one.table[["district_code", "upper_code"]] for one in held if "upper_code" in one.table]
        or [pd.DataFrame(columns=["district_code", "upper_code"])]
    ).drop_duplicates("district_code", keep="last")
    for one in (each for each in held if each.layer):
        if one.layer.startswith("lsoa_"):
            centroids = points.get(int(one.layer.removeprefix("lsoa_")))
            if centroids is None:
                continue
            placed = centroids.table.assign(code=centroids.table["lsoa_code"])
        else:
            year = max(points, default=0)
            if year not in lookups:
                continue
            centroids = points[year]
            districts = centroids.table["lsoa_code"].map(lookups[year]["district_code"])
            if one.layer == "upper_tier":
                districts = districts.map(uppers.set_index("district_code")["upper_code"])
            placed = centroids.table.assign(code=districts)
        yield from _outside(one, one.table, placed, centroids)


def _outside(
    one: Held, shapes: geopandas.GeoDataFrame, placed: pd.DataFrame, centroids: Held
) -> Iterator[Problem]:
    """Boundaries in whose box, on the National Grid, fewer than half of the centroids lie."""
    import geopandas
    import shapely

    # boxes alone are put on the grid: the shapes themselves would take long
    around = shapely.box(*shapes.geometry.bounds.to_numpy().T)
    box = geopandas.GeoSeries(around, crs=shapes.crs).to_crs(27700).bounds
    box.columns = ["west", "south", "east", "north"]
    both = placed.merge(box.assign(code=shapes["code"].to_numpy()), on="code")
    inside = both["easting"].between(both["west"] - NEAR, both["east"] + NEAR)
    inside &= both["northing"].between(both["south"] - NEAR, both["north"] + NEAR)
    share = inside.groupby(both["code"]).mean()
    wrong = sorted(share.index[share < 0.5])
    if wrong:
        names = shapes.set_index("code")["name"]
        yield Problem(
            f"The boundaries of {len(wrong):,} areas do not lie where {centroids.name} has their "
            f"people: {first_names(f'{names[code]} ({code})' for code in wrong)}.",
            f"{one.file} or {centroids.file}",
            "One of the two files was changed. Download both again.",
        )
