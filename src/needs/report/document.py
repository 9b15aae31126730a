"""The report as one model: executed notebooks in, chapters, numbers and a register out.

Everything that a reader gets (HTML, PDF, spreadsheet, register) is drawn from the one `Document`
made here, so that the outputs cannot disagree. Numbers of chapters, sections, figures and tables
are generated here and nowhere typed.
"""

from __future__ import annotations

import calendar
import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import nbformat

from needs.catalogue import Catalogue, Source, load, methods
from needs.chapters import blocks
from needs.chapters.blocks import (
    Block,
    Bullets,
    Cards,
    Cell,
    Chart,
    Column,
    Heading,
    Methods,
    Notice,
    Picture,
    Prose,
    Sources,
    Table,
)
from needs.chapters.cross_links import FINDING, NOT_KNOWN, SECTION
from needs.errors import Problem, RenderError
from needs.figures import figure as figures
from needs.figures.figure import Figure
from needs.report.notebook_cells import Read, read_cells
from needs.stats.status import SYMBOLS
from needs.words.text import Span, Text, plain

#: Methods that no figure names, but that every comparison and trend in words rests on.
COMPARING = (
    "Comparison with England",
    "Difference of two figures",
    "Range of a rank",
    "Recent trend",
)

#: A table's columns may be called anything; its anchors, sheets and table names may not.
_ANNEX = re.compile(r"annex\b[:.]?\s*", re.IGNORECASE)

SAFE_ID = re.compile(r"^[A-Za-z][A-Za-z0-9_.-]*$")


@dataclass(frozen=True)
class InputFile:
    """A raw file that the processed data was built from.

    Attributes
    ----------
    path : str
        Below ``data/raw/``, with forward slashes: "ons_drug_deaths/2021localauthorities.xlsx".
    sha256 : str
        Of the file; where disclosure control is ours, of the figures that it leaves.
    size : int or None
        In bytes; None where disclosure control is ours.
    source : str
        Key of its source in the catalogue; empty for a file of a data package.
    """

    path: str
    sha256: str
    size: int | None = 0
    source: str = ""

    @property
    def name(self) -> str:
        """The publisher's file name."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class ReportContext:
    """What a report says about itself: for whom, when, from which data and by which code.

    Attributes
    ----------
    title : str
        "Drug and alcohol needs assessment: Worcestershire, 2022".
    area_name : str
    year : int
        Reporting year.
    date : str
        Date of the report (ISO); a parameter, so that the same inputs give the same bytes.
    area_codes : tuple of str
    subtitle, version, code_hash, geography, contact : str
        Printed on the cover where given; `geography` names the boundaries' vintage.
    organisation, team : str
        Who publishes the report.
    logo : Picture or None
    colour : str
        Of the cover and the headings, "#12436d"; empty for the report's own.
    status : str
        "draft", "final", or empty where nobody has said.
    signed : tuple of str
        Who has signed it off, by role, and when.
    catalogue : Catalogue
    files : tuple of InputFile
        Every raw file used (see `input_files`).
    """

    title: str
    area_name: str
    year: int
    date: str = ""
    area_codes: tuple[str, ...] = ()
    subtitle: str = ""
    version: str = ""
    code_hash: str = ""
    geography: str = ""
    contact: str = ""
    organisation: str = ""
    team: str = ""
    logo: Picture | None = None
    colour: str = ""
    status: str = ""
    signed: tuple[str, ...] = ()
    catalogue: Catalogue = field(default_factory=load)
    files: tuple[InputFile, ...] = ()

    @property
    def draft(self) -> str:
        """What each page of a draft says; nothing otherwise."""
        return "Draft: not for publication" if self.status == "draft" else ""

    @property
    def about(self) -> tuple[tuple[str, str], ...]:
        """What people have said of the report, for its cover: names and values."""
        status = self.draft or self.status.capitalize()
        lines = (
            ("Organisation", self.organisation),
            ("Team", self.team),
            ("Status", status),
            ("Signed off by", "; ".join(self.signed)),
            ("Contact", self.contact),
        )
        return tuple((name, value) for name, value in lines if value)

    def files_of(self, source: str) -> tuple[InputFile, ...]:
        """The files of a source; those of the data packages where it has none of its own."""
        own = tuple(one for one in self.files if one.source == source)
        return own or tuple(one for one in self.files if not one.source)


def input_files(manifest: Mapping[str, Any], catalogue: Catalogue) -> tuple[InputFile, ...]:
    """The raw files that ``data/processed/manifest.json`` lists.

    Parameters
    ----------
    manifest : mapping
        With ``files``: a list of mappings with ``path``, ``sha256`` and ``size``. A path's folder
        below ``data/raw/`` is the key of its source.
    catalogue : Catalogue

    Returns
    -------
    tuple of InputFile
        In order of path.

    Examples
    --------
    >>> listed = {"files": [{"path": "data/raw/pack/deaths.csv", "sha256": "ab", "size": 9}]}
    >>> input_files(listed, Catalogue(sources={}, indicators={}))
    (InputFile(path='pack/deaths.csv', sha256='ab', size=9, source=''),)
    """
    found = []
    for one in manifest.get("files", ()):
        # a guarded file's own hash and size would help to guess the small numbers in it
        guarded = "released" in one
        path = str(one["path"]).replace("\\", "/").removeprefix("data/").removeprefix("raw/")
        folder = path.split("/", 1)[0]
        key = str(one.get("source") or "") or folder
        source = key if key in catalogue.sources else ""
        digest = str(one["released" if guarded else "sha256"])
        size = None if guarded else int(one.get("size", 0))
        found.append(InputFile(path, digest, size, source))
    return tuple(sorted(found, key=lambda one: one.path))


@dataclass(frozen=True)
class Placed:
    """A block in its chapter: the level of its section, and a heading's number and anchor.

    Level 1 is the chapter's own; number and anchor are empty for other blocks.
    """

    block: Block
    level: int
    number: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Chapter:
    """One notebook.

    Attributes
    ----------
    key : str
        The notebook's name without its number: "deaths".
    number : str
        "1" to "9" and on; "A" for the annex.
    title : str
    blocks : tuple of Block
        What the notebook says and shows, in its order.
    """

    key: str
    number: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def label(self) -> str:
        """Number and title as the report prints them."""
        prefix = "Annex " if self.number.isalpha() else ""
        return f"{prefix}{self.number}{':' if prefix else '.'} {self.title}"

    @property
    def anchor(self) -> str:
        """The chapter's id in the HTML."""
        return f"chapter-{self.number}"

    def outline(self) -> Iterator[Placed]:
        """Each block in its place."""
        level, section, part = 1, 0, 0
        for block in self.blocks:
            number = anchor = ""
            if isinstance(block, Heading):
                level = block.level
                section, part = (section + 1, 0) if level == 2 else (section, part + 1)
                number = f"{self.number}.{section}" + (f".{part}" if level == 3 else "")
                anchor = block.anchor or f"section-{number}"
            yield Placed(block, level, number, anchor)

    @property
    def empty(self) -> bool:
        """Whether it says of no figure: what it has is for looking up what is not there."""
        parts = tuple(self.parts())
        open_ = [one.block for detail, placed in parts if not detail for one in placed]
        said = any(
            not isinstance(one, (Heading, Prose)) or getattr(one, "figures", ()) for one in open_
        )
        folded = [one.block for detail, placed in parts if detail for one in placed]
        shown = any(
            isinstance(one, (Chart, Table, Sources, Methods, blocks.Register)) for one in folded
        )
        return not said and not shown and bool(folded)

    def parts(self) -> Iterator[tuple[bool, tuple[Placed, ...]]]:
        """The outline in parts: whether one is for looking things up, and its blocks.

        Such a part is a section whose heading says so, up to the next of its level, or one chart or
        table by itself.
        """
        body: list[Placed] = []
        section: list[Placed] = []
        for one in self.outline():
            heading = isinstance(one.block, Heading)
            if section and heading and one.level <= section[0].level:
                yield True, tuple(section)
                section = []
            if section:
                section.append(one)
            elif getattr(one.block, "detail", False):
                if body:
                    yield False, tuple(body)
                    body = []
                if heading:
                    section = [one]
                else:
                    yield True, (one,)
            else:
                body.append(one)
        for detail, rest in ((True, section), (False, body)):
            if rest:
                yield detail, tuple(rest)


@dataclass(frozen=True)
class Document:
    """The whole report, ready to be drawn.

    Attributes
    ----------
    context : ReportContext
    chapters : tuple of Chapter
    register : tuple of Figure
        Every figure shown, once, in order of first appearance.
    chart_numbers, table_numbers : mapping of str to int
        From a chart's or table's id to the number that the report prints.
    unshown : tuple of str
        What cells print or return as plain text, which is for their author alone: a line each.
    typed : tuple of str
        Figures that are typed into Markdown, with no source behind them: a line each.
    """

    context: ReportContext
    chapters: tuple[Chapter, ...]
    register: tuple[Figure, ...]
    chart_numbers: Mapping[str, int]
    table_numbers: Mapping[str, int]
    unshown: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()

    @property
    def blocks(self) -> Iterator[Block]:
        """Every block, in reading order."""
        for chapter in self.chapters:
            yield from chapter.blocks

    @functools.cached_property
    def sources(self) -> tuple[Source, ...]:
        """The sources behind what is shown, in order of producer and title."""
        return _used_sources(list(self.blocks), self.context.catalogue)

    @property
    def symbols(self) -> dict[str, str]:
        """The shorthand that the report uses, with its meaning, in the guidance's order."""
        texts = [cell.text for table in blocks.all_tables(self.blocks) for cells in table.rows
                 for cell in cells]  # fmt: skip
        texts.extend(figure.number + figure.symbols for figure in self.register)
        return symbols_in(texts)

    def chapter_named(self, key: str) -> Chapter | None:
        """The chapter whose notebook has this name, or holds it as a word."""
        for chapter in self.chapters:
            if key and (key == chapter.key or key in re.split(r"[_-]", chapter.key)):
                return chapter
        return None


def chapter_key(name: str) -> str:
    """A chapter's key, from the name of its notebook.

    Examples
    --------
    >>> chapter_key("05_deaths.ipynb"), chapter_key("04a_local_context.ipynb")
    ('deaths', 'local_context')
    """
    return re.sub(r"^([0-9]+[A-Za-z]?|[A-Z])[_-]", "", name.removesuffix(".ipynb"))


def is_annex(title: str) -> bool:
    """Whether a chapter of this title, and with it all that follow, is an annex."""
    return bool(_ANNEX.match(title))


def printed_date(iso: str) -> str:
    """An ISO date as the report prints it.

    Examples
    --------
    >>> printed_date("2023-01-06")
    '6 January 2023'
    """
    day = date.fromisoformat(iso)
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def symbols_in(texts: Iterable[str]) -> dict[str, str]:
    """The shorthand that stands in some texts, with its meaning.

    Examples
    --------
    >>> symbols_in(["4.2 [p]", "[c]"])
    {'c': 'confidential', 'p': 'provisional'}
    """
    used = {mark for text in texts if "[" in text for mark in re.findall(r"\[([a-z]+)\d*\]", text)}
    return {mark: meaning for mark, meaning in SYMBOLS.items() if mark in used}


def read_document(
    notebooks: Sequence[Path | nbformat.NotebookNode], *, context: ReportContext
) -> Document:
    r"""Read executed notebooks, in reading order, into one document.

    Parameters
    ----------
    notebooks : sequence of Path or NotebookNode
        Each with one "# Title". One whose title is "Annex", or begins "Annex:", is an annex, "A";
        what stands after it is one as well, "B" and on.
    context : ReportContext

    Returns
    -------
    Document

    Raises
    ------
    RenderError
        With every fault at once: a notebook that failed or was not run, Markdown or an output
        beyond what a report can show (see `needs.report.notebook_cells`), a skipped heading
        level, an id used twice, a blank cell, a figure with two contents, a number that links to
        no figure, an unknown source.

    Examples
    --------
    >>> chapter = nbformat.v4.new_notebook(cells=[
    ...     nbformat.v4.new_markdown_cell("# Deaths\n\nDeaths *registered* in the year.")])
    >>> context = ReportContext(title="Needs: Rutland, 2022", area_name="Rutland", year=2022)
    >>> read_document([chapter], context=context).chapters[0].label
    '1. Deaths'
    """
    problems: list[Problem] = []
    read = [_read_notebook(*_open(one, at), problems) for at, one in enumerate(notebooks, 1)]
    chapters = _linked(_filled(_with_figures(read), context))
    every = [block for chapter in chapters for block in chapter.blocks]
    charts = [block for block in every if isinstance(block, Chart)]
    tables = list(blocks.all_tables(every))
    where = _Where(
        {
            id(block): place
            for _, one in read
            for block, place in zip(one.items, one.places, strict=True)
        }
    )
    _check_ids("chart", [(one.id, where(one)) for one in charts], problems)
    holders = [one for one in every if isinstance(one, (Chart, Table))]
    of_tables = [(table.id, where(one)) for one in holders for table in blocks.all_tables([one])]
    _check_ids("table", of_tables, problems)
    for one in holders:
        if isinstance(one, Chart):
            _check_chart(one, where(one), problems)
        for table in blocks.all_tables([one]):
            _check_table(table, where(one), problems)
    register = _register(every, context.catalogue, where, problems)
    if problems:
        raise RenderError("The notebooks cannot be made into a report.", problems=problems)
    return Document(
        context=context,
        chapters=tuple(chapters),
        register=register,
        chart_numbers={chart.id: number for number, chart in enumerate(charts, 1)},
        table_numbers={table.id: number for number, table in enumerate(tables, 1)},
        unshown=tuple(line for _, one in read for line in one.unshown),
        typed=tuple(line for _, one in read for line in one.typed),
    )


def _with_figures(read: Sequence[tuple[str, Read]]) -> list[Chapter]:
    """Chapters that have something to show; the others are a line under what is not known."""
    every = _numbered(read)
    kept = [pair for pair, chapter in zip(read, every, strict=True) if not chapter.empty]
    gone = [chapter.title for chapter in every if chapter.empty]
    if not gone or not kept:
        return every
    line = Prose((Span(f"This report has no figures, and so no chapter, on: {'; '.join(gone)}."),))
    chapters = _numbered(kept)
    at = next(
        (
            number
            for number, chapter in enumerate(chapters)
            if any(getattr(one, "anchor", "") == NOT_KNOWN for one in chapter.blocks)
        ),
        len(chapters) - 1,
    )
    # with the part on what is not known, which ends its chapter
    said = dataclasses.replace(chapters[at], blocks=(*chapters[at].blocks, line))
    return [*chapters[:at], said, *chapters[at + 1 :]]


def _linked(chapters: list[Chapter]) -> list[Chapter]:
    """Links between findings and their evidence, where the report has both.

    A measure without a section of its own is shown by the chart or table with the fewest others.
    """
    anchors = {one.anchor: one.anchor for chapter in chapters for one in chapter.outline()}
    fewest: dict[str, int] = {}
    for chapter in chapters:
        linking = any(SECTION in one.link for block in chapter.blocks for one in _spans(block))
        for block in () if linking else chapter.blocks:
            if isinstance(block, (Chart, Table)):
                keys = {one.indicator for one in blocks.all_figures([block])}
                for key in keys:
                    if len(keys) < fewest.get(key, len(keys) + 1):
                        fewest[key] = len(keys)
                        kind = "chart" if isinstance(block, Chart) else "table"
                        anchors.setdefault(SECTION + key, "")
                        if not anchors[SECTION + key].startswith(SECTION):
                            anchors[SECTION + key] = f"{kind}-{block.id}"
    return [
        dataclasses.replace(chapter, blocks=tuple(_led(chapter.blocks, anchors)))
        for chapter in chapters
    ]


def _led(items: Iterable[Block], anchors: Mapping[str, str]) -> Iterator[Block]:
    """Blocks with links that lead somewhere; a paragraph that was but a link is left out."""
    for block in items:
        ours = [one for one in _spans(block) if one.link.startswith((f"#{FINDING}", f"#{SECTION}"))]
        if not ours:
            yield block
        elif isinstance(block, Prose):
            text = _living(block.text, anchors)
            if text:
                yield dataclasses.replace(block, text=text)
        elif isinstance(block, Bullets):
            yield dataclasses.replace(
                block, items=tuple(_living(line, anchors) for line in block.items)
            )
        else:
            yield block


def _living(text: Text, anchors: Mapping[str, str]) -> Text:
    out: list[Span] = []
    for span in text:
        if not span.link.startswith((f"#{FINDING}", f"#{SECTION}")):
            out.append(span)
        elif goal := anchors.get(span.link[1:]):
            out.append(dataclasses.replace(span, link=f"#{goal}"))
    return tuple(out)


def _spans(block: Block) -> Iterator[Span]:
    match block:
        case Prose():
            yield from block.text
        case Bullets():
            for line in block.items:
                yield from line


def _numbered(read: Iterable[tuple[str, Read]]) -> list[Chapter]:
    """Chapters with their numbers; from the first annex on, with letters."""
    chapters: list[Chapter] = []
    annexes = 0
    for title, one in read:
        annex = _ANNEX.match(title)
        if annex:
            title = title[annex.end() :] or "Sources, methods and register"
        if annex or annexes:  # a number after a letter would stand where nobody looks for it
            annexes += 1
            number = chr(ord("A") + annexes - 1)
        else:
            number = str(len(chapters) + 1)
        title = title[:1].upper() + title[1:]
        chapters.append(Chapter(chapter_key(one.name), number, title, tuple(one.items)))
    return chapters


def _filled(chapters: list[Chapter], context: ReportContext) -> list[Chapter]:
    """Chapters with what only the whole report knows: its sources, then its methods."""
    every = [block for chapter in chapters for block in chapter.blocks]
    if any(isinstance(block, Sources) for block in every):
        used = _used_sources(every, context.catalogue)
        chapters = [
            dataclasses.replace(one, blocks=_fill_sources(one.blocks, used, context))
            for one in chapters
        ]
        every = [block for chapter in chapters for block in chapter.blocks]
    if any(isinstance(block, Methods) for block in every):
        filled = method_blocks(one.method for one in blocks.all_figures(every))
        chapters = [
            dataclasses.replace(one, blocks=_fill(one.blocks, Methods, filled)) for one in chapters
        ]
    return chapters


@dataclass(frozen=True)
class _Where:
    """In which cell a block stands, for faults; empty for what the report itself has put in."""

    cells: Mapping[int, str]

    def __call__(self, block: Block) -> str:
        return self.cells.get(id(block), "")


def _at(*parts: str) -> str:
    """A place from its parts, leaving out what is not known."""
    return ", ".join(part for part in parts if part)


def _check_ids(kind: str, found: Sequence[tuple[str, str]], problems: list[Problem]) -> None:
    """Each id once, and safe; `found` are ids, with the cells that they stand in."""
    places: dict[str, list[str]] = {}
    for one, where in found:
        places.setdefault(one, []).append(where)
    for one, cells in places.items():
        if len(cells) > 1:
            problems.append(
                Problem(
                    f"The {kind} id '{one}' is used {len(cells)} times.",
                    "; ".join(dict.fromkeys(cell for cell in cells if cell)) or kind,
                    'Give the second one an id of its own: trend(na["…"], id="…"), or id="…" in '
                    "needs.chart or needs.table; or take it away.",
                )
            )
        if not SAFE_ID.match(one):
            problems.append(
                Problem(
                    f"The {kind} id '{one}' is not safe as an anchor.",
                    cells[0] or kind,
                    "Begin it with a letter; letters, digits, '_', '-' and '.' may follow.",
                )
            )


def _open(
    notebook: Path | nbformat.NotebookNode, position: int
) -> tuple[str, nbformat.NotebookNode]:
    if isinstance(notebook, Path):
        try:
            text = notebook.read_text(encoding="utf-8")
            return notebook.name, nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        except FileNotFoundError:
            raise RenderError(
                "An executed notebook is missing.", notebook.name, "Run the report again."
            ) from None
    return str(notebook.metadata.get("needs", {}).get("name", f"chapter_{position}")), notebook


def _read_notebook(
    name: str, node: nbformat.NotebookNode, problems: list[Problem]
) -> tuple[str, Read]:
    """A notebook's title, and what it says and shows."""
    read = read_cells(node, name, problems)
    _check_levels(read.items, name, problems)
    if len(read.titles) != 1:
        problems.append(
            Problem(
                f"A chapter needs one '# Title' and this notebook has {len(read.titles)}.",
                name,
                "Write the chapter's title as its only level-1 heading.",
            )
        )
    return (read.titles[0] if read.titles else name), read


def _check_levels(items: Iterable[Block], name: str, problems: list[Problem]) -> None:
    level = 1
    for block in items:
        if isinstance(block, Heading):
            if block.level not in (2, 3) or block.level > level + 1:
                problems.append(
                    Problem(
                        f"The heading '{block.text}' has level {block.level} below level {level}.",
                        name,
                        "Use level 2 for a section and level 3 for a part of one.",
                    )
                )
            level = block.level


def _check_chart(chart: Chart, cell: str, problems: list[Problem]) -> None:
    where = _at(cell, f"chart '{chart.id}'")
    alt = chart.alt.strip()
    if not alt or alt == plain(chart.headline).strip():
        problems.append(
            Problem(
                "The alternative text is empty, or only repeats the headline.",
                where,
                "Say in alt= what the chart shows and what it finds, with its numbers.",
            )
        )
    if "<svg" not in chart.svg:
        problems.append(Problem("The chart has no SVG.", where))


def _check_table(table: Table, cell: str, problems: list[Problem]) -> None:
    where = _at(cell, f"table '{table.id}'")
    if not table.caption.strip():
        problems.append(Problem("The table has no caption.", where))
    if not table.rows:
        problems.append(
            Problem("The table has no rows.", where, "Show a Notice that says what is missing.")
        )
    for position, heading in enumerate(table.columns, 1):
        if not heading.label.strip():
            problems.append(Problem("A column heading is blank.", f"{where}, column {position}"))
    for number, row in enumerate(table.rows, 1):
        if len(row) != len(table.columns):
            problems.append(
                Problem(
                    f"The row has {len(row)} cells and the table {len(table.columns)} columns.",
                    f"{where}, row {number}",
                )
            )
            continue
        for column, one in zip(table.columns, row, strict=True):
            if not one.text.strip():
                problems.append(
                    Problem(
                        "A cell is blank.",
                        f"{where}, row {number}, column '{column.label}'",
                        "Print the shorthand that fits, such as [x] or [z].",
                    )
                )


def _register(
    items: Sequence[Block], catalogue: Catalogue, where: _Where, problems: list[Problem]
) -> tuple[Figure, ...]:
    found: dict[str, Figure] = {}
    for block in items:
        for figure in blocks.all_figures([block]):
            try:
                figures.collect([found.setdefault(figure.id, figure), figure])
            except ValueError as error:
                remedy = "Give the figure that was changed an id of its own: figure.with_(id=…)."
                problems.append(Problem(str(error), where(block) or "figure register", remedy))
    linked = {one: where(block) for block in items for one in linked_figures(block)}
    for one, cell in linked.items():
        if one and one not in found:
            problems.append(
                Problem(
                    f"A number links to the figure '{one}', which no block carries.",
                    cell or "figure register",
                    "Pass the figure in the block's figures.",
                )
            )
    for key in _source_keys(items):
        if key not in catalogue.sources:
            problems.append(
                Problem(
                    f"A figure, chart or table names the source '{key}'.",
                    "catalogue/sources",
                    "Add the source to the catalogue, or mend its key.",
                )
            )
    return tuple(found.values())


def _source_keys(items: Sequence[Block]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for one in blocks.all_figures(items) for key in one.sources)
    for block in items:
        table = block.table if isinstance(block, Chart) else None
        for named in (getattr(block, "sources", ()), getattr(block, "keys", ())):
            keys.update(dict.fromkeys(named))
        if table:
            keys.update(dict.fromkeys(table.sources))
    return tuple(keys)


def _used_sources(items: Sequence[Block], catalogue: Catalogue) -> tuple[Source, ...]:
    # an unknown key is reported with everything else that is wrong, not here
    used = (catalogue.sources[key] for key in _source_keys(items) if key in catalogue.sources)
    return tuple(sorted(used, key=lambda one: (one.producer, one.title, one.key)))


def _fill_sources(
    items: Iterable[Block], used: tuple[Source, ...], context: ReportContext
) -> tuple[Block, ...]:
    """Put what the catalogue says of the sources in place of the first `Sources` blocks."""
    out: list[Block] = []
    for block in items:
        if not isinstance(block, Sources):
            out.append(block)
            continue
        chosen = tuple(one for one in used if not block.keys or one.key in block.keys)
        out.extend(source_blocks(chosen, context))
    return tuple(out)


def _fill(items: Iterable[Block], kind: type[Block], filled: Sequence[Block]) -> tuple[Block, ...]:
    """Put what the report knows in place of the blocks of a kind."""
    out: list[Block] = []
    for block in items:
        out += filled if isinstance(block, kind) else [block]
    return tuple(out)


def method_anchor(name: str) -> str:
    """The id of a method's section.

    Examples
    --------
    >>> method_anchor("Directly age-standardised rate")
    'method-directly-age-standardised-rate'
    """
    return "method-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def method_blocks(used: Iterable[str]) -> tuple[Block, ...]:
    """What the annex says of the methods of figures, and of those that compare them."""
    names = {*used, *COMPARING}
    out: list[Block] = []
    for one in methods():
        if one.name not in names:
            continue
        out += [Heading(one.name, 3, method_anchor(one.name)), Prose((Span(one.meaning),))]
        if one.formula:
            out.append(Prose((Span("Formula: ", strong=True), Span(one.formula))))
        if one.reference:
            out.append(Prose((Span("Reference: ", strong=True), Span(one.reference)), style="note"))
    return tuple(out)


def source_blocks(sources: Sequence[Source], context: ReportContext) -> tuple[Block, ...]:
    """What the annex says of sources: tables of them and of their files, limits, attribution."""
    if not sources:
        return (Prose((Span("No source is used in this report."),)),)
    pages = tuple(
        (
            Span(f"{one.title}, {one.producer}", link=one.landing_page),
            Span("."),
            *(
                Span(f" {sentence}")
                for sentence in (released(one, context.files), one.limits, *one.breaks)
                if sentence
            ),
        )
        for one in sources
    )
    words = "Publishers’ pages, with known dates of release, and limits and breaks of each series:"
    lines = dict.fromkeys(one.attribution for one in sources)
    files = [one for one in context.files if not one.source or one.source in _keys(sources)]
    return (
        _table_of_sources(sources),
        Prose((Span(words),)),
        Bullets(pages),
        *([_table_of_files(files, context.catalogue)] if files else []),
        Prose((Span("Attribution:"),)),
        Bullets(tuple((Span(line),) for line in lines)),
    )


def _table_of_sources(sources: Sequence[Source]) -> Table:
    return Table(
        id="sources",
        caption="Sources used in this report",
        columns=tuple(
            Column(label, "header" if label == "Source" else "text")
            for label in ("Source", "Producer", "Official statistics", "Period", "Geography",
                          "Rounding at source", "Licence")
        ),
        rows=tuple(
            tuple(
                Cell(text or "[x]")
                for text in (
                    one.title,
                    one.producer,
                    "yes" if one.official_statistics else "no",
                    one.period_type,
                    one.geography,
                    one.rounding,
                    one.licence,
                )
            )
            for one in sources
        ),
        notes=(
            "Only sources marked “yes” are official statistics. This report is an analysis of them "
            "and is not itself official statistics.",
        ),
    )  # fmt: skip


def _table_of_files(files: Sequence[InputFile], catalogue: Catalogue) -> Table:
    rows = tuple(
        (
            Cell(path),
            Cell(catalogue.sources[one.source].title if one.source else "data package"),
            Cell("[c]") if one.size is None else Cell(f"{one.size:,}", one.size),
            Cell(one.sha256),
        )
        for path, one in _together(files)
    )
    guarded = any(one.size is None for one in files)
    columns = (
        Column("File", "header"),
        Column("Source", "text"),
        Column("Size", "number", "bytes"),
        Column("SHA-256", "text"),
    )
    notes = (
        "[c]: files with small numbers. The hash is one for all of them: that of the figures "
        "that disclosure control leaves.",
    )
    return Table("files", "Files read", columns, rows, notes if guarded else ())


def _together(files: Sequence[InputFile]) -> list[tuple[str, InputFile]]:
    """Each file under its path; those that share the hash of what is left of them, once."""
    found: dict[object, list[InputFile]] = {}
    for one in files:
        key = one.path if one.size is not None else (one.sha256, one.source)
        found.setdefault(key, []).append(one)
    return [("; ".join(one.path for one in group), group[0]) for group in found.values()]


def released(source: Source, files: Iterable[InputFile]) -> str:
    """When the editions of a source that were read were published; empty where that is not known.

    A file of a data package does not say of which edition it is.

    Examples
    --------
    >>> source = load().sources["ons_drug_deaths"]
    >>> read = InputFile("ons_drug_deaths/2021localauthorities.xlsx", "", 0, "ons_drug_deaths")
    >>> released(source, [read])
    'Released on 3 August 2022.'
    """
    read = [one.path for one in files if one.source == source.key]
    dates = [
        (one.edition, printed_date(one.released.isoformat()))
        for one in source.editions
        if one.released and any(fnmatchcase(path, one.file) for path in read)
    ]
    if len(source.editions) == 1 and dates:
        return f"Released on {dates[0][1]}."
    return " ".join(f"Edition {edition} released on {day}." for edition, day in dates)


def _keys(sources: Sequence[Source]) -> set[str]:
    return {one.key for one in sources}


def linked_figures(block: Block) -> Iterator[str]:
    """The identifiers of the figures that a block's numbers lead to, as often as they do."""
    match block:
        case Prose():
            yield from (span.figure for span in block.text)
        case Bullets() | Notice():
            yield from (span.figure for line in block.items for span in line)
        case Cards():
            yield from (card.figure for card in block.items)
        case Table():
            yield from (cell.figure for row in block.rows for cell in row)
        case Chart():
            yield from (span.figure for span in block.headline)
            yield from linked_figures(block.table)
        case _:
            pass
