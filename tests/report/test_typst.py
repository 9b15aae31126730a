"""The PDF: every block drawn, tagged for assistive technology, the same bytes each time."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import page
import pikepdf
import pypdf
import pytest

from needs.chapters.blocks import Cell, Chart, Column, Heading, Prose, Table, all_tables
from needs.commands import run as runs
from needs.errors import RenderError
from needs.report import exporters, typst, typst_client, typst_process
from needs.report.accessibility import check_pdf
from needs.report.document import Document, InputFile, Placed
from needs.report.parameters import RunParameters
from needs.words.text import Span


@pytest.fixture(scope="module")
def pdf(document: Document) -> bytes:
    return typst.render_pdf(document)


@pytest.fixture(scope="module")
def opened(pdf: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(pdf)) as one:
        yield one


@pytest.fixture(scope="module")
def pages(pdf: bytes) -> list[str]:
    return [" ".join(one.extract_text().split()) for one in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_the_process_that_draws_pictures_imports_nothing_that_tags_pages() -> None:
    asked = "import sys, needs.report.typst_process as one; sys.exit('pikepdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


def elements(root: Any, kind: str) -> Iterator[Any]:
    """Elements of the tag tree of one kind, in reading order."""
    if isinstance(root, pikepdf.Array):
        for kid in root:
            yield from elements(kid, kind)
    elif isinstance(root, pikepdf.Dictionary):
        if root.get("/S") == f"/{kind}":
            yield root
        if "/K" in root:
            yield from elements(root["/K"], kind)


def table_attribute(cell: Any, name: str) -> str | None:
    for one in cell.get("/A", ()):
        if one.get("/O") == "/Table" and name in one:
            return str(one[name])
    return None


def squeezed(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def words(program: str, pdf: bytes, folder: Path) -> Iterator[tuple[int, float, float, str]]:
    """Each word on the page: page, left and right in points, text."""
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(
        [program, "-bbox", str(path), "-"], capture_output=True, encoding="utf-8", check=True
    )
    edge = r'="([-\d.]+)"'
    for number, text in enumerate(done.stdout.split("<page ")[1:], 1):
        for found in re.findall(rf"<word xMin{edge} yMin{edge} xMax{edge} yMax{edge}>(.*?)<", text):
            yield number, float(found[0]), float(found[2]), found[4]


def beyond_the_text(program: str, pdf: bytes, folder: Path) -> list[str]:
    """Words that pass the margin of their page."""
    margin = 20 / 25.4 * 72
    widths = [float(one.mediabox.width) for one in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    return [
        f"page {number}: {text}"
        for number, left, right, text in words(program, pdf, folder)
        if right > widths[number - 1] - margin + 1 or left < margin - 1
    ]


def with_block(document: Document, block: Any) -> Document:
    """The document with one more block at the end of its first chapter."""
    first, *others = document.chapters
    first = dataclasses.replace(first, blocks=(*first.blocks, block))
    return dataclasses.replace(document, chapters=(first, *others))


def test_pdf_ua(pdf: bytes) -> None:
    report = page.validate_pdf_bytes(pdf, profile=page.ValidationProfile.PDF_UA_1)
    assert report.is_compliant, report.failures
    assert check_pdf(pdf) == []


def test_metadata(opened: pikepdf.Pdf, document: Document) -> None:
    root, info = opened.Root, opened.docinfo
    assert str(root.Lang) == "en-GB"
    assert root.ViewerPreferences.DisplayDocTitle
    assert str(info.Title) == document.context.title
    assert str(info.Author) == "needs"
    assert "Worcestershire" in str(info.Keywords)
    assert str(info.CreationDate).startswith("D:20230106")


def test_every_drawing_has_its_alternative_text(opened: pikepdf.Pdf, document: Document) -> None:
    told = [str(one.Alt) for one in elements(opened.Root.StructTreeRoot, "Figure")]
    assert told == [block.alt for block in document.blocks if isinstance(block, Chart)]


def printed_tables(document: Document) -> list[Table]:
    """Those that stand open in the HTML; the others are not in the PDF."""
    return [
        one.table if isinstance(one, Chart) else one
        for one in document.blocks
        if (isinstance(one, Chart) and one.table.open) or isinstance(one, Table)
    ]


def test_columns_and_rows_have_headings(opened: pikepdf.Pdf, document: Document) -> None:
    tables = list(elements(opened.Root.StructTreeRoot, "Table"))
    assert len(tables) == len(printed_tables(document)) > 2
    for tagged, table in zip(tables, printed_tables(document), strict=True):
        heads = [one for part in elements(tagged, "THead") for one in elements(part, "TH")]
        assert [table_attribute(one, "/Scope") for one in heads] == ["/Column"] * len(table.columns)
        body = [row for part in elements(tagged, "TBody") for row in elements(part, "TR")]
        assert len(body) == len(table.rows)
        assert [str(one.S) for one in tagged.K][-2:] == ["/THead", "/TBody"]
        for row in body:
            first, *others = list(row.K)
            assert (first.S, table_attribute(first, "/Scope")) == ("/TH", "/Row")
            assert all(one.S == "/TD" for one in others)
            # a list of column headings alone would hide the row's heading from readers
            assert all(table_attribute(one, "/Headers") is None for one in others)


def test_row_headings_are_not_there_before(document: Document) -> None:
    files: dict[str, bytes] = {}
    raw = typst._compile(
        typst.printed_model(document, files, cover=True), files, typst_process.untagged_rows
    )
    with pikepdf.open(io.BytesIO(raw)) as before:
        rows = elements(before.Root.StructTreeRoot, "TBody")
        assert all(not list(elements(one, "TH")) for one in rows)


def test_outline_is_the_headings(opened: pikepdf.Pdf, document: Document) -> None:
    def titles(items: Any) -> Iterator[str]:
        for item in items:
            yield str(item.title)
            yield from titles(item.children)

    expected = ["Contents"]
    for chapter in document.chapters:
        expected.append(chapter.label)
        for one in chapter.outline():
            if isinstance(one.block, Heading):
                expected.append(f"{one.number} {one.block.text}")
    with opened.open_outline() as outline:
        assert list(titles(outline.root)) == expected


def test_same_bytes(pdf: bytes, document: Document) -> None:
    assert typst.render_pdf(document) == pdf


@pytest.mark.slow
def test_same_bytes_in_another_process(pdf: bytes) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import conftest as made; "
        "from needs.report.typst import render_pdf; "
        "one = made.read_document(made.make_notebooks(), context=made.CONTEXT); "
        "sys.stdout.buffer.write(render_pdf(one))"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    assert subprocess.run(command, check=True, capture_output=True).stdout == pdf


def test_text_is_literal(pages: list[str]) -> None:
    made = squeezed(" ".join(pages))
    for text in (
        "<script>alert(1)</script> & \"quotes\" 'single' #let $x^2$ @ref \\back *star* _low_ £5",
        "=SUM(A1:A9)",
        "@now",
        '=HYPERLINK("https://example.gov.uk") and eleven columns',
        "Deaths & <others>",
    ):
        assert squeezed(text) in made, text


def test_missing_signs_are_named(document: Document) -> None:
    made = typst.render_pdf(with_block(document, Prose((Span("A \N{GRINNING FACE} 5 < 6"),))))
    assert check_pdf(made) == []
    text = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages)
    assert squeezed("A (grinning face) 5 < 6") in squeezed(text)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a\tb\nc", "a b c"),
        ("caf\u0065\u0301", "café"),
        ("1\u20092", "1\u00a02"),
        ("\U0001f44d\U0001f3fd", "(thumbs up sign)(emoji modifier fitzpatrick type-4)"),
    ],
)
def test_printable(text: str, printed: str) -> None:
    assert typst.printable(text) == printed


def test_numbers_of_figures_and_tables(pages: list[str], document: Document) -> None:
    made = squeezed(" ".join(pages))
    for block in document.blocks:
        if isinstance(block, Chart):
            number = document.chart_numbers[block.id]
            assert squeezed(f"Figure {number}: {block.table.caption}") in made
    for table in printed_tables(document):
        number = document.table_numbers[table.id]
        assert squeezed(f"Table {number}: {table.caption}") in made


def test_what_is_for_looking_things_up_is_named_and_not_printed(document: Document) -> None:
    first, *others = document.chapters
    blocks = [
        dataclasses.replace(one, detail=True)
        if isinstance(one, Table) or (isinstance(one, Heading) and one.level == 2)
        else one
        for one in first.blocks
    ]
    detailed = dataclasses.replace(first, blocks=tuple(blocks))
    made = typst.printed_model(
        dataclasses.replace(document, chapters=(detailed, *others)), {}, cover=False
    )
    headings = [one for one in first.outline() if isinstance(one.block, Heading)]
    before = [one.block for one in first.outline() if one.level == 1]
    printed = made["chapters"][0]["blocks"]
    assert len(printed) <= 2 * len(before) + 1
    told = "".join(printed[-1]["text"])
    assert told.startswith(typst.NOT_PRINTED)
    for one in headings:
        assert (f"{one.number} {one.block.text}" in told) == (one.level == 2)


def long_table(document: Document, **changes: Any) -> Table:
    table = next(one for one in all_tables(document.blocks) if one.id == "districts")
    return dataclasses.replace(table, **changes)


def with_files(document: Document, *paths: str) -> Document:
    files = tuple(InputFile(path, "ab" * 32, 1, "example_deaths") for path in paths)
    return dataclasses.replace(document, context=dataclasses.replace(document.context, files=files))


def test_nothing_passes_the_margin_of_a_report_from_national_files(
    national: Path, root: Path, tmp_path: Path, tool: Callable[..., str]
) -> None:
    parameters = RunParameters(
        areas=["Isles of Scilly"], year=2022, date="2023-01-06", formats=["pdf"]
    )
    folder = runs.run(
        parameters,
        raw=tmp_path,
        processed=national,
        out=tmp_path / "reports",
        notebooks=root / "notebooks",
        prepare=False,
    )
    made = (folder / "report.pdf").read_bytes()
    assert beyond_the_text(tool("pdftotext"), made, tmp_path) == []
    assert check_pdf(made) == []


def test_long_tables_repeat_their_header(document: Document) -> None:
    rows = long_table(document).rows
    drawing = typst._Drawing(document, document.chapters, {})
    table = long_table(document, rows=rows * 3)
    assert len(drawing.table(table)["rows"]) == 180
    first = document.chapters[0]
    alone = dataclasses.replace(first, blocks=(table,))
    made = typst.render_pdf(
        dataclasses.replace(document, chapters=(alone,), register=()), cover=False
    )
    texts = [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages]
    held = [text for text in texts if "199" in text]
    assert len(held) >= 3
    assert all("Lower 95% limit" in " ".join(text.split()) for text in held)


def only(document: Document, *blocks: Any) -> Document:
    """The document with one chapter of these blocks, and no figures."""
    alone = dataclasses.replace(document.chapters[0], blocks=blocks)
    return dataclasses.replace(document, chapters=(alone,), register=())


def page_texts(document: Document) -> list[str]:
    made = typst.render_pdf(document, cover=False)
    return [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages]


FILLER = (Prose((Span("Filler."),)),)


@pytest.mark.parametrize("lines", range(15, 31, 3))
def test_no_page_begins_or_ends_with_less_than_three_rows(document: Document, lines: int) -> None:
    rows = long_table(document).rows[:14]
    table = long_table(document, rows=rows)
    texts = page_texts(only(document, *FILLER * lines, table))
    held = [sum(f"\n{row[0].text}" in text for row in rows) for text in texts]
    assert sum(held) == 14
    assert all(count == 0 or count >= 3 for count in held)
    assert all(count == 0 or "Upper 95% limit" in " ".join(text.split())
               for count, text in zip(held, texts, strict=True))  # fmt: skip


@pytest.mark.parametrize("lines", [14, 20, 24, 27])
def test_a_definition_and_its_sentence_stay_with_their_chart(
    document: Document, lines: int
) -> None:
    chart = next(one for one in document.blocks if isinstance(one, Chart) and one.id == "trend")
    texts = page_texts(
        only(
            document,
            *FILLER * lines,
            Heading("Rates of death"),
            Prose((Span("Defined so. " * 40),), "definition"),
            Prose((Span("The rate was high."),)),
            chart,
        )
    )
    (whole,) = [text for text in texts if "Rates of death" in text]
    for said in ("The rate was high.", "Figure 1:"):
        assert said in whole
    assert whole.count("Defined so.") == 40


def test_a_source_is_named_once(document: Document) -> None:
    chart = next(one for one in document.blocks if isinstance(one, Chart) and one.id == "trend")
    fewer = dataclasses.replace(chart, sources=("example_deaths", "another"))
    drawing = typst._Drawing(document, document.chapters, {})
    shown = dataclasses.replace(chart, table=dataclasses.replace(chart.table, open=True))

    def below(one: Chart) -> list[str]:
        _, table = drawing.drawn(Placed(one, 2))
        return [line for line in table["below"] if line.startswith("Source:")]

    assert not below(shown) and not below(dataclasses.replace(shown, sources=fewer.sources))
    assert below(dataclasses.replace(shown, sources=()))
    (alone,) = drawing.drawn(Placed(chart, 2))
    assert alone["below"][-1].endswith(" Numbers and sources in full: Table 1, on the web page.")


def test_headline_figures_stand_on_one_page(report: Path) -> None:
    pages = [
        " ".join(one.extract_text().split()) for one in pypdf.PdfReader(report / "report.pdf").pages
    ]
    (summary,) = [text for text in pages if "Worcestershire in six figures" in text]
    assert summary.count("More in chapter") == 6
    assert "1. One page" in summary and "Record:" in summary and "Figure 1:" in summary


def test_tall_drawings_are_drawn_smaller_within_bounds() -> None:
    assert typst._share_of_width(236.0) == 1.0
    assert typst_client.SMALLEST < typst._share_of_width(290.0) < 1.0
    assert typst._share_of_width(400.0) == typst_client.SMALLEST
    assert typst._share_of_width(1120.0) == 0.5  # a page is not higher


def test_wide_tables_fit(document: Document) -> None:
    drawing = typst._Drawing(document, document.chapters, {})
    for table in all_tables(document.blocks):
        made = drawing.table(table)
        room = typst._TURNED if made["landscape"] else typst._UPRIGHT
        assert sum(made["widths"]) <= room + 0.01
    wide = next(one for one in all_tables(document.blocks) if one.id == "wide")
    wider = dataclasses.replace(
        wide,
        columns=(*wide.columns, *wide.columns[1:6]),
        rows=tuple((*row, *row[1:6]) for row in wide.rows),
    )
    assert drawing.table(wider)["landscape"]


def test_a_short_table_is_not_turned_for_its_long_cells(document: Document) -> None:
    wide = next(one for one in all_tables(document.blocks) if one.id == "wide")
    said = Column("Recent trend", "text")

    def turned(rows: int) -> bool:
        cells = (Cell("cannot be calculated, since the source has no counts " * 2),)
        longer = dataclasses.replace(
            wide,
            columns=(*wide.columns[:9], said),
            rows=tuple((*row[:9], *cells) for row in (wide.rows * rows)[:rows]),
        )
        return bool(typst._Drawing(document, document.chapters, {}).table(longer)["landscape"])

    assert [turned(rows) for rows in (4, 9, 40)] == [False, False, True]


def test_heading_goes_with_a_turned_table() -> None:
    heading = {"kind": "heading"}
    table = {"kind": "table", "landscape": True, "before": []}
    made = typst._headed([{"kind": "prose"}, heading, table])
    assert [one["kind"] for one in made] == ["prose", "table"]
    assert made[-1]["before"] == [heading]


def test_pages_are_numbered(pages: list[str], document: Document) -> None:
    count = len(pages)
    assert document.context.title in pages[0]
    assert "page 1 of" not in pages[0]
    for number, text in enumerate(pages[1:], 2):
        assert f"page {number} of {count}" in text


def test_chapters_follow_each_other_under_the_name_of_the_one_that_goes_on(
    pages: list[str], document: Document
) -> None:
    title = document.context.title
    seen = []
    for text in pages[2:]:
        (above,) = [
            one.label for one in document.chapters if text.startswith(f"{title} {one.label} ")
        ]
        seen.append(above)
    labels = [one.label for one in document.chapters]
    assert seen == sorted(seen, key=labels.index)
    assert seen[0] == labels[0] and seen[-1] == labels[-1]


def test_a_refused_block_is_named(document: Document) -> None:
    chapters = tuple(
        dataclasses.replace(
            chapter,
            blocks=tuple(
                dataclasses.replace(block, svg="<svg><not closed")
                if isinstance(block, Chart) and block.id == "trend"
                else block
                for block in chapter.blocks
            ),
        )
        for chapter in document.chapters
    )
    with pytest.raises(RenderError) as caught:
        typst.render_pdf(dataclasses.replace(document, chapters=chapters))
    (problem,) = caught.value.problems
    assert "chart 'trend'" in problem.where
    assert "SVG" in problem.what


def test_every_block_compiles_by_itself(document: Document) -> None:
    files: dict[str, bytes] = {}
    model = typst.printed_model(document, files, cover=True)
    (problem,) = typst._faults(model, files, "no block's fault")
    assert (problem.what, problem.where) == ("no block's fault", "report.pdf")


def test_exporter_is_found_by_name() -> None:
    from nbconvert.exporters import get_exporter

    assert get_exporter("needs-typst") is exporters.TypstReportExporter


def test_exporter() -> None:
    chapter = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# Deaths\n\nDeaths *registered* in the year.")],
        metadata={"papermill": {"parameters": {"areas": ["Rutland"], "year": 2022}}},
    )
    exporter = exporters.TypstReportExporter(report_date="2023-01-06")
    made, resources = exporter.from_notebook_node(chapter)
    assert resources["output_extension"] == ".pdf"
    assert check_pdf(made) == []
    reader = pypdf.PdfReader(io.BytesIO(made))
    assert reader.metadata is not None
    assert reader.metadata.title == "Deaths: Rutland, 2022"
    assert "Deaths registered in the year." in " ".join(reader.pages[0].extract_text().split())
