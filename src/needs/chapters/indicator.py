"""What every chapter shows of an indicator: definition, comparison, trend, authorities, missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from needs import charts
from needs.catalogue import Indicator
from needs.chapters import figure_tables
from needs.chapters.blocks import (
    Block,
    Blocks,
    Bullets,
    Cell,
    Chart,
    Column,
    Heading,
    Notice,
    Prose,
    Table,
    blocks,
)
from needs.chapters.missing import missing_notice
from needs.charts.trends import second_hand
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure, Series
from needs.sources.periods import parse
from needs.stats import compare
from needs.stats.status import Status
from needs.stats.trend import POINTS, recent_trend
from needs.tables.areas import authorities_of, find, predecessors, same_place
from needs.words import chart_words as findings
from needs.words import sentences
from needs.words.phrases import ages
from needs.words.text import Span, Text

#: From this many points a series is drawn as a line; fewer are told in words and in the table.
POINTS_FOR_A_TREND = 3

#: From this many statistical neighbours with a figure they are drawn beside the area.
NEIGHBOURS_FOR_A_CHART = 5

NEIGHBOURS_NOTE = (
    "Statistical neighbours are the authorities most alike in age, deprivation and density; the "
    "annex lists them with their distances."
)

#: From this many authorities a chart of all of them says something.
AUTHORITIES_FOR_A_CHART = 20

#: The share of England's upper-tier authorities that must have a figure before one is ranked among
#: them, drawn among all of them or put on a funnel. Files of one region hold a sixth; the national
#: files at hand hold at least 73%, because a rate is withheld or a former health area left out.
NATIONAL_SHARE = 0.7

COMPARISON_NOTE = (
    "Compared with England: the area's 95% confidence interval against England's value. Without an "
    "interval the difference is not tested; nor is it for counts, which depend on the size of the "
    "area."
)

#: What a table says where a difference from England was not tested.
NOT_TESTED = "not tested"

DECIMALS_NOTE = "Each number has the decimals that its source prints."

FUNNEL = (
    "The curves are control limits (95% and 99.8%) round England's value, not confidence intervals."
)

#: Points on each line of a funnel: enough to look smooth.
CURVE_POINTS = 80

#: Why an area has no figure, see `why_missing`.
WITHHELD, LATER, NO_FIGURE, NOT_AT_HAND = "withheld", "later", "no figure", "not at hand"

#: What the rule says where it does not apply: nothing that a sentence needs to repeat.
TREND_WORDS = "cannot be calculated"

#: Why there is no recent trend, as a card has room for; by the reason of `needs.stats.trend`.
NO_TREND = {
    "fewer than five points": "fewer than five periods",
    "the last five points are not consecutive years": "a year is left out",
    "a value is missing": "a year has no figure",
    "an interval is missing": "a period has no interval",
}


def opening(na: Assessment, chapter: str, *, most: int = 3) -> Blocks:
    """Open a chapter with the two or three findings that matter most."""
    found = []
    figures: list[Figure] = []
    for indicator in na.catalogue.chapter(chapter):
        if not indicator.headline or not na.has(indicator.key) or _told_elsewhere(na, indicator):
            continue
        figure = na.figure(indicator.key)
        reference = na.figure(indicator.key, na.england, figure.period)
        found.append(finding(na, indicator, figure, reference))
        figures += [figure, reference]
        if len(found) == most:
            break
    if not found:
        return Blocks()
    return blocks(Bullets(tuple(found), style="finding", figures=_shown(figures)))


def finding(na: Assessment, indicator: Indicator, figure: Figure, reference: Figure | None) -> Text:
    """One sentence or two on an indicator: its value, its interval, and England beside it.

    Where a newer period is withheld, the value is of an older one, and the text says so. A rate
    that is told elsewhere by a better one is not compared again.
    """
    if _told_elsewhere(na, indicator):
        reference = figure  # its own comparator, of which nothing is said
    text = sentences.comparison_sentence(
        figure,
        reference if reference and reference.shown else None,
        polarity=indicator.polarity,
        subject=_subject(indicator),
    )
    gone = na.withheld(indicator.key)
    if gone is None:
        return text
    return (*text, Span(f" {sentences.capital(findings.withheld(gone))}."))


def glance(na: Assessment, chapter: str) -> Blocks:
    """Show a chapter's indicators in one table beside the region and England.

    A crude rate is left out where the standardised rate of the same events is there: two verdicts
    on the same deaths would only confuse.
    """
    rows = []
    figures: list[Figure] = []
    older: list[str] = []
    trends: list[str] = []
    for indicator in na.catalogue.chapter(chapter):
        if not na.has(indicator.key) or _told_elsewhere(na, indicator):
            continue
        figure = na.figure(indicator.key)
        gone = na.withheld(indicator.key)
        if gone is not None:
            older.append(f"{indicator.short_name}: {findings.withheld(gone)}.")
        regions = [na.figure(indicator.key, one, figure.period) for one in na.regions]
        england = na.figure(indicator.key, na.england, figure.period)
        if mixed := vintages(na, figure, england):
            older.append(f"{indicator.short_name}: {sentences.lower_first(mixed)}")
        compared = sentences.compare(figure, england, indicator.polarity)
        low, high = figure_tables.limit_cells(figure)
        newest = recent(na, indicator)
        trends += newest.note(indicator.short_name)
        rows.append(
            (
                Cell(indicator.short_name),
                Cell(figure.period),
                Cell(indicator.unit),
                figure_tables.value_cell(figure),
                low,
                high,
                *(figure_tables.value_cell(one) for one in regions),
                figure_tables.value_cell(england),
                Cell(NOT_TESTED if compared.reason else compared.judgement),
                Cell(newest.label),
            )
        )
        figures += [figure, *regions, england]
    if not rows:
        return Blocks()
    columns: tuple[Column, ...] = (
        Column("Indicator", "header"),
        Column("Period", "text"),
        Column("Unit", "text"),
        Column(na.name),
        Column("Lower 95% limit"),
        Column("Upper 95% limit"),
        *(Column(one.name) for one in na.regions),
        Column("England"),
        Column("Compared with England", "text"),
        Column("Recent trend", "text"),
    )
    every = columns
    columns, body = _without_empty(columns, rows)
    kept = [column.label for column in columns]
    others = [one.name for one in na.places[1:] if one.name in kept]
    beside = (
        f" beside {sentences.listing([sentences.in_prose(one) for one in others])}"
        if others
        else ""
    )
    notes = [COMPARISON_NOTE] if "Compared with England" in kept else []
    notes += [DECIMALS_NOTE] if _mixed_decimals(figures) else []
    notes += _left_out([one.label for one in every if one.label not in kept], na)
    return blocks(
        Heading("At a glance"),
        Table(
            id=f"glance_{chapter}",
            caption=f"{sentences.capital(sentences.in_prose(na.name))}{beside}, newest figures to "
            f"{na.year}",
            columns=columns,
            rows=body,
            notes=(*notes, *trends, *older),
            sources=figure_tables.sources_of(_shown(figures)),
            figures=tuple(figures),
        ),
    )


def _without_empty(
    columns: tuple[Column, ...], rows: Sequence[tuple[Cell, ...]]
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Leave out columns in which every row says only that there is nothing."""
    nothing = {"[x]", NOT_TESTED, TREND_WORDS}
    kept = [
        place for place in range(len(columns)) if not {row[place].text for row in rows} <= nothing
    ]
    return (
        tuple(columns[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in rows),
    )


def _left_out(labels: Sequence[str], na: Assessment) -> list[str]:
    """What the columns that were left out would have said: that there is nothing."""
    places = [one.name for one in na.places[1:] if one.name in labels]
    said = list(_none_at_hand(places, intervals="Upper 95% limit" not in labels))
    if "Recent trend" in labels:
        said.append("A recent trend cannot be calculated for any of these.")
    return said


def _none_at_hand(places: Sequence[str], *, intervals: bool = True) -> tuple[str, ...]:
    """A sentence on places, and intervals, that a table lacks; none where it lacks none."""
    lacking = [f"no figures for {' or '.join(sentences.in_prose(one) for one in places)}"]
    lacking = lacking if places else []
    lacking += [] if intervals else ["no intervals"]
    return (f"{sentences.capital(sentences.listing(lacking))} are at hand.",) if lacking else ()


def _mixed_decimals(figures: Iterable[Figure]) -> bool:
    """Whether figures of one indicator are printed with different decimals."""
    printed: dict[str, set[int]] = {}
    for one in figures:
        if one.shown:
            printed.setdefault(one.indicator, set()).add(one.decimals)
    return any(len(decimals) > 1 for decimals in printed.values())


def standardised(na: Assessment, indicator: Indicator) -> Indicator | None:
    """The standardised rate of the events that a crude rate counts, where the area has one.

    The crude rate is then there for the funnel and for small districts alone.
    """
    better = na.catalogue.indicators.get(indicator.numerator)
    if indicator.statistic != "crude_rate" or better is None:
        return None
    same = better.statistic == "directly_standardised_rate" and na.has(better.key)
    return better if same else None


def _told_elsewhere(na: Assessment, indicator: Indicator) -> bool:
    """Whether a crude rate's events have a standardised rate here that is compared with England."""
    of_trend = [one for one in na.catalogue.indicators.values() if one.trend_from == indicator.key]
    return bool(standardised(na, indicator)) or any(na.has(one.key) for one in of_trend)


def indicators(na: Assessment, chapter: str) -> Blocks:
    """Show every indicator of a chapter: those with a chart first, then the single figures."""
    out: list[Block] = []
    alone = []
    for indicator in na.catalogue.chapter(chapter):
        if _told_with_a_rate(na, indicator):
            continue
        shown = section(na, indicator.key)
        out.extend(shown)
        if not shown.items and na.has(indicator.key) and not standardised(na, indicator):
            alone.append(indicator)
    return blocks(out, _single_figures(na, alone) if alone else None)


def section(na: Assessment, key: str) -> Blocks:
    """Show one indicator: what it is, how the area compares, and the charts its data allow."""
    indicator = na.indicator(key)
    better = standardised(na, indicator)
    parts: tuple[Blocks, ...]
    if better:
        parts = _beside_standardised(na, key, better)
    else:
        parts = (trend(na, key),)
        if not _tells_a_trend(na, key):
            parts += (by_sex(na, key), by_district(na, key))
            parts += (beside_neighbours(na, key), authorities(na, key))
    shown = [part for part in parts if part.items]
    if not shown:
        return Blocks()
    return blocks(
        Heading(indicator.name),
        definition(na, indicator),
        _why_crude(better) if better else message(na, key),
        _no_total(na) if na.members and not na.has(key) else None,
        *shown,
    )


def _tells_a_trend(na: Assessment, key: str) -> bool:
    """Whether an indicator is there for another's recent trend: its single years say no more."""
    return any(one.trend_from == key for one in na.catalogue.indicators.values())


def _beside_standardised(na: Assessment, key: str, better: Indicator) -> tuple[Blocks, ...]:
    """What a crude rate adds to the standardised one: districts that have no other, the funnel."""
    districts = Blocks() if _districts_complete(na, better.key) else by_district(na, key)
    return districts, authorities(na, key)


def _districts_complete(na: Assessment, key: str) -> bool:
    """Whether every district has a figure in the period that districts are shown in."""
    period = _district_period(na, key)
    shown = [one for one in na.across(key, na.districts, period) if one.shown] if period else []
    return len(shown) == len(na.districts)


def _why_crude(better: Indicator) -> Prose:
    text = (
        f"The rate to compare and to follow over time is the standardised one, under "
        f"“{better.name}”. This one stands here because a funnel needs events and people, and "
        "because a small area can have it where it has no standardised rate."
    )
    return Prose((Span(text),), style="note")


def _no_total(na: Assessment) -> Prose:
    """Why a footprint has no figure where its members have one."""
    text = (
        f"No figure of {na.name} as a whole can be formed: its members' rates cannot be added, and "
        "the numbers behind them by age are not published. The members stand side by side."
    )
    return Prose((Span(text),), style="note")


def _told_with_a_rate(na: Assessment, indicator: Indicator) -> bool:
    """Whether a count is the numerator of a rate that the report shows, with its counts."""
    rates = (one for one in na.catalogue.indicators.values() if one.numerator == indicator.key)
    return is_count(indicator) and any(
        one.statistic == "crude_rate" and na.has(one.key) for one in rates
    )


def _single_figures(na: Assessment, chosen: list[Indicator]) -> Blocks:
    """Figures that stand alone: drawn beside England's, what each says and what limits it."""
    items: list[Text] = []
    figures: list[Figure] = []
    for indicator in chosen:
        figure = na.figure(indicator.key)
        reference = na.figure(indicator.key, na.england, figure.period)
        said = finding(na, indicator, figure, reference)
        earlier = _earlier(na, indicator, figure)
        target = f"{indicator.target_source}." if indicator.target_source else ""
        rest = (vintages(na, figure, reference), target, indicator.definition, indicator.limits)
        name = Span(f"{indicator.name}. ", strong=True)
        told = Span(" " + " ".join(part for part in rest if part))
        items.append((name, *said, *(part for text, _ in earlier for part in text), told))
        figures += [figure, reference, *(one for _, shown in earlier for one in shown)]
    return blocks(
        Heading("Single figures"),
        *_beside_england(na, chosen),
        Bullets(tuple(items), figures=_shown(figures)),
    )


def _earlier(
    na: Assessment, indicator: Indicator, newest: Figure
) -> list[tuple[Text, tuple[Figure, ...]]]:
    """What the figure was in earlier periods, too few for a line."""
    out: list[tuple[Text, tuple[Figure, ...]]] = []
    for one in na.series(indicator.key).figures:
        if not one.shown or one.period == newest.period:
            continue
        england = na.figure(indicator.key, na.england, one.period)
        text = sentences.say(" In {when} it was {one}", when=one.period, one=one)
        if england.shown:
            text = (*text, *sentences.say(" (England {e:number})", e=england))
        text = (*text, Span("."))
        out.append((text, (one, england) if england.shown else (one,)))
    return out


def _beside_england(na: Assessment, chosen: Sequence[Indicator]) -> list[Block]:
    """Draw single figures beside England's, a chart for each unit that they share."""
    by_unit: dict[str, list[tuple[Indicator, Figure, Figure]]] = {}
    for indicator in chosen:
        figure = na.figure(indicator.key)
        england = na.figure(indicator.key, na.england, figure.period)
        if england.shown and not is_count(indicator):
            by_unit.setdefault(indicator.unit, []).append((indicator, figure, england))
    return [_dumbbell(na, unit, rows) for unit, rows in by_unit.items()]


def _dumbbell(na: Assessment, unit: str, rows: list[tuple[Indicator, Figure, Figure]]) -> Chart:
    chapter = rows[0][0].chapter
    key = f"{chapter}_beside_england" + ("" if unit == "%" else "_rates")
    named = [(_subject(indicator), figure, england) for indicator, figure, england in rows]
    mixed = [text for _, figure, england in rows if (text := vintages(na, figure, england))]
    what = "shares in %" if unit == "%" else f"rates {unit}"
    table = figure_tables.figures_table(
        key,
        f"{na.name} and England: {what} without a longer series",
        "Indicator and area",
        [
            (f"{indicator.short_name}, {one.area_name}", one)
            for indicator, *both in rows
            for one in both
        ],
        period=True,
        notes=tuple(dict.fromkeys(mixed)),
        open_=False,
    )
    return Chart(
        id=f"chart_{key}",
        headline=findings.furthest(named),
        subtitle=f"{sentences.capital(what)}, {na.name} and England, newest period of each.",
        svg=charts.dumbbell(
            [
                (f"{indicator.short_name}, {figure.period}", figure, england)
                for indicator, figure, england in rows
            ],
            chart_id=f"chart_{key}",
            unit=unit,
            first=na.name,
            second="England",
        ),
        alt=findings.alt_furthest(named),
        table=table,
        figures=_shown(table.figures),
        sources=table.sources,
    )


def vintages(na: Assessment, figure: Figure, reference: Figure) -> str:
    """A sentence where a document's figure stands beside one of the publisher's own file."""
    if not (figure.shown and reference.shown) or na.printed(figure) == na.printed(reference):
        return ""
    document, file = (figure, reference) if na.printed(figure) else (reference, figure)
    return (
        f"The figure of {sentences.in_prose(document.area_name)} is as a document printed it, that "
        f"of {sentences.in_prose(file.area_name)} is from the publisher's file of another edition: "
        "small differences can be revisions."
    )


def definition(na: Assessment, indicator: Indicator) -> Prose:
    """What is counted, and the limits of it, before any number."""
    text = f"{indicator.definition} {indicator.limits}".strip()
    return Prose((Span(text),), style="definition")


def message(na: Assessment, key: str) -> Blocks:
    """Say in words how the area compares and where it is going."""
    indicator = na.indicator(key)
    if not na.has(key):
        return Blocks()
    figure = na.figure(key)
    reference = na.figure(key, na.england, figure.period)
    series = _from_first_value(na.series(key))
    text = finding(na, indicator, figure, reference)
    label = own_trend(na, indicator.key).said
    if len([one for one in series.figures if one.shown]) > 1:
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
    told = recent(na, indicator)
    if told.of and told.label != TREND_WORDS:
        shows = f"is {told.label}" if told.way else f"shows {told.label}"
        text = (*text, Span(f" The recent trend of the {told.of}, {shows}{told.meaning}."))
    return blocks(Prose(text, figures=_shown([figure, reference, *series.figures])))


def trend(na: Assessment, key: str, *, places: tuple[Place, ...] = ()) -> Blocks:
    """Draw the area over time beside its region and England."""
    indicator = na.indicator(key)
    focus = _from_first_value(na.series(key))
    if len([one for one in focus.figures if one.shown]) < POINTS_FOR_A_TREND:
        return Blocks()
    periods = {one.period for one in focus.figures}
    others = []
    # a count depends on the size of the area: England's would only flatten the line
    comparable = () if is_count(indicator) else (places or na.places[1:])
    for place in comparable:
        series = na.series(key, place)
        kept = tuple(one for one in series.figures if one.period in periods)
        if place.code != na.area.code and any(one.shown for one in kept):
            others.append(Series(series.label, series.role, kept))
    label = own_trend(na, indicator.key).said
    names = sentences.listing(
        [sentences.in_prose(one) for one in (na.name, *(o.label for o in others))]
    )
    drawn = {na.name, *(one.label for one in others)}
    lacking = [one.name for one in comparable if one.name not in drawn]
    table = figure_tables.series_table(
        f"{key}_trend",
        f"{indicator.name}: {names} by period",
        focus,
        others,
        counted=indicator.counted,
        notes=_none_at_hand(lacking),
    )
    chart_id = f"chart_{key}_trend"
    return blocks(
        Chart(
            id=chart_id,
            headline=_headline(na, indicator, focus, label),
            subtitle=_subtitle(indicator, focus.figures, na, intervals=_band(focus.figures))
            + _hollow(na, focus),
            svg=charts.trend(
                [focus, *others],
                unit=indicator.unit,
                breaks=_breaks(indicator, focus),
                chart_id=chart_id,
            ),
            alt=sentences.alt_trend(
                [focus, *others],
                label,
                subject=_subject(indicator),
                unit=indicator.unit,
                breaks=indicator.breaks,
            ),
            table=table,
            figures=_shown(table.figures),
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
    subject = _subject(indicator)
    newest = [one for one in focus.figures if one.shown][-1]
    england = na.figure(indicator.key, na.england, newest.period)
    compared = sentences.compare(newest, england, indicator.polarity)
    changed = sentences.changed(focus, label, breaks=indicator.breaks)
    if compared.result == "not compared" or changed or _told_elsewhere(na, indicator):
        return sentences.headline_trend(
            focus, label, polarity=indicator.polarity, subject=subject, breaks=indicator.breaks
        )
    return sentences.headline_compare(newest, england, polarity=indicator.polarity, subject=subject)


def _from_first_value(series: Series) -> Series:
    """The series without the periods before its first value; later gaps stay."""
    first = next((n for n, one in enumerate(series.figures) if one.shown), len(series.figures))
    return Series(series.label, series.role, series.figures[first:])


def by_sex(na: Assessment, key: str) -> Blocks:
    """Draw males and females side by side, with their intervals."""
    indicator = na.indicator(key)
    period = na.latest_period(key, sex="male")
    if not {"male", "female"} <= set(indicator.sexes) or not period:
        return Blocks()
    rows = []
    for place in na.places:
        for sex in ("male", "female"):
            figure = na.figure(key, place, period, sex)
            if figure.shown:
                rows.append((f"{place.name}, {sex}s", figure))
    figures = [figure for _, figure in rows if figure.area_code == na.area.code]
    if len(figures) < 2:
        return Blocks()
    table = figure_tables.figures_table(
        f"{key}_by_sex", f"{indicator.name} by sex, {period}", "Area and sex", rows, open_=False
    )
    chart_id = f"chart_{key}_by_sex"
    series = [
        Series(sex.capitalize() + "s", sex, tuple(one for _, one in rows if one.sex == sex))
        for sex in ("male", "female")
    ]
    return blocks(
        Chart(
            id=chart_id,
            headline=findings.by_sex(figures[0], figures[1], _subject(indicator)),
            subtitle=_subtitle(
                indicator,
                figures,
                na,
                place=sentences.listing(list(dict.fromkeys(one.area_name for _, one in rows))),
                intervals=_lines([one for _, one in rows]),
            ),
            svg=charts.grouped_bars(
                series, unit=indicator.unit, chart_id=chart_id, group="area_name"
            ),
            alt=findings.alt_by_sex(figures[0], figures[1], _subject(indicator)),
            table=table,
            figures=_shown(table.figures),
            sources=table.sources,
        )
    )


def by_district(na: Assessment, key: str) -> Blocks:
    """Draw the districts with their intervals, the whole area and England beside them."""
    indicator = na.indicator(key)
    period = _district_period(na, key)
    if not period or is_count(indicator):
        return Blocks()
    districts = na.across(key, na.districts, period)
    whole = na.figure(key, na.area, period)
    england = na.figure(key, na.england, period)
    context = [one for one in (whole, england) if one.shown]
    rows = [(one.area_name, one) for one in (*districts, *context)]
    table = figure_tables.figures_table(
        f"{key}_by_district",
        f"{indicator.name}: {na.parts_noun}, {period}",
        "Area",
        rows,
        open_=False,
    )
    chart_id = f"chart_{key}_by_district"
    reference = next(iter(context), None)
    return blocks(
        Chart(
            id=chart_id,
            headline=sentences.headline_parts(
                districts, reference, noun=na.parts_noun, subject=_subject(indicator)
            ),
            subtitle=_subtitle(
                indicator,
                districts,
                na,
                place=f"{na.parts_noun} of {sentences.in_prose(na.name)}",
                intervals=_lines((*districts, whole)),
            ),
            svg=charts.caterpillar(
                [*districts, *([whole] if whole.shown else [])],
                focus=na.area.code if whole.shown else None,
                reference=england if england.shown else None,
                unit=indicator.unit,
                chart_id=chart_id,
            ),
            alt=sentences.alt_bars(
                districts, subject=_subject(indicator), names=[one.area_name for one in districts]
            ),
            table=table,
            figures=_shown(table.figures),
            sources=table.sources,
        )
    )


def beside_neighbours(na: Assessment, key: str) -> Blocks:
    """Draw the area among its statistical neighbours: headline indicators that are no counts."""
    indicator = na.indicator(key)
    if not indicator.headline or is_count(indicator):
        return Blocks()
    places = na.once(Assessment.statistical_neighbours)
    focus, others = _among(na, key, places)
    if focus is None:
        return Blocks()
    england = na.figure(key, na.england, focus.period)
    figures = sorted((focus, *others), key=lambda one: (one.value or 0.0, one.area_code))
    context = [england] if england.shown else []
    lacking = len(places) - len(others)
    note = f" No figure for this period: {lacking} of {len(places)}." if lacking else ""
    table = figure_tables.figures_table(
        f"{key}_neighbours",
        f"{indicator.name}: {na.name} and its statistical neighbours, {focus.period}",
        "Authority",
        [(one.area_name, one) for one in (*figures, *context)],
        notes=(NEIGHBOURS_NOTE + note,),
        open_=False,
    )
    chart_id = f"chart_{key}_neighbours"
    noun = "similar authorities"
    subject = _subject(indicator)
    neighbours = f"its {sentences.count_noun(len(others), 'statistical neighbour')}"
    place = f"{na.name} and its statistical neighbours"
    return blocks(
        Chart(
            id=chart_id,
            headline=sentences.headline_rank(
                figures, focus, noun=noun, subject=subject, among=f"itself and {neighbours}"
            ),
            subtitle=_subtitle(indicator, [focus], na, place=place, intervals=_lines(figures)),
            svg=charts.caterpillar(
                figures,
                focus=na.area.code,
                reference=england if england.shown else None,
                unit=indicator.unit,
                chart_id=chart_id,
            ),
            alt=sentences.alt_caterpillar(
                figures,
                focus,
                england if england.shown else None,
                subject=subject,
                among=f"{sentences.in_prose(na.name)} and {neighbours}",
            ),
            table=table,
            figures=_shown(table.figures),
            sources=table.sources,
        )
    )


def _among(
    na: Assessment, key: str, places: Sequence[Place]
) -> tuple[Figure | None, tuple[Figure, ...]]:
    """The area's and its neighbours' figures in the newest period that enough of them have."""
    for period in reversed(na.areas_shown(key, [na.area.code])):
        others = tuple(one for one in na.across(key, places, period) if one.shown)
        if len(others) >= NEIGHBOURS_FOR_A_CHART:
            return na.figure(key, na.area, period), others
    return None, ()


def authorities(na: Assessment, key: str) -> Blocks:
    """Draw all upper-tier authorities: a funnel of rates of counts, else values in order."""
    indicator = na.indicator(key)
    if is_count(indicator):
        return Blocks()
    period = _funnel_period(na, key)
    if not period:
        return blocks(_too_few(na, key))
    figures = [one for one in na.across(key, na.compared(key, period), period) if one.shown]
    england = na.figure(key, na.england, period)
    reference = england if england.shown else None
    focus = na.figure(key, na.area, period)
    held = _held(na, len(figures), period)
    noun, who = _of_england(*held), _authorities_held(*held)
    among = ""
    if focus.area_code not in {one.area_code for one in figures}:  # a footprint is none of them
        figures.append(focus)
        among = f"itself and {who}"
        noun = "areas"
    figures.sort(key=lambda one: (one.value or 0.0, one.area_code))
    table = figure_tables.figures_table(
        f"{key}_authorities",
        f"{indicator.name}: {_upper_tier(*held)}, {period}",
        "Authority",
        [(one.area_name, one) for one in figures],
        open_=False,
        print_rows=11,
        print_around=na.area.code,
    )
    chart_id = f"chart_{key}_authorities"
    note = None
    if indicator.statistic == "crude_rate" and reference is not None:
        limits, labels = funnel_limits(figures, reference, indicator.multiplier)
        drawn = charts.funnel(
            figures,
            focus=na.area.code,
            reference=reference,
            limits=limits,
            unit=indicator.unit,
            chart_id=chart_id,
            size=_size(indicator, period),
        )
        alt = sentences.alt_funnel(figures, focus, labels, noun=noun, subject=_subject(indicator))
        headline = sentences.headline_funnel(figures, focus, labels, noun=noun)
        intervals = FUNNEL
        note = Prose(sentences.funnel_sentence(figures, labels, noun=noun), style="note")
    else:
        drawn = charts.caterpillar(
            figures,
            focus=na.area.code,
            reference=reference,
            unit=indicator.unit,
            chart_id=chart_id,
        )
        alt = sentences.alt_caterpillar(
            figures, focus, reference, subject=_subject(indicator), among=among or who
        )
        headline = sentences.headline_rank(
            figures, focus, noun=noun, subject=_subject(indicator), among=among
        )
        intervals = _lines(figures)
    return blocks(
        _older(na, key, period),
        Chart(
            id=chart_id,
            headline=headline,
            subtitle=_subtitle(
                indicator,
                [focus],
                na,
                place=_upper_tier(*held),
                intervals=intervals,
            ),
            svg=drawn,
            alt=alt,
            table=table,
            figures=_shown(table.figures),
            sources=table.sources,
        ),
        note,
    )


def _size(indicator: Indicator, period: str) -> str:
    """What a funnel's denominator is: residents, of an age, summed over pooled years."""
    people = "Residents" if indicator.age == "all ages" else f"Residents, {ages(indicator.age)}"
    years = len(parse(period).years)
    return f"{people}, summed over {sentences.number_word(years)} years" if years > 1 else people


def _older(na: Assessment, key: str, period: str) -> Prose | None:
    """A note where authorities can only be compared in an earlier period than the area's newest."""
    newest = na.latest_period(key)
    if newest == period:
        return None
    number, of = _held(na, len(na.compared(key, newest)), newest)
    lacking = "Other authorities have no"
    if number > 1:
        lacking = f"Only {number} of England's {of} authorities have a"
    text = (
        f"{lacking} figure at hand for {newest}, the newest for "
        f"{sentences.in_prose(na.name)}; they are compared in {period}."
    )
    return Prose((Span(text),), style="note")


def _too_few(na: Assessment, key: str) -> Prose | None:
    """Why there is no national comparison, where the files at hand hold a part of England."""
    newest = na.latest_period(key)
    have = len(na.compared(key, newest))
    if have < AUTHORITIES_FOR_A_CHART:
        return None
    number, of = _held(na, have, newest)
    text = (
        f"The files at hand have a figure of {number} of England's {of} upper-tier authorities for "
        f"{newest}: too few to say where {sentences.in_prose(na.name)} stands among them all."
    )
    return Prose((Span(text),), style="note")


def _held(na: Assessment, have: int, period: str) -> tuple[int, int]:
    """How many authorities have a figure, and how many England had at the end of the period."""
    return have, len(authorities_of(na.england.code, na.areas, _end(period)))


def _of_england(have: int, of: int) -> str:
    """What follows the number of authorities that are ranked."""
    return "authorities" if have >= of else f"of England's {of} authorities"


def _authorities_held(have: int, of: int) -> str:
    return f"{have} {_of_england(have, of)}"


def _upper_tier(have: int, of: int) -> str:
    """Which authorities a chart draws, as its title says it."""
    number = "" if have >= of else f"{have} of the {of} "
    return f"{number}upper-tier authorities in England"


def funnel_limits(
    figures: list[Figure], reference: Figure, multiplier: float
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Control limits round a reference over the figures' range, and where each area lies.

    Returns
    -------
    limits : DataFrame
        ``denominator``, ``lower_95``, ``upper_95``, ``lower_998`` and ``upper_998``.
    labels : dict of area code to label
        See `needs.stats.compare.funnel_outliers`.
    """
    frame = pd.DataFrame(
        {
            "area_code": [one.area_code for one in figures],
            "count": [one.numerator for one in figures],
            "denominator": [one.denominator for one in figures],
        }
    ).dropna()
    centre = float(reference.value or 0)
    ends = frame["denominator"].min() * 0.9, frame["denominator"].max() * 1.05
    curve = pd.DataFrame({"denominator": np.geomspace(*ends, CURVE_POINTS)})
    curve = compare.funnel_limits(
        curve, denominator="denominator", reference=centre, multiplier=multiplier
    ).rename(
        columns={
            "funnel_lower95_0": "lower_95",
            "funnel_upper95_0": "upper_95",
            "funnel_lower99_8": "lower_998",
            "funnel_upper99_8": "upper_998",
        }
    )
    placed = compare.funnel_outliers(
        frame, count="count", denominator="denominator", reference=centre, multiplier=multiplier
    )
    return curve, dict(zip(placed["area_code"], placed["funnel"], strict=True))


def missing(na: Assessment, chapter: str) -> Blocks:
    """List the chapter's indicators that are not at hand, each with its publisher.

    How to add them stands in the annex, in one list: it is nothing for a board to read.
    """
    name = sentences.in_prose(na.name)
    absent = [one for one in na.catalogue.chapter(chapter) if not _anything(na, one.key)]
    why: dict[str, list[Indicator]] = {}
    for one in absent:
        why.setdefault(reason_left_out(na, one) or why_missing(na, one.key), []).append(one)
    later = why.get(LATER, [])
    reasons = {
        WITHHELD: f"withheld for {name}: too few events for a rate, or confidential",
        NO_FIGURE: f"not given for {name} up to {na.year} in the files at hand",
        NOT_AT_HAND: f"not available for {name}",
    }
    known = {*reasons, LATER}
    reasons |= {one: f"left out for {name}: {one}" for one in why if one not in known}
    notices = [
        missing_notice(why[key], na.catalogue, said) for key, said in reasons.items() if key in why
    ]
    if later:
        names = sentences.listing([sentences.lower_first(one.name) for one in later])
        text = (
            f"The figures at hand are for periods after {na.year}; the annex lists them: {names}."
        )
        notices.append(
            Notice("Published after the reporting year", ((Span(text),),), "information")
        )
    lacking = [one for one in absent if one not in later]
    before = _before(na, lacking)
    if before:
        notices.append(
            Notice("Figures of other areas", tuple((Span(one),) for one in before), "information")
        )
    return blocks(Heading("Not available"), notices) if notices else Blocks()


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


def to_add(na: Assessment) -> tuple[Indicator, ...]:
    """Indicators of all chapters that `missing` lists and that a file could still bring."""
    chapters = dict.fromkeys(one.chapter for one in na.catalogue.indicators.values())
    every = (one for chapter in chapters for one in na.catalogue.chapter(chapter))
    absent = (
        one
        for one in every
        # what inequality shows of England, or England and Wales, the area itself never has
        if not (na.sources_of(one.key) if one.chapter == "inequality" else _anything(na, one.key))
    )
    return tuple(one for one in absent if why_missing(na, one.key) != LATER)


def merged(na: Assessment, lacking: Sequence[Indicator]) -> list[str]:
    """Which sources count the area with another, so that its figures may stand there."""
    found: dict[str, list[str]] = {}
    for one in lacking:
        for key in na.catalogue.sources_of(one.key):
            source = na.catalogue.sources[key]
            other = source.merged.get(na.area.code)
            if other and source.title not in found.setdefault(other, []):
                found[other].append(source.title)
    names = {one.code: one.name for one in na.authorities}
    return [
        f"{sentences.possessive(names[code])} figures include {sentences.in_prose(na.name)} in: "
        f"{'; '.join(titles)}."
        for code, titles in found.items()
        if code in names
    ]


def _before(na: Assessment, lacking: Sequence[Indicator]) -> list[str]:
    """Which former or later authorities, with other land, have figures that the area lacks."""
    if na.members:
        return []
    area = find(na.area.code, na.areas)
    others = [one for one in predecessors(area.code, na.areas) if one.kind == "upper tier"]
    others += [find(code, na.areas) for code in area.successors if code in set(na.areas["code"])]
    same = same_place(area.code, na.areas)
    found = []
    for other in others:
        names = [sentences.lower_first(one.name) for one in lacking if na.has(one.key, other.code)]
        if names and other.code not in same and area.code not in same_place(other.code, na.areas):
            found.append(
                f"There are figures of {other.name} ({other.code}), whose land is not the same: "
                f"{sentences.listing(names)}."
            )
    return found


def recent(na: Assessment, indicator: Indicator) -> Recent:
    """The recent trend, by the declared yearly indicator where the own periods allow none."""
    own = own_trend(na, indicator.key)
    if own.label != TREND_WORDS or not indicator.trend_from or not na.has(indicator.trend_from):
        return own
    yearly = na.indicator(indicator.trend_from)
    figures = na.series(yearly.key).figures[-POINTS:]
    years = f"{figures[0].period} to {figures[-1].period}"
    return replace(own_trend(na, yearly.key), of=f"{_subject(yearly)}, {years}")


def own_trend(na: Assessment, key: str) -> Recent:
    """The recent trend of an indicator's own series."""
    return na.once(_own_trends).get(key) or Recent(TREND_WORDS, why="no figures")


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
                "begins": _start(one.period),
                "ends": _end(one.period),
                "value": one.value,
                "lower": one.lower,
                "upper": one.upper,
                "edition": sum(
                    _start(one.period).year >= year for year in na.indicator(key).breaks
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
    judged = sentences.judge(told.way, indicator.polarity) if told.way else ""
    return replace(told, trend_is=judged) if judged in ("better", "worse") else told


def _no_trend(reason: str, series: Series) -> str:
    """Why there is no recent trend, in a few words."""
    lengths = {len(parse(one.period).years) for one in series.figures}
    if max(lengths) > 1:  # more periods would not help
        years = sentences.number_word(max(lengths)) if len(lengths) == 1 else "several"
        return f"{years}-year periods overlap"
    return NO_TREND.get(reason, reason)


def shows_plans(indicator: Indicator) -> bool:
    """Whether figures of later years are shown too, as plans: grants and spending are."""
    return indicator.statistic == "amount"


def is_count(indicator: Indicator) -> bool:
    """Whether the size of the area itself decides the value."""
    return indicator.statistic in ("count", "amount")


def _start(label: str) -> pd.Timestamp:
    return pd.Timestamp(parse(label).start)


def _end(label: str) -> pd.Timestamp:
    return pd.Timestamp(parse(label).end)


def why_missing(na: Assessment, key: str) -> str:
    """Why the area has no figure of an indicator up to the reporting year.

    `LATER`: figures are for periods after it. `WITHHELD`: too few events, or confidential.
    `NO_FIGURE`: the publisher's file is at hand, and has other areas only. `NOT_AT_HAND`: it is
    not; a data package of another authority holds no more than that authority and its comparators,
    and says nothing of this one.
    """
    if key in na.once(_later):
        return LATER
    hidden = (Status.UNRELIABLE, Status.SUPPRESSED)
    if any(row["status"] in hidden for row in na.records(key, na.area.code)):
        return WITHHELD
    of_files = (set(str(keys).split(";")) <= na.files_of for keys in na.sources_of(key))
    return NO_FIGURE if any(of_files) else NOT_AT_HAND


def reason_left_out(na: Assessment, indicator: Indicator) -> str:
    """Why a source's row of the area is not used, as its edition declares; mostly nothing."""
    if na.has(indicator.key):
        return ""
    for source in na.catalogue.sources_of(indicator.key):
        for edition in na.catalogue.sources[source].editions:
            reason = dict(edition.options.get("left_out", {})).get(na.name)
            if reason:
                return f"the file's row is of another area ({reason})"
    return ""


def _later(na: Assessment) -> frozenset[str]:
    """Indicators of which the area has figures of periods after the reporting year."""
    rows = na.later
    return frozenset(rows.loc[rows["area_code"] == na.area.code, "indicator"].tolist())


def _anything(na: Assessment, key: str) -> bool:
    return na.has(key) or bool(_district_period(na, key)) or has_amounts(na, key)


def has_amounts(na: Assessment, key: str) -> bool:
    """Whether the report shows amounts: under the names of grants, and of later years as plans."""
    if not shows_plans(na.indicator(key)):
        return False
    shown = (
        (rows["indicator"] == key)
        & (rows["area_code"] == na.area.code)
        & (rows["status"] == "shown")
        for rows in (na.observations, na.later)
    )
    return any(one.any() for one in shown)


def _district_period(na: Assessment, key: str) -> str:
    """The period to show districts in: the area's newest, if half of them have a value in it."""
    shown = na.areas_shown(key, [one.code for one in na.districts])
    enough = [one for one, areas in shown.items() if areas >= max(2, len(na.districts) / 2)]
    newest = na.latest_period(key)
    if newest:
        return newest if newest in enough else ""
    return enough[-1] if enough else ""


def _funnel_period(na: Assessment, key: str) -> str:
    """Newest period in which the area and enough of England's authorities have a value."""
    for period in reversed(na.areas_shown(key, [na.area.code])):
        have, of = _held(na, len(na.compared(key, period)), period)
        if have >= max(AUTHORITIES_FOR_A_CHART, NATIONAL_SHARE * of):
            return period
    return ""


def _breaks(indicator: Indicator, series: Series) -> dict[str, str]:
    """Reasons for breaks by the first period that begins in or after the year of the break."""
    out: dict[str, str] = {}
    for year, reason in indicator.breaks.items():
        after = [one.period for one in series.figures if _start(one.period).year >= year]
        if after:
            out[after[0]] = reason
    return out


def _subject(indicator: Indicator) -> str:
    """What is measured, as a sentence names it."""
    return indicator.subject or sentences.lower_first(indicator.short_name)


def _subtitle(
    indicator: Indicator,
    figures: tuple[Figure, ...] | list[Figure],
    na: Assessment,
    *,
    place: str = "",
    intervals: str = "",
) -> str:
    """What is measured, in which unit, where, when, and what shows the uncertainty."""
    shown = [one for one in figures if one.shown] or list(figures)
    first, last = shown[0].period, shown[-1].period
    when = (
        first
        if first == last
        else f"{first} to {last}"
        if " to " not in first
        else (f"{first}, through {last}")
    )
    parts = [indicator.name, indicator.unit, place or na.name, when]
    text = ", ".join(part for part in parts if part)
    return f"{text}. {intervals}".strip() if intervals else f"{text}."


def _band(figures: Iterable[Figure]) -> str:
    """What a line chart's band is, where it has one, and where it has none."""
    limits = [one.lower is not None for one in figures if one.shown]
    if not any(limits):
        return ""
    where = "" if all(limits) else ", for the periods that have one"
    return f"The band is the 95% confidence interval{where}."


def _lines(figures: Iterable[Figure]) -> str:
    """What the lines through a chart's marks are, where it has any."""
    if not any(one.lower is not None for one in figures):
        return ""
    return "The lines are 95% confidence intervals."


def _shown(figures: list[Figure] | tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Figures of a block, each id once."""
    return tuple({one.id: one for one in figures}.values())
