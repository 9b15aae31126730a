"""The recent trend of an indicator: whether it goes up or down, and whether that is better."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from needs.catalogue import Indicator
from needs.chapters.captions import subject_of
from needs.figures import parts_read
from needs.figures.assessment import Assessment
from needs.figures.figure import Series
from needs.sources.periods import parse
from needs.stats.trend import POINTS, recent_trend
from needs.words import english, verdicts

#: What the rule says where it does not apply: nothing that a sentence needs to repeat.
TREND_WORDS = "cannot be calculated"

#: Why there is no recent trend, as a card has room for; by the reason of `needs.stats.trend`.
NO_TREND = {
    "fewer than five points": "fewer than five periods",
    "the last five points are not consecutive years": "a year is left out",
    "a value is missing": "a year has no figure",
    "an interval is missing": "a period has no interval",
}


@dataclass(frozen=True)
class Recent:
    """A recent trend: its label, and whether that is better or worse by the polarity.

    `of` names the series and its years where it is not the indicator's own; `why` says in a few
    words what keeps a trend from being calculated.
    """

    label: str
    trend_is: str = ""
    of: str = ""
    why: str = ""

    @property
    def way(self) -> str:
        """Whether it is higher or lower than before; nothing where it has no direction."""
        return {"increasing": "higher", "decreasing": "lower"}.get(self.label, "")

    @property
    def meaning(self) -> str:
        """What the trend means, in brackets after its label."""
        return f" (getting {self.trend_is})" if self.trend_is else ""

    @property
    def said(self) -> str:
        """The label as a sentence takes it; empty where there is no trend."""
        return "" if self.label == TREND_WORDS else self.label

    def note(self, name: str) -> tuple[str, ...]:
        """What a table says below of a trend that is not of the indicator's own series."""
        if not (self.of and self.said):
            return ()
        return (f"{name}: the recent trend is that of the {self.of}.",)


def recent(na: Assessment, indicator: Indicator) -> Recent:
    """The recent trend, by the declared yearly indicator where the own periods allow none."""
    own = own_trend(na, indicator.key)
    if own.label != TREND_WORDS or not indicator.trend_from or not na.has(indicator.trend_from):
        return own
    yearly = na.indicator(indicator.trend_from)
    figures = na.series(yearly.key).figures[-POINTS:]
    years = f"{figures[0].period} to {figures[-1].period}"
    return replace(own_trend(na, yearly.key), of=f"{subject_of(yearly)}, {years}")


def own_trend(na: Assessment, key: str) -> Recent:
    """The recent trend of an indicator's own series."""
    with parts_read.only(("observations", key), ("populations", parts_read.ALL)):
        known = na.once(_own_trends)
    return known.get(key) or Recent(TREND_WORDS, why="no figures")


def _own_trends(na: Assessment) -> dict[str, Recent]:
    """The recent trends of all indicators that have figures."""
    every = {key: na.series(key) for key in na.catalogue.indicators}
    known = {key: series for key, series in every.items() if series.figures}
    if not known:
        return {}
    frame = pd.DataFrame(
        [
            {
                "indicator": key,
                "begins": start_of(one.period),
                "ends": end_of(one.period),
                "value": one.value,
                "lower": one.lower,
                "upper": one.upper,
                "edition": sum(
                    start_of(one.period).year >= year for year in na.indicator(key).breaks
                ),
            }
            for key, series in known.items()
            for one in series.figures
        ]
    ).astype({"value": float, "lower": float, "upper": float})
    out = recent_trend(
        frame,
        by=["indicator"],
        time="ends",
        value="value",
        lower="lower",
        upper="upper",
        start="begins",
        series="edition",
    )
    return {
        key: _told(trend, reason, na.indicator(key), known[key])
        for key, trend, reason in zip(out["indicator"], out["trend"], out["reason"], strict=True)
    }


def _told(trend: str, reason: str, indicator: Indicator, series: Series) -> Recent:
    """What is said of a recent trend, or why there is none."""
    told = Recent(trend)
    if not told.said:
        return replace(told, why=_no_trend(reason, series))
    judged = verdicts.judge(told.way, indicator.polarity) if told.way else ""
    return replace(told, trend_is=judged) if judged in ("better", "worse") else told


def _no_trend(reason: str, series: Series) -> str:
    """Why there is no recent trend, in a few words."""
    lengths = {len(parse(one.period).years) for one in series.figures}
    if max(lengths) > 1:  # more periods would not help
        years = english.number_word(max(lengths)) if len(lengths) == 1 else "several"
        return f"{years}-year periods overlap"
    return NO_TREND.get(reason, reason)


def start_of(label: str) -> pd.Timestamp:
    """First day of a period as the report prints it."""
    return pd.Timestamp(parse(label).start)


def end_of(label: str) -> pd.Timestamp:
    """Last day of a period."""
    return pd.Timestamp(parse(label).end)


#: A figure is old when its period ended more than so many years before the reporting year did.
OLD = 3


def is_old(na: Assessment, period: str) -> bool:
    """Whether a period ended more than three years before the reporting year did."""
    return end_of(period) < pd.Timestamp(na.year - OLD, 12, 31)


def dated(na: Assessment, period: str) -> str:
    """A period as a table or a chart prints it: "2018/19, old"."""
    return f"{period}, old" if is_old(na, period) else period


def from_first_value(series: Series) -> Series:
    """The series without the periods before its first value; later gaps stay."""
    first = next((n for n, one in enumerate(series.figures) if one.shown), len(series.figures))
    return Series(series.label, series.role, series.figures[first:])
