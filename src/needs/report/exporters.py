"""nbconvert's exporters of one executed chapter: as an accessible page, and as an accessible PDF.

A run does not need them, as it renders all chapters as one report: they stand apart because
importing nbconvert takes longer than rendering does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import nbformat
from nbconvert.exporters import Exporter
from traitlets import Unicode, default

from needs.chapters.blocks import MIME_TYPE, Block, all_figures, from_model
from needs.report.document import Document, ReportContext, read_document
from needs.report.html import render_html
from needs.report.typst import render_pdf


def context_of_notebook(node: nbformat.NotebookNode, date: str = "") -> ReportContext:
    """What one executed chapter says about itself, for conversion outside a run.

    Examples
    --------
    >>> chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Deaths")])
    >>> chapter.metadata.papermill = {"parameters": {"areas": ["Rutland"], "year": 2022}}
    >>> context_of_notebook(chapter).title
    'Deaths: Rutland, 2022'
    """
    parameters: dict[str, Any] = dict(node.metadata.get("papermill", {}).get("parameters", {}))
    areas = parameters.get("areas") or ()
    named = [areas] if isinstance(areas, str) else [str(one) for one in areas]
    # a run sets codes; the figures of the chapter say whose they are
    names = {one.area_code: one.area_name for one in all_figures(_blocks(node))}
    area = (
        str(parameters.get("name") or "")
        or ", ".join(names.get(one, one) for one in named)
        or "no area named"
    )
    heading = next(
        (
            line.removeprefix("# ").strip()
            for cell in node.cells
            if cell.cell_type == "markdown"
            for line in cell.source.splitlines()
            if line.startswith("# ")
        ),
        "Chapter",
    )
    year = int(parameters.get("year") or 0)
    title = f"{heading}: {area}" + (f", {year}" if year else "")
    return ReportContext(title=title, area_name=area, year=year, date=date)


def _blocks(node: nbformat.NotebookNode) -> Iterator[Block]:
    """What the cells of an executed chapter show."""
    for cell in node.cells:
        for output in cell.get("outputs", ()):
            for model in output.get("data", {}).get(MIME_TYPE, ()):
                yield from_model(dict(model))


class _ReportExporter(Exporter):
    """One executed chapter, drawn as a report is."""

    report_date = Unicode("", help="Date of the report (ISO).").tag(config=True)

    def drawn(self, document: Document) -> str | bytes:
        """Draw the document."""
        raise NotImplementedError

    def from_notebook_node(  # type: ignore[override]  # as all of nbconvert's own do
        self, nb: nbformat.NotebookNode, resources: Any = None, **kw: Any
    ) -> tuple[str | bytes, dict[str, Any]]:
        """Convert one executed chapter; what readers do not get is told on nbconvert's log."""
        node, resources = super().from_notebook_node(nb, resources, **kw)
        document = read_document([node], context=context_of_notebook(node, self.report_date))
        for line in document.unshown:
            self.log.warning("Not shown to readers: %s", line)
        return self.drawn(document), resources


class HTMLReportExporter(_ReportExporter):
    """``jupyter nbconvert --to needs-html CHAPTER.ipynb``: one executed chapter as a page."""

    export_from_notebook = "Needs assessment (accessible HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def drawn(self, document: Document) -> str:
        """Draw the page."""
        return render_html(document)


class TypstReportExporter(_ReportExporter):
    """``jupyter nbconvert --to needs-typst CHAPTER.ipynb``: one executed chapter as a PDF."""

    export_from_notebook = "Needs assessment (accessible PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def drawn(self, document: Document) -> bytes:
        """Draw the PDF."""
        return render_pdf(document, cover=False)
