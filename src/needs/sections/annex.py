"""Annex: sources, methods, symbols, disclosure, claims checked, later figures, the register."""

from __future__ import annotations

from needs import claims as claims_module
from needs import words
from needs.assessment import Assessment
from needs.blocks import (
    Blocks,
    Cell,
    Column,
    Heading,
    Prose,
    Register,
    Sources,
    Span,
    Table,
    blocks,
)
from needs.figures import SYMBOLS, Figure


def sources(na: Assessment) -> Blocks:
    """List the sources that the report used, with licence and attribution."""
    return blocks(Heading("Sources"), Sources())


def periods(na: Assessment) -> Blocks:
    """Say which edition and period the reporting year led to."""
    people = na.lsoa_population_year
    lines = [
        f"The reporting year is {na.year}. For each indicator the report uses the newest period "
        f"that ends in or before {na.year}.",
    ]
    if na.index_edition:
        lines.append(
            f"Deprivation is from the Indices of Deprivation {na.index_edition}, the newest "
            f"published by {na.year}. Residents of LSOAs are mid-{people} estimates, the newest on "
            "that index's own LSOA boundaries."
        )
    return blocks(Heading("Periods and editions"), Prose(tuple(Span(line + " ") for line in lines)))


def symbols(na: Assessment) -> Blocks:
    """Explain the shorthand that stands in tables."""
    return blocks(
        Heading("Symbols"),
        Table(
            id="symbols",
            caption="Shorthand used in tables",
            columns=(Column("Symbol", "header"), Column("Meaning", "text")),
            rows=tuple((Cell(f"[{key}]"), Cell(text)) for key, text in SYMBOLS.items()),
        ),
    )


def abbreviations(na: Assessment) -> Blocks:
    """Spell out the abbreviations and explain them in plain words."""
    return blocks(
        Heading("Abbreviations and terms"),
        Table(
            id="abbreviations",
            caption="Abbreviations and terms",
            columns=(
                Column("Term", "header"),
                Column("Stands for", "text"),
                Column("In plain words", "text"),
            ),
            rows=tuple(
                (Cell(one.short), Cell(one.expansion), Cell(one.explanation))
                for one in words.glossary()
            ),
        ),
    )


def disclosure(na: Assessment) -> Blocks:
    """State each source's disclosure and rounding rule."""
    rows = []
    for key in used_sources(na):
        source = na.catalogue.sources[key]
        rows.append(
            (
                Cell(source.title),
                Cell(source.rounding),
                Cell(source.disclosure.rule or "None stated by the publisher"),
            )
        )
    return blocks(
        Heading("Disclosure control and rounding"),
        Prose(
            (
                Span(
                    "Small numbers can identify people. The report applies each source's own rule "
                    "in every output. A suppressed number is never shown as zero."
                ),
            )
        ),
        Table(
            id="disclosure",
            caption="Disclosure and rounding rules by source",
            columns=(
                Column("Source", "header"),
                Column("Rounding", "text"),
                Column("Disclosure rule", "text"),
            ),
            rows=tuple(rows),
        ),
    )


def used_sources(na: Assessment) -> tuple[str, ...]:
    """Sources that have at least one row for the area, in order of the catalogue."""
    near = {one.code for one in (*na.places, *na.districts)}
    rows = na.observations[na.observations["area_code"].isin(near)]
    keys = {key for joined in rows["source"].unique() for key in str(joined).split(";")}
    return tuple(key for key in na.catalogue.sources if key in keys)


def claims(na: Assessment) -> Blocks:
    """Check the figures printed in the strategy against the report's own."""
    if na.claims.empty:
        return Blocks()
    checked = claims_module.check_claims(
        na.claims,
        observations=na.all_observations,
        lsoa=na.lsoa,
        populations=na.populations,
        year=na.year,
        catalogue=na.catalogue,
    )
    near = [one.code for one in (na.area, *na.districts)]
    of_area = set(checked.loc[checked["area_code"].isin(near), "claim_id"])
    checked = checked[checked["claim_id"].isin(of_area)]
    if checked.empty:
        return Blocks()
    rows = tuple(
        (
            Cell(
                f"{row['claim_id']}, {row['area_name']}"
                if row["part"] == "comparator"
                else row["claim_id"]
            ),
            Cell(str(row["label"])),
            Cell(str(row["area_name"])),
            Cell(str(row["period"])),
            Cell(str(row["stated"])),
            Cell(row["ours"] or "[x]"),
            Cell(row["our_period"] or "[x]"),
            Cell(str(row["verdict"])),
            Cell(row["note"] or row["how_to_add"] or "none"),
        )
        for row in checked.to_dict("records")
    )
    return blocks(
        Heading("Figures printed in the strategy, checked"),
        Prose(
            (
                Span(
                    f"{len(of_area)} figures were printed in the documents that this report "
                    "serves. Each stands beside the report's own figure, or is listed as not "
                    "available with its publisher."
                ),
            )
        ),
        Table(
            id="claims",
            caption="Printed figures and the report's own",
            columns=(
                Column("Claim", "header"),
                Column("Measure", "text"),
                Column("Area", "text"),
                Column("Period", "text"),
                Column("Printed", "text"),
                Column("This report", "text"),
                Column("Period in this report", "text"),
                Column("Verdict", "text"),
                Column("Why", "text"),
            ),
            rows=rows,
        ),
    )


def later(na: Assessment) -> Blocks:
    """List figures of periods after the reporting year: known, but not used in the chapters."""
    rows = na.later[(na.later["area_code"] == na.area.code) & (na.later["status"] == "shown")]
    rows = rows[rows["category"] == ""]
    if rows.empty:
        return Blocks()
    figures: list[Figure] = []
    body = []
    for row in rows.to_dict("records"):
        figure = na.to_figure(row, na.area)
        england = na.later[
            (na.later["indicator"] == row["indicator"])
            & (na.later["area_code"] == na.england.code)
            & (na.later["period"] == row["period"])
            & (na.later["sex"] == row["sex"])
            & (na.later["category"] == "")
        ]
        figures.append(figure)
        reference = Cell("[x]")
        if len(england):
            other = na.to_figure(england.to_dict("records")[0], na.england)
            figures.append(other)
            reference = Cell(other.number, other.value, other.id)
        body.append(
            (
                Cell(figure.label),
                Cell(figure.period),
                Cell(figure.unit),
                Cell(figure.number, figure.value, figure.id),
                reference,
            )
        )
    return blocks(
        Heading("Published after the reporting year"),
        Table(
            id="later",
            caption=f"Figures for periods after {na.year}, not used in the chapters",
            columns=(
                Column("Indicator", "header"),
                Column("Period", "text"),
                Column("Unit", "text"),
                Column(na.name),
                Column("England"),
            ),
            rows=tuple(body),
            figures=tuple({one.id: one for one in figures}.values()),
        ),
    )


def corrections(na: Assessment) -> Blocks:
    """List the declared corrections of published figures, or say that there are none."""
    return blocks(
        Heading("Corrections"),
        Prose((Span("No published figure was corrected for this report."),)),
    )


def accessibility(na: Assessment) -> Blocks:
    """Say how the report was made accessible, what was checked, and what is not."""
    return blocks(
        Heading("Accessibility"),
        Prose(
            (
                Span(
                    "This report is made to meet level AA of the Web Content Accessibility "
                    "Guidelines 2.2. Every chart has a text alternative that says what it shows, "
                    "and a table of its numbers. The web page works with a keyboard, at 320 pixels "
                    "wide, and without scripts. The PDF is tagged to the PDF/UA-1 standard."
                ),
            )
        ),
        Prose(
            (
                Span(
                    "Automated checks pass; they do not prove that every reader is served. If you "
                    "cannot use a part of this report, ask its publisher for another format."
                ),
            )
        ),
    )


def register(na: Assessment) -> Blocks:
    """Print the register: every number with its formula, inputs and source."""
    return blocks(Heading("Figure register"), Register())
