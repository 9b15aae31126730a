"""Whether the figures of a file agree with each other.

A file that was sorted, shifted, cut, scaled or mixed up on its way still reads as a table of
numbers. What sees it are relations that hold whatever the figures are: limits enclose their value,
a rate is its count among its people, parts add up to the whole, an area has every period. What is
asked of a file here holds exactly, or within wide bounds, in every national file that the tests
read; a file that breaks it is refused with the first rows that do.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from needs.catalogue import Catalogue, Indicator
from needs.errors import Problem
from needs.sources.area_codes import ENGLAND, LOCAL, UNITARY, UPPER
from needs.sources.relations import (
    CRUDE,
    MANY_VALUES,
    ROUNDING,
    STANDARDISED,
    decile_of,
    sexes_apart,
    shortened,
)
from needs.tables.corrected import unsaid
from needs.tables.coverage import NAMED, Held, first_told

#: Bounds of (upper − lower) ÷ value × √count of a rate: 3.92 for a large count.
WIDTH = (1.5, 8.0)

#: Share of a measure's rows that may be without a value, and without a reason for it.
BLANK = 0.3

#: Share of values from which on a column is thought to be there, and not to be there.
PART = 0.1

#: Areas from which on consecutive periods are compared, and the least rank correlation of theirs.
MANY, ALIKE = 30, 0.2

#: Factor by which residents of one age may differ from those of the next: births of 1946 and 1947.
BIRTHS = 1.45

#: Statistics whose limits follow from the count of events.
RATES = ("crude_rate", "directly_standardised_rate")

#: What to do with numbers that have lost their digits.
AS_ISSUED = (
    "Use the publisher's file as it was issued: a spreadsheet program has shortened numbers."
)

#: Option of an edition: the columns that its file has besides values, as readings have them.
GIVES = "gives"

_GROUP = ["measure", "sex", "age", "category"]


def problems(held: Sequence[Held], catalogue: Catalogue) -> list[Problem]:
    """Faults of files whose figures do not agree with each other.

    Parameters
    ----------
    held : sequence of Held
        Publishers' files as read; areas without a code have been given theirs.
    catalogue : Catalogue
        Its indicators say what kind of statistic a measure is.
    """
    return [
        problem for one in held for problem in of_file(one, indicators_by_measure(one, catalogue))
    ]


def has_figures(one: Held) -> bool:
    """Whether a file has anything that could agree."""
    return not {"measure", "population", "imd_rank"}.isdisjoint(one.table.columns)


def of_file(one: Held, indicators: Mapping[str, Indicator]) -> list[Problem]:
    """Faults of a file alone, whose measures are read for `indicators`."""
    found = [*_digits_of_people(one)]
    if "measure" in one.table:
        found += of_readings(one, indicators)
    elif "population" in one.table and "sex" in one.table:
        found += of_people(one)
    elif "imd_rank" in one.table:
        found += of_deciles(one)
    return found


def _digits_of_people(one: Held) -> Iterator[Problem]:
    """Numbers of residents have all their digits, in each year of the file."""
    if "population" not in one.table:
        return
    by = (
        one.table["year"].astype("str")
        if "year" in one.table
        else one.table.index.map(lambda _: "")
    )
    for year, own in one.table.groupby(by):
        if shortened(own["population"]):
            when = f" of mid-{year}" if year else ""
            what = f"No number of residents{when} has more than two digits."
            yield Problem(what, one.file, AS_ISSUED)


def indicators_by_measure(one: Held, catalogue: Catalogue) -> dict[str, Indicator]:
    """The indicator that each measure of a file is read for, if it is read for one."""
    return {
        str(part.select["measure"]): indicator
        for indicator in catalogue.indicators.values()
        for part in indicator.parts
        if part.source == one.source.key and "measure" in part.select
    }


def of_readings(one: Held, indicators: Mapping[str, Indicator]) -> Iterator[Problem]:
    """Faults of a file of readings."""
    table = one.table
    yield from _enclosed(one, table)
    for key, group in table.groupby("measure", sort=False):
        measure = str(key)
        yield from _shown(one, group, measure)
        yield from _periods(one, group, measure)
        yield from _precise(one, group, indicators.get(measure))
        indicator = indicators.get(measure)
        if indicator is not None:
            yield from _ratio(one, group, indicator)
            if indicator.statistic in RATES:
                yield from _width(one, group)
                yield from _possible(one, group, indicator)
        yield from _sexes(one, group)
    plain = table[table["category"] == ""]
    yield from _gaps(one, plain)
    yield from _alike(one, plain)
    yield from _sums(one, plain)
    yield from _parts(one, table)


# one row


def _enclosed(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    alone = table["lower"].isna() != table["upper"].isna()
    yield from first_told(
        one, table[alone], lambda row: f"Of the limits of {_named(row)} only one is there"
    )
    room = ROUNDING * table["value"].abs()
    outside = (table["lower"] > table["value"] + room) | (table["upper"] < table["value"] - room)
    yield from first_told(
        one,
        table[outside],
        lambda row: (
            f"The value {row['value']:.10g} of {_named(row)} does not lie between its limits, "
            f"{row['lower']:.10g} and {row['upper']:.10g}"
        ),
    )


def _ratio(one: Held, table: pd.DataFrame, indicator: Indicator) -> Iterator[Problem]:
    """A rate is about its count among its people; a crude rate is just that.

    Of how many units the rate is, is the indicator's `multiplier`.
    """
    full = table[(table["denominator"] > 0) & (table["count"] > 0) & (table["value"] > 0)]
    crude = full["count"] / full["denominator"] * indicator.multiplier
    if indicator.statistic == "directly_standardised_rate":
        factor = STANDARDISED
    elif indicator.statistic in ("crude_rate", "proportion"):
        factor = CRUDE
    else:
        return
    # a small count rounds the value as well
    wrong = np.abs(np.log(full["value"] / crude)) > np.log(factor)
    yield from first_told(
        one,
        full[wrong].assign(crude=crude[wrong]),
        lambda row: (
            f"The value {row['value']:.6g} of {_named(row)} does not fit its count and its people: "
            f"{row['count']:,.10g} among {row['denominator']:,.10g} are {row['crude']:.6g}"
        ),
    )


def _possible(one: Held, table: pd.DataFrame, indicator: Indicator) -> Iterator[Problem]:
    """A rate is of no more than everybody."""
    yield from first_told(
        one,
        table[table["value"] > indicator.multiplier],
        lambda row: (
            f"The value {row['value']:,.10g} of {_named(row)} is more than everybody: it is of "
            f"{indicator.multiplier:,.0f}"
        ),
    )


def _width(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """The fewer events, the wider the limits of their rate."""
    full = table[(table["count"] > 0) & (table["value"] > 0) & table["upper"].notna()]
    wide = (full["upper"] - full["lower"]) / full["value"] * np.sqrt(full["count"])
    yield from first_told(
        one,
        full[~wide.between(*WIDTH)],
        lambda row: (
            f"The limits of {_named(row)}, {row['lower']:.6g} and {row['upper']:.6g} around "
            f"{row['value']:.6g}, are not those of a rate of {row['count']:,.10g} events"
        ),
    )


# all rows of a measure


def _shown(one: Held, table: pd.DataFrame, measure: str) -> Iterator[Problem]:
    """A measure has values, and no period is much emptier than the others."""
    blank = table["value"].isna()
    if blank.all():
        yield Problem(f"No row of {measure} has a value.", one.file, one.remedy)
        return
    without = unsaid(table).mean()
    if without > BLANK:
        yield Problem(
            f"Of {measure} {without:.0%} of the rows have no value, and nothing says why.",
            one.file,
            one.remedy,
        )
    for column in one.edition.options.get(GIVES, ()):
        if table[column].isna().all():
            yield Problem(f"No row of {measure} has a {column}.", one.file, one.remedy)
    for column in ("count", "denominator"):
        lacking = table.loc[~blank, column].isna().mean()
        if PART < lacking < 1 - PART:
            yield Problem(
                f"Of {measure} {lacking:.0%} of the values have no {column}, the others have.",
                one.file,
                one.remedy,
            )
    by = table.assign(blank=blank).groupby([*_GROUP, "period"], sort=False)["blank"]
    share, rows = by.mean(), by.size()
    usual = share.groupby(level=_GROUP).transform("median")
    for key in share.index[(share > usual + 0.5) & (rows >= MANY)]:
        yield Problem(
            f"Of {measure} {share[key]:.0%} of the rows of {key[-1]} have no value, of other "
            f"periods {usual[key]:.0%}.",
            one.file,
            one.remedy,
        )


def _precise(one: Held, table: pd.DataFrame, indicator: Indicator | None) -> Iterator[Problem]:
    """Values have the digits that the publisher gives."""
    value = table["value"].dropna().abs()
    if len(value) < MANY_VALUES:
        return
    measure = table["measure"].iloc[0]
    if indicator is not None and indicator.decimals and indicator.statistic != "count":
        for column in ("value", "lower", "upper"):
            numbers = table[column].dropna()
            if len(numbers) and (numbers % 1 == 0).all():
                yield Problem(f"No {column} of {measure} has a decimal.", one.file, AS_ISSUED)
    if shortened(value):
        yield Problem(f"No value of {measure} has more than two digits.", one.file, AS_ISSUED)


def _periods(one: Held, table: pd.DataFrame, measure: str) -> Iterator[Problem]:
    """Periods are of one length and follow each other without a hole; none lies ahead."""
    span = table.drop_duplicates("period")[["period", "period_start", "period_end"]]
    begins, ends = span["period_start"].dt, span["period_end"].dt
    kind = begins.month * 100 + (ends.year - begins.year) * 12 + ends.month - begins.month
    usual = kind == kind.mode().iloc[0]
    for period in span.loc[~usual, "period"]:
        what = f"is not of the kind of the other periods of {measure}"
        yield _of_period(one, table, period, what)
    span = span[usual].sort_values("period_end")
    step = span["period_end"].dt.year.diff()
    holes = step > 1 if one.whole else step > 5
    for period in span.loc[holes, "period"]:
        before = span["period"].shift()[span["period"] == period].iloc[0]
        yield _of_period(one, table, period, f"follows {before} in {measure}, with years between")


def _of_period(one: Held, table: pd.DataFrame, period: str, what: str) -> Problem:
    row = table[table["period"] == period].iloc[0].to_dict()
    return Problem(f"The period {period} {what}.", one.place(row), one.remedy)


def _gaps(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """An area has every period between its first and its last."""
    if not one.whole:
        return
    place = table["area_code"].where(table["area_code"] != "", table["area_name"])
    number = table.groupby(_GROUP)["period_end"].rank("dense").astype("int64")
    rows = table.assign(place=place, number=number).sort_values([*_GROUP, "place", "number"])
    before = rows.groupby([*_GROUP, "place"], sort=False)["number"].shift()
    gaps = rows[rows["number"] - before > 1]
    yield from first_told(
        one,
        gaps.assign(gone=(gaps["number"] - before[gaps.index] - 1).astype("int64")),
        lambda row: (
            f"Before the row of {_named(row)}, {row['gone']} of the periods of {row['measure']} "
            "are not there for this area, though earlier ones are"
        ),
    )


def _alike(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """Authorities rank much as they did in the period before.

    Where they do not at all, a column was sorted or shifted by itself.
    """
    local = table[table["area_code"].str[:3].isin(LOCAL) & table["value"].notna()]
    size = local.groupby([*_GROUP, "period_end"])["area_code"].transform("size")
    for _, rows in local[size >= MANY].groupby(_GROUP, sort=False):
        wide = rows.pivot_table(index="area_code", columns="period_end", values="value")
        labels = rows.drop_duplicates("period_end").set_index("period_end")["period"]
        for before, after in zip(wide.columns[:-1], wide.columns[1:], strict=True):
            both = wide[[before, after]].dropna().rank()
            if len(both) < MANY or (both.nunique() < MANY / 2).any():
                continue
            if np.corrcoef(both[before], both[after])[0, 1] < ALIKE:
                yield Problem(
                    f"The areas' values of {labels[after]} are not at all like those of "
                    f"{labels[before]} in {_what(rows)}: one of the two columns was sorted or "
                    "shifted by itself.",
                    one.file,
                    one.remedy,
                )


# parts and wholes


def _sexes(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """Males and females add up to persons."""
    rows = table[table["count"].notna() & ~table["status"].isin(["suppressed"])]
    keys = ["area_code", "period", "age", "category"]
    wide = rows.pivot_table(index=keys, columns="sex", values="count", aggfunc="first")
    if not {"persons", "male", "female"} <= set(wide.columns):
        return
    wide = wide.dropna()
    apart = sexes_apart(wide)
    if not apart.any():
        return
    place = rows[rows["sex"] == "persons"].set_index(keys)
    wrong = place.loc[place.index.isin(wide.index[apart])].reset_index()
    parts = wide[apart]
    yield from first_told(
        one,
        wrong,
        lambda row: (
            f"Males and females of {_named(row)}, "
            f"{parts.loc[tuple(row[key] for key in keys), 'male']:,.10g} and "
            f"{parts.loc[tuple(row[key] for key in keys), 'female']:,.10g}, do not add up to "
            f"{row['count']:,.10g} persons"
        ),
    )


def _sums(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """Regions add up to England where all have an exact count."""
    exact = (
        table["count"].notna() & table["denominator"].isna() & (table["value"] == table["count"])
    ) & ~table["marks"].str.contains("e")  # estimates of England and of regions are rounded apart
    rows = table[exact]
    keys = [*_GROUP, "period"]
    regions = rows[rows["area_code"].str[:3] == "E12"].groupby(keys)["count"].agg(["sum", "size"])
    england = rows[rows["area_code"] == ENGLAND].drop_duplicates(keys).set_index(keys)
    both = regions.join(england, how="inner")
    # events of people whose region is not known are England's alone
    wrong = both[(both["size"] == 9) & (both["sum"] > both["count"])]
    yield from first_told(
        one,
        wrong.reset_index(),
        lambda row: (
            f"The nine regions of {_named(row)} have {row['sum']:,.10g}, England only "
            f"{row['count']:,.10g}"
        ),
    )


def _parts(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """What the source declares to be a part is not more than its whole."""
    for part, whole in one.source.part_of.items():
        yield from _part(one, table[table["measure"] == part], table[table["measure"] == whole])


def _part(one: Held, part: pd.DataFrame, whole: pd.DataFrame) -> Iterator[Problem]:
    keys = ["area_code", "area_name", "period", "sex", "age", "category"]
    number = "value" if part["count"].isna().all() else "count"
    names = ["measure", number]
    both = part.merge(whole[[*keys, *names]], on=keys, suffixes=("", "_whole"))
    yield from first_told(
        one,
        both[both[number] > both[f"{number}_whole"]],
        lambda row: (
            f"{row[number]:,.10g} of {row['measure']} in {_named(row)} are more than "
            f"{row[f'{number}_whole']:,.10g} of {row['measure_whole']}, of which they are a part"
        ),
    )


def of_people(one: Held) -> Iterator[Problem]:
    """Faults of mid-year estimates: sexes, districts and regions add up."""
    table = one.table.assign(age_to=one.table["age_to"].fillna(-1).astype("int64"))
    keys = ["area_code", "area_name", "year", "age_from", "age_to"]
    wide = table.pivot_table(index=keys, columns="sex", values="population", aggfunc="first")
    if {"persons", "male", "female"} <= set(wide.columns):
        known = wide.dropna()
        apart = known[(known["male"] + known["female"] - known["persons"]).abs() > 0.5]
        for row in apart.reset_index().head(NAMED).to_dict("records"):
            yield Problem(
                f"Males and females of {row['area_name']}, mid-{row['year']}, "
                f"{_age(row)}, {row['male']:,.0f} and {row['female']:,.0f}, do not add up to "
                f"{row['persons']:,.0f} persons.",
                one.file,
                "Two sheets were mixed up, or one was changed. " + one.remedy,
            )
        if len(apart) > NAMED:
            yield Problem(f"{len(apart) - NAMED:,} more sums of this kind.", one.file, one.remedy)
    yield from _england(one, table)
    yield from _single_years(one, table)


def _single_years(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """England's residents of an age are about as many as those one year younger."""
    local = table[table["area_code"].str[:3].isin(UPPER) & (table["age_from"] == table["age_to"])]
    sums = local.groupby(["year", "sex", "age_from"])["population"].sum()
    step = sums / sums.groupby(level=["year", "sex"]).shift()
    for year, sex, age in step.index[(step < 1 / BIRTHS) | (step > BIRTHS)][:1]:
        yield Problem(
            f"Residents aged {age}, mid-{year}, {sex}, are {sums[year, sex, age]:,.0f} in all, "
            f"those aged {age - 1} {sums[year, sex, age - 1]:,.0f}.",
            one.file,
            "Two columns of ages were mixed up, or one was changed. " + one.remedy,
        )


def _age(row: Mapping[Hashable, Any]) -> str:
    if row["age_to"] == -1:
        return "all ages" if row["age_from"] == 0 else f"{row['age_from']} and over"
    return f"aged {row['age_from']}"


def _england(one: Held, table: pd.DataFrame) -> Iterator[Problem]:
    """England is the sum of its regions and of its authorities, at every age."""
    kind = table["area_code"].str[:3]
    keys = ["year", "sex", "age_from", "age_to"]
    whole = table[table["area_code"] == ENGLAND].set_index(keys)["population"]
    for kinds, what in ((("E12",), "regions"), (UPPER, "counties and unitary authorities"),
                        ((*UNITARY, "E07"), "districts")):  # fmt: skip
        parts = table[kind.isin(kinds)]
        if not set(kinds) <= set(kind) or whole.empty:
            continue
        sums = parts.groupby(keys)["population"].sum()
        both = pd.concat([whole.rename("whole"), sums.rename("sum")], axis=1).dropna()
        apart = both[(both["whole"] - both["sum"]).abs() > 0.5].reset_index()
        for row in apart.head(1).to_dict("records"):
            yield Problem(
                f"The {what} have {row['sum']:,.0f} residents, mid-{row['year']}, {row['sex']}, "
                f"{_age(row)}, England {row['whole']:,.0f}"
                + (f"; so with {len(apart) - 1:,} more ages or years." if apart[1:].size else "."),
                one.file,
                "An area is missing, stands twice, or its cells were changed. " + one.remedy,
            )


def of_deciles(one: Held) -> Iterator[Problem]:
    """Faults of an index: deciles follow from ranks, and ranks from scores."""
    table = one.table
    domains = [name.removesuffix("_rank") for name in table.columns if name.endswith("_rank")]
    for domain in domains:
        rank, decile = table[f"{domain}_rank"], table.get(f"{domain}_decile")
        if decile is None:
            continue
        wrong = table[decile_of(rank, len(table)) != decile]
        for row in wrong.head(1).to_dict("records"):
            yield Problem(
                f"Rank {row[f'{domain}_rank']:,.0f} of {len(table):,} in {domain} is not in decile "
                f"{row[f'{domain}_decile']:.0f} (LSOA {row['lsoa_code']}); {len(wrong):,} LSOAs in "
                "all.",
                one.file,
                "Two columns were mixed up, or cells were changed. " + one.remedy,
            )
    ordered = table.sort_values("imd_rank", kind="stable")
    rising = ordered[ordered["imd_score"].diff() > ROUNDING]
    for row in rising.head(1).to_dict("records"):
        yield Problem(
            f"The score of LSOA {row['lsoa_code']}, {row['imd_score']:.6g}, is higher than that of "
            f"the LSOA one rank before it; {len(rising):,} LSOAs in all.",
            one.file,
            "Two columns were mixed up, or cells were changed. " + one.remedy,
        )


# words


def _named(row: Mapping[Hashable, Any]) -> str:
    parts = (row["area_name"] or row["area_code"], row["period"], row["sex"], row["age"])
    return ", ".join(str(one) for one in (*parts, row["category"]) if one)


def _what(table: pd.DataFrame) -> str:
    row = table.iloc[0]
    return ", ".join(str(row[one]) for one in _GROUP if row[one])
