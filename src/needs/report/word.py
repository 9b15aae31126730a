"""The report as a Word document: what colleagues comment on.

It has what the PDF prints, without the annex, from the same data (`typst.printed_model`): headings,
captions, lists and tables are Word's own, drawings are pictures with the same alternative texts. A
long table is not in it; the document says where it is.
"""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.pkgwriter import PackageWriter
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.shape import CT_Inline
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from needs.report import typst_client
from needs.report.document import Document
from needs.report.spreadsheet import CONTROL, made_on, zipped
from needs.report.typst import WIDTH, Model, faces, printed_model, shared_widths
from needs.report.word_text import sent_part

#: A table of so many rows, or more, is not in the document.
LONG_TABLE = 12

#: Greatest width of a logo, in points.
_LOGO = 170.0

#: Dots an inch of the pictures.
DOTS = 220

_FONT = "Arial"
_INK, _QUIET = "0B0C0C", "3D3D3D"
_LINK = "0B4A8F"
_EDGE = {"caution": "F46A25", "missing": _QUIET}
_MARGIN = Mm(20)
_PAGE, _TURNED = (Mm(210), Mm(297)), (Mm(297), Mm(210))
#: Width of the text on a page that is turned on its side, in points.
_ACROSS = 728.0
#: Widths of the columns of headline figures, in points.
_CARD_WIDTHS = (88.0, 160.0, 124.0, 110.0)
#: Share of the page's width of the map on the one page, which is to hold all of it.
_FILLING = 0.7
#: Room beside the text of a cell, and for one of its letters, and of its heading's, in points.
_CELL, _LETTER, _HEAD_LETTER = 8.0, 5.0, 4.7

# what Word calls a style, its size in points, whether it is bold, and its colour; else the report's
_HEADINGS = {
    "Title": (30, True, ""),
    "Subtitle": (14, False, _QUIET),
    "Heading 1": (20, True, ""),
    "Heading 2": (15, True, ""),
    "Heading 3": (12.5, True, ""),
    "Heading 4": (11, True, ""),
    "TOC Heading": (20, True, ""),
    "Caption": (10, True, _INK),
    "Quote": (10.5, False, _INK),
}

_THIN = 'w:val="single" w:sz="4" w:space="0" w:color="BFBFBF"'
#: How a table begins: its first row and column are headings, and its name is for who cannot see it.
_TABLE = f"""<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{{style}}"/>\
<w:tblW w:type="auto" w:w="0"/><w:tblBorders><w:top {_THIN}/><w:left w:val="nil"/>\
<w:bottom {_THIN}/><w:right w:val="nil"/><w:insideH {_THIN}/><w:insideV w:val="nil"/>\
</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="70" w:type="dxa"/>\
<w:right w:w="70" w:type="dxa"/></w:tblCellMar><w:tblLook w:val="00A0" w:firstRow="1"\
 w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>\
<w:tblCaption w:val={{name}}/></w:tblPr>"""
# pictures one a page, each as wide as it is printed
_PICTURES = """#for (file, width) in json("pictures.json") {
  page(width: width * 1pt, height: auto, margin: 0pt, image(file, width: 100%))
}"""


def render_docx(document: Document) -> bytes:
    """Draw the report, without its annex, as a Word document.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        A .docx file; the same document gives the same bytes.
    """
    files: dict[str, bytes] = {}
    model = printed_model(document, files, cover=True, annex=False)
    writing = _Writing(model, _pictures(model, files))
    writing.cover()
    writing.contents()
    before: Model = {"alone": True}
    for chapter in model["chapters"]:
        writing.chapter(chapter, own_page=chapter["alone"] or before["alone"])
        before = chapter
    made = made_on(document)
    properties = writing.file.core_properties
    properties.title = model["title"]
    properties.subject = model["description"]
    maker = f"needs {document.context.version}".strip()
    properties.author = document.context.organisation or maker
    properties.last_modified_by = maker
    properties.keywords = ", ".join(model["keywords"])
    properties.comments = ""
    properties.language = "en-GB"
    properties.created = properties.modified = made
    properties.revision = 1
    parts = _parts(writing.file.part.package)
    return zipped(parts | sent_part(parts))


def _parts(package: Any) -> dict[str, bytes]:
    """The parts of a document's archive by their names, as the library's own writer orders them.

    It would compress them, pictures too, for `zipped` to undo that.
    """
    found: dict[str, bytes] = {}

    class Writer:
        def write(self, address: Any, content: bytes) -> None:
            found[address.membername] = content

    for part in package.parts:
        part.before_marshal()
    PackageWriter._write_content_types_stream(Writer(), package.parts)  # type: ignore[no-untyped-call]
    PackageWriter._write_pkg_rels(Writer(), package.rels)  # type: ignore[no-untyped-call]
    PackageWriter._write_parts(Writer(), package.parts)  # type: ignore[arg-type]
    return found


def _pictures(model: Model, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The drawings as PNG pictures, by the names of their files."""
    every = [block for chapter in model["chapters"] for block in chapter["blocks"]]
    every += [model["logo"]] if model["logo"] else []
    wanted = {
        block["file"]: WIDTH * block["width"] if block["kind"] == "chart" else block["points"]
        for block in every
        if block["kind"] in ("chart", "picture")
    }
    if not wanted:
        return {}
    given = {name: files[name] for name in wanted}
    given["main.typ"] = _PICTURES.encode()
    given["pictures.json"] = json.dumps([*wanted.items()]).encode()
    with faces() as folder:
        drawn = typst_client.rasterised(given, folder, DOTS)
    return dict(zip(wanted, drawn, strict=True))


class _Writing:
    """A document in the making."""

    def __init__(self, model: Model, pictures: Mapping[str, bytes]) -> None:
        self.model = model
        self.pictures = pictures
        self.colour = str(model["colour"]).removeprefix("#").upper()
        self.file = docx.Document(io.BytesIO(_blank(self.colour)))
        self.anchors: dict[str, str] = {}
        self.styles: dict[str, str] = {}
        self.marks = 0
        self.drawings = 0
        self.alone = False
        _set_page(self.file.sections[0], turned=False)
        self._running_lines()

    # ---- the frame ----

    def _running_lines(self) -> None:
        section = self.file.sections[0]
        above = section.header.paragraphs[0]
        above.text = _clean(self.model["title"])
        if self.model["draft"]:
            above.insert_paragraph_before(style="Header").add_run(self.model["draft"]).bold = True
        below = section.footer.paragraphs[0]
        below.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        below.add_run("page ")
        _field(below, "PAGE", "1")
        below.add_run(" of ")
        _field(below, "NUMPAGES", "1")

    def cover(self) -> None:
        """The title, and what the report says of itself."""
        if logo := self.model["logo"]:
            width = min(logo["points"], _LOGO)
            self._picture(self.pictures[logo["file"]], width, logo["alt"])
        self.paragraph([self.model["title"]], "Title")
        if self.model["draft"]:
            self.paragraph([{"text": self.model["draft"], "strong": True}], "Subtitle")
        if self.model["subtitle"]:
            self.paragraph([self.model["subtitle"]], "Subtitle")
        for name, value in self.model["status"]:
            self.paragraph([f"{name}: ", {"text": value, "strong": True}])
        self.paragraph([self.model["note"]], "Note")

    def contents(self) -> None:
        """A contents field, filled with links.

        Only who lays the pages out knows their numbers: Word asks, when the document is opened
        first, whether to update its fields, and puts them in.
        """
        _ask_for_fields(self.file.settings.element)
        self.paragraph(["Contents"], "TOC Heading").paragraph_format.page_break_before = True
        entries = [
            (1 if one is None else one["level"], one["text"] if one else chapter["label"],
             one["anchor"] if one else chapter["anchor"])
            for chapter in self.model["chapters"]
            for one in [None, *_sections(chapter["blocks"])]
        ]  # fmt: skip
        last = len(entries) - 1
        for place, (level, text, anchor) in enumerate(entries):
            line = self._styled_line(self.file.add_paragraph(), f"toc {level}")
            if place == 0:
                _begin_field(line, r'TOC \o "1-2" \h \z \u')
            self._link(line, {"text": text}, anchor)
            if place == last:
                _end_field(line)

    def chapter(self, chapter: Model, *, own_page: bool) -> None:
        """A chapter; one that fills its page begins one, and so does what follows it."""
        line = self.heading({"level": 1, "text": chapter["label"], "anchor": chapter["anchor"]})
        if own_page:
            line.paragraph_format.page_break_before = True
            line.paragraph_format.space_before = Pt(0)
        self.alone = chapter["alone"]
        for place, block in enumerate(chapter["blocks"]):
            self.block(block)
            if place == 0 and block["kind"] == "prose":  # never a chapter's title without more
                self.file.paragraphs[-1].paragraph_format.keep_with_next = True

    def block(self, block: Model) -> None:
        """One block of the printed report."""
        match block["kind"]:
            case "heading":
                self.heading(block)
            case "prose":
                self.prose(block)
            case "bullets":
                self.bullets(block)
            case "notice":
                self.notice(block)
            case "cards":
                self.cards(block)
            case "table":
                self.table(block)
            case "chart":
                self.chart(block)
            case "picture":
                self.picture(block)
            case other:
                raise TypeError(f"no such block in Word: {other}")

    # ---- words ----

    def paragraph(self, runs: Iterable[str | Model], style: str = "Normal") -> Any:
        """A paragraph of runs, as the printed report has them."""
        line = self._styled_line(self.file.add_paragraph(), style)
        before = line._p.getprevious()
        if before is not None and before.tag == qn("w:tbl"):
            line.paragraph_format.space_before = Pt(8)
        self.fill(line, runs)
        return line

    def _styled_line(self, line: Any, style: str) -> Any:
        """Give a paragraph a style by its id."""
        if style != "Normal":  # which a paragraph has that names none
            line._p.style = self._style_id(style)
        return line

    def _style_id(self, style: str) -> str:
        """A style's id; the library looks through all styles each time."""
        if style not in self.styles:
            self.styles[style] = self.file.styles[style].style_id
        return self.styles[style]

    def fill(self, line: Any, runs: Iterable[str | Model]) -> None:
        """Put runs into a paragraph."""
        for one in runs:
            if isinstance(one, str):
                _add_run(line, one)
            elif "entry" in one:
                self._link(line, one, one["entry"])
            elif "link" in one:
                self._link(line, one, address=one["link"])
            else:
                _styled(_add_run(line, one["text"]), one)

    def _link(self, line: Any, run: Model, anchor: str = "", address: str = "") -> None:
        link = OxmlElement("w:hyperlink")
        if anchor:
            link.set(qn("w:anchor"), self._bookmark(anchor))
        else:
            key = line.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            link.set(qn("r:id"), key)
        inside = _add_run(line, run["text"])
        _styled(inside, run)
        if address:
            inside.font.color.rgb = RGBColor.from_string(_LINK)
            inside.underline = True
        link.append(inside._r)
        line._p.append(link)

    def _bookmark(self, anchor: str) -> str:
        """A bookmark's name: Word allows 40 letters, digits and underscores."""
        short = re.sub(r"[^A-Za-z0-9_]", "_", anchor)[:30]
        return self.anchors.setdefault(anchor, f"{short}_{len(self.anchors) + 1}")

    def heading(self, block: Model) -> Any:
        """A heading, which links lead to."""
        line = self._styled_line(self.file.add_paragraph(), f"Heading {block['level']}")
        self.marks += 1
        begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for one in (begin, end):
            one.set(qn("w:id"), str(self.marks))
        begin.set(qn("w:name"), self._bookmark(block["anchor"]))
        line._p.append(begin)
        _add_run(line, block["text"])
        line._p.append(end)
        return line

    def prose(self, block: Model) -> None:
        """A paragraph in the style of what it is."""
        styles = {
            "finding": "Finding",
            "definition": "Definition",
            "note": "Note",
            "link": "Note",
            "quote": "Quote",
        }
        line = self.paragraph(block["text"], styles.get(block["style"], "Normal"))
        line.paragraph_format.keep_with_next = block["style"] in ("definition", "link", "finding")

    def bullets(self, block: Model) -> None:
        """A list; a numbered one begins with 1."""
        numbered = block["style"] == "numbered"
        number = _new_numbering(self.file) if numbered else None
        for item in block["items"]:
            line = self.paragraph(item, "List Number" if numbered else "List Bullet")
            if number is not None:
                line._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number

    def notice(self, block: Model) -> None:
        """What a reader must know, with an edge in the colour of its kind."""
        colour = _EDGE.get(block["type"], self.colour)
        lines = [self.paragraph([{"text": block["title"], "strong": True}], "Notice")]
        lines += [self.paragraph(item, "Notice") for item in block["items"]]
        for line in lines:
            line.paragraph_format.keep_with_next = line is not lines[-1]
            line.paragraph_format.space_before = Pt(8 if line is lines[0] else 0)
            _edge(line._p.get_or_add_pPr(), colour)

    # ---- tables and pictures ----

    def cards(self, block: Model) -> None:
        """Headline figures, as a table."""
        self.paragraph([block["caption"]], "Caption").paragraph_format.keep_with_next = True
        heads = ("Measure", "Value", "Elsewhere", "What it says")
        rows = [
            [
                [{"text": card["label"], "strong": True}],
                [*card["value"], *([f" ({card['detail']})"] if card["detail"] else [])],
                ["; ".join(f"{name}: {value}" for name, value in card["comparators"]) or "[z]"],
                [". ".join(one for one in (card["comparison-words"], card["trend-words"]) if one)],
            ]
            for card in block["items"]
        ]
        self._grid(block["caption"], heads, rows, _CARD_WIDTHS, followed=bool(block["source"]))
        self._below([block["source"]])

    def table(self, block: Model) -> None:
        """A short table; of a long one, where it is."""
        for heading in block["before"]:
            self.heading(heading)
        if len(block["rows"]) >= LONG_TABLE:
            self.paragraph(
                [f"{block['caption']}: {len(block['rows'])} rows, on the web page and in "
                 "tables.xlsx."], "Note",
            )  # fmt: skip
            return
        if block["landscape"]:
            self._turn(True)
        if block["shorthand"]:
            self.paragraph([block["shorthand"]], "Note").paragraph_format.keep_with_next = True
        self._caption(block["caption"]).paragraph_format.keep_with_next = True
        heads = [
            one["label"] + (f" ({one['unit']})" if one["unit"] else "") for one in block["columns"]
        ]
        widths = _wide(heads, block["rows"], _ACROSS if block["landscape"] else WIDTH)
        numbers = [one["kind"] == "number" for one in block["columns"]]
        rows = [[[cell] for cell in row] for row in block["rows"]]
        followed = bool(block["below"])
        self._grid(block["caption"], heads, rows, widths, numbers, followed=followed)
        self._below(block["below"])
        if block["landscape"]:
            self._turn(False)

    def _grid(
        self,
        name: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[Sequence[str | Model]]],
        widths: Sequence[float],
        numbers: Sequence[bool] = (),
        *,
        followed: bool,
    ) -> None:
        """Put in a table; all of it stays on a page, with what is `followed` by.

        Its frame is written whole, and then filled: the library adds cells one by one.
        """
        twips = [Pt(width).twips for width in widths]
        styles = [self._style_id(one) for one in ("Table heading", *["Table text"] * len(rows))]
        frame = [
            _row(twips, numbers, style, head=place == 0, stays=followed or place < len(rows))
            for place, style in enumerate(styles)
        ]
        columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
        opening = _TABLE.format(style=self._style_id("Table Grid"), name=quoteattr(_clean(name)))
        table = parse_xml(f"{opening}<w:tblGrid>{columns}</w:tblGrid>{''.join(frame)}</w:tbl>")
        self.file.element.body._insert_tbl(table)
        lines = table.iter(qn("w:p"))
        for row in ([[one] for one in heads], *rows):
            for _, text in zip(widths, row, strict=True):
                self.fill(Paragraph(next(lines), self.file._body), text)

    def chart(self, block: Model) -> None:
        """A drawing as a picture, between its headline and its caption."""
        for runs, style in ((block["headline"], "Chart headline"), ([block["subtitle"]], "Note")):
            self.paragraph(runs, style).paragraph_format.keep_with_next = True
        picture = self.pictures[block["file"]]
        width = WIDTH * (_FILLING if self.alone else block["width"])
        self._picture(picture, width, block["alt"], block["caption"])
        line = self._caption(block["caption"])
        line.paragraph_format.keep_with_next = any(block["below"])
        self._below(block["below"])

    def picture(self, block: Model) -> None:
        """An image that people bring."""
        self._picture(self.pictures[block["file"]], block["points"], block["alt"])
        if block["caption"]:
            self.paragraph([block["caption"]], "Caption")

    def _picture(self, picture: bytes, width: float, alt: str, name: str = "") -> None:
        line = self.file.add_paragraph()
        line.paragraph_format.keep_with_next = True
        line.paragraph_format.line_spacing = 1.0  # of a picture's height, more is blank
        self.drawings += 1
        # as the library puts a picture in, which would look through all ids for a new one
        key, image = line.part.get_or_add_image(io.BytesIO(picture))
        size = image.scaled_dimensions(Pt(width), None)
        inside = CT_Inline.new_pic_inline(self.drawings, key, image.filename, *size)
        line.add_run()._r.add_drawing(inside)
        for side in "TBLR":  # without it, LibreOffice sets a picture in from the margin
            inside.set(f"dist{side}", "0")
        for one in inside.iter(qn("wp:docPr"), qn("pic:cNvPr")):
            one.set("id", str(self.drawings))
            one.set("name", _clean(name) or f"Picture {self.drawings}")
            one.set("descr", _clean(alt))

    def _caption(self, text: str) -> Any:
        """A caption whose number is a field, so that Word can list and quote it."""
        line = self._styled_line(self.file.add_paragraph(), "Caption")
        found = re.match(r"(Figure|Table) (\d+)(: .*)", text, re.DOTALL)
        if not found:
            _add_run(line, text)
            return line
        _add_run(line, f"{found[1]} ")
        _field(line, rf"SEQ {found[1]} \* ARABIC \r {found[2]}", found[2])
        _add_run(line, found[3])
        return line

    def _below(self, lines: Iterable[str]) -> None:
        for one in lines:
            if one:
                self.paragraph([one], "Note")

    def _turn(self, turned: bool) -> None:
        _set_page(self.file.add_section(WD_SECTION.NEW_PAGE), turned=turned)


@functools.lru_cache(maxsize=4)  # of most reports the colour is the same
def _blank(colour: str) -> bytes:
    """A document without words, with the report's styles."""
    file = docx.Document()
    _set_styles(file, colour)
    relations = file.part.package.rels
    for key in [key for key, one in relations.items() if one.reltype.endswith("/thumbnail")]:
        del relations[key]  # a picture of the library's template
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


# ---- what Word needs ---------------------------------------------------------------------------


def _clean(text: str) -> str:
    return CONTROL.sub(" ", text).replace("\u200b", "")


def _add_run(line: Any, text: str) -> Any:
    """Add a run of text to a paragraph; the library takes it letter by letter."""
    text = _clean(text)
    if not text.isprintable():  # perhaps a tab or the end of a line
        return line.add_run(text)
    run = line.add_run()
    if text:
        run._r.add_t(text)
    return run


def _styled(run: Any, model: Model) -> None:
    run._r.get_or_add_rPr()
    for name, wanted in (("bold", "strong"), ("italic", "emphasis")):
        if model.get(wanted):
            setattr(run, name, True)


def _sections(blocks: Iterable[Model]) -> list[Model]:
    found = [one for one in blocks if one["kind"] == "heading"]
    found += [one for block in blocks if block["kind"] == "table" for one in block["before"]]
    order = {one["anchor"]: one for one in found}
    return [one for one in order.values() if one["level"] == 2]


def _wide(heads: Sequence[str], rows: Sequence[Sequence[str]], room: float) -> list[float]:
    """Widths of columns: no word is broken as long as all fit, and the text is of even height."""
    least, wanted, even = [], [], []
    for head, *texts in zip(heads, *rows, strict=True):
        sizes = [(head, _HEAD_LETTER), *((one, _LETTER) for one in texts)]
        words = (len(word) * letter for text, letter in sizes for word in text.split())
        lines = [len(text) * letter for text, letter in sizes]
        least.append(_CELL + max(words, default=0.0))
        wanted.append(_CELL + max(lines))
        even.append(_CELL + sum(lines) / len(lines))
    return shared_widths(least, wanted, even, room)


def _set_page(section: Any, *, turned: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if turned else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = _TURNED if turned else _PAGE
    section.left_margin = section.right_margin = _MARGIN
    section.top_margin, section.bottom_margin = Mm(23), Mm(17)
    section.header_distance = section.footer_distance = Mm(10)


def _set_styles(file: Any, main: str) -> None:
    styles = file.styles
    _typeface(styles["Normal"], 10.5, False, _INK)
    styles["Normal"].paragraph_format.space_after = Pt(8)
    styles["Normal"].paragraph_format.line_spacing = 1.15
    _speak_english(styles.element)
    _speak_english(file.settings.element)
    for name, (size, bold, colour) in _HEADINGS.items():
        _typeface(styles[name], size, bold, colour or main)
        styles[name].paragraph_format.keep_with_next = name not in ("Caption", "Quote")
        styles[name].paragraph_format.space_after = Pt(6)
    for edge in styles["Title"].element.iter(qn("w:pBdr")):
        edge.getparent().remove(edge)
    styles["TOC Heading"].element.get_or_add_pPr().get_or_add_outlineLvl().set(qn("w:val"), "9")
    for name, size, bold in (
        ("Finding", 10.5, False), ("Definition", 10.5, False), ("Note", 8.5, False),
        ("Notice", 10, False), ("Chart headline", 12, True), ("Table text", 9, False),
        ("Table heading", 8, True), ("toc 1", 10.5, True), ("toc 2", 10, False),
    ):  # fmt: skip
        made = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name.startswith("toc"))
        made.base_style = styles["Normal"]
        _typeface(made, size, bold, _QUIET if name == "Note" else _INK)
        if name.startswith(("Table", "toc")):
            made.paragraph_format.space_after = Pt(2)
        if name.startswith("toc"):
            tabs = made.paragraph_format.tab_stops
            tabs.add_tab_stop(Pt(WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        if name.startswith("Table"):
            made.paragraph_format.space_before = Pt(2)
            made.paragraph_format.line_spacing = 1.0
    styles["Note"].paragraph_format.space_after = Pt(4)
    styles["Note"].paragraph_format.line_spacing = 1.0
    styles["Quote"].paragraph_format.left_indent = Pt(18)
    styles["Chart headline"].paragraph_format.space_before = Pt(10)
    styles["Definition"].paragraph_format.space_before = Pt(4)
    styles["toc 2"].paragraph_format.left_indent = Pt(14)
    styles["toc 1"].paragraph_format.space_before = Pt(6)
    _edge(styles["Finding"].element.get_or_add_pPr(), "28A197")
    _shade(styles["Definition"].element.get_or_add_pPr())
    _shade(styles["Notice"].element.get_or_add_pPr())


def _typeface(style: Any, size: float, bold: bool, colour: str) -> None:
    """Set a style's face, instead of the theme's, which would go before it."""
    style.font.name, style.font.size, style.font.bold = _FONT, Pt(size), bold
    style.font.italic = False
    style.font.color.rgb = RGBColor.from_string(colour)
    for spacing in style.element.rPr.findall(qn("w:spacing")):
        style.element.rPr.remove(spacing)
    fonts = style.element.rPr.rFonts
    for key in [one for one in fonts.attrib if "Theme" in one]:
        del fonts.attrib[key]
    fonts.set(qn("w:cs"), _FONT)


def _ask_for_fields(settings: Any) -> None:
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    later = ("hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids")
    next(one for name in later for one in settings.iter(qn(f"w:{name}"))).addprevious(update)


def _speak_english(part: Any) -> None:
    for one in part.iter(qn("w:lang"), qn("w:themeFontLang")):
        one.set(qn("w:val"), "en-GB")


def _edge(properties: Any, colour: str) -> None:
    border = OxmlElement("w:pBdr")
    left = OxmlElement("w:left")
    for key, value in {"val": "single", "sz": "24", "space": "8", "color": colour}.items():
        left.set(qn(f"w:{key}"), value)
    border.append(left)
    properties.insert_element_before(
        border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc",
        "w:outlineLvl", "w:rPr", "w:sectPr",
    )  # fmt: skip


def _shade(properties: Any) -> None:
    shade = OxmlElement("w:shd")
    for key, value in {"val": "clear", "color": "auto", "fill": "F3F5F7"}.items():
        shade.set(qn(f"w:{key}"), value)
    properties.insert_element_before(
        shade, "w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr"
    )


def _row(
    widths: Sequence[int], numbers: Sequence[bool], style: str, *, head: bool, stays: bool
) -> str:
    """A row of a table without its words; one that `stays` is on the page of the next."""
    looks = f'<w:pStyle w:val="{style}"/>' + ("<w:keepNext/>" if stays else _NOT_NEXT)
    cells = (
        f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/></w:tcPr>'
        f"<w:p><w:pPr>{looks}{_RIGHT if right else ''}</w:pPr></w:p></w:tc>"
        for width, right in zip(widths, numbers or [False] * len(widths), strict=True)
    )
    properties = "<w:cantSplit/>" + ("<w:tblHeader/>" if head else "")
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


_NOT_NEXT, _RIGHT = '<w:keepNext w:val="0"/>', '<w:jc w:val="right"/>'


def _new_numbering(file: Any) -> int:
    """A list's numbering that begins with 1."""
    numbering = file.part.numbering_part.element
    own = file.styles["List Number"].element.pPr.numPr.numId.val
    kind = next(one.abstractNumId.val for one in numbering.num_lst if one.numId == own)
    made = numbering.add_num(kind)
    made.add_lvlOverride(ilvl=0).add_startOverride(1)
    number: int = made.numId
    return number


def _field(line: Any, code: str, shown: str) -> None:
    _begin_field(line, code)
    line.add_run(shown)
    _end_field(line)


def _begin_field(line: Any, code: str) -> None:
    _mark(line, "begin")
    inside = OxmlElement("w:instrText")
    inside.set(qn("xml:space"), "preserve")
    inside.text = f" {code} "
    line.add_run()._r.append(inside)
    _mark(line, "separate")


def _end_field(line: Any) -> None:
    _mark(line, "end")


def _mark(line: Any, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    line.add_run()._r.append(mark)
