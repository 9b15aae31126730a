"""Chapter 2: how deprived neighbourhoods (LSOAs) are, where, in what way, and whether together."""

from __future__ import annotations

from typing import Any

import pandas as pd

from needs import charts
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Cell, Chart, Column, Prose, Table, blocks
from needs.charts import maps
from needs.figures import deprivation, population
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, format_number
from needs.stats.status import Status
from needs.words import alt_text, chart_words, english
from needs.words.text import Span

#: The census after which estimates of the years before it were rebased.
CENSUS = 2021


#: LSOAs that are named in a row of the table of clusters; the rest are counted.
NAMED = 5


def counts(na: Assessment) -> Blocks:
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
                deprivation.decile_residents(na, cut, place),
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
                deprivation.decile_residents(na, cut),
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


def small_map(na: Assessment) -> Blocks:
    """Map where the most deprived neighbourhoods are, small enough for a page with more on it."""
    if na.lsoa.empty:
        return Blocks()
    rows = _rows(na)
    shapes = _shapes(na, rows)
    key = "map_small"
    drawn = (
        maps.small(shapes, na.once(_districts), chart_id=key)
        if shapes is not None
        else maps.cartogram(rows, chart_id=key, small=True)
    )
    places = (na.area, *na.districts)
    counts = {
        place: [deprivation.lsoa_count(na, cut, place) for cut in deprivation.CUT_OFFS]
        for place in places
    }
    figures = tuple(one for found in counts.values() for one in found)
    table = Table(
        id="small_map",
        caption=f"Neighbourhoods (LSOAs) in the most deprived parts of England, "
        f"IoD{na.index_edition}",
        columns=(
            Column("Area", "header"),
            *(Column(f"In the {words}") for words in deprivation.CUT_OFFS.values()),
        ),
        rows=tuple(
            (Cell(place.name), *(figure_tables.value_cell(one) for one in found))
            for place, found in counts.items()
        ),
        sources=deprivation.sources(na),
        figures=figures,
        open=False,
    )
    first = counts[na.area][0]
    return blocks(
        Chart(
            id=key,
            headline=chart_words.deprivation_map(na.name, na.lsoa, first),
            subtitle=f"Neighbourhoods by national deprivation, IoD{na.index_edition}.",
            svg=drawn,
            alt=_alt(na, first),
            table=table,
            figures=figures,
            sources=table.sources,
            kind="map",
            fills=True,
        )
    )


def _rows(na: Assessment) -> pd.DataFrame:
    """LSOAs under the names of columns that maps ask for."""
    names = {
        "lsoa_code": "code",
        "lsoa_name": "name",
        "imd_decile": "decile",
        "district_name": "district",
    }
    return na.lsoa.rename(columns=names)


def _shapes(na: Assessment, rows: pd.DataFrame) -> Any:
    """The same with their outlines; None where these are not at hand."""
    if na.boundaries is None:
        return None
    shapes = na.boundaries[["code", "geometry"]].merge(rows, on="code", how="right")
    known = shapes["geometry"].notna()
    return shapes.assign(geometry=shapes["geometry"].where(known, None))


def _districts(na: Assessment) -> pd.DataFrame:
    """Outlines of the districts, for all maps of a report; to join LSOAs takes long."""
    return maps.district_outlines(_shapes(na, _rows(na)))


def _alt(na: Assessment, count: Figure) -> str:
    """What a map of deprivation finds."""
    places = [place for place, _ in chart_words.most_deprived_places(na.lsoa)][:3]
    return alt_text.alt_map(
        "national deprivation decile",
        na.name,
        places=len(na.lsoa),
        noun="LSOAs",
        found=count,
        what="are in the most deprived 10% in England",
        where=places if na.districts else (),
    )


def map(na: Assessment) -> Blocks:
    """Map deprivation by LSOA: a choropleth where boundaries are at hand, else a cartogram."""
    if na.lsoa.empty:
        return Blocks()
    small_areas = _rows(na)
    shapes = _shapes(na, small_areas)
    if shapes is not None:
        drawn = maps.choropleth(shapes, na.once(_districts), chart_id="map_deprivation")
        how = "Boundaries of LSOAs, coloured by national decile."
    else:
        drawn = maps.cartogram(small_areas, chart_id="map_deprivation")
        how = (
            "Each circle is an LSOA, with its area by population, placed near its real position "
            "and grouped by district. The outlines of LSOAs are not known"
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
            alt=_alt(na, deprivation.lsoa_count(na, 1)),
            table=table,
            figures=table.figures,
            sources=(
                *deprivation.sources(na),
                "ons_boundaries" if na.boundaries is not None else "ons_centroids",
            ),
            kind="map",
        )
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
            headline=chart_words.deciles_words(na.name, figures, most, least),
            subtitle=f"Share of residents by national decile of the Index of Multiple Deprivation, "
            f"{na.name}, {deprivation.period(na)}. A tenth of England's LSOAs is in each decile.",
            svg=charts.decile_bars(figures, chart_id="chart_deciles"),
            alt=alt_text.alt_deciles(figures, area_name=na.name),
            table=table,
            figures=(*figures, most, least),
            sources=deprivation.sources(na),
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
            headline=chart_words.domains_words(na.name, frame),
            subtitle=f"Share of residents of {na.name} who live in the most deprived 10%, 20% and "
            f"30% of LSOAs in England, by domain, {deprivation.period(na)}.",
            svg=charts.domain_profile(
                deprivation.domain_bands(frame), chart_id="chart_domains", reference=30.0
            ),
            alt=chart_words.domain_profile_alt(na.name, frame),
            table=table,
            figures=figures,
            sources=deprivation.sources(na),
        )
    )


def most_deprived(na: Assessment) -> Blocks:
    """List the most deprived LSOAs with their national ranks, if they are among England's."""
    if na.lsoa.empty:
        return Blocks()
    listed = deprivation.most_deprived_lsoas(na)
    name = english.in_prose(na.name)
    if listed.empty:
        return Blocks()
    inside = len(listed) == deprivation.lsoa_count(na, 3).value
    caption = (
        f"LSOAs of {name} in the most deprived 30% in England"
        if inside
        else f"The {english.number_word(len(listed))} most deprived LSOAs of {name}"
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


def clusters(na: Assessment) -> Blocks:
    """Tell whether deprived LSOAs lie next to each other, and list those in clusters."""
    if na.lsoa.empty:
        return Blocks()
    index, p = deprivation.clustering(na)
    found = chart_words.clustering_words(na.name, index, p)
    if not index.shown:
        lacking_file = "This report was made without the boundaries of LSOAs."
        lacking = na.neighbours.empty and index.status is Status.UNAVAILABLE
        text = english.sentences(found, lacking_file if lacking else "")
        return blocks(Prose(text, style="note", figures=(index,)))
    spots = deprivation.hot_spots(na)
    counts = {
        place: deprivation.hot_spot_count(na, spots, place) for place in (na.area, *na.districts)
    }
    figures = tuple(counts.values())
    most, outside = deprivation.lsoa_count(na, 1), deprivation.outside_clusters(na, spots)
    nationally = deprivation.deprived_in_clusters(na, spots)
    in_clusters = chart_words.clusters_words(figures[0], figures[1:], most, outside, nationally)
    text = english.sentences(found, in_clusters)
    prose = Prose(text, figures=(index, *figures, most, outside, nationally))
    if spots.empty:
        return blocks(prose)
    rows = []
    for place, count in counts.items():
        inside = spots if place == na.area else spots[spots["district_code"] == place.code]
        names = english.listing(inside["lsoa_name"].tolist(), limit=NAMED)
        rows.append(
            (
                Cell(place.name),
                figure_tables.value_cell(count),
                _count(count.denominator),
                Cell(names or "None"),
                Cell(_deciles_of(inside) or "None"),
            )
        )
    return blocks(
        prose,
        Table(
            id="deprivation_clusters",
            caption=f"LSOAs in relatively deprived clusters, {index.period}",
            columns=(
                Column("Area", "header"),
                Column("LSOAs in a cluster", "number"),
                Column("All LSOAs", "number"),
                Column("LSOAs in a cluster, strongest first", "text"),
                Column("Their national deciles (how many)", "text"),
            ),
            rows=tuple(rows),
            notes=(
                "An LSOA is in a cluster where it and the LSOAs that touch it together have a "
                f"higher score than chance would give (Gi*), against the mean of {na.name} and not "
                "of England: relatively deprived. Places outside the area do not count. Chance is "
                f"judged by {deprivation.PERMUTATIONS:,} draws of each LSOA's neighbours.",
                f"Moran's I: {index.note}.",
            ),
            sources=index.sources,
            figures=figures,
        ),
    )


def _deciles_of(rows: pd.DataFrame) -> str:
    """National deciles of LSOAs with how many are in each: "1 (18), 2 (7)"."""
    counts = rows["imd_decile"].value_counts().sort_index()
    return ", ".join(f"{decile} ({n})" for decile, n in counts.items())


def _count(number: Any) -> Cell:
    """A count as a cell; not available where it is missing."""
    return Cell("[x]") if pd.isna(number) else Cell(format_number(float(number)), float(number))


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


def _no_index(na: Assessment) -> Prose:
    return Prose(
        (
            Span(
                f"Deprivation by LSOA is not known for {na.name}. This report was made "
                "without File 7 of the Indices of Deprivation."
            ),
        ),
        style="note",
    )
