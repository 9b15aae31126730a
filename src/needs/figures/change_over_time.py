"""The course of a series: its rate of change, its peak and its newest change.

Periods that share years are never set against each other: of three-year periods every third counts,
the newest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from needs.errors import InvalidDataError
from needs.figures.figure import Figure
from needs.sources import periods
from needs.stats.change import rate_of_change

#: Heading in docs/methods.md.
METHOD = "Rate of change"


@dataclass(frozen=True)
class Course:
    """How a series ran.

    Attributes
    ----------
    first, last : Figure
        Ends of the separate periods.
    peak : Figure
        The highest of all periods; the newest of several.
    before : Figure
        The newest separate period before the last.
    change : Figure or None
        The fitted rate of change, in per cent a year; None for fewer than three separate points.
    newest_way : {"higher", "lower", ""}
        Where the last two changes between separate periods both go; else empty.
    """

    first: Figure
    last: Figure
    peak: Figure
    before: Figure
    change: Figure | None
    newest_way: Literal["higher", "lower", ""] = ""

    @property
    def way(self) -> str:
        """Whether it rose ("higher") or fell ("lower") by the fitted rate; else empty."""
        if self.change is None or self.change.lower is None or self.change.upper is None:
            return ""
        if self.change.lower > 0:
            return "higher"
        return "lower" if self.change.upper < 0 else ""

    @property
    def turned(self) -> bool:
        """Whether the last two changes go against the fitted rate."""
        return {self.way, self.newest_way} == {"higher", "lower"}


def separate(figures: Sequence[Figure]) -> list[Figure]:
    """Figures of periods that share no year, the newest kept, in order of time."""
    kept: list[Figure] = []
    for one in reversed(figures):
        if one.shown and not (kept and share_years(one.period, kept[-1].period)):
            kept.append(one)
    return kept[::-1]


def share_years(first: str, last: str) -> bool:
    """Whether two periods share a year, so that their figures are not independent.

    Examples
    --------
    >>> share_years("2018 to 2020", "2019 to 2021"), share_years("2018", "2019")
    (True, False)
    """
    try:
        return periods.parse(first).overlaps(periods.parse(last))
    except InvalidDataError:
        return False


def course(figures: Sequence[Figure]) -> Course | None:
    """The course of figures in order of time; None for fewer than two separate periods."""
    shown = [one for one in figures if one.shown]
    points = separate(shown)
    if len(points) < 2:
        return None
    peak = max(reversed(shown), key=lambda one: one.value or 0.0)
    return Course(points[0], points[-1], peak, points[-2], _change(points), _newest_way(points))


def _newest_way(points: Sequence[Figure]) -> Literal["higher", "lower", ""]:
    """Which way the last two changes both go."""
    if len(points) < 3:
        return ""
    one, two, three = (point.value or 0.0 for point in points[-3:])
    if one < two < three:
        return "higher"
    return "lower" if one > two > three else ""


def _change(points: Sequence[Figure]) -> Figure | None:
    limits = [(one.lower, one.upper) if one.interval else one.bound for one in points]
    if not any(limits) and any(_no_events(one) for one in points):
        return None
    try:
        years = [float(np.mean(periods.parse(one.period).years)) for one in points]
    except InvalidDataError:
        return None
    low, high = np.array([one or (None, None) for one in limits], dtype=np.float64).T
    change, lower, upper = rate_of_change(years, [one.value or 0.0 for one in points], low, high)
    if not np.isfinite([change, lower, upper]).all():
        return None
    fitted = [one for one, limit in zip(points, limits, strict=True) if limit or not any(limits)]
    last = points[-1]
    return last.with_(
        id=f"{last.id}.change",
        indicator="rate_of_change",
        label=f"Rate of change: {last.label}",
        period=f"{fitted[0].period} up to {last.period}",
        value=100 * change,
        lower=100 * lower,
        upper=100 * upper,
        unit="%",
        decimals=1,
        marks=(),
        numerator=None,
        denominator=None,
        formula="(e^slope − 1) × 100, slope of the logarithm on the years of separate periods",
        method=METHOD,
        source_rows=tuple(dict.fromkeys(row for one in fitted for row in one.source_rows)),
        bound=None,
        verdict="",
    )


def _no_events(figure: Figure) -> bool:
    """Whether a figure without limits is no count of events: a share, or money."""
    value = figure.value or 0.0
    return figure.unit in ("%", "£") or "per " in figure.unit or value != round(value)
