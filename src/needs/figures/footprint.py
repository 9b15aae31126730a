"""Footprints: several authorities as one area, as combating drugs partnerships are.

Counts and populations are added and rates computed again from them. Where only rates are published,
no figure of the footprint can be formed, and the report shows the members side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from needs import catalogue as catalogue_module
from needs.catalogue import ADDITIVE, GROSS, Catalogue, Indicator, Source
from needs.catalogue.footprints import known_footprints
from needs.stats.status import Status
from needs.tables.areas import plain_name
from needs.tables.same_land import added, under

#: What identifies the same number in every member.
_SAME = ["indicator", "period", "period_start", "period_end", "sex", "age", "category"]

#: The method of a footprint's own count: the sum of its members'.
JOINED = "added up over its members"


def code_of(members: Sequence[str]) -> str:
    """Code of a footprint: its members' codes, joined in order.

    Examples
    --------
    >>> code_of(["E06000017", "E06000016"])
    'E06000016+E06000017'
    """
    return "+".join(sorted(members))


def search_footprints(text: str) -> dict[str, tuple[str, ...]]:
    """Declared footprints whose name holds a text, with their members.

    Examples
    --------
    >>> list(search_footprints("herefordshire and"))
    ['Herefordshire and Worcestershire']
    """
    wanted = plain_name(text)
    return {
        name: members for name, members in known_footprints().items() if wanted in plain_name(name)
    }


def join_populations(populations: pd.DataFrame, members: Sequence[str], name: str) -> pd.DataFrame:
    """Add the members' residents, for the years, sexes and ages that every member has.

    Parameters
    ----------
    populations : DataFrame
        Processed table, see `needs.sources.schemas`.
    members : sequence of str
        Codes.
    name : str
        Of the footprint.
    """
    rows = populations[populations["area_code"].isin(list(members))]
    keys = ["year", "sex", "age_from", "age_to", "edition"]
    joined = rows.groupby(keys, dropna=False, as_index=False).agg(
        population=("population", "sum"),
        members=("area_code", "nunique"),
        source_row=("source_row", lambda rows: added(rows.tolist())),
    )
    joined = joined[joined["members"] == len(members)].drop(columns="members")
    joined = joined.assign(area_code=code_of(members), area_name=name)
    return joined[populations.columns].astype(populations.dtypes.to_dict())


def join_observations(
    observations: pd.DataFrame,
    populations: pd.DataFrame,
    members: Sequence[str],
    name: str,
    catalogue: Catalogue | None = None,
) -> pd.DataFrame:
    """Form the footprint's observations from its members'.

    Counts and amounts, spending before income among them, are added where every member has one.
    Limits of an estimated count (prevalence) are added as well: the members' errors are taken as
    fully dependent, the wider of the two assumptions; see `needs.stats.unmet_need`. Derived
    indicators are then computed from the sums. A published rate has no row, unless it carries the
    count that a derived rate needs: then its row has no value.

    Parameters
    ----------
    observations : DataFrame
        Processed table.
    populations : DataFrame
        The footprint's own rows, from `join_populations`.
    members : sequence of str
        Codes.
    name : str
        Of the footprint.

    Returns
    -------
    DataFrame
        Rows of the footprint, in the columns of `observations`.
    """
    catalogue = catalogue or catalogue_module.load()
    indicators = catalogue.indicators
    derived = {key for key, one in indicators.items() if one.numerator}
    needed = {one.numerator for one in indicators.values() if one.denominator == "population"}
    rows = observations[
        observations["area_code"].isin(list(members))
        & observations["category"].isin(["", GROSS])
        & observations["indicator"].isin([key for key in indicators if key not in derived])
    ]
    sums = pd.DataFrame(
        [
            _sum(group, indicators[str(key[0])], members, name)
            for key, group in rows.groupby(_SAME, sort=False, dropna=False)
            if _adds_up(group, indicators[str(key[0])], members, needed, catalogue)
        ],
        columns=observations.columns,
    )
    if sums.empty:
        return observations.iloc[:0]
    typed = sums.astype(observations.dtypes.to_dict())
    from needs.tables.derive import (
        derive,  # imports much, which a single authority's report does without
    )

    return derive(typed, populations, catalogue, rounding=_bases(rows, catalogue))


def same_land(
    observations: pd.DataFrame,
    joined: pd.DataFrame,
    codes: Sequence[str],
    members: Sequence[str],
    name: str,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Add what is published of a footprint's land as a whole: rates that no sum could give.

    That is what stands under the code of an authority that its members came from or became
    (Cumbria, for Cumberland and Westmorland and Furness), and what a source counts under one member
    with all others (Cornwall, with the Isles of Scilly).

    Parameters
    ----------
    observations : DataFrame
        Processed table.
    joined : DataFrame
        Rows of the footprint, from `join_observations`.
    codes : sequence of str
        Authorities of another date whose land together is the footprint's.
    members : sequence of str
    name : str
        Of the footprint.
    catalogue : Catalogue

    Returns
    -------
    DataFrame
        Rows of the footprint: `joined`, and others where these have no value.
    """
    whole = observations["area_code"].isin(list(codes) if len(codes) == 1 else [])
    for one in members:
        keys = {key for key, source in catalogue.sources.items() if _all_in(one, members, source)}
        of_all = [set(text.split(";")) <= keys for text in observations["source"]]
        whole |= observations["area_code"].eq(one) & pd.Series(of_all, observations.index)
    rows = observations[whole]
    rows = rows.assign(
        area_code=code_of(members),
        area_name=name,
        source_row=[
            under(place, code, "") if code in codes else place
            for place, code in zip(rows["source_row"], rows["area_code"], strict=True)
        ],
    )
    return also(joined, rows)


def also(joined: pd.DataFrame, rows: pd.DataFrame, method: str = "") -> pd.DataFrame:
    """Add rows to a footprint's where it has no value; sums under the method that is named."""
    if method:
        rows = rows.assign(method=rows["method"].replace(JOINED, method))
    shown = joined["status"] == Status.SHOWN
    every = pd.concat([joined[shown], rows, joined[~shown]], ignore_index=True)
    return every.drop_duplicates(_SAME, ignore_index=True)


def _all_in(code: str, members: Sequence[str], source: Source) -> bool:
    """Whether a source counts all other members with one of them."""
    return all(source.merged.get(one) == code for one in members if one != code)


def _bases(rows: pd.DataFrame, catalogue: Catalogue) -> dict[tuple[str, str, str], float]:
    """The bases to which members' people in treatment may have been rounded, added up."""
    used = [one.numerator for one in catalogue.indicators.values() if one.statistic == "unmet_need"]
    found: dict[tuple[str, str, str], float] = {}
    columns = ["indicator", "period", "sex", "count", "area_code", "source"]
    chosen = rows.loc[rows["indicator"].isin(used) & rows["count"].notna(), columns]
    for key, period, sex, count, area, source in chosen.itertuples(index=False):
        base = catalogue.rounding(float(count), str(area), str(period), str(source).split(";"))
        place = (str(key), str(period), str(sex))
        found[place] = found.get(place, 0.0) + base
    return found


def _adds_up(
    group: pd.DataFrame,
    indicator: Indicator,
    members: Sequence[str],
    needed: set[str],
    catalogue: Catalogue,
) -> bool:
    """Whether every member has a count that may be added, or is counted with one that has."""
    have = set(group["area_code"])
    sources = [catalogue.sources[key] for key in set(";".join(group["source"]).split(";"))]
    lacking = [one for one in members if one not in have]
    counted = all(source.merged.get(one) in have for one in lacking for source in sources)
    if len(group) > len(have) or not counted or group["count"].isna().any():
        return False
    return indicator.statistic in ADDITIVE or indicator.key in needed


def _sum(
    group: pd.DataFrame, indicator: Indicator, members: Sequence[str], name: str
) -> dict[str, object]:
    from needs.tables.derive import join_texts

    first = {str(key): value for key, value in group.iloc[0].to_dict().items()}
    additive = indicator.statistic in ADDITIVE
    shown = additive and bool((group["status"] == Status.SHOWN).all())
    limits = shown and bool(group[["lower", "upper"]].notna().all(axis=None))
    return {
        **first,
        "area_code": code_of(members),
        "area_name": name,
        "value": float(group["value"].sum()) if shown else None,
        "lower": float(group["lower"].sum()) if limits else None,
        "upper": float(group["upper"].sum()) if limits else None,
        "count": float(group["count"].sum()),
        "denominator": None,
        "status": str(Status.SHOWN if shown else Status.UNAVAILABLE),
        "marks": _marks(group, additive=additive),
        "method": JOINED,
        "source": join_texts(*group["source"], by=";"),
        "source_row": join_texts(*group["source_row"], by="; "),
    }


def _marks(group: pd.DataFrame, *, additive: bool) -> str:
    """Marks of the members; that a member's rate rests on few events is not said of their sum.

    The rate that is made from the sum is marked by its own number of events.
    """
    from needs.tables.derive import join_marks

    marks = join_marks(*group["marks"])
    return marks if additive else marks.replace("u", "")
