"""A view of how a figure is worked out: its formula with the numbers put in."""

from __future__ import annotations

from needs.chapters.blocks import Blocks, Prose, blocks
from needs.chapters.measure import Measure, view
from needs.chapters.need import treated_and_prevalence
from needs.figures.figure import Figure
from needs.words import english
from needs.words.text import Text


@view
def workings(measure: Measure) -> Blocks | str:
    """Show how the area's newest figure is worked out: formula, numbers, limits and sources.

    Every number links to its own entry, or to the figure's where it is an input alone.
    """
    figure = measure.figure()
    if not figure.shown:
        return f"{english.in_prose(measure.na.name)} has no figure"
    if figure.numerator is None or figure.denominator is None:
        return "the source gives the figure without the numbers behind it"
    if measure.indicator.statistic == "unmet_need":
        told, figures = _share_not_met(measure, figure)
    else:
        told, figures = _divided(measure, figure), (figure,)
    known = measure.na.catalogue.sources
    titles = english.listing([known[key].title for key in figure.sources if key in known])
    text = english.sentences(
        f"How this is worked out: {measure.indicator.formula}.", told, f"From: {titles}."
    )
    return blocks(Prose(text, style="note", figures=figures))


def _share_not_met(measure: Measure, unmet: Figure) -> tuple[Text, tuple[Figure, ...]]:
    """Those with a need less the people in treatment, divided by the need; and its limits."""
    in_treatment, need = treated_and_prevalence(unmet)
    people = _input(measure, measure.indicator.numerator, unmet, in_treatment)
    estimate = _input(measure, measure.indicator.denominator, unmet, need)
    text = english.say(
        "With the numbers of {area} in {when}: ({estimate:number} − {people:number}) ÷ "
        "{estimate:number} × 100 = {unmet}.",
        area=english.in_prose(unmet.area_name),
        when=unmet.period,
        people=people,
        estimate=estimate,
        unmet=unmet,
    )
    if estimate.interval and unmet.interval:
        limits = english.say(
            "Put into the same formula, the limits of the estimate ({estimate:interval}) give "
            "those of the share ({unmet:interval}{wider}).",
            estimate=estimate,
            unmet=unmet,
            wider=_wider(people, estimate, unmet),
        )
        text = english.sentences(text, limits)
    own = tuple(one for one in (people, estimate) if one.id != unmet.id)
    return text, (*own, unmet)


def _wider(people: Figure, estimate: Figure, unmet: Figure) -> str:
    """Said where the limits hold more than those of the estimate: the rounding of a count."""
    given = [
        unmet.with_(value=(1 - (people.value or 0.0) / limit) * 100).number
        for limit in (estimate.lower, estimate.upper)
        if limit
    ]
    printed = [unmet.with_(value=limit).number for limit in (unmet.lower, unmet.upper)]
    return "" if given == printed else ", wider because the number in treatment is rounded"


def _divided(measure: Measure, figure: Figure) -> Text:
    """What was counted, divided by what it is a part of."""
    multiplier = int(measure.indicator.multiplier)
    return english.say(
        "With the numbers of {area} in {when}: {counted:number} ÷ {people:number} × {multiplier:,} "
        "= {figure}.",
        area=english.in_prose(figure.area_name),
        when=figure.period,
        counted=_number(figure, figure.numerator),
        people=_number(figure, figure.denominator),
        multiplier=multiplier,
        figure=figure,
    )


def _input(measure: Measure, key: str, figure: Figure, number: float | None) -> Figure:
    """The figure of an input where it is an indicator of its own; else its number alone."""
    if key in measure.na.catalogue.indicators:
        own = measure.na.figure(key, period=figure.period)
        if own.shown:
            return own
    return _number(figure, number)


def _number(figure: Figure, number: float | None) -> Figure:
    """A number behind a figure, which links to the figure's own entry."""
    if number is None:
        return figure
    return figure.with_(value=number, unit="", decimals=0, lower=None, upper=None)
