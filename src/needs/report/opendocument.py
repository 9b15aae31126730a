"""The report's tables as an OpenDocument workbook (.ods), the format that government prefers.

Says what the .xlsx says, sheet for sheet and cell for cell (see `needs.report.spreadsheet`). Its
few elements are written here: they are those of OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter

from needs.chapters.blocks import Cell
from needs.report.document import Document
from needs.report.spreadsheet import (
    CONTROL,
    COVER_WIDTH,
    ONE_TABLE,
    Sheet,
    Shown,
    cover_lines,
    headings_of,
    lines_above,
    made_on,
    sheets_in_order,
    shown_as,
    way_back,
    widths_of,
    zipped,
)

MIME_TYPE = "application/vnd.oasis.opendocument.spreadsheet"

_SPACES = {
    name: f"urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"
    for name, rest in {
        "office": "office",
        "style": "style",
        "text": "text",
        "table": "table",
        "meta": "meta",
        "number": "datastyle",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
    }.items()
} | {"xlink": "http://www.w3.org/1999/xlink", "dc": "http://purl.org/dc/elements/1.1/"}

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

#: Width of a character of Arial 12, in centimetres, with the room that a cell leaves beside it.
_CHARACTER = 0.2

_FONT = (
    '<style:text-properties fo:font-family="Arial" fo:font-size="{size}pt" '
    'fo:font-weight="{weight}"{more}/>'
)

# text wraps, which LibreOffice reads of the named style alone; numbers stand right
_STYLES = """<office:styles>
<style:default-style style:family="table-cell"><style:table-cell-properties
 style:vertical-align="top" fo:wrap-option="wrap"/><style:text-properties
 fo:font-family="Arial" fo:font-size="12pt" fo:language="en" fo:country="GB"/></style:default-style>
<style:style style:name="Default" style:family="table-cell"><style:table-cell-properties
 style:vertical-align="top" fo:wrap-option="wrap"/></style:style>
<style:style style:name="Heading_20_1" style:display-name="Heading 1" style:family="table-cell"
 style:parent-style-name="Default">{title}</style:style>
<style:style style:name="Heading_20_2" style:display-name="Heading 2" style:family="table-cell"
 style:parent-style-name="Default"><style:table-cell-properties style:vertical-align="bottom"
 fo:border-bottom="0.75pt solid #000000"/>{bold}</style:style>
</office:styles>
<office:automatic-styles><style:page-layout style:name="page"><style:page-layout-properties
 fo:page-width="29.7cm" fo:page-height="21cm"
 style:print-orientation="landscape"/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Default" style:page-layout-name="page"/>
</office:master-styles>""".format(
    title=_FONT.format(size=16, weight="bold", more=""),
    bold=_FONT.format(size=12, weight="bold", more=""),
)


def render_ods(document: Document) -> bytes:
    """Draw every table of the report, and its headline figures, as an OpenDocument workbook.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        An .ods file; the same document gives the same bytes.
    """
    return zipped(
        {
            "mimetype": MIME_TYPE.encode("ascii"),
            "content.xml": _content(document),
            "styles.xml": _part("document-styles", _STYLES),
            "meta.xml": _meta(document),
            "META-INF/manifest.xml": _manifest("content.xml", "styles.xml", "meta.xml"),
        }
    )


def _part(name: str, inside: str) -> bytes:
    spaces = " ".join(f'xmlns:{key}="{value}"' for key, value in _SPACES.items())
    opening = f'<office:{name} {spaces} office:version="1.3">'
    return f"{_HEAD}{opening}{inside}</office:{name}>\n".encode()


def _manifest(*names: str) -> bytes:
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    entries = [("/", MIME_TYPE), *((name, "text/xml") for name in names)]
    lines = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>\n'
        for path, kind in entries
    )
    opening = f'<manifest:manifest xmlns:manifest="{space}" manifest:version="1.3">'
    return f"{_HEAD}{opening}\n{lines}</manifest:manifest>\n".encode()


def _meta(document: Document) -> bytes:
    context = document.context
    made = made_on(document).isoformat()
    maker = escape(f"needs {context.version}".strip())
    return _part(
        "document-meta",
        f"<office:meta><meta:generator>{maker}</meta:generator>"
        f"<dc:title>{_clean(context.title)}</dc:title>"
        f"<meta:initial-creator>{maker}</meta:initial-creator>"
        f"<meta:creation-date>{made}</meta:creation-date><dc:date>{made}</dc:date>"
        "<dc:language>en-GB</dc:language></office:meta>",
    )


# What content.xml holds: styles of columns and numbers, sheets, and the names of the tables


def _content(document: Document) -> bytes:
    sheets = sheets_in_order(document)
    headings = [headings_of(one.columns) for one in sheets]
    widths = [widths_of(one, names) for one, names in zip(sheets, headings, strict=True)]
    every = {COVER_WIDTH, *(width for one in widths for width in one)}
    columns = {width: f"co{number}" for number, width in enumerate(sorted(every), 1)}
    looks = [[[shown_as(cell) for cell in row] for row in one.rows] for one in sheets]
    shown = {how for one in looks for row in one for how in row if how is not None}
    ordered = sorted(shown, key=lambda how: (how.before, how.grouped, how.decimals, how.after))
    numbers = {how: f"n{number}" for number, how in enumerate(ordered, 1)}
    parts = [
        "<office:automatic-styles>",
        *_column_styles(columns),
        *_cell_styles(numbers),
        "</office:automatic-styles>\n<office:body><office:spreadsheet>\n",
        *_cover(document, sheets, columns),
    ]
    ranges = []
    for one, names, own, look in zip(sheets, headings, widths, looks, strict=True):
        named = [[numbers[how] if how is not None else "" for how in row] for row in look]
        parts += _sheet(one, names, [columns[width] for width in own], named)
        ranges.append(_named(one))
    parts += ["<table:database-ranges>\n", *ranges, "</table:database-ranges>\n"]
    parts.append("</office:spreadsheet></office:body>")
    return _part("document-content", "".join(parts))


def _column_styles(columns: Mapping[float, str]) -> Iterator[str]:
    for width, name in columns.items():
        yield (
            f'<style:style style:name="{name}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width * _CHARACTER:.2f}cm"/>'
            "</style:style>\n"
        )
    yield (
        '<style:style style:name="ta" style:family="table" style:master-page-name="Default">'
        '<style:table-properties table:display="true"/></style:style>\n'
        '<style:style style:name="ro" style:family="table-row"><style:table-row-properties '
        'style:use-optimal-row-height="true"/></style:style>\n'
    )


def _cell_styles(numbers: Mapping[Shown, str]) -> Iterator[str]:
    right = '<style:paragraph-properties fo:text-align="end"/>'
    link = ' fo:color="#0b4a8f" style:text-underline-style="solid"'
    for name, parent, inside in (
        ("right", "Default", right),
        ("rhead", "Heading_20_2", right),
        ("link", "Default", _FONT.format(size=12, weight="normal", more=link)),
    ):
        yield (
            f'<style:style style:name="{name}" style:family="table-cell" '
            f'style:parent-style-name="{parent}">{inside}</style:style>\n'
        )
    for how, name in numbers.items():
        before, after = (
            f"<number:text>{escape(text)}</number:text>" if text else ""
            for text in (how.before, how.after)
        )
        grouped = ' number:grouping="true"' if how.grouped else ""
        yield (
            f'<number:number-style style:name="{name}f">{before}'
            f'<number:number number:decimal-places="{how.decimals}" '
            f'number:min-decimal-places="{how.decimals}" number:min-integer-digits="1"{grouped}/>'
            f"{after}</number:number-style>\n"
            f'<style:style style:name="{name}" style:family="table-cell" '
            f'style:parent-style-name="Default" style:data-style-name="{name}f">{right}'
            "</style:style>\n"
        )


def _cover(
    document: Document, sheets: Sequence[Sheet], columns: Mapping[float, str]
) -> Iterator[str]:
    yield _opening("Cover", [columns[COVER_WIDTH]])
    yield _row(_text(document.context.title, "Heading_20_1"))
    for line in cover_lines(document, sheets):
        yield _row(_text(line))
    yield _row(_text("Contents of this workbook", "link", "#Contents"))
    yield "</table:table>\n"


def _sheet(
    content: Sheet,
    headings: Sequence[str],
    columns: Sequence[str],
    styles: Sequence[Sequence[str]],
) -> Iterator[str]:
    """A sheet; its cells' styles are those of numbers, and empty for text."""
    yield _opening(content.name, columns)
    yield _row(_text(content.title, "Heading_20_1"))
    yield _row(_text(ONE_TABLE))
    text, target = way_back(content)
    yield _row(_text(text, "link", target))
    for line in lines_above(content):
        yield _row(_text(line))
    kinds = [one.kind for one in content.columns]
    names = [
        _text(heading, "rhead" if kind == "number" else "Heading_20_2")
        for heading, kind in zip(headings, kinds, strict=True)
    ]
    # printed again on each page
    yield f"<table:table-header-rows>{_row(*names)}</table:table-header-rows>\n"
    for place, (cells, own) in enumerate(zip(content.rows, styles, strict=True)):
        row = [_cell(*one) for one in zip(cells, kinds, own, strict=True)]
        if place < len(content.links):
            row[0] = _text(cells[0].text, "link", content.links[place])
        yield _row(*row)
    yield "</table:table>\n"


def _opening(name: str, columns: Sequence[str]) -> str:
    first, *rest = (f'<table:table-column table:style-name="{one}"/>' for one in columns)
    listed = f"<table:table-header-columns>{first}</table:table-header-columns>{''.join(rest)}"
    return f'<table:table table:name={quoteattr(name)} table:style-name="ta">{listed}\n'


def _row(*cells: str) -> str:
    return f'<table:table-row table:style-name="ro">{"".join(cells)}</table:table-row>\n'


def _cell(cell: Cell, kind: str, style: str) -> str:
    if not style or cell.value is None:
        return _text(cell.text, "right" if kind == "number" else "Default")
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="float" '
        f'office:value="{float(cell.value)!r}"><text:p>{_clean(cell.text.strip())}</text:p>'
        "</table:table-cell>"
    )


def _text(text: str, style: str = "Default", target: str = "") -> str:
    """A cell of text: never a formula, which OpenDocument keeps in an attribute of its own."""
    lines = [_clean(line) for line in re.split(r"\r\n|\r|\n", text)]
    if target:
        address = f"{target}.A1" if target.startswith("#") else target
        opening = f'<text:a xlink:type="simple" xlink:href={quoteattr(address)}>'
        lines = [f"{opening}{line}</text:a>" for line in lines]
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in lines)
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="string">{paragraphs}'
        "</table:table-cell>"
    )


def _clean(text: str) -> str:
    """Text as a paragraph holds it: XML joins spaces, and has none of some characters."""
    marked = escape(CONTROL.sub(" ", text)).replace("\t", "<text:tab/>")
    return _SPACES_KEPT.sub(lambda run: f'<text:s text:c="{len(run[0])}"/>', marked)


#: Spaces that XML would drop or join.
_SPACES_KEPT = re.compile(r"^ +| +$| {2,}", flags=re.MULTILINE)


def _named(content: Sheet) -> str:
    head = 4 + len(lines_above(content))
    last = f"{get_column_letter(len(content.columns))}{head + len(content.rows)}"
    address = f"{content.name}.A{head}:{content.name}.{last}"
    return (
        f'<table:database-range table:name="{content.table_name}" '
        f'table:target-range-address="{address}" table:contains-header="true" '
        'table:display-filter-buttons="false"/>\n'
    )
