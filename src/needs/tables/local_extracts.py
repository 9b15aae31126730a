"""Local extracts of deaths and admissions: rates by district, deprivation and age, protected.

Counts of single events come in a data package (``local_counts``, see docs/local-data.md) and never
leave this module: disclosure control is applied first, and rates are computed from what it leaves.
Only `needs.sources.schemas.LOCAL_RATES` is written to ``data/processed/``.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from needs.catalogue import Disclosure, Indicator
from needs.errors import InvalidDataError, NeedsError, Problem
from needs.sources import schemas
from needs.sources.codes import ENGLAND
from needs.sources.periods import Period, parse
from needs.sources.readers.datapackage import NAMED, LocalIndicator, LocalRule, Package
from needs.sources.written import age_range
from needs.stats.intervals import poisson
from needs.stats.proportions import proportion
from needs.stats.rates import ESP2013, RELIABLE_EVENTS, crude_rate, directly_standardised_rate
from needs.stats.status import Status
from needs.tables import coverage
from needs.tables.derive import LEAST_DEATHS, join_marks
from needs.tables.disclosure import CLOSE, Line, protect, round_to_base

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

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

#: Most parts of which every choice is tried.
DIVIDED = 12

#: Residents of many LSOAs may differ from the estimates at hand by this factor, as estimates are
#: revised; and of one, where a hall or an estate was built.
REVISED, FAR_OFF = 1.5, 4.0

#: Share of LSOAs that are many.
MANY_OFF = 0.25

#: The last year of age of a range without an end.
OLDEST = 199

#: Columns that say when; two dates.
SPAN = ("period_start", "period_end")

#: What residents of a package are told apart by, and how a message names them.
NOBODY: Mapping[str, str] = {
    "lsoa_code": "LSOAs of the authority",
    "year": "years",
    "sex": "sexes",
    "age_band": "age bands",
}

Span = tuple[pd.Timestamp, pd.Timestamp]

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


@dataclass(frozen=True)
class Places:
    """Processed tables that say where an event happened, and among how many people."""

    areas: pd.DataFrame = field(repr=False)
    lsoa: pd.DataFrame = field(repr=False)
    lsoa_population: pd.DataFrame = field(repr=False)
    populations: pd.DataFrame = field(repr=False)


def rates(package: Package, places: Places) -> tuple[pd.DataFrame, list[Problem]]:
    """Compute the rates of a package's local extract, under its disclosure rule.

    Parameters
    ----------
    package : Package
        With ``local_counts``, and perhaps ``local_populations``.
    places : Places

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
    places = replace(places, lsoa=_edition(counts, places.lsoa))
    placed, problems = _placed(counts, places)
    problems += _counted_twice(placed) + _overlapping(placed)
    problems += _without_residents(package, places, placed)
    if not problems:
        problems += _more_than_residents(placed, places) + _other_residents(package, places)
    if problems or package.problems:
        return schemas.empty(schemas.LOCAL_RATES), problems
    people = _people(package, places, placed)
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
                        for part, status in zip(made["part_code"], made["status"], strict=True)
                    ],
                )
            )
    table = schemas.conform(pd.concat(parts, ignore_index=True), schemas.LOCAL_RATES)
    return table, []


def protect_observations(
    observations: pd.DataFrame,
    source: str,
    rule: Disclosure,
    areas: pd.DataFrame,
    indicators: Mapping[str, Indicator],
) -> pd.DataFrame:
    """Apply a source's disclosure rule to its observations.

    Parameters
    ----------
    observations : DataFrame
        See `needs.sources.schemas.OBSERVATIONS`; rows of other sources stay as they are.
    source : str
    rule : Disclosure
    areas : DataFrame
        Says which districts make an authority, and which authorities a region.
    indicators : mapping of key to Indicator
        Amounts of money are not counts and stay.

    Returns
    -------
    DataFrame
        The same rows. Small counts are suppressed with their values, and so are shares that few
        people are in, or out of. Sexes, ages, categories, areas, and years beside the sum of years
        are taken to add up to their totals. Counts are rounded, and rates and shares computed again
        from them.

    Raises
    ------
    InvalidDataError
        A rate or share has no count, so that nobody knows whether it is one of few people; or a
        small count cannot be hidden.
    """
    money = [key for key, one in indicators.items() if one.statistic == "amount"]
    if rule.by_publisher or not (rule.threshold or rule.rounding_base):
        return observations
    own = observations["source"].str.split(";").map(lambda keys: source in keys).astype("bool")
    own &= ~observations["indicator"].isin(money)
    if not own.any():
        return observations
    _refuse_uncounted(observations[own], rule, indicators)
    table = observations.copy()
    rows = observations[own]
    hidden = _hidden(rows, rule, _parents(areas), indicators)
    columns = ["value", "lower", "upper", "count", "denominator", "status"]
    for key, of_key in rows.groupby("indicator", sort=False):
        done = _as_shown(of_key, hidden[of_key.index], indicators[str(key)], rule)
        table.loc[of_key.index, columns] = done[columns]
    return table


def _hidden(
    rows: pd.DataFrame, rule: Disclosure, parents: _Parents, indicators: Mapping[str, Indicator]
) -> pd.Series[bool]:
    """Whether each row is hidden, because it is small or would give a small one away.

    A rate and the number that it is made from are one number: where one is hidden the other is.
    """
    made_from = {key: indicators[key].numerator or key for key in map(str, rows["indicator"])}
    hidden = pd.Series(False, index=rows.index)
    for key, same in rows.groupby(rows["indicator"].map(made_from), sort=False):
        whole = indicators[str(key)].age
        for block in _blocks(same):
            hidden[block.index] = _hidden_of_block(block, whole, rule, parents, indicators)
    return hidden


def _hidden_of_block(
    rows: pd.DataFrame,
    whole_age: str,
    rule: Disclosure,
    parents: _Parents,
    indicators: Mapping[str, Indicator],
) -> Flags:
    whole = {key: indicators[key].age for key in map(str, rows["indicator"].unique())}
    of_whole = rows["age"] == rows["indicator"].map(whole)
    keys = ["area_code", *SPAN, "sex", "category", "age"]
    cells = rows[keys].assign(age=rows["age"].mask(of_whole, whole_age))
    number = cells.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    cells = cells.drop_duplicates(keys, ignore_index=True)
    given = np.zeros(len(cells), dtype=bool)
    given[number[(rows["status"] == Status.SUPPRESSED).to_numpy(dtype=bool)]] = True
    seen = [_in_cells(one, number) for one in _people_seen(rows, indicators)]
    small = given | np.logical_or.reduce([_small(one, rule) for one in seen])
    if not rule.secondary:
        return np.asarray(small[number])
    systems = [_system(cells, one, small, whole_age, parents, rule.threshold) for one in seen]
    hidden = small
    # what is hidden for one kind of people can be found from another's totals
    while True:
        try:
            found = [one.protect(hidden, rule.threshold) for one in systems]
        except InvalidDataError as error:
            where = f"{rows['indicator'].iloc[0]}, {', '.join(sorted(rows['period'].unique()))}"
            fault = error.problem
            raise InvalidDataError(fault.what, where, fault.remedy) from None
        more = np.logical_or.reduce(found)
        if len(systems) == 1 or (more == hidden).all():
            return np.asarray(more[number])
        hidden = more


def _people_seen(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[Floats]:
    """Numbers of people that the rows tell: those counted, and for shares all and the others."""
    numbers = np.full(len(rows), np.nan)
    shares = np.zeros(len(rows), dtype=bool)
    for key in map(str, rows["indicator"].unique()):
        of_key = (rows["indicator"] == key).to_numpy(dtype=bool)
        numbers[of_key] = _counted(rows[of_key], indicators[key]).to_numpy(
            dtype=float, na_value=np.nan
        )
        shares |= of_key & (indicators[key].statistic == "proportion")
    if not shares.any():
        return [numbers]
    whole = rows["denominator"].to_numpy(dtype=float, na_value=np.nan)
    whole = np.where(shares, whole, np.nan)
    return [numbers, whole, whole - numbers]


def _in_cells(numbers: Floats, cell_of: NDArray[np.integer[Any]]) -> Floats:
    """The number of each cell: of rows that are the same cell the first that has one."""
    out = np.full(int(cell_of.max()) + 1, np.nan)
    for cell, number in zip(cell_of[::-1], numbers[::-1], strict=True):
        out[cell] = out[cell] if np.isnan(number) else number
    return out


@dataclass(frozen=True)
class _System:
    """Numbers of one kind of people, and which add up to which.

    The first `rows` of them stand in the table. The others are in no row and can be worked out all
    the same: a total without the parts that stand beside it, be they few or none.
    """

    counts: Floats
    small: Flags
    lines: tuple[Line, ...]
    rows: int

    def protect(self, hidden: Flags, threshold: int) -> Flags:
        """The rows that are hidden when those in `hidden` are."""
        unwritten = np.arange(len(self.counts)) >= self.rows
        also = unwritten.copy()
        also[: self.rows] = hidden
        done = protect(self.counts, self.small, self.lines, threshold, also, unwritten)
        return done[: self.rows]


def _system(
    cells: pd.DataFrame,
    counts: Floats,
    small: Flags,
    whole_age: str,
    parents: _Parents,
    threshold: int,
) -> _System:
    known = ~np.isnan(counts) | small
    rows = len(counts)
    sums = list(_sums_of(cells[known], counts, threshold, whole_age, parents))
    more, made = _derived(cells[~np.isnan(counts)], counts, whole_age, parents)
    if made:
        counts = np.concatenate([counts, made])
        small = np.concatenate([small, (np.array(made) > 0) & (np.array(made) < threshold)])
        cells = pd.concat([cells[known], more])
        sums += _sums_of(cells, counts, threshold, whole_age, parents)
    lines: list[Line] = []
    rests: list[float] = []
    for one in dict.fromkeys(sums):
        parts, total = one.parts, one.total
        rest = np.nan if total is None else counts[total] - counts[list(parts)].sum()
        if one.may_lack and (
            CLOSE < rest < threshold - CLOSE or (len(parts) == 1 and abs(rest) <= CLOSE)
        ):
            parts = (*parts, len(counts) + len(rests))
            rests.append(max(float(rest), 0.0))
        elif one.incomplete and not abs(rest) <= CLOSE:
            continue
        if len(parts) > 1:  # without a total it may be seen elsewhere
            lines.append(Line(parts, total))
    return _System(
        np.concatenate([counts, rests]),
        np.concatenate([small, np.array(rests) > 0]),
        tuple(dict.fromkeys(lines)),
        rows,
    )


def _derived(
    cells: pd.DataFrame, counts: Floats, whole_age: str, parents: _Parents
) -> tuple[pd.DataFrame, list[float]]:
    """Totals in no row that their parts make up: a reader adds these up and goes on from there.

    Only such as stand in a row of another place, sex, age, category or time are of use.

    Returns
    -------
    cells : DataFrame
        Their positions go on where those of `counts` end.
    counts : list of float
    """
    names = ["area_code", *SPAN, "sex", "category", "age"]
    values = dict(
        zip(cells[names].itertuples(index=False, name=None), counts[cells.index], strict=True)
    )
    spans = {key[1:3] for key in values}
    ages = {key[5]: _ages_or_none(key[5]) for key in values}
    codes = {key[0] for key in values}
    inside: dict[str, list[str]] = {}
    for code in sorted(codes):
        inside.setdefault(parents.of.get(code, ""), []).append(code)
    whole_areas = [
        one for one in codes if len(inside.get(one, ())) == parents.parts.get(one, 0) > 1
    ]
    before, found = dict(values), True
    while found:
        groups: dict[tuple[Any, ...], dict[Any, float]] = {}
        for key, value in values.items():
            for slot, part in ((0, key[0]), (1, key[1:3]), (3, key[3]), (5, key[5])):
                rest = (slot, *key[:slot], *key[slot + (2 if slot == 1 else 1) :])
                groups.setdefault(rest, {})[part] = value
        found = False
        for (slot, *others), parts in groups.items():
            for whole, tiles in _tiled(slot, parts, spans, ages, inside, whole_areas):
                label = tuple(whole) if slot == 1 else (whole,)
                total = (*others[:slot], *label, *others[slot:])
                if total not in values:
                    values[total] = sum(parts[one] for one in tiles)
                    found = True
    more = {key: value for key, value in values.items() if key not in before}
    index = range(len(counts), len(counts) + len(more))
    return pd.DataFrame(list(more), columns=names, index=index), list(more.values())


def _tiled(
    slot: int,
    parts: Mapping[Any, float],
    spans: Iterable[Span],
    ages: Mapping[str, tuple[float, float]],
    inside: Mapping[str, Sequence[str]],
    whole_areas: Iterable[str],
) -> Iterator[tuple[Any, Sequence[Any]]]:
    """Areas, times, sexes or ages that are not among the parts, with parts that make them up."""
    if slot == 0:
        for code in whole_areas:
            if code not in parts and all(one in parts for one in inside[code]):
                yield code, inside[code]
    elif slot == 1:
        for span in sorted(set(spans) - set(parts)):
            chain = _chain(span, list(parts), pd.Timedelta(days=1))
            if chain:
                yield span, chain
    elif slot == 3 and "persons" not in parts and {"male", "female"} <= set(parts):
        yield "persons", ("male", "female")
    elif slot == 5:
        of_range = {ages[one]: one for one in parts}
        for age in sorted(set(ages) - set(parts)):
            chain = _chain(ages[age], list(of_range), 1)
            if chain:
                yield age, [of_range[one] for one in chain]


def _chain(
    whole: tuple[Any, Any], spans: Sequence[tuple[Any, Any]], step: Any
) -> list[tuple[Any, Any]] | None:
    """Spans that follow each other from the first to the last of another; None where none do."""
    for one in sorted(spans):
        if one[0] == whole[0] and one[1] == whole[1]:
            return [one]
        if one[0] == whole[0] and one[1] < whole[1]:
            rest = _chain((one[1] + step, whole[1]), spans, step)
            if rest:
                return [one, *rest]
    return None


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
        if not rule.off_because and _small(exact, rule)[0]:
            return f"fewer than {rule.threshold} people"
        count = int(round_to_base(exact, base)[0])
        return "1 person" if count == 1 else f"{'about ' if base else ''}{count} people"

    said = [people(number) for number in rows["n"]]
    return schemas.conform(rows.assign(people=said), schemas.COMMENTS)


def _counted(rows: pd.DataFrame, indicator: Indicator) -> pd.Series:
    """The count behind each row: its own, or what its value and denominator come to."""
    if indicator.statistic == "count":
        return rows["count"].fillna(rows["value"])
    if indicator.statistic in ("proportion", "crude_rate"):
        made = rows["value"] * rows["denominator"] / indicator.multiplier
        return rows["count"].fillna(made.round())
    return rows["count"]


def _refuse_uncounted(
    rows: pd.DataFrame, rule: Disclosure, indicators: Mapping[str, Indicator]
) -> None:
    """A rate or share of unknown numbers could be one of few people."""
    problems = []
    for key, group in rows.groupby("indicator", sort=False):
        if rule.threshold == 0 or indicators[str(key)].statistic == "unmet_need":
            continue
        lost = group[group["value"].notna() & _counted(group, indicators[str(key)]).isna()]
        problems += _named(
            lost,
            "indicator",
            "A value of '{}' has no count, so that the disclosure rule cannot be applied to it.",
            "Give its count, and the denominator.",
        )
    if problems:
        raise InvalidDataError(
            "Small numbers cannot be told from others.",
            "disclosure",
            "Give the counts.",
            problems=problems,
        )


@dataclass(frozen=True)
class _Parents:
    """The area that each adds up to: districts to authorities, to regions, to England.

    `parts` counts those of each that there are today.
    """

    of: Mapping[str, str]
    parts: Mapping[str, int]


def _parents(areas: pd.DataFrame) -> _Parents:
    parents: dict[str, str] = {}
    for place in areas.drop_duplicates("code").to_dict("records"):
        code, upper, region = (str(place.get(k)) for k in ("code", "upper_code", "region_code"))
        if upper not in (code, "nan", "None", "<NA>"):
            parents[code] = upper
        elif region not in (code, "nan", "None", "<NA>"):
            parents[code] = region
        elif place.get("kind") == "region":
            parents[code] = ENGLAND
    ended = set(areas.loc[areas["valid_to"].notna(), "code"])
    return _Parents(
        parents, Counter(parent for code, parent in parents.items() if code not in ended)
    )


def _blocks(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows of periods that add up to each other; mostly those of one period."""
    spans = list(rows[list(SPAN)].drop_duplicates().itertuples(index=False, name=None))
    groups: dict[Span, set[Span]] = {span: {span} for span in spans}
    for whole in spans:
        joined = set().union(*(groups[one] for one in spans if _within(one, whole)))
        groups |= dict.fromkeys(joined, joined)
    keys = list(zip(*(rows[name] for name in SPAN), strict=True))
    for group in {id(one): one for one in groups.values()}.values():
        yield rows[[key in group for key in keys]]


def _within(part: tuple[Any, Any], whole: tuple[Any, Any]) -> bool:
    inside: bool = whole[0] <= part[0] and part[1] <= whole[1]
    return inside


def _families(spans: Iterable[tuple[Any, Any]], step: Any) -> Iterator[_Family]:
    """Each span of years or ages with the shorter ones inside it that do not overlap.

    Of all that divide it the coarsest: those that make up a longer one inside it are left to that
    one. What lies between them may be in no span.

    Parameters
    ----------
    spans : iterable of (first, last)
    step : object
        From the last of one to the first of the next.
    """
    every = sorted(set(spans))
    for whole in every:
        inside = [one for one in every if one != whole and _within(one, whole)]

        def chains(rest: Sequence[tuple[Any, Any]]) -> Iterator[tuple[tuple[Any, Any], ...]]:
            if not rest:
                yield ()
            for first in rest:
                # one that ends before it begins could be added
                if all(first[0] <= one[1] for one in rest):
                    after = [one for one in rest if one[0] > first[1]]
                    yield from ((first, *chain) for chain in chains(after))

        for chain in chains(inside):
            longer = (one for one in inside if one not in chain)
            if chain and not any(_made_of(one, chain) for one in longer):
                ends = [whole[0] - step, *(one[1] for one in chain)]
                begins = [*(one[0] for one in chain), whole[1] + step]
                tiled = all(end + step == begin for end, begin in zip(ends, begins, strict=True))
                yield _Family(whole, chain, tiled)


@dataclass(frozen=True)
class _Family:
    """A span, shorter ones inside it, and whether they leave nothing of it."""

    whole: tuple[Any, Any]
    parts: tuple[tuple[Any, Any], ...]
    tiled: bool


def _made_of(one: tuple[Any, Any], chain: Sequence[tuple[Any, Any]]) -> bool:
    """Whether a span holds some of a chain, and overlaps none of the others."""
    touched = [part for part in chain if part[0] <= one[1] and one[0] <= part[1]]
    return all(_within(part, one) for part in touched)


def _as_shown(
    rows: pd.DataFrame, hidden: pd.Series[bool], indicator: Indicator, rule: Disclosure
) -> pd.DataFrame:
    """Rows of an indicator as the rule leaves them: hidden, or rounded and computed again."""
    counting = indicator.statistic == "count"
    share = indicator.statistic == "proportion"
    numbers = _counted(rows, indicator).to_numpy(dtype=float, na_value=np.nan)
    whole = rows["denominator"].to_numpy(dtype=float, na_value=np.nan)
    gone = hidden.to_numpy(dtype=bool)
    rounded = np.where(gone, np.nan, round_to_base(numbers, rule.rounding_base))
    shown = ~gone & (rows["status"] == Status.SHOWN).to_numpy(dtype=bool)
    vanished = shown & (numbers > 0) & (rounded == 0)
    out = rows.assign(count=pd.Series(rounded, rows.index).where(rows["count"].notna() & ~vanished))
    out.loc[gone | vanished, ["value", "lower", "upper"]] = np.nan
    out.loc[gone, "status"] = Status.SUPPRESSED.value
    out.loc[vanished, "status"] = Status.ROUNDS_TO_ZERO.value
    open_ = shown & ~vanished & ~np.isnan(rounded)
    if counting and rule.rounding_base:
        for column in ("value", "lower", "upper"):
            ends = out[column].to_numpy(dtype=float, na_value=np.nan)
            out[column] = np.where(open_, round_to_base(ends, rule.rounding_base), ends)
    elif share:
        people = round_to_base(whole, rule.rounding_base)
        out["denominator"] = np.where(gone | vanished, np.nan, people)
        again = open_ & (people > 0)
        frame = pd.DataFrame({"row": np.arange(len(rows)), "n": people})
        frame = frame.assign(x=np.minimum(rounded, people))[again]
        made = proportion(
            frame, by=["row"], count="x", denominator="n", multiplier=indicator.multiplier
        )
        out.loc[again, ["value", "lower", "upper"]] = made[
            ["value", "lower95_0", "upper95_0"]
        ].to_numpy()
    elif rule.rounding_base:
        out.loc[open_] = _again(out[open_], numbers[open_], rounded[open_], indicator)
    return out


def _again(
    rows: pd.DataFrame, exact: Floats, rounded: Floats, indicator: Indicator
) -> pd.DataFrame:
    """Rates of rounded counts: neither a rate nor its interval gives back the exact count.

    The interval keeps what does not depend on the count: for a standardised rate how unlike the
    weights are. What cannot be computed from published numbers is rounded as it is printed.
    """
    value = rows["value"].to_numpy(dtype=float, na_value=np.nan)
    limits = rows[["lower", "upper"]].to_numpy(dtype=float, na_value=np.nan)
    whole = rows["denominator"].to_numpy(dtype=float, na_value=np.nan)
    each = np.divide(value, exact, out=np.zeros(len(rows)), where=exact > 0)
    ends = np.column_stack(poisson(rounded))
    if indicator.statistic == "unmet_need":
        limits += (rate := (exact - rounded) / whole * indicator.multiplier)[:, None]
        rate = value + rate
    elif indicator.statistic == "directly_standardised_rate":
        old = np.column_stack(poisson(exact)) - exact[:, None]
        spread = (limits - value[:, None]) / np.where(old == 0, np.nan, old)
        rate = each * rounded
        limits = rate[:, None] + spread * (ends - rounded[:, None])
    else:
        if indicator.statistic == "crude_rate":
            known = indicator.multiplier / np.where(whole > 0, whole, np.nan)
            each = np.where(np.isnan(known), each, known)
        rate = each * rounded
        limits = np.where(np.isnan(limits), np.nan, each[:, None] * ends)
    decimals = indicator.decimals
    return rows.assign(
        value=np.round(rate, decimals),
        lower=np.round(limits[:, 0], decimals),
        upper=np.round(limits[:, 1], decimals),
    )


def _small(counts: Floats, rule: Disclosure | LocalRule) -> Flags:
    found: Flags = (counts > 0) & (counts < rule.threshold)
    return found


@dataclass(frozen=True)
class _Sum:
    """Parts and the total that they are taken to add up to, by position.

    `may_lack`: the total can hold others, which are in no row. `incomplete`: it is known to, so
    that nothing is learnt where they are many.
    """

    parts: tuple[int, ...]
    total: int | None
    may_lack: bool = True
    incomplete: bool = False


def _sums_of(
    cells: pd.DataFrame, counts: Floats, threshold: int, whole_age: str, parents: _Parents
) -> Iterator[_Sum]:
    """Sexes, ages, categories, areas and years that add up; totals where they stand.

    A row that is not there may be one of nothing: parts need not be complete. Of a region, or of
    England, half the parts must be there, because reports show some authorities and no others.
    Categories can divide a total in several ways. Parts that leave few of a total give these few
    away, however many of them there are.
    """
    totals = {"sex": "persons", "age": whole_age, "category": ""}
    place = ["area_code", *SPAN, *totals]
    for column, total in totals.items():
        rest = [one for one in place if one != column]
        for _, group in cells.groupby(rest, sort=False):
            at = dict(zip(group[column], group.index.tolist(), strict=True))
            whole = at.pop(total, None)
            if column == "age":
                yield from _sums_of_ages(at, whole, total)
            elif at:
                yield _Sum(tuple(at.values()), whole)
            if column == "category" and at:
                yield from _sums_of_categories(at, whole, counts, threshold)
    yield from _sums_of_areas(cells, list(totals), parents)
    for _, group in cells.groupby(["area_code", *totals], sort=False):
        spans = zip(*(group[name] for name in SPAN), strict=True)
        of_span = dict(zip(spans, group.index.tolist(), strict=True))
        for one in _families(of_span, pd.Timedelta(days=1)) if len(of_span) > 1 else ():
            parts = tuple(of_span[part] for part in one.parts)
            # years that leave no day of a sum leave nobody
            yield _Sum(parts, of_span[one.whole], not one.tiled, not one.tiled)
    yield from _near(cells, counts, threshold, totals, parents)


def _near(
    cells: pd.DataFrame,
    counts: Floats,
    threshold: int,
    totals: Mapping[str, str],
    parents: _Parents,
) -> Iterator[_Sum]:
    """A part beside a whole that has few more, whatever else they differ in.

    All people of an authority beside the men of its districts are such, where there is no row of
    all men.
    """
    if cells.empty:
        return
    positions = cells.index.tolist()
    numbers = counts[positions]
    areas = cells["area_code"].map(str)
    codes = sorted(areas.unique())
    holds = np.array(
        [[one == own or own in _above(one, parents) for one in codes] for own in codes]
    )
    of_area = areas.map({code: n for n, code in enumerate(codes)}).to_numpy()
    begins, ends = (cells[name].to_numpy() for name in SPAN)
    young, old = np.array([_ages_or_none(age) for age in cells["age"]]).T
    labels = [(name, total, cells[name].to_numpy()) for name, total in totals.items()]
    # what differs in one thing only stands in the sums above
    alike = [of_area, *(label for _, _, label in labels)]
    for n in np.flatnonzero(numbers > threshold).tolist():
        differ = sum((one != one[n]).astype(int) for one in alike)
        differ += ((begins != begins[n]) | (ends != ends[n])).astype(int)
        inside = (differ > 1) & (numbers <= numbers[n]) & (numbers > numbers[n] - threshold)
        inside &= holds[of_area[n], of_area] & (begins >= begins[n]) & (ends <= ends[n])
        for name, total, label in labels:
            same = (label == label[n]) | (label[n] == total)
            if name == "age":
                same |= (young >= young[n]) & (old <= old[n])
            inside &= same
        for one in np.flatnonzero(inside).tolist():
            yield _Sum((positions[one],), positions[n], incomplete=True)


def _ages_or_none(label: str) -> tuple[float, float]:
    try:
        return _years_of_age(label)
    except ValueError:  # no part of anything, and nothing of it
        return np.nan, np.nan


def _sums_of_ages(parts: Mapping[str, int], whole: int | None, label: str) -> Iterator[_Sum]:
    if not parts:
        return
    try:
        ranges = {_years_of_age(age): place for age, place in parts.items()}
        of_whole = _years_of_age(label)
    except ValueError:  # words, of which nobody knows which holds which
        yield _Sum(tuple(parts.values()), whole)
        return
    if whole is not None:
        ranges[of_whole] = whole
    for one in _families(ranges, 1):
        yield _Sum(tuple(ranges[part] for part in one.parts), ranges[one.whole])
    if whole is None and of_whole not in ranges:  # all of them may be seen elsewhere
        for one in _families([*ranges, of_whole], 1):
            if one.whole == of_whole:
                yield _Sum(tuple(ranges[part] for part in one.parts), None)


def _years_of_age(label: str) -> tuple[int, int]:
    first, last = age_range(label)
    return first, OLDEST if last is None else last


def _sums_of_categories(
    parts: Mapping[str, int], whole: int | None, counts: Floats, threshold: int
) -> Iterator[_Sum]:
    """Categories that one word before a colon joins, and some of all that make up the total."""
    kinds: dict[str, list[int]] = {}
    for label, place in parts.items():
        kinds.setdefault(label.partition(":")[0], []).append(place)
    for same in kinds.values():
        if whole is not None or len(same) > 1:
            yield _Sum(tuple(same), whole)
    if whole is not None:
        for some in _ways_to_divide(counts[whole], list(parts.values()), counts, threshold):
            yield _Sum(tuple(some), whole, incomplete=True)


def _sums_of_areas(cells: pd.DataFrame, same: Sequence[str], parents: _Parents) -> Iterator[_Sum]:
    for _, group in cells.groupby([*SPAN, *same], sort=False):
        own = dict(zip(map(str, group["area_code"]), group.index.tolist(), strict=True))
        inside: dict[str, list[int]] = {}
        below: dict[str, list[int]] = {}
        for code, place in own.items():
            above = list(_above(code, parents))
            if above:
                inside.setdefault(above[0], []).append(place)
            nearest = next((one for one in above if one in own), None)
            if nearest is not None:
                below.setdefault(nearest, []).append(place)
        for code, places in inside.items():
            few = code.startswith(("E12", "E92")) and 2 * len(places) < parents.parts[code]
            if not few:
                yield _Sum(tuple(places), own.get(code))
        for code, places in below.items():
            yield _Sum(tuple(places), own[code], incomplete=True)


def _above(code: str, parents: _Parents) -> Iterator[str]:
    """The areas that hold one, the smallest first."""
    while code in parents.of and parents.of[code] != code:
        code = parents.of[code]
        yield code


def _ways_to_divide(
    total: float, parts: Sequence[int], counts: Floats, threshold: int
) -> Iterator[list[int]]:
    """Some of the parts, where these alone come to the total, or leave few of it."""
    above = [one for one in parts if counts[one] > 0]
    sizes = range(1, len(above)) if len(above) <= DIVIDED else (1,)
    for size in sizes:
        for some in itertools.combinations(above, size):
            if 0 <= total - counts[list(some)].sum() < max(threshold, 1):
                yield list(some)


def _placed(counts: pd.DataFrame, places: Places) -> tuple[pd.DataFrame, list[Problem]]:
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
    problems = _named(
        counts[lost],
        "lsoa_code",
        "There is no LSOA '{}' in the Indices of Deprivation at hand.",
        "Correct the code; all rows need codes of one year's LSOAs, of 2011 or of 2021.",
    )
    problems += _named(
        counts[nowhere],
        "district_code",
        "There is no district '{}'.",
        "Find its code with: needs areas NAME",
    )
    return table, problems


def _edition(counts: pd.DataFrame, lsoa: pd.DataFrame) -> pd.DataFrame:
    """The index whose LSOAs the extract's are; the earlier one where both have them all."""
    codes = counts["lsoa_code"].dropna().unique()
    found = {
        str(edition): int(rows["lsoa_code"].isin(codes).sum())
        for edition, rows in lsoa.groupby("edition")
    }
    best = max(sorted(found), key=lambda one: found[one], default="")
    return lsoa[lsoa["edition"] == best]


def _named(rows: pd.DataFrame, column: str, what: str, remedy: str) -> list[Problem]:
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


def _counted_twice(rows: pd.DataFrame) -> list[Problem]:
    """Rows of persons beside rows of males or females, and frequencies for some rows only."""
    by = rows.groupby("indicator")
    both = by["sex"].transform("nunique") > 1
    problems = _named(
        rows[both & (rows["sex"] == "persons") & rows["indicator"].map(_sexed(rows))],
        "sex",
        "A row of '{}' stands beside rows of males or females.",
        "Give males and females, or persons, but not both: events would be counted twice.",
    )
    some = by["frequency"].transform("count") > 0
    return problems + _named(
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


def _overlapping(rows: pd.DataFrame) -> list[Problem]:
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


def _cells(rows: pd.DataFrame, upper: str, places: Places) -> list[_Cell]:
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
        hidden = protect(events, _small(persons, rule), _lines(cells), rule.threshold)
        shown = round_to_base(events, rule.rounding_base)
    vanished = ~hidden & (events > 0) & (shown == 0)
    gone = hidden | vanished
    factors = np.divide(shown, events, out=np.ones(len(cells)), where=events > 0)
    repeat = bool(rows["frequency"].notna().any())
    made = []
    for number, cell in enumerate(cells):
        person_years, estimated = _person_years(people, cell, (cell.age,), period.years)
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
        crude = None if withheld else _crude(banded[0], shown[number], person_years, repeat, least)
        made.append(
            base
            | _entry(
                "crude_rate",
                _as_printed(crude) if repeat and not rule.off_because else crude,
                withheld,
                person_years,
                estimated,
                shown[number],
            )
        )
        if cell.age == ALL_AGES and banded[1] is not None:
            standard = None if withheld else _standardised(banded[1], repeat)
            person_years = float(banded[1].drop_duplicates("age_band")["people"].sum())
            made.append(
                base
                | _entry(
                    "directly_standardised_rate",
                    standard if rule.off_because else _as_printed(standard),
                    withheld,
                    person_years,
                    banded[2],
                    shown[number],
                )
            )
    return pd.DataFrame(made)


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
    if not repeat:
        counted = counted.groupby("age_band", as_index=False)["count"].sum()
    of_band = {band: _person_years(people, cell, (band,), years) for band in cell.bands}
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


def _people(package: Package, places: Places, placed: pd.DataFrame) -> People:
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


def _fifths(lsoa: pd.DataFrame) -> pd.Series[str]:
    """Code of the deprivation fifth of an authority that each LSOA is in."""
    index = lsoa.set_index("lsoa_code")
    fifth = (index["imd_decile"] + 1) // 2
    code: pd.Series[str] = index["upper_code"].astype(object) + " quintile " + fifth.astype(str)
    return code


def _residents(places: Places, inside: pd.DataFrame) -> pd.DataFrame:
    """Residents of LSOAs, on the index's own boundaries, with the fifth that each is in."""
    table = places.lsoa_population
    table = table[table["lsoa_vintage"].isin(inside["lsoa_vintage"].unique())]
    return table.assign(part=table["lsoa_code"].map(_fifths(inside))).dropna(subset=["part"])


def _complete(residents: pd.DataFrame, inside: pd.DataFrame) -> pd.DataFrame:
    """Years in which all LSOAs of a fifth have residents: fewer would make its rate too high."""
    there = residents.groupby(["part", "year"])["lsoa_code"].transform("nunique")
    return residents[there == residents["part"].map(_fifths(inside).value_counts())]


def _unknown_people(places: Places, placed: pd.DataFrame) -> dict[str, str]:
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
                f"{coverage.listed(gone)}"
            )
        said[str(part)] = f"; no rate, because {what}"
    return said


def _without_residents(package: Package, places: Places, placed: pd.DataFrame) -> Iterator[Problem]:
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
            yield _nobody(f"There are no residents of {number} {what}: {_some(names)}.", column)
            gone, cells = (one[~one[column].isin(names)] for one in (gone, cells))
    if len(gone):
        places_of = [", ".join(map(str, one)) for one in gone.to_numpy()]
        what = f"There are no residents in {len(gone):,} cells of LSOA, year, sex and age band: "
        yield _nobody(f"{what}{_some(places_of, '; ')}.", "population")


def _more_than_residents(placed: pd.DataFrame, places: Places) -> list[Problem]:
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
    return _named(
        first.assign(count=said),
        "count",
        "More persons are counted than live there, {}.",
        "Correct the count, or the code.",
    )


def _other_residents(package: Package, places: Places) -> list[Problem]:
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
            f"estimates at hand ({_some(names, '; ')}).",
            "local_populations.csv, column population",
            "Correct the cells, or the codes; residents are of all ages, by sex and age band.",
        )
    ]


def _some(names: Sequence[object], by: str = ", ") -> str:
    """Names in their order, the first of them only."""
    rest = len(names) - coverage.NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    return by.join(map(str, names[: coverage.NAMED])) + more


def _nobody(what: str, column: str) -> Problem:
    return Problem(
        what,
        f"local_populations.csv, column {column}",
        "Give residents of every LSOA of the authority by year, sex (males and females, or "
        "persons) and age band, 0 where there are none; or leave the table empty: rates by "
        "deprivation are then crude.",
    )


def _put(people: People, rows: pd.DataFrame, place: str) -> None:
    keys = [place, "sex", "age_band", "year"]
    sums = rows.groupby(keys, as_index=False)["population"].sum()
    columns = (sums[name] for name in (*keys, "population"))
    for code, sex, band, year, number in zip(*columns, strict=True):
        people.setdefault((str(code), str(sex), str(band)), {})[int(year)] = float(number)


def checked(package: Package, places: Places) -> tuple[pd.DataFrame, list[Problem]]:
    """As `rates`, with any fault of the arithmetic as a problem too."""
    try:
        return rates(package, places)
    except NeedsError as error:
        return schemas.empty(schemas.LOCAL_RATES), list(error.problems or (error.problem,))
