"""Chapter 8: gradients by deprivation, by sex and by age."""

from __future__ import annotations

import calendar
import re
from typing import get_args

import pandas as pd

from needs import charts
from needs.catalogue import Chapter, Indicator
from needs.chapters import figure_tables, local
from needs.chapters.blocks import Blocks, Chart, Heading, Notice, Prose, blocks
from needs.chapters.captions import subject_of
from needs.chapters.measure import Measure, view
from needs.chapters.missing import missing_notice
from needs.chapters.rules import is_count
from needs.figures import parts_read
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure, Series
from needs.sources.area_codes import ENGLAND_AND_WALES
from needs.sources.written_numbers import age_range
from needs.stats.gradients import LEAST_GROUPS, slope_index
from needs.stats.status import Status
from needs.tables.naming import figure_id
from needs.words import alt_text, chart_words, english
from needs.words.text import Span

#: Rates by age, of England and Wales together.
BY_AGE = "drug_misuse_age_rate"

#: The publisher's names of sets of deciles of whole upper-tier authorities.
DECILES = r"County & UA\b.* deprivation deciles in England\b"

ORDER = (
    "Most", "Second most", "Third more", "Fourth more", "Fifth more",
    "Fifth less", "Fourth less", "Third less", "Second least", "Least",
)  # fmt: skip


def gradients(na: Assessment, *measures: Measure) -> Blocks:
    """Draw the `gradient` of these, and of every other rate that is published by deprivation."""
    named = {one.key for one in measures}
    others = [Measure(na, one) for one in _in_reading_order(na) if one.key not in named]
    drawn = blocks(*(gradient(one) for one in (*measures, *others)))
    if not drawn.items:
        return drawn
    note = (
        "These are deciles of whole authorities in England, not of neighbourhoods in "
        f"{na.name}: they show how steep the national gradient between authorities is. They do not "
        "show the risk of one person, rich or poor."
    )
    return blocks(
        Heading("Gradients by deprivation in England"),
        Prose((Span(note),), style="note"),
        drawn,
    )


def _in_reading_order(na: Assessment) -> list[Indicator]:
    """Rates and shares in the order of chapters: a count says nothing between groups."""
    chosen = [one for one in na.catalogue.indicators.values() if not is_count(one)]
    places = {chapter: place for place, chapter in enumerate(get_args(Chapter))}
    return sorted(chosen, key=lambda one: (places[one.chapter], one.order, one.key))


@view
def gradient(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw England by deprivation decile of its authorities, with the slope index.

    Deciles of whole authorities, most deprived first, as the publisher gives them. See `trend` for
    `id`.
    """
    indicator = measure.indicator
    figures = decile_figures(measure.na, indicator.key)
    if len(figures) != len(ORDER):
        return "there are no figures of England by deprivation decile"
    period, unit = figures[0].period, indicator.unit
    counted = all(one.denominator is not None for one in figures)
    people = "Population, sum of years" if " to " in period else "Population"
    subject = subject_of(indicator)
    table = figure_tables.figures_table(
        id or f"gradient_{indicator.key}",
        f"{indicator.name} by deprivation decile of authorities, England, {period}",
        "Deprivation decile of authorities (1 is most deprived)",
        [(str(place), one) for place, one in enumerate(figures, start=1)],
        counts=(english.capital(indicator.counted), people) if counted else None,
        open_=False,
    )
    if counted and all(one.shown and (one.lower or 0) > 0 for one in figures):
        found = slope_figures_of(figures, indicator.key, figures[0].area_code)
        index = Prose(chart_words.slope(*found, groups="authorities"), figures=found)
    else:
        text = "A slope index needs a rate above 0 and a population in each of the deciles."
        index = Prose((Span(text),), style="note")
    chart_id = f"chart_{table.id}"
    return blocks(
        Heading(indicator.name, level=3),
        Chart(
            id=chart_id,
            headline=chart_words.gradient_words(figures, subject),
            subtitle=f"{indicator.name}, {unit}, England by deprivation decile of "
            f"authorities{set_in_words(figures[0].note)}, {period}. The lines are 95% confidence "
            "intervals.",
            svg=charts.caterpillar(
                [one.with_(area_name=f"Decile {n}") for n, one in enumerate(figures, start=1)],
                focus=None,
                reference=None,
                unit=unit,
                chart_id=chart_id,
                in_order=True,
            ),
            alt=chart_words.alt_gradient(figures, subject),
            table=table,
            figures=figures,
            sources=table.sources,
        ),
        index,
    )


def males_and_females(na: Assessment, *measures: Measure) -> Blocks:
    """Draw males against females in one chart, for rates that are published for both."""
    pairs = []
    for one in measures:
        period = na.latest_period(one.key, sex="male")
        male, female = (one.figure(period=period, sex=sex) for sex in ("male", "female"))
        if male.shown and female.shown:
            pairs.append((one.indicator, male, female))
    if not pairs:
        return Blocks(pruned=("males and females: no rate has both",))
    rows = [
        (f"{indicator.short_name}, {one.sex}s", one) for indicator, *both in pairs for one in both
    ]
    table = figure_tables.figures_table(
        "by_sex", f"Males and females in {na.name}", "Indicator and sex", rows, period=True
    )
    return blocks(
        Heading("Males and females"),
        Chart(
            id="chart_by_sex",
            headline=chart_words.sexes_words(
                [(male, female) for _, male, female in pairs], na.name
            ),
            subtitle=f"Rates {pairs[0][1].unit} for males and females, {na.name}, newest period of "
            "each.",
            svg=charts.dumbbell(
                [
                    (f"{indicator.short_name}, {male.period}", male, female)
                    for indicator, male, female in pairs
                ],
                chart_id="chart_by_sex",
                unit=pairs[0][1].unit,
                first="Males",
                second="Females",
            ),
            alt=chart_words.alt_sexes(
                [(one.short_name, male, female) for one, male, female in pairs], na.name
            ),
            table=table,
            figures=table.figures,
            sources=table.sources,
        ),
    )


@view
def ages(measure: Measure, *, id: str = "by_age") -> Blocks | str:
    """Draw death rates by age, which are published for England and Wales together alone.

    See `trend` for `id`.
    """
    na, indicator = measure.na, measure.indicator
    if measure.key != BY_AGE:
        return f"of rates by age, only “{na.indicator(BY_AGE).name}” is published"
    measure.told.add(measure.key)
    figures = age_figures(na)
    if not figures:
        why = "not available for England and Wales"
        return blocks(missing_notice([indicator], na.catalogue, why))
    persons = [one for one in figures if one.sex == "persons"]
    said = {one.age: ages_in_words(one.age) for one in persons}
    series = [
        Series(
            f"{sex.capitalize()}s",
            sex,
            tuple(one.with_(age=said[one.age]) for one in figures if one.sex == sex),
        )
        for sex in ("male", "female")
    ]
    period, where = persons[0].period, persons[0].area_name
    table = figure_tables.figures_table(
        id,
        f"{indicator.name}, {period}",
        "Age and sex",
        [
            (f"{said[one.age]}, {'persons' if one.sex == 'persons' else one.sex + 's'}", one)
            for one in figures
        ],
        counts=None,
        open_=False,
    )
    note = (
        f"This is {where}. Deaths and admissions by age are not published for {na.name}: the "
        "Office for National Statistics and NHS England give them in extracts, on request. Adults "
        "in treatment by age are in the National Drug Treatment Monitoring System's ViewIt, "
        "authority by authority."
    )
    chart_id = f"chart_{table.id}"
    return blocks(
        Prose((Span(f"{indicator.definition} {indicator.limits}"),), style="definition"),
        Chart(
            id=chart_id,
            headline=chart_words.by_age(persons, [said[one.age] for one in persons]),
            subtitle=f"Deaths related to drug misuse, {indicator.unit}, by age and sex, {where}, "
            f"{period}. The lines are 95% confidence intervals.",
            svg=charts.grouped_bars(series, unit=indicator.unit, chart_id=chart_id, group="age"),
            alt=chart_words.alt_by_age(persons, [said[one.age] for one in persons]),
            table=table,
            figures=table.figures,
            sources=table.sources,
        ),
        Prose((Span(note),), style="note"),
    )


def age_figures(na: Assessment) -> tuple[Figure, ...]:
    """Rates by age of England and Wales in the newest period, persons first, youngest first."""
    rows = na.of_indicator(BY_AGE)
    rows = rows[rows["area_code"] == ENGLAND_AND_WALES]
    if rows.empty:
        return ()
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    place = Place(ENGLAND_AND_WALES, "England and Wales", "country")
    figures = [na.to_figure(row, place) for row in rows.to_dict("records")]
    sexes = ("persons", "male", "female")
    figures.sort(key=lambda one: (sexes.index(one.sex), age_range(one.age)))
    return tuple(figures)


def ages_in_words(text: str) -> str:
    """An age range as a reader says it.

    Examples
    --------
    >>> ages_in_words("20-29"), ages_in_words("70+"), ages_in_words("under 20")
    ('20 to 29', '70 and over', 'Under 20')
    """
    return english.capital(text.replace("-", " to ").replace("+", " and over"))


def local_gradient(na: Assessment) -> Blocks:
    """Draw the gradient inside the area from local extracts, or say what it would need."""
    found = Blocks()
    for rows in local.extracts(na):
        figures = local.figures_of(na, rows, "quintile")
        if figures:
            found += _by_quintile(rows, figures)
    if found.items:
        return found
    return blocks(
        Notice(
            f"Gradients by neighbourhood inside {na.name}",
            (
                (
                    Span(
                        "Deaths and admissions by LSOA or deprivation quintile are not published "
                        "for one authority. A local extract of deaths (from the Office for "
                        "National Statistics) or admissions (from NHS England), added as a data "
                        "package, would give them."
                    ),
                ),
            ),
            kind="missing",
        )
    )


def _by_quintile(rows: pd.DataFrame, figures: tuple[Figure, ...]) -> Blocks:
    indicator, upper = str(rows["indicator"].iloc[0]), str(rows["upper_code"].iloc[0])
    crude = figures[0].method == local.STATISTICS["crude_rate"]
    subject = f"rate of {english.lower_first(figures[0].label)}"
    table = figure_tables.figures_table(
        f"{indicator}_{upper}_quintiles",
        f"{figures[0].label} by national deprivation quintile, {figures[0].period}",
        "National deprivation quintile of the LSOA",
        [(one.area_name, one) for one in figures],
        value=figures[0].method,
        counts=(english.capital(str(rows["counted"].iloc[0])), "Population, sum of years"),
        notes=local.notes(rows, figures),
        open_=False,
    )
    unlike = (
        "Crude rates do not allow for age: a quintile with more older people can have a higher "
        "rate for that alone. Standardised rates would need populations of LSOAs by age."
    )
    complete = len(figures) == LEAST_GROUPS and all(one.shown and one.lower for one in figures)
    if complete:
        found = slope_figures_of(figures, indicator, upper)
        index = Prose(chart_words.slope(*found, groups="neighbourhoods"), figures=found)
    else:
        text = "A slope index needs a rate above 0 that can be shown in each of the five quintiles."
        index = Prose((Span(text),), style="note")
    chart_id = f"chart_{table.id}"
    return blocks(
        Heading(f"The gradient by neighbourhood: {local.name_of(rows)}"),
        Chart(
            id=chart_id,
            headline=chart_words.local_gradient_words(figures, subject),
            subtitle=f"{figures[0].method}, {figures[0].label}, {figures[0].unit}, by national "
            f"deprivation quintile of the LSOA, {figures[0].period}. The lines are 95% "
            "confidence intervals.",
            svg=charts.caterpillar(
                figures,
                focus=None,
                reference=None,
                unit=figures[0].unit,
                chart_id=chart_id,
                in_order=True,
            ),
            alt=alt_text.alt_bars(
                figures, subject=subject, names=[one.area_name for one in figures]
            ),
            table=table,
            figures=figures,
            sources=table.sources,
        ),
        index,
        *([Prose((Span(unlike),), style="note")] if crude else []),
    )


def decile_figures(na: Assessment, key: str) -> tuple[Figure, ...]:
    """England's rates by deprivation decile of authorities, most deprived first: one `set_of`."""
    with parts_read.only(("observations", key)):
        rows = na.once(_by_decile).get(key)
    if rows is None:
        return ()
    return tuple(na.to_figure(row, na.england) for row in set_of(rows).to_dict("records"))


def _by_decile(na: Assessment) -> dict[str, pd.DataFrame]:
    """England's rows by deprivation decile of authorities, by indicator."""
    rows = na.observations[
        (na.observations["area_code"] == na.england.code)
        & (na.observations["sex"] == "persons")
        & na.observations["category"].str.match(DECILES)
    ]
    return {str(key): group for key, group in rows.groupby("indicator")}


def set_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Choose one set of ten deciles among those of several indices, geographies and periods.

    A file can hold a set for each edition of the index and for authorities as they were at several
    dates. Sets are never mixed, and the order of rows plays no part. A set has all ten deciles; the
    one used is, in this order, complete (a value in each decile), of the newest period, of the
    newest index, of the newest geography.

    Parameters
    ----------
    rows : DataFrame
        Observations of one indicator, area and sex.

    Returns
    -------
    DataFrame
        Ten rows, most deprived first; none where no set has all deciles.
    """
    rows = rows.assign(set=rows["category"].map(_set), decile=rows["category"].map(_decile))
    chosen, best = rows.iloc[:0], None
    for (ends, name, age), group in rows.groupby(["period_end", "set", "age"], sort=True):
        if sorted(group["decile"].dropna()) != list(range(1, len(ORDER) + 1)):
            continue
        complete = bool(group["status"].eq(Status.SHOWN).all())
        rank = (complete, ends, *_newness(str(name)), str(name), str(age))
        if best is None or rank > best:
            chosen, best = group, rank
    return chosen.dropna(subset=["decile"]).sort_values("decile").drop(columns=["set", "decile"])


def _set(category: str) -> str:
    """The publisher's name of a set: what stands before the decile's own."""
    return category.partition(": ")[0]


def _newness(name: str) -> tuple[int, int, int]:
    """Year of a set's index, and year and month of its authorities; 0 where it does not say.

    Examples
    --------
    >>> _newness("County & UA deprivation deciles in England (IMD2019, 4/19 and 4/20 geog.)")
    (2019, 2020, 4)
    >>> _newness("County & UA (pre Apr2019) deprivation deciles in England (IMD2015)")
    (2015, 0, 0)
    """
    index = max(map(int, re.findall(r"IMD ?(\d{4})", name)), default=0)
    dates = re.findall(r"(?<!pre )\b(1[0-2]|[1-9])/(\d{2})\b", name)
    year, month = max(((2000 + int(year), int(month)) for month, year in dates), default=(0, 0))
    return index, year, month


def set_in_words(category: str) -> str:
    """Which index and which authorities a set is of, in brackets; empty where it does not say.

    Examples
    --------
    >>> set_in_words("County & UA deprivation deciles in England (IMD2019, 4/23 geography): Most")
    ' (Index of Multiple Deprivation 2019, authorities of April 2023)'
    """
    index, year, month = _newness(_set(category))
    parts = [f"Index of Multiple Deprivation {index}"] if index else []
    parts += [f"authorities of {calendar.month_name[month]} {year}"] if year else []
    return f" ({', '.join(parts)})" if parts else ""


def slope_figures_of(
    figures: tuple[Figure, ...], indicator: str, code: str
) -> tuple[Figure, Figure, Figure]:
    """Slope and relative index of inequality over groups of an area, and their lack of fit."""
    frame = pd.DataFrame(
        {
            "area": code,
            "decile": range(1, len(figures) + 1),
            "value": [one.value for one in figures],
            "lower": [one.lower for one in figures],
            "upper": [one.upper for one in figures],
            "population": [one.denominator for one in figures],
        }
    )
    out = slope_index(
        frame,
        by=["area"],
        quantile="decile",
        population="population",
        value="value",
        lower="lower",
        upper="upper",
        kind="rate",
        transform=True,
        multiplier=-1,
        scale_errors=True,
    ).iloc[0]
    base = figures[0]
    common = base.with_(
        numerator=None,
        denominator=None,
        note="",
        verdict="",
        method="Slope and relative index of inequality",
        source_rows=tuple(row for one in figures for row in one.source_rows),
    )
    slope = common.with_(
        id=figure_id("slope_index", indicator, code, base.period),
        indicator="slope_index",
        label="Slope index of inequality, most deprived minus least deprived",
        value=float(out["value"]),
        lower=float(out["lower95_0"]),
        upper=float(out["upper95_0"]),
        formula="difference of the two ends of the regression line of log rate on deprivation rank",
    )
    relative = common.with_(
        id=figure_id("relative_index", indicator, code, base.period),
        indicator="relative_index",
        label="Relative index of inequality, most deprived ÷ least deprived",
        value=float(out["relative_index"]),
        lower=float(out["relative_lower95_0"]),
        upper=float(out["relative_upper95_0"]),
        unit="times",
        decimals=2,
        formula="ratio of the two ends of the regression line of log rate on deprivation rank",
    )
    fit = common.with_(
        id=figure_id("lack_of_fit", indicator, code, base.period),
        indicator="lack_of_fit",
        label="Lack of fit of the line, χ²",
        value=float(out["chi_squared"]),
        lower=None,
        upper=None,
        unit="",
        formula="Σ [(log rate − line) ÷ its standard error]²",
        note=f"{len(figures) - 2} degrees of freedom",
    )
    return slope, relative, fit


def _decile(category: str) -> int | None:
    for place, name in enumerate(ORDER, start=1):
        if f": {name} deprived decile" in category:
            return place
    return None
