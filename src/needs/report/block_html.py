"""Blocks as HTML: the drawing that JupyterLab's display and the report's page share."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup, escape

from needs.catalogue import Catalogue, Source, load
from needs.chapters.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Chart,
    Column,
    Heading,
    Table,
    all_tables,
)
from needs.charts.style import keep_text_widths
from needs.report.document import (
    Chapter,
    Document,
    method_anchor,
    printed_date,
    released,
    symbols_in,
)
from needs.report.register import (
    RegisterEntry,
    RegisterTable,
    carried_tables,
    entries,
    register_table,
)

_COMPARISONS = {
    "better": "Better than England",
    "worse": "Worse than England",
    "similar": "Similar to England",
    "higher": "Higher than England",
    "lower": "Lower than England",
    "not compared": "Difference from England not tested",
}


@dataclass(frozen=True)
class View:
    """How blocks are drawn: on a page with numbers and links, or alone in a notebook.

    Attributes
    ----------
    document : Document or None
        None draws without numbers and links.
    declared : Catalogue or None
        Whose sources are named; None for the catalogue in use.
    """

    document: Document | None = None
    declared: Catalogue | None = None

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue that was given, else the one in use: most blocks alone ask for none."""
        return self.declared or load()

    @property
    def links(self) -> bool:
        """Whether a number links to its entry in the register."""
        return self.document is not None

    @functools.cached_property
    def _places(self) -> Mapping[str, int]:
        register = self.document.register if self.document else ()
        return {figure.id: number for number, figure in enumerate(register, 1)}

    def figure_anchor(self, key: str) -> str:
        """The id of a figure's row in the register: short, since thousands of links name one."""
        return f"f{self._places[key]}" if key in self._places else f"fig-{key}"

    def cell(self, cell: Cell) -> Markup:
        """What a table's cell prints, with the link of its figure."""
        if cell.figure and self.links and cell.figure not in self.shown_there:
            anchor = escape(self.figure_anchor(cell.figure))
            return Markup(f"<a href=#{anchor}>{escape(cell.text)}</a>")
        return escape(cell.text)

    def chart_label(self, key: str) -> str:
        """The words "Figure 3: ", or nothing without a document."""
        return f"Figure {self.document.chart_numbers[key]}: " if self.document else ""

    def table_label(self, key: str) -> str:
        """The words "Table 3: ", or nothing without a document."""
        return f"Table {self.document.table_numbers[key]}: " if self.document else ""

    def title(self, block: Block) -> str:
        """The words that name a chart or table: "Table 3: Deaths by year"."""
        if isinstance(block, Chart):
            return self.chart_label(block.id) + block.table.caption
        return self.table_label(block.id) + block.caption if isinstance(block, Table) else ""

    def symbols(self, table: Table) -> dict[str, str]:
        """The shorthand that stands in a table."""
        return symbols_in(cell.text for row in table.rows for cell in row)

    def drawing_key(self, key: str) -> str:
        """What a chart's ids begin with: short, since one of all authorities has hundreds."""
        if self.document:
            return f"c{self.document.chart_numbers[key]}"
        return f"s{zlib.crc32(key.encode()):x}"

    def source_lines(self, keys: Iterable[str]) -> str:
        """Producers and titles of sources, in a sentence."""
        named = [self.catalogue.sources[key] for key in keys if key in self.catalogue.sources]
        return "; ".join(f"{one.producer}, {one.title}" for one in named)

    def publishers(self, keys: Iterable[str]) -> list[tuple[str, str]]:
        """Who published some sources, and in which year what was read; each with its page."""
        files = self.document.context.files if self.document else ()
        found: dict[str, str] = {}
        for key in keys:
            if key in self.catalogue.sources:
                source = self.catalogue.sources[key]
                years = re.findall(r"\b\d{4}\b", released(source, files))
                name = f"{source.producer}, {max(years)}" if years else source.producer
                found.setdefault(name, source.landing_page)
        return list(found.items())

    def more_sources(self, chart: Chart) -> bool:
        """Whether the table behind a chart has a source that is not named under the chart."""
        return not set(chart.table.sources) <= set(chart.sources)

    def chapter(self, card: Card) -> Chapter | None:
        """The chapter that says more about a headline figure."""
        return self.document.chapter_named(card.chapter) if self.document else None

    @functools.cached_property
    def _anchors(self) -> frozenset[str]:
        """The ids of the report's headings that have one of their own."""
        printed = self.document.blocks if self.document else ()
        return frozenset(one.anchor for one in printed if isinstance(one, Heading))

    def method_anchor(self, name: str) -> str:
        """The id of a method's section; nothing where the report prints no methods."""
        anchor = method_anchor(name)
        return anchor if anchor in self._anchors else ""

    @property
    def lists_files(self) -> bool:
        """Whether the report has the tables of its sources and of the files that were read."""
        return self.document is not None and {"sources", "files"} <= {*self.document.table_numbers}

    @functools.cached_property
    def _source_rows(self) -> Mapping[str, int]:
        tables = all_tables(self.document.blocks) if self.document else ()
        listed = next((one for one in tables if one.id == "sources"), None)
        return {row[0].text: at for at, row in enumerate(listed.rows, 1)} if listed else {}

    def source_address(self, source: Source) -> str:
        """Where a source is told of: its row in the report's table of them, else its own page."""
        row = self._source_rows.get(source.title)
        return f"#s{row}" if row else source.landing_page

    @functools.cached_property
    def carried(self) -> Mapping[str, RegisterTable]:
        """Tables below charts that show what the register says of their rows, by their key."""
        return carried_tables(self.document) if self.document else {}

    @functools.cached_property
    def shown_there(self) -> frozenset[str]:
        """The figures whose place in the register is such a table."""
        return frozenset(figure.id for table in self.carried.values() for figure in table.figures)

    def register_anchor(self, table: Table) -> str:
        """The id of the register's entry on the figures of a table."""
        return f"register-{self.carried[table.id].figures[0].indicator}"

    @functools.cached_property
    def entries(self) -> tuple[RegisterEntry, ...]:
        """The register's groups."""
        return entries(self.document, self.carried) if self.document else ()

    @functools.cached_property
    def _first_of_sources(self) -> Mapping[object, RegisterEntry]:
        return {_named_in(one): one for one in self.entries[::-1] if len(one.files) > 1}

    def same_sources(self, entry: RegisterEntry) -> RegisterEntry | None:
        """The entry further up that names the same sources and files, where that is a long list."""
        first = self._first_of_sources.get(_named_in(entry), entry)
        return None if first is entry else first


def _named_in(entry: RegisterEntry) -> tuple[object, ...]:
    """The keys of an entry's sources, each with its files."""
    return tuple((source.key, files) for source, files in entry.files)


def comparison_words(card: Card) -> str:
    """How the area compares with England, in words."""
    said = _COMPARISONS.get(card.comparison, card.comparison.capitalize())
    return f"{said}: {card.comparison_why}" if card.comparison_why else said


def trend_words(card: Card) -> str:
    """The recent trend in words, with what it means where the indicator has a polarity."""
    meaning = {"better": " (getting better)", "worse": " (getting worse)"}.get(card.trend_is, "")
    of = f" of the {card.trend_of}" if card.trend_of else ""
    why = f" ({card.trend_why})" if card.trend_why else ""
    return f"Recent trend{of}: {card.trend}{meaning}{why}" if card.trend else ""


def inline_svg(
    svg: str, key: str, alt: str, *, fonts: bool = True, table: Table | None = None
) -> Markup:
    """An SVG made fit to stand in a page: one name, ids of its own, no fixed size.

    Parameters
    ----------
    svg : str
        As a chart or map returns it; may be a whole file.
    key : str
        What its ids begin with: unique in the page, and short.
    alt : str
        Becomes its accessible name.
    fonts : bool
        Whether the page brings the report's fonts; without them each text keeps its width.
    table : Table, optional
        The table below the chart, where the page has the script that names points by its rows.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    # the drawing's own name goes; the names of its areas and points, shown on hovering, stay
    body = re.sub(
        r"\A(<svg[^>]*>)\s*(?:<(title|desc)\b[^>]*>.*?</\2>\s*)+", r"\1", body, flags=re.S
    )
    body = re.sub(r"<path(?![^>]*?\sd=)[^>]*/>", "", body)  # what has no shape draws nothing
    body = re.sub(r'\spaint-order="(\w+)"', r' style="paint-order:\1"', body)
    if table:
        body = named_by_rows(body, table)
    names = dict.fromkeys(re.findall(r'\sid="([^"]+)"', body))
    short = {name: f"{key}-{number}" for number, name in enumerate(names, 1)}
    parts = _NAMED.split(body)
    parts[2::3] = [short.get(name, name) for name in parts[2::3]]
    body = "".join(parts)
    opening, body = body[: body.index(">") + 1], body[body.index(">") + 1 :]
    width, height = (_length(opening, name) for name in ("width", "height"))
    bare = re.sub(r'\s(?:xmlns|width|height|role|aria-\w+|version|style)="[^"]*"', "", opening)
    if fonts:  # as the page says of every drawing
        bare = re.sub(r'\sfont-family="[^"]*"', "", bare)
        body = _TAG.sub(_unquoted, body.replace(' font-size="100"', ""))
    else:
        body = keep_text_widths(body)
    if "viewBox" not in bare and width and height:
        bare = bare[:-1] + f' viewBox="0 0 {width:g} {height:g}">'
    # points are what charts are laid out in, pixels what a page has
    size = f' style="max-width:{width * 4 / 3:.0f}px"' if width else ""
    named = Markup(' class="drawing" role="img" aria-label="{}"').format(alt)
    return Markup(bare[:4] + str(named) + size + bare[4:] + body)


#: Dots of one look, and the circles that tell what each of them is.
_POINTS = re.compile(
    r'(<path [^>]*style="marker:[^"]*")/><g pointer-events="all">'
    r"((?:<circle [^>]*><title>[^<]*</title></circle>)+)</g>"
)


def named_by_rows(svg: str, table: Table) -> str:
    """A chart whose points have no titles where these are but rows of the table below it.

    The page's script names such a point by its row: ``data-rows`` holds their places, and
    ``data-before`` and ``data-unit`` what stands round each value. Without scripts the table says
    the same.

    Parameters
    ----------
    svg : str
    table : Table
        The numbers behind the chart: name and value are its first two columns.

    Examples
    --------
    >>> from needs.chapters.blocks import Cell
    >>> table = Table("t", "Rates", (), ((Cell("Leeds"), Cell("1.5")), (Cell("Hull"), Cell("2.0"))))
    >>> drawn = (
    ...     '<path d="M1 2" style="marker:url(#m)"/><g pointer-events="all">'
    ...     '<circle r="6"><title>Hull: 2.0%</title></circle></g>'
    ... )
    >>> named_by_rows(drawn, table)
    '<path d="M1 2" style="marker:url(#m)" data-rows="1" data-unit="%"/>'
    """
    rows = {row[0].text: (place, row[1].text) for place, row in enumerate(table.rows)}

    def without(found: re.Match[str]) -> str:
        titles = [html.unescape(one) for one in re.findall("<title>(.*?)</title>", found[2])]
        places, around = [], set()
        for name, _, said in (one.partition(": ") for one in titles):
            place, value = rows.get(name, (0, ""))
            before, held, unit = said.partition(value or "\0")
            if not held:
                return found[0]
            places.append(place)
            around.add((before, unit))
        if len(around) > 1:
            return found[0]
        before, unit = map(html.escape, around.pop())
        prefix = f' data-before="{before}"' if before else ""
        return f'{found[1]} data-rows="{_steps(places)}"{prefix} data-unit="{unit}"/>'

    return _POINTS.sub(without, svg)


def _steps(places: Sequence[int]) -> str:
    """Places in a table, those that follow one another by their first and last.

    Examples
    --------
    >>> _steps([9, 8, 7, 3, 4])
    '9-7 3-4'
    """
    runs: list[tuple[int, int, int]] = []  # first, last and the step between
    for place in places:
        first, last, step = runs[-1] if runs else (0, 0, 0)
        if runs and abs(place - last) == 1 and step in (0, place - last):
            runs[-1] = (first, place, place - last)
        else:
            runs.append((place, place, 0))
    return " ".join(f"{first}-{last}" if step else str(first) for first, last, step in runs)


#: Where a drawing gives or uses an id: what stands before it, and the id.
_NAMED = re.compile(r'(\sid="|url\(#|\s(?:xlink:)?href="#)([^")]+)')

#: An element's tag, and a value in it that HTML takes without quotes.
_TAG = re.compile(r"<[a-z][^>]*>")
_QUOTED = re.compile(r'(=)"([\w.#()-]+)"(?=[ >])')


def _unquoted(tag: re.Match[str]) -> str:
    return "".join(_QUOTED.split(tag[0]))  # all but the quotes; faster than a substitution


def _length(tag: str, name: str) -> float:
    found = re.search(rf'\s{name}="([0-9.]+)(?:pt|px)?"', tag)
    return float(found[1]) if found else 0.0


@functools.cache
def environment() -> jinja2.Environment:
    """The templates, with escaping on and undefined names fatal."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("needs.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {
        "comparison_words": comparison_words,
        "trend_words": trend_words,
        "inline_svg": inline_svg,
        "rows_of": register_table,
        "table_rows": table_rows,
        "register_rows": register_rows,
        "numbers_of": numbers_of,
        "number_cells": number_cells,
        "printed_date": printed_date,
        "page_script": page_script,
        "page_policy": page_policy,
        "kind_of": lambda block: type(block).__name__,
    }
    return env


def table_rows(table: Table, view: View) -> Markup:
    """The rows of a table's body, with what the register says of them where it is shown there.

    Examples
    --------
    >>> from needs.chapters.blocks import Cell
    >>> table = Table("t", "Rates", (), ((Cell("Leeds & Hull"), Cell("1.5"), Cell("worse")),))
    >>> print(table_rows(table, View()), end="")
    <tr data-verdict="worse"><th scope=row>Leeds &amp; Hull<td>1.5<td>worse
    """
    more = view.carried.get(table.id)
    beside = more.rows if more else ((),) * len(table.rows)
    linked = view.links and table.id == "sources"  # links lead to the rows of this table
    drawn = []
    for place, (cells, added) in enumerate(zip(table.rows, beside, strict=True), 1):
        name = f" id=s{place}" if linked else ""
        verdict = ' data-verdict="worse"' if any(one.text == "worse" for one in cells) else ""
        drawn.append(_row(name + verdict, [*map(view.cell, cells), *map(escape, added)]))
    return Markup("".join(drawn))


def register_rows(table: RegisterTable, view: View) -> Markup:
    """The rows of one of the register's own tables; links lead to each."""
    return Markup(
        "".join(
            _row(f" id={escape(view.figure_anchor(figure.id))}", map(escape, cells))
            for figure, cells in zip(table.figures, table.rows, strict=True)
        )
    )


def _row(attributes: str, cells: Iterable[str]) -> str:
    return f"<tr{attributes}><th scope=row>{'<td>'.join(cells)}\n"


def numbers_of(columns: Iterable[Column]) -> tuple[int, ...]:
    """The places of a table's columns of numbers, the first column being 1.

    Examples
    --------
    >>> numbers_of([Column("Area", "header"), Column("Deaths"), Column("Note", "text")])
    (2,)
    """
    return tuple(place for place, one in enumerate(columns, 1) if one.kind == "number")


def number_cells(inside: str = "") -> str:
    """What a style names the cells of a table's columns of numbers by.

    Examples
    --------
    >>> number_cells()[:45]
    '.n2 td:nth-child(2), .n3 td:nth-child(3), .n4'
    """
    return ", ".join(f"{inside}.n{place} td:nth-child({place})" for place in range(2, 31))


def page_script(*names: str) -> Markup:
    """The scripts of a page as they stand in it, without the comments."""
    text = "\n".join(environment().get_template(name).render() for name in names)
    return Markup(re.sub(r"^\s*//.*\n|^\s+", "", text, flags=re.MULTILINE))


def page_policy(script: str) -> str:
    """What a browser may load for a page (Content Security Policy): nothing but what is in it.

    Examples
    --------
    >>> "script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='" in page_policy("")
    True
    """
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    allowed = "style-src 'unsafe-inline'; font-src data:; img-src data:"
    return f"default-src 'none'; {allowed}; script-src 'sha256-{digest}'; base-uri 'none'"


def draw(block: Block | Cards, view: View, **more: Any) -> Markup:
    """One block as HTML.

    Parameters
    ----------
    block : Block
    view : View
    **more
        What a block needs to know of its place: `level`, `number` and `anchor` of a heading.
    """
    place: Mapping[str, Any] = {"level": 2, "number": "", "anchor": ""} | more
    return Markup(_macros().draw(block, view, place))


@functools.cache
def _macros() -> Any:
    return environment().get_template("blocks.html.j2").module


@functools.cache  # every display of a notebook has it
def _fragment_style() -> str:
    return environment().get_template("fragment.css").render()


def to_html(blocks: Iterable[Block]) -> str:
    """Blocks as an HTML fragment for JupyterLab, with a light style of its own.

    Examples
    --------
    >>> from needs.chapters.blocks import Prose
    >>> from needs.words.text import Span
    >>> "5 &lt; 6" in to_html([Prose((Span("5 < 6"),))])
    True
    """
    view = View()
    parts = [draw(block, view, level=getattr(block, "level", 2)) for block in blocks]
    style = _fragment_style()
    return f'<div class="needs">\n<style>{style}</style>\n{"".join(parts)}</div>\n'


def page(title: str, blocks: Iterable[Block]) -> str:
    """Blocks as a page that stands by itself, without scripts.

    Examples
    --------
    >>> from needs.chapters.blocks import Prose
    >>> from needs.words.text import Span
    >>> "<title>A &amp; B</title>" in page("A & B", [Prose((Span("5 < 6"),))])
    True
    """
    view = View()
    parts = [draw(block, view, level=getattr(block, "level", 2)) for block in blocks]
    template = environment().get_template("page.html.j2")
    style = Markup(_fragment_style())  # our own
    return template.render(title=title, style=style, parts=Markup("").join(parts)) + "\n"
