"""The figure register: every number of a report with its formula, inputs and source rows."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from needs.catalogue import Indicator, Source
from needs.figures.figure import Figure, format_number
from needs.report.document import Document, InputFile
from needs.report.parameters import slug
from needs.sources.schemas import VERDICTS
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
    `files` pairs each source with those of its raw files that the figures were read from.
    """

    key: str
    name: str
    indicator: Indicator | None
    formulas: tuple[str, ...]
    methods: tuple[str, ...]
    sources: tuple[Source, ...]
    files: tuple[tuple[Source, tuple[InputFile, ...]], ...]
    figures: tuple[Figure, ...]

    @property
    def anchor(self) -> str:
        """The entry's id in the HTML."""
        return f"register-{self.key}"


def entries(document: Document) -> tuple[RegisterEntry, ...]:
    """The register grouped by indicator, in order of first appearance."""
    groups: dict[str, list[Figure]] = {}
    for figure in document.register:
        groups.setdefault(figure.indicator, []).append(figure)
    catalogue = document.context.catalogue
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
                figures=tuple(group),
            )
        )
    return tuple(out)


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


@dataclass(frozen=True)
class RegisterTable:
    """An entry's figures as the page shows them: what is the same for all of them is said once.

    Attributes
    ----------
    shared : tuple of (str, str)
        Heading and text of what all figures have in common.
    files : tuple of str
        Files that rows name by their number, the first being 1.
    headings : tuple of str
    texts, numbers : int
        How many columns of text stand after the identifier, and how many of numbers after those.
    rows : tuple of tuple of str
        A figure's cells, without its identifier.
    """

    shared: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    headings: tuple[str, ...]
    texts: int
    numbers: int
    rows: tuple[tuple[str, ...], ...]


def register_table(entry: RegisterEntry) -> RegisterTable:
    """The table of an entry's figures, with what they share taken out."""
    names = (*_TEXTS, *_NUMBERS, *_REST)
    cited = [_FILE.findall("; ".join(one.source_rows)) for one in entry.figures]
    counts = Counter(name for names in cited for name in names)
    files = tuple(name for name, count in counts.items() if count > 2)
    numbered = {name: f"file {number}, " for number, name in enumerate(files, 1)}
    rows = [_register_cells(one, numbered) for one in entry.figures]
    columns = list(zip(*rows, strict=True))
    same = [
        len(rows) > 1 and name not in _KEPT and len(set(column)) == 1
        for name, column in zip(names, columns, strict=True)
    ]
    kept = [place for place, alike in enumerate(same) if not alike]
    return RegisterTable(
        shared=tuple((names[at], rows[0][at]) for at, alike in enumerate(same) if alike),
        files=files,
        headings=tuple(names[at] for at in kept),
        texts=sum(names[at] in _TEXTS for at in kept),
        numbers=sum(names[at] in _NUMBERS for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in rows),
    )


def _register_cells(figure: Figure, numbered: Mapping[str, str]) -> tuple[str, ...]:
    cited = "; ".join(figure.source_rows) or "[z]"
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
        _FILE.sub(lambda found: numbered.get(found[1], found[0]), cited),
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
    # a lone carriage return would begin a row, and perhaps a formula
    return safe_text("\n".join(str(value).splitlines()))


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
    # a figure is one line: indenting each is most of the time, and most of the bytes
    figures = ",\n".join(
        json.dumps(
            {**vars(figure), "status": figure.status.value, "printed": figure.text}, **settings
        )
        for figure in document.register
    )
    rest = json.dumps(data, indent=1, **settings)
    text = f'{{\n "figures": [\n{figures}\n ],{rest.removeprefix("{")}'
    return (text + "\n").encode("utf-8")
