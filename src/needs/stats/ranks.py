"""How sure a rank is: the places that an area could have among others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from needs.stats.intervals import Floats, z_value

#: Values of the area that its rank is averaged over.
_POINTS = 200


@np.errstate(over="ignore")  # a spread of next to nothing leaves no doubt: its z is without end
def rank_range(
    value: ArrayLike, lower: ArrayLike, upper: ArrayLike, focus: int, confidence: float = 0.95
) -> tuple[int, int]:
    """The first and the last place that one of several areas could have, from the highest.

    Parameters
    ----------
    value, lower, upper : array_like
        Estimates of the areas with their 95% limits, in one dimension. An area without limits is
        taken to be without error.
    focus : int
        Place of the area in the arrays.
    confidence : float
        Level of the range.

    Returns
    -------
    first, last : int
        1 is the highest.

    Raises
    ------
    needs.errors.ParameterError
        When the level is not a number between 0 and 1.

    Notes
    -----
    Each area's true value is taken to be normal round its estimate, with a standard deviation on
    either side from the limit there. Given the area's own value, its rank is one more than a sum
    of independent events, each the chance that another area lies above; that sum is taken to be
    normal, with half a place for continuity, and averaged over 200 equally likely values of the
    area. The range is the central part of that distribution. Goldstein H, Spiegelhalter DJ. League
    tables and their limitations. Journal of the Royal Statistical Society A 1996; 159: 385-443,
    who draw the values; no draws are needed here.

    Examples
    --------
    >>> rank_range([9.0, 5.0, 5.2, 1.0], [8.5, 4.0, 4.1, 0.8], [9.5, 6.0, 6.3, 1.2], focus=1)
    (2, 3)
    """
    middle, low, high = (np.asarray(one, dtype=np.float64) for one in (value, lower, upper))
    below = np.nan_to_num(middle - low) / z_value(0.95)
    above = np.nan_to_num(high - middle) / z_value(0.95)
    z = ndtri((np.arange(_POINTS) + 0.5) / _POINTS)
    own = middle[focus] + z * np.where(z < 0, below[focus], above[focus])
    others = np.arange(len(middle)) != focus
    chance = _above(own[:, None], middle[others], below[others], above[others])
    mean, spread = chance.sum(axis=1), np.sqrt((chance * (1 - chance)).sum(axis=1))
    places = np.arange(len(middle))
    steps = places[:, None] + 0.5 - mean
    # without a spread the rank is certain
    exact = (steps > 0).astype(np.float64)
    within = np.where(spread > 0, ndtr(steps / np.where(spread > 0, spread, 1.0)), exact)
    reached = within.mean(axis=1)
    tail = (1 - confidence) / 2
    first = int(np.searchsorted(reached, tail, side="right"))
    last = int(np.searchsorted(reached, 1 - tail))
    return min(first, len(places) - 1) + 1, min(last, len(places) - 1) + 1


def _above(own: Floats, middle: Floats, below: Floats, above: Floats) -> Floats:
    """Chance that each other area lies above a value."""
    gap = own - middle
    spread = np.where(gap < 0, below, above)
    sure = np.where(gap == 0, 0.5, (gap < 0).astype(np.float64))
    known = spread > 0
    return np.where(known, ndtr(-gap / np.where(known, spread, 1.0)), sure)
