"""Chapter 2: who lives here, how old they are, and how their number changes."""

from __future__ import annotations

import pandas as pd

from needs import charts
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Cell, Chart, Column, Prose, Table, blocks
from needs.chapters.over_time import POINTS_FOR_A_TREND
from needs.figures import population
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import format_number
from needs.words import chart_words, english
from needs.words.text import Span

#: What the sexes of a population are called in a heading.
SEXES = {"male": "Males", "female": "Females", "persons": "Persons"}


def residents(na: Assessment) -> Blocks:
    """Show who lives where: the area, its districts, region and England by age group."""
    if not population.latest_year(na):
        return blocks(_no_population(na))
    rows, figures = [], []
    whole = population.total(na, na.area)
    # estimates of a remade area are published again for the areas that took over alone
    known = all(population.total(na, one).shown for one in na.districts)
    districts = na.districts if known else ()
    for place in (na.area, *districts, *na.places[1:]):
        people = population.total(na, place)
        shares = [population.age_share(na, place, group) for group in population.AGE_GROUPS]
        rows.append(
            (
                Cell(place.name),
                figure_tables.value_cell(people),
                *(figure_tables.value_cell(one) for one in shares),
            )
        )
        figures += [people, *shares]
    older = population.age_share(na, na.area, "65 and over")
    england = population.age_share(na, na.england, "65 and over")
    text = english.say(
        "{area} had {whole} at {when}. Of these, {older} were aged 65 or over, against {england} "
        "in England.",
        area=english.capital(english.in_prose(na.name)),
        whole=whole.with_(unit="residents"),
        when=whole.period,
        older=older,
        england=england,
    )
    if districts:
        by_size = sorted(districts, key=lambda one: population.total(na, one).value or 0)
        largest = population.share_of_area(na, by_size[-1])
        smallest = population.share_of_area(na, by_size[0])
        text = (
            *text,
            Span(" "),
            *english.say(
                "{largest_name} is the largest of its {parts}, with {largest} of residents. "
                "{smallest_name} is the smallest, with {smallest}.",
                largest_name=by_size[-1].name,
                smallest_name=by_size[0].name,
                largest=largest,
                smallest=smallest,
                parts=na.parts_noun,
            ),
        )
        figures += [largest, smallest]
    return blocks(
        Prose(text, figures=tuple(figures)),
        Table(
            id="population",
            caption=f"Residents by area and age group, {whole.period}",
            columns=(
                Column("Area", "header"),
                Column("Residents", "number"),
                *(Column(f"Aged {group}", "number", "%") for group in population.AGE_GROUPS),
            ),
            rows=tuple(rows),
            notes=(*_no_districts(na, districts), *_revision_note(na)),
            sources=("ons_population",),
            figures=tuple(figures),
        ),
    )


def _by_age_and_sex(table: pd.DataFrame) -> dict[tuple[int, str], tuple[float, float]]:
    """Residents and their share of all, by the first year of an age band and by sex."""
    columns = (table[name].tolist() for name in ("age_from", "sex", "population", "share"))
    return {(age, sex): (people, share) for age, sex, people, share in zip(*columns, strict=True)}


def pyramid(na: Assessment) -> Blocks:
    """Draw the age structure beside England's."""
    year = population.latest_year(na)
    if not year:
        return Blocks()
    local = population.by_age_and_sex(na, na.area)
    national = population.by_age_and_sex(na, na.england)
    sexes = population.sexes_given(na)
    here, there = _by_age_and_sex(local), _by_age_and_sex(national)
    rows = []
    for age in sorted(local["age_from"].unique()):
        label = f"{age} and over" if age == 90 else f"{age} to {age + 4}"
        cells = [Cell(label)]
        for place in (here, there):
            for sex in sexes:
                people, share = place.get((age, sex), (0.0, 0.0))
                if place is here:
                    cells.append(Cell(format_number(people), people))
                cells.append(Cell(format_number(share, 2), share))
        rows.append(tuple(cells))
    by = "five-year age band and sex" if len(sexes) > 1 else "five-year age band"
    named = [SEXES[sex] for sex in sexes]
    table = Table(
        id="age_structure",
        caption=f"Residents by {by}, mid-{year}",
        columns=(
            Column("Age", "header"),
            *(
                column
                for who in named
                for column in (
                    Column(f"{who} in {na.name}", "number"),
                    Column(f"{who} in {na.name}, share of residents", "number", "%"),
                )
            ),
            *(Column(f"{who} in England, share of residents", "number", "%") for who in named),
        ),
        rows=tuple(rows),
        notes=_revision_note(na),
        sources=("ons_population",),
        open=False,
    )
    return blocks(
        Chart(
            id="chart_pyramid",
            headline=chart_words.pyramid_words(na.name, local, national),
            subtitle=f"Share of all residents by {by}, {na.name} (bars) and "
            f"England (outline), mid-{year}.",
            svg=charts.age_pyramid(
                local.merge(
                    national[["age_from", "sex", "population"]].rename(
                        columns={"population": "comparator"}
                    ),
                    on=["age_from", "sex"],
                    how="left",
                ),
                chart_id="chart_pyramid",
                area=na.name,
                comparator="England",
            ),
            alt=chart_words.alt_pyramid(na.name, local, national, f"mid-{year}"),
            table=table,
            sources=("ons_population",),
        )
    )


def growth(na: Assessment) -> Blocks:
    """Draw the population over time."""
    series = population.series(na, na.area)
    if len(series.figures) < POINTS_FOR_A_TREND:
        return Blocks()
    first, last = series.figures[0], series.figures[-1]
    table = figure_tables.series_table(
        "population_by_year", f"Residents of {na.name} by year", series, ()
    )
    return blocks(
        Chart(
            id="chart_growth",
            headline=chart_words.growth_words(series),
            subtitle=f"Residents at mid-year, {na.name}, {first.period} to {last.period}.",
            svg=charts.trend_lines(
                [series], unit="residents", chart_id="chart_growth", from_zero=False
            ),
            alt=chart_words.alt_growth(series),
            table=table,
            figures=series.figures,
            sources=("ons_population",),
        )
    )


def _no_districts(na: Assessment, shown: tuple[Place, ...]) -> tuple[str, ...]:
    """Say that there are no estimates of the parts, where the area has parts and none is shown."""
    if not na.districts or shown:
        return ()
    return (
        f"There are no estimates of {english.possessive(na.name)} {na.parts_noun} for that year.",
    )


def _revision_note(na: Assessment) -> tuple[str, ...]:
    """Say so where the ages at hand belong to an earlier estimate than the total."""
    whole = population.total(na, na.area)
    ages = float(population.by_age_and_sex(na, na.area)["population"].sum())
    if whole.value is None or ages == whole.value:
        return ()
    return (
        f"Totals are the newest revision of the {whole.period} estimates. Shares by age are of the "
        f"estimates first published by single year of age, {format_number(ages)} residents.",
    )


def _no_population(na: Assessment) -> Prose:
    return Prose(
        (
            Span(
                f"Population estimates for {na.name} are not known. The Office for National "
                "Statistics publishes them; this report was made without its workbook."
            ),
        ),
        style="note",
    )
