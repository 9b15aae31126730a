"""The figure register: every number of a report with its formula, inputs and source rows."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from needs.catalogue import Indicator, Source
from needs.figures import STATUS_SYMBOL, Figure, Status, format_number
from needs.report.document import Document, InputFile

#: Columns of ``figures.csv``.
COLUMNS = (
    "id",
    "indicator",
    "label",
    "area_code",
    "area_name",
    "period",
    "sex",
    "age",
    "value",
    "lower",
    "upper",
    "unit",
    "printed",
    "status",
    "marks",
    "numerator",
    "denominator",
    "formula",
    "method",
    "sources",
    "source_rows",
    "note",
)

# What a spreadsheet program takes for the beginning of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Entry:
    """The figures of one indicator, with what explains them all.

    `indicator` is None for a measure that the report computes and the catalogue does not hold.
    `files` pairs each source with its raw files.
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


def entries(document: Document) -> tuple[Entry, ...]:
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
            Entry(
                key=key,
                name=indicator.name if indicator else group[0].label,
                indicator=indicator,
                formulas=_distinct(figure.formula for figure in group),
                methods=_distinct(figure.method for figure in group),
                sources=sources,
                files=tuple((one, document.context.files_of(one.key)) for one in sources),
                figures=tuple(group),
            )
        )
    return tuple(out)


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
        data = {**dataclasses.asdict(figure), "printed": figure.text, "status": figure.status.value}
        data |= {"marks": "".join(figure.marks)}
        data |= {key: "; ".join(data[key]) for key in ("sources", "source_rows")}
        writer.writerow([_field(data[column]) for column in COLUMNS])
    return out.getvalue().encode("utf-8")


def _field(value: Any) -> str:
    if value is None:
        return ""
    return repr(float(value)) if isinstance(value, (int, float)) else safe_text(str(value))


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
        "figures": [
            {
                **dataclasses.asdict(figure),
                "status": figure.status.value,
                "printed": figure.text,
            }
            for figure in document.register
        ],
    }
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode("utf-8")
