"""Every measure on one page: the area among all authorities, and its parts beside England."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from needs import charts
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Cell, Chart, Column, Prose, Table, blocks
from needs.chapters.captions import each_once, subject_of
from needs.chapters.cross_links import finding_anchor
from needs.chapters.newest import district_period
from needs.chapters.recent import dated, recent
from needs.chapters.rules import compared, is_count, told_elsewhere
from needs.chapters.statistical_neighbours import whose
from needs.charts.rugs import RugColumn
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, format_number, sources_of
from needs.figures.findings import on_indicators
from needs.figures.findings.candidate import INSIDE
from needs.figures.spine import ENOUGH, SpineRow, spine_rows
from needs.words import english
from needs.words.text import Span, Text, plain

#: Measures that a rug has room for.
COLUMNS = 6

#: A recent trend as a chart has room for it.
TRENDS = {
    "increasing": "▲ rising",
    "decreasing": "▼ falling",
    "no significant change": "no clear change",
}


def spine(na: Assessment) -> Blocks:
    """Draw the area on each measure between the worst and the best of all authorities.

    A measure that cannot be told from England's by its interval is left to its chapter, and so is
    one that cannot be read by itself or rests on too few events.
    """
    found = spine_rows(na, lambda one: not told_elsewhere(na, one))
    tested = [(row, compared(na, row.area, row.england)) for row in found]
    tested = [each for each in tested if not each[1].reason and "u" not in each[0].area.marks]
    if not tested:
        return Blocks()
    rows = [row for row, _ in tested]
    verdicts = [verdict.judgement for _, verdict in tested]
    trends = [TRENDS.get(recent(na, row.indicator).label, "not tested") for row in rows]
    table = _spine_table(na, rows, verdicts, trends)
    return blocks(
        Chart(
            id="chart_spine",
            headline=_counted(na, rows, verdicts),
            subtitle=f"Newest figure of each measure to {na.year}. England is the line in the "
            "middle; worse is to the left. Bars reach from the worst authority to the best."
            + (f" Statistical neighbours: {whose(na)}." if any(r.neighbours for r in rows) else ""),
            svg=charts.spine_chart(
                rows,
                chart_id="chart_spine",
                area=na.name,
                periods=[dated(na, row.area.period) for row in rows],
                verdicts=verdicts,
                trends=trends,
            ),
            alt=_alt(na, rows, verdicts),
            table=table,
            figures=each_once(table.figures),
            sources=table.sources,
        )
    )


def _counted(na: Assessment, rows: Iterable[SpineRow], verdicts: Sequence[str]) -> Text:
    """On how many measures the area is worse, similar and better; and where it is the worst."""
    counts = Counter(verdicts)
    words = {"worse": "worse than", "similar": "similar to", "better": "better than"}
    said = [
        f"{how} England on {english.number_word(counts[verdict])}"
        for verdict, how in words.items()
        if counts[verdict]
    ]
    measures = english.count_noun(counts.total(), "measure", words=True)
    name = english.in_prose(na.name)
    how = f"is {english.listing(said)}" if said else "could be tested on none"
    worst = [
        subject_of(row.indicator)
        for row in rows
        if row.number >= ENOUGH and row.area.value == row.worst
    ]
    more = f". It has the worst {english.listing(worst)} of all authorities" if worst else ""
    if counts.total() == 1:
        how = how.removesuffix(" on one")
        name = english.capital(name)
        return (Span(f"{name} {how} on the one measure that can be compared{more}"),)
    return (Span(f"Of {measures} that can be compared, {name} {how}{more}"),)


def _alt(na: Assessment, rows: Iterable[SpineRow], verdicts: Iterable[str]) -> str:
    """What stands worse than England, and what better."""
    by: dict[str, list[str]] = {}
    for row, verdict in zip(rows, verdicts, strict=True):
        named = english.lower_first(row.indicator.short_name)
        told = f"{named} ({row.area.number} against {row.england.number})"
        by.setdefault(verdict, []).append(told)
    said = [
        f"{word}: {english.listing(by[verdict], limit=1)}"
        for verdict, word in (("worse", "Worse"), ("better", "Better"), ("similar", "Similar"))
        if verdict in by
    ]
    name = english.capital(english.in_prose(na.name))
    return f"{name} against England. {'. '.join(said)}."


def _spine_table(
    na: Assessment, rows: list[SpineRow], verdicts: Sequence[str], trends: Sequence[str]
) -> Table:
    """The numbers of a spine chart."""
    figures: list[Figure] = []
    body = []
    for row, verdict, trend in zip(rows, verdicts, trends, strict=True):
        figures += [row.area, row.england, *([row.region] if row.region else [])]
        ends = (*(row.neighbours or (None, None)), row.worst, row.best)
        body.append(
            (
                Cell(row.indicator.short_name),
                Cell(f"{dated(na, row.area.period)}, {row.indicator.unit}"),
                figure_tables.value_cell(row.area),
                *figure_tables.limit_cells(row.area),
                figure_tables.value_cell(row.england),
                figure_tables.value_cell(row.region) if row.region else Cell("[x]"),
                *(_number(one, row.area.decimals) for one in ends),
                Cell(str(row.number), row.number),
                Cell(verdict),
                Cell(trend.lstrip("▲▼ ")),
            )
        )
    numbers = (na.name, "Lower 95% limit", "Upper 95% limit", "England", na.region.name,
               "Lowest of neighbours", "Highest of neighbours", "Worst authority",
               "Best authority", "Authorities")  # fmt: skip
    columns = (
        Column("Measure", "header"),
        Column("Period and unit", "text"),
        *map(Column, numbers),
        Column("Against England", "text"),
        Column("Recent trend", "text"),
    )
    few = [row.indicator.short_name for row in rows if row.number < ENOUGH]
    notes = []
    if few:
        notes.append(f"A few authorities alone are known, and no range is drawn: {'; '.join(few)}.")
    none = [
        f"{row.indicator.short_name} ({row.none_recorded})" for row in rows if row.none_recorded
    ]
    if none:
        notes.append(
            "Authorities whose records name none are left out of worst and best, because few "
            f"were asked about, or zero is unlikely to be true: {'; '.join(none)}."
        )
    name = english.capital(english.in_prose(na.name))
    return Table(
        "spine", f"{name} among all authorities, to {na.year}", columns, tuple(body), tuple(notes),
        sources_of(figures), each_once(figures), open=False,
    )  # fmt: skip


def _number(value: float | None, decimals: int) -> Cell:
    return Cell("[x]") if value is None else Cell(format_number(value, decimals), value)


def rug(na: Assessment) -> Blocks:
    """Draw the area's districts, or a footprint's members, by measures, each beside England."""
    if len(na.districts) < 2:
        return Blocks()
    places = (na.area, *na.districts, na.england)
    found = [_column(na, key) for key in na.catalogue.indicators]
    columns = sorted(
        (one for one in found if one), key=lambda one: na.indicator(one.reference.indicator).order
    )[:COLUMNS]
    if not columns:
        return Blocks()
    names = [place.name for place in places]
    table = _rug_table(na, columns, names)
    headline = _worst(columns, names)
    measures = english.count_noun(len(columns), "measure")
    return blocks(
        Chart(
            id="chart_rug",
            headline=headline,
            subtitle="The colour says how far a number is from England's. A triangle marks a "
            "difference that is more than chance: ▲ worse, ▼ better.",
            svg=charts.heat_map(columns, chart_id="chart_rug", areas=names),
            alt=f"Heat map of {measures} in {english.count_noun(len(names), 'area')}. "
            f"{plain(headline)}.",
            table=table,
            figures=each_once(table.figures),
            sources=table.sources,
        ),
        _of_more_years(na),
    )


def _of_more_years(na: Assessment) -> Prose | None:
    """Why a place may stand out in a finding and not in the rug, or the reverse."""
    every = on_indicators(na, na.catalogue.indicators.keys())
    found = [one for one in every if one.kind == INSIDE and one.part_code != na.area.code]
    if not found:
        return None
    text = (
        "The table sets each place beside England, in the years above its column. A finding on one "
        "place may be of more years, and beside the rest of the area. So the two can differ."
    )
    links = [
        Span(
            f" Finding {one.rank}: {one.part}, {one.period}.",
            link=f"#{finding_anchor(one.rank)}",
        )
        for one in found
    ]
    return Prose((Span(text), *links), "note")


def _column(na: Assessment, key: str) -> RugColumn | None:
    """A measure of every part: half of them have one, it has a worse end, and may be compared."""
    indicator = na.indicator(key)
    if is_count(indicator) or indicator.polarity == "none" or told_elsewhere(na, indicator):
        return None
    period = district_period(na, key)
    england = na.figure(key, na.england, period) if period else None
    if england is None or not england.value:
        return None
    figures = [na.figure(key, one, period) for one in (na.area, *na.districts, na.england)]
    verdicts = tuple(compared(na, one, england).judgement for one in figures)
    if set(verdicts) == {"not compared"}:
        return None
    return RugColumn(
        f"{indicator.short_name}, {indicator.unit}, {period}",
        tuple(figures),
        england,
        verdicts,
        -1 if indicator.polarity == "higher is better" else 1,
    )


def _worst(columns: list[RugColumn], names: list[str]) -> Text:
    """Which part is worse than England on most measures."""
    parts = range(1, len(names) - 1)
    counts = [sum(one.verdicts[place] == "worse" for one in columns) for place in parts]
    most = max(counts)
    if not most:
        return (Span("No part of the area is shown to be worse than England on these measures"),)
    named = [names[place] for place, count in zip(parts, counts, strict=True) if count == most]
    of = english.count_noun(len(columns), "measure", words=True)
    verb = "is" if len(named) == 1 else "are"
    said = f"worse than England on {english.number_word(most)} of {of}"
    return (Span(f"{english.listing(named, limit=4)} {verb} {said}"),)


def _rug_table(na: Assessment, columns: list[RugColumn], names: list[str]) -> Table:
    figures = [one for column in columns for one in column.figures]
    body = []
    for place, name in enumerate(names):
        cells = [Cell(name)]
        for column in columns:
            cells += [
                figure_tables.value_cell(column.figures[place]),
                Cell(column.verdicts[place]),
            ]
        body.append(tuple(cells))
    heads = [Column("Area", "header")]
    for column in columns:
        heads += [Column(column.label), Column(f"{column.label}: against England", "text")]
    return Table(
        "rug", f"Parts of {english.in_prose(na.name)} beside England", tuple(heads), tuple(body),
        sources=sources_of(figures), figures=each_once(figures), open=False,
    )  # fmt: skip
