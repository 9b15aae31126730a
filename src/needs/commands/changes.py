"""What changed between two reports, and why: told, listed in a file, and put into a report."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from needs import catalogue
from needs.chapters.blocks import Block, Bullets, Heading, Prose, Table
from needs.chapters.cross_links import NOT_KNOWN
from needs.chapters.since_last import (
    NEIGHBOURS,
    WITHHELD,
    as_printed_then,
    meant,
    named,
    own_changes,
    since_section,
    since_summary,
)
from needs.errors import ParameterError
from needs.figures import compared_reports as comparing
from needs.figures.compared_reports import KINDS, Change, either_withheld
from needs.figures.figure import Figure
from needs.figures.recorded import REGISTER, Recorded, read_recorded
from needs.report import manifest as manifests
from needs.report.block_html import page
from needs.report.document import Document, chapter_key, printed_date
from needs.report.notebook_cells import models_of, shown_cell, with_cells
from needs.report.register import safe_text
from needs.words.english import count_noun
from needs.words.text import Span

if TYPE_CHECKING:
    import nbformat

#: The most changes of one kind that the terminal lists; a file has all.
LISTED = 15

#: Columns of the CSV.
COLUMNS = (
    *("kind", "indicator", "measure", "area_code", "area_name", "sex", "age"),
    *("old_period", "old", "old_lower", "old_upper", "new_period", "new", "new_lower", "new_upper"),
    *("test", "why", "fields"),
)


@dataclass(frozen=True)
class Compared:
    """Two reports of one area, and what changed between them."""

    old: Recorded
    new: Recorded
    found: tuple[Change, ...]
    reasons: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the comparison is of."""
        return f"{self.new.area}: the reports for {self.old.year} and {self.new.year}"


def compare(old: Path, new: Path) -> Compared:
    """Compare two reports' folders.

    Raises
    ------
    MissingDataError, InvalidDataError
        A folder holds no report, or its register or manifest cannot be read.
    ParameterError
        The reports are of different areas.
    """
    before, after = read_recorded(old), read_recorded(new)
    _refuse_two_areas(before, after)
    why = manifests.differences(manifests.read(old), manifests.read(new))
    found = comparing.changes(before, after, catalogue.load().indicators)
    return Compared(before, after, found, tuple(why))


def _refuse_two_areas(old: Recorded, new: Recorded) -> None:
    """A new code under the old name is the same area, and so is a new name of the same codes."""
    if old.area != new.area and old.codes != new.codes:
        raise ParameterError(
            f"The reports are of two areas: {old.area} and {new.area}.",
            "OLD_RUN, NEW_RUN",
            "Give two reports of one area.",
        )


def tally_line(found: Sequence[Change]) -> str:
    """How many figures changed, by kind.

    Examples
    --------
    >>> tally_line([])
    'No figure changed.'
    """
    counts = comparing.tally(tuple(found))
    return (
        f"{', '.join(f'{n:,} {kind}' for kind, n in counts.items())}."
        if counts
        else ("No figure changed.")
    )


def change_lines(compared: Compared) -> Iterator[str]:
    """What changed, for the terminal: why, then the own area's changes; the others are counted."""
    yield tally_line(compared.found)
    yield from compared.reasons
    for kind, meaning in KINDS.items():
        own = [
            one
            for one in compared.found
            if one.kind == kind != "label only"
            and one.own
            and not one.figure.indicator.startswith(NEIGHBOURS)
        ]
        rest = sum(one.kind == kind for one in compared.found) - len(own)
        if not own and not rest:
            continue
        yield f"{kind} ({meaning}):"
        yield from (f"  {change_line(one)}" for one in own[:LISTED])
        if more := len(own) - LISTED if len(own) > LISTED else 0:
            yield f"  and {more:,} more of {compared.new.area}"
        if rest:
            of = "" if kind == "label only" else " of other areas, or of neighbours’ features"
            yield f"  {'and ' if own else ''}{count_noun(rest, 'figure')}{of}"


def change_line(change: Change) -> str:
    """One change as a line: what, from which number to which, and what that means."""
    # an arrow says that the one became the other, which another edition does not show
    between = "; in this report " if change.why else " -> "
    sides = between.join(_said(one, change) for one in (change.old, change.new) if one)
    meaning = meant(change)
    return f"{named(change.figure)}: {sides}{f' ({meaning})' if meaning else ''}"


def _said(figure: Figure, change: Change) -> str:
    if either_withheld(change):
        return f"{WITHHELD}, {figure.period}"
    interval = figure.interval.replace("95% confidence interval: ", "")
    return f"{figure.text}{f' ({interval})' if interval else ''}, {figure.period}"


def changes_csv(compared: Compared) -> str:
    """Every change, a row each; what either report withholds is withheld here as well."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for change in compared.found:
        one = change.figure
        sides = [
            [figure.period, *_numbers(figure, change)] if figure else [""] * 4
            for figure in (change.old, change.new)
        ]
        row = (
            *(change.kind, one.indicator, named(one), one.area_code, one.area_name),
            *(one.sex, one.age, *sides[0], *sides[1]),
            *(change.test, change.why, "; ".join(change.fields)),
        )
        writer.writerow([safe_text(cell) for cell in row])
    return out.getvalue()


def _numbers(figure: Figure, change: Change) -> tuple[str, str, str]:
    if either_withheld(change):
        return (WITHHELD, "", "")
    low, high = figure.lower, figure.upper
    return figure.text, "" if low is None else repr(low), "" if high is None else repr(high)


def changes_html(compared: Compared) -> str:
    """Every change as an accessible page: what differs in the inputs, then each kind's table."""
    shown: list[Block] = [Prose((Span(tally_line(compared.found)),), "finding")]
    if compared.reasons:
        shown.append(Heading("What differs in parameters, inputs and code", 2))
        shown.append(Bullets(tuple((Span(one),) for one in compared.reasons)))
    for number, (kind, meaning) in enumerate(KINDS.items()):
        of_kind = [one for one in compared.found if one.kind == kind]
        if not of_kind:
            continue
        table = since_section(of_kind, compared.old.year, printed_date(compared.old.date))[-1]
        assert isinstance(table, Table)
        rows = tuple(
            (
                dataclasses.replace(cells[0], text=f"{change.figure.area_name}: {cells[0].text}"),
                *cells[1:],
            )
            for change, cells in zip(of_kind, table.rows, strict=True)
        )
        shown.append(Heading(f"{kind[0].upper()}{kind[1:]} ({len(of_kind):,})", 2))
        shown.append(
            dataclasses.replace(
                table,
                id=f"changes-{number}",
                caption=f"{kind[0].upper()}{kind[1:]}: {meaning}",
                rows=rows,
                notes=(),
                sources=(),
            )
        )
    return page(f"What changed. {compared.title}", shown)


@dataclass(frozen=True)
class LastReport:
    """The report that a new one is set against: its figures, and the hash of its register."""

    recorded: Recorded
    sha256: str


def read_last(folder: Path, area: str, codes: Sequence[str]) -> LastReport:
    """Read the report that a run is to be set against.

    Raises
    ------
    MissingDataError, InvalidDataError
        There is none, or it cannot be read.
    ParameterError
        It is of another area.
    """
    recorded = read_recorded(folder)
    if recorded.area != area and recorded.codes != tuple(codes):
        raise ParameterError(
            f"The report in {folder.name} is of {recorded.area}, and this one of {area}.",
            "--since",
            "Name the folder of a report of the same area.",
        )
    content = (folder / REGISTER).read_bytes()
    return LastReport(recorded, hashlib.sha256(content).hexdigest())


def put_since(
    nodes: Sequence[nbformat.NotebookNode], document: Document, last: LastReport
) -> list[nbformat.NotebookNode]:
    """The executed chapters with what has changed since the last report.

    A paragraph ends the summary, and a table the annex; `document` is the report without them.
    """
    context, old = document.context, last.recorded
    assert context.year is not None
    new = Recorded(
        area=context.area_name,
        codes=context.area_codes,
        year=context.year,
        date=context.date,
        geography=context.geography,
        figures=document.register,
        files={
            key: frozenset(one.sha256 for one in context.files if one.source == key)
            for key in {one.source for one in context.files}
        },
    )
    found = [
        dataclasses.replace(
            one, old=one.old and as_printed_then(one.old, old.year, context.catalogue.sources)
        )
        for one in own_changes(comparing.changes(old, new, context.catalogue.indicators))
    ]
    date = printed_date(old.date)
    parts: dict[str, Sequence[Block]] = {
        "summary": since_summary(found, old.year, date, context.area_name),
        "annex": since_section(found, old.year, date),
    }
    out = []
    for node in nodes:
        key = chapter_key(str(node.metadata.get("needs", {}).get("name", "")))
        made = with_cells(node)
        if parts.get(key):
            place = len(made.cells) if key == "annex" else _before_what_is_not_known(made)
            made.cells.insert(place, shown_cell(parts[key], "since the last report"))
        out.append(made)
    return out


def _before_what_is_not_known(node: nbformat.NotebookNode) -> int:
    for number, cell in enumerate(node.cells):
        if any(one.get("anchor") == NOT_KNOWN for one in models_of(cell)):
            return number
    return len(node.cells)
