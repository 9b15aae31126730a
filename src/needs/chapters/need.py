"""Chapter 3: prevalence, people in treatment, unmet need, and what reaching a target would take."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from needs import charts
from needs.catalogue import Indicator
from needs.chapters import figure_tables
from needs.chapters.blocks import (
    Block,
    Blocks,
    Cell,
    Chart,
    Column,
    Heading,
    Prose,
    Table,
    blocks,
)
from needs.chapters.captions import subject_of
from needs.chapters.measure import Measure, view
from needs.figures.assessment import DEPENDENT, INDEPENDENT, Assessment, Place, number_or_none
from needs.figures.figure import Figure, sources_of
from needs.sources.periods import parse
from needs.stats.status import Status
from needs.stats.unmet_need import places_to_reach, unmet_need
from needs.tables.areas import authorities_of
from needs.tables.naming import figure_id
from needs.words import alt_text, comparisons, english, sentences
from needs.words.text import Span

#: Unmet need indicators whose treated and prevalence numbers are at hand.
UNMET_NEED = ("alcohol_unmet_need", "ocu_unmet_need")

#: How far the sum of the parts at hand may stand from the sum that the report shows, in people.
SAME_SUM = 0.5


@view
def treated(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw the shares of need met and not met: the area, its region and England.

    With the same in people above, and below how the intervals of sums were joined. See `trend` for
    `id`.
    """
    na, key, indicator = measure.na, measure.key, measure.indicator
    if indicator.statistic != "unmet_need":
        return "it is no share of people with a need who are not in treatment"
    period = na.latest_period(key)
    unmet = [one for one in na.across(key, na.places, period) if one.shown] if period else []
    if not unmet or unmet[0].area_code != na.area.code:
        return f"{english.in_prose(na.name)} has no figure"
    focus = unmet[0]
    met = [met_need(one) for one in unmet]
    rows = tuple(
        (
            Cell(one.area_name),
            *(figure_tables.count_cell(part, one) for part in treated_and_prevalence(one)),
            figure_tables.value_cell(share),
            figure_tables.value_cell(one),
            *figure_tables.limit_cells(one),
        )
        for one, share in zip(unmet, met, strict=True)
    )
    table = Table(
        id=id or f"{key}_treated",
        caption=f"{indicator.name}: people in treatment and estimated need, {focus.period}",
        columns=(
            Column("Area", "header"),
            Column("In treatment", "number", "people"),
            Column("Estimated prevalence", "number", "people"),
            Column("Need met", "number", "%"),
            Column("Unmet need", "number", "%"),
            Column("Unmet need: lower 95% limit", "number", "%"),
            Column("Unmet need: upper 95% limit", "number", "%"),
        ),
        rows=rows,
        notes=()
        if focus.lower is not None
        else (
            "[x] The publisher gives no interval for the estimate of prevalence in this period.",
        ),
        sources=sources_of(unmet),
        figures=(*unmet, *met),
        open=False,
    )
    england = next((one for one in unmet if one.area_code == na.england.code), None)
    chart_id = f"chart_{table.id}"
    chart = Chart(
        id=chart_id,
        headline=comparisons.headline_compare(
            focus,
            england,
            polarity=indicator.polarity,
            subject=subject_of(indicator),
        ),
        subtitle=f"{indicator.name}, {focus.period}: shares of the estimated number of people with "
        "a need who were, and were not, in treatment.",
        svg=charts.treated_bar(
            [(one.area_name, share, one) for one, share in zip(unmet, met, strict=True)],
            chart_id=chart_id,
            unit="% of people with a need",
        ),
        alt=alt_text.alt_treated(unmet, names=[one.area_name for one in unmet], area_name=na.name),
        table=table,
        figures=table.figures,
        sources=table.sources,
    )
    return blocks(_in_people(na, indicator, focus), chart, _how_joined(na, indicator, unmet))


def _in_people(na: Assessment, indicator: Indicator, unmet: Figure) -> list[Block]:
    """The same in people, where the treated and the prevalence are indicators of their own."""
    if not indicator.numerator or indicator.denominator not in na.catalogue.indicators:
        return []
    people = na.figure(indicator.numerator, period=unmet.period)
    prevalence = na.figure(indicator.denominator, period=unmet.period)
    return [
        Prose(
            sentences.unmet_need_sentence(people, prevalence, unmet, need=indicator.need),
            figures=(people, prevalence, unmet),
        )
    ]


def met_need(unmet: Figure) -> Figure:
    """The share of need that is met: 100 minus the share that is not."""
    value = None if unmet.value is None else 100 - unmet.value
    return unmet.with_(
        id=unmet.id.replace(unmet.indicator, f"{unmet.indicator}_met", 1),
        indicator=f"{unmet.indicator}_met",
        label=f"{unmet.label}: share of need met",
        value=value,
        lower=None if unmet.upper is None else 100 - unmet.upper,
        upper=None if unmet.lower is None else 100 - unmet.lower,
        numerator=None if unmet.numerator is None else treated_and_prevalence(unmet)[0],
        formula="100 − unmet need: people in treatment ÷ estimated people × 100",
    )


def _how_joined(na: Assessment, indicator: Indicator, unmet: Sequence[Figure]) -> list[Block]:
    """Say of estimates that are sums which dependence joins their intervals, and of the other."""
    out: list[Block] = []
    for place in na.places:
        one = next((one for one in unmet if one.area_code == place.code), None)
        if one is None or one.lower is None:
            continue
        if not na.adds_up(indicator.denominator, place, one.period):
            continue
        dependent = (na.figure(indicator.denominator, place, one.period), one)
        independent = _independently(na, indicator, place, dependent)
        subject = na.indicator(indicator.denominator).subject
        text = sentences.joined_sentence(dependent, independent, subject=subject)
        out.append(Prose(text, figures=(*dependent, *independent), style="note"))
    return out


def _independently(
    na: Assessment, indicator: Indicator, place: Place, dependent: tuple[Figure, Figure]
) -> tuple[Figure, ...]:
    """Prevalence and unmet need of a sum, with the limits that independent errors give.

    Nothing where the figures of all its parts are not at hand.
    """
    whole, unmet = dependent
    parts = na.members
    if place.code != na.area.code:
        end = pd.Timestamp(parse(unmet.period).end)
        codes = set(authorities_of(place.code, na.areas, end))
        parts = tuple(one for one in na.authorities if one.code in codes)
    people = na.across(indicator.numerator, parts, unmet.period)
    prevalence = na.across(indicator.denominator, parts, unmet.period)
    found = _joined(na, people, prevalence)
    if found is None or abs(found["total_denominator"] - (whole.value or 0.0)) > SAME_SUM:
        return ()
    below = math.hypot(*((one.value or 0.0) - (one.lower or 0.0) for one in prevalence))
    above = math.hypot(*((one.upper or 0.0) - (one.value or 0.0) for one in prevalence))
    value = whole.value or 0.0
    return (
        _independent(whole, value - below, value + above),
        _independent(unmet, found["lower"], found["upper"]),
    )


def _independent(figure: Figure, lower: float, upper: float) -> Figure:
    """A figure with the limits of independent errors, and a formula that says so."""
    return figure.with_(
        id=f"{figure.id}.independent",
        label=f"{figure.label}, members' errors independent",
        lower=lower,
        upper=upper,
        formula=figure.formula.replace(DEPENDENT, INDEPENDENT),
    )


def assumptions(na: Assessment) -> Blocks:
    """For a footprint: the interval of unmet need under both assumptions on its members' errors."""
    if not na.members:
        return Blocks(pruned=(f"assumptions: {na.name} is one authority",))
    rows = []
    for key in UNMET_NEED:
        indicator = na.indicator(key)
        if indicator.numerator and na.has(key):
            rows += _both_assumptions(na, indicator)
    if not rows:
        return Blocks()
    text = (
        "The members' estimates of need can be wrong independently of each other, or all in the "
        "same direction. The report uses the second, wider interval; both are shown here."
    )
    return blocks(
        Prose((Span(text),)),
        figure_tables.figures_table(
            "unmet_need_assumptions",
            f"Unmet need in {na.name} under both assumptions on its members' estimates",
            "Need and assumption",
            rows,
            value="Unmet need",
            period=True,
        ),
    )


def _both_assumptions(na: Assessment, indicator: Indicator) -> list[tuple[str, Figure]]:
    unmet = na.figure(indicator.key)
    people = na.across(indicator.numerator, na.members, unmet.period)
    prevalence = na.across(indicator.denominator, na.members, unmet.period)
    found = _joined(na, people, prevalence)
    if found is None or len(people) != len(na.members):
        return []
    # what the report uses
    dependent = unmet.with_(
        id=f"{unmet.id}.dependent", label=f"{unmet.label}, members' errors dependent"
    )
    return [
        (
            f"{indicator.short_name}: independent",
            _independent(unmet, found["lower"], found["upper"]),
        ),
        (f"{indicator.short_name}: dependent", dependent),
    ]


def _joined(
    na: Assessment, people: Sequence[Figure], prevalence: Sequence[Figure]
) -> dict[str, float] | None:
    """Unmet need of several authorities; its limits are those of independent errors.

    None where one of them lacks a figure or an interval.
    """
    if not people or [one.area_code for one in people] != [one.area_code for one in prevalence]:
        return None
    if any(one.value is None for one in people) or any(one.lower is None for one in prevalence):
        return None
    frame = pd.DataFrame(
        {
            "area": "all",
            "member": range(len(people)),
            "treated": [one.value for one in people],
            "prevalence": [one.value for one in prevalence],
            "low": [one.lower for one in prevalence],
            "high": [one.upper for one in prevalence],
        }
    )
    bases = [
        na.catalogue.rounding(one.value or 0, one.area_code, one.period, one.sources)
        for one in people
    ]
    made = unmet_need(
        frame,
        by=["area"],
        treated="treated",
        prevalence="prevalence",
        prevalence_lower="low",
        prevalence_upper="high",
        rounding=sum(bases) / len(bases) or None,
    ).iloc[0]
    end = "_independent" + ("_rounding" if any(bases) else "")
    return {
        "lower": float(made[f"lower95_0{end}"]),
        "upper": float(made[f"upper95_0{end}"]),
        "total_denominator": float(made["total_denominator"]),
    }


def england_reached(na: Assessment) -> Blocks:
    """Say how many more people would be in treatment at England's level of met need."""
    found = _reached(na)
    if not found:
        return Blocks()
    said = [
        Prose(
            sentences.places_sentence(
                more,
                goal=f"England's level of {subject_of(indicator)}",
                people=indicator.people,
                unmet=na.figure(indicator.key),
            ),
            figures=(more, na.figure(indicator.key)),
        )
        for indicator, more in found
    ]
    return blocks(Heading("What reaching England's level would take"), *said)


def places(na: Assessment) -> Blocks:
    """Show the same with a table of what it rests on."""
    found = _reached(na)
    if not found:
        return Blocks()
    return blocks(
        england_reached(na),
        figure_tables.figures_table(
            "places_to_reach",
            "More people in treatment to reach England's share of met need",
            "Need",
            [(indicator.short_name, more) for indicator, more in found],
            value="More people in treatment",
            counts=("In treatment now", "Estimated prevalence"),
            period=True,
            notes=(
                "People needed = the share of need that is met in England × the area's prevalence "
                "− people in treatment now, and not less than 0.",
            ),
        ),
    )


def to_targets(na: Assessment) -> Blocks:
    """Say how far a stated target is, and what reaching it would take, in people."""
    stated = [
        one
        for one in na.catalogue.indicators.values()
        if one.target is not None and one.polarity == "higher is better" and na.has(one.key)
    ]
    told = [_to_target(na, one) for one in stated]
    return blocks(Heading("What reaching a stated target would take"), *told) if told else Blocks()


def _to_target(na: Assessment, indicator: Indicator) -> Prose:
    """How many more people a stated target takes, or why that is not known."""
    figure = na.figure(indicator.key)
    below = "is below" if (figure.value or 0) < (indicator.target or 0) else "has reached"
    text = english.say(
        "{target}: {area} {below} it with {figure} in {when}. ",
        target=indicator.target_source,
        area=english.capital(english.in_prose(na.name)),
        below=below,
        figure=figure,
        when=figure.period,
    )
    if figure.numerator is None or figure.denominator is None:
        why = (
            "How many people the target takes cannot be said: the source gives the share without "
            "the numbers behind it."
        )
        return Prose((*text, Span(why)), figures=(figure,))
    share = (indicator.target or 0) / indicator.multiplier
    more = figure.with_(
        id=f"{figure.id}.to-target",
        indicator="people_to_reach",
        label=f"More people to reach the target for {indicator.short_name}",
        value=max(0.0, share * figure.denominator - figure.numerator),
        unit=indicator.counted,
        decimals=0,
        lower=None,
        upper=None,
        formula="target share × people in the denominator − people counted, and not less than 0",
        method="People needed to reach a target",
    )
    return Prose(
        (*text, *english.say("To reach it takes {more} more.", more=more)), figures=(figure, more)
    )


def _reached(na: Assessment) -> list[tuple[Indicator, Figure]]:
    found = []
    for key in UNMET_NEED:
        figure = na.figure(key)
        england = na.figure(key, na.england, figure.period)
        if figure.shown and england.value is not None:
            indicator = na.indicator(key)
            own = indicator.denominator in na.catalogue.indicators
            need = na.figure(indicator.denominator, period=figure.period) if own else None
            where = f"England, {england.period}"
            more = people_to_reach(figure, 100 - england.value, where, need)
            found.append((indicator, _with_target(more, england)))
    return found


def _with_target(more: Figure, england: Figure) -> Figure:
    """Name England's share, from which the target comes, among the inputs."""
    rows = (f"England's unmet need, {england.text}: {row}" for row in england.source_rows)
    return more.with_(sources=sources_of([more, england]), source_rows=(*more.source_rows, *rows))


def people_to_reach(unmet: Figure, target: float, label: str, need: Figure | None = None) -> Figure:
    """People needed in treatment to reach a share of met need.

    Parameters
    ----------
    unmet : Figure
        Unmet need with its numerator and denominator.
    target : float
        Share of need met, in per cent.
    label : str
        Where the target comes from.
    need : Figure, optional
        Prevalence with its limits; without it, they follow from those of unmet need.
    """
    treated_people, prevalence = treated_and_prevalence(unmet)
    value = lower = upper = None
    if treated_people is not None and prevalence is not None and unmet.shown:
        # of a share as published, U = 1 − T ÷ P; ours may be wider, by the rounding of T
        limits = [
            treated_people / (1 - limit / 100) if limit is not None and limit < 100 else None
            for limit in (unmet.lower, unmet.upper)
        ]
        if need is not None:
            limits = [need.lower, need.upper]
        frame = pd.DataFrame(
            {
                "area": [unmet.area_code],
                "treated": [treated_people],
                "prevalence": [prevalence],
                "low": [limits[0]],
                "high": [limits[1]],
            }
        ).astype({"low": float, "high": float})
        result = places_to_reach(
            frame,
            by=["area"],
            treated="treated",
            prevalence="prevalence",
            prevalence_lower="low",
            prevalence_upper="high",
            target=target / 100,
        ).iloc[0]
        value = float(result["value"])
        lower, upper = (number_or_none(result[name]) for name in ("lower95_0", "upper95_0"))
    return Figure(
        id=figure_id("people_to_reach", unmet.indicator, unmet.area_code, unmet.period),
        indicator="people_to_reach",
        label=f"More people in treatment to reach {label}",
        area_code=unmet.area_code,
        area_name=unmet.area_name,
        period=unmet.period,
        value=value,
        unit="people",
        decimals=0,
        lower=lower,
        upper=upper,
        status=Status.SHOWN if value is not None else Status.UNAVAILABLE,
        age=unmet.age,
        numerator=treated_people,
        denominator=prevalence,
        formula="target share (England's: 100 − unmet need) × prevalence − people in treatment, "
        "and not less than 0",
        method="People needed to reach a target",
        sources=unmet.sources,
        source_rows=unmet.source_rows,
    )


def treated_and_prevalence(unmet: Figure) -> tuple[float | None, float | None]:
    """People in treatment, T, and prevalence, P, behind an unmet need figure.

    Its numerator is the people who are not in treatment, P − T, and its denominator P: a mean of
    years, or printed as whole people, while T is a whole number. A printed share may lack P − T.
    """
    prevalence = unmet.denominator
    if prevalence is None or unmet.value is None:
        return None, prevalence
    if unmet.numerator is None:
        return prevalence * (1 - unmet.value / 100), prevalence
    return float(round(prevalence - unmet.numerator)), prevalence
