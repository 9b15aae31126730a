"""Inequality: quantiles of areas, and the slope and relative indices across them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from needs.errors import ParameterError
from needs.stats import inputs
from needs.stats.inputs import Check, Groups
from needs.stats.intervals import Floats, z_value
from needs.stats.status import Status

#: Fewest draws that say anything of limits.
LEAST_DRAWS = 100

#: Numbers of groups for which a slope index is calculated.
LEAST_GROUPS, MOST_GROUPS = 5, 100

Kind = Literal["normal", "rate", "proportion"]
Scale = Callable[[Floats], Floats]


def quantiles(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    value: str,
    number: int = 10,
    highest_first: bool = True,
) -> pd.DataFrame:
    """Put areas into equal groups by a value, within each group of `by`.

    National deprivation deciles are the publisher's own column: never recompute them for an area.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per area.
    by : sequence of str
        Columns within whose groups areas are ranked; an empty list ranks all together.
    value : str
        Column of the value to rank by. An area without one has no quantile.
    number : int
        Number of quantiles: 5 for fifths, 10 for tenths.
    highest_first : bool
        Whether quantile 1 holds the highest values, as where a high score is most deprived.

    Returns
    -------
    pandas.DataFrame
        The rows of `data` in their order, with ``quantile`` (1 to `number`, or missing) and
        ``quantile_status``: shown, unavailable (no value) or not applicable (the group has fewer
        values than quantiles).

    Raises
    ------
    needs.errors.ParameterError
        For a number of quantiles that is not a whole number of 2 or more, and a column of `data`
        that is named as one that is added.
    needs.errors.InvalidDataError
        For infinite or text values, repeated rows and missing groups; all at once.

    Notes
    -----
    With rank r (ties take the lowest rank), N values and k quantiles,
    ``q = floor(k + 1 - ceil((N + 1 - r) / (N / k)))``, and 0 becomes 1. Office for Health
    Improvement and Disparities. Public Health Profiles, technical guidance: assigning areas to
    quantiles.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"area": list("ABCDE"), "score": [10.0, 50.0, 20.0, 40.0, None]})
    >>> quantiles(scores, by=[], value="score", number=2)
      area  score  quantile quantile_status
    0    A   10.0         2           shown
    1    B   50.0         1           shown
    2    C   20.0         2           shown
    3    D   40.0         1           shown
    4    E    NaN      <NA>     unavailable
    """
    number = inputs.whole_number(number, "number", 2)
    check = inputs.begin(data, by, [value], "quantile")
    values = check.numbers(value, minimum=None)
    groups = inputs.group(check)
    check.distinct()
    check.finish()

    by_group = pd.Series(values).groupby(groups.codes)
    rank = by_group.rank(method="min", ascending=not highest_first).to_numpy()
    many = by_group.transform("count").to_numpy()
    few, empty = many < number, np.isnan(values)
    placed = ~(few | empty)
    r, n = rank[placed].astype(np.int64), many[placed].astype(np.int64)
    # in whole numbers, so that no quotient falls on the wrong side of a whole number
    quantile = number + 1 + (-(n + 1 - r) * number) // n
    column = pd.array(np.zeros(len(data), dtype=np.int64), dtype="Int64")
    column[placed] = np.maximum(quantile, 1)
    column[~placed] = pd.NA
    status = np.select(
        [empty, few], [Status.UNAVAILABLE.value, Status.NOT_APPLICABLE.value], Status.SHOWN.value
    )
    return inputs.extend(data, quantile=column, quantile_status=status)


def slope_index(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    quantile: str,
    population: str,
    value: str,
    lower: str | None = None,
    upper: str | None = None,
    standard_error: str | None = None,
    number: int | None = None,
    kind: Kind = "normal",
    transform: bool = False,
    confidence: Sequence[float] = (0.95,),
    multiplier: float = 1,
    draws: int = 100_000,
    seed: int = 0,
    scale_errors: bool = False,
) -> pd.DataFrame:
    """Slope and relative index of inequality across deprivation groups.

    The slope index is the difference between the two ends of the population, from the most deprived
    to the least if quantile 1 is the most deprived, on the regression line; the relative index is
    the ratio of the two ends.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per group of `by` and quantile.
    by : sequence of str
        Grouping columns, all kept.
    quantile : str
        Column of the quantile, a whole number from 1 or its text, ordered as a number; each once in
        a group. A group in which one is left out (1 to 10 without 4) has no index, since the places
        of all others in the population would be wrong.
    population : str
        Column of people in the quantile, above 0.
    value : str
        Column of the quantile's value: of any kind ("normal", such as life expectancy), a rate
        above 0, or a proportion between 0 and 1.
    lower, upper : str, optional
        Columns of its 95% limits.
    standard_error : str, optional
        Column of its standard error, instead of limits; only for kind "normal".
    number : int, optional
        Quantiles that every group must have: 10 for tenths. Left out, it is each group's greatest,
        so that a group whose last quantile is absent passes.
    kind : {"normal", "rate", "proportion"}
        On which scale the errors are normal: as they are, logarithms, or logits.
    transform : bool
        Whether the regression is on that scale too (rates and proportions whose gradient is not a
        straight line).
    confidence : sequence of float
        Levels as shares.
    multiplier : float
        Factor of the slope index: 100 turns proportions into percentage points; a negative one
        turns both indices round, so that more deprived is higher, and limits stay in order.
    draws, seed : int
        Number (100 or more) and seed of the draws for limits that need them: a rate or proportion
        that is not transformed. The same input gives the same limits, whatever other groups there
        are.
    scale_errors : bool
        Whether the errors grow where the values lie further from the line than they allow: by the
        root of ``chi_squared`` over its degrees of freedom, two fewer than the quantiles.

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``value`` and its limits (slope index),
        ``relative_index`` and its limits (``relative_lower95_0`` and so on), ``intercept`` (the
        first end of the line, in the unit of the value), ``total_denominator`` (people),
        ``quantiles`` (how many), ``chi_squared`` (lack of fit: squared distances from the line in
        standard errors, missing for values drawn), ``statistic``, ``method`` (of the limits) and
        ``status``: shown, not applicable (fewer than 5 or more than 100 quantiles) or unavailable
        (a quantile of the group is absent). The relative index is missing where the end that
        divides is not above 0, and its limits where it is not above 0 beyond chance.

    Raises
    ------
    needs.errors.ParameterError
        For an unknown kind, options that contradict each other, a multiplier that is 0 or not
        finite, a level out of range, too few draws, and a grouping column that is named as one of
        the result, or named twice.
    needs.errors.InvalidDataError
        For a doubled quantile, one that is not a whole number from 1, a population not above 0, a
        missing value or limit, a rate that is not above 0 or a proportion that is not between 0 and
        1 (their logarithm or logit is not a number), and a value outside its limits; all at once.

    Notes
    -----
    Weighted least squares of the value on the mid-rank ``x`` of the cumulative population share,
    weights the shares ``a``: ``s = sum(k y)`` with ``k = a (x - 1/2) / sum(a (x - 1/2)^2)``. As a
    sum of normals its limits are ``s -/+ z sqrt(sum(k^2 se^2))``. The relative index is the ratio
    ``T / B`` of the line's ends ``h +/- s/2`` at the half point ``h = sum(a y)``. Both ends vary:
    its limits are the ratios r at which ``T - r B`` is z standard errors from 0 (Fieller). With
    transformation g the line turns round its half point, whose own error is left out, as in the
    national package: ``g(h + q/2) - g(h - q/2)`` of each limit q of s, and likewise the ratio,
    which for a rate is ``exp(q)`` whatever h. A rate or proportion that is not transformed is drawn
    on the scale of its error, and the limits are quantiles of both indices over the draws.

    Pamuk ER. Social class inequality in mortality from 1921 to 1972 in England and Wales.
    Population Studies 1985; 39: 17-31. McCullagh P, Nelder JA. Generalized linear models, 2nd
    edition. Chapman and Hall, 1989, for the scale of the errors. Fieller EC. Some problems in
    interval estimation. Journal of the Royal Statistical Society B 1954; 16: 175-185.

    Examples
    --------
    >>> import pandas as pd
    >>> fifths = pd.DataFrame({"fifth": [1, 2, 3, 4, 5], "people": 1000, "years": [74.0, 75.5, 77.0,
    ...                        78.5, 80.0], "error": 0.5})
    >>> slope_index(fifths, by=[], quantile="fifth", population="people", value="years",
    ...             standard_error="error").round(3)[
    ...     ["value", "lower95_0", "upper95_0", "relative_index", "status"]]
       value  lower95_0  upper95_0  relative_index status
    0    7.5      5.951      9.049           1.102  shown
    """
    levels = inputs.levels(confidence)
    multiplier = inputs.turn(multiplier)
    draws = inputs.whole_number(draws, "draws", LEAST_DRAWS)
    limits = _error_columns(kind, transform, lower, upper, standard_error)
    check = inputs.begin(data, by, [quantile, population, value, *limits], "slope index")
    rank = _ranks(check, quantile)
    people = check.numbers(population, above=0.0, missing=False)
    read = [
        check.numbers(name, minimum=0.0 if name == standard_error else None, missing=False)
        for name in (value, *limits)
    ]
    _refuse_outside(check, kind, dict(zip((value, *limits), read, strict=True)))
    groups = inputs.group(check)
    check.once(
        groups,
        rank,
        f"Column '{quantile}' has a quantile twice in a group.",
        "Keep one row per group and quantile, or name the column that tells them apart in by.",
    )
    onto, back = _scale(kind)
    if standard_error is None:
        check.enclosed(value, limits[0], limits[1], (read[0], read[1], read[2]))
    check.finish()
    error = read[1] if standard_error else (onto(read[2]) - onto(read[1])) / (2 * z_value(0.95))

    order = np.lexsort((rank, groups.codes))
    codes, people, y, error = groups.codes[order], people[order], read[0][order], error[order]
    ordered = inputs.Groups(codes, groups.keys)
    inner = onto(y)
    regressed = inner if transform else y
    sizes = ordered.sizes()
    total = ordered.total(people)
    share, leverage = _positions(ordered, people)
    slope, half = ordered.total(leverage * regressed), ordered.total(share * regressed)
    exact = transform or kind == "normal"
    misfit = _lack_of_fit(ordered, regressed, error, (slope, half), (share, leverage))
    misfit = misfit if exact else np.full_like(misfit, np.nan)
    if scale_errors and exact:
        error = error * np.sqrt(np.maximum(1.0, misfit / np.maximum(sizes - 2, 1)))[codes]
    final: Scale = back if transform else _same
    apt = (sizes >= LEAST_GROUPS) & (sizes <= MOST_GROUPS)
    greatest = rank[order][np.cumsum(sizes) - 1]
    whole = (greatest == sizes) & (greatest == (number or greatest))
    possible = apt & whole
    content: dict[str, Floats] = {}
    relatives: dict[str, Floats] = {}
    # of normal values, or transformed ones, the slope is a sum of normal values
    if exact:
        spread = np.sqrt(ordered.total((leverage * error) ** 2))
        for level in levels:
            z = z_value(level)
            ends = [slope - z * spread, slope + z * spread]
            _put(
                content,
                relatives,
                level,
                multiplier,
                (_slope(final, half, ends[0]), _slope(final, half, ends[1])),
                (_ratio(final, half, ends[0]), _ratio(final, half, ends[1]))
                if transform
                else _fieller(ordered, y, error, leverage, share, z),
            )
    else:
        drawn = _draw(ordered, inner, error, leverage, share, back, levels, draws, seed)
        for level, (absolute, relative) in zip(levels, drawn, strict=True):
            _put(content, relatives, level, multiplier, absolute, relative)
    relative_index = _ratio(final, half, slope)
    columns = {
        "value": multiplier * _slope(final, half, slope),
        **content,
        "relative_index": _inverse(relative_index) if multiplier < 0 else relative_index,
        **relatives,
        "intercept": final(half - slope / 2),
    }
    return inputs.assemble(
        groups,
        **{name: np.where(possible, numbers, np.nan) for name, numbers in columns.items()},
        total_denominator=total,
        quantiles=sizes,
        chi_squared=np.where(possible, misfit, np.nan),
        statistic="slope and relative index of inequality",
        method=_method(kind, transform, draws),
        status=inputs.statuses(groups.number, unavailable=~whole, not_applicable=~apt),
    )


def _refuse_outside(check: Check, kind: str, columns: Mapping[str, Floats]) -> None:
    """Refuse values that have no logarithm, or no logit."""
    bounds = {
        "rate": (np.inf, "above 0, and has no logarithm"),
        "proportion": (1.0, "between 0 and 1, and has no logit"),
    }
    if kind not in bounds:
        return
    most, words = bounds[kind]
    for name, numbers in columns.items():
        check.refuse(
            (numbers <= 0) | (numbers >= most),
            f"Column '{name}' is not {words}.",
            "Join groups, or leave out the index for this indicator.",
        )


def _positions(groups: Groups, people: Floats) -> tuple[Floats, Floats]:
    """Share of the group's people in each quantile, and its leverage on the slope.

    Quantiles stand at the middle of their own part of the cumulative share, from -1/2 to 1/2.
    """
    codes, total = groups.codes, groups.total(people)
    share = people / total[codes]
    before = (np.cumsum(total) - total)[codes]
    # mid-ranks round their weighted mean, which is one half
    x = (np.cumsum(people) - before - people / 2) / total[codes] - 0.5
    # a group of one quantile has no slope
    turn = groups.total(share * x**2)
    return share, share * x / np.where(turn > 0, turn, 1.0)[codes]


def _lack_of_fit(
    groups: Groups,
    y: Floats,
    error: Floats,
    line: tuple[Floats, Floats],
    position: tuple[Floats, Floats],
) -> Floats:
    """Chi-squared of each group's values round its line."""
    (slope, half), (share, leverage), codes = line, position, groups.codes
    turn = groups.total(leverage**2 / share)
    x = leverage / share / np.where(turn > 0, turn, 1.0)[codes]
    away = y - half[codes] - slope[codes] * x
    return groups.total((away / np.where(error > 0, error, np.inf)) ** 2)


def _error_columns(
    kind: str,
    transform: bool,
    lower: str | None,
    upper: str | None,
    standard_error: str | None,
) -> list[str]:
    """Columns that hold the error of the value, after a check of the parameters."""
    if kind not in ("normal", "rate", "proportion"):
        raise ParameterError(
            f"Unknown kind of value '{kind}'.", "kind", "Use 'normal', 'rate' or 'proportion'."
        )
    if transform and kind == "normal":
        raise ParameterError(
            "A value of kind 'normal' has no transformation.",
            "transform",
            "Use kind='rate' for logarithms or kind='proportion' for logits.",
        )
    if standard_error is not None and (kind != "normal" or lower or upper):
        raise ParameterError(
            "A standard error is given beside limits, or for a rate or proportion.",
            "standard_error",
            "Give lower and upper limits instead; only kind 'normal' takes a standard error.",
        )
    if standard_error is not None:
        return [standard_error]
    if lower is None or upper is None:
        raise ParameterError(
            "The values have neither limits nor a standard error.",
            "lower, upper",
            "Name the columns of their 95% limits, or of the standard error.",
        )
    return [lower, upper]


def _ranks(check: Check, quantile: str) -> Floats:
    """Quantiles as numbers, so that 10 comes after 9 when they are text."""
    series = check.data[quantile]
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    check.refuse(
        ~((numbers >= 1) & (numbers < np.inf) & (numbers == np.floor(numbers))),
        f"Column '{quantile}' holds a quantile that is not a number from 1: whole and finite.",
        "Number the groups, from 1 for the most deprived.",
    )
    return numbers


def _same(values: Floats) -> Floats:
    return values


def _scale(kind: Kind) -> tuple[Scale, Scale]:
    """The scale on which errors are normal, and the way back."""
    return {"normal": (_same, _same), "rate": (np.log, np.exp), "proportion": (logit, expit)}[kind]


def _slope(back: Scale, half: Floats, slope: Floats) -> Floats:
    """Difference between the ends of a line that turns round its half point."""
    return back(half + slope / 2) - back(half - slope / 2)


def _ratio(back: Scale, half: Floats, slope: Floats) -> Floats:
    """Ratio of the last end of a line to its first; missing where that is not above 0."""
    top, bottom = back(half + slope / 2), back(half - slope / 2)
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)


def _fieller(
    groups: inputs.Groups, y: Floats, error: Floats, leverage: Floats, share: Floats, z: float
) -> tuple[Floats, Floats]:
    """Limits of the ratio of a line's ends, both of which vary: sums of the same normal values."""
    over, under = share + leverage / 2, share - leverage / 2
    top, bottom = groups.total(over * y), groups.total(under * y)
    # what is left of each end after z standard errors, and of what they share
    high = top**2 - z**2 * groups.total((over * error) ** 2)
    low = bottom**2 - z**2 * groups.total((under * error) ** 2)
    both = top * bottom - z**2 * groups.total(over * under * error**2)
    known = (bottom > 0) & (low > 0)
    low = np.where(known, low, 1.0)
    root = np.sqrt(np.maximum(both**2 - high * low, 0.0))
    return (
        np.where(known, (both - root) / low, np.nan),
        np.where(known, (both + root) / low, np.nan),
    )


def _method(kind: str, transform: bool, draws: int) -> str:
    if transform:
        return f"exact slope on {'logarithms' if kind == 'rate' else 'logits'}, level held"
    return "exact; relative index by Fieller" if kind == "normal" else f"{draws:,} draws"


def _inverse(ratio: Floats) -> Floats:
    """Ratio of the ends the other way round; missing where an end is not above 0."""
    return np.where(ratio > 0, 1 / np.where(ratio > 0, ratio, 1.0), np.nan)


def _put(
    content: dict[str, Floats],
    relatives: dict[str, Floats],
    level: float,
    multiplier: float,
    absolute: tuple[Floats, Floats],
    relative: tuple[Floats, Floats],
) -> None:
    """Name the limits of one level, in order whatever the sign of the multiplier."""
    name = inputs.level_name(level)
    low, high = (multiplier * limit for limit in absolute)
    below, above = relative
    if multiplier < 0:
        low, high, below, above = high, low, _inverse(above), _inverse(below)
    content[f"lower{name}"], content[f"upper{name}"] = low, high
    relatives[f"relative_lower{name}"], relatives[f"relative_upper{name}"] = below, above


def _draw(
    groups: inputs.Groups,
    inner: Floats,
    error: Floats,
    leverage: Floats,
    share: Floats,
    back: Scale,
    levels: Sequence[float],
    draws: int,
    seed: int,
) -> list[tuple[tuple[Floats, Floats], tuple[Floats, Floats]]]:
    """Limits of both indices from draws of each value on the scale where its error is normal."""
    sizes = groups.sizes()
    tails = [tail for level in levels for tail in ((1 - level) / 2, (1 + level) / 2)]
    found = np.full((groups.number, 2, len(tails)), np.nan)
    ends = np.cumsum(sizes)
    # the same normal numbers for every group, so that a group's limits are its own
    most = int(sizes[sizes <= MOST_GROUPS].max(initial=0))
    normal: NDArray[np.float64] = np.random.default_rng(seed).standard_normal((most, draws))
    for place in np.flatnonzero((sizes >= LEAST_GROUPS) & (sizes <= MOST_GROUPS)):
        rows = slice(ends[place] - sizes[place], ends[place])
        values = back(inner[rows, None] + error[rows, None] * normal[: sizes[place]])
        slopes, halves = leverage[rows] @ values, share[rows] @ values
        found[place, 0] = np.quantile(slopes, tails)
        if (halves > slopes / 2).all():
            ratios = (halves + slopes / 2) / (halves - slopes / 2)
            found[place, 1] = np.quantile(ratios, tails)
    pairs = []
    for number in range(len(levels)):
        low, high = found[:, :, 2 * number], found[:, :, 2 * number + 1]
        pairs.append(((low[:, 0], high[:, 0]), (low[:, 1], high[:, 1])))
    return pairs
