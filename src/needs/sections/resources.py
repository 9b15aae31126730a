"""Chapter 9: spending by grant and year, and the national outcomes framework."""

from __future__ import annotations

from pathlib import Path

import yaml

from needs import catalogue, charts, findings, tables
from needs.assessment import Assessment
from needs.blocks import Blocks, Cell, Chart, Column, Heading, Prose, Span, Table, blocks
from needs.figures import Figure, format_number
from needs.sections.indicator import recent

SPENDING = ("commissioning_expenditure", "grant_amount")


def spending(na: Assessment) -> Blocks:
    """Draw grants by year, planned years included and marked."""
    rows = _grants(na)
    if not rows:
        return blocks(
            Heading("Spending on treatment and recovery"),
            Prose(
                (
                    Span(
                        f"No figures of grants or spending are at hand for {na.name}. They stand "
                        "in the council's own papers; add them as a data package."
                    ),
                ),
                style="note",
            ),
        )
    totals = _totals(na)
    figures = [*totals, *rows]
    years = list(dict.fromkeys(one.period for one in figures))
    rows.sort(key=lambda one: (one.period, -(one.value or 0), one.note))
    names = list(dict.fromkeys(one.note for one in rows))
    cell = {(one.note, one.period): one for one in rows}
    body = [
        (
            Cell(name),
            *(
                tables.value_cell(cell[name, year]) if (name, year) in cell else Cell("[z]")
                for year in years
            ),
        )
        for name in names
    ]
    body.append(
        (
            Cell("Total"),
            *(
                tables.value_cell(one)
                if (one := next((t for t in totals if t.period == year), None))
                else Cell("[x]")
                for year in years
            ),
        )
    )
    table = Table(
        id="grants",
        caption=f"Grants for drug and alcohol services in {na.name} by financial year",
        columns=(Column("Grant", "header"), *(Column(year, "number", "£") for year in years)),
        rows=tuple(body),
        notes=(
            "Years after the reporting year are the council's own plans at the time of printing; "
            "indicative amounts are marked in the figure register.",
        ),
        sources=tables.sources_of(figures),
        figures=tuple(figures),
    )
    return blocks(
        Heading("Spending on treatment and recovery"),
        Chart(
            id="chart_grants",
            headline=findings.amounts(totals, na.name),
            subtitle=f"Grants for drug and alcohol services in {na.name}, pounds by financial "
            "year, cash terms.",
            svg=charts.amounts(
                [one.with_(label=one.note) for one in rows], chart_id="chart_grants"
            ),
            alt=findings.alt_amounts(totals, rows, na.name),
            table=table,
            figures=tuple(figures),
            sources=table.sources,
        ),
    )


def framework(na: Assessment) -> Blocks:
    """Show the national outcomes framework: local value, England, trend, target, or why not."""
    rows, figures = [], []
    for measure in outcomes():
        key = measure.get("indicator", "")
        figure = na.figure(key) if key and na.has(key) else None
        if figure is None:
            local = Cell("[x]")
            rest = [Cell("[x]"), Cell("[x]"), Cell("not published for this area")]
            period = "not available"
        else:
            england = na.figure(key, na.england, figure.period)
            trend, _ = recent(na, na.indicator(key))
            local, period = tables.value_cell(figure), figure.period
            target = na.indicator(key).target
            rest = [
                tables.value_cell(england),
                Cell("[z]") if target is None else Cell(format_number(target), target),
                Cell(trend),
            ]
            figures += [figure, england]
        unit = na.indicator(key).unit if key else "not applicable"
        rows.append((Cell(measure["measure"]), Cell(unit), Cell(period), local, *rest))
    return blocks(
        Heading("National outcomes framework"),
        Prose(
            (
                Span(
                    "The national combating drugs outcomes framework sets what every partnership "
                    "is measured by. Many of its measures are not published for one authority."
                ),
            )
        ),
        Table(
            id="outcomes_framework",
            caption=f"National combating drugs outcomes framework, {na.name}",
            columns=(
                Column("Measure", "header"),
                Column("Unit", "text"),
                Column("Period", "text"),
                Column(na.name),
                Column("England"),
                Column("National target"),
                Column("Recent trend", "text"),
            ),
            rows=tuple(rows),
            sources=tables.sources_of(figures),
            figures=tuple(figures),
        ),
    )


def outcomes() -> list[dict[str, str]]:
    """The framework's measures, with the indicator that answers each where there is one."""
    path = Path(catalogue.CATALOGUE) / "outcomes_framework.yaml"
    measures: list[dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return measures


def _grants(na: Assessment) -> list[Figure]:
    return _figures(na, "grant_amount", headline=False)


def _totals(na: Assessment) -> list[Figure]:
    return _figures(na, "commissioning_expenditure", headline=True)


def _figures(na: Assessment, key: str, *, headline: bool) -> list[Figure]:
    out = []
    for table in (na.observations, na.later):
        rows = table[(table["indicator"] == key) & (table["area_code"] == na.area.code)]
        rows = rows[(rows["category"] == "") == headline]
        out += [na.to_figure(row, na.area) for row in rows.to_dict("records")]
    return sorted(out, key=lambda one: (one.period, one.note))
