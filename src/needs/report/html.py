"""The report as one self-contained, accessible HTML page."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import font_source_sans_pro
import nbformat
from fontTools import subset  # type: ignore[import-untyped]
from markupsafe import Markup
from nbconvert.exporters import Exporter
from traitlets import Unicode, default

from needs.blocks import MIME_TYPE, Block, Register, all_figures, from_model
from needs.report.document import Document, ReportContext, read_document
from needs.report.fragments import View, draw, environment

FONTS = Path(font_source_sans_pro.__file__).parent / "files"

# what English official statistics print: Latin-1 and the punctuation and signs beyond it
_CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *map(ord, "–—‘’“”…•−×÷≤≥≈→←↑↓ŵŷŴŶ"),
]


@functools.cache
def font_address(file: str) -> str:
    """A font as a data address: only the characters needed, so that the page stays small.

    The font is not compressed: compression libraries differ from machine to machine, and the same
    report must have the same bytes on all.

    Parameters
    ----------
    file : str
        Name of a file of the Source Sans Pro package.
    """
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "tnum", "locl"]
    options.recalc_timestamp = False
    font = subset.load_font(str(FONTS / file), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=_CHARACTERS)
    subsetter.subset(font)
    data = io.BytesIO()
    font.save(data)
    font.close()
    return "data:font/ttf;base64," + base64.b64encode(data.getvalue()).decode("ascii")


def render_html(document: Document) -> str:
    """Draw the report as a page that needs nothing else: no script, no font, no image elsewhere.

    The page's own policy lets a browser load nothing, and run no script but the page's own, which
    only adds to what is there: columns that sort, a chart or its table alone, a map read area by
    area.

    Parameters
    ----------
    document : Document

    Returns
    -------
    str
        The same document gives the same text.
    """
    view = View(document, document.context.catalogue)
    chapters = [
        (
            chapter,
            Markup("").join(
                draw(block, view, level=level + 1, number=number, anchor=anchor)
                for block, level, number, anchor in chapter.outline()
            ),
        )
        for chapter in document.chapters
    ]
    template = environment().get_template("report.html.j2")
    return template.render(
        document=document,
        context=document.context,
        chapters=chapters,
        register=None
        if any(isinstance(block, Register) for block in document.blocks)
        else draw(Register(), view, level=2),
        register_anchor=register_anchor(document),
        attributions=list(dict.fromkeys(one.attribution for one in document.sources)),
        style=Markup(environment().get_template("report.css").render()),
        fonts=[
            (400, font_address("SourceSansPro-Regular.ttf")),
            (600, font_address("SourceSansPro-Semibold.ttf")),
        ],
    )


def register_anchor(document: Document) -> str:
    """The anchor of the section that holds the register."""
    for chapter in document.chapters:
        last = chapter.anchor
        for block, _, _, anchor in chapter.outline():
            last = anchor or last
            if isinstance(block, Register):
                return last
    return "register"


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


class HTMLReportExporter(Exporter):
    """``jupyter nbconvert --to needs-html CHAPTER.ipynb``: one executed chapter as a page."""

    export_from_notebook = "Needs assessment (accessible HTML)"
    output_mimetype = "text/html"
    report_date = Unicode("", help="Date printed on the page (ISO).").tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]  # as all of nbconvert's own do
        self, nb: nbformat.NotebookNode, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert one executed chapter."""
        node, resources = super().from_notebook_node(nb, resources, **kw)
        context = context_of_notebook(node, self.report_date)
        return render_html(read_document([node], context=context)), resources
