"""Chapters 1 and 2: the picture on one page; what matters, what came since, what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from needs.catalogue import Indicator
from needs.chapters.absent import merged, reason_left_out, to_add
from needs.chapters.blocks import (
    Block,
    Blocks,
    Bullets,
    Card,
    Cards,
    Cell,
    Column,
    Heading,
    Notice,
    Prose,
    Table,
    blocks,
)
from needs.chapters.captions import each_once, subject_of
from needs.chapters.cross_links import (
    NOT_KNOWN,
    change_in_brief,
    evidence,
    evidence_figures,
    finding_anchor,
    finding_is_worse,
    in_brief,
    said,
)
from needs.chapters.recent import OLD, is_old, recent
from needs.chapters.rules import compared, is_count, leading, told_officially
from needs.chapters.saying import vintages
from needs.figures import deprivation, population
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, sources_of
from needs.figures.findings import Finding, ranked, scored, set_aside
from needs.figures.findings.candidate import (
    BETTER_HERE,
    FALLING,
    HIGH,
    INSIDE,
    LOW,
    NOTHING,
    RISING,
    SINCE,
    WARNING,
    WORSE_HERE,
)
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

#: What the first page says without any big figure.
NO_HEADLINE = (
    "No headline measure has a figure here that is reliable enough to stand alone. The summary "
    "says what is known and what is not."
)

#: Figures published since that are told; the annex lists them all.
SINCE_SHOWN = 4

#: Kinds of finding that are a change over time.
CHANGES = (HIGH, LOW, RISING, FALLING)


def picture(na: Assessment) -> Blocks:
    """Show the area at a glance: who lives here, and the big figures of the findings.

    The figures are those of the first findings, then the other headline indicators.
    """
    cards, figures = _cards(na, [na.indicator(key) for key in _in_order(na)[:BIG]])
    return blocks(
        _who_lives_here(na),
        Cards(
            f"{na.name} in {english.count_noun(len(cards), 'figure', words=True)}",
            cards,
            figures=each_once(figures),
            sources=sources_of(figures),
        )
        if cards
        else Prose((Span(NO_HEADLINE),)),
        _too_few(na),
    )


def _in_order(na: Assessment) -> list[str]:
    """Measures for the first page: those of the findings, other headlines, and last what is old."""
    first = [one.indicator for one in na.once(ranked)]
    shown = [one.key for one in _headline_indicators(na)]
    keys = [key for key in dict.fromkeys([*first, *shown]) if _stands(na, key)]
    return sorted(keys, key=lambda key: is_old(na, leading(na, key).period))


def _stands(na: Assessment, key: str) -> bool:
    """Whether the newest figure is there, is reliable enough, and may be read by itself."""
    figure = leading(na, key)
    fit = figure.shown and "u" not in figure.marks and not set_aside(na, key)
    return fit and not told_officially(na, na.indicator(key))


def _old(na: Assessment) -> str:
    """What is said of an old figure."""
    return f"it ended over {english.number_word(OLD)} years before the end of {na.year}"


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
    # of a measure's findings the first on the whole area is the one that is meant
    told = sorted(na.once(ranked), key=lambda one: (one.part_code != na.area.code, one.rank))
    meanings = {one.indicator: in_brief(one) for one in reversed(told)}
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
                + (f"; old: {_old(na)}" if is_old(na, figure.period) else "")
                + ("; England's edition differs" if vintages(na, figure, england) else ""),
                comparators=tuple(
                    (one.area_name, one.text)
                    for one in (england, *regions)
                    if one.shown and one.area_code != na.area.code and not is_count(indicator)
                ),
                comparison=verdict.judgement,
                # a short series seldom shows a change that findings see between longer periods
                trend=trend.label if trend.way else "",
                trend_is=trend.trend_is,
                trend_of=trend.of,
                chapter=indicator.chapter,
                meaning=meanings.get(indicator.key, ""),
                comparison_why=verdicts.why_not_tested(verdict),
            )
        )
        figures += [figure, *(one for one in (england, *regions) if one.shown)]
    return tuple(cards), figures


def trend_and_place(na: Assessment) -> Blocks:
    """Say the change and the place that the findings put first, in a line each.

    Without a finding that is a change, the change that one tells beside its gap; without that, the
    recent trend of the first measure that has one. An old change stands after a first finding that
    is not old.
    """
    found = na.once(ranked)
    change = next((one for one in found if one.kind in CHANGES), None)
    beside = next((one for one in found if _CHANGED.search(one.statement)), None)
    trend = said(na, change, change_in_brief(change)) if change else ()
    if beside and not change:
        change, trend = beside, said(na, beside, _its_change(na, beside))
    place = next((one for one in found if one.kind == INSIDE), None)
    first = found[0] if found and not is_old(na, found[0].period) else None
    if change is None or first in (change, place) or not is_old(na, change.period):
        first = None
    lines = [
        (first, _kind(first) if first else "", said(na, first, first.statement) if first else ()),
        (
            change,
            "Record" if change and change.kind in (HIGH, LOW) else "Trend",
            trend or _recent_trend(na),
        ),
        (place, "Place or group", said(na, place, place.statement) if place else ()),
    ]
    told = []
    for one, word, text in lines:
        old = ", old" if one and is_old(na, one.period) else ""
        if text:
            told.append((Span(f"{word}{old}: ", strong=True), *text))
    figures = [each for one, *_ in lines if one for each in evidence_figures(na, one)]
    return blocks(Bullets(tuple(told), figures=each_once(figures))) if told else Blocks()


#: What a finding on a gap says of its change, with England's.
_CHANGED = re.compile(
    r"The (?:rate|number treated) (?:rose|fell)[^.]*\.(?: In England it [^.]*\.)?"
)


def _its_change(na: Assessment, one: Finding) -> str:
    """The change that a finding tells, with what changed."""
    found = _CHANGED.search(one.statement)
    declared = na.indicator(one.indicator).finding
    about = declared.about if declared else na.indicator(one.indicator).subject
    return f"{english.capital(about)}. {found[0]}" if found else ""


def _recent_trend(na: Assessment) -> Text:
    """The recent trend of the first headline measure that has one."""
    for key in _in_order(na):
        trend = recent(na, na.indicator(key))
        if trend.said:
            shown = f"is {trend.label}" if trend.way else f"shows {trend.label}"
            subject = trend.of or subject_of(na.indicator(key))
            return (Span(f"The recent trend of the {subject}, {shown}{trend.meaning}."),)
    return ()


def published_since(na: Assessment) -> Blocks:
    """Say what has been published since the reporting year; nothing where the data know of none."""
    table = na.once(scored)
    later = table[table["kind"] == SINCE]
    order = {key: one.headline or len(later) + 99 for key, one in na.catalogue.indicators.items()}
    rows = sorted(later.to_dict("records"), key=lambda row: order[str(row["indicator"])])
    if not rows:
        return Blocks()
    intro = f"This report keeps to {na.year}. These figures of the area came later."
    items = tuple((Span(str(row["statement"])),) for row in rows[:SINCE_SHOWN])
    told = ((Span(intro),), *items)
    return blocks(Notice(f"Published since {na.year}", told, "information"))


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
    return blocks(Heading("What matters most"), _nothing_fresh(na, found), *told)


def _nothing_fresh(na: Assessment, found: Sequence[Finding]) -> Prose | None:
    """What opens a summary of which every finding is old: that it is."""
    if not all(is_old(na, one.period) for one in found):
        return None
    text = f"No recent figure tells of a difference: each of these is old, for {_old(na)}."
    return Prose((Span(text),))


def _kind(one: Finding) -> str:
    """What a finding is, as its title says it."""
    kind = TITLES.get(one.kind, english.capital(one.kind))
    if one.kind in (WORSE_HERE, BETTER_HERE) and one.comparator:
        return f"{kind.partition(' than ')[0]} than {english.in_prose(one.comparator)}"
    return kind


def _told(na: Assessment, one: Finding, guidance: list[str]) -> list[Block]:
    """A finding, how sure it is, the question that it puts, and guidance not yet named."""
    indicator = na.indicator(one.indicator)
    where = f", {SEXES[one.sex]}" if one.sex in SEXES else ""
    where += f" in {one.part}" if one.part_code != na.area.code else ""
    about = indicator.finding.about if indicator.finding else subject_of(indicator)
    title = f"{_kind(one)}: {about}{where}"
    leads = evidence(indicator)
    verdict = "worse" if finding_is_worse(na, one) else ""
    told: list[Block] = [
        Heading(title, 3, finding_anchor(one.rank), verdict=verdict),
        Prose(said(na, one), "finding", evidence_figures(na, one)),
    ]
    if one.kind == NOTHING:  # what is not shown asks nothing
        return [*told, Prose((leads,), "link")]
    old = [Span(f"Old: {_old(na)}. ", strong=True)] if is_old(na, one.period) else []
    sure = Span(f"How sure: {english.lower_first(one.sure)} ")
    told.append(Prose((*old, sure, leads), "note"))
    asks = [Span("For the partnership: ", strong=True), Span(one.question)] if one.question else []
    if guidance:
        asks.append(Span(f" (National guidance: {english.listing(guidance)}.)", emphasis=True))
    return [*told, Prose(tuple(asks))] if asks else told


def not_known(na: Assessment) -> Blocks:
    """Show what is missing, how much it matters, and who publishes it where."""
    absent = to_add(na)
    if not absent:
        return Blocks()
    name = english.in_prose(na.name)
    matter = [one for one in absent if one.headline]
    others = [one for one in absent if not one.headline]
    text = (
        f"Of {len(na.catalogue.indicators)} measures, this report lacks {len(absent)} for "
        f"{name}. {_would_be_headlines(len(matter))} They are not in this report, whoever has "
        "them. The web page says where each is published."
    )
    caption = f"Measures without a figure for {name}"
    return blocks(
        Heading("What is not known", anchor=NOT_KNOWN),
        Prose((Span(" ".join([text, *merged(na, absent)])),)),
        _matter(na, f"{caption} that would be headlines", matter),
        _where_published(na, f"{caption}, and where they are published", [*matter, *others]),
    )


def _would_be_headlines(number: int) -> str:
    """How many measures would be headlines.

    Examples
    --------
    >>> _would_be_headlines(0), _would_be_headlines(1)
    ('None of them would be a headline.', '1 of them would be a headline.')
    """
    if number > 1:
        return f"{number} of them would be headlines."
    return f"{number or 'None'} of them would be a headline."


def _matter(na: Assessment, caption: str, absent: list[Indicator]) -> Table | None:
    rows = tuple((Cell(one.name), Cell(sentences.publisher(one, na.catalogue))) for one in absent)
    columns = (Column("Measure", "header"), Column("Who publishes it", "text"))
    return Table("not_known", caption, columns, rows) if rows else None


def _where_published(na: Assessment, caption: str, absent: list[Indicator]) -> Table:
    rows = tuple(
        (
            Cell(one.name),
            Cell(sentences.publisher(one, na.catalogue)),
            Cell(
                f"Not by this file: {left_out}."
                if (left_out := reason_left_out(na, one))
                else one.official_page
            ),
        )
        for one in absent
    )
    columns = (
        Column("Measure", "header"),
        Column("Publisher", "text"),
        Column("Where it is published", "text"),
    )
    notes = tuple(merged(na, absent, titles=True))
    return Table("where_published", caption, columns, rows, notes, detail=True)


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
