"""What people add, in every output: who publishes it, its state on each page, their own words."""

from __future__ import annotations

import base64
import dataclasses
import io
from typing import Any

import docx
import openpyxl
import pikepdf
import pypdf
import pytest

from needs.chapters.blocks import OWN, Bullets, Cell, Column, Heading, Picture, Prose, Table
from needs.report.accessibility import check_html, check_pdf
from needs.report.document import Document
from needs.report.html import render_html
from needs.report.spreadsheet import render_xlsx
from needs.report.typst import render_pdf
from needs.report.word import render_docx
from needs.report.word_checks import check_docx
from needs.words.text import Span

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z"/></svg>'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = '<script>alert(1)</script> #panic("x") *a* & "b"'
DRAFT = "Draft: not for publication"


def picture(content: bytes, kind: str, alt: str) -> Picture:
    return Picture(
        base64.b64encode(content).decode("ascii"), kind, alt, f"Caption of {alt}", 90.0, 45.0
    )


@pytest.fixture(scope="module")
def written(document: Document) -> Document:
    """The small report as a draft of a council, with every kind of commentary in a chapter."""
    context = dataclasses.replace(
        document.context,
        organisation=f"The Council {HOSTILE}",
        team="Public Health",
        contact="a@example.gov.uk",
        logo=picture(SVG, "svg", "The Council"),
        colour="#003300",
        status="draft",
        signed=("Director of Public Health, 3 March 2023",),
    )
    own = (
        Heading("Local commentary"),
        Prose((Span("Own words "), Span("[note 1]", link="#notes-deaths")), OWN),
        Prose((Span(f"A quotation {HOSTILE}"),), "quote"),
        picture(PNG, "png", "A photograph of a garden"),
        picture(SVG, "svg", "A diagram of the pathway"),
        Bullets(((Span("A point"),), (Span("Another"),))),
        Prose((Span("More in the "), Span("national plan", link="https://example.gov.uk/p")), OWN),
        Table(
            "local",
            "Sites",
            (Column("Place", "header"), Column("Sites", "number")),
            ((Cell("Redditch"), Cell("4")),),
        ),
        Heading("Notes", 3, "notes-deaths"),
        Bullets(((Span("The note."),),), "numbered"),
    )
    chapters = [
        dataclasses.replace(one, blocks=(*one.blocks, *own)) if place == 0 else one
        for place, one in enumerate(document.chapters)
    ]
    numbers = {**document.table_numbers, "local": 99}
    return dataclasses.replace(
        document, context=context, chapters=tuple(chapters), table_numbers=numbers
    )


@pytest.fixture(scope="module")
def pdf(written: Document) -> bytes:
    return render_pdf(written)


def test_the_page_says_whose_it_is_and_that_it_is_a_draft(written: Document) -> None:
    html = render_html(written)
    assert check_html(html) == []
    assert f'<p class="draft">{DRAFT}</p>' in html and "--blue: #003300" in html
    assert "<dt>Organisation</dt><dd>The Council &lt;script&gt;" in html
    assert "Director of Public Health, 3 March 2023" in html
    assert '<a href="#notes-deaths">[note 1]</a>' in html and 'id="notes-deaths"' in html
    assert "<blockquote><p>A quotation &lt;script&gt;" in html
    assert "<li>A point</li>" in html and '<a href="https://example.gov.uk/p"' in html
    assert "<th scope=row>Redditch" in html
    assert html.count("data:image/svg+xml;base64,") == 2 and "data:image/png;base64," in html


#: Lines of the contents that the label lies on.
COVERED = """() => {
  const label = document.querySelector('.draft').getBoundingClientRect();
  return [...document.querySelectorAll('.contents a')].map(a => a.getBoundingClientRect())
    .filter(line => line.bottom > label.top && line.top < label.bottom).length;
}"""


@pytest.mark.browser
def test_on_a_low_screen_the_label_of_a_draft_covers_no_line_of_the_contents(
    written: Document, browser: Any
) -> None:
    many = dataclasses.replace(written, chapters=written.chapters * 20)
    page = browser.new_page(viewport={"width": 1280, "height": 600})
    page.set_content(render_html(many))
    page.evaluate("scrollTo({top: document.body.scrollHeight / 2, behavior: 'instant'})")
    scrolled = page.evaluate(
        "() => { const list = document.querySelector('.contents');"
        " list.scrollTop = list.scrollHeight; return list.scrollTop }"
    )
    assert scrolled > 0  # the list is longer than the screen is high
    assert page.evaluate(COVERED) == 0
    page.close()


def test_a_page_without_people_has_nothing_of_it(document: Document) -> None:
    bare = dataclasses.replace(document.context, contact="")
    html = render_html(dataclasses.replace(document, context=bare))
    assert "blockquote" not in html and ".draft" not in html


def test_every_page_of_the_pdf_says_that_it_is_a_draft(pdf: bytes) -> None:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) > 3 and all(DRAFT in one.extract_text() for one in pages)


def test_the_pdf_is_the_organisations_and_tagged(pdf: bytes) -> None:
    assert check_pdf(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert str(opened.docinfo["/Author"]).startswith("The Council <script>")
        kinds: list[str] = []
        todo: list[Any] = [opened.Root.StructTreeRoot]
        while todo:
            one = todo.pop()
            kinds += [str(one.S)] if "/S" in one else []
            below = one.get("/K", ())
            below = [below] if isinstance(below, pikepdf.Dictionary) else below
            if isinstance(below, (pikepdf.Array, list)):
                todo += [each for each in below if isinstance(each, pikepdf.Dictionary)]
    assert "/BlockQuote" in kinds
    assert kinds.count("/Figure") >= 3
    assert {"/Table", "/TH", "/L", "/LI", "/Link", "/H3"} <= set(kinds)


def test_words_alone_keep_a_chapter_in_the_pdf(document: Document) -> None:
    chapter = dataclasses.replace(
        document.chapters[0],
        blocks=(Heading("Tables", detail=True), Heading("Local"), Prose((Span("Kept."),), OWN)),
    )
    made = dataclasses.replace(document, chapters=(chapter, *document.chapters[1:]))
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(render_pdf(made))).pages)
    assert "Kept." in text


def test_word_says_whose_it_is_and_that_it_is_a_draft(written: Document) -> None:
    data = render_docx(written)
    assert check_docx(data) == [] and render_docx(written) == data
    opened = docx.Document(io.BytesIO(data))
    assert opened.core_properties.author == f"The Council {HOSTILE}"
    for section in opened.sections:
        assert DRAFT in [one.text for one in section.header.paragraphs]
    alts = [one._inline.docPr.get("descr") for one in opened.inline_shapes]
    assert alts[0] == "The Council" and "A photograph of a garden" in alts
    quoted = [one.text for one in opened.paragraphs if one.style.name == "Quote"]
    assert quoted == [f"A quotation {HOSTILE}"]
    lists = [one.text for one in opened.paragraphs if one.style.name.startswith("List ")]
    assert {"A point", "Another", "The note."} <= set(lists)
    assert ["Redditch", "4"] in [[c.text for c in t.rows[1].cells] for t in opened.tables]
    addresses = {one.target_ref for one in opened.part.rels.values() if one.is_external}
    assert "https://example.gov.uk/p" in addresses
    assert str(opened.styles["Heading 1"].font.color.rgb) == "003300"


def test_the_workbook_says_whose_it_is(written: Document) -> None:
    cover = openpyxl.load_workbook(io.BytesIO(render_xlsx(written)))["Cover"]
    lines = [str(row[0].value) for row in cover.iter_rows()]
    assert f"Organisation: The Council {HOSTILE}" in lines and f"Status: {DRAFT}" in lines
