"""What has changed since the last report: a paragraph for the summary, a table for the annex."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from needs.chapters.blocks import Block, Bullets, Cell, Column, Heading, Prose, Table
from needs.figures.compared_reports import CLEAR, KINDS, NOT_CLEAR, Change, either_withheld, tally
from needs.figures.figure import Figure
from needs.tables.corrected import correction_of
from needs.words.english import count_noun
from needs.words.text import Span, Text

#: Where the annex has the table, and the summary leads.
ANCHOR = "since-last-report"

#: Measures of what the area's statistical neighbours are like.
NEIGHBOURS = "neighbours_"

#: The most changes of one kind that a sentence names.
_NAMED = 3

#: Names of fields that do not name themselves.
_FIELDS = {
    "lower": "lower limit",
    "upper": "upper limit",
    "area_name": "name of the area",
    "bound": "limits that it is tested with",
    "source_rows": "rows of the file",
    "status": "whether it is shown",
}

#: What a cell says in place of a number that either report withholds.
WITHHELD = "[c]"


def own_changes(found: Sequence[Change]) -> tuple[Change, ...]:
    """The changes of the report's own area that a reader may care for: other numbers."""
    return tuple(
        one
        for one in found
        if one.own
        and one.kind != "label only"
        and not one.figure.indicator.startswith(NEIGHBOURS)
        and (one.old is None or one.new is None or one.old.text != one.new.text or one.clear)
    )


def as_printed_then(figure: Figure, year: int, known: Collection[str]) -> Figure:
    """A figure of the last report, under an id and a name of its own.

    `known` are the keys of the sources that the catalogue still has.
    """
    return figure.with_(
        id=f"{figure.id}.report-for-{year}",
        label=f"{figure.label}, as the report for {year} had it",
        sources=tuple(key for key in figure.sources if key in known),
    )


def named(figure: Figure) -> str:
    """A measure with the people that it counts.

    Examples
    --------
    >>> from needs.figures.figure import Figure
    >>> named(Figure("a.E1.2021.male.15-24.asian", "a", "Deaths", "E1", "Here", "2021", 3.0,
    ...              "deaths", sex="male", age="15 to 24", note="Ethnic group: Asian"))
    'Deaths, male, 15 to 24, Asian'
    """
    parts = [figure.label]
    if figure.sex != "persons":
        parts.append(figure.sex)
    if figure.age != "all ages" and figure.age not in figure.label:
        parts.append(figure.age)
    if figure.id.count(".") > 4 and figure.note:  # a category or a decile of the measure
        parts.append(figure.note.rpartition(": ")[2])
    return ", ".join(parts)


def since_summary(found: Sequence[Change], year: int, date: str, area: str) -> tuple[Block, ...]:
    """What has changed since the last report, for the summary: a line for each kind of change.

    Parameters
    ----------
    found : sequence of Change
        Those of the report's own area; their old figures as `as_printed_then` gives them.
    year : int
        Reporting year of the last report.
    date : str
        Its date, as printed.
    area : str
    """
    heading = Heading("Since the last report", 2)
    intro = f"The last report was for {year}, of {date}."
    if not found:
        return heading, Prose((Span(f"{intro} No figure of {area} has changed since."),))
    items: list[Text] = []
    for kind, count in tally(tuple(found)).items():
        figures = count_noun(count, "figure")
        verb = "is" if count == 1 else "are"
        said = {
            "revised": f"{figures} of the same period {verb} revised",
            "method or code": f"{figures} {verb} worked out in another way",
            "other edition or geography": f"{figures} {verb} of another edition or geography and "
            "not to be compared with the last report’s",
            "new period": f"{figures} {verb} of a later period",
            "appeared": f"{figures} {verb} new",
            "gone": f"{figures} of that report {verb} not in this one",
        }[kind]
        of_kind = [one for one in found if one.kind == kind]
        items.append((Span(said), *_examples(kind, of_kind)))
    quoted = {span.figure for item in items for span in item if span.figure}
    shown = (figure for one in found for figure in (one.old, one.new) if figure)
    figures_said = {one.id: one for one in shown if one.id in quoted}
    leads: Text = (Span(f"{intro} The "), Span("annex", link=f"#{ANCHOR}"), Span(" lists all."))
    return heading, Prose(leads), Bullets(tuple(items), figures=tuple(figures_said.values()))


def _examples(kind: str, found: Sequence[Change]) -> Iterator[Span]:
    if kind == "new period":
        clear = [one for one in found if one.clear]
        tested = sum(one.clear or one.test == NOT_CLEAR for one in found)
        if not tested:
            yield Span(", none of which can be tested for a change.")
            return
        if not clear:
            yield Span(f"; of the {tested} that can be tested none shows a clear change.")
            return
        shows = "shows" if len(clear) == 1 else "show"
        yield Span(f"; {len(clear)} of the {tested} that can be tested {shows} a clear change:")
        found = clear
    elif kind in ("revised", "method or code"):
        yield Span(":")
    else:
        labels = list(dict.fromkeys(one.figure.label for one in found))
        more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
        yield Span(f" ({'; '.join(labels[:_NAMED])}{more}).")
        return
    for number, one in enumerate(found[:_NAMED]):
        yield Span("; " if number else " ")
        yield Span(f"{named(one.figure)}: ")
        yield from _from_to(one)
    if len(found) > _NAMED:
        yield Span(f"; and {len(found) - _NAMED} more")
    yield Span(".")


def _from_to(change: Change) -> Iterator[Span]:
    old, new = change.old, change.new
    assert old is not None and new is not None
    if either_withheld(change):
        yield Span("withheld in one of the two reports")
        return
    yield Span(old.text, figure=old.id)
    if old.period != new.period:
        yield Span(f" in {old.period}")
    yield Span(", now ")
    yield Span(new.text, figure=new.id)
    if old.period != new.period:
        yield Span(f" in {new.period}")


def since_section(found: Sequence[Change], year: int, date: str) -> tuple[Block, ...]:
    """The table of what has changed in the report's own area, under its heading.

    Nothing where nothing has changed.
    """
    if not found:
        return ()
    kept = [one for one in found if not either_withheld(one)]
    table = Table(
        id="since-last-report",
        caption=f"Figures that differ from those of the report for {year}",
        columns=(
            Column("Measure", "header"),
            Column("Kind of change", "text"),
            Column("Last report", "text"),
            Column("This report", "text"),
            Column("What it means", "text"),
        ),
        rows=tuple(_row(one) for one in found),
        notes=tuple(f"{kind[0].upper()}{kind[1:]}: {KINDS[kind]}." for kind in tally(tuple(found))),
        sources=tuple(dict.fromkeys(key for one in kept for key in one.figure.sources)),
        figures=tuple(figure for one in kept for figure in (one.old, one.new) if figure),
        detail=True,
    )
    intro: Text = (
        Span(
            f"The report for {year} is of {date}. Figures of one period that differ were revised, "
            "or are counted in another way. Figures of two periods are tested by the interval of "
            "their difference, where both have one and their periods share no year."
        ),
    )
    return (Heading("Figures that differ from the last report’s", 2, ANCHOR), Prose(intro), table)


def _row(change: Change) -> tuple[Cell, ...]:
    hidden = either_withheld(change)

    def cell(figure: Figure | None) -> Cell:
        if figure is None:
            return Cell("[x]")
        if hidden:
            return Cell(f"{WITHHELD} ({figure.period})")
        return Cell(f"{figure.text} ({figure.period})", figure.value, figure.id)

    meaning = meant(change)
    return (
        Cell(named(change.figure)),
        Cell(change.kind),
        cell(change.old),
        cell(change.new),
        Cell(meaning[0].upper() + meaning[1:] if meaning else "[z]"),
    )


def meant(change: Change) -> str:
    """What a change means in words: what the intervals show, or why nothing is to be compared."""
    before, now = (
        correction_of("; ".join(one.source_rows)) if one else "" for one in (change.old, change.new)
    )
    if now and now != before:
        return f"correction: {now}"
    if change.test in CLEAR:
        return f"{change.test} than in the last report, by the intervals"
    if change.test or change.why:
        return change.test or change.why
    names = ", ".join(_FIELDS.get(one, one) for one in change.fields)
    return f"differs in: {names}" if names else ""
