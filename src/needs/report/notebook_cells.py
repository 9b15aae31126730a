"""The cells of an executed notebook as blocks: nothing that stands in one is left out in silence.

What a cell shows is a block of the report, or a fault that says what counts and how to show it.
Only printed text and plain results of code, which are the author's own, stay in the notebook; each
such cell is named to the author.
"""

from __future__ import annotations

import copy
import dataclasses
import html
import re
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import mistune
import nbformat

from needs.chapters import blocks
from needs.chapters.blocks import Block, Bullets, Cell, Column, Heading, Prose, Table
from needs.errors import Problem
from needs.words.text import Span, Text, plain, typed_figures

#: A cell of a table that says nothing: shorthand stands where a number is missing.
NOTHING = frozenset({"", "-", "–", "—", "*", "**", ".", "..", "NA", "N/A", "n/a", "nan", "NaN"})

#: Tags by which an author says that a cell, or what its code shows, is not for the report.
REMOVED, OUTPUT_REMOVED = "remove-cell", "remove-output"

#: Tag of what is for looking things up: the section that a Markdown cell's heading begins, or the
#: charts and tables that a cell of code shows, are folded on the web page, and not in the PDF.
DETAIL = "detail"

#: Begins the paragraph before a Markdown table that is its caption.
CAPTION = "Table:"

#: What the number of a footnote links to, until it is known where the notes stand.
NOTES = "#notes"

_OWN = f"If it is for you alone, tag the cell '{OUTPUT_REMOVED}'."
_CHART = (
    "Give it a title, an alternative text and the table of its numbers: end the cell with "
    "needs.chart(axes, title=…, alt=…, table=…) (docs/writing-a-chapter.md). "
)
_TABLE = (
    "Give it a caption: end the cell with needs.table(frame, title=…), or write a Markdown table "
    "(docs/writing-a-chapter.md). "
)
_ELSE = (
    "What counts is Markdown and blocks: Prose, Bullets, Notice, Table and Chart of "
    "needs.chapters.blocks (docs/commands.md, Chapters). "
)

#: Markdown that no output of the report draws, by mistune's name: what it is, and the remedy.
_REFUSED = {
    "image": (
        "An image",
        "Show a drawing with needs.chart, which gives it an alternative text and the table of its "
        "numbers (docs/writing-a-chapter.md).",
    ),
    "block_code": ("A block of code", "Write it as a paragraph or a table."),
    "codespan": ("Code within a text", "Write it without the backticks."),
    "block_quote": ("A block quote", "Write it as a paragraph, in quotation marks."),
    "block_html": ("HTML", "Write it as Markdown."),
    "inline_html": ("HTML", "Write it as Markdown."),
    "block_math": ("A formula", "Write it in words and signs, such as x² ÷ y."),
    "inline_math": ("A formula", "Write it in words and signs; a dollar sign is \\$."),
    "strikethrough": ("Struck-out text", "Delete it, or write it without the tildes."),
    "thematic_break": ("A line across the page", "Take it out; a heading begins a section."),
}
_MARKDOWN = "Keep Markdown to headings, paragraphs, lists, tables, emphasis and links."

_COMMENT = re.compile(r"\s*(<!--.*?-->\s*)+", re.DOTALL)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]")
_UNEVEN = re.compile(r"\|\s*:?-{3,}:?\s*(\||$)")
_NUMBER = re.compile(r"£?(?P<number>[-−]?[\d,]*\d(?:\.\d+)?)%?")
_NUMERIC = re.compile(rf"(?:{_NUMBER.pattern.replace('?P<number>', '?:')})?(?: ?\[[a-z]+\d*\])*")
#: How a drawing is told where matplotlib does not show it.
_DRAWING = re.compile(r"<Figure size|Figure\(")


@dataclass
class Read:
    """What has been read of a notebook.

    Attributes
    ----------
    name : str
        File name.
    titles : list of str
        Its headings of level 1.
    items : list of Block
    places : list of str
        Where each item stands: file and cell.
    unshown : list of str
        What its cells print or return as plain text, which readers do not get: a line each.
    typed : list of str
        Figures that its Markdown holds, with no source behind them: a line each.
    """

    name: str
    titles: list[str] = field(default_factory=list)
    items: list[Block] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    unshown: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)

    def add(self, items: Iterable[Block], where: str, tags: Collection[str] = ()) -> None:
        """Take a cell's blocks in; tables of Markdown get an id and, where none, a caption."""
        for item in blocks.as_detail(items) if DETAIL in tags else items:
            if isinstance(item, Heading) and item.level == 1:
                self.titles.append(item.text)
                continue
            nameless = isinstance(item, Table) and not item.id
            self.items.append(self._named(typing.cast(Table, item)) if nameless else item)
            self.places.append(where)

    def _named(self, table: Table) -> Table:
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", self.name.removesuffix(".ipynb"))
        before = [one for one in self.items if isinstance(one, Table)]
        number = 1 + sum(one.id.startswith(f"written-{stem}-") for one in before)
        above = [one.text for one in self.items if isinstance(one, Heading)]
        caption = table.caption or (above or self.titles or [stem])[-1]
        same = sum(re.sub(r" \(\d+\)$", "", one.caption) == caption for one in before)
        if same and not table.caption:
            caption = f"{caption} ({same + 1})"
        return dataclasses.replace(table, id=f"written-{stem}-{number}", caption=caption)


def read_cells(node: nbformat.NotebookNode, name: str, problems: list[Problem]) -> Read:
    r"""Read the cells of an executed notebook.

    Parameters
    ----------
    node : NotebookNode
    name : str
        File name, which faults give with the cell's number in the author's notebook.
    problems : list of Problem
        Takes what cannot be shown.

    Returns
    -------
    Read

    Examples
    --------
    >>> cells = [nbformat.v4.new_markdown_cell("# Deaths\n\n| Year | Dead |\n|-|-|\n| 2021 | 7 |"),
    ...     nbformat.v4.new_raw_cell("Words."),
    ...     nbformat.v4.new_code_cell("print(7)", execution_count=1,
    ...         outputs=[nbformat.v4.new_output("stream", text="7")])]
    >>> problems = []
    >>> read = read_cells(nbformat.v4.new_notebook(cells=cells), "05_deaths.ipynb", problems)
    >>> read.items[0].id, read.items[0].caption, read.unshown
    ('written-05_deaths-1', 'Deaths', ['05_deaths.ipynb, cell 3: what it prints'])
    >>> problems[0].what
    'A raw cell is not shown in the report.'
    """
    read = Read(name)
    unrun = []
    number = 0
    for cell in node.cells:
        tags = set(cell.metadata.get("tags", ()))
        number += "injected-parameters" not in tags  # a cell that its author does not have
        where = f"{name}, cell {number}"
        if REMOVED in tags or not cell.source.strip():
            continue
        if cell.cell_type == "markdown":
            written = read_markdown(cell.source, where, problems)
            read.add(written, where, tags)
            read.typed += [f"{where}: {one}" for one in _typed(written)]
        elif cell.cell_type == "code":
            if not tags & {"parameters", "skip-execution"} and _not_run(cell):
                unrun.append(number)
            _read_outputs(cell, tags, where, read, problems)
        else:
            remedy = f"Make it a Markdown cell; or, if it is for you alone, tag it '{REMOVED}'."
            problems.append(Problem("A raw cell is not shown in the report.", where, remedy))
    if unrun:
        problems.append(
            Problem(
                f"{len(unrun)} of its cells {'was' if len(unrun) == 1 else 'were'} not run.",
                f"{name}, cell {unrun[0]}",
                "Execute the notebook first: needs run, or Run All in JupyterLab.",
            )
        )
    return read


def _not_run(cell: nbformat.NotebookNode) -> bool:
    return cell.get("execution_count") is None and not cell.get("outputs")


def _read_outputs(
    cell: nbformat.NotebookNode,
    tags: set[str],
    where: str,
    read: Read,
    problems: list[Problem],
) -> None:
    own = set()
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            if "raises-exception" not in tags:
                what = f"The cell failed: {output.ename}: {output.evalue}"
                problems.append(Problem(what, where))
        elif OUTPUT_REMOVED in tags:
            continue
        elif output.output_type == "stream":
            if output.text.strip():
                own.add("what it prints")
        elif blocks.MIME_TYPE in output.data:
            shown = output.data[blocks.MIME_TYPE]
            read.add((blocks.from_model(dict(one)) for one in shown), where, tags)
        elif "text/markdown" in output.data and len(output.data) <= 2:  # and its plain text
            told = read_markdown(str(output.data["text/markdown"]), where, problems)
            read.add(told, where, tags)
        elif refused := _refused(output.data):
            what, remedy = refused
            problems.append(Problem(f"{what} is not shown in the report.", where, remedy + _OWN))
        elif output.data:
            own.add("its result, which is plain text")
    # a cell that nbval compares with what it printed before is a test, and not for readers
    if "NBVAL_CHECK_OUTPUT" not in cell.source:
        read.unshown.extend(f"{where}: {one}" for one in sorted(own))


def _refused(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """What an output is that no report shows, and the remedy; None for plain text."""
    kinds = [kind for kind in data if kind != "text/plain"]
    drawing = bool(_DRAWING.match(str(data.get("text/plain", ""))))
    special = next((one for one in kinds if one.startswith("application/")), "")
    if "widget-view" in special:
        return "An interactive widget", _ELSE
    if re.search("plotly|vega|bokeh|holoviews", special):
        return "An interactive chart", _CHART
    if drawing or any(kind.startswith("image/") for kind in kinds):
        return "A picture", _CHART
    if "<table" in str(data.get("text/html", "")):
        return "A table as pandas displays it", _TABLE
    names = {"text/html": "HTML", "text/latex": "A formula", "application/javascript": "A script"}
    return (names.get(kinds[0], f"An output of the kind {kinds[0]}"), _ELSE) if kinds else None


# Markdown


def _typed(items: Iterable[Block]) -> Iterator[str]:
    """Figures typed into sentences and headings; what a table holds, its author answers for."""
    for item in items:
        match item:
            case Heading():
                yield from typed_figures(item.text)
            case Prose():
                yield from typed_figures(plain(item.text))
            case Bullets():
                for line in item.items:
                    yield from typed_figures(plain(line))


class _Lined(mistune.BlockState):
    """A text being parsed, whose paragraphs know in which line they begin."""

    def add_paragraph(self, text: str) -> None:
        """Take a paragraph in, or more of one."""
        super().add_paragraph(text)
        self.note_line(self.cursor)

    def note_line(self, place: int) -> None:
        """Give the blocks that have none the line of a place in the text."""
        if self.parent is None:
            for token in self.tokens:
                token.setdefault("line", 1 + self.src.count("\n", 0, place))


class _LinedBlocks(mistune.BlockParser):
    """Parsing that notes in which line each block of a text begins."""

    state_cls = _Lined

    def parse_method(self, m: re.Match[str], state: Any) -> int | None:
        """Parse a block."""
        end = super().parse_method(m, state)
        state.note_line(m.start())
        return end


#: Reads a block that notebooks do not hold, from its token and its place; None leaves it.
Reader = Callable[[Mapping[str, Any], str], Iterable[Block] | None]


def read_markdown(source: str, where: str, problems: list[Problem]) -> list[Block]:
    """Markdown as blocks; what the outputs cannot all draw becomes a problem, not a guess.

    A table has no id, and a caption only where a paragraph before it begins with `CAPTION`.

    Examples
    --------
    >>> read_markdown("Deaths **registered**.", "cell 1", [])
    [Prose(text=(Span(text='Deaths ', ...), Span(text='registered', ...), ...), ...)]
    """
    if _FOOTNOTE.search(source):
        remedy = "Write it as a sentence, or in brackets."
        problems.append(Problem("A footnote is not shown in the report.", where, remedy))
    return [block for _, block in read_placed(source, where, problems)]


def read_placed(
    source: str, where: str, problems: list[Problem], more: Mapping[str, Reader] | None = None
) -> list[tuple[str, Block]]:
    """Markdown as blocks, each with its place.

    Parameters
    ----------
    source, where, problems
        As for `read_markdown`.
    more : mapping of str to callable, optional
        What reads blocks that notebooks do not hold, by mistune's name of them. With any, a place
        is the file and the line, and footnotes are read too.
    """
    out: list[tuple[str, Block]] = []
    for token in _parse(source, where, problems, footnotes=more is not None):
        kind = token["type"]
        place = f"{where}, line {token['line']}" if more and "line" in token else where
        if more and kind in more and (own := more[kind](token, place)) is not None:
            out += [(place, one) for one in own]
            continue
        match kind:
            case "heading":
                out.append((place, _heading(token, place, problems)))
            case "paragraph" | "block_text":
                text = inline(token, place, problems)
                if _UNEVEN.search(plain(text)):
                    what = "Rows of a table have not all the same number of cells."
                    problems.append(Problem(what, place, "Give each row as many as the headings."))
                if text:  # not of a comment alone
                    out.append((place, Prose(text)))
            case "list":
                out.append((place, _list(token, place, problems)))
            case "table":
                last = out[-1][1] if out else None
                caption = ""
                if isinstance(last, Prose) and plain(last.text).startswith(CAPTION):
                    caption = plain(last.text).removeprefix(CAPTION).strip()
                    _without_links(last.text, "a caption", place, problems)
                    out.pop()
                out.append((place, _table(token, caption, place, problems)))
            case "block_html" if _COMMENT.fullmatch(token["raw"]):
                pass
            case "blank_line":
                pass
            case other:
                _refuse(other, place, problems)
    return out


def _refuse(kind: str, where: str, problems: list[Problem]) -> None:
    what, remedy = _REFUSED.get(kind, (f"Markdown of kind '{kind}'", _MARKDOWN))
    problems.append(Problem(f"{what} is not shown in the report.", where, remedy))


def _parse(
    source: str, where: str, problems: list[Problem], *, footnotes: bool = False
) -> list[dict[str, Any]]:
    plugins = ["table", "strikethrough", "math", "task_lists", *(["footnotes"] * footnotes)]
    named = [mistune.plugins.import_plugin(one) for one in plugins]
    parser = mistune.Markdown(block=_LinedBlocks(), plugins=named)
    tokens, state = parser.parse(source)
    for key, target in state.env.get("ref_links", {}).items():
        label = str(target.get("label") or key)
        if source.casefold().count(f"[{label}]".casefold()) < 2 and not label.startswith("^"):
            problems.append(
                Problem(
                    f"The line '[{label}]: …' is read as a link's address, and not shown.",
                    where,
                    f"Write it in other words, or with a backslash: \\[{label}]: …",
                )
            )
    return [] if isinstance(tokens, str) else tokens


def _heading(token: Mapping[str, Any], where: str, problems: list[Problem]) -> Heading:
    level = int(token["attrs"]["level"])
    if level > 3:
        problems.append(Problem(f"A level-{level} heading.", where, "Use levels 1 to 3."))
    text = inline(token, where, problems)
    return Heading(_without_links(text, "a heading", where, problems), min(level, 3))


def _list(token: Mapping[str, Any], where: str, problems: list[Problem]) -> Bullets:
    attributes = token["attrs"]
    lines: list[Text] = []
    if attributes.get("start", 1) != 1:
        what = f"A list that begins with {attributes['start']} would begin with 1 in the report."
        problems.append(Problem(what, where, "Begin it with 1."))
    for item in token["children"]:
        parts = [one for one in item["children"] if one["type"] != "blank_line"]
        if item["type"] == "task_list_item":
            what = "A list with boxes to tick is not shown in the report."
            problems.append(Problem(what, where, "Write a list without boxes."))
        if any(one["type"] not in ("block_text", "paragraph") for one in parts):
            problems.append(Problem("A list inside a list item.", where, _MARKDOWN))
        elif len(parts) > 1:
            what = "A list item of several paragraphs."
            problems.append(Problem(what, where, "Make it one paragraph, or several items."))
        lines.extend(inline(one, where, problems) for one in parts if "children" in one)
    return Bullets(tuple(lines), "numbered" if attributes.get("ordered") else "body")


def _table(token: Mapping[str, Any], caption: str, where: str, problems: list[Problem]) -> Table:
    def words(cell: Mapping[str, Any], row: int, column: int) -> str:
        text = inline(cell, where, problems)
        said = " ".join(_without_links(text, "a table", where, problems).split())
        if said not in NOTHING:
            return said
        place = f"{where}, row {row}, column {column}" if row else f"{where}, heading {column}"
        remedy = (
            "Print the shorthand that fits, such as [x] or [z]."
            if row
            else "Name what the column holds."
        )
        problems.append(Problem(f"A cell of a table says nothing: '{said}'.", place, remedy))
        return "[x]"

    head = next(one for one in token["children"] if one["type"] == "table_head")
    body = [
        row for one in token["children"] if one["type"] == "table_body" for row in one["children"]
    ]
    labels = [words(one, 0, place) for place, one in enumerate(head["children"], 1)]
    texts = [
        [words(one, number, place) for place, one in enumerate(row["children"], 1)]
        for number, row in enumerate(body, 1)
    ]
    numeric = [all(_NUMERIC.fullmatch(row[place]) for row in texts) for place in range(len(labels))]
    if not texts:
        problems.append(Problem("A table has no rows.", where, "Say in words what is missing."))
    return Table(
        id="",
        caption=caption,
        columns=tuple(
            Column(label, "header" if not place else "number" if numeric[place] else "text")
            for place, label in enumerate(labels)
        ),
        rows=tuple(
            tuple(
                Cell(text, _value(text) if place and numeric[place] else None)
                for place, text in enumerate(row)
            )
            for row in texts
        ),
    )


def _value(text: str) -> float | None:
    """The number that a cell prints; None where it prints anything else beside."""
    found = _NUMBER.fullmatch(text)
    return float(found["number"].replace(",", "").replace("−", "-")) if found else None


def _without_links(text: Text, what: str, where: str, problems: list[Problem]) -> str:
    """The words of a text where the report has no links."""
    if any(span.link for span in text):
        problems.append(Problem(f"A link in {what}.", where, "Put it into a paragraph."))
    return plain(text)


def inline(
    token: Mapping[str, Any],
    where: str,
    problems: list[Problem],
    strong: bool = False,
    emphasis: bool = False,
    link: str = "",
) -> Text:
    """The text of a token; a footnote is its number, a link to the place `NOTES`."""
    return tuple(_spans(token, where, problems, strong, emphasis, link))


def _spans(
    token: Mapping[str, Any],
    where: str,
    problems: list[Problem],
    strong: bool,
    emphasis: bool,
    link: str,
) -> Iterator[Span]:
    for child in token.get("children", ()):
        match child["type"]:
            case "text":
                yield Span(html.unescape(str(child["raw"])), "", strong, emphasis, link)
            case "softbreak" | "linebreak":
                yield Span(" ", "", strong, emphasis, link)
            case "strong":
                yield from _spans(child, where, problems, True, emphasis, link)
            case "emphasis":
                yield from _spans(child, where, problems, strong, True, link)
            case "link":
                address = str(child["attrs"]["url"])
                if not re.match(r"(https://|http://|mailto:)", address):
                    problems.append(
                        Problem(
                            f"A link to '{address}', which readers of the report do not have.",
                            where,
                            "Link to a web address, or name the document without a link.",
                        )
                    )
                yield from _spans(child, where, problems, strong, emphasis, address)
            case "footnote_ref":
                yield Span(f"[note {child['attrs']['index']}]", link=NOTES)
            case "inline_html" if _COMMENT.fullmatch(child["raw"]):
                pass
            case other:
                _refuse(other, where, problems)


def with_cells(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook whose list of cells may be changed."""
    made = copy.copy(node)
    made.cells = list(node.cells)
    return made


def shown_cell(shown: Iterable[Block], name: str) -> nbformat.NotebookNode:
    """A cell that shows blocks, as one that was run does."""
    data = {blocks.MIME_TYPE: [blocks.to_model(one) for one in shown]}
    output = nbformat.v4.new_output("display_data", data=data)  # type: ignore[no-untyped-call]
    cell: nbformat.NotebookNode = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        f"# {name}", execution_count=1, outputs=[output]
    )
    return cell


def models_of(cell: nbformat.NotebookNode) -> Iterator[Any]:
    """The blocks that a cell shows, as they are kept in the notebook."""
    for output in cell.get("outputs", ()):
        yield from output.get("data", {}).get(blocks.MIME_TYPE, ())
