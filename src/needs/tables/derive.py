"""Derived indicators: computed from other indicators and from populations, never stored.

The catalogue says what is divided by what; `needs.stats` does the arithmetic. A derived row keeps
its numerator in ``count`` and its denominator in ``denominator``, and names the sources and source
rows of both.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from needs.catalogue import Catalogue, Indicator
from needs.errors import InvalidDataError, NeedsError
from needs.sources import schemas
from needs.sources.area_codes import ENGLAND
from needs.sources.periods import parse, population_years
from needs.sources.written_numbers import age_range
from needs.stats.intervals import wilson
from needs.stats.rates import LEAST_EVENTS, RELIABLE_EVENTS, crude_rate
from needs.stats.status import SYMBOLS, Status
from needs.stats.unmet_need import unmet_need
from needs.tables.areas import authorities_of
from needs.tables.same_land import ADDED

#: The Office for National Statistics gives no crude death rate for fewer deaths.
LEAST_DEATHS = 3

#: Statistics that are rates of events.
RATES = ("crude_rate", "directly_standardised_rate", "indirectly_standardised_ratio")

#: How far a value may stand from the mean of three years to count as that mean, in people.
SAME = 1.0

_PLACE = ["area_code", "year", "sex"]

_JOIN = ["area_code", "period", "sex"]


def derive(
    observations: pd.DataFrame,
    populations: pd.DataFrame,
    catalogue: Catalogue,
    areas: pd.DataFrame | None = None,
    *,
    rounding: Mapping[tuple[str, str, str], float] | None = None,
) -> pd.DataFrame:
    """Add every derived indicator, the marks of few events, and those that the catalogue declares.

    Parameters
    ----------
    observations, populations : DataFrame
        Processed tables, see `needs.sources.schemas`. Rates use mid-year populations; a financial
        year takes that of its first calendar year, a pooled period the sum of its years.
    catalogue : Catalogue
    areas : DataFrame, optional
        Processed table. With it, people in treatment and prevalence of a region (and of England)
        for which no source has them are added up over its upper-tier authorities, where all of
        them have theirs, and unmet need is formed from the sums.
    rounding : mapping of (indicator, period, sex) to float, optional
        Of counts that are sums: the bases to which their members' may have been rounded, added up.

    Returns
    -------
    DataFrame
        `observations` with the derived rows, sorted by their key. A derived value replaces one that
        came from elsewhere for the same area and period; where it cannot be formed, that one stays.
        Where neither is there, the row has a status that says why, and no value.

    Notes
    -----
    Unmet need is ``1 - T / P`` with limits ``1 - T / L`` and ``1 - T / U`` of the prevalence's; a
    count that its source rounds widens them by half the rounding base, for each authority of a
    region. Its numerator is the people who are not in treatment, ``P - T``. A prevalence without
    limits that is the mean of the three years before takes the mean of theirs. Where numerator and
    denominator are of different ages, or of different years in this way, the row is marked "e".
    A published rate is treated like one of ours where it rests on few events; see `_few_events`.
    A share published with its counts and without limits is given Wilson's.
    See docs/methods.md.

    Examples
    --------
    >>> from needs.catalogue import load
    >>> nothing = schemas.empty(schemas.OBSERVATIONS)
    >>> len(derive(nothing, schemas.empty(schemas.POPULATIONS), load()))
    0
    """
    table = _few_events(observations[observations["method"] != ADDED], catalogue)
    table = share_limits(_declared_marks(table, catalogue), catalogue)
    for key in sorted({one.denominator for one in _in_order(catalogue)} - {"population"}):
        estimates = _limits_of_means(_rows(table, key, schemas.SEXES))
        table.loc[estimates.index] = estimates
    people = _People(populations, _population_source(catalogue))
    for indicator in _in_order(catalogue):
        try:
            if indicator.statistic == "unmet_need":
                made = _unmet_need(table, indicator, catalogue, areas, rounding or {})
            elif indicator.statistic == "amount_per_head":
                made = _amount_per_head(table, indicator, people, areas)
            else:
                made = _crude_rate(table, indicator, people)
        except NeedsError as error:
            raise _led_back(error, table, indicator) from error
        table = _replace(table, made)
    return table.sort_values(list(schemas.OBSERVATION_KEY), kind="stable").reset_index(drop=True)


def _in_order(catalogue: Catalogue) -> list[Indicator]:
    """Derived indicators, each after those that it is made from."""
    waiting = [one for one in catalogue.indicators.values() if one.numerator and one.denominator]
    done: list[Indicator] = []
    while waiting:
        names = {one.key for one in waiting}
        ready = [one for one in waiting if not {one.numerator, one.denominator} & names]
        if not ready:
            raise ValueError(f"indicators derive from each other in a circle: {sorted(names)}")
        done.extend(ready)
        waiting = [one for one in waiting if one not in ready]
    return done


def _led_back(error: NeedsError, table: pd.DataFrame, indicator: Indicator) -> InvalidDataError:
    """The faults of a calculation, with the rows of files that it was made from."""
    used = table[table["indicator"].isin([indicator.numerator, indicator.denominator])]
    told = []
    for one in error.problems or (error.problem,):
        rows = used[
            [
                f"area_code {code}, period {period}," in one.where
                for code, period in zip(used["area_code"], used["period"], strict=True)
            ]
        ]
        places = join_texts(*(rows if len(rows) else used)["source_row"].unique()[:5], by="; ")
        told.append(replace(one, what=f"{indicator.name}: {one.what}", where=places))
    return InvalidDataError(f"{indicator.name} cannot be calculated.", told[0].where, problems=told)


def _few_events(observations: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Mark rates of fewer than 20 events, and leave out those of too few, whoever published them.

    A directly standardised rate of fewer than 10 events, and a crude rate of fewer than 3 deaths,
    has no value; its count stays. Events are the count, or what a crude rate and its population
    make, in whole numbers; a standardised rate without its count does not tell them. Counts,
    proportions and shares are not rates of events.
    """
    declared = catalogue.indicators
    kind = observations["indicator"].map({key: one.statistic for key, one in declared.items()})
    shown = observations["status"].eq(Status.SHOWN) & kind.isin(RATES)
    if not shown.any():
        return observations
    times = observations["indicator"].map({key: one.multiplier for key, one in declared.items()})
    made = (observations["value"] * observations["denominator"] / times).round()
    events = observations["count"].fillna(made.where(kind == "crude_rate"))
    deaths = observations["indicator"].map({key: one.counted for key, one in declared.items()})
    least = pd.Series(0, observations.index).mask(
        (kind == "crude_rate") & (deaths == "deaths"), LEAST_DEATHS
    )
    least = least.mask(kind == "directly_standardised_rate", LEAST_EVENTS)
    too_few = shown & events.lt(least)
    few = shown & ~too_few & events.lt(RELIABLE_EVENTS)
    table = observations.copy()
    table.loc[too_few, ["value", "lower", "upper"]] = float("nan")
    table.loc[too_few, "status"] = str(Status.UNRELIABLE)
    table.loc[too_few, "marks"] = table.loc[too_few, "marks"].str.replace("u", "")
    table.loc[few, "marks"] = [join_marks(own, "u") for own in table.loc[few, "marks"]]
    return table


def share_limits(observations: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Give shares of people that were published without limits Wilson's, from their counts.

    Where the source rounds its counts the limits hold all that rounding may have hidden.
    """
    shares = {k: one for k, one in catalogue.indicators.items() if one.statistic == "proportion"}
    bare = observations["indicator"].isin(list(shares)) & observations["status"].eq(Status.SHOWN)
    bare &= observations[["lower", "upper"]].isna().all(axis=1)
    bare &= observations["count"].notna() & (observations["denominator"] > 0)
    if not bare.any():
        return observations
    rows = observations[bare]
    part, whole = (rows[name].to_numpy(dtype=float) for name in ("count", "denominator"))
    times = rows["indicator"].map({key: one.multiplier for key, one in shares.items()}).to_numpy()
    half = _bases(rows, catalogue, {}).to_numpy() / 2
    fewest, most = np.maximum(part - half, 0), np.minimum(part + half, whole)
    table = observations.copy()
    table.loc[bare, "lower"] = times * wilson(fewest, np.maximum(whole + half, most))[0]
    table.loc[bare, "upper"] = times * wilson(most, np.maximum(whole - half, most))[1]
    return table


def _declared_marks(observations: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Give rows the marks that the catalogue declares for their whole indicator."""
    declared = {key: "".join(one.marks) for key, one in catalogue.indicators.items() if one.marks}
    rows = observations["indicator"].isin(list(declared))
    if not rows.any():
        return observations.copy()
    table = observations.copy()
    keys = table.loc[rows, "indicator"].map(declared)
    table.loc[rows, "marks"] = [
        join_marks(own, of) for own, of in zip(table.loc[rows, "marks"], keys, strict=True)
    ]
    return table


@dataclass(frozen=True)
class _Residents:
    """Person-years beside a row, where they stand, and whether they are of an earlier year."""

    size: float = float("nan")
    row: str = ""
    lagged: bool = False


#: People by area, year and sex, each with the rows that they came from.
_Sizes = dict[tuple[str, int, str], tuple[float, str]]


class _Band(NamedTuple):
    """People of some ages, of an area, a year and a sex, and where they stand."""

    key: tuple[str, int, str]
    start: int
    end: int | None
    size: float
    row: str


@dataclass(frozen=True)
class _People:
    """Mid-year populations, and the keys of their sources."""

    table: pd.DataFrame
    source: str
    #: By range of ages, once asked for.
    _known: dict[str, _Sizes] = field(default_factory=dict, repr=False)

    def of_ages(self, text: str) -> _Sizes:
        """See `people_of_ages`; worked out once for each range."""
        if text not in self._known:
            self._known[text] = people_of_ages(self.table, text)
        return self._known[text]

    def beside(self, rows: pd.DataFrame, indicator: Indicator) -> list[_Residents]:
        """The people of each row's area, sex and years; see `Indicator.population_lag`."""
        sizes = self.of_ages(indicator.population_age or "all ages")
        lags = range(indicator.population_lag + 1)
        return [
            next(
                filter(
                    None, (_pooled(sizes, str(area), str(period), str(sex), lag) for lag in lags)
                ),
                _Residents(),
            )
            for area, period, sex in rows[_JOIN].itertuples(index=False, name=None)
        ]


def people_of_ages(table: pd.DataFrame, text: str) -> _Sizes:
    """People in a range of ages by area, year and sex, each with the rows it came from."""
    first, last = age_range(text)
    end = table["age_to"].isna() if last is None else table["age_to"].eq(last).fillna(False)
    exact = table[table["age_from"].eq(first) & end]
    found = {key: (size, row) for key, _, _, size, row in _bands(exact)}
    inside = table["age_from"].ge(first)
    if last is not None:
        inside &= table["age_to"].le(last).fillna(False)
    if first == 0 and last is None:
        inside &= ~end.astype("bool") | table["age_from"].gt(0)
    lacking = ~pd.MultiIndex.from_frame(table[_PLACE]).isin(list(found))
    parts: dict[tuple[str, int, str], list[_Band]] = {}
    for band in _bands(table[inside & lacking].sort_values(["age_from", "age_to"])):
        parts.setdefault(band.key, []).append(band)
    for key, bands in parts.items():
        cover = _cover(bands, first, last)
        if cover:
            rows_read = join_texts(*(one.row for one in cover), by="; ")
            found[key] = (float(np.sum([one.size for one in cover])), rows_read)
    return found


def _pooled(
    sizes: _Sizes,
    area: str,
    period: str,
    sex: str,
    lag: int,
) -> _Residents | None:
    """Person-years of a period, or as many years before; None if any year is not at hand."""
    parts = [sizes.get((area, year - lag, sex)) for year in population_years(period)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    # the years of a workbook are columns of one row
    rows = join_texts(*(row for _, row in known), by="; ")
    return _Residents(float(sum(size for size, _ in known)), rows, lag > 0)


def _bands(table: pd.DataFrame) -> Iterator[_Band]:
    """The rows of a table of people."""
    names = (*_PLACE, "age_from", "age_to", "population", "source_row")
    columns = (table[name].to_numpy(dtype="object") for name in names)
    for area, year, sex, start, end, size, row in zip(*columns, strict=True):
        last = None if pd.isna(end) else int(end)
        yield _Band((str(area), int(year), str(sex)), int(start), last, float(size), str(row))


def _cover(bands: Sequence[_Band], first: int, last: int | None) -> list[_Band]:
    """Age bands that join without gap or overlap from `first` to `last`; none where they do not.

    Of bands with one beginning the shortest stands first.
    """
    taken: list[_Band] = []
    wanted: int | None = first
    for band in bands:
        beyond = last is not None and (band.end is None or band.end > last)
        if wanted is None or band.start != wanted or beyond:
            continue
        taken.append(band)
        wanted = None if band.end is None or band.end == last else band.end + 1
    return taken if wanted is None else []


def _crude_rate(table: pd.DataFrame, indicator: Indicator, people: _People) -> pd.DataFrame:
    source = _rows(table, indicator.numerator, indicator.sexes)
    if source.empty:
        return source
    events = source["count"].fillna(source["value"].where(_is_count(source)))
    found = people.beside(source, indicator)
    population = pd.Series([one.size for one in found], source.index, dtype="float64")
    inputs = source[[*_JOIN, "age"]].assign(events=events, population=population)
    deaths = indicator.counted == "deaths"
    rates = crude_rate(
        inputs,
        by=[*_JOIN, "age"],
        count="events",
        population="population",
        multiplier=indicator.multiplier,
        minimum_count=LEAST_DEATHS if deaths else 0,
    )
    rates = inputs[[*_JOIN, "age"]].merge(rates, on=[*_JOIN, "age"], how="left", validate="1:1")
    rates.index = source.index
    status = rates["status"].astype("str")
    status[source["status"] == Status.SUPPRESSED] = Status.SUPPRESSED.value
    shown = status == Status.SHOWN.value
    few = shown & events.lt(RELIABLE_EVENTS)
    marks = [
        join_marks(own, "".join(indicator.marks), "u" if low else "", "e" if other else "")
        for own, low, other in zip(
            source["marks"], few, _other_people(source, indicator, found), strict=True
        )
    ]
    used = [one.row for one in found]
    return source.assign(
        indicator=indicator.key,
        value=rates["value"].where(shown),
        lower=rates["lower95_0"].where(shown),
        upper=rates["upper95_0"].where(shown),
        count=events.where(status != Status.SUPPRESSED.value),
        denominator=population,
        status=status,
        marks=marks,
        method=indicator.statistic,
        source=[
            join_texts(one, people.source if row else "", by=";")
            for one, row in zip(source["source"], used, strict=True)
        ],
        source_row=[
            join_texts(one, row, by="; ")
            for one, row in zip(source["source_row"], used, strict=True)
        ],
    )


def _other_people(
    source: pd.DataFrame, indicator: Indicator, found: Sequence[_Residents]
) -> list[bool]:
    """Whether the people of each row are of another age, or of an earlier year, than its events."""
    age = indicator.population_age or "all ages"
    return [own != age or one.lagged for own, one in zip(source["age"], found, strict=True)]


def _amount_per_head(
    table: pd.DataFrame, indicator: Indicator, people: _People, areas: pd.DataFrame | None
) -> pd.DataFrame:
    """Amounts divided by residents, or by the people of another indicator in the same year.

    No interval: an amount is no count of events. Amounts of a region are added up first, where all
    of its authorities have theirs and no source has the region's.
    """
    source = _rows(table, indicator.numerator, indicator.sexes)
    if areas is not None and len(source):
        sums = _region_sums(source.assign(base=0.0), areas, {})[source.columns]
        source = pd.concat([source, sums], ignore_index=True)
    if source.empty:
        return source
    if indicator.denominator == "population":
        found = people.beside(source, indicator)
        other = _other_people(source, indicator, found)
        by_source = [people.source if one.row else "" for one in found]
    else:
        heads = _rows(table, indicator.denominator, indicator.sexes)
        columns = [*_JOIN, "value", "source_row", "source"]
        known = {
            (area, period, sex): (_Residents(float(value), row), key)
            for area, period, sex, value, row, key in heads.loc[
                heads["status"] == Status.SHOWN, columns
            ].itertuples(index=False, name=None)
        }
        source = source[[key in known for key in source[_JOIN].itertuples(index=False, name=None)]]
        beside = [known[key] for key in source[_JOIN].itertuples(index=False, name=None)]
        found, by_source = [one for one, _ in beside], [key for _, key in beside]
        other = [False] * len(found)
    size = pd.Series([one.size for one in found], source.index, dtype="float64")
    each = source["value"] / size.where(size > 0)
    status = source["status"].mask(
        source["status"].eq(Status.SHOWN) & each.isna(), str(Status.UNAVAILABLE)
    )
    return source.assign(
        indicator=indicator.key,
        value=each.where(status == Status.SHOWN),
        lower=None,
        upper=None,
        count=source["value"].where(source["value"] >= 0),
        denominator=size,
        status=status,
        marks=[
            join_marks(own, "e" if one else "")
            for own, one in zip(source["marks"], other, strict=True)
        ],
        method=indicator.statistic,
        source=[
            join_texts(one, two, by=";")
            for one, two in zip(source["source"], by_source, strict=True)
        ],
        source_row=[
            join_texts(one, two.row, by="; ")
            for one, two in zip(source["source_row"], found, strict=True)
        ],
    )


def _unmet_need(
    table: pd.DataFrame,
    indicator: Indicator,
    catalogue: Catalogue,
    areas: pd.DataFrame | None,
    rounding: Mapping[tuple[str, str, str], float],
) -> pd.DataFrame:
    """Unmet need, and the sums over a region's authorities that its own is made from."""
    treated = _rows(table, indicator.numerator, indicator.sexes)
    prevalence = _rows(table, indicator.denominator, indicator.sexes)
    if treated.empty and prevalence.empty:
        return treated
    treated = treated.assign(base=_bases(treated, catalogue, rounding))
    prevalence = prevalence.assign(base=0.0)
    sums = treated.iloc[:0]
    if areas is not None:
        merged = _merged(catalogue, indicator.key)
        added = [_region_sums(rows, areas, merged) for rows in (treated, prevalence)]
        treated, prevalence = pd.concat([treated, added[0]]), pd.concat([prevalence, added[1]])
        sums = pd.concat(added)
    both = treated.merge(prevalence, on=_JOIN, how="outer", suffixes=("_t", "_p"))
    both["count_t"] = both["count_t"].fillna(both["value_t"])
    both = both[~_left_out(both, _rows(table, indicator.key, indicator.sexes))]
    both = both.reset_index(drop=True)
    age = both["age_t"].fillna(both["age_p"])
    inputs = both[_JOIN].assign(
        treated=both["count_t"],
        people=both["value_p"],
        low=both["lower_p"],
        high=both["upper_p"],
        age=age,
    )
    shares = _shares(inputs, both["base_t"].fillna(0), indicator.multiplier)
    status = shares["status"].astype("str")
    hidden = both["status_t"].eq(Status.SUPPRESSED) | both["status_p"].eq(Status.SUPPRESSED)
    status[hidden.fillna(False)] = Status.SUPPRESSED.value
    shown = status == Status.SHOWN.value
    other_age = both["age_t"].ne(both["age_p"]) & both["age_t"].notna() & both["age_p"].notna()
    marks = [
        join_marks(one, of, "".join(indicator.marks), "e" if other else "")
        for one, of, other in zip(both["marks_t"], both["marks_p"], other_age, strict=True)
    ]
    made = pd.DataFrame(
        {
            "indicator": indicator.key,
            "area_code": both["area_code"],
            "area_name": both["area_name_t"].fillna(both["area_name_p"]),
            "period": both["period"],
            "period_start": both["period_start_t"].fillna(both["period_start_p"]),
            "period_end": both["period_end_t"].fillna(both["period_end_p"]),
            "sex": both["sex"],
            "age": age,
            "category": "",
            "value": shares["share"].where(shown),
            "lower": shares["from_low"].where(shown),
            "upper": shares["to_high"].where(shown),
            "count": (both["value_p"] - both["count_t"]).where(shown),
            "denominator": both["value_p"],
            "status": status,
            "marks": marks,
            "method": indicator.statistic,
            "source": _together(both["source_t"], both["source_p"], ";"),
            "source_row": _together(both["source_row_t"], both["source_row_p"], "; "),
        }
    )
    return pd.concat([sums[made.columns], made], ignore_index=True) if len(sums) else made


def _shares(inputs: pd.DataFrame, rounded: pd.Series[float], multiplier: float) -> pd.DataFrame:
    """Shares not treated, with limits that hold what rounding the treated may have changed.

    `rounded` is the base that the treated of each row are rounded to; 0 for none.
    """
    parts = []
    for base in sorted(rounded.unique()):
        made = unmet_need(
            inputs[rounded == base],
            by=[*_JOIN, "age"],
            treated="treated",
            prevalence="people",
            prevalence_lower="low",
            prevalence_upper="high",
            rounding=float(base) or None,
            multiplier=multiplier,
        )
        ends = ("lower95_0_rounding", "upper95_0_rounding") if base else ("lower95_0", "upper95_0")
        parts.append(
            made.rename(columns={"value": "share"}).assign(
                from_low=made[ends[0]], to_high=made[ends[1]]
            )
        )
    return inputs[[*_JOIN, "age"]].merge(
        pd.concat(parts), on=[*_JOIN, "age"], how="left", validate="1:1"
    )


def _left_out(both: pd.DataFrame, published: pd.DataFrame) -> pd.Series[bool]:
    """Regions with one sum alone, and those whose share a source has itself."""
    summed = both["method_t"].eq(ADDED) | both["method_p"].eq(ADDED)
    alone = both["count_t"].isna() | both["value_p"].isna()
    own = pd.MultiIndex.from_frame(published[_JOIN])
    return summed & (alone | pd.MultiIndex.from_frame(both[_JOIN]).isin(own))


def _merged(catalogue: Catalogue, key: str) -> dict[str, str]:
    """Authorities that the sources of an indicator count under another's code."""
    keys = catalogue.sources_of(key)
    return {one: two for name in keys for one, two in catalogue.sources[name].merged.items()}


def _region_sums(
    rows: pd.DataFrame, areas: pd.DataFrame, merged: Mapping[str, str]
) -> pd.DataFrame:
    """Counts of an indicator added up over the authorities of a region, where all have theirs.

    Those in use at the end of the period belong to it. One that has no figure may be counted with
    another (`merged`). A region is left out where a source has a row of its own. Limits are
    added up as well: errors are taken as fully dependent, the wider assumption, which the figure's
    formula says. So are the rounding bases in the column `base`.
    """
    names = areas.set_index("code")["name"]
    regions = areas.loc[areas["kind"] == "region", "code"]
    known = set(rows[_JOIN].itertuples(index=False, name=None))
    usable = rows[rows["status"].eq(Status.SHOWN) & rows["value"].notna()]
    usable = usable.sort_values("area_code", kind="stable")
    members = functools.cache(lambda parent, day: set(authorities_of(parent, areas, day)))
    found = []
    for (period, sex), group in usable.groupby(["period", "sex"], sort=True):
        end = group["period_end"].iloc[0]
        have = set(group["area_code"])
        for parent in (*regions, ENGLAND):
            codes = members(str(parent), end)
            counted = all(merged.get(code) in have for code in codes - have)
            if (parent, period, sex) in known or not counted:
                continue
            own = group[group["area_code"].isin(codes)]
            if len(own) > 1 and len(own["age"].unique()) == 1:
                found.append(_added_up(own, str(parent), str(names.get(parent, parent))))
    return pd.DataFrame(found, columns=rows.columns).astype(rows.dtypes.to_dict())


def _added_up(members: pd.DataFrame, code: str, name: str) -> dict[str, object]:
    """The row of a region, with the sums and every source row."""
    first = {str(key): value for key, value in members.iloc[0].to_dict().items()}
    places = join_texts(*members["source_row"], by="; ")
    counts = members["count"].fillna(members["value"])
    return {
        **first,
        **{part: members[part].sum(skipna=False) for part in ("value", "lower", "upper", "base")},
        "area_code": code,
        "area_name": name,
        "count": counts.sum(),
        "denominator": None,
        "marks": join_marks(*members["marks"]),
        "method": ADDED,
        "source": join_texts(*members["source"], by=";"),
        "source_row": f"added up over {len(members)} authorities; "
        + _together_by_file(places.split("; ")),
    }


def _together_by_file(places: Iterable[str]) -> str:
    """Join places, the lines of one file together.

    Examples
    --------
    >>> _together_by_file(["a.csv, line 7", "b.xlsx, Table 2, row 3", "a.csv, line 9"])
    'a.csv, lines 7, 9; b.xlsx, Table 2, row 3'
    """
    lines: dict[str, list[str]] = {}
    for place in places:
        file, _, number = place.rpartition(" ")
        if number.isdigit():
            lines.setdefault(file, []).append(number)
        else:
            lines[place] = []
    return "; ".join(
        f"{file}s {', '.join(numbers)}" if numbers[1:] else " ".join([file, *numbers])
        for file, numbers in lines.items()
    )


def _limits_of_means(prevalence: pd.DataFrame) -> pd.DataFrame:
    """Give an estimate that is the mean of the three years before the mean of their limits.

    The publisher forms 2018/19 so: its interval for the share not in treatment is the one that
    these limits give. Such rows are marked "e", because the people in treatment are those of the
    year and the prevalence is not.
    """
    table = prevalence.copy()
    years = [parse(str(period)).years[0] for period in table["period"]]
    keys = zip(table["area_code"], table["sex"], table["age"], years, strict=True)
    place = dict(zip(keys, table.index, strict=True))
    bare = table["lower"].isna() & table["upper"].isna() & (table["status"] == Status.SHOWN)
    columns = ("value", "lower", "upper", "marks", "source", "source_row")
    rows = table[list(columns)].to_dict("index")
    made: dict[Any, dict[str, Any]] = {}
    for (area, sex, age, year), index in place.items():
        earlier = [place.get((area, sex, age, year - back)) for back in (3, 2, 1)]
        if not bare[index] or None in earlier:
            continue
        own, three = rows[index], [rows[one] for one in earlier]
        mean = {
            name: float(np.mean([one[name] for one in three]))
            for name in ("value", "lower", "upper")
        }
        if any(map(pd.isna, mean.values())) or abs(mean["value"] - own["value"]) > SAME:
            continue
        made[index] = {
            "lower": mean["lower"],
            "upper": mean["upper"],
            "marks": join_marks(own["marks"], "e"),
            "source": join_texts(own["source"], *(one["source"] for one in three), by=";"),
            "source_row": join_texts(
                own["source_row"], *(one["source_row"] for one in three), by="; "
            ),
        }
    if made:
        formed = pd.DataFrame.from_dict(made, orient="index")
        table.loc[formed.index, formed.columns] = formed
    return table


def _bases(
    treated: pd.DataFrame, catalogue: Catalogue, sums: Mapping[tuple[str, str, str], float]
) -> pd.Series[float]:
    """What each count may have been rounded to; of a sum, what its members' may have been."""
    counts = treated["count"].fillna(treated["value"])
    names = ("area_code", "period", "source")
    bases = [
        float(catalogue.rounding(count, str(area), str(period), str(source).split(";")))
        for count, area, period, source in zip(
            counts, *(treated[name] for name in names), strict=True
        )
    ]
    keys = treated[["indicator", "period", "sex"]].itertuples(index=False, name=None)
    bases = [sums.get(key, base) for key, base in zip(keys, bases, strict=True)]
    return pd.Series(bases, treated.index, dtype="float64")


def _rows(table: pd.DataFrame, key: str, sexes: Sequence[str]) -> pd.DataFrame:
    """Headline rows of an indicator, for the sexes of the one derived from it."""
    return table[
        (table["indicator"] == key) & (table["category"] == "") & table["sex"].isin(list(sexes))
    ]


def _is_count(rows: pd.DataFrame) -> pd.Series:
    """Whether a row's value is itself the count: rates carry theirs in ``count``."""
    return rows["denominator"].isna() & rows["lower"].isna()


def _replace(table: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Put derived rows in, over rows of the same key unless those have a value and these not."""
    if made.empty:
        return table
    made = schemas.conform(made, schemas.OBSERVATIONS)
    keys = list(schemas.OBSERVATION_KEY)
    both = pd.concat([table.assign(_rank=1), made.assign(_rank=0)], ignore_index=True)
    both["_rank"] += 2 * (both["status"] != Status.SHOWN)
    both = both.sort_values("_rank", kind="stable").drop_duplicates(keys)
    return both.drop(columns="_rank").reset_index(drop=True)


def _population_source(catalogue: Catalogue) -> str:
    return ";".join(catalogue.sources_of("population"))


def join_marks(*marks: object) -> str:
    """Join marks, each once, in the order of `needs.stats.status.SYMBOLS`.

    Examples
    --------
    >>> join_marks("p", "ep", "")
    'ep'
    """
    given = {letter for one in marks if isinstance(one, str) for letter in one}
    return "".join(letter for letter in SYMBOLS if letter in given)


def join_texts(*texts: object, by: str) -> str:
    """Join texts that may already be joined, each part once, in order of appearance.

    Examples
    --------
    >>> join_texts("a;b", "b", "", by=";")
    'a;b'
    """
    parts: Iterable[str] = (
        part for one in texts if isinstance(one, str) and one for part in one.split(by)
    )
    return by.join(dict.fromkeys(parts))


def _together(left: pd.Series, right: pd.Series, by: str) -> list[str]:
    return [join_texts(one, of, by=by) for one, of in zip(left, right, strict=True)]
