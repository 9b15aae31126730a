"""An area among all authorities, one row for each indicator: what a spine chart draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from needs.catalogue import Chapter, Indicator
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure

#: Chapters in the report's order.
ORDER = get_args(Chapter)

#: Authorities from which on a range of them says something: two thirds of all.
ENOUGH = 100

#: Fewer than these set no scale.
FEWEST = 20


@dataclass(frozen=True)
class SpineRow:
    """An indicator of an area beside England's and the range of all authorities.

    Attributes
    ----------
    indicator : Indicator
        Has a polarity: there is a worse and a better end.
    area, england, region : Figure
        Of one period.
    neighbours : tuple of float or None
        Lowest and highest value of the statistical neighbours; None for fewer than three.
    worst, best : float
        Of all authorities that count.
    worse_quarter, better_quarter : float
        Between these lies the middle half of the authorities.
    number : int
        Authorities that count: those with a value.
    none_recorded : int
        Authorities that do not count: their records name none.
    """

    indicator: Indicator
    area: Figure
    england: Figure
    region: Figure | None
    neighbours: tuple[float, float] | None
    worst: float
    best: float
    worse_quarter: float
    better_quarter: float
    number: int
    none_recorded: int = 0

    def place(self, value: float) -> float:
        """Where a value stands: England at 0, worse below and better above, none beyond -1 or 1.

        Both sides have one scale, which the authority farthest from England sets.
        """
        assert self.england.value is not None
        farthest = max(abs(self.worst - self.england.value), abs(self.best - self.england.value))
        toward = 1.0 if self.indicator.polarity == "higher is better" else -1.0
        place = toward * (value - self.england.value) / farthest if farthest else 0.0
        return min(1.0, max(-1.0, place))


#: Fewest expected people behind a share that has a place among all authorities.
HANDFUL = 3


def spine_rows(
    na: Assessment, chosen: Callable[[Indicator], bool] = lambda _: True
) -> list[SpineRow]:
    """Indicators that have a worse and a better end, in the report's order.

    One needs a value of the area and of England in its newest period, and `FEWEST` authorities
    beside them. `chosen` can leave some out, such as a crude rate beside its standardised twin.
    """
    rows = []
    for key, indicator in na.catalogue.indicators.items():
        if indicator.polarity == "none" or indicator.statistic == "count" or not chosen(indicator):
            continue
        area = na.figure(key)
        england = na.figure(key, na.england, area.period)
        if area.value is None or england.value is None or _of_few(area, england):
            continue
        others = na.across(key, na.compared(key, area.period), area.period)
        valued = [one for one in others if one.value is not None]
        likely = [one for one in valued if not _recorded_none(indicator, one)]
        values = np.array([one.value for one in likely])
        if len(values) < FEWEST:
            continue
        region = na.figure(key, na.region, area.period)
        near = na.across(key, na.statistical_neighbours(), area.period)
        known = [one.value for one in near if one.value is not None]
        order = values if indicator.polarity == "higher is better" else -values
        worst, low, high, best = np.abs(np.percentile(order, [0, 25, 75, 100]))
        rows.append(
            SpineRow(
                indicator,
                area,
                england,
                region if region.value is not None else None,
                (min(known), max(known)) if len(known) > 2 else None,
                float(worst),
                float(best),
                float(low),
                float(high),
                len(values),
                len(valued) - len(likely),
            )
        )
    return sorted(rows, key=lambda row: (ORDER.index(row.indicator.chapter), row.indicator.order))


def _recorded_none(indicator: Indicator, one: Figure) -> bool:
    """Whether a share of records is nought, which is no best value to name.

    Either so few were asked about that none is found, or none was written down: the findings warn
    of a zero where England's share would hardly ever give none.
    """
    recorded = indicator.finding is not None and bool(indicator.finding.recorded)
    lower = indicator.polarity == "lower is better"
    return recorded and lower and indicator.unit == "%" and one.value == 0


def _of_few(area: Figure, england: Figure) -> bool:
    """Whether so few people are behind a share that England's would give less than a handful."""
    if area.unit != "%" or area.denominator is None or england.value is None:
        return False
    return area.denominator * england.value / 100 < HANDFUL
