"""What may be said of an indicator: which rate is compared, which only stands beside it."""

from __future__ import annotations

from needs.catalogue import Indicator
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, Series
from needs.figures.findings import set_aside
from needs.words import english, verdicts
from needs.words.text import Text

#: Why a view that sets areas side by side leaves a count out.
COUNTED = "a count depends on the size of the area"


def standardised(na: Assessment, indicator: Indicator) -> Indicator | None:
    """The standardised rate of the events that a crude rate counts, where the area has one.

    The crude rate is then there for the funnel and for small districts alone.
    """
    better = na.catalogue.indicators.get(indicator.numerator)
    if indicator.statistic != "crude_rate" or better is None:
        return None
    same = better.statistic == "directly_standardised_rate" and na.has(better.key)
    return better if same else None


def left_to(na: Assessment, indicator: Indicator) -> str:
    """Why a crude rate is not compared or followed over time; nothing where it may be."""
    better = standardised(na, indicator)
    return f"the rate to compare and follow is “{better.name}”" if better else ""


def told_elsewhere(na: Assessment, indicator: Indicator) -> bool:
    """Whether a crude rate's events have a standardised rate here that is compared with England."""
    of_trend = [one for one in na.catalogue.indicators.values() if one.trend_from == indicator.key]
    return bool(standardised(na, indicator)) or any(na.has(one.key) for one in of_trend)


def told_with_a_rate(na: Assessment, indicator: Indicator) -> Indicator | None:
    """The rate that a count is the numerator of, where the report shows it with its counts."""
    if not is_count(indicator):
        return None
    rates = (one for one in na.catalogue.indicators.values() if one.numerator == indicator.key)
    return next((o for o in rates if o.statistic == "crude_rate" and na.has(o.key)), None)


def compared(na: Assessment, figure: Figure, reference: Figure) -> verdicts.Comparison:
    """How a figure stands to a reference, where its indicator may be compared by itself."""
    if set_aside(na, figure.indicator):
        return verdicts.Comparison("not compared", "not compared", "set aside")
    return verdicts.compare_figures(figure, reference, na.indicator(figure.indicator).polarity)


def leading(na: Assessment, key: str) -> Figure:
    """The figure that heads what is said of an indicator: the newest, but never second-hand.

    A number that a document prints without an interval gives way to the newest official one that
    has one; it is told after it.
    """
    newest = na.figure(key)
    if not is_second_hand(na, newest):
        return newest
    official = [one for one in na.series(key).figures if one.interval and not na.printed(one)]
    return official[-1] if official else newest


def is_second_hand(na: Assessment, figure: Figure) -> bool:
    """Whether a figure is a document's printed number, without an interval."""
    return figure.shown and na.printed(figure) and not figure.interval


def told_officially(na: Assessment, indicator: Indicator) -> bool:
    """Whether a second-hand figure has an official one of the same thing, under another key."""
    other = indicator.finding.gives_way_to if indicator.finding else ""
    return bool(
        other
        and na.has(other)
        and is_second_hand(na, leading(na, indicator.key))
        and leading(na, other).interval
    )


def led(na: Assessment, key: str, series: Series) -> Series:
    """A series up to the figure that leads it, which words on its course end with."""
    lead = leading(na, key)
    ids = [one.id for one in series.figures]
    if lead.id not in ids:
        return series
    newest = max((n for n, one in enumerate(series.figures) if one.shown), default=0)
    stop = len(ids) if ids[newest] == lead.id else ids.index(lead.id) + 1
    return Series(series.label, series.role, series.figures[:stop])


def not_by_itself(figure: Figure, subject: str) -> Text:
    """The headline of a figure that is set aside: a part of deaths whose share of them moved."""
    return english.say(
        "{whose} {subject}, {figure} in {when}, cannot be read by itself",
        whose=english.possessive(english.capital(english.in_prose(figure.area_name))),
        subject=subject,
        figure=figure,
        when=figure.period,
    )


def tells_a_trend(na: Assessment, key: str) -> bool:
    """Whether an indicator is there for another's recent trend: its single years say no more."""
    return any(one.trend_from == key for one in na.catalogue.indicators.values())


def shows_plans(indicator: Indicator) -> bool:
    """Whether figures of later years are shown too, as plans: amounts that documents print are."""
    return indicator.statistic == "amount" and not indicator.parts


def is_count(indicator: Indicator) -> bool:
    """Whether the size of the area itself decides the value."""
    return indicator.statistic in ("count", "amount")
