"""A small executed report: every kind of block, with text that is awkward for every output."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pytest

from needs.catalogue import Catalogue, Indicator, Source
from needs.chapters.blocks import (
    MIME_TYPE,
    Blocks,
    Bullets,
    Card,
    Cards,
    Cell,
    Chart,
    Column,
    Heading,
    Notice,
    Prose,
    Register,
    Sources,
    Table,
    to_model,
)
from needs.commands import run as runs
from needs.figures.figure import Figure
from needs.report.document import Document, InputFile, ReportContext, read_document
from needs.report.parameters import RunParameters
from needs.stats.status import Status
from needs.tables.naming import figure_id
from needs.words.text import Span

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]

AWKWARD = (
    "<script>alert(1)</script> & \"quotes\" 'single' #let $x^2$ @ref \\back *star* _low_ £5 – ‘x’"
)
NAMES = (
    "=SUM(A1:A9)",
    "+1",
    "-1",
    "@now",
    "\tTabbed",
    "Bournemouth, Christchurch and Poole – a very long name",
)

SOURCE = Source(
    key="example_deaths",
    title="Deaths by local authority <revised>",
    producer="Office for Examples",
    landing_page="https://www.example.gov.uk/deaths",
    reader="example",
    attribution="Source: Office for Examples. Contains data © Crown copyright & database right.",
    geography="authorities as at May 2022",
    period_type="three calendar years",
    rounding="rates to one decimal",
    breaks=("Codes changed in 2001.",),
    limits="Deaths are counted when they are registered.",
)
INDICATOR = Indicator(
    key="example_rate",
    name="Deaths, rate",
    short_name="Deaths",
    definition="Deaths among residents, by year of registration.",
    statistic="directly_standardised_rate",
    unit="per 100,000",
    chapter="deaths",
    formula="deaths ÷ population × 100,000",
    method="Directly standardised rate",
    limits="Small numbers move much from year to year.",
    official_page="https://www.example.gov.uk/deaths/definition",
    how_to_add="Put the publisher's workbook into data/raw/example_deaths.",
)
CATALOGUE = Catalogue(sources={SOURCE.key: SOURCE}, indicators={INDICATOR.key: INDICATOR})
CONTEXT = ReportContext(
    title="Drug and alcohol needs assessment: Worcestershire, 2022",
    subtitle="What official statistics say, and what they do not",
    area_name="Worcestershire",
    area_codes=("E10000034",),
    year=2022,
    date="2023-01-06",
    version="0.1.0",
    code_hash="0123456789abcdef0123456789abcdef",
    geography="authorities as at May 2022; LSOA 2011",
    contact="Public Health Intelligence",
    catalogue=CATALOGUE,
    files=(InputFile("example_deaths/deaths 2021.xlsx", "ab" * 32, 12345, "example_deaths"),),
)


def make_figure(
    period: str, value: float | None, status: Status = Status.SHOWN, area: str = "E10000034"
) -> Figure:
    name = {"E10000034": "Worcestershire", "E92000001": "England"}[area]
    shown = value is not None
    return Figure(
        id=figure_id("example_rate", area, period),
        indicator="example_rate",
        label="Deaths",
        area_code=area,
        area_name=name,
        period=period,
        value=value,
        unit="per 100,000",
        lower=value - 0.9 if shown else None,
        upper=value + 1.1 if shown else None,
        status=status,
        marks=("p",) if shown and period.endswith("2020") else (),
        numerator=69 if shown else None,
        denominator=1_785_436 if shown else None,
        formula="deaths ÷ population × 100,000",
        method="Directly standardised rate",
        sources=("example_deaths",),
        source_rows=("deaths 2021.xlsx, Table 6, row 250",) if shown else (),
        note=AWKWARD if period.endswith("2019") else "",
    )


def make_svg(text: str = "Worcestershire") -> str:
    points = " ".join(f"L{40 + 60 * n} {150 - 20 * n}" for n in range(6))
    return (
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" width="480pt" height="220pt" '
        'viewBox="0 0 480 220"><metadata>made now</metadata><defs><clipPath id="c">'
        '<rect width="480" height="220"/></clipPath><path id="m" d="M-3-3h6v6h-6z"/></defs>'
        f'<g clip-path="url(#c)"><path d="M40 150{points}" fill="none" stroke="#12436D" '
        'stroke-width="3"/><use xlink:href="#m" x="40" y="150"/></g>'
        '<text x="350" y="40" font-family="Source Sans Pro" font-size="14" fill="#12436D">'
        f"{text}</text></svg>"
    )


def make_table(key: str, rows: tuple[Figure, ...], **more: object) -> Table:
    columns = (
        Column("Period", "header"),
        Column("Rate", "number", "per 100,000"),
        Column("Lower 95% limit", "number", "per 100,000"),
        Column("Upper 95% limit", "number", "per 100,000"),
        Column("Note", "text"),
    )
    cells = []
    for one in rows:
        limits = [
            Cell("[c]") if limit is None else Cell(f"{limit:.1f}", limit)
            for limit in (one.lower, one.upper)
        ]
        cells.append(
            (
                Cell(one.period),
                Cell(one.number, one.value, one.id),
                *limits,
                Cell(one.symbols or "none"),
            )
        )
    return Table(
        id=key,
        caption=f"Deaths in Worcestershire, {key}",
        columns=columns,
        rows=tuple(cells),
        sources=("example_deaths",),
        figures=rows,
        **more,
    )


def make_notebook(name: str, title: str, *cells: str | Blocks) -> nbformat.NotebookNode:
    made = [nbformat.v4.new_markdown_cell(f"# {title}")]
    made.append(nbformat.v4.new_code_cell("year = '2022'", metadata={"tags": ["parameters"]}))
    for cell in cells:
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell))
        else:
            data = {MIME_TYPE: [to_model(item) for item in cell.items]}
            output = nbformat.v4.new_output("execute_result", data, execution_count=1)
            made.append(nbformat.v4.new_code_cell("show()", outputs=[output]))
    return nbformat.v4.new_notebook(cells=made, metadata={"needs": {"name": name}})


def make_notebooks() -> list[nbformat.NotebookNode]:
    rows = (
        make_figure("2016 to 2018", 3.9),
        make_figure("2017 to 2019", None, Status.SUPPRESSED),
        make_figure("2018 to 2020", 4.2),
    )
    england = make_figure("2018 to 2020", 5.0, area="E92000001")
    last = rows[-1]
    card = Card(
        label="Deaths from drug misuse",
        figure=last.id,
        value=last.text,
        detail="2018 to 2020. 95% confidence interval: 3.3 to 5.3",
        comparators=(("England", "5.0"), ("West Midlands region", "5.4")),
        comparison="similar",
        trend="increasing",
        trend_is="worse",
        chapter="deaths",
    )
    others = [
        Card(f"Measure {word}", "", "12", "2021", (), word, trend, meaning)
        for word, trend, meaning in (
            ("better", "decreasing", "better"),
            ("worse", "no significant change", ""),
            ("higher", "increasing", ""),
            ("lower", "cannot be calculated", ""),
            ("not compared", "", ""),
        )
    ]
    summary = make_notebook(
        "01_summary",
        "Summary",
        "What *this* report says, in **short**. See the "
        "[publisher's page on deaths](https://www.example.gov.uk/deaths).\n\n- one\n- two",
        Blocks(
            (
                Cards("Headline figures", (card, *others), (last,), ("example_deaths",)),
                Heading("Key findings"),
                Bullets(
                    (
                        (
                            Span("The rate was "),
                            Span("4.2 per 100,000", last.id),
                            Span(" (95% confidence interval: 3.3 to 5.3)."),
                        ),
                        (Span(AWKWARD),),
                    ),
                    "finding",
                    (last,),
                ),
            )
        ),
    )
    chart = Chart(
        id="trend",
        headline=(Span("Deaths rose to "), Span("4.2", last.id), Span(" – " + AWKWARD)),
        subtitle="Deaths per 100,000, three years together; bands are 95% intervals",
        svg=make_svg(),
        alt='Line chart: deaths rose from 3.9 to 4.2 per 100,000 & "stayed" below England’s 5.0.',
        table=make_table("trend", rows, open=False),
        figures=(*rows, england),
        sources=("example_deaths",),
    )
    long = make_table(
        "=districts", tuple(make_figure(f"{year}", 3 + year % 5) for year in range(1960, 2020))
    )
    wide = Table(
        id="wide",
        caption='=HYPERLINK("https://example.gov.uk") and eleven columns',
        columns=(
            Column("Area", "header"),
            *(Column(f"Measure number {n}", "number", "people") for n in range(11)),
        ),
        rows=tuple(
            (Cell(name), *(Cell(f"{n * 1234:,}", n * 1234) for n in range(11))) for name in NAMES
        ),
        notes=(AWKWARD,),
    )
    deaths = make_notebook(
        "05_deaths",
        "Deaths & \\<others>",
        "## Trend",
        Blocks(
            (
                Prose((Span("A death is counted when it is registered."),), "definition"),
                chart,
                Heading("By district", 3),
                Prose((Span(AWKWARD, strong=True), Span(" emphasis", emphasis=True))),
                Table(**{**long.__dict__, "id": "districts"}),
                wide,
                Prose((Span("A note."),), "note"),
                Prose((Span("A finding."),), "finding"),
            )
        ),
        Blocks(
            (
                Heading("Not there"),
                Notice("2 indicators are not available", ((Span("Put the file in place."),),)),
                Notice("Small numbers", ((Span("Take care."),),), "caution"),
                Notice("Definitions changed", (), "information"),
                Chart(
                    id="map",
                    headline=(Span("The highest rates lie in the north"),),
                    subtitle="Deaths per 100,000 by district",
                    svg=make_svg("North"),
                    alt="Map: of six districts, two in the north have the highest rates.",
                    table=make_table("map", rows),
                    figures=rows,
                    sources=("example_deaths",),
                    kind="map",
                ),
            )
        ),
    )
    annex = make_notebook(
        "A_annex",
        "Annex: sources and methods",
        "## Sources",
        Blocks((Sources(), Heading("Register of figures"), Register())),
    )
    return [summary, deaths, annex]


@pytest.fixture(scope="session")
def document() -> Document:
    return read_document(make_notebooks(), context=CONTEXT)


@pytest.fixture(scope="session")
def report(processed: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worked example, run as a user runs it."""
    return runs.run(
        RunParameters(
            areas=["Worcestershire"],
            year=2022,
            date="2023-01-06",
            formats=["html", "pdf", "xlsx", "ods"],
        ),
        raw=root / "data" / "raw" / "worcestershire",
        processed=processed,
        out=tmp_path_factory.mktemp("reports"),
        notebooks=root / "notebooks",
    )


@pytest.fixture(scope="session")
def through_libreoffice(tool: Callable[..., str]) -> Callable[[Path, Path], Any]:
    """What LibreOffice makes of a workbook: opened and written again as XLSX, then read."""
    office = tool("soffice", "libreoffice")

    def convert(path: Path, folder: Path) -> Any:
        subprocess.run(
            [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
             "--convert-to", "xlsx", "--outdir", str(folder / "again"), str(path)],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        return openpyxl.load_workbook(folder / "again" / f"{path.stem}.xlsx")

    return convert


@pytest.fixture(scope="session")
def violations() -> Callable[[Any], dict[str, list[str]]]:
    """What axe finds in a page: each rule with some of the elements that break it."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}

    def find(page: Any) -> dict[str, list[str]]:
        found = Axe().run(page, options=options).response["violations"]
        return {one["id"]: [node["html"][:200] for node in one["nodes"][:3]] for one in found}

    return find
