"""The formulas of METHODS.md, written again from the text; nothing of needs is used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from scipy.stats import chi2

Z95 = NormalDist().inv_cdf(0.975)

#: p < 0.002 for one degree of freedom.
TREND_CRITICAL = 9.549536


def byar(events: float) -> tuple[float, float]:
    """Byar's 95% limits of a count."""
    low = events * (1 - 1 / (9 * events) - Z95 / (3 * math.sqrt(events))) ** 3
    one_more = events + 1
    high = one_more * (1 - 1 / (9 * one_more) + Z95 / (3 * math.sqrt(one_more))) ** 3
    return low, high


def exact_poisson(events: float) -> tuple[float, float]:
    """Exact 95% limits of a count; the lower one is 0 where there is no event."""
    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * events + 2) / 2)


def crude_rate(events: float, people: float, multiplier: float) -> tuple[float, float, float]:
    """A crude rate and its 95% limits: exact below ten events, Byar's from ten."""
    low, high = exact_poisson(events) if events < 10 else byar(events)
    return tuple(multiplier * one / people for one in (events, low, high))


def unmet_need(
    treated: float, prevalence: float, low: float | None, high: float | None, bound: float = 0.0
) -> tuple[float, float | None, float | None]:
    """Per cent not in treatment; the limits follow from the prevalence's and from a rounding."""
    return (
        100 * (1 - treated / prevalence),
        None if low is None else 100 * (1 - (treated + bound) / low),
        None if high is None else 100 * (1 - (treated - bound) / high),
    )


def joined_limits(
    members: Sequence[tuple[float, float, float]], *, independent: bool
) -> tuple[float, float]:
    """Limits of a sum of estimates (value, lower, upper)."""
    total = sum(value for value, _, _ in members)
    if independent:
        down = math.sqrt(sum((value - low) ** 2 for value, low, _ in members))
        up = math.sqrt(sum((high - value) ** 2 for value, _, high in members))
        return total - down, total + up
    return sum(low for _, low, _ in members), sum(high for _, _, high in members)


def _weighted_line(
    x: Sequence[float], y: Sequence[float], weights: Sequence[float]
) -> tuple[float, float, list[float]]:
    """Intercept, slope, and what each y is multiplied by to give the slope."""
    whole = sum(weights)
    mean_x = sum(w * a for w, a in zip(weights, x, strict=True)) / whole
    spread = sum(w * (a - mean_x) ** 2 for w, a in zip(weights, x, strict=True))
    parts = [w * (a - mean_x) / spread for w, a in zip(weights, x, strict=True)]
    slope = sum(k * b for k, b in zip(parts, y, strict=True))
    mean_y = sum(w * b for w, b in zip(weights, y, strict=True)) / whole
    return mean_y - slope * mean_x, slope, parts


def recent_trend(limits: Sequence[tuple[float, float, float]]) -> tuple[float, str]:
    """Chi-squared and verdict of five points (value, lower, upper), oldest first."""
    x = [1.0, 2.0, 3.0, 4.0, 5.0]
    y = [value for value, _, _ in limits]
    weights = [1 / ((high - low) / 3.92) ** 2 for _, low, high in limits]
    _, slope, parts = _weighted_line(x, y, weights)
    error = math.sqrt(sum(k**2 / w for k, w in zip(parts, weights, strict=True)))
    square = (slope / error) ** 2
    signs = set()
    for out in range(5):
        kept = [place for place in range(5) if place != out]
        _, one, _ = _weighted_line(*([of[place] for place in kept] for of in (x, y, weights)))
        signs.add(math.copysign(1, one))
    steady = signs == {math.copysign(1, slope)}
    if square > TREND_CRITICAL and steady:
        return square, "increasing" if slope > 0 else "decreasing"
    return square, "no significant change"


def gradient(
    groups: Sequence[tuple[float, float, float, float]],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Slope and relative index of inequality of rates: (people, rate, lower, upper) a group.

    The first group is the least deprived. A weighted line through the logarithms of the rates at
    the middles of the cumulative population; the slope is a sum of independent normals. Where the
    groups lie further from the line than their errors allow, all errors are multiplied by the root
    of chi-squared over its degrees of freedom, two fewer than there are groups.
    """
    whole = sum(people for people, *_ in groups)
    before, middles = 0.0, []
    for people, *_ in groups:
        middles.append((before + people / 2) / whole)
        before += people
    logs = [math.log(rate) for _, rate, _, _ in groups]
    errors = [(math.log(high) - math.log(low)) / (2 * Z95) for _, _, low, high in groups]
    start, slope, parts = _weighted_line(middles, logs, [people for people, *_ in groups])
    misfit = sum(
        ((log - start - slope * middle) / error) ** 2
        for middle, log, error in zip(middles, logs, errors, strict=True)
    )
    wider = math.sqrt(max(1.0, misfit / (len(groups) - 2)))
    spread = Z95 * wider * math.sqrt(sum((k * e) ** 2 for k, e in zip(parts, errors, strict=True)))
    half = start + slope / 2

    def difference(of: float) -> float:
        return math.exp(half + of / 2) - math.exp(half - of / 2)

    slopes = (slope, slope - spread, slope + spread)
    return tuple(map(difference, slopes)), tuple(map(math.exp, slopes))
