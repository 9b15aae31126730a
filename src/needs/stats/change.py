"""How fast a series changes: one rate of change fitted to all its points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from needs.stats.intervals import Floats, z_value

#: Fewest points that a rate of change is fitted to.
LEAST_POINTS = 3

#: Steps of the Poisson fit, which stands after a handful.
_STEPS = 50


def rate_of_change(
    time: ArrayLike, value: ArrayLike, lower: ArrayLike = np.nan, upper: ArrayLike = np.nan
) -> tuple[float, float, float]:
    """Fit one rate of change to a series: by how much it grows each year, with 95% limits.

    Parameters
    ----------
    time : array_like
        Years of the points, in the middle of their periods; periods must not share years.
    value : array_like
        Rates or shares with limits, or, where no point has any, counts of events.
    lower, upper : array_like
        95% limits. Of rates, points without limits or not above 0 are left out.

    Returns
    -------
    change, lower, upper : float
        As shares: 0.02 is a growth of 2% a year. Missing for fewer than three points.

    Notes
    -----
    Rates: weighted least squares of their logarithm, with the variances that their limits imply.
    Counts: Poisson regression on the logarithm. Where the points lie further from the line than
    chance allows, the errors are multiplied by the root of chi-squared over its degrees of freedom.
    McCullagh P, Nelder JA. Generalized linear models, 2nd edition. Chapman and Hall, 1989.

    Examples
    --------
    >>> years = [2001, 2004, 2007, 2010]
    >>> change = rate_of_change(years, [3.0, 3.3, 3.6, 4.1], [2.5, 2.8, 3.1, 3.5],
    ...                         [3.6, 3.9, 4.2, 4.8])
    >>> [round(one, 3) for one in change]
    [0.035, 0.009, 0.061]
    >>> [round(one, 2) for one in rate_of_change(range(2015, 2020), [20, 24, 26, 31, 40])]
    [0.18, 0.05, 0.33]
    """
    t, y, low, high = np.broadcast_arrays(
        *(np.asarray(one, dtype=np.float64) for one in (time, value, lower, upper))
    )
    nothing = (float("nan"),) * 3
    counts = bool(np.isnan(low).all() and np.isnan(high).all())
    use = np.isfinite(y) & (y >= 0) if counts else (low > 0) & (high > low) & (y > 0)
    if use.sum() < LEAST_POINTS or not y[use].any():
        return nothing
    t, y = t[use] - t[use].mean(), y[use]
    if counts:
        slope, error = _poisson(t, y)
    else:
        deviation = np.log(high[use] / low[use]) / (2 * z_value(0.95))
        slope, error = _line(t, np.log(y), 1 / deviation**2)
    z = z_value(0.95)
    found = (slope, slope - z * error, slope + z * error)
    return tuple(float(np.expm1(one)) for one in found)  # type: ignore[return-value]


def _line(t: Floats, y: Floats, weight: Floats) -> tuple[float, float]:
    """Slope of weighted least squares, and its error with the spread round the line allowed for."""
    middle = (weight * t).sum() / weight.sum()
    square = (weight * (t - middle) ** 2).sum()
    slope = (weight * (t - middle) * y).sum() / square
    level = (weight * y).sum() / weight.sum()
    spread = (weight * (y - level - slope * (t - middle)) ** 2).sum() / (len(y) - 2)
    return float(slope), float(np.sqrt(max(1.0, spread) / square))


def _poisson(t: Floats, y: Floats) -> tuple[float, float]:
    """The same by Poisson regression of counts, fitted by weighted least squares in steps."""
    fitted = y + 0.5
    slope = square = 0.0
    for _ in range(_STEPS):
        working = np.log(fitted) + (y - fitted) / fitted
        middle = (fitted * t).sum() / fitted.sum()
        square = (fitted * (t - middle) ** 2).sum()
        before, slope = slope, (fitted * (t - middle) * working).sum() / square
        level = (fitted * working).sum() / fitted.sum()
        fitted = np.exp(level + slope * (t - middle))
        if abs(slope - before) < 1e-12:
            break
    spread = ((y - fitted) ** 2 / fitted).sum() / (len(y) - 2)
    return float(slope), float(np.sqrt(max(1.0, spread) / square))
