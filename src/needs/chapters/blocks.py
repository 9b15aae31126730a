"""What a notebook cell can show: small frozen models, drawn later as HTML, Typst or a sheet.

A cell's last expression is a block (or `Blocks`). Jupyter displays its HTML; the executed
notebook keeps the model itself beside it, under `MIME_TYPE`, and every output of the report (HTML,
PDF, spreadsheet, register) is rendered from that one model.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from needs.figures.figure import Figure
from needs.words.text import Span, Text, plain

#: Style of a paragraph that people have written about their area: it is never left out.
OWN = "own"

MIME_TYPE = "application/vnd.needs.blocks+json"


class _Shown:
    """A block that is shown by itself when it is a cell's last expression."""

    def __add__(self, other: Blocks | Block) -> Blocks:
        return Blocks((typing.cast(Block, self),)) + other

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return Blocks((typing.cast(Block, self),))._repr_mimebundle_()


@dataclass(frozen=True)
class Heading(_Shown):
    """A section heading inside a chapter; level 2 or 3 (the chapter's own title is level 1).

    `anchor` is its id in the report where something links to it; a number serves otherwise. A
    section of `detail` is folded on the web page, and is not in the PDF. `verdict` says how the
    area stands to England in what follows ("worse"), for who looks for that alone.
    """

    text: str
    level: int = 2
    anchor: str = ""
    detail: bool = False
    verdict: str = ""


@dataclass(frozen=True)
class Prose(_Shown):
    """A paragraph.

    `style` is "body", "finding" (a key finding), "definition", "note", "quote", "link" or `OWN`.
    One of style "link" leads to other places of the report: where none of them is there, it goes.
    """

    text: Text
    style: str = "body"
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Bullets(_Shown):
    """A list of sentences. `style`: "body" or "finding"."""

    items: tuple[Text, ...]
    style: str = "body"
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Notice(_Shown):
    """Something that the reader must know. `kind`: "missing", "caution" or "information"."""

    title: str
    items: tuple[Text, ...]
    kind: str = "missing"


@dataclass(frozen=True)
class Card:
    """One headline figure.

    `comparison` is "better", "worse", "similar", "higher", "lower" or "not compared";
    `trend` is "increasing", "decreasing", "no significant change" or "cannot be calculated", with
    `trend_is` "better", "worse" or "" by the indicator's polarity. `trend_of` names another series
    that the trend is of. `comparison_why` and `trend_why` say in a few words why there is none.
    `meaning` says in a sentence what the figure means.
    """

    label: str
    figure: str
    value: str
    detail: str
    comparators: tuple[tuple[str, str], ...]
    comparison: str
    trend: str
    trend_is: str = ""
    trend_of: str = ""
    trend_why: str = ""
    chapter: str = ""
    comparison_why: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Cards(_Shown):
    """The headline figures, one card each; also a table in the spreadsheet."""

    caption: str
    items: tuple[Card, ...]
    figures: tuple[Figure, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A table column. `kind`: "header" (the row's name, first column), "number", "text"."""

    label: str
    kind: str = "number"
    unit: str = ""


@dataclass(frozen=True)
class Cell:
    """A table cell: what is printed, the number behind it (None for text), its figure's id."""

    text: str
    value: float | None = None
    figure: str = ""


@dataclass(frozen=True)
class Table(_Shown):
    """A table with one header row, one row header (the first column) and no merged cells.

    Attributes
    ----------
    id : str
        Unique in the report; the sheet's and table's name in the spreadsheet come from it.
    caption : str
        Without "Table n:", which the report adds.
    columns : tuple of Column
    rows : tuple of tuple of Cell
    notes : tuple of str
        Printed below the table.
    sources : tuple of str
        Keys of sources in the catalogue.
    figures : tuple of Figure
    open : bool
        Whether the HTML shows the table at once, or folded below its chart; folded, it is not in
        the PDF, which says where it is.
    detail : bool
        Whether it is for looking things up: folded on the web page, and not in the PDF.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    open: bool = True
    detail: bool = False


@dataclass(frozen=True)
class Chart(_Shown):
    """A chart or map with its headline, alternative text and data table.

    `headline` says what the chart shows, in a sentence, and stands above it as page text;
    `subtitle` says what is measured, in which unit, where and when, and what the bands or bars are.
    `alt` states the finding in about 250 characters at most. A chart of `detail` is folded on the
    web page, and is not in the PDF. One that `fills` takes what is left of its page in the PDF,
    and its chapter stands alone on it.
    """

    id: str
    headline: Text
    subtitle: str
    svg: str
    alt: str
    table: Table
    figures: tuple[Figure, ...] = ()
    sources: tuple[str, ...] = ()
    kind: str = "chart"
    detail: bool = False
    fills: bool = False


@dataclass(frozen=True)
class Picture(_Shown):
    """An image that people bring, such as a diagram or a photograph; it draws no figures.

    Attributes
    ----------
    data : str
        The file, in base 64.
    kind : str
        "png", "jpeg" or "svg".
    alt : str
        What it shows, for who cannot see it.
    caption : str
    width, height : float
        In points; a page that is narrower shows it smaller.
    """

    data: str
    kind: str
    alt: str
    caption: str = ""
    width: float = 240.0
    height: float = 160.0

    @property
    def svg(self) -> str:
        """The file as a drawing, which holds it where it is none."""
        if self.kind == "svg":
            return base64.b64decode(self.data).decode("utf-8-sig")
        size = f'width="{self.width:g}" height="{self.height:g}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {self.width:g} '
            f'{self.height:g}"><image {size} href="{self.address}"/></svg>'
        )

    @property
    def address(self) -> str:
        """The file as an address that a page can hold."""
        return f"data:image/{self.kind}{'+xml' * (self.kind == 'svg')};base64,{self.data}"


@dataclass(frozen=True)
class Sources(_Shown):
    """The catalogue entries that the annex prints; filled in by the report from what was used."""

    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Methods(_Shown):
    """The methods that the annex prints; filled in by the report from what its figures used."""


@dataclass(frozen=True)
class Register(_Shown):
    """The place where the report prints its figure register."""


Block = (
    Heading
    | Prose
    | Bullets
    | Notice
    | Cards
    | Table
    | Chart
    | Picture
    | Sources
    | Methods
    | Register
)


class Why(str):
    """Lines that a notebook shows to its author as they are, and no reader of a report sees."""

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Blocks:
    """A sequence of blocks, shown by Jupyter as HTML and kept in the notebook as a model.

    `pruned` says, a line each, what was asked for and is not drawn, and why: readers never see it,
    an author asks for it with `why`.

    Examples
    --------
    >>> from needs.words.text import Span
    >>> shown = Prose((Span("Deaths rose."),)) + Blocks(pruned=("trend of Waits: two periods",))
    >>> len(shown.items), shown.why()
    (1, Not drawn: trend of Waits: two periods)
    """

    items: tuple[Block, ...] = field(default=())
    pruned: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Block]:
        return iter(self.items)

    def __add__(self, other: Blocks | Block) -> Blocks:
        return blocks(self, other)

    def why(self) -> Why:
        """What is not drawn, and why not: a line for each view that was left out."""
        said = "\n".join(f"Not drawn: {one}" for one in self.pruned)
        return Why(said or ("All is drawn." if self.items else "There is nothing to show."))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from needs.report.block_html import to_html  # drawing is not this module's business

        # a cell that shows nothing tells its author why; the report is made from the model alone
        seen = self.items or tuple(Prose((Span(one),), "note") for one in self.why().splitlines())
        return {
            "text/plain": "\n".join(_plain_block(item) for item in seen),
            "text/html": to_html(seen),
            MIME_TYPE: [to_model(item) for item in self.items],
        }


def blocks(*items: Block | Blocks | Iterable[Block] | None) -> Blocks:
    """Join blocks, leaving out None, so that a section can be built without special cases."""
    out: list[Block] = []
    pruned: list[str] = []
    for item in items:
        if item is None:
            continue
        if isinstance(item, Blocks):
            pruned.extend(item.pruned)
        if isinstance(item, (Blocks, list, tuple)):
            out.extend(item)
        else:
            out.append(typing.cast(Block, item))
    return Blocks(tuple(out), tuple(pruned))


def section(title: str, *parts: Block | Blocks, level: int = 2) -> Blocks:
    """Put blocks under a heading of their own; without any, the heading is not shown either.

    Examples
    --------
    >>> from needs.words.text import Span
    >>> [type(one).__name__ for one in section("Local context", Prose((Span("Words."),)))]
    ['Heading', 'Prose']
    >>> section("Local context", Blocks()).items
    ()
    """
    joined = blocks(*parts)
    return blocks(Heading(title, level), joined) if joined.items else joined


def as_detail(items: Iterable[Block]) -> Blocks:
    """Mark headings, charts and tables as for looking things up: folded, and not in the PDF.

    Examples
    --------
    >>> [one.detail for one in as_detail([Heading("Every authority")])]
    [True]
    """
    return Blocks(
        tuple(
            dataclasses.replace(one, detail=True)
            if isinstance(one, (Heading, Table, Chart))
            else one
            for one in items
        ),
        pruned=items.pruned if isinstance(items, Blocks) else (),
    )


def all_figures(items: Iterable[Block]) -> Iterator[Figure]:
    """Every figure that the blocks show, tables below charts included."""
    for item in items:
        yield from getattr(item, "figures", ())
        if isinstance(item, Chart):
            yield from item.table.figures


def all_tables(items: Iterable[Block]) -> Iterator[Table]:
    """Every table that the blocks show, in reading order."""
    for item in items:
        if isinstance(item, Table):
            yield item
        elif isinstance(item, Chart):
            yield item.table


def _plain_block(item: Block) -> str:
    match item:
        case Heading():
            return item.text
        case Prose():
            return plain(item.text)
        case Bullets() | Notice():
            return "\n".join(f"- {plain(line)}" for line in item.items)
        case Chart():
            return f"{plain(item.headline)}\n[{item.alt}]"
        case Picture():
            return f"[{item.alt}]"
        case Table() | Cards():
            return item.caption
        case _:
            return type(item).__name__


_TYPES: dict[str, type] = {cls.__name__: cls for cls in typing.get_args(Block)}


def to_model(block: Block) -> dict[str, Any]:
    """The block as plain JSON data, for the executed notebook.

    A figure that the block holds several times, as a chart and its table do, is the same data.
    """
    return {"type": type(block).__name__, **_plain_data(block, {})}


def from_model(model: dict[str, Any]) -> Block:
    """The block back from its JSON data.

    Examples
    --------
    >>> from needs.words.text import Span
    >>> block = Prose((Span("Hello"),))
    >>> from_model(to_model(block)) == block
    True
    """
    data = dict(model)
    return typing.cast(Block, _builder(_TYPES[data.pop("type")])(data, {}))


_PLAIN = frozenset((str, float, int, bool, type(None)))


def _plain_data(value: Any, known: dict[int, Any]) -> Any:
    """JSON data of what is not plain by itself; `known` holds that of figures, by their place."""
    kind: Any = type(value)
    if kind is Figure and id(value) in known:
        return known[id(value)]
    if (fields := _fields(kind)) is not None:
        data = {}
        for name, default in fields:
            part = getattr(value, name)
            if part != default:
                data[name] = part if type(part) in _PLAIN else _plain_data(part, known)
        if kind is Figure:
            known[id(value)] = data
        return data
    if isinstance(value, (tuple, list)):
        return [part if type(part) in _PLAIN else _plain_data(part, known) for part in value]
    return value.value if isinstance(value, Enum) else value


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...] | None:
    """Names and defaults of a dataclass's fields; None for any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple((one.name, one.default) for one in dataclasses.fields(kind))


#: Makes a value from its JSON data; knows the figures that were made of the same block's, by the
#: place of their data.
_Builder = Callable[[Any, dict[int, Any]], Any]


@functools.cache  # a report holds some hundred thousand values of few types
def _builder(kind: Any) -> _Builder:
    """What makes a value of a type from its JSON data."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:
        some = _builder(next(part for part in inner if part is not type(None)))
        return lambda value, known: None if value is None else some(value, known)
    if origin is tuple:
        builders = [_builder(part) for part in inner if part is not Ellipsis]
        if inner[-1] is Ellipsis:
            each = builders[0]
            return lambda value, known: tuple([each(part, known) for part in value])
        return lambda value, known: tuple(
            build(part, known) for build, part in zip(builders, value, strict=True)
        )
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        build_one = _of_fields(kind)
        return _once(build_one) if kind is Figure else build_one
    if kind in (float, int, str, bool) or issubclass(kind, Enum):
        return lambda value, _: kind(value)
    return lambda value, _: value


def _of_fields(kind: type) -> _Builder:
    """What makes a dataclass's value; text stays as it is."""
    hints = typing.get_type_hints(kind)
    builders = [(name, _builder(hint)) for name, hint in hints.items() if hint is not str]

    def build(value: dict[str, Any], known: dict[int, Any]) -> Any:
        parts = dict(value)
        for name, build_part in builders:
            if name in parts:
                parts[name] = build_part(parts[name], known)
        return kind(**parts)

    return build


def _once(build: _Builder) -> _Builder:
    """The same, but not again from the same data."""

    def build_once(value: dict[str, Any], known: dict[int, Any]) -> Any:
        if id(value) not in known:
            known[id(value)] = build(value, known)
        return known[id(value)]

    return build_once
