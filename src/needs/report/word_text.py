"""The text of a Word document, paragraph by paragraph, and as it was when it was sent.

A report carries its text in a part of its own (custom XML, which Word keeps and shows nobody), so
that a document that comes back can be held against what went out, tracked or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from needs.report.word_checks import DOCUMENT, by_xpath, style_of, xml

#: The part with the text as it was sent, of the template's own list of references; what it is.
SENT_PART, SENT_PROPERTIES = "customXml/item1.xml", "customXml/itemProps1.xml"
SENT = "urn:needs:sent"
_REFERENCES = b"http://schemas.openxmlformats.org/officeDocument/2006/bibliography"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_TWICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

#: What holds text that was taken out, and that was put in.
_OUT, _IN = {f"{_W}del", f"{_W}moveFrom"}, {f"{_W}ins", f"{_W}moveTo"}
_NOTES = {f"{_W}footnoteReference": "footnote", f"{_W}endnoteReference": "endnote"}
_SIGNS = {f"{_W}tab": " ", f"{_W}br": " ", f"{_W}noBreakHyphen": "-"}
_TOLD = (f"{_W}t", f"{_W}delText", _PICTURE, *_SIGNS, *_NOTES)


@dataclass(frozen=True)
class Piece:
    """A paragraph, or a row of a table with its cells.

    Attributes
    ----------
    level : int
        Of a heading; 0 of all else.
    now, before : str
        The text with all tracked changes, and without them. A picture stands in it by its
        description, a note by its text.
    node : Any
        Its XML.
    """

    level: int
    now: str
    before: str
    node: Any


def pieces(parts: Mapping[str, bytes]) -> Iterator[Piece]:
    """What a Word document says, in order; the contents, which Word rewrites, are empty.

    Parameters
    ----------
    parts : mapping of str to bytes
        The document's parts by name.

    Raises
    ------
    ValueError
        A part is not XML.
    """
    names = _style_names(parts)
    notes = {kind: _notes(parts, kind) for kind in _NOTES.values()}
    holders = {f"{_W}p", f"{_W}tr"}
    for node in xml(parts[DOCUMENT]).iter(*holders):
        above = {one.tag for one in node.iterancestors()}
        if above & holders or _TWICE in above:
            continue  # told with what holds it
        key = style_of(node)
        style = names.get(key, key).casefold()
        if style.startswith(("toc 1", "toc 2", "contents ")):
            yield Piece(0, "", "", node)  # its text is Word's, what is said of it is not
            continue
        heading = re.fullmatch(r"heading ?([1-9])", style)
        now, before = (_text(node, without, notes) for without in (_OUT, _IN))
        if now or before:
            yield Piece(int(heading[1]) if heading else 0, now, before, node)


def sent_part(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The parts that carry a document's text as it is."""
    root = etree.Element(f"{{{SENT}}}sent", nsmap={None: SENT})
    for one in pieces(parts):
        if not one.now:
            continue
        line = etree.SubElement(root, f"{{{SENT}}}p", level=str(one.level))
        line.text = one.now
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    named = parts[SENT_PROPERTIES].replace(_REFERENCES, SENT.encode())
    return {SENT_PART: content, SENT_PROPERTIES: named}


def read_sent(parts: Mapping[str, bytes]) -> list[tuple[int, str]] | None:
    """Levels and texts of a document as it was sent; None where it does not carry them."""
    for name, content in parts.items():
        if name.startswith("customXml/item") and SENT.encode() in content:
            root = xml(content)
            if root.tag == f"{{{SENT}}}sent":
                lines = root.iter(f"{{{SENT}}}p")
                return [(int(one.get("level", "0")), one.text or "") for one in lines]
    return None


def lines_of(node: Any) -> list[str]:
    """The paragraphs of a comment, without what was taken out of it."""
    return [text for one in node.iter(f"{_W}p") if (text := _text(one, _OUT, {}))]


def _text(node: Any, without: set[str], notes: Mapping[str, Mapping[str, Any]]) -> str:
    cells = by_xpath(node, ".//w:tc[not(ancestor::w:tc)]") if node.tag == f"{_W}tr" else [node]
    texts = (" ".join("".join(_words(one, without, notes)).split()) for one in cells)
    said = " | ".join(texts)
    return said if said.strip(" |") else ""


def _words(node: Any, without: set[str], notes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for one in node.iter(f"{_W}p", *_TOLD):
        above = {up.tag for up in one.iterancestors()}
        if above & without or _TWICE in above:
            continue
        if one.tag == f"{_W}p":
            yield " "
        elif one.tag == _PICTURE:
            yield f" [picture: {one.get('descr') or 'not described'}] "
        elif one.tag in _NOTES:
            kind = _NOTES[one.tag]
            note = notes.get(kind, {}).get(one.get(f"{_W}id"))
            said = "" if note is None else _text(note, without, {})
            yield f" [{kind}: {said}] "
        else:
            yield _SIGNS.get(one.tag) or (one.text or "").replace("\u2011", "-")


def _notes(parts: Mapping[str, bytes], kind: str) -> dict[str, Any]:
    """Footnotes or endnotes by their ids."""
    name = f"word/{kind}s.xml"
    found = by_xpath(xml(parts[name]), f"w:{kind}") if name in parts else []
    return {one.get(f"{_W}id"): one for one in found}


def _style_names(parts: Mapping[str, bytes]) -> dict[str, str]:
    """What styles are called by their keys, which programs and languages rename."""
    styles = parts.get("word/styles.xml")
    found = by_xpath(xml(styles), "w:style") if styles else []
    named = {one.get(f"{_W}styleId", ""): by_xpath(one, "w:name/@w:val") for one in found}
    return {key: str(name[0]) for key, name in named.items() if name}
