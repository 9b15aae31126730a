"""What stands above and below a chart or table of an indicator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from needs.catalogue import Indicator
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure
from needs.words import english


def subtitle_of(
    indicator: Indicator,
    figures: tuple[Figure, ...] | list[Figure],
    na: Assessment,
    *,
    place: str = "",
    intervals: str = "",
) -> str:
    """What is measured, in which unit, where, when, and what shows the uncertainty."""
    shown = [one for one in figures if one.shown] or list(figures)
    first, last = shown[0].period, shown[-1].period
    when = (
        first
        if first == last
        else f"{first} to {last}"
        if " to " not in first
        else (f"{first}, through {last}")
    )
    parts = [indicator.name, indicator.unit, place or na.name, when]
    text = ", ".join(part for part in parts if part)
    return f"{text}. {intervals}".strip() if intervals else f"{text}."


def band(figures: Iterable[Figure]) -> str:
    """What a line chart's band is, where it has one, and where it has none."""
    limits = [one.lower is not None for one in figures if one.shown]
    if not any(limits):
        return ""
    where = "" if all(limits) else ", for the periods that have one"
    return f"The band is the 95% confidence interval{where}."


def lines(figures: Iterable[Figure]) -> str:
    """What the lines through a chart's marks are, where it has any."""
    if not any(one.lower is not None for one in figures):
        return ""
    return "The lines are 95% confidence intervals."


def none_at_hand(places: Sequence[str], *, intervals: bool = True) -> tuple[str, ...]:
    """A sentence on places, and intervals, that a table lacks; none where it lacks none."""
    lacking = [f"no figures for {' or '.join(english.in_prose(one) for one in places)}"]
    lacking = lacking if places else []
    lacking += [] if intervals else ["no intervals"]
    return (f"There are {english.listing(lacking)} here.",) if lacking else ()


def each_once(figures: list[Figure] | tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Figures of a block, each id once."""
    return tuple({one.id: one for one in figures}.values())


def subject_of(indicator: Indicator) -> str:
    """What is measured, as a sentence names it."""
    return indicator.subject or english.lower_first(indicator.short_name)
