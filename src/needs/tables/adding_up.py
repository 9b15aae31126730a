"""Which observations add up to which, and what a reader can work out of those that stand there.

Sexes, ages, categories, areas and years: parts and the totals that they are taken to come to.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from needs.sources.area_codes import ENGLAND
from needs.sources.written_numbers import age_range
from needs.stats.intervals import Floats

#: Most parts of which every choice is tried.
DIVIDED = 12

#: The last year of age of a range without an end.
OLDEST = 199

#: Columns that say when; two dates.
SPAN = ("period_start", "period_end")

Span = tuple[pd.Timestamp, pd.Timestamp]


def derived(
    cells: pd.DataFrame, counts: Floats, whole_age: str, parents: Parents
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


@dataclass(frozen=True)
class Parents:
    """The area that each adds up to: districts to authorities, to regions, to England.

    `parts` counts those of each that there are today.
    """

    of: Mapping[str, str]
    parts: Mapping[str, int]


def parents_of(areas: pd.DataFrame) -> Parents:
    """What each area adds up to, from the table of areas."""
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
    return Parents(
        parents, Counter(parent for code, parent in parents.items() if code not in ended)
    )


def blocks_of_periods(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
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


def families(spans: Iterable[tuple[Any, Any]], step: Any) -> Iterator[Family]:
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
                yield Family(whole, chain, tiled)


@dataclass(frozen=True)
class Family:
    """A span, shorter ones inside it, and whether they leave nothing of it."""

    whole: tuple[Any, Any]
    parts: tuple[tuple[Any, Any], ...]
    tiled: bool


def _made_of(one: tuple[Any, Any], chain: Sequence[tuple[Any, Any]]) -> bool:
    """Whether a span holds some of a chain, and overlaps none of the others."""
    touched = [part for part in chain if part[0] <= one[1] and one[0] <= part[1]]
    return all(_within(part, one) for part in touched)


@dataclass(frozen=True)
class PartsOfTotal:
    """Parts and the total that they are taken to add up to, by position.

    `may_lack`: the total can hold others, which are in no row. `incomplete`: it is known to, so
    that nothing is learnt where they are many.
    """

    parts: tuple[int, ...]
    total: int | None
    may_lack: bool = True
    incomplete: bool = False


def sums_of(
    cells: pd.DataFrame, counts: Floats, threshold: int, whole_age: str, parents: Parents
) -> Iterator[PartsOfTotal]:
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
                yield PartsOfTotal(tuple(at.values()), whole)
            if column == "category" and at:
                yield from _sums_of_categories(at, whole, counts, threshold)
    yield from _sums_of_areas(cells, list(totals), parents)
    for _, group in cells.groupby(["area_code", *totals], sort=False):
        spans = zip(*(group[name] for name in SPAN), strict=True)
        of_span = dict(zip(spans, group.index.tolist(), strict=True))
        for one in families(of_span, pd.Timedelta(days=1)) if len(of_span) > 1 else ():
            parts = tuple(of_span[part] for part in one.parts)
            # years that leave no day of a sum leave nobody
            yield PartsOfTotal(parts, of_span[one.whole], not one.tiled, not one.tiled)
    yield from _near(cells, counts, threshold, totals, parents)


def _near(
    cells: pd.DataFrame,
    counts: Floats,
    threshold: int,
    totals: Mapping[str, str],
    parents: Parents,
) -> Iterator[PartsOfTotal]:
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
            yield PartsOfTotal((positions[one],), positions[n], incomplete=True)


def _ages_or_none(label: str) -> tuple[float, float]:
    try:
        return years_of_age(label)
    except ValueError:  # no part of anything, and nothing of it
        return np.nan, np.nan


def _sums_of_ages(
    parts: Mapping[str, int], whole: int | None, label: str
) -> Iterator[PartsOfTotal]:
    if not parts:
        return
    try:
        ranges = {years_of_age(age): place for age, place in parts.items()}
        of_whole = years_of_age(label)
    except ValueError:  # words, of which nobody knows which holds which
        yield PartsOfTotal(tuple(parts.values()), whole)
        return
    if whole is not None:
        ranges[of_whole] = whole
    for one in families(ranges, 1):
        yield PartsOfTotal(tuple(ranges[part] for part in one.parts), ranges[one.whole])
    if whole is None and of_whole not in ranges:  # all of them may be seen elsewhere
        for one in families([*ranges, of_whole], 1):
            if one.whole == of_whole:
                yield PartsOfTotal(tuple(ranges[part] for part in one.parts), None)


def years_of_age(label: str) -> tuple[int, int]:
    """The first and the last year of age of a range, as tables write it."""
    first, last = age_range(label)
    return first, OLDEST if last is None else last


def _sums_of_categories(
    parts: Mapping[str, int], whole: int | None, counts: Floats, threshold: int
) -> Iterator[PartsOfTotal]:
    """Categories that one word before a colon joins, and some of all that make up the total."""
    kinds: dict[str, list[int]] = {}
    for label, place in parts.items():
        kinds.setdefault(label.partition(":")[0], []).append(place)
    for same in kinds.values():
        if whole is not None or len(same) > 1:
            yield PartsOfTotal(tuple(same), whole)
    if whole is not None:
        for some in _ways_to_divide(counts[whole], list(parts.values()), counts, threshold):
            yield PartsOfTotal(tuple(some), whole, incomplete=True)


def _sums_of_areas(
    cells: pd.DataFrame, same: Sequence[str], parents: Parents
) -> Iterator[PartsOfTotal]:
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
                yield PartsOfTotal(tuple(places), own.get(code))
        for code, places in below.items():
            yield PartsOfTotal(tuple(places), own[code], incomplete=True)


def _above(code: str, parents: Parents) -> Iterator[str]:
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
