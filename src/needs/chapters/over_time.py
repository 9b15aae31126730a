"""A view of an indicator over time."""

from __future__ import annotations

from needs import charts
from needs.catalogue import Indicator
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Chart, blocks
from needs.chapters.captions import band, each_once, none_at_hand, subject_of, subtitle_of
from needs.chapters.measure import Measure, view
from needs.chapters.recent import from_first_value, own_trend, start_of
from needs.chapters.rules import compared, is_count, led, left_to, not_by_itself, told_elsewhere
from needs.chapters.saying import fitted
from needs.charts.trends import second_hand
from needs.figures.assessment import Assessment
from needs.figures.figure import Series
from needs.words import alt_text, comparisons, english, headlines, sentences
from needs.words.text import Text

#: From this many points a series is drawn as a line; fewer are told in words and in the table.
POINTS_FOR_A_TREND = 3


@view
def trend(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw the area over time beside its region and England.

    Parameters
    ----------
    measure : Measure
    id : str
        Of the table, and with "chart_" before it of the chart: where it stands a second time.
    """
    na, key, indicator = measure.na, measure.key, measure.indicator
    if left := left_to(na, indicator):
        return left
    focus = from_first_value(na.series(key))
    points = len([one for one in focus.figures if one.shown])
    if points < POINTS_FOR_A_TREND:
        have = english.count_noun(points, "period", words=True)
        return f"{have} with a figure, and a line needs {POINTS_FOR_A_TREND}"
    periods = {one.period for one in focus.figures}
    others = []
    # a count depends on the size of the area: England's would only flatten the line
    comparable = () if is_count(indicator) else (na.places[1:])
    for place in comparable:
        series = na.series(key, place)
        kept = tuple(one for one in series.figures if one.period in periods)
        if place.code != na.area.code and any(one.shown for one in kept):
            others.append(Series(series.label, series.role, kept))
    label = own_trend(na, indicator.key).said
    names = english.listing(
        [english.in_prose(one) for one in (na.name, *(o.label for o in others))]
    )
    drawn = {na.name, *(one.label for one in others)}
    lacking = [one.name for one in comparable if one.name not in drawn]
    table = figure_tables.series_table(
        id or f"{key}_trend",
        f"{indicator.name}: {names} by period",
        focus,
        others,
        counted=indicator.counted,
        notes=none_at_hand(lacking),
    )
    chart_id = f"chart_{table.id}"
    return blocks(
        Chart(
            id=chart_id,
            headline=_headline(na, indicator, led(na, key, focus), label),
            subtitle=subtitle_of(indicator, focus.figures, na, intervals=band(focus.figures))
            + _hollow(na, focus),
            svg=charts.trend_lines(
                [focus, *others],
                unit=indicator.unit,
                breaks=_breaks(indicator, focus),
                chart_id=chart_id,
            ),
            alt=alt_text.alt_trend(
                [focus, *others],
                label,
                subject=subject_of(indicator),
                unit=indicator.unit,
                breaks=indicator.breaks,
            ),
            table=table,
            figures=each_once([*table.figures, *fitted(led(na, key, focus), indicator)]),
            sources=table.sources,
        )
    )


def _hollow(na: Assessment, series: Series) -> str:
    """Where the hollow points of a line chart come from."""
    chosen = zip(series.figures, second_hand(series.figures), strict=True)
    points = [one for one, hollow in chosen if hollow]
    if not points:
        return ""
    titles = dict.fromkeys(na.catalogue.sources[key].title for one in points for key in one.sources)
    subject, is_, stands = (
        ("The hollow point", "is", "stands") if len(points) == 1
        else ("The hollow points", "are", "stand")
    )  # fmt: skip
    return (
        f" {subject} {is_} from another source ({'; '.join(titles)}), without an interval,"
        f" and {stands} apart from the line."
    )


def _headline(na: Assessment, indicator: Indicator, focus: Series, label: str) -> Text:
    """What a line chart shows: a change where there is one, else how the newest figure compares."""
    subject = subject_of(indicator)
    newest = [one for one in focus.figures if one.shown][-1]
    england = na.figure(indicator.key, na.england, newest.period)
    verdict = compared(na, newest, england)
    if verdict.reason == "set aside":
        return not_by_itself(newest, subject)
    changed = sentences.changed(focus, label, breaks=indicator.breaks)
    if verdict.result == "not compared" or changed or told_elsewhere(na, indicator):
        return headlines.headline_trend(
            focus, label, polarity=indicator.polarity, subject=subject, breaks=indicator.breaks
        )
    return comparisons.headline_compare(
        newest, england, polarity=indicator.polarity, subject=subject
    )


def _breaks(indicator: Indicator, series: Series) -> dict[str, str]:
    """Reasons for breaks by the first period that begins in or after the year of the break."""
    out: dict[str, str] = {}
    for year, reason in indicator.breaks.items():
        after = [one.period for one in series.figures if start_of(one.period).year >= year]
        if after:
            out[after[0]] = reason
    return out
