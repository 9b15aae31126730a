"""Whether the figures of a data package agree with each other.

A package is written by hand, or by ``needs pack`` and then changed by hand. Little is asked of it:
relations that hold exactly, with room for figures that were rounded before they were written down.
What stands alone, such as one count of an area, nothing here can judge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from needs.catalogue import LOCAL_SOURCE, Catalogue, Indicator
from needs.sources.periods import parse
from needs.sources.relations import CRUDE, ROUNDED, ROUNDING, STANDARDISED, decile_of, sexes_apart

#: LSOAs of England, which an index ranks, on the boundaries of each year.
LSOAS: Mapping[int, int] = {2011: 32_844, 2021: 33_755}

#: Years between a period and all others of its kind from which on it is a slip; and the fewest
#: periods that say what is usual.
FAR, USUAL = 5, 3

#: Rows from which on one that is lacking is missed.
GRID = 10

#: Shares of ages add up to 100 to this.
SHARES = 0.1

#: Columns of `schemas.AUTHORITY_FEATURES` that add up to the whole.
AGES = ("under_18", "18_to_24", "25_to_44", "45_to_64", "65_and_over")

#: What the index of a row is called beside its cells.
AT = "at"

#: Index of the row, its column, and what is wrong.
Fault = tuple[Any, str, str]


def faults(table: str, rows: pd.DataFrame, catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of the rows of a table.

    Parameters
    ----------
    table : str
        Name of the table, see `needs.sources.readers.package_tables.TABLES`.
    rows : DataFrame
        In the columns and types of its schema.
    catalogue : Catalogue
        Its indicators say what kind of statistic a value is.

    Yields
    ------
    index of the row, its column, and what is wrong
    """
    rules: Mapping[str, Callable[[pd.DataFrame], Iterator[Fault]]] = {
        "observations": lambda table: of_observations(table, catalogue.indicators),
        "local_counts": of_events,
        "lsoa": of_index,
        "populations_by_sex": of_sexes_beside,
        "populations": people_add_up,
        "authority_features": of_shares,
    }
    if table in rules and len(rows):
        yield from rules[table](rows)


def _records(rows: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Rows, each with its index under `AT`."""
    return rows.rename_axis(AT).reset_index().to_dict("records")


def of_observations(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> Iterator[Fault]:
    """Faults of figures: of one row, of sexes and categories of a total, and of periods."""
    alone = rows["lower"].isna() != rows["upper"].isna()
    for row in _records(rows[alone]):
        lacking = "lower" if pd.isna(row["lower"]) else "upper"
        yield row[AT], lacking, "Of the two limits only one is there."
    for key, group in rows.groupby("indicator", sort=False):
        indicator = indicators.get(str(key))
        if indicator is None:
            continue
        yield from _ratio(group, indicator)
        if indicator.statistic == "count":
            yield from _beside(group)
            numbers = group.assign(number=group["count"].fillna(group["value"]))
            yield from _sexes(numbers)
            yield from _categories(numbers)
        yield from _periods(group)
        yield from _hole(group[group["source"] == LOCAL_SOURCE])


def of_events(rows: pd.DataFrame) -> Iterator[Fault]:
    """Periods of counted events, of which each indicator has one kind."""
    for _, own in rows.groupby("indicator", sort=False):
        starts = {one: pd.Timestamp(parse(one).start) for one in own["period"].unique()}
        ends = {one: pd.Timestamp(parse(one).end) for one in starts}
        yield from _periods(
            own.assign(
                source=LOCAL_SOURCE,
                period_start=own["period"].map(starts),
                period_end=own["period"].map(ends),
            )
        )


def _ratio(rows: pd.DataFrame, indicator: Indicator) -> Iterator[Fault]:
    """A share or rate is its count among its people; each of the three may be rounded."""
    exact = indicator.statistic in ("crude_rate", "proportion")
    if not exact and indicator.statistic != "directly_standardised_rate":
        return
    full = rows[(rows["denominator"] > 0) & rows["count"].notna() & rows["value"].notna()]
    if full.empty:
        return
    count, people, value = (
        full[name].to_numpy(dtype="float64") for name in ("count", "denominator", "value")
    )
    room = np.where((count % ROUNDED == 0) & (people % ROUNDED == 0), ROUNDED / 2, 0.5)
    factor = CRUDE if exact else STANDARDISED
    unit = indicator.multiplier
    least = (count - room).clip(0) / (people + room) * unit / factor
    most = (count + room) / np.maximum(people - room, room) * unit * factor
    digit = np.array([_half_a_digit(one) for one in value])
    wrong = (value + digit < least) | (value - digit > most)
    for index, one, of, rate in zip(
        full.index[wrong], count[wrong], people[wrong], value[wrong], strict=True
    ):
        yield (
            index,
            "value",
            f"The value, {rate:.6g}, does not fit its count and denominator: {one:,.10g} of "
            f"{of:,.10g} are {one / of * unit:.6g}.",
        )


def _half_a_digit(value: float) -> float:
    """Half of the last digit that a number is written with.

    Examples
    --------
    >>> _half_a_digit(40.0), _half_a_digit(12.5)
    (0.5, 0.05)
    """
    text = np.format_float_positional(value, trim="-")
    return 0.5 / 10.0 ** len(text.partition(".")[2])


def _beside(rows: pd.DataFrame) -> Iterator[Fault]:
    """A value that is a count is the count beside it."""
    apart = (rows["value"] - rows["count"]).abs()
    wrong = (apart > ROUNDED) & (apart > (CRUDE - 1) * rows["value"])
    for row in _records(rows[wrong]):
        yield (
            row[AT],
            "count",
            f"The count, {row['count']:,.10g}, is not the value, {row['value']:,.10g}.",
        )


def _sexes(rows: pd.DataFrame) -> Iterator[Fault]:
    """Males and females add up to persons; of some events the sex is not known."""
    keys = ["area_code", "period", "age", "category", "source"]
    sums = _wide(rows, keys, "sex")
    if not {"persons", "male", "female"} <= set(sums.columns):
        return
    sums = sums[["persons", "male", "female"]].dropna()
    whole = rows[rows["sex"] == "persons"].drop_duplicates(keys).rename_axis(AT).reset_index()
    for row in whole.merge(sums[sexes_apart(sums)].reset_index(), on=keys).to_dict("records"):
        yield row[AT], "value", _not_persons(row)


def _categories(rows: pd.DataFrame) -> Iterator[Fault]:
    """What is counted by category is at most all that is counted."""
    keys = ["area_code", "period", "sex", "age", "source"]
    whole = rows[rows["category"] == ""].drop_duplicates(keys)
    parts = rows[rows["category"] != ""].rename_axis(AT).reset_index()
    both = parts.merge(whole[[*keys, "number"]], on=keys, suffixes=("", "_whole"))
    room = np.where(
        (both["number"] % ROUNDED == 0) & (both["number_whole"] % ROUNDED == 0), ROUNDED, 0.5
    )
    for row in both[both["number"] > both["number_whole"] + room].to_dict("records"):
        yield (
            row[AT],
            "value",
            f"'{row['category']}', {row['number']:,.10g}, is more than all, "
            f"{row['number_whole']:,.10g}.",
        )


def _wide(rows: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    shown = rows[rows["number"].notna()]
    return shown.pivot_table(index=keys, columns=column, values="number", aggfunc="first")


def _periods(rows: pd.DataFrame) -> Iterator[Fault]:
    """The periods of a source begin and end in the same months, not far from each other."""
    for _, own in rows.groupby("source", sort=False):
        span = own.rename_axis(AT).reset_index().drop_duplicates("period")
        begins, ends = span["period_start"].dt, span["period_end"].dt
        # several years together are of the kind of one
        kind = begins.month * 100 + (ends.month - begins.month) % 12
        number = kind.map(kind.value_counts())
        rare = (number == 1) & (number.max() >= USUAL)
        for row in span[rare].to_dict("records"):
            yield (
                row[AT],
                "period",
                f"The period {row['period']} is not of the kind of the others, such as "
                f"{span.loc[~rare, 'period'].iloc[0]}.",
            )
        usual = span[~rare].sort_values("period_end")
        step = usual["period_end"].dt.year.diff()
        if len(usual) <= USUAL:
            continue
        for index, before in ((usual.index[-1], step.iloc[-1]), (usual.index[0], step.iloc[1])):
            if before > FAR:
                row = usual.loc[index].to_dict()
                yield (
                    row[AT],
                    "period",
                    f"The period {row['period']} is {before:.0f} years from all the others.",
                )


def _hole(rows: pd.DataFrame) -> Iterator[Fault]:
    """One row that is not there, where every other area, period, sex, age and category has one."""
    keys = ["area_code", "period", "sex", "age", "category"]
    parts = [rows[key].unique() for key in keys]
    if len(rows) + 1 < GRID or math.prod(map(len, parts)) != len(rows) + 1:
        return
    there = pd.MultiIndex.from_frame(rows[keys])
    gone = pd.MultiIndex.from_product(parts, names=keys).difference(there)[0]
    near = rows[rows["area_code"] == gone[0]]
    yield (
        near.index[-1],
        "row",
        f"There is no row of {', '.join(str(one) for one in gone if one)}, and of everything else "
        "there is one.",
    )


def of_index(rows: pd.DataFrame) -> Iterator[Fault]:
    """Deciles follow from ranks, ranks from scores, and names of LSOAs from their districts."""
    for vintage, own in rows.groupby("lsoa_vintage"):
        number = LSOAS.get(int(str(vintage)))
        for name in own.columns:
            decile = name.replace("_rank", "_decile")
            if number is None or not name.endswith("_rank") or decile not in own:
                continue
            fits = decile_of(own[name], number)
            for row in _records(own.assign(fits=fits)[fits != own[decile]]):
                yield (
                    row[AT],
                    decile,
                    f"Rank {row[name]:,.0f} of {number:,} is in decile {row['fits']:.0f}, not "
                    f"{row[decile]:.0f}.",
                )
    for _, own in rows.groupby("edition"):
        ordered = own.sort_values("imd_rank", kind="stable")
        rising = ordered["imd_score"].diff() > ROUNDING
        for row in _records(ordered.assign(before=ordered["imd_rank"].shift())[rising]):
            yield (
                row[AT],
                "imd_score",
                f"The score, {row['imd_score']:.6g}, is higher than that of rank "
                f"{row['before']:,.0f}, which is more deprived.",
            )
    named = rows["lsoa_name"].str.replace(r" \d{3}[A-Z]+$", "", regex=True)
    known = set(rows["district_name"]) - {""}
    wrong = named.isin(known) & (named != rows["district_name"]) & (rows["district_name"] != "")
    for row in _records(rows[wrong]):
        yield (
            row[AT],
            "district_code",
            f"{row['lsoa_name']} is not in {row['district_name']} ({row['district_code']}).",
        )


def of_sexes_beside(rows: pd.DataFrame) -> Iterator[Fault]:
    """Males and females add up to persons, and ages to all ages."""
    more = (rows["male"] + rows["female"] - rows["persons"]).abs()
    for row in _records(rows[more > 0.5]):
        yield row[AT], "persons", _not_persons(row)
    for sex in ("persons", "male", "female"):
        own = rows[rows[sex].notna()].assign(population=rows[sex])
        yield from _ages(own, ["area_code", "year", "edition"], sex)


def people_add_up(rows: pd.DataFrame) -> Iterator[Fault]:
    """Ages add up to all ages, and males and females to persons."""
    yield from _ages(rows, ["area_code", "year", "sex", "edition"], "population")
    keys = ["area_code", "year", "age_from", "age_to", "edition"]
    numbers = rows.assign(number=rows["population"], age_to=rows["age_to"].fillna(-1))
    sums = _wide(numbers, keys, "sex")
    if {"persons", "male", "female"} <= set(sums.columns):
        whole = numbers[numbers["sex"] == "persons"].rename_axis(AT).reset_index()
        both = whole.merge(sums.dropna().reset_index(), on=keys)
        for row in both.to_dict("records"):
            if abs(row["male"] + row["female"] - row["persons"]) > 0.5:
                yield row[AT], "population", _not_persons(row)


def _not_persons(row: Mapping[Hashable, Any]) -> str:
    return (
        f"Males and females, {row['male']:,.10g} and {row['female']:,.10g}, do not add up to "
        f"{row['persons']:,.10g} persons."
    )


def _ages(rows: pd.DataFrame, keys: list[str], column: str) -> Iterator[Fault]:
    """Single years of age and those above add up to all ages, where all of them are there."""
    whole = (rows["age_from"] == 0) & rows["age_to"].isna()
    parts = rows[~whole]
    single = (parts["age_from"] == parts["age_to"]) | parts["age_to"].isna()
    sums = parts[single].groupby(keys)["population"].agg(["sum", "size"])
    oldest = parts[single].groupby(keys)["age_from"].max()
    sums = sums[sums["size"] == oldest + 1]["sum"].rename("parts").reset_index()
    both = rows[whole].rename_axis(AT).reset_index().merge(sums, on=keys)
    for row in both[(both["population"] - both["parts"]).abs() > 0.5].to_dict("records"):
        yield (
            row[AT],
            column,
            f"The ages of {row['area_code']}, mid-{row['year']}, add up to {row['parts']:,.0f}, "
            f"not {row['population']:,.0f}.",
        )


def of_shares(rows: pd.DataFrame) -> Iterator[Fault]:
    """Shares of ages add up to the whole."""
    sums = rows[[f"aged_{one}" for one in AGES]].sum(axis=1)
    for row in _records(rows.assign(sums=sums)[(sums - 100).abs() > SHARES]):
        said = f"The shares of ages add up to {row['sums']:.6g}%, not 100%."
        yield row[AT], f"aged_{AGES[0]}", said
