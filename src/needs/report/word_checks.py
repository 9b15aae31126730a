"""Checks of a report's Word document: what Word's own checker asks, and what it cannot see."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from needs.errors import Problem
from needs.report.accessibility import alt_faults, link_faults
from needs.report.notebook_cells import NOTHING

_SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rel": "http://schemas.openxmlformats.org/package/2006/relationships",
}
_W = f"{{{_SPACES['w']}}}"
#: Fewest dots an inch of a picture.
LEAST_DOTS = 200
#: What a length is measured in: English Metric Units to an inch.
_INCH = 914_400

DOCUMENT = "word/document.xml"


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a Word document, by name.

    Raises
    ------
    ValueError
        This is not one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(one.file_size for one in archive.infolist()) > 500_000_000:
                raise ValueError("it is larger than 500 MB unpacked")
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(f"it is not a Word document: {error}") from None
    if DOCUMENT not in parts:
        raise ValueError(f"it has no {DOCUMENT}")
    return parts


def xml(part: bytes) -> Any:
    """A part's XML, without entities and addresses being followed.

    Raises
    ------
    ValueError
        It is not XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(part, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"a part of it cannot be read: {error}") from None


def by_xpath(node: Any, path: str) -> list[Any]:
    """Nodes by an XPath, with the usual prefixes."""
    return list(_xpath(path)(node))


@functools.cache  # a document is asked the same of each paragraph
def _xpath(path: str) -> Any:
    return etree.XPath(path, namespaces=_SPACES)


def text_of(node: Any) -> str:
    """The text of a paragraph or cell, without what field codes say."""
    return " ".join("".join(by_xpath(node, ".//w:t/text()")).split())


def style_of(paragraph: Any) -> str:
    """The key of a paragraph's style; empty for the normal one."""
    return next(iter(by_xpath(paragraph, "w:pPr/w:pStyle/@w:val")), "")


def check_docx(data: bytes) -> list[Problem]:
    """Check a report's Word document.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    list of Problem
        Empty when nothing was found.

    Examples
    --------
    >>> check_docx(b"not a document")[0].what
    'The file cannot be read: it is not a Word document: File is not a zip file.'
    """
    try:
        parts = parts_of(data)
        body = xml(parts[DOCUMENT])
        return [
            *_document(parts, body),
            *_headings(body),
            *_pictures(parts, body),
            *_tables(body),
            *_links(parts, body),
        ]
    except (KeyError, ValueError) as error:
        return [Problem(f"The file cannot be read: {error}.")]


def _document(parts: dict[str, bytes], body: Any) -> Iterator[Problem]:
    core = xml(parts["docProps/core.xml"])
    if not "".join(by_xpath(core, "dc:title/text()")).strip():
        yield Problem("The document has no title.", "docProps/core.xml")
    languages = set(by_xpath(xml(parts["word/styles.xml"]), "w:docDefaults//w:lang/@w:val"))
    if languages != {"en-GB"}:
        yield Problem("The document's language is not British English.", "word/styles.xml")
    if not any(" TOC " in one for one in by_xpath(body, ".//w:instrText/text()")):
        yield Problem("The document has no contents field.", DOCUMENT)
    if by_xpath(body, ".//wp:anchor | .//w:pict | .//w:txbxContent"):
        what = "A picture or box floats over the text: a screen reader may miss it."
        yield Problem(what, DOCUMENT, "Set it in line with the text.")


def _headings(body: Any) -> Iterator[Problem]:
    level = 0
    for paragraph in body.iter(f"{_W}p"):
        style = style_of(paragraph)
        if not style.startswith("Heading") or not style[7:].isdigit():
            continue
        said, own = text_of(paragraph), int(style[7:])
        if not said:
            yield Problem("A heading is empty.", style)
        if own > level + 1:
            yield Problem(f"A level-{own} heading follows level {level}.", said)
        level = own
    if not level:
        yield Problem("The document has no headings.", DOCUMENT)


def _pictures(parts: dict[str, bytes], body: Any) -> Iterator[Problem]:
    targets = _targets(parts)
    for one in by_xpath(body, ".//wp:inline"):
        drawn = by_xpath(one, "wp:docPr")[0]
        alt, name = drawn.get("descr", ""), drawn.get("name", "")
        for what in alt_faults(alt, [name], chart=name.startswith("Figure ")):
            yield Problem(what, name)
        (key,) = by_xpath(one, ".//a:blip/@r:embed")
        width = int(by_xpath(one, "wp:extent/@cx")[0]) / _INCH
        picture = parts[f"word/{targets[key]}"]
        if picture[:8] == b"\x89PNG\r\n\x1a\n":
            dots = int.from_bytes(picture[16:20], "big") / width
            if dots < LEAST_DOTS:
                yield Problem(f"The picture has {dots:.0f} dots an inch.", name)


def _tables(body: Any) -> Iterator[Problem]:
    for table in by_xpath(body, ".//w:tbl"):
        where = next(iter(by_xpath(table, "w:tblPr/w:tblCaption/@w:val")), "")
        if not where:
            yield Problem("A table has no name.", text_of(table)[:60])
        before = table.getprevious()
        if before is None or style_of(before) != "Caption":
            yield Problem("A table has no caption above it.", where)
        rows = by_xpath(table, "w:tr")
        heads = [row for row in rows if by_xpath(row, "w:trPr/w:tblHeader")]
        if heads != rows[:1]:
            yield Problem("The table's first row is not its one header row.", where)
        if by_xpath(table, ".//w:gridSpan | .//w:vMerge | .//w:tbl"):
            yield Problem("The table has merged cells, or a table within it.", where)
        if by_xpath(table, "w:tblPr/w:tblLook/@w:firstColumn") != ["1"]:
            yield Problem("The table's first column is not marked as its rows' headings.", where)
        if len({len(by_xpath(row, "w:tc")) for row in rows}) > 1:
            yield Problem("Rows of the table have different numbers of cells.", where)
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(by_xpath(row, "w:tc"), 1):
                if (said := text_of(cell)) in NOTHING:
                    what = f"A cell is blank or says nothing: '{said}'."
                    yield Problem(what, f"{where}, row {number}, cell {place}")


def _links(parts: dict[str, bytes], body: Any) -> Iterator[Problem]:
    marks = by_xpath(body, ".//w:bookmarkStart/@w:name")
    if len(set(marks)) < len(marks):
        yield Problem("Two bookmarks have one name.", DOCUMENT)
    for link in by_xpath(body, ".//w:hyperlink"):
        said = text_of(link)
        for what in link_faults(said):
            yield Problem(what, said)
        anchor = next(iter(by_xpath(link, "@w:anchor")), None)
        if anchor is not None and anchor not in marks:
            yield Problem(f"The link '{said}' leads to '{anchor}', which is not there.", said)


def _targets(parts: dict[str, bytes]) -> dict[str, str]:
    relations = xml(parts["word/_rels/document.xml.rels"])
    return {one.get("Id"): one.get("Target") for one in by_xpath(relations, "rel:Relationship")}
