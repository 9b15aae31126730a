"""Chapter 1: headline figures, key findings, what reaching a better level would take, gaps."""

from __future__ import annotations

from needs.catalogue import Indicator
from needs.chapters import figure_tables, need
from needs.chapters.blocks import Blocks, Bullets, Card, Cards, Heading, Prose, blocks
from needs.chapters.indicator import finding, has_amounts, merged, recent, vintages
from needs.figures import deprivation, population
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure
from needs.words import chart_words as findings_of
from needs.words import sentences
from needs.words.text import Span, Text


def headlines(na: Assessment) -> Blocks:
    """Show the headline figures as cards: value, interval, period, comparison, recent trend."""
    cards = [_deprivation_card(na)] if len(na.lsoa) else []
    figures: list[Figure] = [deprivation.share(na, 1)] if len(na.lsoa) else []
    for indicator in _headline_indicators(na):
        figure = na.figure(indicator.key)
        england = na.figure(indicator.key, na.england, figure.period)
        regions = [na.figure(indicator.key, one, figure.period) for one in na.regions]
        trend = recent(na, indicator)
        compared = sentences.compare(figure, england, indicator.polarity)
        cards.append(
            Card(
                label=indicator.short_name,
                figure=figure.id,
                value=figure.text,
                detail=_detail(figure, na.withheld(indicator.key))
                + ("; England's is of another edition" if vintages(na, figure, england) else ""),
                comparators=tuple(
                    (one.area_name, one.text)
                    for one in (england, *regions)
                    if one.shown and one.area_code != na.area.code
                ),
                comparison=compared.judgement,
                trend=trend.label,
                trend_is=trend.trend_is,
                trend_of=trend.of,
                chapter=indicator.chapter,
                comparison_why=sentences.why_not_tested(compared),
                trend_why=trend.why,
            )
        )
        figures += [figure, *(one for one in (england, *regions) if one.shown)]
    return blocks(
        Heading("Headline figures"),
        Cards(
            f"Headline figures for {na.name}",
            tuple(cards),
            figures=tuple({one.id: one for one in figures}.values()),
            sources=figure_tables.sources_of(figures),
        ),
        _too_few(na),
    )


def findings(na: Assessment) -> Blocks:
    """Put the key findings in sentences, from the same figures as the cards."""
    items: list[Text] = []
    figures: list[Figure] = []
    if population.latest_year(na):
        people = population.total(na, na.area)
        older = population.age_share(na, na.area, "65 and over")
        had = sentences.say(
            "{area} had {people} at {when}.",
            area=sentences.capital(sentences.in_prose(na.name)),
            people=people.with_(unit="residents"),
            when=people.period,
        )
        aged = sentences.say("Of these, {older} were aged 65 or over.", older=older)
        items.append(sentences.sentences(had, aged) if older.shown else had)
        figures += [people, older]
    if len(na.lsoa):
        count, share = deprivation.lsoa_count(na, 1), deprivation.share(na, 1)
        items.append(findings_of.neighbourhoods(len(na.lsoa), count, share))
        figures += [count, share]
    for indicator in _headline_indicators(na):
        figure = na.figure(indicator.key)
        england = na.figure(indicator.key, na.england, figure.period)
        items.append(finding(na, indicator, figure, england))
        figures += [figure, england]
    return blocks(
        Heading("Key findings"),
        Bullets(
            tuple(items),
            style="finding",
            figures=tuple({one.id: one for one in figures}.values()),
        ),
    )


def reach(na: Assessment) -> Blocks:
    """Say what reaching England's level of met need, or a stated target, would take, in people."""
    stated = [
        one
        for one in na.catalogue.indicators.values()
        if one.target is not None and one.polarity == "higher is better"
    ]
    told = [_to_target(na, one) for one in stated if na.has(one.key)]
    return need.reach(na) + Blocks(tuple(told))


def _to_target(na: Assessment, indicator: Indicator) -> Prose:
    """How many more people a stated target takes, or why that is not known."""
    figure = na.figure(indicator.key)
    below = "is below" if (figure.value or 0) < (indicator.target or 0) else "has reached"
    text = sentences.say(
        "{target}: {area} {below} it with {figure} in {when}. ",
        target=indicator.target_source,
        area=sentences.capital(sentences.in_prose(na.name)),
        below=below,
        figure=figure,
        when=figure.period,
    )
    if figure.numerator is None or figure.denominator is None:
        why = (
            "How many people the target takes cannot be said: the source gives the share without "
            "the numbers behind it."
        )
        return Prose((*text, Span(why)), figures=(figure,))
    share = (indicator.target or 0) / indicator.multiplier
    more = figure.with_(
        id=f"{figure.id}.to-target",
        indicator="people_to_reach",
        label=f"More people to reach the target for {indicator.short_name}",
        value=max(0.0, share * figure.denominator - figure.numerator),
        unit=indicator.counted,
        decimals=0,
        lower=None,
        upper=None,
        formula="target share × people in the denominator − people counted, and not less than 0",
        method="People needed to reach a target",
    )
    return Prose(
        (*text, *sentences.say("To reach it takes {more} more.", more=more)), figures=(figure, more)
    )


def gaps(na: Assessment) -> Blocks:
    """Say how many indicators are not available, so that nobody takes silence for zero."""
    everything = na.catalogue.indicators.values()
    absent = [one for one in everything if not na.has(one.key) and not has_amounts(na, one.key)]
    text = (
        f"This report's catalogue has {len(everything)} indicators. The data at hand have no "
        f"figure for {sentences.in_prose(na.name)} for {sentences.number_word(len(absent))} of "
        "them. Each chapter lists its own, with the publisher, and the annex says how to add them. "
        "It also lists topics that the report has no data for."
    )
    text = " ".join([text, *merged(na, absent)])
    return blocks(Heading("What is not available"), Prose((Span(text),)))


def _candidates(na: Assessment) -> list[Indicator]:
    """Headline indicators that the area has; the crude rate where no standardised one exists."""
    everything = na.catalogue.indicators.values()
    chosen = []
    for one in sorted(everything, key=lambda one: (one.headline, one.key)):
        if not one.headline:
            continue
        crude = (other for other in everything if other.numerator == one.key)
        chosen += [other for other in (one, *crude) if na.has(other.key)][:1]
    return chosen


def _headline_indicators(na: Assessment) -> list[Indicator]:
    """Headline indicators whose figure is reliable enough to stand alone."""
    return [one for one in _candidates(na) if "u" not in na.figure(one.key).marks]


def _too_few(na: Assessment) -> Prose | None:
    """Which headline indicators are left out because they rest on too few events."""
    left = [one for one in _candidates(na) if "u" in na.figure(one.key).marks]
    if not left:
        return None
    names = sentences.listing([sentences.lower_first(one.short_name) for one in left])
    text = (
        "Not among the headlines, because its newest figure rests on too few events to be "
        if len(left) == 1
        else "Not among the headlines, because their newest figures rest on too few events to be "
    )
    return Prose(
        (Span(f"{text}reliable: {names}. The chapters show what there is."),), style="note"
    )


def _deprivation_card(na: Assessment) -> Card:
    share = deprivation.share(na, 1)
    return Card(
        label="Residents in the most deprived 10% of neighbourhoods",
        figure=share.id,
        value=share.text,
        detail=f"{deprivation.residents(na, 1).text}, Indices of Deprivation "
        f"{na.index_edition} ({share.period})",
        comparators=(),
        comparison="not compared",
        trend="cannot be calculated",
        chapter="population",
        comparison_why="by definition 10% of England's neighbourhoods are in this group",
        trend_why="one edition of the index is no series",
    )


def _detail(figure: Figure, withheld: Figure | None) -> str:
    said = ", ".join(part for part in (figure.period, figure.interval, figure.symbols) if part)
    return f"{said}; {findings_of.withheld(withheld)}" if withheld else said
