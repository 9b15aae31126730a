"""The rest of an area beside one of its parts: a part is no fair comparator of a whole it is in."""

from __future__ import annotations

from needs.figures.figure import Figure
from needs.sources.area_codes import ENGLAND
from needs.stats.intervals import poisson


def remainder(whole: Figure, part: Figure) -> Figure | None:
    """The rate of a whole without one of its parts, made from the events of the two.

    Parameters
    ----------
    whole, part : Figure
        Rates of one measure and period with their events. People are the denominators where both
        are known, else those that events and rates imply, so that a standardised rate of the rest
        is the mean of the other parts' weighted by these.

    Returns
    -------
    Figure or None
        With exact limits; None for England, whose parts make too little of it, for figures that
        are not shown, and where no events are known or none are left. It is for testing and never
        printed: the parts beside it can be withheld.

    Examples
    --------
    >>> county = Figure("c", "rate", "Rate", "E10000034", "Worcestershire", "2021", 6.0,
    ...                 "per 100,000", numerator=60, denominator=1_000_000)
    >>> district = county.with_(id="d", area_code="E07000236", area_name="Redditch", value=12.0,
    ...                         numerator=24, denominator=200_000)
    >>> rest = remainder(county, district)
    >>> rest.area_name, rest.value, round(rest.lower, 2), round(rest.upper, 2)
    ('the rest of Worcestershire', 4.5, 3.15, 6.23)
    """
    if whole.area_code in (ENGLAND, part.area_code) or not (whole.shown and part.shown):
        return None
    people, own = _people(whole), _people(part)
    if whole.numerator is None or part.numerator is None or people is None or own is None:
        return None
    events, left = whole.numerator - part.numerator, people - own
    if events <= 0 or left <= 0 or not whole.value or not whole.numerator:
        return None
    unit = whole.value * people / whole.numerator
    lower, upper = poisson(events)
    return whole.with_(
        id=f"{part.id}.rest",
        area_name=f"the rest of {whole.area_name}",
        value=events * unit / left,
        lower=float(lower) * unit / left,
        upper=float(upper) * unit / left,
        numerator=events,
        denominator=left,
        bound=None,
        verdict="",
    )


def _people(figure: Figure) -> float | None:
    """Person-years behind a rate, up to its unit: given, or as its events imply them."""
    if figure.denominator is not None:
        return figure.denominator
    if figure.numerator is None or not figure.value:
        return None
    return figure.numerator / figure.value
