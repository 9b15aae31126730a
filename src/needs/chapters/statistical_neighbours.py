"""Statistical neighbours: the area drawn among them, who they are, and by whose list."""

from __future__ import annotations

from collections.abc import Sequence

from needs import charts
from needs.catalogue import INDEX_READER, LSOA_POPULATION_READERS, Source
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Cell, Chart, Column, Heading, Prose, Table, blocks
from needs.chapters.captions import each_once, lines, subject_of, subtitle_of
from needs.chapters.measure import Measure, view
from needs.chapters.rules import COUNTED, is_count, left_to
from needs.figures import population
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure
from needs.figures.neighbours import FEATURES, METHOD
from needs.tables.authority_features import AGES, SPARSE, file_pairs
from needs.tables.naming import figure_id
from needs.words import alt_text, english, headlines
from needs.words.text import Span

#: From this many statistical neighbours with a figure they are drawn beside the area.
NEIGHBOURS_FOR_A_CHART = 5


def whose(na: Assessment) -> str:
    """Say whose list the statistical neighbours are of, as a caption has it."""
    if na.by_official_list:
        return f"official list, {_edition(na)[1]}"
    return "open method: age, deprivation and density"


def _edition(na: Assessment) -> tuple[Source, str]:
    """The source and edition of the official list."""
    row = na.official_neighbours.iloc[0]
    source = na.catalogue.sources[str(row["source"])]
    edition = next(one for one in source.editions if one.options["year"] == row["year"])
    return source, edition.edition


def why_open(na: Assessment) -> str:
    """Why the official list says nothing of who is compared; empty where it does."""
    lists = [
        (source, one)
        for source in na.catalogue.sources.values()
        if source.gives == "official neighbours"
        for one in source.editions
    ]
    if na.by_official_list or not lists:
        return ""
    source, first = min(lists, key=lambda each: each[1].options["year"])
    since = first.options["year"]
    if na.year < since:
        return (
            f"The official list ({source.producer}, {first.edition}) serves reports from {since} "
            "on."
        )
    if not na.official_neighbours.empty:
        return "An official list is there, but this report was asked for with the open method."
    name = english.in_prose(na.name)
    if na.members:
        return f"The official list has single authorities, and not {name}, which is several."
    return f"No official list in this report has {name}."


@view
def neighbours(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw the area among its statistical neighbours; see `trend` for `id`."""
    na, key, indicator = measure.na, measure.key, measure.indicator
    if is_count(indicator):
        return COUNTED
    if left := left_to(na, indicator):
        return left
    places = na.once(Assessment.statistical_neighbours)
    focus, others = _among(na, key, places)
    if focus is None:
        return (
            f"in no period have the area and {NEIGHBOURS_FOR_A_CHART} of its statistical "
            "neighbours a figure"
        )
    england = na.figure(key, na.england, focus.period)
    figures = sorted((focus, *others), key=lambda one: (one.value or 0.0, one.area_code))
    context = [england] if england.shown else []
    lacking = len(places) - len(others)
    note = f" No figure for this period: {lacking} of {len(places)}." if lacking else ""
    table = figure_tables.figures_table(
        id or f"{key}_neighbours",
        f"{indicator.name}: {na.name} and its statistical neighbours, {focus.period}",
        "Authority",
        [(one.area_name, one) for one in (*figures, *context)],
        notes=(f"Statistical neighbours: {whose(na)}. The annex lists them.{note}",),
        open_=False,
    )
    chart_id = f"chart_{table.id}"
    noun = f"similar authorities ({'official list' if na.by_official_list else 'open method'})"
    subject = subject_of(indicator)
    kind = "official neighbour" if na.by_official_list else "statistical neighbour"
    similar = f"its {english.count_noun(len(others), kind)}"
    place = f"{na.name} and its statistical neighbours ({whose(na)})"
    return blocks(
        Chart(
            id=chart_id,
            headline=headlines.headline_rank(
                figures, focus, noun=noun, subject=subject, among=f"itself and {similar}"
            ),
            subtitle=subtitle_of(indicator, [focus], na, place=place, intervals=lines(figures)),
            svg=charts.caterpillar(
                figures,
                focus=na.area.code,
                reference=england if england.shown else None,
                unit=indicator.unit,
                chart_id=chart_id,
            ),
            alt=alt_text.alt_caterpillar(
                figures,
                focus,
                england if england.shown else None,
                subject=subject,
                among=f"{english.in_prose(na.name)} and {similar}",
            ),
            table=table,
            figures=each_once(table.figures),
            sources=table.sources,
        )
    )


def _among(
    na: Assessment, key: str, places: Sequence[Place]
) -> tuple[Figure | None, tuple[Figure, ...]]:
    """The area's and its neighbours' figures in the newest period that enough of them have."""
    for period in reversed(na.areas_shown(key, [na.area.code])):
        others = tuple(one for one in na.across(key, places, period) if one.shown)
        if len(others) >= NEIGHBOURS_FOR_A_CHART:
            return na.figure(key, na.area, period), others
    return None, ()


#: Features of statistical neighbours: heading, unit and decimals.
SHOWN_FEATURES = {
    "aged_under_18": ("Aged under 18", "%", 1),
    "aged_18_to_24": ("Aged 18 to 24", "%", 1),
    "aged_25_to_44": ("Aged 25 to 44", "%", 1),
    "aged_45_to_64": ("Aged 45 to 64", "%", 1),
    "aged_65_and_over": ("Aged 65 and over", "%", 1),
    "imd_score": ("Deprivation score", "", 1),
    "most_deprived_fifth": ("In the most deprived 20%", "%", 1),
    "residents_per_km2": ("Residents per km²", "", 0),
    "sparsely_populated": ("In sparsely populated LSOAs", "%", 1),
}


#: Neighbours that the annex lists.
LISTED = 10

#: Distance from which even the nearest authority is not much like the area.
UNLIKE_ANY = 1.0


def listed(na: Assessment) -> Blocks:
    """List who the statistical neighbours are, by the official list and by the open method."""
    name = english.in_prose(na.name)
    official = na.authorities_by_code(na.official_neighbours["area_code"].head(LISTED))
    near = na.authorities_by_code(na.distances(LISTED)["area_code"])
    used = f"This report compares {name} with its statistical neighbours by the {whose(na)}."
    lines = [" ".join(filter(None, (used, why_open(na))))]
    if official and near:
        both = [one.name for one in official if one in near]
        lines.append(
            f"The two lists have {len(both)} of {len(official)} authorities in common"
            + (f": {english.listing(both)}." if both else ".")
            + " They compare by different features, so that neither is the right one."
        )
    return blocks(
        Heading("Statistical neighbours"),
        *(Prose((Span(line),)) for line in lines if official or near),
        *(_official_list(na, official, near) if official else ()),
        *_open_list(na, official, near),
    )


def _official_list(na: Assessment, official: Sequence[Place], near: Sequence[Place]) -> Blocks:
    """The publisher's own list, beside the place of each in the open one."""
    source, edition = _edition(na)
    figures = [
        Figure(
            id=figure_id("neighbours_official", place.code, edition),
            indicator="neighbours_official",
            label=f"Distance from {na.name}, official list",
            area_code=place.code,
            area_name=place.name,
            period=f"for {na.year}",
            value=float(one["distance"]),
            unit="",
            decimals=2,
            formula="the publisher's",
            method="Published by the source",
            sources=(source.key,),
            source_rows=(str(one["source_row"]),),
        )
        for place, one in zip(
            official, na.official_neighbours.head(LISTED).to_dict("records"), strict=True
        )
    ]
    return blocks(
        Heading("The official list", level=3),
        Prose((Span(f"{source.producer}: {source.title}. {source.limits}"),)),
        Table(
            id="official_neighbours",
            caption=f"Official statistical neighbours of {english.in_prose(na.name)}, "
            f"{source.producer}, {edition}, nearest first",
            columns=(Column("Authority", "header"), Column("Distance"), _place_in("open")),
            rows=tuple(
                (Cell(place.name), figure_tables.value_cell(figure), _rank(place, near))
                for place, figure in zip(official, figures, strict=True)
            ),
            sources=(source.key,),
            figures=tuple(figures),
        ),
    )


def _place_in(which: str) -> Column:
    return Column(f"Place in the {which} list", "text")


def _rank(place: Place, others: Sequence[Place]) -> Cell:
    return Cell(english.ordinal(others.index(place) + 1) if place in others else "not in it")


def _open_list(na: Assessment, official: Sequence[Place], near: Sequence[Place]) -> Blocks:
    """The authorities most alike by the open method, with what they are compared by."""
    found = na.distances(LISTED)
    name = english.in_prose(na.name)
    if found.empty:
        why = "the populations, deprivation, lookups or boundaries that they need are not known."
        if len(na.authority_features):
            why = (
                "other authorities have what they need, but the areas known do not make up its "
                "own land exactly, with ages, deprivation and boundaries of one year."
            )
        how = " by the open method" if official else ""
        text = f"Statistical neighbours of {name}{how} cannot be computed for {na.year}: {why}"
        return blocks(Prose((Span(text),)))
    basis = na.authority_features.loc[na.area.code]
    lines = [
        f"The open method names the {english.number_word(len(near))} authorities most like "
        f"{name} in age, deprivation and density. They are found from open data alone, and no "
        "figure on health or treatment takes part.",
        f"Ages are mid-{basis['population_year']} estimates. Deprivation is from the Indices of "
        f"Deprivation {basis['index_edition']}, weighted by residents. Density is residents per "
        f"km², and the share of them in LSOAs with fewer than {SPARSE} per km². Residents of LSOAs "
        f"are mid-{basis['residents_year']} estimates.",
        "Each feature is put in standard deviations from the mean of all authorities. The distance "
        "is the weighted root mean square of the differences. Age, deprivation and density have "
        "the same weight. At a distance of 0 two authorities are the same; at 1 their features "
        "are typically one standard deviation apart.",
    ]
    if float(found["distance"].iloc[0]) > UNLIKE_ANY:
        lines.append(
            f"Even the nearest is further than that from {name}, which is like no other "
            "authority: read the comparison with care."
        )
    beside = (_place_in("official"),) if official else ()
    figures: list[Figure] = []
    own = [Cell(na.name), Cell("[z]"), *_feature_cells(na, na.area, figures), Cell("[z]")]
    rows = [(*own, *(Cell("[z]") for _ in beside))]
    for place, row in zip(near, found.to_dict("records"), strict=True):
        distance = _feature(na, place, "distance", float(row["distance"])).with_(
            label=f"Distance from {na.name}",
            decimals=2,
            formula="√ Σ weight × (z of the authority − z of the area)²",
        )
        figures.append(distance)
        most = max(FEATURES, key=lambda feature: float(row[feature]))
        label, unit, _ = SHOWN_FEATURES[most]
        label = english.lower_first(label)
        rows.append(
            (
                Cell(place.name),
                figure_tables.value_cell(distance),
                *_feature_cells(na, place, figures),
                Cell(f"share {label}" if unit else label),
                *(_rank(place, official) for _ in beside),
            )
        )
    return blocks(
        Heading("The open method", level=3) if official else None,
        *(Prose((Span(line),)) for line in lines),
        Table(
            id="statistical_neighbours",
            caption=f"Statistical neighbours of {name} by the open method, nearest first",
            columns=(
                Column("Authority", "header"),
                Column("Distance"),
                *(Column(label, "number", unit) for label, unit, _ in SHOWN_FEATURES.values()),
                Column("Differs most in", "text"),
                *beside,
            ),
            rows=tuple(rows),
            sources=_feature_sources(na),
            figures=tuple(figures),
        ),
    )


def _feature_cells(na: Assessment, place: Place, figures: list[Figure]) -> tuple[Cell, ...]:
    """The features of an authority; its figures are added to `figures`."""
    row = na.authority_features.loc[place.code].to_dict()
    own = []
    for name, (label, unit, decimals) in SHOWN_FEATURES.items():
        figure = _feature(na, place, name, float(row[name]))
        own.append(figure.with_(label=label, unit=unit, decimals=decimals))
    figures.extend(own)
    return tuple(figure_tables.value_cell(one) for one in own)


def _feature(na: Assessment, place: Place, name: str, value: float) -> Figure:
    basis = na.authority_features.loc[place.code]
    period = f"IoD{basis['index_edition']}, mid-{basis['residents_year']} population"
    index, residents = (INDEX_READER,), LSOA_POPULATION_READERS
    readers: tuple[str, ...] = (*index, *residents)
    of = f"LSOAs of {place.code}"
    formula = "sum over the authority's LSOAs, weighted by residents"
    if name in AGES:
        period, readers = f"mid-{basis['population_year']}", ("ons_population",)
        of = place.code
        formula = "residents of the age ÷ all residents × 100"
    elif name in ("residents_per_km2", "sparsely_populated"):
        period = f"mid-{basis['residents_year']}"
        readers = (*residents, "boundaries")
        formula = "residents ÷ land"
        if name == "sparsely_populated":
            formula = f"residents of LSOAs with fewer than {SPARSE} per km² ÷ all residents × 100"
    elif name == "distance":
        period, readers = f"for {na.year}", ("ons_population", *index, *residents, "boundaries")
        of = "all authorities"
    read = [
        (key, where)
        for key, where in file_pairs(basis.to_dict())
        if na.catalogue.sources[key].reader in readers
    ]
    return Figure(
        id=figure_id(f"neighbours_{name}", place.code, period),
        indicator=f"neighbours_{name}",
        label=name,
        area_code=place.code,
        area_name=place.name,
        period=period,
        value=value,
        unit="",
        formula=formula,
        method=METHOD,
        sources=tuple(dict.fromkeys(key for key, _ in read)),
        # the rows of authorities' estimates are named, those of LSOAs are all of the area's
        source_rows=tuple(
            where if key == population.SOURCE else f"{where}, {of}" for key, where in read
        ),
    )


def _feature_sources(na: Assessment) -> tuple[str, ...]:
    pairs = file_pairs(na.authority_features.loc[na.area.code].to_dict())
    return tuple(dict.fromkeys(key for key, _ in pairs))
