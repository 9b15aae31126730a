"""Commentary on a chapter: Markdown with references to figures, as blocks of the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from needs.chapters.blocks import (
    OWN,
    Block,
    Bullets,
    Cell,
    Heading,
    Picture,
    Prose,
    Table,
)
from needs.commentary.files import read_text
from needs.commentary.identity import read_image
from needs.commentary.references import REFERENCE, Quoted, References
from needs.errors import Problem
from needs.report.notebook_cells import NOTES, inline, read_placed
from needs.words.text import Span, Text, plain

#: Heading of commentary that gives itself none.
TITLE = "Local commentary"


@dataclass(frozen=True)
class WrittenBlock:
    """A block of commentary: where it stands, which figures it names, and what its author typed."""

    place: str
    block: Block
    quoted: tuple[Quoted, ...] = ()
    typed: str = ""

    @property
    def text(self) -> str:
        """Its words."""
        match self.block:
            case Prose():
                return plain(self.block.text)
            case Bullets():
                return " ".join(plain(one) for one in self.block.items)
            case Heading():
                return self.block.text
            case Table():
                return self.block.caption
            case _:
                return ""


def read_page(path: Path, references: References, problems: list[Problem]) -> list[WrittenBlock]:
    """Read the commentary on one chapter.

    Parameters
    ----------
    path : Path
        A file of Markdown. Its ``# Title`` heads the section, ``## Heading`` its parts; comments
        (``<!-- … -->``) are not shown.
    references : References
        Finds the figures.
    problems : list of Problem
        Takes what cannot be shown, each with file and line.

    Returns
    -------
    list of WrittenBlock
        Empty where there are but comments.
    """
    where = f"{path.parent.name}/{path.name}"
    source = read_text(path, problems)
    notes = f"notes-{path.stem}"
    more = _Kinds(path.parent, notes, problems).readers
    placed = [
        (place, block)
        for place, block in read_placed(source, where, problems, more)
        if not (isinstance(block, Prose) and not block.text)
    ]
    if not placed:
        return []
    titles = [block for _, block in placed if isinstance(block, Heading) and block.level == 1]
    if len(titles) > 1:
        place = next(place for place, block in placed if block is titles[1])
        what = "The file has two titles."
        problems.append(Problem(what, place, "Write '## ' before the headings below the first."))
    title = titles[0].text if titles else TITLE
    out = [WrittenBlock(where, Heading(title, 2))]
    for place, block in placed:
        if isinstance(block, Heading) and block.level == 1:
            continue
        out.append(_filled(block, place, notes, references, problems))
    return [one for one in out if one is not None]


class _Kinds:
    """Reads the blocks that a notebook does not hold."""

    def __init__(self, folder: Path, notes: str, problems: list[Problem]) -> None:
        self.folder = folder
        self.notes = notes
        self.problems = problems
        self.readers = {
            "block_quote": self.quotation,
            "paragraph": self.picture,
            "footnotes": self.footnotes,
            "heading": self.heading,
        }

    def quotation(self, token: Mapping[str, Any], place: str) -> list[Block]:
        """A quotation, paragraph by paragraph."""
        out: list[Block] = []
        for one in token["children"]:
            if one["type"] == "paragraph":
                out.append(Prose(inline(one, place, self.problems), "quote"))
            elif one["type"] != "blank_line":
                what = "A quotation holds more than paragraphs."
                self.problems.append(Problem(what, place, "Put it before or after the quotation."))
        return out

    def picture(self, token: Mapping[str, Any], place: str) -> list[Block] | None:
        """A paragraph that is an image by itself; others are left to who reads paragraphs."""
        children = token["children"]
        if not any(one["type"] == "image" for one in children):
            return None
        if len(children) > 1:
            what = "An image stands within a paragraph."
            self.problems.append(
                Problem(what, place, "Put it on a line of its own, between blank lines.")
            )
            return []
        (image,) = children
        alt = plain(inline(image, place, self.problems)).strip()
        if not alt:
            what = "An image has no alternative text."
            remedy = "Say what it shows between the square brackets: ![What it shows](file.png)"
            self.problems.append(Problem(what, place, remedy))
            return []
        attributes = image["attrs"]
        caption = str(attributes.get("title") or "")
        shown = read_image(self.folder, attributes["url"], alt, caption, place, self.problems)
        return [shown] if shown else []

    def footnotes(self, token: Mapping[str, Any], place: str) -> list[Block]:
        """The footnotes, a numbered list at the end of the section."""
        lines: list[Text] = []
        for item in token["children"]:
            parts = [one for one in item["children"] if one["type"] == "paragraph"]
            texts = [inline(one, place, self.problems) for one in parts]
            lines.append(tuple(span for text in texts for span in (*text, Span(" "))))
        return [Heading("Notes", 2, self.notes), Bullets(tuple(lines), "numbered")]

    def heading(self, token: Mapping[str, Any], place: str) -> list[Block] | None:
        """A heading of the third level is one too many; others are left to who reads them."""
        if int(token["attrs"]["level"]) < 3:
            return None
        what = "Commentary has one level of headings below its title."
        self.problems.append(Problem(what, place, "Write it as '## Heading'."))
        return []


def _filled(
    block: Block, place: str, notes: str, references: References, problems: list[Problem]
) -> WrittenBlock:
    """A block with its references printed, in the place that it has in a chapter."""
    quoted: list[Quoted] = []
    typed: list[str] = []

    def filled(text: Text) -> Text:
        typed.append(REFERENCE.sub("", plain(text)))
        linked = tuple(
            dataclasses.replace(one, link=f"#{notes}") if one.link == NOTES else one for one in text
        )
        said, found = references.fill(linked, place, problems)
        quoted.extend(found)
        return said

    made: Block = block
    match block:
        case Heading():
            made = Heading(plain(filled((Span(block.text),))), 3, block.anchor)
        case Prose():
            style = OWN if block.style == "body" else block.style
            made = Prose(filled(block.text), style)
        case Bullets():
            made = Bullets(tuple(filled(one) for one in block.items), block.style)
        case Table():
            made = _table(block, filled)
        case Picture():
            pass
    figures = tuple({one.figure.id: one.figure for one in quoted}.values())
    if figures and isinstance(made, (Prose, Bullets, Table)):
        made = dataclasses.replace(made, figures=figures)
    # what a table holds, its author answers for
    own = "" if isinstance(made, Table) else "\n".join(typed)
    return WrittenBlock(place, made, tuple(quoted), own)


def _table(table: Table, filled: Any) -> Table:
    def cell(one: Cell) -> Cell:
        text = filled((Span(one.text),))
        linked = next((span.figure for span in text if span.figure), "")
        return Cell(plain(text), one.value, linked)

    rows = tuple(tuple(cell(one) for one in row) for row in table.rows)
    return dataclasses.replace(table, rows=rows, caption=plain(filled((Span(table.caption),))))
