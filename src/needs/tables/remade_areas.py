"""Figures of areas that were remade: residents and counts under every code of the same land.

Publishers give figures on the areas of their own day. `needs.tables.same_land` tells which codes
have the same land and which areas make one up; here the rows of one are given to the other, so that
rates, trends and comparisons do not depend on the code that a file happens to use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pandas as pd

from needs.catalogue import ADDITIVE, Catalogue
from needs.stats.status import Status
from needs.tables.derive import join_marks, join_texts
from needs.tables.same_land import ADDED_UP, SAME_LAND, Lands, added, cover, replaceable, under

#: What makes a row of the table of populations, apart from whose it is.
_BAND = ["year", "sex", "age_from", "age_to", "edition"]

#: The same of observations.
_SAME = ["indicator", "period", "sex", "age", "category"]


def people_everywhere(populations: pd.DataFrame, areas: pd.DataFrame, lands: Lands) -> pd.DataFrame:
    """Add the residents of every area that an edition gives under other codes.

    Parameters
    ----------
    populations : DataFrame
        Rows of the processed table, of one or several editions.
    areas : DataFrame
        Processed table, for names.
    lands : mapping of str to frozenset of str

    Returns
    -------
    DataFrame
        The rows given, and new ones: of codes of the same land and of sums over areas that make it
        up, within one edition and year. A sum with a part missing is not formed.
    """
    names = dict(zip(areas["code"], areas["name"], strict=True))
    parts = [populations]
    for _, rows in populations.groupby(["edition", "year"], sort=False):
        available = set(rows["area_code"])
        covers = {code: cover(code, available, lands) for code in lands if code not in available}
        links = [(code, part) for code, found in covers.items() for part in found]
        if links:
            parts.append(_summed(rows, pd.DataFrame(links, columns=["code", "part"]), names))
    joined = pd.concat(parts, ignore_index=True)
    official = joined["area_code"].map(names)
    joined = joined.assign(area_name=official.fillna(joined["area_name"]))
    return joined[populations.columns].astype(populations.dtypes.to_dict())


def _summed(rows: pd.DataFrame, links: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    joined = links.merge(rows, left_on="part", right_on="area_code")
    sums = joined.groupby(["code", *_BAND], dropna=False, as_index=False).agg(
        population=("population", "sum"), parts=("part", "nunique")
    )
    whole = links.groupby("code")["part"].nunique()
    sums = sums[sums["parts"] == sums["code"].map(whole)]
    # a row of a file holds all ages, so that places are joined once for all of them
    each = joined.drop_duplicates(["code", "sex", "source_row"]).groupby(["code", "sex"])
    read: dict[tuple[str, str], str] = {}
    for key, rows in each:
        code, sex = cast("tuple[str, str]", key)
        places, parts = rows["source_row"].tolist(), rows["part"].tolist()
        alone = len(parts) == 1
        read[code, sex] = under(places[0], parts[0], code) if alone else added(places)
    keys = zip(sums["code"], sums["sex"], strict=True)
    return sums.assign(
        area_code=sums["code"],
        area_name=sums["code"].map(names),
        source_row=[read[key] for key in keys],
    )


def counts_everywhere(
    observations: pd.DataFrame, areas: pd.DataFrame, lands: Lands, catalogue: Catalogue
) -> pd.DataFrame:
    """Add the figures of every local area that a source gives under other codes.

    Parameters
    ----------
    observations : DataFrame
        Rows of the processed table, before rates are derived.
    areas : DataFrame
        Processed table, for names.
    lands : mapping of str to frozenset of str
        From `needs.tables.same_land.lands`.
    catalogue : Catalogue

    Returns
    -------
    DataFrame
        The rows given, and new ones: a row of a code of the same land, as it stands, and the sum of
        counts over areas that make up the land (method `same_land.ADDED_UP`), where every one of
        them has an exact count. A published rate is no sum: its row is kept without a value,
        for the count that a derived rate needs; see `finished`.
    """
    covers = replaceable(lands)
    involved = {*covers, *(part for parts in covers.values() for part in parts)}
    rows = observations[observations["area_code"].isin(involved)]
    if rows.empty:
        return observations
    number = rows.groupby(_SAME, sort=False).ngroup()
    available = rows.groupby(number)["area_code"].agg(frozenset)
    links = {codes: _links(codes, covers, lands) for codes in set(available)}
    pairs = [(one, *link) for one, codes in available.items() for link in links[codes]]
    linked = pd.DataFrame(pairs, columns=["number", "code", "area_code"])
    found = linked.merge(rows.assign(number=number), on=["number", "area_code"], validate="m:1")
    single = found.groupby(["number", "code"])["area_code"].transform("size") == 1
    same = found[single]
    same = same.assign(
        source_row=[
            under(*row)
            for row in zip(same["source_row"], same["area_code"], same["code"], strict=True)
        ]
    )
    made = pd.concat([same, _sums(found[~single], catalogue)], ignore_index=True)
    names = dict(zip(areas["code"], areas["name"], strict=True))
    made = made.assign(area_code=made["code"], area_name=made["code"].map(names))
    made = made[observations.columns].astype(observations.dtypes.to_dict())
    return pd.concat([observations, made], ignore_index=True)


def _links(
    available: frozenset[str], covers: Mapping[str, frozenset[str]], lands: Lands
) -> list[tuple[str, str]]:
    """Codes that lack a row, each with the available ones that make up its land."""
    return [
        (code, part)
        for code, parts in covers.items()
        if code not in available
        for part in cover(code, available & parts, lands)
    ]


def _sums(rows: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Sums of exact counts over the areas that make up a land."""
    can = _can_be_added(rows, catalogue)
    rows = rows[can.groupby([rows["number"], rows["code"]]).transform("all")]
    sums = []
    for _, group in rows.groupby(["number", "code"], sort=False):
        additive = catalogue.indicators[str(group["indicator"].iloc[0])].statistic in ADDITIVE
        shown = additive and bool((group["status"] == Status.SHOWN).all())
        marks = join_marks(*group["marks"])
        sums.append(
            {
                **group.iloc[0].to_dict(),
                "value": float(group["value"].sum()) if shown else None,
                "lower": None,
                "upper": None,
                "count": float(group["count"].sum()),
                "denominator": None,
                "status": str(Status.SHOWN if shown else Status.UNAVAILABLE),
                # that a part's rate rests on few events is not said of the sum
                "marks": marks if additive else marks.replace("u", ""),
                "method": ADDED_UP,
                "source": join_texts(*group["source"], by=";"),
                "source_row": join_texts(*group["source_row"], by="; "),
            }
        )
    return pd.DataFrame(sums, columns=rows.columns)


def _can_be_added(rows: pd.DataFrame, catalogue: Catalogue) -> pd.Series[bool]:
    """Rows with an exact count that adds up, or that a derived rate needs; no estimates."""
    known = catalogue.indicators.values()
    additive = [one.key for one in known if one.statistic in ADDITIVE and not one.numerator]
    needed = [one.numerator for one in known if one.denominator == "population"]
    counts = rows["indicator"].isin(additive) & rows["lower"].isna()
    wanted = (counts | rows["indicator"].isin(needed)) & rows["category"].eq("")
    exact = [
        not catalogue.rounding(count, str(area), str(period), str(source).split(";"))
        for count, area, period, source in zip(
            *(rows[name] for name in ("count", "area_code", "period", "source")), strict=True
        )
    ]
    return wanted & rows["count"].notna() & pd.Series(exact, rows.index, dtype="bool")


def finished(observations: pd.DataFrame) -> pd.DataFrame:
    """Leave out sums that have served the rates made of them, and say last whose row was read."""
    bare = (observations["method"] == ADDED_UP) & (observations["status"] != Status.SHOWN)
    rows = observations[~bare].reset_index(drop=True)
    other = rows["source_row"].str.contains(SAME_LAND, regex=False)
    rows.loc[other, "source_row"] = [
        "; ".join(sorted(text.split("; "), key=lambda part: part.endswith(SAME_LAND)))
        for text in rows.loc[other, "source_row"]
    ]
    return rows
