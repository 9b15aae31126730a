"""A view of how people divide: the categories of an indicator, beside England."""

from __future__ import annotations

from collections.abc import Sequence

from needs import charts
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Chart, Prose, Table, blocks
from needs.chapters.captions import each_once, lines
from needs.chapters.measure import Measure, view
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, Series
from needs.words import divisions, english

#: A category below this share in both places is left out of the chart, in per cent.
SMALLEST = 0.5

#: How many periods before the newest the table looks back.
YEARS_BEFORE = 5

Pair = tuple[Figure, Figure]


@view
def breakdown(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw the categories of an indicator beside England's; see `needs.chapters.trend` for `id`.

    Each share is compared with England's by the interval of its own: where a source rounds its
    numbers, the interval holds what rounding may have hidden.
    """
    na, indicator = measure.na, measure.indicator
    if not indicator.categories:
        return "it has no categories"
    period = newest_period(na, measure.key, indicator.categories)
    if not period:
        return "there are no figures of it"
    every = [
        (
            na.figure(measure.key, na.area, period, category=category),
            na.figure(measure.key, na.england, period, category=category),
        )
        for category in indicator.categories
    ]
    pairs = [pair for pair in every if pair[0].shown]
    drawn = [pair for pair in pairs if max(one.value or 0.0 for one in pair) >= SMALLEST]
    if not drawn:
        return "every share is too small to be drawn"
    table = _table(id or f"{measure.key}_by_category", measure, pairs, period)
    compared = all(england.shown for _, england in drawn)
    series = [Series(na.name, "area", tuple(ours for ours, _ in drawn))]
    if compared:
        series.append(Series("England", "england", tuple(theirs for _, theirs in drawn)))
    chart_id = f"chart_{table.id}"
    place = english.listing([english.in_prose(one.label) for one in series])
    left_out = english.count_noun(len(pairs) - len(drawn), "category", "categories", words=True)
    less = f" {english.capital(left_out)} below {SMALLEST}% in both left to the table."
    return blocks(
        Prose(divisions.higher_and_lower(drawn, na.name), figures=_both(pairs)),
        Chart(
            id=chart_id,
            headline=divisions.headline(drawn, na.name),
            subtitle=f"{english.capital(indicator.subject)}, {place}, {period}, in %."
            f" {lines([ours for ours, _ in drawn])}{less if len(drawn) < len(pairs) else ''}",
            svg=charts.grouped_bars(series, unit=indicator.unit, chart_id=chart_id, group="note"),
            alt=divisions.alt(drawn, indicator.subject, na.name, period),
            table=table,
            figures=_both(pairs),
            sources=table.sources,
        ),
    )


@view
def representation(
    measure: Measure, *, among: str = "residents_ethnicity", id: str = ""
) -> Blocks | str:
    """Draw how common each category is among people in treatment against all residents.

    A ratio of 1: as common in treatment as among residents. It is no measure of need, which differs
    between groups; England's ratio beside it tells how much of it is local.

    Parameters
    ----------
    measure : Measure
        Of people in treatment, with the categories of `among`.
    among : str
        The indicator of residents.
    id : str
        See `needs.chapters.trend`.
    """
    na, residents = measure.na, measure.na.indicator(among)
    period = newest_period(na, measure.key, measure.indicator.categories)
    census = newest_period(na, among, residents.categories)
    if not (period and census):
        return "there are no figures of people in treatment, or of residents"
    pairs = []
    for category in residents.categories:
        ratios = [
            _ratio(
                na.figure(measure.key, place, period, category=category),
                na.figure(among, place, census, category=category),
            )
            for place in (na.area, na.england)
        ]
        if ratios[0].shown:
            pairs.append((ratios[0], ratios[1]))
    if not pairs:
        return "no category has a share both in treatment and among residents"
    ours = [one for one, _ in pairs]
    table = figure_tables.figures_table(
        id or f"{measure.key}_representation",
        f"People in treatment ({period}) against residents ({census}), by group",
        "Group",
        [(one.note, one) for one in ours],
        value="Ratio",
        texts={"England": [theirs.number for _, theirs in pairs]},
        open_=False,
    )
    chart_id = f"chart_{table.id}"
    series = (
        Series(na.name, "area", tuple(ours)),
        Series("England", "england", tuple(theirs for _, theirs in pairs)),
    )
    return blocks(
        Prose(divisions.represented(pairs, na.name), figures=_both(pairs)),
        Chart(
            id=chart_id,
            headline=divisions.headline_represented(pairs, na.name),
            subtitle="Share among people in treatment ÷ share among residents, "
            f"{english.in_prose(na.name)} and England. {lines(ours)}",
            svg=charts.grouped_bars(series, unit="times", chart_id=chart_id, group="note"),
            alt=divisions.alt(pairs, "ratio of people in treatment to residents", na.name, period),
            table=table,
            figures=_both(pairs),
            sources=table.sources,
        ),
    )


def _both(pairs: Sequence[Pair]) -> tuple[Figure, ...]:
    """The figures of the area and of England."""
    return each_once([one for pair in pairs for one in pair])


def _ratio(treated: Figure, residents: Figure) -> Figure:
    """How many times as common in treatment as among residents; a census has no interval."""
    known = treated.shown and residents.shown and residents.value
    share = residents.value if known else None
    return treated.with_(
        id=f"representation.{treated.id}",
        indicator="representation",
        label=f"{treated.label}: share in treatment ÷ share of residents",
        unit="times",
        decimals=2,
        status=treated.status if known or not treated.shown else residents.status,
        **{
            part: None if share is None or (end := getattr(treated, part)) is None else end / share
            for part in ("value", "lower", "upper")
        },
        numerator=treated.value,
        denominator=share,
        formula="share among people in treatment ÷ share among residents",
        method="Proportion",
        sources=tuple(dict.fromkeys((*treated.sources, *residents.sources))),
        source_rows=(*treated.source_rows, *residents.source_rows),
    )


def newest_period(na: Assessment, key: str, categories: Sequence[str]) -> str:
    """The newest period in which the area has a share of any category; empty where none has."""
    shown = [
        row
        for category in categories
        for row in na.records(key, na.area.code, category=category)
        if row["status"] == "shown"
    ]
    return max(shown, key=lambda row: row["period_end"])["period"] if shown else ""


def _table(table_id: str, measure: Measure, pairs: Sequence[Pair], period: str) -> Table:
    """The shares with their limits and numbers, England's, and both of some years before."""
    na, indicator = measure.na, measure.indicator
    texts = {}
    if any(theirs.shown for _, theirs in pairs):
        texts["England, %"] = [theirs.number for _, theirs in pairs]
    before = _before(na, measure.key, pairs[0][0])
    for place in (na.area, na.england) if before else ():
        then = [
            na.figure(measure.key, place, before, category=ours.note).number for ours, _ in pairs
        ]
        texts[f"{place.name} in {before}, %"] = then
    rounded = na.catalogue.sources[indicator.parts[0].source].disclosure.rounding_base
    note = f"Numbers of the area are rounded to the nearest {rounded}; limits allow for it."
    return figure_tables.figures_table(
        table_id,
        f"{indicator.name}, {period}",
        "Category",
        [(ours.note, ours) for ours, _ in pairs],
        value="Share",
        counts=("People", "Of"),
        texts=texts or None,
        notes=(note,) if rounded else (),
        open_=False,
    )


def _before(na: Assessment, key: str, figure: Figure) -> str:
    """The area's period some years before one, or the first that it has; empty if there is none."""
    earlier = [
        str(row["period"])
        for row in na.records(key, na.area.code, category=figure.note)
        if row["status"] == "shown" and str(row["period"]) < figure.period
    ]
    return earlier[-YEARS_BEFORE:][0] if earlier else ""
