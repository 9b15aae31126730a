"""Readings of parts added up: districts and partnerships into authorities, quarters into years.

A sum stands only where every one of its parts has a count; else it is not available, and its trail
names the part that lacks one. What a source is added up from, its `added_from` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from needs.sources.area_codes import ENGLAND
from needs.sources.periods import year_ending
from needs.stats.status import STATUS_SYMBOL, Status
from needs.tables.coverage import Held
from needs.tables.same_land import added

#: What makes readings the same number of different areas.
_SAME = ["measure", "period", "period_start", "period_end", "sex", "age", "category"]

#: The same of different quarters.
_SERIES = ["measure", "area_code", "sex", "age", "category"]

#: What of a sum is formed of its parts; all else is as in the first.
_FORMED = ("count", "denominator", "marks", "source_row", "without", "value", "status")

QUARTERS = 4


def sums_in_place(held: Sequence[Held], areas: pd.DataFrame) -> list[Held]:
    """Files as read, those that give parts with their sums in place.

    Parameters
    ----------
    held : sequence of Held
        Publishers' files, lookups among them.
    areas : DataFrame
        Processed table, see `needs.sources.schemas`.
    """
    out: list[Held] = []
    lookup = next(
        (one.table for one in reversed(held) if "partnership_code" in one.table.columns), None
    )
    for one in held:
        kinds = one.source.added_from
        table = one.table
        if "districts" in kinds:
            table = with_counties(table, areas)
        if "partnerships" in kinds:
            table = of_partnerships(table, areas, lookup)
        out.append(replace(one, table=table))
    for key in dict.fromkeys(one.source.key for one in out if "quarters" in one.source.added_from):
        own = [one for one in out if one.source.key == key]
        quarters = pd.concat([one.table for one in own], ignore_index=True)
        renamed = quarters["area_code"].replace(_new_codes(areas))
        years = replace(own[-1], table=years_of_quarters(quarters.assign(area_code=renamed)))
        out = [one for one in out if one.source.key != key] + [years]
    return out


def _new_codes(areas: pd.DataFrame) -> dict[str, str]:
    """Codes of areas that took another code and stayed what they were, with the new one."""
    taken = areas.loc[areas["successor"].notna(), ["code", "successor"]].drop_duplicates()
    alone = ~taken["successor"].duplicated(keep=False) & ~taken["successor"].str.contains(";")
    return dict(taken.loc[alone, ["code", "successor"]].itertuples(index=False, name=None))


def with_counties(table: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Add the sums over the districts of each county, as they were at the end of the period."""
    districts = areas[areas["upper_code"].notna() & (areas["upper_code"] != areas["code"])]
    sums = [table]
    for end, rows in table.groupby("period_end", sort=False):
        there = districts[
            (districts["valid_from"].isna() | (districts["valid_from"] <= end))
            & (districts["valid_to"].isna() | (districts["valid_to"] >= end))
        ]
        links = there[["code", "upper_code"]].set_axis(["area_code", "whole"], axis=1)
        sums.append(_sums(rows, links, areas))
    return pd.concat(sums, ignore_index=True)


def of_partnerships(
    table: pd.DataFrame, areas: pd.DataFrame, lookup: pd.DataFrame | None
) -> pd.DataFrame:
    """Figures of authorities, districts, regions and England, of partnerships and police forces.

    An authority has the sum of its partnerships, and each of them as a category where there are
    several; neither has a figure where a partnership goes beyond the authority. A district has that
    of a partnership of its own. Regions and England are the sums of their police forces.
    """
    if lookup is None:
        return table.iloc[:0]
    place = areas.drop_duplicates("code").set_index("code")
    links = lookup.assign(
        upper=lookup["district_code"].map(place["upper_code"]),
        region=lookup["district_code"].map(place["region_code"]),
    )
    pairs = links[["partnership_code", "upper"]].dropna().drop_duplicates()
    shared = pairs.loc[pairs["partnership_code"].duplicated(keep=False), "partnership_code"]
    readable = table[~table["area_code"].isin(shared)]
    uppers = pairs.set_axis(["area_code", "whole"], axis=1)
    several = uppers[uppers["whole"].duplicated(keep=False)]
    within = readable.merge(several, on="area_code")
    alone = links[~links["partnership_code"].duplicated(keep=False)]
    own = alone.loc[alone["district_code"] != alone["upper"], ["partnership_code", "district_code"]]
    forces = links[["force_code", "region"]].dropna().drop_duplicates()
    country = forces[["force_code"]].drop_duplicates().assign(whole=ENGLAND)
    return pd.concat(
        [
            _sums(readable, uppers, areas),
            within.assign(
                category=within["area_name"],
                area_code=within["whole"],
                area_name=within["whole"].map(place["name"]),
            )[table.columns],
            _sums(readable, own.set_axis(["area_code", "whole"], axis=1), areas),
            _sums(table, forces.set_axis(["area_code", "whole"], axis=1), areas),
            _sums(table, country.set_axis(["area_code", "whole"], axis=1), areas),
        ],
        ignore_index=True,
    )


def years_of_quarters(table: pd.DataFrame) -> pd.DataFrame:
    """Years of four quarters that follow each other, for each quarter that ends one.

    Areas keep their codes: one that was remade within the year has none.
    """
    month = table["period_end"].dt.year * 12 + table["period_end"].dt.month
    table = table.assign(quarter=month // 3)
    ends = table.drop_duplicates("quarter").set_index("quarter")["period_end"].sort_index()
    years = []
    for last, end in ends.items():
        numbers = [last - back for back in reversed(range(QUARTERS))]
        if not set(numbers) <= set(ends.index):
            continue
        rows = table[table["quarter"].isin(numbers)]
        size = rows.groupby(_SERIES, sort=False)["quarter"].transform("size")
        year = year_ending(end.year, end.month)
        whole = rows[size == QUARTERS].sort_values("quarter", kind="stable")
        years.append(
            _added(whole, _SERIES, lambda row: str(row.period)).assign(
                period=year.label,
                period_start=pd.Timestamp(year.start),
                period_end=pd.Timestamp(year.end),
            )
        )
    columns = [one for one in table.columns if one != "quarter"]
    return pd.concat(years, ignore_index=True)[columns] if years else table.iloc[:0][columns]


def _sums(rows: pd.DataFrame, links: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Sums over the areas that make up a whole (`links`: area_code, whole), where all are there."""
    names = dict(zip(areas["code"], areas["name"], strict=True))
    joined = rows.merge(links, on="area_code")
    size = joined.groupby([*_SAME, "whole"], sort=False)["area_code"].transform("size")
    joined = joined[size == joined["whole"].map(links["whole"].value_counts())]
    if joined.empty:
        return rows.iloc[:0]
    sums = _added(joined, [*_SAME, "whole"], lambda row: str(row.area_name))
    sums["area_code"] = sums["whole"]
    sums["area_name"] = sums["whole"].map(names).fillna("")
    return sums[rows.columns]


def _added(rows: pd.DataFrame, by: list[str], named: Callable[[Any], str]) -> pd.DataFrame:
    """Groups of readings as one each; without a value where a part has no count.

    A share is formed again of the sums.
    """
    rows = rows.reset_index(drop=True)
    lacking = zip(rows.itertuples(), rows["count"].isna(), strict=True)
    rows["without"] = [
        f"{named(row)} [{STATUS_SYMBOL.get(Status(row.status), 'x')}]" if lacks else ""
        for row, lacks in lacking
    ]
    groups = rows.groupby(by, sort=False)
    sums = groups.agg(
        **{name: (name, "first") for name in rows.columns if name not in (*by, *_FORMED)},
        count=("count", "sum"),
        denominator=("denominator", "sum"),
        counted=("count", "count"),
        of_whom=("denominator", "count"),
        parts=("status", "size"),
        marks=("marks", _letters),
        source_row=("source_row", lambda places: added(list(dict.fromkeys(places)))),
        without=("without", lambda texts: ", ".join(filter(None, texts))),
    ).reset_index()
    sums["count"] = sums["count"].where(sums["counted"] == sums["parts"])
    sums["denominator"] = sums["denominator"].where(sums["of_whom"] == sums["parts"])
    share = 100 * sums["count"] / sums["denominator"].where(sums["denominator"] > 0)
    sums["value"] = sums["count"].where(sums["of_whom"] == 0, share)
    shown = sums["value"].notna()
    sums["status"] = shown.map({True: str(Status.SHOWN), False: str(Status.UNAVAILABLE)})
    gaps = "; no sum without: " + sums["without"]
    sums["source_row"] += gaps.where(sums["without"] != "", "")
    return sums.drop(columns=["without", "counted", "of_whom", "parts"])


def _letters(marks: Iterable[str]) -> str:
    return "".join(sorted(set("".join(marks))))
