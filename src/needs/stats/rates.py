"""Rates: crude, directly standardised and indirectly standardised, with their intervals."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from needs.errors import InvalidDataError, ParameterError, Problem
from needs.stats import inputs
from needs.stats.inputs import Check, Flags, Groups
from needs.stats.intervals import BYAR_FROM, Floats, byar, poisson

#: The 2013 European Standard Population: people of 100,000 in each of 19 age bands.
#: Eurostat. Revision of the European Standard Population. Luxembourg: Publications Office of the
#: European Union, 2013.
ESP2013: Mapping[str, int] = MappingProxyType(
    {
        "0-4": 5000,
        "5-9": 5500,
        "10-14": 5500,
        "15-19": 5500,
        "20-24": 6000,
        "25-29": 6000,
        "30-34": 6500,
        "35-39": 7000,
        "40-44": 7000,
        "45-49": 7000,
        "50-54": 7000,
        "55-59": 6500,
        "60-64": 6000,
        "65-69": 5500,
        "70-74": 5000,
        "75-79": 4000,
        "80-84": 2500,
        "85-89": 1500,
        "90+": 1000,
    }
)

#: An age band that names its years: "0-4", "5 to 9", "90+".
_YEARS = re.compile(r"(?P<first>[0-9]+)(\s*(-|–|to)\s*(?P<last>[0-9]+)|\+)")

#: Fewer events than this: no directly standardised rate.
LEAST_EVENTS = 10
#: Fewer events than this: the rate is shown and marked "u", low reliability.
RELIABLE_EVENTS = 20


def crude_rate(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    count: str,
    population: str,
    confidence: Sequence[float] = (0.95,),
    multiplier: float = 100_000,
    minimum_count: float = 0,
) -> pd.DataFrame:
    """Events per head of population, with exact or Byar limits.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows to add up in each group: areas, ages or years.
    by : sequence of str
        Grouping columns, all kept; an empty list gives one row for all.
    count : str
        Column of events, 0 or more. They may exceed the population.
    population : str
        Column of person-years, 0 or more.
    confidence : sequence of float
        Levels as shares.
    multiplier : float
        Unit of the rate: 100,000 gives events per 100,000 person-years.
    minimum_count : float
        Groups with fewer events have no rate (status unreliable). The Office for National
        Statistics gives no crude death rate below 3.

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``value``, limits, ``total_count``,
        ``total_denominator``, ``statistic``, ``method`` (of the interval), ``status``: shown,
        unreliable, not applicable (no population) or unavailable (a count or population of the
        group is missing; the sum is then missing too, never of the rest).

    Raises
    ------
    needs.errors.ParameterError
        For a multiplier or level out of range, a grouping column that is named
        as one of the result, or named twice.
    needs.errors.InvalidDataError
        For negative, infinite or text input, repeated rows and missing groups; all at once.

    Notes
    -----
    ``rate = multiplier * x / n``; limits are those of the count (`needs.stats.intervals.poisson`)
    divided by n: exact for x below 10, Byar's from 10. Eayres D. Technical Briefing 3: Commonly
    used public health statistics and their confidence intervals. Association of Public Health
    Observatories, 2008.

    Examples
    --------
    >>> import pandas as pd
    >>> deaths = pd.DataFrame({"area": ["A", "A", "B"], "age": ["18-64", "65+", "18+"],
    ...                        "deaths": [41, 24, 0], "people": [500_000, 100_000, 7_000]})
    >>> crude_rate(deaths, by=["area"], count="deaths", population="people").round(2)[
    ...     ["area", "value", "lower95_0", "upper95_0", "total_count", "method", "status"]]
      area  value  lower95_0  upper95_0  total_count method status
    0    A  10.83       8.36      13.81         65.0   Byar  shown
    1    B   0.00       0.00      52.70          0.0  exact  shown
    """
    levels = inputs.levels(confidence)
    multiplier = inputs.unit(multiplier)
    check = inputs.begin(data, by, [count, population], "crude rate")
    events = check.numbers(count)
    people = check.numbers(population)
    groups = inputs.group(check)
    check.distinct(groups)
    check.finish()

    total = groups.total(events)
    denominator = groups.total(people)
    status = inputs.statuses(
        groups.number,
        unreliable=total < minimum_count,
        not_applicable=denominator == 0,
        unavailable=np.isnan(total) | np.isnan(denominator),
    )
    shown = status == "shown"
    scale = _quotient(multiplier, denominator, shown)
    limits = {}
    for level in levels:
        name = inputs.level_name(level)
        lower, upper = poisson(total, level)
        limits[f"lower{name}"] = lower * scale
        limits[f"upper{name}"] = upper * scale
    return inputs.assemble(
        groups,
        value=total * scale,
        **limits,
        total_count=total,
        total_denominator=denominator,
        statistic=f"crude rate per {multiplier:,.10g}",
        method=_interval_method(total),
        status=status,
    )


def directly_standardised_rate(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    count: str,
    population: str,
    age_band: str,
    standard: Mapping[str, float] = ESP2013,
    events: Literal["independent", "repeat"] = "independent",
    frequency: str | None = None,
    confidence: Sequence[float] = (0.95,),
    multiplier: float = 100_000,
) -> pd.DataFrame:
    """Rate that a population would have with the age structure of a standard population.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per group and age band (and, with repeat events, number of events per person).
    by : sequence of str
        Grouping columns, all kept.
    count : str
        Column of events, or, with repeat events, of persons who had `frequency` events each. A
        missing count is 0, and the result says how many there were.
    population : str
        Column of person-years in the band, above 0.
    age_band : str
        Column of labels of `standard`; each group needs each label. Rows are joined to weights by
        label, so their order does not matter.
    standard : mapping of label to weight
        Weights 0 or more, any sum; a Series of weights indexed by label will do.
    events : {"independent", "repeat"}
        "repeat" for events that one person can have more than once, such as admissions.
    frequency : str, optional
        With repeat events: column of events per person. Cells of band and frequency in which
        nobody falls may be absent; a band may not.
    confidence : sequence of float
        Levels as shares.
    multiplier : float
        Unit of the rate.

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``value``, limits, ``total_count`` (events),
        ``total_denominator``, ``statistic``, ``method``, ``status``, ``marks`` and
        ``missing_counts`` (counts taken as 0). Fewer than 10 events: value and limits are withheld
        (status unreliable). From 10 to 19: ``marks`` is "u".

    Raises
    ------
    needs.errors.ParameterError
        For a multiplier or level out of range, repeat events without `frequency` (or the reverse),
        a standard that is not a mapping, and a grouping column that is named as one of the result,
        or named twice.
    needs.errors.InvalidDataError
        For a weight that is not a number of 0 or more, and, with all their rows at once, for a
        missing, doubled or unknown age band, a population that is missing or not above 0,
        and negative, infinite or text input.

    Notes
    -----
    ``rate = M sum(w x / n) / sum(w)`` with variance ``sum(w^2 x / n^2) / sum(w)^2``. With persons
    x_fi of f events in band i the variance is ``sum_f f^2 sum_i(w^2 x_fi / n^2) / sum(w)^2``.
    Limits scale Byar's of the total X: ``rate + M sqrt(var / X) (Byar(X) - X)``. Dobson AJ,
    Kuulasmaa K, Eberle E, Scherer J. Confidence intervals for weighted sums of Poisson parameters.
    Statistics in Medicine 1991; 10: 457-462.

    Examples
    --------
    With one rate at all ages, the standardised rate is that rate:

    >>> import pandas as pd
    >>> deaths = pd.DataFrame({"area": "A", "age": list(ESP2013), "deaths": 5.0, "people": 1e5})
    >>> directly_standardised_rate(deaths, by=["area"], count="deaths", population="people",
    ...                            age_band="age").round(3).iloc[0][
    ...     ["value", "lower95_0", "upper95_0", "total_count", "status"]].to_dict()
    {'value': 5.0, 'lower95_0': 3.993, 'upper95_0': 6.173, 'total_count': 95.0, 'status': 'shown'}
    """
    levels = inputs.levels(confidence)
    multiplier = inputs.unit(multiplier)
    repeat = _is_repeat(events, frequency)
    columns = [count, population, age_band, *([frequency] if frequency else [])]
    check = inputs.begin(data, by, columns, "directly standardised rate")
    standard, weights = _weights(standard)
    counted = check.numbers(count)
    people = check.numbers(
        population,
        above=0.0,
        missing=False,
        remedy="Give the population of every age band; a band without one cannot be standardised.",
    )
    times = check.numbers(frequency, above=0.0, missing=False) if frequency else np.ones(1)
    groups = inputs.group(check)
    bands = _bands(check, age_band, standard, "the standard population")
    if frequency:
        cells = _repeat_cells(check, groups, bands, len(weights), frequency, people)
    else:
        cells = _whole_bands(check, groups, bands, standard, age_band)
    _absent_bands(check, groups, bands, cells, standard, age_band)
    check.finish()

    missing = groups.missing(counted)
    persons = np.nan_to_num(counted)
    happened = persons * times if repeat else persons
    share = (weights / weights.sum())[bands] / people
    parts = share * happened
    rate = groups.total(parts)
    parts *= share
    if repeat:
        parts *= times
    variance = groups.total(parts)
    total = groups.total(happened)
    # with repeat events a band's population stands beside each frequency
    denominator = (
        people[cells - 1].reshape(groups.number, len(weights)).sum(axis=1)
        if frequency
        else groups.total(people)
    )
    few = total < LEAST_EVENTS
    status = inputs.statuses(groups.number, unreliable=few)
    rate[few] = np.nan
    spread = np.sqrt(variance / np.where(few, 1.0, total))
    limits = {}
    for level in levels:
        name = inputs.level_name(level)
        lower, upper = byar(total, level)
        limits[f"lower{name}"] = multiplier * (rate + spread * (lower - total))
        limits[f"upper{name}"] = multiplier * (rate + spread * (upper - total))
    return inputs.assemble(
        groups,
        value=multiplier * rate,
        **limits,
        total_count=total,
        total_denominator=denominator,
        statistic=f"directly standardised rate per {multiplier:,.10g}",
        method="Dobson, repeat events" if repeat else "Dobson",
        status=status,
        marks=np.where(few | (total >= RELIABLE_EVENTS), "", "u").astype(object),
        missing_counts=missing,
    )


def indirectly_standardised(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    count: str,
    population: str,
    reference_count: str,
    reference_population: str,
    age_band: str,
    result: Literal["ratio", "rate"] = "ratio",
    bands: Sequence[object] | None = None,
    confidence: Sequence[float] = (0.95,),
    multiplier: float | None = None,
) -> pd.DataFrame:
    """Observed events over those expected at the reference's age-specific rates.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per group and age band, with the reference's figures for that band in the row.
    by : sequence of str
        Grouping columns, all kept.
    count, population : str
        Columns of events and person-years of the group in the band, 0 or more. A missing count is
        0, and the result says how many there were.
    reference_count, reference_population : str
        Columns of events (0 or more) and person-years (above 0) of the reference in the band.
    age_band : str
        Column of age bands: each once in a group, and the same bands in every group.
    result : {"ratio", "rate"}
        The ratio itself, or the ratio times the reference's crude rate.
    bands : sequence, optional
        The age bands that every group must have. Give them: without them a band that no group has
        passes unseen, except that bands such as "0-4" and "90+" must adjoin, without gap or
        overlap.
    confidence : sequence of float
        Levels as shares.
    multiplier : float, optional
        Unit: 100 for a ratio (the reference is 100) and 100,000 for a rate unless given.

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``value``, limits, ``total_count`` (observed),
        ``total_denominator`` (expected), ``statistic``, ``method``, ``status`` (shown, not
        applicable: no event is expected, or unavailable: a population is missing) and
        ``missing_counts`` (counts taken as 0); of a rate ``reference_rate`` too, in its unit.

    Raises
    ------
    needs.errors.ParameterError
        For an unknown result, a multiplier or level out of range, an empty or repeated entry of
        `bands`, and a grouping column that is named as one of the result, or named twice.
    needs.errors.InvalidDataError
        For a missing, doubled or unknown age band, bands with a gap or overlap, a reference
        population that is not above 0, and negative, infinite or text input; all at once.

    Notes
    -----
    ``ratio = multiplier * O / E`` with ``E = sum(n * X / N)`` over the bands, and
    ``rate = multiplier * O / E * sum(X) / sum(N)``; limits are those of O (exact below 10, Byar's
    from 10) over E. Eayres D. Technical Briefing 3: Commonly used public health statistics and
    their confidence intervals. Association of Public Health Observatories, 2008.

    Examples
    --------
    >>> import pandas as pd
    >>> deaths = pd.DataFrame({"area": "A", "age": ["18-64", "65+"], "deaths": [30, 20],
    ...     "people": [50_000, 10_000], "all_deaths": [500, 300], "all_people": [10**6, 2 * 10**5]})
    >>> indirectly_standardised(deaths, by=["area"], count="deaths", population="people",
    ...     reference_count="all_deaths", reference_population="all_people", age_band="age",
    ... ).round(2).iloc[0][["value", "lower95_0", "upper95_0", "total_denominator"]].to_dict()
    {'value': 125.0, 'lower95_0': 92.77, 'upper95_0': 164.8, 'total_denominator': 40.0}
    """
    if result not in ("ratio", "rate"):
        raise ParameterError(f"Unknown result '{result}'.", "result", "Use 'ratio' or 'rate'.")
    rate = result == "rate"
    statistic = f"indirectly standardised {result}"
    levels = inputs.levels(confidence)
    multiplier = inputs.unit((100_000 if rate else 100) if multiplier is None else multiplier)
    columns = [count, population, reference_count, reference_population, age_band]
    check = inputs.begin(data, by, columns, statistic)
    events = check.numbers(count)
    people = check.numbers(population)
    all_events = check.numbers(reference_count, missing=False)
    all_people = check.numbers(reference_population, above=0.0, missing=False)
    groups = inputs.group(check)
    labels = _labels(check, age_band, bands)
    codes = _bands(check, age_band, labels, "the list 'bands'")
    cells = _whole_bands(check, groups, codes, labels, age_band)
    _absent_bands(check, groups, codes, cells, labels, age_band)
    if bands is None:
        _refuse_gaps(check, age_band, labels)
    check.finish()

    missing = groups.missing(events)
    observed = groups.total(np.nan_to_num(events))
    expected = groups.total(people * all_events / all_people)
    reference = groups.total(all_events) / groups.total(all_people) * multiplier
    status = inputs.statuses(
        groups.number,
        not_applicable=expected == 0,
        unavailable=np.isnan(expected),
    )
    scale = _quotient(1.0, expected, status == "shown") * (reference if rate else multiplier)
    limits = {}
    for level in levels:
        name = inputs.level_name(level)
        lower, upper = poisson(observed, level)
        limits[f"lower{name}"] = lower * scale
        limits[f"upper{name}"] = upper * scale
    return inputs.assemble(
        groups,
        value=observed * scale,
        **limits,
        total_count=observed,
        total_denominator=expected,
        statistic=f"{statistic} {'per' if rate else '×'} {multiplier:,.10g}",
        method=_interval_method(observed),
        status=status,
        missing_counts=missing,
        **({"reference_rate": reference} if rate else {}),
    )


def _is_repeat(events: str, frequency: str | None) -> bool:
    if events not in ("independent", "repeat"):
        raise ParameterError(
            f"Unknown kind of events '{events}'.", "events", "Use 'independent' or 'repeat'."
        )
    if (events == "repeat") != (frequency is not None):
        raise ParameterError(
            "Repeat events and the column of their frequency go together.",
            "events, frequency",
            "Give events='repeat' and frequency='<column of events per person>', or neither.",
        )
    return events == "repeat"


def _weights(standard: Mapping[str, float] | pd.Series) -> tuple[Mapping[str, float], Floats]:
    if isinstance(standard, pd.Series):
        if not standard.index.is_unique:
            raise InvalidDataError(
                "The standard population has an age band twice.",
                "standard",
                "Give one weight for each age band.",
            )
        standard = dict(zip(standard.index, standard, strict=True))
    if not isinstance(standard, Mapping):
        raise ParameterError(
            "The standard population is not a mapping of age band to weight.",
            "standard",
            "Give a dictionary or a Series by label, such as ESP2013.",
        )
    try:
        weights = np.array([float(weight) for weight in standard.values()], dtype=np.float64)
        text = any(isinstance(weight, str) for weight in standard.values())
    except (TypeError, ValueError):
        text = True
    if text:
        raise InvalidDataError(
            "The standard population has a weight that is not a number.",
            "standard",
            "Convert the weights with pandas.to_numeric.",
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise InvalidDataError(
            "The standard population has a weight below 0 or missing, or no weight at all.",
            "standard",
            "Give a weight of 0 or more for each age band, such as ESP2013.",
        )
    return standard, weights


def _labels(check: Check, age_band: str, bands: Sequence[object] | None) -> dict[Any, float]:
    if bands is None:
        return dict.fromkeys(check.data[age_band].dropna().unique(), 1.0)
    if isinstance(bands, str) or not len(bands) or len(set(bands)) < len(bands):
        raise ParameterError(
            "The age bands are none, one text, or named twice.", "bands", "Give a list of labels."
        )
    return dict.fromkeys(bands, 1.0)


def _refuse_gaps(check: Check, age_band: str, labels: Mapping[Any, float]) -> None:
    """Bands that name their years must adjoin: a gap is a band that all groups lack."""
    years = [_YEARS.fullmatch(str(label)) for label in labels]
    spans = sorted(
        (int(found["first"]), float(found["last"] or "inf")) for found in years if found is not None
    )
    if len(spans) < len(years):
        return  # other labels say nothing about the years between them
    for (_, last), (first, _) in itertools.pairwise(spans):
        # "15-20, 20-25" and "15-19, 20-24" are two ways to write the same
        if first not in (last, last + 1):
            check.problems.append(
                Problem(
                    f"The age bands of column '{age_band}' have a gap or overlap before {first}.",
                    ", ".join(map(str, labels)),
                    "Add the absent band to every group, or say with bands=[…] that it is meant.",
                )
            )


def _bands(check: Check, age_band: str, standard: Mapping[Any, float], asked: str) -> inputs.Codes:
    """Place of each row's age band in the standard, joined by label; -1 where it is unknown."""
    level, uniques = pd.factorize(check.data[age_band])
    place = {label: number for number, label in enumerate(standard)}
    known = np.array([place.get(label, -1) for label in uniques] + [-1], dtype=np.intp)
    codes = known[level]
    check.refuse(
        codes < 0,
        f"Column '{age_band}' has an age band that {asked} does not have.",
        f"Use these labels: {', '.join(map(str, standard))}.",
    )
    return codes


def _whole_bands(
    check: Check,
    groups: Groups,
    bands: inputs.Codes,
    standard: Mapping[Any, float],
    age_band: str,
) -> inputs.Codes:
    """Rows of each group and band, of which there may be but one."""
    cell = groups.codes * len(standard) + bands
    placed = _placed(check, bands)
    cells = np.bincount(cell[placed], minlength=groups.number * len(standard))
    if len(cells) and cells.max() > 1:
        check.refuse(
            placed & (cells[cell] > 1),
            f"Column '{age_band}' has an age band twice in a group.",
            "Keep one row per group and age band, or name the column that tells them apart in by.",
        )
    return cells


def _repeat_cells(
    check: Check,
    groups: Groups,
    bands: inputs.Codes,
    number: int,
    frequency: str,
    people: Floats,
) -> inputs.Codes:
    """First row of each group and band, from 1 (0: none); all its rows must share a population."""
    placed = _placed(check, bands)
    rows = np.flatnonzero(placed)
    cell = groups.codes * number + bands
    times = check.data[frequency].to_numpy()
    seen = pd.DataFrame({"cell": cell[rows], "frequency": times[rows]})
    twice = np.zeros(len(cell), dtype=np.bool_)
    twice[rows] = seen.duplicated(keep=False).to_numpy()
    check.refuse(
        twice,
        "A group has an age band and frequency twice.",
        "Keep one row per group, age band and frequency.",
    )
    first = np.full(groups.number * number, -1, dtype=np.intp)
    first[cell[rows][::-1]] = rows[::-1]
    own, others = people[rows], people[first[cell[rows]]]
    differs = np.zeros(len(cell), dtype=np.bool_)
    differs[rows] = (own != others) & ~np.isnan(own) & ~np.isnan(others)
    check.refuse(
        differs,
        "An age band has another population in another row of its group.",
        "Give the same population of the band beside every frequency.",
    )
    return first + 1


def _placed(check: Check, bands: inputs.Codes) -> Flags:
    """Rows whose group and age band are known."""
    placed: Flags = (bands >= 0) & ~check.unplaced
    return placed


def _absent_bands(
    check: Check,
    groups: Groups,
    bands: inputs.Codes,
    cells: inputs.Codes,
    standard: Mapping[Any, float],
    age_band: str,
) -> None:
    """Refuse groups without all age bands: their rate would be cut short without a word.

    A group with an unknown band is left out: the band that it lacks may be the one misspelt.
    """
    if cells.all():
        return
    labels = list(standard)
    absent: Flags = (cells == 0).reshape(groups.number, len(labels))
    absent[groups.codes[(bands < 0) & ~check.unplaced]] = False
    places = np.flatnonzero(absent.any(axis=1))
    for place in places[: inputs.ROWS_NAMED]:
        key = groups.keys.iloc[place]
        name = ", ".join(f"{column} {value}" for column, value in key.items()) or "all rows"
        lost = ", ".join(str(labels[band]) for band in np.flatnonzero(absent[place]))
        check.problems.append(
            Problem(
                f"Age bands are absent in column '{age_band}': {lost}.",
                name,
                "Add a row with the band's population and a count of 0.",
            )
        )
    more = len(places) - inputs.ROWS_NAMED
    if more > 0:
        check.problems.append(Problem(f"{more:,} more groups lack age bands."))


def _quotient(multiplier: float, denominator: Floats, shown: Flags) -> Floats:
    """Multiplier over denominator where a value is shown, else missing."""
    return np.where(shown, multiplier / np.where(shown, denominator, 1.0), np.nan)


def _interval_method(total: Floats) -> object:
    named = np.where(total < BYAR_FROM, "exact", "Byar").astype(object)
    named[np.isnan(total)] = ""
    return named
