"""An indicator in words: what it is, how the area compares, what limits it."""

from __future__ import annotations

from needs.catalogue import Indicator
from needs.chapters.blocks import Blocks, Notice, Prose, blocks
from needs.chapters.captions import each_once, subject_of
from needs.chapters.recent import TREND_WORDS, from_first_value, own_trend, recent
from needs.chapters.rules import leading, led, told_elsewhere
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, Series
from needs.figures.findings import set_aside
from needs.words import chart_words, comparisons, english, sentences
from needs.words.text import Span, Text
from needs.words.verdicts import UNTESTED


def finding(na: Assessment, indicator: Indicator, figure: Figure, reference: Figure | None) -> Text:
    """One sentence or two on an indicator: its value, its interval, and England beside it.

    Where a newer period is withheld, the value is of an older one, and the text says so. A rate
    that is told elsewhere by a better one is not compared again.
    """
    if told_elsewhere(na, indicator) or set_aside(na, indicator.key):
        reference = figure  # its own comparator, of which nothing is said
    text = comparisons.comparison_sentence(
        figure,
        reference if reference and reference.shown else None,
        polarity=indicator.polarity,
        subject=subject_of(indicator),
        also=() if reference is figure else regions_of(na, figure),
    )
    if since := na.superseded(figure):
        text = (*text, Span(f" {since}"))
    gone = na.withheld(indicator.key)
    if gone is None:
        return text
    return (*text, Span(f" {english.capital(chart_words.withheld(gone))}."))


def regions_of(na: Assessment, figure: Figure) -> tuple[Figure, ...]:
    """The same figure of the regions that the area lies in, where it is no region's only part."""
    found = (na.figure(figure.indicator, one, figure.period) for one in na.regions)
    return tuple(one for one in found if one.shown and one.area_code != figure.area_code)


def vintages(na: Assessment, figure: Figure, reference: Figure) -> str:
    """A sentence where a document's figure stands beside one of the publisher's own file."""
    if not (figure.shown and reference.shown) or na.printed(figure) == na.printed(reference):
        return ""
    document, file = (figure, reference) if na.printed(figure) else (reference, figure)
    return (
        f"The figure of {english.in_prose(document.area_name)} is as a document printed it, that "
        f"of {english.in_prose(file.area_name)} is from the publisher's file of another edition: "
        "small differences can be revisions."
    )


def definition(indicator: Indicator) -> Prose:
    """What is counted, and the limits of it, before any number."""
    text = f"{indicator.definition} {indicator.limits}".strip()
    return Prose((Span(text),), style="definition")


def message(na: Assessment, key: str) -> Blocks:
    """Say in words how the area compares and where it is going."""
    indicator = na.indicator(key)
    if not na.has(key):
        return Blocks()
    figure = leading(na, key)
    reference = na.figure(key, na.england, figure.period)
    series = led(na, key, from_first_value(na.series(key)))
    beside = (figure, reference, *regions_of(na, figure))
    text = finding(na, indicator, figure, reference)
    doubt = set_aside(na, key)
    label = own_trend(na, indicator.key).said
    if not doubt and len([one for one in series.figures if one.shown]) > 1:
        text = (
            *text,
            Span(" "),
            *sentences.trend_sentence(
                series,
                label,
                polarity=indicator.polarity,
                subject="it",
                breaks=indicator.breaks,
            ),
        )
    counts = yearly_counts(na, indicator)
    if not doubt and counts:
        told_of = sentences.newest_year(counts, figure)
        text = (*text, Span(" "), *told_of) if told_of else text
    told = recent(na, indicator)
    if told.of and told.label != TREND_WORDS and not doubt:
        shows = f"is {told.label}" if told.way else f"shows {told.label}"
        text = (*text, Span(f" The recent trend of the {told.of}, {shows}{told.meaning}."))
    quoted, document = document_says(na, key)
    text = (*text, *quoted)
    return blocks(
        Notice("not to be compared by itself", ((Span(doubt),),), "caution") if doubt else None,
        Prose(
            text,
            figures=each_once(
                [
                    *beside,
                    *series.figures,
                    *(counts.figures if counts else ()),
                    *fitted(series, indicator),
                    *document,
                ]
            ),
        ),
    )


def fitted(series: Series, indicator: Indicator) -> tuple[Figure, ...]:
    """The fitted rate of change that words on a series may name."""
    found = sentences.course_of(series, indicator.breaks)
    return (found.change,) if found and found.change else ()


def document_says(na: Assessment, key: str) -> tuple[Text, tuple[Figure, ...]]:
    """The newer number that a document prints, told after the official one that leads."""
    newest = na.figure(key)
    if newest.id == leading(na, key).id:
        return (), ()
    england = na.figure(key, na.england, newest.period)
    beside = english.say(", against {e:number} in England", e=england) if england.shown else ()
    text = english.say(
        " For {when} a document prints {f}{beside} {mark}.",
        when=newest.period,
        f=newest,
        beside=beside,
        mark=UNTESTED,
    )
    return text, (newest, england)


def yearly_counts(na: Assessment, indicator: Indicator) -> Series | None:
    """Yearly events behind a rate of several years, where the catalogue says which they are."""
    yearly = na.catalogue.indicators.get(indicator.trend_from)
    counts = na.catalogue.indicators.get(yearly.numerator) if yearly else None
    return na.series(counts.key) if counts and na.has(counts.key) else None


def why_crude(better: Indicator) -> Prose:
    """Why a crude rate stands here beside the standardised one."""
    text = (
        f"The rate to compare and to follow over time is the standardised one, under "
        f"“{better.name}”. This one stands here because a funnel needs events and people, and "
        "because a small area can have it where it has no standardised rate."
    )
    return Prose((Span(text),), style="note")


def no_total(na: Assessment) -> Prose:
    """Why a footprint has no figure where its members have one."""
    text = (
        f"No figure of {na.name} as a whole can be formed: its members' rates cannot be added, and "
        "the numbers behind them by age are not published. The members stand side by side."
    )
    return Prose((Span(text),), style="note")


def earlier_periods(
    na: Assessment, indicator: Indicator, newest: Figure
) -> list[tuple[Text, tuple[Figure, ...]]]:
    """What the figure was in earlier periods, too few for a line."""
    out: list[tuple[Text, tuple[Figure, ...]]] = []
    for one in na.series(indicator.key).figures:
        if not one.shown or one.period == newest.period:
            continue
        england = na.figure(indicator.key, na.england, one.period)
        text = english.say(" In {when} it was {one}", when=one.period, one=one)
        if england.shown:
            text = (*text, *english.say(" (England {e:number})", e=england))
        text = (*text, Span("."))
        out.append((text, (one, england) if england.shown else (one,)))
    return out
