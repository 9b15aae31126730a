"""The Word document: what is in it, that it opens, and that its own checks find what is wrong."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn

from needs.chapters.blocks import Bullets, Cell, Chart, Column, Heading, Prose, Table
from needs.report.document import Chapter, Document
from needs.report.typst import ABOUT
from needs.report.word import LONG_TABLE, _add_run, _parts, render_docx
from needs.report.word_checks import check_docx
from needs.report.word_text import pieces, read_sent
from needs.words.text import Span, plain


@pytest.fixture(scope="module")
def data(document: Document) -> bytes:
    return render_docx(document)


@pytest.fixture(scope="module")
def opened(data: bytes) -> Any:
    return docx.Document(io.BytesIO(data))


def of_blocks(document: Document, *blocks: Any) -> Any:
    """A document of one chapter, opened."""
    tables = [one for one in blocks if isinstance(one, Table)]
    made = dataclasses.replace(
        document,
        chapters=(Chapter("one", "1", "One", (Heading("Part"), *blocks)),),
        register=(),
        table_numbers={one.id: number for number, one in enumerate(tables, 1)},
    )
    return docx.Document(io.BytesIO(render_docx(made)))


def lines(opened: Any, style: str) -> list[str]:
    return [one.text for one in opened.paragraphs if one.style.name == style]


def table_of(rows: int, columns: int = 2) -> Table:
    heads = tuple(Column(f"Column {n}", "number" if n else "header") for n in range(columns))
    body = tuple(tuple(Cell(f"{r}.{c}") for c in range(columns)) for r in range(rows))
    return Table("rows", "Rows", heads, body)


def test_same_document_same_bytes(document: Document, data: bytes) -> None:
    assert render_docx(document) == data


def test_parts_are_those_that_the_library_writes(opened: Any) -> None:
    written = io.BytesIO()
    opened.save(written)
    with zipfile.ZipFile(written) as archive:
        wanted = [(name, archive.read(name)) for name in archive.namelist()]
    assert list(_parts(opened.part.package).items()) == wanted


def test_a_run_is_that_of_the_library() -> None:
    file = docx.Document()
    for text in ("Deaths", " in 2021 ", "", "a\tb", "one\ntwo", "£\u00a05", "a\rb"):
        ours, theirs = file.add_paragraph(), file.add_paragraph()
        _add_run(ours, text)
        theirs.add_run(text)
        assert ours._p.xml == theirs._p.xml, text


def test_passes_its_own_checks(data: bytes) -> None:
    assert check_docx(data) == []


def test_says_what_it_is_and_names_no_template(document: Document, opened: Any) -> None:
    properties = opened.core_properties
    assert properties.title == document.context.title
    assert (properties.language, properties.author) == ("en-GB", "needs 0.1.0")
    assert properties.modified.isoformat().startswith("2023-01-06")


def test_has_every_chapter_but_the_annex(document: Document, opened: Any) -> None:
    wanted = [one.label for one in document.chapters if one.number.isdigit()]
    assert lines(opened, "Heading 1") == [*wanted, ABOUT]
    assert len(wanted) < len(document.chapters)


def test_the_contents_name_what_they_lead_to_and_ask_for_page_numbers(opened: Any) -> None:
    wanted = [one for one in opened.paragraphs if one.style.name in ("Heading 1", "Heading 2")]
    found = [one for one in opened.paragraphs if one.style.name.startswith("toc ")]
    assert [one.text for one in found] == [one.text for one in wanted]
    assert all(one._p.find(qn("w:hyperlink")) is not None for one in found)
    (asked,) = opened.settings.element.iter(qn("w:updateFields"))
    assert asked.get(qn("w:val")) == "true"
    assert asked.getnext().tag == qn("w:compat")  # as the order of the standard has it


def test_it_carries_its_text_as_it_was_sent(data: bytes, opened: Any) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sent = read_sent(parts)
    assert sent and [text for _, text in sent] == [one.now for one in pieces(parts) if one.now]
    shown = " ".join(one.text for one in opened.element.body.iter(qn("w:t")) if one.text)
    words = set(" ".join(text for level, text in sent if level).split())
    assert words <= set(shown.split())


def test_every_drawing_is_a_picture_with_its_alternative_text(
    document: Document, opened: Any
) -> None:
    charts = [
        block
        for chapter in document.chapters
        for detail, placed in chapter.parts()
        if chapter.number.isdigit() and not detail
        for block in (one.block for one in placed)
        if isinstance(block, Chart)
    ]
    found = [one._inline.docPr.get("descr") for one in opened.inline_shapes]
    assert charts and found == [one.alt for one in charts]
    headlines = lines(opened, "Chart headline")
    assert headlines == [plain(one.headline) for one in charts]


def test_text_of_publishers_is_text(document: Document) -> None:
    awkward = '<w:p/> & "x" ]]> bell\x07 {{ x }} {MERGEFIELD x}'
    made = of_blocks(document, Prose((Span(awkward),)))
    assert awkward.replace("\x07", " ") in [one.text for one in made.paragraphs]


def test_a_short_table_stays_a_table_and_a_long_one_says_where_it_is(document: Document) -> None:
    short = of_blocks(document, table_of(LONG_TABLE - 1))
    assert [len(one.rows) for one in short.tables] == [LONG_TABLE]
    assert short.tables[0].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    long = of_blocks(document, table_of(LONG_TABLE))
    assert not long.tables
    assert "Table 1: Rows: 12 rows, on the web page and in tables.xlsx." in lines(long, "Note")


def test_numbered_lists_each_begin_with_one(document: Document) -> None:
    one = Bullets(((Span("first"),), (Span("second"),)), "numbered")
    made = of_blocks(document, one, Prose((Span("between"),)), one)
    numbers = [
        line._p.pPr.numPr.numId.val for line in made.paragraphs if line.style.name == "List Number"
    ]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


def test_a_wide_table_stands_on_a_page_on_its_side(document: Document) -> None:
    made = of_blocks(document, table_of(3, columns=18), Prose((Span("after"),)))
    widths = [one.page_width > one.page_height for one in made.sections]
    assert widths == [False, True, False]


def test_links_lead_to_headings(opened: Any) -> None:
    body = opened.element.body
    marks = {one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))}
    inside = {one.get(qn("w:anchor")) for one in body.iter(qn("w:hyperlink"))} - {None}
    assert inside and inside <= marks
    assert all(len(one) <= 40 for one in marks)


def test_opens_in_libreoffice(
    data: bytes, document: Document, tool: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "report.docx"
    path.write_bytes(data)
    office, reader = tool("soffice", "libreoffice"), tool("pdftotext")
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    told = subprocess.run(
        [reader, str(tmp_path / "report.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
    assert all(one.title in told for one in document.chapters if one.number.isdigit())


#: Children of properties in the order of the standard (ECMA-376, part 1), which Word insists on.
ORDER = {
    "pPr": (
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers "
        "pBdr shd tabs suppressAutoHyphens spacing ind contextualSpacing jc outlineLvl rPr sectPr"
    ),
    "rPr": (
        "rStyle rFonts b bCs i iCs caps smallCaps strike color spacing w kern position sz szCs "
        "highlight u effect bdr shd vertAlign lang"
    ),
    "tblPr": (
        "tblStyle tblpPr tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing "
        "tblInd tblBorders shd tblLayout tblCellMar tblLook "
        "tblCaption tblDescription"
    ),
    "tcPr": "cnfStyle tcW gridSpan vMerge tcBorders shd noWrap tcMar vAlign",
    "sectPr": (
        "headerReference footerReference type pgSz pgMar pgBorders lnNumType pgNumType cols "
        "titlePg docGrid"
    ),
}


@pytest.mark.parametrize("kind", ORDER)
def test_parts_stand_in_the_order_that_word_insists_on(
    document: Document, data: bytes, kind: str
) -> None:
    wide = of_blocks(document, table_of(3, columns=18))
    order = ORDER[kind].split()
    found = 0
    for opened in (docx.Document(io.BytesIO(data)), wide):
        for root in (opened.element, opened.part._styles_part.element):
            for one in root.iter(qn(f"w:{kind}")):
                names = [child.tag.rpartition("}")[2] for child in one]
                assert set(names) <= set(order), names
                assert names == sorted(names, key=order.index), names
                found += 1
    assert found > 2


def changed(data: bytes, old: str, new: str, part: str) -> bytes:
    """A document in which the first of a text in a part is another; `old` is an expression."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                text, count = re.subn(old, new, content.decode(), count=1, flags=re.DOTALL)
                assert count, old
                content = text.encode()
            after.writestr(name, content)
    return out.getvalue()


BODY, CORE, STYLES = "word/document.xml", "docProps/core.xml", "word/styles.xml"


@pytest.mark.parametrize(
    ("old", "new", "part", "told"),
    [
        ("<dc:title>[^<]*", "<dc:title>", CORE, "The document has no title."),
        ("<dc:title>", "<dc:title/><dc:title2>", CORE, "The file cannot be read"),
        ('w:val="en-GB"', 'w:val="en-US"', STYLES, "language is not British English"),
        (" TOC ", " XXX ", BODY, "no contents field"),
        (r"<wp:inline(.*?)</wp:inline>", r"<wp:anchor\1</wp:anchor>", BODY, "floats over the text"),
        ('w:val="Heading2"', 'w:val="Heading4"', BODY, "A level-4 heading follows level 1."),
        (r'("Heading2".*?<w:t[^>]*>)[^<]*', r"\1", BODY, "A heading is empty."),
        ('descr="[^"]*"', 'descr=""', BODY, "no alternative text"),
        ('descr="[^"]*"', 'descr="chart.png"', BODY, "alternative text"),
        ('<wp:extent cx="', '<wp:extent cx="9', BODY, "dots an inch"),
        ("<w:tblCaption [^>]*/>", "", BODY, "A table has no name."),
        ('w:val="Caption"(.{0,900}<w:tbl>)', r'w:val="Normal"\1', BODY, "no caption above it"),
        ("<w:tblHeader/>", "", BODY, "first row is not its one header row"),
        ('w:firstColumn="1"', 'w:firstColumn="0"', BODY, "rows' headings"),
        ("<w:tcPr>", '<w:tcPr><w:gridSpan w:val="2"/>', BODY, "merged cells"),
        ("<w:tc>(?:(?!</w:tc>).)*</w:tc></w:tr>", "</w:tr>", BODY, "different numbers of cells"),
        (r"(</w:tr>.*?</w:pPr>).*?</w:p>", r"\1</w:p>", BODY, "A cell is blank"),
        ('w:bookmarkStart w:id="1" w:name="[^"]*"', 'w:bookmarkStart w:id="1" w:name="other"',
         BODY, "which is not there"),
        ("<w:bookmarkStart [^>]*/>", r"\g<0>\g<0>", BODY, "Two bookmarks have one name."),
        (r"(<w:hyperlink [^>]*>.*?<w:t[^>]*>)[^<]*", r"\1click here", BODY, "link"),
    ],
)  # fmt: skip
def test_a_seeded_fault_is_found_by_its_check_and_no_other(
    data: bytes, old: str, new: str, part: str, told: str
) -> None:
    assert check_docx(data) == []
    (found,) = check_docx(changed(data, old, new, part))
    assert told in found.what
