"""How strong a difference is: p values and intervals of ratios and shares, on arrays of any shape.

Each function takes numbers of areas side by side (or of one) and returns arrays of their common
shape. Missing numbers give missing results.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import (
    betainc,
    betaincc,
    betaincinv,
    expit,
    gammaln,
    logit,
    ndtr,
    xlog1py,
    xlogy,
)

from needs.errors import ParameterError
from needs.stats.intervals import Floats, z_value

Scale = Literal["log", "logit"]

#: Limits are taken to be of this level of confidence.
CONFIDENCE = 0.95


def against_value(
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    reference: ArrayLike,
    reference_lower: ArrayLike = np.nan,
    reference_upper: ArrayLike = np.nan,
    *,
    scale: Scale = "log",
) -> tuple[Floats, Floats, Floats, Floats]:
    """Ratio to a reference with its limits, and the chance of a difference as large.

    Parameters
    ----------
    value, lower, upper : array_like
        Estimates with 95% limits: rates, or shares between 0 and 1.
    reference : array_like
        What they are set against: England's value, an earlier one.
    reference_lower, reference_upper : array_like
        Its limits; where they are missing its error is taken as none.
    scale : {"log", "logit"}
        "log" for rates and amounts, "logit" for shares.

    Returns
    -------
    ratio, ratio_lower, ratio_upper, p : numpy.ndarray
        Of rates the ratio of the two, of shares the ratio of their odds; p is two-sided.

    Raises
    ------
    needs.errors.ParameterError
        For an unknown scale.

    Notes
    -----
    The difference of the two on the scale, its limits joined from those of the parts (MOVER), and
    ``z = difference / (distance to the limit on the side of no difference / 1.96)``. Zou GY,
    Donner A. Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 2008; 27: 1693-1702. The two are taken as independent.

    Examples
    --------
    >>> ratio, low, high, p = against_value(10.8, 9.7, 11.9, 7.9)
    >>> [round(float(one), 2) for one in (ratio, low, high)], bool(p < 0.001)
    ([1.37, 1.23, 1.51], True)
    """
    if scale not in ("log", "logit"):
        raise ParameterError(f"Unknown scale '{scale}'.", "scale", "Use log or logit.")
    change = np.log if scale == "log" else logit
    with np.errstate(divide="ignore", invalid="ignore"):
        a, a_low, a_high, b, b_low, b_high = (
            np.asarray(change(np.asarray(one, dtype=np.float64)))
            for one in (value, lower, upper, reference, reference_lower, reference_upper)
        )
        gap = a - b
        below = np.hypot(a - a_low, np.nan_to_num(b_high - b))
        above = np.hypot(a_high - a, np.nan_to_num(b - b_low))
        side = np.where(gap > 0, below, above)
        z = gap / (side / z_value(CONFIDENCE))
        p = 2 * ndtr(-np.abs(z))
        ratio, low, high = np.exp(gap), np.exp(gap - below), np.exp(gap + above)
    known = np.isfinite(ratio) & np.isfinite(p)
    return tuple(np.where(known, one, np.nan) for one in (ratio, low, high, p))  # type: ignore[return-value]


def rate_ratio(
    count: ArrayLike, time: ArrayLike, other: ArrayLike, other_time: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Ratio of two rates of events, with exact limits and an exact p value.

    Parameters
    ----------
    count, time : array_like
        Events, and the people or years that they come from.
    other, other_time : array_like
        The same of what is compared: the rest of the county, the years before.

    Returns
    -------
    ratio, lower, upper, p : numpy.ndarray
        The ratio with 95% limits; no events at all give none.

    Notes
    -----
    Given all events, those of the first are binomial: limits by Clopper and Pearson, and p the
    chance of all splits no likelier than this one. Clopper CJ, Pearson ES. The use of confidence or
    fiducial limits illustrated in the case of the binomial. Biometrika 1934; 26: 404-413.

    Examples
    --------
    >>> ratio, low, high, p = rate_ratio(35, 1, 117, 5)
    >>> [round(float(one), 2) for one in (ratio, low, high)], round(float(p), 4)
    ([1.5, 0.99, 2.2], 0.0388)
    """
    x, n, y, m = np.broadcast_arrays(
        *(np.asarray(one, dtype=np.float64) for one in (count, time, other, other_time))
    )
    total = x + y

    tail = (1 - CONFIDENCE) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = (total > 0) & (n > 0) & (m > 0)
        share = np.where(usable, n / (n + m), np.nan)
        low = np.where(x > 0, betaincinv(np.maximum(x, 1e-9), y + 1, tail), 0.0)
        high = np.where(y > 0, betaincinv(x + 1, np.maximum(y, 1e-9), 1 - tail), 1.0)
        odds = [part / (1 - part) * m / n for part in (low, high)]
        ratio = (x / n) / (y / m)
    p = _split_p(np.rint(x), np.rint(total), share)
    missing = np.where(usable, 0.0, np.nan)
    return ratio + missing, odds[0] + missing, odds[1] + missing, p + missing


def _split_p(count: Floats, whole: Floats, share: Floats) -> Floats:
    """Chance of all splits of a whole that are no likelier than the one with this count.

    The exact two-sided binomial test. On the count's own side of the expected number these splits
    are the count and all beyond; on the other side they start somewhere between the expected number
    and the end, found by halving the steps between. Exact to ten digits for wholes up to some ten
    million, and to three for a hundred times as many.
    """
    count = np.minimum(count, whole)

    def likelihood(number: Floats) -> Floats:
        """Its logarithm, but for a term that is the same for every number; -inf beyond the ends."""
        rest = whole - number
        ways = -gammaln(number + 1) - gammaln(rest + 1)
        return np.asarray(ways + xlogy(number, share) + xlog1py(rest, -share))

    expected = share * whole
    is_below = count < expected
    start = np.where(is_below, np.ceil(expected), np.floor(expected))
    way = np.where(is_below, 1, -1)
    least, most = np.zeros_like(start), np.where(is_below, whole - start, start) + 1
    # what is as likely but for the last digits of the computation counts too
    limit = likelihood(count) + np.log1p(1e-7)
    while (least < most).any():
        steps = (least + most) // 2
        is_as_rare = likelihood(start + way * steps) <= limit
        least, most = np.where(is_as_rare, least, steps + 1), np.where(is_as_rare, steps, most)
    other = start + way * most
    low, high = np.where(is_below, count, other), np.where(is_below, other, count)
    at_most = np.where(low < 0, 0.0, betaincc(low + 1, whole - low, share))
    at_least = np.where(high > whole, 0.0, betainc(high, whole - high + 1, share))
    return np.asarray(np.minimum(at_most + at_least, 1.0))


def ratio_of_ratios(
    count: ArrayLike, before: ArrayLike, reference: ArrayLike, reference_before: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """How much faster a count grew than another, with 95% limits and a p value.

    Parameters
    ----------
    count, before : array_like
        A number of people, and the number some years before.
    reference, reference_before : array_like
        The same of England.

    Returns
    -------
    ratio, lower, upper, p : numpy.ndarray

    Notes
    -----
    ``log ratio -/+ 1.96 sqrt(1/a + 1/b + 1/c + 1/d)``, the counts taken as Poisson. Breslow NE, Day
    NE. Statistical methods in cancer research II. IARC 1987.

    Examples
    --------
    >>> ratio, low, high, p = ratio_of_ratios(1029, 895, 104153, 120522)
    >>> [round(float(one), 2) for one in (ratio, low, high)], bool(p < 1e-8)
    ([1.33, 1.22, 1.46], True)
    """
    a, b, c, d = (
        np.asarray(one, dtype=np.float64) for one in (count, before, reference, reference_before)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.log(a / b) - np.log(c / d)
        error = np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        z = z_value(CONFIDENCE)
        found = np.exp(gap), np.exp(gap - z * error), np.exp(gap + z * error)
        p = 2 * ndtr(-np.abs(gap / error))
    known = np.isfinite(gap) & np.isfinite(error)
    return tuple(np.where(known, one, np.nan) for one in (*found, p))  # type: ignore[return-value]


def share_difference(
    count: ArrayLike, whole: ArrayLike, other: ArrayLike, other_whole: ArrayLike
) -> tuple[Floats, Floats]:
    """Difference of two shares and its p value.

    Parameters
    ----------
    count, whole : array_like
        People or events with the attribute, and all of them.
    other, other_whole : array_like
        The same of what is compared.

    Returns
    -------
    difference, p : numpy.ndarray
        The first share less the second, between -1 and 1; p is two-sided.

    Notes
    -----
    Pearson's chi-squared test of two by two numbers without a correction. Armitage P, Berry G,
    Matthews JNS. Statistical methods in medical research. Blackwell 2002.

    Examples
    --------
    >>> difference, p = share_difference(138, 364, 328, 465)
    >>> round(float(difference), 3), bool(p < 1e-15)
    (-0.326, True)
    """
    x, n, y, m = (np.asarray(one, dtype=np.float64) for one in (count, whole, other, other_whole))
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = x / n - y / m
        pooled = (x + y) / (n + m)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        p = np.where(error > 0, 2 * ndtr(-np.abs(gap / error)), 1.0)
    known = np.isfinite(gap)
    return np.where(known, gap, np.nan), np.where(known, p, np.nan)


def among_areas(count: ArrayLike, whole: ArrayLike) -> tuple[float, float, Floats]:
    """Set shares of records against the spread between areas, not against chance alone.

    What staff record differs from place to place for many reasons, so that with thousands of
    records nearly every area "differs" from England. Against the usual spread few do.

    Parameters
    ----------
    count, whole : array_like
        Records with the attribute and all records, one entry an area. A missing or zero whole gives
        a missing result.

    Returns
    -------
    mean : float
        The middle of the areas' shares.
    spread : float
        Standard deviation between areas, on the logit.
    p : numpy.ndarray
        Chance that an area lies as far from the middle, by chance and usual spread together.

    Notes
    -----
    ``logit((x + 1/2) / (n + 1))`` with variance ``1/(x + 1/2) + 1/(n - x + 1/2)`` and the variance
    between areas by moments. DerSimonian R, Laird N. Meta-analysis in clinical trials. Controlled
    Clinical Trials 1986; 7: 177-188.

    Examples
    --------
    >>> mean, spread, p = among_areas([10, 60, 35, 20, 90], [500, 500, 500, 500, 500])
    >>> round(mean, 3), bool(p.min() > 0.05)
    (0.071, True)
    """
    x, n = (np.asarray(one, dtype=np.float64) for one in (count, whole))
    known = np.isfinite(x) & (n > 0) & (x <= n)
    p = np.full(x.shape, np.nan)
    if known.sum() < 2:
        return float("nan"), float("nan"), p
    own = logit((x[known] + 0.5) / (n[known] + 1))
    error = 1 / (x[known] + 0.5) + 1 / (n[known] - x[known] + 0.5)
    weight = 1 / error
    fixed = (weight * own).sum() / weight.sum()
    excess = (weight * (own - fixed) ** 2).sum() - (len(own) - 1)
    between = max(0.0, excess / (weight.sum() - (weight**2).sum() / weight.sum()))
    weight = 1 / (error + between)
    middle = (weight * own).sum() / weight.sum()
    p[known] = 2 * ndtr(-np.abs(own - middle) / np.sqrt(error + between))
    return float(expit(middle)), float(np.sqrt(between)), p


def with_spread(
    share: float, lower: float, upper: float, spread: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Limits of a share that hold the usual spread between areas beside chance.

    Parameters
    ----------
    share, lower, upper : float
        A share between 0 and 1 with its own limits, of the same confidence.
    spread : float
        Standard deviation between areas on the logit, from `among_areas`.
    confidence : float

    Returns
    -------
    (float, float)

    Notes
    -----
    Each limit's distance from the share on the logit, d, becomes ``sqrt(d^2 + (z spread)^2)``. A
    share of 0 or 1 is taken a billionth away from it.

    Examples
    --------
    >>> ends = with_spread(0.083, 0.073, 0.094, 0.4)
    >>> f"{ends[0]:.3f} to {ends[1]:.3f}"
    '0.039 to 0.167'
    """
    z = z_value(confidence)
    at, low, high = logit(np.clip([share, lower, upper], 1e-9, 1 - 1e-9))
    reach = z * spread
    ends = at - np.hypot(at - low, reach), at + np.hypot(high - at, reach)
    return float(expit(ends[0])), float(expit(ends[1]))


def chance_of_none(share: ArrayLike, whole: ArrayLike) -> Floats:
    """Chance that none of a number of people has what a share of people elsewhere has.

    Parameters
    ----------
    share : array_like
        Between 0 and 1: the share in England.
    whole : array_like
        People who were asked.

    Returns
    -------
    numpy.ndarray

    Notes
    -----
    ``(1 - share) ** whole``. Hanley JA, Lippman-Hand A. If nothing goes wrong, is everything all
    right? JAMA 1983; 249: 1743-1745.

    Examples
    --------
    >>> round(float(chance_of_none(0.0275, 196)), 3)
    0.004
    """
    return np.asarray((1 - np.asarray(share, dtype=np.float64)) ** np.asarray(whole))


def false_discovery(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p values for the number of comparisons: the share of false findings up to each.

    Parameters
    ----------
    p : array_like
        Of one report, in one dimension; missing ones do not count.

    Returns
    -------
    numpy.ndarray
        q values, in the order of `p`.

    Notes
    -----
    Benjamini Y, Hochberg Y. Controlling the false discovery rate. Journal of the Royal Statistical
    Society B 1995; 57: 289-300.

    Examples
    --------
    >>> false_discovery([0.001, 0.04, 0.03, np.nan]).round(3)
    array([0.003, 0.04 , 0.04 ,   nan])
    """
    given = np.asarray(p, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(-given[known], kind="stable")]
    ranks = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum.accumulate(given[order] * len(order) / ranks)
    return np.asarray(np.minimum(adjusted, 1.0))
