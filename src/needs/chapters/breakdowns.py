"""A view of how people divide: the categories of an indicator, beside England."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from needs import charts
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Chart, Prose, Table, blocks
from needs.chapters.captions import each_once, lines
from needs.chapters.measure import Measure, view
from needs.chapters.newest import newest_period
from needs.figures import population
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, Series, format_number
from needs.words import divisions, english
from needs.words.text import Span

#: A category below this share in both places is left out of the chart, in per cent.
SMALLEST = 0.5

#: How many periods before the newest the table looks back.
YEARS_BEFORE = 5

Pair = tuple[Figure, Figure]
Four = tuple[Figure, Figure, Figure, Figure]

#: A share of fewer people than these is named as one of few; so many are named, others counted.
FEW, NAMED = 20, 4


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
    before = years_before(na, measure.key, pairs[0][0])
    since = _then_and_now(measure, drawn, before) if before else []
    told = english.sentences(
        divisions.higher_and_lower(drawn, na.name), *divisions.clearly_changed(since, before)
    )
    return blocks(
        Prose(told, figures=each_once([*both_of(pairs), *(one for each in since for one in each)])),
        Chart(
            id=chart_id,
            headline=divisions.headline(drawn, na.name),
            subtitle=f"{english.capital(indicator.subject)}, {place}, {period}, in %."
            f" {lines([ours for ours, _ in drawn])}{less if len(drawn) < len(pairs) else ''}",
            svg=charts.grouped_bars(series, unit=indicator.unit, chart_id=chart_id, group="note"),
            alt=divisions.alt(drawn, indicator.subject, na.name, period),
            table=table,
            figures=both_of(pairs),
            sources=table.sources,
        ),
    )


#: Groups of adults in treatment, and the same of residents: first and last year of age, and sex.
ADULTS: Mapping[str, Mapping[str, tuple[int, int | None, str]]] = {
    "treatment_sex": {"Women": (18, None, "female"), "Men": (18, None, "male")},
    "treatment_age": {
        "Aged 18 to 29": (18, 29, "persons"),
        "Aged 30 to 49": (30, 49, "persons"),
        "Aged 50 and over": (50, None, "persons"),
    },
}

#: Ethnic groups of people in treatment and of residents.
ETHNICITY = ("treatment_ethnicity", "residents_ethnicity")

NO_NEED = (
    "This report has no estimates of who is in need by sex, age or ethnic group, so that treatment "
    "is set against residents alone."
)


@view
def representation(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw how common each sex, age and ethnic group is in treatment against among residents.

    A ratio of 1: as common in treatment as among residents. It is no measure of need, which differs
    between groups; England's ratio beside it tells how much of it is local.

    Parameters
    ----------
    measure : Measure
        One of the indicators that are audited: it stands for all of them.
    id : str
        See `needs.chapters.trend`.
    """
    na = measure.na
    asked = {key: newest_period(na, key, na.indicator(key).categories) for key in AUDITED}
    if measure.key not in asked:
        return "its categories are not known of residents"
    every = [pair for key, period in asked.items() if period for pair in ratios(na, key, period)]
    pairs = [pair for pair in every if pair[0].shown]
    if not pairs:
        return "no category has a share both in treatment and among residents"
    ours = [one for one, _ in pairs]
    period = max(asked.values())
    table = figure_tables.figures_table(
        id or "treatment_representation",
        f"People in treatment ({period}) against residents, by group",
        "Group",
        [(one.note, one) for one in ours],
        value="Ratio",
        texts={
            "In treatment, %": [_share_text(one.numerator) for one in ours],
            "Residents, %": [_share_text(one.denominator) for one in ours],
            "In treatment years before, %": [_share_before(na, one) for one in ours],
            "England": [theirs.number for _, theirs in pairs],
        },
        notes=(_of_whom(na, every),),
        open_=False,
    )
    chart_id = f"chart_{table.id}"
    series = (
        Series(na.name, "area", tuple(ours)),
        Series("England", "england", tuple(theirs for _, theirs in pairs)),
    )
    return blocks(
        Prose(divisions.represented(pairs, na.name), figures=both_of(pairs)),
        Chart(
            id=chart_id,
            headline=divisions.headline_represented(pairs, na.name),
            subtitle=f"Share among people in treatment ({period}) ÷ share among residents, "
            f"{english.in_prose(na.name)} and England. 1 is as common in both. {lines(ours)}",
            svg=charts.grouped_bars(series, unit="times", chart_id=chart_id, group="note"),
            alt=divisions.alt(pairs, "ratio of people in treatment to residents", na.name, period),
            table=table,
            figures=both_of(pairs),
            sources=table.sources,
        ),
        Prose((Span(NO_NEED),)),
    )


#: Indicators whose groups are known of residents too.
AUDITED = (*ADULTS, ETHNICITY[0])


def ratios(na: Assessment, key: str, period: str) -> list[Pair]:
    """The area's and England's ratio of each category of an indicator."""
    census = newest_period(na, ETHNICITY[1], na.indicator(ETHNICITY[1]).categories)
    found = []
    for category in na.indicator(key).categories:
        both = []
        for place in (na.area, na.england):
            treated = na.figure(key, place, period, category=category)
            if key in ADULTS:
                first, last, sex = ADULTS[key][category]
                residents = population.share_of_adults(na, place, category, first, last, sex)
            else:
                residents = na.figure(ETHNICITY[1], place, census, category=category)
            both.append(_ratio(treated, residents))
        found.append((both[0], both[1]))
    return found


def _share_before(na: Assessment, ratio: Figure) -> str:
    """The share in treatment of a ratio's group some years before, with the period."""
    key = next(key for key in AUDITED if ratio.note in na.indicator(key).categories)
    before = years_before(na, key, ratio)
    then = na.figure(key, na.area, before, category=ratio.note) if before else None
    return f"{then.number} ({before})" if then else "[x]"


def _share_text(share: float | None) -> str:
    return "[x]" if share is None else format_number(share, 1)


def _of_whom(na: Assessment, every: Sequence[Pair]) -> str:
    """Which residents each group is set against, and which groups have none."""
    year = population.latest_year(na)
    shown = {ours.note for ours, _ in every if ours.shown}
    said = []
    if shown & set(ADULTS["treatment_age"]):
        said.append(f"Ages are set against residents aged 18 and over in mid-{year}")
    if shown & set(ADULTS["treatment_sex"]):
        said.append(f"sexes against residents aged 18 and over in mid-{year}")
    if shown - {one for groups in ADULTS.values() for one in groups}:
        said.append("ethnic groups against residents of all ages on census day, 21 March 2021")
    text = english.capital("; ".join(said)) + "." if said else ""
    if not shown & set(ADULTS["treatment_sex"]):
        text += f" This report has no adult residents by sex for a year up to {na.year}."
    return text


def both_of(pairs: Sequence[Pair]) -> tuple[Figure, ...]:
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


def _then_and_now(measure: Measure, pairs: Sequence[Pair], before: str) -> list[Four]:
    """Of each category: the area's share then and now, and England's."""
    na, key = measure.na, measure.key
    return [
        (
            na.figure(key, na.area, before, category=ours.note),
            ours,
            na.figure(key, na.england, before, category=ours.note),
            theirs,
        )
        for ours, theirs in pairs
    ]


def _table(table_id: str, measure: Measure, pairs: Sequence[Pair], period: str) -> Table:
    """The shares with their limits and numbers, England's, and both of some years before."""
    na, indicator = measure.na, measure.indicator
    texts = {}
    if any(theirs.shown for _, theirs in pairs):
        texts["England, %"] = [theirs.number for _, theirs in pairs]
    before = years_before(na, measure.key, pairs[0][0])
    for place in (na.area, na.england) if before else ():
        then = [
            na.figure(measure.key, place, before, category=ours.note).number for ours, _ in pairs
        ]
        texts[f"{place.name} in {before}, %"] = then
    rounded = na.catalogue.sources[indicator.parts[0].source].disclosure.rounding_base
    notes = []
    if rounded:
        notes.append(
            f"Numbers of the area are rounded to the nearest {rounded}; limits allow for it."
        )
    few = [ours.note for ours, _ in pairs if (ours.numerator or 0) < FEW]
    if few:
        named = english.listing([f"“{one}”" for one in few], limit=NAMED)
        notes.append(
            f"Of fewer than {FEW} people, so that a few more change a share much: {named}."
        )
    return figure_tables.figures_table(
        table_id,
        f"{indicator.name}, {period}",
        "Category",
        [(ours.note, ours) for ours, _ in pairs],
        value="Share",
        counts=("People", "Of"),
        texts=texts or None,
        notes=tuple(notes),
        open_=False,
    )


def years_before(na: Assessment, key: str, figure: Figure) -> str:
    """The area's period some years before one, or the first that it has; empty if there is none."""
    earlier = [
        str(row["period"])
        for row in na.records(key, na.area.code, category=figure.note)
        if row["status"] == "shown" and str(row["period"]) < figure.period
    ]
    return earlier[-YEARS_BEFORE:][0] if earlier else ""
