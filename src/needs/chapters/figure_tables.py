"""Tables made from figures: one number a cell, limits in their own columns, no blank cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from needs.chapters.blocks import Cell, Column, Table
from needs.figures.figure import Figure, Series, format_number, sources_of
from needs.stats.status import STATUS_SYMBOL

#: A limit that the source does not give.
NO_LIMIT = Cell("[x]")


def value_cell(figure: Figure) -> Cell:
    """The figure's number, or the shorthand that stands in its place."""
    return Cell(figure.number, figure.value, figure.id)


def limit_cells(figure: Figure) -> tuple[Cell, Cell]:
    """Lower and upper limit in cells of their own."""
    if not figure.shown:
        symbol = Cell(f"[{STATUS_SYMBOL[figure.status]}]")
        return symbol, symbol
    return _limit(figure.lower, figure), _limit(figure.upper, figure)


def _limit(limit: float | None, figure: Figure) -> Cell:
    return NO_LIMIT if limit is None else Cell(format_number(limit, figure.decimals), limit)


def note_cell(figure: Figure) -> Cell:
    """The figure's marks: "[e]", or "none" (a cell is never blank)."""
    return Cell(figure.symbols or "none")


def figures_table(
    table_id: str,
    caption: str,
    header: str,
    rows: Sequence[tuple[str, Figure]],
    *,
    value: str = "Value",
    counts: tuple[str, str] | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    notes: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
    open_: bool = True,
    period: bool = False,
) -> Table:
    """One figure a row: its name, its value, its limits and what was counted.

    Parameters
    ----------
    table_id, caption : str
    header : str
        Heading of the first column.
    rows : sequence of (name, Figure)
    value : str
        Heading of the value column; the unit of the first figure follows it.
    counts : (str, str), optional
        Headings for the figures' numerator and denominator columns.
    texts : mapping of heading to sequence of str, optional
        Further columns of words, one entry a row.
    period : bool
        Whether each row states its period.
    """
    figures = tuple(figure for _, figure in rows)
    with_limits = any(one.lower is not None for one in figures)
    with_notes = any(one.marks for one in figures)
    unit = figures[0].unit if figures and len({one.unit for one in figures}) == 1 else ""
    columns = [Column(header, "header")]
    if period:
        columns.append(Column("Period", "text"))
    columns.append(Column(value, "number", unit))
    if with_limits:
        columns += [
            Column("Lower 95% limit", "number", unit),
            Column("Upper 95% limit", "number", unit),
        ]
    if counts:
        columns += [Column(heading, "number") for heading in counts]
    columns += [Column(heading, "text") for heading in texts or {}]
    if with_notes:
        columns.append(Column("Note", "text"))

    body = []
    for place, (name, figure) in enumerate(rows):
        cells = [Cell(name)]
        if period:
            cells.append(Cell(figure.period))
        cells.append(value_cell(figure))
        if with_limits:
            cells += limit_cells(figure)
        if counts:
            cells += [count_cell(figure.numerator, figure), count_cell(figure.denominator, figure)]
        cells += [Cell(column[place]) for column in (texts or {}).values()]
        if with_notes:
            cells.append(note_cell(figure))
        body.append(tuple(cells))
    return Table(
        id=table_id,
        caption=caption,
        columns=tuple(columns),
        rows=tuple(body),
        notes=notes,
        sources=sources or sources_of(figures),
        figures=figures,
        open=open_,
    )


def count_cell(count: float | None, figure: Figure) -> Cell:
    """A numerator or denominator as a whole number; its shorthand where it is withheld."""
    if count is None:
        return Cell("[x]" if figure.shown else f"[{STATUS_SYMBOL[figure.status]}]")
    # published estimates and shares of deaths can be fractions; the register keeps their decimals
    return Cell(format_number(count), count)


def series_table(
    table_id: str,
    caption: str,
    focus: Series,
    others: Sequence[Series] = (),
    *,
    counted: str = "count",
    notes: tuple[str, ...] = (),
    open_: bool = False,
) -> Table:
    """Periods down, the newest first; areas across: the area's values with limits, then others'.

    `counted` names what the numerators count: "deaths".
    """
    by_period = [{one.period: one for one in series.figures} for series in (focus, *others)]
    periods = [one.period for one in reversed(focus.figures)]
    figures = tuple(one for table in by_period for p, one in table.items() if p in set(periods))
    with_limits = any(one.lower is not None for one in focus.figures)
    with_counts = any(one.numerator not in (None, one.value) for one in focus.figures)
    unit = focus.figures[0].unit
    columns = [Column("Period", "header"), Column(focus.label, "number", unit)]
    if with_limits:
        columns += [
            Column(f"{focus.label}: lower 95% limit", "number", unit),
            Column(f"{focus.label}: upper 95% limit", "number", unit),
        ]
    if with_counts:
        columns.append(Column(f"{focus.label}: {counted}", "number"))
    columns += [Column(one.label, "number", unit) for one in others]
    body = []
    for period in periods:
        first = by_period[0][period]
        cells = [Cell(period), value_cell(first)]
        if with_limits:
            cells += limit_cells(first)
        if with_counts:
            cells.append(count_cell(first.numerator, first))
        for table in by_period[1:]:
            cells.append(value_cell(table[period]) if period in table else Cell("[x]"))
        body.append(tuple(cells))
    return Table(
        id=table_id,
        caption=caption,
        columns=tuple(columns),
        rows=tuple(body),
        notes=notes,
        sources=sources_of(figures),
        figures=figures,
        open=open_,
    )
