"""The figure register: every number of a report with its formula, inputs and source rows."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from needs.catalogue import Indicator, Source
from needs.chapters.blocks import Chart, Table, all_tables
from needs.figures.figure import Figure, format_number
from needs.report.document import Document, InputFile, linked_figures
from needs.report.parameters import slug
from needs.sources.columns import VERDICTS
from needs.stats.status import STATUS_SYMBOL, SYMBOLS, Status
from needs.tables.naming import names_file


def _column(
    name: str, title: str, description: str, kind: str = "string", **constraints: Any
) -> dict[str, Any]:
    field = {"name": name, "type": kind, "title": title, "description": description}
    return {**field, "constraints": constraints} if constraints else field


#: Columns of ``figures.csv``, as a Frictionless table schema describes them.
FIELDS = (
    _column(
        "id",
        "Identifier",
        "Names the figure in this report, in report.html, figures.json and needs trace.",
        pattern=r"[A-Za-z0-9._-]+",
        unique=True,
        required=True,
    ),
    _column(
        "indicator",
        "Indicator",
        "Key of the indicator in the catalogue, or of a measure that the report computes.",
        required=True,
    ),
    _column("label", "Label", "What is measured, in plain words.", required=True),
    _column(
        "area_code",
        "Area code",
        "Code of the Office for National Statistics; codes of several authorities that make one "
        "area are joined with +.",
    ),
    _column("area_name", "Area name", "Name of the area.", required=True),
    _column(
        "period",
        "Period",
        "As printed: a calendar year, a financial year (2021/22) or several years.",
        required=True,
    ),
    _column("sex", "Sex", "persons, male or female.", required=True),
    _column("age", "Age", "Age range in years, ends included.", required=True),
    _column(
        "value",
        "Value",
        "Unrounded, in the unit that the column unit names. Empty unless status is shown.",
        "number",
    ),
    _column(
        "lower",
        "Lower 95% limit",
        "Lower end of the 95% confidence interval, in the unit of the value. Empty where there "
        "is none.",
        "number",
    ),
    _column(
        "upper",
        "Upper 95% limit",
        "Upper end of the 95% confidence interval, in the unit of the value. Empty where there "
        "is none.",
        "number",
    ),
    _column("unit", "Unit", "Unit of value, lower and upper. Empty for a pure number."),
    _column(
        "printed",
        "As printed",
        "The figure as the report prints it, rounded; the shorthand in square brackets where it "
        "is not shown.",
        required=True,
    ),
    _column(
        "status",
        "Status",
        "Why there is, or is not, a value. Zero is shown; a suppressed value is never zero.",
        enum=[one.value for one in Status],
        required=True,
    ),
    _column(
        "marks",
        "Marks",
        "Letters beside a value: "
        + "; ".join(f"{mark}, {meaning}" for mark, meaning in SYMBOLS.items())
        + ".",
        pattern=f"[{''.join(SYMBOLS)}]*",
    ),
    _column(
        "numerator",
        "Numerator",
        "What the formula divides, as a number of people, deaths or other cases. Empty where the "
        "formula has none, the source gives none, or it is withheld.",
        "number",
    ),
    _column(
        "denominator",
        "Denominator",
        "What the formula divides by, as a number of people or other cases. Empty where the "
        "formula has none or the source gives none.",
        "number",
    ),
    _column("formula", "Formula", "How the value is computed, in words and symbols."),
    _column(
        "method",
        "Method",
        "Heading of the annex and of docs/methods.md, which say how it is worked out.",
    ),
    _column("sources", "Sources", "Keys of sources in the catalogue, joined with '; '."),
    _column(
        "source_rows",
        "Source rows",
        "File, sheet and row or line of each input in the publisher's file, joined with '; '.",
    ),
    _column("note", "Note", "What else must be known of the figure."),
    _column(
        "verdict",
        "Publisher's verdict",
        "What the publisher's own test says of the area beside England. Often empty.",
        enum=list(VERDICTS[1:]),
    ),
)

#: Columns of ``figures.csv``.
COLUMNS = tuple(str(one["name"]) for one in FIELDS)

# What a spreadsheet program takes for the beginning of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class RegisterEntry:
    """The figures of one indicator, with what explains them all.

    `indicator` is None for a measure that the report computes and the catalogue does not hold.
    `files` pairs each source with those of its raw files that the figures were read from. Of the
    `carried` tables the rows have in them what the register says; `figures` are all the others.
    """

    key: str
    name: str
    indicator: Indicator | None
    formulas: tuple[str, ...]
    methods: tuple[str, ...]
    sources: tuple[Source, ...]
    files: tuple[tuple[Source, tuple[InputFile, ...]], ...]
    figures: tuple[Figure, ...]
    carried: tuple[Table, ...]

    @property
    def anchor(self) -> str:
        """The entry's id in the HTML."""
        return f"register-{self.key}"


def entries(document: Document, carried: Mapping[str, RegisterTable]) -> tuple[RegisterEntry, ...]:
    """The register grouped by indicator, in order of first appearance; see `carried_tables`."""
    groups: dict[str, list[Figure]] = {}
    for figure in document.register:
        groups.setdefault(figure.indicator, []).append(figure)
    catalogue = document.context.catalogue
    elsewhere = {figure.id for table in carried.values() for figure in table.figures}
    there = [table for table in all_tables(document.blocks) if table.id in carried]
    out = []
    for key, group in groups.items():
        indicator = catalogue.indicators.get(key)
        keys = dict.fromkeys(source for figure in group for source in figure.sources)
        sources = tuple(catalogue.sources[one] for one in keys)
        out.append(
            RegisterEntry(
                key=key,
                name=indicator.name if indicator else group[0].label,
                indicator=indicator,
                formulas=_distinct(figure.formula for figure in group),
                methods=_distinct(figure.method for figure in group),
                sources=sources,
                files=tuple((one, _named_files(document, one.key, group)) for one in sources),
                figures=tuple(one for one in group if one.id not in elsewhere),
                carried=tuple(
                    table for table in there if carried[table.id].figures[0].indicator == key
                ),
            )
        )
    return tuple(out)


def carried_tables(document: Document) -> dict[str, RegisterTable]:
    """What the register says of the rows of long tables below charts, by the table's key.

    The page shows it in those tables, beside the values, and not twice: most are of authorities
    that nothing else in the report is about. `RegisterTable.figures` are those that only this
    table leads to; the rows are of all, in the table's order.
    """
    times = Counter(key for block in document.blocks for key in linked_figures(block))
    known = {figure.id: figure for figure in document.register}
    found = {}
    for table in (one.table for one in document.blocks if isinstance(one, Chart)):
        linked = [[cell.figure for cell in row if cell.figure] for row in table.rows]
        if table.open or any(len(keys) != 1 for keys in linked):
            continue
        figures = [known[key] for (key,) in linked]
        own = tuple(one for one in figures if times[one.id] == 1)
        if len(own) >= _LIST and len({one.indicator for one in figures}) == 1:
            beside = {column.label for column in table.columns} | {"Area"}
            beside |= {"Status"} if all(one.shown for one in figures) else set()
            found[table.id] = dataclasses.replace(
                _without(register_table(figures), beside - {"Note"}, len(table.columns)),
                figures=own,
            )
    return found


def _without(table: RegisterTable, headings: Collection[str], before: int) -> RegisterTable:
    """The table without some columns, as it stands after others."""
    kept = [at for at, heading in enumerate(table.headings) if heading not in headings]
    labels = tuple(table.headings[at] for at in kept)
    return dataclasses.replace(
        table,
        headings=tuple("Note on the figure" if one == "Note" else one for one in labels),
        numbers=tuple(at for at, one in enumerate(labels, before + 1) if one in _NUMBERS),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
    )


#: Headings of the register's table in the page: of text, of numbers, and what explains them.
_TEXTS, _NUMBERS, _REST = (
    ("Area", "Period", "Sex", "Age", "Unit"),
    ("Value", "Lower 95% limit", "Upper 95% limit", "Numerator", "Denominator"),
    ("Status", "Source row", "Note"),
)

#: What is in the table even if it is the same for every figure.
_KEPT = ("Area", "Value", "Source row")

#: The name of a file in a source row, before the place in it.
_FILE = re.compile(r"([^;:,/ ][^;:,/]*\.(?:csv|xlsx|xls|ods|geojson)), ")


#: So many figures that only one table leads to have in it what the register says of them.
_LIST = 20

#: The number of a row or line in a source row.
_PLACE = re.compile(r"(?<=row )\d+|(?<=line )\d+")

#: Said where the source rows of most figures, and at least this share, have the same words.
OTHERWISE = ", unless the row says another"
_MOST = 0.9

#: What need not be said of all figures together.
_NOTHING = ("[z]", "none")

#: What stands in the words that rows share for each row's own.
OWN_PART = "[…]"


@dataclass(frozen=True)
class RegisterTable:
    """Figures of an entry as the page shows them: what is the same for all of them is said once.

    Attributes
    ----------
    identifier : str
        What their identifiers share, with `OWN_PART` for what differs; empty of a single figure.
    shared : tuple of (str, str)
        Heading and text of what all figures have in common.
    files : tuple of str
        Files that rows name by their number, the first being 1.
    headings : tuple of str
        The first is of the identifiers.
    numbers : tuple of int
        Places of the columns of numbers, the first column being 1.
    figures : tuple of Figure
    rows : tuple of tuple of str
        A figure's cells, its identifier or its own part of it first.
    """

    identifier: str
    shared: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    headings: tuple[str, ...]
    numbers: tuple[int, ...]
    figures: tuple[Figure, ...]
    rows: tuple[tuple[str, ...], ...]


def register_table(figures: Sequence[Figure]) -> RegisterTable:
    """The table of an entry's figures, with what they share taken out."""
    names = (*_TEXTS, *_NUMBERS, *_REST)
    identifier, keys = in_common([one.id for one in figures], ".")
    cited = ["; ".join(one.source_rows) or "[z]" for one in figures]
    counts = Counter(name for words in cited for name in _FILE.findall(words))
    files = tuple(name for name, count in counts.items() if count > 2)
    numbered = {name: f"file {number}, " for number, name in enumerate(files, 1)}
    cited = [_FILE.sub(lambda found: numbered.get(found[1], found[0]), one) for one in cited]
    around, places = share_places(cited)
    rows = [_register_cells(one, place) for one, place in zip(figures, places, strict=True)]
    columns = list(zip(*rows, strict=True))
    same = [
        name not in _KEPT and len(set(column)) == 1
        for name, column in zip(names, columns, strict=True)
    ]
    kept = [place for place, alike in enumerate(same) if not alike]
    equal = [(names[at], rows[0][at]) for at, alike in enumerate(same) if alike]
    shared = [one for one in equal if one[1] not in _NOTHING]
    headings = ("Identifier", *(names[at] for at in kept))
    return RegisterTable(
        identifier=identifier,
        shared=(*shared, ("Source row", around)) if around else tuple(shared),
        files=files,
        headings=headings,
        numbers=tuple(at for at, name in enumerate(headings, 1) if name in _NUMBERS),
        figures=tuple(figures),
        rows=tuple((key, *(row[at] for at in kept)) for key, row in zip(keys, rows, strict=True)),
    )


def in_common(texts: Sequence[str], edge: str) -> tuple[str, list[str]]:
    """What texts begin and end with alike, and each one's own part, up to an `edge` in them.

    Examples
    --------
    >>> in_common(["rate.E06000001.2021.all", "rate.E06000002.2021.all"], ".")
    ('rate.[…].2021.all', ['E06000001', 'E06000002'])
    >>> in_common(["Table 3, row 4", "Table 3, row 4"], ", ")
    ('', ['Table 3, row 4', 'Table 3, row 4'])
    """
    parts = [text.split(edge) for text in texts]
    least = min(map(len, parts)) - 1
    begins = _alike(parts, least)
    ends = _alike([part[::-1] for part in parts], least - begins)
    if len(set(texts)) < 2 or not begins + ends:
        return "", list(texts)
    first = parts[0]
    around = edge.join((*first[:begins], OWN_PART, *first[len(first) - ends :]))
    return around, [edge.join(part[begins : len(part) - ends]) for part in parts]


def share_places(texts: Sequence[str]) -> tuple[str, list[str]]:
    """What source rows have in common, and each one's own numbers of rows and lines.

    Examples
    --------
    >>> share_places(["Table 3, row 4; lines.csv, line 9", "Table 3, row 5; lines.csv, line 8"])
    ('Table 3, row […]; lines.csv, line […]', ['4; 9', '5; 8'])
    >>> share_places(["Table 3, row 4, columns of 2020", "Table 3, row 4, columns of 2021"])
    ('Table 3, row 4, […]', ['columns of 2020', 'columns of 2021'])
    """
    without = [_PLACE.sub(OWN_PART, text) for text in texts]
    usual, times = Counter(without).most_common(1)[0]
    if OWN_PART not in usual or times < max(2, _MOST * len(texts)) or len(set(texts)) == 1:
        return in_common(texts, ", ")
    own = [
        "; ".join(_PLACE.findall(text)) if around == usual else text
        for text, around in zip(texts, without, strict=True)
    ]
    return usual + ("" if times == len(texts) else OTHERWISE), own


def _alike(parts: Sequence[Sequence[str]], most: int) -> int:
    """How many of the first items are the same in all."""
    places = range(min(most, min(map(len, parts))))
    return next((at for at in places if len({part[at] for part in parts}) > 1), len(places))


def _register_cells(figure: Figure, place: str) -> tuple[str, ...]:
    return (
        figure.area_name,
        figure.period,
        figure.sex,
        figure.age,
        figure.unit or "[z]",
        figure.number,
        printed_limit(figure, figure.lower),
        printed_limit(figure, figure.upper),
        printed_input(figure, figure.numerator),
        printed_input(figure, figure.denominator),
        f"{figure.status.value} {figure.symbols}".strip(),
        place,
        figure.note or "none",
    )


def _named_files(document: Document, key: str, group: Iterable[Figure]) -> tuple[InputFile, ...]:
    """The files of a source that figures name; the data packages' where they name none of its."""
    own = document.context.files_of(key)
    if own and not own[0].source:
        return own
    rows = dict.fromkeys(row for figure in group for row in figure.source_rows)
    named = tuple(one for one in own if names_file(rows, one.path))
    return named or tuple(one for one in document.context.files if not one.source)


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def printed_limit(figure: Figure, limit: float | None) -> str:
    """A limit as the register prints it; the status's symbol where the value is withheld."""
    if limit is not None:
        return format_number(limit, figure.decimals)
    return "[z]" if figure.shown else f"[{STATUS_SYMBOL[figure.status]}]"


def printed_input(figure: Figure, part: float | None) -> str:
    """A numerator or denominator; never a blank, and never what disclosure control withholds."""
    if part is None:
        return "[c]" if figure.status is Status.SUPPRESSED else "[z]"
    return format_number(part, 0 if float(part).is_integer() else 1)


def safe_text(text: str) -> str:
    """Text that no spreadsheet program takes for a formula.

    Examples
    --------
    >>> safe_text("=HYPERLINK(1)"), safe_text("Bromsgrove")
    ("'=HYPERLINK(1)", 'Bromsgrove')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def figures_csv(document: Document) -> bytes:
    """``figures.csv``: one row a figure, UTF-8, values unrounded, in the register's order."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figure in document.register:
        data = {**vars(figure), "printed": figure.text, "status": figure.status.value}
        data |= {"marks": "".join(figure.marks)}
        data |= {key: "; ".join(data[key]) for key in ("sources", "source_rows")}
        writer.writerow([_field(data[column]) for column in COLUMNS])
    return out.getvalue().encode("utf-8")


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return repr(float(value))
    text = str(value)
    if not text.isprintable():  # a lone carriage return would begin a row, and perhaps a formula
        text = "\n".join(text.splitlines())
    return safe_text(text)


def figures_package(document: Document, table: bytes) -> bytes:
    """``datapackage.json``: what the columns of ``figures.csv`` mean (Frictionless Data Package).

    Parameters
    ----------
    document : Document
    table : bytes
        ``figures.csv`` as `figures_csv` made it; the description holds its length and hash.

    Returns
    -------
    bytes
        The same document gives the same bytes.
    """
    context = document.context
    sources = document.sources
    name = slug(f"figures {context.area_name} {context.year or ''}")
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": name,
        "title": f"Figures: {context.title}",
        "description": (
            "Every figure of the report beside this file, with its interval, formula, inputs and "
            "source rows. Analysis of published statistics; not itself official statistics."
        ),
        "version": context.version or None,
        "created": f"{context.date}T00:00:00Z" if context.date else None,
        "licenses": _licences(sources),
        "sources": [
            {"title": f"{one.producer}: {one.title}", "path": one.landing_page} for one in sources
        ],
        "resources": [
            {
                "name": "figures",
                "title": "Figures of the report",
                "description": (
                    "One row a figure, in order of first appearance. An apostrophe stands before "
                    "a text that a spreadsheet program would take for a formula."
                ),
                "path": "figures.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(table),
                "hash": f"sha256:{hashlib.sha256(table).hexdigest()}",
                "dialect": {"delimiter": ",", "lineTerminator": "\n", "doubleQuote": True},
                "schema": {"fields": FIELDS, "missingValues": [""], "primaryKey": ["id"]},
            }
        ],
    }
    given = {key: value for key, value in package.items() if value}
    return (json.dumps(given, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _licences(sources: Iterable[Source]) -> list[dict[str, str]]:
    open_government = {
        "name": "OGL-UK-3.0",
        "title": "Open Government Licence v3.0",
        "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    }
    found = {}
    for one in sources:
        is_open = one.licence == open_government["title"]
        other = {"title": one.licence, "path": one.landing_page}
        found[one.licence] = open_government if is_open else other
    return list(found.values())


def figures_json(document: Document) -> bytes:
    """``figures.json``: the context and every figure, with sorted keys.

    Holds nothing of the run that made it but the parameters, so that it repeats byte for byte.
    """
    context = document.context
    data = {
        "report": {
            "title": context.title,
            "area_codes": list(context.area_codes),
            "area_name": context.area_name,
            "year": context.year,
            "date": context.date,
            "version": context.version,
            "code_hash": context.code_hash,
            "geography": context.geography,
        },
        "files": [dataclasses.asdict(one) for one in context.files],
        "sources": {
            one.key: {
                "title": one.title,
                "producer": one.producer,
                "landing_page": one.landing_page,
                "licence": one.licence,
                "attribution": one.attribution,
            }
            for one in document.sources
        },
    }
    settings: dict[str, Any] = {"ensure_ascii": False, "sort_keys": True, "allow_nan": False}
    line = json.JSONEncoder(**settings)
    # a figure is one line: indenting each is most of the time, and most of the bytes
    lines = (
        line.encode({**vars(figure), "status": figure.status.value, "printed": figure.text})
        for figure in document.register
    )
    figures = b",\n".join(one.encode("utf-8") for one in lines)
    rest = json.dumps(data, indent=1, **settings).removeprefix("{").encode("utf-8")
    return b"".join([b'{\n "figures": [\n', figures, b"\n ],", rest, b"\n"])
