"""Recent trend: whether the last five annual points rise or fall beyond chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from needs.stats import inputs
from needs.stats.inputs import Check
from needs.stats.intervals import Floats

#: Annual points that a recent trend takes.
POINTS = 5
#: Chi-squared on one degree of freedom at p = 0.002.
CRITICAL = 9.549536

INCREASING, DECREASING = "increasing", "decreasing"
NO_CHANGE, NOT_CALCULATED = "no significant change", "cannot be calculated"


def recent_trend(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    time: str,
    value: str,
    lower: str,
    upper: str,
    start: str | None = None,
    series: str | None = None,
) -> pd.DataFrame:
    """Label the trend over the last five annual points of each series.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per group and period.
    by : sequence of str
        Grouping columns, all kept.
    time : str
        Column of the period: a year as a number, or the date on which the period ends. Periods that
        are not a year apart, and a year left out, have no trend.
    value, lower, upper : str
        Columns of the value and its 95% limits.
    start : str, optional
        Column of the date on which each period begins, beside dates in `time`. With it, periods
        that last longer than a year (pooled years, which overlap) have no trend.
    series : str, optional
        Column that changes where the series breaks: its edition or method. Five points on both
        sides of a break have no trend.

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``trend`` ("increasing", "decreasing", "no significant
        change" or "cannot be calculated"), ``value`` (slope, in units of the value per year),
        ``chi_squared``, ``points`` (periods in the series), ``first`` and ``last`` (periods
        used), ``reason`` (why there is no trend), ``statistic``, ``method`` and ``status`` (shown
        or unavailable).

    Raises
    ------
    needs.errors.ParameterError
        For a grouping column that is named as one of the result, or named twice.
    needs.errors.InvalidDataError
        For a period that stands twice in a series or is missing, a value outside its limits,
        infinite or text input, columns of dates that hold none, and missing groups; all at once.

    Notes
    -----
    Weighted least squares on t = 1 to 5 with weights ``1 / ((U - L) / 3.92)^2``. The trend is
    significant if ``(slope / se)^2 > 9.549536`` (p < 0.002, two-sided) and the slope keeps its sign
    in all five fits that leave one point out; a slope of exactly 0 counts as rising. Office for
    Health Improvement and Disparities. Public Health Profiles, technical guidance: recent trends.

    Examples
    --------
    >>> import pandas as pd
    >>> series = pd.DataFrame({"area": "A", "year": range(2018, 2023),
    ...     "rate": [5.0, 5.6, 6.1, 6.4, 7.2], "low": [4.6, 5.2, 5.7, 6.0, 6.8],
    ...     "high": [5.4, 6.0, 6.5, 6.8, 7.6]})
    >>> recent_trend(series, by=["area"], time="year", value="rate", lower="low", upper="high")[
    ...     ["area", "trend", "value", "chi_squared", "first", "last"]].round(2)
      area       trend  value  chi_squared  first  last
    0    A  increasing   0.52        64.92   2018  2022
    """
    names = [time, value, lower, upper, *(name for name in (start, series) if name)]
    check = inputs.begin(data, by, names, "recent trend")
    months = _months(check, time)
    spans = _spans(check, time, start)
    edition = pd.factorize(data[series])[0] if series else np.zeros(len(data), dtype=np.intp)
    y = check.numbers(value, minimum=None)
    low = check.numbers(lower, minimum=None)
    high = check.numbers(upper, minimum=None)
    check.enclosed(value, lower, upper, (y, low, high))
    groups = inputs.group(check)
    place = np.lexsort((months, groups.codes))
    check.once(
        groups,
        months,
        f"Column '{time}' has a period twice in a series.",
        "Keep one row per group and period, or name the column that tells them apart in by.",
    )
    check.finish()

    # the last five rows of each group, a row of the table each; series shorter than that start
    # before their group and are set apart
    sizes = groups.sizes()
    ends = np.cumsum(sizes)
    window = np.maximum(ends[:, None] - np.arange(POINTS, 0, -1), 0)
    rows = place[window] if len(place) else np.empty((0, POINTS), dtype=np.intp)
    points, width = y[rows], high[rows] - low[rows]
    why_not = {
        "fewer than five points": sizes < POINTS,
        "the last five points are not consecutive years": (np.diff(months[rows]) != 12).any(axis=1),
        "the periods are longer than a year": spans[rows].any(axis=1),
        "the series breaks": (edition[rows] != edition[rows[:, -1:]]).any(axis=1),
        "a value is missing": np.isnan(points).any(axis=1),
        "an interval is missing": np.isnan(width).any(axis=1),
        "an interval has no width": (width == 0).any(axis=1),
    }
    reason = np.select([*why_not.values()], [*why_not], "").astype(object)
    possible = reason == ""
    weight = (3.92 / np.where(possible[:, None], width, 1.0)) ** 2
    points = np.where(possible[:, None], points, 0.0)
    slope, chi_squared = _fit(weight, points)
    rising, kept = _signs(weight, points, slope)
    significant = (chi_squared > CRITICAL) & kept
    trend = np.select(
        [~possible, significant & rising, significant],
        [NOT_CALCULATED, INCREASING, DECREASING],
        NO_CHANGE,
    ).astype(object)
    times = data[time].array
    return inputs.assemble(
        groups,
        trend=trend,
        value=np.where(possible, slope, np.nan),
        chi_squared=np.where(possible, chi_squared, np.nan),
        points=sizes,
        first=times.take(place[np.maximum(ends - POINTS, ends - sizes)]),
        last=times.take(place[ends - 1]),
        reason=reason,
        statistic="slope per year",
        method="weighted least squares on five annual points",
        status=inputs.statuses(groups.number, unavailable=~possible),
    )


def _signs(
    weight: Floats, points: Floats, slope: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each slope rises, and whether its sign stays when any one point is left out."""
    left_out = np.stack(
        [_fit(weight * (np.arange(POINTS) != gone), points)[0] for gone in range(POINTS)], axis=1
    )
    # a slope that is 0 but for rounding is 0
    scale = 1e-12 * np.abs(points).max(axis=1, initial=0.0)
    rising = slope >= -scale
    return rising, ((left_out >= -scale[:, None]) == rising[:, None]).all(axis=1)


def _fit(weight: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Slope and its chi-squared for each row of points at t = 1, 2, and so on."""
    t = np.arange(1, y.shape[1] + 1, dtype=np.float64)
    total = weight.sum(axis=1, keepdims=True)
    centred = t - (weight * t).sum(axis=1, keepdims=True) / total
    around = y - (weight * y).sum(axis=1, keepdims=True) / total
    spread = (weight * centred**2).sum(axis=1)
    slope = (weight * centred * around).sum(axis=1) / spread
    # the slope's standard error is 1 / sqrt(spread)
    return slope, slope**2 * spread


def _months(check: Check, time: str) -> Floats:
    """Months to each period, from a year or a date, so that a year apart is twelve."""
    series = check.data[time]
    if pd.api.types.is_datetime64_any_dtype(series):
        months: Floats = (12 * series.dt.year + series.dt.month).to_numpy(
            np.float64, na_value=np.nan
        )
        check.refuse(np.isnan(months), f"Column '{time}' is missing.", "Date every period.")
        return months
    return 12 * check.numbers(time, minimum=None, missing=False, remedy="Give the year.")


def _spans(check: Check, time: str, start: str | None) -> inputs.Flags:
    """Whether each period lasts longer than a year."""
    if start is None:
        return np.zeros(len(check.data), dtype=np.bool_)
    dates = [pd.api.types.is_datetime64_any_dtype(check.data[name]) for name in (start, time)]
    if not all(dates):
        check.refuse(
            np.ones(len(check.data), dtype=np.bool_),
            f"Columns '{start}' and '{time}' are not dates.",
            "Convert both with pandas.to_datetime.",
        )
        return np.zeros(len(check.data), dtype=np.bool_)
    length = (check.data[time] - check.data[start]).dt.days.to_numpy(np.float64, na_value=np.nan)
    check.refuse(np.isnan(length), f"Column '{start}' is missing.", "Date every period.")
    longest = 366
    long: inputs.Flags = length > longest
    return long
