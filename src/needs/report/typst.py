"""The report as an accessible PDF (PDF/UA-1), compiled by Typst.

The document is handed to the template as data and not as markup, so that nothing that a publisher
prints is ever read as a command. Typst tags the page; what it cannot mark, the headings of a
table's rows, is marked afterwards.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from needs.chapters import blocks
from needs.chapters.blocks import (
    OWN,
    Bullets,
    Card,
    Cards,
    Chart,
    Heading,
    Methods,
    Notice,
    Picture,
    Prose,
    Register,
    Sources,
    Table,
)
from needs.charts.font_metrics import advances, font_folder
from needs.errors import Problem, RenderError
from needs.report import typst_client
from needs.report.block_html import View, comparison_words, trend_words
from needs.report.document import Chapter, Document, Placed, printed_date
from needs.words import english
from needs.words.text import Span, Text

#: Weights and slants that the report uses.
FACES = ("Regular", "It", "Semibold", "SemiboldIt", "Bold")

#: A table of more columns is turned on its side, unless its rows, or all of it, stay short upright.
PORTRAIT_COLUMNS = 8

# a chart and its words stay on one page: width and greatest height of the drawing, in points
#: Width of the text on an upright page, in points.
WIDTH = 482.0
_HEIGHT = 560.0
# a drawing that is higher than this is drawn smaller
_TALL = 250.0
_BREAKABLE = re.compile(r"\S{21,}")
_SPACES = re.compile(r"[\t\n\r\f\v\u2028\u2029]")
_NOTICES = {"missing": "Not available", "caution": "Caution", "information": "Note"}
# signs that take no room and need no glyph
_INVISIBLE = frozenset("\u00ad\u200b\u2060")

# width of the text on an upright page and on one turned on its side, in points
_UPRIGHT, _TURNED = 481.0, 728.0
# a table of no more lines is short: a page on its side would stand half empty, and one before it
_UPRIGHT_LINES = 45
# a number is never broken in two, nor is text of no more than this width
_UNBROKEN = 75.0
# a table of no more lines than these is not split between two pages
_WHOLE = 9
# a longer one has at least so many rows on either side of a page's end
_TOGETHER = 3
# room above and below the text of a table's row, in points
_ROW_GAP = 2.6

#: Where the register is, which is not printed.
REGISTER = (
    "Every number of this report, with its formula, interval, inputs and source rows, is in the "
    "figure register on the web page, in figures.csv and in figures.json."
)
#: Begins the list of what a chapter has and the PDF has not; numbers are those of the web page.
NOT_PRINTED = "On the web page and in tables.xlsx, not printed here"
#: Begins the list of chapters that the PDF has not.
NO_FIGURES = "Without figures to print, and on the web page alone"
#: The chapter that ends a document without annex, and what that says of its use.
ABOUT = "About this document"
ACCESSIBLE = (
    "Headings, tables, captions and pictures are marked up for screen readers, and every picture "
    "has an alternative text. The accessibility statement is in the annex of the web page. If you "
    "cannot use a part of this document, ask {whom} for another format."
)

Model = dict[str, Any]


def render_pdf(document: Document, *, cover: bool = True) -> bytes:
    """Draw the report as a tagged PDF with bookmarks, alternative texts and embedded fonts.

    Parameters
    ----------
    document : Document
    cover : bool
        Whether a cover and a contents page come first.

    Returns
    -------
    bytes
        PDF 1.7, PDF/UA-1. The same document gives the same bytes.

    Raises
    ------
    RenderError
        The compiler refused a block; names the block and says what the compiler said.
    """
    files: dict[str, bytes] = {}
    model = printed_model(document, files, cover=cover)
    try:
        return _compile(model, files, typst_client.typeset)
    except typst_client.RefusedError as error:
        raise RenderError(
            "The PDF could not be made.", problems=_faults(model, files, str(error))
        ) from error


# ---- compiling ---------------------------------------------------------------------------------


def _compile(
    model: Model, files: Mapping[str, bytes], compiler: Callable[[dict[str, bytes], str], bytes]
) -> bytes:
    template = resources.files("needs.report").joinpath("templates/report.typ").read_bytes()
    data = json.dumps(model, ensure_ascii=False).encode("utf-8")
    with faces() as folder:
        return compiler({"main.typ": template, "document.json": data, **files}, folder)


@contextlib.contextmanager
def faces() -> Iterator[str]:
    """A folder of the report's faces alone: no other font of theirs, or of the machine, counts."""
    with tempfile.TemporaryDirectory(prefix="needs-fonts-") as folder:
        for face in FACES:
            name = f"SourceSansPro-{face}.ttf"
            shutil.copyfile(font_folder() / name, Path(folder) / name)
        yield folder


def _faults(model: Model, files: Mapping[str, bytes], message: str) -> list[Problem]:
    """The blocks that do not compile by themselves; the compiler names only the template's line."""
    from needs.report import typst_process

    found = []
    for chapter in model["chapters"]:
        for block in chapter["blocks"]:
            alone = {**chapter, "blocks": [_by_itself(block)]}
            try:
                _compile(
                    {**model, "cover": False, "chapters": [alone]}, files, typst_process.compiled
                )
            except typst_client.RefusedError as error:
                where = f"{chapter['label']}, {block['name']}"
                found.append(Problem(str(error).strip(), where))
    return found or [Problem(message.strip(), "report.pdf")]


def _by_itself(part: Any) -> Any:
    """A block without what only the rest of the report makes right: links, levels of headings."""
    if isinstance(part, list):
        return [_by_itself(one) for one in part]
    if isinstance(part, dict):
        kept = {key: _by_itself(one) for key, one in part.items() if key != "entry"}
        return kept | {"level": 2} if "level" in kept else kept
    return part


# ---- the document as data ----------------------------------------------------------------------


def printable(text: str) -> str:
    """Text as the report's font can print it: a sign that it lacks is named in words.

    Examples
    --------
    >>> printable("5 £ – \N{GRINNING FACE}")
    '5 £ – (grinning face)'
    """
    if text.isascii():
        return _SPACES.sub(" ", text)
    out = []
    for sign in unicodedata.normalize("NFC", _SPACES.sub(" ", text)):
        if sign in advances() or sign in _INVISIBLE:
            out.append(sign)
        elif unicodedata.category(sign) == "Zs":
            out.append("\u00a0")
        elif unicodedata.category(sign) not in ("Cf", "Mn", "Cc"):
            out.append(f"({unicodedata.name(sign, f'U+{ord(sign):04X}').lower()})")
    return "".join(out)


def breakable(text: str) -> str:
    """Text for a narrow column: a long path or checksum can go on in the next line.

    Examples
    --------
    >>> breakable("ons_drug_deaths/2021localauthorities.xlsx").split("\u200b")
    ['ons_', 'drug_', 'deaths/', '2021localauthorities.', 'xlsx']
    """
    return _BREAKABLE.sub(lambda found: "\u200b".join(_parts(found[0])), printable(text))


def _parts(word: str) -> Iterator[str]:
    """What a long word falls into: at its signs, and where it has none at every eighth."""
    for part in re.findall(r"[^-_./]+[-_./]*|[-_./]+", word):
        yield from [part] if len(part) <= 21 else re.findall(r".{1,8}", part)


@dataclass(frozen=True)
class _Layout:
    """How a table stands on the page: widths of columns in points, 0 for the width of its text."""

    size: float
    inset: float
    turned: bool
    widths: tuple[float, ...]
    lines: int
    #: Height of the headings and the first rows that stay with them, in points.
    top: float = 0.0

    @classmethod
    def of(cls, table: Table, rows: Sequence[Sequence[str]]) -> _Layout:
        """The largest type, upright before turned, at which no word and no number is broken."""
        count = len(table.columns)
        for size, turned in ((9.5, False), (8.5, False), (8.0, False), (8.5, True), (7.5, True)):
            if size > 9 and count > 6:
                continue
            made, fits = cls._at(table, rows, size, turned)
            low = made.lines <= max(2.6 * len(rows), _UPRIGHT_LINES)
            if fits and (turned or count <= PORTRAIT_COLUMNS or low):
                return made
        return made

    @classmethod
    def _at(
        cls, table: Table, rows: Sequence[Sequence[str]], size: float, turned: bool
    ) -> tuple[_Layout, bool]:
        inset = 5.0 if len(table.columns) <= 6 else 3.5
        pad, room = 2 * inset + 1, _TURNED if turned else _UPRIGHT
        least, wanted, natural, amounts = [], [], [], []
        heads = [f"{one.label} ({one.unit})" if one.unit else one.label for one in table.columns]
        for position, column in enumerate(table.columns):
            heading = 1.05 * _width(heads[position], size)
            word = 1.05 * _longest_word(heads[position], size)
            body = [row[position] for row in rows]
            texts = [_width(text, size) for text in body] or [0.0]
            widest = max(texts)
            words = max((_longest_word(text, size) for text in body), default=0.0)
            kept = column.kind == "number" or widest <= _UNBROKEN
            narrow = max(word, widest if kept else words)
            least.append(narrow + pad)
            wanted.append(max(narrow, widest, 0.6 * heading) + pad)
            natural.append(max(widest, heading) + pad)
            amounts.append(sum(texts) / len(texts) + pad)
        if sum(natural) <= room:
            widths = (0.0,) * len(natural)
            lines = [1] * (1 + len(rows))
        else:
            widths = tuple(shared_widths(least, wanted, amounts, room))
            lines = [
                max(
                    math.ceil(1.05 * _width(text, size) / (width - pad))
                    for text, width in zip(row, widths, strict=True)
                )
                for row in (heads, *rows)
            ]
        top = sum(_height(one, size) + 2 * _ROW_GAP for one in lines[: 1 + _TOGETHER])
        return cls(size, inset, turned, widths, sum(lines[1:]), top), sum(least) <= room


def _width(text: str, size: float) -> float:
    known = advances()
    return sum(known.get(sign, 0.0) for sign in text) * size * 1.02


def _height(lines: int, size: float) -> float:
    """Height of some lines of a table's text, from the capitals of the first, in points."""
    return (0.66 * lines + 0.45 * (lines - 1)) * size


def _longest_word(text: str, size: float) -> float:
    return max((_width(word, size) for word in re.split(r"[\s\u200b]+", text)), default=0.0)


def shared_widths(
    least: Sequence[float], wanted: Sequence[float], text: Sequence[float], room: float
) -> list[float]:
    """Widths of columns that want more than there is.

    Each has what it cannot do without, and none more than it wants; between these a column is as
    wide as it has text, so that the cells of a row are about equally high.
    """
    if sum(least) >= room:
        return [low * room / sum(least) for low in least]
    if sum(wanted) <= room:
        return list(wanted)

    def at(scale: float) -> list[float]:
        return [
            max(low, min(scale * amount, high))
            for low, amount, high in zip(least, text, wanted, strict=True)
        ]

    small, large = 0.0, max(high / amount for high, amount in zip(wanted, text, strict=True))
    for _ in range(40):
        middle = (small + large) / 2
        small, large = (middle, large) if sum(at(middle)) <= room else (small, middle)
    return at(small)


class _Drawing:
    """What the blocks of one document need to know of it."""

    def __init__(
        self, document: Document, chapters: Sequence[Chapter], files: dict[str, bytes]
    ) -> None:
        self.document = document
        self.files = files
        self.view = View(document, document.context.catalogue)
        every = {one.anchor: tuple(one.parts()) for one in chapters}
        self.parts = {anchor: parts for anchor, parts in every.items() if not _empty(parts)}
        self.anchors = set(self.parts) | {
            one.anchor
            for parts in self.parts.values()
            for detail, placed in parts
            for one in placed
            if not detail and one.anchor
        }

    def text(
        self, text: Text | str, printed: Callable[[str], str] = printable
    ) -> list[str | Model]:
        if isinstance(text, str):
            return [printed(text)]
        return [self._span(span, printed) for span in text]

    def _span(self, span: Span, printed: Callable[[str], str]) -> str | Model:
        run: Model = {"text": printed(span.text)}
        if span.strong:
            run["strong"] = True
        if span.emphasis:
            run["emphasis"] = True
        if span.link.startswith("#"):
            if span.link[1:] in self.anchors:
                run["entry"] = span.link[1:]
        elif span.link:
            run["link"] = span.link
        return run if len(run) > 1 else str(run["text"])

    def lines(self, lines: Iterable[Text]) -> list[list[str | Model]]:
        return [self.text(line) for line in lines]

    def source(self, keys: Iterable[str]) -> str:
        named = "; ".join(name for name, _ in self.view.publishers(keys))
        return printable(f"Source: {named}.") if named else ""

    def drawn(self, placed: Placed) -> Iterator[Model]:
        """A block, and the table of a chart where it is printed."""
        block = placed.block
        yield self.block(placed)
        if isinstance(block, Chart) and block.table.open:
            yield self.table(block.table, sources=self.view.more_sources(block))

    def block(self, placed: Placed) -> Model:
        block = placed.block
        match block:
            case Heading():
                return {
                    "kind": "heading",
                    "name": f"heading '{block.text}'",
                    "level": block.level,
                    "text": f"{placed.number} {printable(block.text)}",
                    "anchor": placed.anchor,
                }
            case Prose():
                text = self.text(block.text)
                return {"kind": "prose", "name": "paragraph", "style": block.style, "text": text}
            case Bullets():
                items = self.lines(block.items)
                return {"kind": "bullets", "name": "list", "style": block.style, "items": items}
            case Notice():
                word = _NOTICES.get(block.kind, "Note")
                return {
                    "kind": "notice",
                    "name": f"notice '{block.title}'",
                    "type": block.kind,
                    "title": printable(f"{word}: {block.title}"),
                    "items": self.lines(block.items),
                }
            case Cards():
                return self.cards(block)
            case Table():
                return self.table(block)
            case Chart():
                return self.chart(block)
            case Picture():
                return self.picture(block)
            case Register():
                return self.note(REGISTER)
            case Sources() | Methods():
                raise TypeError("the document fills in its sources and methods")

    def cards(self, block: Cards) -> Model:
        return {
            "kind": "cards",
            "name": f"cards '{block.caption}'",
            "caption": printable(block.caption),
            "items": [self.card(one) for one in block.items],
            "source": self.source(block.sources),
        }

    def card(self, card: Card) -> Model:
        chapter = self.view.chapter(card)
        more: list[Model] = []
        if chapter and chapter.anchor in self.anchors:
            more = [{"text": f"More in chapter {chapter.number}", "entry": chapter.anchor}]
        return {
            "label": printable(card.label),
            "value": self.text((Span(card.value, card.figure),)),
            "detail": printable(card.detail),
            "comparison": card.comparison,
            "comparison-words": comparison_words(card),
            "comparators": [
                [printable(name), printable(value)] for name, value in card.comparators
            ],
            "meaning": printable(card.meaning),
            "trend": card.trend,
            "trend-is": card.trend_is,
            "trend-words": trend_words(card),
            "more": more,
        }

    def note(self, text: str) -> Model:
        """Small words."""
        return {"kind": "prose", "name": "note", "style": "note", "text": [printable(text)]}

    def table(self, table: Table, sources: bool = True) -> Model:
        symbols = self.view.symbols(table)
        meanings = "; ".join(f"[{mark}] {meaning}" for mark, meaning in symbols.items())
        below = [printable(note) for note in table.notes]
        if sources and table.sources:
            below.append(self.source(table.sources))
        rows = [[breakable(cell.text) for cell in row] for row in table.rows]
        layout = _Layout.of(table, rows)
        return {
            "kind": "table",
            "name": f"table '{table.id}'",
            "caption": printable(self.view.table_label(table.id) + table.caption),
            "shorthand": f"Shorthand in this table: {meanings}." if symbols else "",
            "columns": [
                {"label": breakable(one.label), "kind": one.kind, "unit": printable(one.unit)}
                for one in table.columns
            ],
            "rows": rows,
            "below": [line for line in below if line],
            "landscape": layout.turned,
            "before": [],
            "whole": layout.lines <= _WHOLE,
            "together": _TOGETHER,
            "top": layout.top,
            "size": layout.size,
            "inset": layout.inset,
            "row_gap": _ROW_GAP,
            "widths": layout.widths,
        }

    def chart(self, chart: Chart) -> Model:
        name = f"{chart.kind}-{chart.id}.svg"
        svg = chart.svg[chart.svg.index("<svg") :]
        self.files[name] = printable(svg).encode("utf-8")
        return {
            "kind": "chart",
            "name": f"{chart.kind} '{chart.id}'",
            "headline": self.text(chart.headline),
            "subtitle": printable(chart.subtitle),
            "file": name,
            "width": _share_of_width(WIDTH * _aspect(svg)),
            "alt": chart.alt,
            "caption": printable(self.view.chart_label(chart.id) + chart.table.caption),
            "below": [" ".join((self.source(chart.sources), self.behind(chart))).strip()],
            "fills": chart.fills,
        }

    def picture(self, picture: Picture) -> Model:
        """An image that people bring."""
        content = picture.svg.encode("utf-8")
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.svg"
        self.files[name] = content
        return {
            "kind": "picture",
            "name": f"image '{picture.alt}'",
            "file": name,
            "points": min(picture.width, WIDTH),
            "shape": picture.width / picture.height,
            "alt": printable(picture.alt),
            "caption": printable(picture.caption),
        }

    def behind(self, chart: Chart) -> str:
        """Where the numbers behind a chart are, if its table is not printed."""
        label = self.view.table_label(chart.table.id).rstrip(": ")
        return "" if chart.table.open else f"Numbers and sources in full: {label}, on the web page."

    def chapter(self, chapter: Chapter) -> Model:
        parts = self.parts[chapter.anchor]
        drawn = [
            model
            for detail, placed in parts
            if not detail
            for one in placed
            for model in self.drawn(one)
        ]
        if left := self.left_out(parts):
            drawn.append(self.note(f"{NOT_PRINTED}: {left}."))
        return {
            "label": printable(chapter.label),
            "anchor": chapter.anchor,
            "blocks": _kept(_headed(drawn)),
            "alone": any(one.get("fills") for one in drawn),
        }

    def left_out(self, parts: Iterable[tuple[bool, Sequence[Placed]]]) -> str:
        """The sections that are not printed, and the others that have more than is printed."""
        sections: list[str] = []
        more: dict[str, None] = {}
        number = ""
        for detail, placed in parts:
            first = placed[0]
            if detail and isinstance(first.block, Heading):
                sections.append(f"{first.number} {printable(first.block.text)}")
            elif detail:
                more[number] = None
            number = next((one.number for one in reversed(placed) if one.number), number)
        if more:
            where = english.listing([one for one in more if one])
            sections.append("more charts and tables" + (f" of {where}" if where else ""))
        return "; ".join(sections)


def _empty(parts: Sequence[tuple[bool, Sequence[Placed]]]) -> bool:
    """Whether a chapter has nothing to print: what it has is for looking things up."""
    printed = [one.block for detail, placed in parts if not detail for one in placed]
    said = any(
        not isinstance(one, (Heading, Prose))
        or getattr(one, "figures", ())
        or getattr(one, "style", "") == OWN
        for one in printed
    )
    return not said and any(detail for detail, _ in parts)


def _headed(drawn: Sequence[Model]) -> list[Model]:
    """Headings that stand right before a table on a turned page go with it to that page."""
    out: list[Model] = []
    for one in drawn:
        if one["kind"] == "table" and one["landscape"]:
            while out and out[-1]["kind"] == "heading":
                one["before"].insert(0, out.pop())
        out.append(one)
    return out


def _kept(drawn: Sequence[Model]) -> list[Model]:
    """Words that stay with what follows: a definition, and what is said of a chart or table."""
    followed = {"chart", "table"}
    return [
        one
        | {
            "sticky": one["style"] == "definition"
            or (one["style"] == "body" and bool(after) and after["kind"] in followed)
        }
        if one["kind"] == "prose"
        else one
        for one, after in zip(drawn, [*drawn[1:], {}], strict=False)
    ]


def _aspect(svg: str) -> float:
    """Height of a drawing by its width."""
    box = re.search(r'\sviewBox="[-0-9.e]+[ ,]+[-0-9.e]+[ ,]+([0-9.e]+)[ ,]+([0-9.e]+)"', svg)
    return float(box[2]) / float(box[1]) if box and float(box[1]) else 0.5


def _share_of_width(height: float) -> float:
    """How wide a drawing is that would be so high at the width of the page."""
    return min(1.0, max(_TALL / height, typst_client.SMALLEST), _HEIGHT / height)


def printed_model(
    document: Document, files: dict[str, bytes], *, cover: bool, annex: bool = True
) -> Model:
    """What is printed of a report, as data: for the PDF's template, and for Word.

    Parameters
    ----------
    document : Document
    files : dict of str to bytes
        Takes the drawings, by the names that the data give them.
    cover : bool
        Whether a cover and a contents page come first.
    annex : bool
        Whether annexes are printed too.

    Returns
    -------
    dict
        JSON data.
    """
    context = document.context
    wanted = [one for one in document.chapters if annex or not one.number.isalpha()]
    drawing = _Drawing(document, wanted, files)
    shown = [one for one in wanted if one.anchor in drawing.parts]
    chapters = [drawing.chapter(one) for one in shown]
    if not annex:  # which says this
        named = ", ".join(one for one in (context.organisation, context.team) if one)
        whom = f"{named} ({context.contact})".strip() if context.contact else "its publisher"
        said = drawing.note(ACCESSIBLE.format(whom=whom))
        about = {"label": ABOUT, "anchor": "about-this-document", "blocks": [said], "alone": False}
        chapters.append(about)
    if left := [one.label for one in wanted if one not in shown]:
        chapters[-1]["blocks"].append(drawing.note(f"{NO_FIGURES}: {'; '.join(left)}."))
    register = any(isinstance(block, Register) for one in wanted for block in one.blocks)
    if chapters and not register:
        chapters[-1]["blocks"].append(drawing.note(REGISTER))
    tables = blocks.all_tables(
        one.block
        for parts in drawing.parts.values()
        for detail, placed in parts
        for one in placed
        if not detail
    )
    if "sources" not in {one.id for one in tables}:  # licences ask for their lines
        lines = dict.fromkeys(one.attribution for one in document.sources)
        chapters[-1]["blocks"] += [drawing.note(line) for line in lines]
    codes = f" ({', '.join(context.area_codes)})" if context.area_codes else ""
    code = f" ({context.code_hash[:12]})" if context.code_hash else ""
    status = [
        ("Area", context.area_name + codes),
        ("Reporting year", str(context.year) if context.year else ""),
        ("Date of report", printed_date(context.date) if context.date else ""),
        ("Geography", context.geography),
        ("Code version", context.version + code if context.version else ""),
        *context.about,
    ]
    return {
        "title": printable(context.title),
        "author": printable(context.organisation) or "needs",
        "colour": context.colour or "#12436d",
        "draft": context.draft,
        "logo": drawing.picture(context.logo) if context.logo else None,
        "subtitle": printable(context.subtitle),
        "description": printable(context.subtitle or context.title),
        "keywords": [
            printable(word)
            for word in ("drugs", "alcohol", "needs assessment", context.area_name,
                         *context.area_codes, str(context.year or ""))
            if word
        ],
        "date": [int(part) for part in context.date.split("-")] if context.date else None,
        "status": [[name, printable(value)] for name, value in status if value],
        "note": "Analysis of published statistics; not itself official statistics. On the web "
        "page every underlined number leads to its formula, method and source; tables of detail "
        "are there, and in tables.xlsx.",
        "cover": cover,
        "chapters": chapters,
    }  # fmt: skip
