"""Chapter 2: population, age structure and deprivation by LSOA."""

from __future__ import annotations

from typing import Any

import pandas as pd

from needs import charts
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Cell, Chart, Column, Prose, Table, blocks
from needs.chapters.over_time import POINTS_FOR_A_TREND
from needs.charts import maps
from needs.figures import deprivation, population
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure, format_number
from needs.stats.status import Status
from needs.words import chart_words, sentences
from needs.words.text import Span

#: What the sexes of a population are called in a heading.
SEXES = {"male": "Males", "female": "Females", "persons": "Persons"}

#: The census after which estimates of the years before it were rebased.
CENSUS = 2021

#: LSOAs that are named in a row of the table of clusters; the rest are counted.
NAMED = 5


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
    text = sentences.say(
        "{area} had {whole} at {when}. Of these, {older} were aged 65 or over, against {england} "
        "in England.",
        area=sentences.capital(sentences.in_prose(na.name)),
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
            *sentences.say(
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


def pyramid(na: Assessment) -> Blocks:
    """Draw the age structure beside England's."""
    year = population.latest_year(na)
    if not year:
        return Blocks()
    local = population.by_age_and_sex(na, na.area)
    national = population.by_age_and_sex(na, na.england)
    sexes = population.sexes(na)
    rows = []
    for age in sorted(local["age_from"].unique()):
        label = f"{age} and over" if age == 90 else f"{age} to {age + 4}"
        cells = [Cell(label)]
        for frame in (local, national):
            for sex in sexes:
                part = frame[(frame["age_from"] == age) & (frame["sex"] == sex)]
                share = float(part["share"].sum())
                if frame is local:
                    people = float(part["population"].sum())
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
            headline=chart_words.pyramid(na.name, local, national),
            subtitle=f"Share of all residents by {by}, {na.name} (bars) and "
            f"England (outline), mid-{year}.",
            svg=charts.pyramid(
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
            headline=chart_words.growth(series),
            subtitle=f"Residents at mid-year, {na.name}, {first.period} to {last.period}.",
            svg=charts.trend([series], unit="residents", chart_id="chart_growth", from_zero=False),
            alt=chart_words.alt_growth(series),
            table=table,
            figures=series.figures,
            sources=("ons_population",),
        )
    )


def deprivation_counts(na: Assessment) -> Blocks:
    """Count LSOAs and residents in the most deprived 10%, 20% and 30% of England, by district."""
    if na.lsoa.empty:
        return blocks(_no_index(na))
    figures: list[Figure] = []
    rows = []
    for place in (na.area, *na.districts):
        cells = [Cell(place.name)]
        for cut in deprivation.CUT_OFFS:
            parts = (
                deprivation.lsoa_count(na, cut, place),
                deprivation.residents(na, cut, place),
                deprivation.share(na, cut, place),
            )
            cells += [figure_tables.value_cell(one) for one in parts]
            figures += parts
        rows.append(tuple(cells))
    text = chart_words.deprived_parts(
        na.name,
        len(na.lsoa),
        [
            (
                deprivation.CUT_OFFS[cut],
                deprivation.lsoa_count(na, cut),
                deprivation.residents(na, cut),
                deprivation.share(na, cut),
            )
            for cut in (1, 3)
        ],
    )
    columns = [Column("Area", "header")]
    for words_of_cut in deprivation.CUT_OFFS.values():
        columns += [
            Column(f"LSOAs in the {words_of_cut}", "number"),
            Column(f"Residents of the {words_of_cut}", "number"),
            Column(f"Share of residents in the {words_of_cut}", "number", "%"),
        ]
    return blocks(
        Prose(text, figures=tuple({one.id: one for one in figures}.values())),
        Table(
            id="deprivation_counts",
            caption=f"LSOAs and residents in the most deprived parts of England, "
            f"{deprivation.period(na)}",
            columns=tuple(columns),
            rows=tuple(rows),
            notes=(_editions(na), *_rebased_note(na)),
            sources=deprivation.sources(na),
            figures=tuple({one.id: one for one in figures}.values()),
        ),
    )


def deciles(na: Assessment) -> Blocks:
    """Draw the share of residents in each national deprivation decile."""
    figures = deprivation.share_by_decile(na)
    if na.lsoa.empty or not figures[0].shown:
        return Blocks()
    most, least = deprivation.share(na, 3), deprivation.share_least(na)
    rows = [(one.note, one) for one in figures]
    table = figure_tables.figures_table(
        "deciles",
        f"Residents of {na.name} by national deprivation decile, {deprivation.period(na)}",
        "National decile (1 is most deprived)",
        [(name.removeprefix("decile "), one) for name, one in rows],
        value="Share of residents",
        counts=("Residents in the decile", "All residents"),
        notes=_rebased_note(na),
        open_=False,
    )
    return blocks(
        Chart(
            id="chart_deciles",
            headline=chart_words.deciles(na.name, figures, most, least),
            subtitle=f"Share of residents by national decile of the Index of Multiple Deprivation, "
            f"{na.name}, {deprivation.period(na)}. A tenth of England's LSOAs is in each decile.",
            svg=charts.decile_bars(figures, chart_id="chart_deciles"),
            alt=sentences.alt_deciles(figures, area_name=na.name),
            table=table,
            figures=(*figures, most, least),
            sources=deprivation.sources(na),
        )
    )


def lsoa_map(na: Assessment) -> Blocks:
    """Map deprivation by LSOA: a choropleth where boundaries are at hand, else a cartogram."""
    if na.lsoa.empty:
        return Blocks()
    small_areas = na.lsoa.rename(
        columns={
            "lsoa_code": "code",
            "lsoa_name": "name",
            "imd_decile": "decile",
            "district_name": "district",
        }
    )
    if na.boundaries is not None:
        shapes = na.boundaries[["code", "geometry"]].merge(small_areas, on="code", how="right")
        drawn = maps.choropleth(shapes, chart_id="map_deprivation")
        how = "Boundaries of LSOAs, coloured by national decile."
    else:
        drawn = maps.cartogram(small_areas, chart_id="map_deprivation")
        how = (
            "Each circle is an LSOA, with its area by population, placed near its real position "
            "and grouped by district. The outlines of LSOAs are not at hand"
            + ("." if na.neighbours.empty else ", only which of them are neighbours.")
        )
    table = _map_table(na)
    return blocks(
        Chart(
            id="map_deprivation",
            headline=chart_words.deprivation_map(na.name, na.lsoa, deprivation.lsoa_count(na, 1)),
            subtitle=f"National deprivation decile of each LSOA in {na.name}, "
            f"IoD{na.index_edition}. {how}",
            svg=drawn,
            alt=sentences.alt_map(
                "national deprivation decile",
                na.name,
                places=len(na.lsoa),
                noun="LSOAs",
                found=deprivation.lsoa_count(na, 1),
                what="are in the most deprived 10% in England",
                where=[place for place, _ in chart_words.most_deprived_places(na.lsoa)][:3]
                if na.districts
                else (),
            ),
            table=table,
            figures=table.figures,
            sources=(
                *deprivation.sources(na),
                "ons_boundaries" if na.boundaries is not None else "ons_centroids",
            ),
            kind="map",
        )
    )


def domains(na: Assessment) -> Blocks:
    """Draw the seven domains: which kinds of deprivation the area has most of."""
    if na.lsoa.empty:
        return Blocks()
    frame = deprivation.domain_shares(na)
    if not any(one.shown for one in frame["d1"]):  # the text on deprived parts says why
        return Blocks()
    figures = tuple(frame.loc[i, f"d{cut}"] for i in frame.index for cut in deprivation.CUT_OFFS)
    rows = tuple(
        (
            Cell(row["label"]),
            *(figure_tables.value_cell(row[f"d{cut}"]) for cut in deprivation.CUT_OFFS),
        )
        for _, row in frame.iterrows()
    )
    table = Table(
        id="domains",
        caption=f"Residents in the most deprived parts of England by domain, "
        f"{deprivation.period(na)}",
        columns=(
            Column("Domain", "header"),
            *(Column(f"In the {cut}", "number", "%") for cut in deprivation.CUT_OFFS.values()),
        ),
        rows=rows,
        sources=deprivation.sources(na),
        figures=figures,
        open=False,
    )
    return blocks(
        Chart(
            id="chart_domains",
            headline=chart_words.domains(na.name, frame),
            subtitle=f"Share of residents of {na.name} who live in the most deprived 10%, 20% and "
            f"30% of LSOAs in England, by domain, {deprivation.period(na)}.",
            svg=charts.domain_profile(
                deprivation.domain_bands(frame), chart_id="chart_domains", reference=30.0
            ),
            alt=chart_words.alt_domains(na.name, frame),
            table=table,
            figures=figures,
            sources=deprivation.sources(na),
        )
    )


def most_deprived(na: Assessment) -> Blocks:
    """List the most deprived LSOAs with their national ranks, if they are among England's."""
    if na.lsoa.empty:
        return Blocks()
    listed = deprivation.most_deprived(na)
    name = sentences.in_prose(na.name)
    if listed.empty:
        return Blocks()
    inside = len(listed) == deprivation.lsoa_count(na, 3).value
    caption = (
        f"LSOAs of {name} in the most deprived 30% in England"
        if inside
        else f"The {sentences.number_word(len(listed))} most deprived LSOAs of {name}"
    )
    rows = tuple(
        (
            Cell(f"{row['lsoa_name']} ({row['lsoa_code']})"),
            Cell(str(row["district_name"])),
            _count(row["imd_rank"]),
            _count(row["imd_decile"]),
            _count(row["population"]),
        )
        for row in listed.to_dict("records")
    )
    return blocks(
        Table(
            id="most_deprived_lsoas",
            caption=f"{caption}, {deprivation.period(na)}",
            columns=(
                Column("LSOA", "header"),
                Column("District", "text"),
                Column("National rank (1 is most deprived)", "number"),
                Column("National decile", "number"),
                Column("Residents", "number"),
            ),
            rows=rows,
            sources=deprivation.sources(na),
        )
    )


def clustering(na: Assessment) -> Blocks:
    """Tell whether deprived LSOAs lie next to each other, and list those in clusters."""
    if na.lsoa.empty:
        return Blocks()
    index, p = deprivation.clustering(na)
    found = chart_words.clustering(na.name, index, p)
    if not index.shown:
        remedy = "Add the boundaries of LSOAs to data/raw and run needs prepare."
        lacking = na.neighbours.empty and index.status is Status.UNAVAILABLE
        text = sentences.sentences(found, remedy if lacking else "")
        return blocks(Prose(text, style="note", figures=(index,)))
    spots = deprivation.hot_spots(na)
    counts = {
        place: deprivation.hot_spot_count(na, spots, place) for place in (na.area, *na.districts)
    }
    figures = tuple(counts.values())
    most, outside = deprivation.lsoa_count(na, 1), deprivation.outside_clusters(na, spots)
    in_clusters = chart_words.clusters(figures[0], figures[1:], most, outside)
    text = sentences.sentences(found, in_clusters)
    prose = Prose(text, figures=(index, *figures, most, outside))
    if spots.empty:
        return blocks(prose)
    rows = []
    for place, count in counts.items():
        inside = spots if place == na.area else spots[spots["district_code"] == place.code]
        names = sentences.listing(inside["lsoa_name"].tolist(), limit=NAMED)
        rows.append(
            (
                Cell(place.name),
                figure_tables.value_cell(count),
                _count(count.denominator),
                Cell(names or "None"),
            )
        )
    return blocks(
        prose,
        Table(
            id="deprivation_clusters",
            caption=f"LSOAs in clusters of high deprivation, {index.period}",
            columns=(
                Column("Area", "header"),
                Column("LSOAs in a cluster", "number"),
                Column("All LSOAs", "number"),
                Column("LSOAs in a cluster, strongest first", "text"),
            ),
            rows=tuple(rows),
            notes=(
                "An LSOA is in a cluster where it and the LSOAs that touch it together have a "
                f"higher score than chance would give (Gi*), against the mean of {na.name} and not "
                "of England. Places outside the area do not count.",
                f"Moran's I: {index.note}.",
            ),
            sources=index.sources,
            figures=figures,
        ),
    )


def _count(number: Any) -> Cell:
    """A count as a cell; not available where it is missing."""
    return Cell("[x]") if pd.isna(number) else Cell(format_number(float(number)), float(number))


def _no_districts(na: Assessment, shown: tuple[Place, ...]) -> tuple[str, ...]:
    """Say that there are no estimates of the parts, where the area has parts and none is shown."""
    if not na.districts or shown:
        return ()
    return (
        f"There are no estimates of {sentences.possessive(na.name)} {na.parts_noun} for that year.",
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


def _rebased_note(na: Assessment) -> tuple[str, ...]:
    """Say why the residents of LSOAs do not add up to the area's total of the same year."""
    year, residents_ = na.lsoa_population_year, na.lsoa["population"]
    if year is None or residents_.isna().any():
        return ()
    people, whole = float(residents_.sum()), population.total(na, na.area, year)
    if whole.value is None or people == whole.value:
        return ()
    since = "rebased after the Census of 2021" if year < CENSUS else "revised since"
    return (
        f"Residents of LSOAs are the small-area estimates of mid-{year} as first published, "
        f"{format_number(people)} in all. The estimate of the whole area for mid-{year}, "
        f"{format_number(whole.value)}, was {since}, and so differs.",
    )


def _map_table(na: Assessment) -> Table:
    """LSOAs by district and decile: the map as numbers."""
    places = na.districts or (na.area,)
    rows = []
    for place in places:
        inside = (
            na.lsoa
            if place.code == na.area.code
            else na.lsoa[na.lsoa["district_code"] == place.code]
        )
        counts = inside["imd_decile"].value_counts()
        numbers = [int(counts.get(decile, 0)) for decile in range(1, 11)]
        rows.append((Cell(place.name), *(Cell(str(n), float(n)) for n in numbers)))
    return Table(
        id="lsoas_by_decile",
        caption=f"Number of LSOAs by area and national decile, IoD{na.index_edition}",
        columns=(
            Column("Area", "header"),
            *(Column(f"Decile {decile}", "number") for decile in range(1, 11)),
        ),
        rows=tuple(rows),
        notes=("Decile 1 is the most deprived tenth of LSOAs in England.",),
        sources=deprivation.sources(na),
        open=False,
    )


def _editions(na: Assessment) -> str:
    vintage = {"2019": "2011", "2025": "2021"}.get(na.index_edition, "2011")
    return (
        f"Indices of Deprivation {na.index_edition}, the newest published by {na.year}; LSOAs of "
        f"{vintage}; residents are the newest mid-year estimates on those boundaries, "
        f"mid-{na.lsoa_population_year}."
    )


def _no_population(na: Assessment) -> Prose:
    return Prose(
        (
            Span(
                f"Population estimates for {na.name} are not at hand. The Office for National "
                "Statistics publishes them: run needs prepare with the workbook in data/raw."
            ),
        ),
        style="note",
    )


def _no_index(na: Assessment) -> Prose:
    return Prose(
        (
            Span(
                f"Deprivation by LSOA is not at hand for {na.name}. Add File 7 of the Indices of "
                "Deprivation to data/raw and run needs prepare."
            ),
        ),
        style="note",
    )
