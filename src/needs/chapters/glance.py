"""A chapter as a whole: its first findings, its table, the figures that stand alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    Table,
    blocks,
)
from needs.chapters.captions import each_once, none_at_hand, subject_of
from needs.chapters.cross_links import evidence_figures, opened_by, opening_line
from needs.chapters.recent import TREND_WORDS, dated, is_old, recent
from needs.chapters.rules import compared, is_count, leading, told_elsewhere, told_officially
from needs.chapters.saying import earlier_periods, finding, vintages
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, sources_of
from needs.words import chart_words, english
from needs.words.text import Span, Text

COMPARISON_NOTE = (
    "Compared: by the 95% interval of the difference, both intervals included, the two taken as "
    "independent. A count is not compared: it depends on the size of the area."
)

#: What a table says where nothing was compared.
NOT_TESTED = "not compared"

DECIMALS_NOTE = "Each number has the decimals that its source prints."


def opening(na: Assessment, chapter: str, *, most: int = 3) -> Blocks:
    """Open a chapter with its findings as the summary words them; then with other headlines."""
    first = opened_by(na, chapter)[:most]
    told = [opening_line(na, one) for one in first]
    figures = [figure for one in first for figure in evidence_figures(na, one)]
    known = {one.indicator for one in first}
    for indicator in na.catalogue.chapter(chapter):
        if len(told) >= most:
            break
        if not indicator.headline or indicator.key in known or not na.has(indicator.key):
            continue
        if told_elsewhere(na, indicator):
            continue
        if told_officially(na, indicator):
            continue
        figure = leading(na, indicator.key)
        reference = na.figure(indicator.key, na.england, figure.period)
        old = [Span("Old: ", strong=True)] if is_old(na, figure.period) else []
        told.append((*old, *finding(na, indicator, figure, reference)))
        figures += [figure, reference]
    if not told:
        return Blocks()
    return blocks(Bullets(tuple(told), style="finding", figures=each_once(figures)))


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
        if not na.has(indicator.key) or told_elsewhere(na, indicator):
            continue
        figure = leading(na, indicator.key)
        gone = na.withheld(indicator.key)
        if gone is not None:
            older.append(f"{indicator.short_name}: {chart_words.withheld(gone)}.")
        regions = [na.figure(indicator.key, one, figure.period) for one in na.regions]
        england = na.figure(indicator.key, na.england, figure.period)
        if mixed := vintages(na, figure, england):
            older.append(f"{indicator.short_name}: {english.lower_first(mixed)}")
        if since := na.superseded(figure):
            older.append(f"{indicator.short_name}: {since}")
        verdict = compared(na, figure, england)
        low, high = figure_tables.limit_cells(figure)
        newest = recent(na, indicator)
        trends += newest.note(indicator.short_name)
        rows.append(
            (
                Cell(indicator.short_name),
                Cell(dated(na, figure.period)),
                Cell(indicator.unit),
                figure_tables.value_cell(figure),
                low,
                high,
                *(figure_tables.value_cell(one) for one in regions),
                figure_tables.value_cell(england),
                Cell(verdict.word or NOT_TESTED),
                *(Cell(compared(na, figure, one).word or NOT_TESTED) for one in regions),
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
        *(Column(f"Compared with {english.in_prose(one.name)}", "text") for one in na.regions),
        Column("Recent trend", "text"),
    )
    every = columns
    columns, body = _without_empty(columns, rows)
    kept = [column.label for column in columns]
    others = [one.name for one in na.places[1:] if one.name in kept]
    beside = (
        f" beside {english.listing([english.in_prose(one) for one in others])}" if others else ""
    )
    notes = [COMPARISON_NOTE] if "Compared with England" in kept else []
    notes += [DECIMALS_NOTE] if _mixed_decimals(figures) else []
    notes += _left_out([one.label for one in every if one.label not in kept], na)
    return blocks(
        Heading("At a glance"),
        Table(
            id=f"glance_{chapter}",
            caption=f"{english.capital(english.in_prose(na.name))}{beside}, newest figures to "
            f"{na.year}",
            columns=columns,
            rows=body,
            notes=(*notes, *trends, *older),
            sources=sources_of(each_once(figures)),
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
    said = list(none_at_hand(places, intervals="Upper 95% limit" not in labels))
    if "Recent trend" in labels:
        said.append("A recent trend cannot be calculated for any of these.")
    return said


def _mixed_decimals(figures: Iterable[Figure]) -> bool:
    """Whether figures of one indicator are printed with different decimals."""
    printed: dict[str, set[int]] = {}
    for one in figures:
        if one.shown:
            printed.setdefault(one.indicator, set()).add(one.decimals)
    return any(len(decimals) > 1 for decimals in printed.values())


def single_figures(na: Assessment, chosen: Sequence[Indicator]) -> Blocks:
    """Figures that stand alone: drawn beside England's, what each says and what limits it."""
    items: list[Text] = []
    figures: list[Figure] = []
    for indicator in chosen:
        figure = na.figure(indicator.key)
        reference = na.figure(indicator.key, na.england, figure.period)
        said = finding(na, indicator, figure, reference)
        earlier = earlier_periods(na, indicator, figure)
        target = f"{indicator.target_source}." if indicator.target_source else ""
        rest = (vintages(na, figure, reference), target, indicator.definition, indicator.limits)
        name = Span(f"{indicator.name}. ", strong=True)
        told = Span(" " + " ".join(part for part in rest if part))
        items.append((name, *said, *(part for text, _ in earlier for part in text), told))
        figures += [figure, reference, *(one for _, shown in earlier for one in shown)]
    return blocks(
        Heading("Single figures"),
        *_beside_england(na, chosen),
        Bullets(tuple(items), figures=each_once(figures)),
    )


def _beside_england(na: Assessment, chosen: Sequence[Indicator]) -> list[Block]:
    """Draw single figures beside England's, a chart for each unit that several of them share."""
    by_unit: dict[str, list[tuple[Indicator, Figure, Figure]]] = {}
    for indicator in chosen:
        figure = na.figure(indicator.key)
        england = na.figure(indicator.key, na.england, figure.period)
        if england.shown and not is_count(indicator):
            by_unit.setdefault(indicator.unit, []).append((indicator, figure, england))
    return [_dumbbell(na, unit, rows) for unit, rows in by_unit.items() if len(rows) > 1]


def _dumbbell(na: Assessment, unit: str, rows: list[tuple[Indicator, Figure, Figure]]) -> Chart:
    chapter = rows[0][0].chapter
    key = f"{chapter}_beside_england" + ("" if unit == "%" else "_rates")
    named = [(subject_of(indicator), figure, england) for indicator, figure, england in rows]
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
        headline=chart_words.furthest(named),
        subtitle=f"{english.capital(what)}, {na.name} and England, newest period of each.",
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
        alt=chart_words.alt_furthest(named),
        table=table,
        figures=each_once(table.figures),
        sources=table.sources,
    )
