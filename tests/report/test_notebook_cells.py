"""Nothing that an author writes into a chapter is lost in silence: it is shown, or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pytest
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
    new_raw_cell,
)

from needs.chapters.blocks import Blocks, Bullets, Chart, Heading, Prose, Table
from needs.commands import run as runs
from needs.commands.verify import verify
from needs.errors import NeedsError, Problem, RenderError
from needs.report import accessibility
from needs.report import manifest as manifests
from needs.report.document import ReportContext, read_document
from needs.report.notebook_cells import read_cells
from needs.report.parameters import RunParameters
from needs.words.text import Span, plain

CONTEXT = ReportContext(title="Needs: Rutland, 2022", area_name="Rutland", year=2022)

PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 640x480 with 1 Axes>"}
FRAME = {"text/html": '<div><table border="1" class="dataframe"></table></div>', "text/plain": "a"}


def shown(data: dict[str, Any], kind: str = "display_data") -> Any:
    """A code cell that shows one output."""
    more = {"execution_count": 1} if kind == "execute_result" else {}
    return new_code_cell("x", execution_count=1, outputs=[new_output(kind, data, **more)])


def read(*cells: Any, name: str = "04a_local_context.ipynb") -> tuple[Any, list[Problem]]:
    """What is read of a chapter whose first cell is its title."""
    problems: list[Problem] = []
    node = new_notebook(cells=[new_markdown_cell("# Local context"), *cells])
    return read_cells(node, name, problems), problems


def markdown(source: str) -> tuple[list[Any], list[Problem]]:
    found, problems = read(new_markdown_cell(source))
    return found.items, problems


# Markdown

TABLE = """Table: Needle exchanges by district, 2022

| District | Sites | Share | Open |
|---|--:|---|---|
| Malvern Hills | 1,204 | 12.5% | yes |
| Redditch | **3** | [c] | −2 |
"""


def test_a_table_is_a_table_with_caption_headings_and_numbers() -> None:
    (table,), problems = markdown(TABLE)
    assert problems == [] and isinstance(table, Table)
    assert table.id == "written-04a_local_context-1"
    assert table.caption == "Needle exchanges by district, 2022"
    assert [(one.label, one.kind) for one in table.columns] == [
        ("District", "header"),
        ("Sites", "number"),
        ("Share", "number"),
        ("Open", "text"),
    ]
    cells = [[(one.text, one.value) for one in row] for row in table.rows]
    assert cells[0] == [("Malvern Hills", None), ("1,204", 1204), ("12.5%", 12.5), ("yes", None)]
    assert cells[1] == [("Redditch", None), ("3", 3), ("[c]", None), ("−2", None)]


def test_a_table_without_a_caption_is_named_by_its_section() -> None:
    table = "| a | b |\n|-|-|\n| x | 1 |\n"
    found, problems = read(new_markdown_cell(f"{table}\nWords.\n\n## Sites\n\n{table}\n{table}"))
    tables = [one for one in found.items if isinstance(one, Table)]
    assert problems == []
    assert [one.caption for one in tables] == ["Local context", "Sites", "Sites (2)"]
    assert len({one.id for one in tables}) == 3
    document = read_document(
        [new_notebook(cells=[new_markdown_cell(f"# Local\n\n{table}\n{table}")])], context=CONTEXT
    )
    assert list(document.table_numbers.values()) == [1, 2]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("![A chart](chart.png)", "An image"),
        ("![A chart](attachment:chart.png)", "An image"),
        ("```\nx = 1\n```", "A block of code"),
        ("    x = 1", "A block of code"),
        ("The `x`.", "Code within a text"),
        ("> Said a resident.", "A block quote"),
        ("<div>Words</div>", "HTML"),
        ("Two<br>lines", "HTML"),
        ("It was $x^2$.", "A formula"),
        ("$$\nx\n$$", "A formula"),
        ("It was ~~3~~ 4.", "Struck-out text"),
        ("- [x] done\n- [ ] open", "A list with boxes to tick"),
        ("Deaths[^1] rose.\n\n[^1]: Registered.", "A footnote"),
        ("[^1]: Registered", "A footnote"),
        ("[c]: confidential", "The line '[c]: …'"),
        ("One\n\n---\n\ntwo", "A line across the page"),
        ("#### Deep", "A level-4 heading"),
        ("## [Deaths](https://example.gov.uk)", "A link in a heading"),
        ("- one\n    - two", "A list inside a list item"),
        ("- one\n\n  and more", "A list item of several paragraphs"),
        ("3. three\n4. four", "A list that begins with 3"),
        ("[here](deaths.xlsx)", "A link to 'deaths.xlsx'"),
        ("| a | b |\n|---|---|\n| 1 |", "Rows of a table"),
        ("| a | b |\n|---|---|", "A table has no rows"),
        ("| a | b |\n|---|---|\n| x | |", "A cell of a table says nothing"),
        ("| a | b |\n|---|---|\n| x | - |", "A cell of a table says nothing: '-'"),
        ("| | b |\n|---|---|\n| x | 1 |", "A cell of a table says nothing"),
        ("| a | b |\n|---|---|\n| x | [y](https://y.uk) |", "A link in a table"),
        ("| a | b |\n|---|---|\n| x | ![y](y.png) |", "An image"),
    ],
)
def test_markdown_that_no_output_draws_is_told_with_its_cell(source: str, words: str) -> None:
    _, problems = markdown(source)
    assert any(one.what.startswith(words) for one in problems), problems
    assert all(one.where.startswith("04a_local_context.ipynb, cell 2") for one in problems)
    assert all(one.remedy for one in problems)


def test_what_markdown_can_say_is_all_said() -> None:
    source = """## Where *we* are

Some **words** of [a page](https://example.gov.uk/deaths), \\$5 and £6 <!-- mine -->
in two lines &amp; more: 2 < 3.

<!-- a note to myself -->

1. one

2. two
"""
    items, problems = markdown(source)
    assert problems == []
    assert [type(one) for one in items] == [Heading, Prose, Bullets]
    assert items[0].text == "Where we are"
    said = plain(items[1].text)
    assert said == "Some words of a page, $5 and £6  in two lines & more: 2 < 3."
    assert [plain(one) for one in items[2].items] == ["one", "two"]
    assert items[2].style == "numbered"


# Outputs of code


@pytest.mark.parametrize(
    ("data", "words", "remedy"),
    [
        (PICTURE, "A picture", "needs.chart"),
        ({"image/svg+xml": "<svg/>", "text/plain": "x"}, "A picture", "alternative text"),
        (
            {"text/plain": "<Figure size 640x480 with 1 Axes>"},
            "A picture",
            "needs.chart",
        ),
        (FRAME, "A table as pandas displays it", "needs.table"),
        ({"text/html": "<b>x</b>", "text/plain": "x"}, "HTML", "Markdown and blocks"),
        ({"text/latex": "$x$", "text/plain": "x"}, "A formula", "Markdown and blocks"),
        ({"application/javascript": "1"}, "A script", "Markdown and blocks"),
        ({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "x"},
         "An interactive widget", "Markdown and blocks"),
        ({"application/vnd.plotly.v1+json": {}, "text/html": "x"},
         "An interactive chart", "needs.chart"),
        ({"application/vnd.vegalite.v5+json": {}, "image/png": "x"},
         "An interactive chart", "needs.chart"),
        ({"application/json": {}, "text/plain": "x"},
         "An output of the kind application/json", "Markdown and blocks"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["display_data", "execute_result"])
def test_an_output_that_no_report_shows_is_told_with_what_counts(
    data: dict[str, Any], words: str, remedy: str, kind: str
) -> None:
    found, (only,) = read(shown(data, kind))
    assert only.what == f"{words} is not shown in the report."
    assert only.where == "04a_local_context.ipynb, cell 2"
    assert remedy in only.remedy and "'remove-output'" in only.remedy
    assert found.items == [] and found.unshown == []


def test_each_of_several_outputs_of_a_cell_counts() -> None:
    block = Prose((Span("Words."),))
    outputs = [
        new_output("stream", text="printed\n"),
        new_output("display_data", Blocks((block,))._repr_mimebundle_()),
        new_output("display_data", PICTURE),
        new_output("display_data", {"text/markdown": "Computed *words*.", "text/plain": "M"}),
        new_output("execute_result", FRAME, execution_count=1),
    ]
    found, problems = read(new_code_cell("x", execution_count=1, outputs=outputs))
    assert [plain(one.text) for one in found.items] == ["Words.", "Computed words."]
    assert [one.what.split(" is ")[0] for one in problems] == [
        "A picture",
        "A table as pandas displays it",
    ]
    assert found.unshown == ["04a_local_context.ipynb, cell 2: what it prints"]


@pytest.mark.parametrize("result", ["3", "'words'", "{'a': 1}", "0    1\nName: a, dtype: int64"])
def test_plain_results_and_printed_text_are_the_authors_and_told(result: str) -> None:
    printed = new_code_cell("p", execution_count=1, outputs=[new_output("stream", text="secret")])
    found, problems = read(shown({"text/plain": result}, "execute_result"), printed)
    assert problems == [] and found.items == []
    assert found.unshown == [
        "04a_local_context.ipynb, cell 2: its result, which is plain text",
        "04a_local_context.ipynb, cell 3: what it prints",
    ]


def test_a_cell_that_checks_the_notebook_is_not_told() -> None:
    outputs = [new_output("stream", text="Worcestershire")]
    cell = new_code_cell("# NBVAL_CHECK_OUTPUT\nprint(na)", execution_count=1, outputs=outputs)
    assert read(cell)[0].unshown == []


def test_what_an_author_keeps_to_himself_is_tagged() -> None:
    cells = [shown(PICTURE), new_raw_cell("mine"), new_markdown_cell("![mine](x.png)")]
    for cell, tag in zip(cells, ("remove-output", "remove-cell", "remove-cell"), strict=True):
        cell.metadata["tags"] = [tag]
    found, problems = read(*cells)
    assert problems == [] and found.items == [] and found.unshown == []


def test_a_raw_cell_and_a_cell_that_was_not_run_are_told() -> None:
    _, problems = read(new_raw_cell("Words."), new_code_cell("x"), new_raw_cell("  "))
    assert [(one.what, one.where) for one in problems] == [
        ("A raw cell is not shown in the report.", "04a_local_context.ipynb, cell 2"),
        ("1 of its cells was not run.", "04a_local_context.ipynb, cell 3"),
    ]


def test_cells_are_counted_as_their_author_counts_them() -> None:
    given = new_code_cell("year = 2022", metadata={"tags": ["parameters"]})
    injected = new_code_cell("year = 2023", metadata={"tags": ["injected-parameters"]})
    injected.execution_count = 1
    _, (only,) = read(given, injected, shown(FRAME))
    assert only.where == "04a_local_context.ipynb, cell 3"


def test_a_block_by_itself_is_shown_as_blocks_are() -> None:
    block = Prose((Span("Words."),))
    assert block._repr_mimebundle_() == Blocks((block,))._repr_mimebundle_()


# Where chapters stand


def titled(title: str, name: str) -> Any:
    return new_notebook(
        cells=[new_markdown_cell(f"# {title}\n\nWords.")], metadata={"needs": {"name": name}}
    )


def test_chapters_are_numbered_where_they_stand() -> None:
    nodes = [
        titled("Families", "04_families.ipynb"),
        titled("Local context", "04a_local_context.ipynb"),
        titled("Deaths", "05_deaths.ipynb"),
        titled("Annex", "10_annex.ipynb"),
        titled("Later", "11_later.ipynb"),
    ]
    document = read_document(nodes, context=CONTEXT)
    assert [one.label for one in document.chapters] == [
        "1. Families",
        "2. Local context",
        "3. Deaths",
        "Annex A: Sources, methods and register",
        "Annex B: Later",
    ]
    found = document.chapter_named("local_context")
    assert found is not None and found.anchor == "chapter-2"


# A whole report of an analyst's chapter

PARAMETERS = 'areas = ["Worcestershire"]\nyear = 2022\nname = ""'


def examples(root: Path) -> list[str]:
    """The Python examples of docs/commands.md, section Chapters."""
    text = (root / "docs" / "commands.md").read_text(encoding="utf-8").split("## Chapters")[1]
    return [part.split("```")[0] for part in text.split("```python\n")[1:]]


def project(folder: Path, *cells: Any) -> Path:
    first = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    made = [new_markdown_cell("# Local context"), first, *cells]
    folder.mkdir()
    nbformat.write(
        new_notebook(cells=made, metadata={"kernelspec": kernel}),
        folder / "04a_local_context.ipynb",
    )
    return folder


def test_the_documents_examples_make_a_report_that_passes(
    root: Path, processed: Path, tmp_path: Path
) -> None:
    codes = examples(root)
    assert len(codes) == 2
    cells = [new_markdown_cell(TABLE), *map(new_code_cell, codes)]
    cells += [new_code_cell("print('not for readers')"), new_code_cell("object()")]
    options = {
        "raw": root / "data" / "raw" / "worcestershire",
        "processed": processed,
        "notebooks": project(tmp_path / "notebooks", *cells),
    }
    values = {"areas": ["Worcestershire"], "year": 2022, "date": "2026-11-21"}
    folder = runs.run(RunParameters.check(values), out=tmp_path / "reports", **options)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert accessibility.check_html(page) == []
    assert accessibility.check_pdf((folder / "report.pdf").read_bytes()) == []
    assert "Needle exchanges by district, 2022" in page and "not for readers" not in page
    sheet = openpyxl.load_workbook(folder / "tables.xlsx")["Table_1"]
    rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    assert ("Malvern Hills", 1204, 12.5, "yes") in rows
    assert manifests.read(folder)["not_shown"] == [
        "04a_local_context.ipynb, cell 6: what it prints",
        "04a_local_context.ipynb, cell 7: its result, which is plain text",
    ]
    document = read_document(
        [nbformat.read(folder / "notebooks" / "04a_local_context.ipynb", as_version=4)],
        context=CONTEXT,
    )
    assert [type(one) for one in document.blocks] == [Table, Chart, Table]
    assert verify(folder, **options)[1] == "Made again, they are the same byte for byte."


@pytest.mark.parametrize(
    "engine", ["inprocess", pytest.param("nbclient", marks=pytest.mark.kernel)]
)
def test_a_plain_figure_and_a_data_frame_are_told(
    processed: Path, tmp_path: Path, engine: str
) -> None:
    cells = [
        new_code_cell("import pandas as pd\npd.DataFrame({'a': [1]})"),
        new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
    ]
    notebooks = project(tmp_path / "notebooks", *cells)
    values = {"areas": ["E10000034"], "year": 2022, "name": ""}
    with runs._processed_data(processed):
        node = runs.execute(
            notebooks / "04a_local_context.ipynb", values, tmp_path, area="A", engine=engine
        )
    with pytest.raises(RenderError) as caught:
        read_document([node], context=CONTEXT)
    assert isinstance(caught.value, NeedsError)
    assert [(one.what, one.where) for one in caught.value.problems] == [
        ("A table as pandas displays it is not shown in the report.",
         "04a_local_context.ipynb, cell 3"),
        ("A picture is not shown in the report.", "04a_local_context.ipynb, cell 4"),
    ]  # fmt: skip
