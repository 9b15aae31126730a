"""Chapter 1: what matters here, what reaching a better level would take, what is not known."""

from __future__ import annotations

from collections.abc import Iterable

from needs.catalogue import Indicator
from needs.chapters import need
from needs.chapters.absent import merged, reason_left_out, to_add
from needs.chapters.blocks import (
    Block,
    Blocks,
    Card,
    Cards,
    Cell,
    Column,
    Heading,
    Prose,
    Table,
    blocks,
)
from needs.chapters.captions import each_once, subject_of
from needs.chapters.frames import published
from needs.chapters.recent import recent
from needs.chapters.rules import compared, leading, told_officially
from needs.chapters.saying import vintages
from needs.figures import deprivation, population
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, sources_of
from needs.figures.findings import Finding, ranked, set_aside
from needs.figures.findings.candidate import NOTHING, WARNING
from needs.figures.findings.wording import SEXES
from needs.words import chart_words, english, sentences, verdicts
from needs.words.text import Span, Text

#: What a finding's heading calls its kind, where a plainer word than the rule's is to be had.
TITLES = {
    "unmet need size": "How many",
    "inside inequality": "A place or group that stands out",
    "comparability warning": "Read with care",
    "no difference shown": "No difference is shown",
}

#: Big figures of the first page.
BIG = 6


def picture(na: Assessment) -> Blocks:
    """Show the area at a glance: who lives here, and the big figures of the findings.

    The figures are those of the first findings, then the other headline indicators.
    """
    first = [one.indicator for one in na.once(ranked)]
    shown = [one.key for one in _headline_indicators(na)]
    keys = [key for key in dict.fromkeys([*first, *shown]) if _stands(na, key)]
    cards, figures = _cards(na, [na.indicator(key) for key in keys[:BIG]])
    return blocks(
        _who_lives_here(na),
        Cards(
            f"{na.name} in {english.count_noun(len(cards), 'figure', words=True)}",
            cards,
            figures=each_once(figures),
            sources=sources_of(figures),
        )
        if cards
        else None,
        _too_few(na),
    )


def _stands(na: Assessment, key: str) -> bool:
    """Whether the newest figure is there, is reliable enough, and may be read by itself."""
    figure = leading(na, key)
    fit = figure.shown and "u" not in figure.marks and not set_aside(na, key)
    return fit and not told_officially(na, na.indicator(key))


def _who_lives_here(na: Assessment) -> Prose | None:
    """How many people, how old, and how many in the most deprived places."""
    told: list[Text] = []
    figures: list[Figure] = []
    if population.latest_year(na):
        people = population.total(na, na.area)
        older = population.age_share(na, na.area, "65 and over")
        told.append(
            english.say(
                "{area} had {people} at {when}.",
                area=english.capital(english.in_prose(na.name)),
                people=people.with_(unit="residents"),
                when=people.period,
            )
        )
        if older.shown:
            told.append(english.say("Of these, {older} were aged 65 or over.", older=older))
        figures += [people, older]
    if len(na.lsoa):
        count, share = deprivation.lsoa_count(na, 1), deprivation.share(na, 1)
        told.append(chart_words.neighbourhoods(len(na.lsoa), count, share))
        figures += [count, share]
    return Prose(english.sentences(*told), figures=each_once(figures)) if told else None


def _cards(na: Assessment, chosen: Iterable[Indicator]) -> tuple[tuple[Card, ...], list[Figure]]:
    """A card for each indicator, and their figures."""
    cards: list[Card] = []
    figures: list[Figure] = []
    for indicator in chosen:
        figure = leading(na, indicator.key)
        england = na.figure(indicator.key, na.england, figure.period)
        regions = [na.figure(indicator.key, one, figure.period) for one in na.regions]
        trend = recent(na, indicator)
        verdict = compared(na, figure, england)
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
                comparison=verdict.judgement,
                # a short series seldom shows a change that findings see between longer periods
                trend=trend.label if trend.way else "",
                trend_is=trend.trend_is,
                trend_of=trend.of,
                chapter=indicator.chapter,
                comparison_why=verdicts.why_not_tested(verdict),
            )
        )
        figures += [figure, *(one for one in (england, *regions) if one.shown)]
    return tuple(cards), figures


def findings(na: Assessment) -> Blocks:
    """Show what matters most, ranked by the open rule: each with its question and how sure it is.

    The rule, and everything that it weighed, are in docs/methods.md and findings.csv.
    """
    found = na.once(ranked)
    if not found:
        return Blocks()
    told: list[list[Block]] = []
    guided: set[str] = set()
    for one in found:
        guidance = [] if one.kind == WARNING else [str(each) for each in one.guidance]
        told.append(_told(na, one, [each for each in guidance if each not in guided]))
        guided |= set(guidance)
    return blocks(Heading("What matters most"), *told)


def _told(na: Assessment, one: Finding, guidance: list[str]) -> list[Block]:
    """A finding, how sure it is, the question that it puts, and guidance not yet named."""
    indicator = na.indicator(one.indicator)
    where = f", {SEXES[one.sex]}" if one.sex in SEXES else ""
    where += f" in {one.part}" if one.part_code != na.area.code else ""
    about = indicator.finding.about if indicator.finding else subject_of(indicator)
    title = f"{TITLES.get(one.kind, english.capital(one.kind))}: {about}{where}"
    keys = dict.fromkeys(each.split(".")[0] for each in one.figures)
    known = {each.id: each for key in keys for each in published(na, key, everywhere=True)}
    figure = next((known[each] for each in one.figures if each in known), None)
    first, stop, rest = one.statement.partition(". ")
    text = (
        (Span(first + stop.strip(), figure=figure.id), Span(f" {rest}" if rest else ""))
        if figure
        else (Span(one.statement),)
    )
    told: list[Block] = [
        Heading(title, 3, f"finding-{one.rank}"),
        Prose(text, "finding", (figure,) if figure else ()),
    ]
    if one.kind == NOTHING:  # what is not shown asks nothing
        return told
    told.append(Prose((Span(f"How sure: {english.lower_first(one.sure)}"),), "note"))
    asks = [Span("For the partnership: ", strong=True), Span(one.question)] if one.question else []
    if guidance:
        asks.append(Span(f" (National guidance: {english.listing(guidance)}.)", emphasis=True))
    return [*told, Prose(tuple(asks))] if asks else told


def reach(na: Assessment) -> Blocks:
    """Say what reaching England's level of met need, or a stated target, would take, in people."""
    stated = [
        one
        for one in na.catalogue.indicators.values()
        if one.target is not None and one.polarity == "higher is better"
    ]
    told = [_to_target(na, one) for one in stated if na.has(one.key)]
    return need.england_reached(na) + Blocks(tuple(told))


def _to_target(na: Assessment, indicator: Indicator) -> Prose:
    """How many more people a stated target takes, or why that is not known."""
    figure = na.figure(indicator.key)
    below = "is below" if (figure.value or 0) < (indicator.target or 0) else "has reached"
    text = english.say(
        "{target}: {area} {below} it with {figure} in {when}. ",
        target=indicator.target_source,
        area=english.capital(english.in_prose(na.name)),
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
        (*text, *english.say("To reach it takes {more} more.", more=more)), figures=(figure, more)
    )


def not_known(na: Assessment) -> Blocks:
    """Show what is missing, how much it matters, who publishes it, and how to add it."""
    absent = to_add(na)
    if not absent:
        return Blocks()
    name = english.in_prose(na.name)
    matter = [one for one in absent if one.headline]
    others = [one for one in absent if not one.headline]
    text = (
        f"Of {len(na.catalogue.indicators)} measures, this report has no figure of {len(absent)} "
        f"for {name}. {len(matter)} of them would be headlines. Where nothing is said, nothing is "
        "known. The web page says how each is added."
    )
    caption = f"Measures without a figure for {name}"
    return blocks(
        Heading("What is not known"),
        Prose((Span(" ".join([text, *merged(na, absent)])),)),
        _matter(na, f"{caption} that would be headlines", matter),
        _how_to_add(na, f"{caption}, and how to add them", [*matter, *others]),
    )


def _matter(na: Assessment, caption: str, absent: list[Indicator]) -> Table | None:
    rows = tuple((Cell(one.name), Cell(sentences.publisher(one, na.catalogue))) for one in absent)
    columns = (Column("Measure", "header"), Column("Who publishes it", "text"))
    return Table("not_known", caption, columns, rows) if rows else None


def _how_to_add(na: Assessment, caption: str, absent: list[Indicator]) -> Table:
    rows = tuple(
        (
            Cell(one.name),
            Cell(sentences.publisher(one, na.catalogue)),
            Cell(
                f"Not by this file: {left_out}."
                if (left_out := reason_left_out(na, one))
                else f"{one.how_to_add.strip().rstrip('.')}."
            ),
        )
        for one in absent
    )
    columns = (
        Column("Measure", "header"),
        Column("Publisher", "text"),
        Column("How to add it", "text"),
    )
    return Table("how_to_add", caption, columns, rows, detail=True)


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
    names = english.listing([english.lower_first(one.short_name) for one in left])
    text = (
        "Not among the headlines, because its newest figure rests on too few events to be "
        if len(left) == 1
        else "Not among the headlines, because their newest figures rest on too few events to be "
    )
    return Prose(
        (Span(f"{text}reliable: {names}. The chapters show what there is."),), style="note"
    )


def _detail(figure: Figure, withheld: Figure | None) -> str:
    said = ", ".join(part for part in (figure.period, figure.interval, figure.symbols) if part)
    return f"{said}; {chart_words.withheld(withheld)}" if withheld else said
