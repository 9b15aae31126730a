"""On which side of another figure one lies: the one test of the report, and what its result means.

It works on single figures as on arrays, without frames, so that what only puts a comparison into
words need not load them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Polarity = Literal["higher is better", "lower is better", "none"]

LOWER, SIMILAR, HIGHER, NOT_COMPARED = "lower", "similar", "higher", "not compared"

#: What a label means for people, by polarity. Labels that are not here keep their words.
JUDGEMENTS: dict[str, dict[str, str]] = {
    "higher is better": {
        "higher": "better",
        "lower": "worse",
        "increasing": "getting better",
        "decreasing": "getting worse",
    },
    "lower is better": {
        "higher": "worse",
        "lower": "better",
        "increasing": "getting worse",
        "decreasing": "getting better",
    },
    "none": {},
}


def side_of(lower: ArrayLike, upper: ArrayLike, reference: ArrayLike) -> NDArray[np.str_]:
    """Say on which side of a reference an interval lies.

    Parameters
    ----------
    lower, upper : array_like
        Limits of the interval, the lower one not above the upper one.
    reference : array_like
        What they are compared with.

    Returns
    -------
    numpy.ndarray
        "lower", "higher", "similar" where the interval holds the reference, and "not compared"
        where a number is missing; of the shape of the arguments.

    Raises
    ------
    ValueError
        For text.

    Notes
    -----
    Strictly: upper < reference is lower, lower > reference is higher, else similar. Office for
    Health Improvement and Disparities. Public Health Profiles, technical guidance: comparing with a
    benchmark by confidence intervals.

    Examples
    --------
    >>> side_of([3.3, 5.1, 2.0], [5.3, 6.0, 5.0], 5.0).tolist()
    ['similar', 'higher', 'similar']
    """
    low, high, level = (np.asarray(one, dtype=np.float64) for one in (lower, upper, reference))
    unknown = np.isnan(low) | np.isnan(high) | np.isnan(level)
    labels = [NOT_COMPARED, LOWER, HIGHER]
    return np.asarray(np.select([unknown, high < level, low > level], labels, SIMILAR))


def other_side(
    one: tuple[ArrayLike, ArrayLike, ArrayLike], other: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> NDArray[np.str_]:
    """Say on which side of another figure one lies: the one test of the report.

    Parameters
    ----------
    one, other : (array_like, array_like, array_like)
        Values with their lower and upper 95% limits. Missing limits of the other are taken as no
        error: it is then a fixed value, such as a target.

    Returns
    -------
    numpy.ndarray
        "lower", "higher", "similar" or "not compared", as `side_of` says them.

    Raises
    ------
    ValueError
        For text.

    Notes
    -----
    Whether the interval of the difference leaves out 0, by `mover`: Zou GY, Donner A. Statistics in
    Medicine 2008; 27: 1693-1702. Without limits of the other this is the national rule, its value
    against the interval. The two are taken as independent: of an area and the whole that it is part
    of, which vary together, the interval is a little too wide.

    Examples
    --------
    >>> other_side((4.8, 3.8, 6.0), (5.1, np.nan, np.nan)).tolist()
    'similar'
    >>> str(other_side((53.0, 50.0, 56.0), (57.0, 53.0, 60.0))), str(side_of(50.0, 56.0, 57.0))
    ('similar', 'lower')
    """
    value, low, high = (np.asarray(number, dtype=np.float64) for number in other)
    fixed = np.isnan(low) | np.isnan(high)
    _, least, most = mover(one, (value, np.where(fixed, value, low), np.where(fixed, value, high)))
    return side_of(least, most, 0.0)


def mover(
    one: tuple[ArrayLike, ArrayLike, ArrayLike], other: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Difference of independent figures, with limits made from the figures' own limits.

    Parameters
    ----------
    one, other : (array_like, array_like, array_like)
        Values with their lower and upper limits, all at one level of confidence.

    Returns
    -------
    difference, lower, upper : numpy.ndarray
        In the figures' unit, at their level of confidence; missing where a number is.

    Raises
    ------
    ValueError
        For text.

    Notes
    -----
    With d = a - b: lower = d - sqrt((a - a_lower)^2 + (b_upper - b)^2) and
    upper = d + sqrt((a_upper - a)^2 + (b - b_lower)^2). Zou GY, Donner A. Construction of
    confidence limits about effect measures: a general approach. Statistics in Medicine 2008; 27:
    1693-1702. Two intervals can overlap although the figures differ: overlap is no test. The
    figures must be independent, so not periods that share years, nor a part and its whole.

    Examples
    --------
    >>> [round(float(number), 2) for number in mover((4.8, 3.8, 6.0), (3.0, 2.2, 4.0))]
    [1.8, 0.39, 3.24]
    """
    a, a_low, a_high = (np.asarray(number, dtype=np.float64) for number in one)
    b, b_low, b_high = (np.asarray(number, dtype=np.float64) for number in other)
    between = a - b
    lower = between - np.hypot(a - a_low, b_high - b)
    return between, lower, between + np.hypot(a_high - a, b - b_low)
