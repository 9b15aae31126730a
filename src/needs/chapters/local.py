"""What local extracts and consultations add to a chapter, where a data package gives them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from needs import charts
from needs.catalogue import LOCAL_SOURCE
from needs.chapters import figure_tables
from needs.chapters.blocks import Block, Blocks, Bullets, Chart, Heading, Prose, Table, blocks
from needs.figures import deprivation
from needs.figures.assessment import Assessment, number_or_none
from needs.figures.figure import Figure
from needs.sources.columns import CENSUS_RESIDENTS
from needs.stats.status import Status
from needs.tables.naming import figure_id
from needs.words import alt_text, english, headlines
from needs.words.text import Span

#: Statistic to show of two, the better first, with its name and its heading in docs/methods.md.
STATISTICS = {
    "directly_standardised_rate": "Directly age-standardised rate",
    "crude_rate": "Crude rate",
}

FORMULAS = {
    "directly_standardised_rate": "sum over age bands of events ÷ population × standard weight",
    "crude_rate": "events ÷ population × 100,000",
}

UNIT = "per 100,000"

SEXES = {"persons": "Persons", "male": "Males", "female": "Females"}


def rates(na: Assessment, chapter: str) -> Blocks:
    """Show each local extract of a chapter: the area, its districts, ages and sexes."""
    out: list[Block] = []
    for rows in extracts(na):
        if rows["chapter"].iloc[0] == chapter:
            out += [Heading(name_of(rows)), *_total(na, rows).items, *_districts(na, rows).items]
            out += _ages(na, rows).items
    return blocks(*out)


def extracts(na: Assessment) -> Iterator[pd.DataFrame]:
    """Rows of each indicator of each local extract, in the newest period by the reporting year."""
    table = na.local_rates
    if table.empty:
        return
    table = table[table["period_end"] <= pd.Timestamp(year=na.year, month=12, day=31)]
    for _, rows in table.groupby(["indicator", "upper_code", "package"], sort=True):
        yield rows[rows["period_end"] == rows["period_end"].max()]


def name_of(rows: pd.DataFrame) -> str:
    """What is counted, and where from."""
    return f"{rows['name'].iloc[0]}: {rows['package'].iloc[0]}"


def figures_of(na: Assessment, rows: pd.DataFrame, kind: str) -> tuple[Figure, ...]:
    """Rates of one way of dividing the area: standardised if all parts have one, else crude.

    Ages and sexes have crude rates: their own ages are what they show.
    """
    rows = rows[rows["kind"] == kind]
    crude = rows[rows["statistic"] == "crude_rate"]
    standardised = rows[rows["statistic"] == "directly_standardised_rate"]
    whole = kind != "age and sex" and len(standardised) == len(crude)
    chosen = standardised if whole else crude
    return tuple(_extract_figure(na, row) for row in chosen.to_dict("records"))


def notes(rows: pd.DataFrame, figures: tuple[Figure, ...]) -> tuple[str, ...]:
    """What a reader of a table of a local extract must know."""
    found = [
        f"Source: {rows['package'].iloc[0]}, a local extract; not official statistics.",
        str(rows["rule"].iloc[0]),
        "Rates are computed from the counts as they are shown.",
    ]
    if any("e" in one.marks for one in figures):
        found.append(
            "[e]: a year's population, or its ages, was not known; the nearest year's was taken."
        )
    if any(CENSUS_RESIDENTS in row for one in figures for row in one.source_rows):
        found.append(
            f"{english.capital(CENSUS_RESIDENTS)} (Office for National Statistics, TS007A); the "
            "oldest band is 85 and over."
        )
    if any(one.status == Status.UNAVAILABLE for one in figures):
        found.append("[x]: no rate, because the residents of the whole part are not known.")
    return tuple(found)


def method_of(figures: tuple[Figure, ...]) -> str:
    """The statistic of a set of rates, as a sentence names it."""
    return english.lower_first(figures[0].method)


def consultation(na: Assessment) -> Blocks:
    """List what people said in consultations, theme by theme."""
    table = na.consultation
    if table.empty:
        return Blocks()
    out: list[Block] = [
        Heading("What people said"),
        Prose(
            (Span("Comments from local consultation, quoted and not counted."),),
            style="note",
        ),
    ]
    for theme, rows in table.groupby("theme", sort=False):
        items = tuple(
            (Span(str(text)), *([Span(f" ({people})")] if people else []))
            for text, people in zip(rows["text"], rows["people"], strict=True)
        )
        out += [Heading(str(theme), level=3), Bullets(items)]
    return blocks(*out)


def _total(na: Assessment, rows: pd.DataFrame) -> Blocks:
    figures = figures_of(na, rows, "area")
    if not figures:
        return Blocks()
    rate = figures[0]
    count = rate.with_(
        id=f"{rate.id}.count",
        label=f"{rate.label}, number",
        value=rate.numerator,
        unit=str(rows["counted"].iloc[0]),
        decimals=0,
        lower=None,
        upper=None,
        status=Status.SUPPRESSED if rate.numerator is None else Status.SHOWN,
        marks=(),
        numerator=None,
        denominator=None,
        formula="count, rounded by the disclosure rule",
        method="Count",
    )
    text = english.say(
        "The extract has {about}{count} in {area} in {period}: {rate:full} ({method}).",
        about="about " if rounded(rows) and count.shown else "",
        count=count,
        area=english.in_prose(rate.area_name),
        period=rate.period,
        rate=rate,
        method=method_of(figures),
    )
    return blocks(
        Prose(text, figures=(count, rate)),
        *(Prose((Span(note),), style="note") for note in notes(rows, figures)[:2]),
    )


def rounded(rows: pd.DataFrame) -> bool:
    """Whether the counts of an extract are rounded: as its rule says, or as they all look."""
    rule = str(rows["rule"].iloc[0])
    counts = rows["count"].dropna()
    return "switched off" not in rule and ("round" in rule or bool((counts % 5 == 0).all()))


def _districts(na: Assessment, rows: pd.DataFrame) -> Blocks:
    figures = figures_of(na, rows, "district")
    if not figures:
        return Blocks()
    whole = figures_of(na, rows, "area")
    whole = whole if whole and whole[0].method == figures[0].method else ()
    subject = f"rate of {english.lower_first(figures[0].label)}"
    table = _table(rows, "districts", "by district", "Area", (*figures, *whole))
    chart_id = f"chart_{table.id}"
    return blocks(
        Chart(
            id=chart_id,
            headline=headlines.headline_parts(
                figures, whole[0] if whole else None, noun="districts", subject=subject
            ),
            subtitle=f"{figures[0].method}, {figures[0].label}, {UNIT}, {figures[0].period}. The "
            "lines are 95% confidence intervals.",
            svg=charts.caterpillar(
                [*figures, *whole],
                focus=whole[0].area_code if whole else None,
                reference=None,
                unit=UNIT,
                chart_id=chart_id,
            ),
            alt=alt_text.alt_bars(
                figures, subject=subject, names=[one.area_name for one in figures]
            ),
            table=table,
            figures=table.figures,
            sources=table.sources,
        )
    )


def _ages(na: Assessment, rows: pd.DataFrame) -> Blocks:
    figures = figures_of(na, rows, "age and sex")
    return (
        blocks(_table(rows, "ages", "by age and sex", "Sex and age", figures))
        if figures
        else Blocks()
    )


def _table(
    rows: pd.DataFrame, kind: str, by: str, header: str, figures: tuple[Figure, ...]
) -> Table:
    first = rows.iloc[0]
    return figure_tables.figures_table(
        figure_id(str(first["indicator"]), str(first["upper_code"]), kind).replace(".", "_"),
        f"{first['name']} {by}, {figures[0].period}",
        header,
        [
            (f"{SEXES[one.sex]}, {one.age}" if kind == "ages" else one.area_name, one)
            for one in figures
        ],
        value=figures[0].method,
        counts=(english.capital(str(first["counted"])), "Population, sum of years"),
        notes=notes(rows, figures),
        open_=kind == "ages",
    )


def _extract_figure(na: Assessment, row: Mapping[Hashable, Any]) -> Figure:
    statistic, status = str(row["statistic"]), Status(row["status"])
    hidden = status in (Status.SUPPRESSED, Status.ROUNDS_TO_ZERO)
    sources = [LOCAL_SOURCE, "ons_population"]
    if row["kind"] == "quintile":
        sources = [LOCAL_SOURCE, *deprivation.sources(na)]
        if CENSUS_RESIDENTS in str(row["source_row"]):
            sources.append("census_2021_ages")
    of_place = row["kind"] == "district"
    return Figure(
        id=figure_id(
            str(row["indicator"]),
            str(row["part_code"]),
            *(str(row[name]) for name in ("period", "sex", "age")),
            statistic,
        ),
        indicator=str(row["indicator"]),
        label=str(row["name"]),
        area_code=str(row["part_code"] if of_place else row["upper_code"]),
        area_name=english.capital(str(row["part"])),
        period=str(row["period"]),
        value=number_or_none(row["value"]),
        unit=UNIT,
        lower=number_or_none(row["lower"]),
        upper=number_or_none(row["upper"]),
        status=status,
        marks=tuple(mark for mark in "uepbr" if mark in str(row["marks"])),
        sex=str(row["sex"]),
        age=str(row["age"]),
        numerator=None if hidden else number_or_none(row["count"]),
        denominator=None if hidden else number_or_none(row["denominator"]),
        formula=FORMULAS[statistic],
        method=STATISTICS[statistic],
        sources=tuple(sources),
        source_rows=(f"{row['package']}, {row['source_row']}",),
        note=str(row["part"]) if row["kind"] == "quintile" else "",
    )
