"""Annex: periods, neighbours, symbols, disclosure, claims checked, later figures, what is not."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from typing import Any

import pandas as pd

from needs import catalogue
from needs.catalogue import layers
from needs.catalogue.corrections import corrections
from needs.catalogue.glossary import glossary
from needs.catalogue.lists import Topic, accessibility_statement, declared_topics
from needs.catalogue.releases import issues_of
from needs.chapters import figure_tables
from needs.chapters.absent import anything
from needs.chapters.blocks import (
    Blocks,
    Cell,
    Column,
    Heading,
    Prose,
    Table,
    blocks,
)
from needs.chapters.rules import shows_plans
from needs.figures import claims as claims_module
from needs.figures.assessment import Assessment, Place, as_records
from needs.figures.claim_figures import rows_of
from needs.figures.figure import Figure, sources_of
from needs.stats.status import SYMBOLS
from needs.tables.corrected import CORRECTED, correction_of
from needs.tables.naming import figure_id
from needs.words import english, sentences
from needs.words.text import Span


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
    lines += [added_up] if (added_up := sentences.added_up(na)) else []
    heading = Heading("Periods and editions")
    return blocks(heading, Prose(tuple(Span(line + " ") for line in lines)), _published_later(na))


def _published_later(na: Assessment) -> Blocks:
    """Say that a year is not a day, and which newest figures came out after the year's end."""
    end = date(na.year, 12, 31)
    body, undated = [], []
    for indicator in na.catalogue.indicators.values():
        newest = na.latest_period(indicator.key)
        rows = [one for one in na.records(indicator.key, na.area.code) if one["period"] == newest]
        if not newest or not rows:
            continue
        issues = issues_of(na.catalogue, str(rows[-1]["source"]), str(rows[-1]["source_row"]))
        later = [one for one in issues if one.released and one.released > end]
        if later:
            last = max(later, key=lambda one: one.released or end)
            title = na.catalogue.sources[last.source].title
            body.append(
                (
                    Cell(indicator.name),
                    Cell(newest),
                    Cell(f"{title}, {last.edition}" if last.edition else title),
                    Cell(f"{last.released:%Y-%m-%d}"),
                )
            )
        elif any(one.released is None for one in issues):
            undated.append(indicator)
    said = (
        f"A reporting year is not a date of publication. Figures for {na.year} come out later, so "
        f"this report knows more than anybody did at the end of {na.year}."
    )
    if undated:
        measures = english.count_noun(len(undated), "measure", words=True)
        said += f" When the newest figures of {measures} came out is not noted."
    columns = (Column("Measure", "header"), *(Column(one, "text") for one in
               ("Period", "Source and edition", "Released")))  # fmt: skip
    table = Table(
        "published_later", f"Figures published after the end of {na.year}", columns, tuple(body)
    )
    return blocks(Prose((Span(said),)), table if body else None)


def symbols() -> Blocks:
    """Explain the shorthand that stands in tables."""
    return blocks(
        Table(
            id="symbols",
            caption="Shorthand used in tables",
            columns=(Column("Symbol", "header"), Column("Meaning", "text")),
            rows=tuple((Cell(f"[{key}]"), Cell(text)) for key, text in SYMBOLS.items()),
        ),
    )


def abbreviations() -> Blocks:
    """Spell out the abbreviations and explain them in plain words."""
    return blocks(
        Table(
            id="abbreviations",
            caption="Abbreviations and terms",
            columns=(
                Column("Term", "header"),
                Column("Stands for", "text"),
                Column("In plain words", "text"),
            ),
            rows=tuple(
                (Cell(one.short), Cell(one.expansion), Cell(one.explanation)) for one in glossary()
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
    heading = Heading("Disclosure control and rounding")
    said = (
        "Small numbers can identify people. The report applies each source's own rule in every "
        "output. A suppressed number is never shown as zero."
    )
    if not rows:
        none = f" No source has a figure on drugs or alcohol for {english.in_prose(na.name)} here."
        return blocks(heading, Prose((Span(said + none),)))
    return blocks(
        heading,
        Prose((Span(said),)),
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
    checked = claims_module.check_claims(na.claims, na)
    near = [one.code for one in (na.area, *na.districts)]
    of_area = set(checked.loc[checked["area_code"].isin(near), "claim_id"])
    checked = checked[checked["claim_id"].isin(of_area)]
    if checked.empty:
        return Blocks()
    rows, figures = [], []
    for row in checked.to_dict("records"):
        ours = _claimed(na, row) if row["ours"] else None
        figures += [ours] if ours else []
        printed = str(row["claim_id"])
        rows.append(
            (
                Cell(f"{printed}, {row['area_name']}" if row["part"] == "comparator" else printed),
                Cell(str(row["label"])),
                Cell(str(row["area_name"])),
                Cell(str(row["period"])),
                Cell(str(row["stated"])),
                figure_tables.value_cell(ours) if ours else Cell("[x]"),
                Cell(ours.unit if ours else "[z]"),
                Cell(row["our_period"] or "[x]"),
                Cell(str(row["verdict"])),
                Cell(row["note"] or (row["how_to_add"] and _page(na, row)) or "none"),
            )
        )
    return blocks(
        Heading("Figures printed in the strategy, checked"),
        Prose(
            (
                Span(
                    f"The documents that this report serves print {len(of_area)} figures. Each "
                    "stands beside the report's own figure. Unit, edition and period are compared "
                    "first, then the value; a figure that is not ours is named for what it may "
                    "be. “Printed only” is said where this report has no publisher's figure: then "
                    "the report's figure, if it has one, is the document's own, and proves nothing."
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
                Column("This report"),
                Column("Unit", "text"),
                Column("Period in this report", "text"),
                Column("Verdict", "text"),
                Column("Why", "text"),
            ),
            rows=tuple(rows),
            sources=sources_of(figures),
            figures=tuple({one.id: one for one in figures}.values()),
        ),
    )


def _page(na: Assessment, row: dict[Hashable, Any]) -> str:
    """Where the measure of a claim that the report cannot check is published."""
    indicator = na.catalogue.indicators.get(str(row["indicator"]))
    return f"Published at {indicator.official_page}" if indicator else ""


def _claimed(na: Assessment, row: dict[Hashable, Any]) -> Figure:
    """The report's own figure beside a printed one: the indicator's, or one of its own."""
    key, code = str(row["our_indicator"]), str(row["area_code"])
    places = {one.code: one for one in (*na.places, *na.districts)}
    place = places.get(code) or Place(code, str(row["area_name"]), "")
    if key in na.catalogue.indicators:
        rows = rows_of(na, key, code, row["our_period"])
        whole = next((one for one in rows if not one["category"]), None)
        if whole:
            return na.to_figure(whole, place)
    return Figure(
        id=figure_id("claim", str(row["claim_id"]), code, str(row["our_period"])),
        indicator=key,
        label=str(row["label"]),
        area_code=code,
        area_name=place.name,
        period=str(row["our_period"]),
        value=float(row["our_value"]),
        unit=str(row["our_unit"]),
        decimals=int(row["our_decimals"]),
        formula=str(row["our_formula"]),
        method=str(row["our_method"]),
        sources=tuple(str(row["source"]).split(";")),
        source_rows=tuple(one for one in str(row["source_row"]).split("; ") if one),
        note=f"beside the printed figure {row['claim_id']}",
    )


def of_the_house() -> Blocks:
    """List the declarations that whoever makes the report has laid over the program's."""
    found = layers.own_declarations()
    if not found:
        return Blocks()
    text = (
        "Sources, indicators, areas and words are declared in files that come with the program. "
        "For this report its authors laid declarations of their own over them, and these count."
    )
    return blocks(
        Heading("Declarations of our own"),
        Prose((Span(text),)),
        Table(
            id="own-declarations",
            caption="What the authors of this report have declared themselves",
            columns=(
                Column("What", "text"),
                Column("Name", "header"),
                Column("Beside the program's", "text"),
                Column("File", "text"),
            ),
            rows=tuple(
                (
                    Cell(one.kind),
                    Cell(_named(one.name)),
                    Cell("added" if one.new else "in place of the program's"),
                    Cell(one.file + "".join(f", before {path}" for path in one.given_way)),
                )
                for one in found
            ),
        ),
    )


def _named(name: str) -> str:
    """What an indicator or source is called, in place of its key; an edition with its source."""
    known = catalogue.load()
    key, _, edition = name.partition(", ")
    if key in known.indicators:
        return known.indicators[key].name
    if key in known.sources:
        return ", ".join(filter(None, (known.sources[key].title, edition)))
    return name


def later(na: Assessment) -> Blocks:
    """List the newest figures of later periods: known, but not used in the chapters."""
    rows = na.later[(na.later["area_code"] == na.area.code) & (na.later["status"] == "shown")]
    unused = [one.key for one in na.catalogue.indicators.values() if not shows_plans(one)]
    whole = (rows["category"] == "") & (rows["sex"] == "persons")
    rows = rows[whole & rows["indicator"].isin(unused)]
    if rows.empty:
        return Blocks()
    newest = rows.groupby("indicator")["period_end"].transform("max")
    rows = rows[rows["period_end"] == newest]
    england: dict[tuple[str, str, str], Any] = {}
    whole = (na.later["area_code"] == na.england.code) & (na.later["category"] == "")
    for row in as_records(na.later[whole]):
        england.setdefault((row["indicator"], row["period"], row["sex"]), row)
    figures: list[Figure] = []
    body = []
    for row in as_records(rows):
        figure = na.to_figure(row, na.area)
        theirs = england.get((row["indicator"], row["period"], row["sex"]))
        figures.append(figure)
        reference = Cell("[x]")
        if theirs:
            other = na.to_figure(theirs, na.england)
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
            notes=("Of each measure the newest period.",),
            figures=tuple({one.id: one for one in figures}.values()),
        ),
    )


def corrected(na: Assessment) -> Blocks:
    """List the corrections of figures of the area and its comparators; say it where there is none.

    Only what was applied to the data at hand is listed.
    """
    applied = pd.concat([_put_right(na.observations), _put_right(na.later)], ignore_index=True)
    near = {one.code: one.name for one in (*na.places, *na.districts)}
    others = int((~applied["area_code"].isin(near)).sum())
    by_place = applied[applied["area_code"].isin(near)].groupby(
        ["indicator", "source", "area_code", "sex"], sort=False
    )
    body = []
    for place, part in by_place:
        key, source, code, sex = map(str, place)
        measures = {str(one.select["measure"]) for one in na.indicator(key).parts}
        for one in corrections(na.catalogue):
            if (one.source, one.area, one.sex) != (
                source,
                code,
                sex,
            ) or one.measure not in measures:
                continue
            changes = {period: one.figures[period] for period in part["period"].iloc[::-1]}
            body.append(
                (
                    Cell(na.indicator(key).name),
                    Cell(near[code]),
                    Cell("; ".join(f"{period}: {one}" for period, one in changes.items())),
                    Cell(f"{one.why.strip().rstrip('.')}."),
                    Cell(one.told),
                    Cell(f"{one.date.day} {one.date:%B %Y}"),
                )
            )
    said = (
        "These published figures are wrong, and were put right or withheld for this report."
        if body
        else f"No published figure of {english.listing(list(near.values()))} was corrected."
    )
    if others:
        count = english.count_noun(others, "figure", words=True)
        said += f" Of other authorities {count} {'was' if others == 1 else 'were'}."
    columns = (
        Column("Measure", "header"),
        *(
            Column(one, "text")
            for one in ("Area", "In the source, and here", "Why", "Who was told", "Date")
        ),
    )
    table = Table("corrections", "Published figures that were corrected", columns, tuple(body))
    return blocks(Prose((Span(said),)), table if body else None)


def _put_right(rows: pd.DataFrame) -> pd.DataFrame:
    """Published figures that a correction changed."""
    rows = rows[rows["source_row"].str.contains(CORRECTED, regex=False)]  # few, and found fast
    return rows[rows["method"].eq("published") & rows["source_row"].map(correction_of).ne("")]


def topics(na: Assessment) -> tuple[Topic, ...]:
    """The topics outside the report, without those that a data package supplies."""
    return tuple(
        one
        for one in declared_topics()
        if not any(anything(na, key) for key in one.indicators)
        and (not one.table or getattr(na, one.table).empty)
    )


def outside(na: Assessment) -> Blocks:
    """List what a needs assessment usually covers and this report has no data for."""
    rows = tuple((Cell(one.topic), Cell(one.publisher)) for one in topics(na))
    if not rows:
        return Blocks()
    text = (
        "A needs assessment usually covers these topics too. This report has no data on them, and "
        "that says nothing of how much need there is."
    )
    return blocks(
        Heading("Outside this report"),
        Prose((Span(text),)),
        Table(
            id="outside",
            caption="Topics that this report has no data for",
            columns=(Column("Topic", "header"), Column("Where to find figures", "text")),
            rows=rows,
        ),
    )


def accessibility() -> Blocks:
    """Say how the report was made accessible, what is checked and by whom, and what is not."""
    return blocks(*(Prose((Span(one),)) for one in accessibility_statement()))
