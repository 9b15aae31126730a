"""The report's tables as one accessible workbook.

Follows the Analysis Function's guidance on releasing statistics in spreadsheets: a cover, contents
and notes, then one marked-up and named table a sheet, with its title in A1, no merged or blank
cells, no frozen panes, filters, hidden rows or images.
"""

from __future__ import annotations

import copy
import functools
import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.styles import Alignment, Font
from openpyxl.styles.builtins import styles as STYLES
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table as ExcelTable
from openpyxl.worksheet.table import TableStyleInfo

from needs.chapters.blocks import Card, Cards, Cell, Chart, Column, Table
from needs.figures.figure import Figure, format_number
from needs.report.block_html import View, comparison_words, trend_words
from needs.report.document import Document, printed_date, symbols_in
from needs.report.workbook_writer import TableRows, workbook_parts
from needs.words.text import plain

_HEADLINE = "Headline 1"
_FONTS = {
    "body": Font(name="Arial", size=12),
    "bold": Font(name="Arial", size=12, bold=True),
    "title": Font(name="Arial", size=16, bold=True),
    "link": Font(name="Arial", size=12, color="0B4A8F", underline="single"),
}
_PLACES = {
    "general": Alignment(),
    "text": Alignment(wrap_text=True, vertical="top"),
    "number": Alignment(horizontal="right", vertical="top"),
    "number heading": Alignment(wrap_text=True, horizontal="right", vertical="bottom"),
    "heading": Alignment(wrap_text=True, vertical="bottom"),
}

# what a spreadsheet program takes for the beginning of a formula
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_PRINTED = re.compile(
    r"(?P<before>[£]?)(?P<number>[-−]?[\d,]*\d(?:\.(?P<decimals>\d+))?)(?P<after>%?)"
)

# XML cannot hold these characters, and so no workbook can
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

#: Characters of the longest text that a cell holds.
_LONGEST = 32_767

#: How XML keeps a sign that a reader would take for the end of a line.
_RETURN = {"\r": "&#13;"}

#: Below the title of each sheet but the cover.
ONE_TABLE = "This sheet contains one table."

#: Width of the cover's only column, in characters.
COVER_WIDTH = 90

_LIMITS = ("Lower 95% limit", "Upper 95% limit")


@dataclass(frozen=True)
class Sheet:
    """One sheet with one table.

    `links` gives cells of the first column a target: a sheet ("#Notes") or an address.
    """

    name: str
    title: str
    table_name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    chapter: str = "whole report"
    links: tuple[str, ...] = ()


def sheet_name(number: int) -> str:
    """The sheet of the table of this number in the report.

    Examples
    --------
    >>> sheet_name(12)
    'Table_12'
    """
    return f"Table_{number}"


def render_xlsx(document: Document) -> bytes:
    """Draw every table of the report, and its headline figures, as a workbook.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        An .xlsx file; the same document gives the same bytes.
    """
    sheets = sheets_in_order(document)
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    # of the library's own style it would keep the workbook for good
    workbook.add_named_style(copy.copy(STYLES[_HEADLINE]))
    _write_cover(workbook.create_sheet("Cover"), document, sheets)
    rows = {one.name: _write(workbook.create_sheet(one.name), one) for one in sheets}
    made = made_on(document)
    properties = workbook.properties
    properties.title = document.context.title
    properties.creator = f"needs {document.context.version}".strip()
    properties.language = "en-GB"
    properties.created = made
    return zipped(_repeatable(workbook_parts(workbook, rows), made))


def made_on(document: Document) -> datetime:
    """The time that the workbook's properties give: the report's date, never the clock's."""
    context = document.context
    day = context.date or f"{context.year or 1980:04}-01-01"
    return datetime.fromisoformat(day).replace(tzinfo=None)


# What the sheets say


def sheets_in_order(document: Document) -> list[Sheet]:
    """Every sheet after the cover, in reading order; the contents come first."""
    sheets = [_sources(document), *_cards(document), *_tables(document)]
    sheets.insert(0, _notes(sheets))
    return [_contents(sheets), *sheets]


def cover_lines(document: Document, sheets: Sequence[Sheet]) -> list[str]:
    """What the cover says below the title."""
    context = document.context
    codes = f" ({', '.join(context.area_codes)})" if context.area_codes else ""
    version = f"needs {context.version}" if context.version else ""
    if version and context.code_hash:
        version += f" ({context.code_hash[:12]})"
    lines = [
        ("", context.subtitle),
        ("Area: ", f"{context.area_name}{codes}"),
        ("Reporting year: ", str(context.year or "")),
        ("Date of report: ", printed_date(context.date) if context.date else ""),
        ("Geography: ", context.geography),
        ("Code version: ", version),
        *((f"{name}: ", value) for name, value in context.about),
        ("", "Analysis of published statistics; not itself official statistics."),
        (
            "",
            "This workbook holds the tables of the report beside it, report.html and report.pdf: "
            f"{len(sheets) - 1} sheets with one table each, after this cover and the contents.",
        ),
    ]
    return [name + text for name, text in lines if text]


def lines_above(content: Sheet) -> tuple[str, ...]:
    """What stands between the link below a sheet's title and its table: shorthand and notes."""
    symbols = _symbols([content])
    if not symbols or content.name == "Notes":
        return content.notes
    meanings = "; ".join(f"[{mark}] {meaning}" for mark, meaning in symbols.items())
    return (f"Shorthand in this table: {meanings}.", *content.notes)


def way_back(content: Sheet) -> tuple[str, str]:
    """Text and target of the link below a sheet's title."""
    if content.name == "Contents":
        return "Cover of this workbook", "#Cover"
    return "Contents of this workbook", "#Contents"


def _contents(sheets: Sequence[Sheet]) -> Sheet:
    return Sheet(
        name="Contents",
        title="Contents",
        table_name="contents",
        columns=(Column("Sheet", "header"), Column("Title", "text"), Column("Chapter", "text")),
        rows=tuple((Cell(one.name), Cell(one.title), Cell(one.chapter)) for one in sheets),
        notes=("Each sheet's name in the first column is a link to it.",),
        links=tuple(f"#{one.name}" for one in sheets),
    )


def _symbols(sheets: Iterable[Sheet]) -> dict[str, str]:
    return symbols_in(cell.text for one in sheets for row in one.rows for cell in row)


def _notes(sheets: Sequence[Sheet]) -> Sheet:
    rows = [(f"[{mark}]", meaning) for mark, meaning in _symbols(sheets).items()]
    rows += [
        (
            "Numbers",
            "A cell holds the number as it was computed or published, and shows the decimals that "
            "the report prints.",
        ),
        ("Lower and upper 95% limit", "The ends of the 95% confidence interval of the value."),
        (
            "No blank cells",
            "Where there is no number, the cell holds shorthand in square brackets; the shorthand "
            "of a table is also explained above it.",
        ),
        (
            "Formulas and source rows",
            "figures.csv and figures.json, beside this workbook, give the formula, inputs and "
            "source rows of every number of the report.",
        ),
    ]
    return Sheet(
        name="Notes",
        title="Notes and shorthand",
        table_name="notes",
        columns=(Column("Note or shorthand", "header"), Column("Meaning", "text")),
        rows=tuple((Cell(name), Cell(meaning)) for name, meaning in rows),
    )


def _sources(document: Document) -> Sheet:
    labels = ("Source", "Producer", "Official statistics", "Licence", "Attribution")
    sources = document.sources
    rows = tuple(
        tuple(
            Cell(text or "[x]")
            for text in (
                one.title,
                one.producer,
                "yes" if one.official_statistics else "no",
                one.licence,
                one.attribution,
            )
        )
        for one in sources
    )
    return Sheet(
        name="Sources",
        title="Sources, licences and attribution",
        table_name="source_licences",
        columns=tuple(Column(one, "text" if n else "header") for n, one in enumerate(labels)),
        rows=rows or (tuple(Cell(text) for text in ("No source is used", *["[z]"] * 4)),),
        notes=("Each source's title in the first column is a link to its publisher's page.",),
        links=tuple(one.landing_page for one in sources),
    )


def _cards(document: Document) -> Iterator[Sheet]:
    figures = {figure.id: figure for figure in document.register}
    view = View(document, document.context.catalogue)
    number = 0
    for chapter in document.chapters:
        for block in chapter.blocks:
            if not isinstance(block, Cards) or not block.items:
                continue
            number += 1
            suffix = f"_{number}" if number > 1 else ""
            others = tuple(
                dict.fromkeys(name for card in block.items for name, _ in card.comparators)
            )
            yield Sheet(
                name=f"Headline_figures{suffix}",
                title=block.caption,
                table_name=f"headline_figures{suffix}",
                columns=(
                    Column("Measure", "header"),
                    Column("Value"),
                    Column("Unit", "text"),
                    Column("Period", "text"),
                    *(Column(label) for label in _LIMITS),
                    *(Column(name) for name in others),
                    Column("Compared with England", "text"),
                    Column("Recent trend", "text"),
                    Column("Note", "text"),
                ),
                rows=tuple(
                    _card_row(card, figures.get(card.figure), others, block.figures)
                    for card in block.items
                ),
                notes=_source_note(view, block.sources),
                chapter=chapter.label,
            )


def _card_row(
    card: Card, figure: Figure | None, others: Sequence[str], beside: Sequence[Figure]
) -> tuple[Cell, ...]:
    numbers: dict[str, Figure] = {}
    if figure is None:
        value, unit, limits = _as_printed(card.value), "[z]", [Cell("[z]"), Cell("[z]")]
        period = note = "[z]"
    else:
        value, unit = Cell(figure.number, figure.value), figure.unit or "[z]"
        period, note = figure.period, figure.symbols or "none"
        same = (one for one in beside if one.indicator == figure.indicator)
        numbers = {one.area_name: one for one in same if one.period == figure.period}
        none = "[x]" if figure.shown else figure.number
        limits = [
            Cell(none) if limit is None else Cell(format_number(limit, figure.decimals), limit)
            for limit in (figure.lower, figure.upper)
        ]
    comparators = dict(card.comparators)
    return (
        Cell(card.label),
        value,
        Cell(unit),
        Cell(period),
        *limits,
        *(
            Cell(numbers[name].number, numbers[name].value)
            if name in numbers and name in comparators
            else _as_printed(comparators.get(name) or "[x]")
            for name in others
        ),
        Cell(comparison_words(card)),
        Cell(trend_words(card).removeprefix("Recent trend: ") or "[z]"),
        Cell(note),
    )


def _as_printed(text: str) -> Cell:
    """A number from its print, where there is nothing but the print."""
    found = _PRINTED.fullmatch(text)
    if not found:
        return Cell(text)
    return Cell(text, float(found["number"].replace(",", "").replace("−", "-")))


def _tables(document: Document) -> Iterator[Sheet]:
    view = View(document, document.context.catalogue)
    for chapter in document.chapters:
        for block in chapter.blocks:
            if not isinstance(block, (Chart, Table)):
                continue
            chart = block if isinstance(block, Chart) else None
            table = block.table if isinstance(block, Chart) else block
            number = document.table_numbers[table.id]
            notes: list[str] = []
            if chart:
                shown = f"Figure {document.chart_numbers[chart.id]} of the report is drawn from it"
                notes += [f"{shown}: {plain(chart.headline)}", chart.subtitle]
            notes += table.notes
            notes += _source_note(view, table.sources or (chart.sources if chart else ()))
            yield Sheet(
                name=sheet_name(number),
                title=f"Table {number}: {table.caption}",
                table_name=f"table_{number}_{re.sub(r'[^A-Za-z0-9]+', '_', table.id).lower()}",
                columns=table.columns,
                rows=table.rows,
                notes=tuple(one for one in notes if one),
                chapter=chapter.label,
            )


def _source_note(view: View, keys: Sequence[str]) -> tuple[str, ...]:
    lines = view.source_lines(keys)
    return (f"Source: {lines}",) if lines else ()


# How they are written


def _write_cover(sheet: Any, document: Document, sheets: Sequence[Sheet]) -> None:
    _put_title(sheet, document.context.title)
    row = 1
    for row, text in enumerate(cover_lines(document, sheets), 2):
        _put(sheet, row, 1, text)
    _put_link(sheet, row + 1, "Contents of this workbook", "#Contents")
    sheet.column_dimensions["A"].width = COVER_WIDTH
    _number_styles(sheet)


def _write(sheet: Any, content: Sheet) -> TableRows:
    """Write a sheet; the rows of its table, which are most of it, are not among its cells."""
    _put_title(sheet, content.title)
    _put(sheet, 2, 1, ONE_TABLE)
    text, target = way_back(content)
    _put_link(sheet, 3, text, target)
    notes = lines_above(content)
    for row, note in enumerate(notes, 4):
        _put(sheet, row, 1, note)
    head = 4 + len(notes)

    headings = headings_of(content.columns)
    for place, (heading, column) in enumerate(zip(headings, content.columns, strict=True), 1):
        where = "number heading" if column.kind == "number" else "heading"
        _put(sheet, head, place, heading, font="bold", place=where)
    rows = _table_rows(sheet, content, head + 1)
    for place, width in enumerate(widths_of(content, headings), 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    _mark_up(sheet, content, head)
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    return rows


def headings_of(columns: Sequence[Column]) -> list[str]:
    """Headings with their units; an Excel table needs each once, whatever its case."""
    out: list[str] = []
    seen: set[str] = set()
    for column in columns:
        text = " ".join(column.label.split()) + (f" ({column.unit})" if column.unit else "")
        unique, number = text, 1
        while unique.casefold() in seen:
            number += 1
            unique = f"{text} [{number}]"
        seen.add(unique.casefold())
        out.append(unique)
    return out


def _mark_up(sheet: Any, content: Sheet, head: int) -> None:
    table = ExcelTable(displayName=content.table_name, ref=f"A{head}:{_last(content, head)}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    table._initialise_columns()
    table.autoFilter = None  # without it the table has no filter buttons
    for column, cell in zip(table.tableColumns, sheet[head], strict=True):
        column.name = cell.value
    sheet.add_table(table)


def _put(
    sheet: Any, row: int, column: int, text: str, *, font: str = "body", place: str = "text"
) -> Any:
    cell = sheet.cell(row, column)
    cell.value = CONTROL.sub(" ", text)
    cell.data_type = "s"  # text stays text, whatever it begins with
    cell._style = copy.copy(_style(sheet, font, place, "General", text.startswith(_FORMULA_STARTS)))
    return cell


def _put_link(sheet: Any, row: int, text: str, target: str) -> None:
    cell = _put(sheet, row, 1, text, font="link")
    cell.hyperlink = _link(cell.coordinate, text, target)


def _put_title(sheet: Any, text: str) -> None:
    cell = _put(sheet, 1, 1, text)
    cell.style = _HEADLINE  # a heading to a screen reader, not only to the eye
    cell.font, cell.alignment = _FONTS["title"], _PLACES["text"]
    cell.quotePrefix = text.startswith(_FORMULA_STARTS)


def _table_rows(sheet: Any, content: Sheet, first: int) -> TableRows:
    """The rows of a sheet's table, from row `first` on, as the file has them."""
    _number_styles(sheet)
    numbered = functools.cache(lambda *look: sheet.parent._cell_styles.add(_style(sheet, *look)))
    columns = [
        (get_column_letter(place), "number" if one.kind == "number" else "")
        for place, one in enumerate(content.columns, 1)
    ]
    xml: list[str] = []
    for row, cells in enumerate(content.rows, first):
        linked = row - first < len(content.links)
        xml.append(f'<row r="{row}">')
        for (letter, place), one in zip(columns, cells, strict=True):
            shown = number_format(one)
            if shown is None or one.value is None:
                font = "link" if linked and letter == "A" else "body"
                quoted = one.text.startswith(_FORMULA_STARTS)
                style = numbered(font, place or "text", "General", quoted)
                xml.append(
                    f'<c r="{letter}{row}" s="{style}" t="inlineStr">{_inside(one.text)}</c>'
                )
            else:
                style = numbered("body", place or "general", shown, False)
                xml.append(f'<c r="{letter}{row}" s="{style}" t="n"><v>{one.value:.16g}</v></c>')
        xml.append("</row>")
    links = [
        _link(f"A{row}", cells[0].text, target)
        for row, (cells, target) in enumerate(zip(content.rows, content.links, strict=False), first)
    ]
    return TableRows("".join(xml), _last(content, first - 1), links)


def _inside(text: str) -> str:
    """A text as a cell holds it."""
    text = CONTROL.sub(" ", text)[:_LONGEST]
    if not text:
        return ""
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<is><t{kept}>{escape(text, _RETURN)}</t></is>"


def _last(content: Sheet, head: int) -> str:
    """The last cell of a sheet whose table begins in row `head`."""
    return f"{get_column_letter(len(content.columns))}{head + len(content.rows)}"


#: Looks that the cells of each workbook have, so that each is put together once: the library
#: compares fonts part by part for every cell, which is most of the time of writing a workbook.
_LOOKS: WeakKeyDictionary[Workbook, dict[tuple[str, str, str, bool], Any]] = WeakKeyDictionary()


def _style(sheet: Any, font: str, place: str, shown: str, quoted: bool) -> Any:
    """The style of cells of a font, place, number format, and mark of text like a formula."""
    looks = _LOOKS.setdefault(sheet.parent, {})
    look = (font, place, shown, quoted)
    if look not in looks:
        cell = ExcelCell(sheet)
        cell.font, cell.alignment = _FONTS[font], _PLACES[place]
        cell.number_format, cell.quotePrefix = shown, quoted
        looks[look] = cell._style
    return looks[look]


def _number_styles(sheet: Any) -> None:
    """Give the styles of a sheet's cells their numbers, which they else get in being written."""
    for _, cell in sorted(sheet._cells.items()):
        sheet.parent._cell_styles.add(cell._style)


class Shown(NamedTuple):
    """How a number is shown: text before it, thousands in groups, decimals, text after it."""

    before: str
    grouped: bool
    decimals: int
    after: str


def shown_as(cell: Cell) -> Shown | None:
    """How a cell's number is shown, so that it looks as the report prints it; None for text.

    A cell with shorthand is text, whatever number may stand behind it.
    """
    if cell.value is None or not math.isfinite(cell.value):  # most cells: the pattern takes longer
        return None
    found = _PRINTED.fullmatch(cell.text.strip())
    if found is None:
        return None
    return Shown(
        before=found["before"],
        grouped="," in found["number"] or abs(cell.value) < 1000,
        decimals=len(found["decimals"] or ""),
        after=found["after"],
    )


def number_format(cell: Cell) -> str | None:
    """The format that shows a cell's number as the report prints it; None for text.

    Examples
    --------
    >>> number_format(Cell("27,750", 27750.0)), number_format(Cell("4.6%", 4.6))
    ('#,##0', '#,##0.0"%"')
    >>> number_format(Cell("[c]")) is None
    True
    """
    shown = shown_as(cell)
    return None if shown is None else _format(shown)


@functools.cache
def _format(shown: Shown) -> str:
    decimals = f".{'0' * shown.decimals}" if shown.decimals else ""
    before = f'"{shown.before}"' if shown.before else ""
    after = f'"{shown.after}"' if shown.after else ""
    return f"{before}{'#,##0' if shown.grouped else '0'}{decimals}{after}"


def _link(place: str, text: str, target: str) -> Hyperlink:
    if target.startswith("#"):
        return Hyperlink(ref=place, location=f"'{target[1:]}'!A1", display=CONTROL.sub(" ", text))
    return Hyperlink(ref=place, target=target)


def widths_of(content: Sheet, headings: Sequence[str]) -> list[float]:
    """Widths in characters: wide enough for the longest word and most texts, the rest wraps."""
    out: list[float] = []
    for place, heading in enumerate(headings):
        texts = {row[place].text for row in content.rows}  # many of a column are the same
        word = max((len(word) for text in (heading, *texts) for word in text.split()), default=0)
        longest = max([len(text) for text in texts] + [len(heading) // 2])
        # the notes above the table stand in the first column and wrap in its width
        least, most = (45, 60) if place == 0 else (12, 50)
        out.append(1.2 * max(least, min(most, max(word, longest))))
    return out


def _repeatable(parts: Mapping[str, bytes], made: datetime) -> dict[str, bytes]:
    """The same workbook without the time of its writing."""
    stamp = made.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    core = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, parts["docProps/core.xml"])
    return {**parts, "docProps/core.xml": core}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """Parts of a file as an archive, in their order.

    They are stored without compression: compression libraries differ from machine to machine, and
    the same report must have the same bytes on all.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, part)
    return out.getvalue()
