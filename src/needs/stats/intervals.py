"""Confidence intervals of a count and of a proportion, on arrays of any shape.

Each function takes counts (whole or fractional) and one confidence level as a share, and returns
the lower and the upper limit in the unit of the count (or as a proportion).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainccinv, gammaincinv, ndtri

from needs.errors import ParameterError

Floats = NDArray[np.float64]

#: Share of the events that a rate and its population imply, on which the widest interval rests.
LEAST_SHARE = 1 / 3

#: Byar's approximation is used from this count on; below it the exact Poisson limits.
BYAR_FROM = 10.0


def is_number(entry: object) -> bool:
    """Whether something is a number as Python and NumPy have them, and not missing.

    Examples
    --------
    >>> is_number(5), is_number(float("nan")), is_number("5"), is_number(True)
    (True, False, False, False)
    """
    if isinstance(entry, (bool, np.bool_)):
        return False
    if isinstance(entry, (float, np.floating)):
        return not np.isnan(entry)
    return isinstance(entry, (int, np.integer))


def z_value(confidence: float) -> float:
    """Two-sided standard normal quantile of a confidence level.

    Parameters
    ----------
    confidence : float
        A share between 0 and 1, not a percentage.

    Returns
    -------
    float
        In standard deviations.

    Raises
    ------
    needs.errors.ParameterError
        When the level is not a number between 0 and 1.

    Notes
    -----
    ``z = q(1 - (1 - confidence) / 2)`` for the quantile q of the standard normal distribution,
    by scipy.special.ndtri. Moshier SL. Methods and Programs for Mathematical Functions. Ellis
    Horwood, 1989.

    Examples
    --------
    >>> round(z_value(0.95), 6), round(z_value(0.998), 6)
    (1.959964, 3.090232)
    """
    if not is_number(confidence) or not 0 < confidence < 1:
        raise ParameterError(
            f"The confidence level {confidence!r} is not between 0 and 1.",
            "confidence",
            "Give it as a share: 0.95 for 95%, 0.998 for 99.8%.",
        )
    return float(-ndtri((1 - confidence) / 2))


def byar(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Byar's limits of a Poisson count.

    Parameters
    ----------
    count : array_like
        Events, 0 or more. Missing counts give missing limits.
    confidence : float
        A share between 0 and 1.

    Returns
    -------
    lower, upper : numpy.ndarray
        In events, of the shape of `count`. A lower limit that would fall below 0 is missing.

    Raises
    ------
    needs.errors.ParameterError
        When the level is not between 0 and 1.

    Notes
    -----
    ``lower = x (1 - 1/(9x) - z/(3 sqrt x))^3`` and, with ``y = x + 1``,
    ``upper = y (1 - 1/(9y) + z/(3 sqrt y))^3``. Breslow NE, Day NE. Statistical Methods in Cancer
    Research, volume II. International Agency for Research on Cancer, 1987, page 69.

    Examples
    --------
    >>> lower, upper = byar([10, 69])
    >>> lower.round(3), upper.round(3)
    (array([ 4.787, 53.684]), array([18.391, 87.325]))
    """
    z = z_value(confidence)
    x = np.asarray(count, dtype=np.float64)
    positive = x > 0
    safe = np.where(positive, x, 1.0)
    root = 1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))
    lower = np.where(positive & (root >= 0), safe * _cube(root), np.nan)
    above = np.where(x >= 0, x + 1, np.nan)
    upper = above * _cube(1 - 1 / (9 * above) + z / (3 * np.sqrt(above)))
    return lower, upper


def _cube(x: Floats) -> Floats:
    """Multiply, since the last digit of a power depends on the processor."""
    return x * x * x


def exact_poisson(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Exact limits of a Poisson count.

    Parameters
    ----------
    count : array_like
        Events, 0 or more. Missing counts give missing limits.
    confidence : float
        A share between 0 and 1.

    Returns
    -------
    lower, upper : numpy.ndarray
        In events, of the shape of `count`; the lower limit of no events is 0.

    Raises
    ------
    needs.errors.ParameterError
        When the level is not between 0 and 1.

    Notes
    -----
    Half the chi-squared quantile: ``lower = q(a/2; 2x) / 2``, ``upper = q(1 - a/2; 2x + 2) / 2``
    with ``a = 1 - confidence``. Garwood F. Fiducial limits for the Poisson distribution. Biometrika
    1936; 28: 437-442.

    Examples
    --------
    >>> lower, upper = exact_poisson([0, 5])
    >>> lower.round(6), upper.round(6)
    (array([0.      , 1.623486]), array([ 3.688879, 11.668332]))
    """
    z_value(confidence)
    tail = (1 - confidence) / 2
    x = np.asarray(count, dtype=np.float64)
    # no degrees of freedom have no quantile, so no events are handled apart
    lower = np.where(x > 0, gammaincinv(np.where(x > 0, x, 1.0), tail), np.where(x == 0, 0, np.nan))
    known = x >= 0
    upper = np.where(known, gammainccinv(np.where(known, x + 1, 1.0), tail), np.nan)
    return lower, upper


def poisson(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Limits of a count as national indicators give them: exact below 10 events, else Byar's.

    Parameters
    ----------
    count : array_like
        Events, 0 or more; 9.999 is below 10. Missing counts give missing limits.
    confidence : float
        A share between 0 and 1.

    Returns
    -------
    lower, upper : numpy.ndarray
        In events, of the shape of `count`.

    Raises
    ------
    needs.errors.ParameterError
        When the level is not between 0 and 1.

    Notes
    -----
    `exact_poisson` for x < 10, `byar` for x >= 10. Eayres D. Technical Briefing 3: Commonly used
    public health statistics and their confidence intervals. Association of Public Health
    Observatories, 2008.

    Examples
    --------
    >>> lower, upper = poisson([9, 10])
    >>> lower.round(3), upper.round(3)
    (array([4.115, 4.787]), array([17.085, 18.391]))
    """
    x = np.asarray(count, dtype=np.float64)
    lower, upper = byar(x, confidence)
    small = x < BYAR_FROM
    if small.any():
        lower, upper = np.array(lower), np.array(upper)
        lower[small], upper[small] = exact_poisson(x[small], confidence)
    return lower, upper


def wilson(
    count: ArrayLike, denominator: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Wilson's score limits of a proportion.

    Parameters
    ----------
    count, denominator : array_like
        People with the attribute and all people, ``0 <= count <= denominator``. A missing or zero
        denominator gives missing limits.
    confidence : float
        A share between 0 and 1.

    Returns
    -------
    lower, upper : numpy.ndarray
        Shares between 0 and 1, of the inputs' common shape.

    Raises
    ------
    needs.errors.ParameterError
        When the level is not between 0 and 1.

    Notes
    -----
    ``(2x + z^2 -/+ z sqrt(z^2 + 4x(1 - x/n))) / (2 (n + z^2))``, clipped to 0 and 1. Wilson EB.
    Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association 1927; 22: 209-212.

    Examples
    --------
    >>> lower, upper = wilson([81, 15], [263, 148])  # Newcombe 1998, table I, method 3
    >>> lower.round(4), upper.round(4)
    (array([0.2553, 0.0624]), array([0.3662, 0.1605]))
    """
    z = z_value(confidence)
    x = np.asarray(count, dtype=np.float64)
    n = np.asarray(denominator, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    spread = z * np.sqrt(np.maximum(z**2 + 4 * x * (1 - x / n), 0))
    lower = (2 * x + z**2 - spread) / (2 * (n + z**2))
    upper = (2 * x + z**2 + spread) / (2 * (n + z**2))
    return np.clip(lower, 0, 1), np.clip(upper, 0, 1)


def widest_limits(
    rate: ArrayLike, people: ArrayLike, multiplier: float = 100_000
) -> tuple[Floats, Floats]:
    """Limits that are too wide rather than too narrow, of a rate whose events are not published.

    They can show that two rates differ, never that they are alike.

    Parameters
    ----------
    rate : array_like
        Crude or directly standardised, per `multiplier` people and year; 0 or more.
    people : array_like
        Person-years that it comes from. Where there are none the limits are missing.
    multiplier : float
        People that the rate is per, above 0.

    Returns
    -------
    lower, upper : numpy.ndarray
        95% limits in the unit of the rate.

    Raises
    ------
    needs.errors.ParameterError
        When the multiplier is not a number above 0.

    Notes
    -----
    Exact Poisson limits of a third of the events that rate and people imply. Standardisation makes
    a rate less certain than its events: over the 11,700 rates of all ages that the Office for
    National Statistics and the Office for Health Improvement and Disparities publish with Dobson's
    limits, these are never wider than those of 0.4 of the implied events. Dobson AJ, Kuulasmaa K,
    Eberle E, Scherer J. Statistics in Medicine 1991; 10: 457-462.

    Examples
    --------
    >>> [round(float(one)) for one in widest_limits(473, 592_000)]
    [443, 504]
    """
    if not is_number(multiplier) or not 0 < multiplier < np.inf:
        raise ParameterError(
            f"The multiplier {multiplier!r} is not a number above 0.",
            "multiplier",
            "Give 100_000, or 100.",
        )
    level, years = np.asarray(rate, dtype=np.float64), np.asarray(people, dtype=np.float64)
    unit = multiplier / (np.where(years > 0, years, np.nan) * LEAST_SHARE)
    lower, upper = poisson(level / unit)
    return lower * unit, upper * unit
