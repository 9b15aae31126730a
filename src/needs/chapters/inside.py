"""Views of the parts of an area: males and females, districts, and districts on a map."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import shapely

from needs import charts
from needs.catalogue import Indicator
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Chart, blocks
from needs.chapters.captions import each_once, lines, subject_of, subtitle_of
from needs.chapters.measure import Measure, view
from needs.chapters.newest import district_period
from needs.chapters.rules import COUNTED, is_count, left_to, not_by_itself, standardised
from needs.charts import maps
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, Series
from needs.figures.findings import set_aside
from needs.words import alt_text, chart_words, english, headlines
from needs.words.text import Text


@view
def sexes(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw males and females side by side, with their intervals; see `trend` for `id`."""
    na, key, indicator = measure.na, measure.key, measure.indicator
    if left := left_to(na, indicator):
        return left
    period = na.latest_period(key, sex="male")
    if not {"male", "female"} <= set(indicator.sexes) or not period:
        return "there are no figures of males and females apart"
    rows = []
    for place in na.places:
        for sex in ("male", "female"):
            figure = na.figure(key, place, period, sex)
            if figure.shown:
                rows.append((f"{place.name}, {sex}s", figure))
    figures = [figure for _, figure in rows if figure.area_code == na.area.code]
    if len(figures) < 2:
        return f"one of the two has no figure for {period}"
    table = figure_tables.figures_table(
        id or f"{key}_by_sex",
        f"{indicator.name} by sex, {period}",
        "Area and sex",
        rows,
        open_=False,
    )
    chart_id = f"chart_{table.id}"
    series = [
        Series(sex.capitalize() + "s", sex, tuple(one for _, one in rows if one.sex == sex))
        for sex in ("male", "female")
    ]
    return blocks(
        Chart(
            id=chart_id,
            headline=chart_words.by_sex(figures[0], figures[1], subject_of(indicator)),
            subtitle=subtitle_of(
                indicator,
                figures,
                na,
                place=english.listing(list(dict.fromkeys(one.area_name for _, one in rows))),
                intervals=lines([one for _, one in rows]),
            ),
            svg=charts.grouped_bars(
                series, unit=indicator.unit, chart_id=chart_id, group="area_name"
            ),
            alt=chart_words.alt_by_sex(figures[0], figures[1], subject_of(indicator)),
            table=table,
            figures=each_once(table.figures),
            sources=table.sources,
        )
    )


@view
def districts(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw the districts with their intervals, the area and England; see `trend` for `id`."""
    na, key, indicator = measure.na, measure.key, measure.indicator
    better = standardised(na, indicator)
    if better and districts_complete(na, better.key):
        return f"every one has its standardised rate, under “{better.name}”"
    if is_count(indicator):
        return COUNTED
    period = district_period(na, key)
    if not period:
        return f"fewer than half of the {na.parts_noun} have a figure for the area's newest period"
    parts = na.across(key, na.districts, period)
    whole = na.figure(key, na.area, period)
    england = na.figure(key, na.england, period)
    context = [one for one in (whole, england) if one.shown]
    rows = [(one.area_name, one) for one in (*parts, *context)]
    table = figure_tables.figures_table(
        id or f"{key}_by_district",
        f"{indicator.name}: {na.parts_noun}, {period}",
        "Area",
        rows,
        open_=False,
    )
    chart_id = f"chart_{table.id}"
    reference = next(iter(context), None)
    return blocks(
        Chart(
            id=chart_id,
            headline=_headline(na, indicator, parts, reference),
            subtitle=subtitle_of(
                indicator,
                parts,
                na,
                place=f"{na.parts_noun} of {english.in_prose(na.name)}",
                intervals=lines((*parts, whole)),
            ),
            svg=charts.caterpillar(
                [*parts, *([whole] if whole.shown else [])],
                focus=na.area.code if whole.shown else None,
                reference=england if england.shown else None,
                unit=indicator.unit,
                chart_id=chart_id,
            ),
            alt=alt_text.alt_bars(
                parts, subject=subject_of(indicator), names=[one.area_name for one in parts]
            ),
            table=table,
            figures=each_once(table.figures),
            sources=table.sources,
        )
    )


@view
def map(measure: Measure, *, id: str = "") -> Blocks | str:
    """Map the districts, darker where the value is higher; see `trend` for `id`.

    For readers who know the area. `districts` has the intervals, which say whether two differ.
    """
    na, key, indicator = measure.na, measure.key, measure.indicator
    if is_count(indicator):
        return COUNTED
    if na.boundaries is None:
        return "the outlines of LSOAs, of which those of districts are made, are not known"
    period = district_period(na, key)
    if not period:
        return f"fewer than half of the {na.parts_noun} have a figure for the area's newest period"
    parts = na.across(key, na.districts, period)
    figures = {one.area_code: one for one in parts}
    of_lsoa = na.lsoa.set_index("lsoa_code")["district_code"]
    outlines = na.boundaries["geometry"].groupby(na.boundaries["code"].map(of_lsoa))
    drawn = {code: rows.to_numpy() for code, rows in outlines if code in figures}
    chosen = [figures[str(code)] for code in drawn]
    shapes = pd.DataFrame(
        {
            "name": [one.area_name for one in chosen],
            "value": pd.array([one.value for one in chosen], dtype="float64"),
            "text": [one.number for one in chosen],
            "geometry": [shapely.union_all(rows) for rows in drawn.values()],
        }
    )
    table = figure_tables.figures_table(
        id or f"{key}_map",
        f"{indicator.name}: {na.parts_noun} on the map, {period}",
        "Area",
        [(one.area_name, one) for one in parts],
        open_=False,
    )
    whole = na.figure(key, na.area, period)
    subject, place = subject_of(indicator), f"{na.parts_noun} of {english.in_prose(na.name)}"
    ordered = sorted((one for one in parts if one.shown), key=lambda one: one.value or 0.0)
    return blocks(
        Chart(
            id=f"chart_{table.id}",
            headline=_headline(na, indicator, parts, whole if whole.shown else None),
            subtitle=subtitle_of(indicator, parts, na, place=place),
            svg=maps.by_value(shapes, chart_id=f"chart_{table.id}"),
            alt=f"Map of the {place}, shaded by {subject}, {period}. Highest is "
            f"{ordered[-1].area_name}, {ordered[-1].number}; lowest is {ordered[0].area_name}, "
            f"{ordered[0].number}.",
            table=table,
            figures=each_once((*table.figures, whole)),
            sources=(*table.sources, "ons_boundaries"),
            kind="map",
        )
    )


def _headline(
    na: Assessment, indicator: Indicator, parts: Sequence[Figure], whole: Figure | None
) -> Text:
    """Which parts differ from the rest; nothing of a measure that cannot be read by itself."""
    subject = subject_of(indicator)
    if whole is not None and set_aside(na, indicator.key):
        return not_by_itself(whole, subject)
    return headlines.headline_parts(parts, whole, noun=na.parts_noun, subject=subject)


def districts_complete(na: Assessment, key: str) -> bool:
    """Whether every district has a figure in the period that districts are shown in."""
    period = district_period(na, key)
    shown = [one for one in na.across(key, na.districts, period) if one.shown] if period else []
    return len(shown) == len(na.districts)
